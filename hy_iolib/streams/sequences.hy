"Reading and writing sequences of octets, or of characters."

(import itertools [groupby])
(import hy-iolib.lisp.checking [check-range octets-of refuse writable-view])
(import hy-iolib.multiplex.readiness [INPUT deadline-of])
(import hy-iolib.streams.designators [octet-stream input-stream output-stream])
(import hy-iolib.streams.gray-streams [check-open-stream])
(import hy-iolib.streams.input [next-character])
(import hy-iolib.streams.output [part put-octets put-text refuse-character])

(export
  :objects [read-sequence read-sequence* write-sequence write-sequence* drain-input-buffer]
  :macros [])

(defn read-sequence [sequence stream * [start 0] [end None] [timeout None]]
  "Fill SEQUENCE, or its part from START to END, from STREAM; returns the index of the first element
  that was not filled, which is before END only at the end of the file. A bytearray, a memoryview or
  a list takes octets, a list of strings characters. Waits for all of it, at most TIMEOUT seconds if
  that is given: then `poll-timeout`, and what has come is there to be read still.

  => (setv [a b] (make-socket-pair) octets (bytearray 5))
  => (write-string \"hello\" a) (finish-output a) (read-sequence octets b :start 1 :end 4)
  4
  => octets
  (bytearray b\"\\x00hel\\x00\")

  Source: Common Lisp."
  (setv deadline (if (is timeout None) None (deadline-of timeout))
        stream (input-stream stream))
  (when (and (is (type sequence) bytearray) (is end None) (not start))
    (return (read-whole (octet-stream "read-sequence" stream) sequence deadline)))
  (if (and (isinstance sequence list) sequence (text-part? sequence start end))
      (read-characters stream sequence start end deadline)
      (with [view (writable-view "sequence" sequence)]
        (setv [start end] (check-range start end (len view))
              count (read-octets (octet-stream "read-sequence" stream) view start end deadline))
        (when (isinstance sequence list)
          (setv (cut sequence start (+ start count)) (list (cut view start (+ start count)))))
        (+ start count))))

(defn read-sequence* [stream sequence * [start 0] [end None] [timeout None]]
  "`read-sequence` with STREAM as the first argument.

  => (setv [a b] (make-socket-pair) octets (bytearray 5))
  => (write-string \"hello\" a) (finish-output a) (read-sequence* b octets)
  5

  Source: IOLib 0.8, iolib/streams."
  (read-sequence sequence stream :start start :end end :timeout timeout))

(defn read-whole [stream buffer deadline]
  "Fill BUFFER, a bytearray: what is asked for most, and most of it often comes at once."
  (setv size (len buffer)
        got None)
  (when (and stream._receive-into (>= size stream._input-buffer-size)
             (= stream._position (len stream._input)))
    (setv stream._last None)
    (try
      (setv [got] (map stream._receive-into #(buffer)))
      (except [BlockingIOError])
      (except [e OSError]
        (._fail stream e "read")))
    (when (= got size)
      (return size)))
  (with [view (memoryview buffer)]
    (if (= got 0)
        0
        (read-octets stream view 0 size deadline (or got 0)))))

(defn text-part? [sequence start end]
  (setv [start end] (check-range start end (len sequence)))
  (and (< start end) (all (gfor x (cut sequence start end) (isinstance x str)))))

(defn read-octets [stream view start end deadline [got 0]]
  "Fill VIEW from START to END, the first octets of which are GOT already; returns how many octets
  there were before the end of the file."
  (setv stream._last None
        at (+ start got))
  (try
    (while (< at end)
      (setv position stream._position
            count (min (- end at) (- (len stream._input) position)))
      (cond
        (> count 0)
          (do
            (setv (cut view at (+ at count)) (cut stream._input position (+ position count)))
            (setv stream._position (+ position count)
                  at (+ at count)))
        (and stream._receive-into (>= (- end at) stream._input-buffer-size))
          (do
            ;; So much goes where it is wanted, without a stay in the buffer.
            (setv count (with [part (cut view at end)] (receive-into stream part deadline))
                  at (+ at count))
            (when (= count 0)
              (break)))
        (not (._fill stream deadline))
          (break)))
    (except [BaseException]
      (when (not stream.closed)
        (setv stream._input (+ (bytes (cut view start at))
                               (bytes (cut stream._input stream._position None)))
              stream._position 0))
      (raise)))
  (- at start))

(defn receive-into [stream part deadline]
  "Have the system fill PART; returns how many octets it had, 0 at the end of the file."
  (setv tries 0)
  (while True
    (try
      (setv [count] (map stream._receive-into #(part)))
      (when (is-not count None)
        (return count))
      (except [BlockingIOError])
      (except [e OSError]
        (._fail stream e "read")))
    (._wait stream INPUT deadline tries)
    (+= tries 1)))

(defn read-characters [stream sequence start end deadline]
  (setv end (if (is end None) (len sequence) end)
        ;; While it is set, what is read can be given back.
        stream._last #(stream._position stream._pending stream._decoder-state)
        characters [])
  (try
    (while (< (len characters) (- end start))
      (setv found (next-character stream deadline))
      (when (is found None)
        (break))
      (setv [character stream._position stream._pending stream._decoder-state] found)
      (.append characters character))
    (except [BaseException]
      (setv [stream._position stream._pending stream._decoder-state] stream._last)
      (raise))
    (finally
      (setv stream._last None)))
  (setv stop (+ start (len characters))
        (cut sequence start stop) characters)
  stop)

(defn write-sequence [sequence stream * [start 0] [end None] [timeout None]]
  "Write SEQUENCE, or its part from START to END, to STREAM; returns SEQUENCE. Octets, bytes-like or
  a sequence of integers, are written as they are, characters, a string or a sequence of them, in
  the external format; a list can have both. Buffered as with `write-string`; what is larger than
  the buffer goes around it. When anything is wrong, nothing of SEQUENCE is written.

  => (setv [a b] (make-socket-pair))
  => (write-sequence [1 2 \"ü\"] a) (finish-output a) [(read-byte b) (read-byte b) (read-char b)]
  [1 2 \"ü\"]

  Source: Common Lisp."
  (setv stream (output-stream stream))
  (cond
    (and (is (type sequence) bytes) (is end None) (not start))
      (put-octets (octet-stream "write-sequence" stream) sequence timeout)
    (isinstance sequence str)
      (put-text stream (part sequence start end) timeout)
    (and (isinstance sequence #(list tuple)) (any (gfor x sequence (isinstance x str))))
      (write-elements stream sequence start end timeout)
    True
      (do
        (octet-stream "write-sequence" stream)
        (setv octets (octets-of "sequence" sequence)
              [start end] (check-range start end (len octets)))
        (if (< (- end start) stream._output-buffer-size)
            (put-octets stream (bytes (cut octets start end)) timeout)
            (write-around stream octets start end timeout))))
  sequence)

(defn write-sequence* [stream sequence * [start 0] [end None] [timeout None]]
  "`write-sequence` with STREAM as the first argument.

  => (setv [a b] (make-socket-pair))
  => (write-sequence* a b\"hello\") (finish-output a) (read-char b)
  \"h\"

  Source: IOLib 0.8, iolib/streams."
  (write-sequence sequence stream :start start :end end :timeout timeout))

(defn write-around [stream octets start end timeout]
  "Send from START to END of OCTETS, a memoryview, and copy only what can't be sent in time."
  (with [part (cut octets start end)]
    (try
      (put-octets stream part timeout)
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
          (octet-stream "write-sequence" stream)
          (octets-of "sequence" run))))
  (check-characters stream (.join "" (gfor [text? run] runs :if text? x run x)))
  (for [[text? run] runs]
    (if text?
        (put-text stream (.join "" run) timeout)
        (put-octets stream (bytes run) timeout))))

(defn check-characters [stream text]
  "Refuse TEXT if it has a character that STREAM can't have."
  (setv [encode _] (.make-encoder stream._external-format))
  (try
    (encode text)
    (except [e UnicodeEncodeError]
      (refuse-character stream text e))))

(defn drain-input-buffer [stream sequence * [start 0] [end None]]
  "Move octets from the input buffer of STREAM to SEQUENCE, or its part from START to END; returns
  the index of the first element that was not filled. What the system still has is not asked for.

  => (setv [a b] (make-socket-pair) octets (bytearray 10))
  => (write-line \"hello\" a) (finish-output a) (read-char b) (drain-input-buffer b octets)
  5

  Source: IOLib 0.8, iolib/streams."
  (check-open-stream stream)
  (._settle stream)
  (with [view (writable-view "sequence" sequence)]
    (setv [start end] (check-range start end (len view))
          count (min (- end start) (- (len stream._input) stream._position)))
    (when (> count 0)
      (read-octets stream view start (+ start count) None))
    (when (isinstance sequence list)
      (setv (cut sequence start (+ start count)) (list (cut view start (+ start count))))))
  (+ start count))
