"""A code for the person of a sent referral: asked of the ledger, stored nowhere."""

import logging

import pytest
from edge_kit import RECIPIENT, SENDER, Network, offer_of

from participant_edge.edge import Edge, OutcomeUnknown, Refused
from participant_edge.errors import UnknownThing
from referral_exchange import ids


@pytest.fixture
def sender(network: Network) -> Edge:
    return network.edge(SENDER)


@pytest.fixture
def referral_id(network: Network, sender: Edge) -> str:
    given = sender.give_consent(network.consent(), "c")
    return sender.offer(offer_of(given.consent_id), "o").referral_id


def test_the_same_command_has_the_same_code_and_another_has_another(sender: Edge, referral_id: str) -> None:
    first = sender.survivor_code(referral_id, "k")
    assert (len(first.code), first.code.isdigit()) == (9, True)
    assert sender.survivor_code(referral_id, "k") == first
    assert sender.survivor_code(referral_id, "l") != first


def test_it_can_be_made_after_the_yes_was_taken_back(sender: Edge, referral_id: str) -> None:
    sender.withdraw(referral_id)
    assert sender.survivor_code(referral_id, "k").code


def test_only_who_sent_the_referral_makes_one(network: Network, sender: Edge, referral_id: str) -> None:
    recipient = network.edge(RECIPIENT)
    network.settle(sender, recipient)
    with pytest.raises(Refused) as refused:
        recipient.survivor_code(referral_id, "k")
    assert refused.value.code == "unknown"
    assert network.ledger.count("/v1/person-codes") == 0
    with pytest.raises(UnknownThing):
        sender.survivor_code(ids.fresh(), "k")


def test_a_ledger_that_is_silent_leaves_the_outcome_unknown(
    network: Network, sender: Edge, referral_id: str
) -> None:
    network.ledger.silent = 99
    with pytest.raises(OutcomeUnknown):
        sender.survivor_code(referral_id, "k")
    network.ledger.silent = 0
    assert sender.survivor_code(referral_id, "k").code


def test_it_is_neither_stored_nor_logged_nor_shown(
    network: Network, sender: Edge, referral_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    before = len(network.broker.produced)
    made = sender.survivor_code(referral_id, "k")
    assert made.code not in repr(made) + caplog.text
    assert len(network.broker.produced) == before
    for path in network.folder.rglob("*"):
        assert not path.is_file() or made.code.encode() not in path.read_bytes()
