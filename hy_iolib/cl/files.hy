"Files: the streams that `open` makes, and the operators on what is in the file system."

(eval-when-compile (require hy-iolib.cl.definitions [defcl defcl-macro form]))
(import errno)
(import io)
(import os)
(import stat)
(import hy-iolib.cl.classes [FILE-STREAM name-sbcl-class of-python])
(import hy-iolib.cl.conses [cons elements lisp-list nil?])
(import hy-iolib.cl.errors [file-error])
(import hy-iolib.cl.pathnames
  [ABSOLUTE UP WILD WILD-INFERIORS Pattern escaped make matches merged native parse pathname-of])
(import hy-iolib.cl.printer [prin1-text])
(import hy-iolib.cl.streams [broadcast-stream check-open stream-of synonym-stream])
(import hy-iolib.cl.string-streams [lisp-stream string-input-stream string-output-stream])
(import hy-iolib.cl.strings [ABSENT text-of wrong-type])
(import hy-iolib.cl.symbols [cl-symbol key])
(import hy-iolib.lisp.conditions [stream-error])
(import hy-iolib.lisp.handlers [signal-error])
(import hy-iolib.lisp.multiple-values [values])
(import hy-iolib.streams.external-formats
  [character-decoding-error character-encoding-error ensure-external-format])

(export :objects [] :macros [])

;; ---- Errors

(defclass file-does-not-exist [file-error] "There is no such file.")
(defclass file-exists [file-error] "There is such a file already.")
(defclass delete-file-error [file-error] "A file can't be deleted.")

(for [cls [file-does-not-exist file-exists delete-file-error]]
  (name-sbcl-class "SB-EXT" (hy.unmangle cls.__name__) cls))

(defn file-trouble [cls pathname text [e None]]
  "Signal that TEXT is wrong with PATHNAME, because of the OSError E."
  (setv c (cls (+ text (if e f": {e.strerror}" "")))
        c.pathname pathname
        c.__suppress_context__ True)
  (signal-error c))

;; ---- Streams

