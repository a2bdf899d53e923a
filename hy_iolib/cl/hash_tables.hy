"Hash tables: dicts of Python's, which differ in what they take for the same key.

A key that is plain for the table's test is the dict's own key. Any other one is looked up by an
identity, a tuple, and kept as a `table-key`, which is that tuple and knows the key itself."

(import fractions [Fraction])
(import math [copysign])
(import pathlib [PurePath])
(import hy-iolib.lisp.keywords [keyword])
(import hy-iolib.lisp.multiple-values [values])
(import hy-iolib.cl.arrays [mutable-string lisp-array])
(import hy-iolib.cl.calling [fail function-of several])
(eval-when-compile (require hy-iolib.cl.calling [true? single defsetter]))
(import hy-iolib.cl.characters [character])
(import hy-iolib.cl.conses [cons elements lisp-list nil?])
(eval-when-compile (require hy-iolib.cl.definitions [defcl defcl-macro form]))
(import hy-iolib.cl.equality [cl-eq cl-eql cl-equal cl-equalp slots-of])
(import hy-iolib.cl.strings [downcase text-of wrong-type])
(import hy-iolib.cl.symbols [cl-symbol symbol])
(import hy-iolib.cl.vectors [bit-vector])

(export :objects [hash-table hash-items identity-by] :macros [])

(setv MISSING (object)
      [HASH-TABLE EQ EQL EQUAL EQUALP] (map cl-symbol ["hash-table" "eq" "eql" "equal" "equalp"]))

(defclass table-key [tuple]
  "The identity of a key that is not plain; `key` is the key.")

(defn as-key [identity key]
  (setv k (tuple.__new__ table-key identity)
        k.key key)
  k)

;; ---- Identities: None for what is plain, or a function from a key to what is looked up instead.
;; Tuples of different sorts of keys never are equal: they have other lengths or begin with a class.

