"The printer: the text of every object, as SBCL prints it.

Two ways lead to it. What has a text of its own, whatever stands around it, is found by its class,
in `BARE` for princ and in `QUOTED` for prin1. All else is written to a stream: by the pretty
printer, if that is asked for, or piece by piece."

(eval-when-compile (require hy-iolib.cl.definitions [defcl defcl-macro form]))
(import fractions [Fraction])
(import pathlib [PurePath])
(import types)
(import unicodedata)
(import hy.models [Keyword Symbol])
(import hy-iolib.cl.arrays
  [adjustable-vector lisp-array mutable-string octet-vector vector])
(import hy-iolib.cl.characters [character])
(import hy-iolib.cl.conses [cons elements nil?])
(import hy-iolib.cl.definitions [SYSTEM functions])
(import hy-iolib.cl.errors [cell-error print-not-readable])
(import hy-iolib.cl.numbers [double-float float-text lisp-complex])
(import hy-iolib.cl.string-streams [lisp-stream string-output-stream])
(import hy-iolib.cl.strings [ABSENT cl-char-name])
(import hy-iolib.cl.symbols
  [COMMON-LISP-USER cl-symbol fbound key lisp-package packages special-of symbol symbol-name])
(import hy-iolib.cl.vectors [adjustable-bit-vector bit-vector])
(import hy-iolib.lisp.conditions [condition simple-condition type-error])
(import hy-iolib.lisp.handlers [signal-error])
(import hy-iolib.lisp.keywords [keyword])
(import hy-iolib.lisp.multiple-values [primary-value values])
(import hy-iolib.lisp.restarts [restart])
(import hy-iolib.lisp.specials [bound special])

(export :objects [prin1-text princ-text repr-of write-object] :macros [defwriter])

;; ---- What controls it

(defn lisp-special [name value]
  "The special variable that Common Lisp calls NAME; VALUE is its first one."
  (setv s (cl-symbol name)
        variable (special-of s))
  (when (is variable None)
    (setv variable (special name value)
          s.variable variable
          (get s.info "special") True))
  variable)

(setv UPCASE (key "upcase")
      DOWNCASE (key "downcase")
      CAPITALIZE (key "capitalize"))

(setv package-in-force (lisp-special "*package*" COMMON-LISP-USER)
      print-array (lisp-special "*print-array*" True)
      print-base (lisp-special "*print-base*" 10)
      print-case (lisp-special "*print-case*" UPCASE)
      print-circle (lisp-special "*print-circle*" None)
      print-escape (lisp-special "*print-escape*" True)
      print-gensym (lisp-special "*print-gensym*" True)
      print-length (lisp-special "*print-length*" None)
      print-level (lisp-special "*print-level*" None)
      print-lines (lisp-special "*print-lines*" None)
      print-miser-width (lisp-special "*print-miser-width*" None)
      print-pprint-dispatch (lisp-special "*print-pprint-dispatch*" None)
      print-pretty (lisp-special "*print-pretty*" True)
      print-radix (lisp-special "*print-radix*" None)
      print-readably (lisp-special "*print-readably*" None)
      print-right-margin (lisp-special "*print-right-margin*" None)
      ;; How deep in other objects the one is that is printed now; only known where
      ;; *print-level* is not nil.
      current-level (special "current-level" 0))

;; What other modules know better. They set these.
(setv
  ;; A function of an object and a stream: prints it by a method of print-object and returns true,
  ;; or returns false where there is none but the standard one.
  print-object-hook None
  ;; A function of an object: of a structure #(name [#(slot-name value)…]), of all else None.
  structure-hook None
  ;; "upcase", "downcase", "preserve" or "invert", by *readtable*.
  readtable-case-hook None)

(defn escaping []
  "Is it to be printed such that it can be read?"
  (not (and (nil? print-escape.value) (nil? print-readably.value))))

