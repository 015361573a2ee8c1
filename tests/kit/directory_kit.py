"""A directory without network: a topic in memory, a clock tests turn, and invented programmes."""

import base64
import csv
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi.testclient import TestClient

from referral_exchange import catalog, ids
from referral_exchange.codec import Codec
from referral_exchange.contract_files import DEPLOY
from referral_exchange.directory import Directory
from referral_exchange.events import CapacityReported, ParticipantListed, ProgrammeListed
from referral_exchange.message import Message, text
from referral_exchange.runtime import OutcomeUnknown
from referral_exchange.runtime.tail import Partition, Read
from referral_exchange.signing import ProgrammeSigner
from service_directory.api.desk import Desk
from service_directory.book import Book
from service_directory.database import Database
from service_directory.importing import load_terms
from service_directory.publisher import Publisher
from service_directory.service import build
from service_directory.topic_reader import TopicReader

CODEC = Codec(catalog.committed(), {key: n for n, key in enumerate(sorted(catalog.committed()), 1)})
SAMPLES = DEPLOY / "demo" / "hsds"
NOW = datetime(2026, 3, 2, 21, 0, tzinfo=UTC)
HOST = "127.0.0.1:21013"
OWN = ProgrammeSigner("service_directory", "1", Ed25519PrivateKey.generate())
OLD_KEY = Ed25519PrivateKey.generate()
FREE = "Mental Health Services"
TERM = f"taxonomy:code={FREE}"
"""Maps the one term of the published samples."""


@dataclass
class TurnedClock:
    """Stands still until it is turned."""

    at: datetime = NOW

    def now(self) -> datetime:
        return self.at

    def turn(self, **by: float) -> None:
        self.at += timedelta(**by)


@dataclass
class Topic:
    """The topic `directory` in memory; `away` makes every produce unanswered."""

    messages: list[Message] = field(default_factory=list)
    away: bool = False

    def produce_and_wait(self, messages: Sequence[Message], timeout_s: float = 10.0) -> None:
        if self.away:
            raise OutcomeUnknown("no acknowledgement; repeat")
        self.messages.extend(messages)

    def directory(self) -> Directory:
        """What a reader of the whole topic knows."""
        found = Directory()
        for message in self.messages:
            found.apply(CODEC.decode(message.value, text(message.headers, "ce_type")))
        return found


@dataclass
class TopicTail:
    """Stands for `runtime.tail.Tail` over a `Topic`."""

    topic: Topic
    at: int = 0

    def present_ends(self, timeout_s: float = 10.0) -> dict[Partition, int]:
        return {Partition("directory", 0): len(self.topic.messages)}

    def read_to(self, ends: Mapping[Partition, int], timeout_s: float) -> list[list[Read]]:
        return [self.take(1000, 0.0)]

    def take(self, most: int, wait_s: float) -> list[Read]:
        new, self.at = self.topic.messages[self.at :], len(self.topic.messages)
        return [
            Read(Partition("directory", 0), n, m.key.encode(), m.value, list(m.headers.items()), 0)
            for n, m in enumerate(new)
        ]

    def close(self) -> None:
        return


