"""Programs of Common Lisp, as they are: its operators, its reader, its compiler to Python's bytecode.

`python -m hy_iolib load FILE.lisp` runs files; `import hy_iolib.cl.importer` makes them importable. In
Hy, `(require hy-iolib.cl *)` and `(import hy-iolib.cl *)` give a file Common Lisp's operators. Nothing
else in the library needs this package.
"""

import keyword
import sys
import warnings

import hy  # noqa: F401  makes .hy importable

import hy_iolib

# Expansions say hy.I.hy-iolib.cl.…, from the first module on.
hy_iolib.cl = sys.modules[__name__]

# The dialect is there to take the place of Hy's own `if`, `let`, `cond`, ….
warnings.filterwarnings("ignore", r"New macro `[^`]*` will shadow the core macro", RuntimeWarning)

from . import evaluation  # noqa: E402,F401  with it all the others
from .dialect import operator_macros, python_names, reader_macros  # noqa: E402
from .loading import load_file  # noqa: E402,F401

_hy_macros = operator_macros()
_hy_export_macros = list(_hy_macros)
_hy_reader_macros = reader_macros
_names = python_names()
globals().update(_names)
# Not `not`, `import`, …, which neither Python nor a stub can name.
__all__ = ["load_file", *(name for name in _names if not keyword.iskeyword(name))]
del _names, keyword
