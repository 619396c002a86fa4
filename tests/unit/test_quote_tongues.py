"""What mail programs write in their users' languages: attributions, header blocks, delimiters, closings."""

import pytest

from bridge.mail.quote import markers, signature
from bridge.mail.quote.line import Line
from bridge.mail.quote.splitting import kinds


def _items(written: str) -> list[str]:
    return written.strip().replace("\n", "|").split("|")


ATTRIBUTIONS = """
On Mon, Feb 9, 2026 at 4:02 PM Ann Lee <ann@yard.example> wrote:
On 09/02/2026 16:02, Ann Lee wrote:
Ann Lee <ann@yard.example> writes:
Am Mo., 9. Feb. 2026 um 16:02 Uhr schrieb Ann Lee <ann@yard.example>:
Am 09.02.26 um 16:02 schrieb Ann Lee:
Ann Lee schrieb am 9. Februar 2026 um 16:02:
Le lun. 9 févr. 2026 à 16:02, Ann Lee <ann@yard.example> a écrit :
Le 09/02/2026 à 16:02, Ann Lee a écrit :
El lun, 9 feb 2026 a las 16:02, Ann Lee (<ann@yard.example>) escribió:
El 09/02/2026 a las 16:02, Ann Lee escribió:
Il giorno lun 9 feb 2026 alle ore 16:02 Ann Lee <ann@yard.example> ha scritto:
Il 09/02/2026 16:02, Ann Lee ha scritto:
Em seg., 9 de fev. de 2026 às 16:02, Ann Lee <ann@yard.example> escreveu:
Em 09/02/2026 16:02, Ann Lee escreveu:
Op ma 9 feb 2026 om 16:02 schreef Ann Lee <ann@yard.example>:
Op 09-02-2026 om 16:02 schreef Ann Lee:
Den mån 9 feb. 2026 kl 16:02 skrev Ann Lee <ann@yard.example>:
Den 2026-02-09 kl. 16:02, skrev Ann Lee:
man. 9. feb. 2026 kl. 16:02 skrev Ann Lee <ann@yard.example>:
Den man. 9. feb. 2026 kl. 16.02 skrev Ann Lee <ann@yard.example>:
ma 9. helmik. 2026 klo 16.02 Ann Lee (ann@yard.example) kirjoitti:
Ann Lee kirjoitti 9.2.2026 klo 16.02:
pon., 9 lut 2026 o 16:02 Ann Lee <ann@yard.example> napisał(a):
W dniu 9.02.2026 o 16:02, Ann Lee pisze:
po 9. 2. 2026 v 16:02 odesílatel Ann Lee <ann@yard.example> napsal:
Dne 09. 02. 26 v 16:02 Ann Lee napsal(a):
po 9. 2. 2026 o 16:02 Ann Lee <ann@yard.example> napísal(a):
Ann Lee <ann@yard.example> ezt írta (időpont: 2026. febr. 9., H, 16:02):
2026. 02. 09. 16:02 keltezéssel, Ann Lee írta:
În lun., 9 feb. 2026 la 16:02, Ann Lee <ann@yard.example> a scris:
Pe 09.02.2026 16:02, Ann Lee a scris:
пн, 9 февр. 2026 г. в 16:02, Ann Lee <ann@yard.example>:
09.02.2026 16:02, Ann Lee пишет:
пн, 9 лют. 2026 р. о 16:02 Ann Lee <ann@yard.example> пише:
Ann Lee <ann@yard.example>, 9 Şub 2026 Pzt, 16:02 tarihinde şunu yazdı:
Στις Δευ 9 Φεβ 2026 στις 16:02 ο χρήστης Ann Lee <ann@yard.example> έγραψε:
2026年2月9日(月) 16:02 Ann Lee <ann@yard.example>:
2026/02/09 16:02、Ann Leeのメール:
Ann Lee <ann@yard.example> 于2026年2月9日周一 16:02写道：
Ann Lee <ann@yard.example> 於 2026年2月9日 週一 下午4:02寫道：
2026년 2월 9일 (월) 오후 4:02, Ann Lee <ann@yard.example>님이 작성:
‫בתאריך יום ב׳, 9 בפבר׳ 2026 ב-16:02 מאת ‪Ann Lee‬‏ <‪ann@yard.example‬‏>:‬
في الاثنين، 9 فبراير 2026 في 4:02 م تمت كتابة ما يلي بواسطة Ann Lee <ann@yard.example>:
Vào Th 2, 9 thg 2, 2026 vào lúc 16:02 Ann Lee <ann@yard.example> đã viết:
Pada tanggal Sen, 9 Feb 2026 pukul 16.02 Ann Lee <ann@yard.example> menulis:
На пн, 9.02.2026 г. в 16:02 Ann Lee <ann@yard.example> написа:
pon, 9. velj 2026. u 16:02 Ann Lee <ann@yard.example> napisao je:
V pon., 9. feb. 2026 ob 16:02 je oseba Ann Lee <ann@yard.example> napisala:
2026-02-09, pr, 16:02 Ann Lee <ann@yard.example> rašė:
pirmd., 2026. g. 9. febr., plkst. 16:02 — lietotājs Ann Lee (<ann@yard.example>) rakstīja:
Kuupäev E, 9. veebruar 2026 kell 16:02 kirjutas Ann Lee <ann@yard.example>:
Missatge de Ann Lee <ann@yard.example> del dia dl., 9 de febr. 2026 a les 16:02:
เมื่อ จ. 9 ก.พ. 2026 เวลา 16:02 Ann Lee <ann@yard.example> เขียนว่า:
सोम, 9 फ़र॰ 2026 को 4:02 pm बजे को Ann Lee <ann@yard.example> ने लिखा:
""".strip().split("\n")

