"""What became of mail that left, in words for people, in every language: the sentences, and a reason for each word of
the vocabulary in `bridge.mail.bounce`.

Pure. Formats of ours; what reports say is only ever put in.
"""

from dataclasses import dataclass

from bridge.core.bounces import Failure
from bridge.core.decision import Language
from bridge.core.templates import one_line

MOST = 20
"""Recipients that are named one by one."""

SAID = 300
"""Characters of a server's words that are shown."""


@dataclass(frozen=True, slots=True)
class Sentences:
    """`never`: given up for good. `given_up`: given up, but it may work later. `later`: still being tried."""

    never: str
    given_up: str
    later: str
    delivered: str
    relayed: str
    nobody: str
    more: str
    said: str
    by: str


_SENTENCES: dict[Language, Sentences] = {
    "en": Sentences(
        never="❌ Not delivered to {who}: {why}.",
        given_up="❌ Not delivered to {who}: {why}. It is not tried again; sending it later may work.",
        later="⏳ Not delivered to {who} yet: {why}. Their side is still trying.",
        delivered="✅ Delivered to {who}.",
        relayed="✅ Passed on for {who}; whether it arrives will not be told.",
        nobody="someone whom the report does not name",
        more="… and {count} more",
        said="The server said: {said}",
        by="(According to a report from {by}.)",
    ),
    "de": Sentences(
        never="❌ Nicht zugestellt an {who}: {why}.",
        given_up="❌ Nicht zugestellt an {who}: {why}. Es wird nicht mehr versucht; später kann es gelingen.",
        later="⏳ Noch nicht zugestellt an {who}: {why}. Es wird weiter versucht.",
        delivered="✅ Zugestellt an {who}.",
        relayed="✅ Weitergegeben für {who}; ob es ankommt, wird nicht mehr gemeldet.",
        nobody="jemand, den der Bericht nicht nennt",
        more="… und {count} weitere",
        said="Der Server sagte: {said}",
        by="(So ein Bericht von {by}.)",
    ),
    "fr": Sentences(
        never="❌ Non remis à {who} : {why}.",
        given_up="❌ Non remis à {who} : {why}. L'envoi est abandonné ; plus tard, il peut réussir.",
        later="⏳ Pas encore remis à {who} : {why}. L'envoi est toujours en cours.",
        delivered="✅ Remis à {who}.",
        relayed="✅ Transmis pour {who} ; l'arrivée ne sera pas confirmée.",
        nobody="quelqu'un que le rapport ne nomme pas",
        more="… et {count} autres",
        said="Le serveur a dit : {said}",
        by="(Selon un rapport de {by}.)",
    ),
    "es": Sentences(
        never="❌ No entregado a {who}: {why}.",
        given_up="❌ No entregado a {who}: {why}. No se intenta más; más tarde puede funcionar.",
        later="⏳ Aún no entregado a {who}: {why}. Se sigue intentando.",
        delivered="✅ Entregado a {who}.",
        relayed="✅ Pasado al servidor de {who}; no se confirmará la llegada.",
        nobody="alguien a quien el informe no nombra",
        more="… y {count} más",
        said="El servidor dijo: {said}",
        by="(Según un informe de {by}.)",
    ),
}
_REASONS: dict[str, tuple[str, str, str, str]] = {  # en, de, fr, es
    "userunknown": (
        "there is no such mailbox",
        "dieses Postfach gibt es nicht",
        "cette adresse n'existe pas",
        "ese buzón no existe",
    ),
    "hostunknown": (
        "there is no such domain",
        "diese Domain gibt es nicht",
        "ce domaine n'existe pas",
        "ese dominio no existe",
    ),
    "hasmoved": (
        "the address has moved",
        "die Adresse ist umgezogen",
        "l'adresse a changé",
        "la dirección ha cambiado",
    ),
    "notaccept": (
        "that domain takes no mail",
        "diese Domain nimmt keine Mail an",
        "ce domaine n'accepte pas de courrier",
        "ese dominio no acepta correo",
    ),
    "mailboxfull": (
        "the mailbox is full",
        "das Postfach ist voll",
        "la boîte est pleine",
        "el buzón está lleno",
    ),
    "suspend": (
        "the account is disabled",
        "das Konto ist gesperrt",
        "le compte est désactivé",
        "la cuenta está desactivada",
    ),
    "filtered": (
        "the recipient's side refused it",
        "die Empfängerseite hat sie abgelehnt",
        "le destinataire l'a refusé",
        "el lado del destinatario lo rechazó",
    ),
    "rejected": (
        "the sender's address was refused",
        "die Absenderadresse wurde abgelehnt",
        "l'adresse de l'expéditeur a été refusée",
        "la dirección del remitente fue rechazada",
    ),
    "expired": (
        "it did not succeed in time",
        "es gelang nicht rechtzeitig",
        "le délai est dépassé",
        "no se logró a tiempo",
    ),
    "blocked": (
        "our mail server is blocked there",
        "unser Mailserver ist dort gesperrt",
        "notre serveur de courrier y est bloqué",
        "nuestro servidor de correo está bloqueado allí",
    ),
    "badreputation": (
        "our mail server has a bad reputation there",
        "unser Mailserver hat dort einen schlechten Ruf",
        "notre serveur de courrier y a mauvaise réputation",
        "nuestro servidor de correo tiene mala reputación allí",
    ),
    "requireptr": (
        "our mail server's name was not believed there (reverse DNS)",
        "dem Namen unseres Mailservers wurde dort nicht geglaubt (Reverse-DNS)",
        "le nom de notre serveur n'y a pas été accepté (DNS inverse)",
        "allí no se aceptó el nombre de nuestro servidor (DNS inverso)",
    ),
    "authfailure": (
        "its origin could not be proved there (SPF, DKIM or DMARC)",
        "ihre Herkunft ließ sich dort nicht belegen (SPF, DKIM oder DMARC)",
        "son origine n'a pas pu y être prouvée (SPF, DKIM ou DMARC)",
        "allí no se pudo comprobar su origen (SPF, DKIM o DMARC)",
    ),
    "policyviolation": (
        "it is against the rules there",
        "sie verstößt gegen die Regeln dort",
        "c'est contraire aux règles du destinataire",
        "va contra las reglas de allí",
    ),
    "securityerror": (
        "it was refused there for security",
        "sie wurde dort aus Sicherheitsgründen abgelehnt",
        "refus pour des raisons de sécurité",
        "se rechazó allí por seguridad",
    ),
    "spamdetected": (
        "it was taken for spam",
        "sie wurde für Spam gehalten",
        "il a été pris pour du spam",
        "se tomó por spam",
    ),
    "virusdetected": (
        "a virus was found in it",
        "darin wurde ein Virus gefunden",
        "un virus y a été trouvé",
        "se encontró un virus",
    ),
    "contenterror": (
        "its content was not taken",
        "ihr Inhalt wurde nicht angenommen",
        "son contenu n'a pas été accepté",
        "no se aceptó su contenido",
    ),
    "notcompliantrfc": (
        "its form was not taken",
        "ihre Form wurde nicht angenommen",
        "sa forme n'a pas été acceptée",
        "no se aceptó su formato",
    ),
    "syntaxerror": (
        "the servers did not understand each other",
        "die Server haben einander nicht verstanden",
        "les serveurs ne se sont pas compris",
        "los servidores no se entendieron",
    ),
    "mesgtoobig": (
        "it is too large",
        "sie ist zu groß",
        "il est trop volumineux",
        "es demasiado grande",
    ),
    "exceedlimit": (
        "it is too large for this mailbox",
        "sie ist zu groß für dieses Postfach",
        "il est trop volumineux pour cette boîte",
        "es demasiado grande para ese buzón",
    ),
    "norelaying": (
        "that server does not serve this address",
        "dieser Server ist für die Adresse nicht zuständig",
        "ce serveur ne dessert pas cette adresse",
        "ese servidor no atiende esa dirección",
    ),
    "networkerror": (
        "their mail server could not be reached",
        "ihr Mailserver war nicht zu erreichen",
        "leur serveur de courrier est injoignable",
        "no se pudo alcanzar su servidor de correo",
    ),
    "systemerror": (
        "their mail server has a fault",
        "ihr Mailserver hat einen Fehler",
        "leur serveur de courrier a une panne",
        "su servidor de correo tiene un fallo",
    ),
    "systemfull": (
        "their mail server has no space",
        "ihr Mailserver hat keinen Platz",
        "leur serveur de courrier est saturé",
        "su servidor de correo no tiene espacio",
    ),
    "mailererror": (
        "a program on their side failed",
        "ein Programm auf ihrer Seite ist gescheitert",
        "un programme a échoué chez eux",
        "falló un programa de su lado",
    ),
    "toomanyconn": (
        "too much at once for their mail server",
        "zu viel auf einmal für ihren Mailserver",
        "trop à la fois pour leur serveur",
        "demasiado a la vez para su servidor",
    ),
    "speeding": (
        "too much mail in a short time",
        "zu viel Mail in kurzer Zeit",
        "trop de courrier en peu de temps",
        "demasiado correo en poco tiempo",
    ),
    "onhold": (
        "their server gave no plain reason",
        "ihr Server nannte keinen klaren Grund",
        "leur serveur n'a pas donné de raison claire",
        "su servidor no dio un motivo claro",
    ),
    "undefined": (
        "the report does not say why",
        "der Bericht sagt nicht, warum",
        "le rapport ne dit pas pourquoi",
        "el informe no dice por qué",
    ),
    "delivered": ("it arrived", "sie kam an", "il est arrivé", "llegó"),
    "feedback": (
        "the recipient complained of it",
        "der Empfänger hat sich darüber beschwert",
        "le destinataire s'en est plaint",
        "el destinatario se quejó",
    ),
}
REASONS = frozenset(_REASONS)
"""The words of the vocabulary that have words for people."""

