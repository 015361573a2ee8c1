"""A walk through every page of a bridge around a stand-in edge, in any language."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import httpx
from bridge_kit import (
    BASE,
    NOW,
    OURS,
    THEIRS,
    StandInEdge,
    a_client,
    a_config,
    a_view,
    an_id,
    received,
    some_notices,
)
from fastapi.testclient import TestClient
from page_kit import Browser, Element
from reading_kit import every_text

from ngo_bridge.app import build
from ngo_bridge.pages.words import words
from ngo_bridge.sign_in import accounts
from participant_edge.errors import OutcomeUnknown, Refused
from participant_edge.views import (
    Disclosure,
    Handover,
    OpenedPart,
    Opening,
    PurgeAnswer,
    ReferralView,
    Step,
    Withdrawal,
)
from referral_exchange import events, vocabulary
from referral_exchange.pages import catalogues

Pages = list[tuple[str, Element]]
NAMES = re.compile(r"\b(Lantern|Harbor|Meadow|Orchard|Juniper)(?: [a-z]+)*|\bInvented \w+")
"""Proper names of the demonstration: no word of any language."""

FOLLOWED = ("asks", "taken elsewhere", "meets", "desk received", "desk accepted", "elsewhere rejected")
"""Names of referrals of the follow side, each with its own page."""

STATES = ("accepted", "rejected", "in_progress", "on_hold", "completed", "failed", "cancelled")


def a_busy_office(edge: StandInEdge) -> None:
    """Referrals in every state, with every kind of step, part and line of evidence."""
    steps = tuple(
        Step(
            event_id=an_id(f"{kind}{what}"), kind=kind, what=what.replace("-", "_"), programme=THEIRS, at=NOW
        )
        for kind, _, what in (name.partition(":") for name in words()["steps"] if name[0].isupper())
    )
    for state in STATES:
        edge.show(a_view(f"sent {state}", state=state, steps=steps), received(f"in {state}", state=state))
    edge.show(received("new"), a_view("late", overdue=("answer",)), a_view("not sent", state="consented"))
    edge.show(received("purge", state="cancelled", standing="withdrawn", purge="asked"))
    edge.show(*follow_side())
    edge.handovers[an_id("meets")] = Handover(at=NOW, introduction="message-first", role="peer")
    edge.choices.append((an_id("sent accepted"), an_id("late")))
    edge.reasons |= {an_id("sent rejected"): "no-room", an_id("sent on_hold"): "waiting-for-room"}
    gone = a_view("gone", state="cancelled", standing="withdrawn", purge="asked")
    edge.show(gone)
    edge.withdrawn[gone.consent_id] = Withdrawal(
        consent_id=gone.consent_id,
        referral_id=gone.referral_id,
        state="in-force",
        asked_at=NOW,
        in_force_at=NOW,
        opened_before=(Opening(consent_id=gone.consent_id, data_class="identity", recipient=THEIRS, at=NOW),),
        purge_answers=(PurgeAnswer(programme=THEIRS, purge="legal_hold", at=NOW),),
    )
    edge.classes = frozenset({"needs", "safe-contact", "identity", "location", "immigration"})
    records = (
        events.SafeContact(may_contact=True, method="text", value="555-0177", voicemail=True, language="es"),
        events.Identity(chosen_name="Invented Marigold"),
        events.AnswerReason(code="no-room"),
        events.StatusDetail(reason="waiting-for-room", outcome="referred-on"),
        events.Needs(
            services=list(vocabulary.service_categories()),
            languages=["es"],
            region="South Fields",
            age_band="unknown",
            household_size=1,
            access=list(vocabulary.access_needs()),
        ),
    )
    edge.parts[an_id("in accepted")] = [
        OpenedPart(event_id=an_id("e"), data_class=r.DATA_CLASS, record=r) for r in records
    ]
    line = Disclosure(
        consent_id=an_id("c"), referral_id=an_id("r"), recipient=THEIRS, kind="given", data_class=None, at=NOW
    )
    edge.evidence = [line, replace(line, kind="opened", data_class="identity"), replace(line, kind="denied")]


def follow_side() -> Iterator[ReferralView]:
    """A question of the person, a yes taken back elsewhere, one asked at another desk, a handover."""
    asked = Step(
        event_id=an_id("question"),
        kind="QuestionAsked",
        what="check_on_me",
        programme="survivor_page",
        at=NOW,
    )
    ended = Step(
        event_id=an_id("ended"), kind="ConsentEnded", what="withdrawn", programme="referral_router", at=NOW
    )
    yield a_view("asks", state="in_progress", steps=(asked,))
    yield a_view("taken elsewhere", state="cancelled", standing="withdrawn", purge="purged", steps=(ended,))
    yield a_view("meets", state="in_progress", sub_state="scheduled")
    for state in ("received", "accepted", "completed", "rejected"):
        yield received(f"desk {state}", kind="WithdrawalAsked", state=state)
        yield a_view(f"elsewhere {state}", kind="WithdrawalAsked", state=state)


def every_page(browser: Browser, edge: StandInEdge) -> Iterator[tuple[str, Element]]:
    """Each page once, fresh, as it is first seen."""
    a_busy_office(edge)
    edge.learn(1, kind="QuestionAsked", referral_id=an_id("asks"), event_id=an_id("question"))
    edge.learn(1, kind="ReferralOffered", referral_id=an_id("new"))
    browser.http.app.state.bridge.notices.step()  # type: ignore[attr-defined]
    ids = [f"sent {s}" for s in STATES] + [f"in {s}" for s in STATES] + ["new", "late", "not sent", "purge"]
    ids += FOLLOWED
    paths = [
        "/",
        "/inbox",
        "/notices",
        "/services",
        "/printed-list",
        "/offer",
        "/offer/not-today",
        "/nothing",
    ]
    paths += ["/account", "/caseworkers", "/withdraw", "/withdraw/elsewhere", f"/withdraw/{an_id('gone')}"]
    paths += [f"/withdraw/{an_id('sent accepted')}", *(f"/referrals/{an_id(name)}" for name in ids)]
    for path in (*paths, f"/referrals/{an_id('sent accepted')}/safe-contact"):
        yield path, browser.go(path)
    browser.go(f"/referrals/{an_id('in accepted')}")
    yield "opened", browser.press("Show what they sent")
    browser.go(f"/referrals/{an_id('sent accepted')}")
    yield "code", browser.press("Make a code")
    yield from offer_pages(browser)


NEEDS: Mapping[str, Any] = {
    "services": "Housing Services",
    "languages": "es",
    "region": "South Fields",
    "age_band": "minor",
    "household": "1",
    "urgency": "urgent",
    "programme_from": OURS,
}
SIGNED: Mapping[str, Any] = {
    **{"explained_in": "es", "signer": "self", "signed": "yes", "told": "yes"},
    **{"minor_signed": "yes", "minor_alone": "yes"},
}


def offer_pages(browser: Browser) -> Iterator[tuple[str, Element]]:
    """The pages of an offer, in their order."""
    browser.go("/offer")
    yield "needs", browser.press("It is safe. Go on.")
    yield "who", browser.press("Go on", **NEEDS)
    for beside in ("Read it aloud", "The form on paper"):
        yield "agree", to_agree(browser)
        yield beside, browser.press(beside)
    to_agree(browser)
    said: dict[str, Any] = {f"yes.{THEIRS}": "yes", f"later.{THEIRS}": ["safe-contact", "identity"]}
    yield "leaves", browser.press("See what will leave", **SIGNED, **said, **{"yes.harbor-shelter": "no"})


def to_agree(browser: Browser) -> Element:
    """What the person says of two services."""
    browser.go("/offer")
    browser.press("It is safe. Go on.")
    browser.press("Go on", **NEEDS)
    return browser.press("Go on", to=[THEIRS, "harbor-shelter"])


def sign_in_pages(browser: Browser) -> Iterator[tuple[str, Element]]:
    """What somebody sees who is not signed in."""
    yield "sign in", browser.go("/sign-in")
    yield "ended", browser.go("/sign-in?said=ended")
    yield "out", browser.go("/sign-in?said=out")
    for n in range(7):
        yield f"try {n}", browser.press("Sign in", name="nobody", password="invented", code="000000")


def faulty_pages(browser: Browser, edge: StandInEdge) -> Iterator[tuple[str, Element]]:
    """Pages that ask to mend something, and pages of errors."""
    to_agree(browser)
    yield "agree faulty", browser.press("See what will leave")
    browser.go("/offer")
    browser.press("It is safe. Go on.")
    yield "needs faulty", browser.press("Go on")
    browser.go(f"/referrals/{an_id('sent accepted')}")
    yield "disclose faulty", browser.press("Send it to Meadow housing", may_contact="yes")
    browser.go(f"/referrals/{an_id('new')}")
    yield "answer faulty", browser.press("No, not this time")
    browser.go("/account")
    yield "account faulty", browser.press("Set the new password", fresh="short")
    yield "account not you", browser.press("Set the new password", fresh="a long invented one", code="000000")
    for error in (
        OutcomeUnknown("x"),
        Refused("wrong-state", "x"),
        Refused("denied", "x", "y", "34 USC 12291"),
    ):
        edge.failing = error
        yield type(error).__name__, browser.go("/")
    browser.http.headers |= {"host": "evil.example"}
    yield "wrong host", browser.go("/")


@dataclass
class TranslatedBrowser(Browser):
    """Presses buttons by their English texts, on pages of `language`; stops where a page breaks."""

    language: str = "en"

    def _show(self, answer: httpx.Response) -> Element:
        assert answer.status_code != 500, f"no page at {answer.request.url.path}"
        return super()._show(answer)

    def press(self, button: str, nth: int = 0, **typed: str | list[str]) -> Element:
        """Sends the form of the button that says the same as `button`."""
        shown = {each.text for each in self.page.all("button")}
        meant = [text for text in _translations(button, self.language) if text in shown]
        assert meant, f"no button says {button!r} in {self.language} among {sorted(shown)}"
        return super().press(meant[0], nth, **typed)


def _translations(said: str, language: str) -> Iterator[str]:
    """Every text of `language` whose English is `said`, fields filled in."""
    for shape, translated in _shapes(language):
        if found := shape.fullmatch(said):
            yield translated.format(**found.groupdict())


@cache
def _shapes(language: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Every English text, its fields open, with the same of `language`; hundreds, so made once."""
    english, other = (list(every_text(catalogues.texts("ngo_bridge", tag))) for tag in ("en", language))
    return tuple(
        (re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+)", re.escape(text))), translated)
        for text, translated in zip(english, other, strict=True)
    )


def tour(folder: Path, language: str = "en") -> tuple[Pages, Pages]:
    """Every page as it is first seen, and every page with something to mend."""
    edge = StandInEdge()
    notices = some_notices(edge, folder)
    app = build(edge, a_config(folder), lambda: NOW)  # type: ignore[arg-type]
    # An app begins once: who is a stranger to it calls the one that the other began.
    with a_client(app, role="supervisor") as http:
        stranger = TestClient(app, base_url=BASE)
        # Its threads stay unstarted: two clients would start them twice.
        app.state.bridge = replace(app.state.bridge, notices=notices)
        accounts.add(app.state.bridge.desk, "invented-birch", "caseworker", NOW)
        for each in (http, stranger):
            each.headers["accept-language"] = language
        browser = TranslatedBrowser(http, language=language)
        fresh = [*sign_in_pages(TranslatedBrowser(stranger, language=language)), *every_page(browser, edge)]
        return fresh, list(faulty_pages(browser, edge))
