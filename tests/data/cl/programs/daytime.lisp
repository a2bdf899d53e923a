;;;; run: (time-services:main)
;;;; -*- Mode: LISP; Syntax: Common-Lisp; Base: 10 -*-
;;;; Daytime (RFC 867) and Time (RFC 868) over TCP, one client after the other. An older style: PROG, DO, SETQ.

(DEFPACKAGE "TIME-SERVICES"
  (:USE "COMMON-LISP" "IOLIB")
  (:EXPORT "MAIN" "SERVE" "ASK-DAYTIME" "ASK-TIME"))

(IN-PACKAGE "TIME-SERVICES")

(DEFVAR *CLOCK* NIL "A universal time that stands still, or NIL for the real one.")
(DEFVAR *LOG* '())

(DEFCONSTANT SECONDS-PER-DAY 86400)

(DEFPARAMETER *DAYS* #("Monday" "Tuesday" "Wednesday" "Thursday" "Friday" "Saturday" "Sunday"))
(DEFPARAMETER *MONTHS* (VECTOR "January" "February" "March" "April" "May" "June" "July" "August"
                               "September" "October" "November" "December"))

(DEFUN CURRENT-TIME ()
  (OR *CLOCK* (GET-UNIVERSAL-TIME)))

(DEFUN LEAP-YEAR-P (YEAR)
  (OR (ZEROP (MOD YEAR 400))
      (AND (NOT (ZEROP (MOD YEAR 100)))
           (ZEROP (MOD YEAR 4)))))

(DEFUN DAY-OF-YEAR (DAY MONTH YEAR)
  ;; 1 is the first of January.
  (DO ((M 1 (1+ M))
       (LENGTHS '(31 28 31 30 31 30 31 31 30 31 30 31) (CDR LENGTHS))
       (SUM DAY (+ SUM (CAR LENGTHS))))
      ((= M MONTH)
       (IF (AND (> MONTH 2) (LEAP-YEAR-P YEAR)) (1+ SUM) SUM))))

(DEFUN ORDINAL-SUFFIX (N)
  (COND ((<= 11 (MOD N 100) 13) "th")
        (T (CASE (MOD N 10)
             (1 "st") (2 "nd") (3 "rd") (OTHERWISE "th")))))

(DEFUN DAYTIME-STRING (TIME)
  (MULTIPLE-VALUE-BIND (SECOND MINUTE HOUR DAY MONTH YEAR DOW DST ZONE)
      (DECODE-UNIVERSAL-TIME TIME 0)
    (DECLARE (IGNORE DST))
    (FORMAT NIL "~A, ~A ~D~A, ~D ~2,'0D:~2,'0D:~2,'0D-GMT~@[+~D~] day ~D/~D"
            (SVREF *DAYS* DOW) (AREF *MONTHS* (1- MONTH)) DAY (ORDINAL-SUFFIX DAY) YEAR
            HOUR MINUTE SECOND
            (IF (ZEROP ZONE) NIL ZONE)
            (DAY-OF-YEAR DAY MONTH YEAR)
            (IF (LEAP-YEAR-P YEAR) 366 365))))

(DEFUN WRITE-TIME (TIME STREAM)
  ;; Four octets, the most significant one first.
  (PROG ((POSITION 24))
   LOOP
     (WRITE-BYTE (LDB (BYTE 8 POSITION) TIME) STREAM)
     (DECF POSITION 8)
     (IF (>= POSITION 0) (GO LOOP))
     (FINISH-OUTPUT STREAM)
     (RETURN TIME)))

(DEFUN READ-TIME (STREAM)
  (DO ((I 0 (1+ I))
       (N 0))
      ((= I 4) N)
    (LET ((OCTET (READ-BYTE STREAM NIL)))
      (IF (NULL OCTET)
          (RETURN NIL)
          (SETQ N (LOGIOR (ASH N 8) OCTET))))))

(DEFMACRO WITH-LISTENER ((VAR) &BODY BODY)
  `(WITH-OPEN-SOCKET (,VAR :CONNECT :PASSIVE :ADDRESS-FAMILY :INTERNET :TYPE :STREAM :IPV6 NIL
                           :LOCAL-HOST #(127 0 0 1) :LOCAL-PORT 0
                           :EXTERNAL-FORMAT '(:UTF-8 :EOL-STYLE :CRLF))
     ,@BODY))

(DEFUN NOTE (CONTROL &REST ARGUMENTS)
  (SETQ *LOG* (CONS (APPLY (FUNCTION FORMAT) NIL CONTROL ARGUMENTS) *LOG*)))

(DEFUN SERVE (LISTENER PROTOCOLS)
  "Serve one client for each of PROTOCOLS, :DAYTIME, :TIME or :GARBAGE."
  (PROG (CLIENT WHAT (COUNT 0))
   NEXT
     (WHEN (NULL PROTOCOLS) (RETURN COUNT))
     (SETQ WHAT (CAR PROTOCOLS)
           PROTOCOLS (CDR PROTOCOLS)
           CLIENT (ACCEPT-CONNECTION LISTENER :WAIT 10))
     (WHEN (NULL CLIENT) (GO GIVE-UP))
     (UNWIND-PROTECT
          (PROGN
            (MULTIPLE-VALUE-BIND (HOST PORT) (REMOTE-NAME CLIENT)
              (NOTE "~A from ~A~:[ (odd port)~;~]" WHAT HOST (< 1023 PORT 65536)))
            (COND ((EQ WHAT :DAYTIME)
                   (WRITE-STRING (DAYTIME-STRING (CURRENT-TIME)) CLIENT)
                   (TERPRI CLIENT)
                   (FINISH-OUTPUT CLIENT))
                  ((EQ WHAT :TIME) (WRITE-TIME (CURRENT-TIME) CLIENT))
                  (T (WRITE-BYTE 66 CLIENT))))
       (CLOSE CLIENT))
     (INCF COUNT)
     (SETQ *CLOCK* (+ *CLOCK* SECONDS-PER-DAY))
     (GO NEXT)
   GIVE-UP
     (NOTE "nobody came")
     (RETURN COUNT)))

(DEFUN CALL-WITH-CONNECTION (PORT FUNCTION)
  (LET ((SOCKET (MAKE-SOCKET :CONNECT :ACTIVE :ADDRESS-FAMILY :INTERNET :TYPE :STREAM :IPV6 NIL
                             :EXTERNAL-FORMAT '(:UTF-8 :EOL-STYLE :CRLF))))
    (UNWIND-PROTECT
         (PROGN
           (CONNECT SOCKET (LOOKUP-HOSTNAME "localhost") :PORT PORT :WAIT T)
           (FUNCALL FUNCTION SOCKET))
      (CLOSE SOCKET))))

(DEFUN ASK-DAYTIME (PORT)
  (CALL-WITH-CONNECTION PORT (FUNCTION READ-LINE)))

(DEFUN ASK-TIME (PORT)
  (CALL-WITH-CONNECTION PORT #'READ-TIME))

(DEFUN MAIN ()
  (SETQ *LOG* '() *CLOCK* (ENCODE-UNIVERSAL-TIME 57 59 23 27 2 2024 0))
  (WITH-LISTENER (LISTENER)
    (LET* ((PORT (LOCAL-PORT LISTENER))
           (SCHEDULE '(:DAYTIME :DAYTIME :DAYTIME :TIME :GARBAGE :DAYTIME))
           (SERVER (BT:MAKE-THREAD #'(LAMBDA () (SERVE LISTENER SCHEDULE)) :NAME "time server")))
      (DOLIST (WHAT SCHEDULE)
        (CASE WHAT
          (:DAYTIME (FORMAT T "daytime: ~A~%" (ASK-DAYTIME PORT)))
          ((:TIME :GARBAGE)
           (LET ((SECONDS (ASK-TIME PORT)))
             (IF SECONDS
                 (MULTIPLE-VALUE-BIND (DAYS REST) (TRUNCATE SECONDS SECONDS-PER-DAY)
                   (FORMAT T "time: ~:D seconds since 1900: ~D days and ~2,1,,'0@A seconds~%"
                           SECONDS DAYS REST))
                 (FORMAT T "time: cut off~%"))))))
      (FORMAT T "served: ~R client~:P~%" (BT:JOIN-THREAD SERVER))))
  (FORMAT T "~{log: ~A~%~}" (REVERSE *LOG*))
  (LOOP (WHEN (NULL *LOG*) (RETURN))
        (POP *LOG*))
  (LIST (LENGTH *LOG*) (DAY-OF-YEAR 31 12 2000)))
