"Packages as Common Lisp's operators see them: making, finding and changing them. What a package is,
symbols.hy says; those of IOLib are in iolib_packages.hy.

Two symbols of one name can't be accessible in a package at once: `name-conflict`, unless one is
shadowing there."

(import hy-iolib.cl.classes [name-sbcl-class])
(import hy-iolib.cl.conses [cons new-cons elements lisp-list nil?])
(import hy-iolib.cl.errors [package-error simple-program-error])
(import hy-iolib.cl.printer [lisp-special repr-of])
(import hy-iolib.cl.strings [designated-string text-of])
(import hy-iolib.cl.symbols
  [COMMON-LISP COMMON-LISP-USER KEYWORD add-name cl-symbol key lisp-package lock packages symbol
   symbol-name])
(import hy-iolib.lisp.checking [refuse])
(import hy-iolib.lisp.conditions [simple-condition])
(import hy-iolib.lisp.handlers [signal-error])
(import hy-iolib.lisp.keywords [keyword])
(import hy-iolib.lisp.multiple-values [values])
(eval-when-compile
  (require hy-iolib.cl.definitions [defcl defcl-macro form]
           hy-iolib.lisp.conditions [defcondition]))

(export :objects [name-conflict package-does-not-exist simple-package-error *package*] :macros [])

(defcondition package-condition [package-error]
  "An error with PACKAGE, or what should be one."
  [package])

(defclass simple-package-error [simple-condition package-condition]
  "An error with a package in words."
  (setv slots (+ package-condition.slots simple-condition.slots)))

(defclass package-does-not-exist [simple-package-error] "No package has that name.")

