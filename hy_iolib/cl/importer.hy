"`import clock` finds `clock.lisp`: importing this module makes files of Common Lisp importable, from
Hy and Python alike."

(import importlib.machinery [ModuleSpec PathFinder])
(import os)
(import sys)
(import hy-iolib.cl.loading [load-file])

(export :objects [] :macros [])

(defclass LispFinder []
  "Finds NAME.lisp, or with hyphens for underscores, where Python looks for modules."
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
