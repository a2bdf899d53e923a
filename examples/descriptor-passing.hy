;; A server whose clients are answered by other processes: the parent accepts, and passes each connection
;; on to one of the workers, which were there before it.
;;
;;   hy descriptor-passing.hy [PORT [CLIENTS]]
;;
;; Without a port it takes one that is free. It says which on its first line of output, and ends after
;; CLIENTS clients, or when it is interrupted. A worker sends each line back in upper case, behind its
;; number. It serves one client at a time; whose line is not whole in ten seconds has to go.
;;
;; It teaches: a descriptor, here of a connection, sent to another process over a local socket, of which
;; make-socket-pair makes both ends. The receiver gets a descriptor of its own for the same connection, and
;; makes a socket of it; the sender closes its one, or the client would never see the end. What is sent to
;; a worker that is busy waits in the local socket. When that is full the parent waits, too, and accepts
;; nobody; after ten seconds it sends the client away. When the local socket ends, and all is answered, the
;; worker ends too.

(require hy-iolib *)
(import hy-iolib *)
(import itertools [count])
(import multiprocessing [get-context])
(import signal :as signals)
(import sys)

(setv WORKERS 2
      LONGEST-LINE 4096  ; octets
      PATIENCE 10)  ; seconds

(defn answer [number client]
  ;; Not the option :receive-timeout, which is for each wait: a line can come octet by octet.
  (while (is-not (setx line (read-line client None :timeout PATIENCE)) None)
    (write-line f"{number}: {(.upper line)}" client)
    (finish-output client :timeout PATIENCE)))

(defn work [number parent inherited]
  "Answer the clients that come from PARENT. What is INHERITED of it is none of our business."
  (for [socket inherited]
    (close socket))
  ;; In a terminal everybody is interrupted; the parent decides.
  (signals.signal signals.SIGINT signals.SIG-IGN)
  (handler-case
    (while True
      (setv connection (receive-file-descriptor parent))
      (handler-case
        (with [client (make-socket-from-fd connection :max-line-length LONGEST-LINE)]
          (answer number client))
        (error [e] (print f"worker {number}: {e}" :flush True))))
    (end-of-file [] (close parent))))

(defn start-worker [number inherited]
  "A process that works, and the socket to it: two values."
  (multiple-value-bind (here there) (make-socket-pair)
    (setv process (.Process (get-context "fork") :target work :args [number there [here #* inherited]]))
    (.start process)
    (close there)
    (values process here)))

(defn pass-on [server socket]
  "Accept a connection, and send it to the worker at SOCKET."
  (handler-case
    (with-accept-connection [client server]
      (send-file-descriptor socket client :timeout PATIENCE))
    (iolib-error [e] (print f"not passed on: {e}" :flush True))))

(defn run-server [[port 0] [clients None]]
  (setv processes []
        sockets [])
  (unwind-protect
    (with-open-socket [server :connect :passive
                              :local-host +ipv4-loopback+
                              :local-port port
                              :backlog 128]
      (for [number (range 1 (+ WORKERS 1))]
        (multiple-value-bind (process socket) (start-worker number [server #* sockets])
          (.append processes process)
          (.append sockets socket)))
      (print f"listening on port {(local-port server)}" :flush True)
      (for [number (if clients (range (int clients)) (count))]
        (pass-on server (get sockets (% number WORKERS)))))
    (for [socket sockets]
      (close socket))
    (for [process processes]
      (.join process))))

(when (= __name__ "__main__")
  (when (> (len sys.argv) 3)
    (sys.exit "usage: hy descriptor-passing.hy [PORT [CLIENTS]]"))
  (handler-case
    (run-server #* (cut sys.argv 1 None))
    (KeyboardInterrupt [] (print "interrupted"))
    (error [e] (sys.exit f"no server: {e}"))))
