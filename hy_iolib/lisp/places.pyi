from typing import Any, Callable, TypeVar

__all__ = ["defsetf"]

_F = TypeVar("_F", bound=Callable[..., Any])

def defsetf(accessor: _F, setter: Callable[..., Any]) -> _F: ...
