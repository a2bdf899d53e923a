from typing import Literal, overload
from typing_extensions import TypeVar

from _typeshed import FileDescriptor, FileDescriptorLike

from ..lisp.keywords import keyword
from ..lisp.multiple_values import _named_values
from ..streams.external_formats import _ExternalFormat
from .addresses import _Address, _Path
from .classes import (
    active_socket, passive_socket, socket, socket_datagram_internet_active, socket_datagram_local_active,
    socket_raw_internet, socket_raw_netlink, socket_stream_internet_active, socket_stream_internet_passive,
    socket_stream_local_active, socket_stream_local_passive,
)
from .configuration import _IPv6
from .interfaces import interface
from .protocols import _Protocol
from .services import _Port
from .tls import _TLS

__all__ = ["make_socket", "make_socket_pair", "socket_pair", "make_socket_from_fd"]

_Internet = Literal["internet", "ipv4", "ipv6"]
_Local = Literal["local", "file"]
_Connect = Literal["active", "passive"] | keyword
_Device = str | interface

# A row for each kind of socket, and the keywords that it takes.
@overload
def make_socket(
    *, address_family: _Internet = "internet", type: Literal["stream"] = "stream",
    connect: Literal["active"] = "active", ipv6: _IPv6 = ...,
    protocol: Literal["default", "tcp"] | keyword = "default", local_host: _Address | None = None,
    local_port: _Port | None = None, remote_host: _Address | None = None, remote_port: _Port | None = None,
    reuse_address: bool | None = None, keepalive: bool | None = None, nodelay: bool | None = None,
    input_buffer_size: int | None = None, output_buffer_size: int | None = None,
    max_line_length: int | None = None, external_format: _ExternalFormat | None = None,
    timeout: float | None = None, tls: _TLS | None = None,
) -> socket_stream_internet_active: ...
@overload
def make_socket(
    *, address_family: _Internet = "internet", type: Literal["stream"] = "stream",
    connect: Literal["passive"], ipv6: _IPv6 = ...,
    protocol: Literal["default", "tcp"] | keyword = "default", local_host: _Address | None = None,
    local_port: _Port | None = None, backlog: int | None = None, reuse_address: bool | None = None,
    interface: _Device | None = None, nodelay: bool | None = None,
    external_format: _ExternalFormat | None = None, tls: _TLS | None = None,
) -> socket_stream_internet_passive: ...
@overload
def make_socket(
    *, address_family: _Internet = "internet", type: Literal["datagram"], connect: _Connect = "active",
    ipv6: _IPv6 = ..., protocol: Literal["default", "udp"] | keyword = "default",
    local_host: _Address | None = None, local_port: _Port | None = None, remote_host: _Address | None = None,
    remote_port: _Port | None = None, reuse_address: bool | None = None, interface: _Device | None = None,
    broadcast: bool | None = None, input_buffer_size: int | None = None,
    output_buffer_size: int | None = None, max_line_length: int | None = None,
    external_format: _ExternalFormat | None = None, timeout: float | None = None,
) -> socket_datagram_internet_active: ...
@overload
def make_socket(
    *, address_family: _Internet = "internet", type: Literal["raw"], connect: _Connect = "active",
    ipv6: _IPv6 = ..., protocol: _Protocol, local_host: _Address | None = None,
    remote_host: _Address | None = None, interface: _Device | None = None,
    include_headers: bool | None = None, input_buffer_size: int | None = None,
    output_buffer_size: int | None = None, max_line_length: int | None = None,
    external_format: _ExternalFormat | None = None,
) -> socket_raw_internet: ...
@overload
def make_socket(
    *, address_family: _Local, type: Literal["stream"] = "stream", connect: Literal["active"] = "active",
    protocol: Literal["default"] | keyword = "default", local_filename: _Path | None = None,
    remote_filename: _Path | None = None, reuse_address: bool | None = None, mode: int | None = None,
    input_buffer_size: int | None = None, output_buffer_size: int | None = None,
    max_line_length: int | None = None, external_format: _ExternalFormat | None = None,
    timeout: float | None = None,
) -> socket_stream_local_active: ...
@overload
def make_socket(
    *, address_family: _Local, type: Literal["stream"] = "stream", connect: Literal["passive"],
    protocol: Literal["default"] | keyword = "default", local_filename: _Path | None = None,
    backlog: int | None = None, reuse_address: bool | None = None, mode: int | None = None,
    external_format: _ExternalFormat | None = None,
) -> socket_stream_local_passive: ...
@overload
def make_socket(
    *, address_family: _Local, type: Literal["datagram"], connect: _Connect = "active",
    protocol: Literal["default"] | keyword = "default", local_filename: _Path | None = None,
    remote_filename: _Path | None = None, reuse_address: bool | None = None, mode: int | None = None,
    input_buffer_size: int | None = None, output_buffer_size: int | None = None,
    max_line_length: int | None = None, external_format: _ExternalFormat | None = None,
    timeout: float | None = None,
) -> socket_datagram_local_active: ...
@overload
def make_socket(
    *, address_family: Literal["netlink"], type: Literal["raw"], connect: _Connect = "active",
    protocol: int | Literal["default"] = "default", local_port: int | None = None,
    multicast_groups: int | None = None, input_buffer_size: int | None = None,
    output_buffer_size: int | None = None, max_line_length: int | None = None,
    external_format: _ExternalFormat | None = None,
) -> socket_raw_netlink: ...
# Where a keyword says it that is known at run time: any kind.
@overload
def make_socket(
    *, address_family: keyword,
    type: Literal["stream", "datagram", "raw"] | keyword = "stream", connect: _Connect = "active",
    ipv6: _IPv6 = ..., protocol: _Protocol = "default", local_host: _Address | None = None,
    local_port: _Port | None = None, remote_host: _Address | None = None, remote_port: _Port | None = None,
    local_filename: _Path | None = None, remote_filename: _Path | None = None, mode: int | None = None,
    multicast_groups: int | None = None, backlog: int | None = None, reuse_address: bool | None = None,
    interface: _Device | None = None, keepalive: bool | None = None, nodelay: bool | None = None,
    broadcast: bool | None = None, include_headers: bool | None = None,
    input_buffer_size: int | None = None, output_buffer_size: int | None = None,
    max_line_length: int | None = None, external_format: _ExternalFormat | None = None,
    timeout: float | None = None, tls: _TLS | None = None,
) -> socket: ...
@overload
def make_socket(
    *, address_family: _Internet | _Local | Literal["netlink"] | keyword = "internet",
    type: keyword, connect: _Connect = "active",
    ipv6: _IPv6 = ..., protocol: _Protocol = "default", local_host: _Address | None = None,
    local_port: _Port | None = None, remote_host: _Address | None = None, remote_port: _Port | None = None,
    local_filename: _Path | None = None, remote_filename: _Path | None = None, mode: int | None = None,
    multicast_groups: int | None = None, backlog: int | None = None, reuse_address: bool | None = None,
    interface: _Device | None = None, keepalive: bool | None = None, nodelay: bool | None = None,
    broadcast: bool | None = None, include_headers: bool | None = None,
    input_buffer_size: int | None = None, output_buffer_size: int | None = None,
    max_line_length: int | None = None, external_format: _ExternalFormat | None = None,
    timeout: float | None = None, tls: _TLS | None = None,
) -> socket: ...
@overload
def make_socket(
    *, address_family: _Internet | _Local | Literal["netlink"] | keyword = "internet",
    type: Literal["stream", "datagram", "raw"] | keyword = "stream", connect: keyword,
    ipv6: _IPv6 = ..., protocol: _Protocol = "default", local_host: _Address | None = None,
    local_port: _Port | None = None, remote_host: _Address | None = None, remote_port: _Port | None = None,
    local_filename: _Path | None = None, remote_filename: _Path | None = None, mode: int | None = None,
    multicast_groups: int | None = None, backlog: int | None = None, reuse_address: bool | None = None,
    interface: _Device | None = None, keepalive: bool | None = None, nodelay: bool | None = None,
    broadcast: bool | None = None, include_headers: bool | None = None,
    input_buffer_size: int | None = None, output_buffer_size: int | None = None,
    max_line_length: int | None = None, external_format: _ExternalFormat | None = None,
    timeout: float | None = None, tls: _TLS | None = None,
) -> socket: ...

