"Classes: those of Common Lisp's own types, which of them Python's classes are, their names and
their precedence. Classes that programs define are Python's, see objects.hy."

(import fractions [Fraction])
(import functools)
(import io)
(import operator)
(import pathlib)
(import types)
(import hy)
(import hy-iolib.lisp.conditions :as library-conditions)
(import hy-iolib.lisp.conditions [condition])
(import hy-iolib.lisp.keywords [keyword])
(import hy-iolib.lisp.restarts [restart])
(import hy-iolib.streams.gray-streams [dual-channel-gray-stream])
(import hy-iolib.cl.arrays
  [vector adjustable-vector octet-vector mutable-string lisp-array])
(import hy-iolib.cl.characters [character])
(import hy-iolib.cl.conses [cons])
(import hy-iolib.cl.errors :as cl-conditions)
(import hy-iolib.cl.numbers :as numbers)
(import hy-iolib.cl.string-streams [lisp-stream string-input-stream string-output-stream])
(import hy-iolib.cl.strings [bounding-indices-bad-error invalid-array-index-error])
(import hy-iolib.cl.symbols [symbol lisp-package cl-symbol packages symbol-name])

(export
  :objects [built-in-class class-of class-symbol find-class-or-none name-class precedence subclass?]
  :macros [])

(defclass built-in-class []
  "A class of Common Lisp's that no single class of Python's is. `precedence` has those of which it
  is a subclass, itself first; `isinstance` works with it."
  (setv __slots__ #("name" "precedence" "documentation"))
  (defn __init__ [self name supers]
    (setv self.name name self.precedence [self #* supers] self.documentation None))
  (defn __instancecheck__ [self x]
    (in self (precedence-of-value x)))
  (defn __subclasscheck__ [self cls]
    (in self (precedence cls)))
  (defn __repr__ [self]
    f"#<BUILT-IN-CLASS COMMON-LISP:{(symbol-name self.name)}>"))

;; Python's class -> the class of Common Lisp's that it is.
(setv of-python {})
;; Symbol of T, which is no symbol object, among the others.
(setv T (built-in-class (cl-symbol "t") []))

(defmacro define-classes [#* rows]
  "Of each row `(name (superclass…) Python-class…)`: superclasses in CL's precedence order, without
  T."
  `(do ~@(gfor [name supers #* pythons] rows
           `(setv ~(hy.models.Symbol (.upper (str name)))
                  (define-class ~(str name)
                                [~@(gfor s supers (hy.models.Symbol (.upper (str s))))]
                                [~@pythons])))))

(defn define-class [name supers pythons]
  (setv s (cl-symbol name)
        cls (built-in-class s [#* supers T])
        (get s.info "class") cls)
  (for [p pythons]
    (setv (get of-python p) cls))
  cls)

(define-classes
  (symbol () symbol)
  (keyword (symbol) keyword hy.models.Keyword)
  (sequence ())
  (list (sequence))
  (null (symbol list sequence) (type None))
  (cons (list sequence) cons list)
  (array () lisp-array)
  (simple-array (array))
  (vector (array sequence) adjustable-vector octet-vector bytearray bytes memoryview)
  (simple-vector (vector simple-array array sequence) vector tuple)
  (bit-vector (vector array sequence))
  (string (vector array sequence) mutable-string)
  (simple-string (string vector simple-array array sequence) str)
  (character () character)
  (number ())
  (complex (number) complex numbers.lisp-complex)
  (real (number))
  (float (real number))
  (single-float (float real number) float)
  (double-float (float real number) numbers.double-float)
  (rational (real number))
  (ratio (rational real number) Fraction)
  (integer (rational real number) int)
  (fixnum (integer rational real number))
  (bignum (integer rational real number))
  (function () types.FunctionType types.BuiltinFunctionType types.MethodType
               types.MethodWrapperType types.WrapperDescriptorType types.MethodDescriptorType
               functools.partial operator.attrgetter operator.itemgetter)
  (generic-function (function))
  (standard-generic-function (generic-function function))
  (hash-table () dict)
  (stream () lisp-stream dual-channel-gray-stream io.IOBase)
  (file-stream (stream))
  (string-stream (stream) string-input-stream string-output-stream io.StringIO)
  (broadcast-stream (stream))
  (concatenated-stream (stream))
  (echo-stream (stream))
  (synonym-stream (stream))
  (two-way-stream (stream))
  (pathname () pathlib.PurePath)
  (package () lisp-package)
  (random-state ())
  (readtable ())
  (restart () restart)
  (method ())
  (standard-method (method))
  (method-combination ())
  (class ())
  (built-in-class (class) built-in-class)
  (standard-class (class) type)
  (structure-class (class)))

;; ---- Names

;; Class of Python's -> its symbol, where that is known.
(setv class-names {})

(defn name-class [s cls]
  "Let the symbol S name the class CLS, which is one of Python's."
  (setv (get s.info "class") cls
        (get class-names cls) s))

(defn class-symbol [cls]
  "The symbol that names the class CLS, one of Python's too."
  (setv s (.get class-names cls))
  (cond
    (is-not s None) s
    (isinstance cls built-in-class) cls.name
    (in cls of-python) (. (get of-python cls) name)
    True (do
      (setv s (found-name cls)
            (get class-names cls) s)
      s)))

(defn found-name [cls]
  (setv name (.upper (hy.unmangle cls.__name__)))
  (for [p (set (.values packages))]
    (setv s (.get p.present name))
    (when (and (isinstance s symbol) (is (.get s.info "class") cls))
      (return s)))
  (symbol name))

(defn find-class-or-none [name]
  "The class called NAME, a symbol, or None."
  (cond
    (isinstance name symbol) (.get name.info "class")
    (is name True) T
    True None))

(defn define-condition-classes [module]
  (for [x (list (.values (vars module)))]
    (when (and (isinstance x type) (issubclass x condition) (= x.__module__ module.__name__))
      (setv name (hy.unmangle x.__name__))
      (if (= name "simple-program-error")
          (name-sbcl-class "SB-INT" name x)
          (name-class (cl-symbol name) x)))))

(defn sbcl-package [name]
  (or (.get packages name) (lisp-package name)))

(defn name-sbcl-class [package name cls]
  "Let CLS have the name that it has in SBCL: NAME, which PACKAGE exports."
  (setv package (sbcl-package package) name (.upper name))
  (name-class (.intern package name) cls)
  (.add package.external name))

(define-condition-classes library-conditions)
(define-condition-classes cl-conditions)

(for [[package name cls] [["SB-INT" "simple-parse-error" numbers.simple-parse-error]
                          ["SB-INT" "invalid-array-index-error" invalid-array-index-error]
                          ["SB-KERNEL" "bounding-indices-bad-error" bounding-indices-bad-error]]]
  (name-sbcl-class package name cls))

;; ---- Precedence

(defclass Precedence [dict]
  (defn __missing__ [self cls]
    (setv classes [] found None)
    (for [c cls.__mro__]
      (setv known (.get of-python c))
      (cond
        ;; Where one of Python's classes is made of others, as a character is of str, the first
        ;; counts.
        (is-not known None)
          (when (is found None)
            (setv found known)
            (.extend classes known.precedence))
        (is-not c object)
          (.append classes c)))
    (when (and (is found None) (any (gfor c cls.__mro__ (in "__call__" c.__dict__))))
      (.append classes FUNCTION))
    (setv classes (tuple [#* (gfor c classes :if (is-not c T) c) T])
          (get self cls) classes)
    classes))

;; Class of Python's -> the classes that it is a subclass of, in the order of precedence.
(setv precedences (Precedence))

(defn precedence [cls]
  (if (isinstance cls built-in-class) cls.precedence (get precedences cls)))

(defn subclass? [a b]
  "Is the class A the class B or a subclass of it?"
  (in b (precedence a)))

(defn generic? [f]
  (hasattr f "lisp_generic"))

(defn precedence-of-value [x]
  (setv kind (type x))
  (cond
    (is kind int) (if (<= (- (** 2 62)) x (- (** 2 62) 1)) FIXNUM-PRECEDENCE BIGNUM-PRECEDENCE)
    (is kind bool) (if x SYMBOL.precedence NULL.precedence)
    (is kind list) (. (if x CONS NULL) precedence)
    (and (is kind types.FunctionType) (generic? x)) STANDARD-GENERIC-FUNCTION.precedence
    True (get precedences kind)))

(setv FIXNUM-PRECEDENCE FIXNUM.precedence
      BIGNUM-PRECEDENCE BIGNUM.precedence)

(defn class-of [x]
  "The class of X: one of Python's, if a program or the library defines it, or a `built-in-class`."
  (get (precedence-of-value x) 0))
