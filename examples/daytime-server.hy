;; A daytime server: tells each client the time and closes the connection.
;;
;;   hy daytime-server.hy [PORT [CLIENTS]]
;;
;; Without a port it takes one that is free. It says which on its first line of output, and ends after
;; CLIENTS clients, or when it is interrupted.

(require hy-iolib *)
(import hy-iolib *)
(import datetime itertools sys)

(defn daytime []
  (.strftime (datetime.datetime.now) "%A, %B %d, %Y %H:%M:%S"))

(defn run-server [[port 0] [clients None]]
  (with-open-socket (server :connect :passive
                            :address-family :internet
                            :type :stream
                            :ipv6 None
                            :external-format '(:utf-8 :eol-style :crlf))
    (bind-address server +ipv4-unspecified+ :port port :reuse-address True)
    (listen-on server :backlog 5)
    (print f"listening on port {(local-port server)}" :flush True)
    (for [_ (if clients (range clients) (itertools.count))]
      (handler-case
        (with-accept-connection (client server :wait True)
          (multiple-value-bind (host port) (remote-name client)
            (print f"client at {host} port {port}" :flush True))
          (write-line (daytime) client))
        ;; Gone before it was told: that is no reason to stop.
        (syscall-error [e] (print f"no answer sent: {e}" :flush True))))))

(when (= __name__ "__main__")
  (setv [port clients] (cut [#* (cut sys.argv 1 None) 0 0] 2))
  (handler-case
    (run-server port (int clients))
    (KeyboardInterrupt [] (print "interrupted"))
    (error [e] (sys.exit f"no server: {e}"))))
