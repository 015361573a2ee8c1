"""Reads and writes what waits, inside a transaction that the caller began."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, Table, delete, insert, select, update

from survivor_page.tables import sayings, taken_back

SayingKind = Literal["QuestionAsked", "FeedbackGiven"]
_AT_ONCE = 100


@dataclass(frozen=True, slots=True, repr=False)
class TakenBack:
    """A consent that she took back. `session`: as protected for the row of its id."""

    consent_id: str
    session: bytes
    asked_at: datetime
    attempts: int = 0


@dataclass(frozen=True, slots=True, repr=False)
class Saying:
    """A question or feedback. `id` is the command by which the edge knows it again."""

    id: str
    kind: SayingKind
    fields: Mapping[str, Any]
    attempts: int = 0


def take_back(connection: Connection, asked: Collection[TakenBack], next_at: datetime) -> list[TakenBack]:
    """Writes what is not there yet, to be repeated from `next_at` on; returns all as they stand."""
    stood = of_consents(connection, {each.consent_id for each in asked})
    new = [each for each in asked if each.consent_id not in stood]
    for each in new:
        values = {"consent_id": each.consent_id, "session": each.session, "attempts": each.attempts}
        times = {"asked_at": _ms(each.asked_at), "next_at": _ms(next_at)}
        connection.execute(insert(taken_back).values(values | times))
    return [*stood.values(), *new]


def of_consents(connection: Connection, consent_ids: Collection[str]) -> dict[str, TakenBack]:
    """Those of these consents that wait, by id."""
    chosen = select(taken_back).where(taken_back.c.consent_id.in_(consent_ids))
    return {row.consent_id: _taken_back(row) for row in connection.execute(chosen)}


def due_withdrawals(connection: Connection, now: datetime) -> list[TakenBack]:
    """Those whose turn has come, the longest waiting first."""
    chosen = select(taken_back).where(taken_back.c.next_at <= _ms(now)).order_by(taken_back.c.next_at)
    return [_taken_back(row) for row in connection.execute(chosen.limit(_AT_ONCE))]


def put_off_withdrawal(connection: Connection, consent_id: str, attempts: int, next_at: datetime) -> None:
    """It had no answer."""
    _put_off(connection, taken_back, taken_back.c.consent_id == consent_id, attempts, next_at)


def withdrawn(connection: Connection, consent_id: str) -> None:
    """The ledger has ended it, or never will by this page: nothing of it stays here."""
    connection.execute(delete(taken_back).where(taken_back.c.consent_id == consent_id))


def say(connection: Connection, saying: Saying, at: datetime) -> None:
    """Writes what is to be said at that time, once for one id."""
    if connection.execute(select(sayings.c.id).where(sayings.c.id == saying.id)).first() is None:
        values = {"id": saying.id, "kind": saying.kind, "attempts": 0, "next_at": _ms(at)}
        connection.execute(insert(sayings).values(values | {"fields": json.dumps(dict(saying.fields))}))


def due_sayings(connection: Connection, now: datetime) -> list[Saying]:
    """Those whose turn has come."""
    chosen = select(sayings).where(sayings.c.next_at <= _ms(now)).order_by(sayings.c.next_at)
    rows = connection.execute(chosen.limit(_AT_ONCE))
    return [Saying(row.id, row.kind, json.loads(row.fields), row.attempts) for row in rows]


def put_off_saying(connection: Connection, saying_id: str, attempts: int, next_at: datetime) -> None:
    """It could not be said yet."""
    _put_off(connection, sayings, sayings.c.id == saying_id, attempts, next_at)


def said(connection: Connection, saying_id: str) -> None:
    """It was said, or cannot be."""
    connection.execute(delete(sayings).where(sayings.c.id == saying_id))


def _put_off(connection: Connection, table: Table, which: Any, attempts: int, next_at: datetime) -> None:
    connection.execute(update(table).where(which).values(attempts=attempts, next_at=_ms(next_at)))


def _taken_back(row: Any) -> TakenBack:
    asked_at = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=row.asked_at)
    return TakenBack(row.consent_id, bytes(row.session), asked_at, row.attempts)


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
