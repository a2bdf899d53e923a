"Socket options: `socket-option` and its `setf`, from a table."

(eval-when-compile (require hy-iolib.lisp.operators [defoperator]))
(import socket :as python)
(import hy-iolib.lisp.checking [check-integer check-one-of refuse])
(import hy-iolib.lisp.keywords [keyword])
(import hy-iolib.lisp.places [defsetf])
(import hy-iolib.sockets.classes [socket check-socket])
(import hy-iolib.sockets.connecting [attempt])

(export :objects [socket-option set-socket-option] :macros [socket-option])

;; Option -> (level, constant, type, "r" and "w").
(setv options {})

(defmacro define-socket-options [level #* rows]
  "Of each row, NAME, CONSTANT, TYPE and ACCESS (r, w or rw): a socket option of LEVEL. An option whose
  constant the system lacks is not there."
  `(do ~@(gfor [name constant type access] rows
          `(when (hasattr python ~(str constant))
             (setv (get options ~(str name))
                   #((. python ~level) (. python ~constant) ~(str type) ~(str access)))))))

(define-socket-options SOL-SOCKET
  [accept-connections  SO_ACCEPTCONN   bool r]
  [error               SO_ERROR        int  r]
  [keep-alive          SO_KEEPALIVE    bool rw]
  [receive-buffer      SO_RCVBUF       int  rw]
  [reuse-address       SO_REUSEADDR    bool rw]
  [send-buffer         SO_SNDBUF       int  rw])

(define-socket-options IPPROTO-TCP
  [tcp-nodelay         TCP_NODELAY     bool rw])

(defn find-option [operator socket option-name access]
  (check-socket operator socket any-socket "a socket")
  (setv row (get options (check-one-of "option-name" option-name (tuple options))))
  (when (not-in access (get row 3))
    (refuse "option-name" option-name (get {"r" "an option that can be read"
                                            "w" "an option that can be set"} access)))
  (cut row 3))

(setv any-socket socket)


(defoperator socket-option [socket #^ keyword option-name]
  "The value of a socket option of SOCKET: a bool or an integer. `setf` sets it; in Python
  `set_socket_option`.

  Options: `:accept-connections` and `:error` (read only), `:keep-alive`, `:receive-buffer`,
  `:reuse-address`, `:send-buffer`, `:tcp-nodelay`.

  => (with-open-socket [s]
       (setf (socket-option s :tcp-nodelay) True)
       (socket-option s :tcp-nodelay))
  True

  Source: IOLib's options; socket(7), tcp(7)."
  (setv [level constant type] (find-option "socket-option" socket option-name "r")
        value (attempt socket "getsockopt" level constant))
  (if (= type "bool") (bool value) value))

(defn set-socket-option [socket option-name value]
  "Set a socket option of SOCKET to VALUE: `(setf (socket-option socket :name) value)`, as a function.

  => (with-open-socket [s]
       (set-socket-option s \"keep-alive\" True)
       (socket-option s :keep-alive))
  True"
  (setv [level constant type] (find-option "set-socket-option" socket option-name "w"))
  (attempt socket "setsockopt" level constant
           (if (= type "bool") (int (bool value)) (check-integer "value" value 0 0x7fffffff)))
  value)

(defsetf socket-option set-socket-option)
