"""The board as a process on the real broker: what it shows, what it never shows, and how it comes back."""

import json
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer
from console_process import Process, eventually

from exchange_command import probes, service_settings, topic_setup
from exchange_command.platform import Platform
from referral_exchange import catalog, registry
from referral_exchange.codec import Codec
from referral_exchange.events import MessageQuarantined, ReferralProgressed
from referral_exchange.topics import committed_topics, partition_of

TOPIC = "referral-progress"
FAILS_ONCE = """
import sys
from status_board import app, store

taken = store.Board._take
count = 0

def fail_on_the_third(self, event):
    global count
    count += 1
    if count == 3:
        raise KeyError("a mistake in the board")
    taken(self, event)

store.Board._take = fail_on_the_third
sys.exit(app.main())
"""


class Feed:
    """Writes progress as the router does: lz4, by referral, in transactions."""

    def __init__(self, platform: Platform) -> None:
        places = platform.places
        known = catalog.committed()
        written = {each.RECORD: known[each.RECORD] for each in (ReferralProgressed, MessageQuarantined)}
        ids = registry.look_up_all(places.registry_url, written, places.tls("operator"))
        self.codec = Codec(known, ids)
        self.producer = Producer(
            {
                **places.kafka("administrator"),
                "transactional.id": f"feed-{uuid.uuid4()}",
                "compression.type": "lz4",
            }
        )
        self.producer.init_transactions(30)

    def committed(self, *steps: ReferralProgressed) -> None:
        self.producer.begin_transaction()
        for step in steps:
            self.put(step.referral_id, self.codec.encode(step))
        self.producer.commit_transaction(30)

    def aborted(self, *steps: ReferralProgressed) -> None:
        self.producer.begin_transaction()
        for step in steps:
            self.put(step.referral_id, self.codec.encode(step))
        self.producer.flush(30)
        self.producer.abort_transaction(30)

    def committed_bytes(self, key: str, value: bytes, ce_type: str) -> None:
        self.producer.begin_transaction()
        self.put(key, value, ce_type)
        self.producer.commit_transaction(30)

    def put(self, key: str, value: bytes, ce_type: str = ReferralProgressed.RECORD) -> None:
        partition = partition_of(key, committed_topics()[TOPIC].partitions)
        self.producer.produce(TOPIC, value, key, partition, headers={"ce_type": ce_type.encode()})


@pytest.fixture
def start(clean_platform: Platform, tmp_path: Path, free_port_base: int) -> Iterator[Callable[..., Process]]:
    port = free_port_base
    settings = dict(
        service_settings.all_settings(clean_platform.places, clean_platform.network)["status_board"]
    )
    settings["service"] = {**settings["service"], "port": port, "data": str(tmp_path / "data")}
    service_settings.write(tmp_path, "status_board", settings)
    running: list[Process] = []

    def started(*command: str) -> Process:
        running.append(Process(tmp_path, port, list(command or ("-m", "status_board"))))
        return running[-1]

    yield started
    for board in running:
        board.end()


@pytest.fixture
def feed(clean_platform: Platform) -> Feed:
    return Feed(clean_platform)


def step(referral: str, state: str, record: str = "ReferralOffered", **more: Any) -> ReferralProgressed:
    values: dict[str, Any] = {
        "event_id": str(uuid.uuid4()),
        "occurred_at": datetime.now(UTC),
        "referral_id": referral,
        "programme_from": "lantern-case-management",
        "programme_to": "harbor-shelter",
        "step": record,
        "step_event_id": str(uuid.uuid4()),
        "state": state,
        "urgency": "urgent",
        **more,
    }
    return ReferralProgressed(**values)


def test_the_board_shows_what_was_committed_and_nothing_else(
    start: Callable[..., Process], feed: Feed
) -> None:
    offered, answered, aborted, broken = (str(uuid.uuid4()) for _ in range(4))
    due = datetime.now(UTC) + timedelta(hours=1)
    board = start()
    feed.committed(step(offered, "requested", due_at=due), step(answered, "requested"))
    feed.aborted(step(aborted, "requested"), step(answered, "rejected", "ReferralAnswered"))
    feed.committed_bytes(broken, b"\x00\x00\x00\x00\x01Zephyrine", ReferralProgressed.RECORD)
    quarantined = MessageQuarantined(
        event_id=broken, occurred_at=due, topic="outbox.harbor-house", partition=0, offset=1, code="truncated"
    )
    feed.committed_bytes(broken, feed.codec.encode(quarantined), "MessageQuarantined.v1")
    feed.committed(step(answered, "accepted", "ReferralAnswered"))
    eventually(board.is_ready)
    eventually(board.shows({offered: "requested", answered: "accepted"}))
    eventually(lambda: json.loads(board.get("/health/ready")[1])["steps_behind"] == 0)
    assert set(board.referrals("waiting")) == {offered}
    assert set(board.referrals("requested")) == {offered}
    unreadable = json.loads(board.get("/v1/referrals")[1])["unreadable"]
    assert unreadable == {"unknown-schema-id": 1, "unknown-record": 1}
    assert "cannot be read (unknown-schema-id)" in board.log.read_text()
    assert "Zephyrine" not in board.log.read_text() + board.get("/journeys?show=all")[1]


