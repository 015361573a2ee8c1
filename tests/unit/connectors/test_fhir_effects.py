"""Effects one by one: what is carried, what is not, and what the router refused."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from edge_kit import CODEC, RECIPIENT, ROUTER, SENDER
from fhir_cases import Day, Night
from fhir_kit import Provider, because

from fhir_health import codes
from fhir_health.elements import codes_in, inputs, link
from fhir_health.marks import problem_on
from participant_edge.delivery import Effect, NotDelivered
from participant_edge.kit import specimens
from participant_edge.views import OpenedPart
from referral_exchange import events, ids

AT = datetime(2026, 3, 2, 21, 0, tzinfo=UTC)


def effect(event: Any, *records: Any) -> Effect:
    parts = tuple(OpenedPart(event_id=event.event_id, data_class="x", record=each) for each in records)
    return Effect(effect_id=ids.fresh(), event=event, parts=parts)


def named(**more: Any) -> dict[str, Any]:
    common = {"event_id": ids.fresh(), "occurred_at": AT, "programme_from": SENDER, "programme_to": RECIPIENT}
    return {**common, "referral_id": ids.fresh(), "consent_id": ids.fresh(), **more}


@pytest.fixture
def provider() -> Provider:
    return Provider()


def test_an_offer_without_needs_waits_and_is_shown_waiting(provider: Provider) -> None:
    bare = specimens.offered()
    with pytest.raises(NotDelivered, match="not-carried"):
        provider.system.deliver(Effect(effect_id=bare.effect_id, event=bare.event, parts=()))
    assert provider.held("Task") == []


def test_a_disclosure_before_its_task_waits(provider: Provider) -> None:
    with pytest.raises(NotDelivered, match="no-task"):
        provider.system.deliver(specimens.disclosed())
    assert provider.stand_in.records.held == {}


def sent(**more: Any) -> events.DocumentSent:
    made = {**named(), "return_consent_id": ids.fresh(), "urgency": "routine", "answer_by": None}
    return events.DocumentSent(**{**made, **more}, parts=[])


LETTER = events.EligibilityLetter(letter_number="INVENTED-1", issued_on="2030-01-15", decision="eligible")


def test_a_document_becomes_a_task_with_its_fields_once(provider: Provider) -> None:
    letter = effect(sent(), LETTER)
    provider.fault("stored-500", method="POST")
    with pytest.raises(NotDelivered, match="http-500"):
        provider.system.deliver(letter)
    for _ in range(2):
        provider.system.deliver(letter)
    task, form = provider.only("Task"), provider.only("QuestionnaireResponse")
    (content,) = inputs(task, "additional-content", codes.SDOHCC)
    assert content["valueReference"] == link(form)
    assert form["questionnaire"].endswith("EligibilityLetter-v1")
    assert "subject" not in form
    assert (task["status"], task["for"]) == ("requested", {"reference": "#person"})


def test_a_document_for_a_referral_that_is_served_joins_its_task(provider: Provider) -> None:
    offered = specimens.offered()
    provider.system.deliver(offered)
    letter = effect(sent(referral_id=offered.event.referral_id), LETTER)
    for _ in range(2):
        provider.system.deliver(letter)
    (content,) = inputs(provider.only("Task"), "additional-content", codes.SDOHCC)
    assert content["valueReference"] == link(provider.only("QuestionnaireResponse"))


def test_parts_that_no_element_is_known_for_are_never_dropped(provider: Provider) -> None:
    answered = events.DocumentAnswered(**named(), document_event_id=ids.fresh(), parts=[])
    with pytest.raises(NotDelivered, match="not-carried"):
        provider.system.deliver(effect(answered, LETTER))
    with pytest.raises(NotDelivered, match="not-carried"):
        provider.system.deliver(effect(sent()))


def test_a_clock_that_ran_out_is_nothing_to_write(provider: Provider) -> None:
    clock = events.ClockElapsed(
        event_id=ids.fresh(),
        occurred_at=AT,
        programme_from=ROUTER,
        programme_to=SENDER,
        referral_id=ids.fresh(),
        clock="answer",
        due_at=AT,
    )
    provider.system.deliver(effect(clock))
    assert provider.stand_in.asked == []


def test_an_end_of_a_referral_that_never_had_a_task_is_no_error(provider: Provider) -> None:
    provider.system.deliver(effect(events.ReferralCancelled(**named(), cancellation="cancelled")))
    assert provider.held("Task") == []


def refuse(case: Day | Night, kind: str, code: str) -> None:
    """The router refuses the last event of that kind, and its sender is told."""
    network = case.network
    message = next(m for m in reversed(network.broker.produced) if m.headers["ce_type"] == kind.encode())
    event: Any = CODEC.decode(message.value, kind)
    refused = events.EventRefused(
        event_id=ids.derived(event.event_id, "refused", ""),
        occurred_at=network.clock.now(),
        programme_from=ROUTER,
        programme_to=event.programme_from,
        referral_id=event.referral_id,
        refused_event_id=event.event_id,
        code=code,
    )
    network.put(event.programme_from, network.message(refused, ROUTER))


def test_an_answer_that_the_router_refused_is_shown_and_not_said_again(tmp_path: Path) -> None:
    night = Night(tmp_path)
    referral_id, task = night.offered()
    night.provider.writes(task, status="rejected", statusReason=because("no-room"))
    night.provider.turn(night.recipient)
    refuse(night, "ReferralAnswered.v1", "wrong-state")
    night.network.routed = {topic: len(m) for topic, m in night.network.broker.outboxes.items()}
    said = len(night.network.broker.produced)
    for _ in range(3):
        night.settle()
    assert problem_on(night.provider.task(referral_id)) == ("wrong-state", "Task")
    assert len(night.network.broker.produced) == said


def test_an_offer_that_the_router_refused_is_shown_on_the_providers_task(tmp_path: Path) -> None:
    day = Day(tmp_path)
    referral_id, task = day.referred()
    refuse(day, "ReferralOffered.v1", "too-old")
    for _ in range(3):
        day.settle()
    after = day.task(task)
    assert problem_on(after) == ("too-old", "Task")
    assert codes_in(after["statusReason"], codes.PROBLEM) == ["too-old"]
    assert day.sender.referral(referral_id).refusals


def test_a_safe_contact_that_came_later_is_not_undone_by_what_was_told_before(provider: Provider) -> None:
    offered, disclosed = specimens.offered(), specimens.disclosed()
    provider.system.deliver(offered)
    said = {"referral_id": offered.event.referral_id, "occurred_at": AT + timedelta(hours=1)}
    silent = events.SafeContact(may_contact=False, voicemail=False)
    changed = events.SafeContactChanged(**{**named(), **said}, parts=[])
    provider.system.deliver(effect(changed, silent))
    provider.system.deliver(disclosed)
    patient, request = provider.only("Patient"), provider.only("ServiceRequest")
    assert patient["name"][0]["text"].startswith(specimens.CANARIES[0])
    assert "telecom" not in patient
    assert "contacting-subject-prohibited" in str(request["orderDetail"])
    assert specimens.CANARIES[2] not in str(provider.stand_in.records.held)
