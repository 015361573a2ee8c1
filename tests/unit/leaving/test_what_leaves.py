"""Every table and column of a bridge is in the export or left out by name; a bundle is whole or not there."""

import json
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import LargeBinary

from exchange_command.leaving import own_bridge
from exchange_command.leaving.bundle import FORMAT, Writing
from exchange_command.leaving.departure import Departure
from exchange_command.leaving.own_bridge import BRIDGE, EDGE, UNUSED, BridgeUnreadable
from exchange_command.problem import Problem
from ngo_bridge import tables as bridge_tables
from ngo_bridge.database import Database
from participant_edge import tables as edge_tables
from participant_edge.store import Store
from referral_exchange.settings import Settings

EXPORTED = {
    "referrals": "referral_id changed direction programme_from programme_to consent_id return_consent_id "
    "state sub_state urgency answer_by standing purge overdue updated_at traceparent kind",
    "steps": "place referral_id event_id kind what programme at pending",
    "refusals": "event_id code at",
    "consents": "consent_id return_consent_id referral_id discloser recipient ends_at standing ground",
    "endings": "consent_id referral_id event_id ending programme ended_at",
    "withdrawals": "consent_id referral_id asked_at in_force_at attempts next_try_at",
    "inbox": "place participant event_id ce_type what referral_id consent_id programme_from programme_to "
    "occurred_at received_at topic partition offset first state parts key_id traceparent attempts "
    "next_try_at delivered_at delivered code",
    "changes": "number referral_id event_id kind what direction at",
    "commands": "command_id kind event_id state referral_id consent_id programme_from programme_to code "
    "created_at attempts next_try_at",
    "pins": "programme key_id state signing_key sealing_key seen_at",
    "audit": "number at kind actor about what",
    "caseworker": "caseworker_id name role added_at revoked_at last_signed_in_on",
    "token": "token_id name scopes issued_at ends_at revoked_at last_used_on",
}
"""Decided column by column: a new one is in neither list, and somebody has to decide about it."""


def exported(part: own_bridge.Part) -> set[str]:
    return {column.name for column in part.table.columns} - set(part.without)


@pytest.mark.parametrize("part", [*EDGE, *BRIDGE], ids=lambda part: part.name)
def test_what_leaves_of_a_table_was_decided_column_by_column(part: own_bridge.Part) -> None:
    assert exported(part) == set(EXPORTED[part.table.name].split())
    assert set(part.without) <= {column.name for column in part.table.columns}


def test_every_table_is_in_it_or_left_out_by_name() -> None:
    there = {*edge_tables.metadata.tables, *bridge_tables.metadata.tables}
    assert there == {part.table.name for part in (*EDGE, *BRIDGE)} | UNUSED


def test_of_what_is_bytes_only_public_keys_leave() -> None:
    parts = [part for part in (*EDGE, *BRIDGE) if part.name != "keys_of_others"]
    kept = {
        column.name
        for part in parts
        for column in part.table.columns
        if isinstance(column.type, LargeBinary) and column.name in exported(part)
    }
    assert kept == set()


def settings_of(folder: Path) -> Settings:
    service: dict[str, Any] = {"participant": "cedar-haven", "programmes": ["cedar-haven-shelter"]}
    return Settings({}, "", service={**service, "data": str(folder)})


@pytest.fixture
def empty_bridge(tmp_path: Path) -> Settings:
    """A bridge that has done nothing yet."""
    folder = tmp_path / "data"
    Store(folder).close()
    Database(f"sqlite:///{folder / 'bridge.db'}").close()
    return settings_of(folder)


def test_every_part_can_be_read_from_a_real_database(empty_bridge: Settings) -> None:
    assert [row for part in EDGE for row in own_bridge.edge_rows(empty_bridge, part)] == []
    assert [row for part in BRIDGE for row in own_bridge.bridge_rows(empty_bridge, part)] == []


def test_a_link_in_the_place_of_a_database_is_not_followed(empty_bridge: Settings, tmp_path: Path) -> None:
    """A hosted bridge that has turned could make it lead to its neighbour's."""
    database = Path(empty_bridge.need("data")) / "edge.db"
    database.rename(tmp_path / "neighbour.db")
    database.symlink_to(tmp_path / "neighbour.db")
    with pytest.raises(BridgeUnreadable, match="is no database"):
        list(own_bridge.edge_rows(empty_bridge, EDGE[0]))


def test_an_absent_or_broken_database_is_said_without_its_content(tmp_path: Path) -> None:
    with pytest.raises(BridgeUnreadable, match="is no database"):
        list(own_bridge.edge_rows(settings_of(tmp_path), EDGE[0]))
    with closing(sqlite3.connect(tmp_path / "edge.db")) as other:
        other.execute("CREATE TABLE unknown (secret TEXT)")
    with pytest.raises(BridgeUnreadable, match="OperationalError") as said:
        list(own_bridge.edge_rows(settings_of(tmp_path), EDGE[0]))
    assert "SELECT" not in str(said.value)


def test_a_bundle_is_for_its_owner_and_lists_what_is_in_it(tmp_path: Path) -> None:
    path = tmp_path / "left.zip"
    with Writing(path) as bundle:
        bundle.lines("some.jsonl", "some lines", ({"number": each} for each in range(3)))
        bundle.lacks("more", "it was away")
        bundle.close({"participant": "cedar-haven", "made_at": "2031-05-04T22:15:00Z"}, ["secrets"])
    assert path.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(path) as archive:
        told = json.loads(archive.read("manifest.json"))
        said = archive.read("README.txt").decode()
        assert archive.read("some.jsonl").decode().splitlines()[2] == '{"number":2}'
    assert told["format"] == FORMAT
    assert [each["rows"] for each in told["files"]] == [3]
    assert "some.jsonl: some lines (3)" in said
    assert "- more: it was away" in said
    assert "- secrets" in said


class Stopped(Exception):
    """What stops a writer."""


def test_what_was_not_finished_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "left.zip"
    path.write_bytes(b"the old one")

    def broken() -> Any:
        yield {"number": 1}
        raise Stopped

    with pytest.raises(Stopped), Writing(path) as bundle:
        bundle.lines("some.jsonl", "some lines", broken())
    assert path.read_bytes() == b"the old one"
    assert [each.name for each in tmp_path.iterdir()] == ["left.zip"]


def test_where_neither_bridge_nor_exchange_is_here_there_is_nothing_to_write(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="--bridge"):
        Departure("cedar-haven", None, None).write(tmp_path / "left.zip")
    assert list(tmp_path.iterdir()) == []
