"""Reads and writes the ledger's rows, inside a transaction that the caller began."""

import base64
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, or_, select, update

from consent_ledger.records import Consent, ConsentKey, Disclosure, Fact, from_ms, to_ms
from consent_ledger.tables import consent_keys, consents, disclosures, ledger_time, outbox
from referral_exchange import policy

_TIMES = ("explained_at", "signed_at", "ends_at", "given_at", "ended_at")
_LISTS = ("data_classes", "funding_streams")
_NOTED = insert(disclosures).returning(disclosures.c.number, sort_by_parameter_order=True)


def hold(connection: Connection, ids: Collection[str]) -> dict[str, Consent]:
    """These consents by id, held against change by others until the transaction ends, in id order."""
    return _held(connection, consents.c.consent_id.in_(ids))


def hold_pairs(connection: Connection, ids: Collection[str]) -> dict[str, Consent]:
    """These consents and their partners."""
    return _held(connection, or_(consents.c.consent_id.in_(ids), consents.c.partner_id.in_(ids)))


def hold_referral(connection: Connection, referral_id: str, ids: Collection[str]) -> dict[str, Consent]:
    """Every consent of a referral, also one that another is about to add, and what stands under `ids`.

    In one statement: two that hold in two steps may each hold what the other wants.
    """
    if connection.dialect.name == "postgresql":
        # What is not there yet cannot be held, so whoever adds to a referral takes its turn.
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(referral_id, 0))))
    named = or_(consents.c.consent_id.in_(ids), consents.c.partner_id.in_(ids))
    return _held(connection, or_(consents.c.referral_id == referral_id, named))


def hold_due(connection: Connection, now: datetime, limit: int) -> dict[str, Consent]:
    """Consents whose end date has come and whose end was not noticed yet, `limit` at most."""
    is_due = consents.c.standing.in_(("live", "suspended")), consents.c.ends_at <= to_ms(now)
    due = select(consents.c.consent_id).where(*is_due).order_by(consents.c.ends_at).limit(limit)
    # Said twice: while this waits for a row, another may end it, and the inner list was made before.
    return _held(connection, consents.c.consent_id.in_(due), *is_due)


def hold_expired_with_key(connection: Connection) -> dict[str, Consent]:
    """Expired consents whose key stands yet."""
    keyed = select(consent_keys.c.consent_id)
    return _held(connection, consents.c.consent_id.in_(keyed), consents.c.standing == "expired")


def hold_of(connection: Connection, programmes: Collection[str], limit: int) -> dict[str, Consent]:
    """Consents of `programmes`, on either side, that have not ended or have a key yet; `limit` at most."""
    theirs = or_(consents.c.discloser.in_(programmes), consents.c.recipient.in_(programmes))
    keyed = consents.c.consent_id.in_(select(consent_keys.c.consent_id))
    stands = theirs, or_(consents.c.standing.in_(("live", "suspended")), keyed)
    some = select(consents.c.consent_id).where(*stands).order_by(consents.c.consent_id).limit(limit)
    # Said twice, as in `hold_due`.
    return _held(connection, consents.c.consent_id.in_(some), *stands)


def of_subject(connection: Connection, discloser: str, subject_token: str) -> dict[str, Consent]:
    """What `discloser` recorded for one person, with what comes back."""
    signed = select(consents.c.consent_id).where(
        consents.c.discloser == discloser, consents.c.subject_token == subject_token
    )
    return _held(connection, or_(consents.c.consent_id.in_(signed), consents.c.partner_id.in_(signed)))


def _held(connection: Connection, *where: Any) -> dict[str, Consent]:
    # SQLite holds the whole database since BEGIN IMMEDIATE and drops FOR UPDATE from the text.
    chosen = select(consents).where(*where).order_by(consents.c.consent_id).with_for_update()
    return {row.consent_id: _consent(row) for row in connection.execute(chosen)}


def add(connection: Connection, given: Iterable[Consent]) -> None:
    """Writes new consents."""
    connection.execute(insert(consents), [_consent_row(consent) for consent in given])


def end(
    connection: Connection,
    ids: Collection[str],
    standing: policy.Standing,
    at: datetime,
    steady_seconds: int | None = None,
) -> None:
    """Ends consents as `standing`."""
    ended = {"standing": standing, "ended_at": to_ms(at), "ended_after": steady_seconds}
    connection.execute(update(consents).where(consents.c.consent_id.in_(ids)).values(ended))


def hold_all(connection: Connection) -> dict[str, Consent]:
    """Every consent."""
    return _held(connection)


def suspend(connection: Connection) -> None:
    """Lets every live consent wait for its discloser's word."""
    connection.execute(update(consents).where(consents.c.standing == "live").values(standing="suspended"))


def revive(connection: Connection, ids: Collection[str]) -> None:
    """Makes suspended consents live again."""
    suspended = consents.c.consent_id.in_(ids), consents.c.standing == "suspended"
    connection.execute(update(consents).where(*suspended).values(standing="live"))


def put_keys(connection: Connection, keys: Iterable[ConsentKey]) -> None:
    """Stores wrapped keys of new consents."""
    connection.execute(insert(consent_keys), [asdict(key) for key in keys])


