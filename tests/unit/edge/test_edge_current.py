"""What a first page asks for at once: all that moves or changed lately, as one by one tells it."""

from datetime import timedelta

import pytest
from edge_kit import RECIPIENT, SENDER, Network, accepted, an_offer

from participant_edge.edge import Edge
from participant_edge.tables import referrals
from participant_edge.views import Current


@pytest.fixture
def sender(network: Network) -> Edge:
    return network.edge(SENDER)


@pytest.fixture
def recipient(network: Network) -> Edge:
    return network.edge(RECIPIENT)


def test_it_tells_the_same_as_asking_one_by_one(network: Network, sender: Edge, recipient: Edge) -> None:
    taken = accepted(sender, recipient, network)
    declined, fresh = an_offer(sender, network, "2"), an_offer(sender, network, "3")
    network.settle(sender, recipient)
    recipient.answer(declined, "declined", "no-room", "no")
    network.settle(sender, recipient)
    for edge in (sender, recipient):
        found = {
            each.view.referral_id: each for each in edge.current(network.clock.now() - timedelta(days=1))
        }
        assert set(found) == {taken, declined, fresh}
        for referral_id, each in found.items():
            assert each.view == edge.referral(referral_id)
            assert each.view.steps
            assert each.covered == edge.covered(referral_id)
    ours = {e.view.referral_id: e for e in sender.current(network.clock.now())}
    assert ours[taken].covered


def test_what_ended_before_is_left_out_and_what_waits_is_told_however_old(
    network: Network, sender: Edge, recipient: Edge
) -> None:
    waiting, done = an_offer(sender, network), an_offer(sender, network, "2")
    network.settle(sender, recipient)
    recipient.answer(done, "declined", "no-room", "no")
    network.settle(sender, recipient)
    recipient.answer_purge(done, "purged", "purged")
    network.settle(sender, recipient)
    network.clock.at += timedelta(days=40)
    since = network.clock.now() - timedelta(days=1)
    assert [each.view.referral_id for each in sender.current(since)] == [waiting]
    with recipient._means.store.write() as connection:
        connection.execute(referrals.update().values(state="completed", purge="asked"))
    assert len(recipient.current(since)) == 2


def test_it_tells_whose_withdrawal_it_was(network: Network, sender: Edge, recipient: Edge) -> None:
    here, elsewhere = an_offer(sender, network), an_offer(sender, network, "2")
    network.settle(sender, recipient)
    sender.withdraw(here)
    network.settle(sender, recipient)
    found = {each.view.referral_id: each for each in sender.current(network.clock.now() - timedelta(days=1))}
    assert (found[here].taken_back_here, found[elsewhere].taken_back_here) == (True, False)
    assert isinstance(found[here], Current)
    assert found[here].covered == frozenset()
