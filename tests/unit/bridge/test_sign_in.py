"""Signing in and out by the pages, on SQLite and PostgreSQL: what opens a session, and all that ends one."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from bridge_kit import BASE, StandInEdge, a_bearer, a_config, a_view, an_id, keyed, received, sign_in
from fastapi.testclient import TestClient
from page_kit import Browser, words_of
from sign_in_kit import ASH, HandClock, Office

from ngo_bridge.sign_in import rules
from ngo_bridge.sign_in.audit import Entry


@pytest.fixture
def office(edge: StandInEdge, tmp_path: Path, bridge_url: str) -> Iterator[Office]:
    with Office(edge, a_config(tmp_path, database=bridge_url)).open() as made:
        yield made


def test_name_password_and_code_open_a_session(office: Office) -> None:
    ash = office.somebody()
    browser = office.browser()
    assert browser.go("/").one("h1").text == "Sign in"
    ash.signs_in(browser)
    assert browser.answer.url.path == "/"
    assert browser.page.one("h1").text == "Today"
    assert browser.go("/account").one("h1").text == "Your account"
    assert f"You are signed in as {ASH}." in words_of(browser.page)
    assert office.audit() == [("account-added", "administrator", ash.id), ("signed-in", ash.id, None)]


def test_the_page_that_was_wanted_comes_after_it(office: Office, edge: StandInEdge) -> None:
    edge.show(a_view())
    ash, browser, wanted = office.somebody(), office.browser(), f"/referrals/{an_id('a referral')}"
    browser.go(wanted)
    assert browser.answer.url.path == "/sign-in"
    ash.signs_in(browser)
    assert browser.answer.url.path == wanted


@pytest.mark.parametrize(
    "place", ["https://evil.example", "//evil.example", "/\\evil.example", "/v1/tokens", "/account", "offer"]
)
def test_no_link_leads_away_after_a_sign_in(office: Office, place: str) -> None:
    ash, browser = office.somebody(), office.browser()
    browser.http.get("/sign-in", params={"place": place})
    browser.go("/sign-in")
    sent = [(n, place if n == "place" else v) for n, v in browser.filled("Sign in", **ash.typed())]
    browser.send("/sign-in", sent)
    assert browser.answer.url.path == "/"
    assert browser.answer.url.host == "127.0.0.1"


def test_the_title_tells_nothing_of_what_this_is_for(office: Office) -> None:
    page = office.browser().go("/sign-in")
    assert page.one("title").text == "Sign in"
    assert page.all("script") == page.all("script", src="/enhance.js")


def test_each_page_needs_a_session(office: Office, edge: StandInEdge) -> None:
    edge.show(a_view())
    http, one = office.browser().http, an_id("a referral")
    for path in ("/", "/offer", "/withdraw", f"/referrals/{one}", "/account", "/caseworkers", "/nothing"):
        answer = http.get(path, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"].split("?")[0]) == (303, "/sign-in")
    form = {"content-type": "application/x-www-form-urlencoded"}
    for path in ("/offer", f"/withdraw/{one}", f"/referrals/{one}/answer", f"/referrals/{one}/look"):
        answer = http.post(path, content=b"", headers=form, follow_redirects=False)
        assert answer.headers["location"].startswith("/sign-in?")
    assert edge.told == []


def test_a_session_ends_when_nothing_is_done(office: Office) -> None:
    ash, browser = office.somebody(), office.browser()
    ash.signs_in(browser)
    for _ in range(5):
        office.clock.now += rules.IDLE - timedelta(seconds=31)
        assert browser.go("/").one("h1").text == "Today"
    office.clock.now += rules.IDLE
    page = browser.go("/")
    assert page.one("h1").text == "Sign in"
    assert "You were signed out" in words_of(page)


def test_a_session_ends_after_a_day_of_work_whatever_is_done(office: Office) -> None:
    ash, browser = office.somebody(), office.browser()
    ash.signs_in(browser)
    began = office.clock.now
    while office.clock.now < began + rules.LONGEST - timedelta(minutes=10):
        office.clock.now += timedelta(minutes=10)
        assert browser.go("/offer").one("h1").text != "Sign in"
    office.clock.now = began + rules.LONGEST
    assert browser.go("/").one("h1").text == "Sign in"


def test_signing_out_ends_the_session_here_and_not_only_in_the_browser(office: Office) -> None:
    ash, browser = office.somebody(), office.browser()
    ash.signs_in(browser)
    stolen = office.holding(browser)
    assert stolen.go("/").one("h1").text == "Today"
    browser.press("Sign out")
    assert "You are signed out." in words_of(browser.page)
    assert office.session_of(browser) is None
    assert stolen.go("/").one("h1").text == "Sign in"
    assert office.audit()[-1] == ("signed-out", ash.id, None)


def test_signing_out_of_all_ends_every_session_and_nobody_elses(office: Office) -> None:
    ash, birch = office.somebody(), office.somebody("invented-birch")
    here, there, other = (office.browser() for _ in range(3))
    for who, browser in ((ash, here), (ash, there), (birch, other)):
        who.signs_in(browser)
    here.go("/account")
    assert "signed in at 2 places" in words_of(here.page)
    here.press("Sign out of all")
    assert [b.go("/").one("h1").text for b in (here, there, other)] == ["Sign in", "Sign in", "Today"]


def test_a_supervisor_ends_sessions_and_takes_an_account_away(office: Office) -> None:
    ash, chief = office.somebody(), office.somebody("invented-cedar", "supervisor")
    at_work, desk = office.browser(), office.browser()
    ash.signs_in(at_work)
    chief.signs_in(desk)
    desk.go("/caseworkers")
    desk.press(f"Sign them out – {ASH}")
    assert "They are signed out." in words_of(desk.page)
    assert at_work.go("/").one("h1").text == "Sign in"
    ash.signs_in(at_work)
    desk.press(f"Yes, take it away – {ASH}")
    assert at_work.go("/").one("h1").text == "Sign in"
    ash.signs_in(at_work)
    assert at_work.answer.status_code == 422
    assert office.audit()[-4:] == [
        ("sessions-revoked", chief.id, ash.id),
        ("signed-in", ash.id, None),
        ("account-revoked", chief.id, ash.id),
        ("refused", None, None),
    ]


def test_who_is_no_supervisor_finds_no_such_page(office: Office) -> None:
    ash, birch, browser = office.somebody(), office.somebody("invented-birch"), office.browser()
    ash.signs_in(browser)
    browser.go("/")
    guard = browser.page.all("input", name="guard")[0]["value"]
    assert browser.http.get("/caseworkers").status_code == 404
    for act in ("revoke", "sign-out"):
        browser.send(f"/caseworkers/{birch.id}/{act}", [("guard", guard)])
        assert browser.answer.status_code == 404
    assert [each.revoked_at for each in office.desk.caseworkers.all()] == [None, None]


def test_a_supervisor_cannot_take_away_their_own_account(office: Office) -> None:
    chief, browser = office.somebody("invented-cedar", "supervisor"), office.browser()
    chief.signs_in(browser)
    guard = browser.go("/caseworkers").all("input", name="guard")[0]["value"]
    assert not any("take it away" in button.text for button in browser.page.all("button"))
    browser.send(f"/caseworkers/{chief.id}/revoke", [("guard", guard)])
    assert browser.answer.status_code == 404


def test_another_password_needs_the_one_of_now_and_a_fresh_code(office: Office) -> None:
    ash, browser, elsewhere = office.somebody(), office.browser(), office.browser()
    ash.signs_in(browser)
    ash.signs_in(elsewhere)
    browser.go("/account")
    for wrong in (
        {"password": "not this one", "code": ash.code()},
        {"password": ash.password, "code": "000000"},
    ):
        browser.press("Set the new password", fresh="quiet invented river", **wrong)
        assert "Check your password now" in words_of(browser.page)
    for short in ("short", f"{ASH} and more", "x" * 201):
        browser.press("Set the new password", fresh=short, password=ash.password, code=ash.code())
        assert browser.answer.status_code == 422
    browser.press("Set the new password", fresh="quiet invented river", **ash.proof())
    assert "Your new password is set." in words_of(browser.page)
    assert elsewhere.go("/").one("h1").text == "Sign in"
    ash.signs_in(browser)
    assert browser.answer.status_code == 422
    ash.password = "quiet invented river"
    ash.signs_in(browser)
    assert browser.page.one("h1").text == "Today"


def test_what_is_done_is_noted_by_random_ids(office: Office, edge: StandInEdge) -> None:
    edge.show(a_view("sent"), received("came", state="accepted"))
    ash, browser, sent, came = office.somebody(), office.browser(), an_id("sent"), an_id("came")
    ash.signs_in(browser)
    browser.go(f"/referrals/{came}")
    browser.press("Show what they sent")
    browser.go(f"/withdraw/{sent}")
    browser.press("Yes, take it back now")
    command = a_bearer(office.app, "withdraw") | keyed()
    browser.http.post("/v1/withdrawals", json={"referral_id": sent}, headers=command)
    lines = [entry for _, _, entry in office.desk.audit.lines()][-3:]
    assert lines[:2] == [
        Entry(kind="acted", actor=ash.id, about=came, what="POST /referrals/{referral_id}/look"),
        Entry(kind="acted", actor=ash.id, about=sent, what="POST /withdraw/{referral_id}"),
    ]
    assert (lines[2].what, lines[2].about) == ("POST /v1/withdrawals", sent)
    assert str(lines[2].actor).startswith("token:")
    assert ASH not in json.dumps([str(line) for line in lines])


def test_withdrawing_asks_for_nothing_more(office: Office, edge: StandInEdge) -> None:
    """Speed counts there: a session is enough, with no second look at who it is."""
    edge.show(a_view())
    ash, browser = office.somebody(), office.browser()
    ash.signs_in(browser)
    office.clock.now += rules.IDLE - timedelta(minutes=1)
    browser.go(f"/withdraw/{an_id('a referral')}")
    browser.press("Yes, take it back now")
    assert edge.did("withdraw") == [an_id("a referral")]


def test_two_bridges_on_one_machine_keep_their_cookies_apart(
    office: Office, tmp_path_factory: pytest.TempPathFactory
) -> None:
    names = {office.app.state.bridge.cookies.session}
    other = Office(StandInEdge(), a_config(tmp_path_factory.mktemp("other"), port=21021))
    names.add(other.app.state.bridge.cookies.session)
    assert names == {"bridge_session_21020", "bridge_session_21021"}


def test_over_tls_only_this_host_can_set_the_cookies(edge: StandInEdge, tmp_path: Path) -> None:
    origin = "https://bridge.example"
    office = Office(edge, a_config(tmp_path, origins=(origin,)))
    with office.open(origin):
        ash, browser = office.somebody(), office.browser()
        browser.go("/sign-in")
        given = browser.http.post(
            "/sign-in", data=dict(browser.filled("Sign in", **ash.typed())), follow_redirects=False
        ).headers.get_list("set-cookie")
    assert {each.split("=")[0] for each in given} == {
        "__Host-bridge_session",
        "__Host-bridge_visit",
        "__Host-bridge_known",
    }
    for each in given:
        said = {piece.strip().lower() for piece in each.split(";")[1:]}
        assert {"secure", "httponly", "samesite=strict", "path=/"} <= said
        assert not any(piece.startswith("domain") for piece in said)


def test_the_kit_signs_in_like_the_page(office: Office) -> None:
    with TestClient(office.app, base_url=BASE) as http:
        sign_in(http, office.app)
        assert Browser(http).go("/").one("h1").text == "Today"
    assert HandClock(datetime(2031, 5, 4)).now.year == 2031
