"""Lines by which mail programs part what is new from what was there: original and forwarded mail, "reply above".

Phrases in their users' languages; where they stand alone between dashes, under whatever capitals. Line-wise.
"""

import re
from collections.abc import Sequence

from bridge.mail.quote.labels import folded
from bridge.mail.quote.phrases import Phrases

_ORIGINAL = (
    "original message|original appointment|original email|original mail|ursprüngliche nachricht|"
    "urspruengliche nachricht|originalnachricht|original-nachricht|ursprünglicher termin|message d'origine|"
    "message original|message d’origine|mail original|courriel original|e-mail d'origine|mensaje original|"
    "correo original|messaggio originale|messaggio originario|mensagem original|oorspronkelijk bericht|"
    "origineel bericht|originele bericht|ursprungligt meddelande|originalmeddelande|opprinnelig melding|"
    "original melding|oprindelig meddelelse|oprindelig besked|oprindelig e-mail|alkuperäinen viesti|"
    "wiadomość oryginalna|oryginalna wiadomość|původní zpráva|originální zpráva|pôvodná správa|originálna správa|"
    "eredeti üzenet|mesaj original|mesajul original|mesajul inițial|исходное сообщение|оригинальное сообщение|"
    "первоначальное сообщение|оригінальне повідомлення|вихідне повідомлення|özgün ileti|orijinal mesaj|"
    "orijinal ileti|αρχικό μήνυμα|元のメッセージ|オリジナルメッセージ|原始邮件|原始郵件|邮件原件|原邮件|原始信件|"
    "원본 메시지|원본 메일|원래 메시지|הודעה מקורית|ההודעה המקורית|رسالة أصلية|الرسالة الأصلية|thư gốc|"
    "tin nhắn gốc|pesan asli|izvorna poruka|originalna poruka|izvirno sporočilo|оригинално съобщение|"
    "originalus laiškas|sākotnējais ziņojums|algne kiri|missatge original|ข้อความต้นฉบับ|मूल संदेश|پیام اصلی|"
    "upprunalegt skeyti|ursprungliga meddelandet|replied message|回复的原邮件|alkuperäinen sanoma|původní e-mail|"
    "originální e-mail"
)
_FORWARDED = (
    "forwarded message|forwarded email|forwarded mail|begin forwarded message|forwarded by|forwarded letter|"
    "weitergeleitete nachricht|weitergeleitete mail|anfang der weitergeleiteten nachricht|weitergeleitete e-mail|"
    "weitergeleitet von|message transféré|message transmis|début du message transféré|début du message réexpédié|"
    "message réexpédié|transféré par|mensaje reenviado|inicio del mensaje reenviado|"
    "comienzo del mensaje reenviado|correo reenviado|messaggio inoltrato|inizio messaggio inoltrato|"
    "mensagem encaminhada|mensagem reencaminhada|início da mensagem reencaminhada|início da mensagem encaminhada|"
    "doorgestuurd bericht|begin doorgestuurd bericht|begin van doorgestuurd bericht|vidarebefordrat meddelande|"
    "vidarebefordrat brev|vidarebefordrat mejl|början på vidarebefordrat meddelande|videresendt melding|"
    "videresendt meddelelse|videresendt e-post|videresendt besked|start på videresendt besked|"
    "start på videresendt melding|begynnelse på videresendt melding|edelleenlähetetty viesti|välitetty viesti|"
    "välitetty viesti alkaa|lähetetty edelleen|wiadomość przekazana dalej|przekazana wiadomość|"
    "wiadomość przesłana dalej|początek przekazywanej wiadomości|treść przekazanej wiadomości|přeposlaná zpráva|"
    "předaná zpráva|začátek přeposlané zprávy|preposlaná správa|začiatok preposlanej správy|továbbított üzenet|"
    "továbbított levél|továbbított üzenet kezdete|mesaj redirecționat|mesaj redirectionat|"
    "început mesaj redirecționat|пересылаемое сообщение|перенаправленное сообщение|пересланное сообщение|"
    "начало переадресованного сообщения|начало пересылаемого сообщения|переслане повідомлення|"
    "пересилання повідомлення|початок пересланого повідомлення|yönlendirilmiş mesaj|iletilen mesaj|"
    "iletilmiş mesaj|yönlendirilen ileti|iletilen ileti başlangıcı|προωθημένο μήνυμα|αρχή προωθημένου μηνύματος|"
    "転送メッセージ|転送されたメッセージ|転送されたメッセージここから|以下转发邮件|转发的邮件|转发邮件信息|"
    "转发邮件|開始轉寄郵件|轉寄的郵件|轉寄郵件|轉寄訊息|开始转发邮件|被转发的邮件|전달된 메시지|전달된 메일|"
    "전달 메시지|הודעה שהועברה|תחילת ההודעה שהועברה|رسالة معاد توجيهها|رسالة مُعاد توجيهها|"
    "بداية الرسالة المعاد توجيهها|thư đã chuyển tiếp|thư được chuyển tiếp|bắt đầu thư được chuyển tiếp|"
    "pesan terusan|pesan yang diteruskan|mulai pesan yang diteruskan|proslijeđena poruka|prosleđena poruka|"
    "posredovano sporočilo|препратено съобщение|persiųstas laiškas|pārsūtīts ziņojums|edastatud kiri|"
    "missatge reenviat|ข้อความที่ส่งต่อ|अग्रेषित संदेश|پیام هدایت شده"
)
_ENDS = (
    "end forwarded message|end of forwarded message|ende der weitergeleiteten nachricht|fin du message transféré|"
    "fin del mensaje reenviado|fine messaggio inoltrato|fim da mensagem encaminhada|einde doorgestuurd bericht|"
    "конец пересылаемого сообщения|конец пересланного сообщения|end of original message|end original message|"
    "slut på vidarebefordrat meddelande|koniec przekazanej wiadomości"
)
# What stands there beside the phrase is short: a name, a product.
_ABOVES = Phrases(
    "above this line|above the line|above this message|over this line|oberhalb dieser zeile|über dieser zeile|"
    "oberhalb dieser linie|über diese zeile|oberhalb der linie|au-dessus de cette ligne|au dessus de cette ligne|"
    "encima de esta línea|arriba de esta línea|sobre esta línea|sopra questa riga|sopra questa linea|"
    "al di sopra di questa riga|acima desta linha|acima dessa linha|boven deze regel|boven deze lijn|"
    "ovanför den här raden|ovanför denna rad|ovanför den här linjen|ovenfor denne linjen|over denne linjen|"
    "over denne linje|oven for denne linje|tämän rivin yläpuolelle|tämän viivan yläpuolelle|powyżej tej linii|"
    "nad tą linią|nad tento řádek|nad tímto řádkem|nad tento riadok|nad týmto riadkom|e fölé a sor fölé|"
    "e sor fölé|deasupra acestei linii|выше этой строки|выше этой линии|над этой строкой|над этой чертой|"
    "вище цього рядка|вище цієї лінії|bu satırın üstüne|bu satırın üzerine|bu çizginin üstüne|"
    "πάνω από αυτή τη γραμμή|πάνω από αυτήν τη γραμμή|この行より上|この線より上|この行の上|在此行上方|"
    "请在此行之上|在此行之上|此行上方|在這一行上方|在此線上方|이 줄 위|이 선 위|מעל שורה זו|מעל לשורה זו|"
    "فوق هذا السطر|فوق هذا الخط|phía trên dòng này|trên dòng này|di atas baris ini|iznad ove linije|"
    "iznad ovog retka|nad to vrstico|над този ред"
)
_REPLIES = Phrases(
    "reply|respond|answer|antwort|répon|repon|respuesta|responda|responde|rispo|respost|antwo|reageer|svar|besvar|"
    "vasta|odpowied|odpis|odpov|válasz|răspun|raspun|ответ|відпов|yanıt|cevap|απαντ|返信|回复|回覆|回答|답장|회신|"
    "השב|הגב|الرد|trả lời|balas|odgovor|отговор"
)


