"Timers, and the schedule of an event base: which of them is due when.

The schedule is a heap of entries #(deadline number timer). One counts while its deadline is the
very object that its timer has: a timer that is removed or scheduled anew leaves a dead one behind,
which goes when it comes to the top, or when too many of them are there.

The heap belongs to the thread that runs the loop. What other threads add, and what a signal handler
adds while the heap is cleaned, is put aside, for that thread to take in."

(import heapq [heapify heappop heappush])
(import itertools [count])
(import threading [get-ident])
(import time [monotonic])

(export :objects [timer] :macros [])

(defclass timer []
  "What `add-timer` returns, and `remove-timer` takes: a function that an event base calls when its
  time has come. `period` is how many seconds from one time to the next, `one-shot` whether there is
  only one, `deadline` the moment of the next, in `time.monotonic` seconds, or None.
  One that was removed has no function any more. It is not for making.

  => (with-event-base [base]
       (setv t (add-timer base print 10))
       [t.period t.one-shot (remove-timer base t) t.deadline])
  [10 False True None]

  >>> with event_base() as base:
  ...     add_timer(base, print, 10, one_shot=True)
  #<timer after 10 s, due in ... s>

  Source: IOLib 0.8, iolib/multiplex."
  (setv __slots__ #("function" "period" "one_shot" "deadline" "schedule"))

  (defn __repr__ [self]
    (setv every (if self.one-shot "after" "every"))
    (.format "#<timer {} {} s, {}>" every self.period
             (if (is self.deadline None)
                 "not scheduled"
                 f"due in {(- self.deadline (monotonic)) :.3f} s"))))

(defclass watch [timer]
  "A timer of the event base itself, which is no event for who uses the base: its function says
  whether it has called a handler."
  (setv __slots__ #()))

(setv FEW 100)

(defclass schedule []
  (setv __slots__ #("heap" "numbers" "thread" "late" "dead" "bearable" "cleaning"))

  (defn __init__ [self]
    (setv self.heap []
          self.numbers (count)
          self.thread (get-ident)
          self.late []
          self.dead 0
          ;; So many dead ones are not worth looking for.
          self.bearable FEW
          self.cleaning False))

  (defn add [self timer deadline]
    (setv timer.deadline deadline)
    (if (and (not self.cleaning) (= self.thread (get-ident)))
        (heappush self.heap #(deadline (next self.numbers) timer))
        (.append self.late #(deadline timer))))

  (defn take-late [self]
    (while self.late
      (setv [deadline timer] (.pop self.late 0))
      (heappush self.heap #(deadline (next self.numbers) timer))))

  (defn remove [self timer]
    "Take TIMER off; whether it was on."
    (when (is timer.deadline None)
      (return False))
    ;; Without a function it is not scheduled anew, by another thread that is about to; and what the
    ;; function holds is free.
    (setv timer.function None
          timer.deadline None
          dead (+ self.dead 1)
          self.dead dead)
    (when (> dead self.bearable)
      (.clean self))
    True)

  (defn empty? [self]
    ;; Also for other threads: nothing is changed.
    (not (or (any (gfor [deadline timer] self.late (is timer.deadline deadline)))
             (any (gfor [deadline _ timer] self.heap (is timer.deadline deadline))))))

  (defn first [self]
    "The deadline and the timer that are next, as a list of one; empty if there are none."
    (when self.late
      (.take-late self))
    (while self.heap
      (setv [deadline _ timer] (get self.heap 0))
      (when (is timer.deadline deadline)
        (return [#(deadline timer)]))
      (setv entry (heappop self.heap)
            [deadline _ timer] entry)
      (if (is timer.deadline deadline)
          ;; A signal handler has added it.
          (heappush self.heap entry)
          (-= self.dead 1)))
    [])

  (defn clean [self]
    "Drop the dead ones, if they are many, and if the heap is this thread's."
    (setv self.bearable (max FEW (// (len self.heap) 2)))
    (when (and (> self.dead self.bearable) (= self.thread (get-ident)) (not self.cleaning))
      (try
        (setv self.cleaning True
              live (lfor entry self.heap :if (is (. (get entry 2) deadline) (get entry 0)) entry))
        (heapify live)
        (setv (cut self.heap) live
              self.dead 0
              self.bearable (max FEW (// (len live) 2)))
        (finally
          (setv self.cleaning False)))))

  (defn run-due [self now]
    "Call the functions of the timers that are due at NOW; whether there was one that counts."
    (setv ran False)
    (when (> self.dead self.bearable)
      (.clean self))
    ;; No more than there are: what they add is for another time.
    (for [_ (range (len self.heap))]
      (setv first (.first self))
      (when (or (not first) (> (get first 0 0) now))
        (break))
      (setv [[deadline timer]] first)
      ;; All is settled before the call, which may raise, remove the timer or look at it.
      (setv function timer.function)
      (if timer.one-shot
          (setv timer.deadline None)
          (do
            (setv next (+ deadline timer.period))
            ;; What was missed is not made up for.
            (.add self timer (if (> next now) next (+ (monotonic) timer.period)))
            (when (is timer.function None)
              (setv timer.deadline None))))
      (+= self.dead 1)
      (cond
        (is function None) None
        (isinstance timer watch) (setv ran (or (function) ran))
        True (do
               (setv ran True)
               (function))))
    ran)

  (defn clear [self]
    (for [entry [#* self.heap #* self.late]]
      (setv timer (get entry -1)
            timer.function None
            timer.deadline None))
    (.clear self.heap)
    (.clear self.late)))

(defn new-timer [class function period one-shot schedule]
  ;; Not by __init__, which would cost as much again.
  (setv t (class)
        t.function function
        t.period period
        t.one-shot one-shot
        t.deadline None
        t.schedule schedule)
  t)
