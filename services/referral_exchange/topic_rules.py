"""The rules that the topic.toml files must keep together, as pure functions over what they say."""

from collections.abc import Iterator, Mapping
from typing import Any

from referral_exchange.schema_rules import PLAINTEXTS, Fault

_KEYS = {"name", "key", "partition_by", "partitions", "cleanup", "written_by", "read_by", "kept"}
_CHOICES = {"cleanup": ("delete", "compact"), "partition_by": ("referral_id", "key", "source_partition")}


def defined_kinds(files: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Every topic kind that the files define, doubles included. `files`: topic.toml by family."""
    return [kind for loaded in files.values() for kind in loaded.get("topics", {})]


def topic_faults(
    family: str, loaded: Mapping[str, Any] | None, records: set[str], kinds: list[str]
) -> Iterator[Fault]:
    """Every broken rule of one family's topic.toml; `loaded` is None where there is none.

    `records`: names of the family's records; `kinds`: what `defined_kinds` says of all files.
    """
    if family in PLAINTEXTS or loaded is None:
        if family in PLAINTEXTS and loaded is not None:
            yield Fault("parts-on-topic", "topic.toml", "parts travel only sealed: this family has no topic")
        elif family not in PLAINTEXTS:
            yield Fault("topic-file", "topic.toml", "say which topics carry this family's events")
        return
    for kind, spec in loaded.get("topics", {}).items():
        yield from _spec_faults(kind, spec)
        if kinds.count(kind) > 1:
            yield Fault("topic-once", kind, "a topic is defined in one topic.toml only")
    yield from _event_faults(loaded.get("events", {}), records, kinds)


def _event_faults(events: Mapping[str, Any], records: set[str], kinds: list[str]) -> Iterator[Fault]:
    for record in sorted(records - events.keys()):
        yield Fault("topic-lists-event", record, "list it under [events] with the topics that may carry it")
    for record in sorted(events.keys() - records):
        yield Fault("topic-own-events", record, "this folder has no such record; list it in its own family")
    for record, named in events.items():
        unknown = [kind for kind in named if kind not in kinds]
        if unknown or not named:
            yield Fault("topic-exists", record, f"no topic.toml defines {', '.join(unknown) or 'its topic'}")


def _spec_faults(kind: str, spec: Mapping[str, Any]) -> Iterator[Fault]:
    if spec.keys() != _KEYS:
        odd = ", ".join(sorted(spec.keys() ^ _KEYS))
        yield Fault("topic-form", kind, f"missing or unknown: {odd}")
    for key, choices in _CHOICES.items():
        if key in spec and spec[key] not in choices:
            yield Fault("topic-form", f"{kind}.{key}", f"is one of {', '.join(choices)}")
