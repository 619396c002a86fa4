"""Inbound mail over SMTP and LMTP: `serve(Listener(...), accept=..., spool=..., knows=..., clock=...)`.

The only importer of aiosmtpd. One transaction becomes one Arrival, and 250 comes after its commit. It never parses a
mail, and never decides what becomes of it.
"""

from bridge.mail.smtpd.server import Server, serve
from bridge.mail.smtpd.settings import LOOPBACK, Limits, Listener, Timeouts

__all__ = ["LOOPBACK", "Limits", "Listener", "Server", "Timeouts", "serve"]
