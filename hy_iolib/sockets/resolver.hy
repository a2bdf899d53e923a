"The conditions of name services, and how they come from what the resolver says."

(eval-when-compile (require hy-iolib.lisp.conditions [defcondition]))
(import socket :as python)
(import hy-iolib.lisp.conditions [error shown])

(export
  :objects [resolver-error resolver-error-datum resolver-again-error resolver-fail-error
            resolver-no-name-error resolver-unknown-error]
  :macros [])

(defcondition resolver-error [error python.gaierror]
  "A host can't be found; what `lookup-hostname`, `connect` and `dns-query` signal is of one of the
  classes below it. Also `socket.gaierror`, with its `errno` and `strerror`; `datum` is what was
  looked up.

  => (handler-case (lookup-hostname \"no such host\") (resolver-error [c] (resolver-error-datum c)))
  \"no such host\"

  >>> try:
  ...     lookup_hostname('no such host')
  ... except resolver_error as e:
  ...     print(e)
  'no such host': no host can have that name

  Source: the manual, DNS."
  [datum]
  f"{(shown self.datum)}: {self.strerror}")

(defclass resolver-again-error [resolver-error]
  "The name service can't answer now. It may, if asked again.

  Source: the manual, DNS; getaddrinfo(3), EAI_AGAIN.")
(defclass resolver-fail-error [resolver-error]
  "The name service failed for good.

  Source: the manual, DNS; getaddrinfo(3), EAI_FAIL.")
(defclass resolver-no-name-error [resolver-error]
  "No host has that name, or the name no address of the kind that is wanted.

  Source: the manual, DNS; getaddrinfo(3), EAI_NONAME, EAI_NODATA.")
(defclass resolver-unknown-error [resolver-error]
  "The name service failed in a way of its own.

  Source: the manual, DNS.")

;; Not each system has each of these codes.
(setv by-code (dfor [name class] [["EAI_AGAIN" resolver-again-error]
                                  ["EAI_FAIL" resolver-fail-error]
                                  ["EAI_NONAME" resolver-no-name-error]
                                  ["EAI_NODATA" resolver-no-name-error]
                                  ["EAI_ADDRFAMILY" resolver-no-name-error]]
                    :if (hasattr python name)
                    (getattr python name) class))

(defn from-oserror [e datum]
  "The condition, not yet signalled, for E, what a lookup of DATUM raised, which becomes its cause:
  a `gaierror` or, of a system call that failed on the way, another OSError."
  (setv kind (if (isinstance e python.gaierror) (.get by-code e.errno) None))
  (caused e ((or kind resolver-unknown-error) e.errno (or e.strerror (str e)) :datum datum)))

(defn no-name [datum [why "no such host"]]
  (resolver-no-name-error python.EAI-NONAME why :datum datum))

(defn caused [e c]
  (setv c.__cause__ e)
  c)
