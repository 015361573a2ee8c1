"""Forged, misaddressed and unreadable messages are reported by pointer and change nothing."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from edge_kit import (
    CODEC,
    IDENTITY,
    OTHER,
    RECIPIENT,
    ROUTER,
    SENDER,
    Died,
    Network,
    accepted,
    an_offer,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from participant_edge.edge import Edge, Refused
from referral_exchange import events, ids
from referral_exchange.message import Message
from referral_exchange.signing import ProgrammeSigner


@pytest.fixture
def sender(network: Network) -> Edge:
    return network.edge(SENDER)


@pytest.fixture
def recipient(network: Network) -> Edge:
    return network.edge(RECIPIENT)


def offered(network: Network, **changes: object) -> events.ReferralOffered:
    event = events.ReferralOffered(
        event_id=ids.fresh(),
        occurred_at=network.clock.now(),
        programme_from=SENDER,
        programme_to=RECIPIENT,
        referral_id=ids.fresh(),
        consent_id=ids.fresh(),
        return_consent_id=ids.fresh(),
        urgency="routine",
        parts=[events.SealedPart(lock=b"x", ciphertext=b"y")],
    )
    return replace(event, **changes)  # type: ignore[arg-type]


def reports(network: Network) -> list[tuple[int, str]]:
    found = [CODEC.decode(m.value, m.headers["ce_type"].decode()) for m in network.broker.produced]
    return [(e.offset, e.code) for e in found if isinstance(e, events.BadMessageReported)]


Hostile = Callable[[Network], Message]


def unsigned(network: Network, **named: bytes) -> Message:
    message = network.message(offered(network), SENDER)
    return replace(message, headers={**message.headers, **named})


def damaged(network: Network, change: Callable[[bytes], bytes]) -> Message:
    message = network.message(offered(network), SENDER)
    return replace(message, value=change(message.value or b""))


HOSTILE: dict[str, tuple[Hostile, str]] = {
    "another's signature": (lambda n: network_message(n, OTHER), "bad-signature"),
    "no signature": (lambda n: unsigned(n, signature=b""), "bad-signature"),
    "another type's signature": (lambda n: unsigned(n, ce_type=b"ReferralDisclosed.v1"), "truncated"),
    "unknown key": (lambda n: unsigned(n, key_id=b"9"), "unknown-key"),
    "unknown type": (lambda n: unsigned(n, ce_type=b"Nonsense.v1"), "unknown-record"),
    "one flipped bit": (
        lambda n: damaged(n, lambda v: v[:-2] + bytes([v[-2] ^ 1]) + v[-1:]),
        "bad-signature",
    ),
    "truncated": (lambda n: damaged(n, lambda v: v[:-3]), "truncated"),
    "trailing bytes": (lambda n: damaged(n, lambda v: v + b"\0"), "trailing-bytes"),
    "foreign bytes": (lambda n: damaged(n, lambda v: b"GET / HTTP/1.1"), "not-framed"),
    # Read by its header's name, as after a registry was made anew; but it is not what was signed.
    "another schema id": (
        lambda n: damaged(n, lambda v: v[:1] + b"\0\0\x7f\xff" + v[5:]),
        "bad-signature",
    ),
    "empty": (lambda n: damaged(n, lambda v: b""), "truncated"),
    "10 MB": (lambda n: damaged(n, lambda v: v + bytes(10_000_000)), "too-large"),
    "key of another referral": (lambda n: n.message(offered(n), SENDER, ids.fresh()), "wrong-key"),
    "for another's programme": (
        lambda n: n.message(offered(n, programme_to=OTHER), SENDER),
        "not-your-programme",
    ),
    "from nobody": (
        lambda n: n.message(offered(n, programme_from="nobody-knows"), SENDER),
        "unknown-programme",
    ),
    "as if from the router": (
        lambda n: n.message(offered(n, programme_from=ROUTER), ROUTER),
        "event-not-allowed",
    ),
    "what no inbox carries": (lambda n: n.message(given_event(n), ROUTER), "event-not-allowed"),
}


def network_message(network: Network, signer: str) -> Message:
    return network.message(offered(network), signer)


def given_event(network: Network) -> events.ConsentGiven:
    return events.ConsentGiven(
        event_id=ids.fresh(),
        occurred_at=network.clock.now(),
        programme_from=SENDER,
        programme_to=RECIPIENT,
        referral_id=ids.fresh(),
        consent_id=ids.fresh(),
        ends_at=network.clock.now(),
    )


@pytest.mark.parametrize("name", HOSTILE)
def test_a_bad_message_is_reported_and_the_inbox_goes_on(
    network: Network, sender: Edge, recipient: Edge, name: str
) -> None:
    make, code = HOSTILE[name]
    network.put(RECIPIENT, make(network))
    referral_id = an_offer(sender, network)
    network.settle(sender, recipient)
    assert reports(network) == [(0, code)]
    assert [view.referral_id for view in recipient.referrals().items] == [referral_id]
    assert recipient.referral(referral_id).state == "received"


def test_a_report_is_sent_once_however_often_it_is_read(network: Network, recipient: Edge) -> None:
    network.put(RECIPIENT, unsigned(network, signature=b""))
    recipient.step()
    network.broker.committed.clear()
    network.edge(RECIPIENT).step()
    assert len(reports(network)) == 1


def test_one_who_is_no_party_changes_nothing(network: Network, sender: Edge, recipient: Edge) -> None:
    referral_id = accepted(sender, recipient, network)
    view = recipient.referral(referral_id)
    forged = events.ReferralCancelled(
        event_id=ids.fresh(),
        occurred_at=network.clock.now(),
        programme_from=OTHER,
        programme_to=RECIPIENT,
        referral_id=referral_id,
        consent_id=view.consent_id,
        cancellation="cancelled",
    )
    network.put(RECIPIENT, network.message(forged, OTHER))
    recipient.step()
    assert recipient.referral(referral_id).state == "accepted"
    assert [code for _, code in reports(network)] == ["unknown"]


def test_an_event_under_another_consent_changes_nothing(
    network: Network, sender: Edge, recipient: Edge
) -> None:
    referral_id = accepted(sender, recipient, network)
    forged = events.ReferralCancelled(
        event_id=ids.fresh(),
        occurred_at=network.clock.now(),
        programme_from=SENDER,
        programme_to=RECIPIENT,
        referral_id=referral_id,
        consent_id=ids.fresh(),
        cancellation="cancelled",
    )
    network.put(RECIPIENT, network.message(forged, SENDER))
    recipient.step()
    assert recipient.referral(referral_id).state == "accepted"
    assert [code for _, code in reports(network)] == ["consent-missing"]


@pytest.mark.parametrize(
    "change",
    [
        {"ledger_signature": bytes(64)},
        {"ledger_event": b"\0\0\0\0\1nonsense"},
        {"ledger_type": "ConsentGiven.v1"},
        {"ending": "expired"},
        {"consent_id": "00000000-0000-4000-8000-000000000000"},
    ],
    ids=str,
)
def test_an_end_that_the_ledger_did_not_sign_ends_nothing(
    network: Network, sender: Edge, recipient: Edge, change: dict[str, object]
) -> None:
    referral_id = accepted(sender, recipient, network)
    consent_id = recipient.referral(referral_id).consent_id
    forged = replace(network.consent_ended(consent_id, RECIPIENT), **change)  # type: ignore[arg-type]
    network.put(RECIPIENT, network.message(forged, ROUTER))
    recipient.step()
    assert recipient.referral(referral_id).standing == "live"
    assert [code for _, code in reports(network)] == ["bad-proof"]


def test_an_end_of_one_referral_ends_no_other(network: Network, sender: Edge, recipient: Edge) -> None:
    one = accepted(sender, recipient, network, "1")
    two = accepted(sender, recipient, network, "2")
    ended = network.consent_ended(sender.referral(one).consent_id, RECIPIENT)
    moved = replace(ended, referral_id=two)
    network.put(RECIPIENT, network.message(moved, ROUTER))
    recipient.step()
    assert recipient.referral(two).standing == recipient.referral(one).standing == "live"


def test_a_second_reading_changes_nothing(network: Network, sender: Edge, recipient: Edge) -> None:
    referral_id = accepted(sender, recipient, network)
    before = (recipient.referral(referral_id), recipient.inbox(), len(network.broker.produced))
    network.broker.committed.clear()
    again = network.edge(RECIPIENT)
    again.step()
    assert (again.referral(referral_id), again.inbox(), len(network.broker.produced)) == before


def test_a_crash_before_the_offset_is_committed_doubles_nothing(network: Network, sender: Edge) -> None:
    referral_id = an_offer(sender, network)
    network.route()
    dying = network.edge(RECIPIENT, dies_at="participant_edge:ingested")
    with pytest.raises(Died):
        dying.step()
    recipient = network.edge(RECIPIENT)
    network.settle(sender, recipient)
    assert recipient.referral(referral_id).state == "received"
    assert len(recipient.inbox().items) == 1


def test_another_participants_event_id_hides_nothing(network: Network, sender: Edge, recipient: Edge) -> None:
    """Doubles are known by participant and id: a copycat cannot keep the real event out."""
    real = offered(network)
    copy = offered(network, event_id=real.event_id, programme_from=OTHER)
    network.put(RECIPIENT, network.message(copy, OTHER))
    network.put(RECIPIENT, network.message(real, SENDER))
    recipient.step()
    assert {view.programme_from for view in recipient.referrals().items} == {SENDER, OTHER}


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_doubles_and_late_ends_lead_to_the_same_state(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever is doubled, and wherever the end of consent comes: nothing opens, nothing is done twice."""
    network = Network(tmp_path_factory.mktemp("n"))
    sender, recipient = network.edge(SENDER), network.edge(RECIPIENT)
    referral_id = accepted(sender, recipient, network)
    sender.disclose(referral_id, [IDENTITY], "d")
    network.route()
    network.ledger.ended.clear()
    sender.withdraw(referral_id)
    network.route()
    topic = "inbox.harbor-house"
    inbox = network.broker.inboxes[topic]
    messages = inbox[1:]
    doubled = data.draw(st.lists(st.sampled_from(messages), max_size=6))
    mixed = data.draw(st.permutations([*messages, *doubled]))
    network.broker.inboxes[topic] = [inbox[0], *mixed]
    network.broker.committed[topic] = 1
    again = network.edge(RECIPIENT)
    again.step()
    view = again.referral(referral_id)
    assert (view.state, view.standing, view.purge) == ("cancelled", "withdrawn", "asked")
    with pytest.raises(Refused):
        again.open_parts(referral_id)
    assert all(entry.parts == 0 for entry in again.inbox().items)
    assert len({(e.event_id, e.kind) for e in again.inbox().items}) == len(again.inbox().items)
    assert len([s for s in view.steps if s.kind == "ConsentEnded"]) == 1
    network.close()


