"What compiled code imports: the names that templates and nodes use. `F_name` is Common Lisp's
function NAME, `Y_name` one of SYSTEM, `O_name` what `#'name` is."

(import fractions [Fraction])
(import pickle)
(import threading [get-ident])
(import hy)
(eval-when-compile (require hy-iolib.cl.definitions [defcl]))
(import hy-iolib.cl.arrays [adjustable-vector mutable-string octet-vector vector])
(import hy-iolib.cl.characters [character characters])
(import hy-iolib.cl.conses [cons new-cons elements lisp-list lisp-list* nil?])
(import hy-iolib.cl.definitions [functions SYSTEM])
(import hy-iolib.cl.errors [program-error simple-program-error undefined-function unbound-variable])
(import hy-iolib.cl.symbols
  [COMMON-LISP KEYWORD cl-symbol fbound intern-in key special-of symbol symbol-name])
(import hy-iolib.lisp.conditions [control-error])
(import hy-iolib.lisp.handlers [signal-error])
(import hy-iolib.lisp.keywords [keyword])
(import hy-iolib.lisp.multiple-values [multiple-value-list primary-value values values-to-fit])
(import hy-iolib.lisp.specials [bound special UNBOUND])

(export :objects [] :macros [])

(setv CONS cons NEW_CONS new-cons INT int STR str LEN len DIVMOD divmod ORD ord CHR chr PYLIST list
      VALUES values NEW tuple.__new__ FIT values-to-fit ALL_VALUES multiple-value-list
      CHARACTER character CHARACTERS characters GLOBALS globals INTERN intern-in SYMBOL symbol
      KEYWORD_NAMED key PRIMARY primary-value LIST_OF lisp-list SPECIAL_OF special-of
      LIST_AND_TAIL lisp-list* RATIO Fraction UNPICKLED pickle.loads
      UNSUPPLIED (object)
      VECTOR vector FUNCTION (type nil?)
      ;; Not those with a fill pointer: what is behind it is theirs, too.
      INDEXABLE (frozenset [vector tuple bytearray bytes])
      SETTABLE (frozenset [vector bytearray])
      SIZED (frozenset [str vector tuple bytearray bytes octet-vector adjustable-vector]))

(defn CHANGEABLE [x]
  "X or, where it is a string of Python's, one that can be changed."
  (if (is x.__class__ str) (mutable-string x) x))

(defn FUNCTION_OF [x]
  "The function that X designates."
  (import hy-iolib.cl.calling [function-of])
  (function-of x))

(defn DOUBLE [x]
  (import hy-iolib.cl.numbers [double-float])
  (double-float x))

(defn SET_AREF [value array index]
  (import hy-iolib.cl.vectors [set-aref])
  (set-aref value array index))

(defn __getattr__ [name]
  (setv kind (cut name 2) own (cut name 2 None))
  (cond
    (= name "HASH_TABLE") hy.I.hy-iolib.cl.hash-tables.hash-table
    (= name "STRING_OUTPUT") hy.I.hy-iolib.cl.string-streams.string-output-stream
    (and (= kind "F_") (in own by-python-name)) (get by-python-name own)
    (and (= kind "Y_") (in (+ "sys::" own) by-python-name)) (get by-python-name (+ "sys::" own))
    (= kind "W_") (get (. (get COMMON-LISP.present (.upper (hy.unmangle own))) info) "setf")
    (and (= kind "O_") (in own by-python-name)) (function-object (get by-python-name own))
    True (raise (AttributeError name))))

;; Mangled name -> function; made when the package is complete.
(setv by-python-name {})

(defn index-functions []
  (for [[name f] (.items functions)]
    (setv [package _ own] (.rpartition name "::"))
    (cond
      (not package) (setv (get by-python-name (hy.mangle own)) f)
      (= package "sys") (setv (get by-python-name (+ "sys::" (hy.mangle own))) f))))

;; ---- Functions

