"""A client of Kafka that knows nothing of the exchange: what a certificate lets it do, by error name."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    ConsumerGroupTopicPartitions,
    KafkaError,
    KafkaException,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    ResourcePatternType,
    ResourceType,
)

from exchange_command.broker_wire import BrokerWire, QuotasRefused
from referral_exchange.runtime.tls import client_context
from referral_exchange.settings import Tls

SECONDS = 10.0
ALLOWED = ""
QUIET = {"log_level": 0, "enable.metrics.push": False, "allow.auto.create.topics": False}


def outcome(act: Callable[[], Any]) -> str:
    """The name of the Kafka error that `act` met; `ALLOWED` for none."""
    try:
        act()
    except KafkaException as error:
        return str(error.args[0].name())
    return ALLOWED


class PlainClient:
    """Connects as whoever `kafka` says."""

    def __init__(self, kafka: Mapping[str, str], tls: Tls) -> None:
        self.kafka = {**kafka, **QUIET}
        self.tls = tls
        self.admin = AdminClient(self.kafka)

    def produces(self, topic: str, **own: Any) -> str:
        """What becomes of one message; the topic keeps it where it is taken."""
        told: list[KafkaError | None] = []
        producer = Producer({**self.kafka, "delivery.timeout.ms": 5000, "linger.ms": 0, **own})
        producer.produce(topic, b"{}", key=b"k", partition=0, on_delivery=lambda error, _: told.append(error))
        producer.flush(SECONDS)
        assert told, f"{topic}: no answer"
        return told[0].name() if told[0] else ALLOWED

    def reads(self, topic: str, group: str) -> str:
        """What comes of reading partition 0 from its beginning, up to its end."""
        with self.consumer(group) as consumer:
            consumer.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
            return _until_end(consumer)

    def joins(self, group: str, topic: str) -> str:
        """What comes of subscribing to a topic as a member of `group`."""
        with self.consumer(group) as consumer:
            consumer.subscribe([topic])
            return _until_end(consumer)

    def commits(self, group: str, topic: str) -> str:
        """What comes of committing an offset there."""
        with self.consumer(group) as consumer:
            offsets = [TopicPartition(topic, 0, 0)]
            return outcome(lambda: _expect(consumer.commit(offsets=offsets, asynchronous=False)))

    def transacts(self, transactional_id: str) -> str:
        """What comes of beginning transactions under that id."""
        producer = Producer({**self.kafka, "transactional.id": transactional_id})
        return outcome(lambda: producer.init_transactions(SECONDS))

    def deletes_records(self, topic: str) -> str:
        """What comes of deleting what stands there."""
        asked = [TopicPartition(topic, 0, -1)]
        return outcome(lambda: _all(self.admin.delete_records(asked, request_timeout=SECONDS)))

    def sees(self) -> set[str]:
        """Every topic that is listed to it."""
        return set(self.admin.list_topics(timeout=SECONDS).topics)

    def groups(self) -> set[str]:
        """Every group that is listed to it."""
        listed = self.admin.list_consumer_groups(request_timeout=SECONDS).result(SECONDS)
        return {group.group_id for group in listed.valid}

    def rights(self) -> list[AclBinding]:
        """Every right that is told to it. The library keeps a refusal to itself and tells of none."""
        kinds = (ResourceType.ANY, None, ResourcePatternType.ANY, None, None)
        every = AclBindingFilter(*kinds, AclOperation.ANY, AclPermissionType.ANY)  # type: ignore[arg-type]
        return list(self.admin.describe_acls(every, request_timeout=SECONDS).result(SECONDS))

    @contextmanager
    def consumer(self, group: str) -> Iterator[Consumer]:
        made = Consumer(
            {
                **self.kafka,
                "group.id": group,
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "auto.offset.reset": "earliest",
            }
        )
        try:
            yield made
        finally:
            made.close()

    def administers(self, topic: str, principal: str) -> Iterator[tuple[str, str]]:
        """Every call of an administrator and what came of it. `topic`: one that stands; `principal`: its own.

        Passwords are left out: the library ends the process where it is refused to read or change them.
        """
        admin, wait = self.admin, {"request_timeout": SECONDS}
        entry = ConfigEntry("retention.ms", "1", incremental_operation=AlterConfigOpType.SET)
        setting = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[entry])
        acl = (ResourceType.TOPIC, topic, ResourcePatternType.LITERAL, f"User:{principal}", "*")
        right = AclBinding(*acl, AclOperation.ALL, AclPermissionType.ALLOW)
        any_right = AclBindingFilter(*acl, AclOperation.ANY, AclPermissionType.ANY)
        group = [ConsumerGroupTopicPartitions("referral_router", [TopicPartition("consents", 0, 0)])]
        described = [ConfigResource(ResourceType.BROKER, "1")]
        calls: dict[str, Callable[[], Any]] = {
            "create a topic": lambda: _all(admin.create_topics([NewTopic("outbox.nobody", 1, 1)], **wait)),
            "delete a topic": lambda: _all(admin.delete_topics([topic], **wait)),
            "add partitions": lambda: _all(admin.create_partitions([NewPartitions(topic, 12)], **wait)),
            "change a setting": lambda: _all(admin.incremental_alter_configs([setting], **wait)),
            "read the broker's settings": lambda: _all(admin.describe_configs(described, **wait)),
            "read a topic's settings": lambda: _all(admin.describe_configs([setting], **wait)),
            "give a right": lambda: _all(admin.create_acls([right], **wait)),
            "take rights": lambda: _all(admin.delete_acls([any_right], **wait)),
            "delete records": lambda: _raise(self.deletes_records(topic)),
            "delete a group": lambda: _all(admin.delete_consumer_groups(["referral_router"], **wait)),
            "move a group's offsets": lambda: _all(admin.alter_consumer_group_offsets(group, **wait)),
        }
        for name, call in calls.items():
            yield name, outcome(call)
        wire = BrokerWire(self.kafka["bootstrap.servers"], client_context(self.tls))
        for name, ask in {"read quotas": wire.limits, "set quotas": lambda: wire.limit({None: {}})}.items():
            yield name, _quotas(ask)


def _quotas(ask: Callable[[], Any]) -> str:
    try:
        ask()
    except QuotasRefused as refused:
        return "CLUSTER_AUTHORIZATION_FAILED" if "error 31" in str(refused) else str(refused)
    return ALLOWED


def _until_end(consumer: Consumer) -> str:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        message = consumer.poll(0.1)
        error = message.error() if message is not None else None
        if error is not None:
            return ALLOWED if error.code() == KafkaError._PARTITION_EOF else str(error.name())
    return "no answer"


def _all(futures: Mapping[Any, Any]) -> None:
    for future in futures.values():
        future.result(SECONDS)


def _expect(answers: Any) -> None:
    for answer in answers:
        if answer.error is not None:
            raise KafkaException(answer.error)


def _raise(name: str) -> None:
    if name:
        raise KafkaException(KafkaError(getattr(KafkaError, name)))
