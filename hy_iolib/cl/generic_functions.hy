"Generic functions: dispatch, methods and their combination, as functions. The macros and classes
are in objects.hy."

(import functools [lru-cache])
(import threading [RLock])
(import types)
(import weakref [WeakSet])
(eval-when-compile (require hy-iolib.cl.definitions [defcl]))
(import hy)
(import hy-iolib.lisp.handlers [signal-error])
(import hy-iolib.lisp.multiple-values [primary-value])
(import hy-iolib.cl.classes
  [BIGNUM CONS FIXNUM INTEGER NULL SYMBOL T built-in-class precedence precedence-of-value])
(import hy-iolib.cl.conses [cons elements lisp-list nil?])
(import hy-iolib.cl.definitions [functions])
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
    (for [m self.methods]
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
  (if (is generic.combination None)
      (standard-combination generic methods)
      (short-combination generic methods #* generic.combination)))

(defn with-qualifier [methods qualifier]
  (lfor m methods :if (= m.qualifiers #(qualifier)) m))

(defn standard-combination [generic methods]
  (setv primary (lfor m methods :if (not m.qualifiers) m)
        before (with-qualifier methods BEFORE)
        after (with-qualifier methods AFTER)
        around (with-qualifier methods AROUND)
        more generic.more)
  (when (and (not primary) (is generic.default None))
    (return (none-applicable generic)))
  (setv main (chain generic primary generic.default))
  (when (or before after)
    (setv main (with-before-and-after main (functions-of before) (functions-of (reversed after)))))
  (if around (chain generic around main) main))

(defn functions-of [methods]
  ;; Those around the primary ones have no next method.
  (lfor m methods (if m.uses-next (step m (NoNext m)) m.function)))

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

;; Name -> function of the values of all methods, or of the calls, if these are to stop.
(setv combinations
  {"PROGN" (fn [#* values] (get values -1))
   "+" (fn [#* values] ((get functions "+") #* values))
   "LIST" (fn [#* values] (lisp-list values))
   "APPEND" (fn [#* values] ((get functions "append") #* values))
   "NCONC" (fn [#* values] ((get functions "nconc") #* values))
   "MAX" (fn [#* values] ((get functions "max") #* values))
   "MIN" (fn [#* values] ((get functions "min") #* values))
   "AND" None
   "OR" None})

;; These return one method's values as they are.
(setv IDENTITY-WITH-ONE #{"PROGN" "+" "APPEND" "NCONC" "MAX" "MIN" "AND" "OR"})

(defn short-combination [generic methods name most-specific-last]
  (setv word (symbol-name name)
        main (lfor m methods :if (and (= (len m.qualifiers) 1) (is (get m.qualifiers 0) name)) m)
        around (with-qualifier methods AROUND))
  (when (not main)
    (return (none-applicable generic)))
  (when most-specific-last
    (.reverse main))
  (setv called (functions-of main)
        operator (get combinations word))
  (setv f (cond
            (and (= (len called) 1) (in word IDENTITY-WITH-ONE)) (get called 0)
            (in word ["AND" "OR"]) (until-decided called (= word "AND"))
            True (fn [#* arguments #** named]
                   (operator #* (lfor m called (primary-value (m #* arguments #** named)))))))
  (if around (chain generic around f) f))

(defn until-decided [called and?]
  (setv [#* first last] called)
  (fn [#* arguments #** named]
    (for [m first]
      (setv x (primary-value (m #* arguments #** named)))
      (when (= (nil? x) and?)
        (return x)))
    (last #* arguments #** named)))

(defn define-combination [name operator identity-with-one]
  (setv word (symbol-name name)
        (get combinations word) operator)
  (when identity-with-one
    (.add IDENTITY-WITH-ONE word)))

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
