"""A provider's own ServiceRequest and Task as an offer, and how it stands back on that Task."""

from pathlib import Path

import httpx
import pytest
from edge_kit import RECIPIENT, SENDER
from fhir_cases import Day
from fhir_kit import NAME, PHONE, refers

from fhir_health import codes
from fhir_health.elements import Resource, codes_in, concept, link, place
from fhir_health.mapping import referral_of
from participant_edge.delivery import Effect
from participant_edge.errors import OutcomeUnknown
from referral_exchange import ids
from referral_exchange.events import Identity, Needs, SafeContact, ServiceStatusChanged, StatusDetail


@pytest.fixture
def day(tmp_path: Path) -> Day:
    return Day(tmp_path)


def business(task: Resource, system: str = codes.BSER) -> list[str]:
    return codes_in(task.get("businessStatus"), system)


def test_a_task_becomes_an_offer_under_the_consent_it_refers_to(day: Day) -> None:
    referral_id, task = day.referred()
    assert task["identifier"][-1]["type"]["coding"][0]["code"] == "PLAC"
    view = day.recipient.referral(referral_id)
    assert (view.programme_from, view.programme_to, view.urgency) == (SENDER, RECIPIENT, "urgent")
    (needs,) = (part.record for part in day.recipient.open_parts(referral_id))
    assert needs == Needs(
        services=["Housing Services"],
        languages=["es"],
        region="Wraithmoor Bay",
        age_band="adult",
        household_size=1,
        access=[],
    )
    assert day.sender.covered(referral_id) == {"needs", "identity", "safe-contact"}
    assert task["status"] == "received"


def test_answer_and_status_come_back_into_that_task(day: Day) -> None:
    referral_id, task = day.referred()
    day.recipient.answer(referral_id, "accepted", "accepted", "answer")
    day.settle()
    assert (day.task(task)["status"], business(day.task(task))) == ("accepted", ["3.0"])
    day.recipient.report_status(referral_id, "in_progress", "scheduled", None, "status-1")
    day.settle()
    assert (day.task(task)["status"], business(day.task(task))) == ("in-progress", ["5.1.1"])
    done = StatusDetail(outcome="service-provided")
    day.recipient.report_status(referral_id, "completed", None, done, "status-2")
    day.settle()
    after = day.task(task)
    assert (after["status"], business(after)) == ("completed", ["7.0"])
    (output,) = after["output"]
    assert codes_in(output["valueCodeableConcept"], codes.REASON) == ["service-provided"]


def test_a_decline_shows_its_reason_although_the_consent_has_ended(day: Day) -> None:
    referral_id, task = day.referred()
    day.recipient.answer(referral_id, "declined", "no-room", "answer")
    day.settle()
    after = day.task(task)
    assert (after["status"], business(after)) == ("rejected", ["4.0"])
    assert codes_in(after["statusReason"], codes.REASON) == ["no-room"]
    assert after["statusReason"]["text"] == "Full now"


def test_a_decline_that_could_not_be_shown_before_its_consent_ended_is_shown_after(day: Day) -> None:
    referral_id, task = day.referred()
    day.provider.fault("down", times=2)
    day.recipient.answer(referral_id, "declined", "no-room", "answer")
    day.network.settle(day.sender, day.recipient)
    day.network.clock.turn(minutes=10)
    day.settle()
    assert codes_in(day.task(task)["statusReason"], codes.REASON) == ["no-room"]


def test_what_is_told_late_of_an_earlier_step_shows_the_decline_with_its_reason(day: Day) -> None:
    referral_id, task = day.referred()
    before = day.task(task)
    day.recipient.answer(referral_id, "declined", "no-room", "answer")
    day.settle()
    day.provider.staff.change(place(task), lambda now: {**before, "meta": now["meta"]})
    received = ServiceStatusChanged(
        event_id=ids.fresh(),
        occurred_at=day.network.clock.now(),
        programme_from=RECIPIENT,
        programme_to=SENDER,
        referral_id=referral_id,
        consent_id=ids.fresh(),
        state="received",
        parts=[],
    )
    day.provider.system.deliver(Effect(effect_id="late", event=received, parts=()))
    after = day.task(task)
    assert after["status"] == "rejected"
    assert codes_in(after["statusReason"], codes.REASON) == ["no-room"]


def test_staff_hand_over_who_it_is_after_acceptance(day: Day) -> None:
    referral_id, task = day.referred()
    day.recipient.answer(referral_id, "accepted", "accepted", "answer")
    day.settle()
    day.provider.writes(task, businessStatus=concept((codes.BUSINESS, "hand-over")))
    day.settle()
    records = [part.record for part in day.recipient.open_parts(referral_id)]
    assert Identity(chosen_name=NAME) in records
    assert SafeContact(may_contact=True, method="text", value=PHONE, voicemail=False) in records
    assert business(day.task(task), codes.BUSINESS) == ["handed-over"]
    day.recipient.report_status(referral_id, "in_progress", None, None, "status")
    day.settle()
    assert len([s for s in day.sender.referral(referral_id).steps if s.kind == "ReferralDisclosed"]) == 1


