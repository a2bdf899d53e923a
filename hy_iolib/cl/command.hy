"`python -m hy_iolib load`: loads files, evaluates forms, says in a line what is wrong."

(import os sys traceback)
(import hy-iolib.cl.evaluation [evaluate])
(import hy-iolib.cl.loading [check-files load-file trouble-text])
(import hy-iolib.cl.packages [*package*])
(import hy-iolib.cl.reader [END reader])
(import hy-iolib.cl.symbols [COMMON-LISP COMMON-LISP-USER fbound packages symbol])

(export :objects [] :macros [])

(defn load [files forms check list-operators]
  "The command; its exit status."
  (when list-operators
    (for [name (operators)]
      (print name))
    (return 0))
  (for [stream [sys.stdout sys.stderr]]
    (when (hasattr stream "reconfigure")
      (.reconfigure stream :encoding "utf-8")))
  (when check
    (setv [errors warnings] (check-files files))
    (for [line errors] (print line))
    (for [line warnings] (print line "(warning)"))
    (return (if errors 1 0)))
  (setv status 0)
  (try
    (for [file files]
      (load-file file))
    (for [text forms]
      (with [_ (.let *package* COMMON-LISP-USER)]
        (for [x (reader text "-e")]
          (evaluate x))))
    (except [KeyboardInterrupt]
      (setv status 130))
    (except [e SystemExit]
      (setv status (or e.code 0)))
    (except [e BaseException]
      (setv status 1)
      (sys.stdout.flush)
      (setv text (trouble-text e))
      (if text
          (print text :file sys.stderr)
          (traceback.print-exception (type e) e e.__traceback__))))
  (try
    (sys.stdout.flush)
    (except [OSError]))
  status)

(defn operators []
  "The names of all operators that programs can use, sorted."
  (import hy-iolib.cl.analysis [special-operators])
  (setv names (set))
  (for [p (set (.values packages))]
    (for [[name s] (.items p.present)]
      (when (and (isinstance s symbol) (is s.package p) (!= p.name "SYSTEM")
                 (or (is-not (fbound s) None) (in "macro" s.info) (in s special-operators)))
        (.add names (.lower (if (is p COMMON-LISP) name f"{p.name}:{name}"))))))
  (sorted names))
