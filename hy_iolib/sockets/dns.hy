"Questions to name servers. dnspython asks them, and is imported when the first is asked; here are
IOLib's names for it, and its conditions."

(eval-when-compile (require hy-iolib.lisp.conditions [defcondition])
                   (require hy-iolib.lisp.operators [defoperator])
                   (require hy-iolib.lisp.specials [defspecial]))
(import re)
(import socket :as python-socket)
(import struct)
(import time [monotonic])
(import typing [NamedTuple])
(import hy-iolib.lisp.checking [check-integer check-one-of check-string refuse])
(import hy-iolib.lisp.conditions [error])
(import hy-iolib.lisp.handlers [signal-error])
(import hy-iolib.lisp.keywords [intern-keyword keyword keyword-name])
(import hy-iolib.multiplex.readiness [deadline-of])
(import hy-iolib.sockets.addresses [from-designator from-packed])
(import hy-iolib.sockets.interfaces [zone-index])
(import hy-iolib.sockets.resolver
  [caused no-name resolver-again-error resolver-fail-error resolver-unknown-error])

(export
  :objects [*dns-nameservers* *dns-domain* *dns-search-domain* *dns-repeat* *dns-timeout*
            dns-query dns-message dns-message-id dns-message-flags dns-message-decoded-flags
            dns-message-question dns-message-answer dns-message-authority dns-message-additional
            missing-package missing-package-extra]
  :macros [dns-query])

