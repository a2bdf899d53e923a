;;; The printer: what prin1, princ, print and write print of every kind of object.

;; Integers, ratios, *print-base*, *print-radix*.
(prin1-to-string 0)
(prin1-to-string -17)
(prin1-to-string 123456789012345678901234567890)
(prin1-to-string 1/2)
(prin1-to-string -22/7)
(let ((*print-base* 2)) (prin1-to-string 10))
(let ((*print-base* 16)) (prin1-to-string -255))
(let ((*print-base* 36)) (prin1-to-string 123456789))
(let ((*print-base* 7)) (prin1-to-string 1/49))
(let ((*print-base* 16) (*print-radix* t)) (list (prin1-to-string 255) (prin1-to-string 1/255)))
(let ((*print-base* 8) (*print-radix* t)) (prin1-to-string 8))
(let ((*print-base* 2) (*print-radix* t)) (prin1-to-string 5))
(let ((*print-base* 3) (*print-radix* t)) (prin1-to-string 5))
(let ((*print-radix* t)) (list (prin1-to-string 10) (prin1-to-string 1/10) (princ-to-string 10)))
(let ((*print-base* 36)) (prin1-to-string (expt 7 300)))
(let ((*print-base* 3)) (princ-to-string (- (expt 7 100))))
(length (prin1-to-string (expt 10 5000)))

