"""Seal, open and check: only under a live, matching consent, and noted before anything is answered."""

from datetime import timedelta

import pytest
from ledger_kit import PRECINCT, RECIPIENT, SENDER, STRANGER, LedgerKit, a_form, a_part, to_open

from consent_ledger import ending, listing, store
from consent_ledger.giving import give
from consent_ledger.locks import Locked
from consent_ledger.refusals import Denied, LockRefused, UnknownConsent
from consent_ledger.sealing import check, open_locks, seal
from referral_exchange import ids


def kinds(kit: LedgerKit, consent_id: str) -> list[tuple[str, str | None]]:
    with kit.ledger.operation() as operation:
        return [(line.kind, line.data_class) for line in store.noted(operation.connection, {consent_id})]


def test_what_is_sealed_is_opened_with_its_class_from_inside_the_lock(kit: LedgerKit) -> None:
    form = a_form()
    give(kit.ledger, form)
    parts = [a_part(form, "identity"), a_part(form, "needs")]
    locks = seal(kit.ledger, SENDER, parts)
    opened = open_locks(kit.ledger, RECIPIENT, [to_open(form, lock) for lock in reversed(locks)])
    assert opened == [Locked("needs", parts[1].blob), Locked("identity", parts[0].blob)]
    assert kinds(kit, form.consent_id) == [
        ("given", None),
        ("sealed", "identity"),
        ("sealed", "needs"),
        ("opened", "needs"),
        ("opened", "identity"),
    ]


def test_a_lock_shows_neither_class_nor_blob_and_is_never_the_same_twice(kit: LedgerKit) -> None:
    form = a_form()
    give(kit.ledger, form)
    first, second = seal(kit.ledger, SENDER, [a_part(form), a_part(form)])
    assert b"identity" not in first
    assert a_part(form).blob not in first
    assert first != second


def test_the_return_consent_covers_what_comes_back_and_nothing_else(kit: LedgerKit) -> None:
    form = a_form()
    give(kit.ledger, form)
    back = {"consent_id": form.return_consent_id, "recipient": SENDER}
    (lock,) = seal(kit.ledger, RECIPIENT, [a_part(form, "service-status", **back)])
    asked = to_open(form, lock, consent_id=form.return_consent_id)
    assert open_locks(kit.ledger, SENDER, [asked])[0].data_class == "service-status"
    with pytest.raises(Denied):
        seal(kit.ledger, RECIPIENT, [a_part(form, "identity", **back)])


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"data_class": "health"}, "class-not-covered"),
        ({"data_class": "gossip"}, "class-unknown"),
        ({"recipient": STRANGER}, "consent-names-one-recipient"),
        ({"recipient": PRECINCT}, "enforcement-is-denied"),
        ({"referral_id": ids.fresh()}, "consent-names-its-referral"),
    ],
)
def test_no_part_is_sealed_for_what_the_consent_does_not_name(
    kit: LedgerKit, changes: dict[str, object], rule: str
) -> None:
    form = a_form()
    give(kit.ledger, form)
    with pytest.raises(Denied) as denied:
        seal(kit.ledger, SENDER, [a_part(form, "needs"), a_part(form, **changes)])  # type: ignore[arg-type]
    assert rule in [r.id for r in denied.value.rules]
    assert denied.value.rules[0].law == "34 USC 12291(b)(2)"
    assert [kind for kind, _ in kinds(kit, form.consent_id)] == ["given", "denied"]


def test_only_the_discloser_seals_and_only_the_recipient_opens(kit: LedgerKit) -> None:
    form = a_form()
    give(kit.ledger, form)
    (lock,) = seal(kit.ledger, SENDER, [a_part(form)])
    with pytest.raises(Denied) as sealing:
        seal(kit.ledger, RECIPIENT, [a_part(form)])
    with pytest.raises(Denied) as opening:
        open_locks(kit.ledger, SENDER, [to_open(form, lock)])
    assert [r.id for r in sealing.value.rules] == ["only-the-discloser-seals"]
    assert [r.id for r in opening.value.rules] == ["only-the-recipient-opens"]


def test_a_stranger_is_told_the_same_whether_a_consent_exists_or_not(kit: LedgerKit) -> None:
    form = a_form()
    give(kit.ledger, form)
    (lock,) = seal(kit.ledger, SENDER, [a_part(form)])
    nowhere = ids.fresh()
    for consent_id in (form.consent_id, nowhere):
        with pytest.raises(UnknownConsent):
            open_locks(kit.ledger, STRANGER, [to_open(form, lock, consent_id=consent_id)])
        with pytest.raises(UnknownConsent):
            seal(kit.ledger, STRANGER, [a_part(form, consent_id=consent_id)])
        with pytest.raises(UnknownConsent):
            check(kit.ledger, STRANGER, consent_id, form.referral_id, RECIPIENT)
        with pytest.raises(UnknownConsent):
            ending.withdraw(kit.ledger, STRANGER, consent_id)
        with pytest.raises(UnknownConsent):
            listing.disclosures_of(kit.ledger, STRANGER, [consent_id])
        assert [kind for kind, _ in kinds(kit, consent_id)][-4:] == ["denied"] * 4


