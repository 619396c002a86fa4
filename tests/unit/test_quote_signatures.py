"""Signatures, notices and footers below the words are set apart, by their delimiters, closings and cards."""

import pytest

from bridge.mail.parse import read_mail
from bridge.mail.quote.splitting import pieces
from tests.unit.quoting_samples import told

SIGNED = {
    "the standard's line, and a notice below": """
n The meter reads 4410.
n
s --·
s Ivo Kern
s Caretaker
d
d This e-mail and any attachment are confidential. If you are not the intended recipient, please notify the
d sender and delete the message at once.
""",
    "two dashes without a space": """
n Count me in.
n
s --
s Ivo
""",
    "a closing, a name, an address": """
n Please send the offer by Friday.
n
s Best regards
s Noor Visser
s Visser Bouw B.V.
s T 020 555 0199
s www.visserbouw.example
""",
    "a firm's whole card": """
n Anbei das Angebot.
n
s Mit freundlichen Grüßen
s
s i. A. Petra Wolf
s Einkauf
s
s Wolf Werkzeuge GmbH
s Hafenstraße 12
s 20457 Hamburg
s
s Tel.: +49 40 5550101
s Fax: +49 40 5550102
s E-Mail: p.wolf@werkzeuge.example
s www.werkzeuge.example
s
s Sitz der Gesellschaft: Hamburg, Amtsgericht Hamburg HRB 00000
s Geschäftsführer: Jan Wolf
""",
    "a card on one line": """
n See you there.
n
s Kind regards,
s Ines Faro
s Faro Lights Lda | Rua da Luz 3, 1200-001 Lisboa | +351 21 555 0101 | https://faro.example
s Follow us: https://social.example/faro
""",
    "a phone's line and no other": """
n Ok
n
s Von meinem iPhone gesendet
""",
    "a notice in German below a rule": """
n Anbei die Unterlagen.
n
d ------------------------------------------------------------
d Diese E-Mail enthält vertrauliche Informationen. Wenn Sie nicht der richtige Adressat sind oder diese E-Mail
d irrtümlich erhalten haben, informieren Sie bitte den Absender und vernichten Sie diese Mail.
""",
    "a list's footer": """
n Is the mirror down?
n
d _______________________________________________
d builders mailing list -- builders@lists.example
d To unsubscribe send an email to builders-leave@lists.example
""",
    "a group's footer": """
n I added the slides.
n
d --·
d You received this message because you are subscribed to the group "hikers".
d To unsubscribe from this group and stop receiving emails from it, send an email to hikers+leave@groups.example.
""",
    "a list's footer below a signature": """
n Merged, thanks for the patch.
n
s --·
s Ulla
d --
d To unsubscribe from this list: send a mail with the body "unsubscribe boats" to majordomo@harbour.example
d More about it at https://harbour.example/lists
""",
    "what a service says of itself": """
n Kim wrote in Topic 12: the tide table is wrong for April.
n
d You are receiving this because you follow Topic 12. Settings: https://forum.example/me
""",
    "a footer in French, below a rule": """
n La barque est prête.
n
d ----------
d Pour vous désabonner, écrivez à barques-unsubscribe@listes.example
""",
    "a footnote below a closing": """
n The table is in the archive [1].
n
n Best regards,
n
n [1] https://tables.example/april
n
s --·
s Ulla Strand
""",
    "a name set off by a dash": """
n It works on the old kernel as well.
n
s -Tove
""",
    "signature between the answer and the history": """
n Sounds good.
n
s --·
s Ada
s Head of Pumps
q
q On 3/3/2026 9:10 AM, Bo Ek wrote:
q > Tuesday?
""",
}


@pytest.mark.parametrize("name", SIGNED)
def test_signatures_and_notices_are_set_apart(name: str) -> None:
    wanted, given = told(SIGNED[name])
    assert given == wanted


