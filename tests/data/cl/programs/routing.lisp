;;;; run: (routing:simulate)
;;;; Distance-vector routing between nodes that are datagram sockets, compared with Dijkstra's algorithm; then a message is
;;;; forwarded hop by hop, and a link fails.

(defpackage #:routing
  (:use #:common-lisp #:iolib)
  (:export #:simulate))

(in-package #:routing)

(defparameter *links*
  '((a b 4) (a c 1) (c b 2) (b d 5) (c d 8) (d e 3))
  "Names of two nodes and what it costs between them.")

(defvar *nodes* (list))
(defconstant infinity 99)

(defclass node ()
  ((name :initarg :name :reader name)
   (socket :initarg :socket :reader node-socket)
   (neighbours :initform '() :accessor neighbours :documentation "alist name -> cost")
   (table :initform '() :accessor table :documentation "list of routes")
   (inbox :initform '() :accessor inbox)))

(defstruct (route (:type vector) (:constructor make-route (destination cost via)))
  destination cost via)

(defmethod print-object ((node node) stream)
  (print-unreadable-object (node stream)
    (format stream "~A:~{ ~{~A=~D~@[/~A~]~}~}" (name node)
            (mapcar (lambda (r) (list (route-destination r) (route-cost r) (route-via r)))
                    (sort (copy-list (table node)) #'string< :key #'route-destination)))))

(defun node (name) (find name *nodes* :key #'name))
(defun port-of (name) (local-port (node-socket (node name))))
(defun find-route (node destination)
  (find destination (table node) :key #'route-destination))

(defun link-cost (a b)
  (loop for (x y cost) in *links*
        thereis (and (or (and (eq x a) (eq y b)) (and (eq x b) (eq y a))) cost)))

;;; Datagrams are s-expressions.

(defun transmit (from to datum)
  (let ((text (with-standard-io-syntax
                (let ((*package* (find-package '#:routing)))
                  (prin1-to-string datum)))))
    (send-to (node-socket from) (map '(vector (unsigned-byte 8)) #'char-code text)
             :remote-host +ipv4-loopback+ :remote-port (port-of to))))

(defun receive (node)
  (multiple-value-bind (octets count) (receive-from (node-socket node) :size 2000)
    (let ((*package* (find-package '#:routing)))
      (values (read-from-string (map 'string #'code-char (subseq octets 0 count)))))))

(defun pending-p (node) (wait-until-fd-ready (socket-os-fd (node-socket node)) :input 0))

(defgeneric handle (node verb from &rest arguments)
  (:documentation "Returns true when NODE has learned something."))

(defmethod handle (node verb from &rest arguments)
  (declare (ignore from arguments))
  (warn "~A does not know ~S" (name node) verb)
  nil)

(defmethod handle ((node node) (verb (eql 'vector)) from &rest entries)
  (let ((cost-to (cdr (assoc from (neighbours node)))) (changed nil))
    (flet ((learn (destination cost via)
             (let ((route (find-route node destination)))
               (cond ((null route)
                      (push (make-route destination cost via) (table node))
                      (setf changed t))
                     ((or (< cost (route-cost route))
                          (and (eq via (route-via route)) (/= cost (route-cost route))))
                      (setf (route-cost route) cost
                            (route-via route) via
                            changed t))))))
      (when cost-to
        (loop for (destination cost) in entries
              unless (eq destination (name node))
                do (learn destination (min infinity (+ cost cost-to)) from))))
    changed))

(defmethod handle ((node node) (verb (eql 'message)) from &rest rest)
  (destructuring-bind (destination hops text) rest
    (push (name node) hops)
    (cond ((eq destination (name node)) (push (list text (reverse hops)) (inbox node)))
          ((> (length hops) 8) (push (list :lost text) (inbox node)))
          (t (let ((route (find-route node destination)))
               (if (and route (< (route-cost route) infinity))
                   (transmit node (route-via route) (list 'message from destination hops text))
                   (push (list :unreachable destination text) (inbox node)))))))
  nil)

(defun advertise (node)
  (loop for (neighbour) in (neighbours node)
        do (transmit node neighbour
                     `(vector ,(name node) (,(name node) 0)
                              ,@(loop for r in (table node)
                                      ;; Not back to where it came from: poisoned reverse.
                                      collect (list (route-destination r)
                                                    (if (eq (route-via r) neighbour) infinity (route-cost r))))))))

(defun deliver-all ()
  "Handle what is under way; true when some node learned something."
  (loop with changed = nil
        for busy = nil
        do (dolist (node *nodes*)
             (loop while (pending-p node)
                   do (setf busy t)
                      (destructuring-bind (verb from . arguments) (receive node)
                        (when (apply #'handle node verb from arguments)
                          (setf changed t)))))
        while busy
        finally (return changed)))

(defun converge ()
  (do ((round 1 (1+ round)))
      ((> round 50) :never)
    (mapc #'advertise *nodes*)
    (unless (deliver-all) (return round))))

;;; Dijkstra

(defun dijkstra (start names)
  (let ((distance (make-hash-table)) (done '()))
    (setf (gethash start distance) 0)
    (loop
      (let ((nearest nil))
        (dolist (n names)
          (when (and (gethash n distance) (not (member n done))
                     (or (null nearest) (< (gethash n distance) (gethash nearest distance))))
            (setf nearest n)))
        (unless nearest (return))
        (push nearest done)
        (dolist (n names)
          (let ((cost (link-cost nearest n)))
            (when cost
              (let ((sum (+ cost (gethash nearest distance))))
                (when (< sum (gethash n distance most-positive-fixnum))
                  (setf (gethash n distance) sum))))))))
    (loop for n in names
          unless (eq n start) collect (cons n (gethash n distance infinity)))))

(defun check-tables ()
  (loop for node in *nodes*
        for right = (dijkstra (name node) (mapcar #'name *nodes*))
        always (loop for (destination . cost) in right
                     for route = (find-route node destination)
                     always (= cost (if route (min infinity (route-cost route)) infinity)))))

(defun connect-all ()
  (dolist (node *nodes*)
    (setf (neighbours node)
          (loop for other in *nodes*
                for cost = (link-cost (name node) (name other))
                when cost collect (cons (name other) cost)))
    (setf (table node) (remove-if-not (lambda (r) (assoc (route-via r) (neighbours node))) (table node)))))

(defun report (title)
  (format t "~A: ~R round~:P, ~:[differs from~;as~] Dijkstra~%" title (converge) (check-tables))
  (format t "~{  ~A~%~}" *nodes*))

(defun send-message (from to text)
  (handle (node from) 'message from to '() text)
  (deliver-all)
  (dolist (node *nodes*)
    (loop while (inbox node)
          do (format t "  ~A has ~{~S~^ ~}~%" (name node) (pop (inbox node))))))

(defun simulate ()
  (let ((*links* *links*)
        (*print-pretty* nil)
        (*package* (find-package :routing))
        (*nodes* (mapcar (lambda (name)
                           (make-instance 'node :name name
                                                :socket (make-socket :type :datagram :ipv6 nil
                                                                     :local-host +ipv4-loopback+ :local-port 0)))
                         '(a b c d e))))
    (unwind-protect
         (progn
           (connect-all)
           (report "start")
           (send-message 'a 'e "hello")
           (send-message 'e 'a "hello yourself")
           (setf *links* (remove '(c b 2) *links* :test #'equal))
           (connect-all)
           (report "without c-b")
           (send-message 'a 'e "again")
           (setf *links* (remove-if (lambda (l) (member 'e l)) *links*))
           (connect-all)
           (format t "~A~%" (node 'd))
           (send-message 'd 'e "anybody?")
           (handler-bind ((warning (lambda (w) (format t "~A~%" w) (muffle-warning w))))
             (handle (node 'b) 'dance 'a 1 2)))
      (dolist (node *nodes*) (close (node-socket node))))
    (values)))
