"Addresses in Hy: operators with literal keywords, and the reader macros."

(require hy-iolib * :readers [ip net])
(import hy marshal pytest subprocess sys types)
(import hy-iolib *)
(import hy-iolib [ensure-address ipv4-network ipv6-network lookup-protocol lookup-service
                  inet-address-network-portion make-netmask ensure-netmask address-equal-p
                  vector-to-colon-separated unknown-service lookup-hostname])

(defn test-literal-keywords []
  (assert (= (list (lookup-service "http" :any)) [80 "http" :tcp]))
  (assert (= (list (lookup-service :http :protocol :tcp)) [80 "http" "tcp"]))
  (assert (= (nth-value 1 (lookup-service :ntp :udp)) "ntp"))
  (assert (= (get (lookup-protocol :udp) 0) 17))
  (assert (= (str (make-netmask :class :b)) (str (ensure-netmask :b)) "255.255.0.0"))
  (assert (= (str (inet-address-network-portion #ip 10.20.30.40 :a)) "10.0.0.0"))
  (assert (= (vector-to-colon-separated #(0 0 0 0 0 0 0 10) :upcase) "::A"))
  (assert (address-equal-p "/tmp/x" "/tmp/x" :local))
  (assert (= (str (ensure-address "x" :family :local :abstract True)) "@x"))
  (assert (= (list (map lookup-service ["http" :smtp])) [#(80 "http" :tcp) #(25 "smtp" :tcp)])))

(defn test-multiple-values []
  (assert (= (multiple-value-bind [address others name names] (lookup-hostname "localhost")
               [(str address) others name (len names)])
             ["127.0.0.1" #() "localhost" 1]))
  (assert (= (handler-case (lookup-service "nonesuch" :any)
               (unknown-service [e] (unknown-service-datum e)))
             "nonesuch")))

(defn test-addresses-as-they-stand []
  (assert (= #ip 10.0.0.1 (ensure-address "10.0.0.1")))
  (assert (= #ip ::1 #ip "::1" #ip 0:0:0:0:0:0:0:1 +ipv6-loopback+))
  (assert (= (. #ip fe80::1%eth0 zone) "eth0"))
  (assert (= [#ip 127.1] [+ipv4-loopback+]))
  (assert (= (str #ip ::ffff:10.0.0.1) "::ffff:10.0.0.1"))
  (assert (is #ip 10.0.0.1 #ip 10.0.0.1)))

(defn test-networks-as-they-stand []
  (assert (= #net 10.0.0.0/8 (ipv4-network "10.0.0.0/8")))
  (assert (= #net 2001:db8::/32 #net "2001:db8::/32" (ipv6-network "2001:db8::/32")))
  (assert (in #ip 10.1.2.3 #net 10.0.0.0/255.0.0.0))
  (assert (inet-address-in-network-p #ip 10.1.2.3 #net 10.0.0.0/8)))

(defn read-with-literals [text]
  (hy.eval (hy.read-many (+ "(require hy-iolib * :readers [ip net])" text))
           :module (types.ModuleType "reading")))

(defn [(pytest.mark.parametrize #("text" "message")
         [#("#ip 10.0.0.256" "its part '256' is over 255")
          #("#ip localhost" "'localhost' is not a decimal number")
          #("#ip 10.0.0.0/8" "ip literals are as #ip 10.0.0.1")
          #("#net 10.0.0.0" "net literals are as #net 10.0.0.0/8")
          #("#net 10.0.0.0/33" "'33', after the /")
          #("#ip" "its part '' is empty")
          #("#ip 5.5.5.5.5" "more than four parts")
          #("#ip (foo)" "its part '' is empty")
          #("#ip \"unfinished" "Premature end")])]
  test-mistakes-are-the-compilers [text message]
  (with [e (pytest.raises Exception :match message)]
    (read-with-literals text))
  (assert (isinstance e.value hy.errors.HySyntaxError)))

(defn test-the-text-is-a-constant-of-the-bytecode [tmp-path run]
  (setv file (/ tmp-path "literal.hy"))
  (.write-text file (+ "(require hy-iolib :readers [ip net])"
                       "(defn f [] [#ip 10.20.30.40 #net 10.0.0.0/8])"))
  (setv code (compile (hy.compiler.hy-compile (hy.read-many (.read-text file)) "__main__") "x" "exec")
        constants (.join " " (map str (gfor c code.co-consts :if (hasattr c "co_consts") c.co-consts))))
  (assert (in "10.20.30.40" constants))
  (assert (in "10.0.0.0/8" constants))
  (marshal.dumps code)
  (.write-text file (+ (.read-text file) "(print (repr (f)))"))
  (assert (in "[#/ip/10.20.30.40, #/net/10.0.0.0/8]"
              (. (run sys.executable "-c" (+ "import sys, hy; sys.path.insert(0, sys.argv[1]); "
                                             "import literal")
                      tmp-path)
                 stdout))))

(defn test-only-the-readers []
  "Without any macro, and under `hy.I` without import."
  (setv module (types.ModuleType "only"))
  (assert (= (str (hy.eval (hy.read-many "(require hy-iolib :readers *) #ip 10.0.0.1") :module module))
             "10.0.0.1")))

(defn test-quoted-it-is-a-form []
  (assert (isinstance '#ip 10.0.0.1 hy.models.Expression)))
