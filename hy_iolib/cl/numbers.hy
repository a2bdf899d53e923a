"Numbers: Common Lisp's arithmetic, with every argument checked, and the text of numbers.

Integers are Python's, ratios are Fractions. A Python float is a single-float: what is computed here
is rounded to single precision, and so should literals be (`single`). What comes from Python as it
is, a time of day for instance, is rounded only where it is printed."

(import _random)  ; the generator, without the 8 ms that `random` takes
(import cmath)
(import fractions [Fraction])
(import itertools [combinations])
(import math)
(import math [isfinite isinf])
(import operator)
(import struct [Struct])
(import hy-iolib.cl.conses [cons new-cons lisp-list nil?])
(import hy-iolib.cl.errors
  [arithmetic-error division-by-zero floating-point-invalid-operation floating-point-overflow
   simple-type-error])
(import hy-iolib.cl.strings
  [ABSENT CHAR-CODE-LIMIT check-bounds check-radix digit-weight index? text-of wrong-type])
(import hy-iolib.cl.symbols [cl-symbol])
(import hy-iolib.lisp.conditions [parse-error simple-condition])
(import hy-iolib.lisp.handlers [signal-error])
(import hy-iolib.lisp.multiple-values [values])
(import hy-iolib.lisp.specials [special])
(eval-when-compile (require hy-iolib.cl.definitions [defcl]))

(export :objects [double-float] :macros [])

(setv [NUMBER REAL RATIONAL INTEGER FLOAT UNSIGNED-BYTE CONS MOD OR BOOLEAN RANDOM-STATE
       SINGLE-FLOAT DOUBLE-FLOAT]
        (map cl-symbol ["number" "real" "rational" "integer" "float" "unsigned-byte" "cons" "mod"
                        "or" "boolean" "random-state" "single-float" "double-float"]))

;; ---- Kinds of numbers

