"Streams as they are written in Hy, and as Common Lisp writes them."

(require hy-iolib *)
(import hy-iolib *)
(import pytest)

(defn [pytest.fixture] pair []
  (setv [a b] (make-socket-pair))
  (with [a a b b] (yield [a b])))

(defn test-keywords-where-common-lisp-has-them [pair]
  (setv [a b] pair)
  (.close a)
  (assert (= (read-line b None :eof) :eof))
  (assert (= (read-char b None :eof) :eof))
  (assert (= (read-char-no-hang b None :eof) :eof))
  (assert (= (peek-char None b None :eof) :eof))
  (assert (= (read-byte b None :eof) :eof))
  (assert (= (read-line b :eof-error-p None :eof-value :done) :done))
  (assert (= (format None "~A ~S" :active :active) "ACTIVE :ACTIVE")))

(defn test-setf [pair]
  (setv [a b] pair)
  (for [s pair]
    (setf (external-format-of s) '(:latin-1 :eol-style :crlf)))
  (write-line "é" a)
  (finish-output a)
  (setv octets (bytearray 3))
  (assert (= 3 (read-sequence octets b :start 0 :end 3)))
  (assert (= octets b"\xe9\r\n"))
  (setf (external-format-of b) :utf-8)
  (assert (= (external-format-of b) (external-format :utf-8)))
  (setf (max-line-length b) 3)
  (write-line "long" a)
  (finish-output a)
  (assert (= "too long" (handler-case (read-line b) (line-too-long [e] "too long"))))
  (with [_ (pytest.raises type-error :match "max-line-length")]
    (setf (max-line-length b) 0)))

(defn test-external-formats []
  (for [[designator printed] [[:utf-16le "(external-format :utf-16-le :eol-style :lf)"]
                              ["Latin1" "(external-format :latin-1 :eol-style :lf)"]
                              [:ebcdic-us "(external-format :cp037 :eol-style :lf)"]
                              ['(:utf-8 :eol-style :cr :replacement "?")
                               "(external-format :utf-8 :eol-style :cr :replacement \"?\")"]
                              ['(:shift-jis :errors :strict)
                               "(external-format :shift-jis :eol-style :lf :errors :strict)"]]]
    (with-open-socket [s :external-format designator]
      (assert (= (repr (external-format-of s)) printed))
      (assert (= (hy.eval `(do (require hy-iolib *) (import hy-iolib *) ~(hy.read printed))
                          :module (hy.I.types.ModuleType "m"))
                 (external-format-of s)))))
  (for [designator [:utf-9 "" "base64" "rot13" "zlib" "idna" "punycode" "undefined" 5 '() '(:utf-8 :eol-style)
                    '(:utf-8 :eol-style :nel) '(:utf-8 :eol :lf) '(:utf-8 :errors :never)
                    '(:utf-8 :replacement 5) '(:utf-8 :replacement "\n") '(:utf-8 :replacement "?" :errors :strict)
                    "utf-8\0" "../x" (* "x" 100000)]]
    (with [_ (pytest.raises type-error)]
      (make-socket-pair :external-format designator))))

(defn test-with-open-stream [pair]
  (setv [a b] pair)
  (with-open-stream (s a)
    (format s "~A~%" "sent"))
  (assert (not (open-stream-p a)))
  (assert (= (read-line b) "sent"))
  (with [_ (pytest.raises hy.errors.HyMacroExpansionError :match "with-open-stream")]
    (hy.eval '(with-open-stream a b))))

(defn test-standard-output [capsys]
  (write-line "one")
  (format True "~&~A~%" "two")
  (terpri)
  (assert (= (. (.readouterr capsys) out) "one\ntwo\n\n")))
