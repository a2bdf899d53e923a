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
  (when (is-not (check-seconds "timeout" timeout) None)
    (+ (monotonic) timeout)))

(defn await-descriptor [fd event deadline waker]
  "Wait until FD is ready for EVENT or in error, WAKER is woken, or DEADLINE has come; returns whether
  it was ready, and whether it was woken."
  (while True
    (setv remaining (when (is-not deadline None) (max 0 (- deadline (monotonic))))
          [ready woken] (poll fd event waker remaining))
    (when (or ready woken (= remaining 0))
      (return [ready woken]))))

;; poll(2) takes its time in milliseconds, as a C int; a longer wait goes round again.
(setv LONGEST-POLL 2000000)

(if (hasattr select "poll")
    (defn poll [fd event waker timeout]
      (setv p (select.poll))
      (.register p fd (if (is event INPUT) select.POLLIN select.POLLOUT))
      (.register p waker select.POLLIN)
      (setv ready (dict (.poll p (when (is-not timeout None) (* 1000 (min timeout LONGEST-POLL))))))
      [(in fd ready) (in (.fileno waker) ready)])

    (defn poll [fd event waker timeout]
      (setv [readable writable failed]
            (select.select [waker #* (if (is event INPUT) [fd] [])]
                           (if (is event OUTPUT) [fd] [])
                           ;; Where there is no poll, a refused connection is an exceptional event.
                           [fd]
                           (when (is-not timeout None) (min timeout LONGEST-POLL))))
      [(or (in fd readable) (bool writable) (bool failed)) (in waker readable)]))
