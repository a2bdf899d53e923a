from typing import Literal

from _typeshed import FileDescriptorLike

from ..lisp.keywords import keyword
from ..lisp.multiple_values import _named_values
from ..syscalls import iolib_error

__all__ = [
    "wait_until_fd_ready", "fd_ready_p", "fd_readablep", "fd_writablep", "fd_readiness",
    "poll_error", "poll_error_fd", "poll_error_identifier",
    "poll_timeout", "poll_timeout_fd", "poll_timeout_event_type",
]

_Direction = Literal["input", "output", "io"] | keyword

def wait_until_fd_ready(fd: FileDescriptorLike, event_type: _Direction, timeout: float | None = None,
                        errorp: bool = False) -> fd_readiness: ...
def fd_ready_p(fd: FileDescriptorLike, event_type: _Direction = "input") -> bool: ...
def fd_readablep(fd: FileDescriptorLike) -> bool: ...
def fd_writablep(fd: FileDescriptorLike) -> bool: ...

class fd_readiness(_named_values[bool, bool]):
    __match_args__ = ("readable", "writable")
    @property
    def readable(self) -> bool: ...
    @property
    def writable(self) -> bool: ...

class poll_error(iolib_error, OSError):
    fd: int | None
    identifier: keyword | None
    def __init__(self, /, *arguments: object, fd: int | None = None,
                 identifier: str | None = None) -> None: ...

def poll_error_fd(condition: poll_error) -> int | None: ...
def poll_error_identifier(condition: poll_error) -> keyword | None: ...

class poll_timeout(iolib_error, TimeoutError):
    fd: int | None
    event_type: keyword | None
    def __init__(self, /, *arguments: object, fd: int | None = None,
                 event_type: str | None = None) -> None: ...

def poll_timeout_fd(condition: poll_timeout) -> int | None: ...
def poll_timeout_event_type(condition: poll_timeout) -> keyword | None: ...
