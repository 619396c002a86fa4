"""Signatures: below "-- ", the line a phone adds, a closing with a name under it.

Works on a stretch of the writer's own lines that ends where the mail or its history does. Cautious: a delimiter that
is not the standard's (RFC 3676 section 4.3) parts off only a short block, a closing only a name and a few short lines.
"""

import re
from collections.abc import Sequence

from bridge.mail.quote.labels import folded
from bridge.mail.quote.markers import RULED, rule
from bridge.mail.quote.meant import EXCUSES, meant

SHORT = 10
"""Lines below a delimiter that is not exactly "-- "."""

_BELOW_DELIMITER = 60
"""Lines below even that."""

_NARROW = 72
_BELOW_CLOSING = 7
_BELOW_THANKS = 2
_CARD = 18
_DELIMITERS = frozenset({"--", "—", "––", "- -", "—-", "-—"})
_APP = (
    "sent from|sent via|sent using|sent with|get outlook for|holen sie sich outlook|laden sie outlook|"
    "composed on|typed on|written on|von meinem|gesendet von|gesendet mit|gesendet über|gesendet vom|"
    "von unterwegs|diese nachricht wurde von meinem|envoyé de|envoyé depuis|envoyé à partir|envoyé avec|"
    "envoyé via|envoyé par|obtenez outlook|obtenir outlook|télécharger outlook|téléchargez outlook|enviado desde|"
    "enviado con|enviado mediante|obtener outlook|obtén outlook|descargar outlook|inviato da|inviato dal|"
    "inviato tramite|inviato con|scarica outlook|ottieni outlook|enviado do|enviado da|enviado de|"
    "enviado a partir|enviado pelo|enviado via|obter o outlook|obtenha o outlook|baixe o outlook|verzonden vanaf|"
    "verstuurd vanaf|verzonden met|verstuurd met|verzonden via|download outlook|outlook voor|skickat från|"
    "skickades från|skickat via|skickat med|hämta outlook|skaffa outlook|sendt fra|sendt via|sendt med|"
    "hent outlook|få outlook|lähetetty|hanki outlook|wysłane z|wysłano z|wysłane przy|pobierz outlook|odesláno z|"
    "odesláno pomocí|odoslané z|odesláno mobilem|získat outlook|stáhnout outlook|küldve|elküldve|az iphone-omról|"
    "trimis de pe|trimis din|отправлено с|отправлено из|отправлено через|отправлено от|надіслано з|"
    "надіслано із|відправлено з|скачать outlook|iphone'umdan|gönderildi|androidden|outlook'u edinin|στάλθηκε από|"
    "εστάλη από|αποστολή από|发自|發自|从我的|從我的|傳送自|寄自|通过我的|获取 outlook|下載 outlook|取得 outlook|"
    "נשלח מ|נשלח באמצעות|أرسلت من|أُرسلت من|مرسل من|تم الإرسال من|được gửi từ|gửi từ|dikirim dari|dikirim melalui|"
    "poslano s|poslato sa|poslano z|изпратено от|išsiųsta iš|nosūtīts no|saadetud minu|enviat des|ส่งจาก|"
    "sendt frá|ارسال شده از|yahoo mail:|mail.ru для|von samsung|gesendet mobil|mobile email|"
    "mobil gesendet"
)
_APP_LAST = (
    "から送信|で送信|から送信されました|を使用して送信|送信しました|发送的|에서 보냄|에서 전송|에서 보낸 메시지|"
    "gönderildi|gönderilmiştir|gesendet|verzonden|küldve"
)
_APPS = tuple(_APP.split("|"))
_APPS_LAST = tuple(_APP_LAST.split("|"))
# What the line must name besides: a program, a device, or that it is one's own ("sent from the depot" names none).
_DEVICE = (
    " my |mein|meiner| mon | ma | mi | mio | mia | meu | minha |mijn| min | mitt | mój|moj|môj|můj|meg|mob|mео|мо[йёе]|"
    "мого|моего|我的|나의|שלי|saya|của tôi|phon|handy|pad|ipod|android|galaxy|samsung|huawei|xiaomi|pixel|nokia|"
    "htc|wiko|blackberry|windows|outlook|mail|post|tablet|smartphone|телефон|cell|app|spark|proton|gmx|web\\.de|yahoo|aol|"
    "k-9|thunderbird|superhuman|shortwave|front|hey\\b|canary|newton|zimbra|zoho|tutanota|tuta\\b|geary|edison|desk|pda|"
    "携帯|スマート|手机|手機|휴대|נייד|الهاتف|điện thoại|ponsel|手元"
)
_DEVICES = re.compile(_DEVICE)
_PROSE = re.compile(r"(?:\S{1,40} ){6}.{0,120}[.!?,;]\Z")
"""A line of running text: seven words or more and a sentence's sign at its end. One may be a motto."""
_LINK = re.compile(
    r"\(https?://[^\s()]{1,300}\)|<?https?://[^\s<>]{1,300}>?|<mailto:[^\s<>]{1,300}>|\[https?://[^\s\]]{1,300}\]"
)
_CLOSING = (
    "regards|best regards|kind regards|warm regards|warmest regards|kindest regards|with kind regards|"
    "with best regards|many regards|best|all the best|best wishes|with best wishes|warm wishes|cheers|sincerely|"
    "yours sincerely|sincerely yours|yours truly|yours faithfully|yours|respectfully|cordially|take care|"
    "thanks and regards|thanks & regards|thanks and best regards|thank you and best regards|thanks|many thanks|"
    "thank you|thx|br|kr|rgds|ciao|xoxo|love|talk soon|with gratitude|best of luck|mit freundlichen grüßen|"
    "mit freundlichen grüssen|mit freundlichem gruß|mit freundlichem gruss|freundliche grüße|freundliche grüsse|"
    "mit besten grüßen|mit besten grüssen|beste grüße|beste grüsse|viele grüße|viele grüsse|liebe grüße|"
    "liebe grüsse|herzliche grüße|herzliche grüsse|schöne grüße|schönen gruß|grüße|grüsse|gruß|gruss|lg|vg|mfg|"
    "hochachtungsvoll|mit herzlichen grüßen|danke und gruß|vielen dank und viele grüße|viele liebe grüße|bis bald|"
    "cordialement|bien cordialement|très cordialement|bien à vous|bien à toi|cdlt|cdt|salutations|"
    "sincères salutations|meilleures salutations|salutations distinguées|sincèrement|amicalement|bonne journée|"
    "bonne réception|merci|à bientôt|saludos|un saludo|saludos cordiales|cordiales saludos|atentamente|"
    "muy atentamente|un cordial saludo|un abrazo|abrazos|cordialmente|atte|gracias|gracias y saludos|saluti|"
    "cordiali saluti|distinti saluti|un saluto|un caro saluto|cari saluti|buona giornata|grazie|a presto|"
    "atenciosamente|cumprimentos|com os melhores cumprimentos|melhores cumprimentos|abraço|abraços|um abraço|"
    "obrigado|obrigada|att|met vriendelijke groet|met vriendelijke groeten|vriendelijke groet|"
    "vriendelijke groeten|met hartelijke groet|hartelijke groet|hartelijke groeten|groeten|groet|groetjes|mvg|"
    "bedankt|med vänlig hälsning|med vänliga hälsningar|vänliga hälsningar|vänlig hälsning|bästa hälsningar|"
    "med bästa hälsningar|hälsningar|hälsning|mvh|vh|tack|med venlig hilsen|venlig hilsen|med vennlig hilsen|"
    "vennlig hilsen|beste hilsen|med beste hilsen|mange hilsner|de bedste hilsner|bedste hilsner|hilsen|hilsner|"
    "kh|dbh|takk|tak|ystävällisin terveisin|terveisin|parhain terveisin|ystävällisesti|kunnioittavasti|t|terv|"
    "kiitos|pozdrawiam|z poważaniem|z powazaniem|pozdrowienia|serdecznie pozdrawiam|serdeczne pozdrowienia|"
    "łączę pozdrowienia|z wyrazami szacunku|dziękuję|dzięki|s pozdravem|pozdrav|s přátelským pozdravem|s úctou|"
    "děkuji|díky|zdraví|hezký den|s pozdravom|ďakujem|s priateľským pozdravom|üdvözlettel|üdv|tisztelettel|"
    "köszönettel|szívélyes üdvözlettel|köszönöm|cu stimă|cu stima|cu respect|cu drag|o zi bună|numai bine|"
    "mulțumesc|salutări|с уважением|с наилучшими пожеланиями|с уваж|всего доброго|всего наилучшего|спасибо|"
    "з повагою|з найкращими побажаннями|дякую|saygılarımla|saygılarımızla|iyi çalışmalar|sevgiler|selamlar|"
    "teşekkürler|iyi günler|με εκτίμηση|με φιλικούς χαιρετισμούς|φιλικά|ευχαριστώ|よろしくお願いします|"
    "よろしくお願いいたします|よろしくお願い致します|以上、よろしくお願いいたします|以上よろしくお願いいたします|"
    "以上、よろしくお願いします|敬具|草々|此致敬礼|此致|敬礼|顺祝商祺|谢谢|謝謝|祝好|敬上|감사합니다|"
    "안녕히 계세요|수고하세요|드림|올림|בברכה|תודה|בכבוד רב|ביי|مع تحياتي|تحياتي|مع أطيب التحيات|مع خالص التحية|"
    "شكرا|شكراً|وتقبلوا|trân trọng|thân ái|cảm ơn|thân mến|kính thư|salam|hormat saya|salam hormat|terima kasih|"
    "hormat kami|lijep pozdrav|srdačan pozdrav|s poštovanjem|lp|lep pozdrav|поздрави|с уважение|pagarbiai|"
    "ar cieņu|lugupidamisega|salutacions|atentament|moltes gràcies|ขอแสดงความนับถือ|ขอบคุณ|भवदीय|धन्यवाद|"
    "با احترام|virðingarfyllst|kær kveðja|bestu kveðjur"
)
_AROUND = " ,.!*_-–—;:،、。~"
_FROM_PLACE = re.compile(r" (?:aus|from|uit|från|fra|von|de|da|dal|z|ze|vom) \S{2,20}(?: \S{2,20})?$")
# Thanks open as many mails as they close.
_THANKS = re.compile(
    r"(?i)(?:many )?th(?:an)?[kx]|(?:vielen )?dank|merci|gracias|grazie|obrigad|bedankt|tack|takk?\b|kiitos|dzięk|"
    r"děk|díky|ďak|köszön|mulțumesc|спасибо|дякую|teşekkür|ευχαριστώ|谢|謝|감사|תודה|شكر|cảm ơn|terima|hvala|благодар|"
    r"ačiū|paldies"
)
_CLOSINGS = frozenset(_CLOSING.split("|"))
_NAME_ALONE = re.compile(r"(?:[-–—~]|//?) ?([^\W\d_][\w'’.]{0,20})(?: [^\W\d_][\w'’.-]{0,20}){0,2}")
_NOTE = re.compile(r"\[\d{1,2}\]|\d{1,2}[.)] |[*•] |(?i:p\.? ?s\.?)\b")
_CONTACT = re.compile(
    r"(?i)https?://|www\.|@[\w.-]{1,99}\.\w|\+?\d[\d ()/.-]{6,30}\d|"
    r"\b(?:tel|fax|mob|phone|cell|gmbh|inc|ltd|llc|s\.?a\.?|ab|oy|aps)\b"
)


