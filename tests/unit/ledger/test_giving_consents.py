"""Giving: two consents from one form, once."""

from dataclasses import replace
from datetime import timedelta

import pytest
from ledger_kit import (
    CODEC,
    PRECINCT,
    RECIPIENT,
    SENDER,
    START,
    STRANGER,
    UNLISTED,
    LedgerKit,
    a_form,
)

from consent_ledger import ending, store
from consent_ledger.giving import give
from consent_ledger.refusals import ConsentConflict, Denied
from referral_exchange.events import ConsentGiven
from referral_exchange.message import signed_bytes
from referral_exchange.signing import verifies
from referral_exchange.topics import partition_of


def test_a_form_makes_two_consents_and_two_events(kit: LedgerKit) -> None:
    form = a_form(comes_back=frozenset({"service-status", "documents"}))
    given = give(kit.ledger, form)
    with kit.ledger.operation() as operation:
        stood = store.hold_pairs(operation.connection, {form.consent_id})
        keys = store.keys_of(operation.connection)
    back = stood[form.return_consent_id]
    assert given.created
    assert len(given.waiting) == 2
    assert (back.discloser, back.recipient, back.returns) == (RECIPIENT, SENDER, True)
    assert back.data_classes == {"service-status", "documents"}
    assert back.subject_token is None
    assert keys.keys() == {form.consent_id, form.return_consent_id}


def test_the_events_say_ids_programmes_and_end_only_and_are_signed(kit: LedgerKit) -> None:
    form = a_form()
    give(kit.ledger, form, "00-" + "a" * 32 + "-" + "b" * 16 + "-01")
    assert kit.outbox.step() == 2
    told = {m.key: m for m in kit.log.messages}
    assert told.keys() == {form.consent_id, form.return_consent_id}
    for message in told.values():
        event = CODEC.decode(message.value, message.headers["ce_type"].decode())
        assert isinstance(event, ConsentGiven)
        assert event.referral_id == form.referral_id
        assert event.ends_at == form.ends_at
        assert message.partition == partition_of(form.referral_id, 6)
        assert message.headers["traceparent"].startswith(b"00-aaaa")
        covered = signed_bytes("ConsentGiven.v1", message.key, event.programme_to, message.value or b"")
        public = kit.ledger.facts.signer.public  # type: ignore[attr-defined]
        assert verifies(public, message.headers["signature"], covered)
        assert b"identity" not in (message.value or b"")
        assert form.subject_token.encode() not in (message.value or b"")


def test_the_same_form_twice_gives_one_consent_and_one_event_each(kit: LedgerKit) -> None:
    form = a_form()
    first, second = give(kit.ledger, form), give(kit.ledger, form)
    assert (first.created, second.created) == (True, False)
    assert sorted(first.waiting) == sorted(second.waiting)
    assert kit.outbox.step() == 2
    assert give(kit.ledger, form).waiting == []
    assert kit.outbox.step() == 0
    assert len(kit.log.messages) == 2


def test_a_repeat_after_a_withdrawal_revives_nothing(kit: LedgerKit) -> None:
    form = a_form()
    give(kit.ledger, form)
    ending.withdraw(kit.ledger, SENDER, form.consent_id)
    again = give(kit.ledger, form)
    assert not again.created
    assert again.consent.standing == "withdrawn"


@pytest.mark.parametrize(
    "changes",
    [
        {"data_classes": frozenset({"needs"})},
        {"recipient": STRANGER},
        {"ends_at": START + timedelta(days=31)},
        {"subject_token": "another-token-of-22-chars"},
        {"form_commitment": b"\x08" * 32},
    ],
)
def test_the_same_ids_for_another_form_conflict(kit: LedgerKit, changes: dict[str, object]) -> None:
    form = a_form()
    give(kit.ledger, form)
    with pytest.raises(ConsentConflict):
        give(kit.ledger, replace(form, **changes))  # type: ignore[arg-type]


def test_ids_of_another_programme_conflict_in_every_place(kit: LedgerKit) -> None:
    form = a_form()
    give(kit.ledger, form)
    taken = form.consent_id, form.return_consent_id
    for name, value in (("consent_id", taken[0]), ("consent_id", taken[1]), ("return_consent_id", taken[0])):
        with pytest.raises(ConsentConflict):
            give(kit.ledger, a_form(**{name: value}))


def test_a_referral_stays_between_its_two_programmes(kit: LedgerKit) -> None:
    form = a_form()
    give(kit.ledger, form)
    renewal = a_form(referral_id=form.referral_id)
    assert give(kit.ledger, renewal).created
    with pytest.raises(ConsentConflict):
        give(kit.ledger, a_form(referral_id=form.referral_id, recipient=STRANGER))


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"recipient": UNLISTED}, "organisation-unknown"),
        ({"recipient": PRECINCT}, "enforcement-is-denied"),
        ({"recipient": SENDER}, "consent-is-never-to-oneself"),
        ({"purpose": "curiosity"}, "purpose-unknown"),
        ({"data_classes": frozenset({"gossip"})}, "class-unknown"),
        (
            {"data_classes": frozenset({"psychotherapy-notes", "needs"})},
            "psychotherapy-notes-need-their-own-authorisation",
        ),
        ({"funding_streams": frozenset({"vawa"})}, "consent-names-its-streams"),
        ({"funding_streams": frozenset({"vawa", "voca", "moonlight"})}, "stream-unknown"),
        ({"services_conditioned": True}, "vawa-services-are-never-conditioned"),
        ({"signer_is_abuser": True}, "vawa-abuser-never-signs"),
        ({"signer": "parent"}, "signer-is-the-person-or-a-guardian"),
        (
            {"subject_is_minor": True, "minor_signed": True},
            "vawa-minor-signs-with-a-parent-or-lawfully-alone",
        ),
        ({"ends_at": START + timedelta(days=400)}, "vawa-consent-is-informed-written-and-limited"),
        ({"ends_at": START - timedelta(seconds=1)}, "consent-ended"),
        ({"explained_at": START}, "vawa-consent-is-informed-written-and-limited"),
        ({"signed_at": START + timedelta(hours=1)}, "consent-is-signed-before-it-is-used"),
    ],
)
def test_a_form_that_a_rule_bars_leaves_a_denial_and_nothing_else(
    kit: LedgerKit, changes: dict[str, object], rule: str
) -> None:
    form = a_form(**changes)
    with pytest.raises(Denied) as denied:
        give(kit.ledger, form)
    assert rule in [r.id for r in denied.value.rules]
    with kit.ledger.operation() as operation:
        assert store.hold_pairs(operation.connection, {form.consent_id}) == {}
        assert store.keys_of(operation.connection) == {}
        kinds = [
            line.kind for line in store.noted(operation.connection, {form.consent_id, form.return_consent_id})
        ]
    assert kinds == ["denied"]
    assert kit.outbox.step() == 0


def test_a_minor_signs_with_a_parent_or_lawfully_alone(kit: LedgerKit) -> None:
    minor = {"subject_is_minor": True, "minor_signed": True}
    assert give(kit.ledger, a_form(**minor, signer="parent")).created
    assert give(kit.ledger, a_form(**minor, signer="self", minor_may_sign_alone=True)).created
