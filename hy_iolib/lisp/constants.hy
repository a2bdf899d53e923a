"Constants and what they mean: numbers and addresses have no room for documentation themselves."

(export :objects [] :macros [])

;; Name in Hy -> a sentence or two. Special variables have theirs as `__doc__`.
(setv documentation {})

(defmacro defconstants [#* rows]
  "Of each row, NAME, VALUE and DOCUMENTATION: the constant NAME."
  (setv names (cut rows 0 None 3) values (cut rows 1 None 3) docs (cut rows 2 None 3))
  `(do
     ~@(gfor [name value] (zip names values) `(setv ~name ~value))
     (.update hy.I.hy-iolib.lisp.constants.documentation
              {~@(gfor [name doc] (zip names docs) part [(str name) (.join " " (.split doc))] part)})))
