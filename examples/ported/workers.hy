;;;; workers.hy: threads over local stream sockets, restarts, classes and their methods.
;;;; A program in Common Lisp for IOLib, tests/data/cl-samples/workers.lisp, moved to Hy by hand.

(require hy-iolib *)
(import hy-iolib *)
(import threading [Lock Thread])

(export :objects [run-workers])

(setv *lock* (Lock))
(defspecial *worker-name* "nobody")

(defclass job []
  (defn __init__ [self number]
    (setv self.number number
          self.result None))

  ;; In CLOS an :around method: what is around goes here, what is inside of it into the subclasses.
  (defn work [self]
    "Do the job and return its result."
    (setv self.result (self.outcome))
    self.result))

(defclass square-job [job]
  (defn outcome [self]
    (** self.number 2)))

(defclass cube-job [job]
  (defn __init__ [self number [note "cubed"]]
    (.__init__ (super) number)
    (setv self.note note))

  (defn outcome [self]
    (setv n self.number)
    (* n n n)))

(defcondition odd-job [error]
  "A line is no job."
  [line]
  f"odd job: {self.line}")

(defn parse-job [line]
  "\"square 3\" -> a job. Signals ODD-JOB, with the restart USE-JOB, for anything else."
  (setv [kind space number] (.partition line " ")
        number (ignore-errors (int (if space number line))))
  (restart-case
    (cond
      (is number None) (error 'odd-job :line line)
      (= kind "square") (square-job number)
      (= kind "cube") (cube-job number :note "by three")
      True (error 'odd-job :line line))
    (use-job [job]
      job)))

(defn serve [socket]
  "Answer jobs, a line each, until the end of the stream."
  (while True
    (setv line (read-line socket None))
    (when (is line None) (break))
    (handler-case
      (handler-bind [odd-job (fn [condition]
                               (when (= (odd-job-line condition) "square zero")
                                 (invoke-restart 'use-job (square-job 0))))]
        (setv job (parse-job line))
        (format socket "~A ~A ~D~%"
                *worker-name*.value (hy.unmangle (. (type job) __name__)) (.work job)))
      (odd-job [condition]
        (format socket "~A refuses: ~A~%" *worker-name*.value condition)))
    (finish-output socket)))

(defn run-worker [name socket]
  (special-let [*worker-name* name]
    (unwind-protect (serve socket)
      (close socket))))

(defn run-workers [[jobs #("square 3" "cube 3" "square zero" "dance 1" "cube x")]]
  "Give each of two workers all JOBS; print and return the sorted answers."
  (setv results []
        threads [])

  (defn run-client [ours]
    (for [job jobs]
      (write-line job ours)
      (finish-output ours)
      (setv answer (read-line ours))
      (with [_ *lock*]
        (.append results answer)))
    (close ours))

  (for [name ["ann" "bob"]]
    (multiple-value-bind (ours theirs) (make-socket-pair :type :stream)
      ;; Arguments of the threads, as a closure would see the variables of the last round.
      (.append threads (Thread :target run-worker :args [name theirs] :name name))
      (.append threads (Thread :target run-client :args [ours]))))
  (for [thread threads] (.start thread))
  (for [thread threads] (.join thread))
  (setv sorted-results (sorted results)
        count (len sorted-results))
  (for [answer sorted-results] (print answer))
  (print (if count count "none")
         (if (= count 1) "answer," "answers,")
         "outside still" *worker-name*.value)
  sorted-results)
