# Macros only.
__all__: list[str] = []
