"Reading: octets and lines from a bivalent stream."

(eval-when-compile (require hy-iolib.lisp.operators [defoperator]))
(import hy-iolib.lisp.conditions [end-of-file])
(import hy-iolib.lisp.handlers [signal-error])
(import hy-iolib.multiplex.readiness [deadline-of])
(import hy-iolib.streams.gray-streams [check-stream])

(export :objects [read-byte read-line] :macros [read-byte read-line])

(defoperator read-byte [stream [eof-error-p True] [eof-value None] * [timeout None]]
  "The next octet of STREAM, an integer. At the end of the file `end-of-file`, or EOF-VALUE when
  EOF-ERROR-P is false. Waits, at most TIMEOUT seconds if that is given: then `poll-timeout`.

  => (setv [a b] (make-socket-pair))
  => (write-line \"A\" a) (finish-output a) [(read-byte b) (read-byte b)]
  [65 10]"
  (check-stream stream)
  (setv position stream._position)
  (when (>= position (len stream._input))
    (setv stream._input (._fill stream (deadline-of timeout))
          position 0)
    (when (not stream._input)
      (setv stream._position 0)
      (return (at-end stream eof-error-p eof-value))))
  (setv stream._position (+ position 1))
  (get stream._input position))

(defoperator read-line [stream [eof-error-p True] [eof-value None] * [timeout None]]
  "The next line of STREAM, without its newline; at the end of the file also one without a newline.
  When nothing is left `end-of-file`, or EOF-VALUE when EOF-ERROR-P is false. Waits, at most TIMEOUT
  seconds if that is given: then `poll-timeout`, and nothing that has come is lost.

  => (setv [a b] (make-socket-pair))
  => (write-line \"one\" a) (finish-output a) (read-line b)
  \"one\"
  => (shutdown a :write True)
  => (read-line b None :eof)
  :eof"
  (check-stream stream)
  (setv octets stream._input
        start stream._position
        end (.find octets b"\n" start))
  (if (>= end 0)
      (do
        (setv stream._position (+ end 1))
        (.decode-line stream._external-format (cut octets start end)))
      (do
        (setv line (read-long-line stream (deadline-of timeout)))
        (if (is line None)
            (at-end stream eof-error-p eof-value)
            line))))

(defn read-long-line [stream deadline]
  "The next line, whose end is not in the buffer yet; None at the end of the file."
  (setv octets (bytearray (cut stream._input stream._position None))
        rest b"")
  ;; If the wait for more is ended, all of it is there again.
  (setv done False)
  (try
    (while True
      (setv chunk (._fill stream deadline)
            end (.find chunk b"\n"))
      (when (or (>= end 0) (not chunk))
        (break))
      (+= octets chunk))
    (setv done True)
    (finally
      (setv stream._input (if done (if chunk (cut chunk (+ end 1) None) b"") (bytes octets))
            stream._position 0)))
  (cond
    chunk (.decode-line stream._external-format (bytes (+ octets (cut chunk end))))
    octets (.decode-line stream._external-format (bytes octets))
    True None))

(defn at-end [stream eof-error-p eof-value]
  (if eof-error-p
      (signal-error end-of-file :stream stream)
      eof-value))
