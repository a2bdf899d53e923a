;;; -*- coding: utf-8 -*-
;;;; As much of IOLib, over SBCL's own sockets, as the programs in programs/ call: to record what they print on SBCL
;;;; (record-program.sh). A tool for tests, no part of the library.

(require :sb-bsd-sockets)

(defpackage :iolib
  (:use :common-lisp)
  (:nicknames :iolib/sockets :iolib.sockets :sockets :iolib/streams :iolib.streams
              :iolib/multiplex :iolib.multiplex :iomux)
  (:export
   #:address #:ipv4-address #:inet-address #:make-address #:ensure-address #:address-to-string #:address-name
   #:address= #:address-equal-p #:address-to-vector #:addressp #:ipv4-address-p #:inet-address-loopback-p
   #:dotted-to-vector #:vector-to-dotted #:dotted-to-integer #:integer-to-dotted #:vector-to-integer #:integer-to-vector
   #:+ipv4-loopback+ #:+ipv4-unspecified+ #:+any-host+ #:+loopback+ #:*ipv6* #:lookup-hostname #:ensure-hostname
   #:socket #:active-socket #:passive-socket #:stream-socket #:datagram-socket #:internet-socket #:local-socket
   #:make-socket #:make-socket-pair #:with-open-socket #:with-accept-connection
   #:bind-address #:listen-on #:accept-connection #:connect #:shutdown #:send-to #:receive-from
   #:local-name #:local-host #:local-port #:remote-name #:remote-host #:remote-port #:socket-os-fd
   #:socket-open-p #:socket-connected-p #:socket-type #:socket-address-family
   #:socket-error #:socket-connection-refused-error #:socket-connection-reset-error #:socket-address-in-use-error
   #:socket-not-connected-error #:socket-address-not-available-error #:socket-connection-timeout-error
   #:hangup #:no-characters-to-unread
   #:poll-timeout #:poll-error #:wait-until-fd-ready #:fd-readablep #:fd-writablep #:fd-ready-p
   #:event-base #:with-event-base #:set-io-handler #:remove-fd-handlers #:add-timer #:remove-timer #:event-dispatch
   #:exit-event-loop #:event-base-empty-p #:fd-monitored-p))

(defpackage :iolib/syscalls
  (:use :common-lisp)
  (:nicknames :isys :iolib.syscalls)
  (:export #:syscall-error #:epipe #:ewouldblock #:einval #:ebadf #:getpid))

(in-package :iolib)

(defun isys:getpid () (sb-unix:unix-getpid))

(deftype octets () '(simple-array (unsigned-byte 8) (*)))

;;; Conditions

(define-condition isys:syscall-error (error)
  ((code :initarg :code :initform 0 :reader code)))

(define-condition socket-error (isys:syscall-error) ())

(macrolet ((define (&rest rows)
             `(progn ,@(loop for (name nil parent) in rows collect `(define-condition ,name (,parent) ()))
                     (defparameter *conditions* ',(loop for (name errno) in rows collect (cons errno name))))))
  (define (socket-connection-refused-error 111 socket-error)
          (socket-connection-reset-error 104 socket-error)
          (socket-address-in-use-error 98 socket-error)
          (socket-address-not-available-error 99 socket-error)
          (socket-not-connected-error 107 socket-error)
          (socket-connection-timeout-error 110 socket-error)
          (isys:epipe 32 isys:syscall-error)
          (isys:ewouldblock 11 isys:syscall-error)
          (isys:einval 22 isys:syscall-error)
          (isys:ebadf 9 isys:syscall-error)))

(define-condition hangup (stream-error) ())
(define-condition no-characters-to-unread (stream-error) ())
(define-condition poll-error (isys:syscall-error) ())
(define-condition poll-timeout (error) ())

(defun signal-errno (errno)
  (error (or (cdr (assoc errno *conditions*)) 'isys:syscall-error) :code errno))

(defmacro with-sb-errors (&body body)
  `(handler-case (progn ,@body)
     (sb-bsd-sockets:socket-error (c) (signal-errno (sb-bsd-sockets::socket-error-errno c)))))

;;; System calls

(defmacro system-call (name result-type &rest typed-arguments)
  "The result of NAME, or its errno as a second value; interrupted ones are repeated."
  (let ((result (gensym)) (errno (gensym)))
    `(loop
       (let* ((,result (sb-alien:alien-funcall
                        (sb-alien:extern-alien ,name (function ,result-type ,@(mapcar #'first typed-arguments)))
                        ,@(mapcar #'second typed-arguments)))
              (,errno (if (minusp ,result) (sb-alien:get-errno) 0)))
         (unless (and (minusp ,result) (= ,errno 4))
           (return (values ,result ,errno)))))))

(defconstant +pollin+ 1)
(defconstant +pollout+ 4)

(defun poll (requests seconds)
  "REQUESTS are lists of descriptor and events; the list of what was found of each, 0 of one that is not ready."
  (let ((buffer (make-array (* 8 (max 1 (length requests))) :element-type '(unsigned-byte 8)))
        (milliseconds (if seconds (max 0 (ceiling (* 1000 seconds))) -1)))
    (loop for (fd events) in requests
          for i from 0 by 8
          do (dotimes (j 4)
               (setf (aref buffer (+ i j)) (ldb (byte 8 (* 8 j)) fd)))
             (setf (aref buffer (+ i 4)) events))
    (sb-sys:with-pinned-objects (buffer)
      (system-call "poll" sb-alien:int
                   (sb-sys:system-area-pointer (sb-sys:vector-sap buffer))
                   (sb-alien:unsigned-long (length requests))
                   (sb-alien:int milliseconds)))
    (loop for nil in requests
          for i from 6 by 8
          collect (aref buffer i))))

(defun fd-ready (fd events seconds)
  (first (poll (list (list fd events)) seconds)))

(defun wait-until-fd-ready (fd event-type &optional timeout errorp)
  (let ((found (fd-ready fd (ecase event-type (:input 1) (:output 4) (:io 5)) timeout)))
    (when (logtest 32 found) (error 'poll-error))
    (when (and (zerop found) errorp) (error 'poll-timeout))
    (values (logtest 17 found) (logtest 4 found))))

(defun fd-readablep (fd) (logtest 17 (fd-ready fd 1 0)))
(defun fd-writablep (fd) (logtest 4 (fd-ready fd 4 0)))
(defun fd-ready-p (fd &optional (event-type :input))
  (if (eq event-type :input) (fd-readablep fd) (fd-writablep fd)))

;;; Addresses

(defclass address () ((name :initarg :name :reader address-name)))
(defclass inet-address (address) ())
(defclass ipv4-address (inet-address) ())

(defun vector-to-dotted (vector) (format nil "~{~D~^.~}" (coerce vector 'list)))

(defun dotted-to-vector (string)
  (let ((vector (make-array 4 :element-type '(unsigned-byte 8))))
    (loop with start = 0
          for i below 4
          for dot = (position #\. string :start start)
          do (handler-case (setf (aref vector i) (parse-integer string :start start :end dot))
               (error () (error 'parse-error)))
             (setf start (if dot (1+ dot) (length string)))
          finally (return vector))))

(defun vector-to-integer (vector) (reduce (lambda (a b) (+ (* 256 a) b)) vector))
(defun integer-to-vector (integer)
  (coerce (loop for i from 24 downto 0 by 8 collect (ldb (byte 8 i) integer)) 'octets))
(defun dotted-to-integer (string) (vector-to-integer (dotted-to-vector string)))
(defun integer-to-dotted (integer) (vector-to-dotted (integer-to-vector integer)))

(defun make-address (name) (make-instance 'ipv4-address :name (coerce name 'octets)))
(defun addressp (x) (typep x 'address))
(defun ipv4-address-p (x) (typep x 'ipv4-address))
(defun address-to-string (address) (vector-to-dotted (address-name address)))

(defmethod print-object ((address ipv4-address) stream)
  (format stream "~:[~;#/ip/~]~A" (or *print-escape* *print-readably*) (address-to-string address)))

(defun ensure-address (x &key (family :internet) abstract (errorp t))
  (declare (ignore family abstract))
  (handler-case
      (etypecase x
        (address x)
        (string (make-address (dotted-to-vector x)))
        (integer (make-address (integer-to-vector x)))
        (vector (make-address x)))
    (error (c) (if errorp (error c) nil))))

(defun address-to-vector (x) (values (address-name (ensure-address x)) :ipv4))
(defun address= (a b) (equalp (address-name (ensure-address a)) (address-name (ensure-address b))))
(defun address-equal-p (a b &optional family) (declare (ignore family)) (address= a b))
(defun inet-address-loopback-p (address) (= 127 (aref (address-name address) 0)))

(sb-ext:defglobal +ipv4-loopback+ (make-address #(127 0 0 1)))
(sb-ext:defglobal +ipv4-unspecified+ (make-address #(0 0 0 0)))
(define-symbol-macro +loopback+ +ipv4-loopback+)
(define-symbol-macro +any-host+ +ipv4-unspecified+)
(defvar *ipv6* nil)

(defun lookup-hostname (name &key ipv6)
  (declare (ignore ipv6))
  (if (and (stringp name) (string= name "localhost"))
      (values +ipv4-loopback+ '() "localhost" (list (cons "localhost" +ipv4-loopback+)))
      (values (ensure-address name) '() name '())))

(defun ensure-hostname (x &key ipv6 (errorp t))
  (declare (ignore ipv6 errorp))
  (values (lookup-hostname x) nil))

;;; Sockets

(defclass socket ()
  ((fd :initarg :fd :initform nil :accessor socket-os-fd)
   (base :initarg :base :initform nil :accessor base)
   (family :initarg :family :initform :ipv4 :reader socket-address-family)
   (connected :initarg :connected :initform nil :accessor socket-connected-p)
   (external-format :initarg :external-format :initform :default :accessor external-format)))

(defclass internet-socket (socket) ())
(defclass local-socket (socket) ())
(defclass stream-socket (socket) ())
(defclass datagram-socket (socket) ())
(defclass passive-socket (socket) ())

(defclass active-socket (socket sb-gray:fundamental-character-input-stream sb-gray:fundamental-character-output-stream
                         sb-gray:fundamental-binary-input-stream sb-gray:fundamental-binary-output-stream)
  ((input :initform (make-array 4096 :element-type '(unsigned-byte 8)) :reader input)
   (start :initform 0 :accessor start)
   (end :initform 0 :accessor end)
   (pushed :initform nil :accessor pushed)
   (output :initform (make-array 4096 :element-type '(unsigned-byte 8) :adjustable t :fill-pointer 0)
           :accessor output)))

(defclass stream-internet-active (active-socket stream-socket internet-socket) ())
(defclass stream-internet-passive (passive-socket stream-socket internet-socket) ())
(defclass stream-local-active (active-socket stream-socket local-socket) ())
(defclass datagram-internet (active-socket datagram-socket internet-socket) ())

(defun socket-open-p (socket) (and (socket-os-fd socket) t))
(defun socket-type (socket) (if (typep socket 'datagram-socket) :datagram :stream))

(defun eol-style (socket)
  (let ((format (external-format socket)))
    (or (and (consp format) (getf (rest format) :eol-style)) :lf)))

(defun latin-1-p (socket)
  (let ((format (external-format socket)))
    (member (if (consp format) (first format) format) '(:latin-1 :iso-8859-1 :latin1))))

(defun make-socket (&key (address-family :internet) (type :stream) (connect :active) (ipv6 *ipv6*) (external-format :default)
                      local-host (local-port 0) remote-host (remote-port 0) (backlog 5) (reuse-address t)
                      keepalive nodelay input-buffer-size output-buffer-size)
  (declare (ignore ipv6 keepalive nodelay input-buffer-size output-buffer-size))
  (assert (member address-family '(:internet :ipv4)))
  (let* ((base (make-instance 'sb-bsd-sockets:inet-socket :type type :protocol (if (eq type :stream) :tcp :udp)))
         (socket (make-instance (cond ((eq type :datagram) 'datagram-internet)
                                      ((eq connect :passive) 'stream-internet-passive)
                                      (t 'stream-internet-active))
                                :base base :fd (sb-bsd-sockets:socket-file-descriptor base)
                                :external-format external-format)))
    (when local-host
      (bind-address socket (ensure-hostname local-host) :port local-port :reuse-address reuse-address)
      (when (eq connect :passive) (listen-on socket :backlog backlog)))
    (when remote-host
      (connect socket (ensure-hostname remote-host) :port remote-port))
    socket))

(defun make-socket-pair (&key (type :stream) protocol (external-format :default) input-buffer-size output-buffer-size)
  (declare (ignore type protocol input-buffer-size output-buffer-size))
  (let ((fds (make-array 2 :element-type '(unsigned-byte 32))))
    (sb-sys:with-pinned-objects (fds)
      (system-call "socketpair" sb-alien:int (sb-alien:int 1) (sb-alien:int 1) (sb-alien:int 0)
                   (sb-sys:system-area-pointer (sb-sys:vector-sap fds))))
    (flet ((wrap (fd) (make-instance 'stream-local-active :fd fd :family :local :connected t
                                                          :external-format external-format)))
      (values (wrap (aref fds 0)) (wrap (aref fds 1))))))

(defmacro with-open-socket ((var &rest args) &body body)
  (let ((ok (gensym)))
    `(let ((,var (make-socket ,@args)) (,ok nil))
       (unwind-protect (multiple-value-prog1 (progn ,@body) (setf ,ok t))
         (when ,var (close ,var :abort (not ,ok)))))))

(defmacro with-accept-connection ((var passive-socket &rest args) &body body)
  (let ((ok (gensym)))
    `(let ((,var (accept-connection ,passive-socket ,@args)) (,ok nil))
       (unwind-protect (multiple-value-prog1 (progn ,@body) (setf ,ok t))
         (when ,var (close ,var :abort (not ,ok)))))))

(defun bind-address (socket address &key (port 0) (reuse-address t))
  (when reuse-address
    (setf (sb-bsd-sockets:sockopt-reuse-address (base socket)) t))
  (with-sb-errors (sb-bsd-sockets:socket-bind (base socket) (address-name (ensure-address address)) port))
  socket)

(defun listen-on (socket &key (backlog 5))
  (with-sb-errors (sb-bsd-sockets:socket-listen (base socket) (or backlog 5)))
  socket)

(defun connect (socket address &key (wait t) (port 0))
  (declare (ignore wait))
  (with-sb-errors (sb-bsd-sockets:socket-connect (base socket) (address-name (ensure-address address)) port))
  (setf (socket-connected-p socket) t)
  socket)

(defun accept-connection (socket &key (wait t) external-format input-buffer-size output-buffer-size)
  (declare (ignore input-buffer-size output-buffer-size))
  (when (plusp (fd-ready (socket-os-fd socket) +pollin+ (cond ((eq wait t) nil) ((null wait) 0) (t wait))))
    (multiple-value-bind (base host port) (with-sb-errors (sb-bsd-sockets:socket-accept (base socket)))
      (values (make-instance 'stream-internet-active :base base :fd (sb-bsd-sockets:socket-file-descriptor base)
                                                     :connected t
                                                     :external-format (or external-format (external-format socket)))
              (make-address host)
              port))))

(defun local-name (socket)
  (multiple-value-bind (host port) (with-sb-errors (sb-bsd-sockets:socket-name (base socket)))
    (values (make-address host) port)))
(defun local-host (socket) (values (local-name socket)))
(defun local-port (socket) (nth-value 1 (local-name socket)))
(defun remote-name (socket)
  (multiple-value-bind (host port) (with-sb-errors (sb-bsd-sockets:socket-peername (base socket)))
    (values (make-address host) port)))
(defun remote-host (socket) (values (remote-name socket)))
(defun remote-port (socket) (nth-value 1 (remote-name socket)))

(defun shutdown (socket &key read write)
  (multiple-value-bind (result errno)
      (system-call "shutdown" sb-alien:int (sb-alien:int (socket-os-fd socket))
                   (sb-alien:int (cond ((and read write) 2) (write 1) (t 0))))
    (when (minusp result) (signal-errno errno)))
  socket)

(defmethod close ((socket socket) &key abort)
  (when (socket-os-fd socket)
    (when (and (not abort) (typep socket 'active-socket)) (flush socket))
    (if (base socket)
        (sb-bsd-sockets:socket-close (base socket))
        (system-call "close" sb-alien:int (sb-alien:int (socket-os-fd socket))))
    (setf (socket-os-fd socket) nil
          (socket-connected-p socket) nil)
    t))

(defmethod open-stream-p ((socket active-socket)) (socket-open-p socket))
(defmethod stream-element-type ((socket active-socket)) 'character)

;;; Octets to and from the system

(defun send-octets (socket octets start end)
  (let ((octets (coerce octets 'octets)))
    (multiple-value-bind (count errno)
        (sb-sys:with-pinned-objects (octets)
          (system-call "send" sb-alien:long (sb-alien:int (socket-os-fd socket))
                       (sb-sys:system-area-pointer (sb-sys:sap+ (sb-sys:vector-sap octets) start))
                       (sb-alien:unsigned-long (- end start))
                       (sb-alien:int #x4000)))
      (when (minusp count) (signal-errno errno))
      count)))

(defun receive-octets (socket octets start end flags)
  (multiple-value-bind (count errno)
      (sb-sys:with-pinned-objects (octets)
        (system-call "recv" sb-alien:long (sb-alien:int (socket-os-fd socket))
                     (sb-sys:system-area-pointer (sb-sys:sap+ (sb-sys:vector-sap octets) start))
                     (sb-alien:unsigned-long (- end start))
                     (sb-alien:int flags)))
    (when (minusp count) (signal-errno errno))
    count))

(defun send-to (socket buffer &key (start 0) end remote-host (remote-port 0) flags)
  (declare (ignore flags))
  (let ((end (or end (length buffer))))
    (if remote-host
        (let ((part (coerce (subseq buffer start end) 'octets)))
          (with-sb-errors
            (sb-bsd-sockets:socket-send (base socket) part (length part)
                                        :address (list (address-name (ensure-hostname remote-host)) remote-port))))
        (send-octets socket buffer start end))))

(defun receive-from (socket &key buffer (start 0) end size flags)
  (let* ((buffer (or buffer (make-array size :element-type '(unsigned-byte 8))))
         (end (or end (length buffer)))
         (part (make-array (- end start) :element-type '(unsigned-byte 8))))
    ;; IOLib's descriptors do not block.
    (unless (fd-readablep (socket-os-fd socket)) (signal-errno 11))
    (if (typep socket 'datagram-socket)
        (multiple-value-bind (ignored count host port)
            (with-sb-errors (sb-bsd-sockets:socket-receive (base socket) part (length part)
                                                           :peek (member :peek (if (listp flags) flags (list flags)))))
          (declare (ignore ignored))
          (replace buffer part :start1 start :end2 count)
          (values buffer count (make-address host) port))
        (let ((count (receive-octets socket part 0 (length part)
                                     (if (member :peek (if (listp flags) flags (list flags))) 2 0))))
          (replace buffer part :start1 start :end2 count)
          (values buffer count)))))

;;; Streams: input

(defun fill-input (socket)
  "Wait for more octets; nil at the end."
  (let ((count (receive-octets socket (input socket) 0 4096 0)))
    (setf (start socket) 0 (end socket) count)
    (plusp count)))

(defun next-octet (socket &optional peek)
  "An octet, or nil at the end."
  (when (or (< (start socket) (end socket)) (fill-input socket))
    (prog1 (aref (input socket) (start socket))
      (unless peek (incf (start socket))))))

(defmethod sb-gray:stream-read-byte ((socket active-socket))
  (or (next-octet socket) :eof))

(defun next-character (socket)
  (let ((octet (next-octet socket)))
    (cond ((null octet) :eof)
          ((and (= octet 13) (eq (eol-style socket) :crlf) (eql (next-octet socket t) 10))
           (next-octet socket)
           #\Newline)
          ((or (< octet #x80) (latin-1-p socket)) (code-char octet))
          (t
           (let ((more (cond ((< octet #xe0) 1) ((< octet #xf0) 2) (t 3))))
             (loop with code = (ldb (byte (- 6 more) 0) octet)
                   repeat more
                   do (setf code (+ (* 64 code) (logand #x3f (next-octet socket))))
                   finally (return (code-char code))))))))

(defmethod sb-gray:stream-read-char ((socket active-socket))
  (if (pushed socket)
      (shiftf (pushed socket) nil)
      (next-character socket)))

(defmethod sb-gray:stream-unread-char ((socket active-socket) char)
  (setf (pushed socket) char)
  nil)

(defmethod sb-gray:stream-listen ((socket active-socket))
  (or (and (pushed socket) t)
      (< (start socket) (end socket))
      (and (fd-readablep (socket-os-fd socket)) (fill-input socket))))

(defmethod sb-gray:stream-read-char-no-hang ((socket active-socket))
  (cond ((or (pushed socket) (< (start socket) (end socket)) (fd-readablep (socket-os-fd socket)))
         (sb-gray:stream-read-char socket))
        (t nil)))

(defmethod sb-gray:stream-read-sequence ((socket active-socket) sequence &optional (start 0) end)
  (loop for i from start below (or end (length sequence))
        for x = (if (typep sequence 'string)
                    (sb-gray:stream-read-char socket)
                    (sb-gray:stream-read-byte socket))
        until (eq x :eof)
        do (setf (elt sequence i) x)
        finally (return i)))

;;; Streams: output

(defun flush (socket)
  (let ((octets (coerce (output socket) 'octets)))
    (setf (fill-pointer (output socket)) 0)
    (loop with start = 0
          while (< start (length octets))
          do (handler-case (incf start (send-octets socket octets start (length octets)))
               (isys:epipe () (error 'hangup :stream socket))))))

(defun put-octet (socket octet)
  (vector-push-extend octet (output socket))
  (when (>= (fill-pointer (output socket)) 4096) (flush socket)))

(defun put-character (socket char)
  (if (char= char #\Newline)
      (progn
        (when (member (eol-style socket) '(:crlf :cr)) (put-octet socket 13))
        (unless (eq (eol-style socket) :cr) (put-octet socket 10)))
      (let ((code (char-code char)))
        (if (or (< code 128) (latin-1-p socket))
            (put-octet socket code)
            (map nil (lambda (octet) (put-octet socket octet))
                 (sb-ext:string-to-octets (string char) :external-format :utf-8))))))

(defmethod sb-gray:stream-write-char ((socket active-socket) char)
  (put-character socket char)
  char)

(defmethod sb-gray:stream-write-string ((socket active-socket) string &optional (start 0) end)
  (loop for i from start below (or end (length string))
        do (put-character socket (char string i)))
  string)

(defmethod sb-gray:stream-write-byte ((socket active-socket) octet)
  (check-type octet (unsigned-byte 8))
  (put-octet socket octet)
  octet)

(defmethod sb-gray:stream-write-sequence ((socket active-socket) sequence &optional (start 0) end)
  (loop for i from start below (or end (length sequence))
        for x = (elt sequence i)
        do (if (characterp x) (put-character socket x) (put-octet socket x)))
  sequence)

(defmethod sb-gray:stream-finish-output ((socket active-socket)) (flush socket) nil)
(defmethod sb-gray:stream-force-output ((socket active-socket)) (flush socket) nil)
(defmethod sb-gray:stream-clear-output ((socket active-socket)) (setf (fill-pointer (output socket)) 0) nil)
(defmethod sb-gray:stream-line-column ((socket active-socket)) nil)

;;; Event bases

(defstruct handler fd event function timeout one-shot deadline)
(defstruct timer function period deadline one-shot)

(defclass event-base ()
  ((handlers :initform '() :accessor handlers)
   (timers :initform '() :accessor timers)
   (exit :initform nil :accessor exit-requested)
   (exit-when-empty :initarg :exit-when-empty :initform nil :reader exit-when-empty)))

(defmacro with-event-base ((var &rest initargs) &body body)
  `(let ((,var (make-instance 'event-base ,@initargs)))
     (unwind-protect (progn ,@body) (close ,var))))

(defmethod close ((base event-base) &key abort)
  (declare (ignore abort))
  (setf (handlers base) '() (timers base) '())
  base)

(defun now () (/ (get-internal-real-time) internal-time-units-per-second))

(defun set-io-handler (base fd event-type function &key timeout one-shot)
  (assert (not (find-if (lambda (h) (and (= (handler-fd h) fd) (eq (handler-event h) event-type))) (handlers base))))
  (let ((handler (make-handler :fd fd :event event-type :function function :timeout timeout :one-shot one-shot
                               :deadline (and timeout (+ (now) timeout)))))
    (setf (handlers base) (append (handlers base) (list handler)))
    handler))

(defun remove-fd-handlers (base fd &key read write error)
  (declare (ignore error))
  (let* ((events (cond ((or read write) (append (when read '(:read)) (when write '(:write))))
                       (t '(:read :write))))
         (those (remove-if-not (lambda (h) (and (eql (handler-fd h) fd) (member (handler-event h) events)))
                               (handlers base))))
    (setf (handlers base) (set-difference (handlers base) those))
    (and those t)))

(defun fd-monitored-p (base fd event-type)
  (and (find-if (lambda (h) (and (= (handler-fd h) fd) (eq (handler-event h) event-type))) (handlers base)) t))

(defun add-timer (base function timeout &key one-shot)
  (let ((timer (make-timer :function function :period timeout :deadline (+ (now) timeout) :one-shot one-shot)))
    (push timer (timers base))
    timer))

(defun remove-timer (base timer)
  (setf (timers base) (remove timer (timers base)))
  (values))

(defun exit-event-loop (base &key (delay 0))
  (if (zerop delay)
      (setf (exit-requested base) t)
      (add-timer base (lambda () (setf (exit-requested base) t)) delay :one-shot t)))

(defun event-base-empty-p (base) (and (null (handlers base)) (null (timers base))))

(defun run-timers (base)
  (let ((time (now)))
    (dolist (timer (sort (remove-if (lambda (x) (> (timer-deadline x) time)) (timers base)) #'< :key #'timer-deadline))
      (when (member timer (timers base))
        (if (timer-one-shot timer)
            (setf (timers base) (remove timer (timers base)))
            (setf (timer-deadline timer) (+ (now) (timer-period timer))))
        (funcall (timer-function timer))))))

(defun event-dispatch (base &key one-shot timeout min-step max-step)
  (declare (ignore min-step max-step))
  (setf (exit-requested base) nil)
  (loop
    with end = (and timeout (+ (now) timeout))
    until (or (exit-requested base)
              (and end (>= (now) end))
              (and (exit-when-empty base) (event-base-empty-p base)))
    do (let* ((handlers (handlers base))
              (deadlines (append (mapcar #'timer-deadline (timers base))
                                 (remove nil (mapcar #'handler-deadline handlers))
                                 (and end (list end))))
              (found (poll (mapcar (lambda (h) (list (handler-fd h) (if (eq (handler-event h) :read) 1 4))) handlers)
                           (and deadlines (- (reduce #'min deadlines) (now))))))
         (loop for handler in handlers
               for result in found
               for expired = (and (handler-deadline handler) (>= (now) (handler-deadline handler)))
               do (when (and (or (plusp result) expired) (member handler (handlers base)))
                    (when (handler-timeout handler)
                      (setf (handler-deadline handler) (+ (now) (handler-timeout handler))))
                    (when (handler-one-shot handler)
                      (setf (handlers base) (remove handler (handlers base))))
                    (funcall (handler-function handler) (handler-fd handler) (handler-event handler)
                             (if (plusp result) nil :timeout))
                    (when (exit-requested base) (return))))
         (unless (exit-requested base) (run-timers base))
         (when (and one-shot (some #'plusp found)) (return)))))

(in-package :common-lisp-user)
