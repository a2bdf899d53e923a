"TLS between octets in the clear and a socket's system calls, and the conditions of that.

OpenSSL works on two buffers in memory, so that none of its calls ever waits; who has to wait does so
elsewhere, with the lock free, and comes back. What goes wrong for good stays wrong: each later use is
told the same.

A signal handler may raise wherever a call ends. So a call that takes octets from one place puts them
into another before it returns: an iterator over it does, or a list that is extended by one."

(eval-when-compile
  (require hy-iolib.lisp.conditions [defcondition]))
(import copy [copy])
(import errno os)
(import itertools [repeat])
(import ssl)
(import threading [RLock])
(import time [monotonic])
(import weakref [WeakSet])
(import hy-iolib.lisp.conditions [stream-error])
(import hy-iolib.multiplex.monitoring [monitored reconsider])
(import hy-iolib.multiplex.readiness [INPUT IO poll-timeout])
(import hy-iolib.syscalls [iolib-error])
(import hy-iolib.sockets.classes [NOSIGNAL])

(export
  :objects [tls-error tls-error-stream tls-error-reason
            tls-certificate-error tls-certificate-error-server-name]
  :macros [])

(defcondition tls-error [iolib-error stream-error ssl.SSLError]
  "Something is wrong with TLS on a socket, which can't be used any more. `reason` is OpenSSL's name of
  it, a string like \"WRONG_VERSION_NUMBER\" or \"TLSV1_ALERT_UNKNOWN_CA\", or one of this library:
  \"TRUNCATED\", the connection ended without the peer's word that all was sent; \"PLAINTEXT\", something
  came before TLS began; \"BUSY\", a signal handler used what it had interrupted. It has no errno."
  [stream reason message]
  (+ (if self.stream f"TLS on {self.stream}: " "TLS: ") (or self.message self.reason)))

(defcondition tls-certificate-error [tls-error ssl.SSLCertVerificationError]
  "The peer's certificate is not one to be trusted, or not that of `server-name`. `verify-code` and
  `verify-message` are OpenSSL's."
  [server-name verify-code verify-message]
  (+ (tls-error.__str__ self) (if self.server-name f" (expected: {self.server-name})" "")))

(defn condition-of [e server-name]
  "The condition for E, what `ssl` raises."
  (setv reason (or (getattr e "reason" None) (. (type e) __name__)))
  (setv c (if (isinstance e ssl.SSLCertVerificationError)
              (tls-certificate-error :reason reason
                                     :message f"the certificate is refused: {e.verify-message}"
                                     :server-name server-name
                                     :verify-code e.verify-code :verify-message e.verify-message)
              (tls-error :reason reason :message (.lower (.replace reason "_" " ")))))
  (setv c.library (getattr e "library" None)
        c.__cause__ e)
  c)

(setv TRUNCATED "the connection ended without the peer's word that all was sent"
      BUSY "in use, by what a signal handler has interrupted")

;; Octets of a record, the unit of what is encrypted; how many are encrypted for one system call; and
;; how many are asked for by one.
(setv RECORD 0x4000
      BATCH (* 4 RECORD)
      ;; A batch, with what encryption adds.
      PULL 0x11000)

;; How many times so many octets `discard` drops at most.
(setv MOST-DISCARDED 16)

(setv WANTS-MORE ssl.SSLWantReadError)

;; Of a forked child's parent, too, until it uses them.
(setv channels (WeakSet))

(defn after-fork []
  (for [channel channels]
    (.after-fork channel)))

(when (hasattr os "register_at_fork")
  (os.register-at-fork :after-in-child after-fork))

(defn count-records [octets end]
  "How many records of TLS there are in OCTETS, and before END."
  (setv position 0 count 0 before 0)
  (while (< position (len octets))
    ;; RFC 8446, 5.1: a type, a version, a length of two octets.
    (+= position (+ 5 (.from-bytes int (cut octets (+ position 3) (+ position 5)) "big")))
    (+= count 1)
    (when (<= position end)
      (+= before 1)))
  [count before])

