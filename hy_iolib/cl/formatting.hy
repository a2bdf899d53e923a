"`format`: control strings, their directives, and how they are run.

A control string is taken apart once. What is only text, ~A, ~S, ~D and ~& becomes `pieces`, which
give the text without further ado if all arguments have a text of their own. Every control string
becomes a list of strings and of functions of a State, the `operations`; one that returns a true
value ends what it is in: EXIT by ~^, EXIT-ALL by ~:^."

(eval-when-compile (require hy-iolib.cl.definitions [defcl defcl-macro form]))
(import fractions [Fraction])
(import hy-iolib.cl.arrays [mutable-string])
(import hy-iolib.cl.characters [character])
(import hy-iolib.cl.conses [cons lisp-list nil?])
(import hy-iolib.cl.number-formats
  [cardinal dollars exponential fixed general grouped ordinal roman])
(import hy-iolib.cl.numbers [to-single])
(import hy-iolib.cl.pretty
  [directive-functions logical-block output-object pretty-stream pretty?])
(import hy-iolib.cl.printer
  [BARE QUOTED decimal digits prin1-text princ-text print-base print-length print-level
   print-pretty print-radix write-object])
(import hy-iolib.cl.streams [output put standard-output])
(import hy-iolib.cl.string-streams [fill-pointer-output-stream string-output-stream])
(import hy-iolib.cl.strings
  [alphanumeric? capitalize cl-char-name downcase text-of upcase wrong-type])
(import hy-iolib.cl.symbols [COMMON-LISP-USER cl-symbol packages symbol])
(import hy-iolib.lisp.handlers [signal-error])
(import hy-iolib.lisp.specials [bound])
(import hy-iolib.streams.formatted-output [format-error])
(import hy-iolib.streams.gray-streams [dual-channel-gray-stream])

(export :objects [] :macros [])

(setv EXIT 1
      EXIT-ALL 2)

;; ---- Taking a control string apart

