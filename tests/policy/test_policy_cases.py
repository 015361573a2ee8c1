"""Every row of the law, case by case: `cases/*.toml` are the tables, a file a row."""

import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from policy_kit import POLICY

from exchange_command.explaining import question_of

FOLDER = Path(__file__).parent / "cases"
TABLES = {
    path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.toml"))
}
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CASES = [(name, case) for name, table in TABLES.items() for case in table["cases"]]
LEAST = 271


def joined(usual: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """`usual` with what a case says instead, name by name."""
    found = dict(usual)
    for name, value in given.items():
        both = isinstance(value, dict) and isinstance(found.get(name), dict)
        found[name] = joined(found[name], value) if both else value
    return found


def asked(name: str, case: Mapping[str, Any]) -> dict[str, Any]:
    return joined(TABLES[name].get("given", {}), case.get("given", {}))


@pytest.mark.parametrize(("name", "case"), CASES, ids=[f"{name}: {case['what']}" for name, case in CASES])
def test_a_case_is_decided_as_its_table_says(name: str, case: dict[str, Any]) -> None:
    decision = POLICY.decide(question_of(asked(name, case), NOW))
    assert decision.allowed is (case["expect"] == "permit")
    assert case["by"] in {rule.id for rule in decision.rules}


@pytest.mark.parametrize("name", TABLES)
def test_every_row_has_permits_and_denials_and_its_own_citation(name: str) -> None:
    table = TABLES[name]
    assert {case["expect"] for case in table["cases"]} == {"permit", "deny"}
    assert len({case["what"] for case in table["cases"]}) == len(table["cases"])
    laws = {rule.id: rule.law for rule in POLICY.rules}
    assert any(laws[case["by"]].startswith(table["law"].split(" Part")[0]) for case in table["cases"])


def test_every_rule_decides_a_case_and_no_case_names_another() -> None:
    assert {case["by"] for _, case in CASES} == {rule.id for rule in POLICY.rules}


def test_there_are_as_many_cases_as_were_counted() -> None:
    assert len(CASES) >= LEAST


def test_a_case_is_refused_that_names_what_no_question_has() -> None:
    for wrong in ({"consent": {"shoe_size": 4}}, {"weather": "fine"}, {"consent": {"written": "maybe"}}):
        with pytest.raises(Exception, match=r"nothing that|true or false"):
            question_of(wrong, NOW)
