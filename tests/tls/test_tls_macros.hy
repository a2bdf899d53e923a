"TLS as Hy writes it: keywords, lists of options, macros, conditions."

(require hy-iolib *)
(import hy-iolib *)
(import certificates [files HOST])

(defn serve [passive]
  (with-accept-connection [s passive :timeout 20]
    (write-line (.upper (read-line s :timeout 20)) s)))

(defn ask [port tls]
  (with-open-socket [s :remote-host "localhost" :remote-port port :tls tls]
    (write-line "hello" s)
    (finish-output s)
    (read-line s :timeout 20)))

(defn test-options [files in-thread]
  (setv quoted `(:ca-file ~files.ca :alpn ["h2" "x"] :timeout 20))
  (with-open-socket [passive :connect :passive
                             :local-host HOST
                             :tls [:certificate files.server :alpn "x"]]
    (for [tls [[:ca-file files.ca] {"ca-file" files.ca} {:ca-file files.ca} {"ca_file" files.ca} quoted]]
      (setv served (in-thread serve passive))
      (assert (= (ask (local-port passive) tls) "HELLO"))
      (served))))

(defn test-conditions [files in-thread]
  (with-open-socket [passive :connect :passive :local-host HOST :tls {"certificate" files.expired}]
    (setv served (in-thread (fn [] (handler-case (serve passive) (tls-error [e] (tls-error-reason e))))))
    (setv seen [])
    (assert (= (handler-case
                 (handler-bind [tls-certificate-error
                                (fn [c] (.append seen (tls-certificate-error-server-name c)))]
                   (ask (local-port passive) {"ca-file" files.ca}))
                 (syscall-error [e] "a system call's")
                 (tls-error [e] (tls-error-reason e)))
               "CERTIFICATE_VERIFY_FAILED"))
    (assert (= seen ["localhost"]))
    (assert (in "ALERT" (served)))))

(defn test-starttls [files in-thread]
  (setv [a b] (make-socket-pair))
  (with [_ a _ b]
    (setv started (in-thread (fn [] (start-tls a :server-side True :certificate files.server))))
    (start-tls b :server-name "localhost" :ca-file files.ca)
    (started)
    (format a "~A and ~A~%" 1 2)
    (finish-output a)
    (assert (= (read-line b) "1 and 2"))
    (assert (= (tls-version a) (tls-version b) "TLSv1.3"))
    (setf (external-format-of b) '(:latin-1 :eol-style :crlf))
    (write-line "ü" b)
    (finish-output b)
    (assert (= (. (receive-from a :size 10) data) b"\xfc\r\n"))))
