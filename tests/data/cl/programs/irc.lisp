;;;; run: (irc.main:run)
;;;; A small IRC-like server on an event loop; per-client buffers, write queues, nested tables keyed by lists.


(defpackage irc.util (:use cl) (:export while awhen it define-registry string-case collect -> collecting))
(defpackage irc.main (:use cl irc.util iolib) (:shadow #:log) (:export run))

(in-package irc.util)

(defmacro while (test &body body) `(do () ((not ,test)) ,@body))
(defmacro awhen (test &body body) `(let ((it ,test)) (when it ,@body)))
(defmacro -> (x &rest steps)
  (if steps
      (let ((s (first steps)))
        `(-> ,(if (consp s) `(,(first s) ,x ,@(rest s)) `(,s ,x)) ,@(rest steps)))
      x))
(defmacro collecting (&body body)
  (let ((head (gensym)) (tail (gensym)))
    `(let* ((,head (list nil)) (,tail ,head))
       (flet ((collect (x) (setf (cdr ,tail) (list x) ,tail (cdr ,tail)) x))
         (declare (ignorable #'collect))
         ,@body)
       (cdr ,head))))
(defmacro string-case (key &rest clauses &environment env)
  (declare (ignore env))
  (let ((k (gensym "KEY")))
    `(let ((,k ,key))
       (cond ,@(loop for (tests . body) in clauses
                     collect (if (member tests '(t otherwise))
                                 `(t ,@body)
                                 `((or ,@(mapcar (lambda (test) `(string-equal ,k ,test))
                                                 (if (listp tests) tests (list tests))))
                                   ,@body)))))))
