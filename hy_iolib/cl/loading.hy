"Loading files of Common Lisp: form by form, as `load` does it; what was compiled is kept beside
them, as Python keeps its bytecode."

(import hashlib)
(import importlib.util)
(import marshal)
(import os)
(import pathlib [Path])
(import sys)
(import hy)
(eval-when-compile (require hy-iolib.cl.definitions [defcl]))
(import hy-iolib.cl.analysis [CompileError])
(import hy-iolib.cl.conses [nil?])
(import hy-iolib.cl.evaluation [Unit])
(import hy-iolib.cl.emission [python-name])
(import hy-iolib.cl.packages [*package*])
(import hy-iolib.cl.reader [END lisp-reader-error reader])
(import hy-iolib.cl.symbols [COMMON-LISP-USER cl-symbol fbound packages special-of])

(import hy-iolib.cl.support [proclaim-special])
(import hy-iolib.lisp.specials [bound])

(export :objects [load-file] :macros [])

(setv [*load-pathname* *load-truename*]
        (lfor name ["*load-pathname*" "*load-truename*"] (proclaim-special (cl-symbol name)))
      *load-pathname*.value None
      *load-truename*.value None)

;; Programs recurse where Python's would loop: 1,000 levels are too few.
(setv RECURSION-LIMIT 12000)

