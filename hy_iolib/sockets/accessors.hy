"What a socket says of itself."

(eval-when-compile (require hy-iolib.lisp.multiple-values [defvalues]))
(import socket :as python)
(import hy-iolib.lisp.checking [refuse])
(import hy-iolib.lisp.keywords [intern-keyword])
(import hy-iolib.sockets.classes [internet-socket socket check-socket])
(import hy-iolib.sockets.connecting [attempt])
(import hy-iolib.sockets.hosts [from-sockaddr])
(import hy-iolib.streams.descriptors [fd-of])

(export
  :objects [socket-name local-name local-host local-port remote-name remote-host remote-port
            socket-os-fd socket-open-p socket-connected-p
            socket-address-family socket-type]
  :macros [])

(defvalues socket-name [host port]
  "One end of a connection: its address and its port.")

(setv FAMILIES (dfor [family name] [["AF_INET" "ipv4"] ["AF_INET6" "ipv6"] ["AF_UNIX" "local"]]
                     (getattr python family None) (intern-keyword name)))

(defn name-of [operator socket syscall]
  (check-socket operator socket internet-socket "an internet socket")
  (setv place (attempt socket syscall))
  (socket-name #((from-sockaddr place) (get place 1))))

(defmacro defnames [end syscall what]
  "The operators END-name, END-host and END-port, of the end that SYSCALL tells."
  (setv [name host port] (lfor part ["name" "host" "port"] (hy.models.Symbol f"{end}-{part}")))
  `(do
     (defn ~name [socket]
       ~f"The address and the port of {what}: two values.

  Source: the manual, Socket Accessors."
       (name-of ~(str name) socket ~syscall))
     (defn ~host [socket]
       ~f"The address of {what}.

  Source: the manual, Socket Accessors."
       (get (name-of ~(str host) socket ~syscall) 0))
     (defn ~port [socket]
       ~f"The port of {what}, an integer.

  Source: the manual, Socket Accessors."
       (get (name-of ~(str port) socket ~syscall) 1))))

(defnames local "getsockname" "SOCKET itself, an internet socket")
(defnames remote "getpeername"
  "SOCKET's peer, an internet socket; `socket-not-connected-error` if it has none")

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
    (.getpeername socket.python-socket)
    True
    (except [OSError]
      False)))

(defn socket-address-family [socket]
  "The address family of SOCKET: `:ipv4`, `:ipv6` or `:local`.

  => (with-open-socket [s] (socket-address-family s))
  :ipv4

  Source: the manual, Socket Accessors."
  (check-open-or-closed "socket-address-family" socket)
  (get FAMILIES socket.family))

(defn socket-type [socket]
  "The type of SOCKET: `:stream`.

  => (with-open-socket [s] (socket-type s))
  :stream

  Source: the manual, Socket Accessors."
  (check-open-or-closed "socket-type" socket)
  socket.type)

(defn check-open-or-closed [operator x]
  (when (not (isinstance x socket))
    (refuse f"{operator}: socket" x "a socket")))
