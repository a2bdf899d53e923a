"Restarts: named ways to go on, offered where an error is signalled, chosen by a handler.

Invoking one raises `restart-transfer`, which only the form that offered it catches."

(import contextvars [ContextVar])
(import io [StringIO])
(import threading [get-ident])
(import hy-iolib.lisp.conditions [control-error])
(import hy-iolib.lisp.formatting [format-control])
(import hy-iolib.lisp.keywords [keyword-name])
(import hy-iolib.lisp.handlers [current-task signal-error])

(export
  :objects [restart with-simple-restart find-restart invoke-restart]
  :macros [restart-case with-simple-restart find-restart invoke-restart])

;; A node of the chain, or None: (outer node, thread, task, restarts). Whoever invokes a restart
;; unwinds the stack to the form that offers it, so it must be of the same thread and task.
(setv offered (ContextVar "restarts" :default None))

(defclass restart []
  "A restart that is, or was, on offer: its `name`, a string, and as `str` what it does. `find-restart`
  gives it; `invoke-restart` takes it. It is not for making.

  => (with-simple-restart (skip \"Skip ~A.\" 1) (setv r (find-restart 'skip)))
  => [r.name (str r)]
  [\"skip\" \"Skip 1.\"]

  >>> with with_simple_restart(\"skip\", \"Skip it.\"):
  ...     find_restart(\"skip\")
  <restart skip>

  Source: Common Lisp."
  (setv __slots__ #("name" "index" "report" "test" "offer"))

  (defn __init__ [self name index report test offer]
    (setv self.name name self.index index self.report report self.test test self.offer offer))

  (defn __str__ [self]
    (cond
      (is self.report None) self.name
      (callable self.report) (do
                               (setv text (StringIO))
                               (self.report text)
                               (.getvalue text))
      True (str self.report)))

  (defn __repr__ [self]
    f"<restart {self.name}>"))

(defclass restart-transfer [BaseException]
  "The way from `invoke-restart` to the form that offered the restart. Not for `except`.")

(defclass offering []
  "Offers restarts for a `with` block: each is given as its name, report and test."
  (setv __slots__ #("restarts" "outer"))

  (defn __init__ [self #* specs]
    (setv self.restarts (lfor [i [name report test]] (enumerate specs)
                              (restart name i report test self))))

  (defn __enter__ [self]
    (setv self.outer (.get offered))
    (.set offered #(self.outer (get-ident) (current-task) self.restarts))
    self)

  (defn __exit__ [self #* _]
    (.set offered self.outer)
    False))

(defclass with-simple-restart [offering]
  "Offer one restart for a `with` block: `with with_simple_restart(\"skip\", \"Skip ~A.\", name):`.
  When it is invoked, the block ends, and the program goes on behind it. NAME is a string, a keyword
  or a symbol; CONTROL, a control string as `format`'s, with ARGUMENTS says what it does. `TypeError`
  of another name, `ValueError` of a control string with a mistake.

  In Hy `(with-simple-restart (name control-string argument…) body…)`; its value is then None.

  => (with-simple-restart (skip \"Skip it.\") (invoke-restart 'skip) (print \"not reached\"))
  None

  >>> with with_simple_restart(\"skip\", \"Skip it.\"):
  ...     invoke_restart(\"skip\")
  ...     print(\"not reached\")

  Source: Common Lisp."
  (setv __slots__ #())

  (defn __init__ [self name control #* arguments]
    (.__init__ (super) #((restart-name name) (format-control control #* arguments) None)))

  (defn __exit__ [self _ e traceback]
    (.set offered self.outer)
    (and (isinstance e restart-transfer) (is (. (get e.args 0) offer) self))))

(defn restart-name [name]
  "The canonical name of a restart: a symbol, a string, either with hyphens or underscores."
  (or (keyword-name name)
      (raise (TypeError f"{name !r} names no restart: a symbol, a keyword or a string does"))))

(defn find-restart [name [condition None]]
  "The innermost restart called NAME, a symbol, string or keyword, that is on offer in this thread and
  task, for CONDITION (None by default: any) if its form tests that; None when there is none. A
  restart object is given back if it is still on offer. `TypeError` of what is no name.

  => (with-simple-restart (skip \"Skip.\") (str (find-restart 'skip)))
  \"Skip.\"
  => (find-restart 'skip)
  None

  >>> with with_simple_restart(\"skip\", \"Skip it.\"):
  ...     print(find_restart(\"skip\"))
  Skip it.

  Source: Common Lisp."
  (setv node (.get offered)
        name (if (isinstance name restart) name (restart-name name))
        owner #((get-ident) (current-task)))
  (while node
    (for [r (if (= (cut node 1 3) owner) (get node 3) [])]
      (when (and (or (is r name) (= r.name name))
                 (or (is r.test None) (is condition None) (r.test condition)))
        (return r)))
    (setv node (get node 0))))

(defn invoke-restart [name / #* arguments #** keywords]
  "Transfer control to the restart called NAME, or to a restart object, with ARGUMENTS and KEYWORDS. It
  never returns. `control-error` when it is not on offer, `TypeError` when it takes other arguments.

  => (restart-case (invoke-restart 'use-value 3) (use-value [x] (* x 2)))
  6

  >>> with with_simple_restart(\"skip\", \"Skip it.\"):
  ...     invoke_restart(\"skip\")

  Source: Common Lisp."
  (setv r (find-restart name))
  (when (is r None)
    (signal-error control-error f"restart {name !r} is not on offer here"))
  (raise (restart-transfer r arguments keywords)))

;; A quoted name is a plain string constant: a symbol is a constructor call of 3 µs.
(defn constant-name [form]
  (if (and (isinstance form hy.models.Expression) (= (len form) 2) (= (get form 0) 'quote))
      (hy.models.String (restart-name (get form 1)))
      form))

(defmacro find-restart [_hy-compiler #* arguments]
  `((do ~(get _hy-compiler.this 0)) ~@(map constant-name (cut arguments 1)) ~@(cut arguments 1 None)))

(defmacro invoke-restart [_hy-compiler #* arguments]
  `((do ~(get _hy-compiler.this 0)) ~@(map constant-name (cut arguments 1)) ~@(cut arguments 1 None)))

(defmacro with-simple-restart [spec #* body]
  "Run BODY with one restart on offer: `(with-simple-restart (name control argument…) body…)`. The
  value is BODY's, or None when the restart is invoked.

  => (with-simple-restart (skip \"Skip ~A.\" \"it\") 1)
  1

  Source: Common Lisp."
  (when (not (and (isinstance spec #(hy.models.Expression hy.models.List)) (>= (len spec) 2)))
    (raise (TypeError "(with-simple-restart (name control-string argument…) body…)")))
  `(with [_ (hy.I.hy-iolib.lisp.restarts.with-simple-restart
              ~(str (get spec 0)) ~@(cut spec 1 None))]
     ~@(or body ['None])))

(defmacro restart-case [form #* clauses]
  "The value of FORM or, when the restart of a clause `(name [parameter…] body…)` is invoked, the
  value of that clause. Parameters are a lambda list. Before the body may stand `:report`, a string
  that says what the restart does or a function that writes that to a stream, and `:test`, a
  function of a condition that says whether `find-restart` finds it for that. `TypeError` when it is
  invoked with arguments that don't fit.

  => (restart-case (invoke-restart 'use-value 3) (use-value [x] (* x 2)))
  6
  => (restart-case (+ 1 1) (use-value [x] x))
  2

  Source: Common Lisp."
  (setv usage "(restart-case form (name [parameter…] :report string :test function body…)…)"
        specs [] bodies [])
  (for [clause clauses]
    (when (not (and (isinstance clause #(hy.models.Expression hy.models.List))
                    (>= (len clause) 2)
                    (isinstance (get clause 0) #(hy.models.Symbol hy.models.Keyword))
                    (isinstance (get clause 1) #(hy.models.Expression hy.models.List))))
      (raise (TypeError usage)))
    (setv [name parameters #* body] clause options {})
    (for [p parameters]
      (when (and (isinstance p hy.models.Symbol) (.startswith p "&"))
        (raise (TypeError f"restart-case: {p} is CL's; in Hy: [x [y default] #* rest * [key None]]"))))
    (while (and body (isinstance (get body 0) hy.models.Keyword))
      (when (or (not-in (get body 0) [':report ':test]) (< (len body) 2))
        (raise (TypeError usage)))
      (setv (get options (. (get body 0) name)) (get body 1)
            body (cut body 2 None)))
    (.append specs `#(~(restart-name name) ~(.get options "report" 'None) ~(.get options "test" 'None)))
    (.append bodies #(parameters (or body ['None]))))
  (setv [chosen result transfer offer] (map hy.gensym ["chosen" "result" "transfer" "offer"]))
  ;; Clauses run behind the try: in its `except` each error would carry the transfer as context.
  `(let [~chosen None ~result None]
     (try
       (with [~offer (hy.I.hy-iolib.lisp.restarts.offering ~@specs)]
         (setv ~result ~form))
       (except [~transfer hy.I.hy-iolib.lisp.restarts.restart-transfer]
         (when (is-not (. ~transfer args [0] offer) ~offer)
           (raise))
         (setv ~chosen (. ~transfer args))))
     (cond
       (is ~chosen None) ~result
       ~@(sum (lfor [i [parameters body]] (enumerate bodies)
                [`(= (. ~chosen [0] index) ~i) (clause-body parameters body chosen)])
              []))))

(defn clause-body [parameters body chosen]
  "BODY with the arguments of the transfer CHOSEN bound to PARAMETERS: Python binds them, in a
  function that gives them back, so that BODY itself may `return`, `yield` and `await`."
  (setv names (lfor p parameters
                    :if (not-in p ['* '/])
                    ;; `x`, `[x default]`, `#* x` or `#** x`.
                    (if (isinstance p hy.models.Symbol)
                        p
                        (get p (if (isinstance p hy.models.List) 0 1)))))
  (setv arguments `(hy.I.hy-iolib.lisp.restarts.bind-arguments (fn [~@parameters] [~@names]) ~chosen))
  (if names
      `(let [[~@names] ~arguments] ~@body)
      `(do ~arguments ~@body)))

(defn bind-arguments [binder chosen]
  (setv [restart arguments keywords] chosen)
  (try
    (binder #* arguments #** keywords)
    (except [e TypeError]
      ;; "….<lambda>() missing 1 required positional argument: 'x'"
      (raise (TypeError (+ "restart " restart.name ":" (get (.split (str e) "<lambda>()") -1)))))))
