"Writing: octets, strings and lines to a bivalent stream."

(import hy-iolib.lisp.checking [check-integer refuse])
(import hy-iolib.multiplex.readiness [deadline-of])
(import hy-iolib.streams.gray-streams [check-open-stream])

(export :objects [write-byte write-string write-line finish-output] :macros [])

(defn put [stream octets timeout]
  "Buffer OCTETS, and send all that is pending when the buffer is full."
  (setv deadline (if (is timeout None) None (deadline-of timeout)))
  (when (>= (._buffer stream octets) stream._output-buffer-size)
    (._flush stream deadline)))

(defn write-byte [octet stream * [timeout None]]
  "Write OCTET, an integer from 0 to 255, which is returned. Buffered; when the buffer is full, waits
  as `finish-output` does.

  => (setv [a b] (make-socket-pair))
  => (write-byte 65 a) (finish-output a) (read-byte b)
  65"
  (check-open-stream stream)
  (check-integer "octet" octet 0 255)
  (put stream (.to-bytes octet 1 "big") timeout)
  octet)

(defn write-string [string stream * [start 0] [end None] [timeout None]]
  "Write STRING, or its characters from START to END, in the stream's external format; returns STRING.
  Buffered; when the buffer is full, waits as `finish-output` does. One thread at a time may write to a
  stream, while another reads from it.

  A character that the external format does not have: `character-encoding-error`, and nothing of
  STRING is written.

  => (setv [a b] (make-socket-pair))
  => (write-string \"a\\nb\\n\" a) (finish-output a) [(read-line b) (read-line b)]
  [\"a\" \"b\"]"
  (check-open-stream stream)
  (put stream (.encode stream._external-format (part string start end)) timeout)
  string)

(defn write-line [string stream * [start 0] [end None] [timeout None]]
  "Write STRING, or its characters from START to END, and a newline; returns STRING. As `write-string`.

  => (setv [a b] (make-socket-pair))
  => (write-line \"hello\" a) (finish-output a) (read-line b)
  \"hello\""
  (check-open-stream stream)
  (put stream (.encode stream._external-format (+ (part string start end) "\n")) timeout)
  string)

(defn part [string start end]
  (when (not (isinstance string str))
    (refuse "string" string "a string"))
  (if (and (is end None) (= start 0))
      string
      (do
        (setv end (if (is end None) (len string) end))
        (check-integer "end" end 0 (len string))
        (check-integer "start" start 0 end)
        (cut string start end))))

(defn finish-output [stream * [timeout None]]
  "Send what is pending on STREAM and wait until the system has taken all of it, at most TIMEOUT seconds
  if that is given: then `poll-timeout`, and what was not sent yet is pending still. `hangup` when the
  peer is gone.

  => (setv [a b] (make-socket-pair))
  => (write-string \"x\" a) (finish-output a) (read-byte b)
  120"
  (check-open-stream stream)
  (._flush stream (deadline-of timeout)))
