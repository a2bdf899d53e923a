"An operator is a function and, for Hy, a macro of its name, both from one definition.

Hy reads `(f x :udp)` as a keyword argument without a value. The macro turns such a literal into a
constant and leaves all else alone; then it calls the function, through the head that the caller
wrote. Anywhere but in head position the name means the function, as ever."

(import hy inspect)

(export :objects [] :macros [defoperator])

(defmacro defoperator [name parameters doc #* body]
  "Define the function NAME and the macro that lets literal keywords stand where CL has them.

  A parameter marked `#^ keyword` takes one of a set of keywords: a literal there, positional or
  after `:parameter`, becomes a string constant. In any other place a literal keyword that does
  not name a parameter is passed on as the Hy keyword that it is.

  => (defoperator shout [text #^ keyword [how \"loud\"]] \"TEXT, as HOW says.\"
       (if (= how \"loud\") (.upper text) text))
  => [(shout \"hello\") (shout \"hello\" :soft)]
  [\"HELLO\" \"hello\"]

  Where the macro was not required, Hy takes `(f x :udp 5)` for a keyword argument: an operator with
  a positional keyword says then what to require. The docstring is not optional.

  Source: hy_iolib's own."
  (when (not (isinstance doc #(hy.models.String hy.models.FString)))
    (raise (TypeError f"(defoperator {name} [parameter…] docstring body…): no docstring")))
  (setv table (.parameter-table (hy.I "hy_iolib.lisp.operators") parameters)
        [names positional keywords] table)
  (setv as-written None)
  (when (and (is-not names None) (.intersection (set positional) keywords))
    (setv [checked check] (.with-check (hy.I "hy_iolib.lisp.operators") name parameters)
          as-written `(fn [~@(map (. (hy.I "hy_iolib.lisp.operators") unmarked) parameters)])
          parameters checked
          body [check #* body]))
  `(do
     (defn ~name [~@(map (. (hy.I "hy_iolib.lisp.operators") unmarked) parameters)] ~doc ~@body)
     ;; For help() and its like: what is only there for mistakes is not shown.
     ~@(when as-written [`(setv (. ~name __signature__) (hy.I.inspect.signature ~as-written))])
     (defmacro ~name [_hy-compiler #* arguments]
       (.expand-call (hy.I "hy_iolib.lisp.operators") (get _hy-compiler.this 0) arguments ~@table))))

(defn parameter-table [parameters]
  "Of a lambda list: the names that can be keyword arguments (None: any can), the positional ones
  in order, and those that take a keyword of a set; mangled."
  (setv names [] positional [] keywords [] keyword-only False)
  (for [parameter parameters]
    (setv takes-keyword False)
    (when (is-form parameter "annotate")
      (setv takes-keyword (takes-keyword? parameter)
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

(defn unmarked [parameter]
  (if (takes-keyword? parameter) (get parameter 1) parameter))

(defn takes-keyword? [parameter]
  (and (is-form parameter "annotate") (= (get parameter 2) 'keyword)))

(defn with-check [name parameters]
  "PARAMETERS such that keywords in a wrong place arrive, and the form that refuses them."
  (setv required [] positional True checked [])
  (for [p parameters]
    (setv plain (isinstance p hy.models.Symbol)
          positional (and positional (not (and plain (= p '*)))))
    (cond
      (and (takes-keyword? p) (isinstance (get p 1) hy.models.Symbol))
        (do
          (.append required (get p 1))
          (.append checked `(annotate [~(get p 1) Ellipsis] keyword)))
      ;; Python wants a default for whatever follows one that has it.
      (and plain positional required (!= p '/))
        (do
          (.append required p)
          (.append checked [p 'Ellipsis]))
      True
        (.append checked p)))
  (setv parameters checked)
  [`[~@parameters #** misplaced]
   `(when (or misplaced ~@(gfor p required `(is ~p Ellipsis)))
      (.refuse-call (hy.I "hy_iolib.lisp.operators") ~(str name) misplaced [~@(map str required)]))])

(defn refuse-call [name misplaced required]
  (raise (TypeError
           (if misplaced
               (.format (+ "{0}: unexpected keyword argument {1!r}; for :{1} to be a value in Hy, "
                           "(require hy-iolib [{0}])")
                        name (hy.unmangle (get (list misplaced) 0)))
               (.format "{}: {} is missing" name (.join ", " required))))))

(defn show-keywords [function [names #()]]
  "Let `help` and its like show NAMES, keyword arguments whose default is None, where FUNCTION has a
  `#** rest`. Without NAMES that is there for mistakes only."
  (setv signature (inspect.signature function)
        [#* shown _] (.values signature.parameters))
  (setv function.__signature__
        (.replace signature :parameters [#* shown
                                         #* (gfor name names
                                                  (inspect.Parameter (hy.mangle name)
                                                                     inspect.Parameter.KEYWORD-ONLY
                                                                     :default None))])))

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
