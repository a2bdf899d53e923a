from socket import AddressFamily, SocketKind
from socket import socket as _PythonSocket
from typing import Any, ClassVar

from ..lisp.keywords import keyword
from ..streams.descriptors import dual_channel_single_fd_mixin
from ..streams.gray_streams import dual_channel_gray_stream

__all__ = [
    "socket", "stream_socket", "datagram_socket", "raw_socket",
    "internet_socket", "local_socket", "netlink_socket", "active_socket", "passive_socket",
    "socket_stream_internet_active", "socket_stream_internet_passive",
    "socket_stream_local_active", "socket_stream_local_passive",
    "socket_datagram_internet_active", "socket_datagram_local_active",
    "socket_datagram_internet", "socket_datagram_local",
    "socket_raw_internet", "socket_raw_netlink",
]

class socket(dual_channel_single_fd_mixin):
    # Of all kinds of sockets a keyword, of a class that is no kind None.
    address_family: ClassVar[keyword | Any]
    type: ClassVar[keyword | Any]
    connect: ClassVar[keyword | Any]
    protocol: keyword | int
    keywords: ClassVar[tuple[str, ...]]
    python_socket: _PythonSocket
    family: AddressFamily
    def __init__(self, inner: _PythonSocket, family: AddressFamily) -> None: ...
    def fileno(self) -> int: ...

class stream_socket(socket):
    type: ClassVar[keyword]
    python_type: ClassVar[SocketKind]

class datagram_socket(socket):
    type: ClassVar[keyword]
    python_type: ClassVar[SocketKind]

class raw_socket(socket):
    type: ClassVar[keyword]
    python_type: ClassVar[SocketKind]

class internet_socket(socket):
    address_family: ClassVar[keyword]

class local_socket(socket):
    address_family: ClassVar[keyword]

class netlink_socket(socket):
    address_family: ClassVar[keyword]

class active_socket(socket, dual_channel_gray_stream):
    connect: ClassVar[keyword]
    def __init__(self, inner: _PythonSocket, family: AddressFamily) -> None: ...

class passive_socket(socket):
    connect: ClassVar[keyword]
    backlog: int | None
    short: bool

# The kinds, and the keywords that `make_socket` takes for each.

class socket_stream_internet_active(active_socket, stream_socket, internet_socket):
    options: ClassVar[frozenset[str]]

class socket_stream_internet_passive(passive_socket, stream_socket, internet_socket):
    options: ClassVar[frozenset[str]]

class socket_stream_local_active(active_socket, stream_socket, local_socket):
    options: ClassVar[frozenset[str]]

class socket_stream_local_passive(passive_socket, stream_socket, local_socket):
    options: ClassVar[frozenset[str]]

class socket_datagram_internet_active(active_socket, datagram_socket, internet_socket):
    options: ClassVar[frozenset[str]]

class socket_datagram_local_active(active_socket, datagram_socket, local_socket):
    options: ClassVar[frozenset[str]]

class socket_raw_internet(active_socket, raw_socket, internet_socket):
    options: ClassVar[frozenset[str]]

class socket_raw_netlink(active_socket, raw_socket, netlink_socket):
    options: ClassVar[frozenset[str]]

# The names of IOLib 0.8.
socket_datagram_internet = socket_datagram_internet_active
socket_datagram_local = socket_datagram_local_active
