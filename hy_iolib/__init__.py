"""IOLib's networking for Python and Hy.

Sockets: make_socket (a context manager), connect, accept_connection, send_to, receive_from,
local_name, remote_name, shutdown, close, socket_option, set_socket_option. Streams over them: read_line,
read_char, read_byte, read_sequence, write_line, write_string, write_sequence, format, finish_output,
external_format, text_file, binary_file. Addresses: ensure_address,
ipv4_network, inet_address_in_network_p; names: lookup_hostname, lookup_service, dns_query. TLS: start_tls, and
make_socket(tls=…). An event loop: event_base, set_io_handler, add_timer, event_dispatch. Errors are
conditions and, at the same time, the builtin exceptions (ConnectionRefusedError, TimeoutError, …).

help(hy_iolib.make_socket) and the others' docstrings are the manual; their examples are in Hy and in
Python. `python -m hy_iolib names` lists all names.
"""

import sys

import hy

# The macros' expansions say hy.I.hy-iolib.…: found there at once, instead of imported each time.
hy.I.hy_iolib = sys.modules[__name__]

from .lisp.packages import everything_of, gather  # noqa: E402
from . import lisp, syscalls, multiplex, streams, sockets  # noqa: E402

gather(globals(), lisp, syscalls, multiplex, streams, sockets)

# `import *` is one thing for Hy and another for Python, where `socket` or `signal` would shadow.
__getattr__ = everything_of(globals(), globals().pop("__all__"))
del gather, everything_of, sys
