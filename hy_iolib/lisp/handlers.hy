"Signalling, and the handlers that see a condition before the stack unwinds.

Handlers stand in a chain, the innermost first, that belongs to a thread or task. `handler-bind`
adds functions to it. `handler-case` is a `try`, and adds a mark that says \"this is caught here\", so
that handlers outside of it don't see what it catches."

(import contextvars [ContextVar])
(import threading [get-ident])
(import hy-iolib.lisp.conditions [condition serious-condition error simple-condition simple-error])
(import hy-iolib.lisp.operators [constant])
(import hy-iolib.lisp.specials [binding-pairs])

(export
  :objects [handler-bind signal]
  :macros [handler-bind handler-case ignore-errors ignore-some-conditions signal error])

;; A node of the chain, or None: (outer node, depth, thread, ((classes, function), …)), where None
;; for the function is handler-case's mark. The thread is checked, since some builds of CPython let a
;; new thread inherit the context of the one that starts it.
(setv handlers (ContextVar "handlers" :default None))

(defclass handler-bind []
  "Bind handlers for a `with` block: `with handler_bind(condition_class, function, …):`.

  In Hy: `(handler-bind [class function …] body…)` or CL's `((class function) …)`. A function is
  called with the condition, while the stack is as it was when that was signalled; it declines by
  returning, or transfers control, with `invoke-restart` or an exception. Handlers of a block are
  asked in their order, and run with the handlers outside of the block in force.

  They see what this library, `signal` and `error` signal. What Python raises (`raise`, `int(\"x\")`)
  reaches them on its way out of the block.

  => (setv seen [])
  => (handler-case (handler-bind [simple-error (fn [e] (.append seen (str e)))] (error \"oh\"))
       (error [e] seen))
  [\"oh\"]"
  (setv __slots__ #("cluster" "outer" "node"))

  (defn __init__ [self #* classes-and-functions]
    (setv classes (cut classes-and-functions 0 None 2)
          functions (cut classes-and-functions 1 None 2))
    (when (!= (len classes) (len functions))
      (raise (TypeError "handler_bind(condition_class, function, …): they come in pairs")))
    (for [f functions]
      (when (not (callable f))
        (raise (TypeError f"handler_bind: {f !r} is no function of one argument, the condition"))))
    (setv self.cluster (tuple (zip (map covered classes) functions))))

  (defn __enter__ [self]
    (setv outer (.get handlers)
          self.outer outer
          self.node #(outer (if outer (+ (get outer 1) 1) 1) (get-ident) self.cluster))
    (.set handlers self.node))

  (defn __exit__ [self _ e traceback]
    (.set handlers self.outer)
    (when (and (is-not e None) (not (asked e (get self.node 1))))
      (ask e self.node self.outer))
    False))

(defclass catching []
  "handler-case's mark for the classes that its clauses catch."
  (setv __slots__ #("cluster" "outer" "node"))

  (defn __init__ [self #* classes]
    (setv self.cluster #(#((covered classes) None))))

  (setv __enter__ handler-bind.__enter__)

  (defn __exit__ [self #* _]
    (.set handlers self.outer)
    False))

;; The conditions that Python's own exceptions are, too.
(setv COVERED {error Exception
               serious-condition #(serious-condition Exception)
               condition #(condition Exception)})

(defn covered [classes]
  "What `except` takes for CLASSES, a class or a sequence of such: `error` covers every exception."
  (cond
    (isinstance classes #(tuple list)) (tuple (map covered classes))
    (and (isinstance classes type) (issubclass classes BaseException)) (.get COVERED classes classes)
    True (raise (TypeError f"{classes !r} is no condition: a class of conditions or exceptions"))))

;; ---- Signalling

(defn signal [datum / #* arguments #** slots]
  "Show a condition to the handlers; return None when all of them decline.

  DATUM is a condition, a class of conditions with its slots, or a control string with its
  arguments, which makes a `simple-condition`.

  => (handler-case (signal \"nothing to ~A\" \"see\") (simple-condition [c] (str c)))
  \"nothing to see\"
  => (signal \"nobody listens\")
  None"
  (when (.get handlers)
    (offer (as-condition datum arguments slots simple-condition))))

(defn signal-error [datum / #* arguments #** slots]
  "Show a condition to the handlers, and raise it when all of them decline: `error`, by its function."
  (setv e (as-condition datum arguments slots simple-error))
  (when (.get handlers)
    (offer e))
  (raise e))

(defn as-condition [datum arguments slots simple]
  (cond
    (isinstance datum BaseException)
      (if (or arguments slots)
          (raise (TypeError f"{datum !r} is a condition already: it takes no arguments"))
          datum)
    (and (isinstance datum str) (not (isinstance datum hy.models.Symbol)))
      (simple :format-control (str datum) :format-arguments arguments #** slots)
    (and (isinstance datum type) (issubclass datum BaseException))
      (if (in datum #(error condition serious-condition))
          (simple :format-control (. datum __name__) :format-arguments #())
          (datum #* arguments #** slots))
    True
      (raise (TypeError (+ f"{datum !r} is no condition, class of conditions or control string"
                           " (a quoted class needs the macro: (require hy-iolib *))")))))

(defn offer [c]
  "Run the handlers for C, innermost first, until one transfers control or a mark says that C is
  caught there."
  (setv node (.get handlers))
  (while (and node (= (get node 2) (get-ident)))
    (setv [outer depth _ cluster] node)
    (for [[classes function] cluster]
      (when (and (is function None) (isinstance c classes))
        (note-asked c depth)
        (raise c)))
    (ask c node outer)
    (setv node outer))
  (note-asked c 0))

(defn ask [c node outer]
  "Run the handlers of NODE for C, with those of OUTER in force."
  (setv before (.get handlers))
  (.set handlers outer)
  (try
    (for [[classes function] (get node 3)]
      (when (and (is-not function None) (isinstance c classes))
        (function c)))
    (finally
      (.set handlers before))))

;; The depth down to which handlers have been asked travels with the condition, so that none is
;; asked again while it unwinds.
(defn note-asked [c depth]
  (setv (get c.__dict__ "_asked") depth))

(defn asked [e depth]
  (> depth (.get e.__dict__ "_asked" depth)))

;; ---- Macros

(defmacro handler-bind [bindings #* body]
  "Run BODY with handlers bound: `(handler-bind [class function …] body…)` or CL's
  `((class function) …)`. See the class of this name."
  (setv pairs (binding-pairs bindings "(handler-bind [condition-class function …] body…)"))
  `(with [_ (hy.I.hy-iolib.lisp.handlers.handler-bind
              ~@(gfor [name function] pairs part [(typespec name) function] part))]
     ~@(or body ['None])))

(defn typespec [x]
  "A type as CL's clauses write it, `(or a b)` among them, as a form."
  (cond
    (and (isinstance x hy.models.Expression) x (= (get x 0) 'or))
      `#(~@(map typespec (cut x 1 None)))
    (isinstance x hy.models.List) `#(~@(map typespec x))
    True x))

(defmacro handler-case [form #* clauses]
  "The value of FORM or, when it signals a condition that a clause `(class [variable] body…)` names,
  the value of that clause; the first that fits. `(:no-error [variable…] body…)` gets FORM's values.

  => (handler-case (int \"x\") (ValueError [e] \"no number\") (:no-error [n] n))
  \"no number\"
  => (handler-case (values 1 2) (error [] None) (:no-error (a b) [a b]))
  [1 2]"
  (setv usage "(handler-case form (class [variable] body…)… (:no-error [variable…] body…))"
        no-error None cases [])
  (for [clause clauses]
    (when (not (and (isinstance clause #(hy.models.Expression hy.models.List))
                    (>= (len clause) 2)
                    (isinstance (get clause 1) #(hy.models.Expression hy.models.List))))
      (raise (TypeError usage)))
    (setv [head variables #* body] clause)
    (cond
      (and (= head ':no-error) (is no-error None))
        (setv no-error [variables (or body ['None])])
      (or (isinstance head hy.models.Keyword) (> (len variables) 1))
        (raise (TypeError usage))
      True
        (.append cases [(typespec head) variables (or body ['None])])))
  (setv e (hy.gensym "e") result (hy.gensym "result")
        guarded `(with [_ (hy.I.hy-iolib.lisp.handlers.catching ~@(map (fn [c] (get c 0)) cases))]
                   ~form))
  (if (not cases)
      `(hy.R.hy-iolib/lisp/multiple-values.multiple-value-bind ~(get no-error 0) ~form ~@(get no-error 1))
      `(try
         ~(if no-error `(setv ~result ~guarded) guarded)
         ~@(gfor [spec variables body] cases
             `(except [~e (hy.I.hy-iolib.lisp.handlers.covered ~spec)]
                ~(if variables `(let [~(get variables 0) ~e] ~@body) `(do ~@body))))
         ~@(when no-error
             [`(else (hy.R.hy-iolib/lisp/multiple-values.multiple-value-bind ~(get no-error 0) ~result
                       ~@(get no-error 1)))]))))

(defmacro ignore-errors [#* body]
  "The value of BODY, or None when it signals an error.

  => (ignore-errors (int \"x\"))
  None"
  `(hy.R.hy-iolib/lisp/handlers.handler-case (do ~@body)
     (hy.I.hy-iolib.lisp.error [] None)))

(defmacro ignore-some-conditions [classes #* body]
  "The value of BODY, or None when it signals a condition of one of CLASSES.

  => (ignore-some-conditions (ValueError KeyError) (int \"x\"))
  None"
  `(hy.R.hy-iolib/lisp/handlers.handler-case (do ~@body)
     ~@(gfor c classes `(~c [] None))))

;; CL quotes the class, (error 'end-of-file :stream s), and here the quote goes away; the arguments
;; of a control string are values, keywords too.
(defn signalling-call [head datum arguments]
  (cond
    (isinstance datum hy.models.String)
      `((do ~head) ~datum ~@(gfor x arguments (constant x False)))
    (and (isinstance datum hy.models.Expression) (= (len datum) 2) (= (get datum 0) 'quote))
      `((do ~head) ~(get datum 1) ~@arguments)
    True
      `((do ~head) ~datum ~@arguments)))

(defmacro signal [_hy-compiler datum #* arguments]
  "The function of this name; a class may be quoted, as in CL."
  (signalling-call (get _hy-compiler.this 0) datum arguments))

(defmacro error [_hy-compiler datum #* arguments]
  "Signal an error, and raise it when no handler transfers control. A class may be quoted, as in CL."
  (signalling-call (get _hy-compiler.this 0) datum arguments))
