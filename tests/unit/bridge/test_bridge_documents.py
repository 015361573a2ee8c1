"""Forms, intake, grounds and capacity: what the contract's schemas declare is what the API takes."""

import json
from datetime import UTC, datetime
from typing import Any, get_args

import pytest
from bridge_kit import (
    A_TIP,
    LETTER,
    NOW,
    OURS,
    StandInEdge,
    a_ground,
    a_view,
    an_id,
    keyed,
    received,
    some_needs,
)
from fastapi.testclient import TestClient

from ngo_bridge.api import asked_intake
from ngo_bridge.api.forms import FORMS
from ngo_bridge.api.schema_fields import fields_of, record_of, shown_fields
from participant_edge.commands import FormRecord, OpenerKind, PartRecord
from participant_edge.views import OpenedPart
from referral_exchange import catalog, events
from referral_exchange.contract_files import SCHEMAS
from referral_exchange.examples import datum_of

ONE = an_id("a referral")
CANARY = "Canary-Quetzal-7781"
PRESENCE = {
    "reference": "INVENTED-1",
    "standing": "granted",
    "starts_on": "2031-05-04",
    "ends_on": "2032-05-04",
}


def errors_of(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_code == 422, answer.text
    assert CANARY not in answer.text
    return [(each["field"], each["error"]) for each in answer.json()["fields"]]


def document(form: str, fields: dict[str, Any]) -> dict[str, Any]:
    return {"referral_id": ONE, "urgency": "urgent", "forms": [{"form": form, "fields": fields}]}


def test_a_document_opens_a_referral_or_goes_to_one(http: TestClient, edge: StandInEdge) -> None:
    edge.show(a_view(state="consented"))
    body = {"consent_id": an_id("a referral consent"), "urgency": "emergency", "forms": [LETTER]}
    answer = http.post("/v1/documents", json=body, headers=keyed("1"))
    assert (answer.status_code, answer.json()["referral_id"]) == (202, ONE)
    body = {"referral_id": ONE, "urgency": "routine", "answer_by": "2031-05-06T00:00:00Z", "forms": [LETTER]}
    assert http.post("/v1/documents", json=body, headers=keyed("2")).status_code == 202
    first, second = edge.did("send_document")
    assert (first.consent_id, first.referral_id, first.urgency) == (
        an_id("a referral consent"),
        None,
        "emergency",
    )
    assert (second.consent_id, second.referral_id) == (None, ONE)
    assert second.answer_by == datetime(2031, 5, 6, tzinfo=UTC)
    assert second.forms == [events.LetterVerificationAsked(letter_number="INVENTED-0001")]


def test_a_document_is_answered_with_forms_or_with_a_reason(http: TestClient, edge: StandInEdge) -> None:
    edge.show(received(state="accepted"))
    body: dict[str, Any] = {"referral_id": ONE, "document_event_id": an_id("e")}
    valid = {"form": "LetterVerificationAnswered", "fields": {"valid": True}}
    assert (
        http.post("/v1/documents/answers", json=body | {"forms": [valid]}, headers=keyed("1")).status_code
        == 202
    )
    assert http.post(
        "/v1/documents/answers", json=body | {"reason": "no-room"}, headers=keyed("2")
    ).is_success
    assert edge.did("answer_document") == [
        (ONE, an_id("e"), (events.LetterVerificationAnswered(valid=True),)),
        (ONE, an_id("e"), (events.AnswerReason(code="no-room"),)),
    ]
    for more in ({}, {"forms": []}, {"forms": [valid], "reason": "no-room"}):
        answer = http.post("/v1/documents/answers", json=body | more, headers=keyed("3"))
        assert errors_of(answer) == [("body", "one-of-two")]


@pytest.mark.parametrize("named", [{}, {"consent_id": ONE, "referral_id": ONE}])
def test_a_document_stands_in_one_place(http: TestClient, named: dict[str, Any]) -> None:
    answer = http.post(
        "/v1/documents", json=named | {"urgency": "urgent", "forms": [LETTER]}, headers=keyed()
    )
    assert errors_of(answer) == [("body", "one-of-two")]


@pytest.mark.parametrize(
    ("form", "fields", "field", "error"),
    [
        ("ContinuedPresence", PRESENCE | {"ends_on": "2030-05-04"}, "", "ends-before-it-starts"),
        ("ContinuedPresence", PRESENCE | {"ends_on": "2031-02-30"}, ".ends_on", "no-such-day"),
        (
            "ContinuedPresence",
            PRESENCE | {"starts_on": "4 May 2031"},
            ".starts_on",
            "string_pattern_mismatch",
        ),
        ("ContinuedPresence", PRESENCE | {"standing": "unspecified"}, ".standing", "literal_error"),
        ("ContinuedPresence", PRESENCE | {"standing": CANARY}, ".standing", "literal_error"),
        ("ContinuedPresence", PRESENCE | {CANARY: CANARY}, ".(unknown)", "extra_forbidden"),
        ("LetterVerificationAsked", {}, ".letter_number", "missing"),
        ("LetterVerificationAsked", {"letter_number": ""}, ".letter_number", "string_too_short"),
        ("LetterVerificationAsked", {"letter_number": "x" * 4001}, ".letter_number", "string_too_long"),
        ("LetterVerificationAsked", {"letter_number": None}, ".letter_number", "string_type"),
        ("LetterVerificationAsked", {"letter_number": 7}, ".letter_number", "string_type"),
        ("LetterVerificationAnswered", {"valid": "yes"}, ".valid", "bool_type"),
        (
            "HmisEvent",
            {"event": 9, "event_date": "2031-05-04", "result": "client-accepted"},
            ".event",
            "greater_than_equal",
        ),
        (
            "HmisEvent",
            {"event": 17, "event_date": "2031-05-04", "result": "client-accepted"},
            ".event",
            "less_than_equal",
        ),
        (
            "HmisEvent",
            {"event": 10**30, "event_date": "2031-05-04", "result": "client-accepted"},
            ".event",
            "less_than_equal",
        ),
    ],
)
def test_a_form_is_held_to_its_schema(
    http: TestClient, edge: StandInEdge, form: str, fields: dict[str, Any], field: str, error: str
) -> None:
    edge.show(a_view(state="accepted"))
    answer = http.post("/v1/documents", json=document(form, fields), headers=keyed())
    assert (f"body.forms.0.{form}.fields{field}", error) in errors_of(answer)
    assert edge.told == []


@pytest.mark.parametrize("form", [CANARY, "", "Needs", "identity", None, 7])
def test_a_form_that_does_not_exist_is_refused(http: TestClient, form: Any) -> None:
    answer = http.post("/v1/documents", json=document(form, {}), headers=keyed())
    assert errors_of(answer)[0][0] == "body.forms.0"


def test_every_form_of_the_contract_can_be_sent() -> None:
    newest = catalog.newest(catalog.committed())
    assert set(FORMS) == {name for name, schema in newest.items() if schema.family == "forms"}
    assert set(FORMS) == {record.__name__ for record in get_args(FormRecord)}


def _passing(record: str) -> list[dict[str, Any]]:
    schema = catalog.newest(catalog.committed())[record]
    files = sorted((SCHEMAS / schema.family / "examples").glob(f"{schema.key}.*.pass.json"))
    assert files
    # The schema's own words ask for NIEM codes there; its examples hold another word.
    mended = {"needs": ["Language Services"]} if record == "RequestForAssistance" else {}
    return [datum_of(schema, json.loads(file.read_text(encoding="utf-8"))) | mended for file in files]


@pytest.mark.parametrize("record", [*FORMS, *(part.__name__ for part in get_args(PartRecord))])
def test_the_examples_of_the_contract_go_in_and_come_out_the_same(record: str) -> None:
    model = fields_of(record)
    for datum in _passing(record):
        shown = shown_fields(getattr(events, record).from_datum(datum))
        assert record_of(record, model.model_validate(shown)).to_datum() == datum


def test_codes_have_hyphens_on_both_sides(http: TestClient, edge: StandInEdge) -> None:
    edge.show(a_view(state="accepted"))
    event = {"event": 10, "event_date": "2031-05-04", "result": "client-accepted"}
    http.post("/v1/documents", json=document("HmisEvent", event), headers=keyed())
    (draft,) = edge.did("send_document")
    (form,) = draft.forms
    assert form.result == "client_accepted"
    edge.parts[ONE] = [OpenedPart(event_id=an_id("e"), data_class="documents", record=form)]
    (part,) = http.post(f"/v1/referrals/{ONE}/openings").json()["parts"]
    assert part["fields"] == event | {"result_date": None}
    assert part["record"] == "HmisEvent"


INTAKE: dict[OpenerKind, tuple[dict[str, Any], Any]] = {
    "EmergencyRequested": (
        {
            "kind": "emergency-shelter",
            "region": "South Fields",
            "languages": ["es"],
            "household_size": 2,
            "access": ["interpreter"],
        },
        events.HotlineRequest(
            kind="emergency_shelter",
            region="South Fields",
            languages=["es"],
            household_size=2,
            access=["interpreter"],
        ),
    ),
    "ResourceRequested": (
        {"kind": "training", "services": ["Housing Services"], "region": "South Fields", "languages": ["es"]},
        events.ResourceNeeded(
            kind="training", services=["Housing Services"], region="South Fields", languages=["es"]
        ),
    ),
    "TipReported": (A_TIP, events.Tip(**A_TIP)),
    "ScreeningCompleted": (
        {"tool": "tvit-short", "version": "1", "band": "possible"},
        events.ScreeningResult(tool="tvit_short", version="1", band="possible"),
    ),
    "WithdrawalAsked": (
        {"chosen_name": "Invented Marigold"},
        events.Identity(chosen_name="Invented Marigold"),
    ),
}


def intake(event: str, fields: dict[str, Any]) -> dict[str, Any]:
    return {"event": event, "consent_id": an_id("a referral consent"), "urgency": "urgent", "fields": fields}


@pytest.mark.parametrize("event", get_args(OpenerKind))
def test_every_kind_of_intake_opens_a_referral(
    http: TestClient, edge: StandInEdge, event: OpenerKind
) -> None:
    edge.show(a_view(state="consented"))
    fields, record = INTAKE[event]
    answer = http.post("/v1/intake", json=intake(event, fields), headers=keyed())
    assert (answer.status_code, answer.json()["referral_id"]) == (202, ONE), answer.text
    assert edge.did("open_referral") == [(event, an_id("a referral consent"), "urgent", None, record)]
    assert type(record).__name__ == asked_intake.PART_OF[event]


@pytest.mark.parametrize(
    ("event", "fields", "error"),
    [
        ("TipReported", A_TIP | {"caller_contact": CANARY}, "caller-did-not-agree"),
        (
            "ScreeningCompleted",
            {"tool": "tvit-short", "version": "1", "band": "possible", "answers": [CANARY]},
            "extra_forbidden",
        ),
        ("ScreeningCompleted", A_TIP, "extra_forbidden"),
        (
            "EmergencyRequested",
            INTAKE["EmergencyRequested"][0] | {"region": "12 Invented Street\n"},
            "string_pattern_mismatch",
        ),
        ("EmergencyRequested", INTAKE["EmergencyRequested"][0] | {"access": [CANARY]}, "literal_error"),
        ("ResourceRequested", INTAKE["ResourceRequested"][0] | {"services": ["A story"]}, "literal_error"),
        ("ReferralOffered", some_needs(), "union_tag_invalid"),
    ],
)
def test_intake_that_cannot_be_is_named(
    http: TestClient, edge: StandInEdge, event: str, fields: dict[str, Any], error: str
) -> None:
    edge.show(a_view(state="consented"))
    answer = http.post("/v1/intake", json=intake(event, fields), headers=keyed())
    assert error in [found for _, found in errors_of(answer)]
    assert edge.told == []


def test_a_ground_stands_in_place_of_a_consent(http: TestClient, edge: StandInEdge) -> None:
    answer = http.post("/v1/grounds", json=a_ground(), headers=keyed("1"))
    assert (answer.status_code, answer.json()["ends_at"]) == (201, None)
    ends = http.post("/v1/grounds", json=a_ground(ends_at="2031-06-04T00:00:00Z"), headers=keyed("2"))
    assert ends.json()["ends_at"] == "2031-06-04T00:00:00Z"
    draft = edge.did("record_ground")[0]
    assert (draft.kind, draft.statute, draft.data_classes) == (
        "mandated_report",
        "Invented Code 1-2",
        ("documents",),
    )
    assert answer.json()["links"]["document"] == "/v1/documents"


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "permitted-report"},
        {"statute": ""},
        {"jurisdiction": "x" * 121},
        {"data_classes": []},
        {"data_classes": ["everything"]},
        {"programme_from": "Not A Slug"},
        {"consent_id": ONE},
    ],
)
def test_a_ground_that_cannot_be_is_refused(
    http: TestClient, edge: StandInEdge, changes: dict[str, Any]
) -> None:
    assert errors_of(http.post("/v1/grounds", json=a_ground(**changes), headers=keyed()))
    assert edge.told == []


