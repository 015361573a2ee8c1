"""What was asked of this edge, in its database: stored before anything leaves, so a repeat is the same."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, or_, select, update

from participant_edge.errors import CommandReused
from participant_edge.inserting import insert_or
from participant_edge.tables import commands


@dataclass(frozen=True, slots=True, repr=False)
class Command:
    """A stored command. `prepared`: framed event bytes, or a protected request to the ledger."""

    command_id: str
    kind: str
    event_id: str
    state: str
    referral_id: str | None
    consent_id: str | None = None
    programme_from: str = ""
    programme_to: str = ""
    intent: str = ""
    prepared: bytes | None = None
    code: str | None = None
    attempts: int = 0


@dataclass(frozen=True, slots=True, repr=False)
class New:
    """A command as it comes in. `intent`: JSON of routing fields where the edge asks it of itself."""

    command_id: str
    fingerprint: bytes
    kind: str
    event_id: str
    referral_id: str | None = None
    intent: str = ""


def known(connection: Connection, new: New) -> Command:
    """The command as it stands, or as begun where it is new. Raises CommandReused for another."""
    row = connection.execute(select(commands).where(commands.c.command_id == new.command_id)).first()
    if row is None:
        return Command(new.command_id, new.kind, new.event_id, "begun", new.referral_id)
    if row.fingerprint != new.fingerprint:
        raise CommandReused("this Idempotency-Key was used for another request; use a new one")
    return _command(row)


def intend(connection: Connection, new: New, now: datetime) -> None:
    """Keeps what the edge asks of itself; once, however often its cause comes."""
    values = {**_values(new), "state": "begun", "created_at": now, "next_try_at": now}
    connection.execute(insert_or(connection, commands).values(values).on_conflict_do_nothing())


def find(connection: Connection, command_id: str) -> Command:
    """The stored command of that id."""
    return _command(connection.execute(select(commands).where(commands.c.command_id == command_id)).one())


def prepare(connection: Connection, new: New, now: datetime, again_at: datetime, **values: Any) -> Command:
    """Stores what will be sent, unless an earlier attempt did; returns what counts. Raises CommandReused."""
    stored = {"state": "prepared", "next_try_at": again_at, **values}
    change = insert_or(connection, commands).values({**_values(new), "created_at": now, **stored})
    connection.execute(
        change.on_conflict_do_update(
            index_elements=["command_id"], set_=stored, where=commands.c.state == "begun"
        )
    )
    return known(connection, new)


def acknowledge(connection: Connection, command_id: str, **values: Any) -> bool:
    """It has arrived; False where that was known already."""
    change = update(commands).where(
        commands.c.command_id == command_id, commands.c.state.not_in(("acknowledged", "refused"))
    )
    return connection.execute(change.values(state="acknowledged", **values)).rowcount == 1


def refuse(connection: Connection, command_id: str, code: str) -> None:
    """It will not be sent (again); what was prepared goes. What has arrived stays as it is."""
    change = update(commands).where(commands.c.command_id == command_id, commands.c.state != "acknowledged")
    connection.execute(change.values(state="refused", code=code, prepared=None))


def put_off(connection: Connection, command_id: str, until: datetime) -> None:
    """An attempt failed; the next is at `until`."""
    change = update(commands).where(commands.c.command_id == command_id)
    connection.execute(change.values(attempts=commands.c.attempts + 1, next_try_at=until))


def unfinished(connection: Connection, now: datetime | None, limit: int) -> list[Command]:
    """Prepared but not acknowledged, and what the edge asks of itself; due at `now` (None: all)."""
    asked_itself = and_(commands.c.state == "begun", commands.c.intent != "")
    query = select(commands).where(or_(commands.c.state == "prepared", asked_itself))
    if now is not None:
        query = query.where(commands.c.next_try_at <= now)
    rows = connection.execute(query.order_by(commands.c.created_at).limit(limit))
    return [_command(row) for row in rows]


def own_unfinished(connection: Connection, referral_id: str) -> list[Command]:
    """What the edge still has to say by itself about the referral, oldest first."""
    query = select(commands).where(
        commands.c.referral_id == referral_id,
        commands.c.intent != "",
        commands.c.state.in_(("begun", "prepared")),
    )
    return [_command(row) for row in connection.execute(query.order_by(commands.c.created_at))]


def unsettled_give(connection: Connection, consent_id: str) -> Command | None:
    """The request to give `consent_id` whose answer is not known; None where it is known."""
    query = select(commands).where(
        commands.c.consent_id == consent_id, commands.c.kind == "give", commands.c.state == "prepared"
    )
    row = connection.execute(query).first()
    return _command(row) if row else None


def _values(new: New) -> dict[str, Any]:
    return {
        "command_id": new.command_id,
        "fingerprint": new.fingerprint,
        "kind": new.kind,
        "event_id": new.event_id,
        "referral_id": new.referral_id,
        "intent": new.intent,
    }


def _command(row: Row[Any]) -> Command:
    return Command(
        command_id=row.command_id,
        kind=row.kind,
        event_id=row.event_id,
        state=row.state,
        referral_id=row.referral_id,
        consent_id=row.consent_id,
        programme_from=row.programme_from,
        programme_to=row.programme_to,
        intent=row.intent,
        prepared=row.prepared,
        code=row.code,
        attempts=row.attempts,
    )
