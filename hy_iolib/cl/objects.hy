"Classes and instances: `defclass`, `make-instance`, slots, and the macros of generic functions,
which are in generic_functions.hy. An instance keeps its slots as attributes of Python's."

(eval-when-compile
  (require hy-iolib.cl.analysis [defspecial-form deftransform]
           hy-iolib.cl.definitions [defcl defcl-macro form]
           hy-iolib.lisp.conditions [defcondition]))
(import keyword [iskeyword])
(import operator [attrgetter])
(import textwrap)
(import hy)
(import hy-iolib.cl.analysis [analyze call-transforms special-operators])
(import hy-iolib.cl.emission [python-name])
(import hy-iolib.cl.nodes [Inline InlineStatement])
(import hy-iolib.cl.places [place-forms])
(import hy-iolib.cl.printer :as printer)
(import hy-iolib.cl.printer [prin1-text print-standard])
(import hy-iolib.cl.vectors [bit-vector])
(import hy-iolib.cl.classes
  [BIT-VECTOR T built-in-class class-of class-symbol find-class-or-none name-class of-python
   precedence precedences sbcl-package])
(import hy-iolib.cl.conses [cons elements lisp-list nil?])
(import hy-iolib.cl.definitions [SYSTEM functions known])
(import hy-iolib.cl.errors [cell-error program-error unbound-slot])
(import hy-iolib.cl.generic-functions
  [Generic LongCombination ShortCombination add-method-to combination-error combinations
   define-combination define-standard-generic ensure-generic eql-specializer
   forget-effective-methods function-named generic-named invalid-method lambda-list-shape observers
   specializer standard-method LAMBDA-LIST-KEYWORDS])
(import hy-iolib.cl.generic-functions :as generic-functions)
(import hy-iolib.cl.symbols [COMMON-LISP cl-symbol key symbol symbol? symbol-name])
(import hy-iolib.lisp.conditions [error simple-error])
(import hy-iolib.lisp.handlers [signal-error])
(import hy-iolib.lisp.keywords [keyword])
(import hy-iolib.lisp.multiple-values [primary-value values])
(import hy-iolib.lisp.specials [bound])

(export :objects [attribute-of standard-object] :macros [])

;; ---- What they signal

