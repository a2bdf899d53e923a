"The classes of sockets, and the table of their kinds."

(import os)
(import socket :as python-socket)
(import hy-iolib.lisp.checking [refuse])
(import hy-iolib.lisp.keywords [intern-keyword])
(import hy-iolib.streams.descriptors [dual-channel-single-fd-mixin])
(import hy-iolib.streams.gray-streams [dual-channel-gray-stream])
(import hy-iolib.sockets.addresses [local-address])
(import hy-iolib.sockets.configuration [*non-blocking-sockets*])
(import hy-iolib.sockets.hosts [from-sockaddr])

(export
  :objects [socket stream-socket datagram-socket raw-socket
            internet-socket local-socket netlink-socket active-socket passive-socket
            socket-stream-internet-active socket-stream-internet-passive
            socket-stream-local-active socket-stream-local-passive
            socket-datagram-internet-active socket-datagram-local-active
            socket-datagram-internet socket-datagram-local
            socket-raw-internet socket-raw-netlink]
  :macros [])

;; Where SIGPIPE has its default action again, a write to a closed peer must still not kill.
(setv NOSIGNAL (int (getattr python-socket "MSG_NOSIGNAL" 0)))

;; Created non-blocking where the system can: one system call less.
(setv NONBLOCK (getattr python-socket "SOCK_NONBLOCK" 0))

(defclass socket [dual-channel-single-fd-mixin]
  "The base of all sockets. It holds a `socket.socket`, its `python-socket`, and is a context
  manager that closes it on every way out; after an error, pending output is dropped.

  Its class says what it is: `address-family`, `type` and `connect`, as `make-socket`, which makes
  them all, takes them.

  Source: the manual, Socket Classes."
  (setv address-family None type None connect None keywords #()
        protocol (intern-keyword "default"))

  (defn __init__ [self inner family]
    (setv self.python-socket inner
          self.family family)
    (when *non-blocking-sockets*
      (setv self.non-blocking True)))

  (defn fileno [self]
    "The descriptor; -1 once the socket is closed."
    (.fileno self.python-socket))

  (defn _release [self]
    (.close self.python-socket))

  (defn _end [self read write deadline]
    "End one direction, or both."
    (try
      (.shutdown self.python-socket (cond
                                      (and read write) python-socket.SHUT-RDWR
                                      read python-socket.SHUT-RD
                                      True python-socket.SHUT-WR))
      (except [e OSError]
        (._fail self e "shutdown"))))

  (defn __repr__ [self]
    (setv kind (if (= self.type "stream") f"{self.connect} " ""))
    f"#<{kind}{(self._family-name)} {self.type} socket{(self._state)}>")

  (defn _state [self]
    (if self.closed
        ", closed"
        (try
          (setv peer (._peer self))
          (cond
            (is-not peer None) (+ " connected to " (._name-text self peer))
            (and (= self.type "stream") (= self.connect "active")) ", unconnected"
            True (do
                   (setv name (.getsockname self.python-socket))
                   (if (._bound self name) (+ " waiting @ " (._name-text self name)) " unbound")))
          ;; Printing must not fail, whatever has become of the descriptor.
          (except [OSError] ", unconnected"))))

  (defn _peer [self]
    "The name of the peer as the system gives it, or None."
    (try
      (.getpeername self.python-socket)
      (except [OSError] None)))

  (defn __reduce__ [self]
    (raise (TypeError f"{self} can't be pickled or copied: it owns a descriptor"))))

(defclass stream-socket [socket]
  "Sockets of type SOCK_STREAM: octets in order, over a connection.

  Source: the manual, Socket Classes."
  (setv type (intern-keyword "stream") python-type python-socket.SOCK-STREAM))

(defclass datagram-socket [socket]
  "Sockets of type SOCK_DGRAM: pieces of octets, each of which arrives as a whole or not at all.

  Source: the manual, Socket Classes."
  (setv type (intern-keyword "datagram") python-type python-socket.SOCK-DGRAM
        ;; What a stream operator takes at once; of a longer datagram the rest is lost.
        _input-buffer-size 65536))

(defclass raw-socket [socket]
  "Sockets of type SOCK_RAW: packets with the headers of a protocol.

  Source: IOLib 0.8; raw(7)."
  (setv type (intern-keyword "raw") python-type (getattr python-socket "SOCK_RAW" None)
        _input-buffer-size 65536))

(defclass internet-socket [socket]
  "Sockets of the domains AF_INET and AF_INET6.

  Source: the manual, Socket Classes; ip(7), ipv6(7)."
  (setv address-family (intern-keyword "internet"))

  (defn _family-name [self]
    (if (= self.family python-socket.AF-INET6) "IPv6" "IPv4"))

  ;; What stands for the port of a raw socket is its protocol.
  (defn _bound [self name]
    (or (and (get name 1) (!= self.type "raw")) (any (. (from-sockaddr name) packed))))

  (defn _name-text [self name]
    (+ (str (from-sockaddr name)) (if (= self.type "raw") "" f"/{(get name 1)}"))))

(defclass local-socket [socket]
  "Sockets of the domain AF_LOCAL, between programs of one machine.

  Source: the manual, Socket Classes; unix(7)."
  (setv address-family (intern-keyword "local")
        ;; The file that `bind-address` made, which goes when the socket is closed.
        _file None)

  (defn _family-name [self] "local")

  (defn _bound [self name]
    (bool name))

  (defn _name-text [self name]
    (str (local-address-of name)))

  (defn _release [self]
    (try
      (when self._file
        (.remove self._file)
        (setv self._file None))
      (finally
        (.close self.python-socket)))))

(defn local-address-of [name]
  "The address object of NAME, what a system call gives for a local socket's address."
  (setv octets (os.fsencode (or name b"")))
  (if (.startswith octets b"\0")
      (local-address (cut octets 1 None) :abstract True)
      (local-address octets)))

