"""What staff got wrong comes back onto their own Task: code, element, what to do, nothing of a person."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from edge_kit import RECIPIENT
from fhir_cases import Day, Night
from fhir_kit import NAME, because, patient, refers

from fhir_health import codes
from fhir_health.checking import checked
from fhir_health.elements import Resource, codes_in, concept, link, place, programme
from fhir_health.mapping import referral_of
from fhir_health.marks import problem_on, unmarked
from participant_edge.kit.mistakes import Mistake

Spoil = Callable[[Resource], Resource]


@pytest.fixture
def day(tmp_path: Path) -> Day:
    return Day(tmp_path)


@pytest.fixture
def night(tmp_path: Path) -> Night:
    return Night(tmp_path)


def without(name: str) -> Spoil:
    return lambda made: {key: value for key, value in made.items() if key != name}


def with_(**changes: Any) -> Spoil:
    return lambda made: {**made, **changes}


def provision(**changes: Any) -> Spoil:
    return lambda made: {**made, "provision": {**made["provision"], **changes}}


def signing(name: str, value: Any = None) -> Spoil:
    def spoil(made: Resource) -> Resource:
        (whole,) = made["extension"]
        parts = [part for part in whole["extension"] if part["url"] != name]
        changed = [{"url": name, **value}] if value else []
        return {**made, "extension": [{**whole, "extension": parts + changed}]}

    return spoil


def without_input(kind: str) -> Spoil:
    return lambda made: {
        **made,
        "input": [each for each in made["input"] if kind not in codes_in(each["type"], codes.NEED)],
    }


DATA = codes.DATA_CLASS
WRONG: list[tuple[str, Spoil, str, str]] = [
    ("Task", without("focus"), "missing", "Task.focus.reference"),
    ("Task", without("for"), "missing", "Task.for.reference"),
    ("Task", with_(focus={"reference": "Patient/1"}), "wrong-type", "Task.focus.reference"),
    ("Task", with_(intent="proposal"), "unknown-code", "Task.intent"),
    ("Task", with_(code=concept((codes.TASK_CODE, "abort"))), "unknown-code", "Task.code"),
    ("Task", with_(requester=programme("not-ours")), "missing", "Task.requester.identifier"),
    ("Task", without_input("region"), "missing", "Task.input.where(type.coding.code='region')"),
    ("Task", without_input("age-band"), "missing", "Task.input.where(type.coding.code='age-band')"),
    (
        "Task",
        with_(restriction={"period": {"end": "2030-01-01"}}),
        "wrong-value",
        "Task.restriction.period.end",
    ),
    ("ServiceRequest", with_(status="draft"), "wrong-state", "ServiceRequest.status"),
    ("ServiceRequest", with_(intent="plan"), "unknown-code", "ServiceRequest.intent"),
    ("ServiceRequest", without("code"), "missing", "ServiceRequest.code"),
    ("ServiceRequest", without("supportingInfo"), "missing", "ServiceRequest.supportingInfo"),
    ("Consent", with_(status="draft"), "wrong-state", "Consent.status"),
    (
        "Consent",
        with_(scope=concept((codes.CONSENT_SCOPE, "research"))),
        "unknown-code",
        "Consent.scope",
    ),
    ("Consent", with_(category=[{"text": "any"}]), "unknown-code", "Consent.category"),
    ("Consent", without("dateTime"), "missing", "Consent.dateTime"),
    ("Consent", without("language"), "missing", "Consent.language"),
    ("Consent", without("provision"), "missing", "Consent.provision"),
    ("Consent", without("extension"), "missing", "Consent.extension.where(url.endsWith('consent-signing'))"),
    ("Consent", provision(type="deny"), "denied", "Consent.provision.type"),
    ("Consent", provision(actor=[]), "missing", "Consent.provision.actor"),
    ("Consent", provision(period={}), "missing", "Consent.provision.period.end"),
    ("Consent", provision(purpose=[]), "missing", "Consent.provision.purpose"),
    (
        "Consent",
        provision(purpose=[{"system": codes.ACT_REASON, "code": "HPAYMT"}]),
        "unknown-code",
        "Consent.provision.purpose",
    ),
    ("Consent", provision(**{"class": []}), "missing", "Consent.provision.class"),
    ("Consent", provision(provision=[]), "missing", "Consent.provision.provision"),
    (
        "Consent",
        provision(provision=[{"class": [{"system": DATA, "code": "documents"}]}]),
        "missing",
        "Consent.provision.provision.class",
    ),
    (
        "Consent",
        signing("signerRole", {"valueCode": "spouse"}),
        "unknown-code",
        "Consent.extension.where(url.endsWith('consent-signing')).extension.where(url='signerRole')",
    ),
    (
        "Consent",
        signing("formCommitment", {"valueBase64Binary": "AAAA"}),
        "wrong-value",
        "Consent.extension.where(url.endsWith('consent-signing')).extension.where(url='formCommitment')",
    ),
    (
        "Consent",
        signing("servicesConditioned"),
        "missing",
        "Consent.extension.where(url.endsWith('consent-signing')).extension.where(url='servicesConditioned')",
    ),
]


def none_empty(value: Any) -> Any:
    """FHIR has no empty lists or objects."""
    if isinstance(value, dict):
        return {k: v for k, v in ((k, none_empty(v)) for k, v in value.items()) if v not in ({}, [])}
    return [none_empty(each) for each in value] if isinstance(value, list) else value


def refused(day: Day, task: Resource, code: str, where: str) -> Resource:
    """The Task, once it tells the mistake and nothing was done."""
    day.settle()
    after = day.task(task)
    assert problem_on(after) == (code, where)
    assert (after["status"], codes_in(after["businessStatus"], codes.BUSINESS)) == ("on-hold", ["not-sent"])
    assert codes_in(after["statusReason"], codes.PROBLEM) == [code]
    assert day.network.broker.produced == []
    assert referral_of(after) is None
    (found,) = [each for each in after["contained"] if each["resourceType"] == "OperationOutcome"]
    assert found["issue"][0]["expression"] == [where]
    assert found["issue"][0]["diagnostics"]
    assert NAME not in str(after)
    return after


@pytest.mark.parametrize(
    ("kind", "spoil", "code", "where"), WRONG, ids=[f"{where}: {code}" for _, _, code, where in WRONG]
)
def test_what_is_missing_or_wrong_is_told_by_element(
    day: Day, kind: str, spoil: Spoil, code: str, where: str
) -> None:
    now = day.network.clock.now()
    task = refers(day.provider, RECIPIENT, now, lambda made, r: none_empty(spoil(r)) if made == kind else r)
    refused(day, task, code, where)
    assert day.network.ledger.consents == {}


@pytest.mark.parametrize("kind", ["Consent", "ServiceRequest"])
def test_another_patients_consent_or_request_is_refused(day: Day, kind: str) -> None:
    other = day.provider.adds(patient(), "another")
    name = "patient" if kind == "Consent" else "subject"

    def spoil(made: str, resource: Resource) -> Resource:
        return {**resource, name: link(other)} if made == kind else resource

    task = refers(day.provider, RECIPIENT, day.network.clock.now(), spoil)
    refused(day, task, "other-patient", f"{kind}.{name}")


def test_a_consent_for_another_programme_is_refused(day: Day) -> None:
    now = day.network.clock.now()
    swap = provision(
        actor=[{"role": concept((codes.PARTICIPATION, "IRCP")), "reference": programme("other")}]
    )
    task = refers(day.provider, RECIPIENT, now, lambda kind, r: swap(r) if kind == "Consent" else r)
    refused(day, task, "denied", "Consent.provision.actor.reference.identifier")


@pytest.mark.parametrize(
    ("element", "code", "where"),
    [
        ({"unheardOf": True}, "unknown-element", "Task.unheardOf"),
        ({"input": [{"valueString": "x"}]}, "missing", "Task.input[0].type"),
        ({"code": {"coding": None}}, "wrong-value", "Task.code.coding"),
        ({"priority": "tomorrow"}, "unknown-code", "Task.priority"),
        ({"authoredOn": "yesterday"}, "wrong-value", "Task.authoredOn"),
    ],
)
def test_a_server_that_holds_what_is_no_fhir_gets_it_named(
    day: Day, element: Resource, code: str, where: str
) -> None:
    task = refers(day.provider, RECIPIENT, day.network.clock.now())
    held = day.provider.stand_in.records.held
    held[place(task)] = {**held[place(task)], **element}
    day.settle()
    assert day.network.broker.produced == []
    # The stand-in does not take back what it should never have held: counted, told in the log, nothing lost.
    assert day.provider.system.figures()["mistakes_not_taken"] > 0
    assert day.provider.system.figures()["mistakes_written_back"] > 0
    with pytest.raises(Mistake) as told:
        checked(held[place(task)], "Task")
    assert (told.value.code, told.value.where) == (code, where)


def test_a_programme_that_nobody_lists_is_told(day: Day) -> None:
    task = refers(day.provider, "nobody-listed", day.network.clock.now())
    refused(day, task, "unknown-programme", "Task.owner.identifier")


def test_what_the_policy_forbids_comes_back_with_its_law(day: Day) -> None:
    conditioned = signing("servicesConditioned", {"valueBoolean": True})
    now = day.network.clock.now()
    task = refers(day.provider, RECIPIENT, now, lambda kind, r: conditioned(r) if kind == "Consent" else r)
    after = refused(day, task, "denied", "Consent")
    assert "28 CFR 94.115" in str(after["contained"])


def test_one_mended_task_goes_out_and_the_mark_is_gone(day: Day) -> None:
    spoil = without_input("region")
    now = day.network.clock.now()
    task = refers(day.provider, RECIPIENT, now, lambda kind, r: spoil(r) if kind == "Task" else r)
    day.settle()
    region = {"type": concept((codes.NEED, "region")), "valueString": "Wraithmoor Bay"}
    day.provider.staff.change(
        place(task), lambda now: {**now, "status": "requested", "input": [*now["input"], region]}
    )
    day.settle()
    after = day.task(task)
    assert problem_on(after) is None
    assert after == unmarked(after)
    assert referral_of(after) is not None


def test_one_bad_task_keeps_no_other_from_going(day: Day) -> None:
    now = day.network.clock.now()
    spoil = without("focus")
    bad = refers(day.provider, RECIPIENT, now, lambda kind, r: spoil(r) if kind == "Task" else r, "bad")
    good = refers(day.provider, RECIPIENT, now, name="good")
    day.settle()
    assert problem_on(day.task(bad))
    assert referral_of(day.task(good))


def test_a_task_for_nobody_we_know_is_left_alone(day: Day) -> None:
    task = refers(day.provider, RECIPIENT, day.network.clock.now(), name="x")
    other = {"owner": {"reference": place(day.provider.only("Patient"))}}
    day.provider.writes(task, **other)
    before = day.task(task)
    day.settle()
    assert day.task(task) == before


OUTCOME = concept((codes.NEED, "outcome"))
INWARD: list[tuple[dict[str, Any], str, str]] = [
    ({"status": "rejected"}, "missing", "Task.statusReason.coding"),
    (
        {"status": "rejected", "statusReason": because("waiting-for-room")},
        "unknown-code",
        "Task.statusReason.coding",
    ),
    ({"status": "on-hold"}, "missing", "Task.statusReason.coding"),
    ({"status": "failed", "statusReason": because("no-room")}, "unknown-code", "Task.statusReason.coding"),
    ({"status": "cancelled"}, "wrong-state", "Task.status"),
    ({"status": "entered-in-error"}, "wrong-state", "Task.status"),
    (
        {
            "status": "completed",
            "output": [{"type": concept((codes.NEED, "outcome")), "valueString": "well"}],
        },
        "unknown-code",
        "Task.output.where(type.coding.code='outcome').value",
    ),
]


@pytest.mark.parametrize(
    ("changes", "code", "where"), INWARD, ids=[f"{c['status']}: {e}" for c, e, _ in INWARD]
)
def test_an_answer_that_cannot_go_is_marked_and_nothing_is_said(
    night: Night, changes: dict[str, Any], code: str, where: str
) -> None:
    referral_id, task = night.offered()
    night.provider.writes(task, **changes)
    night.settle()
    after = night.provider.task(referral_id)
    assert problem_on(after) == (code, where)
    assert after["status"] == changes["status"]
    assert night.sender.referral(referral_id).state == "received"


def test_a_reason_added_later_mends_it(night: Night) -> None:
    referral_id, task = night.offered()
    night.provider.writes(task, status="rejected")
    night.settle()
    marked = night.provider.task(referral_id)
    reason = because("no-room")
    kept = marked["statusReason"]["coding"]
    night.provider.writes(marked, statusReason={**reason, "coding": [*kept, *reason["coding"]]})
    night.settle()
    after = night.provider.task(referral_id)
    assert night.sender.referral(referral_id).state == "rejected"
    assert problem_on(after) is None
    assert codes_in(after["statusReason"], codes.REASON) == ["no-room"]


def test_a_mark_is_written_once_however_often_it_is_read(night: Night) -> None:
    referral_id, task = night.offered()
    night.provider.writes(task, status="rejected")
    night.settle()
    version = night.provider.task(referral_id)["meta"]["versionId"]
    for _ in range(3):
        night.provider.cursor = ""
        night.settle()
    assert night.provider.task(referral_id)["meta"]["versionId"] == version


def test_a_status_after_the_end_is_told(night: Night) -> None:
    referral_id, _ = night.accepted()
    night.sender.withdraw(referral_id)
    night.settle()
    night.provider.writes(night.provider.task(referral_id), status="in-progress")
    night.settle()
    assert problem_on(night.provider.task(referral_id)) == ("consent-ended", "Task.status")


def test_a_referral_that_nobody_has_is_told(night: Night) -> None:
    referral_id, task = night.offered()
    for each in task["identifier"]:
        if each["system"] == codes.REFERRALS:
            each["value"] = "0d9b4a3e-0000-4000-8000-000000000000"
    night.provider.writes(task, identifier=task["identifier"], status="accepted")
    night.provider.turn(night.recipient)
    assert problem_on(night.provider.only("Task")) == ("unknown", "Task.identifier")
    assert night.sender.referral(referral_id).state == "received"


def test_going_back_on_an_answer_is_told(night: Night) -> None:
    referral_id, _ = night.accepted()
    for status, reason in (("requested", None), ("rejected", because("no-room"))):
        changes = {"statusReason": reason} if reason else {}
        night.provider.writes(unmarked(night.provider.task(referral_id)), status=status, **changes)
        night.settle()
        assert problem_on(night.provider.task(referral_id)) == ("wrong-state", "Task.status")
    assert night.sender.referral(referral_id).state == "accepted"


def test_a_task_that_its_server_will_not_let_change_keeps_no_other_waiting(day: Day) -> None:
    stuck = refers(day.provider, RECIPIENT, day.network.clock.now(), name="stuck")
    held = day.provider.stand_in.records.held
    held[place(stuck)] = {**held[place(stuck)], "contained": [{"resourceType": "Patient", "id": "unused"}]}
    good = refers(day.provider, RECIPIENT, day.network.clock.now(), name="good")
    day.settle()
    assert referral_of(day.task(good))
    assert referral_of(day.task(stuck)) is None
    assert day.provider.system.figures()["mistakes_not_taken"] > 0


def test_a_task_of_others_is_not_even_judged(day: Day) -> None:
    foreign = {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "code": concept((codes.TASK_CODE, "fulfill")),
    }
    task = day.provider.adds(foreign, "foreign")
    held = day.provider.stand_in.records.held
    held[place(task)] = {**held[place(task)], "unheardOf": True}
    day.settle()
    assert day.provider.system.figures()["mistakes_written_back"] == 0
