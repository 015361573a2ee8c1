"""A restored ledger holds every consent until its discloser's edge has confirmed that it still lives."""

import pytest
from edge_kit import IDENTITY, RECIPIENT, SENDER, Network, accepted, an_offer, offer_of

from participant_edge import confirming
from participant_edge.edge import Edge, OutcomeUnknown, Refused
from participant_edge.errors import Suspended


@pytest.fixture
def sender(network: Network) -> Edge:
    return network.edge(SENDER)


@pytest.fixture
def recipient(network: Network) -> Edge:
    return network.edge(RECIPIENT)


def test_the_edge_that_gave_a_consent_confirms_it_and_goes_on(
    network: Network, sender: Edge, recipient: Edge
) -> None:
    referral_id = accepted(sender, recipient, network)
    network.ledger.restore()
    sender.disclose(referral_id, [IDENTITY], "disclose")
    network.settle(sender, recipient)
    assert IDENTITY in [part.record for part in recipient.open_parts(referral_id)]
    assert network.ledger.confirmed == [[sender.referral(referral_id).consent_id]]


def test_all_that_live_are_confirmed_at_once(network: Network, sender: Edge, recipient: Edge) -> None:
    referrals = [accepted(sender, recipient, network, key) for key in ("1", "2", "3")]
    network.ledger.restore()
    sender.disclose(referrals[0], [IDENTITY], "disclose")
    (confirmed,) = network.ledger.confirmed
    assert sorted(confirmed) == sorted(sender.referral(each).consent_id for each in referrals)


def test_what_was_withdrawn_is_never_confirmed(network: Network, sender: Edge, recipient: Edge) -> None:
    """The backup is from before the withdrawal: the restored ledger has forgotten it."""
    gone, asked, live = (accepted(sender, recipient, network, key) for key in ("1", "2", "3"))
    sender.withdraw(gone)
    network.ledger.silent = 9
    assert sender.withdraw(asked).state == "not-yet-in-force"
    network.ledger.silent = 0
    for consent in network.ledger.consents.values():
        consent.standing, consent.key = "suspended", consent.key or bytes(32)
    sender.disclose(live, [IDENTITY], "disclose")
    assert network.ledger.confirmed == [[sender.referral(live).consent_id]]
    assert network.ledger.consents[sender.referral(gone).consent_id].standing == "suspended"
    with pytest.raises(Refused):
        sender.disclose(gone, [IDENTITY], "never")


def test_one_that_the_ledger_knows_to_be_over_does_not_keep_the_others_back(
    network: Network, sender: Edge, recipient: Edge
) -> None:
    live = accepted(sender, recipient, network)
    forgotten = sender.give_consent(network.consent(), "after the backup")
    network.ledger.restore()
    del network.ledger.consents[forgotten.consent_id]
    sender.disclose(live, [IDENTITY], "disclose")
    assert network.ledger.confirmed == [[sender.referral(live).consent_id]]


def test_who_received_waits_and_loses_nothing(network: Network, sender: Edge, recipient: Edge) -> None:
    referral_id = accepted(sender, recipient, network)
    sender.disclose(referral_id, [IDENTITY], "disclose")
    network.settle(sender, recipient)
    network.ledger.restore()
    with pytest.raises(Suspended):
        recipient.open_parts(referral_id)
    with pytest.raises(OutcomeUnknown):
        recipient.report_status(referral_id, "in_progress", None, None, "on")
    assert network.ledger.confirmed == []
    confirming.turn(sender._means)
    assert IDENTITY in [part.record for part in recipient.open_parts(referral_id)]
    recipient.report_status(referral_id, "in_progress", None, None, "on")


def test_an_agency_system_is_handed_nothing_while_the_ledger_waits_and_all_of_it_afterwards(
    network: Network, sender: Edge
) -> None:
    class Taker:
        guard = "put-by-id"
        opens = True
        taken: list[str] = []  # noqa: RUF012

        def deliver(self, effect: object) -> None:
            self.taken.append(type(effect.event).__name__)  # type: ignore[attr-defined]

    system = Taker()
    recipient = network.edge(RECIPIENT, system)  # type: ignore[arg-type]
    an_offer(sender, network)
    network.ledger.restore()
    network.route()
    recipient.step()
    assert system.taken == []
    assert [entry.state for entry in recipient.inbox().items] == ["waiting"]
    confirming.turn(sender._means)
    network.clock.turn(minutes=1)
    recipient.step()
    assert system.taken == ["ReferralOffered"]


def test_a_ledger_that_does_not_wait_is_told_nothing(network: Network, sender: Edge) -> None:
    confirming.turn(sender._means)
    given = sender.give_consent(network.consent(), "c")
    confirming.turn(sender._means)
    network.ledger.silent = 9
    confirming.turn(sender._means)
    network.ledger.silent = 0
    sender.offer(offer_of(given.consent_id), "o")
    assert network.ledger.confirmed == []
