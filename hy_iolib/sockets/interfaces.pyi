from typing import Any, NamedTuple

from ..lisp.multiple_values import values
from ..syscalls import enxio

__all__ = [
    "interface", "make_interface", "interface_name", "interface_index", "list_network_interfaces",
    "lookup_interface", "unknown_interface", "unknown_interface_datum",
]

_Interface = interface | str | int | values

class interface(NamedTuple):
    name: str
    index: int  # type: ignore[assignment]

def make_interface(name: str, index: int) -> interface: ...
def interface_name(interface: interface) -> str: ...
def interface_index(interface: interface) -> int: ...
def list_network_interfaces() -> list[interface]: ...
def lookup_interface(interface: _Interface) -> interface: ...

class unknown_interface(enxio, LookupError):
    datum: Any
    def __init__(self, /, *arguments: object, syscall: str | None = None, fd: int | None = None,
                 place: object = None, datum: object = None) -> None: ...

def unknown_interface_datum(condition: unknown_interface) -> Any: ...
