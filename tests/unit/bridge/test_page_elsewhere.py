"""Taking back, at another desk, a yes that somebody else wrote: asked there, found here, answered."""

from typing import Any

import pytest
from bridge_kit import NOW, OURS, THEIRS, StandInEdge, a_view, an_id, received
from page_kit import Browser, words_of

from participant_edge.commands import GroundDraft
from participant_edge.errors import OutcomeUnknown
from referral_exchange import events

PAGE = "/withdraw/elsewhere"
ASK = "Ask them to take it back"
TYPED = {"to": THEIRS, "chosen_name": "Invented Marigold", "programme_from": OURS, "asked": "yes"}
HERE = f"/referrals/{an_id('a referral')}"


def asked_here(**changes: Any) -> Any:
    return received(kind="WithdrawalAsked", urgency="emergency", **changes)


def test_it_tells_only_the_name_and_only_the_one_who_wrote_the_yes(
    browser: Browser, edge: StandInEdge
) -> None:
    browser.go("/withdraw")
    (link,) = [a for a in browser.page.all("a") if a["href"] == PAGE]
    browser.go(link["href"])
    page = browser.press(ASK, **TYPED)
    assert "Asked Meadow housing to take a yes back" in words_of(page)
    assert "Meadow housing is told at once." in words_of(page)
    assert "Invented Marigold" not in page.text
    (ground,) = edge.did("record_ground")
    assert ground == GroundDraft(
        programme_from=OURS,
        recipient=THEIRS,
        kind="withdrawal",
        statute="",
        jurisdiction="",
        data_classes=("identity",),
    )
    ((kind, _, urgency, _, part),) = edge.did("open_referral")
    assert (kind, urgency) == ("WithdrawalAsked", "emergency")
    assert part == events.Identity(chosen_name="Invented Marigold")


def test_our_own_services_are_not_elsewhere(browser: Browser) -> None:
    offered = {o["value"] for o in browser.go(PAGE).one("select", name="to").all("option")}
    assert THEIRS in offered
    assert OURS not in offered


@pytest.mark.parametrize("left", ["to", "chosen_name", "asked"])
def test_nothing_goes_out_while_something_is_missing(browser: Browser, edge: StandInEdge, left: str) -> None:
    browser.go(PAGE)
    page = browser.press(ASK, **{name: value for name, value in TYPED.items() if name != left})
    assert browser.answer.status_code == 422
    assert page.one("section", id="faults").all("a", href=f"#{left}")
    assert edge.told == []


def test_a_date_that_is_none_is_sent_back(browser: Browser, edge: StandInEdge) -> None:
    browser.go(PAGE)
    browser.press(ASK, birth_date="yesterday", **TYPED)
    assert browser.answer.status_code == 422
    assert edge.told == []


def test_the_same_button_after_we_do_not_know_yet_asks_once(browser: Browser, edge: StandInEdge) -> None:
    browser.go(PAGE)
    edge.failing = OutcomeUnknown("x")
    page = browser.press(ASK, **TYPED)
    assert "We do not know yet if it worked" in words_of(page)
    browser.press(ASK, **TYPED)
    assert len(edge.did("open_referral")) == 1


def test_the_one_who_asked_sees_what_became_of_it(browser: Browser, edge: StandInEdge) -> None:
    for state, says in (("received", "It has reached them."), ("completed", "They took the yes back.")):
        edge.show(a_view(kind="WithdrawalAsked", state=state))
        assert says in words_of(browser.go(HERE))
    assert "Send the name" not in words_of(browser.page)
    edge.show(a_view(kind="WithdrawalAsked", state="rejected"))
    edge.reasons[an_id("a referral")] = "other-programme-fits"
    assert "We find no yes of this person" in words_of(browser.go(HERE))


def test_a_request_is_no_yes_that_could_be_taken_back(browser: Browser, edge: StandInEdge) -> None:
    edge.show(a_view(kind="WithdrawalAsked"))
    assert browser.go("/withdraw").all("a", href=f"/withdraw/{an_id('a referral')}") == []
    browser.go(f"/withdraw/{an_id('a referral')}")
    assert browser.answer.status_code == 404


def test_the_desk_that_wrote_it_is_led_step_by_step(browser: Browser, edge: StandInEdge) -> None:
    edge.show(asked_here())
    assert "Meadow housing asks to take a yes back" in words_of(browser.go("/"))
    page = browser.go(HERE)
    assert "Look in your own files for the reference of the yes." in words_of(page)
    assert page.all("a", href="/withdraw")
    assert [b.text for b in page.all("button") if b.text == "Yes, we can help"] == []
    browser.press("We took it back")
    assert edge.did("answer") == [(an_id("a referral"), "accepted", "accepted")]
    assert edge.did("report_status") == [
        (an_id("a referral"), "completed", None, events.StatusDetail(outcome="service-provided"))
    ]


def test_what_was_found_before_can_still_be_told_as_done(browser: Browser, edge: StandInEdge) -> None:
    edge.show(asked_here(state="accepted"))
    browser.go(HERE)
    browser.press("We took it back")
    assert edge.did("answer") == []
    assert len(edge.did("report_status")) == 1


def test_a_no_says_why(browser: Browser, edge: StandInEdge) -> None:
    edge.show(asked_here())
    browser.go(HERE)
    assert "Choose why not." in words_of(browser.press("We did not take it back"))
    browser.press("We did not take it back", why="duplicate")
    assert edge.did("answer") == [(an_id("a referral"), "declined", "duplicate")]


def test_a_yes_is_found_by_the_reference_on_its_paper(browser: Browser, edge: StandInEdge) -> None:
    edge.show(*(a_view(f"yes {n}", updated_at=NOW) for n in range(5)))
    wanted = an_id("yes 3")
    browser.go("/withdraw")
    page = browser.press("Find it", reference=wanted[:8].upper())
    assert browser.answer.url.path == f"/withdraw/{wanted}"
    assert "Take back the yes for Meadow housing?" in words_of(page)
    for reference, says in (("nothing", "We find no yes"), ("", "We find no yes")):
        browser.go("/withdraw")
        assert says in words_of(browser.press("Find it", reference=reference))
        assert browser.answer.status_code == 422
