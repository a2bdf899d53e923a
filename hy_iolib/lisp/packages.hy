"What a package offers: the names of its modules, their plain aliases for Python, their macros.

Each module lists its public surface with Hy's `export`; a package's `__init__.py` gathers the
modules below it."

(import builtins re sys)

(export :objects [everything-of gather python-alias] :macros [])

;; The one rule for plain names (a Hy name whose mangled form nobody can read): pattern -> alias.
(setv ALIASES [#((re.compile r"\+(.+)\+") (fn [name] (.upper name)))
               #((re.compile r"\*(.+)\*") (fn [name] name))
               #((re.compile r"(.+)=")    (fn [name] (+ name "_eq")))
               #((re.compile r"(.+)\*")   (fn [name] (+ name "_star")))])

(defn python-alias [name]
  "The plain Python name of NAME, a Hy name or its mangled form; None where mangling is plain.

  => (python-alias \"+any-host+\")
  \"ANY_HOST\"
  => (python-alias \"address=\")
  \"address_eq\"
  => (python-alias \"make-socket\")
  None

  Source: hy_iolib's own."
  (setv hy-name (hy.unmangle name))
  (for [[pattern alias] ALIASES]
    (setv found (.fullmatch pattern hy-name))
    (when found
      (return (.replace (alias (get found 1)) "-" "_")))))

(defn gather [namespace #* modules]
  "Offer in NAMESPACE, a package's globals, all that MODULES export: names, aliases and macros; and
  all reader macros that they have. Of a pair of a module and beginnings, the names that begin so."
  (setv names {} macros {} readers {})
  (for [module modules]
    (setv [module beginnings] (if (isinstance module tuple) module [module ""]))
    (for [name module.__all__ :if (.startswith name beginnings)]
      (setv thing (getattr module name)
            (get names name) thing
            alias (when (.startswith name MANGLED) (python-alias name)))
      (when alias
        (setv (get names alias) thing)
        (setattr module alias thing)
        ;; What help and tracebacks call it, and where pickle finds it.
        (when (= (getattr thing "__name__" None) name)
          (setv thing.__name__ alias thing.__qualname__ alias))))
    (for [name module._hy_export_macros]
      (setv (get macros name) (get module._hy_macros name)))
    (.update readers (getattr module "_hy_reader_macros" {})))
  (.update namespace names)
  (.update namespace {"__all__" (list names)
                      "__dir__" (fn []
                                  (if (in-hy? (sys._getframe 1))
                                      (list namespace)
                                      (list (filter readable? namespace))))
                      "_hy_macros" macros
                      "_hy_reader_macros" readers
                      "_hy_export_macros" (list macros)}))

(setv MANGLED "hyx_")

(defn readable? [name]
  (not (.startswith name MANGLED)))

(defn in-hy? [frame]
  "Is the code that runs in FRAME Hy's, or else Python's?"
  (setv file frame.f-code.co-filename
        variables frame.f-globals)
  (cond
    ;; Of Hy itself that is what completes names at its prompt.
    (.endswith file ".py") (= (get variables "__name__") "hy.completer")
    ;; Hy's command line and REPL, and scripts without a suffix: Hy's code begins by importing hy.
    (.startswith file "<") (in "_hy_macros" variables)
    True (or (.endswith file ".hy") (in "hy" variables))))

(defn everything-of [namespace names]
  "The `__getattr__` of a top-level package, which says what its `__all__` is: NAMES to a Hy module; to
  a Python module those that are readable, and shadow no builtin and no module of the standard
  library."
  (setv quiet (lfor name names
                    :if (and (readable? name)
                             (not (hasattr builtins name))
                             (not-in name sys.stdlib-module-names))
                    name))
  (fn [name]
    (when (!= name "__all__")
      (raise (AttributeError (.format "module {!r} has no attribute {!r}" (get namespace "__name__") name))))
    (if (in-hy? (sys._getframe 1)) names quiet)))
