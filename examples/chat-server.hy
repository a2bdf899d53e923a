;; A chat server on the event loop: each line that a client sends goes to all others.
;;
;;   hy chat-server.hy [PORT]
;;
;; Without a port it takes one that is free. It says which on its first line of output, and ends
;; when it is interrupted. To take part: nc localhost PORT.
;;
;; read-line would wait for the rest of a line of which a part has come, and everybody with it. So
;; what has come is collected as octets, and cut where a line ends: that can't cut a character in
;; two, however the network has cut it. What a client has not read yet is kept for it, up to a
;; limit: one that reads too slowly has to go, and neither fills the memory nor holds up the others.

(require hy-iolib *)
(import hy-iolib *)
(import itertools [count])
(import sys)

;; Octets: of a line, of what a client has still to read, and of what is received at once.
(setv LONGEST-LINE 4096
      MOST-PENDING 262144
      CHUNK 16384)

(defn join [base client name members]
  "Let CLIENT take part. MEMBERS has the function that tells something to each who does."
  (setv unfinished (bytearray)
        pending (bytearray))

  (defn leave [why]
    (print f"{name} {why}" :flush True)
    (.pop members client None)
    ;; Its handlers go with it.
    (close client :abort True))

  (defn tell [octets]
    (.extend pending octets)
    (send))

  (defn send [#* _]
    "Send what can be sent now; the rest when the client can take more."
    (handler-case
      (del (cut pending (send-to client pending)))
      (ewouldblock [] None)
      (syscall-error [e] (leave f"is gone: {e}")))
    (cond
      (not-in client members)
        None
      (> (len pending) MOST-PENDING)
        (leave "reads too slowly")
      (!= (bool pending) (fd-monitored-p base client :write))
        (if pending
            (set-io-handler base client :write send)
            (remove-fd-handlers base client :write True))))

  (defn receive [#* _]
    (handler-case
      (do
        (setv received (receive-from client :size CHUNK))
        (.extend unfinished received.data)
        (setv [#* lines rest] (.split unfinished b"\n"))
        (setv (cut unfinished) rest)
        (cond
          (= received.count 0)
            (leave "has left")
          (> (max (map len [#* lines rest])) LONGEST-LINE)
            (leave "sent a line that is too long")
          lines
            (say lines)))
      (ewouldblock [] None)
      (syscall-error [e] (leave f"is gone: {e}"))))

  (defn say [lines]
    (setv octets (.join b"" (gfor line lines (+ (.encode f"{name}: ") (.rstrip line b"\r") b"\n"))))
    ;; A copy, since who can't be told leaves.
    (for [[member tell] (list (.items members))]
      (when (is-not member client)
        (tell octets))))

  (setv (get members client) tell)
  (set-io-handler base client :read receive)
  (tell (.encode f"* welcome, {name}\n")))

(defn run-server [[port 0]]
  (setv members {}
        numbers (count 1))
  (special-let [*non-blocking-sockets* True]
    (with-event-base [base]
      (with-open-socket [server :connect :passive
                                :local-host +ipv4-loopback+
                                :local-port port
                                :backlog 128]
        (defn accept [#* _]
          (setv client (accept-connection server :wait False))
          (when client
            (join base client f"guest{(next numbers)}" members)))

        (set-io-handler base server :read accept)
        (print f"listening on port {(local-port server)}" :flush True)
        (unwind-protect
          (event-dispatch base)
          (for [client members]
            (close client :abort True)))))))

(when (= __name__ "__main__")
  (handler-case
    (run-server #* (cut sys.argv 1 None))
    (KeyboardInterrupt [] (print "interrupted"))
    (error [e] (sys.exit f"no server: {e}"))))
