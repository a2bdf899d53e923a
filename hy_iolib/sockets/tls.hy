"TLS on stream sockets: what such a socket is, how it comes to speak TLS, and what it says of it."

(import copy [copy])
(import errno os)
(import time [monotonic])
(import hy-iolib.lisp.checking [check-keywords check-seconds refuse])
(import hy-iolib.lisp.handlers [signal-error])
(import hy-iolib.lisp.multiple-values [primary-value])
(import hy-iolib.lisp.operators [show-keywords])
(import hy-iolib.multiplex.monitoring [monitored reconsider])
(import hy-iolib.multiplex.readiness [ERR HUP IN INPUT OUT OUTPUT deadline-of])
(import hy-iolib.streams.gray-streams [LINGER])
(import hy-iolib.syscalls [iolib-error socket-closed-error])
(import hy-iolib.sockets.addresses [from-designator])
(import hy-iolib.sockets.classes [active-socket socket stream-socket check-socket])
(import hy-iolib.sockets.tls-channel [tls-channel tls-error])
(import hy-iolib.sockets.tls-contexts [HANDSHAKE-LIMIT OPTIONS tls-settings])

(export
  :objects [start-tls tls-p tls-version tls-cipher tls-peer-certificate tls-alpn-protocol]
  :macros [])

(defn earlier [a b]
  "The earlier of two deadlines, of which None is never."
  (cond
    (is a None) b
    (is b None) a
    True (min a b)))

(defn hold-back [socket]
  "Let SOCKET, which is to speak TLS once it is connected, send and receive nothing before."
  (setv socket._send not-connected
        socket._receive not-connected
        socket._receive-into not-connected))

