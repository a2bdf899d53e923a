"What a package offers: the names of its modules, their plain aliases for Python, their macros.

Each module lists its public surface with Hy's `export`; a package's `__init__.py` gathers the
modules below it."

(import re)

(export :objects [gather python-alias] :macros [])

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
  None"
  (setv hy-name (hy.unmangle name))
  (for [[pattern alias] ALIASES]
    (setv found (.fullmatch pattern hy-name))
    (when found
      (return (.replace (alias (get found 1)) "-" "_")))))

(defn gather [namespace #* modules]
  "Offer in NAMESPACE, a package's globals, all that MODULES export: names, aliases and macros."
  (setv names [] macros {})
  (for [module modules]
    (for [name module.__all__]
      (for [known-as [name (when (.startswith name "hyx_") (python-alias name))]]
        (when known-as
          (setv (get namespace known-as) (getattr module name))
          (.append names known-as))))
    (for [name module._hy_export_macros]
      (setv (get macros name) (get module._hy_macros name))))
  (.update namespace {"__all__" names
                      "_hy_macros" macros
                      "_hy_export_macros" (list macros)}))