(defn bound-escape [escape]
  "A context manager that binds what prin1 or princ binds."
  (bound (if escape
             [#(print-escape True)]
             [#(print-escape None) #(print-readably None)])))

;; ---- Texts

(defn princ-text [x]
  "X as princ prints it, a string of Python's."
  (setv leaf (.get BARE x.__class__))
  (if leaf (leaf x) (written x False)))

(defn prin1-text [x]
  "X as prin1 prints it."
  (setv leaf (.get QUOTED x.__class__))
  (if leaf (leaf x) (written x True)))

(defn written [x escape]
  (setv out (string-output-stream))
  (write-object x out escape)
  (.text out))

(defn repr-of [x]
  "X as Python shows it: as prin1 prints it, on one line."
  (with [_ (bound [#(print-pretty None) #(print-readably None) #(print-escape True)])]
    (written x True)))

(defn write-object [x out escape]
  "Write X to OUT, a stream of this package: with ESCAPE as prin1 does, else as princ does."
  (setv leaf (.get (if escape QUOTED BARE) x.__class__))
  (cond
    leaf
      (.put out (leaf x))
    (not (nil? print-circle.value))
      (if (is circles.value None)
          (with [_ (bound [#(circles (shared-in x))])]
            (.put out (flat x escape current-level.value out)))
          (.put out (flat x escape current-level.value out)))
    (not (nil? print-pretty.value))
      (do
        (import hy-iolib.cl.pretty [write-pretty])
        (write-pretty x out escape))
    True
      (.put out (flat x escape current-level.value out))))

(defn output-object [x out]
  "Write X to OUT as the variables in force say."
  (write-object x out (escaping)))

(defn flat [x escape depth [out None]]
  "The text of X, not pretty, DEPTH levels deep in another object. OUT is where it will go, if that
  is known already."
  (setv c x.__class__
        leaf (.get (if escape QUOTED BARE) c))
  (cond
    leaf (leaf x)
    (is-not circles.value None) (labelled x escape depth out)
    True (compound-text x escape depth out)))

(defn compound-text [x escape depth out]
  (setv way (.get COMPOUND x.__class__))
  (if way (way x escape depth) (instance-text x escape depth out)))

;; ---- Circles

;; While *print-circle* is in force: identity of an object that is met more than once -> its label,
;; None before the first time.
(setv circles (special "circles" None))

(defn labelled [x escape depth out]
  "The text of X with its label, or the label alone."
  (setv table circles.value)
  (if (in (id x) table)
      (do
        (setv label (get table (id x)))
        (if label
            f"#{label}#"
            (do
              (setv label (+ 1 (sum (gfor n (.values table) :if n 1)))
                    (get table (id x)) label)
              (+ f"#{label}=" (compound-text x escape depth out)))))
      (compound-text x escape depth out)))

(defn shared-in [x]
  "A table for `circles` of what is met more than once in X."
  (setv seen {} shared {} rest [x])
  (while rest
    (setv x (.pop rest))
    (when (not (or (in x.__class__ (get LEAVES True)) (in x.__class__ OCTETS)))
      (if (in (id x) seen)
          (setv (get shared (id x)) None)
          (do
            ;; The objects must live as long as their identities are in use.
            (setv (get seen (id x)) x)
            (.extend rest (parts-of x))))))
  shared)

(defn parts-of [x]
  (cond
    (is x.__class__ cons) [x.car x.cdr]
    (isinstance x #(list tuple)) x
    (isinstance x lisp-array) x.elements
    structure-hook (lfor [_ value] (get (or (structure-hook x) #(None #())) 1) value)
    True #()))

(setv OCTETS #{bytes bytearray octet-vector memoryview})

(defn continues? [x]
  "Is the cons X printed as the rest of the list that it ends?"
  (not (or (and (is x.car.__class__ symbol) (is x.car.package SYSTEM) (in x.car.name COMMA-KINDS))
           (and (is-not circles.value None) (in (id x) circles.value)))))

;; ---- Numbers

(defn integer-text [x]
  (if (and (= print-base.value 10) (is print-radix.value None))
      (decimal x)
      (with-radix (digits x print-base.value) True)))

(defn decimal [x]
  (try
    (int.__repr__ x)
    ;; Python has a limit, against strangers who send long numbers.
    (except [ValueError]
      (digits x 10))))

(defn digits [x base]
  "The integer X in BASE."
  (cond
    (< x 0) (+ "-" (digits (- x) base))
    (= base 10) (if (< (.bit-length x) 10000) (int.__repr__ x) (long-digits x base))
    (= base 16) (.upper (cut (hex x) 2 None))
    (= base 8) (cut (oct x) 2 None)
    (= base 2) (cut (bin x) 2 None)
    (< (.bit-length x) 200)
      (do
        (setv out [])
        (while True
          (setv [x digit] (divmod x base))
          (.append out (get "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ" digit))
          (when (= x 0)
            (break)))
        (.join "" (reversed out)))
    True (long-digits x base)))

(defn long-digits [x base]
  ;; In halves, since one digit after the other takes a time that grows with the square.
  (setv count (// (.bit-length x) (* 2 (- (.bit-length base) 1)))
        [high low] (divmod x (** base count))
        low (digits low base))
  (if high
      (+ (digits high base) (* "0" (- count (len low))) low)
      low))

(defn with-radix [text integer]
  "TEXT, of a rational number, with what *print-radix* adds."
  (setv base print-base.value)
  (cond
    (nil? print-radix.value) text
    (and integer (= base 10)) (+ text ".")
    True (+ "#" (.get {2 "b" 8 "o" 16 "x"} base f"{base}r") text)))

(defn ratio-text [x]
  (setv base print-base.value)
  (with-radix (+ (digits x.numerator base) "/" (digits x.denominator base)) False))

(setv read-default-float-format
        (lisp-special "*read-default-float-format*" (cl-symbol "single-float")))

(defn float-printer [x]
  (float-text x read-default-float-format.value))

(defn complex-text [x]
  (+ "#C(" (princ-text x.real) " " (princ-text x.imag) ")"))

;; ---- Symbols

(defn cased [name]
  "NAME, a symbol's, by *print-case* and the readtable's case."
  (setv case print-case.value)
  (when (and (is case UPCASE) (is readtable-case-hook None))
    (return name))
  (setv mode (if readtable-case-hook (readtable-case-hook) "upcase"))
  (cond
    (= mode "preserve") name
    (= mode "invert") (cond
                        (= name (.upper name)) (.lower name)
                        (= name (.lower name)) (.upper name)
                        True name)
    (is case UPCASE) (if (= mode "upcase") name (.upper name))
    (is case DOWNCASE) (if (= mode "upcase") (.lower name) name)
    True (capitalized name (= mode "upcase"))))

(defn capitalized [name upcase]
  (setv out [] inside False)
  (for [c name]
    (.append out (cond
                   upcase (if inside (.lower c) c)
                   inside c
                   True (.upper c)))
    (setv inside (.isalnum c)))
  (.join "" out))

;; Name -> does it need bars, in base 10 and the usual case? Names are few.
(setv tokens {})

(defn token [name]
  "NAME as it is read again: between bars where that is necessary."
  (setv usual (and (= print-base.value 10) (is readtable-case-hook None))
        bars (if usual (.get tokens name) None))
  (when (is bars None)
    (setv bars (needs-bars name))
    (when usual
      (setv (get tokens name) bars)))
  (if bars
      (+ "|" (.replace (.replace name "\\" "\\\\") "|" "\\|") "|")
      (cased name)))

(setv OTHER 1 NUMBER 2 UPPER 4 LOWER 8 SIGN 16 EXTENSION 32 DOT 64 SLASH 128 FUNNY 256
      ;; Digits of *print-base*, those that are letters, too, and those that are not.
      DIGIT 512 LETTER-DIGIT 1024 PLAIN-DIGIT 2048
      ;; A letter of the case that needs no bars.
      LETTER 4096)

(setv ATTRIBUTES {#** (dfor c "!@$%&*=~[]{}?<>" c OTHER)
                  #** (dfor c "0123456789" c NUMBER)
                  #** (dfor c "ABCDEFGHIJKLMNOPQRSTUVWXYZ" c UPPER)
                  #** (dfor c "abcdefghijklmnopqrstuvwxyz" c LOWER)
                  "+" SIGN "-" SIGN "^" EXTENSION "_" EXTENSION "." DOT "/" SLASH})

;; What a potential number is, as SBCL looks for it. State -> the state to go on from instead when
;; nothing fits, and rows: characters, the next state, and whether a token that ends here may be a
;; number. What is in no row needs bars. In the state "other" it is no number.
(setv ANY-LETTER LETTER
      STATES
        {"start"
           [None [#(LETTER-DIGIT "last-digit-alpha" True) #(PLAIN-DIGIT "digit" True)
                  #((| LETTER NUMBER OTHER SLASH) "other" False) #(DOT "dot-found" True)
                  #((| SIGN EXTENSION) "start-stuff" False)]]
         "dot-found"
           [None [#(LETTER "start-dot-marker" False) #(DIGIT "dot-digit" True)
                  #((| NUMBER OTHER) "other" False)
                  #((| EXTENSION SLASH SIGN) "start-dot-stuff" False) #(DOT "dot-found" True)]]
         "start-stuff"
           [None [#(LETTER-DIGIT "last-digit-alpha" True) #(PLAIN-DIGIT "digit" True)
                  #((| NUMBER OTHER) "other" False) #(LETTER "start-marker" False)
                  #(DOT "start-dot-stuff" False) #((| SIGN EXTENSION SLASH) "start-stuff" False)]]
         "start-marker" ["start-stuff" [#(LETTER "other" False)]]
         "start-dot-stuff"
           [None [#(LETTER "start-dot-stuff" False) #(DIGIT "dot-digit" True)
                  #((| SIGN EXTENSION DOT SLASH) "start-dot-stuff" False)
                  #((| NUMBER OTHER) "other" False)]]
         "start-dot-marker" ["start-dot-stuff" [#(LETTER "other" False)]]
         "dot-digit"
           [None [#(LETTER "dot-marker" True) #(DIGIT "dot-digit" True)
                  #((| NUMBER OTHER) "other" False)
                  #((| SIGN EXTENSION DOT SLASH) "dot-digit" True)]]
         "dot-marker" ["dot-digit" [#(LETTER "other" False)]]
         "last-digit-alpha"
           [None [#((| DIGIT SIGN SLASH) "alpha-digit" True)
                  #((| LETTER NUMBER OTHER DOT) "other" False)]]
         "alpha-digit"
           [None [#(LETTER-DIGIT "last-digit-alpha" True) #((| DIGIT SIGN SLASH) "alpha-digit" True)
                  #(LETTER "alpha-marker" True) #((| NUMBER OTHER DOT) "other" False)]]
         "alpha-marker" ["alpha-digit" [#(LETTER "other" False)]]
         "digit"
           [None [#(LETTER-DIGIT "alpha-digit" True) #(PLAIN-DIGIT "digit" True)
                  #((| NUMBER OTHER) "other" False) #(LETTER "marker" True)
                  #((| EXTENSION SLASH SIGN) "digit" True) #(DOT "dot-digit" True)]]
         "marker" ["digit" [#(LETTER "other" False)]]})

(defn needs-bars [name]
  "Would NAME be read as a number, or not as one token of this case?"
  (setv base print-base.value
        mode (if readtable-case-hook (readtable-case-hook) "upcase")
        letters (.get {"upcase" UPPER "downcase" LOWER} mode (| UPPER LOWER))
        state "start")
  (defn bits-of [c]
    (setv bits (or (.get ATTRIBUTES c)
                   (cond
                     (< (ord c) 160) FUNNY
                     (= (unicodedata.category c) "Lu") UPPER
                     (= (unicodedata.category c) "Ll") LOWER
                     True OTHER))
          letter (& bits letters))
    (when letter (|= bits LETTER))
    (when (and (& bits (| NUMBER UPPER)) (< c "\x80") (< (int c 36) base))
      (|= bits (| DIGIT (if letter LETTER-DIGIT PLAIN-DIGIT))))
    bits)
  (for [[i c] (enumerate name)]
    (when (= state "other")
      (setv wrong (^ (| UPPER LOWER FUNNY) letters))
      (return (any (gfor c (cut name i None) (& (bits-of c) wrong)))))
    (setv bits (bits-of c) next None)
    (while (is next None)
      (setv [instead rows] (get STATES state))
      (for [[mask to may-end] rows]
        (when (& bits mask)
          (setv next to number may-end)
          (break)))
      (when (is next None)
        (when (is instead None)
          (return True))
        (setv state instead)))
    (setv state next))
  (or (not name) (and number (not (& bits SIGN)))))

(defn symbol-text [s]
  "The symbol S as prin1 prints it."
  (setv package s.package
        current package-in-force.value)
  (cond
    (is package current) (token s.name)
    ;; What a backquote is read as has another name in SBCL.
    (and (is package SYSTEM) (= s.name "BACKQUOTE")) "SB-INT:QUASIQUOTE"
    (is package None) (+ (if (nil? print-gensym.value) "" "#:") (token s.name))
    True (+ (prefix s s.name package current) (token s.name))))

(defn prefix [s name package current]
  "What stands before NAME, of the symbol S of PACKAGE, where CURRENT is the package."
  (setv found (.find current name))
  (if (and found (is (get found 0) s))
      ""
      (+ (token (local-name package current))
         (if (in name package.external) ":" "::"))))

(defn local-name [package current]
  (for [[name p] (.items (or current.local-nicknames {}))]
    (when (is p package)
      (return name)))
  package.name)

(defn full-symbol-text [s]
  "The symbol S with its package, wherever it is printed."
  (setv package (getattr s "package" None))
  (cond
    (isinstance s Keyword) (prin1-text s)
    (is package None) (prin1-text s)
    True (+ (token package.name) (if (in s.name package.external) ":" "::") (token s.name))))

(defn keyword-text [k]
  (+ ":" (token (symbol-name-of k))))

(defn symbol-name-of [k]
  ;; Of a keyword of Hy's own, too.
  (symbol-name (if (isinstance k keyword) k (keyword k.name))))

(defn constant-text [name]
  "The text of nil or t."
  (setv current package-in-force.value)
  (if (or (is current COMMON-LISP-USER) (is-not (.find current name) None))
      (cased name)
      (+ (token "COMMON-LISP") ":" (cased name))))

;; ---- Characters and strings

(defn character-text [c]
  (+ "#\\" (if (and (< "\x1f" c "\x7f") (is print-readably.value None)) c (cl-char-name c))))

(defn string-text [s]
  (when (or (in "\\" s) (in "\"" s))
    (setv s (.replace (.replace s "\\" "\\\\") "\"" "\\\"")))
  (+ "\"" s "\""))

;; ---- By class

;; Class -> function that gives the text.
(setv BARE {str (fn [x] x)
            character str.__str__
            mutable-string str
            int integer-text
            float float-printer
            double-float float-printer
            symbol (fn [x] (cased x.name))
            keyword (fn [x] (cased (symbol-name-of x)))
            Keyword (fn [x] (cased (symbol-name-of x)))
            ;; A symbol of Hy's own.
            Symbol (fn [x] (cased (.upper (str.__str__ x))))
            Fraction ratio-text
            complex complex-text
            lisp-complex complex-text
            (type None) (fn [x] (cased "NIL"))
            bool (fn [x] (cased (if x "T" "NIL")))}
      QUOTED {#** BARE
              str string-text
              character character-text
              mutable-string (fn [x] (string-text (str x)))
              symbol symbol-text
              keyword keyword-text
              Keyword keyword-text
              (type None) (fn [x] (constant-text "NIL"))
              bool (fn [x] (constant-text (if x "T" "NIL")))})

;; All of them, also when a program prints some in its own way, and those are empty.
(setv LEAVES {False (dict BARE) True (dict QUOTED)})

;; ---- Lists and vectors

(defn limit [variable]
  "The value of VARIABLE, *print-length* or *print-level*, unless *print-readably* overrides it."
  (setv value variable.value)
  (if (or (is value None) (not (nil? print-readably.value))) None value))

(defn too-deep [depth]
  (setv level (limit print-level))
  (and (is-not level None) (>= depth level)))

(defn cons-text [x escape depth]
  (when (too-deep depth)
    (return "#"))
  (when (and (is x.car.__class__ symbol) (is x.car.package SYSTEM) (in x.car.name COMMA-KINDS))
    (return (comma-text x escape depth)))
  (setv length (limit print-length)
        table (if escape QUOTED BARE)
        depth (+ depth 1)
        out [])
  (while True
    (when (and (is-not length None) (>= (len out) length))
      (.append out "...")
      (break))
    (setv item x.car
          leaf (.get table item.__class__))
    (.append out (if leaf (leaf item) (flat item escape depth)))
    (setv x x.cdr)
    (cond
      (is x None) (break)
      (is x.__class__ cons) (when (not (continues? x))
                              (.extend out ["." (flat x escape depth)])
                              (break))
      (nil? x) (break)
      ;; A list of Python's at the end of conses is their rest.
      (is x.__class__ list) (do
                              (.extend out (gfor item x (flat item escape depth)))
                              (break))
      True (do
             (.append out ".")
             (.append out (flat x escape depth))
             (break))))
  (+ "(" (.join " " out) ")"))

;; What the reader makes of commas, and SBCL's number for each.
(setv COMMA-KINDS {"UNQUOTE" 0 "UNQUOTE-NSPLICE" 1 "UNQUOTE-SPLICE" 2})

(defn comma-text [x escape depth]
  (.format "#S(SB-IMPL::COMMA :EXPR {} :KIND {})"
           (flat x.cdr.car escape depth) (get COMMA-KINDS x.car.name)))

(defn items-text [before items escape depth]
  "The text of ITEMS in parentheses, with BEFORE before them."
  (when (too-deep depth)
    (return "#"))
  (setv length (limit print-length)
        depth (+ depth 1)
        out [])
  (for [item items]
    (when (and (is-not length None) (>= (len out) length))
      (.append out "...")
      (break))
    (.append out (flat item escape depth)))
  (+ before "(" (.join " " out) ")"))

(defn list-text [x escape depth]
  (if x (items-text "" x escape depth) (flat None escape depth)))

(defn vector-text [x escape depth]
  (if (arrays-shown)
      (items-text "#" x escape depth)
      (array-unshown x)))

(defn arrays-shown []
  (not (and (nil? print-array.value) (nil? print-readably.value))))

(defn array-unshown [x]
  "What is printed of the array X when its elements are not."
  (with-address x (prin1-text ((get functions "type-of") x))))

(defn values-text [x escape depth]
  (flat (primary-value x) escape depth))

(defn array-text [x escape depth]
  (when (not (arrays-shown))
    (return (array-unshown x)))
  (+ f"#{(len x.dimensions)}A" (slice-text x (list x.dimensions) 0 escape depth)))

(defn slice-text [x dimensions index escape depth]
  "The part of the array X that begins at INDEX, of which DIMENSIONS are left."
  (when (not dimensions)
    (return (flat (get x.elements index) escape depth)))
  (when (too-deep depth)
    (return "#"))
  (setv [count #* rest] dimensions
        step (product rest)
        length (limit print-length)
        out [])
  (for [i (range count)]
    (when (and (is-not length None) (>= i length))
      (.append out "...")
      (break))
    (.append out (slice-text x rest (+ index (* i step)) escape (+ depth 1))))
  (+ "(" (.join " " out) ")"))

(defn product [numbers]
  (setv out 1)
  (for [n numbers] (*= out n))
  out)

(defn bits-text [x escape depth]
  (if (arrays-shown) (+ "#*" (.join "" (map str x))) (array-unshown x)))

(setv COMPOUND {cons cons-text
                list list-text
                tuple vector-text
                vector vector-text
                adjustable-vector vector-text
                bytes vector-text
                bytearray vector-text
                octet-vector vector-text
                memoryview (fn [x escape depth] (vector-text (bytes x) escape depth))
                bit-vector bits-text
                adjustable-bit-vector bits-text
                values values-text
                lisp-array array-text})

;; ---- All else

(defn instance-text [x escape depth out]
  "The text of X, which is no object of the kinds above, or of a class below theirs."
  ;; A class of Python's below one of those is printed as that is.
  (for [c x.__class__.__mro__]
    (setv leaf (.get (get LEAVES (bool escape)) c)
          way (.get COMPOUND c))
    (when leaf (return (leaf x)))
    (when way (return (way x escape depth))))
  (setv stream (string-output-stream out))
  (write-instance x stream escape depth)
  (.text stream))

(defn write-instance [x out escape depth]
  "Write X by its method of print-object, or as all of its kind are written."
  (with [_ (bound [#(print-escape (if escape True None))
                   #(print-readably (if escape print-readably.value None))
                   #(current-level depth)])]
    (when (not (and print-object-hook (print-object-hook x out)))
      (print-standard x out))))

(defn print-standard [x out]
  "Write X to OUT as the standard method of print-object does."
  (setv escape (escaping)
        shape (if structure-hook (structure-hook x) None))
  (cond
    (is-not shape None) (write-structure shape out escape)
    (isinstance x BaseException) (write-condition x out escape)
    True (.put out (standard-text x escape))))

(defn address-of [x]
  "What stands for the address of X in memory, as SBCL would write it."
  f"{{{(| 0x1000000000 (& (id x) 0xffffffff)) :X}}}")

(defn with-address [x text]
  (unreadable x (+ text " " (address-of x))))

(defn unreadable [x text]
  "What can't be read back in: TEXT within #<…>."
  (check-unreadable x)
  (+ "#<" text ">"))

(defn check-unreadable [x]
  (when (not (nil? print-readably.value))
    (setv c (print-not-readable
              (+ (with [_ (bound-escape False)] (prin1-text x)) " cannot be printed readably."))
          c.object x)
    (signal-error c)))

(defn type-text [x escape]
  "The name of the type of X."
  (setv type-of (.get functions "type-of"))
  (flat (if type-of (type-of x) (class-name-of x.__class__)) escape 0))

(defn class-name-of [c]
  "The symbol that names the class C."
  (import hy-iolib.cl.classes [class-symbol])
  (class-symbol c))

(defn standard-text [x escape]
  (cond
    (isinstance x lisp-package)
      (unreadable x (+ "PACKAGE " (string-text x.name)))
    (isinstance x lisp-stream)
      (do
        (setv text (.lisp-text x prin1-text))
        (with-address x (+ x.printed-name (if text " " "") text)))
    (isinstance x PurePath)
      (do
        (import hy-iolib.cl.pathnames [namestring])
        (if escape (+ "#P" (string-text (namestring x))) (namestring x)))
    (isinstance x restart)
      (if escape (with-address x (+ "RESTART " (restart-name x))) (str x))
    (isinstance x type)
      (unreadable x (+ (metaclass-name x) " " (full-symbol-text (class-name-of x))))
    (isinstance x dict)
      (with-address x (.format "HASH-TABLE :TEST {} :COUNT {}{}"
                               (prin1-text (getattr x "test" EQUAL)) (len x)
                               (if (is (getattr x "weakness" None) None)
                                   ""
                                   (+ " :WEAKNESS " (prin1-text x.weakness)))))
    (isinstance x FUNCTIONS)
      (function-text x)
    (.startswith (or (getattr x.__class__ "__module__" None) "") "hy_iolib")
      (if escape (repr x) (str x))
    True
      (with-address x (type-text x escape))))

(setv EQUAL (cl-symbol "equal"))

(setv FUNCTIONS #(types.FunctionType types.BuiltinFunctionType types.MethodType
                  types.MethodWrapperType types.WrapperDescriptorType types.MethodDescriptorType))

(defn restart-name [x]
  (setv name x.name)
  (if (isinstance name str) (.upper (str name)) (prin1-text name)))

(defn metaclass-name [c]
  (setv name (getattr c "lisp_metaclass" None))
  (cond
    (is-not name None) name
    (issubclass c BaseException) "SB-KERNEL::CONDITION-CLASS"
    True "BUILT-IN-CLASS"))

(defn function-text [f]
  (setv generic (getattr f "lisp_generic" None))
  (if generic
      (unreadable f (.format "STANDARD-GENERIC-FUNCTION {} ({})"
                             (if (isinstance generic.name symbol)
                                 (full-symbol-text generic.name)
                                 (prin1-text generic.name))
                             (len generic.methods)))
      (do
        (setv s (function-symbol f))
        (if (is s None)
            (with-address f "FUNCTION (LAMBDA)")
            (unreadable f (+ "FUNCTION " (prin1-text s)))))))

(defn function-symbol [f]
  "The symbol whose function F is; None if there is none."
  (setv name (.upper (hy.unmangle (getattr f "__name__" ""))))
  (for [p [package-in-force.value #* (set (.values packages))]]
    (setv s (.get p.present name))
    (when (and (isinstance s symbol) (is (fbound s) f))
      (return s))))

;; ---- Structures and conditions

(defn write-structure [shape out escape]
  (setv [name slots] shape
        depth current-level.value)
  (cond
    (not slots)
      (.put out (+ "#S(" (prin1-text name) ")"))
    (not (nil? print-pretty.value))
      (do
        (import hy-iolib.cl.pretty [write-pretty-structure])
        (write-pretty-structure name slots out))
    (too-deep depth)
      (.put out "#")
    True
      (do
        (setv length (limit print-length)
              parts ["#S(" (flat name escape (+ depth 1))])
        (for [[i [slot value]] (enumerate slots)]
          (when (and (is-not length None) (>= i length))
            (.append parts " ...")
            (break))
          (.extend parts [" :" (token slot) " " (flat value escape (+ depth 1))]))
        (.append parts ")")
        (.put out (.join "" parts)))))

(defn write-condition [c out escape]
  (cond
    (not escape)
      (.put out (report-of c out))
    (and (isinstance c simple-condition) (not (nil? c.format-control)))
      (.put out (with-address c (+ (type-text c True) " " (prin1-text c.format-control))))
    (and (isinstance c type-error) (is-not c.datum None))
      (.put out (unreadable c (+ (type-text c True) " expected-type: "
                                 (prin1-text c.expected-type) " datum: " (prin1-text c.datum))))
    (and (isinstance c cell-error) (is-not c.name None))
      (.put out (with-address c (+ (type-text c True) " " (princ-text c.name))))
    True
      (.put out (with-address c (type-text c True)))))

(defn report-of [c [out None]]
  "What the condition C says happened. OUT is where it will go, if that is known already."
  (setv text (str c))
  (or text (+ "Condition " (full-symbol-text (class-name-of c.__class__)) " was signalled.")))

;; ---- Operators

(defcl prin1-to-string [x]
  "X as prin1 prints it."
  (prin1-text x))

(defcl princ-to-string [x]
  "X as princ prints it."
  (princ-text x))

;; The keyword arguments of write, and the variables that they bind.
(setv CONTROLS {"array" print-array "base" print-base "case" print-case "circle" print-circle
                "escape" print-escape "gensym" print-gensym "length" print-length
                "level" print-level "lines" print-lines "miser_width" print-miser-width
                "pprint_dispatch" print-pprint-dispatch "pretty" print-pretty "radix" print-radix
                "readably" print-readably "right_margin" print-right-margin})

(defmacro defwriter [name parameters doc #* body]
  "Define Common Lisp's function NAME, which takes the keyword arguments of write."
  `(defcl ~name [~@parameters
                 ~@(gfor k ["array" "base" "case" "circle" "escape" "gensym" "length" "level"
                            "lines" "miser-width" "pprint-dispatch" "pretty" "radix" "readably"
                            "right-margin"]
                         `[~(hy.models.Symbol k) hy.I.hy-iolib.cl.strings.ABSENT])]
     ~doc
     (with [_ (hy.I.hy-iolib.cl.printer.bound-controls (locals))]
       ~@body)))

(defn bound-controls [arguments]
  "A context manager that binds what the keyword arguments of write say."
  (bound (lfor [name variable] (.items CONTROLS)
               :if (is-not (get arguments name) ABSENT)
               #(variable (get arguments name)))))

(defwriter write-to-string [x *]
  "X as write prints it."
  (written x (escaping)))

(defcl-macro print-unreadable-object [spec #* body]
  (setv [object stream #* options] (elements spec)
        options (dict (zip (cut options 0 None 2) (cut options 1 None 2))))
  (form (sys::print-unreadable ~object ~stream ~(.get options TYPE) ~(.get options IDENTITY)
                               ~(if body (form (lambda () ~@body)) None))))

(setv TYPE (key "type")
      IDENTITY (key "identity"))

(defcl sys::print-unreadable [x stream type identity body]
  "What print-unreadable-object expands to. BODY is a function or nil."
  (import hy-iolib.cl.streams [output put])
  (import hy-iolib.cl.pretty [pretty?])
  (check-unreadable x)
  (setv stream (output stream)
        block (pretty? stream))
  (if block (.start-block stream "#<" ">") (put stream "#<"))
  (when (not (nil? type))
    (put stream (+ (type-text x (escaping)) " ")))
  (when (not (nil? body))
    (body))
  (when (not (nil? identity))
    (put stream (+ (if (and (nil? body) (not (nil? type))) "" " ") (address-of x))))
  (if block (.end-block stream) (put stream ">"))
  None)
