"""Times, lengths of time, languages and filled-in sentences, as people of the present language write them."""

import unicodedata
from datetime import date, datetime

from babel.dates import format_skeleton, format_time
from babel.units import format_unit
from markupsafe import Markup

from referral_exchange.pages.catalogues import SHARED, texts
from referral_exchange.pages.language import locale, spoken

OFFERED_LANGUAGES: tuple[str, ...] = (
    *("am", "ar", "ase", "en", "es", "fr", "hi", "ht", "ko", "mix"),
    *("pt", "ru", "so", "th", "tl", "uk", "ur", "vi", "zh"),
)
"""Tags (BCP 47) of languages that a person can be asked about wherever a list of them stands."""

_NARROW = "\N{NARROW NO-BREAK SPACE}"


def fill(text: str, /, **values: object) -> Markup:
    """`text` with its `{names}` replaced; values are escaped, so nobody's name can be markup."""
    return Markup(text).format(**values)


def duration(count: int, unit: str) -> str:
    """A length of time, e.g. `5 minutes`. `unit`: second, minute, hour or day."""
    return format_unit(count, f"duration-{unit}", length="long", locale=locale())


def moment(here: datetime, today: date) -> str:
    """A time as people write it, in its own time zone; the day only where it is not `today`."""
    clock = format_time(here, "short", locale=locale()).replace(_NARROW, " ")
    if here.date() == today:
        return clock
    return f"{day(here)}, {clock}"


def day(of: datetime | date) -> str:
    """A day without its year, e.g. `November 23`."""
    return format_skeleton("MMMMd", of, locale=locale())


def language_name(tag: str) -> str:
    """A language by its BCP 47 tag; one that nobody has a name for keeps its tag."""
    known, ours = locale().languages, texts(SHARED, spoken())["languages"]
    base = tag.split("-")[0]
    return str(known.get(tag.replace("-", "_")) or ours.get(tag) or known.get(base) or ours.get(base) or tag)


def language_order(tag: str) -> str:
    """Where a language stands in a list by name; accents and capitals do not count."""
    name = unicodedata.normalize("NFKD", language_name(tag).casefold())
    return "".join(letter for letter in name if not unicodedata.combining(letter))
