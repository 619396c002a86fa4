"""The rule language: documents, their compilation with problems by place, and the immutable rulebook that decides.

It reads rule files and nothing else; it never sees raw mail, a journal or a room.
"""

from bridge.routing.book import CompiledRulebook
from bridge.routing.compile import Compiled, Facts, compile_rules

__all__ = ["Compiled", "CompiledRulebook", "Facts", "compile_rules"]
