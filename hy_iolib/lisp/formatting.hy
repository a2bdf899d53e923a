"Control strings: Common Lisp's `format` directives, as far as messages need them."

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
    (or (is x None) (is x False) (and (isinstance x list) (not x))) "NIL"
    (is x True) "T"
    (isinstance x Keyword) (+ ":" (.upper x.name))
    (isinstance x Symbol) (.upper (str x))
    (isinstance x str) (+ "\"" (.replace (.replace x "\\" "\\\\") "\"" "\\\"") "\"")
    (isinstance x values) (prin1-to-string (primary-value x))
    (isinstance x tuple) (+ "#(" (.join " " (map prin1-to-string x)) ")")
    (isinstance x list) (+ "(" (.join " " (map prin1-to-string x)) ")")
    True (str x)))

(setv DIRECTIVE (re.compile r"~([^A-Za-z~%&\n]*)([\s\S]?)")
      BLANKS (re.compile r"\s*"))

;; Directive -> the text for an argument. Those below take none.
(setv PRINTERS {"A" princ-to-string
                "S" prin1-to-string
                "D" (fn [x] (if (and (isinstance x int) (not (isinstance x bool)))
                                (str x)
                                (princ-to-string x)))})
;; Behind a tilde, the end of a line and the indentation of the next are not there.
(setv CONSTANTS {"%" "\n" "~" "~" "\n" ""})

(defn format-control [control #* arguments]
  "The text that CONTROL, a control string with the directives ~A ~S ~D ~% ~& and ~~, makes of
  ARGUMENTS. An unknown directive, a parameter, a missing argument: ValueError that points at it.

  => (format-control \"~A and ~S~%\" \"a\" \"b\")
  \"a and \\\"b\\\"\\n\""
  (setv out [] end 0 remaining (iter arguments))
  (for [directive (.finditer DIRECTIVE control)]
    (.append out (cut control end (.start directive)))
    (setv end (if (= (get directive 2) "\n")
                (.end (.match BLANKS control (.end directive)))
                (.end directive))
          letter (.upper (get directive 2)))
    (.append out
      (cond
        (get directive 1) (complain directive "takes no parameters here")
        (in letter CONSTANTS) (get CONSTANTS letter)
        (= letter "&") (if (in (cut (.join "" out) -1 None) #("" "\n")) "" "\n")
        (in letter PRINTERS)
          (do
            (setv argument (next remaining complain))
            (when (is argument complain) (complain directive "has no argument left"))
            ((get PRINTERS letter) argument))
        True (complain directive "is not a directive that is known"))))
  (.append out (cut control end None))
  (.join "" out))

(defn complain [directive why]
  (raise (ValueError (.format "{!r} at position {} of {!r} {}" (get directive 0)
                              (.start directive) directive.string why))))
