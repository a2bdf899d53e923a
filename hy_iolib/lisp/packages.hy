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
  all reader macros that they have."
  (setv names {} macros {} readers {})
  (for [module modules]
    (for [name module.__all__]
      (for [known-as [name (when (.startswith name "hyx_") (python-alias name))]]
        (when known-as
          (setv (get names known-as) (getattr module name)))))
    (for [name module._hy_export_macros]
      (setv (get macros name) (get module._hy_macros name)))
    (.update readers (getattr module "_hy_reader_macros" {})))
  (.update namespace names)
  (.update namespace {"__all__" (list names)
                      "_hy_macros" macros
                      "_hy_reader_macros" readers
                      "_hy_export_macros" (list macros)}))

(defn everything-of [namespace names]
  "The `__getattr__` of a top-level package, which says what its `__all__` is: NAMES to a Hy module;
  to a Python module those that shadow no builtin and no module of the standard library."
  (setv quiet (lfor name names
                    :if (not (or (hasattr builtins name) (in name sys.stdlib-module-names)))
                    name))
  (fn [name]
    (when (!= name "__all__")
      (raise (AttributeError (.format "module {!r} has no attribute {!r}" (get namespace "__name__") name))))
    (setv importer (sys._getframe 1)
          file importer.f-code.co-filename
          variables importer.f-globals)
    (if (cond
          (.endswith file ".py") False
          ;; Hy's command line and REPL, and scripts without a suffix: Hy's code begins by importing
          ;; hy.
          (.startswith file "<") (in "_hy_macros" variables)
          True (or (.endswith file ".hy") (in "hy" variables)))
        names
        quiet)))
