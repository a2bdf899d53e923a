;;;; run: (config-server:main)
;;;; config-server: clients send configuration text with a syntax of its own (a readtable); the server keeps it and answers
;;;; questions. Also a demonstration of composite streams: an audit log, an echo of the conversation, included files.

(defpackage :config-server
  (:use :cl :iolib)
  (:export #:main))

(in-package :config-server)

;;; Syntax: name = value; { … } for groups (alists), [a b c] for vectors, #ip 1.2.3.4 for addresses, $name for references,
;;; 5k and 3M for sizes, 'c' for characters, %% comments to the end of the line.

(defvar *included* '() "alist of names and texts")
(defvar *settings* '())
(defvar *audit* (make-broadcast-stream))

(defun read-group (stream char)
  (declare (ignore char))
  (let ((pairs '()))
    (loop
      (let ((c (peek-char t stream t nil t)))
        (cond ((char= c #\}) (read-char stream t nil t) (return (nreverse pairs)))
              (t (push (read-setting stream t) pairs)))))))

(defun read-setting (stream &optional recursive)
  (let ((name (read stream t nil recursive)))
    (unless (eq '= (read stream t nil recursive)) (error "= expected after ~A" name))
    (prog1 (cons name (read stream t nil recursive))
      (let ((c (peek-char t stream nil #\; recursive)))
        (if (char= c #\;)
            (read-char stream nil nil recursive)
            (unless (char= c #\}) (error "; expected after ~A" name)))))))

(defun read-address (stream sub-char argument)
  (declare (ignore sub-char))
  (when (char-equal (read-char stream t nil t) #\p)
    (let ((numbers (let ((text (with-output-to-string (out)
                                 (peek-char t stream t nil t)
                                 (loop for c = (read-char stream nil #\Space t)
                                       while (or (digit-char-p c) (char= c #\.))
                                       do (write-char c out)
                                       finally (unread-char c stream)))))
                     (loop for start = 0 then (1+ dot)
                           for dot = (position #\. text :start start)
                           collect (parse-integer text :start start :end dot)
                           while dot))))
      (list (if argument :ip-with-mask :ip) numbers argument))))

(defun read-reference (stream char)
  (declare (ignore char))
  (list :ref (read stream t nil t)))

(defparameter *config-readtable*
  (let ((table (copy-readtable nil)))
    (set-macro-character #\{ #'read-group nil table)
    (set-macro-character #\[ (lambda (s c) (declare (ignore c)) (coerce (read-delimited-list #\] s t) 'vector)) nil table)
    (set-macro-character #\] (get-macro-character #\)) nil table)
    (set-macro-character #\} (get-macro-character #\)) nil table)
    (set-macro-character #\$ 'read-reference t table)
    (set-macro-character #\% (lambda (s c) (declare (ignore c)) (loop until (eql (read-char s nil #\Newline t) #\Newline)) (values)) nil table)
    (set-macro-character #\' (lambda (s c) (declare (ignore c)) (prog1 (read-char s t nil t) (assert (char= #\' (read-char s t nil t))))) nil table)
    (set-syntax-from-char #\; #\a table)
    (set-macro-character #\; (lambda (s c) (declare (ignore s c)) '|;|) nil table)
    (set-dispatch-macro-character #\# #\i #'read-address table)
    (set-dispatch-macro-character #\# #\k (lambda (s c n) (declare (ignore s c)) (* 1024 n)) table)
    table))

(defun read-configuration (stream)
  (let ((*readtable* *config-readtable*) (*package* (find-package :config-server)) (*read-eval* nil))
    (loop until (null (peek-char t stream nil nil))
          collect (read-setting stream))))

(defun resolve (value settings)
  (typecase value
    ((cons (eql :ref)) (let ((entry (assoc (second value) settings)))
                         (unless entry (error "no ~A to refer to" (second value)))
                         (resolve (cdr entry) settings)))
    (string value)
    (vector (map 'vector (lambda (x) (resolve x settings)) value))
    (cons (if (consp (car value))
              (mapcar (lambda (pair) (cons (car pair) (resolve (cdr pair) (append value settings)))) value)
              value))
    (t value)))

(defun find-path (path settings)
  (reduce (lambda (group name) (cdr (assoc name group :test #'string-equal))) path :initial-value settings))

(defun load-text (text)
  (let ((settings (with-input-from-string (s text) (read-configuration s))))
    (format *audit* "~&loaded ~D setting~:P~%" (length settings))
    (setf *settings* (append settings *settings*))
    (length settings)))

(defun split-path (string)
  (loop for start = 0 then (1+ dot)
        for dot = (position #\. string :start start)
        collect (subseq string start dot)
        while dot))

(defun handle (line)
  (handler-case
      (let* ((space (or (position #\Space line) (length line)))
             (verb (subseq line 0 space))
             (rest (string-left-trim " " (subseq line space))))
        (cond ((string= verb "set") (format nil "~D" (load-text rest)))
              ((string= verb "get")
               (let ((value (resolve (find-path (split-path rest) *settings*) *settings*))
                     (*package* (find-package :config-server)) (*print-pretty* nil) (*print-case* :downcase))
                 (format nil "~S" value)))
              ((string= verb "include")
               (let ((text (cdr (assoc rest *included* :test #'string=))))
                 (if text
                     (let ((all (make-concatenated-stream (make-string-input-stream "% included
")
                                                          (make-string-input-stream text))))
                       (setf *settings* (append (read-configuration all) *settings*))
                       "included")
                     (error "no file ~S" rest))))
              (t "?")))
    (end-of-file () "error: unfinished")
    (reader-error () "error: cannot read that")
    (error (e) (format nil "error: ~A" e))))

(defun serve (socket log)
  (let* ((*settings* '())
         (*included* (list (cons "defaults" (format nil "port = 80; % the usual~%name = \"none\"; limit = #2k;~%"))))
         (*audit* (make-broadcast-stream log))
         (two-way (make-two-way-stream socket (make-broadcast-stream socket log))))
    (loop for line = (read-line two-way nil)
          while line
          do (format two-way "~A~%" (handle line))
             (finish-output two-way))
    (close two-way)
    (length *settings*)))

(defun main ()
  (multiple-value-bind (a b) (make-socket-pair)
    (let* ((log (make-string-output-stream))
           (thread (bt:make-thread (lambda () (unwind-protect (serve b log) (close b))))))
      (dolist (line '("include defaults" "get port" "get limit"
                      "set server = { host = #ip 127.0.0.1; ports = [80 443 8080]; Root = \"/var/WWW\"; tls = { on = yes; key = $secret; }; };"
                      "get server.ports" "get server.host" "get server.root" "get server.tls" "set secret = 'x'; ratio = 1/3; size = #5k"
                      "get server.tls.key" "get secret" "get ratio" "get size" "get nothing" "get server.nothing.at.all"
                      "set broken" "set broken = {" "set a = 1 b = 2;" "set x = #.(+ 1 2);" "set x = [1 2 [3 {y = $ratio;}]];" "get x"
                      "include others" "set q = #8i p 10.0.0.1;" "set q = #8ip 10.0.0.1;" "get q" "set = ;" "get name" "frob"))
        (write-line line a)
        (finish-output a)
        (format t "~A~%  -> ~A~%" line (read-line a)))
      (close a)
      (format t "~D settings at the end~%" (bt:join-thread thread))
      (let ((text (get-output-stream-string log)))
        (format t "~D lines in the log, ~D characters the second time~%" (count #\Newline text) (length (get-output-stream-string log)))
        (with-input-from-string (s text :start (search "loaded" text))
          (let ((echoed (make-string-output-stream)))
            (let ((echo (make-echo-stream s echoed)))
              (read-line echo)
              (read-char echo)
              (format t "~S~%" (get-output-stream-string echoed)))))))
    (let ((in (make-string-input-stream "one (two three) \"four\" 5 ; six
 |Seven eight| nine")))
      (format t "~{~S~^ ~}~%" (loop for x = (read in nil in) until (eq x in) collect x)))
    (multiple-value-bind (x position) (read-from-string "(a . b) c" t nil :preserve-whitespace t)
      (format t "~S ~D ~S ~S~%" x position (readtable-case *readtable*) (multiple-value-list (read-from-string "c d" nil :eof :start 1))))
    (format t "~S ~S~%" (let ((*readtable* (copy-readtable))) (set-macro-character #\! (lambda (s c) (declare (ignore c)) `(not ,(read s t nil t)))) (read-from-string "(a !b)"))
            (let ((*read-base* 16) (*print-base* 8)) (prin1-to-string (read-from-string "ff"))))))