def test_a_closing_above_a_delimiter_goes_with_the_signature() -> None:
    for text in (
        "n Fertig.\nn\ns Viele Grüße\ns\ns --·\ns Kai Ort\ns Ort & Söhne",
        "n Done.\nn\ns Cheers\ns --\ns Kai | +49 30 555 0101",
    ):
        wanted, given = told(text)
        assert given == wanted


LONG = (
    "We had the engineer here on Tuesday, and he says that the pump was never made for salt water. "
    "He showed us the plate on its back.\n\n"
    "So we would rather give it back than have it mended again. The box is still here, and all papers are in it."
)


@pytest.mark.parametrize(
    "text",
    [
        f"Hello,\n\n-- \n{LONG}",
        f"Hello,\n\n-- \nAnn Lee\nLee Pumps\n\n{LONG}",
        "Hallo,\n\n-- \n" + " ".join(["Der Lieferant hat uns heute wieder nur die Hälfte gebracht,"] * 6) + ".",
        "Thanks.\n\n-- \nPlease send me the invoice for March again, the old one cannot be opened.",
        "Danke.\n\n--\nBitte rufen Sie mich morgen vor neun Uhr zurück.",
        "Bonjour.\n\n-- \nMerci de m'envoyer la facture de mars.",
        "Hola.\n\n-- \nPor favor, envíenme la factura de marzo.",
        "It is done.\n\nKind regards\nKim\n\nPlease tell my colleague before Friday.",
    ],
)
def test_a_long_text_or_a_request_is_never_folded_as_a_signature(text: str) -> None:
    assert [piece.kind for piece in pieces(text)] == ["new"]


@pytest.mark.parametrize(
    "below",
    [
        "Ann Lee\nSent from my Android device with K-9 Mail. Please excuse my brevity.",
        "Ann Lee\n\nThe information in this message is confidential.\n\nOthers than the recipient may not copy it.\n\n"
        "Should you have received it by mistake, please tell us and delete it.",
        "Ann Lee | Lee Pumps\n\nThe sea is everything. Its breath is pure and healthy, and man is never alone there.",
        "Ann Lee\nI am in the office from Tuesday to Thursday and answer mail on these days only.",
        "Lee Pumps Ltd\n12 Quay Street, Hull\nTel. +44 20 5550 1010\nwww.pumps.example\n\nRegistered in Hull, No. 0.",
        "Bitte prüfen Sie, ob diese Mail wirklich ausgedruckt werden muss.",
    ],
)
def test_a_card_a_motto_or_a_line_of_everybodys_stays_a_signature(below: str) -> None:
    assert [piece.kind for piece in pieces(f"It is done.\n\n-- \n{below}")] == ["new", "signature"]


@pytest.mark.parametrize(
    ("inner", "kinds"),
    [
        (f"<p>{LONG.replace(chr(10) * 2, '</p><p>')}</p>", {"new"}),
        ("<p>Please send me the invoice for March again.</p>", {"new"}),
        ("<p>Ann Lee</p><p>Lee Pumps</p>", {"new", "signature"}),
    ],
)
@pytest.mark.parametrize("element", ['<div class="gmail_signature">', '<div class="moz-signature">'])
def test_what_html_calls_a_signature_is_none_when_it_is_meant_to_be_read(
    element: str, inner: str, kinds: set[str]
) -> None:
    mail = read_mail(f"Content-Type: text/html\r\n\r\n<p>Hello.</p>{element}{inner}</div>".encode())
    assert {piece.kind for piece in mail.html_pieces} == kinds


@pytest.mark.parametrize(
    "text",
    [
        "Here is the plan.\n\n-- \nBy the way, will you refund the second lamp as well?",
        "Anbei das Formular.\n\nMit freundlichen Grüßen\nHeike Vogt\n\nKönnen Sie mir bis Freitag einen Termin nennen?",
    ],
)
def test_what_asks_something_is_never_folded_as_a_signature(text: str) -> None:
    assert [piece.kind for piece in pieces(text)] == ["new"]
