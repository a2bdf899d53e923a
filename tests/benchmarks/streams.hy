"Streams against `socket.makefile`."

(import socket)
(import threading [Thread])
(import tracemalloc)
(import hy-iolib [finish-output make-socket-pair read-char read-line read-sequence write-line
                  write-sequence])
(import measure [compare])

(defn files []
  "Two ends of a socket pair, as Python's files."
  (lfor s (socket.socketpair)
    (do
      (setv file (.makefile s "rw" :encoding "utf-8" :newline "\n"))
      (.close s)
      file)))

(defn lines []
  "A line written, sent and read; and forty of them at a time."
  (for [[name line] [["ASCII" (* "x" 79)] ["not ASCII" (* "ü" 79)]]]
    (setv [a b] (make-socket-pair)
          [c d] (files)
          with-newline (+ line "\n"))
    (compare f"write-line, finish-output, read-line, {name}"
      (fn [n] (for [_ (range n)]
                (write-line line a) (finish-output a) (read-line b)))
      (fn [n] (for [_ (range n)]
                (.write c with-newline) (.flush c) (.readline d)))
      10000 0.8)
    (compare f"40 lines a flush, a line, {name}"
      (fn [n] (for [_ (range (// n 40))]
                (for [_ (range 40)] (write-line line a))
                (finish-output a)
                (for [_ (range 40)] (read-line b))))
      (fn [n] (for [_ (range (// n 40))]
                (for [_ (range 40)] (.write c with-newline))
                (.flush c)
                (for [_ (range 40)] (.readline d))))
      40000 1.5)
    (for [s [a b c d]] (.close s))))

(defn sequences []
  "64 KiB at a time."
  (setv [a b] (make-socket-pair)
        [c d] (socket.socketpair)
        piece (bytes 0x10000) buffer (bytearray 0x10000) view (memoryview buffer))
  (compare "64 KiB write-sequence and read-sequence"
    (fn [n] (for [_ (range n)]
              (write-sequence piece a) (finish-output a)
              (read-sequence buffer b)))
    (fn [n] (for [_ (range n)]
              (.sendall c piece)
              (setv count 0)
              (while (< count 0x10000)
                (+= count (.recv-into d (if count (cut view count None) view))))))
    1000 1.2)
  (for [s [a b c d]] (.close s)))

(defn characters []
  "Characters that are in the buffer."
  (for [[name character] [["ASCII" "x"] ["not ASCII" "ü"]]]
    (setv [a b] (make-socket-pair :input-buffer-size 0x100000)
          [c d] (files)
          text (* character 10000))
    (compare f"read-char in the buffer, {name}"
      (fn [n] (for [_ (range (// n 10000))]
                (write-line text a) (finish-output a)
                (for [_ (range 10000)] (read-char b))
                (read-line b)))
      (fn [n] (for [_ (range (// n 10000))]
                (.write c text) (.write c "\n") (.flush c)
                (for [_ (range 10000)] (.read d 1))
                (.readline d)))
      20000 4)
    (for [s [a b c d]] (.close s))))

(defn long-lines []
  "A line of 100 MB, against ones of 40 MB, by the octet. (Of 10 MB an octet takes less: for each
  larger one the system gives memory that was not used before.)"
  (defn line [size]
    (setv [a b] (make-socket-pair)
          text (* "x" size)
          writer (Thread :target (fn [] (write-line text a) (finish-output a))))
    (.start writer)
    (setv result (read-line b))
    (.join writer)
    (assert (= (len result) size))
    (for [s [a b]] (.close s)))
  (compare "two lines of 100 MB, against five of 40 MB"
    (fn [n] (for [_ (range 2)] (line 100000000)))
    (fn [n] (for [_ (range 5)] (line 40000000)))
    1 1.5 :pairs 5))

(defn idle []
  "The Python memory of a connected socket that was not used as a stream."
  (setv number 200)
  (tracemalloc.start)
  (setv before (get (tracemalloc.get-traced-memory) 0)
        pairs (lfor _ (range number) (make-socket-pair))
        after (get (tracemalloc.get-traced-memory) 0))
  (tracemalloc.stop)
  (print (.format "an idle connected socket: {:.0f} octets of memory (limit 1024)"
                  (/ (- after before) (* 2 number))))
  (for [pair pairs s pair] (.close s)))

(defn main []
  (lines)
  (sequences)
  (characters)
  (long-lines)
  (idle))
