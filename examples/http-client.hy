;; An HTTP client: prints what is at a URL, and follows redirects.
;;
;;   hy http-client.hy URL [SECONDS]
;;
;; It teaches: a socket is a stream of lines and of octets, in turn, and each goes on where the other
;; has stopped. The status and the headers are lines; the body is octets, as many as Content-Length
;; says, or chunks with a line before each, or all there are. What comes is printed as it comes, in
;; pieces, so that no page is too long; a line can be, and :max-line-length says when. The option
;; :receive-timeout holds for all that reads and is given no :timeout of its own: no wait for the
;; server takes longer than SECONDS (30).

(require hy-iolib *)
(import hy-iolib *)
(import math [inf] os re string sys)
(import urllib.parse [quote :as percent-encode urljoin urlsplit urlunsplit])

(setv CHUNK 65536  ; octets in a piece
      MOST-HEADERS 100
      MOST-INTERIM 10  ; answers before the answer
      MOST-REDIRECTS 5)

(defn printable [text]
  "TEXT without what does things to a terminal."
  (.join "" (gfor c text (if (.isprintable c) c "?"))))

(defn read-headers [socket]
  "A dict of the header lines that come next, by names in lower case; several of one name are one list."
  (setv headers {})
  (for [_ (range MOST-HEADERS)]
    (setv line (read-line socket))
    (when (not line)
      (return headers))
    (print (printable line) :file sys.stderr)
    (setv [name _ value] (.partition line ":")
          name (.lower name)
          value (.strip value)
          (get headers name) (if (in name headers) f"{(get headers name)}, {value}" value)))
  (error "more than ~D headers" MOST-HEADERS))

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

(defn number [what digits base]
  "The number that the server sent: digits, and nothing else that Python would take as well."
  (when (not (re.fullmatch (if (= base 16) "[0-9A-Fa-f]{1,15}" "[0-9]{1,15}") digits))
    (error "the ~A is ~A" what (repr digits)))
  (int digits base))

(defn chunks [socket]
  "The body that comes in chunks, each behind a line with its size, the last being empty."
  (while (setx size (number "size of a chunk" (.strip (get (.partition (read-line socket) ";") 0)) 16))
    (yield :from (pieces socket size))
    (when (read-line socket)
      (error "a chunk is longer than its size")))
  (read-headers socket))

(defn body [socket status headers]
  (setv coding (.get headers "transfer-encoding")
        length (.get headers "content-length"))
  (cond
    (= status 204) []
    (not-in None [coding length]) (error "there are both a Transfer-Encoding and a Content-Length")
    (is coding None) (pieces socket (if (is length None) inf (number "Content-Length" length 10)))
    (= (.lower coding) "chunked") (chunks socket)
    True (error "the Transfer-Encoding is ~A" (repr coding))))

(defn read-head [socket]
  "The status and the headers of an answer that is of use."
  (setv line (read-line socket)
        match (re.fullmatch r"HTTP/1\.[01] ([1-5][0-9][0-9])( .*)?" line))
  (when (not match)
    (error "the answer begins with ~A" (repr (cut line 100))))
  (print (printable line) :file sys.stderr)
  (setv status (int (get match 1))
        headers (read-headers socket))
  (if (or (< status 300)
          (and (in status [301 302 303 307 308]) (in "location" headers)))
      #(status headers)
      (error "the server says ~A" (get (.partition line " ") 2))))

(defn fetch [url seconds output]
  "Write to OUTPUT what is at URL; the value is the URL that it leads to instead, if it does."
  (setv parts (urlsplit url))
  (when (not (and (= parts.scheme "http") parts.hostname))
    (error "~A is no http URL" (repr url)))
  (setv target (urlunsplit ["" "" (or parts.path "/") parts.query ""]))
  (with-open-socket [socket :remote-host parts.hostname
                            :remote-port (or parts.port 80)
                            :timeout seconds
                            :external-format '(:latin-1 :eol-style :crlf)
                            :max-line-length 65536]
    (setf (socket-option socket :receive-timeout) seconds)
    (for [line [f"GET {(percent-encode target :safe string.punctuation)} HTTP/1.1"
                f"Host: {(get (.rpartition parts.netloc "@") 2)}"
                "Connection: close"
                ""]]
      (write-line line socket))
    (finish-output socket :timeout seconds)
    (for [_ (range (+ MOST-INTERIM 1))]
      (setv [status headers] (read-head socket))
      (when (>= status 200)
        (break))
      (else (error "more than ~D answers before the answer" MOST-INTERIM)))
    (if (>= status 300)
        (urljoin url (get headers "location"))
        (do
          (.writelines output (body socket status headers))
          (.flush output)))))

(defn run-client [url [seconds 30]]
  (for [_ (range (+ MOST-REDIRECTS 1))]
    (setv url (fetch url (float seconds) sys.stdout.buffer))
    (when (is url None)
      (return)))
  (error "more than ~D redirects" MOST-REDIRECTS))

(when (= __name__ "__main__")
  (when (not-in (len sys.argv) [2 3])
    (sys.exit "usage: hy http-client.hy URL [SECONDS]"))
  (handler-case
    (run-client #* (cut sys.argv 1 None))
    (error [e]
      (when (isinstance e BrokenPipeError)
        ;; Nobody reads what is left in standard output's buffer; Python would try once more at its end.
        (os.dup2 (os.open os.devnull os.O-WRONLY) 1))
      (sys.exit f"no page: {(printable (str e))}"))))
