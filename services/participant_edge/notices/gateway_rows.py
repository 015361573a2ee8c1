"""Rows of the ways out: which of them work, and when to try the others again."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from participant_edge.notices.outcomes import Failed
from participant_edge.notices.rules import pause
from participant_edge.notices.tables import gateways


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """One way out. `failures`: one after another; `code`: of the last one, also of a single message."""

    name: str
    failures: int
    next_try_at: datetime
    failing_since: datetime | None
    code: str | None

    def down(self, now: datetime) -> bool:
        """Whether it is to be left alone now."""
        return self.failures > 0 and now < self.next_try_at


def gateway(connection: Connection, name: str) -> Gateway | None:
    """The gateway of that name; None where it was never used."""
    row = connection.execute(select(gateways).where(gateways.c.name == name)).one_or_none()
    return Gateway(**row._mapping) if row else None


def all_gateways(connection: Connection) -> list[Gateway]:
    """Every gateway that was ever used, by name."""
    return [Gateway(**row._mapping) for row in connection.execute(select(gateways).order_by(gateways.c.name))]


def note_works(connection: Connection, name: str, now: datetime) -> None:
    """It took something."""
    _put(
        connection,
        Gateway(name=name, failures=0, next_try_at=now, failing_since=None, code=None),
    )


def note_failed(connection: Connection, name: str, failed: Failed, now: datetime) -> Gateway:
    """It took something not. Only a failure of the gateway itself keeps other messages from it."""
    before = gateway(connection, name)
    earlier = before.failures if before else 0
    failures = earlier + 1 if failed.gateway else earlier
    after = Gateway(
        name=name,
        failures=failures,
        next_try_at=now + pause(failures, failed.retry_after) if failed.gateway else now,
        failing_since=(before.failing_since if before else None) or now,
        code=failed.code,
    )
    _put(connection, after)
    return after


def _put(connection: Connection, after: Gateway) -> None:
    connection.execute(delete(gateways).where(gateways.c.name == after.name))
    values = {name: getattr(after, name) for name in Gateway.__dataclass_fields__}
    connection.execute(insert(gateways).values(**values))
