"""Every error is a problem that says what to do and repeats nothing that was sent."""

import json
from typing import Any

import pytest
from bridge_kit import StandInEdge, a_consent, a_view, an_id, keyed, received, some_needs
from fastapi.testclient import TestClient

from participant_edge.errors import (
    CommandReused,
    EdgeError,
    OutcomeUnknown,
    Refused,
    TooLarge,
    UnknownThing,
)
from referral_exchange.problems import MEDIA_TYPE, TYPE_BASE

CANARY = "Canary-Quetzal-7781"
ONE = an_id("a referral")


def problem(answer: Any) -> dict[str, Any]:
    """The problem, checked for what every problem must be."""
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert answer.headers["cache-control"] == "no-store"
    body: dict[str, Any] = answer.json()
    assert body["status"] == answer.status_code
    assert body["type"].startswith(TYPE_BASE)
    assert body["title"]
    assert CANARY not in answer.text
    return body | {"code": body["type"].removeprefix(TYPE_BASE)}


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (OutcomeUnknown("x"), 503, "outcome-unknown"),
        (UnknownThing("x"), 404, "unknown"),
        (CommandReused("x"), 422, "key-reused"),
        (TooLarge("x"), 413, "too-large"),
        (EdgeError("x"), 503, "unavailable"),
        (Refused("unknown", "x"), 404, "unknown"),
        (Refused("wrong-state", "x"), 409, "wrong-state"),
        (Refused("consent-ended", "x"), 409, "consent-ended"),
        (Refused("not-openable", "x"), 409, "not-openable"),
        (Refused("unknown-programme", "x"), 422, "unknown-programme"),
        (Refused("unknown-code", "x"), 422, "unknown-code"),
        (Refused("not-your-programme", "x"), 403, "not-your-programme"),
        (Refused("consent-missing", "x"), 403, "consent-missing"),
        (Refused("a-code-of-tomorrow", "x"), 403, "a-code-of-tomorrow"),
        (Refused("denied", "x", "a-rule", "34 USC 12291(b)(2)"), 403, "denied"),
    ],
)
def test_what_the_edge_raises_becomes_a_problem(
    http: TestClient, edge: StandInEdge, error: EdgeError, status: int, code: str
) -> None:
    edge.show(received())
    edge.failing = error
    body = {"answer": "accepted", "reason": "accepted"}
    answer = http.post(f"/v1/referrals/{ONE}/answers", json=body, headers=keyed())
    found = problem(answer)
    assert (answer.status_code, found["code"]) == (status, code)
    assert ("retry-after" in answer.headers) == (status == 503)


def test_a_denial_names_its_rule_and_its_law(http: TestClient, edge: StandInEdge) -> None:
    edge.show(a_view(state="accepted"))
    edge.failing = Refused("denied", "ask first", "vawa-release-needs-consent", "34 USC 12291(b)(2)")
    contact = {"data_class": "safe-contact", "fields": {}}
    part = {"data_class": "location", "fields": {"place": CANARY}}
    answer = http.post(f"/v1/referrals/{ONE}/disclosures", json={"parts": [contact, part]}, headers=keyed())
    found = problem(answer)
    assert (found["rule"], found["law"]) == ("vawa-release-needs-consent", "34 USC 12291(b)(2)")
    assert found["detail"] == "ask first"


def test_what_nobody_foresaw_shows_nothing(http: TestClient, edge: StandInEdge, caplog: Any) -> None:
    edge.show(received())
    edge.failing = RuntimeError(f"the text of an exception may hold {CANARY}")
    found = problem(http.get(f"/v1/referrals/{ONE}"))
    assert found["status"] == 500
    assert CANARY not in caplog.text


@pytest.mark.parametrize("path", ["/v1/nothing", f"/v1/referrals/{ONE}", f"/v1/withdrawals/{ONE}"])
def test_what_is_not_there_is_unknown(http: TestClient, path: str) -> None:
    assert problem(http.get(path))["code"] == "unknown"


def test_a_wrong_method_names_the_right_one(http: TestClient) -> None:
    answer = http.delete("/v1/inbox")
    assert problem(answer)["status"] == 405
    assert answer.headers["allow"] == "GET"


