# Incomplete: what a stub does not name is there all the same, of any type.
from typing import Any

def __getattr__(name: str) -> Any: ...
