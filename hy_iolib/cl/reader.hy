"The reader: from text to forms, which are conses, symbols, numbers and so on. Backquote, too, is
here: what it reads as, and what that expands to.

One regular expression finds the next piece of the text, and one loop makes objects of the pieces,
with a stack of its own: however deep text is nested, Python's stack is not."

(eval-when-compile
  (require hy-iolib.cl.definitions [defcl defcl-macro form]
           hy-iolib.lisp.conditions [defcondition]))
(import bisect [bisect-right])
(import fractions [Fraction])
(import math [isinf])
(import re)
(import unicodedata)
(import hy-iolib.cl.arrays [lisp-array vector])
(import hy-iolib.cl.characters [characters])
(import hy-iolib.cl.classes [name-sbcl-class])
(import hy-iolib.cl.conses [cons new-cons elements lisp-list lisp-list* nil?])
(import hy-iolib.cl.definitions [SYSTEM functions])
(import hy-iolib.cl.errors [package-error reader-error])
(import hy-iolib.cl.packages [*package* package-named])
(import hy-iolib.cl.printer [lisp-special repr-of])
(import hy-iolib.cl.readtables [*readtable* WHITE-CHARACTERS readtable])
(import hy-iolib.cl.string-streams [string-input-stream])
(import hy-iolib.cl.strings [check-bounds cl-name-char downcase string? text-of upcase])
(import hy-iolib.cl.symbols [COMMON-LISP-USER KEYWORD cl-symbol key symbol])
(import hy-iolib.lisp.checking [refuse])
(import hy-iolib.lisp.conditions [end-of-file])
(import hy-iolib.lisp.handlers [signal-error])
(import hy-iolib.lisp.keywords [keyword])
(import hy-iolib.lisp.multiple-values [primary-value values])
(import hy-iolib.lisp.specials [bound special])

(export :objects [reader lisp-reader-error expand-backquote] :macros [])

(defcondition lisp-reader-error [reader-error]
  "Text that is no form. LINE, from 1, and COLUMN, from 0, say where in FILE, if that is known."
  [message file line column]
  (if (is self.line None)
      (or self.message "")
      (.format "{}:{}:{}: {}" (or self.file "") self.line (+ self.column 1) self.message)))

(defclass reader-package-error [lisp-reader-error package-error]
  "Text that names a package or a symbol that is not there.")

(for [[name cls] [["SIMPLE-READER-ERROR" lisp-reader-error]
                  ["SIMPLE-READER-PACKAGE-ERROR" reader-package-error]]]
  (name-sbcl-class "SB-INT" name cls))

;; ---- What controls it

