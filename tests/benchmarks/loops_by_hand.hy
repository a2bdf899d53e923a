"The loops of loops.lisp in plain Hy, on Python's own lists, dicts and strings."

(import io [StringIO])
(import hy-iolib.lisp.specials [special])

(defn count-up [n]
  (setv sum 0)
  (for [i (range n)]
    (when (= (% i 2) 0) (+= sum (* i 2))))
  sum)

(defn fibonacci [n]
  (if (< n 2) n (+ (fibonacci (- n 1)) (fibonacci (- n 2)))))

(defn sum-vector [v]
  (setv sum 0)
  (for [i (range (len v))] (+= sum (get v i)))
  sum)

(defn sum-list [l]
  (setv sum 0)
  (for [x l] (+= sum x))
  sum)

(defn collect-evens [l]
  (setv result [])
  (for [x l]
    (when (= (% x 2) 0) (.append result (* x x))))
  result)

(defn count-characters [s c]
  (setv count 0)
  (for [x s] (when (= x c) (+= count 1)))
  count)

(defn tally [words table]
  (.clear table)
  (for [w words] (setv (get table w) (+ (.get table w 0) 1)))
  (len table))

(defn checksum [octets]
  (setv a 1 b 0)
  (for [o octets]
    (setv a (% (+ a o) 65521)
          b (% (+ b a) 65521)))
  (| (<< b 16) a))

(defn fill-buffer [buffer]
  (for [i (range (len buffer))]
    (setv (get buffer i) (& i 255)))
  buffer)

(defn join-words [words]
  (setv out (StringIO) last (- (len words) 1))
  (for [[i w] (enumerate words)]
    (.write out w)
    (when (< i last) (.write out ",")))
  (.getvalue out))

(defn sort-records [records]
  (sorted records :key (fn [r] (get r 0))))

(defn find-record [records name]
  (for [r records]
    (when (= (get r 1) name) (return r))))

(defn call-closures [n]
  (setv count 0)
  (defn f [x]
    (nonlocal count)
    (+= count x)
    count)
  (for [i (range n)] (f 1))
  count)

(defn scan [s]
  (setv state "out" count 0 i 0 end (len s))
  (while (< i end)
    (setv c (get s i))
    (cond
      (= state "out") (when (!= c " ") (+= count 1) (setv state "in"))
      (= state "in") (when (= c " ") (setv state "out")))
    (+= i 1))
  count)

(defn reverse-by-hand [l]
  (setv l (list l) result [])
  (while l (.append result (.pop l)))
  result)

(defclass item []
  (defn __init__ [self [weight 0] [name None]]
    (setv self.weight weight self.name name)))

(defn sum-slots [items]
  (setv sum 0)
  (for [x items] (+= sum x.weight))
  sum)

(setv *counter* (special "*counter*" 0))

(defn special-counter [n]
  (setv *counter*.value 0)
  (for [_ (range n)] (+= *counter*.value 1))
  *counter*.value)
