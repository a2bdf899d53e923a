"The pretty printer: lists and vectors that are too long for a line, broken as SBCL breaks them, and
the operators that say where lines may be broken.

What fits on its line is most of what is printed; it is found out first, without a pretty stream."

(eval-when-compile (require hy-iolib.cl.definitions [defcl defcl-macro form]))
(import collections [deque])
(import hy-iolib.cl.arrays [adjustable-vector lisp-array octet-vector vector])
(import hy-iolib.cl.conses [cons elements lisp-list nil?])
(import hy-iolib.cl.errors [program-error])
(import hy-iolib.cl.printer
  [BARE COMPOUND LEAVES QUOTED arrays-shown bound-escape current-level flat limit output-object
   print-length print-level print-lines print-miser-width print-pprint-dispatch print-pretty
   print-readably print-right-margin product token too-deep write-instance])
(import hy-iolib.cl.string-streams [lisp-stream])
(import hy-iolib.cl.definitions [SYSTEM functions macros])
(import hy-iolib.cl.symbols [COMMON-LISP cl-symbol fbound key symbol symbol-name symbol?])
(import hy-iolib.lisp.checking [refuse])
(import hy-iolib.lisp.handlers [signal-error])
(import hy-iolib.lisp.multiple-values [values])
(import hy-iolib.lisp.specials [bound special])

(export :objects [] :macros [])

(setv LINE-LENGTH 80)

;; ---- What fits

(defn write-pretty [x out escape]
  "Write X, which is no leaf, to OUT, prettily."
  (setv pretty (isinstance out pretty-stream))
  (when (not (or pretty (abbreviating)))
    (setv text (text-if-simple x escape))
    (when (and (is-not text None) (not-in "\n" text)
               (<= (+ (or (.column out) 0) (len text)) (line-length)))
      (return (.put out text))))
  (with [_ (bound-escape escape)]
    (setv function (pretty-printer x))
    (cond
      (is function None)
        (if (or (in x.__class__ COMPOUND) (in x.__class__ (get LEAVES (bool escape))))
            (.put out (flat x escape current-level.value))
            (write-instance x out escape current-level.value))
      pretty
        (function out x)
      True
        (on-pretty-stream out (fn [stream] (function stream x))))))

(defn abbreviating []
  "Is anything in force that changes more than where lines end?"
  (not (and (nil? print-length.value) (nil? print-level.value) (nil? print-lines.value)
            (not (. print-pprint-dispatch value entries)))))

(defn line-length []
  (setv margin print-right-margin.value)
  (if (nil? margin) LINE-LENGTH margin))

(defn text-if-simple [x escape]
  "The text of X, if it is the same whether printed prettily or not, line ends apart; or None."
  (setv c x.__class__
        leaf (.get (if escape QUOTED BARE) c))
  (cond
    leaf (leaf x)
    (is c cons) (cons-if-simple x escape)
    (in c VECTORS) (if (arrays-shown) (items-if-simple "#(" x escape) None)
    (is c list) (if x (items-if-simple "(" x escape) (flat None escape 0))
    True None))

