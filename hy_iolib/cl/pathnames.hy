"Pathnames, as SBCL has them on Unix: what their names consist of, and how they are merged."

(eval-when-compile (require hy-iolib.cl.definitions [defcl]))
(import os)
(import pathlib [PurePath PurePosixPath])
(import hy-iolib.cl.conses [cons elements lisp-list nil?])
(import hy-iolib.cl.errors [file-error])
(import hy-iolib.cl.printer [lisp-special prin1-text])
(import hy-iolib.cl.strings [ABSENT check-bounds string? text-of wrong-type])
(import hy-iolib.cl.symbols [cl-symbol key])
(import hy-iolib.lisp.handlers [signal-error])
(import hy-iolib.lisp.keywords [keyword])
(import hy-iolib.lisp.multiple-values [values])
(import hy-iolib.streams.file-streams [file?])

(export :objects [pathname] :macros [])

(setv ABSOLUTE (key "absolute") RELATIVE (key "relative") WILD (key "wild")
      WILD-INFERIORS (key "wild-inferiors") UP (key "up") BACK (key "back") HOME (key "home")
      NEWEST (key "newest"))

(defclass Pattern []
  "A part of a name with wild cards, as it is written."
  (setv __slots__ #("text"))
  (defn __init__ [self text] (setv self.text text))
  (defn __eq__ [self other] (and (isinstance other Pattern) (= self.text other.text)))
  (defn __hash__ [self] (hash self.text))
  (defn __repr__ [self] f"#<SB-IMPL::PATTERN {(prin1-text self.text)}>"))

(defclass pathname [PurePosixPath]
  "A pathname. `lisp` has its directory, a tuple that begins with :absolute or :relative or None,
  its name and its type, since a path of Python's does not know whether \"a/\" is a directory."
  (defn __eq__ [self other]
    (and (isinstance other pathname) (= self.lisp other.lisp)))
  (defn __hash__ [self] (hash self.lisp))
  (defn __reduce__ [self] #(make #(#* self.lisp)))
  (defn __repr__ [self]
    (import hy-iolib.cl.printer [repr-of])
    (repr-of self)))

(defn make [directory name type]
  (setv text (native-text directory name type)
        p (pathname text)
        p.lisp #(directory name type))
  p)

;; ---- From text

(defn pieces-of [text]
  "TEXT split at its slashes, of which those behind a backslash are none."
  (setv out [] start 0 i 0)
  (while (< i (len text))
    (setv c (get text i))
    (cond
      (= c "\\") (+= i 1)
      (= c "/") (do
                  (.append out (cut text start i))
                  (setv start (+ i 1))))
    (+= i 1))
  [#* out (cut text start None)])

(defn unescaped [text]
  (setv out [] i 0)
  (while (< i (len text))
    (when (and (= (get text i) "\\") (< (+ i 1) (len text)))
      (+= i 1))
    (.append out (get text i))
    (+= i 1))
  (.join "" out))

(defn wild? [text]
  (setv i 0)
  (while (< i (len text))
    (cond
      (= (get text i) "\\") (+= i 1)
      (in (get text i) "*?[") (return True))
    (+= i 1))
  False)

(defn part-of [text]
  "A part of a name, which TEXT is."
  (cond
    (= text "*") WILD
    (wild? text) (Pattern text)
    True (unescaped text)))

(defn directory-part [text]
  (cond
    (= text "..") UP
    (= text "**") WILD-INFERIORS
    True (part-of text)))

(defn parse [text]
  "The pathname that TEXT is the name of."
  (setv [#* before last] (pieces-of text)
        absolute (and before (= (get before 0) ""))
        before (lfor x before :if x x)
        directory (lfor x before (directory-part x)))
  (when (and directory (not absolute) (.startswith (get before 0) "~"))
    (setv user (cut (get before 0) 1 None)
          absolute True
          (get directory 0) (if user (lisp-list [HOME user]) HOME)))
  (setv dot (type-dot last))
  (make (cond
          absolute #(ABSOLUTE #* directory)
          directory #(RELATIVE #* directory)
          True None)
        (if last (part-of (if dot (cut last dot) last)) None)
        (if dot (part-of (cut last (+ dot 1) None)) None)))

(defn type-dot [text]
  "Where the dot is that begins the type in TEXT; 0 if there is none."
  (setv dot (.rfind text "."))
  (while (and (> dot 0) (= (get text (- dot 1)) "\\"))
    (setv dot (.rfind text "." 0 dot)))
  (max dot 0))

;; ---- To text

(defn escaped [text [dots False]]
  (.join "" (gfor [i c] (enumerate text)
                  (if (or (in c "\\*?[") (and dots (= c ".") (> i 0))) (+ "\\" c) c))))

(defn piece-text [x [dots False]]
  (cond
    (isinstance x Pattern) x.text
    (is x WILD) "*"
    (is x WILD-INFERIORS) "**"
    (or (is x UP) (is x BACK)) ".."
    (is x HOME) "~"
    (is x.__class__ cons) (+ "~" x.cdr.car)
    True (escaped x dots)))

(defn directory-text [directory]
  (when (is directory None)
    (return ""))
  (setv [kind #* parts] directory
        home (and parts (or (is (get parts 0) HOME) (is (. (get parts 0) __class__) cons))))
  (+ (if (and (is kind ABSOLUTE) (not home)) "/" "")
     (.join "" (gfor x parts (+ (piece-text x) "/")))))

(defn file-text [name type]
  (+ (if (is name None) "" (piece-text name (is type None)))
     (if (is type None) "" (+ "." (piece-text type)))))

(defn native-text [directory name type]
  "What the system calls it, as far as it can have a name there."
  (defn plain [x]
    (if (and (isinstance x str) (not (isinstance x keyword))) x (piece-text x)))
  (setv pieces (list (map plain (cut (or directory #()) 1 None))))
  (when (and pieces (.startswith (get pieces 0) "~") (is (get directory 0) ABSOLUTE))
    (setv (get pieces 0) (os.path.expanduser (get pieces 0))))
  (+ (if (and directory (is (get directory 0) ABSOLUTE)) "/" "")
     (.join "/" pieces)
     (if (and pieces (is-not name None)) "/" "")
     (if (is name None) "" (plain name))
     (if (is type None) "" (+ "." (plain type)))))

(defn namestring [p]
  "The text of P, a path of any kind."
  (if (isinstance p pathname)
      (do
        (setv [directory name type] p.lisp)
        (when (and (is name None) (is-not type None))
          (signal-error (+ "The pathname ~A does not have a namestring because there is a :TYPE "
                           "component but no :NAME component")
                        (str p)))
        (+ (directory-text directory) (file-text name type)))
      (str p)))

;; ---- Designators

(setv DESIGNATOR (lisp-list [(cl-symbol "or") (cl-symbol "string") (cl-symbol "pathname")
                             (cl-symbol "synonym-stream") (cl-symbol "file-stream")]))

(defn pathname-of [x]
  "The pathname that X designates."
  (cond
    (isinstance x pathname) x
    (string? x) (parse (text-of x))
    (isinstance x PurePath) (parse (escaped (str x)))
    (isinstance (getattr x "pathname" None) pathname) x.pathname
    ;; A file of Python's.
    (and (file? x) (isinstance (getattr x "name" None) str)) (parse (escaped x.name))
    True (wrong-type x DESIGNATOR)))

(setv defaults (lisp-special "*default-pathname-defaults*" (parse (escaped (+ (os.getcwd) "/"))))
      ;; It is where the process is, also when that changes its directory.
      INITIAL-DEFAULTS defaults.value)

(defn native [x]
  "What the system calls X, a pathname or what designates one."
  (setv p (pathname-of x))
  (when (is-not defaults.value INITIAL-DEFAULTS)
    (setv p (merged p (pathname-of defaults.value))))
  (setv [directory name type] p.lisp)
  (for [part [#* (or directory #()) name type]]
    (when (wild-part? part)
      (signal-error file-error
        (.format "The pathname {} does not have a native namestring because of a wild component."
                 (prin1-text p)))))
  (or (native-text directory name type) "."))

;; ---- Merging

(defn merged [p default]
  (setv [directory name type] p.lisp
        [default-directory default-name default-type] default.lisp)
  (make (merged-directories directory default-directory)
        (if (is name None) default-name name)
        (if (is type None) default-type type)))

(defn merged-directories [a b]
  (cond
    (is a None) b
    (or (is b None) (is (get a 0) ABSOLUTE)) a
    True
      (do
        (setv out (list b))
        (for [x (cut a 1 None)]
          (if (and (is x BACK) (> (len out) 1) (is-not (get out -1) BACK))
              (.pop out)
              (.append out x)))
        (tuple out))))

(defcl merge-pathnames [pathname [default ABSENT] [version NEWEST]]
  "PATHNAME, with what it lacks from DEFAULT; a relative directory is one below DEFAULT's."
  (merged (pathname-of pathname) (pathname-of (if (is default ABSENT) defaults.value default))))

(defcl make-pathname [* [host None] [device None] [directory ABSENT] [name ABSENT] [type ABSENT]
                        [version None] [defaults None] [case None]]
  "A pathname of these parts."
  (setv p (make (if (is directory ABSENT) None (directory-from directory))
                (if (is name ABSENT) None (part-from name))
                (if (is type ABSENT) None (part-from type))))
  (if (nil? defaults)
      p
      (do
        (setv default (. (pathname-of defaults) lisp)
              [own-directory own-name own-type] p.lisp)
        (make (if (is directory ABSENT)
                  (get default 0)
                  (merged-directories own-directory (get default 0)))
              (if (is name ABSENT) (get default 1) own-name)
              (if (is type ABSENT) (get default 2) own-type)))))

(defn part-from [x]
  (cond
    (nil? x) None
    (string? x) (text-of x)
    (is x (key "unspecific")) None
    (or (is x WILD) (isinstance x Pattern)) x
    True (wrong-type x (cl-symbol "string"))))

(defn directory-from [x]
  (cond
    (nil? x) None
    (is x WILD) #(ABSOLUTE WILD-INFERIORS)
    (string? x) #(ABSOLUTE (text-of x))
    True
      (do
        (setv parts (list (elements x)))
        (when (not-in (get parts 0) [ABSOLUTE RELATIVE])
          (signal-error "List of directory components must start with ~S or ~S." ABSOLUTE RELATIVE))
        (if (= parts [RELATIVE])
            None
            (tuple (gfor part parts (if (string? part) (text-of part) part)))))))

;; ---- Parts

(defcl pathname [x]
  "The pathname that X, a string or a stream of a file, designates."
  (pathname-of x))

(defcl pathnamep [x]
  "Is X a pathname?"
  (isinstance x PurePath))

(defcl namestring [pathname]
  "The text of PATHNAME."
  (namestring (pathname-of pathname)))

(defcl pathname-directory [pathname * [case None]]
  "The directory of PATHNAME, a list."
  (setv directory (get (. (pathname-of pathname) lisp) 0))
  (if (is directory None) None (lisp-list directory)))

(defcl pathname-name [pathname * [case None]]
  "The name in PATHNAME, without its type."
  (get (. (pathname-of pathname) lisp) 1))

(defcl pathname-type [pathname * [case None]]
  "The type in PATHNAME, what is behind the last dot."
  (get (. (pathname-of pathname) lisp) 2))

(defcl pathname-device [pathname * [case None]] None)
(defcl pathname-host [pathname * [case None]] None)
(defcl pathname-version [pathname]
  (if (is (cl-pathname-name pathname) None) None NEWEST))

(defcl file-namestring [pathname]
  "The text of PATHNAME's name and type."
  (file-text #* (cut (. (pathname-of pathname) lisp) 1 None)))

(defcl directory-namestring [pathname]
  "The text of PATHNAME's directory."
  (directory-text (get (. (pathname-of pathname) lisp) 0)))

(defcl host-namestring [pathname] "")

(defcl enough-namestring [pathname [default ABSENT]]
  "A text that is PATHNAME when it is merged with DEFAULT."
  (setv [directory name type] (. (pathname-of pathname) lisp)
        base (get (. (pathname-of (if (is default ABSENT) defaults.value default)) lisp) 0)
        size (len (or base #())))
  (when (and directory base (= (cut directory size) base))
    (setv directory (if (= (len directory) size) None #(RELATIVE #* (cut directory size None)))))
  (+ (directory-text directory) (file-text name type)))

(defcl parse-namestring [thing [host None] [default None]
                         * [start 0] [end None] [junk-allowed None]]
  "The pathname that THING designates, and the index behind what was read of it."
  (if (string? thing)
      (do
        (setv text (text-of thing)
              end (check-bounds start end (len text)))
        (values (parse (cut text start end)) (if (= start 0) end (- end start))))
      (values (pathname-of thing) start)))

(defcl wild-pathname-p [pathname [field None]]
  "Does PATHNAME, or its FIELD, have wild cards?"
  (setv [directory name type] (. (pathname-of pathname) lisp)
        fields {(key "directory") (or directory #()) (key "name") [name] (key "type") [type]}
        parts (if (nil? field)
                  [#* (or directory #()) name type]
                  (.get fields field #())))
  (any (map wild-part? parts)))

(defn matches [x wild]
  "Does the part X of a pathname match WILD, one of another?"
  (cond
    (or (is wild WILD) (is wild None)) True
    (isinstance wild Pattern)
      (do
        (import fnmatch)
        (and (isinstance x str) (fnmatch.fnmatchcase x wild.text)))
    True (= x wild)))

(defn directory-matches [parts wild]
  (cond
    (not wild) (not parts)
    (is (get wild 0) WILD-INFERIORS)
      (any (gfor i (range (+ (len parts) 1))
                 (directory-matches (cut parts i None) (cut wild 1 None))))
    True (and (bool parts) (matches (get parts 0) (get wild 0))
              (directory-matches (cut parts 1 None) (cut wild 1 None)))))

(defcl pathname-match-p [pathname wildcard]
  "Does PATHNAME match WILDCARD?"
  (setv [directory name type] (. (pathname-of pathname) lisp)
        [wild-directory wild-name wild-type] (. (pathname-of wildcard) lisp))
  (and (or (is wild-directory None)
           (directory-matches (or directory #()) wild-directory))
       (matches name wild-name)
       (matches type wild-type)))

(defcl translate-pathname [source from-wildcard to-wildcard]
  "TO-WILDCARD with what the wild cards of FROM-WILDCARD stand for in SOURCE."
  (setv [directory name type] (. (pathname-of source) lisp)
        [from-directory from-name from-type] (. (pathname-of from-wildcard) lisp)
        [to-directory to-name to-type] (. (pathname-of to-wildcard) lisp))
  (when (not (cl-pathname-match-p source from-wildcard))
    (signal-error "~S is not of the form of ~S." (pathname-of source) (pathname-of from-wildcard)))
  (make (translated-directory (or directory #()) (or from-directory #()) to-directory)
        (translated name from-name to-name)
        (translated type from-type to-type)))

(defn translated [x from to]
  "TO, a part of a pathname, with what is wild in FROM for X."
  (cond
    (or (is to None) (is to WILD)) x
    (isinstance to Pattern)
      (do
        (setv fixed (.split (if (isinstance from Pattern) from.text "*") "*")
              text (cut x (len (get fixed 0)) (- (len x) (len (get fixed -1)))))
        (.replace to.text "*" text))
    True to))

(defn translated-directory [parts from to]
  (when (is to None)
    (return (or parts None)))
  (setv fixed 0)
  (while (and (< fixed (len from)) (not (wild-part? (get from fixed))))
    (+= fixed 1))
  ;; What the first wild card and all behind it stand for.
  (setv rest (list (cut parts fixed (- (len parts) (max 0 (- (len from) fixed 1)))))
        out [])
  (for [x to]
    (cond
      (is x WILD-INFERIORS) (do (.extend out rest) (setv rest []))
      (is x WILD) (.append out (if rest (.pop rest 0) "*"))
      True (.append out x)))
  (tuple out))

(defn wild-part? [x]
  (or (is x WILD) (is x WILD-INFERIORS) (isinstance x Pattern)))
