"Time: universal time, which counts the seconds since 1900, decoded time, internal time, and sleep."

(import fractions [Fraction])
(import time)
(import hy-iolib.cl.conses [lisp-list nil?])
(import hy-iolib.cl.errors [simple-type-error])
(import hy-iolib.cl.numbers
  [INTEGER MOD OR RATIONAL REAL canonical check-unsigned cl-realp define-constants
   rational?])
(import hy-iolib.cl.strings [index? wrong-type])
(import hy-iolib.cl.symbols [cl-symbol])
(import hy-iolib.cl.threads [wait-until])
(import hy-iolib.lisp.handlers [signal-error])
(import hy-iolib.lisp.multiple-values [values])
(eval-when-compile (require hy-iolib.cl.definitions [defcl]))

(export :objects [] :macros [])

(setv NULL (cl-symbol "null")
      TIME-ZONE (lisp-list [OR (lisp-list [RATIONAL -24 24]) NULL])
      MINUTES (lisp-list [MOD 60])
      HOURS (lisp-list [MOD 24])
      DATES (lisp-list [INTEGER 1 31])
      MONTHS (lisp-list [INTEGER 1 12])
      YEARS (lisp-list [OR (lisp-list [MOD 100]) (lisp-list [INTEGER 1899])])
      ;; Universal time of 1970.
      EPOCH 2208988800
      DAY 86400
      UNITS 1000000)

(define-constants {"internal-time-units-per-second" UNITS})

;; ---- The calendar

(defn days-before [year]
  "The days from 1900 to the begin of YEAR, in the Gregorian calendar."
  (setv y (- year 1))
  (- (+ (* 365 (- year 1900)) (// y 4) (- (// y 100)) (// y 400)) 460))

(defn leap? [year]
  (and (= (% year 4) 0) (or (!= (% year 100) 0) (= (% year 400) 0))))

(defn month-lengths [year]
  [31 (if (leap? year) 29 28) 31 30 31 30 31 31 30 31 30 31])

(defn civil [days]
  "The year, the month and the date DAYS after the first of 1900."
  (setv year (+ 1900 (// (* days 400) 146097)))
  (while (> (days-before year) days) (-= year 1))
  (while (<= (days-before (+ year 1)) days) (+= year 1))
  (-= days (days-before year))
  (for [[month length] (enumerate (month-lengths year) 1)]
    (when (< days length)
      (return #(year month (+ days 1))))
    (-= days length)))

;; ---- Zones

(defn check-zone [zone]
  "ZONE, hours west of Greenwich, in seconds."
  (when (not (and (rational? zone) (<= -24 zone 24)))
    (wrong-type zone TIME-ZONE))
  (setv seconds (canonical (* zone (Fraction 3600))))
  (if (isinstance seconds int) seconds (wrong-type seconds INTEGER)))

(defn local-zone [unix-time]
  "Of this place, at UNIX-TIME: seconds west of Greenwich, and is it daylight saving time?"
  (try
    (setv t (time.localtime unix-time))
    ;; Beyond what the system knows: as in the year 2037.
    (except [[OverflowError OSError ValueError]]
      (setv t (time.localtime (if (< unix-time 0) 0 2114380800)))))
  #((- t.tm-gmtoff) (> t.tm-isdst 0)))

;; ---- Universal time

(defcl get-universal-time [] (+ (int (time.time)) EPOCH))

(defcl decode-universal-time [universal-time [time-zone None]]
  "Second, minute, hour, date, month, year, day of the week (Monday is 0), daylight saving time, and
  zone: that of this place, unless it is given in hours west of Greenwich."
  (check-unsigned universal-time)
  (if (nil? time-zone)
      (setv [west daylight] (local-zone (- universal-time EPOCH))
            time-zone (canonical (Fraction (+ west (if daylight 3600 0)) 3600)))
      (setv west (check-zone time-zone) daylight False))
  (setv [days seconds] (divmod (- universal-time west) DAY)
        [hour seconds] (divmod seconds 3600)
        [minute second] (divmod seconds 60)
        [year month date] (civil days))
  (values second minute hour date month year (% days 7) (if daylight True None) time-zone))

(defcl get-decoded-time [] (cl-decode-universal-time (cl-get-universal-time)))

(defn full-year [year]
  "YEAR or, if that has two digits, the year that ends so, from 50 years before this one on."
  (if (>= year 100)
      year
      (do
        (setv current (. (time.localtime) tm-year)
              guess (+ year (* 100 (// (- current 50) 100))))
        (if (> (- current guess) 50) (+ guess 100) guess))))

(defcl encode-universal-time [second minute hour date month year [time-zone None]]
  "The universal time of a decoded time; of this place, unless TIME-ZONE says which."
  (for [[x low high expected] [[second 0 59 MINUTES] [minute 0 59 MINUTES] [hour 0 23 HOURS]
                               [date 1 31 DATES] [month 1 12 MONTHS]]]
    (when (not (and (index? x) (<= low x high)))
      (wrong-type x expected)))
  (when (not (and (index? year) (or (< year 100) (>= year 1899))))
    (wrong-type year YEARS))
  (setv year (full-year year)
        days (+ (days-before year)
                (sum (cut (month-lengths year) (- month 1)))
                (- date 1))
        hours (* 3600 (+ hour (* 24 days)))
        seconds (+ second (* 60 minute) hours))
  (setv result
          (+ seconds
             (if (nil? time-zone)
                 ;; The zone at that time depends on the zone: SBCL looks twice.
                 (do
                   (setv [west _] (local-zone (- hours EPOCH))
                         [west _] (local-zone (- (+ seconds west) EPOCH)))
                   west)
                 (check-zone time-zone))))
  (check-unsigned result))

;; ---- Internal time

(setv start (time.monotonic-ns))

(defcl get-internal-real-time [] (// (- (time.monotonic-ns) start) 1000))
(defcl get-internal-run-time [] (// (time.process-time-ns) 1000))

(defcl sb-ext::get-time-of-day []
  "Seconds since 1970, and microseconds."
  (values #* (divmod (// (time.time-ns) 1000) UNITS)))

(defcl sleep [seconds]
  "Do nothing for SECONDS; another thread can interrupt that."
  (when (not (and (cl-realp seconds) (>= seconds 0)))
    (signal-error simple-type-error
      :datum seconds :expected-type (lisp-list [REAL 0])
      :format-control "Invalid argument to SLEEP: ~S, should be a non-negative real."
      :format-arguments #(seconds)))
  (wait-until time.sleep seconds)
  None)