@pytest.mark.parametrize(
    "kept", [None, "text/plain", "application/xml", "multipart/form-data", "application/jsonp"]
)
def test_only_json_is_taken(http: TestClient, kept: str | None) -> None:
    headers = keyed() | ({"content-type": kept} if kept else {})
    answer = http.post("/v1/consents", content=json.dumps(a_consent()), headers=headers)
    assert problem(answer)["status"] == 415


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[" * 60_000, b"\xff\xfe", b'{"a":' * 10_000, b"null", b"[]", b'"text"', b"NaN"]
)
def test_what_is_no_json_object_is_a_clear_error(http: TestClient, raw: bytes) -> None:
    headers = keyed() | {"content-type": "application/json"}
    assert problem(http.post("/v1/consents", content=raw, headers=headers))["status"] in (400, 422)


def test_a_body_of_10_mb_is_too_large(http: TestClient, edge: StandInEdge) -> None:
    body = a_consent(purpose="x" * 10 * 1024 * 1024)
    assert problem(http.post("/v1/consents", json=body, headers=keyed()))["status"] == 413
    assert edge.told == []


def test_a_body_just_over_64_kib_is_too_large(http: TestClient) -> None:
    body = json.dumps(a_consent()).encode()
    headers = keyed() | {"content-type": "application/json"}
    most = 64 * 1024
    assert (
        http.post("/v1/consents", content=body + b" " * (most - len(body)), headers=headers).status_code
        == 201
    )
    answer = http.post("/v1/consents", content=body + b" " * (most - len(body) + 1), headers=headers)
    assert problem(answer)["status"] == 413


def wrong(http: TestClient, **changes: Any) -> list[tuple[str, str]]:
    """Field and rule of what is wrong with a consent."""
    raw = json.dumps(a_consent(**changes))
    answer = http.post("/v1/consents", content=raw, headers=keyed() | {"content-type": "application/json"})
    assert answer.status_code == 422, answer.text
    return [(each["field"], each["error"]) for each in problem(answer)["fields"]]


@pytest.mark.parametrize(
    ("changes", "field", "rule"),
    [
        ({"purpose": CANARY}, "body.purpose", "literal_error"),
        ({"data_classes": [CANARY]}, "body.data_classes.0", "literal_error"),
        ({"data_classes": []}, "body.data_classes", "too_short"),
        ({"comes_back": []}, "body.comes_back", "too_short"),
        ({"comes_back": ["documents"]}, "body", "service-status-missing"),
        ({"data_classes": ["needs", "needs"]}, "body.data_classes", "listed-twice"),
        ({"recipient": CANARY}, "body.recipient", "string_pattern_mismatch"),
        ({"signed_at": CANARY}, "body.signed_at", "datetime_from_date_parsing"),
        ({"signed_at": "2031-05-04T22:15:00"}, "body.signed_at", "timezone_aware"),
        ({"ends_at": "9999-12-31T23:59:59-23:00"}, "body.ends_at", "time-out-of-range"),
        ({"ends_at": "2033-05-04T22:15:00Z"}, "body", "ends-too-late"),
        ({"ends_at": "2031-05-04T22:15:00Z"}, "body", "ends-before-signed"),
        ({"explained_at": "2031-05-04T22:16:00Z"}, "body", "signed-before-explained"),
        ({"subject_is_minor": "no"}, "body.subject_is_minor", "bool_type"),
        ({"subject_is_minor": 1}, "body.subject_is_minor", "bool_type"),
        ({"form_commitment": "AAAA"}, "body", "commitment-length"),
        ({"subject_token": CANARY}, "body.subject_token", "string_pattern_mismatch"),
        ({"language": "\ud800"}, "body.language", "string_unicode"),
        ({"signer_role": CANARY}, "body.signer_role", "literal_error"),
    ],
)
def test_a_wrong_field_is_named_with_its_rule_only(
    http: TestClient, edge: StandInEdge, changes: dict[str, Any], field: str, rule: str
) -> None:
    assert (field, rule) in wrong(http, **changes)
    assert edge.told == []


def test_a_field_that_does_not_exist_is_refused_and_not_repeated(http: TestClient) -> None:
    assert wrong(http, **{CANARY: CANARY}) == [("body.(unknown)", "extra_forbidden")]


def test_a_missing_field_is_named(http: TestClient) -> None:
    body = a_consent()
    del body["recipient"]
    (found,) = problem(http.post("/v1/consents", json=body, headers=keyed()))["fields"]
    assert found == {"field": "body.recipient", "error": "missing", "hint": "add this field"}


