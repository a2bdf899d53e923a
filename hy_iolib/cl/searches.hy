"find and position whose :test and :key are named: of a list, a loop takes the place of the call."

(eval-when-compile (require hy-iolib.cl.definitions [form]))
(import hy-iolib.cl.analysis [analyze call-transforms function-name])
(import hy-iolib.cl.conses [elements lisp-list])
(import hy-iolib.cl.definitions [functions SYSTEM])
(import hy-iolib.cl.sequences)
(import hy-iolib.cl.symbols [COMMON-LISP cl-symbol symbol key])

(export :objects [] :macros [])

(setv TEST (key "test") KEY (key "key"))

(defn known? [name env]
  "Does the function NAME do nothing but say something of its arguments: is it Common Lisp's own, or a
  slot's accessor?"
  (and name
       (not-in name env.functions)
       (or (is name.package COMMON-LISP) (in "slot-accessor" name.info))))

(defn split-search [x env]
  "Of a call (NAME ITEM SEQUENCE …) ITEM, SEQUENCE, the other arguments, and functions that make a
  form of the test of an element's form; None where the loop would not be the same."
  (setv [item sequence #* options] (elements x.cdr)
        given (dict (zip (cut options 0 None 2) (cut options 1 None 2))))
  (when (and (= (len options) (* 2 (len given))) (<= (set given) #{TEST KEY})
             (all (gfor f (.values given) (known? (function-name f) env))))
    (setv test (if (in TEST given) (function-name (get given TEST)) (cl-symbol "eql"))
          key-name (if (in KEY given) (function-name (get given KEY)) (cl-symbol "identity")))
    [item sequence options (fn [i e] (form (~test ~i (~key-name ~e))))]))

(defn search-transform [name found #* step]
  "Let a loop take the place of (NAME item list …), where it can: FOUND, a function of the symbols of the
  element and of its number, gives what it returns; STEP is what else it does in each round."
  ;; What is called when the sequence is no list; by another name, which stays a call.
  (setv (get functions f"sys::{name}") (get functions name)
        call (.intern SYSTEM (.upper name)))
  (setv (get call-transforms (cl-symbol name))
    (fn [x count env]
      (setv parts (if (>= count 2) (split-search x env) None))
      (when parts
        (setv [item sequence options test] parts
              [i s e n] (map symbol ["ITEM" "SEQUENCE" "ELEMENT" "N"]))
        (analyze (form (let ((~i ~item) (~s ~sequence) (~n 0))
                         (if (consp ~s)
                             (dolist (~e ~s)
                               (when ~(test i e) (return ~(found e n)))
                               ~@(gfor f step (f n)))
                             (~call ~i ~s ~@options))))
                 env)))))

(search-transform "find" (fn [e n] e))
(search-transform "position" (fn [e n] n) (fn [n] (form (incf ~n))))
