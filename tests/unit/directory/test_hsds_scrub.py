"""No place and no contact is ever kept: not in the database, not on the topic, not in what is published."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from directory_kit import (
    SAMPLES,
    TERM,
    Office,
    as_bytes,
    attribute,
    draft,
    file_url,
    sample,
    sample_archive,
    service,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from service_directory.hsds.scrub import place_in
from service_directory.hsds.tables import DROPPED, TABLES
from service_directory.hsds.writing import COLUMNS

KEPT_TEXT = {"name", "alternate_name", "code", "taxonomy", "identifier", "identifier_scheme", "status"}


def secrets_of(node: Any, field: str = "") -> set[str]:
    """Every text of a published record that stands in a field that is never kept."""
    if isinstance(node, dict):
        return {found for name, value in node.items() for found in secrets_of(value, name)}
    if isinstance(node, list):
        return {found for value in node for found in secrets_of(value, field)}
    kept = field in KEPT_TEXT or field == "id" or field.endswith(("_id", "_modified"))
    # A placeholder such as "version" is a word of the format itself.
    told = isinstance(node, str) and len(node) > 4 and re.search(r"[\s@/+\d]", node)
    return {node} if told and not kept else set()


def everything(office: Office, folder: Path) -> str:
    """All that the directory holds and says, as text."""
    office.database.close()
    held = b"".join(path.read_bytes() for path in sorted(folder.glob("directory.db*")))
    said = b"".join((m.value or b"") + m.key.encode() for m in office.topic.messages)
    shown = office.client.get("/v1/hsds").text + office.client.get("/v1/services").text
    packed = office.client.get("/v1/hsds", params={"format": "csv"}).content
    return (held + said + packed).decode(errors="replace") + shown


def test_nothing_of_the_published_records_but_names_and_codes_is_kept(tmp_path: Path) -> None:
    office = Office(file_url(tmp_path))
    secrets: set[str] = {"+44 1234", "Ann Persona", "Main Street", "ABC 1234", "email@example.com", "MyState"}
    for name in ("service_full", "organization_full", "service_list", "location"):
        secrets |= secrets_of(json.loads(sample(f"{name}.json")))
        office.send(f"{name}.json", sample(f"{name}.json"), term=TERM)
    assert office.send("hsds.zip", sample_archive()).json()["applied"]
    assert len(secrets) > 40
    held = everything(office, tmp_path)
    assert "Community Counselling" in held
    assert [secret for secret in sorted(secrets) if secret in held] == []


def planted(node: Any, mark: str) -> Any:
    """The record with `mark` in every text that is not kept."""
    if isinstance(node, dict):
        return {
            name: value if name in KEPT_TEXT or name == "id" else planted(value, mark)
            for name, value in node.items()
            if name not in {"last_modified", "assured_date", "valid_from", "valid_to", "dtstart", "until"}
        }
    if isinstance(node, list):
        return [planted(value, mark) for value in node]
    return f"{mark} {node}" if isinstance(node, str) else node


@settings(max_examples=15, deadline=None)
@given(
    mark=st.text("abcdefghijklmnopqrstuvwxyz", min_size=8, max_size=20).map("qxz{}".format),
    confidential=st.booleans(),
    extra=st.dictionaries(
        st.sampled_from(sorted(DROPPED | {"description", "url", "email", "x_new_field"})),
        st.just("planted"),
        max_size=4,
    ),
)
def test_whatever_stands_in_another_field_is_never_kept(
    tmp_path_factory: pytest.TempPathFactory, mark: str, confidential: bool, extra: dict[str, str]
) -> None:
    folder = tmp_path_factory.mktemp("directory")
    office = Office(file_url(folder))
    record = planted(json.loads(sample("service_full.json")), mark)
    record |= {name: mark for name in extra}
    terms = [attribute(1, "confidential")] if confidential else []
    record |= {"attributes": terms, "organization": {**record["organization"], "id": "o1"}}
    report = office.send("a.json", json.dumps(record).encode()).json()
    assert report["applied"], report["findings"]
    assert mark not in everything(office, folder)


@pytest.mark.parametrize(
    "text",
    [
        "Call 555-201-9000",
        "Call (555) 201 9000",
        "+44 1234 234567",
        "٥٥٥-٢٠١-٩٠٠٠",
        "5​5​5201​9000",
        "５５５２０１９０００",
        "12 Elm Street",
        "House at 1-30 Main St",
        "1600b Old Mill Road",
        "Suite 200",
        "P.O. Box 7",
        "Calle Olmo 12",
        "help@harbor.example",
        "see https://harbor.example",
        "WWW.HARBOR.EXAMPLE",
        "harbor-house.org",
        "37.7749, -122.4194",
        "37.77° N 122.41° W",
        "Near 94107",
    ],
)
def test_a_place_or_a_contact_in_a_name_is_found(text: str) -> None:
    assert place_in(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "Harbor night shelter",
        "Bay Side",
        "Program 211",
        "24/7 crisis line",
        "Title IX desk",
        "Clinic 12",
        "St. Invented's kitchen",
        "Street outreach",
        "3 Rivers legal aid",
        "Housing first, phase 2",
        "Área metropolitana",
        "El Camino counselling",
    ],
)
def test_an_ordinary_name_is_no_place(text: str) -> None:
    assert place_in(text) is None


@given(
    st.lists(st.sampled_from("0123456789"), min_size=7, max_size=12),
    st.sampled_from(["", "-", " ", ".", " - "]),
)
def test_seven_digits_are_a_number_however_they_are_grouped(digits: list[str], between: str) -> None:
    assert place_in(f"Desk {between.join(digits)} legal")


def test_no_column_that_is_read_or_written_can_hold_a_place() -> None:
    never = re.compile(r"address|phone|email|url|latitude|longitude|postal|city|contact|website|uri")
    read = {column for table in TABLES.values() for column in table.kept}
    written = {column for columns in COLUMNS.values() for column in columns}
    assert {column for column in read | written if never.search(column)} == set()
    assert not read & {"description", "notes", "note", "transportation", "application_process"}
    assert not TABLES.keys() & DROPPED


def confidential(office: Office, **changed: Any) -> dict[str, Any]:
    terms = [attribute(1, "confidential"), attribute(2, "Housing Services", "NIEM")]
    told = {"name": "Marina House", "alternate_name": "Quiet door", "attributes": terms}
    found: dict[str, Any] = office.send("a.json", as_bytes(service(**told | changed))).json()
    return found


def test_a_confidential_service_is_its_alias_and_region(tmp_path: Path) -> None:
    office = Office(file_url(tmp_path))
    other = {"id": "o1", "name": "Marina Society", "description": "x"}
    assert confidential(office, organization=other)["applied"]
    found = office.search(service="Housing Services", language="tl")
    assert [(f["name"], f["region"]) for f in found] == [("Quiet door", "South Fields")]
    assert {v for n, v in found[0].items() if n not in {"name", "region", "confidential", "capacity"}} == {
        None
    }
    exported = office.client.get("/v1/hsds").json()["contents"][0]
    assert exported["organization"]["name"] == "Confidential programme"
    assert exported["service_areas"][0]["name"] == "South Fields"
    assert exported["languages"] == []
    assert "Marina" not in office.client.get("/v1/hsds").text
    assert b"Marina House" not in b"".join(p.read_bytes() for p in tmp_path.glob("directory.db*"))


def test_a_confidential_programme_is_found_by_what_it_offers_and_shown_without_it(office: Office) -> None:
    office.enrol(programmes=[draft(name="Night door", confidential=True, services=["Housing Services"])])
    (found,) = office.search(service="Housing Services", language="es", access="interpreter")
    told = {name: value for name, value in found.items() if value is not None}
    assert told == {
        "programme_id": "harbor-advocacy",
        "name": "Night door",
        "confidential": True,
        "region": "Bay Side",
        "capacity": "unknown",
    }


@pytest.mark.parametrize("alias", ["", "Harbor House refuge", "Door at 12 Elm Street"])
def test_a_confidential_service_needs_an_alias_that_tells_nothing(office: Office, alias: str) -> None:
    office.enrol()
    report = confidential(office, alternate_name=alias)
    assert not report["applied"]
    assert {f["column"] for f in report["findings"] if f["severity"] == "error"} == {"alternate_name"}


def test_an_import_makes_a_programme_confidential_and_never_less_so(office: Office) -> None:
    office.enrol(
        programmes=[draft(), draft(programme_id="harbor-shelter", name="Night door", confidential=True)]
    )
    hidden = [attribute(1, "programme:harbor-advocacy"), attribute(2, "confidential")]
    assert confidential(office, attributes=hidden)["programmes"] == ["harbor-advocacy"]
    listed = office.topic.directory().programmes["harbor-advocacy"]
    assert (listed.confidential, listed.name) == (True, "Quiet door")
    shelter = [attribute(1, "programme:harbor-shelter"), attribute(2, "Housing Services", "NIEM")]
    assert office.send("a.json", as_bytes(service(id="s2", name="Marina House", attributes=shelter))).json()[
        "applied"
    ]
    listed = office.topic.directory().programmes["harbor-shelter"]
    assert (listed.confidential, listed.name) == (True, "Night door")
    assert "Marina" not in office.client.get("/v1/hsds").text + office.client.get("/v1/services").text


def test_the_samples_say_whose_they_are() -> None:
    assert "CC BY 4.0" in (SAMPLES / "README.md").read_text(encoding="utf-8")
