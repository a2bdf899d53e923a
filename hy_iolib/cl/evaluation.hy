"Evaluation: a unit is a file's, or a module's, side of the compiler, and runs top-level forms one
after the other."

(import ast)
(import pickle)
(import hy)
(eval-when-compile
  (require hy-iolib.cl.definitions [form defcl]
           hy-iolib.cl.analysis [defspecial-form]))
(import hy-iolib.cl.analysis
  [CompileError SETF analyze analyze-function destructuring-bindings expand-once function-block
   parse-body parse-lambda-list special-operators syntax-error SpecialLet])
(import hy-iolib.cl.characters [character])
(import hy-iolib.cl.places)
(import hy-iolib.cl.conses [cons elements lisp-list nil?])
(import hy-iolib.cl.definitions [SYSTEM functions known macros])
(import hy-iolib.cl.emission [Emitter RETURN assign call constant locate name-of python-name])
(import hy-iolib.cl.environment [Environment Scope SPECIAL SymbolMacro])
(import hy-iolib.cl.nodes [Const Inline Node Quoted progn])
(import hy-iolib.cl.numbers [double-float])
(import hy-iolib.cl.support)
(import hy-iolib.cl.support [by-python-name index-functions proclaim-special])
(import hy-iolib.cl.symbols
  [COMMON-LISP COMMON-LISP-USER KEYWORD cl-symbol special-of symbol symbol-name])
(import hy-iolib.lisp.keywords [keyword])
(import hy-iolib.lisp.multiple-values [values])
(import fractions [Fraction])

(export :objects [] :macros [])

