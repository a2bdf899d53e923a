(require hy-iolib *)
(import copy pickle)
(import pytest)
(import hy-iolib *)
(import hy-iolib.lisp [parse-error control-error])
(eval-when-compile (require hy-iolib.lisp.conditions [defcondition]))

(defcondition lost [error LookupError]
  "Something is not where it was."
  [thing place]
  f"{self.thing} is not in {self.place}")

(defclass lost-for-good [lost] "…")

(defn test-slots-report-and-readers []
  (setv e (lost-for-good :thing "key" :place "the bowl"))
  (assert (= (str e) "key is not in the bowl"))
  (assert (= [e.thing (lost-thing e) (lost-place e)] ["key" "key" "the bowl"]))
  (assert (is (. (lost) thing) None))
  (with [(pytest.raises TypeError :match "lost has no slot 'colour'; it has: thing, place")]
    (lost :colour "red")))

(defn test-only-errors-are-exceptions []
  (assert (issubclass lost LookupError))
  (assert (issubclass error Exception))
  (assert (not (issubclass simple-condition Exception)))
  (assert (issubclass type-error TypeError))
  (assert (issubclass type-error ValueError))
  (assert (issubclass parse-error ValueError))
  (assert (issubclass end-of-file EOFError))
  (assert (issubclass control-error RuntimeError)))

(defn test-pickle-and-copy []
  (with [s (make-socket)]
    (for [e [(lost :thing "key" :place #(1 2)) (parse-error "no")
             (socket-connection-refused-error :syscall "connect" :fd 7)
             (hangup :stream s) (end-of-file :stream s)
             (poll-timeout :fd 3 :event-type (keyword "input"))
             (ewouldblock 11 "later")]]
      (setv twin (pickle.loads (pickle.dumps e)))
      (assert (is (type twin) (type e)))
      (assert (= (str twin) (str e)))
      (assert (= twin.args e.args))
      (for [twin [(copy.copy e) (copy.deepcopy e)]]
        (assert (= [(type twin) (str twin) twin.__dict__] [(type e) (str e) e.__dict__]))))
    ;; A copy keeps the stream, which can't travel in a pickle.
    (assert (is (. (copy.copy (end-of-file :stream s)) stream) s))))

(defn test-slots-with-defaults []
  (defcondition gone [error] "It is gone." [thing [why "nobody knows"]] f"{self.thing}: {self.why}")
  (assert (= (str (gone :thing "key")) "key: nobody knows"))
  (setv e (gone :thing "key" :why "stolen"))
  (assert (= [(str e) (gone-why e) e.slots] ["key: stolen" "stolen" #("thing" "why")])))

(defn test-definitions-without-docstring-or-report []
  (defcondition bare [error] [thing])
  (assert (= (bare-thing (bare :thing 5)) 5))
  (defcondition told [error] [thing] f"about {self.thing}")
  (assert (= (str (told :thing 5)) "about 5"))
  (defcondition documented [error] "Of nothing." [])
  (assert (= documented.__doc__ "Of nothing.")))

(defn test-definitions-of-another-shape []
  (for [wrong ['(defcondition x [error]) '(defcondition x [error] "doc")
               '(defcondition x [error] [(line :initarg :line)]) '(defcondition x [error] [a] "b" "c")]]
    (with [e (pytest.raises hy.errors.HyMacroExpansionError :match "docstring")]
      (hy.eval `(do (require hy-iolib *) (import hy-iolib *) ~wrong)))))
