"""Today: what needs somebody now, what waits for others and how long, what changed, what the person asks."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from bridge_kit import (
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
from page_kit import Browser, Element, words_of

from ngo_bridge.app import build
from participant_edge.notices.notices import Notices
from participant_edge.views import Step

SEEN_TO = f"We have seen to it – {an_id('a referral')[:8]}, 1"


def a_step(kind: str, what: str = "", programme: str = THEIRS, **changes: Any) -> Step:
    step = Step(event_id=an_id(kind + what), kind=kind, what=what, programme=programme, at=NOW)
    return replace(step, **changes)


def part(page: Element, name: str) -> str:
    return page.one("", **{"data-part": name}).text


@pytest.fixture
def notices(edge: StandInEdge, tmp_path: Path) -> Notices:
    return some_notices(edge, tmp_path)


@pytest.fixture
def told(edge: StandInEdge, notices: Notices, tmp_path: Path) -> Any:
    """A browser at a bridge whose notices climb."""
    app = build(edge, a_config(tmp_path), lambda: NOW, notices=notices)  # type: ignore[arg-type]
    return Browser(a_client(app))


def an_asking_person(edge: StandInEdge, notices: Notices, **changes: Any) -> None:
    question = a_step("QuestionAsked", "check_on_me", "survivor_page")
    edge.show(a_view(state="in_progress", steps=(question,), **changes))
    edge.learn(1, kind="QuestionAsked", what="check_on_me", event_id=question.event_id)
    notices.step()


def test_it_counts_what_needs_us_what_waits_and_what_is_new(browser: Browser, edge: StandInEdge) -> None:
    edge.show(
        received("new"),
        a_view("slow", state="requested", updated_at=NOW - timedelta(hours=5), steps=()),
        a_view("quick", state="received"),
        a_view("yes", state="accepted", steps=(a_step("ReferralAnswered", "accepted"),)),
    )
    glance = part(browser.go("/"), "glance")
    assert "2 need you now" in glance
    assert "2 wait for others The longest: 5 hours" in glance
    assert "1 new in the last day" in glance


def test_what_changed_is_told_newest_first_and_leads_there(browser: Browser, edge: StandInEdge) -> None:
    edge.show(
        a_view("a", steps=(a_step("ReferralAnswered", "declined", at=NOW - timedelta(hours=2)),)),
        received("b", steps=(a_step("ReferralOffered", at=NOW - timedelta(hours=1)),)),
        a_view("c", steps=(a_step("ReferralAnswered", "accepted", at=NOW - timedelta(hours=30)),)),
        a_view("d", steps=(a_step("ReferralDisclosed", programme=OURS),)),
        a_view("e", steps=(a_step("ReferralDisclosed", programme=OURS, refused="consent-ended"),)),
    )
    page = browser.go("/")
    lines = page.one("", **{"data-part": "changed"}).all("li")
    assert ["was not taken" in lines[0].text, "asks you for help" in lines[1].text] == [True, True]
    assert "said no" in lines[2].text
    assert [line.one("a")["href"] for line in lines] == [f"/referrals/{an_id(n)}" for n in "eba"]


def test_nothing_new_says_so(browser: Browser) -> None:
    assert "Nothing new in the last day." in words_of(browser.go("/"))
    assert "Nothing waits for others." in words_of(browser.page)


def test_a_question_of_the_person_stands_on_top_until_somebody_has_seen_to_it(
    told: Browser, edge: StandInEdge, notices: Notices
) -> None:
    an_asking_person(edge, notices)
    needs = part(told.go("/"), "needs-you")
    assert "The person asks: Please see how I am." in needs
    assert "Use only the safe way to reach the person." in needs
    page = told.press(SEEN_TO)
    assert "Thank you. It is noted." in words_of(page)
    assert "Please see how I am." not in part(page, "needs-you")
    assert notices.waiting() == []


def test_the_question_stands_on_the_referral_too(told: Browser, edge: StandInEdge, notices: Notices) -> None:
    an_asking_person(edge, notices)
    assert "The person asks: Please see how I am." in words_of(told.go(f"/referrals/{an_id('a referral')}"))


def test_a_question_of_tomorrow_is_told_as_a_question(
    told: Browser, edge: StandInEdge, notices: Notices
) -> None:
    an_asking_person(edge, notices)
    view = edge.seen[an_id("a referral")]
    edge.show(replace(view, steps=(replace(view.steps[0], what="something_new"),)))
    assert "The person asks: There is a question." in words_of(told.go("/"))


def test_a_yes_taken_back_elsewhere_asks_to_see_how_the_person_is(
    browser: Browser, edge: StandInEdge
) -> None:
    ended = a_step("ConsentEnded", "withdrawn", "referral_router", at=NOW - timedelta(hours=70))
    view = a_view(state="cancelled", standing="withdrawn", purge="purged", steps=(ended,))
    edge.show(view)
    assert "See how the person is." in part(browser.go("/"), "needs-you")
    assert "not here" in words_of(browser.go(f"/withdraw/{view.referral_id}"))
    assert browser.page.all("button", **{"class": "button big"}) == []
    edge.show(replace(view, steps=(replace(ended, at=NOW - timedelta(hours=73)),)))
    assert "See how the person is." not in words_of(browser.go("/"))


def test_what_was_taken_back_here_asks_nobody_to_see(browser: Browser, edge: StandInEdge) -> None:
    edge.show(a_view())
    edge.withdraw(an_id("a referral"))
    ended = a_step("ConsentEnded", "withdrawn", "referral_router")
    view = edge.seen[an_id("a referral")]
    edge.show(replace(view, state="cancelled", steps=(ended,), updated_at=NOW))
    for page in ("/", f"/referrals/{view.referral_id}"):
        assert "See how the person is." not in words_of(browser.go(page))


def test_a_yes_can_be_taken_back_from_the_first_page(browser: Browser, edge: StandInEdge) -> None:
    edge.show(a_view("waits"), a_view("mine", state="accepted"), a_view("runs", state="in_progress"))
    links = {a["href"] for a in browser.go("/").all("a") if a.text.startswith("Take the yes back")}
    assert links == {f"/withdraw/{an_id(name)}" for name in ("waits", "mine", "runs")}


def test_a_notice_is_heard_from_the_card(told: Browser, edge: StandInEdge, notices: Notices) -> None:
    edge.show(received())
    edge.learn(1, kind="ReferralOffered", what="")
    notices.step()
    told.go("/")
    page = told.press(f"I see to it – {an_id('a referral')[:8]}, 1")
    assert "No one else is told." in words_of(page)
    assert notices.waiting() == []
    assert "Waits for you 1" in words_of(page)
