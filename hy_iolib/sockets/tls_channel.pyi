from ssl import SSLCertVerificationError, SSLError
from typing import Any

from ..lisp.conditions import stream_error
from ..syscalls import iolib_error

__all__ = [
    "tls_error", "tls_error_stream", "tls_error_reason", "tls_certificate_error",
    "tls_certificate_error_server_name",
]

# None where they are not known: `| Any`, since they are `ssl`'s, which has them always.
class tls_error(iolib_error, stream_error, SSLError):
    reason: str | Any
    message: str | None
    place: Any
    def __init__(self, /, *arguments: object, stream: object = None, reason: str | None = None,
                 message: str | None = None, place: object = None, **slots: Any) -> None: ...

def tls_error_stream(condition: tls_error) -> Any: ...
def tls_error_reason(condition: tls_error) -> str | None: ...

class tls_certificate_error(tls_error, SSLCertVerificationError):
    server_name: str | None
    verify_code: int | Any
    verify_message: str | Any
    def __init__(self, /, *arguments: object, stream: object = None, reason: str | None = None,
                 message: str | None = None, place: object = None, server_name: str | None = None,
                 verify_code: int | None = None, verify_message: str | None = None) -> None: ...

def tls_certificate_error_server_name(condition: tls_certificate_error) -> str | None: ...
