(require hy-iolib.cl * :readers *)
(import hy-iolib.cl *)

;;;; store.lisp: a key-value store over UDP. A request is one datagram:
;;;;   SET key value | GET key | DEL key | KEYS | SUM key... | STOP

(defpackage :store
  (:use :common-lisp :iolib)
  (:export :run-store :ask))

(in-package :store)

(defconstant +max-datagram+ 512)

(defun string-to-octets* (string)
  (map '(vector (unsigned-byte 8)) #'char-code string))

(defun octets-to-string* (octets count)
  (let ((string (make-string count)))
    (dotimes (i count string)
      (setf (char string i) (code-char (aref octets i))))))

(defun words (string)
  "The words of STRING, a list."
  (loop with start = 0
        for end = (position #\Space string :start start)
        for word = (subseq string start (or end (length string)))
        unless (string= word "") collect word
        while end
        do (setf start (1+ end))))

(defun sum (numbers)
  (reduce #'+ numbers :initial-value 0))

(defun join (strings separator)
  (with-output-to-string (out)
    (loop for (string . more) on strings
          do (write-string string out)
             (when more (write-string separator out)))))

(defun answer (table request)
  "The answer to REQUEST, a string, and whether to go on."
  (block nil
    (when (string= request "") (return (values "ERR empty" t)))
    (destructuring-bind (verb &rest args) (words request)
      (let ((verb (intern (string-upcase verb) :keyword)))
        (case verb
          (:set
           (if (< (length args) 2)
               (values "ERR usage" t)
               (progn
                 (setf (gethash (first args) table) (join (rest args) " "))
                 (values "OK" t))))
          (:get
           (multiple-value-bind (value found) (gethash (first args) table)
             (values (if found value "NONE") t)))
          (:del
           (values (if (remhash (first args) table) "1" "0") t))
          (:keys
           (values (format nil "~D:~{ ~A~}" (hash-table-count table)
                           (sort (loop for key being the hash-keys of table collect key)
                                 #'string<))
                   t))
          (:sum
           (handler-case
               (values (format nil "~D" (sum (mapcar (lambda (key)
                                                       (parse-integer (gethash key table "0")))
                                                     args)))
                       t)
             (parse-error () (values "ERR not a number" t))))
          (:stop (values "BYE" nil))
          (otherwise (values (format nil "ERR ~(~A~)" verb) t)))))))

(defun run-store (&key (host #(127 0 0 1)) (port 0) on-ready (patience 10))
  (let ((table (make-hash-table :test #'equal))
        (requests 0))
    (with-open-socket (socket :type :datagram :ipv6 nil :local-host host :local-port port)
      (when on-ready (funcall on-ready (local-port socket)))
      (loop
        (unless (wait-until-fd-ready (socket-os-fd socket) :input patience)
          (format t "nobody asks~%")
          (return))
        (multiple-value-bind (buffer count remote-host remote-port)
            (receive-from socket :size +max-datagram+)
          (incf requests)
          (multiple-value-bind (reply more)
              (answer table (octets-to-string* buffer count))
            (send-to socket (string-to-octets* reply)
                     :remote-host remote-host :remote-port remote-port)
            (unless more (return))))))
    (format t "~D request~:P, ~D key~:P~%" requests (hash-table-count table))
    requests))

(defun ask (port &rest request)
  "Send REQUEST, strings joined by spaces, to the store at PORT; its answer."
  (with-open-socket (socket :type :datagram :ipv6 nil
                            :remote-host +ipv4-loopback+ :remote-port port)
    (send-to socket (string-to-octets* (join request " ")))
    (if (wait-until-fd-ready (socket-os-fd socket) :input 5)
        (multiple-value-bind (buffer count) (receive-from socket :size +max-datagram+)
          (octets-to-string* buffer count))
        :timeout)))
