"Sending and receiving octets: `send-to` and `receive-from`.

The common case goes straight to the system call, before anything is checked: what is wrong with the
arguments shows there, and is put into words afterwards."

(eval-when-compile
  (require hy-iolib.lisp.multiple-values [defvalues]
           hy-iolib.lisp.restarts [restart-case]))
(import functools [partial])
(import socket :as python)
(import hy-iolib.lisp.checking [check-integer check-keywords refuse])
(import hy-iolib.lisp.handlers [handlers])
(import hy-iolib.lisp.keywords [intern-keyword])
(import hy-iolib.multiplex.readiness [INPUT OUTPUT deadline-of])
(import hy-iolib.sockets.classes [NOSIGNAL active-socket check-socket])

(export :objects [send-to receive-from received] :macros [])

(defvalues received [buffer count host port]
  "What `receive-from` returns: the buffer, the number of octets put into it and, for datagrams, where
  they come from. `data` is those octets."
  ;; Where in the buffer they begin; seldom said, so that it costs nothing elsewhere.
  (setv start 0)

  (defn [property] data [self]
    "The octets received, as bytes."
    (bytes (cut self.buffer self.start (+ self.start self.count)))))

(defn send-to [socket buffer #** options]
  (if options
      (do
        (check-keywords "send-to" options SEND-KEYWORDS)
        (send-checked socket buffer #** options))
      (try
        (socket._send buffer NOSIGNAL)
        (except [e OSError]
          ;; No closure here: it would make cells of the variables, and every call slower.
          (complete socket OUTPUT "send" (partial socket._send buffer NOSIGNAL) False None e))
        (except [WRONG-ARGUMENT]
          (send-checked socket buffer)))))

(defn receive-from [socket * [buffer None] #** options]
  (if (or options (is buffer None))
      (do
        (check-keywords "receive-from" options RECEIVE-KEYWORDS)
        (receive-checked socket :buffer buffer #** options))
      (try
        (received #(buffer (socket._receive-into buffer) None None))
        (except [e OSError]
          (received #(buffer
                      (complete socket INPUT "recv" (partial socket._receive-into buffer) False None e)
                      None None)))
        (except [WRONG-ARGUMENT]
          (receive-checked socket :buffer buffer)))))

;; What a call says that got something else than an active socket and a buffer.
(setv WRONG-ARGUMENT #(TypeError AttributeError BufferError ValueError))

(setv SEND-KEYWORDS #("start" "end" "timeout" "out-of-band" "dont-wait" "dont-route" "confirm" "more")
      RECEIVE-KEYWORDS #("buffer" "size" "start" "end" "timeout" "out-of-band" "peek" "wait-all"
                         "dont-wait"))

(defn send-checked [socket buffer * [start 0] [end None] [timeout None]
                    [out-of-band False] [dont-wait False] [dont-route False] [confirm False]
                    [more False]]
  "Send the octets of BUFFER, or those from START to END, to SOCKET's peer; returns how many the system
  took, at least one. Stream buffers are passed by: `finish-output` first what is pending there.

  BUFFER is bytes-like or a sequence of octets. When nothing can be sent yet, waits, at most TIMEOUT
  seconds if that is given: then `poll-timeout`; with DONT-WAIT, or when `fd-non-blocking` is true,
  `ewouldblock` instead. Other flags: OUT-OF-BAND, DONT-ROUTE, CONFIRM and MORE.

  `epipe` when the peer has closed. The restarts `retry-syscall`, with the seconds to wait before, and
  `ignore-syscall-error` are on offer.

  => (setv [a b] (make-socket-pair))
  => (send-to a b\"hello\" :end 4)
  4
  => (. (receive-from b :size 10) data)
  b\"hell\"

  Source: the manual, Socket Operators; send(2)."
  (check-socket "send-to" socket active-socket "an active socket")
  (setv octets (octets-of buffer)
        [start end] (check-range start end (len octets))
        deadline (deadline-of timeout)
        flags (| NOSIGNAL (flags-of "send-to" :out-of-band out-of-band :dont-route dont-route
                                              :confirm confirm :more more)))
  ;; Released at once, since the caller may want to resize BUFFER though the condition is alive still.
  (with [octets octets part (cut octets start end)]
    (if part
        (complete socket OUTPUT "send" (fn [] (socket._send part flags)) dont-wait deadline)
        0)))

(defn receive-checked [socket * [buffer None] [size None] [start 0] [end None] [timeout None]
                       [out-of-band False] [peek False] [wait-all False] [dont-wait False]]
  "Receive octets from SOCKET's peer, into BUFFER, a mutable sequence, or its part from START to END; or,
  when there is none, into a new bytearray of SIZE. Returns BUFFER and the number of octets, 0 at the
  end of the stream; `.data` of what is returned is these octets. What a stream operator has read
  ahead is not seen.

  When nothing has come yet, waits, at most TIMEOUT seconds if that is given: then `poll-timeout`;
  with DONT-WAIT, or when `fd-non-blocking` is true, `ewouldblock` instead. WAIT-ALL waits until all of
  BUFFER is filled, the stream ends or the time is over. PEEK leaves the octets where they are;
  OUT-OF-BAND takes urgent data.

  The restarts `retry-syscall`, with the seconds to wait before, and `ignore-syscall-error` are on
  offer.

  => (setv [a b] (make-socket-pair))
  => (send-to a b\"hello\")
  5
  => (multiple-value-bind (buffer count) (receive-from b :buffer (bytearray 8)) [buffer count])
  [(bytearray b\"hello\\x00\\x00\\x00\") 5]

  Source: the manual, Socket Operators; recv(2)."
  (check-socket "receive-from" socket active-socket "an active socket")
  (when (is buffer None)
    (when (is size None)
      (refuse "receive-from" None ":buffer, a mutable sequence of octets, or :size"))
    (setv buffer (bytearray (check-integer "size" size 0 LARGEST))))
  (when (and peek wait-all)
    (refuse "receive-from" "both :peek and :wait-all" "possible: what was seen once is seen again"))
  (setv deadline (deadline-of timeout)
        flags (flags-of "receive-from" :out-of-band out-of-band :peek peek)
        view (writable-view buffer))
  (with [view view]
    (setv [start end] (check-range start end (len view)))
    (with [part (cut view start end)]
      (setv count (receive-into socket part flags wait-all dont-wait deadline))
      (when (isinstance buffer list)
        (setv (cut buffer start (+ start count)) (list (cut part count))))))
  (setv values (received #(buffer count None None)))
  (when start
    (setv values.start start))
  values)

(setv LARGEST 0x7fffffff)

(defn receive-into [socket part flags wait-all dont-wait deadline]
  "Fill PART, a memoryview, with what comes, or with WAIT-ALL all of it; returns the number of octets."
  (setv count 0)
  (while (< count (len part))
    (with [rest (cut part count None)]
      (setv got (try
                  (complete socket INPUT "recv" (fn [] (socket._receive-into rest 0 flags))
                            dont-wait deadline)
                  (except [OSError]
                    ;; What has come before is the result; what is wrong will show again.
                    (if count 0 (raise))))))
    (+= count got)
    (when (or (= got 0) (not wait-all))
      (break)))
  count)

;; help() and inspect show what the two take, and what they do.
(for [[operator checked] [[send-to send-checked] [receive-from receive-checked]]]
  (setv operator.__doc__ checked.__doc__
        operator.__wrapped__ checked))

(defn complete [socket event syscall call dont-wait deadline [failure None]]
  "The value of CALL, a system call on SOCKET, when it succeeds; FAILURE is the OSError of a first try,
  if there was one. Waits for EVENT while it would block, and may."
  (try
    (while True
      (cond
        (is failure None)
          None
        (and (isinstance failure BlockingIOError) (not dont-wait) (not socket.non-blocking))
          (._wait socket event deadline)
        (is (.get handlers) None)
          (._fail socket failure syscall)
        True
          (do
            (setv seconds
              (restart-case (._fail socket failure syscall)
                (retry-syscall [[seconds 15]]
                  :report "Wait until the descriptor is ready, and try again."
                  seconds)
                (ignore-syscall-error []
                  :report "Go on as if no octet had been transferred."
                  None)))
            (when (is seconds None)
              (return 0))
            (._wait-until socket event (deadline-of seconds))))
      (try
        (return (call))
        (except [e OSError]
          (setv failure e))))
    (finally
      ;; Its traceback holds this frame.
      (setv failure None))))

(defn octets-of [buffer]
  "BUFFER, bytes-like or a sequence of octets, as a memoryview of octets."
  (try
    (if (isinstance buffer #(list tuple))
        (memoryview (bytes buffer))
        (.cast (memoryview buffer) "B"))
    (except [[TypeError ValueError BufferError]]
      (refuse "buffer" buffer "bytes-like and contiguous, or a sequence of integers from 0 to 255"))))

(defn writable-view [buffer]
  "A memoryview of octets through which BUFFER is filled; of a list, of octets that replace its elements
  then."
  (try
    (setv view (if (isinstance buffer list)
                   (memoryview (bytearray (len buffer)))
                   (.cast (memoryview buffer) "B")))
    (except [[TypeError ValueError BufferError]]
      (setv view None)))
  (if (or (is view None) view.readonly)
      (refuse "buffer" buffer "a contiguous mutable sequence of octets: a bytearray, a memoryview, a list")
      view))

(defn check-range [start end size]
  (setv end (if (is end None) size (check-integer "end" end 0 size)))
  [(check-integer "start" start 0 end) end])

;; The manual's flags, by the constants of send(2) and recv(2).
(setv FLAGS {"out_of_band" "MSG_OOB"
             "dont_route" "MSG_DONTROUTE"
             "confirm" "MSG_CONFIRM"
             "more" "MSG_MORE"
             "peek" "MSG_PEEK"})

(defn flags-of [operator #** wanted]
  (setv flags 0)
  (for [name wanted]
    (when (get wanted name)
      (setv flag (getattr python (get FLAGS name) None))
      (when (is flag None)
        (refuse operator (intern-keyword (hy.unmangle name)) "a flag that this system has"))
      (|= flags flag)))
  flags)
