"Characters: strings of length one that know that they are characters, one object each."

(export :objects [character] :macros [])

(defclass character [str]
  "A Common Lisp character: a str of length 1, one object for each, so that `is` compares them."
  (setv __slots__ #())

  (defn __new__ [cls text]
    (get characters text))

  (defn __repr__ [self]
    (import hy-iolib.cl.printer [repr-of])
    (repr-of self))

  (defn __copy__ [self] self)
  (defn __deepcopy__ [self memo] self)
  (defn __reduce__ [self]
    #(character #((str.__str__ self)))))

(defclass Characters [dict]
  (defn __missing__ [self text]
    (when (or (not (isinstance text str)) (!= (len text) 1))
      (raise (TypeError f"{text !r} is no character: a string of length 1 is one")))
    (setv text (str.__str__ text))
    ;; Two threads may get here: the first object counts.
    (.setdefault self text (str.__new__ character text))))

;; Text of length 1 -> its character: `(get characters "a")`.
(setv characters (Characters))
