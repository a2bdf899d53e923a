"Functions and symbols as data: funcall and its like, truth and first values of what a function
gave back, gensym, the slots of symbols."

(import itertools [count])
(import types [FunctionType])
(import hy-iolib.lisp.conditions [simple-error])
(import hy-iolib.lisp.handlers [signal-error])
(import hy-iolib.lisp.keywords [keyword])
(import hy-iolib.lisp.multiple-values [values primary-value])
(import hy-iolib.lisp.specials [UNBOUND])
(import hy-iolib.cl.conses [cons lisp-list elements nil?])
(eval-when-compile (require hy-iolib.cl.definitions [defcl]))
(import hy-iolib.cl.errors [undefined-function unbound-variable simple-type-error])
(import hy-iolib.cl.strings [wrong-type text-of index?])
(import hy-iolib.cl.support
  [SET-GLOBAL SPREAD cl-put-getf :as put-getf cl-without-property :as without-property
   proclaim-special])
(import hy-iolib.cl.symbols
  [symbol symbol? fbound special-of unbind-function COMMON-LISP KEYWORD cl-symbol]
  hy-iolib.cl.symbols)

(export :objects [truth function-of fail several gensym] :macros [true? single defsetter])

(defmacro true? [form]
  "Is FORM's first value true, as Common Lisp sees it? As a Python bool."
  (setv x (hy.gensym "x"))
  `(or (is (setx ~x ~form) True)
       (and (is-not ~x None) (hy.I.hy-iolib.cl.calling.truth ~x))))

(defmacro single [form]
  "The first value of FORM, a call of a function that may return several. For loops: the module has
  to import `values` and `primary-value`."
  (setv x (hy.gensym "x"))
  `(if (isinstance (setx ~x ~form) values) (primary-value ~x) ~x))

