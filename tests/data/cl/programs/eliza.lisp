;;;; run: (eliza:consult)
;;;; A doctor on the wire, after Weizenbaum: pattern matching with segments, rules on property lists, and lists, lists, lists.

(defpackage :eliza
  (:use :cl :iolib)
  (:export #:consult))

(in-package :eliza)

;;; Pattern matching: ?x is one thing, (?* ?x) is any number of them, (?or a b), (?if form)

(defconstant fail nil)
(defparameter no-bindings '((t . t)))

(defun variable-p (x)
  (and (symbolp x) (plusp (length (symbol-name x))) (char= (char (symbol-name x) 0) #\?)))

(defun lookup (var bindings) (cdr (assoc var bindings)))

(defun match-variable (var input bindings)
  (let ((binding (assoc var bindings)))
    (cond ((not binding) (acons var input (if (eq bindings no-bindings) nil bindings)))
          ((equal input (cdr binding)) bindings)
          (t fail))))

(defun segment-pattern-p (pattern)
  (and (consp pattern) (consp (car pattern)) (get (caar pattern) 'segment-match)))

(defun single-pattern-p (pattern)
  (and (consp pattern) (symbolp (car pattern)) (get (car pattern) 'single-match)))

(defun pat-match (pattern input &optional (bindings no-bindings))
  (cond ((eq bindings fail) fail)
        ((variable-p pattern) (match-variable pattern input bindings))
        ((eql pattern input) bindings)
        ((segment-pattern-p pattern) (funcall (get (caar pattern) 'segment-match) pattern input bindings))
        ((single-pattern-p pattern) (funcall (get (car pattern) 'single-match) (cdr pattern) input bindings))
        ((and (consp pattern) (consp input))
         (pat-match (cdr pattern) (cdr input) (pat-match (car pattern) (car input) bindings)))
        (t fail)))

(setf (get '?* 'segment-match) 'match-segment
      (get '?+ 'segment-match) (lambda (pattern input bindings) (match-segment pattern input bindings 1))
      (get '?if 'segment-match) 'match-if
      (get '?or 'single-match) 'match-or
      (get '?is 'single-match) (lambda (args input bindings)
                                 (destructuring-bind (var predicate) args
                                   (let ((new (pat-match var input bindings)))
                                     (if (or (eq new fail) (not (funcall predicate input))) fail new)))))

(defun match-or (patterns input bindings)
  (some (lambda (p) (pat-match p input bindings)) patterns))

(defun match-if (pattern input bindings)
  (and (progv (mapcar #'car bindings) (mapcar #'cdr bindings)
         (eval (second (first pattern))))
       (pat-match (rest pattern) input bindings)))

(defun match-segment (pattern input bindings &optional (start 0))
  (let ((var (second (first pattern))) (rest (rest pattern)))
    (if (null rest)
        (if (>= (length input) start) (match-variable var input bindings) fail)
        (let ((pos (first-match-position (first rest) input start)))
          (if (null pos)
              fail
              (let ((b2 (pat-match rest (nthcdr pos input)
                                   (match-variable var (ldiff input (nthcdr pos input)) bindings))))
                (if (eq b2 fail)
                    (match-segment pattern input bindings (1+ pos))
                    b2)))))))

(defun first-match-position (item input start)
  (cond ((and (atom item) (not (variable-p item))) (position item input :start (min start (length input)) :test #'equal))
        ((<= start (length input)) start)
        (t nil)))

;;; Rules

(defvar *rules* '())

(defmacro defrule (pattern &rest responses)
  `(setf *rules* (append *rules* (list (list* ',pattern (copy-tree ',responses))))))

(defrule ((?* ?x) hello (?* ?y)) (how do you do))
(defrule ((?* ?x) i am (?* ?y)) (do you think that being ?y is normal) (how long have you been ?y))
(defrule ((?* ?x) i (?or want need) (?* ?y)) (what would it mean if you got ?y) (suppose you got ?y soon))
(defrule ((?* ?x) (?is ?n numberp) (?* ?y)) (?n is a fine number))
(defrule ((?* ?x) my (?+ ?y) (?or loves hates) me) (is it important that your ?y does))
(defrule ((?* ?x) my (?* ?y)) (tell me more about your ?y) (your ?y))
(defrule (?x ?x (?* ?y)) (why do you say ?x twice))
(defrule ((?* ?x) (?if (> (length ?x) 5))) (that was long) (that was long again))
(defrule ((?* ?x) yes) (you are quite positive))
(defrule (no) (why not) (you are being a bit negative))
(defrule ((?* ?x)) (go on) (i see))

(defparameter *viewpoint* '((i . you) (you . i) (me . you) (my . your) (am . are) (your . my)))

(defun switch-viewpoint (words) (sublis *viewpoint* words))

(defun rotate-responses (rule)
  "The first response, which goes to the end."
  (let ((response (cadr rule)))
    (setf (cdr rule) (nconc (cddr rule) (list response)))
    response))

(defun flatten (x)
  (cond ((null x) nil) ((atom x) (list x)) (t (mapcan #'flatten x))))

(defun respond (input)
  (dolist (rule *rules*)
    (let ((bindings (pat-match (first rule) input)))
      (unless (eq bindings fail)
        (return (flatten (sublis (mapcar (lambda (b) (cons (car b) (switch-viewpoint (cdr b)))) bindings)
                                 (rotate-responses rule))))))))

;;; Words and lines

(defun read-words (line)
  (let ((clean (substitute-if #\Space (lambda (c) (find c ".,;:?!'()\"#")) line)) (*package* (find-package :eliza)))
    (do* ((position 0)
          (words '())
          (eof (list nil)))
         (nil)
      (multiple-value-bind (word end) (read-from-string clean nil eof :start position)
        (when (eq word eof) (return (nreverse words)))
        (psetq words (cons word words)
               position end)))))

(defun sentence (words)
  (format nil "~@(~{~A~^ ~}~)~:[.~;?~]" words (member (car words) '(how what why do is tell))))

(defun doctor (stream &aux (seen (make-array 4 :initial-element nil)) (n 0))
  (format stream "Tell me your problem.~%")
  (finish-output stream)
  (loop named session
        for line = (read-line stream nil nil)
        for words = (and line (handler-case (read-words line) (error () '(what))))
        do (when (or (null line) (equal words '(bye))) (return-from session n))
           (setf (svref seen (mod n 4)) words)
           (incf n)
           (format stream "~A~%" (if (eql 2 (count words seen :test #'equal))
                                     "You said that before."
                                     (sentence (respond words))))
           (finish-output stream)))

(defun consult ()
  (let ((*rules* (copy-tree *rules*)))
    (with-open-socket (listener :connect :passive :address-family :internet :type :stream :ipv6 nil
                                :local-host "127.0.0.1" :local-port 0)
      (let* ((rules *rules*)
             (doctor (bt:make-thread (lambda ()
                                       (let ((*rules* rules))
                                         (with-accept-connection (s listener) (doctor s)))))))
        (with-open-socket (s :remote-host "127.0.0.1" :remote-port (local-port listener) :ipv6 nil)
          (format t "~A~%" (read-line s))
          (dolist (line '("Hello there" "I am unhappy with my work" "Well, I am tired of you" "I want to sleep, you know"
                          "I need to sleep, you know" "My mother loves me" "My mother's car is old" "my My" "42 is it" "echo echo one"
                          "We will all go together when we go" "Yes" "no" "No!" "no" "" "nothing new" "nothing old" "It is 1/2 of (nothing" "bye"))
            (write-line line s)
            (finish-output s)
            (unless (equal line "bye")
              (format t "> ~A~%~A~%" line (read-line s)))))
        (format t "~R questions~%" (bt:join-thread doctor)))))
  ;; What the lists are good for otherwise
  (format t "~S~%" (pat-match '(?x + (?* ?y) = (?* ?z)) '(1 + 2 3 = = 4)))
  (format t "~S ~S~%" (maplist #'length '(a b c)) (mapcon (lambda (l) (list (car l) (length l))) '(a b)))
  (format t "~S ~S ~S~%" (subst 'x '(1) '((1) 2 ((1) 3)) :test #'equal) (nsubst-if 0 #'symbolp (list 1 'a (list 'b 2)))
          (tree-equal '(a (b)) '(a (b))))
  (format t "~S ~S ~S~%" (set-difference '(1 2 3) '(2)) (sort (union '(1 2) '(2 3)) #'<) (set-exclusive-or '(1 2) '(2)))
  (format t "~S ~S ~S ~S~%" (butlast '(1 2 3 4) 2) (last '(1 2 3) 2) (ldiff '(1 2) nil) (tailp nil '(1)))
  (format t "~S ~S~%" (get-properties '(:a 1 :b 2) '(:b)) (symbol-plist '?or))
  (format t "~S~%" (list (rassoc 2 '((a . 1) (b . 2))) (assoc-if #'evenp '((1 . a) (2 . b))) (member-if-not #'oddp '(1 3 4 5))
                         (revappend '(2 1) '(3)) (nreconc (list 2 1) 3) (list-length '(1 2)) (copy-alist '((a . 1)))))
  (values))
