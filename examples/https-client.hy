;; An HTTPS client: prints what a server has at a path.
;;
;;   hy https-client.hy HOST PORT PATH [CA-FILE]
;;
;; HOST is whose certificate the server must show; it must come from whom the system trusts, or from
;; one in CA-FILE. A body without a Content-Length ends with the connection: TLS says goodbye, so if that
;; is cut, and the body may be, there is an error. What comes is printed in pieces, as it comes, and no
;; wait for the server takes longer than PATIENCE. http-client.hy knows more of HTTP.

(require hy-iolib *)
(import hy-iolib *)
(import math [inf] os re sys)

(setv PATIENCE 30  ; seconds
      CHUNK 65536  ; octets in a piece
      MOST-HEADERS 100)

(defn read-headers [socket]
  "A dict of the header lines that come next, by their names in lower case."
  (setv headers {})
  (for [_ (range MOST-HEADERS)]
    (setv line (read-line socket))
    (when (not line)
      (return headers))
    (setv [name _ value] (.partition line ":")
          (get headers (.lower name)) (.strip value)))
  (error "more than ~D headers" MOST-HEADERS))

(defn body-length [headers]
  "How many octets the body has; infinity if it ends with the connection."
  (setv digits (.get headers "content-length"))
  (cond
    (in "transfer-encoding" headers) (error "the body is encoded, which HTTP/1.0 does not know")
    (is digits None) inf
    (re.fullmatch "[0-9]{1,15}" digits) (int digits)
    True (error "the Content-Length is ~A" (repr digits))))

(defn pieces [socket length]
  "LENGTH octets, or all until the connection ends if that is infinity, in pieces."
  (while length
    (setv piece (bytearray (min length CHUNK))
          count (read-sequence piece socket))
    (yield (cut piece count))
    (-= length count)
    (when (< count (len piece))
      (when (< length inf)
        (error "the connection ended in the middle of the body"))
      (return))))

(defn fetch [host port path [ca-file None]]
  "Print what the server at HOST has at PATH, and its status."
  (with-open-socket [socket :remote-host host
                            :remote-port port
                            :timeout PATIENCE
                            :external-format '(:latin-1 :eol-style :crlf)
                            :max-line-length 65536
                            :tls (if ca-file {"ca-file" ca-file} True)]
    (setf (socket-option socket :receive-timeout) PATIENCE)
    (for [line [f"GET {path} HTTP/1.0" f"Host: {host}" ""]]
      (write-line line socket))
    (finish-output socket :timeout PATIENCE)
    (setv status (read-line socket))
    (when (not (re.fullmatch r"HTTP/1\.[01] [1-5][0-9][0-9]( [\x20-\x7e]*)?" status))
      (error "the answer begins with ~A" (repr (cut status 100))))
    (print status :file sys.stderr)
    (.writelines sys.stdout.buffer (pieces socket (body-length (read-headers socket))))
    (.flush sys.stdout.buffer)))

(when (= __name__ "__main__")
  (when (not-in (len sys.argv) [4 5])
    (sys.exit "usage: hy https-client.hy HOST PORT PATH [CA-FILE]"))
  (handler-case
    (fetch #* (cut sys.argv 1 None))
    (tls-certificate-error [e] (sys.exit f"not to be trusted: {e}"))
    (error [e]
      (when (isinstance e BrokenPipeError)
        ;; Nobody reads what is left in standard output's buffer; Python would try once more at its end.
        (os.dup2 (os.open os.devnull os.O-WRONLY) 1))
      (sys.exit f"no page: {e}"))))
