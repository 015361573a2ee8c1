"""Topics and which event each may carry, from the `topic.toml` files."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from aiokafka.partitioner import murmur2

from referral_exchange import catalog
from referral_exchange.catalog import RecordSchema
from referral_exchange.contract_files import SCHEMAS


@dataclass(frozen=True, slots=True)
class TopicKind:
    """A topic, or one a participant (`<participant>` in `name`). `events` are record names."""

    kind: str
    name: str
    key: str
    partition_by: str
    partitions: int
    cleanup: str
    written_by: str
    read_by: tuple[str, ...]
    kept: str
    events: frozenset[str]

    @property
    def per_participant(self) -> bool:
        """Whether every participant has one."""
        return "<participant>" in self.name

    def for_participant(self, participant: str) -> str:
        """The topic's name for `participant`; a topic of the exchange keeps its own."""
        return self.name.replace("<participant>", participant)


def load_topics(folder: Path = SCHEMAS) -> dict[str, TopicKind]:
    """Every topic by kind. Raises ValueError where a topic.toml names a topic that none defines."""
    files = [tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*/topic.toml"))]
    defined = {kind: dict(spec) for loaded in files for kind, spec in loaded.get("topics", {}).items()}
    carried: dict[str, set[str]] = {kind: set() for kind in defined}
    for event, kinds in ((e, k) for loaded in files for e, k in loaded["events"].items()):
        for kind in kinds:
            if kind not in carried:
                raise ValueError(f"topic.toml: {event} names the topic {kind}, which no topic.toml defines")
            carried[kind].add(event)
    return {kind: _topic(kind, spec, carried[kind]) for kind, spec in defined.items()}


@cache
def committed_topics() -> Mapping[str, TopicKind]:
    """The topics of this distribution, read once."""
    return load_topics()


def carried(*kinds: str) -> dict[str, RecordSchema]:
    """Every version of the events that topics of these kinds carry, by `Record.vN`; none named: of all.

    Whoever writes needs the registry's ids of these alone: what is sealed inside them is framed by nobody.
    """
    topics = committed_topics()
    records = frozenset().union(*(topics[kind].events for kind in kinds or topics))
    return {key: schema for key, schema in catalog.committed().items() if schema.record in records}


def partition_of(key: str, partitions: int) -> int:
    """The partition of `key`, as Kafka's Java client and librdkafka's `murmur2` choose it."""
    return int((murmur2(key.encode()) & 0x7FFFFFFF) % partitions)


@cache
def outbox(participant: str) -> str:
    """Name of the outbox of `participant`."""
    return committed_topics()["outbox"].for_participant(participant)


@cache
def inbox(participant: str) -> str:
    """Name of the inbox of `participant`."""
    return committed_topics()["inbox"].for_participant(participant)


def _topic(kind: str, spec: dict[str, object], events: set[str]) -> TopicKind:
    values = {**spec, "read_by": tuple(spec["read_by"])}  # type: ignore[arg-type]
    return TopicKind(kind=kind, events=frozenset(events), **values)  # type: ignore[arg-type]
