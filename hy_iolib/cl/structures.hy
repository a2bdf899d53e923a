"`defstruct`: structures are instances of Python's classes with `__slots__`, or lists and vectors."

(eval-when-compile (require hy-iolib.cl.definitions [defcl defcl-macro form]))
(import operator [attrgetter])
(import hy)
(import hy-iolib.cl.printer :as printer)
(import hy-iolib.cl.classes [find-class-or-none name-class])
(import hy-iolib.cl.conses [cons elements lisp-list nil?])
(import hy-iolib.cl.emission [python-name])
(import hy-iolib.cl.generic-functions [LAMBDA-LIST-KEYWORDS])
(import hy-iolib.cl.objects [attribute-of option-pairs quoted])
(import hy-iolib.cl.symbols [cl-symbol key symbol symbol? symbol-name])
(import hy-iolib.lisp.conditions [type-error])
(import hy-iolib.lisp.handlers [signal-error])

(export :objects [structure-object structure-slots] :macros [])

(defclass structure-object []
  "The class of all structures that are neither lists nor vectors."
  (setv __slots__ #("__weakref__")
        lisp-metaclass "STRUCTURE-CLASS"
        lisp-name (cl-symbol "structure-object")
        structure-slots #()
        _structure None
        ;; `(setf slot-value)` looks for instances' values there.
        __dict__ (property (fn [self] {})))
  (defn __repr__ [self]
    (printer.repr-of self)))

(name-class structure-object.lisp-name structure-object)

