"IOLib's packages: what this library exports, as Common Lisp programs see it.

A symbol's function is the library's, adapted: it takes Lisp's lists, and keywords among its
arguments, and gives nil for False and lists for Python's."

(eval-when-compile (require hy-iolib.cl.definitions [defcl defcl-macro form]))
(import fractions [Fraction])
(import inspect [signature])
(import hy)
(import hy-iolib.cl.arrays [mutable-string vector])
(import hy-iolib.cl.classes [name-class])
(import hy-iolib.cl.conses [cons new-cons elements lisp-list nil?])
(import hy-iolib.cl.errors [program-error])
(import hy-iolib.cl.packages [giving-way])
(import hy-iolib.cl.symbols [KEYWORD lisp-package symbol symbol-name])
(import hy-iolib.lisp.handlers [signal-error])
(import hy-iolib.lisp.keywords [keyword])
(import hy-iolib.lisp.multiple-values [values])
(import hy-iolib.lisp.packages [python-alias])
(import hy-iolib.lisp.places [setters])
(import hy-iolib.lisp.specials [special])
(import hy-iolib.multiplex :as multiplex)
(import hy-iolib.multiplex [fd-readiness])
(import hy-iolib.sockets :as sockets)
(import hy-iolib.sockets
  [address-kind address-vector host-addresses host-entry linger-option make-interface protocol-entry
   received service-entry socket-name socket-pair])
(import hy-iolib.sockets.addresses [following-ipv6])
(import hy-iolib.streams :as streams)
(import hy-iolib.syscalls :as syscalls)
(import hy-iolib.trivial-sockets :as trivial-sockets)
(import hy-iolib.trivial-sockets [opened-server])

(export :objects [foreign foreign-call-shape] :macros [])

;; ---- What comes back

(defn some-values [items]
  (tuple.__new__ values items))

(defn as-result [x]
  "X, which a function of the library gave, as Lisp has it."
  (setv convert (.get RESULTS (type x)))
  (if (is convert None) x (convert x)))

(defn result-list [items]
  (lisp-list (map as-result items)))

(defn result-values [items]
  (some-values (map as-result items)))

(defn without-padding [items]
  "Fewer values where the last ones are nil: how many there are says what kind of socket it is."
  (setv count (len items))
  (while (and (> count 1) (is (get items (- count 1)) None))
    (-= count 1))
  (if (= count 1)
      (as-result (get items 0))
      (result-values (cut items count))))

(setv RESULTS
  {bool (fn [x] (if x True None))
   list result-list
   tuple (fn [items] (vector (map as-result items)))
   sockets.interface (fn [x] (new-cons x.name x.index))
   host-entry (fn [x]
                (some-values [x.address
                              (lisp-list x.addresses)
                              x.canonical-name
                              (lisp-list (gfor [name address] x.names (new-cons name address)))]))
   host-addresses (fn [x] (some-values [(get x 0) (lisp-list (get x 1))]))
   protocol-entry (fn [x] (some-values [(get x 0) (get x 1) (lisp-list (get x 2))]))
   received without-padding
   socket-name without-padding
   address-kind without-padding
   #** (dict.fromkeys [values address-vector service-entry linger-option socket-pair fd-readiness
                       opened-server]
                      result-values)})

;; ---- What is given

(defn as-argument [x]
  "X as the library takes it."
  (setv convert (.get ARGUMENTS (type x)))
  (if (is convert None) x (convert x)))

(defn argument-list [x]
  ;; An interface is a pair.
  (if (or (is x.cdr.__class__ cons) (nil? x.cdr))
      (lfor item x (as-argument item))
      (make-interface (as-argument x.car) x.cdr)))

(setv ARGUMENTS {cons argument-list
                 mutable-string str
                 Fraction float})

(defn type-specifier [x]
  "A type specifier in the library's words."
  (cond
    (isinstance x symbol) (.lower x.name)
    (isinstance x list) (lfor part x (type-specifier part))
    True x))

;; Where nil is not what the library means by None: that an argument is not given.
(setv ADJUSTMENTS {"reuse_address" (fn [x] (if (is x None) False x))
                   "element_type" type-specifier})

;; ---- Where IOLib and this library differ

;; As IOLib 0.8 has them: on the sockets that its programs make, send-to and receive-from don't wait.
(defn non-blocking [s]
  (for [made (if (isinstance s values) s [s])]
    (when (is-not made None)
      (setv made.non-blocking True)))
  s)

