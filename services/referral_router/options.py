"""The numbers of the router, with their defaults; each may stand in `[service]` under its own name."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

from referral_exchange.settings import SettingsError

_DAY_S = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Options:
    """Seconds, unless a name says otherwise."""

    unanswered_s: float = 3600.0
    """How long an urgent or emergency offer may wait for its answer."""
    purge_answer_s: float = 3 * _DAY_S
    """How long a recipient may take to answer a withdrawal: purged, or held by law."""
    tick_s: float = 10.0
    """How often clocks are looked at, also without input."""
    sweep_s: float = 3600.0
    """How often old messages and records are removed."""
    keep_read_s: float = 14 * _DAY_S
    """A message of an outbox or inbox stays at least so long, and until it was read."""
    keep_progress_s: float = 90 * _DAY_S
    """A message of referral-progress stays so long."""
    keep_closed_s: float = 90 * _DAY_S
    """A record stays so long after it closed and its last consent ended."""
    transaction_s: float = 10.0
    """For each request of a transaction, and after which the broker aborts one that was left open."""
    session_s: float = 6.0
    """After which a router that is silent loses its partitions."""
    catch_up_s: float = 30.0
    """Reading to an end gives up after so long without coming nearer."""
    patience_s: float = 300.0
    """How long the same trouble may last before the process exits."""
    batch: int = 1000
    """Messages of a transaction at most."""
    quarantine_per_minute: int = 100
    """Messages set aside of one source partition before it stalls."""

    @classmethod
    def of(cls, service: Mapping[str, Any]) -> Self:
        """The options among `service`. Raises SettingsError for one that is no positive number."""
        given = {field.name: service[field.name] for field in fields(cls) if field.name in service}
        for name, value in given.items():
            if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
                raise SettingsError(f"[service] {name} must be a number, zero or more")
        return cls(**given)
