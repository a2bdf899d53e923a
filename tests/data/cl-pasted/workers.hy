(require hy-iolib.cl * :readers *)
(import hy-iolib.cl *)

;;;; workers.lisp: threads over local stream sockets, restarts, classes and generic functions.

(defpackage :workers
  (:use :common-lisp :iolib :bordeaux-threads)
  (:export :run-workers))

(in-package :workers)

(defvar *lock* (make-lock "results"))
(defvar *worker-name* "nobody")

(defclass job ()
  ((number :initarg :number :reader job-number)
   (result :initform nil :accessor job-result)))

(defclass square-job (job) ())
(defclass cube-job (job)
  ((note :initarg :note :initform "cubed" :accessor note)))

(defgeneric work (job)
  (:documentation "Do JOB and return its result."))

(defmethod work ((job square-job))
  (expt (job-number job) 2))

(defmethod work ((job cube-job))
  (let ((n (job-number job)))
    (* n n n)))

(defmethod work :around ((job job))
  (setf (job-result job) (call-next-method)))

(define-condition odd-job (error)
  ((line :initarg :line :reader odd-job-line))
  (:report (lambda (condition stream)
             (format stream "odd job: ~A" (odd-job-line condition)))))

(defun parse-job (line)
  "\"square 3\" -> a job. Signals ODD-JOB, with the restart USE-JOB, for anything else."
  (let* ((space (position #\Space line))
         (kind (subseq line 0 (or space 0)))
         (number (ignore-errors (parse-integer line :start (if space (1+ space) 0)))))
    (restart-case
        (cond
          ((null number) (error 'odd-job :line line))
          ((string= kind "square") (make-instance 'square-job :number number))
          ((string= kind "cube") (make-instance 'cube-job :number number :note "by three"))
          (t (error 'odd-job :line line)))
      (use-job (job)
        job))))

(defun serve (socket)
  "Answer jobs, a line each, until the end of the stream."
  (loop
    for line = (read-line socket nil nil)
    while line
    do (handler-case
           (handler-bind ((odd-job
                            (lambda (condition)
                              (when (string= (odd-job-line condition) "square zero")
                                (invoke-restart 'use-job
                                                (make-instance 'square-job :number 0))))))
             (let ((job (parse-job line)))
               (format socket "~A ~A ~D~%"
                       *worker-name* (string-downcase (type-of job)) (work job))))
         (odd-job (condition)
           (format socket "~A refuses: ~A~%" *worker-name* condition)))
       (finish-output socket)))

(defun run-worker (name socket)
  (let ((*worker-name* name))
    (unwind-protect (serve socket)
      (close socket))))

(defun run-workers (&optional (jobs '("square 3" "cube 3" "square zero" "dance 1" "cube x")))
  "Give each of two workers all JOBS; print and return the sorted answers."
  (let ((results '())
        (threads '()))
    (dolist (name '("ann" "bob"))
      (multiple-value-bind (ours theirs) (make-socket-pair :type :stream)
        (let ((name name) (ours ours) (theirs theirs))
          (push (make-thread (lambda () (run-worker name theirs)) :name name) threads)
          (push (make-thread
                 (lambda ()
                   (dolist (job jobs)
                     (write-line job ours)
                     (finish-output ours)
                     (let ((answer (read-line ours)))
                       (with-lock-held (*lock*)
                         (push answer results))))
                   (close ours)))
                threads))))
    (mapc #'join-thread threads)
    (let ((sorted (sort results #'string<)))
      (format t "~{~A~%~}" sorted)
      (format t "~[none~;one~:;~:*~D~] answer~:P, outside still ~A~%" (length sorted) *worker-name*)
      sorted)))
