"""Legal notices, scanners' notes and the footers of lists and services: words that stand below every mail alike.

A notice is known by what it speaks of (secrecy, a recipient, a mistake, deletion, mail), several of these in one
paragraph; a footer by an address or link together with words of subscribing. One look at each paragraph.
"""

import re
from collections.abc import Sequence

from bridge.mail.quote.markers import rule
from bridge.mail.quote.phrases import Phrases

# Stems, each group one thing that a notice speaks of; one hit a group counts.
_SECRECY = Phrases(
    "confidential|privileged|proprietary|vertraulich|confidentiel|confidencial|privilegiad|riservat|"
    "confidenzial|vertrouwelijk|konfidentiell|sekretess|fortrolig|konfidensiel|luottamuksel|poufn|důvěrn|"
    "dôvern|bizalmas|confidenți|confidenti|конфиденциальн|конфіденційн|gizli|εμπιστευτικ|機密|秘密|机密|保密|"
    "기밀|חסוי|סודי|سري|bảo mật|rahasia|povjerljiv|zaupn|поверителн|konfidencial|konfidentsiaal|"
    "legally protected|rechtlich geschützt"
)
_RECIPIENT = Phrases(
    "recipient|addressee|empfänger|adressat|destinataire|destinatari|geadresseerde|mottagar|mottaker|modtager|"
    "vastaanottaj|adresat|příjemc|adresát|príjemc|címzett|destinatar|получател|адресат|одержувач|отримувач|"
    "alıcı|παραλήπτ|受信者|宛先|收件人|수신인|수신자|נמען|المستلم|المرسل إليه|người nhận|penerima|primatelj|"
    "prejemnik|intended for|bestimmt für|individual or entity|named above"
)
_MISTAKE = Phrases(
    "in error|by mistake|not the intended|irrtümlich|nicht der richtige|nicht der beabsichtigte|versehentlich|"
    "par erreur|por error|per errore|por engano|por erro|abusievelijk|per vergissing|onterecht|av misstag|"
    "ved en feil|ved en fejl|ved en feiltakelse|erehdys|vahingossa|omyłkow|przez pomyłkę|omylem|tévedés|"
    "din greșeal|din eroare|по ошибке|ошибочно|помилково|yanlışlıkla|κατά λάθος|誤って|误收|錯誤|誤送|잘못|"
    "בטעות|عن طريق الخطأ|بالخطأ|nhầm|kesalahan|greškom|pomotoma|wrongly|erroneously|fejlagtigt"
)
_REQUEST = Phrases(
    "delete|destroy|notify|disclos|disseminat|distribut|copying|unauthori|löschen|vernichten|informieren sie|"
    "unbefugte|weitergabe|supprimer|détruire|avertir|divulg|eliminar|elimine|borrar|bórr|cancell|distrugg|"
    "apague|verwijder|vernietig|openbaar|radera|förstör|slett|slet |poista|usuń|usunąć|zniszcz|smaž|vymaž|"
    "törölj|ștergeți|stergeti|удалит|уничтож|видал|знищ|silin|siliniz|διαγράψ|削除|刪除|删除|销毁|삭제|מחק|"
    "למחוק|حذف|إتلاف|xóa|xoá|hapus|obriš|izbriš|изтри|consegnare|copiare|restituir"
)
_MAIL = Phrases(
    "e-mail|email|message|nachricht|courriel|mensaje|correo|messaggio|mensagem|bericht|meddeland|melding|"
    "meddelelse|besked|viesti|wiadomoś|zpráv|správ|üzenet|mesaj|сообщени|письмо|повідомлен|лист|ileti|e-posta|"
    "μήνυμα|メール|邮件|郵件|메일|הודעה|דוא|رسالة|البريد|thư|surel|pesan|poruk|sporočil|transmission|"
    "communication|attachment|anhang|allegat"
)
_NOTES = Phrases(
    "consider the environment|before printing this|umwelt, bevor|denken sie an die umwelt|"
    "pensez à l'environnement|impact environnemental|n'imprimez|antes de imprimir|rispetta l'ambiente|"
    "prima di stampare|pense no meio ambiente|denk aan het milieu|tänk på miljön|tenk på miljøet|tænk på miljøet|"
    "ajattele ympäristöä|virus-free|checked for viruses|scanned for viruses|scanned by|auf viren geprüft|"
    "virenfrei|sans virus|libre de virus|privo di virus|livre de vírus|virusvrij|does not represent the views|"
    "views expressed|this footnote confirms|no liability|accepts no responsibility"
)
# Words of lists, meant where a rule parts them off; and what services say of themselves, meant anywhere.
_LIST = Phrases(
    "mailing list|mailinglist|mailman/|listinfo|list archive|reply to this email directly|view it on git|"
    "view on git|groups.google.com|groups.io|to post to this|visit this discussion|postituslista|sähköpostilista|"
    "lista dyskusyjna|рассылк|розсилк|メーリングリスト|邮件列表|메일링|القائمة البريدية|milis|lista de correo|"
    "lista de correos|lista de discussão|liste de diffusion|notification settings|email preferences|"
    "mail preferences|manage your notifications|unsubscribe|abmelden|abbestellen|abonniert|désabonner|désinscri|"
    "désinscription|darse de baja|cancelar la suscripción|annulla l'iscrizione|annullare l'iscrizione|disiscriv|"
    "cancellarti|cancelar inscrição|cancelar a inscrição|cancelar subscrição|afmelden|uitschrijven|avregistrera|"
    "avsluta prenumeration|avprenumerera|meld deg av|avmeld|afmeld|frameld|peruuta tilaus|wypisz się|zrezygnuj z|"
    "odhlásit|odhlásiť|leiratkoz|dezabon|отписаться|відписатися|abonelikten|liste üyeliğ|κατάργηση εγγραφής|"
    "διαγραφή από|配信停止|退会|退订|退訂|取消订阅|取消訂閱|수신거부|구독 취소|הסרה מרשימ|ביטול מינוי|"
    "إلغاء الاشتراك|hủy đăng ký|berhenti berlangganan|odjav"
)
_SAYS = Phrases(
    "you received this|you are receiving this|you're receiving this|you are subscribed|to stop receiving|"
    "sie erhalten diese|vous recevez ce|dejar de recibir|recibe este|recibió este|ricevi questa|"
    "ricevuto questo messaggio perché|recebeu esta|recebeu este|u ontvangt|je ontvangt|du får det här|"
    "du mottar denne|du modtager denne|otrzymujesz tę|вы получили это|to unsubscribe|click here to unsubscribe|"
    "unsubscribe here|unsubscribe:|um sich abzumelden|zum abmelden|pour vous désabonner|pour vous désinscrire|"
    "para darse de baja|per annullare l'iscrizione|para cancelar a|om je af te melden|om u af te melden|"
    "för att avsluta|för att avregistrera|for å melde deg av|for at afmelde|aby wypisać się|aby zrezygnować|"
    "pro odhlášení|чтобы отписаться|щоб відписатися|listeden çıkmak|如需退订|取消订阅请|配信停止は|"
    "구독을 취소하려면"
)
# Gateways' banners: where mail came from, what to be careful with, and what Outlook says of rare senders.
_OUTSIDE = Phrases(
    "external|outside|extern|extérieur|fuera de|exterior|esterno|dall'esterno|van buiten|buiten de|utanför|"
    "utenfor|udefra|ekstern|ulkopuol|zewnątrz|zewnętrz|kívül|külső|внешн|извне|зовнішн|ззовні|dışından|harici|"
    "εξωτερικ|fora da|外部|외부|חיצוני|خارج"
)
_CARE = Phrases(
    "click|link|attachment|klick|anhäng|anhang|cliquez|lien|pièces|clic |enlace|adjunt|allegat|klik|bijlage|bilag|"
    "bilaga|länk|vedlegg|liitte|linkkej|załącznik|odkaz|přílo|príloh|csatol|atașament|ссылк|вложен|посилан|"
    "вкладен|bağlantı|ekleri|σύνδεσμ|συνημμέν|anexo|リンク|添付|链接|附件|連結|링크|첨부|קישור|קבצים|روابط|مرفقات"
)
_ORIGIN = Phrases(
    "originated from|originates from|comes from outside|came from outside|sent from outside|stammt von|stammt aus|"
    "kommt von extern|wurde von extern|provient de|provient d'|proviene de|proviene da|komt van buiten|"
    "kommer från|kommer fra|tulee organisaation|pochodzi|pochází|kívülről|provine din|отправлено извне|"
    "от внешнего|надіслано ззовні|dışından gel|外部から|来自外部|외부에서"
)
_RARELY = Phrases(
    "don't often get email|don’t often get email|erhalten nicht oft eine e-mail|erhalten nicht häufig e-mails|"
    "n'obtenez pas souvent|ne recevez pas souvent|no suele recibir|non si ricevono spesso|"
    "in genere non si ricevono|krijgt niet vaak e-mail|ontvangt niet vaak|não recebe com frequência|"
    "não costuma receber|får inte ofta e-post|får ikke ofte e-post|får ikke ofte mails|nie otrzymujesz często"
)
_PLACE = re.compile(r"https?://|www\.|[\w.+-]{1,64}@[\w-]{1,64}\.|mailto:")
_PLACED = ("@", "://", "www.", "mailto:")
"""One of them stands in every place."""

