"What addresses are written as: text, integers, vectors of octets or of groups. Here they are read
and written; `addresses` makes objects of them.

The readers give the octets or, a string, the reason why there are none: who signals, and what, is
the caller's business."

(eval-when-compile
  (require hy-iolib.lisp.constants [defconstants]
           hy-iolib.lisp.operators [defoperator]))
(import re)
(import socket [AF-INET AF-INET6 inet-ntop inet-pton])
(import hy-iolib.lisp.checking [check-integer check-one-of check-string refuse])
(import hy-iolib.lisp.conditions [parse-error shown])
(import hy-iolib.lisp.handlers [signal-error])
(import hy-iolib.lisp.multiple-values [primary-value])

(export
  :objects [dotted-to-vector dotted-to-integer integer-to-dotted integer-to-vector vector-to-dotted
            vector-to-integer colon-separated-to-vector vector-to-colon-separated
            string-address-to-vector +max-ipv4-value+]
  :macros [vector-to-colon-separated])

(defconstants
  +max-ipv4-value+ 0xffffffff "The largest IPv4 address as an integer: 255.255.255.255.")

;; ---- Reading

(defn read-address [text]
  "The octets and the zone (None where there is none) of the internet address TEXT, or why it is
  none."
  (try
    #((inet-pton (if (in ":" text) AF-INET6 AF-INET) text) None)
    ;; ValueError: a NUL or a lone surrogate.
    (except [[OSError ValueError]]
      (setv [body percent zone] (.partition text "%")
            octets (if (in ":" body) (read-colons body) (read-dotted body)))
      (cond
        (isinstance octets str) octets
        (not percent) #(octets None)
        (= (len octets) 4) "an IPv4 address has no zone"
        (not zone) "its zone, after the %, is empty"
        (or (in "%" zone) (in "/" zone)) f"its zone {(shown zone)} has a % or a /"
        True #(octets zone)))))

(defn read-dotted [text]
  "The octets of TEXT, one to four numbers with dots between: the last is the last octet, the others
  are the first; or why it is none."
  (setv parts (.split text "."))
  (if (> (len parts) 4)
      "it has more than four parts"
      (or (next (gfor part parts
                      :setv reason (octet-fault part)
                      :if reason
                      f"its part {(shown part)} {reason}")
                None)
          (do
            (setv [#* first last] (map int parts))
            (bytes [#* first #* (* [0] (- 4 (len parts))) last])))))

(defn octet-fault [part]
  (cond
    (not part) "is empty"
    (not (and (.isascii part) (.isdigit part))) "is not a decimal number"
    (and (= (get part 0) "0") (> (len part) 1)) "has a leading zero, which some read as octal"
    (or (> (len part) 3) (> (int part) 255)) "is over 255"
    True None))

(setv GROUP (re.compile "[0-9a-fA-F]{1,4}"))

(defn read-colons [text]
  "The octets of TEXT, groups with colons between, or why it is none. Beside what RFC 4291 has, a
  group that is missing at the very beginning or the very end is zero: IOLib printed such."
  (cond
    (in ":::" text) (return "it has three colons in a row")
    (> (.count text "::") 1) (return "it has more than one ::")
    ;; Before anything that takes time for each of them.
    (> (.count text ":") 9) (return "it has more than eight groups"))
  (setv [head gap tail] (.partition text "::")
        words [(if head (.split head ":") []) (if tail (.split tail ":") [])]
        halves [b"" b""]
        last-half (if gap 1 0))
  (for [[i half] (enumerate words)
        [j word] (enumerate half)]
    (setv dotted (and (in "." word) (= i last-half) (= j (- (len half) 1)))
          octets (cond
                   dotted (if (= (.count word ".") 3) (read-dotted word) "not of four parts")
                   (not word) (bytes 2)
                   (.fullmatch GROUP word) (.to-bytes (int word 16) 2 "big")
                   True "not a group of one to four hexadecimal digits"))
    (when (isinstance octets str)
      (return (if dotted
                  f"its IPv4 part {(shown word)}: {octets}"
                  f"its part {(shown word)} is {octets}")))
    (+= (get halves i) octets))
  (setv missing (- 16 (len (get halves 0)) (len (get halves 1))))
  (cond
    (< missing 0) f"it has more than eight groups"
    (and gap (= missing 0)) "its :: stands for no group"
    (and (not gap) (> missing 0)) f"it has {(// (- 16 missing) 2)} groups, not eight, and no ::"
    True (+ (get halves 0) (bytes missing) (get halves 1))))

(defn fault [text what reason]
  "The condition that says that TEXT is not WHAT, and why."
  (parse-error f"{(shown text)} is not {what}: {reason}"))

(defn groups-of [octets]
  "The 16-bit groups that pairs of OCTETS make."
  (tuple (gfor i (range 0 (len octets) 2) (int.from-bytes (cut octets i (+ i 2)) "big"))))

(defn octets-of-groups [groups]
  (.join b"" (gfor n groups (.to-bytes n 2 "big"))))

;; ---- Printing

;; A table of texts is faster than inet_ntop, which is sprintf.
(setv TEXTS (tuple (map str (range 256)))
      TEXTS-AND-DOT (tuple (gfor text TEXTS (+ text "."))))

(defn dotted-text [octets]
  (setv [a b c d] octets)
  f"{(get TEXTS-AND-DOT a)}{(get TEXTS-AND-DOT b)}{(get TEXTS-AND-DOT c)}{(get TEXTS d)}")

;; The last of ::/96, all of which glibc prints dotted; RFC 5952 wants that for mapped addresses
;; only.
(setv LAST-COMPATIBLE (+ (bytes 12) (* b"\xff" 4)))

(defn colon-text [octets]
  (if (or (> octets LAST-COMPATIBLE) (not (any (cut octets 12 14))))
      (inet-ntop AF-INET6 octets)
      (.format "::{:x}:{:x}" #* (groups-of (cut octets 12 None)))))

;; ---- The manual's conversions

(defn check-vector [vector count bits]
  "VECTOR as a tuple of COUNT integers of so many BITS."
  (setv vector (primary-value vector)
        high (- (** 2 bits) 1))
  (if (and (isinstance vector #(tuple list bytes bytearray)) (= (len vector) count)
           (vector-elements? vector high))
      (tuple vector)
      (refuse "vector" vector f"a vector of {count} integers from 0 to {high}")))

(defn vector-elements? [vector high]
  (all (gfor n vector (and (isinstance n int) (not (isinstance n bool)) (<= 0 n high)))))

(defn dotted-octets [address]
  (setv octets (read-dotted (check-string "address" address)))
  (if (isinstance octets str)
      (signal-error (fault address "a dotted IPv4 address" octets))
      octets))

(defn dotted-to-vector [address]
  "The four octets, a tuple, of ADDRESS, a string, a dotted IPv4 address. Of fewer than four parts the
  last is the last octet. Decimal digits only, no leading zeros; anything else is a `parse-error`.

  => (dotted-to-vector \"127.0.0.1\")
  #(127 0 0 1)
  => (dotted-to-vector \"127.1\")
  #(127 0 0 1)

  >>> dotted_to_vector('127.0.0.1')
  (127, 0, 0, 1)

  Source: the manual, Low-level Address Manipulation."
  (tuple (dotted-octets address)))

(defn dotted-to-integer [address]
  "ADDRESS, a string, a dotted IPv4 address (see `dotted-to-vector`), as a 32-bit integer. Anything else
  is a `parse-error`.

  => (dotted-to-integer \"127.0.0.1\")
  2130706433

  >>> dotted_to_integer('127.0.0.1')
  2130706433

  Source: the manual, Low-level Address Manipulation."
  (int.from-bytes (dotted-octets address) "big"))

(defn integer-to-vector [ipaddr]
  "The four octets, a tuple, of IPADDR, an IPv4 address as an integer from 0 to `+max-ipv4-value+`;
  another is a `type-error`.

  => (integer-to-vector 2130706433)
  #(127 0 0 1)

  >>> integer_to_vector(2130706433)
  (127, 0, 0, 1)

  Source: the manual, Low-level Address Manipulation."
  (tuple (.to-bytes (check-integer "ipaddr" ipaddr 0 +max-ipv4-value+) 4 "big")))

(defn integer-to-dotted [integer]
  "The dotted text of INTEGER, an IPv4 address as an integer from 0 to `+max-ipv4-value+`; another is a
  `type-error`.

  => (integer-to-dotted 2130706433)
  \"127.0.0.1\"

  >>> integer_to_dotted(2130706433)
  '127.0.0.1'

  Source: the manual, Low-level Address Manipulation."
  (dotted-text (.to-bytes (check-integer "integer" integer 0 +max-ipv4-value+) 4 "big")))

(defn vector-to-dotted [vector]
  "The dotted text of VECTOR, a sequence of four octets; another is a `type-error`.

  => (vector-to-dotted #(127 0 0 1))
  \"127.0.0.1\"

  >>> vector_to_dotted((127, 0, 0, 1))
  '127.0.0.1'

  Source: the manual, Low-level Address Manipulation."
  (dotted-text (check-vector vector 4 8)))

(defn vector-to-integer [vector]
  "VECTOR, a sequence of four octets, as a 32-bit integer; another is a `type-error`.

  => (vector-to-integer #(127 0 0 1))
  2130706433

  >>> vector_to_integer((127, 0, 0, 1))
  2130706433

  Source: the manual, Low-level Address Manipulation."
  (int.from-bytes (check-vector vector 4 8) "big"))

(defn colon-separated-to-vector [string]
  "The eight groups, a tuple of 16-bit integers, of STRING, the text of an IPv6 address. What IOLib
  printed can be read, too: a group that is missing at the very beginning or end is zero. A zone is no
  part of the vector. Anything else is a `parse-error`.

  => (colon-separated-to-vector \"2001:DB8::1\")
  #(8193 3512 0 0 0 0 0 1)
  => (colon-separated-to-vector \"::ffff:10.0.0.1\")
  #(0 0 0 0 0 65535 2560 1)

  >>> colon_separated_to_vector('2001:DB8::1')
  (8193, 3512, 0, 0, 0, 0, 0, 1)

  Source: the manual, Low-level Address Manipulation; RFC 4291."
  (setv found (if (in ":" (check-string "string" string))
                  (read-address (str string))
                  "it has no colon"))
  (if (isinstance found str)
      (signal-error (fault string "a colon-separated IPv6 address" found))
      (groups-of (get found 0))))

(defoperator vector-to-colon-separated [vector #^ keyword [case "downcase"]]
  "The text, as RFC 5952 has it, of VECTOR, a sequence of eight 16-bit integers; another is a
  `type-error`. CASE is that of its letters, `:downcase` (the default) or `:upcase`.

  => (vector-to-colon-separated #(8193 3512 0 0 0 0 0 10))
  \"2001:db8::a\"
  => (vector-to-colon-separated #(8193 3512 0 0 0 0 0 10) :upcase)
  \"2001:DB8::A\"

  >>> vector_to_colon_separated((8193, 3512, 0, 0, 0, 0, 0, 10), case='upcase')
  '2001:DB8::A'

  Source: the manual, Low-level Address Manipulation; RFC 5952."
  (setv text (colon-text (octets-of-groups (check-vector vector 8 16))))
  (if (= (check-one-of "case" case #("downcase" "upcase")) "upcase")
      (.upper text)
      text))

(defn string-address-to-vector [address]
  "The vector, four octets or eight groups, of ADDRESS, a string; None when that is no internet
  address.

  => (string-address-to-vector \"127.0.0.1\")
  #(127 0 0 1)
  => (string-address-to-vector \"localhost\")
  None

  >>> string_address_to_vector('::1')
  (0, 0, 0, 0, 0, 0, 0, 1)

  Source: the manual, Low-level Address Manipulation."
  (setv found (read-address (check-string "address" address)))
  (cond
    (isinstance found str) None
    (= (len (get found 0)) 4) (tuple (get found 0))
    True (groups-of (get found 0))))
