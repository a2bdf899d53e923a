"The compiler's nodes: what a form is, once its names are resolved, and the Python that it becomes.

`emit` sends a node's value to a destination (see emission.hy). A node that is an expression defines
`expression`; what needs statements defines `emitted`. `single`: has it one value for certain? `kind`:
what is known of the value: \"bool\" (Python's), \"int\", \"index\" (an int, not negative), \"true\" (not
nil), or None."

(import ast)
(import hy-iolib.cl.emission [EFFECT Into LOAD MULTI NONE RETURN STORE TEST VALUE assign attribute
                              call constant instantiate is-node multi? name-of negation simple?
                              target python-name Emitter])

(export :objects [] :macros [])

(defclass Node []
  (setv __slots__ #("position")
        single True
        kind None)

  (defn emit [self emitter dest]
    (setv outer emitter.position)
    (when self.position
      (setv emitter.position self.position))
    (try
      (setv x (.emitted self emitter dest))
      (finally
        (setv emitter.position outer)))
    (when (and self.position (isinstance x ast.expr) (not (hasattr x "lineno")))
      (setv [x.lineno x.col-offset] self.position))
    x)

  ;; Of a node that is an expression.
  (defn emitted [self emitter dest]
    (setv x (.expression self emitter (multi? dest)))
    (if (is dest TEST)
        (as-test emitter x self.kind)
        (.deliver emitter (if (and (= self.kind "bool") (is-not dest EFFECT)) (as-value x) x) dest))))

(defn as-value [x]
  "Of X, True or False of Python's, T or NIL."
  (cond
    (isinstance x ast.Constant) (constant (if x.value True None))
    True (ast.BoolOp (ast.Or) [x (NONE)])))

(defn as-test [emitter x kind]
  "For Python's `if`: is X, of which KIND is known, true in Lisp?"
  (cond
    (= kind "bool") x
    (isinstance x ast.Constant) (constant (not (or (is x.value None) (is x.value False))))
    (in kind ["int" "index" "true"]) (if (simple? x)
                                 (constant True)
                                 (ast.Subscript (ast.Tuple [x (constant True)] LOAD) (constant 1) LOAD))
    True (instantiate emitter
                      "A is not None and A is not False and (A.__class__ is not PYLIST or A)" [x])))

(defn statement-result [node emitter dest make]
  "For a node that is made of statements: MAKE emits them for a destination that statements can have;
  what comes out goes to DEST."
  (if (or (is dest EFFECT) (is dest RETURN) (isinstance dest Into))
      (do
        (make dest)
        (NONE))
      (do
        (setv name (.temporary emitter))
        (make (Into name (is dest MULTI)))
        (if (is dest TEST)
            (as-test emitter (name-of name) None)
            (name-of name)))))

(defn settled-result [node emitter dest make]
  "As `statement-result`, where something is done once the value is known: a variable gets it then."
  (statement-result node emitter dest
    (fn [dest]
      (if (and (isinstance dest Into) dest.live)
          (do
            (setv name (.temporary emitter))
            (make (Into name dest.multi))
            (.add emitter (assign dest.name (name-of name))))
          (make dest)))))

(defn body-or-pass [statements]
  (or statements [(placed-pass)]))

(defn placed-pass []
  (ast.Pass))

