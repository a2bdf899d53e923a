(require hy-iolib.cl * :readers *)
(import hy-iolib.cl *)

;;;; chat.lisp: a multiplexed chat server. Each line that a client sends goes to all the others.
;;;;   /nick NAME   take a name         /who    list the names, sorted
;;;;   /quit        leave               /stop   stop the server

(defpackage :chat
  (:use :common-lisp :iolib)
  (:export :run-chat))

(in-package :chat)

(defvar *event-base* nil)
(defvar *members* nil "Socket -> member, of those who are in.")
(defvar *guest-counter* 0)

(defstruct member-of-chat
  socket
  (name "?")
  (lines 0))

(defmacro with-hangups-ignored (&body body)
  "Run BODY; a peer that is gone is no error."
  `(handler-case (progn ,@body)
     (hangup () :gone)
     (socket-connection-reset-error () :gone)))

(defun members ()
  (let ((all '()))
    (maphash (lambda (socket member)
               (declare (ignore socket))
               (push member all))
             *members*)
    (sort all #'string< :key #'member-of-chat-name)))

(defun say (member control &rest args)
  (let ((socket (member-of-chat-socket member)))
    (with-hangups-ignored
      (apply #'format socket control args)
      (terpri socket)
      (finish-output socket))))

(defun say-to-others (speaker control &rest args)
  (dolist (member (members))
    (unless (eq member speaker)
      (apply #'say member control args))))

(defun leave (member &optional (why "left"))
  (let* ((socket (member-of-chat-socket member))
         (fd (socket-os-fd socket)))
    (when fd
      (remove-fd-handlers *event-base* fd)
      (remhash socket *members*)
      (close socket :abort t)
      (say-to-others member "* ~A ~A after ~D line~:P" (member-of-chat-name member) why
                     (member-of-chat-lines member)))))

(defun split-command (line)
  "\"/nick bob\" -> \"/nick\", \"bob\"."
  (let ((space (position #\Space line)))
    (if space
        (values (subseq line 0 space) (string-trim " " (subseq line (1+ space))))
        (values line nil))))

(defun obey (member line)
  (multiple-value-bind (command argument) (split-command line)
    (cond
      ((string= command "/nick")
       (if (or (null argument) (zerop (length argument)))
           (say member "! a name, please")
           (let ((old (member-of-chat-name member)))
             (setf (member-of-chat-name member) argument)
             (say-to-others nil "* ~A is now ~A" old argument))))
      ((string= command "/who")
       (say member "* ~{~A~^, ~}" (mapcar #'member-of-chat-name (members))))
      ((string-equal command "/quit")
       (leave member))
      ((string-equal command "/stop")
       (exit-event-loop *event-base*))
      (t
       (say member "! what is ~A?" command)))))

(defun make-reader (member)
  (let ((socket (member-of-chat-socket member)))
    (lambda (fd event exception)
      (declare (ignore fd event))
      (if (eql exception :timeout)
          (leave member "fell asleep")
          (handler-case
              ;; There may be more than one line in the buffer: one event for all of them.
              (loop for line = (read-line socket)
                    do (cond ((zerop (length line)))
                             ((char= (char line 0) #\/) (obey member line))
                             (t (incf (member-of-chat-lines member))
                                (say-to-others member "~A: ~A" (member-of-chat-name member) line)))
                    while (and (socket-os-fd socket) (listen socket)))
            (end-of-file () (leave member))
            (socket-connection-reset-error () (leave member "was cut off")))))))

(defun make-listener (server)
  (lambda (fd event exception)
    (declare (ignore fd event exception))
    (let ((socket (accept-connection server :wait nil)))
      (when socket
        (let ((member (make-member-of-chat :socket socket
                                           :name (format nil "guest~D" (incf *guest-counter*)))))
          (setf (gethash socket *members*) member)
          (say member "* welcome, ~A" (member-of-chat-name member))
          (say-to-others member "* ~A joined" (member-of-chat-name member))
          (set-io-handler *event-base* (socket-os-fd socket) :read (make-reader member)
                          :timeout 60))))))

(defun run-chat (&key (host +ipv4-loopback+) (port 0) (timeout 60) on-ready)
  (let ((*event-base* (make-instance 'event-base))
        (*members* (make-hash-table))
        (*guest-counter* 0))
    (unwind-protect
         (with-open-socket (server :connect :passive :address-family :internet :type :stream
                                   :ipv6 nil :local-host host :local-port port :backlog 16
                                   :external-format '(:utf-8 :eol-style :crlf))
           (set-io-handler *event-base* (socket-os-fd server) :read (make-listener server))
           (when on-ready
             (funcall on-ready (local-port server)))
           (event-dispatch *event-base* :timeout timeout))
      (dolist (member (members))
        (ignore-errors (close (member-of-chat-socket member) :abort t)))
      (close *event-base*))
    (format t "stopped~%")
    t))