_S = TypeVar("_S", bound=socket, default=active_socket, covariant=True)

class socket_pair(_named_values[_S, _S]):  # pyright: ignore[reportInvalidTypeArguments]
    __match_args__ = ("socket1", "socket2")
    @property
    def socket1(self) -> _S: ...
    @property
    def socket2(self) -> _S: ...

@overload
def make_socket_pair(
    *, type: Literal["stream"] = "stream", protocol: Literal["default"] | keyword = "default",
    external_format: _ExternalFormat | None = None, input_buffer_size: int | None = None,
    output_buffer_size: int | None = None, max_line_length: int | None = None,
) -> socket_pair[socket_stream_local_active]: ...
@overload
def make_socket_pair(
    *, type: Literal["datagram"], protocol: Literal["default"] | keyword = "default",
    external_format: _ExternalFormat | None = None, input_buffer_size: int | None = None,
    output_buffer_size: int | None = None, max_line_length: int | None = None,
) -> socket_pair[socket_datagram_local_active]: ...
@overload
def make_socket_pair(
    *, type: keyword, protocol: Literal["default"] | keyword = "default",
    external_format: _ExternalFormat | None = None, input_buffer_size: int | None = None,
    output_buffer_size: int | None = None, max_line_length: int | None = None,
) -> socket_pair: ...

