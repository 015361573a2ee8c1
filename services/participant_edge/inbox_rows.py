"""What came in, in the edge's database: sealed bytes until the consent ends, and what became of each."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, exists, func, or_, select, update

from participant_edge.inserting import insert_or
from participant_edge.tables import commands, inbox
from participant_edge.views import InboxEntry, Page

_OPEN_ENDED = 2**62


@dataclass(frozen=True, slots=True)
class Pointer:
    """Where a message stood in the inbox."""

    topic: str
    partition: int
    offset: int


@dataclass(frozen=True, slots=True, repr=False)
class Entry:
    """A stored message. `value`: its framed bytes, None once erased. `place`: its order of arrival."""

    place: int
    pointer: Pointer
    participant: str
    event_id: str
    ce_type: str
    referral_id: str | None
    programme_from: str
    programme_to: str
    value: bytes | None
    signature: bytes | None
    key_id: str
    traceparent: str | None
    attempts: int
    first: bool


def known(connection: Connection, participant: str, event_id: str) -> bool:
    """Whether this event of `participant` came before."""
    query = select(inbox.c.place).where(inbox.c.participant == participant, inbox.c.event_id == event_id)
    return connection.execute(query).first() is not None


def nothing_yet(connection: Connection) -> bool:
    """Whether nothing ever came in and nothing was ever asked: a database that is new, or was lost."""
    came = connection.execute(select(inbox.c.place).limit(1)).first()
    return came is None and connection.execute(select(commands.c.command_id).limit(1)).first() is None


def add(connection: Connection, values: dict[str, Any]) -> bool:
    """Stores a message; False where it is there already."""
    return (
        connection.execute(insert_or(connection, inbox).values(values).on_conflict_do_nothing()).rowcount == 1
    )


def erase_under(connection: Connection, consent_id: str) -> None:
    """Erases the sealed bytes of everything under `consent_id`; what was still to be delivered is shut."""
    under = and_(inbox.c.consent_id == consent_id, inbox.c.parts > 0)
    waiting = and_(under, inbox.c.state.in_(("waiting", "held")))
    connection.execute(update(inbox).where(waiting).values(state="shut", code="consent-ended"))
    connection.execute(update(inbox).where(under).values(value=None, parts=0))


def due(connection: Connection, now: datetime, limit: int) -> list[Entry]:
    """Waiting messages whose time has come: those that overtake first; in one referral never out of order."""
    other = inbox.alias()
    before = or_(
        other.c.first > inbox.c.first, and_(other.c.first == inbox.c.first, other.c.place < inbox.c.place)
    )
    held_up = exists().where(other.c.state == "waiting", other.c.referral_id == inbox.c.referral_id, before)
    query = (
        select(inbox)
        .where(inbox.c.state == "waiting", inbox.c.next_try_at <= now, ~held_up)
        .order_by(inbox.c.first.desc(), inbox.c.place)
        .limit(limit)
    )
    return [_entry(row) for row in connection.execute(query)]


def first_waits(connection: Connection, referral_id: str | None) -> bool:
    """Whether an end of consent or a change of safe contact waits to be delivered for the referral."""
    named = and_(inbox.c.referral_id == referral_id, inbox.c.first, inbox.c.state == "waiting")
    return connection.execute(select(inbox.c.place).where(named)).first() is not None


def delivered(connection: Connection, place: int, now: datetime, promised: str) -> bool:
    """Remembers the effect; False where the consent ended meanwhile and the message is shut."""
    waiting = and_(inbox.c.place == place, inbox.c.state == "waiting")
    values = {"state": "delivered", "delivered_at": now, "delivered": promised}
    change = update(inbox).where(waiting).values(attempts=inbox.c.attempts + 1, **values)
    return connection.execute(change).rowcount == 1


def put_off(connection: Connection, place: int, until: datetime) -> None:
    """An attempt failed; the next is at `until`."""
    change = update(inbox).where(inbox.c.place == place)
    connection.execute(change.values(attempts=inbox.c.attempts + 1, next_try_at=until))


def shut(connection: Connection, place: int, code: str) -> None:
    """It will never be delivered; its sealed bytes go."""
    change = update(inbox).where(inbox.c.place == place)
    connection.execute(change.values(state="shut", code=code, value=None, parts=0))


def release(connection: Connection, place: int) -> None:
    """Takes a held message out, so that it can be judged anew."""
    connection.execute(inbox.delete().where(inbox.c.place == place))


def held(connection: Connection, programme: str) -> list[tuple[Entry, datetime]]:
    """Messages that wait for a key of `programme`, with their time of arrival.

    An end of consent waits for the ledger's key, whoever sent it.
    """
    waiting = or_(inbox.c.programme_from == programme, inbox.c.ce_type.startswith("ConsentEnded."))
    query = select(inbox).where(waiting, inbox.c.state == "held").order_by(inbox.c.place)
    rows = connection.execute(query).all()
    return [(_entry(row), row.received_at) for row in rows]


def holding(connection: Connection, referral_id: str, event_id: str) -> Entry | None:
    """The message of that event while it still holds sealed parts."""
    own = and_(inbox.c.referral_id == referral_id, inbox.c.event_id == event_id)
    row = connection.execute(select(inbox).where(own, inbox.c.parts > 0, inbox.c.state != "held")).first()
    return _entry(row) if row else None


def with_parts(connection: Connection, referral_id: str) -> list[Entry]:
    """Messages of the referral that still hold sealed parts, oldest first."""
    query = select(inbox).where(
        inbox.c.referral_id == referral_id, inbox.c.parts > 0, inbox.c.state != "held"
    )
    return [_entry(row) for row in connection.execute(query.order_by(inbox.c.place))]


def page(connection: Connection, before: int | None, limit: int) -> Page[InboxEntry]:
    """Newest first."""
    query = select(inbox).where(inbox.c.place < (before or _OPEN_ENDED))
    rows = connection.execute(query.order_by(inbox.c.place.desc()).limit(limit + 1)).all()
    following = str(rows[limit - 1].place) if len(rows) > limit else None
    return Page(tuple(_shown(row) for row in rows[:limit]), following)


def counts(connection: Connection) -> dict[str, int]:
    """How many messages stand in each state."""
    query = select(inbox.c.state, func.count()).group_by(inbox.c.state)
    return {state: int(number) for state, number in connection.execute(query)}


def back_off(attempts: int) -> timedelta:
    """How long to wait after `attempts` failures: 1 s, doubled each time, 5 minutes at most."""
    return timedelta(seconds=min(2.0 ** min(attempts, 9), 300.0))


def _entry(row: Row[Any]) -> Entry:
    return Entry(
        place=row.place,
        pointer=Pointer(row.topic, row.partition, row.offset),
        participant=row.participant,
        event_id=row.event_id,
        ce_type=row.ce_type,
        referral_id=row.referral_id,
        programme_from=row.programme_from,
        programme_to=row.programme_to,
        value=row.value,
        signature=row.signature,
        key_id=row.key_id,
        traceparent=row.traceparent,
        attempts=row.attempts,
        first=row.first,
    )


def _shown(row: Row[Any]) -> InboxEntry:
    return InboxEntry(
        event_id=row.event_id,
        kind=row.ce_type.partition(".")[0],
        what=row.what,
        referral_id=row.referral_id,
        programme_from=row.programme_from,
        programme_to=row.programme_to,
        occurred_at=row.occurred_at,
        received_at=row.received_at,
        state=row.state,
        parts=row.parts,
        attempts=row.attempts,
        delivered=row.delivered,
        delivered_at=row.delivered_at,
        code=row.code,
    )