(defclass Directive []
  "A directive of CONTROL, from START to END. Parameters are pairs of a position and a value: an
  integer, a string of length 1, None, or ARGUMENT or REMAINING."
  (setv __slots__ #("control" "start" "end" "char" "colon" "at" "parameters"))
  (defn __init__ [self control start end char [colon False] [at False] [parameters #()]]
    (setv self.control control self.start start self.end end self.char char self.colon colon
          self.at at self.parameters parameters)))

(setv ARGUMENT (object)
      REMAINING (object))

(defn complain [control position complaint [lacking None]]
  "Signal what is wrong with CONTROL at POSITION; LACKING is a State that can't go
  on because of it, which could be seen before."
  (setv e (format-error :complaint (+ "error in FORMAT: " complaint "\n  " control "\n  "
                                      (* " " position) "^"))
        e.lacking lacking)
  (signal-error e))

(defn complain-of [d complaint]
  (complain d.control (- d.end 1) complaint))

(defn directive-at [control start]
  "The directive of CONTROL that begins at START, where a tilde is."
  (setv parameters [] colon False at False i (+ start 1))
  (defn char []
    (if (< i (len control))
        (get control i)
        (complain control start "String ended before directive was found")))
  (defn add [value]
    (when (or colon at)
      (complain control i "Parameters found after #\\: or #\\@ modifier"))
    (.append parameters #(i value)))
  (while True
    (setv c (char))
    (cond
      (or (in c "+-") (<= "0" c "9"))
        (do
          (setv end (+ i 1))
          (while (and (< end (len control)) (<= "0" (get control end) "9"))
            (+= end 1))
          (setv digits (cut control i end))
          (add (if (in digits "+-") None (int digits)))
          (setv i end))
      (in c "vV#")
        (do
          (add (if (= c "#") REMAINING ARGUMENT))
          (+= i 1))
      (= c "'")
        (do
          (+= i 1)
          (add (char))
          (+= i 1))
      (= c ",")
        (do
          (add None)
          (+= i 1)
          (continue))
      (= c ":")
        (do
          (when colon
            (complain control i "Too many colons supplied"))
          (setv colon True)
          (+= i 1)
          (continue))
      (= c "@")
        (do
          (when at
            (complain control i "Too many #\\@ characters supplied"))
          (setv at True)
          (+= i 1)
          (continue))
      True
        (do
          (when (and (= (get control (- i 1)) ",") (not (.startswith (cut control (- i 2) i) "'")))
            (add None))
          (break)))
    ;; A comma ends a parameter; what else may follow it has its turn.
    (setv c (char))
    (cond
      (= c ",") (+= i 1)
      (not-in c ":@") (break)))
  (when (= c "/")
    (setv close (.find control "/" (+ i 1)))
    (when (< close 0)
      (complain control i "No matching closing slash"))
    (setv i close))
  (Directive control start (+ i 1) (upcase c) colon at (tuple parameters)))

(defn tokens-of [control]
  "The strings and directives of CONTROL."
  (setv out [] i 0
        ;; For what must not be mixed: directives for justification and for pretty printing.
        blocks [] pretty None semicolon None justifying None)
  (while True
    (setv tilde (.find control "~" i))
    (when (< tilde 0)
      (setv tilde (len control)))
    (when (> tilde i)
      (.append out (cut control i tilde)))
    (when (= tilde (len control))
      (break))
    (setv d (directive-at control tilde)
          c d.char)
    (cond
      (= c "<") (.append blocks d)
      (and blocks (= c ";") d.colon) (setv semicolon d)
      (= c ">")
        (do
          (when (not blocks)
            (complain control tilde "~> without a matching ~<"))
          (cond
            d.colon (setv pretty (or pretty (get blocks 0)) semicolon None)
            semicolon (setv justifying (or justifying semicolon)))
          (.pop blocks))
      (and (not blocks) (or (in c "WI_") (and (= c "T") d.colon)))
        (setv pretty (or pretty d)))
    (.append out d)
    (setv i d.end))
  (when (and pretty justifying)
    (complain control (- (min pretty.end justifying.end) 1)
              "Misuse of justification and pprint directives"))
  (combined out))

(defn combined [tokens]
  "TOKENS with what always means the same text as text. An empty string stands where else nothing
  would be in ~{ and ~}."
  (setv out [] skip False)
  (defn emit [text]
    (if (and out (is (. (get out -1) __class__) str))
        (setv (get out -1) (+ (get out -1) text))
        (when (or text (and out (= (. (get out -1) char) "{")))
          (.append out text))))
  (for [x tokens]
    (when (is x.__class__ str)
      (emit (if skip (.lstrip x " \t\n") x))
      (setv skip False)
      (continue))
    (setv skip False
          count (cond
                  (not x.parameters) 1
                  (= (len x.parameters) 1) (get x.parameters 0 1)
                  True -1)
          count (if (is count None) 1 count))
    (cond
      (and (= x.char "\n") (not x.parameters) (not (and x.colon x.at)))
        (do
          (emit (if x.at "\n" ""))
          (setv skip (not x.colon)))
      (and (in x.char "%~|") (not x.colon) (not x.at) (isinstance count int) (<= 0 count 127))
        (emit (* (get {"%" "\n" "~" "~" "|" "\f"} x.char) count))
      True
        (do
          (when (and out (= (get out -1) "") (!= x.char "}"))
            (.pop out))
          (.append out x))))
  out)

;; ---- Running it

(defclass State []
  "ARGUMENTS, and the index of the next; where the text goes. POPPER is the logical block's that the
  arguments are of, OUTSIDE says whether ~:^ would end the iteration; None where it is not allowed.
  CASED: the text is put in a case already."
  (setv __slots__ #("arguments" "index" "out" "popper" "outside" "cased"))
  (defn __init__ [self arguments out [outside None] [cased False] [popper None]]
    (setv self.arguments arguments self.index 0 self.out out self.popper popper
          self.outside outside self.cased cased)))

(defn run [operations state]
  (for [x operations]
    (if (is x.__class__ str)
        (.put state.out x)
        (do
          (setv code (x state))
          (when code
            (return code))))))

(defn next-argument [state d]
  (setv i state.index)
  (when (>= i (len state.arguments))
    (complain d.control (- d.end 1) "No more arguments" :lacking state))
  (when state.popper
    (.pop state.popper))
  (setv state.index (+ i 1))
  (get state.arguments i))

;; ---- Parameters

(defn parameter-values [state d defaults]
  "The values of D's parameters, with DEFAULTS for those that are not given."
  (setv out [])
  (for [[i default] (enumerate defaults)]
    (setv value (if (< i (len d.parameters)) (get d.parameters i 1) None))
    (setv given (is value ARGUMENT))
    (cond
      given (setv value (next-argument state d))
      (is value REMAINING) (setv value (- (len state.arguments) state.index)))
    (when (and given (or (is value.__class__ str) (is value True)))
      ;; They are no characters and no integers. Of all else it shows when it is used.
      (wrong-type value CHARACTER))
    (.append out (if (nil? value) default value)))
  (when (> (len d.parameters) (len defaults))
    (complain-of d f"Too many parameters, expected no more than {(len defaults)}"))
  out)

(setv CHARACTER (cl-symbol "character")
      LIST (cl-symbol "list")
      ;; Character -> function that makes an operation of a Directive.
      makers {})

(defmacro defdirective [char defaults parameters #* body]
  "Define the directive CHAR, whose parameters have DEFAULTS: BODY runs in a State, with PARAMETERS
  bound to the State, the directive and the parameters' values."
  `(setv (get makers ~char)
         (fn [d] (operation d [~@defaults] (fn [~@parameters] ~@body)))))

(defn operation [d defaults function]
  "The operation that D is, by a function of the State, D and the values of its parameters."
  (if (or (> (len d.parameters) (len defaults))
          (any (gfor [_ value] d.parameters (or (is value ARGUMENT) (is value REMAINING)))))
      (fn [state] (function state d #* (parameter-values state d defaults)))
      (do
        (setv values (parameter-values None d defaults))
        (fn [state] (function state d #* values)))))

(defn refuse-modifiers [d colon at]
  "Complain if D has a modifier that it does not take: COLON and AT say which are refused."
  (when (and colon d.colon)
    (complain-of d "The colon modifier cannot be used with this directive."))
  (when (and at d.at)
    (complain-of d "The at-sign modifier cannot be used with this directive.")))

(defn refuse-both [d]
  (when (and d.colon d.at)
    (complain-of d (+ "The colon and the at-sign modifiers cannot be used simultaneously with this "
                      "directive."))))

(defn field [d text width step least padding left]
  "TEXT, padded to WIDTH, in steps of STEP, for the directive D."
  (when (<= step 0)
    (complain-of d f"The value of colinc is {step}, should be a positive integer"))
  (when (< width 0)
    (complain-of d f"The value of mincol is {width}, should be a non-negative integer"))
  (setv least (max least 0)
        missing (max 0 (- width (len text) least))
        ;; Whole steps, so that the text may become wider than asked.
        spaces (* padding (+ least (* step (- (// (- missing) step))))))
  (if left (+ spaces text) (+ text spaces)))

;; ---- Objects

(defn object-directive [to-text escape]
  "~A or ~S."
  (setv table (if escape QUOTED BARE))
  (fn [d]
    (defn text-for [x]
      (if (and d.colon (nil? x)) "()" (to-text x)))
    (if d.parameters
        (operation d [0 1 0 " "]
          (fn [state d width step least padding]
            (setv x (next-argument state d))
            (.put state.out (field d (text-for x) width step least padding d.at))
            None))
        (fn [state]
          (setv i state.index)
          (if (and (< i (len state.arguments)) (is state.popper None))
              (setv state.index (+ i 1)
                    x (get state.arguments i))
              (setv x (next-argument state d)))
          (setv leaf (.get table x.__class__))
          (cond
            (and d.colon (nil? x)) (.put state.out "()")
            leaf (.put state.out (leaf x))
            True (write-object x state.out escape))
          None))))

(setv (get makers "A") (object-directive princ-text False)
      (get makers "S") (object-directive prin1-text True))

(defdirective "W" [] [state d]
  (with [_ (bound [#* (if d.colon [#(print-pretty True)] [])
                   #* (if d.at [#(print-length None) #(print-level None)] [])])]
    (output-object (next-argument state d) state.out)))

(defdirective "C" [] [state d]
  (setv c (next-argument state d))
  (when (is-not c.__class__ character)
    (complain-of d (+ (prin1-text c) " is not of type CHARACTER.")))
  (.put state.out (cond
                    d.colon (if (or (< " " c "\x7f") (< "\x9f" c))
                                (str.__str__ c)
                                (capitalize (cl-char-name c)))
                    d.at (prin1-text c)
                    True (str.__str__ c))))

;; ---- Integers

(defn integer? [x]
  (and (isinstance x int) (not (isinstance x bool))))

(defn put-integer [state d base width padding comma interval]
  (setv x (next-argument state d))
  (if (integer? x)
      (do
        (setv text (if (= base 10) (decimal x) (digits x base)))
        (when d.colon
          (setv text (grouped text comma interval)))
        (when (and d.at (>= x 0))
          (setv text (+ "+" text)))
        (.put state.out (if (>= width 0)
                            (.rjust text width padding)
                            (field d text width 1 0 padding True))))
      (put-in-base state x base))
  None)

(defn put-in-base [state x base]
  (with [_ (bound [#(print-base base) #(print-radix None)])]
    (write-object x state.out False)))

(defn integer-directive [base]
  (fn [d]
    (if (or d.colon d.at d.parameters)
        (operation d [0 " " "," 3]
          (fn [state d #* values] (put-integer state d base #* values)))
        (fn [state]
          (setv x (next-argument state d))
          (if (is x.__class__ int)
              (.put state.out (if (= base 10) (decimal x) (digits x base)))
              (put-in-base state x base))
          None))))

(setv (get makers "D") (integer-directive 10)
      (get makers "B") (integer-directive 2)
      (get makers "O") (integer-directive 8)
      (get makers "X") (integer-directive 16))

(defdirective "R" [None 0 " " "," 3] [state d base width padding comma interval]
  (if (is-not base None)
      (put-integer state d base width padding comma interval)
      (do
        (setv x (next-argument state d))
        (when (not (integer? x))
          (complain-of d (+ (prin1-text x) " is not of type INTEGER.")))
        (.put state.out (cond
                          d.at (roman x d.colon)
                          d.colon (ordinal x)
                          True (cardinal x)))))
  None)

(defdirective "P" [] [state d]
  (when d.colon
    (when (= state.index 0)
      (complain-of d "No previous argument"))
    (-= state.index 1))
  (setv x (if d.colon
              (do
                (+= state.index 1)
                (get state.arguments (- state.index 1)))
              (next-argument state d))
        one (and (integer? x) (= x 1)))
  (.put state.out (if d.at (if one "y" "ies") (if one "" "s"))))

;; ---- Floats

(defn float-directive [defaults to-text]
  "A directive that prints floats by TO-TEXT, a function of the float, its parameters and D."
  (fn [d]
    (operation d defaults
      (fn [state d #* values]
        (when (!= d.char "$")
          (refuse-modifiers d True False))
        (setv x (next-argument state d)
              dollar (= d.char "$")
              width (or (get values (if dollar 2 0)) 0)
              pad (if dollar " " (get values (if (= d.char "F") 4 5))))
        (cond
          (or (isinstance x float) (and (isinstance x #(int Fraction)) (not (isinstance x bool))))
            (.put state.out (to-text (if (isinstance x float) x (to-single x)) d #* values))
          ;; Complex numbers, and what is no number.
          True
            (with [_ (bound [#(print-base 10)])]
              (setv number (isinstance x complex))
              (.put state.out (field d (princ-text x) width 1 0 (if number " " pad)
                                     (or number dollar)))))
        None))))

(setv (get makers "F")
        (float-directive [None None None None " "]
          (fn [x d w digits k overflow pad]
            (get (fixed x w digits k overflow pad d.at) 0)))
      (get makers "E")
        (float-directive [None None None 1 None " " None]
          (fn [x d w digits e k overflow pad mark]
            (exponential x w digits e k overflow pad mark d.at)))
      (get makers "G")
        (float-directive [None None None None None " " None]
          (fn [x d w digits e k overflow pad mark]
            (general x w digits e k overflow pad mark d.at)))
      (get makers "$")
        (float-directive [2 1 0 " "]
          (fn [x d digits n w pad]
            (dollars x digits n w pad d.colon d.at))))

;; ---- Lines, pages, columns

(defn repeated [char text]
  (setv (get makers char)
        (fn [d]
          (operation d [1]
            (fn [state d count]
              (refuse-modifiers d True True)
              (.put state.out (* text count))
              None)))))

(repeated "%" "\n")
(repeated "|" "\f")
(repeated "~" "~")

(defdirective "&" [1] [state d count]
  (refuse-modifiers d True True)
  (when (> count 0)
    (setv newlines (- count (if (.at-line-start state.out) 1 0)))
    (when newlines
      (.put state.out (* "\n" newlines))))
  None)

(defdirective "T" [1 1] [state d column step]
  (when (or (< column 0) (< step 0))
    (wrong-type (min column step) (cl-symbol "unsigned-byte")))
  (setv out state.out)
  (cond
    (or d.colon (isinstance out pretty-stream))
      (when (pretty? out)
        (.tab out d.colon d.at column step))
    d.at
      (do
        (setv now (.column out))
        (.put out (* " " (if (and (is-not now None) (> step 0))
                             (- (* (- (// (- (+ now column)) step)) step) now)
                             column))))
    True
      (do
        (setv now (.column out))
        (.put out (cond
                    (is now None) "  "
                    (< now column) (* " " (- column now))
                    (= step 0) ""
                    True (* " " (- step (% (- now column) step)))))))
  None)

(defdirective "_" [] [state d]
  (when (pretty? state.out)
    (.newline state.out (cond
                          d.colon (if d.at "mandatory" "fill")
                          d.at "miser"
                          True "linear"))))

(defdirective "I" [0] [state d n]
  (refuse-modifiers d False True)
  (when (pretty? state.out)
    (.indent state.out d.colon n)))

;; ---- Arguments

(defdirective "*" [None] [state d n]
  (refuse-both d)
  (setv size (len state.arguments))
  (cond
    d.at (go-to state d (or n 0))
    d.colon (go-to state d (- state.index (if (is n None) 1 n)))
    True (for [_ (range (if (is n None) 1 n))]
           (next-argument state d)))
  None)

(defn go-to [state d index]
  (setv size (len state.arguments))
  (when (not (<= 0 index size))
    (complain-of d (.format "Index {} is out of bounds. It should have been between 0 and {}."
                            index size)))
  (setv state.index index))

(defdirective "?" [] [state d]
  (refuse-modifiers d True False)
  (setv control (next-argument state d))
  (if d.at
      (run-control control state)
      (run-control control (State (list-of (next-argument state d)) state.out None state.cased)))
  None)

(defn list-of [x]
  "The elements of X, which must be a list."
  (cond
    (is x.__class__ cons) (list x)
    (nil? x) []
    (is x.__class__ list) x
    True (wrong-type x LIST)))

(defn function? [control]
  "Is CONTROL a function instead of a control string?"
  (and (callable control) (not (isinstance control symbol))))

(defn run-control [control state]
  "Run CONTROL, a control string or a function."
  (if (function? control)
      (setv rest (control state.out #* (cut state.arguments state.index None))
            state.index (- (len state.arguments) (len (list-of rest))))
      (run (. (compiled control) operations) state)))

(defn function-directive [d]
  (setv slash (.rfind d.control "/" 0 (- d.end 1))
        name (upcase (cut d.control (+ slash 1) (- d.end 1))))
  (setv own (.get directive-functions name))
  (when own
    (return (fn [state] (own state.out (next-argument state d)))))
  (fn [state]
    (setv [package _ own] (.rpartition name ":")
          package (.rstrip package ":"))
    (when (and package (not-in package packages))
      (complain-of d f"No package named {(prin1-text package)}"))
    (setv parameters (parameter-values state d (* [None] (len d.parameters)))
          function (.intern (if package (get packages package) COMMON-LISP-USER) own))
    (function state.out (next-argument state d) (or d.colon None) (or d.at None)
              #* (gfor p parameters (if (isinstance p str) (character p) p)))
    None))

;; ---- What has other directives in it

(defn cased [text mode]
  "TEXT in the case of the directive ~( with modifiers MODE."
  (cond
    (= mode "") (downcase text)
    (= mode ":") (capitalize text)
    (= mode ":@") (upcase text)
    True
      (do
        (setv text (downcase text))
        (for [[i c] (enumerate text)]
          (when (alphanumeric? c)
            (return (+ (cut text i) (upcase c) (cut text (+ i 1) None)))))
        text)))

(defn case-operation [d body]
  (setv mode (+ (if d.colon ":" "") (if d.at "@" "")))
  (operation d []
    (fn [state d]
      ;; What is put in a case once is not put in another.
      (when state.cased
        (return (run body state)))
      (setv out state.out
            inner (string-output-stream out)
            state.out inner
            state.cased True)
      (try
        (run body state)
        (finally
          (setv state.out out
                state.cased False)
          (.put out (cased (.text inner) mode)))))))

(defn choice-operation [d sections default]
  "~[ with its SECTIONS; DEFAULT says that the last one is for all else."
  (cond
    d.at
      (operation d []
        (fn [state d]
          (refuse-both d)
          (when (> (len sections) 1)
            (complain-of d "Can only specify one section"))
          (setv i state.index)
          (when (not (nil? (next-argument state d)))
            (setv state.index i)
            (run (get sections 0) state))))
    d.colon
      (operation d []
        (fn [state d]
          (when (!= (len sections) 2)
            (complain-of d "Must specify exactly two sections"))
          (run (get sections (if (nil? (next-argument state d)) 0 1)) state)))
    True
      (do
        (setv otherwise (if default (get sections -1) [])
              sections (if default (cut sections -1) sections))
        (operation d [None]
          (fn [state d index]
            (when (is index None)
              (setv index (next-argument state d)))
            (when (not (integer? index))
              (complain-of d (+ "The argument to ~[ is not an integer: " (princ-text index))))
            (run (if (<= 0 index (- (len sections) 1)) (get sections index) otherwise) state))))))

(defn iteration [d body at-least-once]
  "~{ with its BODY, operations; None if the control string is an argument."
  (defn guts [state control]
    (if (is body None)
        (do
          (run-control control state)
          None)
        (run body state)))
  (defn loop-in [state count control]
    "Run it again and again with the arguments of STATE."
    (while True
      (when (and (not at-least-once) (>= state.index (len state.arguments)))
        (break))
      (when (is-not count None)
        (when (<= count 0)
          (break))
        (-= count 1))
      (setv code (if d.colon
                     (do
                       (setv x (next-argument state d)
                             inner (State (list-of x) state.out
                                          (>= state.index (len state.arguments)) state.cased))
                       (= (guts inner control) EXIT-ALL))
                     (guts state control)))
      (when code
        (break))
      (when (and at-least-once (>= state.index (len state.arguments)))
        (break))))
  (operation d [None]
    (fn [state d count]
      (setv control (if (is body None) (next-argument state d) None))
      (if d.at
          (do
            (setv outside state.outside
                  state.outside None)
            (loop-in state count control)
            (setv state.outside outside))
          (loop-in (State (list-of (next-argument state d)) state.out None state.cased)
                   count control))
      None)))

(defdirective "^" [None None None] [state d a b c]
  (refuse-modifiers d False True)
  (when (and d.colon (is state.outside None))
    (complain-of d "Attempt to use ~:^ outside a ~:{...~} construct"))
  (when (cond
          (is-not c None) (<= a b c)
          (is-not b None) (and (= a b) (is (isinstance a str) (isinstance b str)))
          (is-not a None) (= a 0)
          d.colon state.outside
          True (>= state.index (len state.arguments)))
    (if d.colon EXIT-ALL EXIT)))

(setv general-escape (get makers "^")
      ;; Without anything to it, as it stands in most iterations.
      (get makers "^") (fn [d]
                         (if (or d.parameters d.colon d.at)
                             (general-escape d)
                             (fn [state]
                               (if (>= state.index (len state.arguments)) EXIT None)))))

(defn justification [d segments first-separator]
  "~< with its SEGMENTS, of operations."
  (operation d [0 1 0 " "]
    (fn [state d width step least padding]
      (setv out state.out
            before None
            margins [0 72]
            texts [])
      (for [[i segment] (enumerate segments)]
        (setv state.out (string-output-stream))
        (try
          (setv code (run segment state)
                text (.text state.out))
          (finally
            (setv state.out out)))
        (when code
          (break))
        (if (and (= i 0) first-separator first-separator.colon)
            (setv before text
                  margins (parameter-values state first-separator [0 80]))
            (.append texts text)))
      (.put out (justified out texts before margins d.colon d.at width step least padding))
      None)))

(defn justified [out texts before margins left right width step least padding]
  (setv gaps (+ (len texts) -1 (if left 1 0) (if right 1 0))
        size (+ (* gaps least) (sum (map len texts)))
        length (if (> size width)
                   (+ width (* step (- (// (- width size) step))))
                   width)
        rest (+ (- length size) (* gaps least))
        parts [])
  (when (and (is-not before None)
             (> (+ (or (.column out) 0) length (get margins 0)) (get margins 1)))
    (.append parts before))
  (defn pad []
    (nonlocal rest gaps)
    (setv count (if (= gaps 0) rest (// rest gaps)))
    (-= rest count)
    (-= gaps 1)
    (.append parts (* padding count)))
  (when (or left (and (not right) (< (len texts) 2)))
    (pad))
  (for [[i text] (enumerate texts)]
    (when i
      (pad))
    (.append parts text))
  (when right
    (pad))
  (.join "" parts))

(defn logical-operation [d segments first-separator close]
  "~<…~:> with its SEGMENTS, of tokens."
  (setv prefix (if d.colon "(" "")
        suffix (if d.colon ")" "")
        count (len segments))
  (defn string-in [segment part]
    (for [x segment]
      (when (is-not x.__class__ str)
        (complain-of x (+ "Cannot include format directives inside the " part
                          " segment of ~<...~:>"))))
    (.join "" segment))
  (when (> count 3)
    (return (wrong d "Too many segments for ~<...~:>")))
  (when (or d.parameters
            (any (gfor segment (+ (cut segments 0 (if (> count 1) 1 0)) (cut segments 2 None))
                       x segment (is-not x.__class__ str))))
    (return (fn [state]
              (if d.parameters
                  (complain-of d "No parameters can be supplied with ~<...~:>.")
                  (for [[i part] [[0 "prefix"] [2 "suffix"]]]
                    (when (and (> count 1) (< i count))
                      (string-in (get segments i) part)))))))
  (setv tokens (cond (= count 0) [] (= count 1) (get segments 0) True (get segments 1)))
  (when (> count 1)
    (setv prefix (string-in (get segments 0) "prefix")))
  (when (= count 3)
    (setv suffix (string-in (get segments 2) "suffix")))
  (setv each-line (and first-separator first-separator.at)
        body (operations-of (if close.at (with-fill-newlines tokens) tokens)))
  (fn [state]
    (setv x (if d.at
                (lisp-list (cut state.arguments state.index None))
                (next-argument state d)))
    (defn write [stream popper]
      (setv items [] rest popper.rest)
      (while (is rest.__class__ cons)
        (.append items rest.car)
        (setv rest rest.cdr))
      (when (not (nil? rest))
        (.append items rest))
      (run body (State items stream None state.cased popper)))
    (logical-block state.out x prefix suffix write :each-line each-line)
    (when d.at
      (setv state.index (len state.arguments)))
    None))

(defn with-fill-newlines [tokens]
  "TOKENS with a ~:_ behind the blanks of each run."
  (setv out [] previous None)
  (for [x tokens]
    (if (is-not x.__class__ str)
        (.append out x)
        (do
          (setv start 0)
          ;; Blanks at the beginning of a line that ~newline ended are not meant.
          (when (and previous (= previous.char "\n"))
            (setv start (- (len x) (len (.lstrip x " ")))))
          (.append out (cut x start))
          (while (< start (len x))
            (setv blank (.find x " " start))
            (when (< blank 0)
              (.append out (cut x start None))
              (break))
            (setv end blank)
            (while (and (< end (len x)) (= (get x end) " "))
              (+= end 1))
            (.extend out [(cut x start end) (Directive "" 0 0 "_" :colon True)])
            (setv start end))))
    (setv previous (if (is x.__class__ str) None x)))
  (lfor x out :if (!= x "") x))

;; ---- From tokens to operations

(setv CLOSING {"(" ")" "[" "]" "{" "}" "<" ">"}
      CALLED {"(" "paren" "[" "bracket" "{" "brace" "<" "bracket"})

(defn wrong [d complaint]
  "An operation that complains; of what SBCL would have found before it ran."
  (fn [state] (complain d.control (- d.end 1) complaint :lacking state)))

(defn operations-of [tokens]
  (setv out [] i 0)
  (while (< i (len tokens))
    (setv x (get tokens i))
    (cond
      (is x.__class__ str)
        (do
          (.append out x)
          (+= i 1))
      (in x.char CLOSING)
        (do
          (setv found (sections tokens i))
          (when (is found None)
            (.append out (wrong x f"No corresponding close {(get CALLED x.char)}"))
            (break))
          (setv [parts separators close i] found)
          (.append out (structure x parts separators close)))
      True
        (do
          (.append out (cond
                         (in x.char makers) ((get makers x.char) x)
                         (= x.char "/") (function-directive x)
                         (= x.char "\n") (fn [state] (refuse-both x))
                         (in x.char ")]}") (wrong x "No corresponding open bracket")
                         (= x.char ";")
                           (wrong x "~; not contained within either ~[...~] or ~<...~>")
                         True
                           (wrong x (.format "Unknown format directive (character: {})"
                                             (cl-char-name (character x.char))))))
          (+= i 1))))
  out)

(defn sections [tokens start]
  "What is in the directive number START of TOKENS, which has a closing one: the parts, the ~;
  between them, the closing directive, and the index behind that; None if that is missing."
  (setv opening (. (get tokens start) char)
        closing (get CLOSING opening)
        separating (in opening "[<")
        parts [] separators [] part []
        i (+ start 1))
  (while (< i (len tokens))
    (setv x (get tokens i))
    (cond
      (is x.__class__ str) (.append part x)
      (= x.char closing)
        (do
          (.append parts part)
          (return #(parts separators x (+ i 1))))
      (and separating (= x.char ";"))
        (do
          (.append parts part)
          (.append separators x)
          (setv part []))
      (in x.char CLOSING)
        (do
          (setv inner (sections tokens i))
          (when (is inner None)
            (return None))
          (.extend part (cut tokens i (get inner 3)))
          (setv i (get inner 3))
          (continue))
      True (.append part x))
    (+= i 1))
  None)

(defn structure [d parts separators close]
  "The operation of D, which has PARTS, of tokens."
  (cond
    (= d.char "(") (case-operation d (operations-of (get parts 0)))
    (= d.char "[")
      (choice-operation d (list (map operations-of parts))
                        (and separators (. (get separators -1) colon)))
    (= d.char "{")
      (iteration d (if (get parts 0) (operations-of (get parts 0)) None) close.colon)
    close.colon
      (logical-operation d parts (if separators (get separators 0) None) close)
    True
      (do
        (setv illegal (sum (gfor part parts x part (illegal? x))))
        (cond
          illegal
            (wrong d (.format "{} illegal directive{} found inside justification block"
                              illegal (if (= illegal 1) "" "s")))
          close.at
            (wrong close (+ "@ modifier not allowed in close directive of justification block "
                            "(i.e. ~<...~@>."))
          True
            (justification d (list (map operations-of parts))
                           (if separators (get separators 0) None))))))

(defn illegal? [x]
  "May X, a token, not stand in justified text?"
  (and (is-not x.__class__ str)
       (or (in x.char "WI_")
           (and (= x.char "T") x.colon)
           (and (= x.char ">") x.colon))))

;; ---- Control strings

;; A piece of a simple control string that is ~&.
(setv FRESH (object)
      DECIMAL {#** BARE int decimal
               ;; Not in base 10, whatever *print-base* says: by the longer way.
               #** (dfor c [Fraction] c None)})

(defclass Control []
  "A control string that was taken apart."
  (setv __slots__ #("operations" "pieces"))
  (defn __init__ [self tokens]
    (setv self.operations (operations-of tokens)
          self.pieces (pieces-of tokens))))

(defn pieces-of [tokens]
  "TOKENS as strings, tables of printers, and FRESH; None if there are others."
  (setv out [])
  (for [x tokens]
    (cond
      (is x.__class__ str) (.append out x)
      (or x.parameters x.colon x.at (not-in x.char "ASD&")) (return None)
      True (.append out (get {"A" BARE "S" QUOTED "D" DECIMAL "&" FRESH} x.char))))
  out)

(setv controls {}
      ;; So many that are made anew each time must not fill the memory.
      MOST-CONTROLS 5000)

(defn compiled [control]
  "The Control of CONTROL, a string."
  (setv control (text-of control)
        c (.get controls control))
  (when (is c None)
    (setv c (Control (tokens-of control)))
    (when (>= (len controls) MOST-CONTROLS)
      (.clear controls))
    (setv (get controls control) c))
  c)

(defn simple-text [pieces arguments destination]
  "The text of PIECES; None if it is not simple, or wrong. DESTINATION, or None, is where it goes."
  (setv out [] i 0)
  (for [p pieces]
    (cond
      (is p.__class__ str)
        (.append out p)
      (is p FRESH)
        (do
          (setv last (if out (get out -1) ""))
          (when (if last
                    (!= (get last -1) "\n")
                    (or out (not (or (is destination None) (line-start? destination)))))
            (when (and out (not last))
              (return None))
            (.append out "\n")))
      (>= i (len arguments))
        (return None)
      True
        (do
          (setv x (get arguments i)
                leaf (.get p x.__class__))
          (when (is leaf None)
            (return None))
          (.append out (leaf x))
          (+= i 1))))
  (.join "" out))

(defn line-start? [destination]
  (if (isinstance destination dual-channel-gray-stream)
      (do
        (output destination)
        destination._at-line-start)
      (.at-line-start (output destination))))

(defn formatted [control #* arguments]
  "The text that CONTROL, a control string or a function, makes of ARGUMENTS."
  (when (not (function? control))
    (setv c (or (.get controls control) (compiled control)))
    (when (is-not c.pieces None)
      (setv text (simple-text c.pieces arguments None))
      (when (is-not text None)
        (return text))))
  (setv out (string-output-stream))
  (run-control control (State arguments out))
  (.text out))

(defn format-to [stream control arguments]
  "Write what CONTROL makes of ARGUMENTS to the stream that STREAM designates, in one piece."
  (when (not (function? control))
    (setv c (or (.get controls control) (compiled control)))
    (when (is-not c.pieces None)
      (setv text (simple-text c.pieces arguments (if (nil? stream) standard-output.value stream)))
      (when (is-not text None)
        (return (put stream text)))))
  (setv sink (output stream))
  (if (isinstance sink pretty-stream)
      (run-control control (State arguments sink))
      (do
        (setv out (string-output-stream sink)
              state (State arguments out)
              failed None)
        (try
          (run-control control state)
          (except [e format-error]
            (setv failed e)
            (raise))
          (finally
            ;; Also what there is when it fails; unless SBCL would have noticed that before.
            (when (not (and failed (is (getattr failed "lacking" None) state)))
              (setv text (.text out))
              (when text
                (put stream text))))))))

(defcl format [destination control #* arguments]
  "What CONTROL makes of ARGUMENTS: with nil for DESTINATION a string; else it is written to a
  stream, with t to standard output, or added to a string with a fill pointer."
  (cond
    (is destination None)
      (formatted control #* arguments)
    (is destination True)
      (format-to None control arguments)
    (isinstance destination #(str mutable-string))
      (format-to (fill-pointer-output-stream destination) control arguments)
    (nil? destination)
      (formatted control #* arguments)
    True
      (do
        (format-to destination control arguments)
        None)))

(defcl sys::formatter [control]
  "A function of a stream and arguments that does what CONTROL says, and gives back the arguments
  that are left."
  (setv c (compiled control))
  (fn [stream #* arguments]
    (setv sink (output stream)
          state (State arguments sink))
    (run c.operations state)
    (lisp-list (cut arguments state.index None))))

(defcl-macro formatter [control]
  (form (sys::formatter ~control)))
