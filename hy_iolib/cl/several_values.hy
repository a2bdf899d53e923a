"`values` and `values-list` as functions; the compiler knows `values` itself."

(eval-when-compile (require hy-iolib.cl.definitions [defcl]))
(import hy-iolib.cl.conses [elements])
(import hy-iolib.lisp.multiple-values [primary-value])
(import hy-iolib.lisp.multiple-values :as lib)

(export :objects [] :macros [])

(defn several [items]
  (if (= (len items) 1)
      (get items 0)
      (tuple.__new__ lib.values items)))

(defcl values [#* items]
  "The values ITEMS."
  (several items))

(defcl values-list [items]
  "The elements of the list ITEMS as values."
  (several (tuple (elements items))))
