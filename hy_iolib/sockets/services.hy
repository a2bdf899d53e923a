"Services: what ports are called."

(eval-when-compile
  (require hy-iolib.lisp.conditions [defcondition]
           hy-iolib.lisp.operators [defoperator]
           hy-iolib.lisp.multiple-values [defvalues]))
(import hy re)
(import hy-iolib.lisp.checking [check-one-of refuse])
(import hy-iolib.lisp.conditions [error shown])
(import hy-iolib.lisp.handlers [signal-error])
(import hy-iolib.lisp.keywords [intern-keyword])
(import hy-iolib.lisp.multiple-values [primary-value])
(import hy-iolib.sockets.databases [database key-of])

(export
  :objects [lookup-service service-entry unknown-service unknown-service-datum]
  :macros [lookup-service])

(defcondition unknown-service [error LookupError]
  "No service has that name or port. Also `LookupError`; `datum` is what was looked up, `protocol` of
  which protocol it was to be.

  => (handler-case (lookup-service \"nonsense\") (unknown-service [c] (unknown-service-datum c)))
  \"nonsense\"

  >>> try:
  ...     lookup_service('nonsense')
  ... except unknown_service as e:
  ...     print(e)
  no tcp service is known as 'nonsense'

  Source: the manual, Services."
  [datum protocol]
  (+ "no " (if (in self.protocol #(None "any")) "" f"{self.protocol} ")
     f"service is known as {(shown self.datum)}"))

(defvalues service-entry [port name protocol]
  "What `lookup-service` returns: a port, the name of its service, and `:tcp` or `:udp`.

  Source: the manual, Services.")

;; The common ones, for a machine that has no such file.
(setv COMMON (.replace "tcpmux 1/tcp; echo 7/tcp; echo 7/udp; discard 9/tcp sink null; discard 9/udp sink null
daytime 13/tcp; daytime 13/udp; chargen 19/tcp ttytst source; chargen 19/udp ttytst source
ftp-data 20/tcp; ftp 21/tcp; ssh 22/tcp; telnet 23/tcp; smtp 25/tcp mail; time 37/tcp timserver
time 37/udp timserver; whois 43/tcp nicname; domain 53/tcp; domain 53/udp; bootps 67/udp
bootpc 68/udp; tftp 69/udp; gopher 70/tcp; finger 79/tcp; http 80/tcp www
kerberos 88/tcp kerberos5 krb5 kerberos-sec; kerberos 88/udp kerberos5 krb5 kerberos-sec
pop3 110/tcp pop-3; sunrpc 111/tcp portmapper; sunrpc 111/udp portmapper
auth 113/tcp authentication tap ident; nntp 119/tcp readnews untp; ntp 123/udp
imap2 143/tcp imap; snmp 161/tcp; snmp 161/udp; bgp 179/tcp
ldap 389/tcp; ldap 389/udp; https 443/tcp; https 443/udp; submissions 465/tcp ssmtp smtps urd
syslog 514/udp; submission 587/tcp; ldaps 636/tcp; ldaps 636/udp; domain-s 853/tcp
domain-s 853/udp; rsync 873/tcp; ftps-data 989/tcp; ftps 990/tcp; telnets 992/tcp; imaps 993/tcp
pop3s 995/tcp; socks 1080/tcp; mysql 3306/tcp; postgresql 5432/tcp postgres; sip 5060/tcp
sip 5060/udp; sip-tls 5061/tcp; sip-tls 5061/udp; xmpp-client 5222/tcp jabber-client
xmpp-server 5269/tcp jabber-server; mdns 5353/udp; amqps 5671/tcp; amqp 5672/tcp; x11 6000/tcp x11-0
redis 6379/tcp; ircs-u 6697/tcp; http-alt 8080/tcp webcache" "; " "\n"))

(setv PROTOCOLS #("tcp" "udp"))

(setv PORT (re.compile "[0-9]{1,5}" re.ASCII))

(defn index [entries]
  "For each protocol, name or port to what a lookup returns: the first entry that fits, of `any`
  tcp's."
  (setv found {"any" {}})
  (for [protocol PROTOCOLS]
    (setv (get found protocol) {})
    (for [[name #* words] entries]
      (setv [port _ its-protocol] (.partition (if words (get words 0) "") "/"))
      (when (and (= its-protocol protocol) (.fullmatch PORT port)
                 (<= (int port) 65535))
        (setv entry (service-entry #((int port) name (intern-keyword protocol))))
        (for [key [(int port) name #* (cut words 1 None)]
              asked [protocol "any"]]
          (.setdefault (get found asked) key entry)))))
  found)

(setv services (database "/etc/services" COMMON index))

(defoperator lookup-service [#^ keyword service #^ keyword [protocol "tcp"]]
  "The port, the name and the protocol, `:tcp` or `:udp`, of SERVICE: a name, an alias, a port, also in
  digits, or a keyword. PROTOCOL is `:tcp`, `:udp` or `:any`, which prefers tcp; by default `:tcp`.
  Three values.

  Names are as in /etc/services, also in the case of letters (keywords are lower case); the file is
  read again when it has changed. None such: `unknown-service`; a wrong type or PROTOCOL:
  `type-error`.

  => (multiple-value-list (lookup-service \"www\" :any))
  [80 \"http\" :tcp]
  => (. (lookup-service 53 :udp) name)
  \"domain\"

  >>> port, name, protocol = lookup_service('www')
  >>> port, name
  (80, 'http')

  Source: the manual, Services; services(5)."
  (when (is (type service) str)
    (try
      (return (get (services) protocol service))
      ;; What can't be a key is no protocol.
      (except [[KeyError TypeError ValueError]])))
  (setv protocol (check-one-of "protocol" protocol #(#* PROTOCOLS "any"))
        found (.get (get (services) protocol) (key-of "service" service "a port")))
  (if (is found None)
      (signal-error unknown-service :datum service :protocol protocol)
      found))

(defn port-number [argument port]
  "The number that PORT, an integer from 0 to 65535, its digits, or a service's name, designates."
  (setv x (primary-value port)
        service (if (isinstance x #(str hy.models.Keyword)) (key-of argument x "a port") x))
  (cond
    (and (isinstance service int) (not (isinstance service bool)) (<= 0 service 65535)) service
    (and (isinstance service str) (not (.isdecimal service))) (get (lookup-service x) 0)
    True (refuse argument port (+ "an integer from 0 to 65535, in digits or not, or the name of a "
                                  "service"))))
