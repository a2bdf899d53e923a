# What the compiler's parts have of each other; programs use `hy_iolib.cl`.
from typing import Any

__all__ = ["condition_of", "report_of"]

def condition_of(e: Any) -> Any: ...
def report_of(c: Any, out: Any = None) -> Any: ...
