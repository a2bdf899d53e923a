;;;; run: (balancer:main)
;;;; A load balancer: lines go to one of several backends by a strategy; a backend that fails is left out for a while.
;;;; Strategies are closures or classes with a method combination of our own; there is a rate limiter and a cache.

(defpackage :balancer
  (:use :cl :iolib)
  (:export #:main))

(in-package :balancer)

;;;; A method combination: the first method that gives something, but those that are :vetoes may say no before.

(define-method-combination elect ()
  ((vetoes (:veto))
   (others () :required t))
  (let ((choice `(or ,@(mapcar (lambda (m) `(call-method ,m)) others))))
    (if vetoes
        `(if (or ,@(mapcar (lambda (m) `(call-method ,m)) vetoes)) nil ,choice)
        choice)))

;;;; Backends

(defvar *now* 0 "A clock of requests.")

(defclass backend ()
  ((name :initarg :name :reader backend-name)
   (port :initarg :port :reader backend-port)
   (requests :initform 0 :accessor requests)
   (failures :initform 0 :accessor failures)
   (down-until :initform 0 :accessor down-until)
   (weight :initarg :weight :initform 1 :reader weight)))

(defmethod print-object ((b backend) stream)
  (if *print-escape*
      (print-unreadable-object (b stream :type t) (princ b stream))
      (format stream "~A(~D~@[!~D~])" (backend-name b) (requests b) (if (plusp (failures b)) (failures b)))))

(defgeneric suits-p (backend line)
  (:method-combination elect)
  (:method :veto ((b backend) line) (declare (ignorable line)) (> (down-until b) *now*))
  (:method ((b backend) (line string)) (and (evenp (length line)) :even))
  (:method ((b backend) line) (declare (ignorable line)) :any))

;;;; Strategies: functions of a list of backends that give one

