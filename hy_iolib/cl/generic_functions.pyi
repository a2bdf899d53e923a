# What the compiler's parts have of each other; programs use `hy_iolib.cl`.
from typing import Any

__all__ = [
    "Generic", "add_method_to", "define_standard_generic", "ensure_generic", "forget_effective_methods",
    "generic_named", "lambda_list_shape", "standard_method",
]

class Generic:
    def __init__(self, name: Any, required: Any, more: Any, default: Any = None) -> None: ...
    def changed(self) -> Any: ...
    def effective_method(self, arguments_key: Any) -> Any: ...
    def applicable(self, parts: Any) -> Any: ...
    cache: Any
    combination: Any
    default: Any
    documentation: Any
    function: Any
    initial_methods: Any
    lambda_list: Any
    methods: Any
    more: Any
    name: Any
    order: Any
    positions: Any
    required: Any
    tables: Any

def add_method_to(g: Any, method: Any) -> Any: ...
def define_standard_generic(name: Any, required: Any, more: Any, default: Any) -> Any: ...
def ensure_generic(name: Any, required: Any, more: Any) -> Any: ...
def forget_effective_methods() -> Any: ...
def generic_named(name: Any) -> Any: ...
def lambda_list_shape(lambda_list: Any) -> Any: ...

class standard_method:
    def __init__(self, qualifiers: Any, specializers: Any, function: Any, uses_next: Any = False,
                 keys: Any = ...) -> None: ...
    def __call__(self, *arguments: Any, **named: Any) -> Any: ...
    documentation: Any
    function: Any
    generic: Any
    keys: Any
    qualifiers: Any
    specializers: Any
    uses_next: Any