@pytest.mark.parametrize(
    ("needs", "field"),
    [
        (some_needs(services=["A story in words"]), "body.needs.services.0"),
        (some_needs(services=[]), "body.needs.services"),
        (some_needs(household_size=0), "body.needs.household_size"),
        (some_needs(household_size="1"), "body.needs.household_size"),
        (some_needs(household_size=10**30), "body.needs.household_size"),
        (some_needs(region="12 Invented Street\n"), "body.needs.region"),
        (some_needs(age_band="17"), "body.needs.age_band"),
        (some_needs(access=["a"]), "body.needs.access.0"),
    ],
)
def test_needs_are_codes_only(http: TestClient, needs: dict[str, Any], field: str) -> None:
    body = {"consent_id": ONE, "urgency": "urgent", "needs": needs}
    found = problem(http.post("/v1/referrals", json=body, headers=keyed()))["fields"]
    assert field in [each["field"] for each in found]


@pytest.mark.parametrize(
    ("path", "body", "rule"),
    [
        ("answers", {"answer": "accepted", "reason": "no-room"}, "reason-does-not-fit"),
        ("answers", {"answer": "declined", "reason": "accepted"}, "reason-does-not-fit"),
        ("answers", {"answer": "declined", "reason": CANARY}, "literal_error"),
        ("answers", {"answer": "unspecified", "reason": "accepted"}, "literal_error"),
        ("service-status", {"state": "received"}, "literal_error"),
        ("service-status", {"state": "completed"}, "code-does-not-fit"),
        ("service-status", {"state": "on-hold", "reason": CANARY}, "code-does-not-fit"),
        ("service-status", {"state": "in-progress", "reason": "waiting-for-room"}, "code-does-not-fit"),
        ("service-status", {"state": "completed", "reason": "service-ended"}, "code-does-not-fit"),
        (
            "service-status",
            {"state": "on-hold", "reason": "waiting-for-room", "sub_state": "scheduled"},
            "sub-state-does-not-fit",
        ),
        ("purge-answers", {"purge": "unspecified"}, "literal_error"),
        ("cancellations", {"cancellation": "unspecified"}, "literal_error"),
        ("disclosures", {"parts": []}, "too_short"),
        ("disclosures", {"parts": [{"data_class": CANARY, "fields": {}}]}, "union_tag_invalid"),
        (
            "disclosures",
            {"parts": [{"data_class": "location", "fields": {"place": "x" * 201}}]},
            "string_too_long",
        ),
        (
            "disclosures",
            {"parts": [{"data_class": "safe-contact", "fields": {"may_contact": True}}]},
            "method-missing",
        ),
        (
            "disclosures",
            {"parts": [{"data_class": "safe-contact", "fields": {"may_contact": True, "method": "text"}}]},
            "value-missing",
        ),
        (
            "disclosures",
            {"parts": [{"data_class": "safe-contact", "fields": {"value": CANARY}}]},
            "not-to-be-contacted",
        ),
        (
            "disclosures",
            {"parts": [{"data_class": "location", "fields": {"place": "x"}}] * 2},
            "listed-twice",
        ),
        ("openings", {"parts": CANARY}, "extra_forbidden"),
    ],
)
def test_codes_that_do_not_fit_are_refused(
    http: TestClient, edge: StandInEdge, path: str, body: dict[str, Any], rule: str
) -> None:
    edge.show(received(state="accepted"))
    answer = http.post(f"/v1/referrals/{ONE}/{path}", json=body, headers=keyed())
    assert rule in [each["error"] for each in problem(answer)["fields"]]
    assert edge.told == []


def test_the_path_to_a_wrong_field_goes_through_its_data_class(http: TestClient, edge: StandInEdge) -> None:
    edge.show(a_view(state="accepted"))
    part = {"data_class": "safe-contact", "fields": {"may_contact": CANARY}}
    answer = http.post(f"/v1/referrals/{ONE}/disclosures", json={"parts": [part]}, headers=keyed())
    (found,) = problem(answer)["fields"]
    assert found["field"] == "body.parts.0.safe-contact.fields.may_contact"


@pytest.mark.parametrize("referral", ["x", "..%2f..%2fetc", ONE.upper(), CANARY, "%00"])
def test_an_id_that_is_none_is_no_server_error(http: TestClient, referral: str) -> None:
    for path in (f"/v1/referrals/{referral}", f"/v1/disclosures?referral_id={referral}"):
        assert problem(http.get(path))["status"] in (404, 422)
