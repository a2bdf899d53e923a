from io import IOBase
from typing import IO, Any, Literal

from .gray_streams import dual_channel_gray_stream

__all__ = ["open_stream_p", "input_stream_p", "output_stream_p", "stream_element_type"]

# A stream of this library, or one of Python's files; where it may be left out, None and True are
# standard input or output.
_Stream = dual_channel_gray_stream | IOBase | IO[Any]
_StreamOrStandard = _Stream | Literal[True] | None

def open_stream_p(stream: _Stream) -> bool: ...
def input_stream_p(stream: _Stream) -> bool: ...
def output_stream_p(stream: _Stream) -> bool: ...
def stream_element_type(stream: _Stream) -> tuple[str, int] | str: ...
