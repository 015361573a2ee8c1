"""A programme's new keys that its pinned key signed are pinned without a human; nobody else's are."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from edge_kit import RECIPIENT, SENDER, Network, an_offer

from participant_edge.edge import Edge
from referral_exchange.signing import ProgrammeSigner, key_endorsement_bytes


@pytest.fixture
def sender(network: Network) -> Edge:
    return network.edge(SENDER)


@pytest.fixture
def recipient(network: Network) -> Edge:
    edge = network.edge(RECIPIENT)
    edge.step()
    return edge


def renew(
    network: Network,
    key_id: str,
    by: ProgrammeSigner | None,
    *,
    previous: str = "1",
    signs_for: str = SENDER,
) -> None:
    """Lists new keys of the sender, vouched for by `by` (None: nobody)."""
    network.signers[SENDER] = ProgrammeSigner(SENDER, key_id, Ed25519PrivateKey.generate())
    network.ledger.keys[SENDER] = network.signers[SENDER].public
    network.sealing_keys[SENDER] = X25519PrivateKey.generate()
    directory = network.listings.directory
    network.list(directory, SENDER, key_id)
    listed = directory.programmes[SENDER]
    if by is not None:
        covered = key_endorsement_bytes(signs_for, listed.signing_key, listed.sealing_key, key_id)
        listed = replace(listed, previous_key_id=previous, previous_key_signature=by.sign(covered))
    directory.programmes[SENDER] = listed
    network.listings.version += 1


def offered_under_the_new_key(network: Network, recipient: Edge) -> str:
    """How the recipient takes an offer that the sender's restarted edge signs with its new key."""
    referral_id = an_offer(network.edge(SENDER), network, "new")
    network.route()
    recipient.step()
    assert referral_id
    return recipient.inbox().items[0].state


def test_keys_that_the_pinned_key_signed_need_no_human(network: Network, recipient: Edge) -> None:
    renew(network, "2", network.signers[SENDER])
    assert offered_under_the_new_key(network, recipient) == "delivered"


def test_what_is_sealed_next_is_sealed_to_the_endorsed_key(
    network: Network, sender: Edge, recipient: Edge
) -> None:
    referral_id = an_offer(sender, network)
    network.settle(sender, recipient)
    renew(network, "2", network.signers[SENDER])
    sender = network.edge(SENDER)
    recipient.answer(referral_id, "accepted", "accepted", "answer")
    network.settle(sender, recipient)
    assert [part.data_class for part in sender.open_parts(referral_id)] == ["service-status"]


@pytest.mark.parametrize("forger", ["nobody", "another key", "for another programme", "another id"])
def test_keys_that_the_pinned_key_did_not_sign_wait_for_a_human(
    network: Network, recipient: Edge, forger: str
) -> None:
    old = network.signers[SENDER]
    other = ProgrammeSigner(SENDER, "1", Ed25519PrivateKey.generate())
    if forger == "nobody":
        renew(network, "2", None)
    elif forger == "another key":
        renew(network, "2", other)
    elif forger == "for another programme":
        renew(network, "2", old, signs_for=RECIPIENT)
    else:
        renew(network, "2", old, previous="0")
    assert offered_under_the_new_key(network, recipient) == "held"


def test_a_key_that_was_replaced_vouches_for_nothing_more(network: Network, recipient: Edge) -> None:
    stolen = network.signers[SENDER]
    renew(network, "2", stolen)
    recipient.step()
    renew(network, "3", stolen)
    assert offered_under_the_new_key(network, recipient) == "held"


def test_an_endorsement_vouches_for_the_keys_it_names_and_not_for_what_was_proposed_before(
    network: Network, recipient: Edge
) -> None:
    owner = network.signers[SENDER]
    renew(network, "2", None)
    forger = network.signers[SENDER]
    recipient.step()
    renew(network, "2", owner)
    recipient.step()
    network.signers[SENDER], network.ledger.keys[SENDER] = forger, forger.public
    assert offered_under_the_new_key(network, recipient) == "held"


def test_what_was_held_goes_on_once_the_keys_are_endorsed(network: Network, recipient: Edge) -> None:
    owner = network.signers[SENDER]
    renew(network, "2", None)
    new = network.signers[SENDER]
    assert offered_under_the_new_key(network, recipient) == "held"
    listed = network.listings.directory.programmes[SENDER]
    covered = key_endorsement_bytes(SENDER, new.public, listed.sealing_key, "2")
    network.listings.directory.programmes[SENDER] = replace(
        listed, previous_key_id="1", previous_key_signature=owner.sign(covered)
    )
    network.listings.version += 1
    recipient.step()
    assert recipient.inbox().items[0].state == "delivered"
