"Python's file objects over a stream, for what reads and writes files and knows nothing of streams."

(import io os)
(import hy-iolib.lisp.checking [octets-of writable-view])
(import hy-iolib.streams.decoding [octets-decoder])
(import hy-iolib.streams.designators [input-stream output-stream])
(import hy-iolib.streams.gray-streams [check-open-stream])
(import hy-iolib.streams.input [end-of-text next-character next-line take])
(import hy-iolib.streams.output [put-text])
(import hy-iolib.streams.sequences [read-octets write-sequence])

(export :objects [binary-file text-file] :macros [])

(defclass stream-file []
  "What both kinds have in common."
  (defn __init__ [self stream]
    (check-open-stream stream)
    (setv self.stream stream))

  (defn __repr__ [self]
    (setv kind (.replace (. (type self) __name__) "_" "-"))
    f"#<{kind} of {self.stream}>")

  (defn _input [self]
    "The stream, to be read from."
    (._check self)
    (input-stream self.stream))

  (defn _output [self]
    (._check self)
    (output-stream self.stream))

  (defn _check [self]
    (when self.closed
      (raise (ValueError f"{self} is closed"))))

  (defn readable [self] (._check self) True)
  (defn writable [self] (._check self) True)
  (defn fileno [self] (.fileno (._input self)))
  (defn isatty [self] (os.isatty (.fileno self)))

  (defn flush [self]
    (when (not (or self.closed self.stream.closed))
      (._finish self.stream None)))

  (defn close [self]
    (try
      (.flush self)
      (finally
        (.close (super)))))

  ;; io's would close it, and so wait for the peer whenever a file is dropped. What was written is
  ;; the stream's to send.
  (defn __del__ [self]))

(defclass binary-file [stream-file io.BufferedIOBase]
  "A binary file object over STREAM: a subclass of `io.BufferedIOBase`. It has no buffer of its own,
  so that file and stream can be used in turn. Closing it sends what was written; STREAM stays open.

  => (setv [a b] (make-socket-pair))
  => (with [f (binary-file a)] (.write f b\"hello\"))
  5
  => (.read (binary-file b) 5)
  b\"hello\"

  Source: Python's io."

  (defn read [self [size -1]]
    "SIZE octets, fewer only at the end of the file; all until there by default."
    (setv stream (._input self)
          size (if (or (is size None) (< size 0)) None size)
          octets (bytearray))
    (while (or (is size None) (< (len octets) size))
      ;; Not all at once: it may be far more than will come.
      (setv piece (bytearray (if (is size None) PIECE (min PIECE (- size (len octets)))))
            count (read-octets stream (memoryview piece) 0 (len piece) None))
      (+= octets (cut piece count))
      (when (< count (len piece))
        (break)))
    (bytes octets))

  (defn read1 [self [size -1]]
    "At most SIZE octets, by one system call at most."
    (setv stream (._input self)
          stream._last None)
    (when (and (= stream._position (len stream._input)) (!= size 0))
      (._fill stream None))
    (setv position stream._position
          end (if (or (is size None) (< size 0)) None (+ position size))
          octets (bytes (cut stream._input position end)))
    (+= stream._position (len octets))
    octets)

  (defn readinto [self buffer]
    "Fill BUFFER; fewer octets only at the end of the file. Returns their number."
    (setv stream (._input self))
    (with [view (writable-view "buffer" buffer)]
      (read-octets stream view 0 (len view) None)))

  (defn readinto1 [self buffer]
    (with [view (writable-view "buffer" buffer)]
      (setv octets (.read1 self (len view))
            (cut view (len octets)) octets)
      (len octets)))

  (defn readline [self [size -1]]
    "Octets up to a newline octet and with it, at most SIZE."
    (setv stream (._input self)
          stream._last None
          size (if (or (is size None) (< size 0)) None size)
          searched 0)
    (while True
      (setv octets stream._input
            position stream._position
            end (.find octets b"\n" (+ position searched))
            available (- (len octets) position))
      (when (>= end 0)
        (setv available (+ 1 (- end position))))
      (when (or (>= end 0)
                (and (is-not size None) (>= available size))
                (not (._fill stream None)))
        (setv count (if (is size None) available (min available size))
              line (bytes (cut octets position (+ position count))))
        (+= stream._position count)
        (return line))
      (setv searched available)))

  (defn write [self octets]
    "Write OCTETS; returns their number."
    (setv stream (._output self))
    (with [view (octets-of "octets" octets)]
      (write-sequence octets stream)
      (len view))))

(setv PIECE 0x10000)

(defclass text-file [stream-file io.TextIOBase]
  "A text file object over STREAM, in its external format: a subclass of `io.TextIOBase`. It has no
  buffer of its own, so that file and stream can be used in turn. Closing it sends what was written;
  STREAM stays open.

  => (setv [a b] (make-socket-pair))
  => (with [f (text-file a)] (print \"hello\" :file f))
  => (.readline (text-file b))
  \"hello\\n\"

  Source: Python's io."

  (setv encoding (property (fn [self] self.stream._external-format.codec))
        errors (property (fn [self] (or self.stream._external-format.errors "strict")))
        newlines None
        line-buffering False)

  (defn [property] buffer [self]
    (binary-file self.stream))

  (defn read [self [size -1]]
    "SIZE characters, fewer only at the end of the file; all until there by default."
    (setv stream (._input self))
    (if (or (is size None) (< size 0))
        (end-of-text stream None)
        (do
          (setv parts [] count 0)
          (while (< count size)
            (setv text (next-text stream (- size count)))
            (when (not text)
              (break))
            (.append parts text)
            (+= count (len text)))
          (.join "" parts))))

  (defn readline [self [size -1]]
    "The next line with its newline, \"\\n\"; at most SIZE characters."
    (setv stream (._input self))
    (if (or (is size None) (< size 0))
        (do
          (setv line (next-line stream None))
          (cond
            (is line None) ""
            (is stream._last None) line
            True (+ line "\n")))
        (do
          (setv characters [])
          (while (< (len characters) size)
            (setv found (next-character stream None))
            (when (is found None)
              (break))
            (.append characters (take stream found))
            (when (= (get characters -1) "\n")
              (break)))
          (.join "" characters))))

  (defn write [self text]
    "Write TEXT; returns the number of its characters."
    (setv stream (._output self))
    (when (not (isinstance text str))
      ;; As every file object says it.
      (raise (TypeError f"write() argument must be str, not {(. (type text) __name__)}")))
    (put-text stream text None)
    (len text)))

(defn next-text [stream size]
  "From 1 to SIZE of the next characters of STREAM; \"\" at the end of the file."
  (setv decoder stream._decoder position stream._position)
  (when (and (isinstance decoder octets-decoder) (is stream._pending None))
    ;; Of as many octets there are not more characters.
    (try
      (setv octets (bytes (cut stream._input position (+ position size)))
            [text used] (decoder.decode octets "strict" False))
      (when (and (!= decoder.eol "\n") (.endswith text "\r"))
        (setv text (cut text -1)
              used (- used 1)))
      (when text
        (setv stream._last None
              stream._position (+ position used))
        (return (if (= decoder.eol "\n") text (.replace text decoder.eol "\n"))))
      ;; What stands for it comes one by one.
      (except [UnicodeDecodeError])))
  (setv found (next-character stream None))
  (if (is found None) "" (take stream found)))
