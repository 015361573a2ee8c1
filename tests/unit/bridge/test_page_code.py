"""A code for the person: shown once, to be said aloud, kept nowhere."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bridge_kit import NOW, OURS, StandInEdge, a_client, a_config, a_view, an_id, received
from page_kit import Browser, words_of

from ngo_bridge.app import build
from participant_edge.errors import EdgeError, OutcomeUnknown, Refused

PAGE = f"/referrals/{an_id('a referral')}"
CODE = "012 345 678"


def asked(browser: Browser, edge: StandInEdge) -> Browser:
    edge.show(a_view())
    browser.go(PAGE)
    browser.press("Make a code")
    return browser


@contextmanager
def answering(edge: StandInEdge, error: EdgeError) -> Iterator[None]:
    """The ledger says that to whoever wants a code."""

    def raising(referral_id: str, command_id: str) -> None:
        raise error

    edge.survivor_code = raising  # type: ignore[assignment,method-assign]
    try:
        yield
    finally:
        del edge.survivor_code


def test_one_click_shows_it_big_and_says_how_to_say_it(browser: Browser, edge: StandInEdge) -> None:
    words = words_of(asked(browser, edge).page)
    assert CODE in words
    for said in ("Say it to the person alone.", "Do not write it down.", "The code works once, until"):
        assert said in words
    assert "The page is here" not in words
    assert (browser.answer.status_code, browser.answer.headers["cache-control"]) == (200, "no-store")
    assert browser.page.one("title").text == "A code for the person – Referral exchange"


def test_it_stands_in_no_address_log_or_file(
    browser: Browser, edge: StandInEdge, caplog: object, tmp_path: Path
) -> None:
    asked(browser, edge)
    assert "012345678" not in str(browser.answer.url)
    assert "012345678" not in caplog.text  # type: ignore[attr-defined]
    for path in (each for each in tmp_path.rglob("*") if each.is_file()):
        assert b"012345678" not in path.read_bytes()


def test_a_double_click_makes_one_code(browser: Browser, edge: StandInEdge) -> None:
    edge.show(a_view())
    browser.go(PAGE)
    form = browser.page.one("form", action=f"{PAGE}/code")
    sent = {e["name"]: e["value"] for e in form.all("input")}
    first, second = (browser.http.post(f"{PAGE}/code", data=sent) for _ in range(2))
    assert CODE.split()[0] in first.text
    assert CODE.split()[0] in second.text
    assert edge.did("survivor_code") == [an_id("a referral")]


def test_the_address_to_say_is_a_setting(tmp_path: Path) -> None:
    edge = StandInEdge()
    config = a_config(tmp_path, own_page="https://example.org/")
    with a_client(build(edge, config, lambda: NOW)) as http:  # type: ignore[arg-type]
        words = words_of(asked(Browser(http), edge).page)
    assert "The page is here: https://example.org/" in words


def test_what_came_in_has_no_code(browser: Browser, edge: StandInEdge) -> None:
    edge.show(received("theirs"))
    page = browser.go(f"/referrals/{an_id('theirs')}")
    assert [b for b in page.all("button") if b.text == "Make a code"] == []
    guard = page.all("input", name="guard")[0]["value"]
    sent = {"guard": guard, "key": "a-key-of-a-test-of-ours"}
    assert browser.http.post(f"/referrals/{an_id('theirs')}/code", data=sent).status_code == 404


def test_a_ledger_that_is_away_lets_the_same_form_be_sent_again(browser: Browser, edge: StandInEdge) -> None:
    edge.show(a_view())
    browser.go(PAGE)
    key = browser.page.one("form", action=f"{PAGE}/code").one("input", name="key")["value"]
    with answering(edge, OutcomeUnknown("x")):
        page = browser.press("Make a code")
    assert browser.answer.status_code == 503
    assert page.one("form", action=f"{PAGE}/code").one("input", name="key")["value"] == key
    assert CODE in words_of(browser.press("Make a code"))


def test_too_many_codes_are_told_without_a_code(browser: Browser, edge: StandInEdge) -> None:
    errors: list[EdgeError] = [
        Refused("too-many-codes", "x"),
        Refused("unknown", "x"),
        Refused("conflict", "x"),
    ]
    for error in errors:
        edge.show(a_view())
        browser.go(PAGE)
        with answering(edge, error):
            page = browser.press("Make a code")
        assert browser.answer.status_code in (403, 404, 409)
        assert CODE not in words_of(page)


def test_the_audit_tells_that_a_code_was_made(browser: Browser, edge: StandInEdge, tmp_path: Path) -> None:
    asked(browser, edge)
    (database,) = tmp_path.rglob("bridge.db")
    with sqlite3.connect(database) as connection:
        noted = "\n".join(str(row) for row in connection.execute("SELECT * FROM audit"))
    assert "POST /referrals/{referral_id}/code" in noted
    assert OURS not in noted
