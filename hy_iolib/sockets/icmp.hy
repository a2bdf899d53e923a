"The numbers of ICMP, for raw sockets."

(import hy-iolib.lisp.keywords [intern-keyword])

(export :objects [] :macros [])

(defmacro defnumbers [#* tables]
  "Of each table, NAME, DOC and rows of a constant and its number: the constants, and NAME, a dict of
  keyword to number."
  `(do ~@(gfor [name doc #* rows] tables
          :setv pairs (list (zip (cut rows 0 None 2) (cut rows 1 None 2)))
          form [#* (gfor [constant number] pairs `(setv ~constant ~number))
                `(setv ~name {~@(gfor [constant _] pairs
                                      part [`(intern-keyword ~(str constant)) constant]
                                      part)})
                `(.extend __all__ [~@(gfor c [name #* (gfor [constant _] pairs constant)]
                                           (hy.mangle (str c)))])]
          form)))

;; RFC 792 and its successors, as Linux's linux/icmp.h names them.
(defnumbers
  [icmp-types "The types of messages."
   icmp-echo-reply 0        icmp-dest-unreach 3      icmp-source-quench 4
   icmp-redirect 5          icmp-echo-request 8      icmp-time-exceeded 11
   icmp-parameter-prob 12   icmp-timestamp-request 13  icmp-timestamp-reply 14
   icmp-info-request 15     icmp-info-reply 16       icmp-address-request 17
   icmp-address-reply 18]
  [icmp-unreach "The codes of what is unreachable, of a redirection, of what has taken too long."
   icmp-net-unreach 0       icmp-host-unreach 1      icmp-prot-unreach 2
   icmp-port-unreach 3      icmp-frag-needed 4       icmp-sr-failed 5
   icmp-net-unknown 6       icmp-host-unknown 7      icmp-host-isolated 8
   icmp-net-ano 9           icmp-host-ano 10         icmp-net-unr-tos 11
   icmp-host-unr-tos 12     icmp-pkt-filtered 13     icmp-prec-violation 14
   icmp-prec-cutoff 15]
  [icmp-redirections "The codes of a redirection."
   icmp-redir-net 0         icmp-redir-host 1
   icmp-redir-nettos 2      icmp-redir-hosttos 3]
  [icmp-exceptions "The codes of what has taken too long."
   icmp-exc-ttl 0           icmp-exc-fragtime 1])
