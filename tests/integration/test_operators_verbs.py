"""`exchange journey|tail|lag|capacity|quarantine` on the real broker: what they show and what never."""

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, TopicPartition
from topic_kit import Writer, garbage, tombstone

from exchange_command import administration
from exchange_command import main as command
from exchange_command.administration import Leaf
from exchange_command.platform import Platform
from exchange_command.service_settings import connections, to_toml
from referral_exchange import ids
from referral_exchange.events import (
    CapacityReported,
    MessageQuarantined,
    QuarantineClosed,
    ReferralOffered,
    ReferralProgressed,
    ReferralRecord,
    SealedPart,
)
from referral_exchange.events.routing import Clock, ConsentHeld
from referral_exchange.oversight.source import Source
from referral_exchange.runtime import clients
from referral_exchange.runtime.tail import Partition
from referral_exchange.topics import partition_of

NOW = datetime.now(UTC).replace(microsecond=0)
SENDER, RECIPIENT = "lantern-case-management", "harbor-shelter"
OUTBOX, INBOX = "outbox.lantern-outreach", "inbox.harbor-house"
TRACE = "0af7651916cd43dd8448eb211c80319c"
CANARY = b"invented canary"


@pytest.fixture(scope="module")
def writer(platform: Platform) -> Writer:
    return Writer(platform)


Told = Callable[..., tuple[int, dict[str, Any]]]
RECORDED: list[Leaf] = []


