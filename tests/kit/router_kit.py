"""A router on a real broker, its own invented participants for every test, and what stands in the log."""

import itertools
import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from cases import PARTITIONS, Case, Desk, desk, given, withdrawn
from confluent_kafka import Producer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from warm_start import Warm

from exchange_command import service_settings, topic_setup
from exchange_command.platform import Platform
from referral_exchange import ids
from referral_exchange.events import (
    ConsentExpired,
    ConsentGiven,
    ConsentWithdrawn,
    Event,
    GroundRecorded,
    ParticipantListed,
    ProgrammeListed,
    ReplayAsked,
)
from referral_exchange.fault_points import VARIABLE
from referral_exchange.message import Envelope, headers
from referral_exchange.policy import Policy
from referral_exchange.runtime import clients
from referral_exchange.runtime.directory_follower import DirectoryFollower
from referral_exchange.runtime.tail import Partition, Read, Tail, present_ends
from referral_exchange.runtime.tls import client_context
from referral_exchange.settings import Settings
from referral_exchange.signing import ProgrammeSigner
from referral_exchange.topics import inbox, outbox, partition_of
from referral_router.app import tools
from referral_router.mailroom import Mailroom
from referral_router.options import Options
from referral_router.router import Router
from referral_router.task import Tools

_numbers = itertools.count(1)
_FENCED_S = 0.2


@dataclass
class HeldClock:
    """The machine's time, and as much more as a test says."""

    ahead: timedelta = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass(frozen=True)
class Found:
    """A message of the log, read."""

    event: Event
    message: Read

    @property
    def headers(self) -> Mapping[str, bytes | None]:
        return dict(self.message.headers)


