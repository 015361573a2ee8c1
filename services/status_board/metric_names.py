"""Every metric of the console: its name, its help, its labels. Nothing else can be told."""

from collections.abc import Mapping
from typing import Literal, get_args

from prometheus_client.core import GaugeMetricFamily

from referral_exchange.events.routing import ReferralState
from status_board.rules import Reason, fhir

PREFIX = "referral_exchange"

Name = Literal[
    "clocks_elapsed",
    "console_broker_lost",
    "console_rebuilt",
    "console_steps_behind",
    "console_steps_unreadable",
    "process_down_seconds",
    "process_ready",
    "quarantine_oldest_seconds",
    "quarantine_open",
    "reader_oldest_unread_seconds",
    "reader_unread_messages",
    "referrals",
    "referrals_stuck",
    "referrals_stuck_oldest_seconds",
    "router_tick_age_seconds",
    "schemas_differing",
]

STATES = tuple(sorted(fhir(code) for code in get_args(ReferralState) if code != "unspecified"))
"""Values of the label `state`, beside `other`."""

REASONS: tuple[Reason, ...] = get_args(Reason)
"""Values of the label `reason`."""

HELP: Mapping[Name, tuple[str, tuple[str, ...]]] = {
    "clocks_elapsed": ("Clocks that ran out in referrals that are still open", ()),
    "console_broker_lost": ("1 where the broker has not answered the console lately", ()),
    "console_rebuilt": ("1 once the console's table holds again what its changelog holds", ()),
    "console_steps_behind": ("Steps that the console has still to read", ()),
    "console_steps_unreadable": ("Steps that the console could not read since it started", ()),
    "process_down_seconds": (
        "How long a process that worked is not ready; 0 while it is",
        ("process",),
    ),
    "process_ready": ("1 where a process answers that it can work; one never heard is absent", ("process",)),
    "quarantine_oldest_seconds": ("Age of the oldest message that is set aside", ()),
    "quarantine_open": ("Messages that are set aside", ("class",)),
    "reader_oldest_unread_seconds": ("How long the oldest unread message waits", ("group", "topic")),
    "reader_unread_messages": ("Messages not yet read, transaction markers among them", ("group", "topic")),
    "referrals": ("Referrals that the console knows", ("state",)),
    "referrals_stuck": ("Referrals that are stuck", ("reason",)),
    "referrals_stuck_oldest_seconds": ("How long the oldest of them stands so", ("reason",)),
    "router_tick_age_seconds": ("Age of the last tick of the router's clocks", ()),
    "schemas_differing": ("Subjects of the schema registry that are not as committed", ()),
}
"""By name, without the prefix."""


def gauge(name: Name) -> GaugeMetricFamily:
    """An empty family of that name."""
    said, labels = HELP[name]
    return GaugeMetricFamily(f"{PREFIX}_{name}", said, labels=labels)
