"Vectors and arrays. A vector is a `vector` (a list of Python's by behaviour), an octet vector is a
bytearray, a literal `#(…)` a tuple, a string that can be changed a `mutable-string`."

(export :objects [vector adjustable-vector octet-vector mutable-string lisp-array] :macros [])

(defclass vector [list]
  "A simple general vector. Unlike Python's own lists an empty one is not nil."
  (setv __slots__ #("__weakref__"))
  (setv __hash__ object.__hash__)
  (defn __repr__ [self]
    (import hy-iolib.cl.printer [repr-of])
    (repr-of self)))

(defclass adjustable-vector [vector]
  "A vector with a fill pointer, which is its length; SPARE are the elements behind that, the nearest
  one last, so that one more costs the same in a vector of any length."
  (setv __slots__ #("spare" "adjustable" "fill"))
  (defn __init__ [self items [spare #()] [adjustable True] [fill 0]]
    (list.__init__ self items)
    (setv self.spare (list spare) self.adjustable adjustable self.fill fill)))

(defclass octet-vector [bytearray]
  "Octets with a fill pointer, which is their number; SPARE are those behind it, backwards."
  (setv __slots__ #("spare" "adjustable" "__weakref__"))
  (defn __init__ [self items [spare b""] [adjustable True]]
    (bytearray.__init__ self items)
    (setv self.spare (bytearray spare) self.adjustable adjustable))
  (setv __hash__ object.__hash__))

(defclass mutable-string []
  "A string that can be changed: what `make-string` and `copy-seq` give. CHARACTERS is a list of
  strings of length 1. With a fill pointer SPARE is a list, backwards, else None."
  (setv __slots__ #("characters" "spare" "__weakref__"))

  (defn __init__ [self text [spare None]]
    (setv self.characters (list (if (isinstance text mutable-string) text.characters text))
          self.spare spare))

  (defn __str__ [self] (.join "" self.characters))
  (defn __len__ [self] (len self.characters))
  (defn __iter__ [self] (iter self.characters))
  (defn __bool__ [self] True)
  (defn __getitem__ [self i]
    (if (isinstance i slice)
        (.join "" (get self.characters i))
        (get self.characters i)))
  (defn __setitem__ [self i c]
    (setv (get self.characters i) c))
  (defn __contains__ [self x] (in x (str self)))
  (defn __eq__ [self other]
    (if (isinstance other #(str mutable-string))
        (= (str self) (str other))
        NotImplemented))
  (setv __hash__ object.__hash__)
  (defn __format__ [self spec] (format (str self) spec))
  (defn __repr__ [self] (repr (str self))))

(defclass lisp-array []
  "An array that is no vector: DIMENSIONS, a tuple, and the elements in row-major order, a vector."
  (setv __slots__ #("dimensions" "elements" "__weakref__"))
  (defn __init__ [self dimensions elements]
    (setv self.dimensions dimensions self.elements elements))
  (defn __repr__ [self]
    (import hy-iolib.cl.printer [repr-of])
    (repr-of self)))
