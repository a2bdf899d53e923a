"The multiplexer that is no loop of its own: handlers and timers run on a loop of asyncio."

(import os)
(import threading [get-ident])
(import time [monotonic])
(import hy-iolib.lisp.checking [refuse])
(import hy-iolib.multiplex.multiplexers [multiplexer])
(import hy-iolib.multiplex.readiness [IN OUT poll])
(import hy-iolib.multiplex.waking :as waking)

(export :objects [asyncio-multiplexer] :macros [])

(defclass asyncio-multiplexer [multiplexer]
  "Runs an event base on LOOP, a loop of asyncio, by default (None) the one that runs. A `type-error`
  when there is none, or it can't watch descriptors.

  Handlers and timers are called from the moment on when they are set. `event-dispatch` returns a
  future: it is done when a loop of its own would have ended, and has the error that a handler did
  not handle. From then on nothing is called until `event-dispatch` is called again. An error that
  comes while nobody awaits goes to the loop's exception handler. Errors are not told of on a
  descriptor of which neither reading nor writing is of interest. A loop of asyncio has one reader of
  a descriptor: two bases on it can't both watch one.

  => (defn :async serve []
       (with-event-base [base :mux (asyncio-multiplexer)]
         (add-timer base (fn [] (exit-event-loop base)) 0.01)
         (await (event-dispatch base))
         \"done\"))
  => (hy.I.asyncio.run (serve))
  \"done\"

  >>> import asyncio
  >>> async def serve():
  ...     with event_base(mux=asyncio_multiplexer()) as base:
  ...         add_timer(base, lambda: exit_event_loop(base), 0.01)
  ...         await event_dispatch(base)
  ...         return \"done\"
  >>> asyncio.run(serve())
  'done'

  Source: Python's asyncio, Event Loop."
  (setv needs "asyncio")

  (defn __init__ [self [loop None]]
    (import asyncio)
    (setv loop (if (is loop None) (asyncio._get-running-loop) loop))
    (when (not (hasattr loop "add_reader"))
      (refuse "loop" loop
              "a loop of asyncio that can watch descriptors; without one, call it in a coroutine"))
    (setv self.loop loop
          self.process waking.process
          self.masks {}
          ;; Is the loop to watch them?
          self.active True
          self.poked False
          ;; What `dispatch` returned, while that is not done, and when it ends.
          self.future None
          self.one-shot False
          self.deadline None
          ;; The loop's timer.
          self.handle None))

  (defn begin [self base]
    (setv self.base base
          ;; Always, but in a step.
          base._waiting True))

  ;; ---- Descriptors

  (defn add [self fd mask]
    (os.fstat fd)
    (.change self fd mask))

  (defn change [self fd mask]
    (when self.active
      (.watch self fd (.get self.masks fd 0) mask))
    (setv (get self.masks fd) mask))

  (defn remove [self fd]
    (setv mask (.pop self.masks fd))
    (when self.active
      (.watch self fd mask 0)))

  (defn mine [self]
    "Can the loop be used? What a forked child does to it, its parent would feel."
    (and (is self.process waking.process) (not (.is-closed self.loop))))

  (defn watch [self fd before mask]
    (when (not (.mine self))
      (return))
    (for [[bit begin end] [[IN self.loop.add-reader self.loop.remove-reader]
                           [OUT self.loop.add-writer self.loop.remove-writer]]]
      (cond
        (= (& before bit) (& mask bit)) None
        (& mask bit) (begin fd self.ready fd)
        True (end fd))))

  (defn activate [self active]
    (when (!= active self.active)
      (setv self.active active)
      (for [[fd mask] (.items (.copy self.masks))]
        (if active
            (.watch self fd 0 mask)
            (.watch self fd mask 0)))))

  (defn drain [self fd]
    False)

  (defn ready [self fd]
    ;; The loop does not say what it is ready for.
    (setv mask (get (poll fd (.get self.masks fd 0) None 0) 0))
    (when mask
      (.step self [#(fd mask)])))

  ;; ---- Steps

  (defn wake [self]
    (when (and (not self.poked) (.mine self))
      (setv self.poked True)
      (.call-soon-threadsafe self.loop self.poke)))

  (defn poke [self]
    (setv self.poked False)
    (.step self []))

  (defn step [self events]
    (setv base self.base)
    (when (or (not self.active) base._closed)
      (return))
    (setv base._waiting False
          base._schedule.thread (get-ident)
          ran False)
    (try
      (._settle base)
      (when (not events)
        (._look-for-closed base))
      (when (not base._exit)
        (setv ran (._step base events)))
      (except [e Exception]
        (if self.future
            (.finish self e)
            (.call-exception-handler self.loop
              {"message" f"error in a handler of {base}" "exception" e})))
      (except [BaseException]
        ;; An interrupt, which leaves the loop; it may run again.
        (.wake self)
        (raise))
      (finally
        (setv base._waiting True)))
    (when (or base._exit
              (and self.future
                   (or (and ran self.one-shot)
                       (and (is-not self.deadline None) (>= (monotonic) self.deadline))
                       (and base.exit-when-empty (._empty base)))))
      (.finish self None))
    (.arm self))

  (defn arm [self]
    "Have the loop call when there is something to do without an event."
    (when self.handle
      (.cancel self.handle)
      (setv self.handle None))
    (setv base self.base)
    (when (and self.active (not base._closed))
      (if (or base._calls base._lost base._buffered)
          (.wake self)
          (do
            (setv deadlines (+ (lfor [deadline _] (.first base._schedule) deadline)
                               (if (is self.deadline None) [] [self.deadline])))
            (when deadlines
              (setv self.handle (.call-later self.loop (max 0 (- (min deadlines) (monotonic)))
                                             self.poke)))))))

  ;; ---- event-dispatch

  (defn dispatch [self one-shot deadline]
    (when (.is-closed self.loop)
      (refuse "event-dispatch" self.base "a base whose loop is not closed"))
    (setv future (.create-future self.loop)
          self.future future
          self.one-shot one-shot
          self.deadline deadline
          self.base._running True)
    ;; Who awaits may be cancelled.
    (.add-done-callback future (fn [_] (when (is self.future future) (.finish self None))))
    (.activate self True)
    (if (and self.base.exit-when-empty (._empty self.base))
        (.finish self None)
        (.wake self))
    future)

  (defn finish [self e]
    "`event-dispatch` has come to its end, by the error E if that is not None."
    (setv future self.future
          self.future None
          self.deadline None
          self.base._running False)
    ;; Asked to end before it has begun, the next one ends.
    (when future
      (setv self.base._exit False))
    (.activate self False)
    (when (and future (not (.done future)) (.mine self))
      (if e
          (.set-exception future e)
          (.set-result future None))))

  (defn close [self]
    (.finish self None)
    (when self.handle
      (.cancel self.handle)
      (setv self.handle None))))
