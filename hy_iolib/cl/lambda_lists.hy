"Lambda lists: what `defun` and `lambda` take, as parameters of a Python function; and what
`destructuring-bind` and `defmacro` take, as bindings.

A function is called either way: with everything in its place, as Common Lisp does it, keywords
among the arguments, or with keyword arguments of Python's, where the caller knows them."

(import ast)
(import hy-iolib.cl.conses [cons elements lisp-list lisp-list* nil?])
(eval-when-compile (require hy-iolib.cl.definitions [form]))
(import hy-iolib.cl.emission [LOAD NONE VALUE assign call constant is-node name-of python-name])
(import hy-iolib.cl.errors [program-error])
(import hy-iolib.cl.symbols [cl-symbol key symbol symbol? symbol-name KEYWORD])
(import hy-iolib.lisp.keywords [keyword])

(export :objects [] :macros [])

(setv KEYWORDS (dfor name ["&optional" "&rest" "&body" "&key" "&allow-other-keys" "&aux" "&whole"
                           "&environment"]
                     (cl-symbol name) name))

(defn syntax-error [message]
  (program-error message))

(defclass LambdaList []
  "The parts of a lambda list. Optional ones are (pattern, init form, supplied-p or None), those of
  &key (keyword, pattern, init form, supplied-p)."
  (setv __slots__ #("required" "optional" "rest" "keys" "has_keys" "allow" "aux" "whole"
                    "environment")))

