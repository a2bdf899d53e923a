"The special variables of the sockets."

(eval-when-compile (require hy-iolib.lisp.specials [defspecial]))
(import socket :as python-socket)

(export
  :objects [*ipv6* *default-backlog-size* +max-backlog-size+ *non-blocking-sockets*]
  :macros [])

(defspecial *ipv6* None
  "Which internet addresses are meant where nothing says so: None IPv4, :ipv6 IPv6, True both. A new
  socket is an IPv6 one when this is true.")

(setv +max-backlog-size+ python-socket.SOMAXCONN)

(defspecial *default-backlog-size* 5
  "How many connections may wait to be accepted, unless `:backlog` says so.")

(defspecial *non-blocking-sockets* None
  "What `fd-non-blocking` is for a new socket. True is IOLib 0.8's way: `send-to` and `receive-from`
  signal `ewouldblock` instead of waiting.")
