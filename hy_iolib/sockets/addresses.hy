"Socket addresses: immutable values. What they are written as is the business of `conversions`, what
can be asked of them that of `predicates`."

(eval-when-compile
  (require hy-iolib.lisp.constants [defconstants]
           hy-iolib.lisp.operators [defoperator]
           hy-iolib.lisp.multiple-values [defvalues]))
(import os sys)
(import socket [AF-INET AF-INET6 inet-ntop inet-pton])
(import functools [total-ordering])
(import hy-iolib.lisp.checking [check-integer check-one-of refuse])
(import hy-iolib.lisp.conditions [parse-error type-error])
(import hy-iolib.lisp.handlers [signal-error])
(import hy-iolib.lisp.keywords [intern-keyword])
(import hy-iolib.lisp.multiple-values [primary-value])
(import hy-iolib.sockets.configuration [*ipv6*])
(import hy-iolib.sockets.conversions
  [LAST-COMPATIBLE +max-ipv4-value+ colon-text dotted-text fault groups-of octets-of-groups
   read-address vector-elements?])

(export
  :objects [address named-address inet-address ipv4-address ipv6-address local-address
            netlink-address netlink-address-multicast-groups
            make-address ensure-address copy-address address-to-string address-name
            address-vector address-to-vector address= address-equal-p
            map-ipv4-address-to-ipv6 map-ipv6-address-to-ipv4 unmap-address
            +ipv4-loopback+ +ipv4-unspecified+ +ipv6-loopback+ +ipv6-unspecified+
            +ipv6-interface-local-all-nodes+ +ipv6-interface-local-all-routers+
            +ipv6-link-local-all-nodes+ +ipv6-link-local-all-routers+
            +ipv6-site-local-all-routers+
            +any-host+ +loopback+]
  :macros [ensure-address address-equal-p])

;; ---- Classes

