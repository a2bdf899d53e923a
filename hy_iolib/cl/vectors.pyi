# What the compiler's parts have of each other; programs use `hy_iolib.cl`.
from typing import Any

from .arrays import vector

__all__ = ["bit_vector", "set_aref"]

class bit_vector(vector): ...
def set_aref(x: Any, array: Any, *subscripts: Any) -> Any: ...
