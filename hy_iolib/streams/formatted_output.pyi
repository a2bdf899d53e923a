from typing import Literal, overload

from ..lisp.conditions import error
from .designators import _Stream

__all__ = ["format", "format_error"]

@overload
def format(destination: None, control: str, /, *arguments: object) -> str: ...
@overload
def format(destination: _Stream | Literal[True], control: str, /, *arguments: object) -> None: ...

class format_error(error, ValueError):
    complaint: str | None
    def __init__(self, /, *arguments: object, complaint: str | None = None) -> None: ...
