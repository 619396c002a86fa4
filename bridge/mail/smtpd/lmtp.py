"""LMTP (RFC 2033): the same transaction, with LHLO for a greeting and one reply after DATA for each accepted RCPT.

A single reply would make Postfix deliver again. All recipients share one commit, so they share its outcome; those whose
rules refuse the mail have a reply of their own.
"""

from collections.abc import Mapping

from bridge.mail.smtpd.receiver import Receiver, Transaction


class LocalReceiver(Receiver):
    """What a mail server on this host delivers to."""

    hello = "LHLO"
    answers_each = True

    async def smtp_LHLO(self, hostname: str) -> None:  # noqa: N802  # aiosmtpd finds commands by this name
        """RFC 2033 section 4.1."""
        await super().smtp_EHLO(hostname)

    async def smtp_HELO(self, hostname: str) -> None:  # noqa: N802
        """Not of LMTP (RFC 2033 section 4.1)."""
        self.reply("500 5.5.1 Say LHLO")

    async def smtp_EHLO(self, hostname: str) -> None:  # noqa: N802
        """Not of LMTP (RFC 2033 section 4.1)."""
        self.reply("500 5.5.1 Say LHLO")

    def conclude(self, transaction: Transaction, outcome: str, refused: Mapping[str, str]) -> None:
        """In the order of the RCPT commands, also for one named twice (RFC 2033 section 4.2)."""
        self.reply(*(refused.get(each.casefold(), outcome) for each in transaction.accepted))