@pytest.fixture
def exchange(platform: Platform, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Told:
    """Runs a verb with --json; its exit code and what it printed."""
    places = platform.places
    monkeypatch.setenv("EXCHANGE_HOME", str(places.home))
    monkeypatch.setenv("EXCHANGE_CACHE", str(places.cache))
    monkeypatch.setenv("EXCHANGE_PORT_BASE", str(places.port_base))
    monkeypatch.setattr(administration, "write", lambda _, leaf: RECORDED.append(leaf))

    def run(*argv: str) -> tuple[int, dict[str, Any]]:
        code = command.main([*argv, "--json"])
        told = capsys.readouterr()
        return code, json.loads(told.out) if told.out.strip() else {"error": told.err}

    return run


def a_step(referral_id: str, number: int, **changes: Any) -> ReferralProgressed:
    step = ReferralProgressed(
        event_id=ids.derived(referral_id, "step", str(number)),
        occurred_at=NOW + timedelta(seconds=10 * number),
        referral_id=referral_id,
        programme_from=SENDER,
        programme_to=RECIPIENT,
        step="ReferralOffered.v1",
        step_event_id=ids.derived(referral_id, "event", str(number)),
        state="requested",
        urgency="urgent",
        trace_id=TRACE,
    )
    return replace(step, **changes)


def a_record(referral_id: str) -> ReferralRecord:
    held = ConsentHeld(
        consent_id=ids.fresh(), programme_from=SENDER, programme_to=RECIPIENT, standing="live", ends_at=NOW
    )
    return ReferralRecord(
        referral_id=referral_id,
        programme_from=SENDER,
        programme_to=RECIPIENT,
        state="in_progress",
        urgency="urgent",
        consents=[held],
        clocks=[Clock(name="unanswered", due_at=NOW, elapsed=True)],
        verdicts=[],
        updated_at=NOW,
    )


def an_offer() -> ReferralOffered:
    return ReferralOffered(
        event_id=ids.fresh(),
        occurred_at=NOW,
        programme_from=SENDER,
        programme_to=RECIPIENT,
        referral_id=ids.fresh(),
        consent_id=ids.fresh(),
        return_consent_id=ids.fresh(),
        urgency="urgent",
        parts=[SealedPart(lock=CANARY, ciphertext=b"x" * 540)],
    )


def test_a_journey_has_each_step_once_with_its_trace(exchange: Told, writer: Writer) -> None:
    referral_id = ids.fresh()
    first, second = a_step(referral_id, 0), a_step(referral_id, 1, state="in_progress", trace_id=None)
    other = a_step(ids.fresh(), 0)
    writer.put(
        *(writer.plain("referral-progress", s.referral_id, s) for s in (first, other, second, first)),
        writer.plain("referral-records", referral_id, a_record(referral_id)),
    )
    code, told = exchange("journey", referral_id.upper())
    assert code == 0
    assert [(step["state"], step["after_s"]) for step in told["steps"]] == [
        ("requested", None),
        ("in-progress", 10.0),
    ]
    assert told["steps"][0]["trace"].endswith(f"/zipkin/traces/{TRACE}")
    assert told["steps"][1]["trace"] == ""
    assert referral_id in told["traces"]
    assert (told["state"], told["consents"][0]["standing"]) == ("in-progress", "live")
    assert told["clocks"] == [{"clock": "unanswered", "due_at": told["clocks"][0]["due_at"], "elapsed": True}]


def test_a_forgotten_record_leaves_the_steps(exchange: Told, writer: Writer) -> None:
    referral_id = ids.fresh()
    writer.put(writer.plain("referral-records", referral_id, a_record(referral_id)))
    writer.put(tombstone("referral-records", referral_id))
    code, told = exchange("journey", referral_id)
    assert (code, "known" in told["error"]) == (1, True)
    writer.put(writer.plain("referral-progress", referral_id, a_step(referral_id, 0)))
    code, told = exchange("journey", referral_id)
    assert (code, told["consents"], len(told["steps"])) == (0, [], 1)


def test_tail_shows_routing_fields_and_sealed_parts_as_sizes(
    exchange: Told, writer: Writer, capsys: pytest.CaptureFixture[str]
) -> None:
    offer = an_offer()
    writer.put(writer.signed(OUTBOX, offer.referral_id, offer, NOW, (SENDER, RECIPIENT)))
    assert command.main(["tail", OUTBOX, "--decode", "--from-beginning", "--once", "--json"]) == 0
    printed = capsys.readouterr().out
    lines = [json.loads(line) for line in printed.splitlines()]
    (shown,) = [line for line in lines if line["key"] == offer.referral_id]
    assert (shown["type"], shown["from"], shown["fault"]) == ("ReferralOffered.v1", SENDER, None)
    assert shown["fields"]["consent_id"] == offer.consent_id
    assert shown["fields"]["parts"] == [{"sealed_bytes": len(CANARY) + 540}]
    assert CANARY.decode() not in printed
    assert command.main(["tail", OUTBOX, "--from-beginning", "--max", "1"]) == 0
    assert capsys.readouterr().out.count(OUTBOX) == 1


def test_tail_is_live(platform: Platform, exchange: Told, writer: Writer) -> None:
    offer = an_offer()
    message = writer.signed(INBOX, offer.referral_id, offer, NOW, (SENDER, RECIPIENT))
    stop = threading.Event()

    def keep_writing() -> None:
        while not stop.wait(0.1):
            writer.put(message)

    thread = threading.Thread(target=keep_writing)
    thread.start()
    try:
        code, told = exchange("tail", INBOX, "--decode", "--max", "1")
    finally:
        stop.set()
        thread.join()
    assert (code, told["key"]) == (0, offer.referral_id)


def test_bytes_that_are_no_event_are_a_code_and_never_shown(
    exchange: Told, writer: Writer, capsys: pytest.CaptureFixture[str]
) -> None:
    writer.put(garbage("consents", 0, b"\x01" + CANARY))
    assert command.main(["tail", "consents", "--decode", "--from-beginning", "--once"]) == 0
    printed = capsys.readouterr().out
    assert "not read: unknown-record" in printed
    assert CANARY.decode() not in printed


def test_lag_counts_what_waits_and_tells_by_its_exit_code(
    platform: Platform, exchange: Told, writer: Writer
) -> None:
    topic = "inbox.juniper-youth"
    offers = [an_offer() for _ in range(3)]
    writer.put(*(writer.signed(topic, o.referral_id, o, NOW, (SENDER, RECIPIENT)) for o in offers))
    code, told = exchange("lag")
    (never,) = [row for row in told["groups"] if row["topic"] == topic]
    assert (code, never["group"], never["unread"], never["begun"]) == (0, "juniper-youth.edge", 3, False)
    assert never["oldest_age_s"] >= 0
    assert exchange("lag", "--max", "2")[0] == 1
    assert exchange("lag", "--max-age", "3600")[0] == 0
    commit(platform, "juniper-youth.edge", TopicPartition(topic, 0, 2))
    (behind,) = [row for row in exchange("lag")[1]["groups"] if row["topic"] == topic]
    assert (behind["unread"], behind["begun"]) == (1, True)
    commit(platform, "juniper-youth.edge", TopicPartition(topic, 0, 3))
    (done,) = [row for row in exchange("lag")[1]["groups"] if row["topic"] == topic]
    assert (done["unread"], done["oldest"]) == (0, None)


def test_a_transactions_marker_is_nothing_that_waits(platform: Platform, exchange: Told) -> None:
    topic, kafka = "inbox.meadow-collective", platform.places.kafka("administrator")
    producer = clients.transactional_producer(kafka, "a-test", timeout_s=10, on_error=lambda _: None)
    producer.init_transactions(10)
    producer.begin_transaction()
    stands: list[int] = []
    producer.produce(topic, b"read already", on_delivery=lambda _, told: stands.append(told.offset()))
    producer.commit_transaction(10)
    commit(platform, "meadow-collective.edge", TopicPartition(topic, 0, stands[0] + 1))
    (row,) = [row for row in exchange("lag")[1]["groups"] if row["topic"] == topic]
    assert (row["unread"], row["oldest"], row["begun"]) == (0, None, True)


def commit(platform: Platform, group: str, where: TopicPartition) -> None:
    consumer = Consumer({**platform.places.kafka("administrator"), "group.id": group})
    consumer.commit(offsets=[where], asynchronous=False)
    consumer.close()


def test_capacity_shows_who_has_room_and_marks_what_is_stale(exchange: Told, writer: Writer) -> None:
    for programme, until, capacity in (
        ("harbor-shelter", NOW + timedelta(days=1), "capacity"),
        ("meadow-housing", NOW - timedelta(hours=1), "capacity"),
        ("orchard-clinic", NOW + timedelta(days=1), "no_capacity"),
    ):
        said = CapacityReported(
            event_id=ids.fresh(),
            occurred_at=NOW,
            programme_id=programme,
            capacity=capacity,  # type: ignore[arg-type]
            room=2,
            accessible=True,
            languages=["es"],
            as_of=NOW - timedelta(hours=2),
            valid_until=until,
            programme_from=programme,
            programme_to="service_directory",
        )
        writer.put(writer.signed("directory", f"capacity:{programme}", said, NOW, (programme, "x")))
    code, told = exchange("capacity")
    assert code == 0
    shown = [(each["programme_id"], each["stale"]) for each in told["programmes"]]
    assert shown == [("harbor-shelter", False), ("meadow-housing", True)]
    every = {
        each["programme_id"]: each["capacity"] for each in exchange("capacity", "--all")[1]["programmes"]
    }
    assert every["orchard-clinic"] == "no-capacity"
    assert every["harbor-advocacy"] is None


def set_aside(writer: Writer, offset: int, code: str = "malformed") -> MessageQuarantined:
    pointer = MessageQuarantined(
        event_id=ids.fresh(), occurred_at=NOW, topic=OUTBOX, partition=5, offset=offset, code=code
    )
    writer.put(writer.plain("quarantine", OUTBOX, pointer))
    return pointer


def closed(pointer: MessageQuarantined) -> QuarantineClosed:
    return QuarantineClosed(
        event_id=ids.fresh(),
        occurred_at=NOW + timedelta(minutes=1),
        topic=pointer.topic,
        partition=pointer.partition,
        offset=pointer.offset,
        how="replayed",
    )


@pytest.fixture(scope="module")
def garbled(platform: Platform, writer: Writer) -> int:
    """The offset of bytes in the outbox that are no event."""
    writer.put(garbage(OUTBOX, 5, b"\x01" + CANARY))
    tail = Source(platform.places.kafka("operator"), "").tail()
    where = Partition(OUTBOX, 5)
    tail.assign({where: 0})
    end = tail.present_ends()[where]
    tail.close()
    return end - 1


def test_the_quarantine_lists_and_explains_without_bytes(
    exchange: Told, writer: Writer, garbled: int, capsys: pytest.CaptureFixture[str]
) -> None:
    stands, gone = set_aside(writer, garbled), set_aside(writer, 999_999)
    told = {each["offset"]: each for each in exchange("quarantine", "list")[1]["quarantined"]}
    assert told[stands.offset]["bytes_exist"] is True
    assert told[gone.offset]["bytes_exist"] is False
    assert command.main(["quarantine", "show", f"{OUTBOX}/5/{garbled}"]) == 0
    printed = capsys.readouterr().out
    assert "one encoding of an event" in printed
    assert f"{len(CANARY) + 1} bytes still stand" in printed
    assert CANARY.decode() not in printed
    assert command.main(["quarantine", "list"]) == 0
    assert "gone" in capsys.readouterr().out
    writer.put(writer.plain("quarantine", OUTBOX, closed(gone)))
    left = {each["offset"] for each in exchange("quarantine", "list")[1]["quarantined"]}
    assert gone.offset not in left


def test_a_replay_that_nobody_answers_ends_in_time_and_says_so(exchange: Told, writer: Writer) -> None:
    pointer = set_aside(writer, 888_888, "too-large")
    code, told = exchange("quarantine", "replay", "--class", "too-large", "--wait", "0.5")
    assert (code, [each["became"] for each in told["replayed"]]) == (1, ["waiting"])
    writer.put(writer.plain("quarantine", OUTBOX, closed(pointer)))


def test_what_is_dropped_is_set_aside_no_more(exchange: Told, writer: Writer) -> None:
    pointer = set_aside(writer, 777_777, "truncated")
    typed = f"{OUTBOX}/5/{pointer.offset}"
    assert exchange("quarantine", "drop", typed) == (0, {"dropped": [typed]})
    assert RECORDED[-1] == Leaf("quarantine-drop", typed)
    every = {
        each["pointer"]: each["closed"] for each in exchange("quarantine", "list", "--all")[1]["quarantined"]
    }
    assert every[typed] == "dropped"
    assert typed not in {each["pointer"] for each in exchange("quarantine", "list")[1]["quarantined"]}
    code, told = exchange("quarantine", "replay", typed)
    assert (code, "closed already" in told["error"]) == (1, True)
    code, told = exchange("quarantine", "drop", f"{OUTBOX}/5/123456")
    assert (code, "never set aside" in told["error"]) == (1, True)


@pytest.mark.parametrize("act", ["replay", "drop"])
def test_without_a_registry_nothing_is_asked_and_it_is_said(
    platform: Platform,
    writer: Writer,
    tmp_path: Path,
    act: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pointer = set_aside(writer, 666_666, "truncated")
    file = tmp_path / "elsewhere.toml"
    operators = connections(platform.places, "operator")
    file.write_text(to_toml({**operators, "registry": {"url": "http://127.0.0.1:1"}}), encoding="utf-8")
    typed = f"{OUTBOX}/5/{pointer.offset}"
    assert command.main(["quarantine", act, typed, "--settings", str(file)]) == 1
    assert "registry" in capsys.readouterr().err
    assert command.main(["quarantine", "list", "--json", "--settings", str(file)]) == 0
    assert typed in capsys.readouterr().out


def test_the_partition_of_a_key_is_librdkafkas(platform: Platform, writer: Writer) -> None:
    """The vectors' murmur2 against another implementation."""
    offers = [an_offer() for _ in range(20)]
    writer.put(*(writer.signed(OUTBOX, o.referral_id, o, NOW, (SENDER, RECIPIENT)) for o in offers))
    tail = Source(platform.places.kafka("operator"), "").tail()
    tail.assign({Partition(OUTBOX, number): 0 for number in range(6)})
    found = {
        (message.key or b"").decode(): message.partition.number
        for batch in tail.read_to(tail.present_ends(), 10)
        for message in batch
    }
    tail.close()
    assert {o.referral_id: partition_of(o.referral_id, 6) for o in offers}.items() <= found.items()
