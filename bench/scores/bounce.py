"""Score delivery reports against DIR/bounce: recognised, whose address, for good or not, and why.

sisimai's truth holds no addresses: there an address counts as right when as many recipients are found as it expects
and each stands in a field of the report or of the returned mail, or where a line names someone (all were looked at
once). Its `status` tells whether for good (by class), its `hardbounce` whether the address itself is of no use. Every
miss is printed with BOUNCE_MISSES=1.
"""

import json
import os
import re
from collections import Counter
from pathlib import Path

from bridge.core.bounces import Bounce, Failure
from bridge.core.mail import Mail
from bridge.mail.bounce.reasons import HARD
from bridge.mail.parse import read_mail

AIMS = {"recognised": 97.0, "address": 95.0, "permanent": 97.0, "reason": 85.0}
_CONFIRMING = re.compile(
    rb"(?im)^[ \t]*(?:final-recipient|original-recipient|x-failed-recipients|to|cc|x-actual-recipient|removal-recipient"
    rb"|original-rcpt-to|delivered-to|rcpt to)[ \t]*:(.*(?:\r?\n[ \t].*)*)"
)
_STANDING = re.compile(
    rb"(?im)(?:^|\bto:?|: |\b\d{3} )[ \t>*\"<]*([^\s<>\"]+@[^\s<>\":\[]+)(?:[>\":. ]|\r?$)"
    rb"|\"emailAddress\":\"([^\"]+)\"|\"recipients\":\[\"([^\"]+)\""
)
_RECEIVED = re.compile(rb"(?i)\bfor[ \t\r\n]+<?([^\s<>;]+@[^\s<>;]+)|RCPT TO:[ \t]*<?([^\s<>]+@[^\s<>]+)")


def score(corpora: Path) -> tuple[list[str], bool]:
    """Lines to print, and whether every aim was met and no other mail was taken for a report."""
    lines, held = _sisimai(corpora / "bounce" / "sisimai")
    more, held_too = _flufl(corpora / "bounce" / "flufl")
    flagged, clean = _others(corpora / "mime")
    return [*lines, *more, *flagged], held and held_too and clean


def _percent(part: int, whole: int) -> float:
    return 100 * part / whole if whole else 0.0


def _line(name: str, what: str, part: int, whole: int) -> tuple[str, bool]:
    reached = _percent(part, whole)
    aim = AIMS.get(what, 0.0)
    note = f"aim {aim:g} %" if aim else ""
    return f"bounce {name:8}{what:22}{part:5} of {whole:4}  {reached:5.1f} %  {note}", reached >= aim


def _sisimai(folder: Path) -> tuple[list[str], bool]:
    expected = json.loads((folder / "expected.json").read_text())
    count: Counter[str] = Counter()
    wrongly: list[str] = []
    total = mails = 0
    for name, wanted in expected.items():
        raw = (folder / name).read_bytes()
        mail = read_mail(raw)
        if all(want["reason"] == "vacation" for want in wanted):
            if mail.bounce is not None or mail.kind == "bounce":
                wrongly.append(f"  flagged: {name}")
            continue
        mails += 1
        total += len(wanted)
        count["recognised"] += mail.bounce is not None
        failures = mail.bounce.failures if mail.bounce else ()
        if len(failures) != len(wanted):
            _tell(name, "recipients", [f.address for f in failures], len(wanted))
        confirmed = _confirmed(raw)
        for want, failure in zip(wanted, [*failures, *[None] * len(wanted)], strict=False):
            _compare(name, want, failure, len(failures) == len(wanted), confirmed, count)
    rows = [
        _line("sisimai", "recognised", count["recognised"], mails),
        _line("sisimai", "address", count["address"], total),
        _line("sisimai", "permanent", count["permanent"], total),
        _line("sisimai", "hard bounce", count["hard"], total),
        _line("sisimai", "reason", count["reason"], total),
        _line("sisimai", "status, where given", count["status"], count["statuses"]),
    ]
    return [*(text for text, _ in rows), *wrongly], all(held for _, held in rows) and not wrongly


