(require hy-iolib *)
(import asyncio threading)
(import pytest)
(import hy-iolib)
(import hy-iolib *)
(import hy-iolib.lisp.handlers [handlers])

(defclass ping [condition])
(defclass loud-ping [ping])
(defclass trouble [error])

;; ---- handler-case

(defn test-first-clause-that-fits []
  (defn tell [form]
    (handler-case (form)
      (loud-ping [] "loud")
      (ping [c] (. (type c) __name__))
      ((or KeyError IndexError) [e] "look-up")
      ([ZeroDivisionError OverflowError] [] "arithmetic")))
  (assert (= (tell (fn [] (signal loud-ping))) "loud"))
  (assert (= (tell (fn [] (signal ping))) "ping"))
  (assert (= (tell (fn [] (signal (ping)))) "ping"))
  (assert (= (tell (fn [] (get {} 1))) "look-up"))
  (assert (= (tell (fn [] (/ 1 0))) "arithmetic"))
  (assert (= (tell (fn [] 5)) 5))
  (with [(pytest.raises ValueError)]
    (tell (fn [] (int "x")))))

(defn test-error-covers-python-s-exceptions []
  (assert (= (handler-case (int "x") (error [e] "error")) "error"))
  (assert (= (handler-case (int "x") (serious-condition [e] "serious")) "serious"))
  (assert (= (handler-case (int "x") (condition [e] "condition")) "condition"))
  (with [(pytest.raises KeyboardInterrupt)]
    (handler-case (raise KeyboardInterrupt) (error [] 1)))
  ;; A condition that is no error goes by, to whom it was signalled for.
  (assert (= (handler-case (handler-case (signal ping) (error [] "wrong")) (ping [] "right"))
             "right")))

(defn test-no-error []
  (assert (= (handler-case (values 1 2) (error [] 0) (:no-error (a b c) [a b c])) [1 2 None]))
  (assert (= (handler-case 1 (:no-error [x] (+ x 1))) 2))
  (assert (= (handler-case (int "x") (ValueError [] 0) (:no-error [x] x)) 0))
  ;; What it signals is not handled by the clauses beside it.
  (with [(pytest.raises ValueError)]
    (handler-case 1 (ValueError [] 0) (:no-error [x] (int "x")))))

(defn test-clause-variable-is-new-and-lasts []
  (setv e "outer")
  (setv later (handler-case (int "x") (ValueError [e] (fn [] (str e)))))
  (assert (= e "outer"))
  (assert (in "invalid literal" (later))))

(defn test-return-yield-and-await []
  (defn early [] (handler-case (return 1) (error [] 2)) 3)
  (assert (= (early) 1))
  (defn from-clause [] (handler-case (int "x") (error [] (return 2))) 3)
  (assert (= (from-clause) 2))
  (defn each [] (handler-case (do (yield 1) (int "x")) (ValueError [] (yield 2))))
  (assert (= (list (each)) [1 2]))
  (defn :async waits [] (handler-case (await (asyncio.sleep 0 :result 5)) (error [] 0)))
  (assert (= (asyncio.run (waits)) 5)))

