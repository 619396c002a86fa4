"""The settings: one static file, mailroom.yaml, read once at start.

It holds no secret itself, only where secrets are. It never reads rules and opens no connection.
"""

from bridge.config.load import find_settings, load_settings
from bridge.config.login import Credential
from bridge.config.settings import (
    Account,
    Homeserver,
    Listen,
    Retry,
    Settings,
    SubmissionAccount,
)
from bridge.config.values import Bind, Endpoint

__all__ = [
    "Account",
    "Bind",
    "Credential",
    "Endpoint",
    "Homeserver",
    "Listen",
    "Retry",
    "Settings",
    "SubmissionAccount",
    "find_settings",
    "load_settings",
]
