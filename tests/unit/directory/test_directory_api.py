"""The HTTP interface: search page by page, problems that say what to do, and nobody's web page."""

import json
from typing import Any

import pytest
from directory_kit import HOST, Office, as_bytes, attribute, b64, draft, sample_archive, service
from fastapi.testclient import TestClient
from openapi_spec_validator import validate

from service_directory.api import document


@pytest.fixture
def many(office: Office) -> Office:
    """Ten programmes of one participant."""
    office.enrol(
        programmes=[
            draft(
                programme_id=f"harbor-{n}",
                name=f"Harbor desk {n % 3}",
                languages=["es-MX"] if n % 2 else ["en"],
                services=["Legal Services"] if n < 5 else ["Housing Services"],
                age_bands=["adult"] if n < 8 else ["minor"],
                access=["wheelchair"] if n == 9 else [],
                region="Bay Side, North Valley" if n == 1 else "South Fields",
            )
            for n in range(10)
        ]
    )
    return office


def ids(found: list[dict[str, Any]]) -> set[str]:
    return {each["programme_id"] for each in found}


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ({}, range(10)),
        ({"service": "Legal Services"}, range(5)),
        ({"service": "legal services"}, range(5)),
        ({"language": "es"}, (1, 3, 5, 7, 9)),
        ({"language": "ES-mx"}, (1, 3, 5, 7, 9)),
        ({"language": "e"}, ()),
        ({"region": "north  VALLEY"}, (1,)),
        ({"region": "Valley"}, ()),
        ({"age_band": "minor"}, (8, 9)),
        ({"access": "wheelchair"}, (9,)),
        ({"capacity": "unknown"}, range(10)),
        ({"capacity": "no-capacity"}, ()),
        ({"service": "Housing Services", "language": "es", "age_band": "adult"}, (5, 7)),
    ],
)
def test_every_condition_narrows(many: Office, query: dict[str, str], numbers: Any) -> None:
    assert ids(many.search(**query)) == {f"harbor-{n}" for n in numbers}


def test_pages_follow_each_other_without_gap_or_double(many: Office) -> None:
    seen: list[str] = []
    cursor = None
    while True:
        query = {"limit": 3} | ({"cursor": cursor} if cursor else {})
        page = many.client.get("/v1/services", params=query).json()
        seen += [each["programme_id"] for each in page["services"]]
        if (cursor := page["next_cursor"]) is None:
            break
        assert len(page["services"]) == 3
    assert len(seen) == len(set(seen)) == 10
    assert seen == [each["programme_id"] for each in many.search()]


@pytest.mark.parametrize("cursor", ["x", "bm90IGpzb24=", "WzEsMl0=", "W10=", "WyJhIl0=", "bnVsbA==", "\x00"])
def test_a_cursor_of_nobody_is_refused(office: Office, cursor: str) -> None:
    answer = office.client.get("/v1/services", params={"cursor": cursor})
    assert answer.status_code == 422
    assert answer.json()["type"].endswith("/bad-cursor")


@pytest.mark.parametrize(
    ("query", "nearest"),
    [
        ({"service": "Legl Service"}, "Legal Services"),
        ({"age_band": "adlts"}, "adult"),
        ({"access": "wheel-chair"}, "wheelchair"),
        ({"capacity": "no_capacity"}, "no-capacity"),
    ],
)
def test_an_unknown_code_is_answered_with_the_nearest(
    office: Office, query: dict[str, str], nearest: str
) -> None:
    answer = office.client.get("/v1/services", params=query)
    assert answer.status_code == 422
    assert answer.json()["nearest"][0] == nearest


@pytest.mark.parametrize(
    "query",
    [{"limit": 0}, {"limit": 201}, {"limit": "x"}, {"servce": "x"}, {"region": ""}, {"region": "a" * 101}],
)
def test_a_question_that_is_none_is_refused(office: Office, query: dict[str, Any]) -> None:
    answer = office.client.get("/v1/services", params=query)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


def test_programmes_of_enforcement_are_not_searched(office: Office) -> None:
    told = draft(programme_id="city-police", name="City police", role="enforcement")
    assert office.enrol("city", kind="local_agency", programmes=[told]).json() == {"listed": 2}
    assert office.search() == []
    assert "City police" not in office.client.get("/v1/hsds").text


