;;;; run: (matrices:main)
;;;; matrices.lisp: a matrix service. Matrices go over the wire row by row; results are exact.

(defpackage :matrices (:use :cl :iolib) (:export :main))

(in-package :matrices)

;; ==== The arithmetic

(defun make-matrix (rows columns &optional (element 0))
  (make-array (list rows columns) :initial-element element))

(defun rows (m) (array-dimension m 0))
(defun columns (m) (array-dimension m 1))

(defmacro do-matrix ((element (i j) matrix) &body body)
  "BODY with ELEMENT a place that is the element at I and J."
  (let ((m (gensym "M")))
    `(let ((,m ,matrix))
       (dotimes (,i (rows ,m) ,m)
         (dotimes (,j (columns ,m))
           (symbol-macrolet ((,element (aref ,m ,i ,j)))
             ,@body))))))

(defun matrix (&rest rows)
  (make-array (list (length rows) (length (first rows))) :initial-contents rows))

(defun identity-matrix (n)
  (do-matrix (x (i j) (make-matrix n n))
    (setf x (if (= i j) 1 0))))

(defun transpose (m)
  (do-matrix (x (i j) (make-matrix (columns m) (rows m)))
    (setf x (aref m j i))))

(define-condition dimension-mismatch (error)
  ((operation :initarg :operation) (shapes :initarg :shapes))
  (:report (lambda (c s)
             (with-slots (operation shapes) c
               (format s "~(~A~): ~{~{~D~^x~}~^ and ~}" operation shapes)))))

(defun check-shapes (operation test &rest matrices)
  (unless (apply test (mapcar #'array-dimensions matrices))
    (error 'dimension-mismatch :operation operation :shapes (mapcar #'array-dimensions matrices))))

(defun multiply (a b)
  (check-shapes 'multiply (lambda (x y) (= (second x) (first y))) a b)
  (do-matrix (x (i j) (make-matrix (rows a) (columns b)))
    (dotimes (k (columns a))
      (incf x (* (aref a i k) (aref b k j))))))

(defun add (a b &optional (operation #'+))
  (check-shapes 'add #'equal a b)
  (let ((sum (make-matrix (rows a) (columns a))))
    (map-into (make-array (array-total-size sum) :displaced-to sum)
              operation
              (make-array (array-total-size a) :displaced-to a)
              (make-array (array-total-size b) :displaced-to b))
    sum))

(defun power (m n)
  (check-shapes 'power (lambda (x) (apply #'= x)) m)
  (cond ((zerop n) (identity-matrix (rows m)))
        ((minusp n) (power (inverse m) (- n)))
        ((evenp n) (let ((half (power m (/ n 2)))) (multiply half half)))
        (t (multiply m (power m (1- n))))))

(defun swap-rows (m i j)
  (dotimes (k (columns m)) (rotatef (aref m i k) (aref m j k))))

(defun eliminate (m)
  "Gauss-Jordan on a copy of M: the reduced matrix, its rank, and the product of the pivots with its sign."
  (let ((m (do-matrix (x (i j) (make-matrix (rows m) (columns m))) (setf x (aref m i j))))
        (row 0)
        (determinant 1))
    (loop for column below (columns m)
          while (< row (rows m))
          do (let ((pivot (loop for i from row below (rows m)
                                unless (zerop (aref m i column)) return i)))
               (cond ((null pivot) (setf determinant 0))
                     (t
                      (unless (= pivot row)
                        (swap-rows m pivot row)
                        (setf determinant (- determinant)))
                      (let ((p (aref m row column)))
                        (setf determinant (* determinant p))
                        (dotimes (k (columns m)) (setf (aref m row k) (/ (aref m row k) p))))
                      (dotimes (i (rows m))
                        (unless (or (= i row) (zerop (aref m i column)))
                          (let ((factor (aref m i column)))
                            (dotimes (k (columns m))
                              (decf (aref m i k) (* factor (aref m row k)))))))
                      (incf row)))))
    (values m row determinant)))

(defun determinant (m)
  (check-shapes 'determinant (lambda (x) (= (first x) (second x))) m)
  (nth-value 2 (eliminate m)))

(defun inverse (m)
  (check-shapes 'inverse (lambda (x) (= (first x) (second x))) m)
  (let* ((n (rows m))
         (wide (make-matrix n (* 2 n))))
    (do-matrix (x (i j) wide)
      (setf x (cond ((< j n) (aref m i j)) ((= i (- j n)) 1) (t 0))))
    (let ((reduced (eliminate wide)))
      (unless (loop for i below n always (= 1 (aref reduced i i)))
        (error 'division-by-zero :operation 'inverse :operands (list m)))
      (do-matrix (x (i j) (make-matrix n n))
        (setf x (aref reduced i (+ j n)))))))

;; ==== The protocol: "NAME rows columns", the rows, "." after the last argument

(defun write-matrix (m stream)
  (format stream "~D ~D~%" (rows m) (columns m))
  (dotimes (i (rows m))
    (dotimes (j (columns m))
      (unless (zerop j) (write-char #\Space stream))
      (princ (aref m i j) stream))
    (terpri stream)))

(defun read-numbers (line)
  (with-input-from-string (in line)
    (let ((*read-eval* nil))
      (loop for x = (read in nil in)
            until (eq x in)
            collect (if (realp x) x (error "~S is no number" x))))))

(defun read-matrix (header stream)
  (destructuring-bind (rows columns) header
    (let ((m (make-matrix rows columns)))
      (dotimes (i rows m)
        (let ((numbers (read-numbers (read-line stream))))
          (assert (= (length numbers) columns) () "row ~R has ~R number~:P" (1+ i) (length numbers))
          (loop for x in numbers
                and j from 0
                do (setf (aref m i j) x)))))))

(defparameter *operations*
  (list (cons "multiply" #'multiply) (cons "add" #'add) (cons "subtract" (lambda (a b) (add a b #'-)))
        (cons "transpose" 'transpose) (cons "determinant" 'determinant) (cons "inverse" 'inverse)
        (cons "rank" (lambda (m) (nth-value 1 (eliminate m))))
        (cons "square" (lambda (m) (power m 2))) (cons "fibonacci" (lambda (m) (aref (power m 90) 0 1)))
        (cons "floats" (lambda (m) (do-matrix (x (i j) (transpose (transpose m))) (setf x (float x)))))))

(defun serve-request (operation stream)
  (let ((arguments '()) (function (cdr (assoc operation *operations* :test #'string-equal))))
    (loop for line = (read-line stream)
          until (string= line ".")
          do (push (read-matrix (read-numbers line) stream) arguments))
    (let ((result (apply (or function (error "no operation ~A" operation)) (nreverse arguments))))
      (etypecase result
        (number (format stream "= ~A~%" result))
        ((array * (* *)) (write-string "= " stream) (write-matrix result stream))))))

(defun serve (listener)
  (with-accept-connection (s listener :wait t)
    (loop for line = (read-line s nil)
          while line
          do (handler-case (serve-request line s)
               (division-by-zero () (format s "! singular~%"))
               (error (e) (format s "! ~A~%" e)))
             (finish-output s))))

(defun ask (s operation &rest matrices)
  (format s "~A~%" operation)
  (mapc (lambda (m) (write-matrix m s)) matrices)
  (format s ".~%")
  (finish-output s)
  (let ((line (read-line s)))
    (format t "~(~A~) ~A~%" operation line)
    (let ((numbers (and (char= #\= (char line 0)) (read-numbers (subseq line 2)))))
      (when (= 2 (length numbers))
        (let* ((m (read-matrix numbers s))
               (width (reduce #'max (make-array (array-total-size m) :displaced-to m)
                              :key (lambda (x) (length (princ-to-string x))))))
          (dotimes (i (rows m) m)
            (format t "  [~{~v@A~^ ~}]~%" (loop for j below (columns m) collect width collect (aref m i j)))))))))

(defun main ()
  (with-open-socket (listener :connect :passive :address-family :internet :type :stream :ipv6 nil
                              :local-host +ipv4-loopback+ :local-port 0)
    (let ((thread (bt:make-thread (lambda () (serve listener)))))
      (with-open-socket (s :remote-host +ipv4-loopback+ :remote-port (local-port listener) :ipv6 nil)
        (let* ((a (matrix '(1 2) '(3 4)))
               (b (matrix '(1/2 0 -1) '(10 1/3 7)))
               (hilbert (do-matrix (x (i j) (make-matrix 3 3)) (setf x (/ (+ i j 1))))))
          (ask s 'multiply a b)
          (ask s 'multiply b a)
          (ask s "Transpose" b)
          (ask s 'determinant hilbert)
          (let ((inverse (ask s 'inverse hilbert)))
            (format t "back: ~A~%" (equalp (multiply inverse hilbert) (identity-matrix 3))))
          (ask s 'inverse (matrix '(1 2) '(2 4)))
          (ask s 'determinant (matrix '(0 0 2) '(0 3 0) '(4 0 0)))
          (ask s 'rank (matrix '(1 2 3) '(2 4 6) '(1 0 1)))
          (ask s 'fibonacci (matrix '(1 1) '(1 0)))
          (ask s 'add a (transpose a))
          (ask s 'subtract a (matrix '(0.5 0.25) '(3 4)))
          (ask s 'add a b)
          (ask s 'floats (matrix '(1/2 1/4 1/3) '(100 -1 0)))
          (ask s 'unheard-of a)
          (ask s 'square a)))
      (bt:join-thread thread)))
  (format t "~S ~S~%" (power (matrix '(2)) 10) (power (matrix '(1 1) '(0 1)) -3)))