(defn by-id [x] #((id x)))
(defn by-class [x] #(x.__class__ x))
(defn by-float [x] #(x.__class__ x (copysign 1 x)))
;; Of the two, T is Python's True.
(defn of-bool [x] (if x #(bool) None))
(defn of-list [x] (if x (by-id x) None))

(defclass Kinds [dict]
  "Class -> how keys of it are looked up, found out when the first one comes; `plain` has the classes
  of those that are their own keys."
  (defn __init__ [self known find]
    (dict.__init__ self known)
    (setv self.find find
          self.plain (sfor [cls kind] (.items known) :if (is kind None) cls)))
  (defn __missing__ [self cls]
    (setv kind (self.find cls)
          (get self cls) kind)
    (when (is kind None)
      (.add self.plain cls))
    kind))

(defn plain? [cls]
  "Does Python compare objects of CLS by identity?"
  (and (is cls.__eq__ object.__eq__) (is cls.__hash__ object.__hash__)))

(defn eql-kind [cls]
  (cond
    (plain? cls) None
    (issubclass cls float) by-float
    (issubclass cls #(int complex)) by-class
    (issubclass cls keyword) None
    True by-id))

(setv BASIC {int None symbol None keyword None (type None) None Fraction None
             bool of-bool list of-list}
      eql-kinds (Kinds BASIC eql-kind))

;; Equal tables: strings are their own keys, so keywords and characters can't be.
(defn of-string [x] (text-of x))
(defn of-cons [x]
  (setv out [cons])
  (while (is x.__class__ cons)
    (.append out (equal-identity x.car))
    (setv x x.cdr))
  (.append out (equal-identity x))
  (tuple out))

(defn equal-identity [x]
  (setv kind (get equal-kinds x.__class__))
  (if (is kind None) x (kind x)))

(defn of-bits [x] #(bit-vector #* x))

(defn equal-kind [cls]
  (cond
    (issubclass cls #(character keyword)) by-class
    (issubclass cls #(str mutable-string)) of-string
    (issubclass cls bit-vector) of-bits
    (issubclass cls PurePath) None
    True (eql-kind cls)))

(setv equal-kinds (Kinds {#** BASIC
                          str None
                          keyword by-class
                          cons of-cons
                          list (fn [x] (if x (of-cons (lisp-list x)) None))}
                         equal-kind))

;; Equalp tables: numbers are their own keys, as Python compares them.
(defn equalp-identity [x]
  (setv kind (get equalp-kinds x.__class__))
  (if (is kind None) x (kind x)))

(defn of-folded [x] #(x.__class__ (downcase x)))
(defn of-folded-string [x] #(str (downcase (text-of x))))

(defn of-vector [x]
  (setv items (tuple (map equalp-identity x)))
  ;; A vector of characters is equalp to a string.
  (if (all (gfor item x (is item.__class__ character)))
      #(str (downcase (.join "" x)))
      #(list #* items)))

(defn of-array [x]
  #(lisp-array x.dimensions #* (map equalp-identity x.elements)))

(defn of-folded-cons [x]
  (setv out [cons])
  (while (is x.__class__ cons)
    (.append out (equalp-identity x.car))
    (setv x x.cdr))
  (.append out (equalp-identity x))
  (tuple out))

(defn of-table [x]
  #(dict (frozenset (gfor [k v] (.items x) #(k (equalp-identity v))))))

(defn of-structure [x]
  #(x.__class__ #* (gfor s (slots-of x) (equalp-identity (getattr x s)))))

(defn equalp-kind [cls]
  (cond
    (getattr cls "structure_slots" None) of-structure
    (issubclass cls #(int float complex)) None
    (issubclass cls keyword) by-class
    (issubclass cls character) of-folded
    (issubclass cls #(str mutable-string)) of-folded-string
    (issubclass cls #(list tuple bytes bytearray memoryview)) of-vector
    (issubclass cls lisp-array) of-array
    (issubclass cls dict) of-table
    True (equal-kind cls)))

(setv equalp-kinds (Kinds {#** BASIC
                           keyword by-class
                           cons of-folded-cons
                           list (fn [x] (if x (of-folded-cons (lisp-list x)) None))}
                          equalp-kind))

;; ---- Tables

(setv TESTS {#** (dfor [f s kinds] [[cl-eq EQ eql-kinds] [cl-eql EQL eql-kinds]
                                    [cl-equal EQUAL equal-kinds] [cl-equalp EQUALP equalp-kinds]]
                       f #(s kinds))})

(defn identity-by [test test-not]
  "A function from a key to what Python finds equal where :test TEST is true; None if TEST is none
  of the four tests of hash tables."
  (setv f (if (nil? test) cl-eql (function-of test)))
  (if (and (nil? test-not) (in f TESTS))
      (do
        (setv [_ kinds] (get TESTS f))
        (fn [key]
          (setv kind (get kinds key.__class__))
          (if (is kind None) key (kind key))))
      None))

(defclass hash-table [dict]
  "A hash table. `test` is the symbol of its test, `kinds` says how keys are looked up.

  SBCL's tables are gone through in the order of places, which are taken from the last one that was
  given back: `places` (key -> place) and `free` do as they do, from the first removal on. While
  `places` is None, that is Python's order.

  Compiled programs treat the table as a dict where the key's class is in `plain`, to look it up, or
  in `settable`, to set it."
  (setv __slots__ #("test" "kinds" "plain" "settable" "places" "free" "weakness" "size" "__weakref__"))

  (defn __init__ [self test kinds [weakness None] [size 7]]
    (setv self.test test self.kinds kinds self.plain kinds.plain self.settable kinds.plain
          self.places None self.free [] self.weakness weakness self.size size))

  (defn lookup [self key [default None]]
    "The value of KEY, or DEFAULT."
    (setv kind (get self.kinds key.__class__))
    (.get self (if (is kind None) key (kind key)) default))

  (defn put [self key value]
    "Make VALUE the value of KEY."
    (setv kind (get self.kinds key.__class__)
          k (if (is kind None) key (kind key)))
    (when (and (is-not self.places None) (not-in k self))
      (setv (get self.places k) (if self.free (.pop self.free) (len self))))
    (when (and (is k.__class__ tuple) (not-in k self))
      (setv k (as-key k key)))
    (setv (get self k) value))

  (defn remove [self key]
    "Remove the entry of KEY; was there one?"
    (setv kind (get self.kinds key.__class__)
          k (if (is kind None) key (kind key)))
    (when (not-in k self)
      (return False))
    (when (is self.places None)
      (setv self.places (dfor [i k] (enumerate self) k i)
            self.settable #{}))
    (.append self.free (.pop self.places k))
    (del (get self k))
    True)

  (defn clear [self]
    (dict.clear self)
    (setv self.places None self.free [] self.settable self.plain))

  (defn entries [self]
    "An iterator over the entries that are there now, as long as they are: (key, value)."
    (setv keys (list self))
    (when self.places
      (setv places self.places)
      (.sort keys :key (fn [k] (.get places k 0))))
    (for [k keys]
      (setv value (.get self k MISSING))
      (when (is-not value MISSING)
        (yield #((if (is k.__class__ table-key) k.key k) value))))))

(defn check-table [x]
  (if (isinstance x hash-table) x (wrong-type x HASH-TABLE)))

(defn hash-items [table]
  "The entries of TABLE, (key, value): those that are there now, as long as they are."
  (.entries (check-table table)))

(defn same-tables [a b]
  "Are the hash tables A and B equalp?"
  (and (= (len a) (len b))
       (is (getattr a "test" None) (getattr b "test" None))
       (all (gfor [k value] (.items a)
                  (and (in k b) (cl-equalp value (get b k)))))))

(defcl make-hash-table [* [test None] [size 7] [rehash-size None] [rehash-threshold None]
                        [weakness None] [synchronized None] [hash-function None]]
  "A new hash table; TEST is eq, eql, equal or equalp, eql by default. The others may be given, but
  say nothing that matters here."
  (setv f (if (nil? test) cl-eql (.get by-symbol test test)))
  (when (not-in f TESTS)
    (fail "Unknown :TEST for MAKE-HASH-TABLE: ~S" test))
  (hash-table #* (get TESTS f) weakness (max size 7)))

(setv by-symbol (dfor [f [s _]] (.items TESTS) s f))

(defcl gethash [key table [default None]]
  "The value of KEY in TABLE, or DEFAULT; and whether it is there."
  (setv kind (get (. (if (is table.__class__ hash-table) table (check-table table)) kinds)
                  key.__class__)
        value (.get table (if (is kind None) key (kind key)) MISSING))
  (if (is value MISSING)
      (tuple.__new__ values #(default None))
      (tuple.__new__ values #(value True))))

(defsetter gethash [value key table [default None]]
  (.put (check-table table) key value)
  value)

(defcl remhash [key table]
  "Remove the entry of KEY from TABLE; true if there was one."
  (if (.remove (check-table table) key) True None))

(defcl clrhash [table]
  "Remove all entries of TABLE, which is returned."
  (.clear (check-table table))
  table)

(defcl maphash [f table]
  "Call F with the key and the value of each entry of TABLE, of which it may change or remove the
  present one."
  (setv f (function-of f))
  (for [[key value] (hash-items table)]
    (f key value))
  None)

(defcl hash-table-p [x] "Is X a hash table?" (isinstance x hash-table))
(defcl hash-table-count [table] "The number of entries in TABLE." (len (check-table table)))
(defcl hash-table-test [table] "The test of TABLE, a symbol." (. (check-table table) test))
(defcl hash-table-rehash-size [table] "As in SBCL." (check-table table) 1.5)
(defcl hash-table-rehash-threshold [table] "As in SBCL." (check-table table) 1.0)

(defcl hash-table-size [table]
  "How many entries SBCL would have room for."
  (setv size (. (check-table table) size))
  (while (< size (len table))
    (setv size (* 2 size)))
  size)

(defcl sxhash [x]
  "A number that is the same for what is equal."
  (& (hash (equal-identity x)) (- (<< 1 62) 1)))

(defcl sys::hash-iterator [table]
  "As `hash-items`, for expansions."
  (hash-items table))

(defcl sys::entry-giver [table]
  "A function that gives the next entry of TABLE, true, the key and the value; or nil."
  (setv entries (hash-items table))
  (fn []
    (setv entry (next entries None))
    (if (is entry None) None (several True #* entry))))

(defcl-macro with-hash-table-iterator [binding #* body]
  (setv [name table] (elements binding)
        next-entry (symbol "NEXT-ENTRY"))
  (form (let ((~next-entry (sys::entry-giver ~table)))
          (flet ((~name () (funcall ~next-entry)))
            ~@body))))
