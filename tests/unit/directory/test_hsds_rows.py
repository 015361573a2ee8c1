"""Every row is judged on its own, and nothing is applied where one is wrong."""

from typing import Any

import pytest
from directory_kit import (
    FREE,
    TERM,
    Office,
    as_bytes,
    attribute,
    codes,
    sample,
    sample_archive,
    service,
    table,
)

ORGANIZATION = {"id": "o1", "name": "Invented House", "description": "x"}
SERVICE = {"id": "s1", "organization_id": "o1", "name": "Invented shelter", "status": "active"}


def judged(office: Office, **changed: Any) -> dict[str, Any]:
    found: dict[str, Any] = office.send("a.json", as_bytes(service(**changed))).json()
    return found


def where(report: dict[str, Any], code: str) -> list[tuple[str, str]]:
    return [(f["row"], f["column"]) for f in report["findings"] if f["code"] == code]


def tables(**files: bytes) -> bytes:
    from directory_kit import packed

    return packed({"organizations": table(ORGANIZATION), "services": table(SERVICE)} | files)


@pytest.mark.parametrize("name", ["service_full.json", "organization_full.json"])
def test_the_published_records_are_taken_once_their_term_is_mapped(office: Office, name: str) -> None:
    report = office.send(name, sample(name)).json()
    assert codes(report) == {"unknown-term"}
    assert not report["applied"]
    assert office.search() == []
    assert office.send(name, sample(name), term=TERM).json()["applied"]
    assert [(s["name"], s["services"], s["languages"]) for s in office.search()] == [
        ("Community Counselling", [FREE], ["ur"])
    ]


def test_the_published_tables_are_taken_as_they_are(office: Office) -> None:
    report = office.send("hsds.zip", sample_archive()).json()
    assert (report["applied"], report["errors"], report["services"]) == (True, 0, 1)


def test_an_unknown_term_is_told_with_the_nearest_codes(office: Office) -> None:
    report = judged(office, attributes=[attribute(1, "Legal Servces", "NIEM"), attribute(2, "age:adlt")])
    told = {f["row"]: f["mend"] for f in report["findings"] if f["code"] == "unknown-term"}
    assert "(Legal Services; " in told["[0].attributes[0]"]
    assert "(age:adult; " in told["[0].attributes[1]"]


def test_other_words_for_a_category_are_known(office: Office) -> None:
    office.enrol()
    report = judged(office, attributes=[attribute(1, "temporary shelter", "Open Eligibility")])
    assert report["applied"]
    assert office.search(service="Housing Services")


def test_a_name_tells_a_category_only_where_no_term_does(office: Office) -> None:
    office.enrol()
    assert judged(office)["applied"]
    assert [s["services"] for s in office.search(region="South Fields")] == [["Legal Services"]]
    told = judged(office, name="Harbor desk")
    assert where(told, "no-category") == [("[0]", "name")]


@pytest.mark.parametrize(
    ("changed", "code", "column"),
    [
        ({"status": "open"}, "unknown-code", "status"),
        ({"status": ""}, "empty", "status"),
        ({"name": ""}, "empty", "name"),
        ({"id": ""}, "empty", "id"),
        ({"id": "a b"}, "id", "id"),
        ({"minimum_age": 30, "maximum_age": 18}, "contradiction", "maximum_age"),
        ({"minimum_age": -1}, "number", "minimum_age"),
        ({"minimum_age": "twelve"}, "number", "minimum_age"),
        ({"maximum_age": 151}, "number", "maximum_age"),
        ({"last_modified": "2026-03-02T21:06:00Z"}, "future", "last_modified"),
        ({"last_modified": "9999-12-31T23:59:59-14:00"}, "date", "last_modified"),
        ({"last_modified": "yesterday"}, "date", "last_modified"),
        ({"assured_date": "2026-03-04"}, "future", "assured_date"),
        ({"assured_date": "04/03/2026"}, "date", "assured_date"),
        ({"name": "=HYPERLINK(1)"}, "formula", "name"),
        ({"name": " @SUM(legal)"}, "formula", "name"),
        ({"name": "-legal"}, "formula", "name"),
        ({"name": "legal\u202e desk"}, "characters", "name"),
        ({"name": "legal " + "a" * 200}, "too-long", "name"),
        ({"name": "Legal desk 555-201-9000"}, "place", "name"),
        ({"alternate_name": "legal@harbor.example"}, "place", "alternate_name"),
    ],
)
def test_a_wrong_service_is_told_by_row_and_column(
    office: Office, changed: dict[str, Any], code: str, column: str
) -> None:
    office.enrol()
    report = judged(office, **changed)
    assert ("[0]", column) in where(report, code)
    assert not report["applied"]


@pytest.mark.parametrize(
    ("schedule", "column"),
    [
        ({"valid_from": "2026-05-01", "valid_to": "2026-04-01"}, "valid_to"),
        ({"dtstart": "2026-05-01", "until": "2026-04-01"}, "until"),
        ({"dtstart": "2026-05-01", "valid_to": "2026-04-01"}, "valid_to"),
    ],
)
def test_a_schedule_that_ends_before_it_begins_is_told(
    office: Office, schedule: dict[str, str], column: str
) -> None:
    office.enrol()
    report = judged(office, schedules=[{"id": "d1", **schedule}])
    assert where(report, "contradiction") == [("[0].schedules[0]", column)]
    at_a_place = judged(office, service_at_locations=[{"id": "l1", "schedules": [{"id": "d1", **schedule}]}])
    assert where(at_a_place, "contradiction") == [("[0].service_at_locations[0].schedules[0]", column)]


