"""Makes the topics that the `topic.toml` files describe, and says how the broker's differ from them."""

from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import Future

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ConfigSource,
    NewTopic,
)

from exchange_command.problem import Problem
from referral_exchange.topics import TopicKind, committed_topics

_SECONDS = 30.0
_SAME_EVERYWHERE = {
    # A producer's clock must not be able to backdate.
    "message.timestamp.type": "LogAppendTime",
    "retention.ms": "-1",
    # Forwarded bytes stay as they came; producers choose zstd.
    "compression.type": "producer",
}
# The broker compacts closed segments only: with its own gigabyte a restore would read all there ever was.
_COMPACTED = {"segment.bytes": str(16 * 1024 * 1024)}

Topics = Mapping[str, TopicKind]
"""Kinds by topic name."""


class TopicsRefused(Problem):
    """The broker did not make a topic; the message says which and why."""


def wanted(participants: Collection[str]) -> dict[str, TopicKind]:
    """Every topic there has to be: the exchange's own and the mailboxes of `participants`."""
    kinds = committed_topics().values()
    shared = {kind.name: kind for kind in kinds if not kind.per_participant}
    own = {kind.for_participant(p): kind for kind in kinds if kind.per_participant for p in participants}
    return {**shared, **own}


def make_so(admin: AdminClient, topics: Topics) -> None:
    """Makes the topics that are missing and sets back settings that differ; partitions stay as they are.

    Repeatable. Raises TopicsRefused.
    """
    there = admin.list_topics(timeout=_SECONDS).topics
    new = [_new(name, kind) for name, kind in topics.items() if name not in there]
    for name, made in (admin.create_topics(new) if new else {}).items():
        _expect(name, made, unless=KafkaError.TOPIC_ALREADY_EXISTS)
    changes = list(_changes(wrong_settings(admin, {n: kind for n, kind in topics.items() if n in there})))
    for resource, changed in (admin.incremental_alter_configs(changes) if changes else {}).items():
        _expect(resource.name, changed)


def missing(admin: AdminClient, topics: Topics) -> list[str]:
    """Names of the topics that the broker has not."""
    there = admin.list_topics(timeout=_SECONDS).topics
    return [name for name in topics if name not in there]


def wrong_partitions(admin: AdminClient, topics: Topics) -> dict[str, int]:
    """Partition counts that differ from the described ones, by topic; what is missing is not wrong."""
    there = admin.list_topics(timeout=_SECONDS).topics
    counts = {name: len(there[name].partitions) for name in topics if name in there}
    return {name: count for name, count in counts.items() if count != topics[name].partitions}


def wrong_settings(admin: AdminClient, topics: Topics) -> dict[str, dict[str, str]]:
    """Settings that differ, by topic, with the value that is described. The topics have to be there."""
    resources = [ConfigResource(ConfigResource.Type.TOPIC, name) for name in topics]
    described = admin.describe_configs(resources) if resources else {}
    found = {resource.name: future.result(_SECONDS) for resource, future in described.items()}
    differing = {
        name: {key: value for key, value in settings_of(topics[name]).items() if entries[key].value != value}
        for name, entries in found.items()
    }
    return {name: settings for name, settings in differing.items() if settings}


def settings_of(kind: TopicKind) -> dict[str, str]:
    """The topic's settings at the broker."""
    compacted = _COMPACTED if kind.cleanup == "compact" else {}
    return {**_SAME_EVERYWHERE, **compacted, "cleanup.policy": kind.cleanup}


def _new(name: str, kind: TopicKind) -> NewTopic:
    return NewTopic(name, kind.partitions, replication_factor=1, config=settings_of(kind))


def _changes(wrong: Mapping[str, Mapping[str, str]]) -> Iterator[ConfigResource]:
    for name, settings in wrong.items():
        entries = [
            ConfigEntry(
                key,
                value,
                source=ConfigSource.DYNAMIC_TOPIC_CONFIG,
                incremental_operation=AlterConfigOpType.SET,
            )
            for key, value in settings.items()
        ]
        yield ConfigResource(ConfigResource.Type.TOPIC, name, incremental_configs=entries)


def _expect(name: str, done: "Future[None]", unless: int | None = None) -> None:
    try:
        done.result(_SECONDS)
    except KafkaException as error:
        # Another `up` was quicker.
        if error.args[0].code() != unless:
            raise TopicsRefused(f"the broker refused the topic {name}: {error.args[0].str()}") from None
