from typing import Any, Callable, Literal, Sequence

from ..lisp.conditions import stream_error
from ..lisp.keywords import keyword

__all__ = ["external_format", "character_encoding_error", "character_decoding_error"]

# What designates one: an encoding's name, or that and options, as ("latin-1", "eol_style", "crlf").
_ExternalFormat = external_format | str | Sequence[str | None]

class external_format:
    encoding: keyword
    eol_style: keyword
    errors: keyword | None
    replacement: str | None
    codec: str
    newline: str
    make_decoder: Callable[[], Any]
    make_encoder: Callable[[], Any]
    def __init__(self, encoding: str = "default", *, eol_style: Literal["lf", "crlf", "cr"] | keyword = "lf",
                 errors: str | None = None, replacement: str | None = None) -> None: ...
    def __eq__(self, other: object) -> bool: ...
    def __hash__(self) -> int: ...

class character_encoding_error(stream_error, UnicodeError):
    character: str | None
    position: int | None
    external_format: Any
    def __init__(self, /, *arguments: object, stream: object = None, character: str | None = None,
                 position: int | None = None, external_format: object = None) -> None: ...

class character_decoding_error(stream_error, UnicodeError):
    octets: bytes | None
    reason: str | None
    external_format: Any
    def __init__(self, /, *arguments: object, stream: object = None, octets: bytes | None = None,
                 reason: str | None = None, external_format: object = None) -> None: ...
