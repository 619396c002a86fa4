"""One edge of the bridge at a time against the real peer: IMAP, SMTP, submission, homeserver."""
