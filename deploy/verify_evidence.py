"""Checks the exchange's evidence offline: `python verify_evidence.py FILE [--key KEY] [--checkpoint OLD]`.

Needs Python 3.11 and `cryptography`, nothing of this project. FILE is what `exchange evidence export` wrote:
lines of JSON for the log's key, for every leaf in order, and for each signed checkpoint. Or it is what a
participant was answered by GET /v1/evidence/proofs: single leaves with their paths to one checkpoint.

1. Every checkpoint is signed by the key of the file; with `--key`, that is the key that you got elsewhere.
2. The leaves before each checkpoint make its root: none was changed, left out, put in or moved.
3. With `--checkpoint`, a checkpoint or export that you kept: its log is the beginning of this one, so nothing
   was rewritten since, and you and whoever gave you that one were not shown two different logs.
4. What is opened (facts and salt) is what its leaf committed to.

Formats: RFC 6962 hashes, RFC 9162 paths, C2SP signed notes and tlog-checkpoints.
Ends with 0: all of it holds. 1: something does not, and where. 2: that is no evidence file.
"""

import argparse
import base64
import hashlib
import hmac
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FORMAT = "referral-exchange-evidence/1"
DASH = "\u2014 "


class Broken(Exception):
    """Something does not hold; the message says what, and where."""


class Checkpoint(NamedTuple):
    """A signed statement: the log named `origin` had `size` leaves and this root."""

    origin: str
    size: int
    root: bytes


def leaf_hash(leaf: bytes) -> bytes:
    """RFC 6962, 2.1."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def joined(left: bytes, right: bytes) -> bytes:
    """The same of a node over its two."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """The root as leaves come, in memory of one hash a level."""

    def __init__(self) -> None:
        """Empty."""
        self.size = 0
        self._full: list[tuple[int, bytes]] = []

    def add(self, leaf: bytes) -> None:
        """One more leaf hash."""
        level, made = 0, leaf
        while self._full and self._full[-1][0] == level:
            made = joined(self._full.pop()[1], made)
            level += 1
        self._full.append((level, made))
        self.size += 1

    def root(self) -> bytes:
        """The root of all leaves so far."""
        if not self._full:
            return hashlib.sha256().digest()
        made = self._full[-1][1]
        for _, left in reversed(self._full[:-1]):
            made = joined(left, made)
        return made


def root_by_path(leaf: bytes, number: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """RFC 9162, 2.1.3.2: the root that `path` leads to; None where it does not fit number and size."""
    if not 0 <= number < size:
        return None
    place, last, made = number, size - 1, leaf
    for other in path:
        if last == 0:
            return None
        if place & 1 or place == last:
            made = joined(other, made)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            made = joined(made, other)
        place, last = place >> 1, last >> 1
    return made if last == 0 else None


def read_note(note: str, keys: Sequence[bytes], where: str) -> Checkpoint:
    """The checkpoint of a signed note. Raises Broken where none of `keys` signed it."""
    text, separator, signatures = note.partition("\n\n")
    lines = text.split("\n")
    if not separator or len(lines) < 3 or not lines[1].isdecimal():
        raise Broken(f"{where}: no checkpoint of origin, size and root")
    for line in signatures.strip().split("\n"):
        name, _, encoded = line.removeprefix(DASH).partition(" ")
        raw = base64.b64decode(encoded)
        for key in (each for each in keys if name == lines[0] and raw[:4] == key_hash(name, each)):
            try:
                Ed25519PublicKey.from_public_bytes(key).verify(raw[4:], f"{text}\n".encode())
            except InvalidSignature:
                raise Broken(f"{where}: forged: this key did not sign this text") from None
            return Checkpoint(lines[0], int(lines[1]), base64.b64decode(lines[2]))
    raise Broken(f"{where}: no signature by a key that is known here")


def key_hash(name: str, public: bytes) -> bytes:
    """C2SP signed-note: the first four bytes that name an Ed25519 key."""
    return hashlib.sha256(f"{name}\n".encode() + b"\x01" + public).digest()[:4]


def check_opening(leaf: dict[str, Any], opening: dict[str, Any], where: str) -> None:
    """Raises Broken where these facts, under this salt, are not what the leaf committed to."""
    told = json.dumps(opening["facts"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    committed = hmac.digest(base64.b64decode(opening["salt"]), told.encode(), hashlib.sha256).hex()
    if not hmac.compare_digest(committed, leaf["commitment"]):
        raise Broken(f"{where}: the facts are not those that the leaf committed to")


class Verifier:
    """Walks an export once."""

    def __init__(self, keys: Sequence[bytes], kept: str | None) -> None:
        """`keys`: got elsewhere, none where the file is to be believed. `kept`: note of an earlier day."""
        self._given, self._keys, self._kept_note = keys, list(keys), kept
        self._kept: Checkpoint | None = None
        self.tree = Tree()
        self._restored_at: int | None = None
        self.newest: Checkpoint | None = None
        self.kinds: Counter[str] = Counter()
        self.checkpoints = self.openings = 0

    def begin(self, header: dict[str, Any]) -> None:
        """The first line. Raises Broken."""
        self._keys = [*known_keys(header["public_key"], self._given)]
        if self._kept_note is not None:
            self._kept = read_note(self._kept_note, self._keys, "the checkpoint you kept")
            self._compare_with_kept()

    def take(self, line: dict[str, Any], where: str) -> None:
        """Any other line. Raises Broken."""
        if "leaf" in line:
            self._leaf(line, where)
        elif "checkpoint" in line:
            self._checkpoint(line["checkpoint"], where)
        else:
            raise Broken(f"{where}: neither leaf nor checkpoint")

    def end(self) -> None:
        """All lines were read. Raises Broken."""
        if self.newest is None or self.newest.size != self.tree.size:
            raise Broken("cut off: the leaves at the end are under no checkpoint; ask for the whole file")
        if self._kept is not None and self._kept.origin != self.newest.origin:
            raise Broken("the checkpoint you kept is of another log")
        if self._kept is not None and self._kept.size > self.tree.size:
            told = (
                f"cut off: the checkpoint you kept is of {self._kept.size} leaves, here are {self.tree.size}"
            )
            raise Broken(self._with_hint(told))

    def _leaf(self, line: dict[str, Any], where: str) -> None:
        leaf = json.loads(line["leaf"])
        if leaf["number"] != self.tree.size:
            raise Broken(f"{where}: leaf {leaf['number']} stands where leaf {self.tree.size} belongs")
        if "opening" in line:
            check_opening(leaf, line["opening"], where)
            self.openings += 1
        self.kinds[leaf["kind"]] += 1
        if leaf["kind"] == "restored":
            self._restored_at = self.tree.size
        self.tree.add(leaf_hash(line["leaf"].encode()))
        self._compare_with_kept()

    def _checkpoint(self, note: str, where: str) -> None:
        found = read_note(note, self._keys, where)
        if found.size != self.tree.size or found.root != self.tree.root():
            raise Broken(
                f"{where}: the leaves before it do not make its root: one was changed, left out or added"
            )
        if self.newest is not None and found.origin != self.newest.origin:
            raise Broken(f"{where}: a checkpoint of another log")
        self.newest, self.checkpoints = found, self.checkpoints + 1

    def _compare_with_kept(self) -> None:
        kept = self._kept
        if kept is not None and kept.size == self.tree.size and kept.root != self.tree.root():
            told = (
                f"two logs were shown: the first {kept.size} leaves are not those of the checkpoint you kept"
            )
            raise Broken(self._with_hint(told))

    def _with_hint(self, told: str) -> str:
        hint = f" (leaf {self._restored_at} says that the log was restored: ask what was lost, and when)"
        return told if self._restored_at is None else told + hint


def known_keys(in_file: str, given: Sequence[bytes]) -> list[bytes]:
    """The keys to believe. Raises Broken where the file's own is none of those that were given."""
    own = base64.b64decode(in_file)
    if given and own not in given:
        raise Broken("the key of the file is not the one that you gave")
    return [own, *(key for key in given if key != own)]


