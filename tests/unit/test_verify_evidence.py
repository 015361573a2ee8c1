"""The offline verifier finds whatever was done to a log, and needs nothing of the project to do so."""

import ast
import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from evidence_kit import export, the_verifier
from ledger_kit import RECIPIENT, SENDER, LedgerKit, a_form, a_part, to_open

from consent_ledger import checkpoints
from consent_ledger.giving import give
from consent_ledger.sealing import open_locks, seal
from referral_exchange.signing import ProgrammeSigner, verifies

FILE = Path(__file__).parents[2] / "deploy" / "verify_evidence.py"
Lines = list[dict[str, Any]]


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[LedgerKit]:
    made = LedgerKit(tmp_path)
    work(made)
    checkpoints.keep(made.ledger)
    made.clock.pass_(minutes=10)
    work(made)
    yield made
    made.close()


def work(kit: LedgerKit) -> None:
    form = a_form()
    give(kit.ledger, form)
    (lock,) = seal(kit.ledger, SENDER, [a_part(form)])
    for _ in range(3):
        open_locks(kit.ledger, RECIPIENT, [to_open(form, lock)])


def read(path: Path) -> Lines:
    return [json.loads(line) for line in path.read_text().splitlines()]


def write(path: Path, lines: Lines) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


@pytest.fixture
def exported(kit: LedgerKit, tmp_path: Path) -> Path:
    return export(kit, tmp_path / "evidence.jsonl")


def verdict(capsys: pytest.CaptureFixture[str], *argv: object) -> tuple[int, str]:
    code = the_verifier().main([str(each) for each in argv])
    return code, capsys.readouterr().out


