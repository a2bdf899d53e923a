"Passing descriptors to other processes over local sockets."

(import array errno os)
(import functools [partial])
(import socket :as python)
(import hy-iolib.lisp.checking [refuse])
(import hy-iolib.lisp.conditions [end-of-file])
(import hy-iolib.lisp.handlers [signal-error])
(import hy-iolib.multiplex.readiness [INPUT OUTPUT descriptor])
(import hy-iolib.syscalls [iolib-error])
(import hy-iolib.sockets.classes [NOSIGNAL active-socket local-socket check-socket])
(import hy-iolib.sockets.tls [tls-p])

(export :objects [send-file-descriptor receive-file-descriptor no-descriptor] :macros [])

(defclass no-descriptor [iolib-error]
  "The peer sent octets, and no descriptor with them: what `receive-file-descriptor` signals.

  => (setv [a b] (make-socket-pair))
  => (send-to a b\"hello\")
  => (handler-case (receive-file-descriptor b) (no-descriptor [] \"none\"))
  \"none\"

  Source: hy_iolib's own.")

;; The kernel passes at most so many at once; all that come must be taken, or they would stay open.
(setv MOST 253
      SPACE (python.CMSG-SPACE (* MOST (. (array.array "i") itemsize)))
      CLOEXEC (getattr python "MSG_CMSG_CLOEXEC" 0))

(defn send-file-descriptor [socket file-descriptor * [timeout None]]
  "Send FILE-DESCRIPTOR, an integer or what has a `fileno`, over SOCKET, an active local socket, with one
  octet that carries it; waits, at most TIMEOUT seconds if that is given. The receiver, who must use
  `receive-file-descriptor`, gets a descriptor of its own; close FILE-DESCRIPTOR or go on to use it.
  Returns SOCKET. Signals `poll-timeout`, `epipe` when the peer has closed, `type-error` of a wrong
  argument.

  => (setv [a b] (make-socket-pair) [c d] (make-socket-pair))
  => (send-file-descriptor a (socket-os-fd c))
  => (with [s (make-socket-from-fd (receive-file-descriptor b))] (send-to s b\"x\") (read-byte d))
  120

  >>> import os
  >>> a, b = make_socket_pair()
  >>> with open('note', 'w') as file:
  ...     send_file_descriptor(a, file) is a
  True
  >>> fd = receive_file_descriptor(b)
  >>> os.write(fd, b'hello')
  5
  >>> os.close(fd)

  Source: the manual, Socket Operators; unix(7), SCM_RIGHTS."
  (check-passing "send-file-descriptor" socket)
  (setv rights (array.array "i" [(descriptor "file-descriptor" file-descriptor)])
        deadline (._deadline socket OUTPUT timeout)
        tries 0)
  (while True
    (try
      (.sendmsg socket.python-socket [b"\0"] [#(python.SOL-SOCKET python.SCM-RIGHTS rights)] NOSIGNAL)
      (return socket)
      (except [BlockingIOError]
        (._wait socket OUTPUT deadline tries)
        (+= tries 1))
      (except [e OSError]
        (._fail socket e "sendmsg")))))

(defn receive-file-descriptor [socket * [timeout None]]
  "The descriptor, an integer, that the peer of SOCKET, an active local socket, sends; waits for it,
  at most TIMEOUT seconds if that is given. It is the caller's own, and not inherited by programs
  that it starts. When a peer sends more than one, the first counts and the others are closed.

  `end-of-file` when the peer has closed, `no-descriptor` when it sent an octet without one, `emfile`
  when this process can have no more, `poll-timeout` when the time is over.

  => (setv [a b] (make-socket-pair))
  => (send-file-descriptor a (socket-os-fd a))
  => (with [s (make-socket-from-fd (receive-file-descriptor b))] (socket-type s))
  :stream

  >>> a, b = make_socket_pair()
  >>> with make_socket() as s:
  ...     send_file_descriptor(a, s) is a
  True
  >>> with make_socket_from_fd(receive_file_descriptor(b)) as s:
  ...     s
  #<active IPv4 stream socket, unconnected>

  Source: the manual, Socket Operators; unix(7), SCM_RIGHTS."
  (check-passing "receive-file-descriptor" socket)
  (setv deadline (._deadline socket INPUT timeout) tries 0 arrived [] fd None)
  (try
    (while (not arrived)
      (try
        ;; Into the list from within C, so that an interrupt can't lose what has come.
        (.extend arrived (map (partial socket.python-socket.recvmsg 1 SPACE) [CLOEXEC]))
        (except [BlockingIOError]
          (._wait socket INPUT deadline tries)
          (+= tries 1))
        (except [e OSError]
          (._fail socket e "recvmsg"))))
    (setv [octets _ flags _] (get arrived 0)
          fds (descriptors-in arrived))
    (cond
      fds (do
            (os.set-inheritable (get fds 0) False)
            (setv fd (get fds 0)))
      (& flags python.MSG-CTRUNC)
        (._fail socket (OSError errno.EMFILE (os.strerror errno.EMFILE)) "recvmsg")
      (or octets (!= socket.type "stream"))
        (signal-error no-descriptor f"{socket} received an octet without a descriptor")
      True (signal-error end-of-file :stream socket))
    (finally
      (for [other (descriptors-in arrived)]
        (when (!= other fd)
          (os.close other)))))
  fd)

(defn descriptors-in [arrived]
  "The descriptors that came with ARRIVED, results of recvmsg(2)."
  (setv fds (array.array "i"))
  (for [[_ ancillary _ _] arrived
        [level type data] ancillary]
    (when (= #(level type) #(python.SOL-SOCKET python.SCM-RIGHTS))
      (.frombytes fds (cut data (- (len data) (% (len data) fds.itemsize))))))
  fds)

(defn check-passing [operator socket]
  (when (and (isinstance socket local-socket) (tls-p socket))
    (refuse f"{operator}: socket" socket "a socket without TLS, which has no place for descriptors"))
  (check-socket operator socket local-socket "an active local socket")
  (check-socket operator socket active-socket "an active local socket"))
