;;;; run: (forwarder:demo)
;;;; forwarder -- a TCP port forwarder on an event base. What passes is shown as a hex dump, and may be changed by
;;;; filters, closures over their state. Each connection is a pair of relays, one in each direction.

(defpackage :forwarder
  (:use :cl :iolib :alexandria)
  (:shadow #:rotate)
  (:export :demo))
(in-package :forwarder)

(defparameter *buffer-size* 32)

;;; Hex dumps

(defun hex-line (offset octets)
  "\"00000010  68 69 …  |hi…|\" for up to 16 octets."
  (let ((chars (map 'list (lambda (o) (if (<= 32 o 126) (code-char o) #\.)) octets)))
    (format nil "~8,'0X  ~{~@[~(~2,'0X~)~]~:[   ~; ~]~}~vT|~{~C~}|"
            offset
            (loop for i below (length octets)
                  collect (elt octets i) collect t)
            59 chars)))

(defun hex-dump (octets)
  (loop for start from 0 below (length octets) by 16
        collect (hex-line start (subseq octets start (min (length octets) (+ start 16))))))

;;; Filters: functions of octets that give octets

(defun upcase-filter ()
  (lambda (octets)
    (map 'vector (lambda (o) (if (<= 97 o 122) (- o 32) o)) octets)))

(defun rot13-filter ()
  (flet ((rotate (o base) (+ base (mod (+ 13 (- o base)) 26))))
    (lambda (octets)
      (map 'vector (lambda (o)
                     (cond ((<= 97 o 122) (rotate o 97))
                           ((<= 65 o 90) (rotate o 65))
                           (t o)))
           octets))))

(defun counting-filter (counts name)
  (lambda (octets)
    (incf (getf (car counts) name 0) (length octets))
    octets))

(defun xor-filter (key)
  "A stream cipher of sorts: the position in KEY goes on from call to call."
  (let ((i 0))
    (lambda (octets)
      (map 'vector (lambda (o)
                     (prog1 (logxor o (char-code (char key (mod i (length key)))))
                       (incf i)))
           octets))))

;;; Relays

(defclass relay ()
  ((from :initarg :from :reader relay-from)
   (to :initarg :to :reader relay-to)
   (pending :initform '() :accessor pending)
   (filter :initarg :filter :initform #'identity :reader filter)
   (finished :initform nil :accessor finished)
   (partner :initform nil :accessor partner)))

(defclass logged-relay (relay)
  ((name :initarg :name :reader name)
   (seen :initform (make-array 0 :element-type '(unsigned-byte 8) :adjustable t :fill-pointer 0) :reader seen)))

(defvar *base*)
(defvar *closed* 0)

(defgeneric transfer (relay octets)
  (:method ((r relay) octets)
    (setf (pending r) (append (pending r) (list (coerce octets '(vector (unsigned-byte 8))))))
    (flush r))
  (:method :before ((r logged-relay) octets)
    (loop for o across octets do (vector-push-extend o (seen r)))))

(defun flush (relay)
  (loop while (pending relay)
        for octets = (pop (pending relay))
        for sent = (send-to (relay-to relay) octets)
        when (< sent (length octets))
          do (push (subseq octets sent) (pending relay))))

(defun end-of-input (relay)
  (remove-fd-handlers *base* (socket-os-fd (relay-from relay)) :read t)
  (setf (finished relay) t)
  (if (finished (partner relay))
      (progn (close (relay-from relay))
             (close (relay-to relay))
             (incf *closed*))
      (shutdown (relay-to relay) :write t)))

(defun watch (relay)
  (set-io-handler *base* (socket-os-fd (relay-from relay)) :read
                  (lambda (fd event exception)
                    (declare (ignore fd event exception))
                    (let ((buffer (make-array *buffer-size* :element-type '(unsigned-byte 8))))
                      (multiple-value-bind (buffer count)
                          (handler-case (receive-from (relay-from relay) :buffer buffer)
                            (socket-connection-reset-error () (values buffer 0)))
                        (if (zerop count)
                            (end-of-input relay)
                            (transfer relay (funcall (filter relay) (subseq buffer 0 count)))))))))

(defun join-sockets (client upstream &key there back)
  (let ((out (make-instance 'logged-relay :from client :to upstream :name "->" :filter (or there #'identity)))
        (in (make-instance 'logged-relay :from upstream :to client :name "<-" :filter (or back #'identity))))
    (setf (partner out) in
          (partner in) out)
    (mapc #'watch (list out in))
    (list out in)))

(defun forward (listener target-port connections filters)
  "Forward CONNECTIONS connections, each with the next of FILTERS, plists; all their relays."
  (let ((relays '()) (accepted 0) (*closed* 0))
    (with-event-base (*base* :exit-when-empty t)
      (set-io-handler *base* (socket-os-fd listener) :read
                      (lambda (fd event exception)
                        (declare (ignore event exception))
                        (multiple-value-bind (client address port) (accept-connection listener :wait nil)
                          (when client
                            (assert (and (address= address (remote-host client)) (= port (remote-port client))))
                            (appendf relays
                                     (apply #'join-sockets client
                                            (make-socket :remote-host +ipv4-loopback+ :remote-port target-port :ipv6 nil)
                                            (pop filters)))
                            (when (= (incf accepted) connections)
                              (remove-fd-handlers *base* fd))))))
      (event-dispatch *base* :timeout 20))
    (values relays *closed*)))

;;; Something to forward to: an echo server that answers line by line, thread by thread

(defun echo-server (listener connections)
  (dotimes (i connections)
    (with-accept-connection (client listener)
      (loop for line = (read-line client nil)
            while line
            do (format client "~D:~A~%" (length line) line)
               (finish-output client))
      (format client "bye~%"))))

(defmacro with-server ((port-variable function &rest arguments) &body body)
  (with-gensyms (listener thread)
    `(with-open-socket (,listener :connect :passive :address-family :internet :type :stream :ipv6 nil
                                  :local-host +ipv4-loopback+ :local-port 0)
       (let ((,port-variable (local-port ,listener))
             (,thread (bt:make-thread (lambda () (,function ,listener ,@arguments)))))
         (multiple-value-prog1 (progn ,@body)
           (bt:join-thread ,thread))))))

(defun converse (port lines)
  (with-open-socket (s :remote-host "127.0.0.1" :remote-port port :ipv6 nil :external-format :latin-1)
    (let ((answers (loop for line in lines
                         do (write-line line s)
                            (finish-output s)
                         collect (read-line s))))
      (shutdown s :write t)
      (nconc answers (list (read-line s nil "nothing"))))))

(defun demo ()
  (let ((counts (list '()))
        (relays nil))
    (with-server (echo-port echo-server 4)
      (with-open-socket (listener :connect :passive :address-family :internet :type :stream :ipv6 nil
                                  :local-host +ipv4-loopback+)
        (let ((thread (bt:make-thread
                       (lambda ()
                         (multiple-value-list
                          (forward listener echo-port 4
                                   (list '()
                                         (list :there (upcase-filter))
                                         (list :there (rot13-filter) :back (rot13-filter))
                                         (list :there (compose (counting-filter counts :out) (xor-filter "key") (xor-filter "key"))
                                               :back (counting-filter counts :in))))))))
              (port (local-port listener)))
          (dolist (lines '(("hello" "a line that is longer than a buffer of 32 octets")
                           ("shout")
                           ("Uryyb" "secret")
                           ("1" "" "22")))
            (format t "~{~A~^ / ~}~%" (converse port lines)))
          (destructuring-bind (all closed) (bt:join-thread thread)
            (setf relays all)
            (format t "~D relays, ~D connections closed~%" (length all) closed)))))
    (loop for r in relays
          for i from 0
          when (< i 2) do (format t "~A~%~{  ~A~%~}" (name r) (hex-dump (seen r)))
          else collect (length (seen r)) into lengths
          finally (format t "the others: ~{~D~^ ~}, counted ~:{~S ~D~:^, ~}~%" lengths
                          (sort (loop for (k v) on (car counts) by #'cddr collect (list k v))
                                #'string< :key #'first)))
    (equalp (hex-dump #(0 127 255)) '("00000000  00 7f ff                                        |...|"))))
