;;;; run: (finger-demo:finger-demo)
;; A finger daemon (RFC 1288), with people of several kinds (structures that include one another), a directory
;; that is formatted as tables, and "forwarding" of user@host that is refused.

(defpackage finger-demo
  (:use common-lisp iolib)
  (:shadow #:find)
  (:export finger-demo))

(in-package finger-demo)

(defstruct (person (:print-function print-person))
  (login "" :type string)
  (name "" :type string)
  (idle nil)
  (plan nil))

(defun print-person (p stream depth)
  (declare (ignore depth))
  (format stream "#<~:(~A~) ~A>" (type-of p) (person-login p)))

(defstruct (employee (:include person (idle 0)))
  (room 0 :type (integer 0 999))
  phone)

(defstruct (manager (:include employee (plan "Meetings."))
                    (:constructor make-manager (login name room &optional phone &aux (reports '()))))
  reports)

(defstruct (robot (:include person (name "a machine")) (:copier nil) (:predicate robotp))
  (tasks 0))

(defparameter *people*
  (let* ((boss (make-manager "dora" "Dora Duke" 101 "555-0101"))
         (team (list (make-employee :login "ann" :name "Ann Archer" :room 12 :phone "555-0112" :idle 75)
                     (make-employee :login "bob" :name "Bob Bell" :room 7 :plan (format nil "Fishing.~%Then more fishing."))
                     (make-robot :login "r2" :tasks 1)
                     (make-robot :login "cron" :tasks 40 :name "Cron Daemon"))))
    (setf (manager-reports boss) (remove-if #'robotp team))
    (cons boss team)))

(defun find (name)
  "Those whose login or a part of whose name is NAME."
  (remove-if-not #'(lambda (p)
                     (or (string-equal name (person-login p))
                         (member name (words (person-name p)) :test 'string-equal)))
                 *people*))

(defun words (string)
  (do* ((start 0 (1+ end))
        (end (position #\Space string) (position #\Space string :start start))
        (words (list (subseq string start end)) (cons (subseq string start end) words)))
       ((null end) (nreverse words))))

(defun idle-string (minutes)
  (cond ((null minutes) "-")
        ((zerop minutes) "")
        (t (multiple-value-bind (h m) (floor minutes 60)
             (format nil "~:[~D:~2,'0D~;~*~Dm~]" (zerop h) h m)))))

(defgeneric long-form (person stream)
  (:method-combination progn :most-specific-last))

(defmethod long-form progn ((p person) stream)
  (format stream "Login: ~15A Name: ~A~%" (person-login p) (person-name p)))

(defmethod long-form progn ((p employee) stream)
  (format stream "Room: ~3,'0D~@[~20TPhone: ~A~]~%" (employee-room p) (employee-phone p)))

(defmethod long-form progn ((p manager) stream)
  (format stream "Reports: ~:[none~;~:*~{~A~#[~; and ~:;, ~]~}~]~%"
          (mapcar #'person-login (manager-reports p))))

(defmethod long-form progn ((p robot) stream)
  (format stream "Tasks: ~R (~:R is running)~%" (robot-tasks p) (1+ (floor (robot-tasks p) 3))))

(defun show-plan (p stream)
  (let ((plan (person-plan p)))
    (if plan
        (with-input-from-string (in plan)
          (format stream "Plan:~%")
          (loop for line = (read-line in nil)
                while line do (format stream "  ~A~%" line)))
        (format stream "No Plan.~%"))))

(defun short-form (people stream)
  (format stream "~9A~14A~8@A~%" "Login" "Name" "Idle")
  (dolist (p (sort (copy-list people) #'string-lessp :key #'person-name))
    (format stream "~9A~14A~8@A~%" (person-login p) (person-name p) (idle-string (person-idle p)))))

(defun answer (query stream)
  (let* ((verbose (and (>= (length query) 2) (string-equal "/W" query :end2 2)))
         (user (string-trim " " (if verbose (subseq query 2) query))))
    (cond ((cl:find #\@ user)
           (format stream "forwarding to ~A is not done~%" (subseq user (1+ (position #\@ user)))))
          ((string= user "") (short-form *people* stream)
           (when verbose (format stream "~D in all: ~S~%" (length *people*) (first *people*))))
          (t
           (let ((found (find user)))
             (case (length found)
               (0 (format stream "~A?~%" user))
               ((1 2 3)
                (dolist (p found)
                  (long-form p stream)
                  (show-plan p stream)))
               (t (short-form found stream))))))))

(defun serve-one (listener)
  (with-accept-connection (client listener)
    (let ((query (read-line client nil "")))
      ;; The answer is made as a string, so that tabulation works.
      (write-string (with-output-to-string (s) (answer query s)) client)
      (finish-output client)
      query)))

(defun finger (port query)
  (let ((s (make-socket :connect :active :type :stream :address-family :internet :ipv6 nil
                        :external-format '(:utf-8 :eol-style :crlf))))
    (unwind-protect
         (progn
           (connect s +loopback+ :port port)
           (format s "~A~%" query)
           (force-output s)
           (prog1 (loop for line = (read-line s nil nil)
                        while line
                        collect line)
             (shutdown s :read t :write t)))
      (close s :abort t))))

(defun finger-demo (&aux (queries (list "" "ann" "dora" "/W r2" "daemon" "nobody" "bob@elsewhere" "/W" "BELL")))
  (let ((server (make-socket :connect :passive :type :stream :address-family :internet :ipv6 nil
                             :local-host "127.0.0.1" :local-port 0 :external-format '(:utf-8 :eol-style :crlf)))
        (seen '()))
    (unwind-protect
         (let ((thread (bordeaux-threads:make-thread
                        (lambda ()
                          (dotimes (i (length queries))
                            (push (serve-one server) seen))))))
           (dolist (query queries)
             (format t "--- ~S~%~{~A~%~}" query (finger (local-port server) query)))
           (bordeaux-threads:join-thread thread))
      (close server))
    (format t "--- ~:D quer~:@P, the longest ~S~%" (length seen)
            (reduce (lambda (a b) (if (> (length b) (length a)) b a)) seen))
    ;; Structures are equalp by their slots, copies are distinct.
    (let* ((ann (first (find "ann")))
           (twin (copy-employee ann)))
      (setf (employee-phone twin) nil)
      (format t "~A ~A ~A ~A~%" (equalp ann (copy-employee ann)) (equalp ann twin) (eq ann twin)
              (list (person-p twin) (manager-p twin) (robotp twin) (typep twin 'employee))))
    (values)))
