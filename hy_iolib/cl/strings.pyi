# What the compiler's parts have of each other; programs use `hy_iolib.cl`.
from ..lisp.conditions import type_error

__all__ = ["bounding_indices_bad_error", "invalid_array_index_error"]

class bounding_indices_bad_error(type_error): ...

class invalid_array_index_error(type_error): ...
