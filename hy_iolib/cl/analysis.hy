"From forms to nodes: names are resolved, macros expanded, special operators understood."

(import functools [partial])
(import hy)
(eval-when-compile (require hy-iolib.cl.definitions [form]))
(import hy-iolib.cl.characters [character])
(import hy-iolib.cl.conses [cons new-cons elements lisp-list nil?])
(import hy-iolib.cl.definitions [functions macros SYSTEM known])
(import hy-iolib.cl.emission [instantiate python-name])
(import hy-iolib.cl.environment [Block Environment Scope SPECIAL SymbolMacro Variable])
(import hy-iolib.cl.errors [program-error])
(import hy-iolib.cl.inlining [arithmetic indexed inlines named several-valued])
(import hy-iolib.cl.lambda-lists
  [Parameters destructuring-bindings parse-lambda-list syntax-error])
(import hy-iolib.cl.nodes
  [AllValues Arithmetic BlockNode Call Cons Const Defun For Function Global Go If Indexed Inline
   InlineStatement Known Labels Let Local LocalFunction MultipleValueBind MultipleValueCall
   MultipleValueProg1 Node Or progn Progn PythonName Quoted Reraise ReturnFrom SetLocal
   SetPythonName SetSpecial Special SpecialLet SymbolFunction TagbodyNode Try UnwindProtect Values
   While With])
(import hy-iolib.cl.symbols
  [COMMON-LISP KEYWORD cl-symbol fbound key lisp-package symbol symbol? symbol-name])
(import hy-iolib.lisp.keywords [keyword])

(export :objects [] :macros [])

(defclass CompileError [program-error]
  "A form that is wrong, or not supported, with the place where it stands."
  (setv position None file None))

;; Special operator -> function of the call's forms and the environment.
(setv special-operators {})

