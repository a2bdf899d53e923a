"What can be asked of an address: its class, its kind, its scope. In rows."

(eval-when-compile (require hy-iolib.lisp.multiple-values [defvalues]))
(import hy-iolib.lisp.checking [refuse])
(import hy-iolib.lisp.keywords [intern-keyword])
(import hy-iolib.lisp.multiple-values [primary-value])
(import hy-iolib.sockets.addresses
  [address inet-address ipv4-address ipv6-address local-address netlink-address
   MAPPED check-inet-address from-ipaddress])

(export
  :objects [addressp inet-address-p ipv4-address-p ipv6-address-p local-address-p abstract-address-p
            address-type
            inet-address-unspecified-p inet-address-loopback-p inet-address-multicast-p
            inet-address-unicast-p inet-address-private-p ipv6-ipv4-mapped-p
            ipv6-link-local-unicast-p ipv6-site-local-unicast-p ipv6-global-unicast-p
            ipv6-solicited-node-multicast-p ipv6-transient-multicast-p
            ipv6-reserved-multicast-p ipv6-interface-local-multicast-p
            ipv6-link-local-multicast-p ipv6-admin-local-multicast-p ipv6-site-local-multicast-p
            ipv6-unassigned-multicast-p ipv6-organization-local-multicast-p
            ipv6-global-multicast-p
            ipv6-unicast-type ipv6-multicast-type address-kind inet-address-type]
  :macros [])

;; ---- Classes

(eval-when-compile
  (defn example [text]
    "TEXT as an address, in the examples of docstrings."
    (if (.startswith text "/") f"(local-address \"{text}\")" f"(ensure-address \"{text}\")"))

  (defn python-example [text]
    (if (.startswith text "/") f"local_address('{text}')" f"ensure_address('{text}')")))

