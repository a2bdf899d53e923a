"TLS between octets in the clear and a socket's system calls, and the conditions of that.

OpenSSL works on two buffers in memory, so that none of its calls ever waits; who has to wait does so
elsewhere, with the lock free, and comes back. What goes wrong for good stays wrong: each later use is
told the same.

A signal handler may raise wherever a call ends, and Python runs it at the end of OpenSSL's calls, too,
whose results are lost then. What was to be encrypted is known, and that it was shows; but what was
decrypted is gone, and so is the connection. All else changes in steps without a call between, up to the
return."

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
  came before TLS began; \"INTERRUPTED\", a signal handler raised while octets were decrypted; \"BUSY\",
  it used what it had interrupted. `place` is what the stream printed as, when it was open. It has no
  errno.

  => (setv [a b] (make-socket-pair))
  => (start-tls a :server-name \"example.org\" :wait False)
  => (shutdown b :write True)
  => (handler-case (read-line a) (tls-error [c] (tls-error-reason c)))
  \"TRUNCATED\"
  => (close a :abort True)
  True

  Source: hy_iolib's own; RFC 8446; Python's module ssl."
  [stream reason message place]
  (+ (if self.place f"TLS on {self.place}: " "TLS: ") (or self.message self.reason "failed")))

(defcondition tls-certificate-error [tls-error ssl.SSLCertVerificationError]
  "The peer's certificate is not one to be trusted, or not that of `server-name`. `verify-code` and
  `verify-message` are OpenSSL's.

  Source: hy_iolib's own; RFC 5280, RFC 6125; Python's module ssl."
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
      CUT-EARLY "the connection ended in the midst of the TLS handshake"
      BUSY "in use, by what a signal handler has interrupted"
      INTERRUPTED "a signal handler raised while octets were decrypted, which are lost")

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

