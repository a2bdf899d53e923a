"All operators together: what the modules define becomes what the packages' symbols mean."

(import importlib)
(import hy-iolib.cl.analysis [PREDICATES SINGLE])
(import hy-iolib.cl.conses [elements])
(import hy-iolib.cl.standard-names)
(import hy-iolib.cl.definitions [functions macros SYSTEM])
(import hy-iolib.cl.support [function-object index-functions])
(import hy-iolib.cl.equality)
(import hy-iolib.cl.symbols [COMMON-LISP cl-symbol fbound lisp-package packages])

(export :objects [] :macros [])

;; Those that define operators; each says so by `defcl` and its like when it is loaded.
(for [name ["equality" "lists" "sequences" "searches" "vectors" "bits" "hash_tables" "numbers" "strings" "types"
            "times" "several_values" "implementation" "printer" "formatting" "streams" "reader"
            "packages" "destructuring" "iolib_packages" "loops" "iteration" "control" "objects"
            "structures" "conditions" "threads" "alexandria" "system" "loading"]]
  (importlib.import-module f"hy_iolib.cl.{name}"))

(defn symbol-called [name]
  "The symbol of NAME, in lower case, `package::name` outside of COMMON-LISP."
  (setv [package _ own] (.rpartition name "::"))
  (if package
      (do
        (setv p (or (.get packages (.upper package)) (lisp-package (.upper package))))
        (setv s (.intern p (.upper own)))
        (when (is-not p SYSTEM)
          (.add p.external (.upper own)))
        s)
      (cl-symbol name)))

(defn as-expander [f]
  (fn [x env] (f #* (elements x.cdr))))

(index-functions)
(for [[name f] (.items functions)]
  (setv s (symbol-called name)
        s.function (function-object f)))
(for [[name f] (.items macros)]
  (setv (get (. (symbol-called name) info) "macro") (as-expander f)))

;; Functions that give True or False, as Python has them.
(setv predicate-names
  (.split "eq eql equal equalp not null atom consp listp endp symbolp keywordp stringp characterp numberp
    integerp rationalp floatp realp complexp functionp vectorp arrayp simple-vector-p simple-string-p
    bit-vector-p hash-table-p packagep streamp evenp oddp zerop plusp minusp = /= < > <= >= char= char/=
    char< char> char<= char>= char-equal char-not-equal char-lessp char-greaterp char-not-lessp
    char-not-greaterp string= string-equal alpha-char-p alphanumericp upper-case-p lower-case-p
    both-case-p graphic-char-p standard-char-p boundp fboundp typep subsetp tree-equal tailp
    input-stream-p output-stream-p open-stream-p interactive-stream-p listen
    array-has-fill-pointer-p adjustable-array-p array-in-bounds-p slot-boundp slot-exists-p
    logbitp logtest constantp special-operator-p compiled-function-p y-or-n-p yes-or-no-p"))

;; Functions that give several values, or whatever a function of the program gives.
(setv several-valued
  (.split "floor ceiling truncate round ffloor fceiling ftruncate fround gethash read-line read-from-string
    values-list get-properties find-symbol intern decode-universal-time get-decoded-time macroexpand
    macroexpand-1 parse-integer apply funcall eval invoke-restart invoke-restart-interactively subtypep
    compile load array-displacement integer-decode-float decode-float ensure-directories-exist
    function-lambda-expression rename-file get-setf-expansion signal error cerror warn mapcan values
    no-applicable-method call-next-method read y-or-n-p parse-namestring
    method-combination-error pprint-dispatch get-macro-character isqrt invoke-debugger break"))

(for [name functions]
  (when (not-in "::" name)
    (cond
      (in name predicate-names) (.add PREDICATES (cl-symbol name))
      (not-in name several-valued) (.add SINGLE (cl-symbol name)))))

(setv (get hy-iolib.cl.equality.one-valued 0)
      (frozenset (gfor s [#* PREDICATES #* SINGLE] (fbound s))))
