(require hy-iolib *)
(import asyncio copy threading)
(import pytest)
(import hy-iolib *)

(defspecial *depth* 1 "How deep.")
(defspecial *name* "outer")

(defn in-thread [f]
  (setv out [])
  (doto-thread (fn [] (.append out (f))))
  (get out 0))

(defn doto-thread [f]
  (setv thread (threading.Thread :target f))
  (.start thread)
  (.join thread))

(defn test-value-and-binding []
  (assert (= *depth*.value 1))
  (special-let [*depth* 2]
    (assert (= *depth*.value 2))
    (special-let [*depth* 3]
      (assert (= *depth*.value 3)))
    (assert (= *depth*.value 2)))
  (assert (= *depth*.value 1)))

(defn test-python-face []
  (with [_ (.let *depth* 5)]
    (assert (= *depth*.value 5))
    (setv *depth*.value 6)
    (assert (= *depth*.value 6)))
  (assert (= *depth*.value 1)))

(defn test-setf []
  (assert (= (setf *depth* 10) 10))
  (assert (= *depth*.value 10))
  (assert (= (in-thread (fn [] *depth*.value)) 10))
  (setf *depth* 1)
  ;; Inside of a binding, it is the binding that is set.
  (special-let [*depth* 2]
    (setf *depth* 3)
    (assert (= *depth*.value 3)))
  (assert (= *depth*.value 1))
  (with [(pytest.raises TypeError :match "no special variable")]
    (setv *not-special* 3)
    (setf *not-special* 4)))

(defn test-bindings-in-all-forms []
  (special-let ((*depth* 7) [*name* "inner"])
    (assert (= [*depth*.value *name*.value] [7 "inner"])))
  (special-let [*depth* 7 *name* *depth*.value]
    ;; Computed before anything is bound.
    (assert (= *name*.value 1)))
  (assert (is (special-let [*depth* 7]) None)))

(defn test-unbound-again-after-an-error []
  (try
    (special-let [*depth* 2] (raise (ValueError)))
    (except [ValueError]))
  (assert (= *depth*.value 1)))

(defn test-threads-see-the-global-value-only []
  (special-let [*depth* 2]
    (assert (= (in-thread (fn [] *depth*.value)) 1))
    (doto-thread (fn [] (special-let [*depth* 9] None)))
    (assert (= *depth*.value 2))))

(defn test-tasks-inherit-and-do-not-leak []
  (defn :async child []
    (assert (= *depth*.value 2))
    (setf *depth* 50)
    (await (asyncio.sleep 0))
    (assert (= *depth*.value 50)))
  (defn :async parent []
    (special-let [*depth* 2]
      (setv task (asyncio.create-task (child)))
      (await (asyncio.sleep 0))
      (await (asyncio.sleep 0))
      (assert (= *depth*.value 2))
      (await task)))
  (asyncio.run (parent)))

(defn test-truth-is-the-value-s-and-other-use-is-a-mistake []
  (special-let [*depth* 0] (assert (not *depth*)))
  (assert *depth*)
  (for [misuse [(fn [] (= *depth* 1)) (fn [] (< *depth* 1)) (fn [] (list *depth*))
                (fn [] (in 1 *depth*)) (fn [] (get *depth* 0))]]
    (with [(pytest.raises TypeError :match "use .value")]
      (misuse)))
  (assert (in "1" (repr *depth*)))
  (assert (is (copy.copy *depth*) *depth*))
  (assert (= *depth*.__doc__ "How deep.")))

(defn test-a-second-definition-keeps-the-value []
  (setv before *depth*)
  (setv (get (globals) "x") 1)
  (hy.eval '(defspecial *depth* 99) (globals) :macros None)
  (assert (is before *depth*))
  (assert (= *depth*.value 1)))

(defn test-a-plain-variable-is-not-bound []
  (setv plain 1)
  (with [(pytest.raises TypeError :match "no special variable")]
    (special-let [plain 2] plain)))

(defspecial *bound-by-macros* 1)

(defn seen [] *bound-by-macros*.value)

(defn test-macros-bind-specials []
  "As in Common Lisp, the name says so."
  (multiple-value-bind (*bound-by-macros* other) (values 2 3)
    (assert (= [(seen) other] [2 3])))
  (with-open-socket (*bound-by-macros* :connect :passive :local-host +ipv4-loopback+)
    (setv server (seen))
    (assert (isinstance server socket-stream-internet-passive))
    (with-accept-connection (*bound-by-macros* server :wait False)
      (assert (is (seen) None))))
  (with-event-base (*bound-by-macros*)
    (assert (isinstance (seen) event-base)))
  (with-open-stream (*bound-by-macros* (make-socket))
    (assert (socket-open-p (seen))))
  (assert (= (seen) 1))
  (assert (not (socket-open-p server))))
