"Reading and writing sequences of octets, or of characters."

(import itertools [groupby])
(import hy-iolib.lisp.checking [check-range octets-of refuse writable-view])
(import hy-iolib.multiplex.readiness [INPUT deadline-of])
(import hy-iolib.streams.designators [input-stream output-stream refuse-text])
(import hy-iolib.streams.gray-streams [check-open-stream dual-channel-gray-stream])
(import hy-iolib.streams.input [read-characters])
(import hy-iolib.streams.output [part put-octets put-text refuse-character])

(export
  :objects [read-sequence read-sequence* write-sequence write-sequence* drain-input-buffer]
  :macros [])

(defn read-sequence [sequence stream * [start 0] [end None] [timeout None]]
  "Fill SEQUENCE, or its part from START (0 by default) to END (None by default: its end), from STREAM,
  as of `read-byte`; returns the index of the first element that was not filled, which is before END
  only at the end of the file. A bytearray, a memoryview or a list takes octets, a list of strings
  characters; another SEQUENCE, and other bounds, are a `type-error`. Waits for all of it, at most
  TIMEOUT seconds if that is given: then `poll-timeout`, and what has come is there to be read still.
  The other conditions are `read-byte`'s.

  => (setv [a b] (make-socket-pair) octets (bytearray 5))
  => (write-string \"hello\" a) (finish-output a) (read-sequence octets b :start 1 :end 4)
  4
  => octets
  (bytearray b\"\\x00hel\\x00\")

  >>> a, b = make_socket_pair()
  >>> send_to(a, b\"hello\")
  5
  >>> octets = bytearray(5)
  >>> read_sequence(octets, b)
  5
  >>> octets
  bytearray(b'hello')

  Source: Common Lisp."
  ;; What is as it should be is not checked by calls, which take their time.
  (setv deadline (if (is timeout None) None (deadline-of timeout)))
  (when (or (not (isinstance stream dual-channel-gray-stream)) stream.closed stream._lines)
    (setv stream (input-stream stream)))
  (if (and (isinstance sequence list) sequence (text-part? sequence start end))
      (read-text stream sequence start end deadline)
      (read-octets stream sequence start end deadline)))

(defn read-sequence* [stream sequence * [start 0] [end None] [timeout None]]
  "`read-sequence` with STREAM as the first argument.

  => (setv [a b] (make-socket-pair) octets (bytearray 5))
  => (write-string \"hello\" a) (finish-output a) (read-sequence* b octets)
  5

  >>> a, b = make_socket_pair()
  >>> send_to(a, b\"hello\")
  5
  >>> read_sequence_star(b, bytearray(5))
  5

  Source: IOLib 0.8, iolib/streams."
  (read-sequence sequence stream :start start :end end :timeout timeout))

(defn text-part? [sequence start end]
  (setv [start end] (check-range start end (len sequence)))
  (and (< start end) (all (gfor x (cut sequence start end) (isinstance x str)))))

(defn read-octets [stream sequence start end deadline]
  "Fill SEQUENCE from START to END with octets; returns where they end. If that can't be done, those
  that have come are given back to STREAM."
  (when stream._text
    (refuse-text "read-sequence" stream))
  (setv stream._last None
        view None part None count None at 0)
  (try
    (when (and (is (type sequence) bytearray) (is end None) (not start) stream._receive-into)
      (setv size (len sequence))
      ;; As below, without views: much that is wanted often comes at once.
      (when (and (>= size stream._input-buffer-size) (is stream._arrived None)
                 (= stream._position (len stream._input)) (not stream._terminal))
        (try
          (setv [count] (._octets-arriving-in stream sequence)
                at (or count 0))
          (except [BlockingIOError])
          (except [e OSError]
            (._fail stream e "read")))
        (when (or (= at size) (= count 0))
          (return at))))
    (setv view (writable-view "sequence" sequence)
          part view
          [start end] (check-range start end (len view))
          at (+ start at))
    (while True
      (when (>= at end)
        (break))
      (setv position stream._position
            count (min (- end at) (- (len stream._input) position)))
      (cond
        (> count 0)
          (do
            (setv (cut view at (+ at count)) (cut stream._input position (+ position count)))
            (setv stream._position (+ position count)
                  at (+ at count)))
        (and stream._receive-into (is stream._arrived None) (not stream._terminal)
             (>= (- end at) stream._input-buffer-size))
          (do
            ;; So much goes where it is wanted, without a stay in the buffer.
            (setv part (cut view at end)
                  tries 0
                  count None)
            (while (is count None)
              (try
                ;; No call is between the system's and the sum.
                (setv [count] (._octets-arriving-in stream part)
                      at (+ at (or count 0)))
                (except [BlockingIOError])
                (except [e OSError]
                  (._fail stream e "read")))
              (when (is count None)
                (._wait stream INPUT deadline tries)
                (+= tries 1)))
            (when (= count 0)
              (break)))
        (not (._fill stream deadline))
          (break)))
    (when (isinstance sequence list)
      (setv (cut sequence start at) (list (cut view start at))))
    (except [BaseException]
      ;; Wrong bounds come before anything.
      (when (and at (not stream.closed))
        (setv stream._input (+ (bytes (cut (if (is view None) sequence view) start at))
                               (bytes (cut stream._input stream._position None)))
              stream._position 0))
      ;; Else the caller could not resize it while the condition is alive.
      (when view
        (.release part)
        (.release view))
      (raise)))
  at)

(defn read-text [stream sequence start end deadline]
  "Fill SEQUENCE, a list, from START to END with characters; returns where they end."
  (setv size (- (if (is end None) (len sequence) end) start))
  (defn store [characters]
    (setv stop (+ start (len characters))
          (cut sequence start stop) characters)
    stop)
  (setv stop (read-characters stream deadline
                              (fn [characters] (= (len characters) size))
                              store)
        stream._last None)
  stop)

(defn write-sequence [sequence stream * [start 0] [end None] [timeout None]]
  "Write SEQUENCE, or its part from START (0 by default) to END (None by default: its end), to STREAM;
  returns SEQUENCE. Octets, bytes-like or a sequence of integers, are written as they are, characters, a
  string or a sequence of them, in the external format; a list can have both. Buffered as with
  `write-string`, whose STREAM, TIMEOUT and conditions it has; what is larger than the buffer goes around
  it. When anything is wrong, nothing of SEQUENCE is written.

  => (setv [a b] (make-socket-pair))
  => (write-sequence [1 2 \"ü\"] a) (finish-output a) [(read-byte b) (read-byte b) (read-char b)]
  [1 2 \"ü\"]

  >>> a, b = make_socket_pair()
  >>> write_sequence(b\"hello\", a); finish_output(a)
  b'hello'
  >>> read_char(b)
  'h'

  Source: Common Lisp."
  (when (or (not (isinstance stream dual-channel-gray-stream)) stream.closed)
    (setv stream (output-stream stream)))
  (cond
    (and (is (type sequence) bytes) (is end None) (not start))
      (put-octets "write-sequence" stream sequence timeout)
    (isinstance sequence str)
      (put-text stream (part sequence start end) timeout)
    (and (isinstance sequence #(list tuple)) (any (gfor x sequence (isinstance x str))))
      (write-elements stream sequence start end timeout)
    True
      ;; Released at once, since the caller may want to resize it though the condition is alive still.
      (with [octets (octets-of "sequence" sequence)]
        (setv [start end] (check-range start end (len octets)))
        (if (< (- end start) stream._output-buffer-size)
            (put-octets "write-sequence" stream (bytes (cut octets start end)) timeout)
            (write-around stream octets start end timeout))))
  sequence)

(defn write-sequence* [stream sequence * [start 0] [end None] [timeout None]]
  "`write-sequence` with STREAM as the first argument.

  => (setv [a b] (make-socket-pair))
  => (write-sequence* a b\"hello\") (finish-output a) (read-char b)
  \"h\"

  >>> a, b = make_socket_pair()
  >>> write_sequence_star(a, b\"hello\")
  b'hello'

  Source: IOLib 0.8, iolib/streams."
  (write-sequence sequence stream :start start :end end :timeout timeout))

(defn write-around [stream octets start end timeout]
  "Send from START to END of OCTETS, a memoryview, and copy only what can't be sent in time."
  (with [part (cut octets start end)]
    (try
      (put-octets "write-sequence" stream part timeout)
      (finally
        (setv pieces (or stream._pieces #()))
        (for [i (range (len pieces))]
          (when (is (get pieces i) part)
            (setv (get pieces i) (bytes part))))))))

(defn write-elements [stream sequence start end timeout]
  "Write the octets and characters that the list SEQUENCE has."
  (setv [start end] (check-range start end (len sequence))
        runs (lfor [text? run] (groupby (cut sequence start end) (fn [x] (isinstance x str)))
                   #(text? (list run))))
  (for [[text? run] runs]
    (if text?
        (for [x run]
          (when (!= (len x) 1)
            (refuse "sequence" x "a character, a string of one, or an octet")))
        (do
          (when stream._text
            (refuse-text "write-sequence" stream))
          (octets-of "sequence" run))))
  (check-characters stream (.join "" (gfor [text? run] runs :if text? x run x)))
  (for [[text? run] runs]
    (if text?
        (put-text stream (.join "" run) timeout)
        (put-octets "write-sequence" stream (bytes run) timeout))))

(defn check-characters [stream text]
  "Refuse TEXT if it has a character that STREAM can't have."
  (setv [encode _] (.make-encoder stream._external-format))
  (try
    (encode text)
    (except [e UnicodeEncodeError]
      (refuse-character stream text e))))

(defn drain-input-buffer [stream sequence * [start 0] [end None]]
  "Move octets from the input buffer of STREAM, a stream of this library, to SEQUENCE, or its part from
  START (0 by default) to END (None by default: its end); returns the index of the first element that
  was not filled. SEQUENCE is as of `read-sequence`, for octets. What the system still has is not asked
  for, so it never waits. `socket-closed-error` of a STREAM that is closed, a `type-error` of other
  arguments.

  => (setv [a b] (make-socket-pair) octets (bytearray 10))
  => (write-line \"hello\" a) (finish-output a) (read-char b) (drain-input-buffer b octets)
  5

  >>> a, b = make_socket_pair()
  >>> send_to(a, b\"hello\")
  5
  >>> read_char(b)
  'h'
  >>> drain_input_buffer(b, bytearray(10))
  4

  Source: IOLib 0.8, iolib/streams."
  (check-open-stream stream)
  (._settle stream)
  (setv [start end] (check-range start end (len (writable-view "sequence" sequence)))
        buffered (- (len stream._input) stream._position))
  (read-octets stream sequence start (min end (+ start buffered)) None))
