"What the buffers of a stream hold."

(import hy-iolib.streams.gray-streams [check-stream])

(export
  :objects [input-buffer-size input-buffer-empty-p output-buffer-size output-buffer-empty-p
            read-buffer-size read-buffer-empty-p write-buffer-size write-buffer-empty-p]
  :macros [])

(defn input-buffer-size [stream]
  "How many octets STREAM, a stream of this library, has read from the system that are not read from it
  yet. A `type-error` of what is no such stream; 0 of one that is closed.

  => (setv [a b] (make-socket-pair))
  => (write-line \"hello\" a) (finish-output a) (read-char b) (input-buffer-size b)
  5

  >>> a, b = make_socket_pair()
  >>> input_buffer_size(b)
  0

  Source: IOLib 0.8, iolib/streams; `read-buffer-size` is the same."
  (check-stream stream)
  (._settle stream)
  (- (len stream._input) stream._position))

(defn input-buffer-empty-p [stream]
  "Has STREAM nothing in its input buffer? What the system still has is not asked for: `listen` does
  that. As `input-buffer-size`.

  => (setv [a b] (make-socket-pair))
  => (input-buffer-empty-p b)
  True

  >>> a, b = make_socket_pair()
  >>> input_buffer_empty_p(b)
  True

  Source: IOLib 0.8, iolib/streams; `read-buffer-empty-p` is the same."
  (and (= (input-buffer-size stream) 0) (is stream._pending None)))

(defn output-buffer-size [stream]
  "How many octets were written to STREAM, a stream of this library, that the system has not taken yet.
  A `type-error` of what is no such stream; 0 of one that is closed.

  => (setv [a b] (make-socket-pair))
  => (write-line \"hello\" a) (output-buffer-size a)
  6

  >>> a, b = make_socket_pair()
  >>> write_line(\"hello\", a)
  'hello'
  >>> output_buffer_size(a)
  6

  Source: IOLib 0.8, iolib/streams; `write-buffer-size` is the same."
  (check-stream stream)
  (._pending-output stream))

(defn output-buffer-empty-p [stream]
  "Has the system taken all that was written to STREAM? As `output-buffer-size`.

  => (setv [a b] (make-socket-pair))
  => (write-line \"hello\" a) (output-buffer-empty-p a)
  False

  >>> a, b = make_socket_pair()
  >>> output_buffer_empty_p(a)
  True

  Source: IOLib 0.8, iolib/streams; `write-buffer-empty-p` is the same."
  (= (output-buffer-size stream) 0))

;; The names of IOLib 0.8.
(setv read-buffer-size input-buffer-size
      read-buffer-empty-p input-buffer-empty-p
      write-buffer-size output-buffer-size
      write-buffer-empty-p output-buffer-empty-p)
