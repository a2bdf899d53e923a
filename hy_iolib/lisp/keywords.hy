"Keywords for both languages: `:stream` in Hy is `\"stream\"` in Python, and ours is both."

(import hy)

(export :objects [keyword] :macros [])

(defclass KeywordText [str]
  "The string that a keyword is. `hy.repr` prints an unknown model as its first base class prints."
  (defn __repr__ [self]
    (+ ":" (str.__str__ self))))

(defclass keyword [KeywordText hy.models.Keyword]
  "A keyword that is equal to the string and to the Hy keyword of its name, with their hash. NAME is a
  string or a keyword; `TypeError` of another.

  => (setv k (keyword \"stream\"))
  => [(= k :stream) (= k \"stream\") (isinstance k str) k.name]
  [True True True \"stream\"]
  => k
  :stream

  >>> hy_iolib.keyword(\"stream\"), hy_iolib.keyword(\"stream\") == \"stream\"
  (:stream, True)

  What this library knows is interned (`intern-keyword`), what strangers send is not.
  Equality is not transitive: don't mix strings and Hy keywords as keys of one dict.

  Source: hy_iolib's own."

  ;; str comes first, and no __eq__ or __hash__: str's C code defers to Hy's for its keywords.
  (defn __new__ [cls name]
    (setv text (if (isinstance name hy.models.Keyword) name.name name))
    (when (not (isinstance text str))
      (raise (TypeError f"{name !r} names no keyword: a string or a keyword does")))
    (or (.get interned (str text)) (str.__new__ cls text)))

  ;; Hy's would check the syntax again: 3 µs for nothing.
  (defn __init__ [self name])

  (setv name (property str.__str__))

  (defn __reduce__ [self]
    #(keyword #((str.__str__ self)))))

(setv interned {})

(defn intern-keyword [name]
  "The keyword called NAME, one object for ever. For names that the library itself knows."
  (setv k (or (.get interned name) (keyword name)))
  (.setdefault interned name k))

(defn keyword-name [designator]
  "The canonical name, a plain lower-case string with hyphens, of a string or any keyword; None
  for anything else."
  (cond
    (isinstance designator str) (.replace (.lower (str designator)) "_" "-")
    (isinstance designator hy.models.Keyword) (.replace (.lower designator.name) "_" "-")
    True None))

(defclass LiteralKeywords [dict]
  "Hy's own keywords by name. A literal keyword is a constructor call at each evaluation (2.4 µs),
  so expansions look it up here; what a user gets back is the plain Hy keyword that they wrote."
  (defn __missing__ [self name]
    (setv k (hy.models.Keyword name :from-parser True))
    (setv (get self name) k)
    k))

(setv literal-keywords (LiteralKeywords))

;; A keyword of ours in a macro's expansion is the literal that it equals.
(setv (get hy.models._wrappers keyword)
      (fn [k] (hy.models.Keyword k.name :from-parser True)))
