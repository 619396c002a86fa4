"""Which language a text is in: by its script, and where several share one by its most common short words.

A hint for people and rules, cheap on purpose: some hundred words are looked at. Empty where too few of them speak for
one language; never a guess between neighbours.
"""

import re
from collections import Counter

LETTERS = 1500
"""Characters that are looked at."""

FIRST = 500
"""Characters that are enough where they leave no doubt."""

_SAMPLE = 300
"""Letters whose script is looked at."""

_LEAST = 2.0
"""What the words of a language must weigh; a word that several languages share weighs less."""

_LEAD = 1.4
"""How many times more than the next language's."""

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_ASCII_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")

_WORDS = {
    "en": "the and to of is you your that for it with not have this are will was be can we from please if would has "
    "they what there i'm don't it's which been but our my as when could should thanks hello",
    "de": "der die und das ist nicht ich sie wir mit ein eine für auf den dem zu von es im auch wie haben wird noch "
    "bei einen ihr ihre bitte danke sind aus nach wenn oder aber kann werden nur dass hallo vielen",
    "fr": "le la les et est de des du un une je vous nous pas pour que qui dans sur avec ce il ne au votre notre "
    "mon c'est merci bonjour être avez plus si mais ou cette sont vos j'ai",
    "es": "el la los las y de que en un una es por para con no se su del lo al como más pero usted yo está gracias "
    "hola muy este esta son tiene puede hay cuando nos mi si también buenos",
    "it": "il lo la gli le e di che è un una per con non sono si del della nel da in mi ci al alla come ma questo "
    "anche grazie buongiorno ho abbiamo può vi suo più dei ciao",
    "pt": "o os as e de que não um uma em para com por do da no na é se ao à mais mas você seu sua são está "
    "obrigado obrigada olá bom dia isso este como tem pode nós eu muito também",
    "nl": "de het een en van is ik dat niet je u we wij met voor op zijn te in er maar als ook aan bij nog naar uw "
    "kan hebben heeft wordt dit deze graag bedankt hallo geen wel",
    "sv": "och att det är en ett som jag på inte för med av den till har vi du kan om från så ni hej tack ska när "
    "vad eller men efter detta mig er kommer vara också",
    "no": "og det er jeg ikke på en som til av for med har vi du kan fra meg deg hva eller men være blir hei takk "
    "dere skal når noe så etter oss også vil hvis",
    "da": "og det er jeg ikke på en som til af for med har vi du kan fra mig dig hvad eller men være bliver hej tak "
    "skal når noget så efter os også vil hvis den et blevet jer",
    "fi": "ja on ei se että en hän olen ole oli mutta kun niin tai myös kiitos hei ovat voi jos nyt mitä tämä sen "
    "minun meidän teidän kanssa olisi meillä teillä tällä kuin vain vielä joka",
    "pl": "i w na nie to jest się z do że jak dla o po od za czy przez ale jestem dziękuję proszę dzień dobry są "
    "mam ich oraz tak może tylko który będzie pan pani",
    "cs": "a je na se v že to s z do jsem jsme pro jak ale o po by už není také děkuji prosím dobrý den jste být "
    "nebo který která mám budeme si tak ve když však",
    "sk": "a je na sa v že to s z do som sme pre ako ale o po by už nie tiež ďakujem prosím dobrý deň ste byť alebo "
    "ktorý ktorá mám budeme si tak vo keď však",
    "hu": "a az és nem hogy egy is van ez meg de ha már csak vagy én köszönöm kérem volt lesz kell még üdv szia "
    "lehet nekem önök azt amit mint majd minden",
    "ro": "și si în de la cu nu o un pe că este sunt pentru din mai care dar am ai au sau mulțumesc bună vă dacă "
    "avem fost acest această poate prin să ce",
    "tr": "ve bir bu için ile de da ne mi çok ama olarak ben biz siz teşekkürler teşekkür merhaba olan var yok "
    "değil daha gibi kadar sonra lütfen iyi ederim her",
    "hr": "i je u na se da za su od s ne to sam smo ste kao što ali ili hvala molim dobar dan bi nije ako koji koja "
    "već samo može ovo taj će",
    "sl": "in je na se da za so v z s ne to sem smo ste kot kaj ali hvala prosim dober dan bi ni če ki pa tudi "
    "lahko ta bo iz vam nas",
    "et": "ja on ei see et ma kui ka oma mis aga või meie teie tere aitäh palun oli olen saab nüüd kas siis veel "
    "ole seda ning kuid",
    "lv": "un ir ka no uz ar par es mēs jūs bet vai tas šis paldies labdien lūdzu nav kas lai tikai būs var pie kā "
    "jau vēl",
    "lt": "ir yra kad į iš su apie aš mes jūs bet ar tai šis ačiū labas prašau nėra kas tik bus gali prie kaip jau "
    "dar už",
    "ca": "el la els les i de que en un una és per amb no es del al com més però vostè jo està gràcies hola molt "
    "aquest aquesta són té pot hi quan ens si també",
    "vi": "và là của không có cho tôi bạn được này trong với một các những đã để anh chị em xin cảm ơn chào rất khi "
    "người đến nếu vui lòng",
    "id": "dan yang di ini itu tidak untuk dengan dari saya kami anda akan pada ke ada bisa sudah terima kasih "
    "mohon atau juga karena apa kepada belum jika",
    "ru": "и в не на что я с это как по но за мы вы все к у из он то так для от же мне вас нет спасибо здравствуйте "
    "если только бы был уже пожалуйста может ли добрый",
    "uk": "і в не на що я з це як по але за ми ви все до у із він то так для від же мені вас немає дякую вітаю якщо "
    "тільки був вже ласка може та й є добрий",
    "bg": "и в не на че аз с това как по но за ние вие всичко към от той то така ми ви няма благодаря здравейте ако "
    "само бъде вече моля може са се да съм ще",
    "sr": "и у не на да ја са то како по али за ми ви све ка од он је тако вас нема хвала здраво ако само био већ "
    "молим може се смо сте што или није",
}


