"From characters to octets."

(import codecs)
(import _multibytecodec [MultibyteIncrementalEncoder])

(export :objects [] :macros [])

(defclass stepping-encoder []
  "For encodings in which it matters what came before: a byte-order mark that comes once, escape
  sequences, characters that join. One for each stream."
  (setv __slots__ #("incremental" "newline" "shifts" "state_sent"))

  (defn __init__ [self codec errors newline]
    (setv self.incremental ((codecs.getincrementalencoder codec) errors)
          self.newline newline
          ;; The state when all output was sent.
          self.state-sent (.getstate self.incremental)
          self.shifts (isinstance self.incremental MultibyteIncrementalEncoder)))

  (defn encode [self text]
    (if text
        (do
          (setv state (.getstate self.incremental))
          (try
            (.encode self.incremental
                     (if (= self.newline "\n") text (.replace text "\n" self.newline)))
            (except [UnicodeEncodeError]
              (.setstate self.incremental state)
              (raise))))
        b""))

  (defn finish [self]
    "What is held back until the next character is known, and the sequence that ends a shift."
    (if self.shifts
        (.encode self.incremental "" True)
        b""))

  (defn sent [self]
    "What was encoded is sent."
    (setv self.state-sent (.getstate self.incremental)))

  (defn rewind [self]
    "What was encoded since then is dropped."
    (.setstate self.incremental self.state-sent)))

(defn simple-encoder [codec errors newline]
  "The function from text to octets, where each character's octets depend on nothing else."
  (cond
    (!= newline "\n") (fn [text] (.encode (.replace text "\n" newline) codec errors))
    (= #(codec errors) #("utf-8" "strict")) str.encode
    True (fn [text] (.encode text codec errors))))

(setv MARKED #("utf-8-sig" "utf-16" "utf-32"))

(defn depends-on-the-past? [codec]
  (or (in codec MARKED)
      (issubclass (codecs.getincrementalencoder codec) MultibyteIncrementalEncoder)))
