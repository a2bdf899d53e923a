from typing import Any, Literal

from ..lisp.conditions import error
from ..lisp.keywords import keyword
from ..lisp.multiple_values import _named_values, values

__all__ = ["lookup_service", "service_entry", "unknown_service", "unknown_service_datum"]

# What designates a port: it, its digits, the name of a service; several values stand for their first.
_Port = int | str | values

def lookup_service(service: _Port,
                   protocol: Literal["tcp", "udp", "any"] | keyword = "tcp") -> service_entry: ...

class service_entry(_named_values[int, str, keyword]):
    __match_args__ = ("port", "name", "protocol")
    @property
    def port(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def protocol(self) -> keyword: ...

class unknown_service(error, LookupError):
    datum: Any
    protocol: str | None
    def __init__(self, /, *arguments: object, datum: object = None, protocol: str | None = None) -> None: ...

def unknown_service_datum(condition: unknown_service) -> Any: ...