(defclass double-float [float]
  "A double-float. Python's operators on it give one, too."
  (setv __slots__ #()))

(defn doubled [method]
  (fn [self #* arguments]
    (setv result (method self #* arguments))
    (if (is result.__class__ float) (double-float result) result)))

(for [name ["add" "radd" "sub" "rsub" "mul" "rmul" "truediv" "rtruediv" "neg" "pos" "abs"]]
  (setv name f"__{name}__")
  (setattr double-float name (doubled (getattr float name))))

(setv SINGLE-PRECISION (Struct "<f"))

(defn single [x]
  "X, a Python float, rounded to single precision. OverflowError if it is too large."
  (get (SINGLE-PRECISION.unpack (SINGLE-PRECISION.pack x)) 0))

(defclass lisp-complex [complex]
  "A complex number whose parts are rational, or floats of one kind."
  (setv __slots__ #("parts"))
  (defn __new__ [cls real imaginary]
    (setv self (complex.__new__ cls real imaginary)
          self.parts #(real imaginary))
    self)
  (defn [property] real [self] (get self.parts 0))
  (defn [property] imag [self] (get self.parts 1))
  (defn __reduce__ [self] #(lisp-complex self.parts))
  (defn __repr__ [self]
    (import hy-iolib.cl.printer [repr-of])
    (repr-of self)))

;; The higher of two levels decides what the result is.
(setv RATIO 1 SINGLE 2 DOUBLE 3 COMPLEX 4
      LEVELS {int 0  Fraction RATIO  float SINGLE  double-float DOUBLE
              lisp-complex COMPLEX  complex COMPLEX})

(defn level [x [expected NUMBER]]
  (setv n (.get LEVELS x.__class__))
  (cond
    (is-not n None) n
    (isinstance x bool) (wrong-type x expected)
    (isinstance x int) 0
    (isinstance x Fraction) RATIO
    (isinstance x double-float) DOUBLE
    (isinstance x float) SINGLE
    (isinstance x complex) COMPLEX
    True (wrong-type x expected)))

(defn real-level [x]
  (setv n (level x REAL))
  (if (= n COMPLEX) (wrong-type x REAL) n))

(defn float-level [x]
  (if (isinstance x float) (level x) (wrong-type x FLOAT)))

(defn rational? [x]
  (and (isinstance x #(int Fraction)) (not (isinstance x bool))))

(defn check-integer [x]
  (if (or (is x.__class__ int) (and (isinstance x int) (not (isinstance x bool))))
      x
      (wrong-type x INTEGER)))

(defn check-rational [x]
  (if (rational? x) x (wrong-type x RATIONAL)))

(defn check-unsigned [x]
  (if (index? x) x (wrong-type x UNSIGNED-BYTE)))

(defn canonical [x]
  "X, an int or a Fraction, as an int if it is one."
  (if (and (isinstance x Fraction) (= x.denominator 1)) x.numerator x))

(defn arithmetic-failure [cls [operation None] #* operands]
  (setv e (cls)
        e.operation (if operation (cl-symbol operation) None)
        e.operands (lisp-list operands))
  (signal-error e))

(defn zero-divided [x y]
  (arithmetic-failure (if (and (isinstance x float) (= x 0) (isinstance y float))
                          floating-point-invalid-operation
                          division-by-zero)
                      "/" x y))

;; ---- Floats

(defn to-single [x]
  (try
    (if (isinstance x float) x (single (float x)))
    (except [OverflowError]
      (arithmetic-failure floating-point-overflow "float" x SINGLE-FLOAT))))

(defn to-double [x]
  "X, a real, as a plain Python float of double precision."
  (try
    (float x)
    (except [OverflowError]
      (arithmetic-failure floating-point-overflow "float" x DOUBLE-FLOAT))))

(defn narrow [x n]
  "X, a plain Python float, as a float of the level N, or single if that is a rational's."
  (if (= n DOUBLE)
      (double-float x)
      (try
        (single x)
        (except [OverflowError]
          (arithmetic-failure floating-point-overflow "coerce" (double-float x) SINGLE-FLOAT)))))

(defn as-float [x n]
  "X, a real, as a float of the level N."
  (cond
    (= n DOUBLE) (double-float (to-double x))
    (isinstance x double-float) (narrow (float x) n)
    True (to-single x)))

(defcl float [number [prototype ABSENT]]
  "NUMBER as a float, of PROTOTYPE's kind if that is given."
  (setv n (real-level number))
  (cond
    (is-not prototype ABSENT) (as-float number (float-level prototype))
    (>= n SINGLE) number
    True (to-single number)))

(defcl rational [number]
  (if (< (real-level number) SINGLE)
      number
      (canonical (Fraction number))))

(defn decoded [x]
  "The integers M and E such that the absolute value of the float X is M × 2^E: M has as many bits
  as the precision, fewer if X is denormalized."
  (setv double (= (float-level x) DOUBLE)
        digits (if double 53 24)
        least (if double -1074 -149)
        [m e] (math.frexp (abs (if double x (single x))))
        m (int (math.ldexp m digits))
        e (- e digits))
  (cond
    (= m 0) #(0 0)
    (< e least) #((>> m (- least e)) least)
    True #(m e)))

(defcl rationalize [number]
  "The simplest rational that is read as the float NUMBER."
  (if (< (real-level number) SINGLE)
      number
      (do
        (setv [m e] (decoded number)
              result (if (>= e 0) (<< m e) (simplest-between m e)))
        (if (< number 0) (- result) result))))

(defn simplest-between [m e]
  (when (= m 0) (return 0))
  (setv unit (<< 1 (- 1 e))
        a (Fraction (- (* 2 m) 1) unit)
        b (Fraction (+ (* 2 m) 1) unit)
        [p0 q0 p1 q1] #(0 1 1 0)
        c (math.ceil a))
  (while (>= c b)
    (setv k (- c 1)
          [p0 q0 p1 q1] #(p1 q1 (+ (* k p1) p0) (+ (* k q1) q0))
          [a b] #((/ 1 (- b k)) (/ 1 (- a k)))
          c (math.ceil a)))
  (canonical (Fraction (+ (* c p1) p0) (+ (* c q1) q0))))

(defcl decode-float [float]
  (setv n (float-level float)
        [m e] (math.frexp (abs float)))
  (values (as-float m n) e (as-float (math.copysign 1.0 float) n)))

(defcl integer-decode-float [float]
  (setv [m e] (decoded float))
  (values m e (int (math.copysign 1 float))))

(defcl scale-float [float integer]
  (setv n (float-level float))
  (try
    (setv result (math.ldexp float (check-integer integer)))
    (if (= n DOUBLE) (double-float result) (single result))
    (except [OverflowError]
      (arithmetic-failure floating-point-overflow "scale-float" float integer))))

(defcl float-sign [float1 [float2 ABSENT]]
  (setv n (float-level float1))
  (if (is float2 ABSENT)
      (as-float (math.copysign 1.0 float1) n)
      (as-float (math.copysign (abs float2) float1) (float-level float2))))

(defcl float-digits [float] (if (= (float-level float) DOUBLE) 53 24))
(defcl float-radix [float] (float-level float) 2)
(defcl float-precision [float] (.bit-length (get (decoded float) 0)))

;; ---- Arithmetic

;; The classes of most numbers that are not both integers.
(setv PLAIN (frozenset [int float])
      NAMES {operator.add "+"  operator.sub "-"  operator.mul "*"  operator.truediv "/"})

(defn mixed [operation a b]
  "What Python's OPERATION gives of the numbers A and B, which are not both integers, as Common Lisp
  has it."
  (when (and (in a.__class__ PLAIN) (in b.__class__ PLAIN))
    (try
      (return (single (operation (if (is a.__class__ int) (single (float a)) a)
                                 (if (is b.__class__ int) (single (float b)) b))))
      ;; What is said about these, the long way says.
      (except [[OverflowError ZeroDivisionError]])))
  (setv n (max (level a) (level b)))
  (cond
    (<= n RATIO) (canonical (operation a b))
    (= n COMPLEX) ((get COMPLEX-OPERATIONS operation) (parts-of a) (parts-of b))
    True (do
      (setv a (as-float a n) b (as-float b n))
      (try
        (setv result (operation (float a) (float b)))
        (when (and (isinf result) (isfinite a) (isfinite b))
          (raise (OverflowError)))
        (if (= n DOUBLE) (double-float result) (single result))
        (except [OverflowError]
          (arithmetic-failure floating-point-overflow (get NAMES operation) a b))
        (except [ZeroDivisionError]
          (zero-divided a b))))))

(defmacro defbinary [name function operator python]
  `(do
     (defn ~function [a b]
       (if (and (is a.__class__ int) (is b.__class__ int)) (~operator a b) (mixed ~python a b)))
     ~@(when (!= name '_)
         `((defcl ~name [[number ~(get {'add 0 'multiply 1} function)] [other ABSENT] #* more]
             (cond
               (is other ABSENT) (do (level number) number)
               more (fold ~function number other more)
               True (~function number other)))))))

(defn fold [function first second more]
  (setv result (function first second))
  (for [x more]
    (setv result (function result x)))
  result)

(defbinary + add + operator.add)
(defbinary * multiply * operator.mul)
(defbinary _ subtract - operator.sub)

(defcl - [number [other ABSENT] #* more]
  (cond
    (is other ABSENT) (negate number)
    more (fold subtract number other more)
    True (subtract number other)))

(defn negate [x]
  (if (= (level x) COMPLEX)
      (make-complex #* (map negate (parts-of x)))
      (- x)))

(defn divide [a b]
  (cond
    (not (and (rational? a) (rational? b))) (mixed operator.truediv a b)
    (= b 0) (zero-divided a b)
    True (canonical (Fraction a b))))

(defcl / [number [other ABSENT] #* more]
  (cond
    (is other ABSENT) (divide 1 number)
    more (fold divide number other more)
    True (divide number other)))

(defcl 1+ [number] (add number 1))
(defcl 1- [number] (subtract number 1))

;; ---- Complex numbers

(defn make-complex [real imaginary]
  "The complex number of these parts, which is a rational if the second is an exact zero."
  (setv n (max (real-level real) (real-level imaginary)))
  (cond
    (>= n SINGLE) (lisp-complex (as-float real n) (as-float imaginary n))
    (= imaginary 0) real
    True (lisp-complex real imaginary)))

(defn parts-of [x]
  (if (isinstance x complex) #(x.real x.imag) #(x 0)))

(defn componentwise [function]
  (fn [a b] (make-complex #* (map function a b))))

(defn complex-product [a b]
  (setv [a-real a-imaginary] a [b-real b-imaginary] b)
  (make-complex (subtract (multiply a-real b-real) (multiply a-imaginary b-imaginary))
                (add (multiply a-real b-imaginary) (multiply a-imaginary b-real))))

(defn complex-quotient [a b]
  (setv [real imaginary] b
        square (add (multiply real real) (multiply imaginary imaginary))
        [real imaginary] (parts-of (complex-product a #(real (negate imaginary)))))
  (make-complex (divide real square) (divide imaginary square)))

(setv COMPLEX-OPERATIONS {operator.add (componentwise add)
                          operator.sub (componentwise subtract)
                          operator.mul complex-product
                          operator.truediv complex-quotient})

(defn narrow-complex [x n]
  (lisp-complex (narrow x.real n) (narrow x.imag n)))

(defn part-level [x]
  "The level of the number X or, if it is complex, of its parts."
  (setv n (level x))
  (if (= n COMPLEX) (level x.real) n))

(defcl complex [realpart [imagpart ABSENT]]
  (make-complex realpart (if (is imagpart ABSENT)
                             (if (isinstance realpart float) (* realpart 0) 0)
                             imagpart)))

(defcl realpart [number]
  (level number)
  (get (parts-of number) 0))

(defcl imagpart [number]
  (setv n (level number))
  (cond
    (= n COMPLEX) number.imag
    (>= n SINGLE) (* number 0)
    True 0))

(defcl conjugate [number]
  (if (= (level number) COMPLEX)
      (make-complex number.real (negate number.imag))
      number))

(defcl phase [number]
  (setv n (part-level number)
        [real imaginary] (parts-of number))
  (narrow (math.atan2 (to-double imaginary) (to-double real)) n))

(defcl cis [radians]
  (setv n (real-level radians) x (to-double radians))
  (lisp-complex (narrow (math.cos x) n) (narrow (math.sin x) n)))

(defcl upgraded-complex-part-type [typespec [environment None]] typespec)

;; ---- Comparison and predicates

(defn relation-holds [relation check all-pairs a b more]
  (setv numbers (if (is b ABSENT) [a] [a b #* more]))
  (for [x numbers] (check x))
  (all (gfor [x y] (if all-pairs (combinations numbers 2) (zip numbers (cut numbers 1 None)))
             (relation x y))))

;; The exact classes of reals.
(setv REALS (frozenset [int float Fraction double-float]))

(defmacro defcomparison [name relation check]
  `(defcl ~name [number [other ABSENT] #* more]
     (if (and (in number.__class__ REALS) (in other.__class__ REALS) (not more))
         (~name number other)
         (relation-holds ~relation ~check False number other more))))

(defn equal [a b]
  (if (or (isinstance a complex) (isinstance b complex))
      (= (parts-of a) (parts-of b))
      (= a b)))

(defcomparison = equal level)
(defcl /= [number [other ABSENT] #* more]
  (relation-holds (fn [a b] (not (equal a b))) level True number other more))
;; Python compares a float with a rational exactly, as Common Lisp does.
(defcomparison < operator.lt real-level)
(defcomparison > operator.gt real-level)
(defcomparison <= operator.le real-level)
(defcomparison >= operator.ge real-level)

(defmacro defextreme [name relation]
  "The first of the numbers that no other beats; it stays of its own kind, as in SBCL."
  `(defcl ~name [number #* more]
     (setv result number)
     (real-level number)
     (for [x more]
       (real-level x)
       (when (~relation x result)
         (setv result x)))
     result))

(defextreme max >)
(defextreme min <)

(defcl zerop [number] (level number) (= number 0))
(defcl plusp [number] (real-level number) (> number 0))
(defcl minusp [number] (real-level number) (< number 0))
(defcl evenp [integer] (= (& (check-integer integer) 1) 0))
(defcl oddp [integer] (= (& (check-integer integer) 1) 1))

(defcl numberp [object]
  (and (isinstance object #(int float Fraction complex)) (not (isinstance object bool))))
(defcl realp [object]
  (and (isinstance object #(int float Fraction)) (not (isinstance object bool))))
(defcl rationalp [object] (rational? object))
(defcl integerp [object] (and (isinstance object int) (not (isinstance object bool))))
(defcl floatp [object] (isinstance object float))
(defcl complexp [object] (isinstance object complex))

;; ---- Division with a remainder

(defn truncated [a b]
  "The quotient of A and B, truncated, and the remainder. Of floats they come from the quotient that
  is a float, as in SBCL."
  (when (and (is a.__class__ int) (is b.__class__ int) (<= 0 a) (< 0 b))
    (return (divmod a b)))
  (setv n (max (real-level a) (real-level b)))
  (cond
    (>= n SINGLE) (do
      (setv x (as-float a n) y (as-float b n)
            quotient (int (divide x y)))
      #(quotient (subtract x (multiply (as-float quotient n) y))))
    (= b 0) (zero-divided a b)
    True (do
      (setv quotient (// (abs a) (abs b))
            quotient (if (= (< a 0) (< b 0)) quotient (- quotient)))
      #(quotient (canonical (- a (* quotient b)))))))

(defn floored [a b]
  (if (and (is a.__class__ int) (is b.__class__ int) (!= b 0))
      (divmod a b)
      (do
        (setv [quotient remainder] (truncated a b))
        (if (and (!= remainder 0) (if (< b 0) (> a 0) (< a 0)))
            #((- quotient 1) (add remainder b))
            #(quotient remainder)))))

(defn raised [a b]
  (setv [quotient remainder] (truncated a b))
  (if (and (!= remainder 0) (if (< b 0) (< a 0) (> a 0)))
      #((+ quotient 1) (subtract remainder b))
      #(quotient remainder)))

(defn rounded [a b]
  "To the nearest, and to the even one if both are equally near."
  (setv [quotient remainder] (truncated a b)
        half (divide (abs b) 2)
        far (abs remainder))
  (if (or (> far half) (and (= far half) (% quotient 2)))
      (if (= (< remainder 0) (< b 0))
          #((+ quotient 1) (subtract remainder b))
          #((- quotient 1) (add remainder b)))
      #(quotient remainder)))

(defmacro defdivision [name function signed-zero]
  "Define the division NAME, and its twin whose quotient is a float; is a zero of that signed?"
  `(do
     (defcl ~name [number [divisor 1]]
       (tuple.__new__ values (~function number divisor)))
     (defcl ~(hy.models.Symbol f"f{name}") [number [divisor 1]]
       (setv [quotient remainder] (~function number divisor))
       (values (float-quotient quotient number divisor ~signed-zero) remainder))))

(defn float-quotient [quotient a b signed-zero]
  (setv n (max (level a) (level b))
        result (as-float quotient n))
  (if (and signed-zero (= quotient 0) (>= n SINGLE)
           (!= (math.copysign 1 a) (math.copysign 1 b)))
      (- result)
      result))

(defdivision truncate truncated True)
(defdivision floor floored True)
(defdivision ceiling raised True)
(defdivision round rounded False)

(defcl mod [number divisor] (get (floored number divisor) 1))
(defcl rem [number divisor] (get (truncated number divisor) 1))

;; ---- More of rationals

(defcl abs [number]
  (if (= (level number) COMPLEX)
      (narrow (math.hypot #* (map to-double (parts-of number))) (level number.real))
      (abs number)))

(defcl signum [number]
  (setv n (level number))
  (cond
    (= n COMPLEX) (if (= number 0) number (divide number (cl-abs number)))
    (= number 0) number
    True (do
      (setv sign (if (< number 0) -1 1))
      (if (>= n SINGLE) (as-float sign n) sign))))

(defcl numerator [rational] (. (check-rational rational) numerator))
(defcl denominator [rational] (. (check-rational rational) denominator))
(defcl gcd [#* integers] (math.gcd #* (map check-integer integers)))
(defcl lcm [#* integers] (math.lcm #* (map check-integer integers)))
(defcl isqrt [natural] (math.isqrt (check-unsigned natural)))

;; ---- Bits

(defmacro defbitwise [#* rows]
  "Define the bitwise operators of any number of integers: NAME, a Python operator, what none give."
  `(do ~@(gfor [name operator identity] rows
           `(defcl ~name [#* integers]
              (setv result ~identity)
              (for [i integers]
                (setv result (~operator result (check-integer i))))
              result))))

(defn equivalent [a b] (bnot (^ a b)))

(defbitwise
  [logand & -1]
  [logior | 0]
  [logxor ^ 0]
  [logeqv equivalent -1])

;; Name, boole's constant for it, and its result: that of (boole op a b).
(defmacro defboole [#* rows]
  `(do
     (setv BOOLE {~@(sum (lfor [number _ _ expression] rows
                           [number `(fn [a b] ~expression)]) [])}
           BOOLE-NAMES {~@(sum (lfor [number name _ _] rows
                                 [name number]) [])})
     ~@(gfor [number _ function expression] rows
         :if (!= function '_)
         `(defcl ~function [integer1 integer2]
            (setv a (check-integer integer1) b (check-integer integer2))
            ~expression))))

(defboole
  [0 "clr" _ 0]
  [1 "set" _ -1]
  [2 "1" _ a]
  [3 "2" _ b]
  [4 "c1" _ (bnot a)]
  [5 "c2" _ (bnot b)]
  [6 "and" _ (& a b)]
  [7 "ior" _ (| a b)]
  [8 "xor" _ (^ a b)]
  [9 "eqv" _ (bnot (^ a b))]
  [10 "nand" lognand (bnot (& a b))]
  [11 "nor" lognor (bnot (| a b))]
  [12 "andc1" logandc1 (& (bnot a) b)]
  [13 "andc2" logandc2 (& a (bnot b))]
  [14 "orc1" logorc1 (| (bnot a) b)]
  [15 "orc2" logorc2 (| a (bnot b))])

(defcl boole [op integer1 integer2]
  (setv function (if (index? op) (.get BOOLE op) None))
  (if (is function None)
      (wrong-type op (lisp-list [UNSIGNED-BYTE 4]))
      (function (check-integer integer1) (check-integer integer2))))

(defcl lognot [integer] (bnot (check-integer integer)))
(defcl logtest [integer1 integer2] (!= (& (check-integer integer1) (check-integer integer2)) 0))
(defcl logcount [integer]
  (setv i (check-integer integer))
  (.count (bin (if (< i 0) (bnot i) i)) "1"))
(defcl integer-length [integer]
  (setv i (check-integer integer))
  (.bit-length (if (< i 0) (bnot i) i)))

(defcl logbitp [index integer]
  (check-integer integer)
  (shifted-right integer (check-unsigned index))
  (= (& (shifted-right integer index) 1) 1))

(defn shifted-right [i count]
  "I without its COUNT last bits: COUNT may be too large for a machine."
  (if (>= count (.bit-length i)) (if (< i 0) -1 0) (>> i count)))

;; Larger numbers than these SBCL can't represent either.
(setv MOST-BITS (<< 1 32))

(defcl ash [integer count]
  (check-integer integer)
  (check-integer count)
  (cond
    (<= count 0) (shifted-right integer (- count))
    (= integer 0) 0
    (< (+ count (.bit-length integer)) MOST-BITS) (<< integer count)
    True (signal-error "can't represent result of left shift")))

(setv FIELD (lisp-list [MOD 4611686018427387841]))

(defcl byte [size position]
  "The byte specifier: a cons, as SBCL has it."
  (for [x [size position]]
    (when (not (index? x)) (wrong-type x FIELD)))
  (new-cons size position))

(defn field-of [specifier]
  "The mask of the byte SPECIFIER and its position."
  (when (is-not specifier.__class__ cons)
    (wrong-type specifier CONS))
  #((- (<< 1 specifier.car) 1) specifier.cdr))

(defcl byte-size [bytespec] (field-of bytespec) bytespec.car)
(defcl byte-position [bytespec] (field-of bytespec) bytespec.cdr)

(defcl ldb [bytespec integer]
  (setv [mask position] (field-of bytespec))
  (& (>> (check-integer integer) position) mask))

(defcl dpb [newbyte bytespec integer]
  (setv [mask position] (field-of bytespec))
  (| (& (check-integer integer) (bnot (<< mask position)))
     (<< (& (check-integer newbyte) mask) position)))

(defcl mask-field [bytespec integer]
  (setv [mask position] (field-of bytespec))
  (& (check-integer integer) (<< mask position)))

(defcl deposit-field [newbyte bytespec integer]
  (cl-dpb (cl-ldb bytespec newbyte) bytespec integer))

(defcl ldb-test [bytespec integer] (!= (cl-ldb bytespec integer) 0))

;; ---- Powers, logarithms, angles

(defn irrational [function complex-function low high cut-from-below x]
  "What the Python FUNCTION gives of the number X; COMPLEX-FUNCTION, if X is not from LOW to HIGH:
  does it come to its cut above that from below, as SBCL's does?"
  (setv n (part-level x))
  (try
    (if (isinstance x complex)
        (narrow-complex (complex-function (complex #* (map to-double (parts-of x)))) n)
        (do
          (setv d (to-double x))
          (if (<= low d high)
              (narrow (function d) n)
              (narrow-complex
                (complex-function (complex d (if (and (> d 0) cut-from-below) -0.0 0.0)))
                n))))
    (except [OverflowError]
      (arithmetic-failure floating-point-overflow))
    ;; At the poles of atanh.
    (except [ValueError]
      (arithmetic-failure division-by-zero))))

(defmacro defirrational [#* rows]
  `(do ~@(gfor [name low high cut-from-below] rows
           `(defcl ~name [number]
              (irrational (. math ~name) (. cmath ~name) ~low ~high ~cut-from-below number)))))

(defirrational
  [exp (- math.inf) math.inf False]
  [sqrt -0.0 math.inf False]
  [sin (- math.inf) math.inf False]
  [cos (- math.inf) math.inf False]
  [tan (- math.inf) math.inf False]
  [asin -1 1 True]
  [acos -1 1 True]
  [sinh (- math.inf) math.inf False]
  [cosh (- math.inf) math.inf False]
  [tanh (- math.inf) math.inf False]
  [asinh (- math.inf) math.inf False]
  [acosh 1 math.inf False]
  [atanh -1 1 False])

(defcl atan [number1 [number2 ABSENT]]
  (if (is number2 ABSENT)
      (irrational math.atan cmath.atan (- math.inf) math.inf False number1)
      (do
        (setv n (max (real-level number1) (real-level number2)))
        (narrow (math.atan2 (to-double number1) (to-double number2)) n))))

(defn natural-logarithm [x]
  "The logarithm of X, a rational that is not 0, as a plain Python float or complex."
  (setv size (abs x)
        ;; Python's of an int has no limit.
        result (if (isinstance size Fraction)
                   (- (math.log size.numerator) (math.log size.denominator))
                   (math.log size)))
  (if (< x 0) (complex result math.pi) result))

(defcl log [number [base ABSENT]]
  (if (is base ABSENT)
      (logarithm number)
      (do
        (setv n (part-level number) m (part-level base))
        (cond
          (= base 0) (as-float 0 (if (= DOUBLE (max n m)) DOUBLE SINGLE))
          ;; Without going through a logarithm in single precision.
          (and (not (isinstance number complex)) (not (isinstance base complex))
               (> number 0) (> base 0)
               (or (and (= n DOUBLE) (< m RATIO)) (and (= m DOUBLE) (< n RATIO))))
            (double-float (/ (binary-logarithm number) (binary-logarithm base)))
          (and (< n RATIO) (> number 0) (= base 2)) (single (binary-logarithm number))
          True (divide (logarithm number) (logarithm base))))))

(defn binary-logarithm [x]
  (/ (math.log x) (math.log 2)))

(defn logarithm [x]
  (setv n (part-level x))
  (cond
    (isinstance x complex) (irrational math.log cmath.log 0 math.inf False x)
    (= x 0) (arithmetic-failure division-by-zero)
    True (do
      (setv result (if (< n SINGLE)
                       (natural-logarithm x)
                       (if (< x 0) (complex (math.log (- x)) math.pi) (math.log x))))
      (if (isinstance result complex) (narrow-complex result n) (narrow result n)))))

(defcl expt [base power]
  (setv n (level base) m (level power))
  (cond
    (and (= m 0) (or (<= n RATIO) (and (= n COMPLEX) (<= (part-level base) RATIO))))
      (integer-power base power)
    (= power 0)
      (if (and (= base 0) (> m 0))
          (arithmetic-failure arithmetic-error "expt" base power)
          (add 1 (multiply base power)))
    (or (= n COMPLEX) (= m COMPLEX))
      (if (= base 0)
          (multiply base power)
          (narrow-complex (** (python-complex base) (python-complex power))
                          (max (part-level base) (part-level power))))
    True
      (real-power base power (max n m))))

(defn python-complex [x]
  (complex #* (map to-double (parts-of x))))

(defn integer-power [base power]
  "BASE, which is exact, to the POWER, an integer."
  (cond
    (and (= base 0) (< power 0)) (arithmetic-failure division-by-zero "expt" base power)
    (< power 0) (divide 1 (integer-power base (- power)))
    (isinstance base complex) (do
      (setv result 1)
      (for [bit (cut (bin power) 2 None)]
        (setv result (multiply result result))
        (when (= bit "1")
          (setv result (multiply result base))))
      result)
    (and (isinstance base int) (> (* (- (.bit-length base) 1) power) MOST-BITS))
      (signal-error "can't represent result of left shift")
    True (canonical (** base power))))

(defn real-power [base power n]
  (setv x (to-double base) y (to-double power))
  (cond
    (and (< x 0) (!= y (math.floor y))) (narrow-complex (** (complex x) y) n)
    (and (= x 0) (< y 0)) (zero-divided (double-float 1) (double-float 0))
    True (try
           (narrow (math.pow x y) n)
           (except [OverflowError]
             (arithmetic-failure floating-point-overflow "expt" base power)))))

;; ---- Random numbers

(defclass random-state []
  "A Mersenne twister, as SBCL's: a program that never seeds sees the same numbers there and here."
  (setv __slots__ #("generator"))

  (defn __init__ [self [seed None] [like None]]
    "Seeded with SEED, a natural number; as LIKE is; by the system."
    (setv self.generator (_random.Random))
    (cond
      like (.setstate self.generator (.getstate like.generator))
      (is seed None) None
      (< seed MOST-BITS) (do
        (setv words [seed])
        (for [i (range 1 624)]
          (setv last (get words -1))
          (.append words (& (+ (* 1812433253 (^ last (>> last 30))) i) 0xFFFFFFFF)))
        (.setstate self.generator #(#* words 624)))
      True (.seed self.generator seed)))

  (defn chunk [self] (.getrandbits self.generator 32))

  (defn big-chunk [self]
    (| (<< (.chunk self) 32) (.chunk self)))

  (defn bits [self count]
    "A number of COUNT bits, made as SBCL makes one."
    (setv result 0 done 0)
    (while (>= (- count done) 64)
      (|= result (<< (.big-chunk self) done))
      (+= done 64))
    (setv mask (- (<< 1 (- count done)) 1))
    (cond
      (= mask 0) result
      (> (- count done) 32) (| result (<< (& (.big-chunk self) mask) done))
      True (| result (<< (& (.chunk self) mask) done))))

  (defn integer [self most]
    "A number from 0 to MOST."
    (setv size (.bit-length most) all-ones (- (<< 1 size) 1))
    (cond
      (= size 0) 0
      (<= size 64) (do
        (setv chunk (if (<= size 32) self.chunk self.big-chunk)
              result (& (chunk) all-ones))
        (while (> result most)
          (setv result (& (chunk) all-ones)))
        result)
      (= most all-ones) (.bits self size)
      ;; The first 32 bits are tried alone.
      True (do
        (setv rest (- size 32) limit (>> most rest))
        (while True
          (setv top (.chunk self))
          (when (<= top limit)
            (setv result (| (<< top rest) (.bits self rest)))
            (when (<= result most)
              (return result)))))))

  (defn single [self]
    (/ (& (>> (.chunk self) 8) 0x7FFFFF) (<< 1 23)))

  (defn double [self]
    (setv high (& (>> (.chunk self) 11) 0xFFFFF))
    (/ (| (<< high 32) (.chunk self)) (<< 1 52))))

;; SBCL's seed.
(setv *random-state* (special "*random-state*" (random-state 5489))
      (. (cl-symbol "*random-state*") variable) *random-state*
      (get (. (cl-symbol "*random-state*") info) "special") True)

(defcl random [limit [state ABSENT]]
  "A number from 0, below LIMIT, of LIMIT's kind."
  (setv state (if (is state ABSENT) *random-state*.value state))
  (cond
    (not (isinstance state random-state)) (wrong-type state RANDOM-STATE)
    (and (cl-integerp limit) (> limit 0)) (.integer state (- limit 1))
    (and (isinstance limit double-float) (> limit 0))
      (double-float (* (.double state) (float limit)))
    (and (isinstance limit float) (> limit 0)) (single (* (.single state) limit))
    True (signal-error simple-type-error
           :datum limit
           :expected-type (lisp-list [OR (lisp-list [INTEGER 1])
                                      (lisp-list [FLOAT (lisp-list [0])])])
           :format-control "Argument is neither a positive integer nor a positive float: ~S"
           :format-arguments #(limit))))

(defcl make-random-state [[state None]]
  "A copy of STATE, by default of `*random-state*`; with t a state that nobody knows."
  (cond
    (is state True) (random-state)
    (nil? state) (random-state :like *random-state*.value)
    (isinstance state random-state) (random-state :like state)
    True (wrong-type state (lisp-list [OR RANDOM-STATE BOOLEAN]))))

(defcl random-state-p [object] (isinstance object random-state))

(defcl sb-ext::seed-random-state [[state None]]
  "The state that SEED, a natural number, gives; else as `make-random-state`."
  (if (index? state) (random-state state) (cl-make-random-state state)))

;; ---- Text

(setv WHITESPACE " \t\n\f\r")

(defcl parse-integer [string * [start 0] [end None] [radix 10] [junk-allowed None]]
  "The integer that STRING says, and the index behind it. `parse-error` when it says none, or more;
  nil, if JUNK-ALLOWED, when it begins with none."
  (setv text (text-of string))
  (when (and (= start 0) (is end None) (= radix 10) (.isascii text) (.isdecimal text)
             (< (len text) 1000))
    (return (values (int text) (len text))))
  (setv end (check-bounds start end (len text))
        junk-allowed (not (nil? junk-allowed))
        i start)
  (check-radix radix)
  (while (and (< i end) (in (get text i) WHITESPACE))
    (+= i 1))
  (when (= i end)
    (return (if junk-allowed
                (values None end)
                (no-integer "no non-whitespace characters in string ~S." text))))
  (setv negative (= (get text i) "-"))
  (when (in (get text i) "+-")
    (+= i 1))
  (setv first i result 0)
  (while (< i end)
    (setv weight (digit-weight (get text i) radix))
    (when (is weight None)
      (break))
    (setv result (+ (* result radix) weight))
    (+= i 1))
  (setv found (> i first))
  (when (not junk-allowed)
    (when (and (= i end) (not found))
      (no-integer "no digits in string ~S" text))
    ;; Behind a lone sign, too, SBCL skips whitespace.
    (while (and (< i end) (in (get text i) WHITESPACE))
      (+= i 1))
    (cond
      (< i end) (no-integer "junk in string ~S" text)
      (not found) (no-integer "no digits in string ~S" text)))
  (values (cond
            (not found) None
            negative (- result)
            True result)
          i))

(defclass simple-parse-error [simple-condition parse-error]
  "A parse error in words.")

(defn no-integer [message text]
  (signal-error simple-parse-error :format-control message :format-arguments #(text)))

(defn float-digits-of [x]
  "The shortest digits that are read as the float X, and K such that its absolute value is
  0.DIGITS × 10^K. Steele's and White's algorithm as SBCL has it, which takes a denormalized number
  for one of full precision."
  (setv precision (if (= (float-level x) DOUBLE) 53 24)
        [f e] (decoded x)
        missing (- precision (.bit-length f))
        f (<< f missing) e (- e missing)
        even (= (& f 1) 0)
        ;; The gap below a power of two is half of that above.
        narrow-below (= f (<< 1 (- precision 1)))
        scale (if narrow-below 2 1)
        r (* f 2 scale) s (* 2 scale) above scale below 1)
  (if (>= e 0)
      (setv r (<< r e) above (<< above e) below (<< below e))
      (setv s (<< s (- e))))
  (setv k (math.ceil (- (* (+ e precision -1) 0.30102999566398120) 1e-10)))
  (if (>= k 0)
      (*= s (** 10 k))
      (do
        (setv power (** 10 (- k)))
        (*= r power)
        (*= above power)
        (*= below power)))
  ;; The estimate may be one too small.
  (if (or (> (+ r above) s) (and even (= (+ r above) s)))
      (+= k 1)
      (do (*= r 10) (*= above 10) (*= below 10)))
  (setv digits [])
  (while True
    (setv [digit r] (divmod r s)
          low (or (< r below) (and even (= r below)))
          high (or (> (+ r above) s) (and even (= (+ r above) s))))
    (when (or low high)
      (.append digits (+ digit (if (if (and low high) (>= (* r 2) s) high) 1 0)))
      (break))
    (.append digits digit)
    (*= r 10) (*= above 10) (*= below 10))
  #((.join "" (map str digits)) k))

(defn float-text [x [default None]]
  "The float X as it is printed. DEFAULT is the symbol in `*read-default-float-format*`, by default
  `single-float`; a float of another kind shows its own."
  (setv double (isinstance x double-float)
        mark (cond
               (= double (is default DOUBLE-FLOAT)) ""
               double "d"
               True "f")
        sign (if (< (math.copysign 1 x) 0) "-" ""))
  (cond
    (not (isfinite x)) (special-float-text x double)
    (= x 0) (+ sign "0.0" (if mark (+ mark "0") ""))
    True (do
      (setv [digits k] (printed-digits x double))
      (cond
        (not (< -3 k 8)) (.format "{}{}.{}{}{}" sign (get digits 0) (or (cut digits 1 None) "0")
                                  (or mark "e") (- k 1))
        True (+ sign
                (if (<= k 0)
                    (+ "0." (* "0" (- k)) digits)
                    (+ (.ljust (cut digits k) k "0") "." (or (cut digits k None) "0")))
                (if mark (+ mark "0") ""))))))

(defn printed-digits [x double]
  (when (not double)
    (try
      (setv rounded (single x)
            ;; Too small for any single-float: one that Python has made.
            x (if (= rounded 0) (double-float x) rounded))
      (except [OverflowError]
        (setv x (double-float x)))))
  (float-digits-of x))

(defn special-float-text [x double]
  (setv kind (if double "DOUBLE-FLOAT" "SINGLE-FLOAT"))
  (if (isinf x)
      (.format "#.SB-EXT:{}-{}-INFINITY" kind (if (> x 0) "POSITIVE" "NEGATIVE"))
      f"#<{kind} quiet NaN>"))

;; ---- Constants

(defn define-constants [constants]
  "Define Common Lisp's constant variables: name -> value."
  (for [[name value] (.items constants)]
    (setv (get (. (cl-symbol name) info) "constant") value)))

(define-constants
  {"most-positive-fixnum" (- (<< 1 62) 1)
   "most-negative-fixnum" (- (<< 1 62))
   "char-code-limit" CHAR-CODE-LIMIT
   "pi" (double-float math.pi)
   #** (dfor [name number] (.items BOOLE-NAMES) (+ "boole-" name) number)
   #** (dfor [kinds make most least normalized above below]
             [[["single" "short"] float
               (math.ldexp (- (<< 1 24) 1) 104) (** 2.0 -149) (** 2.0 -126)
               (math.ldexp (+ (<< 1 23) 1) -47) (math.ldexp (+ (<< 1 23) 1) -48)]
              [["double" "long"] double-float
               (math.ldexp (- (<< 1 53) 1) 971) (** 2.0 -1074) (** 2.0 -1022)
               (math.ldexp (+ (<< 1 52) 1) -105) (math.ldexp (+ (<< 1 52) 1) -106)]]
             kind kinds
             [name value] [["most-positive-{}" most]
                           ["most-negative-{}" (- most)]
                           ["least-positive-{}" least]
                           ["least-negative-{}" (- least)]
                           ["least-positive-normalized-{}" normalized]
                           ["least-negative-normalized-{}" (- normalized)]
                           ["{}-epsilon" above]
                           ["{}-negative-epsilon" below]]
             (.format name (+ kind "-float")) (make value))})
