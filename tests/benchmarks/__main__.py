"""`python tests/benchmarks [NAME…]` runs the benchmarks and prints their ratios."""

import importlib
import pathlib
import sys

import hy  # noqa: F401  makes .hy importable

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE))

for name in sys.argv[1:] or ["startup", "sockets", "addresses", "streams", "event_loop", "tls",
                             "common_lisp"]:
    importlib.import_module(name).main()
