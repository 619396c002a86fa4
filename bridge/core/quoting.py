"""What an answer takes over from the mail it answers: subject, chain, quotation; and from the chat message: its text.

Pure text in, text out. HTML made here escapes whatever it holds; HTML that came from a chat client is only looked at.
"""

import html as _html
import re
from datetime import UTC, datetime

from bridge.core.mail import Letter
from bridge.core.subjects import SUBJECT_MAX, unanswered

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_UNPRINTABLE = re.compile("[\\s\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_URL = re.compile(r"https?://[^\s<>\"']{1,2000}")
_MATRIX_TO = r"https?://matrix\.to/#/"
_MARKDOWN_PILL = re.compile(rf"\[([^\]\n]{{1,200}})\]\({_MATRIX_TO}(?:@|%40)[^)\s]{{1,400}}\)", re.I)
_BARE_PILL = re.compile(
    rf"<?{_MATRIX_TO}(?:@|%40)([^:%\s<>]{{1,255}})(?::|%3A)[^\s<>?)]{{1,255}}(?:\?[^\s<>)]*)?>?", re.I
)
_HTML_PILL = re.compile(
    rf"<a\s[^>]{{0,400}}?href=[\"']{_MATRIX_TO}((?:@|%40)[^\"'?]{{1,400}})[^>]{{0,400}}>([^<]{{1,200}})</a>", re.I
)
_FALLBACK = re.compile(r"> (?:\* )?<@[^>\s]+:[^>\s]+>")


def reply_subject(subject: str) -> str:
    """Exactly one "Re: " and the subject without others (RFC 5322 section 3.6.5); never empty."""
    return f"Re: {unanswered(subject) or 'your message'}"


def one_line(text: str) -> str:
    """Text of a mail as one line of another: white space and control characters folded, cut to a subject's length."""
    line = _UNPRINTABLE.sub(" ", text).replace("=?", "= ?").strip()
    return line if len(line) <= SUBJECT_MAX else line[: SUBJECT_MAX - 1].rstrip() + "…"


def forward_subject(subject: str) -> str:
    """The subject behind "Fwd: "; never empty."""
    return f"Fwd: {one_line(subject) or '(no subject)'}"


def references(letter: Letter) -> tuple[str, ...]:
    """The References of an answer to `letter`: its own chain and itself, each id once (RFC 5322 section 3.6.4)."""
    chain = dict.fromkeys(letter.references)
    chain.pop(letter.parent, None)  # the parent is always the last
    return tuple(chain) if not letter.parent else (*chain, letter.parent)


def attribution(letter: Letter) -> str:
    """ "On Fri, 6 Nov 2026 at 09:30 UTC, Ann Berg wrote:", names folded to one line."""
    moment = datetime.fromtimestamp(min(max(letter.date, 0.0), 253_402_300_799.0), UTC)
    when = f"{_DAYS[moment.weekday()]}, {moment.day} {_MONTHS[moment.month - 1]} {moment.year}"
    author = letter.from_[0] if letter.from_ else None
    who = _UNPRINTABLE.sub(" ", author.name or author.spec).strip() if author else "someone"
    return f"On {when} at {moment.hour:02}:{moment.minute:02} UTC, {who} wrote:"


def quote(letter: Letter) -> str:
    """The attribution line and the letter's text behind "> " (RFC 3676 section 4.5); empty when it has no text."""
    text = _lines(letter.text).strip("\n")
    if not text:
        return ""
    quoted = (f">{line}" if line.startswith(">") else f"> {line}".rstrip() for line in text.split("\n"))
    return "\n".join((attribution(letter), *quoted))


def html_quote(block: str) -> str:
    """What `quote` made, as HTML: everything escaped, the quoted lines inside a blockquote; empty for nothing."""
    lines = _lines(block).strip("\n").split("\n")
    mark = next((number for number, line in enumerate(lines) if line.startswith(">")), len(lines))
    before = text_to_html("\n".join(lines[:mark]))
    quoted = text_to_html("\n".join(line[1:].removeprefix(" ") for line in lines[mark:]))
    return "\n".join((before, f'<blockquote type="cite">\n{quoted}\n</blockquote>') if quoted else (before,))


def text_to_html(text: str) -> str:
    """Paragraphs and line breaks, web addresses as links, everything else escaped."""
    paragraphs = re.split(r"\n[ \t]*\n+", _lines(text).strip("\n"))
    return "\n".join(f"<p>{_linked(part).replace(chr(10), '<br>' + chr(10))}</p>" for part in paragraphs if part)


def plain_answer(body: str, html: str = "") -> str:
    """The text of a chat message as a correspondent may see it.

    Remains of a reply fallback are removed, for they quote what was said inside; a quotation that the author wrote is
    kept. Links to Matrix users become plain names, also ids that `html` shows as a name.
    """
    text = _without_fallback(_lines(body), "<mx-reply" in html.lower())
    text = _MARKDOWN_PILL.sub(lambda found: found[1], text)
    for found in _HTML_PILL.finditer(html):
        user, name = found[1].replace("%40", "@").replace("%3A", ":").replace("%3a", ":"), _html.unescape(found[2])
        if re.fullmatch(r"@[^\s:]+:\S+", user):
            text = text.replace(user, name if name != user else user[1:].partition(":")[0])
    return _BARE_PILL.sub(lambda found: found[1], text).strip("\n")


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")


def _without_fallback(text: str, replying: bool) -> str:
    if not (_FALLBACK.match(text) or (replying and text.startswith("> "))):
        return text
    lines = text.split("\n")
    said = next((number for number, line in enumerate(lines) if not line.startswith(">")), len(lines))
    return "\n".join(lines[said:]).lstrip("\n")


def _linked(text: str) -> str:
    out, end = [], 0
    for found in _URL.finditer(text):
        url = found[0].rstrip(".,;:!?)]")
        out += [_html.escape(text[end : found.start()], quote=False)]
        out += [f'<a href="{_html.escape(url)}">{_html.escape(url, quote=False)}</a>']
        end = found.start() + len(url)
    return "".join((*out, _html.escape(text[end:], quote=False)))
