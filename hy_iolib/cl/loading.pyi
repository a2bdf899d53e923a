from typing import Any

from _typeshed import StrPath

__all__ = ["load_file"]

def load_file(path: StrPath, namespace: dict[str, Any] | None = None) -> dict[str, Any]: ...
