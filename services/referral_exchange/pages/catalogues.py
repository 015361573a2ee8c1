"""The texts of one service in one language, from its PO file and the one that all services share."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from referral_exchange.pages.language import LANGUAGES

Texts = Mapping[str, Any]
"""Texts by name, in groups: `texts["inbox"]["title"]`. In the file the name is `inbox.title`."""

SHARED = "referral_exchange.pages"
"""The package whose texts stand under those of each service."""


@cache
def texts(package: str, language: str) -> Texts:
    """Every text of `package` in `language`. Raises KeyError where the language has no catalogue."""
    found: dict[str, Any] = {"language": language, "direction": LANGUAGES[language].text_direction}
    for each in dict.fromkeys((SHARED, package)):
        _add(found, _entries(catalogue(each, language)))
    return found


def catalogue(package: str, language: str) -> Catalog:
    """The PO file `labels/<language>.po` of `package`, as Babel reads it."""
    with files(package).joinpath(f"labels/{language}.po").open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def _entries(known: Catalog) -> Iterator[tuple[str, str]]:
    for message in known:
        if message.id:
            yield str(message.id), str(message.string)


def _add(found: dict[str, Any], entries: Iterable[tuple[str, str]]) -> None:
    for name, text in entries:
        *groups, last = name.split(".")
        place = found
        for group in groups:
            place = place.setdefault(group, {})
        place[last] = text
