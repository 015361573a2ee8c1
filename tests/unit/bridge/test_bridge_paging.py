"""Cursors say nothing, lead to every item once, and belong to the list that gave them."""

from dataclasses import replace

import pytest
from bridge_kit import NOW, OURS, THEIRS, StandInEdge, a_view, an_id, received
from fastapi.testclient import TestClient

from participant_edge.views import InboxEntry

COUNT = 23


def an_entry(n: int) -> InboxEntry:
    return InboxEntry(
        event_id=an_id(f"entry {n}"),
        kind="ReferralOffered",
        what="",
        referral_id=an_id(f"referral {n}"),
        programme_from=THEIRS,
        programme_to=OURS,
        occurred_at=NOW,
        received_at=NOW,
        state="delivered",
        parts=1,
        attempts=1,
        delivered="once",
    )


@pytest.fixture(autouse=True)
def _many(edge: StandInEdge) -> None:
    for n in range(COUNT):
        edge.show(replace(a_view(f"sent {n}")), received(f"received {n}"))
    edge.entries = [an_entry(n) for n in range(COUNT)]


def every(http: TestClient, path: str, name: str, **query: str) -> list[str]:
    """Ids of all items, page by page."""
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = http.get(path, params={"limit": "5", **query, **cursor}).json()
        assert len(page["items"]) <= 5
        found += [item[name] for item in page["items"]]
        if page["next"] is None:
            return found
        cursor = {"cursor": page["next"]}


def test_every_referral_comes_once(http: TestClient) -> None:
    found = every(http, "/v1/referrals", "referral_id")
    assert len(found) == len(set(found)) == 2 * COUNT


@pytest.mark.parametrize("direction", ["sent", "received"])
def test_one_direction_alone(http: TestClient, direction: str) -> None:
    found = every(http, "/v1/referrals", "referral_id", direction=direction)
    assert set(found) == {an_id(f"{direction} {n}") for n in range(COUNT)}


def test_every_message_comes_once(http: TestClient) -> None:
    assert every(http, "/v1/inbox", "event_id") == [an_id(f"entry {n}") for n in range(COUNT)]


@pytest.mark.parametrize("cursor", ["x", "5", "AAAA", "é", " ", "A" * 600, "====", "MTA"])
def test_a_cursor_of_ones_own_making_is_refused(http: TestClient, cursor: str) -> None:
    for path in ("/v1/referrals", "/v1/inbox"):
        answer = http.get(path, params={"cursor": cursor})
        assert answer.status_code == 422
        assert answer.headers["content-type"] == "application/problem+json"


def test_a_cursor_belongs_to_its_list(http: TestClient) -> None:
    cursor = http.get("/v1/referrals", params={"limit": "5"}).json()["next"]
    assert http.get("/v1/inbox", params={"cursor": cursor}).json()["type"].endswith("/bad-cursor")
    sent = http.get("/v1/referrals", params={"cursor": cursor, "direction": "sent"})
    assert sent.json()["type"].endswith("/bad-cursor")


def test_a_cursor_tells_nothing(http: TestClient) -> None:
    cursor = http.get("/v1/referrals", params={"limit": "5"}).json()["next"]
    assert not cursor.isdecimal()
    assert len(cursor) >= 12


@pytest.mark.parametrize("limit", ["0", "201", "-1", "x", "1.5"])
def test_a_page_has_1_to_200_items(http: TestClient, limit: str) -> None:
    assert http.get("/v1/inbox", params={"limit": limit}).status_code == 422
