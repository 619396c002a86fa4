"""Mail that desks get: what is new is told from history, signatures, notices and mail passed on, client by client."""

import pytest

from tests.unit.quoting_samples import told

ANSWERS = {
    "Gmail, top-posted": """
n Hi Marta,
n
n the second pallet arrived, thank you.
q
q On Mon, Feb 9, 2026 at 4:02 PM Marta Keller <marta@timber.example> wrote:
q
q > Good afternoon,
q > has the second pallet arrived?
q >
q > Marta
""",
    "Gmail, a long name wrapped over two lines": """
n Works for us.
q
q On Wed, Mar 11, 2026 at 11:20 AM Customer Care of the Northern Railways <
q care@northern-railways.example> wrote:
q
q > Would Thursday suit you?
""",
    "Apple Mail, an answer over three lines of introduction": """
n Agreed.
n
n Pia
q
q > On 4 May 2026, at 09:15, Oskar Brandt
q > <oskar@mill.example>
q > wrote:
q >
q > Shall we say noon?
""",
    "Outlook for the desktop, without marks": """
n Dear Ms Okoro,
n
n we have exchanged the valve.
n
s Kind regards,
s
s Peer Lindqvist
s Service Manager
s Hydra Pumps AB | +46 8 555 01 02
s
q From: Ada Okoro <ada.okoro@waterworks.example>
q Sent: Friday, 10 April 2026 08:41
q To: Service <service@hydra.example>
q Cc: Plant <plant@waterworks.example>
q Subject: RE: Ticket 4711
q
q The valve drips again.
q
q Ada
""",
    "Outlook on the web, a rule above the block": """
n Booked for two.
q ________________________________
q From: Front Office <office@pension.example>
q Sent: Sunday, June 7, 2026 6:02:11 PM
q To: Jan Novak <jan@travel.example>
q Subject: Your room
q
q A single or a double room?
""",
    "Outlook for phones": """
n Yes, go ahead.
n
s Get Outlook for Android<https://aka.example/a1>
q ________________________________
q From: Billing <billing@isp.example>
q Sent: Tuesday, January 13, 2026 7:45:00 AM
q To: Kim Dahl <kim@shop.example>
q Subject: Renewal
q
q May we renew?
""",
    "Outlook in German with the old line": """
n Hallo Frau Busch,
n
n das Angebot nehmen wir an.
n
s Mit freundlichen Grüßen
s Tom Ahrens
s
q -----Ursprüngliche Nachricht-----
q Von: Busch, Heike <h.busch@druck.example>
q Gesendet: Mittwoch, 4. Februar 2026 13:37
q An: Ahrens, Tom
q Betreff: AW: Angebot 88
q
q Bitte um Rückmeldung.
""",
    "Labels in bold, as text of HTML has them": """
n Please cancel the order.
n
q *Von:* Versand <versand@laden.example>
q *Gesendet:* Montag, 2. März 2026 10:00
q *An:* kunde@post.example
q *Betreff:* Ihre Bestellung
q
q Ihre Bestellung ist unterwegs.
""",
    "Exchange with blank lines between the labels": """
n Understood.
n
q From: Dispatch <dispatch@haul.example>
q
q Sent: 12 March 2026 17:20
q
q To: Yard
q
q Subject: Gate 4
q
q Gate 4 is shut tomorrow.
""",
    "Lotus Notes": """
n Fine, Thursday.
n
q "Bea Roth" <bea@chem.example>
q 03/02/2026 09:12 AM
q
q To
q "Uwe Lang" <uwe@chem.example>
q cc
q
q Subject
q Audit
q
q When can you come?
""",
    "Lotus Notes, labels with colons": """
n Thanks, noted.
n
q From:   Bea Roth/Lab/Chem
q To:     Uwe Lang/Plant/Chem@Chem
q Date:   03/02/2026 09:12 AM
q Subject:        Audit
q
q The auditor comes at nine.
""",
    "Outlook, an answer to what a form sent": """
n Hello Ulla, July is free.
n
q From: Web site <noreply@harbour.example>
q Sent: Tuesday, 3 March 2026 10:12
q To: Desk <desk@harbour.example>
q Subject: Contact
q
q Name: Ulla Strand
q Message: Is there a mooring in July?
""",
    "Yahoo": """
n No invoice was attached.
n
q     On Saturday, March 7, 2026 at 01:14:55 PM GMT+1, Accounts <accounts@glass.example> wrote:
q
q  Dear customer,
q please find your invoice.
""",
    "Yahoo on phones, all on one line": """
n It was the fuse.
n
s Sent from Yahoo Mail on Android
s
q On Sat, Mar 7, 2026 at 13:14, Accounts<accounts@glass.example> wrote:   Dear customer, what was it?
""",
    "flattened HTML in German": """
n Die Sicherung war es.
q
q Am Sa., 7. März 2026 um 13:14 schrieb Konten <konten@glas.example>: Guten Tag, woran lag es?
""",
    "Zimbra": """
n It prints again.
n
q ----- Original Message -----
q From: "IT" <it@school.example>
q To: "Room 12" <room12@school.example>
q Sent: Monday, May 18, 2026 8:30:01 AM
q Subject: Printer
q
q Did the restart help?
""",
    "Zimbra, in French": """
n Bien reçu.
n
q ----- Mail original -----
q De: "Mairie" <mairie@ville.example>
q À: "Luc" <luc@post.example>
q Envoyé: Lundi 18 Mai 2026 08:30:01
q Objet: Votre demande
q
q Il manque une pièce.
""",
    "Proton": """
n The new key is attached.
n
s Sent with Proton Mail secure email.
n
q ------- Original Message -------
q On Thursday, April 2nd, 2026 at 2:11 PM, Security <security@bank.example> wrote:
q
q > Please send your key.
""",
    "Samsung": """
n On my way
n
s Sent from my Galaxy
n
q -------- Original message --------
q From: Ward 3 <ward3@clinic.example>
q Date: 17/03/2026 05:50 (GMT+00:00)
q To: Night desk <night@clinic.example>
q Subject: Keys
q
q Who has the keys?
""",
    "iPhone, in Spanish": """
n Perfecto, nos vemos el martes.
n
s Enviado desde mi iPhone
q
q > El 3 mar 2026, a las 18:22, Rosa Vidal <rosa@taller.example> escribió:
q >
q > ¿El martes a las diez?
""",
    "Thunderbird, in French": """
n C'est réglé.
q
q Le 14/01/2026 à 09:30, Service client a écrit :
q > Bonjour,
q > avez-vous reçu le colis ?
""",
    "Zoho": """
n Please call me.
q
q ---- On Tue, 06 Jan 2026 10:10:10 +0100 Helpdesk <help@soft.example> wrote ----
q
q How may we help?
""",
    "Yandex": """
n Договор подписан.
q
q 12.02.2026, 14:05, "Отдел продаж" <sales@zavod.example>:
q
q Ждём договор.
""",
    "GMX and web.de": """
n Das Paket kam an.
n
q Gesendet: Freitag, 20. März 2026 um 12:31 Uhr
q Von: "Lager" <lager@versand.example>
q An: "Petra Wolf" <petra@post.example>
q Betreff: Sendung 99
q
q Ist das Paket da?
""",
    "Horde": """
n erledigt.
q
q Zitat von Rechenzentrum <rz@uni.example>:
q
q > Bitte Kennwort ändern.
""",
    "no introduction, marks alone": """
n We can do that by Friday.
q
q > Can you repair it?
q > It leaks.
""",
    "the date before the name, a fullwidth colon": """
n 了解しました。
q
q 2026年3月2日(月) 9:30 山本 <yamamoto@koujou.example>：
q > 明日で大丈夫ですか。
""",
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_is_told_from_its_history(name: str) -> None:
    wanted, given = told(ANSWERS[name])
    assert given == wanted
