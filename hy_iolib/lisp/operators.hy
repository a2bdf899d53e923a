"An operator is a function and, for Hy, a macro of its name, both from one definition.

Hy reads `(f x :udp)` as a keyword argument without a value. The macro turns such a literal into a
constant and leaves all else alone; then it calls the function, through the head that the caller
wrote. Anywhere but in head position the name means the function, as ever."

(import hy)

(export :objects [] :macros [defoperator])

(defmacro defoperator [name parameters doc #* body]
  "Define the function NAME and the macro that lets literal keywords stand where CL has them.

  A parameter annotated `#^ keyword` takes one of a set of keywords: a literal there, positional
  or after `:parameter`, becomes a string constant. In any other place a literal keyword that does
  not name a parameter is passed on as the Hy keyword that it is.

    (defoperator lookup-service [service #^ keyword [protocol \"tcp\"]] \"…\" …)
    (lookup-service \"http\" :udp)  →  (lookup-service \"http\" \"udp\")

  The docstring is not optional."
  (when (not (isinstance doc #(hy.models.String hy.models.FString)))
    (raise (TypeError f"(defoperator {name} [parameter…] docstring body…): no docstring")))
  (setv table (.parameter-table (hy.I "hy_iolib.lisp.operators") parameters))
  `(do
     (defn ~name ~parameters ~doc ~@body)
     (defmacro ~name [_hy-compiler #* arguments]
       (.expand-call (hy.I "hy_iolib.lisp.operators") (get _hy-compiler.this 0) arguments ~@table))))

(defn parameter-table [parameters]
  "Of a lambda list: the names that can be keyword arguments (None: any can), the positional ones
  in order, and those that take a keyword of a set; mangled."
  (setv names [] positional [] keywords [] keyword-only False)
  (for [parameter parameters]
    (setv takes-keyword False)
    (when (is-form parameter "annotate")
      (setv takes-keyword (= (str (get parameter 2)) "keyword")
            parameter (get parameter 1)))
    (cond
      (= parameter '*) (setv keyword-only True)
      (= parameter '/) (setv names [])
      (is-form parameter "unpack-iterable") (setv keyword-only True)
      (is-form parameter "unpack-mapping") (setv names None)
      True (do
        (setv name (hy.mangle (if (isinstance parameter hy.models.List)
                                  (get parameter 0)
                                  parameter)))
        (.append names name)
        (when (not keyword-only) (.append positional name))
        (when takes-keyword (.append keywords name)))))
  [names positional keywords])

(defn is-form [x head]
  (and (isinstance x hy.models.Expression) (bool x) (= (get x 0) (hy.models.Symbol head))))

(defn expand-call [head arguments names positional keywords]
  "The call of HEAD, as the caller wrote it, with the literal keywords among ARGUMENTS resolved."
  (setv out [] items (iter arguments) position 0)
  (for [x items]
    (cond
      (not (isinstance x hy.models.Keyword))
        (.append out x)
      (or (is names None) (in (hy.mangle x.name) names))
        (do
          (.append out x)
          ;; Where the value is missing, Hy says so.
          (for [value items]
            (.append out (constant value (in (hy.mangle x.name) keywords)))
            (break))
          (continue))
      True
        (.append out (constant x (and (< position (len positional))
                                      (in (get positional position) keywords)))))
    ;; After #* nobody knows which argument is which.
    (setv position (if (is-form x "unpack-iterable") (len positional) (+ position 1))))
  ;; ((do head) …) calls whatever HEAD means as a value, not this macro again. Of a one-shot
  ;; require, hy.R.module.name, the value is hy.I.module.name.
  (when (and (is-form head ".") (= (cut head 1 3) '(hy R)))
    (setv head `(. hy I ~@(cut head 3 None))))
  `((do ~head) ~@out))

(defn constant [x takes-keyword]
  (cond
    (not (isinstance x hy.models.Keyword)) x
    takes-keyword (.replace (hy.models.String x.name) x)
    True `(get hy.I.hy-iolib.lisp.keywords.literal-keywords ~(hy.models.String x.name))))
