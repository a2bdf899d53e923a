from typing import Any, Literal, TypeVar, overload

from ..streams.external_formats import _ExternalFormat
from .addresses import _Address, _Path, netlink_address
from .classes import (
    active_socket, datagram_socket, internet_socket, local_socket, netlink_socket, passive_socket,
    socket_datagram_internet_active, socket_datagram_local_active, socket_stream_internet_active,
    socket_stream_internet_passive, socket_stream_local_active, socket_stream_local_passive,
)
from .services import _Port

__all__ = ["bind_address", "listen_on", "accept_connection", "connect", "disconnect", "shutdown"]

_Internet = TypeVar("_Internet", bound=internet_socket)
_Local = TypeVar("_Local", bound=local_socket)
_Netlink = TypeVar("_Netlink", bound=netlink_socket)
_Active = TypeVar("_Active", bound=active_socket)
_Passive = TypeVar("_Passive", bound=passive_socket)
_Datagram = TypeVar("_Datagram", bound=datagram_socket)
_InternetActive = TypeVar(
    "_InternetActive", bound=socket_stream_internet_active | socket_datagram_internet_active
)
_LocalActive = TypeVar("_LocalActive", bound=socket_stream_local_active | socket_datagram_local_active)

@overload
def bind_address(socket: _Internet, address: _Address, *, port: _Port = 0, reuse_address: bool | None = None,
                 reuse_addr: bool | None = None) -> _Internet: ...
@overload
def bind_address(socket: _Local, address: _Path, *, reuse_address: bool | None = None,
                 reuse_addr: bool | None = None, mode: int | None = None) -> _Local: ...
@overload
def bind_address(socket: _Netlink, address: netlink_address, *, port: int = 0) -> _Netlink: ...
def listen_on(socket: _Passive, *, backlog: int | None = None) -> _Passive: ...

# Where nothing limits the wait, None comes only by way of the option "receive-timeout", or in a handler of
# an event base while there are no descriptors: not worth a test everywhere, hence `| Any`.
@overload
def accept_connection(
    passive_socket: socket_stream_internet_passive, *,
    wait: Literal[True] = True, timeout: None = None,
    external_format: _ExternalFormat | None = None, input_buffer_size: int | None = None,
    output_buffer_size: int | None = None, max_line_length: int | None = None,
) -> socket_stream_internet_active | Any: ...
@overload
def accept_connection(
    passive_socket: socket_stream_internet_passive, *,
    wait: bool | float | None = True, timeout: float | None = None,
    external_format: _ExternalFormat | None = None, input_buffer_size: int | None = None,
    output_buffer_size: int | None = None, max_line_length: int | None = None,
) -> socket_stream_internet_active | None: ...
@overload
def accept_connection(
    passive_socket: socket_stream_local_passive, *,
    wait: Literal[True] = True, timeout: None = None,
    external_format: _ExternalFormat | None = None, input_buffer_size: int | None = None,
    output_buffer_size: int | None = None, max_line_length: int | None = None,
) -> socket_stream_local_active | Any: ...
@overload
def accept_connection(
    passive_socket: socket_stream_local_passive, *,
    wait: bool | float | None = True, timeout: float | None = None,
    external_format: _ExternalFormat | None = None, input_buffer_size: int | None = None,
    output_buffer_size: int | None = None, max_line_length: int | None = None,
) -> socket_stream_local_active | None: ...
@overload
def accept_connection(
    passive_socket: passive_socket, *,
    wait: Literal[True] = True, timeout: None = None,
    external_format: _ExternalFormat | None = None, input_buffer_size: int | None = None,
    output_buffer_size: int | None = None, max_line_length: int | None = None,
) -> active_socket | Any: ...
@overload
def accept_connection(
    passive_socket: passive_socket, *,
    wait: bool | float | None = True, timeout: float | None = None,
    external_format: _ExternalFormat | None = None, input_buffer_size: int | None = None,
    output_buffer_size: int | None = None, max_line_length: int | None = None,
) -> active_socket | None: ...

@overload
def connect(socket: _InternetActive, address: _Address, *, port: _Port = 0, wait: bool | float | None = True,
            timeout: float | None = None) -> _InternetActive: ...
@overload
def connect(socket: _LocalActive, address: _Path, *, wait: bool | float | None = True,
            timeout: float | None = None) -> _LocalActive: ...
@overload
def connect(socket: _Active, address: _Address | _Path | netlink_address, *, port: _Port = 0,
            wait: bool | float | None = True, timeout: float | None = None) -> _Active: ...
def disconnect(socket: _Datagram) -> _Datagram: ...
def shutdown(socket: _Active, *, read: bool = False, write: bool = False,
             timeout: float | None = None) -> _Active: ...