(defclass Unit []
  "What the forms of one file share: NAMESPACE, the module's globals; the names in it that stand for
  symbols, literals and functions; where forms stand in the text."

  (defn __init__ [self namespace [file "<lisp>"] [live False]]
    (setv self.namespace namespace self.file file
          ;; Is it run now, and never kept? Then literals are the objects themselves.
          self.live live
          ;; Where lists stand: those that a reader has read, and expansions, with the list itself.
          self.read-positions None self.positions {} self.position #(1 0)
          ;; id -> (global name, object): the object stays alive.
          self.literals {}
          ;; Global names that are taken; those that are there already; what must be done for others.
          self.taken (set) self.present (set) self.needed [] self.prelude []
          self.made (set) self.tokens 0
          ;; Functions of this unit: symbol -> Known.
          self.functions {}
          self.free {}
          ;; Global functions that are called and, when that was compiled, were not there.
          self.called {}
          ;; Is it a part of a module of Hy?
          self.embedded False
          ;; Is it only looked at, definitions apart?
          self.checking False
          ;; The code of each form, for the cache; None when something can't be kept.
          self.codes []))

  ;; ---- Positions

  (defn position-of [self x]
    (setv p (.get self.positions (id x)))
    (cond
      p (get p 0)
      self.read-positions (do
                            (setv p (.get self.read-positions (id x)))
                            (if p (cut (if (isinstance (get p 0) tuple) (get p 0) p) 2) None))
      True None))

  (defn inherit [self x expansion]
    (when (is expansion.__class__ cons)
      (when (is (.position-of self expansion) None)
        (setv p (.position-of self x))
        (when p
          (setv (get self.positions (id expansion)) #(p expansion))))))

  ;; ---- Global names

  (defn need [self name]
    (when (not-in name self.present)
      (.add self.present name)
      (when (not-in name self.made)
        (when (not (hasattr hy.I.hy-iolib.cl.support name))
          (raise (syntax-error f"{name} is not there")))
        (if self.live
            (setv (get self.namespace name) (getattr hy.I.hy-iolib.cl.support name))
            (.append self.needed name)))))

  (defn token [self]
    (+= self.tokens 1)
    f"B{self.tokens}")

  (defn new-name [self base]
    (setv name base n 1)
    (while (in name self.taken)
      (+= n 1)
      (setv name f"{base}_{n}"))
    (.add self.taken name)
    name)

  (defn define [self id-of x base make]
    "The global name of X, known by ID-OF, which the expression that MAKE gives defines."
    (setv known-as (.get self.literals id-of))
    (when (is known-as None)
      (setv known-as #((.new-name self base) x)
            (get self.literals id-of) known-as)
      (.add self.made (get known-as 0)))
    (setv name (get known-as 0))
    (when (and (not-in name self.present) self.live)
      (.add self.present name)
      (setv (get self.namespace name) (if (is id-of.__class__ tuple) (live-object id-of x) x)))
    (when (not-in name self.present)
      (.add self.present name)
      (.append self.prelude (assign name (make))))
    name)

  (defn literal [self x]
    "The global name of the literal object X."
    (setv kind x.__class__)
    (cond
      (is kind symbol)
        (.define self (id x) x (+ "S_" (safe x.name))
          (fn []
            (if x.package
                (.support-call self "INTERN" (constant x.package.name) (constant x.name))
                (.support-call self "SYMBOL" (constant x.name)))))
      (is kind keyword)
        (.define self (id x) x (+ "K_" (safe (str x)))
          (fn [] (.support-call self "KEYWORD_NAMED" (constant (.lower (symbol-name x))))))
      True
        (.define self (id x) x "Q_1" (fn [] (.data self x)))))

  (defn support-call [self name #* arguments]
    (.need self name)
    (call (name-of name) #* arguments))

  (defn data [self x]
    "The expression that makes the literal X."
    (setv kind x.__class__)
    (cond
      (in kind #{int float str bytes bool}) (constant x)
      (is x None) (constant None)
      (in kind #{symbol keyword}) (name-of (.literal self x))
      (is kind character)
        (do
          (.need self "CHARACTERS")
          (ast.Subscript (name-of "CHARACTERS") (constant (str x)) (ast.Load)))
      (is kind cons)
        (do
          (setv items [] rest x seen (set))
          (while (is rest.__class__ cons)
            (when (in (id rest) seen)
              (raise (syntax-error "a circular literal is not supported")))
            (.add seen (id rest))
            (.append items (.data self rest.car))
            (setv rest rest.cdr))
          (if (nil? rest)
              (.support-call self "LIST_OF" (ast.Tuple items (ast.Load)))
              (.support-call self "LIST_AND_TAIL" (ast.Tuple items (ast.Load)) (.data self rest))))
      (is kind tuple) (ast.Tuple (lfor y x (.data self y)) (ast.Load))
      (is kind Fraction)
        (.support-call self "RATIO" (constant x.numerator) (constant x.denominator))
      (is kind double-float) (.support-call self "DOUBLE" (constant (float x)))
      (is kind complex) (constant x)
      True
        (do
          (try
            (setv pickled (pickle.dumps x))
            (except [Exception]
              ;; A function or the like, that a macro put there: it lives in this process only.
              (setv self.codes None
                    name (.new-name self "Q_1")
                    (get self.namespace name) x)
              (return (name-of name))))
          (.support-call self "UNPICKLED" (constant pickled)))))

  (defn special [self s]
    "The global name of the special variable of S, or None while there is none."
    (when (is-not (special-of s) None)
      (.define self #("special" (id s)) s (+ "V_" (safe s.name))
        (fn [] (.support-call self "PROCLAIMED" (name-of (.literal self s)))))))

  (defn constant-node [self s]
    (setv value (get s.info "constant"))
    (cond
      (in value.__class__ #{int float str}) (Const value)
      (or (is value None) (is value True)) (Const value)
      True (Inline f"CONSTANT_OF({(.literal self s)})" [])))

  (defn function-global [self s]
    (setv name (hy.mangle (.lower s.name)))
    (if (is s.package SYSTEM)
        (do
          (setv full (+ "Y_" name))
          (if (in (+ "sys::" name) by-python-name)
              (do (.need self full) full)
              None))
        (if (in name by-python-name) (+ "F_" name) None)))

  (defn function-object [self s]
    (setv name (hy.mangle (.lower s.name)))
    (if (and (is s.package COMMON-LISP) (in name by-python-name)
             (not-in s hy.I.hy-iolib.cl.analysis.OPEN))
        (do
          (.need self (+ "O_" name))
          (+ "O_" name))
        None))

  (defn class-global [self s]
    "The global name of the structure class whose accessor S is."
    (setv cls (get s.info "slot-accessor" 0))
    (.define self #("class" (id s) (id cls)) cls (+ "C_" (safe cls.__name__))
      (fn [] (.support-call self "ACCESSOR_CLASS" (name-of (.literal self s))))))

  (defn accessor-template [self s accessor]
    (.format "A.{} if A.__class__ is {} else {}.function(A)" (get accessor 1) (.class-global self s)
             (.literal self s)))

  ;; ---- What is known of functions

  (defn shape-of [self s]
    (setv k (.get self.functions s))
    (if k k.shape None))

  (defn foreign-shape [self s arguments]
    (if (any (gfor a arguments (is a.__class__ keyword)))
        (do
          (import hy-iolib.cl.iolib-packages [foreign-call-shape])
          (foreign-call-shape (get s.info "foreign") arguments))
        None))

  (defn check-definable [self s]
    (when (and (in s.package [COMMON-LISP SYSTEM KEYWORD]) (not (get unlocked 0)))
      (raise (syntax-error f"{s !r} is Common Lisp's: it can't be defined anew (shadow it)"))))

  (defn note-free [self s [set False]]
    (when (and (is-not s.package COMMON-LISP) (is (special-of s) None))
      (.setdefault self.free s self.position)))

  ;; ---- Running

  (defn macro-function [self name lambda-list body env]
    "The expander that the definition of a local macro gives."
    (setv unit (live-unit self.file)
          unit.position self.position)
    (.run-node unit
      (analyze-function name (lisp-list [WHOLE ENVIRONMENT])
                        (macro-body name lambda-list body)
                        (Environment (Scope None unit)
                                     (dfor [k v] (.items env.variables)
                                           :if (isinstance v SymbolMacro) k v)
                                     (dfor [k v] (.items env.functions)
                                           :if (not (isinstance v hy.I.hy-iolib.cl.environment.Variable))
                                           k v)))))

  (defn run-node [self node]
    "Run NODE as a top-level form; its values."
    (setv scope (if (hasattr node "top") node.top None)
          emitter (Emitter self scope))
    (setv emitter.position (or node.position self.position))
    (try
      (.emit node emitter RETURN)
      (except [e RecursionError]
        (raise (too-deep self e))))
    (setv body (or emitter.out [(ast.Return (constant None))]))
    (setv top (ast.FunctionDef "Top" (ast.arguments [] [] None [] [] None []) body [] None None))
    (when (in "type_params" top._fields)
      (setv top.type-params []))
    (setv statements [])
    (when self.needed
      (.append statements
               (ast.ImportFrom "hy_iolib.cl.support" (lfor n self.needed (ast.alias n None)) 0)))
    (.extend statements self.prelude)
    (setv self.needed [] self.prelude [])
    (.append statements top)
    (.append statements (assign "RESULT" (call (name-of "Top"))))
    (setv module (ast.Module statements [])
          [line column] emitter.position)
    (locate module line column)
    (try
      (setv code (compile module self.file "exec" :dont-inherit True))
      ;; CPython takes twenty loops and `try`s in each other, and some thousands of parentheses.
      (except [e [SyntaxError RecursionError MemoryError]]
        (raise (too-deep self e))))
    (when (is-not self.codes None)
      (.append self.codes code))
    (if self.checking
        (.clear self.present)
        (do
          (exec code self.namespace)
          (.pop self.namespace "RESULT"))))

  (defn run [self x [env None]]
    "Run the top-level form X; its values."
    (try
      (.run-form self x env)
      (except [BaseException]
        ;; Some global names may not have come to be: the next form makes what it needs again.
        (.clear self.present)
        (setv self.needed [] self.prelude [])
        (raise))))

  (defn run-form [self x env]
    (if (and self.checking (is x.__class__ cons) (in x.car NEEDED-BY-OTHERS))
        (do
          (setv self.checking False)
          (try
            (.run-now self x env)
            (finally
              (setv self.checking True))))
        (.run-now self x env)))

  (defn run-now [self x env]
    (setv position (.position-of self x))
    (when position (setv self.position position))
    (setv env (or env (Environment (Scope None self))))
    (while (and (is x.__class__ cons) (is x.car.__class__ symbol))
      (setv head x.car)
      (cond
        (in head TOP-LEVEL) (return ((get TOP-LEVEL head) self x env))
        (in head special-operators) (break))
      (try
        (setv [expansion expanded] (expand-once x env))
        (except [e CompileError] (raise))
        (except [e Exception]
          (raise (hy.I.hy-iolib.cl.analysis.placed-error e x self))))
      (when (not expanded) (break))
      (.inherit self x expansion)
      (setv x expansion))
    (setv scope (Scope None self))
    (try
      (setv node (analyze x (.in-scope env scope)))
      (except [e RecursionError]
        (raise (too-deep self e))))
    (setv top (Top node scope)
          top.position node.position)
    (.run-node self top))

  (defn run-all [self forms [env None]]
    (setv result None)
    (for [x (elements forms)]
      (setv result (.run self x env)))
    result))

(defclass Top [Node]
  (setv __slots__ #("node" "top"))
  (setv single False)
  (defn __init__ [self node scope] (setv self.node node self.top scope self.position None))
  (defn emitted [self emitter dest] (.emit self.node emitter dest)))

(setv unlocked [False])

;; Forms without which others can't be compiled. They run a program's own code only in macros.
(setv NEEDED-BY-OTHERS
  (sfor name ["defpackage" "in-package" "defmacro" "defstruct" "defclass" "define-condition" "deftype"
              "defun" "defgeneric" "defsetf" "define-setf-expander" "define-modify-macro"
              "define-symbol-macro" "declaim" "export" "import" "shadow" "use-package"
              "shadowing-import" "define-method-combination"]
        (cl-symbol name)))

(defn too-deep [unit e]
  (setv error (CompileError f"forms are nested too deeply for Python ({e})")
        error.position unit.position
        error.file unit.file
        error.__cause__ e)
  error)

(defn safe [name]
  (.join "" (gfor c name (if (and (.isascii c) (or (.isalnum c))) (.lower c) "_"))))

(setv WHOLE (symbol "WHOLE") ENVIRONMENT (symbol "ENVIRONMENT"))

(defn macro-body [name lambda-list body]
  (setv l (parse-lambda-list lambda-list True)
        whole l.whole
        environment l.environment
        [forms specials docstring] (parse-body body True))
  (setv l.whole None)
  (setv bindings [#* (if (is whole None) [] [(lisp-list [whole WHOLE])])
                  #* (if (is environment None) [] [(lisp-list [environment ENVIRONMENT])])
                  #* (destructuring-bindings lambda-list l (form (cdr ~WHOLE))
                                            (+ "DEFMACRO " (symbol-name (function-block name))))])
  (lisp-list [(form (block ~(function-block name)
                      (let* ~(lisp-list bindings)
                        (declare (special ~@specials))
                        ~@forms)))]))

;; ---- Forms that are special at top level: each part of them is a top-level form

(setv TOP-LEVEL {})

(defmacro deftop [name parameters #* body]
  `(setv (get TOP-LEVEL (cl-symbol ~(str name))) (fn ~parameters ~@body)))

(deftop progn [unit x env] (.run-all unit x.cdr env))
(deftop locally [unit x env]
  (setv [body specials _] (parse-body x.cdr))
  (.run-all unit body (.with-variables env (gfor s specials #(s SPECIAL)))))
(deftop eval-when [unit x env]
  (setv names (sfor s (elements x.cdr.car) (.lower (symbol-name s))))
  (if (.intersection names #{"execute" "eval" "load-toplevel" "load" "compile-toplevel" "compile"})
      (.run-all unit x.cdr.cdr env)
      None))
(deftop macrolet [unit x env]
  (setv [_ definitions #* body] (elements x))
  (.run-all unit (lisp-list body)
            (.with-functions env (hy.I.hy-iolib.cl.analysis.macrolet-expanders definitions env))))
(deftop symbol-macrolet [unit x env]
  (setv [_ bindings #* body] (elements x))
  (.run-all unit (lisp-list body)
            (.with-variables env (gfor b (elements bindings) #(b.car (SymbolMacro b.cdr.car))))))

;; ---- Definitions

(defspecial-form defun [env name lambda-list #* body]
  (analyze (form (sys::defun ~name ~lambda-list ~@body)) env))

(defspecial-form defmacro [env name lambda-list #* body]
  (.check-definable env.scope.unit name)
  (setv f (analyze-function name (lisp-list [WHOLE ENVIRONMENT])
                            (macro-body name lambda-list (lisp-list body)) env))
  (setv [_ _ documentation] (parse-body (lisp-list body) True))
  (Inline f"DEFMACRO({(.literal env.scope.unit name)}, A, B)" [f (Const documentation)]))

(setv NO-VALUE (object))

(defspecial-form defvar [env name [value NO-VALUE] [documentation None]]
  (proclaim-special name)
  (Inline f"DEFVAR({(.literal env.scope.unit name)}, A, GLOBALS(), False, B)"
          [(if (is value NO-VALUE) (Const None) (analyze (form (lambda () ~value)) env))
           (Const documentation)]))

(defspecial-form defparameter [env name value [documentation None]]
  (proclaim-special name)
  (Inline f"DEFVAR({(.literal env.scope.unit name)}, A, GLOBALS(), True, B)"
          [(analyze (form (lambda () ~value)) env) (Const documentation)]))

(defspecial-form defconstant [env name value [documentation None]]
  (when env.scope.unit.checking
    (proclaim-special name))
  (Inline f"DEFCONSTANT({(.literal env.scope.unit name)}, A, GLOBALS(), B)"
          [(analyze value env) (Const documentation)]))

(defspecial-form define-symbol-macro [env name expansion]
  (setv (get name.info "symbol-macro") expansion)
  (Inline f"DEFINE_SYMBOL_MACRO({(.literal env.scope.unit name)}, A)"
          [(analyze (form (quote ~expansion)) env)]))

(defspecial-form declaim [env #* declarations]
  (for [d declarations]
    (when (and (is d.__class__ cons) (is d.car (cl-symbol "special")))
      (for [s (elements d.cdr)]
        (proclaim-special s))))
  (progn (lfor d declarations :if (and (is d.__class__ cons) (is d.car (cl-symbol "special")))
               (Inline f"PROCLAIM({(.literal env.scope.unit d)})" []))))

(defspecial-form define-compiler-macro [env name #* _]
  (Const None))

;; ---- eval and its relatives

(defn live-unit [file]
  "A unit for what is run now and never kept."
  (setv unit (Unit {"__name__" "lisp"} file True)
        unit.codes None)
  unit)

(defn live-object [kind x]
  "The object that stands for the symbol, or the class, X in the part that KIND names."
  (if (= (get kind 0) "special") x.variable x))

(defn evaluate [x]
  "The values of the form X, evaluated in the global environment."
  (.run (live-unit "<eval>") x))

(defcl eval [x] (evaluate x))

(defcl macroexpand-1 [x [env None]]
  (setv env (or env (Environment (Scope None (live-unit "<eval>"))))
        local (if (is x.__class__ symbol) (.get env.variables x) None)
        [expansion expanded]
          (cond
            (is x.__class__ cons) (expand-once x env)
            (is local.__class__ SymbolMacro) #(local.expansion True)
            (and (is x.__class__ symbol) (is local None) (in "symbol-macro" x.info))
              #((get x.info "symbol-macro") True)
            True #(x False)))
  (tuple.__new__ values #(expansion (or expanded None))))

(defcl macroexpand [x [env None]]
  (setv any-expansion None)
  (while True
    (setv [x expanded] (cl-macroexpand-1 x env))
    (when (nil? expanded) (break))
    (setv any-expansion True))
  (tuple.__new__ values #(x any-expansion)))

(defcl compile [name [definition None]]
  (if (is definition None)
      (tuple.__new__ values #(name None None))
      (tuple.__new__ values #((if (callable definition) definition (evaluate definition)) None None))))

(defcl proclaim [declaration]
  (when (is declaration.car (cl-symbol "special"))
    (for [s (elements declaration.cdr)]
      (proclaim-special s))))

(defcl constantp [x [env None]]
  (or (not (isinstance x #(cons symbol)))
      (and (isinstance x symbol) (in "constant" x.info))
      (and (isinstance x cons) (is x.car (cl-symbol "quote")))))

;; Last, since what it loads evaluates.
(import hy-iolib.cl.complete)
