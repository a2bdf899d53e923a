"From nodes to Python's syntax trees: names, temporaries, statements. An emitter makes one Python
function; statements gather in `out`, expressions are handed back."

(import ast)
(import hy)

(export :objects [] :macros [])

(setv LOAD (ast.Load) STORE (ast.Store)
      NONE (fn [] (ast.Constant None)))

(defn name-of [id] (ast.Name id LOAD))
(defn target [id] (ast.Name id STORE))
(defn constant [x] (ast.Constant x))
(defn call [f #* arguments] (ast.Call f (list arguments) []))
(defn attribute [x name] (ast.Attribute x name LOAD))
(defn assign [id value] (ast.Assign [(target id)] value))
(defn is-node [a b] (ast.Compare a [(ast.Is)] [b]))
(defn negation [x] (ast.UnaryOp (ast.Not) x))

(defn python-name [name]
  "The Python name of a symbol's NAME. The compiler's own names begin with a capital, so that these,
  which don't, never clash with them."
  (setv name (hy.mangle (if (= name (.upper name)) (.lower name) name)))
  (if (.isupper (get name 0)) (+ "_" name) name))

(defn pure? [x]
  "Does it matter neither when nor how often the expression X is evaluated?"
  (isinstance x ast.Constant))

(defn simple? [x]
  "Has the expression X no effect, such that it may be evaluated again?"
  (isinstance x #(ast.Constant ast.Name)))

(defclass Into []
  "A destination: the variable NAME gets the value, or all of them (MULTI). LIVE: it has a value
  that what is still to do may need."
  (setv __slots__ #("name" "multi" "live"))
  (defn __init__ [self name multi [live False]]
    (setv self.name name self.multi multi self.live live)))

;; Where a form's value goes. VALUE: an expression for one value; MULTI: for all of them; TEST: for
;; Python's `if`; EFFECT: nowhere; RETURN: back from the Python function.
(setv VALUE "value" MULTI "multi" TEST "test" EFFECT "effect" RETURN "return")

(defn multi? [dest]
  (or (is dest MULTI) (is dest RETURN) (and (isinstance dest Into) dest.multi)))

(defclass Emitter []
  "Makes the body of one Python function. UNIT is the file's or module's side of it: global names."
  (setv __slots__ #("unit" "out" "temporaries" "position" "frames" "tries" "function" "again"
                    "nonlocals" "globals"))

  (defn __init__ [self unit [function None]]
    (setv self.unit unit self.out [] self.temporaries 0 self.position #(1 0)
          ;; What `break` and `continue` would be of, where what is emitted now stands: a loop and the
          ;; list that it stands in, or a block, or a tagbody.
          self.frames [] self.tries 0
          self.function function self.again False self.nonlocals (set) self.globals (set)))

  (defn temporary [self [prefix "T"]]
    (setv self.temporaries (+ self.temporaries 1))
    f"{prefix}{self.temporaries}")

  (defn add [self statement]
    (setv [statement.lineno statement.col-offset] self.position)
    (.append self.out statement))

  (defn keep [self expression]
    "EXPRESSION as one that can be used several times: itself, or a temporary that has its value."
    (if (simple? expression)
        expression
        (do
          (setv name (.temporary self))
          (.add self (assign name expression))
          (name-of name))))

  (defn collected [self function]
    "The statements that FUNCTION emits, and what it returns."
    (setv outer self.out statements [] self.out statements)
    (try
      (setv result (function))
      (finally
        (setv self.out outer)))
    #(statements result))

  (defn deliver [self expression dest]
    "Send EXPRESSION's value to DEST."
    (cond
      (is dest EFFECT) (when (not (simple? expression))
                         (.add self (ast.Expr expression)))
      (is dest RETURN) (.add self (ast.Return expression))
      (isinstance dest Into) (when (not (and (isinstance expression ast.Name)
                                             (= expression.id dest.name)))
                               (.add self (assign dest.name expression)))
      True (return expression))
    (NONE))

  (defn values-of [self nodes]
    "Expressions for the values of NODES, which are evaluated in their order."
    (setv expressions [])
    (for [node nodes]
      (setv [statements expression] (.collected self (fn [] (.emit node self VALUE))))
      (when statements
        (for [[i earlier] (enumerate expressions)]
          (when (not (or (pure? earlier) (stable? earlier)))
            (setv name (.temporary self))
            (.add self (assign name earlier))
            (setv (get expressions i) (name-of name))))
        (.extend self.out statements))
      (.append expressions expression))
    expressions)

  (defn support [self name]
    "The global NAME of support.hy."
    (.need self.unit name)
    (name-of name)))

(defn stable? [x]
  ;; A temporary gets its value once; a global of the compiler's never changes.
  (and (isinstance x ast.Name) (.isupper (get x.id 0))))

(defn locate [tree line column]
  "Give every node of TREE that has no place the one of what is around it; LINE and COLUMN at first."
  (setv stack [#(tree line column)])
  (while stack
    (setv [node line column] (.pop stack))
    (when node._attributes
      (if (hasattr node "lineno")
          (setv line node.lineno column node.col-offset)
          (setv node.lineno line node.col-offset column))
      (setv node.end-lineno line node.end-col-offset column))
    (for [field node._fields]
      (setv x (getattr node field None))
      (cond
        (is x.__class__ list)
          (for [y x]
            (when (isinstance y ast.AST)
              (.append stack #(y line column))))
        (isinstance x ast.AST)
          (.append stack #(x line column)))))
  tree)

;; ---- Templates: Python expressions over the values of forms

(setv parsed {})

(defn instantiate [emitter source arguments]
  "The expression that SOURCE, a Python expression, is with ARGUMENTS, expressions, in the places of
  the names A, B, C, …. Each is evaluated once, where SOURCE first has it."
  (setv known (.get parsed source))
  (when (is known None)
    (setv tree (. (ast.parse source :mode "eval") body)
          counts {} helpers (set))
    (for [node (ast.walk tree)]
      (when (isinstance node ast.Name)
        (if (= (len node.id) 1)
            (setv (get counts node.id) (+ 1 (.get counts node.id 0)))
            (when (.isupper (get node.id 0))
              (.add helpers node.id)))))
    (setv known #(tree counts helpers (first-letter tree))
          (get parsed source) known))
  (setv [tree counts helpers first] known bound {})
  (for [h (sorted helpers)]
    (.need emitter.unit h))
  ;; One that comes first gets a temporary on the way; others might be behind an `and`.
  (when (any (gfor [i a] (enumerate arguments)
                   (and (not (simple? a)) (> (.get counts (chr (+ 65 i)) 0) 1)
                        (!= (chr (+ 65 i)) first))))
    (setv arguments (lfor a arguments (.keep emitter a))))
  (for [[i argument] (enumerate arguments)]
    (setv letter (chr (+ 65 i)))
    (setv (get bound letter)
          (if (and (> (.get counts letter 0) 1) (not (simple? argument)))
              [argument (.temporary emitter)]
              [argument None])))
  (copied tree bound))

(defn first-letter [node]
  "The argument that the template NODE evaluates first."
  (cond
    (isinstance node ast.Name) (if (= (len node.id) 1) node.id None)
    (isinstance node ast.IfExp) (or (first-letter node.test) (first-letter node.body)
                                    (first-letter node.orelse))
    True (do
           (for [child (ast.iter-child-nodes node)]
             (setv letter (first-letter child))
             (when letter (return letter)))
           None)))

(defn copied [node bound]
  (setv kind (type node))
  (cond
    (is kind ast.Name)
      (do
        (setv place (.get bound node.id))
        (cond
          (is place None) (ast.Name node.id node.ctx)
          (is (get place 1) None) (twin (get place 0))
          (is (get place 0) None) (name-of (get place 1))
          True (do
                 (setv [expression name] place
                       (get place 0) None)
                 (ast.NamedExpr (target name) expression))))
    (is kind ast.IfExp)
      ;; The test is evaluated first.
      (do
        (setv test (copied node.test bound))
        (ast.IfExp test (copied node.body bound) (copied node.orelse bound)))
    (is kind ast.Constant) (ast.Constant node.value)
    True
      (kind #* (gfor field node._fields
                     (do
                       (setv x (getattr node field))
                       (cond
                         (isinstance x list) (lfor y x (if (isinstance y ast.AST) (copied y bound) y))
                         (isinstance x ast.AST) (if (isinstance x #(ast.expr ast.keyword))
                                                    (copied x bound)
                                                    x)
                         True x))))))

(defn twin [x]
  "X again, since positions are filled in by place."
  (cond
    (isinstance x ast.Name) (ast.Name x.id x.ctx)
    (isinstance x ast.Constant) (ast.Constant x.value)
    True x))
