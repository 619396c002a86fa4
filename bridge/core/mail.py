"""A mail as it was understood, and the envelope it came in.

The reader fills these values from hostile bytes; every string in them is valid Unicode without surrogates, NUL or line
breaks (bodies aside). Nobody past the reader looks at raw bytes.
"""

from dataclasses import dataclass
from typing import Literal

from bridge.core.addresses import Address
from bridge.core.body import Forwarded, Piece
from bridge.core.bounces import Bounce
from bridge.core.calendars import Calendar, Event
from bridge.core.reports import Disposition, Feedback

Kind = Literal[
    "personal", "list", "bulk", "auto-reply", "bounce", "receipt", "calendar", "reaction", "feedback", "empty"
]
Door = Literal["smtp", "lmtp", "imap", "import"]

SPAM_HEADERS = ("X-Spam-Flag", "X-Spam-Status", "X-Spam")
"""The fields in which filters say Yes (SpamAssassin, rspamd and those that copy them), unless settings say others."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """How a mail reached us: the only source for who is addressed (never To or Cc).

    `mail_from`: reverse-path, empty for the null path. `rcpt_tos`: forward-paths of RCPT; over IMAP empty, or the
    configured delivery header's. `account` and `folder`: the IMAP mailbox it lay in, else empty. `thread`: which of its
    conversations the mailbox server counts it to, where it tells (Gmail's X-GM-THRID); else empty.
    """

    door: Door
    mail_from: str = ""
    rcpt_tos: tuple[str, ...] = ()
    account: str = ""
    folder: str = ""
    peer: str = ""
    thread: str = ""


@dataclass(frozen=True, slots=True)
class ListInfo:
    """A mailing list as the mail names it (RFC 2919, RFC 2369): a hint for routing, never a proof.

    `id`: the list identifier, lower-cased, without brackets. `post`: where List-Post sends to; None when absent or NO.
    `name`: the phrase before the identifier. `unsubscribe`: the addresses of List-Unsubscribe, as written.
    `archived_at`: where this mail lies in the archive (RFC 5064), or empty.
    """

    id: str
    post: Address | None = None
    name: str = ""
    unsubscribe: tuple[str, ...] = ()
    archived_at: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """An attachment or inline image.

    `index`: position in a depth-first walk of the MIME tree, counted from 0 over all parts; of a file within an Outlook
    package, a number beyond all of these. `name`: a label only (never a path), at most 120 characters. `size`: decoded
    octets. `content_id`: without brackets, empty when absent. `inline`: the HTML refers to it by cid.
    """

    index: int
    name: str
    type: str
    size: int
    sha256: str
    inline: bool = False
    content_id: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One result of an Authentication-Results field (RFC 8601), as it stands there: anybody may have written it.

    `field`: which of these fields, from the top, counted from 0. `server`: the authserv-id, lower-cased; empty where
    the field has none. `method`: "dmarc", "dkim" or "spf". `result`: lower-cased: "pass", "fail", "softfail", …
    """

    field: int
    server: str
    method: str
    result: str


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail, read.

    Message-IDs keep their angle brackets; `message_id` is empty when absent or malformed. `in_reply_to` and
    `references` are in the order written. `date` is in seconds since the epoch or None. `text` is the plain reading,
    `html` the sanitised org.matrix.custom.html (with `cid:` images still named so), or empty. `headers` are all header
    fields, names as written, values decoded, in order. `content` is the door-independent digest that duplicates share:
    SHA-256 over From, Date, Subject and the decoded parts. `hops` counts Received. `problems` says in words what could
    not be read as meant; `unreadable` means that text and parts are not to be trusted to be whole: show the original.

    `pieces` are `text` in its pieces, `html_pieces` are `html` in its own; both empty when nothing was told apart.
    `forwarded`: mail passed on within this one. `bounce`, `calendar`: what it reports or asks, when of that kind.
    `disposition`, `feedback` likewise. `reaction`: the emoji of a reaction, else empty. `language`: of the new text, an
    ISO 639-1 code, or empty when not sure. `remote_images`: images that would have been loaded from elsewhere and were
    not. `thread_index`: the first 22 octets of Exchange's Thread-Index as hex, a hint. `marks`: marks of mails of ours
    that stand in its HTML, for a provider may have rewritten the header fields; anybody may have written them.
    """

    content: str
    size: int
    message_id: str = ""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    from_: tuple[Address, ...] = ()
    sender: Address | None = None
    reply_to: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    date: float | None = None
    subject: str = ""
    kind: Kind = "personal"
    kind_why: str = ""
    list: ListInfo | None = None
    text: str = ""
    html: str = ""
    attachments: tuple[Part, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    hops: int = 0
    problems: tuple[str, ...] = ()
    unreadable: bool = False
    pieces: tuple[Piece, ...] = ()
    html_pieces: tuple[Piece, ...] = ()
    forwarded: tuple[Forwarded, ...] = ()
    bounce: Bounce | None = None
    calendar: Calendar | None = None
    reaction: str = ""
    disposition: Disposition | None = None
    feedback: Feedback | None = None
    language: str = ""
    remote_images: int = 0
    thread_index: str = ""
    marks: tuple[str, ...] = ()

    @property
    def author(self) -> Address | None:
        """The one mailbox of From; None when there are none or several (RFC 6854 allows an empty group)."""
        return self.from_[0] if len(self.from_) == 1 else None

    def header(self, name: str) -> tuple[str, ...]:
        """Every value of a header field, by its case-insensitive name."""
        wanted = name.lower()
        return tuple(value for field, value in self.headers if field.lower() == wanted)


QUOTED = 16_000
"""Characters of a mail's text that a letter keeps; one that has so many may be cut."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What later mail and answers need to know of a mail that is in a conversation, ours or theirs.

    `references` is its full chain without itself. `text` is what an answer quotes, cut. `stranger`: its author joined
    by quoting a Message-ID and was no participant before, or its Reply-To names someone who was none. `rule`: the rule
    that took it, for finding the sending right that holds now. `key` names it in the journal. `events`: what it said of
    appointments, for telling later what changed. `original`: the Message-ID under which its author knows it, where
    staff handed it in under another.
    """

    key: str
    conversation: str
    message_id: str
    references: tuple[str, ...]
    from_: tuple[Address, ...]
    reply_to: tuple[Address, ...]
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    subject: str
    date: float
    text: str
    ours: bool = False
    stranger: bool = False
    rule: str = ""
    list_post: Address | None = None
    kind: Kind = "personal"
    events: tuple[Event, ...] = ()
    original: str = ""

    @property
    def parent(self) -> str:
        """The Message-ID that an answer refers to."""
        return self.original or self.message_id


@dataclass(frozen=True, slots=True)
class Media:
    """A file that staff put into a room: `mxc` URI, label, MIME type, octets (0 when unknown).

    `cipher`: what opens it where it is encrypted (JSON of the spec's EncryptedFile without its URL), else empty.
    """

    mxc: str
    name: str
    type: str
    size: int = 0
    cipher: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """A mail that is to leave, complete: composing it twice gives the same bytes (I4).

    `date`: seconds since the epoch. `from_`: the listed identity. `mail_from`: envelope sender, an addr-spec. `text`
    holds the author's own words; `html` is what their client formatted (not yet sanitised), empty for text only.
    `quote` is the block below it, with its attribution line and "> " marks, or empty; `signature` stands between them.
    The recipients of the envelope are exactly `to`, `cc` and `bcc`; no field of the mail names `bcc`.
    `mail_from` empty is the null path.

    Mail that no person sends says so in `auto` (RFC 3834 section 5) and carries `loop`: the marks of the installations
    that it went through. `original`: the arrival that it encloses as it came, or empty. `mark`: what its HTML carries
    (`ids.mark`), so that an answer is known whose header fields name another Message-ID; empty for none.
    """

    message_id: str
    date: float
    from_: Address
    mail_from: str
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    subject: str
    text: str
    html: str = ""
    quote: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    media: tuple[Media, ...] = ()
    bcc: tuple[Address, ...] = ()
    signature: str = ""
    auto: Literal["", "auto-generated", "auto-replied"] = ""
    loop: tuple[str, ...] = ()
    original: str = ""
    mark: str = ""

    @property
    def recipients(self) -> tuple[Address, ...]:
        """To, Cc and Bcc, in order."""
        return (*self.to, *self.cc, *self.bcc)
