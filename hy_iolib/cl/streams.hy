"Common Lisp's operators on streams, over all that are streams here: this package's own, the
library's, and file objects of Python's.

What most programs do most is done at once: a stream of the library's goes to the library's
operator. All other streams are first made one of this package's, by `output` or `to-read`: nil and
t are standard streams, a file of Python's is wrapped."

(eval-when-compile (require hy-iolib.cl.definitions [defcl defcl-macro form]
                            hy-iolib.cl.printer [defwriter]))
(import sys)
(import hy-iolib.cl.arrays [mutable-string])
(import hy-iolib.cl.characters [character characters])
(import hy-iolib.cl.classes :as classes)
(import hy-iolib.cl.conses [cons elements lisp-list nil?])
(import hy-iolib.cl.definitions [functions])
(import hy-iolib.cl.pretty [pretty-stream])
(import hy-iolib.cl.printer
  [BARE QUOTED escaping lisp-special print-pretty write-object])
(import hy-iolib.cl.string-streams
  [closed-stream-error fill-pointer-output-stream lisp-stream string-input-stream
   string-output-stream])
(import hy-iolib.cl.strings [check-bounds check-character text-of wrong-type])
(import hy-iolib.cl.symbols [cl-symbol key symbol])
(import hy-iolib.lisp.closing [close])
(import hy-iolib.lisp.conditions [end-of-file])
(import hy-iolib.lisp.handlers [signal-error])
(import hy-iolib.lisp.multiple-values [values])
(import hy-iolib.lisp.specials [bound])
(import hy-iolib.streams.designators :as designators)
(import hy-iolib.streams.file-streams [KEPT file? file-stream-of text-file?])
(import hy-iolib.streams.gray-streams [dual-channel-gray-stream external-format-of])
(import hy-iolib.streams.input :as library-input)
(import hy-iolib.streams.output :as library-output)
(import hy-iolib.streams.sequences :as library-sequences)

(export :objects [] :macros [])

(setv EOF (object)
      STREAM (cl-symbol "stream")
      CHARACTER (cl-symbol "character"))

;; ---- What is no stream of this package's

