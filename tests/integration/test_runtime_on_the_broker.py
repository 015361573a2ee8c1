"""The shared runtime on the real broker: acknowledged produce, reading to a true end, the directory."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from confluent_kafka.admin import NewTopic
from router_kit import Exchange

from exchange_command.platform import Platform
from referral_exchange import ids, registry
from referral_exchange.catalog import committed
from referral_exchange.codec import Codec
from referral_exchange.message import Message
from referral_exchange.runtime import AckedProducer, OutcomeUnknown, ProduceRefused, clients
from referral_exchange.runtime.directory_follower import DirectoryFollower
from referral_exchange.runtime.tail import EndNotReached, Partition, Tail, present_ends


@pytest.fixture(scope="module")
def kafka(platform: Platform) -> dict[str, str]:
    return platform.places.kafka("administrator")


@pytest.fixture
def topic(kafka: dict[str, str]) -> str:
    name = f"tried-{ids.fresh()}"
    admin = clients.admin(kafka)  # held: its answers go with it
    admin.create_topics([NewTopic(name, 1, 1)])[name].result(20)
    return name


@pytest.fixture
def tail(kafka: dict[str, str]) -> Iterator[Tail]:
    one = Tail(clients.consumer(kafka, "tried", **{"fetch.wait.max.ms": 5}), clients.admin(kafka))
    yield one
    one.close()


def message(topic: str, value: bytes = b"value") -> Message:
    return Message(topic, "key", value, {"ce_type": b"Tried.v1"}, partition=0)


def test_what_is_produced_stands_when_the_call_returns(kafka: dict[str, str], topic: str, tail: Tail) -> None:
    with AckedProducer(kafka) as producer:
        producer.produce_and_wait([message(topic, b"one"), message(topic, b"two")])
        producer.produce_and_wait([])
    tail.assign({Partition(topic, 0): 0})
    (batch,) = tail.read_to(tail.present_ends(), 20)
    assert [(m.key, m.value, dict(m.headers)) for m in batch] == [
        (b"key", b"one", {"ce_type": b"Tried.v1"}),
        (b"key", b"two", {"ce_type": b"Tried.v1"}),
    ]


def test_many_threads_may_wait_for_one_producer(kafka: dict[str, str], topic: str) -> None:
    with AckedProducer(kafka) as producer, ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(producer.produce_and_wait, [message(topic)]) for _ in range(400)]:
            done.result(20)
    assert present_ends(clients.admin(kafka), [Partition(topic, 0)]) == {Partition(topic, 0): 400}


def test_a_message_that_can_never_be_taken_is_refused_for_good(kafka: dict[str, str], topic: str) -> None:
    with AckedProducer(kafka) as producer:
        with pytest.raises(ProduceRefused, match="MSG_SIZE_TOO_LARGE"):
            producer.produce_and_wait([message(topic, b"x" * 2_000_000)])
        producer.produce_and_wait([message(topic)])


def test_a_broker_that_does_not_answer_leaves_the_outcome_unknown() -> None:
    nobody = {"bootstrap.servers": "127.0.0.1:1"}
    with AckedProducer(nobody, delivery_timeout_s=0.5) as producer, pytest.raises(OutcomeUnknown):
        producer.produce_and_wait([message("tried")], timeout_s=1.0)


def test_the_end_is_behind_what_an_aborted_transaction_left(
    kafka: dict[str, str], topic: str, tail: Tail
) -> None:
    writer = clients.transactional_producer(kafka, ids.fresh(), timeout_s=20, on_error=lambda _: None)
    writer.init_transactions(20)
    writer.begin_transaction()
    writer.produce(topic, key="key", value=b"never", partition=0)
    writer.flush(20)
    tail.assign({Partition(topic, 0): 0})
    with pytest.raises(EndNotReached):
        list(tail.read_to(tail.present_ends(), 0.5))
    writer.abort_transaction(20)
    assert list(tail.read_to(tail.present_ends(), 20)) == []
    assert tail.reached == tail.present_ends() == {Partition(topic, 0): 2}


def test_reading_goes_on_where_it_was_told_to(kafka: dict[str, str], topic: str, tail: Tail) -> None:
    with AckedProducer(kafka) as producer:
        producer.produce_and_wait([message(topic, str(n).encode()) for n in range(5)])
    tail.assign({Partition(topic, 0): 3})
    (batch,) = tail.read_to(tail.present_ends(), 20)
    assert [m.value for m in batch] == [b"3", b"4"]
    tail.assign({Partition(topic, 0): -1})
    assert [m.offset for b in tail.read_to(tail.present_ends(), 20) for m in b] == [0, 1, 2, 3, 4]
    assert tail.committed([Partition(topic, 0)]) == {Partition(topic, 0): 0}


def test_the_directory_is_known_up_to_now_whenever_that_is_asked(
    platform: Platform, kafka: dict[str, str]
) -> None:
    places = platform.places
    ids_there = registry.look_up_all(places.registry_url, committed(), places.tls("operator"))
    codec = Codec(committed(), ids_there)
    follower = DirectoryFollower(kafka, codec, "tried.directory")
    follower.read_to_present_end()
    assert follower.caught_up()
    known = {participant.id for participant in platform.network.participants}
    assert known <= set(follower.directory.participants)
    exchange = Exchange(platform)
    newcomer = exchange.desk("juniper")
    follower.read_to_present_end()
    assert follower.directory.participant_of(newcomer.programme) == newcomer.participant
    exchange.put("directory", "participant:broken", b"\x00broken", {"ce_type": b"ParticipantListed.v1"}, 0)
    before = follower.version
    follower.read_to_present_end()
    assert follower.version == before
    follower.close()
