"""Compiles whose forwards count as mail of the original author (`forwarded-by`).

A forward proves itself by the trusted server's word alone; where no server is trusted, the option is a problem.
"""

from bridge.routing.merge import From
from bridge.routing.people import Directory
from bridge.yamldoc import Complain


def compile_forwarders(
    said: From | None, people: Directory, authserv: frozenset[str] | None, complain: Complain
) -> tuple[str, ...]:
    """The address keys of those people."""
    if said is None or not said.value:
        return ()
    if authserv is not None and not authserv:
        what = "the settings trust no server's results, so that nobody could prove to have forwarded a mail"
        complain(said.path, what, "name your mail server in the settings: authserv: [mx.corp.example]")
    found = people.resolve(said.value, said.path, complain)
    for someone in found:
        if someone.mail is None:
            complain(said.path, f"{someone.key} has no mail address", f"say `mail:` for {someone.key} in people")
    return tuple(sorted(someone.mail.key for someone in found if someone.mail is not None))
