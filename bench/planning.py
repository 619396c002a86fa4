"""(i) `rules plan` over a journal: mails a second of wall time, CPU a mail with the workers', and its memory."""

import asyncio
import contextlib
import json
import time
from pathlib import Path

from bench import load, processes
from bench.installation import Installation
from bench.scale import Scale
from bench.table import Row
from bridge.core.mail import Envelope
from bridge.core.plan import Arrival
from bridge.core.ports import Enacted
from bridge.store.journal import Journal

AIM = 10_000 / 60
"""Mails a second: ten thousand in a minute."""

RULES = 100

_HEAD = """\
domain: corp.example
people: {ann: Ann Berg, bob: Bob Iwu}
inboxes:
  support:
    address: support@corp.example
    room: {per: conversation, for: [ann, bob]}
    send: {who: ann, to: sender}
    rules:
"""
_LOOK = 0.1


def _book(*, known: bool, edited: bool) -> str:
    """A hundred rules that no mail meets, so that all are asked. `known`: another asks the journal about each mail."""
    rules = [f"      - {{name: r{n}, when: {{subject: '*order p{n}x*'}}, notify: none}}\n" for n in range(RULES)]
    asking = ["      - {name: first, when: {correspondent: first-contact, conversation: answered}, notify: none}\n"]
    text = _HEAD + "".join([*(asking if known else []), *rules])
    return text.replace("for: [ann, bob]", "for: ann").replace("to: sender", "to: all") if edited else text


async def planned(folder: Path, scale: Scale) -> list[Row]:
    """Everything changes for every mail: the most that counting can cost."""
    installation = Installation(folder / "plan", "http://127.0.0.1:1")
    talks = load.talks("p", max(1, scale.imported // 10), senders=max(1, scale.imported // 50))
    mails = [talk.first() for talk in talks] + load.interleaved(talks, 1, 9)
    envelope = Envelope("smtp", "customer@client.example", (load.SUPPORT,))
    now = time.time()
    rows: list[Row] = []
    async with await Journal.open(installation.folder / "state") as journal:
        for start in range(0, len(mails), 500):
            batch = enumerate(mails[start : start + 500], start)
            await journal.accept([Arrival(f"smtp:{n}", "mail", raw, now, envelope) for n, raw in batch])
        for known in (False, True):
            before, after = (_book(known=known, edited=edited) for edited in (False, True))
            await journal.enact(Enacted(str(int(known)) * 32, "files", {"rules.yaml": before}))
            (installation.folder / "rules" / "rules.yaml").write_text(after)
            rows += await _run(installation, len(mails), ", the journal asked of each" if known else "")
    return rows


async def _run(installation: Installation, count: int, words: str) -> list[Row]:
    began = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        *installation.command, "rules", "plan", "--json", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    talking = asyncio.create_task(process.communicate())
    cpu = memory = 0.0
    while not talking.done():
        with contextlib.suppress(OSError):  # it may end while it is looked at
            cpu, memory = max(cpu, processes.cpu(process.pid)), max(memory, processes.own_memory(process.pid))
        await asyncio.wait([talking], timeout=_LOOK)
    took = time.monotonic() - began
    said, wrong = talking.result()
    if process.returncode != 3:
        raise RuntimeError(f"plan: exit {process.returncode}: {wrong.decode()[-1500:]}")
    told = json.loads(said)
    assert (told["mails"], told["changed"]) == (count, count)
    what = f"plan of {count} mails, {RULES} rules{words}"
    return [
        Row("i", what, "/s", count / took, aim=AIM, bound="least", note=f"{took:.1f} s"),
        Row(
            "i", f"{what}: CPU a mail", "ms", cpu / count * 1000, note=f"the command itself holds {memory / 1e6:.0f} MB"
        ),
    ]
