"""What a room is told of attachments that the rules do not show: name, size and reason in one line.

Pure. The names are a stranger's: they are cut and cleaned, and there are never more of them than a line holds.
"""

from collections.abc import Sequence

from bridge.core.decision import Withheld
from bridge.core.mail import Mail, Part
from bridge.core.templates import one_line
from bridge.core.words import Words

NAMED = 10
"""Files that are named one by one."""


def told(mail: Mail, withheld: Sequence[Withheld], arrival: str, says: Words) -> str:
    """The line, with where the original is; empty when nothing was withheld."""
    if not withheld:
        return ""
    what = (says.withheld_one if len(withheld) == 1 else says.withheld_many).format(
        count=len(withheld), files=named(mail, withheld, says)
    )
    return f"{what} {says.original_at.format(command=f'mailroom queue show {arrival} --raw')}"


def named(mail: Mail, withheld: Sequence[Withheld], says: Words) -> str:
    """The files, each with its size and why it is not shown."""
    parts = {part.index: part for part in mail.attachments}
    files = [
        f"{_file(None if held.part is None else parts.get(held.part), mail, says)}: {_why(held, says)}"
        for held in withheld
    ]
    if len(files) > NAMED:
        files = [*files[:NAMED], says.more_files.format(count=len(files) - NAMED)]
    return "; ".join(files)


def _file(part: Part | None, mail: Mail, says: Words) -> str:
    name, size = (one_line(part.name, 120), part.size) if part else (says.whole_mail, mail.size)
    return f"{name} ({octets(size)})"


def _why(held: Withheld, says: Words) -> str:
    match held.why:
        case "blocked":
            return says.blocked.format(what=held.what)
        case "not-allowed":
            return says.not_allowed
        case "large":
            return says.too_large.format(size=octets(int(held.what)))
        case "unseen":
            return says.unseen


def octets(size: int) -> str:
    """A size for people, in decimal units as rules write them."""
    if size < 1000:
        return f"{size} B"
    return f"{size / 1000:.0f} kB" if size < 999_500 else f"{size / 1e6:.1f} MB"
