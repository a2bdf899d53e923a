"Common Lisp's own kinds of streams: what they have in common, and those over strings."

(eval-when-compile (require hy-iolib.lisp.conditions [defcondition]))
(import hy-iolib.cl.arrays [mutable-string])
(import hy-iolib.cl.conses [lisp-list])
(import hy-iolib.cl.strings [wrong-type])
(import hy-iolib.cl.symbols [cl-symbol])
(import hy-iolib.cl.errors [simple-type-error])
(import hy-iolib.lisp.conditions [stream-error])
(import hy-iolib.lisp.handlers [signal-error])

(export :objects [lisp-stream string-input-stream string-output-stream] :macros [])

(defcondition closed-stream-error [stream-error]
  "A stream that is closed was to be used."
  []
  f"{self.stream} is closed")

(defclass lisp-stream []
  "A stream that is none of the library's and no file of Python's. What a kind of stream can do, its
  class defines; what it can't, says so."
  (setv closed False
        reads False
        writes False
        element-type "character"
        ;; Of an element in octets, and whether it has a sign.
        size 1
        signed False
        ;; SBCL's name of its class.
        printed-name "STREAM")

  ;; ---- Output

  (defn put [self text]
    "Write TEXT, a string of Python's."
    (._refuse self "a character output stream"))

  (defn put-octets [self octets]
    (._refuse self "a binary output stream"))

  (defn put-element [self x]
    "Write X, an integer that is an element."
    (when (not (and (isinstance x int) (<= 0 x 255)))
      (wrong-type x (lisp-list [(cl-symbol "unsigned-byte") 8])))
    (.put-octets self (bytes [x])))

  (defn column [self]
    "How many characters are before the next one on its line; None if that is not known."
    None)

  (defn at-line-start [self]
    (= (.column self) 0))

  ;; Send what is pending; WAIT until it has arrived.
  (defn finish [self [wait True]])
  (defn drop-output [self])

  ;; ---- Input

  (defn take [self]
    "The next character, a string of Python's; None at the end."
    (._refuse self "a character input stream"))

  (defn untake [self character]
    (._refuse self "a character input stream"))

  (defn take-line [self]
    "The next line, and whether its newline is missing; None at the end."
    (setv out [])
    (while True
      (setv c (.take self))
      (when (is c None)
        (return (if out #((.join "" out) True) None)))
      (when (= c "\n")
        (return #((.join "" out) None)))
      (.append out c)))

  (defn take-octet [self]
    (._refuse self "a binary input stream"))

  (defn ready [self]
    "Can something be read at once?"
    (setv c (.take self))
    (when (is-not c None) (.untake self c))
    (is-not c None))

  (defn drop-input [self])

  ;; ----

  (defn interactive [self] False)

  (defn close [self [abort False]]
    (setv self.closed True)
    True)

  (defn _refuse [self expected]
    (if self.closed
        (signal-error closed-stream-error :stream self)
        (signal-error simple-type-error
          :datum self :expected-type (cl-symbol "stream")
          :format-control "~S is not ~A." :format-arguments #(self expected))))

  (defn lisp-text [self write]
    "What its printed representation tells of it; WRITE gives other objects' text."
    "")

  (defn __repr__ [self]
    (import hy-iolib.cl.printer [repr-of])
    (repr-of self))

  (defn __enter__ [self] self)
  (defn __exit__ [self kind _ traceback]
    (.close self :abort (is-not kind None))
    False))

;; ---- Output to a string

(defclass string-output-stream [lisp-stream]
  "A stream whose output becomes a string. TARGET is where the text will go that is written here, if
  it goes anywhere: its column is the one that this begins in."
  (setv writes True
        printed-name "SB-IMPL::STRING-OUTPUT-STREAM")

  (defn __init__ [self [target None]]
    (setv self.parts []
          self.put self.parts.append
          self.target target))

  (defn text [self]
    "What was written since this was asked last."
    (setv text (.join "" self.parts))
    (.clear self.parts)
    text)

  (defn column [self]
    (setv count 0)
    (for [part (reversed self.parts)]
      (setv newline (.rfind part "\n"))
      (when (>= newline 0)
        (return (+ count (- (len part) newline 1))))
      (+= count (len part)))
    (when (is self.target None)
      (return count))
    (setv before (.column self.target))
    (if (is before None) None (+ before count)))

  (defn at-line-start [self]
    (for [part (reversed self.parts)]
      (when part
        (return (= (get part -1) "\n"))))
    (or (is self.target None) (.at-line-start self.target)))

  (defn close [self [abort False]]
    ;; What is in the instance can't be found in the class.
    (setv self.closed True
          self.put (fn [text] (._refuse self "")))
    True))

(defclass fill-pointer-output-stream [lisp-stream]
  "A stream whose output is added to the end of a string that has a fill pointer."
  (setv writes True
        printed-name "SB-IMPL::FILL-POINTER-OUTPUT-STREAM")

  (defn __init__ [self string]
    (when (not (and (isinstance string mutable-string) (is-not string.spare None)))
      (signal-error "~S is not a string with a fill-pointer"
                    (if (isinstance string str) string (repr string))))
    (setv self.string string))

  (defn put [self text]
    (when self.closed (._refuse self ""))
    (.extend self.string.characters text)
    ;; They take the place of those that were behind the fill pointer.
    (setv spare self.string.spare)
    (del (cut spare (max 0 (- (len spare) (len text))) None)))

  (defn column [self]
    (setv text (str self.string))
    (- (len text) (.rfind text "\n") 1)))

;; ---- Input from a string

(defclass string-input-stream [lisp-stream]
  "A stream that reads TEXT, or its part from START to END."
  (setv reads True
        printed-name "SB-IMPL::STRING-INPUT-STREAM")

  (defn __init__ [self text [start 0] [end None]]
    (setv self.string text
          self.index start
          self.end (if (is end None) (len text) end)))

  (defn take [self]
    (setv i self.index)
    (when (>= i self.end)
      (when self.closed (._refuse self ""))
      (return None))
    (setv self.index (+ i 1))
    (get self.string i))

  (defn untake [self character]
    (when (> self.index 0)
      (-= self.index 1)))

  (defn take-line [self]
    (setv start self.index)
    (when (>= start self.end)
      (when self.closed (._refuse self ""))
      (return None))
    (setv newline (.find self.string "\n" start self.end))
    (if (< newline 0)
        (setv self.index self.end
              line #((cut self.string start self.end) True))
        (setv self.index (+ newline 1)
              line #((cut self.string start newline) None)))
    line)

  (defn ready [self]
    (< self.index self.end))

  (defn close [self [abort False]]
    (setv self.closed True
          self.end 0)
    True))
