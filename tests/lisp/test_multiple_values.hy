(require hy-iolib *)
(import copy pickle)
(import hy-iolib *)
(eval-when-compile (require hy-iolib.lisp.multiple-values [defvalues]))

(defvalues point [x y label] "A point.")

(defn test-values []
  (assert (= (values 1 2) #(1 2)))
  (assert (= (hash (values 1 2)) (hash #(1 2))))
  (assert (= (values 5) 5))
  (assert (is (values None) None))
  (assert (= (values (values 1 2) (values 3 4)) #(1 3)))
  (assert (= (list (values)) []))
  (assert (not (values)))
  (assert (not (values None 1)))
  (assert (not (values False True)))
  (assert (values 1 None)))

(defn test-bind-pads-and-truncates []
  (assert (= (multiple-value-bind (a b c) (values 1 2) [a b c]) [1 2 None]))
  (assert (= (multiple-value-bind [a] (values 1 2) a) 1))
  (assert (= (multiple-value-bind (a b) 7 [a b]) [7 None]))
  ;; A plain tuple is a vector: one value.
  (assert (= (multiple-value-bind (a b) #(1 2) [a b]) [#(1 2) None]))
  (assert (= (multiple-value-bind () (values 1 2) "none wanted") "none wanted")))

(defn test-bind-makes-new-variables []
  (setv a "outer")
  (multiple-value-bind (a b) (values 1 2)
    (setv a (+ a b)))
  (assert (= a "outer")))

(defn test-bind-around-return-and-yield []
  (defn early [] (multiple-value-bind (a b) (values 1 2) (return b)) "late")
  (assert (= (early) 2))
  (defn each [] (multiple-value-bind (a b) (values 1 2) (yield a) (yield b)))
  (assert (= (list (each)) [1 2])))

(defn test-the-others []
  (assert (= (multiple-value-list (values 1 2)) [1 2]))
  (assert (= (multiple-value-list None) [None]))
  (assert (= (multiple-value-list #(1 2)) [#(1 2)]))
  (assert (= (nth-value 1 (values 1 2)) 2))
  (assert (is (nth-value 2 (values 1 2)) None))
  (assert (is (nth-value -1 (values 1 2)) None))
  (assert (= (nth-value 0 5) 5))
  (assert (= (multiple-value-call (fn [#* all] (sum all)) (values 1 2) 3 (values 4)) 10)))

(defn test-named []
  (setv p (point #(1 2 None)))
  (assert (= #(p.x p.y p.label) #(1 2 None)))
  (assert (isinstance p values))
  (assert (isinstance p tuple))
  (assert (= p #(1 2 None)))
  (assert (= p._fields #("x" "y" "label")))
  (assert (= (values p 5) #(1 5)))
  (for [twin [(pickle.loads (pickle.dumps p)) (copy.copy p)]]
    (assert (and (= twin p) (is (type twin) point))))
  (match p
    (point x y) (assert (= [x y] [1 2]))))
