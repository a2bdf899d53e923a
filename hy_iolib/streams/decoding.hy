"From octets to characters. A decoder is a tool of a stream, whose octets and state it is given: it
changes neither. So a character can be looked at before it is taken, and be given back.

`take` decodes the next character: `#(text end state)`, where the text can also be of several
characters (an error handler's), or of none (an escape sequence), and END is where the octets go on;
None when more of them are needed. FINAL says that no more will come. What is invalid, and nothing
says what stands for it, is an `invalid-octets`."

(import codecs sys)
(import _multibytecodec [MultibyteIncrementalDecoder])

(export :objects [] :macros [])

(defclass invalid-octets [Exception]
  "The octets from START to END are of no character."
  (defn __init__ [self start end reason]
    (setv self.start start self.end end self.reason reason)))

(defn octet-a-character? [codec]
  "Has CODEC, a Python codec's name, one octet for each character?"
  (setv kind (codecs.getincrementaldecoder codec))
  (and (issubclass kind codecs.IncrementalDecoder)
       (not (issubclass kind #(codecs.BufferedIncrementalDecoder MultibyteIncrementalDecoder)))
       (= 256 (len (.decode ALL-OCTETS codec "replace")))))

(setv ALL-OCTETS (bytes (range 256)))

;; Error handlers that look at the octets at fault and at nothing else.
(setv LOCAL-HANDLERS #("strict" "replace" "ignore" "surrogateescape" "backslashreplace"))

(defclass octets-decoder []
  "For UTF-8 and for one octet a character: whatever comes before it, the octet of a newline is
  one."
  (setv __slots__ #("codec" "errors" "eol" "newline" "return_" "longest" "decode" "characters" "widths"
                    "splits" "simple_lines")
        initial-state None)

  (defn __init__ [self codec errors eol]
    (setv self.codec codec
          self.errors errors
          self.eol eol
          utf-8 (= codec "utf-8")
          each (lfor octet ALL-OCTETS (.decode (bytes [octet]) codec "replace"))
          [self.newline self.return_] (if (and (in "\n" each) (in "\r" each))
                                          [(bytes [(.index each "\n")]) (.index each "\r")]
                                          [b"\n" 13])
          self.longest (if utf-8 4 1)
          self.decode (if utf-8
                          codecs.utf-8-decode
                          (fn [octets errors final] #((.decode octets codec errors) (len octets))))
          ;; What each octet is if it is a character alone that needs no second look, else None.
          self.characters (tuple (gfor character each
                                       (if (or (= character "\ufffd")
                                               (and (= character "\r") (!= eol "\n")))
                                           None
                                           character)))
          ;; The octets of the character that an octet begins, if it is valid.
          self.widths (if utf-8
                          (tuple (gfor octet ALL-OCTETS
                                       (cond (<= 0xc2 octet 0xdf) 2
                                             (<= 0xe0 octet 0xef) 3
                                             (<= 0xf0 octet 0xf4) 4
                                             True 0)))
                          (* #(0) 256))
          ;; Can several lines be decoded at once?
          self.splits (and (!= eol "\r") (in errors LOCAL-HANDLERS) (!= errors "strict")
                           (= 1 (.count each "\n") (.count each "\r")))
          self.simple-lines (and (= eol "\n") (!= errors "strict"))))

  (defn take [self octets position state final]
    (setv stop (+ position self.longest)
          part (bytes (cut octets position stop)))
    (when (not part)
      (return None))
    (try
      (setv [text used] (self.decode part "strict" (and final (>= stop (len octets)))))
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

  (defn state-after [self octets position state])

  (defn line-end [self octets start]
    "Where the first newline at or after START is; -1 if there is none."
    (setv end (.find octets self.newline start))
    (when (= self.eol "\r")
      (setv other (if (= end -1)
                      (.find octets self.return_ start)
                      (.find octets self.return_ start end))
            end (if (= other -1) end other)))
    end)

  (defn line [self octets start end]
    "The text of the octets from START to END, the place of a newline or of the end."
    (try
      (if (< (- end start) LONG)
          (.decode (cut octets start end) self.codec self.errors)
          ;; Without a copy of it all.
          (with [all (memoryview octets) part (cut all start end)]
            (str part self.codec self.errors)))
      (except [e UnicodeDecodeError]
        (raise (invalid-octets (+ start e.start) (+ start e.end) e.reason)))))

  (defn lines [self octets start end]
    "The lines from START to END, where the last one ends."
    (setv text (.decode (cut octets start (+ end 1)) self.codec self.errors)
          lines (.split (if (= self.eol "\n") text (.replace text "\r\n" "\n")) "\n"))
    (.pop lines)
    lines))

(setv LONG 0x10000)

(defn stand-in [e errors offset]
  "What the handler ERRORS puts in the place of the octets that E is about, which begin at OFFSET,
  and where it goes on."
  (when (= errors "strict")
    (raise (invalid-octets (+ offset e.start) (+ offset e.end) e.reason)))
  ((codecs.lookup-error errors) e))

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

(setv MARKED {"utf-16" codecs.utf-16-ex-decode "utf-32" codecs.utf-32-ex-decode})

(setv UNITS {"utf-16" 2 "utf-16-le" 2 "utf-16-be" 2 "utf-32" 4 "utf-32-le" 4 "utf-32-be" 4})

(defclass stepping-decoder []
  "For every other encoding, by Python's incremental decoder. Its state is of Python's form, without
  octets: those that are not decoded yet stay with the stream."
  (setv __slots__ #("strict" "lenient" "errors" "eol" "unit" "initial_state")
        ;; Nothing of it is a character before it is decoded.
        characters (* #(None) 256)
        widths (* #(0) 256)
        splits False
        simple-lines False)

  (defn __init__ [self codec errors eol]
    (defn make [errors]
      (if (in codec MARKED)
          (marked-decoder (get MARKED codec) errors)
          ((codecs.getincrementaldecoder codec) errors)))
    (setv self.strict (make "strict")
          self.lenient (make errors)
          self.errors errors
          self.initial-state (.getstate self.strict)
          self.eol eol
          self.unit (.get UNITS codec 1)))

  (defn take [self octets position state final]
    (setv end position size (len octets))
    (.setstate self.strict state)
    (while (< end size)
      (setv done (- end position)
            ;; One by one, so as not to take more than a character; from then on not so slowly that
            ;; a run without any would take forever.
            stop (min size (+ end (if (< done 16) 1 done))))
      (try
        (setv text (.decode self.strict (bytes (cut octets end stop))))
        (except [e UnicodeDecodeError]
          (return (.take-invalid self octets position state stop e))))
      (setv end stop)
      (when text
        (return #(text #* (.without-octets self end (.getstate self.strict))))))
    (when final
      (try
        (setv text (.decode self.strict b"" True))
        (except [e UnicodeDecodeError]
          (return (.take-invalid self octets position state end e))))
      (when (or text (> end position))
        #(text #* (.without-octets self end (.getstate self.strict))))))

  (defn take-invalid [self octets position state end e]
    "What stands for the octets that E is about, which were fed up to END; or what is before them."
    (setv offset (- end (len e.object))
          before (+ offset e.start))
    (.setstate self.strict state)
    (setv text (.decode self.strict (bytes (cut octets position before)))
          state (.getstate self.strict))
    (if text
        #(text #* (.without-octets self before state))
        (do
          (setv [text stop] (stand-in e self.errors offset))
          #(text (min end (max (+ before 1) (+ offset stop))) #(b"" (get state 1))))))

  (defn decode [self octets start end state [final False]]
    "The text of the octets from START to END, which follow on STATE, and the state then, which can
    hold octets that are not decoded yet."
    (.setstate self.lenient state)
    (try
      (setv text (.decode self.lenient (bytes (cut octets start end)) final))
      (except [e UnicodeDecodeError]
        (setv offset (- end (len e.object)))
        (raise (invalid-octets (+ offset e.start) (+ offset e.end) e.reason))))
    #(text (.getstate self.lenient)))

  (defn state-after [self octets position state]
    "The state behind octets that are dropped."
    (try
      (get (.without-octets self 0 (get (.decode self octets position (len octets) state) 1)) 1)
      (except [invalid-octets] state)))

  (defn without-octets [self end state]
    "Where the octets begin that STATE holds, which go up to END, and the state there."
    (setv [held flags] state)
    #((- end (len held)) #(b"" flags)))

  (defn line-end [self octets start searched]
    "Where the first unit ends, of those that begin at START, that may be a newline and is not
    before SEARCHED; -1 if there is none yet."
    (setv found (.find octets b"\n" searched))
    (when (= self.eol "\r")
      (setv other (if (= found -1) (.find octets b"\r" searched) (.find octets b"\r" searched found))
            found (if (= other -1) found other)))
    (if (= found -1)
        -1
        (do
          (setv end (+ start (* self.unit (+ 1 (// (- found start) self.unit)))))
          (if (<= end (len octets)) end -1)))))
