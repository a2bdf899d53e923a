from typing import Iterator, TypeVar

from _typeshed import FileDescriptor

from ..lisp.conditions import stream_error
from ..syscalls import epipe
from .descriptors import dual_channel_fd_mixin
from .external_formats import _ExternalFormat, external_format

__all__ = ["dual_channel_gray_stream", "hangup", "external_format_of", "set_external_format_of",
           "max_line_length", "set_max_line_length"]

_L = TypeVar("_L", bound=int | None)
_F = TypeVar("_F", bound=_ExternalFormat)

class dual_channel_gray_stream(dual_channel_fd_mixin):
    def __init__(self, fd: FileDescriptor, *, input_buffer_size: int | None = None,
                 output_buffer_size: int | None = None, external_format: _ExternalFormat | None = None,
                 max_line_length: int | None = None) -> None: ...
    def __iter__(self) -> Iterator[str]: ...
    def fileno(self) -> int: ...

class hangup(epipe, stream_error):
    def __init__(self, /, *arguments: object, syscall: str | None = None, fd: int | None = None,
                 place: object = None, stream: object = None) -> None: ...

def external_format_of(stream: dual_channel_gray_stream) -> external_format: ...
def set_external_format_of(stream: dual_channel_gray_stream, value: _F) -> _F: ...
def max_line_length(stream: dual_channel_gray_stream) -> int | None: ...
def set_max_line_length(stream: dual_channel_gray_stream, value: _L) -> _L: ...
