;; A port scanner of one's own machine: says which TCP ports of it somebody listens on.
;;
;;   hy port-scanner.hy [FIRST LAST [HOST [SECONDS]]]
;;
;; Without arguments the ports are 1 to 1024. HOST, 127.0.0.1 unless given, must be an address of this
;; machine. A port that says nothing for SECONDS (2) is not open. While it works it shows how far it
;; is: on a terminal in a line that is drawn again and again, elsewhere in a line each second.
;;
;; It teaches: many connections at once in one thread. connect with :wait False only begins; the socket
;; can be written to when the connection is there or has failed, and its option :error says which. No
;; more than so many are under way at a time, or as many as the process may have open: each that has ended
;; asks the event base to begin the next one, so that timers and other handlers have their turn in between.

(require hy-iolib *)
(import hy-iolib *)
(import collections [deque])
(import sys)

(setv MOST 200)  ; connections under way

(defn begin-scan [base host ports seconds sockets found]
  "Let BASE try the PORTS of HOST. SOCKETS are those under way, FOUND gets the ports that are open.
  The value is a function that says how far it is."
  (setv waiting (deque ports)
        scanned 0)

  (defn begin []
    "Connect to the next port, if there is one."
    (when waiting
      (setv socket (handler-case (make-socket :ipv6 (ipv6-address-p host))
                     ;; No more can be open: one that ends makes room, if there is one.
                     (emfile [e] (when (not sockets)
                                   (error e)))))
      (when socket
        (setv port (.popleft waiting))
        (.add sockets socket)
        (handler-case
          (do
            (connect socket host :port port :wait False)
            (set-io-handler base socket :write (fn [fd event exception] (answered socket port exception))
                                               :timeout seconds))
          (socket-connection-refused-error [] (end socket))))))

  (defn answered [socket port exception]
    (when (and (!= exception :timeout)
               (= (socket-option socket :error) 0)
               ;; One's own port for a local one: then the socket has found itself, and nobody listens.
               (!= (local-name socket) (remote-name socket)))
      (.append found port))
    (end socket))

  (defn end [socket]
    (nonlocal scanned)
    (.remove sockets socket)
    (close socket :abort True)
    (+= scanned 1)
    (if (= scanned (len ports))
        (exit-event-loop base)
        (call-in-event-loop base begin)))

  (for [_ (range MOST)]
    (call-in-event-loop base begin))
  (fn [] f"{scanned} of {(len ports)} ports, {(len found)} open"))

(defn show [progress [last False]]
  "Tell how far it is, on a terminal in the place of what it told before."
  (if (.isatty sys.stderr)
      (print f"\r{progress}\x1b[K" :end (if last "\n" "") :file sys.stderr :flush True)
      (print progress :file sys.stderr :flush True)))

(defn service-name [port]
  (handler-case (nth-value 1 (lookup-service port))
    (unknown-service [] "unknown")))

(defn scan [[first 1] [last 1024] [host "127.0.0.1"] [seconds 2]]
  (setv host (ensure-address host)
        ports (range (int first) (+ (int last) 1))
        sockets (set)
        found [])
  (when (not (and ports (>= (get ports 0) 1) (<= (get ports -1) 65535)))
    (error "ports are from 1 to 65535, the first one first"))
  ;; What is not of this machine can't be bound to.
  (close (make-socket :local-host host))
  (with-event-base [base]
    (setv progress (begin-scan base host ports (float seconds) sockets found))
    (add-timer base (fn [] (show (progress))) (if (.isatty sys.stderr) 0.1 1))
    (unwind-protect
      (event-dispatch base)
      (for [socket sockets]
        (close socket :abort True))))
  (show (progress) :last True)
  (for [port (sorted found)]
    (print port (service-name port))))

(when (= __name__ "__main__")
  (when (not-in (len sys.argv) [1 3 4 5])
    (sys.exit "usage: hy port-scanner.hy [FIRST LAST [HOST [SECONDS]]]"))
  (handler-case
    (scan #* (cut sys.argv 1 None))
    (KeyboardInterrupt [] (sys.exit "\ninterrupted"))
    (error [e] (sys.exit f"no scan: {e}"))))
