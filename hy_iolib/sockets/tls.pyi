from ssl import SSLContext
from typing import Any, Literal, Sequence, TypedDict, TypeVar, overload

from _typeshed import StrOrBytesPath

from .addresses import inet_address
from .classes import socket, socket_stream_internet_active, socket_stream_local_active

__all__ = ["start_tls", "tls_p", "tls_version", "tls_cipher", "tls_peer_certificate", "tls_alpn_protocol"]

_S = TypeVar("_S", bound=socket_stream_internet_active | socket_stream_local_active)
_Alpn = str | Sequence[str]

class _TLSOptions(TypedDict, total=False):
    server_name: str | inet_address | None
    context: SSLContext | None
    ca_file: StrOrBytesPath | None
    certificate: StrOrBytesPath | None
    key: StrOrBytesPath | None
    alpn: _Alpn | None
    timeout: float | None

# What `make_socket` takes: True, a context, or options, in a list as ["ca_file", "ca.pem"].
_TLS = bool | SSLContext | _TLSOptions | Sequence[Any]

@overload
def start_tls(socket: _S, *, server_side: bool = False, server_name: str | inet_address | None = None,
              context: SSLContext, timeout: float | None = 60, wait: bool | float = True) -> _S: ...
@overload
def start_tls(socket: _S, *, server_side: bool = False, server_name: str | inet_address | None = None,
              context: None = None, ca_file: StrOrBytesPath | None = None,
              certificate: StrOrBytesPath | None = None, key: StrOrBytesPath | None = None,
              alpn: _Alpn | None = None, timeout: float | None = 60, wait: bool | float = True) -> _S: ...
def tls_p(socket: socket) -> bool: ...
def tls_version(socket: socket) -> str | None: ...
def tls_cipher(socket: socket) -> str | None: ...
@overload
def tls_peer_certificate(socket: socket, *, der: Literal[False] = False) -> dict[str, Any] | None: ...
@overload
def tls_peer_certificate(socket: socket, *, der: Literal[True]) -> bytes | None: ...
def tls_alpn_protocol(socket: socket) -> str | None: ...
