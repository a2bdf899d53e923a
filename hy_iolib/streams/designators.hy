"What operators take for a stream: one of this library, a file object of Python's, or nothing, which
means standard input or standard output."

(import sys)
(import hy-iolib.lisp.checking [refuse])
(import hy-iolib.streams.file-streams [able? file-stream-of file? text-file?])
(import hy-iolib.streams.gray-streams [dual-channel-gray-stream])

(export
  :objects [open-stream-p input-stream-p output-stream-p stream-element-type]
  :macros [])

(defn input-stream [stream]
  "The stream that STREAM designates for input, open, and with no line decoded ahead."
  (if (isinstance stream dual-channel-gray-stream)
      (do
        (when stream.closed
          (._refuse-closed stream))
        (when stream._lines
          (._settle stream))
        stream)
      (file-stream-of (if (default? stream) sys.stdin stream) "readable")))

(defn output-stream [stream]
  "The stream that STREAM designates for output, open."
  (if (isinstance stream dual-channel-gray-stream)
      (do
        (when stream.closed
          (._refuse-closed stream))
        stream)
      (file-stream-of (if (default? stream) sys.stdout stream) "writable")))

(defn default? [stream]
  ;; As in Common Lisp, where t is the terminal.
  (or (is stream None) (is stream True)))

(defn refuse-text [operator stream]
  "Say that OPERATOR can't work on STREAM, in which there are no octets."
  (refuse f"{operator}: stream" stream.file
          "a stream of octets; of a text file that is its `buffer`, if it has one"))

(defn check-kind [stream]
  (when (not (or (isinstance stream dual-channel-gray-stream) (file? stream)))
    (refuse "stream" stream "a stream of this library or a file object of Python's")))

(defn open-stream-p [stream]
  "Is STREAM, a stream of this library or a file object of Python's, open? A `type-error` of
  another.

  => (setv s (make-socket))
  => (open-stream-p s)
  True
  => (close s)
  True
  => (open-stream-p s)
  False

  >>> with make_socket() as s:
  ...     open_stream_p(s)
  True

  Source: Common Lisp."
  (check-kind stream)
  (is-not True (getattr stream "closed" False)))

(defn input-stream-p [stream]
  "Can STREAM be read from? Not when it is closed. As `open-stream-p`.

  => (with-open-socket [s] (input-stream-p s))
  True

  >>> import io
  >>> input_stream_p(io.StringIO(\"text\"))
  True

  Source: Common Lisp."
  (check-kind stream)
  (if (isinstance stream dual-channel-gray-stream)
      (not stream.closed)
      (able? stream "readable")))

(defn output-stream-p [stream]
  "Can STREAM be written to? Not when it is closed. As `open-stream-p`.

  => (output-stream-p hy.I.sys.stdout)
  True

  >>> import io
  >>> output_stream_p(io.BytesIO())
  True

  Source: Common Lisp."
  (check-kind stream)
  (if (isinstance stream dual-channel-gray-stream)
      (not stream.closed)
      (able? stream "writable")))

(defn stream-element-type [stream]
  "What STREAM, as of `open-stream-p`, is a stream of: `#(\"unsigned-byte\" 8)`, which is Common Lisp's
  `(unsigned-byte 8)`, or of a text file of Python's \"character\". Streams of this library are of
  characters, too.

  => (with-open-socket [s] (stream-element-type s))
  #(\"unsigned-byte\" 8)

  >>> import io
  >>> stream_element_type(io.StringIO())
  'character'

  Source: IOLib 0.8, iolib/streams; Common Lisp."
  (check-kind stream)
  (if (and (not (isinstance stream dual-channel-gray-stream)) (text-file? stream))
      "character"
      #("unsigned-byte" 8)))
