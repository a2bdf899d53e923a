;; An HTTPS client: prints what a server has at a path.
;;
;;   hy https-client.hy HOST PORT PATH [CA-FILE]
;;
;; HOST is whose certificate the server must show; it must come from whom the system trusts, or from
;; one in CA-FILE. A body whose end is not known by Content-Length ends with the connection: if that
;; is cut, so that the body may be, there is an error and not half a page.

(require hy-iolib *)
(import hy-iolib *)
(import sys)

(defn read-headers [socket]
  "A dict of the header lines that come next, by their names in lower case."
  (setv headers {})
  (while (setx line (read-line socket :timeout 30))
    (setv [name _ value] (.partition line ":")
          (get headers (.lower name)) (.strip value)))
  headers)

(defn read-body [socket length]
  "LENGTH octets, or all there are if that is None."
  (if (is length None)
      (with [file (binary-file socket)]
        (.read file))
      (do
        (setv body (bytearray length)
              count (read-sequence body socket :timeout 30))
        (cut body count))))

(defn fetch [host port path [ca-file None]]
  "The status line and the body of what the server at HOST has at PATH."
  (with-open-socket [socket :remote-host host
                            :remote-port port
                            :timeout 30
                            :external-format '(:latin-1 :eol-style :crlf)
                            :tls (if ca-file {"ca-file" ca-file} True)]
    (for [line [f"GET {path} HTTP/1.0" f"Host: {host}" ""]]
      (write-line line socket))
    (finish-output socket)
    (setv status (read-line socket :timeout 30)
          headers (read-headers socket)
          length (.get headers "content-length"))
    #(status (read-body socket (if length (int length) None)))))

(when (= __name__ "__main__")
  (handler-case
    (do
      (setv [status body] (fetch #* (cut sys.argv 1 None)))
      (print status :file sys.stderr)
      (.write sys.stdout.buffer body))
    (tls-certificate-error [e] (sys.exit f"not to be trusted: {e}"))
    (error [e] (sys.exit f"no page: {e}"))))
