"""What our own mail server found out about the sender (RFC 8601), and nobody else: anybody can write such a field.

That forged fields under a trusted server's name do not come through is the duty of the server that has it (RFC 8601
section 5).
"""

from typing import Literal

from bridge.core.mail import Mail, Verdict

UNNAMED = ""
"""What stands for the authserv-id where a server writes none, as Microsoft 365 does: trusted only if settings say so,
and then of the topmost such field alone, for that server puts its own above all others."""

FAILED = frozenset({"fail", "softfail", "hardfail"})
"""Also "hardfail" of older servers. Errors, "neutral" and "policy" say nothing about the sender: they are none."""

Outcome = Literal["pass", "fail", "none"]


def outcome(mail: Mail, method: str, trusted: frozenset[str] | None) -> Outcome:
    """What the topmost trusted field that names the method ("dmarc", "dkim", "spf") says.

    Of several signatures one that is good is enough; of several identities SPF must not fail for one. `trusted`: lower
    cased authserv-ids; None: there are no settings that say whose word counts (rules tried by themselves), so
    everybody's does.
    """
    said = [verdict for verdict in _believed(mail, trusted) if verdict.method == method]
    results = {verdict.result for verdict in said if verdict.field == said[0].field}
    passed, failed = "pass" in results, bool(results & FAILED)
    if method == "dkim":
        return "pass" if passed else "fail" if failed else "none"
    return "fail" if failed else "pass" if passed else "none"


def _believed(mail: Mail, trusted: frozenset[str] | None) -> list[Verdict]:
    if trusted is None:
        return list(mail.verdicts)
    unnamed = next((verdict.field for verdict in mail.verdicts if verdict.server == UNNAMED), -1)
    return [v for v in mail.verdicts if v.server in trusted and (v.server != UNNAMED or v.field == unnamed)]
