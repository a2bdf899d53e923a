;;;; run: (rooms:demo)
;;; rooms: chat rooms over an event loop. Frames are "LENGTH TYPE payload" with a checksum; payloads of type B are base64.

(defpackage :rooms
  (:use :cl :iolib)
  (:shadow #:room)
  (:export #:demo))

(in-package :rooms)

;; ---------------------------------------------------------------------------------------------- base64 and CRC

(defparameter *alphabet* "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")

(defun base64-encode (octets)
  (with-output-to-string (out)
    (loop for i from 0 below (length octets) by 3
          for left = (- (length octets) i)
          for group = (loop for j below 3
                            for value = (if (< j left) (aref octets (+ i j)) 0)
                            for sum = value then (+ (ash sum 8) value)
                            finally (return sum))
          do (dotimes (k 4)
               (write-char (if (<= k left) (char *alphabet* (ldb (byte 6 (- 18 (* 6 k))) group)) #\=) out)))))

(defun base64-decode (string)
  (let ((octets (make-array 0 :element-type '(unsigned-byte 8) :fill-pointer 0 :adjustable t)) (bits 0) (count 0))
    (loop for c across string
          for value = (position c *alphabet*)
          until (char= c #\=)
          do (unless value (error "~@C in base64" c))
             (setf bits (logior (ash bits 6) value))
             (incf count 6)
             (when (>= count 8)
               (decf count 8)
               (vector-push-extend (ldb (byte 8 count) bits) octets)
               (setf bits (ldb (byte count 0) bits))))
    octets))

(defparameter *crc-table*
  (let ((table (make-array 256 :element-type '(unsigned-byte 16))))
    (dotimes (n 256 table)
      (let ((c (ash n 8)))
        (loop repeat 8
              do (setf c (logand #xffff (if (logbitp 15 c) (logxor (ash c 1) #x1021) (ash c 1)))))
        (setf (aref table n) c)))))

(defun crc16 (string)
  (reduce (lambda (crc char)
            (logxor (logand #xffff (ash crc 8))
                    (aref *crc-table* (logand #xff (logxor (ash crc -8) (char-code char))))))
          string :initial-value #xffff))

;; ---------------------------------------------------------------------------------------------- frames

(defun frame (type text)
  (let* ((payload (ecase type
                    (#\T text)
                    (#\B (base64-encode (map 'vector #'char-code text)))))
         (body (format nil "~C~A" type payload)))
    (format nil "~3,'0D~A~4,'0X" (length body) body (crc16 body))))

(defun parse-frame (string start)
  "Values: type, text, end; or nil when STRING from START on is not yet a frame."
  (when (>= (- (length string) start) 3)
    (let* ((length (parse-integer string :start start :end (+ start 3)))
           (end (+ start 3 length 4)))
      (when (>= (length string) end)
        (let ((body (subseq string (+ start 3) (+ start 3 length)))
              (crc (parse-integer string :start (- end 4) :end end :radix 16)))
          (unless (= crc (crc16 body)) (error "checksum of ~S" body))
          (values (char body 0)
                  (if (char= #\B (char body 0))
                      (map 'string #'code-char (base64-decode (subseq body 1)))
                      (subseq body 1))
                  end))))))

;; ---------------------------------------------------------------------------------------------- members and rooms

(defclass room ()
  ((name :initarg :name :reader room-name)
   (members :initform '() :accessor room-members)
   (log :initform (make-array 3 :fill-pointer 0) :accessor room-log)))

(defclass quiet-room (room) ())
(defclass moderated-room (room)
  ((words :initarg :words :initform '("darn" "heck") :accessor bad-words)))
(defclass vault (moderated-room quiet-room) ())

(defclass member-of-room ()
  ((socket :initarg :socket :accessor socket-of)
   (name :initarg :name :accessor name-of)
   (room :initform nil :accessor room-of)
   (pending :initform "" :accessor pending-input)
   (output :initform (list) :accessor pending-output)))

(defvar *rooms*)
(defvar *base*)
(defvar *members*)

(defgeneric accept-text (room member text)
  (:documentation "The text as ROOM passes it on, or nil.")
  (:method ((room room) member text) (declare (ignore member)) text)
  (:method :around ((room room) member text)
    (let ((result (call-next-method)))
      (when result
        (when (= (fill-pointer (room-log room)) (array-dimension (room-log room) 0))
          (replace (room-log room) (room-log room) :start2 1)
          (vector-pop (room-log room)))
        (vector-push (list (name-of member) result) (room-log room)))
      result)))

(defmethod accept-text ((room quiet-room) member text)
  (call-next-method room member (string-downcase text)))

(defmethod accept-text ((room moderated-room) member text)
  (let ((text (call-next-method)))
    (dolist (word (bad-words room) text)
      (loop for at = (search word text :test #'char-equal)
            while at
            do (setf text (replace (copy-seq text) (make-string (length word) :initial-element #\*) :start1 at))))))

(defmethod accept-text :before ((room vault) member text)
  (when (and (> (length text) 40) (not (eq member (first (last (room-members room))))))
    (throw 'refused "too long")))

(defgeneric describe-room (room stream)
  (:method-combination progn)
  (:method progn ((room room) stream) (format stream "~A(~D)" (room-name room) (length (room-members room))))
  (:method progn ((room quiet-room) stream) (write-string "quiet " stream))
  (:method progn ((room moderated-room) stream) (format stream "~D bad word~:P " (length (bad-words room)))))

;; ---------------------------------------------------------------------------------------------- sending

(defun post (member control &rest arguments)
  (let* ((text (apply #'format nil control arguments))
         (type (if (every #'graphic-char-p text) #\T #\B)))
    (setf (pending-output member) (append (pending-output member) (list (frame type text))))
    (let ((fd (socket-os-fd (socket-of member))))
      (unless (fd-monitored-p *base* fd :write)
        (set-io-handler *base* fd :write (writer member))))))

(defun writer (member)
  #'(lambda (fd event exception)
      (declare (ignore event exception))
      (when (pending-output member)
        (write-string (pop (pending-output member)) (socket-of member))
        (finish-output (socket-of member)))
      (unless (pending-output member)
        (remove-fd-handlers *base* fd :write t))))

(defun post-to-room (room speaker control &rest arguments)
  (dolist (m (reverse (room-members room)))
    (unless (eq m speaker)
      (apply #'post m control arguments))))

(defun leave-room (member)
  (let ((room (room-of member)))
    (when room
      (setf (room-members room) (remove member (room-members room))
            (room-of member) nil)
      (post-to-room room member "~A left ~A" (name-of member) (room-name room)))))

(defun enter-room (member name)
  (let ((room (find name *rooms* :key #'room-name :test #'string-equal)))
    (cond ((null room) (post member "no room ~S" name))
          (t (leave-room member)
             (push member (room-members room))
             (setf (room-of member) room)
             (post member "~A" (with-output-to-string (s) (describe-room room s)))
             (loop for (who what) across (room-log room)
                   do (post member "earlier ~A: ~A" who what))
             (post-to-room room member "~A came" (name-of member))))))

(defun handle-text (member text)
  (let ((refusal
          (catch 'refused
            (cond ((string= text "") nil)
                  ((char/= (char text 0) #\/)
                   (unless (room-of member) (throw 'refused "where?"))
                   (let ((accepted (accept-text (room-of member) member text)))
                     (post-to-room (room-of member) member "~A: ~A" (name-of member) accepted)
                     (post member "ok ~D" (length accepted))))
                  ((string= text "/rooms")
                   (post member "~{~A~^|~}" (mapcar (lambda (r) (with-output-to-string (s) (describe-room r s))) *rooms*)))
                  ((eql 6 (mismatch "/enter" text)) (enter-room member (subseq text 7)))
                  ((eql 5 (mismatch "/name" text)) (setf (name-of member) (subseq text 6)) (post member "ok"))
                  ((string= text "/end") (exit-event-loop *base*))
                  (t (throw 'refused (format nil "~A is no command" text))))
            nil)))
    (when refusal (post member "! ~A" refusal))))

(defun reader (member)
  (lambda (fd event exception)
    (declare (ignore event exception))
    (multiple-value-bind (buffer count) (receive-from (socket-of member) :size 40)
      (setf (pending-input member)
            (concatenate 'string (pending-input member)
                         (loop for i below count collect (code-char (aref buffer i)))))
      (if (zerop count)
          (progn (remove-fd-handlers *base* fd)
                 (leave-room member)
                 (setf *members* (remove member *members*))
                 (close (socket-of member)))
          (loop with start = 0
                for (type text end) = (multiple-value-list (parse-frame (pending-input member) start))
                while type
                do (setf start end)
                   (handle-text member text)
                finally (setf (pending-input member) (subseq (pending-input member) start)))))))

(defun run-server (sockets)
  (let ((*rooms* (list (make-instance 'room :name "hall")
                       (make-instance 'moderated-room :name "parlour" :words '("fudge"))
                       (make-instance 'vault :name "vault")))
        (*members* '()))
    (with-event-base (*base*)
      (loop for socket in sockets
            for i from 1
            do (let ((m (make-instance 'member-of-room :socket socket :name (format nil "guest~D" i))))
                 (push m *members*)
                 (set-io-handler *base* (socket-os-fd socket) :read (reader m))))
      (event-dispatch *base* :timeout 20))
    (dolist (m *members*) (close (socket-of m)))
    (mapcar (lambda (r) (list (room-name r) (coerce (room-log r) 'list))) *rooms*)))

(defun demo ()
  (let* ((pairs (loop repeat 3 collect (multiple-value-list (make-socket-pair))))
         (names '("ann" "bob" "eve"))
         (ours (mapcar #'first pairs))
         (server (let ((theirs (mapcar #'second pairs))) (bt:make-thread (lambda () (run-server theirs))))))
    (labels ((socket (who) (elt ours (position who names :test #'string=)))
             (hear (who)
               (let* ((s (socket who)) (head (make-string 3)))
                 (read-sequence head s)
                 (let ((rest (make-string (+ 4 (parse-integer head)))))
                   (read-sequence rest s)
                   (multiple-value-bind (type text) (parse-frame (concatenate 'string head rest) 0)
                     (format t "~A hears ~C ~A~%" who type text)))))
             (say (who text &rest hearers)
               (write-string (frame (if (find-if-not #'graphic-char-p text) #\B #\T) text) (socket who))
               (finish-output (socket who))
               (format t "~A says ~A~%" who text)
               (mapc #'hear hearers)))
      (loop for name in names do (say name (format nil "/name ~A" name) name))
      (say "ann" "hello?" "ann")
      (say "ann" "/rooms" "ann")
      (say "ann" "/enter hall" "ann")
      (say "bob" "/enter HALL" "bob" "ann")
      (say "bob" "Hi, Ann" "ann" "bob")
      (say "eve" "/enter vault" "eve")
      (say "eve" "What the HECK, darn it" "eve")
      (say "ann" "/enter vault" "bob" "ann" "ann" "eve")
      (say "ann" "this is a text of more than forty characters" "ann")
      (say "ann" (format nil "two~%lines") "eve" "ann")
      (say "ann" "three" "eve" "ann")
      (say "ann" "four" "eve" "ann")
      (say "bob" "/enter vault" "bob" "bob" "bob" "bob" "eve" "ann")
      (say "bob" "/dance" "bob")
      (say "bob" "/enter attic" "bob")
      (close (socket "eve"))
      (hear "ann") (hear "bob")
      (say "bob" "/end"))
    (format t "~:{~A:~{ ~{~A=~S~}~}~%~}" (bt:join-thread server))
    (mapc #'close ours))
  (format t "~S ~S ~S ~4,'0X~%" (mapcar (lambda (s) (base64-encode (map 'vector #'char-code s))) '("" "f" "fo" "foo" "foobar"))
          (coerce (base64-decode "AAEC/w==") 'list)
          (handler-case (base64-decode "a?b") (error (e) (princ-to-string e)))
          (crc16 "123456789")))
