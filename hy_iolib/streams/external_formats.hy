"External formats: how characters and line ends stand in octets."

(eval-when-compile (require hy-iolib.lisp.conditions [defcondition]))
(import codecs)
(import hy.models [Keyword])
(import hy-iolib.lisp.checking [check-keywords refuse])
(import hy-iolib.lisp.conditions [stream-error])
(import hy-iolib.lisp.keywords [intern-keyword keyword keyword-name])
(import hy-iolib.streams.decoding [incremental-decoder simple-decoder single-byte?])
(import hy-iolib.streams.encoding [incremental-encoder simple-encoder stateful?])

(export
  :objects [external-format character-encoding-error character-decoding-error]
  :macros [external-format])

(defcondition character-encoding-error [stream-error UnicodeError]
  "A character has no octets in the external format of the stream; nothing of its string was written.
  Its slots are `stream`, `character`, `position`, its index in the string, and `external-format`.
  Also Python's `UnicodeError`.

  => (setv [a b] (make-socket-pair :external-format :latin-1))
  => (handler-case (write-string \"1 €\" a) (character-encoding-error [e] [e.character e.position]))
  [\"€\" 2]

  >>> a, b = make_socket_pair(external_format=\"latin-1\")
  >>> try:
  ...     write_string(\"1 €\", a)
  ... except UnicodeError as e:
  ...     print(e)
  '€' at position 2 has no octets in (external-format :latin-1 :eol-style :lf)

  Source: hy_iolib's own."
  [character position external-format]
  f"{self.character !r} at position {self.position} has no octets in {self.external-format}")

(defcondition character-decoding-error [stream-error UnicodeError]
  "Octets are of no character in the external format of the stream. They are taken out of its input:
  who goes on to read gets what is before and after them. Its slots are `stream`, `octets`, `reason`,
  a text, and `external-format`. Also Python's `UnicodeError`.

  => (setv [a b] (make-socket-pair :external-format '(:utf-8 :errors :strict)))
  => (send-to a b\"\\xffx\")
  2
  => (handler-case (read-char b) (character-decoding-error [e] [e.octets (read-char b)]))
  [b\"\\xff\" \"x\"]

  >>> a, b = make_socket_pair(external_format=(\"utf-8\", \"errors\", \"strict\"))
  >>> send_to(a, b\"\\xffx\")
  2
  >>> try:
  ...     read_char(b)
  ... except UnicodeError as e:
  ...     print(e.octets)
  b'\\xff'

  Source: hy_iolib's own."
  [octets reason external-format]
  f"{self.octets !r} is of no character in {self.external-format}: {self.reason}")

;; What Lisp calls encodings that Python calls otherwise, or that have a better name.
(setv NAMES {"default" "utf-8" "ebcdic-us" "cp037" "ebcdic-international" "cp500"
             "ucs-2" "utf-16" "ucs-2le" "utf-16-le" "ucs-2be" "utf-16-be"
             "ucs-4" "utf-32" "ucs-4le" "utf-32-le" "ucs-4be" "utf-32-be"}
      BETTER-NAMES {"iso8859-1" "latin-1"}
      ;; Their text is of one piece, or has no newline of its own.
      NO-STREAMS #("idna" "punycode" "undefined" "unicode-escape"))

(setv EOL-STYLES {"lf" "\n" "crlf" "\r\n" "cr" "\r"})

(defclass external-format []
  "An encoding and an eol style: `external-format(\"utf-8\", eol_style=\"crlf\")`.

  ENCODING is the name of any text encoding of Python's, a keyword or string: `:utf-8` (the default,
  also `:default`), `:latin-1`, `:utf-16`, `:shift-jis`, …; Lisp's `:ucs-2le` and `:ebcdic-us`, too. Of
  one with a byte-order mark (`:utf-16`, `:utf-32`, `:utf-8-sig`), the mark is written before the
  first character, and is none when read.

  EOL-STYLE is what a newline is: `:lf`, the default; `:crlf`, where on input a lone LF is a newline,
  too, and a lone CR is not; `:cr`, where on input CR and LF each are.

  Octets that are of no character are read as U+FFFD; a character that has no octets is an error,
  before anything of its string is written. REPLACEMENT, a string without newlines, stands for both.
  ERRORS is otherwise what is done: `:strict` signals `character-decoding-error` and
  `character-encoding-error`, other names are Python's error handlers (`:replace`, `:ignore`,
  `:surrogateescape`, …). None, the default of both, leaves it at that. A `type-error` of other
  arguments, and of both.

  Where an external format is asked for, its encoding's name will do, and so will a list:
  `(:utf-8 :eol-style :crlf :replacement \"?\")`, in Python `(\"utf-8\", \"eol-style\", \"crlf\")`. Its
  attributes are its arguments. Two that are alike are equal.

  => (external-format \"latin1\" :eol-style :crlf)
  (external-format :latin-1 :eol-style :crlf)

  >>> external_format(\"latin1\", eol_style=\"crlf\").encoding
  :latin-1

  Source: IOLib manual, `:external-format` of make-socket."
  (setv __slots__ #("encoding" "eol_style" "errors" "replacement" "codec" "newline"
                    "make_decoder" "make_encoder"))

  (defn __init__ [self [encoding "default"] * [eol-style "lf"] [errors None] [replacement None]]
    (setv name (or (keyword-name encoding) (refuse "encoding" encoding "the name of an encoding"))
          style (keyword-name eol-style))
    (when (not-in style EOL-STYLES)
      (refuse "eol-style" eol-style ":lf, :crlf or :cr"))
    (setv self.codec (codec-of (.get NAMES name name) encoding)
          self.encoding (intern-keyword (.get BETTER-NAMES self.codec self.codec))
          self.eol-style (intern-keyword style)
          self.newline (get EOL-STYLES style)
          self.errors (when (is-not errors None) (keyword (handler-name errors)))
          ;; A plain string: what a quoted list has is a model of Hy's.
          self.replacement (if (isinstance replacement str) (str replacement) replacement)
          [decoding-errors encoding-errors] (policies self.codec errors self.replacement)
          decoder (if (or (= self.codec "utf-8") (single-byte? self.codec))
                      (simple-decoder self.codec decoding-errors self.newline)
                      None)
          encode (if (stateful? self.codec)
                     None
                     (simple-encoder self.codec encoding-errors self.newline))
          ;; Those without a state are shared by all streams.
          self.make-decoder (fn []
                              (or decoder
                                  (incremental-decoder self.codec decoding-errors self.newline)))
          ;; The function, and if there is a state, what has it.
          self.make-encoder (fn []
                              (when encode
                                (return #(encode None)))
                              (setv e (incremental-encoder self.codec encoding-errors self.newline))
                              #(e.encode e))))

  (defn __repr__ [self]
    (setv options (.join "" [(if self.errors f" :errors {self.errors !r}" "")
                             (if (is self.replacement None)
                                 ""
                                 (+ " :replacement " (hy.repr self.replacement)))]))
    f"(external-format {self.encoding !r} :eol-style {self.eol-style !r}{options})")

  (defn _key [self]
    #(self.codec self.newline self.errors self.replacement))

  (defn __eq__ [self other]
    (if (isinstance other external-format)
        (= (._key self) (._key other))
        NotImplemented))

  (defn __hash__ [self]
    (hash (._key self)))

  (defn __reduce__ [self]
    #(external-format-of-key #(self.encoding self.eol-style self.errors self.replacement))))

(defmacro external-format [_hy-compiler #* arguments]
  "The class, with literal keywords where Common Lisp has them: what an external format prints as
  can be read.

  => (external-format :utf-16-le :eol-style :crlf)
  (external-format :utf-16-le :eol-style :crlf)

  Source: hy_iolib's own."
  (.expand-call (hy.I "hy_iolib.lisp.operators") (get _hy-compiler.this 0) arguments
                ["encoding" "eol_style" "errors" "replacement"] ["encoding"]
                ["encoding" "eol_style" "errors"]))

;; For pickle, which has no keyword arguments.
(defn external-format-of-key [encoding eol-style errors replacement]
  (external-format encoding :eol-style eol-style :errors errors :replacement replacement))

(defn codec-of [name encoding]
  "Python's name of the encoding NAME, which was given as ENCODING."
  (try
    (setv info (codecs.lookup name)
          codec (.replace info.name "_" "-"))
    ;; What is no name of a module fails in several ways.
    (except [[LookupError ValueError ImportError]]
      (setv info None codec None)))
  (when (or (is info None) (not info._is-text-encoding) (in codec NO-STREAMS)
            (is None info.incrementaldecoder) (is None info.incrementalencoder))
    (refuse "encoding" encoding "the name of a text encoding that Python has"))
  codec)

(defn handler-name [errors]
  "The name of the error handler that ERRORS, a keyword or string, designates."
  (setv name (or (keyword-name errors) (refuse "errors" errors HANDLERS)))
  (for [candidate [name (str (if (isinstance errors Keyword) errors.name errors))]]
    (try
      (codecs.lookup-error candidate)
      (return candidate)
      (except [[LookupError ValueError]])))
  (refuse "errors" errors HANDLERS))

(setv HANDLERS ":strict, :replace, :ignore or another of Python's error handlers")

;; Of Python's handlers, those that know nothing of octets that are of no character.
(setv FOR-ENCODING-ONLY #("xmlcharrefreplace" "namereplace"))

(defn policies [codec errors replacement]
  "Python's error handlers for decoding and for encoding."
  (when (not (or (is replacement None)
                 (and (isinstance replacement str)
                      (not-in "\n" replacement)
                      (not-in "\r" replacement))))
    ;; A line would be several.
    (refuse "replacement" replacement "a string without newlines"))
  (when (not (or (is errors None) (is replacement None)))
    (refuse "replacement" replacement "of use with :errors, which says itself what is done"))
  (cond
    (is-not replacement None)
      (do
        (setv name (replacing replacement))
        [name (if (encodable? replacement codec) name "strict")])
    (is errors None) ["replace" "strict"]
    True (do
           (setv name (handler-name errors))
           [(if (in name FOR-ENCODING-ONLY) "replace" name) name])))

(defn encodable? [text codec]
  (try
    (.encode text codec)
    True
    (except [UnicodeEncodeError] False)))

(defn replacing [replacement]
  "The name of the error handler that puts REPLACEMENT in the place of what is invalid."
  (setv name (+ "hy-iolib-" (.hex (.encode replacement "utf-8" "surrogatepass"))))
  (codecs.register-error name
    (fn [e]
      ;; Of characters, a run of them is one error.
      (setv count (if (isinstance e UnicodeEncodeError) (- e.end e.start) 1))
      #((* replacement count) e.end)))
  name)

;; What people say at each make-socket, once checked.
(setv formats {})

(defn ensure-external-format [designator]
  "The external format that DESIGNATOR means: one, an encoding's name, or a list of a name and
  options, `(:utf-8 :eol-style :crlf)`."
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
              names (cut options 0 None 2)
              options (dict (zip (map keyword-name names) (cut options 1 None 2))))
        (when (in None options)
          (refuse "external-format" designator FORMS))
        (check-keywords "external-format" options #("eol-style" "errors" "replacement"))
        (external-format encoding #** (dfor [name value] (.items options) (hy.mangle name) value)))
    True
      (refuse "external-format" designator FORMS)))

(setv FORMS "an encoding, (encoding :eol-style style) or an external-format")
