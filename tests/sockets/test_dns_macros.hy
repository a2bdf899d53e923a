(require hy-iolib *)
(import threading)
(import socket :as python-socket)
(import dns.message dns.rrset)
(import pytest)
(import hy-iolib *)

(defn mx-of [query]
  (setv reply (dns.message.make-response query))
  (.append reply.answer (dns.rrset.from-text (. query question [0] name) 60 "IN" "MX"
                                             "5 mail.example.test."))
  reply)

(defn [pytest.fixture] server []
  "A name server that answers one query."
  (with [udp (python-socket.socket :type python-socket.SOCK-DGRAM)]
    (.bind udp #("127.0.0.1" 0))
    (.settimeout udp 20)
    (defn serve []
      (setv [octets client] (.recvfrom udp 65535))
      (.sendto udp (.to-wire (mx-of (dns.message.from-wire octets))) client))
    (setv thread (threading.Thread :target serve :daemon True))
    (.start thread)
    (yield (.getsockname udp))
    (.join thread 20)))

(defn test-literal-keywords [server]
  (setv [mx] (dns-query "example.test." :type :mx :nameservers server :decode True))
  (assert (= [mx.preference mx.exchange] [5 "mail.example.test"])))

(defn test-special-variables-and-readers [server]
  (special-let [*dns-nameservers* server]
    (setv message (dns-query "example" :type ':mx :search "test")))
  (assert (= (. (dns-message-decoded-flags message) rcode) :noerror))
  (setv [record] (dns-message-answer message))
  (assert (= [record.name record.type record.class_ record.ttl] ["example.test" :mx :in 60])))

(defn test-conditions [server]
  (assert (= (handler-case (dns-query "example.test." :nameservers server :decode True)
               (resolver-no-name-error [e] (resolver-error-datum e)))
             "example.test."))
  (setv seen [])
  (with [(pytest.raises type-error)]
    (handler-bind ((type-error (fn [e] (.append seen e.argument))))
      (dns-query "x" :type :axfr)))
  (assert (= seen ["type"])))

(defn test-the-function []
  (with [(pytest.raises resolver-no-name-error)]
    (list (map dns-query ["a..b"]))))
