;;;; run: (tiny-dns:main)
;;;; tiny-dns.lisp -- a name server for a zone in a table: packs and unpacks DNS messages, with compressed names, over UDP.

(cl:in-package #:cl-user)

(defpackage #:tiny-dns
  (:use #:cl)
  (:local-nicknames (#:net #:iolib))
  (:import-from #:alexandria #:when-let #:if-let #:ensure-list #:starts-with-subseq #:read-stream-content-into-string)
  (:export #:main))

(in-package #:tiny-dns)

;;; Numbers and their names

(defmacro define-codes (name &body pairs)
  (let ((to (intern (concatenate 'string (symbol-name name) "-CODE")))
        (from (intern (concatenate 'string "CODE-" (symbol-name name)))))
    `(progn
       (defun ,to (symbol)
         (ecase symbol ,@(loop for (s n) in pairs collect (list s n))))
       (defun ,from (code)
         (case code ,@(loop for (s n) in pairs collect (list n s)) (otherwise code))))))

(define-codes record-type (:a 1) (:ns 2) (:cname 5) (:mx 15) (:txt 16) (:any 255))
(define-codes response (:ok 0) (:format-error 1) (:no-name 3) (:not-implemented 4))

;;; Packing

(defclass packer ()
  ((octets :initform (make-array 512 :element-type '(unsigned-byte 8) :fill-pointer 0 :adjustable t) :reader octets-of)
   (names :initform (make-hash-table :test #'equalp) :reader names-of)))

(defun put (packer &rest numbers)
  (dolist (n numbers) (vector-push-extend n (octets-of packer))))

(defun put16 (packer &rest numbers)
  (dolist (n numbers) (put packer (ash n -8) (logand n 255))))

(defun put32 (packer n)
  (multiple-value-call #'put16 packer (floor n 65536)))

(defun labels-of (name)
  (if (string= name "")
      '()
      (let ((dot (position #\. name)))
        (cons (subseq name 0 dot) (if dot (labels-of (subseq name (1+ dot))) '())))))

(defun put-name (packer name)
  "NAME, as a list of labels or a string; what was there already is pointed to."
  (loop for (label . rest) on (if (listp name) name (labels-of name))
        for key = (cons label rest)
        for known = (gethash key (names-of packer))
        when known
          do (put16 packer (logior #xc000 known))
             (return-from put-name t)
        do (setf (gethash key (names-of packer)) (length (octets-of packer)))
           (put packer (length label))
           (map nil (lambda (c) (put packer (char-code c))) label))
  (put packer 0))

(defun call-with-length (packer thunk)
  "What THUNK puts, with two octets before it that say how much."
  (let ((start (length (octets-of packer))))
    (put16 packer 0)
    (funcall thunk)
    (let ((size (- (length (octets-of packer)) start 2)))
      (setf (aref (octets-of packer) start) (ash size -8)
            (aref (octets-of packer) (1+ start)) (ldb (byte 8 0) size)))))

(defmacro with-length ((packer) &body body) `(call-with-length ,packer (lambda () ,@body)))

(defgeneric put-data (type packer data)
  (:method ((type (eql :a)) packer data) (apply #'put packer data))
  (:method ((type (eql :mx)) packer data) (put16 packer (first data)) (put-name packer (second data)))
  (:method ((type (eql :txt)) packer data)
    (dolist (text data)
      (put packer (length text))
      (loop for c across text do (put packer (char-code c)))))
  (:method ((type symbol) packer data) (put-name packer (first data))))

(defstruct (message (:conc-name msg-)) (id 0) (response nil) (code :ok) (questions '()) (answers '()))

(defun pack (message)
  (let ((p (make-instance 'packer)))
    (with-accessors ((id msg-id) (questions msg-questions) (answers msg-answers)) message
      (put16 p id
             (dpb (if (msg-response message) 1 0) (byte 1 15) (response-code (msg-code message)))
             (length questions) (length answers) 0 0)
      (loop for (name type) in questions
            do (put-name p name)
               (put16 p (record-type-code type) 1))
      (loop for (name type ttl . data) in answers
            do (put-name p name)
               (put16 p (record-type-code type) 1)
               (put32 p ttl)
               (with-length (p) (put-data type p data))))
    (octets-of p)))

;;; Unpacking

(define-condition bad-message (error) ((offset :initarg :offset :reader offset))
  (:report (lambda (c s) (format s "bad message at ~D" (offset c)))))

(defun unpack (octets)
  (let ((position 0))
    (labels ((get8 ()
               (unless (array-in-bounds-p octets position) (error 'bad-message :offset position))
               (prog1 (aref octets position) (incf position)))
             (get16 () (let ((high (get8))) (+ (* 256 high) (get8))))
             (get32 () (dpb (get16) (byte 16 16) (get16)))
             (get-text (n) (let ((s (make-string n))) (dotimes (i n s) (setf (char s i) (code-char (get8))))))
             (get-name (&optional (depth 0))
               (when (> depth 5) (error 'bad-message :offset position))
               (loop for n = (get8)
                     until (zerop n)
                     if (= 3 (ldb (byte 2 6) n))
                       nconc (let* ((target (+ (* 256 (ldb (byte 6 0) n)) (get8)))
                                    (back position))
                               (setf position target)
                               (prog1 (get-name (1+ depth)) (setf position back)))
                       and do (loop-finish)
                     else
                       collect (get-text n)))
             (name () (format nil "~{~A~^.~}" (get-name)))
             (get-data (type end)
               (case type
                 (:a (list (get8) (get8) (get8) (get8)))
                 (:mx (list (get16) (name)))
                 (:txt (loop while (< position end) collect (get-text (get8))))
                 (t (list (name))))))
      (let* ((id (get16)) (flags (get16)) (questions (get16)) (answers (get16)))
        (get32)
        (make-message :id id :response (logbitp 15 flags) :code (code-response (ldb (byte 4 0) flags))
                      :questions (loop repeat questions
                                       collect (list (name) (code-record-type (get16)))
                                       do (get16))
                      :answers (loop repeat answers
                                     collect (let* ((name (name)) (type (code-record-type (get16))))
                                               (get16)
                                               (let* ((ttl (get32)) (length (get16)))
                                                 (list* name type ttl (get-data type (+ position length)))))))))))

;;; The zone

(defparameter *zone*
  '(("example.org" :ns 3600 "ns.example.org")
    ("example.org" :mx 3600 10 "mail.example.org")
    ("example.org" :mx 3600 20 "backup.example.net")
    ("example.org" :txt 60 "hello" "a longer text")
    ("ns.example.org" :a 3600 192 0 2 1)
    ("mail.example.org" :a 300 192 0 2 25)
    ("www.example.org" :cname 300 "web.example.org")
    ("web.example.org" :a 70000 192 0 2 80)
    ("web.example.org" :a 70000 192 0 2 81)))

(defun find-records (name type)
  (or (remove-if-not (lambda (r) (and (string-equal (first r) name)
                                      (or (eq type :any) (eq type (second r)))))
                     *zone*)
      (when-let ((alias (find-if (lambda (r) (and (string-equal (first r) name) (eq :cname (second r)))) *zone*)))
        (cons alias (find-records (fourth alias) type)))))

(defun name-exists-p (name) (member name *zone* :test #'string-equal :key #'first))

(defun answer (query)
  (let* ((question (first (msg-questions query)))
         (records (apply #'find-records question)))
    (make-message :id (msg-id query) :response t :questions (list question) :answers records
                  :code (cond (records :ok)
                              ((name-exists-p (first question)) :ok)
                              (t :no-name)))))

(defun receive (socket)
  "What `receive-from` gives, which does not wait itself."
  (loop
    (handler-case (return (net:receive-from socket :size 512))
      (isys:ewouldblock () (net:wait-until-fd-ready (net:socket-os-fd socket) :input 10 t)))))

(defun serve (socket)
  (loop with served = 0
        do (multiple-value-bind (buffer count host port) (receive socket)
             (when (= count 1) (return served))
             (let ((reply (handler-case (answer (unpack (subseq buffer 0 count)))
                            (error () (make-message :response t :code :format-error)))))
               (incf served)
               (net:send-to socket (pack reply) :remote-host host :remote-port port)))))

;;; Asking

(defun ask (socket id name type)
  (let ((octets (pack (make-message :id id :questions (list (list name type))))))
    (net:send-to socket octets)
    (multiple-value-bind (buffer count) (receive socket)
      (let ((m (unpack (subseq buffer 0 count))))
        (format t "~D ~A ~A (~D/~D octets): ~(~A~)~%" (msg-id m) name type (length octets) count (msg-code m))
        (loop for (owner kind ttl . data) in (msg-answers m)
              do (format t "   ~20A ~6D ~5A ~:[~{~S~^ ~}~;~{~D~^.~}~]~%" owner ttl kind (eq kind :a) data))))))

(defun main ()
  (net:with-open-socket (server :type :datagram :ipv6 nil :local-host net:+ipv4-loopback+ :local-port 0)
    (let ((thread (bt:make-thread (lambda () (serve server)))))
      (net:with-open-socket (s :type :datagram :ipv6 nil :remote-host net:+ipv4-loopback+ :remote-port (net:local-port server))
        (loop for (name type) in '(("example.org" :ns) ("example.org" :mx) ("EXAMPLE.org" :txt) ("www.example.org" :a)
                                   ("web.example.org" :a) ("web.example.org" :mx) ("nowhere.example.org" :a) ("example.org" :any))
              for id from 1000 by 1111
              do (ask s id name type))
        (net:send-to s (coerce #(1 2 3 4 5) '(vector (unsigned-byte 8))))
        (multiple-value-bind (buffer count) (receive s)
          (format t "~(~A~) ~S~%" (msg-code (unpack (subseq buffer 0 count))) (coerce (subseq buffer 0 4) 'list)))
        (net:send-to s (make-array 1 :element-type '(unsigned-byte 8) :initial-element 0)))
      (format t "~D served~%" (bt:join-thread thread))))
  (let ((octets (pack (make-message :id 258 :questions '(("a.bc" :a)) :answers '(("bc" :ns 1 "x.bc"))))))
    (format t "~{~2,'0X~^ ~}~%" (coerce octets 'list))
    (setf (aref octets 12) #xc0 (aref octets 13) 12)
    (handler-case (unpack octets)
      (bad-message (c) (format t "~A~%" c)))))
