"The macro `loop`. Clauses become what SBCL makes of them: bindings around the loop, a prologue,
what happens before the first round and what before each later one, a body, an epilogue."

(import ast)
(import itertools [count islice])
(import math [ceil])
(import hy)
(eval-when-compile
  (require hy-iolib.cl.definitions [defcl defcl-macro form]
           hy-iolib.cl.analysis [defspecial-form]))
(import hy-iolib.cl.analysis [analyze analyze-body refer special-operators])
(import hy-iolib.cl.arrays [mutable-string])
(import hy-iolib.cl.characters [characters])
(import hy-iolib.cl.conses [cons new-cons elements lisp-list nil?])
(import hy-iolib.cl.definitions [functions known])
(import hy-iolib.cl.emission [NONE STORE VALUE attribute call is-node name-of target])
(import hy-iolib.cl.environment [Variable])
(import hy-iolib.cl.lambda-lists [syntax-error])
(import hy-iolib.cl.lists [as-conses])
(import hy-iolib.cl.nodes [Const For Inline Let Local Node SetLocal While made-cons progn])
(import hy-iolib.cl.numbers [cl-realp double-float])
(import hy-iolib.cl.packages [package-or-current])
(import hy-iolib.cl.strings [string? wrong-type])
(import hy-iolib.cl.symbols [cl-symbol symbol symbol? symbol-name])
(import hy-iolib.cl.vectors [check-vector])

(export :objects [] :macros [])

