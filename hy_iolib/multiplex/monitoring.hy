"Which event bases have handlers for which descriptors, for those that know only the descriptor: who
closes it, who can't accept from it, and who begins to speak TLS over it.

After a fork the child has none: it shares the descriptors that its parent's bases poll with, and
must not change them."

(import errno os)
(import weakref [ref])

(export :objects [] :macros [])

;; Number of a descriptor -> weak references to event bases.
(setv monitored {})

(when (hasattr os "register_at_fork")
  (os.register-at-fork :after-in-child monitored.clear))

(defn bases-of [fd]
  (lfor base (map (fn [reference] (reference)) (.get monitored fd #()))
    :if (is-not base None)
    base))

(defn note-monitored [fd base]
  (setv (get monitored fd) (tuple (map ref [#* (bases-of fd) base]))))

(defn note-unmonitored [fd base]
  (setv rest (tuple (gfor other (bases-of fd) :if (is-not other base) (ref other))))
  (if rest
      (setv (get monitored fd) rest)
      (.pop monitored fd None)))

(defn forget [fd]
  "FD is about to be closed: its handlers go."
  (for [base (bases-of fd)]
    (._forget base fd)))

(defn reconsider [fd]
  "What is to be watched of FD has changed."
  (for [base (bases-of fd)]
    (._reconsider base fd)))

;; What accept(2) says when the process, or the system, has not enough of something.
(setv SHORTAGES #(errno.EMFILE errno.ENFILE errno.ENOBUFS errno.ENOMEM)
      ;; Seconds until the next attempt to accept then.
      PAUSE 1)

(defn pause-accepting [fd]
  "Let the read handlers of FD, from which nothing can be accepted for a shortage, not be called for
  a while: FD stays readable. Returns whether there are any."
  (any (lfor base (bases-of fd) (._pause base fd PAUSE))))
