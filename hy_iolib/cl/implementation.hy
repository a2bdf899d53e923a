"What Common Lisp asks its implementation and its machine."

(import platform)
(eval-when-compile (require hy-iolib.cl.definitions [defcl defcl-macro form]))
(import hy-iolib.cl.conses [lisp-list])
(import hy-iolib.cl.numbers [define-constants])
(import hy-iolib.cl.symbols [cl-symbol])

(export :objects [] :macros [])

(defmacro defanswers [#* rows]
  "Functions without arguments: each row is a name and what it gives."
  `(do ~@(gfor [name answer] rows `(defcl ~name [] ~answer))))

(defanswers
  [lisp-implementation-type "hy_iolib"]
  [lisp-implementation-version (hy.I.importlib.metadata.version "hy_iolib")]
  [machine-instance (or (platform.node) None)]
  [machine-type (or (platform.machine) None)]
  [machine-version (or (platform.processor) None)]
  [software-type (or (platform.system) None)]
  [software-version (or (platform.release) None)]
  [short-site-name None]
  [long-site-name None])

(defcl provide [module] True)

(defcl require [module [pathnames None]]
  ;; What programs require is here from the beginning, or is said to be missing when it is used.
  None)

(defcl function-lambda-expression [function]
  (hy.I.hy-iolib.lisp.multiple-values.values None True (getattr function "__name__" None)))

(defcl compiler-macro-function [name [environment None]] None)

(defcl-macro with-compilation-unit [options #* body]
  (form (progn ~@body)))

;; SBCL's.
(define-constants
  {"array-dimension-limit" 4611686018427387901
   "array-rank-limit" 129
   "array-total-size-limit" 4611686018427387901
   "call-arguments-limit" 4611686018427387903
   "lambda-parameters-limit" 4611686018427387903
   "multiple-values-limit" 4611686018427387903
   "lambda-list-keywords" (lisp-list (map cl-symbol ["&allow-other-keys" "&aux" "&body" "&environment"
                                                     "&key" "&optional" "&rest" "&whole"]))})

(defcl compiled-function-p [x]
  (callable x))