@dataclass
class Office:
    """A directory on `url`, with its topic."""

    url: str
    topic: Topic = field(default_factory=Topic)
    clock: TurnedClock = field(default_factory=TurnedClock)
    asks_peer: bool = False

    def __post_init__(self) -> None:
        self.database = Database(self.url)
        self.book = Book(self.database, CODEC, self.clock)
        self.publisher = Publisher(self.database, self.topic, OWN)
        self.reader = TopicReader(TopicTail(self.topic), CODEC, self.book, OWN.public)  # type: ignore[arg-type]
        self.read = True
        desk = Desk(
            self.book,
            self.publisher,
            load_terms(),
            self.clock,
            lambda: {"directory_read": self.read},
            self.asks_peer,
        )
        self.app = build(desk, [HOST])
        self.client = TestClient(self.app, base_url=f"http://{HOST}", raise_server_exceptions=False)

    def close(self) -> None:
        self.database.close()

    def enrol(self, participant: str = "harbor-house", **programmes: Any) -> Any:
        body = {"participant_id": participant, "name": "Harbor House", "kind": "ngo", **programmes}
        return self.client.post("/v1/participants", json={"programmes": [draft()], **body})

    def send(self, name: str, content: bytes, **query: Any) -> Any:
        kinds = {"json": "application/json", "csv": "text/csv", "zip": "application/zip"}
        kind = kinds[name.rsplit(".", 1)[-1]]
        asked = {"file": name, **query}
        return self.client.post("/v1/imports", params=asked, content=content, headers={"content-type": kind})

    def search(self, **query: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.client.get("/v1/services", params=query).json()["services"]
        return found


def draft(**changed: Any) -> dict[str, Any]:
    """A programme as somebody enrols it."""
    whole = {
        "programme_id": "harbor-advocacy",
        "name": "Harbor advocacy",
        "confidential": False,
        "role": "assistance",
        "funding_streams": ["vawa", "voca"],
        "services": ["Case Management Services"],
        "languages": ["en", "es"],
        "region": "Bay Side",
        "age_bands": ["adult", "minor"],
        "access": ["interpreter"],
        "signing_key": b64(OLD_KEY.public_key().public_bytes_raw()),
        "sealing_key": b64(bytes(range(32))),
        "key_id": "1",
    }
    return whole | changed


def listed_participant(**changed: Any) -> ParticipantListed:
    whole: dict[str, Any] = {
        "event_id": ids.fresh(),
        "occurred_at": NOW,
        "participant_id": "harbor-house",
        "name": "Harbor House",
        "kind": "ngo",
    }
    return ParticipantListed(**(whole | changed))


def listed_programme(**changed: Any) -> ProgrammeListed:
    told = draft()
    told |= {name: base64.b64decode(told[name]) for name in ("signing_key", "sealing_key")}
    whole = {"event_id": ids.fresh(), "occurred_at": NOW, "participant_id": "harbor-house"}
    return ProgrammeListed(**(told | whole | changed))


def capacity(**changed: Any) -> CapacityReported:
    whole: dict[str, Any] = {
        "event_id": ids.fresh(),
        "occurred_at": NOW,
        "programme_id": "harbor-advocacy",
        "programme_from": "harbor-advocacy",
        "programme_to": "service_directory",
        "capacity": "capacity",
        "room": 2,
        "household_size": 3,
        "accessible": True,
        "languages": ["es"],
        "as_of": NOW - timedelta(minutes=1),
        "valid_until": NOW + timedelta(hours=12),
    }
    return CapacityReported(**(whole | changed))


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def sample(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


def sample_archive(**replaced: bytes | None) -> bytes:
    """The published CSV tables in a zip, some of them replaced or (None) left out."""
    files = {path.stem: path.read_bytes() for path in sorted((SAMPLES / "csv").glob("*.csv"))}
    return packed({name: c for name, c in (files | replaced).items() if c is not None})


def packed(files: Mapping[str, bytes]) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name if "." in name else f"{name}.csv", content)
    return whole.getvalue()


def table(*rows: Mapping[str, str]) -> bytes:
    """A CSV table with the columns of its rows."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text_file = io.StringIO(newline="")
    writer = csv.DictWriter(text_file, columns)
    writer.writeheader()
    writer.writerows(rows)
    return text_file.getvalue().encode()


def service(**changed: Any) -> dict[str, Any]:
    """A service with its organization, as HSDS 3 JSON; all invented."""
    whole = {
        "id": "11111111-1111-4111-8111-111111111111",
        "name": "Harbor legal desk",
        "status": "active",
        "last_modified": "2026-01-15T10:00:00Z",
        "organization": {
            "id": "22222222-2222-4222-8222-222222222222",
            "name": "Harbor House",
            "description": "Invented",
            "organization_identifiers": [
                {
                    "id": "33333333-3333-4333-8333-333333333333",
                    "identifier_scheme": "referral-exchange",
                    "identifier": "harbor-house",
                }
            ],
        },
        "service_areas": [{"id": "44444444-4444-4444-8444-444444444444", "name": "South Fields"}],
        "languages": [{"id": "55555555-5555-4555-8555-555555555555", "code": "tl"}],
        "attributes": [],
    }
    return whole | changed


def attribute(number: int, code: str, taxonomy: str = "referral-exchange") -> dict[str, Any]:
    """A term on a service."""
    row = f"{number:08d}"
    term = {"id": f"{row}-bbbb-4bbb-8bbb-bbbbbbbbbbbb", "code": code, "name": code, "description": code}
    return {
        "id": f"{row}-aaaa-4aaa-8aaa-aaaaaaaaaaaa",
        "link_entity": "service",
        "taxonomy_term": term | {"taxonomy": taxonomy},
    }


def as_bytes(*services: Mapping[str, Any]) -> bytes:
    return json.dumps(list(services)).encode()


def codes(report: Mapping[str, Any]) -> set[str]:
    """Codes of the errors of a report."""
    return {f["code"] for f in report["findings"] if f["severity"] == "error"}


def file_url(folder: Path) -> str:
    return f"sqlite:///{folder}/directory.db"
