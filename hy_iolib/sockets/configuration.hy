"The special variables of the sockets."

(eval-when-compile (require hy-iolib.lisp.specials [defspecial]))
(import socket :as python-socket)
(import hy-iolib.lisp.checking [check-one-of])

(export
  :objects [*ipv6* *default-linger-seconds* *default-backlog-size* +max-backlog-size+ *non-blocking-sockets*]
  :macros [])

(defspecial *ipv6* None
  "Which internet addresses are meant where nothing says so: None IPv4, :ipv6 IPv6, True both. A new
  socket is an IPv6 one when this is true.")

(setv +max-backlog-size+ python-socket.SOMAXCONN)

(defspecial *default-backlog-size* 5
  "How many connections may wait to be accepted, unless `:backlog` says so.")

(defspecial *default-linger-seconds* 15
  "How many seconds the socket option `:linger` is, where it is only switched on.")

(defspecial *non-blocking-sockets* None
  "What `fd-non-blocking` is for a new socket. True is IOLib 0.8's way: `send-to` and `receive-from`
  signal `ewouldblock` instead of waiting.")

(defclass Unsaid []
  "The default of arguments for which None means something."
  (defn __repr__ [self] "*ipv6*"))
(setv UNSAID (Unsaid))

(defn check-ipv6 [ipv6]
  "Which addresses an argument `:ipv6` means, by default what `*ipv6*` says: None, \"ipv6\" or
  True."
  (setv wish (if (is ipv6 UNSAID) *ipv6*.value ipv6))
  (cond
    (in wish #(None False)) None
    (is wish True) True
    True (check-one-of "ipv6" wish #("ipv6"))))
