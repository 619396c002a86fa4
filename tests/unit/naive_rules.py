"""Rules read naively: what the whole condition language means, one line a condition, on the plain document.

No tree, no set, no index. Also random conditions, and mails that meet some of them.
"""

import fnmatch
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from bridge.core.addresses import Address
from bridge.core.decision import EVERY_STANDING, Standing
from bridge.core.mail import Envelope, ListInfo, Mail, Part, Verdict

PEOPLE = {"ann": "ann@d", "bob": "bob@d", "cleo": "cleo@d"}
GROUPS = {
    "desk": ["ann", "bob"],
    "clients": ["a.example", "lee@b.example", "*@*.c.example"],
    "both": ["desk", "clients"],
}
DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
TIMES = {"office": {"hours": "9:00-17:00", "days": ["mon", "tue", "wed", "thu", "fri"]}}
SERVER = "mx.d"
KINDS = ["personal", "list", "bulk", "auto-reply", "bounce"]
SENDERS = ["kim@a.example", "KIM@A.example", "lee@b.example", "x@sub.a.example", "ann@d", "y@n.c.example", "Straße@d"]
PATTERNS: list[Any] = ["kim@a.example", "*@a.example", "*@*.example", "lee@?.example", "*b*@*", "STRASSE@d", "kim@*"]
PATTERNS += ["ann", "desk", "clients", "both", {"regex": "^[kl]"}, {"regex": "@a[.]"}, "*@D", "Lee@b.example"]
SUBJECTS = ["", "Hello", "CRIT disk", "hello world", "Order 17 from a.example"]
TEXTS = [*["hello", "*", "crit*", "Hello*", "*world", "*o*", "h?llo", "o*7*e"], {"regex": "[0-9]+"}, {"regex": "^h"}]
LISTS: list[Any] = ["l1.example", "*.example", "other", "L2.example", {"regex": "^l"}]
BODIES = ["", "Hello\n  Please UNSUBSCRIBE me  \nbye", "order 17\r\nhello"]

names = st.lists(st.sampled_from(sorted(PEOPLE)), min_size=1, max_size=3, unique=True)


def some(values: list[Any]) -> st.SearchStrategy[Any]:
    return st.sampled_from(values) | st.lists(st.sampled_from(values), min_size=1, max_size=3)


flat = st.fixed_dictionaries(
    {},
    optional={
        **{name: some(PATTERNS) for name in ("from", "to", "cc", "to-or-cc", "recipient")},
        "sender": some([*PATTERNS, "<>"]),
        "subject": some(TEXTS),
        "header": st.fixed_dictionaries({}, optional={"X-Prio": some(TEXTS), "x-other": some(TEXTS)}).filter(bool),
        "body": some(["hello", "*unsubscribe*", "order*", "*", {"regex": "^order [0-9]+"}]),
        "size": st.sampled_from([{"over": "5kB"}, {"under": "10kB"}, {"over": "5kB", "under": "10kB"}]),
        "attachment": st.sampled_from(["true", "false", {"name": "*.pdf"}, {"type": "image/*", "at-least": "2"}]),
        "kind": some(KINDS),
        "list": some(LISTS),
        "account": some(["main", "m*"]),
        "folder": some(["INBOX", "in*"]),
        "spam": st.sampled_from(["true", "false"]),
        "conversation": some(["new", "existing", "answered"]),
        "correspondent": some(["known", "first-contact", "desk", "clients"]),
        "time": some(
            ["office", {"hours": "22:00-6:00", "days": "fri"}, {"days": ["sat", "sun"]}, {"hours": "9:00-12:30"}]
        ),
        "authentication": st.sampled_from([{"dmarc": "pass"}, {"dmarc": ["fail", "none"]}, {"spf": "pass"}]),
    },
).filter(bool)
# Most rules say one or two things: what is asked often decides.
short = st.integers(1, 2).flatmap(lambda most: flat.map(lambda said: dict(list(said.items())[:most])))
when: st.SearchStrategy[dict[str, Any]] = st.recursive(
    short | flat,
    lambda inner: st.one_of(
        st.builds(lambda each: {"any": each}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda each: {"all": each}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda one: {"not": one}, inner),
        st.builds(lambda one, other: {**one, "any": other}, short, st.lists(inner, min_size=1, max_size=2)),
    ),
    max_leaves=6,
)

addresses = st.sampled_from(SENDERS).map(lambda spec: Address(*spec.split("@")))
several = st.lists(addresses, max_size=3).map(tuple)
parts = st.sampled_from([Part(1, "a.pdf", "application/pdf", 9, ""), Part(2, "b.PNG", "image/png", 9, "")])
mails = st.builds(
    Mail,
    st.just("c"),
    st.sampled_from([1, 5_000, 7_000, 10_000]),
    from_=st.lists(addresses, min_size=1, max_size=2).map(tuple) | st.just(()),
    to=several,
    cc=several,
    subject=st.sampled_from(SUBJECTS),
    kind=st.sampled_from(KINDS),
    list=st.sampled_from([None, ListInfo("l1.example"), ListInfo("l2.example"), ListInfo("other")]),
    text=st.sampled_from(BODIES),
    attachments=st.lists(parts, max_size=3).map(tuple),
    verdicts=st.sampled_from(
        [
            (),
            (Verdict(0, SERVER, "dmarc", "pass"),),
            (Verdict(0, SERVER, "dmarc", "fail"), Verdict(0, SERVER, "spf", "pass")),
            (Verdict(0, "mx.evil", "dmarc", "pass"),),
        ]
    ),
    headers=st.lists(
        st.sampled_from([("x-prio", "hello world"), ("X-OTHER", "17"), ("X-Spam-Flag", "YES")]), max_size=3
    ).map(tuple),
)
moments = st.sampled_from(
    [
        datetime.fromisoformat(f"2026-11-{moment}:00+00:00").timestamp()
        for moment in ("23T08:59", "23T09:00", "23T12:30", "27T21:59", "27T22:00", "28T05:59", "28T06:00", "22T03:00")
    ]
)
"""From Sunday the 22nd to Saturday the 28th."""

