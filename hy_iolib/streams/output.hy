"Writing octets, characters and lines."

(import hy-iolib.lisp.checking [check-integer check-range refuse])
(import hy-iolib.lisp.handlers [signal-error])
(import hy-iolib.multiplex.readiness [deadline-of])
(import hy-iolib.streams.designators [output-stream refuse-text])
(import hy-iolib.streams.external-formats [character-encoding-error])

(export
  :objects [write-byte write-char write-string write-line terpri fresh-line
            force-output finish-output clear-output]
  :macros [])

(defn write-byte [octet stream * [timeout None]]
  "Write OCTET, an integer from 0 to 255, which is returned, to STREAM; a text file, which has no
  octets, is a `type-error`, as is another OCTET. The rest is as with `write-string`.

  => (setv [a b] (make-socket-pair))
  => (write-byte 65 a) (finish-output a) (read-byte b)
  65

  >>> a, b = make_socket_pair()
  >>> write_byte(65, a); finish_output(a)
  65
  >>> read_byte(b)
  65

  Source: Common Lisp."
  (check-integer "octet" octet 0 255)
  (put-octets "write-byte" (output-stream stream) (.to-bytes octet 1 "big") timeout)
  octet)

(defn put-octets [operator stream octets timeout]
  "Let OPERATOR write OCTETS to STREAM, as they are."
  (when stream._text
    (refuse-text operator stream))
  (setv deadline (if (is timeout None) None (deadline-of timeout)))
  (when octets
    (when stream._encoder
      (._reset-encoder stream))
    (add stream octets (= (get octets -1) 10) deadline)))

(defn put-text [stream text timeout]
  "Write TEXT to STREAM, in its external format."
  (setv deadline (deadline-of timeout))
  (when text
    (try
      (setv octets (stream._encode text))
      (except [e UnicodeEncodeError]
        (refuse-character stream text e)))
    (add stream octets (.endswith text "\n") deadline)))

(defn add [stream octets at-line-start deadline]
  "Buffer OCTETS, and send all that is pending when the buffer is full."
  ;; An encoder may hold them back, all of them.
  (when octets
    (when (is stream._pieces None)
      (._begin-writing stream))
    (.append stream._pieces octets)
    (-= stream._room (len octets)))
  (setv stream._at-line-start at-line-start)
  (when (<= stream._room 0)
    (._flush stream deadline)))

(defn refuse-character [stream text e]
  ;; Not at e.start: the newlines before it may have become longer.
  (setv character (get e.object e.start)
        c (character-encoding-error :stream stream
                                    :character character
                                    :position (.find text character)
                                    :external-format stream._external-format)
        c.__suppress_context__ True)
  (signal-error c))

