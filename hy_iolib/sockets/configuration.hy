"The special variables of the sockets."

(eval-when-compile
  (require hy-iolib.lisp.constants [defconstants]
           hy-iolib.lisp.specials [defspecial]))
(import socket :as python-socket)
(import hy-iolib.lisp.checking [check-one-of])

(export
  :objects [*ipv6* *default-linger-seconds* *default-backlog-size* +max-backlog-size+ *non-blocking-sockets*]
  :macros [])

(defspecial *ipv6* None
  "Which internet addresses are meant where nothing says so: None (the default) IPv4's, `:ipv6` IPv6's,
  True both. A new socket is an IPv6 one when this is true.

  => (special-let [*ipv6* True] (str +loopback+))
  \"::1\"

  >>> with ipv6.let(True):
  ...     str(LOOPBACK)
  '::1'

  Source: IOLib 0.8.")

(defconstants
  +max-backlog-size+ python-socket.SOMAXCONN
  "The largest backlog of a passive socket that the system's headers name. Source: listen(2).")

(defspecial *default-backlog-size* 5
  "How many connections may wait to be accepted, unless `:backlog` says so: an integer from 1 to
  `+max-backlog-size+`; 5.

  Source: IOLib 0.8; listen(2).")

(defspecial *default-linger-seconds* 15
  "How many seconds, an integer, the socket option `:linger` is, where it is only switched on; 15.

  Source: IOLib 0.8; socket(7).")

(defspecial *non-blocking-sockets* None
  "What `fd-non-blocking` is for a new socket; None. True is IOLib 0.8's way: `send-to` and
  `receive-from` signal `ewouldblock` instead of waiting.

  Source: hy_iolib's own.")

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
