;;;; run: (report-server:main)
;;;; report-server: prints reports about a small company on request, in many formats of FORMAT.

(defpackage :report-server
  (:use :cl)
  (:export :main))
(in-package :report-server)

(defstruct (item (:type list) (:constructor item (name quantity price &optional category)))
  name quantity price category)

(defparameter *stock*
  (mapcar (lambda (row) (apply #'item row))
          '(("bolt" 1200 5 :metal) ("nut" 1150 4 :metal) ("gasket" 40 199 :rubber) ("crane" 1 12500000)
            ("spring" 0 75 :metal) ("left-handed screwdriver" 3 1995 :tools))))

(defun money (stream cents &optional colon at &rest parameters)
  "For ~/report-server::money/: dollars and cents, in parentheses with a colon, in a width."
  (declare (ignorable at))
  (let* ((text (multiple-value-bind (dollars rest) (truncate (abs cents) 100)
                 (format nil "~:[~;-~]$~:D.~2,'0D" (and (minusp cents) (not colon)) dollars rest)))
         (text (if colon (format nil "(~A)" text) text)))
    (format stream "~V@A" (or (first parameters) 0) text)))

(defun total (items) (loop for i in items sum (* (item-quantity i) (item-price i))))

;;; Reports ---------------------------------------------------------------------------------------------------------

(defvar *reports* '())

(defmacro defreport (name (stream &rest arguments) &body body)
  `(push (cons ,(string-downcase name)
               (lambda (,stream &optional ,@arguments) (declare (ignorable ,stream ,@arguments)) ,@body))
         *reports*))

(defreport stock (s)
  (format s "~25A~10@A~14@A~%~49,,,'-<~>~%" "Item" "Quantity" "Value")
  (dolist (i *stock*)
    (format s "~25A~10:D~14/report-server::money/~@[ ~(~A~)~]~%"
            (item-name i) (item-quantity i) (* (item-quantity i) (item-price i)) (item-category i)))
  (format s "~25A~24@/report-server::money/~%" "Total" (total *stock*)))

(defreport summary (s)
  (let ((groups '()))
    (dolist (i *stock*)
      (push (item-name i) (cdr (or (assoc (item-category i) groups)
                                   (first (push (list (item-category i)) groups))))))
    (format s "~{~{~:[things~;~:*~(~A~)~]: ~@{~A~#[~; and ~:;, ~]~}.~%~}~}" 
            (mapcar (lambda (g) (cons (car g) (sort (copy-list (cdr g)) #'string<))) (reverse groups)))))

(defreport numbers (s n)
  (let ((n (if n (parse-integer n) 1066)))
    (format s "~D ~:D ~@D ~:@D ~8,'.D ~12,'*,'-,2:D~%" n n n n n n)
    (format s "~B ~O ~X ~7R ~36R ~:@(~36R~)~%" n n n n n n)
    (format s "~R, ~:R~@[, ~@R~]~@[ (~:@R)~]~%" n n (and (< 0 n 4000) n) (and (< 0 n 4000) n))
    (format s "~,2F ~8,3F ~,,2F ~10,1,,,'#F ~F~%" (/ n 7) (/ n 1000.0) (/ n 100.0) (sqrt (abs n)) 1/4)
    (format s "~$ ~2,8,12$ ~@$~%" (/ n 3) (/ n 10.0) 2.5)))

(defreport plurals (s)
  (loop for n in '(0 1 2)
        do (format s "~D tr~:@P, ~:*~D fly~:P, ~:*~[no~;one~:;~:*~R~] dog~:*~P~%" n)))

(defreport iteration (s)
  (format s "~{<~A>~}~%" '())
  (format s "~:{~A=~A ~}~%" '((a 1) (b 2 ignored) (c 3)))
  (format s "~@{~A~^-~}~%" 1 2 3)
  (format s "~:@{~A/~A ~}~%" '(1 2) '(3 4))
  (format s "~2{~A ~}~:*~3{~A ~}~%" '(1 2 3 4))
  (format s "~{~A~^, ~A~^; ~}~%" '(1 2 3 4 5))
  (format s "~{~#[nobody~;~A~;~A and ~A~:;~@{~#[~;or ~]~A~^, ~}~]~}~%" '())
  (dolist (names '((ann) (ann bob) (ann bob eve)))
    (format s "~#[~;~]~{~#[~;~@(~A~)~;~@(~A~) and ~@(~A~)~:;~@{~#[~;or ~]~@(~A~)~^, ~}~]~}~%" names))
  (format s "~{~{~A~^ ~}~^|~}~%" '((1 2) () (3)))
  (format s "~:{~:@(~S~) ~^~A~}~%" '((x) (y 2))))

(defreport conditionals (s)
  (loop for x in (list nil t 0 1 5)
        do (format s "~S: ~:[false~;true~] ~@[is ~A~]~:[!~;?~]~%" x x x (null x)))
  (format s "~2*~A ~:*~A ~0@*~A ~1@*~A~%" 'a 'b 'c)
  (format s "~? and ~@?~%" "~A-~A" '(1 2) "~A+~A" 3 4)
  (format s "~(HeLLo THERE~) ~:(hello there~) ~@(hELLO there~) ~:@(hello~)~%")
  (format s "~v,vD|~V@A|~#D~%" 6 #\0 42 5 'x 7))

(defreport columns (s)
  (format s "~&~10<left~>|~10:<right~>|~10:@<centre~>|~10@<end~>|~%")
  (format s "~20<a~;b~;c~>|~%~20:<a~;b~>|~%~30,5,2<one~;two~>|~%" )
  (format s "~A~10T~A~20,5T~A~2@T~A~%" 1 22 333 4444)
  (format s "~%~10,,,'~@A|~10,3,1A|~5@A|~:A ~S~%" "abc" "abcd" "longer than five" nil nil)
  (format s "~C~:C~@C ~%" #\x #\Space #\y)
  (format s "one~
             two ~
             three~@
             four~:
 five~%~~~2~~3%~|" ))

(defreport lisp (s)
  (let ((*print-pretty* nil))
    (format s "~S ~S ~A ~S ~S~%" "quo\"te" #\a #\a :key '|odd Symbol|)
    (format s "~S ~S ~S~%" '(1 . 2) '(a (b . c) #(1 "x") 1/2) '(quote x))
    (format s "~S ~S ~A ~S~%" 1.5 1d0 1e10 '(1.0e-5 123456.78 0.1d-10))
    (format s "~S ~S ~S~%" (list 'quote 'a) (list 'function 'car) '(quote a b))
    (let ((*print-base* 16) (*print-radix* t)) (format s "~S ~D ~S~%" 255 255 1/16))
    (let ((*print-length* 3) (*print-level* 2)) (format s "~S ~S~%" '(1 2 3 4) '(1 (2 (3)))))
    (let ((*print-case* :downcase)) (format s "~S ~A ~S~%" 'symbol :key "STRING"))
    (format s "~S ~S~%" (make-array 3 :initial-element 'x) (make-array '(2 2) :initial-contents '((1 2) (3 4))))
    (format s "~W ~D ~D~%" "w" "not a number" nil)))

(defreport errors (s)
  (dolist (control '("~A" "~D ~Q" "~{~A" "~]"))
    (format s "~S ~A~%" control
            (handler-case (format nil control)
              (error (e) (declare (ignore e)) "is wrong")))))

;;; Serving ---------------------------------------------------------------------------------------------------------

(defun words (line)
  (loop for start = (position-if-not (lambda (c) (char= c #\Space)) line)
          then (and end (position-if-not (lambda (c) (char= c #\Space)) line :start end))
        for end = (and start (position #\Space line :start start))
        while start
        collect (subseq line start end)))

(defun make-report (line)
  (destructuring-bind (&optional (name "help") &rest arguments) (words line)
    (let ((report (cdr (assoc name *reports* :test #'string-equal))))
      (with-output-to-string (s)
        (if report
            (apply report s arguments)
            (format s "~@<reports: ~{~A~^, ~}~:@>~%" (sort (mapcar #'car *reports*) #'string<)))))))

(defun serve (listener requests)
  (dotimes (i requests)
    (iolib:with-accept-connection (client listener)
      (write-string (make-report (read-line client)) client))))

(defun main ()
  (let ((requests '("stock" "summary" "numbers" "numbers 40" "numbers -7" "plurals" "iteration" "conditionals" "columns" "lisp"
                    "errors" "help")))
    (iolib:with-open-socket (listener :connect :passive :address-family :internet :type :stream :ipv6 nil
                                      :local-host "127.0.0.1" :local-port 0)
      (let ((thread (bt:make-thread (lambda () (serve listener (length requests))))))
        (dolist (request requests)
          (iolib:with-open-socket (s :remote-host "127.0.0.1" :remote-port (iolib:local-port listener) :ipv6 nil)
            (format s "~A~%" request)
            (finish-output s)
            (format t "~&=== ~A~%" request)
            (loop for line = (read-line s nil)
                  while line
                  do (format t "~A~%" line))))
        (bt:join-thread thread)))))
