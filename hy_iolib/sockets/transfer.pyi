from typing import Literal, NoReturn, Sequence, overload
from typing_extensions import TypeVar

from _typeshed import ReadableBuffer, WriteableBuffer

from ..lisp.keywords import keyword
from ..lisp.multiple_values import _named_values
from .addresses import _Address, _Path, inet_address, local_address, netlink_address
from .classes import (
    active_socket, socket_datagram_internet_active, socket_datagram_local_active, socket_raw_internet,
    socket_raw_netlink, socket_stream_internet_active, socket_stream_local_active,
)
from .configuration import _IPv6
from .services import _Port

__all__ = ["send_to", "receive_from", "received", "retry_syscall", "ignore_syscall_error"]

_SendFlag = Literal["out-of-band", "dont-wait", "dont-route", "confirm", "more"] | keyword
_ReceiveFlag = Literal["out-of-band", "dont-wait", "peek", "wait-all"] | keyword

def send_to(
    socket: active_socket, buffer: ReadableBuffer | Sequence[int], *,
    start: int = 0, end: int | None = None, timeout: float | None = None,
    flags: int | _SendFlag | Sequence[_SendFlag] | None = None,
    remote_host: _Address | netlink_address | None = None, remote_port: _Port | None = None,
    remote_filename: _Path | None = None, ipv6: _IPv6 = ...,
    out_of_band: bool = False, dont_wait: bool = False, dont_route: bool = False, confirm: bool = False,
    more: bool = False,
) -> int: ...

_Buffer = TypeVar("_Buffer", bound=WriteableBuffer | list[int])
# The sender: of streams None and None, of local datagrams a local_address and None.
_H = TypeVar("_H", default=inet_address | local_address | netlink_address | None, covariant=True)
_P = TypeVar("_P", default=int | None, covariant=True)
_B_co = TypeVar("_B_co", default=bytearray, covariant=True)

class received(_named_values[_B_co, int, _H, _P]):
    __match_args__ = ("buffer", "count", "host", "port")
    start: int
    truncated: bool
    @property
    def buffer(self) -> _B_co: ...
    @property
    def count(self) -> int: ...  # type: ignore[override]
    @property
    def host(self) -> _H: ...
    @property
    def port(self) -> _P: ...
    @property
    def data(self) -> bytes: ...

# The octets come into a new bytearray of the size, or into the buffer.
@overload
def receive_from(
    socket: socket_stream_internet_active | socket_stream_local_active, *,
    size: int, buffer: None = None,
    start: int = 0, end: int | None = None, timeout: float | None = None,
    flags: int | _ReceiveFlag | Sequence[_ReceiveFlag] | None = None,
    out_of_band: bool = False, peek: bool = False, wait_all: bool = False, dont_wait: bool = False,
) -> received[bytearray, None, None]: ...
@overload
def receive_from(
    socket: socket_stream_internet_active | socket_stream_local_active, *,
    buffer: _Buffer, size: int | None = None,
    start: int = 0, end: int | None = None, timeout: float | None = None,
    flags: int | _ReceiveFlag | Sequence[_ReceiveFlag] | None = None,
    out_of_band: bool = False, peek: bool = False, wait_all: bool = False, dont_wait: bool = False,
) -> received[_Buffer, None, None]: ...
@overload
def receive_from(
    socket: socket_datagram_internet_active | socket_raw_internet, *,
    size: int, buffer: None = None,
    start: int = 0, end: int | None = None, timeout: float | None = None,
    flags: int | _ReceiveFlag | Sequence[_ReceiveFlag] | None = None,
    out_of_band: bool = False, peek: bool = False, wait_all: bool = False, dont_wait: bool = False,
) -> received[bytearray, inet_address, int]: ...
@overload
def receive_from(
    socket: socket_datagram_internet_active | socket_raw_internet, *,
    buffer: _Buffer, size: int | None = None,
    start: int = 0, end: int | None = None, timeout: float | None = None,
    flags: int | _ReceiveFlag | Sequence[_ReceiveFlag] | None = None,
    out_of_band: bool = False, peek: bool = False, wait_all: bool = False, dont_wait: bool = False,
) -> received[_Buffer, inet_address, int]: ...
@overload
def receive_from(
    socket: socket_datagram_local_active, *,
    size: int, buffer: None = None,
    start: int = 0, end: int | None = None, timeout: float | None = None,
    flags: int | _ReceiveFlag | Sequence[_ReceiveFlag] | None = None,
    out_of_band: bool = False, peek: bool = False, wait_all: bool = False, dont_wait: bool = False,
) -> received[bytearray, local_address, None]: ...
@overload
def receive_from(
    socket: socket_datagram_local_active, *,
    buffer: _Buffer, size: int | None = None,
    start: int = 0, end: int | None = None, timeout: float | None = None,
    flags: int | _ReceiveFlag | Sequence[_ReceiveFlag] | None = None,
    out_of_band: bool = False, peek: bool = False, wait_all: bool = False, dont_wait: bool = False,
) -> received[_Buffer, local_address, None]: ...
@overload
def receive_from(
    socket: socket_raw_netlink, *,
    size: int, buffer: None = None,
    start: int = 0, end: int | None = None, timeout: float | None = None,
    flags: int | _ReceiveFlag | Sequence[_ReceiveFlag] | None = None,
    out_of_band: bool = False, peek: bool = False, wait_all: bool = False, dont_wait: bool = False,
) -> received[bytearray, netlink_address, int]: ...
@overload
def receive_from(
    socket: socket_raw_netlink, *,
    buffer: _Buffer, size: int | None = None,
    start: int = 0, end: int | None = None, timeout: float | None = None,
    flags: int | _ReceiveFlag | Sequence[_ReceiveFlag] | None = None,
    out_of_band: bool = False, peek: bool = False, wait_all: bool = False, dont_wait: bool = False,
) -> received[_Buffer, netlink_address, int]: ...
@overload
def receive_from(
    socket: active_socket, *,
    size: int, buffer: None = None,
    start: int = 0, end: int | None = None, timeout: float | None = None,
    flags: int | _ReceiveFlag | Sequence[_ReceiveFlag] | None = None,
    out_of_band: bool = False, peek: bool = False, wait_all: bool = False, dont_wait: bool = False,
) -> received[bytearray]: ...
@overload
def receive_from(
    socket: active_socket, *,
    buffer: _Buffer, size: int | None = None,
    start: int = 0, end: int | None = None, timeout: float | None = None,
    flags: int | _ReceiveFlag | Sequence[_ReceiveFlag] | None = None,
    out_of_band: bool = False, peek: bool = False, wait_all: bool = False, dont_wait: bool = False,
) -> received[_Buffer]: ...

# They transfer control.
def retry_syscall(condition: object = None, *, seconds: float | None = 15) -> NoReturn: ...
def ignore_syscall_error(condition: object = None) -> NoReturn: ...
