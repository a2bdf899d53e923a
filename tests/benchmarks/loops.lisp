;;;; Hot loops, as programs have them; loops_by_hand.hy has the same in plain Hy.

(defpackage :loops (:use :common-lisp)
  (:export #:count-up #:fibonacci #:sum-vector #:sum-list #:collect-evens #:count-characters #:tally
           #:checksum #:fill-buffer #:join-words #:sort-records #:find-record #:call-closures
           #:scan #:reverse-by-hand #:sum-slots #:special-counter))
(in-package :loops)

(defun count-up (n)
  (let ((sum 0))
    (dotimes (i n sum)
      (when (evenp i) (incf sum (* i 2))))))

(defun fibonacci (n)
  (if (< n 2) n (+ (fibonacci (- n 1)) (fibonacci (- n 2)))))

(defun sum-vector (v)
  (loop for i from 0 below (length v) sum (aref v i)))

(defun sum-list (l)
  (let ((sum 0))
    (dolist (x l sum) (incf sum x))))

(defun collect-evens (l)
  (loop for x in l when (evenp x) collect (* x x)))

(defun count-characters (s c)
  (loop for x across s count (char= x c)))

(defun tally (words table)
  (clrhash table)
  (dolist (w words (hash-table-count table)) (incf (gethash w table 0))))

(defun checksum (octets)
  (let ((a 1) (b 0))
    (loop for o across octets
          do (setf a (mod (+ a o) 65521)
                   b (mod (+ b a) 65521)))
    (logior (ash b 16) a)))

(defun fill-buffer (buffer)
  (dotimes (i (length buffer) buffer)
    (setf (aref buffer i) (logand i 255))))

(defun join-words (words)
  (with-output-to-string (out)
    (loop for (w . more) on words
          do (write-string w out)
             (when more (write-char #\, out)))))

(defun sort-records (records)
  (sort (copy-list records) #'< :key #'first))

(defun find-record (records name)
  (find name records :key #'second :test #'string=))

(defun call-closures (n)
  (let* ((count 0) (f (lambda (x) (incf count x))))
    (dotimes (i n count) (funcall f 1))))

(defun scan (s)
  "How many words there are in S, by a state machine."
  (let ((state :out) (count 0) (i 0) (end (length s)))
    (loop while (< i end)
          do (let ((c (char s i)))
               (case state
                 (:out (unless (char= c #\Space) (incf count) (setf state :in)))
                 (:in (when (char= c #\Space) (setf state :out)))))
             (incf i))
    count))

(defun reverse-by-hand (l)
  (let ((result '()))
    (loop while l do (push (pop l) result))
    result))

(defstruct item (weight 0) name)

(defun sum-slots (items)
  (loop for x in items sum (item-weight x)))

(defvar *counter* 0)

(defun special-counter (n)
  (setf *counter* 0)
  (loop repeat n do (incf *counter*))
  *counter*)
