from typing import Literal, overload
from typing_extensions import TypeVar

from ..lisp.conditions import stream_error
from .designators import _StreamOrStandard

__all__ = [
    "read_byte", "read_char", "read_char_no_hang", "peek_char", "unread_char", "listen", "read_line",
    "clear_input", "line_too_long", "no_characters_to_unread",
]

# With eof_error_p false, what is given back at the end of the file.
_T = TypeVar("_T", default=None)

@overload
def read_byte(stream: _StreamOrStandard = None, eof_error_p: Literal[True] = True, eof_value: object = None,
              *, timeout: float | None = None) -> int: ...
@overload
def read_byte(stream: _StreamOrStandard = None, *, eof_error_p: bool | None, eof_value: _T = ...,
              timeout: float | None = None) -> int | _T: ...
@overload
def read_byte(stream: _StreamOrStandard, eof_error_p: bool | None, eof_value: _T = ..., *,
              timeout: float | None = None) -> int | _T: ...
@overload
def read_char(stream: _StreamOrStandard = None, eof_error_p: Literal[True] = True, eof_value: object = None,
              recursive_p: object = None, *, timeout: float | None = None) -> str: ...
@overload
def read_char(stream: _StreamOrStandard = None, *, eof_error_p: bool | None, eof_value: _T = ...,
              recursive_p: object = None, timeout: float | None = None) -> str | _T: ...
@overload
def read_char(stream: _StreamOrStandard, eof_error_p: bool | None, eof_value: _T = ...,
              recursive_p: object = None, *, timeout: float | None = None) -> str | _T: ...
@overload
def read_line(stream: _StreamOrStandard = None, eof_error_p: Literal[True] = True, eof_value: object = None,
              recursive_p: object = None, *, timeout: float | None = None) -> str: ...
@overload
def read_line(stream: _StreamOrStandard = None, *, eof_error_p: bool | None, eof_value: _T = ...,
              recursive_p: object = None, timeout: float | None = None) -> str | _T: ...
@overload
def read_line(stream: _StreamOrStandard, eof_error_p: bool | None, eof_value: _T = ...,
              recursive_p: object = None, *, timeout: float | None = None) -> str | _T: ...
@overload
def read_char_no_hang(stream: _StreamOrStandard = None, eof_error_p: Literal[True] = True,
                      eof_value: object = None, recursive_p: object = None) -> str | None: ...
@overload
def read_char_no_hang(stream: _StreamOrStandard = None, *, eof_error_p: bool | None, eof_value: _T = ...,
                      recursive_p: object = None) -> str | None | _T: ...
@overload
def read_char_no_hang(stream: _StreamOrStandard, eof_error_p: bool | None, eof_value: _T = ...,
                      recursive_p: object = None) -> str | None | _T: ...
@overload
def peek_char(peek_type: str | bool | None = None, stream: _StreamOrStandard = None,
              eof_error_p: Literal[True] = True, eof_value: object = None, recursive_p: object = None, *,
              timeout: float | None = None) -> str: ...
@overload
def peek_char(peek_type: str | bool | None = None, stream: _StreamOrStandard = None, *,
              eof_error_p: bool | None, eof_value: _T = ..., recursive_p: object = None,
              timeout: float | None = None) -> str | _T: ...
@overload
def peek_char(peek_type: str | bool | None, stream: _StreamOrStandard, eof_error_p: bool | None,
              eof_value: _T = ..., recursive_p: object = None, *,
              timeout: float | None = None) -> str | _T: ...
def unread_char(character: str, stream: _StreamOrStandard = None) -> None: ...
def listen(stream: _StreamOrStandard = None) -> bool: ...
def clear_input(stream: _StreamOrStandard = None) -> None: ...

class line_too_long(stream_error, ValueError):
    limit: int | None
    def __init__(self, /, *arguments: object, stream: object = None, limit: int | None = None) -> None: ...

class no_characters_to_unread(stream_error): ...
