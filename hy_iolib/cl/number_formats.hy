"Numbers as the directives of `format` print them: digits of floats, words, Roman numerals.

Floats are printed by Burger and Dybvig's algorithm, with exact integers, and with SBCL's way to
round to a number of digits, which is not always the nearest: 0.005 and 0.015 depend on it."

(import fractions [Fraction])
(import math)
(import struct)
(import hy-iolib.cl.numbers [double-float])
(import hy-iolib.cl.printer [decimal float-printer])
(import hy-iolib.lisp.handlers [signal-error])

(export :objects [] :macros [])

;; ---- Digits of floats

(defn as-single [x]
  "The single float nearest to X."
  (try
    (get (struct.unpack "f" (struct.pack "f" x)) 0)
    (except [OverflowError]
      (math.copysign math.inf x))))

(defn decoded [x]
  "X, a positive float, as integers f and e, its value being f 2**e; how many bits f has, and the
  least e."
  (setv single (not (isinstance x double-float))
        size (if single 24 53)
        [m e] (math.frexp (if single (as-single x) x)))
  #((int (* m (** 2.0 size))) (- e size) size (if single -148 -1073)))

(setv TEN (Fraction 10))

(defn flonum-to-digits [x [position None] [relative False]]
  "The digits of X, not negative, and where the point is among them: 1.5 gives 1 and \"15\". As few
  as tell X from other floats, or those up to POSITION, a power of ten; if RELATIVE, so many."
  (setv [f e size least] (decoded x)
        even (= (% f 2) 0)
        [high-ok low-ok] #(even even)
        limit (= f (** 2 (- size 1))))
  (cond
    (>= e 0)
      (do
        (setv be (** 2 e))
        (if limit
            (setv [r s high low] #((* 4 f be) 4 (* 2 be) be))
            (setv [r s high low] #((* 2 f be) 2 be be))))
    (or (= e least) (not limit))
      (setv [r s high low] #((* 2 f) (** 2 (- 1 e)) 1 1))
    True
      (setv [r s high low] #((* 4 f) (** 2 (- 2 e)) 2 1)))
  (when (is-not position None)
    (when relative
      (setv k 0 l 1)
      (while (< (* s l) (+ r high))
        (+= k 1)
        (*= l 10))
      (setv position (if (< (+ (* 2 r) (* s (** TEN (- k position)))) (* 2 s l))
                         (- k position)
                         (- k position 1))))
    ;; All by 2 10**-position, so that they stay integers.
    (when (< position 0)
      (setv scale (** 10 (- position))
            [r s high low] #((* r scale) (* s scale) (* high scale) (* low scale))))
    (setv [r s high low] #((* 2 r) (* 2 s) (* 2 high) (* 2 low))
          x (// (scaled s position) 2))
    (setv low (max low x) low-ok True
          high (max high x) high-ok True))
  (setv k 0)
  (while (or (> (+ r high) s) (and high-ok (= (+ r high) s)))
    (*= s 10)
    (+= k 1))
  (while (and (> r low)
              (do
                (setv y (* 10 (+ r high)))
                (or (< y s) (and (not high-ok) (= y s)))))
    (-= k 1)
    (setv [r high low] #((* 10 r) (* 10 high) (* 10 low))))
  (setv out [])
  (while True
    (setv [d r] (divmod (* 10 r) s)
          high (* 10 high)
          low (* 10 low)
          below (or (< r low) (and low-ok (= r low)))
          above (or (> (+ r high) s) (and high-ok (= (+ r high) s))))
    (when (or below above)
      (break))
    (.append out (str d)))
  (.append out (str (cond
                      (and above (not below)) (+ d 1)
                      (and below (not above)) d
                      (< (* 2 r) s) d
                      True (+ d 1))))
  #(k (.join "" out)))

(defn scaled [s power]
  "S times 10**POWER, which is an integer."
  (if (>= power 0)
      (* s (** 10 power))
      (// s (** 10 (- power)))))

(defn flonum-to-string [x [width None] [fraction None] [scale 0] [least None]]
  "X, not negative, times 10**SCALE, as digits with a point; FRACTION of them behind it, or as many
  as fit in WIDTH."
  (setv [e digits]
        (cond
          (is-not fraction None)
            (flonum-to-digits x (min (- (+ fraction scale)) (- (or least 0))))
          (and (is-not width None) (> width 1))
            (do
              (setv w (flonum-to-digits x (max 1 (+ (- width 1) (min scale 0))) True)
                    f (flonum-to-digits x (- (+ (or least 0) scale))))
              (if (>= (len (get w 1)) (len (get f 1))) w f))
          True
            (flonum-to-digits x)))
  (setv e (if (= x 0) e (+ e scale))
        size (len digits))
  (if (> e 0)
      (+ (cut digits e) (* "0" (- e size)) "." (cut digits e None)
         (if (is fraction None) "" (* "0" (- fraction (- size (min size e))))))
      (+ "." (* "0" (- e))
         (if (is fraction None) digits (cut digits (max (or least 0) (+ fraction e) 0)))
         (if (is fraction None) "" (* "0" (- (+ fraction e) size))))))

(defn scale-exponent [original]
  "A float from 0.1 to 1 and a power of ten whose product is about ORIGINAL, not negative."
  (setv x (float (if (isinstance original double-float) original (as-single original))))
  (when (= x 0)
    (return #(original 1)))
  (setv exponent (get (math.frexp x) 1)
        ex (round (* exponent 0.30102999566398114))
        x (cond
            (>= ex 0) (/ x 10.0 (** 10.0 (- ex 1)))
            (< x 2.2250738585072014e-308) (* x 1e16 (** 10.0 (- (- ex) 16)))
            True (* x 10.0 (** 10.0 (- (- ex) 1))))
        d 10.0 y x)
  (while (>= y 1.0)
    (setv y (/ x d)
          d (* d 10.0))
    (+= ex 1))
  (setv m 10.0 z y)
  (while (< z 0.1)
    (setv z (* y m)
          m (* m 10.0))
    (-= ex 1))
  #((if (isinstance original double-float) (double-float z) (as-single z)) ex))

(defn negative? [x]
  (< (math.copysign 1.0 x) 0))

(defn magnitude [x]
  (if (isinstance x double-float) (double-float (abs x)) (abs x)))

;; ---- Directives

(defn fixed [x w d k overflow pad sign]
  "X as ~F prints it, and whether it does not fit."
  (when (or (math.isinf x) (math.isnan x))
    (return #((float-printer x) False)))
  (setv left w
        minus (negative? x))
  (when (and (is-not w None) (or sign minus))
    (-= left 1))
  (setv text (flonum-to-string (magnitude x) left d (or k 0))
        leading (.startswith text ".")
        trailing (and (.endswith text ".") (!= d 0)))
  (when (is-not w None)
    (-= left (len text))
    (when leading
      (if (or (> left 0) trailing)
          (-= left 1)
          (setv leading False)))
    (when trailing
      (if (> left 0)
          (-= left 1)
          (setv trailing False))))
  (if (and (is-not w None) (< left 0) (is-not overflow None))
      #((* overflow w) True)
      #((+ (if (is w None) "" (* pad left))
           (signed minus sign)
           (if leading "0" "")
           text
           (if trailing "0" ""))
        False)))

(defn signed [minus sign]
  (cond minus "-" sign "+" True ""))

(defn exponential [x w d e k overflow pad marker sign]
  "X as ~E prints it."
  (when (or (math.isinf x) (math.isnan x))
    (return (float-printer x)))
  (setv [number exponent] (scale-exponent (magnitude x))
        k (if (= number 1.0) (- k 1) k)
        exponent (- exponent k)
        digits (decimal (abs exponent))
        size (max (len digits) (or e 0))
        minus (negative? x)
        left None)
  (when (is-not w None)
    (setv left (- w 2 size (if (or sign minus) 1 0))))
  (when (and (is-not w None) (is-not overflow None) e (> size e))
    (return (* overflow w)))
  (setv fraction (cond (is d None) None (> k 0) (- (+ d 1) k) True d)
        least (if (< k 0) 1 fraction)
        text (flonum-to-string number left fraction k least)
        leading (.startswith text ".")
        trailing (and (.endswith text ".") (!= fraction 0)))
  (when (is-not w None)
    (-= left (len text))
    (when leading
      (if (or (> left 0) trailing)
          (-= left 1)
          (setv leading False)))
    (when trailing
      (if (<= left 0)
          (setv trailing False)
          (-= left 1))))
  (if (and (is-not w None) (< left 0) (is-not overflow None))
      (* overflow w)
      (+ (if (is w None) "" (* pad left))
         (signed minus sign)
         (if leading "0" "")
         text
         (if trailing "0" "")
         (or marker (exponent-marker x))
         (if (< exponent 0) "-" "+")
         (* "0" (- (or e 0) (len digits)))
         digits)))

(defn exponent-marker [x]
  (setv text (float-printer (if (isinstance x double-float) (double-float 1e20) 1e20)))
  (get text (- (len text) 3)))

(defn general [x w d e k overflow pad marker sign]
  "X as ~G prints it."
  (when (or (math.isinf x) (math.isnan x))
    (return (float-printer x)))
  (setv n (get (scale-exponent (magnitude x)) 1))
  (when (is d None)
    (setv size (len (flonum-to-string (magnitude x)))
          d (max (if (= size 1) 1 (- size 1)) (min n 7))))
  (setv ee (if (is e None) 4 (+ e 2))
        ww (if (is w None) None (- w ee))
        dd (- d n))
  (if (<= 0 dd d)
      (do
        (setv [text full] (fixed x ww dd None overflow pad sign))
        (+ text (* (if full overflow " ") ee)))
      (exponential x w d e (if (is k None) 1 k) overflow pad marker sign)))

(defn dollars [x d n w pad colon sign]
  "X as ~$ prints it."
  (setv before (signed (negative? x) sign)
        text (flonum-to-string (magnitude x) None d)
        point (.find text ".")
        padding (* pad (- w (len before) (max n point) 1 d)))
  (+ (if colon (+ before padding) (+ padding before)) (* "0" (- n point)) text))

;; ---- Words

(setv ONES [None "one" "two" "three" "four" "five" "six" "seven" "eight" "nine"]
      TENS [None None "twenty" "thirty" "forty" "fifty" "sixty" "seventy" "eighty" "ninety"]
      TEENS ["ten" "eleven" "twelve" "thirteen" "fourteen" "fifteen" "sixteen" "seventeen"
             "eighteen" "nineteen"]
      PERIODS ["" " thousand" " million" " billion" " trillion" " quadrillion" " quintillion"
               " sextillion" " septillion" " octillion" " nonillion" " decillion" " undecillion"
               " duodecillion" " tredecillion" " quattuordecillion" " quindecillion" " sexdecillion"
               " septendecillion" " octodecillion" " novemdecillion" " vigintillion"]
      ORDINAL-ONES [None "first" "second" "third" "fourth" "fifth" "sixth" "seventh" "eighth"
                    "ninth"]
      ORDINAL-TENS [None "tenth" "twentieth" "thirtieth" "fortieth" "fiftieth" "sixtieth"
                    "seventieth" "eightieth" "ninetieth"])

(defn small-cardinal [n]
  (setv [hundreds rest] (divmod n 100)
        [tens ones] (divmod rest 10)
        words [])
  (when hundreds
    (.append words (+ (get ONES hundreds) " hundred")))
  (cond
    (> tens 1) (.append words (+ (get TENS tens) (if ones (+ "-" (get ONES ones)) "")))
    (= tens 1) (.append words (get TEENS ones))
    ones (.append words (get ONES ones)))
  (.join " " words))

(defn cardinal [n]
  "N in words."
  (when (= n 0)
    (return "zero"))
  (setv words [] rest (abs n) period 0)
  (while rest
    (when (> period 21)
      (signal-error "Number too large to print in English: ~A" (grouped (decimal n) "," 3)))
    (setv [rest here] (divmod rest 1000))
    (when here
      (.append words (+ (small-cardinal here) (get PERIODS period))))
    (+= period 1))
  (+ (if (< n 0) "negative " "") (.join " " (reversed words))))

(defn ordinal [n]
  "N as in \"the tenth\"."
  (setv number (abs n)
        [top bottom] (divmod number 100)
        [tens ones] (divmod bottom 10))
  (+ (if (< n 0) "negative " "")
     (if top (cardinal (- number bottom)) "")
     (if (and top bottom) " " "")
     (cond
       (= bottom 12) "twelfth"
       (= tens 1) (+ (get TEENS ones) "th")
       (and (= tens 0) ones) (get ORDINAL-ONES ones)
       (and (= ones 0) tens) (get ORDINAL-TENS tens)
       bottom (+ (get TENS tens) "-" (get ORDINAL-ONES ones))
       number "th"
       True "zeroth")))

(setv ROMAN [[1000 "M"] [900 "CM"] [500 "D"] [400 "CD"] [100 "C"] [90 "XC"] [50 "L"] [40 "XL"]
             [10 "X"] [9 "IX"] [5 "V"] [4 "IV"] [1 "I"]]
      OLD-ROMAN (lfor row ROMAN :if (= (len (get row 1)) 1) row))

(defn roman [n old]
  "N in Roman numerals; OLD ones have four of a kind in a row."
  (when (not (< 0 n (if old 5000 4000)))
    (signal-error "Number too large to print in ~ARoman numerals: ~A"
                  (if old "old " "") (grouped (decimal n) "," 3)))
  (setv out [])
  (for [[value letters] (if old OLD-ROMAN ROMAN)]
    (.append out (* letters (// n value)))
    (%= n value))
  (.join "" out))

(defn grouped [digits comma interval]
  "DIGITS with COMMA between groups of INTERVAL."
  (setv negative (.startswith digits "-")
        digits (if negative (cut digits 1 None) digits)
        first (or (% (len digits) interval) interval))
  (+ (if negative "-" "")
     (.join comma [(cut digits first)
                   #* (gfor start (range first (len digits) interval)
                            (cut digits start (+ start interval)))])))
