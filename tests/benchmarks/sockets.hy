"Sockets against Python's own."

(require hy-iolib [make-socket])
(import socket)
(import hy-iolib [close make-socket make-socket-pair receive-from send-to])
(import measure [compare])

(defn send-and-receive []
  "64 octets through a socket pair, into a buffer."
  (setv octets (bytes 64)
        buffer (bytearray 64)
        [a b] (make-socket-pair)
        [c d] (socket.socketpair))
  (compare "send-to and receive-from, 64 octets"
    (fn [n] (for [_ (range n)] (send-to a octets) (receive-from b :buffer buffer)))
    (fn [n] (for [_ (range n)] (.send c octets) (.recv-into d buffer)))
    20000 1.45)
  (for [s [a b c d]] (.close s)))

(defn creation []
  "A TCP socket made and closed."
  (compare "make-socket with literal keywords, and close"
    (fn [n] (for [_ (range n)]
              (close (make-socket :address-family :internet :type :stream :connect :active))))
    (fn [n] (for [_ (range n)]
              (.close (socket.socket socket.AF-INET socket.SOCK-STREAM))))
    5000 2)
  (setv made [])
  (compare "make-socket with literal keywords"
    (fn [n] (for [_ (range n)]
              (.append made (make-socket :address-family :internet :type :stream :connect :active)))
            (for [s made] (.close s)) (.clear made))
    (fn [n] (for [_ (range n)]
              (.append made (socket.socket socket.AF-INET socket.SOCK-STREAM)))
            (for [s made] (.close s)) (.clear made))
    500 2))

(defn main []
  (send-and-receive)
  (creation))
