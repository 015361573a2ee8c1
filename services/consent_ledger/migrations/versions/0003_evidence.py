"""The log of evidence. What was noted before it becomes leaves, in the order in which it was noted.

An older ledger leaves the tables where they stand: going back drops no leaf, and coming up again appends
what that ledger noted in between, so that checkpoints which were handed out still hold.
"""

import secrets
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from consent_ledger import evidence, merkle
from consent_ledger.records import Disclosure, from_ms, to_ms

revision = "0003"
down_revision = "0002"

_AT_ONCE = 1000
_ADDED_ONLY = ("evidence_leaves", "evidence_nodes", "evidence_checkpoints")
_SUBJECT = sa.String(36)


def upgrade() -> None:
    if not sa.inspect(op.get_bind()).has_table("evidence_log"):
        _tables()
        _append_only()
    _catch_up(op.get_bind())


def downgrade() -> None:
    """Nothing is dropped, see above."""


def _tables() -> None:
    log = op.create_table(
        "evidence_log",
        sa.Column("only", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("peaks", sa.LargeBinary, nullable=False),
        sa.Column("policy", sa.String(64)),
    )
    op.create_table(
        "evidence_leaves",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("subject", _SUBJECT, nullable=False, index=True),
        sa.Column("leaf", sa.Text, nullable=False),
        sa.Column("disclosure", sa.BigInteger, unique=True),
        sa.Column("facts", sa.Text),
    )
    op.create_table(
        "evidence_nodes",
        sa.Column("level", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("place", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "evidence_keys",
        sa.Column("subject", _SUBJECT, primary_key=True),
        sa.Column("key", sa.LargeBinary, nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "evidence_checkpoints",
        sa.Column("size", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.bulk_insert(log, [{"only": 1, "size": 0, "peaks": b"", "policy": None}])


def _append_only() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION refuse_change_of_evidence() RETURNS trigger AS "
            "$$ BEGIN RAISE EXCEPTION 'evidence is only added'; END $$ LANGUAGE plpgsql"
        )
        for table in _ADDED_ONLY:
            op.execute(
                f"CREATE TRIGGER {table}_only_added BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION refuse_change_of_evidence()"
            )
            op.execute(
                f"CREATE TRIGGER {table}_not_emptied BEFORE TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_evidence()"
            )
        return
    for table in _ADDED_ONLY:
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
                "BEGIN SELECT RAISE(ABORT, 'evidence is only added'); END"
            )


def _catch_up(connection: sa.Connection) -> None:
    """Makes leaves of the disclosures that have none yet."""
    found = sa.MetaData()
    names = ("disclosures", "evidence_log", "evidence_leaves", "evidence_nodes", "evidence_keys")
    found.reflect(connection, only=names)
    log = _Log(connection, *(found.tables[name] for name in names[1:]))
    for batch in _without_leaf(connection, found.tables["disclosures"], found.tables["evidence_leaves"]):
        for number, line in batch:
            log.add(number, line)
        log.store()


class _Log:
    """The log as it grows; `store` writes what was added since."""

    def __init__(
        self, connection: sa.Connection, log: sa.Table, leaves: sa.Table, nodes: sa.Table, keys: sa.Table
    ) -> None:
        self._connection, self._log = connection, log
        self._leaves, self._nodes, self._keys = leaves, nodes, keys
        self._new: dict[sa.Table, list[dict[str, Any]]] = {leaves: [], nodes: [], keys: []}
        self._size, peaks = connection.execute(sa.select(log.c.size, log.c.peaks)).one()
        hashes = (bytes(peaks[at : at + 32]) for at in range(0, len(peaks), 32))
        self._known = dict(zip(merkle.peaks(self._size), hashes, strict=True))
        stored = connection.execute(sa.select(keys.c.subject, keys.c.key))
        self._key_of = {row.subject: bytes(row.key) for row in stored}

    def add(self, disclosure: int, line: Disclosure) -> None:
        subject, number = evidence.subject_of(line), self._size
        leaf = evidence.leaf_of(number, line, line.at, self._key(subject))
        hashed = merkle.leaf_hash(leaf.encode())
        for level, place, made in merkle.grown(number, hashed, lambda *at: self._known[at]):
            self._known[level, place] = made
            if level:
                self._new[self._nodes].append({"level": level, "place": place, "hash": made})
        row = {"number": number, "subject": subject, "leaf": leaf, "disclosure": disclosure}
        self._new[self._leaves].append(row)
        self._size += 1

    def store(self) -> None:
        self._known = {at: self._known[at] for at in merkle.peaks(self._size)}
        for table, rows in self._new.items():
            if rows:
                self._connection.execute(sa.insert(table), rows)
            rows.clear()
        grown = sa.update(self._log).values(size=self._size, peaks=b"".join(self._known.values()))
        self._connection.execute(grown)

    def _key(self, subject: str) -> bytes:
        if subject not in self._key_of:
            key = self._key_of[subject] = secrets.token_bytes(evidence.KEY_BYTES)
            row = {"subject": subject, "key": key, "made_at": to_ms(datetime.now(UTC))}
            self._new[self._keys].append(row)
        return self._key_of[subject]


def _without_leaf(
    connection: sa.Connection, disclosures: sa.Table, leaves: sa.Table
) -> Iterator[Sequence[tuple[int, Disclosure]]]:
    last = connection.execute(sa.select(sa.func.max(leaves.c.disclosure))).scalar() or 0
    while True:
        chosen = sa.select(disclosures).where(disclosures.c.number > last).order_by(disclosures.c.number)
        rows = connection.execute(chosen.limit(_AT_ONCE)).mappings().all()
        if not rows:
            return
        last = rows[-1]["number"]
        yield [(row["number"], _line(row)) for row in rows]


def _line(row: Any) -> Disclosure:
    values = {name: value for name, value in row.items() if name != "number"}
    return Disclosure(**{**values, "at": from_ms(values["at"])})


def _insert(connection: sa.Connection, table: sa.Table, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        connection.execute(sa.insert(table), list(rows))