(defn first-of [octets]
  "The first of OCTETS, as many as are encrypted at once."
  (with [all (memoryview octets) view (.cast all "B")]
    (bytes (cut view BATCH))))

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
  BlockingIOError, and `waits-for` says for what to wait then. `deadline` is when the handshake must
  be over."

  (defn __init__ [self inner context server-side server-name]
    (setv self.incoming (ssl.MemoryBIO)
          self.outgoing (ssl.MemoryBIO)
          self.tls (.wrap-bio context self.incoming self.outgoing :server-side server-side
                              :server-hostname server-name)
          self.server-name server-name
          self.deadline None
          self.established False
          ;; Was it just now, and event bases are still to be told?
          self.news False
          self.failure None
          self.lock (RLock)
          self.busy False
          ;; Is it a parent's, and was not used since the fork?
          self.inherited False)
    ;; Without the Python code around them.
    (setv functions (getattr self.tls "_sslobj" self.tls)
          self.read functions.read
          self.write functions.write
          self.pending functions.pending
          self.inner inner
          self.send inner.send
          ;; What comes goes into the buffer by one call, and can't be lost between.
          self.puller (map self.incoming.write (map inner.recv (repeat PULL))))
    ;; Input: what is decrypted, pieces of which b"" is the end; how many octets were put where they are
    ;; wanted; whether the peer has ended it, and whether we have.
    (setv self.arrived []
          self.got []
          ;; May OpenSSL have more of a record that was read in part?
          self.rest False
          self.ended False
          self.deaf False
          ;; How often something was taken, and how many system calls have moved something.
          self.taken 0
          self.moves 0)
    ;; Output: what is encrypted, sent up to `at`; of which octets that is the work, and of how many of
    ;; them the caller knows. Whether we have ended it.
    (setv self.unsent b""
          self.at 0
          self.sealed None
          self.told 0
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
          self.at 0
          self.sealed None)
    (.read self.outgoing))

  (defn refuse-busy [self]
    (raise (tls-error :reason "BUSY" :message BUSY)))

  (defn tell-news [self]
    (setv self.news False)
    (when monitored
      (reconsider (.fileno self.inner))))

  (defn fail [self condition]
    ;; A copy, since this one gets a traceback, whose frames hold the channel; and so that they don't hold
    ;; the condition.
    (setv self.failure (copy condition)
          self.ready False)
    (try
      (raise condition)
      (finally
        (del condition))))

  (defn fail-by [self e]
    "Fail by E, what `ssl` raises; the peer is told."
    (.push-what-goes self)
    (try
      (.fail self (condition-of e self.server-name))
      (finally
        (del e))))

  (defn end [self]
    "Nothing more comes from the system."
    (if (and self.deaf self.established)
        (setv self.ended True)
        (.fail self (tls-error :reason "TRUNCATED" :message (if self.established TRUNCATED CUT-EARLY)))))

  (defn refuse-failed [self]
    (raise (copy self.failure)))

  (defn unsent? [self]
    "Is there something of TLS's own to be sent? What of a caller's octets is not sent, is sent when it
    gives them again, as those of a socket without TLS are."
    (and (is self.sealed None)
         (or (< self.at (len self.unsent)) self.outgoing.pending)))

  (defn waits-for [self event]
    "What to wait for instead of EVENT."
    (cond
      (not self.established) (if (.unsent? self) IO INPUT)
      (and (= event INPUT) (.unsent? self)) IO
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
          (.fail-by self e))))
    (.tell self)
    (setv self.ready (not (or self.shut (.unsent? self)))))

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
        (setv count (.pull self))
        (except [e BlockingIOError]
          (when trouble
            (raise trouble))
          (when (and (is-not self.deadline None) (>= (monotonic) self.deadline))
            (.fail self (poll-timeout :fd (.fileno self.inner) :event-type INPUT)))
          (raise)))
      (when (= count 0)
        (if trouble
            (raise trouble)
            (.end self)))
      (finally
        ;; Its traceback holds this frame.
        (setv trouble None))))

  ;; ---- System calls

  (defn pull [self]
    "Get what has come; 0 when nothing will any more."
    (for [count self.puller] (break))
    (setv self.moves (+ self.moves 1))
    count)

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
    (when (.unsent? self)
      (.push-what-goes self)))

  (defn push-what-goes [self]
    (try
      (.push self NOSIGNAL)
      (except [OSError]
        (setv self.ready False))))

  ;; ---- Input

  (defn take [self size]
    "See to it that `arrived` has something, pieces of at most SIZE octets; returns the index of the
    first."
    (when (not self.arrived)
      (exclusively
        (when (not self.arrived)
          (.decrypt self size))))
    (setv self.taken (+ self.taken 1))
    0)

  (defn arriving [self size]
    "An iterator of what arrives, pieces of at most SIZE octets."
    (map self.arrived.pop (map self.take (repeat size))))

  (defn fill [self buffer]
    "Put what comes next into BUFFER; how many octets, is in `got` then. Returns the index of that."
    (try
      (setv (cut self.got None None) [])
      (setv self.taken (+ self.taken 1))
      (with [view (memoryview buffer)]
        (when view.readonly
          (raise (TypeError "read-only")))
        (if (is (type buffer) bytearray)
            (.fill-view self view)
            (with [octets (.cast view "B")]
              (.fill-view self octets))))
      (except [BaseException]
        (when self.got
          ;; As if it had not been read.
          (with [all (memoryview buffer) view (.cast all "B")]
            (setv (cut self.arrived 0 0) [(bytes (cut view (get self.got 0)))])))
        (raise)))
    0)

  (defn fill-view [self view]
    (exclusively
      (cond
        self.arrived (.move self view)
        ;; OpenSSL would say 0, as at the end.
        (= (len view) 0) (setv (cut self.got None None) [0])
        True (.decrypt self (len view) view))))

  (defn arriving-in [self buffer]
    "An iterator of how many octets come into BUFFER, once."
    (map self.got.pop (map self.fill #(buffer))))

  (defn receive-into [self buffer [size 0] [flags 0]]
    "As the method of Python's sockets. There is no use for SIZE and FLAGS."
    (.fill self buffer)
    (.pop self.got 0))

  (defn move [self view]
    "Move octets from `arrived` to VIEW."
    (setv piece (get self.arrived 0)
          count (min (len piece) (len view))
          rest (if (= count (len piece)) [] [(cut piece count None)]))
    (setv (cut view count) (cut piece count))
    (setv (cut self.arrived 1) rest)
    (setv (cut self.got None None) [count]))

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
      (setv encrypted incoming.pending
            clear (if self.rest (self.pending) 0)
            safe True)
      (when (or encrypted clear)
        (try
          (while True
            (setv safe False)
            (if (is view None)
                (do
                  (setv piece (self.read size))
                  (+= self.arrived [piece])
                  (setv safe True
                        more (len piece)
                        self.rest (= more size)))
                (with [rest (cut view count None)]
                  (setv more (self.read (- size count) rest))
                  (setv (cut self.got None None) [(+ count more)])
                  (setv safe True
                        self.rest (= (+ count more) size))))
            (when (= more 0)
              (setv self.ended True)
              (break))
            (setv count (+ count more)
                  encrypted incoming.pending
                  clear 0)
            (when (or (= encrypted 0) (and (is-not view None) (= count size)))
              (break)))
          (except [WANTS-MORE]
            (setv self.rest False))
          ;; How the end is told to who has ended the output already.
          (except [ssl.SSLZeroReturnError]
            (setv self.ended True)
            (when (is view None)
              (+= self.arrived [b""])))
          (except [e ssl.SSLError]
            ;; What came before is told first.
            (try
              (.fail-by self e)
              (except [[tls-error]]
                (when (= count 0)
                  (raise)))))
          (except [BaseException]
            (setv self.rest True)
            (when (not (or safe (and (= incoming.pending encrypted) (= (self.pending) clear))))
              (setv self.failure (tls-error :reason "INTERRUPTED" :message INTERRUPTED)
                    self.ready False))
            (raise)))
        (when self.outgoing.pending
          (.tell self))
        (when (or count self.ended)
          (when (is-not view None)
            (setv (cut self.got None None) [count]))
          (return)))
      (when (not pull)
        (raise (BlockingIOError)))
      (when (not self.ready)
        (.tell self))
      (for [pulled self.puller] (break))
      (setv self.moves (+ self.moves 1))
      (when (= pulled 0)
        (.end self)))
    (if (is view None)
        (+= self.arrived [b""])
        (setv (cut self.got None None) [0])))

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
    "Send the first of OCTETS; returns a list of how many. What can't be sent whole is to be given again,
    OCTETS as before; others, if it is not."
    (exclusively
      (setv quick (and self.ready (is (type octets) bytes) (<= (len octets) BATCH) (is self.sealed None))
            limit (if quick None (.prepare self octets flags))
            self.ready False)
      (when (is self.sealed None)
        (.seal self (if quick octets (first-of octets))))
      (setv size (len self.sealed))
      (try
        (.push self flags)
        (setv blocked False
              count (- size self.told))
        (except [BlockingIOError]
          (setv blocked True
                count (.sent-whole self size))
          (when (= count 0)
            (raise)))))
    (when limit
      (setv count (min count limit)))
    (setv told (+ self.told count)
          result [count])
    ;; Known from here on, to the caller as to us: no call is between.
    (setv self.ready (not blocked)
          self.told told)
    (when (= told size)
      (setv self.sealed None))
    result)

  (defn sending [self octets flags]
    "How many of OCTETS are sent, of sequences of one of these and one of flags, in a list."
    (.put self (get octets 0) (get flags 0)))

  (defn transmit [self octets flags]
    "As the method `send` of Python's sockets."
    (with [view (memoryview octets)]
      (setv size view.nbytes))
    (cond
      (> size 0) (get (.put self octets flags) 0)
      self.failure (.refuse-failed self)
      True 0))

  (defn prepare [self octets flags]
    "See to it that OCTETS can be encrypted; or if they are already, return how many."
    (when self.failure
      (.refuse-failed self))
    (when self.shut
      (raise (OSError errno.EPIPE (os.strerror errno.EPIPE))))
    (when (not self.established)
      (.shake self))
    (setv self.inherited False)
    (when (is-not self.sealed None)
      (with [all (memoryview octets) view (.cast all "B")]
        (setv size (min (- (len self.sealed) self.told) (len view)))
        (when (and (> size 0) (= (cut view size) (cut self.sealed self.told (+ self.told size))))
          (return size)))
      (setv self.sealed None))
    (.push self flags)
    None)

  (defn seal [self octets]
    "Encrypt OCTETS, which are not too many."
    (while True
      (setv before self.outgoing.pending)
      (try
        (self.write octets)
        (setv self.told 0
              self.sealed octets)
        (return)
        ;; As of a handshake that a peer of TLS 1.2 begins anew.
        (except [WANTS-MORE]
          (.exchange self))
        (except [e ssl.SSLError]
          (.fail-by self e))
        (except [BaseException]
          (when (> self.outgoing.pending before)
            (setv self.told 0
                  self.sealed octets))
          (raise)))))

  (defn sent-whole [self size]
    "Of what is sealed, SIZE octets, how many more than the caller knows of are in records that are sent."
    (setv [records sent] (count-records self.unsent self.at))
    ;; If it is as it should be: nothing else between, and none shorter.
    (if (= records (- (// (- size) RECORD)))
        (max 0 (- (min size (* sent RECORD)) self.told))
        0))

  (defn discard [self]
    "Drop what has come and nobody will read: a connection that is closed before it is, is reset, and
    what was sent may be lost."
    (try
      (exclusively
        (for [[count _] (zip self.puller (range MOST-DISCARDED))]
          (when (= count 0)
            (break))))
      (except [OSError])))

  (defn close [self]
    "Give nothing more, not even what has come."
    (setv self.failure (OSError errno.EBADF (os.strerror errno.EBADF))
          self.ready False)
    (.clear self.arrived))

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
