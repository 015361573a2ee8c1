"""What waits: the most urgent first, nothing hidden, yes and no of one size."""

from dataclasses import replace
from datetime import timedelta

import pytest
from bridge_kit import NOW, OURS, THEIRS, StandInEdge, a_view, an_id, received
from page_kit import Browser, Element, words_of

from participant_edge.views import InboxEntry


def cards(page: Element, lane: str) -> list[str]:
    heading = page.all("h2", id=lane)
    if not heading:
        return []
    section = heading[0].inside("section")
    assert section is not None
    return [card.text for card in section.all("li")]


def test_an_empty_inbox_says_so(browser: Browser) -> None:
    assert "Nothing waits for you now." in words_of(browser.go("/"))


def test_it_says_who_asks_how_soon_and_how_long_it_waits(browser: Browser, edge: StandInEdge) -> None:
    edge.show(received(urgency="emergency", answer_by=NOW + timedelta(hours=1)))
    (card,) = cards(browser.go("/"), "needs-you")
    for text in (
        "From Meadow housing",
        "Right now",
        "Waits 43 minutes",
        "They hope for your answer by 6:15 PM.",
    ):
        assert text in card


def test_the_most_urgent_stands_first(browser: Browser, edge: StandInEdge) -> None:
    edge.show(
        received("a", urgency="routine"), received("b", urgency="emergency"), received("c", urgency="urgent")
    )
    tags = [card.split("Waits")[0] for card in cards(browser.go("/"), "needs-you")]
    assert ["Right now" in tags[0], "Tonight" in tags[1], "This week" in tags[2]] == [True] * 3


def test_every_lane_has_its_own(browser: Browser, edge: StandInEdge) -> None:
    edge.show(
        received("answer"),
        a_view("accepted", state="accepted"),
        received("delete", state="cancelled", standing="withdrawn", purge="asked"),
        a_view("waiting", state="requested"),
        a_view("late", overdue=("answer",)),
        a_view("running", state="in_progress"),
        a_view("done", state="completed", standing="live"),
        a_view("no", state="rejected", standing="withdrawn"),
    )
    page = browser.go("/")
    assert len(cards(page, "needs-you")) == 5
    assert len(cards(page, "waits-for-others")) == 1
    assert len(cards(page, "going-on")) == 1
    assert len(cards(page, "closed")) == 1
    assert "Next: ask another service." in " ".join(cards(page, "needs-you"))
    assert "Late: time ran out." in " ".join(cards(page, "needs-you"))


def test_an_old_urgent_one_is_not_on_a_second_page(browser: Browser, edge: StandInEdge) -> None:
    edge.show(*(a_view(f"new {n}", state="completed") for n in range(250)))
    edge.show(received("old", updated_at=NOW - timedelta(days=3), steps=()))
    page = browser.go("/")
    assert len(cards(page, "needs-you")) == 1
    assert "Waits 3 days" in cards(page, "needs-you")[0]
    assert len(cards(page, "closed")) == 20


def test_where_no_more_was_agreed_nothing_is_left_to_send(browser: Browser, edge: StandInEdge) -> None:
    edge.show(a_view(state="accepted"))
    edge.classes = frozenset({"needs"})
    assert cards(browser.go("/"), "needs-you") == []


def test_after_the_name_is_sent_it_waits_for_them(browser: Browser, edge: StandInEdge) -> None:
    view = a_view(state="accepted")
    edge.show(view)
    assert "Next: send the name" in cards(browser.go("/"), "needs-you")[0]
    sent = replace(view.steps[0], kind="ReferralDisclosed")
    edge.show(replace(view, steps=(*view.steps, sent)))
    assert cards(browser.go("/"), "needs-you") == []
    assert len(cards(browser.page, "going-on")) == 1


def test_yes_and_no_are_of_one_size(browser: Browser, edge: StandInEdge) -> None:
    edge.show(received())
    page = browser.go("/")
    yes, no = (b for b in page.all("button", name="answer"))
    assert (yes["value"], no["value"]) == ("accepted", "declined")
    assert yes["class"] == no["class"]
    assert [b.inside("div")["class"] for b in (yes, no)] == ["half", "half"]  # type: ignore[index]


def test_a_yes_from_the_inbox(browser: Browser, edge: StandInEdge) -> None:
    edge.show(received())
    browser.go("/")
    page = browser.press("Yes, we can help")
    assert edge.did("answer") == [(an_id("a referral"), "accepted", "accepted")]
    assert "Your answer is on its way." in words_of(page)


def test_a_no_from_the_inbox_needs_a_reason(browser: Browser, edge: StandInEdge) -> None:
    edge.show(received())
    browser.go("/")
    page = browser.press("No, not this time")
    assert browser.answer.status_code == 422
    assert "Choose why not." in words_of(page)
    browser.press("No, not this time", reason="no-room")
    assert edge.did("answer") == [(an_id("a referral"), "declined", "no-room")]


def test_two_cards_answer_their_own_referral(browser: Browser, edge: StandInEdge) -> None:
    edge.show(received("a"), received("b"))
    browser.go("/")
    both = [browser.filled("Yes, we can help", nth) for nth in range(2)]
    paths = [browser.form("Yes, we can help", nth)["action"] for nth in range(2)]
    for path, sent in zip(paths, both, strict=True):
        browser.send(path, sent)
        assert browser.answer.status_code == 200
    assert {said[0] for said in edge.did("answer")} == {an_id("a"), an_id("b")}


@pytest.mark.parametrize(("count", "says"), [(1, "A message is held."), (2, "2 messages are held.")])
def test_held_messages_are_told(browser: Browser, edge: StandInEdge, count: int, says: str) -> None:
    held = InboxEntry(
        event_id=an_id("e"),
        kind="ReferralOffered",
        what="",
        referral_id=None,
        programme_from=THEIRS,
        programme_to=OURS,
        occurred_at=NOW,
        received_at=NOW,
        state="held",
        parts=1,
        attempts=0,
        delivered="once",
    )
    edge.entries = [held] * count
    assert says in words_of(browser.go("/"))