(defn keywords [#* names]
  (lisp-list (map key names)))

;; A program that asks for :sbcl would get what only SBCL has, so that is not among them.
(setv *features* (lisp-special "*features*"
                   (keywords "hy-iolib" "bordeaux-threads" "thread-support" "sb-thread" "unicode"
                             "ansi-cl" "common-lisp" "unix" "linux" "x86-64" "64-bit"
                             "little-endian" "ieee-floating-point"))
      *read-base* (lisp-special "*read-base*" 10)
      *read-eval* (lisp-special "*read-eval*" True)
      *read-suppress* (lisp-special "*read-suppress*" None)
      *read-default-float-format* (lisp-special "*read-default-float-format*"
                                                (cl-symbol "single-float")))

;; ---- Pieces of text

(setv WHITE " \\t\\n\\f\\r"
      PLAIN f"[^{WHITE}()\"';`,|\\\\]"
      BARS r"\|[^|\\]*(?:\\.[^|\\]*)*\|"
      PARTS f"(?:{PLAIN}|\\\\.|{BARS})"
      ;; In this order. The last alternative lets it never go back into what it has skipped, which
      ;; would take for ever.
      PIECE (re.compile
              (+ f"[{WHITE}]*(?:;[^\\n]*[{WHITE}]*)*"
                 "(?:" (.join "|" [f"(?!\\#)({PLAIN}+)(?=[{WHITE}()\"';`,]|\\Z)"
                                   r"(\()"
                                   r"(\))"
                                   r"\"([^\"\\]*(?:\\.[^\"\\]*)*)\""
                                   "('|`|,@|,\\.|,)"
                                   r"(\#[0-9]*.)"
                                   f"(?!\\#)({PARTS}+)"
                                   "(.?)"])
                 ")")
              re.DOTALL)
      EXTENDED (re.compile f"{PARTS}*" re.DOTALL)
      CHARACTER (re.compile f".{PARTS}*" re.DOTALL)
      TOKEN-PIECE (re.compile r"\|([^|\\]*(?:\\.[^|\\]*)*)\||\\(.)|(:+)|([^|\\:]+)" re.DOTALL)
      COMMENT-EDGE (re.compile r"\#\||\|\#")
      LITERAL (re.compile f"([^/{WHITE}()]+)/([^{WHITE}()\"';`,]*)"))

(defn unescaped [text]
  (if (in "\\" text)
      (re.sub r"\\(.)" r"\1" text :flags re.DOTALL)
      text))

(defclass Malformed [Exception]
  "What is wrong with the text. Becomes a condition where it is known where that is."
  (setv cls lisp-reader-error offset None))

(defn malformed [message]
  (raise (Malformed message)))

(defclass Incomplete [Malformed]
  "The text ends within a form.")

(defn no-package [message package]
  (setv e (Malformed message)
        e.cls reader-package-error)
  (raise e))

;; ---- Tokens

(setv INTEGER (re.compile r"[+-]?[0-9]+\.?")
      RATIO (re.compile r"([+-]?[0-9]+)/([0-9]+)")
      FLOAT (re.compile (+ r"([+-]?[0-9]*\.[0-9]+|[+-]?[0-9]+(?:\.[0-9]*)?(?=[esfdlESFDL]))"
                           r"(?:([esfdlESFDL])([+-]?[0-9]+))?"))
      NUMBER-START (frozenset "+-.0123456789")
      DIGITS "0123456789abcdefghijklmnopqrstuvwxyz"
      LARGEST-SINGLE 3.4028235677973366e38
      DOUBLE (frozenset (map cl-symbol ["double-float" "long-float"])))

;; A lone dot.
(setv DOT (object))

(defn decimal-number [token]
  "The number that TOKEN is, in base 10; None if it is none."
  (cond
    (.fullmatch INTEGER token) (whole (.rstrip token "."))
    (setx m (.fullmatch RATIO token)) (ratio (whole (get m 1)) (whole (get m 2)))
    (setx m (.fullmatch FLOAT token)) (float-number token #* (.groups m))
    True None))

(defn whole [digits]
  ;; Python's int refuses long ones.
  (if (< (len digits) 4000) (int digits) (long-integer digits)))

(defn long-integer [digits]
  (setv sign (if (.startswith digits "-") -1 1)
        digits (.lstrip digits "+-"))
  (defn value [digits]
    (if (< (len digits) 4000)
        (int digits)
        (do
          (setv half (// (len digits) 2))
          (+ (* (value (cut digits (- half))) (** 10 half))
             (value (cut digits (- half) None))))))
  (* sign (value digits)))

(defn ratio [numerator denominator]
  (when (= denominator 0)
    (malformed "failed to build ratio: division by zero"))
  (setv x (Fraction numerator denominator))
  (if (= x.denominator 1) x.numerator x))

(defn float-number [token mantissa marker exponent]
  (setv x (float (if exponent (+ mantissa "e" exponent) mantissa))
        marker (if marker (.lower marker) "e")
        double (if (= marker "e") (in *read-default-float-format*.value DOUBLE) (in marker "dl")))
  (when (if double (isinf x) (>= (abs x) LARGEST-SINGLE))
    (malformed f"failed to build float from {token}: floating-point-overflow"))
  (if double (double-float x) (single-float x)))

(defn single-float [x]
  (import hy-iolib.cl.numbers [single])
  (single x))

(defn double-float [x]
  (import hy-iolib.cl.numbers [double-float])
  (double-float x))

(defn number-in-base [token base]
  "The number that TOKEN is where integers and ratios are in BASE; None if it is none."
  (defn digits [text]
    (setv body (.lower (.lstrip text "+-")))
    (if (and body (<= (- (len text) (len body)) 1) (all (gfor c body (in c (cut DIGITS base)))))
        (if (= base 10) (whole text) (* (if (.startswith text "-") -1 1) (integer-of body)))
        None))
  (defn integer-of [body]
    (if (< (len body) 1000)
        (int body base)
        (do
          (setv half (// (len body) 2))
          (+ (* (integer-of (cut body (- half))) (** base half))
             (integer-of (cut body (- half) None))))))
  (setv [top slash bottom] (.partition token "/"))
  (cond
    ;; In any base `10.` is ten and `1.5` a float.
    (in "." token) (decimal-number token)
    (not slash) (digits token)
    (in (cut bottom 0 1) #("+" "-")) None
    True (do
      (setv top (digits top) bottom (digits bottom))
      (if (or (is top None) (is bottom None)) None (ratio top bottom)))))

(defclass Names [dict]
  "What tokens mean where PACKAGE is the current one, BASE is the base of numbers and CASE says what
  becomes of letters, once they have been looked at."
  (setv __slots__ #("package" "base" "case"))

  (defn __init__ [self package [base 10] [case "upcase"]]
    (setv self.package package self.base base self.case case))

  (defn __missing__ [self token]
    (setv x (cond
              (!= self.base 10) (number-in-base token self.base)
              (in (get token 0) NUMBER-START) (decimal-number token)
              True None))
    (when (is x None)
      (setv x (cond
                (in ":" token) (.qualified self token)
                (and (= (get token 0) ".") (not (.strip token ".")))
                  (if (= token ".") DOT (malformed "too many dots"))
                True (.intern self.package (as-read token self.case)))))
    (setv (get self token) x)
    x)

  (defn qualified [self token]
    (setv [package _ name] (.partition (as-read token self.case) ":"))
    (cond
      ;; `::a` is `:a`.
      (= package "") (self.qualified-symbol "KEYWORD" "::" (.removeprefix name ":"))
      (.startswith name ":") (self.qualified-symbol package "::" (cut name 1 None))
      True (self.qualified-symbol package ":" name)))

  (defn qualified-symbol [self package marker name [escaped False]]
    "The symbol called NAME of the package called PACKAGE."
    (when (not escaped)
      (when (in ":" name) (malformed f"too many colons in {name !r}"))
      (when (= name "") (malformed "illegal terminating character after a colon")))
    (setv p (if (= package "KEYWORD")
                KEYWORD
                (or (.get self.package.local-nicknames package) (package-named package))))
    (cond
      (is p None) (no-package f"Package {package} does not exist." package)
      (or (= marker "::") (is p KEYWORD)) (.intern p name)
      (in name p.external) (get p.present name)
      (in name p.present)
        (no-package (.format "The symbol \"{}\" is not external in the {} package." name p.name) p)
      True (no-package (.format "Symbol \"{}\" not found in the {} package." name p.name) p)))

  (defn escaped [self token]
    "The symbol of TOKEN, which has bars or backslashes."
    (setv [package marker name] (escaped-parts token self.case))
    (cond
      (= marker "") (.intern self.package name)
      (and (= package "") (= marker ":")) (.intern KEYWORD name)
      True (self.qualified-symbol package marker name :escaped True))))

(defn as-read [name [case "upcase"]]
  "NAME, of a token without escapes, as symbols have it."
  (when (not (.isascii name))
    (setv name (unicodedata.normalize "NFKC" name)))
  (when (or (in "\b" name) (in "\x7f" name))
    (malformed "invalid constituent"))
  (cond
    (= case "upcase") (upcase name)
    (= case "downcase") (downcase name)
    (= case "preserve") name
    True (do
      (setv up (upcase name) down (downcase name))
      (cond
        (= name up) down
        (= name down) up
        True name))))

(defn escaped-parts [token [case "upcase"]]
  "The package, the colons and the name in TOKEN, which has bars or backslashes."
  (setv package "" marker "" pieces [])
  (for [[bars one colons plain] (.findall TOKEN-PIECE token)]
    (cond
      plain (.append pieces (as-read plain case))
      (not colons) (.append pieces (or one (unescaped bars)))
      (or marker (> (len colons) 2)) (malformed f"too many colons in {token !r}")
      True (setv package (.join "" pieces)
                 marker colons
                 pieces [])))
  #(package marker (.join "" pieces)))

(defclass Suppressed [dict]
  "What tokens mean in a form that is skipped: nothing."
  (setv package KEYWORD base 10 case "upcase")
  (defn __missing__ [self token] None)
  (defn escaped [self token] None))

(setv SUPPRESSED (Suppressed))

(defn names-now [[package None]]
  "What tokens mean by the current values of the variables."
  (if (nil? *read-suppress*.value)
      (Names (if (is package None) *package*.value package)
             *read-base*.value (. *readtable* value case))
      SUPPRESSED))

;; ---- What is made of what has been read

(setv QUOTE (cl-symbol "quote")
      FUNCTION (cl-symbol "function")
      BACKQUOTE (.intern SYSTEM "BACKQUOTE")
      UNQUOTE (.intern SYSTEM "UNQUOTE")
      UNQUOTE-SPLICE (.intern SYSTEM "UNQUOTE-SPLICE")
      UNQUOTE-NSPLICE (.intern SYSTEM "UNQUOTE-NSPLICE"))

(defn wrapping [s]
  (fn [x] (new-cons s (new-cons x None))))

(setv [wrap-quote wrap-function wrap-backquote wrap-unquote wrap-splice wrap-nsplice]
        (map wrapping [QUOTE FUNCTION BACKQUOTE UNQUOTE UNQUOTE-SPLICE UNQUOTE-NSPLICE]))

(defn wrap-template [x]
  (when (and (is x.__class__ cons) (in x.car #(UNQUOTE-SPLICE UNQUOTE-NSPLICE)))
    (malformed "`,@ is not a well-formed backquote expression"))
  (wrap-backquote x))

;; What each prefix makes of what it stands before, and how many more backquotes that is in.
(setv WRAPPERS {"'" #(wrap-quote 0)
                "`" #(wrap-template 1)
                "," #(wrap-unquote -1)
                ",@" #(wrap-splice -1)
                ",." #(wrap-nsplice -1)})

;; The frame of a whole form: what is read in it is what is wanted.
(defn whole-form [x] x)

;; No object; and no object, nor shall the next one be.
(setv NOTHING (object)
      SKIP-NEXT (object))

(defn nothing [x] NOTHING)

(defn close-vector [items]
  (if (any (gfor x items (isinstance x Placeholder)))
      (vector items)
      (tuple items)))

(defn closing-vector-of [size]
  (fn [items]
    (when (> (len items) size)
      (malformed f"Vector longer than the specified length: #{size}(…)"))
    (when (and size (not items))
      (malformed f"Vector of length {size} can't be initialized from ()"))
    (close-vector (+ items (* (cut items -1 None) (- size (len items)))))))

(defn closing-dotted [count]
  "What closes a list with a dot after COUNT elements."
  (fn [items]
    (setv rest (cut items count None))
    (cond
      (not rest) (malformed "Nothing appears after . in list.")
      (> (len rest) 1) (malformed "More than one object follows . in list.")
      True (lisp-list* (cut items count) (get rest 0)))))

(defn list-of [x]
  "The elements of X, if it is a proper list; of anything else, a circular one too, None."
  (setv items [] seen (set))
  (while (and (is x.__class__ cons) (not-in (id x) seen))
    (.add seen (id x))
    (.append items x.car)
    (setv x x.cdr))
  (if (nil? x) items None))

(defn feature? [x]
  "Is the feature expression X true?"
  (setv [operator #* parts] (or (when (is x.__class__ cons) (list-of x)) [None]))
  (cond
    (not (is x.__class__ cons)) (any (gfor f (elements *features*.value) (is f x)))
    (is operator AND) (all (map feature? parts))
    (is operator OR) (any (map feature? parts))
    (and (is operator NOT) (= (len parts) 1)) (not (feature? (get parts 0)))
    True (malformed f"unknown operator in feature expression: {(brief operator)}")))

(defn brief [x]
  "X for a message: without end it must not be."
  (if (isinstance x #(symbol str int float Fraction)) (repr-of x) "a list or the like"))

(setv AND (key "and") OR (key "or") NOT (key "not"))

(defn wrap-feature [x]
  (if (feature? x) NOTHING SKIP-NEXT))

(defn wrap-not-feature [x]
  (if (feature? x) SKIP-NEXT NOTHING))

(defn wrap-evaluated [x]
  (when (nil? *read-eval*.value)
    (malformed "can't read #. while *READ-EVAL* is NIL"))
  (import hy-iolib.cl.evaluation [evaluate])
  (primary-value (evaluate x)))

(defn wrap-complex [x]
  (setv parts (or (list-of x) []))
  (when (not (and (= (len parts) 2) (all (gfor p parts (isinstance p #(int float Fraction))))))
    (malformed "illegal complex number format"))
  ((get functions "complex") #* parts))

(defn wrap-pathname [x]
  (when (not (string? x))
    (malformed f"#P needs a string, not {(brief x)}"))
  (made-by "pathname" x))

(defn wrap-structure [x]
  (setv parts (list-of x))
  (when (not (and parts (isinstance (get parts 0) symbol)))
    (malformed "#S needs a list, the name of a structure and its slots"))
  (made-by "sys::read-structure" x.car x.cdr))

(defn made-by [name #* arguments]
  "What the function called NAME makes of ARGUMENTS: its errors are errors in the text."
  (try
    ((get functions name) #* arguments)
    (except [e Exception]
      (malformed (str e)))))

(defn wrapping-array [rank]
  (fn [x]
    (if (= rank 1)
        (tuple (contents x))
        (do
          (setv dimensions [] items [x])
          (for [axis (range rank)]
            (setv rows (list (map contents items))
                  size (if rows (len (get rows 0)) 0))
            (for [row rows]
              (when (!= (len row) size)
                (malformed (.format "Dimension of axis {} is {}, but a part of it is {} long."
                                    axis size (len row)))))
            (.append dimensions size)
            (setv items (lfor row rows x row x)))
          (lisp-array (tuple dimensions) (vector items))))))

(defn contents [x]
  (cond
    (string? x) (list (map characters.__getitem__ (text-of x)))
    (isinstance x #(tuple list)) x
    True (do
      (setv items (list-of x))
      (if (is items None)
          (malformed f"{(brief x)} is no sequence")
          items))))

(defn wrapping-rational [character base]
  (fn [x]
    (if (isinstance x #(int Fraction))
        x
        (malformed f"#{character} (base {base}.) value is not a rational: {(brief x)}."))))

;; ---- #n= and #n#

(defclass Placeholder []
  "Stands for an object that is being read, where a label in it means it."
  (setv __slots__ #("used"))
  (defn __init__ [self]
    (setv self.used False)))

(defn labelled [labels n placeholder]
  (fn [x]
    (when (is x placeholder)
      (malformed f"Must label something more than just #{n}#"))
    (setv (get labels n) x)
    (when placeholder.used
      (replace-in x placeholder x))
    x))

(defn replace-in [x placeholder value]
  "Put VALUE where PLACEHOLDER is in X."
  (setv seen (set) todo [x])
  (while todo
    (setv x (.pop todo))
    (when (in (id x) seen) (continue))
    (.add seen (id x))
    (cond
      (is x.__class__ cons)
        (do
          (if (is x.car placeholder) (setv x.car value) (.append todo x.car))
          (if (is x.cdr placeholder) (setv x.cdr value) (.append todo x.cdr)))
      (isinstance x lisp-array) (.append todo x.elements)
      (isinstance x list)
        (for [[i item] (enumerate x)]
          (if (is item placeholder) (setv (get x i) value) (.append todo item)))
      (isinstance x tuple) (.extend todo x))))

;; ---- The reader

;; What Python's own compiler and the forms' users can take is far less.
(setv MOST-LEVELS 10000)

;; No more forms.
(setv END (object))

(defclass reader []
  "Reads forms from SOURCE, text or octets of UTF-8, one at a time: `read`. PACKAGE gives the
  package that is the current one, for each form anew. FILE is for errors.

  `positions` has where lists are: the identity of a cons -> a pair of line, from 1, and column,
  from 0, of its beginning and those behind its end; and the cons, which is kept alive by that."

  (defn __init__ [self source [file None] [package (fn [] *package*.value)] [track True]]
    (setv self.file file self.package package self.position 0 self.track track
          self.positions {} self.lines None
          self.text (if (isinstance source str) source (.decoded self source)))
    (when (.startswith self.text "\ufeff")
      (setv self.position 1))
    ;; Scripts say what runs them.
    (when (and file (.startswith self.text "#!" self.position))
      (setv newline (.find self.text "\n")
            self.position (if (< newline 0) (len self.text) newline))))

  (defn decoded [self octets]
    (setv octets (bytes octets))
    (try
      (.decode octets "utf-8")
      (except [e UnicodeDecodeError]
        (setv self.text (.decode (cut octets e.start) "utf-8")
              octet (get octets e.start))
        (.fail self (Malformed f"octet {octet :#04x} is not UTF-8") e.start))))

  (defn __iter__ [self]
    (while True
      (setv x (.read self))
      (when (is x END) (return))
      (yield x)))

  (defn place [self offset]
    "Line and column of OFFSET in the text."
    (when (is self.lines None)
      (setv self.lines [0 #* (gfor m (re.finditer "\n" self.text) (.end m))]))
    (setv line (bisect-right self.lines offset))
    #(line (- offset (get self.lines (- line 1)))))

  (defn note [self x start end]
    (setv (get self.positions (id x)) #((+ (.place self start) (.place self end)) x)))

  (defn fail [self e offset]
    (setv [line column] (.place self offset))
    (signal-error e.cls :message (str e) :file self.file :line line :column column))

  (defn read [self]
    "The next form; END when there is none. `lisp-reader-error` of text that is none."
    (try
      (return (.next-form self))
      (except [e Malformed]
        (setv trouble e)))
    (.fail self trouble trouble.offset))

  (defn next-form [self]
    "As `read`, but that it raises Malformed."
    (when (. *readtable* value changed)
      (return (.form-by-algorithm self)))
    (setv text self.text
          next-piece PIECE.match
          position self.position
          names (names-now (self.package))
          labels {}
          m None
          ;; A frame is what is being read: the objects that it has (ITEMS) and what makes a list or
          ;; vector of them (CLOSING, None for a list), or what makes something of a single one
          ;; (WRAP); where it began; how many backquotes it is in; and what tokens mean there. Those
          ;; around it are in STACK.
          stack []
          [items wrap closing start level] [None whole-form None position 0])
    (try
      (while True
        (setv m (next-piece text position)
              kind m.lastindex
              position (.end m))
        ;; The most frequent ones first. The numbers are those of PIECE's groups.
        (cond
          (= kind 1)  ; a token
            (do
              (setv x (get names (get m 1)))
              (when (is x DOT)
                (cond
                  (or wrap closing) (malformed "dot context error")
                  (not items) (malformed "Nothing appears before . in list."))
                (setv closing (closing-dotted (len items)))
                (continue)))
          (= kind 2)  ; (
            (do
              (.append stack #(items wrap closing start level names))
              (setv [items wrap closing start] [[] None None (- position 1)])
              (when (> (len stack) MOST-LEVELS)
                (malformed f"more than {MOST-LEVELS} levels"))
              (continue))
          (= kind 3)  ; )
            (do
              (when wrap
                (malformed "unmatched close parenthesis"))
              (cond
                closing
                  (setv x (closing items))
                (is names SUPPRESSED)
                  (setv x None)
                True
                  (do
                    (setv x None)
                    (for [item (reversed items)]
                      (setv x (new-cons item x)))))
              (when (and self.track (is x.__class__ cons))
                (.note self x start position))
              (setv [items wrap closing start level names] (.pop stack)))
          (= kind 4)  ; a string
            (setv x (unescaped (get m 4)))
          (= kind 5)  ; ' ` , ,@ ,.
            (do
              (setv [new-wrap change] (get WRAPPERS (get m 5)))
              (if (< (+ level change) 0)
                  ;; To be skipped, it stands for itself.
                  (setv x (if (is names SUPPRESSED)
                              None
                              (malformed "Comma not inside a backquote."))
                        position (+ (.start m 5) 1))
                  (do
                    (.append stack #(items wrap closing start level names))
                    (setv [items wrap closing start] [None new-wrap None (.start m 5)]
                          level (+ level change))
                    (when (> (len stack) MOST-LEVELS)
                      (malformed f"more than {MOST-LEVELS} levels"))
                    (continue))))
          (= kind 6)  ; #
            (do
              (setv [position x new-wrap new-closing new-names]
                    (.dispatched self (get m 6) position names labels))
              (when (or new-wrap new-closing)
                (.append stack #(items wrap closing start level names))
                (setv [items wrap closing start names]
                      [[] new-wrap new-closing (.start m 6) new-names])
                (when (> (len stack) MOST-LEVELS)
                  (malformed f"more than {MOST-LEVELS} levels")))
              (when (is x NOTHING)
                (continue)))
          (= kind 7)  ; a token with bars or backslashes
            (do
              (.end-of-token self m)
              (setv x (.escaped names (get m 7))))
          (get m 8)
            (raise (Incomplete (if (= (get m 8) "\"")
                                   "end of file in a string"
                                   "end of file in a symbol")))
          (is wrap whole-form)
            (do
              (setv self.position position)
              (return END))
          True
            (do
              (setv e (Incomplete "end of file in the form that begins here")
                    e.offset (if (> (len stack) 1) (get stack 1 3) start))
              (raise e)))
        (while wrap
          (when (is wrap whole-form)
            (setv self.position position)
            (return x))
          (setv x (wrap x)
                began start
                [items wrap closing start level names] (.pop stack))
          (cond
            (is x NOTHING)
              (break)
            (is x SKIP-NEXT)
              (do
                (.append stack #(items wrap closing start level names))
                (setv [items wrap closing names] [None nothing None SUPPRESSED])
                (break))
            (and self.track (is x.__class__ cons))
              (.note self x began position))
          (else
            (.append items x))))
      (except [e Malformed]
        (when (is e.offset None)
          (setv e.offset (.start m kind)))
        (setv self.position position)
        (raise))
      (except [RecursionError]
        (setv e (Malformed "nested too deeply")
              e.offset (.start m kind))
        (raise e :from None))))

  (defn form-by-algorithm [self]
    "As `next-form`, where a program has changed the syntax."
    (import hy-iolib.cl.reader-algorithm [Reading whole-item])
    (setv stream (string-input-stream self.text self.position)
          r (Reading stream :note (if self.track self.note None))
          r.names (names-now (self.package)))
    (try
      (whole-item r)
      (except [e Malformed]
        (setv e.offset (max self.position (- stream.index 1)))
        (raise))
      (finally
        (setv self.position stream.index))))

  (defn dispatched [self piece position names labels]
    "What PIECE, that begins with #, says, with what is behind it in the text at POSITION: the
    position there; an object, or NOTHING; and, where it is what follows that matters, that frame's
    wrap, closing and names."
    (setv character (.lower (get piece -1))
          argument (cut piece 1 -1)
          n (if argument (int (cut argument 9)) None)
          [x wrap closing inner] [NOTHING None None names])
    (when (> (len argument) 9)
      (malformed f"# with too large a number"))
    (cond
      (in character wrappers-behind-sharp) (setv wrap (get wrappers-behind-sharp character))
      (= character "(") (setv closing (if (is n None) close-vector (closing-vector-of n)))
      (= character "\\")
        (do
          (setv m (.match CHARACTER self.text position))
          (when (is m None)
            (raise (Incomplete "end of file in a character")))
          (setv position (.end-of-token self m)
                x (if (is names SUPPRESSED) None (character-called (get m 0)))))
      (= character ":")
        (do
          (setv m (.match EXTENDED self.text position)
                position (.end-of-token self m)
                x (if (is names SUPPRESSED) None (uninterned (get m 0) names.case))))
      (in character "+-")
        (setv wrap (if (= character "+") wrap-feature wrap-not-feature)
              inner (Names KEYWORD 10 (. *readtable* value case)))
      (= character "|") (setv position (self.end-of-comment position))
      (in character "xbor")
        (setv base (base-of character n)
              wrap (wrapping-rational character base)
              inner (Names names.package base names.case))
      (and (= character "a") (is-not n None)) (setv wrap (wrapping-array n))
      (= character "*")
        (do
          (setv m (.match EXTENDED self.text position)
                position (.end-of-token self m)
                x (if (is names SUPPRESSED) None (bits (get m 0) n))))
      (and (= character "=") (is-not n None))
        (do
          (setv placeholder (Placeholder)
                wrap (labelled labels n placeholder))
          (when (is-not names SUPPRESSED)
            (setv (get labels n) placeholder)))
      (and (= character "#") (is-not n None))
        (setv x (if (is names SUPPRESSED) None (label-of labels n)))
      (= character "/")
        (do
          (setv m (.match LITERAL self.text position))
          (when (is m None)
            (malformed "#/ needs a name, as in #/ip/127.0.0.1"))
          (setv position (.end m)
                x (if (is names SUPPRESSED) None (literal #* (.groups m)))))
      True (no-dispatch character))
    (when (is names SUPPRESSED)
      (cond
        closing (setv closing (fn [items] None))
        (and wrap (not-in character "+-")) (setv wrap (fn [x] None) inner SUPPRESSED)))
    #(position x wrap closing inner))

  (defn end-of-token [self m]
    "The end of M, which is of a token, unless there are bars or a backslash that do not end."
    (setv end (.end m))
    (if (in (cut self.text end (+ end 1)) #("|" "\\"))
        (raise (Incomplete "end of file in a symbol"))
        end))

  (defn end-of-comment [self position]
    (setv depth 1)
    (for [edge (.finditer COMMENT-EDGE self.text position)]
      (+= depth (if (= (get edge 0) "#|") 1 -1))
      (when (= depth 0)
        (return (.end edge))))
    (raise (Incomplete "end of file in a comment"))))

(setv wrappers-behind-sharp {"'" wrap-function "." wrap-evaluated "p" wrap-pathname
                             "c" wrap-complex "s" wrap-structure})

(defn base-of [character n]
  "The base that #CHARACTER, or #nR, says."
  (setv base (get {"x" 16 "b" 2 "o" 8 "r" n} character))
  (cond
    (is base None) (malformed "radix missing in #R")
    (<= 2 base 36) base
    True (malformed f"illegal radix for #R: {base}.")))

(defn label-of [labels n]
  (setv x (.get labels n END))
  (cond
    (is x END) (malformed f"Reference to undefined label #{n}#")
    (isinstance x Placeholder) (setv x.used True))
  x)

(defn no-dispatch [character]
  (malformed (if (in character "<) \t\n\f\r")
                 f"illegal sharp macro character: {character !r}"
                 f"no dispatch function defined for #{character}")))

(defn character-called [name]
  (if (= (len name) 1)
      (get characters name)
      (do
        (setv name (.join "" (gfor [bars one colons plain] (.findall TOKEN-PIECE name)
                                   (or one colons plain (unescaped bars)))))
        (or (cl-name-char name)
                (malformed f"unrecognized character name: {name}")))))

(defn uninterned [token case]
  (setv [_ marker name] (escaped-parts token case))
  (if marker
      (malformed f"The symbol following #: contains a package marker: {token !r}")
      (symbol name)))

(defn bits [digits n]
  (when (.strip digits "01")
    (malformed f"illegal element given for bit-vector: {digits}"))
  (setv found (lfor d digits (int d))
        n (if (is n None) (len found) n))
  (cond
    (> (len found) n) (malformed f"Bit vector is longer than specified length #{n}*{digits}")
    (and n (not found)) (malformed f"#{n}* requires at least 1 bit of input.")
    True (do
      (import hy-iolib.cl.vectors [bit-vector])
      (bit-vector (+ found (* (cut found -1 None) (- n (len found))))))))

(defn literal [name text]
  "The object of IOLib's syntax #/NAME/TEXT."
  (when (!= name "ip")
    (malformed f"#/{name}/: only #/ip/ is known"))
  (import hy-iolib.sockets.addresses [ensure-address])
  (or (ensure-address text :errorp False)
      (malformed f"{text !r} is no address")))

;; ---- Backquote

;; `expand-backquote` is its function, too.
(defcl-macro sys::backquote [x]
  "The form whose value is what the template X, the inside of a backquote, says."
  (expand x 1))

(defn expand [x level]
  (cond
    (is (type x) tuple)
      (do
        (setv inside (expand (lisp-list x) level))
        (if (constant? inside)
            x
            (form (apply (function vector) ~inside))))
    (not (is x.__class__ cons)) (quoted x)
    (and (is x.car UNQUOTE) (= level 1)) (single x)
    True (expand-list x level)))

(defn single [x]
  "The form in the comma X."
  (if (nil? x.cdr.cdr)
      x.cdr.car
      (malformed-backquote "a comma of several forms where there is place for one")))

(defn malformed-backquote [message]
  (signal-error lisp-reader-error :message message))

(defn expand-list [x level]
  ;; In a nested backquote or comma, the form is the template's as any other, of its own level.
  (setv inner (cond
                (is x.car BACKQUOTE) (+ level 1)
                (in x.car COMMAS) (- level 1)
                True level)
        parts []
        rest x)
  (while (and (is rest.__class__ cons)
              (or (is rest x) (not (in-tail? rest))))
    (setv item rest.car)
    (if (and (= inner 1) (is item.__class__ cons) (in item.car COMMAS))
        (for [f (elements item.cdr)]
          (.append parts #((is-not item.car UNQUOTE) f)))
        (.append parts #(False (expand item inner))))
    (setv rest rest.cdr))
  (when (and (is rest.__class__ cons) (= inner 1) (is-not rest.car UNQUOTE) (in rest.car COMMAS))
    (malformed-backquote f"{(repr-of x)} contains a splicing comma after a dot"))
  (setv result (expand rest inner))
  (for [[splicing f] (reversed parts)]
    (setv result ((if splicing spliced-before put-before) f result)))
  result)

(defn in-tail? [rest]
  "Does the comma or backquote REST stand behind a dot?"
  (and (or (in rest.car COMMAS) (is rest.car BACKQUOTE))
       (is rest.cdr.__class__ cons)
       (nil? rest.cdr.cdr)))

(setv COMMAS #(UNQUOTE UNQUOTE-SPLICE UNQUOTE-NSPLICE))

(defn quoted [x]
  (if (isinstance x symbol) (lisp-list [QUOTE x]) x))

(defn constant? [f]
  (if (is f.__class__ cons)
      (is f.car QUOTE)
      (not (isinstance f symbol))))

(defn value-of [f]
  (if (is f.__class__ cons) f.cdr.car f))

(setv [LIST LIST* CONS APPEND] (map cl-symbol ["list" "list*" "cons" "append"]))

(defn put-before [f rest]
  "A form for the list of F's value, and of REST's behind it."
  (setv head (when (is rest.__class__ cons) rest.car))
  (cond
    (and (constant? f) (constant? rest)) (lisp-list [QUOTE (new-cons (value-of f) (value-of rest))])
    (nil? rest) (lisp-list [LIST f])
    (is head LIST) (new-cons LIST (new-cons f rest.cdr))
    (or (is head LIST*) (is head CONS)) (new-cons LIST* (new-cons f rest.cdr))
    True (lisp-list [CONS f rest])))

(defn spliced-before [f rest]
  (cond
    (nil? rest) f
    (and (is rest.__class__ cons) (is rest.car APPEND)) (new-cons APPEND (new-cons f rest.cdr))
    True (lisp-list [APPEND f rest])))

;; ---- Reading from streams and strings

(defn read-part [text position]
  "The form in TEXT at POSITION, or END, and the position behind it. Raises Malformed."
  (setv r (reader text :track False)
        r.position position)
  #((.next-form r) r.position))

(defn signal-trouble [e stream]
  (if (isinstance e Incomplete)
      (signal-error end-of-file :stream stream)
      (signal-error e.cls :message (str e) :stream stream)))

(defn at-end [stream eof-error-p eof-value]
  (if (nil? eof-error-p)
      eof-value
      (signal-error end-of-file :stream stream)))

(defcl read-from-string [string [eof-error-p True] [eof-value None]
                         * [start 0] [end None] [preserve-whitespace None]]
  "The first form in STRING, and the index behind it."
  (setv text (text-of string)
        end (check-bounds start end (len text))
        stream (string-input-stream text start end))
  (values (read-form stream eof-error-p eof-value (not (nil? preserve-whitespace)))
          stream.index))

(defcl read [[stream None] [eof-error-p True] [eof-value None] [recursive-p None]]
  "The next form on STREAM. White space behind it is taken, too, one character of it."
  (read-form stream eof-error-p eof-value (not (nil? recursive-p))))

(defcl read-preserving-whitespace [[stream None] [eof-error-p True] [eof-value None]
                                   [recursive-p None]]
  "The next form on STREAM."
  (read-form stream eof-error-p eof-value True))

(defcl read-delimited-list [char [stream None] [recursive-p None]]
  "The list of the forms on STREAM before the character CHAR."
  (import hy-iolib.cl.reader-algorithm [read-until])
  (setv stream (input-stream stream))
  (lisp-list (in-words (fn [] (read-until char stream)) stream)))

(defn in-words [read stream]
  "What READ gives; what is malformed becomes a condition."
  (try
    (return (read))
    (except [e Malformed]
      (setv trouble e)))
  (signal-trouble trouble stream))

(defn read-form [stream [eof-error-p True] [eof-value None] [preserve False]]
  "The next form on STREAM, any stream of characters; EOF-VALUE at its end, or `end-of-file`. Unless
  PRESERVE, a character of white space behind it is taken, too."
  (setv stream (input-stream stream))
  (cond
    (or (. *readtable* value changed) (reading-of stream))
      (read-by-algorithm stream eof-error-p eof-value preserve)
    (isinstance stream string-input-stream)
      (read-string-stream stream eof-error-p eof-value preserve)
    True
      (read-characters stream eof-error-p eof-value preserve)))

;; What reads from a stream, while a macro function of the program's runs for it.
(setv under-way (special "reading" None))

(defn reading-of [stream]
  (setv r under-way.value)
  (if (and (is-not r None) (is r.stream stream)) r None))

(defn read-by-algorithm [stream eof-error-p eof-value preserve]
  (import hy-iolib.cl.reader-algorithm [read-item])
  (setv x (in-words (fn [] (read-item stream)) stream))
  (if (is x END)
      (at-end stream eof-error-p eof-value)
      (do
        (when (not preserve)
          (skip-white stream))
        x)))

(defn input-stream [x]
  (cond
    (nil? x) (. (cl-symbol "*standard-input*") variable value)
    (is x True) (. (cl-symbol "*terminal-io*") variable value)
    True x))

(defn read-string-stream [stream eof-error-p eof-value preserve]
  (setv text (cut stream.string 0 stream.end))
  (try
    (setv [x index] (read-part text stream.index)
          trouble None)
    (except [e Malformed]
      (setv trouble e)))
  (when trouble
    (setv stream.index stream.end)
    (signal-trouble trouble stream))
  (setv stream.index index)
  (cond
    (is x END) (at-end stream eof-error-p eof-value)
    (or preserve (>= index stream.end)) x
    True (do
      (when (in (get text index) WHITE-CHARACTERS)
        (setv stream.index (+ index 1)))
      x)))

(setv ENDS-TOKEN (| WHITE-CHARACTERS (frozenset "()\"';`,")))

(defn read-characters [stream eof-error-p eof-value preserve]
  "As `read-form`, taking no more characters than it must: where a form may end, it is tried whether
  what is there is one."
  (setv read-char (get functions "read-char")
        taken []
        depth 0
        in-token False
        sharp False
        ;; Where what follows is not as elsewhere: a function of the next character, that gives the
        ;; next mode.
        mode None)
  (while True
    (setv c (read-char stream None None)
          may-end False)
    (when (is c None)
      (return (read-last stream taken eof-error-p eof-value)))
    (cond
      mode
        (setv mode (mode c)
              may-end (is mode CLOSED)
              mode (if may-end None mode))
      (and sharp (.isdigit c)) None
      (and sharp (= c "|")) (setv mode (in-block-comment 1) sharp False)
      (and sharp (= c "\\")) (setv mode escaped-one in-token True sharp False)
      (and sharp (in c "'+-.=")) (setv sharp False)
      (in c ENDS-TOKEN)
        (do
          (when (and in-token (= depth 0))
            (setv x (form-in taken stream))
            (when (is-not x END)
              (when (or preserve (not-in c WHITE-CHARACTERS))
                ((get functions "unread-char") c stream))
              (return x)))
          (setv in-token False sharp False)
          (cond
            (= c "(")
              (do
                (+= depth 1)
                (when (> depth MOST-LEVELS)
                  (signal-trouble (Malformed f"more than {MOST-LEVELS} levels") stream)))
            (= c ")") (setv depth (- depth 1) may-end True)
            (= c "\"") (setv mode in-string)
            (= c ";") (setv mode in-line-comment)))
      (= c "\\") (setv mode escaped-one in-token True sharp False)
      (= c "|") (setv mode in-bars in-token True sharp False)
      (and (= c "#") (not in-token) (not sharp)) (setv sharp True)
      True (setv in-token True sharp False))
    (.append taken c)
    (when (and may-end (<= depth 0))
      (setv x (form-in taken stream))
      (when (is-not x END)
        (when (not preserve)
          (skip-white stream))
        (return x)))))

(setv CLOSED (object))

(defn in-string [c]
  (cond
    (= c "\"") CLOSED
    (= c "\\") (fn [c] in-string)
    True in-string))

(defn in-bars [c]
  (cond
    (= c "|") None
    (= c "\\") (fn [c] in-bars)
    True in-bars))

(defn in-line-comment [c]
  (if (= c "\n") None in-line-comment))

(defn escaped-one [c] None)

(defn in-block-comment [depth [last ""]]
  (fn [c]
    (cond
      (and (= last "|") (= c "#")) (if (= depth 1) None (in-block-comment (- depth 1)))
      (and (= last "#") (= c "|")) (in-block-comment (+ depth 1))
      True (in-block-comment depth c))))

(defn form-in [taken stream]
  "The form that the characters TAKEN are, or END if there is not one yet."
  (try
    (return (get (read-part (.join "" taken) 0) 0))
    (except [Incomplete]
      (return END))
    (except [e Malformed]
      (setv trouble e)))
  (signal-trouble trouble stream))

(defn read-last [stream taken eof-error-p eof-value]
  (try
    (setv [x _] (read-part (.join "" taken) 0)
          trouble None)
    (except [e Malformed]
      (setv trouble e)))
  (cond
    trouble (signal-trouble trouble stream)
    (is x END) (at-end stream eof-error-p eof-value)
    True x))

(defn skip-white [stream]
  "Take a character of white space, if there is one just now: nobody waits for it."
  (setv c ((get functions "read-char-no-hang") stream None None))
  (when (not (or (is c None) (= (.kind-of *readtable*.value c) "whitespace")))
    ((get functions "unread-char") c stream)))

;; ---- with-standard-io-syntax

(setv STANDARD-VALUES
  (dfor [name value] [["package" COMMON-LISP-USER]
                      ["print-array" True] ["print-base" 10] ["print-case" (key "upcase")]
                      ["print-circle" None] ["print-escape" True] ["print-gensym" True]
                      ["print-length" None] ["print-level" None] ["print-lines" None]
                      ["print-miser-width" None] ["print-pretty" None] ["print-radix" None]
                      ["print-readably" True] ["print-right-margin" None]
                      ["read-base" 10] ["read-default-float-format" (cl-symbol "single-float")]
                      ["read-eval" True] ["read-suppress" None]]
        (lisp-special f"*{name}*" None) value))

(defcl sys::standard-io-syntax []
  "What binds the variables of the reader and the printer to their standard values."
  (bound [#* (.items STANDARD-VALUES) #(*readtable* (readtable))]))

(defcl-macro with-standard-io-syntax [#* body]
  (form (sys::with (sys::standard-io-syntax) ~@body)))
