"""Text signed within itself (RFC 9580 section 7): the words without their armour. Nothing is ever checked or opened."""

from bridge.core.conditions import ENCRYPTED, SIGNED_WITHIN

_BEGIN = "-----BEGIN PGP SIGNED MESSAGE-----"
_SIGNATURE = "-----BEGIN PGP SIGNATURE-----"
_END = "-----END PGP SIGNATURE-----"
_MESSAGE = "-----BEGIN PGP MESSAGE-----"


def opened(text: str) -> tuple[str, str]:
    """The text without the frames of signed stretches, and what is to be said of it ("" when nothing).

    What stands outside the frames stays; a frame that is not whole is left as it is.
    """
    if "-----BEGIN PGP " not in text:
        return text, ""
    lines = text.split("\n")
    marks = [
        (number, mark) for number, line in enumerate(lines) if (mark := line.strip()) in (_BEGIN, _SIGNATURE, _END)
    ]
    out: list[str] = []
    at = 0
    for (begin, first), (middle, second), (end, third) in zip(marks, marks[1:], marks[2:], strict=False):
        if (first, second, third) == (_BEGIN, _SIGNATURE, _END):
            out += lines[at:begin]
            blank = next((number for number in range(begin + 1, middle) if not lines[number].strip()), begin)
            # Section 7.1: a line that begins with a dash was given "- " in front.
            out += [line[2:] if line.startswith("- ") else line for line in lines[blank + 1 : middle]]
            at = end + 1
    if at:
        return "\n".join([*out, *lines[at:]]), SIGNED_WITHIN
    return text, ENCRYPTED if any(line.strip() == _MESSAGE for line in lines) else ""
