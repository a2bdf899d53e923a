"Ending well: `unwind-protect`, and `close` and `with-open-stream` for whatever can be closed."

(import functools [singledispatch])
(import hy-iolib.lisp.specials [special-name?])

(export :objects [close] :macros [unwind-protect with-open-stream])

(defn [singledispatch] close [x * [abort False]]
  "Close X: a socket, a stream, an event base, anything with a method `close`. Returns True.

  A stream of this library sends its pending output first, for at most 15 seconds, unless ABORT is
  true (False by default), and its descriptor is free again in any case: also when that signals
  `hangup` or `poll-timeout`. Closing twice is no error. `TypeError` of what has no method `close`.
  `close.register(class, function)` adds kinds.

  => (import io)
  => (close (io.StringIO))
  True

  >>> a, b = make_socket_pair()
  >>> close(a)
  True

  Source: Common Lisp."
  (setv method (getattr x "close" None))
  (when (not (callable method))
    (raise (TypeError f"close: {x !r} can't be closed: it has no method `close`")))
  (method)
  True)

(defmacro unwind-protect [form #* cleanup]
  "The value of FORM; CLEANUP, any number of forms, runs on every way out of it.

  => (setv out [])
  => (unwind-protect (+ 1 1) (.append out \"cleaned\"))
  2
  => out
  [\"cleaned\"]

  Source: Common Lisp."
  (if cleanup
      `(try ~form (finally ~@cleanup))
      form))

(defn bind-and-close [variable form body]
  "The form that runs BODY with VARIABLE, a symbol, bound to what FORM gives, which is closed at the end.
  A special variable, as the asterisks of its name say, is bound as one."
  (setv body (or body ['None]))
  (if (special-name? variable)
      (do
        (setv x (hy.gensym "x"))
        `(with [~x ~form
                _ (hy.I.hy-iolib.lisp.specials.bound [#(~variable ~x)])]
           ~@body))
      `(with [~variable ~form] ~@body)))

(defmacro with-open-stream [binding #* body]
  "Run BODY with a variable bound to a stream, which is closed on every way out: `(with-open-stream
  (variable stream) body…)`. The value is BODY's. After an error pending output is dropped, otherwise
  sent. STREAM is any context manager; in Python `with`. A `*special*` variable is bound as such.

  => (setv [a b] (make-socket-pair))
  => (with-open-stream (s a) (write-line \"hello\" s))
  => (read-line b)
  \"hello\"

  Source: Common Lisp."
  (when (not (and (isinstance binding #(hy.models.Expression hy.models.List)) (= (len binding) 2)
                  (isinstance (get binding 0) hy.models.Symbol)))
    (raise (TypeError "(with-open-stream (variable stream) body…)")))
  (.bind-and-close (hy.I "hy_iolib.lisp.closing") #* binding body))
