"Types: what type specifiers mean (`typep`, `subtypep`), the type of an object as SBCL names it, and
`coerce`. A type that a program defines has \"type-expander\" in its symbol's `info`: a function of
the type's arguments that gives the type for which it stands."

(import fractions [Fraction])
(import functools [partial])
(import itertools [combinations])
(import math)
(import hy-iolib.cl.arrays [adjustable-vector lisp-array mutable-string octet-vector vector])
(import hy-iolib.cl.characters [character])
(import hy-iolib.cl.classes
  [built-in-class class-of class-symbol find-class-or-none generic? of-python precedence
   subclass?])
(import hy-iolib.cl.conses [cons new-cons elements lisp-list nil?])
(import hy-iolib.cl.definitions [functions])
(import hy-iolib.cl.errors [simple-type-error undefined-function])
(import hy-iolib.cl.numbers
  [DOUBLE RANDOM-STATE SINGLE as-float cl-complexp cl-integerp cl-numberp cl-realp level
   make-complex parts-of random-state rational?])
(import hy-iolib.cl.sequences [TYPE-KINDS lisp-sequence-items sequence-of-type])
(import hy-iolib.cl.strings [cl-character cl-standard-char-p string?])
(import hy-iolib.cl.symbols [cl-symbol fbound symbol symbol?])
(import hy-iolib.cl.vectors
  [OCTETS bit-vector cl-upgraded-array-element-type vector?])
(import hy-iolib.lisp.handlers [signal-error])
(import hy-iolib.lisp.keywords [keyword])
(import hy-iolib.lisp.multiple-values [primary-value values])
(eval-when-compile (require hy-iolib.cl.definitions [defcl defcl-macro form]))

(export :objects [] :macros [])

(setv [ARRAY BASE-CHAR BIGNUM BIT BOOLEAN CHARACTER COMPILED-FUNCTION COMPLEX CONS DOUBLE-FLOAT
       EQL EXTENDED-CHAR FIXNUM FUNCTION INTEGER NOT NULL OR AND RATIO RATIONAL SIMPLE-ARRAY
       SIMPLE-BIT-VECTOR SIMPLE-VECTOR SINGLE-FLOAT STANDARD-CHAR STANDARD-GENERIC-FUNCTION
       UNSIGNED-BYTE VECTOR STAR]
        (map cl-symbol
             ["array" "base-char" "bignum" "bit" "boolean" "character" "compiled-function"
              "complex" "cons" "double-float" "eql" "extended-char" "fixnum" "function" "integer"
              "not" "null" "or" "and" "ratio" "rational" "simple-array" "simple-bit-vector"
              "simple-vector" "single-float" "standard-char" "standard-generic-function"
              "unsigned-byte" "vector" "*"])
      OCTET (lisp-list [UNSIGNED-BYTE 8])
      FIXNUMS (<< 1 62))

;; ---- Specifiers

(defn name-and-arguments [spec]
  "The symbol that names the type SPEC specifies, or whatever is in its place, and its arguments."
  (if (is spec.__class__ cons) (elements spec) [spec]))

