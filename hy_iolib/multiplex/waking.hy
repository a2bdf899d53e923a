"A waker: a descriptor that is polled beside others, so that another thread can end the wait. It
belongs to a process: what a forked child has of its parent's is not for waking."

(import os socket)
(import io [FileIO])

(export :objects [] :macros [])

;; Which process this is: what is inherited over a fork can be told by it.
(setv process (object))

(defn after-fork []
  (global process)
  (setv process (object)))

(when (hasattr os "register_at_fork")
  (os.register-at-fork :after-in-child after-fork))

(defclass EventWaker []
  "On Linux's eventfd: one descriptor."
  (setv __slots__ #("file" "process" "__weakref__"))

  (defn __init__ [self]
    ;; All within one call: between two, an interrupt would leave a descriptor that nobody owns.
    (setv self.file (next (map FileIO (map os.eventfd [0] [(| os.EFD-CLOEXEC os.EFD-NONBLOCK)])
                                      ["r+"]))))

  (defn fileno [self]
    (.fileno self.file))

  (defn wake [self]
    (os.eventfd-write (.fileno self.file) 1))

  (defn drain [self]
    "Forget that it was woken."
    (try
      (os.eventfd-read (.fileno self.file))
      (except [BlockingIOError])))

  (defn close [self]
    (.close self.file)))

(defclass SocketWaker []
  "On a socket pair, which every system can poll."
  (setv __slots__ #("receiver" "sender" "process" "__weakref__"))

  (defn __init__ [self]
    (setv [self.receiver self.sender] (socket.socketpair))
    (.setblocking self.receiver False)
    (.setblocking self.sender False))

  (defn fileno [self]
    (.fileno self.receiver))

  (defn wake [self]
    (try
      (.send self.sender b"!")
      ;; Full: it will be woken.
      (except [BlockingIOError])))

  (defn drain [self]
    (try
      (while (.recv self.receiver 4096))
      (except [BlockingIOError])))

  (defn close [self]
    (.close self.receiver)
    (.close self.sender)))

(setv Waker (if (hasattr os "eventfd") EventWaker SocketWaker))
