"""Edges without network: a strict ledger and router of their own, a broker in memory, a clock tests turn."""

import json
import struct
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from edge_places import laid_out

from participant_edge.assembly import edge_of
from participant_edge.commands import ConsentDraft, GroundKind, OfferDraft
from participant_edge.delivery import Delivery
from participant_edge.edge import Edge
from participant_edge.key_book import KeyBook
from participant_edge.ledger_client import LedgerClient
from participant_edge.means import Means, Own
from participant_edge.own_memory import open_memory
from participant_edge.store import Store
from referral_exchange import catalog, events, ids, runtime
from referral_exchange.codec import Codec
from referral_exchange.directory import Directory
from referral_exchange.fault_points import FaultPoints
from referral_exchange.http_signature import ReceivedRequest, RequestVerifier, SignatureRefused
from referral_exchange.message import Envelope, Message, headers, signed_bytes
from referral_exchange.policy import Policy
from referral_exchange.runtime.tail import Partition, Read
from referral_exchange.signing import ProgrammeSigner
from referral_exchange.topics import inbox, outbox

CODEC = Codec(catalog.committed(), {key: n for n, key in enumerate(sorted(catalog.committed()), 1)})
POLICY = Policy.load()
SENDER, RECIPIENT, OTHER = "lantern-case-management", "harbor-shelter", "orchard-clinic"
OFFICE = {SENDER: "lantern-outreach", RECIPIENT: "harbor-house", OTHER: "orchard-health"}
STREAMS = {SENDER: ["voca"], RECIPIENT: ["vawa", "fvpsa"], OTHER: ["hipaa"]}
ROUTER, LEDGER, SURVIVORS = "referral_router", "consent_ledger", "survivor_page"
NEEDS = events.Needs(
    services=["Housing Services"],
    languages=["es"],
    region="Wraithmoor Bay",
    age_band="adult",
    household_size=1,
    access=[],
)
IDENTITY = events.Identity(chosen_name="Marisol Invented", pronouns="she/her")


