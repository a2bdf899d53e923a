"Arrays and vectors: making them, their elements, fill pointers, dimensions and element types."

(import math [prod])
(import hy-iolib.lisp.multiple-values [values])
(import hy-iolib.cl.arrays
  [vector adjustable-vector octet-vector mutable-string lisp-array])
(eval-when-compile (require hy-iolib.cl.calling [defsetter]))
(import hy-iolib.cl.calling [fail several])
(import hy-iolib.cl.characters [character characters])
(import hy-iolib.cl.conses [cons elements lisp-list nil?])
(eval-when-compile (require hy-iolib.cl.definitions [defcl]))
(import hy-iolib.cl.definitions [functions])
(import hy-iolib.cl.errors [simple-type-error])
(import hy-iolib.cl.strings
  [ABSENT ARRAY-INDEX CHARACTER bad-index check-character index? string? wrong-type])
(import hy-iolib.cl.symbols [cl-symbol])

(export :objects [bit-vector set-aref] :macros [])

(defclass bit-vector [vector]
  "A simple vector of bits."
  (setv __slots__ #()))

(defclass adjustable-bit-vector [adjustable-vector bit-vector]
  "A vector of bits with a fill pointer."
  (setv __slots__ #()))

(setv [AND ARRAY BASE-CHAR BIT FIXNUM INTEGER LIST MOD NOT OR SIGNED-BYTE SIMPLE-ARRAY SIMPLE-VECTOR
       SINGLE-FLOAT DOUBLE-FLOAT UNSIGNED-BYTE VECTOR STAR]
        (map cl-symbol ["and" "array" "base-char" "bit" "fixnum" "integer" "list" "mod" "not" "or"
                        "signed-byte" "simple-array" "simple-vector" "single-float" "double-float"
                        "unsigned-byte" "vector" "*"])
      OCTET (lisp-list [UNSIGNED-BYTE 8])
      DIMENSIONS (lisp-list [OR LIST ARRAY-INDEX])
      WITH-FILL-POINTER (lisp-list [AND VECTOR (lisp-list [NOT SIMPLE-ARRAY])])
      ;; Whatever has elements by number, strings apart; `values` is a tuple, too, but no value.
      VECTORS #(vector tuple bytearray bytes memoryview)
      OCTETS #(bytearray bytes memoryview))

(defn vector? [x]
  (or (string? x) (and (isinstance x VECTORS) (not (isinstance x values)))))

(defn check-vector [x]
  (if (vector? x) x (wrong-type x VECTOR)))

(defn check-array [x]
  (if (or (isinstance x lisp-array) (vector? x)) x (wrong-type x ARRAY)))

;; ---- Element types

(defn expanded [spec]
  "SPEC, a type specifier, without names that programs gave to types."
  (setv expand (.get functions "sys::expand-type"))
  (if expand (expand spec) spec))

(setv CHARACTER-TYPES (set (map cl-symbol ["character" "base-char" "standard-char"
                                           "extended-char"]))
      SINGLE-FLOATS (set (map cl-symbol ["single-float" "short-float" "float"]))
      DOUBLE-FLOATS (set (map cl-symbol ["double-float" "long-float"]))
      INFINITE (float "inf")
      ;; As SBCL has them: the type, and its least and greatest integer.
      INTEGER-TYPES [#(BIT 0 1)
                     #* (gfor n [2 4 7 8 15 16 31 32 62 63 64]
                              #((lisp-list [UNSIGNED-BYTE n]) 0 (- (<< 1 n) 1)))
                     #* (gfor n [8 16 32]
                              #((lisp-list [SIGNED-BYTE n])
                                (- (<< 1 (- n 1)))
                                (- (<< 1 (- n 1)) 1)))
                     #(FIXNUM (- (<< 1 62)) (- (<< 1 62) 1))
                     #((lisp-list [SIGNED-BYTE 64]) (- (<< 1 63)) (- (<< 1 63) 1))])

(defn integer-bounds [spec]
  "The least and the greatest integer of the type SPEC; None if that is no type of integers."
  (setv [name #* arguments] (if (is spec.__class__ cons) (elements spec) [spec])
        [low high #* _] [#* arguments STAR STAR])
  (cond
    (is name BIT) #(0 1)
    (is name FIXNUM) #((- (<< 1 62)) (- (<< 1 62) 1))
    (is name INTEGER) #((bound low (- INFINITE) 1) (bound high INFINITE -1))
    (is name MOD) #(0 (- low 1))
    (is name UNSIGNED-BYTE) #(0 (if (is low STAR) INFINITE (- (<< 1 low) 1)))
    (is name SIGNED-BYTE) (if (is low STAR)
                              #((- INFINITE) INFINITE)
                              #((- (<< 1 (- low 1))) (- (<< 1 (- low 1)) 1)))
    True None))

(defn bound [x infinite step]
  ;; (n) is a bound that does not belong to the type.
  (cond
    (is x STAR) infinite
    (is x.__class__ cons) (+ x.car step)
    True x))

(defcl upgraded-array-element-type [spec [environment None]]
  "The element type that arrays have in SBCL when they are made for elements of the type SPEC."
  (setv spec (expanded spec))
  (cond
    (nil? spec) None
    (is spec CHARACTER) CHARACTER
    (in spec CHARACTER-TYPES) BASE-CHAR
    (in spec SINGLE-FLOATS) SINGLE-FLOAT
    (in spec DOUBLE-FLOATS) DOUBLE-FLOAT
    True (do
      (setv bounds (integer-bounds spec))
      (when bounds
        (setv [low high] bounds)
        (for [[name least greatest] INTEGER-TYPES]
          (when (<= least low high greatest)
            (return name))))
      True)))

(defn default-element [upgraded]
  (cond
    (in upgraded [CHARACTER BASE-CHAR]) (get characters "\0")
    (is upgraded SINGLE-FLOAT) 0.0
    (is upgraded DOUBLE-FLOAT) (do
      (import hy-iolib.cl.numbers [double-float])
      (double-float 0.0))
    True 0))

(defcl array-element-type [array]
  "The type of the elements of ARRAY: character, bit, (unsigned-byte 8) or t."
  (cond
    (string? array) CHARACTER
    (isinstance array OCTETS) (lisp-list [UNSIGNED-BYTE 8])
    (isinstance array bit-vector) BIT
    True (do (check-array array) True)))

;; ---- Making arrays

(defcl make-array [dimensions * [element-type True] [initial-element ABSENT]
                   [initial-contents ABSENT] [adjustable None] [fill-pointer None]
                   [displaced-to None] [displaced-index-offset 0]]
  "An array of DIMENSIONS, an integer or a list of such. Of characters it is a string, of octets a
  bytearray. Elements that nobody gives are 0, or the null character."
  (setv sizes (sizes-of dimensions)
        rank (len sizes)
        size (prod sizes)
        upgraded (cl-upgraded-array-element-type element-type)
        given (is-not initial-element ABSENT)
        contents (is-not initial-contents ABSENT))
  (when (and given contents)
    (fail "Can't specify both :INITIAL-ELEMENT and :INITIAL-CONTENTS"))
  (when (and (!= rank 1) (not (nil? fill-pointer)))
    (fail "Only vectors can have fill pointers."))
  (when (not (nil? displaced-to))
    (return (displaced sizes displaced-to displaced-index-offset fill-pointer)))
  (setv items (cond
                contents (contents-of initial-contents sizes)
                given (* [initial-element] size)
                True (* [(default-element upgraded)] size)))
  (if (= rank 1)
      (new-vector upgraded items (active-length fill-pointer size) (not (nil? adjustable)))
      (lisp-array sizes (vector items))))

(defn sizes-of [dimensions]
  "The dimensions of an array, an integer or a list of such, as a tuple."
  (cond
    (index? dimensions) #(dimensions)
    (or (nil? dimensions) (isinstance dimensions #(cons list)))
      (tuple (gfor n (elements dimensions)
                   (if (index? n) n (wrong-type n ARRAY-INDEX))))
    True (wrong-type dimensions DIMENSIONS)))

(defn active-length [fill-pointer size]
  "What FILL-POINTER says of a vector of SIZE elements: None if it has no fill pointer."
  (cond
    (nil? fill-pointer) None
    (is fill-pointer True) size
    (not (index? fill-pointer)) (wrong-type fill-pointer ARRAY-INDEX)
    (<= fill-pointer size) fill-pointer
    True (fail (+ "Can't supply a value for :FILL-POINTER (~S) that is larger than the size of the "
                  "vector (~S)")
               fill-pointer size)))

(defn contents-of [contents sizes]
  "The elements of CONTENTS, sequences nested as deep as SIZES is long, in row-major order."
  (setv level [contents])
  (for [[axis size] (enumerate sizes)]
    (setv next-level [])
    (for [x level]
      (setv items (list (if (vector? x) (lisp-elements x) (elements x))))
      (when (!= (len items) size)
        (if (= (len sizes) 1)
            (fail "There are ~W elements in the :INITIAL-CONTENTS, but the vector length is ~W."
                  (len items) size)
            (fail "malformed :INITIAL-CONTENTS: Dimension of axis ~W is ~W, but ~S is ~W long."
                  axis size x (len items))))
      (.extend next-level items))
    (setv level next-level))
  level)

(defn lisp-elements [v]
  "An iterable of the elements of the vector V: of a string, characters."
  (if (string? v) (map characters.__getitem__ v) v))

(defn octets-of [items]
  "A bytearray of ITEMS, which must be octets."
  (try
    (bytearray items)
    (except [[ValueError TypeError]]
      (for [x items]
        (check-octet x)))))

(defn check-octet [x]
  (if (and (index? x) (< x 256)) x (wrong-type x OCTET)))

(defn check-bit [x]
  (if (and (index? x) (< x 2)) x (wrong-type x BIT)))

(defn new-vector [upgraded items active adjustable]
  "A vector of ITEMS, a list, for elements of the type UPGRADED. ACTIVE is its fill pointer, if it
  has one."
  (setv has-fill-pointer (is-not active None))
  (when has-fill-pointer
    (setv spare (cut items active None)
          spare (cut spare None None -1)
          items (cut items active)))
  (cond
    (in upgraded [CHARACTER BASE-CHAR])
      (do
        (for [x items] (check-character x))
        (mutable-string items (if has-fill-pointer spare None)))
    (and (is upgraded.__class__ cons) (is upgraded.car UNSIGNED-BYTE) (= upgraded.cdr.car 8))
      (do
        (setv items (octets-of items))
        (cond
          has-fill-pointer (octet-vector items spare)
          adjustable (without-fill-pointer (octet-vector items))
          True items))
    (and has-fill-pointer (is upgraded BIT)) (adjustable-bit-vector (map check-bit items) spare)
    has-fill-pointer (adjustable-vector items spare)
    adjustable (without-fill-pointer (adjustable-vector items))
    (is upgraded BIT) (bit-vector (map check-bit items))
    True (vector items)))

(defn without-fill-pointer [v]
  (setv v.spare None)
  v)

(defn displaced [sizes target offset fill-pointer]
  "What shares its elements with TARGET, from the one number OFFSET on: for octets, and where it has
  all of them."
  (setv size (prod sizes)
        source (if (isinstance target lisp-array) target.elements (check-vector target)))
  (when (> (+ offset size) (len source))
    (fail "The :DISPLACED-TO array is too small."))
  (setv whole (and (= offset 0) (= size (len source))))
  (cond
    (not (nil? fill-pointer)) (displacing-refused target)
    (!= (len sizes) 1) (if (and whole (isinstance source vector))
                           (lisp-array sizes source)
                           (displacing-refused target))
    whole source
    (isinstance source OCTETS) (cut (memoryview source) offset (+ offset size))
    ;; What can't be changed needs not be shared.
    (isinstance source #(str tuple)) (cut source offset (+ offset size))
    True (displacing-refused target)))

(defn displacing-refused [target]
  (fail "A part of ~S can't be shared: only octets can be displaced to in part." target))

(defcl vector [#* items]
  "A vector of ITEMS."
  (vector items))

;; ---- Elements

(defn place [array index]
  "The Python sequence in which element number INDEX of the vector ARRAY is, and its index there.
  What is behind a fill pointer can be accessed, too."
  (setv active (cond
                 (isinstance array mutable-string) array.characters
                 (vector? array) array
                 (isinstance array lisp-array) (wrong-rank 1 array)
                 True (wrong-type array ARRAY))
        spare (or (getattr array "spare" None) #())
        size (+ (len active) (len spare)))
  (cond
    (not (and (index? index) (< index size))) (bad-index index size (type-text array True))
    (< index (len active)) #(active index)
    True #(spare (- size 1 index))))

(defn type-text [array [simple False]]
  "SBCL's name of the type of ARRAY or, if SIMPLE, of what has its elements."
  (setv sizes (dimensions-of array)
        size (.join " " (map str sizes))
        element (cond
                  (string? array) "CHARACTER"
                  (isinstance array OCTETS) "(UNSIGNED-BYTE 8)"
                  True "T"))
  (cond
    (isinstance array bit-vector) f"(SIMPLE-BIT-VECTOR {size})"
    (and (not simple) (or (isinstance array #(adjustable-vector octet-vector))
                          (has-fill-pointer? array)))
      f"(VECTOR {element} {size})"
    (and (= element "T") (= (len sizes) 1)) f"(SIMPLE-VECTOR {size})"
    True f"(SIMPLE-ARRAY {element} ({size}))"))

(defn wrong-rank [given array]
  (wrong-type array (lisp-list [ARRAY STAR (lisp-list (* [STAR] given))])))

(defn row-major-index [array subscripts]
  (setv sizes (dimensions-of (check-array array)) result 0)
  (when (!= (len sizes) (len subscripts))
    (wrong-rank (len subscripts) array))
  (for [[i size] (zip subscripts sizes)]
    (when (not (and (index? i) (< i size)))
      (bad-index i size (type-text array True)))
    (setv result (+ (* result size) i)))
  result)

(defcl aref [array #* subscripts]
  "The element of ARRAY at SUBSCRIPTS."
  (if (= (len subscripts) 1)
      (element array (get subscripts 0))
      (do
        (setv i (row-major-index array subscripts))
        (get array.elements i))))

;; Vectors by their exact classes: the usual ones take the short way.
(setv STRINGS #{str mutable-string}
      USUAL #{vector tuple bytearray bytes octet-vector adjustable-vector memoryview #* STRINGS})

(defn element [v i]
  "Element number I of the vector V."
  (setv kind v.__class__)
  (if (and (in kind USUAL) (is i.__class__ int) (<= 0 i) (< i (len v)))
      (setv x (get v i))
      (setv [part i] (place v i)
            x (get part i)))
  (if (in kind STRINGS) (get characters x) x))

(defn set-element [v i x]
  "Make X element number I of the vector V."
  (cond
    (isinstance v mutable-string) (check-character x)
    (isinstance v OCTETS) (check-octet x)
    (isinstance v bit-vector) (check-bit x))
  (setv [part i] (place v i))
  (when (or (isinstance part #(str tuple bytes)) (getattr part "readonly" False))
    (unchangeable v))
  (setv (get part i) x)
  x)

(defn unchangeable [v]
  (fail "~S can't be changed: (copy-seq ~:*~S) can." v :kind simple-type-error
        :datum v :expected-type VECTOR))

(defsetter aref [x array #* subscripts]
  (if (= (len subscripts) 1)
      (set-element array (get subscripts 0) x)
      (do
        (setv i (row-major-index array subscripts)
              (get array.elements i) x)
        x)))

(defcl row-major-aref [array index]
  "Element number INDEX of ARRAY, in row-major order."
  (element (if (isinstance array lisp-array) array.elements array) index))

(defsetter row-major-aref [x array index]
  (set-element (if (isinstance array lisp-array) array.elements array) index x))

(defcl array-row-major-index [array #* subscripts]
  "The number of the element of ARRAY at SUBSCRIPTS, in row-major order."
  (row-major-index array subscripts))

(defcl svref [v index]
  "Element number INDEX of the simple vector V."
  (element (check-simple-vector v) index))

(defsetter svref [x v index]
  (set-element (check-simple-vector v) index x))

(defn check-simple-vector [v]
  (if (cl-simple-vector-p v) v (wrong-type v SIMPLE-VECTOR)))

(defcl bit [array #* subscripts]
  "The bit of ARRAY at SUBSCRIPTS."
  (cl-aref array #* subscripts))
(defsetter bit [x array #* subscripts]
  (set-aref (check-bit x) array #* subscripts))

(defcl sbit [array #* subscripts]
  "The bit of ARRAY, a simple one, at SUBSCRIPTS."
  (cl-aref array #* subscripts))
(defsetter sbit [x array #* subscripts]
  (set-aref (check-bit x) array #* subscripts))

;; ---- Fill pointers

(defn has-fill-pointer? [v]
  (is-not (getattr v "spare" None) None))

(defn check-fill-pointer [v]
  (if (has-fill-pointer? v) v (wrong-type v WITH-FILL-POINTER)))

(defn active-part [v]
  (if (isinstance v mutable-string) v.characters v))

(defcl array-has-fill-pointer-p [array]
  "Has ARRAY a fill pointer?"
  (has-fill-pointer? (check-array array)))

(defcl fill-pointer [v]
  "The fill pointer of V, which is its length."
  (if (has-fill-pointer? v) (len v) (no-fill-pointer v)))

(defn no-fill-pointer [v]
  (check-vector v)
  (fail "~S is not an array with a fill pointer." v :kind simple-type-error
        :datum v :expected-type WITH-FILL-POINTER))

(defsetter fill-pointer [n v]
  (when (not (has-fill-pointer? v))
    (no-fill-pointer v))
  (setv active (active-part v)
        size (+ (len active) (len v.spare)))
  (cond
    (not (index? n)) (wrong-type n ARRAY-INDEX)
    (> n size)
      (fail "The new fill pointer, ~S, is larger than the length of the vector (~S.)" n size
            :kind simple-type-error :datum n :expected-type (lisp-list [INTEGER 0 size]))
    (<= n (len active)) (do
      (.extend v.spare (reversed (cut active n None)))
      (del (cut active n None)))
    True (do
      (setv left (- size n))
      (.extend active (reversed (cut v.spare left None)))
      (del (cut v.spare left None))))
  n)

(defn append-element [x v]
  "Put X behind the active elements of V, where there is room for it."
  (cond
    (isinstance v mutable-string) (check-character x)
    (isinstance v bytearray) (check-octet x))
  (.pop v.spare)
  (.append (active-part v) x)
  (- (len v) 1))

(defcl vector-push [x v]
  "Put X at the fill pointer of V, which moves; the index of X, or nil if there is no room."
  (check-fill-pointer v)
  (if v.spare (append-element x v) None))

(defcl vector-push-extend [x v [min-extension None]]
  "Put X at the fill pointer of V, which moves, and grows if need be; the index of X."
  (when (and (is v.__class__ adjustable-vector) v.spare)
    (.pop v.spare)
    (.append v x)
    (return (- (len v) 1)))
  (check-fill-pointer v)
  (when (not v.spare)
    (setv (cut v.spare None None)
          (* [(if (isinstance v mutable-string) "\0" 0)]
             (max 1 (if (nil? min-extension) (len v) min-extension)))))
  (append-element x v))

(defcl vector-pop [v]
  "Move the fill pointer of V back, and return the element that is there."
  (check-fill-pointer v)
  (when (not (len v))
    (fail "There is nothing left to pop."))
  (setv x (.pop (active-part v)))
  (.append v.spare x)
  (if (isinstance v mutable-string) (get characters x) x))

;; ---- Dimensions

(defn dimensions-of [array]
  (if (isinstance array lisp-array)
      array.dimensions
      #((+ (len array) (len (or (getattr array "spare" None) #()))))))

(defcl array-dimensions [array]
  "The list of the dimensions of ARRAY, whatever its fill pointer."
  (lisp-list (dimensions-of (check-array array))))

(defcl array-dimension [array axis]
  "The dimension number AXIS of ARRAY."
  (setv sizes (dimensions-of (check-array array)))
  (cond
    (not (index? axis)) (wrong-type axis ARRAY-INDEX)
    (< axis (len sizes)) (get sizes axis)
    (isinstance array lisp-array) (fail "Axis number ~W is too big; ~S only has ~D dimension~:P."
                                        axis array (len sizes))
    True (fail "Vector axis is not zero: ~S" axis)))

(defcl array-rank [array]
  "The number of dimensions of ARRAY."
  (len (dimensions-of (check-array array))))

(defcl array-total-size [array]
  "The number of elements of ARRAY, whatever its fill pointer."
  (prod (dimensions-of (check-array array))))

(defcl array-in-bounds-p [array #* subscripts]
  "Are SUBSCRIPTS those of an element of ARRAY?"
  (setv sizes (dimensions-of (check-array array)))
  (when (!= (len sizes) (len subscripts))
    (wrong-rank (len subscripts) array))
  (all (gfor [i size] (zip subscripts sizes) (and (index? i) (< i size)))))

(defcl array-displacement [array]
  "Nil and 0: what ARRAY shares its elements with is not known."
  (check-array array)
  (several None 0))

(defcl adjustable-array-p [array]
  "Can ARRAY change its size?"
  (or (isinstance array #(adjustable-vector octet-vector))
      (has-fill-pointer? (check-array array))))

(defcl adjust-array [array dimensions * [element-type None] [initial-element ABSENT]
                     [initial-contents ABSENT] [fill-pointer None] [displaced-to None]
                     [displaced-index-offset 0]]
  "ARRAY with other DIMENSIONS, its elements where they were. An adjustable one is changed itself."
  (setv old (dimensions-of (check-array array))
        sizes (sizes-of dimensions)
        size (prod sizes))
  (when (!= (len old) (len sizes))
    (fail "Expected ~D new dimension~:P for array, but received ~D." (len old) (len sizes)))
  (when (not (nil? displaced-to))
    (return (displaced sizes displaced-to displaced-index-offset fill-pointer)))
  (setv default (if (is initial-element ABSENT)
                    (if (string? array) (get characters "\0") 0)
                    initial-element))
  (if (isinstance array lisp-array)
      (do
        (setv array.elements (vector (if (is initial-contents ABSENT)
                                         (moved array.elements old sizes default)
                                         (contents-of initial-contents sizes)))
              array.dimensions sizes)
        array)
      (do
        (setv items (if (is initial-contents ABSENT)
                        [#* (lisp-elements array) #* (reversed (or (getattr array "spare" None) #()))]
                        (contents-of initial-contents sizes))
              items (+ (cut items size) (* [default] (- size (len items)))))
        (adjusted-vector array items fill-pointer))))

(defn adjusted-vector [v items fill-pointer]
  "V with ITEMS instead of its elements."
  (setv active (cond
                 (not (has-fill-pointer? v))
                   (if (nil? fill-pointer) None (check-fill-pointer v))
                 (not (nil? fill-pointer)) (active-length fill-pointer (len items))
                 (<= (len v) (len items)) (len v)
                 True (fail (+ "can't adjust vector ~S to a size (~S) smaller than its current "
                               "fill pointer (~S)")
                            v (len items) (len v)))
        new (new-vector (cl-array-element-type v) items active (cl-adjustable-array-p v)))
  (if (isinstance v #(adjustable-vector octet-vector mutable-string))
      (do
        (setv (cut (active-part v) None None) (active-part new)
              v.spare new.spare)
        v)
      new))

(defn moved [items old new default]
  "ITEMS, in row-major order by the dimensions OLD, as they are by the dimensions NEW."
  (if (not old)
      items
      (do
        (setv [rows #* old-row] old [new-rows #* new-row] new
              length (prod old-row))
        (lfor i (range new-rows)
              x (if (< i rows)
                    (moved (cut items (* i length) (* (+ i 1) length)) old-row new-row default)
                    (* [default] (prod new-row)))
              x))))

;; ---- Kinds

(defcl arrayp [x]
  "Is X an array? Vectors and strings are."
  (or (isinstance x lisp-array) (vector? x)))

(defcl vectorp [x] "Is X a vector? Strings are, too." (vector? x))

(defcl simple-vector-p [x]
  "Is X a vector of anything, with neither a fill pointer nor the promise to be adjustable?"
  (or (is x.__class__ vector)
      (and (isinstance x tuple) (not (isinstance x values)))))

(defcl bit-vector-p [x] "Is X a vector of bits?" (isinstance x bit-vector))
(defcl simple-bit-vector-p [x] "Is X a simple vector of bits?" (isinstance x bit-vector))
