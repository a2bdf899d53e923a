(require hy-iolib *)
(import io)
(import pytest)
(import hy-iolib *)

(defn test-close-is-generic []
  (setv text (io.StringIO) s (make-socket))
  (assert (is (close text) True))
  (assert text.closed)
  (assert (is (close s) True))
  (assert (is (close s :abort True) True))
  (defclass Door [] (defn shut [self] (setv self.open False)))
  (.register close Door (fn [door * [abort False]] (.shut door) True))
  (setv door (Door))
  (close door)
  (assert (not door.open))
  (for [x [None 5 "text"]]
    (with [(pytest.raises TypeError :match "close")] (close x))))

(defn test-unwind-protect []
  (setv order [])
  (assert (= (unwind-protect (do (.append order 1) "value") (.append order 2) (.append order 3))
             "value"))
  (with [(pytest.raises ValueError)]
    (unwind-protect (int "x") (.append order 4)))
  (restart-case (unwind-protect (invoke-restart 'out) (.append order 5)) (out [] None))
  (defn early [] (unwind-protect (return 1) (.append order 6)) 2)
  (assert (= (early) 1))
  (assert (= order [1 2 3 4 5 6]))
  (assert (= (unwind-protect 7) 7)))
