;;;; run: (huffman:main)
;;; huffman.lisp - sends texts compressed: Huffman trees as conses, bit vectors, and a checksum, over a datagram pair of UDP sockets.

(defpackage "HUFFMAN" (:use "COMMON-LISP" "IOLIB") (:export "MAIN"))
(in-package "HUFFMAN")

;; A tree is a leaf (weight . character) or a node (weight left right).

(defun weight (tree) (car tree))
(defun leafp (tree) (characterp (cdr tree)))

(defun frequencies (text)
  (let ((counts '()))
    (map nil (lambda (c)
               (let ((entry (rassoc c counts)))
                 (if entry (incf (car entry)) (push (cons 1 c) counts))))
         text)
    counts))

(defun smallest (tree)
  (if (leafp tree) (cdr tree) (reduce (lambda (a b) (if (char< a b) a b)) (mapcar #'smallest (cdr tree)))))

(defun tree< (a b)
  (or (< (weight a) (weight b))
      (and (= (weight a) (weight b)) (char< (smallest a) (smallest b)))))

(defun build-tree (text)
  (do ((forest (sort (frequencies text) #'tree<)
               (merge 'list
                      (list (list (+ (weight (first forest)) (weight (second forest))) (first forest) (second forest)))
                      (cddr forest)
                      #'tree<)))
      ((endp (rest forest)) (first forest))))

(defun code-table (tree)
  "A hash table: character -> bit vector."
  (let ((table (make-hash-table)))
    (labels ((walk (tree bits)
               (if (leafp tree)
                   (setf (gethash (cdr tree) table) (coerce (reverse bits) 'simple-bit-vector))
                   (destructuring-bind (left right) (cdr tree)
                     (walk left (cons 0 bits))
                     (walk right (cons 1 bits))))))
      (walk tree (if (leafp tree) '(0) '())))
    table))

(defun encode (text table)
  (let ((bits (make-array 64 :element-type 'bit :adjustable t :fill-pointer 0)))
    (loop for c across text
          do (loop for b across (gethash c table) do (vector-push-extend b bits)))
    bits))

(defun decode-bits (bits tree count)
  (loop with position = 0
        repeat count
        collect (loop with node = tree
                      initially (when (leafp node) (incf position))
                      until (leafp node)
                      do (setf node (if (zerop (aref bits position)) (second node) (third node)))
                         (incf position)
                      finally (return (cdr node)))
          into characters
        finally (return (values (coerce characters 'string) position))))

(defun pack (bits)
  (let* ((n (length bits))
         (octets (make-array (ceiling n 8) :element-type '(unsigned-byte 8) :initial-element 0)))
    (dotimes (i n octets)
      (multiple-value-bind (octet offset) (floor i 8)
        (setf (ldb (byte 1 (- 7 offset)) (aref octets octet)) (sbit bits i))))))

(defun unpack (octets start count)
  (let ((bits (make-array count :element-type 'bit)))
    (loop for i below count
          do (setf (aref bits i)
                   (ldb (byte 1 (- 7 (mod i 8))) (aref octets (+ start (floor i 8))))))
    bits))

;; A message: u16 number of characters, u16 number of bits, u8 number of leaves, leaves (u8 code, u8 weight), bits, u8 checksum.

(defun u16 (n) (list (ldb (byte 8 8) n) (ldb (byte 8 0) n)))

(defun message (text)
  (let* ((tree (build-tree text))
         (bits (encode text (code-table tree)))
         (leaves (sort (frequencies text) #'char< :key #'cdr))
         (body (concatenate '(vector (unsigned-byte 8))
                            (u16 (length text)) (u16 (length bits)) (list (length leaves))
                            (loop for (weight . c) in leaves collect (char-code c) collect weight)
                            (pack (coerce bits 'simple-bit-vector)))))
    (concatenate '(vector (unsigned-byte 8)) body (list (checksum body)))))

(defun checksum (octets &optional (end (length octets)))
  (let ((sum 0))
    (dotimes (i end (logxor sum #xff))
      (setf sum (logand #xff (+ (logior (ash (logand sum #x7f) 1) (ash sum -7)) (aref octets i)))))))

(defun unmessage (octets)
  (let ((end (1- (length octets))))
    (assert (= (checksum octets end) (aref octets end)) (octets) "checksum ~2,'0X should be ~2,'0X"
            (aref octets end) (checksum octets end))
    (flet ((number-at (i) (logior (ash (aref octets i) 8) (aref octets (1+ i)))))
      (let* ((leaves (loop repeat (aref octets 4)
                           for i from 5 by 2
                           collect (cons (aref octets (1+ i)) (code-char (aref octets i)))))
             (tree (do ((forest (sort leaves #'tree<)
                                (merge 'list (list (list (+ (caar forest) (caadr forest)) (first forest) (second forest)))
                                       (cddr forest) 'tree<)))
                       ((null (cdr forest)) (car forest))))
             (bits (unpack octets (+ 5 (* 2 (aref octets 4))) (number-at 2))))
        (values (decode-bits bits tree (number-at 0)) tree)))))

(defun serve (socket)
  (loop
    (wait-until-fd-ready (socket-os-fd socket) :input)
    (multiple-value-bind (buffer count host port) (receive-from socket :size 1000)
      (when (zerop count) (return :done))
      (let ((reply (handler-case (unmessage (subseq buffer 0 count))
                     (error (e) (format nil "! ~A" e)))))
        (send-to socket (message (reverse reply)) :remote-host host :remote-port port)))))

(defun show-tree (tree &optional (depth 0))
  (if (leafp tree)
      (format t "~vT~D ~:C~%" (* 2 depth) (weight tree) (cdr tree))
      (progn
        (format t "~vT~D~%" (* 2 depth) (weight tree))
        (mapc (lambda (child) (show-tree child (1+ depth))) (rest tree)))))

(defun main ()
  (with-open-socket (server :type :datagram :local-host +ipv4-loopback+ :local-port 0 :ipv6 nil)
    (with-open-socket (client :type :datagram :remote-host +ipv4-loopback+ :remote-port (local-port server) :ipv6 nil)
      (let ((thread (bt:make-thread (lambda () (serve server)))))
        (flet ((receive ()
                 (wait-until-fd-ready (socket-os-fd client) :input 10 t)
                 (multiple-value-bind (buffer count) (receive-from client :size 1000)
                   (values (unmessage (subseq buffer 0 count)) count))))
          (dolist (text '("abracadabra" "mississippi river" "zzzz" "to be or not to be, that is the question" "x"))
            (let ((octets (message text)))
              (send-to client octets)
              (multiple-value-bind (answer count) (receive)
                (format t "~S: ~D octets of ~D, ~D% ~A~%   ~S~%" text (length octets) (length text)
                        (round (* 100 (length (encode text (code-table (build-tree text))))) (* 8 (length text)))
                        (if (= count (length octets)) "same" "other")
                        answer))))
          (let ((bad (message "spoiled")))
            (setf (aref bad 6) 99)
            (send-to client bad)
            (format t "~A~%" (reverse (receive))))
          (send-to client (make-array 0 :element-type '(unsigned-byte 8)))
          (format t "~A~%" (bt:join-thread thread))))))
  (let* ((text "abracadabra") (tree (build-tree text)) (table (code-table tree)))
    (show-tree tree)
    (format t "~{~A ~S~^, ~}~%" (loop for c in (sort (loop for k being the hash-keys of table collect k) #'char<)
                                      collect c collect (gethash c table)))
    (format t "~S ~S~%" (subseq (encode text table) 0 8) (pack #*1000000011))
    (format t "~S ~S ~S~%" (bit-and #*1100 #*1010) (bit-xor #*1100 #*1010) (bit-not #*1100))
    (format t "~S ~S ~S~%" (count 1 #*10110) (position 0 #*1101) (reduce (lambda (a b) (+ (* 2 a) b)) #*1101))))