# What else than an integer has two owners, unless it is duplicated.
@overload
def make_socket_from_fd(
    fd: FileDescriptor, *, dup: bool = False, connect: Literal["active"],
    external_format: _ExternalFormat | None = None, input_buffer_size: int | None = None,
    output_buffer_size: int | None = None, max_line_length: int | None = None,
) -> active_socket: ...
@overload
def make_socket_from_fd(
    fd: FileDescriptorLike, *, dup: Literal[True], connect: Literal["active"],
    external_format: _ExternalFormat | None = None, input_buffer_size: int | None = None,
    output_buffer_size: int | None = None, max_line_length: int | None = None,
) -> active_socket: ...
@overload
def make_socket_from_fd(
    fd: FileDescriptor, *, dup: bool = False, connect: Literal["passive"],
    external_format: _ExternalFormat | None = None, input_buffer_size: int | None = None,
    output_buffer_size: int | None = None, max_line_length: int | None = None,
) -> passive_socket: ...
@overload
def make_socket_from_fd(
    fd: FileDescriptorLike, *, dup: Literal[True], connect: Literal["passive"],
    external_format: _ExternalFormat | None = None, input_buffer_size: int | None = None,
    output_buffer_size: int | None = None, max_line_length: int | None = None,
) -> passive_socket: ...
@overload
def make_socket_from_fd(
    fd: FileDescriptor, *, dup: bool = False, connect: _Connect | None = None,
    external_format: _ExternalFormat | None = None, input_buffer_size: int | None = None,
    output_buffer_size: int | None = None, max_line_length: int | None = None,
) -> active_socket | passive_socket: ...
@overload
def make_socket_from_fd(
    fd: FileDescriptorLike, *, dup: Literal[True], connect: _Connect | None = None,
    external_format: _ExternalFormat | None = None, input_buffer_size: int | None = None,
    output_buffer_size: int | None = None, max_line_length: int | None = None,
) -> active_socket | passive_socket: ...
