"""Whoever looks for a service sees what programmes last told of their room."""

from dataclasses import replace
from datetime import timedelta

from edge_kit import RECIPIENT, SENDER, Network

from referral_exchange.events import CapacityReported
from referral_exchange.ids import fresh


def test_the_last_word_of_each_programme_is_shown_by_id(network: Network) -> None:
    now = network.clock.now()
    report = CapacityReported(
        event_id=fresh(),
        occurred_at=now,
        programme_id=SENDER,
        capacity="capacity",
        room=2,
        accessible=False,
        languages=["en"],
        as_of=now,
        valid_until=now + timedelta(days=1),
    )
    other = replace(report, event_id=fresh(), programme_id=RECIPIENT)
    older = replace(other, event_id=fresh(), capacity="no_capacity", as_of=now - timedelta(hours=1))
    for each in (report, other, older):
        network.listings.directory.apply(each)
    assert network.edge(SENDER).capacities() == sorted([report, other], key=lambda each: each.programme_id)
