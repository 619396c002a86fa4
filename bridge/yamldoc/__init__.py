"""YAML as a border: plain values with their places, and problems that say where, what and how to mend it.

The only importer of yaml. It never constructs an object from a document, never guesses a type (every scalar is text
until a schema asks for more), and never stops at the first problem.
"""

from bridge.yamldoc.check import check
from bridge.yamldoc.document import Document, load
from bridge.yamldoc.problem import Complain, Path, Place, Problem, closest, in_order

__all__ = ["Complain", "Document", "Path", "Place", "Problem", "check", "closest", "in_order", "load"]
