"""Who is paused, resumed, expelled, and how one comes back."""

from typing import Any

import pytest
from directory_kit import HOST, Office, b64, draft, listed_participant
from fastapi.testclient import TestClient
from starlette.types import Receive, Scope, Send

NEW = {"signing_key": b64(b"s" * 32), "sealing_key": b64(b"h" * 32), "key_id": "2", "key_lost": True}
CHANGES = ("/v1/participants", "/v1/participants/harbor-house/standing", "/v1/imports")


def stand(office: Office, standing: str, participant: str = "harbor-house") -> Any:
    return office.client.post(f"/v1/participants/{participant}/standing", json={"standing": standing})


def listed(office: Office) -> str:
    return office.topic.directory().participants["harbor-house"].standing


def codes(answer: Any) -> set[str]:
    return {fault["code"] for fault in answer.json()["faults"]}


@pytest.fixture
def enrolled(office: Office) -> Office:
    assert office.enrol().status_code == 200
    return office


def test_a_pause_stands_in_the_topic_and_ends(enrolled: Office) -> None:
    assert stand(enrolled, "paused").json() == {
        "participant_id": "harbor-house",
        "standing": "paused",
        "changed": True,
    }
    assert listed(enrolled) == "paused"
    assert stand(enrolled, "enrolled").status_code == 200
    assert listed(enrolled) == "enrolled"


def test_repeating_it_says_nothing_new(enrolled: Office) -> None:
    stand(enrolled, "paused")
    messages = len(enrolled.topic.messages)
    assert stand(enrolled, "paused").json()["changed"] is False
    assert len(enrolled.topic.messages) == messages


def test_enrolling_again_does_not_end_a_pause(enrolled: Office) -> None:
    stand(enrolled, "paused")
    assert enrolled.enrol(name="Harbor House of the Bay").status_code == 200
    assert listed(enrolled) == "paused"


def test_who_does_not_take_part_is_neither_found_nor_published(enrolled: Office) -> None:
    assert enrolled.search() != []
    for standing in ("paused", "expelled"):
        stand(enrolled, standing)
        assert enrolled.search() == []
        assert enrolled.client.get("/v1/hsds").json()["contents"] == []


def test_expelled_is_for_good(enrolled: Office) -> None:
    stand(enrolled, "expelled")
    for standing in ("enrolled", "paused"):
        answer = stand(enrolled, standing)
        assert (answer.status_code, codes(answer)) == (409, {"expelled"})
    assert listed(enrolled) == "expelled"
    assert stand(enrolled, "expelled").json()["changed"] is False


def test_an_expelled_one_comes_back_with_new_keys_only(enrolled: Office) -> None:
    enrolled.enrol(programmes=[draft(programme_id="harbor-shelter")])
    stand(enrolled, "expelled")
    both = [draft(**NEW), draft(programme_id="harbor-shelter", **NEW)]
    assert enrolled.enrol(programmes=both).status_code == 200
    assert listed(enrolled) == "enrolled"


@pytest.mark.parametrize(
    "changed",
    [
        {"signing_key": draft()["signing_key"]},
        {"sealing_key": draft()["sealing_key"]},
        {"key_id": "1"},
        {"key_lost": False},
        {"previous_key_id": "1", "previous_key_signature": b64(b"x" * 64)},
    ],
)
def test_an_expelled_one_does_not_come_back_by_its_old_keys(enrolled: Office, changed: Any) -> None:
    stand(enrolled, "expelled")
    answer = enrolled.enrol(programmes=[draft(**(NEW | changed))])
    assert "expelled" in codes(answer)
    assert listed(enrolled) == "expelled"


def test_no_old_programme_comes_back_unseen(enrolled: Office) -> None:
    enrolled.enrol(programmes=[draft(programme_id="harbor-shelter")])
    stand(enrolled, "expelled")
    assert "expelled" in codes(enrolled.enrol(programmes=[draft(**NEW)]))


def test_a_stranger_and_an_unknown_standing_are_told_apart_from_success(enrolled: Office) -> None:
    assert stand(enrolled, "paused", "nobody").status_code == 404
    assert stand(enrolled, "unspecified").status_code == 422
    assert stand(enrolled, "suspended").status_code == 422


def test_a_service_of_the_exchange_is_not_paused(enrolled: Office) -> None:
    own = listed_participant(participant_id="consent_ledger", kind="exchange_service")
    enrolled.book.adopt([own])
    answer = stand(enrolled, "paused", "consent_ledger")
    assert (answer.status_code, codes(answer)) == (409, {"own-service"})


def test_a_new_disk_reaches_the_same_standing(enrolled: Office, tmp_path: Any) -> None:
    stand(enrolled, "paused")
    anew = Office(f"sqlite:///{tmp_path}/anew.db", topic=enrolled.topic)
    anew.reader.read_to_end()
    assert anew.book.view.directory.participants["harbor-house"].standing == "paused"
    assert anew.search() == []
    anew.close()


def test_unanswered_by_the_broker_is_repeated(enrolled: Office) -> None:
    enrolled.topic.away = True
    assert stand(enrolled, "expelled").status_code == 503
    enrolled.topic.away = False
    assert stand(enrolled, "expelled").status_code == 200
    assert listed(enrolled) == "expelled"


@pytest.mark.parametrize("who", [None, "harbor-house", "administrator", "Operator"])
def test_nobody_but_the_operator_changes_the_directory(tmp_path: Any, who: str | None) -> None:
    office = Office(f"sqlite:///{tmp_path}/peers.db", asks_peer=True)
    asked = asking(office, Shown(office.app, who))
    assert [asked(path) for path in CHANGES] == [403, 403, 403]
    assert office.topic.messages == []
    assert asking(office, Shown(office.app, "operator"))(CHANGES[0]) == 200
    office.close()


class Shown:
    """Puts a certificate's name where the server does."""

    def __init__(self, app: Any, who: str | None) -> None:
        self.app = app
        self.who = who

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        told = {"tls_peer": {"common_name": self.who}} if self.who else {}
        await self.app({**scope, "extensions": told}, receive, send)


def asking(office: Office, app: Shown) -> Any:
    client = TestClient(app, base_url=f"http://{HOST}", raise_server_exceptions=False)
    bodies = {
        CHANGES[0]: {"participant_id": "harbor-house", "name": "H", "kind": "ngo", "programmes": [draft()]},
        CHANGES[1]: {"standing": "paused"},
        CHANGES[2]: [],
    }
    return lambda path: client.post(path, json=bodies[path]).status_code
