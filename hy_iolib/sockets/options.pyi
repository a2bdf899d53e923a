from typing import Any, Literal, NamedTuple, overload
from typing_extensions import TypeVar

from ..lisp.keywords import keyword
from ..lisp.multiple_values import _named_values
from .addresses import _Address
from .classes import local_socket, socket
from .interfaces import _Interface

__all__ = ["socket_option", "set_socket_option", "linger_option", "peer_credentials"]

# Options by the type of their values; those of _ReadBool and _ReadInt can't be set.
_Bool = Literal[
    "broadcast", "debug", "dont-route", "keep-alive", "oob-inline", "reuse-address", "reuse-port",
    "ipv6-only", "tcp-nodelay", "tcp-cork", "tcp-quickack", "ip-header-include", "ip-receive-error",
    "multicast-loop", "use-loopback", "no-sigpipe", "tcp-noopt", "tcp-nopush",
]
_ReadBool = Literal["accept-connections"]
_Int = Literal[
    "receive-buffer", "send-buffer", "receive-low-water", "send-low-water", "priority", "tcp-maxseg",
    "tcp-defer-accept", "tcp-keepcnt", "tcp-keepidle", "tcp-keepintvl", "tcp-linger2", "tcp-syncnt",
    "tcp-window-clamp", "tcp-user-timeout", "multicast-ttl", "icmp-filter",
]
_ReadInt = Literal["error", "type"]
_Seconds = Literal["receive-timeout", "send-timeout"]
_Group = Literal["multicast-join", "multicast-leave"]

class linger_option(_named_values[bool, int]):
    __match_args__ = ("on", "seconds")
    @property
    def on(self) -> bool: ...
    @property
    def seconds(self) -> int: ...

class peer_credentials(NamedTuple):
    pid: int
    uid: int
    gid: int

# With if_does_not_exist None: None where the system lacks the option.
@overload
def socket_option(socket: socket, option_name: _Bool | _ReadBool, *,
                  if_does_not_exist: Literal["error"] = "error") -> bool: ...
@overload
def socket_option(socket: socket, option_name: _Bool | _ReadBool, *,
                  if_does_not_exist: None) -> bool | None: ...
@overload
def socket_option(socket: socket, option_name: _Int | _ReadInt, *,
                  if_does_not_exist: Literal["error"] = "error") -> int: ...
@overload
def socket_option(socket: socket, option_name: _Int | _ReadInt, *, if_does_not_exist: None) -> int | None: ...
@overload
def socket_option(socket: socket, option_name: _Seconds, *,
                  if_does_not_exist: Literal["error"] = "error") -> float: ...
@overload
def socket_option(socket: socket, option_name: _Seconds, *, if_does_not_exist: None) -> float | None: ...
@overload
def socket_option(socket: socket, option_name: Literal["linger"], *,
                  if_does_not_exist: Literal["error"] = "error") -> linger_option: ...
@overload
def socket_option(socket: socket, option_name: Literal["linger"], *,
                  if_does_not_exist: None) -> linger_option | None: ...
@overload
def socket_option(socket: socket, option_name: Literal["tcp-congestion"], *,
                  if_does_not_exist: Literal["error"] = "error") -> str: ...
@overload
def socket_option(socket: socket, option_name: Literal["tcp-congestion"], *,
                  if_does_not_exist: None) -> str | None: ...
@overload
def socket_option(socket: local_socket, option_name: Literal["peer-credentials"], *,
                  if_does_not_exist: Literal["error"] = "error") -> peer_credentials: ...
@overload
def socket_option(socket: local_socket, option_name: Literal["peer-credentials"], *,
                  if_does_not_exist: None) -> peer_credentials | None: ...
@overload
def socket_option(socket: socket, option_name: keyword, *,
                  if_does_not_exist: Literal["error"] | keyword | None = "error") -> Any: ...

_T = TypeVar("_T")
_Linger = TypeVar("_Linger", bound=bool | int | tuple[object, int | None] | list[Any] | None)
_Joined = TypeVar("_Joined", bound=_Address | tuple[_Address, _Interface] | list[Any])
_Device = TypeVar("_Device", bound=_Interface | None)

# Returns the value.
@overload
def set_socket_option(socket: socket, option_name: _Bool, value: _T, *,
                      if_does_not_exist: Literal["error"] | keyword | None = "error") -> _T: ...
@overload
def set_socket_option(socket: socket, option_name: _Int, value: int, *,
                      if_does_not_exist: Literal["error"] | keyword | None = "error") -> int: ...
@overload
def set_socket_option(socket: socket, option_name: _Seconds, value: float | None, *,
                      if_does_not_exist: Literal["error"] | keyword | None = "error") -> float | None: ...
@overload
def set_socket_option(socket: socket, option_name: Literal["linger"], value: _Linger, *,
                      if_does_not_exist: Literal["error"] | keyword | None = "error") -> _Linger: ...
@overload
def set_socket_option(socket: socket, option_name: Literal["tcp-congestion"], value: str, *,
                      if_does_not_exist: Literal["error"] | keyword | None = "error") -> str: ...
@overload
def set_socket_option(socket: socket, option_name: Literal["bind-to-device"], value: _Device, *,
                      if_does_not_exist: Literal["error"] | keyword | None = "error") -> _Device: ...
@overload
def set_socket_option(socket: socket, option_name: _Group, value: _Joined, *,
                      if_does_not_exist: Literal["error"] | keyword | None = "error") -> _Joined: ...
@overload
def set_socket_option(socket: socket, option_name: keyword, value: Any, *,
                      if_does_not_exist: Literal["error"] | keyword | None = "error") -> Any: ...
