"Streams for octets and characters at once: the object and its two buffers.

A stream is for one reader and one writer at a time. A signal handler may raise, though, wherever a
call ends: so the result of a system call is stored with no call between, which is what `for` and
`(setv [x] …)` over an iterator do, and state changes in steps without a call between them, after
all that can fail."

(eval-when-compile
  (require hy-iolib.lisp.conditions [defcondition]))
(import errno)
(import io [FileIO])
(import functools [partial])
(import itertools [repeat])
(import os)
(import time [monotonic])
(import weakref [WeakSet])
(import hy-iolib.lisp.checking [check-integer refuse])
(import hy-iolib.lisp.conditions [stream-error])
(import hy-iolib.lisp.handlers [signal-error])
(import hy-iolib.lisp.places [defsetf])
(import hy-iolib.multiplex.readiness [INPUT OUTPUT])
(import hy-iolib.streams.descriptors [dual-channel-fd-mixin])
(import hy-iolib.streams.external-formats [ensure-external-format])
(import hy-iolib.syscalls [condition-from epipe socket-closed-error])

(export
  :objects [dual-channel-gray-stream hangup external-format-of set-external-format-of max-line-length
            set-max-line-length]
  :macros [])

(defclass hangup [epipe stream-error]
  "The peer is gone: what was written to the slot `stream` can't be delivered any more. Also `epipe`,
  `stream-error` and Python's `BrokenPipeError`.

  => (setv [a b] (make-socket-pair))
  => (close b)
  True
  => (write-line \"x\" a)
  => (handler-case (finish-output a) (hangup [e] (is e.stream a)))
  True

  >>> a, b = make_socket_pair()
  >>> close(b)
  True
  >>> write_line(\"x\", a)
  'x'
  >>> try:
  ...     finish_output(a)
  ... except BrokenPipeError:
  ...     print(\"gone\")
  gone

  Source: IOLib 0.8, iolib/streams."
  (setv slots (+ epipe.slots #("stream"))
        stream None))

;; Seconds that `close` waits for a peer to take the pending output.
(setv LINGER 15)

;; What has written. After a fork the parent sends what is unsent then, and the child does not.
(setv writers (WeakSet))

(defn after-fork []
  (for [stream (list writers)]
    (._drop-output stream)
    (setv stream._flushing False)))

(when (hasattr os "register_at_fork")
  (os.register-at-fork :after-in-child after-fork))

(setv UTF-8 (ensure-external-format "utf-8"))

;; A stream's `_last`: the newline before the position can be unread.
(setv NEWLINE -1)

;; Attributes that every use needs. Of the object itself they are found faster than of its class, to
;; which they are left while it is not used.
(setv READ-OFTEN #("closed" "_text" "_decoder" "_characters" "_pending" "_lines" "_searched" "_last"
                   "_max_line" "_input_buffer_size" "_input" "_position")
      WRITTEN-OFTEN #("closed" "_text" "_simple_output" "_encode" "_encoder" "_flushing" "_sent"
                      "_send_flags" "_output_buffer_size" "_sending"))

(defn copy-to-instance [stream names]
  (for [name names]
    (setattr stream name (getattr stream name))))

(defclass dual-channel-gray-stream [dual-channel-fd-mixin]
  "A bivalent buffered stream over FD, a descriptor, an integer: a pipe's end, a terminal, a socket. It
  belongs to the stream, which is made non-blocking and closed with it. Active sockets are such
  streams.

  INPUT-BUFFER-SIZE and OUTPUT-BUFFER-SIZE are in octets (16384), EXTERNAL-FORMAT is as in
  `make-socket` (`:utf-8`), MAX-LINE-LENGTH as in `max-line-length`; None, the default of all, is what
  stands in parentheses, or no limit. The buffers are made when they are first needed. A descriptor
  that is not open is `ebadf`; other arguments are a `type-error`.

  It is a context manager, and iterates over its lines.

  => (setv [read write] (map dual-channel-gray-stream (hy.I.os.pipe)))
  => (with [_ write] (write-line \"through a pipe\" write))
  => (list read)
  [\"through a pipe\"]
  => (close read)
  True

  >>> import os
  >>> read, write = map(dual_channel_gray_stream, os.pipe())
  >>> with write:
  ...     write_line(\"through a pipe\", write)
  'through a pipe'
  >>> with read:
  ...     list(read)
  ['through a pipe']

  Source: IOLib manual, Class precedence list; IOLib 0.8, iolib/streams."
  (setv
    ;; Input: octets, bytes or a bytearray, of which those from the position on are to be read.
    _input b""
    _position 0
    ;; Characters that one of them gave and that come before them: #(text index) or None.
    _pending None
    ;; Lines that were decoded ahead, the next at the end; #(start number) is where their octets
    ;; begin and how many they were, and the position is where these end.
    _lines #()
    _split None
    ;; What can be unread: None, nothing; an integer, the character that begins there; NEWLINE; or
    ;; #(position pending state), what comes before a character that is more complicated.
    _last None
    ;; #(input position count): so many octets of a line that is not complete have no newline.
    _searched None
    ;; An iterator of system calls, and what one of them gave and is not yet in the input.
    _receiver None
    _arrived None

    ;; Output: octet strings, of the first of which some octets are sent; None before the first.
    _pieces None
    _sent 0
    ;; What sends them.
    _sending None
    ;; How many octets more there may be before they are sent; 0 where there are no pieces.
    _room 0
    _flushing False
    _at-line-start True

    ;; What `make-socket` and the other makers say.
    _input-buffer-size 16384
    _output-buffer-size 16384
    _max-line None

    _external-format UTF-8
    _decoder (.make-decoder UTF-8)
    _decoder-state _decoder.initial-state
    ;; Of the decoder: what each octet is alone; whether lines can be decoded as they come.
    _characters _decoder.characters
    _simple-lines False
    ;; The function from text to octets; its encoder, if it has a state.
    _encode (staticmethod (get (.make-encoder UTF-8) 0))
    _encoder None
    ;; Is sending what is pending all that there is to finishing it?
    _simple-output True
    ;; Is it of characters only, as text files of Python's are?
    _text False

    ;; Python's file object of the descriptor, where nobody else owns it.
    _descriptor None
    _terminal False)

  (defn __init__ [self fd * [input-buffer-size None] [output-buffer-size None]
                  [external-format None] [max-line-length None]]
    (check-integer "fd" fd 0 0x7fffffff)
    (setv attributes (stream-attributes :input-buffer-size input-buffer-size
                                        :output-buffer-size output-buffer-size
                                        :external-format external-format
                                        :max-line-length max-line-length))
    (try
      ;; Python's own file object closes it, and warns when it is dropped open.
      (setv self._descriptor (FileIO fd "r+"))
      (os.set-blocking fd False)
      (except [e OSError]
        (setv self.closed True)
        (signal-error (condition-from e "fstat" fd))))
    (setv self._terminal (.isatty self._descriptor)
          self._receive self._descriptor.read
          self._receive-into self._descriptor.readinto
          self._send self._descriptor.write)
    (set-attributes self attributes))

  (defn fileno [self]
    "The descriptor; -1 once the stream is closed."
    (if self.closed -1 (.fileno self._descriptor)))

  (defn _release [self]
    (.close self._descriptor))

  (defn __repr__ [self]
    f"#<stream {(if self.closed "closed" f"on descriptor {(.fileno self)}")}>")

  (defn __iter__ [self]
    ;; That module imports this one.
    (import hy-iolib.streams.input [read-line])
    (iter (fn [] (read-line self None)) None))

  ;; What a kind of stream has to say, a system call each: `_receive`, of the count of octets
  ;; wanted, `_receive-into`, of a buffer, if it has it, and `_send`, of octets and `_send-flags`,
  ;; return what came, how much, and how much went; None or a BlockingIOError when it would block.
  ;; They are called by `map`, and to be atomic they are functions of C. The flags are sequences for
  ;; `map`.
  (setv _send-flags #())

  (defn _octets-arriving [self]
    "An iterator of what comes."
    (map self._receive (repeat self._input-buffer-size)))

  (defn _octets-arriving-in [self buffer]
    "An iterator of how much comes into BUFFER, for one call."
    (map self._receive-into #(buffer)))

  (defn _octets-going [self]
    "The function that gives, of a sequence of octets and the flags, an iterator of how many went."
    (partial map self._send))

  (defn _fill [self deadline [wait True]]
    "Add the next octets from the descriptor to the input. Waits for them until DEADLINE, or if WAIT
    is false returns None. Returns them, b\"\" at the end of the file."
    (setv tries 0)
    (when (is self._receiver None)
      (._begin-reading self))
    (while (is self._arrived None)
      (try
        (for [self._arrived self._receiver] (break))
        (except [BlockingIOError])
        (except [e OSError]
          (._fail-input self e)))
      (when (is self._arrived None)
        (when (not wait)
          (return None))
        (._wait self INPUT deadline tries)
        (+= tries 1)))
    (setv arrived self._arrived)
    (if (not arrived)
        (setv self._arrived None)
        (if (and (is self._last None) (= self._position (len self._input)))
            ;; Of one octet, bytes are always the same object, and this is another input.
            (setv self._input (if (= (len arrived) 1) (bytearray arrived) arrived)
                  self._position 0
                  self._arrived None)
            (._append self arrived)))
    arrived)

  ;; Of what comes line by line, no more than a line.
  (setv _fill-line _fill)

  (defn _unread [self]
    (when (or (< self._position (len self._input)) self._lines self._pending)
      ;; Within one object, the position or one of the others moves with each reading.
      #(self._input self._position (len self._input) (len self._lines) self._pending)))

  (defn _begin-reading [self]
    (copy-to-instance self READ-OFTEN)
    (setv self._receiver (._octets-arriving self))
    (._see-simple-lines self))

  (defn _see-simple-lines [self]
    "Say whether lines can be read by what their octets are alone, without a look at each."
    (setv self._simple-lines (and (is-not self._receiver None)
                                  (is self._max-line None)
                                  self._decoder.decodes-ahead)))

  (defn _append [self arrived]
    "Make the input longer by ARRIVED."
    (setv input self._input
          start (._kept-from self))
    (if (and (isinstance input bytearray) (<= start (/ (len input) 2)))
        (setv start 0)
        (setv input (bytearray (cut input start None))))
    (setv position (- self._position start)
          last (cond
                 (isinstance self._last tuple)
                   #((- (get self._last 0) start) #* (cut self._last 1 None))
                 (in self._last #(None NEWLINE)) self._last
                 True (- self._last start)))
    (+= input arrived)
    (setv self._input input
          self._position position
          self._last last
          self._arrived None))

  (defn _kept-from [self]
    "Where the octets begin that may be read, or given back."
    (cond
      (is self._last None) self._position
      (isinstance self._last tuple) (get self._last 0)
      (= self._last NEWLINE) (max 0 (- self._position 2))
      True self._last))

  (defn _settle [self]
    "Have no lines decoded ahead: the position is again where the first that is not read begins."
    (when self._lines
      (setv [start count] self._split
            read (- count (len self._lines))
            rest (get (.split (cut self._input start self._position) self._decoder.newline read) -1)
            position (- self._position (len rest)))
      (setv self._position position
            self._lines #())))

  (defn _set-format [self format]
    (._settle self)
    (setv self._external-format format
          self._decoder (.make-decoder format)
          self._characters self._decoder.characters
          self._decoder-state self._decoder.initial-state
          [self._encode self._encoder] (.make-encoder format)
          self._simple-output (is self._encoder None)
          ;; What is a newline may be another thing now.
          self._searched None
          self._last None)
    (._see-simple-lines self))

  (defn _reset-encoder [self]
    "What the output needs before something else than characters follows."
    (when (and self._encoder (is-not self._pieces None))
      (setv octets (.finish self._encoder))
      (when octets
        (.append self._pieces octets)
        (-= self._room (len octets)))))

  (defn _begin-writing [self]
    (.add writers self)
    (copy-to-instance self WRITTEN-OFTEN)
    (setv self._sending (._octets-going self)
          self._pieces []
          self._room self._output-buffer-size))

  (defn _pending-output [self]
    "How many octets of output are pending."
    (- (sum (map len (or self._pieces #()))) self._sent))

  (defn _drop-output [self]
    (when (is-not self._pieces None)
      (setv self._pieces (if self.closed None [])
            self._sent 0
            self._room (if self.closed 0 self._output-buffer-size))
      (when self._encoder
        (.rewind self._encoder))))

  (defn _finish [self deadline [wait True]]
    "As `_flush`, of an encoder's state, too: its characters are complete."
    (._reset-encoder self)
    (._flush self deadline wait))

  (defn _flush [self deadline [wait True]]
    "Send what is pending, waiting until DEADLINE, or with WAIT false not at all. What could not be
    sent stays; what can't be sent at all is dropped. Nothing is done while another flush goes on,
    of which a signal handler has interrupted this one's thread."
    (setv pieces self._pieces)
    (when (or self._flushing (not pieces))
      (return))
    (setv self._flushing True
          flags self._send-flags)
    (try
      (setv tries 0)
      (while True
        (when (not pieces)
          (break))
        (when (> (len pieces) 1)
          (join-small pieces))
        (setv octets (get pieces 0)
              size (len octets))
        (try
          (if self._sent
              ;; Released at once: a view that a traceback keeps would forbid to resize what is
              ;; written.
              (with [all (memoryview octets) rest (cut all self._sent None)]
                (setv [count] (self._sending #(rest) #* flags)
                      self._sent (+ self._sent (or count 0))))
              ;; Without the #*, which takes its time.
              (setv [count] (if flags
                                (self._sending #(octets) (get flags 0))
                                (self._sending #(octets)))
                    self._sent (or count 0)))
          (when (= self._sent size)
            ;; In this order: nothing can come between.
            (del (get pieces 0))
            (setv self._sent 0)
            (continue))
          (setv blocked (is count None))
          (except [BlockingIOError]
            (setv blocked True))
          (except [e OSError]
            (._drop-output self)
            (._fail-output self e)))
        (if blocked
            (do
              (when (not wait)
                (return))
              (._wait self OUTPUT deadline tries)
              (+= tries 1))
            (setv tries 0)))
      (finally
        (setv self._flushing False)
        (cond
          self._pieces (setv self._room (- self._output-buffer-size (._pending-output self)))
          (not self.closed)
            (do
              (setv self._room self._output-buffer-size)
              (when self._encoder
                (.sent self._encoder)))))))

  (defn _fail-input [self e]
    (if (and self._terminal (= e.errno errno.EIO))
        ;; The other side is closed: the end of the file.
        (setv self._arrived b"")
        (._fail self e "read")))

  (defn _fail-output [self e]
    (if (and (= e.errno hangup.code) (not self.closed))
        (signal-error (hangup-from e self))
        (._fail self e "write")))

  (defn close [self * [abort False]]
    "Send the pending output, for at most 15 seconds and unless ABORT is true; free the descriptor
    in any case, and wake whoever waits for it: what another thread is sending just then is cut off.
    Returns True if it was open."
    (try
      (when (not (or abort self.closed (is self._pieces None)))
        (try
          (._finish self (+ (monotonic) LINGER))
          ;; Closed by another thread meanwhile.
          (except [socket-closed-error])))
      (finally
        (setv was-open (dual-channel-fd-mixin.close self)
              self._input b""
              self._position 0
              self._lines #()
              self._pending None
              self._last None
              self._simple-lines False
              self._pieces None
              self._room 0)))
    was-open))

;; Of so many octets, a piece is sent by itself rather than copied.
(setv LARGE 0x8000)

(defn join-small [pieces]
  "Make one piece of the first ones of PIECES, those that are not large by themselves."
  (setv count 0)
  (for [piece pieces]
    (when (> (len piece) LARGE)
      (break))
    (+= count 1))
  (when (> count 1)
    (setv joined (.join b"" (cut pieces count))
          ;; A signal handler may have added to them meanwhile.
          (cut pieces 0 count) [joined])))

(defn hangup-from [e stream]
  (setv c (condition-from e "write" (.fileno stream) hangup)
        c.stream stream)
  c)

(defn stream-attributes [* [external-format None] [input-buffer-size None] [output-buffer-size None]
                         [max-line-length None]]
  "The attributes of a stream that these arguments ask for, checked."
  (when (and (is external-format None) (is input-buffer-size None) (is output-buffer-size None)
             (is max-line-length None))
    (return {}))
  (dfor [name value] [["_external_format" (when (is-not external-format None)
                                            (ensure-external-format external-format))]
                      ["_input_buffer_size" (check-size "input-buffer-size" input-buffer-size)]
                      ["_output_buffer_size" (check-size "output-buffer-size" output-buffer-size)]
                      ["_max_line" (check-size "max-line-length" max-line-length)]]
        :if (is-not value None)
        name value))

(defn check-size [argument size]
  (if (is size None) None (check-integer argument size 1 0x7fffffff)))

(defn set-attributes [s attributes]
  "Let S, a stream or a passive socket, which hands its format on, have ATTRIBUTES."
  ;; Not by s.__dict__: asked for, it is made, and each access of an attribute is slower from then
  ;; on.
  (for [name attributes]
    (setattr s name (get attributes name)))
  (when (and (in "_external_format" attributes) (isinstance s dual-channel-gray-stream))
    (._set-format s s._external-format)))

(defn check-stream [stream]
  (when (not (isinstance stream dual-channel-gray-stream))
    (refuse "stream" stream "a stream of this library, as an active stream socket is")))

(defn check-open-stream [stream]
  (check-stream stream)
  (when stream.closed
    (._refuse-closed stream)))

(defn external-format-of [stream]
  "The external format of STREAM, a stream of this library; a `type-error` of another. `setf`,
  in Python `set_external_format_of`, changes it.

  => (with-open-socket [s :external-format '(:latin-1 :eol-style :crlf)] (external-format-of s))
  (external-format :latin-1 :eol-style :crlf)
  => (with-open-socket [s] (setf (external-format-of s) :latin-1) (external-format-of s))
  (external-format :latin-1 :eol-style :lf)

  >>> with make_socket(external_format=(\"latin-1\", \"eol-style\", \"crlf\")) as s:
  ...     external_format_of(s)
  (external-format :latin-1 :eol-style :crlf)

  Source: IOLib 0.8, iolib/streams."
  (check-stream stream)
  stream._external-format)

(defn set-external-format-of [stream value]
  "Let VALUE be the external format of STREAM, an open stream of this library, for the next character
  on: what is in the input buffer stays there as octets. VALUE is what `:external-format` of
  `make-socket` takes; it is returned. A `type-error` of another STREAM or VALUE, a
  `socket-closed-error` of a closed stream.

  => (with-open-socket [s] (set-external-format-of s \"latin-1\") (external-format-of s))
  (external-format :latin-1 :eol-style :lf)

  >>> with make_socket() as s:
  ...     set_external_format_of(s, \"latin-1\")
  ...     external_format_of(s)
  'latin-1'
  (external-format :latin-1 :eol-style :lf)

  Source: IOLib 0.8, iolib/streams."
  (check-open-stream stream)
  (setv format (ensure-external-format value))
  (when (!= format stream._external-format)
    (._reset-encoder stream)
    (._set-format stream format))
  value)

(defsetf external-format-of set-external-format-of)

(defn max-line-length [stream]
  "How many octets a line that is read from STREAM can have at most, its newline not counted; None, the
  default, when any number will do. Of a longer one `read-line` signals `line-too-long` and leaves it
  where it is, so that a peer can't fill the memory. `setf`, in Python `set_max_line_length`, changes it;
  `:max-line-length` of `make-socket` and the other makers of streams sets it. A `type-error` of what is no stream of this
  library.

  => (with-open-socket [s :max-line-length 1000] (max-line-length s))
  1000

  >>> with make_socket(max_line_length=1000) as s:
  ...     max_line_length(s)
  1000

  Source: hy_iolib's own."
  (check-stream stream)
  stream._max-line)

(defn set-max-line-length [stream value]
  "Let VALUE, a positive integer or None, be how many octets a line that is read from STREAM, an open
  stream of this library, can have; see `max-line-length`. It is returned. A `type-error` of another
  STREAM or VALUE, a `socket-closed-error` of a closed stream.

  => (with-open-socket [s] (set-max-line-length s 80) (max-line-length s))
  80

  >>> with make_socket() as s:
  ...     set_max_line_length(s, 80)
  80

  Source: hy_iolib's own."
  (check-open-stream stream)
  (setv size (check-size "max-line-length" value))
  (._settle stream)
  (setv stream._max-line size)
  (._see-simple-lines stream)
  value)

(defsetf max-line-length set-max-line-length)