(defspecial *dns-nameservers* None
  "Whom `dns-query` asks: an address designator (port 53), a pair of one and a port, or a sequence of
  such. None, the default: whom the system asks (/etc/resolv.conf).

  Source: IOLib 0.8.")

(defspecial *dns-domain* None
  "The domain, a string, in which a relative name is looked for after the search domains. None, the
  default: the system's, when there are no search domains.

  Source: IOLib 0.8; resolv.conf(5).")

(defspecial *dns-search-domain* None
  "The domains in which a relative name, one without a final dot, is looked for: a string or a sequence
  of strings. None, the default: the system's.

  Source: IOLib 0.8; resolv.conf(5).")

(defspecial *dns-repeat* 3
  "How often a name server that does not answer is asked: an integer from 1 to 255; 3.

  Source: IOLib 0.8.")

(defspecial *dns-timeout* 10
  "How many seconds a query may take, a number; 10.

  Source: IOLib 0.8.")

(defcondition missing-package [error ImportError]
  "A package is not installed that this part of the library needs. Also `ImportError`; `extra` is what to
  install hy_iolib with, as \"dns\" in `pip install hy_iolib[dns]`.

  => (missing-package-extra (missing-package :extra \"dns\"))
  \"dns\"

  Source: hy_iolib's own."
  [extra]
  f"a package is not installed that this needs: pip install hy_iolib[{self.extra}]")

(defn dnspython []
  "The package `dns`."
  (try
    (import dns.exception dns.flags dns.message dns.name dns.nameserver dns.opcode dns.rcode
            dns.rdataclass dns.rdatatype dns.resolver dns.reversename)
    dns
    (except [e ImportError]
      (signal-error (caused e (missing-package :extra "dns"))))))

;; ---- Messages

(defclass dns-message []
  "A message of the DNS, as `dns-query` returns it; `response` is dnspython's `dns.message.Message`.

  => (import dns.message)
  => (setv m (dns-message (dns.message.from-text (.join \"\\n\" [
       \"id 7\" \"flags QR RD RA\" \";QUESTION\" \"example.org. IN MX\" \";ANSWER\"
       \"example.org. 300 IN MX 10 mail.example.org.\"]))))
  => (dns-message-id m)
  7
  => (. (dns-message-decoded-flags m) rcode)
  :noerror
  => (lfor record (dns-message-answer m) [record.name record.type record.data.exchange])
  [[\"example.org\" :mx \"mail.example.org\"]]

  >>> import dns.message
  >>> dns_message(dns.message.make_query('example.org', 'MX', id=7))
  <dns-message 7 example.org. IN MX>

  Source: IOLib 0.8, `dns-message`; RFC 1035."
  (setv __slots__ #("response"))

  (defn __init__ [self response]
    (setv self.response response))

  (defn __repr__ [self]
    (.format "<dns-message {} {}>" self.response.id
             (.join "; " (gfor rrset self.response.question (.to-text rrset))))))

(defn response-of [message]
  (if (isinstance message dns-message)
      message.response
      (refuse "message" message "a dns-message")))

(defn dns-message-id [message]
  "The number, from 0 to 65535, that MESSAGE, a `dns-message`, has in common with the query.

  => (dns-message-id (dns-message (hy.I.dns.message.Message :id 7)))
  7

  >>> import dns.message
  >>> dns_message_id(dns_message(dns.message.Message(id=7)))
  7

  Source: IOLib 0.8; RFC 1035, 4.1.1."
  (. (response-of message) id))

(defn dns-message-flags [message]
  "The 16 bits of the flags of MESSAGE, a `dns-message`: an integer; see `dns-message-decoded-flags`.

  => (dns-message-flags (dns-message (hy.I.dns.message.make-query \"example.org\" \"MX\")))
  256

  >>> import dns.message
  >>> dns_message_flags(dns_message(dns.message.make_query('example.org', 'MX')))
  256

  Source: IOLib 0.8; RFC 1035, 4.1.1."
  (int (. (response-of message) flags)))

(defclass dns-flags [NamedTuple]
  "The flags of a message: bools, and the keywords `opcode` and `rcode`."
  #^ bool response
  #^ keyword opcode
  #^ bool authoritative
  #^ bool truncated
  #^ bool recursion-desired
  #^ bool recursion-available
  #^ keyword rcode)

(defn dns-message-decoded-flags [message]
  "The flags of MESSAGE, a `dns-message`, as a named tuple: `response` (not a query), `opcode`
  (`:query`), `authoritative`, `truncated`, `recursion-desired`, `recursion-available`, `rcode`
  (`:noerror`, `:nxdomain`, …). The two are keywords, the others bools.

  => (setv query (dns-message (hy.I.dns.message.make-query \"example.org\" \"MX\")))
  => (. (dns-message-decoded-flags query) recursion-desired)
  True

  >>> import dns.message
  >>> dns_message_decoded_flags(dns_message(dns.message.Message(id=7))).rcode == 'noerror'
  True

  Source: IOLib 0.8; RFC 1035, 4.1.1."
  (setv dns (dnspython)
        response (response-of message)
        set? (fn [flag] (bool (& response.flags flag))))
  (dns-flags
    :response (set? dns.flags.QR)
    :opcode (as-keyword (dns.opcode.to-text (.opcode response)))
    :authoritative (set? dns.flags.AA)
    :truncated (set? dns.flags.TC)
    :recursion-desired (set? dns.flags.RD)
    :recursion-available (set? dns.flags.RA)
    :rcode (as-keyword (dns.rcode.to-text (.rcode response)))))

(defn as-keyword [text]
  (keyword (.lower text)))

(for [name ["query" "noerror" "formerr" "servfail" "nxdomain" "notimp" "refused" "in"]]
  (intern-keyword name))

;; ---- Questions and records

(defclass dns-question [NamedTuple]
  "What is asked: a name, and the keywords of a type (`:a`) and a class (`:in`)."
  #^ str name
  #^ keyword type
  #^ keyword class_)

(defclass dns-record [NamedTuple]
  "What is answered: of a name, a type and a class, for `ttl` seconds, the data."
  #^ str name
  #^ keyword type
  #^ keyword class_
  #^ int ttl
  #^ object data)

(defclass dns-mx [NamedTuple]
  "The data of an MX record: a host that takes mail; the lowest preference comes first."
  #^ int preference
  #^ str exchange)

(defclass dns-srv [NamedTuple]
  "The data of an SRV record: where a service is; the lowest priority comes first."
  #^ int priority
  #^ int weight
  #^ int port
  #^ str target)

(defclass dns-soa [NamedTuple]
  "The data of an SOA record: a zone's primary server, who keeps it, its version, times in seconds."
  #^ str mname
  #^ str rname
  #^ int serial
  #^ int refresh
  #^ int retry
  #^ int expire
  #^ int minimum)

(defn text-of [name]
  "dnspython's NAME without the final dot; octets that are special or no ASCII are escaped."
  (.to-text name :omit-final-dot True))

(defmacro define-record-types [#* rows]
  "Of each row, TYPE and FORM: what the `data` of a record, dnspython's, is for us."
  `(setv decoders {~@(gfor [type form] rows
                           part [`(intern-keyword ~(str type)) `(fn [data] ~form)]
                           part)}))

(define-record-types
  [a     (from-designator data.address)]
  [aaaa  (from-designator data.address)]
  [ptr   (text-of data.target)]
  [cname (text-of data.target)]
  [ns    (text-of data.target)]
  [mx    (dns-mx data.preference (text-of data.exchange))]
  [srv   (dns-srv data.priority data.weight data.port (text-of data.target))]
  [soa   (dns-soa (text-of data.mname) (text-of data.rname) data.serial
                  data.refresh data.retry data.expire data.minimum)]
  [txt   (.decode (.join b"" data.strings) "utf-8" "replace")])

(setv types #(#* decoders (intern-keyword "any")))

(defn key-of [rrset]
  (setv dns (dnspython))
  [(text-of rrset.name)
   (as-keyword (dns.rdatatype.to-text rrset.rdtype))
   (as-keyword (dns.rdataclass.to-text rrset.rdclass))])

(defn dns-message-question [message]
  "What MESSAGE, a `dns-message`, asks or answers: a tuple of named tuples of `name`, a string, and
  `type` and `class_`, keywords.

  => (setv query (dns-message (hy.I.dns.message.make-query \"example.org\" \"MX\")))
  => (lfor question (dns-message-question query) (list question))
  [[\"example.org\" :mx :in]]

  >>> import dns.message
  >>> dns_message_question(dns_message(dns.message.make_query('example.org', 'MX')))
  (dns_question(name='example.org', type=:mx, class_=:in),)

  Source: IOLib 0.8; RFC 1035, 4.1.2."
  (tuple (gfor rrset (. (response-of message) question)
               (dns-question #* (key-of rrset)))))

(defn records [rrsets]
  (tuple (gfor rrset rrsets
               :setv key (key-of rrset)
               data rrset
               (dns-record #* key rrset.ttl (decoded data #* (cut key 1 None))))))

(defn decoded [data type class_]
  ;; Other classes have types of the same names with other data.
  (if (and (= class_ "in") (in type decoders))
      ((get decoders type) data)
      (.to-text data)))

(defmacro defsections [#* sections]
  "The reader dns-message-SECTION of each of SECTIONS."
  `(do ~@(gfor section sections
          `(defn ~(hy.models.Symbol f"dns-message-{section}") [message]
             ~f"The records in the {section} section of MESSAGE, a `dns-message`: a tuple of named tuples of
  `name`, a string, `type` and `class_`, keywords, `ttl`, in seconds, and `data`, which is as `dns-query`
  decodes it, or for other types dnspython's text.

  => (dns-message-{section} (dns-message (hy.I.dns.message.make-query \"example.org\" \"MX\")))
  #()

  >>> import dns.message
  >>> dns_message_{section}(dns_message(dns.message.make_query('example.org', 'MX')))
  ()

  Source: IOLib 0.8; RFC 1035, 4.1.3."
             (records (. (response-of message) ~section))))))

(defsections answer authority additional)

;; ---- Queries

(defoperator dns-query [name * #^ keyword [type "a"] [search None] [nameservers None] [decode False]
                        [repeat None] [timeout None]]
  "Ask name servers for the records of TYPE that NAME has; return their reply, a `dns-message`, or with
  DECODE (default False) a tuple of the data.

  NAME is a string; of `:ptr` also an address designator, which is asked in reverse. Non-ASCII
  labels are encoded as IDNA 2003 has it, in replies they stay encoded (`xn--…`); backslashes escape
  as in zone files. TYPE is `:a` (the default), `:aaaa`, `:ptr`, `:cname`, `:mx`, `:srv`, `:txt`,
  `:ns`, `:soa` or `:any`. Not given or None, the others are `*dns-search-domain*`,
  `*dns-nameservers*`, `*dns-repeat*` (3) and `*dns-timeout*` (10).

  SEARCH: domains, a string or a sequence of strings, where a NAME without a final dot is looked
  for, too; before it is taken as it stands if it has no dot, else after. The first that exists
  counts. `[]` is none. NAMESERVERS: an address designator (port 53), a pair of one and a port, or a
  sequence of such. REPEAT: how often, from 1 to 255, each of them is asked before it counts as
  silent. TIMEOUT: how many seconds all that may take.

  Data are addresses (`:a`, `:aaaa`), names without the final dot (`:ptr`, `:cname`, `:ns`),
  named tuples (`:mx`: preference exchange; `:srv`: priority weight port target; `:soa`: mname rname
  serial refresh retry expire minimum), for `:txt` a string, in which U+FFFD stands for what is no
  UTF-8; of `:any`, those of all records. Without DECODE a reply may say that there is no such name.

  Signals `resolver-no-name-error` when NAME can't be a name or, with DECODE, has no such data;
  `resolver-fail-error` when all servers refuse or fail; `resolver-again-error` when instead one is
  silent or can't be reached; `resolver-unknown-error` for other troubles; `type-error` for an
  argument of a wrong type; `missing-package` without dnspython.

    (dns-query \"example.org\" :type :mx :decode True)

    dns_query('example.org', type='mx', decode=True)

  => (handler-case (dns-query \"no..name\" :nameservers \"127.0.0.1\")
       (resolver-no-name-error [c] (resolver-error-datum c)))
  \"no..name\"

  >>> try:
  ...     dns_query('no..name', nameservers='127.0.0.1')
  ... except resolver_no_name_error as e:
  ...     e.datum
  'no..name'

  Source: IOLib 0.8, `dns-query`; RFC 1035."
  (setv type (check-one-of "type" type types)
        message (dns-message (ask name type search nameservers repeat timeout)))
  (if decode
      (tuple (gfor record (at-least-one name (answers message)) record.data))
      message))

(defn addresses-by-dns [name ipv6 nameservers]
  "The canonical name of NAME and a list of the addresses it has: with IPV6 None its A, \"ipv6\" its
  AAAA records, True both, A first. NAMESERVERS as in `dns-query`, or True: `*dns-nameservers*`.
  Each type may take *dns-timeout*; the conditions are `dns-query`'s."
  (setv types (cond
                (not ipv6) ["a"]
                (= (keyword-name ipv6) "ipv6") ["aaaa"]
                True ["a" "aaaa"])
        nameservers (if (is nameservers True) None nameservers)
        found (lfor type types
                    record (answers (dns-query name :type type :nameservers nameservers))
                    record))
  (at-least-one name found)
  #((. (get found 0) name) (lfor record found record.data)))

(defn answers [message]
  "The records of MESSAGE that answer its question, by way of aliases if need be; others may be
  anybody's."
  (setv dns (dnspython)
        response message.response
        question (get response.question 0))
  (records (if (= question.rdtype dns.rdatatype.ANY)
               (lfor rrset response.answer :if (= rrset.name question.name) rrset)
               (try
                 (setv answer (. (.resolve-chaining response) answer))
                 (if (is answer None) [] [answer])
                 ;; Aliases in a circle, or an answer to what does not exist.
                 (except [dns.exception.DNSException] [])))))

(defn at-least-one [name records]
  (or records (signal-error (no-name name "no such host, or none with such records"))))

(defn unknown [name e]
  (caused e (resolver-unknown-error python-socket.EAI-FAIL (str e) :datum name)))

(defn ask [name type search nameservers repeat timeout]
  "The reply, dnspython's, about the first of NAME's absolute forms that exists, or about the last."
  (setv nameservers (either nameservers *dns-nameservers*)
        given (when (is-not nameservers None) (nameserver-pairs nameservers))
        repeat (check-integer "repeat" (either repeat *dns-repeat*) 1 255)
        timeout (either timeout *dns-timeout*)
        deadline (or (deadline-of timeout) (refuse "timeout" timeout "a number of seconds"))
        search (either search *dns-search-domain*)
        dns (dnspython)
        question (question-name name type)
        system (system-resolver name given)
        servers (lfor [address port] (or given (gfor text system.nameservers [text 53]))
                      (dns.nameserver.Do53Nameserver address port))
        domains (search-domains search system))
  (for [form (absolute-forms question domains system.ndots)]
    (setv reply (ask-servers (* servers repeat) form type deadline name))
    (when (!= (.rcode reply) dns.rcode.NXDOMAIN)
      (break)))
  reply)

(defn either [given variable]
  (if (is given None) variable.value given))

;; ---- Whom to ask

(defn nameserver-pairs [x]
  "The addresses, as text, and the ports that X designates."
  (setv one (nameserver-pair x))
  (cond
    one [one]
    (and x (isinstance x #(tuple list)))
      (lfor item x (or (nameserver-pair item) (refuse-nameserver item)))
    True (refuse-nameserver x)))

(defn nameserver-pair [x]
  ;; The pair first: a `local-name` is two values, and as a host it would be its address alone.
  (setv [host port] (if (and (isinstance x #(tuple list)) (= (len x) 2) (isinstance (get x 1) int))
                        x
                        [x 53])
        address (from-designator host))
  (when address
    (when (getattr address "zone" None)
      (zone-index address.zone))
    [(str address) (check-integer "port in nameservers" port 1 65535)]))

(defn refuse-nameserver [x]
  (refuse "nameservers" x "an address designator, a pair of one and a port, or a sequence of such"))

(defn system-resolver [name given]
  "dnspython's resolver, which knows how the system is configured; when name servers are GIVEN for
  NAME, the system needs not be."
  (setv dns (dnspython))
  (try
    (dns.resolver.Resolver)
    ;; ValueError: a name server without an address, or a file that is no text.
    (except [e [dns.exception.DNSException ValueError]]
      (if given
          (dns.resolver.Resolver :configure False)
          (signal-error (unknown name e))))))

;; ---- What to ask

(defn question-name [name type]
  "dnspython's name for NAME."
  (setv address (when (= type "ptr") (from-designator name)))
  (cond
    address (.from-address (. (dnspython) reversename) (str (from-packed address.packed)))
    (isinstance name str) (name-of (str name))
    True (refuse "name" name (if (= type "ptr") "a name or an address designator" "a string"))))

(defn name-of [text]
  "dnspython's name for TEXT, relative unless that ends in a dot."
  (setv dns (dnspython))
  (when (or (not text) (re.search r"[\0-\x1f\x7f]" text))
    (signal-error (no-name text "no name is empty or has control characters")))
  (try
    (setv name (dns.name.from-text text None))
    ;; Is there room for the final dot?
    (.derelativize name dns.name.root)
    name
    ;; struct.error: an escape over 255, up to dnspython 2.8.
    (except [e [dns.exception.DNSException struct.error]]
      (signal-error (caused e (no-name text (str e)))))))

(defn search-domains [search system]
  "dnspython's names for the domains SEARCH, or the system's, and `*dns-domain*`."
  (setv domain *dns-domain*.value)
  (+ (cond
       (is-not search None) (domain-names "search" search)
       system.search system.search
       (is domain None) [system.domain]
       True [])
     (if (is domain None) [] [(name-of (check-string "*dns-domain*" domain))])))

(defn domain-names [argument domains]
  (cond
    (isinstance domains str) [(name-of (str domains))]
    (isinstance domains #(list tuple))
      (lfor domain domains (name-of (check-string argument domain)))
    True (refuse argument domains "a string or a sequence of strings")))

(defn absolute-forms [name domains ndots]
  "NAME as it stands and in each of DOMAINS; as it stands first when it has NDOTS dots, 1
  unless the system says so."
  (setv root (. (dnspython) name root))
  (when (.is-absolute name)
    (return [name]))
  (setv plain (.concatenate name root)
        below (lfor domain domains form (joined name (.derelativize domain root)) form))
  ;; A system without a domain is in the root: don't ask the same twice.
  (list (dict.fromkeys (if (> (len name) (if (is ndots None) 1 ndots))
                           [plain #* below]
                           [#* below plain]))))

(defn joined [name domain]
  (try
    [(.concatenate name domain)]
    (except [(. (dnspython) name NameTooLong)]
      [])))

;; ---- Asking

(defn ask-servers [attempts form type deadline name]
  "The first reply that answers; ATTEMPTS are name servers, each as often as it may be asked."
  (setv dns (dnspython) errors [])
  (while attempts
    (setv [server #* attempts] attempts
          share (/ (- deadline (monotonic)) (+ 1 (len attempts))))
    (try
      (setv reply (exchange server form type share))
      (when (in (.rcode reply) #(dns.rcode.NOERROR dns.rcode.NXDOMAIN))
        (return reply))
      (.append errors (failed name (dns.rcode.to-text (.rcode reply))))
      (except [e dns.exception.Timeout]
        (.append errors (silent name e))
        (continue))
      (except [e [OSError EOFError]]
        (.append errors (silent name e)))
      (except [e dns.exception.DNSException]
        (.append errors (unknown name e))))
    ;; Only who was silent may say something else the next time.
    (setv attempts (lfor other attempts :if (is-not other server) other)))
  ;; Trying again makes sense when there is one with whom it does.
  (signal-error (next (gfor e errors :if (isinstance e resolver-again-error) e)
                      (get errors -1))))

;; Seconds: poll(2), by which dnspython waits, takes its time in milliseconds, as a C int.
(setv LONGEST-WAIT 2000000)

(defn exchange [server form type seconds]
  "SERVER's reply, over TCP if UDP can't hold it, within so many SECONDS."
  (setv dns (dnspython)
        query (dns.message.make-query form type)
        seconds (min seconds LONGEST-WAIT)
        end (+ (monotonic) seconds))
  (try
    (.query server query seconds None 0 False)
    (except [dns.message.Truncated]
      (.query server query (- end (monotonic)) None 0 True))))

(defn failed [name rcode]
  (resolver-fail-error python-socket.EAI-FAIL f"the name server says {rcode}" :datum name))

(defn silent [name e]
  (caused e (resolver-again-error python-socket.EAI-AGAIN "no name server answers" :datum name)))
