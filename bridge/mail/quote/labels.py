"""The labels of header blocks that mail programs write above mail they answer or forward, in their users' languages.

A table and its look-up; it decides nothing.
"""

from typing import Literal

Meaning = Literal["from", "date", "to", "cc", "subject", "other"]

_WRITTEN: dict[Meaning, str] = {
    "from": "from|von|de|da|van|från|fra|lähettäjä|od|feladó|de la|от|от кого|від|від кого|gönderen|kimden|από|差出人|"
    "送信者|发件人|寄件者|寄件人|發件人|보낸 사람|보낸사람|发送人|مِن|من|מאת|từ|người gửi|dari|pengirim|"
    "expéditeur|remitente|mittente|remetente|afzender|avsändare|avsender|afsender|nadawca|odesílatel|"
    "odesilatel|odosielateľ|expeditor|отправитель|відправник|absender|desde|av|šalje|od koga|nuo|no|saatja|"
    "siuntėjas|sūtītājs|desde el|จาก|प्रेषक|از|frá|message de|od:|sender|original sender|pošiljatelj|"
    "пошиљалац|подател|kellelt|remitent|nga",
    "date": "date|sent|datum|gesendet|gesendet am|datum/uhrzeit|envoyé|envoyé le|date d'envoi|message du|fecha|"
    "enviado|enviado el|enviado em|enviada|enviada em|enviada a|inviato|inviato il|data|verzonden|"
    "verzonden op|skickat|skickad|sendt|dato|lähetetty|päivä|päivämäärä|wysłano|wysłane|odesláno|"
    "datum odeslání|odoslané|dátum|küldve|elküldve|trimis|trimis la|отправлено|дата|надіслано|"
    "дата відправлення|gönderildi|gönderilme|tarih|gönderim tarihi|στάλθηκε|ημερομηνία|送信日時|日付|送信日|"
    "日時|发送时间|发送日期|日期|傳送日期|寄件日期|時間|时间|보낸 날짜|날짜|보낸 시간|נשלח|תאריך|تاريخ|"
    "تم الإرسال|التاريخ|أُرسلت|أرسلت|đã gửi|ngày|gửi lúc|terkirim|tanggal|dikirim|poslano|изпратено|išsiųsta|"
    "nosūtīts|saadetud|enviat|data d'enviament|วันที่|ส่งเมื่อ|दिनांक|تاریخ|sent at|sent on|send|gesendet um|"
    "дата и время|послано|датум|дата:|sända|kuupäev|nosūtīšanas datums|data i hora|time|dagsetning",
    "to": "to|an|à|a|para|aan|till|til|vastaanottaja|do|komu|címzett|către|catre|кому|kime|alıcı|προς|宛先|收件人|"
    "收件者|받는 사람|받는사람|אל|إلى|đến|tới|người nhận|kepada|ke|za|до|kam|kellele|per a|ถึง|प्रति|به|pour|"
    "destinataire|destinatario|destinatário|ontvanger|empfänger|mottaker|modtager|mottagare|adresat|příjemce|"
    "príjemca|destinatar|получатель|отримувач|收信人|kas|prima|primatelj|naar|adressat|kam:|gavėjas|recipient|"
    "recipients",
    "cc": "cc|kopie|kopie an|copie à|copie|copia|copia a|per conoscenza|cópia|kopia|kopi|kopio|dw|do wiadomości|"
    "másolatot kap|másolat|копия|копія|bilgi|κοιν.|κοινοποίηση|抄送|副本|참조|העתק|עותק|نسخة|نسخة إلى|"
    "đồng gửi|tembusan|bcc|blind copy|kópia|c.c.|c.c|carbon copy|cci|cco|ccn|bcc an|sc",
    "subject": "subject|betreff|betrifft|objet|sujet|asunto|tema|oggetto|soggetto|assunto|onderwerp|ämne|emne|aihe|"
    "otsikko|temat|předmět|predmet|tárgy|subiect|subiectul|тема|konu|θέμα|件名|主题|主旨|主題|标题|제목|נושא|"
    "موضوع|الموضوع|chủ đề|tiêu đề|subjek|perihal|judul|naslov|относно|assumpte|temats|teema|หัวเรื่อง|เรื่อง|"
    "विषय|zadeva|efni|re|betr|subj|subjekt|onderwerp:|наслов|предмет|lėmuma|тақырып|gaia",
    "other": "reply-to|reply to|répondre à|antwort an|antworten an|responder a|rispondi a|importance|wichtigkeit|"
    "importancia|importanza|priority|priorität|priorité|attachments|anlagen|pièces jointes|adjuntos|allegati|"
    "bijlagen|organization|message-id|newsgroups|reply to all|mailed-by|signed-by|security|bilagor|vedlegg|"
    "vedhæftede filer|załączniki|přílohy|вложения|anhänge|antwoord aan|svar till|svar til|odpowiedz do|"
    "resent-from|ek|ekler|添付ファイル|附件",
}


