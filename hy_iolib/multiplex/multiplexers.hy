"Multiplexers: what an event base waits with, over Python's `select`.

Each has `add`, `change` and `remove`, of a descriptor and a mask of IN and OUT, which may be empty:
then errors alone are of interest. `wait` takes seconds and returns pairs of a descriptor and what it
says of itself. What the system refuses is the OSError that it is. Errors and hangups are told
whether asked for or not, urgent data is not: who does not know of it would be called without end."

(eval-when-compile (require hy-iolib.lisp.specials [defspecial]))
(import errno os select)
(import hy-iolib.lisp.handlers [signal-error])
(import hy-iolib.syscalls [condition-from enosys])
(import hy-iolib.multiplex.readiness [ERR HUP IN NVAL OUT open? poll])
(import hy-iolib.multiplex.waking [Waker])

(export
  :objects [multiplexer epoll-multiplexer poll-multiplexer select-multiplexer kqueue-multiplexer
            *available-multiplexers* *default-multiplexer*]
  :macros [])

(defclass multiplexer []
  "The base of the multiplexers, which are called without arguments. One serves one event base, with
  which it is closed. Where the system lacks it, `enosys`; when no descriptor is left, the system's
  error. `TypeError` of the base itself.

  => (with-event-base [base :mux (poll-multiplexer)] base)
  #<event base, poll-multiplexer, closed>

  >>> issubclass(select_multiplexer, multiplexer)
  True

  Source: IOLib 0.8, iolib/multiplex."
  (setv base None
        waker None
        ;; The name in `select` of what it is made of.
        needs None
        ;; Does `wait` tell of descriptors that were closed without a word?
        sees-closed False
        ;; Where somebody else's loop waits, how it is made to serve an event base.
        dispatch None)

  (defn __init__ [self]
    (when (is self.needs None)
      (raise (TypeError "multiplexer is the base of the multiplexers: *available-multiplexers* has some")))
    (when (not (hasattr select self.needs))
      (signal-error (condition-from (OSError errno.ENOSYS (os.strerror errno.ENOSYS)) self.needs)))
    (try
      (.open self)
      (setv self.waker (Waker))
      (.add self (.fileno self.waker) IN)
      (except [e OSError]
        (.close self)
        (signal-error (condition-from e self.needs)))))

  (defn __repr__ [self]
    f"#<{(hy.unmangle (. (type self) __name__))}>")

  (defn begin [self base]
    "Serve BASE, an event base, from now on."
    ;; Not more than that there is one: the base has the multiplexer.
    (setv self.base True))

  (defn wake [self]
    "End the wait of another thread, or the next one."
    (.wake self.waker))

  (defn drain [self fd]
    "Was FD the waker's? Then it is quiet again."
    (when (= fd (.fileno self.waker))
      (.drain self.waker)
      True))

  (defn stale [self fd mask]
    "Is FD not the descriptor any more that was added with MASK?"
    (not (open? fd)))

  (defn renew [self masks]
    "Start anew with MASKS, of descriptors, since the system tells of others; returns those that
    can't be added any more."
    [])

  (defn close [self]
    (when self.waker
      (.close self.waker))))

(defclass epoll-multiplexer [multiplexer]
  "Linux's epoll: an event costs the same however many descriptors are idle.

  => (issubclass epoll-multiplexer multiplexer)
  True

  >>> issubclass(epoll_multiplexer, multiplexer)
  True

  Source: IOLib 0.8, iolib/multiplex; epoll(7)."
  (setv needs "epoll" epoll None)

  (defn open [self]
    (setv self.epoll (select.epoll)
          self.change self.epoll.modify
          self.remove self.epoll.unregister
          self.wait self.epoll.poll))

  (defn add [self fd mask]
    (try
      (.register self.epoll fd mask)
      ;; An interrupt came before it could be noted that it is there.
      (except [FileExistsError]
        (.modify self.epoll fd mask))))

  (defn stale [self fd mask]
    ;; What was closed is gone from it, also when its number has a new owner.
    (try
      (.modify self.epoll fd mask)
      False
      (except [OSError] True)))

  ;; A duplicate, in a forked child for instance, keeps what was closed here alive, and nothing can
  ;; take it out of the epoll instance any more.
  (defn renew [self masks]
    (setv old self.epoll gone [])
    (try
      (.open self)
      (except [OSError]
        ;; No descriptor is left for a second one.
        (.close old)
        (.open self)))
    (.close old)
    (for [[fd mask] (.items masks)]
      (try
        (.add self fd mask)
        (except [OSError]
          (.append gone fd))))
    (.add self (.fileno self.waker) IN)
    gone)

  (defn close [self]
    (when self.epoll
      (.close self.epoll))
    (.close (super))))

(defclass poll-multiplexer [multiplexer]
  "poll(2): any number of descriptors, each of which costs at each wait.

  => (with-event-base [base :mux poll-multiplexer] (isinstance base.mux multiplexer))
  True

  >>> with event_base(mux=poll_multiplexer) as base:
  ...     base
  #<event base, poll-multiplexer, 0 descriptors, 0 timers>

  Source: IOLib 0.8, iolib/multiplex; poll(2)."
  (setv needs "poll" sees-closed True)

  (defn open [self]
    (setv self.poll (select.poll)
          self.change self.poll.modify
          self.remove self.poll.unregister))

  (defn add [self fd mask]
    ;; It would take any number.
    (os.fstat fd)
    (.register self.poll fd mask))

  (defn wait [self seconds]
    (.poll self.poll (* 1000 seconds))))

