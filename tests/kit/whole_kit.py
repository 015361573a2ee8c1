"""Real edges in front of a real ledger, a broker in memory, and all that each of them keeps, as bytes."""

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from bytes_kit import held
from edge_kit import IDENTITY, OFFICE, RECIPIENT, SENDER, Network, accepted
from ledger_kit import AsgiTransport, LedgerKit

from consent_ledger.api import create_app
from consent_ledger.serving import Service
from participant_edge.edge import Edge
from referral_exchange.http_signature import RequestVerifier
from referral_exchange.message import Message
from referral_exchange.tracing import Tracing
from referral_exchange.tracing.export import Nowhere


@dataclass
class RealLedger:
    """What `Network` needs of a ledger. It tells of no ends: a test that wants them heard says so."""

    transport: httpx.BaseTransport
    ended: list[str] = field(default_factory=list)


class Whole(Network):
    """The network of edges, with the real ledger in place of the stand-in."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "edges")
        self.home = folder
        self.kit = LedgerKit(folder / "ledger-keys", url=f"sqlite:///{folder}/ledger/ledger.db")
        self.kit.clock.now = self.clock.now()
        self.kit.directory = self.listings.directory
        known = {name: signer.public for name, signer in self.signers.items()}
        service = Service(
            ledger=self.kit.ledger,
            outbox=self.kit.outbox,
            verifier=RequestVerifier(lambda programme, _key: known.get(programme)),
            tracing=Tracing(Nowhere()),
            ready=dict,
            can_judge=lambda: True,
        )
        self.ledger: Any = RealLedger(AsgiTransport(create_app(service)))

    def disclosed(self, sender: Edge, recipient: Edge) -> str:
        """A referral under which needs, a reason and a name went over the wire."""
        referral_id = accepted(sender, recipient, self)
        sender.disclose(referral_id, [IDENTITY], "disclose-1")
        self.settle(sender, recipient)
        return referral_id

    def close(self) -> None:
        super().close()
        self.kit.close()


class Holding(NamedTuple):
    """Whole files, and all values apart that they or the wire hold."""

    files: list[bytes]
    values: list[bytes]


def holdings(whole: Whole) -> Mapping[str, Holding]:
    """What ledger, broker, sender and recipient keep: files, rows, messages, keys."""
    return {
        "ledger": _kept(whole.home / "ledger", whole.home / "ledger-keys"),
        "broker": Holding([], [raw for m in _messages(whole) for raw in (m.key.encode(), *_raw(m))]),
        "sender": _office(whole, SENDER),
        "recipient": _office(whole, RECIPIENT),
    }


def _office(whole: Whole, programme: str) -> Holding:
    office = OFFICE[programme]
    kept = _kept(whole.folder / office)
    memory = (whole.folder / "keys" / f"{office}.edge.key").read_bytes()
    return Holding([*kept.files, memory, whole.sealing_keys[programme].private_bytes_raw()], kept.values)


def _messages(whole: Whole) -> list[Message]:
    delivered = [message for box in whole.broker.inboxes.values() for message in box]
    return [*whole.broker.produced, *delivered, *whole.kit.log.messages]


def _raw(message: Message) -> Iterator[bytes]:
    yield message.value
    yield from message.headers.values()


def _kept(*folders: Path) -> Holding:
    files = held(*folders)
    rows = (raw for name in files if name.endswith(".db") for raw in _rows(name))
    return Holding(list(files.values()), list(rows))


def _rows(name: str) -> Iterator[bytes]:
    database = sqlite3.connect(f"file:{name}?mode=ro", uri=True)
    try:
        tables = [t for (t,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            for row in database.execute(f'SELECT * FROM "{table}"'):
                yield from (v if isinstance(v, bytes) else str(v).encode() for v in row if v is not None)
    finally:
        database.close()
