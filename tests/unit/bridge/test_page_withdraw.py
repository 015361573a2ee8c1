"""Taking a yes back: one click, one question, then how far it is."""

from dataclasses import replace

import pytest
from bridge_kit import NOW, THEIRS, StandInEdge, a_view, an_id, received
from page_kit import Browser, words_of

from participant_edge.errors import EdgeError
from participant_edge.views import Opening, PurgeAnswer, Withdrawal, WithdrawalState

PAGE = f"/withdraw/{an_id('a referral')}"


def a_withdrawal(state: WithdrawalState, **changes: object) -> Withdrawal:
    view = a_view()
    fields = {
        "consent_id": view.consent_id,
        "referral_id": view.referral_id,
        "state": state,
        "asked_at": NOW,
        "in_force_at": None if state == "not-yet-in-force" else NOW,
    }
    return Withdrawal(**(fields | changes))  # type: ignore[arg-type]


def test_it_lists_what_can_be_taken_back(browser: Browser, edge: StandInEdge) -> None:
    edge.show(
        a_view("live"),
        a_view("done", state="completed"),
        a_view("over", standing="expired"),
        received("theirs"),
    )
    page = browser.go("/withdraw")
    links = {link["href"] for link in page.one("main").all("a")}
    assert links == {"/withdraw/elsewhere", f"/withdraw/{an_id('live')}", f"/withdraw/{an_id('done')}"}


def test_nothing_to_take_back(browser: Browser) -> None:
    assert "There is no yes to take back." in words_of(browser.go("/withdraw"))


def test_one_click_then_one_question(browser: Browser, edge: StandInEdge) -> None:
    edge.show(a_view())
    browser.go(f"/referrals/{an_id('a referral')}")
    (link,) = [a for a in browser.page.all("a") if a.text == "Take the yes back"]
    page = browser.go(link["href"])
    assert edge.did("withdraw") == []
    assert "From then on no one can open what was sent." in words_of(page)
    page = browser.press("Yes, take it back now")
    assert edge.did("withdraw") == [an_id("a referral")]
    assert browser.answer.history[0].status_code == 303
    assert "In force. Meadow housing is being told." in words_of(page)


def test_no_is_as_large_as_yes(browser: Browser, edge: StandInEdge) -> None:
    edge.show(a_view())
    page = browser.go(PAGE)
    yes = next(b for b in page.all("button") if b.text == "Yes, take it back now")
    no = next(a for a in page.all("a") if a.text == "No, leave it")
    assert yes["class"] == no["class"] == "button big"


@pytest.mark.parametrize(
    ("state", "says", "never"),
    [
        ("not-yet-in-force", "Not yet in force", "no one can open it"),
        ("in-force", "In force. Meadow housing is being told.", "Everyone was told."),
        ("recipients-told", "Everyone was told.", "Not yet in force"),
    ],
)
def test_it_says_how_far_it_is_and_no_further(
    browser: Browser, edge: StandInEdge, state: WithdrawalState, says: str, never: str
) -> None:
    edge.show(a_view(standing="withdrawing"))
    found = a_withdrawal(state)
    edge.withdrawn[found.consent_id] = found
    said = words_of(browser.go(PAGE))
    assert says in said
    assert never not in said
    assert browser.page.one("li", **{"aria-current": "step"})


def test_it_lists_who_opened_before_and_what_became_of_it(browser: Browser, edge: StandInEdge) -> None:
    edge.show(a_view(standing="withdrawn"))
    found = a_withdrawal("recipients-told")
    edge.withdrawn[found.consent_id] = a_withdrawal(
        "recipients-told",
        opened_before=(
            Opening(consent_id=found.consent_id, data_class="identity", recipient=THEIRS, at=NOW),
        ),
        purge_answers=(PurgeAnswer(programme=THEIRS, purge="legal_hold", at=NOW),),
    )
    said = words_of(browser.go(PAGE))
    assert "Name: Meadow housing" in said
    assert "Meadow housing: Must keep it by law." in said


def test_nothing_opened_and_no_word_yet(browser: Browser, edge: StandInEdge) -> None:
    edge.show(a_view(standing="withdrawn"))
    found = a_withdrawal("in-force")
    edge.withdrawn[found.consent_id] = found
    said = words_of(browser.go(PAGE))
    assert "Nothing was opened before." in said
    assert "No word yet." in said


def test_a_deletion_that_nobody_confirmed_in_time_is_said_where_she_asks_and_in_the_list(
    browser: Browser, edge: StandInEdge
) -> None:
    late = {"state": "cancelled", "standing": "withdrawn", "purge": "asked", "overdue": ("purge-overdue",)}
    view = a_view(**late)
    edge.show(view)
    edge.withdrawn[view.consent_id] = a_withdrawal("recipients-told")
    said = "Late: they have not said if it was deleted. Ask them."
    for address in (PAGE, "/", f"/referrals/{view.referral_id}"):
        assert said in words_of(browser.go(address))
    edge.show(replace(view, purge="legal_hold"))
    for address in (PAGE, f"/referrals/{view.referral_id}"):
        assert said not in words_of(browser.go(address))


def test_it_may_be_asked_twice(browser: Browser, edge: StandInEdge) -> None:
    edge.show(a_view())
    browser.go(PAGE)
    sent = browser.filled("Yes, take it back now")
    for _ in range(2):
        browser.send(PAGE, sent)
        assert "In force." in words_of(browser.page)


def test_what_was_received_is_not_ours_to_withdraw(browser: Browser, edge: StandInEdge) -> None:
    edge.show(received())
    browser.go(PAGE)
    assert browser.answer.status_code == 404


def test_an_expired_yes_says_so(browser: Browser, edge: StandInEdge) -> None:
    edge.show(a_view(standing="expired"))
    assert "The yes reached its last day." in words_of(browser.go(PAGE))


def test_when_it_does_not_work_the_page_says_so(browser: Browser, edge: StandInEdge) -> None:
    def away(_: str) -> Withdrawal:
        raise EdgeError("the database is full")

    edge.show(a_view())
    browser.go(PAGE)
    edge.withdraw = away  # type: ignore[method-assign]
    page = browser.press("Yes, take it back now")
    assert browser.answer.status_code == 503
    assert "That did not work" in words_of(page)
    assert page.all("button")