(defclass Structure []
  "What a `defstruct` says. SLOTS are all of them, those that are included first. In a list or
  vector there may be a symbol among them, the structure's name, and None for what is skipped."
  (setv __slots__ #("name" "slots" "constructor"))
  (defn __init__ [self name slots constructor]
    (setv self.name name self.slots slots self.constructor constructor)))

(defclass StructureSlot []
  (setv __slots__ #("name" "attribute" "initform" "type" "read_only"))
  (defn __init__ [self name [initform None] [type True] [read-only None]]
    (setv self.name name self.attribute (attribute-of name) self.initform initform self.type type
          self.read-only (not (nil? read-only)))))

(defn structure-slots [x]
  "The structure X as #(name [#(slot-name value)…]); None if it is no structure."
  (if (isinstance x structure-object)
      (do
        (setv s x._structure)
        #(s.name (lfor slot s.slots #((symbol-name slot.name) (getattr x slot.attribute)))))
      None))

(setv printer.structure-hook structure-slots)

;; ---- At run time

(defn structure-of [name]
  "The Structure called NAME."
  (or (.get name.info "structure")
      (signal-error "~S is not a defined structure type." name)))

(defcl sys::define-structure [name include slot-specs accessors predicate copier constructor
                              documentation namespace]
  "What `defstruct` without :type expands to, but for its constructors."
  (setv slots (lfor s (elements slot-specs) (StructureSlot #* (elements s)))
        base (if (is include None) structure-object (find-class-or-none include))
        structure (Structure name slots constructor)
        old (find-class-or-none name))
  (setv cls (if (and (isinstance old type) (same-structure old base structure))
                old
                (structure-class name base slots)))
  (setv cls._structure structure
        cls.__doc__ documentation
        (get name.info "structure") structure)
  (when (is-not cls old)
    (name-class name cls))
  (.setdefault namespace (python-name name.name) cls)
  (for [[slot accessor] (zip slots (elements accessors))]
    (define-accessor cls slot accessor namespace))
  (when (not (nil? predicate))
    (put-function namespace predicate (fn [x] (if (isinstance x cls) True None))))
  (when (not (nil? copier))
    (put-function namespace copier (fn [x] (copied (checked x cls)))))
  name)

(defn same-structure [cls base structure]
  (setv old (.get cls.__dict__ "_structure"))
  (and old (is cls.__base__ base)
       (= (lfor s old.slots s.attribute) (lfor s structure.slots s.attribute))))

(defn structure-class [name base slots]
  (setv included (if base._structure (len base._structure.slots) 0)
        python-name (hy.mangle (.lower (symbol-name name))))
  (type python-name #(base)
        {"__slots__" (tuple (gfor s (cut slots included None) s.attribute))
         "__init__" (initializer (lfor s slots s.attribute))
         ;; What `equalp` compares; of a structure without slots, the class.
         "structure_slots" (or (tuple (gfor s slots s.attribute)) #("__class__"))
         "__module__" (.lower (if name.package name.package.name "none"))
         "__qualname__" python-name
         "lisp_name" name}))

(defn initializer [attributes]
  (setv namespace {})
  (exec (.format "def __init__(self{}):\n {}"
                 (.join "" (gfor a attributes f", {a}=None"))
                 (.join "\n " (or (lfor a attributes f"self.{a} = {a}") ["pass"])))
        namespace)
  (get namespace "__init__"))

(defn checked [x cls]
  (when (not (isinstance x cls))
    (signal-error type-error :datum x :expected-type cls.lisp-name))
  x)

(defn accessor-name [conc-name slot-name]
  (.intern printer.package-in-force.value (+ (or conc-name "") (symbol-name slot-name))))

(defn put-function [namespace s f]
  (setv f.__name__ (python-name s.name)
        f.__qualname__ f.__name__
        s.function f
        (get namespace f.__name__) f)
  (.pop s.info "foreign" None))

(defn define-accessor [cls slot s namespace]
  (setv attribute slot.attribute
        known (.get s.info "slot-accessor"))
  ;; With the same conc-name, the accessor of an included structure stays.
  (when (and known (is-not (get known 0) cls) (= (get known 1) attribute)
             (issubclass cls (get known 0)))
    (return))
  (setv value-of (attrgetter attribute))
  (setv f (fn [x]
            (if (isinstance x cls)
                (value-of x)
                (checked x cls)))
        f.steps [#(cls value-of)])
  (put-function namespace s f)
  (setv (get s.info "slot-accessor") #(cls attribute slot.read-only))
  (if slot.read-only
      (.pop s.info "setf" None)
      (setv (get s.info "setf")
            (fn [value x]
              (setattr (checked x cls) attribute value)
              value))))

(defn copied [x]
  (setv twin (.__new__ x.__class__ x.__class__))
  (for [s x._structure.slots]
    (setattr twin s.attribute (getattr x s.attribute)))
  twin)

(defcl copy-structure [x]
  (copied (checked x structure-object)))

(defcl sys::structure-class [name]
  (find-class-or-none name))

(defcl sys::read-structure [name plist]
  "What the reader makes of #S(NAME PLIST…)."
  (setv s (structure-of name))
  (when (is s.constructor None)
    (signal-error "The ~S structure does not have a default constructor." name))
  (setv words [])
  (for [[i x] (enumerate (elements plist))]
    (.append words (if (% i 2) x (key (.lower (symbol-name x))))))
  (s.constructor.function #* words))

(defcl sys::define-typed-structure [name slot-specs constructor]
  (setv (get name.info "structure")
        (Structure name
                   (lfor s (elements slot-specs)
                         (if (is s.__class__ cons) (StructureSlot #* (elements s)) s))
                   constructor))
  name)

;; ---- The macro

(defn interned [#* parts]
  (.intern printer.package-in-force.value (.join "" parts)))

(defn option-table [options]
  "Of the options of a `defstruct`: word -> list of the lists of their arguments."
  (setv table {})
  (for [o options]
    (setv [word arguments] (if (is o.__class__ cons) [o.car (list (elements o.cdr))] [o []]))
    (.append (.setdefault table (symbol-name word) []) arguments))
  table)

(defn one-option [table word default]
  "The argument of the option WORD; DEFAULT if it, or the argument, is not there."
  (setv arguments (get (.get table word [[]]) 0))
  (if arguments (get arguments 0) default))

(defn slot-from [spec]
  (setv [name #* rest] (if (is spec.__class__ cons) (list (elements spec)) [spec])
        options (dict (gfor [word x] (option-pairs (cut rest 1 None)) #((symbol-name word) x))))
  (StructureSlot name (if rest (get rest 0) None) (.get options "TYPE" True)
                 (.get options "READ-ONLY")))

(defn slot? [x]
  (isinstance x StructureSlot))

(defn included-slots [table]
  "The slots of the structure that is included, as the option changes them."
  (setv [included #* changes] (get table "INCLUDE" 0)
        changed (dfor c changes (symbol-name (if (is c.__class__ cons) c.car c)) c))
  (lfor s (. (structure-of included) slots)
        (if (and (slot? s) (in (symbol-name s.name) changed))
            (changed-slot s (get changed (symbol-name s.name)))
            s)))

(defn changed-slot [s spec]
  ;; Without an init form of its own it keeps the one that it had, as in SBCL.
  (setv new (slot-from spec))
  (when (not (and (is spec.__class__ cons) (not (nil? spec.cdr))))
    (setv new.initform s.initform))
  new)

(defcl-macro defstruct [name-and-options #* slot-descriptions]
  (setv [name #* options] (if (is name-and-options.__class__ cons)
                              (list (elements name-and-options))
                              [name-and-options])
        text (symbol-name name)
        table (option-table options)
        descriptions (list slot-descriptions)
        documentation (if (and descriptions (isinstance (get descriptions 0) str))
                          (.pop descriptions 0)
                          None)
        slots [#* (if (in "INCLUDE" table) (included-slots table) [])]
        conc-name (if (in "CONC-NAME" table)
                      (conc-text (one-option table "CONC-NAME" None))
                      (+ text "-"))
        predicate (one-option table "PREDICATE" (interned text "-P"))
        copier (one-option table "COPIER" (interned "COPY-" text))
        constructors (constructors-of table (interned "MAKE-" text))
        default-constructor (next (gfor c constructors :if (= (len c) 1) (get c 0)) None))
  (if (in "TYPE" table)
      (typed-structure name table slots (lfor d descriptions (slot-from d))
                       conc-name predicate copier constructors default-constructor)
      (do
        (.extend slots (map slot-from descriptions))
        (form (progn
                (sys::define-structure
                  ~(quoted name) ~(quoted (one-option table "INCLUDE" None))
                  ~(quoted (specs-of slots))
                  ;; Symbols of the package in force here, not of the one when it runs.
                  ~(quoted (lisp-list (gfor s slots
                                            (accessor-name conc-name (if (slot? s) s.name s.car)))))
                  ~(quoted predicate) ~(quoted copier) ~(quoted default-constructor)
                  ~documentation (sys::inline "GLOBALS()"))
                ~@(lfor c constructors
                        (constructor-form c slots (fn [values] (new-instance name values))))
                ~@(print-methods name table)
                ~(quoted name))))))

(defn conc-text [x]
  (if (or (is x None) (= x "")) None (if (symbol? x) (symbol-name x) (str x))))

(defn specs-of [slots]
  (lisp-list (gfor s slots
                   (if (slot? s)
                       (lisp-list [s.name s.initform s.type (or s.read-only None)])
                       s))))

(defn constructors-of [table default]
  "Lists: a name, and a lambda list if there is one."
  (setv given (.get table "CONSTRUCTOR" [[]]))
  (lfor c given
        :if (not (and (= (len c) 1) (is (get c 0) None)))
        (if c c [default])))

(defn new-instance [name values]
  (if (< (len values) 25)
      (form (sys::inline ~(.format "A.info['class']({})"
                                   (.join ", " (gfor i (range (len values)) (chr (+ 66 i)))))
                         ~(quoted name) ~@values))
      (form (funcall (sys::structure-class ~(quoted name)) ~@values))))

(defn constructor-form [constructor slots make]
  "The definition of a constructor: MAKE gives the form that makes a structure of values' forms."
  (setv [name #* lambda-list] constructor)
  (if lambda-list
      (boa-constructor name (get lambda-list 0) slots make)
      (do
        ;; The init forms must not see the parameters: these are symbols of their own.
        (setv variables (lfor s slots (if (slot? s) (symbol (symbol-name s.name)) (quoted s))))
        (form (defun ~name (&key ~@(lfor [s v] (zip slots variables)
                                         :if (slot? s)
                                         (lisp-list [v s.initform])))
                ~(make variables))))))

(defn boa-constructor [name lambda-list slots make]
  (setv forms (dfor s slots :if (slot? s) s.name s)
        parameters [] variables (set) state None)
  (defn with-initform [x]
    "The parameter X, which by default is as the slot is by default."
    (if (and (not (is x.__class__ cons)) (in x forms))
        (lisp-list [x (. (get forms x) initform)])
        (if (and (is x.__class__ cons) (nil? x.cdr))
            (with-initform (variable-of x))
            x)))
  (for [x (elements lambda-list)]
    (if (in x LAMBDA-LIST-KEYWORDS)
        (do
          (setv state (symbol-name x))
          (.append parameters x))
        (do
          (.add variables (variable-of x))
          (.append parameters (if (in state ["&OPTIONAL" "&KEY"]) (with-initform x) x)))))
  (form (defun ~name ~(lisp-list parameters)
          ~(make (lfor s slots
                       (cond
                         (not (slot? s)) (quoted s)
                         (in s.name variables) s.name
                         True s.initform))))))

(defn variable-of [parameter]
  (setv x (if (is parameter.__class__ cons) parameter.car parameter))
  (if (is x.__class__ cons) x.cdr.car x))

(defn print-methods [name table]
  (setv [x stream] [(symbol "X") (symbol "STREAM")])
  (lfor [word depth] [["PRINT-FUNCTION" [0]] ["PRINT-OBJECT" []]]
        :if (is-not (one-option table word None) None)
        (form (defmethod print-object ((~x ~name) ~stream)
                (funcall (function ~(one-option table word None)) ~x ~stream ~@depth)))))

;; ---- Lists and vectors

(defn typed-structure [name table included own conc-name predicate copier constructors
                       default-constructor]
  (setv list? (is (one-option table "TYPE" None) (cl-symbol "list"))
        named (in "NAMED" table)
        tag (+ (len included) (or (one-option table "INITIAL-OFFSET" 0) 0))
        places [#* included #* (* [None] (- tag (len included))) #* (if named [name] []) #* own])
  (defn make [values]
    (form (~(cl-symbol (if list? "list" "vector")) ~@(list values))))
  (defn place [x i]
    (if list? (form (nth ~i ~x)) (form (aref ~x ~i))))
  (setv definitions [] [x value] [(symbol "X") (symbol "VALUE")])
  (for [[i s] (enumerate places)]
    (when (slot? s)
      (setv accessor (accessor-name conc-name s.name))
      (.append definitions (form (defun ~accessor (~x) ~(place x i))))
      (when (not s.read-only)
        (.append definitions
                 (form (defun (setf ~accessor) (~value ~x) (setf ~(place x i) ~value)))))))
  (when (and named (not (nil? predicate)))
    (.append definitions
             (form (defun ~predicate (~x)
                     (and ~(if list? (form (consp ~x)) (form (simple-vector-p ~x)))
                          (> (length ~x) ~tag)
                          (eq ~(place x tag) ~(quoted name)))))))
  (when (not (nil? copier))
    (.append definitions (form (defun ~copier (~x) (copy-seq ~x)))))
  (form (progn
          (sys::define-typed-structure ~(quoted name) ~(quoted (specs-of places))
                                       ~(quoted default-constructor))
          ~@definitions
          ~@(lfor c constructors (constructor-form c places make))
          ~(quoted name))))
