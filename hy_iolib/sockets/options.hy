"Socket options: `socket-option` and its `setf`, from tables."

(eval-when-compile
  (require hy-iolib.lisp.operators [defoperator]
           hy-iolib.lisp.multiple-values [defvalues]))
(import errno os struct sys)
(import collections [namedtuple])
(import socket :as python)
(import hy-iolib.lisp.checking [check-integer check-one-of check-seconds refuse])
(import hy-iolib.lisp.handlers [signal-error])
(import hy-iolib.lisp.keywords [keyword])
(import hy-iolib.lisp.multiple-values [primary-value])
(import hy-iolib.lisp.places [defsetf])
(import hy-iolib.multiplex.readiness [FOREVER INPUT OUTPUT])
(import hy-iolib.syscalls [socket-option-not-supported-error])
(import hy-iolib.sockets.addresses [ensure-address ipv4-address])
(import hy-iolib.sockets.classes [local-socket socket check-socket])
(import hy-iolib.sockets.configuration [*default-linger-seconds*])
(import hy-iolib.sockets.connecting [attempt])
(import hy-iolib.sockets.interfaces [interface lookup-interface])

(export
  :objects [socket-option set-socket-option linger-option peer-credentials]
  :macros [socket-option set-socket-option])

;; ---- The tables

;; Option -> #(level constant type access), or None where the system lacks it; those of IPv6 sockets
;; that differ have a table of their own.
(setv options {} ipv6-options {})

(defmacro define-options [table level #* rows]
  "Of each row, NAME, CONSTANT, TYPE and ACCESS (r, w or rw): an option of LEVEL. Of a constant that
  Python does not know the number on Linux follows it: #(CONSTANT NUMBER)."
  `(do ~@(gfor [name constant type access] rows
          :setv [constant number] (if (isinstance constant hy.models.Tuple) constant [constant None])
          `(setv (get ~table ~(str name))
                 (row ~level ~(str constant) ~number ~(str type) ~(str access))))))

