"""What a first page shows: all that still moves or changed lately, in a few questions to the database."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, or_, select

from participant_edge import asking, referral_rows, rules
from participant_edge.means import Means
from participant_edge.tables import consents, referrals, refusals, steps, withdrawals
from participant_edge.views import Current, Direction, ReferralView, Refusal, Step

MOST = 2000
"""Referrals that are told at once."""

_UNFINISHED = tuple(sorted(rules.OPEN | {"consented"}))


def current(means: Means, since: datetime, direction: Direction | None = None) -> list[Current]:
    """See `Edge.current`. Last changed first; with more than `MOST`, those that changed last."""
    with means.store.read() as connection:
        chosen = select(referrals).where(_told(since)).order_by(referrals.c.changed.desc()).limit(MOST)
        if direction is not None:
            chosen = chosen.where(referrals.c.direction == direction)
        rows = connection.execute(chosen).all()
        ids = [row.referral_id for row in rows]
        taken, refused = _steps(connection, ids), _refusals(connection, ids)
        agreed, ended_here = _consents(connection, ids), _ended_here(connection, ids)
    return [
        Current(
            view=view,
            covered=_covered(means, view, agreed),
            taken_back_here=view.referral_id in ended_here,
        )
        for view in (_view(row, taken, refused) for row in rows)
    ]


def _told(since: datetime) -> ColumnElement[bool]:
    return or_(
        referrals.c.state.in_(_UNFINISHED),
        referrals.c.purge == "asked",
        referrals.c.standing == "withdrawing",
        referrals.c.updated_at > since,
    )


def _view(
    row: Row[Any], taken: Mapping[str, list[Step]], refused: Mapping[str, list[Refusal]]
) -> ReferralView:
    of = row.referral_id
    return referral_rows.view_from(row, tuple(taken.get(of, ())), tuple(refused.get(of, ())))


def _steps(connection: Connection, ids: Iterable[str]) -> Mapping[str, list[Step]]:
    chosen = (
        select(steps, refusals.c.code)
        .outerjoin(refusals, refusals.c.event_id == steps.c.event_id)
        .where(steps.c.referral_id.in_(ids), ~steps.c.pending)
        .order_by(steps.c.place)
    )
    found: dict[str, list[Step]] = defaultdict(list)
    for row in connection.execute(chosen):
        found[row.referral_id].append(referral_rows.step_from(row))
    return found


def _refusals(connection: Connection, ids: Iterable[str]) -> Mapping[str, list[Refusal]]:
    chosen = (
        select(refusals, steps.c.referral_id)
        .join(steps, steps.c.event_id == refusals.c.event_id)
        .where(steps.c.referral_id.in_(ids))
        .order_by(steps.c.place)
    )
    found: dict[str, list[Refusal]] = defaultdict(list)
    for row in connection.execute(chosen):
        found[row.referral_id].append(referral_rows.refusal_from(row))
    return found


def _consents(connection: Connection, ids: Iterable[str]) -> Mapping[str, Row[Any]]:
    """The live consents that this edge gave, by their ids."""
    live = consents.c.referral_id.in_(ids) & (consents.c.standing == "live")
    return {row.consent_id: row for row in connection.execute(select(consents).where(live))}


def _ended_here(connection: Connection, ids: Iterable[str]) -> frozenset[str]:
    asked = select(withdrawals.c.referral_id).where(withdrawals.c.referral_id.in_(ids))
    return frozenset(connection.scalars(asked))


def _covered(means: Means, view: ReferralView, agreed: Mapping[str, Row[Any]]) -> frozenset[str]:
    consent = agreed.get(view.consent_id) if view.direction == "sent" else None
    if consent is None or consent.memory is None:
        return frozenset()
    facts = asking.to_facts(means.memory.reveal(consent.memory, consent.consent_id))
    return frozenset(facts["data_classes"])
