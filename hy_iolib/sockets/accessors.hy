"What a socket says of itself."

(eval-when-compile (require hy-iolib.lisp.multiple-values [defvalues]))
(import socket :as python)
(import hy-iolib.lisp.checking [refuse])
(import hy-iolib.lisp.keywords [intern-keyword])
(import hy-iolib.sockets.addresses [netlink-address])
(import hy-iolib.sockets.classes
  [internet-socket local-address-of local-socket raw-socket socket check-socket])
(import hy-iolib.sockets.connecting [attempt])
(import hy-iolib.sockets.hosts [from-sockaddr])
(import hy-iolib.streams.descriptors [fd-of])

(export
  :objects [socket-name local-name local-host local-port local-filename
            remote-name remote-host remote-port remote-filename
            socket-os-fd socket-open-p socket-connected-p socket-ipv6-p ipv6-socket-p
            socket-address-family socket-type socket-protocol]
  :macros [])

(defvalues socket-name [host port]
  "One end of a connection: its address and its port.")

(setv FAMILIES (dfor [family name] [["AF_INET" "ipv4"] ["AF_INET6" "ipv6"] ["AF_UNIX" "local"]
                                    ["AF_NETLINK" "netlink"]]
                     :if (hasattr python family)
                     (getattr python family) (intern-keyword name)))

(defn name-of [operator socket syscall kind what]
  "The address of one end of SOCKET, of KIND, and where there is one its port."
  (check-socket operator socket kind what)
  (setv place (attempt socket syscall))
  (cond
    ;; What stands for the port of a raw socket is its protocol.
    (isinstance socket raw-socket) (if (isinstance socket internet-socket)
                                       (socket-name #((from-sockaddr place) 0))
                                       (socket-name #((netlink-address (get place 1)) (get place 0))))
    (isinstance socket internet-socket) (socket-name #((from-sockaddr place) (get place 1)))
    True (local-address-of place)))

;; Where a parameter is called `socket`, the class.
(setv any-socket socket)

(defmacro defnames [end syscall what]
  "The operators END-name, END-host, END-port and END-filename, of the end that SYSCALL tells."
  (setv [name host port filename] (lfor part ["name" "host" "port" "filename"]
                                        (hy.models.Symbol f"{end}-{part}")))
  `(do
     (defn ~name [socket]
       ~f"The address and the port of {what}: two values. Of a local socket the `local-address`, one value.

  Source: the manual, Socket Accessors."
       (name-of ~(str name) socket ~syscall any-socket "a socket"))
     (defn ~host [socket]
       ~f"The address of {what}, which is an internet socket.

  Source: the manual, Socket Accessors."
       (get (name-of ~(str host) socket ~syscall internet-socket "an internet socket") 0))
     (defn ~port [socket]
       ~f"The port of {what}, which is an internet socket: an integer.

  Source: the manual, Socket Accessors."
       (get (name-of ~(str port) socket ~syscall internet-socket "an internet socket") 1))
     (defn ~filename [socket]
       ~f"The path, or abstract name, of {what}, which is a local socket: a string, or None if it has none.

  Source: the manual, Socket Accessors."
       (or (. (name-of ~(str filename) socket ~syscall local-socket "a local socket") name) None))))

(defnames local "getsockname" "SOCKET itself")
(defnames remote "getpeername" "SOCKET's peer (`socket-not-connected-error` if there is none)")

(defn socket-os-fd [socket]
  "The descriptor of SOCKET, an integer; None once it is closed.

  => (with-open-socket [s] (= (socket-os-fd s) (.fileno s)))
  True

  Source: the manual, Socket Accessors."
  (check-open-or-closed "socket-os-fd" socket)
  (fd-of socket))

(defn socket-open-p [socket]
  "Is SOCKET open?

  => (with-open-socket [s] (socket-open-p s))
  True

  Source: the manual, Socket Predicates."
  (check-open-or-closed "socket-open-p" socket)
  (not socket.closed))

(defn socket-connected-p [socket]
  "Has SOCKET a peer?

  => (with-open-socket [s] (socket-connected-p s))
  False

  Source: the manual, Socket Predicates."
  (check-open-or-closed "socket-connected-p" socket)
  (try
    (is-not (._peer socket) None)
    (except [OSError]
      False)))

(defn socket-address-family [socket]
  "The address family of SOCKET: `:ipv4`, `:ipv6`, `:local` or `:netlink`.

  => (with-open-socket [s] (socket-address-family s))
  :ipv4

  Source: the manual, Socket Accessors."
  (check-open-or-closed "socket-address-family" socket)
  (get FAMILIES socket.family))

(defn socket-type [socket]
  "The type of SOCKET: `:stream`, `:datagram` or `:raw`.

  => (with-open-socket [s] (socket-type s))
  :stream

  Source: the manual, Socket Accessors."
  (check-open-or-closed "socket-type" socket)
  socket.type)

(defn socket-protocol [socket]
  "The protocol of SOCKET as `make-socket` was told: `:default` unless it was.

  => (with-open-socket [s] (socket-protocol s))
  :default

  Source: the manual, Socket Accessors."
  (check-open-or-closed "socket-protocol" socket)
  socket.protocol)

(defn socket-ipv6-p [socket]
  "Is SOCKET one of IPv6?

  => (with-open-socket [s :ipv6 True] (socket-ipv6-p s))
  True

  Source: the manual, Socket Predicates."
  (check-open-or-closed "socket-ipv6-p" socket)
  (= socket.family python.AF-INET6))

;; As IOLib called it once.
(setv ipv6-socket-p socket-ipv6-p)

(defn check-open-or-closed [operator x]
  (when (not (isinstance x socket))
    (refuse f"{operator}: socket" x "a socket")))
