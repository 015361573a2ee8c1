"""A router on paper: real bytes, rules and records, a log in memory, a clock tests turn. No broker."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cases import PARTITIONS, Case, Desk, desk
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from referral_exchange import catalog
from referral_exchange.events import Event
from referral_exchange.message import Envelope, headers
from referral_exchange.runtime.tail import Partition, Read
from referral_exchange.signing import ProgrammeSigner
from referral_exchange.topics import outbox, partition_of
from referral_router.letters import Letter, opened
from referral_router.outgoing import Outgoing
from referral_router.quarantine import QuarantineLimit
from referral_router.records import Records
from referral_router.referral import Referral
from referral_router.traces import NoTraces
from referral_router.turn import Desk as RouterDesk
from referral_router.turn import Turn
from referral_router.wire import Wire, milliseconds

IDS = {key: n for n, key in enumerate(sorted(catalog.committed()), 1)}
WIRE = Wire(catalog.committed(), IDS)
SIGNER = ProgrammeSigner("referral_router", "1", Ed25519PrivateKey.generate())
LEDGER = ProgrammeSigner("consent_ledger", "1", Ed25519PrivateKey.generate())
SENDER, RECIPIENT, STRANGER = desk("lantern"), desk("harbor"), desk("orchard")
DESKS = {d.participant: d for d in (SENDER, RECIPIENT, STRANGER)}
HOUR_MS = 3600_000


class Listed:
    """The three desks can be reached, nobody else."""

    def participant_of(self, programme: str) -> str | None:
        return next((p for p, d in DESKS.items() if d.programme == programme), None)

    def a_programme_of(self, participant: str) -> str:
        return DESKS[participant].programme


@dataclass(frozen=True)
class Sent:
    """One message the router produced."""

    topic: str
    key: str
    value: bytes | None
    headers: Mapping[str, Any]
    partition: int

    @property
    def event(self) -> Event:
        return WIRE.codec.decode(self.value, self.headers["ce_type"].decode())

    @property
    def identity(self) -> tuple[str, str]:
        """What a receiver tells doubles by."""
        return self.topic, getattr(self.event, "event_id", self.key)


def outgoing(number: int, produce: Any) -> Outgoing:
    """What writes for partition `number`, by `produce`."""
    out = Outgoing(WIRE, SIGNER, number)
    out.produce = produce
    return out


@dataclass
class PaperRouter:
    """Takes messages one turn at a time. `now` in ms; starts where the cases' events happen."""

    now: int
    number: int
    records: Records = field(default_factory=Records)
    sent: list[Sent] = field(default_factory=list)
    offsets: dict[str, int] = field(default_factory=dict)
    limit: QuarantineLimit = field(default_factory=lambda: QuarantineLimit(1000))
    later: list[Read] = field(default_factory=list)
    """Facts that stand in the log and have not come yet."""

    def turn(self, messages: Iterable[Read] = (), *, torn: bool = False) -> list[Sent]:
        """Decides all of `messages` in one transaction; `torn`: all was seen, nothing remembered."""
        batch: list[Sent] = []

        def produce(topic: str, value: bytes | None, key: str, partition: int, *, headers: Any) -> None:
            batch.append(Sent(topic, key, value, dict(headers), partition))

        shared = RouterDesk(WIRE, self.records, Listed(), self.limit, NoTraces(), HOUR_MS)
        turn = Turn(shared, outgoing(self.number, produce), self.now, self.lagging)
        read = list(messages)
        for message in (m for m in read if m.partition.topic == "consents"):
            turn.hear(opened(WIRE, message, "consent_ledger"))
        for message in (m for m in read if m.partition.topic != "consents"):
            turn.take(opened(WIRE, message, message.partition.topic.removeprefix("outbox.")))
        turn.tick(self.records.due(self.now))
        turn.finish()
        if not torn:
            self.records.put_all(turn.changed)
        self.sent += batch
        return batch

    def lagging(self) -> list[Letter]:
        facts, self.later = self.later, []
        return [opened(WIRE, fact, "consent_ledger") for fact in facts]

    def tell(self, *facts: Any) -> list[Sent]:
        """Facts of the ledger, in a turn of their own."""
        return self.turn([self.fact(fact) for fact in facts])

    def say(self, who: Desk, event: Any, **how: Any) -> list[Sent]:
        """An event of a desk, in a turn of its own."""
        return self.turn([self.letter(who, event, **how)])

    def fact(self, fact: Any) -> Read:
        return self._message("consents", LEDGER, fact, fact.consent_id)

    def letter(self, who: Desk, event: Any, **how: Any) -> Read:
        about = getattr(event, "referral_id", None) or event.event_id
        return self._message(outbox(who.participant), who.signer, event, about, **how)

    def record(self, case: Case) -> Referral:
        found = self.records.get(case.referral_id)
        assert found is not None
        return found

    def _message(
        self,
        topic: str,
        signer: ProgrammeSigner,
        event: Any,
        key: str,
        *,
        value: bytes | None = None,
        ce_type: str | None = None,
        own_key: str | None = None,
        number: int | None = None,
    ) -> Read:
        body = WIRE.codec.encode(event) if value is None else value
        stands_on = key if own_key is None else own_key
        to = getattr(event, "programme_to", "")
        about = Envelope(ce_type or event.RECORD, event.event_id, event.occurred_at, stands_on, to)
        offset = self.offsets.get(topic, 0)
        self.offsets[topic] = offset + 1
        partition = Partition(topic, self.number if number is None else number)
        named = [*headers(about, body, signer).items()]
        return Read(partition, offset, stands_on.encode(), body, named, self.now)


def paper(case: Case) -> PaperRouter:
    """The owner of the partition of `case`, now."""
    return PaperRouter(milliseconds(datetime.now(UTC)), partition_of(case.referral_id, PARTITIONS))


def inbox_of(sent: Iterable[Sent], who: Desk) -> list[Any]:
    """The events among `sent` that went to the inbox of `who`."""
    return [s.event for s in sent if s.topic == f"inbox.{who.participant}"]
