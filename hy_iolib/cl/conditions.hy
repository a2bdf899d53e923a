"Conditions: defining, signalling and handling them, their reports as SBCL words them, and what
Python's own exceptions are among them. Handlers and restarts stand in the library's chains
(hy_iolib/lisp/handlers.hy, restarts.hy), so that those of both languages see each other."

(eval-when-compile
  (require hy-iolib.cl.definitions [defcl defcl-macro form]))
(import dis)
(import fractions [Fraction])
(import itertools [repeat])
(import re)
(import sys [modules])
(import threading [get-ident])
(import hy)
(import hy-iolib.cl.printer :as printer)
(import hy-iolib.cl.printer [lisp-special prin1-text])
(import hy-iolib.cl.classes [class-symbol find-class-or-none sbcl-package])
(import hy-iolib.cl.conses [cons new-cons elements lisp-list nil?])
(import hy-iolib.cl.definitions [functions])
(import hy-iolib.cl.errors
  [arithmetic-error cell-error division-by-zero file-error floating-point-invalid-operation
   floating-point-overflow package-error print-not-readable program-error reader-error
   simple-program-error simple-type-error simple-warning storage-condition style-warning
   unbound-slot unbound-variable undefined-function warning])
(import hy-iolib.cl.objects
  [Definition attribute-of class-options default-initargs-form define-accessors definition-of
   laid-out missing-slot option-pairs plans prefixed put-class quoted
   show-to-python slot-form slots-from])
(import hy-iolib.cl.strings [invalid-array-index-error])
(import hy-iolib.cl.string-streams [string-output-stream])
(import hy-iolib.cl.symbols [cl-symbol fbound key packages symbol symbol-name])
(import hy-iolib.lisp.conditions
  [condition control-error end-of-file error serious-condition simple-condition
   simple-error stream-error type-error])
(import hy-iolib.lisp.handlers
  [ask asked current-task handlers signal-error walk])
(import hy-iolib.lisp.multiple-values [primary-value])
(import hy-iolib.lisp.restarts [offered restart restart-transfer])
(import hy-iolib.lisp.restarts :as library-restarts)
(import hy-iolib.lisp.specials [bound])
(import hy-iolib.syscalls [condition-from syscall-error])

(export :objects [condition-of report-of] :macros [])

;; ---- Reports

;; Class -> function that gives the report of a condition of that class, where the class's own
;; `__str__` is worded otherwise.
(setv reports {})

(defn report-of [c [out None]]
  "What the condition C says happened, as princ prints it, to OUT if that is known already."
  (for [cls (. (type c) __mro__)]
    (setv report (.get reports cls))
    (when (is-not report None)
      (setv text (report c))
      ;; SBCL prints it as a logical block, whose lines begin where the first one does.
      (return (if (and out (is report (get reports type-error)) (in "\n" text))
                  (.replace text "\n" (+ "\n" (* " " (or (.column out) 0))))
                  text)))
    (when (in "_report" cls.__dict__)
      ;; Made of a message alone, as Python's exceptions are, it says that.
      (return (if (and c.args (not (isinstance c OSError)))
                  (BaseException.__str__ c)
                  (written-report (get cls.__dict__ "_report") c out))))
    (when (and (in "__str__" cls.__dict__) (not (definition-of cls)))
      (return (or (if (= cls.__module__ "builtins")
                      (BaseException.__str__ c)
                      (.__str__ cls c))
                  (said-nothing c))))))

(defn said-nothing [c]
  f"Condition {(prefixed (class-symbol (type c)))} was signalled.")

(defn user-str [c]
  ;; The `__str__` of the classes that programs define.
  (report-of c))

(defn written-report [report c [target None]]
  (if (isinstance report str)
      report
      (do
        (setv out (string-output-stream target))
        (report c out)
        (.text out))))

(setv printer.report-of report-of)

