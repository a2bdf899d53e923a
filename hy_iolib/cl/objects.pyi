# What the compiler's parts have of each other; programs use `hy_iolib.cl`.
from typing import Any

__all__ = ["attribute_of", "standard_object"]

def attribute_of(name: Any) -> Any: ...

class _standard_class(type): ...

class standard_object(metaclass=_standard_class):
    lisp_metaclass: Any
    lisp_name: Any
