"""What policy, ledger or state refuses never reaches the broker: the outbox stays empty."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from edge_kit import IDENTITY, NEEDS, OTHER, RECIPIENT, SENDER, Network, accepted, an_offer, offer_of

from participant_edge.edge import Edge, Refused, UnknownThing
from referral_exchange.events import Identity, Immigration, StatusDetail

Act = Callable[[Edge, Edge, Network], Any]


def handover(network: Network, **changes: Any) -> StatusDetail:
    """A good one."""
    at = network.clock.now() + timedelta(days=1)
    return replace(StatusDetail(handover_at=at, introduction="call-together", role="advocate"), **changes)


@pytest.fixture
def sender(network: Network) -> Edge:
    return network.edge(SENDER)


@pytest.fixture
def recipient(network: Network) -> Edge:
    return network.edge(RECIPIENT)


@pytest.mark.parametrize(
    ("changes", "code", "rule"),
    [
        ({"recipient": "nobody-knows"}, "unknown-programme", None),
        ({"programme_from": RECIPIENT, "recipient": SENDER}, "not-your-programme", None),
        ({"recipient": SENDER}, "denied", None),
        ({"purpose": "investigation"}, "denied", "purpose-unknown"),
        ({"data_classes": ("needs", "shoe-size")}, "denied", "class-unknown"),
        ({"data_classes": ()}, "denied", "consent-covers-something"),
        ({"services_conditioned": True}, "denied", "voca-services-are-never-conditioned"),
        ({"signer_is_abuser": True}, "denied", "voca-abuser-never-signs"),
        ({"subject_is_minor": True}, "denied", "voca-minor-signs-with-a-parent-or-lawfully-alone"),
        ({"funding_streams": ()}, "denied", "consent-names-its-streams"),
        ({"comes_back": ()}, "invalid", None),
        ({"form_commitment": b""}, "denied", "voca-consent-is-informed-written-and-limited"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_bad_consent_is_refused_before_the_ledger_hears_of_it(
    network: Network, sender: Edge, changes: dict[str, Any], code: str, rule: str | None
) -> None:
    with pytest.raises(Refused) as refused:
        sender.give_consent(network.consent(**changes), "k")
    assert (refused.value.code, refused.value.rule) == (code, rule)
    assert network.ledger.asked == []
    assert network.broker.produced == []


def test_a_refusal_by_statute_cites_it(network: Network, sender: Edge) -> None:
    with pytest.raises(Refused) as refused:
        sender.give_consent(network.consent(signer_is_abuser=True), "k")
    assert refused.value.law == "28 CFR 94.115"


def test_an_offer_without_consent_is_refused(network: Network, sender: Edge) -> None:
    with pytest.raises(UnknownThing):
        sender.offer(offer_of("00000000-0000-4000-8000-000000000000"), "k")
    assert network.broker.produced == []


def test_an_offer_after_the_end_date_is_refused_by_its_rule(network: Network, sender: Edge) -> None:
    given = sender.give_consent(network.consent(), "c")
    network.clock.turn(days=31)
    with pytest.raises(Refused) as refused:
        sender.offer(offer_of(given.consent_id), "o")
    assert (refused.value.code, refused.value.rule) == ("denied", "voca-release-needs-consent")
    assert network.ledger.count("/v1/seal") == 0
    assert network.broker.produced == []


def test_an_offer_under_a_withdrawn_consent_is_refused(network: Network, sender: Edge) -> None:
    given = sender.give_consent(network.consent(), "c")
    network.ledger.silent = 1000
    sender.withdraw(given.consent_id)
    network.ledger.silent = 0
    with pytest.raises(Refused, match="consent-ended"):
        sender.offer(offer_of(given.consent_id), "o")
    assert network.broker.produced == []


@pytest.mark.parametrize(
    "needs",
    [
        {"services": ["Rocket science"]},
        {"services": []},
        {"access": ["teleport"]},
        {"age_band": "37"},
        {"household_size": 0},
    ],
    ids=str,
)
def test_needs_with_unknown_codes_are_refused(network: Network, sender: Edge, needs: dict[str, Any]) -> None:
    from dataclasses import replace

    given = sender.give_consent(network.consent(), "c")
    with pytest.raises(Refused, match="unknown-code"):
        sender.offer(offer_of(given.consent_id, needs=replace(NEEDS, **needs)), "o")
    assert network.broker.produced == []


def test_what_the_ledger_refuses_to_lock_stays_here(network: Network, sender: Edge) -> None:
    given = sender.give_consent(network.consent(), "c")
    network.ledger.consents[given.consent_id].classes = frozenset()
    with pytest.raises(Refused) as refused:
        sender.offer(offer_of(given.consent_id), "o")
    assert refused.value.rule == "class-not-covered"
    assert network.broker.produced == []
    assert sender.referral(given.referral_id).steps == ()


ACTS: dict[str, tuple[Act, str]] = {
    "disclosure before acceptance": (
        lambda s, r, n: s.disclose(an_offer(s, n), [IDENTITY], "k"),
        "wrong-state",
    ),
    "disclosure of a class not covered": (
        lambda s, r, n: s.disclose(accepted(s, r, n), [Immigration(note="invented")], "k"),
        "denied",
    ),
    "disclosure of nothing": (lambda s, r, n: s.disclose(accepted(s, r, n), [], "k"), "parts-missing"),
    "answer by the sender": (
        lambda s, r, n: s.answer(an_offer(s, n), "accepted", "accepted", "k"),
        "not-your-programme",
    ),
    "second answer": (lambda s, r, n: r.answer(accepted(s, r, n), "declined", "no-room", "k"), "wrong-state"),
    "status by the sender": (
        lambda s, r, n: s.report_status(accepted(s, r, n), "completed", None, None, "k"),
        "not-your-programme",
    ),
    "received by hand": (
        lambda s, r, n: r.report_status(accepted(s, r, n), "received", None, None, "k"),
        "unknown-code",
    ),
    "unknown outcome": (
        lambda s, r, n: r.report_status(
            accepted(s, r, n), "completed", None, StatusDetail(outcome="no-such"), "k"
        ),
        "unknown-code",
    ),
    "handover without a time set": (
        lambda s, r, n: r.report_status(accepted(s, r, n), "in_progress", None, handover(n), "k"),
        "invalid",
    ),
    "half a handover": (
        lambda s, r, n: r.report_status(
            accepted(s, r, n), "in_progress", "scheduled", handover(n, role=None), "k"
        ),
        "invalid",
    ),
    "unknown introduction": (
        lambda s, r, n: r.report_status(
            accepted(s, r, n), "in_progress", "scheduled", handover(n, introduction="by-post"), "k"
        ),
        "unknown-code",
    ),
    "unknown role": (
        lambda s, r, n: r.report_status(
            accepted(s, r, n), "in_progress", "scheduled", handover(n, role="sheriff"), "k"
        ),
        "unknown-code",
    ),
    "sub-state of another state": (
        lambda s, r, n: r.report_status(accepted(s, r, n), "completed", "scheduled", None, "k"),
        "unknown-code",
    ),
    "cancellation by the recipient": (
        lambda s, r, n: r.cancel(accepted(s, r, n), "cancelled", "k"),
        "not-your-programme",
    ),
    "purge that nobody asked for": (
        lambda s, r, n: r.answer_purge(accepted(s, r, n), "purged", "k"),
        "wrong-state",
    ),
}


@pytest.mark.parametrize("name", ACTS)
def test_what_the_state_does_not_allow_is_refused(
    network: Network, sender: Edge, recipient: Edge, name: str
) -> None:
    act, code = ACTS[name]
    before: list[int] = []
    real = network.broker.outboxes

    def counted(*arguments: Any) -> Any:
        return act(*arguments)

    with pytest.raises(Refused) as refused:
        counted(sender, recipient, network)
    before.append(sum(len(messages) for messages in real.values()))
    assert refused.value.code == code
    kinds = [message.headers["ce_type"].decode() for message in network.broker.produced]
    expected = ["ReferralOffered.v1", "ServiceStatusChanged.v1", "ReferralAnswered.v1"]
    assert kinds == expected[: len(kinds)], "nothing left beyond what led there"


def test_an_unknown_answer_reason_is_refused(network: Network, sender: Edge, recipient: Edge) -> None:
    referral_id = an_offer(sender, network)
    network.settle(sender, recipient)
    count = len(network.broker.produced)
    for answer, reason in (("declined", "legal-status"), ("accepted", "no-room"), ("declined", "accepted")):
        with pytest.raises(Refused, match="unknown-code"):
            recipient.answer(referral_id, answer, reason, f"k-{reason}")  # type: ignore[arg-type]
    assert len(network.broker.produced) == count


def test_a_place_of_a_confidential_shelter_needs_its_operator(network: Network, sender: Edge) -> None:
    from dataclasses import replace

    from referral_exchange.events import Location

    listed = network.listings.directory.programmes
    listed[SENDER] = replace(listed[SENDER], confidential=True)
    recipient = network.edge(RECIPIENT)
    given = sender.give_consent(network.consent(data_classes=("needs", "location")), "c")
    referral_id = sender.offer(offer_of(given.consent_id), "o").referral_id
    network.settle(sender, recipient)
    recipient.answer(referral_id, "accepted", "accepted", "a")
    network.settle(sender, recipient)
    with pytest.raises(Refused) as refused:
        sender.disclose(referral_id, [Location(place="Invented Lane")], "d1")
    assert refused.value.law == "42 USC 10406(c)(5)"
    sender.disclose(referral_id, [Location(place="Invented Lane")], "d2", address_authorised=True)


def test_a_part_that_is_too_large_is_refused(network: Network, sender: Edge, recipient: Edge) -> None:
    from participant_edge.edge import TooLarge

    referral_id = accepted(sender, recipient, network)
    count = len(network.broker.produced)
    with pytest.raises(TooLarge):
        sender.disclose(referral_id, [Identity(chosen_name="I" * 200_000)], "d")
    assert len(network.broker.produced) == count


def test_a_stranger_learns_nothing(network: Network, sender: Edge) -> None:
    referral_id = an_offer(sender, network)
    other = network.edge(OTHER)
    with pytest.raises(UnknownThing) as known:
        other.referral(referral_id)
    with pytest.raises(UnknownThing) as unknown:
        other.referral("00000000-0000-4000-8000-000000000000")
    assert str(known.value) == str(unknown.value)
    for act in (other.open_parts, other.withdraw, other.disclosures):
        with pytest.raises(UnknownThing):
            act(referral_id)


def test_a_ledger_that_denies_gives_its_rule_and_law(network: Network, sender: Edge) -> None:
    body = {"type": "https://x/problems/denied", "title": "t", "detail": "d", "rule": "r", "law": "l"}
    network.ledger.answering = lambda path: httpx.Response(403, json=body)
    with pytest.raises(Refused) as refused:
        sender.give_consent(network.consent(), "c")
    assert (refused.value.code, refused.value.rule, refused.value.law) == ("denied", "r", "l")
    network.ledger.answering = lambda path: None
    with pytest.raises(Refused):
        sender.give_consent(network.consent(ends_at=network.clock.now() + timedelta(days=30)), "c")
    assert network.ledger.consents == {}
