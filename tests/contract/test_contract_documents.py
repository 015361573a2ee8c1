"""The pages made from `schemas/` are current; what they say of rights and versions is what the files say."""

import shutil
from pathlib import Path

import pytest

from referral_exchange.contract_docs import contract, documents, rights
from referral_exchange.contract_docs.__main__ import main
from referral_exchange.contract_docs.changelog import changelog_page, differences
from referral_exchange.contract_docs.rights import Right
from referral_exchange.contract_files import SCHEMAS
from referral_exchange.topics import committed_topics

TOPICS = committed_topics()
MORE_WRITERS = {"operations": ["referral_router", "status_board"], "quarantine": ["operator"]}
"""The router hands an errand on to owners of its other partitions; the console asks; an operator drops."""


@pytest.fixture(scope="module")
def whole() -> contract.Contract:
    return contract.load()


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The contract's folder, to be spoilt."""
    return Path(shutil.copytree(SCHEMAS, tmp_path / "schemas"))


def test_every_document_is_current(whole: contract.Contract, capsys: pytest.CaptureFixture[str]) -> None:
    assert documents.stale(whole) == []
    assert main(["--check"]) == 0
    assert "current" in capsys.readouterr().out


@pytest.mark.parametrize(
    "name", ["TOPICS.md", "ACLS.md", "CHANGELOG.md", "asyncapi.json", "vectors/partitions.json"]
)
def test_a_changed_document_is_found(copied: Path, name: str) -> None:
    (copied / name).write_text("something else", encoding="utf-8")
    assert documents.stale(contract.load(copied)) == [name]


def test_a_changed_picture_on_the_page_is_found_and_mended(copied: Path) -> None:
    page = copied / documents.WIRE_PAGE
    right = page.read_text(encoding="utf-8")
    page.write_text(right.replace("00 00 00 07", "00 00 00 08", 1), encoding="utf-8")
    loaded = contract.load(copied)
    assert documents.stale(loaded) == [documents.WIRE_PAGE]
    documents.write(loaded)
    assert page.read_text(encoding="utf-8") == right


def test_a_vector_that_is_no_more_is_found_and_goes(copied: Path) -> None:
    left = copied / "vectors" / "Nothing.v1.json"
    left.write_text("{}", encoding="utf-8")
    loaded = contract.load(copied)
    assert documents.stale(loaded) == ["vectors/Nothing.v1.json"]
    documents.write(loaded)
    assert not left.exists()


def test_a_topic_that_changes_makes_pages_stale(copied: Path) -> None:
    told = copied / "referral" / "topic.toml"
    told.write_text(told.read_text(encoding="utf-8").replace("14 days", "13 days"), encoding="utf-8")
    assert set(documents.stale(contract.load(copied))) == {"TOPICS.md", "asyncapi.json"}


def test_a_participant_has_exactly_four_rights() -> None:
    found = {(r.operation, r.resource, r.name, r.prefixed) for r in rights.of_participant("sample", TOPICS)}
    assert found == {
        ("Write", "topic", "outbox.sample", False),
        ("Read", "topic", "inbox.sample", False),
        ("Read", "topic", "directory", False),
        ("Read", "group", "sample.", True),
    }


def test_no_participant_may_touch_anothers_mailbox() -> None:
    both = rights.of_network(["sample", "sample-two"], TOPICS)
    theirs = [right for right in both if right.principal == "sample"]
    foreign = ("outbox.sample-two", "inbox.sample-two", "sample-two.edge")
    assert not [right for right in theirs for name in foreign if allows(right, name)]


def allows(right: Right, name: str) -> bool:
    return name.startswith(right.name) if right.prefixed else name == right.name


def test_every_topic_can_be_written_by_its_writer_and_read_by_its_readers() -> None:
    granted = rights.of_network(["sample"], TOPICS)
    for topic in TOPICS.values():
        name = topic.for_participant("sample")
        for operation, people in (("Write", (topic.written_by,)), ("Read", topic.read_by)):
            for who in ("sample" if who == "<participant>" else who for who in people if who != "*"):
                own = [r for r in granted if r.principal == who and r.operation == operation]
                assert any(allows(right, name) for right in own), (who, operation, name)


