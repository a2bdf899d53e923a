;;;; run: (worker-pool:demonstrate)
;;;; A pool of threads that take jobs off a queue of conses; producers put them there; a server that hands its
;;;; clients to the pool. Locks, condition variables, semaphores, thread-local bindings.

(in-package :cl-user)

(defpackage :worker-pool
  (:use :cl :bt :alexandria)
  (:export :demonstrate))

(in-package :worker-pool)

;;;; Queues: a cons whose car is the head and whose cdr the last cons.

(defclass queue ()
  ((items :initform (cons nil nil) :reader queue-items)
   (capacity :initarg :capacity :initform most-positive-fixnum :reader capacity)
   (size :initform 0 :accessor queue-size)
   (high-water :initform 0 :accessor high-water)
   (closed :initform nil :accessor closed-p)
   (lock :initform (make-lock "queue") :reader queue-lock)
   (not-empty :initform (make-condition-variable :name "not empty") :reader not-empty)
   (not-full :initform (make-condition-variable) :reader not-full)))

(define-condition queue-closed (error)
  ((queue :initarg :queue))
  (:report "The queue is closed."))

(defmethod enqueue (item (queue queue))
  (with-slots (items capacity size lock not-empty not-full) queue
    (with-lock-held (lock)
      (loop while (>= size capacity)
            do (condition-wait not-full lock))
      (when (closed-p queue)
        (error 'queue-closed :queue queue))
      (let ((new (list item)))
        (if (null (car items))
            (setf (car items) new)
            (setf (cddr items) new))
        (setf (cdr items) new))
      (maxf (high-water queue) (incf size))
      (condition-notify not-empty))
    item))

(defmethod dequeue ((queue queue))
  "The next item and t; nil and nil when the queue is closed and empty."
  (with-accessors ((items queue-items) (size queue-size) (lock queue-lock)) queue
    (with-lock-held (lock)
      (loop
        (cond ((plusp size)
               (decf size)
               (let ((item (pop (car items))))
                 (condition-notify (not-full queue))
                 (return (values item t))))
              ((closed-p queue) (return (values nil nil)))
              (t (condition-wait (not-empty queue) lock)))))))

(defmethod close-queue ((queue queue) &aux (workers 16))
  (with-lock-held ((queue-lock queue))
    (setf (closed-p queue) t))
  (loop repeat workers do (condition-notify (not-empty queue))))

;;;; Workers.

(defvar *worker* nil "The number of this thread's worker, globally none.")
(defvar *jobs-done* 0)

(defstruct pool queue threads (results '()) (lock (make-lock)))

(defmacro submit ((pool &rest names) &body body)
  "Have BODY done by one of POOL's workers, with the present values of NAMES."
  `(let ,(mapcar (lambda (n) (list n n)) names)
     (enqueue (lambda () ,@body) (pool-queue ,pool))))

(defun work (pool number)
  (let ((*worker* number)
        (*jobs-done* 0))
    (loop
      (multiple-value-bind (job more) (dequeue (pool-queue pool))
        (unless more (return *jobs-done*))
        (let ((result (handler-case (funcall job)
                        (arithmetic-error (e) (list :arithmetic (class-name (class-of e))))
                        (error (e) (list :failed (princ-to-string e))))))
          (incf *jobs-done*)
          (with-lock-held ((pool-lock pool))
            (push result (pool-results pool))))))))

(defun start-pool (count &key (capacity 4))
  (let ((pool (make-pool :queue (make-instance 'queue :capacity capacity))))
    (setf (pool-threads pool)
          (loop for number from 1 to count
                collect (let ((number number))
                          (make-thread (lambda () (work pool number))
                                       :name (format nil "worker ~D" number)))))
    pool))

(defun finish-pool (pool)
  "Wait until all is done; the sorted results, and how many jobs each did."
  (close-queue (pool-queue pool))
  (let ((counts (mapcar #'join-thread (pool-threads pool))))
    (values (sort (copy-list (pool-results pool)) #'string< :key #'prin1-to-string)
            counts)))

;;;; Demonstrations.

(defun collatz (n)
  (loop for steps from 0
        until (= n 1)
        do (setf n (if (evenp n) (/ n 2) (1+ (* 3 n))))
        finally (return steps)))

(defun demonstrate-jobs ()
  (let ((pool (start-pool 3)))
    (dolist (n '(27 97 871 6171))
      (submit (pool n) (list n (collatz n))))
    (loop for d downfrom 2 to 0
          do (submit (pool d) (list :sixth (/ 12 d))))
    (submit (pool) (error "no way: ~S" '(a "b" #\c)))
    (submit (pool) (if (<= 1 *worker* 3) :ours :not-ours))
    (multiple-value-bind (results counts) (finish-pool pool)
      (format t "~{~S~%~}" results)
      (format t "~D jobs, outside ~S, more than 4 waited: ~:[no~;yes~]~%" (reduce #'+ counts) *worker*
              (> (high-water (pool-queue pool)) 4)))
    (format t "~A~%" (handler-case (submit (pool) 1)
                       (queue-closed (c) c)))))

(defun demonstrate-producers (&key (producers 3) (each 20))
  (let* ((queue (make-instance 'queue :capacity 2))
         (total 0)
         (consumer (make-thread (lambda ()
                                  (loop for (item more) = (multiple-value-list (dequeue queue))
                                        while more
                                        do (incf total item)
                                        count t))))
         (threads (mapcar (lambda (p)
                            (make-thread (curry #'map-iota (rcurry #'enqueue queue) each :start (* 100 p))))
                          (iota producers))))
    (mapc 'join-thread threads)
    (close-queue queue)
    (format t "~D items, sum ~D, ~:[too many~;never more than 2~] in the queue~%"
            (join-thread consumer) total (<= (high-water queue) 2))))

(defun demonstrate-semaphore ()
  (let ((ready (make-semaphore :count 0)) (go (make-semaphore)) (order '()) (lock (make-recursive-lock)))
    (let ((threads (loop for i below 4
                         collect (let ((i i))
                                   (make-thread (lambda ()
                                                  (signal-semaphore ready)
                                                  (wait-on-semaphore go)
                                                  (with-recursive-lock-held (lock)
                                                    (with-recursive-lock-held (lock)
                                                      (push i order))))
                                                :initial-bindings `((*worker* . ,i)))))))
      (loop repeat 4 do (wait-on-semaphore ready))
      (format t "before: ~S, after: " order)
      (signal-semaphore go :count 4)
      (mapc #'join-thread threads)
      (format t "~S; timed out: ~S~%" (sort order #'<) (wait-on-semaphore go :timeout 0.01)))))

(defun demonstrate-server ()
  (iolib:with-open-socket (listener :connect :passive :type :stream :address-family :internet :ipv6 nil
                                    :local-host iolib:+ipv4-loopback+ :backlog 8)
    (let* ((port (iolib:local-port listener))
           (pool (start-pool 2))
           (acceptor (make-thread
                      (lambda ()
                        (loop repeat 4
                              for client = (iolib:accept-connection listener :wait 10)
                              do (submit (pool client)
                                   (unwind-protect
                                        (let ((line (read-line client)))
                                          (write-line (reverse line) client)
                                          (length line))
                                     (close client)))))
                      :name "acceptor"))
           (clients (loop for text in '("stressed" "level" "" "lisp")
                          for socket = (iolib:make-socket :remote-host "127.0.0.1" :remote-port port :ipv6 nil)
                          do (write-line text socket)
                          collect (cons text socket))))
      ;; The last one first: they are served in their own order all the same.
      (loop for (text . socket) in (reverse clients)
            do (finish-output socket)
               (shuffle (list text)))
      (loop for (text . socket) in clients
            do (format t "~S -> ~S~%" text (read-line socket))
               (close socket))
      (join-thread acceptor)
      (format t "lengths ~S~%" (finish-pool pool)))))

(defun demonstrate ()
  (demonstrate-jobs)
  (demonstrate-producers)
  (demonstrate-semaphore)
  (demonstrate-server)
  (when-let ((me (current-thread)))
    (format t "~:[~;still here~]~%" (thread-alive-p me))))
