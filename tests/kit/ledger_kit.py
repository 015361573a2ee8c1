"""A consent ledger without Kafka: real database and keys, a log in memory, and clocks that tests turn."""

import asyncio
import base64
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from database_kit import filled
from sqlalchemy import update

from consent_ledger import store, tables
from consent_ledger.api import create_app
from consent_ledger.database import Database, engine_of
from consent_ledger.epoch_keys import EpochKeys
from consent_ledger.facts import FactMaker
from consent_ledger.key_store import KeyStore
from consent_ledger.ledger import Ledger
from consent_ledger.ledger_time import SteadyClock
from consent_ledger.outbox import Outbox
from consent_ledger.records import ConsentForm, GroundForm
from consent_ledger.rules import LockToOpen, PartToSeal
from consent_ledger.serving import Service
from consent_ledger.strangers import Strangers
from consent_ledger.upkeep import Upkeep
from referral_exchange import catalog, ids, policy
from referral_exchange.codec import Codec
from referral_exchange.directory import Directory
from referral_exchange.events import ParticipantListed, ProgrammeListed
from referral_exchange.http_signature import RequestVerifier, SignedAs
from referral_exchange.message import Message
from referral_exchange.policy import Policy
from referral_exchange.runtime import OutcomeUnknown
from referral_exchange.signing import ProgrammeSigner
from referral_exchange.tracing import Tracing
from referral_exchange.tracing.export import Nowhere
from referral_exchange.tracing.spans import Sink

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SENDER, RECIPIENT, STRANGER = "harbor-advocacy", "meadow-housing", "orchard-clinic"
STREAMS = {SENDER: ["vawa", "voca"], RECIPIENT: ["vawa", "voca"], STRANGER: ["hipaa"]}
PRECINCT, UNLISTED = "bay-precinct", "nobody-knows"
OPERATOR = "operator"
PAGE = "survivor_page"
CODEC = Codec(catalog.committed(), {key: n for n, key in enumerate(sorted(catalog.committed()), 1)})
POLICY = Policy.load()


