"""How hard a text is to read, by a known measure of its language, and the words that pages never use."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from page_kit import Element

HURTFUL: Mapping[str, re.Pattern[str]] = {
    "en": re.compile(
        r"victim|illegal|\balien|rescue|\bfail|\breject|\brefus|no-show|non-complian|prostitut", re.IGNORECASE
    ),
    "es": re.compile(
        r"v[ií]ctima|\bilegal|extranjer|\balien[ií]|rescat|fracas|\bfall(?:[aeoó]s?|a[rn]|aron|[ai]d[oa]s?)\b"
        r"|rechaz|\bneg(?:ar|ó|aron|ad[oa]s?|ativas?)\b|\bniega|prostitu|incumpl|no se present",
        re.IGNORECASE,
    ),
}
"""Words that shared practice bars from every page; in Spanish those that say the same."""

_BLOCKS = ("h1", "h2", "h3", "p", "li", "label", "legend", "button", "option", "dt", "dd", "summary")


def grade(text: str, language: str = "en") -> float:
    """The year of school that is enough to read `text`. KeyError: the language has no measure."""
    return _MEASURES[language](text)


def ease_in_spanish(text: str) -> float:
    """Reading ease after Fernández Huerta, "Medidas sencillas de lecturabilidad", Consigna 214 (1959), 29-32.

    206.84 - 60 syllables a word - 1.02 words a sentence; the second is as Law corrected it
    (LINGUIST List 22.2332, 2011). 100 is easy, 0 is hard.
    """
    sentences, said = _counted(re.sub(r"([ap])\.\s?m\.", r"\1m", text))
    return 206.84 - 60 * sum(map(syllables_in_spanish, said)) / len(said) - 1.02 * len(said) / sentences


def syllables_in_english(word: str) -> int:
    """As many as there are groups of vowels, without a silent e."""
    word = word.lower()
    groups = len(re.findall("[aeiouy]+", word))
    silent = word.endswith("e") and not word.endswith(("le", "ee", "ie")) and groups > 1
    quiet = word.endswith("ed") and not word.endswith(("ted", "ded")) and groups > 1
    return max(1, groups - silent - quiet)


def syllables_in_spanish(word: str) -> int:
    """One for each group of vowels, and one more where two of a group stand apart (`le-er`, `dí-a`)."""
    word = re.sub(r"qu|gu(?=[eiéí])", "g", word.lower())
    word = re.sub(r"y$", "i", word)
    groups = re.findall("[aeiouáéíóúü]+", word)
    apart = re.compile(r"[aeoáéó](?=[aeoáéó])|[íú](?=[aeoáéó])|[aeoáéó](?=[íú])|i(?=i)|u(?=u)")
    return max(1, len(groups) + sum(len(apart.findall(group)) for group in groups))


def prose(element: Element) -> Iterator[str]:
    """The texts of a page, one block after the other."""
    for block in element.all():
        if block.tag in _BLOCKS and not any(
            isinstance(child, Element) and child.tag in _BLOCKS for child in block.children
        ):
            yield block.text


def every_text(node: Mapping[str, Any]) -> Iterator[str]:
    """Every text of a catalogue."""
    for value in node.values():
        if isinstance(value, str):
            yield value
        else:
            yield from every_text(value)


def _flesch_kincaid(text: str) -> float:
    """0.39 words a sentence + 11.8 syllables a word - 15.59."""
    sentences, said = _counted(text)
    syllables = sum(map(syllables_in_english, said))
    return 0.39 * len(said) / sentences + 11.8 * syllables / len(said) - 15.59


_YEARS = ((90, 4), (80, 5), (70, 6), (60, 8), (50, 11), (30, 14))
"""Fernández Huerta's own table: from this ease on, this year of school is enough."""


def _fernandez_huerta(text: str) -> float:
    ease = ease_in_spanish(text)
    return next((year for least, year in _YEARS if ease >= least), 17)


def _counted(text: str) -> tuple[int, list[str]]:
    """How many sentences, and their words."""
    sentences = [s for s in re.split(r"[.!?:]+\s|\n", text) if re.search(r"[^\W\d_]", s)]
    return len(sentences), [w for s in sentences for w in re.findall(r"[^\W\d_]+(?:['’][a-z]+)?", s)]


_MEASURES: Mapping[str, Callable[[str], float]] = {"en": _flesch_kincaid, "es": _fernandez_huerta}
