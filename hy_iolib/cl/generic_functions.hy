"Generic functions: dispatch, methods and their combination, as functions. The macros and classes
are in objects.hy."

(import functools [lru-cache])
(import threading [RLock])
(import types)
(import weakref [WeakSet])
(eval-when-compile (require hy-iolib.cl.definitions [defcl form]))
(import hy)
(import hy-iolib.lisp.handlers [signal-error])
(import hy-iolib.lisp.multiple-values [primary-value])
(import hy-iolib.cl.classes
  [BIGNUM CONS FIXNUM INTEGER NULL SYMBOL T built-in-class precedence precedence-of-value])
(import hy-iolib.cl.conses [cons elements lisp-list nil?])
(import hy-iolib.cl.definitions [SYSTEM functions])
(import hy-iolib.cl.symbols [cl-symbol fbound key symbol symbol-name])
(import hy-iolib.lisp.conditions [error type-error])

(export
  :objects [Generic add-method-to define-standard-generic ensure-generic forget-effective-methods
            generic-named lambda-list-shape standard-method]
  :macros [])

(defclass eql-specializer []
  "What a method specializes a parameter on: to be VALUE."
  (setv __slots__ #("value"))
  (defn __init__ [self value] (setv self.value value))
  (defn __eq__ [self other]
    (and (isinstance other eql-specializer)
         (is (type self.value) (type other.value))
         (= self.value other.value)))
  (setv __hash__ object.__hash__))

(defclass standard-method []
  "A method. Where USES-NEXT, FUNCTION takes before its own arguments the next method and all of
  them as a tuple. KEYS are its keyword parameters, True if it allows any."
  (setv __slots__ #("generic" "qualifiers" "specializers" "function" "uses_next" "keys"
                    "documentation" "__weakref__"))
  (defn __init__ [self qualifiers specializers function [uses-next False] [keys #()]]
    (setv self.generic None self.qualifiers qualifiers self.specializers specializers
          self.function function self.uses-next uses-next self.keys keys self.documentation None))
  (defn __call__ [self #* arguments #** named]
    (self.function #* arguments #** named)))

(setv BEFORE (key "before") AFTER (key "after") AROUND (key "around")
      lock (RLock)
      ;; All generic functions, since a change of classes changes them, too.
      generics (WeakSet))

(defclass Cache [dict]
  "What the classes of the arguments are to what is called with them."
  (setv __slots__ #("generic"))
  (defn __missing__ [self arguments-key]
    (with [_ lock]
      (setv f (.effective-method self.generic arguments-key)
            (get self arguments-key) f)
      f)))

(defclass Generic []
  "What a generic function consists of. `function` is what is called: its code looks the effective
  method up by the classes of those arguments that some method specializes (`positions`)."
  (setv __slots__ #("name" "required" "more" "lambda_list" "methods" "initial_methods" "combination"
                    "default" "function" "cache" "positions" "tables" "order" "documentation"
                    "__weakref__"))

  (defn __init__ [self name required more [default None]]
    (setv self.name name self.required required self.more more self.default default
          self.lambda-list None self.methods [] self.initial-methods [] self.combination None
          self.order None self.documentation None
          self.positions #() self.tables {}
          self.cache (Cache))
    (setv self.cache.generic self
          self.function (types.FunctionType (dispatch-code required more #() #())
                                            {"CACHE" self.cache "PART" part-of}
                                            (hy.mangle (.lower (shown-name name)))))
    (setv self.function.__qualname__ self.function.__name__
          self.function.lisp-generic self)
    (.add generics self))

  (defn changed [self]
    "Methods or parameters have changed: the code and the cache are made anew."
    (setv positions (sorted (sfor m self.methods
                                  [i s] (enumerate m.specializers)
                                  :if (is-not s T)
                                  i))
          tables {})
    (for [m self.methods
          [i s] (enumerate m.specializers)]
      (when (isinstance s eql-specializer)
        (.add (.setdefault (.setdefault tables i {}) (type s.value) (set)) s.value)))
    (setv self.positions (tuple positions) self.tables tables)
    (for [[i table] (.items tables)]
      (setv (get self.function.__globals__ f"TABLE{i}") table))
    (setv self.function.__code__
          (dispatch-code self.required self.more self.positions (tuple (sorted tables))))
    (.clear self.cache))

  (defn effective-method [self arguments-key]
    (setv parts (cond
                  (not self.positions) #()
                  (= (len self.positions) 1) #(arguments-key)
                  True arguments-key))
    ;; Python's classes alone do not say whether False or [] came.
    (if (any (gfor p parts (in p [bool list])))
        (redispatch self)
        (combined self (.applicable self parts))))

  (defn applicable [self parts]
    "The methods for arguments that are PARTS, most specific first."
    (setv orders (dfor [i p] (zip self.positions parts) i (part-precedence p))
          values (dfor [i p] (zip self.positions parts) :if (isinstance p tuple) i (get p 1))
          positions (or self.order (range self.required))
          ranked [])
    ;; Of those as specific, with other qualifiers, SBCL has the last one first.
    (for [m (reversed self.methods)]
      (setv rank [])
      (for [i positions]
        (setv s (get m.specializers i))
        (cond
          (is s T) (.append rank 1000)
          (isinstance s eql-specializer)
            (if (and (in i values) (is (type (get values i)) (type s.value))
                     (= (get values i) s.value))
                (.append rank -1)
                (break))
          (in s (get orders i)) (.append rank (.index (get orders i) s))
          True (break))
        (else
          (.append ranked #(rank m)))))
    (.sort ranked :key (fn [pair] (get pair 0)))
    (lfor [_ m] ranked m)))

(defn shown-name [name]
  (if (is name.__class__ cons)
      (+ "setf " (symbol-name name.cdr.car))
      (symbol-name name)))

(defn [(lru-cache None)] dispatch-code [required more positions tables]
  "The code of a generic function of so many REQUIRED arguments, and MORE, whose effective methods
  are found by those at POSITIONS, the class alone or, at TABLES, by the value."
  (setv names (lfor i (range required) f"A{i}")
        parts (lfor i positions
                    (.format (if (in i tables)
                                 "(A{0}.__class__ if A{0}.__class__ not in TABLE{0}
                                   else PART(A{0}, TABLE{0}))"
                                 "A{0}.__class__")
                             i))
        others (if more ["*More" "**Named"] [])
        source (.format "def f({}): return CACHE[{}]({})"
                        (.join ", " [#* names #* (if names ["/"] []) #* others])
                        (or (.join ", " parts) "None")
                        (.join ", " [#* names #* others])))
  (setv namespace {})
  (exec (compile source "<generic function>" "exec") namespace)
  (. (get namespace "f") __code__))

(defn part-of [x table]
  "What X is to the dispatch where TABLE has values that methods specialize on, by class."
  (setv kind x.__class__)
  (if (and (in kind table) (in x (get table kind)))
      #(kind x)
      kind))

(defn exact-part [x table]
  "The same for an X whose class alone does not say enough."
  (setv part (if table (part-of x table) x.__class__))
  (cond
    (is part bool) (if x SYMBOL NULL)
    (is part list) (if x CONS NULL)
    True part))

(defn part-precedence [part]
  (if (isinstance part tuple)
      (precedence-of-value (get part 1))
      (precedence part)))

(defn redispatch [generic]
  (fn [#* arguments #** named]
    (setv parts (tuple (gfor i generic.positions
                             (exact-part (get arguments i) (.get generic.tables i)))))
    ((get generic.cache (if (= (len parts) 1) (get parts 0) parts)) #* arguments #** named)))

;; ---- Combination

(defn combined [generic methods]
  "What is called where METHODS, sorted, are applicable."
  (cond
    (is generic.combination None) (standard-combination generic methods)
    (not methods) (none-applicable generic)
    True (do
           (setv [name options] generic.combination)
           (.combine (get combinations name) generic methods options))))

(defn with-qualifier [methods qualifier]
  (lfor m methods :if (= m.qualifiers #(qualifier)) m))

(defn standard-combination [generic methods]
  (setv primary (lfor m methods :if (not m.qualifiers) m)
        before (with-qualifier methods BEFORE)
        after (with-qualifier methods AFTER)
        around (with-qualifier methods AROUND)
        more generic.more)
  (for [m methods]
    (when (not-in m.qualifiers [#() #(BEFORE) #(AFTER) #(AROUND)])
      (invalid-qualifiers
        generic m
        (+ "Standard method combination requires all methods to have one of the single qualifiers "
           ":AROUND, :BEFORE and :AFTER or to have no qualifier at all."))))
  (when (and (not primary) (is generic.default None))
    (return (if methods (no-primary generic) (none-applicable generic))))
  (setv main (chain generic primary generic.default))
  (when (or before after)
    (setv main (with-before-and-after main (functions-of before) (functions-of (reversed after)))))
  (if around (chain generic around main) main))

(defn functions-of [methods]
  ;; Those around the primary ones have no next method.
  (lfor m methods (method-function m.generic m)))

(defn with-before-and-after [main before after]
  (fn [#* arguments #** named]
    (for [f before]
      (f #* arguments #** named))
    (setv result (main #* arguments #** named))
    (for [f after]
      (f #* arguments #** named))
    result))

(defn chain [generic methods last]
  "What calls the first of METHODS, which may call the next, and the last of them LAST."
  (setv next last)
  (for [m (reversed methods)]
    (setv next (if m.uses-next
                   (step m (or next (NoNext m)))
                   m.function)))
  next)

(defn step [method next]
  (setv f method.function)
  (cond
    method.generic.more
      (fn [#* arguments #** named]
        (when named
          (setv arguments #(#* arguments #* (plist named))))
        (f next arguments #* arguments))
    (= method.generic.required 1)
      (fn [x] (f next #(x) x))
    True
      (fn [#* arguments] (f next arguments #* arguments))))

(defn plist [named]
  "Python's keyword arguments as Common Lisp has them."
  (setv items [])
  (for [[name value] (.items named)]
    (.extend items [(key (hy.unmangle name)) value]))
  items)

(defclass NoNext []
  "In the place of the next method where there is none."
  (setv __slots__ #("method"))
  (defn __init__ [self method] (setv self.method method))
  (defn __call__ [self #* arguments]
    (standard-no-next-method self.method.generic.function self.method #* arguments)))

(defcl sys::next-method? [next]
  (not (isinstance next NoNext)))

(defn none-applicable [generic]
  (fn [#* arguments #** named]
    (standard-no-applicable-method generic.function #* arguments #* (plist named))))

(defn no-primary [generic]
  (fn [#* arguments #** named]
    (signal-no-primary-method generic.function #* arguments #* (plist named))))

(defclass ShortCombination []
  "Of an operator that takes the values of all methods: a symbol, or a function that makes one of
  theirs."
  (setv __slots__ #("name" "operator" "identity_with_one"))
  (defn __init__ [self name operator identity-with-one]
    (setv self.name name self.operator operator self.identity-with-one identity-with-one))

  (defn check [self options]
    (when (and options (not (and (= (len options) 1)
                                 (in (get options 0) [MOST-SPECIFIC-FIRST MOST-SPECIFIC-LAST]))))
      (combination-error
        (+ "Illegal options to a short method combination type.~%The method combination type ~S "
           "accepts one option which~%must be either :MOST-SPECIFIC-FIRST or :MOST-SPECIFIC-LAST.")
        self.name)))

  (defn combine [self generic methods options]
    (setv main (with-qualifier methods self.name)
          around (with-qualifier methods AROUND))
    (for [m methods]
      (when (not-in m.qualifiers [#(self.name) #(AROUND)])
        (invalid-qualifiers
          generic m
          (+ "The method combination type ~S was defined with the short form of "
             "DEFINE-METHOD-COMBINATION and so requires all methods have either the single "
             "qualifier ~:*~S or the single qualifier :AROUND.")
          self.name)))
    (when (not main)
      (return (no-primary generic)))
    (when (= options [MOST-SPECIFIC-LAST])
      (.reverse main))
    (setv f (cond
              (and (= (len main) 1) self.identity-with-one)
                (method-function generic (get main 0))
              (isinstance self.operator symbol)
                (effective-function generic
                                    (form (~self.operator ~@(lfor m main (form (call-method ~m))))))
              True (self.operator (functions-of main))))
    (if around (chain generic around f) f)))

(setv MOST-SPECIFIC-FIRST (key "most-specific-first")
      MOST-SPECIFIC-LAST (key "most-specific-last"))

(defclass LongCombination []
  "FUNCTION gives the form of the effective method for a generic function, methods and options."
  (setv __slots__ #("function"))
  (defn __init__ [self function] (setv self.function function))
  (defn check [self options])
  (defn combine [self generic methods options]
    (effective-function generic
                        (primary-value (self.function generic.function (lisp-list methods)
                                                      (lisp-list options))))))

(defn of-all-values [name]
  "The operator that calls Common Lisp's function NAME with what all methods give."
  (fn [called]
    (setv operator (get functions name))
    (fn [#* arguments #** named]
      (operator #* (lfor f called (primary-value (f #* arguments #** named)))))))

(defn in-turn [called]
  (setv [#* first last] called)
  (fn [#* arguments #** named]
    (for [f first]
      (f #* arguments #** named))
    (last #* arguments #** named)))

(defn until-decided [called and?]
  (setv [#* first last] called)
  (fn [#* arguments #** named]
    (for [m first]
      (setv x (primary-value (m #* arguments #** named)))
      (when (= (nil? x) and?)
        (return x)))
    (last #* arguments #** named)))

;; Symbol -> method combination. These need no compiler.
(setv combinations
  (dfor [name operator] [["progn" in-turn]
                         ["and" (fn [called] (until-decided called True))]
                         ["or" (fn [called] (until-decided called False))]
                         #* (lfor name ["+" "list" "append" "nconc" "max" "min"]
                                  [name (of-all-values name)])]
        (cl-symbol name) (ShortCombination (cl-symbol name) operator (!= name "list"))))

(defn define-combination [name combination]
  (setv (get combinations name) combination)
  (forget-effective-methods))

(defn invalid-qualifiers [generic method requirement #* arguments]
  (invalid-method method (+ "~@<The method ~S on ~S ~A.~@:_~@:_" requirement "~@:>")
                  method generic.function
                  (cond
                    (not method.qualifiers) "has no qualifiers"
                    (> (len method.qualifiers) 1) "has too many qualifiers"
                    True "has an invalid qualifier")
                  #* arguments))

(defn invalid-method [method control #* arguments]
  (signal-error "~@<invalid method error for ~2I~_~S ~I~_method: ~2I~_~?~:>"
                method control (lisp-list arguments)))

(defn combination-error [control #* arguments]
  (signal-error "~@<method combination error in CLOS dispatch: ~2I~_~?~:>"
                control (lisp-list arguments)))

;; ---- Effective methods that are forms

(setv ARGUMENTS (.intern SYSTEM "EFFECTIVE-ARGUMENTS")
      CALL-METHOD (cl-symbol "call-method")
      MAKE-METHOD (cl-symbol "make-method"))

(defn effective-function [generic x]
  "The function of the arguments of GENERIC whose body is the form X, which may use call-method."
  (when (calls? x CALL-METHOD)
    (return (method-function generic #* (elements x.cdr))))
  ;; This module is loaded before the compiler.
  (setv evaluation hy.I.hy-iolib.cl.evaluation
        unit (evaluation.live-unit "<effective method>")
        env (evaluation.Environment (evaluation.Scope None unit))
        f (.run unit
                (form (function (lambda (~ARGUMENTS) (declare (ignorable ~ARGUMENTS)) ~x)))
                (.with-functions env [#(CALL-METHOD (expander-for generic))])))
  (fn [#* arguments #** named]
    (f #(#* arguments #* (plist named)))))

(defn expander-for [generic]
  "What expands call-method in an effective method of GENERIC."
  (fn [x env]
    (form (sys::inline "A(*B)" (quote ~(method-function generic #* (elements x.cdr))) ~ARGUMENTS))))

(defn calls? [x operator]
  (and (is x.__class__ cons) (is x.car operator)))

(defn method-function [generic method [next-methods None] #* _]
  "What calls METHOD, a method or a form (make-method form), whose next ones are NEXT-METHODS."
  (cond
    (calls? method MAKE-METHOD) (effective-function generic method.cdr.car)
    (not (isinstance method standard-method))
      (fn [#* arguments #** named]
        (signal-error "CALL-METHOD can't call ~S: it is no method." method))
    (not method.uses-next) method.function
    (nil? next-methods) (step method (NoNext method))
    True (step method (method-function generic #* (ahead next-methods)))))

(defn ahead [methods]
  (setv [first #* rest] (elements methods))
  [first (lisp-list rest)])

;; ---- Definition

(defn forget-effective-methods []
  "Classes have changed."
  (for [g (list generics)]
    (.clear g.cache)))

(defn function-named [name]
  "The function called NAME, a symbol or a list (setf symbol); None if there is none."
  (if (is name.__class__ cons)
      (.get name.cdr.car.info "setf")
      (fbound name)))

(defn set-function-named [name f]
  (if (is name.__class__ cons)
      (setv (get name.cdr.car.info "setf") f)
      (do
        (.pop name.info "foreign" None)
        (setv name.function f))))

(defn generic-named [name]
  "The Generic of the function called NAME; None if that is no generic function."
  (getattr (function-named name) "lisp_generic" None))

(setv LAMBDA-LIST-KEYWORDS (set (map cl-symbol ["&optional" "&rest" "&key" "&aux" "&body"
                                                "&allow-other-keys"])))

(defn lambda-list-shape [lambda-list]
  "Of a LAMBDA-LIST the number of required parameters, and whether there are more."
  (setv items (list (elements lambda-list))
        required 0)
  (for [x items]
    (when (in x LAMBDA-LIST-KEYWORDS) (break))
    (+= required 1))
  #(required (and (> (len items) required) (is-not (get items required) AUX))))

(setv AUX (cl-symbol "&aux"))

(defn ensure-generic [name required more]
  "The Generic called NAME, made if there is none. What NAME called until then is its last method."
  (with [_ lock]
    (setv g (generic-named name))
    (cond
      (is g None)
        (do
          (setv g (Generic name required more (function-named name)))
          (set-function-named name g.function))
      (and more (not g.more))
        (do
          (setv g.more True)
          (.changed g)))
    g))

(defn define-standard-generic [name required more default]
  "Define Common Lisp's generic function NAME, in lower case."
  (setv g (Generic (cl-symbol name) required more default)
        (get functions name) g.function)
  g.function)

(defn add-method-to [g method]
  (with [_ lock]
    (when (!= (len method.specializers) g.required)
      (signal-error "The method has ~D required parameter~:P, the generic function ~S has ~D."
                    (len method.specializers) g.name g.required))
    (setv method.generic g
          g.methods [#* (lfor m g.methods :if (not (same-place m method)) m) method])
    (.changed g)
    (for [f observers] (f g)))
  method)

;; They are told of generic functions whose methods change.
(setv observers [])

(defn same-place [a b]
  (and (= a.qualifiers b.qualifiers)
       (all (gfor [x y] (zip a.specializers b.specializers) (or (is x y) (= x y))))))

(defn specializer [x]
  "What X, a class, its name or an `eql-specializer`, is to the dispatch."
  (cond
    (isinstance x #(type eql-specializer)) x
    (isinstance x built-in-class) (if (in x [FIXNUM BIGNUM]) INTEGER x)
    (is x.__class__ cons) (eql-specializer x.cdr.car)
    True (specializer ((get functions "find-class") x))))

;; ---- What there is to call

(defn method-of [g qualifiers specializers]
  (for [m g.methods]
    (when (and (= m.qualifiers (tuple (elements qualifiers)))
               (= (list m.specializers) (lfor s (elements specializers) (specializer s))))
      (return m))))

(defn generic-of [f]
  (setv f (if (isinstance f symbol) (fbound f) f))
  (or (getattr f "lisp_generic" None)
      (signal-error type-error :datum f
                    :expected-type (cl-symbol "generic-function"))))

(defcl add-method [generic-function method]
  (add-method-to (generic-of generic-function) method)
  generic-function)

(defcl remove-method [generic-function method]
  (setv g (generic-of generic-function))
  (with [_ lock]
    (setv g.methods (lfor m g.methods :if (is-not m method) m))
    (.changed g)
    (for [f observers] (f g)))
  generic-function)

(defclass method-not-found [error]
  "The generic function has no such method.")

(defcl find-method [generic-function qualifiers specializers [errorp True]]
  (setv m (method-of (generic-of generic-function) qualifiers specializers))
  (if (or m (nil? errorp))
      m
      (signal-error method-not-found
                    (+ f"There is no method on {generic-function !r} with such qualifiers and "
                       "specializers."))))

(defcl compute-applicable-methods [generic-function arguments]
  (setv g (generic-of generic-function)
        arguments (list (elements arguments)))
  (lisp-list (.applicable g (lfor i g.positions
                                  (exact-part (get arguments i) (.get g.tables i))))))

(defcl method-qualifiers [method]
  (lisp-list method.qualifiers))
