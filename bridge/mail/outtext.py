"""The two readings of an answer, text and HTML, made from a chat message and the letter it answers.

Never adds anything that neither the author nor the quoted letter said, the attribution line aside.
"""

from typing import Literal

from bridge.core import quoting
from bridge.core.mail import Letter
from bridge.mail import outhtml


def answer_text(
    body: str, html: str, quote_of: Letter | None = None, quote: Literal["below", "none"] = "none"
) -> tuple[str, str]:
    """Text and sanitised HTML of an answer; the HTML is made from the text when the message has none that is usable."""
    text, rich = quoting.answer(body, html, quote_of, quote)
    return text, usable_html(text, rich)


def usable_html(text: str, html: str) -> str:
    """The sanitised `html`, or `text` as HTML where nothing of it can be used."""
    return outhtml.clean(html) or quoting.text_to_html(text)
