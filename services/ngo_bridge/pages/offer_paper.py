"""The consent on paper, and to read aloud: both in the person's language where the site speaks it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from starlette.responses import HTMLResponse

from ngo_bridge import legal_asks
from ngo_bridge.commands import shown_salt
from ngo_bridge.pages import leaving
from ngo_bridge.pages.consent_classes import IMMIGRATION, LATER_CLASSES, USUAL
from ngo_bridge.pages.form import Form
from ngo_bridge.pages.names import Names
from ngo_bridge.pages.offer_needs import Asked
from ngo_bridge.pages.rendering import show
from ngo_bridge.pages.visitor import Visit, own_key
from ngo_bridge.pages.words import words
from referral_exchange.pages.language import LANGUAGES, speaking, spoken
from referral_exchange.pages.words import fill

_SENTENCE = re.compile(r"(?<=[.!?])\s+")

Block = list[str]
"""Sentences that are said in one breath; behind each block the reader waits."""


@dataclass(frozen=True, slots=True, repr=False)
class Sheet:
    """What both forms say."""

    form: Form
    asked: Asked
    recipients: list[str]
    names: Names

    @property
    def days(self) -> str:
        """How long the yes lasts, in words."""
        offered: dict[str, str] = words()["offer"]
        return str(offered.get(f"agree_ends_{self.form.value('ends')}", offered["agree_ends_30"]))


def language_of(form: Form) -> str:
    """The language that the person heard it in, where the site speaks it; else the one of the page."""
    heard = form.value("explained_in").split("-")[0]
    return heard if heard in LANGUAGES else spoken()


def show_form(
    visit: Visit, form: Form, asked: Asked, recipients: list[str], names: Names, *, aloud: bool
) -> HTMLResponse:
    """The page to print, or the one to read from."""
    with speaking(language_of(form)):
        sheet = Sheet(form, asked, recipients, names)
        if aloud:
            return show(visit, "offer_aloud.html", blocks=list(blocks(sheet)))
        return show(visit, "offer_paper.html", **_paper(visit, sheet))


def _paper(visit: Visit, sheet: Sheet) -> dict[str, Any]:
    commands, sender = visit.bridge.commands, sheet.names.streams(sheet.asked.programme_from)
    return {
        "sheet": sheet,
        "names": sheet.names,
        "now_lines": leaving.now_lines(sheet.asked),
        "contact_lines": list(leaving.record_lines(sheet.asked.contact)),
        "chosen": {to: sheet.form.values(f"later.{to}") for to in sheet.recipients},
        "decided": {to: sheet.form.value(f"yes.{to}") for to in sheet.recipients},
        "documents": {to: sheet.form.has(f"documents.{to}", "yes") for to in sheet.recipients},
        "exception": {to: sheet.form.value(f"exception.{to}") for to in sheet.recipients},
        "official": {to: sheet.form.value(f"official.{to}") for to in sheet.recipients},
        "may_need_exception": legal_asks.may_need_exception,
        "later_classes": LATER_CLASSES,
        "sender": sender,
        "intermediary": legal_asks.may_need_intermediary(sender),
        "authorisation": legal_asks.is_authorisation(sender),
        "code": shown_salt(commands.form_salt(own_key(sheet.form, "paper"))),
    }


def blocks(sheet: Sheet) -> Iterator[Block]:
    """All that is said, in the order of speaking."""
    t = words()
    offer, said = t["offer"], t["aloud"]
    who = fill(
        offer["agree_who"],
        programme=sheet.names.programme(sheet.asked.programme_from),
        why=t["purposes"][sheet.asked.purpose],
    )
    yield sentences(said["begin"])
    yield sentences(offer["agree_free"], who)
    for recipient in sheet.recipients:
        yield from _about(sheet, recipient)
    yield sentences(fill(said["ends"], when=sheet.days), offer["agree_back"])
    yield sentences(offer["agree_carried"], *_of_law(sheet))
    if sheet.asked.minor:
        yield sentences(said["minor"])
    yield sentences(said["end"])


def _about(sheet: Sheet, recipient: str) -> Iterator[Block]:
    t, names = words(), sheet.names
    said, programme = t["aloud"], names.programme(recipient)
    yield sentences(
        fill(said["to"], programme=programme, participant=names.participant(recipient)),
        names.warning(recipient),
    )
    yield [said["now"], *(f"{name}: {value}." for name, value in leaving.now_lines(sheet.asked))]
    yield sentences(fill(said["later"], programme=programme))
    chosen = sheet.form.choices(f"later.{recipient}", LATER_CLASSES) or [*USUAL, *IMMIGRATION]
    for each in leaving.later(chosen, sheet.asked):
        yield [f"{each.label}.", *sentences(each.fields), said["each"]]
    yield sentences(said["more"])
    yield sentences(t["offer"]["agree_comes"], said["documents"])
    yield sentences(fill(said["decide"], programme=programme))


def _of_law(sheet: Sheet) -> Iterable[str]:
    sender, paper = sheet.names.streams(sheet.asked.programme_from), words()["paper"]
    if legal_asks.may_need_intermediary(sender):
        yield paper["intermediary"]
    if legal_asks.is_authorisation(sender):
        yield paper["redisclosure"]


def sentences(*texts: str) -> Block:
    """Each sentence of `texts` by itself."""
    return [each for text in texts if text for each in _SENTENCE.split(str(text))]
