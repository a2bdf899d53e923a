"Socket addresses: immutable values."

(import socket [AF-INET AF-INET6 inet-pton inet-ntop])
(import ipaddress [IPv4Address IPv6Address])
(import functools [total-ordering])
(import hy-iolib.lisp.checking [check-one-of refuse])
(import hy-iolib.lisp.conditions [parse-error])
(import hy-iolib.lisp.handlers [signal-error])
(import hy-iolib.lisp.multiple-values [values primary-value])
(import hy-iolib.sockets.configuration [*ipv6*])

(export
  :objects [address inet-address ipv4-address ipv6-address
            addressp inet-address-p ipv4-address-p ipv6-address-p
            ensure-address address-to-string address-name address=
            +ipv4-loopback+ +ipv4-unspecified+ +ipv6-loopback+ +ipv6-unspecified+
            +any-host+ +loopback+]
  :macros [])

(defclass address []
  "The base of all socket addresses: immutable and hashable."
  (setv __slots__ #())

  (defn __setattr__ [self name value]
    (raise (AttributeError f"{self !r} is an address: it can't be changed")))
  (setv __delattr__ (fn [self name] (.__setattr__ self name None)))

  (defn __copy__ [self] self)
  (defn __deepcopy__ [self memo] self))

(defclass [total-ordering] inet-address [address]
  "The base of IPv4 and IPv6 addresses, each ordered within its family."
  (setv __slots__ #("packed" "_text"))

  (defn __new__ [cls designator]
    (setv a (ensure-address designator))
    (if (isinstance a cls)
        a
        (refuse "address" designator (hy.unmangle cls.__name__))))

  (defn __eq__ [self other]
    (if (is (type self) other.__class__)
        (= self.packed other.packed)
        NotImplemented))

  (defn __lt__ [self other]
    (if (is (type self) other.__class__)
        (< self.packed other.packed)
        NotImplemented))

  (defn __hash__ [self]
    (hash self.packed))

  (defn __str__ [self]
    (try
      self._text
      (except [AttributeError]
        (setv text (.text-of self self.packed))
        (set-text self text)
        text)))

  (defn __repr__ [self]
    f"#/ip/{self}")

  (defn __reduce__ [self]
    #(from-packed #(self.packed))))

;; Slots are set through their descriptors, since __setattr__ refuses.
(setv set-packed inet-address.packed.__set__
      set-text inet-address._text.__set__)

(defclass ipv4-address [inet-address]
  "An IPv4 address: `ipv4_address(\"127.0.0.1\")`; `name` is a tuple of four octets.

  => (ipv4-address \"127.0.0.1\")
  #/ip/127.0.0.1"
  (setv __slots__ #()
        family AF-INET
        text-of (staticmethod (fn [packed] (inet-ntop AF-INET packed))))

  (defn [property] name [self]
    (tuple self.packed)))

(defclass ipv6-address [inet-address]
  "An IPv6 address: `ipv6_address(\"::1\")`; `name` is a tuple of eight 16-bit groups.

  => (. (ipv6-address \"::1\") name)
  #(0 0 0 0 0 0 0 1)"
  (setv __slots__ #()
        family AF-INET6)

  (defn [staticmethod] text-of [packed]
    ;; glibc prints all of ::/96 dotted; RFC 5952 wants that for mapped addresses only.
    (if (and (= (cut packed 12) (bytes 12)) (any (cut packed 12 14)))
        (.format "::{:x}:{:x}" (int.from-bytes (cut packed 12 14) "big")
                               (int.from-bytes (cut packed 14 16) "big"))
        (inet-ntop AF-INET6 packed)))

  (defn [property] name [self]
    (tuple (gfor i (range 0 16 2) (int.from-bytes (cut self.packed i (+ i 2)) "big")))))

(defn from-packed [packed]
  "The address whose octets, in network order, are PACKED: four or sixteen."
  (setv a (object.__new__ (if (= (len packed) 4) ipv4-address ipv6-address)))
  (set-packed a packed)
  a)

(defn from-text [text]
  "The address that TEXT is, or None."
  (try
    (from-packed (inet-pton (if (in ":" text) AF-INET6 AF-INET) text))
    ;; ValueError: a NUL or a lone surrogate.
    (except [[OSError ValueError]]
      None)))

(defn from-designator [x]
  "The address that X designates, or None: an address, its text, octets or groups, a 32-bit integer, an
  object of the module ipaddress."
  (setv x (primary-value x))
  (cond
    (is (type x) following-ipv6) x.now
    (isinstance x inet-address) x
    (isinstance x str) (from-text (str x))
    (isinstance x #(IPv4Address IPv6Address)) (from-packed x.packed)
    (isinstance x bool) None
    (isinstance x int) (when (<= 0 x 0xffffffff) (from-packed (.to-bytes x 4 "big")))
    (isinstance x #(tuple list bytes bytearray)) (from-sequence x)
    True None))

(defn from-sequence [x]
  (setv in-range? (fn [high]
                    (all (gfor n x (and (isinstance n int) (not (isinstance n bool)) (<= 0 n high))))))
  (cond
    (and (= (len x) 4) (in-range? 0xff)) (from-packed (bytes x))
    (and (= (len x) 8) (in-range? 0xffff))
      (from-packed (.join b"" (gfor n x (.to-bytes n 2 "big"))))
    True None))

(defn ensure-address [address * [family "internet"] [errorp True]]
  "ADDRESS itself, or the address object that it designates: a text, a sequence of four octets or eight
  groups, a 32-bit integer, an object of the module `ipaddress`. What is none of these signals
  `parse-error`, or gives None when ERRORP is false.

  => (ensure-address \"127.0.0.1\")
  #/ip/127.0.0.1
  => (ensure-address \"nonsense\" :errorp False)
  None

  Source: the manual, Address Functions."
  (check-one-of "family" family #("internet"))
  (setv found (from-designator address))
  (cond
    (is-not found None) found
    errorp (signal-error parse-error f"{address !r} is not an internet address")
    True None))

(defn address-to-string [address]
  "The text of ADDRESS; of IPv6 as RFC 5952 has it.

  => (address-to-string (ensure-address #(10 0 0 1)))
  \"10.0.0.1\""
  (str (check-address address)))

(defn address-name [address]
  "What ADDRESS consists of: a tuple of four octets or eight 16-bit groups.

  => (address-name +ipv4-loopback+)
  #(127 0 0 1)"
  (. (check-address address) name))

(defn check-address [address]
  (if (addressp address)
      address
      (refuse "address" address "an address")))

(defn address= [address1 address2]
  "Are both the same address?

  => (address= +ipv4-loopback+ (ensure-address \"127.0.0.1\"))
  True"
  (= (check-address address1) (check-address address2)))

(defmacro defpredicates [#* rows]
  "Of each row, NAME and CLASS: the predicate NAME."
  `(do ~@(gfor [name class] (zip (cut rows 0 None 2) (cut rows 1 None 2))
               `(defn ~name [object]
                  ~f"Is OBJECT of the class `{class}`?"
                  (isinstance object ~class)))))

(defpredicates
  addressp        address
  inet-address-p  inet-address
  ipv4-address-p  ipv4-address
  ipv6-address-p  ipv6-address)

(setv +ipv4-loopback+    (from-text "127.0.0.1")
      +ipv4-unspecified+ (from-text "0.0.0.0")
      +ipv6-loopback+    (from-text "::1")
      +ipv6-unspecified+ (from-text "::"))

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
  (setv packed (property (fn [self] (. self now packed)))
        name (property (fn [self] (. self now name)))
        family (property (fn [self] (. self now family))))

  (defn __str__ [self] (str self.now))
  (defn __repr__ [self] (repr self.now))
  (defn __eq__ [self other] (= self.now other))
  (defn __lt__ [self other] (< self.now other))
  (defn __hash__ [self] (hash self.now))
  (defn __reduce__ [self] self.known-as))

(setv +any-host+ (following-ipv6 (hy.mangle "+any-host+") +ipv4-unspecified+ +ipv6-unspecified+)
      +loopback+ (following-ipv6 (hy.mangle "+loopback+") +ipv4-loopback+ +ipv6-loopback+))
