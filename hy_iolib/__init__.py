"""IOLib's networking for Python and Hy: sockets, addresses, streams, an event loop."""

import sys

import hy

# The macros' expansions say hy.I.hy-iolib.…: found there at once, instead of imported each time.
hy.I.hy_iolib = sys.modules[__name__]

from .lisp.packages import everything_of, gather  # noqa: E402
from . import lisp, syscalls, multiplex, streams, sockets  # noqa: E402

gather(globals(), lisp, syscalls, multiplex, streams, sockets)

# `import *` is one thing for Hy and another for Python, where `socket` or `signal` would shadow.
__getattr__ = everything_of(globals(), globals().pop("__all__"))
