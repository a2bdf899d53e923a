"Sending and receiving octets: `send-to` and `receive-from`.

The common case goes straight to the system call, before anything is checked: what is wrong with the
arguments shows there, and is put into words afterwards."

(eval-when-compile
  (require hy-iolib.lisp.multiple-values [defvalues]
           hy-iolib.lisp.restarts [restart-case]
           hy-iolib.lisp.specials [special-let]))
(import functools [partial])
(import socket :as python)
(import sys)
(import hy-iolib.lisp.checking
  [check-integer check-keywords check-one-of check-range octets-of refuse writable-view])
(import hy-iolib.lisp.handlers [handlers])
(import hy-iolib.lisp.keywords [intern-keyword])
(import hy-iolib.lisp.restarts [invoke-restart])
(import hy-iolib.multiplex.readiness [INPUT OUTPUT deadline-of])
(import hy-iolib.sockets.addresses [from-designator ipv4-address ipv6-address netlink-address])
(import hy-iolib.sockets.classes
  [NOSIGNAL active-socket internet-socket local-address-of local-socket check-socket])
(import hy-iolib.sockets.configuration [*ipv6* UNSAID check-ipv6])
(import hy-iolib.sockets.connecting [places])
(import hy-iolib.sockets.hosts [from-sockaddr])
(import hy-iolib.sockets.tls [tls-p])

(export :objects [send-to receive-from received retry-syscall ignore-syscall-error] :macros [])

(defvalues received [buffer count host port]
  "What `receive-from` returns: the buffer, the number of octets put into it and, for datagrams,
  where they come from: an address and a port, or a `local-address`. `data` is those octets,
  `truncated` whether a datagram was longer.

  >>> a, b = make_socket_pair()
  >>> send_to(a, b'hello')
  5
  >>> got = receive_from(b, size=10)
  >>> got.count, got.data
  (5, b'hello')

  Source: the manual, Socket Operators."
  ;; Where in the buffer they begin, and the rest; seldom said, so that it costs nothing elsewhere.
  (setv start 0
        truncated False)

  (defn [property] data [self]
    "The octets received, as bytes."
    (setv octets (if (isinstance self.buffer list) self.buffer (.cast (memoryview self.buffer) "B")))
    (bytes (cut octets self.start (+ self.start self.count)))))

