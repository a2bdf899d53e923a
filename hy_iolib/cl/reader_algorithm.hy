"The reader where a program has changed the syntax, and `read-delimited-list`: character by
character, as the standard describes it. What tokens and macro characters mean, reader.hy says."

(import hy-iolib.cl.characters [characters])
(import hy-iolib.cl.conses [cons lisp-list])
(import hy-iolib.cl.definitions [functions])
(import hy-iolib.cl.reader :as reader)
(import hy-iolib.cl.reader
  [DOT END Incomplete KEYWORD Names NOTHING Placeholder SKIP-NEXT SUPPRESSED WRAPPERS bits
   character-called close-vector closing-dotted closing-vector-of labelled literal malformed
   names-now reading-of under-way unescaped uninterned wrappers-behind-sharp wrapping-array
   wrapping-rational])
(import hy-iolib.cl.readtables [*readtable* MACRO standard-macro])
(import hy-iolib.cl.string-streams [string-input-stream])
(import hy-iolib.lisp.multiple-values [primary-value values])

(export :objects [] :macros [])

;; A closing parenthesis.
(setv CLOSE (object))

(defclass Reading []
  "Reads from STREAM. NAMES says what tokens mean; LABELS and LEVEL, of backquotes, are those
  around; NOTE is told where lists are."
  (setv __slots__ #("stream" "names" "labels" "level" "note" "take" "untake"))

  (defn __init__ [self stream [outer None] [note None]]
    (setv self.stream stream
          self.names (names-now)
          self.labels (if outer outer.labels {})
          self.level (if outer outer.level 0)
          self.note note)
    (if (isinstance stream string-input-stream)
        (setv self.take stream.take
              self.untake stream.untake)
        (setv self.take (fn [] ((get functions "read-char") stream None None))
              self.untake (fn [c] ((get functions "unread-char") c stream)))))

  (defn need [self]
    (setv c (self.take))
    (when (is c None)
      (raise (Incomplete "end of file")))
    c)

  (defn object [self [names None]]
    "The next object, which must be there."
    (setv before self.names)
    (when (is-not names None)
      (setv self.names names))
    (try
      (setv x (.item self))
      (finally
        (setv self.names before)))
    (cond
      (is x END) (raise (Incomplete "end of file"))
      (is x DOT) (malformed "dot context error")
      (is x CLOSE) (malformed "unmatched close parenthesis")
      True x))

  (defn item [self]
    "The next object, or DOT, CLOSE or END."
    (while True
      (setv c (self.take))
      (when (is c None)
        (return END))
      (setv x (.piece self c))
      (when (is-not x NOTHING)
        (return x))))

  (defn piece [self c]
    "What begins with the character C: an object, DOT, CLOSE, or NOTHING."
    (setv table *readtable*.value
          kind (.kind-of table c))
    (cond
      (= kind "whitespace") NOTHING
      (not-in kind MACRO) (.token self c)
      True (do
        (setv f (.macro table c))
        (if (isinstance f standard-macro)
            (.standard self f.character c)
            (.call self f c)))))

  (defn call [self f #* arguments]
    (with [_ (.let under-way self)]
      (setv x (f self.stream #* (gfor a arguments (if (isinstance a str) (get characters a) a)))))
    (if (and (isinstance x values) (not (len x)))
        NOTHING
        (primary-value x)))

  ;; ---- Tokens

  (defn text-of-token [self c [escaped False]]
    "The token that begins with C, which is ESCAPED or not; escaped characters have a backslash."
    (setv text [] table *readtable*.value bars False)
    (while True
      (setv kind (if escaped "constituent" (.kind-of table c)))
      (cond
        escaped (.append text (+ "\\" c))
        (= kind "single-escape") (.append text (+ "\\" (.need self)))
        (= kind "multiple-escape")
          (do
            ;; Something must say that there was an escape.
            (.append text "||")
            (setv bars (not bars)))
        bars (.append text (+ "\\" c))
        (in kind #("whitespace" "terminating"))
          (do
            (self.untake c)
            (break))
        (in c "\\|") (.append text (+ "\\" c))
        True (.append text c))
      (setv escaped False
            c (if bars (.need self) (self.take)))
      (when (is c None)
        (break)))
    (.join "" text))

  (defn token [self c]
    (setv text (.text-of-token self c))
    (if (or (in "\\" text) (in "|" text))
        (.escaped self.names text)
        (get self.names text)))

  (defn rest-of-token [self]
    "The text of the token that follows at once; empty if none does."
    (setv c (self.take))
    (if (is c None) "" (.text-of-token self c)))

  ;; ---- The standard's macro characters

  (defn standard [self character c]
    "What the standard's macro CHARACTER reads, that C has the meaning of."
    (cond
      (= character "(") (.list self)
      (= character ")") (if (= c ")") CLOSE (malformed "unmatched close parenthesis"))
      (= character "\"") (.string self c)
      (= character ";") (.line self)
      (= character "#") (.dispatched self c)
      True (.prefixed self character)))

  (defn list [self [closing None]]
    (setv items []
          ;; Only of text it is known, and asked for.
          start (getattr self.stream "index" 0))
    (while True
      (setv x (.item self))
      (cond
        (is x CLOSE)
          (do
            (setv x (if closing (closing items) (lisp-list items)))
            (when (and self.note (is x.__class__ cons))
              (self.note x (- start 1) self.stream.index))
            (return (if (is self.names SUPPRESSED) None x)))
        (is x END) (raise (Incomplete "end of file in a list"))
        (is x DOT)
          (cond
            closing (malformed "dot context error")
            (not items) (malformed "Nothing appears before . in list.")
            True (setv closing (closing-dotted (len items))))
        True (.append items x))))

  (defn string [self end]
    (setv text [] table *readtable*.value)
    (while True
      (setv c (.need self))
      (cond
        (= c end) (return (.join "" text))
        (= (.kind-of table c) "single-escape") (.append text (str (.need self)))
        True (.append text (str c)))))

  (defn line [self]
    (while (not-in (self.take) #("\n" None)))
    NOTHING)

  (defn prefixed [self character]
    (setv comma (= character ","))
    (when (and comma (= self.level 0))
      (if (is self.names SUPPRESSED)
          ;; To be skipped, it stands for itself.
          (return None)
          (malformed "Comma not inside a backquote.")))
    (when comma
      (setv c (self.take))
      (cond
        (is c None) None
        (in c "@.") (setv character (+ "," c))
        True (self.untake c)))
    (setv [wrap change] (get WRAPPERS character)
          self.level (+ self.level change))
    (try
      (wrap (.object self))
      (finally
        (-= self.level change))))

  (defn dispatched [self first]
    (setv digits "" c (.need self))
    (while (in c "0123456789")
      (setv digits (+ digits c)
            c (.need self)))
    (setv n (if digits (reader.whole digits) None)
          f (.get (. *readtable* value dispatch) #(first (.upper c)))
          suppressed (is self.names SUPPRESSED))
    (cond
      f (.call self f c n)
      (!= first "#") (malformed f"no dispatch function defined for {first}{c}")
      True (do
        (setv x (.sharp self (.lower c) n suppressed))
        (if (or (is x NOTHING) (not suppressed)) x None))))

  (defn sharp [self c n suppressed]
    (cond
      (= c "(") (.list self (cond
                              suppressed (fn [items] None)
                              (is n None) close-vector
                              True (closing-vector-of n)))
      (= c "\\")
        (do
          (setv name (.text-of-token self (.need self) True))
          (when (not suppressed) (character-called (unescaped name))))
      (= c ":")
        (do
          (setv name (.rest-of-token self))
          (when (not suppressed) (uninterned name self.names.case)))
      (in c "+-")
        (do
          (when (is ((if (= c "+") reader.wrap-feature reader.wrap-not-feature)
                      (.object self (Names KEYWORD 10 (. *readtable* value case))))
                    SKIP-NEXT)
            (.object self SUPPRESSED))
          NOTHING)
      (= c "|")
        (do
          (.comment self)
          NOTHING)
      (in c "xbor")
        (do
          (setv base (reader.base-of c n))
          (if suppressed
              (.object self)
              ;; Macro functions, too, are to read in that base.
              (with [_ (.let reader.*read-base* base)]
                ((wrapping-rational c base)
                  (.object self (Names self.names.package base self.names.case))))))
      (= c "*")
        (do
          (setv digits (.rest-of-token self))
          (when (not suppressed) (bits digits n)))
      (and (= c "=") (is-not n None) suppressed) (.object self)
      (and (= c "=") (is-not n None))
        (do
          (setv placeholder (Placeholder)
                (get self.labels n) placeholder)
          ((labelled self.labels n placeholder) (.object self)))
      (and (= c "#") (is-not n None)) (if suppressed None (reader.label-of self.labels n))
      (and (= c "a") (is-not n None)) ((if suppressed nothing-of (wrapping-array n)) (.object self))
      (= c "/")
        (do
          (setv [name _ text] (.partition (.rest-of-token self) "/"))
          (when (not suppressed) (literal name text)))
      (in c wrappers-behind-sharp)
        ((if suppressed nothing-of (get wrappers-behind-sharp c)) (.object self))
      True (reader.no-dispatch c)))

  (defn comment [self]
    (setv depth 1 before "")
    (while depth
      (setv c (.need self)
            edge (+ before c))
      (cond
        (= edge "|#") (setv depth (- depth 1) c "")
        (= edge "#|") (setv depth (+ depth 1) c ""))
      (setv before c))))

(defn nothing-of [x] None)

;; ---- For the reader and for programs

(defn reading [stream]
  "A Reading of STREAM: within the one that goes on there, if a program's macro function asks."
  (Reading stream (reading-of stream)))

(defn whole-item [r]
  "The next object that the Reading R gives, or END."
  (setv x (.item r))
  (cond
    (is x CLOSE) (malformed "unmatched close parenthesis")
    (is x DOT) (malformed "dot context error")
    True x))

(defn read-item [stream]
  "The next object on STREAM, or END. Raises Malformed."
  (whole-item (reading stream)))

(defn read-until [end stream]
  "A list of the objects on STREAM before the character END, which is taken, too."
  (setv r (reading stream) items [])
  (while True
    (setv c (.need r))
    (when (= c end)
      (return items))
    (setv x (.piece r c))
    (cond
      (is x NOTHING) None
      (is x CLOSE) (malformed "unmatched close parenthesis")
      (is x DOT) (malformed "dot context error")
      True (.append items x))))

(defn read-standard [character stream]
  "What a program gets that calls the function of the standard's macro CHARACTER."
  (called (fn [r] (.standard r character character)) stream))

(defn read-dispatched [char stream]
  (called (fn [r] (.dispatched r char)) stream))

(defn called [f stream]
  (setv x (reader.in-words (fn [] (f (reading stream))) stream))
  (cond
    (is x NOTHING) (values)
    (is x CLOSE) (reader.in-words (fn [] (malformed "unmatched close parenthesis")) stream)
    True x))