def _weights() -> dict[str, tuple[tuple[str, float], ...]]:
    having: dict[str, list[str]] = {}
    for code, written in _WORDS.items():
        for word in dict.fromkeys(written.split()):
            having.setdefault(word, []).append(code)
    return {word: tuple((code, 1 / len(codes)) for code in codes) for word, codes in having.items()}


_WEIGHTS = _weights()
# The first and last character of a script that one language writes, and the code.
_SCRIPTS = (
    ("\u0370", "\u03ff", "el"),
    ("\u0530", "\u058f", "hy"),
    ("\u0590", "\u05ff", "he"),
    ("\u0900", "\u097f", "hi"),
    ("\u0980", "\u09ff", "bn"),
    ("\u0b80", "\u0bff", "ta"),
    ("\u0e00", "\u0e7f", "th"),
    ("\u10a0", "\u10ff", "ka"),
    ("\u3040", "\u30ff", "ja"),
    ("\uac00", "\ud7a3", "ko"),
)


def language(text: str) -> str:
    """An ISO 639-1 code, or empty when not sure."""
    head = text[:LETTERS]
    for mark in ("@", "://"):
        if mark in head:  # addresses are of no language
            head = " ".join([word for word in head.split() if mark not in word])
    if not head.isascii():
        written = _by_script(head)
        if written is not None:
            return written
    return _by_words(head[:FIRST], sure=2.0) or _by_words(head)


def _by_words(text: str, *, sure: float = 1.0) -> str:
    """The language whose words weigh enough, and enough more than the next's; `sure`: so many times that."""
    found: dict[str, float] = {}
    folded = text.casefold().replace("’", "'")
    words = (_ASCII_WORD if folded.isascii() else _WORD).findall(folded)
    for word, count in Counter(words).items():
        for code, weight in _WEIGHTS.get(word, ()):
            found[code] = found.get(code, 0.0) + count * weight
    first, second, *_ = sorted([*found.values(), 0.0, 0.0], reverse=True)
    if first < sure * _LEAST or first < sure * _LEAD * second:
        return ""
    return max(found, key=found.__getitem__)


def _by_script(text: str) -> str | None:
    """The language that the text's script alone tells; None when its words must be asked."""
    sample = [char for char in text[: 2 * _SAMPLE] if char.isalpha()][:_SAMPLE]
    letters = len(sample)
    counts = Counter(_script(char) for char in sample if char > "\u036f")
    if not counts:
        return None
    if counts["ja"] and counts["ja"] + counts["zh"] > letters / 4:
        return "ja" if 8 * counts["ja"] >= counts["zh"] else "zh"
    code, count = counts.most_common(1)[0]
    if code == "ar" and 2 * count > letters:
        return "fa" if any(char in text for char in "پچژگ") else "ar"
    if code in ("", "cyrillic"):
        return None
    # Names and products in Latin letters stand in every text of another script; Han says more in one letter.
    return code if (4 if code in ("zh", "ko") else 2) * count > letters else None


def _script(char: str) -> str:
    if "\u0400" <= char <= "\u052f":
        return "cyrillic"
    if "\u4e00" <= char <= "\u9fff" or "\u3400" <= char <= "\u4dbf":
        return "zh"
    if "\u0600" <= char <= "\u06ff":
        return "ar"
    return next((code for first, last, code in _SCRIPTS if first <= char <= last), "")
