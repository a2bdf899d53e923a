"The event base: handlers of descriptors, timers, and the loop that calls them.

A step of the loop takes what the multiplexer tells, and calls handlers. They may add and remove
handlers, close descriptors, and open others of the same number: so a handler that was set in this
step is not called in it, and one that is gone is not called at all. Whatever a step does not get
to, since a handler raises, is there still at the next.

The loop's thread has the base for itself, but for what others may do, signal handlers among them:
add timers, put calls into a queue, ask for the end, close sockets. Who does such a thing while the
loop waits wakes it."

(eval-when-compile
  (require hy-iolib.lisp.conditions [defcondition]
           hy-iolib.lisp.operators [defoperator]
           hy-iolib.lisp.specials [defspecial]))
(import collections [deque])
(import heapq [heappush])
(import os)
(import threading [get-ident])
(import time [monotonic])
(import warnings)
(import hy-iolib.lisp.checking [check-one-of check-seconds refuse seconds?])
(import hy-iolib.lisp.handlers [signal-error])
(import hy-iolib.lisp.keywords [intern-keyword keyword])
(import hy-iolib.syscalls [condition-from iolib-error])
(import hy-iolib.multiplex.monitoring [PAUSE SHORTAGES note-monitored note-unmonitored])
(import hy-iolib.multiplex.multiplexers [*default-multiplexer* multiplexer])
(import hy-iolib.multiplex.readiness
  [ERR FOREVER HUP IN LONGEST-POLL NVAL OUT descriptor descriptor-and-owner number-of open? poll])
(import hy-iolib.multiplex.timers [new-timer schedule timer watch])
(import hy-iolib.multiplex.waking :as waking)

(export
  :objects [event-base event-base-error event-base-error-event-base event-base-error-reason
            set-io-handler set-error-handler remove-fd-handlers
            fd-monitored-p add-timer remove-timer event-dispatch exit-event-loop call-in-event-loop
            event-base-empty-p *default-event-loop-timeout*]
  :macros [with-event-base fd-monitored-p])

(defcondition event-base-error [iolib-error RuntimeError]
  "An event base was used where it can't be: when it is closed, while it runs already, or in another
  process than the one that has made it. Also Python's `RuntimeError`. Its slots are `event-base`, and
  `reason`, a text.

  => (with-event-base [base])
  => (handler-case (event-dispatch base) (event-base-error [e] (event-base-error-reason e)))
  \"can't be used any more\"

  >>> with event_base() as base:
  ...     pass
  >>> try:
  ...     event_dispatch(base)
  ... except RuntimeError as e:
  ...     print(e.reason)
  can't be used any more

  Source: hy_iolib's own."
  [event-base reason]
  f"{self.event-base} {self.reason}")

