"""Wrong tries, counted by name, source and browser, and how long the next one has to wait."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, select, text, update

from ngo_bridge.database import Database
from ngo_bridge.local_secret import LocalSecret
from ngo_bridge.sign_in import rules
from ngo_bridge.sign_in.rules import Counted
from ngo_bridge.tables import sign_in_wait
from referral_exchange.callers import network_of

# Both databases know these words.
_MAKE = text("INSERT INTO sign_in_wait VALUES (:mark, 0, :now, :now) ON CONFLICT DO NOTHING")


@dataclass(frozen=True, slots=True)
class Counter:
    """One count of wrong tries. `mark` is keyed: the table tells no name and no address."""

    kind: Counted
    mark: str

    @property
    def own(self) -> bool:
        """Whether who signs in has earned a clean slate here. The others count strangers' tries too."""
        return self.kind in ("known-browser", "name-and-source")


@dataclass(frozen=True, slots=True)
class Charged:
    """`wait`: the try was not let through. `starts`: should this one be wrong, the next will wait."""

    wait: timedelta
    starts: bool = False


def counters(secret: LocalSecret, name: str, source: str, known_browser: str | None) -> list[Counter]:
    """What a try is counted by. A known browser is counted by itself alone: strangers cannot make it wait."""
    if known_browser is not None:
        return [_counter(secret, "known-browser", name, known_browser)]
    network = network_of(source)
    return [
        _counter(secret, "name-and-source", name, network),
        _counter(secret, "name", name),
        _counter(secret, "source", network),
    ]


class WaitBook:
    """Counts in the bridge's database, so that starting the bridge anew forgives nothing."""

    def __init__(self, database: Database) -> None:
        """`database`: the bridge's own."""
        self._database = database

    def charge(self, tried_by: Sequence[Counter], now: datetime) -> Charged:
        """Counts a try as wrong before it is looked at, so that many at once get no further than one by one.

        A try that has to wait is not counted: hammering at a closed door keeps it closed no longer.
        """
        with self._database.transaction() as connection:
            rows = _held(connection, tried_by, now)
            wait = max(datetime.fromisoformat(row.waits_until) for row in rows.values()) - now
            if wait > timedelta():
                return Charged(wait)
            starts = False
            for each in tried_by:
                starts |= _count(connection, each, rows[each.mark], now)
            old = sign_in_wait.c.last_at < _text(now - rules.FORGOTTEN)
            connection.execute(delete(sign_in_wait).where(old))
        return Charged(timedelta(), starts)

    def forgive(self, tried_by: Sequence[Counter], now: datetime) -> None:
        """The try was right: takes it off again; off the counts of this person's own, everything."""
        with self._database.transaction() as connection:
            for mark, row in _held(connection, tried_by, now).items():
                each = next(counter for counter in tried_by if counter.mark == mark)
                left = 0 if each.own else max(0, row.failures - 1)
                _set(connection, each, left, datetime.fromisoformat(row.last_at))

    def forget(self, secret: LocalSecret, name: str) -> None:
        """Drops the count of strangers' tries at `name`."""
        mark = _counter(secret, "name", name).mark
        with self._database.transaction() as connection:
            connection.execute(delete(sign_in_wait).where(sign_in_wait.c.mark == mark))


def _held(connection: Connection, wanted: Sequence[Counter], now: datetime) -> dict[str, Row[Any]]:
    """The rows of `wanted`, made where absent, and held until the transaction ends; always in one order."""
    marks = sorted(each.mark for each in wanted)
    for mark in marks:
        connection.execute(_MAKE, {"mark": mark, "now": _text(now)})
    chosen = select(sign_in_wait).where(sign_in_wait.c.mark.in_(marks)).order_by(sign_in_wait.c.mark)
    return {row.mark: row for row in connection.execute(chosen.with_for_update())}


def _count(connection: Connection, each: Counter, row: Row[Any], now: datetime) -> bool:
    old = datetime.fromisoformat(row.last_at) < now - rules.FORGOTTEN
    return _set(connection, each, 1 if old else row.failures + 1, now)


def _set(connection: Connection, each: Counter, failures: int, last_at: datetime) -> bool:
    """Whether that many make the next try wait."""
    wait = rules.wait_after(failures, rules.FREE_TRIES[each.kind])
    values = {"failures": failures, "last_at": _text(last_at), "waits_until": _text(last_at + wait)}
    connection.execute(update(sign_in_wait).where(sign_in_wait.c.mark == each.mark).values(values))
    return wait > timedelta()


def _counter(secret: LocalSecret, kind: Counted, *of: str) -> Counter:
    return Counter(kind, secret.mark("wrong tries", kind, *of).hex())


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
