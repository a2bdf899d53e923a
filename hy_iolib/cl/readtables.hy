"Readtables: what characters mean to the reader, where a program changes that, and the case of
symbols."

(eval-when-compile
  (require hy-iolib.cl.definitions [defcl]
           hy-iolib.cl.calling [defsetter]))
(import hy)
(import hy-iolib.cl.characters [characters])
(import hy-iolib.cl.classes :as classes)
(import hy-iolib.cl.conses [nil?])
(import hy-iolib.cl.definitions [functions])
(import hy-iolib.cl.printer :as printer)
(import hy-iolib.cl.printer [lisp-special])
(import hy-iolib.cl.symbols [cl-symbol key])
(import hy-iolib.lisp.checking [refuse])
(import hy-iolib.lisp.handlers [signal-error])
(import hy-iolib.lisp.multiple-values [values])

(export :objects [readtable] :macros [])

(setv UNGIVEN (object)
      CASES (dfor name ["upcase" "downcase" "preserve" "invert"] name (key name))
      WHITE-CHARACTERS (frozenset " \t\n\f\r")
      ;; What a character is, if it is no constituent.
      STANDARD-SYNTAX {#** (dfor c WHITE-CHARACTERS c "whitespace")
                       #** (dfor c "()'\";`," c "terminating")
                       "#" "non-terminating" "\\" "single-escape" "|" "multiple-escape"}
      MACRO #("terminating" "non-terminating"))

(defclass readtable []
  "CASE is a name of CASES. Of what a program has changed: SYNTAX, what a character is; MACROS, a
  macro character's function; DISPATCH, that of a dispatching macro character and what is behind it.
  The reader is fast where nothing is CHANGED."
  (setv __slots__ #("case" "syntax" "macros" "dispatch" "changed"))

  (defn __init__ [self]
    (setv self.case "upcase" self.syntax {} self.macros {} self.dispatch {} self.changed False))

  (defn become [self other]
    (setv self.case other.case
          self.syntax (dict other.syntax)
          self.macros (dict other.macros)
          self.dispatch (dict other.dispatch)
          self.changed other.changed))

  (defn kind-of [self c]
    (or (.get self.syntax c) (.get STANDARD-SYNTAX c "constituent")))

  (defn macro [self c]
    "The function of the macro character C; None if it is none."
    (if (in (.kind-of self c) MACRO)
        (or (.get self.macros c) (standard-macro c))
        None))

  (defn change [self c kind [macro None]]
    (setv (get self.syntax c) kind
          self.changed True)
    (if macro
        (setv (get self.macros c) macro)
        (.pop self.macros c None))))

(setv (get classes.of-python readtable) (get (. (cl-symbol "readtable") info) "class")
      *readtable* (lisp-special "*readtable*" (readtable)))

(defclass standard-macro []
  "What the reader itself does where CHARACTER stands in the standard syntax."
  (setv __slots__ #("character" "__weakref__"))
  (defn __init__ [self character]
    (setv self.character character))
  (defn __call__ [self stream char]
    (hy.I.hy-iolib.cl.reader-algorithm.read-standard self.character stream)))

(defclass dispatcher []
  "A macro character of a program's that dispatches as # does."
  (defn __call__ [self stream char]
    (hy.I.hy-iolib.cl.reader-algorithm.read-dispatched char stream)))

(defn checked [x]
  (cond
    (isinstance x readtable) x
    (nil? x) (readtable)
    True (refuse None x "READTABLE")))

(defn table-of [x]
  (if (is x UNGIVEN) *readtable*.value (checked x)))

(defcl readtablep [x]
  "Is X a readtable?"
  (isinstance x readtable))

(defcl copy-readtable [[from UNGIVEN] [to None]]
  "A copy of the readtable FROM, nil for the standard one; TO becomes it, if it is given."
  (setv to (if (nil? to) (readtable) (checked to)))
  (.become to (table-of from))
  to)

(defcl readtable-case [table]
  "What becomes of the case of symbols: `:upcase`, `:downcase`, `:preserve` or `:invert`."
  (get CASES (. (checked table) case)))

(defsetter readtable-case [case table]
  (setv name (next (gfor [name k] (.items CASES) :if (is k case) name) None))
  (when (is name None)
    (refuse None case "(MEMBER :UPCASE :DOWNCASE :PRESERVE :INVERT)"))
  ;; The printer asks only once there may be another case than the usual one.
  (setv (. (checked table) case) name
        printer.readtable-case-hook (fn [] (. *readtable* value case)))
  case)

(defcl set-macro-character [char function [non-terminating-p None] [table UNGIVEN]]
  "Let FUNCTION, of a stream and the character, read what begins with CHAR."
  (.change (table-of table) char (get MACRO (if (nil? non-terminating-p) 0 1)) function)
  True)

(defcl get-macro-character [char [table UNGIVEN]]
  "The function that reads what begins with CHAR, or nil; and whether tokens may have CHAR."
  (setv table (table-of table))
  (values (.macro table char) (if (= (.kind-of table char) "non-terminating") True None)))

(defcl set-syntax-from-char [to-char from-char [to-table UNGIVEN] [from-table None]]
  "Let TO-CHAR be what FROM-CHAR is, by default in the standard readtable."
  (setv from (checked from-table))
  (.change (table-of to-table) to-char (.kind-of from from-char) (.macro from from-char))
  True)

(defcl make-dispatch-macro-character [char [non-terminating-p None] [table UNGIVEN]]
  "Let what is behind CHAR, and perhaps a number, say what is read."
  (.change (table-of table) char (get MACRO (if (nil? non-terminating-p) 0 1)) (dispatcher))
  True)

(defn check-dispatching [char table]
  (setv f (.macro table char))
  (when (not (or (isinstance f dispatcher)
                 (and (isinstance f standard-macro) (= f.character "#"))))
    (signal-error "~S is not a dispatch macro character." char)))

(defcl set-dispatch-macro-character [char sub-char function [table UNGIVEN]]
  "Let FUNCTION, of a stream, the sub-character and a number or nil, read what begins with CHAR, a
  dispatching macro character, and SUB-CHAR."
  (setv table (table-of table))
  (check-dispatching char table)
  (setv (get table.dispatch #(char (.upper sub-char))) function
        table.changed True)
  True)

(defcl get-dispatch-macro-character [char sub-char [table UNGIVEN]]
  "The function for SUB-CHAR behind CHAR, a dispatching macro character, or nil."
  (setv table (table-of table))
  (check-dispatching char table)
  (.get table.dispatch #(char (.upper sub-char))))