_FORM_WRITTEN = (
    "name|first name|last name|your name|email|e-mail|email address|e-mail address|your email|mail|phone|"
    "phone number|telephone|tel|mobile|company|organisation|address|message|message body|your message|comment|"
    "comments|question|inquiry|enquiry|details|website|url|page|vorname|nachname|telefon|telefonnummer|firma|"
    "adresse|anschrift|nachricht|ihre nachricht|mitteilung|kommentar|anliegen|frage|nom|prénom|téléphone|société|"
    "entreprise|votre message|commentaire|courriel|nombre|apellidos|teléfono|empresa|mensaje|correo|"
    "correo electrónico|comentario|consulta|nome|cognome|telefono|azienda|messaggio|richiesta|telefone|mensagem|"
    "naam|telefoon|telefoonnummer|bedrijf|bericht|namn|företag|meddelande|navn|melding|besked|nimi|puhelin|viesti|"
    "imię|nazwisko|wiadomość|treść|jméno|zpráva|meno|správa|név|üzenet|nume|mesaj|mesajul|имя|телефон|сообщение|"
    "компания|повідомлення|ім'я|ad|adı|mesajınız|お名前|氏名|電話番号|メールアドレス|お問い合わせ内容|メッセージ|"
    "姓名|电话|留言|訊息|이름|연락처|메시지|내용"
)


def _table() -> dict[str, Meaning]:
    found: dict[str, Meaning] = {}
    for meaning, words in _WRITTEN.items():
        for word in words.split("|"):
            found.setdefault(word, meaning)
    return found


_TABLE = _table()


# What forms on web sites ask for: beside or below other labels they make these a form's, and no mail's.
_FORM = frozenset(_FORM_WRITTEN.split("|"))


def folded(text: str) -> str:
    """Without differences of case; the Turkish capital I keeps no dot of its own."""
    return text.casefold() if text.isascii() else text.casefold().replace("i\u0307", "i")


LABEL = 34
"""Characters that a label may have, marks of emphasis included."""


def asked_in_forms(bare: str) -> bool:
    """Whether a line is labelled as what a form asks for ("Phone: …", "Nachricht:")."""
    at = bare.find(":", 0, LABEL)
    return at > 0 and folded(bare[:at].strip(" *_")) in _FORM


def label(bare: str) -> tuple[Meaning, str] | None:
    """What a line's label means and what stands behind it ("*From:* Ann" is a from, "Ann"); None when it has none."""
    head = bare[: LABEL + 1]
    at = head.find(":")
    wide = head.find("：")
    if wide >= 0 and (at < 0 or wide < at):
        at = wide
    if at < 1:
        return None
    meaning = _TABLE.get(" ".join(folded(head[:at].strip(" \t*_|>\u200e\u200f\u00a0-•")).split()))
    return None if meaning is None else (meaning, bare[at + 1 :].strip(" \t*_|\u00a0"))
