;;;; clock.hy: a daytime server that serves a given number of clients, and its client.
;;;; A program in Common Lisp for IOLib, tests/data/cl-samples/clock.lisp, moved to Hy by hand.
;;;; docs/porting.md goes through the places where it changed.

(require hy-iolib *)
(import hy-iolib *)
(import datetime [datetime timedelta timezone])

(export :objects [run-clock-server run-clock-client])

(defspecial *greeting* "It is"
  "What the server says before the time.")

;; Where universal time begins. Python's own begins in 1970.
(setv +epoch+ (datetime 1900 1 1 :tzinfo timezone.utc))

;; The time is a parameter so that a test can fix it.
(defn time-line [[time None]]
  "The line for TIME, a universal time, in UTC."
  (setv now (if (is time None)
                (datetime.now timezone.utc)
                (+ +epoch+ (timedelta :seconds time))))
  (format None "~A ~4,'0D-~2,'0D-~2,'0D ~2,'0D:~2,'0D:~2,'0D"
          *greeting*.value now.year now.month now.day now.hour now.minute now.second))

(defn run-clock-server [* [host "127.0.0.1"] [port 0] [clients 1] [time None] [on-ready None]]
  "Serve CLIENTS clients one after the other; call ON-READY with the port once listening.
Returns the number of clients served."
  (setv served 0)
  (handler-case
    (with-open-socket (server :connect :passive
                              :address-family :internet
                              :type :stream
                              :ipv6 None
                              :external-format '(:utf-8 :eol-style :crlf))
      (bind-address server (ensure-address host) :port port :reuse-address True)
      (listen-on server :backlog 5)
      (format True "listening on ~A~%" (local-host server))
      (when on-ready
        (on-ready (local-port server)))
      (for [_ (range clients)]
        (with-accept-connection (client server :wait 10)
          (when client
            (multiple-value-bind (who _) (remote-name client)
              (format True "client from ~A~%" who))
            (write-line (time-line time) client)
            (finish-output client)
            (+= served 1)))))
    ;; Somebody else has the port.
    (socket-address-in-use-error []
      (format True "address in use~%")))
  (format True "served ~D client~A~%" served (if (= served 1) "" "s"))
  served)

(defn run-clock-client [* [host "localhost"] port]
  (setv socket (make-socket :connect :active
                            :address-family :internet
                            :type :stream
                            :external-format '(:utf-8 :eol-style :crlf)
                            :ipv6 None))
  (unwind-protect
    (do
      (connect socket (lookup-hostname host) :port port :wait True)
      (setv line (read-line socket))
      (format True "~A~%" line)
      line)
    (close socket)))