(defn write-char [character [stream None] * [timeout None]]
  "Write CHARACTER, a string of one, which is returned. As `write-string`.

  => (setv [a b] (make-socket-pair))
  => (write-char \"x\" a) (finish-output a) (read-char b)
  \"x\"

  >>> a, b = make_socket_pair()
  >>> write_char(\"x\", a)
  'x'

  Source: Common Lisp."
  (when (not (and (isinstance character str) (= (len character) 1)))
    (refuse "character" character "a character, a string of one"))
  (put-text (output-stream stream) character timeout)
  character)

(defn write-string [string [stream None] * [start 0] [end None] [timeout None]]
  "Write STRING, or its characters from START (0 by default) to END (None by default: its end), in the
  stream's external format; returns STRING. STREAM is a stream of this library, a file object of
  Python's, or None or True for standard output. Buffered; when the buffer is full, waits as
  `finish-output` does, whose conditions and TIMEOUT it has then. One thread at a time may write to a
  stream, while another reads from it.

  A character that the external format does not have: `character-encoding-error`, and nothing of
  STRING is written. A STREAM that is closed is `socket-closed-error`, other arguments are a
  `type-error`.

  => (setv [a b] (make-socket-pair))
  => (write-string \"a\\nb\\n\" a) (finish-output a) [(read-line b) (read-line b)]
  [\"a\" \"b\"]

  >>> a, b = make_socket_pair()
  >>> write_string(\"hello\", a, start=1); finish_output(a)
  'hello'
  >>> read_char(b)
  'e'

  Source: Common Lisp."
  (try
    (setv room stream._room
          simple (and (> room 0) stream._simple-output
                      (is end None) (is timeout None) (= start 0)))
    (when simple
      (setv octets (stream._encode string)
            at-line-start (if string (.endswith string "\n") stream._at-line-start))
      (when octets
        (.append stream._pieces octets))
      (setv room (- room (len octets))
            stream._room room
            stream._at-line-start at-line-start)
      (when (> room 0)
        (return string)))
    (except [[AttributeError TypeError UnicodeEncodeError]]
      (setv simple False)))
  (if simple
      (._flush stream None)
      (put-text (output-stream stream) (part string start end) timeout))
  string)

(defn write-line [string [stream None] * [start 0] [end None] [timeout None]]
  "Write STRING, or its characters from START to END, and a newline; returns STRING. As
  `write-string`.

  => (setv [a b] (make-socket-pair))
  => (write-line \"hello\" a) (finish-output a) (read-line b)
  \"hello\"

  >>> a, b = make_socket_pair()
  >>> write_line(\"hello\", a); finish_output(a)
  'hello'
  >>> read_line(b)
  'hello'

  Source: Common Lisp."
  (try
    (setv room stream._room
          ;; There is none in a stream that was not written to before, or that is closed.
          simple (and (> room 0) (is end None) (is timeout None) (not start)))
    (when simple
      (setv octets (stream._encode (+ string "\n")))
      (.append stream._pieces octets)
      (setv room (- room (len octets))
            stream._room room
            stream._at-line-start True)
      (when (> room 0)
        (return string)))
    (except [[AttributeError TypeError UnicodeEncodeError]]
      (setv simple False)))
  (when simple
    (._flush stream None)
    (return string))
  (put-text (output-stream stream) (+ (part string start end) "\n") timeout)
  string)

(defn part [string start end]
  (when (not (isinstance string str))
    (refuse "string" string "a string"))
  (if (and (is end None) (= start 0))
      string
      (do
        (setv [start end] (check-range start end (len string)))
        (cut string start end))))

(defn terpri [[stream None] * [timeout None]]
  "Write a newline. As `write-string`; returns None.

  => (setv [a b] (make-socket-pair))
  => (terpri a) (finish-output a) (read-line b)
  \"\"

  >>> a, b = make_socket_pair()
  >>> terpri(a); finish_output(a)
  >>> read_line(b)
  ''

  Source: Common Lisp."
  (put-text (output-stream stream) "\n" timeout))

(defn fresh-line [[stream None] * [timeout None]]
  "Write a newline unless what was written last is one, or nothing was written at all. Returns True
  if it wrote one, else False. As `write-string`.

  => (setv [a b] (make-socket-pair))
  => (write-string \"x\" a) [(fresh-line a) (fresh-line a)]
  [True False]

  >>> a, b = make_socket_pair()
  >>> fresh_line(a)
  False

  Source: Common Lisp."
  (setv stream (output-stream stream)
        needed (not stream._at-line-start))
  (when needed
    (put-text stream "\n" timeout))
  needed)

(defn finish-output [[stream None] * [timeout None]]
  "Send what is pending on STREAM, as of `write-string`, and wait until the system has taken all of it,
  at most TIMEOUT seconds if that is given: then `poll-timeout`, and what was not sent yet is pending
  still. Returns None. `hangup` when the peer is gone, `socket-connection-reset-error` when it was reset,
  `socket-closed-error` when STREAM is closed.

  => (setv [a b] (make-socket-pair))
  => (write-string \"x\" a) (finish-output a) (read-byte b)
  120

  >>> a, b = make_socket_pair()
  >>> write_string(\"x\", a); finish_output(a, timeout=5)
  'x'

  Source: Common Lisp."
  (try
    (setv pieces stream._pieces
          simple (and (is-not pieces None) stream._simple-output (is timeout None)))
    (except [AttributeError]
      (setv simple False)))
  (if simple
      (._flush stream None)
      (._finish (output-stream stream) (deadline-of timeout)))
  None)

(defn force-output [[stream None]]
  "Send of what is pending on STREAM as much as the system takes at once; the rest stays pending.
  Never waits. The rest is as with `finish-output`.

  => (setv [a b] (make-socket-pair))
  => (write-string \"x\" a) (force-output a) (read-byte b)
  120

  >>> a, b = make_socket_pair()
  >>> write_string(\"x\", a); force_output(a)
  'x'
  >>> read_char(b)
  'x'

  Source: Common Lisp."
  (._finish (output-stream stream) None :wait False)
  None)

(defn clear-output [[stream None]]
  "Drop what is pending on STREAM, as of `write-string`, that is, what the system has not taken yet.
  Returns None.

  => (setv [a b] (make-socket-pair))
  => (write-string \"x\" a) (clear-output a) (output-buffer-size a)
  0

  >>> a, b = make_socket_pair()
  >>> write_string(\"x\", a); clear_output(a); output_buffer_size(a)
  'x'
  0

  Source: Common Lisp."
  (._drop-output (output-stream stream))
  None)