;; Floats.
(prin1-to-string 1.0)
(prin1-to-string -0.0)
(prin1-to-string 1.5d0)
(prin1-to-string 1d20)
(prin1-to-string 1e20)
(prin1-to-string 0.001)
(prin1-to-string 0.0001)
(prin1-to-string 1e7)
(prin1-to-string 1e6)
(prin1-to-string 3.1415927)
(prin1-to-string 0.1)
(prin1-to-string 1/3)
(list 1.0 2.5d0 1e-10 100.0 123456.79)
(let ((*read-default-float-format* 'double-float)) (list (prin1-to-string 1.5) (prin1-to-string 1.5d0) (prin1-to-string 1d30)))
(prin1-to-string #c(1 2))
(prin1-to-string #c(1.5 -2.0))

;; Symbols.
'abc
'|abc|
'|Hello World|
'|a\|b|
'|a\\b|
'|A|
'||
:key
:|key|
'#:g
(make-symbol "abc")
(let ((*print-gensym* nil)) (prin1-to-string '#:g))
'(nil t)
'a.b
'1+
'|1|
'|-1|
'|+|
'-
'|.|
'|..|
'|1/2|
'|1e5|
'|1.5|
'|A:B|
'|a;b|
'|a'b|
'|A#B|
'|#A|
'&optional
'*special*
'+constant+
'%internal
'|FOO BAR|
(princ-to-string '|Hello World|)
(princ-to-string :key)
(princ-to-string '#:g)
(defpackage :printer-test (:use :cl) (:export #:visible))
(list 'printer-test:visible (intern "HIDDEN" :printer-test))
(let ((*package* (find-package :printer-test)))
  (prin1-to-string (list 'printer-test:visible 'car 'foo :key nil t)))
(let ((*package* (find-package :keyword)))
  (prin1-to-string (list 'car :key 'foo)))
(princ-to-string 'printer-test:visible)
(let ((*print-case* :downcase)) (prin1-to-string '(abc :key |Abc| nil "Str")))
(let ((*print-case* :capitalize)) (prin1-to-string '(abc-def :key-word with*star |x y| a1b2-c3d)))
(let ((*print-case* :downcase)) (princ-to-string '(abc :key |Abc|)))
(let ((*print-case* :upcase)) (prin1-to-string 'abc))
(let ((*print-base* 16)) (prin1-to-string '(face foo a1 g)))
(let ((*print-case* :downcase)) (prin1-to-string 'printer-test::hidden))

;; Characters and strings.
#\a
#\A
#\Space
#\Newline
#\Tab
#\Nul
#\Rubout
#\Backspace
#\Return
#\Page
#\Escape
#\(
#\"
#\\
(code-char 233)
(code-char 955)
(code-char 160)
(code-char 7)
(code-char 128512)
(princ-to-string #\a)
(princ-to-string #\Newline)
(prin1-to-string (list #\a #\Space #\Tab))
(princ-to-string (list #\a #\Space #\b))
"abc"
"a\"b"
"a\\b"
""
"two
lines"
(princ-to-string "a\"b")
(prin1-to-string "a\"b")
(princ-to-string '("a" (#\b "c") d))
(prin1-to-string (make-string 3 :initial-element #\x))
(princ-to-string (make-string 3 :initial-element #\x))
(prin1-to-string (make-array 4 :element-type 'character :fill-pointer 2 :initial-element #\z))

;; Conses.
'(a b c)
'(a . b)
'(a b . c)
'(a . (b . (c . nil)))
'(())
'((a) (b (c)))
'(1 . 2.5)
'(nil . nil)
''a
'#'car
'(quote a b)
'(quote)
'(quote . a)
'(function a)
'('a 'b)
'`a
'`(a ,b ,@c)
'`(a . ,b)
'`(,a ,.b)
(list 'quote 'a)

;; Vectors and arrays.
#(1 2 3)
#()
#(a "b" #\c)
(vector 1 (vector 2))
(make-array 3 :initial-element 0)
(make-array '(2 3) :initial-contents '((1 2 3) (4 5 6)))
(make-array '(2 2 1) :initial-element 'x)
(make-array nil :initial-element 7)
(make-array '(0 3))
(make-array '(2 0))
(make-array 4 :element-type '(unsigned-byte 8) :initial-contents '(1 2 255 0))
(make-array 4 :element-type '(unsigned-byte 8) :fill-pointer 2 :initial-element 9)
(make-array 5 :fill-pointer 3 :initial-element nil)
(let ((*print-base* 16)) (prin1-to-string (make-array 2 :element-type '(unsigned-byte 8) :initial-element 255)))
(princ-to-string #("a" #\b))

;; *print-length*, *print-level*.
(let ((*print-length* 3)) (prin1-to-string '(1 2 3)))
(let ((*print-length* 2)) (prin1-to-string '(1 2 3)))
(let ((*print-length* 0)) (prin1-to-string '(1 2 3)))
(let ((*print-length* 0)) (prin1-to-string nil))
(let ((*print-length* 1)) (prin1-to-string '(1 . 2)))
(let ((*print-length* 2)) (prin1-to-string #(1 2 3)))
(let ((*print-length* 2)) (prin1-to-string #(1 2)))
(let ((*print-length* 2)) (prin1-to-string (make-array '(3 3) :initial-element 0)))
(let ((*print-length* 2)) (prin1-to-string "long string"))
(let ((*print-level* 0)) (prin1-to-string '(1)))
(let ((*print-level* 1)) (prin1-to-string '(1 (2) #(3) "x")))
(let ((*print-level* 2)) (prin1-to-string '(1 (2 (3)))))
(let ((*print-level* 1)) (prin1-to-string #(1 (2))))
(let ((*print-level* 1)) (prin1-to-string (make-array '(2 2) :initial-element 0)))
(let ((*print-level* 2) (*print-length* 2)) (prin1-to-string '(1 (2 (3)) 4 5)))
(let ((*print-level* 0)) (prin1-to-string 'a))
(let ((*print-array* nil)) (prin1-to-string "abc"))

;; prin1, princ, print, write, pprint and what they return.
(list (prin1 'a) (princ "b") (print #\c))
(print "x")
(multiple-value-list (pprint '(a b)))
(write '(a "b"))
(write '(a "b") :escape nil)
(write 255 :base 16 :radix t)
(write 'abc :case :downcase)
(write '(1 2 3 4) :length 2)
(write '(1 (2 (3))) :level 1)
(write-to-string '(a "b" #\c))
(write-to-string '(a "b" #\c) :escape nil)
(write-to-string 10 :base 2)
(write-to-string 10 :radix t)
(let ((*print-escape* nil)) (write-to-string "abc"))
(let ((*print-escape* nil)) (prin1-to-string "abc"))
(let ((*print-escape* t)) (princ-to-string "abc"))
(with-output-to-string (s) (prin1 "a" s) (princ "b" s) (print "c" s) (write "d" :stream s))
(let ((s (make-string-output-stream))) (list (write 1 :stream s) (get-output-stream-string s)))

;; *print-readably*.
(let ((*print-readably* t)) (princ-to-string "abc"))
(let ((*print-readably* t) (*print-escape* nil)) (write-to-string "abc"))
(let ((*print-readably* t)) (prin1-to-string '(a "b" #\c 1.5)))
(let ((*print-readably* t)) (prin1-to-string #'car))
(let ((*print-readably* t)) (prin1-to-string (make-string-output-stream)))
(let ((*print-readably* t) (*print-length* 1)) (prin1-to-string '(1 2 3)))

;; Functions, packages and the like.
#'car
(find-package :cl)
(prin1-to-string (find-package :cl-user))
(princ-to-string (find-package :printer-test))
(defun printer-test-function (x) x)
#'printer-test-function
(let ((*package* (find-package :printer-test))) (prin1-to-string #'printer-test-function))
(subseq (prin1-to-string (make-hash-table)) 0 34)
(subseq (prin1-to-string (make-hash-table :test 'equal)) 0 36)
(let ((h (make-hash-table))) (setf (gethash 1 h) 2 (gethash 3 h) 4) (subseq (princ-to-string h) 0 34))
#p"foo/bar.txt"
(princ-to-string #p"foo/bar.txt")
(subseq (prin1-to-string (make-string-output-stream)) 0 32)
(subseq (prin1-to-string (make-string-input-stream "")) 0 31)
(subseq (prin1-to-string (make-broadcast-stream)) 0 19)
(subseq (prin1-to-string (make-synonym-stream '*standard-output*)) 0 42)
(subseq (prin1-to-string (make-concatenated-stream)) 0 35)

;; Structures.
(defstruct printer-point x (y 2))
(make-printer-point :x 1)
(princ-to-string (make-printer-point :x "a" :y #\b))
(prin1-to-string (make-printer-point :x "a" :y '(b)))
(defstruct printer-empty)
(make-printer-empty)
(let ((*print-length* 1)) (prin1-to-string (make-printer-point)))
(let ((*print-level* 1)) (prin1-to-string (list (make-printer-point))))
(let ((*print-level* 2)) (prin1-to-string (list (make-printer-point :x '(1)))))
(let ((*print-case* :downcase)) (prin1-to-string (make-printer-point :x 'abc)))
(let ((*package* (find-package :printer-test))) (prin1-to-string (make-printer-point)))
(defstruct (printer-special (:print-function (lambda (p s d) (format s "<special ~A>" (printer-special-n p))))) n)
(prin1-to-string (list (make-printer-special :n 3) 4))
(defstruct (printer-object (:print-object (lambda (p s) (format s "<object ~S>" (printer-object-n p))))) n)
(princ-to-string (make-printer-object :n "x"))

;; print-object, print-unreadable-object.
(progn (defclass printer-thing () ((name :initarg :name :reader printer-thing-name))) nil)
(subseq (prin1-to-string (make-instance 'printer-thing)) 0 17)
(progn
(defmethod print-object ((x printer-thing) stream)
  (print-unreadable-object (x stream :type t) (format stream "~S" (printer-thing-name x))))
 nil)
(prin1-to-string (make-instance 'printer-thing :name "joe"))
(princ-to-string (make-instance 'printer-thing :name "joe"))
(format nil "~A ~S" (make-instance 'printer-thing :name "a") (list (make-instance 'printer-thing :name 'b)))
(let ((*print-length* 1)) (prin1-to-string (list (make-instance 'printer-thing :name 1) 2)))
(progn (defclass printer-other () ()) nil)
(progn
(defmethod print-object ((x printer-other) stream)
  (if *print-escape* (write-string "escaped" stream) (write-string "plain" stream)))
 nil)
(list (prin1-to-string (make-instance 'printer-other)) (princ-to-string (make-instance 'printer-other))
      (format nil "~A ~S ~D" (make-instance 'printer-other) (make-instance 'printer-other) (make-instance 'printer-other)))
(with-output-to-string (s) (print-unreadable-object (1 s) (princ "x" s)))
(with-output-to-string (s) (print-unreadable-object ('a s :type t) (princ "x" s)))
(with-output-to-string (s) (print-unreadable-object ('a s :type t)))
(with-output-to-string (s) (print-unreadable-object (1 s)))
(with-output-to-string (s) (let ((*print-readably* t)) (print-unreadable-object (1 s) (princ "x" s))))
(list (print-unreadable-object (1 *standard-output*) 5))

;; Conditions.
(define-condition printer-error (error) ((n :initarg :n :reader printer-error-n))
  (:report (lambda (c s) (format s "N is ~S" (printer-error-n c)))))
(princ-to-string (make-condition 'printer-error :n "x"))
(subseq (prin1-to-string (make-condition 'printer-error :n "x")) 0 16)
(define-condition printer-silent (error) ())
(princ-to-string (make-condition 'printer-silent))
(define-condition printer-string (error) () (:report "it is said"))
(princ-to-string (make-condition 'printer-string))
(format nil "~A" (make-condition 'simple-error :format-control "no ~A in ~S" :format-arguments '("x" "y")))
(subseq (prin1-to-string (make-condition 'simple-error :format-control "no ~A" :format-arguments '(1))) 0 23)

;; Order of evaluation and of output.
(progn (print 1) (prin1 2) (princ 3) (terpri) (fresh-line) (princ 4) (fresh-line) (princ 5))

;; *print-circle*.
(let ((*print-circle* t) (*print-pretty* nil)) (let ((x (list 1 2))) (setf (cddr x) x) (prin1-to-string x)))
(let ((*print-circle* t) (*print-pretty* nil)) (let ((x (list 1 2))) (prin1-to-string (list x x))))
(let ((*print-circle* t) (*print-pretty* nil)) (let ((x (list 1))) (setf (car x) x) (princ-to-string x)))
(let ((*print-circle* t) (*print-pretty* nil)) (let ((v (vector 1 nil))) (setf (aref v 1) v) (prin1-to-string v)))
(let ((*print-circle* t) (*print-pretty* nil)) (let ((x (list 2 3))) (prin1-to-string (list* 1 x x))))
(let ((*print-circle* t)) (prin1-to-string '(1 (2 3) "x")))
(let ((*print-circle* t)) (prin1-to-string 'a))
(let ((*print-pretty* nil)) (write-to-string (let ((x (list 'a))) (list x x)) :circle t))
(handler-case (let ((*print-readably* t)) (prin1-to-string #'car)) (print-not-readable (c) (list (print-not-readable-object c) (princ-to-string c))))
(subseq (prin1-to-string (make-hash-table :test #'equalp :size 10)) 0 37)

;; Bit vectors.
#*1011
(prin1-to-string (make-array 3 :element-type 'bit :initial-element 1))
(let ((*print-base* 2)) (prin1-to-string (list #*10 5)))
#*