(defun round-robin ()
  (let ((queue '()))
    (lambda (backends)
      (setf queue (append (intersection queue backends) (set-difference backends queue)))
      (setf queue (sort queue #'< :key #'requests))
      (first queue))))

(defun weighted ()
  (let ((credits (make-hash-table)))
    (lambda (backends)
      (dolist (b backends) (incf (gethash b credits 0) (weight b)))
      (let ((best (reduce (lambda (x y) (if (>= (gethash x credits) (gethash y credits)) x y)) backends)))
        (decf (gethash best credits) (reduce #'+ backends :key #'weight))
        best))))

(let ((seed 42))
  (defun pseudo-random (n)
    (setf seed (mod (+ (* seed 1103515245) 12345) (expt 2 31)))
    (mod (ash seed -8) n))
  (defun reset-random () (setf seed 42)))

(defun random-strategy () (lambda (backends) (nth (pseudo-random (length backends)) backends)))

;;;; Limits and memories

(defun token-bucket (capacity refill)
  "A function that is true while there are tokens; every REFILL calls one more comes."
  (let ((tokens capacity) (calls 0))
    #'(lambda ()
        (when (zerop (mod (incf calls) refill)) (setf tokens (min capacity (1+ tokens))))
        (and (plusp tokens) (decf tokens) t))))

(defstruct (cache (:constructor make-cache (size)))
  size (entries '()) (hits 0 :type fixnum))

(defun cached (cache key thunk)
  (let ((entry (assoc key (cache-entries cache) :test #'string=)))
    (cond (entry
           (incf (cache-hits cache))
           (setf (cache-entries cache) (cons entry (delete entry (cache-entries cache) :count 1)))
           (values (cdr entry) t))
          (t
           (let ((value (funcall thunk)))
             (push (cons key value) (cache-entries cache))
             (when (> (length (cache-entries cache)) (cache-size cache))
               (setf (cache-entries cache) (nbutlast (cache-entries cache))))
             (values value nil))))))

;;;; The balancer

(defvar *backends* '())
(define-condition backend-failed (error) ((backend :initarg :backend :reader failed-backend)))
(define-condition nobody-left (error) () (:report "nobody is left"))

(defun ask-backend (backend line)
  (handler-case
      (with-open-socket (s :remote-host +ipv4-loopback+ :remote-port (backend-port backend) :ipv6 nil)
        (write-line line s)
        (finish-output s)
        (incf (requests backend))
        (read-line s))
    ((or socket-connection-refused-error socket-connection-reset-error end-of-file hangup) ()
      (error 'backend-failed :backend backend))))

(defun forward (line strategy)
  (incf *now*)
  (let ((tried '()))
    (loop
      (let ((candidates (remove-if (lambda (b) (or (member b tried) (not (suits-p b line)))) *backends*)))
        (when (null candidates) (error 'nobody-left))
        (let ((backend (funcall strategy candidates)))
          (restart-case
              (return (ask-backend backend line))
            (try-another ()
              :report (lambda (s) (format s "Ask another than ~A." backend))
              (push backend tried))))))))

(defun note-failure (c)
  (let ((b (failed-backend c)))
    (incf (failures b))
    (setf (down-until b) (+ *now* (* 3 (failures b))))
    (invoke-restart (find-restart 'try-another c))))

(defun balance (line strategy &key (limit (constantly t)) cache)
  (handler-case
      (cond ((not (funcall limit)) "slow down")
            (t (handler-bind ((backend-failed #'note-failure))
                 (if cache
                     (multiple-value-bind (answer hit) (cached cache line (lambda () (forward line strategy)))
                       (format nil "~A~:[~; again~]" answer hit))
                     (forward line strategy)))))
    (nobody-left (c) (princ-to-string c))))

;;;; Backends that really are there

(defun run-backend (name listener fails-at)
  (loop for i from 1
        do (let ((client (accept-connection listener)))
             (unwind-protect
                  (let ((line (read-line client)))
                    (cond ((string= line "stop") (return i))
                          ((member i fails-at))
                          (t (format client "~A: ~A~%" name (reverse line))
                             (finish-output client))))
               (close client)))))

(defmacro with-backends ((&rest specs) &body body)
  "Specs are (name weight &rest requests at which it fails)."
  (let ((listeners (gensym)) (threads (gensym)))
    `(let* ((,listeners (loop repeat ,(length specs)
                              collect (make-socket :connect :passive :address-family :internet :type :stream :ipv6 nil
                                                   :local-host +ipv4-loopback+ :local-port 0 :backlog 5)))
            (,threads (list ,@(loop for (name nil . fails) in specs
                                    for i from 0
                                    collect `(let ((l (elt ,listeners ,i)))
                                               (bt:make-thread (lambda () (run-backend ',name l ',fails)))))))
            (*backends* (list ,@(loop for (name weight) in specs
                                      for i from 0
                                      collect `(make-instance 'backend :name ',name :weight ,weight
                                                                       :port (local-port (elt ,listeners ,i))))))
            (*now* 0))
       (unwind-protect (progn ,@body)
         (dolist (b *backends*) (ignore-errors (ask-backend b "stop")))
         (mapc #'bt:join-thread ,threads)
         (mapc #'close ,listeners)))))

(defun report (title) (format t "~A: ~{~A~^ ~}~%" title *backends*))

(defun main ()
  (with-backends ((a 1) (b 2) (c 3))
    (let ((strategy (round-robin)))
      (format t "~{~A~^, ~}~%" (loop repeat 6 for i from 0 collect (balance (format nil "~R" i) strategy))))
    (report "round robin")
    (let ((strategy (weighted)))
      (format t "~{~A~^, ~}~%" (loop repeat 6 collect (balance "xy" strategy))))
    (report "weighted")
    (reset-random)
    (let ((strategy (random-strategy)))
      (format t "~{~C~}~%" (loop repeat 10 collect (char (balance "z" strategy) 0))))
    (report "random")
    (let ((limit (token-bucket 2 4)) (strategy (round-robin)))
      (format t "~{~A~^, ~}~%" (loop repeat 8 collect (subseq (balance "12" strategy :limit limit) 0 4))))
    (let ((cache (make-cache 2)) (strategy (round-robin)))
      (format t "~{~A~^, ~}; ~D hits~%"
              (mapcar (lambda (line) (balance line strategy :cache cache)) '("p" "q" "p" "r" "q" "p" "p"))
              (cache-hits cache))))
  (with-backends ((good 1) (bad 5 1 2))
    (let ((strategy (weighted)))
      (dotimes (i 8)
        (format t "~D ~A~%" i (balance (format nil "line ~D" i) strategy)))
      (report "failing")
      (format t "~S ~S~%" (first *backends*) (mapcar (lambda (b) (list (suits-p b "xx") (suits-p b 7) (down-until b))) *backends*))))
  (let ((*backends* (list (make-instance 'backend :name 'closed :port 1)))) ; where nobody listens
    (format t "~A ~A~%" (balance "hello" #'first) (first *backends*))))