_LONGEST = 3000
"""Characters of a paragraph that are looked at."""

PARAGRAPHS = 12
"""Paragraphs at the end of own words that are looked at, last first."""


def notice(paragraph: str) -> bool:
    """Whether a paragraph is a legal notice or a scanner's note."""
    text = paragraph[:_LONGEST].casefold()
    if len(text) < 24:
        return False
    if len(text) < 400 and _NOTES.within(text):
        return True
    secrecy, mistake = _SECRECY.within(text), _MISTAKE.within(text)
    if not secrecy and not mistake:  # as with nearly all that people write; they talk about mail and recipients too
        return False
    hits = secrecy + mistake + _RECIPIENT.within(text) + _REQUEST.within(text) + _MAIL.within(text)
    return hits > 3 or (hits == 3 and len(text) >= 110)


def banner(paragraph: str) -> bool:
    """Whether a paragraph is what a gateway puts above mail from outside; only meant where words follow it."""
    if len(paragraph) > 600 or "?" in paragraph:
        return False
    text = paragraph.casefold()
    if "@" in text and _RARELY.within(text):
        return True
    if not _OUTSIDE.within(text) or not _CARE.within(text):
        return False
    word = paragraph.split(None, 1)[0].strip(":!,.")
    loud = len(word) > 2 and word.isupper()
    return loud or not paragraph[0].isalnum() or _ORIGIN.within(text)


