;;;; run: (json-rpc:demo)
;;;; json-rpc: a JSON reader and printer, and remote procedure calls (JSON-RPC 2.0, a line a message) over TCP.
;;;; Objects are alists with strings for keys, arrays are vectors, null is :null, false is :false, true is t.

(defpackage :json-rpc
  (:use :cl :iolib)
  (:export #:demo #:parse #:render))

(in-package :json-rpc)

;;; ============================================================ Reading

(define-condition json-error (error)
  ((position :initarg :position :reader json-error-position)
   (message :initarg :message :reader json-error-message))
  (:report (lambda (c s)
             (format s "~A at ~D" (json-error-message c) (json-error-position c)))))

(defvar *text* "")
(defvar *position* 0)
(declaim (type string *text*) (type fixnum *position*))

(declaim (inline peek next))
(defun peek () (if (< *position* (length *text*)) (char *text* *position*) nil))
(defun next () (prog1 (peek) (incf *position*)))

(defun complain (control &rest arguments)
  (error 'json-error :position *position* :message (apply #'format nil control arguments)))

(defun skip-white ()
  (loop while (find (peek) '(#\Space #\Tab #\Newline #\Return)) do (next)))

(defun expect (char)
  (skip-white)
  (let ((found (next)))
    (unless (eql found char)
      (decf *position*)
      (complain "~:[end~;~:*~S~] instead of ~S" found char))))

(defun read-literal (name value)
  (let ((end (+ *position* (length name))))
    (if (and (<= end (length *text*)) (string= name *text* :start2 *position* :end2 end))
        (progn (setf *position* end) value)
        (complain "~A expected" name))))

(defun read-string ()
  (expect #\")
  (with-output-to-string (out)
    (loop
      (let ((c (next)))
        (case c
          ((nil) (complain "unfinished string"))
          (#\" (return))
          (#\\ (let ((e (next)))
                 (ecase e
                   ((#\" #\\ #\/) (write-char e out))
                   (#\n (terpri out))
                   (#\t (write-char #\Tab out))
                   (#\u (let ((code (parse-integer *text* :start *position* :end (+ *position* 4) :radix 16)))
                          (incf *position* 4)
                          (write-char (code-char code) out))))))
          (t (write-char c out)))))))

(defun read-number ()
  (let* ((start *position*)
         (end (or (position-if-not (lambda (c) (or (digit-char-p c) (find c "+-.eE"))) *text* :start start)
                  (length *text*)))
         (text (subseq *text* start end)))
    (setf *position* end)
    (handler-case
        (if (find-if (lambda (c) (find c ".eE")) text)
            (let ((*read-default-float-format* 'double-float))
              (let ((n (read-from-string text)))
                (check-type n float)
                n))
            (parse-integer text))
      (error () (complain "bad number ~A" text)))))

(defun read-sequence-of (reader close)
  "What READER reads between commas up to CLOSE."
  (next)
  (skip-white)
  (if (eql (peek) close)
      (progn (next) '())
      (loop collect (funcall reader)
            do (skip-white)
            until (eql (peek) close)
            do (expect #\,)
            finally (next))))

(defun read-value ()
  (skip-white)
  (let ((c (peek)))
    (cond ((null c) (complain "nothing there"))
          ((char= c #\{) (read-sequence-of (lambda ()
                                             (skip-white)
                                             (let ((key (read-string)))
                                               (expect #\:)
                                               (cons key (read-value))))
                                           #\}))
          ((char= c #\[) (coerce (read-sequence-of #'read-value #\]) 'vector))
          ((char= c #\") (read-string))
          ((or (digit-char-p c) (char= c #\-)) (read-number))
          (t (loop for (name value) in '(("true" t) ("false" :false) ("null" :null))
                   when (char= c (char name 0)) return (read-literal name value)
                   finally (complain "~S makes no sense" c))))))

(defun parse (text)
  (let ((*text* text) (*position* 0))
    (prog1 (read-value)
      (skip-white)
      (when (peek) (complain "more than one value")))))

;;; ============================================================ Printing

(defgeneric render (value stream)
  (:method ((value (eql t)) stream) (write-string "true" stream))
  (:method ((value (eql :false)) stream) (write-string "false" stream))
  (:method ((value (eql :null)) stream) (write-string "null" stream))
  (:method ((value integer) stream) (format stream "~D" value))
  (:method ((value ratio) stream) (render (coerce value 'double-float) stream))
  (:method ((value double-float) stream)
    (let ((*read-default-float-format* 'double-float)) (prin1 value stream)))
  (:method ((value single-float) stream) (prin1 value stream))
  (:method ((value symbol) stream) (render (string-downcase value) stream))
  (:method ((value null) stream) (write-string "{}" stream))
  (:method ((value string) stream)
    (write-char #\" stream)
    (loop for c across value
          do (case c
               ((#\" #\\) (write-char #\\ stream) (write-char c stream))
               (#\Newline (write-string "\\n" stream))
               (#\Tab (write-string "\\t" stream))
               (t (if (<= 32 (char-code c) 126)
                      (write-char c stream)
                      (format stream "\\u~(~4,'0X~)" (char-code c))))))
    (write-char #\" stream))
  (:method ((value vector) stream)
    (write-char #\[ stream)
    (loop for x across value
          for first = t then nil
          do (unless first (write-char #\, stream))
             (render x stream))
    (write-char #\] stream))
  (:method ((value cons) stream)
    (write-char #\{ stream)
    (loop for ((key . x) . more) on value
          do (render (string key) stream)
             (write-char #\: stream)
             (render x stream)
             (when more (write-char #\, stream)))
    (write-char #\} stream))
  (:method ((value hash-table) stream)
    (render (sort (loop for k being the hash-keys in value using (hash-value v) collect (cons k v)) #'string< :key #'car)
            stream)))

(defun to-json (value) (with-output-to-string (s) (render value s)))

;;; ============================================================ Procedures

(defvar *procedures* (make-hash-table :test #'equal))

(defmacro defprocedure (name (&rest parameters) &body body)
  "Positional or named: PARAMETERS are (name &optional type default)."
  (let ((arguments (gensym "ARGUMENTS")) (i -1))
    `(setf (gethash ,name *procedures*)
           (lambda (,arguments)
             (let* ,(loop for p in parameters
                          for (variable type default) = (if (listp p) p (list p t))
                          do (incf i)
                          collect `(,variable (argument ,arguments ,i ,(string-downcase variable) ,default)))
               ,@(loop for p in parameters
                       when (and (listp p) (second p))
                         collect `(check-type ,(first p) ,(second p)))
               ,@body)))))

(defun argument (arguments i name default)
  (typecase arguments
    (vector (if (< i (length arguments)) (aref arguments i) default))
    (list (let ((entry (assoc name arguments :test #'string=))) (if entry (cdr entry) default)))
    (t default)))

(defprocedure "add" ((a number) (b number 10)) (+ a b))
(defprocedure "divide" ((dividend rational) (divisor rational)) (/ dividend divisor))
(defprocedure "sort" ((items vector)) (sort (copy-seq items) #'string< :key #'to-json))
(defprocedure "reverse" ((text string)) (reverse text))
(defprocedure "count" (value)
  (let ((table (make-hash-table :test 'equal)))
    (labels ((walk (x)
               (incf (gethash (string-downcase (etypecase x (string 'string) (number 'number) (symbol 'other) (vector 'array) (cons 'object)))
                              table 0))
               (typecase x
                 (string)
                 (vector (map nil #'walk x))
                 (cons (mapc (lambda (pair) (walk (cdr pair))) x)))))
      (walk value))
    table))
(defprocedure "fail" (what) (error "~A failed" what))

(defun get* (object key) (cdr (assoc key object :test #'string=)))

(defun respond-to (line)
  (let ((id :null))
    (flet ((failure (code message) `(("error" ("code" . ,code) ("message" . ,message)) ("id" . ,id))))
      (handler-case
          (let* ((request (parse line))
                 (procedure (progn (setf id (or (get* request "id") :null))
                                   (gethash (get* request "method") *procedures*))))
            (if procedure
                (list (cons "result" (funcall procedure (get* request "params"))) (cons "id" id))
                (failure -32601 (format nil "no method ~A" (get* request "method")))))
        (json-error (e) (failure -32700 (princ-to-string e)))
        (type-error (e) (failure -32602 (format nil "~A will not do" (to-json (or (type-error-datum e) :null)))))
        (division-by-zero () (failure 1 "division by zero"))
        (error (e) (failure 2 (princ-to-string e)))))))

(defun serve (listener)
  (with-accept-connection (s listener)
    (loop for line = (read-line s nil nil)
          while line
          do (write-line (to-json (respond-to line)) s)
             (finish-output s)
          count t)))

(defun demo ()
  (with-open-socket (listener :connect :passive :address-family :internet :type :stream :ipv6 nil
                              :local-host +ipv4-loopback+ :local-port 0 :external-format '(:utf-8 :eol-style :lf))
    (let ((thread (bt:make-thread (lambda () (serve listener)))))
      (with-open-socket (s :remote-host +ipv4-loopback+ :remote-port (local-port listener) :ipv6 nil :external-format :utf-8)
        (let ((id 0))
          (flet ((raw (line)
                   (write-line line s)
                   (finish-output s)
                   (format t "> ~A~%< ~A~%" line (read-line s))))
            (flet ((call (method params)
                     (raw (to-json `(("method" . ,method) ("params" . ,params) ("id" . ,(incf id)))))))
              (call "add" #(1 2))
              (call "add" '(("b" . 2.5d0) ("a" . 1)))
              (call "add" #(5))
              (call "add" #("x"))
              (call "divide" #(7 2))
              (call "divide" #(6 3))
              (call "divide" #(1 0))
              (call "sort" #(#("b" 1 "a" t :null)))
              (call "reverse" (vector (format nil "tab	\"quoted\" \\ new~%line é")))
              (call "count" (vector `(("a" . #(1 2 "x" ())) ("b" ("c" . :false)))))
              (call "fail" #("it"))
              (call "nothing" :null))
            (mapc #'raw '("{\"method\": \"add\" , \"params\" : [ 1e2, -0.5E-1 ] }" "[1, 2" "{\"a\" 1}" "[1,]" "nul" "12 13" "\"\\u00e9\\n\"" "[1.2.3]" "")))))
      (format t "~D lines~%" (bt:join-thread thread))))
  (let ((value (parse "{\"list\":[1,2.5,\"three\",null,true,false,{}],\"nested\":{\"deep\":[[],[[]]]}}")))
    (format t "~S~%~A~%" value (string= (to-json value) "{\"list\":[1,2.5,\"three\",null,true,false,{}],\"nested\":{\"deep\":[[],[[]]]}}"))))