def _compare(
    name: str, want: dict[str, str], found: Failure | None, whole: bool, confirmed: frozenset[str], count: Counter[str]
) -> None:
    if found is None:
        _tell(name, "missing", None, want)
        return
    address = whole and found.address.lower() in confirmed
    count["address"] += address
    if not address:
        _tell(name, "address", found.address, want)
    by_class = {"5": True, "4": False}.get(want["status"][:1])
    count["permanent"] += found.permanent is by_class
    if found.permanent is not by_class:
        _tell(name, "permanent", (found.permanent, found.status, found.code, found.said[:150]), want)
    hard = bool(found.permanent) and found.reason in HARD
    count["hard"] += hard == (want["hardbounce"] == "1")
    count["reason"] += found.reason == want["reason"]
    if found.reason != want["reason"]:
        _tell(name, "reason", (found.reason, found.status, found.code, found.said[:250]), want)
    if want["status"] and not re.match(r"\d\.0\.\d{3}", want["status"]):  # sisimai's own numbers aside
        count["statuses"] += 1
        count["status"] += found.status == want["status"]


def _confirmed(raw: bytes) -> frozenset[str]:
    found: set[str] = set()
    text = raw.replace(b"=40", b"@")
    for match in _CONFIRMING.finditer(text):
        found.update(re.findall(r"[^\s<>\"',;:()]+@[^\s<>\"',;()]+", match[1].decode("utf-8", "replace").lower()))
    for match in _STANDING.finditer(text):
        found.add((match[1] or match[2] or match[3]).decode("utf-8", "replace").lower())
    for match in _RECEIVED.finditer(text):
        found.add((match[1] or match[2]).decode("utf-8", "replace").lower())
    return frozenset(found)


def _flufl(folder: Path) -> tuple[list[str], bool]:
    expected = json.loads((folder / "expected.json").read_text())
    recognised = right = kind = reports = 0
    wrongly: list[str] = []
    for name, want in expected.items():
        mail = read_mail((folder / name).read_bytes())
        failures = mail.bounce.failures if mail.bounce else ()
        named = {f.address.lower() for f in failures if f.action in ("failed", "delayed")}
        wanted = {a.lower() for a in (*want["permanent"], *want["temporary"])}
        if not wanted:
            continue
        reports += 1
        recognised += mail.bounce is not None
        right += named == wanted
        temporary = {f.address.lower() for f in failures if f.action == "delayed"}
        by_kind = temporary == {a.lower() for a in want["temporary"]}
        kind += by_kind and bool(failures)
        if named != wanted or not by_kind:
            _tell(name, "flufl", [(f.address, f.action) for f in failures], want)
    rows = [
        _line("flufl", "recognised", recognised, reports),
        _line("flufl", "address", right, reports),
        _line("flufl", "permanent", kind, reports),
    ]
    return [*(text for text, _ in rows), *wrongly], all(held for _, held in rows)


def _others(folder: Path) -> tuple[list[str], bool]:
    flagged: list[str] = []
    looked = 0
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix not in (".json", ".png", ".au", ".md"):
            mail = read_mail(path.read_bytes())
            looked += 1
            if mail.bounce is not None and mail.bounce.failures[0].reason != "feedback" and not _declares(mail):
                flagged.append(f"  taken for a report: {path.name}: {_brief(mail.bounce)}")
    text = (
        f"bounce others   {len(flagged)} of {looked} other mails are taken for a report that they do not declare to be"
    )
    return [text, *flagged], not flagged


def _declares(mail: Mail) -> bool:
    """Whether a mail says itself that it is a report: by its type, its sender, or its subject and null path."""
    typed = any(
        "report" in value.lower() or "delivery-status" in value.lower() for value in mail.header("content-type")
    )
    return typed or any(a.local.lower() in ("mailer-daemon", "postmaster") for a in mail.from_)


def _brief(bounce: Bounce) -> str:
    return ", ".join(f"{f.address} {f.reason}" for f in bounce.failures[:3])


def _tell(name: str, what: str, found: object, wanted: object) -> None:
    if os.environ.get("BOUNCE_MISSES"):
        print(f"{what:11} {Path(name).name:34} {found!s:.360}  WANTED {wanted}")
