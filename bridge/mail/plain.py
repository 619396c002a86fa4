"""Plain text: from sanitised HTML, from format=flowed (RFC 3676), and to HTML where a mail mixes both.

Linear walks; output depth and size stay bounded by the input's. Never sees HTML that was not sanitised.
"""

from html import escape

from bridge.mail import html_lines


def from_html(html: str) -> str:
    """What a person would read in sanitised HTML, as text: lists, quotes, rows and link targets kept."""
    return "\n".join(row.written for row in html_lines.rows(html))


def unflow(text: str, *, delsp: bool) -> str:
    """format=flowed joined into paragraphs (RFC 3676 section 4): each quote depth its own, "-- " never joined."""
    out: list[str] = []
    paragraph: list[str] = []
    depth = 0
    for line in text.split("\n"):
        content = line.lstrip(">")
        quotes = len(line) - len(content)
        content = content.removeprefix(" ")
        signature = content == "-- "
        if paragraph and (quotes != depth or signature):
            out.append(_quoted(depth, "".join(paragraph)))
            paragraph = []
        depth = quotes
        if content.endswith(" ") and not signature:
            paragraph.append(content[:-1] if delsp else content)
        else:
            out.append(_quoted(depth, "".join((*paragraph, content))))
            paragraph = []
    if paragraph:
        out.append(_quoted(depth, "".join(paragraph)))
    return "\n".join(out)


def _quoted(depth: int, text: str) -> str:
    return f"{'>' * depth} {text}" if depth else text


def to_html(text: str) -> str:
    """Plain text as HTML that looks the same; only where it must stand beside HTML."""
    return escape(text.strip("\n"), quote=False).replace("\n", "<br>")
