"""Tells new words from history, signatures, disclaimers and forwarded mail. Pure; never sees raw octets."""