@dataclass
class TurnedClock:
    """A wall clock and a monotonic one; `pass_` moves both, `jump` only the wall."""

    now: datetime = START
    ticks: float = 1000.0

    def wall(self) -> datetime:
        return self.now

    def monotonic(self) -> float:
        return self.ticks

    def pass_(self, **span: float) -> None:
        self.now += timedelta(**span)
        self.ticks += timedelta(**span).total_seconds()

    def jump(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass
class MemoryLog:
    """Takes facts like an acknowledged producer; `failing` makes it lose the acknowledgement or refuse."""

    messages: list[Message] = field(default_factory=list)
    failing: Exception | None = None
    keeps_what_it_fails: bool = False

    def produce_and_wait(self, messages: Sequence[Message], timeout_s: float = 10.0) -> None:
        if self.failing is None or self.keeps_what_it_fails:
            self.messages.extend(messages)
        if self.failing is not None:
            raise self.failing

    def lose_acknowledgements(self) -> None:
        self.failing, self.keeps_what_it_fails = OutcomeUnknown("consents: in a test"), True

    def be_away(self) -> None:
        self.failing, self.keeps_what_it_fails = OutcomeUnknown("consents: in a test"), False

    def work(self) -> None:
        self.failing = None


def signer(programme: str) -> ProgrammeSigner:
    return ProgrammeSigner(programme, "1", Ed25519PrivateKey.generate())


def a_directory(signers: dict[str, ProgrammeSigner]) -> Directory:
    directory = Directory()
    for programme, streams in {**STREAMS, PRECINCT: []}.items():
        directory.apply(
            ParticipantListed(
                event_id=ids.fresh(),
                occurred_at=START,
                participant_id=f"{programme}-office",
                name="Invented",
                kind="local_agency" if programme == PRECINCT else "ngo",
            )
        )
        directory.apply(
            ProgrammeListed(
                event_id=ids.fresh(),
                occurred_at=START,
                programme_id=programme,
                participant_id=f"{programme}-office",
                name="Invented",
                confidential=programme == RECIPIENT,
                role="enforcement" if programme == PRECINCT else "assistance",
                funding_streams=streams,
                services=[],
                languages=["en"],
                region="Invented",
                age_bands=["adult"],
                signing_key=signers[programme].public,
                sealing_key=None,
                key_id="1",
            )
        )
    return directory


class AsgiTransport(httpx.BaseTransport):
    """Calls an ASGI app from a synchronous httpx client, so that `SignedAs` can be used with it."""

    def __init__(self, app: object) -> None:
        self._inner = httpx.ASGITransport(app=app, raise_app_exceptions=False)  # type: ignore[arg-type]

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return asyncio.run(self._answer(request))

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        answer = await self._inner.handle_async_request(request)
        body = b"".join([chunk async for chunk in answer.stream])  # type: ignore[union-attr]
        return httpx.Response(answer.status_code, headers=answer.headers, content=body)


class LedgerKit:
    """The parts of one ledger: its keys in `folder`, its database at `url` or there too."""

    def __init__(
        self,
        folder: Path,
        clock: TurnedClock | None = None,
        log: MemoryLog | None = None,
        url: str | None = None,
        backups: Path | None = None,
        key_store: Callable[[str], KeyStore] | None = None,
        strangers: Strangers | None = None,
    ) -> None:
        self.folder = folder
        self.key_store = key_store or (lambda ledger_id: EpochKeys(self.epoch_folder, ledger_id))
        self.url = url or _own_file(folder)
        self.clock = clock or TurnedClock()
        self.log = log or MemoryLog()
        names = (*STREAMS, PRECINCT, UNLISTED, OPERATOR, PAGE)
        self.signers = {name: signer(name) for name in names}
        self.directory = a_directory(self.signers)
        self.database = Database(self.url)
        self.epoch_folder = folder / "epochs"
        self.ledger = Ledger(
            database=self.database,
            epoch_keys=self.key_store(self.ledger_id()),
            policy=POLICY,
            listed=lambda programme: policy.listed_programme(self.directory, programme),
            facts=FactMaker(CODEC, signer("consent_ledger")),
            wall=self.clock.wall,
            strangers=strangers or Strangers(burst=math.inf),
        )
        self.upkeep = Upkeep(self.ledger, SteadyClock(self.clock.wall, self.clock.monotonic), backups)
        self.upkeep.start()
        self.outbox = Outbox(self.database, self.log, self.clock.wall)
        self.can_judge = True
        self.runs: Callable[[str], str | None] | None = None
        self.key: Callable[[str, str], bytes | None] = self._listed_key

    def restarted(self) -> "LedgerKit":
        """Another ledger on the same keys and database, with the same clock and log."""
        return LedgerKit(self.folder, self.clock, self.log, self.url, key_store=self.key_store)

    def ledger_id(self) -> str:
        with self.database.transaction() as connection:
            return str(store.upkeep_row(connection).ledger_id)

    def turns(self, seconds: float, every: float = 10.0) -> None:
        """Lets steady time pass with a turn of the upkeep every so often."""
        for _ in range(round(seconds / every)):
            self.clock.pass_(seconds=every)
            self.upkeep.turn()

    def app(self, acknowledged_within_s: float = 5.0, spans: Sink | None = None) -> object:
        return create_app(
            Service(
                ledger=self.ledger,
                outbox=self.outbox,
                verifier=RequestVerifier(self.key, self.clock.wall),
                tracing=Tracing(spans or Nowhere()),
                ready=lambda: {"directory_read": self.can_judge},
                can_judge=lambda: self.can_judge,
                acknowledged_within_s=acknowledged_within_s,
                runs=self.runs,
            )
        )

    def _listed_key(self, programme: str, key_id: str, /) -> bytes | None:
        known = self.signers.get(programme) if programme != UNLISTED else None
        return known.public if known and key_id == "1" else None

    @contextmanager
    def sending(self) -> Iterator[None]:
        """The outbox runs in a thread of its own while the block lasts."""
        stop = Event()
        sender = Thread(target=self.outbox.run, args=(stop,))
        sender.start()
        try:
            yield
        finally:
            stop.set()
            self.outbox.hurry()
            sender.join()

    def client(self, app: object, programme: str) -> httpx.Client:
        auth = SignedAs(self.signers[programme], self.clock.wall)
        return httpx.Client(transport=AsgiTransport(app), base_url="http://ledger", auth=auth)

    def close(self) -> None:
        self.database.close()


def with_tables(url: str) -> None:
    """The newest tables of a ledger, in the empty database at `url`."""
    Database(url).close()


def as_another(url: str) -> None:
    """Gives a copy of such a database an id of its own: no two ledgers have the same."""
    engine = engine_of(url)
    with engine.begin() as connection:
        connection.execute(update(tables.ledger_time).values(ledger_id=ids.fresh()))
    engine.dispose()


def _own_file(folder: Path) -> str:
    path = folder / "ledger.db"
    url = f"sqlite:///{path}"
    if not path.exists():
        path.write_bytes(filled(with_tables))
        as_another(url)
    return url


def a_form(**changes: object) -> ConsentForm:
    """A sound consent from SENDER to RECIPIENT."""
    values: dict[str, object] = {
        "consent_id": ids.fresh(),
        "return_consent_id": ids.fresh(),
        "referral_id": ids.fresh(),
        "subject_token": ids.fresh(),
        "discloser": SENDER,
        "recipient": RECIPIENT,
        "purpose": "services",
        "data_classes": frozenset({"needs", "identity"}),
        "comes_back": frozenset({"service-status"}),
        "funding_streams": frozenset({"vawa", "voca"}),
        "signer": "self",
        "signer_is_abuser": False,
        "subject_is_minor": False,
        "minor_may_sign_alone": False,
        "minor_signed": False,
        "services_conditioned": False,
        "form_commitment": b"\x07" * 32,
        "language": "es",
        "explained_at": START - timedelta(hours=1),
        "signed_at": START - timedelta(minutes=50),
        "ends_at": START + timedelta(days=30),
    }
    return ConsentForm(**{**values, **changes})  # type: ignore[arg-type]


def a_ground(**changes: object) -> GroundForm:
    """A sound mandated report from SENDER to RECIPIENT, without an end."""
    values: dict[str, object] = {
        "ground_id": ids.fresh(),
        "return_ground_id": ids.fresh(),
        "referral_id": ids.fresh(),
        "discloser": SENDER,
        "recipient": RECIPIENT,
        "kind": "mandated_report",
        "statute": "Invented Code 12-3",
        "jurisdiction": "Invented State",
        "data_classes": frozenset({"documents", "identity"}),
        "ends_at": None,
        "compelled_by": "statute",
    }
    return GroundForm(**{**values, **changes})  # type: ignore[arg-type]


def ground_body(form: GroundForm) -> dict[str, object]:
    """`form` as POST /v1/grounds takes it."""
    ends = {"ends_at": form.ends_at.isoformat()} if form.ends_at else {}
    named = ("ground_id", "return_ground_id", "referral_id", "discloser", "recipient", "kind")
    values = {name: getattr(form, name) for name in (*named, "statute", "jurisdiction")}
    return {**values, "data_classes": sorted(form.data_classes), **ends}


def give_body(form: ConsentForm) -> dict[str, object]:
    """`form` as POST /v1/consents takes it."""
    return {
        "consent_id": form.consent_id,
        "return_consent_id": form.return_consent_id,
        "referral_id": form.referral_id,
        "subject_token": form.subject_token,
        "discloser": form.discloser,
        "recipient": form.recipient,
        "purpose": form.purpose,
        "data_classes": sorted(form.data_classes),
        "comes_back": sorted(form.comes_back),
        "signer_role": form.signer,
        "signer_is_abuser": form.signer_is_abuser,
        "subject_is_minor": form.subject_is_minor,
        "minor_may_sign_alone": form.minor_may_sign_alone,
        "minor_signed": form.minor_signed,
        "services_conditioned": form.services_conditioned,
        "form_commitment": base64.b64encode(form.form_commitment).decode(),
        "language": form.language,
        "explained_at": form.explained_at.isoformat(),
        "signed_at": form.signed_at.isoformat(),
        "ends_at": form.ends_at.isoformat(),
        "funding_streams": sorted(form.funding_streams),
    }


def a_part(form: ConsentForm | GroundForm, data_class: str = "identity", **changes: object) -> PartToSeal:
    """A part that `form` covers."""
    values: dict[str, object] = {
        "consent_id": id_of(form),
        "referral_id": form.referral_id,
        "recipient": form.recipient,
        "data_class": data_class,
        "blob": b"hpke-blob-of-" + data_class.encode(),
    }
    return PartToSeal(**{**values, **changes})  # type: ignore[arg-type]


def id_of(form: ConsentForm | GroundForm) -> str:
    return form.ground_id if isinstance(form, GroundForm) else form.consent_id


def to_open(form: ConsentForm | GroundForm, lock: bytes, **changes: str) -> LockToOpen:
    """A lock as its recipient asks for it."""
    values = {"consent_id": id_of(form), "referral_id": form.referral_id, **changes}
    return LockToOpen(lock=lock, **values)
