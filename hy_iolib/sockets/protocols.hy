"Protocols: what the numbers in IP's headers are called."

(eval-when-compile
  (require hy-iolib.lisp.conditions [defcondition]
           hy-iolib.lisp.constants [defconstants]
           hy-iolib.lisp.operators [defoperator]
           hy-iolib.lisp.multiple-values [defvalues]))
(import re)
(import hy-iolib.lisp.conditions [error shown])
(import hy-iolib.lisp.handlers [signal-error])
(import hy-iolib.sockets.databases [database key-of])

(export
  :objects [lookup-protocol protocol-entry unknown-protocol unknown-protocol-datum
            ipproto-icmp ipproto-icmpv6 ipproto-ip ipproto-ipv6 ipproto-raw ipproto-sctp
            ipproto-tcp ipproto-udp]
  :macros [lookup-protocol])

(defcondition unknown-protocol [error LookupError]
  "No protocol has that name or number. Also `LookupError`; `datum` is what was looked up.

  => (handler-case (lookup-protocol \"nonsense\") (unknown-protocol [c] (unknown-protocol-datum c)))
  \"nonsense\"

  Source: the manual, Protocols."
  [datum]
  f"no protocol is called {(shown self.datum)}")

(defvalues protocol-entry [number name aliases]
  "What `lookup-protocol` returns: a number, a name, and a tuple of further names.

  Source: the manual, Protocols.")

(defconstants
  ipproto-ip 0      "The protocol number for the usual one of a kind of socket. Source: ip(7)."
  ipproto-icmp 1    "The protocol number of ICMP, control messages of IPv4. Source: RFC 792."
  ipproto-tcp 6     "The protocol number of TCP, streams. Source: RFC 9293."
  ipproto-udp 17    "The protocol number of UDP, datagrams. Source: RFC 768."
  ipproto-ipv6 41   "The protocol number of IPv6 within IPv4. Source: RFC 2473."
  ipproto-icmpv6 58 "The protocol number of ICMPv6, control messages of IPv6. Source: RFC 4443."
  ipproto-sctp 132  "The protocol number of SCTP, streams of messages. Source: RFC 9260."
  ipproto-raw 255   "The protocol number of raw sockets that write the IP header themselves. Source: raw(7).")

;; The common ones, for a machine that has no such file.
(setv COMMON (.replace "
ip 0 IP; icmp 1 ICMP; igmp 2 IGMP; ipencap 4 IP-ENCAP; tcp 6 TCP; egp 8 EGP; igp 9 IGP; udp 17 UDP
dccp 33 DCCP; ipv6 41 IPv6; ipv6-route 43 IPv6-Route; ipv6-frag 44 IPv6-Frag; rsvp 46 RSVP; gre 47 GRE
esp 50 IPSEC-ESP; ah 51 IPSEC-AH; ipv6-icmp 58 IPv6-ICMP; ipv6-nonxt 59 IPv6-NoNxt
ipv6-opts 60 IPv6-Opts; eigrp 88 EIGRP; ospf 89 OSPFIGP; ipip 94 IPIP; pim 103 PIM; vrrp 112 VRRP
l2tp 115 L2TP; sctp 132 SCTP; udplite 136 UDPLite; mpls-in-ip 137 MPLS-in-IP; mptcp 262 MPTCP" "; " "\n"))

(setv NUMBER (re.compile "[0-9]{1,5}" re.ASCII))

(defn index [entries]
  "Name, alias or number to what a lookup returns: the first entry that fits."
  (setv found {})
  (for [[name number #* aliases] (gfor words entries :if (> (len words) 1) words)]
    (when (.fullmatch NUMBER number)
      (setv entry (protocol-entry #((int number) name (tuple aliases))))
      (for [key [(int number) name #* aliases]]
        (.setdefault found key entry))))
  found)

(setv protocols (database "/etc/protocols" COMMON index))

(defoperator lookup-protocol [#^ keyword protocol]
  "The number, the name and a tuple of the aliases of PROTOCOL: a number, also in digits, a name, an
  alias or a keyword. Three values.

  Names are as in /etc/protocols, also in the case of letters (keywords are lower case); the file is
  read again when it has changed, and without one the common protocols are known. None such:
  `unknown-protocol`; a wrong type: `type-error`.

  => (multiple-value-list (lookup-protocol :tcp))
  [6 \"tcp\" #(\"TCP\")]

  >>> lookup_protocol('tcp').number
  6

  Source: the manual, Protocols; protocols(5)."
  (setv found (.get (protocols) (key-of "protocol" protocol "its number")))
  (if (is found None)
      (signal-error unknown-protocol :datum protocol)
      found))
