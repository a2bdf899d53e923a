"Common Lisp in files of Hy: each operator is a macro of Hy's, which compiles its form as the compiler
does for files of Common Lisp. Hy's reader reads some things in its own way: `convert` undoes that.

=> (require hy-iolib.cl [loop])
=> (loop for i from 1 to 3 collect (* i i))
(1 4 9)

Source: Common Lisp."

(import ast)
(import builtins)
(import re)
(import hy)
(import hy.compiler [Result])
(import hy.models)
(import hy.scoping [is-inside-function-scope])
(import hy-iolib.cl.characters [characters])
(import hy-iolib.cl.conses [cons lisp-list lisp-list*])
(import hy-iolib.cl.definitions [known])
(import hy-iolib.cl.emission [Emitter MULTI locate])
(import hy-iolib.cl.environment [Environment Scope])
(import hy-iolib.cl.analysis [CompileError analyze special-operators syntax-error])
(import hy-iolib.cl.evaluation [NEEDED-BY-OTHERS Unit Top])
(import hy-iolib.cl.packages [*package*])
(import hy-iolib.cl.reader [character-called])
(import hy-iolib.cl.symbols
  [COMMON-LISP cl-symbol fbound key lisp-package packages symbol])
(import fractions [Fraction])

(export :objects [] :macros [])

(defclass EmbeddedUnit [Unit]
  "The side of a module of Hy: what the compiler does not know is a name of Python's."
  (defn __init__ [self module file]
    (.__init__ Unit self module.__dict__ (or file "<hy>"))
    (setv self.codes None self.embedded True
          self.package (module-package module.__name__)
          self.models {})))

(defn module-package [name]
  "The package in which a module of Hy begins: it sees Common Lisp and IOLib."
  (setv package-name (+ "HY:" (.upper name)))
  (or (.get packages package-name)
      (do
        (setv p (lisp-package package-name))
        (for [used ["COMMON-LISP" "IOLIB" "BORDEAUX-THREADS"]]
          (when (in used packages)
            (.append p.uses (get packages used))))
        p)))

(setv units {})

(defn unit-of [compiler]
  (setv module compiler.module
        unit (.get units module.__name__))
  (when (or (is unit None) (is-not unit.namespace module.__dict__))
    (setv unit (EmbeddedUnit module compiler.filename)
          (get units module.__name__) unit))
  unit)

;; ---- From Hy's models to forms

(setv TOKEN (re.compile r"([^:]+)::?([^:]+)"))

