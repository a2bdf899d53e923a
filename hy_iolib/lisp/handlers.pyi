from typing import Any, Callable, Literal, TypeVar, overload
from typing_extensions import Self

__all__ = ["handler_bind", "signal"]

_C1 = TypeVar("_C1", bound=BaseException)
_C2 = TypeVar("_C2", bound=BaseException)
_C3 = TypeVar("_C3", bound=BaseException)

# A class, or several; `error` is here every exception, as it is for `handler_case`.
class handler_bind:
    cluster: tuple[Any, ...]
    node: Any
    @overload
    def __init__(
        self,
        condition1: type[_C1] | tuple[type[_C1], ...], function1: Callable[[_C1], object], /,
    ) -> None: ...
    @overload
    def __init__(
        self,
        condition1: type[_C1] | tuple[type[_C1], ...], function1: Callable[[_C1], object],
        condition2: type[_C2] | tuple[type[_C2], ...], function2: Callable[[_C2], object], /,
    ) -> None: ...
    @overload
    def __init__(
        self,
        condition1: type[_C1] | tuple[type[_C1], ...], function1: Callable[[_C1], object],
        condition2: type[_C2] | tuple[type[_C2], ...], function2: Callable[[_C2], object],
        condition3: type[_C3] | tuple[type[_C3], ...], function3: Callable[[_C3], object], /,
        *classes_and_functions: Any,
    ) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, kind: object, e: BaseException | None, traceback: object) -> Literal[False]: ...

def signal(datum: BaseException | type[BaseException] | str, /, *arguments: object,
           **slots: object) -> None: ...
