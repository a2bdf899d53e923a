"Checks of arguments: each gives back the canonical value, or signals a `type-error` that names the
argument, what was given and what is accepted."

(import hy-iolib.lisp.conditions [type-error])
(import hy-iolib.lisp.handlers [signal-error])
(import hy-iolib.lisp.keywords [keyword keyword-name])

(export :objects [] :macros [])

(defn refuse [argument datum expected]
  (signal-error type-error :argument argument :datum datum :expected-type expected))

(defn check-one-of [argument datum names]
  "The canonical name of DATUM, a keyword designator, which is one of NAMES."
  (setv name (keyword-name datum))
  (if (in name names)
      name
      (refuse argument datum (+ "one of " (.join ", " (gfor n names (+ ":" n)))))))

(defn check-integer [argument datum low high]
  (if (and (isinstance datum int) (not (isinstance datum bool)) (<= low datum high))
      datum
      (refuse argument datum f"an integer from {low} to {high}")))

(defn octets-of [argument datum]
  "DATUM, bytes-like or a sequence of octets, as a memoryview of octets."
  (try
    (if (isinstance datum #(list tuple))
        (memoryview (bytes datum))
        (.cast (memoryview datum) "B"))
    (except [[TypeError ValueError BufferError]]
      (refuse argument datum "bytes-like and contiguous, or a sequence of integers from 0 to 255"))))

(defn writable-view [argument datum]
  "A memoryview of octets through which DATUM is filled; of a list, of octets that replace its
  elements then."
  (try
    (setv view (if (isinstance datum list)
                   (memoryview (bytearray (len datum)))
                   (.cast (memoryview datum) "B")))
    (except [[TypeError ValueError BufferError]]
      (setv view None)))
  (if (or (is view None) view.readonly)
      (refuse argument datum "a contiguous mutable sequence of octets: a bytearray, a memoryview, a list")
      view))

(defn check-range [start end size]
  "START and END, by default SIZE, of a part of what has SIZE elements."
  (setv end (if (is end None) size (check-integer "end" end 0 size)))
  [(check-integer "start" start 0 end) end])

(defn check-string [argument datum]
  (if (isinstance datum str) (str datum) (refuse argument datum "a string")))

(defn seconds? [datum]
  (or (is datum None)
      (and (isinstance datum #(int float)) (not (isinstance datum bool)) (>= datum 0))))

(defn check-seconds [argument datum]
  "DATUM, None or a number of seconds that is not negative."
  (if (seconds? datum)
      datum
      (refuse argument datum "a number of seconds, not negative, or None")))

(defn check-keywords [operator given accepted]
  "Refuse keyword arguments, the keys of the dict GIVEN, that are not among the names ACCEPTED; say
  which of those may be meant."
  (for [name given]
    ;; What is accepted has no names that mangle in another way.
    (when (not-in (.replace name "_" "-") accepted)
      (setv name (hy.unmangle name))
      (import difflib)
      (setv near (difflib.get-close-matches name accepted 1 0.5))
      (refuse f"keyword argument of {operator}"
              (keyword name)
              (+ "one of " (.join ", " (gfor n accepted (+ ":" n)))
                 (if near f"; did you mean :{(get near 0)}?" ""))))))