(defn convert [x unit]
  "The form that the model X is."
  (setv kind (type x))
  (cond
    (is kind hy.models.Symbol) (named (str x))
    (is kind hy.models.Keyword) (key (.lower x.name))
    (is kind hy.models.String) (str x)
    (is kind hy.models.Integer) (int x)
    (is kind hy.models.Float) (float x)
    (is kind hy.models.Complex) (complex x)
    (is kind hy.models.Tuple) (tuple (gfor y x (convert y unit)))
    (in kind [hy.models.Expression hy.models.List])
      (do
        (setv made (converted-list x unit))
        (when (and (is made.__class__ cons) (hasattr x "start_line") x.start-line)
          (setv (get unit.positions (id made)) #(#(x.start-line (- x.start-column 1)) made)))
        made)
    True (raise (syntax-error f"{(hy.repr x)} is nothing of Common Lisp's"))))

(defn named [name]
  "What the symbol NAME of Hy's means."
  (setv lower (.lower name)
        parts (.fullmatch TOKEN name))
  (cond
    (in lower ["nil" "none" "false"]) None
    (in lower ["t" "true"]) True
    (re.fullmatch r"[+-]?\d+/\d+" name) (plain-ratio name)
    parts
      (do
        (setv p (.get packages (.upper (get parts 1))))
        (when (is p None)
          (raise (syntax-error f"{name}: there is no package {(get parts 1)}")))
        (.intern p (.upper (get parts 2))))
    True (.intern *package*.value (.upper name))))

(defn plain-ratio [name]
  (setv x (Fraction name))
  (if (= x.denominator 1) x.numerator x))

(setv WRAPPERS {"quasiquote" "sys::backquote" "unquote" "sys::unquote"
                "unquote-splice" "sys::unquote-splice"})

(defn converted-list [x unit]
  (setv head (if x (get x 0) None)
        name (if (isinstance head hy.models.Symbol) (str head) None))
  (cond
    (and (in name WRAPPERS) (= (len x) 2))
      (lisp-list [(known (get WRAPPERS name)) (convert (get x 1) unit)])
    (and (= name "hyx-character") (= (len x) 2))
      (get characters (str (get x 1)))
    ;; What Hy reads as attributes is a symbol with dots.
    (and (= name ".") (> (len x) 2) (all (gfor y x (isinstance y hy.models.Symbol))))
      (named (.join "." (cut x 1 None)))
    True
      (lisp-list* #* (converted-items (list x) unit))))

(defn converted-items [models unit]
  "The forms that MODELS, a list's, are, and what is behind the dot."
  (setv items [] i 0)
  (while (< i (len models))
    (setv y (get models i)
          text (if (isinstance y hy.models.Symbol) (str y) "")
          comma (re.match ",[@.]?" text))
    (cond
      (and (= text ".") items (< (+ i 1) (len models)))
        (do
          (setv [[tail #* others] _] (converted-items (cut models (+ i 1) None) unit))
          (when others
            (raise (syntax-error "more than one form behind a dot")))
          (return #(items tail)))
      comma
        (do
          ;; For Hy it is a part of the symbol behind it, or a symbol of its own.
          (setv name (cut text (.end comma) None))
          (when (not name) (+= i 1))
          (.append items
            (lisp-list [(known (if (= (get comma 0) ",") "sys::unquote" "sys::unquote-splice"))
                        (if name (named name) (convert (get models i) unit))])))
      True (.append items (convert y unit)))
    (+= i 1))
  #(items None))

;; ---- Compiling a form where it stands

(defn compile-form [compiler]
  "Hy's result for the form that COMPILER has come to."
  (setv unit (unit-of compiler)
        model compiler.this)
  (with [_ (.let *package* unit.package)]
    (try
      (setv form (convert model unit)
            result (embedded unit form compiler))
      (except [e CompileError]
        (raise (._syntax-error compiler (model-at model e) (str e)))))
    (setv unit.package *package*.value))
  result)

(defn model-at [model e] model)

(setv IN-PACKAGE (cl-symbol "in-package"))

(defn embedded [unit form compiler]
  (setv inside (is-inside-function-scope compiler.scope)
        statements []
        position (or (.position-of unit form) #(1 0)))
  (setv unit.position position)
  (when (and (not inside) (is form.__class__ cons) (in form.car NEEDED-BY-OTHERS))
    ;; Now, too, for what comes after it in this file.
    (.clear unit.present)
    (setv unit.needed [] unit.prelude [])
    (.run unit form)
    (when (is form.car IN-PACKAGE)
      ;; It is about this file, not about the rest of the process.
      (return (Result))))
  (.clear unit.present)
  (setv unit.needed [] unit.prelude [])
  (setv scope (Scope None unit)
        expression (if inside
                       (inline unit form scope position statements)
                       (wrapped unit form scope position statements)))
  (setv before [])
  (when unit.needed
    (.append before (ast.ImportFrom "hy_iolib.cl.support" (lfor n unit.needed (ast.alias n None)) 0)))
  (setv statements [#* before #* unit.prelude #* statements])
  (for [node [#* statements expression]]
    (locate node #* position))
  (Result :stmts statements :expr expression))

(defn wrapped [unit form scope position statements]
  "FORM in a function of its own, which is called."
  (setv node (Top (analyze form (Environment scope)) scope)
        node.position position
        emitter (Emitter unit scope)
        emitter.position position)
  (.emit node emitter "return")
  (setv top (ast.FunctionDef "Top" (ast.arguments [] [] None [] [] None [])
                             (or emitter.out [(ast.Return (ast.Constant None))]) [] None None))
  (when (in "type_params" top._fields)
    (setv top.type-params []))
  (when emitter.globals
    (.insert top.body 0 (ast.Global (sorted emitter.globals))))
  (.append statements top)
  (ast.Call (ast.Name "Top" (ast.Load)) [] []))

(defn inline [unit form scope position statements]
  "FORM among the statements of a function of Hy's, whose variables it sees."
  (setv scope.prefix "V_"
        node (analyze form (Environment scope))
        emitter (Emitter unit scope)
        emitter.position position)
  (setv x (.emit node emitter MULTI))
  (.extend statements emitter.out)
  x)

;; ---- Hy's macros and reader macros

(defn operator-macros []
  "A macro of Hy's for each operator of Common Lisp."
  (defn expand [_hy-compiler #* arguments]
    (if (hys-own? arguments)
        ((get builtins._hy_macros "do") _hy-compiler #* arguments)
        (compile-form _hy-compiler)))
  (dfor [name s] (.items COMMON-LISP.present)
        ;; A file of Hy begins with these two of Hy's.
        :if (and (isinstance s symbol) (not-in name ["IMPORT" "REQUIRE"])
                 (or (in s special-operators) (in "macro" s.info) (is-not (fbound s) None)))
        (hy.mangle (.lower name)) expand))

(defn hys-own? [arguments]
  "Are these the ARGUMENTS of a `do` that Hy makes of a `require`: calls of functions `hy.…`?"
  (setv head (if (and arguments (isinstance (get arguments 0) hy.models.Expression) (get arguments 0))
                 (get arguments 0 0)
                 None))
  (and (isinstance head hy.models.Expression) (= (cut head 2) '(. hy))))

(defn read-character [reader ident]
  (setv text (cut ident 1 None))
  (when (not text)
    (setv text (.getc reader)))
  (hy.models.Expression [(hy.models.Symbol "hyx-character")
                         (hy.models.String (if (= (len text) 1) text (character-called text)))]))

(setv reader-macros
  {"'" (fn [reader ident]
         (hy.models.Expression [(hy.models.Symbol "function") (.parse-one-form reader)]))
   #** (dfor name ["" #* (map chr (range 33 127)) "Space" "Newline" "Tab" "Return" "Linefeed" "Page"
                   "Backspace" "Rubout" "Nul" "Null" "Escape" "Esc" "space" "newline" "tab" "return"
                   "linefeed" "page" "backspace" "rubout" "nul" "null" "escape" "esc"]
             (+ "\\" name) read-character)})

(defn python-names []
  "Common Lisp's functions and constants by their Python names, and nil and t."
  {"nil" None "t" True
   #** (dfor [name s] (.items COMMON-LISP.present)
             :if (and (isinstance s symbol) (or (is-not (fbound s) None) (in "constant" s.info)))
             (hy.mangle (.lower name)) (or (fbound s) (get s.info "constant")))})
