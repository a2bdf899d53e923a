"Python's file objects over a stream, for what reads and writes files and knows nothing of streams."

(import io os)
(import hy-iolib.lisp.checking [octets-of writable-view])
(import hy-iolib.streams.designators [input-stream output-stream])
(import hy-iolib.streams.gray-streams [check-open-stream])
(import hy-iolib.streams.input [next-character next-line next-text rest-of-text take])
(import hy-iolib.streams.output [put-text])
(import hy-iolib.streams.sequences [read-octets write-sequence])

(export :objects [binary-file text-file] :macros [])

(defclass file-over-stream []
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

(defclass binary-file [file-over-stream io.BufferedIOBase]
  "A binary file object over STREAM, a stream of this library: a subclass of `io.BufferedIOBase`. It
  has no buffer of its own, so that file and stream can be used in turn. Closing it sends what was
  written; STREAM stays open. `socket-closed-error` of a STREAM that is closed, a `type-error` of what
  is none; `ValueError` once the file is closed.

  => (setv [a b] (make-socket-pair))
  => (with [f (binary-file a)] (.write f b\"hello\"))
  5
  => (.read (binary-file b) 5)
  b\"hello\"

  >>> a, b = make_socket_pair()
  >>> with binary_file(a) as f:
  ...     f.write(b\"hello\")
  5
  >>> binary_file(b).read(5)
  b'hello'

  Source: Python's io."

  (defn read [self [size -1]]
    "SIZE octets, an integer, fewer only at the end of the file; all until there by default (-1)."
    (setv stream (._input self)
          size (if (or (is size None) (< size 0)) None size)
          octets (bytearray))
    (while (or (is size None) (< (len octets) size))
      ;; Not all at once: it may be far more than will come.
      (setv piece (bytearray (if (is size None) PIECE (min PIECE (- size (len octets)))))
            count (read-octets stream piece 0 None None))
      (+= octets (cut piece count))
      (when (< count (len piece))
        (break)))
    (bytes octets))

  (defn read1 [self [size -1]]
    "At most SIZE octets (-1, the default: any number), by one system call at most."
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
    (read-octets (._input self) (view-of buffer) 0 None None))

  (defn readinto1 [self buffer]
    "As `readinto`, by one system call at most."
    (with [view (view-of buffer)]
      (setv octets (.read1 self (len view))
            (cut view (len octets)) octets)
      (len octets)))

  (defn readline [self [size -1]]
    "Octets up to a newline octet and with it, at most SIZE (-1, the default: any number)."
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

(defn view-of [buffer]
  "A view of BUFFER, which is written to. A list can't be, here."
  (writable-view "buffer" (if (isinstance buffer list) None buffer)))

;; Octets that are asked for at once.
(setv PIECE 0x10000)

(defclass text-file [file-over-stream io.TextIOBase]
  "A text file object over STREAM, a stream of this library, in its external format: a subclass of
  `io.TextIOBase`. It has no buffer of its own, so that file and stream can be used in turn. Closing it
  sends what was written; STREAM stays open. Conditions are those of `binary-file`.

  => (setv [a b] (make-socket-pair))
  => (with [f (text-file a)] (print \"hello\" :file f))
  => (.readline (text-file b))
  \"hello\\n\"

  >>> a, b = make_socket_pair()
  >>> with text_file(a) as f:
  ...     print(\"hello\", file=f)
  >>> text_file(b).readline()
  'hello\\n'

  Source: Python's io."

  (setv encoding (property (fn [self] self.stream._external-format.codec))
        errors (property (fn [self] (str (or self.stream._external-format.errors "replace"))))
        newlines None
        line-buffering False)

  (defn [property] buffer [self]
    (binary-file self.stream))

  (defn read [self [size -1]]
    "SIZE characters, an integer, fewer only at the end of the file; all until there by default (-1)."
    (setv stream (._input self))
    (if (or (is size None) (< size 0))
        (rest-of-text stream)
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
    "The next line with its newline, \"\\n\"; at most SIZE characters (-1, the default: any number)."
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