def test_enrolment_answers_what_to_mend(office: Office) -> None:
    answer = office.enrol(programmes=[draft(role="enforcement"), draft(programme_id="harbor-shelter")])
    assert answer.status_code == 409
    assert answer.json()["type"].endswith("/mixed-roles")
    assert office.topic.messages == []
    wrong = office.enrol(programmes=[draft(services=["Shelter"])])
    assert wrong.status_code == 422
    assert wrong.json()["faults"][0]["field"] == "services"
    assert "Housing Services" in wrong.json()["faults"][0]["mend"]


def test_another_participants_programme_is_refused(office: Office) -> None:
    office.enrol()
    answer = office.enrol("meadow-collective")
    assert answer.status_code == 409
    assert {fault["code"] for fault in answer.json()["faults"]} == {"another-participant"}


def test_enrolling_twice_changes_nothing(office: Office) -> None:
    assert office.enrol().json() == {"listed": 2}
    assert office.enrol().json() == {"listed": 0}
    assert len(office.topic.messages) == 2


@pytest.mark.parametrize(
    "changed",
    [
        {"signing_key": "x" * 44},
        {"signing_key": b64(bytes(31)) + "===="},
        {"sealing_key": None},
        {"password": "x"},
        {"services": "Legal Services"},
        {"name": ""},
    ],
)
def test_a_draft_that_is_none_is_refused(office: Office, changed: dict[str, Any]) -> None:
    answer = office.enrol(programmes=[draft(**changed)])
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert "x" * 44 not in answer.text


@pytest.mark.parametrize(
    "kind", ["text/plain", "", "multipart/form-data", "application/x-www-form-urlencoded"]
)
def test_another_media_type_is_not_imported(office: Office, kind: str) -> None:
    answer = office.client.post("/v1/imports", content=b"{}", headers={"content-type": kind})
    assert answer.status_code == 415


@pytest.mark.parametrize("term", ["no colon", "a:b", "=x"])
def test_a_term_that_is_none_is_refused(office: Office, term: str) -> None:
    answer = office.send("a.json", as_bytes(service()), term=term)
    assert answer.json()["type"].endswith("/bad-term")


def test_a_term_that_maps_to_no_code_is_refused_with_the_nearest(office: Office) -> None:
    answer = office.send("a.json", as_bytes(service()), term=["a:b=Housing Services", "a:c=Housng"])
    assert answer.status_code == 422
    assert [(t["term"], t["nearest"][0]) for t in answer.json()["terms"]] == [(1, "Housing Services")]


def test_a_report_can_be_read_again(office: Office) -> None:
    report = office.send("a.zip", sample_archive()).json()
    assert office.client.get(f"/v1/imports/{report['import_id']}").json() == report
    assert office.client.get("/v1/imports/none").status_code == 404


def test_an_upload_has_a_cap(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = office.send("a.json", b" " * (16 * 1024 * 1024 + 1))
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"host": ""},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_a_web_page_reads_nothing(office: Office, headers: dict[str, str]) -> None:
    assert office.client.get("/v1/services", headers=headers).status_code in {403, 421}


def test_a_web_page_changes_nothing(office: Office) -> None:
    headers = {"origin": "http://evil.example", "content-type": "application/json"}
    assert office.client.post("/v1/imports", content=b"[]", headers=headers).status_code == 403
    assert office.client.post("/v1/participants", content=b"{}", headers=headers).status_code == 403


def test_before_the_topic_is_read_nothing_is_said(office: Office) -> None:
    office.read = False
    assert office.client.get("/health/live").status_code == 200
    assert office.client.get("/health/ready").json() == {"status": "unavailable", "directory_read": False}
    for answer in (
        office.client.get("/v1/services"),
        office.client.get("/v1/hsds"),
        office.enrol(),
        office.send("a.json", as_bytes(service())),
    ):
        assert answer.status_code == 503
        assert answer.headers["content-type"] == "application/problem+json"


def test_a_failure_shows_no_data(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("secret of somebody")

    monkeypatch.setattr(office.book, "take", fails)
    office.enrol()
    terms = [attribute(1, "Legal Services", "NIEM")]
    answer = office.send("a.json", as_bytes(service(attributes=terms)))
    assert answer.status_code == 500
    assert "secret" not in answer.text


def test_the_description_in_the_file_is_current_and_valid() -> None:
    assert document.FILE.read_text(encoding="utf-8") == document.text(), (
        "run `python -m service_directory.api.document`"
    )
    described = json.loads(document.text())
    assert described["openapi"] == "3.1.0"
    validate(described)


def test_the_description_is_served(office: Office) -> None:
    client = TestClient(office.app, base_url=f"http://{HOST}")
    assert client.get("/openapi.json").json() == document.committed()
