"""The threads of an edge: they wait for what is away, and end the process when they cannot go on."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from edge_kit import RECIPIENT, SENDER, Network, an_offer, offer_of

from participant_edge.assembly import edge_of
from participant_edge.edge import Edge, OutcomeUnknown
from referral_exchange.runtime.tail import EndNotReached


@pytest.fixture
def network(tmp_path: Path) -> Network:
    return Network(tmp_path)


@pytest.fixture
def sender(network: Network) -> Edge:
    return network.edge(SENDER)


def until(condition: Callable[[], object], seconds: float = 20) -> None:
    """Awaits `condition`, looked at ten times a second."""
    never = threading.Event()
    for _ in range(int(seconds * 100)):
        if condition():
            return
        never.wait(0.01)
    raise AssertionError("it did not happen in time")


def test_threads_do_the_whole_work(network: Network, sender: Edge) -> None:
    recipient = network.edge(RECIPIENT)
    assert not recipient.ready()
    for edge in (sender, recipient):
        edge.start()
    try:
        until(lambda: sender.ready() and recipient.ready())
        referral_id = an_offer(sender, network)
        network.route()
        until(lambda: network.route() or sender.referral(referral_id).state == "received")
        withdrawn = sender.withdraw(referral_id)
        network.route()
        until(lambda: sender.withdrawal(withdrawn.consent_id).state == "recipients-told")
    finally:
        for edge in (sender, recipient):
            edge.stop()


def test_a_thread_that_cannot_go_on_ends_the_process(network: Network) -> None:
    means, log = network.parts(SENDER)
    failed = threading.Event()
    edge = edge_of(means, log, on_failure=failed.set)
    log.take = lambda most, wait_s: 1 / 0  # type: ignore[method-assign, assignment, return-value]
    edge.start()
    assert failed.wait(10)
    assert not edge.ready()
    edge.stop()


def test_what_earlier_processes_left_is_done_at_the_start(network: Network, sender: Edge) -> None:
    given = sender.give_consent(network.consent(), "c")
    network.broker.failing = 1
    with pytest.raises(OutcomeUnknown):
        sender.offer(offer_of(given.consent_id), "o")
    again = network.edge(SENDER)
    again.start()
    try:
        until(lambda: again.referral(given.referral_id).state == "requested")
    finally:
        again.stop()


def test_a_directory_that_cannot_be_read_loses_no_message(network: Network, sender: Edge) -> None:
    referral_id = an_offer(sender, network)
    network.route()
    recipient = network.edge(RECIPIENT)
    known = network.listings.read_to_present_end

    def away(timeout_s: float = 10.0) -> None:
        raise EndNotReached("in a test")

    network.listings.read_to_present_end = away  # type: ignore[method-assign]
    with pytest.raises(OutcomeUnknown):
        recipient._workers._intake.turn(0)
    assert network.broker.committed == {}
    network.listings.read_to_present_end = known  # type: ignore[method-assign]
    network.settle(sender, recipient)
    assert recipient.referral(referral_id).state == "received"


def test_a_full_disk_is_an_unknown_outcome_and_loses_nothing(network: Network, sender: Edge) -> None:
    given = sender.give_consent(network.consent(), "c")
    _limit(sender, _pages(sender))
    with pytest.raises(OutcomeUnknown, match="disk"):
        _fill(network, sender)
    _limit(sender, 1_000_000)
    receipt = sender.offer(offer_of(given.consent_id), "o")
    assert [m.headers["ce_id"].decode() for m in network.broker.produced] == [receipt.event_id]


def _fill(network: Network, edge: Edge) -> None:
    for n in range(200):
        edge.give_consent(network.consent(), f"more-{n}")


def _pages(edge: Edge) -> int:
    with edge._means.store.read() as connection:
        return int(connection.exec_driver_sql("PRAGMA page_count").scalar_one())


def _limit(edge: Edge, pages: int) -> None:
    with edge._means.store.read() as connection:
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
