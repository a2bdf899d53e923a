"Signalling, and the handlers that see a condition before the stack unwinds.

Handlers stand in a chain, the innermost first, that belongs to a thread; tasks inherit the chain of
the task that starts them. `handler-bind` adds functions to it. `handler-case` is a `try`, and adds
a mark that says \"this is caught here\", so that handlers outside of it don't see what it catches."

(import contextvars [ContextVar])
(import sys)
(import threading [get-ident])
(import hy-iolib.lisp.conditions [condition serious-condition error simple-condition simple-error])
(import hy-iolib.lisp.operators [constant])
(import hy-iolib.lisp.specials [binding-pairs])

(export
  :objects [handler-bind signal]
  :macros [handler-bind handler-case ignore-errors ignore-some-conditions signal error])

;; The innermost node of the chain, or None.
(setv handlers (ContextVar "handlers" :default None))

(defclass Node []
  "The handlers of one form: CLUSTER is pairs of classes and a function, None for handler-case's
  mark. The thread is kept because some builds of CPython let a new thread inherit a context; the
  task, because a mark is of no use to another one; `live`, because a task may outlive what it
  inherited."
  (setv __slots__ #("outer" "cluster" "thread" "task" "live"))

  (defn __init__ [self outer cluster]
    (setv self.outer outer self.cluster cluster self.thread (get-ident) self.task (current-task)
          self.live True)))

(defn current-task []
  "The task of asyncio that runs in this thread, or None."
  (setv asyncio (.get sys.modules "asyncio.tasks"))
  (when (and asyncio (asyncio.events._get-running-loop))
    (asyncio.current-task)))

(defclass Binder []
  "A context manager that adds its cluster to the chain."
  (setv __slots__ #("cluster" "node"))

  (defn __enter__ [self]
    (when (is-not (getattr self "node" None) None)
      (raise (RuntimeError f"{self} is in use already: make another")))
    (setv self.node (Node (.get handlers) self.cluster))
    (.set handlers self.node)
    self)

  (defn __exit__ [self _ e traceback]
    (setv node self.node
          self.node None
          node.live False)
    (.set handlers node.outer)
    node))

(defclass handler-bind [Binder]
  "Bind handlers for a `with` block: `with handler_bind(condition_class, function, …):`.

  In Hy: `(handler-bind [class function …] body…)` or CL's `((class function) …)`. A class can be any
  exception's, or a tuple of classes. A function is called with the condition, while the stack is as
  it was when that was signalled; it declines by returning, or transfers control, with
  `invoke-restart` or an exception. Handlers of a block are asked in their order, and run with the
  handlers outside of the block in force. `TypeError` of what is no class, or no function.

  They see what this library, `signal` and `error` signal. What Python raises (`raise`,
  `int(\"x\")`) reaches them on its way out of the block.

  => (setv seen [])
  => (handler-case (handler-bind [simple-error (fn [e] (.append seen (str e)))] (error \"oh\"))
       (error [e] seen))
  [\"oh\"]

  >>> def skip(e):
  ...     print(\"skipping:\", e)
  ...     invoke_restart(\"skip\")
  >>> with with_simple_restart(\"skip\", \"Skip it.\"), handler_bind(error, skip):
  ...     error(\"out of ~A\", \"luck\")
  skipping: out of luck

  Source: Common Lisp."
  (setv __slots__ #())

  (defn __init__ [self #* classes-and-functions]
    (setv classes (cut classes-and-functions 0 None 2)
          functions (cut classes-and-functions 1 None 2))
    (when (!= (len classes) (len functions))
      (raise (TypeError "handler_bind(condition_class, function, …): they come in pairs")))
    (for [f functions]
      (when (not (callable f))
        (raise (TypeError f"handler_bind: {f !r} is no function of one argument, the condition"))))
    (setv self.cluster (tuple (zip (map covered classes) functions))))

  (defn __exit__ [self kind e traceback]
    (setv node (.__exit__ Binder self kind e traceback))
    (when (and (is-not e None) (not (asked e node)))
      (ask e node node))
    False))

(defclass catching [Binder]
  "handler-case's mark for the classes that its clauses catch, in their order."
  (setv __slots__ #())

  (defn __init__ [self #* classes]
    (setv self.cluster #(#((tuple (map covered classes)) None))))

  (defn clause [self i]
    "What the `except` of clause number I catches."
    (get self.cluster 0 0 i))

  (defn __exit__ [self kind e traceback]
    (.__exit__ Binder self kind e traceback)
    False))

;; The conditions that Python's own exceptions are, too.
(setv COVERED {error #(Exception)
               serious-condition #(serious-condition Exception)
               condition #(condition Exception)})

(defn covered [classes]
  "What `except` takes for CLASSES, a class or a sequence of such: a tuple, in which `error` covers
  every exception."
  (cond
    ;; Flat, since `except` wants it so.
    (isinstance classes #(tuple list)) (sum (map covered classes) #())
    (and (isinstance classes type) (issubclass classes BaseException))
      (.get COVERED classes #(classes))
    True (raise (TypeError f"{classes !r} is no condition: a class of conditions or exceptions"))))

;; ---- Signalling

(defn signal [datum / #* arguments #** slots]
  "Show a condition to the handlers; return None when all of them decline.

  DATUM is a condition, a class of conditions with its slots, or a control string, as `format`'s, with
  its arguments, which makes a `simple-condition`. `TypeError` of another.

  => (handler-case (signal \"nothing to ~A\" \"see\") (simple-condition [c] (str c)))
  \"nothing to see\"
  => (signal \"nobody listens\")
  None

  >>> with handler_bind(simple_condition, print):
  ...     hy_iolib.signal(\"nothing to ~A\", \"see\")
  nothing to see

  Source: Common Lisp."
  (when (.get handlers)
    (setv c (as-condition datum arguments slots simple-condition))
    (try
      (walk c (.get handlers))
      (finally
        (del c datum)))))

(defn signal-error [datum / #* arguments #** slots]
  "Show a condition to the handlers, and raise it when all of them decline: `error`, by its
  function."
  (setv e (as-condition datum arguments slots simple-error))
  (try
    (when (.get handlers)
      (walk e (.get handlers)))
    (raise e)
    (finally
      ;; Its traceback holds this frame: together they would keep sockets open until the next gc.
      (del e datum))))

(defn as-condition [datum arguments slots simple]
  (cond
    (isinstance datum BaseException)
      (if (or arguments slots)
          (raise (TypeError f"{datum !r} is a condition already: it takes no arguments"))
          datum)
    (and (isinstance datum str) (not (isinstance datum hy.models.Symbol)))
      (simple :format-control (str datum) :format-arguments arguments #** slots)
    (is datum error)
      (simple-error #* arguments #** (or slots {"format_control" "error"}))
    (and (isinstance datum type) (issubclass datum BaseException))
      (datum #* arguments #** slots)
    True
      (raise (TypeError (+ f"{datum !r} is no condition, class of conditions or control string"
                           " (a quoted class needs the macro: (require hy-iolib *))")))))

(defn walk [c start]
  "Run the handlers for C, from node START outwards, until one transfers control or a mark says that
  C is caught there."
  (setv node start task (current-task))
  (try
    (while (and node (= node.thread (get-ident)))
      (when node.live
        (for [[classes function] node.cluster]
          (when (and (is function None) (is node.task task) (isinstance c classes))
            (note-asked c start node)
            (raise c)))
        (ask c node start))
      (setv node node.outer))
    (note-asked c start None)
    (finally
      (del c))))

(defn ask [c node start]
  "Run the handlers of NODE for C, which was signalled with START in force; now it is the outer
  ones."
  (setv before (.get handlers))
  (.set handlers node.outer)
  (try
    (for [[classes function] node.cluster]
      (when (and (is-not function None) (isinstance c classes))
        (function c)))
    (except [e BaseException]
      ;; It comes from a handler of NODE: neither NODE nor what is inside of it is asked about it,
      ;; as they would not have been if the handler had signalled it.
      (setv [began ended] (.get e.__dict__ "_asked" #(None None)))
      (note-asked e start (if (and began (is began node.outer)) ended node.outer))
      (raise))
    (finally
      (.set handlers before))))

;; The stretch of the chain that has been asked, from a node to another that has not, travels with
;; the condition, so that none is asked again while it unwinds.
(defn note-asked [c start end]
  (setv (get c.__dict__ "_asked") #(start end)))

(defn asked [e node]
  (setv [x end] (.get e.__dict__ "_asked" #(None None)))
  (while (and x (is-not x end))
    (when (is x node)
      (return True))
    (setv x x.outer))
  False)

;; ---- Macros

(defmacro handler-bind [bindings #* body]
  "Run BODY with handlers bound: `(handler-bind [class function …] body…)` or CL's
  `((class function) …)`. The value is BODY's.

  => (setv heard [])
  => (handler-bind ((simple-condition (fn [c] (.append heard (str c))))) (signal \"hello\") heard)
  [\"hello\"]

  Source: Common Lisp."
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
  the value of that clause; the first that fits. A class may be `(or class class)`, and any
  exception's; `error` stands for all of Python's. `(:no-error [variable…] body…)` gets FORM's values.

  => (handler-case (int \"x\") (ValueError [e] \"no number\") (:no-error [n] n))
  \"no number\"
  => (handler-case (values 1 2) (error [] None) (:no-error (a b) [a b]))
  [1 2]

  Source: Common Lisp."
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
  (setv [e result catching] (map hy.gensym ["e" "result" "catching"])
        guarded `(with [_ ~catching] ~form))
  (cond
    cases
      `(do
         (setv ~catching (hy.I.hy-iolib.lisp.handlers.catching ~@(map (fn [c] (get c 0)) cases)))
         (try
           ~(if no-error `(setv ~result ~guarded) guarded)
           ~@(gfor [i [_ variables body]] (enumerate cases)
               `(except [~e (.clause ~catching ~i)]
                  ~(if variables `(let [~(get variables 0) ~e] ~@body) `(do ~@body))))
           ~@(when no-error
               [`(else (hy.R.hy-iolib/lisp/multiple-values.multiple-value-bind
                         ~(get no-error 0) ~result ~@(get no-error 1)))])))
    no-error
      `(hy.R.hy-iolib/lisp/multiple-values.multiple-value-bind
         ~(get no-error 0) ~form ~@(get no-error 1))
    True
      form))

(defmacro ignore-errors [#* body]
  "The value of BODY, or None when it signals an error.

  => (ignore-errors (int \"x\"))
  None

  Source: Common Lisp; of the two values there, the first."
  `(hy.R.hy-iolib/lisp/handlers.handler-case (do ~@body)
     (hy.I.hy-iolib.lisp.error [] None)))

(defmacro ignore-some-conditions [classes #* body]
  "The value of BODY, or None when it signals a condition of one of CLASSES, in parentheses or
  brackets.

  => (ignore-some-conditions (ValueError KeyError) (int \"x\"))
  None

  Source: hy_iolib's own."
  `(hy.R.hy-iolib/lisp/handlers.handler-case (do ~@body)
     ~@(gfor c classes `(~c [] None))))

;; CL quotes the class, (error 'end-of-file :stream s), and here the quote goes away; the arguments
;; of a control string are values, keywords too.
(defn signalling-call [head [datum None] #* arguments]
  (cond
    (is datum None)
      `((do ~head))
    (isinstance datum hy.models.String)
      `((do ~head) ~datum ~@(gfor x arguments (constant x False)))
    (and (isinstance datum hy.models.Expression) (= (len datum) 2) (= (get datum 0) 'quote))
      `((do ~head) ~(get datum 1) ~@arguments)
    True
      `((do ~head) ~datum ~@arguments)))

(defmacro signal [_hy-compiler #* arguments]
  "The function of this name; a class may be quoted, as in CL.

  => (handler-case (signal 'simple-condition :format-control \"halfway\") (condition [c] (str c)))
  \"halfway\"

  Source: Common Lisp."
  (signalling-call (get _hy-compiler.this 0) #* arguments))

(defmacro error [_hy-compiler #* arguments]
  "Signal an error, and raise it when no handler transfers control: see the class `error`. A class may
  be quoted, as in CL.

  => (handler-case (error 'end-of-file :stream \"s\") (end-of-file [e] (str e)))
  \"end of file on s\"

  Source: Common Lisp."
  (signalling-call (get _hy-compiler.this 0) #* arguments))
