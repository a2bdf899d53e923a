from typing import TypeVar

from _typeshed import FileDescriptorLike

from ..syscalls import iolib_error
from .classes import socket_datagram_local_active, socket_stream_local_active

__all__ = ["send_file_descriptor", "receive_file_descriptor", "no_descriptor"]

_S = TypeVar("_S", bound=socket_stream_local_active | socket_datagram_local_active)

def send_file_descriptor(socket: _S, file_descriptor: FileDescriptorLike, *,
                         timeout: float | None = None) -> _S: ...
def receive_file_descriptor(socket: socket_stream_local_active | socket_datagram_local_active, *,
                            timeout: float | None = None) -> int: ...

class no_descriptor(iolib_error): ...
