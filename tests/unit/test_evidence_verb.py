"""`exchange evidence` and `exchange held`, on a ledger without a network."""

import argparse
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from evidence_kit import answer, the_verifier
from ledger_kit import OPERATOR, LedgerKit, a_form
from rich.console import Console

from consent_ledger.giving import give
from exchange_command import administration, evidence_file, ledger_requests
from exchange_command.administration import Leaf, LeafUnwritten
from exchange_command.oversight import held as holding
from exchange_command.problem import Problem
from exchange_command.verbs import evidence, held

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def kit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LedgerKit]:
    made = LedgerKit(tmp_path)
    app = made.app()

    @contextmanager
    def asking(_: object) -> Iterator[evidence_file.Ask]:
        with made.client(app, OPERATOR) as client:
            yield lambda path, asked: answer(client, path, asked)

    def write(_: object, leaf: Leaf) -> None:
        with made.client(app, OPERATOR) as client:
            asked = {"action": leaf.action, "about": leaf.about}
            client.post("/v1/administration", json=asked).raise_for_status()

    monkeypatch.setattr(ledger_requests, "asking", asking)
    monkeypatch.setattr(administration, "write", write)
    give(made.ledger, a_form())
    yield made
    made.close()


@pytest.fixture
def run(kit: LedgerKit, capsys: pytest.CaptureFixture[str]) -> Run:
    def ran(*words: object) -> tuple[int, str]:
        parser = argparse.ArgumentParser()
        evidence.add_parser(parser.add_subparsers())
        code = evidence.run(parser.parse_args(["evidence", *(str(word) for word in words)]))
        return code, capsys.readouterr().out

    return ran


def test_an_export_is_in_the_log_itself_and_holds(kit: LedgerKit, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "evidence.jsonl"
    code, told = run("export", file, "--json")
    assert (code, json.loads(told)) == (0, {"file": str(file), "leaves": 4})
    assert the_verifier().main([str(file)]) == 0
    opened = [json.loads(line).get("opening") for line in file.read_text().splitlines()]
    assert [each["facts"] for each in opened if each][-1] == {"action": "evidence-export", "about": "all"}


def test_an_export_in_portions_is_the_same_export(
    kit: LedgerKit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, parts, heard = tmp_path / "whole", tmp_path / "parts", []
    with ledger_requests.asking(None) as ask:  # type: ignore[arg-type]
        evidence_file.write(whole, ask)
        monkeypatch.setattr(evidence_file, "AT_ONCE", 2)
        evidence_file.write(parts, ask, lambda done, of: heard.append((done, of)))
    assert parts.read_bytes() == whole.read_bytes()
    assert heard == [(2, 3), (3, 3)]


def test_what_cannot_be_put_on_record_is_not_exported(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: object) -> None:
        raise LeafUnwritten("in a test")

    monkeypatch.setattr(administration, "write", refuses)
    with pytest.raises(Problem):
        run("export", tmp_path / "evidence.jsonl")
    assert not (tmp_path / "evidence.jsonl").exists()


def test_a_kept_checkpoint_shows_whether_the_log_only_grew(kit: LedgerKit, run: Run, tmp_path: Path) -> None:
    kept = tmp_path / "kept.txt"
    _, told = run("checkpoint")
    kept.write_text(told)
    give(kit.ledger, a_form())
    assert run("checkpoint", "--after", kept)[0] == 0
    lines = told.split("\n")
    lines[2] = "A" * 43 + "="
    kept.write_text("\n".join(lines))
    code, shown = run("checkpoint", "--after", kept, "--json")
    assert (code, json.loads(shown)["holds"]) == (1, False)
    kept.write_text("no checkpoint")
    with pytest.raises(Problem, match="no checkpoint"):
        run("checkpoint", "--after", kept)


FOUND: dict[str, Any] = {
    "participant": "harbor-house",
    "programmes": ["harbor-shelter"],
    "ledger": {"consents": {"live": 2, "withdrawn": 1}, "pinned_keys": {"harbor-shelter": "1"}},
    "topics": [{"name": "inbox.harbor-house", "first": 0, "end": 3, "messages": 2, "bytes": 900}],
    "directory": {
        "participant": {"name": "Harbor House", "kind": "ngo"},
        "programmes": {"harbor-shelter": {"signing_key_id": "1", "region": "Invented"}},
        "capacities": [],
    },
    "not_held": list(holding.NOT_HELD),
}


def test_what_is_held_is_shown_with_what_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    held._show(Console(highlight=False, width=120), FOUND)
    shown = capsys.readouterr().out
    for said in ("2 live, 1 withdrawn", "harbor-shelter (key id 1)", "2 messages, 900 bytes", "Not held:"):
        assert said in shown
    assert all(each[:60] in shown for each in holding.NOT_HELD)
