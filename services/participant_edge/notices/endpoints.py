"""Where a participant's own systems want to hear of changes: added, listed, rotated, removed."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, delete, insert, select, update

from participant_edge.errors import EdgeError, UnknownThing
from participant_edge.notices import matter_rows, outside, webhook
from participant_edge.notices.rules import pause
from participant_edge.notices.store import NoticeStore
from participant_edge.notices.tables import endpoints as table
from participant_edge.own_memory import OwnMemory
from referral_exchange import ids
from referral_exchange.runtime.lifecycle import Clock

OLD_SECRET = timedelta(hours=24)
"""How long calls are signed by the former secret as well, after a rotation."""

GIVEN_UP = timedelta(days=5)
"""An endpoint that fails for this long is called no more, until it is resumed."""

MOST = 20
"""Endpoints of one participant."""


class EndpointRefused(EdgeError):
    """This endpoint cannot be added; the message says what to change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An endpoint as it is shown: without its secret. `code`: why the last call failed."""

    id: str
    url: str
    kinds: tuple[str, ...]
    created_at: datetime
    state: Literal["works", "failing", "stopped"]
    failing_since: datetime | None
    code: str | None


@dataclass(frozen=True, slots=True)
class Due:
    """An endpoint that may be called now, and the change (number and event id) after which it goes on."""

    endpoint: webhook.Endpoint
    after: int
    after_event: str
    failures: int
    failing_since: datetime | None


class Endpoints:
    """Kept in the notices' database; secrets are encrypted under the edge's key outside of it."""

    def __init__(self, store: NoticeStore, memory: OwnMemory, clock: Clock, *, allow_private: bool) -> None:
        """`allow_private`: also addresses that only this network reaches, and http."""
        self._store = store
        self._memory = memory
        self._clock = clock
        self.allow_private = allow_private

    def add(self, url: str, kinds: Collection[str] = (), secret: str | None = None) -> webhook.Endpoint:
        """A new endpoint with its secret, which is shown this once. It hears of what changes from now on.

        `kinds`: of changes, as `Change.kind`; none for all. Raises EndpointRefused.
        """
        try:
            outside.check_url(url, allow_private=self.allow_private)
            chosen = webhook.check_secret(secret) if secret is not None else webhook.new_secret()
        except (outside.AddressRefused, webhook.SecretUnusable) as error:
            raise EndpointRefused(str(error)) from None
        made = webhook.Endpoint(ids.fresh(), url, chosen, frozenset(kinds))
        now = self._clock.now()
        with self._store.transaction() as connection:
            if len(connection.execute(select(table.c.id)).all()) >= MOST:
                raise EndpointRefused(f"there are {MOST} endpoints already; remove one first")
            number, event_id = matter_rows.place(connection)
            connection.execute(
                insert(table).values(**self._row(made, now), after=number, after_event=event_id)
            )
        return made

    def list(self) -> list[Listed]:
        """All of them, oldest first."""
        with self._store.transaction() as connection:
            rows = connection.execute(select(table).order_by(table.c.created_at, table.c.id)).all()
        return [_listed(row._mapping) for row in rows]

    def remove(self, endpoint_id: str) -> None:
        """Calls it no more. Raises UnknownThing."""
        with self._store.transaction() as connection:
            self._need(connection, endpoint_id)
            connection.execute(delete(table).where(table.c.id == endpoint_id))

    def rotate(self, endpoint_id: str) -> webhook.Endpoint:
        """A new secret; for a day calls carry a signature by the former one too. Raises UnknownThing."""
        secret, until = webhook.new_secret(), self._clock.now() + OLD_SECRET
        with self._store.transaction() as connection:
            row = self._need(connection, endpoint_id)
            held = self._secrets(row)
            kept = {"secret": secret, "previous": held["secret"], "until": until.isoformat()}
            self._set(connection, endpoint_id, secrets=self._protected(endpoint_id, kept))
        return webhook.Endpoint(endpoint_id, row["url"], secret, frozenset(json.loads(row["kinds"])))

    def resume(self, endpoint_id: str) -> None:
        """Calls a stopped one again, from where it stopped. Raises UnknownThing."""
        with self._store.transaction() as connection:
            self._need(connection, endpoint_id)
            self._set(connection, endpoint_id, **_works(self._clock.now()), stopped_at=None)

    def due(self) -> Sequence[Due]:
        """Those that may be called now."""
        now = self._clock.now()
        chosen = select(table).where(table.c.stopped_at.is_(None), table.c.next_try_at <= now)
        with self._store.transaction() as connection:
            rows = [row._mapping for row in connection.execute(chosen.order_by(table.c.id))]
        return [
            Due(
                self._opened(row, now),
                row["after"],
                row["after_event"],
                row["failures"],
                row["failing_since"],
            )
            for row in rows
        ]

    def passed(self, due: Due, number: int, event_id: str, *, called: bool) -> None:
        """It took this change (`called`), or does not want its kind."""
        values = _works(self._clock.now()) if called else {}
        with self._store.transaction() as connection:
            self._set(connection, due.endpoint.id, after=number, after_event=event_id, **values)

    def failed(self, due: Due, failed: webhook.Failed) -> bool:
        """It did not take a change, which is kept for it. Whether it is given up herewith."""
        now = self._clock.now()
        since = due.failing_since or now
        given_up = now - since >= GIVEN_UP or failed.code == "http-410"
        with self._store.transaction() as connection:
            self._set(
                connection,
                due.endpoint.id,
                failures=due.failures + 1,
                next_try_at=now + pause(due.failures + 1, failed.retry_after),
                failing_since=since,
                code=failed.code,
                stopped_at=now if given_up else None,
            )
        return given_up

    def _row(self, made: webhook.Endpoint, now: datetime) -> dict[str, Any]:
        return {
            "id": made.id,
            "url": made.url,
            "secrets": self._protected(made.id, {"secret": made.secret}),
            "kinds": json.dumps(sorted(made.kinds)),
            "created_at": now,
            **_works(now),
        }

    def _opened(self, row: Mapping[Any, Any], now: datetime) -> webhook.Endpoint:
        held = self._secrets(row)
        until = held.get("until")
        previous = held["previous"] if until and now < datetime.fromisoformat(until) else None
        return webhook.Endpoint(
            row["id"], row["url"], held["secret"], frozenset(json.loads(row["kinds"])), previous
        )

    def _secrets(self, row: Mapping[Any, Any]) -> dict[str, str]:
        held: dict[str, str] = json.loads(self._memory.reveal(row["secrets"], f"webhook:{row['id']}"))
        return held

    def _protected(self, endpoint_id: str, held: Mapping[str, str]) -> bytes:
        return self._memory.protect(json.dumps(held).encode(), f"webhook:{endpoint_id}")

    def _need(self, connection: Connection, endpoint_id: str) -> Mapping[Any, Any]:
        row = connection.execute(select(table).where(table.c.id == endpoint_id)).one_or_none()
        if row is None:
            raise UnknownThing("no such webhook")
        return row._mapping

    def _set(self, connection: Connection, endpoint_id: str, **values: Any) -> None:
        connection.execute(update(table).where(table.c.id == endpoint_id).values(**values))


def _works(now: datetime) -> dict[str, Any]:
    return {"failures": 0, "next_try_at": now, "failing_since": None, "code": None}


def _listed(row: Mapping[Any, Any]) -> Listed:
    stopped, failing = row["stopped_at"] is not None, row["failures"] > 0
    return Listed(
        id=row["id"],
        url=row["url"],
        kinds=tuple(json.loads(row["kinds"])),
        created_at=row["created_at"],
        state="stopped" if stopped else "failing" if failing else "works",
        failing_since=row["failing_since"],
        code=row["code"],
    )
