"The system's databases of names, text files such as /etc/services: a line an entry, words, comments from #."

(import os)

(export :objects [] :macros [])

(defclass database []
  "The file PATH as a table, which INDEX makes of its entries, lists of words. It is read once, and again
  when the file has changed; where there is none, BUILT-IN, a text of the same form, stands for it."
  (defn __init__ [self path built-in index]
    (setv self.path path
          self.built-in built-in
          self.index index
          ;; A pair, since threads look at it while one of them reads.
          self.loaded #("nothing yet" None)))

  (defn table [self]
    (try
      (setv status (os.stat self.path)
            stamp #(status.st-ctime-ns status.st-size status.st-ino))
      (except [OSError]
        (setv stamp None)))
    (setv [known table] self.loaded)
    (if (= stamp known) table (.load self stamp)))

  (defn load [self stamp]
    (try
      (with [file (open self.path :encoding "utf-8" :errors "replace")]
        (setv text (.read file)))
      (except [OSError]
        (setv text self.built-in)))
    (setv table (self.index (lfor line (.splitlines text)
                                  :setv words (.split (get (.partition line "#") 0))
                                  :if words
                                  words))
          self.loaded #(stamp table))
    table))
