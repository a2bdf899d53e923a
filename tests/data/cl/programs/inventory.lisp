;;;; run: (inventory:main)
;;;; inventory.lisp
;;;;
;;;; Objects that remote commands make, change and look at: a small remote-object server. It is mostly about CLOS.

(defpackage #:inventory
  (:use #:common-lisp)
  (:export #:main))

(in-package #:inventory)

(defvar *trace* '() "What methods did, the latest first.")
(defun trace-it (&rest things) (push things *trace*) nil)

;;; Classes

(defclass thing ()
  ((name :initarg :name :accessor name :type string)
   (price :initarg :price :initform 0 :reader price :writer (setf price))
   (count-of-things :allocation :class :initform 0 :accessor count-of-things)
   secret)
  (:default-initargs :name "thing")
  (:documentation "Anything that is kept here."))

(defclass container (thing)
  ((contents :initform '() :accessor contents)
   (capacity :initarg :capacity :reader capacity))
  (:default-initargs :capacity 3 :name "box"))

(defclass fragile ()
  ((broken :initform nil :accessor brokenp)))

(defclass vase (fragile container) ()
  (:default-initargs :name "vase" :capacity 1))

(defclass book (thing)
  ((pages :initarg :pages :initform (error "how many pages?"))
   (title :initarg :title :initarg :called :accessor title)))

(defmethod initialize-instance :after ((thing thing) &key (quantity 1) &allow-other-keys)
  (incf (count-of-things thing) quantity)
  (trace-it :made (class-name (class-of thing))))

(defmethod initialize-instance :before ((vase vase) &rest initargs &key price)
  (declare (ignore initargs))
  (trace-it :vase price))

(defmethod shared-initialize :after ((book book) slot-names &key pages)
  (declare (ignore slot-names))
  (when (and pages (minusp pages))
    (setf (slot-value book 'pages) 0)))

(defmethod print-object ((thing thing) stream)
  (print-unreadable-object (thing stream :type t :identity nil)
    (format stream "~A~@[ ~D¢~]" (name thing) (and (plusp (price thing)) (price thing)))))

;;; Generic functions

(define-condition refused (error)
  ((what :initarg :what :reader what) (why :initarg :why :reader why))
  (:report (lambda (c s) (format s "~A: ~A" (what c) (why c)))))

(defgeneric put-in (thing container)
  (:documentation "Put THING into CONTAINER.")
  (:argument-precedence-order container thing))

(defmethod put-in (thing container)
  (error 'refused :what container :why (format nil "~A is no place for ~A" container thing)))

(defmethod put-in ((thing thing) (box container))
  (push thing (contents box))
  (length (contents box)))

(defmethod put-in :around ((thing thing) (box container))
  (cond ((eq thing box) (error 'refused :what box :why "not into itself"))
        ((>= (length (contents box)) (capacity box))
         (restart-case (error 'refused :what box :why "full")
           (make-room () :report "Take something out." (pop (contents box)) (call-next-method))
           (squeeze (&optional (by 1)) (setf (slot-value box 'capacity) (+ by (capacity box))) (call-next-method))))
        (t (call-next-method))))

(defmethod put-in :before ((thing thing) (box vase))
  (when (typep thing 'container)
    (setf (brokenp box) t)
    (trace-it :crack (name box))))

(defmethod put-in ((list cons) (box container))
  (dolist (x list (length (contents box)))
    (put-in x box)))

(defmethod put-in ((nothing null) (box container)) 0)

(defgeneric value-of (thing)
  (:method-combination +)
  (:method + ((thing thing)) (price thing))
  (:method + ((box container)) (reduce #'+ (contents box) :key #'value-of))
  (:method + ((f fragile)) (if (brokenp f) -1 0)))

(defgeneric labels-of (thing)
  (:method-combination append :most-specific-first)
  (:method append ((thing thing)) (list :thing))
  (:method append ((f fragile)) (list (if (brokenp f) :broken :fragile)))
  (:method append ((c container)) (list :container (length (contents c)))))

(defgeneric combine (a b)
  (:method ((a number) (b number)) (list :numbers (+ a b)))
  (:method ((a integer) (b integer)) (list* :integers (call-next-method)))
  (:method ((a (eql 0)) b) (list :nothing-and b))
  (:method ((a symbol) (b (eql 'x))) :symbol-and-x)
  (:method ((a null) (b t)) (list :null (next-method-p)))
  (:method ((a string) (b list)) (format nil "~A~{~A~}" a b))
  (:method (a b) :whatever))

(defmethod no-applicable-method ((f (eql #'value-of)) &rest args)
  (list :no-value (first args)))

(defmethod slot-unbound (class (thing thing) (slot (eql 'secret)))
  (declare (ignore class))
  (setf (slot-value thing 'secret) (reverse (name thing))))

(defmethod slot-missing (class (thing thing) slot operation &optional new)
  (declare (ignore class new))
  (list :no-slot slot operation))

(defmethod update-instance-for-different-class :before ((old thing) (new book) &key)
  (setf (slot-value new 'title) (format nil "The ~:(~A~)" (name old))))

(defgeneric (setf discount) (percent thing)
  (:method (percent (thing thing))
    (setf (price thing) (round (* (price thing) (- 100 percent)) 100))
    percent)
  (:method :after (percent (box container))
    (dolist (x (contents box)) (setf (discount x) percent))))

;;; The server: a line is a form (operator argument…); arguments that are symbols are names of objects.

(defvar *objects*)

(defun object (x)
  (cond ((and (symbolp x) x (not (keywordp x)))
         (multiple-value-bind (object found) (gethash x *objects*)
           (if found object (error 'refused :what x :why "unknown"))))
        ((and (consp x) (eq (first x) 'quote)) (second x))
        ((consp x) (mapcar #'object x))
        (t x)))

(defun execute (form)
  (destructuring-bind (operator &rest arguments) form
    (ecase operator
      (make (destructuring-bind (name class &rest initargs) arguments
              (setf (gethash name *objects*) (apply #'make-instance class initargs))))
      (put (put-in (object (first arguments)) (object (second arguments))))
      (value (value-of (object (first arguments))))
      (labels (labels-of (object (first arguments))))
      (combine (apply #'combine (mapcar #'object arguments)))
      (slot (slot-value (object (first arguments)) (second arguments)))
      (boundp (slot-boundp (object (first arguments)) (second arguments)))
      (change (change-class (object (first arguments)) (second arguments) :pages 7))
      (again (reinitialize-instance (object (first arguments)) :name (second arguments)))
      (discount (setf (discount (object (first arguments))) (second arguments)) (price (object (first arguments))))
      (contents (contents (object (first arguments))))
      (count (count-of-things (object (first arguments)))))))

(defun answer (line)
  (let ((*package* (find-package '#:inventory)))
    (handler-case
        (handler-bind ((refused (lambda (c)
                                  (when (and (string= (why c) "full") (find-restart 'squeeze c) (not (find #\! line)))
                                    (invoke-restart (if (find #\? line) 'make-room 'squeeze))))))
          (prin1-to-string (execute (read-from-string (remove #\! (remove #\? line))))))
      (refused (c) (format nil "refused: ~A" c))
      (unbound-slot (c) (format nil "unbound: ~S" (cell-error-name c)))
      (simple-error (c) (format nil "error: ~A" c))
      (error (c) (format nil "error: ~:[?~;program~]" (typep c 'program-error))))))

(defun serve (stream)
  (let ((*objects* (make-hash-table)) (*trace* '()))
    (with-open-stream (s stream)
      (loop for line = (read-line s nil)
            while line
            do (write-line (answer line) s)
               (finish-output s)))
    (reverse *trace*)))

(defparameter *script*
  '("(make box container :price 100)" "(make b1 book :pages 10 :title \"One\" :price 500)"
    "(make b2 book :pages -3 :called \"Two\" :title \"Too\" :price 250 :name \"pamphlet\")" "(make v vase :price 999)"
    "(make bad book)" "(make bad book :pages 1 :colour :red)" "(slot b2 pages)" "(slot b1 title)" "(slot b2 title)"
    "(put b1 box)" "(put (b2 v) box)" "(contents box)" "(value box)" "(labels box)" "(labels v)" "(labels b1)"
    "(make p thing :quantity 3)" "(put p box)!" "(put p box)?" "(contents box)" "(put p box)" "(put box box)!"
    "(make crate container :name \"crate\")" "(put crate v)" "(labels v)" "(put p b1)" "(put nil box)" "(put \"text\" box)"
    "(combine 1 2)" "(combine 1 2.5)" "(combine 0 7)" "(combine :k 'x)" "(combine 'y 'x)" "(combine nil 3)" "(combine \"a\" (1 2))"
    "(combine #\\a 1)"
    "(slot p secret)" "(boundp p secret)" "(boundp v secret)" "(slot p nonsense)" "(boundp p nonsense)"
    "(make q book :pages 3)" "(slot q title)" "(boundp q title)" "(value 42)" "(value nobody)"
    "(change p book)" "(slot p title)" "(slot p pages)" "(slot p name)" "(again p \"renamed\")"
    "(discount box 50)" "(value b1)" "(count box)" "(count q)"))

(defun main ()
  (multiple-value-bind (a b) (iolib:make-socket-pair :external-format :utf-8)
    (let ((thread (bt:make-thread (lambda () (serve b)))))
      (dolist (line *script*)
        (format a "~A~%" line)
        (finish-output a)
        (format t "~A~50T~A~%" line (read-line a)))
      (close a)
      (loop for (what . more) in (bt:join-thread thread)
            do (format t "~(~A~)~{ ~A~} " what more)
            finally (terpri))))
  (let ((f #'combine))
    (format t "~A ~A ~A~%" (typep f 'generic-function) (mapcar (lambda (c) (subtypep c 'thing)) '(vase book fragile))
            (funcall f 'a 'x)))
  (format t "~S~%" (class-name (find-class 'vase)))
  (values))
