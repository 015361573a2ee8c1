"""Pages that look again by themselves: what they swap, what overtakes, and that it is no use of a session."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from bridge_kit import NOW, THEIRS, StandInEdge, a_client, a_config, a_view, an_id, received
from page_kit import Browser, words_of

from ngo_bridge.app import build
from ngo_bridge.sign_in.rules import IDLE
from participant_edge.views import Handover, OpenedPart, Step
from referral_exchange import events, vocabulary

PAGE = f"/referrals/{an_id('a referral')}"
LOOKS = {"x-looks-again": "yes"}
TAKEN = {"state": "cancelled", "standing": "withdrawn", "purge": "asked", "updated_at": NOW}


def parts(browser: Browser) -> dict[str, str]:
    return {e["data-part"]: e.text for e in browser.page.all() if e["data-part"]}


@pytest.mark.parametrize("path", ["/", PAGE, f"/withdraw/{an_id('a referral')}"])
def test_what_can_be_followed_says_so_and_works_without_a_script(
    browser: Browser, edge: StandInEdge, path: str
) -> None:
    edge.show(a_view())
    edge.withdraw(an_id("a referral"))
    main = browser.go(path).one("main")
    assert int(main["data-live"]) <= 10
    assert main["data-version"]
    assert main.all("", role="status")
    assert [a for a in main.all("a") if a.text == "Look again" and a["href"] == path]


def test_the_version_changes_with_what_happens_and_not_with_time(edge: StandInEdge, tmp_path: Path) -> None:
    now = [NOW]
    app = build(edge, a_config(tmp_path), lambda: now[0])  # type: ignore[arg-type]
    browser = Browser(a_client(app))
    view = a_view()
    edge.show(view)
    for path in ("/", PAGE):
        first = browser.go(path).one("main")["data-version"]
        now[0] += timedelta(minutes=3)
        assert browser.go(path).one("main")["data-version"] == first
        answered = Step(
            event_id=an_id(path), kind="ReferralAnswered", what="accepted", programme=THEIRS, at=NOW
        )
        edge.show(replace(view, state="accepted", steps=(*view.steps, answered)))
        assert browser.go(path).one("main")["data-version"] != first
        edge.show(view)
    edge.show(replace(view, state="accepted", steps=(*view.steps, answered)))
    assert browser.go(PAGE).one("main")["data-news"] == "Meadow housing said yes."


def test_a_yes_taken_back_overtakes_what_is_open_at_the_recipient(
    browser: Browser, edge: StandInEdge
) -> None:
    edge.show(received(state="accepted"))
    who = events.Identity(chosen_name="Invented Marigold")
    edge.parts[an_id("a referral")] = [OpenedPart(event_id=an_id("e"), data_class="identity", record=who)]
    browser.go(PAGE)
    shown = browser.press("Show what they sent")
    assert shown.one("main")["data-at"] == PAGE
    assert shown.one("", **{"data-part": "opened"})["data-keep"] == "live"
    assert "data-now" not in shown.one("", **{"data-part": "opened"}).attributes

    edge.show(received(**TAKEN))
    page = browser.go(PAGE)
    (alert,) = page.all("section", role="alert")
    assert "The yes was taken back Close what you have open now." in alert.text
    assert "delete it, or say that a law makes you keep it" in alert.text
    opened = page.one("", **{"data-part": "opened"})
    assert (opened.text, opened["data-keep"], opened["data-now"]) == ("", "withdrawn", "taken")
    assert page.one("", **{"data-part": "taken"})["data-now"] == "taken"
    assert "We deleted all of it" in page.one("", **{"data-part": "acts"}).text


def test_a_form_to_mend_is_never_swapped(browser: Browser, edge: StandInEdge) -> None:
    edge.show(received())
    browser.go(PAGE)
    page = browser.press("No, not this time")
    assert "data-live" not in page.one("main").attributes


def test_looking_again_asks_the_ledger_for_nothing(browser: Browser, edge: StandInEdge) -> None:
    edge.show(a_view())
    asked: list[str] = []
    edge.disclosures = lambda referral_id: asked.append(referral_id) or []  # type: ignore[method-assign, func-returns-value]
    browser.http.get(PAGE, headers=LOOKS)
    assert asked == []
    browser.go(PAGE)
    assert asked == [an_id("a referral")]


def test_a_page_that_looks_by_itself_keeps_nobody_signed_in(edge: StandInEdge, tmp_path: Path) -> None:
    now: list[datetime] = [NOW]
    app = build(edge, a_config(tmp_path), lambda: now[0])  # type: ignore[arg-type]
    http = a_client(app)
    while now[0] < NOW + IDLE - timedelta(minutes=1):
        now[0] += timedelta(minutes=1)
        assert http.get("/", headers=LOOKS, follow_redirects=False).status_code == 200
    now[0] = NOW + IDLE
    assert http.get("/", headers=LOOKS, follow_redirects=False).status_code == 303


def test_the_script_only_asks_the_pages_own_address(browser: Browser) -> None:
    script = browser.http.get("/enhance.js").text
    assert script.count("fetch(") == 1
    assert "x-looks-again" in script
    assert "http" not in script.replace("https://", "http")
    for word in ("localStorage", "sessionStorage", "cookie", "eval(", "innerHTML ="):
        assert word not in script
    assert len(script.splitlines()) <= 90


def test_a_warm_handover_has_a_time_an_introduction_and_a_role(browser: Browser, edge: StandInEdge) -> None:
    edge.show(received(state="accepted"))
    page = browser.go(PAGE)
    offered = {o["value"] for o in page.one("select", name="role").all("option")} - {""}
    assert offered == set(vocabulary.handover_roles())
    browser.press("Send the time", day="2031-05-05", hour="09:30", introduction="call-together", role="nurse")
    assert "The time is on its way to Meadow housing." in words_of(browser.page)
    ((_, state, sub_state, detail),) = edge.did("report_status")
    assert (state, sub_state) == ("in_progress", "scheduled")
    assert detail.handover_at.isoformat() == "2031-05-05T14:30:00+00:00"
    assert (detail.introduction, detail.role) == ("call-together", "nurse")


@pytest.mark.parametrize(
    "wrong",
    [{"day": ""}, {"hour": "noon"}, {"day": "2031-05-01"}, {"day": "2031-12-01"}, {"role": ""}],
)
def test_a_handover_needs_all_of_it_and_a_time_to_come(
    browser: Browser, edge: StandInEdge, wrong: dict[str, str]
) -> None:
    edge.show(received(state="accepted"))
    browser.go(PAGE)
    typed = {"day": "2031-05-05", "hour": "09:30", "introduction": "call-together", "role": "nurse"} | wrong
    page = browser.press("Send the time", **typed)
    assert browser.answer.status_code == 422
    assert page.one("section", id="faults")
    assert edge.did("report_status") == []


@pytest.mark.parametrize("make", [a_view, received])
def test_both_sides_see_the_handover(browser: Browser, edge: StandInEdge, make: type) -> None:
    edge.show(make(state="in_progress", sub_state="scheduled"))
    at = NOW + timedelta(days=1)
    edge.handovers[an_id("a referral")] = Handover(
        at=at, introduction="recipient-comes", role="shelter-worker"
    )
    said = words_of(browser.go(PAGE))
    assert "When you meet May 5, 5:15 PM" in said
    assert "Someone from the shelter" in said
