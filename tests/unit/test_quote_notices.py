"""Legal notices, banners of mail gateways and footers of lists are set apart in many languages, and only they are."""

import pytest

from bridge.mail.quote import disclaimer, signature
from bridge.mail.quote.line import Line
from bridge.mail.quote.splitting import kinds
from tests.unit.quoting_samples import told

NOTICES = {
    "en": "The contents of this email are confidential and intended for the addressee only. If you have received it by "
    "mistake, please inform us and delete it.",
    "de": "Dieses Schreiben ist vertraulich und nur für den genannten Empfänger bestimmt. Haben Sie diese E-Mail "
    "versehentlich erhalten, so löschen Sie sie bitte.",
    "fr": "Ce courriel est confidentiel et réservé à son destinataire. Si vous l'avez reçu par erreur, merci de le "
    "supprimer et d'en avertir l'expéditeur.",
    "es": "Este mensaje es confidencial y va dirigido a su destinatario. Si lo ha recibido por error, le rogamos que "
    "lo elimine y nos lo comunique.",
    "it": "Questo messaggio è riservato al solo destinatario. Se lo avete ricevuto per errore, vi preghiamo di "
    "cancellarlo e di avvisarci.",
    "pt": "Esta mensagem é confidencial e destina-se ao seu destinatário. Se a recebeu por engano, elimine-a e avise o "
    "remetente.",
    "nl": "Dit bericht is vertrouwelijk en alleen bestemd voor de geadresseerde. Hebt u het per vergissing ontvangen, "
    "verwijder het dan en meld het ons.",
    "sv": "Detta meddelande är konfidentiellt och avsett för mottagaren. Har du fått det av misstag ber vi dig radera "
    "det och meddela oss.",
    "no": "Denne meldingen er konfidensiell og kun for mottakeren. Har du fått den ved en feil, ber vi deg slette den "
    "og si fra.",
    "da": "Denne besked er fortrolig og kun til modtageren. Har du fået den ved en fejl, bedes du slette den og "
    "give os besked.",
    "fi": "Tämä viesti on luottamuksellinen ja tarkoitettu vain vastaanottajalle. Jos sait sen vahingossa, poista se "
    "ja ilmoita meille.",
    "pl": "Ta wiadomość jest poufna i przeznaczona wyłącznie dla adresata. Jeśli trafiła do Państwa przez pomyłkę, "
    "prosimy ją usunąć.",
    "cs": "Tato zpráva je důvěrná a určená jen příjemci. Pokud jste ji obdrželi omylem, prosíme, vymažte ji.",
    "hu": "Ez az üzenet bizalmas, kizárólag a címzettnek szól. Ha tévedésből kapta, kérjük, törölje.",
    "ro": "Acest mesaj este confidențial și destinat numai destinatarului. Dacă l-ați primit din greșeală, vă rugăm "
    "să îl ștergeți.",
    "ru": "Это сообщение конфиденциально и предназначено только адресату. Если вы получили его по ошибке, удалите его.",
    "uk": "Це повідомлення конфіденційне і призначене лише адресату. Якщо ви отримали його помилково, видаліть його.",
    "tr": "Bu e-posta gizlidir ve yalnızca alıcısı içindir. Size yanlışlıkla ulaştıysa lütfen silin ve bize bildirin.",
    "el": "Το μήνυμα αυτό είναι εμπιστευτικό και προορίζεται για τον παραλήπτη. Αν το λάβατε κατά λάθος, διαγράψτε το.",
    "ja": "このメールには機密情報が含まれており、宛先の方のみを対象としています。"
    "誤って受信された場合は削除してください。",
    "zh": "本邮件包含机密信息，仅供收件人使用。如果您误收了本邮件，请立即删除并通知发件人，谢谢您的合作。",
    "ko": "이 메일은 기밀 정보를 포함하며 지정된 수신인만을 위한 것입니다. 잘못 받으신 경우 삭제해 주십시오.",
    "he": "הודעה זו חסויה וסודית ומיועדת לנמען בלבד. אם קיבלת אותה בטעות, נא למחוק אותה ולהודיע לשולח.",
    "ar": "هذه الرسالة سرية وموجهة إلى المستلم فقط. إذا وصلتك عن طريق الخطأ فيرجى حذفها.",
}