_LANGUAGES: tuple[Language, ...] = ("en", "de", "fr", "es")


def why(reason: str, language: Language = "en") -> str:
    """A reason of the vocabulary in plain words, without a full stop; those of "undefined" for an unknown one."""
    return _REASONS.get(reason, _REASONS["undefined"])[_LANGUAGES.index(language)]


def sentence(failure: Failure, language: Language) -> str:
    """One sentence on what became of a recipient."""
    says = _SENTENCES[language]
    who = one_line(failure.address, 320) or says.nobody
    match failure.action:
        case "delivered":
            return says.delivered.format(who=who)
        case "relayed" | "expanded":
            return says.relayed.format(who=who)
        case "delayed":
            return says.later.format(who=who, why=why(failure.reason, language))
        case "failed":
            form = says.given_up if failure.permanent is False else says.never
            return form.format(who=who, why=why(failure.reason, language))


def according(by: str, language: Language) -> str:
    """Whose word that is."""
    return _SENTENCES[language].by.format(by=one_line(by, 320))


def sentences(failures: tuple[Failure, ...], language: Language, *, said: bool = False) -> str:
    """A line for each recipient, of a crowd the first ones; `said`: with the servers' words below."""
    lines = [sentence(failure, language) for failure in failures[:MOST]]
    says = _SENTENCES[language]
    if len(failures) > MOST:
        lines.append(says.more.format(count=len(failures) - MOST))
    if said:
        words = dict.fromkeys(one_line(failure.said, SAID) for failure in failures[:MOST] if failure.said)
        lines.extend(says.said.format(said=word) for word in list(words)[:3])
    return "\n".join(lines)
