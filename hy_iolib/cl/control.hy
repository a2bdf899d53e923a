"Choice by keys and types, checks, and the macros that are left."

(import time [perf-counter process-time])
(import types [NoneType])
(eval-when-compile
  (require hy-iolib.cl.definitions [defcl defcl-macro form]))
(import hy-iolib.cl.analysis [special-operators])
(import hy-iolib.cl.classes [name-sbcl-class])
(import hy-iolib.cl.characters [character])
(import hy-iolib.cl.conditions
  [cl-error condition-from-datum lisp-offering reports])
(import hy-iolib.cl.conses [cons new-cons elements lisp-list nil?])
(import hy-iolib.cl.definitions [functions])
(import hy-iolib.cl.errors [simple-type-error])
(import hy-iolib.cl.lambda-lists [syntax-error])
(import hy-iolib.cl.printer [prin1-text])
(import hy-iolib.cl.symbols [cl-symbol symbol symbol?])
(import hy-iolib.cl.types [cl-expand-type])
(import hy-iolib.lisp.conditions [simple-error type-error])
(import hy-iolib.lisp.handlers [signal-error])
(import hy-iolib.lisp.keywords [keyword])
(import hy-iolib.lisp.restarts [restart-transfer])

(export :objects [] :macros [])

(setv [BIT EQL INTEGER MEMBER OR OTHERWISE STAR STRING UNSIGNED-BYTE]
        (map cl-symbol
             ["bit" "eql" "integer" "member" "or" "otherwise" "*" "string" "unsigned-byte"]))

;; ---- case and typecase

