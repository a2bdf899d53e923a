"Conses and lists: their parts, copies, searches, property and association lists, sets, and the
functions that map over them."

(import operator [attrgetter])
(import hy-iolib.lisp.multiple-values [values primary-value])
(eval-when-compile (require hy-iolib.cl.calling [true? single defsetter]))
(import hy-iolib.cl.calling [fail function-of gensym])
(import hy-iolib.cl.conses [cons new-cons lisp-list lisp-list* elements nil?])
(eval-when-compile (require hy-iolib.cl.definitions [defcl]))
(import hy-iolib.cl.equality
  [cl-eql item-test key-function predicate-test two-place-test])
(import hy-iolib.cl.hash-tables [cl-make-hash-table identity-by])
(import hy-iolib.cl.strings [index? wrong-type])
(import hy-iolib.cl.symbols [cl-symbol])

(export :objects [as-conses cells gensym] :macros [])

(setv [LIST CONS UNSIGNED-BYTE] (map cl-symbol ["list" "cons" "unsigned-byte"])
      SIZE (lisp-list [UNSIGNED-BYTE 58]))

(defn as-conses [x]
  "X, a list, as conses: a list of Python's is copied."
  (cond
    (is x.__class__ cons) x
    (nil? x) None
    (is x.__class__ list) (lisp-list x)
    True (wrong-type x LIST)))

(defmacro docells [binding #* body]
  "Run BODY with a variable bound to each cons of a proper list: `(docells [c x] …)`."
  (setv [c x] binding)
  `(do
     (setv ~c (as-conses ~x))
     (while (is-not ~c None)
       ~@body
       (setv ~c (. ~c cdr))
       (when (is-not (. ~c __class__) cons)
         (setv ~c (as-conses ~c))))))

(defn cells [x]
  "The conses of the proper list X, as a Python list."
  (setv out [])
  (docells [c x] (.append out c))
  out)

(defn items [x]
  "The elements of the proper list X, as a Python list."
  (setv out [])
  (docells [c x] (.append out c.car))
  out)

(defn as-tail [x]
  "X as the end of a list: a list of Python's as conses."
  (if (is x.__class__ list) (lisp-list x) x))

(defn linked [cells [tail None]]
  "The list of CELLS, conses that are given new tails; TAIL behind them."
  (for [c (reversed cells)]
    (setv c.cdr tail tail c))
  tail)

(defn check-count [n]
  (if (index? n) n (wrong-type n UNSIGNED-BYTE)))

;; ---- Conses

(defcl cons [a d] "A new pair." (new-cons a d))

(defcl car [x]
  "The first element of the list X, nil if it is empty."
  (cond
    (is x.__class__ cons) x.car
    (nil? x) None
    True (. (as-conses x) car)))

(defcl cdr [x]
  "The list X without its first element."
  (cond
    (is x.__class__ cons) x.cdr
    (nil? x) None
    True (. (as-conses x) cdr)))

(defmacro defpaths [#* rows]
  "Of each row `(name path)` the function that takes the cars and cdrs of a path, the last letter
  first; its `steps` are for `keys-of`."
  `(do ~@(gfor [name path] rows
         f [(hy.models.Symbol f"cl-{name}")]
         definition [`(defcl ~name [x]
              ~(.format "The {} of X." (.join " of the " (gfor c path f"c{c}r")))
              ~@(gfor c (reversed path)
                  `(setv x (if (is x.__class__ cons)
                               (. x ~(hy.models.Symbol f"c{c}r"))
                               (~(hy.models.Symbol f"cl-c{c}r") x))))
              x)
                     `(setv (. ~f steps) [~@(gfor c (reversed path) `#(cons ~(hy.models.Symbol f"{c}-part")))])]
         definition)))

