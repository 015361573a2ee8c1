"""Notices on a page: what climbs, what nobody answered, and saying that one sees to it."""

from pathlib import Path
from typing import Any

import pytest
from bridge_kit import NOW, StandInEdge, a_client, a_config, an_id, received, some_notices
from page_kit import Browser, words_of

from ngo_bridge.app import build
from participant_edge.notices import matter_rows
from participant_edge.notices.notices import Notices

HEARD = f"I see to it – {an_id('a referral')[:8]}, 1"


@pytest.fixture
def notices(edge: StandInEdge, tmp_path: Path) -> Notices:
    return some_notices(edge, tmp_path)


@pytest.fixture
def browser(edge: StandInEdge, notices: Notices, tmp_path: Path) -> Any:
    app = build(edge, a_config(tmp_path), lambda: NOW, notices=notices)  # type: ignore[arg-type]
    return Browser(a_client(app))


@pytest.fixture
def waiting(edge: StandInEdge, notices: Notices) -> None:
    """An offer that nobody has answered."""
    edge.show(received())
    edge.learn(1, kind="ReferralOffered", what="")
    notices.step()


def test_no_notice_says_so(browser: Browser) -> None:
    assert "No notice waits for an answer." in words_of(browser.go("/notices"))


@pytest.mark.usefixtures("waiting")
def test_it_is_said_once_that_one_sees_to_it(browser: Browser, notices: Notices) -> None:
    said = words_of(browser.go("/notices"))
    assert "A request waits for your answer" in said
    sent, path = browser.filled(HEARD), browser.form(HEARD)["action"]
    for _ in range(2):
        page = browser.send(path, sent)
        assert browser.answer.status_code == 200
        assert "No one else is told." in words_of(page)
    assert notices.waiting() == []
    lines = browser.http.app.state.bridge.desk.audit.lines()  # type: ignore[attr-defined]
    assert an_id("a referral") in [entry.about for _, _, entry in lines]


@pytest.mark.usefixtures("waiting")
def test_what_nobody_answered_is_loud_on_both_pages(browser: Browser, notices: Notices) -> None:
    with notices._store.transaction() as connection:
        matter_rows.set_loud(connection, 1, NOW)
    assert "No one has answered a notice." in words_of(browser.go("/"))
    assert "Everyone was told. No one has answered." in words_of(browser.go("/notices"))


@pytest.mark.usefixtures("waiting")
def test_a_number_that_never_was_does_no_harm(browser: Browser, notices: Notices) -> None:
    browser.go("/notices")
    sent = browser.filled(HEARD)
    for number in ("99", "0", "99999999999999999999"):
        browser.send(f"/notices/{number}/heard", sent)
        assert browser.answer.status_code in (200, 404)
    assert len(notices.waiting()) == 1


def test_without_notices_the_page_stands_all_the_same(edge: StandInEdge, tmp_path: Path) -> None:
    app = build(edge, a_config(tmp_path / "b"), lambda: NOW)  # type: ignore[arg-type]
    assert "No notice waits" in words_of(Browser(a_client(app)).go("/notices"))
