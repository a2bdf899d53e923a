"Reading: octets and lines from a bivalent stream."

(eval-when-compile (require hy-iolib.lisp.operators [defoperator]))
(import hy-iolib.lisp.checking [refuse])
(import hy-iolib.lisp.conditions [end-of-file])
(import hy-iolib.lisp.handlers [signal-error])
(import hy-iolib.multiplex.readiness [deadline-of])
(import hy-iolib.streams.gray-streams [check-open-stream])

(export :objects [read-byte read-line] :macros [read-byte read-line])

(defoperator read-byte [stream [eof-error-p True] [eof-value None] * [timeout None]]
  "The next octet of STREAM, an integer. At the end of the file `end-of-file`, or EOF-VALUE when
  EOF-ERROR-P is false. Waits, at most TIMEOUT seconds if that is given: then `poll-timeout`.

  => (setv [a b] (make-socket-pair))
  => (write-line \"A\" a) (finish-output a) [(read-byte b) (read-byte b)]
  [65 10]"
  (setv deadline (begin-reading stream eof-error-p timeout))
  (when stream._line
    ;; A line that read-line could not finish in its time.
    (setv stream._input (bytes (+ stream._line (cut stream._input stream._position None)))
          stream._position 0
          stream._line None))
  (when (and (>= stream._position (len stream._input))
             (not (._fill stream deadline)))
    (return (at-end stream eof-error-p eof-value)))
  (setv position stream._position
        stream._position (+ position 1))
  (get stream._input position))

(defn begin-reading [stream eof-error-p timeout]
  "Check these arguments; the deadline."
  (check-open-stream stream)
  (when (not (or (is eof-error-p True) (is eof-error-p None) (is eof-error-p False)))
    (refuse "eof-error-p" eof-error-p "True, False or None (for a time limit there is :timeout)"))
  (if (is timeout None) None (deadline-of timeout)))

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
  (setv deadline (begin-reading stream eof-error-p timeout)
        octets stream._input
        start stream._position
        end (.find octets b"\n" start))
  (if (and (>= end 0) (not stream._line))
      (do
        (setv line (.decode-line stream._external-format (cut octets start end) True)
              stream._position (+ end 1))
        line)
      (do
        (setv line (read-long-line stream deadline))
        (if (is line None)
            (at-end stream eof-error-p eof-value)
            line))))

(defn read-long-line [stream deadline]
  "The next line, whose end is not in the buffer yet; None at the end of the file. What has come of it
  is kept with the stream, so that nothing is lost, or looked through again, when the wait is ended."
  (setv line (or stream._line (bytearray))
        stream._line line)
  (while True
    (setv end (.find stream._input b"\n" stream._position))
    (when (>= end 0)
      (setv text (.decode-line stream._external-format
                               (+ line (cut stream._input stream._position end)) True)
            stream._position (+ end 1)
            stream._line None)
      (return text))
    (+= line (cut stream._input stream._position None))
    (setv stream._input b""
          stream._position 0)
    (when (not (._fill stream deadline))
      (setv text (when line (.decode-line stream._external-format line False))
            stream._line None)
      (return text))))

(defn at-end [stream eof-error-p eof-value]
  (if eof-error-p
      (signal-error end-of-file :stream stream)
      eof-value))
