"""Conditions on what a trusted server found out about the sender (RFC 8601): nobody else's word counts.

Anybody can write an Authentication-Results field. What counts is a field whose authserv-id the settings trust; that
forged ones under that id do not come through is the duty of the server that has it (RFC 8601 section 5).
"""

from bridge.core.mail import Mail
from bridge.routing.ground import Ground
from bridge.routing.tree import Case, Hit, Leaf
from bridge.routing.when_doc import AuthenticationDoc
from bridge.yamldoc import Path

_FAILED = frozenset({"fail", "softfail", "hardfail"})
"""Also "hardfail" of older servers. Errors, "neutral" and "policy" say nothing about the sender: they are none."""


def authentication(wanted: AuthenticationDoc, path: Path, ground: Ground) -> tuple[Leaf, ...]:
    """One leaf for each method, in the order written."""
    if ground.authserv is not None and not ground.authserv:
        what = "the settings trust no server's results, so that every mail would be `none`"
        ground.complain(path, what, "name your mail server in the settings: authserv: [mx.corp.example]")
    names = wanted.written
    return tuple(_leaf(method, getattr(wanted, method), (*path, method), ground.authserv) for method in names)


def _leaf(method: str, wanted: tuple[str, ...], path: Path, trusted: frozenset[str] | None) -> Leaf:
    label = f"authentication {method}"
    hits = {word: Hit(f"{label} is {word}") for word in wanted}

    def test(case: Case) -> Hit | None:
        return hits.get(outcome(case.mail, method, trusted))

    return Leaf(label, " or ".join(wanted), path, test)


def outcome(mail: Mail, method: str, trusted: frozenset[str] | None) -> str:
    """What the topmost trusted field that names the method says, as "pass", "fail" or "none".

    Of several signatures one that is good is enough; of several identities SPF must not fail for one. `trusted` None:
    there are no settings that say whose word counts (rules tried by themselves), so everybody's does.
    """
    said = [v for v in mail.verdicts if v.method == method and (trusted is None or v.server in trusted)]
    results = {verdict.result for verdict in said if verdict.field == said[0].field}
    passed, failed = "pass" in results, bool(results & _FAILED)
    if method == "dkim":
        return "pass" if passed else "fail" if failed else "none"
    return "fail" if failed else "pass" if passed else "none"
