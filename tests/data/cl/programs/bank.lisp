;;;; run: (bank:run-all)
;;;; bank.lisp --- accounts behind locks, tellers in threads, and errors that go through many layers of handlers,
;;;; restarts, catchers and cleanup forms before somebody deals with them.

(defpackage :bank
  (:use :cl)
  (:import-from :alexandria #:with-gensyms #:define-constant #:switch #:eswitch #:assoc-value #:copy-hash-table #:hash-table-alist
                #:ensure-list #:flatten #:curry #:compose #:starts-with-subseq #:plist-alist #:clamp #:ensure-gethash
                #:ignore-some-conditions #:unwind-protect-case #:named-lambda #:last-elt #:nth-value-or #:xor)
  (:export #:run-all))

(in-package :bank)

(define-constant +currencies+ '("EUR" "SEK") :test #'equal :documentation "What is taken.")

;;;; Conditions

(define-condition bank-condition () ((account :initarg :account :reader condition-account :initform nil)))
(define-condition audit (bank-condition) ((text :initarg :text :reader audit-text)))
(define-condition bank-error (bank-condition error) ())
(define-condition no-money (bank-error)
  ((missing :initarg :missing :reader missing))
  (:report (lambda (c s) (format s "~A lacks ~D" (condition-account c) (missing c)))))
(define-condition no-account (bank-error) ()
  (:report (lambda (c s) (format s "there is no ~A" (condition-account c)))))
(define-condition big-transfer (bank-condition warning)
  ((amount :initarg :amount :reader amount))
  (:report (lambda (c s) (format s "~D is much" (amount c)))))

;;;; Accounts

(defstruct (account (:conc-name acc-))
  (name nil :type symbol :read-only t)
  (balance 0 :type integer)
  (lock (bt:make-lock) :read-only t)
  (history (list)))

(defvar *accounts* (make-hash-table))
(defvar *overdraft* 0 "How far below zero an account may go.")

(defun find-account (name)
  (or (gethash name *accounts*)
      (restart-case (error 'no-account :account name)
        (open-account (&optional (balance 0))
          :report (lambda (s) (format s "Open an account for ~A." name))
          (ensure-gethash name *accounts* (make-account :name name :balance balance)))
        (use-value (other) (find-account other)))))

(defmacro with-accounts-locked ((&rest accounts) &body body)
  "BODY with the locks of ACCOUNTS held; they are taken in the order of names, so that nobody waits for ever."
  (with-gensyms (names thunk take)
    `(let ((,names (sort (remove-duplicates (list ,@accounts)) #'string< :key #'acc-name)))
       (labels ((,thunk () ,@body)
                (,take (rest)
                  (if (endp rest)
                      (,thunk)
                      (bt:with-lock-held ((acc-lock (first rest)))
                        (,take (rest rest))))))
         (,take ,names)))))

(defun withdraw (account amount)
  (loop
    (let ((missing (- amount (+ (acc-balance account) *overdraft*))))
      (when (<= missing 0) (return))
      (restart-case (error 'no-money :account (acc-name account) :missing missing)
        (lend (how-much) (incf (acc-balance account) how-much) (push `(:loan ,how-much) (acc-history account)))
        (take-less () (setf amount (max 0 (- amount missing)))))))
  (decf (acc-balance account) amount)
  (push (list :out amount) (acc-history account))
  amount)

