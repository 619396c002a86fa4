"""One module for each sort of sample mail, each with `score(corpora: Path) -> tuple[list[str], bool]`.

The lines are what is printed; the flag says whether all that must hold held. A score reads samples in place and never
writes; folders that are absent are said to be so, and hold.
"""
