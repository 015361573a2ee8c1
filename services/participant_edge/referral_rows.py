"""Referrals and their steps in the edge's database."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection, Row, and_, delete, func, select, update

from participant_edge import change_rows, rules
from participant_edge.inserting import insert_or
from participant_edge.tables import endings, referrals, refusals, steps, withdrawals
from participant_edge.views import Direction, Page, ReferralView, Refusal, Standing, Step

_OPEN_ENDED = 2**62


def add(connection: Connection, view: ReferralView, traceparent: str | None = None) -> bool:
    """A referral this edge has not seen; one it has stays as it is, which is False."""
    values = {
        "referral_id": view.referral_id,
        "changed": _next(connection),
        "direction": view.direction,
        "programme_from": view.programme_from,
        "programme_to": view.programme_to,
        "consent_id": view.consent_id,
        "return_consent_id": view.return_consent_id,
        "state": view.state,
        "sub_state": view.sub_state,
        "urgency": view.urgency,
        "answer_by": view.answer_by,
        "standing": view.standing,
        "purge": view.purge,
        "overdue": "\n".join(view.overdue),
        "updated_at": view.updated_at,
        "kind": view.kind,
        "traceparent": traceparent,
    }
    change = insert_or(connection, referrals).values(values).on_conflict_do_nothing()
    return connection.execute(change).rowcount == 1


def add_step(
    connection: Connection,
    referral_id: str,
    step: Step,
    now: datetime,
    direction: Direction = "received",
    *,
    pending: bool = False,
) -> bool:
    """Adds `step` and works the referral's state out anew; False where the step was there already.

    `pending`: an own event about to be produced; it takes its place but counts only once confirmed.
    """
    values = {
        "referral_id": referral_id,
        "event_id": step.event_id,
        "kind": step.kind,
        "what": step.what,
        "programme": step.programme,
        "at": step.at,
        "pending": pending,
    }
    added = (
        connection.execute(insert_or(connection, steps).values(values).on_conflict_do_nothing()).rowcount == 1
    )
    if added and not pending:
        change_rows.add(connection, referral_id, step.event_id, step.kind, step.what, direction, now)
        settle(connection, referral_id, now)
    return added


def confirm_step(connection: Connection, referral_id: str, event_id: str, now: datetime) -> None:
    """The broker has the own event: its step counts."""
    own = and_(steps.c.event_id == event_id, steps.c.pending)
    for row in connection.execute(select(steps.c.kind, steps.c.what).where(own)).all():
        change_rows.add(connection, referral_id, event_id, row.kind, row.what, "sent", now)
    connection.execute(update(steps).where(own).values(pending=False))
    settle(connection, referral_id, now)


def drop_step(connection: Connection, event_id: str) -> None:
    """The own event was given up before the broker was known to have it."""
    connection.execute(delete(steps).where(steps.c.event_id == event_id, steps.c.pending))


def refuse_step(connection: Connection, event_id: str, code: str, now: datetime) -> str | None:
    """Notes that the router refused an own event; returns its referral, None where no step is known."""
    values = {"event_id": event_id, "code": code, "at": now}
    noted = connection.execute(insert_or(connection, refusals).values(values).on_conflict_do_nothing())
    referral_id = connection.scalar(select(steps.c.referral_id).where(steps.c.event_id == event_id))
    if noted.rowcount == 1:
        change_rows.add(connection, referral_id, event_id, "EventRefused", code, "received", now)
    if referral_id is not None:
        settle(connection, referral_id, now)
    return referral_id


def settle(connection: Connection, referral_id: str, now: datetime) -> None:
    """Works state, standing and purge out from the steps."""
    position = rules.fold(steps_of(connection, referral_id))
    values: dict[str, Any] = {
        "state": position.state,
        "sub_state": position.sub_state,
        "standing": _standing(connection, referral_id, position.standing),
        "purge": position.purge,
        "updated_at": now,
        "changed": _next(connection),
    }
    connection.execute(update(referrals).where(referrals.c.referral_id == referral_id).values(values))


def set_fields(connection: Connection, referral_id: str, **values: Any) -> None:
    """Sets columns that no step tells: urgency, answer_by, traceparent."""
    connection.execute(update(referrals).where(referrals.c.referral_id == referral_id).values(values))


def set_opened(
    connection: Connection, referral_id: str, kind: str, urgency: str, answer_by: datetime | None
) -> None:
    """What is about to open the referral, and how urgent it is; what follows later changes nothing."""
    unopened = and_(referrals.c.referral_id == referral_id, referrals.c.state == "consented")
    values = {"kind": kind, "urgency": urgency, "answer_by": answer_by}
    connection.execute(update(referrals).where(unopened).values(values))


def add_overdue(connection: Connection, referral_id: str, clock: str) -> None:
    """Notes that a clock of the referral ran out."""
    row = _row(connection, referral_id)
    if row is not None and clock not in _lines(row.overdue):
        overdue = "\n".join((*_lines(row.overdue), clock))
        set_fields(connection, referral_id, overdue=overdue, changed=_next(connection))


def view_of(connection: Connection, referral_id: str) -> ReferralView | None:
    """The referral with its steps and refusals; None where it is not this participant's."""
    row = _row(connection, referral_id)
    return (
        view_from(row, steps_of(connection, referral_id), _refusals(connection, referral_id)) if row else None
    )