def mobile(bare: str) -> bool:
    """ "Sent from my iPhone" and its like: a line of a mail program about itself, short, no sentence of a person."""
    if not 5 < len(bare) <= 400:
        return False
    if "://" in bare or "<mailto:" in bare:
        bare = _LINK.sub("", bare)
    text = folded(bare.replace("[", "").replace("]", "")).strip(" .*_!<>()|")
    if not 5 < len(text) <= 120 or not (text.startswith(_APPS) or text.endswith(_APPS_LAST)):
        return False
    if _DEVICES.search(f"{text} ") is None:
        return False
    if EXCUSES.search(text) is not None:
        return True
    return len(text) <= 80 and len(text.split()) <= 10 and not any(mark in text for mark in (",", ". ", ": "))


def closing(bare: str) -> bool:
    """ "Kind regards," alone on its line, in two tongues ("Freundliche Grüsse / Best regards") or from a place."""
    if not 0 < len(bare) <= 72:
        return False
    parts = [one for one in re.split(r" ?[/|] ?", bare.strip(_AROUND)) if one]
    return 0 < len(parts) <= 3 and all(_closes(part) for part in parts)


def _closes(part: str) -> bool:
    text = folded(part.strip(_AROUND).rstrip("🙂😊👋🎉"))
    if text in _CLOSINGS:
        return True
    place = _FROM_PLACE.search(text)
    return place is not None and text[: place.start()] in _CLOSINGS and len(text) <= 48


