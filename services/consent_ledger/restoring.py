"""Restores a ledger from its backup: what ended since stays ended, all else waits for its discloser."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, islice
from pathlib import Path
from typing import Any

from alembic.util import CommandError
from sqlalchemy import Connection, MetaData, Table, delete, func, insert, select

from consent_ledger import backup_file, evidence_rows, missing, rules, store
from consent_ledger.database import Database, migrate
from consent_ledger.evidence import Act
from consent_ledger.facts import FactMaker
from consent_ledger.key_store import EpochKeyMissing, KeyStore
from consent_ledger.records import Consent, Disclosure
from consent_ledger.rules import Pair
from consent_ledger.tables import disclosures, outbox
from consent_ledger.told_consents import ToldConsents
from referral_exchange.events import ConsentExpired, ConsentWithdrawn

_AT_ONCE = 500


class RestoreRefused(Exception):
    """Nothing was restored; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Restored:
    """How many consents were restored, suspended, ended by what the topic told, and not in the backup."""

    consents: int
    suspended: int
    ended: int
    missing: int
    without_key: int


@dataclass(frozen=True, slots=True)
class Means:
    """What a restore works with. `key_store` opens that of a ledger by its id.

    `keys_lost`: every lock stays shut, and disclosers seal anew.
    """

    key_store: Callable[[str], KeyStore]
    facts: FactMaker
    told: ToldConsents
    now: datetime
    keys_lost: bool = False


def restore(url: str, path: Path, means: Means) -> Restored:
    """Fills the empty database at `url` from the backup at `path`, all or nothing.

    Raises RestoreRefused, BackupUnusable, EpochKeyMissing.
    """
    head = backup_file.check(path)
    try:
        database = Database(url, head.revision)
    except CommandError:
        told = f"{path.name}: made by another version of the ledger; restore it with that one"
        raise RestoreRefused(told) from None
    try:
        with database.transaction(alone=True) as connection:
            _load(connection, path)
            migrate(connection)
            _open_keys(connection, means)
            return _judge(connection, means)
    finally:
        database.close()


def _load(connection: Connection, path: Path) -> None:
    found = MetaData()
    found.reflect(connection)
    for name in ("consents", "disclosures"):
        if connection.execute(select(func.count()).select_from(found.tables[name])).scalar():
            raise RestoreRefused("the database is not empty: give the restored ledger a new one")
    for name in ("ledger_time", "evidence_log"):
        if name in found.tables:
            connection.execute(delete(found.tables[name]))
    for name, rows in groupby(backup_file.rows(path), key=lambda pair: pair[0]):
        _insert(connection, found.tables[name], (dict(row) for _, row in rows))
    if connection.dialect.name == "postgresql":
        for table in (disclosures, outbox):
            last = select(func.max(table.c.number)).scalar_subquery()
            counter = func.pg_get_serial_sequence(table.name, "number")
            connection.execute(select(func.setval(counter, func.coalesce(last, 1), last.is_not(None))))


def _insert(connection: Connection, table: Table, rows: Iterator[dict[str, Any]]) -> None:
    while batch := list(islice(rows, _AT_ONCE)):
        connection.execute(insert(table), batch)


def _open_keys(connection: Connection, means: Means) -> None:
    """Every key must open with its epoch's key; where they are lost they go, and a new epoch begins."""
    if means.keys_lost:
        for some in _batches(store.keys_of(connection)):
            store.destroy_keys(connection, some)
        store.set_upkeep(connection, epoch=0)
        return
    keys = means.key_store(str(store.upkeep_row(connection).ledger_id))
    try:
        for consent_id, key in store.keys_of(connection).items():
            keys.unwrap(key.epoch, consent_id, key.wrapped)
    except EpochKeyMissing as error:
        told = f"{error}; if it is lost, restore with --without-keys: what is sealed stays shut"
        raise EpochKeyMissing(told) from None


def _judge(connection: Connection, means: Means) -> Restored:
    held = store.hold_all(connection)
    leaves = evidence_rows.size_of(connection)
    ended, lines = _end(connection, means, held)
    _forget_what_was_told(connection, means)
    live = [c for c in held.values() if c.standing == "live" and c.consent_id not in ended]
    store.suspend(connection)
    ledger = means.facts.signer.programme
    lines += [rules.noted(c, "suspended", ledger, means.now) for c in live]
    told = {"leaves_of_the_backup": leaves, "suspended": len(live), "ended": len(ended)}
    evidence_rows.note(connection, means.now, lines, [Act("restored", told)])
    absent = [told.missing(i) for i, told in means.told.items() if i not in held]
    missing.add(connection, absent)
    # The next turn begins a new epoch: then this backup opens nothing any more.
    store.set_upkeep(connection, epoch_since=0)
    store.see_time(connection, max([means.now, *(t.ended_at for t in means.told.values() if t.ended_at)]))
    keyed = store.keys_of(connection)
    bare = sum(c.consent_id not in keyed for c in live)
    return Restored(len(held), len(live), len(ended), len(absent), bare)


def _end(connection: Connection, means: Means, held: dict[str, Consent]) -> tuple[set[str], list[Disclosure]]:
    """Ends what the topic told the end of, and its partner, whose end was perhaps not told yet."""
    lines: list[Disclosure] = []
    for signed in held.values():
        if not signed.returns:
            lines += _end_pair(connection, means, (signed, held[signed.partner_id]))
    ended = {line.consent_id for line in lines}
    for some in _batches(ended):
        store.destroy_keys(connection, some)
    return ended, lines


def _end_pair(connection: Connection, means: Means, pair: Pair) -> list[Disclosure]:
    told = [means.told.get(c.consent_id) for c in pair]
    ends = [one for one in told if one is not None and one.ended is not None]
    end = next((one for one in ends if one.ended == "withdrawn"), ends[0] if ends else None)
    if end is None or end.ended is None or end.ended_at is None:
        return []
    changed = [c for c in pair if c.standing not in ("withdrawn", end.ended)]
    ids = {c.consent_id for c in changed}
    if ids:
        store.end(connection, ids, end.ended, end.ended_at)
    kind = ConsentWithdrawn if end.ended == "withdrawn" else ConsentExpired
    untold = [c for c, one in zip(pair, told, strict=True) if one is None or one.ended != end.ended]
    store.send(connection, [means.facts.ended(kind, c, end.ended_at) for c in untold if c in changed])
    return [rules.noted(c, end.ended, c.discloser, end.ended_at) for c in changed]


def _forget_what_was_told(connection: Connection, means: Means) -> None:
    """What waited in the backup and was sent since, or is about what ended since, is not sent again."""
    sent = [
        fact.event_id
        for fact in store.waiting_facts(connection, None)
        for told in (means.told.get(fact.consent_id),)
        if told is not None and (fact.event_id in told.event_ids or told.ended is not None)
    ]
    for some in _batches(sent):
        store.acknowledged(connection, some, means.now)


def _batches(ids: Collection[str]) -> Iterator[list[str]]:
    """A statement takes only so many values."""
    left = iter(sorted(ids))
    while some := list(islice(left, _AT_ONCE)):
        yield some