@dataclass
class TurnedClock:
    """Stands still until it is turned."""

    at: datetime = datetime(2026, 3, 2, 21, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def turn(self, **span: float) -> None:
        self.at += timedelta(**span)


@dataclass
class StillListings:
    """A directory that is read already."""

    directory: Directory
    version: int = 1
    readings: int = 0

    def step(self, wait_s: float = 0.0) -> int:
        return 0

    def caught_up(self) -> bool:
        return True

    def read_to_present_end(self, timeout_s: float = 10.0) -> None:
        self.readings += 1

    def close(self) -> None:
        return None


@dataclass
class HeldConsent:
    """A consent at the stand-in ledger."""

    discloser: str
    recipient: str
    referral_id: str
    partner_id: str
    classes: frozenset[str]
    ends_at: str
    key: bytes | None
    standing: str = "live"


class StrictLedger:
    """Answers as the ledger's description says, refuses all else, and can fall silent or lose answers."""

    def __init__(self, signing_keys: dict[str, bytes]) -> None:
        self.consents: dict[str, HeldConsent] = {}
        self.asked: list[tuple[str, str]] = []
        self.opened: list[dict[str, Any]] = []
        self.sealed: list[dict[str, Any]] = []
        self.ended: list[str] = []
        self.silent = 0
        self.losing = 0
        self.keys = signing_keys
        self.grounds: dict[str, dict[str, Any]] = {}
        self.confirmed: list[list[str]] = []
        self.answering: Callable[[str], httpx.Response | None] = lambda path: None
        self._verifier = RequestVerifier(lambda programme, _key: signing_keys.get(programme))

    @property
    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self._handle)

    def count(self, path: str) -> int:
        return sum(1 for _, asked in self.asked if asked == path)

    def _handle(self, request: httpx.Request) -> httpx.Response:
        if self.silent:
            self.silent -= 1
            raise httpx.ConnectError("away", request=request)
        path = request.url.path
        try:
            programme = self._verifier.verify_request(
                ReceivedRequest(request.method, path, list(request.headers.items()), request.content)
            )
        except SignatureRefused:
            return _problem(401, "signature")
        self.asked.append((programme, path))
        answer = self.answering(path) or self._answer(programme, path, json.loads(request.content))
        if self.losing:
            self.losing -= 1
            raise httpx.ReadTimeout("the answer is lost", request=request)
        return answer

    def _answer(self, programme: str, path: str, body: dict[str, Any]) -> httpx.Response:
        acts = {
            "/v1/consents": self._give,
            "/v1/grounds": self._record_ground,
            "/v1/confirmations": self._confirm,
            "/v1/closings": self._close,
            "/v1/withdrawals": self._withdraw,
            "/v1/seal": self._seal,
            "/v1/open": self._open,
            "/v1/check": self._check,
            "/v1/disclosures": self._disclosures,
            "/v1/person-codes": self._code,
        }
        return acts[path](programme, body)

    def _give(self, programme: str, body: dict[str, Any]) -> httpx.Response:
        assert len(b64decode(body["form_commitment"], validate=True)) == 32
        assert body["discloser"] == programme
        assert "service-status" in body["comes_back"]
        known = body["consent_id"] in self.consents
        there = HeldConsent(
            programme,
            body["recipient"],
            body["referral_id"],
            body["return_consent_id"],
            frozenset(body["data_classes"]),
            body["ends_at"],
            AESGCM.generate_key(256),
        )
        back = HeldConsent(
            there.recipient,
            there.discloser,
            there.referral_id,
            body["consent_id"],
            frozenset(body["comes_back"]),
            there.ends_at,
            AESGCM.generate_key(256),
        )
        if not known:
            self.consents |= {body["consent_id"]: there, body["return_consent_id"]: back}
        names = ("consent_id", "return_consent_id", "referral_id", "ends_at")
        answer = {name: body[name] for name in names} | {"standing": "live"}
        return httpx.Response(200 if known else 201, json=answer)

    def _record_ground(self, programme: str, body: dict[str, Any]) -> httpx.Response:
        """As a consent, without a form; what comes back is what the ledger says."""
        assert body["kind"] in get_args(GroundKind)
        asked = {
            "consent_id": body["ground_id"],
            "return_consent_id": body["return_ground_id"],
            "ends_at": body.get("ends_at") or "9999-12-31T00:00:00.000Z",
            "comes_back": ["service-status", "documents"],
            "form_commitment": b64encode(bytes(32)).decode(),
        }
        answer = self._give(programme, body | asked)
        self.grounds[body["ground_id"]] = body
        names = ("ground_id", "return_ground_id", "referral_id")
        told = {name: body[name] for name in names} | {"standing": "live", "ends_at": body.get("ends_at")}
        return httpx.Response(answer.status_code, json=told)

    def _close(self, programme: str, body: dict[str, Any]) -> httpx.Response:
        ground = self.consents.get(body["ground_id"])
        if ground is None or ground.discloser != programme or body["ground_id"] not in self.grounds:
            return _problem(404, "unknown")
        for each in (ground, self.consents[ground.partner_id]):
            each.standing, each.key = "expired", None
        answer = {"ground_id": body["ground_id"], "return_ground_id": ground.partner_id}
        told = answer | {"standing": "expired", "ended_at": "2026-03-02T21:05:00.000Z"}
        return httpx.Response(200, json=told)

    def restore(self) -> None:
        """From a backup: whatever was live is held until its discloser confirms it."""
        for consent in self.consents.values():
            if consent.standing == "live":
                consent.standing = "suspended"

    def _confirm(self, programme: str, body: dict[str, Any]) -> httpx.Response:
        named = {i: c for i in body["consent_ids"] if (c := self.consents.get(i)) is not None}
        # Only who gave the form may confirm, and what comes back is confirmed with it.
        if len(named) < len(body["consent_ids"]) or any(
            c.discloser != programme or "service-status" in c.classes for c in named.values()
        ):
            return _problem(404, "unknown")
        self.confirmed.append(body["consent_ids"])
        for consent in named.values():
            for each in (consent, self.consents[consent.partner_id]):
                each.standing = "live" if each.standing == "suspended" else each.standing
        lines = [{"consent_id": i, "standing": c.standing} for i, c in named.items()]
        return httpx.Response(200, json={"confirmed": lines})

    def _withdraw(self, programme: str, body: dict[str, Any]) -> httpx.Response:
        consent = self.consents.get(body["consent_id"])
        if consent is None or consent.discloser != programme:
            return _problem(404, "unknown")
        if body["consent_id"] in self.grounds:
            return _problem(409, "ground")
        if consent.standing in {"live", "suspended"}:
            self.ended.append(body["consent_id"])
        for each in (consent, self.consents[consent.partner_id]):
            each.standing, each.key = "withdrawn", None
        before = [o for o in self.opened if o["consent_id"] in (body["consent_id"], consent.partner_id)]
        answer = {
            "consent_id": body["consent_id"],
            "return_consent_id": consent.partner_id,
            "standing": "withdrawn",
            "in_force_at": "2026-03-02T21:05:00.000Z",
            "opened_before": before,
        }
        return httpx.Response(200, json=answer)

    def _seal(self, programme: str, body: dict[str, Any]) -> httpx.Response:
        locks = []
        for part in body["parts"]:
            consent = self.consents.get(part["consent_id"])
            if consent is None or consent.discloser != programme:
                return _problem(404, "unknown")
            if consent.standing == "suspended":
                return _problem(409, "suspended")
            if consent.standing != "live" or consent.key is None:
                return _problem(403, "denied", rule="consent-ended", law="exchange consent rule")
            named = (part["referral_id"], part["recipient"])
            if named != (consent.referral_id, consent.recipient) or part["data_class"] not in consent.classes:
                return _problem(403, "denied", rule="class-not-covered", law="exchange consent rule")
            inner = _piece(part["data_class"].encode()) + b64decode(part["blob"], validate=True)
            nonce = ids.fresh().encode()[:12]
            sealed = AESGCM(consent.key).encrypt(nonce, inner, _bound(part["consent_id"], consent))
            locks.append(b64encode(nonce + sealed).decode())
        self.sealed += [
            {
                **{name: part[name] for name in ("consent_id", "recipient", "data_class")},
                "at": "2026-03-02T21:00:30.000Z",
            }
            for part in body["parts"]
        ]
        return httpx.Response(200, json={"locks": locks})

    def _open(self, programme: str, body: dict[str, Any]) -> httpx.Response:
        opened = []
        for asked in body["locks"]:
            consent = self.consents.get(asked["consent_id"])
            if consent is None or consent.recipient != programme:
                return _problem(404, "unknown")
            if consent.standing == "suspended":
                return _problem(409, "suspended")
            if consent.standing != "live" or consent.key is None:
                return _problem(403, "denied", rule="consent-ended", law="exchange consent rule")
            raw = b64decode(asked["lock"], validate=True)
            inner = AESGCM(consent.key).decrypt(raw[:12], raw[12:], _bound(asked["consent_id"], consent))
            size = struct.unpack(">I", inner[:4])[0]
            opened.append(
                {"data_class": inner[4 : 4 + size].decode(), "blob": b64encode(inner[4 + size :]).decode()}
            )
            self.opened.append(
                {
                    "consent_id": asked["consent_id"],
                    "data_class": opened[-1]["data_class"],
                    "recipient": programme,
                    "at": "2026-03-02T21:01:00.000Z",
                }
            )
        return httpx.Response(200, json={"opened": opened})

    def _check(self, programme: str, body: dict[str, Any]) -> httpx.Response:
        consent = self.consents.get(body["consent_id"])
        if consent is None or consent.discloser != programme:
            return _problem(404, "unknown")
        if consent.standing == "suspended":
            return _problem(409, "suspended")
        matches = (body["referral_id"], body["recipient"]) == (consent.referral_id, consent.recipient)
        if consent.standing != "live" or not matches:
            return _problem(403, "denied", rule="consent-ended", law="exchange consent rule")
        return httpx.Response(204)

    def _code(self, programme: str, body: dict[str, Any]) -> httpx.Response:
        assert set(body) == {"consent_id", "request_id"}
        if body["consent_id"] not in self.consents:
            return _problem(404, "unknown")
        if self.consents[body["consent_id"]].discloser != programme:
            return _problem(404, "unknown")
        code = f"{int(body['request_id'].replace('-', ''), 16) % 10**9:09}"
        return httpx.Response(201, json={"code": code, "expires_at": "2031-05-04T22:30:00.000Z"})

    def _disclosures(self, _programme: str, body: dict[str, Any]) -> httpx.Response:
        lines = [
            {**line, "referral_id": self.consents[line["consent_id"]].referral_id, "kind": kind}
            for kind, noted in (("sealed", self.sealed), ("opened", self.opened))
            for line in noted
            if line["consent_id"] in body["consent_ids"]
        ]
        return httpx.Response(200, json={"disclosures": lines})


