from typing import Any, Callable

__all__ = ["timer"]

class timer:
    function: Callable[[], object] | None
    period: float
    one_shot: bool
    deadline: float | None
    schedule: Any
