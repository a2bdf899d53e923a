"Multiple values: a tuple that knows it stands for its first value where one is wanted.

Only instances of `values` are multiple values; any other tuple is a vector, one value."

(export
  :objects [values primary-value multiple-value-list nth-value multiple-value-call]
  :macros [multiple-value-bind defvalues])

(defclass values-type [type]
  "What calling `values` does is said here, since a `__new__` of Python code would be inherited by
  the named ones, and cost them half of what a system call does."
  (defn __call__ [cls #* items]
    (if (= (len items) 1)
        (primary-value (get items 0))
        (tuple.__new__ cls (map primary-value items)))))

(defclass values [tuple :metaclass values-type]
  "Several values, as Common Lisp's `values`: `(values 1 2)`, in Python `values(1, 2)`. It is a tuple.

  One value is just that value; each argument gives its first value only.
  Truth is the first value's; equality and hash are the tuple's.

  => (values 1 2)
  (values 1 2)
  => (bool (values None 2))
  False
  => (values (values 1 2))
  1

  >>> host, port = values(\"localhost\", 80)
  >>> bool(values(None, 2))
  False

  Source: Common Lisp."
  (defn __bool__ [self]
    (and (> (len self) 0) (bool (get self 0))))

  (defn __repr__ [self]
    (setv name (. (type self) __name__)
          fields (getattr self "_fields" None))
    (if fields
        ;; As of any named tuple; hy.repr itself makes (name :field value …) of those.
        (.format "{}({})" name (.join ", " (gfor [field x] (zip fields self) f"{field}={x !r}")))
        (+ "(" (.join " " [name #* (map hy.repr self)]) ")")))

  (defn __reduce__ [self]
    #(rebuild #((type self) (tuple self)))))

(defclass named-values-type [values-type]
  "Classes of values that have names: called with a sequence of them."
  (setv __call__ type.__call__))

(defn rebuild [cls items]
  (tuple.__new__ cls items))

(defn primary-value [x]
  "X, or its first value when it is several (None when it is none).

  => (primary-value (values 1 2))
  1
  => (primary-value #(1 2))
  #(1 2)

  >>> primary_value(values(1, 2))
  1

  Source: hy_iolib's own."
  (cond
    (not (isinstance x values)) x
    (len x) (get x 0)
    True None))

(defn multiple-value-list [x]
  "A list of the values of X.

  => (multiple-value-list (values 1 2))
  [1 2]
  => (multiple-value-list 1)
  [1]

  >>> multiple_value_list(values(1, 2))
  [1, 2]

  Source: Common Lisp."
  (if (isinstance x values) (list x) [x]))

(defn nth-value [n x]
  "Value number N, an integer from 0 on, of X; None when there are fewer.

  => (nth-value 1 (values 1 2))
  2
  => (nth-value 1 (values 1))
  None

  >>> nth_value(1, values(1, 2))
  2

  Source: Common Lisp."
  (setv all (multiple-value-list x))
  (if (<= 0 n (- (len all) 1)) (get all n) None))

(defn multiple-value-call [function #* arguments]
  "Call FUNCTION with all the values of all ARGUMENTS; the value is its.

  => (multiple-value-call max (values 1 7) 3)
  7

  >>> multiple_value_call(max, values(1, 7), 3)
  7

  Source: Common Lisp."
  (function #* (gfor x arguments v (multiple-value-list x) v)))

(defn values-to-fit [count x]
  "Exactly COUNT values of X, as a list: missing ones are None, more are dropped."
  (setv all (multiple-value-list x))
  (+ (cut all count) (* [None] (- count (len all)))))

(defn first-of [items]
  (if items (get items 0) None))

(defmacro multiple-value-bind [variables form #* body]
  "Run BODY with VARIABLES, in parentheses or brackets, bound to the values of FORM: missing ones
  are None, more are dropped. `*special*` variables are bound as such. The value is BODY's.

  => (multiple-value-bind (a b c) (values 1 2) [a b c])
  [1 2 None]

  Source: Common Lisp."
  (when (not (and (isinstance variables #(hy.models.Expression hy.models.List))
                  (all (gfor v variables (isinstance v hy.models.Symbol)))))
    (raise (TypeError "(multiple-value-bind (variable…) form body…): variables are symbols")))
  (setv specials (dfor v variables
                       :if (.special-name? (hy.I "hy_iolib.lisp.specials") v)
                       v (hy.gensym "special")))
  (when specials
    (setv body [`(hy.R.hy-iolib.special-let [~@(gfor pair (.items specials) x pair x)] ~@body)]))
  (if variables
      `(let [[~@(gfor v variables (.get specials v v))]
             (hy.I.hy-iolib.lisp.multiple-values.values-to-fit ~(len variables) ~form)]
         ~@body)
      `(do ~form ~@body)))

(defmacro defvalues [name fields doc #* body]
  "Define NAME, a class of multiple values whose FIELDS, a list of symbols, have names. It is called
  with a sequence of them, all that there are. DOC is its docstring, BODY the rest of the class.

  => (defvalues point [x y] \"A point.\")
  => (setv p (point [1 2]))
  => [p.x (nth-value 1 p)]
  [1 2]

  Source: hy_iolib's own."
  `(defclass ~name [hy.I.hy-iolib.lisp.values
                    :metaclass hy.I.hy-iolib.lisp.multiple-values.named-values-type]
     ~doc
     (setv _fields #(~@(gfor field fields (str (hy.mangle field)))))
     (setv __match_args__ _fields)
     ~@(gfor [i field] (enumerate fields)
             `(setv ~field (property (hy.I.operator.itemgetter ~i))))
     ~@body))
