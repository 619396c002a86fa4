"""Days, hours and repetitions in every language, for what calendars say.

Pure: whoever shows a moment has put it into the room's zone before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from bridge.core.decision import Language


@dataclass(frozen=True, slots=True)
class Times:
    """How one language says when. `weekdays` begin with Monday; `ordinals` are of a weekday in its month, -1 the last.

    `both` joins two days or the last two of several. `span`: within one day; `stretch`: over several.
    """

    weekdays: tuple[str, ...]
    months: tuple[str, ...]
    ordinals: Mapping[int, str]
    both: str
    comma: str
    day: str
    full_date: str
    day_month: str
    span: str
    moment: str
    stretch: str
    all_day: str
    floating: str
    zone: str
    daily: str
    daily_n: str
    workdays: str
    weekly: str
    weekly_second: str
    weekly_n: str
    monthly: str
    monthly_n: str
    monthly_nth: str
    monthly_n_nth: str
    yearly: str
    yearly_n: str
    yearly_nth: str
    until: str
    times: str
    as_written: str
    first_of_month: str = "1"

    def listed(self, names: Sequence[str]) -> str:
        """Monday, Tuesday and Friday."""
        return self.both.join(part for part in (self.comma.join(names[:-1]), names[-1]) if part)

    def date_of(self, day: date) -> str:
        """1 December 2026."""
        number = self.first_of_month if day.day == 1 else str(day.day)
        return self.full_date.format(day=number, month=self.months[day.month - 1], year=day.year)

    def day_of(self, day: date) -> str:
        """Tuesday, 1 December 2026."""
        return self.day.format(weekday=self.weekdays[day.weekday()], date=self.date_of(day))


_EN = Times(
    weekdays=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    months=(
        *("January", "February", "March", "April", "May", "June", "July"),
        *("August", "September", "October", "November", "December"),
    ),
    ordinals={1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", -1: "last"},
    both=" and ",
    comma=", ",
    day="{weekday}, {date}",
    full_date="{day} {month} {year}",
    day_month="{day} {month}",
    span="{day}, {start}–{end}",
    moment="{day}, {start}",
    stretch="{start} to {end}",
    all_day="{day}, all day",
    floating="local time",
    zone="{when} ({zone})",
    daily="every day",
    daily_n="every {n} days",
    workdays="every day from Monday to Friday",
    weekly="every {days}",
    weekly_second="every second {day}",
    weekly_n="every {n} weeks on {days}",
    monthly="every month on day {day}",
    monthly_n="every {n} months on day {day}",
    monthly_nth="every month on the {nth} {day}",
    monthly_n_nth="every {n} months on the {nth} {day}",
    yearly="every year on {date}",
    yearly_n="every {n} years on {date}",
    yearly_nth="every year on the {nth} {day} of {month}",
    until="{rule} until {date}",
    times="{rule}, {n} times",
    as_written="by the rule {rule}",
)

_DE = Times(
    weekdays=("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"),
    months=(
        *("Januar", "Februar", "März", "April", "Mai", "Juni", "Juli"),
        *("August", "September", "Oktober", "November", "Dezember"),
    ),
    ordinals={1: "ersten", 2: "zweiten", 3: "dritten", 4: "vierten", 5: "fünften", -1: "letzten"},
    both=" und ",
    comma=", ",
    day="{weekday}, {date}",
    full_date="{day}. {month} {year}",
    day_month="{day}. {month}",
    span="{day}, {start}–{end} Uhr",
    moment="{day}, {start} Uhr",
    stretch="{start} bis {end}",
    all_day="{day}, ganztägig",
    floating="Ortszeit",
    zone="{when} ({zone})",
    daily="jeden Tag",
    daily_n="alle {n} Tage",
    workdays="jeden Tag von Montag bis Freitag",
    weekly="jeden {days}",
    weekly_second="jeden zweiten {day}",
    weekly_n="alle {n} Wochen am {days}",
    monthly="jeden Monat am {day}.",
    monthly_n="alle {n} Monate am {day}.",
    monthly_nth="jeden Monat am {nth} {day}",
    monthly_n_nth="alle {n} Monate am {nth} {day}",
    yearly="jedes Jahr am {date}",
    yearly_n="alle {n} Jahre am {date}",
    yearly_nth="jedes Jahr am {nth} {day} im {month}",
    until="{rule} bis {date}",
    times="{rule}, {n}-mal",
    as_written="nach der Regel {rule}",
)

_FR = Times(
    weekdays=("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    months=(
        *("janvier", "février", "mars", "avril", "mai", "juin", "juillet"),
        *("août", "septembre", "octobre", "novembre", "décembre"),
    ),
    ordinals={1: "premier", 2: "deuxième", 3: "troisième", 4: "quatrième", 5: "cinquième", -1: "dernier"},
    both=" et le ",
    comma=", le ",
    day="{weekday} {date}",
    full_date="{day} {month} {year}",
    day_month="{day} {month}",
    span="{day}, {start}–{end}",
    moment="{day}, {start}",
    stretch="du {start} au {end}",
    all_day="{day}, toute la journée",
    floating="heure locale",
    zone="{when} ({zone})",
    daily="tous les jours",
    daily_n="tous les {n} jours",
    workdays="tous les jours du lundi au vendredi",
    weekly="chaque semaine, le {days}",
    weekly_second="un {day} sur deux",
    weekly_n="toutes les {n} semaines, le {days}",
    monthly="chaque mois, le {day}",
    monthly_n="tous les {n} mois, le {day}",
    monthly_nth="chaque mois, le {nth} {day}",
    monthly_n_nth="tous les {n} mois, le {nth} {day}",
    yearly="chaque année, le {date}",
    yearly_n="tous les {n} ans, le {date}",
    yearly_nth="chaque année, le {nth} {day} de {month}",
    until="{rule}, jusqu'au {date}",
    times="{rule}, {n} fois",
    as_written="selon la règle {rule}",
    first_of_month="1er",
)

_ES = Times(
    weekdays=("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
    months=(
        *("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio"),
        *("agosto", "septiembre", "octubre", "noviembre", "diciembre"),
    ),
    ordinals={1: "primer", 2: "segundo", 3: "tercer", 4: "cuarto", 5: "quinto", -1: "último"},
    both=" y el ",
    comma=", el ",
    day="{weekday}, {date}",
    full_date="{day} de {month} de {year}",
    day_month="{day} de {month}",
    span="{day}, {start}–{end}",
    moment="{day}, {start}",
    stretch="{start} a {end}",
    all_day="{day}, todo el día",
    floating="hora local",
    zone="{when} ({zone})",
    daily="cada día",
    daily_n="cada {n} días",
    workdays="cada día de lunes a viernes",
    weekly="cada semana, el {days}",
    weekly_second="cada dos semanas, el {day}",
    weekly_n="cada {n} semanas, el {days}",
    monthly="cada mes, el día {day}",
    monthly_n="cada {n} meses, el día {day}",
    monthly_nth="cada mes, el {nth} {day}",
    monthly_n_nth="cada {n} meses, el {nth} {day}",
    yearly="cada año, el {date}",
    yearly_n="cada {n} años, el {date}",
    yearly_nth="cada año, el {nth} {day} de {month}",
    until="{rule}, hasta el {date}",
    times="{rule}, {n} veces",
    as_written="según la regla {rule}",
)

_ALL: Mapping[Language, Times] = {"en": _EN, "de": _DE, "fr": _FR, "es": _ES}


def times(language: Language) -> Times:
    """A language's words for when."""
    return _ALL[language]
