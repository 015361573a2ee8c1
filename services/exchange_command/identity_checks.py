"""Whether everybody has a certificate that lasts, and the broker gives the rights that are described."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from confluent_kafka import KafkaException

from exchange_command import authority, probes, rights_setup
from exchange_command.finding import Finding
from exchange_command.network import Network
from exchange_command.places import Places
from exchange_command.problem import Problem

_UP = "run `exchange up`"
_MOST_SAID = 5
_SOON = timedelta(days=14)


def certificates(places: Places, network: Network, now: datetime | None = None) -> Iterator[Finding]:
    """A finding for each certificate that is missing, open to others or nearly over, or one for all."""
    names = authority.principals(network)
    ends = {name: _end(places.certificates / name) for name in names}
    wrong = {name: says for name in names if (says := _wrong(places, name, ends[name], now))}
    for name, says in wrong.items():
        yield Finding("certificates", f"{name}: {says}", f"{_UP}; it issues what is needed")
    first = min((end for end in ends.values() if end), default=None)
    if not wrong and first:
        yield Finding("certificates", f"{len(names)} certificates, the first ends on {first:%Y-%m-%d}")


def rights(places: Places, network: Network) -> Iterator[Finding]:
    """A finding for each right that is missing or too much, or one for all."""
    kafka = places.kafka(authority.ADMINISTRATOR)
    if not probes.broker_serves(kafka):
        yield Finding("rights", "not seen: the broker is away", _UP)
        return
    participants = [participant.id for participant in network.with_mailboxes]
    try:
        described = {rights_setup.rule(right) for right in rights_setup.wanted(places, participants)}
        held = rights_setup.held(probes.admin(kafka))
    except (KafkaException, Problem) as error:
        yield Finding("rights", f"the broker did not say ({type(error).__name__})", _UP)
        return
    missing = [
        Finding("rights", f"missing: {rule}", f"{_UP}; it gives it") for rule in sorted(described - held)
    ]
    too_much = [
        Finding("rights", f"not described: {rule}", f"{_UP}; it takes it away")
        for rule in sorted(held - described)
    ]
    yield from _first_few([*missing, *too_much])
    if described == held:
        yield Finding("rights", f"{len(held)} rights as described, everything else denied")


def _first_few(wrong: list[Finding]) -> Iterator[Finding]:
    yield from wrong[:_MOST_SAID]
    if len(wrong) > _MOST_SAID:
        yield Finding("rights", f"{len(wrong) - _MOST_SAID} more differ", _UP)


def _end(folder: Path) -> datetime | None:
    try:
        return authority.expires(folder / authority.CERTIFICATE)
    except (OSError, ValueError):
        return None


def _wrong(places: Places, name: str, end: datetime | None, now: datetime | None) -> str | None:
    key = places.tls(name).key
    if end is None or not key.exists():
        return "no certificate, or one that cannot be read"
    if key.stat().st_mode & 0o077:
        return "others may read its key"
    left = end - (now or datetime.now(UTC))
    return None if left > _SOON else f"its certificate ends on {end:%Y-%m-%d}"