(defn send-to [socket buffer * [dont-wait False] #** options]
  (cond
    (not options)
      (try
        (socket._send buffer NOSIGNAL)
        (except [e OSError]
          ;; No closure here: it would make cells of the variables, and every call slower.
          (complete socket OUTPUT "send" (partial socket._send buffer NOSIGNAL) dont-wait None e))
        (except [WRONG-ARGUMENT]
          (send-checked socket buffer :dont-wait dont-wait)))
    True
      (do
        (setv place (when (= (len options) 2) (known-destination socket options)))
        (when (is-not place None)
          (try
            (return (.sendto socket.python-socket buffer NOSIGNAL place))
            (except [e OSError]
              (return (complete socket OUTPUT "sendto"
                                (partial socket.python-socket.sendto buffer NOSIGNAL place)
                                dont-wait None e place)))
            (except [WRONG-ARGUMENT])))
        (check-keywords "send-to" options SEND-KEYWORDS)
        (send-checked socket buffer :dont-wait dont-wait #** options))))

(defn known-destination [socket options]
  "What system calls take for OPTIONS, if they are the host and the port that SOCKET sent to last."
  (try
    (setv [host port place] socket._destination
          asked (get options "remote_port"))
    (when (and (is (get options "remote_host") host) (is (type asked) int) (= asked port))
      place)
    (except [[AttributeError KeyError]]
      None)))

(defn receive-from [socket * [buffer None] [size None] [dont-wait False] #** options]
  (when (or options (and (is buffer None) (not (and (is (type size) int) (<= 0 size LARGEST)))))
    (check-keywords "receive-from" options RECEIVE-KEYWORDS)
    (return (receive-checked socket :buffer buffer :size size :dont-wait dont-wait #** options)))
  (when (is buffer None)
    (setv buffer (bytearray size)))
  (try
    (setv receive-into socket._receive-into)
    (if (is receive-into None)
        (receive-datagram socket buffer)
        (received #(buffer (receive-into buffer) None None)))
    (except [e OSError]
      (if (is socket._receive-into None)
          (with [part (writable-view "buffer" buffer)]
            (datagram-into socket buffer part 0 0 dont-wait None e))
          (received #(buffer
                      (complete socket INPUT "recv" (partial socket._receive-into buffer) dont-wait None e)
                      None None))))
    (except [WRONG-ARGUMENT]
      (receive-checked socket :buffer buffer :size size :dont-wait dont-wait))))

;; Linux says how long a datagram was that did not fit.
(setv TRUNCATED (if (.startswith sys.platform "linux") python.MSG-TRUNC 0))

(defn receive-datagram [socket buffer]
  ;; Before the call: what has no length must not cost a datagram.
  (setv room (len buffer)
        [size place] (.recvfrom-into socket.python-socket buffer 0 TRUNCATED))
  (if (<= size room)
      (received #(buffer size #* (sender socket place)))
      (from-datagram socket buffer 0 (. (memoryview buffer) nbytes) size place)))

(defn from-datagram [socket buffer start room size place]
  "What `receive-from` returns of a datagram of SIZE octets for which there was ROOM in BUFFER."
  (setv values (received #(buffer (min size room) #* (sender socket place))))
  (when start
    (setv values.start start))
  (when (> size room)
    (setv values.truncated True))
  values)

(defn sender [socket place]
  "The host and the port of PLACE, where a datagram came from; for local sockets the address and
  None."
  (setv [last found] socket._sender)
  (if (= place last)
      found
      (do
        (setv found (cond
                      (isinstance socket internet-socket) #((from-sockaddr place) (get place 1))
                      (isinstance socket local-socket) #((local-address-of place) None)
                      True #((netlink-address (get place 1)) (get place 0)))
              socket._sender #(place found))
        found)))

;; What a call says that got something else than an active socket and a buffer.
(setv WRONG-ARGUMENT #(TypeError AttributeError BufferError ValueError))

(setv SEND-KEYWORDS #("start" "end" "timeout" "flags" "remote-host" "remote-port" "remote-filename"
                      "ipv6" "out-of-band" "dont-wait" "dont-route" "confirm" "more")
      RECEIVE-KEYWORDS #("buffer" "size" "start" "end" "timeout" "flags" "out-of-band" "peek" "wait-all"
                         "dont-wait"))

(defn send-checked [socket buffer * [start 0] [end None] [timeout None] [flags None]
                    [remote-host None] [remote-port None] [remote-filename None] [ipv6 UNSAID]
                    [out-of-band False] [dont-wait False] [dont-route False] [confirm False]
                    [more False]]
  "Send the octets of BUFFER, or those from START (default 0) to END, to SOCKET's peer; returns how many
  the system took: of a stream at least one, of a datagram all. Stream buffers are passed by:
  `finish-output` first what is pending there.

  BUFFER is bytes-like or a sequence of octets. A datagram goes to REMOTE-HOST and REMOTE-PORT, a
  host and a port designator (without a port it is 0, which is `einval`), or to REMOTE-FILENAME, a path or `local-address`; without them to whom
  SOCKET is connected. Of a name, the first address that SOCKET can send to; IPV6 is as in
  `lookup-hostname`.

  When nothing can be sent yet, waits, at most TIMEOUT seconds if that is given: then `poll-timeout`;
  with DONT-WAIT, or when `fd-non-blocking` is true, `ewouldblock` instead. Other flags, by default
  False: OUT-OF-BAND, urgent data; DONT-ROUTE, only to networks that are directly connected; CONFIRM,
  Linux need not look again where a neighbour is; MORE, Linux may wait for what is sent next. FLAGS
  names them as well, a keyword or several, or is the system's integer.

  `epipe` when the peer has closed, `edestaddrreq` when nobody says where to, `emsgsize` when a
  datagram is too long, `type-error` of a wrong argument. The restarts `retry-syscall`, with the
  seconds to wait before, and `ignore-syscall-error` are on offer.

  => (setv [a b] (make-socket-pair))
  => (send-to a b\"hello\" :end 4)
  4
  => (. (receive-from b :size 10) data)
  b\"hell\"

  >>> a, b = make_socket_pair()
  >>> send_to(a, b'hello', end=4)
  4

  Source: the manual, Socket Operators; send(2)."
  (check-socket "send-to" socket active-socket "an active socket")
  (setv octets (octets-of "buffer" buffer)
        [start end] (check-range start end (len octets))
        deadline (._deadline socket OUTPUT timeout)
        [flags dont-wait _] (if (or flags out-of-band dont-route confirm more)
                                (flags-of "send-to" flags dont-wait
                                          {"out-of-band" out-of-band "dont-route" dont-route
                                           "confirm" confirm "more" more})
                                [0 dont-wait None])
        flags (| NOSIGNAL flags)
        place (destination socket remote-host remote-port remote-filename ipv6 deadline))
  (when (!= flags NOSIGNAL)
    (refuse-for-tls socket flags))
  ;; Released at once, since the caller may want to resize BUFFER though the condition is alive
  ;; still.
  (with [octets octets part (cut octets start end)]
    (cond
      (is-not place None)
        (complete socket OUTPUT "sendto" (fn [] (.sendto socket.python-socket part flags place))
                  dont-wait deadline None place)
      ;; An empty datagram is one, too.
      (or part (!= socket.type "stream"))
        (complete socket OUTPUT "send" (fn [] (socket._send part flags)) dont-wait deadline)
      True 0)))

(defn destination [socket host port filename ipv6 deadline]
  "What sendto(2) takes for these arguments, or None."
  (when (and (is host None) (is filename None))
    (when (is-not port None)
      (refuse "remote-port" port "of use without :remote-host"))
    (return None))
  (when (= socket.type "stream")
    (refuse "send-to" socket "a datagram socket: a stream has its peer already"))
  (when (not (or (is host None) (is filename None)))
    (refuse "send-to" {"remote-host" host "remote-filename" filename} "one of :remote-host and :remote-filename"))
  (if (isinstance socket internet-socket)
      (do
        (when (is-not filename None)
          (refuse "remote-filename" filename "of use with an internet socket"))
        (setv place (special-let [*ipv6* (check-ipv6 ipv6)]
                      (get (places socket "sendto" host (if (is port None) 0 port) deadline) 0)))
        ;; A program mostly sends to where it sent before: of what can't change, the place is kept.
        (when (and (is (type port) int)
                   (or (in (type host) UNCHANGING) (and (is (type host) str) (from-designator host))))
          (setv socket._destination #(host port place)))
        place)
      (get (places socket "sendto" (if (is filename None) host filename)
                   (if (is port None) 0 port))
           0)))

(setv UNCHANGING #(ipv4-address ipv6-address))

(defn receive-checked [socket * [buffer None] [size None] [start 0] [end None] [timeout None] [flags None]
                       [out-of-band False] [peek False] [wait-all False] [dont-wait False]]
  "Receive octets from SOCKET's peer, into BUFFER, a mutable sequence, or its part from START (default 0)
  to END; or, when there is none, into a new bytearray of SIZE. Returns BUFFER and the number of
  octets, 0 at the end of a stream; of datagrams also the sender's address and port, or its
  `local-address`. `.data` of what is returned is these octets, `.truncated` whether the datagram was
  longer, the rest being lost. What a stream operator has read ahead is not seen.

  When nothing has come yet, waits, at most TIMEOUT seconds if that is given: then `poll-timeout`;
  with DONT-WAIT, or when `fd-non-blocking` is true, `ewouldblock` instead. WAIT-ALL waits until all
  of BUFFER is filled, the stream ends or the time is over. PEEK leaves the octets where they are;
  OUT-OF-BAND takes urgent data. FLAGS names such flags as well, a keyword or several, or is the
  system's integer. All of these are False by default.

  `econnreset` and other conditions of errnos when the connection has failed, `type-error` of a wrong
  argument. The restarts `retry-syscall`, with the seconds to wait before, and `ignore-syscall-error`
  are on offer.

  => (setv [a b] (make-socket-pair))
  => (send-to a b\"hello\")
  5
  => (multiple-value-bind (buffer count) (receive-from b :buffer (bytearray 8)) [buffer count])
  [(bytearray b\"hello\\x00\\x00\\x00\") 5]

  >>> a, b = make_socket_pair()
  >>> send_to(a, b'hello')
  5
  >>> receive_from(b, size=8).data
  b'hello'

  Source: the manual, Socket Operators; recv(2)."
  (check-socket "receive-from" socket active-socket "an active socket")
  (when (is buffer None)
    (when (is size None)
      (refuse "receive-from" None ":buffer, a mutable sequence of octets, or :size"))
    (setv buffer (bytearray (check-integer "size" size 0 LARGEST))))
  (setv deadline (._deadline socket INPUT timeout)
        view (writable-view "buffer" buffer)
        [flags dont-wait wait-all] (if (or flags out-of-band peek)
                                       (flags-of "receive-from" flags dont-wait
                                                 {"out-of-band" out-of-band "peek" peek}
                                                 wait-all)
                                       [0 dont-wait wait-all]))
  (when flags
    (refuse-for-tls socket flags))
  (when (and wait-all (& flags python.MSG-PEEK))
    (refuse "receive-from" "both :peek and :wait-all" "possible: what was seen once is seen again"))
  (with [view view]
    (setv [start end] (check-range start end (len view)))
    (with [part (cut view start end)]
      (setv values (if (= socket.type "stream")
                       (received #(buffer (receive-into socket part flags wait-all dont-wait deadline)
                                   None None))
                       (datagram-into socket buffer part start flags dont-wait deadline)))
      (when (isinstance buffer list)
        (setv (cut buffer start (+ start values.count)) (list (cut part values.count))))))
  (when start
    (setv values.start start))
  values)

(defn datagram-into [socket buffer part start flags dont-wait deadline [failure None]]
  ;; None is where a socket without a name sends from.
  (setv place Ellipsis)
  (defn receive []
    (nonlocal place)
    (setv [size place] (.recvfrom-into socket.python-socket part (len part) (| flags TRUNCATED)))
    size)
  (setv size (complete socket INPUT "recvfrom" receive dont-wait deadline failure))
  (if (is place Ellipsis)
      ;; The handler chose to ignore the error.
      (received #(buffer 0 None None))
      (from-datagram socket buffer start (len part) size place)))

(setv LARGEST 0x7fffffff)

(defn receive-into [socket part flags wait-all dont-wait deadline]
  "Fill PART, a memoryview, with what comes, or with WAIT-ALL all of it; returns the number of
  octets."
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

(defn complete [socket event syscall call dont-wait deadline [failure None] [place None]]
  "The value of CALL, a system call on SOCKET about PLACE, when it succeeds; FAILURE is the OSError
  of a first try, if there was one. Waits for EVENT while it would block, and may."
  (setv tries 0)
  (when (and (is deadline None) socket._limits)
    (setv deadline (._deadline socket event None)))
  (try
    (while True
      (cond
        ;; Not tried yet.
        (is failure None)
          None
        (and (isinstance failure BlockingIOError) (not dont-wait) (not socket.non-blocking))
          (do
            (._wait socket event deadline tries)
            (+= tries 1))
        (is (.get handlers) None)
          (._fail socket failure syscall place)
        True
          (do
            (setv seconds
              (restart-case (._fail socket failure syscall place)
                (retry-syscall [[seconds 15]]
                  :report "Wait until the descriptor is ready, and try again."
                  seconds)
                (ignore-syscall-error []
                  :report "Go on as if no octet had been transferred."
                  Ellipsis)))
            (when (is seconds Ellipsis)
              (return 0))
            (._wait-until socket event (deadline-of seconds))))
      (try
        (return (call))
        (except [e OSError]
          (setv failure e))))
    (finally
      ;; Its traceback holds this frame.
      (setv failure None))))

(defn refuse-for-tls [socket flags]
  "Refuse FLAGS, if there are any, of a SOCKET whose octets the system knows only encrypted."
  (setv flags (& flags (bnot NOSIGNAL)))
  (when (and flags (tls-p socket))
    (refuse "flags"
            (or (lfor name FLAGS :if (& flags (getattr python (get FLAGS name) 0)) (intern-keyword name))
                flags)
            "of use with TLS")))

;; The manual's flags, by the constants of send(2) and recv(2).
(setv FLAGS {"out-of-band" "MSG_OOB"
             "dont-route" "MSG_DONTROUTE"
             "confirm" "MSG_CONFIRM"
             "more" "MSG_MORE"
             "peek" "MSG_PEEK"})

(defn flags-of [operator given dont-wait wanted [wait-all None]]
  "The system's flags that are GIVEN, an integer or keywords, and WANTED, of a dict; and the two
  that are this library's business, whether they were in either: DONT-WAIT and, of receiving,
  WAIT-ALL."
  (setv flags 0 wanted (dict wanted))
  (cond
    (is given None) None
    (and (isinstance given int) (not (isinstance given bool)))
      (setv given (check-integer "flags" given 0 0x7fffffff)
            flags (& given (bnot (| python.MSG-DONTWAIT python.MSG-WAITALL)))
            dont-wait (or dont-wait (bool (& given python.MSG-DONTWAIT)))
            wait-all (or wait-all (bool (& given python.MSG-WAITALL))))
    True
      (for [name (if (isinstance given #(list tuple)) given [given])]
        (setv known #(#* wanted "dont-wait" #* (if (is wait-all None) [] ["wait-all"]))
              name (check-one-of "flags" name known))
        (cond
          (= name "dont-wait") (setv dont-wait True)
          (= name "wait-all") (setv wait-all True)
          True (setv (get wanted name) True))))
  (for [name wanted]
    (when (get wanted name)
      (setv flag (getattr python (get FLAGS name) None))
      (when (is flag None)
        (refuse operator (intern-keyword name) "a flag that this system has"))
      (|= flags flag)))
  [flags dont-wait wait-all])

(defn retry-syscall [[condition None] * [seconds 15]]
  "Invoke the restart `retry-syscall` of `send-to` or `receive-from`, in a handler: they wait until the
  descriptor is ready, SECONDS at most (a number, or None for ever), and try again. CONDITION, which is
  not looked at, lets this be a handler itself. It does not return; `control-error` where the restart is
  not on offer.

  => (setv [a b] (make-socket-pair) tries [])
  => (handler-bind [ewouldblock (fn [e] (.append tries e) (send-to a b\"late\") (retry-syscall e :seconds 5))]
       (. (receive-from b :size 4 :dont-wait True) data))
  b\"late\"
  => (len tries)
  1

  >>> a, b = make_socket_pair()
  >>> def later(e):
  ...     send_to(a, b\"late\")
  ...     retry_syscall(e, seconds=5)
  >>> with handler_bind(ewouldblock, later):
  ...     receive_from(b, size=4, dont_wait=True).data
  b'late'

  Source: IOLib 0.8, iolib/sockets."
  (invoke-restart "retry-syscall" seconds))

(defn ignore-syscall-error [[condition None]]
  "Invoke the restart `ignore-syscall-error` of `send-to` or `receive-from`, in a handler: they return as
  if no octet had been transferred. CONDITION, which is not looked at, lets this be a handler itself. It
  does not return; `control-error` where the restart is not on offer.

  => (setv [a b] (make-socket-pair))
  => (handler-bind [ewouldblock ignore-syscall-error]
       (. (receive-from b :size 4 :dont-wait True) count))
  0

  >>> a, b = make_socket_pair()
  >>> with handler_bind(ewouldblock, ignore_syscall_error):
  ...     receive_from(b, size=4, dont_wait=True).count
  0

  Source: IOLib 0.8, iolib/sockets."
  (invoke-restart "ignore-syscall-error"))
