"Ending well: `unwind-protect`, and `close` and `with-open-stream` for whatever can be closed."

(import functools [singledispatch])

(export :objects [close] :macros [unwind-protect with-open-stream])

(defn [singledispatch] close [x * [abort False]]
  "Close X: a socket, a stream, anything with a method `close`. Returns True.

  A stream of this library sends its pending output first, unless ABORT is true, and its descriptor
  is free again in any case. Closing twice is no error. `close.register(class, function)` adds
  kinds.

  => (import io)
  => (close (io.StringIO))
  True"
  (setv method (getattr x "close" None))
  (when (not (callable method))
    (raise (TypeError f"close: {x !r} can't be closed: it has no method `close`")))
  (method)
  True)

(defmacro unwind-protect [form #* cleanup]
  "The value of FORM; CLEANUP runs on every way out of it.

  => (setv out [])
  => (unwind-protect (+ 1 1) (.append out \"cleaned\"))
  2
  => out
  [\"cleaned\"]"
  (if cleanup
      `(try ~form (finally ~@cleanup))
      form))

(defmacro with-open-stream [binding #* body]
  "Run BODY with a variable bound to a stream, which is closed on every way out: `(with-open-stream
  (variable stream) body…)`. After an error pending output is dropped, otherwise sent.

  => (setv [a b] (make-socket-pair))
  => (with-open-stream (s a) (write-line \"hello\" s))
  => (read-line b)
  \"hello\"

  Source: Common Lisp."
  (when (not (and (isinstance binding #(hy.models.Expression hy.models.List)) (= (len binding) 2)
                  (isinstance (get binding 0) hy.models.Symbol)))
    (raise (TypeError "(with-open-stream (variable stream) body…)")))
  `(with [~@binding] ~@(or body ['None])))
