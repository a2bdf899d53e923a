"Making sockets."

(eval-when-compile
  (require hy-iolib.lisp.operators [defoperator]
           hy-iolib.lisp.multiple-values [defvalues]))
(import errno os)
(import socket :as python)
(import hy-iolib.lisp.checking
  [check-integer check-keywords check-one-of check-seconds check-string refuse])
(import hy-iolib.lisp.handlers [signal-error])
(import hy-iolib.lisp.keywords [intern-keyword keyword keyword-name])
(import hy-iolib.lisp.operators [show-keywords])
(import hy-iolib.multiplex.readiness [descriptor])
(import hy-iolib.streams.gray-streams [set-attributes stream-attributes])
(import hy-iolib.syscalls [condition-from syscall-error])
(import hy-iolib.sockets.addresses
  [+ipv4-unspecified+ +ipv6-unspecified+ from-designator netlink-address])
(import hy-iolib.sockets.classes [NONBLOCK active-socket kinds passive-socket])
(import hy-iolib.sockets.configuration [*ipv6* UNSAID check-ipv6])
(import hy-iolib.sockets.connecting
  [attempt bind-address check-backlog connect listen-on])
(import hy-iolib.sockets.interfaces [interface :as interface-class lookup-interface])
(import hy-iolib.sockets.protocols [lookup-protocol])
(import hy-iolib.sockets.tls [hold-back])
(import hy-iolib.sockets.tls-contexts [settings-of])

(export
  :objects [make-socket make-socket-pair socket-pair make-socket-from-fd]
  :macros [make-socket make-socket-pair make-socket-from-fd with-open-socket])