@dataclass
class MemoryBroker:
    """Outboxes and inboxes as lists; `failing` loses messages, `losing` only their acknowledgements."""

    outboxes: dict[str, list[Message]] = field(default_factory=dict)
    inboxes: dict[str, list[Message]] = field(default_factory=dict)
    committed: dict[str, int] = field(default_factory=dict)
    failing: int = 0
    losing: int = 0

    @property
    def produced(self) -> list[Message]:
        return [message for messages in self.outboxes.values() for message in messages]


@dataclass
class MemoryOutbox:
    """The edge's way out."""

    broker: MemoryBroker

    def produce_and_wait(self, messages: Sequence[Message], timeout_s: float = 10.0) -> None:
        if self.broker.failing:
            self.broker.failing -= 1
            raise runtime.OutcomeUnknown("in a test")
        for message in messages:
            self.broker.outboxes.setdefault(message.topic, []).append(message)
        if self.broker.losing:
            self.broker.losing -= 1
            raise runtime.OutcomeUnknown("in a test")

    def close(self) -> None:
        return None


class MemoryInbox:
    """The edge's way in; made anew it goes on where it committed."""

    def __init__(self, broker: MemoryBroker, participant: str) -> None:
        self._broker = broker
        self._topic = inbox(participant)
        self._next = broker.committed.get(self._topic, 0)

    def take(self, most: int, wait_s: float) -> list[Read]:
        waiting = self._broker.inboxes.get(self._topic, [])[self._next : self._next + most]
        taken = [
            Read(
                Partition(self._topic, 0), self._next + n, m.key.encode(), m.value, list(m.headers.items()), 0
            )
            for n, m in enumerate(waiting)
        ]
        self._next += len(taken)
        return taken

    @property
    def reached(self) -> dict[Partition, int]:
        return {Partition(self._topic, 0): self._next}

    def present_ends(self) -> dict[Partition, int]:
        return {Partition(self._topic, 0): len(self._broker.inboxes.get(self._topic, []))}

    def commit(self) -> None:
        self._broker.committed[self._topic] = self._next

    def close(self) -> None:
        return None


