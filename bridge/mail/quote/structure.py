"""What the structure of HTML says of its text: nothing yet; the walk asks it at every element."""

from typing import Protocol

from bridge.mail.quote.line import Hint


class Element(Protocol):
    """What is asked of an element."""

    def get(self, name: str, /) -> str | None: ...


class Structure:
    def enter(self, tag: str, element: Element) -> None: ...

    def leave(self) -> None: ...

    def seen(self) -> Hint:
        return ""
