"How Common Lisp's operators are defined here: `defcl` a function, `defcl-macro` a macro, of which
`form` builds the expansion. A function is called `cl-NAME` in this package's own code, so that
`list` or `max` mean Python's."

(import hy)
(import hy-iolib.cl.conses [elements])
(import hy-iolib.cl.symbols [cl-symbol key lisp-package])

(export :objects [functions macros SYSTEM] :macros [defcl defcl-macro form])

;; Name in lower case, `package::name` outside of COMMON-LISP -> function, and -> expander.
(setv functions {}
      macros {}
      ;; What expansions need and programs don't see.
      SYSTEM (lisp-package "SYSTEM" ["SYS"]))

(defmacro defcl [name parameters #* body]
  "Define Common Lisp's function NAME. Optional parameters are positional, `&key` ones are
  keyword-only: `(defcl find [item sequence * [key None]] …)`."
  (setv own (hy.models.Symbol (+ "cl-" (get (.split (str name) "::") -1)))
        python-name (hy.mangle (get (.split (str name) "::") -1)))
  `(do
     (defn ~own ~parameters ~@body)
     (setv (. ~own __name__) ~python-name
           (. ~own __qualname__) ~python-name
           (get hy.I.hy-iolib.cl.definitions.functions ~(str name)) ~own)))

(defmacro defcl-macro [name parameters #* body]
  "Define Common Lisp's macro NAME: a function of the call's forms that gives its expansion."
  (setv own (hy.models.Symbol (+ "expand-" (get (.split (str name) "::") -1))))
  `(do
     (defn ~own ~parameters ~@body)
     (setv (get hy.I.hy-iolib.cl.definitions.macros ~(str name)) ~own)))

(defmacro form [template]
  "A Common Lisp form by a template: symbols are COMMON-LISP's, or `sys::name`; `~x` is the form X,
  `~@x` the forms of a list or a Python sequence."
  (.template (hy.I "hy_iolib.cl.definitions") template))

(defn template [x]
  (setv symbol? (isinstance x hy.models.Symbol))
  (cond
    (and symbol? (= x 'nil)) 'None
    (and symbol? (= x 't)) 'True
    symbol? `(hy.I.hy-iolib.cl.definitions.known ~(str x))
    (isinstance x hy.models.Keyword) `(hy.I.hy-iolib.cl.symbols.key ~x.name)
    (not (isinstance x hy.models.Expression)) x
    (and x (= (get x 0) 'unquote)) (get x 1)
    True (do
      (setv tail 'None)
      (for [item (reversed x)]
        (setv tail
              (if (and (isinstance item hy.models.Expression) item (= (get item 0) 'unquote-splice))
                  `(hy.I.hy-iolib.cl.definitions.splice ~(get item 1) ~tail)
                  `(hy.I.hy-iolib.cl.conses.new-cons ~(template item) ~tail))))
      tail)))

(defn splice [items tail]
  (hy.I.hy-iolib.cl.conses.lisp-list* (if (hasattr items "__next__") items (elements items)) tail))

(setv known-symbols {})

(defn known [name]
  "The symbol that a template means by NAME."
  (setv s (.get known-symbols name))
  (when (is s None)
    (setv s (if (.startswith name "sys::")
                (.intern SYSTEM (.upper (cut name 5 None)))
                (cl-symbol name))
          (get known-symbols name) s))
  s)
