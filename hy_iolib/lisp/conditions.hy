"Common Lisp's conditions, as exceptions: the classes. Handlers and restarts have files of their
own.

Only an `error` is an `Exception`: a condition that is none is signalled to those who asked for
it, and `except Exception` is not asked."

(import hy-iolib.lisp.formatting [format-control])

(export
  :objects [condition serious-condition error simple-condition simple-error type-error parse-error
            control-error stream-error end-of-file
            type-error-datum type-error-expected-type stream-error-stream]
  :macros [defcondition])

(defclass condition [BaseException]
  "The root of all conditions. Its subclasses name their slots, which are keyword arguments."
  (setv slots #())

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

(defmacro defcondition [name parents doc slots [report None]]
  "Define the condition NAME with SLOTS (keyword arguments, None unless given) and REPORT, an
  expression over `self` that says in a sentence what happened. Each slot gets the reader
  `NAME-SLOT`."
  ;; A reader has the source of its condition.
  (setv [_ heading source] (.partition (str doc) "\n\n  Source: "))
  `(do
     (defclass ~name ~parents
       ~doc
       (setv slots (+ (. ~(get parents 0) slots) #(~@(gfor slot slots (str (hy.mangle slot))))))
       ~@(gfor slot slots `(setv ~slot None))
       ~@(when report
           [`(defn __str__ [self]
               ;; Made of a message alone, as Python's exceptions are, it says that.
               (if (or self.slots-filled (not self.args)) ~report (BaseException.__str__ self)))]))
     ~@(gfor slot slots
         `(defn ~(hy.models.Symbol f"{name}-{slot}") [condition]
            ~(+ f"The {slot} of CONDITION, a `{name}`; in Python also its attribute `{(hy.mangle slot)}`."
                heading source)
            (if (isinstance condition ~name)
                (. condition ~slot)
                (hy.I.hy-iolib.lisp.checking.refuse "condition" condition ~f"a {name}"))))))

(defclass serious-condition [condition]
  "A condition that somebody must deal with.")

(defclass error [serious-condition Exception]
  "The class of all errors and, called by itself, the operator that signals one.

  `(error datum …)` takes a condition, a condition's class with its slots, or a control string with
  its arguments, which makes a `simple-error`. Handlers run; if none transfers control, it is
  raised.

  => (handler-case (error \"nobody in ~A\" :here) (error [e] (str e)))
  \"nobody in HERE\""
  (defn __new__ [cls / #* arguments #** slots]
    (when (is cls error)
      (hy.I.hy-iolib.lisp.handlers.signal-error #* (or arguments [error]) #** slots))
    (.__new__ (super) cls #* arguments)))

(defcondition simple-condition [condition]
  "A condition that a control string describes."
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
  "An error that a control string describes.")

(defcondition type-error [error TypeError ValueError]
  "An argument is not of the type that is accepted there."
  [datum expected-type argument]
  (+ (if self.argument f"{self.argument}: " "")
     (shown self.datum) " is not "
     (cond
       (isinstance self.expected-type str) self.expected-type
       (isinstance self.expected-type type) f"of type {self.expected-type.__name__}"
       (is self.expected-type None) "of the right type"
       True (+ "of type " (shown self.expected-type)))))

(defclass parse-error [error ValueError]
  "A text is not what it should be.")

(defclass control-error [error RuntimeError]
  "A transfer of control to a place that is not there, as `invoke-restart` of an unknown one.")

(defcondition stream-error [error]
  "An error in the use of a stream."
  [stream])

(defclass end-of-file [stream-error EOFError]
  "The stream has ended."
  (defn __str__ [self]
    f"end of file on {self.stream}"))
