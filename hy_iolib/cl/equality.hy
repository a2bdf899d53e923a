"Equality: eq, eql, equal, equalp; and the tests that operators take as :test, :test-not and :key."

(import fractions [Fraction])
(import math [copysign])
(import pathlib [PurePath])
(import hy-iolib.lisp.multiple-values [values primary-value])
(import hy-iolib.cl.arrays [mutable-string lisp-array])
(eval-when-compile (require hy-iolib.cl.calling [true? single]))
(import hy-iolib.cl.calling [fail function-of])
(import hy-iolib.cl.characters [character])
(import hy-iolib.cl.conses [cons lisp-list nil?])
(eval-when-compile (require hy-iolib.cl.definitions [defcl]))
(import hy-iolib.cl.definitions [functions])
(import hy-iolib.cl.strings [downcase string? text-of])
(import hy-iolib.cl.vectors [bit-vector lisp-elements vector?])

(export :objects [item-test keys-of predicate-test two-place-test] :macros [])

(setv NUMBERS #(int float Fraction complex))

(defcl eq [a b]
  "Are A and B the same? Numbers are by their values, as with eql."
  (or (is a b) (cl-eql a b)))

(defcl eql [a b]
  "Are A and B the same object, numbers of the same type and value, or the same character?"
  (cond
    (is a b) True
    (is-not a.__class__ b.__class__) (and (nil? a) (nil? b))
    (isinstance a NUMBERS) (and (= a b)
                                (or (bool a) (not (isinstance a float))
                                    (= (copysign 1 a) (copysign 1 b))))
    True (and (nil? a) (nil? b))))

(defcl equal [a b]
  "Are A and B eql, strings, bit vectors or pathnames with the same contents, or conses of what is
  equal?"
  (while (is a.__class__ cons)
    (when (is a b)
      (return True))
    (when (is-not b.__class__ cons)
      (return (and (is b.__class__ list) (cl-equal a (lisp-list b)))))
    (when (not (or (is a.car b.car) (cl-equal a.car b.car)))
      (return False))
    (setv a a.cdr b b.cdr))
  (cond
    (is a b) True
    (is a.__class__ str) (if (is b.__class__ str)
                             (= a b)
                             (and (string? b) (= a (text-of b))))
    (isinstance a #(mutable-string str)) (and (string? a) (string? b) (= (text-of a) (text-of b)))
    (isinstance a bit-vector) (and (isinstance b bit-vector) (= (list a) (list b)))
    (isinstance a PurePath) (and (isinstance b PurePath) (= a b))
    ;; A list of Python's.
    (and (is a.__class__ list) a) (cl-equal (lisp-list a) b)
    True (cl-eql a b)))

(defcl equalp [a b]
  "As equal, but numbers are compared by `=`, characters and strings whatever their case, and
  arrays, structures and hash tables by what is in them."
  (while (and (is a.__class__ cons) (is b.__class__ cons))
    (when (not (cl-equalp a.car b.car))
      (return False))
    (setv a a.cdr b b.cdr))
  (cond
    (is a b) True
    (number? a) (and (number? b) (= a b))
    (is a.__class__ character) (and (is b.__class__ character) (= (downcase a) (downcase b)))
    (string? a) (if (string? b)
                    (= (downcase (text-of a)) (downcase (text-of b)))
                    (and (vector? b) (same-elements a b)))
    (vector? a) (and (vector? b) (same-elements a b))
    (isinstance a lisp-array) (and (isinstance b lisp-array) (= a.dimensions b.dimensions)
                                   (same-elements a.elements b.elements))
    (isinstance a dict) (and (isinstance b dict)
                             (hy.I.hy-iolib.cl.hash-tables.same-tables a b))
    (slots-of a) (and (is a.__class__ b.__class__)
                      (all (gfor s (slots-of a) (cl-equalp (getattr a s) (getattr b s)))))
    True (cl-equal a b)))

(defn number? [x]
  (and (isinstance x NUMBERS) (not (isinstance x bool))))

(defn same-elements [a b]
  (and (= (len a) (len b))
       (all (gfor [x y] (zip (lisp-elements a) (lisp-elements b)) (cl-equalp x y)))))

(defn slots-of [x]
  "The names of the slots of X, a structure; of all else nothing."
  (getattr x.__class__ "structure_slots" #()))

;; ---- Tests of operators

;; What gives Python's True or False, and of one item does the same as `is` or as eql.
(setv EQL-TESTS #{None cl-eq cl-eql}
      PURE #{cl-eq cl-eql cl-equal cl-equalp})

(defn raw [f]
  "F without what takes keywords from among its arguments: the function itself."
  (getattr f "__wrapped__" f))

(defn two-place-test [test test-not]
  "A Python function of two arguments that gives a bool, for :test TEST or :test-not TEST-NOT."
  (cond
    (and (nil? test) (nil? test-not)) cl-eql
    (nil? test-not) (do
      (setv f (raw (function-of test)))
      (if (in f PURE)
          f
          (fn [a b] (true? (f a b)))))
    (nil? test) (do
      (setv f (raw (function-of test-not)))
      (fn [a b] (not (true? (f a b)))))
    True (fail ":TEST and :TEST-NOT were both supplied.")))

(defn item-test [item test test-not key]
  "A Python function that says of an element, of which KEY gives the part that counts, whether ITEM
  matches it by TEST or TEST-NOT."
  (setv matches
    (cond
      (and (nil? test-not) (in test EQL-TESTS)) (eql-test item)
      (nil? test-not) (do
        (setv f (raw (function-of test)))
        (cond
          (in f EQL-TESTS) (eql-test item)
          (and (is item.__class__ str) (or (is f cl-equal) (is f (.get functions "string="))))
            (fn [x] (if (is x.__class__ str) (= item x) (true? (f item x))))
          (in f PURE) (fn [x] (f item x))
          True (fn [x] (true? (f item x)))))
      True (do
        (setv f (two-place-test test test-not))
        (fn [x] (f item x)))))
  (with-key matches key))

(defn eql-test [item]
  (cond
    (is item.__class__ int) (fn [x] (and (= x item) (is x.__class__ int)))
    (or (isinstance item NUMBERS) (nil? item)) (fn [x] (cl-eql item x))
    True (fn [x] (is x item))))

(defn with-key [matches key]
  (if (nil? key)
      matches
      (do
        (setv key (raw (function-of key)))
        (if (one-valued? key)
            (fn [x] (matches (key x)))
            (fn [x] (matches (single (key x))))))))

(defn one-valued? [f]
  "Is F one of Common Lisp's own functions that give one value in any case?"
  (in f (get one-valued 0)))

;; complete.hy puts the set of them here, when all are there.
(setv one-valued [(frozenset)])

(defn keys-of [xs key]
  "A list of what KEY gives of each of XS, a list; None where only a call can tell. The function KEY
  has `steps` then: the class that an object must have, and the Python function that takes its part."
  (when (nil? key)
    (return xs))
  (for [[cls part] (getattr (raw (function-of key)) "steps" [[None None]])]
    (when (!= (set (map type xs)) #{cls})
      (return None))
    (setv xs (list (map part xs))))
  xs)

(defn predicate-test [predicate key [negated False]]
  "A Python function that says of an element whether PREDICATE is true of what KEY gives of it."
  (setv f (raw (function-of predicate)))
  (with-key (if negated
                (fn [x] (not (true? (f x))))
                (fn [x] (true? (f x))))
            key))

(defn key-function [key]
  "What gives the part of an element that counts: None for all of it."
  (if (nil? key)
      None
      (do
        (setv key (raw (function-of key)))
        (if (is key (get functions "identity"))
            None
            (if (one-valued? key)
                key
                (fn [x] (single (key x))))))))