(defn reachable? [statements]
  (not (and statements (isinstance (get statements -1) #(ast.Return ast.Raise ast.Break ast.Continue)))))

;; ---- Leaves

(defclass Const [Node]
  "A number, a string, nil or t."
  (setv __slots__ #("value"))
  (defn __init__ [self value] (setv self.value value self.position None))
  (defn [property] kind [self]
    (cond
      (or (is self.value None) (is self.value True) (not (isinstance self.value int))) None
      (< self.value 0) "int"
      True "index"))
  (defn expression [self emitter multi]
    (constant self.value)))

(defclass Quoted [Node]
  "Any other literal object: a global of the unit."
  (setv __slots__ #("value"))
  (defn __init__ [self value] (setv self.value value self.position None))
  (defn expression [self emitter multi]
    (name-of (.literal emitter.unit self.value)))
  (defn emitted [self emitter dest]
    (if (is dest TEST)
        (constant True)
        (.deliver emitter (.expression self emitter False) dest))))

(defclass Local [Node]
  "A lexical variable's value."
  (setv __slots__ #("variable"))
  (defn __init__ [self variable] (setv self.variable variable self.position None))
  (defn [property] kind [self]
    (setv kind self.variable.kind)
    (cond
      self.variable.assigned None
      (isinstance kind Node) kind.kind
      True kind))
  (defn expression [self emitter multi]
    (variable-value self.variable)))

(defn variable-value [v]
  (if v.boxed
      (ast.Subscript (name-of v.name) (constant 0) LOAD)
      (name-of v.name)))

(defn set-variable [emitter v expression]
  (.add emitter (if v.boxed
                    (ast.Assign [(ast.Subscript (name-of v.name) (constant 0) STORE)] expression)
                    (assign v.name expression)))
  (note-assignment emitter v))

(defn note-assignment [emitter v]
  (when (and (not v.boxed) (is-not v.scope emitter.function))
    (.add emitter.nonlocals v.name)))

(defn bind-variable [emitter v expression]
  "Give V its first value."
  (.add emitter (assign v.name (if v.boxed (ast.List [expression] LOAD) expression))))

(defclass SetLocal [Node]
  (setv __slots__ #("variable" "value"))
  (defn __init__ [self variable value]
    (setv self.variable variable self.value value self.position None))
  (defn emitted [self emitter dest]
    (setv v self.variable)
    (if (or v.boxed (is-not v.scope emitter.function))
        (set-variable emitter v (.emit self.value emitter VALUE))
        (.emit self.value emitter (Into v.name False True)))
    (if (is dest TEST)
        (as-test emitter (variable-value v) self.value.kind)
        (.deliver emitter (variable-value v) dest))))

(defclass Special [Node]
  "A special variable's value."
  (setv __slots__ #("symbol"))
  (defn __init__ [self symbol] (setv self.symbol symbol self.position None))
  (defn expression [self emitter multi]
    (setv name (.special emitter.unit self.symbol))
    (if name
        (attribute (name-of name) "value")
        ;; Not defined yet.
        (attribute (call (.support emitter "ENSURE_SPECIAL")
                         (name-of (.literal emitter.unit self.symbol)))
                   "value"))))

(defclass SetSpecial [Node]
  (setv __slots__ #("symbol" "value"))
  (defn __init__ [self symbol value] (setv self.symbol symbol self.value value self.position None))
  (defn emitted [self emitter dest]
    (setv value (.emit self.value emitter VALUE)
          name (.special emitter.unit self.symbol))
    (when (is-not dest EFFECT)
      (setv value (.keep emitter value)))
    (.add emitter
          (if name
              (ast.Assign [(ast.Attribute (name-of name) "value" STORE)] value)
              (ast.Expr (call (.support emitter "SET_GLOBAL")
                              (name-of (.literal emitter.unit self.symbol)) value))))
    (if (is dest EFFECT)
        (NONE)
        (do
          (if (is dest TEST)
              (as-test emitter value None)
              (.deliver emitter value dest))))))

(defclass PythonName [Node]
  "A variable of Python's, in a module of Hy."
  (setv __slots__ #("name"))
  (defn __init__ [self name] (setv self.name name self.position None))
  (setv single False)
  (defn expression [self emitter multi]
    (if multi (name-of self.name) (primary emitter (name-of self.name)))))

(defclass SetPythonName [Node]
  (setv __slots__ #("name" "value"))
  (defn __init__ [self name value] (setv self.name name self.value value self.position None))
  (defn emitted [self emitter dest]
    (.emit self.value emitter (Into self.name False True))
    (.add emitter.globals self.name)
    (if (is dest TEST)
        (as-test emitter (name-of self.name) None)
        (.deliver emitter (name-of self.name) dest))))

;; ---- Sequence and choice

(defclass Progn [Node]
  (setv __slots__ #("forms"))
  (defn __init__ [self forms] (setv self.forms forms self.position None))
  (defn [property] single [self] (. (get self.forms -1) single))
  (defn [property] kind [self] (. (get self.forms -1) kind))
  (defn emitted [self emitter dest]
    (for [f (cut self.forms -1)]
      (.emit f emitter EFFECT))
    (.emit (get self.forms -1) emitter dest)))

(defn progn [nodes]
  (cond
    (not nodes) (Const None)
    (= (len nodes) 1) (get nodes 0)
    True (Progn nodes)))

(defclass If [Node]
  (setv __slots__ #("test" "then" "otherwise"))
  (defn __init__ [self test then otherwise]
    (setv self.test test self.then then self.otherwise otherwise self.position None))
  (defn [property] single [self] (and self.then.single self.otherwise.single))
  (defn [property] kind [self]
    (if (= self.then.kind self.otherwise.kind) self.then.kind None))

  (defn emitted [self emitter dest]
    (setv test (.emit self.test emitter TEST))
    (cond
      (isinstance test ast.Constant)
        (return (.emit (if test.value self.then self.otherwise) emitter dest))
      (in dest [VALUE MULTI TEST])
        (do
          (setv [then-statements then] (.collected emitter (fn [] (.emit self.then emitter dest)))
                [else-statements otherwise]
                  (.collected emitter (fn [] (.emit self.otherwise emitter dest))))
          (when (and (not then-statements) (not else-statements))
            (return (choice test then otherwise dest)))
          (setv name (.temporary emitter))
          (for [[statements x] [[then-statements then] [else-statements otherwise]]]
            (when (reachable? statements)
              (setv s (assign name x)
                    [s.lineno s.col-offset] emitter.position)
              (.append statements s)))
          (.add emitter (ast.If test then-statements else-statements))
          (name-of name))
      True
        (do
          (setv [then _] (.collected emitter (fn [] (.emit self.then emitter dest)))
                [otherwise _] (.collected emitter (fn [] (.emit self.otherwise emitter dest))))
          (cond
            (and then otherwise) (.add emitter (ast.If test then otherwise))
            then (.add emitter (ast.If test then []))
            otherwise (.add emitter (ast.If (negation test) otherwise []))
            True (.add emitter (ast.Expr test)))
          (NONE)))))

(defn choice [test then otherwise dest]
  (cond
    (and (is dest TEST) (false? otherwise)) (ast.BoolOp (ast.And) [test then])
    (and (is dest TEST) (true? then)) (ast.BoolOp (ast.Or) [test otherwise])
    (and (is dest TEST) (false? then) (true? otherwise)) (negation test)
    True (ast.IfExp test then otherwise)))

(defn false? [x] (and (isinstance x ast.Constant) (is x.value False)))
(defn true? [x] (and (isinstance x ast.Constant) (is x.value True)))

(defclass Or [Node]
  (setv __slots__ #("forms"))
  (defn __init__ [self forms] (setv self.forms forms self.position None))
  (defn [property] single [self] (. (get self.forms -1) single))
  (defn [property] kind [self]
    (if (all (gfor f self.forms (= f.kind "bool"))) "bool" None))

  (defn emitted [self emitter dest]
    (if (is dest TEST)
        (do
          (setv tests [])
          (for [[i f] (enumerate self.forms)]
            (setv [statements x] (.collected emitter (fn [] (.emit f emitter TEST))))
            (when statements
              (if tests
                  (do
                    ;; The rest of them only if none was true so far.
                    (setv name (.temporary emitter)
                          so-far (if (= (len tests) 1) (get tests 0) (ast.BoolOp (ast.Or) tests)))
                    (.add emitter (assign name so-far))
                    (setv s (assign name x)
                          [s.lineno s.col-offset] emitter.position)
                    (.add emitter (ast.If (negation (name-of name)) [#* statements s] []))
                    (setv tests [(name-of name)])
                    (continue))
                  (.extend emitter.out statements)))
            (.append tests x))
          (if (= (len tests) 1) (get tests 0) (ast.BoolOp (ast.Or) tests)))
        (do
          (setv [first #* others] self.forms
                x (.emit first emitter VALUE))
          (when (not others)
            (return (.emit first emitter dest)))
          (setv rest (if (= (len others) 1) (get others 0) (Or others)))
          (if (and (= first.kind "bool") (in dest [VALUE MULTI]))
              (do
                (setv [statements y] (.collected emitter (fn [] (.emit rest emitter dest))))
                (if statements
                    (do
                      (setv name (.temporary emitter))
                      (.add emitter (assign name x))
                      (setv s (assign name y)
                            [s.lineno s.col-offset] emitter.position)
                      (.add emitter (ast.If (is-node (name-of name) (NONE)) [#* statements s] []))
                      (name-of name))
                    (ast.BoolOp (ast.Or) [x y])))
              (statement-or emitter x rest dest))))))

(defn statement-or [emitter x rest dest]
  (cond
    (is dest EFFECT)
      (do
        (setv test (as-test emitter x None)
              [statements _] (.collected emitter (fn [] (.emit rest emitter EFFECT))))
        (if statements
            (.add emitter (ast.If (negation test) statements []))
            (.add emitter (ast.Expr test)))
        (NONE))
    (or (is dest RETURN) (isinstance dest Into))
      (do
        (setv x (.keep emitter x)
              test (as-test emitter x None)
              [then _] (.collected emitter (fn [] (.deliver emitter x dest)))
              [otherwise _] (.collected emitter (fn [] (.emit rest emitter dest))))
        (if then
            (.add emitter (ast.If test then otherwise))
            (when otherwise (.add emitter (ast.If (negation test) otherwise []))))
        (NONE))
    True
      (do
        (setv [statements y] (.collected emitter (fn [] (.emit rest emitter dest))))
        (if statements
            (do
              (setv name (.temporary emitter))
              (.add emitter (assign name x))
              (setv s (assign name y)
                    [s.lineno s.col-offset] emitter.position)
              (.add emitter (ast.If (negation (as-test emitter (name-of name) None))
                                    [#* statements s] []))
              (name-of name))
            (if (simple? x)
                (ast.IfExp (as-test emitter x None) (copy-name x) y)
                (do
                  (setv name (.temporary emitter))
                  (ast.IfExp (as-test-named emitter name x) (name-of name) y)))))))

(defn copy-name [x]
  (if (isinstance x ast.Name) (name-of x.id) (constant x.value)))

(defn as-test-named [emitter name x]
  (instantiate-with emitter name x))

(defn instantiate-with [emitter name x]
  ;; The first use of A gives the temporary its value.
  (setv test (as-test emitter (name-of name) None)
        first (get test.values 0))
  (setv first.left (ast.NamedExpr (target name) x))
  test)

;; ---- Binding

(defclass Let [Node]
  "Lexical bindings, all with names of their own, so that they can be made in order."
  (setv __slots__ #("bindings" "body"))
  (defn __init__ [self bindings body]
    (setv self.bindings bindings self.body body self.position None))
  (defn [property] single [self] self.body.single)
  (defn [property] kind [self] self.body.kind)
  (defn emitted [self emitter dest]
    (for [[v value] self.bindings]
      (cond
        (and v.changed v.fresh-string)
          (bind-variable emitter v
            (call (.support emitter "CHANGEABLE") (.emit value emitter VALUE)))
        (and (not v.boxed) (not (isinstance value Const)))
          (.emit value emitter (Into v.name False))
        True (bind-variable emitter v (.emit value emitter VALUE))))
    (.emit self.body emitter dest)))

(defclass SpecialLet [Node]
  "Bindings of special variables: pairs of symbols and nodes that are evaluated already."
  (setv __slots__ #("bindings" "body"))
  (defn __init__ [self bindings body]
    (setv self.bindings bindings self.body body self.position None))
  (defn [property] single [self] self.body.single)
  (defn emitted [self emitter dest]
    (statement-result self emitter dest
      (fn [dest]
        (setv pairs [])
        (for [[s node] self.bindings]
          (setv name (.special emitter.unit s)
                variable (if name
                             (name-of name)
                             (call (.support emitter "ENSURE_SPECIAL")
                                   (name-of (.literal emitter.unit s)))))
          (setv variable (.keep emitter variable))
          (.append pairs #(variable (.emit node emitter VALUE))))
        (setv olds [])
        (for [[variable value] pairs]
          (setv old (.temporary emitter))
          (.append olds #(variable old))
          (.add emitter (assign old (call (.support emitter "BIND") variable value))))
        (guarded emitter dest self.body
          (fn []
            (for [[variable old] (reversed olds)]
              (.add emitter (ast.Expr (call (.support emitter "UNBIND")
                                            (copy-name variable) (name-of old)))))))))))

(defn guarded [emitter dest body cleanup]
  "BODY to DEST in a `try`, with what CLEANUP emits in its `finally`."
  (setv emitter.tries (+ emitter.tries 1))
  (setv [statements _] (.collected emitter (fn [] (.emit body emitter dest))))
  (setv emitter.tries (- emitter.tries 1))
  (setv [final _] (.collected emitter cleanup))
  (if final
      (.add emitter (ast.Try (body-or-pass statements) [] [] final))
      (.extend emitter.out statements)))

(defclass UnwindProtect [Node]
  (setv __slots__ #("form" "cleanup"))
  (defn __init__ [self form cleanup]
    (setv self.form form self.cleanup cleanup self.position None))
  (defn [property] single [self] self.form.single)
  (defn emitted [self emitter dest]
    (settled-result self emitter dest
      (fn [dest]
        (guarded emitter dest self.form
          (fn [] (.emit self.cleanup emitter EFFECT)))))))

(defclass With [Node]
  "Python's `with`."
  (setv __slots__ #("manager" "body"))
  (defn __init__ [self manager body]
    (setv self.manager manager self.body body self.position None))
  (defn [property] single [self] self.body.single)
  (defn emitted [self emitter dest]
    (statement-result self emitter dest
      (fn [dest]
        (setv manager (.emit self.manager emitter VALUE))
        ;; A manager may swallow an exception: the value is then nil.
        (setv inner-dest (if (isinstance dest Into) (Into (.temporary emitter) dest.multi) dest))
        (setv emitter.tries (+ emitter.tries 1))
        (setv [statements _] (.collected emitter (fn [] (.emit self.body emitter inner-dest))))
        (setv emitter.tries (- emitter.tries 1))
        (when (isinstance dest Into)
          (.add emitter (assign inner-dest.name (NONE))))
        (.add emitter (ast.With [(ast.withitem manager None)] (body-or-pass statements)))
        (when (isinstance dest Into)
          (.add emitter (assign dest.name (name-of inner-dest.name))))))))

(defclass Try [Node]
  "Python's `try` and `except`: VARIABLE is bound to what is caught."
  (setv __slots__ #("form" "variable" "classes" "handler"))
  (defn __init__ [self form variable classes handler]
    (setv self.form form self.variable variable self.classes classes self.handler handler
          self.position None))
  (setv single False)
  (defn emitted [self emitter dest]
    (statement-result self emitter dest
      (fn [dest]
        (setv emitter.tries (+ emitter.tries 1))
        (setv [statements _] (.collected emitter (fn [] (.emit self.form emitter dest))))
        (setv emitter.tries (- emitter.tries 1))
        (setv [before classes] (.collected emitter (fn [] (.emit self.classes emitter VALUE))))
        (.extend emitter.out before)
        (setv caught (.temporary emitter "E"))
        (setv emitter.tries (+ emitter.tries 1))
        (setv [handler _]
                (.collected emitter
                  (fn []
                    (bind-variable emitter self.variable (name-of caught))
                    (.emit self.handler emitter dest))))
        (setv emitter.tries (- emitter.tries 1))
        (.add emitter (ast.Try (body-or-pass statements)
                               [(ast.ExceptHandler classes caught (body-or-pass handler))] [] []))))))

(defclass Reraise [Node]
  (setv __slots__ #())
  (defn __init__ [self] (setv self.position None))
  (defn emitted [self emitter dest]
    (.add emitter (ast.Raise None None))
    (NONE)))

;; ---- Loops and exits

(defclass While [Node]
  (setv __slots__ #("test" "body"))
  (defn __init__ [self test body] (setv self.test test self.body body self.position None))
  (defn emitted [self emitter dest]
    (setv loop (ast.While (constant True) [] []))
    (.append emitter.frames #(loop emitter.out))
    (setv [before test] (.collected emitter (fn [] (.emit self.test emitter TEST)))
          [statements _] (.collected emitter (fn [] (.emit self.body emitter EFFECT))))
    (.pop emitter.frames)
    (.finish-loop self emitter loop before test statements)
    (.deliver emitter (NONE) dest))

  (defn finish-loop [self emitter loop before test statements]
    (if before
        (do
          (setv stop (ast.If (negation test) [(ast.Break)] [])
                [stop.lineno stop.col-offset] emitter.position)
          ;; `break` would skip what a block puts into the `else` of its loop.
          (if (getattr loop "broken" False)
              (do
                (setv flag (.temporary emitter))
                (.add emitter (assign flag (constant True)))
                (setv s (assign flag test)
                      [s.lineno s.col-offset] emitter.position)
                (setv loop.test (name-of flag)
                      loop.body [#* before s (ast.If (name-of flag) (body-or-pass statements) [])]))
              (setv loop.body [#* before stop #* statements])))
        (setv loop.test test
              loop.body (body-or-pass statements)))
    (.add emitter loop)
    (enter-else emitter loop)))

(defn enter-else [emitter loop]
  "What follows LOOP goes into its `else` if a `return-from` leaves it by `break`."
  (when (getattr loop "broken" False)
    (setv loop.orelse [])
    (setv block loop.broken
          emitter.out loop.orelse
          block.tail loop.orelse)))

(defclass For [Node]
  "Python's `for`. The variable is assigned each time round."
  (setv __slots__ #("variable" "iterable" "body"))
  (defn __init__ [self variable iterable body]
    (setv self.variable variable self.iterable iterable self.body body self.position None))
  (defn emitted [self emitter dest]
    (setv iterable (.emit self.iterable emitter VALUE)
          v self.variable
          direct (and (not v.boxed) (is v.scope emitter.function))
          name (if direct v.name (.temporary emitter))
          loop (ast.For (target name) iterable [] []))
    (.append emitter.frames #(loop emitter.out))
    (setv [statements _]
            (.collected emitter
              (fn []
                (when (not direct)
                  (set-variable emitter v (name-of name)))
                (.emit self.body emitter EFFECT))))
    (.pop emitter.frames)
    (setv loop.body (body-or-pass statements))
    (.add emitter loop)
    (enter-else emitter loop)
    (.deliver emitter (NONE) dest)))

(defclass BlockNode [Node]
  (setv __slots__ #("block" "body"))
  (defn __init__ [self block body] (setv self.block block self.body body self.position None))
  (defn [property] single [self]
    (and self.body.single (all (gfor v self.block.values v.single))))
  (defn [property] kind [self] (if self.block.used None self.body.kind))

  (defn emitted [self emitter dest]
    (setv block self.block)
    (cond
      (not block.used) (.emit self.body emitter dest)
      ;; Whoever leaves the block then leaves the function.
      (and (is dest RETURN) (not block.inner))
        (do
          (setv block.dest RETURN)
          (.emit self.body emitter RETURN))
      ;; Out of an `unwind-protect`, its cleanup comes behind.
      True (settled-result self emitter dest (fn [dest] (.make self emitter dest)))))

  (defn make [self emitter dest]
    (setv block self.block
          ;; Out of a `try` that leaves by an exception, Python's return would be no way.
          inner-dest (if (is dest RETURN) (Into (.temporary emitter) True) dest))
    (setv block.dest inner-dest
          block.breaks False block.raises False
          block.token (.token emitter.unit)
          outer emitter.out
          statements []
          emitter.out statements
          block.tail statements)
    (.append emitter.frames #(block None))
    (.emit self.body emitter inner-dest)
    (.pop emitter.frames)
    (setv emitter.out outer)
    (when block.breaks
      (setv loop (ast.While (constant True) [#* statements #* (if (reachable? statements) [(ast.Break)] [])] [])
            statements [loop])
      (setv [loop.lineno loop.col-offset] emitter.position))
    (if (or block.inner block.raises)
        (do
          (.add emitter (assign block.token (call (.support emitter "EXIT"))))
          (setv caught (.temporary emitter "E")
                handler [(ast.If (ast.Compare (name-of caught) [(ast.IsNot)] [(name-of block.token)])
                                 [(ast.Raise None None)] [])])
          (when (isinstance inner-dest Into)
            (.append handler (assign inner-dest.name
                                     (if inner-dest.multi
                                         (attribute (name-of caught) "result")
                                         (call (.support emitter "PRIMARY")
                                               (attribute (name-of caught) "result"))))))
          (for [s handler] (setv [s.lineno s.col-offset] emitter.position))
          (.add emitter (ast.Try (body-or-pass statements)
                                 [(ast.ExceptHandler (.support emitter "EXIT") caught handler)] []
                                 (closing emitter block))))
        (.extend emitter.out statements))
    (when (is dest RETURN)
      (.add emitter (ast.Return (name-of inner-dest.name))))))

(defclass ReturnFrom [Node]
  (setv __slots__ #("block" "value"))
  (defn __init__ [self block value]
    (setv self.block block self.value value self.position None))
  (defn emitted [self emitter dest]
    (setv block self.block)
    (cond
      (is-not block.scope emitter.function) (.by-exception self emitter)
      (is block.dest RETURN) (.emit self.value emitter RETURN)
      True
        (do
          (setv frames emitter.frames
                [loop out] (get frames -1))
          (cond
            (is loop block)
              (do
                (.emit self.value emitter block.dest)
                (setv block.breaks True)
                (.add emitter (ast.Break)))
            (and (is out block.tail) (> (len frames) 1) (is (get frames -2 0) block))
              (do
                (setv loop.broken block)
                (.emit self.value emitter block.dest)
                (.add emitter (ast.Break)))
            True
              (.by-exception self emitter))))
    (NONE))

  (defn by-exception [self emitter]
    (setv block self.block)
    (setv block.raises True)
    (setv value (.emit self.value emitter MULTI))
    (leave emitter block value)))

(defn leave [emitter block value]
  "Raise what leads to BLOCK, a block or a tagbody, with VALUE."
  (if (is block.scope emitter.function)
      (do
        (.add emitter (ast.Assign [(ast.Attribute (name-of block.token) "result" STORE)] value))
        (.add emitter (ast.Raise (name-of block.token) None)))
      ;; From another function, which may have outlived it.
      (.add emitter (ast.Raise (call (.support emitter "LEAVE") (name-of block.token) value) None))))

(defn closing [emitter block]
  "What says that BLOCK is over, for functions that would leave it."
  (if block.inner
      (do
        (setv s (ast.Assign [(ast.Attribute (name-of block.token) "over" STORE)] (constant True))
              [s.lineno s.col-offset] emitter.position)
        [s])
      []))

(defclass TagbodyNode [Node]
  "A state machine: segments in a loop, and the number of the next one."
  (setv __slots__ #("block" "segments"))
  (defn __init__ [self block segments]
    (setv self.block block self.segments segments self.position None))
  (defn emitted [self emitter dest]
    (setv block self.block
          state (.temporary emitter)
          block.result state
          block.token (.token emitter.unit)
          block.raises False)
    (.add emitter (assign state (constant 0)))
    (setv loop (ast.While (constant True) [] []))
    (.append emitter.frames #(block None))
    (setv statements [])
    (for [[i segment] (enumerate self.segments)]
      (setv [body _] (.collected emitter (fn [] (for [n segment] (.emit n emitter EFFECT)))))
      (setv s (ast.If (ast.Compare (name-of state) [(ast.LtE)] [(constant i)]) (body-or-pass body) [])
            [s.lineno s.col-offset] emitter.position)
      (.append statements s))
    (.pop emitter.frames)
    (.append statements (ast.Break))
    (if (or block.inner block.raises)
        (do
          (.add emitter (assign block.token (call (.support emitter "EXIT"))))
          (setv caught (.temporary emitter "E")
                handler [(ast.If (ast.Compare (name-of caught) [(ast.IsNot)] [(name-of block.token)])
                                 [(ast.Raise None None)] [])
                         (assign state (attribute (name-of caught) "result"))]
                ;; `break` and `continue` stay in the loop that is around the try.
                guarded-try (ast.Try statements
                                     [(ast.ExceptHandler (.support emitter "EXIT") caught handler)]
                                     [] []))
          (setv loop.body [guarded-try]))
        (setv loop.body statements))
    (setv over (closing emitter block))
    (if over
        (do
          (setv [loop.lineno loop.col-offset] emitter.position)
          (.add emitter (ast.Try [loop] [] [] over)))
        (.add emitter loop))
    (.deliver emitter (NONE) dest)))

(defclass Go [Node]
  (setv __slots__ #("block" "index"))
  (defn __init__ [self block index] (setv self.block block self.index index self.position None))
  (defn emitted [self emitter dest]
    (setv block self.block)
    (if (and (is block.scope emitter.function) (is (get emitter.frames -1 0) block))
        (do
          (.add emitter (assign block.result (constant self.index)))
          (.add emitter (ast.Continue)))
        (do
          (setv block.raises True)
          (leave emitter block (constant self.index))))
    (NONE)))

;; ---- Calls

(defn primary [emitter x]
  "X's first value, if it is several."
  (instantiate emitter "PRIMARY(A) if A.__class__ is VALUES else A" [x]))

(defclass Known []
  "What a unit knows of one of its functions: how it is called, and its node."
  (setv __slots__ #("shape" "node" "asking"))
  (defn __init__ [self]
    (setv self.shape None self.node None self.asking False))
  (defn [property] single [self]
    (cond
      (is self.node None) False
      ;; It has one value if it has one when calls of itself have one.
      self.asking True
      True (do
             (setv self.asking True)
             (try
               self.node.body.single
               (finally
                 (setv self.asking False)))))))

(defclass Call [Node]
  "A call of FUNCTION, a node: ARGUMENTS are nodes, KEYWORDS pairs of Python names and nodes. KNOWN is
  what is known of the function, something with `single`."
  (setv __slots__ #("function" "arguments" "keywords" "known"))
  (defn __init__ [self function arguments [keywords #()] [known None]]
    (setv self.function function self.arguments arguments self.keywords keywords self.known known
          self.position None))
  (defn [property] single [self]
    (and (is-not self.known None) self.known.single))

  (defn emitted [self emitter dest]
    (when (and (is dest RETURN) (.again? self emitter))
      (return (.again self emitter)))
    (Node.emitted self emitter dest))

  (defn expression [self emitter multi]
    (setv nodes [#* self.arguments #* (gfor [_ n] self.keywords n)]
          [function #* xs] (if (settled? self.function)
                               [(.emit self.function emitter VALUE) #* (.values-of emitter nodes)]
                               (.values-of emitter [self.function #* nodes]))
          count (len self.arguments)
          x (ast.Call function (cut xs count)
                      (lfor [[k _] v] (zip self.keywords (cut xs count None)) (ast.keyword k v))))
    (if (or multi self.single) x (primary emitter x)))

  ;; A function that calls itself as the last thing it does goes round instead.
  (defn again? [self emitter]
    (setv node (getattr self.known "node" None))
    (and emitter.function (is-not node None) (is node.scope emitter.function)
         (not emitter.tries) (not emitter.frames)
         (not self.keywords)
         (is-not emitter.function.parameters None)
         (= (len self.arguments) (len emitter.function.parameters))
         (not (any (gfor p emitter.function.parameters p.captured)))))

  (defn again [self emitter]
    (setv emitter.again True)
    (setv xs (.values-of emitter self.arguments)
          pairs (lfor [p x] (zip emitter.function.parameters xs)
                      :if (not (and (isinstance x ast.Name) (= x.id p.name)))
                      #(p x)))
    (cond
      (= (len pairs) 1) (.add emitter (assign (. (get pairs 0 0) name) (get pairs 0 1)))
      pairs (.add emitter (ast.Assign [(ast.Tuple (lfor [p _] pairs (target p.name)) STORE)]
                                      (ast.Tuple (lfor [_ x] pairs x) LOAD))))
    (.add emitter (ast.Continue))
    (NONE)))

(defn settled? [function]
  "Do the arguments of a call of FUNCTION, a node, leave alone what it gives?"
  (if (isinstance function Local)
      (not function.variable.assigned)
      (isinstance function #(LocalFunction SymbolFunction Global Function Quoted))))

(defclass Inline [Node]
  "A Python expression over the values of nodes."
  (setv __slots__ #("template" "arguments" "kind" "single"))
  (defn __init__ [self template arguments [kind None] [single True]]
    (setv self.template template self.arguments arguments self.kind kind self.single single
          self.position None))
  (defn expression [self emitter multi]
    (setv x (instantiate emitter self.template (.values-of emitter self.arguments)))
    (if (or multi self.single) x (primary emitter x))))

(defclass Arithmetic [Node]
  "OPERATOR, Python's, on two numbers; FALLBACK does it when they are not both of class int."
  (setv __slots__ #("operator" "fallback" "a" "b" "result"))
  (defn __init__ [self operator fallback a b result]
    (setv self.operator operator self.fallback fallback self.a a self.b b self.result result
          self.position None))
  (defn [property] kind [self]
    (if (and (= self.result "true") (in self.a.kind INTEGERS) (in self.b.kind INTEGERS))
        (if (and (= self.a.kind self.b.kind "index") (in self.operator ["+" "*" "&" "|"])) "index" "int")
        self.result))
  (defn expression [self emitter multi]
    (setv operation f"A {self.operator} B"
          unsure (lfor [letter node] [["A" self.a] ["B" self.b]]
                       :if (not-in node.kind INTEGERS)
                       letter))
    (when unsure
      (setv operation (.format "{} if {} else {}(A, B)" operation
                               (if (= (len unsure) 2)
                                   "A.__class__ is INT is B.__class__"
                                   f"{(get unsure 0)}.__class__ is INT")
                               self.fallback)))
    (instantiate emitter operation (.values-of emitter [self.a self.b]))))

(setv INTEGERS #("int" "index"))

(defclass Indexed [Node]
  "An element by its index; TEMPLATE is for indices that are certainly not negative, FALLBACK the function
  for the other cases."
  (setv __slots__ #("template" "fallback" "vector" "index" "kind"))
  (defn __init__ [self template fallback vector index kind]
    (setv self.template template self.fallback fallback self.vector vector self.index index
          self.kind kind self.position None))
  (defn expression [self emitter multi]
    (setv [value test] (.split self.template " if ")
          safe (if (= self.index.kind "index") "" " and B >= 0"))
    (instantiate emitter f"{value} if ({test}){safe} else {self.fallback}(A, B)"
                 (.values-of emitter [self.vector self.index]))))

(defclass Cons [Node]
  "A new cons. As a statement it is made without a call of Python code, in two thirds of the time."
  (setv __slots__ #("car" "cdr")
        kind "true")
  (defn __init__ [self car cdr] (setv self.car car self.cdr cdr self.position None))
  (defn emitted [self emitter dest]
    (if (or (is dest RETURN) (isinstance dest Into))
        (do
          (setv [a d] (.values-of emitter [self.car self.cdr]))
          (.deliver emitter (made-cons emitter a d) dest))
        (Node.emitted self emitter dest)))
  (defn expression [self emitter multi]
    (call (.support emitter "NEW_CONS") #* (.values-of emitter [self.car self.cdr]))))

(defn made-cons [emitter a d]
  "The name of a new cons of A and D."
  (setv name (.temporary emitter))
  (.add emitter (assign name (call (.support emitter "CONS"))))
  (for [[part x] [["car" a] ["cdr" d]]]
    (.add emitter (ast.Assign [(ast.Attribute (name-of name) part STORE)] x)))
  (name-of name))

(defclass InlineStatement [Node]
  "An assignment `TARGET = last argument`, both over the values of nodes; FALLBACK where TEST fails.
  Its value is that of the last argument."
  (setv __slots__ #("test" "place" "fallback" "arguments"))
  (defn __init__ [self test place fallback arguments]
    (setv self.test test self.place place self.fallback fallback self.arguments arguments
          self.position None))
  (defn emitted [self emitter dest]
    (setv xs (lfor x (.values-of emitter self.arguments) (.keep emitter x))
          place (instantiate emitter self.place (lfor x xs (copy-name x))))
    (setv place.ctx STORE)
    (setv set-it (ast.Assign [place] (copy-name (get xs -1)))
          [set-it.lineno set-it.col-offset] emitter.position)
    (setv test self.test)
    (when (and test (= (. (get self.arguments -2) kind) "index"))
      (setv test (.replace test " and B >= 0" "")))
    (if test
        (do
          (setv other (ast.Expr (instantiate emitter self.fallback (lfor x xs (copy-name x))))
                [other.lineno other.col-offset] emitter.position)
          (.add emitter (ast.If (instantiate emitter test (lfor x xs (copy-name x)))
                                [set-it] [other])))
        (.add emitter set-it))
    (if (is dest TEST)
        (as-test emitter (copy-name (get xs -1)) None)
        (.deliver emitter (copy-name (get xs -1)) dest))))

(defclass Global [Node]
  "A function of support.hy by its name there."
  (setv __slots__ #("name"))
  (defn __init__ [self name] (setv self.name name self.position None))
  (defn expression [self emitter multi] (.support emitter self.name)))

(defclass SymbolFunction [Node]
  "What a symbol names as a function, looked up when it is called."
  (setv __slots__ #("symbol" "variable"))
  (defn __init__ [self symbol [variable None]]
    (setv self.symbol symbol self.variable variable self.position None))
  (defn expression [self emitter multi]
    (attribute (name-of (.literal emitter.unit self.symbol)) "function")))

(defclass LocalFunction [Node]
  (setv __slots__ #("variable")
        ;; It is a program's, whatever it sets.
        program True)
  (defn __init__ [self variable] (setv self.variable variable self.position None))
  (defn expression [self emitter multi] (name-of self.variable.name)))

;; ---- Several values

(defclass Values [Node]
  (setv __slots__ #("forms"))
  (defn __init__ [self forms] (setv self.forms forms self.position None))
  (defn [property] single [self] (= (len self.forms) 1))
  (defn emitted [self emitter dest]
    (setv xs (.values-of emitter self.forms))
    (cond
      (= (len xs) 1)
        (if (is dest TEST) (as-test emitter (get xs 0) (. (get self.forms 0) kind))
            (.deliver emitter (get xs 0) dest))
      (multi? dest)
        (.deliver emitter
                  (call (.support emitter "NEW") (.support emitter "VALUES") (ast.Tuple xs LOAD))
                  dest)
      True
        (do
          (setv first (if xs (.keep emitter (get xs 0)) (NONE)))
          (for [x (cut xs 1 None)]
            (.deliver emitter x EFFECT))
          (if (is dest TEST)
              (as-test emitter first (if xs (. (get self.forms 0) kind) None))
              (.deliver emitter first dest))))))

(defclass MultipleValueBind [Node]
  (setv __slots__ #("variables" "form" "body"))
  (defn __init__ [self variables form body]
    (setv self.variables variables self.form form self.body body self.position None))
  (defn [property] single [self] self.body.single)
  (defn [property] kind [self] self.body.kind)
  (defn emitted [self emitter dest]
    (setv names (lfor v self.variables (if v.boxed (.temporary emitter) v.name)))
    (if self.form.single
        (do
          (.add emitter (assign (get names 0) (.emit self.form emitter VALUE)))
          (for [n (cut names 1 None)]
            (.add emitter (assign n (NONE)))))
        (do
          (setv x (.emit self.form emitter MULTI)
                count (len names))
          (.add emitter
                (if (= count 1)
                    (assign (get names 0) (primary emitter x))
                    (ast.Assign [(ast.Tuple (lfor n names (target n)) STORE)]
                                (instantiate emitter
                                             f"A if A.__class__ is VALUES and LEN(A) == {count} else FIT({count}, A)"
                                             [x]))))))
    (for [[v n] (zip self.variables names)]
      (when v.boxed
        (bind-variable emitter v (name-of n))))
    (.emit self.body emitter dest)))

(defclass MultipleValueCall [Node]
  (setv __slots__ #("function" "forms"))
  (defn __init__ [self function forms]
    (setv self.function function self.forms forms self.position None))
  (setv single False)
  (defn expression [self emitter multi]
    (setv f (.keep emitter (.emit self.function emitter VALUE))
          parts [])
    (for [n self.forms]
      (setv [statements x] (.collected emitter (fn [] (.emit n emitter MULTI))))
      (when statements
        (setv parts (lfor p parts (.keep emitter p)))
        (.extend emitter.out statements))
      (.append parts x))
    (setv x (ast.Call f (lfor p parts (ast.Starred (call (.support emitter "ALL_VALUES") p) LOAD)) []))
    (if multi x (primary emitter x))))

(defclass AllValues [Node]
  "The values of FORM as a Python list."
  (setv __slots__ #("form"))
  (defn __init__ [self form] (setv self.form form self.position None))
  (defn expression [self emitter multi]
    (call (.support emitter "ALL_VALUES") (.emit self.form emitter MULTI))))

(defclass MultipleValueProg1 [Node]
  (setv __slots__ #("form" "others"))
  (defn __init__ [self form others] (setv self.form form self.others others self.position None))
  (defn [property] single [self] self.form.single)
  (defn emitted [self emitter dest]
    (setv x (.emit self.form emitter (if (multi? dest) MULTI VALUE))
          name (.temporary emitter))
    (.add emitter (assign name x))
    (for [n self.others]
      (.emit n emitter EFFECT))
    (if (is dest TEST)
        (as-test emitter (name-of name) None)
        (.deliver emitter (name-of name) dest))))

;; ---- Functions

(defclass Function [Node]
  "A function: its scope, and what binds its parameters. NAME is what Python calls it."
  (setv __slots__ #("scope" "lambda_list" "body" "name" "docstring"))
  (defn __init__ [self scope lambda-list body name docstring]
    (setv self.scope scope self.lambda-list lambda-list self.body body self.name name
          self.docstring docstring self.position None))

  (defn definition [self emitter name]
    "Python's `def`, called NAME."
    (setv inner (Emitter emitter.unit self.scope))
    (setv inner.position (or self.position emitter.position))
    (setv arguments (.emit-parameters self.lambda-list inner))
    (setv prologue inner.out
          inner.out [])
    (.emit self.body inner RETURN)
    (setv body (or inner.out [(ast.Return (NONE))]))
    (when inner.again
      (setv loop (ast.While (constant True)
                            [#* body #* (if (reachable? body) [(ast.Return (NONE))] [])] []))
      (setv [loop.lineno loop.col-offset] inner.position)
      (setv body [loop]))
    (setv statements [#* prologue #* body])
    (when self.docstring
      (setv statements [(ast.Expr (constant self.docstring)) #* statements]))
    (when inner.nonlocals
      (.insert statements (if self.docstring 1 0) (ast.Nonlocal (sorted inner.nonlocals))))
    ;; What an inner function assigns may be a variable of one further out.
    (setv definition (ast.FunctionDef name arguments statements [] None None))
    (when (in "type_params" definition._fields)
      (setv definition.type-params []))
    definition)

  (defn emitted [self emitter dest]
    (if (is dest EFFECT)
        (NONE)
        (do
          (setv name (.temporary emitter "L"))
          (define-all emitter [#(self name name)])
          (.deliver emitter (if (is dest TEST) (constant True) (name-of name)) dest)))))

(defn define-all [emitter functions]
  "Emit the functions, triples of a node, the name that `def` gives and the variable that is to hold
  it. Where a loop has fresh variables for each round, a function around them keeps these."
  (setv fresh {})
  (for [[f _ _] functions]
    (for [v f.scope.free]
      (when (and v.fresh (is v.scope emitter.function) (is v.function None))
        (setv (get fresh v.name) v))))
  (setv definitions (lfor [f name _] functions
                          (do
                            (setv d (.definition f emitter name)
                                  [d.lineno d.col-offset] (or f.position emitter.position))
                            d)))
  (if fresh
      (do
        (setv maker (.temporary emitter "M")
              names (sorted fresh)
              inner [#* definitions
                     (ast.Return (if (= (len functions) 1)
                                     (name-of (get functions 0 1))
                                     (ast.Tuple (lfor [_ name _] functions (name-of name)) LOAD)))]
              made (ast.FunctionDef
                     maker
                     (ast.arguments [] (lfor n names (ast.arg n)) None [] [] None [])
                     inner [] None None))
        (when (in "type_params" made._fields)
          (setv made.type-params []))
        (.add emitter made)
        (.add emitter
              (ast.Assign [(if (= (len functions) 1)
                               (target (get functions 0 2))
                               (ast.Tuple (lfor [_ _ name] functions (target name)) STORE))]
                          (call (name-of maker) #* (map name-of names)))))
      (for [[d [_ name variable]] (zip definitions functions)]
        (.add emitter d)
        (when (!= name variable)
          (.add emitter (assign variable (name-of name)))))))

(defclass Labels [Node]
  "Local functions."
  (setv __slots__ #("functions" "body"))
  (defn __init__ [self functions body]
    (setv self.functions functions self.body body self.position None))
  (defn [property] single [self] self.body.single)
  (defn [property] kind [self] self.body.kind)
  (defn emitted [self emitter dest]
    (define-all emitter (lfor [v f] self.functions #(f v.name v.name)))
    (.emit self.body emitter dest)))

(defclass Defun [Node]
  "A global function: SYMBOL's, or what `(setf SYMBOL)` calls."
  (setv __slots__ #("symbol" "function" "kind_of"))
  (defn __init__ [self symbol function kind-of]
    (setv self.symbol symbol self.function function self.kind-of kind-of self.position None))
  (defn emitted [self emitter dest]
    (setv name (+ "L_" self.function.name))
    (define-all emitter [#(self.function self.function.name name)])
    (.deliver emitter
              (call (.support emitter self.kind-of) (name-of (.literal emitter.unit self.symbol))
                    (name-of name) (call (.support emitter "GLOBALS")))
              dest)))