class Died(BaseException):
    """The process is gone: nothing of it may handle this."""


class Dying(FaultPoints):
    """Dies at its point once, by an exception that nothing catches, so that a test can go on."""

    def __init__(self, point: str | None) -> None:
        super().__init__(None)
        self._point = point

    def reach(self, name: str) -> None:
        if name == self._point:
            self._point = None
            raise Died(name)


class Network:
    """Three participants with a programme each, one ledger, one broker, and a router that only forwards."""

    def __init__(self, folder: Path, databases: Callable[[str], Path | str] | None = None) -> None:
        """`databases`: where each office keeps its own; a folder each, unless told otherwise."""
        self.folder = folder
        self._database = databases or (lambda office: folder / office)
        self.codec = CODEC
        self.clock = TurnedClock()
        self.broker = MemoryBroker()
        self.signers = {
            name: ProgrammeSigner(name, "1", Ed25519PrivateKey.generate())
            for name in (SENDER, RECIPIENT, OTHER, ROUTER, LEDGER, SURVIVORS)
        }
        self.sealing_keys = {name: X25519PrivateKey.generate() for name in (SENDER, RECIPIENT, OTHER)}
        self.ledger = StrictLedger({name: signer.public for name, signer in self.signers.items()})
        self.listings = StillListings(self._directory())
        self._stores: dict[str, Store] = {}
        self.routed: dict[str, int] = {}
        self.taken: list[bytes] = []
        self.ended = 0

    def edge(self, programme: str, delivery: Delivery | None = None, dies_at: str | None = None) -> Edge:
        """The edge of the programme's participant, on its own folder; made again it is the edge restarted."""
        if programme in self._stores:
            self._stores[programme].close()
        return edge_of(*self.parts(programme, dies_at), delivery, on_failure=lambda: None)

    def place(self, programme: str) -> Path | str:
        """Where the programme's office keeps its database."""
        return self._database(OFFICE[programme])

    def close(self) -> None:
        """Lets go of the offices' databases."""
        for store in self._stores.values():
            store.close()

    def parts(self, programme: str, dies_at: str | None = None) -> tuple[Means, MemoryInbox]:
        office = OFFICE[programme]
        store = self._stores[programme] = Store(laid_out(self.place(programme)))
        means = Means(
            own=Own(office, {programme: self.signers[programme]}, {programme: self.sealing_keys[programme]}),
            store=store,
            memory=open_memory(self.folder / "keys", office),
            ledger=LedgerClient("http://ledger", self.ledger.transport, lambda _: None),
            outbox=MemoryOutbox(self.broker),
            keys=KeyBook(store, self.listings, self.clock),
            policy=POLICY,
            codec=CODEC,
            clock=self.clock,
            faults=Dying(dies_at),
        )
        return means, MemoryInbox(self.broker, office)

    def route(self) -> int:
        """Forwards every new outbox message unchanged, and tells of every end of consent."""
        moved = 0
        for topic, messages in list(self.broker.outboxes.items()):
            for message in messages[self.routed.get(topic, 0) :]:
                event = CODEC.decode(message.value, message.headers["ce_type"].decode())
                self.taken.append(message.headers["ce_id"])
                if event.programme_to in OFFICE:  # type: ignore[union-attr]
                    self.put(event.programme_to, message)  # type: ignore[union-attr]
                    moved += 1
            self.routed[topic] = len(messages)
        for consent_id in self.ledger.ended[self.ended :]:
            moved += self.tell_ended(consent_id)
        self.ended = len(self.ledger.ended)
        return moved

    def put(self, programme: str, message: Message) -> None:
        """Into the inbox of the programme's participant."""
        topic = inbox(OFFICE[programme])
        self.broker.inboxes.setdefault(topic, []).append(replace(message, topic=topic))

    def tell_ended(self, consent_id: str, ending: str = "withdrawn") -> int:
        """`ConsentEnded` for both consents of the form, to both parties."""
        consent = self.ledger.consents[consent_id]
        pair = ((consent_id, consent), (consent.partner_id, self.ledger.consents[consent.partner_id]))
        for name, each in pair:
            for to in (each.discloser, each.recipient):
                self.put(to, self.message(self.consent_ended(name, to, ending), ROUTER))
        return 4

    def consent_ended(self, consent_id: str, to: str, ending: str = "withdrawn") -> events.ConsentEnded:
        consent = self.ledger.consents[consent_id]
        kind = events.ConsentWithdrawn if ending == "withdrawn" else events.ConsentExpired
        fact = kind(
            event_id=ids.derived(consent_id, ending, ""),
            occurred_at=self.clock.now(),
            programme_from=consent.discloser,
            programme_to=consent.recipient,
            referral_id=consent.referral_id,
            consent_id=consent_id,
        )
        value = CODEC.encode(fact)
        covered = signed_bytes(fact.RECORD, consent_id, fact.programme_to, value)
        return events.ConsentEnded(
            event_id=ids.derived(consent_id, f"ConsentEnded.{ending}", to),
            occurred_at=self.clock.now(),
            programme_from=ROUTER,
            programme_to=to,
            referral_id=consent.referral_id,
            consent_id=consent_id,
            ending=ending,  # type: ignore[arg-type]
            ledger_type=fact.RECORD,
            ledger_event=value,
            ledger_signature=self.signers[LEDGER].sign(covered),
            ledger_key_id="1",
        )

    def message(self, event: Any, signer: str, key: str | None = None) -> Message:
        """`event` framed and signed as it would stand on a topic."""
        value = CODEC.encode(event)
        about = key or getattr(event, "referral_id", None) or event.event_id
        envelope = Envelope(event.RECORD, event.event_id, event.occurred_at, about, event.programme_to)
        return Message("", about, value, headers(envelope, value, self.signers[signer]))

    def settle(self, *edges: Edge) -> None:
        """Turns everything until nothing moves any more."""
        for _ in range(20):
            read = sum(edge.step() for edge in edges)
            if not read and not self.route():
                return
        raise AssertionError("it does not come to rest")

    def consent(self, **changes: Any) -> ConsentDraft:
        """A good form; the clock of signatures is the wall's, that of the form the turned one."""
        now = self.clock.now()
        form = ConsentDraft(
            programme_from=SENDER,
            recipient=RECIPIENT,
            purpose="services",
            data_classes=("identity", "needs"),
            comes_back=("service-status",),
            language="es",
            signer_role="self",
            signer_is_abuser=False,
            subject_is_minor=False,
            minor_may_sign_alone=False,
            minor_signed=False,
            services_conditioned=False,
            form_commitment=bytes(32),
            explained_at=now - timedelta(minutes=10),
            signed_at=now - timedelta(minutes=5),
            ends_at=now + timedelta(days=30),
            funding_streams=("voca",),
        )
        return replace(form, **changes)

    def _directory(self) -> Directory:
        directory = Directory()
        for name in (*OFFICE, ROUTER, LEDGER, SURVIVORS):
            self.list(directory, name)
        return directory

    def list(self, directory: Directory, name: str, key_id: str = "1") -> None:
        """Lists a programme and its participant with the keys they have now."""
        service = name in (ROUTER, LEDGER, SURVIVORS)
        common: dict[str, Any] = {
            "event_id": ids.fresh(),
            "occurred_at": self.clock.now(),
            "name": "Invented",
        }
        office = OFFICE.get(name, name)
        kind = "exchange_service" if service else "ngo"
        directory.apply(events.ParticipantListed(**common, participant_id=office, kind=kind))  # type: ignore[arg-type]
        directory.apply(
            events.ProgrammeListed(
                **common,
                programme_id=name,
                participant_id=office,
                confidential=False,
                role="exchange_service" if service else "assistance",
                funding_streams=STREAMS.get(name, []),
                services=[],
                languages=["en"],
                region="Invented",
                age_bands=["adult"],
                signing_key=self.signers[name].public,
                sealing_key=None if service else self.sealing_keys[name].public_key().public_bytes_raw(),
                key_id=key_id,
            )
        )


