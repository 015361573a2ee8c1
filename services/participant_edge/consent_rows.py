"""Consents that this edge gave, and their withdrawals, in its database."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, or_, select, update

from participant_edge.inserting import insert_or
from participant_edge.tables import consents, withdrawals


@dataclass(frozen=True, slots=True, repr=False)
class Consent:
    """A consent this edge gave. `memory`: protected; None once it ended.

    `ground`: kind of the legal ground that stands in its place, empty for a consent.
    """

    consent_id: str
    return_consent_id: str
    referral_id: str
    discloser: str
    recipient: str
    ends_at: datetime
    standing: str
    memory: bytes | None
    ground: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Pending:
    """A withdrawal. `opened_before`: protected answer of the ledger, None until it is in force."""

    consent_id: str
    referral_id: str
    asked_at: datetime
    in_force_at: datetime | None
    opened_before: bytes | None
    attempts: int


def add(connection: Connection, consent: Consent) -> None:
    """Stores a consent about to be given; a repeat changes nothing."""
    values = {name: getattr(consent, name) for name in Consent.__dataclass_fields__}
    connection.execute(insert_or(connection, consents).values(values).on_conflict_do_nothing())


def find(connection: Connection, which: str) -> Consent | None:
    """The consent by its id, its return consent's or its referral's; None where this edge gave none such."""
    named = or_(
        consents.c.consent_id == which, consents.c.referral_id == which, consents.c.return_consent_id == which
    )
    row = connection.execute(select(consents).where(named)).first()
    return _consent(row) if row else None


def live_of(connection: Connection, programme: str) -> list[str]:
    """The live consents that `programme` gave, the ones nobody asked to withdraw."""
    named = and_(consents.c.discloser == programme, consents.c.standing == "live")
    return list(
        connection.scalars(select(consents.c.consent_id).where(named).order_by(consents.c.consent_id))
    )


def any_live(connection: Connection, programme: str) -> Consent | None:
    """One of them: the one that lasts longest."""
    named = and_(consents.c.discloser == programme, consents.c.standing == "live")
    row = connection.execute(select(consents).where(named).order_by(consents.c.ends_at.desc())).first()
    return _consent(row) if row else None


def set_standing(
    connection: Connection, consent_id: str, standing: str, ends_at: datetime | None = None
) -> None:
    """Sets where the consent stands; `ends_at` where the ledger says so."""
    more: dict[str, Any] = {} if ends_at is None else {"ends_at": ends_at}
    change = update(consents).where(consents.c.consent_id == consent_id)
    connection.execute(change.values(standing=standing, **more))


def forget(connection: Connection, consent_id: str, standing: str) -> None:
    """The consent is over: what was remembered of the person for it goes."""
    named = or_(consents.c.consent_id == consent_id, consents.c.return_consent_id == consent_id)
    connection.execute(update(consents).where(named).values(standing=standing, memory=None))


def ask_withdrawal(connection: Connection, consent: Consent, now: datetime) -> None:
    """Keeps that the consent is to be withdrawn, until the ledger confirms it."""
    values = {
        "consent_id": consent.consent_id,
        "referral_id": consent.referral_id,
        "asked_at": now,
        "next_try_at": now,
    }
    connection.execute(insert_or(connection, withdrawals).values(values).on_conflict_do_nothing())
    alive = consents.c.standing.in_(("live", "asked"))
    change = update(consents).where(consents.c.consent_id == consent.consent_id, alive)
    connection.execute(change.values(standing="withdrawing"))


def withdrawal_of(connection: Connection, consent_id: str) -> Pending | None:
    """The withdrawal of a consent; None where none was asked."""
    row = connection.execute(select(withdrawals).where(withdrawals.c.consent_id == consent_id)).first()
    return _pending(row) if row else None


def due_withdrawals(connection: Connection, now: datetime | None) -> list[Pending]:
    """Withdrawals the ledger has not confirmed; due at `now`, None for all. Oldest first."""
    query = select(withdrawals).where(withdrawals.c.in_force_at.is_(None))
    if now is not None:
        query = query.where(withdrawals.c.next_try_at <= now)
    return [_pending(row) for row in connection.execute(query.order_by(withdrawals.c.asked_at))]


def confirm_withdrawal(
    connection: Connection, consent_id: str, in_force_at: datetime, opened_before: bytes
) -> None:
    """The ledger has answered: in force from `in_force_at`."""
    change = update(withdrawals).where(withdrawals.c.consent_id == consent_id)
    connection.execute(change.values(in_force_at=in_force_at, opened_before=opened_before))


def put_off_withdrawal(connection: Connection, consent_id: str, until: datetime) -> None:
    """An attempt failed; the next is at `until`."""
    change = update(withdrawals).where(withdrawals.c.consent_id == consent_id)
    connection.execute(change.values(attempts=withdrawals.c.attempts + 1, next_try_at=until))


def _consent(row: Row[Any]) -> Consent:
    return Consent(**{name: getattr(row, name) for name in Consent.__dataclass_fields__})


def _pending(row: Row[Any]) -> Pending:
    return Pending(**{name: getattr(row, name) for name in Pending.__dataclass_fields__})