(defn python-parameters [f]
  "Of the Python function F: how many positional parameters are required, how many are optional,
  whether there may be more, and the names of those that are keyword-only."
  (setv f (getattr f "__wrapped__" f)
        code (getattr f "__code__" None))
  (if (is code None)
      #(0 0 True #())
      (do
        (setv optional (len (or f.__defaults__ #())))
        #((- code.co-argcount optional)
          optional
          (bool (& code.co-flags 4))
          (cut code.co-varnames code.co-argcount (+ code.co-argcount code.co-kwonlyargcount))))))

(setv objects {})

(defn function-object [f]
  "F as a Lisp function: keywords may stand among its arguments."
  (setv known (.get objects f))
  (when (is known None)
    (setv [required optional rest words] (python-parameters f)
          places (+ required optional)
          names (dfor w words (.intern KEYWORD (.upper (hy.unmangle w))) w))
    (setv known
          (if (or (not names) rest)
              f
              (do
                (defn adapted [#* arguments #** named]
                  (if (> (len arguments) places)
                      (f #* (cut arguments places)
                         #** (named-arguments (cut arguments places None) names f) #** named)
                      (f #* arguments #** named)))
                (setv adapted.__name__ f.__name__ adapted.__wrapped__ f)
                adapted))
          (get objects f) known))
  known)

(defn named-arguments [arguments names f]
  (when (% (len arguments) 2)
    (wrong-arguments f.__name__ "an odd number of keyword arguments"))
  (setv result {} allow False)
  (for [i (range 0 (len arguments) 2)]
    (setv k (get arguments i) name (.get names k) value (get arguments (+ i 1)))
    (cond
      (is-not name None) (.setdefault result name value)
      (is k ALLOW) (setv allow (or allow (not (nil? value))))
      True (setv unknown k)))
  (when (and (not allow) (!= (len result) (// (len arguments) 2)))
    (for [k (cut arguments 0 None 2)]
      (when (and (not-in k names) (is-not k ALLOW))
        (wrong-arguments f.__name__ f"unknown keyword argument {k !r}"))))
  result)

(setv ALLOW (key "allow-other-keys"))

(defn wrong-arguments [name message]
  (signal-error program-error (+ (hy.unmangle name) ": " message)))

(defn KEYS [arguments words values allow]
  "VALUES, a tuple, with what ARGUMENTS, keywords and values, say for WORDS: the first of each counts."
  (setv count (len arguments))
  (when (% count 2)
    (signal-error simple-program-error :format-control "odd number of &KEY arguments"))
  (setv found (list values) seen 0)
  (for [i (range (- count 2) -1 -2)]
    (setv k (get arguments i))
    (for [[j word] (enumerate words)]
      (when (is k word)
        (setv (get found j) (get arguments (+ i 1)))
        (+= seen 1)
        (break))))
  (when (and (!= seen (// count 2)) (not allow))
    (for [i (range 0 count 2)]
      (when (and (is (get arguments i) ALLOW) (not (nil? (get arguments (+ i 1)))))
        (return (tuple found))))
    (for [i (range 0 count 2)]
      (setv k (get arguments i))
      (when (not (or (is k ALLOW) (any (gfor w words (is k w)))))
        (signal-error simple-program-error :format-control "Unknown &KEY argument: ~S"
                      :format-arguments #(k)))))
  (tuple found))

(defn WITH_NAMED [rest words values]
  "REST, arguments, and behind them those that were given as Python's keyword arguments."
  (setv more [])
  (for [[w v] (zip words values)]
    (when (is-not v UNSUPPLIED)
      (.extend more [w v])))
  (if more #(#* rest #* more) rest))

(defn ALL_ARGUMENTS [rest named]
  (setv more [])
  (for [[name v] (.items named)]
    (.extend more [(.intern KEYWORD (.upper (hy.unmangle name))) v]))
  (if more #(#* rest #* more) rest))

(defn SPREAD [x]
  "What `apply` spreads: X as a Python sequence."
  (cond
    (nil? x) #()
    (isinstance x #(list tuple)) x
    True (signal-error hy.I.hy-iolib.lisp.conditions.type-error :datum x :expected-type "a list")))

(defn DEFUN [s f namespace]
  (setv f.__qualname__ f.__name__
        s.function f)
  (.pop s.info "foreign" None)
  (setv (get namespace f.__name__) f)
  s)

(defn DEFUN_SETF [s f namespace]
  (setv f.__qualname__ (+ "setf_" f.__name__)
        (get s.info "setf") f)
  (lisp-list [(cl-symbol "setf") s]))

(defn DEFMACRO [s f documentation]
  (setv (get s.info "macro") f)
  (note-documentation s "function" documentation)
  s)

(defn note-documentation [s kind text]
  "What `(documentation s kind)` gives."
  (when (is-not text None)
    (setv (get s.info f"documentation-{kind}") text)))

(defn SETF_FUNCTION [s]
  (setv f (.get s.info "setf"))
  (when (is f None)
    (signal-error undefined-function :name s :setf True))
  f)

;; ---- Variables

(defclass lisp-special [special]
  "A special variable of a program: it may have no value."
  (defn [property] value [self]
    (setv v (.get self._binding))
    (if (is v UNBOUND)
        (if (is self._global UNBOUND)
            (signal-error unbound-variable :name self.symbol)
            self._global)
        v))
  (defn [value.setter] value [self v]
    (if (is (.get self._binding) UNBOUND)
        (setv self._global v)
        (.set self._binding v)))
  (defn __bool__ [self]
    (not (nil? self.value)))
  (defn __repr__ [self]
    (object.__repr__ self)))

(defn proclaim-special [s]
  "Make S the name of a special variable, which has no value yet."
  (setv (get s.info "special") True)
  (ENSURE_SPECIAL s))

(defn BIND [variable value]
  (setv binding variable._binding
        old (.get binding))
  (.set binding value)
  old)

(defn UNBIND [variable old]
  (.set variable._binding old))

(defn ENSURE_SPECIAL [s]
  "The special variable of S; a new one if there is none."
  (setv variable (special-of s))
  (when (is variable None)
    (setv variable (lisp-special (.lower s.name) UNBOUND)
          variable.symbol s
          s.variable variable))
  variable)

(defn SET_GLOBAL [s value]
  "Set S, of which nobody said what it is: Common Lisp's implementations make it a global variable."
  (setv variable (ENSURE_SPECIAL s)
        variable.value value)
  value)

(defn DEFVAR [s make-value namespace always documentation]
  (setv variable (proclaim-special s))
  (note-documentation s "variable" documentation)
  (when (and make-value
             (or always (and (is (getattr variable "_global" UNBOUND) UNBOUND))))
    (setv variable._global (primary-value (make-value))))
  (export-variable namespace s variable)
  s)

(defn export-variable [namespace s variable]
  (import hy-iolib.cl.emission [python-name])
  (import hy-iolib.lisp.packages [python-alias])
  (setv name (python-name s.name))
  (for [n [name (python-alias (hy.mangle (.lower s.name)))]]
    (when n
      (.setdefault namespace n variable))))

(defn DEFCONSTANT [s value namespace documentation]
  (note-documentation s "variable" documentation)
  (import hy-iolib.cl.emission [python-name])
  (import hy-iolib.lisp.packages [python-alias])
  (when (not-in "constant" s.info)
    (setv (get s.info "constant") value))
  (for [n [(python-name s.name) (python-alias (hy.mangle (.lower s.name)))]]
    (when n
      (.setdefault namespace n value)))
  s)

(defn CONSTANT_OF [s]
  (get s.info "constant"))

(defn PROCLAIMED [s]
  (if (is (special-of s) None)
      (proclaim-special s)
      s.variable))

(defn PROCLAIM [declaration]
  (for [s declaration.cdr]
    (proclaim-special s)))

(defn DEFINE_SYMBOL_MACRO [s expansion]
  (setv (get s.info "symbol-macro") expansion)
  s)

(defn ACCESSOR_CLASS [s]
  (get s.info "slot-accessor" 0))

(defn PROGV [symbols values]
  "Bindings of special variables whose names are known at run time only."
  (setv values (list (elements values)))
  (bound (lfor [i s] (enumerate (elements symbols))
               #((ENSURE_SPECIAL s) (if (< i (len values)) (get values i) UNBOUND)))))

;; ---- Values and exits

(defclass EXIT [BaseException]
  "The way out of a block, from an inner function or an inner loop. Not for `except`."
  (setv result None over False))

(defn LEAVE [token value]
  "TOKEN, the way out of a block, with the VALUE of this."
  (when token.over
    (signal-error control-error "attempt to leave a block, or to go to a tag, that is over"))
  (setv token.result value)
  token)

(defclass Catcher []
  "What `catch` establishes: `throw` finds it by its tag."
  (setv __slots__ #("tag" "kind" "outer"))
  (defn __init__ [self tag] (setv self.tag tag self.kind EXIT self.outer None))
  (defn __enter__ [self]
    (setv thread (get-ident)
          self.outer (.get catchers thread)
          (get catchers thread) self)
    self)
  (defn __exit__ [self #* _]
    (if (is self.outer None)
        (.pop catchers (get-ident) None)
        (setv (get catchers (get-ident)) self.outer))
    False))

;; Thread -> its innermost catcher.
(setv catchers {})

(defclass THROWN [EXIT]
  (defn __init__ [self catcher items]
    (setv self.catcher catcher
          self.result (values #* items))))

(defn THROW [tag items]
  (setv c (.get catchers (get-ident)))
  (while (and c (not (or (is c.tag tag) (and (isinstance tag int) (= c.tag tag)))))
    (setv c c.outer))
  (when (is c None)
    (import hy-iolib.cl.printer [prin1-text])
    (signal-error control-error (+ "attempt to THROW to a tag that does not exist: " (prin1-text tag))))
  (raise (THROWN c items)))

(defcl sys::catcher [tag] (Catcher tag))

(defcl sys::thrown-values [catcher e]
  (if (is (getattr e "catcher" None) catcher)
      e.result
      (raise e)))

;; ---- Places

(defcl sys::put-getf [plist indicator value]
  "PLIST with VALUE for INDICATOR: changed where it has that, else longer in front."
  (setv rest plist)
  (while (is rest.__class__ cons)
    (when (is rest.car indicator)
      (setv rest.cdr.car value)
      (return plist))
    (setv rest rest.cdr.cdr))
  (new-cons indicator (new-cons value plist)))

(defcl sys::without-property [plist indicator]
  (setv rest plist before None)
  (while (is rest.__class__ cons)
    (when (is rest.car indicator)
      (return (if before
                  (do
                    (setv before.cdr.cdr rest.cdr.cdr)
                    (tuple.__new__ values #(plist True)))
                  (tuple.__new__ values #(rest.cdr.cdr True)))))
    (setv before rest rest rest.cdr.cdr))
  (tuple.__new__ values #(plist None)))

(defcl sys::set-setter [s function]
  (setv (get s.info "setf") function)
  s)

(defcl sys::set-setf-expander [s function]
  (setv (get s.info "setf-expander") function)
  s)

(defcl sys::temporary [x]
  (symbol "TEMPORARY"))
