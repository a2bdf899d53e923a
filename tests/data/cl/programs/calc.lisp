;;;; run: (calc:calc-demo)
;;;; calc.lisp
;;;; A calculator server: a scanner and a recursive-descent parser that makes trees, an evaluator with variables and
;;;; functions, and errors that the handler may repair by restarts.
;;;;
;;;;   line       := "let" name "=" expr | "def" name "(" name, … ")" "=" expr | expr
;;;;   expr       := term { ("+" | "-") term }
;;;;   term       := factor { ("*" | "/" | "%") factor }
;;;;   factor     := ("-" factor) | power
;;;;   power      := primary [ "^" factor ]
;;;;   primary    := number | name [ "(" expr, … ")" ] | "(" expr ")" | "if" expr "then" expr "else" expr

(defpackage "CALC"
  (:use "CL")
  (:export "CALC-DEMO"))
(in-package "CALC")

;;; ------------------------------------------------------------------ errors

(define-condition calc-error (error) ())

(define-condition syntax-trouble (calc-error)
  ((column :initarg :column :reader trouble-column)
   (expected :initarg :expected :reader trouble-expected)
   (found :initarg :found :reader trouble-found))
  (:report (lambda (c stream)
             (format stream "column ~D: expected ~A, not ~:[the end~;~:*~A~]"
                     (trouble-column c) (trouble-expected c) (trouble-found c)))))

(define-condition unbound-name (calc-error)
  ((name :initarg :name :reader unbound-name-name))
  (:report (lambda (c stream) (format stream "~A is not defined" (unbound-name-name c)))))

(define-condition too-deep (calc-error)
  ()
  (:report "too deep"))

;;; ------------------------------------------------------------------ scanner

(defstruct (token (:constructor token (kind value column)))
  (kind nil :type (member :number :name :operator :end)) value (column 0 :type fixnum))

