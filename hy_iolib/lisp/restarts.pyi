from typing import Any, Callable, NoReturn, Protocol
from typing_extensions import Self

__all__ = ["restart", "with_simple_restart", "find_restart", "invoke_restart"]

class _Writable(Protocol):
    def write(self, text: str, /) -> object: ...

class restart:
    name: str
    index: int
    report: str | Callable[[_Writable], object] | None
    test: Callable[[Any], object] | None
    offer: object
    def __init__(self, name: str, index: int, report: str | Callable[[_Writable], object] | None,
                 test: Callable[[Any], object] | None, offer: object) -> None: ...

class with_simple_restart:
    restarts: list[restart]
    outer: Any
    def __init__(self, name: str, control: str, *arguments: object) -> None: ...
    def __enter__(self) -> Self: ...
    # True when the restart was invoked: the program goes on behind the block.
    def __exit__(self, _: object, e: BaseException | None, traceback: object) -> bool: ...

def find_restart(name: str | restart, condition: BaseException | None = None) -> restart | None: ...
def invoke_restart(name: str | restart, /, *arguments: object, **keywords: object) -> NoReturn: ...
