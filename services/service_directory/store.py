"""Rows of the directory's database. Every function works inside the caller's transaction."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, Table, bindparam, delete, exists, insert, select

from service_directory import tables
from service_directory.findings import Report
from service_directory.publications import Organization, Service

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Stored:
    """A listing as it stands or travels: the key and record of its message, and its framed bytes."""

    key: str
    event_id: str
    record: str
    value: bytes


@dataclass(frozen=True, slots=True)
class Waiting:
    """A listing that the broker has not acknowledged. `occurred_at`: ms since 1970, UTC."""

    number: int
    listing: Stored
    occurred_at: int


def listings(connection: Connection) -> Iterator[Stored]:
    """Every listing."""
    for row in connection.execute(select(tables.listings)):
        yield Stored(row.key, row.event_id, row.record, bytes(row.value))


def put_listing(connection: Connection, listing: Stored) -> None:
    """Puts it in place of what stood under its key."""
    connection.execute(delete(tables.listings).where(tables.listings.c.key == listing.key))
    connection.execute(insert(tables.listings).values(**asdict(listing)))


def to_send(connection: Connection, listing: Stored, occurred_at: datetime) -> None:
    """Queues a listing for the topic. What waits under its key already need not be sent any more."""
    connection.execute(delete(tables.outbox).where(tables.outbox.c.key == listing.key))
    connection.execute(
        insert(tables.outbox).values(**asdict(listing), occurred_at=int(occurred_at.timestamp() * 1000))
    )


def waiting(connection: Connection) -> list[Waiting]:
    """What is to be sent next, oldest first."""
    rows = connection.execute(select(tables.outbox).order_by(tables.outbox.c.number).limit(_AT_ONCE))
    return [
        Waiting(row.number, Stored(row.key, row.event_id, row.record, bytes(row.value)), row.occurred_at)
        for row in rows
    ]


def waits(connection: Connection, key: str) -> bool:
    """Whether something newer than the topic's own waits under `key`."""
    return bool(connection.scalar(select(exists().where(tables.outbox.c.key == key))))


def sent(connection: Connection, numbers: Sequence[int]) -> None:
    """The broker has them."""
    connection.execute(delete(tables.outbox).where(tables.outbox.c.number.in_(numbers)))


def organizations(connection: Connection) -> dict[str, Organization]:
    """Every organization, by id."""
    rows = connection.execute(select(tables.organizations))
    return {row.id: Organization(row.id, row.name, row.participant_id) for row in rows}


def put_organizations(connection: Connection, organizations: Iterable[Organization]) -> None:
    """Puts each in place of what stood under its id."""
    _replace(connection, tables.organizations, [asdict(organization) for organization in organizations])


def services(connection: Connection) -> dict[str, Service]:
    """Every service, by id."""
    rows = connection.execute(select(tables.services.c.document))
    found = (_service(json.loads(row.document)) for row in rows)
    return {service.id: service for service in found}


def put_services(connection: Connection, services: Iterable[Service]) -> None:
    """Puts each in place of what stood under its id."""
    rows = [
        {"id": each.id, "programme_id": each.programme_id, "document": _document(each)} for each in services
    ]
    _replace(connection, tables.services, rows)


def put_report(connection: Connection, report: Report, at: datetime) -> None:
    """Keeps what came of an import."""
    connection.execute(
        insert(tables.imports).values(
            import_id=report.import_id,
            at=int(at.timestamp() * 1000),
            applied=report.applied,
            report=json.dumps(report.as_json()),
        )
    )


def report(connection: Connection, import_id: str) -> dict[str, object] | None:
    """What came of an import, as the API answers it; None for one that never was."""
    known = tables.imports
    found = connection.scalar(select(known.c.report).where(known.c.import_id == import_id))
    loaded: dict[str, object] | None = json.loads(found) if found else None
    return loaded


def note_key_change(
    connection: Connection, programme_id: str, keys: tuple[str, str], vouched_by: str, at: datetime
) -> None:
    """Evidence. `keys`: the old key id and the new one."""
    connection.execute(
        insert(tables.key_changes).values(
            programme_id=programme_id,
            old_key_id=keys[0],
            new_key_id=keys[1],
            vouched_by=vouched_by,
            at=int(at.timestamp() * 1000),
        )
    )


def _replace(connection: Connection, table: Table, rows: Sequence[Mapping[str, object]]) -> None:
    if not rows:
        return
    connection.execute(delete(table).where(table.c.id == bindparam("old")), [{"old": r["id"]} for r in rows])
    connection.execute(insert(table), rows)


def _document(service: Service) -> str:
    # By hand: `asdict` copies every tuple of it, which an import of thousands feels.
    return json.dumps({name: getattr(service, name) for name in Service.__dataclass_fields__})


def _service(document: Mapping[str, object]) -> Service:
    fields = {name: tuple(v) if isinstance(v, list) else v for name, v in document.items()}
    return Service(**fields)  # type: ignore[arg-type]
