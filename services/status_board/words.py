"""The words of the console's pages, in the language of the present request; no code is shown without one."""

from datetime import timedelta
from typing import Any

from referral_exchange.pages import catalogues
from referral_exchange.pages.catalogues import Texts
from referral_exchange.pages.language import spoken
from referral_exchange.pages.words import fill


def words() -> Texts:
    """Every text in the language of the present request."""
    return catalogues.texts("status_board", spoken())


def word(group: str, code: str, otherwise: str = "other") -> str:
    """The word for `code`; a code that this console does not know is never shown."""
    texts: dict[str, Any] = words()[group]
    return str(texts.get(code) or texts[otherwise])


def sentence(group: str, code: str, **values: object) -> str:
    """The same, with its `{names}` filled in."""
    return fill(word(group, code), **values)


def in_words(age: timedelta) -> str:
    """An age in its two largest units: `40 s`, `5 min`, `2 h 5 min`, `3 days 4 h`."""
    seconds = max(0, int(age.total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    minutes = seconds // 60
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    named = sentence("units", "day" if days == 1 else "days", count=days)
    return f"{named} {hours} h" if hours else named
