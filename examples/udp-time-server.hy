;; A time server over UDP: answers each datagram with the time, whatever is in it.
;;
;;   hy udp-time-server.hy [PORT [SECONDS]]
;;
;; Without a port it takes one that is free. It says which on its first line of output, and ends
;; when it is interrupted. Every SECONDS (10) it says how many datagrams it has answered, if there
;; are new ones. To ask: echo | nc -u -w 1 localhost PORT.
;;
;; One handler and one timer in one thread: what both of them use needs no lock.

(require hy-iolib *)
(import hy-iolib *)
(import datetime sys)

(defn now []
  (.encode (+ (.isoformat (datetime.datetime.now) :timespec "milliseconds") "\n")))

(defn run-server [[port 0] [seconds 10]]
  (setv answered 0
        reported 0)
  ;; So a handler that has nothing to receive or can't send goes on at once.
  (special-let [*non-blocking-sockets* True]
    (with-event-base [base]
      (with-open-socket [server :type :datagram :local-host +ipv4-loopback+ :local-port port]
        (defn answer [fd event exception]
          (nonlocal answered)
          (handler-case
            (do
              ;; The question does not matter, so let it be cut off.
              (setv question (receive-from server :size 1))
              (send-to server (now) :remote-host question.host :remote-port question.port)
              (+= answered 1))
            ;; One who can't be answered is no reason to stop.
            (syscall-error [e] (print f"no answer sent: {e}" :flush True))))

        (defn report []
          (nonlocal reported)
          (when (!= reported answered)
            (setv reported answered)
            (print f"{answered} answered" :flush True)))

        (set-io-handler base server :read answer)
        (add-timer base report (float seconds))
        (print f"listening on port {(local-port server)}" :flush True)
        (event-dispatch base)))))

(when (= __name__ "__main__")
  (handler-case
    (run-server #* (cut sys.argv 1 None))
    (KeyboardInterrupt [] (print "interrupted"))
    (error [e] (sys.exit f"no server: {e}"))))
