"""Signed statements of how long the log is and what its root is, as C2SP signed notes (tlog-checkpoint)."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, insert, select

from consent_ledger import evidence_rows, merkle, store
from consent_ledger.evidence_rows import EvidenceBroken
from consent_ledger.facts import LogSigner
from consent_ledger.ledger import Ledger
from consent_ledger.records import from_ms, to_ms
from consent_ledger.tables import evidence_checkpoints
from referral_exchange.signing import verifies

KEEP_EVERY = timedelta(minutes=10)
"""One is kept so often at most, while the log grows; on demand one is made of whatever stands."""

_ED25519 = b"\x01"
_DASH = "\u2014"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """`note`: the signed text."""

    size: int
    root: bytes
    note: str


def signed(origin: str, size: int, root: bytes, signer: LogSigner) -> Checkpoint:
    """The note over origin, size and root; the same one for the same log."""
    text = f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"
    signature = key_hash(origin, signer.public) + signer.sign(text.encode())
    return Checkpoint(size, root, f"{text}\n{_DASH} {origin} {base64.b64encode(signature).decode()}\n")


def key_hash(name: str, public: bytes) -> bytes:
    """What names an Ed25519 key in a signed note: four bytes."""
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:4]


def origin_of(ledger_id: str) -> str:
    """Which log it is."""
    return f"referral-exchange.example/consent_ledger/{ledger_id}"


def made(connection: Connection, signer: LogSigner) -> Checkpoint:
    """One of the log as it stands. Raises EvidenceBroken rather than sign what the ledger did not add."""
    size, remembered = evidence_rows.head_of(connection)
    peaks = merkle.peaks(size)
    nodes, root = evidence_rows.computed(
        connection, lambda node: ([node(*at) for at in peaks], merkle.root(size, node))
    )
    if nodes != remembered:
        raise EvidenceBroken("the log of evidence is not the one that was written: its rows were changed")
    return signed(origin_of(str(store.upkeep_row(connection).ledger_id)), size, root, signer)


def keep(ledger: Ledger) -> bool:
    """Keeps a checkpoint where the log grew since the last, and that is a while ago; whether it did."""
    newest = select(evidence_checkpoints).order_by(evidence_checkpoints.c.size.desc()).limit(1)
    with ledger.operation() as operation:
        last = operation.connection.execute(newest).one_or_none()
        if last and operation.now - from_ms(last.at) < KEEP_EVERY:
            return False
        if evidence_rows.size_of(operation.connection) == (last.size if last else 0):
            return False
        new = made(operation.connection, ledger.facts.signer)
        row = {"size": new.size, "note": new.note, "at": to_ms(operation.now)}
        operation.connection.execute(insert(evidence_checkpoints), [row])
    return True


def kept(connection: Connection, above: int, up_to: int) -> list[str]:
    """The notes that were kept of logs of more than `above` leaves and of `up_to` at most."""
    sizes = evidence_checkpoints.c.size
    chosen = select(evidence_checkpoints.c.note).where(sizes > above, sizes <= up_to).order_by(sizes)
    return list(connection.execute(chosen).scalars())


def check(ledger: Ledger) -> None:
    """Whether the log still begins as the last kept checkpoint says. Raises EvidenceBroken."""
    newest = select(evidence_checkpoints).order_by(evidence_checkpoints.c.size.desc()).limit(1)
    with ledger.database.snapshot() as connection:
        now = made(connection, ledger.facts.signer)
        last = connection.execute(newest).one_or_none()
        if last is None:
            return
        origin, _, root, *_, signature = last.note.split("\n")[:-1]
        if now.size < last.size or _root_at(connection, last.size) != base64.b64decode(root):
            raise EvidenceBroken("the log of evidence is not the one that its last checkpoint signed")
    raw, public = base64.b64decode(signature.rpartition(" ")[2]), ledger.facts.signer.public
    text = last.note.partition("\n\n")[0] + "\n"
    # One by a key that was replaced since is not ours to judge.
    if raw[:4] == key_hash(origin, public) and not verifies(public, raw[4:], text.encode()):
        raise EvidenceBroken("the last checkpoint of the log of evidence was not signed by this ledger")


def consistency(connection: Connection, old: int, new: int) -> Sequence[bytes]:
    """The proof that the log of `new` leaves begins with that of `old`; an empty one needs none."""
    if old == 0:
        return []
    return evidence_rows.computed(connection, lambda node: merkle.consistency(old, new, node))


def _root_at(connection: Connection, size: int) -> bytes:
    return evidence_rows.computed(connection, lambda node: merkle.root(size, node))
