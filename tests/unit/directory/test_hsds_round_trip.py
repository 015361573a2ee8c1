"""What the directory writes as HSDS it reads again, to the same listings."""

import csv
import io
import json
import zipfile
from pathlib import Path

import pytest
from directory_kit import Office, as_bytes, attribute, draft, file_url, sample_archive, service

from service_directory.hsds import packing, writing


def filled(office: Office) -> None:
    hidden = draft(programme_id="harbor-shelter", name="Night door", confidential=True)
    office.enrol(programmes=[draft(), hidden])
    terms = [
        attribute(1, "age:minor"),
        attribute(2, "access:wheelchair"),
        attribute(3, "Legal Services", "NIEM"),
    ]
    assert office.send("a.json", as_bytes(service(attributes=terms))).json()["applied"]
    assert office.send("a.zip", sample_archive()).json()["applied"]


@pytest.mark.parametrize(("kind", "name"), [("csv", "again.zip"), ("json", "again.json")])
def test_what_is_written_reads_back_to_the_same(tmp_path: Path, kind: str, name: str) -> None:
    first, second = Office(file_url(tmp_path / "1")), Office(file_url(tmp_path / "2"))
    filled(first)
    written = first.client.get("/v1/hsds", params={"format": kind, "per_page": 1000}).content
    second.enrol(programmes=[draft(services=[], languages=[], age_bands=[], access=[], region="x")])
    report = second.send(name, written).json()
    assert report["errors"] == 0, report["findings"]
    assert {s["name"]: s for s in second.search() if not s["confidential"]} == {
        s["name"]: s for s in first.search() if not s["confidential"]
    }
    assert [(s["name"], s["region"]) for s in second.search() if s["confidential"]] == [
        ("Night door", "Bay Side")
    ]


def test_reading_ones_own_writing_changes_nothing(office: Office) -> None:
    filled(office)
    before, said = office.search(), len(office.topic.messages)
    for kind, name in (("csv", "again.zip"), ("json", "again.json")):
        written = office.client.get("/v1/hsds", params={"format": kind}).content
        report = office.send(name, written).json()
        assert (report["applied"], report["programmes"]) == (True, [])
        assert {f["code"] for f in report["findings"]} >= {"own"}
    assert office.search() == before
    assert len(office.topic.messages) == said


def test_the_same_listings_write_the_same_bytes(office: Office) -> None:
    filled(office)
    assert len({office.client.get("/v1/hsds", params={"format": "csv"}).content for _ in range(2)}) == 1


def test_json_is_paged_as_hsds_pages_it(office: Office) -> None:
    filled(office)
    pages = [office.client.get("/v1/hsds", params={"page": n, "per_page": 3}).json() for n in (1, 2, 3)]
    assert [len(page["contents"]) for page in pages] == [3, 1, 0]
    assert [(p["first_page"], p["last_page"], p["empty"]) for p in pages] == [
        (True, False, False),
        (False, True, False),
        (False, True, True),
    ]
    assert {(page["total_items"], page["total_pages"]) for page in pages} == {(4, 2)}
    assert json.dumps(pages).count("Night door") == 2


def test_a_cell_that_a_spreadsheet_would_run_is_written_as_text() -> None:
    out: writing.Out = {name: [] for name in writing.COLUMNS}
    out["services"] = [{"id": "1", "name": "=1+1"}, {"id": "2", "name": "\t=1"}]
    with zipfile.ZipFile(io.BytesIO(packing.archive(out))) as archive:
        rows = list(csv.DictReader(io.StringIO(archive.read("services.csv").decode())))
    assert [row["name"] for row in rows] == ["'=1+1", "'\t=1"]
