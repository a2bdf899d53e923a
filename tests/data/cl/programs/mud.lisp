;;;; run: (mud:play)
;;;; A small text adventure for several players, on an event base. The world is made by macros; verbs are found in a
;;;; grammar of patterns; what happens in a place is told to those who are there.

(defpackage :mud
  (:use :cl :iolib :alexandria)
  (:shadow #:shuffle)
  (:export #:play))

(in-package :mud)

;;;; The world

(defvar *places* (make-hash-table))
(defvar *things* (make-hash-table))
(defvar *players* '())
(defvar *base* nil)
(defvar *turn* 0)

(defstruct entity name text (properties '()))
(defstruct (place (:include entity)) exits)
(defstruct (thing (:include entity)) where)
(defstruct (player (:include entity)) socket place (score 0))

(defun property (entity name) (getf (entity-properties entity) name))
(defun (setf property) (value entity name)
  (setf (getf (entity-properties entity) name) value))

(define-compiler-macro property (&whole form entity name) (declare (ignore entity name)) form)

(defmacro define-place (name text &body exits)
  `(setf (gethash ',name *places*)
         (make-place :name ',name :text ,text
                     :exits (list ,@(loop for (direction arrow place . condition) in exits
                                          do (assert (string= arrow '->))
                                          collect `(list ',direction ',place ,(if condition `(lambda () ,@condition) nil)))))))

(defmacro define-thing (name place text &rest properties)
  `(setf (gethash ',name *things*) (make-thing :name ',name :where ',place :text ,text :properties (list ,@properties))))

(define-place hall "a wide hall"
  (north -> library)
  (down -> cellar (property (gethash 'lamp *things*) :lit)))
(define-place library "a library, full of dust"
  (south -> hall))
(define-place cellar "a damp cellar"
  (up -> hall))

(define-thing lamp hall "an old lamp" :weight 1 :lit nil)
(define-thing book library "a heavy book" :weight 3 :read "Say XYZZY below.")
(define-thing gold cellar "a bar of gold" :weight 9 :value 50)

;;;; Telling

(defun tell (player control &rest arguments)
  (let ((s (player-socket player)))
    (apply #'format s control arguments)
    (terpri s)
    (force-output s)))

(defun here (player) (remove (player-place player) *players* :key #'player-place :test-not #'eq))

(defmacro announce ((player) mine others &rest arguments)
  "Tell PLAYER mine, and those in the same place others, with the name before ARGUMENTS."
  (once-only (player)
    (let ((temporaries (make-gensym-list (length arguments))))
      `(let ,(mapcar #'list temporaries arguments)
         (dolist (p (reverse (here ,player)))
           (if (eq p ,player)
               (tell p ,mine ,@temporaries)
               (tell p ,others (string-capitalize (player-name ,player)) ,@temporaries)))))))

(defun things-at (where)
  (sort (remove where (hash-table-values *things*) :key #'thing-where :test-not #'eql) #'string< :key #'thing-name))

(defun look (player)
  (let* ((place (gethash (player-place player) *places*))
         (things (things-at (place-name place)))
         (others (remove player (here player))))
    (tell player "You are in ~A~@[, with ~{~:(~A~)~^ and ~}~].~@[ Here~[ is~:; are~] ~]~:{~A~:^, ~}~:[~;.~] Exits: ~{~(~A~)~^, ~}."
          (place-text place)
          (mapcar #'player-name (sort others #'string< :key #'player-name))
          (and things (1- (length things)))
          (mapcar (compose #'list #'thing-text) things)
          things
          (mapcar #'first (place-exits place)))))

;;;; Verbs

(defvar *grammar* '())

(defmacro define-verb (patterns (player &rest variables) &body body)
  `(progn
     ,@(loop for pattern in patterns
             collect `(push (cons ',pattern (lambda (,player &key ,@variables) (declare (ignorable ,player)) ,@body)) *grammar*))
     ',(first patterns)))

(define-condition cannot (error) ((why :initarg :why))
  (:report (lambda (c s) (write-string (slot-value c 'why) s))))

(defun cannot (control &rest args) (error 'cannot :why (apply #'format nil control args)))

(defun need-thing (name &rest places)
  (let ((thing (gethash name *things*)))
    (if (and thing (member (thing-where thing) places))
        thing
        (cannot "There is no ~(~A~) here." name))))

(define-verb ((look) (l)) (p) (look p))
(defun walk (p way)
  (let ((exit (find way (place-exits (gethash (player-place p) *places*)) :key #'first)))
    (cond ((null exit) (cannot "No way ~(~A~)." way))
          ((not (or (null (third exit)) (funcall (third exit)))) (cannot "It is too dark."))
          (t (announce (p) "You go ~(~A~)." "~A goes ~(~A~)." way)
             (setf (player-place p) (second exit))
             (announce (p) "" "~A comes in.")
             (look p)))))

(define-verb ((go :way)) (p way) (walk p way))
(define-verb ((take :what) (get :what) (pick up :what)) (p what)
  (let* ((thing (need-thing what (player-place p)))
         (load (reduce #'+ (things-at (player-name p)) :key (rcurry #'property :weight))))
    (when (> (+ load (property thing :weight)) 10) (cannot "That is too much to carry."))
    (setf (thing-where thing) (player-name p))
    (incf (player-score p) (or (property thing :value) 1))
    (announce (p) "Taken: ~A." "~A takes ~A." (thing-text thing))))
(define-verb ((drop :what) (put down :what)) (p what)
  (let ((thing (need-thing what (player-name p))))
    (setf (thing-where thing) (player-place p))
    (announce (p) "Dropped." "~A drops ~A." (thing-text thing))))
(define-verb ((light :what) (turn on :what)) (p what)
  (let ((thing (need-thing what (player-place p) (player-name p))))
    (unless (get-properties (thing-properties thing) '(:lit)) (cannot "You can't light ~A." (thing-text thing)))
    (setf (property thing :lit) t)
    (announce (p) "It is light." "~A makes light.")))
(define-verb ((read :what)) (p what)
  (tell p "~:[There is nothing to read on it.~;~:*It says: ~A~]" (property (need-thing what (player-name p)) :read)))
(define-verb ((inventory) (i)) (p)
  (tell p "You have ~:[nothing~;~:*~{~A~^, ~}~] and ~D point~:P."
        (mapcar #'thing-text (things-at (player-name p))) (player-score p)))
(define-verb ((say &rest words)) (p words)
  (announce (p) "You say: ~{~(~A~)~^ ~}" "~A says: ~{~(~A~)~^ ~}" words)
  (when (and (equal words '(xyzzy)) (eq (player-place p) 'cellar))
    (incf (player-score p) 100)
    (setf (player-place p) 'hall)
    (look p)))
(define-verb ((quit)) (p) (throw 'leave :quit))
(define-verb ((:way)) (p way) (if (member way '(north south east west up down)) (walk p way) (cannot "~@(~A~)?" way)))

(defun match (pattern words)
  "A plist for the lambda list of a verb, or :no."
  (labels ((rec (pattern words found)
             (cond ((and (null pattern) (null words)) (nreverse found))
                   ((eq (car pattern) '&rest) (revappend found (list (make-keyword (second pattern)) words)))
                   ((or (null pattern) (null words)) :no)
                   ((keywordp (car pattern)) (rec (cdr pattern) (cdr words) (list* (car words) (car pattern) found)))
                   ((eq (car pattern) (car words)) (rec (cdr pattern) (cdr words) found))
                   (t :no))))
    (rec pattern words '())))

(defun obey (player line)
  (let ((words (let ((*package* (find-package :mud)))
                 (mapcar (compose #'intern #'string-upcase) (remove "" (split line) :test #'string=)))))
    (loop for (pattern . function) in (reverse *grammar*)
          for arguments = (match pattern words)
          unless (eq arguments :no)
            do (return (handler-case (progn (incf *turn*) (apply function player arguments))
                         (cannot (c) (tell player "~A" c))))
          finally (tell player "What?"))))

(defun split (line &optional (separator #\Space))
  (loop for start = 0 then (1+ end)
        for end = (position separator line :start start)
        collect (subseq line start end)
        while end))

;;;; Serving

(defun leave (player)
  (dolist (thing (things-at (player-name player)))
    (setf (thing-where thing) (player-place player)))
  (let ((others (remove player (here player))))
    (setf *players* (delete player *players*))
    (dolist (p others) (tell p "~:(~A~) vanishes." (player-name player))))
  (remove-fd-handlers *base* (socket-os-fd (player-socket player)))
  (close (player-socket player))
  (when (null *players*) (exit-event-loop *base*)))

(defun welcome (listener)
  (lambda (fd event exception)
    (declare (ignore fd event exception))
    (when-let* ((socket (accept-connection listener :wait nil))
                (player (make-player :socket socket :name (make-keyword (string-upcase (read-line socket))) :place 'hall)))
      (setf (player-name player) (intern (symbol-name (player-name player)) :mud))
      (dolist (p (remove-if-not (lambda (p) (eq (player-place p) 'hall)) *players*))
        (tell p "~:(~A~) appears." (player-name player)))
      (push player *players*)
      (look player)
      (set-io-handler *base* (socket-os-fd socket) :read
                      (lambda (fd event exception)
                        (declare (ignore fd event exception))
                        (when (eq :quit (catch 'leave
                                          (loop do (obey player (or (read-line socket nil nil) (throw 'leave :quit)))
                                                while (listen socket))
                                          :stay))
                          (leave player)))))))

(defun run-world (listener)
  (with-event-base (*base*)
    (set-io-handler *base* (socket-os-fd listener) :read (welcome listener))
    (event-dispatch *base* :timeout 20))
  *turn*)

(defun play ()
  (with-open-socket (listener :connect :passive :address-family :internet :type :stream :ipv6 nil
                              :local-host +ipv4-loopback+ :local-port 0)
    (let ((world (bt:make-thread (lambda () (run-world listener))))
          (sockets '()))
      (flet ((hear (who count)
               (loop repeat count
                     do (format t "~4A< ~A~%" who (read-line (assoc-value sockets who) nil "(gone)")))))
        (flet ((enter (who)
                 (let ((s (make-socket :remote-host +ipv4-loopback+ :remote-port (local-port listener) :ipv6 nil)))
                   (setf (assoc-value sockets who) s)
                   (format s "~(~A~)~%" who)
                   (finish-output s)
                   (hear who 1)))
               (say (who line &rest hearers)
                 (format t "~4A> ~A~%" who line)
                 (write-line line (assoc-value sockets who))
                 (finish-output (assoc-value sockets who))
                 (loop for (name count) on hearers by #'cddr do (hear name count))))
          (enter 'ann)
          (enter 'bob) (hear 'ann 1)
          (say 'bob "look" 'bob 1)
          (say 'ann "go down" 'ann 1)
          (say 'ann "take lamp" 'ann 1 'bob 1)
          (say 'bob "Pick up lamp" 'bob 1)
          (say 'ann "turn on lamp" 'ann 1 'bob 1)
          (say 'ann "down" 'ann 3 'bob 1)
          (say 'ann "get gold" 'ann 1)
          (say 'ann "i" 'ann 1)
          (say 'bob "north" 'bob 3)
          (say 'bob "read book" 'bob 1)
          (say 'bob "take book" 'bob 1)
          (say 'bob "read   book" 'bob 1)
          (say 'bob "light book" 'bob 1)
          (say 'bob "south" 'bob 3)
          (say 'bob "go down" 'bob 3 'ann 1)
          (say 'bob "say Hello there" 'bob 1 'ann 1)
          (say 'bob "take gold" 'bob 1)
          (say 'ann "say xyzzy" 'ann 2 'bob 1)
          (say 'bob "put down book" 'bob 1)
          (say 'bob "dance" 'bob 1)
          (say 'ann "inventory" 'ann 1)
          (say 'ann "quit" 'ann 1)
          (say 'bob "up" 'bob 3)
          (say 'bob "west" 'bob 1)
          (say 'bob "quit" 'bob 1))
        (format t "~R turns~%" (bt:join-thread world))
        (mapc (compose #'close #'cdr) sockets)))))