(defmacro def-class-predicates [#* rows]
  "Of each row, NAME, CLASS and TEXT, of an address of CLASS: the predicate NAME, of any object."
  `(do ~@(gfor [name class text] (zip (cut rows 0 None 3) (cut rows 1 None 3) (cut rows 2 None 3))
               `(defn ~name [object]
                  ~f"Is OBJECT, any object, of the class `{class}`? Of what only designates an address: False.

  => [({name} {(example text)}) ({name} \"{text}\")]
  [True False]

  >>> {(hy.mangle name)}({(python-example text)})
  True

  Source: the manual, Address Predicates."
                  (or (isinstance object ~class) (isinstance (primary-value object) ~class))))))

(def-class-predicates
  addressp        address       "127.0.0.1"
  inet-address-p  inet-address  "::1"
  ipv4-address-p  ipv4-address  "127.0.0.1"
  ipv6-address-p  ipv6-address  "::1"
  local-address-p local-address "/tmp/socket")

(defn abstract-address-p [object]
  "Is OBJECT, any object, a `local-address` that is abstract?

  => (abstract-address-p (ensure-address \"x\" :family :local :abstract True))
  True

  >>> abstract_address_p(local_address('x', abstract=True))
  True

  Source: the manual, Address Predicates."
  (setv object (primary-value object))
  (and (isinstance object local-address) object.abstract))

(defmacro keywords [#* names]
  `#(~@(gfor name names `(intern-keyword ~(str name)))))

(setv [IPV4 IPV6 LOCAL NETLINK] (keywords ipv4 ipv6 local netlink))

(defn address-type [address]
  "`:ipv4`, `:ipv6`, `:local` or `:netlink`, as ADDRESS is; None when it is no address object, of
  ours or of the module `ipaddress`.

  => (address-type +ipv4-loopback+)
  :ipv4

  >>> address_type(IPV4_LOOPBACK) == 'ipv4'
  True

  Source: the manual, Address Predicates."
  (cond
    (isinstance address ipv4-address) IPV4
    (isinstance address ipv6-address) IPV6
    (isinstance address local-address) LOCAL
    (isinstance address netlink-address) NETLINK
    True (do
           (setv same (primary-value address)
                 same (if (is same address) (from-ipaddress same) same))
           (when (is-not same None) (address-type same)))))

;; ---- Kinds

(defmacro with-octets [address #* body]
  "BODY with `octets`, and their number `size`, bound to those of ADDRESS, an internet
  address or one of the module `ipaddress`."
  `(do
     (try
       (setv octets (. ~address packed)
             size (len octets))
       (except [[AttributeError TypeError]]
         (setv octets (. (check-inet-address ~address) packed)
               size (len octets))))
     ~@body))

(defmacro def-kind-predicates [#* rows]
  "Of each row, NAME, DOC, SECTION (of the manual), TEXT, IPv4 and IPv6: the predicate NAME, by an
  expression over `octets` for each; it is true of TEXT."
  `(do ~@(gfor [name doc section text ipv4 ipv6] rows
               `(defn ~name [address]
                  ~f"{doc}

  ADDRESS is an internet address, or one of the module `ipaddress`; anything else is a `type-error`.

  => ({name} {(example text)})
  True

  >>> {(hy.mangle name)}({(python-example text)})
  True

  Source: {section}."
                  (with-octets address (if (= size 4) ~ipv4 ~ipv6))))))

(setv LOOPBACK-4 b"\x7f\0\0\1"
      UNSPECIFIED-4 (bytes 4)
      LOOPBACK-6 (+ (bytes 15) b"\1")
      UNSPECIFIED-6 (bytes 16))

(def-kind-predicates
  [inet-address-unspecified-p
   "Is it 0.0.0.0 or ::, the address that stands for none or any?"
   "the manual, Address Predicates"
   "0.0.0.0"
   (= octets UNSPECIFIED-4)
   (= octets UNSPECIFIED-6)]
  [inet-address-loopback-p
   "Is it 127.0.0.1 or ::1? Of ::ffff:127.0.0.1 this is false: see `unmap-address`."
   "the manual, Address Predicates"
   "127.0.0.1"
   (= octets LOOPBACK-4)
   (= octets LOOPBACK-6)]
  [inet-address-multicast-p
   "Is it one of IPv4's classes D and E, 224.0.0.0 and above, or in ff00::/8?"
   "the manual, Address Predicates"
   "224.0.0.1"
   (>= (get octets 0) 224)
   (= (get octets 0) 255)]
  [inet-address-unicast-p
   "Is it the address of one interface: not unspecified, loopback or multicast?"
   "the manual, Address Predicates"
   "10.0.0.1"
   (not (or (>= (get octets 0) 224) (in octets #(UNSPECIFIED-4 LOOPBACK-4))))
   (unicast-6? octets)]
  [inet-address-private-p
   "Is it in 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16? Of IPv6 addresses none is, ::ffff:10.0.0.1
  neither: see `unmap-address`."
   "the manual, Address Arithmetic; RFC 1918"
   "192.168.0.1"
   (cond
     (= (get octets 0) 10) True
     (= (get octets 0) 172) (= (& (get octets 1) 240) 16)
     (= (get octets 0) 192) (= (get octets 1) 168)
     True False)
   False])

(defn unicast-6? [octets]
  (not (or (= (get octets 0) 255) (in octets #(UNSPECIFIED-6 LOOPBACK-6)))))

(defn ipv6-ipv4-mapped-p [address]
  "Is ADDRESS, any object, an IPv6 address that stands for an IPv4 one? Of anything else: False.

  => (ipv6-ipv4-mapped-p (ensure-address \"::ffff:10.0.0.1\"))
  True

  >>> ipv6_ipv4_mapped_p(ensure_address('::ffff:10.0.0.1'))
  True

  Source: the manual, Address Predicates; RFC 4291, 2.5.5.2."
  (setv a (primary-value address)
        a (if (isinstance a inet-address) a (from-ipaddress a)))
  (and (is-not a None) (.startswith a.packed MAPPED)))

;; ---- IPv6's scopes

(defmacro def-ipv6-predicates [#* rows]
  "Of each row, NAME, DOC, TEXT and TEST, an expression over `octets`: a predicate of IPv6 addresses
  only; it is true of TEXT."
  `(do ~@(gfor [name doc text test] rows
               `(defn ~name [address]
                  ~f"{doc}

  ADDRESS is an IPv6 address, or one of the module `ipaddress`; anything else is a `type-error`.

  => ({name} {(example text)})
  True

  >>> {(hy.mangle name)}({(python-example text)})
  True

  Source: the manual, Address Predicates; RFC 4291."
                  (with-octets address
                    (when (= size 4)
                      (refuse "address" address "an ipv6-address"))
                    ~test)))))

(setv LINK-LOCAL b"\xfe\x80"
      SITE-LOCAL b"\xfe\xc0"
      SOLICITED-NODE (bytes.fromhex "ff02000000000000000000 01ff"))

(def-ipv6-predicates
  [ipv6-link-local-unicast-p
   "Is its first group fe80, that of a link's own addresses?"
   "fe80::1"
   (= (cut octets 2) LINK-LOCAL)]
  [ipv6-site-local-unicast-p
   "Is its first group fec0, that of a site's own addresses (deprecated by RFC 3879)?"
   "fec0::1"
   (= (cut octets 2) SITE-LOCAL)]
  [ipv6-global-unicast-p
   "Is it a unicast address that is neither link-local nor site-local?"
   "2001:db8::1"
   (and (unicast-6? octets) (not-in (cut octets 2) #(LINK-LOCAL SITE-LOCAL)))]
  [ipv6-solicited-node-multicast-p
   "Is it in ff02::1:ff00:0/104, where a node is asked for its link's address?"
   "ff02::1:ff00:1"
   (= (cut octets 13) SOLICITED-NODE)]
  [ipv6-transient-multicast-p
   "Is it a multicast address that no authority has assigned for good?"
   "ff12::1"
   (and (= (get octets 0) 255) (bool (& (get octets 1) 16)))])

;; The scope of a multicast address is the last digit of its first group.
(setv SCOPES (keywords reserved interface-local link-local reserved
                       admin-local site-local unassigned unassigned
                       organization-local unassigned unassigned unassigned
                       unassigned unassigned global reserved))

(defmacro def-scope-predicates [#* rows]
  "Of each row, SCOPE and TEXT, an address in it: the predicate of that scope."
  `(def-ipv6-predicates
     ~@(gfor [scope text] (zip (cut rows 0 None 2) (cut rows 1 None 2))
             [(hy.models.Symbol f"ipv6-{scope}-multicast-p")
              f"Is it a multicast address whose scope is {scope}?"
              text
              `(and (= (get octets 0) 255)
                    (= (get SCOPES (& (get octets 1) 15)) ~(str scope)))])))

(def-scope-predicates
  reserved           "ff00::1"
  interface-local    "ff01::1"
  link-local         "ff02::1"
  admin-local        "ff04::1"
  site-local         "ff05::1"
  unassigned         "ff06::1"
  organization-local "ff08::1"
  global             "ff0e::1")

(setv [LINK-LOCAL-TYPE SITE-LOCAL-TYPE GLOBAL-TYPE] (keywords link-local site-local global))

(defn unicast-type [octets]
  (cond
    (not (unicast-6? octets)) None
    (= (cut octets 2) LINK-LOCAL) LINK-LOCAL-TYPE
    (= (cut octets 2) SITE-LOCAL) SITE-LOCAL-TYPE
    True GLOBAL-TYPE))

(defn multicast-type [octets]
  (when (= (get octets 0) 255)
    (get SCOPES (& (get octets 1) 15))))

(defn ipv6-unicast-type [address]
  "`:link-local`, `:site-local` or `:global`, as ADDRESS, an IPv6 address, is; None when it is not
  unicast. What is no IPv6 address is a `type-error`.

  => (ipv6-unicast-type (ensure-address \"fe80::1\"))
  :link-local

  >>> ipv6_unicast_type(ensure_address('fe80::1')) == 'link-local'
  True

  Source: the manual, Address Predicates."
  (unicast-type (. (check-inet-address address ipv6-address) packed)))

(defn ipv6-multicast-type [address]
  "The scope of ADDRESS, an IPv6 address: `:interface-local`, `:link-local`, `:admin-local`,
  `:site-local`, `:organization-local`, `:global`, `:reserved` or `:unassigned`; None when it is not
  multicast. What is no IPv6 address is a `type-error`.

  => (ipv6-multicast-type (ensure-address \"ff02::1\"))
  :link-local

  >>> ipv6_multicast_type(ensure_address('ff02::1')) == 'link-local'
  True

  Source: the manual, Address Predicates; RFC 7346."
  (multicast-type (. (check-inet-address address ipv6-address) packed)))

(defvalues address-kind [protocol kind scope]
  "What `inet-address-type` returns: a protocol, a kind, and a scope or None, all keywords.

  Source: the manual, Address Predicates.")

(setv [UNSPECIFIED LOOPBACK MULTICAST UNICAST] (keywords unspecified loopback multicast unicast))

(defn inet-address-type [address]
  "What ADDRESS, an internet address, is: its protocol, `:ipv4` or `:ipv6`; its kind, `:unspecified`,
  `:loopback`, `:multicast` or `:unicast`; of IPv6 unicast and multicast addresses also what
  `ipv6-unicast-type` or `ipv6-multicast-type` say, otherwise None. Three values. What is no internet
  address object is a `type-error`.

  => (multiple-value-list (inet-address-type (ensure-address \"fe80::1\")))
  [:ipv6 :unicast :link-local]

  >>> inet_address_type(ensure_address('fe80::1')).scope == 'link-local'
  True

  Source: the manual, Address Predicates."
  (with-octets address
    (address-kind
      (cond
        (= size 4)
          #(IPV4
            (cond
              (>= (get octets 0) 224) MULTICAST
              (= octets LOOPBACK-4) LOOPBACK
              (= octets UNSPECIFIED-4) UNSPECIFIED
              True UNICAST)
            None)
        (= (get octets 0) 255) #(IPV6 MULTICAST (multicast-type octets))
        (= octets LOOPBACK-6) #(IPV6 LOOPBACK None)
        (= octets UNSPECIFIED-6) #(IPV6 UNSPECIFIED None)
        True #(IPV6 UNICAST (unicast-type octets))))))
