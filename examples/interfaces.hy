;; A report of the network interfaces of this machine: their indexes and names, their addresses and of
;; what kind these are, and the networks that they are in.
;;
;;   hy interfaces.hy [INTERFACE…]
;;
;; An INTERFACE is a name or an index; without any, all are told.
;;
;; It teaches: interfaces, addresses and networks as values with predicates; and a socket that leads to no
;; other machine: over netlink(7) the kernel of Linux itself answers, in messages of octets that are taken
;; apart here. The zone of a link-local address is its interface.

(require hy-iolib *)
(import hy-iolib *)
(import struct [Struct])
(import sys)

;; Of <linux/netlink.h> and <linux/rtnetlink.h>.
(setv [REQUEST DUMP ERROR DONE GET-ADDRESSES] [1 0x300 2 3 22]
      HEADER (Struct "=IHHII")  ; length, type, flags, number of the request, port
      ABOUT (Struct "=BBBBI")  ; family, bits of the network, flags, scope, index of the interface
      ATTRIBUTE (Struct "=HH")  ; length, type
      [ADDRESS LOCAL] [1 2])

(defn parts [octets header]
  "What HEADER says and the octets behind it, again and again; each begins at a multiple of four."
  (setv at 0)
  (while (< at (len octets))
    (setv [length #* rest] (.unpack-from header octets at))
    (yield #(rest (cut octets (+ at header.size) (+ at length))))
    (+= at (& (+ length 3) (bnot 3)))))

(defn list-addresses []
  "For each address of this machine: the index of its interface, the address, the bits of its network."
  (setv found [])
  (with-open-socket [kernel :address-family :netlink :type :raw :protocol 0]
    (send-to kernel (+ (.pack HEADER (+ HEADER.size ABOUT.size) GET-ADDRESSES (| REQUEST DUMP) 1 0)
                       (.pack ABOUT 0 0 0 0 0)))
    (while True
      (for [[[kind #* _] message] (parts (. (receive-from kernel :size 65536 :timeout 10) data) HEADER)]
        (cond
          (= kind DONE) (return found)
          (= kind ERROR) (error "the kernel refuses to tell the addresses"))
        (setv [_ bits _ _ index] (.unpack-from ABOUT message)
              attributes (dfor [[kind] octets] (parts (cut message ABOUT.size None) ATTRIBUTE)
                               kind (bytes octets))
              ;; At a line of two ends ADDRESS is the other one's.
              octets (or (.get attributes LOCAL) (get attributes ADDRESS)))
        (.append found #(index (ensure-address octets) bits))))))

(defn described [address bits interface]
  (setv network ((if (ipv4-address-p address) ipv4-network ipv6-network) address bits))
  (multiple-value-bind (protocol kind scope) (inet-address-type address)
    (setv words [kind scope (when (inet-address-private-p address) "private")])
    (when (= scope :link-local)
      (setv address (ensure-address f"{address}%{(interface-name interface)}")))
    f"    {address}  {(.join " " (filter None words))}, in {network}"))

(defn report [#* designators]
  (setv interfaces (or (lfor d designators (lookup-interface d)) (list-network-interfaces))
        known (list-addresses))
  (for [interface interfaces]
    (print (interface-index interface) (interface-name interface))
    (for [[index address bits] known]
      (when (= index (interface-index interface))
        (print (described address bits interface))))))

(when (= __name__ "__main__")
  (handler-case
    (report #* (cut sys.argv 1 None))
    (error [e] (sys.exit f"no report: {e}"))))
