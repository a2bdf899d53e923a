;;;; Hash tables.

(defun table (test &rest pairs) (let ((h (make-hash-table :test test))) (loop for (k v) on pairs by #'cddr do (setf (gethash k h) v)) h))
(defun entries (h) (let ((r '())) (maphash (lambda (k v) (push (list k v) r)) h) (nreverse r)))

(let ((h (make-hash-table))) (list (multiple-value-list (gethash 1 h)) (multiple-value-list (gethash 1 h :d)) (setf (gethash 1 h) nil) (multiple-value-list (gethash 1 h :d)) (hash-table-count h) (remhash 1 h) (remhash 1 h) (hash-table-count h)))
(list (hash-table-test (make-hash-table)) (hash-table-test (make-hash-table :test 'eq)) (hash-table-test (make-hash-table :test #'equal)) (hash-table-test (make-hash-table :test 'equalp :size 100)) (hash-table-p (make-hash-table)) (hash-table-p '((a . 1))) (hash-table-count (make-hash-table)))
(make-hash-table :test 'foo)
(make-hash-table :test #'string=)
(hash-table-count (make-hash-table :size 10 :rehash-size 2.0 :rehash-threshold 0.5))

;;; What is the same key
(entries (table 'eql 1 :one 1.0 :float t :t nil :nil :key :keyword 'sym :symbol #\a :char 1/2 :ratio 1.0d0 :double))
(let ((h (table 'eql 1 :one 1.0 :float t :t nil :nil #\a :char 1/2 :ratio :a :keyword 'a :symbol 1.0d0 :double))) (list (gethash 1 h) (gethash 1.0 h) (gethash t h) (gethash nil h) (gethash #\a h) (gethash 1/2 h) (gethash :a h) (gethash 'a h) (gethash 1.0d0 h) (gethash 2 h) (gethash "a" h) (gethash (expt 10 30) h)))
(let ((h (make-hash-table)) (s (copy-seq "abc")) (c (list 1))) (setf (gethash s h) 1 (gethash c h) 2 (gethash 0.0 h) 3) (list (gethash s h) (gethash (copy-seq "abc") h) (gethash c h) (gethash (list 1) h) (gethash -0.0 h) (gethash 0.0 h) (gethash 0 h) (hash-table-count h)))
(let ((h (make-hash-table)) (v (vector 1)) (k (make-hash-table)) (f (lambda ()))) (setf (gethash v h) 1 (gethash k h) 2 (gethash f h) 3 (gethash (expt 10 30) h) 4) (list (gethash v h) (gethash (vector 1) h) (gethash k h) (gethash f h) (gethash (expt 10 30) h)))
(let ((h (table 'equal "a" :string #\a :char :a :keyword 'a :symbol 1 :one 1.0 :float '(1 "x") :list nil :nil t :t '(1 . 2) :pair))) (list (gethash "a" h) (gethash (copy-seq "a") h) (gethash #\a h) (gethash :a h) (gethash 'a h) (gethash 1 h) (gethash 1.0 h) (gethash (list 1 (copy-seq "x")) h) (gethash nil h) (gethash t h) (gethash '(1 . 2) h) (gethash '(1 2) h) (gethash "A" h) (gethash '(1 "X") h) (gethash "" h) (hash-table-count h)))
(let ((h (make-hash-table :test 'equal)) (v (vector 1))) (setf (gethash v h) 1 (gethash #*01 h) 2 (gethash #p"a/b" h) 3 (gethash '(a (b "c") . d) h) 4 (gethash '((1)) h) 5 (gethash "x" h) 6) (list (gethash v h) (gethash (vector 1) h) (gethash (copy-seq #*01) h) (gethash (pathname "a/b") h) (gethash (list* 'a (list 'b "c") 'd) h) (gethash '(1) h) (gethash (list (list 1)) h) (gethash (make-string 1 :initial-element #\x) h)))
(let ((h (table 'equalp "Abc" 1 #\x 2 1 3 #(1 "a") 4 '("X" 1) 5 'sym 6 :key 7 2.5 8))) (list (gethash "aBC" h) (gethash #\X h) (gethash 1.0 h) (gethash (vector 1.0 "A") h) (gethash (list "x" 1.0) h) (gethash 'sym h) (gethash "sym" h) (gethash :key h) (gethash "key" h) (gethash 5/2 h) (gethash #(#\A #\b #\c) h) (gethash nil h) (hash-table-count h)))
(progn (defstruct tables-point x y) (let ((h (make-hash-table :test 'equalp)) (g (make-hash-table :test 'equal)) (p (make-tables-point :x 1 :y "a"))) (setf (gethash p h) 1 (gethash p g) 2) (list (gethash (make-tables-point :x 1.0 :y "A") h) (gethash (make-tables-point :x 2) h) (gethash p g) (gethash (copy-tables-point p) g))))
(let ((h (make-hash-table :test 'equal)) (a "key") (b (copy-seq "key"))) (setf (gethash a h) 1 (gethash b h) 2) (list (hash-table-count h) (gethash "key" h) (entries h)))

;;; Places
(let ((h (make-hash-table))) (incf (gethash :n h 0)) (incf (gethash :n h 0) 5) (push 1 (gethash :l h)) (push 2 (gethash :l h)) (setf (getf (gethash :p h) 'a) 1) (pushnew 2 (gethash :l h)) (list (gethash :n h) (gethash :l h) (gethash :p h)))
(let ((h (make-hash-table)) (order '())) (flet ((note (x) (push x order) x)) (setf (gethash (note :k) (progn (note :h) h)) (note :v)) (list (reverse order) (gethash :k h))))
(let ((h (table 'eql :a 1 :b 2))) (rotatef (gethash :a h) (gethash :b h)) (entries h))
(gethash 1 5)
(setf (gethash 1 nil) 2)
(remhash 1 "a")
(maphash #'list nil)
(clrhash 5)
(hash-table-count '())

;;; Order, and changes while they are gone through
(entries (table 'equal "c" 1 "a" 2 "b" 3 "a" 9))
(let ((h (make-hash-table))) (dotimes (i 10) (setf (gethash i h) t)) (remhash 3 h) (remhash 7 h) (remhash 5 h) (setf (gethash :x h) 1 (gethash :y h) 2) (mapcar #'first (entries h)))
(let ((h (make-hash-table))) (dotimes (i 5) (setf (gethash i h) t)) (dotimes (i 5) (remhash i h)) (dotimes (i 7) (setf (gethash i h) t)) (mapcar #'first (entries h)))
(let ((h (make-hash-table :test 'equal))) (dotimes (i 40) (setf (gethash (format nil "~D" i) h) i)) (loop for i from 0 below 40 by 3 do (remhash (format nil "~D" i) h)) (dotimes (i 30) (setf (gethash (list i) h) i)) (mapcar #'first (entries h)))
(let ((h (table 'eql 1 :a 2 :b 3 :c))) (list (eq (clrhash h) h) (hash-table-count h) (entries h) (progn (setf (gethash 9 h) 1 (gethash 8 h) 2) (entries h))))
(let ((h (make-hash-table))) (dotimes (i 8) (setf (gethash i h) i)) (maphash (lambda (k v) (if (evenp k) (remhash k h) (setf (gethash k h) (* v 10)))) h) (entries h))
(let ((h (table 'eql 1 :a 2 :b))) (maphash (lambda (k v) (declare (ignore v)) (remhash k h)) h))
(let ((h (table 'eql 1 :a 2 :b 3 :c)) (seen '())) (maphash (lambda (k v) (declare (ignore v)) (push k seen) (remhash 3 h)) h) (list seen (hash-table-count h)))
(loop for k being the hash-keys of (table 'eql 1 :a 2 :b) using (hash-value v) collect (list k v))
(let ((h (table 'eql 1 :a 2 :b 3 :c))) (list (loop for v being the hash-values of h collect v) (loop for k being each hash-key in h collect k) (loop for k being the hash-keys in h when (oddp k) do (remhash k h) finally (return (entries h)))))
(let ((h (make-hash-table :test 'equal))) (setf (gethash "b" h) 1 (gethash :b h) 2 (gethash '(b) h) 3 (gethash 1.5 h) 4) (loop for k being the hash-keys of h collect k))
(with-hash-table-iterator (next (table 'eql 1 :a 2 :b)) (list (multiple-value-list (next)) (multiple-value-list (next)) (first (multiple-value-list (next)))))
(with-hash-table-iterator (next (table 'eql 1 :a 2 :b 3 :c)) (loop (multiple-value-bind (more k v) (next) (unless more (return :done)) (when (= k 2) (return v)))))

;;; The rest
(list (= (sxhash "abc") (sxhash (copy-seq "abc"))) (= (sxhash '(1 "a")) (sxhash (list 1 "a"))) (typep (sxhash 'a) '(and fixnum unsigned-byte)) (= (sxhash 1) (sxhash 1)))
(let ((h (make-hash-table :test #'eq :weakness nil :synchronized t))) (setf (gethash 'a h) 1) (gethash 'a h))
(list (hash-table-rehash-size (make-hash-table)) (hash-table-rehash-threshold (make-hash-table)) (hash-table-size (make-hash-table)) (hash-table-size (make-hash-table :size 100)))
(let ((h (make-hash-table :test 'equal)) (words '("the" "cat" "the" "dog" "the" "cat"))) (dolist (w words) (incf (gethash w h 0))) (sort (entries h) #'> :key #'second))
(multiple-value-bind (v found) (gethash "x" (table 'equal "x" nil)) (list v found))
(let ((h (make-hash-table))) (handler-case (gethash 'a h) (error () :error)) (or (gethash 'a h) :default))
(eql (table 'eql 1 2) (table 'eql 1 2))

; A key is what it was when it was entered, in a table that folds case, too.
(let ((h (make-hash-table :test 'equalp)))
  (setf (gethash "Lisp" h) 1 (gethash "lisp" h) 2 (gethash #\X h) 3 (gethash #(#\L #\i #\s #\p) h) 4 (gethash "" h) 5)
  (incf (gethash "LISP" h))
  (push 3 (gethash (list "A" 1.0) h))
  (setf (gethash (list "a" 1) h) 5)
  (list (loop for k being the hash-keys of h using (hash-value v) collect (list k v))
        (gethash #() h) (remhash "LISP" h) (gethash "Lisp" h) (setf (gethash "LiSP" h) 2)
        (loop for k being the hash-keys of h collect k)))