;; Synonyms among the values of :address-family, and what they say of :ipv6.
(setv FAMILIES {"ipv4" #("internet" None)
                "ipv6" #("internet" True)
                "file" #("local" UNSAID)})

;; What a socket that is not the internet's is for the system.
(setv DOMAINS {"local" (getattr python "AF_UNIX" None)
               "netlink" (getattr python "AF_NETLINK" None)})

(setv PROTOCOLS {"stream" {"default" 0 "tcp" python.IPPROTO-TCP}
                 "datagram" {"default" 0 "udp" python.IPPROTO-UDP}})

(defoperator make-socket [* #^ keyword [address-family "internet"] #^ keyword [type "stream"]
                          #^ keyword [connect "active"] [ipv6 UNSAID]
                          #^ keyword [protocol "default"] #** options]
  "Make a socket. It is a context manager, which closes it. When anything fails, nothing is left open.

  ADDRESS-FAMILY is `:internet`, the default (or `:ipv4`, `:ipv6`), `:local` (or `:file`) or
  `:netlink`; TYPE is `:stream`, the default, `:datagram` or `:raw`; CONNECT, of stream sockets, is
  `:active`, the default, a client's, or `:passive`, a server's. IPV6, with the values of `*ipv6*`,
  says whether an internet socket is an IPv6 one; otherwise an address given decides, then `*ipv6*`.
  IPv6 sockets reach IPv4 peers, too. PROTOCOL is `:default`, `:tcp`, `:udp` or, of raw sockets, which
  need it, what `lookup-protocol` takes, of netlink ones a number.

  What else there is depends on the kind; nothing is given by default. Of internet sockets:
  `:local-host`, a host designator, and `:local-port`, a port designator, to bind it to,
  `:reuse-address` (see `bind-address`), `:interface` (SO_BINDTODEVICE: an interface, its name or its
  index; not of active stream ones); active: `:remote-host` and `:remote-port` to connect it to.
  Stream: `:nodelay` (TCP_NODELAY, a bool), `:keepalive` (SO_KEEPALIVE, a bool; active). Datagram:
  `:broadcast` (SO_BROADCAST, a bool). Raw: `:include-headers` (IP_HDRINCL, a bool).

  Of local sockets: `:local-filename` to bind it to, a path or a `local-address`, with
  `:reuse-address` and `:mode` (see `bind-address`); active: `:remote-filename` to connect it to. Of
  netlink sockets: `:local-port` and `:multicast-groups`, integers.

  Of passive ones: `:backlog` (see `listen-on`; it listens once it is bound). Of active ones:
  `:input-buffer-size`, `:output-buffer-size` in octets, `:max-line-length` (see there), `:timeout`,
  in seconds, for connecting. Of all `:external-format` (`:utf-8`; see there).

  With `:tls` an internet stream socket speaks TLS once it is connected, and the connections of a
  passive one do. It is True, an `ssl.SSLContext`, or options of `start-tls`, a dict or a list as
  `[:ca-file \"ca.pem\" :alpn \"h2\"]`: `:server-name`, `:ca-file`, `:certificate`, `:key`, `:alpn`,
  `:context`, `:timeout`. A passive one needs a certificate.

  What is not of use with a kind, or of a wrong type, is a `type-error`; what the system refuses has
  the condition of its errno, as `emfile`, or `eperm` of raw sockets. Binding and connecting signal
  what `bind-address`, `connect` and `start-tls` do.

  => (setv s (make-socket :connect :passive :local-host \"127.0.0.1\"))
  => (> (local-port s) 0)
  True
  => (close s)
  True

  >>> with make_socket(connect='passive', local_host='127.0.0.1') as server:
  ...     with make_socket(remote_host='127.0.0.1', remote_port=local_port(server)) as s:
  ...         s
  #<active IPv4 stream socket connected to 127.0.0.1/...>

  Source: the manual, Socket Operators; socket(2)."
  (setv class (try
                (.get kinds #(address-family type connect))
                ;; Something that can't be a key is no designator either.
                (except [[TypeError ValueError]] None)))
  (when (is class None)
    (setv [class ipv6] (find-kind address-family type connect ipv6)))
  (when (not (or (is ipv6 UNSAID) (isinstance ipv6 #(bool NoneType))))
    (check-ipv6 ipv6))
  (when (not (<= (.keys options) class.options))
    (check-keywords f"make-socket for {class.connect} {class.address-family} {class.type} sockets"
                    options (+ class.keywords KEYWORDS-OF-ALL)))
  (setv family (if (= class.address-family "internet")
                   (if (if (is ipv6 UNSAID) (wants-ipv6 options) ipv6) python.AF-INET6 python.AF-INET)
                   (domain-of class))
        number (if (= protocol "default") 0 (protocol-number class protocol)))
  (when (and (= class.type "raw") (= class.address-family "internet") (= protocol "default"))
    (refuse "protocol" (keyword "default") "a protocol: raw sockets need one"))
  (try
    (setv inner (python.socket family (| class.python-type NONBLOCK) number))
    (except [e OSError]
      (signal-error (condition-from e "socket"))))
  (setv s (class inner family))
  (when (or options number (not NONBLOCK) (= family python.AF-INET6))
    (try
      (when number
        (setv s.protocol (if (isinstance protocol int) protocol (intern-keyword (keyword-name protocol)))))
      (configure s #** options)
      (except [BaseException]
        (.close s :abort True)
        (raise))))
  s)

(setv NoneType (type None)
      KEYWORDS-OF-ALL #("address-family" "type" "connect" "ipv6" "protocol"))

(defn find-kind [address-family type connect ipv6]
  "The class of a kind of socket, its designators being in any form, and the value of :ipv6."
  (setv family (check-one-of "address-family" address-family
                             #("internet" "local" "netlink" #* FAMILIES))
        type (check-one-of "type" type #("stream" "datagram" "raw"))
        connect (check-one-of "connect" connect #("active" "passive"))
        [family implied] (.get FAMILIES family #(family UNSAID))
        ;; Only streams have servers; IOLib lets the others say what they like.
        class (.get kinds #(family type (if (= type "stream") connect "active"))))
  (when (is class None)
    (refuse "type" (keyword type) f"a type that {family} sockets have"))
  #(class (if (is implied UNSAID) ipv6 implied)))

(defn domain-of [class]
  (or (get DOMAINS class.address-family)
      (signal-error (condition-from (OSError errno.EAFNOSUPPORT (os.strerror errno.EAFNOSUPPORT))
                                    "socket"))))

(defn protocol-number [class protocol]
  (cond
    (= class.address-family "netlink") (check-integer "protocol" protocol 0 255)
    (= class.type "raw") (get (lookup-protocol protocol) 0)
    True (do
           (setv known (get PROTOCOLS class.type))
           (get known (check-one-of "protocol" protocol known)))))

(defn wants-ipv6 [options]
  "Where :ipv6 is not said, an address does; names and the rest are left to *ipv6*."
  (for [option ["remote_host" "local_host"]]
    (setv address (when (in option options) (from-designator (get options option))))
    (when address
      (return (= address.family python.AF-INET6))))
  *ipv6*)

;; Keyword -> the option that it sets.
(setv SWITCHES {"keepalive" #(python.SOL-SOCKET python.SO-KEEPALIVE)
                "nodelay" #(python.IPPROTO-TCP python.TCP-NODELAY)
                "broadcast" #(python.SOL-SOCKET python.SO-BROADCAST)
                "include_headers" #(python.IPPROTO-IP (getattr python "IP_HDRINCL" None))})

(defn configure [s * [local-host None] [local-port None] [remote-host None] [remote-port None]
                 [local-filename None] [remote-filename None] [mode None] [multicast-groups None]
                 [reuse-address None] [interface None] [backlog None] [timeout None]
                 [input-buffer-size None] [output-buffer-size None] [external-format None]
                 [max-line-length None] [tls None]
                 #** switches]
  "Make of S, just created, what make-socket's keywords ask for."
  (set-attributes s (stream-attributes :input-buffer-size input-buffer-size
                                       :output-buffer-size output-buffer-size
                                       :external-format external-format
                                       :max-line-length max-line-length))
  (check-seconds "timeout" timeout)
  (when (is-not tls None)
    (setv s._tls (settings-of (isinstance s passive-socket) tls))
    (when (and s._tls (isinstance s active-socket))
      (hold-back s)))
  (when (not NONBLOCK)
    (.setblocking s.python-socket False))
  (when (and (= s.family python.AF-INET6) (!= s.type "raw"))
    (attempt s "setsockopt" python.IPPROTO-IPV6 python.IPV6-V6ONLY 0))
  (when (and (.get switches "include_headers") (= s.family python.AF-INET6))
    (refuse "include-headers" True "of use with an IPv6 socket"))
  (for [name switches]
    (when (is-not (get switches name) None)
      (attempt s "setsockopt" #* (get SWITCHES name) (int (bool (get switches name))))))
  (when (is-not interface None)
    (attempt s "setsockopt" python.SOL-SOCKET python.SO-BINDTODEVICE (interface-octets interface)))
  (when (is-not backlog None)
    (setv s.backlog (check-backlog backlog)))
  (setv [address port] (cond
                         (is-not local-filename None) [local-filename 0]
                         (= s.address-family "netlink") [(netlink-address (or multicast-groups 0)) local-port]
                         (is-not local-host None) [local-host local-port]
                         (is-not local-port None) [(wildcard s) local-port]
                         True [None None]))
  (if (is address None)
      (when (is-not mode None)
        (refuse "mode" mode "of use without :local-filename"))
      (do
        (bind-address s address :port (if (is port None) 0 port)
                        :reuse-address reuse-address :mode mode)
        (when (isinstance s passive-socket)
          (listen-on s))))
  (connect-remote s remote-host remote-port remote-filename timeout))

(show-keywords make-socket [#* configure.__kwdefaults__ #* SWITCHES])

(defn connect-remote [s host port filename timeout]
  (cond
    (is-not filename None) (connect s filename :timeout timeout)
    (and (is-not host None) (= s.type "raw")) (connect s host :timeout timeout)
    (and (is-not host None) (is-not port None)) (connect s host :port port :timeout timeout)
    (is-not host None) (refuse "remote-port" None "a port: :remote-host needs one")
    (is-not port None) (refuse "remote-port" port "of use without :remote-host")))

(defn interface-octets [interface]
  (try
    (setv octets (os.fsencode (check-string "interface" (if (or (isinstance interface interface-class)
                                                                (is (type interface) int))
                                                            (. (lookup-interface interface) name)
                                                            interface))))
    (except [UnicodeError]
      (setv octets b"")))
  ;; IFNAMSIZ, with the NUL at its end.
  (if (and (< 0 (len octets) 16) (not-in b"\0" octets))
      octets
      (refuse "interface" interface "the name of an interface")))

(defn wildcard [s]
  (if (= s.family python.AF-INET6) +ipv6-unspecified+ +ipv4-unspecified+))

(defvalues socket-pair [socket1 socket2]
  "What `make-socket-pair` returns: two sockets, connected to each other.

  Source: the manual, Socket Operators.")

(defoperator make-socket-pair [* #^ keyword [type "stream"] #^ keyword [protocol "default"] #** options]
  "Two local sockets that are connected to each other: two values. TYPE is `:stream`, the default, or
  `:datagram`, PROTOCOL `:default`. Of OPTIONS there are `:external-format`, `:input-buffer-size`,
  `:output-buffer-size` and `:max-line-length`, as for `make-socket`. Others are a `type-error`.

  => (setv [a b] (make-socket-pair))
  => (send-to a b\"hello\")
  5

  >>> a, b = make_socket_pair()
  >>> send_to(a, b'hello')
  5

  Source: the manual, Socket Operators; socketpair(2)."
  (setv class (get kinds #("local" (check-one-of "type" type #("stream" "datagram")) "active")))
  (check-one-of "protocol" protocol #("default"))
  (check-keywords "make-socket-pair" options STREAM-KEYWORDS)
  (setv options (stream-attributes #** options))
  (try
    (setv pair (python.socketpair python.AF-UNIX class.python-type))
    (except [e OSError]
      (signal-error (condition-from e "socketpair"))))
  (socket-pair (gfor inner pair (dressed inner class options))))

(setv STREAM-KEYWORDS #("external-format" "input-buffer-size" "output-buffer-size"
                        "max-line-length"))

(show-keywords make-socket-pair STREAM-KEYWORDS)

(defn dressed [inner class options]
  "The socket of CLASS around INNER, a Python socket."
  (.setblocking inner False)
  (.set-inheritable inner False)
  (setv s (class inner inner.family))
  (set-attributes s options)
  s)

(defoperator make-socket-from-fd [fd * [dup False] #^ keyword [connect None] #** options]
  "A socket around FD, a descriptor of a socket: an integer or what has a `fileno`. Its family and type
  are found out; CONNECT is `:active` or `:passive`, unless given what FD is. With DUP (default
  False), the socket has a duplicate, and FD stays its owner's; without, FD is an integer, the
  socket's from then on and closed with it. It is not inherited by programs that this one starts.
  OPTIONS are `:external-format`, `:input-buffer-size`, `:output-buffer-size` and `:max-line-length`,
  as for `make-socket`.

  The descriptor is made non-blocking. That is shared with all duplicates of it, also in other
  processes: whoever goes on to use one of them without this library must expect it.

  A descriptor that is no socket's: `enotsock`; one that is not open: `ebadf`; one of a kind that
  `make-socket` does not make: `type-error`. FD stays open then.

  => (setv [a b] (make-socket-pair))
  => (with [s (make-socket-from-fd (socket-os-fd a) :dup True)] (send-to s b\"hello\"))
  5

  >>> a, b = make_socket_pair()
  >>> with make_socket_from_fd(a, dup=True) as s:
  ...     send_to(s, b'hello')
  5

  Source: the manual, Socket Operators."
  (setv number (descriptor "fd" fd))
  (when (not (or dup (isinstance fd int)))
    (refuse "fd" fd "an integer, and with :dup True anything that has a fileno: it would have two owners"))
  (when (is-not connect None)
    (setv connect (check-one-of "connect" connect #("active" "passive"))))
  (check-keywords "make-socket-from-fd" options STREAM-KEYWORDS)
  (setv options (stream-attributes #** options))
  (try
    (setv own (if dup (os.dup number) number))
    (except [e OSError]
      (signal-error (condition-from e "dup" number))))
  (setv inner None)
  (try
    (setv inner (python.socket :fileno own)
          class (class-of inner connect)
          options (dfor [name value] (.items options)
                        :if (or (issubclass class active-socket) (= name "_external_format"))
                        name value))
    (dressed inner class options)
    (except [e BaseException]
      (when inner (.detach inner))
      (when dup (os.close own))
      (if (isinstance e OSError)
          (signal-error (if (isinstance e syscall-error) e (condition-from e "getsockopt" number)))
          (raise)))))

(show-keywords make-socket-from-fd STREAM-KEYWORDS)

(defn class-of [inner connect]
  (setv type (next (gfor [name number] [["stream" python.SOCK-STREAM] ["datagram" python.SOCK-DGRAM]
                                        ["raw" (getattr python "SOCK_RAW" None)]]
                         :if (= number inner.type)
                         name)
                   None)
        family (cond
                 (in inner.family #(python.AF-INET python.AF-INET6)) "internet"
                 True (next (gfor [name number] (.items DOMAINS) :if (= number inner.family) name) None))
        listens (and (= type "stream") (bool (.getsockopt inner python.SOL-SOCKET python.SO-ACCEPTCONN))))
  (or (.get kinds #(family type (if (= type "stream") (or connect (if listens "passive" "active")) "active")))
      (refuse "fd" (.fileno inner) "a descriptor of a kind of socket that make-socket makes")))

(defmacro with-open-socket [binding #* body]
  "Run BODY with a variable bound to a new socket: `(with-open-socket (variable argument…) body…)`, the
  arguments being `make-socket`'s. The socket is closed on every way out: after an error its pending
  output is dropped, otherwise sent. A `*special*` variable is bound as such. The value is BODY's. In
  Python: `with make_socket(…) as s:`.

  => (with-open-socket [s :connect :passive :local-host +ipv4-loopback+]
       (socket-open-p s))
  True

  Source: the manual, Socket Operators."
  (when (not (and (isinstance binding #(hy.models.Expression hy.models.List)) binding
                  (isinstance (get binding 0) hy.models.Symbol)))
    (raise (TypeError "(with-open-socket (variable argument…) body…)")))
  (setv [variable #* arguments] binding)
  (.bind-and-close (hy.I "hy_iolib.lisp.closing") variable
                   (.replace `(hy.R.hy-iolib.make-socket ~@arguments) variable) body))
