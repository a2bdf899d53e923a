;; A daytime client: prints the line that the server sends.
;;
;;   hy daytime-client.hy HOST PORT

(require hy-iolib *)
(import hy-iolib *)
(import sys)

(defn run-client [host port]
  (setv socket (make-socket :connect :active
                            :address-family :internet
                            :type :stream
                            :external-format '(:utf-8 :eol-style :crlf)))
  (unwind-protect
    (do
      (connect socket host :port port :timeout 10)
      (print (read-line socket :timeout 10)))
    (close socket)))

(when (= __name__ "__main__")
  (when (!= (len sys.argv) 3)
    (sys.exit "usage: hy daytime-client.hy HOST PORT"))
  (handler-case
    (run-client (get sys.argv 1) (get sys.argv 2))
    (end-of-file [] (sys.exit "the server said nothing"))
    (error [e] (sys.exit f"no daytime: {e}"))))
