"""Mails of our own making for the reader's benchmarks: a text, a newsletter, large attachments, and bombs."""

import base64
import random

_RECEIVED = (
    b"Received: from mx%d.relay.example (mx%d.relay.example [192.0.2.%d])\r\n"
    b"\tby mx.corp.example (Postfix) with ESMTPS id 4F%08X\r\n"
    b"\tfor <support@corp.example>; Fri, 20 Nov 2026 10:0%d:00 +0100 (CET)\r\n"
)
_TRACE = b"".join(_RECEIVED % (n, n, n, n * 9_999_991, n) for n in range(1, 5))
_HEAD = (
    b"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=client.example; s=sel;\r\n"
    b"\th=from:to:subject:date:message-id; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=;\r\n"
    b"\tb=aGVsbG8gdGhlcmUsIHRoaXMgaXMgbm8gc2lnbmF0dXJlIGF0IGFsbCwgb25seSBsZXR0ZXJz\r\n"
    b"Authentication-Results: mx.corp.example; dkim=pass header.d=client.example;\r\n"
    b"\tspf=pass smtp.mailfrom=client.example; dmarc=pass header.from=client.example\r\n"
    b"From: =?utf-8?q?Jos=C3=A9?= Client <jose@client.example>\r\n"
    b"To: Support <support@corp.example>, Ann Berg <ann@corp.example>\r\nCc: desk@corp.example\r\n"
    b"Subject: Re: Order 1234 =?utf-8?q?f=C3=BCr?= the delivery\r\nDate: Fri, 20 Nov 2026 10:00:00 +0100\r\n"
    b"Message-ID: <%s@client.example>\r\nIn-Reply-To: <two@corp.example>\r\n"
    b"References: <one@corp.example> <answer@client.example>\r\n <two@corp.example>\r\nMIME-Version: 1.0\r\n"
)
_NEW = (
    "Hello,\r\n\r\nthank you for the quick answer. The parts came yesterday, but the small box was missing.\r\n"
    "Could you look where it went? The number on the slip is 4711.\r\n\r\nKind regards\r\nJosé\r\n\r\n"
    "-- \r\nJosé Client\r\nClient Ltd, Example Street 1\r\nTel. +34 555 0100\r\n\r\n"
    "On Thu, Nov 19, 2026 at 9:00, Support <support@corp.example> wrote:\r\n\r\n"
).encode()
_ITEM = (
    '<tr><td style="padding:8px;font-family:Arial;font-size:14px"><table><tr><td>'
    '<a href="https://shop.example/item/{n}?utm=a"><img src="https://img.example/{n}.png" width="120" alt="Item {n}">'
    '</a></td><td style="color:#333"><p>Item {n} is new in the shop, and costs {n} euros only.</p>'
    '<a href="https://shop.example/buy/{n}" style="background:#c00;color:#fff">Buy now</a>'
    "</td></tr></table></td></tr>\r\n"
)


def text() -> bytes:
    """5 kB of text as a person answers, with a signature and a quote."""
    head = _TRACE + _HEAD % b"text" + b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + _NEW
    quote = b"".join(b"> This is what we said before in line %d, and it was quite a lot.\r\n" % n for n in range(80))
    return (head + quote)[:4998] + b"\r\n"


def newsletter() -> bytes:
    """60 kB: tables in tables, links, styles and remote pictures, with a plain form beside them."""
    rows = "".join(_ITEM.format(n=n) for n in range(120))
    page = f"<html><head><style>td {{font-size:12px}}</style></head><body><table>{rows}</table></body></html>"
    plain = "".join(f"Item {n} is new in the shop, and costs {n} euros only.\r\n" for n in range(120))
    parts = (("text/plain", plain), ("text/html", page))
    return _joined(b"alternative", b"news", *(f"Content-Type: {kind}\r\n\r\n{body}".encode() for kind, body in parts))


def attached(megabytes: int) -> bytes:
    """So many MB in all, nearly all of it an attachment."""
    data = base64.encodebytes(random.Random(megabytes).randbytes(megabytes * 740_000)).replace(b"\n", b"\r\n")
    head = b"Content-Type: application/pdf; name=plan.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return _joined(b"mixed", b"big%d" % megabytes, b"\r\nsee the plan\r\n", head + data)


def bombs() -> list[bytes]:
    """Made to stall readers."""
    page = _HEAD % b"%s" + b"Content-Type: text/html\r\n\r\n"
    made = [
        page % b"deep" + b"<div>" * 50_000 + b"x",
        page % b"quotes" + b"<blockquote>" * 99 + b"x<br>" * 19_000,
        page % b"fonts" + b"".join(b"<font color=%d>" % n for n in range(99)) + b"<p>x" * 15_000,
        _joined(b"mixed", b"parts", *[b"\r\nx"] * 200_000),
        _HEAD % b"words" + b"X-A:" + b" =?utf-8?q?x?=" * 20_000 + b"\r\n\r\nx",
    ]
    return [raw + b"\r\n" for raw in made]


def _joined(sort: bytes, name: bytes, *parts: bytes) -> bytes:
    head = _TRACE + _HEAD % name + b"Content-Type: multipart/%s; boundary=b\r\n\r\n" % sort
    return head + b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + b"--b--\r\n"
