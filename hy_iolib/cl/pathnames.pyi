# What the compiler's parts have of each other; programs use `hy_iolib.cl`.
from typing import Any

from pathlib import PurePosixPath

__all__ = ["pathname"]

class pathname(PurePosixPath):
    def __eq__(self, other: Any) -> bool: ...
    def __hash__(self) -> int: ...
