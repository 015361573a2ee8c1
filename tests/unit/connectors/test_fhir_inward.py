"""A referral into a provider's FHIR server, and what its staff do there back to the sender."""

from pathlib import Path

import pytest
from edge_kit import IDENTITY, NEEDS
from fhir_cases import Night
from fhir_kit import because, outcome

from fhir_health import codes, marks
from fhir_health.elements import codes_in, concept, identifier, inputs
from referral_exchange import events
from referral_exchange.events import AnswerReason, SafeContact, StatusDetail

SAFE = SafeContact(
    may_contact=True, method="text", value="+1 555 0142", window="mornings", language="es", voicemail=False
)


@pytest.fixture
def night(tmp_path: Path) -> Night:
    return Night(tmp_path)


def test_an_offer_is_a_task_that_says_what_is_needed_and_not_who(night: Night) -> None:
    referral_id, task = night.offered()
    assert (task["status"], task["intent"], task["priority"]) == ("requested", "order", "urgent")
    assert codes_in(task["code"], codes.TASK_CODE) == ["fulfill"]
    assert codes_in(task["businessStatus"], codes.BSER) == ["2.0"]
    assert [each["type"]["coding"][0]["code"] for each in task["identifier"] if "type" in each] == ["PLAC"]
    (service,) = inputs(task, "service")
    assert codes_in(service["valueCodeableConcept"], codes.SERVICE) == NEEDS.services
    assert codes_in(service["valueCodeableConcept"], codes.SDOHCC) == ["housing-instability"]
    assert task["for"] == {"reference": "#person"}
    assert night.provider.held("Patient") == []
    assert night.sender.referral(referral_id).state == "received"


def test_staff_accept_and_the_sender_knows(night: Night) -> None:
    referral_id, _ = night.accepted()
    assert night.sender.referral(referral_id).state == "accepted"
    assert [part.record for part in night.sender.open_parts(referral_id)] == [AnswerReason(code="accepted")]


def test_staff_decline_with_a_reason_that_travels_sealed(night: Night) -> None:
    referral_id, task = night.offered()
    night.provider.writes(task, status="rejected", statusReason=because("no-room"))
    night.settle()
    assert night.sender.referral(referral_id).state == "rejected"
    assert ("ReferralAnswered", "declined") in night.says(night.recipient, referral_id)


def test_a_disclosure_becomes_a_patient_a_request_and_a_focus(night: Night) -> None:
    referral_id, _ = night.accepted()
    place = events.Location(place="an invented orchard")
    night.sender.disclose(referral_id, [IDENTITY, SAFE, place], "disclose")
    night.settle()
    task, patient = night.provider.task(referral_id), night.provider.only("Patient")
    request, details = night.provider.only("ServiceRequest"), night.provider.only("QuestionnaireResponse")
    assert patient["name"] == [{"use": "usual", "text": IDENTITY.chosen_name}]
    assert patient["telecom"] == [{"system": "sms", "value": SAFE.value, "use": "mobile"}]
    assert task["for"] == {"reference": f"Patient/{patient['id']}"} == request["subject"]
    assert task["focus"] == {"reference": f"ServiceRequest/{request['id']}"}
    assert "contained" not in task
    assert (request["status"], request["intent"]) == ("active", "order")
    assert codes_in(request["code"], codes.SERVICE) == NEEDS.services
    assert request["supportingInfo"] == [{"reference": f"QuestionnaireResponse/{details['id']}"}]
    assert details["item"] == [{"linkId": "place", "answer": [{"valueString": place.place}]}]


def test_who_must_not_be_contacted_has_no_number_and_the_guides_flag(night: Night) -> None:
    referral_id, _ = night.accepted()
    silent = SafeContact(may_contact=False, method="text", value="+1 555 0142", voicemail=False)
    night.sender.disclose(referral_id, [IDENTITY, silent], "disclose")
    night.settle()
    assert "telecom" not in night.provider.only("Patient")
    (detail,) = night.provider.only("ServiceRequest")["orderDetail"]
    assert codes_in(detail, codes.SDOHCC) == ["contacting-subject-prohibited"]
    assert silent.value not in str(night.provider.stand_in.records.held)


def test_a_second_disclosure_adds_to_the_same_patient(night: Night) -> None:
    referral_id, _ = night.accepted()
    night.sender.disclose(referral_id, [IDENTITY], "first")
    night.settle()
    night.sender.disclose(referral_id, [SAFE], "second")
    night.settle()
    patient = night.provider.only("Patient")
    assert patient["name"][0]["text"] == IDENTITY.chosen_name
    assert patient["telecom"][0]["value"] == SAFE.value
    assert len(night.provider.held("ServiceRequest")) == 1