(defclass foreign-stream [lisp-stream]
  "A stream of the library's, or a file of Python's, to be used as one of this package's."
  (setv reads True
        writes True)

  (defn __init__ [self stream]
    (setv self.stream stream))

  (setv closed (property (fn [self] (is True (getattr self.stream "closed" False)))))

  (defn put [self text]
    (library-output.write-string text self.stream))

  (defn put-octets [self octets]
    (library-sequences.write-sequence octets self.stream))

  ;; What the library knows of the column is whether it is 0.
  (defn at-line-start [self]
    (. (designators.output-stream self.stream) _at-line-start))

  (defn finish [self [wait True]]
    ((if wait library-output.finish-output library-output.force-output) self.stream))

  (defn drop-output [self]
    (library-output.clear-output self.stream))

  (defn take [self]
    (setv c (library-input.read-char self.stream False EOF))
    (if (is c EOF) None c))

  (defn untake [self character]
    (library-input.unread-char character self.stream))

  (defn take-line [self]
    (setv line (library-input.read-line self.stream False EOF))
    (if (is line EOF) None #(line (newline-missing self.stream))))

  (defn take-octet [self]
    (setv octet (library-input.read-byte self.stream False EOF))
    (if (is octet EOF) None octet))

  (defn ready [self]
    (library-input.listen self.stream))

  (defn drop-input [self]
    (library-input.clear-input self.stream))

  (defn interactive [self]
    (try
      (.isatty self.stream)
      (except [[AttributeError ValueError]] False)))

  (defn close [self [abort False]]
    (close self.stream :abort abort)))

(defn newline-missing [stream]
  "Has the line that was read from STREAM last ended without a newline?"
  (setv stream (if (isinstance stream dual-channel-gray-stream)
                   stream
                   (.get stream.__dict__ KEPT stream)))
  (if (and (is stream._last None) (not stream._lines)) True None))

(defclass file-object [foreign-stream]
  "A file of Python's."

  (defn put [self text]
    (put-in-file self.stream text))

  (defn column [self]
    (setv kept (file-stream-of self.stream "writable"))
    (if kept._at-line-start 0 (getattr kept "_column" 0))))

(defn put-in-file [file text]
  "Write TEXT to FILE, one of Python's, in one piece, and note the column."
  (try
    (setv kept (get file.__dict__ KEPT))
    (.write file text)
    ;; Nothing was written yet to FILE, or it can't be: the library says what is wrong.
    (except [[AttributeError KeyError TypeError ValueError OSError]]
      (library-output.write-string text file)
      (setv kept (get file.__dict__ KEPT))))
  (setv newline (+ (.rfind text "\n") 1)
        kept._column (- (+ (len text) (if newline 0 (getattr kept "_column" 0))) newline))
  (when text
    (setv kept._at-line-start (= kept._column 0))))

(defclass standard-stream [file-object]
  "What sys.stdin, sys.stdout or sys.stderr is when it is used."
  (setv printed-name "SB-SYS:FD-STREAM")

  (defn __init__ [self name]
    (setv self.name name
          self.reads (= name "stdin")
          self.writes (not self.reads)))

  (setv stream (property (fn [self] (getattr sys self.name))))

  (defn put [self text]
    (if self.writes
        (put-in-file (getattr sys self.name) text)
        (._refuse self "a character output stream")))

  (defn close [self [abort False]]
    ;; It is not the program's.
    (when self.writes (.flush self.stream))
    True)

  (defn lisp-text [self write]
    (+ "for " (write (+ "standard " (get {"stdin" "input" "stdout" "output" "stderr" "error"}
                                         self.name))))))

;; ---- Streams of streams

(defclass synonym-stream [lisp-stream]
  "What the value of a special variable is when it is used."
  (setv printed-name "SYNONYM-STREAM"
        reads (property (fn [self] (. (.target self) reads)))
        writes (property (fn [self] (. (.target self) writes))))

  (defn __init__ [self symbol]
    (setv self.symbol symbol))

  (defn target [self]
    (stream-of self.symbol.variable.value))

  (defn lisp-text [self write]
    (+ ":SYMBOL " (write self.symbol))))

(defclass two-way-stream [lisp-stream]
  "Reads from one stream and writes to another."
  (setv reads True
        writes True
        printed-name "TWO-WAY-STREAM")

  (defn __init__ [self input-stream output-stream]
    (setv self.input-stream input-stream
          self.output-stream output-stream
          self.from-stream (to-read input-stream)
          self.to-stream (output output-stream)))

  (defn lisp-text [self write]
    (+ ":INPUT-STREAM " (write self.input-stream) " :OUTPUT-STREAM " (write self.output-stream))))

(defn delegate [cls target names]
  "Let CLS have the methods NAMES, which call those of the stream that TARGET gives."
  (for [name (.split names)]
    (setattr cls (hy.mangle name) (delegated target (hy.mangle name)))))

(defn delegated [target name]
  (fn [self #* arguments]
    (check-open self)
    ((getattr (target self) name) #* arguments)))

(defn check-open [self]
  (when self.closed
    (signal-error closed-stream-error :stream self)))

(setv INPUT-METHODS "take untake take-line take-octet ready drop-input interactive"
      OUTPUT-METHODS "put put-octets column at-line-start finish drop-output")

(delegate synonym-stream (fn [self] (.target self)) (+ INPUT-METHODS " " OUTPUT-METHODS))
(delegate two-way-stream (fn [self] self.from-stream) INPUT-METHODS)
(delegate two-way-stream (fn [self] self.to-stream) OUTPUT-METHODS)

(defclass echo-stream [two-way-stream]
  "A two-way stream that writes what it reads."
  (setv printed-name "ECHO-STREAM"
        ;; What was unread has been written already.
        unread 0)

  (defn take [self]
    (setv c (.take self.from-stream))
    (cond
      self.unread (-= self.unread 1)
      (is-not c None) (.put self.to-stream c))
    c)

  (defn untake [self c]
    (+= self.unread 1)
    (.untake self.from-stream c))

  (setv take-line lisp-stream.take-line)

  (defn take-octet [self]
    (setv octet (.take-octet self.from-stream))
    (when (is-not octet None)
      (.put-octets self.to-stream (bytes [octet])))
    octet))

(defclass broadcast-stream [lisp-stream]
  "Writes to several streams, or to none."
  (setv writes True
        printed-name "BROADCAST-STREAM")

  (defn __init__ [self streams]
    (setv self.streams streams
          self.sinks (list (map output streams))))

  (defn put [self text]
    (check-open self)
    (for [s self.sinks] (.put s text)))
  (defn put-octets [self octets]
    (check-open self)
    (for [s self.sinks] (.put-octets s octets)))
  (defn column [self]
    (if self.sinks (.column (get self.sinks -1)) 0))
  (defn at-line-start [self]
    (or (not self.sinks) (.at-line-start (get self.sinks -1))))
  (defn finish [self [wait True]]
    (for [s self.sinks] (.finish s wait)))
  (defn drop-output [self]
    (for [s self.sinks] (.drop-output s))))

(defclass concatenated-stream [lisp-stream]
  "Reads from several streams, one after the other."
  (setv reads True
        printed-name "CONCATENATED-STREAM")

  (defn __init__ [self streams]
    (setv self.streams streams
          self.sources (list (map to-read streams))))

  (defn _first [self method]
    (check-open self)
    (while self.sources
      (setv x (method (get self.sources 0)))
      (when (is-not x None)
        (return x))
      (.pop self.sources 0))
    None)

  (defn take [self] (._first self (fn [s] (.take s))))
  (defn take-octet [self] (._first self (fn [s] (.take-octet s))))
  (defn untake [self c]
    (if self.sources
        (.untake (get self.sources 0) c)
        (.append self.sources (string-input-stream c))))
  (defn ready [self]
    (any (gfor s self.sources (.ready s))))

  (defn lisp-text [self write]
    (+ ":STREAMS " (write (lisp-list (.rest self)))))

  (defn rest [self]
    "Those that are not at their end yet."
    (cut self.streams (- (len self.streams) (len self.sources)) None)))

;; ---- Designators

(defn stream-of [x]
  "X, a stream of any kind, as one of this package's."
  (cond
    (isinstance x lisp-stream) x
    (isinstance x dual-channel-gray-stream) (foreign-stream x)
    (file? x) (file-object x)
    True (wrong-type x STREAM)))

(defn output [x]
  "The stream that X designates for output."
  (cond
    (isinstance x lisp-stream) x
    (nil? x) (stream-of standard-output.value)
    (is x True) (stream-of terminal-io.value)
    True (stream-of x)))

(defn to-read [x]
  "The stream that X designates for input."
  (cond
    (isinstance x lisp-stream) x
    (nil? x) (stream-of standard-input.value)
    (is x True) (stream-of terminal-io.value)
    True (stream-of x)))

(setv standard-input (lisp-special "*standard-input*" (standard-stream "stdin"))
      standard-output (lisp-special "*standard-output*" (standard-stream "stdout"))
      error-output (lisp-special "*error-output*" (standard-stream "stderr"))
      terminal-io (lisp-special "*terminal-io*"
                                (two-way-stream standard-input.value standard-output.value))
      trace-output (lisp-special "*trace-output*"
                                 (synonym-stream (cl-symbol "*standard-output*")))
      query-io (lisp-special "*query-io*" (synonym-stream (cl-symbol "*terminal-io*")))
      debug-io (lisp-special "*debug-io*" (synonym-stream (cl-symbol "*terminal-io*"))))

(defcl sys::output-stream [[stream None]]
  "A stream of this package's for the one that STREAM designates."
  (output stream))

(defn put [stream text]
  "Write TEXT, a string of Python's, to the stream that STREAM designates, in one piece."
  (if (isinstance stream dual-channel-gray-stream)
      (library-output.write-string text stream)
      (.put (output stream) text)))

;; ---- Characters, strings and lines out

(defcl write-char [c [stream None]]
  "Write the character C."
  (put stream (str.__str__ (check-character c)))
  c)

(defn part [string start end]
  "The text of STRING from START to END."
  (setv text (text-of string))
  (if (and (is end None) (= start 0))
      text
      (do
        (setv end (check-bounds start end (len text)))
        (cut text start end))))

(defcl write-string [string [stream None] * [start 0] [end None]]
  "Write STRING, or its part from START to END."
  (put stream (part string start end))
  string)

(defcl write-line [string [stream None] * [start 0] [end None]]
  "Write STRING, or its part from START to END, and a newline."
  (put stream (+ (part string start end) "\n"))
  string)

(defcl terpri [[stream None]]
  "Write a newline."
  (put stream "\n")
  None)

(defcl fresh-line [[stream None]]
  "Write a newline unless a line has just ended. True if it wrote one."
  (if (isinstance stream dual-channel-gray-stream)
      (library-output.fresh-line stream)
      (do
        (setv out (output stream)
              needed (not (.at-line-start out)))
        (when needed
          (.put out "\n"))
        needed)))

(defcl finish-output [[stream None]]
  "Send what is pending and wait until it has gone."
  (if (isinstance stream dual-channel-gray-stream)
      (library-output.finish-output stream)
      (.finish (output stream) True))
  None)

(defcl force-output [[stream None]]
  "Send what is pending, as much as can be sent at once."
  (if (isinstance stream dual-channel-gray-stream)
      (library-output.force-output stream)
      (.finish (output stream) False))
  None)

(defcl clear-output [[stream None]]
  "Drop what is pending."
  (.drop-output (output stream))
  None)

(defcl write-byte [octet stream]
  "Write OCTET."
  (if (isinstance stream dual-channel-gray-stream)
      (library-output.write-byte octet stream)
      (.put-element (output stream) octet))
  octet)

;; ---- Objects out

(defn write-to [stream x escape]
  "Write X to the stream that STREAM designates: as prin1 does, or without ESCAPE as princ."
  (setv leaf (.get (if escape QUOTED BARE) x.__class__))
  (cond
    leaf (put stream (leaf x))
    (isinstance stream pretty-stream) (write-object x stream escape)
    True (do
           (setv out (output stream)
                 text (string-output-stream out))
           (if (isinstance out pretty-stream)
               (write-object x out escape)
               (do
                 (write-object x text escape)
                 (.put out (.text text)))))))

(defcl prin1 [x [stream None]]
  "Write X such that it can be read."
  (write-to stream x True)
  x)

(defcl princ [x [stream None]]
  "Write X for people."
  (write-to stream x False)
  x)

(defcl print [x [stream None]]
  "Write a newline, X as prin1 does, and a space."
  (setv leaf (.get QUOTED x.__class__))
  (if leaf
      (put stream (+ "\n" (leaf x) " "))
      (do
        (setv out (output stream)
              text (string-output-stream out))
        (.put text "\n")
        (write-object x text True)
        (.put text " ")
        (.put out (.text text))))
  x)

(defcl pprint [x [stream None]]
  "Write a newline and X, prettily."
  (with [_ (bound [#(print-pretty True)])]
    (setv out (output stream)
          text (string-output-stream out))
    (.put text "\n")
    (write-object x text True)
    (.put out (.text text)))
  (values))

(defwriter write [x * [stream None]]
  "Write X as the variables of the printer say, for which the arguments stand."
  (write-to stream x (escaping))
  x)

;; ---- Characters and lines in

(defn at-end [stream eof-error-p eof-value]
  (if (nil? eof-error-p)
      eof-value
      (signal-error end-of-file
        :stream (cond
                  (nil? stream) standard-input.value
                  (is stream True) terminal-io.value
                  True stream))))

(defcl read-char [[stream None] [eof-error-p True] [eof-value None] [recursive-p None]]
  "The next character."
  (if (isinstance stream dual-channel-gray-stream)
      (do
        (setv c (library-input.read-char stream False EOF))
        (if (is c EOF) (at-end stream eof-error-p eof-value) (get characters c)))
      (do
        (setv c (.take (to-read stream)))
        (if (is c None) (at-end stream eof-error-p eof-value) (get characters c)))))

(defcl unread-char [c [stream None]]
  "Give the character C, the one that was read last, back."
  (.untake (to-read stream) (str.__str__ (check-character c)))
  None)

(defcl read-char-no-hang [[stream None] [eof-error-p True] [eof-value None] [recursive-p None]]
  "The next character if it can be had at once, else nil."
  (setv source (to-read stream))
  (if (isinstance source foreign-stream)
      (do
        (setv c (library-input.read-char-no-hang source.stream False EOF))
        (cond
          (is c EOF) (at-end stream eof-error-p eof-value)
          (is c None) None
          True (get characters c)))
      (do
        (setv c (.take source))
        (if (is c None) (at-end stream eof-error-p eof-value) (get characters c)))))

;; Common Lisp's whitespace[2].
(setv WHITESPACE " \n\t\f\r\x7f")

(defcl peek-char [[peek-type None] [stream None] [eof-error-p True] [eof-value None]
                  [recursive-p None]]
  "The next character, which stays there; with T for PEEK-TYPE the next that is no white space, with
  a character that one."
  (when (not (or (nil? peek-type) (is peek-type True)))
    (check-character peek-type))
  (setv source (to-read stream))
  (while True
    (setv c (.take source))
    (when (is c None)
      (return (at-end stream eof-error-p eof-value)))
    (when (cond
            (nil? peek-type) True
            (is peek-type True) (not-in c WHITESPACE)
            True (= c peek-type))
      (.untake source c)
      (return (get characters c)))))

(defcl read-line [[stream None] [eof-error-p True] [eof-value None] [recursive-p None]]
  "The next line, and whether its newline is missing."
  (if (isinstance stream dual-channel-gray-stream)
      (do
        (setv line (library-input.read-line stream False EOF))
        (when (is-not line EOF)
          (return (tuple.__new__ values
                    #(line (if (or stream._lines (is-not stream._last None)) None True))))))
      (do
        (setv found (.take-line (to-read stream)))
        (when (is-not found None)
          (return (tuple.__new__ values found)))))
  (tuple.__new__ values #((at-end stream eof-error-p eof-value) True)))

(defcl read-byte [stream [eof-error-p True] [eof-value None]]
  "The next octet."
  (if (isinstance stream dual-channel-gray-stream)
      (setv octet (library-input.read-byte stream False None))
      (setv octet (.take-octet (to-read stream))))
  (if (is octet None) (at-end stream eof-error-p eof-value) octet))

(defcl listen [[stream None]]
  "Can a character be read at once?"
  (if (isinstance stream dual-channel-gray-stream)
      (library-input.listen stream)
      (.ready (to-read stream))))

(defcl clear-input [[stream None]]
  "Drop what can be read at once."
  (.drop-input (to-read stream))
  None)

;; ---- Sequences

(setv OCTETS #(bytearray bytes memoryview))

(defcl write-sequence [sequence stream * [start 0] [end None]]
  "Write the elements of SEQUENCE, characters or octets."
  (cond
    (isinstance sequence #(str mutable-string))
      (put stream (part sequence start end))
    (isinstance sequence OCTETS)
      (do
        (setv end (check-bounds start end (len sequence)))
        (put-octets stream (bytes (cut sequence start end))))
    True
      (do
        (setv items (list (elements sequence))
              end (check-bounds start end (len items)))
        (write-elements stream (cut items start end))))
  sequence)

(defn put-octets [stream octets]
  (if (isinstance stream dual-channel-gray-stream)
      (library-sequences.write-sequence octets stream)
      (.put-octets (output stream) octets)))

(defn write-elements [stream items]
  "Write ITEMS, a list of characters and octets, in as few pieces as there are runs of a kind."
  (setv run [])
  (defn flush []
    (when run
      (cond
        (is (. (get run 0) __class__) character) (put stream (.join "" run))
        (= (getattr stream "size" 1) 1) (put-octets stream (bytes run))
        True (for [x run] (.put-element stream x)))
      (.clear run)))
  (for [x items]
    (when (not (or (is x.__class__ character) (is x.__class__ int)))
      (wrong-type x CHARACTER))
    (when (and run (is-not x.__class__ (. (get run 0) __class__)))
      (flush))
    (.append run x))
  (flush))

(defcl read-sequence [sequence stream * [start 0] [end None]]
  "Fill SEQUENCE, or its part from START to END; the index of the first element that is not filled."
  (setv size (len (if (nil? sequence) #() sequence))
        end (check-bounds start end size)
        source (to-read stream))
  (cond
    (and (isinstance sequence bytearray) (isinstance source foreign-stream))
      (library-sequences.read-sequence sequence source.stream :start start :end end)
    (isinstance sequence mutable-string)
      (fill-elements sequence.characters start end source.take)
    (isinstance sequence bytearray)
      (fill-elements sequence start end source.take-octet)
    (isinstance sequence list)
      (fill-elements sequence start end (element-reader source))
    (is sequence.__class__ cons)
      (do
        (setv items (list sequence)
              stop (fill-elements items start end (element-reader source))
              rest sequence)
        (for [x items]
          (setv rest.car x
                rest rest.cdr))
        stop)
    (nil? sequence) 0
    True (wrong-type sequence (cl-symbol "sequence"))))

(defn element-reader [source]
  "The function that gives SOURCE's next element for a sequence of anything."
  (if (= (element-type source) "character")
      (fn []
        (setv c (.take source))
        (if (is c None) None (get characters c)))
      source.take-octet))

(defn fill-elements [items start end take]
  (for [i (range start end)]
    (setv x (take))
    (when (is x None)
      (return i))
    (setv (get items i) x))
  end)

;; ---- Making streams

(defcl make-string-input-stream [string [start 0] [end None]]
  "A stream that reads the characters of STRING."
  (setv text (text-of string)
        end (check-bounds start end (len text)))
  (string-input-stream text start end))

(defcl make-string-output-stream [* [element-type CHARACTER]]
  "A stream whose output `get-output-stream-string` gives."
  (string-output-stream))

(defcl get-output-stream-string [stream]
  "What was written to STREAM since this was asked last."
  (when (is-not stream.__class__ string-output-stream)
    (wrong-type stream (cl-symbol "string-stream")))
  (.text stream))

(defcl make-broadcast-stream [#* streams]
  "A stream that writes to all of STREAMS."
  (for [s streams]
    (when (not (cl-output-stream-p s))
      (wrong-type s STREAM)))
  (broadcast-stream streams))

(defcl make-concatenated-stream [#* streams]
  "A stream that reads from STREAMS, one after the other."
  (for [s streams]
    (when (not (cl-input-stream-p s))
      (wrong-type s STREAM)))
  (concatenated-stream streams))

(defn check-pair [input-stream output-stream]
  (when (not (cl-input-stream-p input-stream))
    (wrong-type input-stream STREAM))
  (when (not (cl-output-stream-p output-stream))
    (wrong-type output-stream STREAM)))

(defcl make-two-way-stream [input-stream output-stream]
  "A stream that reads from INPUT-STREAM and writes to OUTPUT-STREAM."
  (check-pair input-stream output-stream)
  (two-way-stream input-stream output-stream))

(defcl make-echo-stream [input-stream output-stream]
  "A stream that writes to OUTPUT-STREAM what it reads from INPUT-STREAM."
  (check-pair input-stream output-stream)
  (echo-stream input-stream output-stream))

(defcl make-synonym-stream [symbol]
  "A stream that is whatever the value of the variable SYMBOL is."
  (synonym-stream symbol))

(defcl synonym-stream-symbol [stream] stream.symbol)
(defcl two-way-stream-input-stream [stream] stream.input-stream)
(defcl two-way-stream-output-stream [stream] stream.output-stream)
(defcl echo-stream-input-stream [stream] stream.input-stream)
(defcl echo-stream-output-stream [stream] stream.output-stream)
(defcl broadcast-stream-streams [stream] (lisp-list stream.streams))
(defcl concatenated-stream-streams [stream]
  (lisp-list (.rest stream)))

(defcl sys::fill-pointer-stream [string]
  "A stream that adds to the end of STRING, which has a fill pointer."
  (fill-pointer-output-stream string))

(defcl sys::input-position [stream]
  stream.index)

(defn split-body [body]
  "The declarations at the beginning of BODY, and the rest."
  (setv forms (list body) n 0)
  (while (and (< n (len forms))
              (is (. (get forms n) __class__) cons)
              (is (. (get forms n) car) DECLARE))
    (+= n 1))
  #((cut forms n) (cut forms n None)))

(setv DECLARE (cl-symbol "declare"))

(defcl-macro with-output-to-string [spec #* body]
  (setv [variable string #* options] (+ (list (elements spec)) (if (is spec.cdr None) [None] []))
        [declarations forms] (split-body body))
  (if (nil? string)
      (form (let ((~variable (make-string-output-stream)))
              ~@declarations
              ~@forms
              (get-output-stream-string ~variable)))
      (form (let ((~variable (sys::fill-pointer-stream ~string)))
              ~@declarations
              (unwind-protect (progn ~@forms)
                (close ~variable))))))

(defcl-macro with-input-from-string [spec #* body]
  (setv [variable string #* options] (elements spec)
        options (dict (zip (cut options 0 None 2) (cut options 1 None 2)))
        index (.get options (key "index"))
        [declarations forms] (split-body body))
  (form (let ((~variable (make-string-input-stream ~string ~(.get options (key "start") 0)
                                                   ~(.get options (key "end")))))
          ~@declarations
          (unwind-protect
              ~(if (is index None)
                   (form (progn ~@forms))
                   (form (multiple-value-prog1 (progn ~@forms)
                           (setf ~index (sys::input-position ~variable)))))
            (close ~variable)))))

(defcl-macro with-open-stream [spec #* body]
  (setv [variable stream] (elements spec)
        [declarations forms] (split-body body)
        abort (symbol "ABORT"))
  (form (let ((~variable ~stream)
              (~abort t))
          ~@declarations
          (unwind-protect
              (multiple-value-prog1 (progn ~@forms)
                (setq ~abort nil))
            (when ~variable
              (close ~variable :abort ~abort))))))

;; ---- About streams

(defn stream? [x]
  (or (isinstance x #(lisp-stream dual-channel-gray-stream)) (file? x)))

(defn checked [x]
  (if (stream? x) x (wrong-type x STREAM)))

(defcl streamp [x]
  "Is X a stream?"
  (stream? x))

(defcl input-stream-p [stream]
  "Can STREAM be read from?"
  (if (isinstance (checked stream) lisp-stream)
      (bool stream.reads)
      (designators.input-stream-p stream)))

(defcl output-stream-p [stream]
  "Can STREAM be written to?"
  (if (isinstance (checked stream) lisp-stream)
      (bool stream.writes)
      (designators.output-stream-p stream)))

(defcl open-stream-p [stream]
  "Is STREAM open?"
  (not (is True (getattr (checked stream) "closed" False))))

(defcl interactive-stream-p [stream]
  "Is STREAM a terminal?"
  (bool (.interactive (stream-of stream))))

(defn element-type [stream]
  (cond
    (isinstance stream standard-stream) "character"
    (isinstance stream foreign-stream)
      (if (and (not (isinstance stream.stream dual-channel-gray-stream))
               (text-file? stream.stream))
          "character"
          "octet")
    (isinstance stream synonym-stream) (element-type (.target stream))
    True stream.element-type))

(defcl stream-element-type [stream]
  "What STREAM is a stream of."
  (setv s (stream-of stream))
  (if (= (element-type s) "character")
      CHARACTER
      (lisp-list [(cl-symbol (if s.signed "signed-byte" "unsigned-byte")) (* 8 s.size)])))

(defcl stream-external-format [stream]
  "How the characters of STREAM stand in octets."
  (setv s (stream-of stream))
  (if (and (isinstance s foreign-stream) (isinstance s.stream dual-channel-gray-stream))
      (external-format-of s.stream)
      (getattr s "external_format" UTF-8)))

(setv UTF-8 (key "utf-8"))

(.register close lisp-stream (fn [x * [abort False]] (.close x abort) True))

(defcl close [stream * [abort None]]
  "Close STREAM, or whatever else can be closed; unless ABORT is true pending output is sent."
  (close stream :abort (not (nil? abort))))

;; ---- Questions

(defn ask [control arguments yes no]
  "Ask on *query-io* until the answer is YES or NO, or begins so if that is one character."
  (setv stream query-io.value)
  (while True
    (cl-fresh-line stream)
    (when (not (nil? control))
      ((get functions "format") stream control #* arguments)
      (put stream " "))
    (put stream f"({yes} or {no}) ")
    (cl-finish-output stream)
    (setv answer (cut (.lower (.strip (get (cl-read-line stream) 0))) (if (= yes "y") 1 None)))
    (cond
      (= answer yes) (return True)
      (= answer no) (return False))
    (cl-fresh-line stream)
    (put stream f"Please type \"{yes}\" for yes or \"{no}\" for no.\n")))

(defcl y-or-n-p [[control None] #* arguments]
  "Ask a question that y or n answers."
  (ask control arguments "y" "n"))

(defcl yes-or-no-p [[control None] #* arguments]
  "Ask a question that yes or no answers."
  ;; It beeps, as Common Lisp has it.
  (put query-io.value "\a")
  (ask control arguments "yes" "no"))

(for [[cls known] [[fill-pointer-output-stream classes.STRING-STREAM]
                   [standard-stream classes.FILE-STREAM]
                   [synonym-stream classes.SYNONYM-STREAM]
                   [two-way-stream classes.TWO-WAY-STREAM]
                   [echo-stream classes.ECHO-STREAM]
                   [broadcast-stream classes.BROADCAST-STREAM]
                   [concatenated-stream classes.CONCATENATED-STREAM]]]
  (setv (get classes.of-python cls) known))

;; The operators on files need all of this.
(import hy-iolib.cl.files)
