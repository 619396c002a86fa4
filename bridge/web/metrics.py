"""The numbers that `/metrics` shows, in Prometheus' formats: what this process did, and how much the journal holds.

Counters grow with what became durable, from the start of the process on. Gauges of the journal are asked for at each
scrape, and left out when it cannot answer: an old number would claim what nobody knows (I9). Labels are words of ours,
and names of accounts and scopes, so that their number is bounded and no mail is in them.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from importlib.metadata import version
from typing import assert_never

from prometheus_client import CollectorRegistry, Counter, Gauge, ProcessCollector, disable_created_metrics
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder

from bridge.core.effects import AutoMail, Effect, SendMail
from bridge.core.happened import (
    Accepted,
    BacksOff,
    Buried,
    Done,
    Happened,
    InForce,
    PutOff,
    Settled,
    Tally,
    Unread,
)
from bridge.core.ports import Health
from bridge.web.latest import Latest

# They are a second series beside each counter, which nothing reads.
disable_created_metrics()  # type: ignore[no-untyped-call] # the package forgot its "-> None"


class Metrics:
    """Counts what it is told and shows it. `accounts`: the mailboxes that are watched."""

    def __init__(self, latest: Latest, accounts: Collection[str], clock: Callable[[], float]) -> None:
        self._clock = clock
        self._state = _State(latest, accounts, clock)
        own = self._registry = CollectorRegistry()
        ProcessCollector(registry=own)
        own.register(self._state)
        self._accepted = Counter(
            "mailroom_mails_accepted",
            "Mails kept in the journal, by the door they came through",
            ["door"],
            registry=own,
        )
        self._events = Counter("mailroom_room_events_accepted", "Room events kept in the journal", registry=own)
        self._planned = Counter("mailroom_arrivals_planned", "Plans settled", ["kind", "outcome"], registry=own)
        self._effects = Counter(
            "mailroom_effects", "Effects done, put off (at each try) and given up", ["kind", "result"], registry=own
        )
        self._sent = Counter("mailroom_events_sent", "Events that the homeserver took", registry=own)
        self._answers = Counter(
            "mailroom_answers",
            "Answers of people: sent to all recipients, delayed (at each try), failed for one of them at least",
            ["scope", "result"],
            registry=own,
        )
        self._automatic = Counter(
            "mailroom_automatic_mails", "Mails that rules send: forwards, copies, …", ["why", "result"], registry=own
        )
        self._loads = Counter(
            "mailroom_rules_loads",
            "Times that the rule files were read, and came in force or have problems",
            ["result"],
            registry=own,
        )
        self._unread = Counter(
            "mailroom_reader_failures", "Mails that a reading worker did not survive", ["why"], registry=own
        )
        self._last = Gauge(
            "mailroom_last_success_timestamp_seconds", "When it happened last in this process", ["what"], registry=own
        )
        self._backoff = Gauge(
            "mailroom_account_backoff_seconds", "Pause before the account is tried again", ["account"], registry=own
        )
        for account in accounts:
            self._backoff.labels(account).set(0)
        for result in ("in-force", "problems"):
            self._loads.labels(result)
        for why in ("late", "died"):
            self._unread.labels(why)

    def observe(self, happened: Happened) -> None:
        """Count it."""
        match happened:
            case Accepted():
                self._arrived(happened)
            case Settled():
                plan = happened.plan
                kind = "event" if plan.arrival.startswith("event:") else "mail"
                self._planned.labels(kind, plan.outcome).inc()
            case Done():
                self._effect(happened.effect, "done", "sent")
                self._sent.inc(len(happened.receipt.events))
                if happened.receipt.events:
                    self._succeeded("event-sent")
                if isinstance(happened.effect, SendMail):
                    self._succeeded("answer-sent")
            case PutOff():
                self._effect(happened.effect, "put-off", "delayed")
            case Buried():
                self._effect(happened.effect, "buried", "failed")
            case Health():
                if happened.name == "rules":
                    self._loads.labels("in-force" if happened.state == "ok" else "problems").inc()
            case Unread():
                self._unread.labels(happened.why).inc()
            case BacksOff():
                self._backoff.labels(happened.account).set(happened.seconds)
            case InForce():
                pass
            case _:
                assert_never(happened)

    def page(self, accept: str, tally: Tally | None) -> tuple[bytes, str]:
        """The exposition for a client that accepts `accept`, and its content type. `tally`: None when nobody knows."""
        self._state.tally = tally
        encode, kind = choose_encoder(accept)
        return encode(self._registry), kind

    def _arrived(self, accepted: Accepted) -> None:
        for pending in accepted.new:
            if pending.envelope is None:
                self._events.inc()
            else:
                self._accepted.labels(pending.envelope.door).inc()
                self._succeeded("mail-accepted")

    def _effect(self, effect: Effect, result: str, as_mail: str) -> None:
        self._effects.labels(effect.kind, result).inc()
        if isinstance(effect, SendMail):
            self._answers.labels(effect.scope, as_mail).inc()
        elif isinstance(effect, AutoMail):
            self._automatic.labels(effect.why, as_mail).inc()

    def _succeeded(self, what: str) -> None:
        self._last.labels(what).set(self._clock())


class _State:
    """Gauges that are looked up at each scrape. `tally`: the journal's numbers, None when it could not tell them."""

    def __init__(self, latest: Latest, accounts: Collection[str], clock: Callable[[], float]) -> None:
        self.tally: Tally | None = None
        self._latest = latest
        self._accounts = accounts
        self._clock = clock
        self._version = version("matrix-mailroom")

    def describe(self) -> list[Metric]:
        """Nothing beforehand: what is there depends on the moment."""
        return []

    def collect(self) -> Iterator[Metric]:
        """All of them."""
        latest = self._latest
        yield _labelled("mailroom_info", "The version", "version", {self._version: 1})
        connected = {name: latest.state(f"imap:{name}") == "ok" for name in self._accounts}
        yield _labelled("mailroom_account_connected", "Whether the mailbox account is watched", "account", connected)
        at_home = latest.state("homeserver") == "ok"
        yield _one("mailroom_homeserver_connected", "Whether the homeserver answered last", at_home)
        broken = latest.state("rules") == "failed"
        yield _one("mailroom_rules_broken", "Whether the rule files have problems, so that older rules go on", broken)
        if latest.digest:
            yield _labelled("mailroom_rulebook_info", "The rules in force", "digest", {latest.digest: 1})
        yield _one("mailroom_journal_readable", "Whether the journal could be asked now", self.tally is not None)
        if self.tally is not None:
            yield from _held(self.tally, self._clock())


def _held(tally: Tally, now: float) -> Iterator[Metric]:
    yield _one("mailroom_arrivals_waiting", "Arrivals not planned yet", tally.arrivals["new"])
    yield _one("mailroom_arrivals_quarantined", "Arrivals in quarantine", tally.arrivals["quarantined"])
    yield _labelled("mailroom_lanes", "Lanes with work, blocked when their room is lost", "state", tally.lanes)
    age = max(0.0, now - tally.oldest) if tally.oldest is not None else 0.0
    yield _one("mailroom_lane_oldest_seconds", "How long the lane has waited whose turn it is longest", age)
    yield _labelled("mailroom_outbox", "Effects by state", "state", tally.effects)
    yield _one("mailroom_rooms_lost", "Rooms that the bot cannot use", tally.lost_rooms)


def _one(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(name, words, value=float(value))


def _labelled(name: str, words: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, words, labels=[label])
    for key, value in values.items():
        family.add_metric([key], float(value))
    return family
