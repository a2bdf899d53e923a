;;;; run: (block-transfer:main)
;;; block-transfer: a protocol in the manner of TFTP over UDP. Packets are octet vectors made by a macro from a
;;; description; a lossy wrapper drops some of them, and both sides repeat what was not acknowledged.

(defpackage #:block-transfer
  (:use #:cl #:iolib)
  (:export #:main))

(in-package #:block-transfer)

(eval-when (:compile-toplevel :load-toplevel :execute)
  (defparameter *opcodes* '(:read 1 :write 2 :data 3 :ack 4 :error 5)))

(defconstant +block+ 16)
(deftype octets (&optional (n '*)) `(vector (unsigned-byte 8) ,n))

;;;; Octets

(defun octets (&rest contents)
  (let ((v (make-array 0 :element-type '(unsigned-byte 8) :adjustable t :fill-pointer 0)))
    (labels ((add (x)
               (etypecase x
                 (null)
                 ((unsigned-byte 8) (vector-push-extend x v))
                 (character (add (char-code x)))
                 (string (map nil #'add x))
                 (cons (add (car x)) (add (cdr x)))
                 (vector (loop for o across x do (add o))))))
      (add contents))
    v))

(defun u16 (n) (list (ash n -8) (logand n #xff)))
(defun get-u16 (octets &optional (start 0))
  (logior (ash (aref octets start) 8) (aref octets (1+ start))))

(defun fletcher16 (octets &key (start 0) (end (length octets)))
  (let ((a 0) (b 0))
    (declare (type (integer 0 254) a b))
    (loop for i from start below end
          do (setq a (rem (+ a (aref octets i)) 255)
                   b (rem (+ a b) 255)))
    (logior (ash b 8) a)))

;;;; Packets: (opcode field…) <-> octets

(defmacro define-packet (name &rest fields)
  "Define MAKE-name-PACKET, a function of the FIELDS: (name :u16), (name :string) or (name :rest)."
  (let ((variables (mapcar #'first fields))
        (maker (intern (format nil "MAKE-~A-PACKET" name))))
    (flet ((encoder (field)
             (destructuring-bind (variable type) field
               (ecase type
                 (:u16 `(u16 ,variable))
                 (:string `(list ,variable 0))
                 (:rest variable))))
           (decoder (field)
             (ecase (second field)
               (:u16 '(prog1 (get-u16 octets position) (incf position 2)))
               (:string '(let ((end (position 0 octets :start position)))
                          (prog1 (map 'string #'code-char (subseq octets position end))
                            (setf position (1+ end)))))
               (:rest '(subseq octets position)))))
      `(progn
         (defun ,maker ,variables
           (octets (u16 ,(getf *opcodes* name)) ,@(mapcar #'encoder fields)))
         (setf (get ',name 'decoder)
               (lambda (octets)
                 (let ((position 2))
                   (declare (ignorable position))
                   (list ',name ,@(mapcar #'decoder fields)))))))))

(define-packet :read (file :string) (mode :string))
(define-packet :write (file :string) (mode :string))
(define-packet :data (number :u16) (contents :rest))
(define-packet :ack (number :u16))
(define-packet :error (code :u16) (message :string))

(defun decode-packet (octets)
  (let ((name (loop for (name code) on *opcodes* by #'cddr
                    when (= code (get-u16 octets)) return name)))
    (if name
        (funcall (get name 'decoder) octets)
        (error "opcode ~2,'0X?" (get-u16 octets)))))

;;;; Sending and receiving, with losses

(defvar *losses* '() "Numbers of the packets that get lost, counted from 1.")
(defvar *sent* 0)
(defvar *trace* nil)

(defun send-packet (socket packet host port)
  (incf *sent*)
  (let ((lost (find *sent* *losses*)))
    (push (list* (if lost :lost :sent) (subseq (decode-packet packet) 0 2)) *trace*)
    (unless lost
      (send-to socket packet :remote-host host :remote-port port))))

(define-condition transfer-failed (error)
  ((code :initarg :code) (text :initarg :text))
  (:report (lambda (condition stream)
             (with-slots (code text) condition
               (format stream "transfer failed: ~A (~D)" text code)))))

(defun receive-packet (socket seconds)
  "A decoded packet, host and port; nil when none comes in time."
  (when (wait-until-fd-ready (socket-os-fd socket) :input seconds)
    (multiple-value-bind (buffer count host port) (receive-from socket :size 600)
      (values (decode-packet (subseq buffer 0 count)) host port))))

(defmacro with-retries ((count) send receive)
  "Do SEND and then RECEIVE, which may be nil, COUNT times at most."
  (let ((i (gensym)) (result (gensym)))
    `(dotimes (,i ,count (error 'transfer-failed :code 0 :text "time out"))
       ,send
       (let ((,result ,receive))
         (when ,result (return ,result))))))

(defun send-file (socket contents host port)
  "Send CONTENTS block by block, each acknowledged; the number of blocks."
  (loop
    for number from 1
    for start from 0 by +block+
    for end = (min (length contents) (+ start +block+))
    for part = (subseq contents start end)
    do (with-retries (5)
         (send-packet socket (make-data-packet number part) host port)
         (loop for packet = (receive-packet socket 0.6)
               while packet
               when (equal packet `(:ack ,number)) return t))
    while (= (length part) +block+)
    finally (return number)))

(defun receive-file (socket request host port)
  "Send REQUEST until data come, acknowledge them; the contents."
  (let ((file (octets)) (expected 1) (answer request))
    (loop named blocks do
      (let ((packet (with-retries (5)
                      (send-packet socket answer host port)
                      (receive-packet socket 3))))
        (ecase (first packet)
          (:error (error 'transfer-failed :code (second packet) :text (third packet)))
          (:data
           (destructuring-bind (number contents) (rest packet)
             (when (= number expected)
               (setf file (concatenate '(vector (unsigned-byte 8)) file contents))
               (incf expected))
             (setf answer (make-ack-packet number))
             (when (and (< (length contents) +block+) (= number (1- expected)))
               (send-packet socket answer host port)
               (return-from blocks file)))))))))

;;;; The server

(defun serve (socket files &aux (served '()))
  (loop
    (multiple-value-bind (packet host port) (receive-packet socket 20)
      (case (car packet)
        ((nil) (return (nreverse served)))
        (:read
         (destructuring-bind (name mode) (cdr packet)
           (let ((contents (gethash name files)))
             (cond ((string= name "stop") (return (nreverse served)))
                   ((null contents)
                    (send-to socket (make-error-packet 1 (format nil "no ~A" name)) :remote-host host :remote-port port))
                   ((string/= mode "octet")
                    (send-to socket (make-error-packet 4 "octets only") :remote-host host :remote-port port))
                   (t (push (cons name (send-file socket contents host port)) served))))))
        (:ack)                          ; a late one
        (t (push (car packet) served))))))

(defun fetch (port name mode losses)
  (with-open-socket (socket :type :datagram :ipv6 nil :local-host +ipv4-loopback+)
    (let ((*losses* losses) (*sent* 0) (*trace* '()))
      (handler-case
          (let ((contents (receive-file socket (make-read-packet name mode) +ipv4-loopback+ port)))
            (format t "~A: ~D octet~:P, checksum ~4,'0X~%" name (length contents) (fletcher16 contents))
            (format t "   ~{~{~:@(~A~) ~(~A~) ~A~}~^, ~}~%" (reverse *trace*))
            contents)
        (transfer-failed (c)
          (format t "~A: ~A~%" name c)
          nil)))))

(defun main ()
  (let ((files (make-hash-table :test #'equal)) thread)
    (setf (gethash "empty" files) (octets)
          (gethash "hello" files) (octets "Hello, world")
          (gethash "block" files) (octets (make-string +block+ :initial-element #\x))
          (gethash "numbers" files) (apply #'octets (loop for i below 50 collect (logand #xff (* i i)))))
    (assert (typep (gethash "empty" files) '(octets 0)))
    (with-open-socket (server :type :datagram :ipv6 nil :local-host +ipv4-loopback+ :local-port 0)
      (setf thread (bt:make-thread (lambda () (serve server files)) :name "server"))
      (let ((port (local-port server)))
        (fetch port "hello" "octet" '())
        (fetch port "empty" "octet" '())
        (fetch port "block" "octet" '())
        (let ((numbers (fetch port "numbers" "octet" '(2 4))))
          (format t "   same: ~A, ends ~S~%" (equalp numbers (gethash "numbers" files))
                  (coerce (subseq numbers 46) 'list)))
        (fetch port "missing" "octet" '())
        (fetch port "hello" "netascii" '())
        (with-open-socket (s :type :datagram :ipv6 nil :remote-host +ipv4-loopback+ :remote-port port)
          (send-to s (make-write-packet "x" "octet"))
          (send-to s (make-read-packet "stop" "octet"))))
      (format t "server: ~S~%" (bt:join-thread thread)))
    (format t "~{~2,'0X~^ ~}; ~S~%" (coerce (make-error-packet 258 "ab") 'list)
            (decode-packet (octets 0 2 "f" 0 #(109 0))))
    (handler-case (decode-packet #(7 7 0))
      (simple-error (e) (format t "~A~%" e)))))
