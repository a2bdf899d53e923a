"Designators of hosts and ports, and the name services that find what they mean."

(eval-when-compile (require hy-iolib.lisp.conditions [defcondition]))
(import socket :as python-socket)
(import hy-iolib.lisp.conditions [error])
(import hy-iolib.lisp.checking [check-integer refuse])
(import hy-iolib.lisp.handlers [signal-error])
(import hy-iolib.lisp.keywords [keyword-name])
(import hy-iolib.sockets.addresses [from-designator from-text])

(export
  :objects [resolver-error resolver-error-datum resolver-again-error resolver-fail-error
            resolver-no-name-error resolver-unknown-error
            unknown-service unknown-service-datum]
  :macros [])

(defcondition resolver-error [error python-socket.gaierror]
  "A host can't be found. Also `socket.gaierror`."
  [datum]
  f"{self.datum !r}: {self.strerror}")

(defclass resolver-again-error [resolver-error]
  "The name service can't answer now.")
(defclass resolver-fail-error [resolver-error]
  "The name service failed for good.")
(defclass resolver-no-name-error [resolver-error]
  "No host has that name.")
(defclass resolver-unknown-error [resolver-error]
  "The name service failed in a way of its own.")

(defcondition unknown-service [error LookupError]
  "No service has that name."
  [datum]
  f"no service is called {self.datum !r}")

(setv by-code {python-socket.EAI-AGAIN resolver-again-error
               python-socket.EAI-FAIL resolver-fail-error
               python-socket.EAI-NONAME resolver-no-name-error
               (getattr python-socket "EAI_NODATA" None) resolver-no-name-error})

(defn host-addresses [argument host family]
  "The addresses, at least one, that HOST designates: an address designator, or a name that has
  addresses of FAMILY."
  (setv found (from-designator host))
  (cond
    (is-not found None) [found]
    (isinstance host str) (look-up (str host) family)
    True (refuse argument host "a host: an address, its text, octets or groups, or a name")))

(defn look-up [name family]
  (when (or (not name) (in "\0" name))
    (signal-error resolver-no-name-error python-socket.EAI-NONAME "no such host" :datum name))
  (try
    (lfor entry (dict.fromkeys
                  (gfor [_ _ _ _ [text #* _]] (python-socket.getaddrinfo
                                                name None family python-socket.SOCK-STREAM)
                        text))
          :setv found (from-text entry)
          :if found
          found)
    (except [e python-socket.gaierror]
      (signal-error (caused e ((.get by-code e.errno resolver-unknown-error)
                                e.errno e.strerror :datum name))))
    ;; The IDNA codec refuses labels that no name server could hold.
    (except [e UnicodeError]
      (signal-error (caused e (resolver-no-name-error python-socket.EAI-NONAME "no such host"
                                                      :datum name))))))

(defn caused [e c]
  (setv c.__cause__ e)
  c)

(defn port-number [argument port]
  "The number that PORT, an integer from 0 to 65535, its digits, or a service's name, designates."
  (setv name (if (isinstance port int) None (keyword-name port)))
  (cond
    (is name None) (check-integer argument port 0 65535)
    (and (.isascii name) (.isdigit name) (<= (len name) 5))
      (check-integer argument (int name) 0 65535)
    (and (.isascii name) (.isdigit name))
      (refuse argument port "an integer from 0 to 65535")
    True
      (try
        (python-socket.getservbyname name "tcp")
        (except [e [OSError ValueError]]
          (signal-error (caused e (unknown-service :datum port)))))))
