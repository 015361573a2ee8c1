"""A router on paper: real bytes, rules and records, a log in memory, a clock tests turn. No broker."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cases import PARTITIONS, Case, Desk, desk, now
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from referral_exchange import catalog, ids
from referral_exchange.events import Event, ReplayAsked
from referral_exchange.message import Envelope, headers
from referral_exchange.runtime.tail import Partition, Read
from referral_exchange.signing import ProgrammeSigner
from referral_exchange.topics import outbox, partition_of
from referral_router import again
from referral_router.errands import Errands, Situation
from referral_router.letters import Letter, opened
from referral_router.limits import Limit
from referral_router.outgoing import Outgoing
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
SERVICES = [desk(name, name) for name in ("service_directory", "plan_office", "survivor_page")]
"""Services of the exchange that have mailboxes."""
DESKS = {d.participant: d for d in (SENDER, RECIPIENT, STRANGER, *SERVICES)}
HOUR_MS = 3600_000
DAY_MS = 24 * HOUR_MS


BARRED: set[str] = set()
"""Programmes that the policy lets nobody speak to; a test puts them there, and takes them away again."""


class Listed:
    """The three desks and the services can be reached, nobody else."""

    def __init__(self, away: Mapping[str, str] = {}) -> None:
        self.away = away

    def participant_of(self, programme: str) -> str | None:
        return next((p for p, d in DESKS.items() if d.programme == programme), None)

    def barred(self, sender: str, recipient: str) -> str | None:
        return "denied" if recipient in BARRED else None

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
    away: dict[str, str] = field(default_factory=dict)
    """Standing by programme, of those that do not take part."""
    caught_up: dict[str, str] | None = None
    """The same, as the directory's present end tells it once somebody reads on."""
    sent: list[Sent] = field(default_factory=list)
    offsets: dict[str, int] = field(default_factory=dict)
    limit: Limit = field(default_factory=lambda: Limit(1000))
    later: list[Read] = field(default_factory=list)
    """Facts that stand in the log and have not come yet."""
    log: dict[tuple[Partition, int], Read] = field(default_factory=dict)
    """All that was written for it to read; a test deletes as the janitor would."""
    errands: Errands = field(init=False)

    def __post_init__(self) -> None:
        self.errands = self.no_errands()

    def no_errands(self) -> Errands:
        """As after a takeover."""
        return Errands(WIRE, self.number, lambda wanted: {p: self.log[p] for p in wanted if p in self.log})

    def turn(self, messages: Iterable[Read] = (), *, torn: bool = False) -> list[Sent]:
        """Decides all of `messages` in one transaction; `torn`: all was seen, nothing remembered."""
        turn, batch = self._turn()
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

    def run(self, *asked: Read, most: int = 1000, torn: bool = False) -> list[Sent]:
        """What stands in `operations` and, a transaction at a time, all that it asks for."""
        self.errands.sorted_out(list(asked))
        batches = [self.run_one(torn=torn) for _ in range(most) if len(self.errands)]
        return [sent for batch in batches for sent in batch]

    def run_one(self, *, torn: bool = False) -> list[Sent]:
        """One transaction of errands; `torn`: all was seen, nothing remembered."""
        committed = {Partition(topic, self.number): offset for topic, offset in self.offsets.items()}
        situation = Situation(self.records, Listed(), frozenset(DESKS), committed, self.now - 14 * DAY_MS)
        work = self.errands.next(situation)
        assert work is not None
        turn, batch = self._turn()
        again.do(turn, work)
        turn.finish()
        if torn:
            return batch
        self.records.put_all(turn.changed)
        self.errands.done(work)
        self.sent += batch
        return batch

    def shares(self, sent: Iterable[Sent]) -> list[Read]:
        """What of `sent` the owner of this partition finds in `operations`."""
        ours = [s for s in sent if s.topic == "operations" and s.partition == self.number]
        return [self._operation(s.value, s.headers["ce_type"]) for s in ours]

    def asked(self, topic: str, offset: int, **how: Any) -> Read:
        """An operator asks for a message of `topic` to be read again."""
        number = how.get("partition", self.number)
        event = ReplayAsked(
            event_id=ids.fresh(), occurred_at=now(), topic=topic, partition=number, offset=offset
        )
        return self._operation(WIRE.codec.encode(event), event.RECORD.encode())

    def _operation(self, value: bytes | None, ce_type: bytes) -> Read:
        offset = self.offsets.get("operations", 0)
        self.offsets["operations"] = offset + 1
        where = Partition("operations", self.number)
        return Read(where, offset, b"any", value, [("ce_type", ce_type)], self.now)

    def _turn(self) -> tuple[Turn, list[Sent]]:
        batch: list[Sent] = []

        def produce(topic: str, value: bytes | None, key: str, partition: int, *, headers: Any) -> None:
            batch.append(Sent(topic, key, value, dict(headers), partition))

        post = Listed(self.away)
        shared = RouterDesk(WIRE, self.records, post, self.limit, NoTraces(), HOUR_MS)
        return Turn(shared, outgoing(self.number, produce), self.now, lambda: self._read_on(post)), batch

    def _read_on(self, post: Listed) -> list[Letter]:
        if self.caught_up is not None:
            post.away = self.away = self.caught_up
        return self.lagging()

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
        read = Read(partition, offset, stands_on.encode(), body, named, self.now)
        self.log[partition, offset] = read
        return read


def paper(case: Case) -> PaperRouter:
    """The owner of the partition of `case`, now."""
    return PaperRouter(milliseconds(datetime.now(UTC)), partition_of(case.referral_id, PARTITIONS))


def inbox_of(sent: Iterable[Sent], who: Desk) -> list[Any]:
    """The events among `sent` that went to the inbox of `who`."""
    return [s.event for s in sent if s.topic == f"inbox.{who.participant}"]
