"""A line of a body as the splitter sees it, from plain text and from HTML alike."""

from dataclasses import dataclass
from typing import Literal

Hint = Literal["", "history", "forward", "signature"]


@dataclass(frozen=True, slots=True)
class Line:
    """`text` without its marks of quotation; `depth`: how many it has (">" or blockquote).

    `hint`: the structure of the HTML says that the line lies in such an element (Gmail's quote, Outlook's reply header
    and what is below it, a signature's block); empty where it says nothing, and always in plain text.
    """

    text: str
    depth: int = 0
    hint: Hint = ""
