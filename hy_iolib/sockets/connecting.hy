"How sockets come to talk: bind, listen, accept, connect, shut down."

(import errno os sys)
(import contextlib [nullcontext])
(import time [monotonic sleep])
(import socket [AF-INET6 AF-UNSPEC SOL-SOCKET SO-ERROR SO-REUSEADDR SHUT-RDWR])
(import hy-iolib.lisp.checking [check-integer check-keywords check-seconds refuse])
(import hy-iolib.lisp.handlers [signal-error])
(import hy-iolib.lisp.operators [show-keywords])
(import hy-iolib.multiplex.monitoring [SHORTAGES pause-accepting])
(import hy-iolib.multiplex.readiness [INPUT OUTPUT deadline-of poll-timeout])
(import hy-iolib.streams.gray-streams [set-attributes stream-attributes])
(import hy-iolib.syscalls [socket-address-family-not-supported-error])
(import hy-iolib.sockets.addresses [netlink-address])
(import hy-iolib.sockets.classes
  [active-socket datagram-socket internet-socket local-socket passive-socket socket
   stream-socket kinds check-socket])
(import hy-iolib.sockets.configuration [*default-backlog-size* +max-backlog-size+])
(import hy-iolib.sockets.hosts [addresses-of to-sockaddr])
(import hy-iolib.sockets.local-files [bind-file file? local-place])
(import hy-iolib.sockets.services [port-number])
(import hy-iolib.sockets.tls [begin-tls establish handshake-deadline new-channel tls-p])

(export
  :objects [bind-address listen-on accept-connection connect disconnect shutdown]
  :macros [with-accept-connection])