senders = st.sampled_from(["", *SENDERS])
standings = st.sampled_from(EVERY_STANDING)


@dataclass(frozen=True)
class Naive:
    """A mail as one scope sees it."""

    envelope: Envelope
    mail: Mail
    standing: Standing
    at: float = 0.0

    def holds(self, said: dict[str, Any]) -> bool:
        """Whether all that is said holds."""
        return all(self._one(key, wanted) for key, wanted in said.items())

    def _one(self, key: str, wanted: Any) -> bool:
        mail, envelope = self.mail, self.envelope
        author = [mail.from_[0].spec] if len(mail.from_) == 1 else []
        addressed = {
            "from": author,
            "to": [a.spec for a in mail.to],
            "cc": [a.spec for a in mail.cc],
            "to-or-cc": [a.spec for a in (*mail.to, *mail.cc)],
            "recipient": list(envelope.rcpt_tos),
            "sender": [envelope.mail_from or "<>"],
        }
        texts = {
            "subject": [mail.subject],
            "list": [mail.list.id] if mail.list else [],
            "account": [envelope.account] if envelope.account else [],
            "folder": [envelope.folder] if envelope.folder else [],
        }
        match key:
            case "all":
                return all(self.holds(each) for each in wanted)
            case "any":
                return any(self.holds(each) for each in wanted)
            case "not":
                return not self.holds(wanted)
            case _ if key in addressed:
                return any(matches(pattern, v) for w in listed(wanted) for pattern in meant(w) for v in addressed[key])
            case _ if key in texts:
                return any(matches(pattern, value) for pattern in listed(wanted) for value in texts[key])
            case "header":
                return all(
                    any(
                        matches(pattern, v)
                        for pattern in listed(patterns)
                        for k, v in mail.headers
                        if k.lower() == name.lower()
                    )
                    for name, patterns in wanted.items()
                )
            case "body":
                lines = mail.text.replace("\r", "").split("\n")
                return any(matches(pattern, line.strip(" \t")) for pattern in listed(wanted) for line in lines)
            case "size":
                low, high = (
                    int(wanted.get(word, default)[:-2]) * 1000
                    for word, default in (("over", "-1kB"), ("under", "99kB"))
                )
                return low < mail.size < high
            case "attachment":
                return self._attached(wanted)
            case "kind":
                return mail.kind in listed(wanted)
            case "spam":
                return (("X-Spam-Flag", "YES") in mail.headers) == (wanted == "true")
            case "conversation":
                now = self.standing.conversation
                return now in listed(wanted) or (now == "answered" and "existing" in listed(wanted))
            case "correspondent":
                word = "known" if self.standing.known else "first-contact"
                groups = [pattern for w in listed(wanted) if w in GROUPS for pattern in meant(w)]
                return word in listed(wanted) or any(matches(pattern, value) for pattern in groups for value in author)
            case "time":
                return any(self._came(TIMES[each] if isinstance(each, str) else each) for each in listed(wanted))
            case "authentication":
                found = {verdict.method: verdict.result for verdict in mail.verdicts if verdict.server == SERVER}
                return all(found.get(method, "none") in listed(results) for method, results in wanted.items())
            case _:
                raise AssertionError(key)

    def _came(self, window: dict[str, Any]) -> bool:
        """Whether a window that opened today or yesterday is open still."""
        now = datetime.fromtimestamp(self.at, UTC)
        first, last = (
            timedelta(hours=int(hour), minutes=int(minute))
            for hour, _, minute in (text.partition(":") for text in window.get("hours", "0:00-24:00").split("-"))
        )
        for midnight in (datetime(now.year, now.month, now.day, tzinfo=UTC) - timedelta(days=n) for n in (0, 1)):
            opens, closes = midnight + first, midnight + (last if last > first else last + timedelta(days=1))
            if midnight.strftime("%a").lower() in listed(window.get("days", DAYS)) and opens <= now < closes:
                return True
        return False

    def lives(self, rule: dict[str, Any]) -> bool:
        """Whether the rule is there at all."""
        today = datetime.fromtimestamp(self.at, UTC).date().isoformat()
        return rule.get("enabled") != "false" and today <= rule.get("expires", today)

    def _attached(self, wanted: Any) -> bool:
        if isinstance(wanted, str):
            return bool(self.mail.attachments) == (wanted == "true")
        such = [
            part
            for part in self.mail.attachments
            if matches(wanted.get("name", "*"), part.name) and matches(wanted.get("type", "*"), part.type)
        ]
        return len(such) >= int(wanted.get("at-least", "1"))


def listed(wanted: Any) -> list[Any]:
    return wanted if isinstance(wanted, list) else [wanted]


def meant(word: Any) -> list[Any]:
    """The patterns that a word of an address condition stands for."""
    if not isinstance(word, str) or "@" in word or word == "<>":
        return [word]
    if word in PEOPLE:
        return [PEOPLE[word]]
    if word in GROUPS:
        return [pattern for member in GROUPS[word] for pattern in meant(member)]
    return [f"*@{word}"]


def matches(pattern: Any, value: str) -> bool:
    if isinstance(pattern, dict):
        return re.search(pattern["regex"], value) is not None
    return fnmatch.fnmatchcase(value.casefold(), pattern.casefold())
