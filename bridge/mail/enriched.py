"""text/enriched (RFC 1896) and its forerunner text/richtext (RFC 1341 section 7.1.3) as plain text.

Formatting is dropped, words stay. Linear; never raises for content.
"""

import re

_PARAM = re.compile(r"(?i)<param>[^<]{0,500}</param>")
_COMMAND = re.compile(r"</?[a-zA-Z0-9-]{1,60}>")
_LINES = re.compile(r"\n+")
_NAMED = {"nl": "\n", "np": "\n\n", "paragraph": "\n\n", "/paragraph": "\n\n", "lt": "<"}


def plain(text: str, *, rich: bool) -> str:
    """The words of text/enriched, or with `rich` of text/richtext."""
    if rich:
        flowed = " ".join(text.split("\n"))
        return _COMMAND.sub(lambda command: _NAMED.get(command[0][1:-1].lower(), ""), flowed)
    # RFC 1896 section 3: a lone line break is a space, n of them are n - 1; "<<" is a less-than sign.
    text = _LINES.sub(lambda breaks: "\n" * (len(breaks[0]) - 1) or " ", text)
    return "<".join(_COMMAND.sub("", _PARAM.sub("", piece)) for piece in text.split("<<"))
