"Objects that own a descriptor: how they wait for it, close it, and say what went wrong with it.

Descriptors are non-blocking in the kernel, always. Who wants to wait tries the call first, and
waits here only when it would block. `close` wakes whoever waits."

(import os)
(import threading [RLock])
(import time [monotonic sleep])
(import weakref [ref])
(import hy-iolib.lisp.closing [close])
(import hy-iolib.lisp.checking [refuse])
(import hy-iolib.lisp.handlers [signal-error])
(import hy-iolib.lisp.places [defsetf])
(import hy-iolib.multiplex.monitoring [forget monitored])
(import hy-iolib.multiplex.readiness [await-descriptor deadline-of poll-timeout])
(import hy-iolib.multiplex.waking :as waking)
(import hy-iolib.syscalls [condition-from socket-closed-error])

(export
  :objects [dual-channel-fd-mixin dual-channel-single-fd-mixin fd-of fd-non-blocking
            set-fd-non-blocking]
  :macros [])

;; Guards every object's `_waiters`, each time for a few instructions. Reentrant, since a signal
;; handler may close what its own thread is about to wait for. A fork while another thread holds it
;; would leave it locked in the child for ever, so a child gets a new one.
(setv lock (RLock))

(defn after-fork []
  (global lock)
  (setv lock (RLock)))

(when (hasattr os "register_at_fork")
  (os.register-at-fork :after-in-child after-fork))

