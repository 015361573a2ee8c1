"""The operator's console in memory: a site over invented rows and an invented world, and how to ask it."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import test_utils

from referral_exchange.directory import Directory
from referral_exchange.events import CapacityReported, ParticipantListed, ProgrammeListed, ReferralRecord
from referral_exchange.events.routing import Clock, ConsentHeld
from referral_exchange.oversight.set_aside import Pointer, SetAside
from referral_exchange.tracing import TraceSearch
from status_board.console_key import ConsoleKey, FormGuard
from status_board.pages import new_pages
from status_board.recovery import Progress
from status_board.rules import Entry, Step
from status_board.site import Site
from status_board.world import Behind, Health, Held, Subject, World

KEY = "aaaa-bbbb-cccc-dddd-eeee-ffff-0000-1111"
TRACE = "0af7651916cd43dd8448eb211c80319c"
ZIPKIN = "http://127.0.0.1:9411/zipkin"


def an_id(number: int) -> str:
    """A referral's id."""
    return f"{number:08d}-3b1f-4b8f-9a57-0a5f7f1f2f3a"


def an_entry(number: int, state: str = "requested", age_s: float = 60, **changes: Any) -> Entry:
    """A row; `age_s` seconds in its state."""
    since = datetime.now(UTC) - timedelta(seconds=age_s)
    made = Entry(
        referral_id=an_id(number),
        programme_from="lantern-case-management",
        programme_to="harbor-shelter",
        state=state,
        sub_state=None,
        urgency="urgent",
        since=since,
        due_at=None,
        clock=None,
        elapsed=False,
        closed_at=None,
        steps=(Step("e1", "ReferralOffered", "requested", None, since, TRACE),),
    )
    return replace(made, **changes)


def a_directory(standing: str = "enrolled") -> Directory:
    """Harbor House, its shelter, and what that last said about its room."""
    now = datetime.now(UTC)
    made = Directory()
    made.apply(
        ParticipantListed(
            event_id=an_id(1),
            occurred_at=now,
            participant_id="harbor-house",
            name="Harbor House",
            kind="victim_service_provider",
            standing=standing,  # type: ignore[arg-type]
        )
    )
    made.apply(
        ProgrammeListed(
            event_id=an_id(2),
            occurred_at=now,
            programme_id="harbor-shelter",
            participant_id="harbor-house",
            name="Harbor Shelter",
            confidential=True,
            role="assistance",
            funding_streams=[],
            services=[],
            languages=[],
            region="Bay Side",
            age_bands=[],
            signing_key=bytes(32),
            key_id="1",
            access=[],
        )
    )
    made.apply(
        CapacityReported(
            event_id=an_id(3),
            occurred_at=now,
            programme_id="harbor-shelter",
            capacity="capacity",
            room=2,
            accessible=True,
            languages=[],
            as_of=now - timedelta(hours=1),
            valid_until=now - timedelta(minutes=5),
            programme_from="harbor-shelter",
            programme_to="service_directory",
        )
    )
    return made


def a_health(
    name: str, status: Any = "ready", participant: str = "", age_s: float = 30, **figures: float
) -> Health:
    """One process, `age_s` seconds in that status."""
    since = datetime.now(UTC) - timedelta(seconds=age_s)
    return Health(name, participant, status, since, since, figures)


def a_lag(group: str, unread: int, age_s: float | None = None, topic: str = "inbox.harbor-house") -> Behind:
    """One reader."""
    since = None if age_s is None else datetime.now(UTC) - timedelta(seconds=age_s)
    return Behind(group, topic, unread, since, True)


def set_aside(offset: int, code: str = "truncated", age_s: float = 90) -> SetAside:
    """One message that could not be read."""
    at = datetime.now(UTC) - timedelta(seconds=age_s)
    return SetAside(Pointer("outbox.harbor-house", 0, offset), code, at)


def a_record(number: int, *clocks: Clock, closed: bool = False) -> Held:
    """What the router's record says of a referral."""
    now = datetime.now(UTC)
    consent = ConsentHeld(
        consent_id=an_id(50),
        programme_from="lantern-case-management",
        programme_to="harbor-shelter",
        ends_at=now + timedelta(days=3),
        standing="live",
    )
    return Held(
        ReferralRecord(
            referral_id=an_id(number),
            programme_from="lantern-case-management",
            programme_to="harbor-shelter",
            state="received",
            urgency="urgent",
            consents=[consent],
            clocks=list(clocks),
            verdicts=[],
            updated_at=now,
            closed_at=now if closed else None,
        )
    )


def a_clock(due_in_s: float, name: str = "unanswered-urgent", *, elapsed: bool = False) -> Clock:
    """A clock that is due in so many seconds; negative: it was."""
    return Clock(name=name, due_at=datetime.now(UTC) + timedelta(seconds=due_in_s), elapsed=elapsed)


