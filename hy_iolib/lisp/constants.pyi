__all__: list[str] = []

documentation: dict[str, str]