def test_an_older_version_never_replaces_a_newer(office: Office) -> None:
    office.enrol()
    assert judged(office)["applied"]
    older = judged(office, last_modified="2026-01-15T09:59:59Z", name="Old legal desk")
    assert codes(older) == {"older"}
    assert [s["name"] for s in office.search(region="South Fields")] == ["Harbor legal desk"]


def test_an_identifier_stands_once(office: Office) -> None:
    twice = tables(services=table(SERVICE, SERVICE | {"name": "Invented clinic"}))
    report = office.send("a.zip", twice).json()
    assert where(report, "id-twice") == [("3", "id")]
    assert not report["applied"]


def test_json_may_repeat_an_organization_that_agrees(office: Office) -> None:
    one, other = service(), service(id="99999999-9999-4999-8999-999999999999", name="Harbor job desk")
    office.enrol()
    assert office.send("a.json", as_bytes(one, other)).json()["applied"]
    other["organization"] = {**other["organization"], "name": "Another House"}
    assert "id-twice" in codes(office.send("a.json", as_bytes(one, other)).json())


@pytest.mark.parametrize(
    ("name", "row", "column"),
    [
        ("services", SERVICE | {"organization_id": "o9"}, "organization_id"),
        ("languages", {"id": "l1", "service_id": "s9", "code": "es"}, "service_id"),
        ("service_areas", {"id": "a1", "service_id": "s9", "name": "Bay Side"}, "service_id"),
        (
            "organization_identifiers",
            {"id": "i1", "organization_id": "o9", "identifier_scheme": "x", "identifier": "y"},
            "organization_id",
        ),
        (
            "attributes",
            {"id": "t1", "link_id": "s9", "link_entity": "service", "taxonomy_term_id": "n"},
            "link_id",
        ),
        (
            "attributes",
            {"id": "t1", "link_id": "s1", "link_entity": "service", "taxonomy_term_id": "n"},
            "taxonomy_term_id",
        ),
    ],
)
def test_a_row_that_names_none_is_told(office: Office, name: str, row: dict[str, str], column: str) -> None:
    report = office.send("a.zip", tables(**{name: table(row)})).json()
    assert where(report, "dangling") == [("2", column)]
    assert not report["applied"]


def test_a_language_needs_a_code(office: Office) -> None:
    rows = table(
        {"id": "l1", "service_id": "s1", "name": "Spanish", "code": ""},
        {"id": "l2", "service_id": "s1", "name": "", "code": "es_MX"},
        {"id": "l3", "service_id": "", "name": "of a phone", "code": "?"},
    )
    report = office.send("a.zip", tables(languages=rows)).json()
    assert where(report, "language") == [("2", "code"), ("3", "code")]


def test_only_valid_rows_are_taken_where_that_is_asked(office: Office) -> None:
    mixed = tables(services=table(SERVICE, SERVICE | {"id": "s2", "status": "open"}))
    assert not office.send("a.zip", mixed).json()["applied"]
    assert office.search() == []
    report = office.send("a.zip", mixed, only_valid=True).json()
    assert (report["applied"], report["services"], report["errors"]) == (True, 1, 1)
    assert [s["name"] for s in office.search()] == ["Invented shelter"]


def test_a_dry_run_takes_nothing(office: Office) -> None:
    report = office.send("a.zip", tables(), dry_run=True).json()
    assert (report["applied"], report["errors"]) == (False, 0)
    assert office.search() == []


def test_a_report_never_repeats_what_stands_there(office: Office) -> None:
    secret = "zanzibar"
    changed = {n: f"={secret}" for n in ("name", "alternate_name", "status", "id", "last_modified")}
    report = office.send(f"{secret}.json", as_bytes(service(**changed))).text.replace(f"{secret}.json", "")
    assert secret not in report


def test_a_report_is_bounded(office: Office) -> None:
    office.enrol()
    many = [attribute(n, "?", "NIEM") for n in range(1500)]
    report = judged(office, attributes=many)
    assert (report["errors"], len(report["findings"])) == (1500, 1000)
    assert report["left_out"] == report["errors"] + report["notes"] - 1000


def test_a_programme_must_be_the_organizations_own(office: Office) -> None:
    office.enrol()
    mine = [attribute(1, "programme:harbor-advocacy"), attribute(2, "Legal Services", "NIEM")]
    nobody = [attribute(1, "programme:harbor-nowhere")]
    stranger = {"id": "22222222-2222-4222-8222-222222222299", "name": "Other House", "description": "x"}
    assert codes(judged(office, attributes=nobody)) == {"unknown-programme"}
    assert codes(judged(office, attributes=mine, organization=stranger)) == {"not-your-programme"}
    assert judged(office, attributes=mine)["programmes"] == ["harbor-advocacy"]
    listed = office.topic.directory().programmes["harbor-advocacy"]
    assert (listed.services, listed.languages, listed.region) == (["Legal Services"], ["tl"], "South Fields")
    assert (listed.role, listed.funding_streams) == ("assistance", ["vawa", "voca"])


def test_an_unknown_participant_is_told(office: Office) -> None:
    report = judged(office)
    assert where(report, "unknown-participant") == [
        ("[0].organization.organization_identifiers[0]", "identifier")
    ]
