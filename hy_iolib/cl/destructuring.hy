"What `destructuring-bind` and macros find of a list that does not match their lambda list, in SBCL's
words."

(eval-when-compile
  (require hy-iolib.cl.definitions [defcl]
           hy-iolib.lisp.conditions [defcondition]))
(import hy-iolib.cl.classes [name-class sbcl-package])
(import hy-iolib.cl.conses [cons elements nil?])
(import hy-iolib.cl.printer [prin1-text])
(import hy-iolib.cl.symbols [key])
(import hy-iolib.lisp.conditions [error])
(import hy-iolib.lisp.handlers [signal-error])

(export :objects [] :macros [])

(defcondition arg-count-error [error] "A list has too few or too many elements for a lambda list."
  [message]
  self.message)

(defcondition broken-key-list-error [error] "Keywords and values are not what a lambda list takes."
  [message]
  self.message)

;; SBCL does not export these names.
(for [[name cls] [["ARG-COUNT-ERROR" arg-count-error]
                  ["DEFMACRO-LAMBDA-LIST-BROKEN-KEY-LIST-ERROR" broken-key-list-error]]]
  (name-class (.intern (sbcl-package "SB-KERNEL") name) cls))

(defn mismatch [kind operator text]
  (signal-error kind :message f"Error while parsing arguments to {operator}:\n  {text}"))

(defn shown [x]
  (if (nil? x) "()" (prin1-text x)))

(defcl sys::check-elements [x least most lambda-list operator]
  "Has the list X from LEAST to MOST elements (nil: any number)?"
  (setv n 0 rest x)
  (while (is rest.__class__ cons)
    (+= n 1)
    (setv rest rest.cdr))
  (when (is rest.__class__ list)
    (+= n (len rest))
    (setv rest None))
  (setv dotted (not (nil? rest)))
  (when (or (< n least) (and (is-not most None) (> n most)) (and dotted (or (= n 0) (is-not most None))))
    (mismatch arg-count-error operator
      (.format "{} in\n    {}\n  to satisfy lambda list\n    {}:\n  {} expected, but got {}"
               (cond
                 dotted "invalid number of elements"
                 (< n least) "too few elements"
                 True "too many elements")
               (shown x) (shown lambda-list)
               (cond
                 (is most None) f"at least {least}"
                 (= least most) f"exactly {least}"
                 True f"between {least} and {most}")
               (if dotted "a non-list" n)))))

(defcl sys::find-key [plist word]
  "The part of PLIST that begins with WORD, or nil."
  (while (is plist.__class__ cons)
    (when (is plist.car word)
      (return plist))
    (setv plist (if (is plist.cdr.__class__ cons) plist.cdr.cdr None))))

(setv ALLOW (key "allow-other-keys"))

(defcl sys::check-keys [plist words allow operator]
  "Has PLIST, keywords and values, no other keywords than WORDS?"
  (setv rest plist words (list (elements words)))
  (while (is rest.__class__ cons)
    (when (is-not rest.cdr.__class__ cons)
      (mismatch broken-key-list-error operator
        (+ "odd number of elements in keyword/value list: " (shown plist))))
    (when (and (is rest.car ALLOW) (not (nil? rest.cdr.car)))
      (setv allow True))
    (setv rest rest.cdr.cdr))
  (when (nil? allow)
    (setv rest plist)
    (while (is rest.__class__ cons)
      (when (not (or (is rest.car ALLOW) (any (gfor w words (is w rest.car)))))
        (mismatch broken-key-list-error operator
          (+ "unknown keyword: " (prin1-text rest.car) "; expected one of "
             (.join ", " (map prin1-text words)))))
      (setv rest rest.cdr.cdr))))
