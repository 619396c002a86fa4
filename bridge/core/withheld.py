"""What a room is told of attachments that the rules do not show: name, size and reason in one line.

Pure. The names are a stranger's: they are cut and cleaned, and there are never more of them than a line holds.
"""

from collections.abc import Sequence

from bridge.core.decision import Withheld
from bridge.core.mail import Mail, Part
from bridge.core.templates import one_line

NAMED = 10
"""Files that are named one by one."""


def told(mail: Mail, withheld: Sequence[Withheld], arrival: str) -> str:
    """The line, with where the original is; empty when nothing was withheld."""
    if not withheld:
        return ""
    parts = {part.index: part for part in mail.attachments}
    files = [
        f"{_file(parts.get(held.part) if held.part is not None else None, mail)}: {_why(held)}" for held in withheld
    ]
    more = f"; and {len(files) - NAMED} more" if len(files) > NAMED else ""
    what = "1 attachment is" if len(files) == 1 else f"{len(files)} attachments are"
    return f"{what} not shown: {'; '.join(files[:NAMED])}{more}. The original: `mailroom queue show {arrival} --raw`."


def _file(part: Part | None, mail: Mail) -> str:
    name, size = (one_line(part.name, 120), part.size) if part else ("the whole mail", mail.size)
    return f"{name} ({octets(size)})"


def _why(held: Withheld) -> str:
    match held.why:
        case "blocked":
            return f"{held.what} is blocked"
        case "not-allowed":
            return "not among those allowed"
        case "large":
            return f"over {octets(int(held.what))}"
        case "unseen":
            return "nobody can see what is in it"


def octets(size: int) -> str:
    """A size for people, in decimal units as rules write them."""
    if size < 1000:
        return f"{size} B"
    return f"{size / 1000:.0f} kB" if size < 999_500 else f"{size / 1e6:.1f} MB"
