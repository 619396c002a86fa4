"""What the bridge says of calendars, receipts, reactions and complaints, in every language.

Pure. Each text is a format of ours with named places; what mails say is only ever put in.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bridge.core.decision import Language


@dataclass(frozen=True, slots=True)
class Special:
    """The texts of one language. `heads`: the first line of a calendar's message, by its method. `answers`: of an
    invited person, by PARTSTAT; "" is any other. `fates`: of a mail at its reader."""

    heads: Mapping[str, str]
    answers: Mapping[str, str]
    untitled: str
    when: str
    only: str
    repeats: str
    place: str
    organizer: str
    invited: str
    invited_more: str
    before: str
    more_events: str
    fates: Mapping[str, str]
    read_at: str
    someone: str
    reaction: str
    complaint: str
    complaint_about: str
    complaint_from: str


_EN = Special(
    heads={
        "invite": "📅 Invitation: {title}",
        "update": "📅 Updated invitation: {title}",
        "cancel": "📅 Cancelled: {title}",
        "counter": "📅 {who} proposes another time: {title}",
        "publish": "📅 {title}",
    },
    answers={
        "accepted": "📅 {who} accepts: {title}",
        "declined": "📅 {who} declines: {title}",
        "tentative": "📅 {who} accepts tentatively: {title}",
        "delegated": "📅 {who} sends somebody else: {title}",
        "": "📅 {who} answers: {title}",
    },
    untitled="(no title)",
    when="When: {when}",
    only="Only this date: {when}",
    repeats="Repeats: {rule}",
    place="Where: {place}",
    organizer="Organiser: {who}",
    invited="Invited: {who}",
    invited_more="{who} and {count} more",
    before="{line} (before: {old})",
    more_events="And {count} more events, in the attached calendar.",
    fates={
        "displayed": "👁 Read by {who}, {when}.",
        "deleted": "🗑 Deleted by {who}, {when}.",
        "dispatched": "✉ Passed on by the mail program of {who}, {when}.",
        "processed": "✉ Handled by the mail program of {who}, {when}.",
        "denied": "✉ {who} does not tell whether the mail was read, {when}.",
        "failed": "✉ The mail program of {who} could not handle the mail, {when}.",
    },
    read_at="“{subject}”: {line}",
    someone="someone",
    reaction="{emoji} from {who}",
    complaint="⚠ Complaint ({type}).",
    complaint_about="⚠ Complaint ({type}) about “{subject}”.",
    complaint_from="By {who}.",
)

_DE = Special(
    heads={
        "invite": "📅 Einladung: {title}",
        "update": "📅 Geänderte Einladung: {title}",
        "cancel": "📅 Abgesagt: {title}",
        "counter": "📅 {who} schlägt eine andere Zeit vor: {title}",
        "publish": "📅 {title}",
    },
    answers={
        "accepted": "📅 {who} sagt zu: {title}",
        "declined": "📅 {who} sagt ab: {title}",
        "tentative": "📅 {who} sagt unter Vorbehalt zu: {title}",
        "delegated": "📅 {who} schickt jemand anderen: {title}",
        "": "📅 {who} antwortet: {title}",
    },
    untitled="(ohne Titel)",
    when="Wann: {when}",
    only="Nur dieser Termin: {when}",
    repeats="Wiederholt sich: {rule}",
    place="Wo: {place}",
    organizer="Eingeladen von: {who}",
    invited="Eingeladen: {who}",
    invited_more="{who} und {count} weitere",
    before="{line} (vorher: {old})",
    more_events="Und {count} weitere Termine, im angehängten Kalender.",
    fates={
        "displayed": "👁 Gelesen von {who}, {when}.",
        "deleted": "🗑 Gelöscht von {who}, {when}.",
        "dispatched": "✉ Weitergegeben vom Mailprogramm von {who}, {when}.",
        "processed": "✉ Verarbeitet vom Mailprogramm von {who}, {when}.",
        "denied": "✉ {who} sagt nicht, ob die Mail gelesen wurde, {when}.",
        "failed": "✉ Das Mailprogramm von {who} konnte die Mail nicht verarbeiten, {when}.",
    },
    read_at="„{subject}“: {line}",
    someone="jemandem",
    reaction="{emoji} von {who}",
    complaint="⚠ Beschwerde ({type}).",
    complaint_about="⚠ Beschwerde ({type}) über „{subject}“.",
    complaint_from="Von {who}.",
)

_FR = Special(
    heads={
        "invite": "📅 Invitation : {title}",
        "update": "📅 Invitation modifiée : {title}",
        "cancel": "📅 Annulé : {title}",
        "counter": "📅 {who} propose une autre date : {title}",
        "publish": "📅 {title}",
    },
    answers={
        "accepted": "📅 {who} accepte : {title}",
        "declined": "📅 {who} refuse : {title}",
        "tentative": "📅 {who} accepte provisoirement : {title}",
        "delegated": "📅 {who} envoie quelqu'un d'autre : {title}",
        "": "📅 {who} répond : {title}",
    },
    untitled="(sans titre)",
    when="Quand : {when}",
    only="Cette date seulement : {when}",
    repeats="Se répète : {rule}",
    place="Où : {place}",
    organizer="Organisateur : {who}",
    invited="Invités : {who}",
    invited_more="{who} et {count} autres",
    before="{line} (avant : {old})",
    more_events="Et {count} autres événements, dans le calendrier joint.",
    fates={
        "displayed": "👁 Lu par {who}, {when}.",
        "deleted": "🗑 Supprimé par {who}, {when}.",
        "dispatched": "✉ Transmis par la messagerie de {who}, {when}.",
        "processed": "✉ Traité par la messagerie de {who}, {when}.",
        "denied": "✉ {who} ne dit pas si le message a été lu, {when}.",
        "failed": "✉ La messagerie de {who} n'a pas pu traiter le message, {when}.",
    },
    read_at="« {subject} » : {line}",
    someone="quelqu'un",
    reaction="{emoji} de {who}",
    complaint="⚠ Plainte ({type}).",
    complaint_about="⚠ Plainte ({type}) au sujet de « {subject} ».",
    complaint_from="De {who}.",
)

_ES = Special(
    heads={
        "invite": "📅 Invitación: {title}",
        "update": "📅 Invitación modificada: {title}",
        "cancel": "📅 Cancelado: {title}",
        "counter": "📅 {who} propone otra fecha: {title}",
        "publish": "📅 {title}",
    },
    answers={
        "accepted": "📅 {who} acepta: {title}",
        "declined": "📅 {who} rechaza: {title}",
        "tentative": "📅 {who} acepta provisionalmente: {title}",
        "delegated": "📅 {who} envía a otra persona: {title}",
        "": "📅 {who} responde: {title}",
    },
    untitled="(sin título)",
    when="Cuándo: {when}",
    only="Solo esta fecha: {when}",
    repeats="Se repite: {rule}",
    place="Dónde: {place}",
    organizer="Organiza: {who}",
    invited="Invitados: {who}",
    invited_more="{who} y {count} más",
    before="{line} (antes: {old})",
    more_events="Y {count} eventos más, en el calendario adjunto.",
    fates={
        "displayed": "👁 Leído por {who}, {when}.",
        "deleted": "🗑 Eliminado por {who}, {when}.",
        "dispatched": "✉ Reenviado por el programa de correo de {who}, {when}.",
        "processed": "✉ Procesado por el programa de correo de {who}, {when}.",
        "denied": "✉ {who} no dice si leyó el mensaje, {when}.",
        "failed": "✉ El programa de correo de {who} no pudo procesar el mensaje, {when}.",
    },
    read_at="«{subject}»: {line}",
    someone="alguien",
    reaction="{emoji} de {who}",
    complaint="⚠ Queja ({type}).",
    complaint_about="⚠ Queja ({type}) sobre «{subject}».",
    complaint_from="De {who}.",
)

_ALL: Mapping[Language, Special] = {"en": _EN, "de": _DE, "fr": _FR, "es": _ES}


def special(language: Language) -> Special:
    """A language's texts."""
    return _ALL[language]
