"""Turns settings into the values that the wire parts are made from. It opens nothing."""

from collections.abc import Iterator
from ipaddress import ip_network

from bridge import config
from bridge.mail import imap, smtpd, submit

_TLS: dict[str, imap.account.Tls] = {"tls": "implicit", "starttls": "starttls", "none": "none"}


def imap_account(name: str, account: config.Account) -> imap.Account:
    """A mailbox account."""
    server = account.server
    return imap.Account(
        name=name,
        host=server.host,
        port=server.port,
        user=account.user,
        tls=_TLS[server.security],
        auth=account.credential.mechanism,
        folders=account.folders,
        start=account.from_,
        sent=account.sent,
        ca_file=str(account.ca_file or ""),
        delivery_header=account.delivery_header or "",
        allow_insecure=account.allow_insecure,
    )


def submission_account(name: str, account: config.SubmissionAccount) -> submit.SubmissionAccount:
    """An account that sends."""
    server = account.server
    mechanism = account.credential.mechanism
    assert mechanism != "oauthbearer", "the settings see to it"
    return submit.SubmissionAccount(
        name=name,
        host=server.host,
        port=server.port,
        identities=tuple(address.key for address in account.identities),
        tls=_TLS[server.security],
        user=account.user,
        auth=mechanism,
        secret=account.credential.secret,
        ca_file=str(account.ca_file or ""),
        insecure=account.allow_insecure,
    )


def listeners(listen: config.Listen) -> Iterator[smtpd.Listener]:
    """Every door for mail."""
    limits = smtpd.Limits(
        size=listen.limits.size,
        recipients=listen.limits.recipients,
        connections=listen.limits.connections,
        per_address=listen.limits.per_address,
        rate=listen.limits.rate,
    )
    idle = listen.limits.idle
    timeouts = smtpd.Timeouts(command=idle, block=min(idle, smtpd.Timeouts().block))
    trusted = (*smtpd.LOOPBACK, *(ip_network(network) for network in listen.trusted))
    offered = listen.smtp_cert is not None and listen.smtp_tls != "off"
    for bind in listen.smtp:
        yield smtpd.Listener(
            host=bind.host,
            port=bind.port,
            path=bind.socket,
            tls="starttls" if offered else "none",
            require_tls=listen.smtp_tls == "require",
            certificate=listen.smtp_cert if offered else None,
            key=listen.smtp_key if offered else None,
            trusted=trusted,
            limits=limits,
            timeouts=timeouts,
        )
    for bind in listen.smtps:
        yield smtpd.Listener(
            host=bind.host,
            port=bind.port,
            tls="implicit",
            certificate=listen.smtp_cert,
            key=listen.smtp_key,
            trusted=trusted,
            limits=limits,
            timeouts=timeouts,
        )
    for bind in listen.lmtp:
        yield smtpd.Listener(
            protocol="lmtp",
            host=bind.host,
            port=bind.port,
            path=bind.socket,
            trusted=trusted,
            limits=limits,
            timeouts=timeouts,
        )


def sent_folders(settings: config.Settings) -> dict[str, imap.SentFolder]:
    """The Sent folder of each submission account: that of the mailbox account of the same user or identity.

    A submission account and a mailbox account belong together when they bear the same name, else when they log in as
    the same user.
    """
    found: dict[str, imap.SentFolder] = {}
    for name, sender in settings.submission.items():
        boxes = settings.accounts
        match = name if name in boxes else next((n for n, box in boxes.items() if box.user == sender.user), None)
        if match is not None:
            found[name] = imap.SentFolder(imap_account(match, boxes[match]), boxes[match].credential.secret)
    return found


def mailboxes(settings: config.Settings) -> imap.MailboxMarks:
    """The mailboxes in which rules may mark mail."""
    return imap.MailboxMarks(
        {name: (imap_account(name, box), box.credential.secret) for name, box in settings.accounts.items()}
    )
