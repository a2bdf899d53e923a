"Common Lisp's operators in a file of Hy: forms that are pasted mean what they meant."

(require hy-iolib.cl * :readers *)
(import hy-iolib.cl *)

(defpackage :test-dialect (:use :common-lisp) (:export :area))
(in-package :test-dialect)

(defconstant +dozen+ 12)
(defvar *depth* 0 "How deep.")
(defparameter *letters* '(#\a #\Space #\( . #\b))

(defstruct point (x 0) y)

(defclass shape () ((name :initarg :name :reader shape-name)))
(defclass square (shape) ((side :initarg :side :accessor side)))
(defgeneric area (shape))
(defmethod area ((s square)) (expt (side s) 2))

(define-condition odd-thing (error)
  ((what :initarg :what :reader what))
  (:report (lambda (c stream) (format stream "odd: ~A" (what c)))))

(defmacro swap-twice (a b)
  `(progn (rotatef ,a ,b) (rotatef ,@(list a b))))

(defmacro with-depth ((n) &body body)
  `(let ((*depth* (+ *depth* ,n))) ,@body))

(defun classify (x &optional (default :none) &key ((:as kind) 'list) (times 1 timesp))
  "What X is."
  (cond ((null x) (values default kind times timesp))
        ((eql x 0) :zero)
        (t (typecase x (string :string) (cons `(pair ,(car x) . ,(cdr x))) (t kind)))))

(defun counters ()
  (let ((made '()))
    (dolist (i '(1 2 3))
      (push (lambda () (incf i)) made))
    (mapcar #'funcall (nreverse made))))

(defun find-first (predicate list)
  (block nil
    (mapc #'(lambda (x) (when (funcall predicate x) (return x))) list)
    :nothing))

(defun depth-inside () (with-depth (1) (with-depth (2) *depth*)))

(defun report () (handler-case (error 'odd-thing :what "this") (odd-thing (c) (princ-to-string c))))

;; At the top level, too.
(defvar *here* (list (if 0 :true) (if "" :true) (if nil 1)))
(setf (car *here*) (let ((x 1) (y 2)) (swap-twice x y) (list x y)))

;; ---- In functions of Hy, the operators see Python's variables

(defn lengths [words]
  (setv total 0)
  (dolist (w words)
    (setf total (+ total (length w))))
  total)

(defn summed [n]
  (setv f (fn [x] (* x 2)))
  (loop for i from 1 to n sum (f i)))

(defn chosen [x]
  (cond ((eql x 1) "one")
        ((stringp x) (handler-case (car x) (type-error () "no list")))
        (t (block nil (return (length x))))))
