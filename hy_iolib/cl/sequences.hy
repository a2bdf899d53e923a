"Sequences: what lists, vectors, strings and octets have in common."

(import functools [cache])
(import itertools [chain repeat])
(import operator [gt itemgetter lt])
(import hy-iolib.lisp.conditions [type-error])
(import hy-iolib.lisp.handlers [signal-error])
(import hy-iolib.lisp.keywords [keyword])
(import hy-iolib.lisp.multiple-values [values primary-value])
(import hy-iolib.cl.arrays [vector mutable-string])
(eval-when-compile (require hy-iolib.cl.calling [true? single defsetter]))
(import hy-iolib.cl.calling [fail function-of])
(import hy-iolib.cl.classes [name-sbcl-class])
(import hy-iolib.cl.characters [character characters])
(import hy-iolib.cl.conses [cons elements lisp-list nil?])
(eval-when-compile (require hy-iolib.cl.definitions [defcl]))
(import hy-iolib.cl.definitions [functions])
(import hy-iolib.cl.equality
  [raw cl-eq cl-eql cl-equal item-test keys-of predicate-test two-place-test key-function])
(import hy-iolib.cl.errors [simple-type-error])
(import hy-iolib.cl.hash-tables [identity-by])
(import hy-iolib.cl.lists [as-conses cells items :as list-items linked])
(import hy-iolib.cl.strings
  [ABSENT ARRAY-INDEX CHARACTER check-bounds downcase index? string? text-of wrong-type])
(import hy-iolib.cl.symbols [cl-symbol symbol])
(import hy-iolib.cl.vectors
  [bit-vector check-bit cl-upgraded-array-element-type default-element expanded has-fill-pointer?
   octets-of set-element set-fill-pointer type-text unchangeable BASE-CHAR BIT OCTETS])

(export :objects [lisp-sequence-items sequence-like sequence-of-type] :macros [])

(setv SEQUENCE (cl-symbol "sequence"))

;; ---- What a sequence is

