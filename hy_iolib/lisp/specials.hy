"Special variables: one global value that all threads see, and bindings for a dynamic extent in the
thread or task that makes them."

(import contextvars [ContextVar])
(import re)

(export :objects [special] :macros [defspecial special-let])

(setv UNBOUND (object))

(defclass special []
  "A special variable. `.value` reads and sets it, `.let(value)` binds it for a `with` block.

  NAME is a string, by custom `*name*`, VALUE the global value, DOC its docstring. Setting it sets the
  innermost binding of this thread or task or, where there is none, the global value, which all
  threads see. Its truth is its value's. Comparing or iterating the object itself is a mistake: a
  `TypeError` says so.

  => (defspecial *depth* 1 \"How deep.\")
  => (special-let [*depth* 2] *depth*.value)
  2
  => *depth*.value
  1

  >>> depth = special(\"*depth*\", 1)
  >>> with depth.let(2):
  ...     depth.value
  2
  >>> depth.value
  1

  Source: Common Lisp."
  (defn __init__ [self name value [doc None]]
    (setv self.name name
          self.__doc__ doc
          self._global value
          self._binding (ContextVar name :default UNBOUND)))

  (defn [property] value [self]
    "The value of the innermost binding of this thread or task, or the global one."
    (setv v (.get self._binding))
    (if (is v UNBOUND) self._global v))

  (defn [value.setter] value [self v]
    (if (is (.get self._binding) UNBOUND)
        (setv self._global v)
        (.set self._binding v)))

  (defn let [self value]
    "A context manager that binds the variable to VALUE for this thread or task."
    (bound [#(self value)]))

  (defn __bool__ [self]
    (setv v (.get self._binding))
    (bool (if (is v UNBOUND) self._global v)))

  (defn __repr__ [self]
    f"<special variable {self.name}: {self.value !r}>")

  (defn _misused [self #* _]
    (raise (TypeError (+ f"{self.name} is a special variable, not its value: "
                         f"use .value (here {self.value !r})"))))

  (setv __eq__ _misused __lt__ _misused __le__ _misused __gt__ _misused __ge__ _misused
        __iter__ _misused __contains__ _misused __getitem__ _misused
        __hash__ object.__hash__)

  ;; A copy, also one that travels by pickle, would be another variable.
  (defn __copy__ [self] self)
  (defn __deepcopy__ [self memo] self)
  (defn __reduce__ [self]
    (raise (TypeError f"special variable {self.name} can't be pickled: pickle its .value"))))

(defclass bound []
  "The context manager that gives special variables the values paired with them, all at once."
  (setv __slots__ #("pairs" "outer"))

  (defn __init__ [self pairs]
    (for [[variable _] pairs]
      (when (not (isinstance variable special))
        (raise (TypeError f"{variable !r} is the value of no special variable: defspecial makes one"))))
    (setv self.pairs pairs self.outer None))

  (defn __enter__ [self]
    (when (is-not self.outer None)
      (raise (RuntimeError "this binding is in force already: make another")))
    (setv self.outer (lfor [variable _] self.pairs (.get variable._binding)))
    (for [[variable value] self.pairs]
      (.set variable._binding value)))

  ;; Not reset(token): that fails in an abandoned generator, which ends in another context.
  (defn __exit__ [self #* _]
    (for [[[variable _] value] (zip self.pairs self.outer)]
      (.set variable._binding value))
    (setv self.outer None)))

(defmacro defspecial [name value [doc None]]
  "Define the special variable NAME, by custom written `*name*`, with its global VALUE and docstring
  DOC.

  A definition that runs again keeps the value that is there, as CL's `defvar` does.

  => (defspecial *greeting* \"hello\" \"What to say.\")
  => *greeting*.value
  \"hello\"

  Source: hy_iolib's own; Common Lisp's is `defvar`."
  `(setv ~name (hy.I.hy-iolib.lisp.specials.defined (globals) ~(hy.mangle name) ~(str name)
                 (fn [] ~value) ~doc)))

(defn defined [namespace key name make-value doc]
  (setv present (.get namespace key))
  (if (isinstance present special) present (special name (make-value) doc)))

(defmacro special-let [bindings #* body]
  "Run BODY with special variables bound: `(special-let [*ipv6* True *x* 1] …)`, or CL's
  `((*ipv6* True) (*x* 1))`. The values are computed before any of them is bound. The value is BODY's.
  `TypeError` of what is no special variable.

  => (defspecial *a* 1) (defspecial *b* 2)
  => (special-let ((*a* *b*.value) (*b* *a*.value)) [*a*.value *b*.value])
  [2 1]

  Source: hy_iolib's own; Common Lisp's is `let`."
  (setv pairs (.binding-pairs (hy.I "hy_iolib.lisp.specials") bindings
                              "(special-let [*variable* value …] body…)"))
  `(with [_ (hy.I.hy-iolib.lisp.specials.bound
              [~@(gfor [name value] pairs `#(~name ~value))])]
     ~@(or body ['None])))

(defn special-name? [x]
  "Is X, a symbol, a name as special variables have?"
  (bool (re.fullmatch r"\*.+\*" (str x))))

(defn binding-pairs [bindings usage]
  "The (name, value) pairs of a binding list: `[a 1 b 2]` or `((a 1) (b 2))`, in any mix of
  parentheses and brackets; in brackets a pair of a list and a call is a name and its value."
  (setv pair? (fn [x] (and (isinstance x #(hy.models.Expression hy.models.List)) (= (len x) 2))))
  (when (not (isinstance bindings #(hy.models.Expression hy.models.List)))
    (raise (TypeError usage)))
  (cond
    (and (all (map pair? bindings))
         (or (isinstance bindings hy.models.Expression) (= (len (set (map type bindings))) 1)))
      (lfor x bindings (tuple x))
    (% (len bindings) 2) (raise (TypeError usage))
    True (list (zip (cut bindings 0 None 2) (cut bindings 1 None 2)))))
