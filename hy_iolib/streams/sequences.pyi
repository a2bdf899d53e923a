from typing import Any, Sequence, TypeVar

from _typeshed import ReadableBuffer, WriteableBuffer

from .designators import _Stream
from .gray_streams import dual_channel_gray_stream

__all__ = [
    "read_sequence", "hyx_read_sequenceXasteriskX", "write_sequence", "hyx_write_sequenceXasteriskX",
    "drain_input_buffer",
]

_S = TypeVar("_S", bound=ReadableBuffer | Sequence[int | str])

def read_sequence(sequence: WriteableBuffer | list[Any], stream: _Stream, *, start: int = 0,
                  end: int | None = None, timeout: float | None = None) -> int: ...
def hyx_read_sequenceXasteriskX(stream: _Stream, sequence: WriteableBuffer | list[Any], *, start: int = 0,
                                end: int | None = None, timeout: float | None = None) -> int: ...
def write_sequence(sequence: _S, stream: _Stream, *, start: int = 0,
                   end: int | None = None, timeout: float | None = None) -> _S: ...
def hyx_write_sequenceXasteriskX(stream: _Stream, sequence: _S, *, start: int = 0,
                                 end: int | None = None, timeout: float | None = None) -> _S: ...
def drain_input_buffer(stream: dual_channel_gray_stream, sequence: WriteableBuffer | list[int], *,
                       start: int = 0, end: int | None = None) -> int: ...
