"""The stand-in refuses what a real server would, and a little more."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient
from fhir_kit import NAME, OWN, a_consent, patient

from fhir_health import codes
from fhir_health.elements import coding, concept, identifier
from fhir_health.stand_in import Fault, StandIn, build

TYPED = {"content-type": "application/fhir+json"}
CONDITION = {"if-none-exist": f"identifier={OWN}|1"}


def asks(stand_in: StandIn, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = stand_in.answer(method, path, "", named, json.dumps(body).encode())
    return answer.status_code, json.loads(bytes(answer.body))


def creates(stand_in: StandIn, resource: Any, kind: str = "Patient") -> tuple[int, Any]:
    return asks(stand_in, "POST", kind, resource, **TYPED, **CONDITION)


def person(**changes: Any) -> dict[str, Any]:
    return {**patient(), "identifier": [identifier(OWN, "1")], **changes}


def task(**changes: Any) -> dict[str, Any]:
    return {
        "resourceType": "Task",
        "identifier": [identifier(OWN, "1")],
        "status": "requested",
        "intent": "order",
        "code": concept((codes.TASK_CODE, "fulfill")),
        **changes,
    }


def test_a_create_is_done_once() -> None:
    stand_in = StandIn()
    assert [creates(stand_in, person())[0] for _ in range(3)] == [201, 200, 200]
    assert stand_in.records.created == ["Patient/1"]


def test_a_create_without_its_condition_is_refused() -> None:
    assert asks(StandIn(), "POST", "Patient", person(), **TYPED)[0] == 428


@pytest.mark.parametrize(
    ("kind", "resource", "status", "where"),
    [
        ("Patient", person(favourite="blue"), 422, "Patient.favourite"),
        ("Patient", person(gender="blue"), 422, "Patient.gender"),
        ("Patient", person(birthDate="once"), 422, "Patient.birthDate"),
        ("Patient", person(id="mine"), 400, "Patient.id"),
        ("Patient", person(identifier=[identifier(OWN, "other")]), 422, "Patient.identifier"),
        ("Patient", task(), 422, "Patient"),
        ("Task", task(status="begun"), 422, "Task.status"),
        ("Task", task(intent=None), 422, "Task.intent"),
        ("Task", task(code=concept((codes.TASK_CODE, "do"))), 422, "Task.code.coding[0].code"),
        (
            "Task",
            task(businessStatus=concept((codes.BSER, "9.9"))),
            422,
            "Task.businessStatus.coding[0].code",
        ),
        ("Task", task(statusReason={"coding": []}), 422, "Task.statusReason.text"),
        ("Task", task(focus={"reference": "ServiceRequest/7"}), 422, "Task.focus.reference"),
        ("Task", task(contained=[{"resourceType": "Patient", "id": "p"}]), 422, "Task.contained"),
        ("Task", task(input=[{"valueString": "x"}]), 422, "Task.input[0].type"),
    ],
)
def test_what_is_wrong_is_named(kind: str, resource: Any, status: int, where: str) -> None:
    stand_in = StandIn()
    body = {name: value for name, value in resource.items() if value is not None}
    answered, outcome = creates(stand_in, body, kind)
    assert (answered, outcome["issue"][0]["expression"]) == (status, [where])
    assert stand_in.records.held == {}
    assert NAME not in json.dumps(outcome)


def test_an_update_needs_the_version_it_changes() -> None:
    stand_in = StandIn()
    _, held = creates(stand_in, person())
    changed = {**held, "active": False}
    assert asks(stand_in, "PUT", "Patient/1", changed, **TYPED)[0] == 428
    assert asks(stand_in, "PUT", "Patient/1", changed, **TYPED, if_match='W/"1"')[0] == 200
    assert asks(stand_in, "PUT", "Patient/1", changed, **TYPED, if_match='W/"1"')[0] == 412
    assert asks(stand_in, "PUT", "Patient/2", changed, **TYPED, if_match='W/"1"')[0] == 404
    assert stand_in.records.held["Patient/1"]["meta"]["versionId"] == "2"


def test_other_types_media_and_ways_are_refused() -> None:
    stand_in = StandIn()
    assert asks(stand_in, "POST", "Observation", {}, **TYPED, **CONDITION)[0] == 404
    assert asks(stand_in, "DELETE", "Patient/1")[0] == 404
    assert asks(stand_in, "POST", "Patient", person(), content_type="application/json", **CONDITION)[0] == 415
    assert stand_in.answer("POST", "Patient", "", {**TYPED, **CONDITION}, b"{").status_code == 400


def test_a_consent_of_ours_is_fhir() -> None:
    stand_in = StandIn()
    creates(stand_in, person())
    held = stand_in.records.held["Patient/1"]
    consent = a_consent(held, "harbor-shelter", datetime.now(UTC))
    assert creates(stand_in, {**consent, "identifier": [identifier(OWN, "1")]}, "Consent")[0] == 201
    wrong = {**consent["provision"], "class": [coding(codes.DATA_CLASS, "everything")]}
    spoilt = {**consent, "identifier": [identifier(OWN, "1")], "provision": wrong}
    assert creates(stand_in, spoilt, "Consent")[0] == 422


@pytest.mark.parametrize(
    ("kind", "status"), [("down", 503), ("409", 409), ("412", 412), ("429", 429), ("500", 500)]
)
def test_a_fault_answers_once_and_does_nothing(kind: str, status: int) -> None:
    stand_in = StandIn(faults=[Fault(kind)])
    assert creates(stand_in, person())[0] == status
    assert stand_in.records.held == {}
    assert creates(stand_in, person())[0] == 201


def test_one_fault_does_it_and_says_it_did_not() -> None:
    stand_in = StandIn(faults=[Fault("stored-500")])
    assert creates(stand_in, person())[0] == 500
    assert creates(stand_in, person())[0] == 200


def test_it_serves_over_http() -> None:
    http = TestClient(build(StandIn()))
    assert http.get("/fhir/metadata").json()["resourceType"] == "CapabilityStatement"
    made = http.post(
        "/fhir/Patient", json=person(), headers={**TYPED, "If-None-Exist": f"identifier={OWN}|1"}
    )
    assert (made.status_code, made.headers["ETag"]) == (201, 'W/"1"')
    assert http.put("/faults", json=[{"kind": "500"}]).json() == {"faults": 1}
    assert http.get("/fhir/Patient/1").status_code == 500
    assert http.get("/fhir/Patient/1").status_code == 200
    assert http.get("/asked").json()[0].startswith("GET metadata")
