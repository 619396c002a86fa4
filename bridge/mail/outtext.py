"""The two readings of an answer, text and HTML, made from what the author said and the quotation below it.

Never adds anything that neither of the two said, and never lets the author's HTML through unsanitised.
"""

from bridge.core.quoting import html_quote, plain_answer, text_to_html
from bridge.mail.outhtml import clean


def readings(body: str, html: str = "", quote: str = "", signature: str = "") -> tuple[str, str]:
    """Text and HTML. `body` and `html` are a chat message's, `quote` the block that `bridge.core.quoting.quote` made.

    `signature` stands below the body behind the line "-- " (RFC 3676 section 4.3).

    The HTML is made from the text when the message has none, or none that is usable; it is empty when there is no text.
    """
    said = plain_answer(body, html)
    rich = (clean(html) if html else "") or text_to_html(said)
    signed = f"-- \n{signature.strip()}" if signature.strip() else ""
    text = "\n\n".join(part for part in (said, signed, quote) if part)
    return text, "\n".join(part for part in (rich, text_to_html(signed), html_quote(quote)) if part)
