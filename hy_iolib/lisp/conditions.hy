"Common Lisp's conditions, as exceptions: the classes. Handlers and restarts have files of their
own.

Only an `error` is an `Exception`: a condition that is none is signalled to those who asked for
it, and `except Exception` is not asked."

(import inspect)
(import hy-iolib.lisp.formatting [format-control])

(export
  :objects [condition serious-condition error simple-condition simple-error type-error parse-error
            control-error stream-error end-of-file
            type-error-datum type-error-expected-type stream-error-stream]
  :macros [defcondition])

(defclass SlotsShown []
  "The signature of a class of conditions: its slots by name, where it has some."
  (defn __get__ [self _ class]
    (setv as-written (inspect.signature condition.__init__)
          [_ arguments slots] (.values as-written.parameters))
    (.replace as-written
              :parameters [arguments
                           #* (or (lfor name class.slots
                                        (inspect.Parameter name inspect.Parameter.KEYWORD-ONLY
                                                           :default (getattr class name)))
                                  [slots])])))

(defclass condition [BaseException]
  "The root of all conditions. Its subclasses name their slots, which are keyword arguments; one that
  there isn't is a `TypeError`. Positional arguments are as those of Python's exceptions.

  Only an `error` is an `Exception`: of another condition `except Exception` is not asked.

  => (handler-case (signal (simple-condition :format-control \"halfway\")) (condition [c] (str c)))
  \"halfway\"

  >>> with handler_bind(condition, print):
  ...     hy_iolib.signal(\"halfway\")
  halfway

  Source: Common Lisp."
  (setv slots #()
        __signature__ (SlotsShown))

  (defn __init__ [self / #* arguments #** slots]
    (.__init__ BaseException self #* arguments)
    (.fill-slots self slots))

  (defn [property] slots-filled [self]
    (any (gfor name self.slots (in name self.__dict__))))

  (defn fill-slots [self slots]
    (for [name slots]
      (when (not-in name self.slots)
        (raise (TypeError (.format "{} has no slot {!r}; it has: {}"
                                   (hy.unmangle (. (type self) __name__)) name
                                   (or (.join ", " self.slots) "none"))))))
    (.update self.__dict__ slots))

  (defn __repr__ [self]
    (.format "{}({!r})" (. (type self) __name__) (str self)))

  ;; A stream can't travel; what is said about it can.
  (defn __reduce__ [self]
    (setv [make arguments #* state] (.__reduce__ (super)))
    #(make arguments (dfor [name value] (.items self.__dict__)
                           :if (!= name "_asked")
                           name (if (hasattr value "fileno") (str value) value))))

  (defn __copy__ [self]
    (setv [make arguments] (cut (.__reduce__ (super)) 2)
          twin (make #* arguments))
    (.update twin.__dict__ self.__dict__)
    twin)

  (defn __deepcopy__ [self memo]
    (.__copy__ self)))

(defmacro defcondition [name parents #* definition]
  "Define the condition NAME, a subclass of PARENTS, a list of classes the first of which is a
  condition: `(defcondition name [parent…] docstring [slot…] report)`. The docstring and the report may
  be left out. The slots are keyword arguments: symbols, None unless given, or `[symbol default]`. The
  report, an expression over `self`, says in a sentence what happened. Each slot gets the reader
  `NAME-SLOT`, which signals a `type-error` of what is no NAME. `TypeError` of another shape.

  => (defcondition too-cold [error] \"It is too cold.\" [degrees] f\"{self.degrees} degrees\")
  => (handler-case (error 'too-cold :degrees -3) (too-cold [e] [(str e) (too-cold-degrees e)]))
  [\"-3 degrees\" -3]

  Source: hy_iolib's own; Common Lisp's is `define-condition`."
  ;; A reader has the source of its condition.
  (setv definition (list definition)
        doc (if (and definition (isinstance (get definition 0) hy.models.String)) [(.pop definition 0)] [])
        [slots #* report] (or definition [None]))
  (when (not (and (isinstance slots hy.models.List) (<= (len report) 1)
                  (all (gfor slot slots
                             (isinstance (if (and (isinstance slot hy.models.List) (= (len slot) 2))
                                             (get slot 0)
                                             slot)
                                         hy.models.Symbol)))))
    (raise (TypeError "(defcondition name [parent…] \"docstring\" [slot… [slot default]…] report)")))
  (setv [_ heading source] (.partition (.join "" (map str doc)) "\n\n  Source: ")
        defaults (dict (gfor slot slots (if (isinstance slot hy.models.List) slot [slot None])))
        slots (list defaults)
        a (if (in (get (str name) 0) "aeiou") "an" "a"))
  `(do
     (defclass ~name ~parents
       ~@doc
       (setv slots (+ (. ~(get parents 0) slots) #(~@(gfor slot slots (str (hy.mangle slot))))))
       ~@(gfor [slot default] (.items defaults) `(setv ~slot ~default))
       ~@(when report
           [`(defn __str__ [self]
               ;; Made of a message alone, as Python's exceptions are, it says that.
               (if (or self.slots-filled (not self.args)) ~@report (BaseException.__str__ self)))]))
     ~@(gfor slot slots
         `(defn ~(hy.models.Symbol f"{name}-{slot}") [condition]
            ~(+ f"The {slot} of CONDITION, {a} `{name}`; in Python also its attribute `{(hy.mangle slot)}`.\n"
                "  A `type-error` of what is none." heading source)
            (if (isinstance condition ~name)
                (. condition ~slot)
                (hy.I.hy-iolib.lisp.checking.refuse "condition" condition ~f"{a} {name}"))))))

(defclass serious-condition [condition]
  "A condition that somebody must deal with. All that this library has are errors.

  => (issubclass error serious-condition)
  True

  >>> issubclass(serious_condition, Exception)
  False

  Source: Common Lisp.")

(defclass error [serious-condition Exception]
  "The class of all errors and, called by itself, the operator that signals one.

  `(error datum …)` takes a condition, a condition's class with its slots, or a control string, as
  `format`'s, with its arguments, which makes a `simple-error`. Handlers run; if none transfers
  control, it is raised. `TypeError` of another datum. It never returns.

  => (handler-case (error \"nobody in ~A\" :here) (error [e] (str e)))
  \"nobody in HERE\"

  >>> try:
  ...     error(\"nobody in ~A\", \"here\")
  ... except simple_error as e:
  ...     print(e)
  nobody in here

  Source: Common Lisp."
  (defn __new__ [cls / #* arguments #** slots]
    (when (is cls error)
      (hy.I.hy-iolib.lisp.handlers.signal-error #* (or arguments [error]) #** slots))
    (.__new__ (super) cls #* arguments)))

(defcondition simple-condition [condition]
  "A condition that a control string describes: its slots are `format-control`, a string, and
  `format-arguments`, a sequence. It is what `signal` makes of a string.

  => (str (simple-condition :format-control \"~A of ~D\" :format-arguments [1 2]))
  \"1 of 2\"

  >>> print(simple_condition(format_control=\"~A of ~D\", format_arguments=[1, 2]))
  1 of 2

  Source: Common Lisp."
  [format-control format-arguments]
  (said self.format-control (or self.format-arguments #())))

(defn said [control arguments]
  (try
    (format-control control #* arguments)
    ;; A mistake in a message must not cost the message.
    (except [Exception]
      (.join " " [(str (or control "")) #* (map shown arguments)]))))

(defn shown [x]
  "X as a message quotes it: not without end, and not with an error of its own."
  (try
    (setv text (repr x))
    (except [Exception]
      (return (object.__repr__ x))))
  (if (> (len text) 200) (+ (cut text 200) "…") text))

(defclass simple-error [simple-condition error]
  "An error that a control string describes, as `simple-condition`. It is what `error` makes of a
  string.

  => (handler-case (error \"~D too many\" 2) (simple-error [e] (str e)))
  \"2 too many\"

  >>> print(simple_error(format_control=\"~D too many\", format_arguments=[2]))
  2 too many

  Source: Common Lisp.")

(defcondition type-error [error TypeError ValueError]
  "An argument is not of the type that is accepted there. Also Python's `TypeError` and `ValueError`.
  Its slots are `datum`, what was given, `expected-type`, a class or a text that says what is accepted,
  and `argument`, the argument's name.

  => (handler-case (fd-readablep \"x\") (type-error [e] [e.argument (type-error-datum e)]))
  [\"fd\" \"x\"]

  >>> try:
  ...     fd_readablep(\"x\")
  ... except TypeError as e:
  ...     print(e)
  fd: 'x' is not a descriptor: ...

  Source: Common Lisp."
  [datum expected-type argument]
  (+ (if self.argument f"{self.argument}: " "")
     (shown self.datum) " is not "
     (cond
       (isinstance self.expected-type str) self.expected-type
       (isinstance self.expected-type type) f"of type {self.expected-type.__name__}"
       (is self.expected-type None) "of the right type"
       True (+ "of type " (shown self.expected-type)))))

(defclass parse-error [error ValueError]
  "A text is not what it should be, as one that is to be an address. Also Python's `ValueError`.

  => (handler-case (dotted-to-integer \"1.2.3.x\") (parse-error [e] \"no address\"))
  \"no address\"

  >>> try:
  ...     dotted_to_integer(\"1.2.3.x\")
  ... except ValueError:
  ...     print(\"no address\")
  no address

  Source: Common Lisp.")

(defclass control-error [error RuntimeError]
  "A transfer of control to a place that is not there, as `invoke-restart` of a restart that is not on
  offer. Also Python's `RuntimeError`.

  => (handler-case (invoke-restart 'go-on) (control-error [e] (str e)))
  \"restart 'go-on' is not on offer here\"

  >>> try:
  ...     invoke_restart(\"go-on\")
  ... except RuntimeError as e:
  ...     print(e)
  restart 'go-on' is not on offer here

  Source: Common Lisp.")

(defcondition stream-error [error]
  "An error in the use of a stream, which is its slot `stream`.

  => (setv [a b] (make-socket-pair))
  => (close a)
  True
  => (handler-case (read-line b) (stream-error [e] (is (stream-error-stream e) b)))
  True

  >>> issubclass(end_of_file, stream_error)
  True

  Source: Common Lisp."
  [stream])

(defclass end-of-file [stream-error EOFError]
  "The stream, the slot `stream`, has ended. Also Python's `EOFError`.

  => (setv [a b] (make-socket-pair))
  => (close a)
  True
  => (handler-case (read-byte b) (end-of-file [] \"no more\"))
  \"no more\"

  >>> a, b = make_socket_pair()
  >>> close(a)
  True
  >>> try:
  ...     read_byte(b)
  ... except EOFError:
  ...     print(\"no more\")
  no more

  Source: Common Lisp."
  (defn __str__ [self]
    f"end of file on {self.stream}"))
