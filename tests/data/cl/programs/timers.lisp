;;;; run: (heartbeat:main)
;;;; heartbeat: an event loop with timers of several kinds, idle timeouts, one-shot handlers, and a local socket pair whose
;;;; ends talk to each other within one thread.

(defpackage :heartbeat
  (:use :cl :iolib)
  (:export #:main))

(in-package :heartbeat)

(defvar *base*)
(defvar *journal*)

(defun note (control &rest args)
  (push (apply #'format nil control args) *journal*))

(defun show (title)
  (format t "~A~%~{  ~A~%~}" title (reverse *journal*)))

(defmacro with-loop ((title &rest options) setup &key finally)
  `(let ((*journal* '()))
     (with-event-base (*base* ,@options)
       ,setup
       (event-dispatch *base* :timeout 10)
       ,finally)
     (show ,title)))

(defun in-order ()
  "One-shot timers run in the order of their times, whatever the order in which they were added."
  (with-loop ("in order" :exit-when-empty t)
    (loop for (name seconds) in '((c 0.09) (a 0.03) (d 0.12) (b 0.06))
          do (let ((name name))
               (add-timer *base* (lambda () (note "~A" name)) seconds :one-shot t)))
    :finally (note "empty: ~A" (event-base-empty-p *base*))))

(defun repeating ()
  (let ((ticks 0) timer)
    (with-loop ("repeating" :exit-when-empty t)
      (setf timer (add-timer *base*
                             #'(lambda ()
                                 (note "tick ~D" (incf ticks))
                                 (when (= ticks 3)
                                   (remove-timer *base* timer)
                                   (add-timer *base* (lambda () (note "last")) 0.01 :one-shot t)))
                             0.02)))))

(defun leaving ()
  (with-loop ("leaving")
    (progn
      (add-timer *base* (lambda () (note "leave soon") (exit-event-loop *base* :delay 0.05)) 0.02 :one-shot t)
      (add-timer *base* (lambda () (note "still there")) 0.04 :one-shot t)
      (add-timer *base* (lambda () (note "too late")) 3 :one-shot t))))

(defun idle ()
  "A read handler with a timeout sees :timeout while nothing comes."
  (multiple-value-bind (a b) (make-socket-pair)
    (let ((timeouts 0))
      (with-loop ("idle")
        (progn
          (set-io-handler *base* (socket-os-fd a) :read
                          (lambda (fd event exception)
                            (cond ((eq exception :timeout)
                                   (note "~(~A~) ~(~A~)" event exception)
                                   (case (incf timeouts)
                                     (1 (write-line "wake up" b) (finish-output b))
                                     (2 (write-line "enough" b) (finish-output b))))
                                  (t (let ((line (read-line a)))
                                       (note "~A ~A" line (= fd (socket-os-fd a)))
                                       (when (string= line "enough")
                                         (exit-event-loop *base*))))))
                          :timeout 0.05))
        :finally (progn
                   (note "~A ~A" (remove-fd-handlers *base* (socket-os-fd a) :read t)
                         (remove-fd-handlers *base* (socket-os-fd a) :read t))))
      (close a)
      (close b))))

(defun one-shot ()
  (multiple-value-bind (a b) (make-socket-pair)
    (format a "first~%second~%")
    (finish-output a)
    (with-loop ("one-shot" :exit-when-empty t)
      (set-io-handler *base* (socket-os-fd b) :read
                      (lambda (fd event exception)
                        (declare (ignore fd exception))
                        (note "~S ~A, monitored ~A" event (read-line b) (fd-monitored-p *base* (socket-os-fd b) :read)))
                      :one-shot t))
    (format t "  left: ~A ~A~%" (listen b) (read-line b))
    (close a)
    (format t "  then: ~A~%" (read-line b nil :end))
    (close b)))

;;; A pipeline: every stage reads numbers from one socket, and writes what it makes of them to the next.

(defun stage (name in out function)
  (set-io-handler *base* (socket-os-fd in) :read
                  (lambda (fd event exception)
                    (declare (ignore event exception))
                    (loop for line = (read-line in nil nil)
                          do (cond ((null line)
                                    (note "~A ends" name)
                                    (remove-fd-handlers *base* fd)
                                    (close in)
                                    (when out (close out))
                                    (return))
                                   (t
                                    (dolist (result (multiple-value-list (funcall function (parse-integer line))))
                                      (when out (format out "~D~%" result)))))
                          while (listen in)
                          finally (when out (finish-output out))))))

(defun pipeline ()
  (let ((sum 0) (seen '()))
    (flet ((pipe () (reverse (multiple-value-list (make-socket-pair)))))
      (destructuring-bind ((in1 source) (in2 out1) (in3 out2)) (list (pipe) (pipe) (pipe))
        (with-loop ("pipeline" :exit-when-empty t)
          (progn
            (stage "double" in1 out1 (lambda (n) (* 2 n)))
            (stage "filter" in2 out2 (lambda (n) (if (zerop (mod n 3)) (values) (values n (- n)))))
            (stage "sum" in3 nil (lambda (n) (push n seen) (incf sum (abs n)) (values)))
            (loop for i from 1 to 10
                  do (let ((i i))
                       (add-timer *base* (lambda ()
                                           (format source "~D~%" i)
                                           (finish-output source)
                                           (when (= i 10) (close source)))
                                  (* i 0.005) :one-shot t))))
          :finally (note "sum ~D of ~{~D~^ ~}" sum (reverse seen)))))))

(defun waiting ()
  (multiple-value-bind (a b) (make-socket-pair)
    (flet ((state (&rest wait) (multiple-value-list (apply #'wait-until-fd-ready (socket-os-fd a) wait))))
      (format t "waiting~%  ~A ~A" (state :input 0.01) (state :output 0.01))
      (write-byte 1 b)
      (finish-output b)
      (format t " ~A ~A ~A~%" (state :io 1) (fd-readablep (socket-os-fd a)) (read-byte a))
      (format t "  ~A~%" (handler-case (wait-until-fd-ready (socket-os-fd a) :input 0.01 t)
                           (poll-timeout () :timed-out))))
    (close a)
    (close b)))

(defun failing ()
  "An error in a handler leaves the loop; the base can go on."
  (let ((count 0))
    (with-event-base (base)
      (add-timer base (lambda () (when (= (incf count) 2) (error "in timer ~D" count))) 0.01)
      (format t "failing~%  ~A after ~R~%" (handler-case (event-dispatch base :timeout 5) (error (e) e)) count)
      (event-dispatch base :timeout 0.1)
      (format t "  went on: ~A~%" (> count 2)))))

(defun main ()
  (in-order)
  (repeating)
  (leaving)
  (idle)
  (one-shot)
  (pipeline)
  (waiting)
  (failing))
