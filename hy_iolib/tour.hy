"The tour that `python -m hy_iolib` takes: two servers, each in a thread, and their clients."

(require hy-iolib *)
(import datetime sys)
(import threading [Thread])
(import hy-iolib *)

(export :objects [main] :macros [])

(setv LINES '(:utf-8 :eol-style :crlf)
      PATIENCE 10)

(defn echo [client]
  "Give back each line until the client has no more."
  (setv line (read-line client None None :timeout PATIENCE))
  (while (is-not line None)
    (write-line line client)
    (finish-output client)
    (setv line (read-line client None None :timeout PATIENCE))))

(defn daytime [client]
  "Say what time it is."
  (write-line (.strftime (datetime.datetime.now) "%A, %B %d, %Y %H:%M:%S") client))

(defn serve-one [server service]
  (with-accept-connection (client server :wait PATIENCE)
    (when client
      (service client))))

(defn visit [name service talk]
  "Start a server of SERVICE, TALK to it as a client, and say who talked with whom."
  (with-open-socket (server :connect :passive
                            :local-host +ipv4-loopback+
                            :external-format LINES)
    (setv thread (Thread :target serve-one :args [server service] :daemon True))
    (.start thread)
    (with-open-socket (socket :remote-host (local-host server)
                              :remote-port (local-port server)
                              :external-format LINES
                              :timeout PATIENCE)
      (multiple-value-bind (host port) (local-name socket)
        (print f"{name} server at {(local-host server)} port {(local-port server)},"
               f"client at {host} port {port}"))
      (talk socket))
    (.join thread)))

(defn talk-to-echo [socket]
  (for [line ["Hello, IOLib!" "¿Qué tal? 你好"]]
    (write-line line socket)
    (finish-output socket)
    (setv answer (read-line socket :timeout PATIENCE))
    (print f"  said {line}, heard {answer}")
    (when (!= answer line)
      (error "the echo of ~S was ~S" line answer))))

(defn talk-to-daytime [socket]
  (print f"  heard {(read-line socket :timeout PATIENCE)}"))

(defn main []
  "Take the tour; returns the exit status of the process: 0, or 1 when something went wrong, which
  standard error is told. It is `python -m hy_iolib`.

  Source: hy_iolib's own."
  (handler-case
    (do
      (visit "echo" echo talk-to-echo)
      (visit "daytime" daytime talk-to-daytime)
      (print "All went well.")
      0)
    (error [e]
      (print f"The tour failed: {(hy.unmangle (. (type e) __name__))}: {e}" :file sys.stderr)
      1)))