(setv a-part (attrgetter "car") d-part (attrgetter "cdr")
      cl-car.steps [#(cons a-part)]
      cl-cdr.steps [#(cons d-part)])

(defmacro define-accessors []
  (setv ordinals (.split "first second third fourth fifth sixth seventh eighth ninth tenth"))
  `(defpaths
     (rest "d")
     ~@(gfor [n name] (enumerate ordinals)
         `(~(hy.models.Symbol name) ~(+ "a" (* "d" n))))
     ~@(gfor n [2 3 4]
             letters (hy.I.itertools.product "ad" :repeat n)
         `(~(hy.models.Symbol (+ "c" (.join "" letters) "r")) ~(.join "" letters)))))
(define-accessors)

(defn check-cons [x]
  (if (is x.__class__ cons) x (wrong-type x CONS)))

(defcl rplaca [c x]
  "Make X the car of the cons C, which is returned."
  (setv (. (check-cons c) car) x)
  c)

(defcl rplacd [c x]
  "Make X the cdr of the cons C, which is returned."
  (setv (. (check-cons c) cdr) x)
  c)

(defsetter car [x c] (cl-rplaca c x) x)
(defsetter cdr [x c] (cl-rplacd c x) x)
(defsetter first [x c] (cl-rplaca c x) x)
(defsetter rest [x c] (cl-rplacd c x) x)

(defcl consp [x]
  "Is X a cons?"
  (or (is x.__class__ cons) (and (is x.__class__ list) (bool x))))

(defcl atom [x] "Is X no cons?" (not (cl-consp x)))

(defcl listp [x]
  "Is X a cons or nil?"
  (or (is x.__class__ cons) (is x.__class__ list) (is x None) (is x False)))

(defcl endp [x]
  "Is the list X empty?"
  (is (as-conses x) None))

;; ---- Making lists

(defcl list [#* items] "A list of ITEMS." (lisp-list items))

(defcl list* [item #* more]
  "A list of the arguments, of which the last is its tail."
  (if more
      (new-cons item (lisp-list* (cut more -1) (as-tail (get more -1))))
      item))

(defcl make-list [size * [initial-element None]]
  "A list of SIZE times INITIAL-ELEMENT."
  (lisp-list (* [initial-element] (if (index? size) size (wrong-type size SIZE)))))

(defcl append [#* lists]
  "A list of the elements of all LISTS; the last of them becomes its end."
  (if lists
      (do
        (setv out [])
        (for [x (cut lists -1)]
          (.extend out (items x)))
        (lisp-list* out (as-tail (get lists -1))))
      None))

(defcl nconc [#* lists]
  "All LISTS as one: the last cons of each gets the next list as its tail."
  (setv result None end None)
  (for [[i x] (enumerate lists)]
    (when (not (nil? x))
      (setv last (= i (- (len lists) 1))
            x (if last (as-tail x) (as-conses x)))
      (if (is end None)
          (setv result x)
          (setv end.cdr x))
      (when (not last)
        (setv end (cl-last x)))))
  result)

(defcl revappend [x tail]
  "The elements of the list X in reverse order, and TAIL behind them."
  (setv tail (as-tail tail))
  (docells [c x]
    (setv tail (new-cons c.car tail)))
  tail)

(defcl nreconc [x tail]
  "The conses of the list X in reverse order, and TAIL behind them."
  (linked (cut (cells x) None None -1) (as-tail tail)))

(defcl copy-list [x]
  "A new list of the elements of X, which may end in something else than nil."
  (setv out [] x (as-conses x))
  (while (is x.__class__ cons)
    (.append out x.car)
    (setv x x.cdr))
  (lisp-list* out x))

(defcl copy-alist [alist]
  "A new list of new pairs."
  (lisp-list (gfor pair (items alist)
                   (if (is pair.__class__ cons) (new-cons pair.car pair.cdr) pair))))

(defcl copy-tree [x]
  "A copy of X with all its conses new."
  (if (is x.__class__ cons)
      (do
        (setv out [])
        (while (is x.__class__ cons)
          (.append out (if (is x.car.__class__ cons) (cl-copy-tree x.car) x.car))
          (setv x x.cdr))
        (lisp-list* out x))
      x))

;; ---- Parts of lists

(defcl list-length [x]
  "The length of the list X; nil if it is circular."
  (setv n 0 slow (as-conses x))
  (docells [c x]
    (setv n (+ n 1))
    (when (= (% n 2) 0)
      (when (is c slow)
        (return None))
      (setv slow slow.cdr)))
  n)

(defcl nthcdr [n x]
  "The tail of the list X behind its first N elements."
  (check-count n)
  (for [_ (range n)]
    (when (is x None) (break))
    (setv x (if (is x.__class__ cons) x.cdr (cl-cdr x))))
  x)

(defcl nth [n x]
  "Element number N of the list X; nil if it is shorter."
  (cl-car (cl-nthcdr n x)))

(defsetter nth [value n x]
  (set-car value (cl-nthcdr n x)))

(defcl last [x [n 1]]
  "The last N conses of the list X, which may end in something else than nil."
  (setv x (as-conses x))
  (check-count n)
  (if (= n 1)
      (do
        (while (and (is x.__class__ cons) (is x.cdr.__class__ cons))
          (setv x x.cdr))
        x)
      (do
        (setv ahead x)
        (for [_ (range n)]
          (when (is-not ahead.__class__ cons) (return x))
          (setv ahead ahead.cdr))
        (while (is ahead.__class__ cons)
          (setv x x.cdr ahead ahead.cdr))
        x)))

(defn all-but-last [x n]
  "The conses of X, which may end in something else than nil, apart from the last N."
  (check-count n)
  (setv out [] x (as-conses x))
  (while (is x.__class__ cons)
    (.append out x)
    (setv x x.cdr))
  (cut out (max 0 (- (len out) n))))

(defcl butlast [x [n 1]]
  "A list of the elements of X without its last N."
  (lisp-list (gfor c (all-but-last x n) c.car)))

(defcl nbutlast [x [n 1]]
  "X without its last N conses."
  (setv kept (all-but-last x n))
  (cond
    (= n 0) x
    kept (do
      (setv (. (get kept -1) cdr) None)
      (get kept 0))
    True None))

(defcl ldiff [x tail]
  "A list of the elements of X that are before TAIL, one of its tails."
  (setv out [] x (as-conses x))
  (while (is x.__class__ cons)
    (when (is x tail)
      (return (lisp-list out)))
    (.append out x.car)
    (setv x x.cdr))
  (lisp-list* out (if (cl-eql x tail) None x)))

(defcl tailp [tail x]
  "Is TAIL one of the tails of the list X?"
  (setv x (as-conses x))
  (while (is x.__class__ cons)
    (when (is x tail)
      (return True))
    (setv x x.cdr))
  (cl-eql x tail))

;; ---- Trees

(defcl tree-equal [a b * [test None] [test-not None]]
  "Have the trees A and B the same shape, and leaves that match?"
  (same-trees (two-place-test test test-not) a b))

(defn same-trees [same a b]
  (while (and (is a.__class__ cons) (is b.__class__ cons))
    (when (not (same-trees same a.car b.car))
      (return False))
    (setv a a.cdr b b.cdr))
  (not (or (is a.__class__ cons) (is b.__class__ cons) (not (same a b)))))

(defn replaced [x replacement in-place]
  "The tree X, in which REPLACEMENT says of each subtree what it becomes: #(new), or None for the
  subtree itself. What did not change is shared, or all of it if IN-PLACE."
  (setv new (replacement x))
  (cond
    (is-not new None) (get new 0)
    (is-not x.__class__ cons) x
    True (do
      ;; Along the cdrs without recursion.
      (setv chain [] rest x new None)
      (while (and (is new None) (is rest.__class__ cons))
        (.append chain #(rest (replaced rest.car replacement in-place)))
        (setv rest rest.cdr
              new (replacement rest)))
      (setv tail (if (is new None) rest (get new 0)))
      (for [[c car] (reversed chain)]
        (if (or in-place (and (is car c.car) (is tail c.cdr)))
            (setv c.car car c.cdr tail tail c)
            (setv tail (new-cons car tail))))
      tail)))

(defmacro defsubst [name in-place]
  "Define subst and its relatives, or the ones that change the tree."
  (setv [by-item if-true if-false by-list]
          (map hy.models.Symbol [f"{name}st" f"{name}st-if" f"{name}st-if-not" f"{name}lis"]))
  `(do
     (defcl ~by-item [new old tree * [test None] [test-not None] [key None]]
       "TREE with NEW for each subtree, leaves among them, that matches OLD."
       (replaced tree (instead new (item-test old test test-not key)) ~in-place))
     (defcl ~if-true [new predicate tree * [key None]]
       "TREE with NEW for each subtree, leaves among them, of which PREDICATE is true."
       (replaced tree (instead new (predicate-test predicate key)) ~in-place))
     (defcl ~if-false [new predicate tree * [key None]]
       "TREE with NEW for each subtree, leaves among them, of which PREDICATE is not true."
       (replaced tree (instead new (predicate-test predicate key True)) ~in-place))
     (defcl ~by-list [alist tree * [test None] [test-not None] [key None]]
       "TREE with what the association list ALIST says for each subtree, leaves among them."
       (setv key (key-function key))
       (replaced tree
                 (fn [x]
                   (setv pair (cl-assoc (if key (key x) x) alist :test test :test-not test-not))
                   (if (is pair None) None #(pair.cdr)))
                 ~in-place))))

(defn instead [new matches]
  (setv new #(new))
  (fn [x] (if (matches x) new None)))

(defsubst sub False)
(defsubst nsub True)

;; ---- Searches

(defmacro defsearch [name parameters doc #* body]
  "Define NAME, NAME-if and NAME-if-not, in which `matches` says of an element whether it is looked
  for. PARAMETERS are those behind the item or the predicate."
  (setv [by-item if-true if-false] (map hy.models.Symbol [name f"{name}-if" f"{name}-if-not"]))
  `(do
     (defcl ~by-item [item ~@parameters * [test None] [test-not None] [key None]]
       ~(.format doc "matches ITEM")
       (setv matches (item-test item test test-not key))
       ~@body)
     (defcl ~if-true [predicate ~@parameters * [key None]]
       ~(.format doc "satisfies PREDICATE")
       (setv matches (predicate-test predicate key))
       ~@body)
     (defcl ~if-false [predicate ~@parameters * [key None]]
       ~(.format doc "does not satisfy PREDICATE")
       (setv matches (predicate-test predicate key True))
       ~@body)))

(defsearch member [x]
  "The tail of the list X that begins with the first element that {}, or nil."
  (docells [c x]
    (when (matches c.car)
      (return c))))

(defsearch assoc [alist]
  "The first pair in ALIST of which the car {}, or nil."
  (docells [c alist]
    (setv pair c.car)
    (cond
      (is pair.__class__ cons) (when (matches pair.car) (return pair))
      (nil? pair) None
      True (when (matches (cl-car pair)) (return (as-conses pair))))))

(defsearch rassoc [alist]
  "The first pair in ALIST of which the cdr {}, or nil."
  (docells [c alist]
    (setv pair c.car)
    (cond
      (is pair.__class__ cons) (when (matches pair.cdr) (return pair))
      (nil? pair) None
      True (when (matches (cl-cdr pair)) (return (as-conses pair))))))

(defcl acons [key value alist]
  "ALIST with the pair of KEY and VALUE in front."
  (new-cons (new-cons key value) alist))

(defcl pairlis [keys values [alist None]]
  "ALIST with pairs of KEYS and VALUES in front, the last of them first."
  (setv keys (items keys) values (items values))
  (when (!= (len keys) (len values))
    (fail "The lists of keys and data are of unequal length."))
  (for [[k v] (zip keys values)]
    (setv alist (new-cons (new-cons k v) alist)))
  alist)

;; ---- Sets: the order of what they give is SBCL's

(defn membership [x test test-not key]
  "A function that says of an element of another list whether one in the Python list X matches it."
  (setv key (key-function key)
        same (two-place-test test test-not)
        identity (identity-by test test-not)
        x (if key (lfor item x (key item)) x))
  (if (and identity (> (len x) 8))
      (do
        (setv present (set (map identity x)))
        (fn [item] (in (identity (if key (key item) item)) present)))
      (fn [item]
        (setv item (if key (key item) item))
        (any (gfor other x (same item other))))))

(defcl adjoin [item x * [test None] [test-not None] [key None]]
  "The list X, with ITEM in front unless there is one that matches it."
  (setv key* (key-function key)
        matches (item-test (if key* (key* item) item) test test-not key))
  (docells [c x]
    (when (matches c.car)
      (return x)))
  (new-cons item (as-conses x)))

(defcl union [a b * [test None] [test-not None] [key None]]
  "A list of what is in A or in B."
  (setv a-items (items a) b-items (items b)
        [short short-items long-items] (if (< (len a-items) (len b-items))
                                           [a a-items b-items]
                                           [b b-items a-items]))
  (if (or (< (len short-items) 80) (is (identity-by test test-not) None))
      (do
        (setv present (membership short-items test test-not key)
              result (as-conses short))
        (for [item long-items]
          (when (not (present item))
            (setv result (new-cons item result))))
        result)
      (do
        ;; What SBCL does with long lists: a hash table gives the order.
        (setv table (cl-make-hash-table :test test)
              key (key-function key)
              result None)
        (for [item (+ long-items short-items)]
          (.put table (if key (key item) item) item))
        (for [[_ item] (.entries table)]
          (setv result (new-cons item result)))
        result)))

(defcl intersection [a b * [test None] [test-not None] [key None]]
  "A list of those elements of A that are in B."
  (setv present (membership (items b) test test-not key) result None)
  (for [item (items a)]
    (when (present item)
      (setv result (new-cons item result))))
  result)

(defcl set-difference [a b * [test None] [test-not None] [key None]]
  "A list of those elements of A that are not in B."
  (if (nil? b)
      (as-conses a)
      (do
        (setv present (membership (items b) test test-not key) result None)
        (for [item (items a)]
          (when (not (present item))
            (setv result (new-cons item result))))
        result)))

(defcl set-exclusive-or [a b * [test None] [test-not None] [key None]]
  "A list of what is in A or in B, but not in both."
  (setv a (items a) b (items b)
        in-b (membership b test test-not key)
        result None)
  (for [item a]
    (when (not (in-b item))
      (setv result (new-cons item result))))
  ;; The test gets the element of A first, whichever is looked for.
  (setv key (key-function key)
        same (two-place-test test test-not)
        keys (if key (lfor item a (key item)) a))
  (for [item b]
    (setv own (if key (key item) item))
    (when (not (any (gfor other keys (same other own))))
      (setv result (new-cons item result))))
  result)

(defcl subsetp [a b * [test None] [test-not None] [key None]]
  "Is every element of A in B?"
  (setv present (membership (items b) test test-not key))
  (all (map present (items a))))

;; What the destructive ones give is the same, apart from the last one: no program may rely on what
;; becomes of their arguments.
(defmacro defdestructive [#* names]
  `(do ~@(gfor name names
           `(defcl ~(hy.models.Symbol f"n{name}") [a b * [test None] [test-not None] [key None]]
              ~f"As {name}; A and B may be changed."
              (~(hy.models.Symbol f"cl-{name}") a b :test test :test-not test-not :key key)))))
(defdestructive union intersection set-difference)

(defcl nset-exclusive-or [a b * [test None] [test-not None] [key None]]
  "A list of what is in A or in B, but not in both; A and B may be changed."
  (setv key (key-function key)
        same (two-place-test test test-not)
        kept [] others (items b) gone [])
  (for [x (items a)]
    (setv own (if key (key x) x)
          equal-ones [] rest [])
    (for [y others]
      (.append (if (same own (if key (key y) y)) equal-ones rest) y))
    (setv others rest)
    (.extend gone equal-ones)
    (when (not (or equal-ones (any (gfor y gone (same own (if key (key y) y))))))
      (.append kept x)))
  (lisp-list (+ kept others)))

;; ---- Mapping

(defn rows [lists]
  "The tuples of the elements of LISTS, as many as the shortest has."
  (map (fn [row] (tuple (gfor c row c.car))) (rows-of-tails lists)))

(defn rows-of-tails [lists]
  (setv rest (list (map as-conses lists)))
  (while (not-in None rest)
    (yield (tuple rest))
    (setv rest (lfor x rest (as-conses x.cdr)))))

(defmacro defmap [name doc tuples one-element result]
  "Define a function that calls another one with what TUPLES, a function, makes of lists, and of a
  single list with ONE-ELEMENT of each cons `c`; RESULT is a form of the list `out` of what that
  gave, or of the first list `x`."
  `(defcl ~name [f x #* more]
     ~doc
     (setv f (function-of f) out [])
     (if more
         (for [row (~tuples #(x #* more))]
           (.append out (single (f #* row))))
         (docells [c x]
           (.append out (single (f ~one-element)))))
     ~result))

(defmap mapcar "A list of what F gives for the elements of lists, side by side."
  rows c.car (lisp-list out))
(defmap maplist "A list of what F gives for the tails of lists, side by side."
  rows-of-tails c (lisp-list out))
(defmap mapcan "The lists that F gives for the elements of lists, side by side, as one."
  rows c.car (joined out))
(defmap mapcon "The lists that F gives for the tails of lists, side by side, as one."
  rows-of-tails c (joined out))

(defn joined [lists]
  "LISTS as one, by changing their last conses."
  (setv head (new-cons None None) end head)
  (for [x lists]
    (when (not (nil? x))
      (setv x (as-tail x) end.cdr x)
      (when (is x.__class__ cons)
        (setv end (cl-last x)))))
  head.cdr)

(defcl mapc [f x #* more]
  "Call F with the elements of lists, side by side; the first list."
  (setv f (function-of f))
  (if more
      (for [row (rows #(x #* more))]
        (f #* row))
      (docells [c x] (f c.car)))
  x)

(defcl mapl [f x #* more]
  "Call F with the tails of lists, side by side; the first list."
  (setv f (function-of f))
  (for [row (rows-of-tails #(x #* more))]
    (f #* row))
  x)
