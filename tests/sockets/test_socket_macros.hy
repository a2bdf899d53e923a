(require hy-iolib *)
(import asyncio threading)
(import pytest)
(import hy-iolib)
(import hy-iolib *)

(defn listener [] (make-socket :connect :passive :local-host +ipv4-loopback+))

(defn connected-to [server] (make-socket :remote-host +ipv4-loopback+ :remote-port (local-port server)))

(defn test-parentheses-and-brackets []
  (with-open-socket (a :connect :passive :address-family :internet :type :stream)
    (assert (isinstance a passive-socket)))
  (with-open-socket [b :connect "passive"]
    (assert (isinstance b passive-socket)))
  (assert (= [a.closed b.closed] [True True]))
  (with-open-socket (server :connect :passive :local-host +ipv4-loopback+)
    (with-open-socket [client :remote-host "localhost" :remote-port (local-port server)]
      (with-accept-connection (c server :wait 5 :external-format '(:utf-8 :eol-style :crlf))
        (write-line "hello" client)
        (finish-output client)
        (assert (= (read-line c) "hello")))
      (assert c.closed)))
  (assert (and server.closed client.closed)))

(defn test-values-in-expression-position []
  (assert (= (+ 1 (with-open-socket (s) (if (socket-open-p s) 1 0))) 2))
  (setv server (listener))
  (assert (= (with-accept-connection [c server :wait False] (if c "somebody" "nobody")) "nobody"))
  (assert (is (with-open-socket (s)) None))
  (close server))

(defn test-a-connection-that-did-not-come []
  (with-open-socket (server :connect :passive :local-host +ipv4-loopback+)
    (setv ran False)
    (with-accept-connection (c server :wait 0.01)
      (setv ran True)
      (assert (is c None)))
    (assert ran)))

(defn test-closed-on-every-way-out []
  (setv sockets [])
  (defn by-return []
    (with-open-socket (s) (.append sockets s) (return s)))
  (by-return)
  (try
    (with-open-socket (s) (.append sockets s) (raise (KeyError)))
    (except [KeyError]))
  (for [_ (range 2)]
    (with-open-socket (s) (.append sockets s) (break)))
  (for [_ (range 2)]
    (with-open-socket (s) (.append sockets s) (continue)))
  (restart-case (with-open-socket (s) (.append sockets s) (invoke-restart 'out)) (out [] None))
  (handler-case (with-open-socket (s) (.append sockets s) (error "x")) (error [] None))
  (assert (= (len sockets) 7))
  (assert (all (gfor s sockets s.closed))))

(defn test-around-yield []
  (defn lines [server]
    (with-accept-connection (c server)
      (setv line (read-line c None))
      (while (is-not line None)
        (yield line)
        (setv line (read-line c None)))))
  (setv server (listener))
  (with-open-socket (s :remote-host +ipv4-loopback+ :remote-port (local-port server))
    (write-string "a\nb\nc\n" s))
  (assert (= (list (lines server)) ["a" "b" "c"]))
  ;; A generator that is dropped closes what it holds.
  (with-open-socket (s :remote-host +ipv4-loopback+ :remote-port (local-port server))
    (write-string "a\nb\n" s)
    (finish-output s)
    (setv g (lines server))
    (assert (= (next g) "a"))
    (.close g)
    (assert (= (read-line s None :eof) ':eof)))
  (close server))

(defn test-around-await []
  (defn :async talk []
    (with-open-socket (server :connect :passive :local-host +ipv4-loopback+)
      (with-open-socket (client)
        (connect client (local-host server) :port (local-port server))
        (with-accept-connection (c server)
          (await (asyncio.sleep 0))
          (write-line "x" client)
          (finish-output client)
          (await (asyncio.sleep 0))
          (return (read-line c))))))
  (assert (= (asyncio.run (talk)) "x")))

(defn test-errors-of-the-making-form-are-reported-at-its-line []
  (import traceback)
  (setv source "(require hy-iolib *)\n(defn f []\n  (with-open-socket [s :remote-host 5.5]\n    1\n    2\n    3))\n")
  (import types)
  (setv module (types.ModuleType "m"))
  (hy.eval (hy.read-many source) :module module)
  (try
    (module.f)
    (except [e TypeError]
      (setv frames (lfor f (traceback.extract-tb e.__traceback__) :if (= f.name "f") f.lineno))))
  (assert (= frames [3])))

(defn test-usage-is-checked-when-expanding []
  (for [form ['(with-open-socket s 1) '(with-open-socket () 1) '(with-open-socket ((f)) 1)
              '(with-accept-connection (c) 1) '(with-accept-connection c 1)]]
    (with [(pytest.raises hy.errors.HyMacroExpansionError)]
      (hy.eval `(do (require hy-iolib *) ~form)))))

(defn test-only-required-by-name-or-with-a-prefix []
  (hy.eval '(do (require hy-iolib [with-open-socket])
                (with-open-socket (s :type :stream) None)))
  (hy.eval '(do (require hy-iolib :as lib)
                (lib.with-open-socket (s :type :stream) None)))
  (hy.eval '(hy.R.hy-iolib.with-open-socket (s :type :stream) None)))

(defn test-restarts-of-receive-from-as-in-cl []
  (setv [a b] (make-socket-pair))
  (setf (fd-non-blocking b) True)
  (handler-bind ((ewouldblock (fn [e]
                                (assert (find-restart 'retry-syscall))
                                (send-to a b"late")
                                (invoke-restart 'retry-syscall))))
    (multiple-value-bind (buffer count) (receive-from b :size 10)
      (assert (= (cut buffer count) b"late"))))
  (close a)
  (close b))

(defn test-handlers-see-conditions-of-the-library []
  (setv seen [])
  (with-open-socket (s :connect :passive)
    (with [(pytest.raises OSError)]
      (handler-bind [socket-error (fn [e] (.append seen (error-identifier e)))]
        (remote-name (make-socket-that-closes s)))))
  (assert (= seen [(keyword "enotconn")])))

(defn make-socket-that-closes [s] s)

(defn test-event-driven-options []
  (special-let [*non-blocking-sockets* True]
    (setv [a b] (make-socket-pair)))
  (handler-case (receive-from b :size 1)
    (ewouldblock [] "as IOLib 0.8")
    (:no-error [] (assert False)))
  (close a)
  (close b))

(defn test-kinds-by-literal-keywords [tmp-path]
  (setv path (/ tmp-path "s"))
  (with-open-socket [server :address-family :file :type :stream :connect :passive :local-filename path]
    (assert (isinstance server socket-stream-local-passive))
    (with-open-socket (s :address-family :local :remote-filename path)
      (with-accept-connection [peer server]
        (setf (socket-option s :linger) 5)
        (assert (= (multiple-value-list (socket-option s :linger)) [True 5]))
        (assert (is (socket-option s :use-loopback :if-does-not-exist None) None))
        (assert (is (setf (socket-option s :use-loopback :if-does-not-exist None) True) True))
        (assert (is (set-socket-option s :keep-alive True) True))
        (send-to s b"hello")
        (assert (= (. (receive-from peer :size 10 :flags :peek) data) b"hello"))
        (assert (= (. (receive-from peer :size 10 :flags [:peek :dont-wait]) data) b"hello"))
        (multiple-value-bind (buffer count) (receive-from peer :size 10)
          (assert (= (bytes (cut buffer count)) b"hello"))))))
  (multiple-value-bind [a b] (make-socket-pair :type :datagram)
    (with [twin (make-socket-from-fd (socket-os-fd a) :dup True :connect :active)]
      (send-to twin b"x"))
    (assert (= (nth-value 1 (receive-from b :size 5)) 1))
    (close a)
    (close b))
  (with-open-socket [s :type :datagram :ipv6 True :protocol :udp]
    (assert (= [(socket-type s) (socket-address-family s) (socket-protocol s)] [:datagram :ipv6 :udp]))))

(defn test-restarts-of-datagrams []
  (with-open-socket [s :type :datagram :local-host +ipv4-loopback+]
    (handler-bind ((ewouldblock (fn [c] (invoke-restart 'ignore-syscall-error))))
      (assert (= (nth-value 1 (receive-from s :size 1 :dont-wait True)) 0)))
    (setv tries 0)
    (handler-bind [ewouldblock (fn [c]
                                 (nonlocal tries)
                                 (+= tries 1)
                                 (send-to s b"x" :remote-host +ipv4-loopback+ :remote-port (local-port s))
                                 (invoke-restart 'retry-syscall 5))]
      (assert (= (. (receive-from s :size 1 :dont-wait True) data) b"x")))
    (assert (= tries 1))))

(defn test-numbers-of-icmp []
  (assert (= (get icmp-types :icmp-echo-request) icmp-echo-request 8))
  (assert (= (get icmp-unreach "icmp-port-unreach") icmp-port-unreach 3))
  (assert (= [icmp-redir-hosttos icmp-exc-fragtime] [3 1])))