def test_a_sound_export_holds_with_nothing_of_the_project_at_hand(exported: Path) -> None:
    key = read(exported)[0]["public_key"]
    alone = {"PATH": os.environ["PATH"], "PYTHONSAFEPATH": "1"}
    found = subprocess.run(
        [sys.executable, str(FILE), str(exported), "--key", key],
        cwd="/",
        env=alone,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (found.returncode, found.stderr) == (0, "")
    assert found.stdout == (
        "holds: 13 leaves (1 epoch-turned, 4 given, 6 opened, 2 sealed), 2 checkpoints, 1 openings\n"
    )


def test_the_verifier_is_short_and_imports_the_standard_library_and_cryptography_only() -> None:
    text = FILE.read_text()
    imported = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Import | ast.ImportFrom)]
    roots = {
        name.partition(".")[0]
        for node in imported
        for name in (
            [node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
        )
    }
    assert roots - sys.stdlib_module_names == {"cryptography"}
    assert len(text.splitlines()) < 300


def at(lines: Lines, number: int) -> int:
    return next(i for i, line in enumerate(lines) if f'"number":{number}}}' in line.get("leaf", ""))


def changed(lines: Lines) -> Lines:
    line = lines[at(lines, 4)]
    return [{"leaf": line["leaf"].replace("opened", "denied")} if one is line else one for one in lines]


def dropped(lines: Lines) -> Lines:
    return [line for i, line in enumerate(lines) if i != at(lines, 4)]


def dropped_and_renumbered(lines: Lines) -> Lines:
    kept, number = [], 0
    for line in dropped(lines):
        if "leaf" in line:
            leaf = json.loads(line["leaf"]) | {"number": number}
            line, number = (
                line | {"leaf": json.dumps(leaf, sort_keys=True, separators=(",", ":"))},
                number + 1,
            )
        kept.append(line)
    return kept


def reordered(lines: Lines) -> Lines:
    one, other = at(lines, 4), at(lines, 5)
    lines[one], lines[other] = lines[other], lines[one]
    return lines


def reordered_and_renumbered(lines: Lines) -> Lines:
    one, other = at(lines, 4), at(lines, 5)
    first, second = lines[one]["leaf"], lines[other]["leaf"]
    lines[one], lines[other] = (
        {"leaf": second.replace(':5}', ':4}')},
        {"leaf": first.replace(':4}', ':5}')},
    )  # fmt: skip
    return lines


def doubled(lines: Lines) -> Lines:
    return [*lines[: at(lines, 4)], lines[at(lines, 4)], *lines[at(lines, 4) :]]


def truncated(lines: Lines) -> Lines:
    return lines[:-2]


def without_the_newest_checkpoint(lines: Lines) -> Lines:
    return lines[:-1]


def forged(lines: Lines) -> Lines:
    text, _, signature = lines[-1]["checkpoint"].partition("\n\n")
    origin, size, _ = text.split("\n")
    other = base64.b64encode(b"\1" * 32).decode()
    return [*lines[:-1], {"checkpoint": f"{origin}\n{size}\n{other}\n\n{signature}"}]


def signed_by_another(lines: Lines) -> Lines:
    size, root = read_checkpoint(lines[-1]["checkpoint"])
    other = checkpoints.signed(lines[-1]["checkpoint"].split("\n")[0], size, root, another())
    return [*lines[:-1], {"checkpoint": other.note}]


def another_log(lines: Lines) -> Lines:
    note = lines[-1]["checkpoint"]
    return [*lines[:-1], {"checkpoint": note.replace("consent_ledger/", "consent_ledger/0", 2)}]


def retold(lines: Lines) -> Lines:
    first = next(line for line in lines if "opening" in line)
    first["opening"]["facts"]["epoch"] = 7
    return lines


def not_json(lines: Lines) -> Lines:
    return [*lines[:3], {"leaf": "what is this"}, *lines[4:]]


def something_else(lines: Lines) -> Lines:
    return [*lines[:3], {"note": "what is this"}, *lines[3:]]


@pytest.mark.parametrize(
    ("tamper", "says"),
    [
        (changed, "changed, left out or added"),
        (dropped, "stands where leaf 4 belongs"),
        (dropped_and_renumbered, "changed, left out or added"),
        (reordered, "stands where leaf 4 belongs"),
        (reordered_and_renumbered, "changed, left out or added"),
        (doubled, "stands where leaf 5 belongs"),
        (truncated, "cut off"),
        (without_the_newest_checkpoint, "cut off"),
        (forged, "forged"),
        (signed_by_another, "no signature by a key"),
        (another_log, "no signature by a key"),
        (retold, "not those that the leaf committed to"),
        (not_json, "not as the exchange writes it"),
        (something_else, "neither leaf nor checkpoint"),
    ],
)
def test_what_was_done_to_an_export_is_found(
    exported: Path, capsys: pytest.CaptureFixture[str], tamper: Callable[[Lines], Lines], says: str
) -> None:
    bad = write(exported.with_name("bad.jsonl"), tamper(read(exported)))
    code, told = verdict(capsys, bad)
    assert code == 1
    assert says in told


def test_half_a_line_at_the_end_is_found(exported: Path, capsys: pytest.CaptureFixture[str]) -> None:
    exported.write_text(exported.read_text()[:-40])
    assert verdict(capsys, exported) == (1, "does not hold: line 16: not whole\n")


def another() -> ProgrammeSigner:
    return ProgrammeSigner("consent_ledger", "1", Ed25519PrivateKey.generate())


def read_checkpoint(note: str) -> tuple[int, bytes]:
    lines = note.split("\n")
    return int(lines[1]), base64.b64decode(lines[2])


def test_a_key_from_elsewhere_catches_a_log_that_was_made_up_whole(
    kit: LedgerKit, exported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "other").mkdir()
    other = LedgerKit(tmp_path / "other")
    work(other)
    made_up = export(other, tmp_path / "made_up.jsonl")
    other.close()
    assert verdict(capsys, made_up)[0] == 0
    code, told = verdict(capsys, made_up, "--key", read(exported)[0]["public_key"])
    assert (code, "not the one that you gave" in told) == (1, True)


def test_a_checkpoint_that_was_kept_proves_that_nothing_was_rewritten_since(
    kit: LedgerKit, exported: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    note = exported.with_name("kept.txt")
    note.write_text(read(exported)[-1]["checkpoint"])
    work(kit)
    later = export(kit, exported.with_name("later.jsonl"))
    for kept in (note, exported):
        code, told = verdict(capsys, later, "--checkpoint", kept)
        assert (code, "none was rewritten" in told) == (0, True)
    assert verdict(capsys, exported, "--checkpoint", exported)[0] == 0


def resigned(kit: LedgerKit, path: Path, lines: Lines) -> Path:
    """The log that a dishonest ledger makes anew with its own key, whole in itself."""
    verifier = the_verifier()
    tree, origin = verifier.Tree(), lines[-1]["checkpoint"].split("\n")[0]
    leaves = [line for line in lines if "leaf" in line]
    for line in leaves:
        tree.add(verifier.leaf_hash(line["leaf"].encode()))
    note = checkpoints.signed(origin, tree.size, tree.root(), kit.ledger.facts.signer).note
    return write(path, [lines[0], *leaves, {"checkpoint": note}])


def test_a_split_view_is_found_by_whoever_has_both(
    kit: LedgerKit, exported: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The ledger shows one a log in which a leaf was never written, signed with its true key."""
    other = resigned(kit, exported.with_name("other.jsonl"), changed(read(exported)))
    assert verdict(capsys, other)[0] == verdict(capsys, exported)[0] == 0
    for one, kept in ((other, exported), (exported, other)):
        code, told = verdict(capsys, one, "--checkpoint", kept)
        assert (code, "two logs" in told) == (1, True)


def test_a_log_that_was_cut_at_an_old_checkpoint_is_found_with_a_newer_one(
    kit: LedgerKit, exported: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = read(exported)
    end = next(i for i, line in enumerate(lines) if "checkpoint" in line)
    short = write(exported.with_name("short.jsonl"), lines[: end + 1])
    assert verdict(capsys, short)[0] == 0
    code, told = verdict(capsys, short, "--checkpoint", exported)
    assert (code, "cut off" in told) == (1, True)


def test_a_kept_checkpoint_that_another_signed_proves_nothing(
    exported: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    note = exported.with_name("kept.txt")
    note.write_text(signed_by_another(read(exported))[-1]["checkpoint"])
    assert verdict(capsys, exported, "--checkpoint", note)[0] == 1


def test_a_key_that_was_replaced_still_vouches_for_what_it_signed(
    kit: LedgerKit, exported: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = read(exported)[0]["public_key"]
    kept = exported.with_name("kept.txt")
    kept.write_text(read(exported)[-1]["checkpoint"])
    object.__setattr__(kit.ledger.facts, "signer", another())
    work(kit)
    later = export(kit, exported.with_name("later.jsonl"))
    new = read(later)[0]["public_key"]
    assert verdict(capsys, later)[0] == 0
    assert verdict(capsys, later, "--checkpoint", kept)[0] == 1
    assert verdict(capsys, later, "--checkpoint", kept, "--key", new, "--key", old)[0] == 0
    assert verdict(capsys, later, "--key", old)[0] == 1


@pytest.mark.parametrize("content", ["", "[]", "{}", "7", "\x00\x01", '{"format":"other"}'])
def test_what_is_no_evidence_file_is_told_to_be_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str
) -> None:
    path = tmp_path / "other.txt"
    path.write_text(content)
    assert verdict(capsys, path)[0] in (1, 2)
    assert verdict(capsys, tmp_path / "nowhere")[0] == 2


def test_signed_notes_are_those_of_their_specification() -> None:
    """The example of the specification's first implementation, golang.org/x/mod/sumdb/note."""
    key = base64.b64decode("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    assert key[:1] == b"\1"
    assert the_verifier().key_hash("PeterNeumann", key[1:]).hex() == "c74f20a3"
    assert checkpoints.key_hash("PeterNeumann", key[1:]).hex() == "c74f20a3"
    text = (
        "If you think cryptography is the answer to your problem,\n"
        "then you don't know what your problem is.\n"
    )
    signature = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
    raw = base64.b64decode(signature)
    assert raw[:4].hex() == "c74f20a3"
    assert verifies(key[1:], raw[4:], text.encode())