(defn expand-once [spec]
  "What the type specifier SPEC stands for if a program defined it; else SPEC itself."
  (setv [name #* arguments] (name-and-arguments spec)
        expander (if (isinstance name symbol) (.get name.info "type-expander") None))
  (if expander (primary-value (expander #* arguments)) spec))

(defcl sys::expand-type [spec]
  "SPEC without a name, at its top, that a program gave to a type."
  (while True
    (setv expansion (expand-once spec))
    (when (is expansion spec)
      (return spec))
    (setv spec expansion)))

(defcl sys::define-type [name expander]
  (setv (get name.info "type-expander") expander)
  name)

(defcl-macro deftype [name lambda-list #* body]
  (form (sys::define-type (quote ~name)
          (lambda (&rest arguments)
            (block ~name
              (destructuring-bind ~(with-stars lambda-list) arguments ~@body))))))

(defn with-stars [lambda-list]
  "LAMBDA-LIST with * as the default of optional and keyword parameters."
  (setv optional False items [])
  (for [x (elements lambda-list)]
    (cond
      (in x [&OPTIONAL &KEY]) (setv optional True)
      (in x [&REST &BODY]) (setv optional False)
      (and optional (isinstance x symbol) (is-not x &ALLOW-OTHER-KEYS))
        (setv x (form (~x (quote *))))
      (and optional (is x.__class__ cons) (nil? x.cdr))
        (setv x (form (~x.car (quote *)))))
    (.append items x))
  (lisp-list items))

(setv [&OPTIONAL &KEY &REST &BODY &ALLOW-OTHER-KEYS]
        (map cl-symbol ["&optional" "&key" "&rest" "&body" "&allow-other-keys"]))

(defn unknown-type [spec]
  (signal-error "unknown type specifier: ~S" spec))

(defn bad-specifier [spec]
  (signal-error "bad thing to be a type specifier: ~S" spec))

;; ---- Is it of the type?

(defn list? [x]
  (or (is x.__class__ cons) (nil? x) (is x.__class__ list)))

(defn cons? [x]
  (or (is x.__class__ cons) (and (is x.__class__ list) (bool x))))

(defn function? [x]
  (and (callable x) (not (isinstance x #(symbol keyword type built-in-class)))))

(defn float-of-level? [x n]
  (and (isinstance x float) (= (level x) n)))

(defn fixnum? [x]
  (and (cl-integerp x) (<= (- FIXNUMS) x) (< x FIXNUMS)))

(defn array-parts [x]
  "Is the array X simple, the type of its elements, its dimensions; None if it is no array."
  (setv size (if (isinstance x lisp-array) 0 (if (vector? x) (len x) None)))
  (when (is size None)
    (return None))
  (cond
    (isinstance x lisp-array) #(True True x.dimensions)
    (isinstance x mutable-string)
      #((is x.spare None) CHARACTER #((+ size (len (or x.spare [])))))
    (string? x) #(True CHARACTER #(size))
    (isinstance x octet-vector) #(False OCTET #((+ size (len (or x.spare [])))))
    (isinstance x OCTETS) #(True OCTET #(size))
    (isinstance x adjustable-vector) #(False True #((+ size (len (or x.spare [])))))
    (isinstance x bit-vector) #(True BIT #(size))
    True #(True True #(size))))

(defn simple-array? [x]
  (setv parts (array-parts x))
  (and (is-not parts None) (get parts 0)))

;; Symbol -> predicate, of the types that are more, less or faster than a class.
(setv NAMED {})

(defmacro deftypes [#* rows]
  `(setv ~@(sum (lfor [name test] rows
                  [`(get NAMED (cl-symbol ~(str name))) `(fn [x] ~test)])
                [])))

(deftypes
  [nil False]
  [* True]
  [atom (not (cons? x))]
  [list (list? x)]
  [null (nil? x)]
  [cons (cons? x)]
  [sequence (or (list? x) (vector? x))]
  [symbol (or (symbol? x) (nil? x))]
  [keyword (isinstance x keyword)]
  [boolean (or (is x True) (nil? x))]
  [function (function? x)]
  [compiled-function (function? x)]
  [character (is x.__class__ character)]
  [standard-char (and (is x.__class__ character) (cl-standard-char-p x))]
  [base-char (and (is x.__class__ character) (.isascii x))]
  [extended-char (and (is x.__class__ character) (not (.isascii x)))]
  [string (string? x)]
  [simple-string (and (string? x) (simple-array? x))]
  ;; SBCL's strings of base characters: the few that it makes are not told apart here.
  [base-string False]
  [simple-base-string False]
  [vector (vector? x)]
  [simple-vector (and (isinstance x #(vector tuple)) (vector? x)
                      (not (isinstance x #(adjustable-vector bit-vector))))]
  [bit-vector (isinstance x bit-vector)]
  [simple-bit-vector (isinstance x bit-vector)]
  [array (or (isinstance x lisp-array) (vector? x))]
  [simple-array (simple-array? x)]
  [number (or (cl-realp x) (cl-complexp x))]
  [complex (cl-complexp x)]
  [real (cl-realp x)]
  [rational (rational? x)]
  [ratio (isinstance x Fraction)]
  [integer (cl-integerp x)]
  [signed-byte (cl-integerp x)]
  [unsigned-byte (and (cl-integerp x) (>= x 0))]
  [fixnum (fixnum? x)]
  [bignum (and (cl-integerp x) (not (fixnum? x)))]
  [bit (and (cl-integerp x) (<= 0 x 1))]
  [float (isinstance x float)]
  [single-float (float-of-level? x SINGLE)]
  [short-float (float-of-level? x SINGLE)]
  [double-float (float-of-level? x DOUBLE)]
  [long-float (float-of-level? x DOUBLE)])

;; Symbol -> a function of a compound specifier's arguments, that gives the predicate.
(setv COMPOUND {})

(defmacro defcompound [name parameters #* body]
  `(setv (get COMPOUND (cl-symbol ~(str name))) (fn ~parameters ~@body)))

(defcompound or [#* specs]
  (setv tests (list (map predicate specs)))
  (fn [x]
    (for [test tests]
      (when (test x)
        (return True)))
    False))

(defcompound and [#* specs]
  (setv tests (list (map predicate specs)))
  (fn [x]
    (for [test tests]
      (when (not (test x))
        (return False)))
    True))

(defcompound not [spec]
  (setv test (predicate spec))
  (fn [x] (not (test x))))

(defn eql? [a b]
  (or (is a b) (bool ((get functions "eql") a b))))

(defcompound eql [object]
  (fn [x] (eql? x object)))

(defcompound member [#* objects]
  (fn [x] (any (gfor object objects (eql? x object)))))

(defcompound satisfies [function]
  (fn [x] (not (nil? (primary-value (function x))))))

(defn bound-test [low high]
  "Is a real between LOW and HIGH, each a number, a list of one (which does not belong) or *?"
  (fn [x]
    (and (or (is low STAR) (if (is low.__class__ cons) (< low.car x) (<= low x)))
         (or (is high STAR) (if (is high.__class__ cons) (< x high.car) (<= x high))))))

(defn bounded [name [low STAR] [high STAR]]
  (setv of-kind (get NAMED name) between (bound-test low high))
  (fn [x] (and (of-kind x) (between x))))

(for [name ["real" "rational" "integer" "float" "single-float" "short-float" "double-float"
            "long-float"]]
  (setv s (cl-symbol name)
        (get COMPOUND s) (partial bounded s)))

(defcompound mod [n] (bounded INTEGER 0 (- n 1)))

(defcompound unsigned-byte [[size STAR]]
  (bounded INTEGER 0 (if (is size STAR) STAR (- (<< 1 size) 1))))

(defcompound signed-byte [[size STAR]]
  (if (is size STAR)
      (bounded INTEGER)
      (bounded INTEGER (- (<< 1 (- size 1))) (- (<< 1 (- size 1)) 1))))

(defcompound complex [[part STAR]]
  (setv test (predicate part))
  (fn [x] (and (cl-complexp x) (test x.real) (test x.imag))))

(defcompound cons [[car STAR] [cdr STAR]]
  (setv car-test (predicate car) cdr-test (predicate cdr))
  (fn [x]
    (and (is x.__class__ cons) (car-test x.car) (cdr-test x.cdr))))

;; Of other elements than these an array does not know.
(setv KNOWN-ELEMENTS [True None CHARACTER BASE-CHAR BIT OCTET])

(defn array-test [simple element dimensions]
  "The predicate of arrays, of the SIMPLE ones if that is true. ELEMENT is the type of elements,
  DIMENSIONS a rank or a list of dimensions; * wherever nothing is said."
  (setv upgraded (if (is element STAR) STAR (cl-upgraded-array-element-type element))
        element-test (if (or (is element STAR) (in upgraded KNOWN-ELEMENTS))
                         None
                         (predicate element))
        sizes (cond
                (is dimensions STAR) None
                (cl-integerp dimensions) (* [STAR] dimensions)
                True (list (elements dimensions))))
  (fn [x]
    (setv parts (array-parts x))
    (and (is-not parts None)
         (or (not simple) (get parts 0))
         (or (is sizes None)
             (and (= (len sizes) (len (get parts 2)))
                  (all (gfor [a b] (zip sizes (get parts 2)) (or (is a STAR) (= a b))))))
         (or (is upgraded STAR)
             (= upgraded (get parts 1))
             (and element-test (is (get parts 1) True)
                  (all (map element-test (if (isinstance x lisp-array) x.elements x))))))))

(defcompound array [[element STAR] [dimensions STAR]] (array-test False element dimensions))
(defcompound simple-array [[element STAR] [dimensions STAR]] (array-test True element dimensions))
(defcompound vector [[element STAR] [size STAR]] (array-test False element [size]))
(defcompound simple-vector [[size STAR]] (array-test True True [size]))
(defcompound bit-vector [[size STAR]] (array-test False BIT [size]))
(defcompound simple-bit-vector [[size STAR]] (array-test True BIT [size]))
(defcompound string [[size STAR]] (array-test False CHARACTER [size]))
(defcompound simple-string [[size STAR]] (array-test True CHARACTER [size]))
(defcompound base-string [[size STAR]] (array-test False BASE-CHAR [size]))
(defcompound simple-base-string [[size STAR]] (array-test True BASE-CHAR [size]))

(defcompound function [#* arguments]
  (signal-error "Function types are not a legal argument to TYPEP:~%  ~S"
                (new-cons FUNCTION (lisp-list arguments))))

(defcompound values [#* arguments]
  (signal-error "VALUES type illegal in this context:~%  ~S"
                (new-cons (cl-symbol "values") (lisp-list arguments))))

(defn instance-test [cls]
  (partial instance? cls))

(defn instance? [cls x]
  (or (isinstance x cls)
      ;; An exception of Python's own is a condition, too.
      (and (isinstance x BaseException)
           (isinstance ((. (hy.I "hy_iolib.cl.conditions") condition-of) x) cls))))

;; Symbol -> #(expander predicate); id of a list -> #(list predicate).
(setv expanded {} compiled {})

(defn predicate [spec]
  "The Python predicate of the type that SPEC specifies."
  (cond
    (isinstance spec symbol)
      (or (.get NAMED spec) (defined-predicate spec))
    (is spec.__class__ cons) (do
      (setv entry (.get compiled (id spec)))
      (if (and entry (is (get entry 0) spec))
          (get entry 1)
          (compound-predicate spec)))
    (is spec True) (get NAMED STAR)
    (nil? spec) (get NAMED (cl-symbol "nil"))
    (isinstance spec #(type built-in-class)) (instance-test spec)
    True (bad-specifier spec)))

(defn defined-predicate [s]
  (setv expander (.get s.info "type-expander") cls (.get s.info "class"))
  (cond
    expander (do
      (setv [known test] (.get expanded s #(None None)))
      (when (is-not known expander)
        (setv test (predicate (expand-once s))
              (get expanded s) #(expander test)))
      test)
    (is-not cls None) (instance-test cls)
    (in s COMPOUND) (bad-specifier s)
    True (unknown-type s)))

(defn compound-predicate [spec]
  (setv [name #* arguments] (elements spec)
        make (if (isinstance name symbol) (.get COMPOUND name) None))
  (cond
    make (do
      (setv test (make #* arguments))
      ;; Specifiers are mostly literals; of those that programs make there is no end.
      (when (> (len compiled) 1000)
        (.clear compiled))
      (setv (get compiled (id spec)) #(spec test))
      test)
    (is-not (expand-once spec) spec) (predicate (expand-once spec))
    ;; The name of a class alone, in parentheses.
    (and (not arguments) (isinstance name symbol) (in name NAMED)) (get NAMED name)
    True (unknown-type spec)))

(defcl typep [object type [environment None]]
  "Is OBJECT of TYPE, a specifier or a class?"
  ((predicate type) object))

;; ---- The type of an object

(setv (get of-python random-state) (find-class-or-none RANDOM-STATE))

(defcl type-of [object]
  "The type of OBJECT, as SBCL specifies it."
  (cond
    (nil? object) NULL
    (is object True) BOOLEAN
    (cl-integerp object) (cond
      (<= 0 object 1) BIT
      (>= object FIXNUMS) (lisp-list [INTEGER FIXNUMS])
      (>= object 0) (lisp-list [INTEGER 0 (- FIXNUMS 1)])
      (< object (- FIXNUMS)) BIGNUM
      True FIXNUM)
    (isinstance object Fraction) RATIO
    (isinstance object float) (if (= (level object) DOUBLE) DOUBLE-FLOAT SINGLE-FLOAT)
    (isinstance object complex) (type-of-complex object.real object.imag)
    (is object.__class__ character) (cond
      (cl-standard-char-p object) STANDARD-CHAR
      (.isascii object) BASE-CHAR
      True EXTENDED-CHAR)
    (is-not (array-parts object) None) (type-of-array #* (array-parts object))
    (function? object) (cond
      (generic? object) STANDARD-GENERIC-FUNCTION
      (is (class-of object) (find-class-or-none FUNCTION)) COMPILED-FUNCTION
      True (class-name-of object))
    (isinstance object BaseException)
      (class-symbol (type ((. (hy.I "hy_iolib.cl.conditions") condition-of) object)))
    True (class-name-of object)))

(defn class-name-of [object]
  "The name of the most specific class of OBJECT that has a name in Common Lisp."
  (for [cls (precedence (class-of object))]
    (setv name (class-symbol cls))
    (when name.package
      (return name)))
  (class-symbol (class-of object)))

(defn type-of-complex [real imaginary]
  (setv kind (cond
               (isinstance real float) (cl-type-of real)
               (and (cl-integerp real) (cl-integerp imaginary)) INTEGER
               True RATIONAL))
  (lisp-list [COMPLEX (lisp-list [kind (min real imaginary) (max real imaginary)])]))

(defn type-of-array [simple element dimensions]
  (setv [size #* more] (or dimensions [0])
        vector (= (len dimensions) 1))
  (lisp-list (cond
               (not simple) [VECTOR element size]
               (and vector (is element True)) [SIMPLE-VECTOR size]
               (and vector (is element BIT)) [SIMPLE-BIT-VECTOR size]
               True [SIMPLE-ARRAY element (lisp-list dimensions)])))

;; ---- Coercion

(defn cannot-convert [object type]
  (signal-error simple-type-error
    :datum object :expected-type type
    :format-control "~S can't be converted to type ~S." :format-arguments #(object type)))

(setv FLOATS (dfor [name n] [["float" SINGLE] ["single-float" SINGLE] ["short-float" SINGLE]
                             ["double-float" DOUBLE] ["long-float" DOUBLE]]
               (cl-symbol name) n))

(defn to-complex [object [part STAR]]
  (setv n (.get FLOATS (cl-expand-type part)))
  (make-complex #* (gfor x (parts-of object) (if n (as-float x n) x))))

(defn to-function [object type]
  (cond
    (isinstance object symbol) (or (fbound object)
                                   (signal-error undefined-function :name object))
    (and (is object.__class__ cons) (isinstance object.car symbol))
      ((. (hy.I "hy_iolib.cl.evaluation") evaluate) object)
    True (cannot-convert object type)))

(defcl coerce [object output-type-spec]
  "OBJECT converted to a type; itself if it is of that type already."
  (when ((predicate output-type-spec) object)
    (return object))
  (setv spec (cl-expand-type output-type-spec)
        [name #* arguments] (name-and-arguments spec))
  (cond
    (and (in name FLOATS) (cl-realp object)) (as-float object (get FLOATS name))
    (and (is name COMPLEX) (cl-numberp object)) (to-complex object #* arguments)
    (is name CHARACTER) (cl-character object)
    (is name FUNCTION) (to-function object output-type-spec)
    (and (in name TYPE-KINDS)
         ;; These without a rank are no types of sequences.
         (or arguments (not-in name [ARRAY SIMPLE-ARRAY]))
         (or (list? object) (vector? object)))
      (sequence-of-type spec (list (lisp-sequence-items object)))
    True (cannot-convert object output-type-spec)))

;; ---- Subtypes

;; A is a subtype of B if nothing is of type A and not of type B. That is written as an `or` of
;; `and`s, each of which is two tuples of atoms: what it is, and what it is not. An atom is a tuple,
;; whose first item says which kind of type it is.

;; Types in terms of others: symbol -> a function of the specifier's arguments.
(setv DERIVED {})

(defmacro defderived [#* rows]
  `(setv ~@(sum (lfor [name parameters spec] rows
                  [`(get DERIVED (cl-symbol ~(str name))) `(fn ~parameters (form ~spec))])
                [])))

(defn power [n exponent-less step]
  "A bound of integers of N bits, or *."
  (if (is n STAR) STAR (+ (<< 1 (- n exponent-less)) step)))

(defderived
  [list [] (or cons null)]
  [sequence [] (or cons null vector)]
  [atom [] (not cons)]
  [null [] (eql nil)]
  [boolean [] (or (eql t) (eql nil))]
  [number [] (or real complex)]
  [fixnum [] (integer ~(- FIXNUMS) (~FIXNUMS))]
  [bignum [] (or (integer * (~(- FIXNUMS))) (integer ~FIXNUMS *))]
  [bit [] (integer 0 1)]
  [mod [n] (integer 0 (~n))]
  [unsigned-byte [[n STAR]] (integer 0 ~(power n 0 -1))]
  [signed-byte [[n STAR]] (integer ~(if (is n STAR) STAR (- (power n 1 0))) ~(power n 1 -1))]
  [vector [[element STAR] [size STAR]] (array ~element (~size))]
  [simple-vector [[size STAR]] (simple-array t (~size))]
  [bit-vector [[size STAR]] (array bit (~size))]
  [simple-bit-vector [[size STAR]] (simple-array bit (~size))]
  [string [[size STAR]] (or (array character (~size)) (array base-char (~size)))]
  [simple-string [[size STAR]]
   (or (simple-array character (~size)) (simple-array base-char (~size)))]
  [base-string [[size STAR]] (array base-char (~size))]
  [simple-base-string [[size STAR]] (simple-array base-char (~size))]
  [extended-char [] (and character (not base-char))]
  [compiled-function [] function]
  [member [#* objects] (or ~@(lfor object objects (lisp-list [EQL object])))])

;; Symbol -> the kinds of numbers that it has.
(setv NUMBERS (dfor [name kinds] [["real" ["integer" "ratio" "single" "double"]]
                                  ["rational" ["integer" "ratio"]]
                                  ["integer" ["integer"]]
                                  ["ratio" ["ratio"]]
                                  ["float" ["single" "double"]]
                                  ["single-float" ["single"]]
                                  ["short-float" ["single"]]
                                  ["double-float" ["double"]]
                                  ["long-float" ["double"]]]
                (cl-symbol name) kinds)
      KINDS ["integer" "ratio" "single" "double"]
      ;; Symbol -> how narrow the set of characters is.
      CHARACTERS (dfor [i name] (enumerate ["character" "base-char" "standard-char"])
                   (cl-symbol name) i))

(defn alternatives [spec holds]
  "The `or` of `and`s for what is of type SPEC, or for what is not, as HOLDS says."
  (setv spec (cl-expand-type spec)
        [name #* arguments] (name-and-arguments spec))
  (cond
    (or (is name True) (is name STAR)) (if holds [#(#() #())] [])
    (nil? name) (if holds [] [#(#() #())])
    (in name DERIVED) (alternatives ((get DERIVED name) #* arguments) holds)
    (is name NOT) (alternatives (get arguments 0) (not holds))
    (in name [OR AND]) (do
      (setv parts (lfor a arguments (alternatives a holds)))
      (if (= (is name OR) holds)
          (sum parts [])
          (do
            (setv result [#(#() #())])
            (for [part parts]
              (setv result (lfor [is-a is-not-a] result [is-b is-not-b] part
                             #((+ is-a is-b) (+ is-not-a is-not-b)))))
            result)))
    (and (isinstance spec built-in-class) (is-not spec.name (cl-symbol "t")))
      (alternatives spec.name holds)
    (isinstance spec built-in-class) (alternatives True holds)
    holds (lfor a (atoms-of spec name arguments) #(#(a) #()))
    True [#(#() (tuple (atoms-of spec name arguments)))]))

(defn atoms-of [spec name arguments]
  "The atoms of which SPEC is the union."
  (setv [first second] (cut [#* arguments STAR STAR] 2))
  (cond
    (in name NUMBERS) (lfor kind (get NUMBERS name)
                            #("number" kind (inward first kind 1) (inward second kind -1)))
    (in name CHARACTERS) [#("character" (get CHARACTERS name))]
    (is name EQL) [(if (cl-realp first)
                       #("number" (get KINDS (level first)) #(first False) #(first False))
                       #("eql" first))]
    (is name CONS) [#("cons" first second)]
    (is name COMPLEX) [#("complex" first)]
    (in name [ARRAY SIMPLE-ARRAY])
      [#("array"
         (is name SIMPLE-ARRAY)
         (if (is first STAR) STAR (cl-upgraded-array-element-type first))
         (cond
           (is second STAR) None
           (cl-integerp second) (* #(STAR) second)
           True (tuple (elements second))))]
    True (do
      (setv cls (if (isinstance spec type) spec (find-class-or-none name)))
      [(if (is cls None) #("unknown" spec) #("class" cls))])))

(defn inward [x kind step]
  "The bound X of numbers of this KIND, as #(number excluded), or None; STEP points inwards."
  (cond
    (is x STAR) None
    (!= kind "integer") (if (is x.__class__ cons) #(x.car True) #(x False))
    True (do
      (setv n (if (is x.__class__ cons) x.car x)
            least (if (> step 0) (math.ceil n) (math.floor n)))
      #((if (and (is x.__class__ cons) (= least n)) (+ least step) least) False))))

(defn beyond? [a b step]
  "Does the bound A let more numbers in than B does? STEP points inwards."
  (cond
    (is b None) False
    (is a None) True
    (= (get a 0) (get b 0)) (and (get b 1) (not (get a 1)))
    True (< (* step (get a 0)) (* step (get b 0)))))

(defn nothing-between? [low high]
  (and (is-not low None) (is-not high None)
       (or (> (get low 0) (get high 0))
           (and (= (get low 0) (get high 0)) (or (get low 1) (get high 1))))))

(defn narrower [a b step] (if (beyond? a b step) b a))

(defn no-number? [positive negative]
  "Is there no number of all types of POSITIVE, atoms of the same kind of numbers, and of none of
  NEGATIVE?"
  (setv [_ kind low high] (get positive 0))
  (for [[_ _ low-b high-b] (cut positive 1 None)]
    (setv low (narrower low low-b 1) high (narrower high high-b -1)))
  ;; What is taken away from below moves the lower bound up.
  (for [[_ other low-b high-b]
        (sorted (gfor a negative :if (= (cut a 2) #("number" kind)) a)
                :key (fn [a] (if (get a 2) (get a 2 0) (- math.inf))))]
    (when (not (beyond? low low-b 1))
      (when (is high-b None)
        (return True))
      (setv above (if (= kind "integer") #((+ (get high-b 0) 1) False)
                      #((get high-b 0) (not (get high-b 1))))
            low (narrower low above 1))))
  (nothing-between? low high))

(defn atom-holds [object atom]
  "Is OBJECT, which is no real, of the type ATOM?"
  (setv [kind #* parts] atom)
  (cond
    (= kind "character") ((predicate (get (list CHARACTERS) (get parts 0))) object)
    (= kind "eql") (eql? object (get parts 0))
    (= kind "cons") ((predicate (lisp-list [CONS #* parts])) object)
    (= kind "complex") ((predicate (lisp-list [COMPLEX #* parts])) object)
    (= kind "array") (do
      (setv [simple element sizes] parts)
      ((array-test simple element (if (is sizes None) STAR (lisp-list sizes))) object))
    (= kind "class") (instance? (get parts 0) object)
    True False))

(defn never [specs]
  "Is nothing of all types SPECS? True, False, or None when that is not known."
  (empty-union? (alternatives (new-cons AND (lisp-list specs)) True)))

(defn disjoint? [a b]
  (setv [kind #* a-parts] a [other #* b-parts] b)
  (cond
    ;; An object and a type to which it may belong.
    (and (!= kind other) (in "eql" [kind other])) False
    (!= kind other) True
    (= kind "number") (or (!= (get a-parts 0) (get b-parts 0)) (no-number? [a b] []))
    (= kind "array") (do
      (setv [_ element sizes] a-parts [_ element-b sizes-b] b-parts)
      (or (not (or (is element STAR) (is element-b STAR) (= element element-b)))
          (and (is-not sizes None) (is-not sizes-b None)
               (or (!= (len sizes) (len sizes-b))
                   (any (gfor [x y] (zip sizes sizes-b)
                              (not (or (is x STAR) (is y STAR) (= x y)))))))))
    (= kind "cons") (any (gfor [x y] (zip a-parts b-parts) (is (never [x y]) True)))
    (= kind "class") (do
      (setv [cls] a-parts [cls-b] b-parts)
      (not (or (subclass? cls cls-b) (subclass? cls-b cls)
               ;; Another class may be made of both.
               (and (isinstance cls type) (isinstance cls-b type)))))
    True False))

(defn covers? [b a]
  "Is whatever is of the type A, an atom, of the type B?"
  (setv [kind #* a-parts] a [other #* b-parts] b)
  (cond
    (!= kind other) False
    (= kind "character") (>= (get a-parts 0) (get b-parts 0))
    (= kind "array") (do
      (setv [simple element sizes] a-parts [simple-b element-b sizes-b] b-parts)
      (and (or simple (not simple-b))
           (or (is element-b STAR) (= element element-b))
           (or (is sizes-b None)
               (and (is-not sizes None) (= (len sizes) (len sizes-b))
                    (all (gfor [x y] (zip sizes sizes-b) (or (is y STAR) (= x y))))))))
    (= kind "cons") (all (gfor [x y] (zip a-parts b-parts)
                               (is (never [x (lisp-list [NOT y])]) True)))
    (= kind "complex") (or (is (get b-parts 0) STAR) (= a-parts b-parts))
    (= kind "class") (subclass? (get a-parts 0) (get b-parts 0))
    (= kind "unknown") (= a-parts b-parts)
    True False))

(defn empty? [positive negative]
  "Is nothing of all types of POSITIVE and of none of NEGATIVE, atoms? True, False, or None when
  that is not known."
  (setv [is-it is-not-it] (lfor atoms [positive negative]
                                (lfor a atoms :if (!= (get a 0) "unknown") a))
        numbers (lfor a is-it :if (= (get a 0) "number") a)
        objects (lfor a is-it :if (= (get a 0) "eql") (get a 1)))
  (cond
    (any (gfor [a b] (combinations is-it 2) (disjoint? a b))) True
    (any (gfor a positive b negative (covers? b a))) True
    (and numbers (no-number? numbers is-not-it)) True
    (and objects (not (and (all (gfor a is-it (atom-holds (get objects 0) a)))
                           (not (any (gfor a is-not-it (atom-holds (get objects 0) a)))))))
      True
    (< (+ (len is-it) (len is-not-it)) (+ (len positive) (len negative))) None
    True False))

(defn empty-union? [alternatives]
  (setv answers (lfor [positive negative] alternatives (empty? positive negative)))
  (cond
    (in False answers) False
    (in None answers) None
    True True))

(defcl subtypep [type1 type2 [environment None]]
  "Is TYPE1 a subtype of TYPE2, and is that certain?"
  (setv answer (or (= type1 type2)
                   (never [type1 (lisp-list [NOT type2])])))
  (values (if answer True None) (if (is answer None) None True)))
