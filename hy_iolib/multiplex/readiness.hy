"Waiting until a descriptor is ready, and the conditions of that."

(eval-when-compile
  (require hy-iolib.lisp.conditions [defcondition]
           hy-iolib.lisp.multiple-values [defvalues]
           hy-iolib.lisp.operators [defoperator]))
(import errno os)
(import select)
(import time [monotonic])
(import hy-iolib.lisp.keywords [intern-keyword])
(import hy-iolib.lisp.checking [check-one-of check-seconds refuse])
(import hy-iolib.lisp.handlers [signal-error])
(import hy-iolib.syscalls [iolib-error])

(export
  :objects [wait-until-fd-ready fd-ready-p fd-readablep fd-writablep fd-readiness
            poll-error poll-error-fd poll-error-identifier
            poll-timeout poll-timeout-fd poll-timeout-event-type]
  :macros [wait-until-fd-ready fd-ready-p])

(defcondition poll-error [iolib-error OSError]
  "A descriptor, the slot `fd`, can't be polled: it is not open. `identifier` is a keyword, `:ebadf`.
  Also Python's `OSError`.

  => (handler-case (fd-readablep 0xfffff) (poll-error [e] (poll-error-identifier e)))
  :ebadf

  >>> try:
  ...     fd_readablep(0xfffff)
  ... except OSError as e:
  ...     print(e)
  descriptor 1048575 can't be polled: ebadf

  Source: IOLib 0.8, iolib/multiplex; poll(2)."
  [fd identifier]
  f"descriptor {self.fd} can't be polled: {self.identifier}")

(defcondition poll-timeout [iolib-error TimeoutError]
  "A descriptor, the slot `fd`, did not become ready for `event-type`, `:input`, `:output` or `:io`,
  within the time allowed. Also Python's `TimeoutError`. Whatever takes a `:timeout` signals it, but
  what says else.

  => (setv [a b] (make-socket-pair))
  => (handler-case (read-char b :timeout 0.01) (poll-timeout [e] (poll-timeout-event-type e)))
  :input

  >>> a, b = make_socket_pair()
  >>> try:
  ...     read_char(b, timeout=0.01)
  ... except TimeoutError as e:
  ...     print(e)
  descriptor ... was not ready for input within the time allowed

  Source: IOLib 0.8, iolib/multiplex."
  [fd event-type]
  f"descriptor {self.fd} was not ready for {self.event-type} within the time allowed")

(setv INPUT (intern-keyword "input")
      OUTPUT (intern-keyword "output")
      IO (intern-keyword "io"))

;; What a descriptor is asked for and says of itself: poll(2)'s numbers, and epoll(7)'s.
(setv IN 0x01 OUT 0x04 ERR 0x08 HUP 0x10 NVAL 0x20)

(setv MASKS {INPUT IN
             OUTPUT OUT
             IO (| IN OUT)})

(defn deadline-of [timeout]
  "The moment, in `monotonic` seconds, that is TIMEOUT seconds away; None for None."
  (when (is-not timeout None)
    (check-seconds "timeout" timeout)
    ;; An integer can be larger than any float.
    (+ (monotonic) (min timeout FOREVER))))

(setv FOREVER 1e9)

;; Seconds that a system call waits at most; a longer wait goes round again. A signal that comes in the
;; very moment before the call is seen by Python when that ends: no interrupt is to be late for ever.
(setv LONGEST-POLL 5)

(defn seconds-until [deadline]
  "How long a wait until DEADLINE, or None, may take at once."
  (if (is deadline None)
      LONGEST-POLL
      (min LONGEST-POLL (max 0 (- deadline (monotonic))))))

(defn await-descriptor [fd event deadline waker]
  "Wait until FD is ready for EVENT or in error, WAKER is woken, or DEADLINE has come; returns
  what it is ready for, 0 for nothing, and whether it was woken. Without a WAKER, FD's owner is left
  to look for itself, often."
  (while True
    (setv remaining (seconds-until deadline)
          [ready woken] (poll fd (get MASKS event) waker (if waker remaining (min remaining 0.05))))
    (cond
      (or ready woken (= remaining 0)) (return [ready woken])
      (is waker None) (return [0 True]))))

(if (hasattr select "poll")
    (defn poll [fd mask waker timeout]
      "Wait at most TIMEOUT seconds; what FD says of itself, of that of MASK, and whether WAKER was
      woken."
      (setv p (select.poll))
      (.register p fd mask)
      (when waker
        (.register p waker IN))
      (setv ready (dict (.poll p (* 1000 timeout))))
      [(.get ready fd 0) (and (is-not waker None) (in (.fileno waker) ready))])

    (defn poll [fd mask waker timeout]
      (try
        (setv [readable writable failed]
              (select.select (+ (if waker [waker] []) (if (& mask IN) [fd] []))
                             (if (& mask OUT) [fd] [])
                             ;; Where there is no poll, a refused connection is an exceptional event.
                             [fd]
                             timeout))
        (except [[OSError ValueError]]
          (return [NVAL False])))
      [(| (if (in fd readable) IN 0) (if writable OUT 0) (if failed ERR 0)) (in waker readable)]))

(defn open? [fd]
  "Is the number FD that of an open descriptor?"
  (try
    (os.fstat fd)
    True
    (except [e OSError]
      (!= e.errno errno.EBADF))))

;; ---- Designators of descriptors

(defn number-of [fd]
  "The number of FD, if it has one; of a closed file, and of a file without one, -1."
  (if (callable (getattr fd "fileno" None))
      (try
        (.fileno fd)
        ;; io's UnsupportedOperation is both.
        (except [[ValueError OSError]] -1))
      fd))