@dataclass
class Rows:
    """In place of the Faust table and of the contact with the broker."""

    entries_: Sequence[Entry] = ()
    taken: int = 0
    unreadable: Mapping[str, int] = field(default_factory=dict)
    answered_at: datetime | None = None
    behind: int | None = 0
    lost: bool = False
    rebuilt: bool = True
    so_far: Progress = field(default_factory=lambda: Progress("table", 3, 3))

    def entries(self) -> list[Entry]:
        return list(self.entries_)

    def entry(self, referral_id: str) -> Entry | None:
        return next((each for each in self.entries_ if each.referral_id == referral_id), None)

    def is_rebuilt(self) -> bool:
        return self.rebuilt

    def is_lost(self, now: datetime) -> bool:
        return self.lost

    def progress(self) -> Progress:
        return self.so_far


@dataclass
class Seen:
    """In place of the watch and of its follower."""

    of: World = field(default_factory=World)
    records: Sequence[Held] = ()

    @property
    def follower(self) -> "Seen":
        return self

    def world(self, *, broker_lost: bool) -> World:
        return replace(self.of, broker_lost=broker_lost)

    def held(self, referral_id: str) -> Held | None:
        return next((each for each in self.records if each.record.referral_id == referral_id), None)

    def with_clocks(self) -> list[Held]:
        return [each for each in self.records if each.record.clocks]

    def progress(self) -> Progress:
        return Progress("records", 1, 1)


@dataclass
class Steady:
    """Seconds that a test moves on."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def a_key_file(folder: Path, key: str = KEY, mode: int = 0o600) -> Path:
    """The file of the console's key."""
    file = folder / "operator_console.toml"
    file.write_text(f'[console]\nkey = "{key}"\n', encoding="utf-8")
    file.chmod(mode)
    return file


def a_site(
    entries: Iterable[Entry] = (), world: World | None = None, records: Iterable[Held] = (), **changes: Any
) -> Site:
    """A console over these rows and that world."""
    rows = changes.pop("rows", None) or Rows(tuple(entries))
    made = Site(
        board=rows,
        contact=rows,
        watch=Seen(world or World(), tuple(records)),  # type: ignore[arg-type]
        traces=TraceSearch.of(ZIPKIN),
        hosts=frozenset({"127.0.0.1"}),
        key=ConsoleKey(changes.pop("key_file", None), changes.pop("steady", Steady())),
        guard=FormGuard(Steady()),
        replaying=changes.pop("replaying", lambda pointers: dict.fromkeys(pointers, "replayed")),
    )
    return replace(made, **changes)


@dataclass(frozen=True)
class Answer:
    """What a page answered."""

    status: int
    headers: Mapping[str, str]
    text: str


def ask(site: Site, *paths: str, **headers: str) -> list[Answer]:
    """GET of each path."""
    return asked(site, *(("GET", path, headers, None) for path in paths))


def asked(site: Site, *requests: tuple[str, str, Mapping[str, str], Any]) -> list[Answer]:
    """Method, path, headers, form."""

    async def talk() -> list[Answer]:
        async with test_utils.TestClient(test_utils.TestServer(new_pages(site))) as client:
            told = []
            for how, path, headers, form in requests:
                answer = await client.request(how, path, headers=headers, data=form, allow_redirects=False)
                told.append(Answer(answer.status, answer.headers, await answer.text()))
            return told

    # On a thread of its own: whoever drives a real browser has a loop in this one.
    with ThreadPoolExecutor(1) as other:
        return other.submit(asyncio.run, talk()).result()


def a_bad_night() -> World:
    """Something of everything."""
    return World(
        directory=a_directory(),
        health=(
            a_health("referral_router", last_tick_age_s=1.5, partitions=6.0, restored=6.0),
            a_health("consent_ledger", "not-ready"),
            a_health("ngo_bridge.harbor-house", "silent", "harbor-house"),
            a_health("connector.fhir_health", "never", "cedar-grove-health"),
        ),
        lags=(a_lag("harbor-house.edge", 4, 50), a_lag("referral_router", 0, topic="consents")),
        aside=(set_aside(7), set_aside(8), set_aside(9, "made-by-a-newer-version")),
        within=frozenset({Pointer("outbox.harbor-house", 0, 7)}),
        subjects=(
            Subject("referral_exchange.referral.ReferralOffered", (1,), (1,), "same"),
            Subject("referral_exchange.parts.Needs", (1, 2), (1,), "missing"),
        ),
        looked_at={"records": datetime.now(UTC), "lags": datetime.now(UTC)},
    )