(defn not-connected [#* _]
  (raise (OSError errno.ENOTCONN (os.strerror errno.ENOTCONN))))

(defclass tls-socket [active-socket]
  "Active sockets that speak TLS. A socket becomes one by a change of its class."
  (setv screens-events True
        ;; The channel's at the last wait.
        _moves 0)

  (defn _attach [self channel]
    (setv self._channel channel
          self._send channel.transmit
          self._receive-into channel.receive-into
          ;; What was read in the clear can't be unread.
          self._last None)
    (when (is-not self._receiver None)
      (._begin-reading self))
    (when (is-not self._pieces None)
      (setv self._sending (._octets-going self))))

  (defn _octets-arriving [self]
    (.arriving self._channel self._input-buffer-size))

  (defn _octets-arriving-in [self buffer]
    (.arriving-in self._channel buffer))

  (defn _octets-going [self]
    self._channel.sending)

  (defn _state [self]
    (+ (._state (super))
       (cond
         (not self._channel.established) ", TLS handshake"
         ;; After an error OpenSSL does not know it any more.
         True (+ ", " (or (.version self._channel.tls) "TLS")))))

  (defn _fail [self e syscall [place None]]
    (when (and (isinstance e iolib-error) (not self.closed))
      ;; A copy, since the callers' frames, which its traceback holds, hold E.
      (setv c (copy e)
            c.__cause__ e.__cause__)
      (when (isinstance c tls-error)
        ;; Closed, it does not say any more who the peer was.
        (setv c.stream self
              c.place (repr self)))
      (try
        (signal-error c)
        (finally
          (del c))))
    (._fail (super) e syscall place))

  ;; ---- Waiting

  (defn _wait-until [self event deadline [tries 0]]
    (setv channel self._channel
          deadline (earlier deadline channel.deadline)
          ;; What has moved something needs no pause, however often it would block.
          tries (if (= channel.moves self._moves) tries 0)
          self._moves channel.moves
          event (.waits-for channel event))
    (if channel.established
        (._wait-until (super) event deadline tries)
        ;; Both the reader and the writer may get what the handshake needs: who waits for the other is
        ;; not told, and looks for itself.
        (or (._wait-until (super) event (earlier deadline (+ (monotonic) 0.05)) tries)
            (is deadline None)
            (< (monotonic) deadline))))

  (defn _unread [self]
    (setv channel self._channel
          before (._unread (super)))
    (when (or before channel.arrived (.look channel False))
      #(channel channel.taken before)))

  (defn _screen [self mask]
    "Of MASK, what the system says of the descriptor, that which is true of TLS."
    (setv channel self._channel
          found (& mask (| HUP ERR)))
    (when (and (& mask IN) (.look channel True))
      (|= found (if (and channel.failure (not channel.arrived)) ERR IN)))
    (when (and (not found) (& mask OUT) (or (not channel.established) (.unsent? channel)))
      ;; There may be something to send that is none of the handlers' business.
      (try
        (.advance channel)
        (except [BlockingIOError])
        (except [OSError]
          (|= found ERR))))
    (| found (if channel.established (& mask OUT) 0)))

  (defn _interest [self mask]
    "What of the descriptor is to be watched when MASK is wanted."
    (setv channel self._channel)
    (| (if channel.established mask IN)
       (if (.unsent? channel) OUT 0)))

  (defn _handshake-seconds [self]
    "How long the handshake may still take; None for any time, and when it is over."
    (setv limit self._channel.deadline)
    (when (is-not limit None)
      (max 0 (- limit (monotonic)))))

  (defn _until-established [self deadline]
    "Wait until the handshake is over."
    (setv tries 0)
    (while True
      (try
        (.advance self._channel)
        (return)
        (except [BlockingIOError]
          (._wait self INPUT deadline tries)
          (+= tries 1))
        (except [e OSError]
          (._fail self e "TLS handshake")))))

  ;; ---- The end

  (defn _end-output [self deadline]
    "Tell the peer that no more will come."
    (setv tries 0)
    (while True
      (try
        (.end-output self._channel)
        (return)
        (except [e BlockingIOError]
          (when self.non-blocking
            (._fail self e "send"))
          (._wait self OUTPUT deadline tries)
          (+= tries 1))
        (except [e OSError]
          (._fail self e "send")))))

  (defn _end [self read write deadline]
    (when write
      (._end-output self deadline))
    (when read
      (setv self._channel.deaf True)
      (._end (super) True False deadline)))

  (defn close [self * [abort False]]
    "As of any stream; and tells the peer, unless ABORT is true, that all was sent. That takes at most
    15 seconds; a non-blocking socket does not wait for it: if the peer has not taken what was sent
    before, `shutdown` is what can be tried again."
    (try
      (when (not (or abort self.closed))
        (setv deadline (+ (monotonic) LINGER))
        (try
          (when (is-not self._pieces None)
            (._finish self deadline))
          (when (and self._channel.established (not self._channel.inherited))
            (._take-leave self deadline))
          ;; Closed by another thread meanwhile.
          (except [socket-closed-error])))
      (finally
        (setv was-open (.close (super) :abort True))
        (.close self._channel)))
    was-open)

  (defn _take-leave [self deadline]
    (try
      (._end-output self deadline)
      (.discard self._channel)
      ;; Who is gone, or does not listen, is not told.
      (except [OSError]
        (when self.closed
          (raise))))))

;; Class of a socket -> the class of such a socket that speaks TLS.
(setv tls-classes {})

(defn tls-class [class]
  (when (not-in class tls-classes)
    (setv (get tls-classes class)
          (type class.__name__ #(tls-socket class) {"__doc__" class.__doc__ "__module__" class.__module__})))
  (get tls-classes class))

(defn new-channel [socket settings [host None]]
  "The channel that SETTINGS ask for of SOCKET, which is connected, or will be, to HOST."
  (setv name (expected-name settings (if (is host None) socket._host host)))
  (try
    (tls-channel socket.python-socket settings.context settings.server-side name)
    ;; UnicodeError among them.
    (except [[ValueError TypeError]]
      (refuse "server-name" name "a name of a host, or an address"))))

(defn begin-tls [socket channel deadline]
  "Let SOCKET speak TLS from now on: the handshake, which must be over at DEADLINE, is part of the first
  operations."
  (setv channel.deadline deadline)
  (setv socket.__class__ (tls-class (type socket)))
  (._attach socket channel)
  (when monitored
    (reconsider (.fileno socket))))

(defn expected-name [settings host]
  "The name that the certificate of HOST must have, None where there need be none."
  (setv context settings.context
        given (if (is settings.server-name None) host settings.server-name))
  (cond
    settings.server-side None
    (is given None)
      (if context.check-hostname
          (refuse "server-name" None "a name: the socket was not connected to one, and the peer's certificate must have it")
          None)
    True (do
           (setv address (from-designator given))
           (if address
               (get (.split (str address) "%") 0)
               (.removesuffix (str (primary-value given)) ".")))))

(defn handshake-deadline [settings deadline]
  "When a handshake that begins now must be over."
  (earlier (deadline-of settings.timeout) deadline))

(defn start-tls [socket * [server-side False] [server-name None] [context None] [ca-file None]
                 [certificate None] [key None] [alpn None] [timeout HANDSHAKE-LIMIT] [wait True]
                 #** unknown]
  "Let SOCKET, an active stream socket that is connected, speak TLS from now on, as a client or, with
  SERVER-SIDE (default False), as a server. All operators work as before. Returns SOCKET.

  A client verifies that its peer has a certificate of SERVER-NAME, a name or an address, by default
  the host that SOCKET was connected to, and that it comes from whom the system trusts, or from those
  in CA-FILE. A server needs CERTIFICATE; with CA-FILE its clients must have certificates from those,
  too. CERTIFICATE is a file of the certificate and those that vouch for it, KEY, of its key, if that
  is not in the same file; all are paths of PEM files. ALPN is the name of a protocol, or a list of
  them, the preferred first. It is TLS 1.2 or newer. CONTEXT, an `ssl.SSLContext`, is used as it is
  instead of these.

  TIMEOUT is how many seconds the handshake may take (60); None for any time. WAIT is True (the
  default), a number of seconds to wait at most here, or False: then the handshake goes on in the
  operators that are used next, and in event bases, whose handlers are called when it is over.
  `wait-until-fd-ready` for output is a way to wait for that.

  What is pending is sent before, in the clear. What was read ahead in the clear would be a stranger's
  by now: a `tls-error`. Another `tls-error` is that TLS fails, `tls-certificate-error` that the
  certificate does; `poll-timeout` when the time is over. After an error SOCKET is closed, but not when
  an argument is wrong.

  => (setv [a b] (make-socket-pair))
  => (start-tls a :server-name \"example.org\" :wait False)
  => [(tls-p a) (tls-version a)]
  [True None]
  => (close a :abort True)
  True

  >>> a, b = make_socket_pair()
  >>> start_tls(a, server_name='example.org', wait=False) is a
  True

  Source: RFC 8446, RFC 6125; Python's module ssl."
  (check-socket "start-tls" socket active-socket "an active stream socket")
  (when (not (isinstance socket stream-socket))
    (refuse "start-tls: socket" socket "a stream socket"))
  (when (tls-p socket)
    (refuse "start-tls: socket" socket "a socket that speaks no TLS yet"))
  (check-keywords "start-tls" unknown #("server-side" "wait" #* OPTIONS))
  (setv settings (tls-settings server-side :context context :server-name server-name
                               :ca-file ca-file :certificate certificate :key key :alpn alpn
                               :timeout timeout))
  (when (not (or (is wait None) (isinstance wait bool)))
    (check-seconds "wait" wait))
  (try
    (.getpeername socket.python-socket)
    (except [e OSError]
      (._fail socket e "getpeername")))
  (establish socket (new-channel socket settings) (handshake-deadline settings None) wait))

(show-keywords start-tls)

(defn establish [socket channel limit wait]
  "Let SOCKET speak TLS, with the handshake over until LIMIT, and WAIT for that as `start-tls` says. It
  is closed when that fails."
  (setv deadline (earlier limit (if (or (is wait None) (isinstance wait bool)) None (deadline-of wait))))
  (try
    ;; In the clear; but what was made for TLS sends nothing so.
    (when (not (or (is socket._pieces None) socket._tls))
      (._finish socket deadline))
    (refuse-plaintext socket)
    (begin-tls socket channel limit)
    (if (or (is wait None) (is wait False))
        ;; An error is for who uses it next.
        (.look channel True)
        (._until-established socket deadline))
    (except [BaseException]
      (.close socket :abort True)
      (raise)))
  socket)

(defn refuse-plaintext [socket]
  (when (or (._unread socket) socket._arrived)
    (signal-error (tls-error :stream socket :reason "PLAINTEXT"
                             :message "the peer has sent more in the clear, before TLS began"))))

;; ---- What a socket says of it

(setv any-socket socket)

(defn tls-p [socket]
  "Does SOCKET, any socket, speak TLS, be its handshake over or not? Anything else is a `type-error`.

  => (setv [a b] (make-socket-pair))
  => (tls-p a)
  False

  >>> a, b = make_socket_pair()
  >>> tls_p(a)
  False

  Source: hy_iolib's own."
  (if (isinstance socket any-socket)
      (isinstance socket tls-socket)
      (refuse "tls-p: socket" socket "a socket")))

(defn tls-of [operator socket]
  "The SSLObject of SOCKET; None if it has none, or the handshake is not over."
  (check-socket operator socket any-socket "a socket")
  (when (and (isinstance socket tls-socket) socket._channel.established)
    socket._channel.tls))

(defn tls-version [socket]
  "The version that SOCKET speaks, \"TLSv1.3\" or \"TLSv1.2\"; None without TLS, or before the handshake
  is over.

  => (setv [a b] (make-socket-pair))
  => (tls-version a)
  None

  >>> a, b = make_socket_pair()
  >>> tls_version(a) is None
  True

  Source: hy_iolib's own; `ssl.SSLSocket.version`."
  (setv tls (tls-of "tls-version" socket))
  (when tls (.version tls)))

(defn tls-cipher [socket]
  "The name of the cipher that SOCKET uses, as \"TLS_AES_256_GCM_SHA384\"; None as of `tls-version`.

  => (setv [a b] (make-socket-pair))
  => (tls-cipher a)
  None

  >>> a, b = make_socket_pair()
  >>> tls_cipher(a) is None
  True

  Source: hy_iolib's own; `ssl.SSLSocket.cipher`."
  (setv tls (tls-of "tls-cipher" socket))
  (when tls (get (.cipher tls) 0)))

(defn tls-peer-certificate [socket * [der False]]
  "The certificate that SOCKET's peer has shown: a dict, as `ssl.SSLSocket.getpeercert` gives, which is
  empty when it was not verified; with DER (default False) its octets. None when the peer has shown
  none, and as of `tls-version`.

  => (setv [a b] (make-socket-pair))
  => (tls-peer-certificate a)
  None

  >>> a, b = make_socket_pair()
  >>> tls_peer_certificate(a) is None
  True

  Source: hy_iolib's own; `ssl.SSLSocket.getpeercert`."
  (setv tls (tls-of "tls-peer-certificate" socket))
  (when tls (.getpeercert tls (bool der))))

(defn tls-alpn-protocol [socket]
  "The name of the protocol that ALPN has chosen, a string; None for none, and as of `tls-version`.

  => (setv [a b] (make-socket-pair))
  => (tls-alpn-protocol a)
  None

  >>> a, b = make_socket_pair()
  >>> tls_alpn_protocol(a) is None
  True

  Source: hy_iolib's own; RFC 7301."
  (setv tls (tls-of "tls-alpn-protocol" socket))
  (when tls (.selected-alpn-protocol tls)))
