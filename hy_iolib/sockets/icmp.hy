"The numbers of ICMP, for raw sockets: RFC 792 and its successors, named as in IOLib.

`icmp-types` and `icmp-unreach` are the constants of that kind as dicts, keyword to number."

(import hy-iolib.lisp.keywords [intern-keyword])

(export :objects [icmp-types icmp-unreach] :macros [])

(defmacro defnumbers [#* rows]
  "Of each row, NAME and NUMBER: the constant NAME, which is exported; returns a dict of all."
  (setv pairs (list (zip (cut rows 0 None 2) (cut rows 1 None 2))))
  `(do
     ~@(gfor [name number] pairs `(setv ~name ~number))
     (.extend __all__ [~@(gfor [name _] pairs (hy.mangle (str name)))])
     {~@(gfor [name _] pairs part [`(intern-keyword ~(str name)) name] part)}))

(setv icmp-types
      (defnumbers
        icmp-echo-reply 0        icmp-dest-unreach 3        icmp-source-quench 4
        icmp-redirect 5          icmp-echo-request 8        icmp-time-exceeded 11
        icmp-parameter-prob 12   icmp-timestamp-request 13  icmp-timestamp-reply 14
        icmp-info-request 15     icmp-info-reply 16         icmp-address-request 17
        icmp-address-reply 18))

;; Codes of icmp-dest-unreach.
(setv icmp-unreach
      (defnumbers
        icmp-net-unreach 0       icmp-host-unreach 1        icmp-prot-unreach 2
        icmp-port-unreach 3      icmp-frag-needed 4         icmp-sr-failed 5
        icmp-net-unknown 6       icmp-host-unknown 7        icmp-host-isolated 8
        icmp-net-ano 9           icmp-host-ano 10           icmp-net-unr-tos 11
        icmp-host-unr-tos 12     icmp-pkt-filtered 13       icmp-prec-violation 14
        icmp-prec-cutoff 15))

;; Codes of icmp-redirect and of icmp-time-exceeded.
(defnumbers
  icmp-redir-net 0           icmp-redir-host 1
  icmp-redir-nettos 2        icmp-redir-hosttos 3
  icmp-exc-ttl 0             icmp-exc-fragtime 1)