(defn prefixed [x]
  "X, a symbol or a type specifier, as messages name it: with the package, if that is not CL's."
  (with [_ (bound [#(printer.package-in-force COMMON-LISP)])]
    (prin1-text x)))

(defn class-text [cls]
  "The class CLS as prin1 prints it."
  (if (isinstance cls built-in-class)
      (repr cls)
      (.format "#<{} {}>" (printer.metaclass-name cls)
               (printer.full-symbol-text (class-symbol cls)))))

(defn generic-text [f]
  (setv g f.lisp-generic)
  (.format "#<STANDARD-GENERIC-FUNCTION {} ({})>"
           (if (is g.name.__class__ cons)
               f"(COMMON-LISP:SETF {(printer.full-symbol-text g.name.cdr.car)})"
               (printer.full-symbol-text g.name))
           (len g.methods)))

(defn laid-out [#* parts]
  "PARTS, texts and, every second, objects' texts, each on a line of its own if it is to be pretty."
  (setv pretty (not (nil? printer.print-pretty.value)))
  (.join (if pretty "\n" " ")
         (gfor [i p] (enumerate parts)
               (if (and pretty (% i 2)) f"  {p}" p))))

(setv SEE-ALSO "\nSee also:\n  The ANSI Standard, ")

(defcondition class-not-found [cell-error] "No class has that name." []
  f"There is no class named {(prefixed self.name)}.")

(defcondition initarg-error [program-error]
  "An initialization argument that the class does not take."
  [object-class initargs]
  (+ (laid-out (+ "Invalid initialization argument" (if (> (len self.initargs) 1) "s" "") ":")
               (.join ", " (map prin1-text (reversed self.initargs)))
               f"in call for class {(class-text self.object-class)}.")
     SEE-ALSO "Section 7.1.2"))

(defcondition missing-slot [cell-error] "The object has no slot of that name." [instance operation]
  (filled (.format "When attempting to {}, the slot {} is missing from the object {{}}."
                   self.operation (prin1-text self.name))
          (prin1-text self.instance)))

(defn filled [text object]
  "TEXT with OBJECT in it, broken at its own blanks only."
  (setv blank "\uE000")
  (.replace (textwrap.fill (.format text (.replace object " " blank)) 80
                           :break-long-words False :break-on-hyphens False)
            blank " "))

(defn no-method-text [c kind]
  (+ (laid-out f"There is no {kind} method for the generic function"
               (generic-text c.generic-function)
               "when called with arguments" (prin1-text (lisp-list c.arguments)))
     "." SEE-ALSO))

(defcondition no-applicable-method-error [error] "No method takes these arguments."
  [generic-function arguments]
  (+ (no-method-text self "applicable") "Section 7.6.6"))

(defcondition no-primary-method-error [error] "Only methods with qualifiers take these arguments."
  [generic-function arguments]
  (+ (no-method-text self "primary") "Section 7.6.6.2"))

(defcondition no-next-method-error [error] "There is no method that call-next-method could call."
  [generic-function method arguments]
  (+ (laid-out "There is no next method for the generic function"
               (generic-text self.generic-function)
               "when called from method" (prin1-text self.method)
               "with arguments" (prin1-text (lisp-list self.arguments)))
     "." SEE-ALSO "Section 7.6.6.2"))

(defclass long-combination-error [simple-error]
  "Methods that a method combination does not take."
  (defn __str__ [self]
    (+ ((get functions "format") None self.format-control #* (elements self.format-arguments))
       SEE-ALSO "Macro DEFINE-METHOD-COMBINATION")))

(for [[name cls] [["CLASS-NOT-FOUND-ERROR" class-not-found]
                  ["INITARG-ERROR" initarg-error]
                  ["MISSING-SLOT" missing-slot]
                  ["LONG-METHOD-COMBINATION-ERROR" long-combination-error]
                  ["NO-APPLICABLE-METHOD-ERROR" no-applicable-method-error]
                  ["NO-PRIMARY-METHOD-ERROR" no-primary-method-error]
                  ["NO-NEXT-METHOD-ERROR" no-next-method-error]]]
  (name-class (.intern (sbcl-package "SB-PCL") name) cls))

;; ---- Slots

(defn attribute-of [name]
  "Python's name of the slot that the symbol NAME, nil and t too, names."
  (setv attribute (.get attributes name))
  (when (is attribute None)
    (setv attribute (hy.mangle (.replace (.lower (symbol-name name)) "." "-dot-"))
          attribute (if (or (iskeyword attribute) (in attribute TAKEN)) (+ attribute "_") attribute)
          (get attributes name) attribute))
  attribute)

(setv attributes {}
      ;; What Python's exceptions have: conditions could have no slots that are called so.
      TAKEN #{"args" "with_traceback" "add_note"})

(setv UNBOUND (object)
      CONSTANT 1 FUNCTION 2
      QUOTE (cl-symbol "quote"))

(defclass Slot []
  "A slot as a `defclass` or `define-condition` has it, or one of an instance. INITFORM is None,
  #(CONSTANT value) or #(FUNCTION function)."
  (setv __slots__ #("name" "attribute" "initargs" "initform" "shared" "type" "documentation"))
  (defn __init__ [self name initargs initform shared type documentation]
    (setv self.name name self.attribute (attribute-of name) self.initargs initargs
          self.initform initform self.shared shared self.type type
          self.documentation documentation))
  (defn initial [self]
    (setv [kind x] self.initform)
    (if (= kind CONSTANT) x (primary-value (x)))))

(defclass shared-slot []
  "The attribute of a class that keeps a slot with :allocation :class."
  (setv __slots__ #("value"))
  (defn __init__ [self] (setv self.value UNBOUND))
  (defn __get__ [self instance [owner None]]
    (when (is self.value UNBOUND)
      (raise (AttributeError "unbound")))
    self.value)
  (defn __set__ [self instance value] (setv self.value value))
  (defn __delete__ [self instance] (setv self.value UNBOUND)))

(defclass own-slot []
  "The attribute of a class whose instances have their own slot where one above it shares it."
  (setv __slots__ #("attribute"))
  (defn __init__ [self attribute] (setv self.attribute attribute))
  (defn __get__ [self instance [owner None]]
    (try
      (get instance.__dict__ self.attribute)
      (except [KeyError]
        (raise (AttributeError "unbound")))))
  (defn __set__ [self instance value] (setv (get instance.__dict__ self.attribute) value))
  (defn __delete__ [self instance] (del (get instance.__dict__ self.attribute))))

;; ---- Classes

(defclass Definition []
  "What a `defclass` or `define-condition` says: its attribute `_definition` in the class."
  (setv __slots__ #("name" "slots" "default_initargs" "documentation" "accessors" "forward"))
  (defn __init__ [self name [slots #()] [default-initargs #()] [documentation None] [forward False]]
    (setv self.name name self.slots slots self.default-initargs default-initargs
          self.documentation documentation self.accessors [] self.forward forward)))

(defn definition-of [cls]
  (.get cls.__dict__ "_definition"))

(defclass standard-class [type]
  "The class of the classes that `defclass` defines. In Python, too, calling one makes an instance:
  initialization arguments are keyword arguments then."
  (defn __call__ [cls #** initargs]
    (make cls (lfor [name value] (.items initargs) x [(key (hy.unmangle name)) value] x)))
  (defn __repr__ [cls] (class-text cls)))

(defclass standard-object [:metaclass standard-class]
  "The class of all instances of classes that programs define."
  (setv lisp-metaclass "STANDARD-CLASS")
  ;; Only asked for what is absent.
  (defn __getattr__ [self attribute]
    (absent-slot self attribute))
  (defn __repr__ [self]
    (printer.repr-of self)))

(name-class (cl-symbol "standard-object") standard-object)
(setv (get of-python bit-vector) BIT-VECTOR)
(setv standard-object.lisp-name (cl-symbol "standard-object"))

(defn absent-slot [instance attribute]
  "The value of a slot that has none; an AttributeError if there is no such slot."
  (setv slot (.get (. (get plans instance.__class__) by-attribute) attribute))
  (when (is slot None)
    (if (and SLOT-MISSING.methods (not (.startswith attribute "__")))
        (return (primary-value (signal-missing instance (slot-called attribute) SLOT-VALUE)))
        (raise (AttributeError f"{(. (type instance) __name__)} has no slot {attribute}"
                               :name attribute :obj instance))))
  (primary-value (standard-slot-unbound instance.__class__ instance slot.name)))

(defn slot-called [attribute]
  "The symbol that a program means by the slot that Python calls ATTRIBUTE."
  (.intern printer.package-in-force.value (.upper (hy.unmangle (.rstrip attribute "_")))))

(defn find-definable [name]
  "The class NAME, a symbol, of those that programs define; a class to be defined if there is none."
  (setv cls (find-class-or-none name))
  (when (is cls None)
    (setv cls (new-class name [standard-object] (Definition name :forward True))))
  cls)

(defn new-class [name bases definition]
  (setv cls (make-python-class name bases {"_definition" definition}))
  (name-class name cls)
  cls)

(defn make-python-class [name bases attributes]
  (setv python-name (hy.mangle (.lower (symbol-name name)))
        metaclass (if (issubclass (get bases 0) BaseException) type standard-class))
  (try
    (metaclass python-name (tuple bases)
               {"__module__" (.lower (if name.package name.package.name "none"))
                "__qualname__" python-name
                "lisp_name" name
                #** attributes})
    (except [e TypeError]
      (signal-error "The class ~S can't be made of ~{~S~^ and ~}: ~A" name
                    (lisp-list (map class-symbol bases)) (str e)))))

(defn superclass [x]
  (cond
    (isinstance x type) x
    (isinstance x built-in-class)
      (signal-error "The class ~S can't be a superclass." x.name)
    True (superclass (find-definable x))))

(defn bases-of [superclasses]
  (setv bases (lfor x (elements superclasses) (superclass x)))
  (when (not (any (gfor b bases (issubclass b standard-object))))
    (.append bases standard-object))
  bases)

(defn put-class [name bases definition]
  "The class NAME with BASES and DEFINITION: a new one, or the one of that name as it is now."
  (setv cls (find-class-or-none name)
        old (if (isinstance cls type) (definition-of cls) None))
  (if (or (is old None) (is-not old.name name))
      (new-class name bases definition)
      (do
        (for [[generic method] old.accessors]
          ((get functions "remove-method") generic.function method))
        (for [slot old.slots]
          (when (in slot.attribute cls.__dict__)
            (delattr cls slot.attribute)))
        (setv cls._definition definition)
        (try
          (when (!= (list cls.__bases__) bases)
            (setv cls.__bases__ (tuple bases)))
          (except [TypeError]
            (setv cls (new-class name bases definition))))
        (.clear precedences)
        (.clear plans)
        (forget-effective-methods)
        cls)))

(defn slots-from [specs]
  "Slots, and the names of their readers and writers, of what `slot-forms` made."
  (setv slots [] accessors [])
  (for [[name initargs readers writers shared type documentation kind x] specs]
    (setv slot (Slot name (tuple (elements initargs))
                     (if kind #(kind x) None) (not (nil? shared)) type documentation))
    (.append slots slot)
    (for [r (elements readers)] (.append accessors #(r slot False)))
    (for [w (elements writers)] (.append accessors #(w slot True))))
  #(slots accessors))

(defn define-accessors [cls accessors namespace]
  (setv definition (definition-of cls))
  (for [[name slot writer] accessors]
    (setv g (ensure-generic name (if writer 2 1) False)
          attribute slot.attribute
          method (if writer
                     (standard-method #() #(T cls) (slot-writer attribute))
                     (standard-method #() #(cls) (attrgetter attribute))))
    (add-method-to g method)
    (show-to-python namespace name g.function)
    (.append definition.accessors #(g method))))

(defn slot-writer [attribute]
  (fn [value instance]
    (setattr instance attribute value)
    value))

(defn show-to-python [namespace name x]
  "Let NAMESPACE, a module's globals, have X by the name of the symbol NAME, unless it has something
  else."
  (when (isinstance name symbol)
    (.setdefault namespace (python-name name.name) x)))

(defcl sys::define-class [name superclasses slot-specs default-initargs documentation namespace]
  "What `defclass` expands to."
  (setv [slots accessors] (slots-from (map elements (elements slot-specs)))
        bases (bases-of superclasses)
        definition (Definition name slots
                               (lfor pair (elements default-initargs) (tuple (elements pair)))
                               documentation)
        cls (put-class name bases definition))
  (for [slot slots]
    (cond
      slot.shared
        (do
          (setattr cls slot.attribute (shared-slot))
          (when slot.initform
            (setv (. (get cls.__dict__ slot.attribute) value) (.initial slot))))
      (isinstance (inherited cls slot.attribute) shared-slot)
        (setattr cls slot.attribute (own-slot slot.attribute))))
  (define-accessors cls accessors namespace)
  (show-to-python namespace name cls)
  cls)

(defn inherited [cls attribute]
  (for [c (cut cls.__mro__ 1 None)]
    (when (in attribute c.__dict__)
      (return (get c.__dict__ attribute)))))

(defn slots-of [cls]
  "The slots of an instance of CLS, from the most general class on."
  (setv slots {})
  (for [c (reversed cls.__mro__)]
    (setv definition (definition-of c))
    (when definition
      (for [s definition.slots]
        (setv above (.get slots s.name))
        (setv (get slots s.name)
              (if above
                  (Slot s.name (+ s.initargs above.initargs) (or s.initform above.initform)
                        s.shared (if (is s.type True) above.type s.type)
                        (or s.documentation above.documentation))
                  s)))))
  (list (.values slots)))

;; ---- Instances

(defclass Plan []
  "What is known of how instances of a class are made. `arguments`: initialization argument -> the
  slots that it fills. `valid`: the others, None if all are. `plain`: do no methods of the program's
  take part?"
  (setv __slots__ #("cls" "slots" "attributes" "by_attribute" "arguments" "valid"
                    "default_initargs" "initial" "plain" "foreign" "simple" "forms"))

  (defn __init__ [self cls]
    (setv self.cls cls
          self.slots (slots-of cls)
          self.attributes (dfor s self.slots s.name s.attribute)
          self.by-attribute (dfor s self.slots s.attribute s)
          self.arguments {}
          self.default-initargs {}
          self.initial (lfor s self.slots :if (and s.initform (not s.shared)) s))
    (for [s self.slots a s.initargs]
      (setv (get self.arguments a) #(#* (.get self.arguments a #()) s)))
    (for [c cls.__mro__]
      (setv definition (definition-of c))
      (when definition
        (for [[word f] definition.default-initargs]
          (.setdefault self.default-initargs word f))))
    (setv methods (lfor g [INITIALIZE-INSTANCE SHARED-INITIALIZE]
                        m (. g methods)
                        :if (in (get m.specializers 0) (precedence cls))
                        m)
          self.plain (not (or methods (and (definition-of cls) (. (definition-of cls) forward))))
          self.valid (if (any (gfor m methods (is m.keys True)))
                         None
                         (sfor m methods k m.keys k)))
    ;; Of those initialization arguments that fill one slot of the instance's own, its attribute.
    (setv self.simple (dfor [a slots] (.items self.arguments)
                            :if (and (= (len slots) 1) (not (. (get slots 0) shared)))
                            a (. (get slots 0) attribute))
          self.forms (lfor s self.initial #(s.attribute #* s.initform)))
    ;; A class of Python's above it, with initialization of its own.
    (setv self.foreign
          (next (gfor c cls.__mro__
                      :if (and (not (definition-of c)) (is-not c standard-object)
                               (is-not c object) (in "__init__" c.__dict__))
                      c.__init__)
                None))
    (when self.foreign
      (setv self.plain False)))

  (defn fill [self instance initargs]
    "Give the slots of INSTANCE what the plist INITARGS has for them; what comes first counts."
    (setv arguments self.arguments values instance.__dict__ filled (set))
    (for [i (range 0 (len initargs) 2)]
      (setv slots (.get arguments (get initargs i)))
      (when slots
        (for [s slots]
          (when (not-in s.attribute filled)
            (.add filled s.attribute)
            (if s.shared
                (setattr instance s.attribute (get initargs (+ i 1)))
                (setv (get values s.attribute) (get initargs (+ i 1)))))))))

  (defn check [self initargs]
    (when (% (len initargs) 2)
      (signal-error program-error "odd number of initialization arguments"))
    (when (and (is-not self.valid None) (is self.foreign None))
      (setv unknown [])
      (for [i (range 0 (len initargs) 2)]
        (setv word (get initargs i))
        (cond
          (in word self.arguments) None
          (is word ALLOW-OTHER-KEYS) (when (and (= i (.index initargs word))
                                                (not (nil? (get initargs (+ i 1)))))
                                       (return))
          (in word self.valid) None
          True (.append unknown word)))
      (when (and unknown (nil? (plist-get initargs ALLOW-OTHER-KEYS)))
        (signal-error initarg-error :object-class self.cls :initargs unknown)))))

(defn plist-get [plist word]
  (for [i (range 0 (len plist) 2)]
    (when (is (get plist i) word)
      (return (get plist (+ i 1))))))

(setv ALLOW-OTHER-KEYS (key "allow-other-keys"))

(defclass Plans [dict]
  (defn __missing__ [self cls]
    (setv p (Plan cls)
          (get self cls) p)
    p))

;; Class -> its Plan; emptied when classes or the methods that take part change.
(setv plans (Plans))

(.append observers
  (fn [g]
    (when (in g [INITIALIZE-INSTANCE SHARED-INITIALIZE])
      (.clear plans))))

(defcl make-instance [class #* initargs]
  "An instance of CLASS, a class or its name."
  (make (if (isinstance class type) class (or (.get class.info "class") (cl-find-class class)))
        initargs))

(defn make [cls initargs]
  (when (not (isinstance cls standard-class))
    (return (make-foreign cls initargs)))
  (setv plan (get plans cls))
  (when plan.default-initargs
    (setv given (cut initargs 0 None 2)
          initargs (list initargs))
    (for [[word f] (.items plan.default-initargs)]
      (when (not-in word given)
        (.extend initargs [word (primary-value (f))]))))
  (setv instance (.__new__ cls cls)
        values instance.__dict__)
  (if (and plan.plain (fill-simply values plan.simple initargs))
      (for [[attribute kind x] plan.forms]
        (when (not-in attribute values)
          (setv (get values attribute) (if (= kind CONSTANT) x (primary-value (x))))))
      (make-with-care plan instance initargs))
  instance)

(defn fill-simply [values simple initargs]
  "Fill VALUES, an instance's attributes, from INITARGS if each of these is given once and one of
  SIMPLE; else return False."
  (setv count (len initargs))
  (when (% count 2)
    (return False))
  (for [i (range 0 count 2)]
    (setv attribute (.get simple (get initargs i)))
    (when (or (is attribute None) (in attribute values))
      (.clear values)
      (return False))
    (setv (get values attribute) (get initargs (+ i 1))))
  True)

(defn make-with-care [plan instance initargs]
  (when (. (definition-of plan.cls) forward)
    (signal-error "The class ~S is not defined yet." plan.cls.lisp-name))
  (.check plan initargs)
  (when plan.foreign
    (plan.foreign instance #** (python-keywords
                                 (lfor [w v] (zip (cut initargs 0 None 2) (cut initargs 1 None 2))
                                       :if (not-in w plan.arguments)
                                       x [w v] x))))
  (standard-initialize-instance instance #* initargs))

(defn make-foreign [cls initargs]
  "An instance of a class that no `defclass` defined."
  (cond
    (and (isinstance cls type) (issubclass cls BaseException))
      ((get functions "make-condition") (class-symbol cls) #* initargs)
    (isinstance cls type)
      ;; IOLib's classes may take other words than the library's do.
      ((.get (. (class-symbol cls) info) "make" cls) #** (python-keywords initargs))
    True
      (signal-error "Cannot allocate an instance of ~S." cls)))

(defn python-keywords [initargs]
  (setv keywords {})
  (for [i (range 0 (len initargs) 2)]
    (.setdefault keywords (attribute-of (get initargs i)) (get initargs (+ i 1))))
  keywords)

(defcl allocate-instance [class #* initargs]
  (.__new__ class class))

(defn as-plist [initargs named]
  [#* initargs #* (generic-functions.plist named)])

(setv standard-shared-initialize
  (define-standard-generic "shared-initialize" 2 True
    (fn [instance slot-names #* initargs #** named]
      (setv plan (get plans instance.__class__)
            values instance.__dict__
            names (if (is slot-names True) None (list (elements slot-names))))
      (.fill plan instance (as-plist initargs named))
      (for [s plan.initial]
        (when (and (not-in s.attribute values) (or (is names None) (in s.name names)))
          (setv (get values s.attribute) (.initial s))))
      instance)))

(setv standard-initialize-instance
  (define-standard-generic "initialize-instance" 1 True
    (fn [instance #* initargs #** named]
      (standard-shared-initialize instance True #* initargs #** named))))

(define-standard-generic "reinitialize-instance" 1 True
  (fn [instance #* initargs #** named]
    (.check (get plans instance.__class__) (as-plist initargs named))
    (standard-shared-initialize instance None #* initargs #** named)))

(setv INITIALIZE-INSTANCE standard-initialize-instance.lisp-generic
      SHARED-INITIALIZE standard-shared-initialize.lisp-generic)

(setv standard-update
  (define-standard-generic "update-instance-for-different-class" 2 True
    (fn [previous current #* initargs #** named]
      (standard-shared-initialize
        current
        (lisp-list (gfor s (. (get plans current.__class__) slots)
                         :if (not-in s.attribute previous.__dict__)
                         s.name))
        #* initargs #** named))))

(define-standard-generic "change-class" 2 True
  (fn [instance new #* initargs #** named]
    (setv cls (if (isinstance new type) new (cl-find-class new))
          previous (.__new__ instance.__class__ instance.__class__))
    (.update previous.__dict__ instance.__dict__)
    (setv kept (. (get plans cls) by-attribute)
          values (dfor [a v] (.items instance.__dict__) :if (in a kept) a v))
    (setv instance.__class__ cls)
    (.clear instance.__dict__)
    (.update instance.__dict__ values)
    (standard-update previous instance #* initargs #** named)
    instance))

;; ---- Slots of instances

(setv standard-slot-unbound
  (define-standard-generic "slot-unbound" 3 False
    (fn [cls instance name]
      (signal-error unbound-slot :name name :instance instance))))

(setv standard-slot-missing
  (define-standard-generic "slot-missing" 4 True
    (fn [cls instance name operation [new-value None]]
      (signal-error missing-slot :name name :instance instance
                    :operation (.format (get OPERATIONS (symbol-name operation))
                                        (prin1-text new-value))))))

(setv SLOT-MISSING standard-slot-missing.lisp-generic
      OPERATIONS {"SLOT-VALUE" "read the slot's value (slot-value)"
                  "SETF" "set the slot's value to {} (SETF of SLOT-VALUE)"
                  "SLOT-BOUNDP" "test to see whether slot is bound (SLOT-BOUNDP)"
                  "SLOT-MAKUNBOUND" "make the slot unbound (SLOT-MAKUNBOUND)"}
      SLOT-VALUE (cl-symbol "slot-value")
      SETF (cl-symbol "setf")
      SLOT-BOUNDP (cl-symbol "slot-boundp")
      SLOT-MAKUNBOUND (cl-symbol "slot-makunbound"))

(defn slot-attribute [instance name]
  "Python's name of the slot NAME of INSTANCE; None if it has none."
  (setv attribute (.get (. (get plans instance.__class__) attributes) name))
  (cond
    attribute attribute
    (isinstance instance standard-object) None
    ;; Of a structure or of the library's.
    (and (in (attribute-of name) (dir instance))
         (not (isinstance (class-of instance) built-in-class)))
      (attribute-of name)
    True None))

(defn signal-missing [instance name operation #* new-value]
  (standard-slot-missing (class-of instance) instance name operation #* new-value))

(defcl slot-value [instance name]
  "The value of the slot NAME of INSTANCE."
  (setv attribute (slot-attribute instance name))
  (if (is attribute None)
      (primary-value (signal-missing instance name SLOT-VALUE))
      (getattr instance attribute)))

(deftransform slot-value [x count env]
  (setv name (if (= count 2) (quoted-symbol x.cdr.cdr.car) None))
  (if (is name None)
      None
      (Inline f"A.{(attribute-of name)}" [(analyze x.cdr.car env)])))

(defn quoted-symbol [x]
  "The symbol that the form X quotes; None if it is another form."
  (if (and (is x.__class__ cons) (is x.car QUOTE) (is x.cdr.car.__class__ symbol))
      x.cdr.car
      None))

(setv (get place-forms SLOT-VALUE)
      (fn [place value env]
        (setv [_ instance name] (elements place))
        (form (sys::set-slot ~instance ~name ~value))))

(defspecial-form sys::set-slot [env instance name value]
  ;; An instance that has a value for the slot has the slot.
  (setv s (quoted-symbol name))
  (if (is s None)
      (analyze (form (funcall (function (setf slot-value)) ~value ~instance ~name)) env)
      (InlineStatement f"'{(attribute-of s)}' in A.__dict__" f"A.{(attribute-of s)}"
                       f"Y_set_slot_value(B, A, {(.literal env.scope.unit s)})"
                       [(analyze instance env) (analyze value env)])))

(defcl sys::set-slot-value [value instance name]
  (setv attribute (slot-attribute instance name))
  (if (is attribute None)
      (signal-missing instance name SETF value)
      (setattr instance attribute value))
  value)

(setv (get SLOT-VALUE.info "setf") cl-set-slot-value)

(defcl slot-boundp [instance name]
  (setv attribute (slot-attribute instance name))
  (if (is attribute None)
      (not (nil? (signal-missing instance name SLOT-BOUNDP)))
      (do
        (setv shared (inherited-slot instance attribute))
        (if (isinstance shared shared-slot)
            (is-not shared.value UNBOUND)
            (or (in attribute (getattr instance "__dict__" #()))
                (and (not (isinstance instance standard-object))
                     (hasattr instance attribute)))))))

(defn inherited-slot [instance attribute]
  (for [c instance.__class__.__mro__]
    (when (in attribute c.__dict__)
      (return (get c.__dict__ attribute)))))

(defcl slot-makunbound [instance name]
  (setv attribute (slot-attribute instance name))
  (cond
    (is attribute None) (signal-missing instance name SLOT-MAKUNBOUND)
    (cl-slot-boundp instance name) (delattr instance attribute))
  instance)

(defcl slot-exists-p [instance name]
  (is-not (slot-attribute instance name) None))

;; ---- Names of classes

(defcl find-class [name [errorp True] [environment None]]
  "The class called NAME."
  (setv cls (find-class-or-none name))
  (cond
    (and (is-not cls None)
         (not (and (isinstance cls type) (definition-of cls) (. (definition-of cls) forward))))
      cls
    (nil? errorp) None
    True (signal-error class-not-found :name name)))

(defcl sys::set-find-class [cls name [errorp True] [environment None]]
  (if (nil? cls)
      (.pop name.info "class" None)
      (setv (get name.info "class") cls))
  cls)

(setv (get (. (cl-symbol "find-class") info) "setf") cl-set-find-class)

(defcl class-of [x]
  (class-of x))

(defcl class-name [cls]
  (class-symbol cls))

;; ---- print-object

(setv standard-print-object
  (define-standard-generic "print-object" 2 False
    (fn [x stream]
      (print-standard x ((get functions "sys::output-stream") stream))
      x)))

(setv PRINT-OBJECT standard-print-object.lisp-generic)

(defn method-text [m]
  (printer.with-address m
    (.join " " ["STANDARD-METHOD" (printer.full-symbol-text (block-name m.generic.name))
                #* (map prin1-text m.qualifiers)
                (prin1-text (lisp-list (map specializer-name m.specializers)))])))

(defn block-name [name]
  "The name of the block of the function called NAME."
  (if (is name.__class__ cons) name.cdr.car name))

(defn specializer-name [s]
  (if (isinstance s eql-specializer) (lisp-list [EQL s.value]) (class-symbol s)))

(defn printed-by-method [x out]
  "Print X by the program's method of print-object; False if there is none for it."
  (cond
    (and PRINT-OBJECT.methods
         (.applicable PRINT-OBJECT
                      (lfor [i part] (zip PRINT-OBJECT.positions [x out])
                            (generic-functions.exact-part part (.get PRINT-OBJECT.tables i)))))
      (do
        (standard-print-object x out)
        True)
    (isinstance x standard-method)
      (do
        (.put out (method-text x))
        True)
    True False))

(setv printer.print-object-hook printed-by-method)

;; ---- Generic functions that others call

(setv generic-functions.standard-no-applicable-method
  (define-standard-generic "no-applicable-method" 1 True
    (fn [generic-function #* arguments]
      (signal-error no-applicable-method-error :generic-function generic-function
                    :arguments arguments))))

(setv generic-functions.standard-no-next-method
  (define-standard-generic "no-next-method" 2 True
    (fn [generic-function method #* arguments]
      (signal-error no-next-method-error :generic-function generic-function :method method
                    :arguments arguments))))

(defn signal-no-primary-method [generic-function #* arguments]
  (signal-error no-primary-method-error :generic-function generic-function :arguments arguments))

(setv generic-functions.signal-no-primary-method signal-no-primary-method)

;; ---- Macros: classes

(defn option-pairs [items]
  (setv items (list (elements items)))
  (when (% (len items) 2)
    (raise (program-error "an option without a value")))
  (zip (cut items 0 None 2) (cut items 1 None 2)))

(defn quoted [x]
  (form (quote ~x)))

(defn constant? [x]
  (or (isinstance x #(int float complex str keyword)) (is x None)
      (and (is x.__class__ cons) (is x.car QUOTE))))

(defn initform-forms [x]
  "Forms for the kind and value of the init form X."
  (if (constant? x)
      [CONSTANT x]
      [FUNCTION (form (lambda () ~x))]))

(defn slot-form [spec]
  "A form that gives `slots-from` what the slot specifier SPEC of `defclass` says."
  (setv [name #* options] (if (is spec.__class__ cons) (list (elements spec)) [spec])
        initargs [] readers [] writers [] shared None type True documentation None
        initform [0 None])
  (for [[option x] (option-pairs options)]
    (setv word (symbol-name option))
    (cond
      (= word "INITARG") (.append initargs x)
      (= word "READER") (.append readers x)
      (= word "WRITER") (.append writers x)
      (= word "ACCESSOR") (do
                            (.append readers x)
                            (.append writers (lisp-list [SETF x])))
      (= word "INITFORM") (setv initform (initform-forms x))
      (= word "ALLOCATION") (setv shared (if (= (symbol-name x) "CLASS") True None))
      (= word "TYPE") (setv type x)
      (= word "DOCUMENTATION") (setv documentation x)
      True (raise (program-error f"the slot {name !r} has an unknown option: {option !r}"))))
  (form (list ~(quoted name) ~(quoted (lisp-list initargs)) ~(quoted (lisp-list readers))
              ~(quoted (lisp-list writers)) ~shared ~(quoted type) ~documentation
              ~(get initform 0) ~(get initform 1))))

(defn class-options [options]
  "Of the options of a `defclass` or `define-condition`: word -> its list."
  (dfor o options (symbol-name o.car) o.cdr))

(defn default-initargs-form [options]
  (form (list ~@(lfor [word x] (option-pairs (.get options "DEFAULT-INITARGS"))
                      (form (list ~(quoted word) (lambda () ~x)))))))

(defcl-macro defclass [name superclasses slots #* options]
  (setv options (class-options options)
        documentation (.get options "DOCUMENTATION"))
  (form (sys::define-class ~(quoted name) ~(quoted superclasses)
                           (list ~@(lfor s (elements slots) (slot-form s)))
                           ~(default-initargs-form options)
                           ~(if documentation documentation.car None)
                           (sys::inline "GLOBALS()"))))

(defn slot-bindings [entries access]
  "Bindings for symbol-macrolet: of each of ENTRIES, a symbol or a list of it and another one, the
  symbol and the form that ACCESS makes of the other one."
  (lisp-list (gfor e (elements entries)
                   (do
                     (setv [variable name] (if (is e.__class__ cons) (elements e) [e e]))
                     (lisp-list [variable (access name)])))))

(defcl-macro with-slots [entries instance #* body]
  (setv object (symbol "OBJECT"))
  (form (let ((~object ~instance))
          (declare (ignorable ~object))
          (symbol-macrolet ~(slot-bindings
                              entries (fn [name] (form (slot-value ~object ~(quoted name)))))
            ~@body))))

(defcl-macro with-accessors [entries instance #* body]
  (setv object (symbol "OBJECT"))
  (form (let ((~object ~instance))
          (declare (ignorable ~object))
          (symbol-macrolet ~(slot-bindings entries (fn [name] (form (~name ~object))))
            ~@body))))

;; ---- Macros: generic functions and methods

(defcl sys::define-generic [name lambda-list options namespace]
  "What `defgeneric` expands to, but for its methods."
  (setv [required more] (lambda-list-shape lambda-list)
        g (ensure-generic name required more))
  (when (!= g.required required)
    (when g.methods
      (signal-error "~S takes ~D required arguments, its methods ~D." name required g.required))
    (setv g.required required))
  (for [m g.initial-methods]
    ((get functions "remove-method") g.function m))
  (setv g.initial-methods [] g.lambda-list lambda-list g.combination None g.order None)
  (for [option (elements options)]
    (setv word (symbol-name option.car))
    (cond
      (= word "DOCUMENTATION")
        (setv g.documentation option.cdr.car
              g.function.__doc__ (str option.cdr.car))
      (= word "METHOD-COMBINATION")
        (setv g.combination (combination-of #* (elements option.cdr)))
      (= word "ARGUMENT-PRECEDENCE-ORDER")
        (setv parameters (list (elements lambda-list))
              g.order (lfor p (elements option.cdr) (.index parameters p)))))
  (.changed g)
  (show-to-python namespace name g.function)
  g.function)

(defn combination-of [name #* options]
  (setv options (list options)
        combination (.get combinations name))
  (cond
    (is name STANDARD)
      (when options
        (combination-error "STANDARD method combination accepts no options."))
    (is combination None) (signal-error "The method combination ~S is not defined." name)
    True (do
           (.check combination options)
           #(name options))))

(setv STANDARD (cl-symbol "standard"))

(defcl-macro defgeneric [name lambda-list #* options]
  (setv methods [] others [])
  (for [o options]
    (.append (if (= (symbol-name o.car) "METHOD") methods others) o))
  (form (progn
          (sys::define-generic ~(quoted name) ~(quoted lambda-list)
                               ~(quoted (lisp-list (gfor o others :if (is-not o.car DECLARE) o)))
                               (sys::inline "GLOBALS()"))
          ~@(lfor m methods
                  (form (sys::note-initial-method ~(quoted name)
                                                  ~(method-form name (list (elements m.cdr))))))
          (function ~name))))

(setv DECLARE (cl-symbol "declare"))

(defcl sys::note-initial-method [name method]
  (.append (. (generic-named name) initial-methods) method))

(defcl-macro defmethod [name #* rest]
  (method-form name rest))

(setv NEXT-METHOD (.intern SYSTEM "NEXT-METHOD")
      METHOD-ARGUMENTS (.intern SYSTEM "METHOD-ARGUMENTS"))

(defn method-form [name parts]
  "The form that adds a method: PARTS are its qualifiers, its lambda list and its body."
  (setv parts (list parts) qualifiers [])
  (while (and parts (not (or (is (type (get parts 0)) cons) (is (get parts 0) None))))
    (.append qualifiers (.pop parts 0)))
  (setv [lambda-list #* body] parts
        [parameters specializers keys] (method-parameters lambda-list)
        [declarations documentation body] (split-body body)
        own-name (block-name name)
        uses-next (mentions-next-method body)
        inner (form (block ~own-name ~@body)))
  (when (= uses-next "function")
    (setv arguments (symbol "ARGUMENTS"))
    (setv inner (form (flet ((call-next-method (&rest ~arguments)
                               (if ~arguments
                                   (apply ~NEXT-METHOD ~arguments)
                                   (call-next-method)))
                             (next-method-p () (next-method-p)))
                        ~inner))))
  (form (sys::add-method
          ~(quoted name) ~(quoted (lisp-list qualifiers))
          (list ~@specializers)
          (function (named-lambda ~own-name
                                  ~(lisp-list [#* (if uses-next [NEXT-METHOD METHOD-ARGUMENTS] [])
                                               #* parameters])
                      ~@(if documentation [documentation] [])
                      ~@declarations
                      ~inner))
          ~(if uses-next True None)
          ~(quoted keys)
          ~(quoted lambda-list)
          ~documentation
          (sys::inline "GLOBALS()"))))

(defn method-parameters [lambda-list]
  "Of a specialized LAMBDA-LIST: the parameters as `lambda` has them, forms for the specializers,
  and the list of keywords, t if any is allowed."
  (setv parameters [] specializers [] keys [] state "required")
  (for [x (elements lambda-list)]
    (when (in x LAMBDA-LIST-KEYWORDS)
      (setv state (symbol-name x)))
    (cond
      (!= state "required")
        (do
          (when (and (= state "&KEY") (not-in x LAMBDA-LIST-KEYWORDS))
            (.append keys (keyword-of x)))
          ;; The generic function may accept keywords that this method does not know.
          (when (and (= state "&AUX") (in x LAMBDA-LIST-KEYWORDS) (in KEY parameters)
                     (not-in ALLOW parameters))
            (.append parameters ALLOW))
          (.append parameters x))
      (is x.__class__ cons)
        (do
          (.append parameters x.car)
          (.append specializers (specializer-form x.cdr.car)))
      True
        (do
          (.append parameters x)
          (.append specializers True))))
  (when (in ALLOW parameters)
    (setv keys True))
  (when (and (in KEY parameters) (not-in ALLOW parameters))
    (.append parameters ALLOW))
  [parameters specializers (if (is keys True) True (lisp-list keys))])

(setv KEY (cl-symbol "&key") ALLOW (cl-symbol "&allow-other-keys") EQL (cl-symbol "eql"))

(defn keyword-of [x]
  "The keyword of the &key parameter X."
  (setv name (if (is x.__class__ cons) x.car x))
  (if (is name.__class__ cons)
      name.car
      (key (.lower (symbol-name name)))))

(defn specializer-form [x]
  (if (and (is x.__class__ cons) (is x.car EQL))
      (form (sys::eql-specializer ~x.cdr.car))
      (quoted x)))

(defcl sys::eql-specializer [value]
  (eql-specializer (if (is value False) None value)))

(defn split-body [body]
  "The declarations, the docstring and the rest of BODY."
  (setv body (list body) declarations [] documentation None)
  (while body
    (setv x (get body 0))
    (cond
      (and (is x.__class__ cons) (is x.car DECLARE)) (.append declarations x)
      (and (isinstance x str) (is documentation None) (> (len body) 1)) (setv documentation x)
      True (break))
    (.pop body 0))
  [declarations documentation body])

(setv CALL-NEXT-METHOD (cl-symbol "call-next-method")
      NEXT-METHOD-P (cl-symbol "next-method-p")
      FUNCTION-NAME (cl-symbol "function"))

(defn mentions-next-method [body]
  "May BODY use the next method? \"function\" if it wants call-next-method as a function."
  (setv stack (list body) found False)
  (while stack
    (setv x (.pop stack))
    (while (is x.__class__ cons)
      (setv head x.car)
      (cond
        (or (is head CALL-NEXT-METHOD) (is head NEXT-METHOD-P))
          (setv found True)
        (is head.__class__ symbol)
          (do
            (when (and (is head FUNCTION-NAME) (is x.cdr.__class__ cons)
                       (in x.cdr.car [CALL-NEXT-METHOD NEXT-METHOD-P]))
              (return "function"))
            ;; A macro of the program's may expand to it.
            (when (and (in "macro" head.info) (is-not head.package COMMON-LISP))
              (setv found True)))
        (is head.__class__ cons) (.append stack head))
      (setv x x.cdr)))
  found)

(defcl-macro call-next-method [#* arguments]
  (if arguments
      (form (funcall ~NEXT-METHOD ~@arguments))
      (form (sys::inline "A(*B)" ~NEXT-METHOD ~METHOD-ARGUMENTS))))

(defcl-macro next-method-p []
  (form (sys::next-method? ~NEXT-METHOD)))

(defcl sys::add-method [name qualifiers specializers function uses-next keys lambda-list
                        documentation namespace]
  "What `defmethod` expands to."
  (setv [required more] (lambda-list-shape lambda-list)
        g (ensure-generic name required more)
        method (standard-method (tuple (elements qualifiers))
                                (tuple (gfor s (elements specializers)
                                             (if (is s True) T (specializer s))))
                                function (not (nil? uses-next))
                                (if (is keys True) True (tuple (elements keys)))))
  (setv method.documentation documentation)
  (show-to-python namespace name g.function)
  (add-method-to g method))

(defcl ensure-generic-function [name #* options]
  (setv g (generic-named name)
        lambda-list (plist-get options (key "lambda-list")))
  (. (or g (ensure-generic name #* (lambda-list-shape lambda-list))) function))

;; ---- Method combinations

(defcl-macro define-method-combination [name #* more]
  (if (and more (or (is (get more 0) None) (is (. (get more 0) __class__) cons)))
      (long-combination-form name #* more)
      (form (sys::define-combination ~(quoted name) ~@(lfor x more (quoted x))))))

(defcl sys::define-combination [name #* options]
  "The short form: of an operator that takes the values of all methods."
  (setv options (dict (option-pairs (lisp-list options))))
  (define-combination name
    (ShortCombination name (.get options (key "operator") name)
                      (not (nil? (.get options (key "identity-with-one-argument"))))))
  (setv (get name.info DOCUMENTATION) (.get options (key "documentation")))
  name)

(defn long-combination-form [name lambda-list #* more]
  (when (not more)
    (raise (program-error (+ "The long form of DEFINE-METHOD-COMBINATION requires a list of method "
                             "group specifiers."))))
  (setv [groups #* body] more
        groups (lfor g (elements groups) (method-group g))
        generic-function (symbol "GENERIC-FUNCTION") methods (symbol "METHODS")
        options (symbol "OPTIONS") qualifiers (symbol "QUALIFIERS") found (symbol "GROUPS")
        variables [])
  (while (and body (is (. (get body 0) __class__) cons)
              (in (. (get body 0) car) [ARGUMENTS GENERIC-FUNCTION]))
    (setv option (.pop body 0))
    (when (is option.car ARGUMENTS)
      (raise (program-error "the option :arguments is not supported")))
    (.append variables (lisp-list [option.cdr.car generic-function])))
  (setv [declarations documentation body] (split-body body)
        any-methods (= (lfor g groups (get g 1)) [[STAR]])
        combine
          (form (let* ((~found (sys::method-groups
                                 ~methods
                                 (quote ~(lisp-list (lfor [group #* _] groups group)))
                                 (quote ~(lisp-list (lfor [_ _ _ required] groups required)))
                                 ~(or any-methods None)
                                 (function (lambda (~qualifiers)
                                             (declare (ignorable ~qualifiers))
                                             (cond ~@(group-clauses groups qualifiers))))))
                       ~@(lfor [i [group #* _]] (enumerate groups)
                               (lisp-list [group (form (nth ~i ~found))]))
                       ~@variables)
                  (declare (ignorable ~found))
                  ~@declarations
                  ~@(lfor [group _ order _] groups :if (is-not order MOST-SPECIFIC-FIRST)
                          (form (ecase ~order
                                  (:most-specific-first nil)
                                  (:most-specific-last (setq ~group (reverse ~group))))))
                  ~@body)))
  (form (sys::define-long-combination
          ~(quoted name) ~documentation
          (function
            (lambda (~generic-function ~methods ~options)
              (declare (ignorable ~generic-function ~options))
              ;; SBCL does not look at options where there is no lambda list.
              ~(if (is lambda-list None)
                   combine
                   (form (apply (function (lambda ~lambda-list ~combine)) ~options))))))))

(setv GROUP-SPECIFIERS "Method group specifiers in the long form of DEFINE-METHOD-COMBINATION ")

(defn method-group [x]
  "Name, patterns, form for the order and whether there must be methods of the method group
  specifier X."
  (setv [name #* parts] (elements x) patterns [])
  (when (not (symbol? name))
    (raise (program-error (+ GROUP-SPECIFIERS
                             "must begin with a symbol."))))
  (while (and parts (not-in (get parts 0) GROUP-OPTIONS))
    (.append patterns (.pop parts 0)))
  (when (not patterns)
    (raise (program-error (+ GROUP-SPECIFIERS
                             "must have at least one qualifier pattern or predicate."))))
  (setv options (dict (option-pairs (lisp-list parts))))
  [name patterns (.get options (key "order") MOST-SPECIFIC-FIRST)
   (not (nil? (.get options (key "required"))))])

(setv ARGUMENTS (key "arguments") GENERIC-FUNCTION (key "generic-function")
      MOST-SPECIFIC-FIRST (key "most-specific-first")
      GROUP-OPTIONS [(key "description") (key "order") (key "required")]
      STAR (cl-symbol "*")
      DOCUMENTATION "documentation-method-combination")

(defn group-clauses [groups qualifiers]
  "Clauses that give the number of the group whose methods have QUALIFIERS."
  (lfor [i [name patterns #* _]] (enumerate groups)
        (form ((or ~@(lfor p patterns (pattern-test name p qualifiers))) ~i))))

(defn pattern-test [name pattern qualifiers]
  (cond
    (is pattern None) (form (null ~qualifiers))
    (is pattern STAR) True
    (symbol? pattern) (form (~pattern ~qualifiers))
    (is pattern.__class__ cons) (form (sys::qualifiers-match ~(quoted pattern) ~qualifiers))
    True (raise (program-error (.format "method group {!r}: {} is no qualifier pattern"
                                        name (prin1-text pattern))))))

(defcl sys::qualifiers-match [pattern qualifiers]
  "A * matches what is left, at the end of a dotted list only, as in SBCL."
  (setv eql (get functions "eql"))
  (while (and (is pattern.__class__ cons) (is qualifiers.__class__ cons)
              (eql pattern.car qualifiers.car))
    (setv pattern pattern.cdr qualifiers qualifiers.cdr))
  (or (is pattern STAR) (and (nil? pattern) (nil? qualifiers))))

(defcl sys::method-groups [methods names required any group-of]
  "METHODS by the group whose number GROUP-OF gives for their qualifiers, most specific first. ANY:
  there may be several of the same specializers."
  (setv names (list (elements names))
        groups (lfor _ names []))
  (for [m (elements methods)]
    (setv i (primary-value (group-of (lisp-list m.qualifiers))))
    (when (is i None)
      (invalid-method m "~@<is applicable, but does not belong to any method group~@:>"))
    (setv group (get groups i))
    (when (and (nil? any) group m.specializers
               (= (. (get group -1) specializers) m.specializers))
      (signal-error long-combination-error
                    :format-control "More than one method of type ~S with the same specializers."
                    :format-arguments #((get names i))))
    (.append group m))
  (for [[name needed group] (zip names (elements required) groups)]
    (when (and (not group) (not (nil? needed)))
      (signal-error long-combination-error :format-control "No ~S methods."
                    :format-arguments #(name))))
  (lisp-list (map lisp-list groups)))

(defcl sys::define-long-combination [name documentation function]
  (define-combination name (LongCombination function))
  (setv (get name.info DOCUMENTATION) documentation)
  name)

(defcl-macro call-method [#* arguments]
  (form (error "~S outside of a effective method form" (quote call-method))))

(defcl invalid-method-error [method format-control #* format-arguments]
  (invalid-method method format-control #* format-arguments))

(defcl method-combination-error [format-control #* format-arguments]
  (combination-error format-control #* format-arguments))

;; ---- Documentation

(defn documented [x kind]
  "Where the documentation of KIND of X, a symbol, is kept: a dict and the key."
  (setv word (symbol-name kind))
  (cond
    (isinstance x symbol) #(x.info f"documentation-{(.lower word)}")
    True #(None None)))

(setv standard-documentation
  (define-standard-generic "documentation" 2 False
    (fn [x kind]
      (setv word (symbol-name kind)
            [table name] (documented x kind)
            known (if table (.get table name) None))
      (cond
        (is-not known None) known
        (in word ["FUNCTION" "SETF"])
          (getattr (if (symbol? x) (function-named x) x) "__doc__" None)
        (and (in word ["TYPE" "STRUCTURE" "T"]) (isinstance x #(symbol type)))
          (do
            (setv cls (if (isinstance x type) x (find-class-or-none x)))
            (cond
              (is cls None) None
              (and (isinstance cls type) (definition-of cls)) (. (definition-of cls) documentation)
              True (getattr cls "__doc__" None)))
        ;; From CPython 3.13 on even None has a docstring.
        (= word "VARIABLE")
          (if (is (getattr x "variable" None) None) None x.variable.__doc__)
        (callable x) (getattr x "__doc__" None)
        True None))))

(defcl sys::set-documentation [text x kind]
  (setv [table name] (documented x kind))
  (if table
      (setv (get table name) text)
      (setv x.__doc__ text))
  text)

(setv (get (. (cl-symbol "documentation") info) "setf") cl-set-documentation)

(setv standard-describe-object
  (define-standard-generic "describe-object" 2 False
    (fn [x stream]
      ((get functions "format") stream "~&~S~%  [~A]~%" x (class-symbol (class-of x))))))

(defcl describe [x [stream None]]
  "Print what X is."
  (import hy-iolib.cl.streams [standard-output])
  (standard-describe-object x (if (in stream #(None True)) standard-output.value stream))
  (values))
