"Waiting until a descriptor is ready."

(eval-when-compile (require hy-iolib.lisp.conditions [defcondition]))
(import select)
(import time [monotonic])
(import hy-iolib.lisp.keywords [intern-keyword])
(import hy-iolib.lisp.checking [check-seconds])
(import hy-iolib.syscalls [iolib-error])

(export
  :objects [poll-error poll-error-fd poll-error-identifier
            poll-timeout poll-timeout-fd poll-timeout-event-type]
  :macros [])

(defcondition poll-error [iolib-error OSError]
  "A descriptor can't be polled: it is not open."
  [fd identifier]
  f"descriptor {self.fd} can't be polled: {self.identifier}")

(defcondition poll-timeout [iolib-error TimeoutError]
  "A descriptor did not become ready within the time allowed."
  [fd event-type]
  f"descriptor {self.fd} was not ready for {self.event-type} within the time allowed")

(setv INPUT (intern-keyword "input")
      OUTPUT (intern-keyword "output"))

(defn deadline-of [timeout]
  "The moment, in `monotonic` seconds, that is TIMEOUT seconds away; None for None."
  (when (is-not timeout None)
    (check-seconds "timeout" timeout)
    ;; An integer can be larger than any float.
    (+ (monotonic) (min timeout FOREVER))))

(setv FOREVER 1e9)

(defn await-descriptor [fd event deadline waker]
  "Wait until FD is ready for EVENT or in error, WAKER is woken, or DEADLINE has come; returns
  whether it was ready, and whether it was woken. Without a WAKER, FD's owner is left to look for
  itself, often."
  (while True
    (setv remaining (if (is deadline None) LONGEST-POLL (max 0 (- deadline (monotonic))))
          [ready woken] (poll fd event waker (min remaining (if waker LONGEST-POLL 0.05))))
    (cond
      (or ready woken (= remaining 0)) (return [ready woken])
      (is waker None) (return [False True]))))

;; poll(2) takes its time in milliseconds, as a C int; a longer wait goes round again.
(setv LONGEST-POLL 2000000)

(if (hasattr select "poll")
    (defn poll [fd event waker timeout]
      (setv p (select.poll))
      (.register p fd (if (is event INPUT) select.POLLIN select.POLLOUT))
      (when waker
        (.register p waker select.POLLIN))
      (setv ready (dict (.poll p (* 1000 timeout))))
      [(in fd ready) (and (is-not waker None) (in (.fileno waker) ready))])

    (defn poll [fd event waker timeout]
      (setv [readable writable failed]
            (select.select (+ (if waker [waker] []) (if (is event INPUT) [fd] []))
                           (if (is event OUTPUT) [fd] [])
                           ;; Where there is no poll, a refused connection is an exceptional event.
                           [fd]
                           timeout))
      [(or (in fd readable) (bool writable) (bool failed)) (in waker readable)]))
