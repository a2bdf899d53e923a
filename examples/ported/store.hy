;;;; store.hy: a key-value store over UDP. A request is one datagram:
;;;;   SET key value | GET key | DEL key | KEYS | SUM key... | STOP
;;;; A program in Common Lisp for IOLib, tests/data/cl-samples/store.lisp, moved to Hy by hand.

(require hy-iolib *)
(import hy-iolib *)

(export :objects [run-store ask])

(setv +max-datagram+ 512)

;; A character for each octet: that is Latin-1.
(defn string-to-octets* [string]
  (.encode string "latin-1"))

(defn octets-to-string* [octets count]
  (.decode (cut octets count) "latin-1"))

(defn words [string]
  "The words of STRING, a list."
  (lfor word (.split string " ")
        :if (!= word "")
        word))

;; `sum` and `(.join separator strings)` are Python's.

(defn answer [table request]
  "The answer to REQUEST, a string, and whether to go on."
  (when (= request "")
    (return (values "ERR empty" True)))
  (setv [verb #* args] (words request)
        verb (.upper verb)
        ;; (get args 0) of an empty list would be an error, where (first '()) is nil.
        key (if args (get args 0) None))
  (match verb
    "SET"
      (if (< (len args) 2)
          (values "ERR usage" True)
          (do
            (setv (get table key) (.join " " (cut args 1 None)))
            (values "OK" True)))
    "GET"
      (values (.get table key "NONE") True)
    "DEL"
      (if (in key table)
          (do
            (del (get table key))
            (values "1" True))
          (values "0" True))
    "KEYS"
      (values (.join " " [f"{(len table)}:" #* (sorted table)]) True)
    "SUM"
      (handler-case
        (values (str (sum (gfor key args (int (.get table key "0"))))) True)
        ;; Not parse-error: `int` is Python's.
        (ValueError [] (values "ERR not a number" True)))
    "STOP"
      (values "BYE" False)
    _
      (values f"ERR {(.lower verb)}" True)))

(defn run-store [* [host #(127 0 0 1)] [port 0] [on-ready None] [patience 10]]
  (setv table {}
        requests 0)
  (with-open-socket (socket :type :datagram :ipv6 None :local-host host :local-port port)
    (when on-ready (on-ready (local-port socket)))
    (while True
      (when (not (wait-until-fd-ready (socket-os-fd socket) :input patience))
        (format True "nobody asks~%")
        (break))
      (multiple-value-bind (buffer count remote-host remote-port)
          (receive-from socket :size +max-datagram+)
        (+= requests 1)
        (multiple-value-bind (reply more)
            (answer table (octets-to-string* buffer count))
          (send-to socket (string-to-octets* reply)
                   :remote-host remote-host :remote-port remote-port)
          (when (not more) (break))))))
  (defn counted [count noun]
    f"{count} {noun}{(if (= count 1) "" "s")}")
  (format True "~A, ~A~%" (counted requests "request") (counted (len table) "key"))
  requests)

(defn ask [port #* request]
  "Send REQUEST, strings joined by spaces, to the store at PORT; its answer."
  (with-open-socket (socket :type :datagram :ipv6 None
                            :remote-host +ipv4-loopback+ :remote-port port)
    (send-to socket (string-to-octets* (.join " " request)))
    (if (wait-until-fd-ready (socket-os-fd socket) :input 5)
        (multiple-value-bind (buffer count) (receive-from socket :size +max-datagram+)
          (octets-to-string* buffer count))
        :timeout)))