def traceparent_of(connection: Connection, referral_id: str) -> str | None:
    """Where the last stretch of the referral ended, as this participant knows."""
    row = _row(connection, referral_id)
    return row.traceparent if row else None


def page(
    connection: Connection, direction: Direction | None, before: int | None, limit: int
) -> Page[ReferralView]:
    """Last changed first, without steps."""
    query = select(referrals).where(referrals.c.changed < (before or _OPEN_ENDED))
    if direction is not None:
        query = query.where(referrals.c.direction == direction)
    rows = connection.execute(query.order_by(referrals.c.changed.desc()).limit(limit + 1)).all()
    following = str(rows[limit - 1].changed) if len(rows) > limit else None
    return Page(tuple(view_from(row, (), ()) for row in rows[:limit]), following)


def reason_of(connection: Connection, referral_id: str) -> bytes | None:
    """What is kept, protected, of why the referral stands where it stands."""
    row = _row(connection, referral_id)
    return row.reason if row else None


def forget_reasons(connection: Connection, before: datetime) -> None:
    """Why a referral stands where it stands goes, where nothing changed since `before`."""
    old = and_(referrals.c.updated_at < before, referrals.c.reason.is_not(None))
    connection.execute(update(referrals).where(old).values(reason=None))


def steps_of(connection: Connection, referral_id: str) -> tuple[Step, ...]:
    """The confirmed steps in the order this edge learnt of them."""
    query = (
        select(steps, refusals.c.code)
        .outerjoin(refusals, refusals.c.event_id == steps.c.event_id)
        .where(steps.c.referral_id == referral_id, ~steps.c.pending)
        .order_by(steps.c.place)
    )
    return tuple(step_from(row) for row in connection.execute(query))


def step_from(row: Row[Any]) -> Step:
    """A step from its row, with the `code` of its refusal."""
    return Step(
        event_id=row.event_id,
        kind=row.kind,
        what=row.what,
        programme=row.programme,
        at=row.at,
        refused=row.code if row.code not in rules.STANDS else None,
    )


def refusal_from(row: Row[Any]) -> Refusal:
    """A refusal from its row."""
    return Refusal(event_id=row.event_id, code=row.code, at=row.at)


def note_ending(connection: Connection, referral_id: str, consent_id: str, step: Step) -> None:
    """Remembers that a consent ended, whether or not its referral is known yet."""
    values = {
        "consent_id": consent_id,
        "referral_id": referral_id,
        "event_id": step.event_id,
        "ending": step.what,
        "programme": step.programme,
        "ended_at": step.at,
    }
    connection.execute(insert_or(connection, endings).values(values).on_conflict_do_nothing())


def ending_of(connection: Connection, consent_ids: Sequence[str]) -> Step | None:
    """The step that ended the first of `consent_ids` to end; None while none has."""
    query = select(endings).where(endings.c.consent_id.in_(consent_ids)).order_by(endings.c.ended_at)
    row = connection.execute(query).first()
    if row is None:
        return None
    return Step(
        event_id=row.event_id, kind="ConsentEnded", what=row.ending, programme=row.programme, at=row.ended_at
    )


def _refusals(connection: Connection, referral_id: str) -> tuple[Refusal, ...]:
    query = (
        select(refusals)
        .join(steps, steps.c.event_id == refusals.c.event_id)
        .where(steps.c.referral_id == referral_id)
        .order_by(steps.c.place)
    )
    return tuple(refusal_from(row) for row in connection.execute(query))


def _standing(connection: Connection, referral_id: str, folded: Standing) -> Standing:
    if folded != "live":
        return folded
    asked = select(withdrawals.c.in_force_at).where(withdrawals.c.referral_id == referral_id)
    row = connection.execute(asked).first()
    if row is None:
        return "live"
    return "withdrawing" if row.in_force_at is None else "withdrawn"


def _row(connection: Connection, referral_id: str) -> Row[Any] | None:
    return connection.execute(select(referrals).where(referrals.c.referral_id == referral_id)).first()


def _next(connection: Connection) -> int:
    return int(connection.scalar(select(func.coalesce(func.max(referrals.c.changed), 0))) or 0) + 1


def _lines(text: str) -> tuple[str, ...]:
    return tuple(text.splitlines())


def view_from(row: Row[Any], taken: tuple[Step, ...], refusals: tuple[Refusal, ...]) -> ReferralView:
    """A referral from its row, with what was asked for beside it."""
    return ReferralView(
        referral_id=row.referral_id,
        direction=cast(Direction, row.direction),
        programme_from=row.programme_from,
        programme_to=row.programme_to,
        consent_id=row.consent_id,
        return_consent_id=row.return_consent_id,
        state=row.state,
        sub_state=row.sub_state,
        urgency=row.urgency,
        answer_by=row.answer_by,
        standing=row.standing,
        purge=row.purge,
        overdue=_lines(row.overdue),
        updated_at=row.updated_at,
        kind=row.kind,
        steps=taken,
        refusals=refusals,
    )
