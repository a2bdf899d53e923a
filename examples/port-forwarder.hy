;; A port forwarder: passes each connection to its port on to a host and port, in both directions.
;;
;;   hy port-forwarder.hy PORT HOST REMOTE-PORT [SECONDS]
;;
;; With 0 for PORT it takes one that is free. It says which on its first line of output, and ends
;; when it is interrupted. Whoever can't be connected to HOST in SECONDS (10) has to go.
;;
;; Each direction is a buffer between two sockets. A buffer that is full is not filled further until
;; the other side has taken some of it, so that a fast sender goes as fast as a slow reader. The end
;; of one direction is passed on by a shutdown, and the other goes on. Nothing waits, connecting
;; neither: that is begun, and done when the socket is ready for output.

(require hy-iolib *)
(import hy-iolib *)
(import os sys)

;; Octets: when a buffer is full, and how many are received at once.
(setv FULL 65536
      CHUNK 16384)

;; What handlers compare with. A keyword is made anew each time that it is evaluated; this is once.
(setv READ :read
      TIMEOUT :timeout)

(defn pass-on [base source target finish fail]
  "Send to TARGET what SOURCE sends and then its end, and call FINISH; or FAIL with what is wrong."
  (setv buffer (bytearray)
        ended False)

  (defn receive []
    (nonlocal ended)
    (setv received (receive-from source :size CHUNK))
    (.extend buffer received.data)
    (setv ended (= received.count 0)))

  (defn send []
    (when buffer
      (del (cut buffer (send-to target buffer)))))

  (defn watch []
    "Have handlers for just what is to be done."
    (setv receiving (not (or ended (>= (len buffer) FULL)))
          sending (bool buffer))
    (when (!= receiving (fd-monitored-p base source :read))
      (if receiving
          (set-io-handler base source :read step)
          (remove-fd-handlers base source :read True)))
    (when (!= sending (fd-monitored-p base target :write))
      (if sending
          (set-io-handler base target :write step)
          (remove-fd-handlers base target :write True)))
    (when (not (or receiving sending))
      (shutdown target :write True)
      (finish)))

  (defn step [fd event exception]
    (handler-case
      (do
        (handler-case
          (do
            (when (= event READ)
              (receive))
            (send))
          (ewouldblock [] None))
        (watch))
      (syscall-error [e] (fail e))))

  (watch))

(defn forward [base client host port seconds connections]
  "Connect CLIENT to HOST and PORT, and pass on what both say until both have ended."
  (setv server None
        directions 2)

  (defn end [[why None]]
    (.discard connections end)
    (for [socket [client server]]
      (when socket
        (when why
          ;; A reset: whoever sees it knows that something is missing.
          (setf (socket-option socket :linger) 0))
        (close socket :abort True)))
    (when why
      (print f"connection lost: {why}" :flush True)))

  (defn finish []
    (nonlocal directions)
    (-= directions 1)
    (when (= directions 0)
      (end)))

  (defn connected [fd event exception]
    (setv code (socket-option server :error))
    (cond
      (= exception TIMEOUT) (end f"no answer from {host}")
      (!= code 0) (end (os.strerror code))
      True (do
             (pass-on base client server finish end)
             (pass-on base server client finish end))))

  (.add connections end)
  (handler-case
    (do
      (setv server (make-socket :ipv6 (ipv6-address-p host)))
      (connect server host :port port :wait False)
      (set-io-handler base server :write connected :one-shot True :timeout seconds))
    (error [e] (end e))))

(defn run-server [port host remote-port [seconds 10]]
  (setv connections (set)
        seconds (float seconds)
        ;; Looked up once: it waits.
        host (nth-value 0 (ensure-hostname host)))
  (special-let [*non-blocking-sockets* True]
    (with-event-base [base]
      (with-open-socket [server :connect :passive
                                :local-host +ipv4-loopback+
                                :local-port port
                                :backlog 128]
        (defn accept [fd event exception]
          (setv client (accept-connection server :wait False))
          (when client
            (forward base client host remote-port seconds connections)))

        (set-io-handler base server :read accept)
        (print f"listening on port {(local-port server)}" :flush True)
        (unwind-protect
          (event-dispatch base)
          (for [end (list connections)]
            (end "the forwarder ends")))))))

(when (= __name__ "__main__")
  (when (not-in (len sys.argv) [4 5])
    (sys.exit "usage: hy port-forwarder.hy PORT HOST REMOTE-PORT [SECONDS]"))
  (handler-case
    (run-server #* (cut sys.argv 1 None))
    (KeyboardInterrupt [] (print "interrupted"))
    (error [e] (sys.exit f"no server: {e}"))))
