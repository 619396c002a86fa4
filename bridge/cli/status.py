"""`mailroom status`: does the daemon run, what are its peers doing, how much waits."""

import time
from typing import TYPE_CHECKING

import click

from bridge.cli.common import settings_of
from bridge.cli.entry import short
from bridge.cli.show import ago, coloured, table

if TYPE_CHECKING:
    from bridge.cli.printed import StatusJson
    from bridge.config import Settings

RULEBOOK = "rulebook"
"""The bookmark under which the engine keeps the digest of the rules it put in force last."""

LANES = 20
"""Lanes that are named: those that have waited longest say enough."""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON (deploy/schemas/status.schema.json).")
@click.pass_context
def status(context: click.Context, as_json: bool) -> None:
    """Show the daemon, its peers and mailboxes, and how much waits. Reads the journal; asks no server.

    Exits with 0 also when something waits or failed: read it, or test with `mailroom check`.
    """
    now = _gather(settings_of(context))
    if as_json:
        click.echo(now.model_dump_json(indent=1))
        return
    _print(now)


def _gather(settings: "Settings") -> "StatusJson":
    from dataclasses import asdict

    from bridge.app.rulebooks import compile_for
    from bridge.cli.printed import CountsJson, LaneJson, MailboxJson, PeerJson, RulebookJson, StatusJson
    from bridge.store import lookup
    from bridge.store.database import FILE_NAME
    from bridge.store.lock import running
    from bridge.store.queue import Queue

    compiled = compile_for(settings)
    counts, health, sources, lanes = None, [], [], []
    if (settings.state / FILE_NAME).exists():
        with Queue.open(settings.state) as queue:
            counts, health = CountsJson.model_validate(asdict(queue.counts())), queue.health()
        sources = lookup.sources(settings.state)
        lanes = lookup.waiting_lanes(settings.state, LANES)
    told = {each.name: each for each in health}
    mailboxes = []
    for name, account in settings.accounts.items():
        for folder in account.folders:
            peer = told.get(f"imap:{name}:{folder}") or told.get(f"imap:{name}")
            newest = next((s.newest for s in sources if s.name == f"imap:{name}:{folder}"), None)
            state, detail = (peer.state, peer.detail) if peer else ("unknown", "not watched yet")
            mailboxes.append(MailboxJson(account=name, folder=folder, state=state, detail=detail, newest=newest))
    return StatusJson(
        now=time.time(),
        pid=running(settings.state),
        outbound=settings.outbound,
        state=str(settings.state),
        rules=RulebookJson(
            digest=compiled.rulebook.digest if compiled.rulebook else "",
            applied=next((s.bookmark for s in sources if s.name == RULEBOOK), ""),
            problems=len(compiled.problems),
            warnings=len(compiled.warnings),
        ),
        counts=counts,
        peers=[PeerJson(name=h.name, state=h.state, detail=h.detail, since=h.since) for h in health],
        mailboxes=mailboxes,
        lanes=[
            LaneJson(
                lane=each.name,
                waiting=each.waiting,
                head=each.head.key,
                state=each.head.state,
                since=each.head.at,
                due=each.head.due,
                attempts=each.head.attempts,
                words=each.head.words,
            )
            for each in lanes
        ],
    )


def _print(now: "StatusJson") -> None:
    click.echo(f"daemon    {f'runs, pid {now.pid}' if now.pid else 'does not run'}; state in {now.state}")
    click.echo(f"outbound  {now.outbound}{': answers are shown, not sent' if now.outbound == 'observe' else ''}")
    click.echo(f"rules     {_rules(now)}")
    if now.counts is None:
        click.echo("journal   none yet: the daemon has not run with these settings")
        return
    c = now.counts
    click.echo(
        f"inbox     {c.new} to be planned, {c.quarantined} in quarantine\n"
        f"outbox    {c.waiting} waiting, {c.claimed} under way, {c.held} for confirmation, {c.buried} failed"
    )
    if c.blocked or c.lost_rooms:
        click.echo(f"rooms     {c.lost_rooms} without the bot, {c.blocked} lanes wait for them")
    if now.peers:
        click.echo("" if now.pid else "\nThe daemon does not run; this is what it said last:")
        rows = [(p.name, p.state, ago(p.since, now.now), p.detail) for p in now.peers]
        table(("PEER", "STATE", "SINCE", "WORDS"), rows)
    if now.mailboxes:
        click.echo()
        boxes = [(m.account, m.folder, m.state, ago(m.newest, now.now) if m.newest else "never") for m in now.mailboxes]
        table(("ACCOUNT", "FOLDER", "STATE", "LAST MAIL"), boxes)
    if now.lanes:
        click.echo()
        lanes = [
            (lane.lane, str(lane.waiting), short(lane.head), ago(lane.since, now.now), lane.words) for lane in now.lanes
        ]
        table(("LANE", "WAITING", "HEAD", "SINCE", "WHY"), lanes)
    if c.quarantined or c.buried:
        click.echo("\n`mailroom queue list` shows what is held or failed, and why.")


def _rules(now: "StatusJson") -> str:
    rules = now.rules
    if rules.problems:
        held = f"; in force are older ones ({rules.applied[:12]})" if rules.applied else ""
        return f"{coloured('problem')}: {rules.problems} problems, see `mailroom rules check`{held}"
    more = f", {rules.warnings} warnings" if rules.warnings else ""
    if not rules.applied:
        return f"{rules.digest[:12]}{more}, never in force yet"
    return f"{rules.digest[:12]}{more}" + ("" if rules.applied == rules.digest else ", not in force yet")
