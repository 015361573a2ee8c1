"""Files that are damaged, half, too large or of another kind are told by file and row, and give no row."""

import io
import json
import zipfile

import pytest
from directory_kit import as_bytes, packed, sample, sample_archive, service, table

from service_directory.findings import Finding
from service_directory.hsds import csv_tables, uploads
from service_directory.hsds.tables import Rows

ORGANIZATION = table({"id": "o1", "name": "Invented", "description": "x"})


def read(name: str, content: bytes) -> tuple[Rows, list[Finding]]:
    return uploads.read(name, content)


def errors(findings: list[Finding]) -> list[tuple[str, str, str]]:
    return [(f.file, f.row, f.code) for f in findings if f.severity == "error"]


@pytest.mark.parametrize("name", ["organization_full", "service_full", "service_list", "location"])
def test_published_json_is_read(name: str) -> None:
    _, findings = read(f"{name}.json", sample(f"{name}.json"))
    assert errors(findings) == []


def test_published_tables_are_read() -> None:
    rows, findings = read("hsds.zip", sample_archive())
    assert errors(findings) == []
    assert [row["name"] for row in rows["services"]] == ["Community Counselling"]


def test_a_byte_order_mark_is_no_part_of_the_first_column() -> None:
    rows, findings = read("organizations.csv", b"\xef\xbb\xbf" + ORGANIZATION)
    assert errors(findings) == []
    assert [row["id"] for row in rows["organizations"]] == ["o1"]
    assert errors(read("a.json", b"\xef\xbb\xbf" + as_bytes(service()))[1]) == []


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-16-le"])
def test_another_encoding_is_named_and_gives_no_row(encoding: str) -> None:
    rows, findings = read("organizations.csv", ORGANIZATION.decode().encode(encoding))
    assert not rows
    assert errors(findings) == [("organizations.csv", "1", "encoding")]


def test_a_character_that_is_not_utf_8_is_told_by_line() -> None:
    content = b"id,name\no1,Invented\no2,A\xf1o\n"
    assert errors(read("organizations.csv", content)[1]) == [("organizations.csv", "3", "encoding")]
    assert errors(read("a.json", b'{\n"name": "A\xf1o"}')[1]) == [("a.json", "2", "encoding")]


@pytest.mark.parametrize(
    ("content", "row", "code"),
    [
        (b"", "1", "empty"),
        (b"id;name\n1;a\n", "1", "separator"),
        (b"id\tname\n1\ta\n", "1", "separator"),
        (b"id,name,id\n1,a,1\n", "1", "column-twice"),
        (b"name\nInvented\n", "1", "column-missing"),
        (b"id,name\no1\n", "2", "half-row"),
        (b"id,name\no1,a,b\n", "2", "half-row"),
        (b'id,name\no1,a\no2,"breaks off', "3", "malformed"),
        (b'id,name\no1,"a"b\n', "2", "malformed"),
        (b"id,name\no1,a\x00\n", "2", "encoding"),
        (b"id,name\no1," + b"a" * (csv_tables.LONGEST_CELL + 1) + b"\n", "2", "too-long"),
        (b"id,name\no1," + b"a" * 200_000 + b"\n", "2", "malformed"),
    ],
)
def test_a_bad_table_is_told_by_row(content: bytes, row: str, code: str) -> None:
    rows, findings = read("organizations.csv", content)
    assert errors(findings) == [("organizations.csv", row, code)]
    assert not rows


def test_a_table_that_breaks_off_gives_no_row_at_all() -> None:
    whole = table(*({"id": f"o{n}", "name": f"Invented {n}"} for n in range(100)))
    assert len(read("organizations.csv", whole)[0]["organizations"]) == 100
    rows, findings = read("organizations.csv", whole + b'o100,"breaks')
    assert not rows
    assert errors(findings) == [("organizations.csv", "102", "malformed")]


