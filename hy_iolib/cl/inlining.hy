"Operators whose common case is a Python expression, a row each. A, B, C are the arguments' values,
each evaluated once, in this order; a name that begins with a capital is a global of support.hy, and
`F:name:` the function for every other case. KIND is what is known of the value."

(import re)
(import hy-iolib.cl.symbols [cl-symbol])

(export :objects [] :macros [])

;; (symbol, number of arguments) -> template, kind
(setv inlines {})

(defn named [template]
  (re.sub r"F:([^:]+):" (fn [m] (+ "F_" (hy.mangle (get m 1)))) template))

(defmacro definlines [kind #* rows]
  `(do ~@(gfor row rows
               `(setv (get inlines #((cl-symbol ~(str (get row 0))) ~(get row 1)))
                      #((named ~(get row 2)) ~kind)))))

(definlines None
  [car 1 "A.car if A.__class__ is CONS else F:car:(A)"]
  [first 1 "A.car if A.__class__ is CONS else F:car:(A)"]
  [cdr 1 "A.cdr if A.__class__ is CONS else F:cdr:(A)"]
  [rest 1 "A.cdr if A.__class__ is CONS else F:cdr:(A)"]
  [identity 1 "A"]
  [+ 1 "A + 0 if A.__class__ is INT else F:+:(A)"]
  [- 1 "-A if A.__class__ is INT else F:-:(A)"]
  [funcall 1 "A() if A.__class__ is FUNCTION else FUNCTION_OF(A)()"])

(definlines "true"
  [list 1 "NEW_CONS(A, None)"]
  [list 2 "NEW_CONS(A, NEW_CONS(B, None))"]
  [list 3 "NEW_CONS(A, NEW_CONS(B, NEW_CONS(C, None)))"]
  [list 4 "NEW_CONS(A, NEW_CONS(B, NEW_CONS(C, NEW_CONS(D, None))))"]
  [list 5 "NEW_CONS(A, NEW_CONS(B, NEW_CONS(C, NEW_CONS(D, NEW_CONS(E, None)))))"]
  [list* 2 "NEW_CONS(A, B)"]
  [list* 3 "NEW_CONS(A, NEW_CONS(B, C))"]
  [acons 3 "NEW_CONS(NEW_CONS(A, B), C)"]
  [code-char 1 "CHARACTERS[CHR(A)] if A.__class__ is INT and 0 <= A < 55296 else F:code-char:(A)"])

(definlines "true"
  [subseq 2 "A[B:] if A.__class__ is STR and B.__class__ is INT and 0 <= B <= LEN(A) else F:subseq:(A, B)"]
  [subseq 3 "A[B:C] if A.__class__ is STR and B.__class__ is INT is C.__class__ and 0 <= B <= C <= LEN(A) else F:subseq:(A, B, C)"])

;; Output to a string: what `put` of one gives is nil.
(definlines None
  [write-string 2 "B.put(A) or A if B.__class__ is STRING_OUTPUT and A.__class__ is STR else F:write-string:(A, B)"]
  [write-char 2 "B.put(A) or A if B.__class__ is STRING_OUTPUT and A.__class__ is CHARACTER else F:write-char:(A, B)"])

;; Of numbers: true whatever they are.
(definlines "true"
  [1+ 1 "A + 1 if A.__class__ is INT else F:1+:(A)"]
  [rem 2 "A % B if A.__class__ is INT is B.__class__ and A >= 0 < B else F:rem:(A, B)"]
  [min 2 "(A if A <= B else B) if A.__class__ is INT is B.__class__ else F:min:(A, B)"]
  [max 2 "(A if A >= B else B) if A.__class__ is INT is B.__class__ else F:max:(A, B)"]
  [abs 1 "(A if A >= 0 else -A) if A.__class__ is INT else F:abs:(A)"]
  [ash 2 "A >> -B if A.__class__ is INT is B.__class__ and -1000 < B <= 0 else A << B if A.__class__ is INT is B.__class__ and 0 < B < 1000 else F:ash:(A, B)"]
  [1- 1 "A - 1 if A.__class__ is INT else F:1-:(A)"]
  [mod 2 "A % B if A.__class__ is INT is B.__class__ and B else F:mod:(A, B)"]
  [char-code 1 "ORD(A) if A.__class__ is CHARACTER else F:char-code:(A)"])

(definlines "index"
  [length 1 "LEN(A) if A.__class__ in SIZED else F:length:(A)"])

(definlines "bool"
  [eq 2 "A is B or F:eq:(A, B)"]
  [eql 2 "A is B or F:eql:(A, B)"]
  [equal 2 "A is B or F:equal:(A, B)"]
  [zerop 1 "A == 0 if A.__class__ is INT else F:zerop:(A)"]
  [plusp 1 "A > 0 if A.__class__ is INT else F:plusp:(A)"]
  [minusp 1 "A < 0 if A.__class__ is INT else F:minusp:(A)"]
  [evenp 1 "A & 1 == 0 if A.__class__ is INT else F:evenp:(A)"]
  [oddp 1 "A & 1 == 1 if A.__class__ is INT else F:oddp:(A)"]
  [char= 2 "A is B or (not A.__class__ is CHARACTER is B.__class__ and F:char=:(A, B))"]
  [string= 2 "A == B if A.__class__ is STR is B.__class__ else F:string=:(A, B)"]
  [null 1 "A is None or A is False or (A.__class__ is PYLIST and not A)"]
  [not 1 "A is None or A is False or (A.__class__ is PYLIST and not A)"]
  [endp 1 "A is None or (A.__class__ is not CONS and F:endp:(A))"]
  [consp 1 "A.__class__ is CONS or F:consp:(A)"]
  [atom 1 "A.__class__ is not CONS and not F:consp:(A)"])

;; Operators of several values: (symbol, number of arguments) -> when it is the common case, what the
;; first value is then, what all of them are or None, and what gives all of them else.
(setv several-valued {})

(defmacro defseveral [#* rows]
  `(do ~@(gfor [name count #* row] rows
               `(setv (get several-valued #((cl-symbol ~(str name)) ~count))
                      #(~@(gfor x row `(and ~x (named ~x))))))))

(defseveral
  [gethash 2 "B.__class__ is HASH_TABLE and A.__class__ in B.plain" "B.get(A)" None "F:gethash:(A, B)"]
  [gethash 3 "B.__class__ is HASH_TABLE and A.__class__ in B.plain" "B.get(A, C)" None
   "F:gethash:(A, B, C)"]
  [floor 2 "A.__class__ is INT is B.__class__ and B" "A // B" "NEW(VALUES, DIVMOD(A, B))" "F:floor:(A, B)"]
  [truncate 2 "A.__class__ is INT is B.__class__ and A >= 0 < B" "A // B" "NEW(VALUES, DIVMOD(A, B))"
   "F:truncate:(A, B)"]
  [ceiling 2 "A.__class__ is INT is B.__class__ and B" "-(-A // B)" None "F:ceiling:(A, B)"]
  ;; Longer ones have a limit in Python.
  [parse-integer 1 "A.__class__ is STR and A.isascii() and A.isdecimal() and LEN(A) < 1000" "INT(A)" None
   "F:parse-integer:(A)"])

;; Operators of two numbers: Python's, what does it for others than ints, what is known of the value.
(setv arithmetic
  (dfor [name operator kind]
        [["+" "+" "true"] ["-" "-" "true"] ["*" "*" "true"]
         ["logand" "&" "true"] ["logior" "|" "true"] ["logxor" "^" "true"]
         ["=" "==" "bool"] ["/=" "!=" "bool"] ["<" "<" "bool"] [">" ">" "bool"]
         ["<=" "<=" "bool"] [">=" ">=" "bool"]]
        (cl-symbol name) #(operator (named f"F:{name}:") kind)))

;; Operators that take an element by its index, the second argument: the common case.
(setv indexed
  (dfor [name template kind]
        [["aref" "A[B] if A.__class__ is VECTOR or A.__class__ in INDEXABLE" None]
         ["svref" "A[B] if A.__class__ is VECTOR or A.__class__ in INDEXABLE" None]
         ["elt" "A[B] if A.__class__ is VECTOR or A.__class__ in INDEXABLE" None]
         ["char" "CHARACTERS[A[B]] if A.__class__ is STR" "true"]
         ["schar" "CHARACTERS[A[B]] if A.__class__ is STR" "true"]]
        (cl-symbol name) #(template (named f"F:{name}:") kind)))

;; Places: operator -> test, target, what sets it in every other case; the last letter is the value.
(setv setters {})

(defmacro defsetters [#* rows]
  `(do ~@(gfor [name #* row] rows
               `(setv (get setters (cl-symbol ~(str name))) #(~@(gfor x row `(named ~x)))))))

(defsetters
  [car "A.__class__ is CONS" "A.car" "F:rplaca:(A, B)"]
  [first "A.__class__ is CONS" "A.car" "F:rplaca:(A, B)"]
  [cdr "A.__class__ is CONS" "A.cdr" "F:rplacd:(A, B)"]
  [rest "A.__class__ is CONS" "A.cdr" "F:rplacd:(A, B)"]
  [aref "A.__class__ in SETTABLE and B >= 0" "A[B]" "SET_AREF(C, A, B)"]
  [svref "A.__class__ in SETTABLE and B >= 0" "A[B]" "SET_AREF(C, A, B)"]
  [gethash "B.__class__ is HASH_TABLE and A.__class__ in B.settable" "B[A]"
   "W_gethash(C, A, B)"])
