"""What the structure of HTML says of its text: which element brings in history, holds it, passes mail on, or signs.

It is asked while the tree is walked, before classes and ids are dropped. It only names; which lines are history in the
end is for those to say that see them all (`html_split`).
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple, Protocol

from bridge.mail.html_marks import Sign
from bridge.mail.quote import markers
from bridge.mail.quote.structure_names import MARKERS, named

_LABELS = 3
"""Bold labels that end in a colon, at least: From, Sent, To, Subject, in whatever language."""

_LOOK = 300
"""Characters of an element's beginning that are looked at."""

_TOKENS = 12


class Element(Protocol):
    """What is asked of an element."""

    def get(self, name: str, /) -> str | None: ...

    def itertext(self) -> Iterator[str]: ...

    def iter(self, *tags: str) -> Iterator[Any]: ...


class _Frame(NamedTuple):
    """An open element. `fixed`: nothing within changes what it is. `container`: index of the container it lies in."""

    sign: Sign = ""
    fixed: bool = False
    container: int = -1


class Structure:
    """Fed with each element as the walk enters and leaves it; `seen` tells what a text is that stands here."""

    def __init__(self) -> None:
        self._frames: list[_Frame] = [_Frame()]
        self._cited: list[bool] = []  # of each container: a quotation has begun in it
        self._below = False  # a header block of Outlook's kind: all that follows lies below it
        self._ended = False  # the writer's own text ends here, if a rule or a header comes next

    def enter(self, tag: str, element: Element | None) -> None:
        """An element begins; None stands for one without attributes."""
        above = self._frames[-1]
        if not above.fixed and (element is not None or tag in ("hr", "blockquote")):
            above = self._entered(tag, element, above)
        self._frames.append(above)

    def leave(self) -> None:
        """The innermost open element ends."""
        self._frames.pop()

    def seen(self) -> Sign:
        """What a text that stands here is."""
        self._ended = False
        if self._below:
            return "below"
        frame = self._frames[-1]
        if frame.container >= 0 and not frame.fixed:
            return "" if self._cited[frame.container] else "intro"
        return frame.sign

    def _entered(self, tag: str, element: Element | None, above: _Frame) -> _Frame:
        if tag == "hr" and self._ended:
            self._below = True
            return above
        what = "" if element is None else _what(tag, element)
        if tag == "blockquote":
            if above.container >= 0:
                self._cited[above.container] = True
            known = bool(what) or above.container >= 0 or (element is not None and _cites(element))
            return _Frame("cite" if known else "", fixed=True)
        if element is None or not what:
            return above
        match what:
            case "container":
                if above.container >= 0:
                    return above
                return self._container(element)
            case "cite" | "intro" | "signature" | "forward":
                return _Frame(what, fixed=True)
            case "history":
                return _Frame("forward" if markers.forward(_beginning(element)) else "history", fixed=True)
            case "ends":
                self._ended = True
                return above
            case "part":
                return _Frame("below", fixed=True)
            case _:
                self._below = True
                return above

    def _container(self, element: Element) -> _Frame:
        beginning = _beginning(element)
        if markers.forward(beginning):
            return _Frame("forward", fixed=True)
        if beginning.startswith("-----"):
            sent = any("gmail_sendername" in (one.get("class") or "") for one in islice(element.iter(), 60))
            return _Frame("forward" if sent else "below", fixed=True)
        self._cited.append(False)
        return _Frame("", container=len(self._cited) - 1)


def _what(tag: str, element: Element) -> str:
    """What the attributes of an element say of it."""
    names = f"{element.get('class') or ''} {element.get('id') or ''}"
    if len(names) > 1:
        for name in names[:1000].lower().split()[:_TOKENS]:
            if found := named(name):
                return found
    if (marker := element.get("data-marker")) and (found := MARKERS.get(marker.lower(), "")):
        return "part" if found == "below" else found
    if (element.get("data-smartmail") or "").startswith("gmail_signature") or element.get("data-signature") == "true":
        return "signature"
    if (called := element.get("name")) is not None:
        if tag == "div" and called.lower() == "quote":
            return "history"
        if (found := named(called.lower())) in ("below", "signature"):
            return found
    if tag == "div":
        if (element.get("type") or "").lower() == "cite":
            return "cite"
        style = element.get("style")
        if style and "border-top" in style.lower() and _header(element):
            return "below"
    if tag == "hr" and element.get("id") == "zwchr" and not marker:
        return "below"
    return ""


def _cites(element: Element) -> bool:
    if (element.get("type") or "").lower() == "cite" or element.get("cite"):
        return True
    style = (element.get("style") or "").lower()
    return "border-left" in style and "border-left:none" not in style.replace(" ", "")


def _beginning(element: Element) -> str:
    """The first words of an element that stand in one line, as far as its texts show."""
    for text in islice(element.itertext(), 40):
        if words := " ".join(text[: 4 * _LOOK].split()):
            return words[:_LOOK]
    return ""


def _header(element: Element) -> bool:
    """Whether it begins with labels in bold, as the header block of a quoted mail does."""
    labels = 0
    for bold in islice(element.iter("b", "strong"), 12):
        text = "".join(islice(bold.itertext(), 8))[:80].strip()
        labels += text.endswith((":", "："))
    return labels >= _LABELS
