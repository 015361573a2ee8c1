"""What a bridge and its edge keep, table by table, without what is sealed, protected or secret."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, select
from sqlalchemy.exc import DBAPIError

from exchange_command.leaving.bundle import Row
from exchange_command.problem import Problem
from ngo_bridge import tables as bridge_tables
from participant_edge import tables as edge_tables
from referral_exchange.databases import Database, Manner, file_url
from referral_exchange.settings import Settings

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Part:
    """A table that goes into the file. `without`: columns that do not, each for a reason in `LEFT_OUT`."""

    name: str
    says: str
    table: Table
    without: tuple[str, ...] = ()


EDGE = (
    Part("referrals", "referrals as the edge sees them", edge_tables.referrals, ("reason",)),
    Part("steps", "what happened to each referral, in order", edge_tables.steps),
    Part("refusals", "own events that were refused, with their codes", edge_tables.refusals),
    Part("consents_given", "consents and grounds given here", edge_tables.consents, ("memory",)),
    Part("consents_ended", "ends of consents that came in", edge_tables.endings),
    Part("withdrawals", "withdrawals asked here", edge_tables.withdrawals, ("opened_before",)),
    Part("received", "what came in, without its bytes", edge_tables.inbox, ("value", "signature")),
    Part("changes", "everything the edge learnt and said, for 90 days", edge_tables.changes),
    Part(
        "commands",
        "what was asked of the edge",
        edge_tables.commands,
        ("fingerprint", "prepared", "intent"),
    ),
    Part("keys_of_others", "public keys of other programmes, as pinned", edge_tables.pins),
)
"""From the edge's database."""

BRIDGE = (
    Part("audit", "who did what at the bridge, by random id", bridge_tables.audit),
    Part("accounts", "who that id is", bridge_tables.caseworker, ("password", "codes", "last_step")),
    Part("api_tokens", "programs that may call the bridge", bridge_tables.token, ("digest",)),
)
"""From the bridge's database."""

UNUSED = frozenset({"choices", "command", "session", "sign_in_wait"})
"""Tables that are of no use elsewhere, or protected whole. Those of notices are not in it either."""


class BridgeUnreadable(Problem):
    """The bridge's own databases cannot be read; the message says where they should be."""


def edge_rows(settings: Settings, part: Part) -> Iterator[Row]:
    """Every row of a part of the edge's. Raises BridgeUnreadable."""
    address = settings.service.get("edge_database")
    with _opened(str(address) if address else _data(settings) / "edge.db") as connection:
        yield from _rows(connection, part)


def bridge_rows(settings: Settings, part: Part) -> Iterator[Row]:
    """Every row of a part of the bridge's. Raises BridgeUnreadable."""
    address = settings.service.get("database")
    with _opened(str(address) if address else _data(settings) / "bridge.db") as connection:
        yield from _rows(connection, part)


def _data(settings: Settings) -> Path:
    return Path(settings.need("data"))


@contextmanager
def _opened(where: Path | str) -> Iterator[Connection]:
    """One moment of the database, beside whoever works on it. A link in a file's place is not followed."""
    if isinstance(where, Path) and (where.is_symlink() or not where.is_file()):
        raise BridgeUnreadable(f"{where} is no database; name the bridge's settings file with --bridge")
    database = Database(file_url(where) if isinstance(where, Path) else where, Manner())
    try:
        with database.snapshot() as connection:
            yield connection
    except DBAPIError as error:
        shown = where if isinstance(where, Path) else "its database"
        raise BridgeUnreadable(f"{shown} cannot be read ({type(error).__name__})") from None
    finally:
        database.close()


def _rows(connection: Connection, part: Part) -> Iterator[Row]:
    columns = [column for column in part.table.columns if column.name not in part.without]
    chosen = select(*columns).order_by(*part.table.primary_key.columns)
    for row in connection.execute(chosen).yield_per(_AT_ONCE).mappings():
        yield {name: _plain(value) for name, value in row.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value