def test_only_the_writer_of_a_topic_may_write_it() -> None:
    granted = rights.of_network(["sample"], TOPICS)
    for topic in TOPICS.values():
        name = topic.for_participant("sample")
        writer = "sample" if topic.written_by == "<participant>" else topic.written_by
        writers = {r.principal for r in granted if r.operation == "Write" and allows(r, name)}
        assert writers == {writer, *MORE_WRITERS.get(name, ())}, name


def test_the_operator_writes_nothing_but_what_it_asks_for() -> None:
    granted = rights.of_service(rights.OPERATOR, TOPICS)
    assert {right.name for right in granted if right.operation == "Write"} == {"operations", "quarantine"}


def test_the_console_reads_no_mailbox_and_writes_nothing_but_an_asking() -> None:
    granted = rights.of_service(rights.BOARD, TOPICS)
    changelog = TOPICS["status-board-changelog"].name
    assert {right.name for right in granted if right.operation == "Write"} == {"operations", changelog}
    for kind in ("inbox", "outbox", "consents"):
        name = TOPICS[kind].for_participant("sample")
        held = {r.operation for r in granted if r.resource == "topic" and allows(r, name)}
        assert held == {"Describe"}, kind


@pytest.mark.parametrize(
    ("principal", "group"),
    [
        ("sample", "sample.edge"),
        ("sample", "sample.edge-directory"),
        ("service_directory", "service_directory.edge"),
        ("service_directory", "service_directory.directory"),
        ("consent_ledger", "consent_ledger.directory"),
        ("referral_router", "referral_router"),
        ("referral_router", "referral_router.janitor"),
        ("referral_router", "referral_router.directory"),
        ("status_board", "status_board"),
        ("status_board", "status_board.console"),
        ("operator", "operator"),
    ],
)
def test_every_group_that_is_used_is_its_principals_and_nobody_elses(principal: str, group: str) -> None:
    granted = rights.of_network(["sample", "sample-two", "operators"], TOPICS)
    holders = {
        r.principal for r in granted if r.resource == "group" and r.operation == "Read" and allows(r, group)
    }
    assert holders == {principal}


def test_a_right_is_a_command() -> None:
    right = Right("sample", "Read", "group", "sample.", True, "its groups")
    assert right.command == (
        "--add --allow-principal User:sample --operation Read --group 'sample.' "
        "--resource-pattern-type prefixed"
    )


def a_record(*fields: dict[str, object]) -> dict[str, object]:
    return {"type": "record", "name": "Sample", "fields": [*fields]}


def an_enum(*symbols: str) -> dict[str, object]:
    return {"name": "state", "doc": "d", "type": {"type": "enum", "name": "S", "symbols": [*symbols]}}


def test_added_fields_symbols_and_nested_ones_are_told() -> None:
    old = a_record(
        {"name": "kept", "type": "string", "doc": "d"},
        {"name": "gone", "type": "string", "doc": "d", "default": ""},
        an_enum("unspecified", "a"),
        {"name": "list", "doc": "d", "type": {"type": "array", "items": a_record()}},
    )
    inner = a_record({"name": "deep", "type": "string", "doc": "Deep.", "default": ""})
    new = a_record(
        {"name": "kept", "type": "string", "doc": "d"},
        {"name": "new", "type": ["null", "string"], "doc": "New.", "default": None},
        an_enum("unspecified", "b"),
        {"name": "list", "doc": "d", "type": {"type": "array", "items": inner}},
    )
    assert set(differences(old, new)) == {
        'added `list.deep` (default `""`): Deep.',
        "added `new` (default `null`): New.",
        "removed `gone`",
        "`state` is no longer `a`",
        "`state` may also be `b`; an older reader sees `unspecified`",
    }


def test_every_version_stands_in_the_changelog(whole: contract.Contract) -> None:
    page = changelog_page(whole)
    assert [key for key in whole.catalog if key not in page] == []
