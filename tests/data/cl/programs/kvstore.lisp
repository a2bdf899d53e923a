;;;; run: (kv:main)
;;;; kv: a key-value store with nested transactions. Requests and replies are s-expressions over a local socket pair;
;;;; values are plists, alists, numbers, strings, whatever can be read.

(defpackage :kv (:use :cl) (:export #:main))
(in-package :kv)

;;; The store is a list of layers, alists, the innermost transaction first. (key . +deleted+) hides a key.

(defvar *layers* (list '()))
(defvar *trail* '())
(defconstant +deleted+ '+deleted+)

(define-condition kv-error (error)
  ((key :initarg :key :initform nil :reader kv-error-key)))
(define-condition no-such-key (kv-error) ()
  (:report (lambda (c s) (format s "no key ~S" (kv-error-key c)))))
(define-condition wrong-type (kv-error)
  ((value :initarg :value :reader wrong-value)
   (wanted :initarg :wanted :reader wanted-type))
  (:report (lambda (c s)
             (format s "~S is ~S, not of type ~A" (kv-error-key c) (wrong-value c) (wanted-type c)))))
(define-condition bad-request (error)
  ((form :initarg :form))
  (:report (lambda (c s) (format s "bad request ~S" (slot-value c 'form)))))

(defun lookup (key)
  "The value of KEY, and whether there is one."
  (dolist (layer *layers* (values nil nil))
    (let ((entry (assoc key layer :test #'equal)))
      (when entry
        (return (if (eq (cdr entry) +deleted+) (values nil nil) (values (cdr entry) t)))))))

(defun fetch (key &key (type t))
  (multiple-value-bind (value found) (lookup key)
    (unless found
      (restart-case (error 'no-such-key :key key)
        (use-value (v) :report "Use another value." (return-from fetch v))
        (store-value (v) :report "Store a value and use it."
          (setf (fetch key) v)
          (return-from fetch v))))
    (loop until (typep value type)
          do (restart-case (error 'wrong-type :key key :value value :wanted type)
               (use-value (v) (setf value v))))
    value))

(defun (setf fetch) (value key)
  (let ((entry (assoc key (car *layers*) :test #'equal)))
    (if entry
        (setf (cdr entry) value)
        (push (cons key value) (car *layers*)))
    value))

(defsetf path (key indicator) (value)
  (let ((k (gensym)) (i (gensym)))
    `(let ((,k ,key) (,i ,indicator))
       (let ((plist (copy-list (handler-bind ((no-such-key (lambda (c) (declare (ignore c)) (invoke-restart 'use-value '()))))
                                 (fetch ,k :type 'list)))))
         (setf (getf plist ,i) ,value
               (fetch ,k) plist)
         ,value))))

(defun path (key indicator) (getf (fetch key :type 'list) indicator))

(defun keys ()
  (let ((seen '()) (live '()))
    (dolist (layer *layers*)
      (loop for (key . value) in layer
            unless (member key seen :test #'equal)
              do (push key seen)
                 (unless (eq value +deleted+) (pushnew key live :test #'equal))))
    (sort live #'string< :key #'princ-to-string)))

(defun call-with-transaction (thunk)
  "Values of THUNK; what it stored is kept unless control leaves it in another way."
  (let ((done nil) (result nil))
    (let ((*layers* (cons '() *layers*)))
      (unwind-protect
           (setf result (multiple-value-list (funcall thunk))
                 done (car *layers*))
        (push (if done :commit :rollback) *trail*)))
    (loop for (key . value) in (reverse done)
          do (if (and (eq value +deleted+) (null (cdr *layers*)))
                 (setf (car *layers*) (remove key (car *layers*) :key #'car :test #'equal))
                 (setf (fetch key) value)))
    (values-list result)))

(defmacro with-transaction (() &body body)
  `(call-with-transaction #'(lambda () ,@body)))

;;; Requests

(defun execute (form)
  (flet ((numeric (key)
           (handler-bind ((no-such-key (lambda (c) (declare (ignore c)) (use-value 0))))
             (fetch key :type 'number))))
    (typecase form
      ((cons (eql :get)) (destructuring-bind (key &optional (default nil default-p)) (cdr form)
                           (if default-p
                               (handler-case (fetch key) (no-such-key () default))
                               (fetch key))))
      ((cons (eql :put)) (loop for (key value) on (cdr form) by #'cddr
                               do (setf (fetch key) value)
                               count t))
      ((cons (eql :del)) (with-transaction ()
                           (mapc (lambda (key) (fetch key) (setf (fetch key) +deleted+)) (cdr form))
                           (length (cdr form))))
      ((cons (eql :incf)) (destructuring-bind (key &optional (delta 1)) (rest form)
                            (setf (fetch key) (+ (numeric key) delta))))
      ((cons (eql :keys)) (values (keys) (length (keys))))
      ((cons (eql :path)) (destructuring-bind (key indicator &optional (value nil given)) (rest form)
                            (if given (setf (path key indicator) value) (path key indicator))))
      ((cons (eql :all)) (with-transaction ()
                           (let (last)
                             (dolist (f (cdr form) last)
                               (setf last (execute f))))))
      ((cons (eql :try)) (block try
                           (handler-bind ((kv-error (lambda (c)
                                                      (return-from try
                                                        (values :failed (type-of c) (kv-error-key c))))))
                             (execute (second form)))))
      ((cons (eql :abort)) (throw :abort (values-list (cdr form))))
      ((cons (eql :catch)) (catch :abort (execute (second form))))
      (t (error 'bad-request :form form)))))

(defun answer (text)
  "The reply to TEXT, a string."
  (let ((*read-eval* nil) (*package* (find-package :kv)))
    (handler-case
        (let* ((form (read-from-string text))
               (values (multiple-value-list (catch-all (lambda () (execute form))))))
          (format nil "OK~{ ~S~}" values))
      (end-of-file () "ERROR unfinished")
      (reader-error () "ERROR unreadable")
      ((or kv-error bad-request) (c) (format nil "ERROR ~A" c))
      (type-error (c) (format nil "ERROR ~(~S~) ~S" 'type-error (type-error-datum c)))
      ;; Not every implementation makes a program-error of what destructuring-bind does not like.
      (program-error () "ERROR wrong arguments")
      (error () "ERROR wrong arguments"))))

(defun catch-all (thunk) (catch :abort (funcall thunk)))

(defun serve (stream)
  (let ((*layers* (list '())) (*trail* '()))
    (loop for line = (read-line stream nil nil)
          while line
          do (write-line (answer line) stream)
             (finish-output stream))
    (values (car *layers*) (reverse *trail*))))

(defparameter *session*
  '("(:put a 1 b \"two\" \"c\" #\\3)"
    "(:get b)"
    "(:get \"c\")"
    "(:get nothing)"
    "(:get nothing (1 . 2))"
    "(:incf a 41)"
    "(:incf hits)"
    "(:incf b)"
    "(:incf a 1/3)"
    "(:keys)"
    "(:path ann :age 30)"
    "(:path ann :name \"Ann\")"
    "(:get ann)"
    "(:path ann :age)"
    "(:path a :age)"
    "(:all (:put x 1) (:put y 2) (:incf x 10) (:get y))"
    "(:all (:put x 99) (:all (:put z 3) (:del a)) (:get a))"
    "(:get x)"
    "(:try (:all (:put x 99) (:get nope)))"
    "(:catch (:all (:put x 77) (:abort :gave-up x 2)))"
    "(:abort 1 2)"
    "(:get x)"
    "(:del x y)"
    "(:del x)"
    "(:keys)"
    "(:dance)"
    "(:get"
    "#.(+ 1 2)"
    "(:get 1 2 3)"
    "(:put l ((1 2) (3 . 4)) v #(1 2) s :keyword r 22/7 f 1.5)"
    "(:all (:get l) (:get v))"
    "(:get r)" "(:get f)"
    "foo"))

(defun main ()
  (multiple-value-bind (ours theirs) (iolib:make-socket-pair :external-format :utf-8)
    (let ((server (bt:make-thread (lambda ()
                                    (unwind-protect (multiple-value-list (serve theirs))
                                      (close theirs))))))
      (dolist (request *session*)
        (write-line request ours)
        (finish-output ours)
        (format t "~A~%  ~A~%" request (read-line ours)))
      (close ours)
      (destructuring-bind (store trail) (bt:join-thread server)
        (format t "~{~S~^ ~}~%" trail)
        (format t "~:{~(~A~) = ~S~%~}" (sort (loop for (k . v) in store collect (list k v))
                                            #'string< :key (lambda (e) (string (first e)))))))))
