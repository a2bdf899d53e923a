# To be imported: from then on files of Common Lisp can be.
__all__: list[str] = []