(defn clause-parts [operator clause]
  "The key of CLAUSE, or its keys or type, and its forms."
  (when (is-not clause.__class__ cons)
    (raise (syntax-error f"{(prin1-text clause)} is no clause of {operator}")))
  #(clause.car clause.cdr))

(defn clause-keys [x]
  (cond
    (nil? x) []
    (is x.__class__ cons) (list (elements x))
    True [x]))

(defn key-test [x key]
  (form (or ~@(gfor k (clause-keys key)
                    ;; A string is eql to nothing that the form could give.
                    :if (is-not k.__class__ str)
                    (if (isinstance k #(int symbol keyword character NoneType))
                        (form (eql ~x (quote ~k)))
                        (form (sys::test "F_eql(A, B)" ~x (quote ~k))))))))

(defn type-test [x type]
  "The form that says whether the variable X is of TYPE, by a predicate if there is one."
  (cond
    (in type PREDICATES) (form (~(get PREDICATES type) ~x))
    (and (is type.__class__ cons) (is type.car OR))
      (form (or ~@(gfor t (elements type.cdr) (type-test x t))))
    (and (is type.__class__ cons) (in type.car [MEMBER EQL])) (key-test x type.cdr)
    True (form (typep ~x (quote ~type)))))

(setv PREDICATES
  (dfor [type predicate]
        [["array" "arrayp"] ["atom" "atom"] ["character" "characterp"] ["cons" "consp"]
         ["float" "floatp"] ["function" "functionp"] ["hash-table" "hash-table-p"]
         ["integer" "integerp"] ["keyword" "keywordp"] ["list" "listp"] ["null" "null"]
         ["number" "numberp"] ["package" "packagep"] ["pathname" "pathnamep"]
         ["rational" "rationalp"] ["real" "realp"] ["stream" "streamp"] ["string" "stringp"]
         ["symbol" "symbolp"] ["vector" "vectorp"]]
        (cl-symbol type) (cl-symbol predicate)))

(defn choice [operator clauses test x [failure None]]
  "The form that chooses among CLAUSES by TEST, a function of the variable X and a clause's key; by
  default, when FAILURE is None, the last clause may be for all else."
  (setv result failure)
  (for [[i clause] (reversed (list (enumerate clauses)))]
    (setv [key forms] (clause-parts operator clause)
          result (cond
                   (not (and (or (is key True) (is key OTHERWISE)) (is failure None)))
                     (form (if ~(test x key) (progn ~@forms) ~result))
                   (= i (- (len clauses) 1)) (form (progn ~@forms))
                   True (raise (syntax-error
                                 (.format "{} stands for all else in the last clause of {} only"
                                          (prin1-text key) operator))))))
  result)

(defn expand-choice [operator key clauses test [failure None]]
  (setv x (symbol "KEY"))
  (form (let ((~x ~key))
          ~(choice operator clauses test x (if failure (failure x) None)))))

(defn expand-correctable-choice [operator place clauses test possibilities expected]
  "A choice by PLACE's value, which the restart STORE-VALUE replaces if no clause is for it."
  (setv [x done] [(symbol "KEY") (symbol "DONE")])
  (form (block ~done
          (sys::while t
            (let ((~x ~place))
              ~(choice operator
                       (lfor c clauses :setv [key forms] (clause-parts operator c)
                             (new-cons key (lisp-list [(form (return-from ~done (progn ~@forms)))])))
                       test x
                       (form (setf ~place (sys::case-correction (quote ~place) ~x
                                            ~operator
                                            (quote ~expected)
                                            (quote ~possibilities))))))))))

(defn all-keys [clauses]
  (lisp-list (gfor c clauses k (clause-keys (if (is c.__class__ cons) c.car None)) k)))

(defn all-types [clauses]
  (lisp-list (gfor c clauses :if (is c.__class__ cons) c.car)))

(defcl-macro case [key #* clauses]
  (expand-choice "case" key clauses key-test))

(defcl-macro ecase [key #* clauses]
  (setv keys (all-keys clauses))
  (expand-choice "ecase" key clauses key-test
    (fn [x] (form (sys::case-failure ~x "ecase" (quote ~(new-cons MEMBER keys)) (quote ~keys))))))

(defcl-macro ccase [place #* clauses]
  (setv keys (all-keys clauses))
  (expand-correctable-choice "ccase" place clauses key-test keys (new-cons MEMBER keys)))

(defcl-macro typecase [key #* clauses]
  (expand-choice "typecase" key clauses type-test))

(defcl-macro etypecase [key #* clauses]
  (setv types (all-types clauses))
  (expand-choice "etypecase" key clauses type-test
    (fn [x] (form (sys::case-failure ~x "etypecase" (quote ~(new-cons OR types)) (quote ~types))))))

(defcl-macro ctypecase [place #* clauses]
  (setv types (all-types clauses))
  (expand-correctable-choice "ctypecase" place clauses type-test types (new-cons OR types)))

(defclass case-failure [type-error]
  "No clause of the form called NAME is for the datum; POSSIBILITIES are their keys or types."
  (setv slots (+ type-error.slots #("name" "possibilities"))))

(name-sbcl-class "SB-KERNEL" "case-failure" case-failure)

(setv (get reports case-failure)
  (fn [c]
    (if (nil? c.possibilities)
        ((get reports type-error) c)
        ((get functions "format") None
          (+ "~@<~S fell through ~S expression. ~:_Wanted one of "
             "~:<~@{~S~^ ~:_~}~:>.~:>")
          c.datum (cl-symbol c.name) c.possibilities))))

(defcl sys::case-failure [datum name expected possibilities]
  (signal-error case-failure :datum datum :expected-type expected :name name
                :possibilities possibilities))

(defcl sys::case-correction [place datum name expected possibilities]
  (correction place
    (case-failure :datum datum :expected-type expected :name name :possibilities possibilities)))

;; ---- Restarts of checks

(defn restart-arguments [name report c]
  "Signal the error C; the arguments with which the restart called NAME is invoked."
  (setv offer (lisp-offering #((cl-symbol name)) [#(report None None)]))
  (try
    (with [_ offer]
      (cl-error c))
    (except [t restart-transfer]
      (when (is-not (. (get t.args 0) offer) offer)
        (raise))
      (get t.args 1))))

(defn correction [place c]
  "Signal the error C; the value for PLACE that the restart STORE-VALUE is given."
  (get (restart-arguments "store-value" f"Supply a new value for {(prin1-text place)}." c) 0))

;; ---- check-type

(defcl-macro check-type [place type [type-string None]]
  (setv value (if (symbol? place) place (symbol "VALUE"))
        test (type-test value type))
  (form (sys::while (if ~(if (is value place) test (form (let ((~value ~place)) ~test))) nil t)
          (setf ~place (sys::type-correction (quote ~place) ~place
                         (quote ~(as-sbcl-names type)) ~type-string)))))

(defcl sys::type-correction [place datum type text]
  (correction place
    (simple-type-error
      :datum datum :expected-type type
      :format-control "The value of ~S is ~S, which is not ~:[of type ~S~;~:*~A~]."
      :format-arguments (lisp-list [place datum text #* (if (nil? text) [type] [])]))))

(defn as-sbcl-names [type]
  "TYPE as SBCL names it, which simplifies types when it reads them."
  (setv type (cl-expand-type type)
        [name #* arguments] (if (is type.__class__ cons) (elements type) [type]))
  (cond
    (and (is name INTEGER) arguments) (as-sbcl-names-integers #* arguments)
    (is name EQL) (if (is (. (get arguments 0) __class__) int)
                      (as-sbcl-names-integers (get arguments 0) (get arguments 0))
                      (lisp-list [MEMBER #* arguments]))
    (is name OR) (do
                   (setv parts (lfor a arguments (as-sbcl-names a)))
                   ;; Strings are several types already.
                   (.sort parts :key (fn [p] (is-not p STRING)))
                   (lisp-list [OR #* parts]))
    True type))

(defn as-sbcl-names-integers [low [high STAR]]
  (cond
    (and (= low 0) (is high STAR)) UNSIGNED-BYTE
    (and (= low 0) (= high 1)) BIT
    (and (= low 0) (is high.__class__ int) (> high 0) (= 0 (& high (+ high 1))))
      (lisp-list [UNSIGNED-BYTE (.bit-length high)])
    (is high STAR) (lisp-list [INTEGER low])
    True (lisp-list [INTEGER low high])))

;; ---- assert

(defcl-macro assert [test [places None] #* datum-and-arguments]
  (setv [variables call shown] (observed test))
  (form (let ~(lisp-list variables)
          (sys::while (if ~call nil t)
            (sys::assertion-failed (quote ~test) (quote ~places) (list ~@shown)
                                   ~@datum-and-arguments)
            ~@(gfor p (elements places)
                    (form (setf ~p (sys::assertion-prompt (quote ~p) ~p))))))))

(defn observed [test]
  "Variables; TEST such that it gives them the values of its arguments that are no constants; forms
  that give these arguments and their values in turn. Nothing is seen of what is no call."
  (if (and (is test.__class__ cons) (is test.car.__class__ symbol)
           (not-in test.car special-operators) (not-in "macro" test.car.info))
      (do
        (setv variables [] call [test.car] shown [])
        (for [x (elements test.cdr)]
          (cond
            (not (nil? ((get functions "constantp") x))) (.append call x)
            (symbol? x)
              (do
                (.append call x)
                (.extend shown [(form (quote ~x)) x]))
            True
              (do
                (setv v (symbol "ARGUMENT"))
                (.append variables v)
                (.append call (form (setq ~v ~x)))
                (.extend shown [(form (quote ~x)) v]))))
        [variables (lisp-list call) shown])
      [[] test []]))

(defcl sys::assertion-failed [test places arguments [datum None] #* more]
  (restart-arguments "continue"
    (if (nil? places)
        "Retry assertion."
        (.format "Retry assertion with new value{} for {}."
                 (if (nil? places.cdr) "" "s")
                 (.join ", " (map prin1-text places))))
    (if (nil? datum)
        (simple-error
          :format-control "~@<The assertion ~S failed~:[.~:; with ~:*~{~S = ~S~^, ~}.~]~:@>"
          :format-arguments (lisp-list [test arguments]))
        (condition-from-datum datum more simple-error))))

(defcl sys::assertion-prompt [name value]
  (setv query (. (cl-symbol "*query-io*") variable value))
  (if (nil? ((get functions "y-or-n-p")
             "The old value of ~S is ~S.~%Do you want to supply a new value? " name value))
      value
      (do
        ((get functions "format") query "~&Type a form to be evaluated:~%")
        ((get functions "eval") ((get functions "read") query)))))

;; ---- The rest

(defcl-macro prog2 [first second #* others]
  (form (progn ~first (prog1 ~second ~@others))))

(defcl-macro nth-value [n x]
  (if (and (is n.__class__ int) (<= 0 n 20))
      (do
        (setv variables (lfor _ (range (+ n 1)) (symbol "VALUE")))
        (form (multiple-value-bind ~(lisp-list variables) ~x ~(get variables n))))
      (form (nth ~n (multiple-value-list ~x)))))

(defcl-macro multiple-value-setq [variables x]
  (if (nil? variables)
      (form (values ~x))
      (form (values (setf (values ~@variables) ~x)))))

(defcl-macro step [x] x)

(defcl-macro trace [#* names] (form (quote ~(lisp-list names))))

(defcl-macro untrace [#* names] True)

(defcl-macro time [x]
  (setv start (symbol "START"))
  (form (let ((~start (sys::clocks)))
          (multiple-value-prog1 ~x (sys::report-times ~start)))))

(defcl sys::clocks [] #((perf-counter) (process-time)))

(defcl sys::report-times [start]
  (setv [real run] (gfor [a b] (zip (cl-clocks) start) (- a b)))
  ((get functions "format") (. (cl-symbol "*trace-output*") variable value)
    (.format (+ "~&Evaluation took:~%  {:.3f} seconds of real time~%"
                "  {:.6f} seconds of total run time ({:.6f} user, 0.000000 system)~%"
                "  {:.2f}% CPU~%  ~%")
             real run run (if real (/ (* 100 run) real) 100.0))))
