"""The language of new words is told where they say enough, and not guessed where they do not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.mail.language import language
from bridge.mail.parse import read_mail

TOLD = {
    "en": "Hello, the pump has stopped again. Could you please send someone this week? We have no water.",
    "de": "Guten Tag, die Pumpe steht wieder. Können Sie bitte diese Woche jemanden schicken? Wir haben kein Wasser.",
    "fr": "Bonjour, la pompe est de nouveau en panne. Pouvez-vous envoyer quelqu'un cette semaine ? "
    "Nous n'avons pas d'eau.",
    "es": "Hola, la bomba se ha parado otra vez. ¿Puede mandar a alguien esta semana? No hay agua en el edificio.",
    "it": "Buongiorno, la pompa si è fermata di nuovo. Può mandare qualcuno questa settimana? Non abbiamo acqua.",
    "pt": "Olá, a bomba parou de novo. Você pode mandar alguém esta semana? Não temos água e isso é urgente.",
    "nl": "Hallo, de pomp is weer gestopt. Kan er deze week iemand komen? We hebben geen water in het gebouw.",
    "sv": "Hej, pumpen har stannat igen. Kan ni skicka någon den här veckan? Vi har inte vatten och det är bråttom.",
    "no": "Hei, pumpen har stoppet igjen. Kan dere sende noen denne uken? Vi har ikke vann, og jeg "
    "vet ikke hva vi skal gjøre.",
    "da": "Hej, pumpen er gået i stå igen. Kan I sende nogen i denne uge? Vi har ikke vand, og jeg "
    "ved ikke hvad der er blevet af den.",
    "fi": "Hei, pumppu on taas pysähtynyt. Voitteko lähettää jonkun tällä viikolla? Meillä ei ole "
    "vettä ja se on kiire.",
    "pl": "Dzień dobry, pompa znowu się zatrzymała. Czy może ktoś przyjechać w tym tygodniu? Nie mamy wody.",
    "cs": "Dobrý den, čerpadlo se zase zastavilo. Můžete prosím někoho poslat? Nemáme vodu a není to "
    "dobré, jsme bez vody.",
    "sk": "Dobrý deň, čerpadlo sa opäť zastavilo. Môžete prosím niekoho poslať? Nemáme vodu, sme bez "
    "vody a nie je to dobré.",
    "hu": "Jó napot, a szivattyú megint leállt. Kérem, küldjenek valakit ezen a héten, mert nincs "
    "vizünk és ez már sürgős.",
    "ro": "Bună ziua, pompa s-a oprit din nou. Puteți trimite pe cineva? Nu avem apă și este urgent pentru noi.",
    "tr": "Merhaba, pompa yine durdu. Bu hafta birini gönderebilir misiniz lütfen? Su yok ve bu çok acil.",
    "ru": "Добрый день, насос снова остановился. Вы можете прислать мастера? Воды нет, и это срочно.",
    "uk": "Добрий день, насос знову зупинився. Чи можете ви надіслати майстра? Води немає, і це терміново.",
    "bg": "Здравейте, помпата пак спря. Може ли да изпратите някого? Няма вода и това е спешно за нас.",
    "el": "Καλημέρα, η αντλία σταμάτησε πάλι. Μπορείτε να στείλετε κάποιον;",
    "ja": "お世話になっております。ポンプがまた止まりました。今週どなたか来ていただけますか。",
    "zh": "您好，水泵又停了。这周能派人来吗？我们没有水。",
    "ko": "안녕하세요, 펌프가 또 멈췄습니다. 이번 주에 와 주실 수 있나요?",
    "he": "שלום, המשאבה נעצרה שוב. אפשר לשלוח מישהו השבוע?",
    "ar": "مرحبا، توقفت المضخة مرة أخرى. هل يمكنكم إرسال شخص هذا الأسبوع؟",
    "fa": "سلام، پمپ دوباره خاموش شد. می‌توانید کسی را بفرستید؟ گفتند فوری است.",
    "vi": "Chào anh, máy bơm lại hỏng. Anh có thể cho người đến trong tuần này không? Chúng tôi không có nước.",
    "id": "Halo, pompa air mati lagi. Apakah bisa kirim orang minggu ini? Kami tidak ada air dan ini "
    "mendesak untuk kami.",
    "th": "สวัสดีครับ ปั๊มน้ำหยุดทำงานอีกแล้ว",
    "hi": "नमस्ते, पंप फिर बंद हो गया है। क्या आप किसी को भेज सकते हैं?",
}


@pytest.mark.parametrize("code", TOLD)
def test_two_sentences_tell_their_language(code: str) -> None:
    assert language(TOLD[code]) == code


@pytest.mark.parametrize(
    "text", ["", "Ok", "+1", "👍", "4711", "SGTM", "https://example.org/the/and/to/of/is", "no. la. de."]
)
def test_too_little_is_not_guessed(text: str) -> None:
    assert language(text) == ""


@given(st.text(max_size=300))
def test_any_text_has_a_code_or_none(text: str) -> None:
    assert len(language(text)) in (0, 2)


def test_the_language_is_that_of_the_new_words() -> None:
    mail = read_mail(
        b"From: a@example.org\nContent-Type: text/plain; charset=utf-8\n\n"
        b"Danke, das ist gut so, wir machen es mit der neuen Pumpe.\n\n"
        b"On Tue, 3 Mar 2026 at 10:12, Ida <ida@example.org> wrote:\n"
        b"> Hello, the pump has stopped again and we would like you to send someone.\n"
    )
    assert mail.language == "de"
