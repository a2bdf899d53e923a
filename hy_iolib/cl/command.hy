"`python -m hy_iolib load`: loads files, evaluates forms, says in a line what is wrong."

(import os sys traceback)
(import hy-iolib.cl.evaluation [evaluate])
(import hy-iolib.cl.loading [check-files load-file trouble-text])
(import hy-iolib.cl.packages [*package*])
(import hy-iolib.cl.reader [END reader])
(import hy-iolib.cl.symbols [COMMON-LISP COMMON-LISP-USER fbound packages symbol])

(export :objects [] :macros [])

(defn load [files forms check list-operators]
  "`python -m hy_iolib load`; its exit status. Load FILES, a list of paths, in their order, then evaluate
  FORMS, a list of texts, in the package COMMON-LISP-USER. With CHECK print what `check-files` finds,
  with LIST-OPERATORS the names of the operators; then nothing is run. The status is 1 when something is
  wrong, 130 after an interrupt, and what a program says that quits.

  => (import hy-iolib.cl.command [load])
  => (load [] [\"(+ 1 1)\"] False False)
  0

  >>> from hy_iolib.cl.command import load
  >>> load([], ['(format t \"hello~%\")'], False, False)
  hello
  0

  Source: hy_iolib's own."
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
  "The names of all operators that programs can use, sorted, `package:name` outside of COMMON-LISP.

  => (import hy-iolib.cl.command [operators])
  => (in \"multiple-value-bind\" (operators))
  True

  >>> from hy_iolib.cl.command import operators
  >>> \"multiple-value-bind\" in operators()
  True

  Source: hy_iolib's own."
  (import hy-iolib.cl.analysis [special-operators])
  (setv names (set))
  (for [p (set (.values packages))]
    (for [[name s] (.items p.present)]
      (when (and (isinstance s symbol) (is s.package p) (!= p.name "SYSTEM")
                 (or (is-not (fbound s) None) (in "macro" s.info) (in s special-operators)))
        (.add names (.lower (if (is p COMMON-LISP) name f"{p.name}:{name}"))))))
  (sorted names))
