"Alexandria's operators, as far as network programs and their libraries import them."

(import itertools)
(import hy-iolib.cl.arrays [mutable-string vector])
(import hy-iolib.cl.calling [function-of :as called])
(import hy-iolib.cl.characters [characters])
(import hy-iolib.cl.classes [name-class])
(import hy-iolib.cl.conses [cons new-cons elements lisp-list nil?])
(import hy-iolib.cl.definitions [functions macros])
(import hy-iolib.cl.errors [parse-error program-error simple-type-error simple-warning
                            style-warning])
(import hy-iolib.cl.symbols [cl-symbol key symbol symbol-name symbol?])
(import hy-iolib.cl.places [expansion])
(import hy-iolib.cl.threads [UNGIVEN a-package exported])
(import hy-iolib.lisp.conditions [simple-error type-error])
(import hy-iolib.lisp.handlers [signal-error])
(import hy-iolib.lisp.multiple-values [multiple-value-list primary-value values])
(eval-when-compile
  (require hy-iolib.cl.calling [true?]
           hy-iolib.cl.definitions [defcl defcl-macro form]))

(export :objects [] :macros [])

(setv ALEXANDRIA (a-package "ALEXANDRIA" "ALEXANDRIA.1.0.0" "ALEXANDRIA-1"))

