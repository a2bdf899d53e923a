# What the compiler's parts have of each other; programs use `hy_iolib.cl`.
from typing import Any

__all__ = ["foreign", "foreign_call_shape"]

def foreign(f: Any, name: Any = None, lenient: Any = False, after: Any = None) -> Any: ...
def foreign_call_shape(f: Any, arguments: Any) -> Any: ...
