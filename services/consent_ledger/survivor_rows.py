"""Reads and writes codes and sessions of persons, inside a transaction that the caller began."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from consent_ledger import survivor_codes
from consent_ledger.records import from_ms, to_ms
from consent_ledger.tables import survivor_codes as codes
from consent_ledger.tables import survivor_sessions as sessions


@dataclass(frozen=True, slots=True, repr=False)
class Code:
    """A code that was made. `session`: digest of the one that it opened; None: none yet."""

    mark: str
    request_id: str
    discloser: str
    subject_token: str
    expires_at: datetime
    session: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Session:
    """What one person may look at. `viewed_at`: when she last was shown; what was given later she was not."""

    digest: str
    request_id: str
    discloser: str
    subject_token: str
    opened_at: datetime
    expires_at: datetime
    viewed_at: datetime | None


def code_by_mark(connection: Connection, mark: str) -> Code | None:
    """The code, held against change by others until the transaction ends."""
    row = connection.execute(select(codes).where(codes.c.mark == mark).with_for_update()).first()
    return None if row is None else _code(row)


def live_codes(connection: Connection, discloser: str, now: datetime) -> int:
    """How many codes of this programme wait for their person."""
    live = codes.c.session.is_(None), codes.c.expires_at > to_ms(now)
    counted = select(func.count(codes.c.mark)).where(codes.c.discloser == discloser, *live)
    return int(connection.execute(counted).scalar_one())


def replace_codes(connection: Connection, discloser: str, subject_token: str, now: datetime) -> None:
    """Ends what was made before for this person: codes that wait, and looking with those that were used."""
    for table in (codes, sessions):
        hers = table.c.discloser == discloser, table.c.subject_token == subject_token
        ended = update(table).where(*hers, table.c.expires_at > to_ms(now))
        connection.execute(ended.values(expires_at=to_ms(now)))


def add_code(connection: Connection, code: Code) -> None:
    """Writes a new code; in place of an old one under the same mark."""
    connection.execute(delete(codes).where(codes.c.mark == code.mark))
    values = {name: getattr(code, name) for name in Code.__dataclass_fields__}
    connection.execute(insert(codes).values(values | {"expires_at": to_ms(code.expires_at)}))


def use_code(connection: Connection, mark: str, session: str, now: datetime) -> bool:
    """Whether it was this one who used it. Of two who come at once the second finds it used."""
    free = codes.c.mark == mark, codes.c.session.is_(None), codes.c.expires_at > to_ms(now)
    return connection.execute(update(codes).where(*free).values(session=session)).rowcount == 1


def add_session(connection: Connection, code: Code, session: str, now: datetime) -> Session:
    """Writes the session that a code opened."""
    made = Session(
        digest=session,
        request_id=code.request_id,
        discloser=code.discloser,
        subject_token=code.subject_token,
        opened_at=now,
        expires_at=now + survivor_codes.SESSION_LASTS,
        viewed_at=None,
    )
    values = {name: getattr(made, name) for name in Session.__dataclass_fields__}
    times = {"opened_at": to_ms(now), "expires_at": to_ms(made.expires_at)}
    connection.execute(insert(sessions).values(values | times))
    return made


def session_of(connection: Connection, digest: str) -> Session | None:
    """The session, over or not."""
    row = connection.execute(select(sessions).where(sessions.c.digest == digest)).first()
    return None if row is None else _session(row)


def viewed(connection: Connection, digest: str, now: datetime) -> None:
    """She was shown everything that stands now."""
    connection.execute(update(sessions).where(sessions.c.digest == digest).values(viewed_at=to_ms(now)))


def end_session(connection: Connection, digest: str, now: datetime) -> None:
    """It looks no more."""
    looking = sessions.c.digest == digest, sessions.c.expires_at > to_ms(now)
    connection.execute(update(sessions).where(*looking).values(expires_at=to_ms(now)))


def forget(connection: Connection, now: datetime) -> None:
    """Drops what nothing can be done with any more."""
    old = to_ms(now - survivor_codes.WITHDRAWS_FOR)
    connection.execute(delete(codes).where(codes.c.expires_at <= old))
    connection.execute(delete(sessions).where(sessions.c.opened_at <= old))


def _code(row: Row[Any]) -> Code:
    values = dict(row._mapping)
    return Code(**{**values, "expires_at": from_ms(values["expires_at"])})


def _session(row: Row[Any]) -> Session:
    values = dict(row._mapping)
    times = {name: from_ms(values[name]) for name in ("opened_at", "expires_at")}
    viewed_at = None if values["viewed_at"] is None else from_ms(values["viewed_at"])
    return Session(**{**values, **times, "viewed_at": viewed_at})
