"The files of local sockets: how long their paths may be, who may remove one, and when."

(import errno os stat sys)
(import socket :as python)
(import hy-iolib.lisp.handlers [signal-error])
(import hy-iolib.multiplex.waking :as waking)
(import hy-iolib.syscalls [condition-from])
(import hy-iolib.sockets.addresses [ensure-address])

(export :objects [] :macros [])

;; The octets that fit into sun_path of sockaddr_un before the NUL at its end.
(setv LONGEST (if (.startswith sys.platform "linux") 107 103))

(defn local-place [address syscall]
  "What system calls take for ADDRESS, a designator of a local address."
  (setv a (ensure-address address :family "local")
        octets (os.fsencode a.name))
  (when (> (len octets) LONGEST)
    (signal-error (condition-from
                    (OSError errno.ENAMETOOLONG (os.strerror errno.ENAMETOOLONG)) syscall
                    :place #((repr (str a)) f"{(len octets)} octets, where {LONGEST} fit"))))
  (if a.abstract (+ b"\0" octets) octets))

(defn file? [place]
  "Does PLACE, as `local-place` returns it, stand for a file?"
  (not-in (cut place 1) #(b"\0" b"")))

(defclass socket-file []
  "The file that a socket was bound to. Its maker removes it on closing, if it is still that file: a
  forked child does not, and what has taken its place stays."
  (defn __init__ [self place]
    (setv status (os.lstat place)
          ;; The working directory may change.
          self.path (os.path.abspath place)
          self.identity #(status.st-dev status.st-ino)
          self.process waking.process))

  (defn remove [self]
    (when (is self.process waking.process)
      ;; Between the look and the removal another may take its place: no system call does both.
      (try
        (setv status (os.lstat self.path))
        (when (= #(status.st-dev status.st-ino) self.identity)
          (os.unlink self.path))
        (except [OSError])))))

(defn bind-file [socket place reuse mode]
  "Bind SOCKET, ours, to the file PLACE; with REUSE, in place of one where nobody answers; with
  MODE, with these permissions."
  (setv inner socket.python-socket
        fresh (not (.getsockname inner)))
  (try
    (when (is-not mode None)
      ;; Linux makes the file with these, less the umask: at no time can more people connect than
      ;; shall.
      (try
        (os.fchmod (.fileno inner) mode)
        (except [OSError])))
    (try
      (.bind inner place)
      (except [e OSError]
        (when (not (and reuse fresh (= e.errno errno.EADDRINUSE) (remove-stale place)))
          (raise))
        (.bind inner place)))
    (setv socket._file (socket-file place))
    ;; What the umask took away. This follows links, so it is left out where there is nothing to do.
    (when (not-in mode #(None (stat.S-IMODE (. (os.lstat place) st-mode))))
      (os.chmod place mode))
    (except [BaseException]
      ;; An interrupt after the file was made: nobody would remove it.
      (when (and fresh (is socket._file None) (.getsockname inner))
        (os.unlink place))
      (raise))))

(defn remove-stale [place]
  "Remove the file PLACE if it is a socket's at which nobody answers; returns whether it did. A
  symbolic link is never followed."
  (try
    (setv before (os.lstat place))
    (when (or (not (stat.S-ISSOCK before.st-mode)) (answered? place))
      (return False))
    ;; Who has bound a new one meanwhile has a new file. What happens from here on can't be seen.
    (setv now (os.lstat place))
    (when (!= #(now.st-dev now.st-ino) #(before.st-dev before.st-ino))
      (return False))
    (os.unlink place)
    True
    (except [FileNotFoundError]
      True)
    (except [OSError]
      False)))

(defn answered? [place]
  ;; A listener does not notice a datagram socket that asks for it: it is of another type, it is
  ;; told.
  (with [probe (python.socket python.AF-UNIX python.SOCK-DGRAM)]
    (!= (.connect-ex probe place) errno.ECONNREFUSED)))
