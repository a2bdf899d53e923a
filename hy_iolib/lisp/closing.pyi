from functools import singledispatch
from typing import Literal

__all__ = ["close"]

@singledispatch
def close(x: object, *, abort: bool = False) -> Literal[True]: ...
