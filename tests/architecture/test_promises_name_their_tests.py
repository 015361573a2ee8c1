"""Every promise names tests that would fail if it broke; threats do too; and what they name is there."""

from pathlib import Path

import pytest
from named_tests import TOP, faults_of, named_in, rows_of

PROMISES = TOP / "services" / "decisions" / "0000-promises.md"
THREATS = TOP / "services" / "THREATS.md"
DOCUMENTS = [PROMISES, THREATS, TOP / "SECURITY.md", *sorted((TOP / "deploy" / "runbooks").glob("*.md"))]

ASKED = (
    "trafficker as an insider",
    "trafficker as a client",
    "curious operator",
    "subpoena",
    "seized laptop",
    "compromised agency",
    "broker administrator",
    "hosted bridge",
    "timing",
)


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_what_a_document_names_is_there_and_runs(document: Path) -> None:
    assert faults_of(text_of(document)) == []


@pytest.mark.parametrize("promise", [f"P{number}" for number in range(1, 10)])
def test_every_promise_names_tests(promise: str) -> None:
    rows = rows_of(text_of(PROMISES), r"P\d+")
    assert promise in rows
    _, tests, _ = rows[promise]
    assert [test for test in named_in(tests) if test.name], f"{promise} names no test by its name"


def test_every_threat_names_who_sees_what_what_stops_it_and_the_test() -> None:
    sections = sections_of(text_of(THREATS))
    for asked in ASKED:
        assert any(asked in title.lower() for title in sections), f"no threat is called: {asked}"
    for title, body in sections.items():
        lines = body.splitlines()
        for part in ("**Sees**", "**Stopped by**", "**Shown by**", "**Remains**"):
            assert any(line.startswith(part) for line in lines), f"{title}: {part} is missing"
        assert list(named_in(body)), f"{title} names no test"


def sections_of(document: str) -> dict[str, str]:
    """Numbered threats by their titles."""
    parts = document.split("\n## ")[1:]
    numbered = (part.partition("\n") for part in parts if part[0].isdigit())
    return {title: body for title, _, body in numbered}


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ("`unit/test_nothing_of_the_kind.py`", "no such test file"),
        ("`architecture/test_sizes.py::test_nothing_of_the_kind`", "no such test"),
        ("`architecture/test_sizes.py`, `::test_nothing_of_the_kind`", "no such test"),
        ("`consent_ledger/no_such_file.py`", "no such file"),
    ],
)
def test_a_name_that_is_not_there_is_found(said: str, fault: str) -> None:
    assert [fault in found for found in faults_of(said)] == [True]


def test_a_test_that_is_put_aside_counts_as_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_aside = 'import pytest\n@pytest.mark.skip("later")\ndef test_one() -> None: ...\n'
    (tmp_path / "test_aside.py").write_text(put_aside)
    monkeypatch.setattr("named_tests.TESTS", tmp_path)
    assert faults_of("`test_aside.py::test_one`") == ["test_aside.py::test_one: is not run"]