(defn parse-lambda-list [x [destructuring False]]
  (setv l (LambdaList))
  (setv l.required [] l.optional [] l.rest None l.keys [] l.has-keys False l.allow False l.aux []
        l.whole None l.environment None)
  (setv state "required" rest x)
  (while (is rest.__class__ cons)
    (setv item rest.car
          rest rest.cdr
          word (if (is item.__class__ symbol) (.get KEYWORDS item) None))
    (cond
      (in word ["&optional" "&aux"]) (setv state word)
      (= word "&key") (setv state word l.has-keys True)
      (= word "&allow-other-keys") (setv l.allow True)
      (in word ["&rest" "&body"])
        (do
          (when (is-not rest.__class__ cons)
            (raise (syntax-error f"{word} without a variable")))
          (setv l.rest rest.car rest rest.cdr state "after-rest"))
      (in word ["&whole" "&environment"])
        (do
          (setattr l (cut word 1 None) rest.car)
          (setv rest rest.cdr))
      (= state "required") (.append l.required (pattern item destructuring))
      (= state "&optional") (.append l.optional (with-default item destructuring))
      (= state "&key") (.append l.keys (key-parameter item destructuring))
      (= state "&aux") (.append l.aux (if (is item.__class__ cons)
                                          #(item.car (if (nil? item.cdr) None item.cdr.car))
                                          #(item None)))
      True (raise (syntax-error f"{item !r} can't stand there in the lambda list {x !r}"))))
  (when (not (nil? rest))
    (when (or (not destructuring) (is-not l.rest None))
      (raise (syntax-error f"a dotted lambda list: {x !r}")))
    (setv l.rest rest))
  l)

(defn pattern [item destructuring]
  (when (not (or destructuring (and (symbol? item) (not (isinstance item keyword))
                                    (not (in item [None True])))))
    (raise (syntax-error f"{item !r} is no variable")))
  item)

(defn with-default [item destructuring]
  (if (is item.__class__ cons)
      (do
        (setv [name init supplied] (padded item 3))
        #((pattern name destructuring) init supplied))
      #((pattern item destructuring) None None)))

(defn padded [items n]
  (setv items (list (elements items)))
  (when (> (len items) n)
    (raise (syntax-error f"{(lisp-list items) !r}: too many parts in a lambda list")))
  (+ items (* [None] (- n (len items)))))

(defn key-parameter [item destructuring]
  (setv [name init supplied] (if (is item.__class__ cons) (padded item 3) [item None None]))
  (if (is name.__class__ cons)
      (do
        (setv [word name] (padded name 2))
        #(word (pattern name destructuring) init supplied))
      #((.intern KEYWORD (symbol-name (pattern name False))) name init supplied)))

;; ---- As parameters of a Python function

(defclass Shape []
  "What a caller may know of a function: how many arguments are required, are optional, whether
  there may be more, and the names of its keyword arguments (None: it takes none that way)."
  (setv __slots__ #("required" "optional" "rest" "keys"))
  (defn __init__ [self required optional rest keys]
    (setv self.required required self.optional optional self.rest rest self.keys keys)))

(defclass Parameters []
  "A function's parameters: variables with the nodes that give their defaults. POSITIONAL are pairs
  of names and variables; OPTIONAL (name, variable, default node, supplied-p's variable); KEYS the
  same with the keyword first. REST is a variable; AUX pairs of variables and nodes."
  (setv __slots__ #("required" "optional" "rest" "keys" "has_keys" "allow" "aux" "natural" "order"))

  (defn emit-parameters [self emitter]
    "Python's arguments; what gives defaults and lists is emitted."
    (import hy-iolib.cl.nodes [bind-variable])
    (setv positional [] defaults [] keyword-only [] keyword-defaults [] prologue [])
    (for [[name v] self.required]
      (.append positional (ast.arg name))
      (bind-parameter emitter v name))
    (for [[name v default supplied] self.optional]
      (.append positional (ast.arg name))
      (.append defaults (parameter-default emitter name v default supplied prologue)))
    (setv rest-name (cond
                      self.rest (get self.rest 0)
                      self.has-keys "Rest"
                      True None)
          named None)
    (when self.has-keys
      (if self.natural
          (for [[word name v default supplied] self.keys]
            (.append keyword-only (ast.arg name))
            (.append keyword-defaults (parameter-default emitter name v default supplied prologue
                                                           (bool self.rest))))
          (for [[word name v default supplied] self.keys]
            (parameter-default emitter name v default supplied prologue True)))
      (when (or self.allow (not self.natural))
        (setv named "Named")))
    ;; First what came, then the defaults in their order.
    (when self.has-keys
      (.emit-keys self emitter rest-name named))
    (when self.rest
      (setv [name v] self.rest)
      (bind-variable emitter v (call (.support emitter "LIST_OF") (name-of name))))
    (for [f prologue] (f))
    (for [[v node] self.aux]
      (bind-variable emitter v (.emit node emitter VALUE)))
    (ast.arguments [] positional (if rest-name (ast.arg rest-name) None) keyword-only
                   keyword-defaults (if named (ast.arg named) None) defaults))

  (defn emit-keys [self emitter rest-name named]
    (setv names (lfor [_ name _ _ _] self.keys name)
          words (ast.Tuple (lfor [word #* _] self.keys (name-of (.literal emitter.unit word))) LOAD)
          targets (ast.Tuple (lfor n names (ast.Name n (ast.Store))) (ast.Store)))
    (if self.natural
        (if names
            (do
              (setv parse (ast.Assign [targets]
                                      (call (.support emitter "KEYS") (name-of rest-name) words
                                            (ast.Tuple (lfor n names (name-of n)) LOAD)
                                            (constant self.allow)))
                    [parse.lineno parse.col-offset] emitter.position)
              (when (and self.rest names)
                ;; Called with Python's keyword arguments: the list has them, too.
                (.add emitter (assign rest-name
                                      (call (.support emitter "WITH_NAMED") (name-of rest-name) words
                                            (ast.Tuple (lfor n names (name-of n)) LOAD)))))
              (.add emitter (ast.If (name-of rest-name) [parse] [])))
            (when (not self.rest)
              (.add emitter (ast.Expr (call (.support emitter "KEYS") (name-of rest-name)
                                            (ast.Tuple [] LOAD) (ast.Tuple [] LOAD)
                                            (constant self.allow))))))
        (do
          (.add emitter (assign rest-name (call (.support emitter "ALL_ARGUMENTS")
                                                (name-of rest-name) (name-of named))))
          (when names
            (.add emitter
                  (ast.Assign [targets]
                              (call (.support emitter "KEYS") (name-of rest-name) words
                                    (ast.Tuple (lfor n names (.support emitter "UNSUPPLIED")) LOAD)
                                    (constant self.allow))))))))

  (defn shape [self]
    (Shape (len self.required) (len self.optional) (bool self.rest)
           (if (and self.has-keys self.natural (not self.rest))
               (dfor [word name _ _ _] self.keys word name)
               None))))

(defn bind-parameter [emitter v name]
  (import hy-iolib.cl.nodes [bind-variable])
  (when (or v.boxed (!= v.name name))
    (bind-variable emitter v (name-of name))))

(defn parameter-default [emitter name v default supplied prologue [always-told False]]
  "Python's default of the parameter NAME. What must be evaluated for each call is put into PROLOGUE.
  ALWAYS-TOLD: whether it was given must be known in any case."
  (import hy-iolib.cl.nodes [Const Quoted bind-variable reachable?])
  (if (and (isinstance default #(Const Quoted)) (not supplied) (not always-told))
      (do
        (.append prologue (fn [] (bind-parameter emitter v name)))
        (.emit default emitter VALUE))
      (do
        (.append prologue
          (fn []
            (defn branch [make] (get (.collected emitter make) 0))
            (setv missing
                    (branch (fn []
                              (bind-variable emitter v (.emit default emitter VALUE))
                              (when supplied
                                (bind-variable emitter supplied (NONE)))))
                  given
                    (branch (fn []
                              (bind-parameter emitter v name)
                              (when supplied
                                (bind-variable emitter supplied (constant True))))))
            (.add emitter (ast.If (is-node (name-of name) (.support emitter "UNSUPPLIED"))
                                  missing given))))
        (.support emitter "UNSUPPLIED"))))

;; ---- As bindings

(defn destructuring-bindings [lambda-list l source operator]
  "The bindings, for `let*`, that match the list that the form SOURCE gives with LAMBDA-LIST, parsed
  as L, for OPERATOR, which is named when it does not match."
  (setv bindings [])
  (defn bind [name source-form]
    (.append bindings (lisp-list [name source-form])))
  (defn bind-part [name source-form]
    (if (or (is name.__class__ cons) (is name None))
        (do
          (setv inner (symbol "PART"))
          (bind inner source-form)
          (.extend bindings (destructuring-bindings name (parse-lambda-list name True) inner operator)))
        (bind name source-form)))
  (setv rest (symbol "REST"))
  (bind rest source)
  (setv least (len l.required))
  (bind (symbol "IGNORED")
        (form (sys::check-elements ~rest ~least
                                   ~(if (or l.has-keys (is-not l.rest None))
                                        None
                                        (+ least (len l.optional)))
                                   (quote ~(without-defaults lambda-list)) ~operator)))
  (when (is-not l.whole None)
    (bind-part l.whole rest))
  (for [p l.required]
    (bind-part p (form (car ~rest)))
    (bind rest (form (cdr ~rest))))
  (for [[p init supplied] l.optional]
    (when (is-not supplied None)
      (bind supplied (form (if ~rest t nil))))
    (bind-part p (form (if ~rest (car ~rest) ~init)))
    (bind rest (form (cdr ~rest))))
  (when (is-not l.rest None)
    (bind-part l.rest rest))
  (when l.has-keys
    (bind (symbol "IGNORED")
          (form (sys::check-keys ~rest (quote ~(lisp-list (lfor [word #* _] l.keys word)))
                                 ~(or l.allow None) ~operator)))
    (for [[word p init supplied] l.keys]
      (setv found (symbol "FOUND"))
      (bind found (form (sys::find-key ~rest ~word)))
      (bind-part p (form (if ~found (car (cdr ~found)) ~init)))
      (when (is-not supplied None)
        (bind supplied (form (if ~found t nil))))))
  (for [[name init] l.aux]
    (bind name init))
  bindings)

(defn without-defaults [lambda-list]
  "LAMBDA-LIST as SBCL shows it: of `(x 5)` that is optional, `(x)`."
  (setv items [] rest lambda-list optional False)
  (while (is rest.__class__ cons)
    (setv item rest.car)
    (when (is item.__class__ symbol)
      (setv optional (= (.get KEYWORDS item) "&optional")))
    (.append items (if (and optional (is item.__class__ cons)) (lisp-list [item.car]) item))
    (setv rest rest.cdr))
  (lisp-list* items rest))
