(import signal)
(import pytest)
(import hy-iolib [keyword values])
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

(defn check [rows]
  (for [[control arguments expected] rows]
    (assert (= (format-control control #* arguments) expected) control)))

(defn test-directives []
  (check [["~D~~~%~a." [5 "b"] "5~\nb."]
          ["plain" [] "plain"]
          ["" [] ""]
          ["~a~A~s~S~d~D" ["a" "a" "a" "a" 1 2] "aa\"a\"\"a\"12"]
          ;; Superfluous arguments are no mistake.
          ["~A" [1 2 3] "1"]
          ["none" [1] "none"]]))

(defn test-fields []
  (check [["~5A|" ["abc"] "abc  |"]
          ["~5@A|" ["abc"] "  abc|"]
          ["~5S|~5s|~5a|" ["a" "b" "c"] "\"a\"  |\"b\"  |c    |"]
          ["~5@S|" ["a"] "  \"a\"|"]
          ["~+5A|" ["abc"] "abc  |"]
          ["~3A|" ["abc"] "abc|"]
          ["~2A|" ["abc"] "abc|"]
          ["~0A|" [""] "|"]
          ["~2A|" [""] "  |"]
          ;; Whole steps: 3 + 4 is the first that is 6 wide.
          ["~6,4A|" ["abc"] "abc    |"]
          ["~7,4A|" ["abc"] "abc    |"]
          ["~8,4A|" ["abc"] "abc        |"]
          ["~3,4A|" ["abc"] "abc|"]
          ["~7,4@S|" [':ab] "    :AB|"]
          ;; The least padding is there first, and what is missing then comes in steps.
          ["~,,2A|" ["abc"] "abc  |"]
          ["~5,,2A|" ["abc"] "abc  |"]
          ["~6,,2A|" ["abc"] "abc   |"]
          ["~6,5,2A|" ["abc"] "abc       |"]
          ["~2,5,1A|" ["abc"] "abc |"]
          ["~5,,,'*A|" ["abc"] "abc**|"]
          ["~5,,,'*@A|" ["abc"] "**abc|"]
          ["~,,3,'.@S|" [1] "...1|"]
          ;; A width of less than nothing is there, always.
          ["~-5A|" ["abc"] "abc|"]
          ["~3,,-1A|" ["abc"] "abc|"]
          ["~5,,-1A|" ["abc"] "abc  |"]
          ["~5,4,-1A|" ["abc"] "abc    |"]]))

(defn test-nil-as-a-list []
  (check [["~:A ~:S ~:a" [None False []] "() () ()"]
          ["~5:A|" [None] "()   |"]
          ["~5:@A|~5@:S|" [None None] "   ()|   ()|"]
          ["~:A" [(values None 1)] "()"]
          ["~A ~@A ~5A|" [None None None] "NIL NIL NIL  |"]
          ;; Only where it is the argument, and only nil.
          ["~:A" [[None []]] "(NIL NIL)"]
          ["~:A ~:S ~:S" [':nil ':nil "NIL"] "NIL :NIL \"NIL\""]
          ["~:A ~:A ~:A ~:S" [0 "" #() True] "0  #() T"]]))

(defn test-integers []
  (check [["~5D|" [42] "   42|"]
          ["~5D|" [-42] "  -42|"]
          ["~2D|~-9D|" [-420 1] "-420|1|"]
          ;; The sign is one of the columns, and padding comes before it.
          ["~5,'0D" [-42] "00-42"]
          ["~,'0D" [42] "42"]
          ["~@D ~@D ~@D" [1 0 -1] "+1 +0 -1"]
          ["~5@D|" [42] "  +42|"]
          ["~:D" [0] "0"]
          ["~:D ~:D ~:D ~:D" [12 123 1234 -123] "12 123 1,234 -123"]
          ["~:D ~:D" [123456 -1234567] "123,456 -1,234,567"]
          ["~:@D ~@:D" [1234 -1234] "+1,234 -1,234"]
          ["~,,'.:D" [1234567] "1.234.567"]
          ["~,,,2:D" [1234567] "1,23,45,67"]
          ["~,,' ,4:D" [123456789] "1 2345 6789"]
          ["~,,,1:D" [-123] "-1,2,3"]
          ["~,,,9:D" [123] "123"]
          ["~9,'*,'_,3:@D" [1234] "***+1_234"]
          ;; Without the modifier the comma is none.
          ["~,,'.,2D" [1234567] "1234567"]
          ["~D" [signal.SIGINT] "2"]
          ["~4D|" [(values 7 8)] "   7|"]]))

(defn test-what-is-no-integer-is-printed-as-by-a []
  (check [["~5D|" ["abc"] "abc  |"]
          ["~D" ["abc"] "abc"]
          ["~5,'0D|" [1.5] "1.5  |"]
          ["~5@D|" ["abc"] "abc  |"]
          ["~5:D|" [None] "NIL  |"]
          ["~5:@D|" [1.5] "1.5  |"]
          ["~3D|~3@D|~D" [True False True] "T  |NIL|T"]
          ["~:D" ["1234567"] "1234567"]]))

(defn test-repetitions []
  (check [["a~%b" [] "a\nb"]
          ["a~3%b" [] "a\n\n\nb"]
          ["a~0%b" [] "ab"]
          ["~3~" [] "~~~"]
          ["~0~" [] ""]
          ["~~~~A" [] "~~A"]]))

(defn test-fresh-lines []
  (check [["~&a~&~&b~%~&c" [] "a\nb\nc"]
          ["a~2&b" [] "a\n\nb"]
          ["~2&b" [] "\nb"]
          ["a~%~3&b" [] "a\n\n\nb"]
          ["a~0&b~%~0&" [] "ab\n"]
          ["~A~&b" ["a\n"] "a\nb"]
          ;; What prints nothing changes no column.
          ["a~%~A~&b" [""] "a\nb"]
          ["a~A~0%~&b" [""] "a\nb"]
          ["~A~&b" [""] "b"]])
  (for [[control expected] [["~&a" "\na"] ["~2&a" "\n\na"] ["~0&a" "a"] ["~A~&a" "\na"]
                            ["~%~&a" "\na"] ["b~&a" "b\na"] ["~&~&a" "\na"]]]
    (for [at-line-start [False None]]
      (assert (= (format-control control "" :at-line-start at-line-start) expected) control)))
  (assert (= (format-control "~&~2&a" :at-line-start True) "\na")))

(defn test-ends-of-lines-behind-a-tilde []
  (check [["a ~\n \t b" [] "a b"]
          ["a~:\n  b" [] "a  b"]
          ["a~@\n  b" [] "a\nb"]
          ["a~\n" [] "a"]
          ["a~@\n" [] "a\n"]
          ;; An empty line stays, and a blank that is no whitespace of Lisp's.
          ["a~\n  \n  b" [] "a\n  b"]
          ["a~@\n\n b" [] "a\n\n b"]
          ["a~\n\u00a0b" [] "a\u00a0b"]
          ["a~\n  ~A" [1] "a1"]
          ["a~\n  ~\n  b" [] "ab"]
          ["a~@\n  ~&b" [] "a\nb"]
          ["a~%~\n  ~&b" [] "a\nb"]]))

(defn test-parameters []
  (check [;; Any character is one.
          ["~3,,,'~A|~3,,,',A|~3,,,''A|~3,,,'AA|" [1 2 3 4] "1~~|2,,|3''|4AA|"]
          ["~3,'\nD|~3,'vD|~3,'#D|~3,':D|~3,'@D|" [1 2 3 4 5] "\n\n1|vv2|##3|::4|@@5|"]
          ["~4,',,'~:D" [1] ",,,1"]
          ["~6,',,'~:D" [1234] ",1~234"]
          ;; From the arguments, in their order, before the one that is printed.
          ["~VA|~vA|" [3 "a" 4 "b"] "a  |b   |"]
          ["~V,V,V,VA|" [6 5 2 "*" "abc"] "abc*******|"]
          ["~V,VD" [4 "0" 7] "0007"]
          ["~VD|" [(values 3 "x") 1] "  1|"]
          ["~V%~V~" [2 3] "\n\n~~~"]
          ;; Nil means the default.
          ["~VA|~V,V,V,VA|" [None "a" False None [] None "b"] "a|b|"]
          ["a~V%b~V~" [None None] "a\nb~"]
          ["~3,VD" [None 1] "  1"]
          ;; How many are left: the one to print is among them, one that was a parameter is not.
          ["~#A|" ["a"] "a|"]
          ["~#A|~#A|" ["a" "b" "c"] "a  |b |"]
          ["~#,VA|" [1 "a" "b"] "a  |"]
          ["~V,#@A|" [4 "a" "b"] "    a|"]
          ["~#%~#~" [] ""]
          ["~A~#~" [1 2 3] "1~~"]
          ["~,,A~,,,:@A~,D" [1 2 3] "123"]
          ["~1000000%" [] (* "\n" 1000000)]
          ["~0000000000000005A|~-000000009A|~00D" [1 2 3] "1    |2|3"]]))

(defn test-mistakes-are-pointed-at []
  (for [[control why] [["a ~Q" "'~Q' at position 2 of 'a ~Q' is not a directive"]
                       ["~D line~:P" "'~:P' at position 7 .*: the format of hy_iolib.cl knows all"]
                       ["~A ~A" "'~A' at position 3 of '~A ~A' has no argument left"]
                       ["~A~3,VS" "'~3,VS' at position 2 .* no argument left"]
                       ["~A~5D" "'~5D' at position 2 .* no argument left"]
                       ["~VA" "'~VA' at position 0 .* no argument left"]
                       ;; Ends inside.
                       ["end ~" "'~' at position 4 of 'end ~' ends too early"]
                       ["~5" "'~5' at position 0 .* too early"]
                       ["~5," "'~5,' at .* too early"]
                       ["~5:@" "'~5:@' at .* too early"]
                       ["~5,'" "\"~5,'\" at .* too early"]
                       ["~'A" "\"~'A\" at .* too early"]
                       ["~V" "'~V' at .* too early"]
                       ["~#" "'~#' at .* too early"]
                       ;; Unknown, and what is no parameter.
                       ["~/x" "'~/' at"] ["~ A" "'~ ' at"] ["~\r\n" "at position 0"]
                       ["~5;A" "'~5;' at"]
                       ["~+A" "'~\\+' at"] ["~--5A" "'~-' at"] ["~5'*A" "\"~5'\" at"]
                       ["~VVA" "'~VV' at"]
                       ["~5#A" "'~5#' at"] ["~:5A" "'~:5' at"] ["~1.5A" "'~1\\.' at"]
                       ["~0x5A" "'~0x' at"]
                       ;; Letters and digits of other scripts, one of which has S as its upper case.
                       ["~\u017f" "is not a directive"] ["~\u0665A" "is not a directive"]
                       ;; Too many.
                       ["~1,2,3,'4,5A" "\"~1,2,3,'4,5A\" at .* has too many parameters"]
                       ["~,,,,S" "too many"] ["~1,'2,'3,4,5D" "too many"]
                       ["~1,2%" "too many"] ["~1,1&" "too many"]
                       ["~1,1~" "too many"] ["~1\n" "too many"]
                       ;; Of the wrong type.
                       ["~'5A" "\"~'5A\" at .* takes an integer from -1000000 to 1000000 as .* 1"]
                       ["~1,0A" "'~1,0A' at .* takes an integer from 1 to 1000000 as parameter 2"]
                       ["~,-1S" "from 1 .* as parameter 2"] ["~,,'1A" "integer .* as parameter 3"]
                       ["~,,,1A" "'~,,,1A' at .* takes a character as parameter 4"]
                       ["~,1D" "character as parameter 2"] ["~,,1D" "character as parameter 3"]
                       ["~,#D" "character as parameter 2"]
                       ["~,,,'3D" "integer .* as parameter 4"] ["~,,,0D" "from 1 .* as parameter 4"]
                       ["~-1%" "from 0 .* as parameter 1"] ["~-1&" "from 0 .* 1"]
                       ["~-1~" "from 0 .* 1"]
                       ["~'a%" "integer from 0 .* 1"] ["~'a&" "integer from 0 .* 1"]
                       ["~'a~" "integer from 0 .* 1"]
                       ;; Modifiers that have no meaning there, or twice.
                       ["~:%" "'~:%' at position 0 .* does not take these modifiers"]
                       ["~@%" "modifiers"] ["~:&" "modifiers"] ["~@&" "modifiers"]
                       ["~:~" "modifiers"] ["~@~" "modifiers"] ["~:@\n" "modifiers"]
                       ["~@:\n" "modifiers"]
                       ["~::A" "modifiers"] ["~@@S" "modifiers"] ["~:@:D" "modifiers"]]]
    (with [(pytest.raises ValueError :match why)] (format-control control 1))))

(defn test-arguments-that-are-no-parameters []
  (for [x ["5" 5.0 True "" #() [1]]]
    (with [(pytest.raises ValueError :match "takes an integer")] (format-control "~VA" x 1)))
  (for [x [5 "" "ab" True ':x (keyword "x") 'x #("x")]]
    (with [(pytest.raises ValueError :match "takes a character")] (format-control "~,VD" x 1))))

(defn test-numbers-without-measure []
  (for [number ["1000001" "999999999999" "10000000000000000" (* "9" 100000)]
        control ["~{}A" "~,{}A" "~,,{}A" "~{}S" "~{}D" "~,,,{}D" "~{}%" "~{}&" "~{}~" "~-{}A"]]
    (with [(pytest.raises ValueError :match "takes an integer from")]
      (format-control (.format control number) 1)))
  (for [n [1000001 (** 10 100) (- (** 10 100))]]
    (with [(pytest.raises ValueError :match "takes an integer from")]
      (format-control "~VA" n 1))))

(defn test-long-control-strings []
  (setv n 100000)
  (check [[(* "~~" n) [] (* "~" n)]
          [(* "~&x" n) [] (.join "\n" (* "x" n))]
          [(* "~&~A" n) (* [""] n) ""]
          [(* "~\n " n) [] ""]
          [(* "~#~" 10) [] ""]
          [(+ "~" (* "0" n) "3A|") [1] "1  |"]])
  ;; What they say is short, and names the position.
  (for [[control position] [[(+ (* "~~" n) "~") (* 2 n)] [(+ (* "x" n) "~Q") n]
                            [(+ "~" (* "," n) "A") 0] [(+ "~" (* ":" n) "A") 0]
                            [(+ "~" (* "'" n) "A") 0] [(+ "~" (* "9" n) "A") 0]
                            [(+ "~" (* "9" n)) 0]
                            [(+ "~" (* "-" n) "A") 0] [(+ "~" (* "V," n) "A") 0]]]
    (setv e (pytest.raises ValueError format-control control))
    (assert (in f" at position {position} of " (str e.value)))
    (assert (< (len (str e.value)) 600))))
