"""`exchange explain` says what the rules answer, which decided and what they cite; to programs too."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from exchange_command import main as command


def explained(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, dict[str, Any]]:
    code = command.main(["explain", *argv, "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_a_sound_question_is_permitted_and_says_by_what(capsys: pytest.CaptureFixture[str]) -> None:
    code, told = explained(capsys, "seal", "--from", "harbor-shelter", "--to", "meadow-housing")
    assert code == 0
    assert told["allowed"]
    assert told["rules"] == [
        {"id": "live-consent-covers", "law": "exchange consent rule", "file": "consent.cedar"}
    ]


def test_a_denial_names_its_statutes_first_with_their_citations(capsys: pytest.CaptureFixture[str]) -> None:
    code, told = explained(
        capsys, "seal", "--from", "harbor-shelter", "--to", "meadow-housing", "--set", "consent=none"
    )
    assert code == 1
    assert [(rule["id"], rule["law"]) for rule in told["rules"]] == [
        ("fvpsa-release-needs-consent", "42 USC 10406(c)(5)"),
        ("vawa-release-needs-consent", "34 USC 12291(b)(2)"),
        ("consent-missing", "exchange consent rule"),
    ]


def test_who_is_not_listed_is_unknown(capsys: pytest.CaptureFixture[str]) -> None:
    _, told = explained(capsys, "route", "--from", "nobody-knows", "--to", "meadow-housing")
    assert {rule["id"] for rule in told["rules"]} == {"organisation-unknown", "participant-takes-part"}


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        (["consent.signed_at=2h", "consent.explained_at=1h"], "consent-is-signed-before-it-is-used"),
        (["consent.ends_at=400d"], "consent-lasts-a-year-at-most"),
        (["consent.data_classes=identity,gossip"], "class-unknown"),
        (["recipient.standing=paused"], "participant-takes-part"),
        (["recipient.role=enforcement"], "enforcement-is-denied"),
        (["accepted=false", "discloser.confidential=true"], "fvpsa-shelter-contact-follows-acceptance"),
        (["ground.kind=tip", "consent=none"], "tips-are-not-forwarded-here"),
    ],
)
def test_a_fact_more_changes_the_answer(
    capsys: pytest.CaptureFixture[str], facts: list[str], rule: str
) -> None:
    named = [word for fact in facts for word in ("--set", fact)]
    code, told = explained(capsys, "seal", "--class", "contact", *named)
    assert code == 1
    assert rule in {each["id"] for each in told["rules"]}


def test_counts_are_judged_too(capsys: pytest.CaptureFixture[str]) -> None:
    facts = ("counts.shown=3", "counts.hidden=1", "counts.fewest_shown=12")
    code, told = explained(capsys, "count", *(word for fact in facts for word in ("--set", fact)))
    assert (code, [rule["id"] for rule in told["rules"]]) == (1, ["one-hidden-count-hides-another"])


def test_a_case_of_the_tables_is_a_question(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = {"data_class": "health", "consent": {"data_classes": ["identity"]}}
    (tmp_path / "case.json").write_text(json.dumps(case), encoding="utf-8")
    _, told = explained(capsys, "--question", str(tmp_path / "case.json"))
    assert [rule["id"] for rule in told["rules"]] == ["class-not-covered"]
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(case)))
    assert explained(capsys, "--question", "-")[1] == told


def test_people_read_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["explain", "open", "--set", "consent.standing=withdrawn"]) == 1
    told = capsys.readouterr().out
    assert "forbidden" in told
    assert "consent-ended" in told
    assert "consent.cedar" in told


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["sell"], "sell is no action"),
        (["seal", "--set", "consent.shoe_size=4"], "shoe_size is nothing"),
        (["seal", "--set", "weather=fine"], "weather is nothing"),
        (["seal", "--set", "consent.written=perhaps"], "written is true or false"),
        (["seal", "--set", "consent.ends_at=tomorrow"], "ends_at is a time"),
        (["seal", "--set", "consent.ends_at=2026-04-01T00:00:00"], "needs its time zone"),
        (["seal", "--set", "consent"], "NAME=VALUE"),
        (["count", "--set", "counts.shown=many"], "shown is a number"),
        (["seal", "--set", "consent.written=true", "--set", "consent=none"], "said twice"),
        (["seal", "--question", "no-such-file.json"], "cannot be read"),
        (["seal", "--policies", "no-such-folder"], "policies cannot be used"),
    ],
)
def test_what_is_no_question_is_told_in_a_line(
    capsys: pytest.CaptureFixture[str], argv: list[str], told: str
) -> None:
    assert command.main(["explain", *argv]) == 1
    problem = capsys.readouterr().err
    assert told in problem
    assert problem.count("\n") == 1
