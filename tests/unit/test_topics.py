"""Topics, what each may carry, and the partition of a key as Kafka's own clients choose it."""

from pathlib import Path

import pytest
from aiokafka.partitioner import murmur2

from referral_exchange.catalog import committed
from referral_exchange.schema_rules import PLAINTEXTS
from referral_exchange.topics import committed_topics, inbox, load_topics, outbox, partition_of


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        # Vectors of org.apache.kafka.common.utils.UtilsTest.
        ("21", -973932308),
        ("foobar", -790332482),
        ("a-little-bit-long-string", -985981536),
        ("a-little-bit-longer-string", -1486304829),
        ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        ("abc", 479470107),
    ],
)
def test_a_key_lands_where_kafkas_java_client_puts_it(key: str, expected: int) -> None:
    assert murmur2(key.encode()) & 0xFFFFFFFF == expected & 0xFFFFFFFF
    assert partition_of(key, 6) == (expected & 0x7FFFFFFF) % 6


def test_mailboxes_are_named_after_their_participant() -> None:
    assert (outbox("sample-harbor"), inbox("sample-harbor")) == (
        "outbox.sample-harbor",
        "inbox.sample-harbor",
    )
    assert committed_topics()["outbox"].per_participant
    assert not committed_topics()["consents"].per_participant
    assert committed_topics()["consents"].for_participant("sample-harbor") == "consents"


def test_only_what_a_participant_may_say_goes_through_an_outbox() -> None:
    assert committed_topics()["outbox"].events == {
        "ReferralOffered",
        "ReferralAnswered",
        "ReferralDisclosed",
        "ReferralCancelled",
        "PurgeAnswered",
        "SafeContactChanged",
        "ServiceStatusChanged",
        "DocumentSent",
        "DocumentAnswered",
        "EmergencyRequested",
        "ResourceRequested",
        "TipReported",
        "ScreeningCompleted",
        "CapacityReported",
        "CountsReported",
        "TrainingCompleted",
        "FeedbackGiven",
        "CommentReceived",
        "PlanActionReported",
        "WithdrawalAsked",
        "ResyncAsked",
        "QuestionAsked",
        "BadMessageReported",
    }


def test_what_the_ledger_or_the_router_says_never_comes_from_an_outbox() -> None:
    made_by_us = {
        "ConsentGiven",
        "ConsentWithdrawn",
        "ConsentExpired",
        "ConsentEnded",
        "EventRefused",
        "ClockElapsed",
        "GroundRecorded",
        "ReplayAsked",
        "QuarantineClosed",
    }
    assert not made_by_us & committed_topics()["outbox"].events
    assert not {s.record for s in committed().values() if s.family in PLAINTEXTS} & {
        event for topic in committed_topics().values() for event in topic.events
    }


def test_partitions_are_six_and_one_for_an_inbox() -> None:
    topics = committed_topics()
    assert {kind: topic.partitions for kind, topic in topics.items() if topic.partitions != 6} == {"inbox": 1}


def test_an_event_on_an_unknown_topic_is_refused(tmp_path: Path) -> None:
    (tmp_path / "sample").mkdir()
    (tmp_path / "sample/topic.toml").write_text('[events]\nSampled = ["samples"]\n', encoding="utf-8")
    with pytest.raises(ValueError, match="Sampled names the topic samples"):
        load_topics(tmp_path)
