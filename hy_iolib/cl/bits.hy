"Bit vectors as wholes: bit-and and its like, a row each."

(eval-when-compile (require hy-iolib.cl.definitions [defcl]))
(import hy-iolib.cl.calling [fail])
(import hy-iolib.cl.conses [nil?])
(import hy-iolib.cl.symbols [cl-symbol])
(import hy-iolib.cl.vectors [bit-vector])
(import hy-iolib.lisp.conditions [type-error])
(import hy-iolib.lisp.handlers [signal-error])

(export :objects [] :macros [])

(setv BIT-VECTOR (cl-symbol "bit-vector"))

(defn bits [x]
  (if (isinstance x bit-vector)
      x
      (signal-error type-error :datum x :expected-type BIT-VECTOR)))

(defn result-of [items a opt]
  "A bit vector of ITEMS: a new one, or A if OPT is t, or OPT."
  (cond
    (nil? opt) (bit-vector items)
    True (do
           (setv result (if (is opt True) a (bits opt)))
           (when (!= (len result) (len items))
             (fail "~S and ~S don't have the same dimensions." a opt))
           (setv (cut result) items)
           result)))

(defmacro defbits [#* rows]
  "Each row is a name and an expression over the bits x and y."
  `(do ~@(gfor [name expression] rows
               `(defcl ~name [a b [opt None]]
                  (when (!= (len (bits a)) (len (bits b)))
                    (fail "~S and ~S don't have the same dimensions." a b))
                  (result-of (lfor [x y] (zip a b) ~expression) a opt)))))

(defbits
  [bit-and   (& x y)]
  [bit-ior   (| x y)]
  [bit-xor   (^ x y)]
  [bit-eqv   (- 1 (^ x y))]
  [bit-nand  (- 1 (& x y))]
  [bit-nor   (- 1 (| x y))]
  [bit-andc1 (& (- 1 x) y)]
  [bit-andc2 (& x (- 1 y))]
  [bit-orc1  (| (- 1 x) y)]
  [bit-orc2  (| x (- 1 y))])

(defcl bit-not [a [opt None]]
  "The bit vector whose bits are not those of A."
  (result-of (lfor x (bits a) (- 1 x)) a opt))
