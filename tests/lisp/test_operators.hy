(require hy-iolib.lisp.operators [defoperator])
(import pytest)

(defoperator look [service #^ keyword [protocol "tcp"] * [eof None] #^ keyword [mode None]]
  "What it was called with."
  [service protocol eof mode])

(defn test-literals-become-constants []
  (assert (= (look "http" :udp) ["http" "udp" None None]))
  (assert (is (type (get (look "http" :udp) 1)) str))
  (assert (= (look "http" :protocol :udp) ["http" "udp" None None]))
  (assert (= (look "http" :mode :fast :protocol :udp) ["http" "udp" None "fast"])))

(defn test-other-places-keep-the-keyword []
  ;; A user's keyword comes back as it came.
  (setv result (look :http :udp :eof :end))
  (assert (= result [':http "udp" ':end None]))
  (assert (is (type (get result 0)) hy.models.Keyword))
  (assert (is (type (get result 2)) hy.models.Keyword)))

(defn test-all-else-is-left-alone []
  (setv protocol "sctp")
  (assert (= (look "http" protocol) ["http" "sctp" None None]))
  (assert (= (look "http" ':udp) ["http" ':udp None None]))
  (assert (= (look #* ["http" "udp"]) ["http" "udp" None None]))
  (assert (= (look #* ["http"] :mode :fast) ["http" "tcp" None "fast"]))
  (assert (= (look "http" #** {"mode" 1}) ["http" "tcp" None 1])))

(defn test-the-name-is-the-function-elsewhere []
  (assert (= (list (map look ["a" "b"])) [["a" "tcp" None None] ["b" "tcp" None None]]))
  (assert (= look.__doc__ "What it was called with.")))

(defn test-heads-as-the-caller-wrote-them []
  (require hy-iolib :as lib)
  (import hy-iolib :as lib)
  (with [s (lib.make-socket :type :stream)]
    (assert (lib.socket-open-p s)))
  (with [s (hy.R.hy-iolib.make-socket :type :stream)]
    (assert (lib.socket-open-p s)))
  ;; A local function of the name is what gets called.
  (defn other [look]
    (look "x" :udp))
  (assert (= (other (fn [#* all] all)) #("x" "udp"))))

(defn test-keywords-in-a-wrong-place-say-what-to-require []
  (with [(pytest.raises TypeError :match r"look: .*'udp'.*\(require hy-iolib \[look\]\)")]
    ((do look) "http" :udp 10))
  (defoperator needs [x #^ keyword mode] "It." [x mode])
  (assert (= (needs 1 :fast) [1 "fast"]))
  (with [(pytest.raises TypeError :match "require")] ((do needs) 1 :fast 5))
  (with [(pytest.raises TypeError :match "needs: mode is missing")] (needs 1)))

(defn test-a-value-that-is-missing []
  (with [e (pytest.raises hy.errors.HySyntaxError)]
    (hy.eval '(do (require hy-iolib [make-socket]) (import hy-iolib [make-socket])
                  (make-socket :type))))
  (assert (in "needs a value" (str e.value))))

(defn test-a-definition-without-docstring []
  (with [(pytest.raises hy.errors.HyMacroExpansionError :match "docstring")]
    (hy.eval '(do (require hy-iolib.lisp.operators [defoperator])
                  (defoperator f [x] x)))))
