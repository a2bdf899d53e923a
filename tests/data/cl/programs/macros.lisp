;;;; run: (wire:main)
;;;; wire.lisp -- binary messages from declarations, by macros that write macros; and small control structures that the
;;;; services over them use.

(defpackage :wire
  (:use :cl)
  (:export #:main))

(in-package :wire)

;;; Utilities

(eval-when (:compile-toplevel :load-toplevel :execute)
  (defun symb (&rest parts)
    (intern (format nil "~{~A~}" parts)))
  (defun group (list n)
    (if (null list) '() (cons (subseq list 0 (min n (length list))) (group (nthcdr n list) n)))))

(defmacro with-gensyms ((&rest names) &body body)
  `(let ,(loop for n in names collect `(,n (gensym ,(string n))))
     ,@body))

(defmacro once-only ((&rest names) &body body)
  (let ((gensyms (loop for nil in names collect (gensym))))
    `(let (,@(loop for g in gensyms collect `(,g (gensym))))
       `(let (,,@(loop for g in gensyms for n in names collect ``(,,g ,,n)))
          ,(let (,@(loop for n in names for g in gensyms collect `(,n ,g)))
             ,@body)))))

(defmacro aif (test then &optional else)
  `(let ((it ,test)) (if it ,then ,else)))

(defmacro awhen (test &body body) `(aif ,test (progn ,@body)))

