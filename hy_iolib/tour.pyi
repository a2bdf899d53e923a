# The tour that `python -m hy_iolib` takes.
__all__ = ["main"]

def main() -> int: ...
