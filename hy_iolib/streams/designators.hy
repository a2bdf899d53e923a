"What operators take for a stream: one of this library, a file object of Python's, or nothing, which
means standard input or standard output."

(import io)
(import sys)
(import time [monotonic])
(import weakref [WeakKeyDictionary ref])
(import hy-iolib.lisp.checking [refuse])
(import hy-iolib.multiplex.readiness [INPUT await-descriptor])
(import hy-iolib.streams.external-formats [ensure-external-format])
(import hy-iolib.streams.gray-streams [dual-channel-gray-stream set-attributes])

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
      (file-stream-of (if (default? stream) sys.stdin stream))))

(defn output-stream [stream]
  "The stream that STREAM designates for output, open."
  (if (isinstance stream dual-channel-gray-stream)
      (do
        (when stream.closed
          (._refuse-closed stream))
        stream)
      (file-stream-of (if (default? stream) sys.stdout stream))))

(defn default? [stream]
  ;; As in Common Lisp, where t is the terminal.
  (or (is stream None) (is stream True)))

(defn octet-stream [operator stream]
  "STREAM, one of the above, if there are octets in it."
  (when (and (isinstance stream file-stream) stream.text)
    (refuse f"{operator}: stream" (stream.file)
            "a stream of octets; of a text file that is its `buffer`, if it has one"))
  stream)

(defclass file-stream [dual-channel-gray-stream]
  "A file object of Python's as a stream. It reads no more of the file than what is asked for, a
  line or a character, and writes at once; so the file can be used beside it. Text goes through
  UTF-8."
  (setv _output-buffer-size 0)

  (defn __init__ [self file]
    ;; Weakly, since this is what `file-streams` keeps of the file.
    (setv self.file (ref file)
          self.text (or (isinstance file io.TextIOBase)
                        (not (isinstance file #(io.RawIOBase io.BufferedIOBase)))))
    (set-attributes self {"_external_format" (if self.text TEXT BINARY)}))

  (setv closed (property (fn [self] (getattr (self.file) "closed" False))
                         ;; It is the file's to say.
                         (fn [self value])))

  (defn __repr__ [self]
    (repr (self.file)))

  (defn fileno [self]
    "The file's descriptor; None if it has none."
    (try
      (.fileno (self.file))
      ;; As of io.StringIO; of what is no proper file object, there is no such method.
      (except [[OSError AttributeError]] None)))

  (defn _fill [self deadline [wait True]]
    (setv fd (.fileno self))
    (when (is-not fd None)
      (when (and (not wait) (not (get (await-descriptor fd INPUT (monotonic) None) 0)))
        (return None))
      (when (is-not deadline None)
        (._wait self INPUT deadline)))
    (._fill (super) deadline wait))

  (defn _fill-line [self deadline]
    "As `_fill`, but up to the end of a line."
    (if (and self.text (is deadline None))
        (do
          (setv octets (.encode (.readline (self.file)) "utf-8" "surrogatepass"))
          (._append self octets)
          octets)
        (._fill self deadline)))

  (defn _receive [self count]
    (setv x (.read (self.file) 1))
    (if self.text (.encode x "utf-8" "surrogatepass") (or x b"")))

  (defn _receive-into [self buffer]
    (setv octets (or (.read (self.file) (len buffer)) b"")
          (cut buffer 0 (len octets)) octets)
    (len octets))

  (defn _send [self octets]
    (.write (self.file) (if self.text (.decode octets "utf-8" "surrogatepass") octets))
    (len octets))

  (defn _finish [self deadline [wait True]]
    (._finish (super) deadline wait)
    (setv flush (getattr (self.file) "flush" None))
    (when flush
      (flush))))

(setv TEXT (ensure-external-format '("utf-8" :errors "surrogatepass"))
      BINARY (ensure-external-format "utf-8"))

;; A file's stream stays the same, since a character can be given back to it.
(setv file-streams (WeakKeyDictionary))

(defn file-stream-of [file]
  (when (not (file? file))
    (refuse "stream" file
            "a stream of this library, as an active stream socket is, or a file object of Python's"))
  (setv stream (or (.get file-streams file) (file-stream file)))
  (when stream.closed
    (._refuse-closed stream))
  (setv (get file-streams file) stream)
  stream)

(defn file? [x]
  (and (not (isinstance x type))
       (or (isinstance x io.IOBase)
           (callable (getattr x "readline" None))
           (callable (getattr x "write" None)))))

(defn file-of [stream]
  "The Python file that STREAM is, or None if it is a stream of this library."
  (cond
    (isinstance stream dual-channel-gray-stream) None
    (file? stream) stream
    True (refuse "stream" stream "a stream of this library or a file object of Python's")))

(defn open-stream-p [stream]
  "Is STREAM open?

  => (setv s (make-socket))
  => (open-stream-p s)
  True
  => (close s)
  True
  => (open-stream-p s)
  False

  Source: Common Lisp."
  (not (. (or (file-of stream) stream) closed)))

(defn input-stream-p [stream]
  "Can STREAM be read from?

  => (with-open-socket [s] (input-stream-p s))
  True

  Source: Common Lisp."
  (setv file (file-of stream))
  (or (is file None) (and (not file.closed) (bool (.readable file)))))

(defn output-stream-p [stream]
  "Can STREAM be written to?

  => (output-stream-p hy.I.sys.stdout)
  True

  Source: Common Lisp."
  (setv file (file-of stream))
  (or (is file None) (and (not file.closed) (bool (.writable file)))))

(defn stream-element-type [stream]
  "What STREAM is a stream of: `#(\"unsigned-byte\" 8)`, which is Common Lisp's `(unsigned-byte 8)`,
  or of a text file of Python's \"character\". Streams of this library are of characters, too.

  => (with-open-socket [s] (stream-element-type s))
  #(\"unsigned-byte\" 8)

  Source: IOLib 0.8, iolib/streams."
  (setv file (file-of stream))
  (if (and (is-not file None) (. (file-stream file) text))
      "character"
      #("unsigned-byte" 8)))
