"""Whether a machine wrote a mail, in answer to one or by itself, and by which sign.

Some fields say it outright (RFC 3834 section 5 and what was used before). The words of a vacation reply's subject say
it only together with a second sign, for people write such subjects too. Exchange's X-Auto-Response-Suppress is set on
anything: by itself it means nothing. Never raises.
"""

import re
from collections.abc import Mapping

from bridge.mail import words
from bridge.mail.lists import shown

_REPLIED = frozenset({"auto_reply", "auto-reply", "autoreply"})
_NO = frozenset({"", "no", "false", "0", "none"})
_OUTRIGHT = (
    "x-autoreply",
    "x-auto-reply",
    "x-autoreply-from",
    "x-autorespond",
    "x-autoresponder",
    "x-auto-responder",
    "x-mail-autoreply",
    "x-autorepliedto",
    "x-vacation",
    "x-ag-autoreply",
    "x-amazon-auto-reply",
    "x-yahoo-autoreply",
    "x-zimbra-autoreply",
)
"""Fields that only automatic answers carry."""

# What begins the subject of an automatic answer, with the colon that programs put behind it: Exchange in the language
# of its mailbox, and others.
_PREFIXES = (
    "automatic reply|auto reply|auto-reply|autoreply|auto response|auto-response|autoresponse|automated reply"
    "|automated response|auto|out of office|out of office autoreply|out-of-office|ooo|vacation|vacation reply|away"
    "|automatische antwort|abwesenheitsnotiz|abwesenheit|abwesend|automatische rückantwort|autoantwort"
    "|réponse automatique|absence du bureau|absent du bureau|absence|message d'absence|message d’absence"
    "|respuesta automática|respuesta automatica|fuera de la oficina|fuera de oficina|autorrespuesta"
    "|risposta automatica|fuori sede|fuori ufficio|assenza dall'ufficio"
    "|resposta automática|resposta automatica|fora do escritório|ausência temporária|resposta automàtica"
    "|automatisch antwoord|afwezig|afwezigheidsbericht|niet aanwezig"
    "|automatiskt svar|autosvar|frånvaro|automatisk svar|ikke til stede|fraværende|fraværsmelding|autosvar"
    "|automaattinen vastaus|poissa|poissaoloviesti|automaatvastus"
    "|automatyczna odpowiedź|odpowiedź automatyczna|nieobecność|poza biurem"
    "|automatická odpověď|automatická odpoveď|mimo kancelář|automatikus válasz|házon kívül"
    "|răspuns automat|raspuns automat|samodejni odgovor|automatski odgovor|automatinis atsakymas|automātiska atbilde"
    "|автоматический ответ|автоответ|автоответчик|автоматична відповідь|автоматичен отговор|нет на месте"
    "|otomatik yanıt|otomatik cevap|ofis dışında|αυτόματη απάντηση|εκτός γραφείου"
    "|自動応答|自動返信|不在通知|自动答复|自动回复|自動回覆|自動回复|外出时的自动答复|자동 회신|자동 응답|부재중"
    "|תשובה אוטומטית|מענה אוטומטי|رد تلقائي|الرد التلقائي|پاسخ خودکار"
    "|trả lời tự động|ตอบกลับอัตโนมัติ|balasan otomatis|स्वचालित उत्तर"
)
_PREFIX = re.compile(rf"(?:{_PREFIXES})[ \xa0]?(?:[:：]|autoreply:|\(|\[|-\s|\Z)")

# Words that a subject of such an answer has at its beginning, whatever follows.
_PHRASES = (
    "automatic reply|automated reply|auto-reply|autoreply|auto reply|out of office|out of the office|away from"
    "|i am out of|i'm out of|i am away|on vacation|on leave|on holiday|annual leave|maternity leave|vacation reply"
    "|abwesenheit|automatische antwort|ich bin nicht im|bin im urlaub|im urlaub|außer haus|nicht im büro"
    "|réponse automatique|absence|absent|en congé|je suis absent"
    "|respuesta automática|fuera de la oficina|de vacaciones|ausencia|risposta automatica|fuori ufficio|in ferie"
    "|resposta automática|fora do escritório|de férias|ausência|automatisch antwoord|afwezig|niet aanwezig|met vakantie"
    "|autosvar|automatiskt svar|automatisk svar|frånvaro|på semester|fravær|ferie|poissa|lomalla"
    "|nieobecność|urlop|automatyczna odpowiedź|automatická odpov|dovolená|mimo kancelář|szabadság|automatikus válasz"
    "|автоматический ответ|автоответ|в отпуске|я в отпуске|автоматична відповідь|у відпустці"
    "|otomatik yanıt|izindeyim|自動応答|自動返信|不在|休暇|自动回复|自动答复|自動回覆|休假|외출|자동 회신|부재|휴가"
)
_PHRASE = re.compile(rf"(?:{_PHRASES})")
_TAG = re.compile(r"\[[^\]]{0,60}\]\s*")


def by_field(header: Mapping[str, bytes], precedence: str, *, listed: bool) -> str:
    """The sign that says outright that a machine sent it, in words; empty when none does.

    On a list only the answer of a machine counts: list managers and trackers generate mail that people answer.
    """
    submitted = words.parameters(header.get("auto-submitted", b""))[0].partition(" ")[0]
    if submitted == "auto-replied":
        return "Auto-Submitted: auto-replied"
    if listed:
        return ""
    if submitted not in ("", "no") and submitted.startswith("auto"):
        return f"Auto-Submitted: {submitted}"
    for name in _OUTRIGHT:
        if name in header and words.text(header[name]).lower() not in _NO:
            return f"{shown(name)} is set"
    if precedence in _REPLIED:
        return f"Precedence: {precedence}"
    if words.text(header.get("delivered-to", b"")).lower() == "autoresponder":
        return "Delivered-To: Autoresponder"
    if words.text(header.get("x-autogenerated", b"")).lower() == "reply":
        return "X-Autogenerated: Reply"
    if "autoresponder" in words.text(header.get("x-post-messageclass", b"")).lower():
        return "X-POST-MessageClass names an autoresponder"
    return ""


def by_subject(header: Mapping[str, bytes], subject: str, precedence: str) -> str:
    """The words of its subject with the sign that makes them count; empty when there are not both."""
    begins = _TAG.sub("", subject.casefold(), count=1).lstrip() if subject.startswith("[") else subject.casefold()
    prefix, phrase = _PREFIX.match(begins), _PHRASE.match(begins)
    if not prefix and not phrase:
        return ""
    second = ""
    if header.get("return-path", b"").strip() == b"<>":
        second = "a null return path"
    elif precedence in ("bulk", "junk"):
        second = f"Precedence: {precedence}"
    elif words.text(header.get("x-fc-machinegenerated", b"")).lower() == "true":
        second = "X-FC-MachineGenerated"
    elif prefix and header.get("x-auto-response-suppress", b"").strip():
        second = "X-Auto-Response-Suppress"
    elif prefix and header.get("x-ms-exchange-generated-message-source", b"").strip():
        second = "X-MS-Exchange-Generated-Message-Source"
    elif prefix and header.get("in-reply-to", b"").strip() and _answers_itself(header):
        second = "it says it answers"
    return f"its subject is an automatic reply's, and {second}" if second else ""


def _answers_itself(header: Mapping[str, bytes]) -> bool:
    """A field of the sender's own program that speaks of automatic answers."""
    return any(name.startswith(("x-auto", "auto-")) and words.text(header[name]).lower() not in _NO for name in header)