(defmacro defspecial-form [name parameters #* body]
  "Define the special operator NAME: PARAMETERS are the environment and the call's forms."
  (setv own (hy.models.Symbol (+ "analyze-" (get (.split (str name) "::") -1))))
  `(do
     (defn ~own ~parameters ~@body)
     (setv (get special-operators (known ~(str name))) ~own)))

(defn analyze [x env]
  "The node of the form X."
  (setv kind x.__class__)
  (cond
    (is kind cons)
      (do
        (setv position (.position-of env.scope.unit x)
              unit env.scope.unit
              outer unit.position)
        (when position (setv unit.position position))
        (try
          (setv node (analyze-call x env))
          (except [e CompileError]
            (when (is e.position None)
              (setv e.position unit.position e.file unit.file))
            (raise))
          (except [e [program-error TypeError ValueError AttributeError]]
            (raise (placed-error e x unit)))
          (finally
            (setv unit.position outer)))
        (when (and (is node.position None) position)
          (setv node.position position))
        node)
    (is kind symbol) (analyze-variable x env)
    True (constant-node x)))

(defn placed-error [e x unit]
  (setv text (str e)
        head (if (symbol? x.car) (.lower (symbol-name x.car)) "form")
        error (CompileError f"({head} …): {text}"))
  (setv error.position unit.position error.file unit.file error.__cause__ e)
  error)

(defn constant-node [x]
  (cond
    (or (is x None) (is x True)) (Const x)
    (is x False) (Const None)
    (in x.__class__ #{int float str bytes}) (Const x)
    True (Quoted x)))

(defn analyze-all [forms env]
  (lfor x (elements forms) (analyze x env)))

(defn analyze-body [forms env]
  (progn (analyze-all forms env)))

;; ---- Variables

(defn analyze-variable [s env]
  (setv v (.get env.variables s))
  (cond
    (is v.__class__ Variable) (do (refer v env) (Local v))
    (is v.__class__ SymbolMacro) (analyze v.expansion env)
    (is v SPECIAL) (Special s)
    (in "symbol-macro" s.info) (analyze (get s.info "symbol-macro") env)
    (in "constant" s.info) (.constant-node env.scope.unit s)
    (and env.scope.unit.embedded (not-in "special" s.info)) (PythonName (python-name s.name))
    True (do
           (.note-free env.scope.unit s)
           (Special s))))

(defn refer [v env]
  (setv v.used True scope env.scope)
  (when (is-not v.scope scope)
    (setv v.captured True)
    (while (is-not scope v.scope)
      (.add scope.free v)
      (setv scope scope.outer))))

(defn special? [s env]
  "Does binding S bind a special variable?"
  (in "special" s.info))

(defn lexical [s env [kind None]]
  "A new lexical variable for the symbol S."
  (when (or (is-not s.__class__ symbol) (in "constant" s.info))
    (raise (syntax-error f"{s !r} can't be bound: it is no variable")))
  (Variable s (.name-for env.scope (python-name s.name)) env.scope kind))

(defn set-variable-form [s value env]
  "The node that sets S to the form VALUE."
  (when (is-not s.__class__ symbol)
    (raise (syntax-error f"{s !r} can't be set: it is no variable")))
  (setv v (.get env.variables s))
  (cond
    (is v.__class__ Variable)
      (do
        (setv node (analyze value env)
              v.assigned True)
        (refer v env)
        (SetLocal v node))
    (is v.__class__ SymbolMacro) (analyze (form (setf ~v.expansion ~value)) env)
    (and (is v None) (in "symbol-macro" s.info))
      (analyze (form (setf ~(get s.info "symbol-macro") ~value)) env)
    (in "constant" s.info) (raise (syntax-error f"{s !r} is a constant"))
    (and (is v None) env.scope.unit.embedded (not-in "special" s.info))
      (SetPythonName (python-name s.name) (analyze value env))
    True
      (do
        (when (is v None) (.note-free env.scope.unit s True))
        (SetSpecial s (analyze value env)))))

;; ---- Calls

(defn macro-of [head env]
  "What expands a call of HEAD, or None."
  (setv local (.get env.functions head))
  (cond
    (is local None) (.get head.info "macro")
    (is local.__class__ Variable) None
    True local))

(defn expand-once [x env]
  "The expansion of the form X, and whether there was one."
  (setv head x.car)
  (if (is-not head.__class__ symbol)
      #(x False)
      (do
        (setv expander (macro-of head env))
        (if (is expander None)
            #(x False)
            #((expander x env) True)))))

(defn analyze-call [x env]
  (setv head x.car)
  (cond
    (is head.__class__ symbol)
      (do
        (setv local (.get env.functions head))
        (when (is-not local None)
          (return (if (is local.__class__ Variable)
                      (local-call local x env)
                      (analyze (inherit x (local x env) env) env))))
        (setv special (.get special-operators head))
        (when (is-not special None)
          (return (special env #* (elements x.cdr))))
        (setv expander (.get head.info "macro"))
        (if (is-not expander None)
            (do
              (analyze (inherit x (expander x env) env) env))
            (global-call head x env)))
    (and (is head.__class__ cons) (is head.car LAMBDA))
      (immediate-call head x env)
    True
      (raise (syntax-error f"{head !r} is no function name"))))

(defn inherit [x expansion env]
  "EXPANSION, which stands where X stood."
  (.inherit env.scope.unit x expansion)
  expansion)

(setv LAMBDA (cl-symbol "lambda") SETF (cl-symbol "setf") QUOTE (cl-symbol "quote"))

(defn immediate-call [head x env]
  (Call (analyze-function None head.cdr.car head.cdr.cdr env) (analyze-all x.cdr env)))

(defn local-call [v x env]
  (refer v env)
  (setv node (shaped-call (LocalFunction v) v.shape x env)
        node.known v.known)
  node)

(defn shaped-call [function shape x env]
  "A call whose literal keywords become Python's keyword arguments where SHAPE knows them."
  (setv arguments (list (elements x.cdr)))
  (if (or (is shape None) (is shape.keys None))
      (Call function (lfor a arguments (analyze a env)))
      (do
        (setv places (+ shape.required shape.optional)
              rest (cut arguments places None)
              split (keyword-arguments rest shape.keys))
        (if (is split None)
            (Call function (lfor a arguments (analyze a env)))
            (Call function (lfor a (cut arguments places) (analyze a env))
                  (lfor [name a] split #(name (analyze a env))))))))

(defn keyword-arguments [arguments keys]
  "ARGUMENTS as pairs of Python names and forms, if each name is literal, and known, and given once;
  else None."
  (when (% (len arguments) 2)
    (return None))
  (setv pairs (list (zip (cut arguments 0 None 2) (cut arguments 1 None 2)))
        names (lfor [k _] pairs (if (is k.__class__ keyword) (.get keys k) None)))
  (if (or (in None names) (!= (len (set names)) (len names)))
      None
      (list (zip names (gfor [_ a] pairs a)))))

(defn global-call [head x env]
  (setv unit env.scope.unit
        count (argument-count x))
  (cond
    (is head.package COMMON-LISP) (builtin-call head x count env)
    (is head.package SYSTEM) (builtin-call head x count env)
    True
      (do
        (setv accessor (.get head.info "slot-accessor")
              shape (.shape-of unit head))
        (cond
          (and accessor (= count 1))
            (Inline (.accessor-template unit head accessor) (analyze-all x.cdr env))
          (in "foreign" head.info) (foreign-call head x env)
          True
            (do
              (setv node (shaped-call (global-function head env) shape x env))
              (setv node.known (.get unit.functions head))
              node)))))

(defn global-function [head env]
  "What a call of HEAD calls. In a module of Hy functions are the module's names."
  (setv unit env.scope.unit)
  (when (and (is (fbound head) None) (not-in head unit.functions))
    (.setdefault unit.called head unit.position))
  (if (and unit.embedded (is (fbound head) None) (is head.package unit.package))
      (PythonName (python-name head.name))
      (SymbolFunction head)))

(defn argument-count [x]
  (setv n 0 rest x.cdr)
  (while (is rest.__class__ cons)
    (setv n (+ n 1) rest rest.cdr))
  (when (not (nil? rest))
    (raise (syntax-error "a call that is a dotted list")))
  n)

;; Functions of Common Lisp that programs give methods to: these are looked up when called.
(setv OPEN (sfor name ["close" "open-stream-p" "input-stream-p" "output-stream-p" "print-object"
                       "stream-element-type" "interactive-stream-p" "make-instance"
                       "initialize-instance" "reinitialize-instance" "shared-initialize"
                       "change-class" "slot-missing" "slot-unbound" "describe-object" "documentation"
                       "make-load-form" "no-applicable-method" "no-next-method"
                       "allocate-instance" "update-instance-for-different-class"
                       "update-instance-for-redefined-class"]
                 (cl-symbol name)))

(defn builtin-call [head x count env]
  (when (and (in head CHANGING) (> count 0))
    (note-change x.cdr.car env))
  (setv special (.get call-transforms head))
  (when special
    (setv node (special x count env))
    (when (is-not node None) (return node)))
  (when (= count 2)
    (cond
      (in head arithmetic)
        (do
          (setv [operator fallback kind] (get arithmetic head))
          (return (Arithmetic operator fallback #* (analyze-all x.cdr env) kind)))
      (in head indexed)
        (do
          (setv [template fallback kind] (get indexed head))
          (return (Indexed template fallback #* (analyze-all x.cdr env) kind)))
      (is head CONS)
        (return (Cons #* (analyze-all x.cdr env)))))
  (setv row (.get inlines #(head count)))
  (when row
    (setv [template kind] row)
    (return (Inline template (analyze-all x.cdr env) kind)))
  (setv row (.get several-valued #(head count)))
  (when row
    (return (SeveralValued row (analyze-all x.cdr env))))
  (setv f (fbound head))
  (when (is f None)
    (raise (unsupported head)))
  (setv shape (signature f)
        arguments (list (elements x.cdr))
        name (.function-global env.scope.unit head)
        function (if (or (in head OPEN) (is name None)) (SymbolFunction head) (Global name)))
  (check-count head shape count)
  (setv node
          (if (or (is shape.keys None) (in head OPEN))
              (Call function (lfor a arguments (analyze a env)))
              (do
                (setv places (+ shape.required shape.optional)
                      split (keyword-arguments (cut arguments places None) shape.keys))
                (if (is split None)
                    (Call (FunctionObject head) (lfor a arguments (analyze a env)))
                    (Call function (lfor a (cut arguments places) (analyze a env))
                          (lfor [k a] split #(k (analyze a env))))))))
  (when (in head SINGLE)
    (setv node.known ONE-VALUE))
  (if (in head PREDICATES)
      (Predicate node)
      node))

(setv ONE-VALUE (hy.I.types.SimpleNamespace :single True))

(defclass Predicate [Node]
  "A call that gives True or False."
  (setv __slots__ #("call"))
  (setv kind "bool")
  (defn __init__ [self call] (setv self.call call self.position None))
  (defn expression [self emitter multi] (.expression self.call emitter True)))

(defclass FunctionObject [Node]
  "What `#'name` gives: a function that takes keywords among its arguments."
  (setv __slots__ #("symbol"))
  (defn __init__ [self symbol] (setv self.symbol symbol self.position None))
  (defn expression [self emitter multi]
    (setv name (.function-object emitter.unit self.symbol))
    (if name
        (hy-iolib.cl.emission.name-of name)
        (.expression (SymbolFunction self.symbol) emitter multi))))
(import hy-iolib.cl.emission)

(setv CONS (cl-symbol "cons"))

(defn unsupported [head]
  (syntax-error f"{(.lower (symbol-name head))} is not supported"))

(defn check-count [head shape count]
  (when (or (< count shape.required)
            (and (not shape.rest) (is shape.keys None)
                 (> count (+ shape.required shape.optional))))
    (raise (syntax-error
             (.format "{} takes {} argument(s), not {}" (.lower (symbol-name head))
                      (cond
                        (or shape.rest (is-not shape.keys None)) f"at least {shape.required}"
                        shape.optional f"{shape.required} to {(+ shape.required shape.optional)}"
                        True shape.required)
                      count)))))

(setv signatures {})

(defn signature [f]
  "The Shape of F, a function of this package."
  (import hy-iolib.cl.lambda-lists [Shape])
  (setv known-shape (.get signatures f))
  (when (is known-shape None)
    (import hy-iolib.cl.support [python-parameters])
    (setv [required optional rest words] (python-parameters f)
          keys (dfor w words (.intern KEYWORD (.upper (hy.unmangle w))) w))
    (setv known-shape (Shape required optional rest (if (and keys (not rest)) keys None))
          (get signatures f) known-shape))
  known-shape)

(defn literal-int? [node]
  (and (isinstance node Const) (in node.kind ["int" "index"])))

;; ---- Calls of Common Lisp's functions that are better than calls

(setv call-transforms {})

(defmacro deftransform [name parameters #* body]
  `(setv (get call-transforms (cl-symbol ~(str name))) (fn ~parameters ~@body)))

;; (f x y z …) for operators of two arguments, from the left.
(defn folded [name unit-value x count env]
  (cond
    (= count 0) (Const unit-value)
    (> count 2)
      (do
        (setv [a b #* others] (elements x.cdr)
              result (form (~(cl-symbol name) ~a ~b)))
        (for [o others] (setv result (form (~(cl-symbol name) ~result ~o))))
        (analyze result env))
    True None))

(for [[name unit-value] [["+" 0] ["*" 1] ["logior" 0] ["logand" -1] ["logxor" 0]]]
  (setv (get call-transforms (cl-symbol name)) (partial folded name unit-value)))
(deftransform - [x count env]
  (if (> count 2) (folded "-" 0 x count env) None))

(defn eq-transform [x count env]
  (when (= count 2)
    (setv [a b] (analyze-all x.cdr env))
    (setv literal (cond
                    (identity-literal? a) a
                    (identity-literal? b) b
                    True None))
    (cond
      (and (is literal None) (or (literal-int? a) (literal-int? b)))
        (Inline (if (literal-int? b)
                    "A.__class__ is INT and A == B"
                    "B.__class__ is INT and A == B")
                [a b] "bool")
      ;; A literal string is no other object.
      (and (is literal None) (is-not x.car EQUAL) (any (gfor n [a b] (literal-string? n))))
        (progn [a b (Const None)])
      (and (is literal None) (or (isinstance a Const) (isinstance b Const)))
        (Inline (.format "F_{}(A, B)" (.lower x.car.name)) [a b] "bool")
      (is literal None) None
      (and (isinstance literal Const) (is literal.value None))
        (Inline (if (is literal b) "A is None or A is False or (A.__class__ is PYLIST and not A)"
                    "B is None or B is False or (B.__class__ is PYLIST and not B)")
                [a b] "bool")
      True (Inline "A is B" [a b] "bool"))))

(setv EQUAL (cl-symbol "equal"))

(defn literal-string? [node]
  (and (isinstance node Const) (isinstance node.value str)))

(defn identity-literal? [node]
  (or (and (isinstance node Const) (in node.value [None True])
           (or (is node.value None) (is node.value True)))
      (and (isinstance node Quoted)
           (in node.value.__class__ [symbol keyword character]))))

(for [name ["eq" "eql" "equal"]]
  (setv (get call-transforms (cl-symbol name)) eq-transform))

(deftransform funcall [x count env]
  (when (= count 0)
    (raise (syntax-error "funcall takes a function")))
  (setv [f #* arguments] (elements x.cdr)
        named (function-name f))
  (cond
    (and named (is named.__class__ symbol) (is (macro-of named env) None)
         (not-in named special-operators))
      (analyze (new-cons named (lisp-list arguments)) env)
    True
      (do
        (setv [callee #* nodes] (lfor a [f #* arguments] (analyze a env)))
        ;; Of literals that are no functions but might be called.
        (when (or (isinstance callee Const)
                  (and (isinstance callee Quoted) (is callee.value.__class__ keyword)))
          (setv callee (Inline "FUNCTION_OF(A)" [callee])))
        (Call callee nodes))))

(defn function-name [f]
  "The name in #'name, or None."
  (if (and (is f.__class__ cons) (is f.car (cl-symbol "function")) (symbol? f.cdr.car)) f.cdr.car None))

;; Strings in a row, as programs make them longer.
(deftransform concatenate [x count env]
  (setv [type #* parts] (or (list (elements x.cdr)) [None]))
  (when (and (= (len parts) 2) (is type.__class__ cons) (is type.car QUOTE) (is type.cdr.car STRING))
    (setv [type #* parts] (analyze-all x.cdr env))
    (Inline (named "A + B if A.__class__ is STR is B.__class__ else F:concatenate:(C, A, B)")
            [#* parts type] "true")))

(setv STRING (cl-symbol "string"))

(deftransform apply [x count env]
  (when (< count 2)
    (raise (syntax-error "apply takes a function and arguments, the last of them a list")))
  (setv nodes (analyze-all x.cdr env))
  (Call (get nodes 0) [#* (cut nodes 1 -1) (Spread (get nodes -1))]))

(defclass Spread [Node]
  (setv __slots__ #("form"))
  (defn __init__ [self form] (setv self.form form self.position None))
  (defn expression [self emitter multi]
    (hy.I.ast.Starred (instantiate emitter "A if A.__class__ is CONS else SPREAD(A)"
                                   [(.emit self.form emitter "value")])
                      (hy.I.ast.Load))))

(defclass SeveralValued [Node]
  "A call that is a Python expression in its common case, which depends on how many values are wanted.
  TEST says whether it is the common case, ONE and ALL are the expressions for one value and for all
  of them, CALL is what is called else."
  (setv __slots__ #("row" "arguments"))
  (setv single False)
  (defn __init__ [self row arguments]
    (setv self.row row self.arguments arguments self.position None))
  (defn expression [self emitter multi]
    (setv [test one all call] self.row)
    (instantiate emitter
                 (cond
                   (not multi) f"{one} if {test} else PRIMARY({call})"
                   all f"{all} if {test} else {call}"
                   True call)
                 (.values-of emitter self.arguments))))

(deftransform values [x count env]
  (Values (analyze-all x.cdr env)))

(deftransform list [x count env]
  (if (= count 0) (Const None) None))

(defn c-r-transform [letters x count env]
  (when (= count 1)
    (setv result x.cdr.car)
    (for [c (reversed letters)]
      (setv result (if (= c "a") (form (car ~result)) (form (cdr ~result)))))
    (analyze result env)))

(for [letters ["aa" "ad" "da" "dd" "add" "ddd" "dda" "dad" "aad"]]
  (setv (get call-transforms (cl-symbol f"c{letters}r")) (partial c-r-transform letters)))
(for [[name letters] [["second" "ad"] ["third" "add"] ["fourth" "addd"]]]
  (setv (get call-transforms (cl-symbol name)) (partial c-r-transform letters)))

;; Functions that give one value for certain, and those that give True or False: filled when all are
;; known, from what support.hy has.
(setv SINGLE (set) PREDICATES (set))

;; ---- Foreign functions: the library's own

(defn foreign-call [head x env]
  (setv arguments (list (elements x.cdr))
        shape (.foreign-shape env.scope.unit head arguments))
  (if (is shape None)
      (Call (SymbolFunction head) (lfor a arguments (analyze a env)))
      (do
        (setv [positional named] shape)
        (Call (SymbolFunction head) (lfor a positional (analyze a env))
              (lfor [k a] named #(k (analyze a env)))))))

;; ---- Special operators

(defspecial-form quote [env x]
  (constant-node x))

(defspecial-form progn [env #* forms]
  (analyze-body (lisp-list forms) env))

(defspecial-form if [env test then [otherwise None]]
  (If (analyze test env) (analyze then env) (analyze otherwise env)))

(defspecial-form cond [env #* clauses]
  (setv result None)
  (for [c (reversed clauses)]
    (when (is-not c.__class__ cons)
      (raise (syntax-error f"cond: {c !r} is no clause")))
    (setv result
            (cond
              (nil? c.cdr) (if (is result None) (form (values ~c.car)) (form (or ~c.car ~result)))
              (is c.car True) (form (progn ~@c.cdr))
              True (form (if ~c.car (progn ~@c.cdr) ~result))))
    (.inherit env.scope.unit c result))
  (analyze result env))

(defspecial-form when [env test #* body]
  (If (analyze test env) (analyze-body (lisp-list body) env) (Const None)))

(defspecial-form unless [env test #* body]
  (If (analyze test env) (Const None) (analyze-body (lisp-list body) env)))

(defspecial-form and [env #* forms]
  (cond
    (not forms) (Const True)
    True (do
           (setv nodes (lfor x forms (analyze x env))
                 result (get nodes -1))
           (for [n (reversed (cut nodes -1))]
             (setv result (If n result (Const None))))
           result)))

(defspecial-form or [env #* forms]
  (cond
    (not forms) (Const None)
    (= (len forms) 1) (analyze (get forms 0) env)
    True (Or (lfor x forms (analyze x env)))))

(defspecial-form setq [env #* pairs]
  (when (% (len pairs) 2)
    (raise (syntax-error "setq: a variable without a value")))
  (progn (lfor [s value] (zip (cut pairs 0 None 2) (cut pairs 1 None 2))
               (set-variable-form s value env))))

(defspecial-form the [env type x]
  (analyze x env))

(defspecial-form function [env name]
  (cond
    (and (is name.__class__ cons) (is name.car LAMBDA))
      (analyze-function None name.cdr.car name.cdr.cdr env)
    (and (is name.__class__ cons) (is name.car (cl-symbol "named-lambda")))
      (analyze-function name.cdr.car name.cdr.cdr.car name.cdr.cdr.cdr env)
    (and (is name.__class__ cons) (is name.car SETF))
      (do
        (setv local (.get env.functions (setf-key name.cdr.car)))
        (if local
            (do (refer local env) (LocalFunction local))
            (SetfFunction name.cdr.car)))
    (symbol? name)
      (do
        (setv local (.get env.functions name))
        (cond
          (is local.__class__ Variable) (do (refer local env) (LocalFunction local))
          (or (in name special-operators) (is-not (macro-of name env) None))
            (raise (syntax-error f"#'{name !r}: it is a macro"))
          (and (in name.package [COMMON-LISP SYSTEM]) (is (fbound name) None))
            (raise (unsupported name))
          True (FunctionObject name)))
    True (raise (syntax-error f"{name !r} names no function"))))

(defclass SetfFunction [Node]
  (setv __slots__ #("symbol"))
  (defn __init__ [self symbol] (setv self.symbol symbol self.position None))
  (defn expression [self emitter multi]
    (hy-iolib.cl.emission.call (.support emitter "SETF_FUNCTION")
                               (hy-iolib.cl.emission.name-of (.literal emitter.unit self.symbol)))))

(defn setf-key [s]
  ;; The name (setf s) of a local function.
  #("setf" s))

(defspecial-form lambda [env lambda-list #* body]
  (analyze-function None lambda-list (lisp-list body) env))

;; ---- Bodies

(setv DECLARE (cl-symbol "declare") SPECIAL-NAME (cl-symbol "special"))

(defn parse-body [body [docstring False]]
  "The forms of BODY behind its declarations, the symbols that are declared special, the docstring."
  (setv specials [] text None)
  (while (is body.__class__ cons)
    (setv x body.car)
    (cond
      (and (is x.__class__ cons) (is x.car DECLARE))
        (for [d (elements x.cdr)]
          (when (and (is d.__class__ cons) (is d.car SPECIAL-NAME))
            (.extend specials (elements d.cdr))))
      (and docstring (is x.__class__ str) (is text None) (is body.cdr.__class__ cons))
        (setv text x)
      True (break))
    (setv body body.cdr))
  #(body specials text))

(defn binding-parts [b]
  (cond
    (is b.__class__ cons) (do
                            (when (not (or (nil? b.cdr) (and (is b.cdr.__class__ cons)
                                                             (nil? b.cdr.cdr))))
                              (raise (syntax-error f"{b !r} is no binding: (variable value) is one")))
                            #(b.car (if (nil? b.cdr) None b.cdr.car)))
    True #(b None)))

(defspecial-form let [env bindings #* body]
  (setv [body specials _] (parse-body (lisp-list body))
        lexicals [] dynamic [] pairs [])
  (for [b (elements bindings)]
    (setv [s init] (binding-parts b)
          node (analyze init env))
    (if (or (in s specials) (and (is s.__class__ symbol) (special? s env)))
        (do
          (.append dynamic #(s node))
          (.append pairs #(s SPECIAL)))
        (do
          (setv v (lexical s env node)
                v.fresh-string (fresh-string? init))
          (.append lexicals #(v node))
          (.append pairs #(s v)))))
  ;; What is declared special and not bound here is only referred to as such.
  (for [s specials]
    (.append pairs #(s SPECIAL)))
  (setv inner (.with-variables env pairs))
  (cond
    (not dynamic) (Let lexicals (analyze-body body inner))
    (not lexicals) (SpecialLet dynamic (analyze-body body inner))
    True
      (do
        ;; All values first, in their order.
        (setv temporary {} ordered [])
        (for [[s node] dynamic]
          (setv v (Variable s (.name-for env.scope "V") env.scope)
                (get temporary s) v))
        (setv lexical-nodes (dict lexicals) i 0 j 0)
        (for [[s place] (cut pairs (+ (len lexicals) (len dynamic)))]
          (if (is place SPECIAL)
              (do
                (.append ordered #((get temporary s) (get dynamic i 1)))
                (+= i 1))
              (do
                (.append ordered (get lexicals j))
                (+= j 1))))
        (Let ordered
             (SpecialLet (lfor [s _] dynamic #(s (Local (get temporary s))))
                         (analyze-body body inner))))))

(defspecial-form let* [env bindings #* body]
  (setv [body specials _] (parse-body (lisp-list body)))
  (sequential (list (elements bindings)) specials body env))

(defn sequential [bindings specials body env]
  (setv done [] i 0)
  (while (< i (len bindings))
    (setv [s init] (binding-parts (get bindings i))
          node (analyze init env)
          i (+ i 1))
    (if (or (in s specials) (and (is s.__class__ symbol) (special? s env)))
        (do
          (setv inner (.with-variables env [#(s SPECIAL)]))
          (return (Let done
                       (SpecialLet [#(s node)]
                                   (sequential (cut bindings i None) specials body inner)))))
        (do
          (setv v (lexical s env node)
                v.fresh-string (fresh-string? init)
                env (.with-variables env [#(s v)]))
          (.append done #(v node)))))
  (when specials
    (setv env (.with-variables env (gfor s specials :if (not-in s (sfor [v _] done v.symbol))
                                         #(s SPECIAL)))))
  (Let done (analyze-body body env)))

;; Functions that give a string which nobody else has yet. Python's strings can't be changed: where a
;; variable begins with such a one, and the program changes it, it begins with a mutable-string.
(setv FRESH-STRINGS
  (sfor name ["subseq" "format" "concatenate" "string-upcase" "string-downcase" "string-capitalize"
              "read-line" "princ-to-string" "prin1-to-string" "write-to-string" "reverse" "remove"
              "remove-if" "remove-if-not" "substitute" "substitute-if" "map" "coerce"
              "get-output-stream-string" "with-output-to-string"]
        (cl-symbol name)))

(defn fresh-string? [x]
  (and (is x.__class__ cons) (in x.car FRESH-STRINGS)))

;; What changes its first argument, a string perhaps, beside setf.
(setv CHANGING
  (sfor name ["fill" "replace" "nstring-upcase" "nstring-downcase" "nstring-capitalize" "nreverse"
              "nsubstitute" "nsubstitute-if" "sort" "stable-sort"]
        (cl-symbol name)))

(defn note-change [x env]
  "The elements of what the form X gives are changed."
  (setv v (if (is x.__class__ symbol) (.get env.variables x) None))
  (while (is v.__class__ Variable)
    (setv v.changed True
          ;; A temporary that stands for another variable.
          v (if (isinstance v.kind Local) v.kind.variable None))))

(defspecial-form locally [env #* body]
  (setv [body specials _] (parse-body (lisp-list body)))
  (analyze-body body (.with-variables env (gfor s specials #(s SPECIAL)))))

(defspecial-form symbol-macrolet [env bindings #* body]
  (setv [body specials _] (parse-body (lisp-list body)))
  (analyze-body body
    (.with-variables env (gfor b (elements bindings)
                               #(b.car (SymbolMacro b.cdr.car))))))

(defspecial-form macrolet [env definitions #* body]
  (setv [body specials _] (parse-body (lisp-list body)))
  (analyze-body body (.with-functions env (macrolet-expanders definitions env))))

(defn macrolet-expanders [definitions env]
  (lfor d (elements definitions)
        (do
          (setv [name lambda-list #* forms] (elements d))
          #(name (.macro-function env.scope.unit name lambda-list (lisp-list forms) env)))))

(defspecial-form progv [env symbols values #* body]
  (With (Inline "PROGV(A, B)" [(analyze symbols env) (analyze values env)])
        (analyze-body (lisp-list body) env)))

(defspecial-form load-time-value [env x [read-only None]]
  (analyze x env))

(defspecial-form eval-when [env situations #* body]
  (setv names (sfor s (elements situations) (.lower (symbol-name s))))
  (if (.intersection names #{"execute" "eval"})
      (analyze-body (lisp-list body) env)
      (Const None)))

(defspecial-form declare [env #* _]
  (raise (syntax-error "declare stands where there is no body that begins")))

;; ---- Functions

(defn analyze-function [name lambda-list body env [block-name None]]
  "The node of a function; BLOCK-NAME is the block that its body is."
  (setv l (parse-lambda-list lambda-list)
        [forms specials docstring] (parse-body body True))
  (defn dynamic? [s]
    (or (in s specials) (special? s env)))
  (when (defaults-see-specials? l dynamic?)
    (setv bindings (rebound l)
          forms (lisp-list [(form (let* ~bindings
                                    (declare (special ~@specials))
                                    ~@(if (is block-name None)
                                          (elements forms)
                                          [(form (block ~block-name ~@forms))])))])
          specials [] block-name None))
  (setv scope (Scope env.scope env.scope.unit)
        inner (.in-scope env scope)
        p (Parameters)
        dynamic [])
  (setv p.required [] p.optional [] p.rest None p.keys [] p.has-keys l.has-keys p.allow l.allow
        p.aux [] p.natural True)

  (defn parameter [s]
    "The variable of the parameter S; for a special one, a variable that it is bound to."
    (if (dynamic? s)
        (do
          (setv v (Variable s (.name-for scope (python-name s.name)) scope))
          (.append dynamic #(s v))
          v)
        (lexical s inner)))

  (defn supplied-variable [s]
    (nonlocal inner)
    (if (is s None)
        None
        (do
          (setv v (lexical s inner))
          (setv inner (.with-variables inner [#(s v)]))
          v)))

  (defn bind-now [s v]
    (nonlocal inner)
    (setv inner (.with-variables inner
                  [#(s (if (and dynamic (is (get dynamic -1 1) v)) SPECIAL v))])))

  (for [s l.required]
    (setv v (parameter s))
    (.append p.required #(v.name v))
    (bind-now s v))
  (for [[s init supplied] l.optional]
    (setv default (analyze init inner)
          v (parameter s))
    (bind-now s v)
    (.append p.optional #(v.name v default (supplied-variable supplied))))
  (when (is-not l.rest None)
    (setv v (parameter l.rest))
    (bind-now l.rest v)
    (setv p.rest #(v.name v)))
  ;; A keyword's name must be free for Python's parameter.
  (setv words (lfor [word #* _] l.keys (python-name (symbol-name word))))
  (when (any (gfor w words (.taken scope w)))
    (setv p.natural False))
  (for [[[word s init supplied] known-as] (zip l.keys words)]
    (setv default (analyze init inner))
    (if (or (not p.natural) (!= known-as (python-name s.name)) (dynamic? s))
        (do
          (when p.natural (.add scope.names known-as))
          (setv v (parameter s))
          (when (not p.natural) (setv known-as (.name-for scope "K"))))
        (setv v (parameter s)))
    (bind-now s v)
    (.append p.keys #(word known-as v default (supplied-variable supplied))))
  (for [[s init] l.aux]
    (setv node (analyze init inner)
          v (parameter s))
    (bind-now s v)
    (.append p.aux #(v node)))
  (when specials
    (setv bound (sfor [s _] dynamic s)
          inner (.with-variables inner (gfor s specials :if (not-in s bound) #(s SPECIAL)))))
  (when (and (not (or l.optional l.has-keys l.aux dynamic)) (is l.rest None))
    (setv scope.parameters (lfor [_ v] p.required v)))
  (setv body-node
          (if (is block-name None)
              (analyze-body forms inner)
              (do
                (setv block (Block block-name scope))
                (BlockNode block (analyze-body forms (.with-block inner block))))))
  (when dynamic
    (setv body-node (SpecialLet (lfor [s v] dynamic #(s (Local v))) body-node)))
  (setv f (Function scope p body-node
                    (if (and name (symbol? name)) (python-name (symbol-name name)) "function")
                    docstring))
  (setv f.position env.scope.unit.position)
  f)

(defn defaults-see-specials? [l dynamic?]
  "Is a special variable bound by the LambdaList L before a form in it that may read it?"
  (setv bound (any (map dynamic? l.required)))
  (for [[s init supplied] [#* l.optional
                           #* (if (is l.rest None) [] [#(l.rest None None)])
                           #* (gfor [_ #* parts] l.keys parts)
                           #* (gfor [s init] l.aux #(s init None))]]
    (when (or (and bound (or (is init.__class__ symbol)
                             (and (is init.__class__ cons) (is-not init.car QUOTE))))
              (and (is-not supplied None) (dynamic? supplied)))
      (return True))
    (setv bound (or bound (dynamic? s))))
  False)

(defn rebound [l]
  "The bindings, for `let*`, that give the LambdaList L's variables their values one by one; its
  parameters become variables of their own, without defaults."
  (setv bindings [])
  (defn renamed [s]
    (setv v (symbol s.name))
    (.append bindings (lisp-list [s v]))
    v)
  (defn without-default [s init supplied]
    (setv v (symbol s.name) given (symbol "GIVEN"))
    (.append bindings (lisp-list [s (form (if ~given ~v ~init))]))
    (when (is-not supplied None)
      (.append bindings (lisp-list [supplied given])))
    #(v None given))
  (setv l.required (lfor s l.required (renamed s))
        l.optional (lfor parts l.optional (without-default #* parts)))
  (when (is-not l.rest None)
    (setv l.rest (renamed l.rest)))
  (setv l.keys (lfor [word #* parts] l.keys #(word #* (without-default #* parts))))
  (.extend bindings (gfor [s init] l.aux (lisp-list [s init])))
  (setv l.aux [])
  (lisp-list bindings))

(defn function-block [name]
  "The name of the block that the function called NAME is."
  (if (is name.__class__ cons) name.cdr.car name))

(defn local-definitions [definitions env inner]
  "Variables for local functions, and their nodes, which are analyzed in INNER."
  (lfor d (elements definitions)
        (do
          (setv [name lambda-list #* body] (elements d)
                key-name (if (is name.__class__ cons) (setf-key name.cdr.car) name)
                v (Variable name
                            (.name-for env.scope (python-name (symbol-name (function-block name))))
                            env.scope))
          #(key-name v name lambda-list (lisp-list body)))))

(defspecial-form labels [env definitions #* body]
  (setv [body _ _] (parse-body (lisp-list body))
        parts (local-definitions definitions env None)
        inner (.with-functions env (gfor [k v #* _] parts #(k v)))
        functions [])
  (for [[_ v #* _] parts]
    (setv v.known (Known)))
  (for [[_ v name lambda-list forms] parts]
    (setv f (analyze-function (function-block name) lambda-list forms inner (function-block name))
          v.function f.scope
          v.known.node f
          v.shape (.shape f.lambda-list))
    (.append functions #(v f)))
  (Labels functions (analyze-body body inner)))

(defspecial-form flet [env definitions #* body]
  (setv [body _ _] (parse-body (lisp-list body))
        parts (local-definitions definitions env None)
        functions [])
  (for [[_ v name lambda-list forms] parts]
    (setv f (analyze-function (function-block name) lambda-list forms env (function-block name))
          v.function f.scope
          v.known (Known)
          v.known.node f
          v.shape (.shape f.lambda-list))
    (.append functions #(v f)))
  (Labels functions
          (analyze-body body (.with-functions env (gfor [k v #* _] parts #(k v))))))

(defspecial-form sys::defun [env name lambda-list #* body]
  (setv setf? (is name.__class__ cons)
        s (function-block name))
  (when (and setf? (is-not name.car SETF))
    (raise (syntax-error f"{name !r} names no function")))
  (when (not (is s.__class__ symbol))
    (raise (syntax-error f"{name !r} names no function")))
  (.check-definable env.scope.unit s)
  (setv unit env.scope.unit)
  ;; In a file, a function is what the file says: what is known of it need not be asked at each call.
  (setv k (Known))
  (when (not setf?)
    (setv (get unit.functions s) k))
  (setv f (analyze-function s lambda-list (lisp-list body) env s)
        k.node f
        k.shape (.shape f.lambda-list))
  (setv node (Defun s f (if setf? "DEFUN_SETF" "DEFUN")))
  node)

;; ---- Exits

(defspecial-form block [env name #* body]
  (setv block (Block name env.scope))
  (BlockNode block (analyze-body (lisp-list body) (.with-block env block))))

(defspecial-form return-from [env name [value None]]
  (setv block (.get env.blocks name))
  (when (is block None)
    (raise (syntax-error f"return-from {name !r}: no such block here")))
  (setv node (analyze value env)
        block.used True)
  (.append block.values node)
  (when (is-not block.scope env.scope)
    (setv block.inner True))
  (ReturnFrom block node))

(defspecial-form return [env [value None]]
  (analyze-return-from env None value))

(defn tag? [x]
  (or (and (symbol? x) (is-not x None)) (is x.__class__ int)))

(defspecial-form tagbody [env #* items]
  (if (not (any (map tag? items)))
      (progn [#* (gfor x items (analyze x env)) (Const None)])
      (do
        (setv block (Block None env.scope)
              parts [[]] tags {})
        (for [x items]
          (if (tag? x)
              (do
                (.append parts [])
                (setv (get tags x) #(block (- (len parts) 1))))
              (.append (get parts -1) x)))
        (setv inner (.with-tags env tags))
        (+= env.scope.loops 1)
        (setv segments (lfor part parts (lfor x part (analyze x inner))))
        (-= env.scope.loops 1)
        (TagbodyNode block segments))))

(defspecial-form go [env tag]
  (setv found (.get env.tags tag))
  (when (is found None)
    (raise (syntax-error f"go {tag !r}: no such tag here")))
  (setv [block index] found)
  (when (is-not block.scope env.scope)
    (setv block.inner True))
  (Go block index))

(defspecial-form unwind-protect [env x #* cleanup]
  (if cleanup
      (UnwindProtect (analyze x env) (analyze-body (lisp-list cleanup) env))
      (analyze x env)))

(defspecial-form catch [env tag #* body]
  (setv catcher (symbol "CATCHER") thrown (symbol "THROWN"))
  (analyze
    (form (let ((~catcher (sys::catcher ~tag)))
            (sys::try (sys::with ~catcher (progn ~@body))
              (~thrown (sys::inline "A.kind" ~catcher)
                (sys::thrown-values ~catcher ~thrown)))))
    env))

(defspecial-form throw [env tag value]
  (Inline "THROW(A, B)" [(analyze tag env) (AllValues (analyze value env))]))

;; ---- Python's own statements

(defspecial-form sys::while [env test #* body]
  (+= env.scope.loops 1)
  (try
    (While (analyze test env) (analyze-body (lisp-list body) env))
    (finally
      (-= env.scope.loops 1))))

(defspecial-form sys::for [env s iterable #* body]
  (setv iterable (analyze iterable env)
        v (.get env.variables s))
  (when (is-not v.__class__ Variable)
    (raise (syntax-error f"{s !r} is bound by no let around the loop")))
  (if (and (isinstance iterable Inline) (.startswith iterable.template "Y_range("))
      (setv v.stepped True)
      (setv v.assigned True))
  (refer v env)
  (+= env.scope.loops 1)
  (try
    (For v iterable (analyze-body (lisp-list body) env))
    (finally
      (-= env.scope.loops 1))))

(defspecial-form sys::with [env manager #* body]
  (With (analyze manager env) (analyze-body (lisp-list body) env)))

(defspecial-form sys::try [env x clause]
  (setv [s classes #* handler] (elements clause)
        node (analyze x env)
        class-node (analyze classes env)
        v (lexical s env))
  (Try node v class-node
       (analyze-body (lisp-list handler) (.with-variables env [#(s v)]))))

(defspecial-form sys::reraise [env]
  (Reraise))

(defspecial-form sys::inline [env template #* forms]
  (Inline template (lfor x forms (analyze x env))))

(defspecial-form sys::test [env template #* forms]
  ;; As sys::inline, of an expression that is True or False.
  (Inline template (lfor x forms (analyze x env)) "bool"))

;; ---- Several values

(defspecial-form multiple-value-bind [env variables x #* body]
  (setv [body specials _] (parse-body (lisp-list body))
        symbols (list (elements variables))
        node (analyze x env))
  (cond
    (not symbols) (progn [node (analyze-body body env)])
    (any (gfor s symbols (or (in s specials) (special? s env))))
      (do
        (setv temporaries (lfor s symbols (symbol s.name)))
        (analyze
          (form (multiple-value-bind ~(lisp-list temporaries) ~x
                  (let ~(lisp-list (gfor [s temp] (zip symbols temporaries) (lisp-list [s temp])))
                    (declare (special ~@specials))
                    ~@body)))
          env))
    True
      (do
        (setv vs (lfor s symbols (lexical s env)))
        (MultipleValueBind vs node
          (analyze-body body (.with-variables env (zip symbols vs)))))))

(defspecial-form multiple-value-call [env f #* forms]
  (MultipleValueCall (analyze f env) (lfor x forms (analyze x env))))

(defspecial-form multiple-value-prog1 [env x #* forms]
  (if forms
      (MultipleValueProg1 (analyze x env) (lfor y forms (analyze y env)))
      (analyze x env)))

(defspecial-form prog1 [env x #* forms]
  (if forms
      (MultipleValueProg1 (Values [(analyze x env)]) (lfor y forms (analyze y env)))
      (Values [(analyze x env)])))

(defspecial-form multiple-value-list [env x]
  (Inline "LIST_OF(A)" [(AllValues (analyze x env))]))

(defspecial-form destructuring-bind [env lambda-list x #* body]
  (setv [forms specials _] (parse-body (lisp-list body)))
  (analyze
    (form (let* ~(lisp-list (destructuring-bindings lambda-list (parse-lambda-list lambda-list True) x
                                             "DESTRUCTURING-BIND"))
            (declare (special ~@specials))
            ~@forms))
    env))
