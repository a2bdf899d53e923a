"Control strings: those of Common Lisp's `format` directives that print text and integers."

(import re)
(import hy.models [Keyword Symbol])
(import hy-iolib.lisp.multiple-values [values primary-value])

(export :objects [] :macros [])

(defn princ-to-string [x]
  "X as `~A` prints it: strings bare, keywords in upper case, all else as `~S` does."
  (cond
    (isinstance x Keyword) (.upper x.name)
    (and (isinstance x str) (not (isinstance x Symbol))) (str x)
    (isinstance x values) (princ-to-string (primary-value x))
    True (prin1-to-string x)))

(defn prin1-to-string [x]
  "X as `~S` prints it: strings quoted, keywords with their colon, nil and t by name, tuples as
  vectors, lists as lists, several values by their first."
  (cond
    (nil? x) "NIL"
    (is x True) "T"
    (isinstance x Keyword) (+ ":" (.upper x.name))
    (isinstance x Symbol) (.upper (str x))
    (isinstance x str) (+ "\"" (.replace (.replace x "\\" "\\\\") "\"" "\\\"") "\"")
    (isinstance x values) (prin1-to-string (primary-value x))
    (isinstance x tuple) (+ "#(" (.join " " (map prin1-to-string x)) ")")
    (isinstance x list) (+ "(" (.join " " (map prin1-to-string x)) ")")
    True (str x)))

(defn nil? [x]
  (or (is x None) (is x False) (and (isinstance x list) (not x))))

(defn integer? [x]
  (and (isinstance x int) (not (isinstance x bool))))