def footer(paragraph: str, *, ruled: bool) -> bool:
    """Whether a paragraph is the footer of a mailing list or of a service that sent the mail.

    `ruled`: a rule stands above it. Without one a person might ask to be taken off a list in the same words.
    """
    text = paragraph[:_LONGEST].casefold()
    if not ruled and "?" in text:
        return False
    short = len(text) < 300 and text.count("\n") < 3
    if not short and not any(mark in text for mark in _PLACED):
        return False
    if not _SAYS.within(text) and not (ruled and _LIST.within(text)):
        return False
    return short or _PLACE.search(text) is not None


def ranges(bares: Sequence[str], first: int, end: int, top: int) -> list[tuple[int, int]]:
    """The stretches of own lines `first` to `end` that are notices or footers, from the last upwards.

    Only at the end: below one of them stand others, or a signature's few lines. None that begins with the line `top`,
    the mail's first: a mail that says nothing else says this.
    """
    found: list[tuple[int, int]] = []
    other = 0
    for start, stop in _paragraphs(bares, first, end)[:PARAGRAPHS]:
        text = "\n".join(bares[start:stop])
        if not text.strip("_-=*~#—– \n"):
            continue
        above = _blank_above(bares, first, start)
        over = above > first and rule(bares[above - 1])
        begin = above - 1 if over else start
        if begin <= top:
            break
        if notice(text) or footer(text, ruled=over or rule(bares[start])):
            found.append((begin, stop))
            other = 0
            continue
        other += 1
        if other > 2 or stop - start > 8:
            break
    return found


def _blank_above(bares: Sequence[str], first: int, at: int) -> int:
    while at > first and not bares[at - 1]:
        at -= 1
    return at


def _paragraphs(bares: Sequence[str], first: int, end: int) -> list[tuple[int, int]]:
    """Stretches between blank lines and rules, last first; at most `PARAGRAPHS` and a few."""
    found: list[tuple[int, int]] = []
    stop = end
    while stop > first and len(found) <= PARAGRAPHS + 4:
        while stop > first and not bares[stop - 1]:
            stop -= 1
        start = stop
        while start > first and bares[start - 1] and not (rule(bares[start - 1]) and start < stop):
            start -= 1
            if stop - start > 60:
                return found
        if start < stop:
            if start > first and rule(bares[start - 1]):
                start -= 1
            found.append((start, stop))
        stop = start
    return found
