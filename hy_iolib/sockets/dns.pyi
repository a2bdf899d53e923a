from typing import Any, Literal, NamedTuple, Sequence, overload

from ..lisp.conditions import error
from ..lisp.keywords import keyword
from ..lisp.specials import special
from .addresses import _Address, ipv4_address, ipv6_address

__all__ = [
    "hyx_XasteriskXdns_nameserversXasteriskX", "hyx_XasteriskXdns_domainXasteriskX",
    "hyx_XasteriskXdns_search_domainXasteriskX", "hyx_XasteriskXdns_repeatXasteriskX",
    "hyx_XasteriskXdns_timeoutXasteriskX",
    "dns_query", "dns_message", "dns_message_id", "dns_message_flags", "dns_message_decoded_flags",
    "dns_message_question", "dns_message_answer", "dns_message_authority", "dns_message_additional",
    "missing_package", "missing_package_extra",
]

# An address, a pair of one and a port, or several of either.
_Nameservers = _Address | tuple[_Address, int] | Sequence[_Address | tuple[_Address, int]]
_Domains = str | Sequence[str]
_Type = Literal["a", "aaaa", "ptr", "cname", "mx", "srv", "txt", "ns", "soa", "any"]

hyx_XasteriskXdns_nameserversXasteriskX: special[_Nameservers | None]
hyx_XasteriskXdns_domainXasteriskX: special[str | None]
hyx_XasteriskXdns_search_domainXasteriskX: special[_Domains | None]
hyx_XasteriskXdns_repeatXasteriskX: special[int]
hyx_XasteriskXdns_timeoutXasteriskX: special[float]

# A reply, or with decode the data of the records that answer; an address object can be asked for in reverse.
@overload
def dns_query(name: _Address, *, type: _Type | keyword = "a", search: _Domains | None = None,
              nameservers: _Nameservers | None = None, decode: Literal[False] = False,
              repeat: int | None = None, timeout: float | None = None) -> dns_message: ...
@overload
def dns_query(name: str, *, type: Literal["a"] = "a", search: _Domains | None = None,
              nameservers: _Nameservers | None = None, decode: Literal[True],
              repeat: int | None = None, timeout: float | None = None) -> tuple[ipv4_address, ...]: ...
@overload
def dns_query(name: str, *, type: Literal["aaaa"], search: _Domains | None = None,
              nameservers: _Nameservers | None = None, decode: Literal[True],
              repeat: int | None = None, timeout: float | None = None) -> tuple[ipv6_address, ...]: ...
@overload
def dns_query(name: str, *, type: Literal["cname", "ns", "txt"], search: _Domains | None = None,
              nameservers: _Nameservers | None = None, decode: Literal[True],
              repeat: int | None = None, timeout: float | None = None) -> tuple[str, ...]: ...
@overload
def dns_query(name: _Address, *, type: Literal["ptr"], search: _Domains | None = None,
              nameservers: _Nameservers | None = None, decode: Literal[True],
              repeat: int | None = None, timeout: float | None = None) -> tuple[str, ...]: ...
@overload
def dns_query(name: str, *, type: Literal["mx"], search: _Domains | None = None,
              nameservers: _Nameservers | None = None, decode: Literal[True],
              repeat: int | None = None, timeout: float | None = None) -> tuple[dns_mx, ...]: ...
@overload
def dns_query(name: str, *, type: Literal["srv"], search: _Domains | None = None,
              nameservers: _Nameservers | None = None, decode: Literal[True],
              repeat: int | None = None, timeout: float | None = None) -> tuple[dns_srv, ...]: ...
@overload
def dns_query(name: str, *, type: Literal["soa"], search: _Domains | None = None,
              nameservers: _Nameservers | None = None, decode: Literal[True],
              repeat: int | None = None, timeout: float | None = None) -> tuple[dns_soa, ...]: ...
@overload
def dns_query(name: _Address, *, type: Literal["any"] | keyword, search: _Domains | None = None,
              nameservers: _Nameservers | None = None, decode: Literal[True],
              repeat: int | None = None, timeout: float | None = None) -> tuple[Any, ...]: ...

class dns_message:
    # dnspython's `dns.message.Message`.
    response: Any
    def __init__(self, response: Any) -> None: ...

# What the readers below return.
class dns_flags(NamedTuple):
    response: bool
    opcode: keyword
    authoritative: bool
    truncated: bool
    recursion_desired: bool
    recursion_available: bool
    rcode: keyword

class dns_question(NamedTuple):
    name: str
    type: keyword
    class_: keyword

class dns_record(NamedTuple):
    name: str
    type: keyword
    class_: keyword
    ttl: int
    data: Any

class dns_mx(NamedTuple):
    preference: int
    exchange: str

class dns_srv(NamedTuple):
    priority: int
    weight: int
    port: int
    target: str

class dns_soa(NamedTuple):
    mname: str
    rname: str
    serial: int
    refresh: int
    retry: int
    expire: int
    minimum: int

def dns_message_id(message: dns_message) -> int: ...
def dns_message_flags(message: dns_message) -> int: ...
def dns_message_decoded_flags(message: dns_message) -> dns_flags: ...
def dns_message_question(message: dns_message) -> tuple[dns_question, ...]: ...
def dns_message_answer(message: dns_message) -> tuple[dns_record, ...]: ...
def dns_message_authority(message: dns_message) -> tuple[dns_record, ...]: ...
def dns_message_additional(message: dns_message) -> tuple[dns_record, ...]: ...

class missing_package(error, ImportError):
    extra: str | None
    def __init__(self, /, *arguments: object, extra: str | None = None) -> None: ...

def missing_package_extra(condition: missing_package) -> str | None: ...
