"A file object of Python's as a stream."

(import io)
(import time [monotonic])
(import hy-iolib.lisp.checking [refuse])
(import hy-iolib.lisp.handlers [signal-error])
(import hy-iolib.multiplex.readiness [INPUT await-descriptor])
(import hy-iolib.streams.external-formats
  [character-decoding-error character-encoding-error ensure-external-format])
(import hy-iolib.streams.gray-streams [dual-channel-gray-stream])
(import hy-iolib.syscalls [condition-from])

(export :objects [] :macros [])

(defclass file-stream [dual-channel-gray-stream]
  "A file object of Python's as a stream. It reads no more of the file than what is asked for, a
  line or a character, and writes at once; so the file can be used beside it. Text goes through
  UTF-8."
  (setv _output-buffer-size 0)

  (defn __init__ [self file]
    (setv self.file file
          self._text (text-file? file))
    (when self._text
      (._set-format self TEXT))
    ;; The file has a buffer of its own.
    (setv self._simple-output False))

  (setv closed (property (fn [self] (is True (getattr self.file "closed" False)))
                         ;; It is the file's to say.
                         (fn [self value])))

  (defn __repr__ [self]
    (repr self.file))

  (defn fileno [self]
    "The file's descriptor; None if it has none."
    (try
      (.fileno self.file)
      ;; As of io.StringIO; of what is no proper file object, there is no such method.
      (except [[OSError AttributeError]] None)))

  (defn _fill [self deadline [wait True]]
    (setv fd (.fileno self))
    (when (is-not fd None)
      (when (and (not wait) (not (get (await-descriptor fd INPUT (monotonic) None) 0)))
        (return None))
      (when (is-not deadline None)
        (._wait self INPUT deadline)))
    (try
      (._fill (super) deadline wait)
      (except [e UnicodeDecodeError]
        (._undecodable self e))))

  (defn _fill-line [self deadline]
    "As `_fill`, but up to the end of a line."
    (if (and self._text (is deadline None) (callable (getattr self.file "readline" None)))
        (do
          (try
            (setv octets (as-octets (.readline self.file)))
            (except [e UnicodeDecodeError]
              (._undecodable self e))
            (except [e OSError]
              (._fail self e "read")))
          (._append self octets)
          octets)
        (._fill self deadline)))

  (defn _undecodable [self e]
    (signal-error character-decoding-error :stream self :octets (cut e.object e.start e.end)
                                           :reason e.reason :external-format e.encoding))

  (defn _receive [self count]
    (as-octets (.read self.file 1)))

  (defn _receive-into [self buffer]
    (setv octets (as-octets (.read self.file (len buffer)))
          (cut buffer 0 (len octets)) octets)
    (len octets))

  (defn _send [self octets]
    (if self._text
        (do
          (.write self.file (.decode octets "utf-8" "surrogatepass"))
          (len octets))
        (do
          (try
            (setv count (.write self.file octets))
            ;; A buffer that is full has taken some all the same.
            (except [e BlockingIOError]
              (return (or e.characters-written None))))
          ;; None is what a raw file says that would block, and what others may say of all.
          (if (and (is count None) (not (isinstance self.file io.RawIOBase)))
              (len octets)
              count))))

  (defn _flush [self deadline [wait True]]
    (try
      (._flush (super) deadline wait)
      (except [e UnicodeEncodeError]
        (signal-error character-encoding-error :stream self
                                               :character (get e.object e.start) :position e.start
                                               :external-format e.encoding))
      (finally
        ;; What could not be written at once, is not written.
        (._drop-output self))))

  (defn _finish [self deadline [wait True]]
    (._finish (super) deadline wait)
    (try
      ((getattr self.file "flush" (fn [])))
      (except [e OSError]
        (signal-error (condition-from e "write" (.fileno self)))))))

(setv TEXT (ensure-external-format '("utf-8" :errors "surrogatepass")))

(defn as-octets [x]
  "What a file has read, a string, octets or at the end of some files None, as octets."
  (if (isinstance x str)
      (.encode x "utf-8" "surrogatepass")
      (bytes (or x b""))))

(defn file-stream-of [file ability]
  "The stream of FILE, which has ABILITY, `readable` or `writable`. It is always the same, since a
  character can be given back to it."
  (when (not (file? file))
    (refuse "stream" file
            (+ "a stream of this library, as an active stream socket is, "
               "or a file object of Python's")))
  (when (not (able? file ability))
    (when (is True (getattr file "closed" False))
      (._refuse-closed (file-stream file)))
    (refuse "stream" file f"a file that is {ability}"))
  ;; Not by getattr: some files answer with what another file has, which they are wrapped around.
  (setv attributes (getattr file "__dict__" {}))
  (when (not-in KEPT attributes)
    (setv (get attributes KEPT) (file-stream file)))
  (get attributes KEPT))

(setv KEPT "_hy_iolib_stream")

(defn able? [file ability]
  "Is FILE open, and does it have ABILITY, as far as it says?"
  (and (is-not True (getattr file "closed" False))
       (callable (getattr file (if (= ability "readable") "read" "write") None))
       (bool ((getattr file ability (fn [] True))))))

(defn file? [x]
  (and (not (isinstance x type))
       (or (isinstance x io.IOBase)
           (callable (getattr x "read" None))
           (callable (getattr x "write" None)))))

(defn text-file? [file]
  "Is FILE a text file? What is no file of `io`'s but looks like one is, unless its mode says else."
  (or (isinstance file io.TextIOBase)
      (not (or (isinstance file #(io.RawIOBase io.BufferedIOBase))
               (in "b" (str (getattr file "mode" "")))))))
