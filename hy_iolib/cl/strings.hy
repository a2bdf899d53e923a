"Characters and strings: Common Lisp's operators on them, what designates a string, and the checks
that other files need: `text-of`, `designated-string`, `check-character`, `check-bounds`."

(import itertools [combinations])
(import unicodedata)
(import hy-iolib.cl.arrays [mutable-string])
(import hy-iolib.cl.characters [character characters])
(import hy-iolib.cl.conses [cons new-cons elements lisp-list nil?])
(import hy-iolib.cl.definitions)  ; where defcl enters what it defines
(import hy-iolib.cl.errors [simple-type-error])
(import hy-iolib.cl.symbols [cl-symbol symbol symbol? symbol-name])
(import hy-iolib.lisp.conditions [type-error])
(import hy-iolib.lisp.handlers [signal-error])
(import hy-iolib.lisp.keywords [keyword])
(eval-when-compile (require hy-iolib.cl.definitions [defcl]))

(export :objects [bounding-indices-bad-error invalid-array-index-error] :macros [])

(setv [CHARACTER STRING SYMBOL SEQUENCE UNSIGNED-BYTE MOD INTEGER CONS OR]
        (map cl-symbol ["character" "string" "symbol" "sequence" "unsigned-byte" "mod" "integer"
                        "cons" "or"])
      DESIGNATOR (lisp-list [OR STRING SYMBOL CHARACTER])
      CHAR-CODE-LIMIT 1114112
      CHAR-CODE (lisp-list [MOD CHAR-CODE-LIMIT])
      RADIX (lisp-list [INTEGER 2 36])
      ;; As SBCL has them.
      ARRAY-INDEX (lisp-list [MOD 4611686018427387901])
      ;; What stands for an argument that was not given.
      ABSENT (object))

;; ---- Checks

(defn wrong-type [datum expected]
  (signal-error type-error :datum datum :expected-type expected))

