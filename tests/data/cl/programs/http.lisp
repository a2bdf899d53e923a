;;;; run: (tiny-httpd:demo)
;;;; tiny-httpd: HTTP/1.0 with a tree of documents in memory, handlers for dynamic pages, a thread for each client.

(defpackage :tiny-httpd
  (:use :cl :iolib)
  (:import-from :bordeaux-threads #:make-thread #:join-thread #:make-lock #:with-lock-held)
  (:export #:demo))

(in-package :tiny-httpd)

;;; Responses ---------------------------------------------------------------

(defparameter +status-codes+
  '((200 . "OK") (302 . "Found") (400 . "Bad Request") (404 . "Not Found")
    (405 . "Method Not Allowed") (500 . "Internal Server Error")))

(defun reason-phrase (code)
  (or (cdr (assoc code +status-codes+)) "Unknown"))

(define-condition http-error (error)
  ((code :initarg :code :initform 500 :reader http-error-code)
   (detail :initarg :detail :initform nil :reader http-error-detail))
  (:report (lambda (c s)
             (format s "~D ~A~@[: ~A~]" (http-error-code c) (reason-phrase (http-error-code c))
                     (http-error-detail c)))))

(defstruct (request (:conc-name req-))
  (method :get :type keyword)
  (path "/" :type string)
  (query '() :type list)
  (headers '())
  (body nil))

(defstruct (response (:conc-name res-) (:constructor respond (body &key (code 200) (type "text/html") headers)))
  code type headers body)

;;; Parsing -----------------------------------------------------------------

(defun split (string char &key (limit nil))
  "STRING between the CHARs, into LIMIT parts at most."
  (loop with start = 0
        for end = (and (or (null limit) (< (1+ (length parts)) limit))
                       (position char string :start start))
        collect (subseq string start end) into parts
        while end
        do (setf start (1+ end))
        finally (return parts)))

(defun url-decode (string)
  (with-output-to-string (out)
    (let ((i 0) (n (length string)))
      (loop while (< i n)
            do (let ((c (char string i)))
                 (case c
                   (#\+ (write-char #\Space out))
                   (#\%
                    (let ((code (and (<= (+ i 3) n)
                                     (parse-integer string :start (1+ i) :end (+ i 3) :radix 16 :junk-allowed t))))
                      (unless code
                        (error 'http-error :code 400 :detail (format nil "bad escape in ~S" string)))
                      (write-char (code-char code) out)
                      (incf i 2)))
                   (t (write-char c out)))
                 (incf i))))))

(defun parse-query (string)
  (mapcar (lambda (pair)
            (destructuring-bind (name &optional (value "")) (split pair #\= :limit 2)
              (cons (intern (string-upcase (url-decode name)) :keyword) (url-decode value))))
          (remove "" (split string #\&) :test #'string=)))

(defun parse-request-line (line)
  (let ((parts (split line #\Space)))
    (unless (= 3 (length parts))
      (error 'http-error :code 400 :detail (format nil "~S is no request line" line)))
    (destructuring-bind (method target version) parts
      ;; MISMATCH gives nil or, when the prefix fits, its length.
      (let ((m (mismatch "HTTP/1." version)))
        (when (and m (< m 7))
          (error 'http-error :code 400 :detail "HTTP/1.x only")))
      (let ((mark (position #\? target)))
        (make-request :method (cond ((find method '("GET" "HEAD" "POST") :test #'equal)
                                     (intern method :keyword))
                                    (t (error 'http-error :code 405 :detail method)))
                      :path (url-decode (subseq target 0 mark))
                      :query (if mark (parse-query (subseq target (1+ mark))) nil))))))

(defun read-headers (stream)
  (loop for line = (read-line stream nil "")
        until (zerop (length line))
        for colon = (position #\: line)
        when colon
          collect (cons (intern (string-upcase (subseq line 0 colon)) :keyword)
                        (string-left-trim '(#\Space #\Tab) (subseq line (1+ colon))))))

(defun header (request name) (cdr (assoc name (req-headers request))))

(defun read-request (stream)
  (let ((line (read-line stream nil nil)))
    (when line
      (let ((request (parse-request-line line)))
        (setf (req-headers request) (read-headers stream))
        (let ((length (header request :content-length)))
          (when length
            (let* ((n (parse-integer length))
                   (text (make-string n)))
              (dotimes (i n)
                (setf (char text i) (read-char stream)))
              (setf (req-body request) text))))
        request))))

;;; The site ----------------------------------------------------------------

(defparameter *documents*
  '(("index.html" . "<h1>Welcome</h1>")
    ("about" ("staff.txt" . "ann, bob & eve") ("deep" ("er.txt" . "bottom")))
    ("empty.txt" . "")))

(defun find-document (segments tree)
  "The document at the path SEGMENTS of TREE, a string, a list of entries, or nil."
  (cond ((endp segments) tree)
        ((stringp tree) nil)
        (t (let ((entry (assoc (first segments) tree :test #'string=)))
             (and entry (find-document (rest segments) (cdr entry)))))))

(defvar *handlers* (make-hash-table :test 'equal))

(defmacro define-page (path (&rest parameters) &body body)
  "Define what is served at PATH: BODY, with PARAMETERS, symbols or (symbol default), from the query."
  (let ((request (gensym "REQUEST")))
    `(setf (gethash ,path *handlers*)
           (lambda (,request)
             (declare (ignorable ,request))
             (let* ,(loop for p in parameters
                          for (name default) = (if (consp p) p (list p nil))
                          collect `(,name (or (cdr (assoc ,(intern (symbol-name name) :keyword)
                                                          (append (req-query ,request)
                                                                  (and (req-body ,request)
                                                                       (parse-query (req-body ,request))))))
                                              ,default)))
               ,@body)))))

(defvar *hits* 0)
(defvar *hits-lock* (make-lock "hits"))

(define-page "/greet" (name (greeting "Hello"))
  (respond (format nil "~A, ~:(~A~)!" greeting (or name "stranger")) :type "text/plain"))

(define-page "/sum" (numbers)
  (let ((sum (reduce #'+ (mapcar #'parse-integer (split (or numbers "") #\,)))))
    (respond (format nil "~D (~:*~@R)" sum) :type "text/plain")))

(define-page "/old" ()
  (respond "" :code 302 :headers '(("Location" . "/index.html"))))

(define-page "/hits" ()
  (respond (princ-to-string (with-lock-held (*hits-lock*) *hits*)) :type "text/plain"))

(defun content-type (path)
  (let ((dot (position #\. path :from-end t)))
    (cond ((null dot) "text/html")
          ((string-equal "txt" path :start2 (1+ dot)) "text/plain")
          (t "text/html"))))

(defun dispatch (request)
  (let* ((path (req-path request))
         (handler (gethash path *handlers*)))
    (if handler
        (funcall handler request)
        (let* ((segments (remove "" (split path #\/) :test #'equal))
               (found (find-document (or segments '("index.html")) *documents*)))
          (typecase found
            (null (error 'http-error :code 404 :detail path))
            (string (respond found :type (content-type path)))
            (list (respond (format nil "<ul>~{<li>~A</li>~}</ul>" (sort (mapcar #'car found) #'string<)))))))))

(defun write-response (response stream head-only)
  (format stream "HTTP/1.0 ~D ~A~%" (res-code response) (reason-phrase (res-code response)))
  (loop for (name . value) in `(("Content-Type" . ,(res-type response))
                                ("Content-Length" . ,(length (res-body response)))
                                ,@(res-headers response))
        do (format stream "~A: ~A~%" name value))
  (terpri stream)
  (unless head-only (write-string (res-body response) stream))
  (finish-output stream))

(defun serve-client (socket)
  (unwind-protect
       (let* ((request nil)
              (response (handler-case
                            (progn
                              (setf request (read-request socket))
                              (with-lock-held (*hits-lock*) (incf *hits*))
                              (and request (dispatch request)))
                          (http-error (e)
                            (respond (princ-to-string e) :code (http-error-code e) :type "text/plain"))
                          (error (e)
                            (respond (format nil "trouble: ~(~A~)" (type-of e)) :code 500)))))
         (when response
           (write-response response socket (and request (eq :head (req-method request))))))
    (close socket)))

(defun run-server (listener count)
  (let ((threads (loop repeat count
                       collect (let ((client (accept-connection listener :wait t)))
                                 (make-thread (lambda () (serve-client client)) :name "client")))))
    (mapc #'join-thread threads)
    (length threads)))

;;; The client --------------------------------------------------------------

(defun request (port lines)
  (with-open-socket (s :connect :active :type :stream :address-family :internet :ipv6 nil
                       :remote-host "127.0.0.1" :remote-port port
                       :external-format '(:latin-1 :eol-style :crlf))
    (format s "~{~A~%~}" lines)
    (finish-output s)
    (loop for line = (read-line s nil) while line collect line)))

(defparameter *session*
  '(("GET / HTTP/1.0" "")
    ("HEAD /index.html HTTP/1.0" "Host: localhost" "")
    ("GET /about/staff.txt HTTP/1.0" "")
    ("GET /about/deep/er.txt HTTP/1.0" "")
    ("GET /about HTTP/1.0" "")
    ("GET /empty.txt HTTP/1.0" "")
    ("GET /nowhere%20at+all HTTP/1.0" "")
    ("GET /greet?name=mary+ann&greeting=Good%20day HTTP/1.0" "")
    ("GET /greet HTTP/1.0" "")
    ("GET /sum?numbers=1,20,300 HTTP/1.0" "")
    ("GET /sum?numbers=1,x HTTP/1.0" "")
    ("POST /greet HTTP/1.0" "Content-Length: 8" "X-Note:   spaces  " "" "name=eve")
    ("DELETE / HTTP/1.0" "")
    ("GET /" "")
    ("GET /%zz HTTP/1.0" "")
    ("GET / SPDY/3" "")
    ("GET /old HTTP/1.0" "")
    ("GET /hits HTTP/1.0" "")))

(defun demo ()
  (setf *hits* 0)
  (with-open-socket (listener :connect :passive :type :stream :address-family :internet :ipv6 nil
                              :local-host +ipv4-loopback+ :local-port 0 :backlog 10 :reuse-address t
                              :external-format '(:latin-1 :eol-style :crlf))
    (let ((server (make-thread (lambda () (run-server listener (length *session*))))))
      (loop for lines in *session*
            for i from 1
            do (format t "~2D> ~A~%~{  | ~A~%~}" i (first lines) (request (local-port listener) lines)))
      (format t "~D request~:P, ~D counted~%" (join-thread server) *hits*))))
