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
  "The class of the errors that this library itself knows of.")

(defclass syscall-error [iolib-error OSError]
  "A system call failed: `errno`, `error-code` (the same), `error-identifier` (`:econnrefused`),
  `syscall` (its name), `place` (the address and port it was about, or None), `fd`; `__cause__` is
  the OSError that Python raised.

  A subclass called without arguments is filled in: `(error 'epipe)`."
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
  "The errno of E, a `syscall-error`: an integer, or None."
  e.error-code)

(defn error-identifier [e]
  "The name of the errno of E, a `syscall-error`, as a keyword.

  => (handler-case (error 'epipe) (syscall-error [e] (error-identifier e)))
  :epipe"
  e.error-identifier)

(defn error-message [e]
  "What the system says of the errno of E, a `syscall-error`."
  e.strerror)

;; ---- One condition for each errno

(setv by-errno {})

(defn define-condition [name parents attributes]
  (setv c (type name parents {"__module__" __name__ #** attributes})
        (get (globals) name) c)
  (.append __all__ name)
  c)

(defn define-errno [identifier]
  "The condition of an errno's name; it is there also where the system lacks the errno."
  (setv code (getattr errno identifier None)
        name (.lower identifier)
        builtin (if code (type (OSError code "")) OSError))
  (define-condition name
    (if (is builtin OSError) #(syscall-error) #(syscall-error builtin))
    {"__doc__" (if code f"{(os.strerror code)} ({identifier})." f"{identifier}, unknown to this system.")
     "code" code
     "error_identifier" (intern-keyword name)}))

(for [[code identifier] (.items errno.errorcode)]
  ;; Two names for one number: IOLib says ewouldblock.
  (setv (get by-errno code) (define-errno (if (= identifier "EAGAIN") "EWOULDBLOCK" identifier))))

(defclass socket-error [syscall-error]
  "The class of the errors of sockets.")

(defmacro define-socket-errors [#* rows]
  "Of each row, NAME and ERRNO: the condition socket-NAME-error, which stands for the errno."
  `(do ~@(gfor [name identifier] (zip (cut rows 0 None 2) (cut rows 1 None 2))
               `(define-socket-error ~f"socket-{name}-error" ~(str identifier)))))

(defn define-socket-error [name identifier]
  (setv parent (or (.get (globals) (.lower identifier)) (define-errno identifier))
        c (define-condition (hy.mangle name) #(parent socket-error) {"__doc__" parent.__doc__}))
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
  "A socket or stream was used after it was closed, or closed while it was waited for."
  (setv slots (+ ebadf.slots #("stream")))

  (defn __str__ [self]
    f"{self.stream} is closed"))

(defn condition-from [e [syscall None] [fd None] [kind None] [place None]]
  "The condition for E, an OSError, which becomes its cause: of KIND, or the one of its errno."
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
