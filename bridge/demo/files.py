"""The settings and rules of the playground: small, and good examples for a real installation.

They are written once at the start and belong to whoever plays from then on.
"""

import os
from pathlib import Path
from string import Template

SERVER = "corp.example"
PASSWORD = "mailroom"  # noqa: S105  (everybody's, and printed: a playground on loopback has no secrets)
HOLD = 5
"""Seconds for which an answer can be taken back."""

SETTINGS = Template("""\
# Mailroom's settings in this playground, made anew at each start. deploy/mailroom.example.yaml lists all keys.
homeserver: {url: "$homeserver", mode: appservice, registration: registration.yaml}
accounts:                      # mailboxes that are watched
  support:
    imap: imap://127.0.0.1:$imap
    tls: none                  # loopback only; elsewhere imaps:// or STARTTLS
    user: support
    password_file: support.pass
    from: all                  # take in what lies there already, too
listen:
  smtp: 127.0.0.1:$smtp       # a mail server hands over mail here
  matrix: 127.0.0.1:$matrix     # the homeserver pushes room events here
submission:                    # servers that send for us
  support:
    url: smtp://127.0.0.1:$submission
    tls: none
    user: support
    password_file: support.pass
    identities: [support@corp.example, sales@corp.example]
outbound: all                  # a new installation begins with observe: nothing leaves, all is shown
own_domains: [corp.example]
state: state
rules: rules
admin_room: "#mailroom"
admins: ["@ann:corp.example"]
""")

RULES = f"""\
# Which mail goes where, who sees it, who may answer. Change this file while Mailroom runs: it is read again at once,
# and a mistake leaves the rules in force that were there before. The manual is rules/README.md.
domain: corp.example
people: {{ann: Ann Berg, bob: Bob Iwu}}
groups: {{desk: [ann, bob]}}
defaults:
  send: {{by: reply, hold: {HOLD}s, to: sender, quote: below}}
inboxes:
  support:
    account: support                     # the IMAP mailbox of mailroom.yaml
    title: Support
    room: {{per: conversation, for: desk, join: at-once}}
    send: {{who: desk, as: "{{me.first}} at Corp <support@corp.example>"}}
    rules:
      - name: noise
        when: {{kind: [auto-reply, bulk]}}
        room: {{is: "#support-noise"}}
        notify: none
  sales:
    address: sales@corp.example          # sales+anything@ too; comes by SMTP
    title: Sales
    room: {{per: conversation, for: desk, join: at-once}}
    send: {{who: desk, as: "{{me.first}} at Corp <sales@corp.example>"}}
lists:
  lighting:
    id: lighting.lists.example
    via: lists@corp.example              # the address that is subscribed
    title: Lighting
    room: {{is: "#lighting", for: desk}}   # one room, each topic a thread
    notify: none
    send: none                           # only read
unmatched: {{do: triage, room: {{is: "#mail-triage", for: bob}}}}
"""


def write_private(path: Path, text: str) -> Path:
    """Write a file that only we can read."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    return path


def write_office(folder: Path, registration: str) -> Path:
    """Write the registration, the password and the rules. Returns the registration's path, for the homeserver."""
    (folder / "rules").mkdir(parents=True)
    (folder / "rules" / "office.yaml").write_text(RULES)
    write_private(folder / "support.pass", PASSWORD + "\n")
    return write_private(folder / "registration.yaml", registration)


def write_settings(folder: Path, homeserver: str, **ports: int) -> Path:
    """Write mailroom.yaml. `ports`: smtp, matrix, imap, submission. Returns its path."""
    return write_private(folder / "mailroom.yaml", SETTINGS.substitute(ports, homeserver=homeserver))