def test_the_end_overtakes_what_stands_before_it(network: Network, sender: Edge) -> None:
    """Offer and end in one reading: the offer is never delivered, and nothing says it was received."""
    referral_id = an_offer(sender, network)
    sender.withdraw(referral_id)
    network.route()
    recipient = network.edge(RECIPIENT)
    recipient.step()
    states = {entry.kind: entry.state for entry in recipient.inbox().items}
    assert states == {"ReferralOffered": "shut", "ConsentEnded": "delivered"}
    assert network.broker.outboxes.get("outbox.harbor-house") is None


def test_an_end_that_came_before_its_offer_counts(network: Network, sender: Edge) -> None:
    referral_id = an_offer(sender, network)
    sender.withdraw(referral_id)
    network.route()
    inbox = network.broker.inboxes["inbox.harbor-house"]
    inbox.reverse()
    recipient = network.edge(RECIPIENT)
    recipient.step()
    view = recipient.referral(referral_id)
    assert (view.state, view.standing) == ("cancelled", "withdrawn")
    assert all(entry.parts == 0 for entry in recipient.inbox().items)


class TestNewKeys:
    def renew(self, network: Network, key_id: str = "2") -> None:
        network.signers[SENDER] = ProgrammeSigner(SENDER, key_id, Ed25519PrivateKey.generate())
        network.list(network.listings.directory, SENDER, key_id)
        network.listings.version += 1

    def test_a_new_key_waits_for_a_human_and_loses_nothing(
        self, network: Network, sender: Edge, recipient: Edge
    ) -> None:
        first = an_offer(sender, network, "1")
        network.settle(sender, recipient)
        event = offered(network)
        self.renew(network)
        network.put(RECIPIENT, network.message(event, SENDER))
        recipient.step()
        assert recipient.inbox().items[0].state == "held"
        assert [view.referral_id for view in recipient.referrals().items] == [first]
        recipient.confirm_key(SENDER, "2")
        recipient.step()
        assert recipient.inbox().items[0].state == "delivered"
        assert recipient.referral(event.referral_id).state == "requested"
        assert reports(network) == []

    def test_other_keys_under_the_same_id_are_never_taken(
        self, network: Network, sender: Edge, recipient: Edge
    ) -> None:
        an_offer(sender, network, "1")
        network.settle(sender, recipient)
        self.renew(network, key_id="1")
        network.put(RECIPIENT, network.message(offered(network), SENDER))
        recipient.step()
        assert [code for _, code in reports(network)] == ["bad-signature"]

    def test_nothing_is_sealed_to_a_key_that_nobody_confirmed(
        self, network: Network, sender: Edge, recipient: Edge
    ) -> None:
        from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
        from edge_kit import offer_of

        sender.step()
        given = sender.give_consent(network.consent(), "c")
        network.sealing_keys[RECIPIENT] = X25519PrivateKey.generate()
        network.list(network.listings.directory, RECIPIENT, "2")
        network.listings.version += 1
        with pytest.raises(Refused, match="key-unconfirmed"):
            sender.offer(offer_of(given.consent_id), "o")
        sender.confirm_key(RECIPIENT, "2")
        sender.offer(offer_of(given.consent_id), "o")
