from typing import Any, Final

from ..lisp.conditions import error
from ..lisp.multiple_values import _named_values, values

__all__ = [
    "lookup_protocol", "protocol_entry", "unknown_protocol", "unknown_protocol_datum",
    "ipproto_icmp", "ipproto_icmpv6", "ipproto_ip", "ipproto_ipv6", "ipproto_raw", "ipproto_sctp",
    "ipproto_tcp", "ipproto_udp",
]

# A number, its digits, a name or an alias.
_Protocol = int | str | values

def lookup_protocol(protocol: _Protocol) -> protocol_entry: ...

class protocol_entry(_named_values[int, str, tuple[str, ...]]):
    __match_args__ = ("number", "name", "aliases")
    @property
    def number(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def aliases(self) -> tuple[str, ...]: ...

class unknown_protocol(error, LookupError):
    datum: Any
    def __init__(self, /, *arguments: object, datum: object = None) -> None: ...

def unknown_protocol_datum(condition: unknown_protocol) -> Any: ...

ipproto_icmp: Final = 1
ipproto_icmpv6: Final = 58
ipproto_ip: Final = 0
ipproto_ipv6: Final = 41
ipproto_raw: Final = 255
ipproto_sctp: Final = 132
ipproto_tcp: Final = 6
ipproto_udp: Final = 17