def closing_named(bare: str) -> bool:
    """ "Best regards, Ann Lee" on one line: a closing of two words or more, and a name. Thanks go to whom they name."""
    words = bare.strip(_AROUND).split()
    if bare[:5].casefold() in ("thank", "many ", "viele", "mulţu") and "nk" in bare[:12].casefold():
        return False
    for size in range(2, min(len(words), 6)):
        name = words[size:]
        if len(name) <= 3 and " ".join(words[:size]).strip(",").casefold() in _CLOSINGS:
            return all(word[:1].isupper() and word.replace(".", "").replace("-", "").isalpha() for word in name)
    return False


def start(texts: Sequence[str], bares: Sequence[str], first: int, end: int) -> int | None:
    """Where the signature begins that reaches to `end` of the own lines from `first`; None when there is none."""
    while end > first and not bares[end - 1]:
        end -= 1
    found = _delimited(texts, bares, first, end)
    if found is None:
        found = _added(bares, first, end)
    elif (added := _added(bares, first, found)) is not None:
        found = added
    named = found is not None and not mobile(bares[found])
    closed = _closed(bares, first, end if found is None else _trim(bares, first, found), named=named)
    begin = found if closed is None else closed
    return None if begin is not None and meant(bares[begin:end]) else begin


def _trim(bares: Sequence[str], first: int, end: int) -> int:
    while end > first and not bares[end - 1]:
        end -= 1
    return end


