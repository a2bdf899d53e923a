# `#ip` and `#net`, which are for Hy: macros only.
__all__: list[str] = []
