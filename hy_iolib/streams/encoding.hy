"From characters to octets."

(import codecs)
(import _multibytecodec [MultibyteIncrementalEncoder])

(export :objects [] :macros [])

(defn simple-encoder [codec errors newline]
  "The function from text to octets, where each character's octets depend on nothing else."
  (cond
    (!= newline "\n") (fn [text] (.encode (.replace text "\n" newline) codec errors))
    (= #(codec errors) #("utf-8" "strict")) str.encode
    True (fn [text] (.encode text codec errors))))

;; Encodings that write a mark once.
(setv MARKED #("utf-8-sig" "utf-16" "utf-32"))

(defn stateful? [codec]
  "Do a character's octets depend on what came before, in CODEC?"
  (or (in codec MARKED)
      (issubclass (codecs.getincrementalencoder codec) MultibyteIncrementalEncoder)))

(defclass incremental-encoder []
  "For encodings in which it matters what came before: a byte-order mark that comes once, escape
  sequences, characters that join. One for each stream."
  (setv __slots__ #("encoder" "newline" "shifts" "state_sent"))

  (defn __init__ [self codec errors newline]
    (setv self.encoder ((codecs.getincrementalencoder codec) errors)
          self.newline newline
          self.shifts (isinstance self.encoder MultibyteIncrementalEncoder)
          ;; The state when all output was sent.
          self.state-sent (.getstate self.encoder)))

  (defn encode [self text]
    ;; Of an empty text, a mark would be written.
    (when (not text)
      (return b""))
    (setv state (.getstate self.encoder))
    (try
      (.encode self.encoder (if (= self.newline "\n") text (.replace text "\n" self.newline)))
      (except [UnicodeEncodeError]
        (.setstate self.encoder state)
        (raise))))

  (defn finish [self]
    "What is held back until the next character is known, and the sequence that ends a shift."
    (if self.shifts
        (.encode self.encoder "" True)
        b""))

  (defn sent [self]
    "What was encoded is sent."
    (setv self.state-sent (.getstate self.encoder)))

  (defn rewind [self]
    "What was encoded since then is dropped."
    (.setstate self.encoder self.state-sent)))
