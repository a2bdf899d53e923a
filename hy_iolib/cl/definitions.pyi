# What the compiler's parts have of each other; programs use `hy_iolib.cl`.
from typing import Any

__all__ = ["functions", "macros", "SYSTEM"]

functions: Any
macros: Any
SYSTEM: Any
