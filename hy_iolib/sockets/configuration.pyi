from typing import Final, Literal

from ..lisp.keywords import keyword
from ..lisp.specials import special

__all__ = [
    "hyx_XasteriskXipv6XasteriskX", "hyx_XasteriskXdefault_linger_secondsXasteriskX",
    "hyx_XasteriskXdefault_backlog_sizeXasteriskX", "hyx_Xplus_signXmax_backlog_sizeXplus_signX",
    "hyx_XasteriskXnon_blocking_socketsXasteriskX",
]

# Which addresses: None IPv4's, "ipv6" IPv6's, True both.
_IPv6 = bool | Literal["ipv6"] | keyword | None

hyx_XasteriskXipv6XasteriskX: special[_IPv6]
hyx_XasteriskXdefault_linger_secondsXasteriskX: special[int]
hyx_XasteriskXdefault_backlog_sizeXasteriskX: special[int]
hyx_Xplus_signXmax_backlog_sizeXplus_signX: Final[int]
hyx_XasteriskXnon_blocking_socketsXasteriskX: special[bool | None]
