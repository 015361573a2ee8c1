"""Which referrals are one person's choice, in the edge's database: protected, and which was picked."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, delete, select, update

from participant_edge.inserting import insert_or
from participant_edge.tables import choices


def add(connection: Connection, memories: Mapping[str, bytes]) -> None:
    """Keeps a choice: for each of its referrals, protected, the ids of all of them."""
    for referral_id, memory in memories.items():
        values = {"referral_id": referral_id, "memory": memory, "picked": False}
        connection.execute(insert_or(connection, choices).values(values).on_conflict_do_nothing())


def memory_of(connection: Connection, referral_id: str) -> bytes | None:
    """What was kept for a referral; None where it is no part of a choice."""
    found: bytes | None = connection.scalar(
        select(choices.c.memory).where(choices.c.referral_id == referral_id)
    )
    return found


def picked(connection: Connection, referral_ids: Sequence[str]) -> str | None:
    """Which of them was picked; None while none is."""
    query = select(choices.c.referral_id).where(choices.c.referral_id.in_(referral_ids), choices.c.picked)
    found: str | None = connection.scalar(query)
    return found


def pick(connection: Connection, referral_id: str) -> None:
    """This one was picked."""
    connection.execute(update(choices).where(choices.c.referral_id == referral_id).values(picked=True))


def forget(connection: Connection, referral_id: str) -> None:
    """The referral's consent is over: that it belonged to others goes."""
    connection.execute(delete(choices).where(choices.c.referral_id == referral_id))
