(require hy-iolib *)
(import pytest)
(import hy-iolib)
(import hy-iolib *)

(defclass Box [] (setv content None))

(defn content [box [default None]] (or box.content default))
(defsetf content [box [default None]] [value] (setv box.content value))

(defn twice-size [box] (* 2 (len box.content)))
(defn set-twice-size [box size] (setv box.content (* [None] (// size 2))))
(defsetf twice-size set-twice-size)

(defn named [box name] (getattr box (str name)))
(defsetf named [box name] [value] (setattr box (getattr name "name" name) value))

(defn test-variables-items-and-attributes []
  (setv items [1 2 3] box (Box))
  (assert (= (setf x 1 y 2) 2))
  (assert (= [x y] [1 2]))
  (assert (= (setf (get items 0) 9) 9))
  (assert (= (setf (cut items 1 None) [8 7]) [8 7]))
  (assert (= items [9 8 7]))
  (setf box.content 5)
  (assert (= box.content 5))
  (setf (. box content) 6)
  (assert (= box.content 6))
  (setf x (setf y 4))
  (assert (= [x y] [4 4]))
  (assert (is (setf) None)))

(defn test-a-value-is-computed-once []
  (setv calls [] items [0 0])
  (defn value [] (.append calls 1) 5)
  (setf (get items 0) (value))
  (assert (= [items calls] [[5 0] [1]])))

(defn test-several-values []
  (setf (values a b c) (values 1 2))
  (assert (= [a b c] [1 2 None]))
  (assert (= (setf (values a b) (values 3 4)) 3))
  (defspecial *s* 1)
  (setv box (Box) items [0])
  (setf (values *s* (content box) (get items 0)) (values 5 6 7))
  (assert (= [*s*.value box.content items] [5 6 [7]])))

(defn test-defsetf-both-forms []
  (setv box (Box))
  (assert (= (setf (content box) "x") "x"))
  (assert (= box.content "x"))
  (assert (= (setf (twice-size box) 6) 6))
  (assert (= (len box.content) 3))
  (assert (= (setf (named box :colour) "red") "red"))
  (assert (= box.colour "red")))

(defn test-places-of-the-library []
  (with-open-socket [s]
    (assert (is (setf (fd-non-blocking s) True) True))
    (assert (is (fd-non-blocking s) True))
    (setf (socket-option s :tcp-nodelay) True (external-format-of s) '(:latin-1 :eol-style :crlf))
    (assert (socket-option s :tcp-nodelay))
    (assert (= (external-format-of s) (external-format "latin-1" :eol-style "crlf")))
    (setf (hy-iolib.fd-non-blocking s) False)
    (assert (not (fd-non-blocking s))))
  (setf hy-iolib.*ipv6* True)
  (assert hy-iolib.*ipv6*)
  (setf *ipv6* None))

(defn test-what-is-no-place []
  (defn f [x] x)
  (with [(pytest.raises TypeError :match r"\(f …\) is no place")] (setf (f 1) 2))
  (for [form ['(setf x) '(defsetf f) '(defsetf f [a] [b c] 1)]]
    (with [(pytest.raises hy.errors.HyMacroExpansionError)]
      (hy.eval `(do (require hy-iolib *) ~form)))))

(defn test-keywords-as-values []
  (setv table {} out [0])
  (defn entry [key] (get table key))
  (defsetf entry (fn [key value] (setv (get table key) value)))
  (defspecial *mode* None)
  (assert (= (setf (entry "a") :b (get out 0) :c *mode* :d) :d))
  (assert (= [(entry "a") out *mode*.value] [:b [:c] :d])))
