(require hy-iolib *)
(import asyncio threading)
(import pytest)
(import hy-iolib)
(import hy-iolib *)
(import hy-iolib.lisp [control-error])

(defclass trouble [error])

(defn choosing [name #* arguments]
  (fn [e] (invoke-restart name #* arguments)))

(defn test-clauses-get-arguments-by-lambda-lists []
  (assert (= (restart-case (invoke-restart 'pair 1 :b 2) (pair [a [b 5] #* more] [a b more]))
             [1 2 #()]))
  (assert (= (restart-case (invoke-restart 'pair 1) (pair [a [b 5] #* more] [a b more])) [1 5 #()]))
  (assert (= (restart-case (invoke-restart 'all 1 2 :c 3) (all [#* a #** b] [a b]))
             [#(1 2) {"c" 3}]))
  (assert (= (restart-case (invoke-restart 'none) (none [] "none")) "none"))
  (assert (is (restart-case (invoke-restart 'none) (none [])) None))
  (with [(pytest.raises TypeError)]
    (restart-case (invoke-restart 'none 1) (none [] "none")))
  (assert (= (restart-case 5 (none [] "none")) 5)))

(defn test-a-handler-chooses-while-the-stack-stands []
  (setv order [])
  (defn deep []
    (try
      (restart-case (error 'trouble)
        (skip [] "skipped")
        (use-value [x] #("used" x)))
      (finally (.append order "unwound"))))
  (assert (= (handler-bind [trouble (choosing 'use-value 5)] (deep)) #("used" 5)))
  (assert (= (handler-bind [trouble (choosing "skip")] (deep)) "skipped"))
  (assert (= (handler-bind [trouble (fn [e] (.append order "asked") (invoke-restart 'skip))] (deep))
             "skipped"))
  (assert (= order ["unwound" "unwound" "asked" "unwound"])))

(defn test-the-innermost-of-a-name []
  (assert (= (restart-case
               (restart-case (invoke-restart 'go) (go [] "inner"))
               (go [] "outer"))
             "inner"))
  ;; In a clause its own restarts are gone.
  (assert (= (restart-case
               (restart-case (invoke-restart 'go) (go [] (invoke-restart 'go)))
               (go [] "outer"))
             "outer"))
  (assert (= (restart-case
               (restart-case (invoke-restart 'out 1) (go [] "inner"))
               (go [] "outer")
               (out [x] x))
             1)))

(defn test-find-restart-report-and-test []
  (assert (is (find-restart 'go) None))
  (restart-case
    (do
      (setv r (find-restart 'go))
      (assert (= r.name "go"))
      (assert (= (str r) "Go on."))
      (assert (is (find-restart r) r))
      (assert (is (find-restart "GO") r))
      (assert (is (find-restart 'picky (trouble)) None))
      (assert (= (str (find-restart 'picky (KeyError))) "picky")))
    (go [] :report "Go on." None)
    (picky [] :test (fn [c] (isinstance c KeyError)) None))
  ;; Its form is left, so it is on offer no more.
  (assert (is (find-restart r) None))
  (with [(pytest.raises control-error :match "go")] (invoke-restart r))
  (with [(pytest.raises control-error :match "nonsense")] (invoke-restart 'nonsense))
  (with [(pytest.raises TypeError)] (find-restart 5)))

(defn test-names-in-python-s-spelling []
  (assert (= (restart-case (invoke-restart "use_value" 1) (use-value [x] x)) 1)))

(defn test-no-except-of-python-s-stops-a-transfer []
  (assert (= (restart-case
               (try (invoke-restart 'go) (except [Exception] "stopped"))
               (go [] "went"))
             "went"))
  (assert (= (restart-case (ignore-errors (invoke-restart 'go)) (go [] "went")) "went")))

(defn test-errors-of-a-clause-have-no-transfer-as-context []
  (with [e (pytest.raises ValueError)]
    (restart-case (invoke-restart 'go) (go [] (int "x"))))
  (assert (is e.value.__context__ None)))

(defn test-with-simple-restart []
  (assert (is (with-simple-restart (skip "Skip ~A." "it") (invoke-restart 'skip)) None))
  (assert (= (with-simple-restart (skip "Skip.") 5) 5))
  (assert (= (with-simple-restart [skip "Skip ~A." "it"] (str (find-restart 'skip))) "Skip it."))
  (setv after [])
  (with [_ ((do with-simple-restart) "skip" "Skip.")]
    (invoke-restart "skip")
    (.append after "not here"))
  (assert (= after []))
  (with [(pytest.raises trouble)] (with-simple-restart (skip "Skip.") (error 'trouble))))

(defn test-return-yield-and-await []
  (defn early [] (restart-case (return 1) (go [] 2)) 3)
  (assert (= (early) 1))
  (defn from-clause [] (restart-case (invoke-restart 'go) (go [] (return 2))) 3)
  (assert (= (from-clause) 2))
  (defn each [] (restart-case (do (yield 1) (invoke-restart 'go 2)) (go [x] (yield x))))
  (assert (= (list (each)) [1 2]))
  (defn :async waits []
    (restart-case (do (await (asyncio.sleep 0)) (invoke-restart 'go)) (go [] (await (asyncio.sleep 0 5)))))
  (assert (= (asyncio.run (waits)) 5)))

(defn test-threads-see-only-their-own []
  (setv found [])
  (restart-case
    (do
      (setv thread (threading.Thread :target (fn [] (.append found (find-restart 'go)))))
      (.start thread)
      (.join thread))
    (go [] 1))
  (assert (= found [None])))

(defn test-tasks-do-not-leak-into-each-other []
  (defn :async offers [n]
    (restart-case
      (do
        (await (asyncio.sleep 0))
        (await (asyncio.sleep 0))
        (invoke-restart 'go n))
      (go [x] x)))
  (defn :async all []
    (await (asyncio.gather #* (map offers (range 5)))))
  (assert (= (asyncio.run (all)) [0 1 2 3 4])))

(defn test-usage-is-checked-when-expanding []
  (for [form ['(restart-case 1 (go))
              '(restart-case 1 go)
              '(restart-case 1 (go [] :colour "red" 1))
              '(with-simple-restart skip 1)
              '(with-simple-restart (skip) 1)]]
    (with [(pytest.raises hy.errors.HyMacroExpansionError)]
      (hy.eval `(do (require hy-iolib *) ~form)))))

(defn test-arguments-that-do-not-fit-name-the-restart []
  (with [(pytest.raises TypeError :match "restart use: missing 1 required")]
    (restart-case (invoke-restart 'use) (use [x] x)))
  (with [(pytest.raises hy.errors.HyMacroExpansionError :match "&optional is CL's")]
    (hy.eval '(do (require hy-iolib *) (restart-case 1 (use [&optional x] x))))))

(defn test-a-keyword-argument-called-name-and-keywords-as-names []
  (assert (= (restart-case (invoke-restart 'use :name 5) (use [name] name)) 5))
  (assert (= (restart-case (invoke-restart ':use) (:use [] 1)) 1)))

(defn test-a-report-that-is-a-function []
  (restart-case (assert (= (str (find-restart 'go)) "Going."))
    (go [] :report (fn [stream] (.write stream "Going.")) None)))