def test_a_lock_opens_only_with_the_consent_referral_and_recipient_it_was_made_for(kit: LedgerKit) -> None:
    form, other = a_form(), a_form()
    give(kit.ledger, form)
    give(kit.ledger, other)
    (lock,) = seal(kit.ledger, SENDER, [a_part(form)])
    with pytest.raises(LockRefused):
        open_locks(kit.ledger, RECIPIENT, [to_open(other, lock)])
    with pytest.raises(Denied) as elsewhere:
        open_locks(kit.ledger, RECIPIENT, [to_open(form, lock, referral_id=other.referral_id)])
    assert "consent-names-its-referral" in [r.id for r in elsewhere.value.rules]
    flipped = lock[:-1] + bytes([lock[-1] ^ 1])
    for broken in (flipped, lock[:-1], lock + b"\0", b"\x01" + lock[1:], b"\x03" + lock[1:], lock[:10], b""):
        with pytest.raises(LockRefused):
            open_locks(kit.ledger, RECIPIENT, [to_open(form, broken)])
    assert [kind for kind, _ in kinds(kit, form.consent_id)].count("opened") == 0


def test_a_batch_opens_all_or_none(kit: LedgerKit) -> None:
    form = a_form()
    give(kit.ledger, form)
    (lock,) = seal(kit.ledger, SENDER, [a_part(form)])
    with pytest.raises(LockRefused):
        open_locks(kit.ledger, RECIPIENT, [to_open(form, lock), to_open(form, b"no lock at all" * 4)])
    assert ("opened", "identity") not in kinds(kit, form.consent_id)


def test_a_check_passes_for_the_discloser_and_notes_only_a_denial(kit: LedgerKit) -> None:
    form = a_form()
    give(kit.ledger, form)
    check(kit.ledger, SENDER, form.consent_id, form.referral_id, RECIPIENT)
    check(kit.ledger, RECIPIENT, form.return_consent_id, form.referral_id, SENDER)
    assert kinds(kit, form.consent_id) == [("given", None)]
    with pytest.raises(Denied):
        check(kit.ledger, SENDER, form.consent_id, ids.fresh(), RECIPIENT)
    assert kinds(kit, form.consent_id) == [("given", None), ("denied", None)]


def test_the_place_of_a_confidential_shelter_is_sealed_only_with_its_operators_word(kit: LedgerKit) -> None:
    form = a_form(discloser=RECIPIENT, recipient=SENDER, data_classes=frozenset({"location"}))
    give(kit.ledger, form)
    with pytest.raises(Denied) as denied:
        seal(kit.ledger, RECIPIENT, [a_part(form, "location")])
    assert [(r.id, r.law) for r in denied.value.rules] == [
        ("fvpsa-shelter-address-needs-its-operator", "42 USC 10406(c)(5)")
    ]
    (lock,) = seal(kit.ledger, RECIPIENT, [a_part(form, "location", address_authorised=True)])
    assert open_locks(kit.ledger, SENDER, [to_open(form, lock)])[0].data_class == "location"


def test_a_programme_that_left_the_directory_is_denied(kit: LedgerKit) -> None:
    form = a_form()
    give(kit.ledger, form)
    (lock,) = seal(kit.ledger, SENDER, [a_part(form)])
    del kit.directory.programmes[RECIPIENT]
    with pytest.raises(Denied) as denied:
        open_locks(kit.ledger, RECIPIENT, [to_open(form, lock)])
    assert [r.id for r in denied.value.rules] == ["organisation-unknown", "participant-takes-part"]


def test_the_disclosures_are_listed_to_the_discloser_by_consent_and_by_person(kit: LedgerKit) -> None:
    form, elsewhere = a_form(), a_form()
    give(kit.ledger, form)
    give(kit.ledger, elsewhere)
    (lock,) = seal(kit.ledger, SENDER, [a_part(form)])
    kit.clock.pass_(minutes=5)
    open_locks(kit.ledger, RECIPIENT, [to_open(form, lock)])
    both = [form.consent_id, form.return_consent_id]
    by_consent = listing.disclosures_of(kit.ledger, SENDER, both)
    assert listing.disclosures_about(kit.ledger, SENDER, form.subject_token) == by_consent
    assert [line.kind for line in by_consent] == ["given", "given", "sealed", "opened"]
    assert by_consent[-1].at - by_consent[0].at == timedelta(minutes=5)
    assert listing.disclosures_about(kit.ledger, RECIPIENT, form.subject_token) == []
    assert listing.disclosures_of(kit.ledger, RECIPIENT, [form.return_consent_id])
    with pytest.raises(UnknownConsent):
        listing.disclosures_of(kit.ledger, RECIPIENT, [form.consent_id])
