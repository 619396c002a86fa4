"""Replies (DIR/reply/*.json): whether the new text is found, white space ignored, each source's convention met.

A source keeps signatures ("keep": what stands above the history, signature included) or not ("strip",
"keep-first-fragment": the new words alone). Sources differ on what is quoted between answers: with it or without the
lines marked ">" is right. HTML goes through the whole reader. `MAILROOM_SCORE=-v` shows each failure.
"""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bridge.core.body import Piece
from bridge.mail.parse import read_mail
from bridge.mail.quote.splitting import pieces

AIM = 0.85
SLOW = 0.5
"""Seconds above which an item counts as slow: then the score does not hold."""

_KEPT = ("new", "signature", "disclaimer")


def score(corpora: Path) -> tuple[list[str], bool]:
    """A table by source; held when no item is slow and enough are right."""
    rows: list[str] = []
    shown: list[str] = []
    right = total = 0
    slowest = (0.0, "")
    for path in sorted((corpora / "reply").glob("*.json")):
        good = count = 0
        for item in _items(json.loads(path.read_text())):
            count += 1
            start = time.process_time()
            found = _read(item)
            spent = time.process_time() - start
            slowest = max(slowest, (spent, f"{path.stem} {item['id']}"))
            text = _met(found, item["signature"])
            if _right(item, text, spent):
                good += 1
            else:
                shown += [f"--- {path.stem} {item['id']}", *_failure(item, found, text)]
        right, total = right + good, total + count
        rows.append(f"{path.stem:32}{count:6}{good:6}{100 * good / max(count, 1):7.0f} %")
    if not total:
        return ["no samples"], True
    failures = shown if os.environ.get("MAILROOM_SCORE") == "-v" else [line for line in shown if line[:4] == "--- "]
    share = right / total
    rows.append(f"{'all':32}{total:6}{right:6}{100 * share:7.0f} %   slowest {slowest[0]:.3f} s: {slowest[1]}")
    return [*failures, *rows], share >= AIM and slowest[0] <= SLOW


def _items(data: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from data["items"]


def _read(item: dict[str, Any]) -> tuple[Piece, ...]:
    if item["kind"] == "text":
        return pieces(item["input"].replace("\r\n", "\n").replace("\r", "\n"))
    head = "From: a@example.org\nContent-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: 8bit"
    return read_mail(f"{head}\n\n{item['input']}".encode()).pieces


def _met(found: tuple[Piece, ...], signature: str) -> str:
    """The text in the way of the source."""
    if signature == "keep":
        kept = []
        for piece in found:
            if piece.kind not in _KEPT:
                break
            kept.append(piece.text)
        return "\n".join(kept)
    return "\n".join(piece.text for piece in found if piece.kind == "new")


def _right(item: dict[str, Any], text: str, spent: float) -> bool:
    match item["cmp"]:
        case "exact" | "nows":
            wanted = _bare(item["expected"])
            return wanted in (_bare(text), _bare(_without_context(text)))
        case "checks":
            bare = _bare(text)
            return all(_bare(part) in bare for part in item["must"]) and not any(
                _bare(part) in bare for part in item["must_not"]
            )
        case _:
            return spent <= float(item["max_seconds"])


def _bare(text: str) -> str:
    return "".join(text.split()).replace("\ufeff", "").replace("\u200b", "")


def _without_context(text: str) -> str:
    return "\n".join(line for line in text.split("\n") if not line.startswith(">"))


def _failure(item: dict[str, Any], found: tuple[Piece, ...], text: str) -> list[str]:
    lines = [f"[{piece.kind}] {line}" for piece in found for line in piece.text.split("\n")[:60]]
    wanted = item.get("expected") or f"must {item.get('must')} must not {item.get('must_not')}"
    return [*lines, f"    wanted: {wanted!r}", f"    got:    {text!r}"]
