"The system's databases of names, text files such as /etc/services: a line an entry, words, comments
from #."

(import hy)
(import os [fsencode stat])
(import time [monotonic])
(import hy-iolib.lisp.checking [check-integer refuse])
(import hy-iolib.lisp.keywords [keyword-name])
(import hy-iolib.lisp.multiple-values [primary-value])

(export :objects [] :macros [])

;; Seconds for which a look at the file holds: it costs four times what the rest of a lookup does,
;; so of many in a row not each takes one. Less than a file can be replaced in, and than its times
;; can tell.
(setv HOLDS 2e-6)

(defn database [path built-in index]
  "A function that returns the file PATH as a table, which INDEX makes of its entries, lists of
  words. The file is read once, and again when it has changed; where there is none, BUILT-IN, a text
  of the same form, stands for it."
  ;; Until when this holds, what the file was then, the table: one tuple, since threads look at it
  ;; while one of them makes another.
  (setv loaded #(0 "not yet looked at" None)
        path (fsencode path))

  (defn look [version table]
    "The table of the file as it is now; it was TABLE in that VERSION."
    (nonlocal loaded)
    (try
      (setv status (stat path)
            now #(status.st-ctime-ns status.st-size status.st-ino))
      (when (!= now version)
        (with [file (open path :encoding "utf-8" :errors "replace")]
          (setv table (index (entries (.read file))))))
      (except [[FileNotFoundError NotADirectoryError IsADirectoryError PermissionError]]
        (setv now None)
        (when (is-not version None)
          (setv table (index (entries built-in)))))
      ;; No descriptor is left, say: that will pass.
      (except [OSError]
        (return (if (is table None) (index (entries built-in)) table))))
    (setv loaded #((+ (monotonic) HOLDS) now table))
    table)

  (defn entries [text]
    (lfor line (.splitlines text)
          :setv words (.split (get (.partition line "#") 0))
          :if words
          words))

  (fn []
    (setv [until version table] loaded)
    (if (< (monotonic) until) table (look version table))))

(defn key-of [argument x number]
  "X, a name, a keyword or a number, also in digits, as it stands in a table; NUMBER is what that is
  called."
  (setv one (primary-value x))
  (cond
    (isinstance one hy.models.Keyword) (keyword-name one)
    (isinstance one str) (do
                           (setv name (str one))
                           (if (and (.isascii name) (.isdigit name) (<= (len name) 5))
                               (int name)
                               name))
    (isinstance one int) (check-integer argument one 0 65535)
    True (refuse argument x f"a {argument}: its name, {number}, also in digits, or a keyword")))
