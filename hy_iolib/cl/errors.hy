"Common Lisp's conditions that the library has no use for, and what Python's own exceptions are
among them."

(eval-when-compile (require hy-iolib.lisp.conditions [defcondition]))
(import hy-iolib.lisp.conditions
  [condition serious-condition error simple-condition type-error parse-error stream-error
   end-of-file control-error])
(import hy-iolib.cl.symbols [symbol-name])

(export :objects [] :macros [])

(defclass warning [condition] "A condition that is no error.")
(defclass style-warning [warning] "A warning of style.")
(defclass simple-warning [simple-condition warning] "A warning that a control string describes.")
(defclass storage-condition [serious-condition] "Memory or the stack is used up.")
(defcondition arithmetic-error [error ArithmeticError] "An error in arithmetic."
  [operation operands])
(defclass division-by-zero [arithmetic-error ZeroDivisionError] "Division by zero."
  (defn __str__ [self] (or (BaseException.__str__ self) "division by zero")))
(defclass floating-point-overflow [arithmetic-error OverflowError] "A float that is too large.")
(defclass floating-point-underflow [arithmetic-error] "A float that is too small.")
(defclass floating-point-invalid-operation [arithmetic-error] "No number.")
(defclass program-error [error] "A form or a call that is wrong.")
(defclass simple-program-error [simple-condition program-error] "A program error in words.")
(defcondition file-error [error] "An error with a file." [pathname])
(defcondition package-error [error] "An error with a package." [package])
(defclass reader-error [parse-error stream-error] "Text that is no form.")
(defcondition print-not-readable [error] "What can't be printed such that it can be read." [object])
(defclass simple-type-error [simple-condition type-error] "A type error in words."
  (setv slots (+ simple-condition.slots type-error.slots))
  (defn __str__ [self] (simple-condition.__str__ self)))

(defcondition cell-error [error] "Something that a name should have is not there." [name])
(defclass unbound-variable [cell-error NameError] "A variable without a value."
  (defn __str__ [self] f"The variable {(symbol-name self.name)} is unbound."))
(defclass undefined-function [cell-error NameError] "A function that is not defined."
  (defn __str__ [self] f"The function {(symbol-name self.name)} is undefined."))
(defcondition unbound-slot [cell-error] "A slot without a value." [instance]
  (.format "The slot {} is unbound in the object {}." (symbol-name self.name) self.instance))
