"`import clock` finds `clock.lisp`: importing this module makes files of Common Lisp importable, from
Hy and Python alike. `import my_server` finds `my_server.lisp` or `my-server.lisp`. What the module has,
and what goes wrong, is as `load-file` says.

>>> import hy_iolib.cl.importer, pathlib, sys, tempfile
>>> with tempfile.TemporaryDirectory() as folder:
...     path = pathlib.Path(folder, \"my-greeting.lisp\")
...     length = path.write_text('(defun greet (name) (format nil \"hello ~A\" name))')
...     sys.path.insert(0, folder)
...     import my_greeting
...     sys.path.remove(folder)
>>> my_greeting.greet(\"you\")
'hello you'

Source: hy_iolib's own; Python's importlib."

(import importlib.machinery [ModuleSpec PathFinder])
(import os)
(import sys)
(import hy-iolib.cl.loading [load-file])

(export :objects [] :macros [])

(defclass LispFinder []
  "Finds NAME.lisp, or with hyphens for underscores, where Python looks for modules. One stands last in
  `sys.meta_path`, so a Python module of that name comes first.

  Source: Python's importlib."
  (defn [classmethod] find-spec [cls name [path None] [target None]]
    (setv own (get (.rpartition name ".") 2))
    (for [folder (if (is path None) sys.path path)]
      (for [base [own (.replace own "_" "-")]]
        (setv file (os.path.join (or folder ".") (+ base ".lisp")))
        (when (os.path.isfile file)
          (setv spec (ModuleSpec name (LispLoader (os.path.abspath file))
                                 :origin (os.path.abspath file)))
          (setv spec.has-location True)
          (return spec))))
    None))

(defclass LispLoader []
  "Loads a file that `LispFinder` has found, by `load-file`.

  Source: Python's importlib."
  (defn __init__ [self path] (setv self.path path))
  (defn create-module [self spec] None)
  (defn exec-module [self module]
    (load-file self.path module.__dict__))
  (defn get-filename [self name] self.path)
  (defn get-source [self name]
    (with [f (open self.path :encoding "utf-8")]
      (.read f))))

(when (not-in LispFinder sys.meta-path)
  (.append sys.meta-path LispFinder))