(defn places [socket syscall address port [deadline None]]
  "What SYSCALL takes for ADDRESS and PORT, which designate them for the kind that SOCKET is: one
  for each address. An IPv6 socket reaches IPv4 addresses, as mapped ones."
  (cond
    (isinstance socket internet-socket)
      (internet-places socket address port deadline)
    (isinstance socket local-socket)
      (if (= port 0)
          [(local-place address syscall)]
          (refuse "port" port "of use with a local socket"))
    True
      (if (isinstance address netlink-address)
          [#((check-integer "port" port 0 0xffffffff) address.multicast-groups)]
          (refuse "address" address "a netlink-address"))))

(defn internet-places [socket host port deadline]
  (setv ipv6 (= socket.family AF-INET6)
        number (port-number "port" port))
  (lfor address (addresses-of "address" host (if ipv6 True None) deadline)
    (cond
      (= address.family socket.family) (to-sockaddr address number)
      ipv6 #(f"::ffff:{address}" number)
      True (signal-error socket-address-family-not-supported-error errno.EAFNOSUPPORT
                         f"{address} is an IPv6 address, the socket an IPv4 one"))))

(defn attempt [socket syscall #* arguments]
  "Call the method SYSCALL of SOCKET's Python socket; signal the condition of its OSError."
  (try
    ((getattr socket.python-socket syscall) #* arguments)
    (except [e OSError]
      (._fail socket e syscall))))

(defn bind-address [socket address * [port 0] [reuse-address None] [reuse-addr None] [mode None]
                    #** unknown]
  "Give SOCKET the local ADDRESS and return SOCKET.

  Of an internet socket ADDRESS is a host designator, and PORT a port designator (0, the default: one
  that is free). With REUSE-ADDRESS, the default of stream sockets, a port that an earlier connection
  still occupies can be taken (SO_REUSEADDR); REUSE-ADDR is another name of it. Datagram sockets share a port with it, so there it must
  be asked for.

  Of a local socket ADDRESS is a path or a `local-address`. With REUSE-ADDRESS, the default, a
  socket's file at which nobody answers makes place; one where somebody does is an error. MODE is
  the file's permissions, as 0o600, unless given what the umask leaves. The file goes when SOCKET is
  closed, by the process that has bound it and if it is still there. Between looking at a file and
  removing it another can take its place: where strangers may write to the folder, use another
  folder.

  Of a netlink socket it is a `netlink-address`, and PORT its port id.

  `socket-address-in-use-error`, `socket-address-not-available-error`; an IPv6 address on an IPv4
  socket is a `socket-address-family-not-supported-error`; a path of more than 107 octets
  `enametoolong`; a name that is not found a `resolver-error`, or `unknown-service`. Anything else is
  a `type-error`.

  => (with-open-socket [s :connect :passive]
       (bind-address s +ipv4-loopback+)
       (local-host s))
  #/ip/127.0.0.1

  >>> with make_socket(connect='passive') as s:
  ...     local_host(bind_address(s, '127.0.0.1'))
  #/ip/127.0.0.1

  Source: the manual, Socket Operators; bind(2), unix(7)."
  (check-socket "bind-address" socket any-socket "a socket")
  (check-keywords "bind-address" unknown #("port" "reuse-address" "mode"))
  (when (is-not mode None)
    (check-integer "mode" mode 0 0o777)
    (when (not (isinstance socket local-socket))
      (refuse "mode" mode "of use with an internet socket: no file is made")))
  (setv reuse (next (gfor wish [reuse-addr reuse-address] :if (is-not wish None) wish)
                    (or (isinstance socket #(stream-socket local-socket))))
        [place #* _] (places socket "bind" address port))
  (when (isinstance socket internet-socket)
    (attempt socket "setsockopt" SOL-SOCKET SO-REUSEADDR (int (bool reuse))))
  (try
    (if (and (isinstance socket local-socket) (file? place))
        (bind-file socket place reuse mode)
        (.bind socket.python-socket place))
    (except [e OSError]
      (._fail socket e "bind" place)))
  socket)

(show-keywords bind-address)

(defn listen-on [socket * [backlog None] #** unknown]
  "Let SOCKET, a passive one, take connections; at most BACKLOG of them wait to be accepted. Unless given
  it is what `make-socket` was told, or `*default-backlog-size*`; at most `+max-backlog-size+`: more,
  or a socket of another kind, is a `type-error`. Returns SOCKET.

  => (with-open-socket [s :connect :passive]
       (listen-on (bind-address s +ipv4-loopback+) :backlog 5)
       (> (local-port s) 0))
  True

  >>> with make_socket(connect='passive') as s:
  ...     listen_on(bind_address(s, '127.0.0.1'), backlog=5) is s
  True

  Source: the manual, Socket Operators; listen(2)."
  (check-socket "listen-on" socket passive-socket "a passive socket")
  (check-keywords "listen-on" unknown #("backlog"))
  (attempt socket "listen" (check-backlog (cond
                                            (is-not backlog None) backlog
                                            (is-not socket.backlog None) socket.backlog
                                            True *default-backlog-size*.value)))
  socket)

(show-keywords listen-on)

(defn check-backlog [backlog]
  (check-integer "backlog" backlog 1 +max-backlog-size+))

;; What accept(2) says of a connection that failed before it was accepted: the next one may do.
(setv FAILED-BEFORE-ACCEPTED
      (sfor name ["ECONNABORTED" "EPROTO" "ENETDOWN" "EHOSTDOWN" "ENONET" "EHOSTUNREACH"
                  "ENETUNREACH"]
            (getattr errno name None)))

(defn accept-connection [passive-socket * [wait True] [timeout None] [external-format None]
                         [input-buffer-size None] [output-buffer-size None] [max-line-length None]]
  "The next connection of PASSIVE-SOCKET, an active socket, or None.

  WAIT is True (the default), a number of seconds, or False: then only a connection that is there
  already is taken. TIMEOUT, in seconds, limits the wait as well. When the time is over: None.
  EXTERNAL-FORMAT is PASSIVE-SOCKET's unless given, INPUT-BUFFER-SIZE, OUTPUT-BUFFER-SIZE and
  MAX-LINE-LENGTH are as in `make-socket`.

  Of a PASSIVE-SOCKET with `:tls` the connection speaks TLS. The handshake is not waited for here: it is
  part of what is done with the connection first, and of event bases, whose handlers are called when
  it is over; 60 seconds after the accept, or the `:timeout` of `:tls`, it must be: `poll-timeout`.

  When the process has no descriptor left for the connection, or the system no memory: `emfile`,
  `enfile`, `enobufs`, `enomem`. If an event base has a handler for PASSIVE-SOCKET, that is not called
  for a second then, and for as long as it lasts None is returned; an error that the handler does not
  handle does not leave `event-dispatch`, but goes to the log.

  => (with-open-socket [server :connect :passive :local-host +ipv4-loopback+]
       (accept-connection server :wait 0.01))
  None

  >>> with make_socket(connect='passive', local_host='127.0.0.1') as server:
  ...     client = make_socket(remote_host='127.0.0.1', remote_port=local_port(server))
  ...     connection = accept_connection(server, timeout=5)
  >>> remote_port(connection) == local_port(client)
  True

  Source: the manual, Socket Operators; accept(2)."
  (check-socket "accept-connection" passive-socket passive-socket-class "a passive socket")
  (setv format (or external-format (passive-format passive-socket))
        options (stream-attributes :external-format format
                                   :input-buffer-size input-buffer-size
                                   :output-buffer-size output-buffer-size
                                   :max-line-length max-line-length)
        deadline (deadline-for passive-socket INPUT wait timeout)
        tries 0)
  (while True
    (try
      (setv [inner _] (.accept passive-socket.python-socket))
      (break)
      (except [BlockingIOError]
        (when (not (and wait (._wait-until passive-socket INPUT deadline tries)))
          (return None))
        (+= tries 1))
      (except [e OSError]
        (when (or passive-socket.closed (not-in e.errno FAILED-BEFORE-ACCEPTED))
          (when (and (in e.errno SHORTAGES) (not passive-socket.closed)
                     (pause-accepting (.fileno passive-socket)))
            ;; Told once: it goes on by itself when it can.
            (when passive-socket.short
              (return None))
            (setv passive-socket.short True))
          (._fail passive-socket e "accept")))))
  (when passive-socket.short
    (setv passive-socket.short False))
  (try
    (.setblocking inner False)
    (setv connection ((get kinds #(passive-socket.address-family "stream" "active"))
                       inner passive-socket.family))
    (except [BaseException]
      (.close inner)
      (raise)))
  (set-attributes connection options)
  (when passive-socket._tls
    (setv settings passive-socket._tls)
    (begin-tls connection (new-channel connection settings) (handshake-deadline settings None)))
  connection)

(defn passive-format [passive-socket]
  "The external format that its connections have, if it is not the one that they have anyhow."
  (if (is passive-socket._external-format active-socket._external-format)
      None
      passive-socket._external-format))

(setv passive-socket-class passive-socket)

(defn deadline-for [socket event wait timeout]
  "The deadline of an operator that takes both: the earlier of the two."
  (if (or (is wait None) (isinstance wait bool))
      (._deadline socket event timeout)
      (do
        (check-seconds "wait" wait)
        (deadline-of (if (is (check-seconds "timeout" timeout) None) wait (min wait timeout))))))

(defn connect [socket address * [port 0] [wait True] [timeout None]]
  "Connect SOCKET, an active one, to ADDRESS and PORT: a host designator and a port designator (default
  0), or of a local socket a path or `local-address`. A name's addresses are tried in turn. A datagram
  socket sends to that address and receives from no other, until it is connected to another or
  `disconnect`ed. Returns SOCKET.

  WAIT is True (the default), a number of seconds, or False: then the connection is only begun, and
  SOCKET is ready for output when it is there or has failed (the socket option `:error` tells); of a
  name that is to its first address that can be tried, and looking it up takes what it takes. TIMEOUT,
  in seconds, limits the wait as well, the lookup included. When the time is over: `poll-timeout`. A
  socket that was made with `:tls` speaks TLS then, as by `start-tls`.

  `socket-connection-refused-error` and the other conditions of `socket-error`; `resolver-error`,
  `unknown-service` for names.

  => (with-open-socket [server :connect :passive :local-host +ipv4-loopback+]
       (with-open-socket [s]
         (connect s +ipv4-loopback+ :port (local-port server))
         (= (remote-port s) (local-port server))))
  True

  >>> with make_socket(connect='passive', local_host='127.0.0.1') as server, make_socket() as s:
  ...     connect(s, '127.0.0.1', port=local_port(server), timeout=5)
  #<active IPv4 stream socket connected to 127.0.0.1/...>

  Source: the manual, Socket Operators; connect(2)."
  (check-socket "connect" socket active-socket "an active socket")
  (setv deadline (deadline-for socket OUTPUT wait timeout)
        wait (not (or (is wait None) (is wait False))))
  (setv channel (when (and socket._tls (not (tls-p socket)))
                  (new-channel socket socket._tls address))
        targets (places socket "connect" address port deadline))
  (for [[i place] (enumerate targets)]
    (setv left (- (len targets) i)
          code (connect-to socket place wait
                           (if (or (is deadline None) (= left 1))
                               deadline
                               ;; A fair share of the time that is left.
                               (+ (monotonic) (/ (- deadline (monotonic)) left)))
                           (= left 1)))
    (when (= code 0)
      (when (isinstance socket internet-socket)
        (setv socket._host address))
      (cond
        channel (establish socket channel (handshake-deadline socket._tls deadline) wait)
        ;; A connection that was begun before.
        (and wait (tls-p socket)) (._until-established socket deadline))
      (return socket)))
  (._fail socket (OSError code (os.strerror code)) "connect" place))

(setv IN-PROGRESS #(errno.EINPROGRESS errno.EALREADY))

(defn connect-to [socket place wait deadline last-one]
  "Try to connect SOCKET to PLACE: 0, also when it is begun and WAIT is false, or the errno. When
  the time is over and this is not the LAST-ONE, the attempt is given up and the socket made free
  for another."
  ;; What is in progress already is the system's answer to any further attempt, wherever to.
  (when (not-in socket._connecting #(None place))
    (setv code (try-connecting socket socket._connecting))
    (cond
      (in code IN-PROGRESS) (return errno.EINPROGRESS)
      (= code 0) (return errno.EISCONN)))
  (setv code (try-connecting socket place))
  (when (and (= code errno.EAGAIN) (isinstance socket local-socket))
    ;; The listener has as many waiting as it takes. Nothing tells when that ends: ask again and
    ;; again.
    (while (and wait (= code errno.EAGAIN))
      (when (and (is-not deadline None) (>= (monotonic) deadline))
        (signal-error poll-timeout :fd (.fileno socket) :event-type OUTPUT))
      (sleep 0.01)
      (setv code (try-connecting socket place))))
  ;; To a peer on this machine the connection is there by now: asking is cheaper than waiting.
  (when (and wait (in code IN-PROGRESS))
    (setv code (try-connecting socket place)))
  (while (and wait (in code IN-PROGRESS))
    (cond
      last-one (._wait socket OUTPUT deadline)
      (not (._wait-until socket OUTPUT deadline)) (return (give-up socket)))
    (setv code (try-connecting socket place)))
  (if (in code IN-PROGRESS) 0 code))

(defn give-up [socket]
  "End the attempt to connect that is in progress: the errno of having failed."
  ;; Of a connection that is not there yet, Linux forgets the peer then, and the socket is as new.
  (try
    (.shutdown socket.python-socket SHUT-RDWR)
    (except [OSError]))
  (setv socket._connecting None)
  errno.ETIMEDOUT)

(defn try-connecting [socket place]
  "The errno of connect(2), which tells also how an attempt that was in progress went."
  ;; Not the option SO_ERROR: for Linux, a connection is in progress until connect(2) has told.
  (setv code (attempt socket "connect_ex" place)
        was-in-progress (= socket._connecting place)
        socket._connecting (when (in code IN-PROGRESS) place))
  (cond
    (not was-in-progress) code
    ;; So say systems where connect(2) tells only whether.
    (= code errno.EISCONN) 0
    (in code #(0 #* IN-PROGRESS)) code
    True (or (attempt socket "getsockopt" SOL-SOCKET SO-ERROR) code)))

(defn disconnect [socket]
  "End the connection of SOCKET, a datagram socket, to its peer: it can send to any address again, and
  receive from all. Returns SOCKET. Of another kind it is a `type-error`.

  => (with-open-socket [s :type :datagram :remote-host +ipv4-loopback+ :remote-port 9]
       (disconnect s)
       (socket-connected-p s))
  False

  >>> with make_socket(type='datagram', remote_host='127.0.0.1', remote_port=9) as s:
  ...     socket_connected_p(disconnect(s))
  False

  Source: the manual, Socket Operators; connect(2)."
  (check-socket "disconnect" socket datagram-socket "a datagram socket")
  ;; Python's connect can't say AF_UNSPEC.
  (import ctypes)
  (setv libc (ctypes.CDLL None :use-errno True)
        family (.to-bytes AF-UNSPEC 2 sys.byteorder)
        nobody (+ family (bytes 126)))
  (when (!= 0 (.connect libc (.fileno socket) nobody (len nobody)))
    (setv code (ctypes.get-errno))
    ;; Some systems say so of what they have done.
    (when (!= code errno.EAFNOSUPPORT)
      (._fail socket (OSError code (os.strerror code)) "connect")))
  socket)

(defn shutdown [socket * [read False] [write False] [timeout None]]
  "End one direction of SOCKET's connection, or both: after `:read True` nothing more is received;
  `:write True` sends the pending output, for at most TIMEOUT seconds if that is given, and then
  tells the peer that no more will come. `close` is still needed. Returns SOCKET.

  With TLS it is TLS that tells: a peer that speaks TLS 1.2 may answer by the end of its own output.
  It may have to wait, too; when `fd-non-blocking` is true it signals `ewouldblock` instead, to be
  tried again.

  Neither READ nor WRITE: `type-error`; no peer: `socket-not-connected-error`; the time is over:
  `poll-timeout`.

  => (setv [a b] (make-socket-pair))
  => (shutdown a :write True)
  => (read-line b None :eof)
  :eof

  >>> a, b = make_socket_pair()
  >>> shutdown(a, write=True) is a
  True
  >>> receive_from(b, size=8).count
  0

  Source: the manual, Socket Operators; shutdown(2)."
  (check-socket "shutdown" socket any-socket "a socket")
  (when (not (or read write))
    (refuse "shutdown" {"read" read "write" write} "at least one of :read True and :write True"))
  (setv deadline (deadline-of timeout))
  (when (and write (getattr socket "_pieces" None))
    ;; Without a peer that is what is wrong, and not that nobody takes the output.
    (attempt socket "getpeername")
    (._finish socket deadline))
  (._end socket read write deadline)
  socket)

(setv any-socket socket)

(defn or-nothing [connection]
  "CONNECTION, or a context manager that gives None."
  (if (is connection None) (nullcontext) connection))

(defmacro with-accept-connection [binding #* body]
  "Run BODY with a variable bound to a connection: `(with-accept-connection (variable passive-socket
  argument…) body…)`, the arguments being `accept-connection`'s. It is closed on every way out: after
  an error its pending output is dropped, otherwise sent. When the wait was in vain, BODY runs with
  None. A `*special*` variable is bound as such. The value is BODY's. In Python: `with
  accept_connection(server) as connection:`.

  => (with-open-socket [server :connect :passive :local-host +ipv4-loopback+]
       (with-accept-connection [client server :wait False] client))
  None

  Source: the manual, Socket Operators."
  (when (not (and (isinstance binding #(hy.models.Expression hy.models.List)) (>= (len binding) 2)
                  (isinstance (get binding 0) hy.models.Symbol)))
    (raise (TypeError "(with-accept-connection (variable passive-socket argument…) body…)")))
  (setv [variable #* arguments] binding)
  (.bind-and-close (hy.I "hy_iolib.lisp.closing") variable
                   (.replace `(hy.I.hy-iolib.sockets.connecting.or-nothing
                                (hy.I.hy-iolib.accept-connection ~@arguments))
                             variable)
                   body))
