"The classes of sockets, and the table of their kinds."

(import socket :as python-socket)
(import hy-iolib.lisp.checking [refuse])
(import hy-iolib.lisp.keywords [intern-keyword])
(import hy-iolib.streams.descriptors [dual-channel-single-fd-mixin])
(import hy-iolib.streams.external-formats [ensure-external-format])
(import hy-iolib.streams.gray-streams [dual-channel-gray-stream])
(import hy-iolib.sockets.configuration [*non-blocking-sockets*])
(import hy-iolib.sockets.hosts [from-sockaddr])

(export
  :objects [socket stream-socket internet-socket local-socket active-socket passive-socket
            socket-stream-internet-active socket-stream-internet-passive
            socket-stream-local-active]
  :macros [])

;; Where SIGPIPE has its default action again, a write to a closed peer must still not kill.
(setv NOSIGNAL (getattr python-socket "MSG_NOSIGNAL" 0))

;; Created non-blocking where the system can: one system call less.
(setv NONBLOCK (getattr python-socket "SOCK_NONBLOCK" 0))

(defclass socket [dual-channel-single-fd-mixin]
  "The base of all sockets. It holds a `socket.socket`, its `python-socket`, and is a context manager
  that closes it on every way out; after an error, pending output is dropped."
  (setv address-family None type None connect None keywords #())

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

  (defn __repr__ [self]
    f"#<{self.connect} {(self._family-name)} {self.type} socket{(self._state)}>")

  (defn _state [self]
    (cond
      self.closed ", closed"
      True (try
             (._open-state self)
             ;; Printing must not fail, whatever has become of the descriptor.
             (except [OSError] ", unconnected"))))

  (defn __reduce__ [self]
    (raise (TypeError f"{self} can't be pickled or copied: it owns a descriptor"))))

(defclass stream-socket [socket]
  "Sockets of type SOCK_STREAM."
  (setv type (intern-keyword "stream")))

(defclass internet-socket [socket]
  "Sockets of the domains AF_INET and AF_INET6."
  (setv address-family (intern-keyword "internet"))

  (defn _family-name [self]
    (if (= self.family python-socket.AF-INET6) "IPv6" "IPv4"))

  (defn _print-name [self name]
    f"{(from-sockaddr name)}/{(get name 1)}"))

(defclass local-socket [socket]
  "Sockets of the domain AF_LOCAL."
  (setv address-family (intern-keyword "local"))

  (defn _family-name [self] "local")

  (defn _print-name [self name]
    (if name
        (if (isinstance name bytes) (+ "@" (.decode (cut name 1 None) "utf-8" "replace")) name)
        "@\"\"")))

(defclass active-socket [socket dual-channel-gray-stream]
  "Sockets that connect; they are streams."
  (setv connect (intern-keyword "active")
        ;; Where a connection is in progress to, if one is.
        _connecting None)

  (defn __init__ [self inner family]
    (.__init__ socket self inner family)
    ;; send-to and receive-from go straight to these.
    (setv self._send inner.send
          self._receive-into inner.recv-into))

  (defn _read-into [self sink count]
    (.extend sink (map self.python-socket.recv [count])))

  (defn _write-into [self sink octets]
    (.extend sink (map self._send [octets] [NOSIGNAL])))

  (defn _open-state [self]
    (+ " connected to " (._print-name self (.getpeername self.python-socket)))))

(defclass passive-socket [socket]
  "Sockets that listen."
  (setv connect (intern-keyword "passive")
        backlog None
        _external-format (ensure-external-format "utf-8"))

  (defn _open-state [self]
    (setv name (.getsockname self.python-socket))
    (if (= (get name 1) 0) " unbound" (+ " waiting @ " (._print-name self name)))))

;; (address family, type, connect) -> class.
(setv kinds {})

(defmacro defsockets [#* rows]
  "Of each row, NAME, PARENTS, DOC and KEYWORDS: the class of a kind of socket and the keywords that
  `make-socket` takes for it."
  `(do ~@(gfor [name parents doc keywords] rows
          `(do
             (defclass ~name ~parents
               ~doc
               (setv keywords #(~@(map str keywords))))
             (setv (get kinds #((str (. ~name address-family)) (str (. ~name type))
                                (str (. ~name connect))))
                   ~name)))))

(defsockets
  [socket-stream-internet-active [active-socket stream-socket internet-socket]
   "TCP sockets that connect."
   [local-host local-port remote-host remote-port reuse-address keepalive nodelay
    input-buffer-size output-buffer-size external-format timeout]]
  [socket-stream-internet-passive [passive-socket stream-socket internet-socket]
   "TCP sockets that listen."
   [local-host local-port backlog reuse-address interface nodelay external-format]])

;; Made by make-socket-pair only, so far.
(defclass socket-stream-local-active [active-socket stream-socket local-socket]
  "Local stream sockets that connect."
  (setv keywords #("input-buffer-size" "output-buffer-size" "external-format")))

(defn check-socket [operator socket kind what]
  "Refuse a SOCKET that is none of KIND, a class; WHAT says what would be."
  (when (not (isinstance socket kind))
    (refuse f"{operator}: socket" socket what))
  (when socket.closed
    (._refuse-closed socket)))
