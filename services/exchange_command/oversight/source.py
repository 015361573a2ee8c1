"""Which exchange a verb looks at: the platform of this machine, or whatever a settings file names."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from confluent_kafka import KafkaException

from exchange_command.console import platform_here
from exchange_command.problem import Problem
from referral_exchange import settings
from referral_exchange.oversight.source import GROUP, Source, away
from referral_exchange.oversight.trouble import BrokerAway
from referral_exchange.runtime.tail import EndNotReached
from referral_exchange.settings import SettingsError


def add_argument(parser: argparse.ArgumentParser) -> None:
    """Adds `--settings` to a verb."""
    said = "TOML file with [kafka] and [registry] of another exchange than the one on this machine"
    parser.add_argument("--settings", type=Path, metavar="FILE", help=said)


@contextmanager
def opened(arguments: argparse.Namespace) -> Iterator[Source]:
    """The source that the arguments name. What goes wrong at the broker is a Problem or a LookFailed."""
    source = _source(arguments.settings)
    source.topics()
    try:
        yield source
    except KafkaException as error:
        raise BrokerAway(away(source.kafka, error)) from None
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
