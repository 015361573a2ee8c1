"""What this edge learnt and said, numbered in its database for those who follow it."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, insert, select

from participant_edge.tables import changes
from participant_edge.views import Change, Direction

KEPT = timedelta(days=90)
"""How long a change is kept."""


def add(
    connection: Connection,
    referral_id: str | None,
    event_id: str,
    kind: str,
    what: str,
    direction: Direction,
    now: datetime,
) -> None:
    """Numbers one change. Writers take turns, so numbers are seen in their order."""
    values = {
        "referral_id": referral_id,
        "event_id": event_id,
        "kind": kind,
        "what": what,
        "direction": direction,
        "at": now,
    }
    connection.execute(insert(changes).values(values))


def after(connection: Connection, number: int, limit: int) -> list[Change]:
    """Changes behind `number`, oldest first."""
    query = select(changes).where(changes.c.number > number).order_by(changes.c.number).limit(limit)
    rows = connection.execute(query)
    return [Change(**{name: getattr(row, name) for name in Change.__dataclass_fields__}) for row in rows]


def latest(connection: Connection) -> int:
    """The last number given; 0 before the first."""
    return int(connection.scalar(select(func.max(changes.c.number))) or 0)


def forget(connection: Connection, now: datetime) -> None:
    """What is older than it is kept goes; its numbers are not used again."""
    connection.execute(delete(changes).where(changes.c.at < now - KEPT))
