# What the compiler's parts have of each other; programs use `hy_iolib.cl`.
from typing import Any

from ..lisp.conditions import error, simple_condition

__all__ = [
    "name_conflict", "package_does_not_exist", "simple_package_error", "hyx_XasteriskXpackageXasteriskX",
]

class name_conflict(error):
    function: Any
    datum: Any
    symbols: Any

class package_does_not_exist(simple_package_error): ...

class simple_package_error(simple_condition, error): ...
hyx_XasteriskXpackageXasteriskX: Any
