"The small portable interface of IOLib's package iolib/trivial-sockets: TCP streams and servers, and
two conditions for all that goes wrong. A module to import by its name: what it calls
`accept-connection` and `socket-error` are other things than the top level's."

(eval-when-compile
  (require hy-iolib.lisp.conditions [defcondition]
           hy-iolib.lisp.multiple-values [defvalues]
           hy-iolib.lisp.operators [defoperator]))
(import hy-iolib.lisp.checking [refuse])
(import hy-iolib.lisp.closing [close])
(import hy-iolib.lisp.conditions [error])
(import hy-iolib.lisp.handlers [catching signal-error])
(import hy-iolib.lisp.keywords [intern-keyword keyword keyword-name])
(import hy-iolib.lisp.multiple-values [primary-value])
(import hy-iolib.sockets.accessors [local-port])
(import hy-iolib.sockets.classes [passive-socket])
(import hy-iolib.sockets.connecting [accept-connection :as next-connection])
(import hy-iolib.sockets.creation [make-socket])
(import hy-iolib.sockets.resolver [caused])
(import hy-iolib.sockets.services [port-number])

(export
  :objects [open-stream open-server opened-server close-server accept-connection
            socket-error socket-nested-error unsupported unsupported-feature]
  :macros [open-stream open-server accept-connection with-server])

;; ---- What goes wrong