def test_the_page_marks_who_waits_and_names_no_other_site(start: Callable[..., Process], feed: Feed) -> None:
    waiting, busy = str(uuid.uuid4()), str(uuid.uuid4())
    board = start()
    feed.committed(step(waiting, "requested"), step(busy, "in_progress", "ServiceStatusChanged"))
    eventually(board.is_ready)
    eventually(board.shows({waiting: "requested", busy: "in-progress"}))
    page = board.get("/journeys")[1]
    assert page.index(waiting) < page.index(busy)
    assert page.count('class="odd waits"') == 1
    assert f"annotationQuery=referral.id%3D{waiting}" in page
    assert page.count("<script") == page.count('<script src="/enhance.js" defer></script>') == 1
    details = json.loads(board.get(f"/v1/referrals/{busy}")[1])
    assert [one["step"] for one in details["steps"]] == ["ServiceStatusChanged"]
    assert board.get(f"/v1/referrals/{uuid.uuid4()}")[0] == 404
    foreign = urllib.request.Request(board.address + "/", headers={"Host": "foreign.example"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(foreign, timeout=5)
    assert refused.value.code == 421


def test_a_killed_board_comes_back_with_the_same_table(start: Callable[..., Process], feed: Feed) -> None:
    states = {str(uuid.uuid4()): "requested" for _ in range(60)}
    board = start()
    eventually(board.is_ready)
    feed.committed(*(step(referral, "requested") for referral in states))
    eventually(lambda: len(board.referrals()) > 5)
    for number, referral in enumerate(list(states)):
        states[referral] = "received" if number % 2 else "accepted"
        feed.committed(step(referral, states[referral], "ServiceStatusChanged"))
        if number == 30:
            board.kill()
    again = start()
    eventually(again.is_ready)
    eventually(again.shows(states))
    assert all(len(details(again, referral)) == 2 for referral in states)


def test_a_board_that_lost_its_changelog_is_rebuilt_from_the_progress(
    start: Callable[..., Process], feed: Feed, clean_platform: Platform
) -> None:
    first, second = str(uuid.uuid4()), str(uuid.uuid4())
    board = start()
    feed.committed(step(first, "requested"), step(second, "requested"), step(first, "received"))
    eventually(board.is_ready)
    eventually(board.shows({first: "received", second: "requested"}))
    before = board.get(f"/v1/referrals/{first}")[1]
    assert board.end() == 0
    forget_everything(clean_platform)
    again = start()
    eventually(again.is_ready)
    eventually(again.shows({first: "received", second: "requested"}))
    assert without_now(again.get(f"/v1/referrals/{first}")[1]) == without_now(before)


def test_a_step_that_the_board_fell_over_is_taken_after_its_restart(
    start: Callable[..., Process], feed: Feed
) -> None:
    states = {str(uuid.uuid4()): "requested" for _ in range(8)}
    feed.committed(*(step(referral, "requested") for referral in states))
    failing = start("-c", FAILS_ONCE)
    assert failing.process.wait(30) == 1
    assert "Faust ended by itself (KeyError)" in failing.log.read_text()
    again = start()
    eventually(again.is_ready)
    eventually(again.shows(states))


def test_a_board_without_its_registry_ends_aloud(start: Callable[..., Process], tmp_path: Path) -> None:
    settings = tmp_path / "status_board.toml"
    settings.write_text(settings.read_text().replace("/apis/", "/nowhere/"))
    board = start()
    assert board.process.wait(30) == 1
    assert "status_board: ReferralProgressed.v1: the registry answered" in board.log.read_text()


def details(board: Process, referral: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(board.get(f"/v1/referrals/{referral}")[1])["steps"]
    return found


def without_now(body: str) -> dict[str, Any]:
    told = json.loads(body).items()
    return {name: value for name, value in told if name not in ("age_s", "trace_url")}


def forget_everything(platform: Platform) -> None:
    """Deletes the changelog and the group, as an operator would who wants the board built anew."""
    admin = probes.admin(platform.places.kafka("administrator"))
    kind = committed_topics()["status-board-changelog"]
    admin.delete_topics([kind.name])[kind.name].result(30)
    admin.delete_consumer_groups(["status_board"])["status_board"].result(30)
    topic = {kind.name: kind}
    eventually(lambda: topic_setup.missing(admin, topic) == [kind.name])
    topic_setup.make_so(admin, topic)


def test_a_second_board_on_the_same_port_ends_aloud(start: Callable[..., Process]) -> None:
    first = start()
    eventually(first.is_ready)
    second = start()
    assert second.process.wait(30) == 1
    assert "address already in use" in second.log.read_text()
    assert first.is_ready()
