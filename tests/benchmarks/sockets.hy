"Sockets against Python's own."

(require hy-iolib [make-socket setf])
(import socket)
(import hy-iolib [accept-connection close ewouldblock fd-non-blocking local-port make-socket make-socket-pair receive-from
                  send-to +ipv4-loopback+])
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

(defn datagrams []
  "64 octets to an address, into a buffer, over UDP."
  (setv octets (bytes 64) buffer (bytearray 64)
        a (make-socket :type :datagram)
        b (make-socket :type :datagram :local-host +ipv4-loopback+)
        port (local-port b)
        [c d] (lfor _ (range 2) (socket.socket socket.AF-INET socket.SOCK-DGRAM)))
  (.bind d #("127.0.0.1" 0))
  (setv place (.getsockname d))
  (compare "UDP: send-to an address and receive-from"
    (fn [n] (for [_ (range n)]
              (send-to a octets :remote-host +ipv4-loopback+ :remote-port port)
              (receive-from b :buffer buffer)))
    (fn [n] (for [_ (range n)]
              (.sendto c octets place)
              (.recvfrom-into d buffer)))
    5000 1.4)
  (for [s [a b c d]] (.close s)))

(defn connections []
  "connect, accept, close both."
  (setv server (make-socket :connect :passive :local-host +ipv4-loopback+ :backlog 128)
        port (local-port server)
        listener (socket.create-server #("127.0.0.1" 0) :backlog 128)
        place (.getsockname listener))
  (compare "connect, accept, close both"
    (fn [n] (for [_ (range n)]
              (setv s (make-socket :remote-host +ipv4-loopback+ :remote-port port)
                    peer (accept-connection server))
              (.close peer)
              (.close s)))
    (fn [n] (for [_ (range n)]
              (setv s (socket.socket))
              (.connect s place)
              (setv [peer _] (.accept listener))
              (.close peer)
              (.close s)))
    500 1.5)
  (.close server)
  (.close listener))

(defn throughput []
  "256 KiB pieces, in one thread."
  (setv piece (bytes 0x40000) buffer (bytearray 0x40000)
        [a b] (make-socket-pair)
        [c d] (socket.socketpair))
  (for [s [a.python-socket b.python-socket c d]]
    (.setsockopt s socket.SOL-SOCKET socket.SO-SNDBUF 0x80000))
  (.setblocking c False)
  (.setblocking d False)
  (compare "256 KiB pieces, time a piece"
    (fn [n] (for [_ (range n)]
              (setv sent 0)
              (while (< sent 0x40000)
                (setv count (if sent (send-to a piece :start sent) (send-to a piece)))
                (+= sent count)
                (while count
                  (-= count (. (receive-from b :buffer buffer) count))))))
    (fn [n] (for [_ (range n)]
              (setv sent 0)
              (while (< sent 0x40000)
                (setv count (.send c (if sent (cut (memoryview piece) sent None) piece)))
                (+= sent count)
                (while count
                  (-= count (.recv-into d buffer))))))
    200 1.05)
  (for [s [a b c d]] (.close s)))

(defn errors []
  "An error that nobody handles, against an exception raised and caught."
  (setv [a b] (make-socket-pair) [c d] (socket.socketpair)
        buffer (bytearray 64))
  (.setblocking c False)
  (setf (fd-non-blocking a) True)
  (compare "an error without handlers (receive-from, nothing there)"
    (fn [n] (for [_ (range n)]
              (try (receive-from a :buffer buffer) (except [ewouldblock]))))
    (fn [n] (for [_ (range n)]
              (try (.recv-into c buffer) (except [BlockingIOError]))))
    5000 3.5)
  (for [s [b d]] (.close s))
  (compare "an error without handlers (send-to a closed peer)"
    (fn [n] (for [_ (range n)]
              (try (send-to a buffer) (except [BrokenPipeError]))))
    (fn [n] (for [_ (range n)]
              (try (.send c buffer) (except [BrokenPipeError]))))
    5000 3.5)
  (for [s [a c]] (.close s)))

(defn main []
  (send-and-receive)
  (creation)
  (datagrams)
  (connections)
  (throughput)
  (errors))
