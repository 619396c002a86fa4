"""As whom imported files were addressed: a person says so, since To and Cc are never believed.

Only a rulebook with one inbox, and nothing else, leaves nothing to say.
"""

from collections.abc import Sequence

from bridge.core.errors import Permanent
from bridge.core.mail import Envelope
from bridge.routing import CompiledRulebook

_HOW = "say --to ADDRESS, or --account NAME as if it had lain there"


def envelope(rulebook: CompiledRulebook, to: Sequence[str], account: str, folder: str) -> Envelope:
    """The envelope of every mail of a file. Raises Permanent, with the cure, when it leads nowhere."""
    if to and account:
        raise Permanent("--to and --account exclude each other for a file")
    if account:
        if account not in rulebook.accounts:
            raise Permanent(f"the rules have no inbox for the account {account}")
        return Envelope("import", account=account, folder=folder or "INBOX")
    for address in to:
        if not rulebook.knows(address):
            raise Permanent(f"the rules have no inbox for {address}")
    return Envelope("import", rcpt_tos=tuple(to)) if to else _only(rulebook)


def _only(rulebook: CompiledRulebook) -> Envelope:
    """The one inbox there is."""
    if len(rulebook.scopes) == 1 and len(rulebook.addresses) == 1 and not rulebook.accounts:
        return Envelope("import", rcpt_tos=tuple(rulebook.addresses))
    if len(rulebook.scopes) == 1 and len(rulebook.accounts) == 1 and not rulebook.addresses:
        return Envelope("import", account=next(iter(rulebook.accounts)), folder="INBOX")
    raise Permanent(f"the rules have several inboxes: {_HOW}")