(defcl-macro loop [#* forms]
  (if (and forms (symbol? (get forms 0)))
      (.expansion (Loop forms))
      (do
        (setv tags (any (map symbol? forms)))
        (form (block nil (sys::while t ~@(if tags [(form (tagbody ~@forms))] forms)))))))

(defcl-macro loop-finish []
  (form (return-from sys::loop-end nil)))

;; ---- The parts of a loop

(defclass Test []
  "The loop goes on while FORM is true."
  (setv __slots__ #("form"))
  (defn __init__ [self form] (setv self.form form)))

(defclass Steps []
  "FORMS, evaluated."
  (setv __slots__ #("forms"))
  (defn __init__ [self forms] (setv self.forms forms)))

(defclass Iteration []
  "How a variable is stepped: FIRST for the first round, LATER for the others. Each is (test, steps,
  test, steps), where steps are pairs of a pattern and a form, made at once in front of the second
  test and one after the other behind it; what both share is the same object."
  (setv __slots__ #("first" "later"))
  (defn __init__ [self first [later None]]
    (setv self.first first self.later (or later first))))

(defclass Driver []
  "The iteration that all of a loop is inside of: LOOP is a function of the other forms, and of
  whether anybody sees the variable after the loop, that gives the form of a loop of Python's."
  (setv __slots__ #("loop"))
  (defn __init__ [self loop] (setv self.loop loop)))

(defclass Accumulator []
  "What clauses of one CATEGORY accumulate in VARIABLE, the user's or ours. A list begins in the cdr
  of HELPER, a cons, and ends with the cons LAST; of a maximum HELPER says whether there is one."
  (setv __slots__ #("category" "named" "variable" "helper" "last")))

(defclass Loop []
  "The clauses of a loop, as far as they have been looked at."

  (defn __init__ [self forms]
    (setv self.tokens (list forms) self.position 0
          self.name None self.named False
          ;; Lists of bindings, from outside inwards; those of the clause that is looked at; names.
          self.bindings [] self.block [] self.names (set)
          self.prologue [] self.epilogue []
          ;; Tests and Steps for the first round, and for later ones, or None; as many of each.
          self.before [] self.after []
          ;; The loop of Python's around all that, if there is one, as a function.
          self.driver None self.linked False
          self.body [] self.body-begun False self.conditional False
          ;; Name or None -> Accumulator; their bindings.
          self.accumulators {} self.accumulations []
          self.boolean None)
    (while (.more self)
      (setv word (word-of (.token self))
            clause (.get clauses word))
      (when (is clause None)
        (.wrong self
          (cond
            (is word None) f"{(shown (.token self))} found where LOOP keyword expected"
            (in word ["and" "else"]) f"{(.upper word)} misplaced at top level"
            True f"unknown LOOP keyword: {(.upper word)}")))
      (+= self.position 1)
      (clause self word)))

  ;; ---- Tokens

  (defn more [self] (< self.position (len self.tokens)))
  (defn token [self] (get self.tokens self.position))
  (defn next-word [self]
    (if (.more self) (word-of (.token self)) None))

  (defn next? [self #* words]
    "Is the next token one of WORDS? Then it is taken."
    (when (in (.next-word self) words)
      (+= self.position 1)
      True))

  (defn take [self]
    (when (not (.more self))
      (.wrong self "LOOP source code ran out when another token was expected."))
    (+= self.position 1)
    (get self.tokens (- self.position 1)))

  (defn take-form [self]
    (when (not (.more self))
      (.wrong self "LOOP code ran out where a form was expected."))
    (.take self))

  (defn take-compound-forms [self]
    (setv forms [(.take-form self)])
    (when (is-not (. (get forms 0) __class__) cons)
      (.wrong self f"A compound form was expected, but {(shown (get forms 0))} found."))
    (while (and (.more self) (is (. (.token self) __class__) cons))
      (.append forms (.take self)))
    forms)

  (defn take-type [self [pattern None]]
    "The type that may follow a variable, or None."
    (cond
      (not (.more self)) None
      (.next? self "of-type") (.take self)
      (in (.next-word self) TYPES) (.take self)
      (is (. (.token self) __class__) cons)
        (if (is pattern.__class__ cons)
            (.take self)
            (.wrong self (+ (shown (.token self))
                            " found where a LOOP keyword or LOOP type keyword expected")))
      True None))

  (defn wrong [self message]
    (raise (syntax-error message)))

  ;; ---- Bindings

  (defn claim [self s]
    (when (in s self.names)
      (.wrong self f"Duplicated variable {(symbol-name s)}"))
    (.add self.names s))

  (defn internal [self name init]
    "A new variable of our own, bound to the form INIT."
    (setv s (symbol name))
    (.append self.block #(s init))
    s)

  (defn iteration-variables [self pattern type]
    "Bind the variables of PATTERN to what they are before the first round."
    (for [[s type] (typed-variables pattern type)]
      (.claim self s)
      (.append self.block #(s (initial-value type)))))

  (defn end-block [self]
    (when self.block
      (.append self.bindings self.block)
      (setv self.block [])))

  ;; ---- What the clauses add

  (defn not-in-conditional [self word]
    (when self.conditional
      (.wrong self f"The LOOP {(.upper word)} clause is not permitted inside a conditional.")))

  (defn each-round [self item]
    "ITEM, a Test or Steps, in each round, before the body if that has not begun."
    (if self.body-begun
        (.append self.body item)
        (.both self item)))

  (defn both [self item]
    (.append self.before item)
    (.append self.after item))

  (defn emit [self #* forms]
    (setv self.body-begun True)
    (.append self.body (Steps (list forms))))

  (defn leading? [self]
    "Is what has just been looked at the outermost iteration, and linked to none by AND?"
    (not (or self.before self.driver self.linked (= (.next-word self) "and"))))

  (defn add-iterations [self iterations]
    "Add the iterations of clauses that are linked by AND."
    (if (isinstance (get iterations 0) Driver)
        (setv self.driver (. (get iterations 0) loop))
        (for [i (range 4)]
          (setv combine (if (% i 2) (if (= i 1) at-once in-turn) all-true)
                first (combine (lfor x iterations (get x.first i)))
                later (if (all (gfor x iterations (is (get x.first i) (get x.later i))))
                          first
                          (combine (lfor x iterations (get x.later i)))))
          (.append self.before first)
          (.append self.after later))))

  (defn accumulator [self category name type]
    (setv a (.get self.accumulators name))
    (cond
      (is a None)
        (do
          (setv a (Accumulator)
                a.category category
                a.named (is-not name None)
                a.variable (if (is name None) (symbol (.upper category)) name)
                a.helper (symbol "HELPER")
                a.last (symbol "LAST")
                (get self.accumulators name) a)
          (when (is-not name None)
            (when (in name self.names)
              (.wrong self f"Duplicated variable {(symbol-name name)} in INTO clause"))
            (.claim self name))
          (.extend self.accumulations
                   (cond
                     (= category "list") [#* (if (is name None) [] [#(name None)])
                                          #(a.helper (form (cons nil nil)))
                                          #(a.last a.helper)]
                     (= category "sum") [#(a.variable (initial-value type 0))]
                     True [#(a.variable (initial-value type 0)) #(a.helper None)])))
      (!= a.category category)
        (.wrong self (+ "incompatible kinds of LOOP value accumulation specified for collecting "
                        (if (is name None) "as the value of the LOOP" f"INTO {(symbol-name name)}")
                        f": {(.upper a.category)} and {(.upper category)}")))
    a)

  ;; ---- The whole

  (defn expansion [self]
    (setv value (.value self)
          exit (if self.epilogue
                   (form (return-from sys::loop-end nil))
                   (form (return-from ~self.name ~value)))
          [before top bottom first] (.arranged self)
          test True)
    (when (and (not self.driver) top (isinstance (get top 0) Test))
      (setv test (. (get top 0) form)
            top (cut top 1 None)))
    (setv round (lfor item [#* top #* self.body #* bottom]
                      f (forms-of item exit) f)
          result (form (block sys::loop-end
                         ~@self.prologue
                         ~@(gfor item before f (forms-of item exit) f)
                         ~(if self.driver
                              (self.driver round (bool self.epilogue))
                              (form (sys::while ~test ~@round)))))
          result (form (progn ~result ~@self.epilogue ~value)))
    (for [block (reversed [#* self.bindings
                           #* (lfor a self.accumulations [a])
                           #* (if first [[#(first True)]] [])])]
      (setv result (form (let ~(lisp-list (gfor [s init] block (lisp-list [s init]))) ~result))))
    (form (block ~self.name ~result)))

  (defn value [self]
    (setv a (.get self.accumulators None))
    (cond
      (is-not a None) (if (= a.category "list") (collected a) a.variable)
      (= self.boolean "true") True
      True None))

  (defn arranged [self]
    "What comes in front of the loop, at the beginning and at the end of each round; and a variable
    that is true in the first one, if one is needed."
    (setv differing (lfor [i [b a]] (enumerate (zip self.before self.after)) :if (is-not a b) i))
    (cond
      (not differing) #([] (present self.before) [] None)
      (not (or self.driver (any (gfor b (cut self.before (+ (get differing -1) 1))
                                      (isinstance b Test)))))
        (do
          (setv n (+ (get differing -1) 1))
          #((present (cut self.before n)) (present (cut self.before n None))
            (present (cut self.after n)) None))
      True
        (do
          (setv first (symbol "FIRST") top [] i 0)
          (while (< i (len self.before))
            (setv b (get self.before i))
            (if (is b (get self.after i))
                (.append top b)
                (.append top (Either first b (get self.after i) (= i (get differing -1)))))
            (+= i 1))
          #([] (present top) [] first)))))

(defclass Either []
  "One of two items: BEFORE when the variable FIRST is true, which is over if LAST."
  (setv __slots__ #("first" "before" "after" "last"))
  (defn __init__ [self first before after last]
    (setv self.first first self.before before self.after after self.last last)))

(defn present [items]
  (lfor item items :if (is-not item None) item))

(defn forms-of [item exit]
  (cond
    (is item None) []
    (isinstance item Steps) item.forms
    (isinstance item Test) [(form (if ~item.form nil ~exit))]
    True [(form (if (sys::test "A" ~item.first)
                    (progn ~@(forms-of item.before exit)
                           ~@(if item.last [(form (setq ~item.first nil))] []))
                    (progn ~@(forms-of item.after exit))))]))

(defn collected [a]
  "The form for the list that the accumulator A has so far."
  (form (sys::inline "A.cdr" ~a.helper)))

;; ---- Words, types, patterns

(defn word-of [x]
  "The name of X, if it is a symbol, in lower case."
  (if (symbol? x) (.lower (symbol-name x)) None))

(defn shown [x]
  (import hy-iolib.cl.printer [cl-prin1-to-string])
  (cl-prin1-to-string x))

(setv ZEROS {"fixnum" 0 "integer" 0 "bignum" 0 "rational" 0 "ratio" 0 "number" 0 "real" 0 "bit" 0
             "unsigned-byte" 0 "signed-byte" 0 "mod" 0 "complex" 0
             "float" 0.0 "single-float" 0.0 "short-float" 0.0
             "double-float" (double-float 0) "long-float" (double-float 0)
             "character" (get characters "x") "base-char" (get characters "x")
             "standard-char" (get characters "x")}
      ;; Types that may stand behind a variable without OF-TYPE.
      TYPES (set (.split "array atom base-char bignum bit bit-vector character compiled-function
        complex cons double-float fixnum float function hash-table integer keyword list long-float
        nil null number package pathname random-state ratio rational readtable sequence short-float
        simple-array simple-bit-vector simple-string simple-vector single-float standard-char stream
        string symbol t vector")))

(defn initial-value [type [otherwise None]]
  "What a variable of TYPE is before it has a value."
  (.get ZEROS (word-of (if (is type.__class__ cons) type.car type)) otherwise))

(defn typed-variables [pattern type]
  "Pairs of the variables in PATTERN and their types."
  (cond
    (nil? pattern) []
    (is pattern.__class__ cons)
      (if (is type.__class__ cons)
          [#* (typed-variables pattern.car type.car) #* (typed-variables pattern.cdr type.cdr)]
          [#* (typed-variables pattern.car type) #* (typed-variables pattern.cdr type)])
    True [#(pattern type)]))

(defn assignment [pattern value]
  "The form that sets the variables of PATTERN to the parts of the form VALUE."
  (cond
    (nil? pattern) value
    (is pattern.__class__ cons)
      (do
        (setv whole (symbol "WHOLE"))
        (form (let ((~whole ~value)) ~@(part-assignments pattern whole))))
    True (form (setq ~pattern ~value))))

(defn part-assignments [pattern whole]
  (setv forms [])
  (while True
    (when (not (nil? pattern.car))
      (.append forms (assignment pattern.car (form (car ~whole)))))
    (setv pattern pattern.cdr)
    (cond
      (nil? pattern) (return forms)
      (is pattern.__class__ cons) (.append forms (form (setq ~whole (cdr ~whole))))
      True (return [#* forms (form (setq ~pattern (cdr ~whole)))]))))

(defn part-bindings [pattern whole]
  "Bindings of the variables in PATTERN to the parts of the variable WHOLE."
  (cond
    (nil? pattern) []
    (is pattern.__class__ cons)
      (lfor [part operator] [#(pattern.car "car") #(pattern.cdr "cdr")]
            :if (not (nil? part))
            :setv value (form (~(cl-symbol operator) ~whole))
            :setv inner (if (is part.__class__ cons) (symbol "PART") part)
            binding [#(inner value) #* (if (is inner part) [] (part-bindings part inner))]
            binding)
    True [#(pattern whole)]))

(defn all-true [tests]
  (setv tests (present tests))
  (cond
    (not tests) None
    (= (len tests) 1) (Test (get tests 0))
    True (Test (form (and ~@tests)))))

(defn at-once [steps]
  "The Steps that evaluate all forms before they set a variable."
  (setv pairs (sum steps [])
        values (lfor _ pairs (symbol "VALUE")))
  (cond
    (not pairs) None
    (= (len pairs) 1) (Steps [(assignment #* (get pairs 0))])
    True (Steps [(form (let ~(lisp-list (gfor [v [_ x]] (zip values pairs) (lisp-list [v x])))
                         ~@(gfor [v [pattern _]] (zip values pairs)
                                 :if (not (nil? pattern))
                                 (assignment pattern v))))])))

(defn in-turn [steps]
  (setv pairs (sum steps []))
  (if pairs (Steps (lfor p pairs (assignment #* p))) None))

;; ---- Clauses

;; Word -> function of the loop and the word, which has been taken.
(setv clauses {})

(defmacro defclause [words parameters #* body]
  `(do
     (defn clause ~parameters ~@body)
     (for [w (.split ~words)]
       (setv (get clauses w) clause))))

(defclause "named" [l _]
  (setv name (.take l))
  (cond
    (not (symbol? name)) (.wrong l f"{(shown name)} is an invalid name for your LOOP")
    l.named (.wrong l "You may only use one NAMED clause in your loop")
    (or l.before l.driver l.body l.conditional)
      (.wrong l f"The NAMED {(symbol-name name)} clause occurs too late."))
  (setv l.named True l.name name))

(defclause "with" [l word]
  (.not-in-conditional l word)
  (setv parts [])
  (while True
    (setv pattern (.take l)
          type (.take-type l pattern)
          value (if (.next? l "=") (.take-form l) None))
    (for [[s _] (typed-variables pattern type)]
      (.claim l s))
    (cond
      (and (is-not pattern.__class__ cons) (not (nil? pattern)))
        (.append l.block #(pattern (if (is value None) (initial-value type) value)))
      (is value None)
        (for [[s type] (typed-variables pattern type)]
          (.append l.block #(s (initial-value type))))
      True
        (.extend parts (part-bindings pattern (.internal l "WHOLE" value))))
    (when (not (.next? l "and"))
      (break)))
  (.end-block l)
  (.extend l.bindings (gfor p parts [p])))

(defclause "initially" [l word]
  (.not-in-conditional l word)
  (.extend l.prologue (.take-compound-forms l)))

(defclause "finally" [l word]
  (.not-in-conditional l word)
  (.extend l.epilogue (.take-compound-forms l)))

(defclause "do doing" [l _]
  (.emit l #* (.take-compound-forms l)))

(defclause "return" [l _]
  (.emit l (form (return-from ~l.name ~(.take-form l)))))

(defclause "while until" [l word]
  (.not-in-conditional l word)
  (setv test (.take-form l))
  (.each-round l (Test (if (= word "while") test (form (if ~test nil t))))))

(defclause "repeat" [l word]
  (.not-in-conditional l word)
  (setv times (.take-form l)
        count (if (is times.__class__ int) times (form (sys::inline "Y_times(A)" ~times))))
  (if (or l.before l.driver l.body-begun)
      (do
        (setv n (.internal l "TIMES" count))
        (.both l (Test (form (sys::test "A > 0" ~n))))
        (.both l (Steps [(form (setq ~n (sys::inline "A - 1" ~n)))])))
      (do
        (setv rounds (.internal l "ROUNDS" (form (sys::inline "Y_range(A)" ~count)))
              round (.internal l "ROUND" None)
              l.driver (fn [body _] (form (sys::for ~round ~rounds ~@body))))))
  (.end-block l))

;; ---- Conditional clauses

(defclause "when if unless" [l word]
  (setv test (.take-form l)
        it None first True
        outer-body l.body outer-conditional l.conditional
        l.conditional True)
  (defn clause-forms [after]
    (nonlocal it first)
    (setv l.body [])
    (while True
      (setv token (.take l)
            key (word-of token))
      (when (is key None)
        (.wrong l (+ f"{(shown token)} found where keyword expected"
                     f" getting LOOP clause after {(.upper after)}")))
      (when (and first (= (.next-word l) "it"))
        (when (is it None) (setv it (symbol "IT")))
        (setv (get l.tokens l.position) it))
      (setv first False
            clause (.get clauses key)
            count (len l.body))
      (when clause
        (clause l key))
      (when (= (len l.body) count)
        (.wrong l (+ f"{(.upper key)} does not introduce a LOOP clause"
                     f" that can follow {(.upper after)}.")))
      (when (not (.next? l "and"))
        (break)))
    (lfor item l.body f item.forms f))
  (setv then (clause-forms word)
        otherwise (if (.next? l "else") (clause-forms "else") []))
  (.next? l "end")
  (setv l.body outer-body l.conditional outer-conditional
        condition (or it test)
        choice (if (= word "unless")
                   (form (if ~condition (progn ~@otherwise) (progn ~@then)))
                   (form (if ~condition (progn ~@then) (progn ~@otherwise)))))
  (.emit l (if it (form (let ((~it ~test)) ~choice)) choice)))

;; ---- Accumulation

(defmacro defaccumulation [words category name #* body]
  "A clause that puts the form X into an accumulator, A: BODY gives the form that does it."
  `(defclause ~words [l ~name]
     (setv x (.take-form l)
           a (accumulation l ~category))
     (.emit l ~@body #* (seen-list a))))

(defn seen-list [a]
  "The forms that let the user's variable of A, if there is one, be the list so far."
  (if (and a.named (= a.category "list"))
      [(form (setq ~a.variable ~(collected a)))]
      []))

(defn accumulation [l category]
  (setv name None)
  (when (.next? l "into")
    (setv name (.take l))
    (when (not (and (symbol? name) (not (nil? name))))
      (.wrong l f"The value accumulation recipient name, {(shown name)}, is not a symbol.")))
  (setv type (.take-type l))
  (when (and (is name None) l.boolean)
    (.wrong l "This anonymous collection LOOP clause is not permitted with aggregate booleans."))
  (.accumulator l category name type))

(defaccumulation "collect collecting" "list" _
  (form (sys::collect ~a.last ~x)))

(defaccumulation "append appending" "list" _
  (form (setq ~a.last (sys::inline "Y_append_to(A, B)" ~a.last ~x))))

(defaccumulation "nconc nconcing" "list" _
  (form (setq ~a.last (sys::inline "Y_nconc_to(A, B)" ~a.last ~x))))

(defaccumulation "sum summing" "sum" _
  (form (setq ~a.variable (+ ~a.variable ~x))))

(defaccumulation "count counting" "sum" _
  (form (if ~x (setq ~a.variable (1+ ~a.variable)))))

(defaccumulation "maximize maximizing minimize minimizing" "max" word
  (larger a x (if (.startswith word "max") ">" "<")))

(defn larger [a x better]
  (setv n (symbol "N"))
  (form (let ((~n ~x))
          (if (sys::test "A" ~a.helper)
              (if (~(cl-symbol better) ~n ~a.variable) (setq ~a.variable ~n))
              (setq ~a.variable (sys::inline "Y_real_number(A)" ~n)
                    ~a.helper t)))))

;; ---- Aggregate booleans

(defn check-no-collection [l]
  (when (in None l.accumulators)
    (.wrong l "This LOOP clause is not permitted with anonymous collectors.")))

(defclause "always never" [l word]
  (.not-in-conditional l word)
  (check-no-collection l)
  (setv x (.take-form l)
        fail (form (return-from ~l.name nil))
        l.boolean "true")
  (.emit l (if (= word "always")
               (form (if ~x nil ~fail))
               (form (if ~x ~fail)))))

(defclause "thereis" [l word]
  (.not-in-conditional l word)
  (check-no-collection l)
  (setv it (symbol "IT")
        l.boolean (or l.boolean "there-is"))
  (.emit l (form (let ((~it ~(.take-form l)))
                   (if ~it (return-from ~l.name ~it))))))

;; ---- Iteration

;; Word -> function of the loop, the variable (a pattern), its type and the word, which has been
;; taken: it binds variables and gives the Iteration.
(setv paths {})

(defmacro defpath [words parameters #* body]
  `(do
     (defn path ~parameters ~@body)
     (for [w (.split ~words)]
       (setv (get paths w) path))))

(defclause "for as" [l word]
  (.not-in-conditional l word)
  (setv iterations [])
  (while True
    (setv pattern (.take l)
          type (.take-type l pattern)
          token (.take l)
          path (.get paths (word-of token)))
    (when (is path None)
      (.wrong l f"{(shown token)} is an unknown keyword in FOR or AS clause in LOOP."))
    (setv l.linked (bool iterations))
    (.append iterations (path l pattern type (word-of token)))
    (when l.body-begun
      (.wrong l "iteration in LOOP follows body code"))
    (when (not (.next? l "and"))
      (break)))
  (.end-block l)
  (.add-iterations l iterations))

(defpath "=" [l pattern type _]
  (setv value (.take-form l))
  (.iteration-variables l pattern type)
  (setv first #(None [#(pattern value)] None []))
  (Iteration first
             (if (.next? l "then")
                 #(None [#(pattern (.take-form l))] None [])
                 first)))

(defn list-step [l rest]
  "The form for what follows the list REST, by `by` or cdr; None for cdr."
  (if (.next? l "by")
      (do
        (setv step (.take-form l))
        (if (and (is step.__class__ cons) (is step.car FUNCTION))
            (form (funcall ~step ~rest))
            (form (funcall ~(.internal l "STEP" step) ~rest))))
      None))

(defpath "in" [l pattern type _]
  (setv rest (.internal l "REST" (.take-form l))
        step (list-step l rest))
  (.iteration-variables l pattern type)
  (Iteration #((form (sys::another ~rest))
               [#(pattern (form (sys::inline "A.car" ~rest)))]
               None
               [#(rest (or step (form (sys::inline "A.cdr" ~rest))))])))

(defpath "on" [l pattern type _]
  (setv items (.take-form l))
  (if (or (nil? pattern) (is pattern.__class__ cons))
      (do
        (setv rest (.internal l "REST" items)
              step (or (list-step l rest) (form (cdr ~rest))))
        (.iteration-variables l pattern type)
        (Iteration #((form (consp ~rest)) [#(pattern rest)] None [#(rest step)])))
      (do
        (.claim l pattern)
        (.append l.block #(pattern items))
        (setv step (or (list-step l pattern) (form (cdr ~pattern)))
              test (form (consp ~pattern)))
        (Iteration #(None [] test [])
                   #(None [#(pattern step)] test [])))))

(defn iterator-iteration [l items parts [at-end None]]
  "Iterate over what the Python iterator ITEMS gives: PARTS are pairs of patterns and templates of
  Python, over the item. At its end the form AT-END is evaluated."
  (setv iterator (.internal l "ITERATOR" items)
        leading (.leading? l)
        [pattern template] (get parts 0)
        direct (and leading (= template "A") (is pattern.__class__ symbol))
        item (if direct pattern (.internal l "ITEM" None))
        steps (lfor [p template] parts #(p (form (sys::inline ~template ~item))))
        assignments (if direct [] (lfor s steps (assignment #* s)))
        take-next (form (setq ~item (sys::inline "Y_next(A, Y_no_more)" ~iterator))))
  (cond
    leading (Driver (fn [body _]
                      (form (progn
                              (sys::for ~item ~iterator ~@assignments ~@body)
                              ~at-end))))
    at-end (Iteration #(None [] (form (progn
                                        ~take-next
                                        (if (sys::test "A is Y_no_more" ~item)
                                            (progn ~at-end nil)
                                            (progn ~@assignments t))))
                        []))
    True (Iteration #((form (progn ~take-next (sys::test "A is not Y_no_more" ~item)))
                      steps None []))))

(defpath "across" [l pattern type _]
  (.iteration-variables l pattern type)
  (iterator-iteration l (form (sys::inline "Y_across(A)" ~(.take-form l))) [#(pattern "A")]))

;; ---- for … being

(defpath "being" [l pattern type _]
  (when (not (.next? l "the" "each"))
    (.wrong l "unrecognizable LOOP iteration path syntax: missing EACH or THE?"))
  (setv word (word-of (.take l))
        other None source None using None)
  (cond
    (in word ["hash-key" "hash-keys"]) (setv other "hash-value")
    (in word ["hash-value" "hash-values"]) (setv other "hash-key")
    (not-in word PACKAGE-PATHS)
      (.wrong l f"{(.upper (or word "")) } is not the name of a LOOP iteration path."))
  (while True
    (cond
      (.next? l "of" "in") (setv source (.take-form l))
      (.next? l "using")
        (do
          (setv parts (list (elements (.take l))))
          (when (not (and (= (len parts) 2) other (= (word-of (get parts 0)) other)))
            (.wrong l f"wrong USING: {(shown (lisp-list parts))}"))
          (setv using (get parts 1)))
      True (break)))
  (.iteration-variables l pattern type)
  (.iteration-variables l using None)
  (setv nothing [#* (typed-variables pattern None) #* (typed-variables using None)]
        at-end (if nothing (form (setq ~@(gfor [s _] nothing x [s None] x))) None))
  (if (is other None)
      (iterator-iteration l
        (form (sys::inline ~(get PACKAGE-PATHS word) ~(or source (form *package*))))
        [#(pattern "A")] at-end)
      (do
        (when (is source None)
          (.wrong l f"{(.upper word)}: of which table?"))
        (setv [own others] (if (= other "hash-value") ["A[0]" "A[1]"] ["A[1]" "A[0]"]))
        (iterator-iteration l (form (sys::inline "Y_hash_iterator(A)" ~source))
          [#(pattern own) #* (if (nil? using) [] [#(using others)])]
          at-end))))

(setv PACKAGE-PATHS
  {"symbol" "Y_iter(Y_symbols_of(A))" "symbols" "Y_iter(Y_symbols_of(A))"
   "present-symbol" "Y_present_symbols_of(A)" "present-symbols" "Y_present_symbols_of(A)"
   "external-symbol" "Y_iter(Y_external_symbols_of(A))"
   "external-symbols" "Y_iter(Y_external_symbols_of(A))"})

;; ---- Counting

(setv STARTS ["from" "upfrom" "downfrom"] LIMITS ["to" "upto" "downto" "below" "above"]
      DIRECTIONS {"upfrom" "up" "downfrom" "down" "upto" "up" "downto" "down" "below" "up"
                  "above" "down"})

(defpath "from upfrom downfrom to upto downto below above by" [l pattern type word]
  (when (or (is pattern.__class__ cons) (not (symbol? pattern)) (nil? pattern))
    (.wrong l f"{(shown pattern)} can't count: it is no variable"))
  (setv start None limit None step 1 inclusive False direction None
        groups [STARTS LIMITS ["by"]]
        given (next (gfor g groups :if (in word g) g))
        first True)
  (.claim l pattern)
  (while True
    (when (and (not first) (in word given))
      (.wrong l f"{(.upper word)}: a preposition of this kind was there already"))
    (setv x (.take-form l))
    (when (and (in word DIRECTIONS) direction (!= (get DIRECTIONS word) direction))
      (.wrong l "conflicting stepping directions in LOOP sequencing path"))
    (setv direction (or (.get DIRECTIONS word) direction))
    (cond
      (in word STARTS)
        (do
          (setv start x)
          (.append l.block #(pattern x)))
      (= word "by")
        (setv step (if (positive? x)
                       x
                       (.internal l "STEP" (form (sys::inline "Y_positive(A)" ~x)))))
      True
        (setv inclusive (in word ["to" "upto" "downto"])
              limit (if (cl-realp x) x (.internal l "LIMIT" x))))
    (setv first False
          word (.next-word l))
    (if (any (gfor g groups (in word g)))
        (+= l.position 1)
        (break)))
  (when (is start None)
    (when (= direction "down")
      (.wrong l "don't know where to start stepping"))
    (setv start 0)
    (.append l.block #(pattern 0)))
  (setv down (= direction "down")
        operator (cond
                   (is limit None) None
                   down (if inclusive ">=" ">")
                   True (if inclusive "<=" "<"))
        next-value (form (~(cl-symbol (if down "-" "+")) ~pattern ~step))
        test (if operator (form (~(cl-symbol operator) ~pattern ~limit)) None))
  (if (.leading? l)
      (Driver (fn [body final]
                (counting pattern start operator limit step down final body)))
      (Iteration #(None [] test [])
                 #(None [#(pattern next-value)] test []))))

(defn positive? [x]
  (and (cl-realp x) (> x 0)))

(defn counting [variable start operator limit step down final body]
  "The form of a loop that counts VARIABLE, which is bound already to the form START, up to LIMIT by
  STEP, forms without effects; FINAL: does anybody see it afterwards?"
  (setv unsure (lfor [x letter] [[start "A"] [limit "B"] [step "C"]]
                     :if (not (or (is x.__class__ int) (and (= letter "B") (is x None))))
                     letter))
  (form (sys::counting ~variable ~operator ~limit ~step ~down ~unsure ~final ~@body)))

;; As the variable of a `for` of Python's over a range, if nobody else assigns it and no closure
;; keeps it; as a `while`, otherwise. UNSURE are the letters, in the template, of what need not be an
;; integer.
(defspecial-form sys::counting [env variable operator limit step down unsure final #* body]
  (setv v (.get env.variables variable)
        test (if operator (form (~(cl-symbol operator) ~variable ~limit)) True)
        next-value (form (~(cl-symbol (if down "-" "+")) ~variable ~step))
        loops env.scope.loops
        env.scope.loops (+ loops 1))
  (try
    (setv body-node (analyze-body (lisp-list body) env)
          iterable (counting-iterable operator step down unsure))
    (setv result
            (if (and (is v.__class__ Variable) (not v.assigned) (not v.captured))
                (do
                  (when (not (.intersection (set unsure) #{"A" "C"}))
                    (setv v.kind (if (or down (not (and (isinstance v.kind Const)
                                                        (= v.kind.kind "index"))))
                                     "int"
                                     "index")))
                  (setv numbers (Variable None (.name-for env.scope "numbers") env.scope)
                        source (Inline iterable
                                       (lfor x [variable limit step] (analyze x env))))
                  (if final
                      (Let [#(numbers source)]
                           (progn [(For v (Local numbers) body-node)
                                   (SetLocal v (Inline "Y_counted_to(A)" [(Local numbers)]))]))
                      (For v source body-node)))
                (While (analyze test env)
                       (progn [body-node (analyze (form (setq ~variable ~next-value)) env)]))))
    (finally
      (setv env.scope.loops loops)))
  (when (is v.__class__ Variable)
    (refer v env))
  result)

(defn counting-iterable [operator step down unsure]
  "The template for the numbers: A is where they start, B the limit, C the step."
  (setv end (cond
              (is operator None) ""
              (= operator "<=") ", B + 1"
              (= operator ">=") ", B - 1"
              True ", B")
        by (cond
             down ", -C"
             (= step 1) ""
             True ", C")
        numbers f"{(if end "Y_range" "Y_count")}(A{end}{by})")
  (if unsure
      (.format "{} if {} else Y_counted(A, B, C, {!r}, {})" numbers
               (.join " and " (gfor letter unsure f"{letter}.__class__ is INT"))
               operator (bool down))
      numbers))

;; ---- What expansions call

(defclass Another [Node]
  "Has the list in VARIABLE, a temporary, another element? A list of Python's is turned into conses."
  (setv __slots__ #("variable")
        kind "bool")
  (defn __init__ [self variable] (setv self.variable variable self.position None))
  (defn expression [self emitter multi]
    (setv name self.variable.name)
    (ast.BoolOp (ast.Or)
      [(is-node (attribute (name-of name) "__class__") (.support emitter "CONS"))
       (ast.Compare (ast.NamedExpr (target name)
                                   (call (.support emitter "Y_as_conses") (name-of name)))
                    [(ast.IsNot)] [(NONE)])])))

(defspecial-form sys::another [env variable]
  (setv v (get env.variables variable)
        v.assigned True)
  (refer v env)
  (Another v))

(defclass Collect [Node]
  "Put the value of FORM behind the cons in the variable LAST, a temporary, which then is that one."
  (setv __slots__ #("last" "form"))
  (defn __init__ [self last form] (setv self.last last self.form form self.position None))
  (defn emitted [self emitter dest]
    (setv value (.emit self.form emitter VALUE)
          name self.last.name)
    ;; The targets are assigned from the left.
    (.add emitter (ast.Assign [(ast.Attribute (name-of name) "cdr" STORE) (target name)]
                              (made-cons emitter value (NONE))))
    (.deliver emitter (NONE) dest)))

(defspecial-form sys::collect [env last x]
  (setv v (get env.variables last)
        v.assigned True)
  (refer v env)
  (Collect v (analyze x env)))

(.update functions {"sys::next" next "sys::iter" iter "sys::range" range "sys::count" count
                    "sys::as-conses" as-conses})

(defcl sys::no-more [] "What stands for no item.")

(setv FUNCTION (cl-symbol "function") REAL (cl-symbol "real")
      POSITIVE (lisp-list [REAL (lisp-list [0])]))

(defcl sys::append-to [last x]
  "Put a copy of the list X behind the cons LAST; the cons that is then the last one."
  (setv x (as-conses x))
  (while (is x.__class__ cons)
    (setv c (new-cons x.car None)
          last.cdr c
          last c
          x x.cdr))
  (when (not (nil? x))
    (setv last.cdr x))
  last)

(defcl sys::nconc-to [last x]
  "Put the list X behind the cons LAST; the cons that is then the last one."
  (setv last.cdr (as-conses x))
  (while (is last.cdr.__class__ cons)
    (setv last last.cdr))
  last)

(defcl sys::real-number [x]
  (if (cl-realp x) x (wrong-type x REAL)))

(defcl sys::positive [x]
  (if (positive? x) x (wrong-type x POSITIVE)))

(defcl sys::times [x]
  "How often `repeat` X goes round."
  (ceil (cl-real-number x)))

(defcl sys::across [v]
  "An iterator over the elements that the vector V has now; they may change while it is in use."
  (check-vector v)
  (setv items (islice (if (isinstance v mutable-string) v.characters v) (len v)))
  (if (string? v) (map characters.__getitem__ items) items))

(defclass Counting []
  "Numbers from START by STEP while OPERATOR is true of them and LIMIT."
  (defn __init__ [self start limit step operator down]
    (setv self.value start self.limit limit self.step step
          self.test (if operator (get functions operator) (fn [#* _] True))
          self.next (get functions (if down "-" "+"))))
  (defn __iter__ [self]
    (while (self.test self.value self.limit)
      (yield self.value)
      (setv self.value (self.next self.value self.step)))))

(defcl sys::counted [start limit step operator down]
  "What counts where not all of START, LIMIT and STEP are known to be integers."
  (for [x [start step #* (if operator [limit] [])]]
    (cl-real-number x))
  (Counting start limit step operator down))

(defcl sys::counted-to [numbers]
  "What the variable is after counting by NUMBERS."
  (if (isinstance numbers range)
      (+ numbers.start (* (len numbers) numbers.step))
      numbers.value))

(defcl sys::present-symbols-of [package]
  (iter (list (.values (. (package-or-current package) present)))))
