"Ending well: `unwind-protect`, and `close` for whatever can be closed."

(import functools [singledispatch])

(export :objects [close] :macros [unwind-protect])

(defn [singledispatch] close [x * [abort False]]
  "Close X: a socket, a stream, anything with a method `close`. Returns True.

  A stream of this library sends its pending output first, unless ABORT is true, and its descriptor
  is free again in any case. Closing twice is no error. `close.register(class, function)` adds kinds.

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
