(require hy-iolib *)
(import copy pickle)
(import hy-iolib *)
(import hy-iolib.lisp.keywords [intern-keyword keyword-name literal-keywords])

(setv ours (keyword "stream"))

(defn test-equal-and-hash-equal-to-both []
  (assert (= ours "stream"))
  (assert (= "stream" ours))
  (assert (= ours ':stream))
  (assert (= ':stream ours))
  (assert (not (!= ours ':stream)))
  (assert (!= ours ':datagram))
  (assert (!= ours "datagram"))
  (assert (= (hash ours) (hash "stream") (hash ':stream)))
  (assert (in ours {"stream" 1}))
  (assert (in ours {':stream 1}))
  (assert (in "stream" {ours 1}))
  (assert (in ':stream {ours 1})))

(defn test-is-a-string-and-a-hy-keyword []
  (assert (isinstance ours str))
  (assert (isinstance ours hy.models.Keyword))
  (assert (= ours.name "stream"))
  (assert (is (type ours.name) str))
  (assert (is (type (.upper ours)) str))
  (assert (= (repr ours) ":stream"))
  (assert (= (hy.repr [ours]) "[:stream]"))
  (assert (= (str ours) "stream"))
  (assert (= f"{ours}" "stream"))
  (assert ours)
  ;; As Hy's keywords it looks itself up.
  (assert (= (ours {"stream" 5}) 5)))

(defn test-known-ones-are-one-object-and-others-are-not-kept []
  (assert (is (intern-keyword "stream") (intern-keyword "stream")))
  (assert (is (keyword "stream") (intern-keyword "stream")))
  (assert (is-not (keyword "a stranger's") (keyword "a stranger's"))))

(defn test-pickle-copy-and-models []
  (for [k [ours (keyword "not-known")]]
    (for [twin [(pickle.loads (pickle.dumps k)) (copy.copy k) (copy.deepcopy k)]]
      (assert (= twin k))
      (assert (is (type twin) keyword))))
  ;; In a macro's expansion it is the literal that it equals.
  (assert (= (hy.eval `(do ~ours)) ':stream)))

(defn test-designators []
  (for [designator ["tcp-nodelay" "TCP-NoDelay" "tcp_nodelay" ':tcp-nodelay ':TCP-NODELAY
                    (keyword "tcp-nodelay")]]
    (assert (= (keyword-name designator) "tcp-nodelay"))
    (assert (is (type (keyword-name designator)) str)))
  (assert (is (keyword-name 5) None)))

(defn test-literals-are-hy-keywords []
  (assert (is (type (get literal-keywords "eof")) hy.models.Keyword))
  (assert (is (get literal-keywords "eof") (get literal-keywords "eof"))))

(defn test-made-of-a-keyword-and-of-nonsense []
  (import pytest)
  (assert (= (keyword ':stream) ours))
  (assert (= (repr (keyword ':stream)) ":stream"))
  (for [nonsense [None 5 b"x"]]
    (with [(pytest.raises TypeError)] (keyword nonsense))))
