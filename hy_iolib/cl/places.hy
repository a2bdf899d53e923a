"`setf` and its relatives: how a place is read and set."

(eval-when-compile
  (require hy-iolib.cl.definitions [form]
           hy-iolib.cl.analysis [defspecial-form]))
(import hy-iolib.cl.analysis
  [analyze analyze-all expand-once function-name note-change refer set-variable-form setf-key special-operators])
(import hy-iolib.cl.conses [cons new-cons elements lisp-list nil?])
(import hy-iolib.cl.definitions [known])
(import hy-iolib.cl.emission [call multi? name-of])
(import hy-iolib.cl.environment [SymbolMacro Variable])
(import hy-iolib.cl.inlining [setters])
(import hy-iolib.cl.lambda-lists [syntax-error])
(import hy-iolib.cl.nodes [Call Const InlineStatement Local LocalFunction Node as-test primary
                              progn])
(import hy-iolib.cl.symbols [COMMON-LISP cl-symbol fbound symbol symbol? symbol-name])
(import hy-iolib.lisp.keywords [keyword])

(export :objects [] :macros [])

(setv GETHASH (cl-symbol "gethash") VALUES (cl-symbol "values") THE (cl-symbol "the"))

(defclass SetCall [Node]
  "A call of a function of the new value and a place's arguments, which are evaluated before it. Its
  values are the function's; where that is not one of a program's, the new value."
  (setv __slots__ #("function" "arguments" "value"))
  (defn __init__ [self function arguments value]
    (setv self.function function self.arguments arguments self.value value self.position None))
  (defn [property] single [self]
    (not self.function.program))
  (defn emitted [self emitter dest]
    (setv xs (.values-of emitter [#* self.arguments self.value])
          xs (lfor x xs (.keep emitter x))
          function (.expression self.function emitter False)
          result (call function (get xs -1) #* (cut xs -1)))
    (cond
      (= dest "effect") (.deliver emitter result dest)
      self.function.program
        (if (= dest "test")
            (as-test emitter (primary emitter result) None)
            (.deliver emitter (if (multi? dest) result (primary emitter result)) dest))
      True
        (do
          (.deliver emitter result "effect")
          (if (= dest "test")
              (as-test emitter (get xs -1) None)
              (.deliver emitter (get xs -1) dest))))))

(defclass Setter [Node]
  "What sets the places of a symbol: looked up when it is used."
  (setv __slots__ #("symbol"))
  (defn [property] program [self]
    (and (is-not self.symbol.package COMMON-LISP) (not-in "foreign" self.symbol.info)))
  (defn __init__ [self symbol] (setv self.symbol symbol self.position None))
  (defn expression [self emitter multi]
    (if (and (is self.symbol.package COMMON-LISP) (in "setf" self.symbol.info))
        (.support emitter (+ "W_" (hy.mangle (.lower self.symbol.name))))
        (call (.support emitter "SETF_FUNCTION") (name-of (.literal emitter.unit self.symbol))))))

(defspecial-form setf [env #* pairs]
  (when (% (len pairs) 2)
    (raise (syntax-error "setf: a place without a value")))
  (progn (lfor [place value] (zip (cut pairs 0 None 2) (cut pairs 1 None 2))
               (set-place place value env))))

(setv ELEMENTS (sfor name ["char" "schar" "aref" "elt"] (cl-symbol name)))

(defn set-place [place value env]
  "The node that sets PLACE to the value of the form VALUE."
  (when (is-not place.__class__ cons)
    (return (set-variable-form place value env)))
  (when (in place.car ELEMENTS)
    (note-change place.cdr.car env))
  (setv head place.car
        local (.get env.functions head)
        local-setter (.get env.functions (setf-key head)))
  (cond
    (is local-setter.__class__ Variable)
      (do
        (refer local-setter env)
        (SetCall (LocalFunction local-setter) (analyze-all place.cdr env) (analyze value env)))
    (not (symbol? head)) (not-a-place place)
    (is-not local None)
      (if (is local.__class__ Variable)
          (not-a-place place)
          (set-place (get (expand-once place env) 0) value env))
    (in head setters)
      (do
        (setv arguments (analyze-all place.cdr env)
              [test target fallback] (get setters head))
        (if (= (len arguments) (if (in "B" target) 2 1))
            (InlineStatement test target fallback [#* arguments (analyze value env)])
            (SetCall (Setter head) arguments (analyze value env))))
    (in head place-forms) (analyze ((get place-forms head) place value env) env)
    (in "slot-accessor" head.info) (set-slot head place value env)
    (in "setf-expander" head.info) (analyze (expanded-setf place value env) env)
    (in "setf" head.info) (SetCall (Setter head) (analyze-all place.cdr env) (analyze value env))
    (is-not (.get head.info "macro") None)
      (set-place (get (expand-once place env) 0) value env)
    (or (in head special-operators)
        (and (is head.package COMMON-LISP) (not-in "setf" head.info)))
      (not-a-place place)
    True (SetCall (Setter head) (analyze-all place.cdr env) (analyze value env))))

(defn not-a-place [place]
  (raise (syntax-error f"{place !r} is no place that can be set")))

(defn set-slot [head place value env]
  (setv [cls slot read-only] (cut (get head.info "slot-accessor") 3)
        unit env.scope.unit)
  (when read-only
    (raise (syntax-error f"{head !r}: the slot is read-only")))
  (setv class-name (.class-global unit head))
  (InlineStatement f"A.__class__ is {class-name}" f"A.{slot}"
                   f"SETF_FUNCTION({(.literal unit head)})(B, A)"
                   [#* (analyze-all place.cdr env) (analyze value env)]))

;; Operator -> function of the place, the value's form and the environment that gives the form which
;; sets it.
(setv place-forms {})

(defmacro defplace [name parameters #* body]
  "Define how `(setf (NAME …) value)` is done: PARAMETERS are value, environment and the place's
  arguments."
  (setv own (hy.models.Symbol (+ "set-place-" (str name))))
  `(do
     (defn ~own ~parameters ~@body)
     (setv (get place-forms (cl-symbol ~(str name)))
           (fn [place value env] (~own value env #* (elements place.cdr))))))

(defplace the [value env type place]
  (form (setf ~place (the ~type ~value))))

(defplace values [value env #* places]
  (setv [bindings _ writer] (values-expansion places env))
  (form (let* ~(lisp-list bindings) ~(writer value))))

(defplace progn [value env #* forms]
  (form (progn ~@(cut forms -1) (setf ~(get forms -1) ~value))))

(defplace if [value env test then [otherwise None]]
  (setv v (symbol "V"))
  (form (if ~test (setf ~then ~value) (setf ~otherwise ~value))))

(defplace apply [value env function #* arguments]
  (setv name (function-name function) v (symbol "V"))
  (form (let ((~v ~value))
          (apply (function (setf ~name)) ~v ~@arguments)
          ~v)))

;; Places that are parts of other places: what is read and set is that one.
(defplace getf [value env place indicator [default None]]
  ;; The default is of no use, but evaluated.
  (setv i (symbol "I") d (symbol "D") v (symbol "V")
        [bindings reader writer] (expansion place env))
  (form (let* (~@bindings (~i ~indicator)
               ~@(if (is default None) [] [(lisp-list [d default])])
               (~v ~value))
          ~(writer (form (sys::put-getf ~reader ~i ~v)))
          ~v)))

(defplace ldb [value env byte place]
  (setv b (symbol "B") v (symbol "V")
        [bindings reader writer] (expansion place env))
  (form (let* ((~b ~byte) ~@bindings (~v ~value))
          ~(writer (form (dpb ~v ~b ~reader)))
          ~v)))

(defplace mask-field [value env byte place]
  (setv b (symbol "B") v (symbol "V")
        [bindings reader writer] (expansion place env))
  (form (let* ((~b ~byte) ~@bindings (~v ~value))
          ~(writer (form (deposit-field ~v ~b ~reader)))
          ~v)))

(defn c-r-place [name]
  ;; (setf (cadr x) v): the outermost letter says which half of what the others give.
  (setv outer (if (= (get name 1) "a") "car" "cdr")
        inner (cl-symbol (+ "c" (cut name 2 None))))
  (setv (get place-forms (cl-symbol name))
        (fn [place value env]
          (form (setf (~(cl-symbol outer) (~inner ~place.cdr.car)) ~value)))))

(for [n [2 3 4]]
  (for [letters (hy.I.itertools.product "ad" :repeat n)]
    (c-r-place (+ "c" (.join "" letters) "r"))))

(for [[i name] (enumerate ["second" "third" "fourth" "fifth" "sixth" "seventh" "eighth" "ninth"
                           "tenth"] 1)]
  (setv (get place-forms (cl-symbol name))
        (fn [place value env [i i]]
          (form (setf (car (nthcdr ~i ~place.cdr.car)) ~value)))))

(defplace nth [value env n list]
  (form (setf (car (nthcdr ~n ~list)) ~value)))

(defplace subseq [value env sequence start [end None]]
  (setv [s b e v] (map symbol ["S" "B" "E" "V"]))
  (form (let* ((~s ~sequence) (~b ~start) (~e ~end) (~v ~value))
          (replace ~s ~v :start1 ~b :end1 ~e)
          ~v)))

;; ---- Places that are read and then set

(defn expansion [place env]
  "What it takes to read PLACE and set it once: bindings for `let*`, the form that reads it, and a
  function from a form to the one that sets it to that form's value."
  (when (is-not place.__class__ cons)
    (setv v (.get env.variables place))
    (cond
      (is v.__class__ SymbolMacro) (return (expansion v.expansion env))
      (and (is v None) (symbol? place) (in "symbol-macro" (getattr place "info" {})))
        (return (expansion (get place.info "symbol-macro") env)))
    (return #([] place (fn [value] (form (setq ~place ~value))))))
  (setv head place.car)
  (cond
    (is head (cl-symbol "getf"))
      (do
        (setv [inner indicator #* default] (elements place.cdr)
              [bindings reader writer] (expansion inner env)
              i (symbol "I") d (symbol "D") v (symbol "V"))
        #([#* bindings (lisp-list [i indicator])
           #* (if default [(lisp-list [d #* default])] [])]
          (form (getf ~reader ~i ~@(if default [d] [])))
          (fn [value]
            (form (let ((~v ~value))
                    ~(writer (form (sys::put-getf ~reader ~i ~v)))
                    ~v)))))
    (is head (cl-symbol "ldb"))
      (do
        (setv [byte inner] (elements place.cdr)
              [bindings reader writer] (expansion inner env)
              b (symbol "B") v (symbol "V"))
        #([(lisp-list [b byte]) #* bindings]
          (form (ldb ~b ~reader))
          (fn [value]
            (form (let ((~v ~value))
                    ~(writer (form (dpb ~v ~b ~reader)))
                    ~v)))))
    (is head THE) (expansion place.cdr.cdr.car env)
    (is head VALUES) (values-expansion (elements place.cdr) env)
    (and (is head GETHASH) (is place.cdr.cdr.cdr.__class__ cons))
      (do
        ;; The default is for reading alone.
        (setv [bindings call _] (plain-expansion place)
              [_ key table default] (elements call))
        #(bindings
          (form (gethash ~key ~table ~default))
          (fn [value] (form (setf (gethash ~key ~table) ~value)))))
    (in "setf-expander" (getattr head "info" {}))
      (do
        (setv [temporaries values stores writer reader]
                (hy.I.hy-iolib.lisp.multiple-values.multiple-value-list
                  ((get head.info "setf-expander") place env)))
        (setv store (get (list (elements stores)) 0))
        #([#* (gfor [t v] (zip (elements temporaries) (elements values)) (lisp-list [t v]))]
          reader
          (fn [value] (form (let ((~store ~value)) ~writer)))))
    (and (symbol? head) (not-in head place-forms) (not-in head setters)
         (not-in "slot-accessor" head.info) (not-in "setf" head.info)
         (or (is-not (.get head.info "macro") None)
             (and (is-not (.get env.functions head) None)
                  (is-not (. (.get env.functions head) __class__) Variable))))
      (expansion (get (expand-once place env) 0) env)
    True (plain-expansion place)))

(defn values-expansion [places env]
  ;; The arguments of all places come before the value. Of a place in here that is (values …), too,
  ;; the first alone gets one.
  (setv expansions (lfor p places (expansion p env))
        temporaries (lfor _ expansions (symbol "V")))
  #((lfor [bindings _ _] expansions b bindings b)
    (form (values ~@(gfor [_ reader _] expansions reader)))
    (fn [value]
      (form (multiple-value-bind ~(lisp-list temporaries) ~value
              ~@(gfor [[_ _ writer] v] (zip expansions temporaries) (writer v))
              (values ~@temporaries))))))

(defn plain-expansion [place]
  "The expansion of PLACE, a call: its arguments are put into temporaries."
  (setv bindings [] arguments [])
  (for [a (elements place.cdr)]
    (if (or (isinstance a #(int str keyword)) (is a None) (is a True)
            (and (is a.__class__ cons) (in a.car [(cl-symbol "quote") (cl-symbol "function")])))
        (.append arguments a)
        (do
          (setv t (symbol "P"))
          (.append bindings (lisp-list [t a]))
          (.append arguments t))))
  (setv reader (new-cons place.car (lisp-list arguments)))
  #(bindings reader (fn [value] (form (setf ~reader ~value)))))

(defn expanded-setf [place value env]
  (setv [bindings reader writer] (expansion place env))
  (form (let* ~(lisp-list bindings) ~(writer value))))

(defn symbol-macro? [s env]
  (or (is (. (.get env.variables s) __class__) SymbolMacro)
      (in "symbol-macro" (getattr s "info" {}))))

(defn modified [place env make-new #* others]
  "Set PLACE to the form that MAKE-NEW makes of what reads it and of the OTHER forms, which are
  evaluated between the place's own and the reading."
  (setv [bindings reader writer] (expansion place env)
        temporaries []
        more [])
  (for [o others]
    (if (or (isinstance o #(int str))
            (and (not bindings) (symbol? o) (not (symbol-macro? o env))))
        (.append temporaries o)
        (do
          (setv t (symbol "D"))
          (.append temporaries t)
          (.append more (lisp-list [t o])))))
  (setv set-it (writer (make-new reader #* temporaries)))
  (if (or bindings more)
      (form (let* (~@bindings ~@more) ~set-it))
      set-it))

(defspecial-form incf [env place [delta 1]]
  (analyze (modified place env (fn [old d] (if (= d 1) (form (1+ ~old)) (form (+ ~old ~d)))) delta) env))

(defspecial-form decf [env place [delta 1]]
  (analyze (modified place env (fn [old d] (if (= d 1) (form (1- ~old)) (form (- ~old ~d)))) delta) env))

(defspecial-form push [env item place]
  (setv [bindings reader writer] (expansion place env))
  (analyze
    (if bindings
        (do
          (setv i (symbol "ITEM"))
          (form (let* ((~i ~item) ~@bindings) ~(writer (form (cons ~i ~reader))))))
        (writer (form (cons ~item ~reader))))
    env))

(defspecial-form pushnew [env item place #* keys]
  (setv [bindings reader writer] (expansion place env) i (symbol "ITEM"))
  (analyze
    (form (let* ((~i ~item) ~@bindings) ~(writer (form (adjoin ~i ~reader ~@keys)))))
    env))

(defspecial-form pop [env place]
  (setv [bindings reader writer] (expansion place env) old (symbol "OLD"))
  (analyze
    (form (let* (~@bindings (~old ~reader))
            ~(writer (form (cdr ~old)))
            (car ~old)))
    env))

(defspecial-form remf [env place indicator]
  (setv [bindings reader writer] (expansion place env) i (symbol "I") new (symbol "NEW") found (symbol "F"))
  (analyze
    (form (let* (~@bindings (~i ~indicator))
            (multiple-value-bind (~new ~found) (sys::without-property ~reader ~i)
              ~(writer new)
              ~found)))
    env))

(defn values-of [place]
  "Variables for what PLACE holds: several for (values …)."
  (if (and (is place.__class__ cons) (is place.car VALUES))
      (lfor _ (elements place.cdr) (symbol "V"))
      [(symbol "V")]))

(defn as-form [names]
  (if (= (len names) 1) (get names 0) (form (values ~@names))))

(defn bound [steps body]
  "BODY, forms, with variables bound as STEPS say in their order: pairs of names and a form."
  (for [[names value] (reversed steps)]
    (setv body [(if (= (len names) 1)
                    (form (let ((~(get names 0) ~value)) ~@body))
                    (form (multiple-value-bind ~(lisp-list names) ~value ~@body)))]))
  (if (= (len body) 1) (get body 0) (form (progn ~@body))))

(defn own-steps [bindings]
  (lfor [name value] (map elements bindings) #([name] value)))

(defspecial-form psetf [env #* pairs]
  (setv steps [] sets [])
  (for [[place value] (zip (cut pairs 0 None 2) (cut pairs 1 None 2))]
    (setv [own _ writer] (expansion place env) names (values-of place))
    (.extend steps [#* (own-steps own) #(names value)])
    (.append sets (writer (as-form names))))
  (analyze (bound steps [#* sets None]) env))

(defspecial-form psetq [env #* pairs]
  ((get special-operators (cl-symbol "psetf")) env #* pairs))

(defn read-places [places env]
  "The steps that read PLACES, once what they are parts of is known of all; the variables of each,
  and what sets each."
  (setv expansions (lfor p places (expansion p env))
        names (lfor p places (values-of p)))
  #([#* (gfor [own _ _] expansions step (own-steps own) step)
     #* (gfor [[_ reader _] ns] (zip expansions names) #(ns reader))]
    names
    (lfor [_ _ writer] expansions writer)))

(defspecial-form shiftf [env #* arguments]
  (setv [#* places new] arguments
        [steps names writers] (read-places places env)
        last (values-of (get places -1)))
  (analyze
    (bound [#* steps #(last new)]
           [#* (gfor [writer ns] (zip writers [#* (cut names 1 None) last]) (writer (as-form ns)))
            (as-form (get names 0))])
    env))

(defspecial-form rotatef [env #* places]
  (setv [steps names writers] (read-places places env))
  (analyze
    (bound steps
           [#* (gfor [writer ns] (zip writers [#* (cut names 1 None) #* (cut names 0 1)])
                     (writer (as-form ns)))
            None])
    env))

;; ---- Definitions of places

(defspecial-form sys::modify [env function place #* arguments]
  ;; (define-modify-macro NAME … FUNCTION): its calls come to this.
  (analyze
    (modified place env
      (fn [old #* others]
        (form (~function ~old ~@others)))
      #* arguments)
    env))

(defspecial-form define-modify-macro [env name lambda-list function [doc None]]
  (setv place (symbol "PLACE") rest None names [])
  (setv items (list (elements lambda-list)))
  (for [[i item] (enumerate items)]
    (cond
      (is item (cl-symbol "&optional")) None
      (is item (cl-symbol "&rest")) (do (setv rest (get items (+ i 1))) (break))
      True (.append names (if (is item.__class__ cons) item.car item))))
  (analyze
    (form (defmacro ~name ~(new-cons place lambda-list)
            (list* (quote sys::modify) (quote ~function) ~place ~@names ~rest)))
    env))

(defspecial-form defsetf [env accessor #* definition]
  (if (and (= (len definition) 1) (symbol? (get definition 0))
           (is-not (get definition 0) None))
      (do
        (setv a (symbol "A") v (symbol "V"))
        (analyze (form (sys::set-setter (quote ~accessor)
                         (lambda (~v &rest ~a) (apply (function ~(get definition 0)) (append ~a (list ~v))))))
                 env))
      (if (or (is (. (get definition 0) __class__) symbol))
          (raise (syntax-error f"defsetf {accessor !r}"))
          (do
            (setv [lambda-list stores #* body] definition
                  whole (symbol "WHOLE") environment (symbol "ENV")
                  temporaries (symbol "TEMPORARIES") store (symbol "STORE"))
            ;; The arguments' forms are temporaries where the body sees them.
            (analyze
              (form
                (sys::set-setf-expander (quote ~accessor)
                  (lambda (~whole ~environment)
                    (let* ((~temporaries (mapcar (function sys::temporary) (cdr ~whole)))
                           (~store (make-symbol "STORE")))
                      (values ~temporaries (cdr ~whole) (list ~store)
                              (destructuring-bind ~lambda-list ~temporaries
                                (let ((~stores.car ~store)) ~@body))
                              (cons (quote ~accessor) ~temporaries))))))
              env)))))

(defspecial-form define-setf-expander [env accessor lambda-list #* body]
  (setv whole (symbol "WHOLE") environment (symbol "ENV"))
  (setv kept [] env-name None items (list (elements lambda-list)) i 0)
  (while (< i (len items))
    (if (is (get items i) (cl-symbol "&environment"))
        (do (setv env-name (get items (+ i 1))) (+= i 2))
        (do (.append kept (get items i)) (+= i 1))))
  (analyze
    (form (sys::set-setf-expander (quote ~accessor)
            (lambda (~whole ~(or env-name environment))
              (destructuring-bind ~(lisp-list kept) (cdr ~whole) ~@body))))
    env))
