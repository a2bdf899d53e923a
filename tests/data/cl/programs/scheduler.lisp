;;;; run: (job-scheduler:demo)
;;;; A job scheduler: clients put jobs with priorities and durations into a binary heap, over frames with a length in
;;;; front; a simulated clock runs them on a number of machines.

(defpackage :job-scheduler
  (:use :cl :iolib)
  (:export #:demo))

(in-package :job-scheduler)

(declaim (optimize (speed 2) (safety 1))
         (inline parent-index left-index))

;;;; ------------------------------------------------------------------
;;;; A heap in a vector with a fill pointer. Before any element stands its parent.

(defun parent-index (i) (ash (1- i) -1))
(defun left-index (i) (1+ (ash i 1)))

(defstruct (heap (:constructor make-heap (predicate &key (key #'identity) (size 4)
                                          &aux (items (make-array size :adjustable t :fill-pointer 0)))))
  (items nil :type vector)
  (predicate nil :type function :read-only t)
  (key nil :type function :read-only t))

(defmacro heap-ref (heap i) `(aref (heap-items ,heap) ,i))

(defun before-p (heap i j)
  (with-accessors ((key heap-key) (predicate heap-predicate)) heap
    (funcall predicate (funcall key (heap-ref heap i)) (funcall key (heap-ref heap j)))))

(defun heap-size (heap) (fill-pointer (heap-items heap)))
(defun heap-empty-p (heap) (zerop (heap-size heap)))

(defun heap-push (item heap)
  (loop with i of-type fixnum = (vector-push-extend item (heap-items heap))
        for p = (parent-index i)
        while (and (plusp i) (before-p heap i p))
        do (rotatef (heap-ref heap i) (heap-ref heap p))
           (setq i p)
        finally (return item)))

(defun sift-down (heap i)
  (let ((n (heap-size heap)))
    (prog (best left right)
     next
       (setf left (left-index i)
             right (1+ left)
             best i)
       (when (and (< left n) (before-p heap left best)) (setf best left))
       (when (and (< right n) (before-p heap right best)) (setf best right))
       (when (= best i) (return heap))
       (rotatef (heap-ref heap i) (heap-ref heap best))
       (setf i best)
       (go next))))

(defun heap-pop (heap &optional default)
  (if (heap-empty-p heap)
      (values default nil)
      (let ((items (heap-items heap)))
        (multiple-value-prog1 (values (aref items 0) t)
          (let ((last (vector-pop items)))
            (unless (zerop (length items))
              (setf (aref items 0) last)
              (sift-down heap 0)))))))

(defun heap-sorted (heap)
  "All items in order; HEAP stays as it is."
  (let ((copy (copy-heap heap)))
    (setf (heap-items copy) (make-array (heap-size heap) :adjustable t :fill-pointer t
                                                         :initial-contents (heap-items heap)))
    (loop for (item found) = (multiple-value-list (heap-pop copy))
          while found collect item)))

;;;; ------------------------------------------------------------------
;;;; Jobs and the simulation

(defvar *job-counter*)

(defclass job ()
  ((id :reader job-id :initform (incf *job-counter*))
   (name :reader job-name :initarg :name :initform (error "a job needs a name"))
   (priority :reader job-priority :initarg :priority :initform 5 :type (integer 0 9))
   (duration :reader job-duration :initarg :duration :initform 1)
   (after :reader job-after :initarg :after :initform '())
   (times :accessor job-times :initform nil)))

(defun job-rank (job) (list (- (job-priority job)) (job-id job)))

(defun rank< (a b)
  (loop for x in a
        for y in b
        when (< x y) return t
        when (> x y) return nil))

(defun simulate (jobs machines)
  "Run JOBS, sorted; a list of (time event machine name)."
  (let ((ready (make-heap #'rank< :key #'job-rank))
        (running (make-heap #'< :key #'first)) ; (end machine job)
        (waiting '())
        (free (loop for m from 1 to machines collect m))
        (done '())
        (log '())
        (clock 0))
    (flet ((ready-p (job) (subsetp (job-after job) done :test #'equal))
           (note (event machine job) (push (list clock event machine (job-name job)) log)))
      (setf waiting (copy-list jobs))
      (tagbody
       :release
         (dolist (job (remove-if-not #'ready-p waiting))
           (setf waiting (delete job waiting))
           (heap-push job ready))
       :start
         (when (and free (not (heap-empty-p ready)))
           (let ((job (heap-pop ready)) (machine (pop free)))
             (setf (job-times job) (cons clock (+ clock (job-duration job))))
             (note :start machine job)
             (heap-push (list (cdr (job-times job)) machine job) running)
             (go :start)))
         (when (heap-empty-p running) (go :end))
         (destructuring-bind (end machine job) (heap-pop running)
           (setf clock end)
           (note :end machine job)
           (push (job-name job) done)
           (setf free (merge 'list (list machine) free #'<)))
         (go :release)
       :end))
    (values (nreverse log) clock (mapcar #'job-name waiting))))

;;;; ------------------------------------------------------------------
;;;; Frames: four octets of length, then that many of text

(defun write-frame (text stream)
  (let ((n (length text)))
    (loop for shift in '(24 16 8 0)
          do (write-byte (ldb (byte 8 shift) n) stream))
    (write-sequence (map '(vector (unsigned-byte 8)) #'char-code text) stream)
    (finish-output stream)))

(defun read-frame (stream)
  (let ((n (loop repeat 4
                 for octet = (or (read-byte stream nil) (return-from read-frame nil))
                 for total = octet then (+ (* total 256) octet)
                 finally (return total))))
    (let* ((octets (make-array n :element-type '(unsigned-byte 8)))
           (end (read-sequence octets stream)))
      (if (< end n)
          (error 'end-of-file :stream stream)
          (map 'string #'code-char octets)))))

(defun parse-job (form)
  "(name :priority 3 …)"
  (apply #'make-instance 'job :name (string-downcase (car form)) 
         (loop for (key value) on (cdr form) by #'cddr
               append (list key (if (eq key :after) (mapcar #'string-downcase value) value)))))

(defun serve (stream)
  (let ((*job-counter* 0) (jobs '()) (*package* (find-package '#:job-scheduler)))
    (loop for text = (read-frame stream)
          while text
          do (write-frame
              (handler-case
                  (let ((form (read-from-string text)))
                    (ecase (first form)
                      (:submit (let ((job (parse-job (rest form))))
                                 (push job jobs)
                                 (format nil "~D" (job-id job))))
                      (:queue (let ((heap (make-heap #'rank< :key #'job-rank)))
                                (dolist (j jobs) (heap-push j heap))
                                (format nil "~{~A~^ ~}" (mapcar #'job-name (heap-sorted heap)))))
                      (:run (destructuring-bind (&key (machines 1)) (rest form)
                              (prin1-to-string (multiple-value-list (simulate (reverse jobs) machines)))))))
                (type-error (e) (format nil "! not ~S" (type-error-datum e)))
                (error (e) (format nil "! ~:[error~;program error~]" (typep e 'program-error))))
              stream))))

(defun demo ()
  (multiple-value-bind (near far) (make-socket-pair)
    (let ((server (bt:make-thread (lambda () (serve far) (close far)))))
      (flet ((ask (form)
               (write-frame (let ((*package* (find-package :job-scheduler))) (prin1-to-string form)) near)
               (read-frame near)))
        (loop for job in '((build :duration 5) (test :priority 3 :duration 4 :after (build))
                           (lint :priority 9 :duration 2) (docs :priority 2 :duration 3)
                           (release :priority 9 :after (test docs)) (orphan :after (nowhere))
                           (sweep :priority 0 :duration 6) (ping :priority 9 :duration 1))
              do (format t "~S: ~A~%" (car job) (ask (cons :submit job))))
        (format t "queue: ~A~%" (ask '(:queue)))
        (format t "~{~A~%~}" (mapcar #'ask '((:what) (:submit) (:run :machines "two") (:submit x :colour 1))))
        (dolist (machines '(1 2 3))
          (destructuring-bind (log end left) (read-from-string (ask `(:run :machines ,machines)))
            (format t "~D machine~:P: ~D minute~:P, ~[nothing~:;~:*~D~] left over: ~{~A~}~%" machines end (length left) left)
            (loop with width = 3
                  for (time event machine name) in log
                  when (eq event :start)
                    do (format t "  ~vD ~D ~vT~A~%" width time machine (+ 8 (* 10 (1- machine))) name)))))
      (close near)
      (bt:join-thread server)))
  (let ((heap (make-heap #'string< :key #'symbol-name :size 1)))
    (mapc (lambda (x) (heap-push x heap)) '(d a c b e))
    (format t "~S ~S ~S~%" (heap-sorted heap) (list (heap-pop heap) (heap-size heap))
            (loop repeat 6 collect (heap-pop heap :none)))))
