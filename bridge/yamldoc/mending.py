"""How to mend a text that is no YAML: the parser says what it met, and people need to hear what they forgot.

It knows the words of libyaml; what it does not know gets a general cure. It reads nothing and never raises.
"""

import yaml

from bridge.yamldoc.problem import Place

_CURES = (
    ("unknown escape character", "in double quotes write each backslash twice, or use single quotes"),
    ("tab character", "indent with blanks, never with tabs"),
    ("alphabetic or numeric character", 'quote a text that begins with "*" or "&"'),
    ("mapping values are not allowed", 'indent keys that belong together equally; quote a text with ": " in it'),
    ("did not find expected key", 'indent keys that belong together equally; quote a text that begins with "{" or "["'),
)


def mended(error: yaml.MarkedYAMLError, text: str) -> tuple[Place, str, str]:
    """Where it is, what the parser says, and the cure. What is left open is named where it was opened."""
    mark, what, context = error.problem_mark or error.context_mark, error.problem or "", error.context or ""
    cure = next((cure for words, cure in _CURES if words in what), "check indentation and quotes")
    first = text[mark.index : mark.index + 1] if mark else ""
    if "start any token" in what:
        cure = "indent with blanks, never with tabs" if first == "\t" else f"quote a text that begins with {first!r}"
    elif "flow mapping" in context or "flow sequence" in context:
        opening, closing = ("{", "}") if "mapping" in context else ("[", "]")
        cure = f'close the "{opening}" with "{closing}", and quote a text that begins with "#" or holds one of ,:[]{{}}'
        mark = error.context_mark
    elif "quoted scalar" in context and "end of stream" in what:
        cure, mark = "close the quotes", error.context_mark
    return Place(mark.line + 1, mark.column + 1) if mark else Place(), what or context, cure
