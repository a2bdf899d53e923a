from typing import Literal, overload

from ..lisp.multiple_values import _named_values
from .addresses import _Address, inet_address
from .configuration import _IPv6
from .dns import _Nameservers

__all__ = ["lookup_hostname", "lookup_host", "host_entry", "ensure_hostname", "host_addresses"]

# ns: None is the system's resolver, True *dns-nameservers*.
def lookup_hostname(host: _Address, *, ipv6: _IPv6 = ...,
                    ns: _Nameservers | bool | None = None) -> host_entry: ...
def lookup_host(host: _Address, *, ipv6: _IPv6 = ...,
                ns: _Nameservers | bool | None = None) -> host_entry: ...

class host_entry(_named_values[
    inet_address, tuple[inet_address, ...], str, tuple[tuple[str, inet_address], ...]
]):
    __match_args__ = ("address", "addresses", "canonical_name", "names")
    @property
    def address(self) -> inet_address: ...
    @property
    def addresses(self) -> tuple[inet_address, ...]: ...
    @property
    def canonical_name(self) -> str: ...
    @property
    def names(self) -> tuple[tuple[str, inet_address], ...]: ...

@overload
def ensure_hostname(address: _Address, *, ipv6: _IPv6 = ...,
                    errorp: Literal[True] = True) -> host_addresses: ...
@overload
def ensure_hostname(address: object, *, ipv6: _IPv6 = ..., errorp: bool | None) -> host_addresses | None: ...

class host_addresses(_named_values[inet_address, tuple[inet_address, ...]]):
    __match_args__ = ("address", "addresses")
    @property
    def address(self) -> inet_address: ...
    @property
    def addresses(self) -> tuple[inet_address, ...]: ...
