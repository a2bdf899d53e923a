"Readtables: the case of symbols, and macro characters that a program defines. What the standard's
own macro characters do, the reader knows; no program can change that."

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
      STANDARD "()'\";`,#")

(defclass readtable []
  "CASE, a name of CASES; MACROS, character -> function and whether it may stand within a token;
  DISPATCH, character behind # -> function. PATTERN is the reader's."
  (setv __slots__ #("case" "macros" "dispatch" "pattern"))

  (defn __init__ [self [case "upcase"] [macros #()] [dispatch #()]]
    (setv self.case case self.macros (dict macros) self.dispatch (dict dispatch)
          self.pattern None)))

(setv (get classes.of-python readtable) (get (. (cl-symbol "readtable") info) "class")
      *readtable* (lisp-special "*readtable*" (readtable)))

;; The printer asks only once there may be another case than the usual one.
(defn set-case [table case]
  (setv table.case case
        printer.readtable-case-hook (fn [] (. *readtable* value case))))

(defn checked [x]
  (cond
    (isinstance x readtable) x
    (nil? x) (readtable)
    True (refuse None x "READTABLE")))

(defcl readtablep [x]
  "Is X a readtable?"
  (isinstance x readtable))

(defcl copy-readtable [[from UNGIVEN] [to None]]
  "A copy of the readtable FROM, nil for the standard one; TO becomes it, if it is given."
  (setv from (if (is from UNGIVEN) *readtable*.value (checked from))
        to (if (nil? to) (readtable) (checked to)))
  (setv to.macros (dict from.macros)
        to.dispatch (dict from.dispatch)
        to.pattern None
        to.case from.case)
  to)

(defcl readtable-case [table]
  "What becomes of the case of symbols: `:upcase`, `:downcase`, `:preserve` or `:invert`."
  (get CASES (. (checked table) case)))

(defsetter readtable-case [case table]
  (setv name (next (gfor [name k] (.items CASES) :if (is k case) name) None))
  (when (is name None)
    (refuse None case "(MEMBER :UPCASE :DOWNCASE :PRESERVE :INVERT)"))
  (set-case (checked table) name)
  case)

(defn current [x]
  (if (is x UNGIVEN) *readtable*.value (checked x)))

(defn define [table kind x f]
  (setv (get (getattr table kind) x) f
        table.pattern None)
  True)

(defcl set-macro-character [char function [non-terminating-p None] [table UNGIVEN]]
  "Let FUNCTION, of a stream and the character, read what begins with CHAR."
  (cond
    (not-in char STANDARD)
      (define (current table) "macros" char #(function (not (nil? non-terminating-p))))
    (isinstance function standard-macro) True
    True (signal-error "~S is a macro character already: it can't be another one here." char)))

(defcl get-macro-character [char [table UNGIVEN]]
  "The function that reads what begins with CHAR, or nil; and whether tokens may have CHAR."
  (if (in char STANDARD)
      (values (standard-macro char) (= char "#"))
      (values #* (.get (. (current table) macros) char #(None None)))))

(defcl set-dispatch-macro-character [char sub-char function [table UNGIVEN]]
  "Let FUNCTION, of a stream, the sub-character and a number or nil, read what begins with CHAR,
  which is #, and SUB-CHAR."
  (if (= char "#")
      (define (current table) "dispatch" (get characters (.lower sub-char)) function)
      (signal-error "~S is not a dispatch macro character." char)))

(defcl get-dispatch-macro-character [char sub-char [table UNGIVEN]]
  (if (= char "#")
      (.get (. (current table) dispatch) (.lower sub-char))
      (signal-error "~S is not a dispatch macro character." char)))

(defclass standard-macro []
  "What the reader does by itself, as a function of a stream and a character."
  (defn __init__ [self character]
    (setv self.character character))

  (defn __call__ [self stream char]
    (cond
      (= self.character ")")
        (signal-error hy.I.hy-iolib.cl.reader.lisp-reader-error
          :message "unmatched close parenthesis" :stream stream)
      (= self.character ";")
        (do
          ((get functions "read-line") stream None)
          (values))
      True
        (do
          ((get functions "unread-char") char stream)
          ((get functions "read-preserving-whitespace") stream True None True)))))