(defun scan (line)
  "A list of tokens, the last of kind :END."
  (let ((i 0) (tokens ()))
    (labels ((peek () (if (< i (length line)) (schar line i) #\Nul))
             (take-while (predicate)
               (let ((start i))
                 (loop while (funcall predicate (peek)) do (incf i))
                 (subseq line start i)))
             (emit (kind value column) (push (token kind value column) tokens))
             (number-from (text)
               (let ((dot (position #\. text)))
                 (if dot
                     (let ((fraction (subseq text (1+ dot))))
                       (+ (parse-integer text :end dot)
                          (/ (parse-integer fraction) (expt 10 (length fraction)))))
                     (parse-integer text)))))
      (loop
        (take-while (lambda (c) (member c '(#\Space #\Tab))))
        (let ((column (1+ i)) (c (peek)))
          (cond ((= i (length line)) (emit :end nil column) (return (nreverse tokens)))
                ((digit-char-p c)
                 (let ((text (take-while (lambda (c) (or (digit-char-p c) (char= c #\.))))))
                   (when (or (> (count #\. text) 1) (char= #\. (char text (1- (length text)))))
                     (error 'syntax-trouble :column column :expected "a number" :found text))
                   (emit :number (number-from text) column)))
                ((alpha-char-p c)
                 (emit :name (intern (string-upcase (take-while #'alphanumericp)) :calc) column))
                ((find c "+-*/%^(),=<>")
                 (incf i)
                 (emit :operator (string c) column))
                (t (restart-case
                       (error 'syntax-trouble :column column :expected "something else" :found (format nil "~:C" c))
                     (skip-character () :report "Go on behind it." (incf i))))))))))

;;; ------------------------------------------------------------------ parser

(defvar *tokens*)

(defun next () (first *tokens*))
(defun advance () (pop *tokens*))

(defun at (kind &optional (value nil value-p))
  (let ((token (next)))
    (and (eq (token-kind token) kind)
         (or (not value-p) (equal (token-value token) value))
         token)))

(defun expect (kind &rest values)
  (if (apply #'at kind values)
      (token-value (advance))
      (error 'syntax-trouble :column (token-column (next)) :found (token-value (next))
                             :expected (format nil "~:[a ~(~A~)~;~*~{~A~}~]" values kind values))))

(defmacro define-binary (name next &rest operators)
  `(defun ,name ()
     (do ((tree (,next)))
         ((notany (lambda (o) (at :operator o)) ',operators) tree)
       (let ((operator (intern (token-value (advance)) :calc)))
         (setf tree (list operator tree (,next)))))))

(define-binary parse-comparison parse-expr "<" ">" "=")
(define-binary parse-expr parse-term "+" "-")
(define-binary parse-term parse-factor "*" "/" "%")

(defun parse-factor ()
  (if (at :operator "-")
      (progn (advance) `(negate ,(parse-factor)))
      (let ((base (parse-primary)))
        (cond ((at :operator "^") (advance) `(power ,base ,(parse-factor)))
              (t base)))))

(defun parse-list (parser)
  "Between parentheses, with commas."
  (expect :operator "(")
  (if (at :operator ")")
      (progn (advance) '())
      (loop collect (funcall parser)
            while (at :operator ",") do (advance)
            finally (expect :operator ")"))))

(defun parse-primary ()
  (cond ((at :number) (token-value (advance)))
        ((at :name 'if)
         (advance)
         (let* ((test (parse-comparison))
                (then (progn (expect :name 'then) (parse-comparison)))
                (else (progn (expect :name 'else) (parse-comparison))))
           `(if ,test ,then ,else)))
        ((at :name)
         (let ((name (token-value (advance))))
           (if (at :operator "(")
               `(call ,name ,@(parse-list #'parse-comparison))
               name)))
        (t (let ((items (parse-list #'parse-comparison)))
             (if (= (length items) 1)
                 (first items)
                 `(list ,@items))))))

(defun parse (line)
  (let ((*tokens* (scan (coerce line 'simple-string))))
    (flet ((whole (tree) (expect :end) tree))
      (case (and (at :name) (token-value (next)))
        (let (advance)
          (let ((name (expect :name)))
            (expect :operator "=")
            (whole `(:let ,name ,(parse-comparison)))))
        (def (advance)
         (let ((name (expect :name)) (parameters (parse-list (lambda () (expect :name)))))
           (expect :operator "=")
           (whole `(:def ,name ,parameters ,(parse-comparison)))))
        (otherwise (whole (parse-comparison)))))))

;;; ------------------------------------------------------------------ evaluator

(defvar *variables* '())                ; an alist
(defvar *functions* '())
(defvar *depth* 0)

(defun variable-value (name)
  (let ((entry (assoc name *variables*)))
    (if entry
        (cdr entry)
        (restart-case (error 'unbound-name :name name)
          (use-value (value) value)))))

(defun evaluate (tree)
  (etypecase tree
    (number tree)
    (symbol (variable-value tree))
    (cons
     (destructuring-bind (operator . operands) tree
       (case operator
         (if (evaluate (if (eql 0 (evaluate (first operands))) (third operands) (second operands))))
         (call (apply-function (first operands) (mapcar #'evaluate (rest operands))))
         (list (mapcar #'evaluate operands))
         (otherwise
          (let ((values (mapcar #'evaluate operands)))
            (flet ((truth (x) (if x 1 0)))
              (ecase operator
                ((+ - * /) (apply operator values))
                (% (apply #'mod values))
                ((< > =) (truth (apply operator values)))
                (negate (- (first values)))
                (power (expt (first values) (second values)))))))))))) 

(defun apply-function (name arguments)
  (let ((definition (assoc name *functions*)))
    (unless definition (error 'unbound-name :name name))
    (if (functionp (cdr definition))
        (apply (cdr definition) arguments)
        (destructuring-bind (parameters body) (cdr definition)
          (let ((*variables* (pairlis parameters arguments *variables*))
                (*depth* (1+ *depth*)))
            (when (> *depth* 60) (error 'too-deep))
            (evaluate body))))))

(defun run-line (line)
  (let ((tree (parse line)))
    (case (and (consp tree) (car tree))
      (:let (destructuring-bind (name value) (cdr tree)
              (push (cons name (evaluate value)) *variables*)
              (format nil "~(~A~) = ~A" name (show (variable-value name)))))
      (:def (push (cdr tree) *functions*)
            (format nil "~(~A~) of ~R" (second tree) (length (third tree))))
      (t (show (evaluate tree))))))

(defun show (value)
  (typecase value
    (integer (format nil "~D" value))
    (ratio (multiple-value-bind (whole rest) (truncate value)
             (format nil "~:[~D ~;~*~]~A" (zerop whole) whole (if (zerop whole) rest (abs rest)))))
    (list (format nil "(~{~A~^, ~})" (mapcar #'show value)))
    (t (format nil "~A" value))))

(defun answer (line repaired)
  (handler-case
      (handler-bind ((unbound-name (lambda (c)
                                     (let ((restart (find-restart 'use-value c)))
                                       (when (and restart (char= #\Z (char (string (unbound-name-name c)) 0)))
                                         (push (unbound-name-name c) (car repaired))
                                         (invoke-restart restart 0)))))
                     (syntax-trouble (lambda (c)
                                       (when (find-restart 'skip-character c)
                                         (push (trouble-found c) (car repaired))
                                         (invoke-restart 'skip-character)))))
        (run-line line))
    (calc-error (c) (format nil "! ~A" c))
    (division-by-zero () "! division by zero")
    (type-error () "! a list is no number")
    (error (c) (format nil "! ~A" (class-name (find-class (if (typep c 'program-error) 'program-error 'error)))))))

(defun serve (stream repaired)
  (let ((*variables* (list (cons 'answer 42)))
        (*functions* (list (cons 'max #'max) (cons 'gcd 'gcd) (cons 'sum (lambda (&rest x) (reduce #'+ x)))
                           (cons 'isqrt #'isqrt) (cons 'reverse #'reverse))))
    (setf (cdr (assoc 'gcd *functions*)) (symbol-function 'gcd))
    (loop for line = (read-line stream nil)
          while line
          do (write-line (answer line repaired) stream)
             (finish-output stream))))

(defun calc-demo ()
  (multiple-value-bind (a b) (iolib:make-socket-pair :type :stream)
    (let* ((repaired (list '()))
           (thread (bt:make-thread (lambda () (with-open-stream (b b) (serve b repaired))) :name "calculator")))
      (dolist (line '("1 + 2 * 3" "(1 + 2) * 3" "2 ^ 3 ^ 2" "-2 ^ 2" "10 - 4 - 3" "7 / 2" "-7 / 2 + 1/6" "3.25 * 4"
                      "17 % 5" "let x = 6 * 7" "x + answer" "let Y = x / 4" "y" "1 +" ")" "2 $ 3" "a b" "1.2.3" "3.5.1 + 1"
                      "def square(n) = n * n" "square(12)" "square(square(x))" "def fact(n) = if n < 2 then 1 else n * fact(n - 1)"
                      "fact(25)" "def loop(n) = loop(n + 1)" "loop(0)" "max(3, 1, 4, 1, 5)" "gcd(12, 18) + sum()"
                      "(1, 2, 3/2)" "reverse((1, x, 2))" "(1, 2) + 1" "unknown + 1" "zebra + 1" "nothing(1)" "1 / (2 - 2)"
                      "2 ^ 100" "isqrt(2 * 10 ^ 20)" "if x > 41 then 1 else 1 / 0" "1 # + 1 @" "max()"
                      "let = 3" "2 = 2" ""))
        (format a "~A~%" line)
        (finish-output a)
        (format t "~45A ~A~%" line (read-line a)))
      (close a)
      (bt:join-thread thread)
      (format t "repaired: ~{~A~^ ~}~%" (reverse (car repaired))))))