def _phrases(written: str) -> frozenset[str]:
    return frozenset(written.split("|"))


_ORIGINALS, _FORWARDS, _ENDINGS = _phrases(_ORIGINAL), _phrases(_FORWARDED), _phrases(_ENDS)
# "Forwarded message from Ann": what stands behind the phrase varies.
_ORIGINALS_FROM = tuple(f"{phrase} " for phrase in _ORIGINALS if len(phrase) > 9)
_FORWARDS_FROM = tuple(f"{phrase} " for phrase in _FORWARDS)
RULED = frozenset("-_=*~#—–━ " + "".join(map(chr, range(0x2500, 0x2580))))
_RULE = re.compile(r"[-_=*~#—–─━.+ \u2500-\u257f]{2,}")
_EDGE = "-–—_=*~#<>|: \t：:─━"
LONGEST = 160
"""Characters of a line that may be a marker."""


def rule(bare: str) -> bool:
    """A line of dashes, underscores or the like that parts what is above it from what is below."""
    return len(bare) >= 2 and bare[0] in RULED and _RULE.fullmatch(bare[:400]) is not None


def _core(bare: str) -> tuple[str, bool]:
    """The phrase of a marker, and whether dashes or the like stand on both of its sides."""
    core = bare.strip(_EDGE)
    at = bare.find(core) if core else 0
    fenced = bare[:at].strip(" :") != "" and bare[at + len(core) :].strip(" :") != ""
    return folded(core), fenced


