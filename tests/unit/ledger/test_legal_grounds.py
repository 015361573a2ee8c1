"""Grounds of law in place of a consent: own keys, the least classes, not withdrawn but closed."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from ledger_kit import (
    CODEC,
    RECIPIENT,
    SENDER,
    START,
    STRANGER,
    LedgerKit,
    a_form,
    a_ground,
    a_part,
    ground_body,
    to_open,
)

from consent_ledger import ending, listing, store
from consent_ledger.giving import give, record_ground
from consent_ledger.records import GroundForm
from consent_ledger.refusals import (
    ConsentConflict,
    Denied,
    GroundStands,
    LockRefused,
    NoGround,
    UnknownConsent,
)
from consent_ledger.sealing import check, open_locks, seal
from referral_exchange.events import ConsentExpired, ConsentGiven, GroundRecorded

WITHDRAWAL = {
    "kind": "withdrawal",
    "statute": "",
    "jurisdiction": "",
    "data_classes": frozenset({"identity"}),
}


def told(kit: LedgerKit) -> list[object]:
    while kit.outbox.step():
        pass
    return [CODEC.decode(m.value, m.headers["ce_type"].decode()) for m in kit.log.messages]


def test_a_ground_is_told_with_ids_parties_and_end_only(kit: LedgerKit) -> None:
    open_ended, dated = a_ground(), a_ground(ends_at=START + timedelta(days=3))
    for ground in (open_ended, dated):
        assert record_ground(kit.ledger, ground).created
    events = told(kit)
    assert all(isinstance(event, GroundRecorded) for event in events)
    ends = {event.consent_id: event.ends_at for event in events}  # type: ignore[attr-defined]
    assert ends[open_ended.ground_id] is ends[open_ended.return_ground_id] is None
    assert ends[dated.ground_id] == dated.ends_at
    assert all(b"Invented" not in (m.value or b"") for m in kit.log.messages)


@pytest.mark.parametrize("changes", [{}, WITHDRAWAL, {"ends_at": START + timedelta(days=9)}])
def test_parts_go_there_and_back_under_a_ground(kit: LedgerKit, changes: dict[str, object]) -> None:
    ground = a_ground(**changes)
    record_ground(kit.ledger, ground)
    (lock,) = seal(kit.ledger, SENDER, [a_part(ground)])
    (opened,) = open_locks(kit.ledger, RECIPIENT, [to_open(ground, lock)])
    assert opened.data_class == "identity"
    back = {"consent_id": ground.return_ground_id, "recipient": SENDER}
    (answer,) = seal(kit.ledger, RECIPIENT, [a_part(ground, "service-status", **back)])
    asked = to_open(ground, answer, consent_id=ground.return_ground_id)
    assert open_locks(kit.ledger, SENDER, [asked])
    check(kit.ledger, RECIPIENT, ground.return_ground_id, ground.referral_id, SENDER)


def test_a_form_comes_back_only_where_one_was_sent(kit: LedgerKit) -> None:
    report, withdrawal = a_ground(), a_ground(**WITHDRAWAL)
    for ground in (report, withdrawal):
        record_ground(kit.ledger, ground)
    with kit.ledger.operation() as operation:
        ids = {report.return_ground_id, withdrawal.return_ground_id}
        back = store.hold(operation.connection, ids)
    assert back[report.return_ground_id].data_classes == {"service-status", "documents"}
    assert back[withdrawal.return_ground_id].data_classes == {"service-status"}


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"statute": ""}, "mandated-report-names-its-statute"),
        ({"data_classes": frozenset({"identity", "health"})}, "mandated-report-carries-the-least"),
        ({"kind": "withdrawal"}, "withdrawal-carries-identity-only"),
        ({"kind": "tip", "data_classes": frozenset({"criminal-legal"})}, "tips-are-not-forwarded-here"),
        ({"ends_at": START}, "ground-ended"),
        ({"recipient": "bay-precinct"}, "enforcement-is-denied"),
        ({"recipient": "nobody-knows"}, "organisation-unknown"),
    ],
)
def test_what_no_ground_covers_is_not_recorded(kit: LedgerKit, changes: dict[str, object], rule: str) -> None:
    ground = a_ground(**changes)
    with pytest.raises(Denied) as denied:
        record_ground(kit.ledger, ground)
    assert rule in [r.id for r in denied.value.rules]
    with kit.ledger.operation() as operation:
        assert store.keys_of(operation.connection) == {}
    assert told(kit) == []


def test_a_class_outside_the_ground_is_not_sealed(kit: LedgerKit) -> None:
    ground = a_ground()
    record_ground(kit.ledger, ground)
    with pytest.raises(Denied) as denied:
        seal(kit.ledger, SENDER, [a_part(ground, "family")])
    assert [r.id for r in denied.value.rules] == ["class-not-in-the-ground"]


def test_the_same_ground_again_changes_nothing_and_another_conflicts(kit: LedgerKit) -> None:
    ground = a_ground()
    record_ground(kit.ledger, ground)
    kit.clock.pass_(hours=1)
    assert not record_ground(kit.ledger, ground).created
    for other in (
        replace(ground, statute="Invented Code 99"),
        replace(ground, ends_at=START + timedelta(days=2)),
        a_ground(ground_id=ground.ground_id),
    ):
        with pytest.raises(ConsentConflict):
            record_ground(kit.ledger, other)
    with pytest.raises(ConsentConflict):
        give(kit.ledger, a_form(consent_id=ground.ground_id))


def test_a_consent_and_a_ground_have_keys_of_their_own(kit: LedgerKit) -> None:
    form = a_form()
    ground = a_ground(referral_id=form.referral_id)
    give(kit.ledger, form)
    record_ground(kit.ledger, ground)
    (lock,) = seal(kit.ledger, SENDER, [a_part(ground)])
    with pytest.raises(LockRefused):
        open_locks(kit.ledger, RECIPIENT, [to_open(form, lock)])
    ending.withdraw(kit.ledger, SENDER, form.consent_id)
    assert open_locks(kit.ledger, RECIPIENT, [to_open(ground, lock)])


def test_a_ground_is_not_withdrawn(kit: LedgerKit) -> None:
    ground = a_ground()
    record_ground(kit.ledger, ground)
    for named in (ground.ground_id, ground.return_ground_id):
        with pytest.raises(GroundStands):
            ending.withdraw(kit.ledger, SENDER, named)
    assert seal(kit.ledger, SENDER, [a_part(ground)])


def close(kit: LedgerKit, ground: GroundForm) -> None:
    closed = ending.close(kit.ledger, SENDER, ground.ground_id)
    assert (closed.standing, closed.consent_id) == ("expired", ground.ground_id)


def test_its_discloser_closes_it_and_its_key_goes_a_day_later(kit: LedgerKit) -> None:
    ground = a_ground()
    record_ground(kit.ledger, ground)
    (lock,) = seal(kit.ledger, SENDER, [a_part(ground)])
    kit.turns(60)
    close(kit, ground)
    close(kit, ground)
    with pytest.raises(Denied) as denied:
        open_locks(kit.ledger, RECIPIENT, [to_open(ground, lock)])
    assert [r.id for r in denied.value.rules] == ["ground-ended"]
    assert sum(isinstance(event, ConsentExpired) for event in told(kit)) == 2
    kinds = [line.kind for line in listing.disclosures_of(kit.ledger, SENDER, [ground.ground_id])]
    assert kinds == ["given", "sealed", "closed", "denied"]
    kit.turns(25 * 3600, every=600)
    with kit.ledger.operation() as operation:
        assert store.keys_of(operation.connection) == {}


def test_nobody_else_closes_it_and_a_consent_is_not_closed(kit: LedgerKit) -> None:
    ground, form = a_ground(), a_form()
    record_ground(kit.ledger, ground)
    give(kit.ledger, form)
    with pytest.raises(Denied):
        ending.close(kit.ledger, RECIPIENT, ground.ground_id)
    with pytest.raises(UnknownConsent):
        ending.close(kit.ledger, STRANGER, ground.ground_id)
    with pytest.raises(NoGround):
        ending.close(kit.ledger, SENDER, form.consent_id)
    assert seal(kit.ledger, SENDER, [a_part(ground), a_part(form)])


def test_a_ground_ends_by_its_date_and_one_without_a_date_does_not(kit: LedgerKit) -> None:
    dated, lasting = a_ground(ends_at=START + timedelta(minutes=1)), a_ground()
    for ground in (dated, lasting):
        record_ground(kit.ledger, ground)
    kit.turns(120)
    with pytest.raises(Denied):
        seal(kit.ledger, SENDER, [a_part(dated)])
    kit.clock.pass_(days=400)
    assert seal(kit.ledger, SENDER, [a_part(lasting)])
    expired = [event.consent_id for event in told(kit) if isinstance(event, ConsentExpired)]
    assert sorted(expired) == sorted([dated.ground_id, dated.return_ground_id])


def test_grounds_over_http(kit: LedgerKit) -> None:
    ground, form = a_ground(), a_form()
    body = ground_body(ground)
    app = kit.app()
    with kit.sending(), kit.client(app, SENDER) as sender, kit.client(app, RECIPIENT) as recipient:
        answers = [sender.post("/v1/grounds", json=body) for _ in range(2)]
        assert [a.status_code for a in answers] == [201, 200]
        assert answers[0].json() == {
            "consent_id": ground.ground_id,
            "return_consent_id": ground.return_ground_id,
            "referral_id": ground.referral_id,
            "standing": "live",
            "ends_at": None,
        }
        assert recipient.post("/v1/grounds", json=body).status_code == 403
        assert sender.post("/v1/grounds", json={**body, "kind": "curiosity"}).status_code == 422
        for unfit in ("x" * 201, "two\nlines", "nul\x00", "half \ud800"):
            content = json.dumps({**body, "statute": unfit}).encode()
            sent = sender.post("/v1/grounds", content=content, headers={"content-type": "application/json"})
            assert sent.status_code == 422
        withdrawn = sender.post("/v1/withdrawals", json={"consent_id": ground.ground_id})
        assert (withdrawn.status_code, withdrawn.json()["type"].rpartition("/")[2]) == (409, "ground")
        give(kit.ledger, form)
        closed = sender.post("/v1/closings", json={"ground_id": form.consent_id})
        assert (closed.status_code, closed.json()["type"].rpartition("/")[2]) == (409, "consent")
        closed = sender.post("/v1/closings", json={"ground_id": ground.ground_id})
        assert (closed.status_code, closed.json()["standing"]) == (200, "expired")


def test_a_consent_is_still_told_as_given(kit: LedgerKit) -> None:
    give(kit.ledger, a_form())
    assert all(isinstance(event, ConsentGiven) for event in told(kit))
