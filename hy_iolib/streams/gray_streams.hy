"Streams for octets and characters at once: the object and its two buffers.

Input is an immutable chunk and a position in it; output a bytearray of what was not sent yet. Neither
exists before its first use. Reading is in `input.hy`, writing in `output.hy`."

(import time [monotonic])
(import hy-iolib.lisp.checking [refuse])
(import hy-iolib.lisp.conditions [stream-error])
(import hy-iolib.lisp.handlers [signal-error])
(import hy-iolib.lisp.places [defsetf])
(import hy-iolib.multiplex.readiness [INPUT OUTPUT])
(import hy-iolib.streams.descriptors [dual-channel-fd-mixin])
(import hy-iolib.streams.descriptors :as descriptors)
(import hy-iolib.streams.external-formats [ensure-external-format])
(import hy-iolib.syscalls [condition-from epipe])

(export
  :objects [dual-channel-gray-stream hangup external-format-of]
  :macros [])

(defclass hangup [epipe stream-error]
  "The peer is gone: what was written can't be delivered any more."
  (setv slots #("syscall" "fd" "stream")
        stream None))

;; Seconds that `close` waits for a peer to take the pending output.
(setv LINGER 15)

(defclass dual-channel-gray-stream [dual-channel-fd-mixin]
  "A bivalent buffered stream over a descriptor."
  (setv _input b"" _position 0
        _output None _output-process None
        _input-buffer-size 16384
        _output-buffer-size 16384
        _external-format (ensure-external-format "utf-8"))

  ;; What a kind of stream has to say: one system call each.
  (defn _read-some [self count]
    (raise (TypeError f"{(type self)} can't be read")))
  (defn _write-some [self octets]
    (raise (TypeError f"{(type self)} can't be written")))

  (defn _fill [self deadline]
    "The next octets from the descriptor, b\"\" at the end of file. Waits for them."
    (while True
      (try
        (return (._read-some self self._input-buffer-size))
        (except [BlockingIOError]
          (._wait self INPUT deadline))
        (except [e OSError]
          (._fail self e "read")))))

  (defn _buffer [self octets]
    "Add OCTETS to the output that is pending."
    ;; What a parent process left unsent in the buffer, the parent sends.
    (if (and self._output (is self._output-process descriptors.process))
        (+= self._output octets)
        (setv self._output (bytearray octets)
              self._output-process descriptors.process)))

  (defn _flush [self deadline]
    "Send what is pending, waiting as long as it takes. What could not be sent by DEADLINE stays; what
    can't be sent at all is dropped."
    (setv octets self._output)
    (when (not (and octets (is self._output-process descriptors.process)))
      (return))
    (setv self._output None
          sent 0)
    (try
      (while (< sent (len octets))
        (try
          (+= sent (._write-some self (if sent (cut (memoryview octets) sent None) octets)))
          (except [BlockingIOError]
            (._wait self OUTPUT deadline))
          (except [e OSError]
            (setv sent (len octets))
            (._fail-output self e))))
      (finally
        (when (< sent (len octets))
          (setv self._output (+ (cut octets sent None) (or self._output b"")))))))

  (defn _fail-output [self e]
    (if (= e.errno hangup.code)
        (do
          (setv c (condition-from e "write" (.fileno self) hangup)
                c.stream self)
          (signal-error c))
        (._fail self e "write")))

  (defn close [self * [abort False]]
    "Send the pending output, for at most 15 seconds and unless ABORT is true; free the descriptor in
    any case, and wake whoever waits for it. Returns True if it was open."
    (try
      (when (and self._output (not abort) (not self.closed))
        (._flush self (+ (monotonic) LINGER)))
      (finally
        (setv was-open (dual-channel-fd-mixin.close self)
              self._input b""
              self._position 0
              self._output None)))
    was-open))

(defn check-stream [stream]
  (when (not (isinstance stream dual-channel-gray-stream))
    (refuse "stream" stream "a stream of this library, as an active stream socket is")))

(defn external-format-of [stream]
  "The external format of STREAM. `setf` changes it, for the next character on.

  => (with-open-socket [s :external-format '(:latin-1 :eol-style :crlf)] (external-format-of s))
  (external-format :latin-1 :eol-style :crlf)"
  (check-stream stream)
  stream._external-format)

(defsetf external-format-of
  (fn [stream value]
    (check-stream stream)
    (setv stream._external-format (ensure-external-format value))))