def maybe(bare: str) -> bool:
    """Whether a line may be a delimiter at all: cheap, asked of every line."""
    return bool(bare) and len(bare) <= LONGEST and (not bare[0].isalnum() or bare[-1] in ":：")


def original(bare: str) -> bool:
    """ "-----Original Message-----" and its translations; without dashes only with a colon behind it."""
    if not maybe(bare):
        return False
    core, fenced = _core(bare)
    if fenced and core.startswith(_ORIGINALS_FROM):
        return True
    return core in _ORIGINALS and (fenced or (bare.endswith((":", "：")) and " " in core))


def forward(bare: str) -> bool:
    """ "---------- Forwarded message ---------", "Begin forwarded message:", Lotus's "Forwarded by Ann/Corp on …"."""
    if not maybe(bare):
        return False
    core, fenced = _core(bare)
    if core in _FORWARDS:
        return fenced or bare.endswith((":", "："))
    return fenced and core.startswith(_FORWARDS_FROM)


def forward_end(bare: str) -> bool:
    """ "--- End forwarded message ---"."""
    if len(bare) > LONGEST or not bare.startswith(("-", "=", "*")):
        return False
    core, fenced = _core(bare)
    return fenced and core in _ENDINGS


def asks_above(bares: Sequence[str]) -> bool:
    """Whether a text speaks of writing above a line at all: one look instead of one a line, at those that may."""
    whole = folded("\n".join([bare for bare in bares if 8 < len(bare) <= LONGEST and _asking(bare)]))
    return "reply above" in whole or _ABOVES.within(whole)


def _asking(bare: str) -> bool:
    """Whether a line is fenced, or as short as a request: most of a person's are neither."""
    return not bare[0].isalnum() or _brief(bare)


def _brief(bare: str) -> bool:
    return len(bare) <= 90 and bare.count(" ") < 14 and "," not in bare


def reply_above(bare: str) -> bool:
    """ "##- Please type your reply above this line -##": a line of a help desk under which its history stands."""
    if not 8 < len(bare) <= LONGEST or not _asking(bare):
        return False
    text = folded(bare)
    fenced = not bare[0].isalnum() and not bare[-1].isalnum() and bare[0] not in "\"'(“„"
    if fenced and "reply above" in text:
        return True
    if not _ABOVES.within(text):
        return False
    return fenced or (_brief(bare) and _REPLIES.within(text))