(defmacro exclusively [#* body]
  "The value of BODY, while nobody else uses the channel `self`."
  `(try
     (with [_ self.lock]
       ;; So the lock is this thread's already.
       (when self.busy
         (.refuse-busy self))
       (setv self.busy True)
       (try
         ~@body
         (finally
           (setv self.busy False))))
     (finally
       (when self.news
         (.tell-news self)))))

(defclass tls-channel []
  "TLS over INNER, a non-blocking Python socket that is connected, or about to be.

  `take` and `put` begin with the handshake, as far as it can go. What can't go on raises
  BlockingIOError, and `waits-for` says for what to wait then. DEADLINE is when the handshake must be
  over."

  (defn __init__ [self inner context server-side server-name deadline]
    (setv self.incoming (ssl.MemoryBIO)
          self.outgoing (ssl.MemoryBIO)
          self.tls (.wrap-bio context self.incoming self.outgoing :server-side server-side
                              :server-hostname server-name)
          self.server-name server-name
          self.deadline deadline
          self.established False
          ;; Was it just now, and event bases are still to be told?
          self.news False
          self.failure None
          self.lock (RLock)
          self.busy False
          ;; Is it a parent's, and was not used since the fork?
          self.inherited False)
    ;; Python code around functions of C, by which a signal handler could come between.
    (setv functions (getattr self.tls "_sslobj" self.tls)
          self.read functions.read
          self.write functions.write
          self.pending functions.pending
          self.inner inner
          self.send inner.send
          self.puller (map self.incoming.write (map inner.recv (repeat PULL))))
    ;; Input: what is decrypted, pieces of which b"" is the end; whether the peer has ended it, and
    ;; whether we have.
    (setv self.arrived []
          ;; How many octets were put where they are wanted.
          self.got []
          self.ended False
          self.deaf False
          ;; How often something was taken out of `arrived`.
          self.taken 0
          ;; How many system calls have moved something.
          self.moves 0)
    ;; Output: what is encrypted, sent up to `at`; of how many octets that is the work which nobody
    ;; was told of yet; and these octets, when it could not all be sent. Whether we have ended it.
    (setv self.unsent b""
          self.at 0
          self.credit []
          self.owed None
          ;; How many octets were encrypted at once the last time.
          self.batch 0
          self.shut False
          ;; Is there nothing else to do before more can be encrypted?
          self.ready False)
    (.add channels self))

  (defn after-fork [self]
    (setv self.lock (RLock)
          self.busy False
          self.inherited True
          self.ready False
          self.unsent b""
          self.at 0))

  (defn refuse-busy [self]
    (raise (tls-error :reason "BUSY" :message BUSY)))

  (defn tell-news [self]
    (setv self.news False)
    (when monitored
      (reconsider (.fileno self.inner))))

  (defn fail [self condition]
    ;; A copy, since this one gets a traceback, whose frames hold the channel.
    (setv self.failure (copy condition)
          self.ready False)
    (raise condition))

  (defn refuse-failed [self]
    (raise (copy self.failure)))

  (defn waits-for [self event]
    "What to wait for instead of EVENT."
    (setv unsent (or (< self.at (len self.unsent)) self.outgoing.pending))
    (cond
      (not self.established) (if unsent IO INPUT)
      (and unsent (= event INPUT)) IO
      True event))

  ;; ---- The handshake

  (defn advance [self]
    "Go on with the handshake."
    (exclusively (.shake self)))

  (defn shake [self]
    (when self.failure
      (.refuse-failed self))
    (setv self.inherited False)
    (while (not self.established)
      (try
        (.do-handshake self.tls)
        (setv self.news True
              self.established True
              self.deadline None)
        (except [WANTS-MORE]
          (.exchange self))
        (except [e ssl.SSLError]
          (.tell self)
          (.fail self (condition-of e self.server-name)))))
    (.tell self))

  (defn exchange [self]
    "Send what the handshake has to send, and get what it needs."
    (setv trouble None)
    (try
      (try
        (.push self NOSIGNAL)
        (except [BlockingIOError])
        (except [e OSError]
          ;; What the peer has said before it left tells more.
          (setv trouble e)))
      (try
        (.pull self)
        (except [e BlockingIOError]
          (when trouble
            (raise trouble))
          (when (and (is-not self.deadline None) (>= (monotonic) self.deadline))
            (.fail self (poll-timeout "the TLS handshake was not over within the time allowed")))
          (raise)))
      (finally
        ;; Its traceback holds this frame.
        (setv trouble None))))

  ;; ---- System calls

  (defn pull [self]
    "Get what has come."
    (for [count self.puller] (break))
    (setv self.moves (+ self.moves 1))
    (when (= count 0)
      (if self.deaf
          (setv self.ended True)
          (.fail self (tls-error :reason "TRUNCATED" :message TRUNCATED)))))

  (defn push [self flags]
    "Send all that is encrypted."
    (while True
      (when (= self.at (len self.unsent))
        (when (not self.outgoing.pending)
          (return))
        (setv self.unsent b""
              self.at 0)
        (setv [self.unsent] (map self.outgoing.read #(-1))))
      (if (= self.at 0)
          (setv [count] (map self.send #(self.unsent) #(flags))
                self.at count)
          (with [all (memoryview self.unsent) rest (cut all self.at None)]
            (setv [count] (map self.send #(rest) #(flags))
                  self.at (+ self.at count))))
      (setv self.moves (+ self.moves 1))))

  (defn tell [self]
    "Send what TLS has to say by itself. What can't be sent now is sent before the next."
    (when (or self.outgoing.pending (< self.at (len self.unsent)))
      (try
        (.push self NOSIGNAL)
        (except [OSError]
          (setv self.ready False)))))

  ;; ---- Input

  (defn take [self size]
    "See to it that `arrived` has something, at most SIZE octets; returns the index of the first."
    (when (not self.arrived)
      (exclusively (.decrypt self size)))
    (setv self.taken (+ self.taken 1))
    0)

  (defn arriving [self size]
    "An iterator of what arrives, pieces of at most SIZE octets."
    (map self.arrived.pop (map self.take (repeat size))))

  (defn receive-into [self buffer [size 0] [flags 0]]
    "As the method of Python's sockets. There is no use for SIZE and FLAGS."
    (.fill self buffer)
    (.pop self.got 0))

  (defn arriving-in [self buffer]
    "An iterator of how many octets come into BUFFER, once."
    (map self.got.pop (map self.fill #(buffer))))

  (defn fill [self buffer]
    "Put what comes next into BUFFER; how many octets, is in `got` then. Returns the index of that."
    (with [all (memoryview buffer) view (.cast all "B")]
      (when view.readonly
        (raise (TypeError "read-only")))
      (setv self.taken (+ self.taken 1))
      (try
        (cond
          (= (len view) 0) (.append self.got 0)
          self.arrived (.move self view)
          True (exclusively (.decrypt self (len view) view)))
        (except [BaseException]
          (when self.got
            ;; As if it had not been read.
            (setv (cut self.arrived 0 0) [(bytes (cut view (sum self.got)))])
            (.clear self.got))
          (raise))))
    0)

  (defn move [self view]
    "Move octets from `arrived` to VIEW."
    (setv piece (get self.arrived 0)
          count (min (len piece) (len view))
          rest (if (= count (len piece)) [] [(cut piece count None)]))
    (setv (cut view count) (cut piece count))
    (.append self.got count)
    (setv (cut self.arrived 1) rest))

  (defn decrypt [self size [view None] [pull True]]
    "Put what comes next into `arrived`, in pieces of at most SIZE octets, of which an empty one is the
    end; or into VIEW, of SIZE, and how many octets into `got`. With PULL false, only what was got
    already."
    (when self.failure
      (.refuse-failed self))
    (setv incoming self.incoming
          count 0)
    (while (not self.ended)
      (when (not self.established)
        (.shake self))
      (when (or incoming.pending (self.pending))
        (try
          (while True
            (if (is view None)
                (do
                  (.extend self.arrived (map self.read #(size)))
                  (setv more (len (get self.arrived -1))))
                (with [rest (cut view count None)]
                  (.extend self.got (map self.read #((- size count)) #(rest)))
                  (setv more (get self.got -1))))
            (when (= more 0)
              (setv self.ended True)
              (break))
            (setv count (+ count more))
            (when (or (not incoming.pending) (and (is-not view None) (= count size)))
              (break)))
          (except [WANTS-MORE])
          ;; How the end is told to who has ended the output already.
          (except [ssl.SSLZeroReturnError]
            (setv self.ended True)
            (if (is view None)
                (.append self.arrived b"")
                (.append self.got 0)))
          (except [e ssl.SSLError]
            (.tell self)
            (setv c (condition-of e self.server-name))
            ;; What came before is told first.
            (if count
                (setv self.failure c
                      self.ready False)
                (.fail self c))))
        (when self.outgoing.pending
          (.tell self))
        (when (or count self.ended)
          (when (is-not view None)
            (setv (cut self.got None None) [count]))
          (return)))
      (when (not pull)
        (raise (BlockingIOError)))
      (.pull self))
    (if (is view None)
        (.append self.arrived b"")
        (.append self.got 0)))

  (defn look [self pull]
    "Is there something to be told: octets, the end, an error? With PULL false, only of what was got
    already."
    (when (not (or self.arrived self.failure))
      (try
        (exclusively (.decrypt self RECORD None pull))
        (except [BlockingIOError]
          (return False))
        (except [e OSError]
          ;; The system tells it once.
          (cond
            self.failure None
            (isinstance e iolib-error) (raise)
            True (setv self.failure (copy e)
                       self.ready False)))))
    True)

  ;; ---- Output

  (defn put [self octets flags]
    "Send the first of OCTETS; how many, is in `credit` then. Returns the index of that. What can't be
    sent whole is to be given again, OCTETS as before; others, if it is not."
    (exclusively
      (when (or self.credit (not self.ready))
        (.prepare self octets flags))
      (setv self.ready False)
      (try
        (when (not self.credit)
          (if (and (is (type octets) bytes) (<= (len octets) BATCH))
              (.seal self octets)
              (with [all (memoryview octets) view (.cast all "B") part (cut view BATCH)]
                (.seal self part)))
          (setv self.batch (get self.credit 0)))
        (.push self flags)
        (setv self.ready True)
        (except [BlockingIOError]
          (when (not (.owe self octets))
            (raise)))))
    0)

  (defn sending [self octets flags]
    "An iterator of how many of OCTETS are sent, of sequences of these and of flags."
    (map self.credit.pop (map self.put octets flags)))

  (defn transmit [self octets flags]
    "As the method `send` of Python's sockets."
    (with [view (memoryview octets)]
      (when (not view.nbytes)
        (return 0)))
    (.put self octets flags)
    (.pop self.credit 0))

  (defn prepare [self octets flags]
    "See to it that OCTETS can be encrypted, or are known to be what is."
    (when self.failure
      (.refuse-failed self))
    (when self.shut
      (raise (OSError errno.EPIPE (os.strerror errno.EPIPE))))
    (when (not self.established)
      (.shake self))
    (setv self.inherited False)
    (when (and self.credit (not (.again? self octets)))
      (.clear self.credit)
      (setv self.owed None))
    (when (not self.credit)
      (.push self flags)))

  (defn seal [self octets]
    "Encrypt OCTETS, or the first of them; how many, is added to `credit`."
    (while True
      (try
        (.extend self.credit (map self.write #(octets)))
        (return)
        ;; As of a handshake that a peer of TLS 1.2 begins anew.
        (except [WANTS-MORE]
          (.exchange self))
        (except [e ssl.SSLError]
          (.fail self (condition-of e self.server-name))))))

  (defn owe [self octets]
    "Of OCTETS, which are encrypted, not all is sent. Remember the rest, and put into `credit` how many
    are in records that are; whether there are any."
    (setv size (sum self.credit)
          [records sent] (count-records self.unsent self.at)
          ;; If it is as it should be: nothing else between, and none shorter.
          done (if (= records (- (// (- self.batch) RECORD)))
                   (- (min self.batch (* sent RECORD)) (- self.batch size))
                   0))
    (with [all (memoryview octets) view (.cast all "B")]
      (setv self.owed (bytes (cut view done size))))
    (setv (cut self.credit None None) (if done [done (- size done)] [size]))
    (> done 0))

  (defn again? [self octets]
    "Are OCTETS those that could not be sent whole the last time, as far as they go?"
    (setv count (sum self.credit))
    (with [all (memoryview octets) view (.cast all "B")]
      (setv size (min count (len view)))
      (when (or (= size 0) (and (is-not self.owed None) (!= (cut view size) (cut self.owed size))))
        (return False)))
    ;; Of what an interrupt left, and of which only a part is given again, nothing is known.
    (when (and (< size count) (is self.owed None))
      (return False))
    (setv (cut self.credit None None) (if (< size count) [size (- count size)] [count]))
    (when (< size count)
      (setv self.owed (cut self.owed size None)))
    True)

  (defn discard [self]
    "Drop what has come and nobody will read: a connection that is closed before it is, is reset, and
    what was sent may be lost."
    (try
      (for [[count _] (zip self.puller (range MOST-DISCARDED))]
        (when (= count 0)
          (break)))
      (except [OSError])))

  (defn end-output [self]
    "Say that no more will come, and send all."
    (exclusively (.say-goodbye self)))

  (defn say-goodbye [self]
    (when self.failure
      (.refuse-failed self))
    (when (not self.established)
      (.shake self))
    (setv self.ready False)
    (when (not self.shut)
      (try
        ;; It looks for the peer's goodbye, and could do nothing with octets that it found instead.
        (while (not self.ended)
          (.decrypt self RECORD None False))
        (except [BlockingIOError]))
      (try
        (.unwrap self.tls)
        (except [ssl.SSLError]))
      (setv self.shut True))
    (.push self NOSIGNAL)))
