# What the compiler's parts have of each other; programs use `hy_iolib.cl`.
from typing import Any

__all__ = ["structure_object", "structure_slots"]

class structure_object:
    lisp_metaclass: Any
    lisp_name: Any
    structure_slots: Any

def structure_slots(x: Any) -> Any: ...
