;;;; run: (smtp-sink:run)
;;; smtp-sink.lisp -- a mail sink: talks SMTP, keeps what it gets in mailboxes, and shows them at the end.
;;; Commands are generic functions on (session, keyword); a refused command is a condition with a reply code.

(cl:defpackage #:smtp-sink
  (:use #:cl)
  (:export #:run))

(cl:in-package #:smtp-sink)

(defclass session ()
  ((stream    :initarg :stream :reader session-stream)
   (peer      :initform nil    :accessor peer)
   (sender    :initform nil    :accessor sender)
   (receivers :initform '()    :accessor receivers)
   (open      :initform t      :accessor session-open-p)
   (counts    :initform (make-hash-table) :reader counts)))

(defclass extended-session (session)
  ((limit :initform 120 :initarg :limit :accessor size-limit))
  (:documentation "One that was greeted with EHLO."))

(defstruct (message (:constructor make-message (from to lines)))
  from to lines (number 0 :read-only nil))

(defvar *mailboxes* nil "Name -> messages, the latest first.")
(defvar *users* '("ann" "bob" "postmaster"))
(defvar *serial*)

(define-condition smtp-refusal (error)
  ((code :initarg :code :reader code)
   (text :initarg :text :reader text))
  (:report (lambda (c s) (format s "~D ~A" (code c) (text c)))))

(defun refuse (code control &rest arguments)
  (error 'smtp-refusal :code code :text (apply #'format nil control arguments)))

(defun reply (session code &rest lines)
  "Lines but the last have a hyphen behind the code."
  (loop with stream = (session-stream session)
        for (line . more) on lines
        do (format stream "~3D~:[ ~;-~]~A~%" code more line)
        finally (finish-output stream)))

(defgeneric obey (session command argument)
  (:documentation "Do COMMAND; signal SMTP-REFUSAL or reply.")
  (:method ((session session) command argument)
    (declare (ignore argument))
    (refuse 502 "~:@(~A~)?" command)))

(defmethod obey :before ((session session) command argument)
  (declare (ignore argument))
  (incf (gethash command (counts session) 0)))

(defmethod obey :around ((session session) (command t) argument)
  (declare (ignorable argument))
  (restart-case
      (handler-bind ((smtp-refusal
                       (lambda (c)
                         (when (<= 550 (code c) 559)
                           (incf (gethash :refused (counts session) 0))))))
        (call-next-method))
    (answer-refusal (c)
      :report "Send the refusal as the reply."
      (reply session (code c) (text c)))))

(defmethod obey ((session session) (command (eql :helo)) name)
  (when (equal name "")
    (refuse 501 "who are you?"))
  (setf (peer session) name)
  (reply session 250 (format nil "hello ~A" name)))

(defmethod obey ((session session) (command (eql :ehlo)) name)
  (change-class session 'extended-session)
  (setf (peer session) name)
  (reply session 250 (format nil "hello ~A" name) (format nil "SIZE ~D" (size-limit session)) "HELP"))

(defun address-in (text prefix)
  "\"FROM:<ann@home>\" with the prefix \"FROM:\" -> \"ann@home\"."
  (let ((start (length prefix)))
    (unless (and (>= (length text) start) (string-equal prefix text :end2 start))
      (refuse 501 "~A expected" prefix))
    (let ((open (position #\< text :start start))
          (close (position #\> text :from-end t)))
      (if (and open close (< open close))
          (subseq text (1+ open) close)
          (refuse 501 "no address in ~S" (subseq text start))))))

(defmethod obey ((session session) (command (eql :mail)) argument)
  (cond ((null (peer session)) (refuse 503 "be polite first"))
        ((sender session) (refuse 503 "one at a time"))
        (t (setf (sender session) (address-in argument "FROM:"))
           (reply session 250 "ok"))))

(defmethod obey ((session session) (command (eql :rcpt)) argument)
  (unless (sender session) (refuse 503 "from whom?"))
  (let* ((address (address-in argument "TO:"))
         (user (string-downcase (subseq address 0 (position #\@ address)))))
    (unless (member user *users* :test #'string=)
      (refuse 550 "no ~A here" user))
    (pushnew user (receivers session) :test #'equal)
    (reply session 250 (format nil "~{~A~^, ~}" (sort (copy-list (receivers session)) #'string<)))))

(defgeneric check-size (session lines)
  (:method ((session session) lines) lines)
  (:method ((session extended-session) lines)
    (let ((size (reduce #'+ lines :key (lambda (l) (+ 2 (length l))))))
      (if (> size (size-limit session))
          (refuse 552 "~D octets are ~:[~D~;one~] too many" size
                  (= 1 (- size (size-limit session))) (- size (size-limit session)))
          lines))))

(defun read-dotted (stream)
  "Lines up to a single dot; of those that begin with a dot the first one goes away."
  (do ((line (read-line stream) (read-line stream))
       (lines '()))
      ((string= line ".") (nreverse lines))
    (push (if (and (plusp (length line)) (char= #\. (schar (coerce line 'simple-string) 0)))
              (subseq line 1)
              line)
          lines)))

(defun reset (session)
  (setf (sender session) nil
        (receivers session) '()))

(defmethod obey ((session session) (command (eql :data)) argument)
  (declare (ignore argument))
  (when (null (receivers session)) (refuse 503 "to whom?"))
  (reply session 354 "go on")
  (unwind-protect
       (let ((message (make-message (sender session)
                                    (receivers session)
                                    (check-size session (read-dotted (session-stream session))))))
         (setf (message-number message) (incf *serial*))
         (dolist (user (receivers session))
           (push message (gethash user *mailboxes*)))
         (reply session 250 (format nil "message ~D" *serial*)))
    (reset session)))

(defmethod obey ((session session) (command (eql :rset)) argument)
  (declare (ignore argument))
  (reset session)
  (reply session 250 "forgotten"))

(defmethod obey ((session session) (command (eql :quit)) argument)
  (declare (ignore argument))
  (setf (session-open-p session) nil)
  (reply session 221 "bye"))

(defun split-command (line)
  (let* ((end (or (position #\Space line) (length line))))
    (values (intern (string-upcase (subseq line 0 end)) '#:keyword)
            (string-trim " " (subseq line end)))))

(defun hold-session (stream)
  (let ((session (make-instance 'session :stream stream)))
    (handler-bind ((smtp-refusal (lambda (c)
                                   (let ((restart (find-restart 'answer-refusal c)))
                                     (when restart (invoke-restart restart c))))))
      (reply session 220 "sink ready")
      (loop while (session-open-p session)
            for line = (read-line stream nil nil)
            while line
            do (multiple-value-call #'obey session (split-command line))))
    session))

;;; The other side, and what is left of it.

(defun talk (stream script)
  "Send each line of SCRIPT, a keyword :HEAR among them meaning that a reply is due."
  (dolist (item script)
    (etypecase item
      (string (write-line item stream) (finish-output stream))
      ((eql :hear)
       (loop for line = (read-line stream)
             do (format t "S: ~A~%" line)
             while (char= #\- (char line 3)))))))

(defmacro script (&rest lines)
  "A line that is sent is followed by its reply, but for lines in a list, which get none."
  `(append ,@(mapcar (lambda (line)
                       (if (consp line) `(list ,@line) `(list ,line :hear)))
                     lines)))

(defun run ()
  (let ((*mailboxes* (make-hash-table :test #'equal))
        (mailboxes nil)
        (counts nil))
    (setf mailboxes *mailboxes*)
    (multiple-value-bind (ours theirs)
        (iolib:make-socket-pair :type :stream :external-format '(:utf-8 :eol-style :crlf))
      (let ((thread (bt:make-thread
                     (lambda ()
                       (let ((*mailboxes* mailboxes) (*serial* 0))
                         (with-open-stream (stream theirs)
                           (setf counts (counts (hold-session stream))))))
                     :name "sink")))
        (talk ours (list* :hear
                          (script "MAIL FROM:<eve@away>" "HELO" "HELO away.example" "RCPT TO:<ann@here>"
                                  "mail from:<eve@away>" "RCPT TO:<Ann@here>" "RCPT TO:<carl@here>"
                                  "RCPT ann" "RCPT TO:nobody" "RCPT TO:<bob>" "DATA"
                                  ("Hello," "" "..dots" "lines") "." "DATA" "DANCE now"
                                  "EHLO away" "MAIL FROM:<>" "RCPT TO:<postmaster@here>" "RSET"
                                  "MAIL FROM:<ann@here>" "RCPT TO:<bob@here>" "DATA"
                                  ("a line that is long enough to go beyond what fits, when it is sent more than once,"
                                   "and there are 119 octets or so")
                                  "." "MAIL FROM:<x>" "RCPT TO:<ann>" "DATA" "." "QUIT")))
        (bt:join-thread thread)
        (close ours)))
    (dolist (user (sort (loop for u being the hash-keys of mailboxes collect u) 'string<))
      (format t "~&~A:~%~:{  ~D from ~A to ~{~A~^+~}~@{~%   |~A~}~%~}" user
              (mapcar (lambda (m)
                        (list* (message-number m) (message-from m) (message-to m) (message-lines m)))
                      (reverse (gethash user mailboxes)))))
    (format t "~{~(~A~) ~D~^, ~}~%"
            (loop for (name . n) in (sort (let (all) (maphash (lambda (k v) (push (cons k v) all)) counts) all)
                                          #'> :key #'cdr)
                  when (> n 3) collect name and collect n))
    (hash-table-count mailboxes)))
