"""Domains beyond ASCII in the one form that is compared: that of the DNS (RFC 5891 section 4.4, RFC 3492).

So `*@bücher.example` in a rule takes mail from bücher.example however its sender wrote it, and never that of a domain
which only folds to the same letters (straße and strasse are two). Never raises.
"""

import unicodedata


def in_ascii(address: str) -> str:
    """An address or a pattern of one, with the labels of its domain as A-labels; labels with wildcards stay."""
    if address.isascii():
        return address
    local, at, domain = address.rpartition("@")
    return f"{local}{at}{'.'.join(_label(label) for label in domain.split('.'))}"


def _label(label: str) -> str:
    if label.isascii() or "*" in label or "?" in label:
        return label
    try:
        return f"xn--{unicodedata.normalize('NFC', label.lower()).encode('punycode').decode('ascii')}"
    except UnicodeError:
        return label
