"""Terms of other taxonomies, and names of services, as NIEM service categories. Pure."""

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

NEAREST = 3
"""How many codes are shown where a term is unknown."""

Terms = Mapping[str, str]
"""NIEM category by `taxonomy:code` or `taxonomy:name` in small letters; empty: known, and says nothing."""

_WORDS = (
    ("Case Management Services", ("case management", "case manager", "intake", "navigation")),
    ("Safety Planning", ("safety plan", "danger assessment")),
    ("Mental Health Services", ("counsel", "therap", "mental", "psych", "trauma", "support group")),
    (
        "Medical and Dental Services",
        ("medical", "dental", "dentist", "clinic", "health", "hospital", "nurse"),
    ),
    ("Housing Services", ("housing", "shelter", "rent", "transitional living", "safe house")),
    ("Legal Services", ("legal", "attorney", "lawyer", "immigration", "law ")),
    ("Language Services", ("interpret", "translat", "language")),
    ("Educational Services", ("education", "school", "literacy", "ged ", "tutor", "class")),
    ("Employment Services", ("employment", "job", "career", "workforce")),
    ("Basic Necessities", ("food", "meal", "clothing", "hygiene", "pantry", "basic need", "transport")),
)
"""The first line with a word that stands in a name counts."""


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """`categories`: the NIEM codes; `terms`: what others call them."""

    categories: tuple[str, ...]
    terms: Terms

    def category(self, taxonomy: str, code: str, name: str) -> str | None:
        """The category of a term; empty where the term is known and no category, None where it is unknown."""
        plain = {_plain(category): category for category in self.categories}
        for said in (code, name):
            if found := plain.get(_plain(said)):
                return found
        keys = (f"{_plain(taxonomy)}:{_plain(said)}" for said in (code, name))
        return next((self.terms[key] for key in keys if key in self.terms), None)

    def nearest(self, said: str) -> tuple[str, ...]:
        """The codes most like `said`, best first; never `said` itself."""
        plain = {_plain(category): category for category in self.categories}
        close = difflib.get_close_matches(_plain(said)[:100], plain, NEAREST, 0.0)
        return tuple(plain[name] for name in close)


def by_name(names: Iterable[str]) -> str | None:
    """The category that one of a service's names tells; None where none does."""
    for name in names:
        text = f" {_plain(name)} "
        for category, words in _WORDS:
            if any(re.search(rf"\b{re.escape(word)}", text) for word in words):
                return category
    return None


def terms_of(lines: Mapping[str, str], categories: Iterable[str]) -> tuple[dict[str, str], list[str]]:
    """The usable lines of a map `taxonomy:term` to category, and the keys of the others."""
    known = {_plain(category): category for category in categories} | {"": ""}
    good = {
        _key(said): known[_plain(category)] for said, category in lines.items() if _plain(category) in known
    }
    return good, [said for said, category in lines.items() if _plain(category) not in known]


def _key(said: str) -> str:
    taxonomy, _, term = said.partition(":")
    return f"{_plain(taxonomy)}:{_plain(term)}"


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