def test_only_so_many_rows_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_tables, "MOST_ROWS", 2)
    content = table(*({"id": f"o{n}", "name": "Invented"} for n in range(3)))
    assert errors(read("organizations.csv", content)[1]) == [("organizations.csv", "4", "too-many")]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "malformed"),
        (sample("service_full.json")[:5000], "malformed"),
        (b'{"id": "1", "id": "2"}', "field-twice"),
        (b'{"id": NaN}', "malformed"),
        (b"[" * 100_000, "malformed"),
        (b'{"status":"a","organization":{"services":[' * 300 + b"]}}" * 300, "malformed"),
        (b'{"id": ' + b"9" * 5000 + b"}", "malformed"),
        (b'"text"', "wrong-type"),
        (b"[1]", "wrong-type"),
        (b'{"contents": {}}', "wrong-type"),
        (json.dumps(service(name={"en": "x"})).encode(), "wrong-type"),
        (json.dumps(service(languages={})).encode(), "wrong-type"),
        (json.dumps(service(languages=["es"])).encode(), "wrong-type"),
        (json.dumps(service(organization="Harbor")).encode(), "wrong-type"),
        (json.dumps(service(attributes=[{"taxonomy_term": 1}])).encode(), "wrong-type"),
        (json.dumps(service(name="a" * 30_000)).encode(), "too-long"),
    ],
)
def test_bad_json_is_told(content: bytes, code: str) -> None:
    _, findings = read("a.json", content)
    assert code in {found for _, _, found in errors(findings)}


def test_json_that_breaks_off_says_where() -> None:
    _, findings = read("a.json", b'{"id": "1",\n  "name": "Inv')
    assert errors(findings) == [("a.json", "line 2, character 11", "malformed")]


def deflated(size: int) -> bytes:
    return packed({"organizations": b"id,name\n" + b"a" * size})


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"not an archive", "malformed"),
        (sample_archive()[:700], "malformed"),
        (packed({}), "empty"),
        (packed({"notes.txt": b"x"}), "empty"),
        (packed({f"t{n}.csv": b"" for n in range(uploads.MOST_FILES + 1)}), "too-many"),
        (packed({"a/services.csv": b"id", "b/services.csv": b"id"}), "file-twice"),
    ],
)
def test_a_bad_archive_is_told(content: bytes, code: str) -> None:
    rows, findings = read("a.zip", content)
    assert not rows
    assert {found for _, _, found in errors(findings)} == {code}


def test_an_archive_unpacks_to_so_much_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MOST_UNPACKED", 1000)
    assert errors(read("a.zip", deflated(2000))[1]) == [("(archive)", "", "too-large")]


def test_an_archive_that_lies_about_its_sizes_is_refused() -> None:
    whole = bytearray(deflated(5_000_000))
    where = whole.rindex(b"PK\x01\x02") + 24
    whole[where : where + 4] = (10).to_bytes(4, "little")
    rows, findings = read("a.zip", bytes(whole))
    assert not rows
    assert errors(findings)


def test_what_is_too_large_is_not_looked_into(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MOST_BYTES", 10)
    assert errors(read("a.json", as_bytes(service()))[1]) == [("a.json", "", "too-large")]


def test_a_locked_archive_is_told() -> None:
    whole = bytearray(packed({"organizations": ORGANIZATION}))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        whole[whole.index(mark) + offset] |= 1
    assert errors(read("a.zip", bytes(whole))[1]) == [("(archive)", "", "malformed")]


def test_unknown_tables_are_noted_and_left() -> None:
    rows, findings = read("a.zip", packed({"organizations": ORGANIZATION, "strange": b"x"}))
    assert rows["organizations"]
    assert [(f.file, f.code) for f in findings if f.code == "unknown-file"] == [
        ("strange.csv", "unknown-file")
    ]


@pytest.mark.parametrize("name", ["a.xlsx", "a", "services.csv.exe"])
def test_another_kind_of_file_is_refused(name: str) -> None:
    assert errors(read(name, b"x")[1])[0][2] == "unknown-kind"


def test_a_file_name_is_shown_without_folders_and_strange_characters() -> None:
    assert uploads.shown("../../etc/\x1b[31m ser vices.csv") == "__31m_ser_vices.csv"
    assert len(uploads.shown("a" * 500)) == 80


def test_an_archive_made_by_zip64_and_stored_reads_the_same() -> None:
    whole = io.BytesIO()
    with (
        zipfile.ZipFile(whole, "w", zipfile.ZIP_STORED) as archive,
        archive.open("organizations.csv", "w", force_zip64=True) as opened,
    ):
        opened.write(ORGANIZATION)
    assert read("a.zip", whole.getvalue())[0]["organizations"]


def test_an_archive_packed_in_another_way_is_told() -> None:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("organizations.csv", ORGANIZATION)
    assert errors(read("a.zip", whole.getvalue())[1]) == [("(archive)", "", "malformed")]
