"""Rows of what waits, and of what was done to tell of it."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, select, update

from participant_edge.notices.rules import Matter, Rung, Step, pause
from participant_edge.notices.tables import matters, reading, steps

Steps = Mapping[str, Step]
"""The steps of one matter, by rung key."""


def place(connection: Connection) -> tuple[int, str]:
    """Number and event id of the last change that was read; 0 and nothing before the first."""
    row = connection.execute(select(reading.c.number, reading.c.event_id)).one_or_none()
    return (row.number, row.event_id) if row else (0, "")


def set_place(connection: Connection, number: int, event_id: str) -> None:
    """Remembers how far the changes were read, in the transaction that took them."""
    connection.execute(delete(reading))
    connection.execute(insert(reading).values(only=1, number=number, event_id=event_id))


def begin(connection: Connection, **values: Any) -> bool:
    """Adds an open matter; False where one is open for the same, or this cause has begun one before."""
    same = and_(matters.c.referral_id == values["referral_id"], matters.c.kind == values["kind"])
    standing = and_(same, (matters.c.state == "open") | (matters.c.cause == values["cause"]))
    if connection.execute(select(matters.c.number).where(standing)).first() is not None:
        return False
    connection.execute(insert(matters).values(state="open", **values))
    return True


def end(connection: Connection, referral_id: str, still: Collection[str], now: datetime) -> None:
    """Ends what waited for this referral and is not among `still`."""
    over = and_(
        matters.c.referral_id == referral_id, matters.c.state != "ended", matters.c.kind.not_in(still)
    )
    _close(connection, over, "ended", now)


def end_one(connection: Connection, number: int, now: datetime) -> None:
    """Ends one matter."""
    _close(connection, and_(matters.c.number == number, matters.c.state != "ended"), "ended", now)


def acknowledge(connection: Connection, number: int, now: datetime) -> bool:
    """Somebody has heard: nobody else is told. False where no such matter waits."""
    known = select(matters.c.number).where(matters.c.number == number, matters.c.state != "ended")
    if connection.execute(known).first() is None:
        return False
    _close(connection, and_(matters.c.number == number, matters.c.state == "open"), "acknowledged", now)
    return True


def open_matters(connection: Connection) -> list[Matter]:
    """All that nobody has acknowledged, oldest first."""
    chosen = select(matters).where(matters.c.state == "open").order_by(matters.c.number)
    return [_matter(row._mapping) for row in connection.execute(chosen)]


def acknowledged(connection: Connection) -> list[Matter]:
    """All that somebody has acknowledged and that waits still."""
    chosen = select(matters).where(matters.c.state == "acknowledged").order_by(matters.c.number)
    return [_matter(row._mapping) for row in connection.execute(chosen)]


def steps_of_open(connection: Connection) -> Mapping[int, Steps]:
    """The steps of every open matter, by its number."""
    chosen = select(steps).join(matters, steps.c.matter == matters.c.number).where(matters.c.state == "open")
    found: dict[int, dict[str, Step]] = defaultdict(dict)
    for row in connection.execute(chosen):
        values = {name: row._mapping[name] for name in Step.__dataclass_fields__}
        found[row.matter][row.rung] = Step(**values)
    return found


def plan_step(connection: Connection, number: int, rung: Rung, now: datetime) -> bool:
    """Stores an attempt before it is made. False where it is known as sent, or its matter no longer open."""
    is_open = select(matters.c.number).where(matters.c.number == number, matters.c.state == "open")
    if connection.execute(is_open).first() is None:
        return False
    this = and_(steps.c.matter == number, steps.c.rung == rung.key)
    row = connection.execute(select(steps.c.state, steps.c.attempts).where(this)).one_or_none()
    if row is None:
        values = {"matter": number, "rung": rung.key, "state": "planned", "attempts": 1}
        connection.execute(insert(steps).values(**values, planned_at=now, next_try_at=now + pause(1)))
        return True
    if row.state != "planned":
        return False
    attempts = row.attempts + 1
    again_at = now + pause(attempts)
    connection.execute(update(steps).where(this).values(attempts=attempts, next_try_at=again_at))
    return True


def set_step(connection: Connection, number: int, rung: Rung, **values: Any) -> None:
    """Notes what became of an attempt."""
    this = and_(steps.c.matter == number, steps.c.rung == rung.key)
    connection.execute(update(steps).where(this).values(**values))


def set_loud(connection: Connection, number: int, since: datetime | None) -> None:
    """Notes since when a matter is said aloud; None: it is not."""
    connection.execute(update(matters).where(matters.c.number == number).values(loud_at=since))


def forget_ended(connection: Connection, before: datetime) -> None:
    """Removes what ended before then, with its steps."""
    old = select(matters.c.number).where(matters.c.state == "ended", matters.c.ended_at < before)
    connection.execute(delete(steps).where(steps.c.matter.in_(old)))
    connection.execute(delete(matters).where(matters.c.number.in_(old)))


def _close(connection: Connection, which: ColumnElement[bool], state: str, now: datetime) -> None:
    connection.execute(update(matters).where(which).values(state=state, loud_at=None, ended_at=now))


def _matter(row: Mapping[Any, Any]) -> Matter:
    return Matter(**{name: row[name] for name in Matter.__dataclass_fields__})
