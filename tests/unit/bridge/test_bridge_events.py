"""The event stream on real sockets: in order, resumed, warm, and never held up by who does not read."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from bridge_kit import StandInEdge, an_id, keyed
from stream_kit import QUICK, Served, eventually, listening, serving

from ngo_bridge.feed import AT_ONCE, Streaming
from ngo_bridge.server import GRACE_S
from participant_edge.errors import OutcomeUnknown
from participant_edge.views import Change


@pytest.fixture
def served(edge: StandInEdge, tmp_path: Path) -> Iterator[Served]:
    with serving(edge, tmp_path) as made:
        yield made


def test_what_is_learnt_is_told_in_order_with_its_number(served: Served, edge: StandInEdge) -> None:
    edge.learn(3)
    ends: list[int] = []
    changes = edge.changes

    def watched(after: int, limit: int = 100) -> list[Change]:
        found = changes(after, limit)
        if limit == AT_ONCE and not found:
            ends.append(after)
        return found

    edge.changes = watched  # type: ignore[method-assign]
    with listening(served) as client:
        client.until(lambda: client.numbers == [1, 2, 3])
        eventually(lambda: ends)  # it waits now, for half a minute unless it is woken
        edge.learn(2, kind="ClockElapsed", what="unanswered", referral_id=None)
        client.until(lambda: client.numbers == [1, 2, 3, 4, 5])
        first, last = client.data[0], client.data[-1]
    assert first == {
        "number": 1,
        "event_id": an_id("change 1"),
        "event": "ServiceStatusChanged",
        "what": "in-progress:scheduled",
        "direction": "received",
        "referral_id": an_id("a referral"),
        "at": "2031-05-04T22:15:00Z",
        "links": {"referral": f"/v1/referrals/{an_id('a referral')}"},
    }
    assert (last["event"], last["referral_id"], last["links"]) == ("ClockElapsed", None, {})
    assert b"200 OK" in client.got
    assert b"text/event-stream" in client.got
    assert b"cache-control: no-store" in client.got


def test_who_comes_back_with_its_place_misses_nothing_and_gets_nothing_twice(
    served: Served, edge: StandInEdge
) -> None:
    edge.learn(250)
    got: list[int] = []
    while len(got) < 260:
        with listening(served, last_event_id=str(got[-1])) if got else listening(served) as client:
            client.until(lambda seen=client: len(seen.numbers) > 0)  # type: ignore[misc]
            got += client.numbers
        if len(got) == 250:
            edge.learn(10)
    assert got == list(range(1, 261))


def test_a_place_can_stand_in_the_address_too(served: Served, edge: StandInEdge) -> None:
    edge.learn(5)
    with listening(served, "/v1/events?after=3") as client:
        client.until(lambda: client.numbers == [4, 5])
    with listening(served, "/v1/events?after=1", last_event_id="4") as client:
        client.until(lambda: client.numbers == [5])


@pytest.mark.parametrize(("place", "numbers"), [("400", [101, 102]), ("7", [101, 102])])
def test_a_place_that_is_not_known_here_is_said(
    served: Served, edge: StandInEdge, place: str, numbers: list[int]
) -> None:
    edge.learn(102)
    edge.learnt = edge.learnt[100:]
    with listening(served, last_event_id=place) as client:
        client.until(lambda: client.numbers == numbers)
        kinds = [event["event"] for event in client.events if "event" in event]
        assert kinds == ["start-over", "change", "change"]


def test_a_known_place_is_not(served: Served, edge: StandInEdge) -> None:
    edge.learn(3)
    with listening(served, last_event_id="2") as client:
        client.until(lambda: client.numbers == [3])
        assert "start-over" not in client.body


def test_silence_is_kept_warm(edge: StandInEdge, tmp_path: Path) -> None:
    quick = Streaming(heartbeat_s=0.05, write_s=1, recheck_s=5)
    with serving(edge, tmp_path, quick) as served, listening(served) as client:
        client.until(lambda: client.body.count(": heartbeat\n\n") >= 3)
        assert client.events[0] == {"comment": "ready", "retry": "2000"}


def test_who_stops_reading_is_dropped_and_holds_nobody_up(
    served: Served, edge: StandInEdge, caplog: pytest.LogCaptureFixture
) -> None:
    edge.learn(20_000)
    with listening(served) as stuck, listening(served, last_event_id="20000") as other:
        eventually(lambda: served.bridge.feed.listeners == 2)
        edge.learn(1)
        start = time.monotonic()
        other.until(lambda: other.numbers == [20_001])
        inbox = httpx.get(f"http://127.0.0.1:{served.port}/v1/inbox", headers=served.bearer)
        assert inbox.status_code == 200
        assert time.monotonic() - start < 2
        eventually(lambda: served.bridge.feed.listeners == 1)
        assert "stopped reading" in caplog.text
        # Not only forgotten: its connection is gone too, though it never took what was written to it.
        eventually(lambda: served.connections == 1)
        while stuck.read():
            continue
        assert 0 < len(stuck.numbers) < 20_000, "what it took is whole events, and not all of them"
        assert stuck.numbers == list(range(1, len(stuck.numbers) + 1))
        edge.learn(1)
        other.until(lambda: other.numbers == [20_001, 20_002])


def test_a_stuck_client_costs_a_bounded_buffer(served: Served, edge: StandInEdge) -> None:
    edge.learn(20_000)
    places: list[int] = []
    changes = edge.changes

    def watched(after: int, limit: int = 100) -> list[Change]:
        if limit == AT_ONCE:
            places.append(after)
        return changes(after, limit)

    edge.changes = watched  # type: ignore[method-assign]
    with listening(served):
        eventually(lambda: places)
        eventually(lambda: served.bridge.feed.listeners == 0)
    assert max(places) < 2_000, "only what fits was ever read for it"


def test_many_read_the_same_at_once(edge: StandInEdge, tmp_path: Path) -> None:
    with serving(edge, tmp_path, Streaming(most=8)) as served, ExitStack() as stack:
        clients = [stack.enter_context(listening(served)) for _ in range(8)]
        eventually(lambda: served.bridge.feed.listeners == 8)
        edge.learn(500)
        for client in clients:
            client.until(lambda seen=client: len(seen.numbers) == 500)  # type: ignore[misc]
        with listening(served) as late:
            late.until(lambda: b"too-many-streams" in late.got)
            assert b"503" in late.got.split(b"\r\n")[0]


def test_who_leaves_frees_its_place(served: Served, edge: StandInEdge) -> None:
    for _ in range(3):
        with ExitStack() as stack:
            for _ in range(8):
                stack.enter_context(listening(served))
            eventually(lambda: served.bridge.feed.listeners == 8)
        eventually(lambda: served.bridge.feed.listeners == 0)
    eventually(lambda: served.connections == 0)


def test_when_the_bridge_stops_its_streams_end_at_once(edge: StandInEdge, tmp_path: Path) -> None:
    edge.learn(3)
    with serving(edge, tmp_path, Streaming()) as served, listening(served) as client:
        client.until(lambda: client.numbers == [1, 2, 3])
        assert served.stop() < GRACE_S - 2
        client.until_end()
        assert client.got.endswith(b"0\r\n\r\n"), "a clean end, not a broken connection"


def test_a_client_that_does_not_read_cannot_keep_it_from_stopping(edge: StandInEdge, tmp_path: Path) -> None:
    edge.learn(20_000)
    patient = Streaming(write_s=3600)
    with serving(edge, tmp_path, patient) as served, listening(served):
        eventually(lambda: served.bridge.feed.listeners == 1)
        time.sleep(0.3)  # until its buffers are full; nothing tells when
        assert served.stop() < GRACE_S - 2


def test_a_revoked_token_ends_its_stream(served: Served, edge: StandInEdge) -> None:
    address = f"http://127.0.0.1:{served.port}"
    asked = {"name": "case-records", "scopes": ["read"]}
    made = httpx.post(f"{address}/v1/tokens", json=asked, headers=keyed() | served.bearer).json()
    edge.learn(1)
    with listening(served, authorization=f"Bearer {made['token']}") as client:
        client.until(lambda: client.numbers == [1])
        served.bridge.tokens.revoke(made["token_id"], served.bridge.clock())
        edge.learn(1)
        client.until_end()
        assert client.numbers == [1]
    with listening(served, authorization=f"Bearer {made['token']}") as nobody:
        nobody.until(lambda: b"token-wrong" in nobody.got)


def test_an_edge_that_cannot_tell_ends_the_stream_and_the_next_one_goes_on(
    edge: StandInEdge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_: object) -> list[Change]:
        raise OutcomeUnknown("the disk is full")

    edge.learn(1)
    with serving(edge, tmp_path, Streaming(recheck_s=0.2)) as served:
        with listening(served) as client:
            client.until(lambda: client.numbers == [1])
            with monkeypatch.context() as broken:
                broken.setattr(StandInEdge, "changes", silent)
                client.until_end()
        edge.learn(1)
        with listening(served, last_event_id="1") as again:
            again.until(lambda: again.numbers == [2])


@pytest.mark.parametrize("place", ["x", "-1", "1.5", "9" * 30, "1\t2", ""])
def test_a_place_that_is_none_is_refused(served: Served, place: str) -> None:
    answer = httpx.get(
        f"http://127.0.0.1:{served.port}/v1/events", headers={"last-event-id": place} | served.bearer
    )
    assert answer.status_code == 422
    assert answer.json()["fields"][0]["field"] == "header.last-event-id"


def test_the_usual_bounds_are_those_that_are_promised() -> None:
    usual = Streaming()
    assert (usual.heartbeat_s, usual.write_s, usual.most) == (15, 10, 32)
    assert QUICK.most == 8
