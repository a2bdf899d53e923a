from asyncio import Future
from typing import Any, Callable, Generic, Literal, overload
from typing_extensions import Self, TypeVar, TypeVarTuple, Unpack

from _typeshed import FileDescriptorLike

from ..lisp.keywords import keyword
from ..lisp.specials import special
from ..syscalls import iolib_error
from .asyncio_multiplexer import asyncio_multiplexer
from .multiplexers import multiplexer
from .timers import timer

__all__ = [
    "event_base", "event_base_error", "event_base_error_event_base", "event_base_error_reason",
    "set_io_handler", "set_error_handler", "remove_fd_handlers",
    "fd_monitored_p", "add_timer", "remove_timer", "event_dispatch", "exit_event_loop", "call_in_event_loop",
    "event_base_empty_p", "hyx_XasteriskXdefault_event_loop_timeoutXasteriskX",
]

_Ts = TypeVarTuple("_Ts")
# The descriptor; the event, "read", "write" or "error"; None, "error" or "timeout".
_Handler = Callable[[int, keyword, keyword | None], object]
# What `event_dispatch` returns.
_D = TypeVar("_D", default=None, covariant=True)

class event_base(Generic[_D]):
    mux: multiplexer
    exit_when_empty: bool
    write_interval_threshold: float | None
    @overload
    def __init__(self: event_base[Future[None]], *, mux: asyncio_multiplexer | type[asyncio_multiplexer],
                 exit_when_empty: bool = False, write_interval_threshold: float | None = None) -> None: ...
    @overload
    def __init__(self: event_base[None], *, mux: multiplexer | type[multiplexer] | None = None,
                 exit_when_empty: bool = False, write_interval_threshold: float | None = None) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> Literal[False]: ...
    def __del__(self) -> None: ...
    def close(self) -> Literal[True]: ...

class event_base_error(iolib_error, RuntimeError):
    event_base: Any
    reason: str | None
    def __init__(self, /, *arguments: object, event_base: object = None,
                 reason: str | None = None) -> None: ...

def event_base_error_event_base(condition: event_base_error) -> Any: ...
def event_base_error_reason(condition: event_base_error) -> str | None: ...

# One event with its function: by position, as `read`, or as `write`.
@overload
def set_io_handler(event_base: event_base[object], fd: FileDescriptorLike,
                   event_type: Literal["read", "write"] | keyword, function: _Handler,
                   *, read: None = None, write: None = None,
                   timeout: float | None = None, one_shot: bool = False) -> None: ...
@overload
def set_io_handler(event_base: event_base[object], fd: FileDescriptorLike,
                   event_type: None = None, function: None = None,
                   *, read: _Handler, write: None = None,
                   timeout: float | None = None, one_shot: bool = False) -> None: ...
@overload
def set_io_handler(event_base: event_base[object], fd: FileDescriptorLike,
                   event_type: None = None, function: None = None,
                   *, read: None = None, write: _Handler,
                   timeout: float | None = None, one_shot: bool = False) -> None: ...
def set_error_handler(event_base: event_base[object], fd: FileDescriptorLike, function: _Handler) -> None: ...
def remove_fd_handlers(event_base: event_base[object], fd: FileDescriptorLike | None,
                       *, read: bool = False, write: bool = False, error: bool = False) -> bool: ...
def fd_monitored_p(event_base: event_base[object], fd: FileDescriptorLike | None,
                   event_type: Literal["read", "write", "error"] | keyword) -> bool: ...
def add_timer(event_base: event_base[object], function: Callable[[], object], timeout: float,
              *, one_shot: bool = False) -> timer: ...
def remove_timer(event_base: event_base[object], timer: timer) -> bool: ...

# None or, of a base with the asyncio_multiplexer, a future.
def event_dispatch(event_base: event_base[_D], *, one_shot: bool = False, timeout: float | None = None,
                   min_step: float | None = None, max_step: float | None = None) -> _D: ...
def exit_event_loop(event_base: event_base[object], *, delay: float = 0) -> None: ...
def call_in_event_loop(event_base: event_base[object], function: Callable[[Unpack[_Ts]], object],
                       *arguments: Unpack[_Ts]) -> None: ...
def event_base_empty_p(event_base: event_base[object]) -> bool: ...

hyx_XasteriskXdefault_event_loop_timeoutXasteriskX: special[float | None]
