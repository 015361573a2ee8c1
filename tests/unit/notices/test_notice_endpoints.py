"""Webhooks of a participant's own systems: every change, in order, signed, however its server behaves."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from gateway_kit import Provider, answers, provider
from notice_kit import MEMORY, MINUTE, START, Desk, an_id
from sqlalchemy import create_engine, text
from standardwebhooks import Webhook

from participant_edge.errors import UnknownThing
from participant_edge.notices import webhook
from participant_edge.notices.endpoints import MOST, EndpointRefused, Endpoints
from participant_edge.notices.store import NoticeStore


@pytest.fixture
def remote() -> Iterator[Provider]:
    with provider() as running:
        yield running


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    made = Desk(database_url)
    yield made
    made.close()


def heard(remote: Provider) -> list[int]:
    return [json.loads(post.body)["data"]["number"] for post in remote.took]


def test_every_change_is_told_in_order_with_routing_fields_only(desk: Desk, remote: Provider) -> None:
    desk.notices.endpoints.add(remote.url)
    made = [desk.edge.offered("one"), desk.edge.answered("one"), desk.edge.offered("two")]
    desk.turn()
    assert heard(remote) == [1, 2, 3]
    assert json.loads(remote.took[1].body) == {
        "type": "change",
        "timestamp": START.isoformat(),
        "data": {
            "number": 2,
            "referral_id": an_id("one"),
            "event_id": made[1].event_id,
            "kind": "ReferralAnswered",
            "what": "accepted",
            "direction": "received",
        },
    }
    desk.restarted()
    desk.turn(MINUTE)
    assert heard(remote) == [1, 2, 3]


def test_it_hears_of_what_changes_after_it_was_added_and_of_its_kinds_only(
    desk: Desk, remote: Provider
) -> None:
    desk.edge.offered("one")
    desk.turn()
    desk.notices.endpoints.add(remote.url, ["ReferralAnswered"])
    desk.edge.offered("two")
    desk.edge.answered("two")
    desk.turn()
    assert heard(remote) == [3]


def test_a_server_that_fails_is_told_again_under_the_same_id_and_signed_anew(
    desk: Desk, remote: Provider
) -> None:
    endpoint = desk.notices.endpoints.add(remote.url)
    remote.behaviour = answers(500)
    desk.edge.offered("one")
    desk.edge.answered("one")
    desk.turn()
    desk.turn(timedelta(seconds=1))
    assert len(remote.took) == 1
    (shown,) = desk.notices.endpoints.list()
    assert (shown.state, shown.code, shown.failing_since) == ("failing", "http-500", START)
    assert not desk.notices.report().well
    remote.behaviour = None
    desk.restarted()
    desk.turn(timedelta(seconds=10))
    assert heard(remote) == [1, 1, 2]
    first, again = remote.took[:2]
    assert first.headers["webhook-id"] == again.headers["webhook-id"]
    assert first.headers["webhook-timestamp"] != again.headers["webhook-timestamp"]
    assert first.headers["webhook-signature"] != again.headers["webhook-signature"]
    assert desk.notices.endpoints.list()[0].state == "works"
    assert endpoint.id == shown.id


def test_a_server_that_asks_for_time_is_given_it(desk: Desk, remote: Provider) -> None:
    desk.notices.endpoints.add(remote.url)
    remote.behaviour = answers(429, Retry_After="120")
    desk.edge.offered("one")
    desk.turn()
    desk.turn(MINUTE)
    assert len(remote.took) == 1
    desk.turn(2 * MINUTE)
    assert len(remote.took) == 2


def test_one_that_fails_keeps_no_other_from_hearing(desk: Desk, remote: Provider) -> None:
    with provider() as other:
        other.behaviour = answers(302, Location=remote.url)
        desk.notices.endpoints.add(other.url)
        desk.notices.endpoints.add(remote.url)
        desk.edge.offered("one")
        desk.turn()
        assert len(other.took) == 1
    assert heard(remote) == [1]


def test_one_that_fails_for_days_or_is_gone_is_stopped_and_goes_on_where_it_was_once_resumed(
    desk: Desk, remote: Provider
) -> None:
    endpoint = desk.notices.endpoints.add(remote.url)
    remote.behaviour = answers(503)
    desk.edge.offered("one")
    desk.turn()
    for _ in range(6):
        desk.turn(timedelta(days=1))
    assert desk.notices.endpoints.list()[0].state == "stopped"
    calls = len(remote.took)
    desk.turn(timedelta(days=1))
    assert len(remote.took) == calls
    remote.behaviour = answers(410)
    desk.notices.endpoints.resume(endpoint.id)
    desk.turn()
    assert desk.notices.endpoints.list()[0].state == "stopped"
    remote.behaviour = None
    desk.notices.endpoints.resume(endpoint.id)
    desk.turn()
    assert heard(remote)[-1] == 1
    assert desk.notices.endpoints.list()[0].state == "works"


def test_after_a_rotation_the_former_secret_verifies_for_a_day(desk: Desk, remote: Provider) -> None:
    first = desk.notices.endpoints.add(remote.url)
    second = desk.notices.endpoints.rotate(first.id)
    assert second.secret != first.secret
    desk.edge.offered("one")
    desk.turn()
    assert len(_signatures(remote)) == 2
    desk.edge.offered("two")
    desk.turn(timedelta(hours=25))
    assert len(_signatures(remote)) == 1
    sent = remote.took[-1]
    at = START + timedelta(hours=25)
    expected = Webhook(second.secret).sign(sent.headers["webhook-id"], at, sent.body.decode())
    assert _signatures(remote) == [expected]


def test_one_that_was_removed_is_not_called(desk: Desk, remote: Provider) -> None:
    endpoint = desk.notices.endpoints.add(remote.url)
    desk.notices.endpoints.remove(endpoint.id)
    desk.edge.offered("one")
    desk.turn()
    assert remote.took == []
    assert desk.notices.endpoints.list() == []
    for act in ("remove", "rotate", "resume"):
        with pytest.raises(UnknownThing):
            getattr(desk.notices.endpoints, act)(endpoint.id)


def test_its_secret_is_shown_once_and_stands_in_the_database_encrypted(
    desk: Desk, remote: Provider, database_url: str
) -> None:
    endpoint = desk.notices.endpoints.add(remote.url)
    assert webhook.check_secret(endpoint.secret)
    assert endpoint.secret not in repr(desk.notices.endpoints.list())
    engine = create_engine(database_url)
    with engine.connect() as connection:
        kept = bytes(connection.execute(text("SELECT secrets FROM notice_endpoints")).scalar_one())
    engine.dispose()
    assert endpoint.secret.removeprefix("whsec_").encode() not in kept
    with pytest.raises(Exception, match="key file"):
        type(MEMORY)(bytes(32)).reveal(kept, f"webhook:{endpoint.id}")


def test_an_endpoint_that_cannot_be_called_safely_is_refused(desk: Desk, database_url: str) -> None:
    strict = Endpoints(NoticeStore(database_url), MEMORY, desk.clock, allow_private=False)
    with pytest.raises(EndpointRefused, match="https://"):
        strict.add("http://system.example.org/")
    with pytest.raises(EndpointRefused, match="whsec_"):
        strict.add("https://system.example.org/", secret="guessable")
    for number in range(MOST):
        strict.add(f"https://system.example.org/{number}")
    with pytest.raises(EndpointRefused, match="remove one first"):
        strict.add("https://system.example.org/")
    assert len(strict.list()) == MOST
    strict._store.close()


def test_a_private_address_is_refused_when_it_is_called_not_only_when_it_is_added(
    desk: Desk, remote: Provider
) -> None:
    desk.settings = type(desk.settings)(ladder=desk.settings.ladder, allow_private=False)
    desk.restarted()
    desk.notices.endpoints.add(f"https://localhost:{remote.port}/")
    desk.edge.offered("one")
    desk.turn()
    assert desk.notices.endpoints.list()[0].code == "address-refused"
    assert remote.took == []


def test_a_store_that_was_lost_and_numbers_anew_is_told_from_its_beginning(
    desk: Desk, remote: Provider
) -> None:
    desk.notices.endpoints.add(remote.url)
    for number in range(4):
        desk.edge.offered(f"{number}")
    desk.turn()
    desk.edge.said.clear()
    desk.edge.offered("after the loss")
    desk.restarted()
    desk.turn(MINUTE)
    assert heard(remote) == [1, 2, 3, 4, 1]
    assert len({post.headers["webhook-id"] for post in remote.took}) == 5


def _signatures(remote: Provider) -> list[str]:
    return remote.took[-1].headers["webhook-signature"].split(" ")
