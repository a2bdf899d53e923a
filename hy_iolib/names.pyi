# What `python -m hy_iolib names` lists.
from typing import NamedTuple

__all__ = ["entries"]

class entry(NamedTuple):
    name: str
    python_name: str | None
    package: str
    kind: str
    documentation: str

def entries() -> list[entry]: ...