(defn in-field [to-string]
  "The printer of a directive that prints TO-STRING's text of an argument in a field."
  (fn [x modifiers width step least-padding padding]
    (setv text (if (and (in ":" modifiers) (nil? x)) "()" (to-string x))
          least-padding (max least-padding 0)
          missing (max (- width least-padding (len text)) 0)
          ;; Whole steps only, so that the text may become wider than asked.
          steps (- (// (- missing) step))
          space (* padding (+ least-padding (* step steps))))
    (if (in "@" modifiers) (+ space text) (+ text space))))

(defn decimal [x modifiers width padding comma interval]
  (if (integer? x)
      (do
        ;; Of an enumeration's member, too, abs gives a plain integer, which is not printed by name.
        (setv digits (str (abs x)))
        (when (in ":" modifiers)
          (setv first-group (or (% (len digits) interval) interval)
                digits (.join comma [(cut digits first-group)
                                     #* (gfor start (range first-group (len digits) interval)
                                              (cut digits start (+ start interval)))])))
        (.rjust (+ (cond (< x 0) "-" (in "@" modifiers) "+" True "") digits) width padding))
      ;; PADDING is not for this: zeros behind a fraction would read as its digits.
      (.ljust (princ-to-string x) width)))

;; DIRECTIVE matches at any tilde, whatever comes behind it, so it never goes back to try again.
(setv PARAMETER r"(?:'[\s\S]?|[Vv#]|[+-]?[0-9]+|)"
      PARAMETERS (re.compile (.format "(?:^|,)({})" PARAMETER))
      DIRECTIVE (re.compile (.format r"~({0}(?:,{0})*)([:@]*)([\s\S]?)" PARAMETER))
      ;; What Common Lisp calls whitespace: no no-break space, and here no end of line either.
      BLANKS (re.compile r"[ \t\f\r\v]*")
      ;; Of columns, lines, tildes: else a few digits take all the memory.
      LIMIT 1000000)

;; Parameters: the default, whose type they have, and of integers the least.
(setv WIDTH #(0 (- LIMIT))
      COUNT #(1 0)
      STEP #(1 1)
      PADDING #(" " None)
      COMMA #("," None)
      INTERVAL #(3 1))

(setv NEITHER #{""}
      EITHER #{"" ":" "@"}
      BOTH #{"" ":" "@" ":@" "@:"})

;; Directive -> the printer of its argument or the text that it repeats; modifiers; parameters, and
;; their defaults.
(setv DIRECTIVES (dfor [letters printer modifiers parameters]
                       [["Aa" (in-field princ-to-string) BOTH [WIDTH STEP WIDTH PADDING]]
                        ["Ss" (in-field prin1-to-string) BOTH [WIDTH STEP WIDTH PADDING]]
                        ["Dd" decimal BOTH [WIDTH PADDING COMMA INTERVAL]]
                        ["%" "\n" NEITHER [COUNT]]
                        ["&" "\n" NEITHER [COUNT]]
                        ["~" "~" NEITHER [COUNT]]
                        ["\n" "\n" EITHER []]]
                       letter letters
                   letter #(printer modifiers parameters
                            (lfor [default _] parameters default))))
;; Most of what messages say, without the way through parameters.
(setv PLAIN {"~A" princ-to-string "~a" princ-to-string "~S" prin1-to-string "~s" prin1-to-string})

(defn format-control [control #* arguments [at-line-start True]]
  "The text that CONTROL, a control string with the directives ~A ~S ~D ~% ~& ~~ and ~newline, makes
  of ARGUMENTS, with all of Common Lisp's parameters and modifiers for them. AT-LINE-START says
  whether what was printed before ended its line, for ~&. An unknown directive, a parameter or
  modifier that it does not take, a missing argument: ValueError that points at it.

  => (format-control \"~A and ~S~%\" \"a\" \"b\")
  \"a and \\\"b\\\"\\n\"
  => (format-control \"~10,,,'.A~V:D\" \"octets\" 8 65536)
  \"octets....  65,536\"
  => (format-control \"~&~4@A\" None :at-line-start False)
  \"\\n NIL\""
  (setv out [] end 0 remaining (list (reversed arguments)))
  (for [directive (.finditer DIRECTIVE control)]
    (setv between (cut control end (.start directive))
          end (.end directive)
          plain (.get PLAIN (get directive 0)))
    ;; Only what has a last character: ~& looks for it.
    (when between (.append out between))
    (setv text (if plain
                 (plain (next-argument directive remaining))
                 (directed directive remaining
                           (if out (.endswith (get out -1) "\n") (bool at-line-start)))))
    (when text (.append out text))
    (when (and (= (get directive 3) "\n") (!= (get directive 2) ":"))
      (setv end (.end (.match BLANKS control end)))))
  (.append out (cut control end None))
  (.join "" out))

(defn directed [directive remaining at-line-start]
  "The text that DIRECTIVE, a match, makes of the REMAINING arguments, last first; it takes its."
  (setv [_ modifiers letter] (.groups directive))
  (when (not-in letter DIRECTIVES)
    (complain directive (if letter
                            "is not a directive that is known here: the format of hy_iolib.cl knows all"
                            "ends too early")))
  (setv [printer allowed expected parameters] (get DIRECTIVES letter))
  (when (not-in modifiers allowed)
    (complain directive "does not take these modifiers"))
  (when (get directive 1)
    (setv parameters (parameter-values directive expected remaining)))
  (cond
    (callable printer) (printer (next-argument directive remaining) modifiers #* parameters)
    (= letter "\n") (if (= modifiers "@") printer "")
    (= letter "&") (* printer (- (get parameters 0) at-line-start))
    True (* printer #* parameters)))

(defn next-argument [directive remaining]
  (when (not remaining) (complain directive "has no argument left"))
  (primary-value (.pop remaining)))

(defn parameter-values [directive expected remaining]
  "All parameters' values for DIRECTIVE: those that it gives, and the defaults of the others."
  (setv texts (.findall PARAMETERS (get directive 1)))
  (when (> (len texts) (len expected))
    (complain directive "has too many parameters"))
  (lfor [i [default least]] (enumerate expected)
    (do
      (setv value (if (< i (len texts)) (parameter-value (get texts i) directive remaining) None))
      (cond
        (nil? value) default
        (isinstance default str)
          (if (and (isinstance value str) (not (isinstance value #(Keyword Symbol)))
                   (= (len value) 1))
              value
              (complain directive f"takes a character as parameter {(+ i 1)}"))
        (and (integer? value) (<= least value LIMIT)) value
        True (complain directive
               f"takes an integer from {least} to {LIMIT} as parameter {(+ i 1)}")))))

(defn parameter-value [text directive remaining]
  (cond
    (= text "") None
    (= (get text 0) "'") (cut text 1 None)
    (in text "Vv") (next-argument directive remaining)
    (= text "#") (len remaining)
    ;; Digits without end would take time without end. Eight are too many already.
    True (* (if (= (get text 0) "-") -1 1) (int (+ "0" (cut (.lstrip text "+-0") 8))))))

(defn complain [directive why]
  (raise (ValueError (.format "{!r} at position {} of {!r} {}" (excerpt (get directive 0))
                              (.start directive) (excerpt directive.string) why))))

(defn excerpt [text]
  (if (> (len text) 200) (+ (cut text 200) "…") text))
