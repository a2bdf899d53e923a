"Reading octets, characters and lines.

What is asked for again and again is answered from the buffer in a few steps; all else, and whatever
is wrong, is left to a slower function of the same purpose."

(eval-when-compile
  (require hy-iolib.lisp.conditions [defcondition]
           hy-iolib.lisp.operators [defoperator]))
(import hy-iolib.lisp.checking [refuse])
(import hy-iolib.lisp.conditions [end-of-file stream-error])
(import hy-iolib.lisp.handlers [signal-error])
(import hy-iolib.multiplex.readiness [deadline-of])
(import hy-iolib.streams.decoding [find-newline invalid-octets without-octets])
(import hy-iolib.streams.designators [input-stream refuse-text])
(import hy-iolib.streams.external-formats [character-decoding-error])
(import hy-iolib.streams.gray-streams [NEWLINE dual-channel-gray-stream])

(export
  :objects [read-byte read-char read-char-no-hang peek-char unread-char listen read-line clear-input
            line-too-long no-characters-to-unread]
  :macros [read-byte read-char read-char-no-hang peek-char read-line])

(defcondition no-characters-to-unread [stream-error]
  "`unread-char` of a character that was not the last to be read from the slot `stream`.

  => (setv [a b] (make-socket-pair))
  => (handler-case (unread-char \"x\" b) (no-characters-to-unread [e] (is e.stream b)))
  True

  >>> a, b = make_socket_pair()
  >>> try:
  ...     unread_char(\"x\", b)
  ... except no_characters_to_unread:
  ...     print(\"none\")
  none

  Source: IOLib 0.8, iolib/streams."
  []
  f"no character was read from {self.stream} that could be given back")

(defcondition line-too-long [stream-error ValueError]
  "A line has more octets than `max-line-length`, the slot `limit`, allows. It is still there to be
  read, in other ways. `stream` is the other slot. Also Python's `ValueError`.

  => (setv [a b] (make-socket-pair :max-line-length 3))
  => (write-line \"longer\" a) (finish-output a)
  => (handler-case (read-line b) (line-too-long [e] [e.limit (read-char b)]))
  [3 \"l\"]

  >>> a, b = make_socket_pair(max_line_length=3)
  >>> write_line(\"longer\", a); finish_output(a)
  'longer'
  >>> try:
  ...     read_line(b)
  ... except line_too_long as e:
  ...     print(e.limit)
  3

  Source: hy_iolib's own."
  [limit]
  f"a line from {self.stream} has more than {self.limit} octets")

(defoperator read-byte [[stream None] [eof-error-p True] [eof-value None] * [timeout None]]
  "The next octet of STREAM, an integer. At the end of the file `end-of-file`, or EOF-VALUE (None by
  default) when EOF-ERROR-P (True by default) is False or None. STREAM is a stream of this library, a file
  object of Python's, or None or True for standard input. Waits, at most TIMEOUT seconds if that is
  given: then `poll-timeout`.

  A STREAM that is closed is `socket-closed-error`, a connection that has failed the system's error,
  as `socket-connection-reset-error`; a text file, and other arguments, are a `type-error`.

  => (setv [a b] (make-socket-pair))
  => (write-line \"A\" a) (finish-output a) [(read-byte b) (read-byte b)]
  [65 10]

  >>> a, b = make_socket_pair()
  >>> send_to(a, b\"A\")
  1
  >>> read_byte(b)
  65

  Source: Common Lisp."
  (try
    (setv position stream._position
          octet (get stream._input position))
    (when (and (not stream._lines) (is timeout None))
      (setv stream._last None
            stream._position (+ position 1))
      (return octet))
    (except [[IndexError AttributeError]]))
  (setv deadline (begin-reading eof-error-p timeout)
        stream (input-stream stream)
        stream._last None)
  (when stream._text
    (refuse-text "read-byte" stream))
  (when (and (= stream._position (len stream._input))
             (not (._fill stream deadline)))
    (return (at-end stream eof-error-p eof-value)))
  (setv octet (get stream._input stream._position))
  (+= stream._position 1)
  octet)

(defn begin-reading [eof-error-p timeout]
  "Check these arguments; the deadline."
  (when (not (or (is eof-error-p True) (is eof-error-p None) (is eof-error-p False)))
    (refuse "eof-error-p" eof-error-p "True, False or None (for a time limit there is :timeout)"))
  (if (is timeout None) None (deadline-of timeout)))

(defn at-end [stream eof-error-p eof-value]
  (if eof-error-p
      (signal-error end-of-file :stream stream)
      eof-value))

;; ---- Characters

(defoperator read-char [[stream None] [eof-error-p True] [eof-value None] [recursive-p None]
                        * [timeout None]]
  "The next character of STREAM, a string of one, a newline being \"\\n\" whatever the external format has
  for it. STREAM, EOF-ERROR-P, EOF-VALUE, TIMEOUT and the conditions are as of `read-byte`; text files
  will do. RECURSIVE-P means nothing here. Octets that are of no character are
  `character-decoding-error` if the external format says so.

  => (setv [a b] (make-socket-pair))
  => (write-string \"né\" a) (finish-output a) [(read-char b) (read-char b)]
  [\"n\" \"é\"]

  >>> a, b = make_socket_pair()
  >>> write_string(\"né\", a); finish_output(a)
  'né'
  >>> read_char(b), read_char(b)
  ('n', 'é')

  Source: Common Lisp."
  (try
    (setv position stream._position
          octet (get stream._input position))
    (when (and (not stream._lines) (is stream._pending None) (is timeout None))
      (setv character (get stream._characters octet))
      (when character
        (setv stream._last position
              stream._position (+ position 1))
        (return character))
      (setv width (get stream._decoder.widths octet))
      (when width
        (setv end (+ position width)
              character (.decode (cut stream._input position end))
              stream._last position
              stream._position end)
        (return character)))
    ;; Nothing in the buffer; no stream; a character that is invalid, or not all there.
    (except [[IndexError AttributeError UnicodeDecodeError]]))
  (setv deadline (begin-reading eof-error-p timeout)
        stream (input-stream stream)
        stream._last None
        found (next-character stream deadline))
  (if (is found None)
      (at-end stream eof-error-p eof-value)
      (take stream found)))

(defn place-of [stream]
  "Where STREAM's next character is: its position, pending text and decoder's state."
  #(stream._position stream._pending stream._decoder-state))

(defn go-to [stream place]
  (setv [stream._position stream._pending stream._decoder-state] place))

(defn take [stream found]
  "The character that was FOUND next in STREAM, which is read now."
  (setv last (place-of stream))
  (go-to stream (cut found 1 None))
  (setv stream._last last)
  (get found 0))

(defn next-character [stream deadline]
  "What `scan` finds next in STREAM; None at the end of the file."
  (setv ended False)
  (while True
    (setv found (scan-or-signal stream ended))
    (when (or found ended)
      (return found))
    (pass-ignored stream)
    (setv ended (not (._fill stream deadline)))))

(defn pass-ignored [stream]
  "Leave behind the octets that stand for nothing, or a peer could fill the memory with them."
  (while (and (is stream._pending None) (< stream._position (len stream._input)))
    (setv decoded (try
                    (.decode-next stream._decoder stream._input stream._position
                                  stream._decoder-state False)
                    (except [invalid-octets])))
    (when (or (is decoded None) (get decoded 0))
      (return))
    (when (= stream._last NEWLINE)
      ;; It will not be right before the position any more.
      (setv stream._last (place-before-newline stream)))
    (setv [_ stream._position stream._decoder-state] decoded)))

(defn scan [stream final]
  "The next character of STREAM and the three of the place behind it; None when more octets are
  needed. Nothing is changed. FINAL: no more octets will come."
  (setv decoder stream._decoder
        found (scan-one decoder stream._input #* (place-of stream) final))
  (cond
    (or (is found None) (!= (get found 0) "\r") (= decoder.eol "\n")) found
    (= decoder.eol "\r") #("\n" #* (cut found 1 None))
    True
      ;; CR and LF, or a CR alone.
      (do
        (setv after (try
                      (scan-one decoder stream._input #* (cut found 1 None) final)
                      (except [invalid-octets] found)))
        (cond
          (is after None) (if final found None)
          (= (get after 0) "\n") after
          True found))))

(defn scan-one [decoder octets position pending state final]
  "As `scan`, whatever a newline is."
  (while True
    (when pending
      (setv [text index] pending
            next (+ index 1))
      (return #((get text index) position (if (< next (len text)) #(text next) None) state)))
    (setv decoded (.decode-next decoder octets position state final))
    (when (is decoded None)
      (return None))
    (setv [text position state] decoded
          pending (when text #(text 0)))))

(defn scan-or-signal [stream final]
  (try
    (scan stream final)
    (except [e invalid-octets]
      (refuse-octets stream e))))

(defn refuse-octets [stream e]
  "Take the invalid octets of E out of STREAM's input and signal them."
  (setv octets (bytes (cut stream._input e.start e.end)))
  (setv stream._input (+ (bytes (cut stream._input e.start)) (bytes (cut stream._input e.end None)))
        stream._searched None)
  (setv c (character-decoding-error :stream stream :octets octets :reason e.reason
                                    :external-format stream._external-format)
        c.__suppress_context__ True)
  (signal-error c))

(defoperator read-char-no-hang [[stream None] [eof-error-p True] [eof-value None]
                                [recursive-p None]]
  "The next character of STREAM, as `read-char`, if it can be had at once; otherwise None. Never
  waits.

  => (setv [a b] (make-socket-pair))
  => (read-char-no-hang b)
  None

  >>> a, b = make_socket_pair()
  >>> read_char_no_hang(b) is None
  True

  Source: Common Lisp."
  (begin-reading eof-error-p None)
  (setv stream (input-stream stream)
        stream._last None
        [found ended] (find-at-once stream scan-or-signal))
  (cond
    (is-not found None) (take stream found)
    ended (at-end stream eof-error-p eof-value)
    True None))

(defn find-at-once [stream scan]
  "What SCAN finds next in STREAM without a wait, or None; and whether the file has ended."
  (setv ended False)
  (while True
    (setv found (scan stream ended))
    (when (or found ended)
      (return [found ended]))
    (pass-ignored stream)
    (when (> (- stream._position (._kept-from stream)) MOST-KEPT)
      (setv stream._last None))
    (setv arrived (._fill stream None :wait False))
    (when (is arrived None)
      (return [None False]))
    (setv ended (not arrived))))

;; So many octets, and no character among them, are too many to keep what can be unread.
(setv MOST-KEPT 1000)

(defn listen [[stream None]]
  "Can a character be read from STREAM, as of `read-char`, at once? Never waits. At the end of the file:
  False.

  => (setv [a b] (make-socket-pair))
  => (listen b)
  False
  => (write-string \"x\" a) (finish-output a) (listen b)
  True

  >>> a, b = make_socket_pair()
  >>> listen(b)
  False

  Source: Common Lisp."
  (bool (get (find-at-once (input-stream stream) scan-or-notice) 0)))

(defn scan-or-notice [stream final]
  (try
    (scan stream final)
    ;; To signal it, read-char would not have to wait.
    (except [invalid-octets] True)))

(defoperator peek-char [[peek-type None] [stream None] [eof-error-p True] [eof-value None]
                        [recursive-p None] * [timeout None]]
  "The next character of STREAM, which stays there. With PEEK-TYPE True, white space is read and
  left out before; with a character for PEEK-TYPE, all before that character is; None, the default,
  or False leaves out nothing. The rest is as in `read-char`.

  => (setv [a b] (make-socket-pair))
  => (write-string \"  x=1\" a) (finish-output a)
  => [(peek-char True b) (read-char b) (peek-char \"1\" b)]
  [\"x\" \"x\" \"1\"]

  >>> a, b = make_socket_pair()
  >>> write_string(\"  x\", a); finish_output(a)
  '  x'
  >>> peek_char(None, b), peek_char(True, b)
  (' ', 'x')

  Source: Common Lisp."
  (setv deadline (begin-reading eof-error-p timeout))
  (when (not (or (is peek-type None) (isinstance peek-type bool)
                 (and (isinstance peek-type str) (= (len peek-type) 1))))
    (refuse "peek-type" peek-type "None, True or a character"))
  (setv stream (input-stream stream))
  (while True
    ;; What is before it can't be given back any more.
    (setv stream._last None
          found (next-character stream deadline))
    (when (is found None)
      (return (at-end stream eof-error-p eof-value)))
    (setv character (get found 0))
    (when (cond
            (not peek-type) True
            (is peek-type True) (not-in character WHITESPACE)
            True (= character peek-type))
      (return character))
    (take stream found)))

;; Common Lisp's whitespace[2].
(setv WHITESPACE " \n\t\f\r")

(defn unread-char [character [stream None]]
  "Give CHARACTER, the one that was read last, back to STREAM, as of `read-char`: it is the next to be
  read. Only one, and only when nothing else was read since: else `no-characters-to-unread`; of another
  CHARACTER a `type-error`. Returns None.

  => (setv [a b] (make-socket-pair))
  => (write-string \"xy\" a) (finish-output a) (unread-char (read-char b) b) (read-char b)
  \"x\"

  >>> a, b = make_socket_pair()
  >>> write_string(\"xy\", a); finish_output(a)
  'xy'
  >>> unread_char(read_char(b), b)
  >>> read_char(b)
  'x'

  Source: Common Lisp."
  (when (not (and (isinstance character str) (= (len character) 1)))
    (refuse "character" character "a character, a string of one"))
  (setv stream (input-stream stream)
        last stream._last)
  (when (is last None)
    (signal-error no-characters-to-unread :stream stream))
  (setv place (place-of stream))
  (go-to stream (cond
                  (isinstance last tuple) last
                  (= last NEWLINE) (place-before-newline stream)
                  True #(last None stream._decoder-state)))
  (setv read (get (or (try (scan stream True) (except [invalid-octets])) #(None)) 0))
  (when (!= read character)
    (go-to stream place)
    (refuse "character" character f"{read !r}, the character that was read last"))
  (setv stream._last None)
  None)

(defn place-before-newline [stream]
  "The place before the newline that ends at STREAM's position, one octet, or two that are CR and LF."
  (setv decoder stream._decoder
        position stream._position
        both (+ decoder.return_ decoder.newline)
        before (bytes (cut stream._input (max 0 (- position 2)) position)))
  #((- position (if (and (= decoder.eol "\r\n") (= before both)) 2 1)) None stream._decoder-state))

;; ---- Lines

;; How many octets are decoded ahead when lines are read one after another.
(setv AHEAD 4096)

(defoperator read-line [[stream None] [eof-error-p True] [eof-value None] [recursive-p None]
                        * [timeout None]]
  "The next line of STREAM, without its newline; at the end of the file also one without a newline.
  When nothing is left `end-of-file`, or EOF-VALUE (None by default) when EOF-ERROR-P (True by default)
  is false. Waits, at most TIMEOUT seconds if that is given: then `poll-timeout`, and nothing that has
  come is lost. A line of more octets than `max-line-length` is `line-too-long`. The rest is as in
  `read-char`.

  => (setv [a b] (make-socket-pair))
  => (write-line \"one\" a) (finish-output a) (read-line b)
  \"one\"
  => (shutdown a :write True)
  => (read-line b None :eof)
  :eof

  >>> a, b = make_socket_pair()
  >>> write_line(\"one\", a); close(a)
  'one'
  True
  >>> read_line(b), read_line(b, None)
  ('one', None)

  Source: Common Lisp."
  (try
    (setv lines stream._lines)
    (cond
      lines
        (when (is timeout None)
          ;; Without a call, so that no signal handler can come between and a line be lost.
          (setv line (get lines -1))
          (del (get lines -1))
          (return line))
      ;; Of a conversation, what has come is often one line, or a few, and no part of another.
      (and stream._simple-lines (= stream._position (len stream._input)) (is timeout None)
           ;; Else something comes before: of a call that a signal handler has ended, too.
           (is stream._pending None) (is stream._arrived None))
        (do
          (setv stream._last None)
          (for [stream._arrived stream._receiver] (break))
          (setv octets stream._arrived
                decoder stream._decoder
                [before newline after] (.partition octets decoder.newline)
                size (len octets))
          (if after
              (when (and (.endswith after newline) (<= size AHEAD))
                (setv text (.decode octets decoder.codec decoder.errors)
                      lines (.split (if decoder.crlf (.replace text "\r\n" "\n") text) "\n")
                      line (get lines 0)
                      count (- (len lines) 1))
                (.reverse lines)
                (setv lines (cut lines 1 count)
                      stream._split #(0 count)
                      stream._lines lines
                      stream._position size
                      stream._input octets
                      stream._last NEWLINE
                      stream._arrived None)
                (return line))
              (when newline
                (when (and decoder.crlf (.endswith before decoder.return_))
                  (setv before (cut before -1)))
                (setv line (.decode before decoder.codec decoder.errors)
                      stream._position size
                      stream._input octets
                      stream._last NEWLINE
                      stream._arrived None)
                (return line)))))
    ;; It is no stream of ours; or nothing has come yet, which FileIO calls None.
    ;; Or an error handler gives up, which the slower way will say.
    (except [[AttributeError BlockingIOError UnicodeDecodeError]])
    (except [e OSError]
      (._fail-input stream e)))
  ;; What is as it should be is not checked by calls, which take their time.
  (setv deadline (if (and (is eof-error-p True) (is timeout None))
                     None
                     (begin-reading eof-error-p timeout)))
  (when (or (not (isinstance stream dual-channel-gray-stream)) stream.closed stream._lines)
    (setv stream (input-stream stream)))
  (setv line (next-line stream deadline))
  (if (is line None)
      (at-end stream eof-error-p eof-value)
      line))

(defn next-line [stream deadline]
  "The next line of STREAM; None at the end of the file."
  (setv decoder stream._decoder)
  (cond
    decoder.incremental
      (next-line-by-steps stream deadline)
    stream._pending
      (do
        (setv line (read-characters stream deadline
                                    (fn [characters]
                                      (check-length stream (- (len characters) 1))
                                      (ends-in-newline? characters))
                                    (. "" join)))
        (when (not (ends-in-newline? line))
          (setv stream._last None))
        (if line (.removesuffix line "\n") None))
    (and (is stream._last NEWLINE) (decode-ahead stream decoder))
      (first-ahead stream)
    True
      (find-line stream decoder deadline)))

(defn ends-in-newline? [characters]
  (and characters (= (get characters -1) "\n")))

(defn find-line [stream decoder deadline]
  "The next line of STREAM, by its octets; None at the end of the file."
  (setv searched (if stream._searched (searched-already stream) 0)
        stream._last None)
  (while True
    (setv octets stream._input
          position stream._position
          end (if (= decoder.eol "\r")
                  (.line-end decoder octets (+ position searched))
                  (.find octets decoder.newline (+ position searched))))
    (when (>= end 0)
      (when (and (= position 0) (< end (- (len octets) 1)) (.endswith octets decoder.newline)
                 ;; Several lines have come, and no part of another.
                 (decode-ahead stream decoder))
        (setv stream._last NEWLINE)
        (return (first-ahead stream)))
      (setv line (cut-line stream decoder position end)
            stream._last NEWLINE
            stream._position (+ end 1)
            stream._searched None)
      (return line))
    (setv searched (- (len octets) position))
    (when searched
      (setv stream._searched #(octets position searched))
      (check-length stream (- searched (if (= decoder.eol "\r\n") 1 0))))
    (when (not (._fill-line stream deadline))
      (when (not searched)
        (return None))
      (setv line (cut-line stream decoder position (+ position searched) :last True)
            stream._position (+ position searched))
      ;; Of octets that are ignored, there is no line.
      (return (or line None)))))

(defn searched-already [stream]
  "How many octets from STREAM's position on are known to have no newline."
  (setv [octets position count] stream._searched
        stream._searched None)
  (if (and (is octets stream._input) (= position stream._position)) count 0))

(defn cut-line [stream decoder start end [last False]]
  "The text from START to END, where the newline is, or with LAST the end of the file."
  (when (and (= decoder.eol "\r\n") (not last) (> end start)
             (= (get stream._input (- end 1)) (get decoder.return_ 0)))
    (-= end 1))
  (when (is-not stream._max-line None)
    (check-length stream (- end start)))
  (try
    (.line decoder stream._input start end)
    (except [e invalid-octets]
      (refuse-octets stream e))))

(defn check-length [stream length]
  (when (and (is-not stream._max-line None) (> length stream._max-line))
    (signal-error line-too-long :stream stream :limit stream._max-line)))

(defn decode-ahead [stream decoder]
  "Decode the lines that are in the buffer already. False if there are none, or it can't be done."
  (when (not (and decoder.decodes-ahead (is stream._max-line None)))
    (return False))
  (setv position stream._position
        end (.rfind stream._input decoder.newline position (+ position AHEAD)))
  (when (= end -1)
    (return False))
  (try
    (setv lines (.lines decoder stream._input position end))
    (except [UnicodeDecodeError]
      (return False)))
  (.reverse lines)
  (setv stream._split #(position (len lines))
        stream._position (+ end 1)
        stream._lines lines)
  True)

(defn first-ahead [stream]
  "The next of the lines that were decoded ahead."
  (setv lines stream._lines
        line (get lines -1))
  (del (get lines -1))
  line)

(defn read-characters [stream deadline enough? use]
  "What USE makes of the list of the next characters of STREAM, which goes on until ENOUGH? of it is
  true or the file ends. If that can't be done, all are given back."
  (setv characters []
        last None
        ;; While it is set, what is read can be given back.
        stream._last (place-of stream))
  (try
    (setv result None)
    (while True
      (when (enough? characters)
        (break))
      (setv found (next-character stream deadline))
      (when (is found None)
        (break))
      (setv last (place-of stream))
      (go-to stream (cut found 1 None))
      (.append characters (get found 0)))
    (setv result (use characters))
    (except [BaseException]
      ;; Unless another thread has closed it.
      (when stream._last
        (go-to stream stream._last))
      (setv stream._last None)
      (raise)))
  (setv stream._last last)
  result)

(defn pending-text [stream]
  (setv [text index] (or stream._pending #("" 0)))
  (cut text index None))

(defn next-line-by-steps [stream deadline]
  "The next line of STREAM, where only the decoder knows what a newline is; None at the end of the
  file. What has come of it stays there as it came until all of it has."
  (setv decoder stream._decoder
        state stream._decoder-state
        parts [(pending-text stream)]
        ;; From the position: how far it is decoded, and how far a newline was looked for.
        decoded 0 searched 0 ended False)
  (when (newline-in (get parts 0) decoder.eol)
    (return (finish-line stream parts 0 state)))
  (setv stream._last None)
  (while True
    (setv octets stream._input
          position stream._position
          start (+ position decoded)
          end (if ended
                  (len octets)
                  (.possible-line-end decoder octets start (+ position searched))))
    (if (>= end 0)
        (do
          (check-length stream (- end position
                                  (if ended 0 (.newline-size decoder octets start end))))
          (try
            (setv [text state] (.decode decoder octets start end state ended))
            (except [e invalid-octets]
              (refuse-octets stream e)))
          (.append parts text)
          (setv decoded (- end position)
                searched decoded)
          (when (or ended (newline-in text decoder.eol))
            (return (finish-line stream parts decoded state))))
        (do
          ;; A unit may be there in part.
          (setv searched (max searched (- (len octets) position (- decoder.unit 1))))
          (check-length stream (- (len octets) position (* 2 decoder.unit)))
          (setv ended (not (._fill stream deadline)))))))

(defn newline-in [text eol]
  (or (in "\n" text) (and (= eol "\r") (in "\r" text))))

(defn finish-line [stream parts decoded state]
  "The line at the beginning of PARTS, of which STREAM has the DECODED octets behind it now."
  (setv decoder stream._decoder
        text (.join "" parts)
        end (find-newline text decoder.eol "\n" "\r" 0)
        found (>= end 0)
        line (if found (cut text end) text)
        rest (if found (cut text (+ end 1) None) "")
        [position state] (without-octets (+ stream._position decoded) state))
  (when (and found (= decoder.eol "\r\n"))
    (setv line (.removesuffix line "\r")))
  (setv last (cond
               (not found) None
               ;; Its octets are not the last ones.
               rest #(position #((+ "\n" rest) 0) state)
               True #((- position (.newline-size decoder stream._input stream._position position))
                      None state)))
  (setv stream._position position
        stream._decoder-state state
        stream._pending (if rest #(rest 0) None)
        stream._last last)
  (if (or text found) line None))

(defn clear-input [[stream None]]
  "Drop what can be read from STREAM, as of `read-char`, at once: what is in its buffer and what the
  system has. Never waits. Returns None.

  => (setv [a b] (make-socket-pair))
  => (write-line \"too late\" a) (finish-output a) (clear-input b) (listen b)
  False

  >>> a, b = make_socket_pair()
  >>> send_to(a, b\"too late\")
  8
  >>> clear_input(b)
  >>> listen(b)
  False

  Source: Common Lisp."
  (setv stream (input-stream stream)
        pieces 0)
  ;; A peer that sends without end must not keep us.
  (while (< pieces MOST-PIECES)
    (setv stream._decoder-state (.state-after stream._decoder stream._input stream._position
                                              stream._decoder-state)
          stream._position (len stream._input)
          stream._pending None
          stream._last None)
    (when (not (._fill stream None :wait False))
      (break))
    (+= pieces 1))
  None)

;; At least so many system calls' octets are what a peer has sent before.
(setv MOST-PIECES 10000)

;; ---- Text in bulk, for file objects

(defn next-text [stream size]
  "From 1 to SIZE of the next characters of STREAM; \"\" at the end of the file."
  (setv decoder stream._decoder
        position stream._position)
  (when (not (or decoder.incremental stream._pending))
    ;; Of as many octets there are not more characters.
    (try
      (setv octets (bytes (cut stream._input position (+ position size)))
            [text used] (decoder.decode-prefix octets "strict" False))
      (when (and (!= decoder.eol "\n") (.endswith text "\r"))
        (setv text (cut text -1)
              used (- used 1)))
      (when text
        (setv stream._last None
              stream._position (+ position used))
        (return (with-newlines text decoder)))
      ;; What stands for it comes one by one.
      (except [UnicodeDecodeError])))
  (setv found (next-character stream None))
  (if (is found None) "" (take stream found)))

(defn rest-of-text [stream]
  "All characters until the end of STREAM's file."
  (while (._fill stream None))
  (setv decoder stream._decoder
        octets stream._input)
  (try
    (setv text (+ (pending-text stream)
                  (.rest decoder octets stream._position stream._decoder-state)))
    (except [e invalid-octets]
      (refuse-octets stream e)))
  (setv stream._last None
        stream._pending None
        stream._position (len octets))
  (with-newlines text decoder))

(defn with-newlines [text decoder]
  "TEXT, its line ends being newlines."
  (if (= decoder.eol "\n") text (.replace text decoder.eol "\n")))
