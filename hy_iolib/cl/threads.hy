"Threads, locks, condition variables and semaphores, and bordeaux-threads' names for them. Those of
SB-THREAD are in system.hy.

A thread starts with the global values of special variables, no handlers, and one restart, `abort`."

(import collections [deque])
(import contextlib [nullcontext])
(import contextvars [Context])
(import signal :as signals)
(import sys)
(import threading)
(import threading [get-ident])
(import time [monotonic sleep])
(import traceback)
(import hy-iolib.cl.conses [new-cons elements lisp-list])
(import hy-iolib.cl.definitions [functions macros])
(import hy-iolib.cl.support [ENSURE-SPECIAL proclaim-special])
(import hy-iolib.cl.printer [princ-text])
(import hy-iolib.cl.symbols [lisp-package packages symbol])
(import hy-iolib.cl.arrays [mutable-string])
(import hy-iolib.lisp.checking [refuse])
(import hy-iolib.lisp.conditions [error serious-condition])
(import hy-iolib.lisp.handlers [signal-error])
(import hy-iolib.lisp.keywords [intern-keyword])
(import hy-iolib.lisp.multiple-values [values])
(import hy-iolib.lisp.restarts [with-simple-restart])
(import hy-iolib.lisp.specials [bound])
(eval-when-compile
  (require hy-iolib.cl.definitions [defcl defcl-macro form]
           hy-iolib.lisp.conditions [defcondition]))

(export :objects [thread mutex waitqueue semaphore timeout] :macros [])

;; ---- What else than functions and macros a package offers

