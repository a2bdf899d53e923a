# For the library itself: nothing here is public.
__all__: list[str] = []