(defn accepted [s]
  "The connection S, or nil, and where it comes from."
  (non-blocking s)
  (if (is s None)
      None
      (try
        (values s #* (without-nones (sockets.remote-name s)))
        ;; The peer is gone already.
        (except [OSError] s))))

(defn without-nones [items]
  (lfor x items :if (is-not x None) x))

(setv AFTERWARDS {sockets.make-socket non-blocking
                  sockets.make-socket-pair non-blocking
                  sockets.make-socket-from-fd non-blocking
                  sockets.accept-connection accepted})

;; ---- Functions

(defn foreign [f [name None] [lenient False] [after None]]
  "F, a function of the library, for Lisp: keywords may stand among its arguments, behind those that
  have a place. A LENIENT one ignores keywords that it does not know. AFTER makes of its result what
  IOLib gives."
  (setv code f.__code__
        places (if (& code.co-flags 4) (** 2 31) code.co-argcount)
        names (if lenient
                  (sfor p (.values (. (signature f) parameters))
                        :if (= p.kind p.KEYWORD-ONLY)
                        p.name)
                  (cut code.co-varnames
                       code.co-argcount (+ code.co-argcount code.co-kwonlyargcount)))
        words (dfor n names (.intern KEYWORD (.upper (hy.unmangle (.rstrip n "_")))) n)
        adjusted (lfor [n adjust] (.items ADJUSTMENTS)
                       :if (or (in n names) (is f sockets.make-socket))
                       #(n adjust))
        rare (or adjusted after))

  (defn call [arguments named]
    (when (> (len arguments) places)
      (setv named {#** named #** (named-arguments adapted (cut arguments places None))}
            arguments (cut arguments places)))
    (setv named (dfor [n x] (.items named)
                      :if (or (not lenient) (in n names))
                      n (as-argument x)))
    (for [[n adjust] adjusted]
      (when (in n named)
        (setv (get named n) (adjust (get named n)))))
    (setv result (f #* (map as-argument arguments) #** named))
    (as-result (if after (after result) result)))

  ;; All that most calls need is to see that they need nothing else.
  (defn adapted [#* arguments #** named]
    (when (or rare (> (len arguments) places))
      (return (call arguments named)))
    (for [x arguments]
      (when (in (type x) ARGUMENTS)
        (return (call arguments named))))
    (if named
        (do
          (for [x (.values named)]
            (when (in (type x) ARGUMENTS)
              (return (call arguments named))))
          (when (and lenient (not (<= (.keys named) names)))
            (return (call arguments named)))
          (setv result (f #* arguments #** named)))
        (setv result (f #* arguments)))
    (setv convert (.get RESULTS (type result)))
    (if (is convert None) result (convert result)))

  (defn adapted-accessor [x]
    (setv result (f (if (in (type x) ARGUMENTS) (as-argument x) x))
          convert (.get RESULTS (type result)))
    (if (is convert None) result (convert result)))

  (setv result (if (and (= places 1) (not names) (not (& code.co-flags 8)))
                   adapted-accessor
                   adapted)
        result.__name__ (or name f.__name__)
        result.__qualname__ result.__name__
        result.__doc__ f.__doc__
        result.__wrapped__ f
        result.places places
        result.words words)
  result)

(defn named-arguments [f arguments]
  "ARGUMENTS, keywords and values, as Python's keyword arguments: the first of each counts."
  (when (% (len arguments) 2)
    (signal-error program-error "odd number of keyword arguments"))
  (setv named {})
  (for [[word x] (zip (cut arguments 0 None 2) (cut arguments 1 None 2))]
    (when (not (isinstance word keyword))
      (signal-error program-error f"{word !r} stands where a keyword is expected"))
    (when (is-not word ALLOW-OTHER-KEYS)
      (.setdefault named (python-name f word) x)))
  named)

(setv ALLOW-OTHER-KEYS (.intern KEYWORD "ALLOW-OTHER-KEYS"))

(defn python-name [f word]
  (or (.get f.words word)
      (hy.mangle (.lower (symbol-name word)))))

(defn foreign-call-shape [f arguments]
  "How a call of F, a foreign function, with ARGUMENTS, forms, is written in Python: the positional
  ones, and pairs of a name and a form. None where that is known at run time only."
  (setv rest (cut arguments f.places None)
        words (cut rest 0 None 2))
  (if (and rest (= (% (len rest) 2) 0)
           (all (gfor w words (and (isinstance w keyword) (is-not w ALLOW-OTHER-KEYS))))
           (= (len (set words)) (len words)))
      [(cut arguments f.places)
       (lfor [w x] (zip words (cut rest 1 None 2)) #((python-name f w) x))]
      None))

;; ---- Packages

(defn library-package [name #* nicknames]
  (.update giving-way nicknames)
  (lisp-package name nicknames))

(setv SOCKETS (library-package "IOLIB/SOCKETS" "IOLIB.SOCKETS" "NET.SOCKETS" "SOCKETS")
      STREAMS (library-package "IOLIB/STREAMS" "IOLIB.STREAMS" "IO.STREAMS")
      MULTIPLEX (library-package "IOLIB/MULTIPLEX" "IOLIB.MULTIPLEX" "IO.MULTIPLEX" "IOMUX")
      SYSCALLS (library-package "IOLIB/SYSCALLS" "IOLIB.SYSCALLS" "ISYS")
      TRIVIAL-SOCKETS (library-package "IOLIB/TRIVIAL-SOCKETS" "IOLIB.TRIVIAL-SOCKETS"
                                       "TRIVIAL-SOCKETS")
      IOLIB (library-package "IOLIB")
      ;; All that IOLIB has, and what this library adds to it.
      HY-IOLIB (library-package "HY-IOLIB"))

;; Packages that programs use for their internals only: nothing is in them.
(library-package "IOLIB/BASE" "IOLIB.BASE")
(library-package "IOLIB/COMMON-LISP" "IOLIB.COMMON-LISP" "IOLIB/CL")

;; Common Lisp's own symbols, of which the library has functions, too.
(setv COMMON-LISP-NAMES (set (.split
        "clear-input clear-output close finish-output force-output format fresh-line input-stream-p
         listen open-stream-p output-stream-p peek-char read-byte read-char read-char-no-hang
         read-line read-sequence stream-element-type terpri unread-char write-byte write-char
         write-line write-sequence write-string"))
      ;; What IOLib does not export. Whoever uses IOLIB gets no symbol that is not IOLib's.
      OURS (set (.split
        "*dns-repeat* *dns-timeout* *non-blocking-sockets* +max-backlog-size+ asyncio-multiplexer
         binary-file call-in-event-loop character-decoding-error character-encoding-error
         condition-from dual-channel-single-fd-mixin event-base-error event-base-error-event-base
         event-base-error-reason external-format format-error inet-network input-buffer-empty-p
         input-buffer-size interface ipv6-network ipv6-network= kqueue-multiplexer line-too-long
         max-line-length missing-package missing-package-extra netlink-socket no-descriptor
         output-buffer-empty-p output-buffer-size peer-credentials raw-socket set-socket-option
         socket-closed-error socket-connection-in-progress-error socket-datagram-internet
         socket-datagram-local socket-raw-internet socket-raw-netlink start-tls text-file
         tls-alpn-protocol tls-certificate-error tls-certificate-error-server-name tls-cipher
         tls-error tls-error-reason tls-error-stream tls-p tls-peer-certificate tls-version
         unmap-address"))
      ;; Those with &allow-other-keys.
      LENIENT #{sockets.accept-connection sockets.bind-address sockets.connect sockets.listen-on
                sockets.receive-from sockets.send-to})

(defn share [s #* packages]
  "Let PACKAGES export the symbol S."
  (for [p packages]
    (setv (get p.present s.name) s)
    (.add p.external s.name)))

(defn give-meaning [s x]
  "Let the symbol S mean X, which the library exports by its name."
  (cond
    (isinstance x special) (setv s.variable x (get s.info "special") True)
    (is (type x) following-ipv6)
      (setv (get s.info "symbol-macro") (form (sys::following-address (quote ~s)))
            (get s.info "value") x)
    (isinstance x type) (name-class s x)
    (isinstance x dict) None
    (callable x)
      (do
        (setv f (foreign x (hy.mangle (.lower s.name))
                         :lenient (in x LENIENT) :after (.get AFTERWARDS x))
              s.function f
              (get s.info "foreign") f)
        (when (in x setters)
          (setv (get s.info "setf")
                ;; For options None is no value.
                (setting (get setters x) (if (is x sockets.socket-option) False None)))))
    True (setv (get s.info "constant") x)))

(defn setting [setter nil]
  "What `setf` calls, with the new value and the place's arguments; NIL is what nil means."
  (defn set-it [value #* arguments]
    (setter (if (is value None) nil (as-argument value)) #* (map as-argument arguments))
    value)
  set-it)

(defcl sys::following-address [s]
  (. (get s.info "value") now))

(defn fill [package module]
  "Let PACKAGE have what MODULE exports."
  (setv aliases (sfor n module.__all__ (python-alias n)))
  (for [mangled module.__all__]
    (setv name (hy.unmangle mangled)
          x (getattr module mangled))
    (when (not (or (in mangled aliases)
                   (in name COMMON-LISP-NAMES)
                   (and (is package SYSCALLS) (in mangled sockets.__all__))
                   ;; The classes of multiple values are Python's affair.
                   (and (isinstance x type) (issubclass x values))))
      (offer name x package))))

(defn offer [name x package]
  "Let the symbol called NAME of PACKAGE mean X, and be external where it is in IOLib."
  (setv s (.intern package (.upper name)))
  (give-meaning s x)
  (cond
    (is package TRIVIAL-SOCKETS) (share s package)
    (in name OURS) (share s HY-IOLIB)
    (is package SYSCALLS) (share s package HY-IOLIB)
    True (share s package IOLIB HY-IOLIB)))

(for [[package module] [[SYSCALLS syscalls] [MULTIPLEX multiplex] [STREAMS streams]
                        [SOCKETS sockets] [TRIVIAL-SOCKETS trivial-sockets]]]
  (fill package module))

;; Names that mean something in other places than those of functions, variables and classes:
;; restarts, macros, and what nothing is known of.
(for [[package names] [[SOCKETS "retry-syscall ignore-syscall-error ip net with-open-socket
                                 with-accept-connection"]
                       [MULTIPLEX "with-event-base"]]
      name (.split names)]
  (share (.intern package (.upper name)) package IOLIB HY-IOLIB))
(share (.intern TRIVIAL-SOCKETS "WITH-SERVER") TRIVIAL-SOCKETS)

(for [[name f] [["code-of" syscalls.error-code] ["identifier-of" syscalls.error-identifier]
                ["message-of" syscalls.error-message]]]
  (offer name f SYSCALLS))

;; ---- What make-instance does, in IOLib's words: `info` has it as "make"

(defn made [name package make]
  (setv (get (. package.present [(.upper name)] info) "make") make))

(defn make-network [class]
  (fn [#** initargs]
    (class (as-argument (get initargs "address"))
           (next (gfor name ["netmask" "cidr" "class"]
                       :if (not (nil? (.get initargs name)))
                       (get initargs name))
                 None))))

(defn make-event-base [#** initargs]
  (setv mux (.get initargs "mux"))
  (when (isinstance mux symbol)
    (setv (get initargs "mux") (get mux.info "class")))
  (multiplex.event-base #** (dfor [name x] (.items initargs) name (as-argument x))))

(made "ipv4-network" SOCKETS (make-network sockets.ipv4-network))
(made "ipv6-network" SOCKETS (make-network sockets.ipv6-network))
(for [name ["ipv4-address" "ipv6-address"]]
  (made name SOCKETS (fn [* name] (sockets.make-address (as-argument name)))))
(made "event-base" MULTIPLEX make-event-base)

;; ---- Macros, which leave as with-open-stream does: other ways out of the body than its end abort

(defn names-of [package #* names]
  (lfor name names (get package.present (.upper name))))

(setv [make-socket accept-connection] (names-of SOCKETS "make-socket" "accept-connection")
      [event-base] (names-of MULTIPLEX "event-base")
      [open-server close-server] (names-of TRIVIAL-SOCKETS "open-server" "close-server"))

(defcl-macro iolib/sockets::with-open-socket [binding #* body]
  (setv [variable #* arguments] (elements binding))
  (form (with-open-stream (~variable (~make-socket ~@arguments))
          ~@body)))

(defcl-macro iolib/sockets::with-accept-connection [binding #* body]
  (setv [variable #* arguments] (elements binding))
  (form (with-open-stream (~variable (~accept-connection ~@arguments))
          ~@body)))

(defcl-macro iolib/multiplex::with-event-base [binding #* body]
  (setv [variable #* arguments] (elements binding))
  (form (let ((~variable (make-instance (quote ~event-base) ~@arguments)))
          (unwind-protect (locally ~@body)
            (when ~variable
              (close ~variable))))))

(defcl-macro iolib/trivial-sockets::with-server [binding #* body]
  (setv [variable arguments] (elements binding))
  (form (let ((~variable (~open-server ~@arguments)))
          (unwind-protect (locally ~@body)
            (when ~variable
              (~close-server ~variable))))))
