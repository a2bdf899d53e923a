(import pytest)
(import hy-iolib [values])
(import hy-iolib.lisp.formatting [format-control])

(defn test-how-things-print []
  (for [[x aesthetic standard] [["a\"b" "a\"b" "\"a\\\"b\""]
                                [':tcp "TCP" ":TCP"]
                                [None "NIL" "NIL"] [True "T" "T"] [False "NIL" "NIL"] [[] "NIL" "NIL"]
                                [#(1 "x") "#(1 \"x\")" "#(1 \"x\")"]
                                [[1 2] "(1 2)" "(1 2)"]
                                [(values "a" 2) "a" "\"a\""]
                                [1.5 "1.5" "1.5"] ['symbol "SYMBOL" "SYMBOL"]]]
    (assert (= (format-control "~A" x) aesthetic))
    (assert (= (format-control "~s" x) standard))))

(defn test-directives []
  (assert (= (format-control "~D~~~%~a." 5 "b") "5~\nb."))
  (assert (= (format-control "~&a~&~&b~%~&c") "a\nb\nc"))
  (assert (= (format-control "plain") "plain")))

(defn test-mistakes-are-pointed-at []
  (for [[control why] [["a ~Q" "'~Q' at position 2"] ["~A ~A" "position 3"] ["~5D" "parameters"]
                       ["end ~" "'~' at position 4"]]]
    (with [(pytest.raises ValueError :match why)] (format-control control 1))))
