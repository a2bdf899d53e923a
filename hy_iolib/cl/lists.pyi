# What the compiler's parts have of each other; programs use `hy_iolib.cl`.
from typing import Any

from .calling import gensym as gensym

__all__ = ["as_conses", "cells", "gensym"]

def as_conses(x: Any) -> Any: ...
def cells(x: Any) -> Any: ...
