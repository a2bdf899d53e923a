"`#ip 10.0.0.1` and `#net 10.0.0.0/8`: addresses and networks as literals of Hy.

What is read is checked when the program is compiled; the program holds the text, and the object
that it is, one for ever, once the text has been met."

(import hy)
(import hy-iolib.sockets.addresses [ensure-address])
(import hy-iolib.sockets.networks [ensure-network])

(export :objects [] :macros [])

(defclass Literals [dict]
  "Text to address or network."
  (defn __missing__ [self text]
    (.setdefault self text (if (in "/" text) (ensure-network text) (ensure-address text)))))

(setv literals (Literals))

(defn read-literal [reader kind]
  "The text that follows in READER, a string or as it stands, as a form that looks the literal up."
  (.slurp-space reader)
  (setv text (if (= (.peekc reader) "\"")
                 (str (.parse-one-form reader))
                 (.read-ident reader)))
  (when (!= (in "/" text) (= kind "net"))
    (raise (ValueError f"#{kind} {text}: {kind} literals are {(get USAGE kind)}")))
  ;; A mistake is the compiler's to report.
  (get literals text)
  `(get hy.I.hy-iolib.sockets.readers.literals ~text))

(setv USAGE {"ip" "as #ip 10.0.0.1 or #ip \"fe80::1\""
             "net" "as #net 10.0.0.0/8"})

(defreader ip
  "The internet address that follows, as it stands or, where Hy would not read it, as a string: a
  literal. What designates no address is an error of the compiler.

  => #ip 10.0.0.1
  #/ip/10.0.0.1
  => #ip \"fe80::1\"
  #/ip/fe80::1

  Source: IOLib 0.8, `#/ip/`."
  (hy.I.hy-iolib.sockets.readers.read-literal &reader "ip"))

(defreader net
  "The network that follows, as `#ip` reads addresses: a literal.

  => #net 10.0.0.0/8
  #/net/10.0.0.0/8

  Source: IOLib 0.8, `#/net/`."
  (hy.I.hy-iolib.sockets.readers.read-literal &reader "net"))
