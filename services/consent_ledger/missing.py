"""Consents that were told on the topic and that the backup this ledger was restored from did not hold."""

from collections.abc import Collection, Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, or_, select, update

from consent_ledger.records import Consent, Missing, from_ms, to_ms
from consent_ledger.tables import missing_consents


def add(connection: Connection, found: Iterable[Missing]) -> None:
    """Remembers them. A backup of a restored ledger may hold some already: what ended stays ended."""
    known = {row.consent_id: row.ended_at for row in connection.execute(select(missing_consents))}
    new, ended = [], {}
    for each in found:
        row = {**asdict(each), "ended_at": None if each.ended_at is None else to_ms(each.ended_at)}
        if each.consent_id not in known:
            new.append(row)
        elif known[each.consent_id] is None and each.ended_at is not None:
            ended[each.consent_id] = each.ended_at
    if new:
        connection.execute(insert(missing_consents), new)
    for consent_id, at in ended.items():
        end(connection, {consent_id}, at)


def may_be_given(connection: Connection, pair: Collection[Consent]) -> bool:
    """Whether none of them was missed and ended since, or is missed under other parties."""
    asked = {consent.consent_id: _as_missing(consent) for consent in pair}
    return all(m == asked[m.consent_id] for m in _of(connection, asked.keys()))


def found_again(connection: Connection, pair: Collection[Consent]) -> None:
    """They were given once more."""
    ids = {consent.consent_id for consent in pair}
    connection.execute(delete(missing_consents).where(missing_consents.c.consent_id.in_(ids)))


def pair_to_end(connection: Connection, consent_id: str, asker: str) -> list[Missing]:
    """The missed consent that `asker` disclosed under, first, and what came back under the same referral."""
    named = next((m for m in _of(connection, {consent_id}) if m.discloser == asker), None)
    if named is None:
        return []
    parties = {named.discloser, named.recipient}
    chosen = select(missing_consents).where(missing_consents.c.referral_id == named.referral_id)
    near = [_missing(row) for row in connection.execute(chosen.with_for_update())]
    return [named, *(m for m in near if m != named and {m.discloser, m.recipient} == parties)]


def hold_of(connection: Connection, programmes: Collection[str], limit: int) -> list[Missing]:
    """Those of `programmes`, on either side, of which no end was told; `limit` at most."""
    table = missing_consents.c
    theirs = or_(table.discloser.in_(programmes), table.recipient.in_(programmes)), table.ended_at.is_(None)
    chosen = select(missing_consents).where(*theirs).order_by(table.consent_id).limit(limit)
    return [_missing(row) for row in connection.execute(chosen.with_for_update())]


def end(connection: Connection, ids: Collection[str], at: datetime) -> None:
    """They were withdrawn."""
    ended = update(missing_consents).where(missing_consents.c.consent_id.in_(ids))
    connection.execute(ended.values(ended_at=to_ms(at)))


def _of(connection: Connection, ids: Collection[str]) -> list[Missing]:
    chosen = select(missing_consents).where(missing_consents.c.consent_id.in_(ids))
    return [_missing(row) for row in connection.execute(chosen.with_for_update())]


def _as_missing(consent: Consent) -> Missing:
    return Missing(
        consent_id=consent.consent_id,
        referral_id=consent.referral_id,
        discloser=consent.discloser,
        recipient=consent.recipient,
        ended_at=None,
    )


def _missing(row: Row[Any]) -> Missing:
    values = dict(row._mapping)
    ended_at = values.pop("ended_at")
    return Missing(**values, ended_at=None if ended_at is None else from_ms(ended_at))
