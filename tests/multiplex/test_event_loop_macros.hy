"The event loop as a porter of Common Lisp writes it."

(require hy-iolib *)
(import hy-iolib *)
(import pytest)

(defn test-handlers-as-in-cl [pair-of]
  (setv [a b] (pair-of) seen [])
  (with-event-base (base :exit-when-empty True)
    (set-io-handler base (socket-os-fd b) :read
                    (fn [fd event exception]
                      (.append seen [event exception (read-line b)])
                      (remove-fd-handlers base fd :read True))
                    :timeout 5)
    (assert (fd-monitored-p base b :read))
    (assert (not (fd-monitored-p base b :write)))
    (write-line "hello" a)
    (finish-output a)
    (event-dispatch base :timeout 5)
    (assert (= seen [[:read None "hello"]]))
    (assert (is (remove-fd-handlers base (socket-os-fd b)) False))))

(defn test-time-outs-are-keywords [pair-of]
  (setv [a b] (pair-of) seen [])
  (with-event-base [base]
    (set-io-handler base b :read (fn [fd event exception]
                                   (when (= exception :timeout)
                                     (.append seen event)
                                     (exit-event-loop base)))
                    :timeout 0.01)
    (event-dispatch base :timeout 5))
  (assert (= seen [:read])))

(defn test-wait-until-fd-ready-as-a-test [pair-of]
  (setv [a b] (pair-of))
  (assert (is None (when (wait-until-fd-ready (socket-os-fd b) :input 0.01) "ready")))
  (assert (= "ready" (when (wait-until-fd-ready (socket-os-fd b) :output 5) "ready")))
  (send-to a b"x")
  (multiple-value-bind (readable writable) (wait-until-fd-ready b :io 5)
    (assert (and (is readable True) (is writable True))))
  (assert (fd-ready-p b :input))
  (assert (= [True True] (list (map fd-ready-p [b b] [:input "output"])))))

(defn test-poll-timeout-when-asked [pair-of]
  (setv [a b] (pair-of))
  (assert (= :input
             (handler-case (wait-until-fd-ready b :input 0.01 True)
               (poll-timeout [e] (poll-timeout-event-type e))))))

(defn test-a-base-in-a-special-variable []
  (defspecial *event-base* None)
  (special-let [*event-base* (event-base :mux (poll-multiplexer))]
    (add-timer *event-base*.value (fn [] (exit-event-loop *event-base*.value :delay 0.01)) 0.01 :one-shot True)
    (event-dispatch *event-base*.value :timeout 5 :max-step 1)
    (close *event-base*.value)))

(defn test-usage-errors []
  (for [form ['(with-event-base base 1) '(with-event-base [] 1) '(with-event-base ["base"] 1)]]
    (with [_ (pytest.raises Exception :match "with-event-base")]
      (hy.eval `(do (require hy-iolib [with-event-base]) ~form)))))

(defn test-the-base-is-closed-on-every-way-out []
  (setv kept [])
  (with [_ (pytest.raises KeyError)]
    (with-event-base [base]
      (.append kept base)
      (raise KeyError)))
  (assert (in "closed" (repr (get kept 0)))))

(defn test-handlers-see-conditions-before-the-stack-unwinds [pair-of]
  (setv [a b] (pair-of) seen [])
  (with-event-base [base]
    (set-io-handler base b :read (fn [fd event exception]
                                   (receive-from b :size 1)
                                   (receive-from b :size 1 :dont-wait True)
                                   (.append seen "went on")
                                   (exit-event-loop base)))
    (send-to a b"x")
    (handler-bind ((ewouldblock (fn [c] (invoke-restart 'ignore-syscall-error))))
      (event-dispatch base :timeout 5)))
  (assert (= seen ["went on"])))