def test_before_acceptance_nothing_is_handed_over(day: Day) -> None:
    referral_id, task = day.referred()
    day.provider.writes(task, businessStatus=concept((codes.BUSINESS, "hand-over")))
    day.settle()
    assert codes_in(day.task(task)["statusReason"], codes.PROBLEM) == ["wrong-state"]
    assert all(step.kind != "ReferralDisclosed" for step in day.sender.referral(referral_id).steps)


def test_a_task_that_staff_cancel_is_taken_back(day: Day) -> None:
    referral_id, task = day.referred()
    day.provider.writes(task, status="cancelled")
    day.settle()
    assert day.recipient.referral(referral_id).state == "cancelled"
    assert day.recipient.referral(referral_id).standing == "withdrawn"


def test_an_answer_that_crosses_a_cancellation_does_not_undo_it(day: Day) -> None:
    referral_id, task = day.referred()
    day.provider.writes(task, status="cancelled")
    day.recipient.answer(referral_id, "accepted", "accepted", "answer")
    day.network.settle(day.sender, day.recipient)
    assert day.task(task)["status"] == "cancelled"
    day.settle()
    assert day.recipient.referral(referral_id).state == "cancelled"


def test_a_consent_that_staff_end_is_withdrawn(day: Day) -> None:
    referral_id, _ = day.referred()
    consent = day.provider.only("Consent")
    day.provider.staff.change(place(consent), lambda now: {**now, "status": "inactive"})
    day.settle()
    assert day.recipient.referral(referral_id).standing == "withdrawn"


def test_a_repeat_from_the_beginning_offers_nothing_twice(day: Day) -> None:
    day.referred()
    sent = len(day.network.broker.produced)
    day.provider.cursor = ""
    day.settle()
    assert len(day.network.broker.produced) == sent
    assert len(day.network.ledger.consents) == 2


def test_a_crash_before_the_task_knows_its_referral_offers_once(day: Day) -> None:
    task = refers(day.provider, RECIPIENT, day.network.clock.now())
    day.provider.fault("500", method="PUT")
    with pytest.raises(Exception, match="http-500"):
        day.provider.turn(day.sender)
    assert referral_of(day.task(task)) is None
    day.settle()
    assert referral_of(day.task(task)) is not None
    offers = [m for m in day.network.broker.produced if m.headers["ce_type"] == b"ReferralOffered.v1"]
    assert len(offers) == 1
    assert len(day.network.ledger.consents) == 2


def test_an_outcome_that_is_unknown_leaves_the_cursor_and_is_repeated(day: Day) -> None:
    refers(day.provider, RECIPIENT, day.network.clock.now())
    day.network.ledger.silent = 100
    with pytest.raises(OutcomeUnknown):
        day.provider.turn(day.sender)
    assert day.provider.cursor == ""
    day.network.ledger.silent = 0
    day.settle()
    assert len(day.network.ledger.consents) == 2


def test_who_it_is_stays_out_of_the_offer(day: Day) -> None:
    day.referred()
    assert not any(NAME.encode() in message.value for message in day.network.broker.produced)
    assert all("Ondine" not in asked for asked in day.provider.stand_in.asked)


def test_a_person_has_one_token_at_the_ledger_and_another_person_another(day: Day) -> None:
    asked: list[str] = []
    day.network.ledger.answering = lambda path: None
    give = day.network.ledger._give

    def noted(programme: str, body: dict[str, str]) -> httpx.Response:
        asked.append(body["subject_token"])
        return give(programme, body)

    day.network.ledger._give = noted  # type: ignore[method-assign]
    day.referred()
    first = day.provider.only("Patient")
    other = refers(day.provider, RECIPIENT, day.network.clock.now(), name="2")
    day.settle()
    again = refers(
        day.provider,
        RECIPIENT,
        day.network.clock.now(),
        lambda kind, made: {**made, **SAME[kind](first)} if kind in SAME else made,
        name="3",
    )
    day.settle()
    assert referral_of(day.task(other))
    assert referral_of(day.task(again))
    assert len(asked) == 3
    assert asked[0] == asked[2] != asked[1]


SAME = {
    "Consent": lambda person: {"patient": link(person)},
    "ServiceRequest": lambda person: {"subject": link(person)},
    "Task": lambda person: {"for": link(person)},
}
