"From octets to characters. A decoder is a tool of a stream, which gives it octets and a state; it
changes neither. So a character can be looked at before it is taken, and be given back.

Both kinds have

- `decode-next`, the next character: `#(text end state)`, where the octets go on at END. The text
  can also be several characters (an error handler's), or none (octets that are ignored). None when
  more octets are needed; FINAL says that no more will come.
- `rest`, all that is left, and `state-after`, the state behind octets that are dropped.

What is invalid, when nothing says what stands for it, is an `invalid-octets`."

(import codecs sys)
(import _multibytecodec [MultibyteIncrementalDecoder])

(export :objects [] :macros [])

(defclass invalid-octets [Exception]
  "The octets from START to END are of no character."
  (defn __init__ [self start end reason]
    (setv self.start start self.end end self.reason reason)))

(defn stand-in [e errors offset]
  "What the error handler ERRORS puts in the place of the octets that E is about, and where it goes
  on in E's object, which begins at OFFSET."
  (try
    (setv [text end] ((codecs.lookup-error errors) e))
    ;; As "strict" does, and others of what they don't know.
    (except [e UnicodeDecodeError]
      (raise (invalid-octets (+ offset e.start) (+ offset e.end) e.reason))))
  (when (not (and (isinstance text str) (isinstance end int)))
    (raise (TypeError f"the decoding error handler {errors} must return (str, int)")))
  #(text end))

(defn find-newline [text eol newline return_ start]
  "Where in TEXT, or octets, the first newline is at or after START; -1 if there is none."
  (setv end (.find text newline start))
  (when (= eol "\r")
    ;; No further than that, or each line would take as long as all that is there.
    (setv other (if (= end -1) (.find text return_ start) (.find text return_ start end))
          end (if (= other -1) end other)))
  end)

;; ---- UTF-8, and encodings with one octet a character

(defn single-byte? [codec]
  "Has CODEC, a Python codec's name, one octet for each character?"
  (setv kind (codecs.getincrementaldecoder codec))
  (and (issubclass kind codecs.IncrementalDecoder)
       (not (issubclass kind #(codecs.BufferedIncrementalDecoder MultibyteIncrementalDecoder)))
       (= 256 (len (.decode ALL-OCTETS codec "replace")))))

(setv ALL-OCTETS (bytes (range 256)))

;; Error handlers that look at the octets at fault and at nothing else.
(setv LOCAL-HANDLERS #("replace" "ignore" "surrogateescape" "backslashreplace"))

;; From so many octets on, a copy of a line costs more than avoiding it.
(setv LONG 0x10000)

(defclass simple-decoder []
  "For UTF-8 and for encodings with one octet a character. A newline's octet is never a part of
  another character, so lines are found before they are decoded. There is no state: one is shared by
  all."
  (setv __slots__ #("codec" "errors" "eol" "newline" "return_" "longest" "decode_prefix"
                    "characters" "widths" "decodes_ahead" "crlf")
        incremental False
        initial-state None)

  (defn __init__ [self codec errors eol]
    (setv utf-8 (= codec "utf-8")
          each (lfor octet ALL-OCTETS (.decode (bytes [octet]) codec "replace")))
    (setv self.codec codec
          self.errors errors
          self.eol eol
          [self.newline self.return_] (lfor character ["\n" "\r"]
                                            (if (in character each)
                                                (bytes [(.index each character)])
                                                (.encode character)))
          self.longest (if utf-8 4 1)
          ;; The text of all whole characters, and how many octets they are.
          self.decode-prefix (if utf-8
                                 codecs.utf-8-decode
                                 (fn [octets errors final]
                                   #((.decode octets codec errors) (len octets))))
          ;; What each octet is if it is a character alone that needs no second look, else None.
          self.characters (tuple (gfor character each
                                       (if (or (= character "\ufffd")
                                               (and (= character "\r") (!= eol "\n")))
                                           None
                                           character)))
          ;; How many octets the character has that an octet begins, if it is valid; 0 if none.
          self.widths (if utf-8
                          (tuple (gfor octet ALL-OCTETS
                                       (cond (<= 0xc2 octet 0xdf) 2
                                             (<= 0xe0 octet 0xef) 3
                                             (<= 0xf0 octet 0xf4) 4
                                             True 0)))
                          (* #(0) 256))
          ;; Can several lines be decoded at once, and be counted back to octets?
          self.decodes-ahead (and (!= eol "\r") (in errors LOCAL-HANDLERS)
                                  (= 1 (.count each "\n") (.count each "\r")))
          self.crlf (= eol "\r\n")))

  (defn decode-next [self octets position state final]
    (setv stop (+ position self.longest)
          part (bytes (cut octets position stop)))
    (when (not part)
      (return None))
    (try
      (setv [text _] (self.decode-prefix part "strict" (and final (>= stop (len octets)))))
      (except [e UnicodeDecodeError]
        (if e.start
            ;; What is before the invalid octets.
            (setv text (.decode (cut part e.start) self.codec))
            (do
              (setv [text end] (stand-in e self.errors position))
              (return #(text (+ position (max 1 (min end (len part)))) None))))))
    (when text
      (setv character (get text 0))
      #(character (+ position (if (= self.longest 1) 1 (len (.encode character)))) None)))

  (defn line-end [self octets start]
    "Where the first newline is at or after START; -1 if there is none."
    (find-newline octets self.eol self.newline self.return_ start))

  (defn line [self octets start end]
    "The text of the octets from START to END, the place of a newline or of the end."
    (try
      (if (< (- end start) LONG)
          (.decode (cut octets start end) self.codec self.errors)
          (with [all (memoryview octets) part (cut all start end)]
            (str part self.codec self.errors)))
      (except [e UnicodeDecodeError]
        (raise (invalid-octets (+ start e.start) (+ start e.end) e.reason)))))

  (defn lines [self octets start end]
    "The lines from START to END, where the last one ends."
    (setv text (.decode (cut octets start (+ end 1)) self.codec self.errors)
          lines (.split (if (= self.eol "\n") text (.replace text "\r\n" "\n")) "\n"))
    (.pop lines)
    lines)

  (defn rest [self octets position state]
    (.line self octets position (len octets)))

  (defn state-after [self octets position state]
    None))

;; ---- All other encodings

(defclass marked-decoder [codecs.BufferedIncrementalDecoder]
  "UTF-16 and UTF-32 whose order of octets a mark says. Without one it is the machine's, as with
  Python's `bytes.decode`; its incremental decoders refuse that."
  (defn __init__ [self decode errors]
    (.__init__ (super) errors)
    (setv self.decode-some decode
          self.order 0))

  (defn _buffer-decode [self octets errors final]
    (setv [text used order] (self.decode-some octets errors self.order final))
    (when (and used (= self.order 0))
      (setv self.order (or order (if (= sys.byteorder "little") -1 1))))
    #(text used))

  (defn getstate [self]
    #(self.buffer self.order))

  (defn setstate [self state]
    (setv [self.buffer self.order] state)))

(setv WITHOUT-ORDER {"utf-16" codecs.utf-16-ex-decode "utf-32" codecs.utf-32-ex-decode})

(defn python-decoder [codec errors]
  (if (in codec WITHOUT-ORDER)
      (marked-decoder (get WITHOUT-ORDER codec) errors)
      ((codecs.getincrementaldecoder codec) errors)))

;; The octets of which characters are made, where it is not one.
(setv UNITS {"utf-16" 2 "utf-16-le" 2 "utf-16-be" 2 "utf-32" 4 "utf-32-le" 4 "utf-32-be" 4})

(setv MOST-SHIFTS 1000)

(defclass incremental-decoder []
  "For every other encoding, by Python's incremental decoder; one for each stream. Its state is of
  Python's form, without octets: those that are not decoded yet stay with the stream."
  (setv __slots__ #("strict" "lenient" "errors" "eol" "unit" "initial_state")
        incremental True
        ;; Nothing of it is a character before it is decoded.
        characters (* #(None) 256)
        widths (* #(0) 256)
        decodes-ahead False)

  (defn __init__ [self codec errors eol]
    (setv self.strict (python-decoder codec "strict")
          self.lenient (python-decoder codec errors)
          self.errors errors
          self.initial-state (.getstate self.strict)
          self.eol eol
          self.unit (.get UNITS codec 1)))

  (defn decode-next [self octets position state final]
    (setv end position size (len octets))
    (.setstate self.strict state)
    (while (< end size)
      (setv done (- end position)
            ;; One by one, so as not to take more than a character; but no character is of more than
            ;; some, and a run of octets without any must not take forever.
            stop (min size (+ end (if (< done 16) 1 done))))
      (try
        (setv text (.decode self.strict (bytes (cut octets end stop))))
        (except [e UnicodeDecodeError]
          (return (.invalid self octets position state stop e))))
      (setv end stop)
      ;; Of shifts alone, there can be any number.
      (when (or text (> (- end position) MOST-SHIFTS))
        (return #(text #* (without-octets end (.getstate self.strict))))))
    (when final
      (try
        (setv text (.decode self.strict b"" True))
        (except [e UnicodeDecodeError]
          (return (.invalid self octets position state end e))))
      (when (or text (> end position))
        #(text #* (without-octets end (.getstate self.strict))))))

  (defn invalid [self octets position state end e]
    "As `decode-next`: what stands for the octets that E is about, which were fed up to END; or what
    is before them."
    (setv offset (- end (len e.object))
          before (+ offset e.start))
    (.setstate self.strict state)
    (setv text (.decode self.strict (bytes (cut octets position before)))
          state (.getstate self.strict))
    (if text
        #(text #* (without-octets before state))
        (do
          (setv [text stop] (stand-in e self.errors offset))
          #(text (min end (max (+ before 1) (+ offset stop))) #(b"" (get state 1))))))

  (defn decode [self octets start end state [final False]]
    "The text of the octets from START to END, and the state then, which can hold octets."
    (.setstate self.lenient state)
    (try
      (setv text (.decode self.lenient (bytes (cut octets start end)) final))
      (except [e UnicodeDecodeError]
        (setv offset (- end (len e.object)))
        (raise (invalid-octets (+ offset e.start) (+ offset e.end) e.reason))))
    #(text (.getstate self.lenient)))

  (defn possible-line-end [self octets start searched]
    "Where the first unit ends, of those that begin at START, that may be a newline and is not
    before SEARCHED; -1 if there is none yet."
    (setv found (find-newline octets self.eol b"\n" b"\r" searched)
          end (+ start (* self.unit (+ 1 (// (- found start) self.unit)))))
    (if (or (= found -1) (> end (len octets))) -1 end))

  (defn newline-size [self octets start end]
    "How many octets the newline has that ends at END, and begins at START or later."
    (setv before (- end (* 2 self.unit)))
    (if (and (= self.eol "\r\n") (>= before start)
             (in b"\r" (cut octets before (+ before self.unit))))
        (* 2 self.unit)
        self.unit))

  (defn rest [self octets position state]
    (get (.decode self octets position (len octets) state True) 0))

  (defn state-after [self octets position state]
    (try
      (get (without-octets 0 (get (.decode self octets position (len octets) state) 1)) 1)
      (except [invalid-octets] state))))

(defn without-octets [end state]
  "Where the octets begin that STATE holds, which go up to END, and the state there."
  (setv [held flags] state)
  #((- end (len held)) #(b"" flags)))