(setv VECTORS #{tuple vector adjustable-vector bytes bytearray octet-vector})

(defn cons-if-simple [x escape]
  (setv head x.car)
  (when (and (is head.__class__ symbol)
             (or (in head dispatch) (is-not (body-place head) None)))
    ;; (quote x) is on one line, whatever comes.
    (setv sigil (sigil-of x))
    (when (is sigil None)
      (return None))
    (setv text (text-if-simple x.cdr.car escape))
    (return (if (or (is text None) (and (= sigil ",") (in (cut text 1) "@.")))
                None
                (+ sigil text))))
  (setv out [] rest x
        table (if escape QUOTED BARE))
  (while (is rest.__class__ cons)
    (setv item rest.car
          leaf (.get table item.__class__))
    (if leaf
        (.append out (leaf item))
        (do
          (setv text (text-if-simple item escape))
          (when (is text None)
            (return None))
          (.append out text)))
    (setv rest rest.cdr)
    (when (and (is rest.__class__ cons) (is rest.car.__class__ symbol) (quasi? rest))
      (return None)))
  (when (not (nil? rest))
    (setv text (if (is rest.__class__ list) None (text-if-simple rest escape)))
    (when (is text None)
      (return None))
    (.extend out ["." text]))
  (+ "(" (.join " " out) ")"))

(defn items-if-simple [before items escape]
  (setv out [])
  (for [item items]
    (setv text (text-if-simple item escape))
    (when (is text None)
      (return None))
    (.append out text))
  (+ before (.join " " out) ")"))

;; ---- Pretty streams

;; A queue of what is known of the text in the buffer, each with its position in the text.
(defclass Newline []
  "A place for a line break; `end` is where the section behind it ends."
  (defn __init__ [self position kind depth]
    (setv self.position position self.kind kind self.depth depth self.end None)))

(defclass BlockStart []
  (defn __init__ [self position depth prefix suffix]
    (setv self.position position self.depth depth self.prefix prefix self.suffix suffix
          self.end None self.block-end None)))

(defclass BlockEnd []
  (defn __init__ [self position] (setv self.position position)))

(defclass Indentation []
  (defn __init__ [self position current amount]
    (setv self.position position self.current current self.amount amount)))

(defclass Tab []
  (defn __init__ [self position section relative column step]
    (setv self.position position self.section section self.relative relative self.column column
          self.step step)))

(defclass Block []
  "A logical block that is broken into lines. `prefix` is what lines in it begin with, of which the
  first `least` characters are there whatever the indentation; `suffix` is what is still to come
  when it and all outer ones end."
  (defn __init__ [self column prefix least suffix line]
    (setv self.column column self.section-column column self.prefix prefix self.least least
          self.suffix suffix self.section-line line))

  (defn indent [self column]
    (setv column (max self.least column)
          self.prefix (+ (cut self.prefix column) (* " " (- column (len self.prefix)))))))

(defclass line-limit [BaseException]
  "All the lines are there that *print-lines* allows.")

(defclass pretty-stream [lisp-stream]
  "A stream that breaks lines and sends them to TARGET."
  (setv writes True
        printed-name "SB-PRETTY:PRETTY-STREAM")

  (defn __init__ [self target]
    (setv self.target target
          self.line-length (line-length)
          self.buffer ""
          ;; The position in the text of the buffer's first character, and its column.
          self.offset 0
          self.start-column (or (.column target) 0)
          self.line 0
          self.lines (if (nil? print-lines.value) None print-lines.value)
          self.blocks [(Block 0 "" 0 "" 0)]
          self.queue (deque)
          self.pending []
          ;; A function to be called with the next text, before that is written.
          self.before None))

  (defn column [self]
    (.column-of self (len self.buffer)))

  (defn put [self text]
    (when (not text)
      (return))
    (when self.before
      (setv before self.before
            self.before None)
      (before text))
    (setv [first #* rest] (.split text "\n"))
    (+= self.buffer first)
    (for [line rest]
      (.newline self "literal")
      (+= self.buffer line)))

  (defn position [self]
    (+ self.offset (len self.buffer)))

  ;; ---- What is enqueued

  (defn newline [self kind]
    (setv depth (len self.pending)
          n (Newline (.position self) kind depth))
    (for [x self.queue]
      (when (and (isinstance x #(Newline BlockStart)) (is x.end None) (<= depth x.depth))
        (setv x.end n)))
    (.append self.queue n)
    (.maybe-output self (in kind #("literal" "mandatory"))))

  (defn indent [self current amount]
    (.append self.queue (Indentation (.position self) current amount)))

  (defn tab [self section relative column step]
    (.append self.queue (Tab (.position self) section relative column step)))

  (defn start-block [self prefix suffix [each-line False]]
    (.put self prefix)
    (setv start (BlockStart (.position self) (len self.pending) (if each-line prefix None) suffix))
    (.append self.queue start)
    (.append self.pending start))

  (defn end-block [self]
    (setv start (.pop self.pending)
          end (BlockEnd (.position self)))
    (.append self.queue end)
    (.put self start.suffix)
    (setv start.block-end end))

  ;; ---- Columns

  (defn column-of [self index]
    "The column of the character at INDEX of the buffer, with the tabs before it."
    (setv column self.start-column
          section (. (get self.blocks -1) section-column)
          end (+ index self.offset))
    (for [x self.queue]
      (when (>= x.position end)
        (break))
      (setv place (- x.position self.offset))
      (cond
        (isinstance x Tab) (+= column (tab-size x section (+ column place)))
        (isinstance x #(Newline BlockStart)) (setv section (+ column place))))
    (+ column index))

  (defn column-at [self position]
    (.column-of self (- position self.offset)))

  (defn expand-tabs [self through]
    (setv column self.start-column
          section (. (get self.blocks -1) section-column)
          inserted 0)
    (for [x self.queue]
      (setv place (- x.position self.offset))
      (cond
        (isinstance x Tab)
          (do
            (setv size (tab-size x section (+ column place))
                  place (+ place inserted)
                  self.buffer (+ (cut self.buffer place) (* " " size) (cut self.buffer place None)))
            (+= column size)
            (+= inserted size))
        (isinstance x #(Newline BlockStart))
          (setv section (+ column place)))
      (when (is x through)
        (break)))
    (-= self.offset inserted))

  ;; ---- Output

  (defn maybe-output [self force]
    "Decide on what is in the queue, as far as that is possible; with FORCE, the line ends here."
    (setv queue self.queue)
    (while queue
      (setv x (get queue 0))
      (cond
        (isinstance x Newline)
          (do
            (setv breaks (cond
                           (= x.kind "miser") (.misering self)
                           (!= x.kind "fill") True
                           (or (.misering self)
                               (> self.line (. (get self.blocks -1) section-line)))
                             True
                           True (do
                                  (setv fits (.fits self x.end force))
                                  (if (is fits None) None (not fits)))))
            (when (is breaks None)
              (return))
            (.popleft queue)
            (when breaks
              (.output-line self x)))
        (isinstance x Indentation)
          (do
            (.popleft queue)
            (when (not (.misering self))
              (setv block (get self.blocks -1)
                    start (if x.current (.column-at self x.position) block.column))
              (.indent block (+ start x.amount))))
        (isinstance x BlockStart)
          (do
            (setv fits (.fits self x.end force))
            (cond
              (is fits None) (return)
              fits
                (do
                  ;; All of it is one long literal.
                  (.expand-tabs self x.block-end)
                  (while (is-not (.popleft queue) x.block-end)))
              True
                (do
                  (setv column (.column-at self x.position))
                  (.popleft queue)
                  (.really-start self column x.prefix x.suffix))))
        (isinstance x BlockEnd)
          (do
            (.popleft queue)
            (.pop self.blocks))
        True
          (do
            (.expand-tabs self x)
            (.popleft queue)))))

  (defn really-start [self column prefix suffix]
    (setv outer (get self.blocks -1)
          block (Block column outer.prefix outer.least (+ suffix outer.suffix) self.line))
    (.indent block column)
    (when (is-not prefix None)
      (setv block.least column
            block.prefix (+ (cut block.prefix (- column (len prefix))) prefix)))
    (.append self.blocks block))

  (defn misering [self]
    (setv width print-miser-width.value)
    (and (not (nil? width))
         (<= (- self.line-length (. (get self.blocks -1) column)) width)))

  (defn fits [self until force]
    "Does all up to UNTIL, a thing in the queue, fit on the line? None if that can't be known yet."
    (setv available self.line-length)
    (when (= self.lines self.line)
      (-= available (+ 3 (len (. (get self.blocks -1) suffix)))))
    (cond
      (is-not until None) (<= (.column-at self until.position) available)
      force False
      (> (.column self) available) False
      True None))

  (defn output-line [self newline]
    (setv block (get self.blocks -1)
          literal (= newline.kind "literal")
          consumed (- newline.position self.offset)
          line (cut self.buffer consumed))
    (.put self.target (if literal line (.rstrip line " ")))
    (+= self.line 1)
    (when (and (is-not self.lines None) (>= self.line self.lines) (nil? print-readably.value))
      (.put self.target (+ " .." block.suffix))
      (raise (line-limit)))
    (.put self.target "\n")
    (setv prefix (if literal (cut block.prefix block.least) block.prefix)
          self.start-column 0
          self.buffer (+ prefix (cut self.buffer consumed None)))
    (+= self.offset (- consumed (len prefix)))
    (when (not literal)
      (setv block.section-column (len prefix)
            block.section-line self.line)))

  (defn finish-pretty [self]
    (.maybe-output self False)
    (.expand-tabs self None)
    (.put self.target self.buffer)))

(defn tab-size [tab section column]
  (setv width tab.column
        place (- column (if tab.section section 0)))
  (cond
    tab.relative
      (do
        (setv rest (if (> tab.step 1) (% (+ place width) tab.step) 0))
        (+ width (if rest (- tab.step rest) 0)))
    (< place width) (- width place)
    (= tab.step 0) 0
    True (- tab.step (% (- place width) tab.step))))

(defn on-pretty-stream [out function]
  "Call FUNCTION with a pretty stream that sends its lines to OUT."
  (if (isinstance out pretty-stream)
      (function out)
      (try
        (setv stream (pretty-stream out))
        (function stream)
        (.finish-pretty stream)
        (except [line-limit])))
  None)

(defn pretty? [stream]
  "Are logical blocks of use on STREAM?"
  (and (isinstance stream pretty-stream) (not (nil? print-pretty.value))))

;; ---- Logical blocks

(defclass block-exit [BaseException]
  "The way out of a logical block whose list is at its end; its argument is the block's popper.")

(defclass Popper []
  "The LIST of a logical block on STREAM, an element after the other."
  (setv __slots__ #("rest" "stream" "count"))
  (defn __init__ [self rest stream]
    (setv self.rest rest self.stream stream self.count 0))

  (defn pop [self]
    (setv rest self.rest stream self.stream)
    (cond
      (not (or (is rest.__class__ cons) (nil? rest)))
        (do
          (.put stream ". ")
          (output-object rest stream)
          (raise (block-exit self)))
      (= self.count (limit print-length))
        (do
          (.put stream "...")
          (raise (block-exit self)))
      (nil? rest) None
      ;; `(a . `b) must not look like a list of three.
      (and self.count (quasi? rest))
        (do
          (.put stream ". ")
          (output-object rest stream)
          (raise (block-exit self)))
      True
        (do
          (+= self.count 1)
          (setv self.rest rest.cdr)
          rest.car)))

  (defn exit-if-exhausted [self]
    (when (nil? self.rest)
      (raise (block-exit self)))))

(defclass Counter [Popper]
  "What stands for the list of a block that has none: only *print-length* counts."
  (defn pop [self]
    (when (= self.count (limit print-length))
      (.put self.stream "...")
      (raise (block-exit self)))
    (+= self.count 1)
    None)
  (defn exit-if-exhausted [self]
    (raise (block-exit self))))

(defn as-conses [x]
  "X, but a list of Python's as conses."
  (if (and (is x.__class__ list) x) (lisp-list x) x))

(defn logical-block [out x prefix suffix function [each-line False] [counted False]]
  "Write the list X to OUT: FUNCTION is called with a pretty stream and what pops the elements. With
  COUNTED there is no list."
  (setv x (as-conses x))
  (defn run [stream]
    (if (and (not counted) (if (is x.__class__ cons) (quasi? x) (not (nil? x))))
        (output-object x stream)
        (do
          (setv depth current-level.value)
          (if (too-deep depth)
              (.put stream "#")
              (with [_ (bound [#(current-level (+ depth 1))])]
                (.start-block stream prefix suffix each-line)
                (setv popper (if counted (Counter None stream) (Popper x stream)))
                (try
                  (function stream popper)
                  (except [e block-exit]
                    (when (is-not (get e.args 0) popper)
                      (raise))))
                (.end-block stream))))))
  (on-pretty-stream out run))

;; ---- How lists are printed

(defn filled [stream popper [kind "fill"]]
  (.exit-if-exhausted popper)
  (while True
    (output-object (.pop popper) stream)
    (.exit-if-exhausted popper)
    (.put stream " ")
    (when kind
      (.newline stream kind))))

(defn pprint-fill [stream x]
  (logical-block stream x "(" ")" filled))

(defn pprint-linear [stream x]
  (logical-block stream x "(" ")" (fn [stream popper] (filled stream popper "linear"))))

(defn by-control [control]
  "A function that prints lists as a control string says."
  (fn [stream x]
    (import hy-iolib.cl.formatting [format-to])
    (format-to stream control #(x))))

(setv BACKQUOTE (.intern SYSTEM "BACKQUOTE")
      UNQUOTE (.intern SYSTEM "UNQUOTE")
      SIGILS {(cl-symbol "quote") "'" (cl-symbol "function") "#'" BACKQUOTE "`" UNQUOTE ","
              (.intern SYSTEM "UNQUOTE-SPLICE") ",@" (.intern SYSTEM "UNQUOTE-NSPLICE") ",."}
      ;; What the reader makes of backquotes and commas.
      QUASI (tuple (gfor s SIGILS :if (is s.package SYSTEM) s)))

;; Where it is nil, (function x) is no #'x: in declarations it is another thing.
(setv sugar (special "sugar" True))

(defn quasi? [x]
  "Is the cons X what the reader makes of a backquote or a comma?"
  (and (is x.car.__class__ symbol) (is x.car.package SYSTEM) (in x.car SIGILS)
       (is x.cdr.__class__ cons) (nil? x.cdr.cdr)))

(defn cons? [x]
  "Is X a cons? SBCL's commas are none."
  (and (is x.__class__ cons) (not (and (quasi? x) (is-not x.car BACKQUOTE)))))

(defn sigil-of [x]
  "What stands for the operator of the form X: of (quote y), a quote sign; or None."
  (setv sigil (.get SIGILS x.car))
  (when (and (is x.car.package COMMON-LISP) (not sugar.value))
    (return None))
  (if (and sigil (is x.cdr.__class__ cons) (nil? x.cdr.cdr)) sigil None))

(defn pprint-quote [stream x]
  (setv sigil (sigil-of x))
  (if (is sigil None)
      (pprint-fill stream x)
      (do
        (.put stream sigil)
        (when (is x.car UNQUOTE)
          ;; A symbol called @x must not look like a comma of the other kind.
          (setv stream.before (fn [text]
                                (when (in (get text 0) "@.")
                                  (.put stream " ")))))
        (output-object x.cdr.car stream))))

(defn pprint-lambda-list [stream x]
  (defn write [stream popper]
    (setv state None first True)
    (while True
      (.exit-if-exhausted popper)
      (when (not first)
        (.put stream " "))
      (setv argument (.pop popper)
            marker (if (isinstance argument symbol) (.get LAMBDA-LIST-MARKERS argument) None))
      (.newline stream (if marker "linear" "fill"))
      (when marker
        (setv state marker))
      (logical-block stream argument "(" ")"
                     (if (= state "key") pprint-key-parameter
                         (fn [stream popper] (filled stream popper "linear"))))
      (setv first False)))
  (logical-block stream x "(" ")" write))

(setv LAMBDA-LIST-MARKERS {(cl-symbol "&optional") "optional" (cl-symbol "&aux") "optional"
                           (cl-symbol "&rest") "required" (cl-symbol "&body") "required"
                           (cl-symbol "&key") "key"})

(defn pprint-key-parameter [stream popper]
  (.exit-if-exhausted popper)
  (logical-block stream (.pop popper) "(" ")" filled)
  (while True
    (.exit-if-exhausted popper)
    (.put stream " ")
    (.newline stream "linear")
    (output-object (.pop popper) stream)))

(defn pprint-flet [stream x]
  (if (and (is x.cdr.__class__ cons) (is x.cdr.cdr.__class__ cons)
           (is-not x.cdr.cdr.car (key "in")))
      (flet-by-control stream x)
      (logical-block stream x "(" ")" (fn [stream popper] (filled stream popper None)))))

(setv flet-by-control
        (by-control (+ "~:<~^~W~^ ~@_~:<~@{~:<~^~W~^~3I ~:_~/%LAMBDA-LIST/~1I~:@_"
                       "~@{~W~^ ~_~}~:>~^ ~_~}~:>~1I~@:_~@{~W~^ ~_~}~:>")))

(defn pprint-setq [stream x]
  (defn write [stream popper]
    (.exit-if-exhausted popper)
    (output-object (.pop popper) stream)
    (.exit-if-exhausted popper)
    (.put stream " ")
    (when (not (or (nil? x.cdr) (is x.cdr.__class__ cons)))
      (.put stream ". "))
    (.newline stream "miser")
    (logical-block stream x.cdr "" "" write-pairs))
  (defn write-pairs [stream popper]
    (while True
      (.indent stream False 2)
      (output-object (.pop popper) stream)
      (.exit-if-exhausted popper)
      (.put stream " ")
      (.newline stream "fill")
      (.indent stream False 0)
      (output-object (.pop popper) stream)
      (.exit-if-exhausted popper)
      (.put stream " ")
      (.newline stream "mandatory")))
  (logical-block stream x "(" ")" write))

(defn tagbody-guts [stream popper]
  (while True
    (.exit-if-exhausted popper)
    (.put stream " ")
    (setv form-or-tag (.pop popper))
    (.indent stream False (if (cons? form-or-tag) 1 0))
    (.newline stream "linear")
    (output-object form-or-tag stream)))

(defn pprint-tagbody [stream x]
  (defn write [stream popper]
    (.exit-if-exhausted popper)
    (output-object (.pop popper) stream)
    (tagbody-guts stream popper))
  (logical-block stream x "(" ")" write))

(defn pprint-defmethod [stream x]
  ((if (and (is x.cdr.__class__ cons) (is x.cdr.cdr.__class__ cons)
            (cons? x.cdr.cdr.car))
       pprint-defun
       pprint-qualified-method)
   stream x))

(setv pprint-defun
        (by-control "~:<~^~W~^ ~@_~:I~W~^ ~:_~/%LAMBDA-LIST/~1I~@{ ~_~W~}~:>")
      pprint-qualified-method
        (by-control "~:<~^~W~^ ~@_~:I~W~^ ~W~^ ~:_~/%LAMBDA-LIST/~1I~@{ ~_~W~}~:>"))

(setv do-bindings (by-control "~:<~@{~:<~^~W~^ ~@_~:I~W~@{ ~_~W~}~:>~^~:@_~}~:>")
      dolist-bindings (by-control "~:<~^~W~^ ~:_~:I~W~@{ ~_~W~}~:>"))

(defn pprint-do [stream x]
  (defn write [stream popper]
    (.exit-if-exhausted popper)
    (output-object (.pop popper) stream)
    (.exit-if-exhausted popper)
    (.put stream " ")
    (.indent stream True 0)
    (do-bindings stream (.pop popper))
    (.exit-if-exhausted popper)
    (.put stream " ")
    (.newline stream "linear")
    (pprint-linear stream (.pop popper))
    (tagbody-guts stream popper))
  (logical-block stream x "(" ")" write))

(defn pprint-dolist [stream x]
  (defn write [stream popper]
    (.exit-if-exhausted popper)
    (output-object (.pop popper) stream)
    (.exit-if-exhausted popper)
    (.indent stream False 3)
    (.put stream " ")
    (.newline stream "fill")
    (dolist-bindings stream (.pop popper))
    (tagbody-guts stream popper))
  (logical-block stream x "(" ")" write))

(defn pprint-prog [stream x]
  (defn write [stream popper]
    (.exit-if-exhausted popper)
    (output-object (.pop popper) stream)
    (.exit-if-exhausted popper)
    (.put stream " ")
    (.newline stream "miser")
    (pprint-fill stream (.pop popper))
    (tagbody-guts stream popper))
  (logical-block stream x "(" ")" write))

(setv LOOP-CLAUSES
        (set (.split (+ "AND WITH FOR INITIALLY FINALLY DO DOING COLLECT COLLECTING APPEND "
                        "APPENDING NCONC NCONCING COUNT COUNTING SUM SUMMING MAXIMIZE MAXIMIZING "
                        "MINIMIZE MINIMIZING IF WHEN UNLESS END WHILE UNTIL REPEAT ALWAYS NEVER "
                        "THEREIS"))))

(defn pprint-loop [stream x]
  (defn write [stream popper]
    (output-object (.pop popper) stream)
    (.exit-if-exhausted popper)
    (.put stream " ")
    (.indent stream True 0)
    (output-object (.pop popper) stream)
    (.exit-if-exhausted popper)
    (.put stream " ")
    (while True
      (setv item (.pop popper))
      (when (and (symbol? item) (in (symbol-name item) LOOP-CLAUSES))
        (.newline stream "mandatory"))
      (output-object item stream)
      (.exit-if-exhausted popper)
      (.put stream " ")))
  (if (or (not (is x.cdr.__class__ cons)) (cons? x.cdr.car))
      (pprint-spread-call stream x)
      (logical-block stream x "(" ")" write)))

(setv pprint-call (by-control "~:<~^~W~^ ~:_~:I~@{~W~^ ~:_~}~:>")
      pprint-spread-call (by-control "~:<~^~W~^ ~:_~:I~@{~W~^ ~:@_~}~:>"))

(defn pprint-declare [stream x]
  (with [_ (bound [#(sugar None)])]
    (pprint-spread-call stream x)))

(setv pprint-block (by-control "~:<~^~W~^~3I ~:_~W~1I~@{ ~_~W~}~:>"))

;; What the control strings here call by a name that no program has.
(setv directive-functions {"%LAMBDA-LIST" pprint-lambda-list "%FILL" pprint-fill})

;; Symbol that begins a list -> how that is printed.
(setv dispatch {})
(for [[names function]
      [["lambda" (by-control "~:<~^~W~^~3I ~:_~/%LAMBDA-LIST/~1I~@{ ~_~W~}~:>")]
       ["declare declaim" pprint-declare]
       [(+ "block catch return-from throw eval-when multiple-value-call multiple-value-prog1 "
           "unwind-protect defconstant defparameter defstruct defvar multiple-value-setq prog1 "
           "pprint-logical-block print-unreadable-object unless when with-compilation-unit "
           "with-simple-restart with-hash-table-iterator with-package-iterator "
           "with-input-from-string with-output-to-string with-open-file with-open-stream")
        pprint-block]
       ["flet labels macrolet" pprint-flet]
       ["quote function" pprint-quote]
       ["if" (by-control "~:<~^~W~^ ~:I~W~^ ~:@_~@{~W~^ ~:@_~}~:>")]
       ["let let* symbol-macrolet"
        (by-control (+ "~:<~^~W~^ ~@_~:<~@{~:<~^~W~@{ ~_~W~}~:>~^ ~_~}~:>~1I~^~:@_"
                       "~@{~W~^ ~_~}~:>"))]
       ["locally progn step time with-standard-io-syntax" pprint-linear]
       ["progv" (by-control "~:<~^~W~^~3I ~_~W~^ ~_~W~^~1I~@{ ~_~W~}~:>")]
       ["setq psetq setf psetf" pprint-setq]
       ["tagbody" pprint-tagbody]
       ["case ccase ecase"
        (by-control "~:<~^~W~^ ~3I~:_~W~1I~@{ ~_~:<~^~/%FILL/~^~@{ ~_~W~}~:>~}~:>")]
       ["ctypecase etypecase typecase"
        (by-control "~:<~^~W~^ ~3I~:_~W~1I~@{ ~_~:<~^~W~^~@{ ~_~W~}~:>~}~:>")]
       ["define-modify-macro define-setf-expander defmacro defsetf deftype defun" pprint-defun]
       ["defmethod" pprint-defmethod]
       ["defpackage"
        (by-control "~:<~W~^ ~3I~:_~W~^~1I~@{~:@_~:<~^~W~^ ~:I~@_~@{~W~^ ~_~}~:>~}~:>")]
       ["destructuring-bind"
        (by-control "~:<~^~W~^~3I ~_~/%LAMBDA-LIST/~^ ~_~W~^~1I~@{ ~_~W~}~:>")]
       ["do do*" pprint-do]
       ["do-all-symbols do-external-symbols do-symbols dolist dotimes" pprint-dolist]
       ["loop" pprint-loop]
       ["multiple-value-bind prog2" (by-control "~:<~^~W~^~3I ~:_~W~^ ~_~W~^~1I~@{ ~_~W~}~:>")]
       ["prog prog*" pprint-prog]]]
  (for [name (.split names)]
    (setv (get dispatch (cl-symbol name)) function)))
(for [s QUASI]
  (setv (get dispatch s) pprint-quote))

;; Of macros that are not in there: how many arguments come before the body.
(setv BODIES (dfor [name count] [["define-compiler-macro" 2] ["define-condition" 3]
                                 ["define-method-combination" 1] ["defgeneric" 2]
                                 ["handler-bind" 1] ["restart-bind" 1] ["restart-case" 1]
                                 ["with-accessors" 2] ["with-condition-restarts" 2]
                                 ["with-slots" 2]]
                   (cl-symbol name) count))

;; Of Common Lisp's names those that are no operators, no classes and no variables.
(setv WORDS
        (set (.split (+ "BASE-STRING BOOLEAN CALL-NEXT-METHOD COMPILATION-SPEED COMPILED-FUNCTION "
                        "COMPILER-MACRO DEBUG DECLARATION DECLARE DYNAMIC-EXTENT EXTENDED-CHAR "
                        "FTYPE IGNORABLE IGNORE INLINE LONG-FLOAT MAKE-METHOD NEXT-METHOD-P "
                        "NOTINLINE OPTIMIZE OTHERWISE SAFETY SATISFIES SHORT-FLOAT SIGNED-BYTE "
                        "SIMPLE-BASE-STRING SIMPLE-BIT-VECTOR SPACE SPECIAL SPEED STANDARD "
                        "STANDARD-CHAR STRUCTURE TYPE UNSIGNED-BYTE VARIABLE"))))

(defn operator? [s]
  "Does the symbol S mean a function, a macro or a special operator? Some are the compiler's alone
  here."
  (or (is-not (fbound s) None)
      (in "macro" s.info)
      (and (is s.package COMMON-LISP)
           (in s.name COMMON-LISP.external)
           (not (or (.startswith s.name "&") (in s.name WORDS)
                    (in "special" s.info) (in "constant" s.info) (in "class" s.info))))))

(defn body-place [s]
  "How many arguments the macro S has before its body; None if it has none, or is no macro."
  (or (.get BODIES s)
      (getattr (.get s.info "macro") "body_place" None)))

(defn pprint-macro-call [stream x]
  (setv count (body-place x.car))
  (defn write [stream popper]
    (output-object (.pop popper) stream)
    (.exit-if-exhausted popper)
    (.put stream " ")
    (for [i (range count)]
      (when i
        (.indent stream False 3)
        (.newline stream "mandatory"))
      (output-object (.pop popper) stream)
      (.exit-if-exhausted popper))
    (.indent stream False 1)
    (.newline stream "mandatory")
    (while True
      (output-object (.pop popper) stream)
      (.exit-if-exhausted popper)
      (.newline stream "mandatory")))
  (logical-block stream x "(" ")" write))

(defn pprint-vector [stream x]
  (defn write [stream popper]
    (for [[i item] (enumerate x)]
      (when i
        (.put stream " ")
        (.newline stream "fill"))
      (.pop popper)
      (output-object item stream)))
  (logical-block stream None "#(" ")" write :counted True))

(defn pprint-array [stream x]
  (.put stream f"#{(len x.dimensions)}A")
  (defn write-part [stream index dimensions]
    (if (not dimensions)
        (output-object (get x.elements index) stream)
        (logical-block stream None "(" ")" :counted True
          (fn [stream popper]
            (setv [count #* rest] dimensions)
            (for [i (range count)]
              (when i
                (.put stream " ")
                (.newline stream (if rest "linear" "fill")))
              (.pop popper)
              (write-part stream (+ index (* i (product rest))) rest))))))
  (write-part stream 0 (list x.dimensions)))

(defn write-pretty-structure [name slots out]
  (defn write [stream popper]
    (output-object name stream)
    (for [[i [slot value]] (enumerate slots)]
      (.put stream " ")
      (.newline stream "linear")
      (.pop popper)
      (.put stream (+ ":" (token slot) " "))
      (.newline stream "miser")
      (output-object value stream)))
  (logical-block out None "#S(" ")" write :counted True))

(defn pretty-printer [x]
  "The function of a pretty stream and X that prints X; None if it is not printed prettily."
  (setv c x.__class__
        entry (entry-for x (. print-pprint-dispatch value entries)))
  (cond
    (is-not entry None) (fn [stream x] ((. entry function) stream x))
    (is c cons)
      (do
        (setv head x.car)
        (cond
          (not (isinstance head symbol)) pprint-fill
          (in head dispatch) (get dispatch head)
          (is-not (body-place head) None) pprint-macro-call
          (operator? head) pprint-call
          True pprint-fill))
    (and (is c list) x) pprint-fill
    (and (in c VECTORS) (arrays-shown)) pprint-vector
    (and (is c lisp-array) (arrays-shown)) pprint-array
    True None))

;; ---- Tables of how to print

(defclass pprint-dispatch-table []
  "What a program wants printed in its own way."
  (defn __init__ [self entries]
    (setv self.entries (list entries)))
  (defn __repr__ [self]
    "#<SB-PRETTY:PPRINT-DISPATCH-TABLE>"))

(defclass Entry []
  (defn __init__ [self type function priority]
    (setv self.type type self.function function self.priority priority)))

(when (is print-pprint-dispatch.value None)
  (setv print-pprint-dispatch.value (pprint-dispatch-table [])))

(defn entry-for [x entries]
  (for [entry entries]
    (when (not (nil? ((get functions "typep") x entry.type)))
      (return entry))))

(defcl copy-pprint-dispatch [[table :current]]
  "A copy of TABLE, by default of the one in force; of nil, the initial one."
  (pprint-dispatch-table (cond
                           (nil? table) []
                           (isinstance table pprint-dispatch-table) table.entries
                           True (. print-pprint-dispatch value entries))))

(defcl set-pprint-dispatch [type function [priority 0] [table None]]
  "Let FUNCTION, of a stream and an object, print objects of TYPE; with nil, let it not any more."
  (setv table (or table print-pprint-dispatch.value)
        entries (lfor e table.entries :if (not ((get functions "equal") e.type type)) e))
  (when (not (nil? function))
    (.append entries (Entry type function priority))
    ;; From now on no object is printed without a look at the tables, if this may be of all.
    (when (not (and (is type.__class__ cons) (is type.car (cl-symbol "cons"))))
      (.clear BARE)
      (.clear QUOTED)))
  (setv table.entries (sorted entries :key (fn [e] (- e.priority))))
  None)

(defcl pprint-dispatch [x [table None]]
  "The function that prints X prettily, and whether there is one in the table."
  (setv entry (entry-for x (. (or table print-pprint-dispatch.value) entries))
        function (if entry entry.function (pretty-printer x)))
  (if (is function None)
      (values (fn [stream x] (any-stream stream (fn [out] (output-object x out)))) None)
      (values function True)))

;; ---- Operators

(setv KINDS {(key "linear") "linear" (key "fill") "fill" (key "miser") "miser"
             (key "mandatory") "mandatory"})

(defn pretty-output [stream]
  "The pretty stream that STREAM designates, if it is one and pretty printing is wanted; or None."
  (import hy-iolib.cl.streams [output])
  (setv stream (output stream))
  (if (pretty? stream) stream None))

(defcl pprint-newline [kind [stream None]]
  "Here may be a line break, of the KIND :linear, :fill, :miser or :mandatory."
  (when (not-in kind KINDS)
    (refuse None kind "one of :linear, :fill, :miser, :mandatory"))
  (setv stream (pretty-output stream))
  (when stream
    (.newline stream (get KINDS kind)))
  None)

(defcl pprint-indent [relative-to n [stream None]]
  "From the next line on indent by N, relative to the :block or to the :current column."
  (setv stream (pretty-output stream))
  (when stream
    (.indent stream (is relative-to (key "current")) (int n)))
  None)

(defcl pprint-tab [kind column step [stream None]]
  "Go on at COLUMN, or at one that is more by a multiple of STEP."
  (setv stream (pretty-output stream))
  (when stream
    (.tab stream (in kind [(key "section") (key "section-relative")])
          (in kind [(key "line-relative") (key "section-relative")])
          column step))
  None)

(defn parentheses [colon]
  (if (nil? colon) #("" "") #("(" ")")))

(defn any-stream [stream function]
  "Call FUNCTION with a stream of this package that stands for STREAM."
  (import hy-iolib.cl.streams [output])
  (function (output stream))
  None)

(defcl pprint-fill [stream x [colon True] [at None]]
  "Print the list X, as many elements on a line as fit."
  (any-stream stream (fn [out] (logical-block out x #* (parentheses colon) filled))))

(defcl pprint-linear [stream x [colon True] [at None]]
  "Print the list X, on a line if it fits, else an element on a line."
  (any-stream stream
    (fn [out]
      (logical-block out x #* (parentheses colon)
                     (fn [stream popper] (filled stream popper "linear"))))))

(defcl pprint-tabular [stream x [colon True] [at None] [tabsize None]]
  "Print the list X in columns."
  (defn write [stream popper]
    (.exit-if-exhausted popper)
    (while True
      (output-object (.pop popper) stream)
      (.exit-if-exhausted popper)
      (.put stream " ")
      (.tab stream True True 0 (if (nil? tabsize) 16 tabsize))
      (.newline stream "fill")))
  (any-stream stream (fn [out] (logical-block out x #* (parentheses colon) write))))

(defcl sys::logical-block [stream x prefix each-line suffix function]
  "What pprint-logical-block expands to."
  (any-stream stream
    (fn [out]
      (logical-block out x (str (or prefix "")) (str (or suffix "")) function
                     :each-line (not (nil? each-line)) :counted (nil? x)))))

(defcl sys::pprint-pop [popper] (.pop popper))
(defcl sys::pprint-exit [popper] (.exit-if-exhausted popper))

(defcl-macro pprint-logical-block [spec #* body]
  (setv [stream x #* options] (elements spec)
        options (dict (zip (cut options 0 None 2) (cut options 1 None 2)))
        each-line (in PER-LINE-PREFIX options)
        name (cond (nil? stream) (cl-symbol "*standard-output*")
                   (is stream True) (cl-symbol "*terminal-io*")
                   True stream))
  (form (sys::logical-block ~name ~x ~(.get options (if each-line PER-LINE-PREFIX PREFIX))
                            ~(if each-line True None) ~(.get options SUFFIX)
          (lambda (~name sys::popper)
            (declare (ignorable ~name sys::popper))
            (macrolet ((pprint-pop () (quote (sys::pprint-pop sys::popper)))
                       (pprint-exit-if-list-exhausted () (quote (sys::pprint-exit sys::popper))))
              ~@body)))))

(defn only-in-block [name]
  (fn [#* _]
    (signal-error program-error f"{name} must be lexically inside PPRINT-LOGICAL-BLOCK.")))

(setv (get macros "pprint-pop") (only-in-block "PPRINT-POP")
      (get macros "pprint-exit-if-list-exhausted") (only-in-block "PPRINT-EXIT-IF-LIST-EXHAUSTED"))

(setv PREFIX (key "prefix")
      PER-LINE-PREFIX (key "per-line-prefix")
      SUFFIX (key "suffix"))