(defclass file-stream [lisp-stream]
  "A stream of the file that FILE, an open binary file of Python's, is of. Text is read by lines;
  `start` is where the line that is read from begins. SIZE is the octets of an element of a binary
  file."
  (setv printed-name "SB-SYS:FD-STREAM"
        text ""
        index 0
        start 0
        line-column 0
        ;; What aborting does: the file is deleted, or ORIGINAL, its old name, is given back to it.
        deletes False
        original None
        deletes-original False)

  (defn __init__ [self file name pathname reads writes element-type external-format]
    (setv self.file file self.name name self.pathname pathname self.reads reads self.writes writes
          self.format external-format)
    (setv [self.element-type self.size self.signed self.characters self.octets] element-type))

  (setv external-format (property (fn [self] (or self.format.given (key "utf-8")))))

  (defn lisp-text [self write]
    (+ "for " (write (+ "file " self.name))))

  (defn fileno [self]
    (.fileno self.file))

  (defn interactive [self]
    (.isatty self.file))

  (defn _check [self can expected]
    (check-open self)
    (when (not can)
      (._refuse self expected)))

  ;; ---- Output

  (defn put [self text]
    (when (not (and self.writes self.characters (not self.closed)))
      (._check self False "a character output stream"))
    (.go-to-position self)
    (.write self.file (.encode self.format self text))
    (setv newline (+ (.rfind text "\n") 1)
          self.line-column (- (+ (len text) (if newline 0 self.line-column)) newline)))

  (defn put-octets [self octets]
    (._check self (and self.writes self.octets) "a binary output stream")
    (.go-to-position self)
    (.write self.file octets))

  (defn put-element [self x]
    "Write X, an element of a binary file."
    (._check self (and self.writes self.octets) "a binary output stream")
    (.go-to-position self)
    (try
      (.write self.file (.to-bytes x self.size "little" :signed self.signed))
      (except [OverflowError]
        (wrong-type x (lisp-list [(cl-symbol (if self.signed "signed-byte" "unsigned-byte"))
                                  (* 8 self.size)])))))

  (defn column [self] self.line-column)

  (defn finish [self [wait True]]
    (check-open self)
    (when self.writes
      (.flush self.file)))

  ;; ---- Input

  (defn fill [self]
    "Read the next line; False at the end."
    (setv self.start (.place self)
          self.text ""
          self.index 0)
    (try
      (setv octets (if self.format.by-lines (.readline self.file) (.read self.file)))
      (except [e OSError]
        (setv c (stream-error f"couldn't read from {(prin1-text self)}: {e.strerror}")
              c.stream self)
        (signal-error c)))
    (when octets
      (setv self.text (.decode self.format self octets)))
    (bool octets))

  (defn place [self]
    "Where in the file the next character is, in octets."
    (if (or self.text self.index)
        (+ self.start (len (.encode self.format self (cut self.text self.index))))
        (.tell self.file)))

  (defn go-to-position [self]
    "Before something is written: where the file is to be what was read is."
    (when self.text
      (.seek self.file (.place self))
      (setv self.text "" self.index 0)))

  (defn _check-input [self]
    (._check self (and self.reads self.characters) "a character input stream"))

  (defn take [self]
    (setv i self.index)
    (when (>= i (len self.text))
      (._check-input self)
      (when (not (.fill self))
        (return None))
      (setv i 0))
    (setv self.index (+ i 1))
    (get self.text i))

  (defn untake [self c]
    (._check-input self)
    (cond
      self.index (-= self.index 1)
      ;; Of a line that is gone.
      True (setv self.start (- self.start (len (.encode self.format self c)))
                 self.text (+ c self.text))))

  (defn take-line [self]
    (setv line (cut self.text self.index None))
    (when (not line)
      (._check-input self)
      (when (not (.fill self))
        (return None))
      (setv line self.text))
    (setv newline (.find line "\n")
          end (if (< newline 0) (len line) (+ newline 1)))
    (+= self.index end)
    (cond
      (>= newline 0) #((cut line newline) None)
      ;; A character that can't be decoded, or the end of the file, comes next.
      (.fill-more self) (do
                          (setv rest (.take-line self))
                          #((+ line (get rest 0)) (get rest 1)))
      True #(line True)))

  (defn fill-more [self]
    (and self.format.by-lines (.fill self)))

  (defn take-octet [self]
    (._check self (and self.reads self.octets) "a binary input stream")
    (.go-to-position self)
    (setv octets (.read self.file self.size))
    (if (< (len octets) self.size)
        None
        (int.from-bytes octets "little" :signed self.signed)))

  (defn ready [self]
    (or (< self.index (len self.text)) (.fill self)))

  ;; ---- Position

  (defn position [self]
    (check-open self)
    (// (.place self) self.size))

  (defn set-position [self position]
    (check-open self)
    (setv self.text "" self.index 0)
    (if (is position None)
        (.seek self.file 0 2)
        (.seek self.file (* position self.size)))
    True)

  (defn length [self]
    (check-open self)
    (// (. (os.fstat (.fileno self.file)) st-size) self.size))

  (defn close [self [abort False]]
    (when (not self.closed)
      (setv self.closed True
            self.text ""
            self.index 0)
      (if abort
          (.abort self)
          (do
            (.close self.file)
            (when self.deletes-original
              (os.unlink self.original)))))
    True)

  (defn abort [self]
    ;; Without the buffer, which would write what it has.
    (.close self.file.raw)
    (cond
      self.original (os.replace self.original self.name)
      self.deletes (try (os.unlink self.name) (except [FileNotFoundError])))))

(setv (get of-python file-stream) FILE-STREAM)

(defclass file-format []
  "An external format, for files: what has no octets, or is of no character, is an error unless a
  replacement is given."
  (defn __init__ [self given]
    (setv format (ensure-external-format (if (or (nil? given) (is given (key "default")))
                                             "utf-8"
                                             (plain given)))
          self.given (if (or (nil? given) (is given (key "default"))) None given)
          self.codec format.codec
          self.replacement format.replacement
          self.newline format.newline
          self.name (.upper (str format.encoding))
          ;; Is a newline an octet?
          self.by-lines (try
                          (= (.encode "\nx" self.codec) b"\nx")
                          (except [LookupError] False))))

  (defn encode [self stream text]
    (when (!= self.newline "\n")
      (setv text (.replace text "\n" self.newline)))
    (try
      (.encode text self.codec)
      (except [e UnicodeEncodeError]
        (if (is self.replacement None)
            (signal-error character-encoding-error
              :stream stream :character (get text e.start) :position e.start
              :external-format self.name)
            (.join b"" (gfor c text (try
                                      (.encode c self.codec)
                                      (except [UnicodeEncodeError]
                                        (.encode self.replacement self.codec)))))))))

  (defn decode [self stream octets]
    (try
      (setv text (.decode octets self.codec))
      (except [e UnicodeDecodeError]
        (cond
          (is-not self.replacement None)
            (setv text (.replace (.decode octets self.codec "replace") "\ufffd" self.replacement))
          (> e.start 0)
            (do
              ;; What is before it first.
              (.seek stream.file (+ stream.start e.start))
              (setv text (.decode (cut octets e.start) self.codec)))
          True
            (do
              (.seek stream.file stream.start)
              (signal-error character-decoding-error
                :stream stream :octets (cut octets e.start e.end) :reason e.reason
                :external-format self.name)))))
    (if (= self.newline "\n") text (.replace text self.newline "\n"))))

(defn plain [x]
  "An external format as the library takes it: a keyword, or a list of Python's."
  (if (is x.__class__ cons)
      (lfor part x (if (isinstance part str) part (text-of part)))
      x))

;; ---- Opening

(setv [INPUT OUTPUT IO PROBE ERROR NEW-VERSION RENAME RENAME-AND-DELETE OVERWRITE APPEND SUPERSEDE
       CREATE]
        (map key ["input" "output" "io" "probe" "error" "new-version" "rename" "rename-and-delete"
                  "overwrite" "append" "supersede" "create"]))

(defn element-type-of [x]
  "Of an element type: itself, octets, sign, and whether there are characters and octets."
  (cond
    (is x ABSENT) #("character" 1 False True False)
    (is x (key "default")) #("character" 1 False True True)
    (is x.__class__ cons)
      (do
        (setv [kind #* size] (elements x)
              bits (cond
                     (not size) 8
                     (is kind (cl-symbol "integer")) (bits-for (get size 0) (get size 1))
                     (is kind (cl-symbol "mod")) (bits-for 0 (- (get size 0) 1))
                     (isinstance (get size 0) int) (get size 0)
                     True 8)
              signed (or (is kind (cl-symbol "signed-byte"))
                         (and (is kind (cl-symbol "integer")) (< (get size 0) 0)))
              octets (// (+ bits 7) 8))
        #("octet" (next (gfor n [1 2 4 8 octets] :if (<= octets n) n)) signed False True))
    (in x (map cl-symbol ["unsigned-byte" "bit" "integer"])) #("octet" 1 False False True)
    (is x (cl-symbol "signed-byte")) #("octet" 1 True False True)
    True #("character" 1 False True False)))

(defn check-member [x #* members]
  (when (not (any (gfor m members (or (is x m) (and (nil? x) (nil? m))))))
    (wrong-type x (lisp-list [(cl-symbol "member") #* members]))))

(defn bits-for [low high]
  (max (.bit-length low) (.bit-length high)))

(defcl open [file * [direction INPUT] [element-type ABSENT] [if-exists ABSENT]
                    [if-does-not-exist ABSENT] [external-format None]]
  "A stream of FILE; nil if IF-EXISTS or IF-DOES-NOT-EXIST is nil and it is as that says."
  (check-member direction INPUT OUTPUT IO PROBE)
  (when (is-not if-exists ABSENT)
    (check-member if-exists ERROR NEW-VERSION RENAME RENAME-AND-DELETE OVERWRITE APPEND SUPERSEDE
                  None))
  (setv pathname (pathname-of file)
        name (native pathname)
        writes (in direction [OUTPUT IO])
        exists (os.path.lexists name)
        if-exists (cond
                    (not writes) OVERWRITE
                    (is if-exists ABSENT) ERROR
                    True if-exists)
        if-does-not-exist (cond
                            (is-not if-does-not-exist ABSENT) if-does-not-exist
                            (= direction INPUT) ERROR
                            (= direction PROBE) None
                            (in if-exists [OVERWRITE APPEND]) ERROR
                            True CREATE)
        original None)
  (cond
    (not exists)
      (cond
        (nil? if-does-not-exist) (return None)
        (is if-does-not-exist ERROR)
          (file-trouble file-does-not-exist pathname
            f"The file {(prin1-text pathname)} does not exist: No such file or directory"))
    (nil? if-exists) (return None)
    (in if-exists [ERROR NEW-VERSION])
      (file-trouble file-exists pathname
                    f"The file {(prin1-text pathname)} already exists: File exists"))
  (setv flags (| os.O-CLOEXEC
                 (get {INPUT os.O-RDONLY PROBE os.O-RDONLY OUTPUT os.O-WRONLY IO os.O-RDWR}
                      direction)
                 (if (is if-does-not-exist CREATE) os.O-CREAT 0)
                 (.get {SUPERSEDE os.O-TRUNC APPEND os.O-APPEND} if-exists 0)))
  (try
    (when (and exists (in if-exists [RENAME RENAME-AND-DELETE]))
      (setv original (+ name ".bak"))
      (os.replace name original)
      (|= flags os.O-CREAT))
    (setv fd (os.open name flags 0o666))
    (except [e OSError]
      (if (= e.errno errno.ENOENT)
          (file-trouble file-error pathname f"The path {(prin1-text pathname)} does not exist.")
          (file-trouble file-error pathname f"Error opening {(prin1-text pathname)}" e))))
  (setv stream (file-stream (opened fd direction) name pathname
                            (in direction [INPUT IO]) writes
                            (element-type-of element-type) (file-format external-format)))
  (when writes
    (setv stream.original original
          stream.deletes-original (is if-exists RENAME-AND-DELETE)
          stream.deletes (not-in if-exists [APPEND OVERWRITE]))
    (when (is if-exists APPEND)
      (.seek stream.file 0 2)))
  (when (is direction PROBE)
    (.close stream))
  stream)

(defclass directory-file [io.RawIOBase]
  "What a directory is when it is opened: it can't be read."
  (defn __init__ [self fd] (setv self.fd fd))
  (defn readable [self] True)
  (defn fileno [self] self.fd)
  (defn readinto [self buffer]
    (raise (OSError errno.EISDIR "Is a directory")))
  (defn close [self]
    (when (not self.closed)
      (os.close self.fd))
    (.close (super))))

(defn opened [fd direction]
  "A buffered file of Python's for the descriptor FD."
  (setv [mode buffered] (.get {OUTPUT #("wb" io.BufferedWriter) IO #("rb+" io.BufferedRandom)}
                              direction
                              #("rb" io.BufferedReader)))
  (buffered (if (stat.S-ISDIR (. (os.fstat fd) st-mode)) (directory-file fd) (io.FileIO fd mode))))

(defcl-macro with-open-file [spec #* body]
  (setv [variable #* arguments] (elements spec))
  (form (with-open-stream (~variable (open ~@arguments)) ~@body)))

;; ---- What streams know of files

(defn file-behind [stream]
  "The stream of a file that STREAM is."
  (setv s (if (isinstance stream lisp-stream) stream (stream-of stream)))
  (while (isinstance s synonym-stream)
    (setv s (.target s)))
  s)

(defcl file-length [stream]
  "How many elements the file of STREAM has."
  (setv s (file-behind stream))
  (cond
    (isinstance s file-stream) (.length s)
    (isinstance s broadcast-stream) (if s.streams (cl-file-length (get s.streams -1)) 0)
    (hasattr (getattr s "stream" None) "seekable")
      (. (os.fstat (.fileno s.stream)) st-size)
    True (wrong-type stream (cl-symbol "file-stream"))))

(defcl file-position [stream [position ABSENT]]
  "Where STREAM is; with POSITION, an integer, :start or :end, go there."
  (setv s (file-behind stream))
  (cond
    (isinstance s file-stream)
      (cond
        (is position ABSENT) (.position s)
        (is position (key "start")) (.set-position s 0)
        (is position (key "end")) (.set-position s None)
        True (.set-position s position))
    (isinstance s string-input-stream)
      (if (is position ABSENT)
          s.index
          (do
            (setv s.index (cond
                            (is position (key "start")) 0
                            (is position (key "end")) s.end
                            True (min position s.end)))
            s.index))
    (isinstance s string-output-stream)
      (if (is position ABSENT) (sum (map len s.parts)) None)
    (isinstance s broadcast-stream)
      (if s.streams (cl-file-position (get s.streams -1)) 0)
    True None))

(defcl file-string-length [stream x]
  "How many octets X, a character or string, has on STREAM."
  (setv s (file-behind stream))
  (if (isinstance s file-stream) (len (.encode s.format s (str x))) None))

;; ---- The file system

(defn truename-of [name]
  "The pathname of the file that the system calls NAME, through all links; None if there is none."
  (setv real (os.path.realpath name))
  (if (os.path.exists real)
      (parse (escaped (+ real (if (and (os.path.isdir real) (!= real "/")) "/" ""))))
      None))

(defn native-of [x]
  "What the system calls X, a pathname designator; a stream's file, if it is one."
  (native (pathname-of (if (isinstance x lisp-stream) (file-behind x) x))))

(defcl probe-file [file]
  "The true name of FILE; nil if there is none."
  (truename-of (native-of file)))

(defcl truename [file]
  "The true name of FILE."
  (setv name (native-of file))
  (or (truename-of name)
      (file-trouble file-error (pathname-of file)
                    f"Failed to find the TRUENAME of {name}: No such file or directory")))

(defcl delete-file [file]
  "Delete FILE."
  (setv name (native-of file))
  (when (isinstance file lisp-stream)
    (.close file))
  (try
    (os.unlink name)
    (except [e OSError]
      (file-trouble delete-file-error (pathname-of file)
                    f"Could not delete the file {(prin1-text name)}" e)))
  True)

(defcl rename-file [file new-name]
  "Give FILE the name NEW-NAME, of which what is missing is FILE's: the new pathname, and both true
  names."
  (setv old (cl-truename file)
        new (merged (pathname-of new-name) (pathname-of file))
        target (native (merged new old)))
  (try
    (os.rename (native-of file) target)
    (except [e OSError]
      (file-trouble file-error (pathname-of file)
                    f"couldn't rename {(prin1-text old)} to {target}" e)))
  (values new old (truename-of target)))

(defcl ensure-directories-exist [pathspec * [verbose None] [mode 0o777]]
  "Make the directories of PATHSPEC that are not there; whether any was made."
  (setv [directory _ _] (. (pathname-of pathspec) lisp)
        name (native (make directory None None))
        created (not (os.path.isdir name)))
  (try
    (os.makedirs name :exist-ok True)
    (except [e OSError]
      (file-trouble file-error (pathname-of pathspec) f"Can't create directory {name}")))
  (values pathspec (if created True None)))

(defcl file-write-date [file]
  "When FILE was written last, in universal time."
  (setv name (native-of file))
  (try
    (+ (int (. (os.stat name) st-mtime)) 2208988800)
    (except [e OSError]
      (file-trouble file-error (pathname-of file) f"Failed to find the WRITE-DATE of {name}" e))))

(defcl file-author [file]
  "The name of FILE's owner."
  (setv name (native-of file))
  (try
    (setv uid (. (os.stat name) st-uid))
    (except [e OSError]
      (file-trouble file-error (pathname-of file) f"Failed to find the AUTHOR of {name}" e)))
  (import pwd)
  (try
    (. (pwd.getpwuid uid) pw-name)
    (except [KeyError] (str uid))))

(defcl user-homedir-pathname [[host None]]
  "The user's home directory."
  (parse (escaped (+ (.rstrip (os.path.expanduser "~") "/") "/"))))

(defcl directory [pathspec * [resolve-symlinks True]]
  "The true names of the files that PATHSPEC, which may have wild cards, is of."
  (setv [directory name type] (. (pathname-of pathspec) lisp)
        found {})
  (when (not (and directory (is (get directory 0) ABSOLUTE)))
    (setv directory (+ (get (. (parse (escaped (+ (os.path.abspath (native "")) "/"))) lisp) 0)
                       (tuple (cut (or directory #()) 1 None)))))
  (for [d (directories-matching "/" (cut directory 1 None))]
    (if (and (is name None) (is type None))
        (.setdefault found (truename-of d) None)
        (for [entry (sorted (os.listdir d))]
          (setv [_ own-name own-type] (. (parse (escaped entry)) lisp))
          (when (and (matches own-name (if (is name None) "" name))
                     (if (is type None) (is own-type None) (matches own-type type)))
            (.setdefault found (truename-of (os.path.join d entry)) None)))))
  (lisp-list (gfor p found :if p p)))

(defn directories-matching [base parts]
  "The directories below BASE that PARTS of a pathname are of."
  (when (not (os.path.isdir base))
    (return []))
  (when (not parts)
    (return [base]))
  (setv [part #* rest] parts)
  (cond
    (is part WILD-INFERIORS)
      (+ (directories-matching base rest)
         (lfor d (below base) x (directories-matching d parts) x))
    (or (is part WILD) (isinstance part Pattern))
      (lfor d (below base)
            :if (matches (os.path.basename d) part)
            x (directories-matching d rest)
            x)
    True
      (directories-matching (os.path.join base (if (is part UP) ".." part)) rest)))

(defn below [base]
  (try
    (lfor entry (sorted (os.listdir base))
          :if (and (os.path.isdir (os.path.join base entry))
                   (not (os.path.islink (os.path.join base entry))))
          (os.path.join base entry))
    (except [OSError] [])))
