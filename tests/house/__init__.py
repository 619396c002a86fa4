"""The rules of the source tree itself: layers, doorkeepers, lengths, docstrings."""
