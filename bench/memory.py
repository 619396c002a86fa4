"""(f) Memory (proportional set size): idle, with a thousand TLS folders, after ten thousand conversations."""

import asyncio
import sys
from pathlib import Path

from bench import load, processes, restart
from bench.installation import Installation
from bench.scale import Scale
from bench.stub import stub_homeserver
from bench.table import Row
from bridge.demo.process import ServerProcess, accepts_tcp, free_port
from tests.servers.tls import Authority
from tests.waiting import eventually

_MB = 1e6


async def idle(folder: Path, scale: Scale) -> list[Row]:
    """Nothing to do; then a folder in each of so many accounts."""
    port = free_port()
    authority = Authority(folder)
    certificate = authority.issue("idle")
    argv = [sys.executable, "-m", "bench.imap_idle", str(port), str(certificate.certificate), str(certificate.key)]
    server = ServerProcess(argv, folder / "imap.log")
    await server.start(lambda: accepts_tcp(port))
    secret = folder / "any.pass"
    secret.touch(mode=0o600)
    secret.write_text("secret-of-the-bench")
    account = {"imap": f"imaps://localhost:{port}", "ca_file": str(authority.certificate), "user": "any"}
    account["password_file"] = str(secret)
    accounts = {f"box{n}": account for n in range(scale.folders)}
    try:
        async with stub_homeserver() as stub:
            before, workers = await _settled(Installation(folder / "none", stub.url), 0)
            after, _ = await _settled(
                Installation(folder / "many", stub.url, more={"accounts": accounts}), scale.folders
            )
    finally:
        await server.stop()
    each = (after - before) / scale.folders / 1000
    return [
        Row("f", "memory idle", "MB", before / _MB, note=f"of it {workers / _MB:.0f} MB are workers that read mail"),
        Row("f", f"memory an idle TLS folder ({scale.folders})", "kB", each, aim=60, note="one connection each"),
        Row("f", f"memory with {scale.folders} TLS folders", "MB", after / _MB, aim=150),
    ]


async def _settled(installation: Installation, folders: int) -> tuple[float, float]:
    """Octets of the whole tree and of its workers, once every folder is watched and the reader stands."""
    async with await installation.start():
        await eventually(
            lambda: installation.watched() >= folders and len(list(processes.tree(installation.pid))) >= 4, 120, 0.2
        )
        await asyncio.sleep(2)
        whole = processes.memory(installation.pid)
        return whole, whole - processes.own_memory(installation.pid)


async def grown(folder: Path, scale: Scale) -> list[Row]:
    """After so many conversations of as many senders."""
    async with stub_homeserver() as stub, await Installation(folder / "grown", stub.url).start() as installation:
        talks = load.talks("g", scale.conversations)
        await load.pour(installation.port, [talk.first() for talk in talks[:10]])
        await stub.until(10)
        before = processes.memory(installation.pid)
        await load.pour(installation.port, [talk.first() for talk in talks[10:]])
        await stub.until(scale.conversations, within=300)
        await asyncio.sleep(1)
        after = processes.memory(installation.pid)
        starts = await restart.after_kills(installation, scale)
    each = (after - before) / (scale.conversations - 10) / 1000
    note = f"{each:.1f} kB each, new senders"
    memory = Row("f", f"memory after {scale.conversations} conversations", "MB", after / _MB, aim=150, note=note)
    return [memory, *starts]