class Exchange:
    """Desks, topics and a log on the broker of `platform`."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        places = platform.places
        self.kafka = places.kafka("administrator")
        """For what the tests do in everybody's place; the router under test has its own rights only."""
        self.clock = HeldClock()
        own = Settings(
            places.kafka("referral_router"),
            places.registry_url,
            service={"keys": str(places.keys)},
            tls=places.tls("referral_router"),
        )
        self.tools = tools(own, self.clock)
        self.admin = clients.admin(self.kafka)
        self.codec = self.tools.wire.codec
        self.producer: Producer = clients.producer(self.kafka)
        self.ledger = ProgrammeSigner("consent_ledger", "1", Ed25519PrivateKey.generate())
        # One for all that is read: a new one each time costs the broker ten times what is read with it.
        self._consumer = clients.consumer(self.kafka, "reader", **{"fetch.wait.max.ms": 5})
        self._reader = Tail(self._consumer, self.admin)
        self._partitions: dict[str, list[Partition]] = {}

    def make_tools(self, **options: Any) -> Tools:
        """Tools for one more router, which closes its mailroom in the end; all else is shared."""
        quick = {"tick_s": 0.0, "patience_s": 60.0, **options}
        follower = DirectoryFollower(self.tools.kafka, self.tools.wire.codec, "referral_router.directory")
        return replace(
            self.tools,
            mailroom=Mailroom(follower, self.tools.admin, Policy.load()),
            options=Options.of(quick),
        )

    def desk(self, word: str) -> Desk:
        """A new participant `<word>-<n>` with the programme `<word>-<n>-desk`, listed, with mailboxes."""
        new = desk(f"{word}-{os.getpid()}-{next(_numbers)}")
        self._make_mailboxes(new)
        self.list_desk(new)
        return new

    def service(self, name: str) -> Desk:
        """A service of the exchange that has mailboxes: participant and programme of that name, listed."""
        new = desk(name, name)
        self._make_mailboxes(new)
        self.list_desk(new, kind="exchange_service", sealing_key=os.urandom(32))
        return new

    def _make_mailboxes(self, desk: Desk) -> None:
        """Returns once they are seen: a router that looked before would look again in seconds only."""
        wanted = topic_setup.wanted([desk.participant])
        topic_setup.make_so(self.admin, wanted)
        wait(lambda: not topic_setup.missing(self.admin, wanted), lambda: time.sleep(0.01))

    def list_desk(self, desk: Desk, *, kind: Any = "ngo", sealing_key: bytes | None = None) -> None:
        now = datetime.now(UTC)
        self._list(
            f"participant:{desk.participant}",
            ParticipantListed(
                event_id=ids.fresh(),
                occurred_at=now,
                participant_id=desk.participant,
                name="Invented",
                kind=kind,
            ),
        )
        self._list(
            f"programme:{desk.programme}",
            ProgrammeListed(
                event_id=ids.fresh(),
                occurred_at=now,
                programme_id=desk.programme,
                participant_id=desk.participant,
                name="Invented",
                confidential=False,
                role="assistance",
                funding_streams=[],
                services=[],
                languages=[],
                region="invented",
                age_bands=[],
                signing_key=desk.signer.public,
                sealing_key=sealing_key,
                key_id="1",
            ),
        )

    def send(
        self,
        desk: Desk,
        event: Any,
        *,
        key: str | None = None,
        partition: int | None = None,
        value: bytes | None = None,
        ce_type: str | None = None,
        extra: Mapping[str, bytes] = {},
    ) -> None:
        """Produces `event` as `desk` would, or not quite, where told so."""
        about = getattr(event, "referral_id", None) or event.event_id
        own_key = about if key is None else key
        body = self.codec.encode(event) if value is None else value
        envelope = Envelope(
            ce_type or event.RECORD, event.event_id, event.occurred_at, own_key, event.programme_to
        )
        self.put(
            outbox(desk.participant),
            own_key,
            body,
            {**headers(envelope, body, desk.signer), **extra},
            partition_of(about, PARTITIONS) if partition is None else partition,
        )

    def put(self, topic: str, key: str, value: bytes | None, named: Mapping[str, bytes], number: int) -> None:
        failed: list[Any] = []
        self.producer.produce(
            topic,
            key=key,
            value=value,
            headers=[*named.items()],
            partition=number,
            on_delivery=lambda error, _: failed.append(error) if error else None,
        )
        assert self.producer.flush(30) == 0
        assert failed == []

    def give(self, case: Case, ends_at: datetime | None = None) -> None:
        """Both consents, as the ledger gives them."""
        for fact in given(case, ends_at):
            self.tell(fact)

    def withdraw(self, case: Case) -> None:
        """Ends both."""
        for fact in withdrawn(case):
            self.tell(fact)

    def tell(self, fact: ConsentGiven | GroundRecorded | ConsentWithdrawn | ConsentExpired) -> None:
        value = self.codec.encode(fact)
        envelope = Envelope(fact.RECORD, fact.event_id, fact.occurred_at, fact.consent_id, fact.programme_to)
        number = partition_of(fact.referral_id, PARTITIONS)
        self.put("consents", fact.consent_id, value, headers(envelope, value, self.ledger), number)

    def ask_for_replay(self, where: Partition, offset: int) -> None:
        """As the operator's command does."""
        asked = ReplayAsked(
            event_id=ids.fresh(),
            occurred_at=datetime.now(UTC),
            topic=where.topic,
            partition=where.number,
            offset=offset,
        )
        named = {"ce_type": asked.RECORD.encode(), "ce_id": asked.event_id.encode()}
        self.put("operations", where.topic, self.codec.encode(asked), named, where.number)

    def read(self, topic: str) -> list[Read]:
        """All of `topic` that is committed, to its present end."""
        if topic not in self._partitions:
            # Asked by the one that reads, which else finds out only after a while who leads them.
            count = len(self._consumer.list_topics(topic, timeout=10).topics[topic].partitions)
            self._partitions[topic] = [Partition(topic, number) for number in range(count)]
        tail = self._reader
        tail.assign(dict.fromkeys(self._partitions[topic], 0))
        try:
            return [message for batch in tail.read_to(tail.present_ends(), 20) for message in batch]
        finally:
            # It asks for no more until somebody does.
            tail.assign({})

    def found(self, topic: str) -> list[Found]:
        """The decoded messages of `topic`, whatever registry numbered their schemas."""
        return [Found(self._decoded(m), m) for m in self.read(topic) if m.value is not None]

    def _decoded(self, message: Read) -> Event:
        named = (dict(message.headers)["ce_type"] or b"").decode()
        return self.codec.decode(message.value, named, own_registry=False)

    def inbox(self, desk: Desk, *kinds: type) -> list[Any]:
        """The events in the inbox of `desk`, of these classes where any is named."""
        return [
            f.event for f in self.found(inbox(desk.participant)) if not kinds or isinstance(f.event, kinds)
        ]

    def _list(self, key: str, event: ParticipantListed | ProgrammeListed) -> None:
        named = {"ce_type": event.RECORD.encode()}
        number = partition_of(key, PARTITIONS)
        self.put("directory", key, self.codec.encode(event), named, number)