(defmacro defreport [cls parameter #* body]
  `(setv (get reports ~cls) (fn ~parameter ~@body)))

(defn stated [c text]
  "TEXT, or what C was made of, if that is a message alone."
  (if c.args (BaseException.__str__ c) text))

(defreport simple-condition [c]
  (cond
    (is c.format-control None)
      (if c.args
          (BaseException.__str__ c)
          (signal-error f"No format-control for {(prin1-text c)}"))
    True
      ((get functions "format") None c.format-control #* (elements c.format-arguments))))

(defreport simple-type-error [c]
  ((get reports simple-condition) c))

(defreport type-error [c]
  (if (and c.args (not c.slots-filled))
      (BaseException.__str__ c)
      (laid-out "The value" (prin1-text c.datum) "is not of type" (type-text c.expected-type))))

(defn type-text [x]
  (cond
    (isinstance x str) (.get ENGLISH-TYPES (str x) (str x))
    (isinstance x type) (prefixed (class-symbol x))
    True (prefixed x)))

;; How the library says what it expects, where that is a type of Common Lisp's.
(setv ENGLISH-TYPES {"a proper list" "LIST" "a list" "LIST" "a string" "STRING"
                     "a sequence" "SEQUENCE" "an integer" "INTEGER" "a symbol" "SYMBOL"
                     "a number" "NUMBER"})

(defreport arithmetic-error [c]
  (setv text f"arithmetic error {(prefixed (class-symbol (type c)))} signalled"
        operation (getattr c "operation" None))
  (cond
    (is operation None) (stated c text)
    True (+ text "\nOperation was "
            (prin1-text (new-cons operation (getattr c "operands" None))) ".")))
(setv (get reports division-by-zero) (get reports arithmetic-error))

(defreport end-of-file [c] (stated c f"end of file on {(prin1-text c.stream)}"))
(defreport unbound-variable [c] (stated c f"The variable {(prin1-text c.name)} is unbound."))
(defreport undefined-function [c]
  (stated c (.format (if (getattr c "setf" None)
                         "The function (SETF {}) is undefined."
                         "The function {} is undefined.")
                     (prefixed c.name))))
(defreport unbound-slot [c]
  (stated c (.format "The slot {} is unbound in the object {}." (prefixed c.name)
                     (prin1-text c.instance))))
(defreport file-error [c]
  (stated c f"error on file {(prin1-text (getattr c "pathname" None))}"))
(defreport print-not-readable [c]
  (stated c f"{(prin1-text (getattr c "object" None))} cannot be printed readably."))
(defreport reader-error [c]
  (stated c f"READER-ERROR\n\n  Stream: {(prin1-text c.stream)}"))

;; ---- Python's exceptions

;; Class of Python's -> function that gives the condition, and the classes that this may be of.
(setv conversions {}
      possible {})

(defmacro defconversion [pythons targets parameter #* body]
  `(do
     (defn convert ~parameter ~@body)
     (for [p [~@pythons]]
       (setv (get conversions p) convert
             (get possible p) [~@targets]))))

(defn condition-of [e]
  "The condition that the exception E is, or stands for: the same one for the same E."
  (cond
    (isinstance e #(condition KeyboardInterrupt)) e
    (in "_condition" e.__dict__) (get e.__dict__ "_condition")
    True
      (do
        (for [cls (. (type e) __mro__)]
          (setv convert (.get conversions cls))
          (when (is-not convert None)
            (setv c (convert e))
            (break)))
        ;; Not the other way round, too: a cycle would keep what the frames hold.
        (setv (get e.__dict__ "_condition") c)
        c)))

(defconversion [Exception] [simple-error] [e]
  (simple-error :format-control "~A" :format-arguments #(f"{(. (type e) __name__)}: {e}")))

(defconversion [RecursionError] [storage-condition] [e]
  (storage-condition (+ "Control stack exhausted (no more space for function call frames).\n"
                        "This is probably due to heavily nested or infinitely recursive function\n"
                        "calls, or a tail call that SBCL cannot or has not optimized away.\n\n"
                        "PROCEED WITH CAUTION.")))
(defconversion [MemoryError] [storage-condition] [e]
  (storage-condition "Heap exhausted"))
(defconversion [ZeroDivisionError] [division-by-zero] [e] (division-by-zero))
(defconversion [OverflowError] [floating-point-overflow] [e] (floating-point-overflow))
(defconversion [FloatingPointError] [floating-point-invalid-operation] [e]
  (floating-point-invalid-operation))
(defconversion [ArithmeticError] [arithmetic-error] [e] (arithmetic-error))
(defconversion [EOFError] [end-of-file] [e] (end-of-file #* e.args))

(defconversion [NameError] [unbound-variable] [e]
  (setv name (getattr e "name" None))
  (if name
      (unbound-variable :name (symbol (.upper (hy.unmangle name))))
      (unbound-variable (str e))))

(defconversion [OSError] [file-error syscall-error] [e]
  (if (and (is-not e.filename None) (is-not e.errno None))
      (do
        (setv c (file-error (file-report e))
              c.pathname e.filename)
        c)
      (condition-from e)))

(defn file-report [e]
  (.format "{} the file {}: {}."
           "Error with" (prin1-text (str e.filename)) e.strerror))

(defn call-text [e]
  "The report of the wrong call that the TypeError E tells of; None if it is of something else."
  (setv text (str e))
  (for [[pattern make] CALL-PATTERNS]
    (setv found (.search pattern text))
    (when found
      (return (make found)))))

(setv CALL-PATTERNS
  [#((re.compile r"takes .*positional arguments? but (\d+) (was|were) given")
     (fn [m] f"invalid number of arguments: {(get m 1)}"))
   #((re.compile r"(\w+)\(\) missing \d+ required positional argument")
     (fn [m] (.format "invalid number of arguments: {}" (given-to (get m 0) (get m 1)))))
   #((re.compile r"takes (no|exactly|at least|at most).* arguments? \((\d+) given\)")
     (fn [m] f"invalid number of arguments: {(get m 2)}"))
   #((re.compile r"takes no (keyword )?arguments|expected .* arguments?, got (\d+)")
     (fn [m] f"invalid number of arguments: {(or (get m 2) 1)}"))
   #((re.compile r"unexpected keyword argument '(\w+)'")
     (fn [m] (.format "Unknown &KEY argument: :{}" (.upper (hy.unmangle (get m 1))))))])

(defn given-to [text name]
  "How many arguments a function called NAME got when so many were missing as TEXT says."
  (setv missing (int (get (.search (re.compile r"missing (\d+)") text) 1)))
  (for [p (set (.values packages)) s (list (.values p.present))]
    (setv f (if (isinstance s symbol) (fbound s) None))
    (when (= (getattr f "__name__" None) name)
      (return (- (- f.__code__.co-argcount (len (or f.__defaults__ #()))) missing))))
  0)

;; Text -> what was expected, and which group names the type of what came.
(setv OPERAND-PATTERNS
  (lfor [pattern expected]
        [[r"unsupported operand type\(s\) for .*: '([\w.]+)' and '([\w.]+)'" "number"]
         [r"bad operand type for .*: '([\w.]+)'" "number"]
         [r"can only concatenate (\w+) \(not \"([\w.]+)\"\)" "number"]
         [r"'.*' not supported between instances of '([\w.]+)' and '([\w.]+)'" "real"]
         [r"'([\w.]+)' object cannot be interpreted as an integer" "integer"]
         [r"indices must be integers or slices, not ([\w.]+)" "integer"]
         [r"'([\w.]+)' object is not callable" "function"]
         [r"'([\w.]+)' object is not iterable" "sequence"]
         [r"object of type '([\w.]+)' has no len" "sequence"]
         [r"'([\w.]+)' object (is not subscriptable|does not support item assignment)" "array"]]
        #((re.compile pattern) (cl-symbol expected))))

;; Names of types with one value.
(setv KNOWN-VALUES {"NoneType" None "bool" True}
      NUMBER-NAMES #{"int" "float" "double_float" "Fraction" "complex"}
      NUMBER (cl-symbol "number") REAL (cl-symbol "real")
      NUMBERS #(int float complex Fraction))

(defconversion [TypeError] [type-error program-error undefined-function] [e]
  (when (= (str e) "'NoneType' object is not callable")
    (return (undefined-function :name None)))
  (setv call (call-text e))
  (when call
    (return (simple-program-error :format-control "~A" :format-arguments #(call))))
  (for [[pattern expected] OPERAND-PATTERNS]
    (setv found (.search pattern (str e)))
    (when found
      (when (in expected [NUMBER REAL])
        (for [x (or (failing-operands e 2) #())]
          (when (not (isinstance x NUMBERS))
            (return (type-error :datum x :expected-type expected)))))
      (for [name (.groups found)]
        (when (and name (not (and (in name NUMBER-NAMES) (in expected [NUMBER REAL]))))
          (setv datum (found-datum e name))
          (when datum
            (return (type-error :datum (get datum 0) :expected-type expected)))))))
  (type-error (str e)))

(defn failing-operands [e count]
  "The values of the last COUNT names or constants that were loaded before the instruction that
  raised E; None where something else comes before it."
  (setv traceback e.__traceback__)
  (when (is traceback None)
    (return None))
  (while traceback.tb-next
    (setv traceback traceback.tb-next))
  (setv frame traceback.tb-frame
        variables {#** frame.f-globals #** frame.f-locals}
        loaded [])
  (for [i (dis.get-instructions frame.f-code)]
    (when (>= i.offset traceback.tb-lasti)
      (break))
    (cond
      (in i.opname ["LOAD_CONST" "LOAD_SMALL_INT"]) (.append loaded i.argval)
      (.startswith i.opname "LOAD_")
        (for [name (if (isinstance i.argval tuple) i.argval [i.argval])]
          (if (and (isinstance name str) (in name variables))
              (.append loaded (get variables name))
              (.clear loaded)))
      (!= i.opname "CACHE") (.clear loaded)))
  (if (< (len loaded) count) None (cut loaded (- count) None)))

(defn found-datum [e type-name]
  "The value of the type called TYPE-NAME that the exception E is about, in a tuple, if there is one
  such value only where it was raised."
  (when (in type-name KNOWN-VALUES)
    (return #((get KNOWN-VALUES type-name))))
  (setv traceback e.__traceback__)
  (when (is traceback None)
    (return None))
  (while traceback.tb-next
    (setv traceback traceback.tb-next))
  (setv found (lfor x (.values traceback.tb-frame.f-locals)
                    :if (= (. (type x) __name__) type-name)
                    x))
  (if (and found (all (gfor x found (is x (get found 0)))))
      #((get found 0))
      None))

(setv LIST-ATTRIBUTES #{"car" "cdr"})

(defconversion [AttributeError] [type-error cell-error] [e]
  (setv object (getattr e "obj" None)
        name (getattr e "name" None))
  (cond
    (is name None) (type-error (str e))
    (in name LIST-ATTRIBUTES) (type-error :datum object :expected-type (cl-symbol "list"))
    True (missing-slot :name (symbol (.upper (hy.unmangle name))) :instance object
                       :operation "read the slot's value (slot-value)")))

(defconversion [LookupError ValueError AssertionError] [type-error] [e]
  (type-error (if (isinstance e KeyError) f"{(get (or e.args [""]) 0) !r} is not there" (str e))))

(defconversion [IndexError] [type-error] [e]
  (setv found (failing-operands e 2))
  (if found
      (do
        (setv [vector index] found
              size (len vector))
        (invalid-array-index-error
          :datum index :limit size
          :expected-type (lisp-list [(cl-symbol "integer") 0 (lisp-list [size])])
          :array-type (prin1-text ((get functions "type-of") vector))))
      (type-error (str e))))

(defconversion [UnicodeError] [simple-error] [e]
  (simple-error :format-control "~A" :format-arguments #((str e))))

;; ---- Types as handlers have them

(defclass type-test []
  "A type specifier that is more than the name of a class; for `isinstance`."
  (setv __slots__ #("spec"))
  (defn __init__ [self spec] (setv self.spec spec))
  (defn __instancecheck__ [self x]
    (not (nil? ((get functions "typep") x self.spec)))))

(setv EVERYTHING #(condition Exception KeyboardInterrupt)
      OR (cl-symbol "or")
      ;; Those to which any exception of Python's may belong.
      COVERED {error #(error Exception)
               serious-condition #(serious-condition Exception KeyboardInterrupt)
               condition EVERYTHING})

(defn condition-tests [spec]
  "What `isinstance` takes for the type specifier SPEC, a tuple; None if that is not known yet."
  (cond
    (is spec True) EVERYTHING
    (nil? spec) #()
    (isinstance spec type) (.get COVERED spec #(spec))
    (and (is spec.__class__ cons) (is spec.car OR))
      (do
        (setv parts (lfor x (elements spec.cdr) (condition-tests x)))
        (if (in None parts) None (sum parts #())))
    (is spec.__class__ cons) #((type-test spec))
    True
      (do
        (setv cls (find-class-or-none spec))
        (cond
          (isinstance cls type) (condition-tests cls)
          (in "type-expander" spec.info) #((type-test spec))
          True None))))

(defn python-classes [test]
  "The classes that `except` must look at to find what TEST, of `condition-tests`, is true of."
  (cond
    (isinstance test type-test) EVERYTHING
    (issubclass test condition)
      #(test #* (gfor [p targets] (.items possible)
                      :if (any (gfor t targets (or (issubclass t test) (issubclass test t))))
                      p))
    True #(test)))

(defclass Types []
  "The type specifiers of one handler-case or handler-bind, and what they mean, once that is known."
  (setv __slots__ #("specs" "tests" "classes" "mark"))
  (defn __init__ [self specs]
    (setv self.specs specs self.tests None))

  (defn resolve [self]
    (setv tests (lfor s self.specs (condition-tests s))
          known (lfor t tests (if (is t None) #() t))
          flat (sum known #())
          self.classes (tuple (dict.fromkeys (gfor t flat c (python-classes t) c)))
          ;; Handlers outside do not see what is caught here.
          self.mark #(#(flat None)))
    ;; A class that comes to be later counts from then on.
    (when (not-in None tests)
      (setv self.tests known))
    known)

  (defn __reduce__ [self]
    #(Types #(self.specs))))

(defn may-be-signalled [e]
  (isinstance e EVERYTHING))

(defclass catching []
  "handler-case's mark for TYPES: a node of the library's chain, see there, and a context manager."
  (setv __slots__ #("outer" "cluster" "thread" "task" "live"))
  (defn __init__ [self types]
    (when (is types.tests None)
      (.resolve types))
    (setv self.cluster types.mark))
  (defn __enter__ [self]
    (setv self.outer (handlers.get)
          self.thread (get-ident)
          self.task (if (in "asyncio.tasks" modules) (current-task) None)
          self.live True)
    (handlers.set self))
  (defn __exit__ [self kind e traceback]
    (setv self.live False)
    (handlers.set self.outer)
    False))

(defclass binding [catching]
  "handler-bind's handlers for TYPES. What Python raises reaches them on its way out."
  (setv __slots__ #())
  (defn __init__ [self types #* functions]
    (setv self.cluster (tuple (zip (or types.tests (.resolve types)) functions))))
  (defn __exit__ [self kind e traceback]
    (setv self.live False)
    (handlers.set self.outer)
    (when (and (is-not e None) (may-be-signalled e))
      (setv c (condition-of e))
      (when (not (asked c self))
        (try
          (ask c self self)
          (except [x BaseException]
            (forget-context x e)
            (raise)))))
    False))

(defn forget-context [x e]
  ;; E has come through the frame in which X will be handled: another cycle.
  (when (is x.__context__ e)
    (setv x.__context__ None)))

(setv (get functions "sys::catching") catching
      (get functions "sys::binding-handlers") binding)

(defcl sys::caught-classes [types]
  (when (is types.tests None)
    (.resolve types))
  types.classes)

(defcl sys::condition-of [e] (condition-of e))

(defcl sys::clause-of [types c e]
  "The number of the first of TYPES that C, the condition of the exception E, is of; -1 if it is of
  none."
  (for [[i test] (enumerate (or types.tests (.resolve types)))]
    (when (isinstance c test)
      ;; From here on nobody asks where it came from. The frame that handles it would be part of
      ;; that, and have it in a variable: a cycle, which would keep sockets open until the next gc.
      (setv e.__traceback__ None c.__traceback__ None)
      (return i)))
  -1)

(setv NO-ERROR (key "no-error"))

(defcl-macro handler-case [x #* clauses]
  (setv others (lfor c clauses :if (is-not c.car NO-ERROR) c)
        no-error (lfor c clauses :if (is c.car NO-ERROR) c))
  (cond
    no-error
      (do
        (setv [error-return normal-return] [(symbol "ERROR-RETURN") (symbol "NORMAL-RETURN")]
              [_ parameters #* body] (elements (get no-error 0)))
        (form (block ~error-return
                (multiple-value-call (lambda ~parameters ~@body)
                  (block ~normal-return
                    (return-from ~error-return
                      (handler-case (return-from ~normal-return ~x) ~@others)))))))
    (not others) x
    True
      (do
        (setv types (Types (lfor c others c.car))
              [e c number] [(symbol "E") (symbol "CONDITION") (symbol "NUMBER")])
        (form (sys::try (sys::with (sys::catching (quote ~types)) ~x)
                (~e (sys::caught-classes (quote ~types))
                  (let* ((~c (sys::condition-of ~e))
                         (~number (sys::clause-of (quote ~types) ~c ~e)))
                    ~(clause-choice number (lfor clause others (handler-clause clause c))))))))))

(defn clause-choice [number bodies]
  "The form that evaluates that one of BODIES whose number is the variable NUMBER's value."
  (setv choice (form (sys::reraise)))
  (for [[i body] (reversed (list (enumerate bodies)))]
    (setv choice (form (if (= ~number ~i) ~body ~choice))))
  choice)

(defn handler-clause [clause c]
  (setv [_ parameters #* body] (elements clause))
  (if (nil? parameters)
      (form (locally ~@body))
      (form (let ((~parameters.car ~c)) ~@body))))

(defcl-macro handler-bind [bindings #* body]
  (setv bindings (list (elements bindings)))
  (if bindings
      (form (sys::with (sys::binding-handlers (quote ~(Types (lfor b bindings b.car)))
                                              ~@(lfor b bindings b.cdr.car))
              ~@body))
      (form (progn ~@body))))

(defcl-macro ignore-errors [#* body]
  (setv c (symbol "CONDITION"))
  (form (handler-case (progn ~@body)
          (error (~c) (values nil ~c)))))

;; ---- Making conditions

(defn condition-class [x]
  "The class of conditions that X, a class or a symbol, designates."
  (setv cls (if (isinstance x type) x (find-class-or-none x)))
  (when (not (and (isinstance cls type) (issubclass cls BaseException)))
    (no-type x "condition" "~S does not designate a condition class."))
  cls)

(defn no-type [x expected control]
  (signal-error (make-instance-of simple-type-error
                  [(key "datum") x (key "expected-type") (cl-symbol expected)
                   (key "format-control") control (key "format-arguments") (lisp-list [x])])))

(defn make-instance-of [cls initargs]
  "A condition of CLS, with INITARGS, a plist as a Python sequence."
  (when (% (len initargs) 2)
    (signal-error "odd-length initializer list: ~S." (lisp-list initargs)))
  (if (not (issubclass cls condition))
      (cls)
      (do
        (setv c (if (is cls error) (Exception.__new__ error) (.__new__ cls cls))
              [initargs slots] (split-initargs cls initargs))
        (library-init c cls slots)
        (fill-slots c cls initargs)
        c)))

(defn library-init [c cls slots]
  (for [base cls.__mro__]
    (when (and (in "__init__" base.__dict__) (not (definition-of base)))
      (.__init__ base c)
      (break)))
  (.update c.__dict__ slots))

(defn split-initargs [cls initargs]
  "Of INITARGS those that the program's classes take, and as a dict the slots of others."
  (setv arguments (. (get plans cls) arguments) own [] slots {})
  (for [i (range 0 (len initargs) 2)]
    (setv word (get initargs i) value (get initargs (+ i 1)))
    (if (in word arguments)
        (.extend own [word value])
        (.setdefault slots (attribute-of word) value)))
  #(own slots))

(defn fill-slots [c cls initargs]
  (setv plan (get plans cls)
        given (cut initargs 0 None 2))
  (for [[word f] (.items plan.default-initargs)]
    (when (not-in word given)
      (if (in word plan.arguments)
          (setv initargs [#* initargs word (primary-value (f))])
          (.setdefault c.__dict__ (attribute-of word) (primary-value (f))))))
  (.fill plan c initargs)
  (for [s plan.initial]
    (when (not-in s.attribute c.__dict__)
      (setv (get c.__dict__ s.attribute) (.initial s)))))

(defn condition-from-datum [datum arguments simple]
  "The condition that DATUM and ARGUMENTS designate; SIMPLE is made of a control string."
  (cond
    (isinstance datum BaseException) datum
    (isinstance datum #(symbol type)) (make-instance-of (condition-class datum) arguments)
    (or (isinstance datum str) (callable datum) (hasattr datum "characters"))
      (simple :format-control datum :format-arguments (lisp-list arguments))
    True
      (signal-error type-error :datum datum
                    :expected-type (lisp-list (map cl-symbol ["or" "string" "function" "symbol"
                                                              "condition"])))))

(defcl make-condition [type #* initargs]
  (make-instance-of (condition-class type) initargs))

(setv *debugger-hook* (lisp-special "*debugger-hook*" None)
      *break-on-signals* (lisp-special "*break-on-signals*" None))

(defn show [c]
  "Let the handlers see the condition C."
  (setv chain (.get handlers))
  (when chain
    (walk c chain)))

(defn raise-condition [c]
  (try
    (setv hook *debugger-hook*.value)
    (when (not (nil? hook))
      (with [_ (bound [#(*debugger-hook* None)])]
        (hook c hook)))
    (raise c)
    (finally
      ;; Its traceback holds this frame.
      (del c))))

(defcl error [datum #* arguments]
  "Signal the error that DATUM and ARGUMENTS designate; it is raised if no handler takes it."
  (setv c (condition-from-datum datum arguments simple-error))
  (try
    (show c)
    (raise-condition c)
    (finally
      (del c datum))))

(defcl signal [datum #* arguments]
  (show (condition-from-datum datum arguments simple-condition))
  None)

(defcl cerror [continue-control datum #* arguments]
  (setv offer (lisp-offering #((cl-symbol "continue"))
                             [#((fn [stream]
                                  ((get functions "format") stream continue-control #* arguments))
                                None None)]))
  (try
    (with [_ offer]
      (cl-error datum #* (if (isinstance datum BaseException) #() arguments)))
    (except [t restart-transfer]
      (when (is-not (. (get t.args 0) offer) offer)
        (raise))))
  None)

(defcl warn [datum #* arguments]
  (setv c (condition-from-datum datum arguments simple-warning))
  (when (not (isinstance c warning))
    (no-type datum "warning" "~S does not designate a WARNING class"))
  (setv offer (lisp-offering #((cl-symbol "muffle-warning")) [#("Skip warning." None None)]))
  (try
    (with [_ offer]
      (show c))
    (except [t restart-transfer]
      (when (is-not (. (get t.args 0) offer) offer)
        (raise))
      (return None)))
  ((get functions "format") (. (cl-symbol "*error-output*") variable value) "~&~A: ~A~%"
                            (if (isinstance c style-warning) "STYLE-WARNING" "WARNING") c)
  None)

(defcl invoke-debugger [c]
  (raise-condition c))

(defcl break [[control "break"] #* arguments]
  (setv c (simple-condition :format-control control :format-arguments (lisp-list arguments)))
  (raise-condition c))

;; ---- Restarts

(defclass lisp-restart [restart]
  "A restart with a symbol (or nil) as its name. FUNCTION is that of restart-bind."
  (setv __slots__ #("symbol" "function" "interactive"))
  (defn __init__ [self s index report test interactive offer [function None]]
    (.__init__ restart self (.lower (symbol-name s)) index report test offer)
    (setv self.symbol s self.function function self.interactive interactive))
  (defn __str__ [self]
    (if (is self.report None)
        (prin1-text self.symbol)
        (written-report self.report self))))

(defclass lisp-offering []
  "Offers restarts for a `with` block. NAMES are symbols; OPTIONS, as long, have for each None or
  #(report interactive test), or with a function at their end."
  (setv __slots__ #("names" "options" "made" "outer"))
  (defn __init__ [self names options]
    (setv self.names names self.options options self.made None))
  (defn __enter__ [self]
    (setv self.outer (offered.get))
    (offered.set #(self.outer (get-ident) (if (in "asyncio.tasks" modules) (current-task) None)
                   self)))
  (defn __iter__ [self]
    ;; Few are ever asked for.
    (when (is self.made None)
      (setv self.made
            (lfor [i [name options]] (enumerate (zip self.names (or self.options (repeat None))))
                  (do
                    (setv [report interactive test #* function] (or options [None None None]))
                    (lisp-restart name i (one-argument report) test interactive self
                                  #* function)))))
    (iter self.made))
  (defn __exit__ [self kind e traceback]
    (try
      ;; What Python raised meets its handlers here, while the restarts are still on offer.
      (when (and (is-not e None) (handlers.get) (may-be-signalled e))
        (setv c (condition-of e))
        (when (not-in "_asked" c.__dict__)
          (walk c (handlers.get))))
      (except [x BaseException]
        (forget-context x e)
        (raise))
      (finally
        (offered.set self.outer)
        (setv self.made None)))
    False))

(defn one-argument [report]
  "REPORT, a text or a function of a stream, as a function of the restart and a stream, or a text."
  (if (or (is report None) (isinstance report str))
      report
      (fn [_ [stream None]]
        (report stream))))

(defcl sys::offering [names #* options]
  (lisp-offering names options))

(defcl sys::restart-options [#* options]
  options)

(defcl sys::chosen-restart [offer transfer]
  "The number of the restart of OFFER that TRANSFER goes to; -1 if it goes elsewhere."
  (setv r (get transfer.args 0))
  (if (is r.offer offer)
      (do
        (setv transfer.__traceback__ None)
        r.index)
      -1))

(defcl sys::restart-arguments [transfer]
  (lisp-list (get transfer.args 1)))

(setv RESTART-OPTIONS {"REPORT" 0 "INTERACTIVE" 1 "TEST" 2})

(defcl-macro restart-case [x #* clauses]
  (setv names [] specs [] bodies []
        [offer transfer number] (map symbol ["OFFER" "TRANSFER" "NUMBER"]))
  (for [clause clauses]
    (setv [name parameters #* body] (elements clause)
          options [None None None])
    (while (and body (is (type (get body 0)) (type NO-ERROR))
                (in (symbol-name (get body 0)) RESTART-OPTIONS))
      (setv option (symbol-name (get body 0))
            value (get body 1)
            (get options (get RESTART-OPTIONS option))
              (if (isinstance value str) value (form (function ~value)))
            body (cut body 2 None)))
    (.append names name)
    (.append specs (if (= options [None None None]) None (form (sys::restart-options ~@options))))
    (.append bodies
             (if (nil? parameters)
                 (form (locally ~@body))
                 (form (apply (lambda ~parameters ~@body) (sys::restart-arguments ~transfer))))))
  (if clauses
      (form (let ((~offer (sys::offering ~(quoted (tuple names)) ~@(if (any specs) specs []))))
              (sys::try (sys::with ~offer ~x)
                (~transfer (quote ~restart-transfer)
                  (let ((~number (sys::chosen-restart ~offer ~transfer)))
                    ~(clause-choice number bodies))))))
      x))

(defcl-macro with-simple-restart [spec #* body]
  (setv [name control #* arguments] (elements spec)
        stream (symbol "STREAM"))
  (form (restart-case (progn ~@body)
          (~name ()
            :report (lambda (~stream) (format ~stream ~control ~@arguments))
            (values nil t)))))

(defcl-macro restart-bind [bindings #* body]
  (setv names [] specs [])
  (for [b (elements bindings)]
    (setv [name function #* options] (elements b)
          options (dict (option-pairs (lisp-list options))))
    (.append names name)
    (.append specs (form (sys::restart-options ~(.get options (key "report-function"))
                                               ~(.get options (key "interactive-function"))
                                               ~(.get options (key "test-function"))
                                               ~function))))
  (form (sys::with (sys::offering ~(quoted (tuple names)) ~@specs) ~@body)))

(defcl-macro with-condition-restarts [c restarts #* body]
  (form (progn ~c ~restarts ~@body)))

(defn on-offer [c]
  "The restarts on offer here, the innermost first, of which the tests accept the condition C."
  (setv node (.get offered)
        owner #((get-ident) (current-task)))
  (while node
    (when (= (cut node 1 3) owner)
      (for [r (get node 3)]
        (when (or (is r.test None)
                  (if (isinstance r lisp-restart)
                      (not (nil? (primary-value (r.test c))))
                      (or (is c None) (r.test c))))
          (yield r))))
    (setv node (get node 0))))

(defn named? [r name]
  (if (isinstance r lisp-restart)
      (is r.symbol name)
      (= r.name (.lower (symbol-name name)))))

(defcl find-restart [name [c None]]
  (for [r (on-offer c)]
    (when (if (isinstance name restart) (is r name) (named? r name))
      (return r))))

(defcl compute-restarts [[c None]]
  (lisp-list (on-offer c)))

(defcl restart-name [r]
  (cond
    (isinstance r lisp-restart) r.symbol
    (in (.upper r.name) (. (get packages "COMMON-LISP") external)) (cl-symbol r.name)
    True
      (.intern (or (.get packages "IOLIB") (get packages "COMMON-LISP-USER")) (.upper r.name))))

(defn restart-on-offer [r]
  (setv found (cl-find-restart r))
  (when (is found None)
    (signal-error control-error
                  (if (isinstance r restart)
                      f"Restart {(prin1-text r)} is not active."
                      f"No restart {(prin1-text r)} is active.")))
  found)

(defcl invoke-restart [r #* arguments]
  (setv r (restart-on-offer r)
        function (getattr r "function" None))
  (if (is function None)
      (raise (restart-transfer r arguments {}))
      (function #* arguments)))

(defcl invoke-restart-interactively [r]
  (setv r (restart-on-offer r)
        interactive (getattr r "interactive" None))
  (cl-invoke-restart r #* (if (is interactive None) #() (elements (primary-value (interactive))))))

(defn invoke-if-there [name c #* arguments]
  (setv r (cl-find-restart (cl-symbol name) c))
  (when (is-not r None)
    (cl-invoke-restart r #* arguments)))

(defcl continue [[c None]] (invoke-if-there "continue" c))
(defcl use-value [value [c None]] (invoke-if-there "use-value" c value))
(defcl store-value [value [c None]] (invoke-if-there "store-value" c value))
(defcl muffle-warning [[c None]]
  (invoke-if-there "muffle-warning" c)
  (restart-on-offer (cl-symbol "muffle-warning")))
(defcl abort [[c None]]
  (invoke-if-there "abort" c)
  (restart-on-offer (cl-symbol "abort")))

;; ---- define-condition

(setv condition.lisp-metaclass "SB-PCL::CONDITION-CLASS")

(defn init-condition [self #* arguments #** initargs]
  ;; For Python: arguments are the exception's own, initialization arguments keyword arguments.
  (setv cls (type self)
        [own slots] (split-initargs cls (lfor [name value] (.items initargs)
                                              x [(key (hy.unmangle name)) value]
                                              x)))
  (library-init self cls slots)
  (when arguments
    (setv self.args arguments))
  (fill-slots self cls own))

(defn absent-condition-slot [self attribute]
  (setv slot (.get (. (get plans (type self)) by-attribute) attribute))
  (if (is slot None)
      (raise (AttributeError f"{(. (type self) __name__)} has no slot {attribute}"
                             :name attribute :obj self))
      (signal-error f"Unbound condition slot: ~S" slot.name)))

(defcl sys::define-condition [name parents slot-specs default-initargs documentation report
                              namespace]
  "What `define-condition` expands to."
  (setv [slots accessors] (slots-from (map elements (elements slot-specs)))
        bases (or (lfor p (elements parents) (condition-class p)) [condition])
        definition (Definition name slots
                               (lfor pair (elements default-initargs) (tuple (elements pair)))
                               documentation)
        cls (put-class name bases definition))
  (setv cls.__init__ init-condition
        cls.__getattr__ absent-condition-slot
        cls.__str__ user-str
        cls.slots (tuple (dict.fromkeys (gfor b bases s (getattr b "slots" #()) s))))
  (cond
    (not (nil? report)) (setv cls._report report)
    (in "_report" cls.__dict__) (delattr cls "_report"))
  (define-accessors cls accessors namespace)
  (show-to-python namespace name cls)
  name)

(defcl-macro define-condition [name parents slots #* options]
  (setv options (class-options options)
        documentation (.get options "DOCUMENTATION")
        report (if (in "REPORT" options) (. (get options "REPORT") car) None))
  (form (sys::define-condition ~(quoted name) ~(quoted parents)
                               (list ~@(lfor s (elements slots) (slot-form s)))
                               ~(default-initargs-form options)
                               ~(if documentation documentation.car None)
                               ~(if (or (nil? report) (isinstance report str))
                                    report
                                    (form (function ~report)))
                               (sys::inline "GLOBALS()"))))

;; ---- Readers of the standard conditions

(defmacro define-readers [#* rows]
  "Of each row CLASS and ATTRIBUTE…: the functions CLASS-ATTRIBUTE."
  `(do ~@(gfor [cls #* attributes] rows
               a attributes
               `(defcl ~(hy.models.Symbol f"{cls}-{a}") [c]
                  (if (isinstance c ~cls)
                      (lisp-value (getattr c ~(str (hy.mangle a)) None))
                      (signal-error type-error :datum c :expected-type (class-symbol ~cls)))))))

(defn lisp-value [x]
  (if (isinstance x tuple) (lisp-list x) x))

(define-readers
  (simple-condition format-control format-arguments)
  (type-error datum expected-type)
  (cell-error name)
  (unbound-slot instance)
  (stream-error stream)
  (file-error pathname)
  (arithmetic-error operation operands)
  (package-error package)
  (print-not-readable object))

;; ---- Names of SBCL's

(for [[package name cls] [["SB-SYS" "INTERACTIVE-INTERRUPT" KeyboardInterrupt]
                          ["SB-KERNEL" "CONTROL-STACK-EXHAUSTED" storage-condition]]]
  (setv p (sbcl-package package)
        s (.intern p name))
  (.add p.external name)
  (setv (get s.info "class") cls))
