;;;; run: (pop3:play)
;;;; pop3 --- a POP3 server's state machine, driven over a TCP connection.
;;;;
;;;; States are :authorization, :transaction and :update; a table says which command is good in which state.

(defpackage #:pop3
  (:use #:common-lisp)
  (:import-from #:iolib
                #:make-socket #:bind-address #:listen-on #:local-port #:accept-connection
                #:with-open-socket)
  (:export #:play))
(in-package #:pop3)

(declaim (optimize (speed 1) (safety 3)))

;;; ---------------------------------------------------------------- the drop

(defstruct (mail (:type vector) :named)
  text
  (deleted nil))

(defvar *drops*
  `(("ann" "secret"
           ,(format nil "From: bob~%Subject: lunch~%~%Noon?~%.hidden~%")
           ,(format nil "From: eve~%~%~A~%" (make-string 30 :initial-element #\x))
           ,(format nil "From: ann~%Subject: note to self~%~%1~%2~%3~%"))
    ("bob" "builder")))

(defun octet-count (text)
  "How long TEXT is with a CR before each LF."
  (+ (length text) (count #\Newline text)))

(defun adler-32 (string)
  (loop with a of-type (unsigned-byte 16) = 1
        and b of-type (unsigned-byte 16) = 0
        for c across string
        do (setf a (mod (+ a (char-code c)) 65521)
                 b (mod (+ a b) 65521))
        finally (return (dpb b (byte 16 16) a))))

(defun lines-of (text)
  (with-input-from-string (in text)
    (loop for line = (read-line in nil nil)
          while line collect line)))

;;; ---------------------------------------------------------------- sessions

(defvar *stream*)
(defvar *state*)
(defvar *user*)
(defvar *maildrop* #() "A vector of mails.")

(define-symbol-macro ok-p (member *state* '(:transaction :update)))

(defun say (status control &rest arguments)
  (format *stream* "~:[-ERR~;+OK~]~@[ ~?~]~%" status control arguments)
  (finish-output *stream*)
  status)

(defun say-lines (lines)
  (dolist (line lines)
    (when (and (string/= line "") (eql (char line 0) #\.))
      (write-char #\. *stream*))
    (write-line line *stream*))
  (write-line "." *stream*)
  (finish-output *stream*)
  t)

(defvar *commands* '())

(defmacro defcommand (name states (&rest lambda-list) &body body)
  (let ((function (intern (format nil "COMMAND-~A" name))))
    `(progn
       (defun ,function ,lambda-list
         (block command
           (macrolet ((fail (control &rest arguments)
                        `(return-from command (say nil ,control ,@arguments))))
             ,@body)))
       (setf (getf *commands* ,(intern (string name) "KEYWORD")) '(,function ,@states))
       ',name)))

(defun live-mails ()
  (loop for m across *maildrop*
        for number from 1
        unless (mail-deleted m) collect (cons number m)))

(defun pick (argument)
  "The number and the mail that ARGUMENT says, or nil."
  (let ((n (and argument (parse-integer argument :junk-allowed t))))
    (when (and n (<= 1 n (length *maildrop*)))
      (let ((m (elt *maildrop* (1- n))))
        (unless (mail-deleted m) (values n m))))))

(defun total (mails)
  (reduce #'+ mails :key (lambda (x) (octet-count (mail-text (cdr x))))))

(defcommand user (:authorization) (&optional name &rest more)
  (when (or (null name) more) (fail "user NAME"))
  (setq *user* name)
  (say t "password?"))

(defcommand pass (:authorization) (&rest words)
  (let* ((password (format nil "~{~A~^ ~}" words))
         (drop (assoc *user* *drops* :test #'equal)))
    (cond ((null *user*) (fail "user first"))
          ((and drop (string= password (second drop)))
           (setf *maildrop* (map 'vector (lambda (text) (make-mail :text text)) (cddr drop))
                 *state* :transaction)
           (say t "~D message~:P" (length *maildrop*)))
          (t (setf *user* nil)
             (fail "no")))))

(defcommand stat (:transaction) ()
  (let ((live (live-mails)))
    (say t "~D ~D" (length live) (total live))))

(defcommand list (:transaction) (&optional (which nil which-given))
  (if which-given
      (multiple-value-bind (n mail) (pick which)
        (if n (say t "~D ~D" n (octet-count (mail-text mail))) (fail "no message ~A" which)))
      (progn (say t nil)
             (say-lines (loop for (n . m) in (live-mails)
                              collect (format nil "~D ~D" n (octet-count (mail-text m))))))))

(defcommand uidl (:transaction) ()
  (say t "ids")
  (say-lines (mapcar #'(lambda (entry)
                         (format nil "~D ~8,'0X" (car entry) (adler-32 (mail-text (cdr entry)))))
                     (live-mails))))

(defcommand retr (:transaction) (&optional which)
  (let ((mail (nth-value 1 (pick which))))
    (unless mail (fail "no message ~:[here~;~:*~A~]" which))
    (say t "~D octets" (octet-count (mail-text mail)))
    (say-lines (lines-of (mail-text mail)))))

(defcommand top (:transaction) (which count)
  (let ((mail (nth-value 1 (pick which)))
        (count (parse-integer count)))
    (unless mail (fail "no message"))
    (say t nil)
    (let* ((lines (lines-of (mail-text mail)))
           (blank (position "" lines :test #'string=))
           (end (min (length lines) (+ blank 1 count))))
      (say-lines (subseq lines 0 end)))))

(defcommand dele (:transaction) (which)
  (multiple-value-bind (n mail) (pick which)
    (cond (mail (setf (mail-deleted mail) t)
                (say t "~:R message gone" n))
          (t (fail "no message ~A" which)))))

(defcommand rset (:transaction) ()
  (map nil (lambda (m) (setf (mail-deleted m) nil)) *maildrop*)
  (say t "~D" (length *maildrop*)))

(defcommand noop (:authorization :transaction) () (say t nil))

(defcommand quit (:authorization :transaction) ()
  (case *state*
    (:transaction
     (setf *state* :update)
     (let ((left (count-if-not #'mail-deleted *maildrop*)))
       (say t "~[all gone~;one~:;~:*~D~] left" left)))
    (t (setq *state* :update)
       (say t "bye"))))

(defun session (*stream*)
  (let ((*state* :authorization) (*user* nil) (*maildrop* #()) line words entry)
    (say t "ready")
    (tagbody
     again
       (when (eq *state* :update) (go done))
       (setq line (read-line *stream* nil :eof))
       (when (eq line :eof) (go done))
       (setq words (loop for start = (position #\Space line :test-not #'eql) then (position #\Space line :test-not #'eql :start end)
                         while start
                         for end = (or (position #\Space line :start start) (length line))
                         collect (subseq line start end)))
       (when (endp words) (go again))
       (setq entry (getf *commands* (find-symbol (string-upcase (pop words)) :keyword)))
       (cond ((null entry) (say nil "what?"))
             ((not (member *state* (rest entry))) (say nil "not now"))
             (t (handler-case (apply (first entry) words)
                  (program-error () (say nil "wrong number of arguments"))
                  (parse-error () (say nil "a number, please")))))
       (go again)
     done)
    (list *user* (and ok-p (length (live-mails))))))

;;; ---------------------------------------------------------------- play

(defparameter *script*
  '("STAT" "PASS secret" "USER" "USER ann" "PASS wrong" "USER ann" "PASS secret" "USER bob" "STAT" "LIST" "LIST 2"
    "LIST 9" "UIDL" "RETR 1" "TOP 3 1" "TOP 3" "TOP 3 x" "DELE 1" "DELE 1" "RETR 1" "LIST" "STAT" "" "   dele   2  "
    "RSET" "STAT" "DELE 3" "NOOP" "XYZZY" "RETR" "QUIT"))

(defun multi-line-p (line answer)
  (and (char= #\+ (char answer 0))
       (let ((word (subseq line 0 (position #\Space line))))
         (or (find word '("UIDL" "RETR" "TOP") :test #'string=)
             (string= line "LIST")))))

(defun play ()
  (let ((listener (make-socket :connect :passive :address-family :internet :type :stream :ipv6 nil
                               :external-format '(:utf-8 :eol-style :crlf)))
        (result nil))
    (unwind-protect
         (progn
           (bind-address listener (iolib:make-address #(127 0 0 1)) :port 0 :reuse-address t)
           (listen-on listener :backlog 1)
           (let ((thread (bt:make-thread
                          (lambda () (with-open-stream (client (accept-connection listener))
                                       (session client))))))
             (with-open-socket (s :remote-host #(127 0 0 1) :remote-port (local-port listener)
                                  :external-format '(:utf-8 :eol-style :crlf) :ipv6 nil)
               (format t "* ~A~%" (read-line s))
               (dolist (line *script*)
                 (write-line line s)
                 (finish-output s)
                 (unless (string= line "")
                   (let ((answer (read-line s)))
                     (format t "~28A~A~%" line answer)
                     (when (multi-line-p line answer)
                       (loop for extra = (read-line s)
                             until (equal extra ".")
                             do (format t "~28T~A~%" extra)))))))
             (setf result (bt:join-thread thread))))
      (close listener))
    (format t "~S~%" result)
    (equal result '("ann" 2))))
