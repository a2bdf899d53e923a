"Making sockets."

(eval-when-compile
  (require hy-iolib.lisp.operators [defoperator]
           hy-iolib.lisp.multiple-values [defvalues]))
(import os)
(import socket :as python)
(import hy-iolib.lisp.checking [check-keywords check-one-of check-seconds check-string refuse])
(import hy-iolib.lisp.handlers [signal-error])
(import hy-iolib.lisp.keywords [keyword])
(import hy-iolib.syscalls [condition-from])
(import hy-iolib.sockets.addresses [+ipv4-unspecified+ +ipv6-unspecified+ from-designator])
(import hy-iolib.sockets.classes [NONBLOCK kinds passive-socket socket-stream-local-active])
(import hy-iolib.sockets.configuration [*ipv6* UNSAID check-ipv6])
(import hy-iolib.sockets.connecting
  [attempt bind-address check-backlog connect listen-on set-attributes stream-options])

(export
  :objects [make-socket make-socket-pair socket-pair]
  :macros [make-socket with-open-socket])

;; Synonyms among the values of :address-family, and what they say of :ipv6.
(setv FAMILIES {"ipv4" #("internet" None)
                "ipv6" #("internet" True)})

(setv PROTOCOLS {"default" 0 "tcp" python.IPPROTO-TCP})

(defoperator make-socket [* #^ keyword [address-family "internet"] #^ keyword [type "stream"]
                          #^ keyword [connect "active"] [ipv6 UNSAID]
                          #^ keyword [protocol "default"] #** options]
  "Make a socket. ADDRESS-FAMILY is `:internet`, or `:ipv4` or `:ipv6`; TYPE is `:stream`; CONNECT is
  `:active`, a client's, or `:passive`, a server's. IPV6 says whether it is an IPv6 socket; otherwise
  an address given decides, then `*ipv6*`. IPv6 sockets reach IPv4 peers, too.

  For both: `:local-host` and `:local-port` to bind it to; `:reuse-address` (True; see
  `bind-address`), `:nodelay` (TCP_NODELAY), `:external-format` (`:utf-8`).
  Active: `:remote-host` and `:remote-port` to connect it to, within `:timeout` seconds; `:keepalive`
  (SO_KEEPALIVE); `:input-buffer-size`, `:output-buffer-size` in octets.
  Passive: `:backlog` (see `listen-on`; it listens once it is bound), `:interface` (SO_BINDTODEVICE).

  It is a context manager: it closes the socket. When anything fails, nothing is left open.

  => (setv s (make-socket :connect :passive :local-host \"127.0.0.1\"))
  => (> (local-port s) 0)
  True
  => (close s)
  True

  Source: the manual, Socket Operators."
  (setv class (try
                (.get kinds #(address-family type connect))
                ;; Something that can't be a key is no designator either.
                (except [TypeError] None)))
  (when (is class None)
    (setv [class ipv6] (find-kind address-family type connect ipv6)))
  (when (not (or (is ipv6 UNSAID) (isinstance ipv6 #(bool NoneType))))
    (check-ipv6 ipv6))
  (when options
    (check-keywords f"make-socket for {class.connect} {class.address-family} {class.type} sockets"
                    options (+ class.keywords KEYWORDS-OF-ALL)))
  (setv family (if (if (is ipv6 UNSAID) (wants-ipv6 options) ipv6) python.AF-INET6 python.AF-INET))
  (try
    (setv inner (python.socket family (| python.SOCK-STREAM NONBLOCK)
                               (if (= protocol "default")
                                   0
                                   (get PROTOCOLS (check-one-of "protocol" protocol PROTOCOLS)))))
    (except [e OSError]
      (signal-error (condition-from e "socket"))))
  (setv s (class inner family))
  (when (or options (not NONBLOCK) (= family python.AF-INET6))
    (try
      (configure s #** options)
      (except [BaseException]
        (.close s :abort True)
        (raise))))
  s)

(setv NoneType (type None)
      KEYWORDS-OF-ALL #("address-family" "type" "connect" "ipv6" "protocol"))

(defn find-kind [address-family type connect ipv6]
  "The class of a kind of socket, its designators being in any form, and the value of :ipv6."
  (setv family (check-one-of "address-family" address-family #("internet" "ipv4" "ipv6"))
        type (check-one-of "type" type #("stream"))
        connect (check-one-of "connect" connect #("active" "passive"))
        [family implied] (.get FAMILIES family #(family UNSAID))
        class (get kinds #(family type connect)))
  #(class (if (is implied UNSAID) ipv6 implied)))

(defn wants-ipv6 [options]
  "Where :ipv6 is not said, an address does; names and the rest are left to *ipv6*."
  (for [option ["remote_host" "local_host"]]
    (setv address (when (in option options) (from-designator (get options option))))
    (when address
      (return (= address.family python.AF-INET6))))
  *ipv6*)

(defn configure [s * [local-host None] [local-port None] [remote-host None] [remote-port None]
                 [reuse-address True] [keepalive None] [nodelay None] [interface None]
                 [backlog None] [timeout None] #** stream]
  "Make of S, just created, what make-socket's keywords ask for."
  (set-attributes s (stream-options #** stream))
  (check-seconds "timeout" timeout)
  (when (not NONBLOCK)
    (.setblocking s.python-socket False))
  (when (= s.family python.AF-INET6)
    (attempt s "setsockopt" python.IPPROTO-IPV6 python.IPV6-V6ONLY 0))
  (for [[value level option] [[keepalive python.SOL-SOCKET python.SO-KEEPALIVE]
                              [nodelay python.IPPROTO-TCP python.TCP-NODELAY]]]
    (when (is-not value None)
      (attempt s "setsockopt" level option (int (bool value)))))
  (when (is-not interface None)
    (attempt s "setsockopt" python.SOL-SOCKET python.SO-BINDTODEVICE
             (interface-octets interface)))
  (when (is-not backlog None)
    (setv s.backlog (check-backlog backlog)))
  (when (or (is-not local-host None) (is-not local-port None))
    (bind-address s (if (is local-host None) (wildcard s) local-host)
                  :port (if (is local-port None) 0 local-port)
                  :reuse-address reuse-address)
    (when (isinstance s passive-socket)
      (listen-on s)))
  (cond
    (and (is-not remote-host None) (is-not remote-port None))
      (connect s remote-host :port remote-port :timeout timeout)
    (is-not remote-host None)
      (refuse "remote-port" None "a port: :remote-host needs one")
    (is-not remote-port None)
      (refuse "remote-port" remote-port "of use without :remote-host")))

(defn interface-octets [interface]
  (setv octets (os.fsencode (check-string "interface" interface)))
  ;; IFNAMSIZ, with the NUL at its end.
  (if (and (< 0 (len octets) 16) (not-in b"\0" octets))
      octets
      (refuse "interface" interface "the name of an interface")))

(defn wildcard [s]
  (if (= s.family python.AF-INET6) +ipv6-unspecified+ +ipv4-unspecified+))

(defvalues socket-pair [socket1 socket2]
  "What `make-socket-pair` returns: two sockets, connected to each other.")

(defn make-socket-pair [* [type "stream"] #** options]
  "Two local stream sockets that are connected to each other. Of OPTIONS there are `:external-format`,
  `:input-buffer-size` and `:output-buffer-size`, as for `make-socket`.

  => (setv [a b] (make-socket-pair))
  => (send-to a b\"hello\")
  5

  Source: the manual, Socket Operators; socketpair(2)."
  (check-one-of "type" type #("stream"))
  (setv class socket-stream-local-active)
  (check-keywords "make-socket-pair" options class.keywords)
  (setv options (stream-options #** options))
  (try
    (setv pair (python.socketpair))
    (except [e OSError]
      (signal-error (condition-from e "socketpair"))))
  (socket-pair (gfor inner pair (pair-end inner class options))))

(defn pair-end [inner class options]
  (.setblocking inner False)
  (setv s (class inner inner.family))
  (set-attributes s options)
  s)

(defmacro with-open-socket [binding #* body]
  "Run BODY with a variable bound to a new socket: `(with-open-socket (variable argument…) body…)`, the
  arguments being `make-socket`'s. The socket is closed on every way out: after an error its pending
  output is dropped, otherwise sent.

  => (with-open-socket [s :connect :passive :local-host +ipv4-loopback+]
       (socket-open-p s))
  True

  Source: the manual, Socket Operators."
  (when (not (and (isinstance binding #(hy.models.Expression hy.models.List)) binding
                  (isinstance (get binding 0) hy.models.Symbol)))
    (raise (TypeError "(with-open-socket (variable argument…) body…)")))
  (setv [variable #* arguments] binding)
  `(with [~variable ~(.replace `(hy.R.hy-iolib.make-socket ~@arguments) variable)]
     ~@(or body ['None])))