(defclass bounding-indices-bad-error [type-error]
  "START and END delimit no part of a sequence that has LENGTH elements."
  (setv slots (+ type-error.slots #("length")))
  (defn __str__ [self]
    (.format (+ "The bounding indices {} and {} are bad for a sequence of length {}.\nSee also:\n"
                "  The ANSI Standard, Glossary entry for \"bounding index designator\"\n"
                "  The ANSI Standard, writeup for Issue SUBSEQ-OUT-OF-BOUNDS:IS-AN-ERROR")
             self.datum.car
             (if (is self.datum.cdr None) "NIL" self.datum.cdr)
             self.length)))

(defclass invalid-array-index-error [type-error]
  "An index that is outside of the array, which has the type ARRAY-TYPE in SBCL's words."
  (setv slots (+ type-error.slots #("array_type" "limit")))
  (defn __str__ [self]
    (.format "Invalid index {} for {}, should be a non-negative integer below {}."
             self.datum self.array-type self.limit)))

(defn index? [x]
  (and (isinstance x int) (not (isinstance x bool)) (>= x 0)))

(defn check-bounds [start end length]
  "END, LENGTH unless it is given, if START and it delimit a part of what has LENGTH elements."
  (when (not (index? start))
    (wrong-type start ARRAY-INDEX))
  (setv given end
        end (if (nil? end) length end))
  (cond
    (not (index? end)) (wrong-type end (lisp-list [OR None ARRAY-INDEX]))
    (<= start end length) end
    True (signal-error bounding-indices-bad-error
           :datum (new-cons start (if (nil? given) None given)) :length length
           :expected-type (lisp-list [CONS
                                      (lisp-list [INTEGER 0 length])
                                      (lisp-list [INTEGER start length])]))))

(defn bad-index [index limit array-type]
  (signal-error invalid-array-index-error
    :datum index :expected-type (lisp-list [INTEGER 0 (lisp-list [limit])])
    :array-type array-type :limit limit))

(defn check-character [x]
  (if (is x.__class__ character) x (wrong-type x CHARACTER)))

(defn string? [x]
  "Is X a string? Characters and keywords are Python strings, too, but no strings."
  (or (is x.__class__ str)
      (isinstance x mutable-string)
      (and (isinstance x str) (not (isinstance x #(character keyword hy.models.Symbol))))))

(defn text-of [x]
  "X, a string, as a Python string."
  (cond
    (is x.__class__ str) x
    (string? x) (.join "" x)
    True (wrong-type x STRING)))

(defn designated [x]
  "The Python string that X designates: a string, a symbol or a character; None if it is neither."
  (cond
    (is x.__class__ str) x
    (is x.__class__ character) (str x)
    (string? x) (.join "" x)
    (symbol? x) (symbol-name x)
    (nil? x) "NIL"
    True None))

(defn designated-string [x]
  (setv text (designated x))
  (if (is text None) (wrong-type x DESIGNATOR) text))

(defn check-designated [x]
  "As `designated-string`, with the error of `string` itself."
  (setv text (designated x))
  (if (is text None)
      (signal-error simple-type-error
        :datum x :expected-type DESIGNATOR
        :format-control "~S is not a string designator." :format-arguments #(x))
      text))

(defn check-radix [radix]
  (if (and (index? radix) (<= 2 radix 36)) radix (wrong-type radix RADIX)))

;; ---- Case

;; Unicode 11 and later gave these an upper case that SBCL doesn't know.
(setv CASELESS (frozenset [0x282 0x1D8E 0xA794 #* (range 0x10D0 0x1100)]))

(defclass CaseTable [dict]
  "The ordinal of a character -> the character in the other case; itself where the two cases are not
  one character each, as of ß."
  (defn __init__ [self category convert back]
    (setv self.category category self.convert convert self.back back))

  (defn __missing__ [self ordinal]
    (setv c (chr ordinal) other (self.convert c))
    (when (or (!= (unicodedata.category c) self.category)
              (!= (len other) 1)
              (!= (self.back other) c)
              (in ordinal CASELESS))
      (setv other c))
    (setv other (get characters other)
          (get self ordinal) other)
    other))

(setv UPPER (CaseTable "Ll" str.upper str.lower)
      LOWER (CaseTable "Lu" str.lower str.upper))

(defn upcase [text]
  (if (.isascii text) (.upper text) (.translate text UPPER)))

(defn downcase [text]
  (if (.isascii text) (.lower text) (.translate text LOWER)))

(defn capitalize [text]
  (setv out [] in-word False)
  (for [c text]
    (.append out (get (if in-word LOWER UPPER) (ord c)))
    (setv in-word (alphanumeric? c)))
  (.join "" out))

(defn alphanumeric? [c]
  (or (.isalpha c) (.isdecimal c)))

;; ---- Characters

(defcl characterp [object] (is object.__class__ character))

(defcl character [designator]
  "The character that a character, a string of length 1 or a symbol with such a name designates."
  (when (is designator.__class__ character)
    (return designator))
  (setv text (designated designator))
  (cond
    (is text None) (signal-error simple-type-error
                     :datum designator :expected-type CHARACTER
                     :format-control "~S cannot be coerced to a character."
                     :format-arguments #(designator))
    (= (len text) 1) (get characters text)
    True (signal-error simple-type-error
           :datum text :expected-type (lisp-list [STRING 1])
           :format-control "String is not of length one: ~S" :format-arguments #(text))))

(defcl char-code [char] (ord (check-character char)))
(defcl char-int [char] (ord (check-character char)))

(defcl code-char [code]
  (if (and (index? code) (< code CHAR-CODE-LIMIT))
      (get characters (chr code))
      (wrong-type code CHAR-CODE)))

(defcl char-upcase [char] (get UPPER (ord (check-character char))))
(defcl char-downcase [char] (get LOWER (ord (check-character char))))
(defcl upper-case-p [char] (is-not (get LOWER (ord (check-character char))) char))
(defcl lower-case-p [char] (is-not (get UPPER (ord (check-character char))) char))
(defcl both-case-p [char] (or (cl-upper-case-p char) (cl-lower-case-p char)))
(defcl alpha-char-p [char] (.isalpha (check-character char)))
(defcl alphanumericp [char] (alphanumeric? (check-character char)))

(defcl graphic-char-p [char]
  (not (or (< (check-character char) " ") (<= "\x7f" char "\x9f"))))

(defcl standard-char-p [char]
  (or (<= " " (check-character char) "~") (= char "\n")))

(defn digit-weight [c radix]
  "The weight of the character C as a digit in RADIX, which is from 2 to 36; None if it has none."
  (setv weight (cond
                 (.isdecimal c) (unicodedata.decimal c)
                 (and (.isascii c) (.isalpha c)) (- (ord (.lower c)) 87)
                 True 36))
  (if (< weight radix) weight None))

(defcl digit-char-p [char [radix 10]]
  (digit-weight (check-character char) (check-radix radix)))

(defcl digit-char [weight [radix 10]]
  (check-radix radix)
  (cond
    (not (index? weight)) (wrong-type weight UNSIGNED-BYTE)
    (< weight radix) (get characters (get "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ" weight))
    True None))

;; Only compared when all of them are characters; otherwise the first that is none is refused.
(defmacro defcharacters [name relation key [all-pairs False]]
  "Define the comparison NAME of characters, by RELATION between what KEY makes of each."
  `(defcl ~name [char [other ABSENT] #* more]
     (if (and (is char.__class__ character) (is other.__class__ character) (not more))
         (~relation (~key char) (~key other))
         (all (gfor [a b] (pairs char other more ~all-pairs)
                    (~relation (~key a) (~key b)))))))

(defn pairs [char other more all-pairs]
  (setv chars (lfor c [char #* (if (is other ABSENT) [] [other]) #* more] (check-character c)))
  (if all-pairs
      (combinations chars 2)
      (zip chars (cut chars 1 None))))

(defn fold [char] (get LOWER (ord char)))

(defcharacters char= is do)
(defcharacters char/= is-not do True)
(defcharacters char< < do)
(defcharacters char> > do)
(defcharacters char<= <= do)
(defcharacters char>= >= do)
(defcharacters char-equal is fold)
(defcharacters char-not-equal is-not fold True)
(defcharacters char-lessp < fold)
(defcharacters char-greaterp > fold)
(defcharacters char-not-greaterp <= fold)
(defcharacters char-not-lessp >= fold)

;; ---- Names of characters

;; Codes -> SBCL's name, and others that it reads.
(setv CONTROL-NAMES
        (dict (enumerate (lfor names (.split (+
          "Nul,Null,^@ Soh,^A Stx,^B Etx,^C Eot,^D Enq,^E Ack,^F Bel,^G Backspace,^H,Bs Tab,^I,Ht "
          "Newline,Linefeed,^J,Lf,Nl Vt,^K Page,^L,Form,Formfeed,Ff,Np Return,^M,Cr So,^N Si,^O "
          "Dle,^P Dc1,^Q Dc2,^R Dc3,^S Dc4,^T Nak,^U Syn,^V Etb,^W Can,^X Em,^Y Sub,^Z "
          "Esc,Escape,^[,Altmode,Alt Fs,^\\ Gs,^] Rs,^^ Us,^_ Space,Sp"))
          (.split names ","))))
      (get CONTROL-NAMES 0x7f) ["Rubout" "Delete" "Del"]
      CONTROL-NAMES {#** CONTROL-NAMES
                     #** (dict (enumerate (lfor name (.split (+
          "C80 C81 Break-Permitted No-Break-Permitted C84 Next-Line Start-Selected-Area "
          "End-Selected-Area Character-Tabulation-Set Character-Tabulation-With-Justification "
          "Line-Tabulation-Set Partial-Line-Forward Partial-Line-Backward Reverse-Linefeed "
          "Single-Shift-Two Single-Shift-Three Device-Control-String Private-Use-One "
          "Private-Use-Two Set-Transmit-State Cancel-Character Message-Waiting "
          "Start-Guarded-Area End-Guarded-Area Start-String C99 Single-Character-Introducer "
          "Control-Sequence-Introducer String-Terminator Operating-System-Command "
          "Privacy-Message Application-Program-Command")) [name]) 0x80))}
      CONTROL-CODES (dfor [code names] (.items CONTROL-NAMES) name names (.upper name) code))

(defcl char-name [char]
  "SBCL's name of CHAR, which every character has."
  (setv code (ord (check-character char))
        control (.get CONTROL-NAMES code))
  (if control (get control 0) (unicode-name code)))

(defn unicode-name [code]
  (setv name (unicodedata.name (chr code) ""))
  (if (or (= name "") (.startswith name "CJK UNIFIED"))
      f"U{code :X}"
      (.replace name " " "_")))

(defcl name-char [name]
  "The character called NAME, in any case; or U and its code in hexadecimal."
  (setv name (.upper (designated-string name))
        code (.get CONTROL-CODES name)
        digits (cond
                 (.startswith name "U+") (cut name 2 None)
                 (.startswith name "U") (cut name 1 None)
                 True ""))
  (cond
    (is-not code None) (get characters (chr code))
    (and digits (all (gfor c digits (in c "0123456789ABCDEF")))) (cl-code-char (int digits 16))
    True (do
      (setv found (try
                    (unicodedata.lookup (.replace name "_" " "))
                    (except [KeyError] "")))
      ;; Python also knows aliases and names of sequences.
      (if (and (= (len found) 1) (= (unicode-name (ord found)) name))
          (get characters found)
          None))))

;; ---- Strings

(defcl stringp [object] (string? object))

(defcl simple-string-p [object]
  (and (string? object)
       (not (and (isinstance object mutable-string) (is-not object.spare None)))))

(defcl string [x]
  "X if it is a string, the name of the symbol X, or a string of the character X."
  (if (string? x) x (check-designated x)))

(defcl make-string [size * [initial-element ABSENT] [element-type CHARACTER]]
  (when (not (index? size))
    (wrong-type size ARRAY-INDEX))
  (setv c (if (is initial-element ABSENT) "\0" (check-character initial-element)))
  (mutable-string (* [c] size)))

(defcl char [string index]
  (if (and (is string.__class__ str) (is index.__class__ int) (<= 0 index) (< index (len string)))
      (get characters (get string index))
      (do
        (setv [part i] (place string index))
        (get characters (get part i)))))

(defcl schar [string index] (cl-char string index))

(defn place [string index]
  "The Python sequence in which the character number INDEX of STRING is, and its index there. What
  is behind the fill pointer can be accessed, too."
  (setv active (cond
                 (isinstance string mutable-string) string.characters
                 (string? string) string
                 True (wrong-type string STRING))
        spare (or (getattr string "spare" None) [])
        size (+ (len active) (len spare)))
  (cond
    (not (index? index)) (wrong-type index ARRAY-INDEX)
    (< index (len active)) #(active index)
    (< index size) #(spare (- size 1 index))
    True (bad-index index size f"(SIMPLE-ARRAY CHARACTER ({size}))")))

(defn set-char [new string index]
  "(setf (char STRING INDEX) NEW)"
  (check-character new)
  (setv [part i] (place string index))
  (if (isinstance part list)
      (setv (get part i) new)
      (signal-error simple-type-error
        :datum string :expected-type STRING
        :format-control "The string ~S can't be changed: (copy-seq string) can."
        :format-arguments #(string)))
  new)

(for [name ["char" "schar"]]
  (setv (get (. (cl-symbol name) info) "setf") set-char))

(defn part-of [x start end]
  "The part of the string that X designates."
  (setv text (designated-string x))
  (if (and (is end None) (= start 0))
      text
      (cut text start (check-bounds start end (len text)))))

(defmacro defconversion [name convert]
  "Define `string-NAME`, which gives a new string, and `nstring-NAME`, which changes one that can be
  changed; a Python string can't, so what is returned is the result."
  `(do
     (defcl ~(hy.models.Symbol f"string-{name}") [string * [start 0] [end None]]
       (converted ~convert (check-designated string) start end))
     (defcl ~(hy.models.Symbol f"nstring-{name}") [string * [start 0] [end None]]
       (setv text (converted ~convert (text-of string) start end))
       (if (isinstance string mutable-string)
           (do
             (setv (cut string.characters None None) text)
             string)
           text))))

(defn converted [convert text start end]
  (if (and (is start.__class__ int) (= start 0) (is end None))
      (convert text)
      (do
        (setv end (check-bounds start end (len text)))
        (+ (cut text start) (convert (cut text start end)) (cut text end None)))))

(defconversion upcase upcase)
(defconversion downcase downcase)
(defconversion capitalize capitalize)

(defn bag-text [bag]
  "A string of the characters of BAG, a sequence."
  (cond
    (string? bag) (text-of bag)
    (or (isinstance bag #(cons list tuple)) (nil? bag))
      (.join "" (map check-character (elements bag)))
    True (wrong-type bag SEQUENCE)))

(defmacro deftrim [name strip]
  `(defcl ~name [character-bag string]
     (~strip (designated-string string) (bag-text character-bag))))

(deftrim string-trim .strip)
(deftrim string-left-trim .lstrip)
(deftrim string-right-trim .rstrip)

;; ---- Comparison

(defmacro defequality [name key]
  `(defcl ~name [string1 string2 * [start1 0] [end1 None] [start2 0] [end2 None]]
     (= (~key (part-of string1 start1 end1)) (~key (part-of string2 start2 end2)))))

(defequality string= do)
(defequality string-equal downcase)

(defmacro definequality [name relation key]
  "Define the comparison NAME of strings: the index in the first of the two where they begin to
  differ if RELATION holds between what KEY makes of them, else nil."
  `(defcl ~name [string1 string2 * [start1 0] [end1 None] [start2 0] [end2 None]]
     (setv a (~key (part-of string1 start1 end1))
           b (~key (part-of string2 start2 end2)))
     (if (~relation a b)
         (+ start1 (mismatch a b))
         None)))

(defn mismatch [a b]
  (for [[i x y] (zip (range (len a)) a b)]
    (when (!= x y)
      (return i)))
  (min (len a) (len b)))

(definequality string/= != do)
(definequality string< < do)
(definequality string> > do)
(definequality string<= <= do)
(definequality string>= >= do)
(definequality string-not-equal != downcase)
(definequality string-lessp < downcase)
(definequality string-greaterp > downcase)
(definequality string-not-greaterp <= downcase)
(definequality string-not-lessp >= downcase)
