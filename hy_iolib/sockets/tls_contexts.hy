"What TLS is asked to be: from options to an `ssl.SSLContext`."

(import functools [lru-cache])
(import os)
(import ssl)
(import hy-iolib.lisp.checking [check-keywords check-seconds refuse])
(import hy-iolib.lisp.handlers [signal-error])
(import hy-iolib.lisp.keywords [keyword-name])
(import hy-iolib.syscalls [condition-from])
(import hy-iolib.sockets.addresses [inet-address])

(export :objects [] :macros [])

;; Seconds that a handshake may take, where nothing else is said.
(setv HANDSHAKE-LIMIT 60)

(defclass tls-settings []
  "What `start-tls` is told of a connection, checked."
  (defn __init__ [self server-side * [context None] [server-name None] [ca-file None]
                  [certificate None] [key None] [alpn None] [timeout HANDSHAKE-LIMIT]]
    (when (not (or (is server-name None) (isinstance server-name inet-address)
                   (and (isinstance server-name str) server-name)))
      (refuse "server-name" server-name "a name of a host, or an address"))
    (when (and server-side (is-not server-name None))
      (refuse "server-name" server-name "of use on the server's side"))
    (setv self.server-side (bool server-side)
          self.server-name server-name
          self.timeout (check-seconds "timeout" timeout)
          self.context (if (is context None)
                           (make-context self.server-side ca-file certificate key alpn)
                           (check-context self.server-side context
                                          {"ca-file" ca-file "certificate" certificate "key" key
                                           "alpn" alpn})))))

(setv OPTIONS #("context" "server-name" "ca-file" "certificate" "key" "alpn" "timeout"))

(defn settings-of [server-side tls]
  "The settings that TLS, the value of `make-socket`'s `:tls`, asks for; None for no TLS."
  (cond
    (or (is tls None) (is tls False)) None
    (is tls True) (tls-settings server-side)
    (isinstance tls ssl.SSLContext) (tls-settings server-side :context tls)
    True (tls-settings server-side #** (options-of tls))))

(defn options-of [tls]
  "A dict of keyword arguments of TLS, a dict or a list of keywords and values."
  (setv pairs (cond
                (isinstance tls dict) (list (.items tls))
                (and (isinstance tls #(list tuple hy.models.Sequence)) (= (% (len tls) 2) 0))
                  (list (zip (cut tls 0 None 2) (cut tls 1 None 2)))
                True (refuse "tls" tls "True, an ssl.SSLContext, or options: a dict, or a list of keywords and values")))
  (setv options {})
  (for [[option value] pairs]
    (setv name (keyword-name option))
    (when (is name None)
      (refuse "tls" option "a keyword"))
    (check-keywords "tls" {name None} OPTIONS)
    (setv (get options (.replace name "-" "_")) (plain value)))
  options)

(defn plain [value]
  "VALUE; of a quoted list, what it means."
  (cond
    (isinstance value #(hy.models.String hy.models.Symbol)) (str value)
    (isinstance value #(hy.models.Integer hy.models.Float)) (+ value 0)
    (isinstance value hy.models.Sequence) (lfor x value (plain x))
    True value))

(defn check-context [server-side context others]
  (when (not (isinstance context ssl.SSLContext))
    (refuse "context" context "an ssl.SSLContext"))
  (for [name others]
    (when (is-not (get others name) None)
      (refuse name (get others name) "of use beside :context, which is used as it is")))
  (setv wrong (if server-side ssl.PROTOCOL-TLS-CLIENT ssl.PROTOCOL-TLS-SERVER))
  (if (= context.protocol wrong)
      (refuse "context" context (if server-side "a context for servers" "a context for clients"))
      context))

(defn make-context [server-side ca-file certificate key alpn]
  "A context for these, which is the same for the same files while they don't change."
  (setv ca-file (check-file "ca-file" ca-file)
        certificate (check-file "certificate" certificate)
        key (check-file "key" key)
        alpn (check-alpn alpn))
  (when (and server-side (is certificate None))
    (refuse "certificate" None "a file with the server's certificate, or :context"))
  (when (and (is certificate None) (is-not key None))
    (refuse "key" key "of use without :certificate"))
  (cached-context server-side ca-file certificate key alpn
                  (tuple (gfor file [certificate key #* (if ca-file [ca-file] (system-files server-side))]
                               (stamp file)))))

(defn check-file [argument file]
  (if (is file None)
      None
      (do
        (setv path (try (os.fsdecode file) (except [TypeError] "")))
        (if (or (not path) (in "\0" path))
            (refuse argument file "a path of a file")
            path))))

(defn check-alpn [alpn]
  "Protocols' names as ALPN has them, the one that is preferred first."
  (setv names (cond
                (is alpn None) #()
                (isinstance alpn str) #(alpn)
                (isinstance alpn #(list tuple)) (tuple alpn)
                True None))
  (if (and (is-not names None)
           (all (gfor name names (and (isinstance name str) (.isascii name) (< 0 (len name) 256))))
           ;; With the length of each: RFC 7301, 3.1.
           (< (sum (gfor name names (+ 1 (len name)))) 0x10000))
      names
      (refuse "alpn" alpn "a name of a protocol, as \"h2\", or a list of them")))

(defn system-files [server-side]
  (if server-side
      []
      (do
        (setv paths (ssl.get-default-verify-paths))
        [paths.cafile paths.capath])))

(defn stamp [file]
  "What changes when FILE does."
  (when (is-not file None)
    (try
      (setv s (os.stat file))
      #(file s.st-mtime-ns s.st-size s.st-ino)
      (except [OSError] file))))

;; The system's certificates alone take 20 ms to read.
(defn [(lru-cache :maxsize 32)] cached-context [server-side ca-file certificate key alpn stamps]
  (setv purpose (if server-side ssl.Purpose.CLIENT-AUTH ssl.Purpose.SERVER-AUTH)
        context (load "ca-file" ca-file (fn [] (ssl.create-default-context purpose :cafile ca-file)))
        context.minimum-version ssl.TLSVersion.TLSv1-2
        context.options (| context.options ssl.OP-NO-RENEGOTIATION))
  ;; A server that says by whom its clients must be certified.
  (when (is-not ca-file None)
    (setv context.verify-mode ssl.CERT-REQUIRED))
  (when (is-not certificate None)
    (load-certificate context certificate key))
  (when alpn
    (.set-alpn-protocols context (list alpn)))
  context)

(defn no-password []
  ;; Else OpenSSL would ask for it at the terminal, and wait.
  (raise (ValueError "the key is encrypted")))

(defn load-certificate [context certificate key]
  ;; What is missing is said by name; OpenSSL does not.
  (for [[argument file] [["certificate" certificate] ["key" key]]]
    (when (is-not file None)
      (load argument file (fn [] (.close (open file "rb"))))))
  (try
    (.load-cert-chain context certificate key :password no-password)
    (except [e ssl.SSLError]
      (refuse "certificate" certificate
              (+ "a PEM file of a certificate with its key"
                 (if key f" in {key}" ", or one with the key in another file, which is :key")
                 (why e))))
    (except [e ValueError]
      (refuse (if key "key" "certificate") (or key certificate) f"of use: {e}; give :context"))))

(defn why [e]
  (if e.reason f" ({(.lower (.replace e.reason "_" " "))})" ""))

(defn load [argument file read]
  "What READ, which reads what ARGUMENT says is in FILE, returns."
  (try
    (read)
    (except [e ssl.SSLError]
      (refuse argument file (+ "a file of certificates in PEM form" (why e))))
    (except [e OSError]
      (signal-error (condition-from e "open" :place (os.fsencode file))))))
