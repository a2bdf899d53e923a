# What the compiler's parts have of each other; programs use `hy_iolib.cl`.
from typing import Any

__all__ = ["symbol", "lisp_package"]

class symbol:
    def __init__(self, name: str, package: lisp_package | None = None) -> None: ...
    def __call__(self, *arguments: Any, **keywords: Any) -> Any: ...
    def __copy__(self) -> Any: ...
    def __deepcopy__(self, memo: Any) -> Any: ...
    function: Any
    info: Any
    name: str
    package: lisp_package | None
    plist: Any
    variable: Any

class lisp_package:
    def __init__(self, name: Any, nicknames: Any = ...) -> None: ...
    def find(self, name: Any) -> Any: ...
    def intern(self, name: Any) -> Any: ...
    def __copy__(self) -> Any: ...
    def __deepcopy__(self, memo: Any) -> Any: ...
    documentation: Any
    external: Any
    local_nicknames: Any
    name: str
    nicknames: Any
    origins: Any
    present: Any
    shadowing: Any
    uses: Any
