"""The tests: what Mailroom promises, checked from outside wherever that is possible."""