(defspecial *default-event-loop-timeout* None
  "After how many seconds `event-dispatch` ends, unless `:timeout` says so; None, the default, for
  never.

  => (with-event-base [base]
       (special-let [*default-event-loop-timeout* 0.01] (event-dispatch base)))

  >>> with event_base() as base, default_event_loop_timeout.let(0.01):
  ...     event_dispatch(base)

  Source: IOLib 0.8, iolib/multiplex.")

(setv READ (intern-keyword "read")
      WRITE (intern-keyword "write")
      ERROR (intern-keyword "error")
      TIMEOUT (intern-keyword "timeout"))

;; How many seconds lie at least between two looks for descriptors that were closed without a word,
;; and how many descriptors a look takes: some 50 µs.
(setv LOOK-INTERVAL 0.05
      LOOK-AT 100)

;; The bases that run just now, in whatever thread.
(setv running (set))

(defn after-fork []
  (for [base running]
    (._abandon base))
  (.clear running))

(when (hasattr os "register_at_fork")
  (os.register-at-fork :after-in-child after-fork))

(defclass Handler []
  "A function that is called for an event of a descriptor. `fresh`: it was set in this step. `muted`
  is the timer until which it is not called, if there is one. `watch`, of one with a time limit,
  looks whether it was idle since `last`."
  (setv __slots__ #("function" "one_shot" "limit" "last" "watch" "fresh" "muted"))

  (defn __init__ [self function one-shot limit]
    (setv self.function function
          self.one-shot one-shot
          self.limit limit
          self.last None
          self.watch None
          self.fresh True
          self.muted None)))

(defclass Entry []
  "What an event base knows of a descriptor: its handlers by their events' names; `mask`, what the
  multiplexer was told, None for nothing; `owner`, the stream whose buffer is looked at, and `state`,
  what was in it; `quick`, the function that is all that there is to do when it is readable;
  `suspect`, whether the system may tell of its number what is another descriptor's; `handshake`, the
  timer until which a handshake of the owner's must be over, if one goes on."
  (setv __slots__ #("fd" "owner" "read" "write" "error" "mask" "state" "quick" "suspect" "handshake"))

  (defn __init__ [self fd]
    (setv self.fd fd
          self.owner None
          self.read None
          self.write None
          self.error None
          self.mask None
          self.state None
          self.quick None
          self.suspect False
          self.handshake None))

  (defn wanted [self]
    "The mask that the multiplexer is to have, None for none."
    (setv mask (| (if (and self.read (not self.read.muted)) IN 0)
                  (if (and self.write (not self.write.muted)) OUT 0)))
    ;; A hangup would be told without end, while the handler that it is for is muted.
    (cond
      (not (or mask (and self.error (not (any (gfor h [self.read self.write] (and h h.muted)))))))
        None
      (.screened? self) (._interest self.owner mask)
      True mask))

  (defn screened? [self]
    "Is what the system says of the descriptor for the owner to look at first?"
    (and self.owner self.owner.screens-events))

  (defn see-quick [self]
    (setv h self.read
          self.quick (when (and h (not (or h.one-shot h.watch h.fresh h.muted self.suspect (.screened? self))))
                       h.function))))

(defclass event-base []
  "What calls handlers when descriptors are ready, and timers when it is time: `set-io-handler`,
  `add-timer`, `event-dispatch`. In CL `(make-instance 'event-base …)`.

  MUX is a multiplexer or a class of them, by default (None) `*default-multiplexer*`. With
  EXIT-WHEN-EMPTY (False by default) `event-dispatch` ends when there is nothing left to wait for.
  WRITE-INTERVAL-THRESHOLD is how many seconds lie at least between two calls of a `:write` handler,
  for those that have seldom anything to write; None, the default, for none. A `type-error` of other
  arguments; the system's error, a `syscall-error`, when there is no descriptor left.

  It belongs to the process that made it, and to one thread at a time; `exit-event-loop`,
  `add-timer`, `remove-timer` and `call-in-event-loop` can be called from others, and from signal
  handlers. `close` frees its descriptors; the sockets that it watches stay open. It is a context
  manager. All operators on it signal `event-base-error` when it is closed, and in another process,
  and a `type-error` of what is no event base.

  => (with-event-base [base :exit-when-empty True]
       (add-timer base (fn [] (print \"late\")) 0.02 :one-shot True)
       (add-timer base (fn [] (print \"early\")) 0.01 :one-shot True)
       (event-dispatch base))

  >>> with event_base(exit_when_empty=True) as base:
  ...     base
  ...     event_dispatch(base)
  #<event base, ..., 0 descriptors, 0 timers>

  Source: IOLib 0.8, iolib/multiplex."
  (setv _closed True)

  (defn __init__ [self * [mux None] [exit-when-empty False] [write-interval-threshold None]]
    (check-seconds "write-interval-threshold" write-interval-threshold)
    (setv mux (if (is mux None) *default-multiplexer*.value mux)
          mux (if (and (isinstance mux type) (issubclass mux multiplexer)) (mux) mux))
    (when (not (isinstance mux multiplexer))
      (refuse "mux" mux "a multiplexer, or a class of them, as *available-multiplexers* has"))
    (when mux.base
      (refuse "mux" mux "a multiplexer that serves no other event base"))
    (setv self.mux mux
          self.exit-when-empty (bool exit-when-empty)
          self.write-interval-threshold write-interval-threshold
          self._process waking.process
          self._entries {}
          self._schedule (schedule)
          ;; Calls from elsewhere, and what handlers are still to be told of closed descriptors.
          self._calls (deque)
          self._lost []
          ;; Numbers of closed descriptors of which the system may go on to tell.
          self._ghosts (set)
          ;; Entries whose stream has something in its buffer, by descriptor.
          self._buffered {}
          ;; Handlers that were set in this step -> their entries.
          self._fresh {}
          self._exit False
          self._running False
          self._waiting False
          ;; Descriptors that are still to be looked at in this round.
          self._round []
          self._looked -1
          self._closed False)
    (.begin mux self))

  (defn __repr__ [self]
    (.format "#<event base, {}, {}>"
             (hy.unmangle (. (type self.mux) __name__))
             (if self._closed
                 "closed"
                 f"{(len self._entries)} descriptors, {(len self._schedule.heap)} timers")))

  (defn __enter__ [self]
    (check-base "with-event-base" self)
    self)

  (defn __exit__ [self #* _]
    (.close self)
    False)

  (defn __del__ [self]
    (when (not self._closed)
      (when (is self._process waking.process)
        (warnings.warn f"unclosed {self}" ResourceWarning :source self))
      (.close self)))

  (defn close [self]
    "Drop all handlers and timers and free the base's own descriptors, once `event-dispatch`, if it
    runs, has come to its end, which this asks for. Returns True. Twice is no error."
    (when (not self._closed)
      (setv self._closed True
            here (is self._process waking.process))
      (try
        ;; In a forked child, what the multiplexer has is the parent's.
        (when here
          (for [entry (list (.values self._entries))]
            (._drop self entry)))
        (.clear self._schedule)
        (.clear self._calls)
        (.clear self._lost)
        (finally
          ;; A step goes on to its end before what it waits with is taken away.
          (if (and self._running here (is self.mux.dispatch None))
              (._end self)
              (.close self.mux)))))
    True)

  ;; ---- Entries

  (defn _set [self fd owner event handler]
    "Let HANDLER be what is called for EVENT of FD, and of OWNER, its stream, if that is not None."
    (setv entry (.get self._entries fd))
    (when (and entry (getattr entry event))
      (when (not (._stale self entry))
        (refuse "event-type" (keyword event)
                f"an event of descriptor {fd} without a handler: remove-fd-handlers first"))
      (._lose self entry)
      (setv entry None))
    (try
      (when entry
        (when (is entry.owner None)
          (setv entry.owner owner))
        (setv (get self._fresh handler) entry)
        (setattr entry event handler)
        (try
          (._update self entry)
          (except [OSError]
            ;; It was closed, and whoever had it is told so; the number may have a new owner.
            (setattr entry event None)
            (._lose self entry)
            (setv entry None))))
      (when (not entry)
        (setv entry (Entry fd)
              entry.owner owner
              entry.suspect (in fd self._ghosts))
        (setv (get self._fresh handler) entry)
        (setattr entry event handler)
        (setv (get self._entries fd) entry)
        (note-monitored fd self)
        (._update self entry))
      (.see-quick entry)
      (when (= event READ)
        (setv entry.state None)
        (._look-behind self entry))
      (._watch-handshake self entry)
      (when (is-not handler.limit None)
        (setv handler.last (monotonic)
              handler.watch (new-timer watch (fn [] (._expire self entry handler event)) handler.limit
                                       True self._schedule))
        (._add self handler.watch handler.limit))
      (except [e BaseException]
        ;; An interrupt, too, leaves nothing half done.
        (when (and entry (is (getattr entry event) handler))
          (._unset self entry event))
        (if (isinstance e OSError)
            (signal-error (condition-from e self.mux.needs fd))
            (raise))))
    (when self._waiting
      (.wake self.mux)))

  (defn _update [self entry]
    "Tell the multiplexer what is of interest now."
    (setv mask (.wanted entry)
          before entry.mask)
    (when (!= mask before)
      (cond
        (is mask None) (.remove self.mux entry.fd)
        (is before None) (.add self.mux entry.fd mask)
        True (.change self.mux entry.fd mask))
      (setv entry.mask mask)))

  (defn _unset [self entry event]
    "Take ENTRY's handler of EVENT away."
    (setv handler (getattr entry event))
    (setattr entry event None)
    ;; Another thread may have closed the socket just now.
    (when handler
      (._retire self handler))
    (if (or entry.read entry.write entry.error)
        (do
          (.see-quick entry)
          (when (= event READ)
            (.pop self._buffered entry.fd None))
          (try
            (._update self entry)
            (except [OSError]
              (._lose self entry))))
        (._drop self entry)))

  (defn _drop [self entry]
    "Take all of ENTRY's handlers away."
    (setv fd entry.fd)
    (for [handler [entry.read entry.write entry.error]]
      (when handler
        (._retire self handler)))
    (when entry.handshake
      (.remove self._schedule entry.handshake))
    (setv entry.read None
          entry.write None
          entry.error None
          entry.quick None
          entry.handshake None)
    (when (is (.get self._entries fd) entry)
      (.pop self._entries fd None)
      (.pop self._buffered fd None)
      (note-unmonitored fd self))
    (when (is-not entry.mask None)
      (setv entry.mask None)
      (try
        (.remove self.mux fd)
        ;; It is closed, and gone from there with that, unless a duplicate keeps it.
        (except [[OSError KeyError ValueError]]
          (when (not self.mux.sees-closed)
            (.add self._ghosts fd)))))
    ;; Somebody else may have taken the last one away.
    (when (and self._waiting self.exit-when-empty)
      (.wake self.mux)))

  (defn _retire [self handler]
    "HANDLER is taken away."
    (.pop self._fresh handler None)
    (for [timer [handler.watch handler.muted]]
      (when timer
        (.remove self._schedule timer))))

  (defn _stale [self entry]
    "Was the descriptor of ENTRY closed without a word?"
    (if (is entry.mask None)
        (not (open? entry.fd))
        (.stale self.mux entry.fd entry.mask)))

  (defn _lose [self entry]
    "ENTRY's descriptor is not there any more: its handlers are told so once, and are gone."
    (setv calls (lfor [handler event] [[entry.read READ] [entry.write WRITE] [entry.error ERROR]]
                  :if handler
                  #(handler.function entry.fd event)))
    (._drop self entry)
    (.extend self._lost calls))

  ;; For who knows the descriptor only.

  (defn _forget [self fd]
    (setv entry (.get self._entries fd))
    (when entry
      (._drop self entry)
      (when self._waiting
        (.wake self.mux))))

  (defn _pause [self fd seconds]
    (setv entry (.get self._entries fd))
    (if (and entry entry.read)
        (do
          (._mute self entry READ seconds)
          True)
        False))

  (defn _reconsider [self fd]
    (setv entry (.get self._entries fd))
    (cond
      (is entry None) None
      (and self._running (!= self._schedule.thread (get-ident)))
        (call-in-event-loop self (fn [] (._reconsider self fd)))
      True
        (do
          (._change self entry)
          (._watch-handshake self entry)
          (setv entry.state None)
          (._look-behind self entry)
          (when self._waiting
            (.wake self.mux)))))

  (defn _watch-handshake [self entry]
    "See to it that ENTRY's owner is looked at when a handshake of its must be over."
    (setv seconds (when (.screened? entry) (._handshake-seconds entry.owner)))
    (cond
      (is seconds None)
        (when entry.handshake
          (.remove self._schedule entry.handshake)
          (setv entry.handshake None))
      (is entry.handshake None)
        (do
          (defn look []
            (setv mask (._screened self entry IN))
            (when mask
              (._dispatch self entry mask))
            (bool mask))
          (setv entry.handshake (new-timer watch look seconds True self._schedule))
          (._add self entry.handshake seconds))))

  (defn _mute [self entry event seconds]
    "Don't call ENTRY's handler of EVENT for SECONDS."
    (setv handler (getattr entry event))
    (when (not handler.muted)
      (defn unmute []
        (setv handler.muted None)
        (._change self entry)
        False)
      (setv timer (new-timer watch unmute seconds True self._schedule))
      ;; In this order: an interrupt must not leave it muted for ever.
      (._add self timer seconds)
      (setv handler.muted timer)
      (._change self entry)))

  (defn _change [self entry]
    (.see-quick entry)
    (try
      (._update self entry)
      (except [OSError]
        (._lose self entry))))

  (defn _add [self timer seconds]
    (.add self._schedule timer (+ (monotonic) (min seconds FOREVER)))
    (when self._waiting
      (.wake self.mux)))

  ;; ---- The loop

  (defn _empty [self]
    (not (or self._entries self._calls self._lost (not (.empty? self._schedule)))))

  (defn _end [self]
    (setv self._exit True)
    (when self._waiting
      (.wake self.mux)))

  (defn _run [self one-shot deadline min-step max-step]
    (try
      (setv self._running True
            self._schedule.thread (get-ident))
      (.add running self)
      (while True
        (when (is-not self._process waking.process)
          (refuse-process self))
        (when self._fresh
          (._settle self))
        (when (or self._exit (and self.exit-when-empty (._empty self)))
          (break))
        ;; From here on who adds something wakes; what was added before is seen.
        (setv self._waiting True
              seconds (if (or self._calls self._lost self._buffered self._exit)
                          0
                          (if (or self._schedule.heap self._schedule.late
                                  (is-not deadline None) (is-not max-step None))
                              (._patience self deadline min-step max-step)
                              LONGEST-POLL))
              events (.wait self.mux seconds)
              self._waiting False)
        (when (not (or events (= seconds 0) self.mux.sees-closed))
          (._look-for-closed self))
        (when (or (and (._step self events) one-shot)
                  (and (is-not deadline None) (>= (monotonic) deadline)))
          (break)))
      (finally
        (setv self._waiting False
              self._exit False
              self._running False)
        (.discard running self)
        (when self._closed
          (.close self.mux)))))

  (defn _patience [self deadline min-step max-step]
    "How many seconds to wait at most."
    (setv now (monotonic)
          first (.first self._schedule)
          seconds (if first (- (get first 0 0) now) LONGEST-POLL))
    (when (is-not max-step None)
      (setv seconds (min seconds max-step)))
    (when (is-not min-step None)
      (setv seconds (max seconds min-step)))
    (when (is-not deadline None)
      (setv seconds (min seconds (- deadline now))))
    (min LONGEST-POLL (max 0 seconds)))

  (defn _settle [self]
    "What was set in the last step can be called now."
    (for [[handler entry] (list (.items self._fresh))]
      (setv handler.fresh False)
      (.see-quick entry))
    (.clear self._fresh))

  (defn _step [self events]
    "Call the handlers for EVENTS, and for what else there is; whether there was anything."
    (setv entries self._entries
          behind (if self._buffered
                     (lfor entry (list (.values self._buffered)) #(entry entry.state))
                     #())
          ran False)
    (for [[fd mask] events]
      (setv entry (.get entries fd))
      (cond
        (is entry None)
          (._stray self fd)
        ;; As of what only the owner's protocol is about.
        (and (is entry.quick None) (.screened? entry) (not (setx mask (._screened self entry mask))))
          None
        True
          (try
            (setv ran True)
            (cond
              (not (and (= mask IN) entry.quick))
                (._dispatch self entry mask)
              (is entry.owner None)
                (entry.quick fd READ None)
              True
                (try
                  (entry.quick fd READ None)
                  (except [BaseException]
                    (setv entry.state None)
                    (raise))
                  (finally
                    (when (or (is-not entry.state None) (is-not (._unread entry.owner) None))
                      (._look-behind self entry)))))
            (except [e OSError]
              (when (not (accept-pauses? e entry))
                (raise))))))
    (when self._calls
      (setv ran True)
      (setv left (len self._calls))
      (while (and self._calls (> left 0))
        (-= left 1)
        (setv [function arguments] (.popleft self._calls))
        (function #* arguments)))
    (while self._lost
      (setv ran True
            [function fd event] (.pop self._lost 0))
      (function fd event ERROR))
    (when (or self._schedule.heap self._schedule.late)
      (setv ran (or (.run-due self._schedule (monotonic)) ran)))
    (for [[entry state] behind]
      ;; Unless it was called in this step.
      (when (and (is entry.state state) (is (.get self._buffered entry.fd) entry))
        (setv ran True)
        (if (and (.screened? entry) (& (._screen entry.owner IN) ERR))
            (._dispatch-error self entry)
            (._call self entry entry.read READ None))))
    ran)

  (defn _stray [self fd]
    "There was an event of FD, of which nobody knows: the waker's, or of a descriptor whose handlers
    were removed in this step, or of one that the system does not forget."
    (when (is-not self._process waking.process)
      (refuse-process self))
    (when (and (not (.drain self.mux fd))
               (not self.mux.sees-closed)
               (in fd (dict (.wait self.mux 0)))
               (not-in fd self._entries))
      (._renew self)))

  (defn _renew [self]
    "The system tells of what is closed: start anew with what is there."
    (try
      (setv gone (.renew self.mux (dfor entry (list (.values self._entries))
                                    :if (is-not entry.mask None)
                                    entry.fd entry.mask)))
      (except [e OSError]
        (signal-error (condition-from e self.mux.needs))))
    (.clear self._ghosts)
    (for [entry (list (.values self._entries))]
      (when entry.suspect
        (setv entry.suspect False)
        (.see-quick entry))
      (when (in entry.fd gone)
        (._lose self entry))))

  (defn _abandon [self]
    "This is a forked child: what its parent was about to do is not for it."
    (.clear self._entries)
    (.clear self._calls)
    (.clear self._lost)
    (.clear self._buffered)
    (.clear self._schedule))

  (defn _screened [self entry mask]
    "Of MASK, what ENTRY's owner says is for its handlers."
    (when (not (or (& mask NVAL) entry.suspect))
      (setv mask (._screen entry.owner mask))
      (._change self entry))
    mask)

  (defn _dispatch [self entry mask]
    "Call ENTRY's handlers for what MASK says."
    (when entry.suspect
      (setv now (get (poll entry.fd (or entry.mask 0) None 0) 0))
      (when (not (& mask now))
        (return (._renew self)))
      (setv mask now))
    (cond
      (& mask NVAL)
        (._lose self entry)
      ;; An interrupt came before all of it was taken away.
      (not (or entry.read entry.write entry.error))
        (._drop self entry)
      (or (& mask ERR)
          ;; Hung up, and of interest to an error handler alone.
          (and (& mask HUP) (not entry.read) (not entry.write)))
        (._dispatch-error self entry)
      True
        (do
          (setv handler entry.read)
          (when (and handler (& mask (| IN HUP)) (not handler.fresh) (not handler.muted))
            (._call self entry handler READ None))
          ;; A handler may have taken it away.
          (setv handler entry.write)
          (when (and handler (& mask (| OUT HUP)) (not handler.fresh) (not handler.muted))
            (._call self entry handler WRITE None)
            (when (and self.write-interval-threshold (is entry.write handler))
              (._mute self entry WRITE self.write-interval-threshold))))))

  (defn _dispatch-error [self entry]
    "Call all of ENTRY's handlers for an error. If it is there still, and nothing has changed, telling
    it again and again would help nobody: the handlers are gone then."
    (setv before (trouble entry))
    (for [event [READ WRITE ERROR]]
      (setv handler (getattr entry event))
      (when (and handler (not handler.fresh))
        (._call self entry handler event ERROR)))
    (when (and (is (.get self._entries entry.fd) entry)
               (not (any (gfor h [entry.read entry.write entry.error] (and h h.fresh)))))
      (setv after (trouble entry))
      (when (and after (= after before))
        (._drop self entry))))

  (defn _call [self entry handler event exception]
    (when handler.one-shot
      (._unset self entry event))
    (setv done False)
    (try
      (handler.function entry.fd event exception)
      (setv done True)
      (finally
        (when handler.watch
          (setv handler.last (monotonic)))
        (when (and entry.owner (is event READ))
          ;; Who has failed is called again for the same.
          (when (not done)
            (setv entry.state None))
          (._look-behind self entry)))))

  (defn _look-behind [self entry]
    "Have ENTRY's read handler called at the next step if there is something in its stream's buffer,
    and the last call has changed what it is: a handler that can do nothing with it, a part of a
    character for instance, waits for more."
    (when (and entry.owner entry.read)
      ;; In this order: looking may end a handshake, which is told, and looks, too.
      (setv before entry.state
            state (._unread entry.owner)
            entry.state state)
      (if (or (is state None)
              (and before (is (get state 0) (get before 0)) (= (cut state 1 None) (cut before 1 None))))
          (.pop self._buffered entry.fd None)
          (setv (get self._buffered entry.fd) entry))))

  (defn _expire [self entry handler event]
    "HANDLER's time limit may have passed; whether it was called."
    (setv now (monotonic)
          due (+ handler.last handler.limit))
    (cond
      (is-not (getattr entry event) handler)
        False
      (> due now)
        (do
          (.add self._schedule handler.watch due)
          False)
      (._stale self entry)
        (do
          (._lose self entry)
          False)
      True
        (do
          (._add self handler.watch handler.limit)
          (._call self entry handler event TIMEOUT)
          True)))

  (defn _look-for-closed [self]
    "Look at some descriptors, the next ones each time: were they closed without a word?"
    (setv now (monotonic))
    (when (and self._entries (>= (- now self._looked) LOOK-INTERVAL))
      (setv self._looked now
            fds (or self._round (list self._entries))
            self._round (cut fds LOOK-AT None))
      (for [fd (cut fds LOOK-AT)]
        (setv entry (.get self._entries fd))
        (when (and entry (._stale self entry))
          (._lose self entry))))))

(defn accept-pauses? [e entry]
  "Is E about accepting from ENTRY's descriptor, which pauses for it? Then it has been told."
  (when (and (in e.errno SHORTAGES)
             (= (getattr e "syscall" None) "accept")
             (= e.fd entry.fd)
             entry.read entry.read.muted)
    (import logging)
    (.error (logging.getLogger "hy_iolib") "%s: accepting goes on in %s s" e PAUSE)
    True))

(defn trouble [entry]
  "What is wrong with ENTRY's descriptor, as something that changes when it is dealt with; None if
  nothing is."
  (setv now (get (poll entry.fd (| IN OUT) None 0) 0)
        failed (and (.screened? entry) (& (._screen entry.owner IN) ERR)))
  (when (or failed (& now (| ERR HUP NVAL)))
    #(now failed (octets-to-read entry.fd))))

(defn octets-to-read [fd]
  (try
    (import fcntl termios)
    (fcntl.ioctl fd termios.FIONREAD (bytes 4))
    (except [[ImportError OSError]])))

(defn check-base [operator base]
  (when (not (isinstance base event-base))
    (refuse f"{operator}: event-base" base "an event base"))
  (when (is-not base._process waking.process)
    (refuse-process base))
  (when base._closed
    (signal-error event-base-error :event-base base :reason "can't be used any more")))

(defn refuse-process [base]
  (signal-error event-base-error :event-base base :reason "belongs to the process that has made it"))

(defn check-function [argument function]
  (if (callable function)
      function
      (refuse argument function "a function")))

;; ---- Handlers

(setv EVENTS #("read" "write"))

(defn set-io-handler [event-base fd [event-type None] [function None]
                      * [read None] [write None] [timeout None] [one-shot False]]
  "Let FUNCTION be called when FD can be read (EVENT-TYPE `:read`) or written (`:write`) without a
  wait: with the descriptor, the event, and None; `:error` instead of None when something is wrong
  with it, and `:timeout` when nothing was for TIMEOUT seconds, again and again while that is so; None,
  the default, for no limit. With ONE-SHOT (False by default) it is called once. What is ready is told
  again until it is dealt with; the peer's closing is `:read`. In Hy
  `(set-io-handler base fd :read function)`, in Python `set_io_handler(base, fd, \"read\", function)`.
  Returns None.

  FD is an integer or what has a `fileno`. Of a socket or stream of this library itself, a `:read`
  handler is also called as long as there is something in its buffer, and each call reads of it; of
  a bare descriptor, what was read ahead is not seen. What other code than the handler reads ahead is
  noticed with the next event. `close` of a socket takes its handlers away.

  There is one handler for each event of a descriptor: another is a `type-error`. A descriptor that
  can't be watched is the system's error, `ebadf` or `eperm`, which `epoll` has for a regular file; a
  socket that is closed, `socket-closed-error`.

  A descriptor that is closed without a word is told as `:error`, once, when that is noticed: by
  `poll` and `select` at the next wait, by `epoll` when its handlers change, when TIMEOUT has passed,
  or when it has nothing else to do. An error is told once, unless something changes by that.

  => (setv [a b] (make-socket-pair) base (event-base))
  => (set-io-handler base b :read (fn [fd event exception] (print (read-line b))))
  => (write-line \"hello\" a) (finish-output a) (event-dispatch base :one-shot True)
  => (close base)
  True

  >>> a, b = make_socket_pair()
  >>> with event_base() as base:
  ...     set_io_handler(base, a, \"write\", lambda fd, event, exception: print(event, exception))
  ...     event_dispatch(base, one_shot=True)
  write None

  Source: IOLib 0.8, iolib/multiplex."
  (check-base "set-io-handler" event-base)
  (when (> (sum (gfor x [event-type read write] (is-not x None))) 1)
    (refuse "set-io-handler" {"event-type" event-type "read" read "write" write}
            "one event with its function"))
  (setv [event f] (cond
                    (is-not read None) [READ read]
                    (is-not write None) [WRITE write]
                    True [event-type function])
        event (check-one-of "event-type" event EVENTS)
        [number owner] (descriptor-and-owner "fd" fd))
  (check-function "function" f)
  (check-seconds "timeout" timeout)
  (._set event-base number owner (intern-keyword event) (Handler f (bool one-shot) timeout)))

(defn set-error-handler [event-base fd function]
  "Let FUNCTION be called when something is wrong with FD: with the descriptor, `:error` and `:error`.
  As `set-io-handler`, whose handlers are called for errors, too.

  => (with-event-base [base]
       (with-open-socket [s] (set-error-handler base s print) (fd-monitored-p base s :error)))
  True

  >>> with event_base() as base, make_socket() as s:
  ...     set_error_handler(base, s, print)
  ...     fd_monitored_p(base, s, \"error\")
  True

  Source: IOLib 0.8, iolib/multiplex."
  (check-base "set-error-handler" event-base)
  (setv [number owner] (descriptor-and-owner "fd" fd))
  (check-function "function" function)
  (._set event-base number owner ERROR (Handler function False None)))

(defn entry-of [event-base fd]
  "The entry of FD, None if there is none; of what is closed, or None, there is none."
  (setv number (number-of fd))
  (cond
    (is number None) None
    (and (is-not number fd) (= number -1)) None
    True (.get event-base._entries (descriptor "fd" number))))

(defn remove-fd-handlers [event-base fd * [read False] [write False] [error False]]
  "Take the handlers of FD away: of the events READ, WRITE and ERROR that are true, or all if none is,
  which is the default. Returns whether there was one. FD, as of `set-io-handler`, may be None, or
  closed: then there is none.

  => (with-event-base [base]
       (with-open-socket [s]
         (set-io-handler base s :read print)
         [(remove-fd-handlers base s :read True) (remove-fd-handlers base s)]))
  [True False]

  >>> with event_base() as base, make_socket() as s:
  ...     set_io_handler(base, s, \"read\", print)
  ...     remove_fd_handlers(base, s, read=True)
  True

  Source: IOLib 0.8, iolib/multiplex."
  (check-base "remove-fd-handlers" event-base)
  (setv entry (entry-of event-base fd)
        events (lfor [event wanted] [[READ read] [WRITE write] [ERROR error]]
                 :if (or wanted (not (or read write error)))
                 event)
        present (lfor event events :if (and entry (getattr entry event)) event))
  (if (= (len events) 3)
      (when entry (._drop event-base entry))
      (for [event present]
        (._unset event-base entry event)))
  ;; Those who are still to be told that it is closed.
  (setv number (if entry entry.fd (number-of fd))
        told (lfor call event-base._lost
               :if (and (= (get call 1) number) (in (get call 2) events))
               call))
  (for [call told]
    (.remove event-base._lost call))
  (bool (or present told)))

(defoperator fd-monitored-p [event-base fd #^ keyword event-type]
  "Has FD a handler for EVENT-TYPE: `:read`, `:write` or `:error`? FD is as of `set-io-handler`; None,
  and what is closed, has none. A `type-error` of another EVENT-TYPE.

  => (with-event-base [base]
       (with-open-socket [s]
         (set-io-handler base s :read print)
         [(fd-monitored-p base s :read) (fd-monitored-p base s :write)]))
  [True False]

  >>> with event_base() as base, make_socket() as s:
  ...     fd_monitored_p(base, s, \"read\")
  False

  Source: IOLib 0.8, iolib/multiplex."
  (check-base "fd-monitored-p" event-base)
  (setv event (check-one-of "event-type" event-type #("read" "write" "error"))
        entry (entry-of event-base fd))
  (bool (and entry (getattr entry event))))

;; ---- Timers

(defn add-timer [event-base function timeout * [one-shot False]]
  "Let FUNCTION be called without arguments every TIMEOUT seconds, a number that is not negative; with
  ONE-SHOT (False by default) only once. Returns the timer. It can be called from any thread. Timers
  run in the order of their deadlines; what a timer misses, since a handler takes long, is not made up
  for. A `type-error` of other arguments.

  => (with-event-base [base]
       (setv ticks [])
       (add-timer base (fn [] (.append ticks 1) (when (= (len ticks) 3) (exit-event-loop base))) 0.01)
       (event-dispatch base)
       (sum ticks))
  3

  >>> with event_base(exit_when_empty=True) as base:
  ...     timer = add_timer(base, lambda: print(\"tick\"), 0.01, one_shot=True)
  ...     event_dispatch(base)
  tick

  Source: IOLib 0.8, iolib/multiplex."
  (when (not (and (isinstance event-base event-base-class) (is event-base._process waking.process)
                  (not event-base._closed)))
    (check-base "add-timer" event-base))
  (when (not (callable function))
    (check-function "function" function))
  (setv kind (type timeout))
  (when (not (and (or (is kind float) (is kind int)) (<= 0 timeout FOREVER)))
    (when (or (is timeout None) (not (seconds? timeout)))
      (refuse "timeout" timeout "a number of seconds, not negative"))
    (setv timeout (min timeout FOREVER)))
  (setv s event-base._schedule
        deadline (+ (monotonic) timeout)
        t (timer)
        t.function function
        t.period timeout
        t.one-shot one-shot
        t.deadline deadline
        t.schedule s)
  ;; As the schedule's `add`, whose call takes its time.
  (if (and (not s.cleaning) (= s.thread (get-ident)))
      (heappush s.heap #(deadline (next s.numbers) t))
      (.append s.late #(deadline t)))
  (when event-base._waiting
    (.wake event-base.mux))
  t)

(defn remove-timer [event-base timer]
  "Let TIMER, one of EVENT-BASE, not be called any more. Returns whether it would have been. It can be
  called from any thread. A `type-error` of what is no timer of this base.

  => (with-event-base [base]
       (setv timer (add-timer base print 10))
       [(remove-timer base timer) (remove-timer base timer)])
  [True False]

  >>> with event_base() as base:
  ...     remove_timer(base, add_timer(base, print, 10))
  True

  Source: IOLib 0.8, iolib/multiplex."
  (when (not (isinstance timer timer-class))
    (refuse "timer" timer "a timer"))
  (setv base-schedule timer.schedule)
  (when (not (and (isinstance event-base event-base-class) (is event-base._process waking.process)
                  (is event-base._schedule base-schedule) (not event-base._closed)))
    (check-base "remove-timer" event-base)
    (refuse "timer" timer f"a timer of {event-base}"))
  (setv removed (.remove base-schedule timer))
  (when (and event-base._waiting event-base.exit-when-empty)
    (.wake event-base.mux))
  removed)

;; ---- The loop

(defn event-dispatch [event-base * [one-shot False] [timeout None] [min-step None] [max-step None]]
  "Call handlers and timers, until `exit-event-loop` is called, TIMEOUT seconds are over
  (`*default-event-loop-timeout*` unless given), with ONE-SHOT (False by default) until something was
  called, or, of a base with `:exit-when-empty`, nothing is left to wait for. Returns None. An error in
  a handler leaves it, and so does an interrupt; it can be called again.

  MAX-STEP is how many seconds it waits at most before it looks at everything anew, MIN-STEP how many
  at least, where there is nothing but timers, which are late then; None, the default of both, for no
  limit. `event-base-error` while it runs already; a `type-error` of other times.

  With the `asyncio-multiplexer` it returns at once a future, for `await`.

  => (with-event-base [base]
       (add-timer base (fn [] (exit-event-loop base)) 0.01)
       (event-dispatch base :timeout 10))

  >>> with event_base() as base:
  ...     event_dispatch(base, timeout=0.01)

  Source: IOLib 0.8, iolib/multiplex."
  (check-base "event-dispatch" event-base)
  (setv timeout (if (is timeout None) *default-event-loop-timeout*.value timeout))
  (for [[argument seconds] [["timeout" timeout] ["min-step" min-step] ["max-step" max-step]]]
    (check-seconds argument seconds))
  (when event-base._running
    (signal-error event-base-error :event-base event-base :reason "runs already"))
  (setv deadline (if (is timeout None) None (+ (monotonic) (min timeout FOREVER))))
  (if event-base.mux.dispatch
      (.dispatch event-base.mux one-shot deadline)
      (._run event-base one-shot deadline min-step max-step)))

(defn exit-event-loop [event-base * [delay 0]]
  "Let `event-dispatch` end, after DELAY seconds, by default 0; what it is calling just then is
  finished. When it does not run, it ends as soon as it begins. It can be called from any thread, and
  by a signal handler. Returns None. A `type-error` of another DELAY.

  => (with-event-base [base] (exit-event-loop base) (event-dispatch base))

  >>> with event_base() as base:
  ...     exit_event_loop(base, delay=0.01)
  ...     event_dispatch(base)

  Source: IOLib 0.8, iolib/multiplex."
  (check-base "exit-event-loop" event-base)
  (check-seconds "delay" delay)
  (if delay
      (add-timer event-base (fn [] (._end event-base)) delay :one-shot True)
      (._end event-base))
  None)

(defn call-in-event-loop [event-base function #* arguments]
  "Let FUNCTION be called with ARGUMENTS by `event-dispatch`, in its thread, as soon as may be; calls
  are made in the order in which they were asked for. It can be called from any thread, and by a
  signal handler: so other threads set handlers, for instance. Returns None. A `type-error` of what is
  no function.

  => (with-event-base [base]
       (call-in-event-loop base print \"in the loop\")
       (event-dispatch base :one-shot True))

  >>> with event_base() as base:
  ...     call_in_event_loop(base, print, \"in the loop\")
  ...     event_dispatch(base, one_shot=True)
  in the loop

  Source: hy_iolib's own."
  (check-base "call-in-event-loop" event-base)
  (check-function "function" function)
  (.append event-base._calls #(function arguments))
  (when event-base._waiting
    (.wake event-base.mux)))

(setv event-base-class event-base
      timer-class timer)

(defn event-base-empty-p [event-base]
  "Has EVENT-BASE neither handlers nor timers, nor calls to make?

  => (with-event-base [base] (event-base-empty-p base))
  True

  >>> with event_base() as base:
  ...     event_base_empty_p(base)
  True

  Source: IOLib 0.8, iolib/multiplex."
  (check-base "event-base-empty-p" event-base)
  (._empty event-base))

(defmacro with-event-base [binding #* body]
  "Run BODY with a variable bound to a new event base: `(with-event-base (variable argument…) body…)`,
  the arguments being `event-base`'s. It is closed on every way out. A `*special*` variable is bound as
  such. The value is BODY's. In Python `with event_base(argument, …) as variable:`.

  => (with-event-base (base :mux poll-multiplexer) (event-base-empty-p base))
  True

  Source: IOLib 0.8, iolib/multiplex."
  (when (not (and (isinstance binding #(hy.models.Expression hy.models.List)) binding
                  (isinstance (get binding 0) hy.models.Symbol)))
    (raise (TypeError "(with-event-base (variable argument…) body…)")))
  (setv [variable #* arguments] binding)
  (.bind-and-close (hy.I "hy_iolib.lisp.closing") variable
                   (.replace `(hy.I.hy-iolib.event-base ~@arguments) variable) body))
