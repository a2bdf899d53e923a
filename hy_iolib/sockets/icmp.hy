"The numbers of ICMP, for raw sockets: RFC 792 and its successors, named as in IOLib.

`icmp-types` and `icmp-unreach` are the constants of that kind as dicts, keyword to number."

(eval-when-compile (require hy-iolib.lisp.constants [defconstants]))
(import hy-iolib.lisp.keywords [intern-keyword])

(export :objects [icmp-types icmp-unreach] :macros [])

(defmacro defnumbers [what #* rows]
  "Of each row, NAME, NUMBER, MEANING and SOURCE: the constant NAME, which is exported. WHAT says of
  what it is the number. Returns a dict of all."
  (setv rows (list (zip #* (gfor i (range 4) (cut rows i None 4)))))
  `(do
     (defconstants
       ~@(gfor [name number meaning source] rows
               part [name number (+ (.format what (int number)) f": {meaning}. Source: {source}.")]
           part))
     (.extend __all__ [~@(gfor [name #* _] rows (hy.mangle (str name)))])
     {~@(gfor [name #* _] rows part [`(intern-keyword ~(str name)) name] part)}))

(defconstants icmp-types
  (defnumbers "ICMP type {}"
    icmp-echo-reply 0         "the answer to an echo request" "RFC 792"
    icmp-dest-unreach 3       "the destination can't be reached, the code says why" "RFC 792"
    icmp-source-quench 4      "send slower; no longer used" "RFC 792, RFC 6633"
    icmp-redirect 5           "there is a better way, the code says for what" "RFC 792"
    icmp-echo-request 8       "asks for an echo reply, as `ping` does" "RFC 792"
    icmp-time-exceeded 11     "it took too long, the code says what" "RFC 792"
    icmp-parameter-prob 12    "there is a mistake in the header" "RFC 792"
    icmp-timestamp-request 13 "asks for the time" "RFC 792"
    icmp-timestamp-reply 14   "the answer to a timestamp request" "RFC 792"
    icmp-info-request 15      "asks for the network's number; no longer used" "RFC 792, RFC 6918"
    icmp-info-reply 16        "the answer to an information request; no longer used" "RFC 792, RFC 6918"
    icmp-address-request 17   "asks for the address mask; no longer used" "RFC 950, RFC 6918"
    icmp-address-reply 18     "the answer to an address mask request; no longer used" "RFC 950, RFC 6918")
  "The types of ICMP messages, a dict: `:icmp-echo-reply` to 0, and so on. Source: RFC 792.")

(defconstants icmp-unreach
  (defnumbers "Code {} of `icmp-dest-unreach`"
    icmp-net-unreach 0     "no way to the network" "RFC 792"
    icmp-host-unreach 1    "no way to the host" "RFC 792"
    icmp-prot-unreach 2    "the host does not speak the protocol" "RFC 792"
    icmp-port-unreach 3    "nobody has the port" "RFC 792"
    icmp-frag-needed 4     "the packet is too large, and may not be divided" "RFC 792"
    icmp-sr-failed 5       "the source route failed" "RFC 792"
    icmp-net-unknown 6     "the network is unknown" "RFC 1122"
    icmp-host-unknown 7    "the host is unknown" "RFC 1122"
    icmp-host-isolated 8   "the sender is isolated" "RFC 1122"
    icmp-net-ano 9         "the network is forbidden" "RFC 1122"
    icmp-host-ano 10       "the host is forbidden" "RFC 1122"
    icmp-net-unr-tos 11    "no way to the network for this type of service" "RFC 1122"
    icmp-host-unr-tos 12   "no way to the host for this type of service" "RFC 1122"
    icmp-pkt-filtered 13   "a filter forbids it" "RFC 1812"
    icmp-prec-violation 14 "the precedence is not permitted" "RFC 1812"
    icmp-prec-cutoff 15    "the precedence is too low" "RFC 1812")
  "The codes of `icmp-dest-unreach`, a dict: `:icmp-net-unreach` to 0, and so on.
  Source: RFC 792, RFC 1122, RFC 1812.")

(defnumbers "Code {} of `icmp-redirect`"
  icmp-redir-net 0     "for the network" "RFC 792"
  icmp-redir-host 1    "for the host" "RFC 792"
  icmp-redir-nettos 2  "for the network and the type of service" "RFC 792"
  icmp-redir-hosttos 3 "for the host and the type of service" "RFC 792")

(defnumbers "Code {} of `icmp-time-exceeded`"
  icmp-exc-ttl 0      "too many hops" "RFC 792"
  icmp-exc-fragtime 1 "not all fragments came in time" "RFC 792")
