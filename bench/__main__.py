"""`make bench`: every part, one table. ARGS="--only a,b --pairs 7 --quick --record".

Writes bench/results.json, and with --record the table in bench/README.md. A part that fails is named, and the others
go on; the exit status is 1 then. Missing an aim is no failure: times are reported, counts are asserted by the tests.
"""

import argparse
import asyncio
import json
import os
import platform
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from bench import deciding, door, history, latency, memory, planning, reader, requests, table, throughput
from bench.scale import QUICK, Scale
from bench.table import Row
from bench.world import world

HERE = Path(__file__).parent
_MARKS = ("<!-- results -->", "<!-- end -->")
Part = Callable[[Path, Scale], Awaitable[list[Row]]]

ALONE: dict[str, tuple[Part, ...]] = {
    "a": (latency.on_stub, latency.by_imap),
    "c": (requests.counted,),
    "d": (door.door,),
    "f": (memory.idle, memory.grown),
    "g": (history.imported,),
    "h": (deciding.decided,),
    "i": (planning.planned,),
    "j": (reader.read, reader.worker, reader.beside),
}
"""Parts that need no Synapse."""


async def measure(parts: str, scale: Scale, say: Callable[[str], None]) -> tuple[list[Row], list[str]]:
    """All rows, and the names of what failed."""
    rows: list[Row] = []
    failed: list[str] = []

    async def take(name: str, work: Callable[[], Awaitable[list[Row]]]) -> None:
        began = time.monotonic()
        try:
            rows.extend(await work())
        except Exception:
            traceback.print_exc()
            failed.append(name)
        say(f"{name}: {time.monotonic() - began:.0f} s")

    with tempfile.TemporaryDirectory(prefix="mailroom-bench-") as name:
        folder = Path(name)
        for letter in parts:
            for part in ALONE.get(letter, ()):
                place = folder / part.__name__
                place.mkdir()
                await take(f"{letter} {part.__name__}", lambda part=part, place=place: part(place, scale))
        if set(parts) & set("abce"):
            async with world(folder) as whole:
                if "a" in parts:
                    await take("a on_synapse", lambda: latency.on_synapse(whole, scale))
                if set(parts) & set("be"):
                    await take("b, e", lambda: throughput.steady(whole, scale))
                if "c" in parts:
                    await take("c", lambda: throughput.opening(whole, scale))
    return sorted(rows, key=lambda row: row.part), failed


def machine() -> str:
    """What it ran on, without names."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.machine(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores ({model}), {memory:.0f} GiB, Python {platform.python_version()}"


def record(rows: list[Row], readme: Path) -> None:
    """Put the table between the marks of the README."""
    head, _, rest = readme.read_text().partition(_MARKS[0])
    _, _, tail = rest.partition(_MARKS[1])
    date = time.strftime("%Y-%m-%d", time.gmtime())
    body = f"{_MARKS[0]}\n{date}, {machine()}:\n\n{table.markdown(rows)}\n{_MARKS[1]}"
    readme.write_text(head + body + tail)


def main(arguments: list[str]) -> int:
    """0 when every part ran, 1 when one failed, 2 on wrong usage."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Mailroom beside bare peers.")
    parser.add_argument("--only", default="abcdefghij", help="parts, as in a,b")
    parser.add_argument("--pairs", type=int, help="alternating runs (7)")
    parser.add_argument("--quick", action="store_true", help="little of everything: shows that it works")
    parser.add_argument("--record", action="store_true", help="write the table into bench/README.md")
    chosen = parser.parse_args(arguments)
    scale = QUICK if chosen.quick else Scale()
    if chosen.pairs:
        scale = replace(scale, pairs=chosen.pairs)
    parts = "".join(sorted(set(chosen.only) & set("abcdefghij")))
    if not parts or not set(chosen.only) <= set("abcdefghij, "):
        parser.error("--only takes letters of a to j")
    if shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin") is None and "a" in parts:
        parser.error("part a needs Dovecot: run `make deps`")
    rows, failed = asyncio.run(measure(parts, scale, lambda words: print(words, file=sys.stderr, flush=True)))
    print(f"{machine()}\n\n{table.text(rows)}")
    results = {"at": time.time(), "machine": machine(), "rows": [row.as_json() for row in rows]}
    (HERE / "results.json").write_text(json.dumps(results, indent=1))
    if chosen.record:
        record(rows, HERE / "README.md")
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
