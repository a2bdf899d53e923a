"Addresses and services against the standard library's `ipaddress` and `socket`."

(import ipaddress socket)
(import hy-iolib)
(import hy-iolib [ensure-address inet-address-in-network-p ipv4-network ipv6-network lookup-service])
(import measure [compare])

(setv TEXT4 "192.168.1.10"
      TEXT6 "2001:db8:85a3::8a2e:370:7334")

(defn parsing []
  (for [[name text peer limit] [["IPv4" TEXT4 ipaddress.IPv4Address 0.25]
                                ["IPv6" TEXT6 ipaddress.IPv6Address 0.2]]]
    (compare f"parse {name}"
      (fn [n] (for [_ (range n)] (ensure-address text)))
      (fn [n] (for [_ (range n)] (peer text)))
      20000 limit)))

(defn printing []
  (for [[name text limit] [["IPv4" TEXT4 0.4] ["IPv6" TEXT6 0.15]]]
    (setv ours (ensure-address text)
          theirs (ipaddress.ip-address text))
    (compare f"print {name}"
      (fn [n] (for [_ (range n)] (str ours)))
      (fn [n] (for [_ (range n)] (str theirs)))
      20000 limit)))

(defn networks []
  (for [[name text network of-ours of-theirs]
        [["IPv4" TEXT4 "192.168.0.0/16" ipv4-network ipaddress.ip-network]
         ["IPv6" TEXT6 "2001:db8::/32" ipv6-network ipaddress.ip-network]]]
    (setv ours (ensure-address text) our-network (of-ours network)
          theirs (ipaddress.ip-address text) their-network (of-theirs network))
    (compare f"inet-address-in-network-p, {name}"
      (fn [n] (for [_ (range n)] (inet-address-in-network-p ours our-network)))
      (fn [n] (for [_ (range n)] (in theirs their-network)))
      50000 1)))

;; All operators that say what one address is; those of IPv6 refuse others.
(defn operators [#* names]
  (lfor name names (getattr hy-iolib (hy.mangle name))))

(setv OF-ANY (operators "addressp" "inet-address-p" "ipv4-address-p" "ipv6-address-p" "local-address-p"
                        "abstract-address-p" "address-type" "inet-address-type"
                        "inet-address-unspecified-p" "inet-address-loopback-p"
                        "inet-address-multicast-p" "inet-address-unicast-p" "inet-address-private-p"
                        "ipv6-ipv4-mapped-p")
      OF-IPV6 (operators #* (gfor name (dir hy-iolib)
                                  :if (and (.startswith name "ipv6_") (.endswith name "cast_p"))
                                  name)
                         "ipv6-unicast-type" "ipv6-multicast-type"))

(defn predicates []
  (for [[name text predicates] [["IPv4" TEXT4 OF-ANY] ["IPv6" TEXT6 (+ OF-ANY OF-IPV6)]]]
    (setv address (ensure-address text))
    (compare f"all {(len predicates)} predicates of an {name} address, against ip_address(text)"
      (fn [n] (for [_ (range n)] (for [p predicates] (p address))))
      (fn [n] (for [_ (range n)] (ipaddress.ip-address text)))
      5000 1.5)))

(defn in-bulk []
  "Cost per address: of a million in a row against one, and of a million that are kept."
  (setv texts (lfor i (range 1000000) (.format "10.{}.{}.{}" (>> i 16) (& (>> i 8) 255) (& i 255)))
        text (get texts -1))
  (compare "a million addresses read and printed in a row, against one again and again"
    (fn [n] (for [text texts] (str (ensure-address text))))
    (fn [n] (for [_ texts] (str (ensure-address text))))
    1 1.2 :pairs 5)
  ;; Most of this is the garbage collector, which looks at each again and again.
  (compare "a million addresses read and kept"
    (fn [n] (list (map ensure-address texts)))
    (fn [n] (list (map ipaddress.IPv4Address texts)))
    1 0.5 :pairs 5))

(defn services []
  ;; Of many in a row: a lone lookup looks at the file, which takes most of its time.
  (compare "lookup-service \"http\" :tcp"
    (fn [n] (for [_ (range n)] (lookup-service "http" "tcp")))
    (fn [n] (for [_ (range n)] (socket.getservbyname "http" "tcp")))
    5000 0.3))

(defn main []
  (parsing)
  (printing)
  (networks)
  (predicates)
  (services)
  (in-bulk))