def _delimited(texts: Sequence[str], bares: Sequence[str], first: int, end: int) -> int | None:
    shown, below = 0, end
    for index in [at for at in range(end - 1, first - 1, -1) if bares[at][:1] in RULED]:
        shown += sum(map(bool, bares[index + 1 : below]))
        if shown > _BELOW_DELIMITER:
            return None
        if texts[index].rstrip("\r") == "-- ":
            return index if shown else None
        bare, below = bares[index], index + 1
        if bare in _DELIMITERS or (shown and len(bare) > 2 and rule(bare) and _signs(bares, below, end)):
            return index if shown and shown <= SHORT and _signs(bares, below, end, any_line=True) else None
    return None


def _signs(bares: Sequence[str], start: int, end: int, *, any_line: bool = False) -> bool:
    """Whether lines look like a signature: short, and (unless `any_line`) with a contact among them."""
    lines = [bare for bare in bares[start:end] if bare]
    if not lines or len(lines) > SHORT or any(len(bare) > _NARROW + 28 for bare in lines):
        return False
    if sum(1 for bare in lines if _PROSE.search(bare)) > 1:
        return False
    return any_line or (len(lines) <= 6 and any(_CONTACT.search(bare) for bare in lines) and _name_like(lines[0]))


def _name_like(bare: str) -> bool:
    words = bare.strip(" *_|,").split()
    return (
        1 <= len(words) <= 5
        and not any(c.isdigit() for c in bare)
        and bare[-1] not in ".:?!"
        and words[0][:1].isupper()
    )


def _added(bares: Sequence[str], first: int, end: int) -> int | None:
    """Lines of programs about themselves, one or two at the end, and a name set off by a dash above them or alone."""
    found: int | None = None
    end = _trim(bares, first, end)
    if end - first >= 2 and closing_named(bares[end - 1]):
        return end - 1
    at = end
    for _ in range(3):
        at = _trim(bares, first, at)
        if at > first and mobile(bares[at - 1]):
            at -= 1
            found = at
            if at > first and rule(bares[at - 1]):
                found = at = at - 1
        else:
            break
    at = _trim(bares, first, at)
    if (
        at - first >= 2
        and not bares[at - 2]
        and _NAME_ALONE.fullmatch(bares[at - 1])
        and _no_bullet(bares, first, at - 1)
    ):
        return at - 1
    return found


def _no_bullet(bares: Sequence[str], first: int, at: int) -> bool:
    match = _NAME_ALONE.fullmatch(bares[at])
    above = _trim(bares, first, at)
    return (
        match is not None and match[1][0].isupper() and above > first and not bares[above - 1].startswith(bares[at][0])
    )


def _closed(bares: Sequence[str], first: int, end: int, *, named: bool) -> int | None:
    """A closing with a name below it to the end: a few short lines, or a firm's card. `named`: the name follows it."""
    shown, contacts = int(named), 0
    for index in range(end - 1, first - 1, -1):
        bare = bares[index]
        if not bare:
            continue
        if closing(bare):
            above = _trim(bares, first, index)
            most = _BELOW_THANKS if _THANKS.match(bare) else _BELOW_CLOSING
            card = contacts > 1
            return index if above > first and 0 < shown <= (_CARD if card else most) else None
        shown += 1
        contact = _CONTACT.search(bare) is not None
        contacts += contact
        if shown > _CARD or len(bare) > (2 * _NARROW if contact else _NARROW):
            return None
        if bare.endswith("?") or (bare.endswith(":") and not contact) or _NOTE.match(bare):
            return None
    return None
