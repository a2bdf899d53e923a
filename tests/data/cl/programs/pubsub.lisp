;;;; run: (pubsub:main)
;;;; -*- coding: utf-8 -*-
;;;; A publish/subscribe broker: SUB, UNSUB, PUB, RETAIN over TCP lines, a thread for each client. Topics are paths
;;;; such as a/b/c; subscriptions may have + for one level and # for all that follow.

(defpackage :pubsub
  (:use :cl :iolib)
  (:import-from :alexandria #:ensure-list #:if-let #:when-let #:hash-table-keys)
  (:export #:main))

(in-package :pubsub)

;;; --- topics

(defun split-topic (string)
  (loop for start = 0 then (1+ slash)
        for slash = (position #\/ string :start start)
        collect (subseq string start slash)
        while slash))

(defun topic-matches-p (pattern topic)
  (labels ((fits (pattern topic)
             (cond ((null pattern) (null topic))
                   ((equal (car pattern) "#") t)
                   ((null topic) nil)
                   ((or (equal (car pattern) "+") (equal (car pattern) (car topic)))
                    (fits (cdr pattern) (cdr topic))))))
    (fits (split-topic pattern) (split-topic topic))))

(define-condition bad-topic (error)
  ((topic :initarg :topic :accessor topic)
   (reason :initarg :reason :accessor reason :initform "it is malformed"))
  (:report (lambda (c s) (format s "~S: ~A" (topic c) (reason c)))))

(defun check-pattern (pattern)
  (let ((levels (split-topic pattern)))
    (dolist (level levels pattern)
      (cond ((and (string/= level "") (every #'(lambda (c) (not (find c "+#"))) level)))
            ((equal level "+"))
            ((and (equal level "#") (eq level (car (last levels)))))
            ((equal level "#") (error 'bad-topic :topic pattern :reason "# is for the end"))
            (t (error 'bad-topic :topic pattern))))))

;;; --- subscribers

(defclass subscriber ()
  ((name :initarg :name :accessor name)
   (patterns :initform '() :accessor patterns)
   (received :initform 0 :accessor received :allocation :instance)
   (everybody :allocation :class :initform 0 :accessor everybody)))

(defclass stream-subscriber (subscriber)
  ((stream :initarg :stream :reader subscriber-stream)
   (lock :initform (bt:make-lock) :reader lock)))

(defclass collecting-subscriber (subscriber)
  ((messages :initform '() :accessor messages)))

(defmethod initialize-instance :after ((s subscriber) &key)
  (incf (everybody s)))

(defgeneric deliver (subscriber topic text)
  (:documentation "Give a message to SUBSCRIBER.")
  (:method :around ((s subscriber) topic text)
    (when (some (lambda (p) (topic-matches-p p topic)) (patterns s))
      (call-next-method)
      (incf (received s))))
  (:method ((s stream-subscriber) topic text)
    (bt:with-lock-held ((lock s))
      (format (subscriber-stream s) "MSG ~A ~A~%" topic text)
      (finish-output (subscriber-stream s))))
  (:method ((s collecting-subscriber) topic text)
    (push (cons topic text) (messages s))))

;; Which patterns a subscriber may add, by its class: every method has to agree.
(defgeneric allowed-p (subscriber pattern)
  (:method-combination and)
  (:method and ((s subscriber) pattern) (not (member pattern (patterns s) :test #'string=)))
  (:method and ((s stream-subscriber) pattern) (< (length (patterns s)) 3))
  (:method and ((s stream-subscriber) (pattern string)) (string/= pattern "#")))

(defgeneric describe-briefly (subscriber)
  (:method-combination list)
  (:method list ((s subscriber)) (name s))
  (:method list ((s collecting-subscriber)) (length (messages s))))

;;; --- the broker

(defstruct (broker (:constructor %make-broker))
  (subscribers '())
  (retained (make-hash-table :test #'equal))
  (lock (bt:make-recursive-lock "broker"))
  (published 0 :type unsigned-byte))

(defvar *broker*)

(defmacro with-broker ((&rest slots) &body body)
  "BODY with the broker's lock held, its SLOTS as variables."
  `(with-slots ,slots *broker*
     (bt:with-recursive-lock-held ((broker-lock *broker*))
       ,@body)))

(defun publish (topic text &key retain)
  (when (intersection (coerce topic 'list) '(#\+ #\#))
    (error 'bad-topic :topic topic :reason "no wildcards here"))
  (with-broker (subscribers retained published)
    (incf published)
    (when retain
      (if (string= text "") (remhash topic retained) (setf (gethash topic retained) text)))
    (count-if (lambda (s) (deliver s topic text)) (reverse subscribers))))

(defun subscribe (subscriber pattern)
  (check-pattern pattern)
  (with-broker (subscribers retained)
    (cond ((allowed-p subscriber pattern)
           (push pattern (patterns subscriber))
           (pushnew subscriber subscribers)
           (loop for topic in (sort (hash-table-keys retained) #'string<)
                 when (topic-matches-p pattern topic)
                   do (deliver subscriber topic (gethash topic retained))
                 finally (return t)))
          (t nil))))

(defun unsubscribe (subscriber &optional (pattern nil one))
  (with-broker (subscribers)
    (if one
        (let ((before (patterns subscriber)))
          (setf (patterns subscriber) (remove pattern before :test #'equal))
          (/= (length before) (length (patterns subscriber))))
        (setf (patterns subscriber) '()
              subscribers (remove subscriber subscribers)))))

;;; --- its protocol

(defun first-word (line)
  (let ((space (position #\Space line)))
    (values (subseq line 0 space)
            (if space (string-trim " " (subseq line space)) ""))))

(defun handle-line (subscriber line)
  (multiple-value-bind (verb rest) (first-word line)
    (flet ((answer (control &rest args)
             (format (subscriber-stream subscriber) "~?~%" control args)
             (finish-output (subscriber-stream subscriber))))
      (handler-case
          (cond ((string-equal verb "NAME") (setf (name subscriber) rest) (answer "OK ~A" rest))
                ((string-equal verb "SUB") (answer "~:[NO~;OK~] ~A" (subscribe subscriber rest) rest))
                ((string-equal verb "UNSUB") (answer "~:[NO~;OK~]" (unsubscribe subscriber rest)))
                ((member verb '("PUB" "RETAIN") :test #'string-equal)
                 (multiple-value-bind (topic text) (first-word rest)
                   (answer "SENT ~D" (publish topic text :retain (char-equal #\r (char verb 0))))))
                ((string-equal verb "QUIT") (answer "BYE") (throw 'done :quit))
                (t (answer "WHAT")))
        (bad-topic (c) (answer "BAD ~A" c))))))

(defun serve-client (socket number)
  (let ((s (make-instance 'stream-subscriber :stream socket :name (format nil "client~D" number))))
    (unwind-protect
         (catch 'done
           (loop (handle-line s (or (read-line socket nil) (return :gone)))))
      (unsubscribe s)
      (close socket))
    (list (name s) (received s))))

(defun serve (listener count broker)
  (let ((threads (loop for i from 1 to count
                       for socket = (accept-connection listener)
                       collect (let ((i i) (socket socket))
                                 (bt:make-thread (lambda ()
                                                   (let ((*broker* broker)) (serve-client socket i))))))))
    (mapcar #'bt:join-thread threads)))

(defun main ()
  (let* ((*broker* (%make-broker))
         (broker *broker*)
         (archive (make-instance 'collecting-subscriber :name "archive")))
    (subscribe archive "#")
    (with-open-socket (listener :connect :passive :address-family :internet :type :stream :ipv6 nil
                                :local-host +ipv4-loopback+ :external-format '(:utf-8 :eol-style :lf))
      (let* ((thread (bt:make-thread (lambda () (serve listener 3 broker))))
             (names '("ann" "bob" "eve"))
             (sockets (loop for name in names
                            for s = (make-socket :remote-host +ipv4-loopback+ :remote-port (local-port listener)
                                                 :ipv6 nil :external-format :utf-8)
                            do (format s "NAME ~A~%" name) (finish-output s) (read-line s)
                            collect s)))
        (flet ((say (who line)
                 (let ((s (nth (position who names :test #'string-equal) sockets)))
                   (write-line line s)
                   (finish-output s)
                   (format t "~A: ~A => ~A~%" who line (read-line s))))
               (hear (who)
                 (format t "~A hears ~A~%" who (read-line (nth (position who names :test #'string-equal) sockets)))))
          (say 'ann "SUB news/+/today")
          (say 'ann "SUB weather")
          (say 'bob "SUB news/#")
          (say 'bob "SUB #")
          (say 'bob "SUB a/#/b")
          (say 'bob "SUB a+/b")
          (say 'eve "PUB news/local/today fish & chips") (hear 'ann) (hear 'bob)
          (say 'eve "PUB news/world soup") (hear 'bob)
          (say 'eve "PUB news/# soup")
          (say 'eve "RETAIN weather/north ¡sól y łuk!")
          (say 'eve "RETAIN weather/south rain")
          (say 'eve "RETAIN weather/south")
          (say 'eve "SUB weather/+") (hear 'eve)
          (say 'ann "UNSUB weather")
          (say 'ann "UNSUB weather")
          (say 'bob "SUB x") (say 'bob "SUB y") (say 'bob "SUB z")
          (say 'eve "DANCE")
          (dolist (who '(eve ann)) (say who "QUIT"))
          (close (second sockets))
          (let ((results (bt:join-thread thread)))
            (format t "~:{~A received ~D~:^; ~}~%" (sort results #'string< :key #'first)))
          (mapc #'close sockets))))
    (format t "~S ~D published, ~D subscriber~:P ever~%" (describe-briefly archive) (broker-published *broker*)
            (everybody archive))
    (loop for (topic . text) in (reverse (messages archive))
          do (format t "~A~20T~A~%" topic text))
    (length (broker-subscribers *broker*))))