(defn descriptor [argument fd]
  "The number of FD, an integer or what has a `fileno`."
  (setv number (number-of fd))
  (if (and (isinstance number int) (not (isinstance number bool)) (<= 0 number 0x7fffffff))
      number
      (refuse argument fd "a descriptor: an integer that is not negative, or what has a fileno")))

(defn descriptor-and-owner [argument fd]
  "The number of FD, and FD itself if it is a socket or stream of this library, else None. One that
  is closed is refused."
  (setv owner (if (hasattr fd "_unread") fd None))
  (when (and owner owner.closed)
    (._refuse-closed owner))
  [(descriptor argument fd) owner])

;; ---- The operators

(defvalues fd-readiness [readable writable]
  "What `wait-until-fd-ready` returns: whether the descriptor is readable, and writable. It is true
  when one of them is that was asked for.

  => (setv [a b] (make-socket-pair))
  => (. (wait-until-fd-ready a :io) writable)
  True

  >>> a, b = make_socket_pair()
  >>> wait_until_fd_ready(a, \"io\").writable
  True

  Source: hy_iolib's own."
  (defn __bool__ [self]
    (or (get self 0) (get self 1))))

(defoperator wait-until-fd-ready [fd #^ keyword event-type [timeout None] [errorp False]]
  "Wait until FD is ready for EVENT-TYPE: `:input`, `:output`, or `:io` for either; at most TIMEOUT
  seconds, without end if that is None, the default. Returns two values, whether it is readable and
  whether it is writable; of what was not asked for, False. They are true when FD is ready, so it can
  be the test of an `if`. When the time is over both are False, or with ERRORP (False by default)
  `poll-timeout` is signalled.

  FD is an integer, any number of them, or what has a `fileno`; a socket or stream of this library
  is readable, too, when it has something in its buffer, and `close` from another thread ends the
  wait with `socket-closed-error`, which is also what a closed one gives. Ready means that the system
  call would not wait: it may fail. A descriptor that is not open is a `poll-error`, other arguments
  are a `type-error`.

  => (setv [a b] (make-socket-pair))
  => (multiple-value-list (wait-until-fd-ready b :input 0.01))
  [False False]
  => (send-to a b\"x\")
  1
  => (multiple-value-list (wait-until-fd-ready b :io))
  [True True]

  >>> a, b = make_socket_pair()
  >>> readable, writable = wait_until_fd_ready(b, \"io\", timeout=1)
  >>> readable, writable
  (False, True)

  Source: IOLib 0.8, iolib/multiplex; poll(2)."
  (setv event (intern-keyword (check-one-of "event-type" event-type #("input" "output" "io")))
        mask (get MASKS event)
        [number owner] (descriptor-and-owner "fd" fd)
        deadline (deadline-of timeout)
        found (cond
                (is owner None) (poll-until number mask deadline)
                owner.screens-events (screened owner event deadline)
                (and (& mask IN) (is-not (._unread owner) None))
                  (| IN (get (poll number (& mask OUT) None 0) 0))
                True (int (._wait-until owner event deadline))))
  (cond
    (& found NVAL)
      (signal-error (unpollable number))
    (and errorp (not found))
      (signal-error poll-timeout :fd number :event-type event))
  ;; What has failed does not wait either.
  (fd-readiness #((bool (and (& mask IN) (& found (| IN HUP ERR))))
                  (bool (and (& mask OUT) (& found (| OUT HUP ERR)))))))

(defn poll-until [fd mask deadline]
  (while True
    (setv remaining (seconds-until deadline)
          [found _] (poll fd mask None remaining))
    (when (or found (= remaining 0))
      (return found))))

(defn screened [owner event deadline]
  "What OWNER, which has to look at the descriptor's events first, is ready for, of EVENT; 0 when
  DEADLINE has come."
  (setv mask (get MASKS event)
        tries 0)
  (while True
    (setv [found _] (poll (.fileno owner) (._interest owner mask) None 0)
          found (& (._screen owner found) (| mask ERR HUP NVAL)))
    (when (and (& mask IN) (is-not (._unread owner) None))
      (|= found IN))
    (when (or found
              (and (is-not deadline None) (>= (monotonic) deadline))
              (not (._wait-until owner event deadline tries)))
      (return found))
    (+= tries 1)))

(defn unpollable [fd]
  (setv c (poll-error :fd fd :identifier (intern-keyword "ebadf"))
        c.errno errno.EBADF
        c.strerror (os.strerror errno.EBADF))
  c)

(defoperator fd-ready-p [fd #^ keyword [event-type "input"]]
  "Is FD ready for EVENT-TYPE, `:input` (the default), `:output` or `:io`? Never waits; returns True or
  False. FD and conditions are as of `wait-until-fd-ready`.

  => (setv [a b] (make-socket-pair))
  => [(fd-ready-p a) (fd-ready-p a :output)]
  [False True]

  >>> a, b = make_socket_pair()
  >>> fd_ready_p(a, \"output\")
  True

  Source: IOLib 0.8, iolib/multiplex."
  (bool (wait-until-fd-ready fd event-type 0)))

(defn fd-readablep [fd]
  "Can FD be read from without a wait? As `fd-ready-p`.

  => (setv [a b] (make-socket-pair))
  => (fd-readablep a)
  False

  >>> a, b = make_socket_pair()
  >>> fd_readablep(a)
  False

  Source: IOLib 0.8, iolib/multiplex."
  (bool (wait-until-fd-ready fd INPUT 0)))

(defn fd-writablep [fd]
  "Can FD be written to without a wait? As `fd-ready-p`.

  => (setv [a b] (make-socket-pair))
  => (fd-writablep a)
  True

  >>> a, b = make_socket_pair()
  >>> fd_writablep(a)
  True

  Source: IOLib 0.8, iolib/multiplex."
  (bool (wait-until-fd-ready fd OUTPUT 0)))