(defn a-package [name #* nicknames]
  (or (.get packages name) (lisp-package name nicknames)))

(defn exported [package name]
  (.add package.external name)
  (.intern package name))

(defn define-variable [package name value]
  (setv variable (proclaim-special (exported package name))
        variable.value value)
  variable)

(defn define-class [package name cls]
  (setv (get (. (exported package name) info) "class") cls))

;; ---- Conditions

(defcondition thread-error [error] "Something is wrong with a thread." [thread])

(defcondition join-thread-error [thread-error] "A thread that was waited for gave no values."
  [problem]
  (.format (get {"abort" "Joining thread failed: thread {} did not return normally."
                 "timeout" "Joining thread timed out: thread {} did not exit in time."
                 "self-join" "In thread {}, attempt to join the current thread."}
                self.problem)
           self.thread))

(defclass interrupt-thread-error [thread-error] "A thread that has ended can't be interrupted."
  (defn __str__ [self]
    (.format "Interrupt thread failed: thread {} has exited."
             self.thread)))

(defcondition bordeaux-mp-condition [error] "What bordeaux-threads itself refuses." [message]
  self.message)

(defcondition timeout [serious-condition] "Something took longer than it was allowed to. No error."
  [seconds]
  (.format "Timeout occurred{}." (if (is self.seconds None) "" f" after {(princ-text self.seconds)} seconds")))

;; ---- Threads

(setv local (threading.local)
      running {}  ; of our own making -> None, in their order
      UNGIVEN (object))

(defclass printed []
  "What `princ` prints without its package."
  (setv __slots__ #())
  (defn __str__ [self]
    (.replace (repr self) "SB-THREAD:" "" 1)))

(defclass thread [printed]
  "A thread. STATE is RUNNING, FINISHED (then `results` are its values) or ABORTED."
  (setv __slots__ #("name" "function" "native" "state" "results" "condition" "guard" "waiting"
                    "interruptions" "urgent" "__weakref__"))

  (defn __init__ [self name [function None]]
    (setv self.name name self.function function self.state "RUNNING" self.results None
          self.condition None
          ;; Whoever interrupts looks whether it waits, and says what to do: one after the other.
          self.guard (threading.Lock) self.waiting False
          ;; What the thread itself looks for, while it waits; and what an exception makes it do.
          self.interruptions (deque) self.urgent (deque)
          self.native (if function
                          (threading.Thread :target self.main :name (str (or name "")) :daemon True)
                          (threading.current-thread))))

  (defn main [self]
    ;; Some builds of CPython let a thread inherit its maker's context.
    (.run (Context) self.run))

  (defn run [self]
    (setv local.thread self ended True)
    (try
      (with [_ (with-simple-restart "abort" "abort thread (~A)" self)]
        (setv self.results (self.function)
              ended False))
      (except [e thread-end]
        (when e.values
          (setv self.results (get e.values 0)
                ended False)))
      (except [interruption])
      (except [e BaseException]
        (setv self.condition e)
        (say-unhandled e self))
      (finally
        (with [_ self.guard]
          (setv self.state (if ended "ABORTED" "FINISHED") self.function None))
        (.pop running self None))))

  (defn [property] alive [self]
    (and (= self.state "RUNNING") (or (in self running) (.is-alive self.native))))

  (defn __repr__ [self]
    (.format "#<SB-THREAD:THREAD{} {}{} {{{:X}}}>"
             (if (is self.name None) "" f" \"{self.name}\"")
             (if (or self.alive (!= self.state "RUNNING")) self.state "FINISHED")
             (if (= self.state "FINISHED") (+ " values: " (repr self.results)) "")
             (id self))))

(defclass thread-end [BaseException]
  "The way out of a thread; VALUES is a tuple of what it returns, or empty when it is aborted."
  (defn __init__ [self #* values]
    (setv self.values values)))

(defn say-unhandled [e thread]
  (setv kind (.upper (hy.unmangle (. (type e) __name__))))
  (print f"Unhandled {kind} in thread {thread !r}:\n  {e}\n\nBacktrace for: {thread !r}"
         :file sys.stderr)
  (traceback.print-exception e :file sys.stderr))

(defn current-thread []
  (try
    local.thread
    (except [AttributeError]
      ;; Python's own making.
      (setv main (is (threading.current-thread) (threading.main-thread))
            local.thread (thread (if main "main thread" (. (threading.current-thread) name))))
      (when main
        (global main-thread)
        (setv main-thread local.thread))
      local.thread)))

(setv main-thread None)

(defn start-thread [function name]
  "A new thread that calls FUNCTION without arguments."
  (when (not (isinstance name #(str mutable-string (type None))))
    (refuse "name" name "a string"))
  (hear-interruptions)
  (setv new (thread name function)
        (get running new) None)
  (try
    (.start new.native)
    (except [RuntimeError]
      (.pop running new None)
      (raise)))
  new)

(defn check-thread [x]
  (if (isinstance x thread) x (refuse "thread" x "a thread")))

(defn join [t seconds [default UNGIVEN]]
  (check-thread t)
  (setv problem (cond
                  (is t (current-thread)) "self-join"
                  (not (wait-until (fn [seconds]
                                     (.join t.native seconds)
                                     (not (.is-alive t.native)))
                                   seconds)) "timeout"
                  (= t.state "ABORTED") "abort"
                  True None))
  (cond
    (is problem None) t.results
    (is default UNGIVEN) (signal-error join-thread-error :thread t :problem problem)
    True (values default (intern-keyword problem))))

(defn list-threads []
  (lisp-list [(or main-thread (current-thread)) #* (reversed running)]))

;; ---- Interruptions

;; A thread that waits for a lock or another thread looks for interruptions so often.
(setv SLICE 0.25)

(defn wait-until [attempt seconds]
  "Call ATTEMPT, with the seconds that it may wait, until it gives truth or SECONDS are over;
  between its calls interruptions run. Did it?"
  (setv me (current-thread)
        before me.waiting
        deadline (if (is seconds None) None (+ (monotonic) (max 0 (float seconds))))
        left SLICE)
  (setv me.waiting True)
  (try
    (while True
      (when me.interruptions
        (setv me.waiting False)
        (do-interruptions me.interruptions)
        (setv me.waiting True))
      (when (is-not deadline None)
        (setv left (max 0 (min SLICE (- deadline (monotonic))))))
      (when (attempt left)
        (return True))
      (when (not (or (is deadline None) (< (monotonic) deadline)))
        (return False)))
    (finally
      (with [_ me.guard]
        (setv me.waiting before))
      (when (not before)
        (do-interruptions me.interruptions)))))

(defn do-interruptions [functions]
  (while functions
    ((.popleft functions))))

(defclass interruption [BaseException]
  "What Python raises in a thread that another one interrupts. Python makes the exception in the
  interrupted thread, and that does what is asked: an exception that comes out of it takes the place
  of this one."
  (defn __init__ [self]
    (do-interruptions (. (current-thread) urgent))))

(setv main-urgent (deque))

(defn hear-interruptions []
  "Let other threads interrupt the main one, if that is the current one: by a signal, which ends
  what it waits for."
  (when (and (is (threading.current-thread) (threading.main-thread))
             (hasattr signals "SIGURG")
             (in (signals.getsignal signals.SIGURG) #(signals.SIG-DFL signals.SIG-IGN)))
    (current-thread)
    (signals.signal signals.SIGURG (fn [#* _] (do-interruptions main-urgent)))
    (global main-hears)
    (setv main-hears True)))

(setv main-hears False)

(defn interrupt [t function]
  "Let the thread T call FUNCTION. The main thread and one that waits for a lock, a condition
  variable, a semaphore or another thread then go on; in any other one Python can only raise an
  exception, so FUNCTION should leave by `throw`, an error or a restart: else the thread ends."
  (check-thread t)
  (if (is t (current-thread))
      (function)
      (with [_ t.guard]
        (when (not t.alive)
          (signal-error interrupt-thread-error :thread t))
        (cond
          (and (is t main-thread) main-hears) (do
            (.append main-urgent function)
            (signals.pthread-kill t.native.ident signals.SIGURG))
          t.waiting
            (.append t.interruptions function)
          True (do
            (import ctypes)
            (.append t.urgent function)
            (ctypes.pythonapi.PyThreadState-SetAsyncExc (ctypes.c-ulong t.native.ident)
                                                        (ctypes.py-object interruption))))))
  None)

(defn end-thread [#* values]
  "End this thread: it returns VALUES, at most one (which may stand for several), or is aborted."
  (raise (thread-end #* values)))

(defclass time-limit []
  "A context manager that signals `timeout` in its thread after SECONDS."
  (setv __slots__ #("seconds" "timer" "open"))

  (defn __init__ [self seconds]
    (setv self.seconds seconds self.open True))

  (defn __enter__ [self]
    (hear-interruptions)
    (setv here (current-thread))
    (defn expire []
      (when self.open
        (signal-error timeout :seconds self.seconds)))
    (defn ring []
      (when self.open
        (try
          (interrupt here expire)
          (except [interrupt-thread-error]))))
    (setv self.timer (threading.Timer (float self.seconds) ring)
          self.timer.daemon True)
    (.start self.timer))

  (defn __exit__ [self #* _]
    (setv self.open False)
    (.cancel self.timer)))

;; ---- Locks

(defclass mutex [printed]
  "A lock. The thread that holds it can't take it again, but with `held-recursively`. As a context
  manager it is held."
  (setv __slots__ #("name" "native" "owner" "depth" "__weakref__"))

  (defn __init__ [self [name None]]
    (setv self.name name self.native (threading.Lock)
          ;; The thread's number, for that is had the fastest.
          self.owner None self.depth 0))

  (defn __enter__ [self]
    (grab self True None))

  (defn __exit__ [self #* _]
    (release self)
    False)

  (defn __repr__ [self]
    (setv owner self.owner)
    (.format "#<SB-THREAD:MUTEX{} {}>"
             (if (is self.name None) "" f" \"{self.name}\"")
             (if owner (+ "taken owner=" (name-of owner)) "free owner=0"))))

(defn name-of [ident]
  (next (gfor t [(current-thread) main-thread #* (list running)]
              :if (and t (= t.native.ident ident))
              (str (or t.name (repr t))))
        (str ident)))

(defn grab [lock wait seconds]
  "Take LOCK, and wait for it if WAIT, at most for SECONDS. Is it ours now?"
  (when (= lock.owner (get-ident))
    (signal-error "Recursive lock attempt ~S." lock))
  (if (or (.acquire lock.native False)
          (and wait
               (wait-until (fn [seconds] (.acquire lock.native True seconds)) seconds)))
      (do
        (setv lock.owner (get-ident))
        True)
      False))

(defn release [lock]
  "Give LOCK back, if it is ours."
  (when (= lock.owner (get-ident))
    (setv lock.owner None)
    (.release lock.native)))

(defn check-lock [x]
  (if (isinstance x mutex) x (refuse "lock" x "a lock")))

(defcl sys::held-recursively [lock]
  "A context manager that holds LOCK, if it is not held already."
  (if (= (. (check-lock lock) owner) (get-ident)) (nullcontext) lock))

(defcl sys::held [lock] (check-lock lock))
(defcl sys::time-limit [seconds] (time-limit seconds))

;; ---- Condition variables

(defclass waitqueue [printed]
  "A condition variable: the locks that those who wait sleep on."
  (setv __slots__ #("name" "sleepers" "__weakref__"))

  (defn __init__ [self [name None]]
    (setv self.name name self.sleepers (deque)))

  (defn __repr__ [self]
    (.format "#<SB-THREAD:WAITQUEUE {} {{{:X}}}>" (or self.name "") (id self))))

(defn sleep-on [sleepers seconds]
  "Put this thread onto the deque SLEEPERS: its bed, and a function that sleeps until something takes
  that off; it gives False after SECONDS."
  (setv bed (threading.Lock))
  (.acquire bed)
  (.append sleepers bed)
  #(bed (fn []
          (or (wait-until (fn [seconds] (.acquire bed True seconds)) seconds)
              (try
                (.remove sleepers bed)
                False
                ;; It was taken off in this very moment.
                (except [ValueError] True))))))

(defn wake [sleepers count]
  (while (and sleepers (> count 0))
    (try
      (.release (.popleft sleepers))
      (except [IndexError]))
    (-= count 1)))

(defn wait-for-condition [queue lock seconds]
  "Give LOCK back and wait until QUEUE is notified, at most for SECONDS; take LOCK again if it was.
  Was it?"
  (when (!= lock.owner (get-ident))
    (signal-error "The current thread is not holding ~S." lock))
  (setv [bed wait] (sleep-on queue.sleepers seconds))
  (release lock)
  (if (wait)
      (grab lock True None)
      False))

(defn check-queue [x]
  (if (isinstance x waitqueue) x (refuse "condition variable" x "a condition variable")))

;; ---- Semaphores

(defclass semaphore [printed]
  "A count that threads may take from, and wait for."
  (setv __slots__ #("name" "count" "guard" "sleepers" "__weakref__"))

  (defn __init__ [self [name None] [count 0]]
    (when (not (and (isinstance count int) (>= count 0)))
      (refuse "count" count "an integer that is not negative"))
    (setv self.name name self.count count self.guard (threading.Lock)
          ;; Pairs of a bed and the number that its thread wants.
          self.sleepers (deque)))

  (defn take [self number]
    "The count without NUMBER, which is taken; None if there are not so many."
    (with [_ self.guard]
      (when (>= self.count number)
        (-= self.count number)
        self.count)))

  (defn give [self number]
    (with [_ self.guard]
      (+= self.count number)
      (setv beds (deque self.sleepers)))
    (.clear self.sleepers)
    (wake beds (len beds)))

  (defn wait [self number seconds]
    (setv deadline (if (is seconds None) None (+ (monotonic) (float seconds))))
    (while True
      (setv [bed wait] (sleep-on self.sleepers
                                 (if (is deadline None) None (- deadline (monotonic))))
            left (.take self number))
      (when (is-not left None)
        (try (.remove self.sleepers bed) (except [ValueError]))
        (return left))
      (when (not (wait))
        (return (.take self number)))))

  (defn __repr__ [self]
    f"#<SB-THREAD:SEMAPHORE {(or self.name "")} count {self.count}>"))

(defn check-semaphore [x]
  (if (isinstance x semaphore) x (refuse "semaphore" x "a semaphore")))

;; ---- bordeaux-threads

(setv BT (a-package "BORDEAUX-THREADS" "BT"))

(define-variable BT "*SUPPORTS-THREADS-P*" True)
(setv *default-special-bindings* (define-variable BT "*DEFAULT-SPECIAL-BINDINGS*" None))

(defmacro table-of-forms [#* rows]
  `(lisp-list [~@(gfor [name template] (zip (cut rows 0 None 2) (cut rows 1 None 2))
                       `(new-cons (form ~name) (form ~template)))]))

(setv *standard-io-bindings*
  (define-variable BT "*STANDARD-IO-BINDINGS*"
    (table-of-forms
      *package*                   (find-package :common-lisp-user)
      *print-array*               t
      *print-base*                10
      *print-case*                :upcase
      *print-circle*              nil
      *print-escape*              t
      *print-gensym*              t
      *print-length*              nil
      *print-level*               nil
      *print-lines*               nil
      *print-miser-width*         nil
      *print-pprint-dispatch*     (copy-pprint-dispatch nil)
      *print-pretty*              nil
      *print-radix*               nil
      *print-readably*            t
      *print-right-margin*        nil
      *random-state*              (make-random-state t)
      *read-base*                 10
      *read-default-float-format* (quote single-float)
      *read-eval*                 t
      *read-suppress*             nil
      *readtable*                 (copy-readtable nil))))

(defn with-bindings [function alist]
  "A function that calls FUNCTION with the special variables of ALIST bound to the values of its
  forms, which are evaluated then; of two forms for one variable the first counts."
  (setv forms {})
  (for [pair (elements alist)]
    (.setdefault forms pair.car pair.cdr))
  (if forms
      (fn []
        (setv values (list (map (get functions "eval") (.values forms))))
        (with [_ (bound (list (zip (map ENSURE-SPECIAL forms) values)))]
          (function)))
      function))

(defcl bordeaux-threads::make-thread
       [function * [name None] [initial-bindings UNGIVEN] [trap-conditions None]]
  "A new thread that calls FUNCTION. INITIAL-BINDINGS is an alist of special variables and forms."
  (start-thread (with-bindings function (if (is initial-bindings UNGIVEN)
                                            *default-special-bindings*.value
                                            initial-bindings))
                (if (is name None) "Anonymous thread" name)))

(defcl bordeaux-threads::current-thread [] (current-thread))
(defcl bordeaux-threads::threadp [object] (isinstance object thread))
(defcl bordeaux-threads::thread-name [thread] (. (check-thread thread) name))
(defcl bordeaux-threads::thread-alive-p [thread] (. (check-thread thread) alive))
(defcl bordeaux-threads::all-threads [] (list-threads))
(defcl bordeaux-threads::start-multiprocessing [] None)

(defcl bordeaux-threads::thread-yield []
  (sleep 0)
  0)

(defcl bordeaux-threads::join-thread [thread]
  "The values of THREAD, once it has ended; an error if it did not return."
  (join thread None))

(defcl bordeaux-threads::interrupt-thread [thread function #* arguments]
  (interrupt thread (fn [] (function #* arguments))))

(defcl bordeaux-threads::destroy-thread [thread]
  "End THREAD; its cleanup forms run."
  (when (is thread (current-thread))
    (signal-error bordeaux-mp-condition :message "Cannot destroy the current thread"))
  (interrupt thread end-thread))

(defcl bordeaux-threads::make-lock [[name None]]
  (mutex (if (is name None) "Anonymous lock" name)))
(defcl bordeaux-threads::make-recursive-lock [[name None]]
  (mutex (if (is name None) "Anonymous recursive lock" name)))
(defcl bordeaux-threads::lock-p [object] (isinstance object mutex))
(defcl bordeaux-threads::recursive-lock-p [object] (isinstance object mutex))

(defcl bordeaux-threads::acquire-lock [lock [wait-p True]]
  "Take LOCK; unless WAIT-P only if it is free. Was it taken?"
  (grab (check-lock lock) (not (or (is wait-p None) (is wait-p False))) None))

(defcl bordeaux-threads::release-lock [lock]
  (release (check-lock lock)))

(defn grab-again [lock [seconds None]]
  (if (= lock.owner (get-ident))
      (do
        (+= lock.depth 1)
        True)
      (grab lock True seconds)))

(defcl bordeaux-threads::acquire-recursive-lock [lock]
  (grab-again (check-lock lock)))

(defcl bordeaux-threads::release-recursive-lock [lock]
  (if (and (= (. (check-lock lock) owner) (get-ident)) lock.depth)
      (-= lock.depth 1)
      (release lock))
  None)

(defn place-of [spec]
  "The form of a lock in `((place &key …) …)`, without which there is nothing to hold."
  (get (list (elements spec)) 0))

(defcl-macro bordeaux-threads::with-lock-held [spec #* body]
  (form (sys::with (sys::held ~(place-of spec)) (locally ~@body))))

(defcl-macro bordeaux-threads::with-recursive-lock-held [spec #* body]
  (form (sys::with (sys::held-recursively ~(place-of spec)) (locally ~@body))))

(defcl-macro bordeaux-threads::with-timeout [spec #* body]
  (form (sys::with (sys::time-limit ~(place-of spec)) (locally ~@body))))

(defcl bordeaux-threads::make-condition-variable [* [name None]]
  (waitqueue (if (is name None) "Anonymous condition variable" name)))

(defcl bordeaux-threads::condition-wait [condition-variable lock * [timeout None]]
  "Give LOCK back and wait for a notification, at most TIMEOUT seconds; nil if none came. LOCK is
  held again in any case."
  (or (wait-for-condition (check-queue condition-variable) (check-lock lock) timeout)
      (do
        (grab lock True None)
        None)))

(defcl bordeaux-threads::condition-notify [condition-variable]
  (wake (. (check-queue condition-variable) sleepers) 1))

(defcl bordeaux-threads::make-semaphore [* [name None] [count 0]]
  (semaphore name count))
(defcl bordeaux-threads::semaphore-p [object] (isinstance object semaphore))

(defcl bordeaux-threads::signal-semaphore [semaphore * [count 1]]
  (.give (check-semaphore semaphore) count))

(defcl bordeaux-threads::wait-on-semaphore [semaphore * [timeout None]]
  "Take one from SEMAPHORE, and wait for it at most TIMEOUT seconds; nil if there was none."
  (.wait (check-semaphore semaphore) 1 timeout))

;; ---- The second version of its names

(setv BT2 (a-package "BORDEAUX-THREADS-2" "BT2"))

(for [name ["make-thread" "current-thread" "threadp" "thread-name" "thread-alive-p" "all-threads"
            "start-multiprocessing" "thread-yield" "join-thread" "interrupt-thread" "destroy-thread"
            "recursive-lock-p" "release-lock" "release-recursive-lock" "make-condition-variable"
            "condition-wait" "condition-notify" "make-semaphore" "signal-semaphore"
            "wait-on-semaphore"]]
  (setv (get functions (+ "bordeaux-threads-2::" name))
        (get functions (+ "bordeaux-threads::" name))))
(for [name ["with-timeout" "with-recursive-lock-held"]]
  (setv (get macros (+ "bordeaux-threads-2::" name)) (get macros (+ "bordeaux-threads::" name))))

(define-variable BT2 "*SUPPORTS-THREADS-P*" True)
(for [[name variable] [["*DEFAULT-SPECIAL-BINDINGS*" *default-special-bindings*]
                       ["*STANDARD-IO-BINDINGS*" *standard-io-bindings*]]]
  (setv s (exported BT2 name)
        (get s.info "special") True
        s.variable variable))

(defcl bordeaux-threads-2::make-lock [* [name None]] (mutex name))
(defcl bordeaux-threads-2::make-recursive-lock [* [name None]] (mutex name))
(defcl bordeaux-threads-2::lockp [object] (isinstance object mutex))
(defcl bordeaux-threads-2::semaphorep [object] (isinstance object semaphore))
(defcl bordeaux-threads-2::condition-variable-p [object] (isinstance object waitqueue))

(defcl bordeaux-threads-2::acquire-lock [lock * [wait True] [timeout None]]
  (grab (check-lock lock) (not (or (is wait None) (is wait False))) timeout))

(defcl bordeaux-threads-2::acquire-recursive-lock [lock * [wait True] [timeout None]]
  (grab-again (check-lock lock) (if (or (is wait None) (is wait False)) 0 timeout)))

(defcl-macro bordeaux-threads-2::with-lock-held [spec #* body]
  (setv [place #* options] (elements spec))
  (if options
      (do
        (setv lock (symbol "LOCK"))
        (form (let ((~lock ~place))
                (when (sys::grab ~lock ~(get options 1))
                  (unwind-protect (locally ~@body)
                    (sys::release ~lock))))))
      (form (sys::with (sys::held ~place) (locally ~@body)))))

(defcl sys::grab [lock seconds] (grab (check-lock lock) True seconds))
(defcl sys::release [lock] (release lock))

(defcl bordeaux-threads-2::condition-broadcast [condition-variable]
  (wake (. (check-queue condition-variable) sleepers) (len condition-variable.sleepers)))

(defcl bordeaux-threads-2::error-in-thread [thread datum #* arguments]
  "Signal an error in THREAD."
  (interrupt thread (fn [] ((get functions "error") datum #* arguments))))

(defclass atomic-integer []
  "An integer that several threads may change."
  (setv __slots__ #("value" "guard"))
  (defn __init__ [self value]
    (setv self.value value self.guard (threading.Lock)))
  (defn add [self delta]
    (with [_ self.guard]
      (+= self.value delta)
      self.value)))

(defcl bordeaux-threads-2::make-atomic-integer [* [value 0]] (atomic-integer value))
(defcl bordeaux-threads-2::atomic-integer-incf [integer [delta 1]] (.add integer delta))
(defcl bordeaux-threads-2::atomic-integer-decf [integer [delta 1]] (.add integer (- delta)))
(defcl bordeaux-threads-2::atomic-integer-value [integer] integer.value)

(defcl bordeaux-threads-2::atomic-integer-compare-and-swap [integer old new]
  "Set INTEGER to NEW if it is OLD. Was it?"
  (with [_ integer.guard]
    (setv same (= integer.value old))
    (when same (setv integer.value new))
    same))

(for [package [BT BT2]
      [name cls] [["THREAD" thread] ["LOCK" mutex] ["RECURSIVE-LOCK" mutex] ["SEMAPHORE" semaphore]
                  ["TIMEOUT" timeout] ["CONDITION-VARIABLE" waitqueue]]]
  (define-class package name cls))
(define-class BT2 "ATOMIC-INTEGER" atomic-integer)
(define-class BT "BORDEAUX-MP-CONDITION" bordeaux-mp-condition)