(defmacro acond (&rest clauses)
  (unless (null clauses)
    (destructuring-bind ((test &rest body) &rest more) clauses
      (let ((value (gensym)))
        `(let ((,value ,test))
           (if ,value
               (let ((it ,value)) (declare (ignorable it)) ,@(or body '(it)))
               (acond ,@more)))))))

(defmacro square-sum (a b)
  (once-only (a b)
    `(+ (* ,a ,a) (* ,b ,b))))

(defmacro while (test &body body)
  `(loop (unless ,test (return)) ,@body))

(defmacro dbind-case (expression &body clauses)
  "Clauses are (pattern . body), a pattern being a lambda list whose first element is a constant."
  (with-gensyms (value)
    `(let ((,value ,expression))
       (case (car ,value)
         ,@(loop for ((tag . lambda-list) . body) in clauses
                 collect `(,tag (destructuring-bind ,lambda-list (cdr ,value) ,@body)))
         (otherwise (error "no clause for ~S" ,value))))))

(define-modify-macro appendf (&rest lists) append)
(define-modify-macro togglef () not)
(define-modify-macro clampf (low high) (lambda (x low high) (min high (max low x))))

;; A macro that makes macros: named constants and a macro to dispatch on them.
(defmacro define-enumeration (name &rest symbols)
  (let ((case-name (symb name '-case)) (table (symb '* name '*)))
    `(progn
       (defparameter ,table ',(loop for s in symbols for i from 0 collect (cons s i)))
       (defun ,(symb name '-code) (symbol) (cdr (or (assoc symbol ,table) (error "~S is no ~(~A~)" symbol ',name))))
       (defun ,(symb name '-symbol) (code) (car (rassoc code ,table)))
       (defmacro ,case-name (code &body clauses)
         `(ecase ,code
            ,@(loop for (symbol . body) in clauses
                    collect `(,(cdr (assoc symbol ,table)) ,@body))))
       ',name)))

(define-enumeration colour :red :green :blue)
(define-enumeration verb :ping :paint :sum :bye)

;;; Messages

(defgeneric encode (type value push)
  (:documentation "Give the octets of VALUE to the function PUSH."))
(defgeneric decode (type next)
  (:documentation "The value whose octets the function NEXT gives."))

(defmacro define-type (name (value push next) encoding decoding)
  `(progn
     (defmethod encode ((type (eql ',name)) ,value ,push) (declare (ignorable ,push)) ,encoding)
     (defmethod decode ((type (eql ',name)) ,next) (declare (ignorable ,next)) ,decoding)))

(macrolet ((define-unsigned (&rest sizes)
             `(progn
                ,@(loop for size in sizes
                        for name = (symb 'u size)
                        collect `(define-type ,name (value push next)
                                   (loop for position from ,(- size 8) downto 0 by 8
                                         do (funcall push (ldb (byte 8 position) value)))
                                   (let ((value 0))
                                     (loop repeat ,(/ size 8)
                                           do (setf value (logior (ash value 8) (funcall next))))
                                     value))
                        collect `(defun ,(symb name '-p) (x) (typep x '(unsigned-byte ,size)))))))
  (define-unsigned 8 16 32))

(define-type s16 (value push next)
  (encode 'u16 (logand value #xffff) push)
  (let ((value (decode 'u16 next)))
    (if (logbitp 15 value) (- value #x10000) value)))

(define-type text (value push next)
  (progn (encode 'u8 (length value) push)
         (map nil (lambda (c) (funcall push (char-code c))) value))
  (let ((string (make-string (decode 'u8 next))))
    (map-into string (lambda () (code-char (funcall next))))))

(define-type varint (value push next)
  (let ((rest value))
    (while (> rest 127)
      (funcall push (logior #x80 (ldb (byte 7 0) rest)))
      (setf rest (ash rest -7)))
    (funcall push rest))
  (do* ((shift 0 (+ shift 7))
        (octet (funcall next) (funcall next))
        (value (ldb (byte 7 0) octet) (dpb (ldb (byte 7 0) octet) (byte 7 shift) value)))
       ((not (logtest #x80 octet)) value)))

(defmethod encode ((type cons) value push)
  (ecase (first type)
    (list (encode 'u8 (length value) push)
     (dolist (v value) (encode (second type) v push)))
    (optional (encode 'u8 (if value 1 0) push)
     (when value (encode (second type) value push)))))

(defmethod decode ((type cons) next)
  (ecase (first type)
    (list (loop repeat (decode 'u8 next) collect (decode (second type) next)))
    (optional (if (plusp (decode 'u8 next)) (decode (second type) next) nil))))

(defmacro define-message (name &rest slots)
  "A structure with SLOTS, (name type &optional initform), and functions that write and read it."
  (let ((pushed (gensym)))
    `(progn
       (defstruct ,name ,@(loop for (slot nil init) in slots collect `(,slot ,init)))
       (defun ,(symb 'write- name) (message)
         (with-slots ,(mapcar #'first slots) message
           (let ((,pushed '()))
             (flet ((push-octet (o) (push o ,pushed)))
               ,@(loop for (slot type) in slots collect `(encode ',type ,slot #'push-octet)))
             (coerce (nreverse ,pushed) '(simple-array (unsigned-byte 8) (*))))))
       (defun ,(symb 'read- name) (next)
         (let* ,(loop for (slot type) in slots collect `(,slot (decode ',type next)))
           (,(symb 'make- name) ,@(loop for (slot) in slots append `(,(intern (string slot) :keyword) ,slot))))))))

(define-message request (verb u8 0) (serial u16 0) (numbers (list s16) '()) (note (optional text) nil))
(define-message reply (serial u16) (status u8 0) (value varint 0) (words (list text) nil))

;;; The service

(defvar *painted* '())

(defun handle (request)
  (let ((reply (make-reply :serial (request-serial request))))
    (symbol-macrolet ((words (reply-words reply)) (value (reply-value reply)))
      (verb-case (request-verb request)
        (:ping (awhen (request-note request) (appendf words (list it (string-upcase it)))))
        (:paint (let ((code (or (first (request-numbers request)) 0)))
                  (clampf code 0 2)
                  (push (colour-symbol code) *painted*)
                  (appendf words (list (colour-case code (:red "warm") (:green) (:blue "cold"))))
                  (setf words (remove nil words))))
        (:sum (let ((numbers (request-numbers request)))
                (setf value (abs (reduce #'+ numbers)))
                (when (minusp (reduce #'+ numbers)) (setf (reply-status reply) 1))))
        (:bye (setf (reply-status reply) 255))))
    reply))

(defun serve (stream)
  (loop
    (let* ((request (read-request (lambda () (read-byte stream))))
           (reply (handle request)))
      (write-sequence (write-reply reply) stream)
      (finish-output stream)
      (when (= 255 (reply-status reply)) (return (length *painted*))))))

(defun main ()
  (multiple-value-bind (a b) (iolib:make-socket-pair)
    (let ((thread (bt:make-thread (lambda () (let ((*painted* '())) (serve b)))))
          (serial 65530))
      (dolist (request '((:ping () "hi") (:ping) (:sum (1 -2 32767)) (:sum (-300 -5)) (:sum (30000 30000 30000)) (:paint (0))
                         (:paint (99)) (:paint (1)) (:bye)))
        (destructuring-bind (verb &optional numbers note) request
          (let* ((message (make-request :verb (verb-code verb) :serial serial :numbers numbers :note note))
                 (octets (write-request message)))
            (setf serial (logand #xffff (1+ serial)))
            (format t "~S~16T~{~2,'0x~^ ~}~%" verb (coerce octets 'list))
            (write-sequence octets a)
            (finish-output a)
            (let ((reply (read-reply (lambda () (read-byte a)))))
              (format t "   ~D: ~D ~D~@[ ~S~]~%" (reply-serial reply) (reply-status reply) (reply-value reply)
                      (reply-words reply))))))
      (format t "painted ~R~%" (bt:join-thread thread))
      (mapc #'close (list a b))))
  (let ((n 0) (flag nil) (list (list 1)))
    (format t "~D ~D " (square-sum (incf n) (incf n)) n)
    (togglef flag)
    (appendf list '(2) nil '(3 4))
    (format t "~S ~S ~S~%" flag list (group list 3))
    (format t "~S ~S~%" (acond ((find 9 list) :nine) ((member 3 list) (list :tail it)) (t :none)) (acond (nil 1) ((+ 1 1))))
    (format t "~S~%" (mapcar (lambda (x) (dbind-case x ((:a b &key (c 3)) (list b c)) ((:z &rest more) (length more))))
                             '((:a 1) (:a 1 :c 2) (:z 1 2 3))))
    (format t "~A~%" (handler-case (dbind-case '(:q) ((:a b) b)) (error (e) e)))
    (format t "~A~%" (handler-case (verb-code :dance) (error (e) e)))
    (format t "~S~%" (macroexpand-1 '(awhen (foo) (bar it) (baz))))
    (format t "~S~%" (macroexpand-1 '(colour-case x (:red 1) (:blue 2))))
    (format t "~S ~S~%" (mapcar #'u8-p '(255 256 -1 a)) (u32-p (expt 2 31)))))