(defmacro defsetter [name parameters #* body]
  "Define what `(setf (NAME …) value)` calls: with the value, then NAME's arguments."
  (setv own (hy.models.Symbol (+ "set-" (str name))))
  `(do
     (defn ~own ~parameters ~@body)
     (setv (get (. (hy.I.hy-iolib.cl.symbols.cl-symbol ~(str name)) info) "setf") ~own)))

(defn truth [x]
  (not (nil? (if (isinstance x values) (primary-value x) x))))

(defn several [#* items]
  "Several values, of which each is known to be one value: faster than `values`."
  (tuple.__new__ values items))

(defn fail [control #* arguments [kind simple-error] #** slots]
  "Signal a simple condition: CONTROL is a control string."
  (signal-error kind :format-control control :format-arguments (lisp-list arguments) #** slots))

(setv [SYMBOL LIST UNSIGNED-BYTE SETF] (map cl-symbol ["symbol" "list" "unsigned-byte" "setf"])
      FUNCTION (cl-symbol "function")
      FUNCTION-OR-SYMBOL (lisp-list [(cl-symbol "or") FUNCTION SYMBOL])
      STRING-OR-NUMBER (lisp-list [(cl-symbol "or") (cl-symbol "string") UNSIGNED-BYTE]))

;; ---- Functions

(defn function-of [f]
  "What the function designator F means, to be called."
  (cond
    (is f.__class__ FunctionType) f
    (is f.__class__ symbol) f.function
    (or (is f None) (isinstance f #(bool keyword))) (undefined f)
    (callable f) f
    True (wrong-type f FUNCTION-OR-SYMBOL)))

(defcl identity [x] "X." x)

(defcl constantly [x]
  "A function that returns X whatever it is given."
  (fn [#* _] x))

(defcl complement [f]
  "A function that is true where F is not."
  (when (not (cl-functionp f))
    (wrong-type f FUNCTION))
  (fn [#* arguments] (not (true? (f #* arguments)))))

(defcl funcall [f #* arguments]
  "Call F, a function or a symbol."
  ((function-of f) #* arguments))

(defcl apply [f argument #* arguments]
  "Call F with the arguments, of which the last is a list of more."
  (if arguments
      ((function-of f) argument #* (cut arguments -1) #* (SPREAD (get arguments -1)))
      ((function-of f) #* (SPREAD argument))))

(defcl functionp [x]
  "Is X a function? A symbol only names one."
  (and (callable x) (not (isinstance x #(symbol keyword type)))))

(defcl not [x] "Is X nil?" (nil? x))
(defcl null [x] "Is X nil?" (nil? x))

;; ---- New symbols

(setv gensym-counter (proclaim-special (cl-symbol "*gensym-counter*"))
      gensym-counter.value 1
      gentemps (count 1))

(defcl gensym [[prefix "G"]]
  "A new symbol of no package, called PREFIX and the value of *gensym-counter*, or G and PREFIX when
  that is a number."
  (cond
    (index? prefix) (symbol f"G{prefix}")
    (isinstance prefix #(int symbol)) (wrong-type prefix STRING-OR-NUMBER)
    True (do
      (setv text (text-of prefix) n gensym-counter.value)
      (setv gensym-counter.value (+ n 1))
      (symbol f"{text}{n}"))))
(setv gensym cl-gensym)

(defcl gentemp [[prefix "T"] [package None]]
  "A new symbol of PACKAGE, by default the current one."
  (import hy-iolib.cl.packages [package-or-current])
  (setv package (package-or-current package)
        prefix (text-of prefix))
  (for [n gentemps]
    (setv name f"{prefix}{n}")
    (when (is (.find package name) None)
      (return (.intern package name)))))

(defcl make-symbol [name]
  "A new symbol of no package."
  (symbol (text-of name)))

(defcl copy-symbol [s [copy-properties None]]
  "A new symbol with the name of S; with its value, function and properties if COPY-PROPERTIES."
  (setv copy (symbol (cl-symbol-name s)))
  (when (not (nil? copy-properties))
    (when (cl-boundp s)
      (SET-GLOBAL copy (cl-symbol-value s)))
    (setv copy.plist (lisp-list (elements (cl-symbol-plist s))))
    (when (and (isinstance s symbol) (is-not (fbound s) None))
      (setv copy.function s.function)))
  copy)

;; ---- What symbols have

(defcl symbolp [x]
  "Is X a symbol? Keywords, t and nil are, too."
  (or (symbol? x) (nil? x)))

(defcl keywordp [x] "Is X a keyword?" (isinstance x keyword))

(defn check-symbol [s]
  "The symbol S; nil is None then."
  (cond
    (symbol? s) (if (is s False) None s)
    (nil? s) None
    True (wrong-type s SYMBOL)))

(defcl symbol-name [s]
  "The name of the symbol S."
  (if (isinstance s symbol)
      s.name
      (hy-iolib.cl.symbols.symbol-name (check-symbol s))))

(defcl symbol-package [s]
  "The home package of the symbol S, or nil."
  (cond
    (isinstance s symbol) s.package
    (isinstance s keyword) KEYWORD
    True (do (check-symbol s) COMMON-LISP)))

;; Of keywords, t and nil, which have no slot for it.
(setv property-lists {})

(defcl symbol-plist [s]
  "The property list of the symbol S."
  (if (isinstance s symbol) s.plist (.get property-lists (check-symbol s))))

(defsetter symbol-plist [value s]
  (if (isinstance s symbol)
      (setv s.plist value)
      (setv (get property-lists (check-symbol s)) value))
  value)

(defcl get [s indicator [default None]]
  "The property INDICATOR of the symbol S, or DEFAULT."
  (cl-getf (cl-symbol-plist s) indicator default))

(defsetter get [value s indicator [default None]]
  (set-symbol-plist (put-getf (cl-symbol-plist s) indicator value) s)
  value)

(defcl remprop [s indicator]
  "Remove the property INDICATOR of the symbol S; true if there was one."
  (setv [plist found] (without-property (cl-symbol-plist s) indicator))
  (set-symbol-plist plist s)
  found)

(defcl getf [plist indicator [default None]]
  "The value of INDICATOR in the property list PLIST, or DEFAULT."
  (setv found (property-in plist [indicator]))
  (if (is found None) default found.cdr.car))

(defcl get-properties [plist indicators]
  "Of the first property in PLIST that is one of the list INDICATORS: the indicator, its value, and
  PLIST from there on; nil thrice if there is none."
  (setv found (property-in plist (list (elements indicators))))
  (if (is found None)
      (several None None None)
      (several found.car found.cdr.car found)))

(defn property-in [plist indicators]
  "The tail of PLIST that begins with one of INDICATORS, or None."
  (setv rest (if (is plist.__class__ list) (lisp-list plist) plist)
        whole rest)
  (while (is rest.__class__ cons)
    (when (is-not rest.cdr.__class__ cons)
      (fail "malformed property list: ~S." whole :kind simple-type-error
            :datum rest.cdr :expected-type (cl-symbol "cons")))
    (setv x rest.car)
    (for [i indicators]
      (when (or (is x i) (and (= x i) (is x.__class__ i.__class__ int)))
        (return rest)))
    (setv rest rest.cdr.cdr))
  (when (not (nil? rest))
    (wrong-type rest LIST)))

;; ---- Values of symbols

(defcl boundp [s]
  "Has the symbol S a value?"
  (setv s (check-symbol s))
  (if (isinstance s symbol)
      (or (in "constant" s.info)
          (do
            (setv variable (special-of s))
            (and (is-not variable None)
                 (not (and (is (.get variable._binding) UNBOUND) (is variable._global UNBOUND))))))
      True))

(defcl symbol-value [s]
  "The value of the symbol S as a special variable."
  (setv s (check-symbol s))
  (cond
    (not (isinstance s symbol)) s
    (in "constant" s.info) (get s.info "constant")
    (cl-boundp s) s.variable.value
    True (signal-error unbound-variable :name s)))

(defcl set [s value]
  "Give the symbol S, a special variable, the VALUE."
  (setv s (check-symbol s))
  (cond
    (is s True) (fail "Veritas aeterna. (can't set SYMBOL-VALUE of T)")
    (is s None) (fail "Nihil ex nihil. (can't set SYMBOL-VALUE of NIL)")
    (or (isinstance s keyword) (in "constant" s.info)) (fail "Can't set SYMBOL-VALUE of ~S." s)
    True (SET-GLOBAL s value)))

(defsetter symbol-value [value s] (cl-set s value))

(defcl makunbound [s]
  "Take its value from the symbol S."
  (setv variable (if (isinstance (check-symbol s) symbol) (special-of s) None))
  (when (is-not variable None)
    (setv variable.value UNBOUND))
  s)

;; ---- Functions of symbols

(setv SPECIAL-OPERATORS
  (set (map cl-symbol
            (.split (+ "block catch eval-when flet function go if labels let let* load-time-value"
                       " locally macrolet multiple-value-call multiple-value-prog1 progn progv"
                       " quote return-from setq symbol-macrolet tagbody the throw"
                       " unwind-protect")))))

(defcl special-operator-p [s]
  "Does the symbol S name a special operator?"
  (in (check-symbol s) SPECIAL-OPERATORS))

(defn known-to-compiler? [s]
  (in s hy.I.hy-iolib.cl.analysis.special-operators))

(defcl macro-function [s [environment None]]
  "The expander of the macro S, or nil. A macro that the compiler itself knows expands to itself."
  (cond
    (not (isinstance (check-symbol s) symbol)) None
    (in "macro" s.info) (get s.info "macro")
    (in s SPECIAL-OPERATORS) None
    (known-to-compiler? s) (fn [form environment] form)
    True None))

(defsetter macro-function [f s [environment None]]
  (setv (get s.info "macro") f)
  f)

(defn of-setf [name]
  "The symbol X of the function name (setf X); of other symbols None."
  (cond
    (symbol? name) None
    (and (is name.__class__ cons) (is name.car SETF) (is name.cdr.__class__ cons)
         (isinstance name.cdr.car symbol) (nil? name.cdr.cdr))
      name.cdr.car
    True (fail "Invalid function name: ~S" name :kind simple-type-error
               :datum name :expected-type SYMBOL)))

(defcl fboundp [name]
  "Does NAME name a function, a macro or a special operator?"
  (cond
    (isinstance name symbol) (or (is-not (fbound name) None)
                                 (known-to-compiler? name)
                                 (in "macro" name.info))
    (of-setf name) (in "setf" (. (of-setf name) info))
    True False))

(defcl fdefinition [name]
  "The function called NAME, a symbol or a list (setf SYMBOL)."
  (cond
    (isinstance name symbol) (or (fbound name) (.get name.info "macro") (undefined name))
    (of-setf name) (or (.get (. (of-setf name) info) "setf") (undefined name))
    True (undefined name)))

(defn undefined [name]
  (signal-error undefined-function :name name))

(defcl symbol-function [s]
  "The function of the symbol S."
  (cl-fdefinition (check-symbol s)))

(defsetter fdefinition [f name]
  (if (isinstance name symbol)
      (do
        (.pop name.info "macro" None)
        (setv name.function f))
      (setv (get (. (of-setf name) info) "setf") f))
  f)

(defsetter symbol-function [f s]
  (set-fdefinition f (check-symbol s)))

(defcl fmakunbound [name]
  "Take its function, or macro, from NAME."
  (if (isinstance name symbol)
      (do
        (.pop name.info "macro" None)
        (when (is-not (fbound name) None)
          (unbind-function name)))
      (.pop (. (of-setf name) info) "setf" None))
  name)
