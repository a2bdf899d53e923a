from socket import gaierror
from typing import Any

from ..lisp.conditions import error

__all__ = [
    "resolver_error", "resolver_error_datum", "resolver_again_error", "resolver_fail_error",
    "resolver_no_name_error", "resolver_unknown_error",
]

class resolver_error(error, gaierror):
    datum: Any
    def __init__(self, /, *arguments: object, datum: object = None) -> None: ...

def resolver_error_datum(condition: resolver_error) -> Any: ...

class resolver_again_error(resolver_error): ...
class resolver_fail_error(resolver_error): ...
class resolver_no_name_error(resolver_error): ...
class resolver_unknown_error(resolver_error): ...
