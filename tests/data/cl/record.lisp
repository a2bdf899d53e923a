;;; -*- coding: utf-8 -*-
;;;; Record what SBCL gives for the forms of a topic: `sbcl --script record.lisp TOPIC…` writes TOPIC.results, a line a
;;;; form: what it printed, as a string, and its values; or ! and the class of the error that it signals.

(defun standard-class-of (condition)
  "The most specific class of CONDITION that Common Lisp names, SIMPLE-… apart."
  (class-name (find-if (lambda (class)
                         (let ((name (class-name class)))
                           (and (eq (symbol-package name) (find-package :common-lisp))
                                (not (eql (search "SIMPLE-" (symbol-name name)) 0)))))
                       (sb-mop:class-precedence-list (class-of condition)))))

(defun result-line (form)
  (let* ((values nil)
         (condition nil)
         (output (with-output-to-string (*standard-output*)
                   (let ((*error-output* (make-broadcast-stream)))
                     (handler-case
                         (setf values (multiple-value-list
                                       (handler-bind ((warning #'muffle-warning)) (eval form))))
                       (error (e) (setf condition e)))))))
    (if condition
        (format nil "! ~S" (standard-class-of condition))
        (let ((*print-pretty* nil))
          (map 'string (lambda (c) (if (char= c #\Newline) #\⏎ c))
               (format nil "~S~{ ~S~}" output values))))))

(defun record (topic)
  (let* ((directory (directory-namestring *load-truename*))
         (*package* (find-package :common-lisp-user)))
    (with-open-file (in (format nil "~A~A.lisp" directory topic) :external-format :utf-8)
      (with-open-file (out (format nil "~A~A.results" directory topic)
                           :direction :output :if-exists :supersede :external-format :utf-8)
        (loop for form = (read in nil in)
              until (eq form in)
              do (write-line (result-line form) out))))))

(mapc #'record (rest sb-ext:*posix-argv*))
