"""`python -m bridge.demo`: see Mailroom at work on this machine, with nothing to set up.

It only reads the command line; Ctrl-C ends it without a traceback, also while Python still loads the rest.
"""

import argparse
import sys
from pathlib import Path

from bridge.demo.process import is_free


def _port(text: str) -> int:
    port = int(text) if text.isascii() and text.isdigit() else 0
    if not 0 < port < 65_536:
        raise argparse.ArgumentTypeError(f"{text} is no TCP port")
    if not is_free(port):
        raise argparse.ArgumentTypeError(f"somebody listens on port {port} already, or we may not")
    return port


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make demo ARGS=… (python -m bridge.demo)",
        description="Starts a homeserver, a mailbox server, a mail server and Mailroom on the loopback interface, "
        "plays a short story and checks each step from outside. Then it stays open until Ctrl-C.",
        epilog="Each start makes a new world: what an earlier one left in the folder is removed first.",
    )
    parser.add_argument("--once", action="store_true", help="end after the story; exit status 0 only if all held")
    parser.add_argument("--folder", type=Path, default=Path(".demo"), help="where everything lives (%(default)s)")
    for name, what, usual in (
        ("homeserver", "the homeserver's client API", "8008 when it is free"),
        ("smtp", "Mailroom's SMTP listener", "any free one"),
        ("imap", "the mailbox server", "any free one"),
        ("submission", "the mail server that sends", "any free one"),
    ):
        parser.add_argument(f"--{name}-port", type=_port, metavar="PORT", help=f"port of {what} ({usual})")
    return parser.parse_args()


def main() -> int:
    """Exit status 0: all held. 1: something did not. 2: wrong usage. 130: interrupted before the story's end."""
    try:
        given = _arguments()
        from bridge.demo.play import play
        from bridge.demo.world import Ports

        ports = Ports.choose(given.homeserver_port, given.smtp_port, given.imap_port, given.submission_port)
        return play(given.folder, ports, once=given.once)
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