(defn load-file [path [namespace None]]
  "Load the Common Lisp file PATH, a string or a path object; its forms run in NAMESPACE, a module's
  globals, by default (None) a new dict. Returns that. Its functions and special variables are in it by
  their Python names; `__all__` are those that the packages export which the file is about.

  What was compiled is kept in `__pycache__`, as Python's bytecode. `OSError` when the file can't be
  read, `lisp-reader-error` and `CompileError`, of `hy-iolib.cl.reader` and `hy-iolib.cl.analysis`, when
  it is not Common Lisp or uses what is not supported; the forms before have run. What a form signals,
  leaves it.

  => (import pathlib tempfile hy-iolib.cl.loading [load-file])
  => (with [folder (tempfile.TemporaryDirectory)]
       (setv path (pathlib.Path folder \"greeting.lisp\"))
       (.write-text path \"(defun greet (name) (format nil \\\"hello ~A\\\" name))\")
       ((get (load-file path) \"greet\") \"you\"))
  \"hello you\"

  >>> import pathlib, tempfile
  >>> from hy_iolib.cl import load_file
  >>> with tempfile.TemporaryDirectory() as folder:
  ...     path = pathlib.Path(folder, \"greeting.lisp\")
  ...     length = path.write_text('(defun greet (name) (format nil \"hello ~A\" name))')
  ...     load_file(path)[\"greet\"](\"you\")
  'hello you'

  Source: hy_iolib's own; Common Lisp's is `load`."
  (setv path (os.path.abspath path)
        namespace (if (is namespace None) {"__name__" (module-name path) "__file__" path} namespace))
  (sys.setrecursionlimit (max (sys.getrecursionlimit) RECURSION-LIMIT))
  (with [source (open path "rb")]
    (setv octets (.read source)))
  (with [_ (bound [#(*package* COMMON-LISP-USER)
                   #(*load-pathname* (Path path))
                   #(*load-truename* (Path (os.path.realpath path)))])]
    (setv before (package-states))
    (setv cached (read-cache path octets))
    (if cached
        (do
          (setv [contributed codes] cached)
          (for [code codes]
            (exec code namespace)))
        (do
          (setv unit (Unit namespace path)
                contributed (run-file unit octets path))
          (when (is-not unit.codes None)
            (write-cache path octets before contributed unit)))))
  (contribute contributed path octets)
  (export-names namespace contributed)
  namespace)

(defn module-name [path]
  (.replace (get (os.path.splitext (os.path.basename path)) 0) "-" "_"))

(defn run-file [unit octets path]
  "Read and run the forms of a file; the names of the packages that it is about."
  (setv forms (reader octets path)
        unit.read-positions forms.positions
        current [*package*.value.name]
        known (set packages))
  (while True
    (setv x (.read forms))
    (when (is x END) (break))
    (.run unit x)
    (when (not-in *package*.value.name current)
      (.append current *package*.value.name)))
  [#* (gfor p current :if (!= p "COMMON-LISP-USER") p)
   #* (gfor p (set packages) :if (and (not-in p known) (= (. (get packages p) name) p)
                                      (not-in p current))
            p)])

(defn contribute [names path octets]
  "Note that the packages called NAMES now have what the file defines."
  (setv digest (.digest (hashlib.sha256 octets)))
  (for [name names]
    (setv p (.get packages name))
    (when p
      (setv (get p.origins path) digest))))

(defn package-states []
  "What files have made of each package so far."
  (dfor p (set (.values packages)) :if p.origins
        p.name (tuple (.values p.origins))))

(defn export-names [namespace contributed]
  "A module's `__all__`: what the packages export that the file is about, as far as it is there."
  (setv names [])
  (for [name contributed]
    (setv p (.get packages name))
    (when p
      (for [external (sorted p.external)]
        (setv known-as (python-name external))
        (when (and (in known-as namespace) (not-in known-as names))
          (.append names known-as)))))
  (setv (get namespace "__all__") names))

;; ---- The cache

(defn compiler-state []
  "What says whether this compiler made it: the sources' times and sizes."
  (setv folder (os.path.dirname __file__)
        state (hashlib.sha256))
  (for [name (sorted (os.listdir folder))]
    (when (.endswith name ".hy")
      (setv s (os.stat (os.path.join folder name)))
      (.update state (.encode f"{name} {s.st-mtime-ns} {s.st-size} "))))
  (.digest state))

(setv STATE (compiler-state))

(defn cache-path [path]
  (try
    (importlib.util.cache-from-source path :optimization "lisp")
    (except [NotImplementedError] None)))

(defn read-cache [path octets]
  "What the cache has of the file, if it is the same file, in the same company."
  (setv cached-at (cache-path path))
  (try
    (with [f (open cached-at "rb")]
      (setv data (.read f)))
    (except [[OSError TypeError]]
      (return None)))
  (when (or (!= (cut data 4) importlib.util.MAGIC-NUMBER)
            (!= (cut data 8 16) (importlib.util.source-hash octets)))
    (return None))
  (try
    (setv [state contributed company codes] (marshal.loads (cut data 16 None)))
    (except [[EOFError ValueError TypeError]]
      (return None)))
  (when (!= state STATE)
    (return None))
  (for [[name expected] company]
    (setv p (.get packages name))
    (when (!= (if p (tuple (.values p.origins)) #()) expected)
      (return None)))
  #(contributed codes))

(defn write-cache [path octets before contributed unit]
  (setv cached-at (cache-path path))
  (when (or (is cached-at None) sys.dont-write-bytecode)
    (return None))
  ;; The packages whose symbols the file mentions, as they were before it.
  (setv mentioned (sfor [_ x] (.values unit.literals)
                        :if (and (hasattr x "package") x.package) x.package.name)
        company (lfor name (sorted (.union mentioned contributed))
                      #(name (.get before name #())))
        data (+ importlib.util.MAGIC-NUMBER (.to-bytes 3 4 "little")
                (importlib.util.source-hash octets)
                (marshal.dumps #(STATE contributed company (tuple unit.codes)))))
  (try
    (os.makedirs (os.path.dirname cached-at) :exist-ok True)
    (setv temporary f"{cached-at}.{(os.getpid)}")
    (with [f (open temporary "wb")]
      (.write f data))
    (os.replace temporary cached-at)
    (except [OSError]
      ;; A folder that can't be written to costs time, not more.
      None)))

(defcl load [filespec * [verbose None] [print None] [if-does-not-exist True] [external-format None]]
  "Load the file FILESPEC, or FILESPEC.lisp, as `load-file`; returns true. Where there is none, nil if
  IF-DOES-NOT-EXIST is. The other arguments mean nothing here."
  (setv path (str filespec))
  (when (and (not (os.path.exists path)) (os.path.exists (+ path ".lisp")))
    (setv path (+ path ".lisp")))
  (when (and (nil? if-does-not-exist) (not (os.path.exists path)))
    (return None))
  (load-file path)
  True)

;; ---- Trouble

(defn trouble-text [e]
  "What is wrong with a file, in a line, FILE:LINE:COLUMN: what; None if E, an exception, is no such
  trouble: a `lisp-reader-error`, or a `CompileError` with its place.

  => (import hy-iolib.cl.loading [trouble-text])
  => (trouble-text (ValueError \"x\"))
  None

  >>> from hy_iolib.cl.loading import trouble_text
  >>> trouble_text(ValueError(\"x\")) is None
  True

  Source: hy_iolib's own."
  (cond
    (and (isinstance e CompileError) e.position) (at e.file e.position e)
    (isinstance e lisp-reader-error) (str e)
    True None))

(defn at [file position text]
  (.format "{}:{}:{}: {}" file (get position 0) (+ (get position 1) 1) text))

(defn check-files [paths]
  "Read and compile the files PATHS, strings or path objects, and run no more of them than what others
  are compiled with. Two lists of lines, FILE:LINE:COLUMN: what is wrong, or not supported, and what may
  be wrong. `OSError` when a file can't be read.

  => (import hy-iolib.cl.loading [check-files])
  => (check-files [])
  #([] [])

  >>> import pathlib, tempfile
  >>> from hy_iolib.cl.loading import check_files
  >>> with tempfile.TemporaryDirectory() as folder:
  ...     path = pathlib.Path(folder, \"greeting.lisp\")
  ...     length = path.write_text(\"(defun greet (name) (greet-again name))\")
  ...     check_files([path])
  ([], ['...greeting.lisp:1:21: the function greet-again is not defined'])

  Source: hy_iolib's own; it is `python -m hy_iolib load --check`."
  (setv errors [] warnings [] units [])
  (for [path paths]
    (setv path (os.path.abspath path))
    (with [source (open path "rb")]
      (setv octets (.read source)))
    (with [_ (.let *package* COMMON-LISP-USER)]
      (setv unit (Unit {"__name__" (module-name path)} path)
            unit.checking True)
      (.append units unit)
      (try
        (setv forms (reader octets path)
              unit.read-positions forms.positions)
        (while True
          (setv x (.read forms))
          (when (is x END) (break))
          (try
            (.run unit x)
            (except [e lisp-reader-error]
              (raise))
            (except [e Exception]
              (.append errors (or (trouble-text e) (at path unit.position e))))))
        (except [e lisp-reader-error]
          (.append errors (str e))))))
  (for [unit units]
    (for [[s position] (.items unit.called)]
      (when (and (is (fbound s) None) (not-in "macro" s.info))
        (.append warnings (at unit.file position f"the function {s !r} is not defined"))))
    (for [[s position] (.items unit.free)]
      (when (and (is (special-of s) None) (not-in "constant" s.info))
        (.append warnings (at unit.file position f"the variable {s !r} is not defined")))))
  #(errors warnings))