BLOCKS = """
From: |Sent: |To: |Subject:
Von: |Gesendet: |An: |Betreff:
De : |Envoyé : |À : |Objet :
De: |Enviado el: |Para: |Asunto:
Da: |Inviato: |A: |Oggetto:
De: |Enviada em: |Para: |Assunto:
Van: |Verzonden: |Aan: |Onderwerp:
Från: |Skickat: |Till: |Ämne:
Fra: |Sendt: |Til: |Emne:
Lähettäjä: |Lähetetty: |Vastaanottaja: |Aihe:
Od: |Wysłano: |Do: |Temat:
Od: |Odesláno: |Komu: |Předmět:
Od: |Odoslané: |Komu: |Predmet:
Feladó: |Elküldve: |Címzett: |Tárgy:
De la: |Trimis: |Către: |Subiect:
От: |Отправлено: |Кому: |Тема:
Від: |Надіслано: |Кому: |Тема:
Kimden: |Gönderildi: |Kime: |Konu:
Από: |Στάλθηκε: |Προς: |Θέμα:
差出人: |送信日時: |宛先: |件名:
发件人: |发送时间: |收件人: |主题:
寄件者: |寄件日期: |收件者: |主旨:
보낸 사람: |보낸 날짜: |받는 사람: |제목:
מאת: |נשלח: |אל: |נושא:
من: |تم الإرسال: |إلى: |الموضوع:
Từ: |Đã gửi: |Đến: |Chủ đề:
Dari: |Terkirim: |Kepada: |Perihal:
От: |Изпратено: |До: |Относно:
Šalje: |Poslano: |Prima: |Predmet:
""".strip().split("\n")

ORIGINALS = _items("""
-----Original Message-----|-------- Original-Nachricht --------|-----Message d'origine-----
-----Mensaje original-----|-----Messaggio originale-----|-----Mensagem original-----
-----Oorspronkelijk bericht-----|-----Ursprungligt meddelande-----|-----Opprinnelig melding-----
-----Oprindelig meddelelse-----|-----Alkuperäinen viesti-----|-----Wiadomość oryginalna-----
-----Původní zpráva-----|-----Pôvodná správa-----|-----Eredeti üzenet-----|-----Mesaj original-----
-----Исходное сообщение-----|-----Оригінальне повідомлення-----|-----Özgün İleti-----|-----Αρχικό μήνυμα-----
-----元のメッセージ-----|-----邮件原件-----|-----원본 메시지-----|-----הודעה מקורית-----
-----الرسالة الأصلية-----|-----Thư gốc-----|-----Pesan Asli-----
""")

