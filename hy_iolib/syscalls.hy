"The conditions of errno, and the one translation of OSError into them.

Each errno has a condition of its name (`epipe`, `ewouldblock`, …) that is also the builtin
exception that Python raises for it. Those that sockets are about have a `socket-…-error` below
that."

(import errno os)
(import hy-iolib.lisp.conditions [error stream-error])
(import hy-iolib.lisp.keywords [intern-keyword])

(export
  :objects [iolib-error syscall-error socket-error socket-closed-error
            error-code error-identifier error-message condition-from]
  :macros [])

(defclass iolib-error [error]
  "The class of the errors that this library itself knows of: of system calls, of waiting, of event
  bases and of name services.

  => (issubclass poll-timeout iolib-error)
  True

  >>> issubclass(syscall_error, iolib_error)
  True

  Source: IOLib manual, the conditions' precedence lists.")

(defclass syscall-error [iolib-error OSError]
  "A system call failed; also `OSError`. Each errno has a subclass. Its attributes are `errno`, an
  integer, and `error-code`, the same; `error-identifier`, a keyword as `:econnrefused`; `strerror`;
  and, None where that is not known, `syscall`, its name, `fd`, the descriptor, and `place`, the
  address and port it was about, or the name of a local socket's file. `__cause__` is the OSError that
  Python raised.

  Made by hand it takes an errno and a text, and `syscall`, `fd` and `place` as keyword arguments; a
  subclass called without the first two has them of itself: `(error 'epipe)`.

  => (setv [a b] (make-socket-pair))
  => (close b)
  True
  => (handler-case (send-to a b\"x\") (syscall-error [e] [(error-identifier e) e.syscall]))
  [:epipe \"send\"]

  >>> a, b = make_socket_pair()
  >>> close(b)
  True
  >>> try:
  ...     send_to(a, b\"x\")
  ... except OSError as e:
  ...     print(e.error_identifier, e.syscall)
  epipe send

  Source: IOLib 0.8, iolib/syscalls; errno(3)."
  (setv slots #("syscall" "fd" "place")
        code None
        error-identifier None
        syscall None
        fd None
        place None
        ;; `error`'s would cost a call of Python code on every failing system call.
        __new__ OSError.__new__)

  (defn __init__ [self / #* arguments #** slots]
    (OSError.__init__ self #* (or arguments
                                  (if self.code #(self.code (os.strerror self.code)) #())))
    (when slots (.fill-slots self slots)))

  (defn [property] error-code [self]
    self.errno)

  (defn __str__ [self]
    (+ (OSError.__str__ self)
       (if self.syscall f": {self.syscall}" "")
       (cond
         self.place (place-text self.place)
         (is self.fd None) ""
         True f" on descriptor {self.fd}"))))

(defn place-text [place]
  (if (isinstance place bytes)
      (+ " " (repr (.decode (.replace place b"\0" b"@" 1) "utf-8" "replace")))
      (.format " {}/{}" #* place)))

(defn error-code [e]
  "The errno of E, a `syscall-error`: an integer, or None.

  => (error-code (epipe 32 \"Broken pipe\"))
  32

  >>> error_code(epipe(32, \"Broken pipe\"))
  32

  Source: IOLib 0.8, iolib/syscalls; errno(3)."
  e.error-code)

(defn error-identifier [e]
  "The name of the errno of E, a `syscall-error`, as a keyword; None of one without an errno.

  => (handler-case (error 'epipe) (syscall-error [e] (error-identifier e)))
  :epipe

  >>> error_identifier(epipe())
  :epipe

  Source: IOLib 0.8, iolib/syscalls; errno(3)."
  e.error-identifier)

(defn error-message [e]
  "What the system says of the errno of E, a `syscall-error`: a string, or None.

  => (error-message (epipe))
  \"Broken pipe\"

  >>> error_message(epipe())
  'Broken pipe'

  Source: IOLib 0.8, iolib/syscalls; strerror(3)."
  e.strerror)

;; ---- One condition for each errno

(setv by-errno {})

(defn define-condition [name parents attributes]
  (setv c (type name parents {"__module__" __name__ #** attributes})
        (get (globals) name) c)
  (.append __all__ name)
  c)

(defclass Documentation []
  "The docstring of an errno's condition, which is made when somebody asks for it."
  (setv __slots__ #())

  (defn __get__ [self instance c]
    (setv kind (if (issubclass c socket-error) "socket-error" "syscall-error")
          package (if (issubclass c socket-error) "sockets" "syscalls")
          identifier c.error-identifier.name
          text (if c.code (os.strerror c.code) "Unknown to this system")
          number (if c.code f", {c.code}" "")
          builtin (. (type (OSError c.code "")) __name__))
    f"{text} ({(.upper identifier)}{number}). A `{kind}`, and Python's `{builtin}`.

  => (handler-case (error '{(hy.unmangle c.__name__)}) ({builtin} [e] (error-identifier e)))
  :{identifier}

  >>> issubclass({c.__name__}, {builtin})
  True

  Source: IOLib 0.8, iolib/{package}; errno(3)."))

(setv DOCUMENTATION (Documentation))

(defn define-errno [identifier]
  "The condition of an errno's name; it is there also where the system lacks the errno."
  (setv code (getattr errno identifier None)
        name (.lower identifier)
        builtin (if code (type (OSError code "")) OSError))
  (define-condition name
    (if (is builtin OSError) #(syscall-error) #(syscall-error builtin))
    {"__doc__" DOCUMENTATION
     "code" code
     "error_identifier" (intern-keyword name)}))

(for [[code identifier] (.items errno.errorcode)]
  ;; Two names for one number: IOLib says ewouldblock.
  (setv (get by-errno code) (define-errno (if (= identifier "EAGAIN") "EWOULDBLOCK" identifier))))

(defclass socket-error [syscall-error]
  "The class of the errors of sockets: those errnos that sockets are about, and `socket-closed-error`.
  Also `OSError`.

  => (issubclass socket-connection-refused-error socket-error)
  True

  >>> issubclass(socket_connection_refused_error, (socket_error, ConnectionRefusedError))
  True

  Source: IOLib 0.8, iolib/sockets.")

(defmacro define-socket-errors [#* rows]
  "Of each row, NAME and ERRNO: the condition socket-NAME-error, which stands for the errno."
  `(do ~@(gfor [name identifier] (zip (cut rows 0 None 2) (cut rows 1 None 2))
               `(define-socket-error ~f"socket-{name}-error" ~(str identifier)))))

(defn define-socket-error [name identifier]
  (setv parent (or (.get (globals) (.lower identifier)) (define-errno identifier))
        c (define-condition (hy.mangle name) #(parent socket-error) {"__doc__" DOCUMENTATION}))
  (when parent.code
    (setv (get by-errno parent.code) c)))

(define-socket-errors
  address-in-use                EADDRINUSE
  address-family-not-supported  EAFNOSUPPORT
  address-not-available         EADDRNOTAVAIL
  network-down                  ENETDOWN
  network-reset                 ENETRESET
  network-unreachable           ENETUNREACH
  no-network                    ENONET
  connection-aborted            ECONNABORTED
  connection-reset              ECONNRESET
  connection-refused            ECONNREFUSED
  connection-timeout            ETIMEDOUT
  connection-in-progress        EINPROGRESS
  endpoint-shutdown             ESHUTDOWN
  no-buffer-space               ENOBUFS
  host-down                     EHOSTDOWN
  host-unreachable              EHOSTUNREACH
  already-connected             EISCONN
  not-connected                 ENOTCONN
  option-not-supported          ENOPROTOOPT
  operation-not-supported       EOPNOTSUPP)

(defclass socket-closed-error [ebadf socket-error stream-error]
  "A socket or stream, the slot `stream`, was used after it was closed, or closed while it was waited
  for. Also `ebadf` and `stream-error`.

  => (with [a (make-socket)])
  => (handler-case (read-line a) (socket-closed-error [e] (is (stream-error-stream e) a)))
  True

  >>> with make_socket() as a:
  ...     pass
  >>> try:
  ...     read_line(a)
  ... except socket_closed_error as e:
  ...     print(e)
  #<active IPv4 stream socket, closed> is closed

  Source: hy_iolib's own."
  (setv slots (+ ebadf.slots #("stream")))

  (defn __str__ [self]
    f"{self.stream} is closed"))

(defn condition-from [e [syscall None] [fd None] [kind None] [place None]]
  "The condition for E, an OSError, which becomes its cause: of KIND, a class of `syscall-error`s, or by
  default the one of its errno. SYSCALL, a string, FD, a descriptor, and PLACE, a pair of host and
  port or the octets of a local socket's name, are what is known of the call; each is None by default.
  It is not signalled: `(error (condition-from e \"ioctl\" fd))` does that.

  => (str (condition-from (OSError 32 \"Broken pipe\") \"write\" 5))
  \"[Errno 32] Broken pipe: write on descriptor 5\"

  >>> condition_from(OSError(32, \"Broken pipe\"), \"write\", 5)
  epipe('[Errno 32] Broken pipe: write on descriptor 5')

  Source: hy_iolib's own."
  (setv kind (or kind (.get by-errno e.errno syscall-error))
        ;; Past the Python code of __init__, which is for people.
        c (OSError.__new__ kind e.errno e.strerror))
  (OSError.__init__ c e.errno e.strerror)
  (setv c.syscall syscall
        c.fd fd
        c.__cause__ e)
  (when place
    (setv c.place place))
  c)