(defclass dual-channel-fd-mixin []
  "The base of what owns a descriptor: sockets and streams. It has `fileno` and `close`, is a context
  manager, and is not for making.

  => (with-open-socket [s] (isinstance s dual-channel-fd-mixin))
  True

  >>> with make_socket() as s:
  ...     isinstance(s, dual_channel_fd_mixin)
  True

  Source: IOLib manual, Class precedence list."
  (setv closed False
        non-blocking False
        ;; Seconds that a wait for input or output takes at most, where nothing else is said.
        _limits {}
        _waiters #())

  (defn _unread [self]
    "What was read ahead and is still to be read, as a tuple that changes as it is; None for nothing."
    None)

  (defn _release [self]
    "Give the descriptor back to the system."
    (raise (TypeError f"{(type self)} does not say how to give its descriptor back")))

  (defn _deadline [self event timeout]
    "The deadline of an operator that waits for EVENT and is given TIMEOUT, by default this object's
    limit."
    (deadline-of (if (is timeout None) (or (.get self._limits event) None) timeout)))

  (defn _wait [self event deadline [tries 0]]
    "Wait until the descriptor is ready for EVENT; signal `poll-timeout` at DEADLINE."
    (when (and (is deadline None) self._limits)
      (setv deadline (._deadline self event None)))
    (when (not (._wait-until self event deadline tries))
      (signal-error poll-timeout :fd (.fileno self) :event-type event)))

  (defn _wait-until [self event deadline [tries 0]]
    "Wait until the descriptor is ready for EVENT, which is true, or DEADLINE has come. Signal
    `socket-closed-error` when another thread closes the object. TRIES says how often in a row that
    was so, and the system call would block all the same."
    (when tries
      ;; As of a local datagram socket whose peer has no room: always ready, and never. Don't spin.
      (when (and (is-not deadline None) (>= (monotonic) deadline))
        (return False))
      (sleep 0.005))
    (setv waker None)
    (try
      (try
        (setv waker (waking.Waker))
        (except [OSError]
          ;; No descriptor is left for it: what is open already must work all the same.
          (setv waker None)))
      (with [_ lock]
        (setv fd (.fileno self))
        (when waker
          (setv waker.process waking.process
                self._waiters (with-and-without self._waiters waker None))))
      ;; The closer sets `closed`, wakes, and only then gives the descriptor back: even if its
      ;; number has another owner by now, the waker ends the wait.
      (while True
        (when self.closed
          (break))
        (setv [ready woken] (await-descriptor fd event deadline waker))
        (when (not woken)
          (return ready))
        ;; If it is not closed, a forked child has closed its copy.
        (when waker
          (.drain waker)))
      (._refuse-closed self)
      (finally
        (when waker
          (try
            (with [_ lock]
              (setv self._waiters (with-and-without self._waiters None waker)))
            (finally
              (.close waker)))))))

  (defn _refuse-closed [self]
    (signal-error (closed-error self)))

  (defn _fail [self e syscall [place None]]
    "Signal the condition for E, an OSError of SYSCALL, which was about PLACE."
    (if self.closed
        (._refuse-closed self)
        (signal-error (condition-from e syscall (.fileno self) :place place))))

  ;; Is what the system says of the descriptor for this object to look at first, by `_screen` and
  ;; `_interest`?
  (setv screens-events False)

  (defn close [self * [abort False]]
    "Free the descriptor, wake whoever waits for it and have event bases forget it. Returns True if it
    was open. ABORT means nothing where there is no output."
    (when (and monitored (not self.closed))
      (forget (.fileno self)))
    ;; A waiter enters itself and then looks at `closed`, so one of the two sees the other.
    (setv was-open (not self.closed)
          self.closed True)
    ;; Of what is closed already, too: an interrupt may have come between.
    (try
      (when self._waiters
        (with [_ lock]
          (for [waiter self._waiters]
            (setv waker (waiter))
            ;; The number that a parent process waited on may be anything here.
            (when (and waker (is waker.process waking.process))
              (.wake waker)))))
      (finally
        (._release self)))
    was-open)

  (defn __enter__ [self]
    (when self.closed
      (._refuse-closed self))
    self)

  (defn __exit__ [self kind _ traceback]
    ;; After an error nothing is flushed, and closing must not hide it.
    (.close self :abort (is-not kind None))
    False))

(defn with-and-without [waiters new old]
  "WAITERS, weak references to wakers, with that of NEW and without that of OLD and the dead ones:
  of waits that were interrupted before they could say that they are over."
  (tuple (gfor w [#* waiters #* (if new [(ref new)] [])]
               :if (not-in (w) #(None old))
               w)))

(defn closed-error [x]
  (setv c (socket-closed-error :stream x)
        ;; That the system found a bad descriptor is nothing to tell.
        c.__suppress_context__ True)
  c)

(.register close dual-channel-fd-mixin
           (fn [x * [abort False]] (.close x :abort abort) True))

(defclass dual-channel-single-fd-mixin [dual-channel-fd-mixin]
  "The base of what uses one descriptor for both directions: of sockets.

  => (with-open-socket [s] (isinstance s dual-channel-single-fd-mixin))
  True

  >>> issubclass(active_socket, dual_channel_single_fd_mixin)
  True

  Source: IOLib manual, Class precedence list.")

(defn fd-of [x]
  "The descriptor of X, a socket or stream, an integer; None once it is closed. A `type-error` of
  another.

  => (with-open-socket [s] (= (fd-of s) (.fileno s)))
  True

  >>> with make_socket() as s:
  ...     fd_of(s) == s.fileno()
  True
  >>> fd_of(s)

  Source: IOLib 0.8, iolib/streams."
  (check-owner "fd-of" x)
  (if x.closed None (.fileno x)))

(defn fd-non-blocking [x]
  "Do `send-to` and `receive-from` on X, a socket or stream, signal `ewouldblock` instead of waiting?
  `setf` sets it, in Python `set_fd_non_blocking`; the special `*non-blocking-sockets*` says so
  for new sockets. Stream operators wait all the same. A `type-error` of another X.

  The descriptor itself never blocks: waiting is done by this library, with `poll`.

  => (with-open-socket [s] (setf (fd-non-blocking s) True) (fd-non-blocking s))
  True

  >>> with make_socket() as s:
  ...     fd_non_blocking(s)
  False

  Source: IOLib 0.8, iolib/streams."
  (check-owner "fd-non-blocking" x)
  x.non-blocking)

(defn set-fd-non-blocking [x value]
  "Let `send-to` and `receive-from` on X, a socket or stream, signal `ewouldblock` instead of waiting if
  VALUE is true, and wait if not. VALUE is returned. A `type-error` of another X.

  => (with-open-socket [s] (set-fd-non-blocking s True) (fd-non-blocking s))
  True

  >>> with make_socket() as s:
  ...     set_fd_non_blocking(s, True)
  True

  Source: IOLib 0.8, iolib/streams."
  (check-owner "set-fd-non-blocking" x)
  (setv x.non-blocking (bool value))
  value)

(defsetf fd-non-blocking set-fd-non-blocking)

(defn check-owner [operator x]
  (when (not (isinstance x dual-channel-fd-mixin))
    (refuse f"{operator}: argument" x "a socket or stream of this library")))
