;; An echo server on the event loop: many clients, one thread, and nobody waits for anybody.
;;
;;   hy multiplexed-echo-server.hy [PORT [IDLE-SECONDS [CERTIFICATE]]]
;;
;; Without a port it takes one that is free. It says which on its first line of output, and ends
;; when it is interrupted. A client that neither sends nor takes anything for IDLE-SECONDS (60) has
;; to go. With CERTIFICATE, a PEM file of a certificate and its key, it also listens on another port,
;; where it speaks TLS, and says which on its second line.
;;
;; With *non-blocking-sockets* send-to and receive-from signal ewouldblock where they would wait,
;; which would keep everybody waiting. A :write handler is there only while there is something to
;; send: a socket that can take more is ready all the time. And a client whose buffer is full is not
;; listened to until it has taken some of it: one that never reads costs so much memory and no more.
;; Who speaks TLS is served by the same handlers: they are called when the handshake is over, for what
;; is there in the clear.

(require hy-iolib *)
(import hy-iolib *)
(import sys)
(import contextlib [nullcontext])

;; Octets: when a buffer is full, and how many are received at once.
(setv FULL 65536
      CHUNK 16384)

;; What handlers compare with. A keyword is made anew each time that it is evaluated; this is once.
(setv READ :read
      TIMEOUT :timeout)

(defn serve [base client idle-seconds clients]
  "Echo what CLIENT, one of CLIENTS, sends: until it has ended and all is sent, or it is gone."
  (setv buffer (bytearray)
        ended False)

  (defn leave [[why None]]
    (when why
      (print f"{client}: {why}" :flush True))
    (.discard clients client)
    ;; Its handlers go with it. To one who has ended, TLS says goodbye.
    (close client :abort (is-not why None)))

  (defn receive []
    (nonlocal ended)
    (setv received (receive-from client :size CHUNK))
    (.extend buffer received.data)
    (setv ended (= received.count 0)))

  (defn send []
    (when buffer
      (del (cut buffer (send-to client buffer)))))

  (defn watch []
    "Have handlers for just what is to be done."
    (setv receiving (not (or ended (>= (len buffer) FULL)))
          sending (bool buffer))
    (when (!= receiving (fd-monitored-p base client :read))
      (if receiving
          (set-io-handler base client :read step :timeout idle-seconds)
          (remove-fd-handlers base client :read True)))
    (when (!= sending (fd-monitored-p base client :write))
      (if sending
          (set-io-handler base client :write step :timeout idle-seconds)
          (remove-fd-handlers base client :write True))))

  (defn step [fd event exception]
    "Do what can be done now. What is wrong with this client concerns no other."
    (handler-case
      (cond
        ;; Who is still being sent something need not say anything.
        (= exception TIMEOUT) (when (not (and (= event READ) buffer))
                                (leave "idle for too long"))
        (= event READ) (do (receive) (send))
        True (send))
      (ewouldblock [] None)
      (iolib-error [e] (leave e)))
    (cond
      (not (socket-open-p client)) None
      (and ended (not buffer)) (leave)
      True (watch)))

  (watch))

(defn listen-for-clients [base clients idle-seconds port [certificate None]]
  "A passive socket whose clients are served."
  (setv server (make-socket :connect :passive
                            :local-host +ipv4-loopback+
                            :local-port port
                            :backlog 128
                            :tls (when certificate {"certificate" certificate})))

  (defn accept [fd event exception]
    (setv client (accept-connection server :wait False))
    (when client
      (.add clients client)
      (serve base client idle-seconds clients)))

  (set-io-handler base server :read accept)
  server)

(defn run-server [[port 0] [idle-seconds 60] [certificate None]]
  (setv clients (set)
        idle-seconds (float idle-seconds))
  (special-let [*non-blocking-sockets* True]
    (with-event-base [base]
      (with [server (listen-for-clients base clients idle-seconds port)]
        (print f"listening on port {(local-port server)}" :flush True)
        (with [tls (if certificate
                       (listen-for-clients base clients idle-seconds 0 certificate)
                       (nullcontext))]
          (when tls
            (print f"with TLS on port {(local-port tls)}" :flush True))
          (unwind-protect
            (event-dispatch base)
            (for [client clients]
              (close client :abort True))))))))

(when (= __name__ "__main__")
  (handler-case
    (run-server #* (cut sys.argv 1 None))
    (KeyboardInterrupt [] (print "interrupted"))
    (error [e] (sys.exit f"no server: {e}"))))