(defcondition name-conflict [package-condition]
  "Symbols of one name would be accessible in a package at once."
  [function datum symbols]
  (.format "{} {} causes name-conflicts in {} between the following symbols: {}"
           (.upper (or self.function "")) (repr-of self.datum) self.package
           (.join ", " (map repr-of (or self.symbols #())))))

(defn refuse-package [package control #* arguments]
  (signal-error simple-package-error :package package :format-control control
                                     :format-arguments arguments))

(for [[package name cls] [["SB-KERNEL" "SIMPLE-PACKAGE-ERROR" simple-package-error]
                          ["SB-EXT" "PACKAGE-DOES-NOT-EXIST" package-does-not-exist]
                          ["SB-EXT" "NAME-CONFLICT" name-conflict]]]
  (name-sbcl-class package name cls))

(setv *package* (lisp-special "*package*" COMMON-LISP-USER))

;; ---- Designators

(defn package-named [name]
  "The package that NAME, a string, names where the current package is *package*; or None."
  (or (.get (. *package*.value local-nicknames) name)
      (.get packages name)))

(defn package-of [x]
  "The package that X designates."
  (if (isinstance x lisp-package)
      x
      (or (package-named (designated-string x))
          (no-package (if (isinstance x keyword) (symbol-name x) x)))))

(defn no-package [x]
  (signal-error package-does-not-exist :package x
                :format-control "The name ~S does not designate any package."
                :format-arguments [x]))

(defn package-or-current [x]
  (if (is x None) *package*.value (package-of x)))

(defn listed [x]
  "X, a list of things, or one of them, as Python's list. NIL is the empty list."
  (if (or (is x.__class__ cons) (nil? x))
      (list (elements x))
      [x]))

(defn set-home [s package]
  ;; Keywords, NIL and T know theirs.
  (when (isinstance s symbol)
    (setv s.package package)))

(defn home-of [s]
  (cond
    (isinstance s symbol) s.package
    (isinstance s keyword) KEYWORD
    True COMMON-LISP))

(defn accessible? [s package]
  (setv found (.find package (symbol-name s)))
  (and found (is (get found 0) s)))

;; ---- Asking

(defcl packagep [x]
  "Is X a package?"
  (isinstance x lisp-package))

(defcl find-package [name]
  "The package that NAME designates, or nil."
  (if (isinstance name lisp-package) name (package-named (designated-string name))))

(defcl package-name [package]
  "The name of PACKAGE; nil when it is deleted."
  (. (package-of package) name))

(defcl package-nicknames [package]
  (lisp-list (. (package-of package) nicknames)))

(defcl package-use-list [package]
  (lisp-list (. (package-of package) uses)))

(defn users-of [package]
  (lfor p (unique (.values packages)) :if (in package p.uses) p))

(defn unique [items]
  (list (dict.fromkeys items)))

(defcl package-used-by-list [package]
  (lisp-list (users-of (package-of package))))

(defcl package-shadowing-symbols [package]
  (setv p (package-of package))
  (lisp-list (gfor name p.shadowing (get p.present name))))

(defcl list-all-packages []
  (lisp-list (unique (.values packages))))

(defcl find-symbol [name [package None]]
  "The symbol called NAME that is accessible in PACKAGE, and `:internal`, `:external` or
  `:inherited`; nil and nil when there is none."
  (setv found (.find (package-or-current package) (text-of name)))
  (if found
      (values (get found 0) (key (get found 1)))
      (values None None)))

(defcl find-all-symbols [name]
  "The symbols called NAME that any package has."
  (setv name (designated-string name) found [])
  (for [p (unique (.values packages))]
    (when (in name p.present)
      (setv s (get p.present name))
      (when (not (any (gfor other found (is other s))))
        (.append found s))))
  (lisp-list found))

(defcl package-error-package [condition]
  (if (isinstance condition package-error)
      (getattr condition "package" None)
      (refuse None condition "a package-error")))

;; ---- Symbols

(defcl intern [name [package None]]
  "The symbol called NAME that is accessible in PACKAGE, and how, as `find-symbol`: nil for one that
  was made just now."
  (setv p (package-or-current package)
        name (text-of name)
        found (.find p name))
  (if found
      (values (get found 0) (key (get found 1)))
      (values (.intern p name) None)))

(defcl unintern [s [package None]]
  "Remove the symbol from PACKAGE; true if it was there."
  (setv p (package-or-current package)
        name (symbol-name s))
  (with [_ lock]
    (setv present (and (in name p.present) (is (get p.present name) s)))
    (when present
      (when (in name p.shadowing)
        (setv inherited (unique-symbols (gfor q p.uses
                                              :if (in name q.external)
                                              (get q.present name))))
        (when (> (len inherited) 1)
          (signal-error name-conflict :package p :function "unintern" :datum s :symbols inherited)))
      (del (get p.present name))
      (.discard p.external name)
      (.discard p.shadowing name)
      (when (is (home-of s) p)
        (set-home s None)))
    present))

(defn unique-symbols [items]
  ;; By identity: keywords are equal to strings.
  (list (.values (dfor s items (id s) s))))

(defn check-conflict [p function datum name s]
  "May the symbol S called NAME become accessible in P? FUNCTION makes it so because of DATUM."
  (setv found (.find p name))
  (when (and found (is-not (get found 0) s))
    (signal-error name-conflict :package p :function function :datum datum
                                :symbols [s (get found 0)])))

(defn import-symbol [s p]
  (setv name (symbol-name s))
  (check-conflict p "import" s name s)
  (setv (get p.present name) s)
  (when (is (home-of s) None)
    (set-home s p)))

(defcl import [symbols [package None]]
  "Make SYMBOLS, a list or one, present in PACKAGE."
  (setv p (package-or-current package))
  (with [_ lock]
    (for [s (listed symbols)]
      (import-symbol s p)))
  True)

(defn export-symbols [symbols p]
  (setv missing (lfor s symbols :if (not (accessible? s p)) s))
  (when missing
    (refuse-package p "These symbols are not accessible in the ~A package:~%~S" p.name
                    (lisp-list missing)))
  (for [s symbols]
    (setv name (symbol-name s))
    (when (not-in name p.external)
      (for [user (users-of p)]
        (when (not-in name user.shadowing)
          (check-conflict user "export" s name s)))
      (setv (get p.present name) s)
      (.add p.external name))))

(defcl export [symbols [package None]]
  "Make SYMBOLS, a list or one, which are accessible in PACKAGE, external there."
  (setv p (package-or-current package))
  (with [_ lock]
    (export-symbols (listed symbols) p))
  True)

(defcl unexport [symbols [package None]]
  "Make SYMBOLS, a list or one, internal in PACKAGE."
  (setv p (package-or-current package))
  (with [_ lock]
    (for [s (listed symbols)]
      (when (not (accessible? s p))
        (refuse-package p "~S is not accessible in the ~A package." s p.name))
      (.discard p.external (symbol-name s))))
  True)

(defn shadow-name [name p]
  (when (not-in name p.present)
    (setv (get p.present name) (symbol name p)))
  (.add p.shadowing name))

(defcl shadow [names [package None]]
  "Let PACKAGE have symbols of its own called NAMES, a list or one, whatever it inherits."
  (setv p (package-or-current package))
  (with [_ lock]
    (for [name (listed names)]
      (shadow-name (designated-string name) p)))
  True)

(defn shadowing-import-symbol [s p]
  (setv name (symbol-name s)
        old (.get p.present name s))
  (when (is-not old s)
    (.discard p.external name)
    (when (is (home-of old) p)
      (set-home old None)))
  (setv (get p.present name) s)
  (.add p.shadowing name)
  (when (is (home-of s) None)
    (set-home s p)))

(defcl shadowing-import [symbols [package None]]
  "Import SYMBOLS, a list or one, into PACKAGE instead of what it has by their names."
  (setv p (package-or-current package))
  (with [_ lock]
    (for [s (listed symbols)]
      (shadowing-import-symbol s p)))
  True)

;; ---- Using

(defn use-one [p used]
  (when (not (or (in used p.uses) (is used p)))
    ;; What is new to a package that has nothing can't be in conflict.
    (when (or p.present p.uses)
      (for [name used.external]
        (when (not-in name p.shadowing)
          (check-conflict p "use-package" used name (get used.present name)))))
    (.append p.uses used)))

(defn used-package [x p]
  (setv used (package-of x))
  (when (is used KEYWORD)
    (refuse-package p "~S can't be used by another package." used))
  used)

(defcl use-package [used [package None]]
  "Make the external symbols of the packages USED, a list or one, accessible in PACKAGE."
  (setv p (package-or-current package))
  (with [_ lock]
    (for [q (lfor x (listed used) (used-package x p))]
      (use-one p q)))
  True)

(defcl unuse-package [used [package None]]
  (setv p (package-or-current package))
  (with [_ lock]
    (for [x (listed used)]
      (setv q (package-of x))
      (when (in q p.uses)
        (.remove p.uses q))))
  True)

;; ---- Making, renaming, deleting

(defn check-free [name [p None]]
  "NAME, which no package but P may have."
  (setv other (.get packages name))
  (cond
    (in other #(None p)) name
    ;; The library's short names for IOLib's packages give way to a program's.
    (in name giving-way) (do
                           (drop-name name)
                           (.discard giving-way name)
                           name)
    (= other.name name) (refuse-package other "A package named ~S already exists" name)
    True (refuse-package other "~S is already a nickname for ~S." name other.name)))

(setv giving-way (set))

(defn drop-name [name]
  (setv p (.pop packages name))
  (when (in name p.nicknames)
    (.remove p.nicknames name)))

(defn new-package [name nicknames]
  (setv names (lfor n [name #* nicknames] (check-free n)))
  (lisp-package (get names 0) (cut names 1 None)))

(defcl make-package [name * [nicknames None] [use None] [internal-symbols 10] [external-symbols 10]]
  "Make a package. It uses no other, unless USE says so."
  (with [_ lock]
    (setv p (new-package (designated-string name) (map designated-string (elements nicknames))))
    (for [x (elements use)]
      (use-one p (used-package x p))))
  p)

(defcl rename-package [package name [nicknames None]]
  "Give PACKAGE the name NAME, and NICKNAMES instead of those that it has."
  (setv p (package-of package)
        new (designated-string (if (isinstance name lisp-package) name.name name))
        nicknames (lfor n (elements nicknames) (designated-string n)))
  (with [_ lock]
    (for [n [new #* nicknames]]
      (check-free n p))
    (for [n [p.name #* p.nicknames]]
      (del (get packages n)))
    (setv p.name new p.nicknames [])
    (for [n [new #* nicknames]]
      (when (not-in n p.nicknames)
        (add-name p n))))
  p)

(defcl delete-package [package]
  "Delete PACKAGE: its names are free again, its symbols are nobody's. Nil when it is deleted
  already."
  (setv p (cl-find-package package))
  (cond
    (is p None) (refuse-package package "There is no package named ~S." package)
    (is p.name None) None
    True
      (with [_ lock]
        (setv users (users-of p))
        (when users
          (refuse-package p "Package ~S is used by packages:~%~S" p.name
                          (lisp-list (gfor user users user.name))))
        (for [n [p.name #* p.nicknames]]
          (del (get packages n)))
        (for [s (.values p.present)]
          (when (is (home-of s) p)
            (set-home s None)))
        (setv p.name None p.nicknames [] p.uses [] p.present {} p.external (set) p.shadowing (set))
        True)))

;; ---- defpackage

(defn program-error [control #* arguments]
  (signal-error simple-program-error :format-control control :format-arguments arguments))

(setv OPTIONS #("use" "export" "import-from" "intern" "shadow" "shadowing-import-from" "nicknames"
                "local-nicknames" "documentation" "size" "lock")
      ;; Of `uiop:define-package`.
      MORE-OPTIONS #("mix" "reexport" "use-reexport" "mix-reexport" "recycle" "unintern")
      ONCE #("documentation" "size" "lock"))

(defn options-given [options known]
  "What OPTIONS, a list of lists, say: name -> the arguments of each that has the name."
  (setv given (dfor name [#* OPTIONS #* MORE-OPTIONS] name []))
  (for [option (elements options)]
    (setv name (when (and (is option.__class__ cons) (isinstance option.car keyword))
                 (str option.car)))
    (when (not-in name known)
      (program-error "bogus DEFPACKAGE option: ~S" option))
    (when (and (in name ONCE) (get given name))
      (program-error "can't specify ~S more than once." option.car))
    (.append (get given name) (list (elements option.cdr))))
  (for [[size] (get given "size")]
    (when (not (and (isinstance size int) (not (isinstance size bool)) (>= size 0)))
      (program-error ":SIZE is not a positive integer: ~S" size)))
  given)

(defn check-disjoint [#* named]
  (for [[i [a its]] (enumerate named)
        [b others] (cut named (+ i 1) None)]
    (setv common (& (set its) (set others)))
    (when common
      (program-error "Parameters ~S and ~S must be disjoint but have common elements ~%   ~S"
                     (key a) (key b) (lisp-list (sorted common))))))

(defn define-package [name options known]
  (setv given (options-given options known)
        flat (fn [option] (lfor arguments (get given option) x arguments x))
        names (fn [option] (unique (map designated-string (flat option))))
        imports (fn [option] (lfor [package #* more] (get given option)
                                   #((package-of package) (list (map designated-string more)))))
        imported (imports "import-from")
        shadowing (imports "shadowing-import-from")
        all-names (fn [imports] (lfor [_ names] imports n names n)))
  (check-disjoint #("intern" (names "intern")) #("export" (names "export")))
  (check-disjoint #("intern" (names "intern")) #("import-from" (all-names imported))
                  #("shadow" (names "shadow")) #("shadowing-import-from" (all-names shadowing)))
  (with [_ lock]
    (setv p (when (not-in name giving-way) (.get packages name))
          nicknames (names "nicknames"))
    (if p
        (for [n nicknames]
          (when (is-not (.get packages n) p)
            (add-name p (check-free n))))
        (setv p (new-package name nicknames)))
    (for [n (names "shadow")]
      (shadow-name n p))
    (for [[q wanted] shadowing
          n wanted]
      (shadowing-import-symbol (needed-symbol n q) p))
    (setv mixed (lfor x [#* (flat "mix") #* (flat "mix-reexport")] (used-package x p)))
    (for [x [#* (flat "use") #* (flat "use-reexport")]]
      (use-one p (used-package x p)))
    (for [q mixed]
      (mix p q))
    (for [[q wanted] imported
          n wanted]
      (import-symbol (needed-symbol n q) p))
    (for [n (names "intern")]
      (.intern p n))
    (for [n (names "unintern")]
      (setv found (.find p n))
      (when found (cl-unintern (get found 0) p)))
    (export-symbols (lfor n (names "export") (.intern p n)) p)
    (for [option ["reexport" "use-reexport" "mix-reexport"]
          x (flat option)]
      (reexport p (package-of x)))
    (for [[nickname package] (flat-pairs (get given "local-nicknames"))]
      (setv (get p.local-nicknames (designated-string nickname)) (package-of package)))
    (for [[text] (get given "documentation")]
      (setv p.documentation text)))
  p)

(defn flat-pairs [lists]
  (lfor pairs lists pair pairs (list (elements pair))))

(defn needed-symbol [name q]
  (setv found (.find q name))
  (if found
      (get found 0)
      (refuse-package q "no symbol named ~S in ~S" name q.name)))

(defn mix [p q]
  "Let P use Q, but that what it has already stays."
  (for [name q.external]
    (setv found (.find p name))
    (when (and found (is-not (get found 0) (get q.present name)))
      (shadowing-import-symbol (get found 0) p)))
  (use-one p q))

(defn reexport [p q]
  (for [name (list q.external)]
    (setv s (get q.present name))
    (when (not (accessible? s p))
      (import-symbol s p))
    (export-symbols [s] p)))

(defcl sys::define-package [name options]
  (define-package name options OPTIONS))

(defcl sys::define-more-package [name options]
  ;; UIOP's uses Common Lisp, unless something is said.
  (setv said (any (gfor option (elements options)
                    (in option.car (map key ["use" "mix" "use-reexport" "mix-reexport"])))))
  (define-package name (if said options (new-cons (lisp-list [(key "use") "COMMON-LISP"]) options))
                  (+ OPTIONS MORE-OPTIONS)))

(defcl sys::set-package [name]
  (setv *package*.value (package-of name))
  *package*.value)

(defcl-macro defpackage [name #* options]
  (form (eval-when (~(key "compile-toplevel") ~(key "load-toplevel") ~(key "execute"))
          (sys::define-package ~(designated-string name) (quote ~(lisp-list options))))))

(defcl-macro uiop::define-package [name #* options]
  (form (eval-when (~(key "compile-toplevel") ~(key "load-toplevel") ~(key "execute"))
          (sys::define-more-package ~(designated-string name) (quote ~(lisp-list options))))))

(defcl-macro in-package [name]
  (form (eval-when (~(key "compile-toplevel") ~(key "load-toplevel") ~(key "execute"))
          (sys::set-package ~(designated-string name)))))

;; ---- Iterating

(defcl sys::symbols-of [package]
  "The symbols that are accessible in PACKAGE, as a Python list."
  (setv p (package-or-current package)
        found (dict p.present))
  (for [q p.uses
        name q.external]
    (.setdefault found name (get q.present name)))
  (list (.values found)))

(defcl sys::external-symbols-of [package]
  (setv p (package-or-current package))
  (lfor name p.external (get p.present name)))

(defcl sys::all-symbols []
  (unique-symbols (gfor p (unique (.values packages)) s (list (.values p.present)) s)))

(defn iteration [variable symbols result body]
  (setv declarations (lfor f body :if (and (is f.__class__ cons) (is f.car DECLARE)) f)
        forms (cut body (len declarations) None))
  (form (block nil
          (let ((~variable nil))
            ~@declarations
            (sys::for ~variable ~symbols (tagbody ~@forms))
            (setq ~variable nil)
            ~result))))

(setv DECLARE (cl-symbol "declare"))

(defn parts-of [spec]
  "Variable, package and result of an iteration's SPEC."
  (setv parts (list (elements spec)))
  (+ parts (* [None] (- 3 (len parts)))))

(defcl-macro do-symbols [spec #* body]
  (setv [variable package result] (parts-of spec))
  (iteration variable (form (sys::symbols-of ~package)) result body))

(defcl-macro do-external-symbols [spec #* body]
  (setv [variable package result] (parts-of spec))
  (iteration variable (form (sys::external-symbols-of ~package)) result body))

(defcl-macro do-all-symbols [spec #* body]
  (setv [variable result _] (parts-of spec))
  (iteration variable (form (sys::all-symbols)) result body))
