;;;; run: (rpn-mux:main)
;;;;
;;;; rpn-mux: a multiplexed calculator. Each client has a stack; lines are in reverse Polish notation.
;;;; Output is kept in octet buffers and sent when the socket takes it.

(defpackage :rpn-mux
  (:use :cl)
  (:export #:main))

(in-package :rpn-mux)

(defconstant +lf+ 10)
(defconstant +chunk+ 7 "Octets sent at a time: few, so that there is something left.")

(deftype octet () '(unsigned-byte 8))

(defun make-octets (&optional (size 64))
  (make-array size :element-type 'octet :adjustable t :fill-pointer 0))

;;; Clients

(defclass client ()
  ((socket :initarg :socket :reader client-socket)
   (number :initarg :number :reader client-number)
   (input  :initform (make-octets) :reader client-input)
   (output :initform (make-octets) :reader client-output)
   (sent   :initform 0 :accessor client-sent)
   (stack  :initform '() :accessor client-stack)
   (closing :initform nil :accessor client-closing)
   (writes :initform 0 :accessor client-writes)))

(defmethod print-object ((c client) stream)
  (print-unreadable-object (c stream :type t)
    (format stream "~D~@[ ~S~]~:[~; closing~]" (client-number c) (client-stack c) (client-closing c))))

(defvar *base*)
(defvar *clients*)
(defvar *events*)

(defun note (control &rest args)
  (vector-push-extend (apply #'format nil control args) *events*))

;;; The calculator

(define-condition calculator-error (error) ())
(define-condition stack-underflow (calculator-error)
  ((operator :initarg :operator :reader stack-underflow-operator))
  (:report (lambda (c s) (format s "too few numbers for ~A" (stack-underflow-operator c)))))
(define-condition unknown-word (calculator-error)
  ((word :initarg :word :reader unknown-word))
  (:report (lambda (c s) (format s "unknown: ~S" (unknown-word c)))))

(defvar *operators* (make-hash-table :test 'equalp))

(defmacro define-operator (names (&rest parameters) &body body)
  "Parameters come off the stack, the last one first; the values of BODY go there."
  (let ((client (gensym)) (name (gensym)) (all (if (listp names) names (list names))))
    `(let ((f (lambda (,client ,name)
                (declare (ignorable ,client))
                (unless (nthcdr ,(1- (length parameters)) (cons nil (client-stack ,client)))
                  (error 'stack-underflow :operator ,name))
                ,(if parameters
                     `(when (< (length (client-stack ,client)) ,(length parameters))
                        (error 'stack-underflow :operator ,name))
                     'nil)
                (let* ,(loop for p in (reverse parameters)
                             collect `(,p (pop (client-stack ,client))))
                  (dolist (v (multiple-value-list (progn ,@body)))
                    (push v (client-stack ,client)))))))
       ,@(loop for n in all collect `(setf (gethash ,n *operators*) f)))))

(define-operator ("+" "add") (a b) (+ a b))
(define-operator ("-" "sub") (a b) (- a b))
(define-operator ("*" "mul") (a b) (* a b))
(define-operator ("/" "div") (a b) (/ a b))
(define-operator "mod" (a b) (mod a b))
(define-operator "divmod" (a b) (floor a b))
(define-operator "dup" (a) (values a a))
(define-operator "swap" (a b) (values b a))
(define-operator "drop" (a) a (values))
(define-operator "rot" (a b c) (values b c a))
(define-operator "pow" (a b) (expt a b))
(define-operator "fact" (n) (loop with f = 1 for i from 2 to n do (setf f (* f i)) finally (return f)))
(define-operator "gcd" (a b) (gcd a b))
(define-operator "and" (a b) (logand a b))
(define-operator "xor" (a b) (logxor a b))
(define-operator "bits" (a) (logcount a))

(defun read-number (word)
  "WORD as an integer or ratio; nil for anything else."
  (let ((slash (position #\/ word)))
    (flet ((int (start end)
             (and (< start end)
                  (every (lambda (c) (or (digit-char-p c) (and (char= c #\-) (= start 0)))) (subseq word start end))
                  (parse-integer word :start start :end end :junk-allowed t))))
      (if slash
          (let ((n (int 0 slash)) (d (int (1+ slash) (length word))))
            (and n d (/ n d)))
          (int 0 (length word))))))

(defun run-word (client word)
  (let ((operator (gethash word *operators*))
        (number (read-number word)))
    (cond (number (push number (client-stack client)))
          (operator (funcall operator client word))
          (t (restart-case (error 'unknown-word :word word)
               (ignore-word () nil))))))

(defun words (line)
  (loop for start = 0 then (1+ end)
        for end = (position-if (lambda (c) (member c '(#\Space #\Tab))) line :start start)
        for word = (string-trim '(#\Return) (subseq line start end))
        unless (string= "" word) collect word
        until (null end)))

(defun run-line (client line)
  (let ((before (client-stack client)))
    (cond
      ((string-equal line "bye")
       (setf (client-closing client) t)
       (send client "bye~%"))
      ((string-equal line "stop")
       (send client "stopping~%")
       (setf (client-closing client) :stop))
      (t
       (handler-case
           (handler-bind ((unknown-word (lambda (c)
                                          (when (char= #\# (char (unknown-word c) 0))
                                            (invoke-restart 'ignore-word)))))
             (mapc (lambda (w) (run-word client w)) (words line))
             (send client "~{~A~^ ~}~%" (or (reverse (client-stack client)) '("empty"))))
         (calculator-error (e)
           (setf (client-stack client) before)
           (send client "! ~A~%" e))
         (division-by-zero ()
           (setf (client-stack client) before)
           (send client "! division by zero~%")))))))

;;; Input and output

(defun send (client control &rest args)
  (let ((text (apply #'format nil control args)))
    (loop for c across text
          do (vector-push-extend (char-code c) (client-output client)))
    (want-to-write client)))

(defun want-to-write (client)
  (let ((fd (iolib:socket-os-fd (client-socket client))))
    (unless (iolib:fd-monitored-p *base* fd :write)
      (iolib:set-io-handler *base* fd :write
                            (lambda (fd event exception)
                              (declare (ignore event exception))
                              (write-some client fd))))))

(defun write-some (client fd)
  (with-accessors ((output client-output) (sent client-sent)) client
    (incf sent (iolib:send-to (client-socket client) output
                              :start sent :end (min (fill-pointer output) (+ sent +chunk+))))
    (incf (client-writes client))
    (when (= sent (fill-pointer output))
      (setf (fill-pointer output) 0
            sent 0)
      (iolib:remove-fd-handlers *base* fd :write t)
      (case (client-closing client)
        ((nil))
        (:stop (drop client "stopped it") (iolib:exit-event-loop *base*))
        (otherwise (drop client "left"))))))

(defun drop (client why)
  (iolib:remove-fd-handlers *base* (iolib:socket-os-fd (client-socket client)))
  (setf *clients* (delete client *clients*))
  (note "~A ~A" client why)
  (close (client-socket client) :abort t))

(defun read-some (client)
  (multiple-value-bind (buffer count) (iolib:receive-from (client-socket client) :size 16)
    (if (zerop count)
        (drop client "is gone")
        (loop with input = (client-input client)
              for i below count
              for octet = (aref buffer i)
              do (if (= octet +lf+)
                     (let ((line (map 'string #'code-char input)))
                       (setf (fill-pointer input) 0)
                       (run-line client line))
                     (vector-push-extend octet input))))))

(defun listen-for-clients (listener &aux (counter 0))
  (lambda (fd event exception)
    (declare (ignore fd event exception))
    (let* ((socket (iolib:accept-connection listener :wait nil))
           (client (make-instance 'client :socket socket :number (incf counter))))
      (push client *clients*)
      (iolib:set-io-handler *base* (iolib:socket-os-fd socket) :read
                            (lambda (fd event exception)
                              (declare (ignore fd event exception))
                              (read-some client))))))

(defun serve (listener)
  (iolib:with-event-base (*base*)
    (iolib:set-io-handler *base* (iolib:socket-os-fd listener) :read (listen-for-clients listener))
    (let ((ticks 0))
      (iolib:add-timer *base* (lambda () (incf ticks)) 0.01)
      (iolib:event-dispatch *base* :timeout 20)
      (dolist (client *clients*) (drop client "was cut off"))
      (plusp ticks))))

;;; Both sides

(defun main ()
  (let ((*clients* '())
        (*events* (make-array 0 :adjustable t :fill-pointer t)))
    (iolib:with-open-socket (listener :connect :passive :address-family :internet :type :stream :ipv6 nil
                                      :local-host iolib:+ipv4-loopback+)
      (let* ((clients *clients*) (events *events*)
             (port (iolib:local-port listener))
             (server (bt:make-thread (lambda ()
                                       (let ((*clients* clients) (*events* events))
                                         (serve listener)))))
             (ann (iolib:make-socket :remote-host "127.0.0.1" :remote-port port :ipv6 nil))
             (bob nil))
        (flet ((say (who line &optional (answers 1))
                 (format who "~A~%" line)
                 (finish-output who)
                 (format t "~A> ~A~%" (if (eq who ann) "ann" "bob") (substitute #\| #\Newline line))
                 (loop repeat answers do (format t "     ~A~%" (read-line who)))))
          (say ann "1 2 +")
          (setf bob (iolib:make-socket :remote-host "127.0.0.1" :remote-port port :ipv6 nil))
          (say bob (format nil "10 4 /~%dup *~%1/3 +") 3)
          (say ann "+ +")
          (say ann "30 FACT 2 100 pow")
          (say ann "drop drop -17 5 divmod #comment swap")
          (say bob "drop 0 div")
          (say bob "5 0 div")
          (say bob "frobnicate 3")
          (say bob "255 bits 12 10 xor 12 18 gcd rot")
          (say bob "bye")
          (format t "     ~S~%" (read-line bob nil :eof))
          (say ann "drop drop drop")
          (say ann "Stop")
          (format t "server: ~A~%" (bt:join-thread server))
          (close ann) (close bob))
        (map nil #'write-line events)))
    (length *events*)))