def keys_of(connection: Connection, ids: Collection[str] | None = None) -> dict[str, ConsentKey]:
    """Wrapped keys by consent id, of `ids` or of all; a destroyed one is absent."""
    chosen = select(consent_keys)
    if ids is not None:
        chosen = chosen.where(consent_keys.c.consent_id.in_(ids))
    return {row.consent_id: ConsentKey(*row) for row in connection.execute(chosen)}


def rewrap(connection: Connection, keys: Iterable[ConsentKey]) -> None:
    """Puts the same keys under another epoch."""
    changed = update(consent_keys).where(consent_keys.c.consent_id == bindparam("of"))
    rows = [{"of": key.consent_id, "epoch": key.epoch, "wrapped": key.wrapped} for key in keys]
    if rows:
        connection.execute(changed, rows)


def destroy_keys(connection: Connection, ids: Collection[str]) -> None:
    """Overwrites and removes the keys of `ids`; what they locked is shut from the commit on.

    PostgreSQL keeps the old row until it is vacuumed; the epoch key that wraps it is gone within a day.
    """
    doomed = consent_keys.c.consent_id.in_(ids)
    length = func.length(consent_keys.c.wrapped)
    longest = connection.execute(select(func.max(length)).where(doomed)).scalar() or 0
    connection.execute(update(consent_keys).where(doomed).values(wrapped=b"\0" * int(longest)))
    connection.execute(delete(consent_keys).where(doomed))


def note(connection: Connection, lines: Sequence[Disclosure]) -> list[int]:
    """Adds what happened; returns the number of each line. Asked by `evidence_rows.note` only."""
    if not lines:
        return []
    rows = [{**asdict(d), "at": to_ms(d.at)} for d in lines]
    return list(connection.execute(_NOTED, rows).scalars())


def noted(connection: Connection, ids: Collection[str], kind: str | None = None) -> list[Disclosure]:
    """What happened under consents `ids`, oldest first; of one `kind` only where it is given."""
    chosen = select(disclosures).where(disclosures.c.consent_id.in_(ids)).order_by(disclosures.c.number)
    if kind is not None:
        chosen = chosen.where(disclosures.c.kind == kind)
    return [disclosure_of(row._asdict()) for row in connection.execute(chosen)]


def send(connection: Connection, facts: Iterable[Fact]) -> None:
    """Puts events into the outbox."""
    rows = [_fact_row(fact) for fact in facts]
    if rows:
        connection.execute(insert(outbox), rows)


def waiting_facts(connection: Connection, limit: int | None) -> list[Fact]:
    """The oldest events that the broker has not acknowledged; all of them without a `limit`."""
    chosen = select(outbox).where(outbox.c.acknowledged_at.is_(None)).order_by(outbox.c.number).limit(limit)
    return [_fact(row) for row in connection.execute(chosen)]


def waiting_ids(connection: Connection, consent_ids: Collection[str]) -> list[str]:
    """Ids of the events about these consents that the broker has not acknowledged."""
    chosen = select(outbox.c.event_id).where(
        outbox.c.consent_id.in_(consent_ids), outbox.c.acknowledged_at.is_(None)
    )
    return list(connection.execute(chosen).scalars())


def acknowledged(connection: Connection, event_ids: Collection[str], at: datetime) -> None:
    """Marks events as acknowledged by the broker."""
    marked = update(outbox).where(outbox.c.event_id.in_(event_ids))
    connection.execute(marked.values(acknowledged_at=to_ms(at)))


def forget_acknowledged(connection: Connection, before: datetime) -> None:
    """Removes events that were acknowledged before then."""
    connection.execute(delete(outbox).where(outbox.c.acknowledged_at < to_ms(before)))


def upkeep_row(connection: Connection) -> Row[Any]:
    """The one row of `ledger_time`."""
    return connection.execute(select(ledger_time)).one()


def see_time(connection: Connection, now: datetime) -> None:
    """Keeps the latest time seen; one that is earlier than another has seen meanwhile changes nothing."""
    later = update(ledger_time).where(ledger_time.c.latest < to_ms(now))
    connection.execute(later.values(latest=to_ms(now)))


def set_upkeep(connection: Connection, **values: int) -> None:
    """Changes the one row of `ledger_time`."""
    connection.execute(update(ledger_time).values(values))


def _consent(row: Row[Any]) -> Consent:
    values = dict(row._mapping)
    values |= {name: from_ms(values[name]) for name in _TIMES if values[name] is not None}
    values |= {name: frozenset(json.loads(values[name])) for name in _LISTS}
    return Consent(**values)


def _consent_row(consent: Consent) -> dict[str, Any]:
    values = asdict(consent)
    values |= {name: to_ms(values[name]) for name in _TIMES if values[name] is not None}
    values |= {name: json.dumps(sorted(values[name])) for name in _LISTS}
    return values


def disclosure_of(values: Mapping[Any, Any]) -> Disclosure:
    """The line of a row."""
    named = {name: value for name, value in values.items() if name != "number"}
    return Disclosure(**{**named, "at": from_ms(named["at"])})


def _fact_row(fact: Fact) -> dict[str, Any]:
    headers = {name: base64.b64encode(value).decode() for name, value in fact.headers.items()}
    return {**asdict(fact), "headers": json.dumps(headers)}


def _fact(row: Row[Any]) -> Fact:
    headers = {name: base64.b64decode(value) for name, value in json.loads(row.headers).items()}
    return Fact(row.event_id, row.consent_id, row.referral_id, headers, row.value)
