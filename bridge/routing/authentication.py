"""Conditions on what a trusted server found out about the sender (RFC 8601): nobody else's word counts."""

from bridge.core.verdicts import outcome
from bridge.routing.ground import Ground
from bridge.routing.tree import Case, Hit, Leaf
from bridge.routing.when_doc import AuthenticationDoc
from bridge.yamldoc import Path


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