FORWARDS = _items("""
---------- Forwarded message ---------|-------- Weitergeleitete Nachricht --------
---------- Message transféré ----------|---------- Mensaje reenviado ----------
---------- Messaggio inoltrato ----------|---------- Mensagem encaminhada ----------
---------- Doorgestuurd bericht ----------|---------- Vidarebefordrat meddelande ----------
-------- Videresendt melding --------|---------- Edelleenlähetetty viesti ----------
---------- Przekazana wiadomość ----------|---------- Přeposlaná zpráva ----------
---------- Továbbított üzenet ----------|---------- Mesaj redirecționat ----------
-------- Перенаправленное сообщение --------|---------- Переслане повідомлення ----------
---------- Yönlendirilmiş mesaj ----------|---------- Προωθημένο μήνυμα ----------
---------- 転送メッセージ ----------|---------- 转发的邮件 ----------|---------- 전달된 메시지 ----------
---------- הודעה שהועברה ----------|Begin forwarded message:|Anfang der weitergeleiteten Nachricht:
Début du message transféré :|Inizio messaggio inoltrato:|Inicio del mensaje reenviado:
Begin doorgestuurd bericht:|Vidarebefordrat brev:|Начало переадресованного сообщения:
""")

PHONES = _items("""
Sent from my Pixel|Sent from Mail for Windows|Get Outlook for iOS|Von meinem Handy gesendet
Gesendet von Mail für Windows|Envoyé de mon iPad|Envoyé depuis mon mobile|Enviado desde mi Galaxy
Enviado do meu iPhone|Inviato da iPhone|Inviato dal mio Galaxy|Verstuurd vanaf mijn iPhone
Verzonden vanaf mijn Galaxy|Skickat från min iPhone|Sendt fra min iPhone|Lähetetty iPhonesta|Wysłane z iPhone'a
Odesláno z iPhonu|Odoslané z iPhonu|Az iPhone-omról küldve|Trimis de pe iPhone-ul meu|Отправлено с iPhone
Надіслано з iPhone|iPhone'umdan gönderildi|Στάλθηκε από το iPhone μου|iPhoneから送信|发自我的 iPhone
從我的 iPhone 傳送|나의 iPhone에서 보냄|נשלח מה-iPhone שלי|أرسلت من الـ iPhone|Được gửi từ iPhone của tôi
Dikirim dari iPhone saya|Sent from Yahoo Mail on Android|Sent with Proton Mail secure email.
Holen Sie sich Outlook für Android|Enviado a partir do Outlook para Android
""")

CLOSINGS = _items("""
Best regards,|Kind regards|Viele Grüße|Mit freundlichen Grüßen|Cordialement,|Bien à vous|Un saludo,
Saludos cordiales|Cordiali saluti|Distinti saluti|Atenciosamente,|Com os melhores cumprimentos
Met vriendelijke groet,|Groeten|Med vänlig hälsning|Vänliga hälsningar|Med vennlig hilsen|Venlig hilsen
Ystävällisin terveisin|Terveisin|Z poważaniem|Pozdrawiam|S pozdravem|S pozdravom|Üdvözlettel|Cu stimă
С уважением,|З повагою|Saygılarımla|Με εκτίμηση|よろしくお願いいたします。|此致|감사합니다|בברכה|مع تحياتي
Trân trọng|Hormat saya
""")

MARKERS = _items("""
##- Please type your reply above this line -##|-- Please reply above this line --|=== WRITE ABOVE THIS LINE ===
##- Bitte geben Sie Ihre Antwort oberhalb dieser Zeile ein. -##
##- Veuillez répondre au-dessus de cette ligne -##|--- Por favor, responda por encima de esta línea ---
##- Si prega di rispondere sopra questa riga -##|##- Escreva a sua resposta acima desta linha -##
##- Typ uw antwoord boven deze regel -##|## Svara ovanför den här raden ##
##- Skriv dit svar over denne linje -##|##- Odpowiedz powyżej tej linii -##
##- Napište odpověď nad tento řádek -##|##- Введите ответ выше этой строки -##
##- この行より上に返信を入力してください -##|##- 请在此行上方输入您的回复 -##|Reply above this line to respond
*** Reply above this line to post a note ***
""")


