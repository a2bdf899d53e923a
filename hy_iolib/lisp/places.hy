"Generalized variables: `setf`, and the table of accessors whose places it sets."

(import hy)

(export :objects [defsetf] :macros [setf defsetf])

;; Accessor -> function of the new value and the accessor's arguments.
(setv setters {})

(defn defsetf [accessor setter]
  "Let `(setf (ACCESSOR argument…) value)` call `SETTER(argument…, value)`. Returns ACCESSOR.

  => (defn head [x] (get x 0))
  => (is head (hy.I.hy-iolib.defsetf head (fn [x value] (setv (get x 0) value))))
  True

  >>> def head(x):
  ...     return x[0]
  >>> defsetf(head, lambda x, value: x.__setitem__(0, value)) is head
  True

  Source: Common Lisp."
  (defn set-it [value #* arguments #** keywords]
    (setter #* arguments value #** keywords))
  (setv set-it.keywords (or (getattr setter "__kwdefaults__" None) #())
        (get setters accessor) set-it)
  accessor)

(defmacro defsetf [accessor #* definition]
  "`(defsetf accessor setter)` names the function that sets the place, which is called with the
  arguments and then the value; `(defsetf accessor [parameter…] [value] body…)` defines it. The value
  is the accessor.

  => (defn head [x] (get x 0))
  => (defsetf head [x] [value] (setv (get x 0) value))
  => (setv numbers [1 2])
  => (setf (head numbers) 5)
  5
  => numbers
  [5 2]

  Source: Common Lisp."
  (setv lists (lfor x (cut definition 2) (isinstance x #(hy.models.Expression hy.models.List))))
  (cond
    (= (len definition) 1)
      `(hy.I.hy-iolib.lisp.places.defsetf ~accessor ~@definition)
    (and (= lists [True True]) (= (len (get definition 1)) 1) (> (len definition) 2))
      `(do
         (setv (get hy.I.hy-iolib.lisp.places.setters ~accessor)
               (fn [~@(get definition 1) ~@(get definition 0)] ~@(cut definition 2 None)))
         ~accessor)
    True
      (raise (TypeError (+ "(defsetf accessor setter) or "
                           "(defsetf accessor [parameter…] [value] body…)")))))

(defn set-place [accessor arguments value]
  "Set the place `(ACCESSOR ARGUMENT…)` to VALUE, which is returned."
  (setv setter (.get setters accessor))
  (when (is setter None)
    (raise (TypeError (.format "setf: ({} …) is no place: defsetf makes it one"
                               (hy.unmangle (getattr accessor "__name__" (repr accessor)))))))
  (setv positional [] named {} known (getattr setter "keywords" #()) items (iter arguments))
  (for [x items]
    (if (and (isinstance x hy.models.Keyword) (in (hy.mangle x.name) known))
        (setv (get named (hy.mangle x.name)) (next items None))
        (.append positional x)))
  (setter value #* positional #** named)
  value)

(defn set-special [variable name value]
  (when (not (isinstance variable hy.I.hy-iolib.lisp.special))
    (raise (TypeError f"setf: {name} is no special variable: defspecial makes one, setv sets others")))
  (setv variable.value value)
  value)

(defmacro setf [#* places-and-values]
  "Set each place to the value behind it; the last value is returned. A place is `*special*`,
  `(values a b)`, `(accessor argument…)` of an accessor that `defsetf` knows (where a literal
  keyword is an argument, not the name of one), or anything that `setv` sets, in its order: the
  value first. `TypeError` of an accessor that `defsetf` does not know, and of a variable `*name*`
  that is no special one.

  => (defspecial *level* 1)
  => (setf *level* 2)
  2
  => (setf (values a b) (values 1 2) c [0] (get c 0) b)
  2
  => [a b c *level*.value]
  [1 2 [2] 2]

  Source: Common Lisp."
  (when (% (len places-and-values) 2)
    (raise (TypeError "(setf place value …): a place has no value")))
  `(do ~@(gfor [place value] (zip (cut places-and-values 0 None 2) (cut places-and-values 1 None 2))
               (setting place value))))

(defn literal [form]
  "FORM, or if it is a keyword, a form for it that Hy takes for an argument."
  (if (isinstance form hy.models.Keyword)
      `(get hy.I.hy-iolib.lisp.keywords.literal-keywords ~(hy.models.String form.name))
      form))

(defn setting [place value]
  "The form that sets one PLACE and has VALUE's value."
  (setv form? (isinstance place hy.models.Expression)
        head (if (and form? place) (get place 0) None)
        name (if (= head '.) (get place -1) place)
        value (literal value)
        result (hy.gensym "value"))
  (cond
    (and (isinstance name hy.models.Symbol) (> (len name) 2)
         (.startswith name "*") (.endswith name "*"))
      `(hy.I.hy-iolib.lisp.places.set-special ~place ~(str name) ~value)
    (= head 'values)
      `(do (setv ~result (hy.I.hy-iolib.lisp.multiple-values.values-to-fit ~(- (len place) 1) ~value))
           ~@(gfor [i part] (enumerate (cut place 1 None))
                   (setting part `(get ~result ~i)))
           (hy.I.hy-iolib.lisp.multiple-values.first-of ~result))
    (and form? (not-in head ['. 'get 'cut]))
      `(hy.I.hy-iolib.lisp.places.set-place ~head
         #(~@(map literal (cut place 1 None)))
         ~value)
    True
      `(do (setv ~result ~value) (setv ~place ~result) ~result)))
