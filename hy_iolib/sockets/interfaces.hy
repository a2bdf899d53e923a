"Network interfaces, and the zones of IPv6 addresses, which are interfaces."

(eval-when-compile (require hy-iolib.lisp.conditions [defcondition]))
(import collections [namedtuple])
(import errno os)
(import socket :as python)
(import hy-iolib.lisp.checking [check-integer check-string refuse])
(import hy-iolib.lisp.conditions [shown])
(import hy-iolib.lisp.handlers [signal-error])
(import hy-iolib.lisp.multiple-values [primary-value])
(import hy-iolib.syscalls [condition-from enxio])

(export
  :objects [interface make-interface interface-name interface-index list-network-interfaces
            lookup-interface unknown-interface unknown-interface-datum]
  :macros [])

(defclass interface [(namedtuple "interface" ["name" "index"])]
  "A network interface: its `name`, a string, and its `index`, an integer; a pair as IOLib's.
  `lookup-interface` and `list-network-interfaces` return it.

  Source: the manual, Network Interfaces."
  (setv __slots__ #()))

(defcondition unknown-interface [enxio LookupError]
  "No network interface has that name or index. Also `LookupError` and, of errno ENXIO, `OSError`;
  `datum` is what was looked up.

  => (handler-case (lookup-interface \"nonsense\") (unknown-interface [c] (unknown-interface-datum c)))
  \"nonsense\"

  Source: the manual, Network Interfaces."
  [datum]
  f"no network interface is called {(shown self.datum)}")

(defn make-interface [name index]
  "The interface called NAME, a string, whose number is INDEX, an integer of 32 bits; others are a
  `type-error`. Whether there is one nobody asks.

  => (= (make-interface \"lo\" 1) #(\"lo\" 1))
  True

  >>> make_interface('lo', 1)
  interface(name='lo', index=1)

  Source: the manual, Network Interfaces."
  (interface (check-string "name" name) (check-integer "index" index 0 0xffffffff)))

(defn check-interface [x]
  (if (isinstance x interface)
      x
      (refuse "interface" x "an interface, as lookup-interface returns")))

(defn interface-name [interface]
  "The name of INTERFACE, as `lookup-interface` returns it: a string; in Python also its attribute
  `name`. Anything else is a `type-error`.

  => (interface-name (make-interface \"lo\" 1))
  \"lo\"

  >>> interface_name(lookup_interface('lo'))
  'lo'

  Source: the manual, Network Interfaces."
  (. (check-interface interface) name))

(defn interface-index [interface]
  "The number of INTERFACE, as `lookup-interface` returns it: an integer; in Python also its attribute
  `index`. Anything else is a `type-error`.

  => (interface-index (make-interface \"lo\" 1))
  1

  >>> interface_index(make_interface('lo', 1))
  1

  Source: the manual, Network Interfaces."
  (. (check-interface interface) index))

(defn list-network-interfaces []
  "A list of the network interfaces that there are now, each an `interface`.

  => (in (lookup-interface \"lo\") (list-network-interfaces))
  True

  >>> 'lo' in [i.name for i in list_network_interfaces()]
  True

  Source: the manual, Network Interfaces; if_nameindex(3)."
  (try
    (lfor [index name] (python.if-nameindex) (interface name index))
    (except [e OSError]
      (signal-error (condition-from e "if_nameindex")))))

(defn lookup-interface [interface]
  "The interface that INTERFACE, its name, its index, also in digits, or such an interface, designates.
  None such: `unknown-interface`; what is neither: `type-error`.

  => (interface-name (lookup-interface (interface-index (lookup-interface \"lo\"))))
  \"lo\"

  >>> lookup_interface('lo').name
  'lo'

  Source: the manual, Network Interfaces; if_nametoindex(3)."
  (setv x (primary-value interface)
        wanted (cond
                 (isinstance x interface-class) x.name
                 (isinstance x bool) (refuse "interface" x INTERFACES)
                 ;; What is no index of 32 bits would be taken for one.
                 (isinstance x int) (if (<= 0 x 0xffffffff) x 0)
                 (not (isinstance x str)) (refuse "interface" x INTERFACES)
                 (digits? x) (int x)
                 True (str x)))
  (try
    (if (isinstance wanted int)
        (interface-class (python.if-indextoname wanted) wanted)
        (interface-class wanted (python.if-nametoindex wanted)))
    ;; OverflowError: an index that can't be; ValueError: a NUL or a lone surrogate.
    (except [e [OSError OverflowError ValueError]]
      ;; Without a descriptor for its question the system says the same, but this says so.
      (list-network-interfaces)
      (setv c (unknown-interface errno.ENXIO (os.strerror errno.ENXIO) :datum interface)
            c.__cause__ e)
      (signal-error c))))

(setv INTERFACES "an interface: its name, or its index, also in digits")

(setv interface-class interface)

(defn digits? [text]
  "Is TEXT an index, of 32 bits, in digits?"
  (and (.isascii text) (.isdigit text) (<= (len text) 10) (<= (int text) 0xffffffff)))

(defn zone-index [zone]
  "What the system calls take for ZONE, the name or the index of an interface."
  (if (digits? zone)
      (int zone)
      (. (lookup-interface zone) index)))

(defn zone-of-index [index]
  "The zone of an address whose scope the system gives as INDEX: None where that is 0."
  (when index
    (try
      (python.if-indextoname index)
      (except [OSError]
        (str index)))))
