;;;; run: (hit-counters:run)
;;;; hit-counters: a UDP service that counts requests by client, by word and by hour; the keys of its tables are lists.

(defpackage :hit-counters
  (:nicknames :hits)
  (:use :common-lisp :iolib)
  (:export :run))
(in-package :hits)

(defvar *by-client* (make-hash-table :test 'equal) "(host port) -> requests")
(defvar *by-word* (make-hash-table :test 'equalp))
(defvar *by-client-and-word* (make-hash-table :test #'equal :size 50) "((host port) word) -> requests")
(defvar *last* '() "alist of client and (word count) of its last request")

(defmacro do-table ((key value table &optional result) &body body)
  `(loop for ,key being each hash-key of ,table using (hash-value ,value)
         do (progn ,@body)
         finally (return ,result)))

(defun table-alist (table &aux all)
  (do-table (k v table all) (push (cons k v) all)))

(defun by-count (a b)
  "The greater count first, then by name."
  (or (> (cdr a) (cdr b))
      (and (= (cdr a) (cdr b)) (string< (princ-to-string (car a)) (princ-to-string (car b))))))

(defun tokens (string)
  (let ((result nil) (word nil))
    (flet ((finish ()
             (when word
               (push (coerce (reverse word) 'string) result)
               (setf word nil))))
      (loop for c across string
            if (alphanumericp c) do (push c word)
            else do (finish)
            finally (finish)))
    (reverse result)))

(defun record (client words)
  (incf (gethash client *by-client* 0))
  (dolist (word words)
    (incf (gethash word *by-word* 0))
    (incf (gethash (list client (string-downcase word)) *by-client-and-word* 0)))
  (let ((last (assoc client *last* :test #'equal)))
    (if last
        (setf (cdr last) (list (car (last words)) (1+ (third last))))
        (setf *last* (acons client (list (first (last words)) 1) *last*)))))

(defun rank (n) (format nil "~:R" n))

(defun report (names)
  "NAMES is an alist of clients and names for them."
  (flet ((name (client) (or (cdr (assoc client names :test #'equal)) "?")))
    (with-output-to-string (*standard-output*)
      (format t "~&~a client~:p~%" (hash-table-count *by-client*))
      (loop for (client . count) in (sort (mapcar (lambda (x) (cons (name (car x)) (cdr x))) (table-alist *by-client*))
                                          #'by-count)
            as i upfrom 1
            do (format t "~10@a: ~a with ~d~%" (rank i) client count))
      (loop with words = (sort (table-alist *by-word*) #'by-count)
            with most = (cdr (first words))
            for (word . count) in words
            repeat 4
            do (format t "~8a~vd |~v@{~a~:*~}~%" (string-downcase word) 3 count (round (* 20 count) most) "*"))
      (let ((matrix (make-array '(2 3) :initial-element 0))
            (letters "abc"))
        (do-table (key count *by-client-and-word*)
          (destructuring-bind (client word) key
            (let ((row (position (name client) '("ann" "bob") :test #'string=))
                  (column (position (char word 0) letters)))
              (when (and row column)
                (incf (aref matrix row column) count)))))
        (dotimes (row 2)
          (dotimes (column 3)
            (format t "~4d" (aref matrix row column)))
          (terpri))
        (format t "~s ~a~%" matrix (array-dimensions matrix)))
      (format t "~:{~a last said ~s (~d)~%~}"
              (sort (loop for (client word count) in *last*
                          collect (list (name client) word count))
                    #'string< :key #'car)))))

(defun string-octets (string) (map '(vector (unsigned-byte 8)) 'char-code string))
(defun octets-string (octets &optional (end (length octets)))
  (loop with string = (make-string end)
        for i from 0 below end
        do (setf (schar string i) (code-char (aref octets i)))
        finally (return string)))

(defun serve (socket)
  "Answer datagrams until one says \"stop\"."
  (let ((buffer (make-array 64 :element-type '(unsigned-byte 8) :initial-element 0)) (requests 0))
    (loop
      (unless (wait-until-fd-ready (socket-os-fd socket) :input 20) (return :nobody))
      (multiple-value-bind (octets count host port) (receive-from socket :buffer buffer :end 60)
        (let* ((text (octets-string octets count))
               (client (list (address-to-string host) port))
               (words (tokens text)))
          (when (equalp text "STOP") (return requests))
          (incf requests)
          (record client words)
          (let ((reply (format nil "~d ~a~@[ most: ~a~]" (gethash client *by-client*) (length words)
                               (loop with best = nil and most = 0
                                     for ((who word) . n) in (table-alist *by-client-and-word*)
                                     when (and (equal who client)
                                               (or (> n most) (and (= n most) best (string< word best))))
                                       do (setf best word most n)
                                     finally (return best)))))
            (send-to socket (string-octets reply) :remote-host host :remote-port port)))))))

(defun ask (socket text)
  (send-to socket (string-octets text))
  (if (wait-until-fd-ready (socket-os-fd socket) :input 5)
      (multiple-value-bind (buffer count) (receive-from socket :size 100)
        (octets-string buffer count))
      "no answer"))

(defun run ()
  (mapc #'clrhash (list *by-client* *by-word* *by-client-and-word*))
  (setf *last* nil)
  (with-open-socket (server :type :datagram :ipv6 nil :local-host #(127 0 0 1) :local-port 0)
    (let ((thread (bt:make-thread (lambda () (serve server))))
          (sockets (loop repeat 3
                         collect (make-socket :type :datagram :ipv6 nil
                                              :remote-host "127.0.0.1" :remote-port (local-port server))))
          (names '()))
      (loop for socket in sockets
            for name in '("ann" "bob" "eve")
            do (push (cons (list "127.0.0.1" (local-port socket)) name) names))
      (loop for (who text) in '((0 "apple banana apple") (1 "Apple,cherry;date") (0 "banana") (2 "") (1 "CHERRY! cherry.")
                                (0 "zebra apple cherry banana fig") (2 "x y z x y") (1 "banana"))
            do (format t "~s: ~a~%" text (ask (nth who sockets) text)))
      (send-to (first sockets) (string-octets "stop"))
      (format t "~r requests~%" (bt:join-thread thread))
      (write-string (report names))
      (mapc #'close sockets)
      (multiple-value-bind (value found) (gethash "APPLE" *by-word*)
        (format t "~a ~a ~a~%" value found (multiple-value-list (gethash "kiwi" *by-word* :none))))
      (list (remhash "apple" *by-word*) (remhash "apple" *by-word*)))))
