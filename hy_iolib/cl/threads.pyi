# What the compiler's parts have of each other; programs use `hy_iolib.cl`.
from typing import Any

from ..lisp.conditions import serious_condition

__all__ = ["thread", "mutex", "waitqueue", "semaphore", "timeout"]

class thread:
    def __init__(self, name: Any, function: Any = None) -> None: ...
    def main(self) -> Any: ...
    def run(self) -> Any: ...
    @property
    def alive(self) -> Any: ...
    condition: Any
    function: Any
    guard: Any
    interruptions: Any
    name: Any
    native: Any
    results: Any
    state: Any
    urgent: Any
    waiting: Any

class mutex:
    def __init__(self, name: Any = None) -> None: ...
    def __enter__(self) -> Any: ...
    def __exit__(self, *_: Any) -> Any: ...
    depth: Any
    name: Any
    native: Any
    owner: Any

class waitqueue:
    def __init__(self, name: Any = None) -> None: ...
    name: Any
    sleepers: Any

class semaphore:
    def __init__(self, name: Any = None, count: Any = 0) -> None: ...
    def take(self, number: Any) -> Any: ...
    def give(self, number: Any) -> Any: ...
    def wait(self, number: Any, seconds: Any) -> Any: ...
    count: Any
    guard: Any
    name: Any
    sleepers: Any

class timeout(serious_condition):
    seconds: Any
