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
  "One end of a connection: its address and its port.

  Source: the manual, Socket Accessors.")

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

(eval-when-compile
  (defn examples [end local form python-form value python-value]
    "What the docstring of an operator, of one END of a socket, LOCAL or not, shows: FORM, in which S is
    that socket, and its VALUE; the same in Python."
    (setv server (if local
                     ":address-family :local :connect :passive :local-filename \"place\""
                     ":connect :passive :local-host +ipv4-loopback+")
          client (if local
                     ":address-family :local :remote-filename \"place\""
                     ":remote-host +ipv4-loopback+ :remote-port (local-port server)")
          python-server (if local
                            "address_family='local', connect='passive', local_filename='place'"
                            "connect='passive', local_host='127.0.0.1'")
          python-client (if local
                            "address_family='local', remote_filename='place'"
                            "remote_host='127.0.0.1', remote_port=local_port(server)"))
    (if (= end "local")
        f"
  => (with-open-socket [s {server}]
       {form})
  {value}

  >>> with make_socket({python-server}) as s:
  ...     {python-form}
  {python-value}"
        f"
  => (with-open-socket [server {server}]
       (with-open-socket [s {client}]
         {form}))
  {value}

  >>> with make_socket({python-server}) as server:
  ...     with make_socket({python-client}) as s:
  ...         {python-form}
  {python-value}"))

  ;; Of an operator's name: its end; what it takes, in code and in words; what is done with what `name-of`
  ;; returns; what it does; an example and its value, in Hy and in Python.
  (setv ROWS
    [["name" 'any-socket "a socket" (fn [call] call)
      "The address and the port of {what}: two values, in Python with the names `host` and `port`. Of a
  local socket the `local-address`, of a netlink one the `netlink-address` and the port id."
      "(nth-value 0 ({end}-name s))" "{end}_name(s).host" "#/ip/127.0.0.1" "#/ip/127.0.0.1"]
     ["host" 'internet-socket "an internet socket" (fn [call] `(get ~call 0))
      "The address of {what}, which is an internet socket: an `inet-address`."
      "({end}-host s)" "{end}_host(s)" "#/ip/127.0.0.1" "#/ip/127.0.0.1"]
     ["port" 'internet-socket "an internet socket" (fn [call] `(get ~call 1))
      "The port of {what}, which is an internet socket: an integer, of raw sockets 0."
      "(> ({end}-port s) 0)" "{end}_port(s) > 0" "True" "True"]
     ["filename" 'local-socket "a local socket" (fn [call] `(or (. ~call name) None))
      "The path, or abstract name, of {what}, which is a local socket: a string, or None if it has none."
      "({end}-filename s)" "{end}_filename(s)" "\"place\"" "'place'"]]))

(defmacro defnames [end syscall what conditions]
  "The operators END-name, END-host, END-port and END-filename, of the end that SYSCALL tells; WHAT it is,
  and what CONDITIONS there are, for the docstrings."
  (setv end (str end))
  `(do ~@(gfor [part kind accepted becomes text form python-form value python-value] ROWS
          :setv name f"{end}-{part}"
          :setv shown (examples end (= part "filename") (.format form :end end)
                                (.format python-form :end end) value python-value)
          `(defn ~(hy.models.Symbol name) [socket]
             ~f"{(.format text :what what)}

  {conditions}
{shown}

  Source: the manual, Socket Accessors."
             ~(becomes `(name-of ~name socket ~syscall ~kind ~accepted))))))

(defnames local "getsockname" "SOCKET itself"
  "Another kind is a `type-error`, a closed socket a `socket-closed-error`.")
(defnames remote "getpeername" "SOCKET's peer"
  "Without a peer: `socket-not-connected-error`; another kind is a `type-error`.")

(defn socket-os-fd [socket]
  "The descriptor of SOCKET, an integer; None once it is closed. In Python also its method `fileno`.

  => (with-open-socket [s] (= (socket-os-fd s) (.fileno s)))
  True

  >>> with make_socket() as s:
  ...     socket_os_fd(s) == s.fileno()
  True

  Source: the manual, Socket Accessors."
  (check-open-or-closed "socket-os-fd" socket)
  (fd-of socket))

(defn socket-open-p [socket]
  "Is SOCKET open: not closed yet?

  => (with-open-socket [s] (socket-open-p s))
  True

  >>> with make_socket() as s:
  ...     socket_open_p(s)
  True

  Source: the manual, Socket Predicates."
  (check-open-or-closed "socket-open-p" socket)
  (not socket.closed))

(defn socket-connected-p [socket]
  "Has SOCKET a peer? Of a closed one: False.

  => (with-open-socket [s] (socket-connected-p s))
  False

  >>> with make_socket() as s:
  ...     socket_connected_p(s)
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

  >>> with make_socket() as s:
  ...     socket_address_family(s) == 'ipv4'
  True

  Source: the manual, Socket Accessors."
  (check-open-or-closed "socket-address-family" socket)
  (get FAMILIES socket.family))

(defn socket-type [socket]
  "The type of SOCKET: `:stream`, `:datagram` or `:raw`.

  => (with-open-socket [s] (socket-type s))
  :stream

  >>> with make_socket() as s:
  ...     socket_type(s) == 'stream'
  True

  Source: the manual, Socket Accessors."
  (check-open-or-closed "socket-type" socket)
  socket.type)

(defn socket-protocol [socket]
  "The protocol of SOCKET as `make-socket` was told: a keyword or, of raw and netlink sockets, also a
  number; `:default` unless it was.

  => (with-open-socket [s] (socket-protocol s))
  :default

  >>> with make_socket() as s:
  ...     socket_protocol(s) == 'default'
  True

  Source: the manual, Socket Accessors."
  (check-open-or-closed "socket-protocol" socket)
  socket.protocol)

(defn socket-ipv6-p [socket]
  "Is SOCKET an internet socket of IPv6?

  => (with-open-socket [s :ipv6 True] (socket-ipv6-p s))
  True

  >>> with make_socket(ipv6=True) as s:
  ...     socket_ipv6_p(s)
  True

  Source: the manual, Socket Predicates."
  (check-open-or-closed "socket-ipv6-p" socket)
  (= socket.family python.AF-INET6))

;; As IOLib called it once.
(setv ipv6-socket-p socket-ipv6-p)

(defn check-open-or-closed [operator x]
  (when (not (isinstance x socket))
    (refuse f"{operator}: socket" x "a socket")))