BANNERS = (
    "CAUTION: This email originated from outside of the organization. Do not click links unless you know the sender.",
    "[EXTERNAL EMAIL] Be careful with attachments and links.",
    "ACHTUNG: Diese E-Mail stammt von einem externen Absender. Klicken Sie keine Links und öffnen Sie keine Anhänge.",
    "ATTENTION : ce message provient de l'extérieur. Ne cliquez pas sur les liens.",
    "PRECAUCIÓN: este correo proviene de fuera de la organización. No abra enlaces ni archivos adjuntos.",
    "ATTENZIONE: questa email proviene dall'esterno. Non aprire link o allegati.",
    "LET OP: deze e-mail komt van buiten de organisatie. Klik niet op links.",
    "You don't often get email from ann@yard.example. Learn why this is important<https://help.example/sender>",
    "Sie erhalten nicht oft eine E-Mail von ann@yard.example. Erfahren Sie, warum dies wichtig ist",
)

FOOTERS = (
    "You received this message because you are subscribed to the list boats. https://lists.example/boats",
    "To unsubscribe from this list, write to boats-leave@lists.example",
    "Vous recevez ce message car vous suivez ce fil. https://forum.example/fil",
    "Sie erhalten diese Nachricht, weil Sie das Thema abonniert haben: https://forum.example/thema",
    "Recibe este mensaje porque sigue el tema https://foro.example/tema",
)


@pytest.mark.parametrize("code", NOTICES)
def test_a_notice_below_the_words_is_set_apart(code: str) -> None:
    assert disclaimer.notice(NOTICES[code])
    found = kinds([Line("4410."), Line(""), Line(NOTICES[code])])
    assert found == ("new", "new", "disclaimer")


@pytest.mark.parametrize("banner", BANNERS)
def test_what_a_gateway_says_above_the_words_is_set_apart(banner: str) -> None:
    assert kinds([Line(banner), Line(""), Line("The meter reads 4410.")]) == ("disclaimer", "disclaimer", "new")
    assert kinds([Line(banner)]) == ("new",)


@pytest.mark.parametrize("footer", FOOTERS)
def test_a_footer_below_the_words_is_set_apart(footer: str) -> None:
    assert kinds([Line("4410."), Line(""), Line(footer)])[2] == "disclaimer"


@pytest.mark.parametrize(
    "words",
    [
        "Please delete my account, I received the wrong invoice by mistake.",
        "Our lawyer says the contract is confidential, so send it by courier.",
        "Who is the recipient of this message, and may I forward the attachment?",
        "External visitors must sign in at the gate.",
        "We never click links in mail.",
        "How do I unsubscribe? I clicked https://lists.example/out and nothing happened.",
    ],
)
def test_people_may_speak_of_such_things(words: str) -> None:
    assert kinds([Line("Hello,"), Line(""), Line(words)]) == ("new", "new", "new")
    assert kinds([Line(words), Line(""), Line("Regards to all")]) == ("new", "new", "new")


def test_a_banner_a_signature_and_a_notice_around_few_words() -> None:
    wanted, given = told("""
d EXTERNAL: This email originated from outside your organization. Do not open attachments from unknown senders.
d
n Please pay by Friday.
n
s Mit freundlichen Grüßen / Best regards
s
s Ida Holm
s Accounts
s
d This e-mail is confidential. If you are not the intended recipient, please delete it and notify the sender.
d
q From: Bo Ek <bo@yard.example>
q Sent: Monday, 2 March 2026 10:00
q To: Ida Holm <ida@yard.example>
q Subject: Invoice
q
q When is it due?
""")
    assert given == wanted


def test_closings_may_name_two_tongues_a_place_or_the_writer() -> None:
    for text in (
        "Freundliche Grüsse / Meilleures salutations",
        "Viele Grüße aus Hamburg",
        "Best regards from Oslo,",
        "Kind regards | Groeten",
    ):
        assert signature.closing(text), text
    for text in ("Viele Grüße Ida", "Best regards, Ida Holm"):
        assert kinds([Line("4410."), Line(""), Line(text)])[2] == "signature", text
    for text in ("Best regards to your team", "Thanks for the offer", "Best of all is the blue one", "Thank you Ida"):
        assert kinds([Line("4410."), Line(""), Line(text)])[2] == "new", text