def room(**changes: Any) -> dict[str, Any]:
    body = {
        "capacity": "capacity",
        "room": 3,
        "household_size": 4,
        "accessible": True,
        "languages": ["en", "es"],
        "as_of": "2031-05-04T22:15:00Z",
        "valid_until": "2031-05-05T22:15:00Z",
    }
    return body | changes


def test_a_programme_says_whether_it_has_room(http: TestClient, edge: StandInEdge) -> None:
    path = f"/v1/programmes/{OURS}/capacity"
    answer = http.put(path, json=room(), headers=keyed())
    assert answer.status_code == 202
    assert http.put(path, json=room(), headers=keyed()).json() == answer.json()
    ((programme, draft),) = edge.did("report_capacity")
    assert (programme, draft.capacity, draft.room, draft.as_of) == (OURS, "capacity", 3, NOW)
    full = room(capacity="no-capacity", room=0, household_size=None)
    assert http.put(path, json=full, headers=keyed("2")).status_code == 202
    assert edge.did("report_capacity")[1][1].capacity == "no_capacity"


def test_another_programmes_room_is_not_yours_to_tell(http: TestClient) -> None:
    answer = http.put("/v1/programmes/meadow-housing/capacity", json=room(), headers=keyed())
    assert (answer.status_code, answer.json()["type"].rsplit("/")[-1]) == (403, "not-your-programme")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"room": 0}, "room-does-not-fit"),
        ({"capacity": "no-capacity"}, "room-does-not-fit"),
        ({"valid_until": "2031-05-04T22:15:00Z"}, "ends-before-it-starts"),
        ({"valid_until": "2031-05-04T23:15:00+02:00"}, "ends-before-it-starts"),
        ({"valid_until": "2031-07-04T22:15:00Z"}, "valid-too-long"),
        ({"room": -1}, "greater_than_equal"),
        ({"room": 1.5}, "int_type"),
        ({"room": True}, "int_type"),
        ({"household_size": 0}, "greater_than_equal"),
        ({"capacity": "unspecified"}, "literal_error"),
        ({"accessible": "yes"}, "bool_type"),
        ({"languages": ["Spanish please"]}, "string_pattern_mismatch"),
        ({"address": CANARY}, "extra_forbidden"),
    ],
)
def test_room_that_cannot_be_is_named(
    http: TestClient, edge: StandInEdge, changes: dict[str, Any], error: str
) -> None:
    answer = http.put(f"/v1/programmes/{OURS}/capacity", json=room(**changes), headers=keyed())
    assert error in [found for _, found in errors_of(answer)]
    assert edge.told == []


def test_capacity_needs_a_key_too(http: TestClient) -> None:
    answer = http.put(f"/v1/programmes/{OURS}/capacity", json=room())
    assert ("header.Idempotency-Key", "missing") in errors_of(answer)
