"""Runners of real servers for the tests: Synapse, Dovecot, Postfix. The fixtures are in tests/conftest.py."""
