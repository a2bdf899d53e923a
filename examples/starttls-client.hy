;; Sends its standard input as a mail, over TLS or not at all (STARTTLS, RFC 3207).
;;
;;   hy starttls-client.hy HOST PORT SENDER RECIPIENT [CA-FILE]

(require hy-iolib *)
(import hy-iolib *)
(import sys)

(setv MOST-LINES 100)  ; of a reply

(defn say [socket line]
  (write-line line socket)
  (finish-output socket :timeout 30))

(defn listen-for [socket code]
  "Read a reply, of which the last line has a space behind the code; it must be CODE."
  (setv lines [(read-line socket :timeout 30)])
  (while (= (cut (get lines -1) 3 4) "-")
    (when (= (len lines) MOST-LINES)
      (error "a reply of more than ~D lines" MOST-LINES))
    (.append lines (read-line socket :timeout 30)))
  (when (not (.startswith (get lines -1) code))
    ;; Its octets could do things to the terminal.
    (error "the server says ~A" (repr (get lines -1))))
  lines)

(defn ask [socket line code]
  (say socket line)
  (listen-for socket code))

(defn send-mail [host port sender recipient lines [ca-file None]]
  (with-open-socket [socket :remote-host host
                            :remote-port port
                            :timeout 30
                            :max-line-length 1000
                            :external-format '(:utf-8 :eol-style :crlf)]
    (listen-for socket "220")
    (when (not-in "250 STARTTLS" (ask socket "EHLO localhost" "250"))
      (error "the server has no TLS"))
    (ask socket "STARTTLS" "220")
    ;; The socket knows to which host it was connected, so whose certificate it must be.
    (start-tls socket :ca-file ca-file :timeout 30)
    (ask socket "EHLO localhost" "250")
    (ask socket f"MAIL FROM:<{sender}>" "250")
    (ask socket f"RCPT TO:<{recipient}>" "250")
    (ask socket "DATA" "354")
    (for [line lines]
      (write-line (if (.startswith line ".") f".{line}" line) socket))
    (ask socket "." "250")
    (ask socket "QUIT" "221")))

(when (= __name__ "__main__")
  (handler-case
    (do
      (setv [host port sender recipient #* ca-file] (cut sys.argv 1 None))
      (send-mail host port sender recipient (.splitlines (.read sys.stdin)) #* ca-file)
      (print "sent"))
    (tls-certificate-error [e] (sys.exit f"not to be trusted: {e}"))
    (error [e] (sys.exit f"not sent: {e}"))))
