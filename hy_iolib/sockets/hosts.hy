"Hosts: the addresses that a name has, the name that an address has, and what system calls take and
give."

(eval-when-compile (require hy-iolib.lisp.multiple-values [defvalues]))
(import re)
(import socket :as python)
(import threading [Thread])
(import time [monotonic])
(import hy-iolib.lisp.checking [refuse])
(import hy-iolib.lisp.handlers [signal-error])
(import hy-iolib.lisp.multiple-values [primary-value])
(import hy-iolib.multiplex.readiness [poll-timeout])
(import hy-iolib.sockets.addresses
  [ensure-address from-designator from-packed inet-address ipv6-address read-designator])
(import hy-iolib.sockets.configuration [UNSAID check-ipv6])
(import hy-iolib.sockets.conversions [colon-text])
(import hy-iolib.sockets.dns [addresses-by-dns dns-query])
(import hy-iolib.sockets.interfaces [zone-index zone-of-index])
(import hy-iolib.sockets.resolver [caused from-oserror no-name])

(export
  :objects [lookup-hostname lookup-host host-entry ensure-hostname host-addresses]
  :macros [])

;; ---- What system calls take and give

(defn to-sockaddr [address port]
  "What system calls take for ADDRESS, an address object, and PORT, a number."
  (if (and (isinstance address ipv6-address) (is-not address.zone None))
      #((colon-text address.packed) port 0 (zone-index address.zone))
      #((str address) port)))

(defn from-sockaddr [place]
  "The address object of PLACE, what a system call gives for an address and a port."
  (setv [text _ #* more] place
        zone (when more (zone-of-index (get more 1)))
        address (ensure-address text))
  (if (is zone None) address (from-packed address.packed zone)))

;; ---- Names to addresses

(setv FAMILIES {None python.AF-INET
                "ipv6" python.AF-INET6
                True python.AF-UNSPEC})

;; What the system would take for something else than a name: IPv4 in octal or hexadecimal, say.
(setv NO-NAME (re.compile r"[\x00-\x20\x7f:/%]|(^|\.)(0[xX][0-9a-fA-F]*|[0-9]+)\.?$"))

(defn find-addresses [name ipv6 [deadline None]]
  "The canonical name and the addresses, a list, of the host NAME; or, not yet signalled, the
  condition that says why there are none. IPV6 is as in `check-ipv6`."
  (try
    ;; Before it is looked at: the codec makes digits and dots of characters that look like them.
    (setv encoded (.decode (.encode name "idna") "ascii"))
    ;; It refuses labels that no name server could hold.
    (except [e UnicodeError]
      (return (caused e (no-name name "no host can have that name")))))
  (when (or (not encoded) (> (len encoded) 254) (.search NO-NAME encoded))
    (return (no-name name "no host can have that name")))
  (try
    (setv found (in-time deadline name
                         (fn [] (python.getaddrinfo encoded None (get FAMILIES ipv6)
                                                    python.SOCK-STREAM 0 python.AI-CANONNAME))))
    (except [e OSError]
      (when (isinstance e poll-timeout)
        (raise))
      (return (from-oserror e name))))
  (setv canonical (or (next (filter None (gfor [_ _ _ canonical _] found canonical)) None) name)
        addresses (list (dict.fromkeys (gfor [family _ _ _ place] found
                                             :if (in family #(python.AF-INET python.AF-INET6))
                                             (from-sockaddr place)))))
  (if addresses #(canonical addresses) (no-name name)))

(defn in-time [deadline name look-up]
  "What LOOK-UP returns or raises, or `poll-timeout` once DEADLINE has come: the resolver itself
  knows no limit. A thread that is late is left to end by itself."
  (when (is deadline None)
    (return (look-up)))
  (setv outcome [])
  (defn run []
    (try
      (.append outcome #((look-up) None))
      (except [e Exception]
        (.append outcome #(None e)))))
  (setv thread (Thread :target run :daemon True))
  (.start thread)
  (.join thread (max 0 (- deadline (monotonic))))
  (when (not outcome)
    (signal-error poll-timeout f"{name !r} was not found within the time allowed"))
  (setv [found e] (get outcome 0))
  (if (is e None) found (raise e)))

(defn find-host [host ipv6]
  "What `lookup-hostname` returns for HOST, or the condition that says why it can't."
  (setv found (read-designator host)
        name (primary-value host))
  (cond
    (isinstance found inet-address) (entry-of-address found)
    (not (isinstance name str)) found
    True (entry-of-name (str name) (find-addresses (str name) ipv6))))

(defn entry-of-name [name found]
  (if (isinstance found BaseException)
      found
      (do
        (setv [canonical addresses] found
              names (if (= (.lower name) (.lower canonical)) [canonical] [canonical name]))
        (host-entry #((get addresses 0) (tuple (cut addresses 1 None)) canonical
                      (tuple (gfor n names a addresses #(n a))))))))

(defn entry-of-address [address]
  (setv place (to-sockaddr address 0))
  (try
    (setv [name _] (python.getnameinfo place python.NI-NAMEREQD))
    (host-entry #(address #() name #(#(name address))))
    (except [e OSError]
      (from-oserror e address))))

(defvalues host-entry [address addresses canonical-name names]
  "What `lookup-hostname` returns: an address, a tuple of the others, the canonical name, and a
  tuple of pairs, each a name of the host and one of its addresses.

  Source: the manual, DNS.")

(defn ask-nameservers [host ipv6 ns]
  "What `lookup-hostname` returns for HOST when the name servers NS are asked."
  (setv found (read-designator host)
        name (primary-value host))
  (cond
    (isinstance found inet-address)
      (do
        (setv names (dns-query found :type "ptr" :decode True :nameservers (when (is-not ns True) ns)))
        (host-entry #(found #() (get names 0) (tuple (gfor n names #(n found))))))
    (not (isinstance name str)) (signal-error found)
    True (entry-of-name (str name) (addresses-by-dns (str name) ipv6 ns))))

(defn or-signalled [found errorp]
  (cond
    (not (isinstance found BaseException)) found
    errorp (signal-error found)
    True None))

(defn lookup-hostname [host * [ipv6 UNSAID] [ns None]]
  "The addresses of HOST, a name, or the name of HOST, an address designator: four values, the
  primary address, a tuple of the others, the canonical name, and a tuple of pairs, each a name of
  the host and one of its addresses.

  IPV6 says which addresses are wanted: None IPv4's, `:ipv6` IPv6's, True both, in the system's order
  of preference; unless given it is what `*ipv6*` says. Unless NS is given, the system's resolver is
  asked (getaddrinfo(3): its files and name servers, without a limit of time); with it, name servers,
  as `dns-query` does: NS is what its `:nameservers` takes, or True for `*dns-nameservers*`.

  A name that is not ASCII is encoded by Python's codec \"idna\", which is IDNA 2003: newer names
  with letters that IDNA 2008 treats in another way (ß among them) must be given as `xn--…`.

  A name that is not known, or has no such addresses: `resolver-no-name-error`; the other
  `resolver-error`s when the name service fails; what is neither name nor address: `parse-error`; an
  address whose zone is no interface: `unknown-interface`.

  => (setv [address others name names] (lookup-hostname \"localhost\" :ipv6 None))
  => [address others]
  [#/ip/127.0.0.1 #()]

  >>> entry = lookup_hostname('localhost', ipv6=None)
  >>> entry.address, entry.addresses
  (#/ip/127.0.0.1, ())

  Source: the manual, DNS; getaddrinfo(3)."
  (setv ipv6 (check-ipv6 ipv6))
  (if (in ns #(None False))
      (or-signalled (find-host host ipv6) True)
      (ask-nameservers host ipv6 ns)))

;; As IOLib called it once.
(setv lookup-host lookup-hostname)

(defn ensure-hostname [address * [ipv6 UNSAID] [errorp True]]
  "The address that ADDRESS, an address designator or a host's name, designates, and a tuple of the other
  addresses of that name: two values. IPV6 and the conditions are `lookup-hostname`'s; with ERRORP
  (default True) false, None instead of them.

  => (multiple-value-list (ensure-hostname \"127.0.0.1\"))
  [#/ip/127.0.0.1 #()]
  => (ensure-hostname \"no such host\" :errorp False)
  None

  >>> ensure_hostname('127.0.0.1').address
  #/ip/127.0.0.1

  Source: the manual, DNS."
  (setv ipv6 (check-ipv6 ipv6)
        found (read-designator address))
  (when (isinstance found inet-address)
    (return (host-addresses #(found #()))))
  (setv entry (or-signalled (find-host address ipv6) errorp))
  (when (is-not entry None)
    (host-addresses (cut entry 2))))

(defvalues host-addresses [address addresses]
  "What `ensure-hostname` returns: an address, and a tuple of the others.

  Source: the manual, DNS.")

(defn addresses-of [argument host ipv6 [deadline None]]
  "The addresses, at least one, that HOST, an address designator or a name, designates."
  (setv found (from-designator host)
        name (primary-value host))
  (cond
    (is-not found None) [found]
    (isinstance name str)
      (get (or-signalled (find-addresses (str name) ipv6 deadline) True) 1)
    True (refuse argument host "a host: an address, its text, octets or groups, or a name")))
