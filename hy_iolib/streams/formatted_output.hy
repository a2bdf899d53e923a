"`format`: Common Lisp's formatted output."

(eval-when-compile
  (require hy-iolib.lisp.conditions [defcondition]
           hy-iolib.lisp.operators [defoperator]))
(import hy-iolib.lisp.checking [check-string])
(import hy-iolib.lisp.conditions [error])
(import hy-iolib.lisp.formatting [format-control])
(import hy-iolib.lisp.handlers [signal-error])
(import hy-iolib.streams.designators [output-stream])
(import hy-iolib.streams.output [put-text])

(export :objects [format format-error] :macros [format])

(defcondition format-error [error ValueError]
  "A control string has a mistake, or its arguments don't fit it: the slot `complaint` says what, and
  where. Also Python's `ValueError`.

  => (handler-case (format None \"~A and ~A\" 1) (format-error [e] (str e)))
  \"'~A' at position 7 of '~A and ~A' has no argument left\"

  >>> try:
  ...     hy_iolib.format(None, \"~Q\")
  ... except ValueError as e:
  ...     print(e)
  '~Q' at position 0 of '~Q' is not a directive that is known...

  Source: hy_iolib's own; Common Lisp's is an `error`."
  [complaint]
  (or self.complaint "a control string has a mistake, or its arguments don't fit it"))

(defoperator format [destination control / #* arguments]
  "The text that CONTROL, a string, makes of ARGUMENTS: to DESTINATION, a stream or a file object of
  Python's, or with True to standard output; returns None. With None for DESTINATION it is returned, a
  string.

  In CONTROL a directive is a tilde and a letter, with parameters between them: `~A` an argument as
  people read it, `~S` as Lisp reads it, `~D` an integer; `~%` a newline, `~&` one unless at the
  start of a line, `~~` a tilde; a tilde at a line's end joins it to the next. `~10A` and `~10@A`
  fill ten columns, `~5,'0D` fills with zeros, `~:D` groups digits, `~3%` is three newlines; `~VA`
  and `~#A` take a parameter from the arguments, or their number. A mistake is a `format-error` that
  points at it, and nothing is written. Writing is as with `write-string`.

  => (format None \"~A has ~3,'0D ~S~%\" :socket 7 \"octets\")
  \"SOCKET has 007 \\\"octets\\\"\\n\"
  => (setv [a b] (make-socket-pair))
  => (format a \"~&GET ~A~%\" \"/\") (finish-output a) (read-line b)
  \"GET /\"

  >>> hy_iolib.format(None, \"~A has ~3,'0D ~S\", \"socket\", 7, \"octets\")
  'socket has 007 \"octets\"'

  Source: Common Lisp."
  (check-string "control" control)
  (setv stream (if (is destination None) None (output-stream destination)))
  (try
    (setv text (format-control control #* arguments
                               :at-line-start (or (is stream None) stream._at-line-start)))
    (except [e ValueError]
      (signal-error format-error :complaint (str e))))
  (if (is stream None)
      text
      (put-text stream text None)))