;; Not by defcondition, which would call the reader socket-error-nested-error.
(defclass socket-error [error OSError]
  "The network did not do what it was asked. `nested-error` is the condition that says why, as
  `socket-connection-refused-error`, `resolver-no-name-error` or `poll-timeout`; it is the
  `__cause__`, too, and `errno` and `strerror` are its. Also `OSError`.

  => (import hy-iolib.trivial-sockets [close-server open-server open-stream])
  => (import hy-iolib.trivial-sockets)
  => (setv [server port] (open-server :host \"127.0.0.1\"))
  => (close-server server)
  => (handler-case (open-stream \"127.0.0.1\" port)
       (hy-iolib.trivial-sockets.socket-error [e] (error-identifier e.nested-error)))
  :econnrefused

  >>> from hy_iolib import trivial_sockets
  >>> server, port = trivial_sockets.open_server(host=\"127.0.0.1\")
  >>> trivial_sockets.close_server(server)
  True
  >>> try:
  ...     trivial_sockets.open_stream(\"127.0.0.1\", port)
  ... except trivial_sockets.socket_error as e:
  ...     print(e.nested_error.error_identifier)
  econnrefused

  Source: IOLib 0.8, iolib/trivial-sockets."
  (setv slots #("nested_error")
        nested-error None)

  (defn __str__ [self]
    (if (is self.nested-error None) (OSError.__str__ self) (str self.nested-error))))

(defn socket-nested-error [condition]
  "The condition that CONDITION, a `socket-error` of this module, is about; a `type-error` of another.

  => (import hy-iolib.trivial-sockets [accept-connection open-server socket-nested-error])
  => (setv [server _] (open-server :host \"127.0.0.1\"))
  => (close server)
  => (handler-case (accept-connection server)
       (OSError [e] (isinstance (socket-nested-error e) socket-closed-error)))
  True

  >>> from hy_iolib import trivial_sockets
  >>> with trivial_sockets.open_server(host=\"127.0.0.1\") as server:
  ...     pass
  >>> try:
  ...     trivial_sockets.accept_connection(server)
  ... except trivial_sockets.socket_error as e:
  ...     isinstance(trivial_sockets.socket_nested_error(e), socket_closed_error)
  True

  Source: IOLib 0.8, iolib/trivial-sockets."
  (if (isinstance condition socket-error)
      condition.nested-error
      (refuse "condition" condition "a socket-error of hy-iolib.trivial-sockets")))

(defcondition unsupported [error NotImplementedError]
  "This interface has no such thing. `feature` says what, a list of the argument's keyword and its
  value, as `[:protocol :udp]`. Also `NotImplementedError`.

  => (import hy-iolib.trivial-sockets [open-server unsupported unsupported-feature])
  => (handler-case (open-server :protocol :udp) (unsupported [e] (unsupported-feature e)))
  [:protocol :udp]

  >>> from hy_iolib import trivial_sockets
  >>> try:
  ...     trivial_sockets.open_server(protocol=\"udp\")
  ... except NotImplementedError as e:
  ...     print(e.feature)
  [:protocol, :udp]

  Source: IOLib 0.8, iolib/trivial-sockets."
  [feature]
  f"{(hy.repr self.feature)} is not supported")

(defclass nesting-errors [catching]
  "A context manager: an OSError in its block is signalled as a `socket-error`, and only as that."
  (setv __slots__ #())

  (defn __init__ [self]
    (.__init__ catching self OSError))

  (defn __exit__ [self kind e traceback]
    (.__exit__ catching self kind e traceback)
    (when (isinstance e OSError)
      (signal-error (caused e (socket-error e.errno e.strerror :nested-error e))))))

;; ---- What is supported

(defn check-protocol [protocol]
  (setv name (keyword-name protocol))
  (when (!= name "tcp")
    (signal-error unsupported :feature [(intern-keyword "protocol")
                                        (if (is name None) protocol (keyword name))])))

;; The types of characters that Common Lisp has, and the ways to write the one of octets.
(setv ELEMENT-TYPES #("character" "base-char" "extended-char" "standard-char"
                      "octet" "unsigned-byte" #("unsigned-byte" 8) #("mod" 256) #("integer" 0 255)))

(defn check-element-type [element-type]
  (when (not-in (type-name element-type) ELEMENT-TYPES)
    (signal-error unsupported :feature [(intern-keyword "element-type") element-type])))

(defn type-name [specifier]
  "SPECIFIER, of symbols or strings, as ELEMENT-TYPES has it; what is none as it is."
  (cond
    (isinstance specifier str) (keyword-name specifier)
    ;; Hy's models, which a quoted list has, are equal to no plain number.
    (isinstance specifier int) (int specifier)
    (isinstance specifier #(list tuple)) (tuple (map type-name specifier))
    True specifier))

(defn given-host [host]
  "HOST, or None for `:any`: `make-socket` knows the unspecified address of its socket's kind."
  (if (= (keyword-name host) "any") None host))

;; ---- The operators

(defoperator open-stream [peer-host peer-port * [local-host "any"] [local-port 0]
                          [external-format "default"] [element-type "character"]
                          #^ keyword [protocol "tcp"] [timeout None]]
  "A stream that is connected to PEER-HOST at PEER-PORT, by TCP: an active socket. They are a host
  designator and a port designator, as `make-socket` takes them.

  LOCAL-HOST, a host designator, and LOCAL-PORT, a port designator, are the stream's own end;
  `:any` (or None) and 0, the defaults, leave them to the system. EXTERNAL-FORMAT is `:default`, the
  default, which is utf-8, or another (see `external-format`). Streams take characters and octets
  alike, so ELEMENT-TYPE, a symbol, a string or a list, says nothing new: `character`, the default, and
  Common Lisp's other types of characters are accepted, and so is `(unsigned-byte 8)`. PROTOCOL is
  `:tcp`. TIMEOUT, in seconds, limits the wait for the connection, the lookup of a name included;
  None, the default, does not.

  `socket-error` when there is no connection; `unsupported` of another PROTOCOL or ELEMENT-TYPE;
  `unknown-service` of a port's name; `type-error` of arguments that designate nothing.

  It is a context manager: it closes the stream.

  => (import hy-iolib.trivial-sockets [accept-connection open-server open-stream])
  => (setv [server port] (open-server :host \"127.0.0.1\"))
  => (with [s (open-stream \"localhost\" port)] (write-line \"hello\" s))
  => (with [s (accept-connection server)] (read-line s))
  \"hello\"

  >>> from hy_iolib import trivial_sockets
  >>> server, port = trivial_sockets.open_server(host=\"127.0.0.1\")
  >>> with trivial_sockets.open_stream(\"localhost\", port) as s:
  ...     write_line(\"hello\", s)
  'hello'

  Source: IOLib 0.8, iolib/trivial-sockets."
  (check-protocol protocol)
  (check-element-type element-type)
  ;; For make-socket, None is an option that is not given.
  (when (is peer-host None)
    (refuse "peer-host" None "a host: an address, its text, octets or groups, or a name"))
  (setv peer-port (port-number "peer-port" peer-port)
        local-port (port-number "local-port" local-port)
        local-host (given-host local-host)
        own-end (if (or (is-not local-host None) (> local-port 0))
                    {"local_host" local-host "local_port" local-port}
                    {}))
  (with [_ (nesting-errors)]
    (make-socket :remote-host peer-host :remote-port peer-port :timeout timeout
                 :external-format external-format #** own-end)))

(defvalues opened-server [server port]
  "What `open-server` returns: `server`, a passive socket, and `port`, which it is bound to. As a
  context manager it gives the server, and closes it.

  => (import hy-iolib.trivial-sockets [open-server])
  => (with [server (open-server :host \"127.0.0.1\")] (isinstance server passive-socket))
  True

  >>> from hy_iolib import trivial_sockets
  >>> opened = trivial_sockets.open_server(host=\"127.0.0.1\")
  >>> opened.port == local_port(opened.server)
  True
  >>> trivial_sockets.close_server(opened)
  True

  Source: hy_iolib's own."
  (defn __enter__ [self]
    (.__enter__ self.server))

  (defn __exit__ [self #* _]
    (close-server self)
    False))

(defoperator open-server [* [host "any"] [port 0] [reuse-address True] [backlog 1]
                          #^ keyword [protocol "tcp"]]
  "A server that listens, and the port that it is bound to: two values. Whatever takes a server here
  takes them both for it.

  HOST, a host designator, is the address to listen at; `:any` (or None), the default, is the
  unspecified one, of IPv4 or, where `*ipv6*` is true, of IPv6. PORT, a port designator, is by
  default 0: one that is free. With REUSE-ADDRESS (True by default) a port that an earlier connection
  still occupies can be taken. At most BACKLOG connections, by default 1, wait to be accepted.
  PROTOCOL is `:tcp`.

  `socket-error` when it can't listen there; `unsupported` of another PROTOCOL; `unknown-service`
  of a port's name; `type-error` of arguments that designate nothing.

  They are a context manager that gives the server, and closes it: `with open_server() as server:`.

  => (import hy-iolib.trivial-sockets [open-server])
  => (multiple-value-bind (server port) (open-server :host \"127.0.0.1\")
       (with [_ server] (= port (local-port server))))
  True

  >>> from hy_iolib import trivial_sockets
  >>> with trivial_sockets.open_server(host=\"127.0.0.1\") as server:
  ...     local_port(server) > 0
  True

  Source: IOLib 0.8, iolib/trivial-sockets."
  (check-protocol protocol)
  (setv port (port-number "port" port))
  (with [_ (nesting-errors)]
    (setv server (make-socket :connect "passive" :local-host (given-host host) :local-port port
                              :reuse-address reuse-address :backlog backlog))
    (opened-server #(server (local-port server)))))

(defn close-server [server]
  "Close SERVER, what `open-server` returned or the first value of it. Returns True. Twice is no
  error. A `type-error` of what is no server.

  => (import hy-iolib.trivial-sockets [close-server open-server])
  => (close-server (open-server :host \"127.0.0.1\"))
  True

  >>> from hy_iolib import trivial_sockets
  >>> trivial_sockets.close_server(trivial_sockets.open_server(host=\"127.0.0.1\"))
  True

  Source: IOLib 0.8, iolib/trivial-sockets."
  (setv socket (primary-value server))
  (when (not (isinstance socket passive-socket))
    (refuse "server" server "a server, as open-server makes"))
  (with [_ (nesting-errors)]
    (close socket)))

(defoperator accept-connection [socket * [external-format "default"] [element-type "character"]
                                [timeout None]]
  "Wait for the next connection to SOCKET, a server, and return its stream: an active socket.

  EXTERNAL-FORMAT and ELEMENT-TYPE are as in `open-stream`. TIMEOUT, in seconds, limits the wait;
  None, the default, does not. When the time is over: None.

  `socket-error` when SOCKET is closed, or there is no descriptor left for the connection;
  `unsupported` of an ELEMENT-TYPE; `type-error` of what is no server.

  => (import hy-iolib.trivial-sockets [accept-connection open-server])
  => (with [server (open-server :host \"127.0.0.1\")] (accept-connection server :timeout 0.01))
  None

  >>> from hy_iolib import trivial_sockets
  >>> with trivial_sockets.open_server(host=\"127.0.0.1\") as server:
  ...     print(trivial_sockets.accept_connection(server, timeout=0.01))
  None

  Source: IOLib 0.8, iolib/trivial-sockets."
  (check-element-type element-type)
  (with [_ (nesting-errors)]
    (next-connection (primary-value socket) :external-format external-format :timeout timeout)))

(defmacro with-server [binding #* body]
  "Run BODY with a variable bound to a server: `(with-server (variable (argument…)) body…)`, the
  arguments being `open-server`'s. The server is closed on every way out. The value is BODY's. In
  Python `with open_server(argument, …) as variable:`.

  => (require hy-iolib.trivial-sockets [with-server])
  => (with-server (server (:host \"127.0.0.1\")) (> (local-port server) 0))
  True

  Source: IOLib 0.8, iolib/trivial-sockets."
  (when (not (and (isinstance binding #(hy.models.Expression hy.models.List)) (= (len binding) 2)
                  (isinstance (get binding 0) hy.models.Symbol)
                  (isinstance (get binding 1) #(hy.models.Expression hy.models.List))))
    (raise (TypeError "(with-server (variable (argument…)) body…)")))
  (setv [variable arguments] binding)
  `(with [~variable ~(.replace `(hy.R.hy-iolib/trivial-sockets.open-server ~@arguments) variable)]
     ~@body))
