"External formats: how characters and line ends stand in octets."

(eval-when-compile (require hy-iolib.lisp.conditions [defcondition]))
(import hy.models [Keyword])
(import hy-iolib.lisp.checking [refuse])
(import hy-iolib.lisp.conditions [stream-error])
(import hy-iolib.lisp.handlers [signal-error])
(import hy-iolib.lisp.keywords [intern-keyword keyword-name])

(export :objects [external-format character-encoding-error] :macros [])

(defcondition character-encoding-error [stream-error UnicodeError]
  "A character has no octets in the external format of the stream."
  [character position external-format]
  f"{self.character !r} at position {self.position} has no octets in {self.external-format}")

;; Keyword or Python's name -> (our name, Python's codec).
(setv ENCODINGS
  (dfor [name codec #* others] [["utf-8" "utf-8" "utf8" "default"]
                                ["latin-1" "latin-1" "latin1" "iso-8859-1"]
                                ["ascii" "ascii" "us-ascii"]]
        known-as [name #* others]
        known-as #((intern-keyword name) codec)))

(setv EOL-STYLES {"lf" "\n" "crlf" "\r\n"})

(defclass external-format []
  "An encoding and an eol style: `external-format(\"utf-8\", eol_style=\"crlf\")`.

  Encodings are `:utf-8` (also `:default`), `:latin-1` and `:ascii`, eol styles `:lf` and `:crlf`. On
  input, `:crlf` takes a lone LF for a newline, too, and leaves a lone CR alone. Octets that are not of
  the encoding are read as U+FFFD.

  => (external-format \"latin1\" :eol-style :crlf)
  (external-format :latin-1 :eol-style :crlf)"
  (setv __slots__ #("encoding" "eol_style" "codec" "newline"))

  (defn __init__ [self [encoding "default"] * [eol-style "lf"]]
    (setv name (keyword-name encoding)
          eol (keyword-name eol-style))
    (when (not-in name ENCODINGS)
      (refuse "encoding" encoding (+ "one of " (.join ", " (map repr (unique ENCODINGS))))))
    (when (not-in eol EOL-STYLES)
      (refuse "eol-style" eol-style ":lf or :crlf"))
    (setv [self.encoding self.codec] (get ENCODINGS name)
          self.eol-style (intern-keyword eol)
          self.newline (get EOL-STYLES eol)))

  (defn __repr__ [self]
    f"(external-format {self.encoding !r} :eol-style {self.eol-style !r})")

  (defn __eq__ [self other]
    (if (isinstance other external-format)
        (= #(self.codec self.newline) #(other.codec other.newline))
        NotImplemented))

  (defn __hash__ [self]
    (hash #(self.codec self.newline)))

  (defn encode [self text]
    "The octets of TEXT, each newline as the eol style has it."
    (try
      (.encode (if (= self.newline "\n") text (.replace text "\n" self.newline)) self.codec)
      (except [e UnicodeEncodeError]
        (signal-error character-encoding-error
                      :character (get e.object e.start)
                      :position (.index text (get e.object e.start))
                      :external-format self))))

  (defn decode-line [self octets ended]
    "The text of OCTETS, a line without its LF; ENDED says if it had one."
    (.decode (if (and ended (= self.newline "\r\n")) (.removesuffix octets b"\r") octets)
             self.codec "replace")))

(defn unique [encodings]
  (dict.fromkeys (gfor [name _] (.values encodings) name)))

;; What people say at each make-socket, once checked.
(setv formats {})

(defn ensure-external-format [designator]
  "The external format that DESIGNATOR means: one, an encoding's name, or a list of a name and options,
  `(:utf-8 :eol-style :crlf)`."
  (cond
    (isinstance designator external-format) designator
    (isinstance designator #(str Keyword))
      (do
        (setv name (keyword-name designator))
        (when (not-in name formats)
          (setv (get formats name) (external-format designator)))
        (get formats name))
    (and (isinstance designator #(list tuple)) designator (% (len designator) 2))
      (do
        (setv [encoding #* options] designator
              names (list (map keyword-name (cut options 0 None 2))))
        (when (!= (set names) (if names #{"eol-style"} #{}))
          (refuse "external-format" designator "(encoding :eol-style style)"))
        (external-format encoding #** (dict (zip ["eol_style"] (cut options 1 None 2)))))
    True
      (refuse "external-format" designator
              "an encoding, (encoding :eol-style style) or an external-format")))