(defclass Kind []
  "A representation of sequences: `items` gives the elements of one as a Python sequence that is not
  to be changed, `make` a new sequence of elements."
  (setv __slots__ #("items" "make"))
  (defn __init__ [self items make]
    (setv self.items items self.make make)))

(defn characters-of [s]
  (list (map characters.__getitem__ s)))

(defn string-of [items]
  "The string of ITEMS, which must be characters."
  (if (all (gfor x items (is x.__class__ character)))
      (.join "" items)
      (for [x items]
        (when (is-not x.__class__ character) (wrong-type x CHARACTER)))))

(defn bits-of [items] (bit-vector (map check-bit items)))
(defn as-is [items] items)

(setv LISTS (Kind list-items lisp-list)
      STRINGS (Kind characters-of string-of)
      OCTET-VECTORS (Kind as-is octets-of)
      BITS (Kind as-is bits-of)
      VECTORS (Kind as-is vector))

(defclass Kinds [dict]
  (defn __missing__ [self cls]
    (setv kind (cond
                 (issubclass cls #(character keyword values)) None
                 (issubclass cls #(str mutable-string)) STRINGS
                 (issubclass cls OCTETS) OCTET-VECTORS
                 (issubclass cls bit-vector) BITS
                 (issubclass cls #(vector tuple)) VECTORS
                 True None)
          (get self cls) kind)
    kind))

;; Python's class -> the kind of sequence, None if it is none.
(setv kinds (Kinds {cons LISTS (type None) LISTS list LISTS}))

(defn kind-of [x]
  "The kind of the sequence X."
  (setv kind (get kinds x.__class__))
  (cond
    (is-not kind None) kind
    (nil? x) LISTS
    True (wrong-type x SEQUENCE)))

(defn lisp-sequence-items [x]
  "The elements of the sequence X, as a Python sequence that must not be changed."
  (.items (kind-of x) x))

(defn sequence-like [x items]
  "A new sequence of ITEMS, a Python list, of the sort of the sequence X."
  (.make (kind-of x) items))

(defn part [xs start end]
  "The items of XS, a Python sequence, from START to END."
  (if (and (is end None) (= start 0) (is start.__class__ int))
      xs
      (do
        (setv end (check-bounds start end (len xs)))
        (cut xs start end))))

;; ---- Types

(setv TYPE-KINDS
  (dfor [kind names] [[LISTS "list cons null"]
                      [STRINGS "string simple-string base-string simple-base-string"]
                      [VECTORS "vector simple-vector array simple-array"]
                      [BITS "bit-vector simple-bit-vector"]]
        name (.split names)
    (cl-symbol name) kind))

(setv [NULL CONS VECTOR ARRAY SIMPLE-ARRAY STAR] (map cl-symbol ["null" "cons" "vector" "array"
                                                                  "simple-array" "*"]))

(defn type-kind [spec]
  "Of SPEC, a type specifier of sequences: the kind, the element type and the length, None if any
  will do."
  (setv spec (expanded spec)
        [name #* arguments] (if (is spec.__class__ cons) (elements spec) [spec])
        kind (if (isinstance name symbol) (.get TYPE-KINDS name) None))
  (when (is kind None)
    (fail "~S is a bad type specifier for sequences." spec
          :kind simple-type-error :datum spec :expected-type SEQUENCE))
  (setv [element length #* _]
          (if (in name [VECTOR ARRAY SIMPLE-ARRAY])
              [#* arguments STAR STAR]
              [STAR #* arguments STAR])
        length (if (is length.__class__ cons) length.car length))
  (when (is kind LISTS)
    (setv length (if (is name NULL) 0 STAR)))
  (when (and (is kind VECTORS) (is-not element STAR))
    (setv element (cl-upgraded-array-element-type element)
          kind (cond
                 (in element [CHARACTER BASE-CHAR]) STRINGS
                 (is element BIT) BITS
                 (and (is element.__class__ cons) (= (list element) OCTET)) OCTET-VECTORS
                 True VECTORS)))
  #(kind element (if (is length STAR) None length)))

(setv OCTET [(cl-symbol "unsigned-byte") 8])

(defn sequence-of-type [spec items]
  "A new sequence of the type SPEC of ITEMS, a Python list."
  (setv kind (.get TYPE-KINDS spec) length None)
  (when (or (is kind None) (in spec [NULL CONS]))
    (setv [kind _ length] (type-kind spec)))
  (check-length spec length (len items))
  (.make kind items))

(defn check-length [spec wanted length]
  (when (not (or (is wanted None) (= wanted length)))
    (fail "The length requested (~S) does not match the type restriction in ~S." length spec
          :kind simple-type-error :datum length :expected-type spec)))

;; ---- Access

(defclass index-too-large-error [type-error]
  "An index that is too large for a sequence, which has the type SEQUENCE-TYPE in SBCL's words."
  (setv slots (+ type-error.slots #("sequence_type" "length")))
  (defn __str__ [self]
    (if self.sequence-type
        (.format "Invalid index {} for {}, should be a non-negative integer below {}."
                 self.datum self.sequence-type self.length)
        f"The index {self.datum} is too large for a list of length {self.length}.")))

(name-sbcl-class "SB-KERNEL" "index-too-large-error" index-too-large-error)

(defn too-large [index x]
  (setv length (cl-length x))
  (signal-error index-too-large-error
    :datum index :length length
    :expected-type (lisp-list [(cl-symbol "integer") 0 (if (> length 0)
                                                           (- length 1)
                                                           (lisp-list [0]))])
    :sequence-type (if (is (kind-of x) LISTS)
                       None
                       (+ (type-text x)
                          (if (has-fill-pointer? x) f" with fill-pointer {length}" "")))))

(defcl length [x]
  "The number of elements of the sequence X."
  (if (is (kind-of x) LISTS)
      (do
        (setv n 0 rest x)
        (while (is rest.__class__ cons)
          (setv n (+ n 1) rest rest.cdr))
        (if (is rest None) n (+ n (len (list-items rest)))))
      (len x)))

(defcl elt [x index]
  "Element number INDEX of the sequence X."
  (when (not (index? index))
    (wrong-type index ARRAY-INDEX))
  (setv kind (kind-of x))
  (cond
    (is kind LISTS) (. (cell-at x index) car)
    (< index (len x)) (if (is kind STRINGS) (get characters (get x index)) (get x index))
    True (too-large index x)))

(defn cell-at [x index]
  "The cons number INDEX of the list X."
  (setv rest (as-conses x))
  (for [_ (range index)]
    (when (is-not rest.__class__ cons) (break))
    (setv rest (as-conses rest.cdr)))
  (if (is rest None) (too-large index x) rest))

(defsetter elt [value x index]
  (when (not (index? index))
    (wrong-type index ARRAY-INDEX))
  (cond
    (is x.__class__ list) (do
      (cell-at x index)
      (setv (get x index) value))
    (is (kind-of x) LISTS) (setv (. (cell-at x index) car) value)
    (< index (len x)) (set-element x index value)
    True (too-large index x))
  value)

(defcl subseq [x start [end None]]
  "A new sequence of the elements of X from number START to END."
  (if (or (is x.__class__ str) (isinstance x mutable-string))
      (get x (slice start (check-bounds start end (len x))))
      (do
        (setv xs (lisp-sequence-items x)
              end (check-bounds start end (len xs)))
        (sequence-like x (cut xs start end)))))

(defsetter subseq [value x start [end None]]
  (cl-replace x value :start1 start :end1 end)
  value)

(defcl copy-seq [x]
  "A new sequence of the elements of X: of a string, one that can be changed."
  (if (string? x)
      (mutable-string (text-of x))
      (sequence-like x (lisp-sequence-items x))))

(defcl reverse [x]
  "A new sequence of the elements of X in reverse order."
  (cond
    (is x.__class__ str) (cut x None None -1)
    True (sequence-like x (cut (lisp-sequence-items x) None None -1))))

(defcl nreverse [x]
  "The sequence X in reverse order; X is changed."
  (cond
    (is (kind-of x) LISTS) (linked (cut (cells x) None None -1))
    (changeable? x) (do
      (setv own (storage x)
            (cut own None None) (bytes-if own (cut own None None -1)))
      x)
    True (cl-reverse x)))

;; ---- Changing sequences in place

(defn changeable? [x]
  "Can elements of the sequence X be replaced? Python's str, tuple and bytes can't be changed."
  (not (or (isinstance x #(str tuple bytes)) (getattr x "readonly" False))))

(defn storage [x]
  "What has the elements of the vector X as Python sees them."
  (if (isinstance x mutable-string) x.characters x))

(defn bytes-if [own items]
  "ITEMS, as a part of OWN can be set to them: a memoryview only takes bytes."
  (if (isinstance own memoryview) (bytes items) items))

(defn stored [x items]
  "ITEMS, a list of elements, as the storage of the vector X takes them; each is checked."
  (setv kind (kind-of x))
  (if (is kind VECTORS) items (.make kind items)))

(defn refill [x items [start 0]]
  "Make ITEMS the elements of the sequence X from number START on; X, or a new sequence if X can't
  be changed."
  (cond
    (is x.__class__ list) (do
      (setv (cut x start (+ start (len items))) items)
      x)
    (is (kind-of x) LISTS) (do
      (setv rest (as-conses x))
      (for [_ (range start)]
        (setv rest rest.cdr))
      (for [item items]
        (setv rest.car item rest rest.cdr))
      x)
    (changeable? x) (do
      (setv (cut (storage x) start (+ start (len items))) (stored x items))
      x)
    True (do
      (setv all-items (list (lisp-sequence-items x))
            (cut all-items start (+ start (len items))) items)
      (sequence-like x all-items))))

(defn check-changeable [x]
  (when (not (changeable? x))
    (unchangeable x)))

(defn shortened [x items]
  "The result of a destructive removal from the vector X: X itself if it has a fill pointer."
  (if (has-fill-pointer? x)
      (do
        (refill x items)
        (set-fill-pointer (len items) x)
        x)
      (sequence-like x items)))

(defcl fill [x item * [start 0] [end None]]
  "Replace the elements of X from START to END by ITEM; X."
  (setv end (check-bounds start end (cl-length x)))
  (check-changeable x)
  (refill x
          (if (isinstance x OCTETS)
              (* (octets-of [item]) (- end start))
              (* [item] (- end start)))
          start))

(defcl replace [target source * [start1 0] [end1 None] [start2 0] [end2 None]]
  "Replace elements of TARGET, from START1 to END1, by those of SOURCE, from START2 to END2, as many
  as both have; TARGET. They may overlap."
  (setv end1 (check-bounds start1 end1 (cl-length target))
        end2 (check-bounds start2 end2 (cl-length source))
        n (min (- end1 start1) (- end2 start2)))
  (check-changeable target)
  (cond
    (and (isinstance target OCTETS) (isinstance source OCTETS))
      (setv (cut target start1 (+ start1 n)) (bytes (cut source start2 (+ start2 n))))
    (and (isinstance target mutable-string) (string? source))
      (setv (cut target.characters start1 (+ start1 n)) (get source (slice start2 (+ start2 n))))
    True (refill target (list (cut (lisp-sequence-items source) start2 (+ start2 n))) start1))
  target)

;; ---- Making sequences

(defcl make-sequence [type size * [initial-element ABSENT]]
  "A sequence of the type TYPE of SIZE elements."
  (setv [kind upgraded length] (type-kind type))
  (when (not (index? size))
    (wrong-type size ARRAY-INDEX))
  (check-length type length size)
  (setv items (* [(cond
                    (is-not initial-element ABSENT) initial-element
                    (is kind LISTS) None
                    (is kind STRINGS) (get characters "\0")
                    True (default-element upgraded))]
                 size))
  (if (is kind STRINGS)
      (mutable-string (string-of items))
      (.make kind items)))

(setv PYTHON-TYPE type JUST-STR #{str})

(defcl concatenate [type #* sequences]
  "A new sequence of the type TYPE of the elements of all SEQUENCES."
  (if (and (is (.get TYPE-KINDS type) STRINGS) (= #{#* (map PYTHON-TYPE sequences)} JUST-STR))
      (.join "" sequences)
      (sequence-of-type type (list (chain.from-iterable (map lisp-sequence-items sequences))))))

(defn rows [sequences]
  (zip #* (map lisp-sequence-items sequences)))

(defcl map [type f sequence #* more]
  "A sequence of the type TYPE of what F gives for the elements of sequences, side by side; nil if
  TYPE is."
  (setv f (function-of f))
  (if (nil? type)
      (do
        (if more
            (for [row (rows #(sequence #* more))] (f #* row))
            (for [x (lisp-sequence-items sequence)] (f x)))
        None)
      (do
        (setv out (if more
                      (lfor row (rows #(sequence #* more)) (single (f #* row)))
                      (lfor x (lisp-sequence-items sequence) (single (f x)))))
        (when (and (not out) (is type CONS))
          (fail "MAP result ~S is not a sequence of type ~S" None type
                :kind simple-type-error :datum None :expected-type type))
        (sequence-of-type type out))))

(defcl map-into [result f #* sequences]
  "Replace the elements of RESULT by what F gives for the elements of SEQUENCES, side by side;
  RESULT, of which the fill pointer is set."
  (setv f (function-of f)
        room (+ (cl-length result) (len (or (getattr result "spare" None) #())))
        out [])
  (for [row (if sequences (rows sequences) (repeat #()))]
    (when (= (len out) room) (break))
    (.append out (single (f #* row))))
  (when (has-fill-pointer? result)
    (set-fill-pointer (len out) result))
  (check-changeable result)
  (refill result out)
  result)

(defcl reduce [f sequence * [from-end None] [start 0] [end None] [initial-value ABSENT] [key None]]
  "What F gives when it is called with what it gave before and each of the elements, from the left
  or, if FROM-END, from the right with its arguments the other way round."
  (setv f (function-of f)
        key (key-function key)
        xs (part (lisp-sequence-items sequence) start end)
        from-end (not (nil? from-end))
        quick (if (or key from-end) None (of-integers f xs initial-value)))
  (when (is-not quick None)
    (return quick))
  (setv xs (if from-end (reversed xs) xs)
        xs (iter (if key (map key xs) xs))
        result (if (is initial-value ABSENT) (next xs ABSENT) initial-value))
  (cond
    (is result ABSENT) (f)
    from-end (do
      (for [x xs] (setv result (single (f x result))))
      result)
    True (do
      (for [x xs] (setv result (single (f result x))))
      result)))

(setv WHOLE #(#("+" sum) #("max" max) #("min" min)))

(defn of-integers [f xs initial-value]
  "What F gives of XS one after the other, where all of them are integers, and Python knows that of
  all at once; else None."
  (setv whole (.get (by-function WHOLE) f))
  (when whole
    (setv xs (if (is initial-value ABSENT) xs [initial-value #* xs]))
    (if (= (set (map type xs)) #{int}) (whole xs) None)))

(defn [cache] by-function [rows]
  "A dict of ROWS, pairs the first of which is a function's name, by these functions; which are there when
  all modules are."
  (dfor [name row] rows (get functions name) row))

;; ---- Predicates of all or some elements

(defn calls [f sequences]
  "What F gives for the elements of SEQUENCES, side by side, one after the other."
  (setv f (function-of f))
  (if (= (len sequences) 1)
      (map f (lisp-sequence-items (get sequences 0)))
      (map f #* (map lisp-sequence-items sequences))))

(defcl every [f #* sequences]
  "Is F true of all elements of SEQUENCES, side by side?"
  (for [x (calls f sequences)]
    (when (not (true? x)) (return None)))
  True)

(defcl some [f #* sequences]
  "The first value that F gives for elements of SEQUENCES, side by side, and is not nil."
  (for [x (calls f sequences)]
    (when (true? x) (return (single x))))
  None)

(defcl notany [f #* sequences]
  "Is F true of no elements of SEQUENCES, side by side?"
  (if (is (cl-some f #* sequences) None) True None))

(defcl notevery [f #* sequences]
  "Is F not true of some elements of SEQUENCES, side by side?"
  (if (is (cl-every f #* sequences) None) True None))

;; ---- Operators that look for elements

(defn quick? [item sequence test test-not key]
  "Can Python itself look for ITEM in SEQUENCE: a character in a string, an octet among octets?"
  (and (or (and (is sequence.__class__ str) (is item.__class__ character))
           (and (is sequence.__class__ bytearray) (is item.__class__ int) (<= 0 item 255)))
       (is key None)
       (is test-not None)
       (or (is test None) (exact? (function-of test)))))

(setv EXACT #{cl-eq cl-eql cl-equal})

(defn exact? [test]
  "Does TEST, a function, say of two characters, or integers, whether they are the same?"
  (or (in test EXACT) (is test (.get functions "char="))))

(defmacro defmatching [name before keys doc quick #* body]
  "Define NAME, NAME-if and NAME-if-not, with parameters BEFORE the item or the predicate, and KEYS.
  In the body `matches` says of an element whether it is meant. QUICK, unless it is None, is what is
  done before where `quick?` is true."
  (setv [by-item if-true if-false] (map hy.models.Symbol [name f"{name}-if" f"{name}-if-not"])
        common `[~@keys [from-end None] [start 0] [end None] [key None]])
  `(do
     (defcl ~by-item [~@before item sequence * [test None] [test-not None] ~@common]
       ~(.format doc "match ITEM")
       ~@(if (= quick 'None)
             []
             [`(when (quick? item sequence test test-not key) ~quick)])
       (setv matches (item-test item test test-not key))
       ~@body)
     (defcl ~if-true [~@before predicate sequence * ~@common]
       ~(.format doc "satisfy PREDICATE")
       (setv matches (predicate-test predicate key))
       ~@body)
     (defcl ~if-false [~@before predicate sequence * ~@common]
       ~(.format doc "don't satisfy PREDICATE")
       (setv matches (predicate-test predicate key True))
       ~@body)))

(defn first-match [matches sequence from-end start end]
  "The index of the first element that MATCHES, and the element; of the last if FROM-END."
  (setv kind (kind-of sequence)
        xs (.items kind sequence))
  (when (is kind LISTS)
    (return (first-in-list matches sequence xs from-end start end)))
  (setv end (check-bounds start end (len xs)))
  (for [i (if (nil? from-end) (range start end) (range (- end 1) (- start 1) -1))]
    (setv x (get xs i))
    (when (matches x)
      (return #(i x))))
  #(None None))

;; SBCL looks at a list from its beginning in any case, and only at the list's end does it see that
;; END is behind that.
(defn first-in-list [matches sequence xs from-end start end]
  (setv found #(None None) n (len xs) limit (if (nil? end) n end))
  (when (or (not (index? start)) (not (index? limit)) (and (> start limit) (not (nil? end))))
    (check-bounds start end n))
  (for [[i x] (enumerate (if (and (= start 0) (>= limit n)) xs (cut xs start limit)) start)]
    (when (matches x)
      (setv found #(i x))
      (when (nil? from-end)
        (return found))))
  (when (> limit n)
    (check-bounds start end n))
  found)

(defn quick-position [item sequence from-end start end]
  (setv end (check-bounds start end (len sequence))
        i ((if (nil? from-end) sequence.find sequence.rfind) item start end))
  (if (= i -1) None i))

(defmatching find [] [] "The first of those elements of SEQUENCE that {}, or nil."
  (return (if (is (quick-position item sequence from-end start end) None) None item))
  (get (first-match matches sequence from-end start end) 1))

(defmatching position [] [] "The index of the first of those elements of SEQUENCE that {}, or nil."
  (return (quick-position item sequence from-end start end))
  (get (first-match matches sequence from-end start end) 0))

(defmatching count [] [] "The number of elements of SEQUENCE that {}."
  (do
    (setv end (check-bounds start end (len sequence)))
    (return (.count sequence item start end)))
  (setv xs (part (lisp-sequence-items sequence) start end))
  (sum (map matches (if (nil? from-end) xs (reversed xs)))))

(defn matching-indices [matches xs from-end start end count]
  "The indices of those items of XS that MATCHES; not more than COUNT."
  (setv end (check-bounds start end (len xs))
        indices (if (nil? from-end) (range start end) (range (- end 1) (- start 1) -1))
        found (set))
  (when (not (nil? count))
    (when (not (isinstance count int))
      (wrong-type count (cl-symbol "integer"))))
  (for [i indices]
    (when (and (not (nil? count)) (>= (len found) count)) (break))
    (when (matches (get xs i))
      (.add found i)))
  found)

(defn without [matches xs from-end start end count]
  "A list of the items of XS without those that MATCHES."
  (if (and (nil? count) (nil? from-end) (nil? end) (= start 0))
      (lfor x xs :if (not (matches x)) x)
      (do
        (setv gone (matching-indices matches xs from-end start end count))
        (lfor [i x] (enumerate xs) :if (not-in i gone) x))))

(defmatching remove [] [[count None]]
  "A new sequence of the elements of SEQUENCE, without those that {}, or the first COUNT of them."
  (when (and (is sequence.__class__ str) (is count None) (= start 0) (is end None))
    (return (.replace sequence item "")))
  (sequence-like sequence
                 (without matches (lisp-sequence-items sequence) from-end start end count)))

(defmatching delete [] [[count None]]
  "SEQUENCE without those elements that {}, or without the first COUNT of them. It may be changed."
  None
  (if (is (kind-of sequence) LISTS)
      (do
        (setv all-cells (cells sequence)
              gone (matching-indices matches (lfor c all-cells c.car) from-end start end count))
        (linked (lfor [i c] (enumerate all-cells) :if (not-in i gone) c)))
      (shortened sequence
                 (without matches (lisp-sequence-items sequence) from-end start end count))))

(defn substituted [new matches sequence from-end start end count]
  (setv xs (list (lisp-sequence-items sequence)))
  (for [i (matching-indices matches xs from-end start end count)]
    (setv (get xs i) new))
  xs)

(defmatching substitute [new] [[count None]]
  "A new sequence of the elements of SEQUENCE, with NEW for those that {}, or the first COUNT."
  (when (and (is sequence.__class__ str) (is new.__class__ character) (is count None)
             (= start 0) (is end None))
    (return (.replace sequence item new)))
  (sequence-like sequence (substituted new matches sequence from-end start end count)))

(defmatching nsubstitute [new] [[count None]]
  "SEQUENCE with NEW for the elements that {}, or the first COUNT of them. It may be changed."
  None
  (refill sequence (substituted new matches sequence from-end start end count)))

;; ---- Duplicates

(defn without-duplicates [xs test test-not from-end start end key]
  "The indices of those items of XS that have no equal behind them, before them if FROM-END."
  (setv same (two-place-test test test-not)
        key (key-function key)
        end (check-bounds start end (len xs))
        from-end (not (nil? from-end))
        keys (if key (lfor x (cut xs start end) (key x)) (list (cut xs start end)))
        identity (identity-by test test-not)
        kept [])
  (cond
    (and identity (> (len keys) 20))
      (do
        (setv places {} identities (list (map identity keys)))
        (for [[i k] (enumerate identities)]
          (if from-end (.setdefault places k i) (setv (get places k) i)))
        (setv kept (sorted (.values places))))
    True
      (for [[i k] (enumerate keys)]
        (when (not (any (if from-end
                            (gfor j kept (same k (get keys j)))
                            (gfor other (cut keys (+ i 1) None) (same k other)))))
          (.append kept i))))
  (chain (range start) (gfor i kept (+ start i)) (range end (len xs))))

(defcl remove-duplicates [sequence * [test None] [test-not None] [from-end None] [start 0]
                          [end None] [key None]]
  "A new sequence of the elements of SEQUENCE without those that match a later one, or an earlier
  one if FROM-END."
  (setv xs (lisp-sequence-items sequence))
  (sequence-like sequence
                 (lfor i (without-duplicates xs test test-not from-end start end key) (get xs i))))

(defcl delete-duplicates [sequence * [test None] [test-not None] [from-end None] [start 0]
                          [end None] [key None]]
  "As remove-duplicates; SEQUENCE may be changed."
  (if (is (kind-of sequence) LISTS)
      (do
        (setv all-cells (cells sequence)
              xs (lfor c all-cells c.car))
        (linked (lfor i (without-duplicates xs test test-not from-end start end key)
                      (get all-cells i))))
      (do
        (setv xs (lisp-sequence-items sequence))
        (shortened sequence
                   (lfor i (without-duplicates xs test test-not from-end start end key)
                         (get xs i))))))

;; ---- Comparing and searching

(defcl mismatch [a b * [from-end None] [test None] [test-not None] [key None]
                 [start1 0] [end1 None] [start2 0] [end2 None]]
  "The index in A of the first element that does not match its counterpart in B, or one more than
  the last one's if FROM-END; nil if there is none."
  (setv same (two-place-test test test-not)
        key (key-function key)
        xs (lisp-sequence-items a) ys (lisp-sequence-items b)
        end1 (check-bounds start1 end1 (len xs))
        end2 (check-bounds start2 end2 (len ys))
        m (- end1 start1) n (- end2 start2))
  (for [i (range (min m n))]
    (setv [j k] (if (nil? from-end)
                    #((+ start1 i) (+ start2 i))
                    #((- end1 i 1) (- end2 i 1)))
          x (get xs j) y (get ys k))
    (when (not (same (if key (key x) x) (if key (key y) y)))
      (return (if (nil? from-end) j (+ j 1)))))
  (cond
    (= m n) None
    (nil? from-end) (+ start1 (min m n))
    True (- end1 (min m n))))

(defcl search [a b * [from-end None] [test None] [test-not None] [key None]
               [start1 0] [end1 None] [start2 0] [end2 None]]
  "The index at which B first has what matches A, or last if FROM-END; nil if it has not."
  (setv test (if (nil? test) None (function-of test))
        folded (is test (.get functions "char-equal")))
  (if (and (string? a) (string? b) (nil? key) (nil? test-not)
           (or (is test None) folded (exact? test)))
      (do
        (setv fold (if folded downcase str)
              text (fold (text-of a))
              text (cut text start1 (check-bounds start1 end1 (len text))))
        (quick-position text (fold (text-of b)) from-end start2 end2))
      (do
        (setv same (two-place-test test test-not)
              key (key-function key)
              xs (part (lisp-sequence-items a) start1 end1)
              ys (lisp-sequence-items b)
              end2 (check-bounds start2 end2 (len ys))
              starts (range start2 (+ (- end2 (len xs)) 1))
              xs (if key (list (map key xs)) xs))
        (for [i (if (nil? from-end) starts (reversed starts))]
          (when (all (gfor [j x] (enumerate xs)
                           (same x (if key (key (get ys (+ i j))) (get ys (+ i j))))))
            (return i)))
        None)))

;; ---- Sorting

;; As SBCL does it, so that what a test sees and what becomes of equal elements is the same: lists
;; and stable-sort by merging, vectors by a heap. What is sorted are nodes: a key, the element and
;; the cons that had it.

(defn ordering [f nodes]
  "A Python function that says of keys of NODES whether the function F is true of them. Where all of
  them are integers, or strings, it may be one of Python's."
  (or (quick-order f (lfor node nodes (get node 0)))
      (fn [a b] (true? (f a b)))))

(setv QUICK #(#("<" #(int lt)) #(">" #(int gt)) #("string<" #(str lt)) #("string>" #(str gt))
              #("char<" #(character lt)) #("char>" #(character gt))))

(defn merged [before a b]
  "The nodes of the sorted lists A and B, those of A first where neither is BEFORE the other."
  (setv out [] i 0 j 0)
  (while (and (< i (len a)) (< j (len b)))
    (if (before (get b j 0) (get a i 0))
        (do (.append out (get b j)) (+= j 1))
        (do (.append out (get a i)) (+= i 1))))
  (+ out (cut a i None) (cut b j None)))

(defn exchange [a b]
  "The elements of the nodes A and B change places, the conses stay."
  (setv [(cut a 2) (cut b 2)] [(cut b 2) (cut a 2)]))

(defn merge-sorted [before xs]
  "The nodes XS, a list, sorted."
  (setv n (len xs))
  (cond
    (<= n 1) xs
    (= n 2) (do
      (setv [x y] xs)
      (when (before (get y 0) (get x 0)) (exchange x y))
      xs)
    (= n 3) (do
      (setv [x y z] xs)
      (when (before (get y 0) (get x 0)) (exchange x y))
      (when (before (get z 0) (get y 0))
        (setv first (before (get z 0) (get x 0)))
        (exchange y z)
        (when first (exchange x y)))
      xs)
    True (do
      (setv a (merge-sorted before (cut xs (// n 2)))
            b (merge-sorted before (cut xs (// n 2) None)))
      (cond
        (and (>= n 8) (not (before (get b 0 0) (get a -1 0)))) (+ a b)
        (and (>= n 8) (before (get b -1 0) (get a 0 0))) (+ b a)
        True (merged before a b)))))

(defn heap-sort [before xs]
  "Sort the list XS of nodes, as SBCL sorts vectors."
  (setv size (len xs))
  (defn sift [i size]
    ;; Places are counted from 1.
    (setv node (get xs (- i 1)) k (get node 0))
    (while (<= (* 2 i) size)
      (setv left (* 2 i) largest i largest-key k)
      (when (before k (get xs (- left 1) 0))
        (setv largest left largest-key (get xs (- left 1) 0)))
      (when (and (< left size) (before largest-key (get xs left 0)))
        (setv largest (+ left 1)))
      (when (= largest i)
        (return))
      (setv (get xs (- i 1)) (get xs (- largest 1))
            (get xs (- largest 1)) node
            i largest)))
  (for [i (range (// size 2) 0 -1)]
    (sift i size))
  (for [last (range size 1 -1)]
    (setv [(get xs 0) (get xs (- last 1))] [(get xs (- last 1)) (get xs 0)])
    (sift 1 (- last 1))))

(defn nodes [xs key [cells None]]
  (setv key (key-function key))
  (lfor [x c] (zip xs (or cells (repeat None)))
        [(if key (key x) x) x c]))

(setv first (itemgetter 0))

(defn quick-order [f keys]
  "Of the function F Python's own that says the same of KEYS: lt, gt or None."
  (setv [cls quick] (.get (by-function QUICK) f #(None None)))
  (if (and cls (= (set (map type keys)) #{cls})) quick None))

(defn smallest-parts [n]
  "How many elements the parts have, not more than three, that `merge-sorted` makes of N."
  (setv sizes [n])
  (while (> (max sizes) 3)
    (setv sizes (lfor size sizes
                      half (if (> size 3) [(// size 2) (- size (// size 2))] [size])
                      half)))
  sizes)

(defn sort-conses [cells f key]
  "The conses CELLS as `merge-sorted` sorts them, where Python's own sort can do it: in the smallest
  parts elements change places, then conses do."
  (setv xs (lfor c cells c.car)
        keys (keys-of xs key)
        before (and keys (quick-order f keys)))
  (when before
    (setv keys (list keys) backwards (is before gt) i 0)
    (for [n (smallest-parts (len cells))]
      (when (or (and (> n 1) (before (get keys (+ i 1)) (get keys i)))
                (and (> n 2) (before (get keys (+ i 2)) (get keys (+ i 1)))))
        (setv order (sorted (range i (+ i n)) :key keys.__getitem__ :reverse backwards)
              (cut keys i (+ i n)) (lfor place order (get keys place)))
        (for [[c place] (zip (cut cells i (+ i n)) order)]
          (setv c.car (get xs place))))
      (+= i n))
    (lfor place (sorted (range i) :key keys.__getitem__ :reverse backwards) (get cells place))))

(defn merge-conses [cells f key]
  "The conses CELLS, sorted. Not by Python's sort: which cons is where afterwards shows in the list
  that was given."
  (setv all-nodes (nodes (lfor c cells c.car) key cells)
        all-nodes (merge-sorted (ordering f all-nodes) all-nodes))
  (for [[_ x c] all-nodes]
    (setv c.car x))
  (lfor [_ _ c] all-nodes c))

(defn sort [sequence f key stable]
  (setv f (raw (function-of f))
        kind (kind-of sequence))
  (if (is kind LISTS)
      (do
        (setv all-cells (cells sequence))
        (linked (cond
                  (< (len all-cells) 2) all-cells
                  (setx sorted-cells (sort-conses all-cells f key)) sorted-cells
                  True (merge-conses all-cells f key))))
      (do
        (setv all-nodes (nodes (.items kind sequence) key)
              before (ordering f all-nodes))
        (cond
          stable (setv all-nodes (merge-sorted before all-nodes))
          ;; Of integers and of characters it can't be seen how they were sorted, nor where all keys
          ;; are different.
          (and (in before [lt gt])
               (or (nil? key) (= (len (sfor node all-nodes (get node 0))) (len all-nodes))))
            (.sort all-nodes :key first :reverse (is before gt))
          True (heap-sort before all-nodes))
        (refill sequence (lfor [_ x _] all-nodes x)))))

(defcl sort [sequence predicate * [key None]]
  "The elements of SEQUENCE in the order that PREDICATE says; SEQUENCE is changed."
  (sort sequence predicate key False))

(defcl stable-sort [sequence predicate * [key None]]
  "The elements of SEQUENCE in the order that PREDICATE says, equal ones as they were; SEQUENCE is
  changed."
  (sort sequence predicate key True))

(defcl merge [type a b predicate * [key None]]
  "A sequence of the type TYPE of the elements of A and B, which are sorted by PREDICATE."
  (setv a (nodes (lisp-sequence-items a) key)
        b (nodes (lisp-sequence-items b) key)
        all-nodes (merged (ordering (function-of predicate) (+ a b)) a b))
  (sequence-of-type type (lfor [_ x _] all-nodes x)))
