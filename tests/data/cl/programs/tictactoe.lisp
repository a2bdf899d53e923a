;;;; run: (tictactoe:run-demo)
;;;; tictactoe.lisp -- plays noughts and crosses over TCP: humans against a minimax player with a memory.

(defpackage #:tictactoe
  (:use #:cl #:iolib)
  (:export #:run-demo))

(in-package #:tictactoe)

;;;; Boards: 3x3 arrays of :x, :o and nil

(deftype mark () '(member :x :o))
(deftype cell () '(or null mark))
(deftype board () '(simple-array t (3 3)))

(defun make-board () (make-array '(3 3) :initial-element nil))

(defun copy-board (board)
  (let ((new (make-board)))
    (dotimes (i (array-total-size board) new)
      (setf (row-major-aref new i) (row-major-aref board i)))))

(defun other (mark)
  (declare (type mark mark))
  (ecase mark (:x :o) (:o :x)))

(defparameter *lines*
  (append (loop for r below 3 collect (loop for c below 3 collect (list r c)))
          (loop for c below 3 collect (loop for r below 3 collect (list r c)))
          (list (loop for i below 3 collect (list i i))
                (loop for i from 0 to 2 collect (list i (- 2 i)))))
  "All eight, lists of three (row column).")

(defun winner (board)
  (loop for line in *lines*
        for marks = (mapcar (lambda (at) (apply #'aref board at)) line)
        when (and (first marks) (eq (first marks) (second marks)) (eq (second marks) (third marks)))
          return (values (first marks) line)))

(defun moves (board)
  (loop for r from 0 below 3
        nconc (loop for c from 0 below 3
                    unless (aref board r c) collect (cons r c))))

(defun full-p (board) (null (moves board)))

(defun board-key (board)
  "An integer in base 3."
  (let ((key 0))
    (dotimes (i 9 key)
      (setf key (+ (* 3 key) (ecase (row-major-aref board i) ((nil) 0) (:x 1) (:o 2)))))))

(defun show (board stream)
  (loop for r below 3
        do (format stream "~{ ~:[.~;~:*~A~] ~^|~}~%" (loop for c below 3 collect (aref board r c)))
        when (< r 2) do (format stream "---+---+---~%")))

;;;; Minimax

(defvar *memory* (make-hash-table))
(defvar *positions* 0)

(defun value-for (board mark)
  "1, 0 or -1: what MARK, whose turn it is, can get."
  (let ((key (cons-key board mark)))
    (multiple-value-bind (value known) (gethash key *memory*)
      (if known
          value
          (setf (gethash key *memory*)
                (progn
                  (incf *positions*)
                  (cond ((winner board) -1)
                        ((full-p board) 0)
                        (t (loop for (r . c) in (moves board)
                                 maximize (let ((next (copy-board board)))
                                            (setf (aref next r c) mark)
                                            (- (value-for next (other mark)))))))))))))

(defun cons-key (board mark) (+ (* 2 (board-key board)) (if (eq mark :x) 0 1)))

(defun best-move (board mark)
  "The first of the moves that get the most."
  (let (best (most -2))
    (dolist (move (moves board) best)
      (destructuring-bind (r . c) move
        (let ((next (copy-board board)))
          (setf (aref next r c) mark)
          (let ((value (- (value-for next (other mark)))))
            (when (> value most)
              (setf best move most value))))))))

;;;; Games

(define-condition illegal-move (error)
  ((text :initarg :text :reader text))
  (:report (lambda (c s) (format s "~A is no move" (text c)))))

(defclass player () ((mark :initarg :mark :reader mark :type mark)))
(defclass computer (player) ())
(defclass remote-player (player) ((stream :initarg :stream :reader player-stream)))

(defgeneric choose (player board)
  (:documentation "A move, (row . column); throws to RESIGN with the player's mark instead."))
(defgeneric tell (player control &rest arguments)
  (:method (player control &rest arguments) (declare (ignore player control arguments)) nil))

(defmethod tell ((p remote-player) control &rest arguments)
  (apply #'format (player-stream p) control arguments)
  (finish-output (player-stream p)))

(defmethod choose ((p computer) board) (best-move board (mark p)))

(defun parse-move (text board)
  "\"b2\" -> (1 . 1)"
  (let ((column (and (= (length text) 2) (position (char-downcase (char text 0)) "abc")))
        (row (and (= (length text) 2) (digit-char-p (char text 1) 4))))
    (if (and column row (plusp row) (null (aref board (1- row) column)))
        (cons (1- row) column)
        (error 'illegal-move :text text))))

(defmethod choose ((p remote-player) board)
  (loop
    (tell p "? ~{~A~^ ~}~%" (loop for (r . c) in (moves board) collect (move-name r c)))
    (let ((line (read-line (player-stream p) nil "resign")))
      (if (string-equal line "resign")
          (throw 'resign (mark p))
          (handler-case (return (parse-move line board))
            (illegal-move (c) (tell p "! ~A~%" c)))))))

(defun move-name (row column) (format nil "~C~D" (code-char (+ (char-code #\a) column)) (1+ row)))

(defun play (x o)
  "Play a game; the winner's mark or nil, the line, the moves."
  (let* ((board (make-board))
         (history '())
         (resigned
           (catch 'resign
             (do ((player x (if (eq player x) o x)))
                 ((or (winner board) (full-p board)) nil)
               (destructuring-bind (r . c) (choose player board)
                 (setf (aref board r c) (mark player))
                 (push (move-name r c) history)
                 (tell (if (eq player x) o x) "~A at ~A~%" (mark player) (first history)))))))
    (multiple-value-bind (mark line) (winner board)
      (let ((result (if resigned (other resigned) mark)))
        (dolist (p (list x o))
          (tell p "~A~%" (cond ((null result) "a draw") ((eq result (mark p)) "you win") (t "you lose"))))
        (values result line (reverse history) board)))))

(defun serve (listener games)
  (loop for human in games
        collect (with-open-stream (s (accept-connection listener))
                  (let ((human (make-instance 'remote-player :mark human :stream s))
                        (computer (make-instance 'computer :mark (other human))))
                    (multiple-value-bind (result line history board)
                        (if (eq (mark human) :x) (play human computer) (play computer human))
                      (list result line history board))))))

;;;; Demonstration

(defun converse (port moves)
  (with-open-socket (s :remote-host "127.0.0.1" :remote-port port :ipv6 nil)
    (loop for line = (read-line s nil)
          while line
          do (format t "  ~A~%" line)
             (when (char= (char line 0) #\?)
               (let ((move (or (pop moves) "resign")))
                 (format t "  > ~A~%" move)
                 (write-line move s)
                 (finish-output s))))))

(defun run-demo ()
  (setf *positions* 0)
  (clrhash *memory*)
  (with-open-socket (listener :connect :passive :address-family :internet :type :stream :ipv6 nil
                              :local-host +ipv4-loopback+ :local-port 0)
    (let* ((games '((:x "a1" "b2" "a1" "a3" "b1" "c2" "c3") (:o "a3" "z9" "" "c1") (:x "b2")))
           (server (bt:make-thread (lambda () (serve listener (mapcar #'car games))))))
      (loop for (mark . moves) in games
            do (format t "you are ~A~%" mark)
               (converse (local-port listener) moves))
      (loop for (result line history board) in (bt:join-thread server)
            do (format t "~:[draw~;~:*~A won~]~@[ with ~{~{~D-~D~}~^ ~}~]: ~{~A~^ ~}~%" result line history)
               (show board *standard-output*))
      (format t "~D positions, ~D remembered; typep ~A ~A~%" *positions* (hash-table-count *memory*)
              (typep (make-board) 'board) (typep :z 'cell))
      (best-move (make-board) :x))))