(defun deposit (account amount)
  (signal 'audit :account (acc-name account) :text amount)
  (incf (acc-balance account) amount)
  (push (list :in amount) (acc-history account)))

(defun transfer (from to amount)
  (let ((from (find-account from)) (to (find-account to)))
    (when (> amount 500)
      (warn 'big-transfer :amount amount))
    (with-accounts-locked (from to)
      (let ((before (acc-balance from)))
        (unwind-protect-case ()
            (deposit to (withdraw from amount))
          (:abort (setf (acc-balance from) before)))))
    amount))

(defun reset-accounts (&rest plist)
  (clrhash *accounts*)
  (loop for (name balance) on plist by #'cddr
        do (setf (gethash name *accounts*) (make-account :name name :balance balance))))

(defun balances ()
  (sort (mapcar (lambda (pair) (list (car pair) (acc-balance (cdr pair)))) (hash-table-alist *accounts*))
        #'string< :key #'first))

;;;; One: policies, from the outside, for what happens within

(defmacro with-policy ((&rest clauses) &body body)
  "Clauses are (condition restart argument…) or (condition :do form…)."
  `(handler-bind ,(loop for (condition restart . arguments) in clauses
                        collect (if (eq restart :do)
                                    `(,condition (lambda (c) (declare (ignorable c)) ,@arguments))
                                    `(,condition (named-lambda policy (c)
                                                   (let ((r (find-restart ',restart c)))
                                                     (when r (invoke-restart r ,@arguments)))))))
     ,@body))

(defun try (label thunk)
  (let ((result (multiple-value-list
                 (handler-case (funcall thunk)
                   (no-money (c) (values :no-money (princ-to-string c)))
                   (bank-error (c) (values (type-of c) (princ-to-string c)))
                   (:no-error (&rest values) (values-list (cons :fine values)))))))
    (format t "~10A~{~A~^ ~} ~{~{~A=~D~}~^ ~}~%" label result (balances))))

(defmacro trying (label &body body) `(try ,label (lambda () ,@body)))

(defun policies ()
  (reset-accounts 'ann 100 'bob 0)
  (trying "plain" (transfer 'ann 'bob 30))
  (trying "poor" (transfer 'bob 'ann 31))
  (trying "nobody" (transfer 'ann 'carl 1))
  (trying "open" (with-policy ((no-account open-account 5)) (transfer 'ann 'carl 1)))
  (trying "other" (with-policy ((no-account use-value 'bob)) (transfer 'ann 'eve 1)))
  (trying "lend" (with-policy ((no-money lend (missing c))) (transfer 'bob 'ann 50)))
  (trying "less" (with-policy ((no-money take-less)) (transfer 'carl 'ann 50)))
  (trying "credit" (let ((*overdraft* 10)) (transfer 'carl 'ann 10)))
  (trying "inner" (with-policy ((no-money lend 1000))
                    (with-policy ((no-money :do (format t "[~A] " c)))
                      (with-policy ((no-account :do (format t "never ")))
                        (transfer 'bob 'ann 600)))))
  (trying "muffled" (with-policy ((big-transfer muffle-warning)) (transfer 'ann 'bob 501)))
  (trying "veto" (with-policy ((audit :do (when (eql (audit-text c) 13) (error 'bank-error))))
                   (transfer 'ann 'bob 13)))
  (format t "~S~%" (reverse (acc-history (find-account 'bob)))))

;;;; Two: who cleans up, and in which order

(defvar *events* '())
(defun event (x) (push x *events*) x)

(defun layers (how)
  (setf *events* '())
  (let ((result
          (catch 'outer
            (block here
              (unwind-protect
                   (handler-bind ((error (lambda (c) (declare (ignore c)) (event :seen-outside))))
                     (restart-case
                         (unwind-protect
                              (catch 'inner
                                (handler-case
                                    (tagbody
                                       (event :start)
                                       (case how
                                         (:go (go out))
                                         (:inner (throw 'inner :thrown-in))
                                         (:outer (throw 'outer :thrown-out))
                                         (:return (return-from here :returned))
                                         (:warn (warn "muffle me"))
                                         (:error (error "handled inside"))
                                         (:arithmetic (event (/ 1 (length '()))))
                                         (:restart (invoke-restart 'give-up :by-hand))
                                         (t (error 'no-account :account how)))
                                       (event :not-here)
                                     out
                                       (event :out))
                                  (simple-error () (event :simple) :handled)
                                  (warning (w) (event (type-of w)) :warned)))
                           (event :cleanup-1))
                       (give-up (&optional (why 'unknown)) :test (lambda (c) (not (typep c 'no-money))) (event why) :gave-up)))
                (event :cleanup-2))))))
    (format t "~(~10A~) ~(~A~): ~{~(~A~)~^ ~}~%" how result (reverse *events*))))

(defun all-layers ()
  (mapc #'layers '(:go :inner :outer :return :warn :error :restart))
  (dolist (how '(:arithmetic :other))
    (handler-case (layers how)
      (error (c) (format t "~(~10A~) left: ~(~A~): ~{~(~A~)~^ ~}~%" how (type-of c) (reverse *events*))))
    (handler-bind ((error (lambda (c) (declare (ignore c)) (invoke-restart 'give-up))))
      (layers how))))

;;;; Three: tellers, a thread each, over sockets

(defun teller (stream)
  (let ((*overdraft* 20))
    (loop for line = (read-line stream nil)
          while line
          do (destructuring-bind (verb &rest words) (read-from-string (format nil "(~A)" line))
               (format stream "~A~%"
                       (handler-case
                           (eswitch (verb :test #'string-equal)
                             ("PAY" (apply #'transfer words))
                             ("ASK" (acc-balance (find-account (first words))))
                             ("SUM" (reduce #'+ (flatten (balances)) :key (lambda (x) (if (integerp x) x 0)))))
                         (bank-error (c) c)
                         (error () "what?")))
               (finish-output stream)))
    *overdraft*))

(defun tellers ()
  (reset-accounts 'ann 1000 'bob 1000 'eve 1000)
  (let* ((pairs (loop repeat 3 collect (multiple-value-list (iolib:make-socket-pair))))
         (threads (mapcar (lambda (pair) (bt:make-thread (lambda () (let ((*package* (find-package :bank)))
                                                                      (unwind-protect (teller (second pair))
                                                                        (close (second pair)))))))
                          pairs))
         (customers (loop for (socket) in pairs
                          for (from to) in '((ann bob) (bob eve) (eve ann))
                          collect (let ((socket socket) (from from) (to to))
                                    (bt:make-thread
                                     (lambda ()
                                       (loop for i from 1 to 25
                                             do (format socket "pay ~A ~A ~D~%" from to i)
                                                (finish-output socket)
                                             sum (parse-integer (read-line socket)))))))))
    (format t "paid ~S~%" (mapcar #'bt:join-thread customers))
    (let ((s (caar pairs)))
      (flet ((say (line) (write-line line s) (finish-output s) (format t "~A -> ~A~%" line (read-line s))))
        (mapc #'say '("sum" "ask ann" "pay ann bob 1021" "pay ann bob 1020" "ask ann" "ask nobody" "dance"))))
    (mapc (compose #'close #'first) pairs)
    (format t "~S outside ~D~%" (mapcar #'bt:join-thread threads) *overdraft*)))

(defun run-all ()
  (let ((*error-output* (make-broadcast-stream)))
    (policies)
    (all-layers)
    (tellers))
  (format t "~S ~S ~S~%" (xor nil 1 nil) (multiple-value-list (nth-value-or 1 (values 1 nil) (values 2 3)))
          (let ((alist (list (cons :a 1))))
            (setf (assoc-value alist :b) 2)
            (incf (assoc-value alist :a) 10)
            alist))
  (format t "~S ~S ~S~%" (starts-with-subseq "foo" "foobar") (plist-alist '(:a 1 :b 2)) (last-elt #(1 2 3)))
  (ignore-some-conditions (no-account) (find-account 'nobody)))
