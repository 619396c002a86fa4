"""The names by which mail programs mark quotations, what is passed on, and signatures in their HTML.

Classes, ids and a few attributes, in small letters, without what a program that quotes them puts in front. Each is
what a program writes by itself; nobody types them.
"""

import re

from bridge.mail.html_marks import Sign

_HISTORY = (
    "yahoo_quoted inoteshistory history-quote-wrapper cm_quote qm_original replybody1 moz-reply-container "
    "mail-quote-collapse"
)
_BELOW = (
    "divrplyfwdmsg outlookmessageheader olk_src_body_section mail-editor-reference-message-container "
    "ms-outlook-mobile-reference-message stopspelling quoted_header quoted_header_editor messagereplysection "
    "_mailoriginal _persistentreplyheader"
)
_CONTAINERS = (
    "gmail_quote gmail_quote_container protonmail_quote zmail_extra freshdesk_quote nylas-quote tutanota_quote "
    "hs_reply front-blockquote missive_quote wisestamp_quote"
)
_INTROS = "gmail_attr moz-cite-prefix reply-intro"
_FORWARDS = "moz-forward-container forwardbody1"
_SIGNATURES = (
    "gmail_signature gmail_signature_prefix moz-signature applemailsignature ms-outlook-mobile-signature "
    "protonmail_signature_block composer_signature _rc_sig cm_signature messagesignaturesection signature "
    "email-signature mail-signature outlook-signature k9mail-signature data-signature lark-mail-signature "
    "front-signature -x-evo-signature tutanota_signature edo-signature bloop_sign zm-_id_-sgn __aliyun_signature_wrap"
)

NAMES: dict[str, Sign | str] = {
    **dict.fromkeys(_HISTORY.split(), "history"),
    **dict.fromkeys(_BELOW.split(), "below"),
    **dict.fromkeys(_CONTAINERS.split(), "container"),
    **dict.fromkeys(_INTROS.split(), "intro"),
    **dict.fromkeys(_FORWARDS.split(), "forward"),
    **dict.fromkeys(_SIGNATURES.split(), "signature"),
    "appendonsend": "ends",
}
"""By class or id (and Spark's and Word's `name`). "container": what brings in a quotation, then blockquotes.
"ends": here the writer's own text ends, if a rule or a header block comes next."""

MARKERS: dict[str, Sign] = {
    "__headers__": "below",
    "__quoted_text__": "below",
    "__sig_pre__": "signature",
    "__sig_post__": "signature",
}
"""Zimbra's data-marker."""

_PREFIX = re.compile(r"(?:x_|ecx|yiv[0-9]{1,20}|ydp[0-9a-f]{6,8}|m_-?[0-9]{1,30}|v1)(?=[a-z_-])")
_ENDING = re.compile(r"[a-z0-9][_-](?:quote|quoted|quoted[_-]text|quote[_-]container)\Z")
_NUMBERED = re.compile(r"[_-][0-9a-f-]{4,40}\Z")


def named(token: str) -> Sign | str:
    """What a class or id says; empty when nothing. What a program put in front of one that it quotes is left out."""
    if (found := NAMES.get(token)) is not None:
        return found
    for _ in range(6):
        match = _PREFIX.match(token)
        if match is None:
            break
        token = token[match.end() :]
    token = _NUMBERED.sub("", token)
    if (found := NAMES.get(token)) is not None:
        return found
    if token.endswith(("_signature", "-signature")):
        return "signature"
    return "container" if _ENDING.search(token) else ""
