(require hy-iolib *)
(require hy-iolib.trivial-sockets *)
(import asyncio)
(import pytest)
(import hy-iolib *)
(import hy-iolib.trivial-sockets *)

(defn stream-to [server]
  (open-stream "127.0.0.1" (local-port server) :timeout 5))

(defn test-parentheses-and-brackets []
  (with-server (server (:port 0 :host "127.0.0.1"))
    (assert (isinstance server passive-socket))
    (with [client (stream-to server) peer (accept-connection server :timeout 5)]
      (write-line "hello" client)
      (finish-output client)
      (assert (= (read-line peer) "hello"))))
  (assert server.closed)
  (with-server [server [:host +ipv4-loopback+ :backlog 3]]
    (assert (= (local-host server) +ipv4-loopback+)))
  (assert server.closed)
  (with-server (server ())
    (assert (= (str (local-host server)) "0.0.0.0")))
  (assert server.closed))

(defn test-arguments-of-with-server []
  (with-server (server (:host :any :protocol :tcp :reuse-address False))
    (assert (= (str (local-host server)) "0.0.0.0"))
    (assert (is (socket-option server :reuse-address) False)))
  (setv options {"host" "127.0.0.3"})
  (with-server (server (#** options))
    (assert (= (str (local-host server)) "127.0.0.3")))
  (with [(pytest.raises unsupported)]
    (with-server (server (:protocol :sctp)) (assert False)))
  (with [(pytest.raises socket-error)]
    (with-server (server (:host "192.0.2.1")) (assert False))))

(defn test-with-server-in-expression-position []
  (assert (= (+ 1 (with-server (server ()) (if (socket-open-p server) 1 0))) 2))
  (assert (is (with-server (server ())) None)))

(defn test-closed-on-every-way-out []
  (setv servers [])
  (defn by-return []
    (with-server (s ()) (.append servers s) (return "back")))
  (assert (= (by-return) "back"))
  (with [(pytest.raises KeyError)]
    (with-server (s ()) (.append servers s) (raise (KeyError))))
  (for [_ (range 2)]
    (with-server (s ()) (.append servers s) (break)))
  (for [_ (range 2)]
    (with-server (s ()) (.append servers s) (continue)))
  (restart-case (with-server (s ()) (.append servers s) (invoke-restart 'out)) (out [] None))
  (handler-case (with-server (s ()) (.append servers s) (error "x")) (error [] None))
  (with-server (s ()) (.append servers s) (close-server s))
  (assert (= (len servers) 8))
  (assert (all (gfor s servers s.closed))))

(defn test-around-yield []
  (defn connections [servers]
    (with-server (server (:host "127.0.0.1"))
      (.append servers server)
      (while True
        (yield (accept-connection server :timeout 0)))))
  (setv servers [] g (connections servers))
  (assert (is (next g) None))
  (with [client (stream-to (get servers 0)) peer (next g)]
    (assert (= (remote-port client) (local-port peer))))
  (.close g)
  (assert (. servers [0] closed)))

(defn test-around-await []
  (defn :async talk []
    (with-server (server (:host "127.0.0.1"))
      (await (asyncio.sleep 0))
      (with [client (stream-to server) peer (accept-connection server :timeout 5)]
        (write-line "x" client)
        (finish-output client)
        (await (asyncio.sleep 0))
        (return [server (read-line peer)]))))
  (setv [server line] (asyncio.run (talk)))
  (assert (= line "x"))
  (assert server.closed))

(defn test-usage-is-checked-when-expanding []
  (for [form ['(with-server s 1) '(with-server 5 1) '(with-server () 1) '(with-server (s) 1)
              '(with-server (s 1) 1) '(with-server ((s) ()) 1) '(with-server (s () ()) 1)
              '(with-server (s :port 0) 1)]]
    (with [(pytest.raises hy.errors.HyMacroExpansionError
             :match r"TypeError: \(with-server \(variable \(argument…\)\) body…\)")]
      (hy.eval `(do (require hy-iolib.trivial-sockets [with-server]) ~form)))))

(defn test-errors-of-the-arguments-are-reported-at-their-line []
  (import traceback types)
  (setv module (types.ModuleType "m"))
  (hy.eval (hy.read-many (+ "(require hy-iolib.trivial-sockets [with-server])\n"
                            "(defn f []\n  (with-server [s (:port 5.5)]\n    1\n    2\n    3))\n"))
           :module module)
  (with [caught (pytest.raises TypeError)]
    (module.f))
  (assert (= (lfor f (traceback.extract-tb caught.tb) :if (= f.name "f") f.lineno) [3])))

(defn test-required-in-any-way []
  (for [form ['(do (require hy-iolib.trivial-sockets [with-server])
                   (with-server (s (:protocol :tcp)) s))
              '(do (require hy-iolib.trivial-sockets :as trivial)
                   (trivial.with-server (s (:protocol :tcp)) s))
              '(do (require hy-iolib.trivial-sockets)
                   (hy-iolib.trivial-sockets.with-server (s (:protocol :tcp)) s))
              '(hy.R.hy-iolib/trivial-sockets.with-server (s (:protocol :tcp)) s)
              ;; A function of this name is another's.
              '(do (require hy-iolib.trivial-sockets [with-server])
                   (defn open-server [] (/ 1 0))
                   (with-server (s ()) s))]]
    (assert (. (hy.eval form {}) closed))))

(defn test-two-values []
  (multiple-value-bind (server port) (open-server :host "127.0.0.1")
    (assert (isinstance server passive-socket))
    (assert (= port (local-port server)))
    (assert (close-server server)))
  (setv opened (open-server :host "127.0.0.1"))
  (assert (= (nth-value 1 opened) (local-port (primary-value opened))))
  (with [client (stream-to opened.server) peer (accept-connection opened :timeout 5)]
    (assert (= (remote-port client) opened.port)))
  (assert (close-server opened))
  (assert (close-server opened)))

(defn test-literal-keywords []
  (with-server (server (:host "127.0.0.1"))
    (with [client (open-stream "localhost" (local-port server) :protocol :tcp :local-host :any
                               :external-format :latin-1 :element-type 'character :timeout 5)
           peer (accept-connection server :external-format '(:utf-8 :eol-style :crlf)
                                   :element-type '(unsigned-byte 8) :timeout 5)]
      (write-string "é" client)
      (finish-output client)
      (assert (= (read-byte peer) 0xe9))
      (write-line "é" peer)
      (finish-output peer)
      (assert (= (lfor _ (range 4) (read-byte client)) [0xc3 0xa9 13 10]))))
  ;; A service's name may be one, too.
  (with [caught (pytest.raises unknown-service)]
    (open-stream "localhost" :no-such-service))
  (assert (= caught.value.datum ':no-such-service)))

(defn test-a-connection-that-did-not-come []
  (with-server (server (:host "127.0.0.1"))
    (assert (is (accept-connection server :timeout 0.01) None))))

(defn test-unsupported []
  (for [[feature thunk] [[[:protocol :udp] (fn [] (open-stream "localhost" 9 :protocol :udp))]
                         [[:protocol :udp] (fn [] (open-server :protocol ':UDP))]
                         [[:element-type :character]
                          (fn [] (open-stream "localhost" 9 :element-type :character))]
                         [[:element-type 'float]
                          (fn [] (open-stream "localhost" 9 :element-type 'float))]
                         [[:element-type '(unsigned-byte 16)]
                          (fn [] (open-stream "localhost" 9 :element-type '(unsigned-byte 16)))]]]
    (handler-case (thunk)
      (unsupported [e]
        (assert (= (unsupported-feature e) feature))
        (assert (= (str e) f"{(hy.repr feature)} is not supported")))
      (:no-error [] (assert False)))))

(defn test-nested-errors []
  (with-server (server (:host "127.0.0.1"))
    (setv port (local-port server)))
  (handler-case (accept-connection server)
    (syscall-error [] (assert False))
    (socket-error [e] (assert (isinstance (socket-nested-error e) socket-closed-error)))
    (:no-error [] (assert False)))
  ;; Bound, but nobody listens there.
  (with [s (make-socket :local-host "127.0.0.1" :local-port 0)]
    (setv seen [])
    (handler-case
      (handler-bind ((error (fn [e] (.append seen e))))
        (open-stream "127.0.0.1" (local-port s)))
      (OSError [e]
        (assert (= seen [e]))
        (assert (isinstance e socket-error))
        (assert (= (error-identifier (socket-nested-error e)) :econnrefused)))
      (:no-error [] (assert False))))
  (handler-case (open-stream "nobody.invalid" 9)
    (socket-error [e] (assert (isinstance (socket-nested-error e) resolver-error)))
    (:no-error [] (assert False))))

(defn test-wrong-types-are-not-nested []
  (for [thunk [(fn [] (open-stream 5.5 9)) (fn [] (open-stream :any 9))
               (fn [] (open-stream "localhost" 5.5))
               (fn [] (open-server :host '(1 2))) (fn [] (accept-connection 5))
               (fn [] (close-server ':any))]]
    (handler-case (thunk)
      (socket-error [] (assert False))
      (type-error [e] (assert e.argument))
      (:no-error [] (assert False)))))

(defn test-a-handler-can-leave-while-the-stack-stands []
  (with [s (make-socket :local-host "127.0.0.1" :local-port 0)]
    (defn leave [e]
      (invoke-restart 'other (error-identifier (socket-nested-error e))))
    (assert (= (restart-case (handler-bind ((socket-error leave))
                               (open-stream "127.0.0.1" (local-port s)))
                 (other [reason] reason))
               :econnrefused))))