(defn row [level constant number type access]
  (setv number (getattr python constant (when (.startswith sys.platform "linux") number)))
  (when (is-not number None)
    #(level number type access)))

(define-options options python.SOL-SOCKET
  [accept-connections  SO_ACCEPTCONN    bool        r]
  [error               SO_ERROR         int         r]
  [type                SO_TYPE          int         r]
  [broadcast           SO_BROADCAST     bool        rw]
  [debug               SO_DEBUG         bool        rw]
  [dont-route          SO_DONTROUTE     bool        rw]
  [keep-alive          SO_KEEPALIVE     bool        rw]
  [linger              SO_LINGER        linger      rw]
  [oob-inline          SO_OOBINLINE     bool        rw]
  [receive-buffer      SO_RCVBUF        int         rw]
  [send-buffer         SO_SNDBUF        int         rw]
  [receive-low-water   SO_RCVLOWAT      int         rw]
  [send-low-water      SO_SNDLOWAT      int         rw]
  [receive-timeout     SO_RCVTIMEO      input-limit rw]
  [send-timeout        SO_SNDTIMEO      output-limit rw]
  [reuse-address       SO_REUSEADDR     bool        rw]
  [reuse-port          SO_REUSEPORT     bool        rw]
  [bind-to-device      SO_BINDTODEVICE  interface   w]
  [priority            SO_PRIORITY      int         rw]
  [peer-credentials    SO_PEERCRED      credentials r]
  [use-loopback        SO_USELOOPBACK   bool        rw]
  [no-sigpipe          SO_NOSIGPIPE     bool        rw])

(define-options options python.IPPROTO-TCP
  [tcp-nodelay         TCP_NODELAY      bool        rw]
  [tcp-maxseg          TCP_MAXSEG       int         rw]
  [tcp-cork            TCP_CORK         bool        rw]
  [tcp-defer-accept    TCP_DEFER_ACCEPT int         rw]
  [tcp-keepcnt         TCP_KEEPCNT      int         rw]
  [tcp-keepidle        TCP_KEEPIDLE     int         rw]
  [tcp-keepintvl       TCP_KEEPINTVL    int         rw]
  [tcp-linger2         TCP_LINGER2      int         rw]
  [tcp-quickack        TCP_QUICKACK     bool        rw]
  [tcp-syncnt          TCP_SYNCNT       int         rw]
  [tcp-window-clamp    TCP_WINDOW_CLAMP int         rw]
  [tcp-user-timeout    TCP_USER_TIMEOUT int         rw]
  [tcp-congestion      TCP_CONGESTION   text        rw]
  [tcp-noopt           TCP_NOOPT        bool        rw]
  [tcp-nopush          TCP_NOPUSH       bool        rw])

(define-options options python.IPPROTO-IP
  [ip-header-include   IP_HDRINCL           bool    rw]
  [ip-receive-error    #(IP_RECVERR 11)     bool    rw]
  [multicast-join      IP_ADD_MEMBERSHIP    group   w]
  [multicast-leave     IP_DROP_MEMBERSHIP   group   w]
  [multicast-ttl       IP_MULTICAST_TTL     int     rw]
  [multicast-loop      IP_MULTICAST_LOOP    bool    rw])

(define-options ipv6-options python.IPPROTO-IPV6
  [ip-receive-error    #(IPV6_RECVERR 25)   bool    rw]
  [multicast-join      IPV6_JOIN_GROUP      group   w]
  [multicast-leave     IPV6_LEAVE_GROUP     group   w]
  [multicast-ttl       IPV6_MULTICAST_HOPS  int     rw]
  [multicast-loop      IPV6_MULTICAST_LOOP  bool    rw])

(define-options options python.IPPROTO-IPV6
  [ipv6-only           IPV6_V6ONLY          bool    rw])

(define-options options 255
  [icmp-filter         #(ICMP_FILTER 1)     bits    rw])

;; ---- Their types

(defvalues linger-option [on seconds]
  "The option `:linger`: whether `close` waits in the system for what is unsent, and for how many
  seconds.

  Source: socket(7).")

(setv peer-credentials (namedtuple "peer_credentials" ["pid" "uid" "gid"]))
(setv peer-credentials.__doc__
      "Who made the other end of a local connection: the option `:peer-credentials`. `pid` is a process,
  `uid` a user, `gid` a group: integers.

  Source: unix(7), SO_PEERCRED.")

(defn get-linger [value]
  (setv [on seconds] (struct.unpack "ii" value))
  (linger-option #((bool on) seconds)))

(defn put-linger [value]
  "The argument of SO_LINGER for VALUE: a bool, a number of seconds, or both."
  (setv [on seconds] (cond
                       (and (isinstance value #(tuple list)) (= (len value) 2)) value
                       (or (is value None) (isinstance value bool)) [value None]
                       True [True value])
        seconds (if (is seconds None) *default-linger-seconds*.value seconds))
  (struct.pack "ii" (bool on) (check-integer "value" seconds 0 65535)))

(defn put-interface [value]
  "The argument of SO_BINDTODEVICE for VALUE, an interface designator; None or \"\" is none."
  (setv value (primary-value value))
  (if (in value #(None ""))
      b""
      (os.fsencode (. (lookup-interface value) name))))

(defn put-group [socket value]
  "The argument of joining and leaving for VALUE: a multicast group's address, or it and an
  interface."
  (setv [group interface] (if (and (isinstance value #(tuple list)) (= (len value) 2)) value [value None])
        group (ensure-address group)
        zone (getattr group "zone" None)
        index (cond
                (is-not interface None) (. (lookup-interface interface) index)
                (is-not zone None) (. (lookup-interface zone) index)
                True 0)
        ipv6 (= socket.family python.AF-INET6))
  (when (= ipv6 (isinstance group ipv4-address))
    (refuse "value" value (if ipv6 "an IPv6 group, as the socket is" "an IPv4 group, as the socket is")))
  (if ipv6
      (struct.pack "16sI" group.packed index)
      (struct.pack "4s4si" group.packed (bytes 4) index)))

;; Type -> what reads it: the size of the value for getsockopt (0: an integer), and what it becomes.
(setv READERS {"bool" [0 bool]
               "int" [0 (fn [value] value)]
               "bits" [4 (fn [value] (get (struct.unpack "I" value) 0))]
               "linger" [8 get-linger]
               "text" [16 (fn [value] (.decode (.rstrip value b"\0") "ascii" "replace"))]
               "credentials" [12 (fn [value] (peer-credentials #* (struct.unpack "iII" value)))]})

;; Type -> what makes of a value the argument of setsockopt.
(setv WRITERS {"bool" (fn [socket value] (int (bool value)))
               "int" (fn [socket value] (check-integer "value" value -1 0x7fffffff))
               "bits" (fn [socket value] (struct.pack "I" (check-integer "value" value 0 0xffffffff)))
               "linger" (fn [socket value] (put-linger value))
               "interface" (fn [socket value] (put-interface value))
               "group" put-group
               "text" (fn [socket value]
                        (if (and (isinstance value str) (.isascii value) (< 0 (len value) 16)
                                 (.isprintable value))
                            (.encode value "ascii")
                            (refuse "value" value "a name of 1 to 15 ASCII characters")))})

;; What waits here and not in the kernel has its limits here.
(setv LIMITS {"input-limit" INPUT "output-limit" OUTPUT})

;; ---- The operators

(defn find-option [operator socket option-name access]
  "The row of an option of SOCKET, or None where the system lacks it."
  (check-socket operator socket any-socket "a socket")
  (setv name (check-one-of "option-name" option-name (tuple options))
        row (or (when (= socket.family python.AF-INET6) (.get ipv6-options name)) (get options name)))
  (when (and row (not-in access (get row 3)))
    (refuse "option-name" option-name (get {"r" "an option that can be read"
                                            "w" "an option that can be set"} access)))
  (when (and (= name "peer-credentials") (not (isinstance socket local-socket)))
    (refuse f"{operator}: socket" socket "a local socket"))
  row)

;; Where a parameter is called `socket`, the class.
(setv any-socket socket)

(defn lacking [socket option-name if-does-not-exist]
  (setv wish (if (is if-does-not-exist None)
                 None
                 (check-one-of "if-does-not-exist" if-does-not-exist #("error"))))
  (when wish
    (setv code errno.ENOPROTOOPT)
    (signal-error socket-option-not-supported-error code
                  (+ (os.strerror code) f": this system has no option {option-name !r}"))))

(defoperator socket-option [socket #^ keyword option-name * #^ keyword [if-does-not-exist "error"]]
  "The value of the option OPTION-NAME, a keyword, of SOCKET. `setf` sets it; in Python
  `set_socket_option`. Where the system lacks the option: `socket-option-not-supported-error`, or None
  if IF-DOES-NOT-EXIST (default `:error`) is None. An option that there is not is a `type-error`.

  Bools: `:accept-connections` (read only), `:broadcast`, `:debug`, `:dont-route`, `:keep-alive`,
  `:oob-inline`, `:reuse-address`, `:reuse-port`, `:ipv6-only`, `:tcp-nodelay`, `:tcp-cork`,
  `:tcp-quickack`, `:ip-header-include`, `:ip-receive-error`, `:multicast-loop`; BSD's
  `:use-loopback`, `:no-sigpipe`, `:tcp-noopt`, `:tcp-nopush`.

  Integers: `:error` (errno of what went wrong last, or 0; read only), `:type` (read only),
  `:receive-buffer`, `:send-buffer`, `:receive-low-water`, `:send-low-water` (octets), `:priority`,
  `:tcp-maxseg` (octets), `:tcp-defer-accept`, `:tcp-keepidle`, `:tcp-keepintvl`, `:tcp-linger2`
  (seconds), `:tcp-keepcnt`, `:tcp-syncnt`, `:tcp-window-clamp` (octets), `:tcp-user-timeout`
  (milliseconds), `:multicast-ttl`, `:icmp-filter` (a mask).

  `:linger`: two values, whether and for how many seconds; set by either or both, True being
  `*default-linger-seconds*`. `:receive-timeout`, `:send-timeout`: seconds, 0.0 for no limit, that an
  operator waits at most that is given no `:timeout`; then `poll-timeout`. Of operators on streams,
  seconds for each wait for the peer. `:tcp-congestion`: a name. `:bind-to-device`: an interface, or
  None (write only). `:multicast-join`, `:multicast-leave`: a group, or it and an interface (write
  only). `:peer-credentials`: pid, uid and gid of the other end of a local connection (read only).

  => (with-open-socket [s]
       (setf (socket-option s :tcp-nodelay) True)
       (socket-option s :tcp-nodelay))
  True
  => (with-open-socket [s]
       (setf (socket-option s :linger) 5)
       (multiple-value-list (socket-option s :linger)))
  [True 5]

  >>> with make_socket(nodelay=True) as s:
  ...     socket_option(s, 'tcp-nodelay')
  True

  Source: IOLib 0.8, `socket-option`; socket(7), tcp(7), ip(7), ipv6(7), unix(7)."
  (setv row (find-option "socket-option" socket option-name "r"))
  (when (is row None)
    (return (lacking socket option-name if-does-not-exist)))
  (setv [level constant type _] row)
  (when (in type LIMITS)
    (return (.get socket._limits (get LIMITS type) 0.0)))
  (setv [size becomes] (get READERS type))
  (becomes (attempt socket "getsockopt" level constant #* (if size [size] []))))

(defoperator set-socket-option [socket #^ keyword option-name value * #^ keyword [if-does-not-exist "error"]]
  "Set the option OPTION-NAME, a keyword, of SOCKET to VALUE, which is returned: as a function what
  `(setf (socket-option socket :name) value)` is. What options there are, their values,
  IF-DOES-NOT-EXIST and the conditions, says `socket-option`; a VALUE that an option does not take is
  a `type-error`.

  => (with-open-socket [s]
       (set-socket-option s :keep-alive True)
       (socket-option s :keep-alive))
  True

  >>> with make_socket() as s:
  ...     set_socket_option(s, 'keep-alive', True)
  True

  Source: IOLib 0.8, `(setf socket-option)`; setsockopt(2)."
  (setv row (find-option "set-socket-option" socket option-name "w"))
  (when (is row None)
    (return (lacking socket option-name if-does-not-exist)))
  (setv [level constant type _] row)
  (if (in type LIMITS)
      (setv socket._limits {#** socket._limits
                            (get LIMITS type) (float (min (or (check-seconds "value" value) 0) FOREVER))})
      (attempt socket "setsockopt" level constant ((get WRITERS type) socket value)))
  value)

(defsetf socket-option set-socket-option)