(defclass netlink-socket [socket]
  "Sockets of the domain AF_NETLINK, over which Linux's kernel talks of networks.

  Source: IOLib 0.8; netlink(7)."
  (setv address-family (intern-keyword "netlink"))

  (defn _family-name [self] "netlink")

  (defn _peer [self]
    ;; One without a peer has 0 and 0 for one.
    (setv name (.getpeername self.python-socket))
    (if (any name) name None))

  (defn _bound [self name]
    (get name 0))

  (defn _name-text [self name]
    f"{(get name 0)}/{(get name 1)}"))

(defclass active-socket [socket dual-channel-gray-stream]
  "Sockets that connect, or that `accept-connection` returns; they are streams, for octets and
  characters.

  Source: the manual, Socket Classes."
  (setv connect (intern-keyword "active")
        ;; Where a connection is in progress to, if one is.
        _connecting None
        ;; Where the last datagram went: a host, a port, and what system calls take for them; and
        ;; whence the last one came: what a system call gave, and the address and port that this is.
        _destination #(Ellipsis None None)
        _sender #(Ellipsis None)
        ;; The host that it was connected to, as it was given; the TLS that `connect` is to begin.
        _host None
        _tls None
        _send-flags #(#(NOSIGNAL)))

  (defn __init__ [self inner family]
    (.__init__ socket self inner family)
    ;; send-to and receive-from go straight to these; a datagram's sender takes another call.
    (setv self._send inner.send
          self._receive inner.recv
          self._receive-into (if (= self.type "stream") inner.recv-into None))))

(defclass passive-socket [socket]
  "Sockets that listen: `accept-connection` gives their connections.

  Source: the manual, Socket Classes."
  (setv connect (intern-keyword "passive")
        backlog None
        ;; Could the last connection not be accepted for want of descriptors or memory?
        short False
        ;; The TLS that its connections speak.
        _tls None
        _external-format active-socket._external-format))

;; (address family, type, connect) -> class.
(setv kinds {})

(defmacro defsockets [#* rows]
  "Of each row, NAME, PARENTS, DOC, SOURCE and KEYWORDS: the class of a kind of socket and the keywords
  that `make-socket` takes for it."
  `(do ~@(gfor [name parents doc source keywords] rows
          :setv [connect type family] (gfor parent parents (.removesuffix (str parent) "-socket"))
          :setv kind (+ f":address-family :{family} :type :{type}"
                        (if (= type "stream") f" :connect :{connect}" ""))
          `(do
             (defclass ~name ~parents
               ~(+ doc "\n\n"
                   (hy.I.textwrap.fill
                     (+ f"Made by `make-socket` with `{kind}`; it takes then also "
                        (.join ", " (gfor k keywords f"`:{k}`")) ".")
                     100 :initial-indent "  " :subsequent-indent "  " :break-on-hyphens False)
                   f"\n\n  Source: {source}.")
               (setv keywords #(~@(map str keywords))
                     options (frozenset [~@(gfor k keywords (str (hy.mangle k)))])))
             (setv (get kinds #((str (. ~name address-family)) (str (. ~name type))
                                (str (. ~name connect))))
                   ~name)))))

(defsockets
  [socket-stream-internet-active [active-socket stream-socket internet-socket]
   "TCP sockets that connect."
   "the manual, Socket Classes"
   [local-host local-port remote-host remote-port reuse-address keepalive nodelay
    input-buffer-size output-buffer-size max-line-length external-format timeout tls]]
  [socket-stream-internet-passive [passive-socket stream-socket internet-socket]
   "TCP sockets that listen."
   "the manual, Socket Classes"
   [local-host local-port backlog reuse-address interface nodelay external-format tls]]
  [socket-stream-local-active [active-socket stream-socket local-socket]
   "Local stream sockets that connect."
   "the manual, Socket Classes"
   [local-filename remote-filename reuse-address mode
    input-buffer-size output-buffer-size max-line-length external-format timeout]]
  [socket-stream-local-passive [passive-socket stream-socket local-socket]
   "Local stream sockets that listen."
   "the manual, Socket Classes"
   [local-filename backlog reuse-address mode external-format]]
  [socket-datagram-internet-active [active-socket datagram-socket internet-socket]
   "UDP sockets."
   "the manual, Socket Classes"
   [local-host local-port remote-host remote-port reuse-address interface broadcast
    input-buffer-size output-buffer-size max-line-length external-format timeout]]
  [socket-datagram-local-active [active-socket datagram-socket local-socket]
   "Local datagram sockets."
   "the manual, Socket Classes"
   [local-filename remote-filename reuse-address mode
    input-buffer-size output-buffer-size max-line-length external-format timeout]]
  [socket-raw-internet [active-socket raw-socket internet-socket]
   "Sockets for any protocol over IP. Only root may have them, or who has CAP_NET_RAW."
   "IOLib 0.8; raw(7)"
   [local-host remote-host interface include-headers
    input-buffer-size output-buffer-size max-line-length external-format]]
  [socket-raw-netlink [active-socket raw-socket netlink-socket]
   "Netlink sockets."
   "IOLib 0.8; netlink(7)"
   [local-port multicast-groups input-buffer-size output-buffer-size max-line-length external-format]])

;; The names of IOLib 0.8, which dropped the manual's `-active`.
(setv socket-datagram-internet socket-datagram-internet-active
      socket-datagram-local socket-datagram-local-active)

(defn check-socket [operator socket kind what]
  "Refuse a SOCKET that is none of KIND, a class; WHAT says what would be."
  (when (not (isinstance socket kind))
    (refuse f"{operator}: socket" socket what))
  (when socket.closed
    (._refuse-closed socket)))
