"Netmasks and networks of internet addresses."

(eval-when-compile (require hy-iolib.lisp.operators [defoperator]))
(import re sys)
(import functools [total-ordering])
(import hy-iolib.lisp.checking [check-integer check-keywords check-one-of refuse])
(import hy-iolib.lisp.conditions [shown])
(import hy-iolib.lisp.handlers [signal-error])
(import hy-iolib.lisp.keywords [intern-keyword keyword-name])
(import hy-iolib.lisp.multiple-values [primary-value])
(import hy-iolib.lisp.operators [show-keywords])
(import hy-iolib.sockets.addresses
  [inet-address ipv4-address ipv6-address check-inet-address ensure-address from-packed
   from-designator from-ipaddress read-designator])
(import hy-iolib.sockets.conversions [fault])

(export
  :objects [make-netmask ensure-netmask inet-address-network-portion inet-address-host-portion
            inet-address-network-class
            inet-network ipv4-network ipv6-network ipv4-network= ipv6-network=
            inet-address-in-network-p inet-addresses-in-same-network-p]
  :macros [make-netmask ensure-netmask inet-address-network-portion inet-address-host-portion])

;; ---- Netmasks

(setv CLASSES {"a" 8 "b" 16 "c" 24})

(defoperator make-netmask [* [cidr None] #^ keyword [class_ None] [ipv6 False] #** more]
  "A netmask, an address. It is given by exactly one of CIDR, how many of its first bits are one, 0 to 32
  or, if IPV6 (default False) is true, to 128; and CLASS, a network class of IPv4: `:a`, `:b` or `:c`.
  In Python, where `class` is a reserved word, it is `class_`. Anything else is a `type-error`.

  => (make-netmask :cidr 20)
  #/ip/255.255.240.0
  => (make-netmask :class :b)
  #/ip/255.255.0.0
  => (make-netmask :cidr 64 :ipv6 True)
  #/ip/ffff:ffff:ffff:ffff::

  >>> make_netmask(cidr=20)
  #/ip/255.255.240.0
  >>> make_netmask(class_='b')
  #/ip/255.255.0.0

  Source: the manual, Address Arithmetic."
  ;; Python's tools can't show a parameter of that name.
  (setv name (.pop more "class" class_))
  (check-keywords "make-netmask" more #("cidr" "class" "ipv6"))
  (when (= (is cidr None) (is name None))
    (refuse "make-netmask" {"cidr" cidr "class" name} "exactly one of :cidr and :class"))
  (when (and name ipv6)
    (refuse "class" name "of use with :ipv6: only IPv4 has network classes"))
  (if (is name None)
      (mask-of "cidr" cidr (if ipv6 16 4))
      (mask-of-class "class" name)))

(show-keywords make-netmask)

(defn mask-of [argument cidr size]
  "The mask of SIZE octets, CIDR of whose bits are one."
  (setv bits (* 8 size)
        ones (check-integer argument cidr 0 bits))
  (from-packed (.to-bytes (- (<< 1 bits) (<< 1 (- bits ones))) size "big")))

(defn mask-of-class [argument class]
  (mask-of argument (get CLASSES (check-one-of argument class CLASSES)) 4))

(defoperator ensure-netmask [#^ keyword thing]
  "The netmask that THING designates: an `ipv4-address`, an `ipv6-address` or one of `ipaddress` itself, `:a`, `:b` or `:c` the
  mask of that class, an integer from 0 to 32 that of so many bits. Anything else is a `type-error`.

  => (ensure-netmask 8)
  #/ip/255.0.0.0
  => (ensure-netmask :c)
  #/ip/255.255.255.0

  >>> ensure_netmask(8)
  #/ip/255.0.0.0

  Source: the manual, Address Arithmetic."
  (netmask-for "thing" thing 4))

(defn netmask-for [argument x size]
  "The netmask that X designates for addresses of SIZE octets."
  (setv x (primary-value x))
  (cond
    (isinstance x int) (mask-of argument x size)
    (in (keyword-name x) CLASSES) (mask-of-class argument x)
    True (or (when (isinstance x inet-address) (check-inet-address x))
             (from-ipaddress x)
             (refuse argument x "a netmask: an address, a number of bits, or :a, :b or :c"))))

(defn masked [address netmask invert]
  "ADDRESS with the bits that NETMASK, a designator, or its inverse has."
  (setv a (check-inet-address address)
        size (len a.packed)
        mask (. (netmask-for "netmask" netmask size) packed))
  (when (!= (len mask) size)
    (refuse "netmask" netmask f"a netmask for {a}"))
  (from-packed (bytes (gfor [octet m] (zip a.packed mask) (& octet (if invert (- 255 m) m))))
               (getattr a "zone" None)))

(defoperator inet-address-network-portion [address #^ keyword netmask]
  "The part of ADDRESS, an internet address, that NETMASK (see `ensure-netmask`; of an IPv6 address up to
  128 bits) leaves: that of the network, an address. Any address counts as a mask, but one of the other family is a
  `type-error`.

  => (inet-address-network-portion (ensure-address \"10.20.30.40\") 16)
  #/ip/10.20.0.0

  >>> inet_address_network_portion(ensure_address('10.20.30.40'), 16)
  #/ip/10.20.0.0

  Source: the manual, Address Arithmetic."
  (masked address netmask False))

(defoperator inet-address-host-portion [address #^ keyword netmask]
  "The part of ADDRESS, an internet address, that NETMASK takes away: the host's. See
  `inet-address-network-portion`.

  => (inet-address-host-portion (ensure-address \"10.20.30.40\") 16)
  #/ip/0.0.30.40

  >>> inet_address_host_portion(ensure_address('10.20.30.40'), 16)
  #/ip/0.0.30.40

  Source: the manual, Address Arithmetic."
  (masked address netmask True))

(setv NETWORK-CLASSES (list (map intern-keyword "abcde")))

(defn inet-address-network-class [address]
  "The network class of ADDRESS, an IPv4 address: `:a`, `:b`, `:c`, `:d` or `:e`. What is no IPv4 address
  is a `type-error`.

  => (inet-address-network-class (ensure-address \"192.168.0.1\"))
  :c

  >>> inet_address_network_class(ensure_address('192.168.0.1')) == 'c'
  True

  Source: the manual, Address Arithmetic."
  (setv first (get (. (check-inet-address address ipv4-address) packed) 0))
  (get NETWORK-CLASSES (sum (gfor start #(128 192 224 240) (>= first start)))))

;; ---- Networks

(defclass [total-ordering] inet-network []
  "The base of `ipv4-network` and `ipv6-network`: immutable, hashable, equal and ordered within
  their class. `address` is the network's, without a zone, `netmask` its mask, `cidr` how many bits
  that has. `address in network` is `inet-address-in-network-p`; `ipaddress.ip_network(network)` is
  the same of the standard library.

  >>> ensure_address('10.20.30.40') in ipv4_network('10.0.0.0/8')
  True

  Source: hy_iolib's own."
  ;; What is between two octet strings needs no arithmetic.
  (setv __slots__ #("address" "netmask" "cidr" "_first" "_last" "_kind"))

  (defn __new__ [cls address [netmask None]]
    (when (is cls inet-network)
      (refuse "class" cls "ipv4-network or ipv6-network"))
    (setv [address netmask] (if (is netmask None) (parts-of address) #(address netmask)))
    (make cls (check-inet-address (ensure-address address) cls.address-class) netmask))

  (defn __contains__ [self address]
    (inet-address-in-network-p address self))

  (defn __str__ [self]
    f"{self.address}/{self.cidr}")

  (defn __repr__ [self]
    f"#/net/{self}")

  (defn __eq__ [self other]
    (if (is (type self) (type other))
        (= #(self._first self.cidr) #(other._first other.cidr))
        NotImplemented))

  (defn __lt__ [self other]
    (if (is (type self) (type other))
        (< #(self._first self.cidr) #(other._first other.cidr))
        NotImplemented))

  (defn __hash__ [self]
    (hash #(self._first self.cidr)))

  (defn __setattr__ [self name value]
    (raise (AttributeError f"{self !r} is a network: it can't be changed")))
  (setv __delattr__ (fn [self name] (.__setattr__ self name None)))

  (defn __copy__ [self] self)
  (defn __deepcopy__ [self memo] self)

  (defn __reduce__ [self]
    #((type self) #(self.address self.cidr))))

(defclass ipv4-network [inet-network]
  "A network of IPv4 addresses: of an ADDRESS in it and its NETMASK (see `ensure-netmask`), or of a text
  as \"10.0.0.0/8\", or one of the module `ipaddress`. What is none: `parse-error` of a text, otherwise
  `type-error`.

  => (ipv4-network (ensure-address \"10.20.30.40\") 8)
  #/net/10.0.0.0/8
  => (ipv4-network \"192.168.0.0/16\")
  #/net/192.168.0.0/16

  >>> ipv4_network('10.20.30.40', 8).netmask
  #/ip/255.0.0.0

  Source: IOLib 0.8."
  (setv __slots__ #() address-class ipv4-address))

(defclass ipv6-network [inet-network]
  "A network of IPv6 addresses: of an ADDRESS in it and its NETMASK, up to 128 bits, or of a text as
  \"2001:db8::/32\", or one of the module `ipaddress`. What is none: `parse-error` of a text, otherwise
  `type-error`.

  => (ipv6-network \"2001:db8::/32\")
  #/net/2001:db8::/32

  >>> ipv6_network('2001:db8::/32').cidr
  32

  Source: IOLib 0.8."
  (setv __slots__ #() address-class ipv6-address))

(defn make [class address netmask]
  "The network of CLASS that ADDRESS, an address object, is in."
  (setv size (len address.packed)
        mask (netmask-for "netmask" netmask size)
        cidr (bits-of mask size))
  (when (is cidr None)
    (refuse "netmask" netmask f"a netmask (ones, then zeros) for {address}"))
  (setv first (masked (from-packed address.packed) mask False)
        network (object.__new__ class))
  (for [[slot value] (.items {"address" first
                              "netmask" mask
                              "cidr" cidr
                              "_first" first.packed
                              "_last" (bytes (gfor [octet m] (zip first.packed mask.packed)
                                                   (| octet (- 255 m))))
                              "_kind" class.address-class})]
    (object.__setattr__ network slot value))
  network)

(defn parts-of [x]
  "The address and the netmask of the network X: one of ours, its text, or one of the module
  `ipaddress`."
  (setv module (.get sys.modules "ipaddress")
        x (primary-value x))
  (cond
    (isinstance x inet-network) #(x.address x.cidr)
    (isinstance x str) (read-network (str x))
    (and module (isinstance x #(module.IPv4Network module.IPv6Network)))
      #((from-ipaddress x.network-address) x.prefixlen)
    (and module (isinstance x #(module.IPv4Interface module.IPv6Interface)))
      (parts-of x.network)
    True (refuse "network" x
                 "a network, its text, an address with a netmask, or one of the module ipaddress")))

(setv BITS (re.compile "0|[1-9][0-9]{0,2}"))

(defn read-network [text]
  "The address and the netmask of TEXT, `address/bits` or `address/netmask`."
  (setv [before slash after] (.partition text "/")
        address (read-designator before)
        mask (cond
               (not (isinstance address inet-address)) None
               (.fullmatch BITS after) (int after)
               (short? after) None
               True (from-designator after)))
  (cond
    (not slash)
      (signal-error (fault text "a network" "it has no / with a number of bits or a netmask after it"))
    (not (isinstance address inet-address))
      (signal-error address)
    ;; Elsewhere 127.1 is 127.0.0.1, but 10/8 means to most 10.0.0.0/8, which would be another
    ;; network.
    (short? before)
      (signal-error (fault text "a network" f"its address {(shown before)} is not of four parts"))
    (is (bits-of mask (len address.packed)) None)
      (signal-error (fault text "a network" (+ f"{(shown after)}, after the /, is neither a number of "
                                               "bits nor a netmask that fits")))
    True #(address mask)))

(defn short? [text]
  "Is TEXT one of IPv4 with fewer than four parts?"
  (and (not-in ":" text) (!= (.count text ".") 3)))

(defn bits-of [mask size]
  "How many bits MASK, a number or an address, covers of addresses of SIZE octets; None when it does
  not fit them or is not ones, then zeros."
  (cond
    (is mask None) None
    (isinstance mask int) (when (<= 0 mask (* 8 size)) mask)
    (!= (len mask.packed) size) None
    True (do
           (setv text (.format "{:0{}b}" (int.from-bytes mask.packed "big") (* 8 size)))
           (when (not-in "01" text)
             (.count text "1")))))

(defn ensure-network [x [netmask None]]
  "The network that X, or X and NETMASK, designate."
  (cond
    (is-not netmask None) (do
                            (setv address (check-inet-address x))
                            (make (if (= (len address.packed) 4) ipv4-network ipv6-network)
                                  address netmask))
    (isinstance x inet-network) x
    True (ensure-network #* (parts-of x))))

(defmacro def-same-networks [#* rows]
  "Of each row, NAME, CLASS and two TEXTS: the operator NAME, which compares two networks of CLASS."
  `(do ~@(gfor [name class one other] rows
               :setv plain-name (.replace (hy.I.hy-iolib.lisp.packages.python-alias name) "-" "_")
               `(defn ~name [network1 network2]
                  ~f"Are both, of the class `{class}` or texts of such, the same network? Anything else is a
  `type-error`, a text that is no network a `parse-error`.

  => ({name} #net {one} #net {other})
  True

  >>> {plain-name}('{one}', '{other}')
  True

  Source: IOLib 0.8."
                  (setv [a b] (lfor x [network1 network2]
                                :setv network (ensure-network x)
                                (if (isinstance network ~class) network (refuse "network" x ~f"an {class}"))))
                  (= a b)))))

(def-same-networks
  [ipv4-network= ipv4-network "10.0.0.0/8" "10.1.2.3/8"]
  [ipv6-network= ipv6-network "fe80::/64" "fe80::1/64"])

(defn inet-address-in-network-p [address network [netmask None]]
  "Is ADDRESS, an internet address, in NETWORK? That is an `ipv4-network` or `ipv6-network`, its text,
  one of the module `ipaddress` or, as IOLib once had it, an address in the network with its NETMASK
  (see `ensure-netmask`). An address of the other family is not in it; a zone does not matter.
  Anything else is a `type-error`, a text that is no network a `parse-error`. Python has for it also
  `address in network`.

  => (inet-address-in-network-p (ensure-address \"10.20.30.40\") #net 10.0.0.0/8)
  True
  => (inet-address-in-network-p (ensure-address \"11.0.0.1\") +ipv4-loopback+ 8)
  False

  >>> inet_address_in_network_p(ensure_address('10.20.30.40'), '10.0.0.0/8')
  True

  Source: the manual, Address Arithmetic."
  ;; What has no such slots is looked at closely below.
  (try
    (when (and (is (type address) network._kind) (is netmask None))
      (return (<= network._first address.packed network._last)))
    (except [AttributeError]))
  (setv address (check-inet-address address)
        network (ensure-network network netmask))
  (and (isinstance address network._kind)
       (<= network._first address.packed network._last)))

(defn inet-addresses-in-same-network-p [address1 address2 network [netmask None]]
  "Are both addresses in NETWORK, or an address of it with NETMASK? See `inet-address-in-network-p`.

  => (inet-addresses-in-same-network-p (ensure-address \"10.1.0.1\") (ensure-address \"10.2.0.1\")
                                       #net 10.0.0.0/8)
  True

  >>> inet_addresses_in_same_network_p(ensure_address('10.1.0.1'), ensure_address('10.2.0.1'), '10.0.0.0/8')
  True

  Source: the manual, Address Arithmetic."
  (and (inet-address-in-network-p address1 network netmask)
       (inet-address-in-network-p address2 network netmask)))