@pytest.mark.parametrize("line", ATTRIBUTIONS)
def test_an_attribution_above_marks_goes_with_the_quotation(line: str) -> None:
    assert kinds([Line("Yes."), Line(""), Line(line), Line("And then?", 1)]) == ("new", "new", "quoted", "quoted")


ALONE = [line for line in ATTRIBUTIONS if "@" in line and "writes" not in line]


@pytest.mark.parametrize("line", ALONE)
def test_an_attribution_with_time_and_address_needs_no_marks_below(line: str) -> None:
    assert kinds([Line("Yes."), Line(""), Line(line), Line("And then?")]) == ("new", "new", "quoted", "quoted")


@pytest.mark.parametrize("labels", BLOCKS)
def test_a_header_block_begins_the_history(labels: str) -> None:
    values = ("Ann Lee <ann@yard.example>", "9.2.2026 16:02", "Bo Ek <bo@yard.example>", "The crane")
    lines = [f"{label}{value}" for label, value in zip(labels.split("|"), values, strict=True)]
    found = kinds([Line("Yes."), Line(""), *(Line(line) for line in lines), Line(""), Line("It is stuck.")])
    assert found == ("new", "new", *(["quoted"] * 6))
    bold = [f"*{label.strip()}* {value}" for label, value in zip(labels.split("|"), values, strict=True)]
    found = kinds([Line("Yes."), Line(""), *(Line(line) for line in bold), Line(""), Line("It is stuck.")])
    assert found == ("new", "new", *(["quoted"] * 6))


@pytest.mark.parametrize("line", ORIGINALS)
def test_the_line_above_original_mail_begins_the_history(line: str) -> None:
    assert markers.original(line)
    assert not markers.original(line.strip("- "))


@pytest.mark.parametrize("line", FORWARDS)
def test_the_line_above_forwarded_mail_begins_content(line: str) -> None:
    assert markers.forward(line)
    assert not markers.forward(line.strip("-: "))


@pytest.mark.parametrize("line", PHONES)
def test_what_a_phone_adds_is_a_signature(line: str) -> None:
    assert signature.mobile(line)
    assert kinds([Line("Yes."), Line(""), Line(line)]) == ("new", "new", "signature")


def test_what_a_person_says_was_sent_is_no_phones_line() -> None:
    for line in (
        "Sent from the depot this morning",
        "Sent via courier on Monday",
        "Gesendet von der Filiale Nord",
        "Sent from my office, where the heating works again.",
        "Enviado con el resto del pedido",
    ):
        assert not signature.mobile(line), line
    for line in (
        "Sent from my tablet, please excuse typos.",
        "Von unterwegs gesendet, bitte Tippfehler entschuldigen (Handy).",
    ):
        assert signature.mobile(line), line


@pytest.mark.parametrize("line", CLOSINGS)
def test_a_closing_with_a_name_below_is_a_signature(line: str) -> None:
    assert kinds([Line("Yes."), Line(""), Line(line), Line("Ann")])[2:] == ("signature", "signature")
    assert kinds([Line("Yes."), Line(""), Line(line)])[2:] == ("new",)


@pytest.mark.parametrize("line", MARKERS)
def test_below_a_reply_marker_stands_history(line: str) -> None:
    assert kinds([Line("Yes."), Line(""), Line(line), Line("Is it mended?")])[2:] == ("quoted", "quoted")


def test_people_who_speak_of_lines_are_not_cut_off() -> None:
    assert kinds([Line("Yes."), Line("--- Reply above. Keep this line. ---"), Line("Is it?")])[1:] == ("quoted",) * 2
    for line in (
        "My reply above holds for both.",
        "Please write your name above this line.",
        "Sign above the line, and date it below.",
        "The note above this line of the table is wrong, please answer by Friday.",
    ):
        assert kinds([Line("Hello,"), Line(line), Line("Thank you.")])[2] == "new", line
