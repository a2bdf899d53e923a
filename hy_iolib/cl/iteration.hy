"Iteration without clauses: dolist, dotimes, do, do*, prog, prog*."

(eval-when-compile
  (require hy-iolib.cl.definitions [defcl defcl-macro form]))
(import hy-iolib.cl.analysis [tag?])
(import hy-iolib.cl.conses [cons elements lisp-list nil?])
(import hy-iolib.cl.lambda-lists [syntax-error])
(import hy-iolib.cl.loops)
(import hy-iolib.cl.strings [wrong-type])
(import hy-iolib.cl.symbols [cl-symbol symbol])

(export :objects [] :macros [])

(setv DECLARE (cl-symbol "declare") INTEGER (cl-symbol "integer"))

(defn split-body [body]
  "The declarations that BODY begins with, and a form for the others, which may have tags."
  (setv n 0)
  (for [x body]
    (when (not (and (is x.__class__ cons) (is x.car DECLARE)))
      (break))
    (+= n 1))
  (setv forms (cut body n None))
  #((cut body n)
    (if (any (map tag? forms)) [(form (tagbody ~@forms))] forms)))

(defn iteration-parts [operator spec]
  "Variable, form and result form of SPEC."
  (setv parts (if (is spec.__class__ cons) (list (elements spec)) []))
  (when (not (<= 2 (len parts) 3))
    (raise (syntax-error f"{operator}: (variable form [result]) says what to iterate over")))
  [#* parts #* (* [None] (- 3 (len parts)))])

(defcl-macro dolist [spec #* body]
  (setv [variable items result] (iteration-parts "dolist" spec)
        [declarations forms] (split-body body)
        rest (symbol "REST"))
  (form (block nil
          (let ((~rest ~items))
            (sys::while (sys::another ~rest)
              (let ((~variable (sys::inline "A.car" ~rest)))
                ~@declarations
                (setq ~rest (sys::inline "A.cdr" ~rest))
                ~@forms)))
          ~(if (nil? result)
               None
               (form (let ((~variable nil)) ~result))))))

(defcl-macro dotimes [spec #* body]
  (setv [variable times result] (iteration-parts "dotimes" spec)
        [declarations forms] (split-body body)
        literal (is times.__class__ int)
        limit (if literal times (symbol "TIMES"))
        count (form (sys::inline "A if A.__class__ is INT else Y_integer(A)" ~times)))
  (form (block nil
          (let ((~variable 0) ~@(if literal [] [(lisp-list [limit count])]))
            ~@declarations
            (sys::counting ~variable "<" ~limit 1 ~False ~[] ~(not (nil? result)) ~@forms)
            ~result))))

(defcl sys::integer [x]
  (wrong-type x INTEGER))

;; ---- do

(defn do-parts [operator bindings end]
  "Bindings for `let`, pairs of variables and their steps, the end's test and its result forms."
  (setv lets [] steps [])
  (for [b (elements bindings)]
    (setv parts (if (is b.__class__ cons) (list (elements b)) [b]))
    (when (not (<= 1 (len parts) 3))
      (raise (syntax-error f"{operator}: (variable [first [step]]) is a variable")))
    (.append lets (lisp-list (cut parts 2)))
    (when (= (len parts) 3)
      (.append steps (cut parts 0 None 2))))
  (when (is-not end.__class__ cons)
    (raise (syntax-error f"{operator}: (test result…) says when to end")))
  [(lisp-list lets) steps end.car end.cdr])

(defn expand-do-loop [operator binder setter bindings end body]
  (setv [lets steps test results] (do-parts operator bindings end)
        [declarations forms] (split-body body))
  (form (block nil
          (~binder ~lets
            ~@declarations
            (sys::while (if ~test nil t)
              ~@forms
              (~setter ~@(sum steps [])))
            ~@results))))

(defcl-macro do [bindings end #* body]
  (expand-do-loop "do" (cl-symbol "let") (cl-symbol "psetq") bindings end body))

(defcl-macro do* [bindings end #* body]
  (expand-do-loop "do*" (cl-symbol "let*") (cl-symbol "setq") bindings end body))

;; ---- prog

(defn expand-program [binder bindings body]
  (setv [declarations forms] (split-body body))
  (form (block nil (~binder ~bindings ~@declarations ~@forms nil))))

(defcl-macro prog [bindings #* body]
  (expand-program (cl-symbol "let") bindings body))

(defcl-macro prog* [bindings #* body]
  (expand-program (cl-symbol "let*") bindings body))
