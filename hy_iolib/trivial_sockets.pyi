from typing import Any, Literal, overload

from .lisp.conditions import error
from .lisp.keywords import keyword
from .lisp.multiple_values import _named_values
from .sockets.addresses import _Address
from .sockets.classes import socket_stream_internet_active, socket_stream_internet_passive
from .sockets.services import _Port
from .streams.external_formats import _ExternalFormat

__all__ = [
    "open_stream", "open_server", "opened_server", "close_server", "accept_connection",
    "socket_error", "socket_nested_error", "unsupported", "unsupported_feature",
]

# "any" is the unspecified address. Streams take characters and octets alike.
_Element = str | tuple[str, int]
_Server = socket_stream_internet_passive | opened_server

def open_stream(peer_host: _Address, peer_port: _Port, *, local_host: _Address | None = "any",
                local_port: _Port = 0, external_format: _ExternalFormat = "default",
                element_type: _Element = "character", protocol: Literal["tcp"] | keyword = "tcp",
                timeout: float | None = None) -> socket_stream_internet_active: ...
def open_server(*, host: _Address | None = "any", port: _Port = 0, reuse_address: bool = True,
                backlog: int = 1, protocol: Literal["tcp"] | keyword = "tcp") -> opened_server: ...

class opened_server(_named_values[socket_stream_internet_passive, int]):
    __match_args__ = ("server", "port")
    @property
    def server(self) -> socket_stream_internet_passive: ...
    @property
    def port(self) -> int: ...
    def __enter__(self) -> socket_stream_internet_passive: ...
    def __exit__(self, *_: object) -> None: ...

def close_server(server: _Server) -> Literal[True]: ...

# None when the time is over.
@overload
def accept_connection(socket: _Server, *, external_format: _ExternalFormat = "default",
                      element_type: _Element = "character",
                      timeout: None = None) -> socket_stream_internet_active | Any: ...
@overload
def accept_connection(socket: _Server, *, external_format: _ExternalFormat = "default",
                      element_type: _Element = "character",
                      timeout: float | None) -> socket_stream_internet_active | None: ...

class socket_error(error, OSError):
    nested_error: Any
    def __init__(self, /, *arguments: object, nested_error: object = None) -> None: ...

def socket_nested_error(condition: socket_error) -> Any: ...

class unsupported(error, NotImplementedError):
    feature: list[Any] | None
    def __init__(self, /, *arguments: object, feature: list[Any] | None = None) -> None: ...

def unsupported_feature(condition: unsupported) -> list[Any] | None: ...