(defclass select-multiplexer [multiplexer]
  "select(2): for systems without anything better. Numbers of descriptors are below 1,024: of a larger
  one `einval`. It does not tell of errors on a descriptor of which neither reading nor writing is of
  interest.

  => (with-event-base [base :mux select-multiplexer] (isinstance base.mux multiplexer))
  True

  >>> with event_base(mux=select_multiplexer) as base:
  ...     base
  #<event base, select-multiplexer, 0 descriptors, 0 timers>

  Source: IOLib 0.8, iolib/multiplex; select(2)."
  (setv needs "select" sees-closed True)

  (defn open [self]
    (setv self.masks {}))

  (defn add [self fd mask]
    ;; Behind the end of the kernel's table of descriptors select finds nothing wrong.
    (os.fstat fd)
    (try
      (select.select [fd] [] [] 0)
      (except [ValueError]
        (raise (OSError errno.EINVAL "the number of the descriptor is too large for select"))))
    (setv (get self.masks fd) mask))

  (defn change [self fd mask]
    (setv (get self.masks fd) mask))

  (defn remove [self fd]
    (del (get self.masks fd)))

  (defn wait [self seconds]
    ;; Copied at once: another thread may close one of them.
    (setv masks (.copy self.masks)
          failing (if (hasattr select "poll") [] (list masks)))
    (try
      (setv [readable writable failed]
            (select.select (lfor [fd mask] (.items masks) :if (& mask IN) fd)
                           (lfor [fd mask] (.items masks) :if (& mask OUT) fd)
                           failing
                           seconds))
      (except [e OSError]
        (setv closed (lfor fd masks :if (not (open? fd)) #(fd NVAL)))
        (when (not closed)
          (raise))
        (return closed)))
    (setv found (dict.fromkeys failed ERR))
    (for [[fds bit] [[readable IN] [writable OUT]]
          fd fds]
      (setv (get found fd) (| bit (.get found fd 0))))
    ;; An error is readable and writable for select; poll says which is which.
    (if failing
        (list (.items found))
        (lfor fd found
          :setv now (get (poll fd (get masks fd) None 0) 0)
          :if now
          #(fd now)))))

(defclass kqueue-multiplexer [multiplexer]
  "BSD's kqueue. Written from its manual page and tested with a stand-in only.

  => (issubclass kqueue-multiplexer multiplexer)
  True

  >>> issubclass(kqueue_multiplexer, multiplexer)
  True

  Source: kqueue(2)."
  (setv needs "kqueue" kqueue None)

  (defn open [self]
    (setv self.kqueue (select.kqueue)
          self.masks {}))

  (defn add [self fd mask]
    ;; With nothing to wait for, nothing would tell that it is not open.
    (os.fstat fd)
    (.change self fd mask))

  (defn change [self fd mask]
    (setv before (.get self.masks fd 0)
          changes (lfor [bit filter] [[IN select.KQ-FILTER-READ] [OUT select.KQ-FILTER-WRITE]]
                    :if (!= (& mask bit) (& before bit))
                    (select.kevent fd filter (if (& mask bit) select.KQ-EV-ADD select.KQ-EV-DELETE))))
    (when changes
      (.control self.kqueue changes 0))
    (setv (get self.masks fd) mask))

  (defn remove [self fd]
    (try
      (.change self fd 0)
      (finally
        (del (get self.masks fd)))))

  (defn stale [self fd mask]
    (or (not (open? fd))
        (try
          (.control self.kqueue
                    (lfor [bit filter] [[IN select.KQ-FILTER-READ] [OUT select.KQ-FILTER-WRITE]]
                      :if (& mask bit)
                      (select.kevent fd filter select.KQ-EV-ENABLE))
                    0)
          False
          (except [OSError] True))))

  (defn wait [self seconds]
    (setv found {})
    (for [event (.control self.kqueue None (+ 1 (* 2 (len self.masks))) seconds)]
      (setv readable (= event.filter select.KQ-FILTER-READ)
            bits (| (if readable IN OUT)
                    (if (& event.flags select.KQ-EV-EOF)
                        ;; What a connection has failed of stands in fflags.
                        (if event.fflags (| ERR HUP) (if readable 0 HUP))
                        0)))
      (setv (get found event.ident) (| bits (.get found event.ident 0))))
    (list (.items found)))

  (defn close [self]
    (when self.kqueue
      (.close self.kqueue))
    (.close (super))))

(defspecial *available-multiplexers*
  (tuple (gfor m [epoll-multiplexer kqueue-multiplexer poll-multiplexer select-multiplexer]
               :if (hasattr select m.needs)
               m))
  "The multiplexers that this system has, classes, the best one first.

  => (in select-multiplexer *available-multiplexers*.value)
  True

  >>> select_multiplexer in available_multiplexers.value
  True

  Source: IOLib 0.8, iolib/multiplex.")

(defspecial *default-multiplexer* (get *available-multiplexers*.value 0)
  "The multiplexer, a class of them, of an event base that is made without `:mux`; by default the first
  of `*available-multiplexers*`.

  => (special-let [*default-multiplexer* poll-multiplexer] (with-event-base [base] base))
  #<event base, poll-multiplexer, closed>

  >>> with default_multiplexer.let(poll_multiplexer), event_base() as base:
  ...     base
  #<event base, poll-multiplexer, 0 descriptors, 0 timers>

  Source: IOLib 0.8, iolib/multiplex.")