def test_status_goes_back_until_an_outcome(night: Night) -> None:
    referral_id, task = night.accepted()
    scheduled = concept((codes.BSER, "5.1.1"))
    night.provider.writes(task, status="in-progress", businessStatus=scheduled)
    night.settle()
    assert night.sender.referral(referral_id).sub_state == "scheduled"
    waiting = because("waiting-for-room")
    night.provider.writes(night.provider.task(referral_id), status="on-hold", statusReason=waiting)
    night.settle()
    assert night.sender.referral(referral_id).state == "on_hold"
    done = {"status": "completed", "output": outcome("service-provided")}
    night.provider.writes(night.provider.task(referral_id), **done)
    night.settle()
    view = night.sender.referral(referral_id)
    assert view.state == "completed"
    details = [p.record for p in night.sender.open_parts(referral_id) if isinstance(p.record, StatusDetail)]
    assert details[-2:] == [
        StatusDetail(reason="waiting-for-room"),
        StatusDetail(outcome="service-provided"),
    ]


def test_staff_who_start_at_once_have_accepted(night: Night) -> None:
    referral_id, task = night.offered()
    night.provider.writes(task, status="in-progress")
    night.settle()
    said = [what for kind, what in night.says(night.sender, referral_id) if kind != "ReferralOffered"]
    assert said == ["received", "accepted", "in_progress"]


def test_the_fillers_own_number_stays_on_the_task(night: Night) -> None:
    referral_id, task = night.offered()
    filler = identifier("https://provider.invented/orders", "F-1", "FILL")
    night.provider.writes(task, status="accepted", identifier=[*task["identifier"], filler])
    night.settle()
    night.sender.disclose(referral_id, [IDENTITY], "disclose")
    night.settle()
    assert filler in night.provider.task(referral_id)["identifier"]


def test_a_withdrawal_cancels_the_task_and_staff_answer_the_purge(night: Night) -> None:
    referral_id, _ = night.accepted()
    night.sender.disclose(referral_id, [IDENTITY], "disclose")
    night.settle()
    withdrawal = night.sender.withdraw(referral_id)
    night.settle()
    task = night.provider.task(referral_id)
    assert task["status"] == "cancelled"
    assert codes_in(task["businessStatus"], codes.BSER) == ["5.2"]
    assert codes_in(task["businessStatus"], codes.BUSINESS) == ["purge-asked"]
    night.provider.writes(task, businessStatus=concept((codes.BUSINESS, "purged")))
    night.settle()
    (answer,) = night.sender.withdrawal(withdrawal.consent_id).purge_answers
    assert answer.purge == "purged"
    assert night.sender.referral(referral_id).sub_state == "cancel_confirmed"
    assert marks.problem_on(night.provider.task(referral_id)) is None


def test_a_sender_who_takes_it_back_cancels_the_task(night: Night) -> None:
    referral_id, _ = night.offered()
    night.sender.cancel(referral_id, "cancelled", "cancel")
    night.settle()
    assert night.provider.task(referral_id)["status"] == "cancelled"


def test_an_ended_task_stays_as_it_ended(night: Night) -> None:
    referral_id, task = night.accepted()
    night.provider.writes(task, status="completed")
    night.settle()
    night.sender.withdraw(referral_id)
    night.settle()
    after = night.provider.task(referral_id)
    assert after["status"] == "completed"
    assert codes_in(after["businessStatus"], codes.BUSINESS) == ["purge-asked"]


def test_polling_again_says_and_writes_nothing_more(night: Night) -> None:
    referral_id, _ = night.accepted()
    before = night.says(night.sender, referral_id)
    version = night.provider.task(referral_id)["meta"]["versionId"]
    night.provider.cursor = ""
    night.settle()
    night.settle()
    assert night.says(night.sender, referral_id) == before
    assert night.provider.task(referral_id)["meta"]["versionId"] == version


def test_nobody_is_in_an_address_or_a_log(night: Night, caplog: pytest.LogCaptureFixture) -> None:
    referral_id, _ = night.accepted()
    night.sender.disclose(referral_id, [IDENTITY, SAFE], "disclose")
    night.settle()
    told = " ".join(night.provider.stand_in.asked) + caplog.text
    assert IDENTITY.chosen_name.split()[0] not in told
    assert str(SAFE.value)[-4:] not in told