def offer_of(consent_id: str, **changes: Any) -> OfferDraft:
    """A plain offer."""
    return replace(
        OfferDraft(consent_id=consent_id, urgency="urgent", answer_by=None, needs=NEEDS), **changes
    )


def an_offer(edge: Edge, network: Network, key: str = "1") -> str:
    """Consent given and needs offered; the referral's id."""
    given = edge.give_consent(network.consent(), f"consent-{key}")
    return edge.offer(offer_of(given.consent_id), f"offer-{key}").referral_id


def accepted(sender: Edge, recipient: Edge, network: Network, key: str = "1") -> str:
    """An offer that was received and accepted; the referral's id."""
    referral_id = an_offer(sender, network, key)
    network.settle(sender, recipient)
    recipient.answer(referral_id, "accepted", "accepted", f"answer-{key}")
    network.settle(sender, recipient)
    return referral_id


def _problem(status: int, code: str, **more: str) -> httpx.Response:
    body = {"type": f"https://referral-exchange.example/problems/{code}", "title": code, "status": status}
    return httpx.Response(status, json=body | more)


def _piece(raw: bytes) -> bytes:
    return struct.pack(">I", len(raw)) + raw


def _bound(consent_id: str, consent: HeldConsent) -> bytes:
    return b"".join(_piece(t.encode()) for t in (consent_id, consent.referral_id, consent.recipient))


__all__ = [
    "IDENTITY",
    "NEEDS",
    "OTHER",
    "RECIPIENT",
    "SENDER",
    "Network",
    "accepted",
    "an_offer",
    "offer_of",
    "outbox",
]