(defmacro cl [name #* arguments]
  "A call of Common Lisp's function NAME, whichever file defines it."
  `((get functions ~(str name)) ~@arguments))

(defn eql [a b]
  (true? (cl eql a b)))

;; ---- Binding

(defn bindings-of [bindings]
  "The list of bindings: BINDINGS may be one that stands alone."
  (setv all (list (elements bindings)))
  (if (and all (symbol? (get all 0))) [bindings] all))

(defn variables-of [bindings]
  (lfor b bindings (if (isinstance b cons) b.car b)))

(defcl-macro alexandria::if-let [bindings then [otherwise None]]
  (setv bindings (bindings-of bindings))
  (form (let (~@bindings)
          (if (and ~@(variables-of bindings)) ~then ~otherwise))))

(defcl-macro alexandria::when-let [bindings #* body]
  (setv bindings (bindings-of bindings))
  (form (let (~@bindings)
          (when (and ~@(variables-of bindings)) ~@body))))

(defcl-macro alexandria::when-let* [bindings #* body]
  (setv inner (form (progn ~@body))
        bindings (bindings-of bindings))
  (for [[binding variable] (zip (reversed bindings) (reversed (variables-of bindings)))]
    (setv inner (form (let (~binding) (when ~variable ~inner)))))
  inner)

;; ---- Macros for macros

(defn binding-of-gensym [name]
  (if (isinstance name cons)
      (form (~name.car (gensym ~(str (cl string name.cdr.car)))))
      (form (~name (gensym ~(symbol-name name))))))

(defcl-macro alexandria::with-gensyms [names #* body]
  (form (let (~@(map binding-of-gensym (elements names))) ~@body)))

(setv (get macros "alexandria::with-unique-names") (get macros "alexandria::with-gensyms"))

(defcl-macro alexandria::once-only [specs #* body]
  (setv specs (lfor s (elements specs) (if (isinstance s cons) [s.car s.cdr.car] [s s]))
        fresh (lfor [name _] specs (symbol (+ "ONCE-ONLY-" (symbol-name name)))))
  (form (let (~@(gfor [f [name _]] (zip fresh specs) (form (~f (gensym ~(symbol-name name))))))
          (list (quote let)
                (list ~@(gfor [f [_ value]] (zip fresh specs) (form (list ~f ~value))))
                (let (~@(gfor [f [name _]] (zip fresh specs) (form (~name ~f))))
                  ~@body)))))

(defcl alexandria::make-gensym [name]
  (cl gensym (if (isinstance name int) name (cl string name))))

(defcl alexandria::make-gensym-list [length [x "G"]]
  (lisp-list (gfor _ (range length) ((get functions "alexandria::make-gensym") x))))

(defcl alexandria::parse-body [body * [documentation None] [whole None]]
  "The forms of BODY, its declarations, and its documentation, if that is asked for."
  (setv text None declarations [] forms body)
  (while (isinstance forms cons)
    (setv first forms.car)
    (cond
      (and (not (nil? documentation)) (isinstance first #(str mutable-string))
           (not (symbol? first)) (isinstance forms.cdr cons))
        (do
          (when (is-not text None)
            (cl error "Too many documentation strings in ~S." (if (nil? whole) body whole)))
          (setv text first))
      (and (isinstance first cons) (is first.car DECLARE))
        (.append declarations first)
      True (break))
    (setv forms forms.cdr))
  (values forms (lisp-list declarations) text))

(setv DECLARE (cl-symbol "declare")
      T-OR-OTHERWISE #(True (cl-symbol "otherwise"))
      QUOTE-OR-FUNCTION #((cl-symbol "quote") (cl-symbol "function")))

;; ---- Control flow

(defn operator-of [x]
  "What F, 'F or #'F says in an operator's place."
  (if (and (isinstance x cons) (in x.car QUOTE-OR-FUNCTION)) x.cdr.car x))

(defn options-of [spec]
  "The first form of SPEC, and the options behind it, as a dict."
  (setv [object #* rest] (elements spec))
  #(object (dict (zip (map symbol-name (cut rest 0 None 2)) (cut rest 1 None 2)))))

(defn switch-form [spec clauses default]
  "DEFAULT is the beginning of the form that signals when nothing fits; None if nothing does."
  (setv [object options] (options-of spec)
        test (operator-of (.get options "TEST" (cl-symbol "eql")))
        key (operator-of (.get options "KEY" (cl-symbol "identity")))
        value (symbol "VALUE")
        cases []
        last (when default
               (form (~@default "No keys match in SWITCH. Testing against ~S with ~S."
                                ~value (quote ~test)))))
  (for [clause clauses]
    (if (or (is clause.car True) (is clause.car (get T-OR-OTHERWISE 1)))
        (setv last (form (progn ~@clause.cdr)))
        (.append cases (form ((~test ~value ~clause.car) ~@clause.cdr)))))
  (form (let ((~value (~key ~object)))
          (cond ~@cases (t ~last)))))

(defcl-macro alexandria::switch [spec #* clauses]
  (switch-form spec clauses None))
(defcl-macro alexandria::eswitch [spec #* clauses]
  (switch-form spec clauses [(cl-symbol "error")]))
(defcl-macro alexandria::cswitch [spec #* clauses]
  (switch-form spec clauses [(cl-symbol "cerror") "Return NIL from CSWITCH."]))

(defcl-macro alexandria::whichever [#* possibilities]
  (form (case (random ~(len possibilities))
          ~@(gfor [i p] (enumerate possibilities) (form (~i ~p))))))

(defcl-macro alexandria::xor [#* datums]
  (setv found (symbol "TRUE") this (symbol "TMP") name (symbol "XOR"))
  (form (let ((~found nil) (~this nil))
          (block ~name
            ~@(gfor datum datums
                (form (when (setq ~this ~datum)
                        (if ~found
                            (return-from ~name (values nil nil))
                            (setq ~found ~this)))))
            (values ~found t)))))

(defcl-macro alexandria::nth-value-or [n #* forms]
  (setv number (symbol "N") all (symbol "VALUES") inner None)
  (for [f (reversed forms)]
    (setv inner (form (let ((~all (multiple-value-list ~f)))
                        (if (nth ~number ~all) (values-list ~all) ~inner)))))
  (form (let ((~number ~n)) ~inner)))

(defcl-macro alexandria::multiple-value-prog2 [first second #* forms]
  (form (progn ~first (multiple-value-prog1 ~second ~@forms))))

(defn destructuring-form [operator key clauses]
  (setv k (symbol "KEY"))
  (form (let ((~k ~key))
          (if (consp ~k)
              (~operator (car ~k)
                ~@(gfor c clauses
                    (form (~c.car.car (destructuring-bind ~c.car.cdr (cdr ~k) ~@c.cdr)))))
              (error "Invalid key to DESTRUCTURING-~S: ~S" (quote ~operator) ~k)))))

(defcl-macro alexandria::destructuring-case [key #* clauses]
  (destructuring-form (cl-symbol "case") key clauses))
(defcl-macro alexandria::destructuring-ecase [key #* clauses]
  (destructuring-form (cl-symbol "ecase") key clauses))
(defcl-macro alexandria::destructuring-ccase [key #* clauses]
  (destructuring-form (cl-symbol "ccase") key clauses))

(defcl-macro alexandria::ignore-some-conditions [conditions #* body]
  (setv c (symbol "C"))
  (form (handler-case (progn ~@body)
          ~@(gfor condition (elements conditions)
              (form (~condition (~c) (values nil ~c)))))))

(defcl-macro alexandria::unwind-protect-case [flags protected #* clauses]
  (setv aborted (symbol "FLAG"))
  (defn clause-form [clause]
    (setv circumstance (symbol-name clause.car))
    (cond
      (= circumstance "NORMAL") (form (when (not ~aborted) ~@clause.cdr))
      (= circumstance "ABORT") (form (when ~aborted ~@clause.cdr))
      True (form (progn ~@clause.cdr))))
  (form (let ((~aborted t))
          (unwind-protect (multiple-value-prog1 ~protected (setq ~aborted nil))
            (let (~@(gfor flag (elements flags) (form (~flag ~aborted))))
              ~@(map clause-form clauses))))))

;; ---- Functions

(defcl alexandria::ensure-function [function-designator]
  (called function-designator))

(defcl alexandria::disjoin [predicate #* more-predicates]
  (setv predicates (list (map called [predicate #* more-predicates])))
  (fn [#* arguments #** keywords]
    (for [p predicates]
      (setv result (primary-value (p #* arguments #** keywords)))
      (when (not (nil? result))
        (return result)))))

(defcl alexandria::conjoin [predicate #* more-predicates]
  (setv predicates [predicate #* more-predicates])
  (fn [#* arguments #** keywords]
    (for [p predicates]
      (setv result (p #* arguments #** keywords))
      (when (nil? (primary-value result))
        (return None)))
    result))

(defcl alexandria::compose [function #* more-functions]
  (setv [innermost #* others] (reversed (list (map called [function #* more-functions]))))
  (if others
      (fn [#* arguments #** keywords]
        (setv result (innermost #* arguments #** keywords))
        (for [f others]
          (setv result (f (primary-value result))))
        result)
      function))

(defcl alexandria::multiple-value-compose [function #* more-functions]
  (setv [innermost #* others] (reversed (list (map called [function #* more-functions]))))
  (if others
      (fn [#* arguments #** keywords]
        (setv result (innermost #* arguments #** keywords))
        (for [f others]
          (setv result (f #* (multiple-value-list result))))
        result)
      function))

(defcl alexandria::curry [function #* arguments]
  (setv f (called function))
  (fn [#* more #** keywords]
    (f #* arguments #* more #** keywords)))

(defcl alexandria::rcurry [function #* arguments]
  (setv f (called function))
  (fn [#* more]
    (f #* more #* arguments)))

(defcl-macro alexandria::named-lambda [name lambda-list #* body]
  (form (labels ((~name ~lambda-list ~@body)) (function ~name))))

;; ---- Macros that modify a place

(defmacro define-modify-macros [#* rows]
  "Of each row, NAME and OPERATOR: `(NAME place argument…)` sets the place to
  `(OPERATOR place argument…)`."
  `(do ~@(gfor [name operator] (zip (cut rows 0 None 2) (cut rows 1 None 2))
           `(setv (get macros ~f"alexandria::{name}")
                  (fn [place #* arguments]
                    (form (sys::modify ~operator ~(hy.models.Expression ['unquote 'place])
                                       ~(hy.models.Expression ['unquote-splice 'arguments]))))))))

(define-modify-macros
  appendf            append
  nconcf             nconc
  unionf             union
  nunionf            nunion
  reversef           reverse
  nreversef          nreverse
  maxf               max
  minf               min
  coercef            coerce
  remove-from-plistf sys::remove-from-plist
  delete-from-plistf sys::remove-from-plist)

(defn swapped-form [operator place item keys]
  "PLACE is set to what is left when OPERATOR takes ITEM out of it."
  (setv [sequence x] [(symbol "SEQUENCE") (symbol "ITEM")])
  (form (sys::modify (lambda (~sequence ~x) (~operator ~x ~sequence ~@keys)) ~place ~item)))

(defcl-macro alexandria::removef [place item #* keys]
  (swapped-form (cl-symbol "remove") place item keys))
(defcl-macro alexandria::deletef [place item #* keys]
  (swapped-form (cl-symbol "delete") place item keys))

(defcl-macro alexandria::ensure-functionf [#* places]
  (form (progn ~@(gfor place places (form (sys::modify sys::ensure-function ~place))))))
(defcl sys::ensure-function [function] (called function))

;; ---- Lists

(defcl alexandria::ensure-list [x]
  (if (list? x) x (new-cons x None)))
(defcl alexandria::ensure-car [thing]
  (if (isinstance thing cons) thing.car thing))
(defcl alexandria::ensure-cons [x]
  (if (isinstance x cons) x (new-cons x None)))

(defcl alexandria::flatten [tree]
  (setv leaves [] rest [tree])
  (while rest
    (setv x (.pop rest))
    (cond
      (isinstance x cons) (+= rest [x.cdr x.car])
      (not (nil? x)) (.append leaves x)))
  (lisp-list leaves))

(defcl alexandria::mappend [function #* lists]
  (cl append #* (gfor arguments (zip #* (map elements lists))
                  (primary-value (function #* arguments)))))

(defcl alexandria::map-product [function list #* more-lists]
  (setv f (called function))
  (lisp-list (gfor arguments (itertools.product (elements list) #* (map elements more-lists))
               (primary-value (f #* arguments)))))

(defn last-cons [list]
  "The last cons of LIST; None of an empty one, an error for anything that is no proper list."
  (setv last None rest list seen 0)
  (while (isinstance rest cons)
    (setv last rest rest rest.cdr)
    (+= seen 1)
    (when (and (= (& seen 0xFFFF) 0) (circular? list))
      (break)))
  (when (not (nil? rest))
    (signal-error type-error :datum list :expected-type "a proper list"))
  last)

(defn circular? [list]
  (setv slow list fast list)
  (while (and (isinstance fast cons) (isinstance fast.cdr cons))
    (setv slow slow.cdr fast fast.cdr.cdr)
    (when (is slow fast)
      (return True)))
  False)

(defcl alexandria::lastcar [list]
  (setv last (last-cons list))
  (when last last.car))

(defcl alexandria::proper-list-p [object]
  (cond
    (nil? object) True
    (not (isinstance object cons)) False
    (circular? object) False
    True (do
      (while (isinstance object cons)
        (setv object object.cdr))
      (nil? object))))

(defcl alexandria::proper-list-length [list]
  (if (is (last-cons list) None) 0 (len list)))

(defcl alexandria::circular-list-p [object]
  (and (isinstance object cons) (circular? object)))

(defcl alexandria::circular-list [#* items]
  (setv list (lisp-list items))
  (when list
    (setv (. (last-cons list) cdr) list))
  list)

(defcl alexandria::make-circular-list [length * [initial-element None]]
  (cl-circular-list #* (* [initial-element] length)))

(defn pairs-of [plist]
  "Pairs of PLIST's keys and values; an error if its length is odd."
  (while (isinstance plist cons)
    (when (not (isinstance plist.cdr cons))
      (cl error "Expected a proper plist, got ~S" plist))
    (yield #(plist.car plist.cdr.car))
    (setv plist plist.cdr.cdr)))

(defcl alexandria::plist-alist [plist]
  (setv pairs [])
  (while (isinstance plist cons)
    (setv rest plist.cdr)
    (.append pairs (new-cons plist.car (if (isinstance rest cons) rest.car None)))
    (setv plist (if (isinstance rest cons) rest.cdr None)))
  (lisp-list pairs))

(defcl alexandria::alist-plist [alist]
  (lisp-list (gfor pair (elements alist) x [pair.car pair.cdr] x)))

(defcl alexandria::remove-from-plist [plist #* keys]
  (lisp-list (gfor pair (pairs-of plist)
                   :if (not (any (gfor k keys (same? (get pair 0) k))))
                   x pair
                   x)))

(defn same? [a b]
  (or (is a b) (true? (cl eq a b))))

(setv (get functions "alexandria::delete-from-plist") cl-remove-from-plist
      (get functions "alexandria::sans") cl-remove-from-plist
      (get functions "sys::remove-from-plist") cl-remove-from-plist)

(defcl sys::malformed-plist [plist]
  (cl error "Malformed plist: ~S" plist))

(defcl-macro alexandria::doplist [spec #* body]
  (setv [key value plist #* result] (elements spec)
        tail (symbol "TAIL") all (symbol "PLIST") again (symbol "LOOP")
        [forms declarations _] (cl-parse-body (lisp-list body))
        finish (form (let (~key ~value)
                       (declare (ignorable ~key ~value))
                       (return ~(if result (get result 0) None))))
        next-value (form (if ~tail (pop ~tail) (sys::malformed-plist ~all))))
  (form (block nil
          (let* ((~all ~plist)
                 (~tail ~all)
                 (~key (if ~tail (pop ~tail) ~finish))
                 (~value ~next-value))
            (declare (ignorable ~key ~value))
            ~@declarations
            (tagbody
              ~again
              ~@forms
              (if ~tail (setq ~key (pop ~tail)) ~finish)
              (setq ~value ~next-value)
              (go ~again))))))

(defcl alexandria::assoc-value [alist key * [test eql]]
  (setv entry (cl assoc key alist :test test))
  (values (if entry entry.cdr None) entry))

(defcl alexandria::rassoc-value [alist key * [test eql]]
  (setv entry (cl rassoc key alist :test test))
  (values (if entry entry.car None) entry))

(defcl alexandria::setp [object * [test eql] [key None]]
  (when (or (nil? object) (isinstance object cons))
    (setv seen [])
    (for [x (elements object)]
      (setv x (if (nil? key) x (primary-value (key x))))
      (when (any (gfor y seen (true? (test x y))))
        (return False))
      (.append seen x))
    True))

(defcl alexandria::set-equal [list1 list2 * [test eql] [key None]]
  (setv [a b] (lfor l [list1 list2]
                (lfor x (elements l) (if (nil? key) x (primary-value (key x))))))
  (and (all (gfor x a (any (gfor y b (true? (test x y))))))
       (all (gfor y b (any (gfor x a (true? (test y x))))))))

;; ---- Hash tables

(defcl-macro alexandria::ensure-gethash [key hash-table [default None]]
  (setv [k table value present] (map symbol ["KEY" "TABLE" "VALUE" "PRESENTP"]))
  (form (let ((~k ~key) (~table ~hash-table))
          (multiple-value-bind (~value ~present) (gethash ~k ~table)
            (if ~present
                (values ~value ~present)
                (values (setf (gethash ~k ~table) ~default) nil))))))

(defn pairs-of-table [table]
  "Pairs of TABLE's keys and values, the last one first, as alexandria's functions have them."
  (setv pairs [])
  (cl maphash (fn [k v] (.append pairs #(k v))) table)
  (reversed pairs))

(defcl alexandria::hash-table-keys [table]
  (lisp-list (gfor [k _] (pairs-of-table table) k)))
(defcl alexandria::hash-table-values [table]
  (lisp-list (gfor [_ v] (pairs-of-table table) v)))
(defcl alexandria::hash-table-alist [table]
  (lisp-list (gfor [k v] (pairs-of-table table) (new-cons k v))))
(defcl alexandria::hash-table-plist [table]
  (lisp-list (gfor pair (pairs-of-table table) x pair x)))

(defcl alexandria::maphash-keys [function table]
  (cl maphash (fn [k v] (function k)) table))
(defcl alexandria::maphash-values [function table]
  (cl maphash (fn [k v] (function v)) table))

(defn table-of [pairs test]
  "A table of PAIRS; of those with one key the first counts."
  (setv table (cl make-hash-table :test test)
        store (get (. (cl-symbol "gethash") info) "setf"))
  (for [[k v] pairs]
    (setv found (multiple-value-list (cl gethash k table)))
    (when (nil? (get found 1))
      (store v k table)))
  table)

(defcl alexandria::alist-hash-table [alist * [test None] [size None] [rehash-size None]
                                           [rehash-threshold None]]
  (table-of (gfor pair (elements alist) #(pair.car pair.cdr)) test))

(defcl alexandria::plist-hash-table [plist * [test None] [size None] [rehash-size None]
                                           [rehash-threshold None]]
  (table-of (gfor pair (elements (cl-plist-alist plist)) #(pair.car pair.cdr)) test))

(defcl alexandria::copy-hash-table [table * [key None] [test None] [size None] [rehash-size None]
                                          [rehash-threshold None]]
  (table-of (gfor [k v] (reversed (list (pairs-of-table table)))
              #(k (if (nil? key) v (primary-value (key v)))))
            (if (nil? test) (cl hash-table-test table) test)))

;; ---- Sequences

(defn list? [x]
  (or (nil? x) (isinstance x cons) (is x.__class__ list)))

(defn sequence? [x]
  (or (list? x)
      (and (isinstance x #(str mutable-string list tuple bytearray bytes memoryview))
           (not (symbol? x))
           (not (isinstance x (type (get characters "a")))))))

(defn refuse-empty [sequence]
  (signal-error type-error :datum sequence :expected-type "a sequence that is not empty"))

(defcl alexandria::emptyp [sequence]
  (= (cl length sequence) 0))

(defcl alexandria::length= [#* sequences]
  (when (< (len sequences) 2)
    (cl error "You must call LENGTH= with at least two arguments"))
  (= (len (set (gfor s sequences (if (isinstance s int) s (cl length s))))) 1))

(defcl alexandria::sequence-of-length-p [sequence length]
  (= (cl length sequence) length))

(defcl alexandria::copy-sequence [type sequence]
  (if (true? (cl typep sequence type))
      (cl copy-seq sequence)
      (cl coerce sequence type)))

(defcl alexandria::first-elt [sequence]
  (if (and (sequence? sequence) (cl length sequence))
      (cl elt sequence 0)
      (refuse-empty sequence)))

(defcl alexandria::last-elt [sequence]
  (setv length (if (sequence? sequence) (cl length sequence) 0))
  (if length
      (cl elt sequence (- length 1))
      (refuse-empty sequence)))

(defn starts-or-ends-with [object sequence index test key]
  (when (and (sequence? sequence) (cl length sequence))
    (setv x (cl elt sequence (if index (- (cl length sequence) 1) 0)))
    (test (if (nil? key) x (primary-value (key x))) object)))

(defcl alexandria::starts-with [object sequence * [test eql] [key None]]
  (starts-or-ends-with object sequence 0 test key))
(defcl alexandria::ends-with [object sequence * [test eql] [key None]]
  (starts-or-ends-with object sequence -1 test key))

(defcl alexandria::starts-with-subseq
       [prefix sequence * [return-suffix None] [test None] [key None] [start1 0] [start2 0]]
  (setv size (cl length prefix))
  (if (< (cl length sequence) size)
      (values None None)
      (do
        (setv end (cl mismatch prefix sequence :key key :start1 start1 :start2 start2
                    #** (if (nil? test) {} {"test" test}))
              suffix (fn [start] (if (nil? return-suffix) None (cl subseq sequence start))))
        (cond
          (nil? end) (values True (suffix (cl length sequence)))
          (= end size) (values True (suffix end))
          True (values None None)))))

(defcl alexandria::ends-with-subseq [suffix sequence * [test eql]]
  (setv size (cl length suffix)
        offset (- (cl length sequence) size))
  (and (>= offset 0)
       (all (gfor i (range size)
              (true? (test (cl elt sequence (+ offset i)) (cl elt suffix i)))))))

(defcl alexandria::extremum [sequence predicate * [key None] [start 0] [end None]]
  "The element that would come first if SEQUENCE were sorted."
  (setv items (list (elements (cl coerce (cl subseq sequence start end) LIST))))
  (when items
    (setv of (fn [x] (if (nil? key) x (primary-value (key x))))
          best (get items 0))
    (for [x (cut items 1 None)]
      (when (not (true? (predicate (of best) (of x))))
        (setv best x)))
    best))

(setv LIST (cl-symbol "list") VECTOR (cl-symbol "vector"))

(defn items-of [sequence start end]
  (list (elements (cl coerce (cl subseq sequence start end) LIST))))

(defn like [sequence items]
  "A sequence of ITEMS, of the kind of SEQUENCE."
  (cond
    (list? sequence) (lisp-list items)
    (isinstance sequence #(str mutable-string)) (mutable-string (.join "" items))
    (isinstance sequence bytearray) (bytearray items)
    True (vector items)))

(defcl alexandria::random-elt [sequence * [start 0] [end None]]
  (setv size (cl length sequence)
        last (if (nil? end) size end))
  (when (not size)
    (refuse-empty sequence))
  (when (not (<= 0 start (- last 1) (- size 1)))
    (signal-error simple-type-error
                  :datum (new-cons start end)
                  :format-control
                  "~S and ~S are not valid bounding index designators for a sequence of length ~S."
                  :format-arguments #(start end size)))
  (cl elt sequence (+ start (cl random (- last start)))))

(defcl alexandria::shuffle [sequence * [start 0] [end None]]
  (setv items (items-of sequence start end))
  (for [i (range (len items))]
    (setv j (+ i (cl random (- (len items) i)))
          [(get items i) (get items j)] [(get items j) (get items i)]))
  (cl replace sequence (lisp-list items) :start1 start)
  sequence)

(defcl alexandria::rotate [sequence [n 1]]
  (setv items (items-of sequence 0 None)
        shift (if items (% n (len items)) 0))
  (when shift
    (cl replace sequence (lisp-list (+ (cut items (- shift) None) (cut items 0 (- shift))))))
  sequence)

(defcl alexandria::map-combinations
       [function sequence * [start 0] [end None] [length None] [copy True]]
  (setv items (items-of sequence start end))
  (for [c (itertools.combinations items (if (nil? length) (len items) length))]
    (function (like sequence c)))
  sequence)

(defn permutations [items size]
  "The permutations of the list ITEMS' first SIZE elements, by Heap's method, in its order."
  (if (= size 1)
      (yield (list items))
      (for [i (range size)]
        (yield :from (permutations items (- size 1)))
        (setv j (if (% size 2) 0 i)
              last (- size 1)
              [(get items j) (get items last)] [(get items last) (get items j)]))))

(defcl alexandria::map-permutations
       [function sequence * [start 0] [end None] [length None] [copy True]]
  (setv items (items-of sequence start end))
  (for [c (itertools.combinations items (if (nil? length) (len items) length))
        p (permutations (list c) (len c))]
    (function (like sequence p))))

;; ---- Numbers

(defcl alexandria::clamp [number min max]
  (cond
    (< number min) min
    (> number max) max
    True number))

(defcl alexandria::lerp [v a b]
  (cl + (cl * (cl - 1.0 v) a) (cl * v b)))

(defn numbers-from [n start step]
  (setv i (cl + (cl - (cl + start step) step)))
  (for [_ (range n)]
    (yield i)
    (setv i (cl + i step))))

(defcl alexandria::iota [n * [start 0] [step 1]]
  (lisp-list (numbers-from n start step)))

(defcl alexandria::map-iota [function n * [start 0] [step 1]]
  (for [i (numbers-from n start step)]
    (function i))
  n)

(defcl alexandria::mean [sample]
  (cl / (cl + #* (items-of sample 0 None)) (cl length sample)))

(defcl alexandria::median [sample]
  (setv items (sorted (items-of sample 0 None))
        middle (// (len items) 2))
  (if (% (len items) 2)
      (get items middle)
      (cl / (cl + (get items (- middle 1)) (get items middle)) 2)))

(defcl alexandria::variance [sample * [biased True]]
  (setv mean (cl-mean sample)
        squares (lfor x (items-of sample 0 None) (cl expt (cl - x mean) 2)))
  (cl / (cl + #* squares) (- (len squares) (if (nil? biased) 1 0))))

(defcl alexandria::standard-deviation [sample * [biased True]]
  (cl sqrt (cl-variance sample :biased biased)))

(defn check-natural [argument x]
  (if (and (isinstance x int) (>= x 0))
      x
      (signal-error type-error :argument argument :datum x
                    :expected-type "an integer that is not negative")))

(defcl alexandria::factorial [n]
  (import math)
  (math.factorial (check-natural "n" n)))

(defcl alexandria::binomial-coefficient [n k]
  (import math)
  (math.comb (check-natural "n" n) (check-natural "k" k)))

(defcl alexandria::count-permutations [n [k None]]
  (import math)
  (math.perm (check-natural "n" n) k))

(defcl alexandria::subfactorial [n]
  (setv [a b] [1 0])
  (for [i (range 1 (+ (check-natural "n" n) 1))]
    (setv [a b] [b (* i (+ a b))]))
  a)

(defcl alexandria::gaussian-random [[min None] [max None]]
  (import random)
  (defn one []
    (while True
      (setv x (random.gauss 0.0 1.0))
      (when (and (or (nil? min) (<= min x)) (or (nil? max) (<= x max)))
        (return x))))
  (values (cl coerce (one) DOUBLE-FLOAT) (cl coerce (one) DOUBLE-FLOAT)))

(setv DOUBLE-FLOAT (cl-symbol "double-float"))

;; ---- Symbols

(defn package-or-current [package]
  (if (or (is package UNGIVEN) (is package True))
      (cl symbol-value PACKAGE)
      package))

(setv PACKAGE (cl-symbol "*package*") KEYWORD (key "keyword"))

(defcl alexandria::ensure-symbol [name [package UNGIVEN]]
  (cl intern (cl string name) (package-or-current package)))

(defcl alexandria::make-keyword [name]
  (cl intern (cl string name) KEYWORD))

(defcl alexandria::format-symbol [package control #* arguments]
  (setv name (cl format None (cl string control) #* arguments))
  (if (nil? package)
      (cl make-symbol name)
      (primary-value (cl intern name (package-or-current package)))))

(defcl alexandria::symbolicate [#* things]
  (primary-value (cl intern (.join "" (gfor x things (str (cl string x))))
                     (package-or-current UNGIVEN))))

;; ---- Definitions, conditions, types

(defcl sys::agreed-value [name old new test]
  (if (true? (test old new))
      old
      (cl error (+ "~S is an already defined constant whose value ~S is not equal to the provided "
                   "initial value ~S under ~S.")
          name old new test)))

(defcl-macro alexandria::define-constant [name initial-value #* options]
  (setv options (dict (zip (map symbol-name (cut options 0 None 2)) (cut options 1 None 2)))
        test (.get options "TEST" (form (quote eql)))
        value (symbol "VALUE"))
  (form (defconstant ~name
          (let ((~value ~initial-value))
            (if (boundp (quote ~name))
                (sys::agreed-value (quote ~name) (symbol-value (quote ~name)) ~value ~test)
                ~value))
          ~@(if (in "DOCUMENTATION" options) [(get options "DOCUMENTATION")] []))))

(defcl alexandria::required-argument [[name None]]
  (cl error "Required argument ~@[~S ~]missing." name))

(defclass simple-style-warning [simple-warning style-warning] "A style warning in words.")
(defclass simple-parse-error [simple-error parse-error] "A parse error in words.")
(defclass simple-program-error [simple-error program-error] "A program error in words.")

(defmacro define-signallers [#* rows]
  "Of each row, NAME and OPERATOR: the function that signals the condition NAME by OPERATOR, with a
  control string and its arguments."
  `(do ~@(gfor [name operator] (zip (cut rows 0 None 2) (cut rows 1 None 2))
           `(setv (get functions ~f"alexandria::{name}")
                  (fn [message #* arguments]
                    (cl ~operator (~name :format-control message :format-arguments arguments)))))))

(define-signallers
  simple-style-warning warn
  simple-parse-error   error
  simple-program-error error)

(for [[name cls] [["SIMPLE-STYLE-WARNING" simple-style-warning]
                  ["SIMPLE-PARSE-ERROR" simple-parse-error]
                  ["SIMPLE-PROGRAM-ERROR" simple-program-error]]]
  (name-class (exported ALEXANDRIA name) cls))

(defcl alexandria::of-type [type]
  (fn [thing] (cl typep thing type)))

(defcl alexandria::type= [type1 type2]
  (setv [below known] (cl subtypep type1 type2))
  (cond
    (and (true? below) (true? known)) (cl subtypep type2 type1)
    (true? known) (values None True)
    True (values None (get (cl subtypep type2 type1) 1))))

(defcl alexandria::featurep [feature-expression]
  (setv x feature-expression)
  (if (isinstance x cons)
      (do
        (setv operator (symbol-name x.car) parts (list (elements x.cdr)))
        (cond
          (= operator "AND") (all (map cl-featurep parts))
          (= operator "OR") (any (map cl-featurep parts))
          (and (= operator "NOT") (= (len parts) 1)) (not (cl-featurep (get parts 0)))
          True (cl error "No keys match in SWITCH. Testing against ~S with ~S." x.car
                   (cl-symbol "string="))))
      (any (gfor f (elements (cl symbol-value FEATURES)) (is f x)))))

(setv FEATURES (cl-symbol "*features*"))

;; ---- Arrays

(defcl alexandria::copy-array
       [array * [element-type None] [fill-pointer UNGIVEN] [adjustable UNGIVEN]]
  (setv pointer? (true? (cl array-has-fill-pointer-p array))
        copy (cl make-array (cl array-dimensions array)
                 :element-type (if (nil? element-type) (cl array-element-type array) element-type)
                 :fill-pointer (cond
                                 (is-not fill-pointer UNGIVEN) fill-pointer
                                 pointer? (cl fill-pointer array)
                                 True None)
                 :adjustable (if (is adjustable UNGIVEN) (cl adjustable-array-p array) adjustable))
        store (get (. (cl-symbol "row-major-aref") info) "setf"))
  (for [i (range (cl array-total-size array))]
    (store (cl row-major-aref array i) copy i))
  copy)

;; ---- Streams and files

(defn open-file [file #** options]
  "`open`, to which options that are nil count as not given."
  (cl open file #** (dfor [name value] (.items options) :if (not (nil? value)) name value)))

(defcl sys::open-file [file * [direction None] [element-type None] [if-exists None]
                            [if-does-not-exist None] [external-format None]]
  (open-file file :direction direction :element-type element-type :if-exists if-exists
             :if-does-not-exist if-does-not-exist :external-format external-format))

(defn with-file-form [spec direction body]
  (setv [stream file #* options] (elements spec))
  (form (with-open-stream (~stream (sys::open-file ~file :direction ~direction ~@options))
          ~@body)))

(setv INPUT (key "input") OUTPUT (key "output") ERROR (key "error"))

(defcl-macro alexandria::with-input-from-file [spec #* body]
  (with-file-form spec INPUT body))
(defcl-macro alexandria::with-output-to-file [spec #* body]
  (with-file-form spec OUTPUT body))

(defn reading [stream size make-buffer]
  "The parts that STREAM still has, each of at most SIZE elements."
  (while True
    (setv buffer (make-buffer size)
          count (cl read-sequence buffer stream))
    (yield (cl subseq buffer 0 count))
    (when (< count size)
      (return))))

(defcl alexandria::read-stream-content-into-string [stream * [buffer-size 4096]]
  (.join "" (map str (reading stream buffer-size (fn [size] (cl make-string size))))))

(defcl alexandria::read-stream-content-into-byte-vector [stream * [length None] [initial-size 4096]]
  (setv octets (bytearray))
  (for [part (reading stream initial-size bytearray)]
    (+= octets part)
    (when (and (not (nil? length)) (>= (len octets) length))
      (break)))
  (if (nil? length) octets (cut octets 0 length)))

(defn with-file [file direction options function]
  (setv stream (open-file file :direction direction #** options)
        done False)
  (try
    (setv result (function stream)
          done True)
    (finally
      (cl close stream :abort (if done None True))))
  result)

(setv OCTET (lisp-list [(cl-symbol "unsigned-byte") 8]))

(defcl alexandria::read-file-into-string [pathname * [buffer-size 4096] [external-format None]]
  (with-file pathname INPUT {"external_format" external-format}
             (fn [stream]
               (cl-read-stream-content-into-string stream :buffer-size buffer-size))))

(defcl alexandria::read-file-into-byte-vector [pathname]
  (with-file pathname INPUT {"element_type" OCTET} cl-read-stream-content-into-byte-vector))

(defcl alexandria::write-string-into-file
       [string pathname * [if-exists ERROR] [if-does-not-exist None] [external-format None]]
  (with-file pathname OUTPUT
             {"if_exists" if-exists "if_does_not_exist" if-does-not-exist
              "external_format" external-format}
             (fn [stream] (cl write-sequence string stream))))

(defcl alexandria::write-byte-vector-into-file
       [bytes pathname * [if-exists ERROR] [if-does-not-exist None]]
  (with-file pathname OUTPUT
             {"if_exists" if-exists "if_does_not_exist" if-does-not-exist "element_type" OCTET}
             (fn [stream] (cl write-sequence bytes stream))))

(defcl alexandria::copy-stream
       [input output * [element-type None] [buffer-size 4096] [buffer None] [start 0] [end None]
                       [finish-output None]]
  "Copy what INPUT still has to OUTPUT; the number of elements."
  (setv element-type (if (nil? element-type) (cl stream-element-type input) element-type)
        buffer (if (nil? buffer)
                   (cl make-array buffer-size :element-type element-type)
                   buffer)
        size (cl length buffer)
        skipped 0
        copied 0)
  (while True
    (setv wanted (cond
                   (< skipped start) (- start skipped)
                   (nil? end) size
                   True (- end start copied))
          count (if (> wanted 0) (cl read-sequence buffer input :end (min size wanted)) 0))
    (when (= count 0)
      (break))
    (if (< skipped start)
        (+= skipped count)
        (do
          (cl write-sequence buffer output :end count)
          (+= copied count))))
  (when (not (nil? finish-output))
    (cl finish-output output))
  copied)

(defcl alexandria::copy-file
       [from to * [if-to-exists None] [element-type None] [finish-output None]]
  (setv element-type (if (nil? element-type) OCTET element-type))
  (with-file from INPUT {"element_type" element-type}
    (fn [input]
      (with-file to OUTPUT
                 {"element_type" element-type
                  "if_exists" (if (nil? if-to-exists) (key "supersede") if-to-exists)}
                 (fn [output]
                   (cl-copy-stream input output :element-type element-type
                                   :finish-output finish-output))))))

;; ---- Alexandria-2

(setv ALEXANDRIA-2 (a-package "ALEXANDRIA-2" "ALEXANDRIA.2"))

(defcl alexandria-2::subseq* [sequence start [end None]]
  (cl subseq sequence start (if (nil? end) None (min end (cl length sequence)))))

(defn lined-up [forms first]
  (setv [accumulated #* rest] forms)
  (for [f rest]
    (setv accumulated
          (cond
            (not (isinstance f cons)) (lisp-list [f accumulated])
            first (new-cons f.car (new-cons accumulated f.cdr))
            True (lisp-list [#* (elements f) accumulated]))))
  accumulated)

(defcl-macro alexandria-2::line-up-first [#* forms] (lined-up forms True))
(defcl-macro alexandria-2::line-up-last [#* forms] (lined-up forms False))

;; ---- Types and setf functions

(defn define-type [name expander]
  "Let NAME be a type: what EXPANDER gives for its arguments."
  (setv (get (. (exported ALEXANDRIA (.upper name)) info) "type-expander") expander))

(setv ARRAY-LIMIT (- (** 2 62) 1))

(defmacro define-types [#* rows]
  `(do ~@(gfor [name parameters specifier] (zip #* (lfor i (range 3) (cut rows i None 3)))
           `(define-type ~(str name) (fn ~parameters ~specifier)))))

(define-types
  array-index       [[length ARRAY-LIMIT]] (form (integer 0 (~length)))
  array-length      [[length ARRAY-LIMIT]] (form (integer 0 ~length))
  string-designator []                     (form (or symbol string character))
  proper-list       []                     (form (and list (satisfies ~PROPER-LIST-P)))
  proper-sequence   []                     (form (or (and list (satisfies ~PROPER-LIST-P))
                                                     (and (not list) sequence)))
  circular-list     []                     (form (satisfies ~CIRCULAR-LIST-P)))

(setv PROPER-LIST-P (.intern ALEXANDRIA "PROPER-LIST-P")
      CIRCULAR-LIST-P (.intern ALEXANDRIA "CIRCULAR-LIST-P"))

(defn define-ranges [base zero limits]
  "The types and predicates of the parts of the numbers of type BASE; LIMITS are the least and the
  greatest, or *."
  (setv [low high] limits
        type-name (cl-symbol base)
        open? (not (in base #("integer" "fixnum")))
        star (cl-symbol "*")
        kind (if (= base "fixnum") (cl-symbol "integer") type-name))
  (for [[name from to test]
        [["negative" low (if open? (lisp-list [zero]) -1) (fn [n] (< n 0))]
         ["non-positive" low zero (fn [n] (<= n 0))]
         ["non-negative" zero high (fn [n] (>= n 0))]
         ["positive" (if open? (lisp-list [zero]) 1) high (fn [n] (> n 0))]]]
    (setv specifier (lisp-list [kind (if (is from None) star from) (if (is to None) star to)]))
    (define-range f"{name}-{base}" specifier type-name test)))

(defn define-range [name specifier base test]
  (define-type name (fn [] specifier))
  (setv (get functions f"alexandria::{name}-p")
        (fn [n] (and (true? (cl typep n base)) (test n)))))

(for [[base zero limits] [["fixnum" 0 [(- (** 2 62)) (- (** 2 62) 1)]]
                          ["integer" 0 [None None]]
                          ["rational" 0 [None None]]
                          ["real" 0 [None None]]
                          ["float" 0.0 [None None]]
                          ["short-float" 0.0 [None None]]
                          ["single-float" 0.0 [None None]]
                          ["double-float" 0.0 [None None]]
                          ["long-float" 0.0 [None None]]]]
  (define-ranges base zero limits))

(defmacro define-setf-functions [#* rows]
  `(do ~@(gfor [name parameters body] (zip #* (lfor i (range 3) (cut rows i None 3)))
           `(setv (get (. (exported ALEXANDRIA ~(.upper (str name))) info) "setf")
                  (fn ~parameters ~body)))))

(defn store-element [value sequence at-end]
  (setv size (if (sequence? sequence) (cl length sequence) 0))
  (when (not size)
    (refuse-empty sequence))
  (cl fill sequence value :start (if at-end (- size 1) 0) :end (if at-end size 1))
  value)

(define-setf-functions
  lastcar   [value list]     (do (setv (. (last-cons list) car) value) value)
  first-elt [value sequence] (store-element value sequence False)
  last-elt  [value sequence] (store-element value sequence True))

(defn define-entry-place [name find part add]
  "`(setf (NAME alist key) value)`: sets PART of the entry that FIND finds, or ADDs one."
  (defn expander [place env]
    (setv [alist key-form #* options] (elements place.cdr)
          test-form (if options (get options 1) (form (function eql)))
          [bindings reader writer] (expansion alist env)
          [key test entry store] (map symbol ["KEY" "TEST" "ENTRY" "STORE"])
          own [#(key key-form) #(test test-form)
               #(entry (form (~find ~key ~reader :test ~test)))])
    (values (lisp-list [#* (gfor b bindings b.car) #* (gfor [v _] own v)])
            (lisp-list [#* (gfor b bindings b.cdr.car) #* (gfor [_ f] own f)])
            (lisp-list [store])
            (form (cond
                    (~entry (setf (~part ~entry) ~store))
                    (t ~(writer (add key store reader)) ~store)))
            (form (~part ~entry))))
  (setv (get (. (exported ALEXANDRIA name) info) "setf-expander") expander))

(define-entry-place "ASSOC-VALUE" (form assoc) (form cdr)
                    (fn [key value alist] (form (acons ~key ~value ~alist))))
(define-entry-place "RASSOC-VALUE" (form rassoc) (form car)
                    (fn [key value alist] (form (acons ~value ~key ~alist))))
