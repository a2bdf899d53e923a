import sys
from typing import Any, Callable, ClassVar, overload
from typing_extensions import Self, TypeVar, TypeVarTuple, Unpack

__all__ = ["values", "primary_value", "multiple_value_list", "nth_value", "multiple_value_call"]

_T = TypeVar("_T")
_R = TypeVar("_R")
_Ts = TypeVarTuple("_Ts", default=Unpack[tuple[Any, ...]])

# That a tuple has attributes, too, was a layout of its own before CPython 3.12.
if sys.version_info >= (3, 12):
    def _disjoint_base(cls: type[_T]) -> type[_T]: ...
else:
    from typing_extensions import disjoint_base as _disjoint_base

# What calling `values` does is its metaclass's affair; type checkers want to be told so of `__new__`.
class _values_type(type): ...

class _values_of_items(tuple[Unpack[_Ts]]):
    # One value is just that value.
    @overload
    def __new__(cls, item: _T, /) -> _T: ...  # type: ignore[misc]
    @overload
    def __new__(cls, *items: Unpack[_Ts]) -> Self: ...

@_disjoint_base
class values(_values_of_items[Unpack[_Ts]], metaclass=_values_type):
    def __bool__(self) -> bool: ...

# Of the values with names, which a sequence makes: `received((buffer, count, host, port))`.
class _named_values(values[Unpack[_Ts]]):
    _fields: ClassVar[tuple[str, ...]]
    def __new__(cls, iterable: tuple[Unpack[_Ts]], /) -> Self: ...

@overload
def primary_value(x: values[_T, Unpack[tuple[Any, ...]]]) -> _T: ...
@overload
def primary_value(x: _T) -> _T: ...
def multiple_value_list(x: object) -> list[Any]: ...
def nth_value(n: int, x: object) -> Any: ...
def multiple_value_call(function: Callable[..., _R], *arguments: object) -> _R: ...