def check_proofs(answer: dict[str, Any], keys: Sequence[bytes]) -> str:
    """Checks single leaves against one checkpoint; returns what was found. Raises Broken."""
    checkpoint = read_note(answer["checkpoint"], known_keys(answer["public_key"], keys), "the checkpoint")
    opened = 0
    for proof in answer["proofs"]:
        leaf = json.loads(proof["leaf"])
        where, path = f"leaf {leaf['number']}", [base64.b64decode(each) for each in proof["path"]]
        found = root_by_path(leaf_hash(proof["leaf"].encode()), leaf["number"], checkpoint.size, path)
        if found != checkpoint.root:
            raise Broken(f"{where}: its path does not lead to the checkpoint's root")
        if proof["opening"] is not None:
            check_opening(leaf, proof["opening"], where)
            opened += 1
    return f"{len(answer['proofs'])} leaves are in the log of {checkpoint.size}; {opened} of them opened"


def lines_of(path: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Number and object of each line. Raises Broken."""
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            try:
                read = json.loads(line)
            except ValueError:
                raise Broken(f"line {number}: not whole") from None
            yield number, read


def check(path: str, keys: Sequence[bytes], kept: str | None) -> str:
    """What was found in the file. Raises Broken."""
    lines = lines_of(path)
    _, header = next(lines, (1, {}))
    if "proofs" in header and kept is None:
        return check_proofs(header, keys)
    if header.get("format") != FORMAT:
        raise ValueError
    verifier = Verifier(keys, kept)
    verifier.begin(header)
    for number, line in lines:
        try:
            verifier.take(line, f"line {number}")
        except (ValueError, LookupError, TypeError, AttributeError):
            raise Broken(f"line {number}: not as the exchange writes it") from None
    verifier.end()
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(verifier.kinds.items()))
    counted = f"{verifier.checkpoints} checkpoints, {verifier.openings} openings"
    since = "; none was rewritten since the checkpoint you kept" if kept else ""
    return f"{verifier.tree.size} leaves ({kinds}), {counted}{since}"


def kept_note(path: str) -> str:
    """The note in a file that holds nothing else, or the newest one of an export."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if not text.startswith("{"):
        return text
    notes = [read["checkpoint"] for read in map(json.loads, text.splitlines()) if "checkpoint" in read]
    return str(notes[-1])


def main(argv: Sequence[str] | None = None) -> int:
    """Prints what was found; 0, 1 or 2."""
    parser = argparse.ArgumentParser(description="Checks the exchange's evidence offline.")
    parser.add_argument("file", help="an export, or the answer of /v1/evidence/proofs")
    parser.add_argument("--key", action="append", default=[], help="the log's key (base64) from elsewhere")
    parser.add_argument("--checkpoint", metavar="OLD", help="a checkpoint, or an export, that you kept")
    given = parser.parse_args(argv)
    try:
        kept = kept_note(given.checkpoint) if given.checkpoint else None
        told = check(given.file, [base64.b64decode(key) for key in given.key], kept)
    except Broken as broken:
        print(f"does not hold: {broken}")
        return 1
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        print(f"this is no evidence file: {type(error).__name__}")
        return 2
    print(f"holds: {told}")
    if not given.key:
        print("The key is the file's own word: compare it with one from elsewhere, and give that as --key.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