(defn test-usage-is-checked-when-expanding []
  (for [form ['(handler-case 1 (ValueError))
              '(handler-case 1 (ValueError [a b] 1))
              '(handler-case 1 ValueError)
              '(handler-bind [ValueError] 1)
              '(handler-bind ValueError 1)]]
    (with [(pytest.raises hy.errors.HyMacroExpansionError)]
      (hy.eval `(do (require hy-iolib *) ~form))))
  (with [(pytest.raises TypeError :match "no condition")]
    (handler-case 1 (5 [] 2))))

;; ---- handler-bind

(defn test-handlers-run-before-unwinding-and-may-decline []
  (setv order [])
  (defn note [what] (fn [c] (.append order what)))
  (handler-bind [ping (note "outer")]
    (handler-bind ((loud-ping (note "loud")) (ping (note "inner 1")) (ping (note "inner 2")))
      (try
        (signal ping)
        (.append order "went on")
        (signal loud-ping)
        (finally (.append order "unwound")))))
  (assert (= order ["inner 1" "inner 2" "outer" "went on" "loud" "inner 1" "inner 2" "outer"
                    "unwound"])))

(defn test-error-is-raised-once-all-declined []
  (setv seen [])
  (with [(pytest.raises trouble)]
    (handler-bind [error (fn [e] (.append seen 1))]
      (handler-bind [trouble (fn [e] (.append seen 2))]
        (error 'trouble))))
  ;; And not asked again while it unwinds.
  (assert (= seen [2 1])))

(defn test-outer-handlers-do-not-see-what-an-inner-handler-case-catches []
  (setv seen [])
  (handler-bind [error (fn [e] (.append seen e))]
    (assert (= (handler-case (error "x") (error [] "caught")) "caught"))
    (assert (= seen []))
    ;; Not caught there: seen.
    (handler-case (handler-case (error 'trouble) (ValueError [] 0)) (trouble [] 1))
    (assert (= seen [])))
  (handler-case
    (handler-bind [error (fn [e] (.append seen e))]
      (handler-case (error 'trouble) (ValueError [] 0)))
    (trouble [] 1))
  (assert (= (len seen) 1)))

(defn test-inside-a-handler-only-the-outer-handlers-are-in-force []
  (setv seen [])
  (handler-bind [ping (fn [c] (.append seen "outer"))]
    (handler-bind [ping (fn [c] (.append seen "inner") (signal ping))]
      (signal ping)))
  (assert (= seen ["inner" "outer" "outer"]))
  (with [(pytest.raises ValueError)]
    (handler-bind [trouble (fn [e] (raise (ValueError)))]
      (error 'trouble)))
  (assert (is (.get handlers) None)))

(defn test-what-python-raises-is-seen-on-its-way-out []
  (setv seen [])
  (with [(pytest.raises ValueError)]
    (handler-bind [error (fn [e] (.append seen "outer"))]
      (handler-bind [ValueError (fn [e] (.append seen "inner"))]
        (int "x"))))
  (assert (= seen ["inner" "outer"]))
  ;; Raised anew by a clause, it is seen by those outside of that.
  (setv seen [])
  (with [(pytest.raises trouble)]
    (handler-bind [trouble (fn [e] (.append seen e))]
      (handler-case (error 'trouble) (trouble [e] (raise e)))))
  (assert (= (len seen) 1)))

(defn test-signal-with-nobody-there []
  (assert (is (signal ping) None))
  (assert (is (signal "to ~A" "nobody") None)))

(defn test-designators []
  (assert (= (handler-case (error "~A is ~S" :it "x") (simple-error [e] (str e))) "IT is \"x\""))
  (assert (= (handler-case (signal "c ~D" 5) (simple-condition [c] (str c))) "c 5"))
  (assert (= (handler-case (error type-error :datum 5 :expected-type "a string")
               (type-error [e] (str e)))
             "5 is not a string"))
  (assert (= (handler-case (error 'type-error :datum 5 :expected-type int) (TypeError [e] (str e)))
             "5 is not of type int"))
  (assert (= (handler-case (error (KeyError "k")) (KeyError [e] e.args)) #("k")))
  (assert (= (handler-case (error error) (simple-error [e] "made one")) "made one"))
  (with [(pytest.raises TypeError :match "no condition")] (error 5))
  (with [(pytest.raises TypeError :match "takes no arguments")] (error (KeyError "k") 5))
  ;; A quoted class is a symbol for a function, which knows no variables of its caller.
  (with [(pytest.raises TypeError :match "require")]
    (hy-iolib.lisp.handlers.signal-error 'trouble)))

(defn test-error-as-a-function-and-as-a-class []
  (setv raise-it error)
  (with [(pytest.raises simple-error :match "number 5")] (raise-it "number ~A" 5))
  (with [(pytest.raises trouble)] (raise-it trouble))
  (with [(pytest.raises error)] (raise (trouble "x"))))

(defn test-ignoring []
  (assert (is (ignore-errors (int "x")) None))
  (assert (= (ignore-errors 1 2) 2))
  (assert (is (ignore-errors (error "x")) None))
  (with [(pytest.raises KeyboardInterrupt)] (ignore-errors (raise KeyboardInterrupt)))
  (assert (is (ignore-some-conditions (ValueError ping) (signal ping) 5) None))
  (assert (is (ignore-some-conditions [ValueError] (int "x")) None))
  (assert (= (ignore-some-conditions (ping) 5) 5))
  (with [(pytest.raises KeyError)] (ignore-some-conditions (ValueError) (get {} 1))))

;; ---- Threads and tasks

(defn test-threads-have-their-own-handlers []
  (setv seen [])
  (handler-bind [ping (fn [c] (.append seen c))]
    (setv thread (threading.Thread :target (fn [] (signal ping))))
    (.start thread)
    (.join thread))
  (assert (= seen [])))

(defn test-a-thread-that-inherits-the-context-does-not-inherit-handlers []
  (import contextvars)
  (setv seen [])
  (handler-bind [ping (fn [c] (.append seen c))]
    ;; As free-threaded builds of CPython start threads.
    (setv context (contextvars.copy-context)
          thread (threading.Thread :target (fn [] (.run context (fn [] (signal ping))))))
    (.start thread)
    (.join thread))
  (assert (= seen [])))

(defn test-tasks-do-not-leak-into-each-other []
  (setv seen [])
  (defn :async binds [name]
    (handler-bind [ping (fn [c] (.append seen name))]
      (await (asyncio.sleep 0))
      (signal ping)
      (await (asyncio.sleep 0))))
  (defn :async signals []
    (for [_ (range 4)]
      (signal ping)
      (await (asyncio.sleep 0))))
  (defn :async all []
    (await (asyncio.gather (binds "a") (binds "b") (signals))))
  (asyncio.run (all))
  (assert (= (sorted seen) ["a" "b"])))

;; ---- Who is asked, once more

(defn test-a-handler-is-not-asked-about-its-own-errors []
  (setv log [])
  (defn wrapping [n] (fn [c] (.append log n) (error "~A<~A" n c)))
  (defn raising [n] (fn [c] (.append log n) (raise (ValueError f"{n}<{c}"))))
  (for [[wrap #* _] [[wrapping] [raising]]]
    (.clear log)
    (with [e (pytest.raises Exception)]
      (handler-bind [error (wrap 1)]
        (handler-bind [error (wrap 2)]
          (handler-bind [error (wrap 3)]
            (error "x")))))
    (assert (= (str e.value) "1<2<3<x"))
    (assert (= log [3 2 1])))
  (.clear log)
  (with [(pytest.raises simple-error)]
    (handler-bind [error (fn [e] (.append log 1) (error e))] (error "x")))
  (assert (= log [1])))

(defn test-a-condition-that-is-raised-again-elsewhere-is-seen-there []
  (setv log []
        e (handler-case (handler-bind [KeyError print] (error "x")) (error [e] e)))
  (ignore-errors (handler-bind [error (fn [c] (.append log 1))] (raise e)))
  (assert (= log [1]))
  (ignore-errors (handler-bind [error (fn [c] (.append log 2))] (error e)))
  (assert (= log [1 2])))

(defn test-what-a-task-inherited-ends-with-its-form []
  (setv log [])
  (defn :async child [] (await (asyncio.sleep 0)) (signal ping) (find-restart 'skip))
  (defn :async main []
    (setv task (handler-case (asyncio.create-task (child)) (condition [c] "caught")))
    (assert (is (await task) None))
    (setv task (handler-bind [ping log.append] (asyncio.create-task (child))))
    (await task)
    (assert (= log []))
    ;; While the form lasts, its handlers are the child's, too; its marks and restarts never.
    (handler-bind [ping (fn [c] (.append log "seen"))]
      (handler-case
        (restart-case (assert (is (await (asyncio.create-task (child))) None))
          (skip [] (assert False)))
        (ping [] (assert False))))
    (assert (= log ["seen"])))
  (asyncio.run (main)))

(defn test-classes-of-conditions-as-designators []
  (assert (= (handler-case (signal 'error) (error [e] "error")) "error"))
  (assert (= (handler-case (signal 'serious-condition) (serious-condition [] "serious")) "serious"))
  (assert (= (handler-case (signal 'condition) (error [] 1) (condition [] "condition")) "condition"))
  (assert (= (handler-case (error "plain ~%") (error [e] (repr e))) "simple_error('plain \\n')"))
  (with [(pytest.raises simple-error)] (raise error)))

(defn test-a-mistake-in-a-message-does-not-cost-it []
  (assert (= (str (simple-error :format-control "see ~/x" :format-arguments [1])) "see ~/x 1"))
  (assert (= (str (simple-error "python's way")) "python's way"))
  (assert (= (str (type-error "python's way")) "python's way"))
  (assert (= (str (simple-condition)) ""))
  (defspecial *odd* 5)
  (assert (in "5" (handler-case (error "bad ~A" *odd*) (error [e] (str e)))))
  (assert (= (handler-case (error "one ~
                                   two") (error [e] (str e))) "one two")))

(defn test-handlers-in-use-are-not-used-again []
  (setv h ((do handler-bind) ping print))
  (with [_ h]
    (with [(pytest.raises RuntimeError :match "in use")]
      (.__enter__ h)))
  (with [_ h] None)
  (defspecial *twice* 1)
  (setv b (.let *twice* 2))
  (with [_ b]
    (with [(pytest.raises RuntimeError :match "in force")]
      (.__enter__ b)))
  (assert (= *twice*.value 1)))

(defn test-bindings-of-lists-of-classes []
  (setv log [])
  (defn note [n] (fn [e] (.append log n)))
  (ignore-errors (handler-bind [[KeyError ValueError] (note 1)] (int "x")))
  (ignore-errors (handler-bind [(or KeyError ValueError) (note 2)] (int "x")))
  (ignore-errors (handler-bind (((or KeyError ValueError) (note 3))) (int "x")))
  (ignore-errors (handler-bind [[ValueError (note 4)] [KeyError (note 5)]] (int "x")))
  (assert (= log [1 2 3 4])))

(defn test-without-clauses []
  (assert (= (handler-case 5) 5))
  (assert (= (ignore-some-conditions () 5) 5))
  (assert (= (ignore-some-conditions ((or KeyError condition)) (int "x")) None)))

(defn test-no-cycle-keeps-what-an-error-saw []
  (import gc weakref)
  (defclass Thing [])
  (defn fails [thing] (error "x"))
  (gc.disable)
  (try
    (setv thing (Thing) alive (weakref.ref thing))
    (try (fails thing) (except [simple-error]))
    (del thing)
    (assert (is (alive) None))
    (finally (gc.enable))))

(defn test-notes-travel []
  (import pickle sys)
  (when (>= sys.version-info #(3 11))
    (setv e (trouble "x"))
    (.add-note e "n")
    (assert (= (. (pickle.loads (pickle.dumps e)) __notes__) ["n"]))))

(defn test-a-function-of-the-macro-s-name []
  (defn error [] "mine")
  (assert (= (error) "mine")))
