;; A mail server that takes mail over TLS only: it speaks a little SMTP, and changes to TLS when the
;; client asks for it (STARTTLS, RFC 3207). It prints the mails that come, and keeps none.
;;
;;   hy starttls-server.hy CERTIFICATE [PORT]
;;
;; CERTIFICATE is a PEM file of the certificate and its key. Without a port it takes one that is free.
;; It says which on its first line of output, and ends when it is interrupted. It serves one client
;; after another; who is silent for 30 seconds has to go, and so has who sends a mail that is too long.

(require hy-iolib *)
(import hy-iolib *)
(import sys)

(setv PATIENCE 30  ; seconds
      LONGEST-MAIL 1000000)  ; octets

(defn reply [client #* lines]
  (for [line lines]
    (write-line line client))
  (finish-output client :timeout PATIENCE))

(defn read-mail [client]
  "The lines of a mail, which a line with a dot alone ends; None if they are too long."
  (setv lines []
        left LONGEST-MAIL)
  (while (!= (setx line (read-line client :timeout PATIENCE)) ".")
    (-= left (len (.encode line)) 2)
    (when (< left 0)
      (return None))
    (.append lines (.removeprefix line ".")))
  lines)

(defn serve [client certificate]
  (reply client "220 localhost")
  (while True
    (setv line (read-line client None None :timeout PATIENCE)
          command (.upper (get (.partition (or line "QUIT") " ") 0)))
    (cond
      (in command ["EHLO" "HELO"])
        (if (or (tls-p client) (= command "HELO"))
            (reply client "250 localhost")
            (reply client "250-localhost" "250 STARTTLS"))
      (and (= command "STARTTLS") (not (tls-p client)))
        (do
          (reply client "220 go ahead")
          ;; What the client has sent behind its command, in the clear, is an error here. It could be
          ;; anybody's.
          (start-tls client :server-side True :certificate certificate :timeout PATIENCE))
      (= command "QUIT")
        (do
          (reply client "221 bye")
          (return))
      (not (tls-p client))
        (reply client "530 STARTTLS first")
      (= command "DATA")
        (do
          (reply client "354 go ahead")
          (setv lines (read-mail client))
          (when (is lines None)
            (reply client "552 too long")
            (return))
          (for [line lines]
            (print line))
          (print (tls-version client) :flush True)
          (reply client "250 ok"))
      (in command ["MAIL" "RCPT" "RSET" "NOOP"])
        (reply client "250 ok")
      True
        (reply client "502 what?"))))

(defn run-server [certificate [port 0]]
  (with-open-socket [server :connect :passive
                            :local-host +ipv4-loopback+
                            :local-port port
                            :external-format '(:utf-8 :eol-style :crlf)]
    (print f"listening on port {(local-port server)}" :flush True)
    (while True
      (handler-case
        (with-accept-connection [client server :max-line-length 1000]
          (serve client certificate))
        ((or iolib-error stream-error) [e] (print f"a client is gone: {e}" :flush True))))))

(when (= __name__ "__main__")
  (handler-case
    (run-server #* (cut sys.argv 1 None))
    (KeyboardInterrupt [] (print "interrupted"))
    (error [e] (sys.exit f"no server: {e}"))))
