"Streams for octets and characters at once: the object and its two buffers.

Input is an immutable chunk and a position in it, and before them what has come of a line that is longer;
output a bytearray and the counts of the octets of it that the system has taken. None of them exists before
its first use. Reading is in `input.hy`, writing in `output.hy`.

A stream is for one reader and one writer at a time. A signal handler may raise, though, wherever a call
ends: so what was read or sent is recorded by the call itself, and state changes in steps without a call
between them, after all that can fail."

(import time [monotonic])
(import hy-iolib.lisp.checking [refuse])
(import hy-iolib.lisp.conditions [stream-error])
(import hy-iolib.lisp.handlers [signal-error])
(import hy-iolib.lisp.places [defsetf])
(import hy-iolib.multiplex.readiness [INPUT OUTPUT])
(import hy-iolib.streams.descriptors [dual-channel-fd-mixin])
(import hy-iolib.streams.descriptors :as descriptors)
(import hy-iolib.streams.external-formats [ensure-external-format])
(import hy-iolib.syscalls [condition-from epipe socket-closed-error])

(export
  :objects [dual-channel-gray-stream hangup external-format-of]
  :macros [])

(defclass hangup [epipe stream-error]
  "The peer is gone: what was written can't be delivered any more."
  (setv slots (+ epipe.slots #("stream"))
        stream None))

;; Seconds that `close` waits for a peer to take the pending output.
(setv LINGER 15)

(defclass dual-channel-gray-stream [dual-channel-fd-mixin]
  "A bivalent buffered stream over a descriptor."
  (setv _input b"" _position 0 _line None _arrived None
        _output None _counts None _output-process None _flushing False
        _input-buffer-size 16384
        _output-buffer-size 16384
        _external-format (ensure-external-format "utf-8"))

  ;; What a kind of stream has to say, one system call each. The result goes into the list SINK from
  ;; within C: were it returned, it could be lost on its way to a variable, and octets with it.
  (defn _read-into [self sink count]
    (raise (TypeError f"{(type self)} can't be read")))
  (defn _write-into [self sink octets]
    (raise (TypeError f"{(type self)} can't be written")))

  (defn _fill [self deadline]
    "Make the next octets from the descriptor the input, when that is used up. Waits for them; returns
    them, b\"\" at the end of the file."
    (setv arrived (if (is self._arrived None) [] self._arrived)
          self._arrived arrived
          tries 0)
    (while (not arrived)
      (try
        (._read-into self arrived self._input-buffer-size)
        (except [BlockingIOError]
          (._wait self INPUT deadline tries)
          (+= tries 1))
        (except [e OSError]
          (._fail self e "read"))))
    (setv self._input (get arrived 0)
          self._position 0)
    (.clear arrived)
    self._input)

  (defn _buffer [self octets]
    "Add OCTETS to the output that is pending; returns how much that is now."
    (setv output self._output)
    ;; What a parent process left unsent in the buffer, the parent sends.
    (if (and output (is self._output-process descriptors.process))
        (+= output octets)
        (setv output (bytearray octets)
              self._output output
              self._counts []
              self._output-process descriptors.process))
    (len output))

  (defn _flush [self deadline]
    "Send what is pending, waiting as long as it takes. What could not be sent by DEADLINE stays; what
    can't be sent at all is dropped."
    (setv octets self._output counts self._counts)
    (when (or (not octets) (is-not self._output-process descriptors.process) self._flushing)
      (return))
    (setv self._flushing True
          tries 0)
    (try
      (while (< (sum counts) (len octets))
        (try
          (if counts
              ;; Released at once: a view that a traceback keeps would forbid to add to the output.
              (with [all (memoryview octets) rest (cut all (sum counts) None)]
                (._write-into self counts rest))
              (._write-into self counts octets))
          (setv tries 0)
          (except [BlockingIOError]
            (._wait self OUTPUT deadline tries)
            (+= tries 1))
          (except [e OSError]
            (setv self._output None)
            (._fail-output self e))))
      (setv self._output None)
      (finally
        (setv self._flushing False))))

  (defn _fail-output [self e]
    (if (= e.errno hangup.code)
        (signal-error (hangup-from e self))
        (._fail self e "write")))

  (defn close [self * [abort False]]
    "Send the pending output, for at most 15 seconds and unless ABORT is true; free the descriptor in
    any case, and wake whoever waits for it: what another thread is sending just then is cut off.
    Returns True if it was open."
    (try
      (when (and self._output (not abort) (not self.closed))
        (try
          (._flush self (+ (monotonic) LINGER))
          ;; Closed by another thread meanwhile.
          (except [socket-closed-error])))
      (finally
        (setv was-open (dual-channel-fd-mixin.close self)
              self._input b""
              self._position 0
              self._line None
              self._output None)))
    was-open))

(defn hangup-from [e stream]
  (setv c (condition-from e "write" (.fileno stream) hangup)
        c.stream stream)
  c)

(defn check-stream [stream]
  (when (not (isinstance stream dual-channel-gray-stream))
    (refuse "stream" stream "a stream of this library, as an active stream socket is")))

(defn check-open-stream [stream]
  (check-stream stream)
  (when stream.closed
    (._refuse-closed stream)))

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
