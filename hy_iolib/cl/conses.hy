"Conses, of which lists are made. Python sees a proper list as a sequence."

(import collections.abc [Sequence])

(export :objects [cons new-cons] :macros [])

(defclass cons []
  "A pair. A chain of them that ends in nil is a list, which Python can iterate, index and compare
  with its own sequences. `new-cons` makes one: without an `__init__` of the class it takes half as long."
  (setv __slots__ #("car" "cdr" "__weakref__"))

  (defn __iter__ [self]
    (setv rest self)
    (while (is rest.__class__ cons)
      (yield rest.car)
      (setv rest rest.cdr))
    (cond
      (nil? rest) None
      ;; What `push` makes of a list of Python's.
      (is rest.__class__ list) (yield :from rest)
      True (improper self)))

  (defn __len__ [self]
    (sum (gfor _ self 1)))

  (defn __bool__ [self] True)

  (defn __getitem__ [self i]
    (get (list self) i))

  (defn __eq__ [self other]
    (cond
      (is self other) True
      (is other.__class__ cons) (same-lists self other)
      (isinstance other #(list tuple)) (try
                                         (= (list self) (list other))
                                         (except [TypeError] False))
      True NotImplemented))

  (setv __hash__ object.__hash__)

  (defn __repr__ [self]
    (import hy-iolib.cl.printer [repr-of])
    (repr-of self))

  ;; Flat, so that a long list does not recurse.
  (defn __reduce__ [self]
    (setv items [] rest self)
    (while (is rest.__class__ cons)
      (.append items rest.car)
      (setv rest rest.cdr))
    #(lisp-list* #(items rest))))

(.register Sequence cons)

(defn new-cons [car cdr]
  (setv c (cons)
        c.car car
        c.cdr cdr)
  c)

(defn same-lists [a b]
  (while (and (is a.__class__ cons) (is b.__class__ cons))
    (when (not (or (is a.car b.car) (= a.car b.car)))
      (return False))
    (setv a a.cdr b b.cdr))
  (or (is a b) (and (nil? a) (nil? b)) (= a b)))

(defn nil? [x]
  "Is X nil: None, False or the empty list of Python?"
  (or (is x None) (is x False) (and (is x.__class__ list) (not x))))

(defn lisp-list [items]
  "The list of ITEMS, a Python iterable; nil if there are none."
  (lisp-list* items None))

(defn lisp-list* [items tail]
  (setv head (cons) last head)
  (for [x items]
    (setv c (cons)
          c.car x
          last.cdr c
          last c))
  (setv last.cdr tail)
  head.cdr)

(defn improper [x]
  (import hy-iolib.lisp.checking [refuse])
  (refuse None x "a proper list"))

(defn elements [x]
  "An iterable of the elements of X, a list: nil, conses or a Python list."
  (cond
    (is x.__class__ cons) x
    (nil? x) #()
    (isinstance x #(list tuple)) x
    True (improper x)))
