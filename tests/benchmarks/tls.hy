"TLS against `ssl.SSLSocket`, on the same cipher."

(import socket)
(import ssl)
(import threading [Thread])
(import trustme)
(import hy-iolib [finish-output make-socket-pair read-line read-sequence receive-from send-to start-tls
                  tls-cipher write-line write-sequence])
(import measure [compare])

(defn contexts []
  "One for the server, one for the client."
  (setv ca (trustme.CA)
        server (ssl.SSLContext ssl.PROTOCOL-TLS-SERVER)
        client (ssl.create-default-context))
  (.configure-cert (.issue-cert ca "localhost") server)
  (.configure-trust ca client)
  [server client])

(defn our-pair [server client]
  (setv [a b] (make-socket-pair))
  (start-tls a :server-side True :context server :wait False)
  (start-tls b :context client :server-name "localhost" :wait False)
  (setv thread (Thread :target (fn [] (write-line "" a) (finish-output a))))
  (.start thread)
  (read-line b)
  (.join thread)
  [a b])

(defn their-pair [server client]
  (setv [a b] (socket.socketpair)
        made []
        thread (Thread :target (fn [] (.append made (.wrap-socket server a :server-side True)))))
  (.start thread)
  (setv b (.wrap-socket client b :server-hostname "localhost"))
  (.join thread)
  [(get made 0) b])

(defn main []
  (setv [server client] (contexts)
        [a b] (our-pair server client)
        [c d] (their-pair server client)
        piece (bytes 0x10000)
        buffer (bytearray 0x10000)
        view (memoryview buffer))
  (assert (= (tls-cipher a) (get (.cipher c) 0)))
  (defn theirs [n]
    (for [_ (range n)]
      (.sendall c piece)
      (setv count 0)
      (while (< count 0x10000)
        (+= count (.recv-into d (if count (cut view count None) view))))))
  (compare "TLS, 64 KiB, send-to and receive-from"
    (fn [n]
      (for [_ (range n)]
        (setv count (send-to a piece))
        (while (< count 0x10000)
          (+= count (send-to a piece :start count)))
        (setv count (. (receive-from b :buffer buffer) count))
        (while (< count 0x10000)
          (+= count (. (receive-from b :buffer buffer :start count) count)))))
    theirs 1000 1.18)
  (compare "TLS, 64 KiB, write-sequence and read-sequence"
    (fn [n]
      (for [_ (range n)]
        (write-sequence piece a) (finish-output a)
        (read-sequence buffer b)))
    theirs 1000 1.18)
  (setv [x y] (lfor s [c d] (.makefile s "rw" :encoding "utf-8" :newline "\n"))
        line (* "x" 79)
        with-newline (+ line "\n"))
  (compare "TLS, write-line, finish-output, read-line"
    (fn [n] (for [_ (range n)]
              (write-line line a) (finish-output a) (read-line b)))
    (fn [n] (for [_ (range n)]
              (.write x with-newline) (.flush x) (.readline y)))
    10000 1.2)
  (for [s [x y c d a b]] (.close s)))