@contextmanager
def stepping(exchange: Exchange, **options: Any) -> Iterator[Router]:
    """A router without threads: it does nothing until it is stepped."""
    router = Router(exchange.make_tools(**options), "test", threaded=False)
    # Who was fenced holds still for half a session, which here would be for each of six after the other.
    quick = replace(router.tools.options, session_s=_FENCED_S)
    router.tools = replace(router.tools, options=quick)
    try:
        wait(lambda: len(router.tasks) == PARTITIONS, lambda: router._lease.poll(0.02))
        # Side by side, as its threads would: the client waits half a second in most of them.
        with ThreadPoolExecutor(PARTITIONS) as pool:
            list(pool.map(lambda task: task.step(0), router.tasks.values()))
        settle(router)
        yield router
    finally:
        router.close()


def settle(router: Router, until: Callable[[], bool] = lambda: True, seconds: float = 60.0) -> None:
    """Steps until every partition is owned, restored and read to its present end, and `until` holds."""
    deadline = time.monotonic() + seconds
    while not (at_its_end(router) and until()):
        assert time.monotonic() < deadline, "the router did not get there"
        router.step(0.02)


def at_its_end(router: Router) -> bool:
    """Whether all that stands in the log, and does not stall, is dealt with and committed."""
    tasks = router.tasks.values()
    if len(tasks) < PARTITIONS or not all(task.restored for task in tasks):
        return False
    done = {
        p: at
        for task in tasks
        for p, at in task.committed.items()
        # `operations` ends in the marks of transactions, which nobody reads and so nobody commits.
        if str_of(p) not in task.stalled and p.topic != "operations"
    }
    ends = present_ends(router.tools.admin, list(done))
    return all(done[partition] >= end for partition, end in ends.items())


def str_of(partition: Partition) -> str:
    return f"{partition.topic}/{partition.number}"


def wait(until: Callable[[], bool], meanwhile: Callable[[], object], seconds: float = 60.0) -> None:
    """Does `meanwhile` until `until` holds."""
    deadline = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < deadline, "it did not come true"
        meanwhile()


class RouterProcess:
    """`python -m referral_router` beside the test, on the broker of `exchange`."""

    def __init__(self, exchange: Exchange, folder: Path, port: int, fault: str | None = None) -> None:
        """Starts. `fault`: where it is to kill itself."""
        places = exchange.platform.places
        settings = folder / "referral_router.toml"
        service = {"port": port, "keys": str(places.keys), "instance": "test", "faults": True}
        sections = {
            **service_settings.connections(places, "referral_router"),
            "service": service,
        }
        settings.write_text(service_settings.to_toml(sections), encoding="utf-8")
        self._health = f"https://127.0.0.1:{port}/health/ready"
        self._own = client_context(places.tls("operator"))
        self._log = (folder / "router.log").open("ab")
        command = ["-m", "referral_router", "--settings", str(settings)]
        environment = {**os.environ, **({VARIABLE: fault} if fault else {})}
        self.process = Warm(command, self._log, environment=environment)

    def ready(self) -> dict[str, Any] | None:
        """What its health page says, once it is ready."""
        assert self.process.poll() is None, "the router ended"
        try:
            with urlopen(self._health, timeout=2, context=self._own) as answer:
                page: dict[str, Any] = json.load(answer)
                return page if len(page["partitions"]) == PARTITIONS else None
        except OSError:
            return None

    def dead(self) -> bool:
        return self.process.poll() is not None

    def end(self, with_signal: int = signal.SIGKILL) -> int:
        """Ends it; its exit code."""
        if not self.dead():
            self.process.send_signal(with_signal)
        code = self.process.wait(30)
        self._log.close()
        return code


@contextmanager
def at_work(router: Router) -> Iterator[None]:
    """The router's turns go on while somebody waits for them."""
    stop = threading.Event()

    def turn() -> None:
        while not stop.is_set():
            router.step(0.02)

    thread = threading.Thread(target=turn, name="router")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
