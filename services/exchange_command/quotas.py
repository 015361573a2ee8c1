"""How much of the broker one participant may use: everybody alike, whoever needs more by name."""

from collections.abc import Mapping
from dataclasses import dataclass

from exchange_command.authority import ADMINISTRATOR
from exchange_command.broker_wire import BrokerWire, Limits
from exchange_command.places import Places
from referral_exchange.contract_docs import rights
from referral_exchange.runtime.tls import client_context
from referral_exchange.topics import committed_topics

MIB = float(1024 * 1024)
_UNBOUND = float(2**40)
_OTHERS = ("administrator", "broker", "operator", "registry", "status_board")


@dataclass(frozen=True, slots=True)
class Quota:
    """Bytes a second in and out; `request_percent` is of one of the broker's threads.

    By default some 2,000 offers a second, and a lost inbox of a gigabyte again in about two minutes. Who asks
    for more is slowed down, not refused, so that the others need not wait.
    """

    produce_bytes_per_s: float = 2 * MIB
    consume_bytes_per_s: float = 8 * MIB
    request_percent: float = 100.0

    @property
    def limits(self) -> Limits:
        """By Kafka's names."""
        return {
            "producer_byte_rate": self.produce_bytes_per_s,
            "consumer_byte_rate": self.consume_bytes_per_s,
            "request_percentage": self.request_percent,
        }


UNBOUND = Quota(_UNBOUND, _UNBOUND, _UNBOUND)
"""Of the exchange's own services: what they carry is everybody's, and bounded already."""


def wanted() -> dict[str | None, Limits]:
    """The limits of everybody, under None, and of the exchange's own."""
    ours = {*rights.services(committed_topics()), *_OTHERS}
    return {None: Quota().limits, **{name: UNBOUND.limits for name in sorted(ours)}}


def wire(places: Places) -> BrokerWire:
    """Asks the broker as the administrator."""
    return BrokerWire(places.bootstrap, client_context(places.tls(ADMINISTRATOR)))


def make_so(wire: BrokerWire, described: Mapping[str | None, Limits]) -> list[str | None]:
    """Sets the limits that differ; returns whose. Users not described keep theirs. Raises QuotasRefused."""
    there = wire.limits()
    differing = {user: limits for user, limits in described.items() if there.get(user) != dict(limits)}
    if differing:
        wire.limit(differing)
    return list(differing)
