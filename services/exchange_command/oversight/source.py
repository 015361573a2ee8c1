"""Which exchange is looked at: the platform of this machine, or whatever a settings file names."""

import argparse
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from exchange_command.console import platform_here
from exchange_command.problem import Problem
from referral_exchange import catalog, settings
from referral_exchange.codec import Codec
from referral_exchange.runtime import clients
from referral_exchange.runtime.tail import EndNotReached, Tail
from referral_exchange.settings import SettingsError, Tls

GROUP = "operator"
"""Principal and group of whoever looks; it commits nothing, so it never stands in anybody's way."""

_QUICK = {
    "client.id": GROUP,
    "fetch.wait.max.ms": 20,  # the end of a partition is an empty answer, and a person waits for it
    "log_level": 0,
}
_ANSWER_S = 5.0


class BrokerAway(Problem):
    """The broker did not answer; the message names the address."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where the broker, the registry and the trace page are. `trace_page` empty: there is none."""

    kafka: Mapping[str, Any]
    registry_url: str
    trace_page: str = ""
    tls: Tls | None = None
    """Who asks the registry."""
    codec: Codec = field(default_factory=lambda: Codec(catalog.committed(), {}))
    """Reads by `ce_type` alone, so what an earlier registry numbered is read too, and none need run."""

    def tail(self, **own: Any) -> Tail:
        """Reads committed messages; the caller closes it."""
        consumer = clients.consumer(self.kafka, GROUP, **{**_QUICK, **own})
        return Tail(consumer, self.admin())

    def admin(self) -> AdminClient:
        """A client for questions about topics and groups."""
        return clients.admin({**self.kafka, "log_level": 0})

    def topics(self) -> dict[str, int]:
        """Partition counts by topic, internal topics apart. Raises BrokerAway."""
        try:
            found = self.admin().list_topics(timeout=_ANSWER_S).topics
        except KafkaException as error:
            raise BrokerAway(_away(self.kafka, error)) from None
        return {name: len(topic.partitions) for name, topic in found.items() if not name.startswith("__")}


def add_argument(parser: argparse.ArgumentParser) -> None:
    """Adds `--settings` to a verb."""
    said = "TOML file with [kafka] and [registry] of another exchange than the one on this machine"
    parser.add_argument("--settings", type=Path, metavar="FILE", help=said)


@contextmanager
def opened(arguments: argparse.Namespace) -> Iterator[Source]:
    """The source that the arguments name. What goes wrong at the broker is a Problem inside."""
    source = _source(arguments.settings)
    source.topics()
    try:
        yield source
    except KafkaException as error:
        raise BrokerAway(_away(source.kafka, error)) from None
    except TimeoutError:
        raise BrokerAway(
            f"the broker at {source.kafka['bootstrap.servers']} gave no answer in time"
        ) from None
    except EndNotReached as error:
        raise Problem(str(error)) from None


def _source(file: Path | None) -> Source:
    if file is None:
        places = platform_here().places
        page = f"{places.address('zipkin')}/zipkin"
        return Source(places.kafka(GROUP), places.registry_url, page, places.tls(GROUP))
    try:
        found = settings.load(file)
    except SettingsError as error:
        raise Problem(str(error)) from None
    page = str(found.service.get("trace_page", ""))
    return Source(found.kafka, found.registry_url, page, found.tls)


def _away(kafka: Mapping[str, Any], error: KafkaException) -> str:
    return (
        f"the broker at {kafka['bootstrap.servers']} says {error.args[0].name()}; is it up? `exchange status`"
    )