(defmacro define-registry (name (&key (test ''eql)) &rest accessors)
  (let ((var (intern (format nil "*~A*" name))))
    (destructuring-bind (&optional (getter (intern (format nil "FIND-~A" name)))) accessors
      `(progn
         (defvar ,var (make-hash-table :test ,test))
         (defun ,getter (key &optional default) (gethash key ,var default))
         (defun (setf ,getter) (new key &optional default)
           (declare (ignore default))
           (if new (setf (gethash key ,var) new) (remhash key ,var))
           new)))))

(in-package irc.main)

(define-registry mode (:test 'equal))   ; (channel nick) -> flags
(define-registry channel (:test 'equalp))

(defclass client ()
  ((socket :initarg :socket :reader sock)
   (nick :initform nil :accessor nick)
   (in :initform (make-array 16 :element-type 'character :fill-pointer 0 :adjustable t) :reader in)
   (out :initform (cons nil nil) :reader out)
   (writing :initform nil :accessor writing)))

(defmethod print-object ((c client) s)
  (print-unreadable-object (c s)
    (format s "~:[?~;~:*~A~]~@[ +~D~]" (nick c) (let ((n (length (car (out c))))) (and (plusp n) n)))))

(define-condition irc-error (error)
  ((code :initarg :code :reader code :type (integer 400 599))
   (args :initarg :args :initform '() :reader args))
  (:report (lambda (c s) (format s "~3,'0D ~{~A~^ ~}" (code c) (args c)))))
(defun fail (code &rest args) (error 'irc-error :code code :args args))

(defparameter *base* nil)
(defvar *log* '())
(defun log (fmt &rest args) (push (apply #'format nil fmt args) *log*) nil)

;; write queue
(defun enqueue (q item)
  (let ((cell (cons item nil)))
    (if (null (car q)) (setf (car q) cell (cdr q) cell) (setf (cddr q) cell (cdr q) cell))
    q))
(defun dequeue (q) (pop (car q)))

(defun octets (string) (map '(simple-array (unsigned-byte 8) (*)) 'char-code string))

(defun send (client fmt &rest args)
  (enqueue (out client) (octets (format nil "~?~C~C" fmt args #\Return #\Linefeed)))
  (unless (writing client)
    (setf (writing client) t)
    (set-io-handler *base* (socket-os-fd (sock client)) :write
                    (lambda (fd event ex)
                      (declare (ignore ex event))
                      (loop for chunk = (dequeue (out client))
                            while chunk
                            do (send-to (sock client) chunk)
                            finally (remove-fd-handlers *base* fd :write t)
                                    (setf (writing client) nil))))))

(defun members (name) (or (find-channel name) (fail 403 name "no such channel")))
(defun broadcast (name from fmt &rest args)
  (loop for m in (reverse (members name)) unless (eq m from) do (apply #'send m fmt args) and count 1))

(defgeneric command (verb client &rest args)
  (:method (verb client &rest args) (declare (ignore args)) (fail 421 verb "unknown")))

(defmacro defcommand (verb (client &rest lambda-list) &body body)
  (let ((args (gensym "ARGS")))
    `(defmethod command ((verb (eql ,verb)) ,client &rest ,args)
       (handler-bind ((program-error (lambda (e) (declare (ignorable e)) (fail 461 verb "parameters"))))
         (apply (lambda ,lambda-list ,@body) ,args)))))

(defmethod command :before (verb (c client) &rest args)
  (log "~S ~S~@[ ~{~A~^,~}~]" c verb args)
  (when (and (null (nick c)) (not (member verb '(:nick :quit)))) (fail 451 "register first")))

(defcommand :nick (c name &aux (old (nick c)))
  (when (find name *clients* :key #'nick :test #'equal) (fail 433 name))
  (setf (nick c) name)
  (send c ":~:[~;~:*~A~] NICK ~A" old name))
(defcommand :join (c name)
  (pushnew c (find-channel name))
  (setf (find-mode (list (string-downcase name) (nick c))) (if (cdr (members name)) '(voice) '(op voice)))
  (broadcast name nil ":~A JOIN ~A (~R)" (nick c) name (length (members name))))
(defcommand :privmsg (c target &rest words)
  (string-case (subseq target 0 1)
    (("#" "&") (or (member c (members target)) (fail 442 target)) (broadcast target c ":~A ~A :~{~A~^ ~}" (nick c) target words))
    (t (let ((to (find target *clients* :key 'nick :test 'equal)))
         (if to (send to ":~A :~{~A~^ ~}" (nick c) words) (fail 401 target))))))
(defcommand :names (c &optional (name nil name-p))
  (if name-p
      (send c "~A: ~:[nobody~;~:*~{~A~^ ~}~]" name
            (sort (mapcar (lambda (m &aux (mode (find-mode (list (string-downcase name) (nick m)))))
                            (format nil "~:[+~;@~]~A" (find 'op mode) (nick m)))
                          (members name))
                  #'string<))
      (maphash (lambda (k v) (send c "~A ~D" k (length v))) *channel*)))
(defcommand :quit (c &key (why "bye") &allow-other-keys) (throw 'quit why))
(defcommand :part (c name)
  (setf (find-channel name) (remove c (members name)))
  (setf (find-mode (list (string-downcase name) (nick c))) nil)
  (send c "parted ~A, ~:D mode~:P left" name (hash-table-count *mode*)))

(defvar *clients* ())

(defun parse (line)
  (let* ((colon (search " :" line))
         (head (if colon (subseq line 0 colon) line))
         (words (collecting
                  (do* ((start 0 (1+ end)) (end (position #\Space head) (position #\Space head :start start)))
                       (nil)
                    (unless (eql start end) (collect (subseq head start end)))
                    (when (null end) (return))))))
    (append words (and colon (list (subseq line (+ 2 colon)))))))

(defun obey (client line)
  (destructuring-bind (&optional verb &rest args) (parse line)
    (when verb
      (handler-case (apply #'command (intern (nstring-upcase (copy-seq verb)) :keyword) client args)
        (irc-error (e) (send client "~A" e))))))

(defun feed (client octets n)
  (with-slots (in) client
    (dotimes (i n)
      (let ((ch (code-char (aref octets i))))
        (case ch
          (#\Return)
          (#\Newline (let ((line (copy-seq in))) (setf (fill-pointer in) 0) (obey client (coerce line 'simple-string))))
          (t (vector-push-extend ch in)))))))

(defun drop (client why)
  (let ((fd (socket-os-fd (sock client))))
    (log "~A drops: ~A" (nick client) why)
    (remove-fd-handlers *base* fd)
    (setf *clients* (delete client *clients*))
    (loop for name being each hash-key of *channel* using (hash-value who)
          when (member client who) do (setf (gethash name *channel*) (remove client who)))
    (close (sock client) :abort t)
    (unless *clients* (exit-event-loop *base*))))

(defun admit (socket)
  (let ((c (make-instance 'client :socket socket)) (buffer (make-array 11 :element-type '(unsigned-byte 8))))
    (push c *clients*)
    (set-io-handler *base* (socket-os-fd socket) :read
                    (lambda (fd event ex)
                      (declare (ignore fd event ex))
                      (let ((why (catch 'quit
                                   (multiple-value-bind (b n) (receive-from socket :buffer buffer)
                                     (if (zerop n) "end" (progn (feed c b n) nil))))))
                        (awhen why (drop c it)))))))

(defun script (port steps)
  "STEPS: (who line expected-count)"
  (let ((sockets '()) (all '()))
    (loop for (who line count) in steps
          for s = (or (cdr (assoc who sockets))
                      (cdar (push (cons who (make-socket :remote-host "127.0.0.1" :remote-port port :ipv6 nil
                                                         :external-format '(:latin-1 :eol-style :crlf)))
                                  sockets)))
          do (when line (format s "~A~%" line) (finish-output s))
             (loop repeat count do (push (list who (read-line s nil :eof)) all)))
    (mapc (lambda (x) (close (cdr x))) sockets)
    (nreverse all)))

(defun run ()
  (let ((*base* (make-instance 'event-base)) result)
    (with-open-socket (server :connect :passive :address-family :internet :type :stream :ipv6 nil
                              :local-host +ipv4-loopback+ :reuse-address t)
      (set-io-handler *base* (socket-os-fd server) :read
                      (lambda (fd e x) (declare (ignore fd e x))
                        (let ((s (accept-connection server :wait nil))) (and s (admit s)))))
      (let* ((port (local-port server))
             (th (bt:make-thread
                  (lambda ()
                    (script port '((a "join #x" 1) (a "NICK ann" 1) (b "nick ann" 1) (b "nick bob" 1) (a "JOIN #Lisp" 1) (b "join #lisp" 1) (a nil 1)
                                   (a "PRIVMSG #lisp hi there :all of you" 0) (b nil 1) (b "names #LISP" 1) (b "names" 1)
                                   (b "privmsg ann :psst: a secret" 0) (a nil 1) (a "privmsg zed x" 1) (a "nick" 1) (a "join a b c" 1) (a "frob x" 1) (a "names #none" 1)
                                   (b "part #lisp" 1) (b "privmsg #lisp x" 1) (a "   " 1) (a "names #lisp" 1) (b "quit" 1) (a "quit now please" 1)))))))
        (event-dispatch *base* :timeout 10)
        (setf result (bt:join-thread th)))
      (close *base*))
    (format t "~:{~(~A~): ~A~%~}" result)
    (format t "~{~A~^~%~}~%" (reverse *log*))
    (format t "~A ~A~%" *clients* (-> *mode* hash-table-count (list 'modes) (append '(left))))))