(defclass [total-ordering] address []
  "The base of all socket addresses: immutable, hashable, equal and ordered within their class. `str` is
  the text. It has no instances of its own: `ensure-address` makes them.

  Source: the manual, Address Classes."
  (setv __slots__ #())

  (defn __new__ [cls #* _]
    (refuse "class" cls "a class of addresses that can be made: ensure-address knows which"))

  ;; A subclass says what identifies its instances, beside the class: `_identity`.
  (defn __eq__ [self other]
    (if (is (type self) other.__class__)
        (= self._identity other._identity)
        NotImplemented))

  (defn __lt__ [self other]
    (if (is (type self) other.__class__)
        (< self._identity other._identity)
        NotImplemented))

  (defn __hash__ [self]
    (hash self._identity))

  (defn __setattr__ [self name value]
    (raise (AttributeError f"{self !r} is an address: it can't be changed")))
  (setv __delattr__ (fn [self name] (.__setattr__ self name None)))

  (defn __format__ [self spec]
    (format (str self) spec))

  (defn __copy__ [self] self)
  (defn __deepcopy__ [self memo] self))

(defclass named-address [address]
  "The base of the addresses that have a `name`: all but netlink's.

  Source: IOLib 0.8."
  (setv __slots__ #()))

(defclass inet-address [named-address]
  "The base of IPv4 and IPv6 addresses. `packed` is the octets in network order, `name` a tuple of octets
  or groups, `family` the system's number, AF_INET or AF_INET6. Called with a designator (see
  `ensure-address`), it is the address of the class that fits. `ipaddress.ip_address(address)` is the
  same of the standard library.

  >>> import ipaddress
  >>> ipaddress.ip_address(ensure_address('10.0.0.1'))
  IPv4Address('10.0.0.1')

  Source: the manual, Address Classes."
  (setv __slots__ #("packed"))

  (defn __new__ [cls designator]
    (setv a (ensure-address designator))
    (cond
      (isinstance a cls) a
      (issubclass cls (type a)) (from-packed a.packed (getattr a "zone" None) cls)
      True (refuse "address" designator f"an {(hy.unmangle cls.__name__)}")))

  (defn __repr__ [self]
    f"#/ip/{self}"))

(defclass ipv4-address [inet-address]
  "An IPv4 address, of a designator (see `ensure-address`). `name` is a tuple of four octets. What
  designates no address is a `parse-error`, an IPv6 address a `type-error`.

  => (ipv4-address \"127.0.0.1\")
  #/ip/127.0.0.1

  >>> ipv4_address('127.0.0.1').name
  (127, 0, 0, 1)

  Source: the manual, Address Classes."
  (setv __slots__ #()
        family AF-INET
        _identity inet-address.packed)

  (defn [property] name [self]
    "The four octets, a tuple."
    (tuple self.packed))

  (defn __str__ [self]
    (dotted-text self.packed))

  (defn __reduce__ [self]
    #(from-packed #(self.packed None (type self)))))

(defclass ipv6-address [inet-address]
  "An IPv6 address, of a designator (see `ensure-address`). `name` is a tuple of eight 16-bit groups.
  `zone` is the text after the % or None: an interface's name or index, which is part of what the
  address is. What designates no address is a `parse-error`, an IPv4 address a `type-error`.

  => (. (ipv6-address \"::1\") name)
  #(0 0 0 0 0 0 0 1)
  => (. (ipv6-address \"fe80::1%eth0\") zone)
  \"eth0\"

  >>> ipv6_address('fe80::1%eth0').zone
  'eth0'

  Source: the manual, Address Classes; RFC 4291, RFC 4007."
  (setv __slots__ #("zone")
        family AF-INET6)

  (defn [property] name [self]
    "The eight 16-bit groups, a tuple."
    (groups-of self.packed))

  (defn [property] _identity [self]
    #(self.packed (or self.zone "")))

  (defn __str__ [self]
    (setv packed self.packed)
    (cond
      (is-not self.zone None) f"{(colon-text packed)}%{self.zone}"
      ;; As colon-text does, without a call: it prints most addresses.
      (> packed LAST-COMPATIBLE) (inet-ntop AF-INET6 packed)
      True (colon-text packed)))

  (defn __reduce__ [self]
    #(from-packed #(self.packed self.zone (type self)))))

(defclass local-address [named-address]
  "A local (unix) socket's address, of NAME, a string, bytes or a path object: a path or, with ABSTRACT
  (default False), a name that is in no file system. `name` and `abstract` read them. Octets that are
  no text in the file system's encoding are kept as `os.fsdecode` has them. Another NAME, or a path
  with a NUL, is a `type-error`.

  => (str (local-address \"/tmp/x\"))
  \"/tmp/x\"
  => (str (local-address \"x\" :abstract True))
  \"@x\"

  >>> local_address('/tmp/x').name
  '/tmp/x'

  Source: the manual, Address Classes; unix(7)."
  (setv __slots__ #("name" "abstract"))

  (defn __new__ [cls name [abstract False]]
    (try
      (setv text (os.fsdecode name))
      (os.fsencode text)
      ;; A lone surrogate that stands for no octet, or nothing of the kind.
      (except [[TypeError UnicodeError]]
        (refuse "name" name "a path or an abstract name: str, bytes or a path object")))
    (setv name text)
    (when (and (in "\0" name) (not abstract))
      (refuse "name" name "a path: it has a NUL"))
    (setv a (object.__new__ cls))
    (object.__setattr__ a "name" (str name))
    (object.__setattr__ a "abstract" (bool abstract))
    a)

  (defn [property] _identity [self]
    #(self.abstract self.name))

  (defn __str__ [self]
    (cond
      (not self.name) "@\"\""
      self.abstract (+ "@" self.name)
      True self.name))

  (defn __repr__ [self]
    f"#/local/{self}")

  (defn __reduce__ [self]
    #(local-address #(self.name self.abstract))))

(defclass netlink-address [address]
  "A netlink socket's address: MULTICAST-GROUPS (default 0) is the mask of those it listens to, an
  integer of 32 bits; another is a `type-error`.

  => (netlink-address-multicast-groups (netlink-address 1))
  1

  >>> netlink_address(1).multicast_groups
  1

  Source: IOLib 0.8; netlink(7)."
  (setv __slots__ #("multicast_groups"))

  (defn __new__ [cls [multicast-groups 0]]
    (setv a (object.__new__ cls))
    (object.__setattr__ a "multicast_groups"
                        (check-integer "multicast-groups" multicast-groups 0 0xffffffff))
    a)

  (defn [property] _identity [self]
    self.multicast-groups)

  (defn __str__ [self]
    (str self.multicast-groups))

  (defn __repr__ [self]
    f"#/netlink/{self}")

  (defn __reduce__ [self]
    #(netlink-address #(self.multicast-groups))))

;; Slots are set through their descriptors, since __setattr__ refuses.
(setv set-packed inet-address.packed.__set__
      set-zone ipv6-address.zone.__set__
      new object.__new__)

(defn from-packed [packed [zone None] [class None]]
  "The address, of CLASS if that is given, whose octets, in network order, are PACKED: four or
  sixteen."
  (setv four (= (len packed) 4)
        a (new (or class (if four ipv4-address ipv6-address))))
  (set-packed a packed)
  (when (not four)
    (set-zone a zone))
  a)

;; ---- Designators

(defclass not-an-address [parse-error type-error]
  "What can't be an address at all: a mistake of type and, as IOLib has it, one of parsing.")

(setv DESIGNATORS (+ "an internet address: an address, its text, four octets, eight 16-bit groups, "
                     "a 32-bit integer, or one of the module ipaddress"))

(defn read-designator [x]
  "The address that X designates or, not yet signalled, the condition that says why it designates
  none."
  (setv x (primary-value x))
  (cond
    (is (type x) following-ipv6) x.now
    (isinstance x inet-address) x
    (isinstance x str) (do
      (setv found (read-address (str x)))
      (if (isinstance found str)
          (fault x "an internet address" found)
          (from-packed #* found)))
    True (or (from-ipaddress x) (from-integer x) (from-sequence x)
             (not-an-address :argument "address" :datum x :expected-type DESIGNATORS))))

(defn from-ipaddress [x]
  ;; Nobody has such an object who has not imported the module: here it need not be.
  (setv module (.get sys.modules "ipaddress"))
  (when (and module (isinstance x #(module.IPv4Address module.IPv6Address)))
    (from-packed x.packed (getattr x "scope_id" None))))

(defn from-integer [x]
  (when (and (isinstance x int) (not (isinstance x bool)) (<= 0 x +max-ipv4-value+))
    (from-packed (.to-bytes x 4 "big"))))

(defn from-sequence [x]
  (cond
    (isinstance x #(bytes bytearray))
      (when (in (len x) #(4 16)) (from-packed (bytes x)))
    (not (isinstance x #(tuple list))) None
    (and (= (len x) 4) (vector-elements? x 0xff)) (from-packed (bytes x))
    (and (= (len x) 8) (vector-elements? x 0xffff)) (from-packed (octets-of-groups x))
    True None))

(defn from-designator [x]
  "The internet address that X designates, or None."
  (setv found (read-designator x))
  (if (isinstance found address) found None))

(defoperator ensure-address [address * #^ keyword [family "internet"] [abstract False] [errorp True]]
  "ADDRESS itself, or the address object that it designates.

  With FAMILY `:internet`, the default, that is a text, a sequence of four octets or eight groups,
  packed octets, a 32-bit integer, an object of the module `ipaddress`; with `:local` a path or, if
  ABSTRACT (default False), an abstract name. Text is read liberally, but nothing that is read in
  different ways: \"127.1\" is 127.0.0.1, \"127.01\" is nothing. `fe80::1%eth0` keeps its zone.

  What designates no address signals `parse-error` (also a `type-error` when it is of a wrong type),
  an address of another family `type-error`; both give None when ERRORP (default True) is false.

  => (ensure-address \"127.0.0.1\")
  #/ip/127.0.0.1
  => (ensure-address \"/tmp/socket\" :family :local)
  #/local//tmp/socket
  => (ensure-address \"nonsense\" :errorp False)
  None

  >>> ensure_address('::1')
  #/ip/::1
  >>> ensure_address('/tmp/socket', family='local').name
  '/tmp/socket'

  Source: the manual, Address Functions."
  (when (and (is (type address) str) (= family "internet"))
    (try
      (if (in ":" address)
          (do
            (setv octets (inet-pton AF-INET6 address)
                  a (new ipv6-address))
            (set-packed a octets)
            (set-zone a None))
          (do
            (setv octets (inet-pton AF-INET address)
                  a (new ipv4-address))
            (set-packed a octets)))
      (return a)
      (except [[OSError ValueError]])))
  (setv found (if (= (check-one-of "family" family #("internet" "local")) "internet")
                  (internet-designated address)
                  (local-designated (primary-value address) abstract)))
  (cond
    (isinstance found address-class) found
    errorp (signal-error found)
    True None))

(setv address-class address)

(defn internet-designated [x]
  (if (isinstance x #(local-address netlink-address))
      (mismatch x "an internet address")
      (read-designator x)))

(defn local-designated [x abstract]
  (cond
    (isinstance x local-address) x
    (isinstance x address) (mismatch x "a local address")
    (not (isinstance x #(str bytes os.PathLike)))
      (not-an-address :argument "address" :datum x
                      :expected-type "a local address: a path or an abstract name")
    True (local-address x :abstract abstract)))

(defn mismatch [x expected]
  (type-error :argument "address" :datum x :expected-type expected))

(defn make-address [name]
  "The address whose NAME this is: an `ipv4-address` of four octets, an `ipv6-address` of eight 16-bit
  groups, either in a tuple, a list or packed in bytes, a `local-address` of a string or a path
  object. Anything else is a `type-error`. See `ensure-address` for texts.

  => (make-address #(127 0 0 1))
  #/ip/127.0.0.1
  => (make-address \"/tmp/socket\")
  #/local//tmp/socket

  >>> make_address((127, 0, 0, 1))
  #/ip/127.0.0.1

  Source: the manual, Address Functions."
  (setv x (primary-value name))
  (if (isinstance x #(str os.PathLike))
      (local-address x)
      (or (from-ipaddress x) (from-sequence x) (refuse "name" name NAMES))))

(setv NAMES "four octets, eight 16-bit groups, or a path")

(defn check-address [x]
  "X, an address object or one of the module `ipaddress`."
  (cond
    (is (type x) following-ipv6) x.now
    (isinstance x address) x
    True (or (from-ipaddress (primary-value x))
             (if (isinstance (primary-value x) address)
                 (check-address (primary-value x))
                 (refuse "address" x "an address")))))

(defn check-inet-address [x [class inet-address]]
  "X as an address object of CLASS; objects of the module `ipaddress` will do."
  (setv a (check-address x))
  (if (isinstance a class)
      a
      (refuse "address" x f"an {(hy.unmangle class.__name__)}")))

;; ---- Functions

(defn copy-address [address]
  "An address that is `address=` to ADDRESS: as none can change, itself. What is no address object is a
  `type-error`.

  => (copy-address +ipv4-loopback+)
  #/ip/127.0.0.1

  >>> copy_address(IPV4_LOOPBACK) is IPV4_LOOPBACK
  True

  Source: the manual, Address Functions."
  (check-address address))

(defn address-to-string [address]
  "The text of ADDRESS, an address object or one of the module `ipaddress`: a string; of IPv6 as RFC 5952
  has it. Anything else is a `type-error`.

  => (address-to-string (ensure-address #(10 0 0 1)))
  \"10.0.0.1\"

  >>> address_to_string(IPV6_LOOPBACK)
  '::1'

  Source: the manual, Address Functions; RFC 5952."
  (str (check-address address)))

(defn address-name [address]
  "What ADDRESS, an internet or local address, consists of: a tuple of four octets or eight 16-bit
  groups, or a path, a string. Anything else is a `type-error`.

  => (address-name +ipv4-loopback+)
  #(127 0 0 1)

  >>> address_name(IPV4_LOOPBACK)
  (127, 0, 0, 1)

  Source: IOLib 0.8."
  (setv a (check-address address))
  (if (isinstance a named-address)
      a.name
      (refuse "address" address "an internet or local address: others have no name")))

(defn netlink-address-multicast-groups [address]
  "The mask of the multicast groups of ADDRESS, a `netlink-address`: an integer of 32 bits. Anything else
  is a `type-error`.

  => (netlink-address-multicast-groups (netlink-address 5))
  5

  >>> netlink_address_multicast_groups(netlink_address(5))
  5

  Source: IOLib 0.8; netlink(7)."
  (if (isinstance address netlink-address)
      address.multicast-groups
      (refuse "address" address "a netlink-address")))

(defvalues address-vector [vector type]
  "What `address-to-vector` returns: the vector and `:ipv4` or `:ipv6`.

  Source: the manual, Address Functions.")

(setv IPV4 (intern-keyword "ipv4") IPV6 (intern-keyword "ipv6"))

(defn address-to-vector [address]
  "The vector of ADDRESS, an internet address in any representation (see `ensure-address`), and its
  type, `:ipv4` or `:ipv6`: two values. None when it designates no address; a vector whose elements
  are out of range is a `type-error`. A zone is no part of the vector.

  => (multiple-value-list (address-to-vector \"127.0.0.1\"))
  [#(127 0 0 1) :ipv4]
  => (address-to-vector \"localhost\")
  None

  >>> vector, kind = address_to_vector('127.0.0.1')
  >>> vector, kind
  ((127, 0, 0, 1), :ipv4)

  Source: the manual, Address Functions."
  (setv found (read-designator address))
  (cond
    (isinstance found inet-address)
      (address-vector #(found.name (if (isinstance found ipv4-address) IPV4 IPV6)))
    (and (isinstance (primary-value address) #(tuple list)) (in (len (primary-value address)) #(4 8)))
      (signal-error found)
    True None))

(defn address= [address1 address2]
  "Are both, address objects or ones of the module `ipaddress`, the same address? Anything else is a
  `type-error`; see `address-equal-p`.

  => (address= +ipv4-loopback+ (ensure-address \"127.0.0.1\"))
  True

  >>> address_eq(IPV4_LOOPBACK, ensure_address('127.0.0.1'))
  True

  Source: the manual, Address Predicates."
  (= (check-address address1) (check-address address2)))

(defoperator address-equal-p [address1 address2 #^ keyword [family "internet"]]
  "Do both designate the same address of FAMILY, `:internet` (the default) or `:local`? What is a
  designator, and the conditions for what is none, say `ensure-address`.

  => (address-equal-p \"::ffff:1.2.3.4\" \"::FFFF:102:304\")
  True

  >>> address_equal_p('127.0.0.1', b'\\x7f\\x00\\x00\\x01')
  True

  Source: the manual, Address Predicates."
  (= (ensure-address address1 :family family) (ensure-address address2 :family family)))

(setv MAPPED (+ (bytes 10) b"\xff\xff"))

(defn map-ipv4-address-to-ipv6 [address]
  "The IPv6 address that stands for ADDRESS, an IPv4 one; another is a `type-error`.

  => (map-ipv4-address-to-ipv6 (ensure-address \"10.0.0.1\"))
  #/ip/::ffff:10.0.0.1

  >>> map_ipv4_address_to_ipv6(ensure_address('10.0.0.1'))
  #/ip/::ffff:10.0.0.1

  Source: the manual, Low-level Address Manipulation; RFC 4291, 2.5.5.2."
  (from-packed (+ MAPPED (. (check-inet-address address ipv4-address) packed))))

(defn map-ipv6-address-to-ipv4 [address]
  "The IPv4 address that ADDRESS, an IPv6 one that is mapped, stands for. Of another it is a
  `type-error`; see `unmap-address`.

  => (map-ipv6-address-to-ipv4 (ensure-address \"::ffff:10.0.0.1\"))
  #/ip/10.0.0.1

  >>> map_ipv6_address_to_ipv4(ensure_address('::ffff:10.0.0.1'))
  #/ip/10.0.0.1

  Source: the manual, Low-level Address Manipulation; RFC 4291, 2.5.5.2."
  (setv a (check-inet-address address ipv6-address))
  (if (.startswith a.packed MAPPED)
      (from-packed (cut a.packed 12 None))
      (refuse "address" a "an IPv6 address that is a mapped IPv4 one")))

(defn unmap-address [address]
  "The IPv4 address that ADDRESS stands for when it is an IPv6 one that is mapped; another address
  unchanged. What is no address object is a `type-error`. An IPv6 listener's IPv4 peers have such
  addresses, of which `inet-address-loopback-p`, `-private-p` and the networks of IPv4 know nothing:
  unmap a peer's address before looking it up in an access list.

  => (unmap-address (ensure-address \"::ffff:10.0.0.1\"))
  #/ip/10.0.0.1
  => (unmap-address (ensure-address \"::1\"))
  #/ip/::1

  >>> unmap_address(ensure_address('::ffff:10.0.0.1'))
  #/ip/10.0.0.1

  Source: hy_iolib's own; RFC 4291, 2.5.5.2."
  (setv a (check-address address))
  (if (and (isinstance a ipv6-address) (.startswith a.packed MAPPED))
      (from-packed (cut a.packed 12 None))
      a))

;; ---- Constants

(defconstants
  +ipv4-loopback+ (ensure-address "127.0.0.1")
  "The address at which an IPv4 host reaches itself: 127.0.0.1. Source: RFC 1122, 3.2.1.3."
  +ipv4-unspecified+ (ensure-address "0.0.0.0")
  "The IPv4 address of no host, to which a server binds that listens on all: 0.0.0.0. Source: ip(7),
  INADDR_ANY."
  +ipv6-loopback+ (ensure-address "::1")
  "The address at which an IPv6 host reaches itself: ::1. Source: RFC 4291, 2.5.3."
  +ipv6-unspecified+ (ensure-address "::")
  "The IPv6 address of no host, to which a server binds that listens on all: `::`. Source: RFC 4291, 2.5.2."
  +ipv6-interface-local-all-nodes+ (ensure-address "ff01::1")
  "The multicast address of all nodes of the interface itself: ff01::1. Source: RFC 4291, 2.7.1."
  +ipv6-interface-local-all-routers+ (ensure-address "ff01::2")
  "The multicast address of all routers of the interface itself: ff01::2. Source: RFC 4291, 2.7.1."
  +ipv6-link-local-all-nodes+ (ensure-address "ff02::1")
  "The multicast address of all nodes on the link: ff02::1. Source: RFC 4291, 2.7.1."
  +ipv6-link-local-all-routers+ (ensure-address "ff02::2")
  "The multicast address of all routers on the link: ff02::2. Source: RFC 4291, 2.7.1."
  +ipv6-site-local-all-routers+ (ensure-address "ff05::2")
  "The multicast address of all routers of the site: ff05::2. Source: RFC 4291, 2.7.1.")

(defclass following-ipv6 [inet-address]
  "Is the one address or the other, as `*ipv6*` is when it is used."
  (setv __slots__ #("known_as" "addresses"))

  (defn __new__ [cls known-as #* addresses]
    (setv a (object.__new__ cls))
    (object.__setattr__ a "known_as" known-as)
    (object.__setattr__ a "addresses" addresses)
    a)

  (defn [property] now [self]
    (get self.addresses (if *ipv6* 1 0)))

  (defn [property] __class__ [self] (type self.now))
  (defn __getattr__ [self name] (getattr self.now name))
  (setv packed (property (fn [self] (. self now packed))))

  (defn __str__ [self] (str self.now))
  (defn __repr__ [self] (repr self.now))
  (defn __eq__ [self other] (= self.now other))
  (defn __lt__ [self other] (< self.now other))
  (defn __hash__ [self] (hash self.now))
  (defn __reduce__ [self] self.known-as))

(defconstants
  +any-host+ (following-ipv6 (hy.mangle "+any-host+") +ipv4-unspecified+ +ipv6-unspecified+)
  "`+ipv4-unspecified+` or, where `*ipv6*` is true when this is used, `+ipv6-unspecified+`."
  +loopback+ (following-ipv6 (hy.mangle "+loopback+") +ipv4-loopback+ +ipv6-loopback+)
  "`+ipv4-loopback+` or, where `*ipv6*` is true when this is used, `+ipv6-loopback+`.")
