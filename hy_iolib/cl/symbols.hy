"Symbols and packages. NIL is None, T is True, keywords are the library's."

(import threading [RLock])
(import hy-iolib.lisp.keywords [keyword intern-keyword])

(export :objects [symbol lisp-package] :macros [])

(defclass symbol []
  "A Common Lisp symbol. NAME is as Common Lisp has it, upper case unless it was escaped.

  `function` is what `(name …)` calls, an `undefined` until there is one; `variable` the special variable
  of the name, or None. Everything else that the name means (a macro, a class, a type, a setf
  function…) is in `info`, by its kind. A symbol can be called, as `funcall` does."
  (setv __slots__ #("name" "package" "function" "variable" "info" "plist" "__weakref__"))

  (defn __init__ [self name [package None]]
    (setv self.name name self.package package self.info {} self.plist None self.variable None
          ;; Not `__getattr__`, with which every call through a symbol would cost twice as much.
          self.function (undefined self)))

  (defn __call__ [self #* arguments #** keywords]
    (self.function #* arguments #** keywords))

  (defn __repr__ [self]
    (.lower self.name))

  (defn __copy__ [self] self)
  (defn __deepcopy__ [self memo] self)
  (defn __reduce__ [self]
    (if self.package
        #(intern-in #(self.package.name self.name))
        #(symbol #(self.name)))))

(defclass undefined []
  "What a symbol that names no function calls."
  (setv __slots__ #("symbol"))
  (defn __init__ [self symbol] (setv self.symbol symbol))
  (defn __call__ [self #* arguments #** keywords]
    (import hy-iolib.cl.errors [undefined-function])
    (hy.I.hy-iolib.lisp.handlers.signal-error undefined-function :name self.symbol)))

(defn fbound [s]
  "The function of the symbol S, or None."
  (if (is s.function.__class__ undefined) None s.function))

(defn unbind-function [s]
  (setv s.function (undefined s)))

(defn special-of [s]
  "The special variable of the symbol S, or None."
  s.variable)

;; ---- Packages

(setv packages {}  ; every name and nickname -> package
      lock (RLock))

(defclass lisp-package []
  "A package: names to symbols. `present` are its own and imported ones, `external` the names of
  those that it exports, `uses` the packages whose external symbols it sees."
  (setv __slots__ #("name" "nicknames" "present" "external" "uses" "local_nicknames" "shadowing"
                    "documentation" "origins" "__weakref__"))

  (defn __init__ [self name [nicknames #()]]
    (setv self.name name self.nicknames [] self.present {} self.external (set) self.uses []
          self.local-nicknames {} self.shadowing (set) self.documentation None
          ;; Files that define something in it, in order: file -> digest.
          self.origins {})
    (for [n [name #* nicknames]]
      (add-name self n)))

  (defn find [self name]
    "The symbol called NAME that is accessible here, and how: (symbol \"internal\"), … or None."
    (setv s (.get self.present name self))
    (if (is-not s self)
        #(s (if (in name self.external) "external" "internal"))
        (for [p self.uses]
          (when (in name p.external)
            (return #((get p.present name) "inherited"))))))

  (defn intern [self name]
    "The symbol called NAME that is accessible here; a new one if there is none."
    (setv found (.find self name))
    (if found
        (get found 0)
        (with [_ lock]
          (setv found (.find self name))
          (when found (return (get found 0)))
          (setv s (if (is self KEYWORD)
                      (intern-keyword (invert-case name))
                      (symbol name self)))
          (setv (get self.present name) s)
          (when (is self KEYWORD)
            (.add self.external name))
          s)))

  (defn __repr__ [self]
    f"#<PACKAGE \"{self.name}\">")

  (defn __copy__ [self] self)
  (defn __deepcopy__ [self memo] self))

(defn add-name [p name]
  (setv (get packages name) p)
  (when (!= name p.name) (.append p.nicknames name)))

(defn invert-case [name]
  "Common Lisp's name of a keyword from this library's, and back: \"SET\" is `set`."
  (cond
    (.isupper name) (.lower name)
    (.islower name) (.upper name)
    True name))

(setv KEYWORD (lisp-package "KEYWORD")
      COMMON-LISP (lisp-package "COMMON-LISP" ["CL"])
      COMMON-LISP-USER (lisp-package "COMMON-LISP-USER" ["CL-USER"]))
(.append COMMON-LISP-USER.uses COMMON-LISP)
;; NIL and T are Python's None and True.
(.update COMMON-LISP.present {"NIL" None "T" True})
(.update COMMON-LISP.external ["NIL" "T"])

(defn intern-in [package-name name]
  (.intern (get packages package-name) name))

(defn cl-symbol [name]
  "The symbol of COMMON-LISP that NAME, in lower case, names; exported."
  (setv name (.upper name)
        s (.intern COMMON-LISP name))
  (.add COMMON-LISP.external name)
  s)

(defn key [name]
  "The keyword called NAME, in lower case."
  (.intern KEYWORD (.upper name)))

(defn symbol-name [s]
  (cond
    (is s None) "NIL"
    (is s True) "T"
    (is s False) "NIL"
    (isinstance s keyword) (invert-case (str s))
    True s.name))

(defn symbol? [x]
  (or (isinstance x #(symbol keyword)) (is x None) (is x True) (is x False)))
