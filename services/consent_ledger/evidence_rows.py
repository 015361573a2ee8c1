"""Reads and writes the log of evidence, inside a transaction that the caller began."""

import json
import secrets
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    RowMapping,
    and_,
    bindparam,
    exc,
    insert,
    or_,
    select,
    update,
)

from consent_ledger import evidence, merkle, store
from consent_ledger.evidence import Act, Facts, Line
from consent_ledger.merkle import HASH_BYTES, Node, Position
from consent_ledger.records import Disclosure, to_ms
from consent_ledger.tables import (
    disclosures,
    evidence_keys,
    evidence_leaves,
    evidence_log,
    evidence_nodes,
)

_AT_ONCE = 400
_Result = TypeVar("_Result")
_Entry = tuple[Line, int | None]
"""A line, and its number among the disclosures."""

_HELD = select(evidence_log.c.size, evidence_log.c.peaks).with_for_update()
_GROWN = update(evidence_log).values(size=bindparam("grown_to"), peaks=bindparam("with_peaks"))
_ADDED_LEAVES, _ADDED_NODES = insert(evidence_leaves), insert(evidence_nodes)
_KEY = select(evidence_keys.c.key).where(evidence_keys.c.subject == bindparam("of"))
_KEYS = select(evidence_keys.c.subject, evidence_keys.c.key).where(
    evidence_keys.c.subject.in_(bindparam("subjects", expanding=True))
)


class EvidenceUnwritten(exc.OperationalError):
    """The log cannot be written, so the transaction is void: nothing is sealed, opened or refused."""

    def __init__(self, why: Exception) -> None:
        """`why`: what the database said; its text may quote a row, so only its kind is kept."""
        super().__init__("the log of evidence", None, Exception(type(why).__name__))


class EvidenceBroken(Exception):
    """The log is not what it was signed as: somebody changed rows. Restore a backup, and find out who."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One leaf as it is stored. `salt` None: its key is destroyed, or the facts are not what it says."""

    number: int
    text: str
    facts: Facts | None
    salt: bytes | None


def note(
    connection: Connection, now: datetime, lines: Sequence[Disclosure], acts: Sequence[Act] = ()
) -> list[str]:
    """Adds what happened, and a leaf for each of it, which it returns. Last in a transaction.

    From here to the commit nobody else can add a leaf. Raises EvidenceUnwritten, and what UNAVAILABLE names.
    """
    try:
        numbers = store.note(connection, lines)
        return _append(connection, now, [*zip(lines, numbers, strict=True), *((act, None) for act in acts)])
    except (exc.OperationalError, exc.InterfaceError, exc.TimeoutError):
        raise
    except exc.SQLAlchemyError as error:
        raise EvidenceUnwritten(error) from None


def _append(connection: Connection, now: datetime, entries: Sequence[_Entry]) -> list[str]:
    if not entries:
        return []
    subjects = {evidence.subject_of(line) for line, _ in entries}
    keys = _keys(connection, subjects)
    size, peaks = connection.execute(_HELD).one()
    keys |= _make_keys(connection, subjects - keys.keys(), now)
    first = size
    known: dict[Position, bytes] = dict(zip(merkle.peaks(size), _hashes(peaks), strict=True))
    rows: list[dict[str, Any]] = []
    nodes: list[dict[str, Any]] = []
    for size, (line, disclosure) in enumerate(entries, start=first):
        subject = evidence.subject_of(line)
        leaf = evidence.leaf_of(size, line, now, keys[subject])
        for level, place, made in merkle.grown(size, merkle.leaf_hash(leaf.encode()), _known(known)):
            known[level, place] = made
            if level:
                nodes.append({"level": level, "place": place, "hash": made})
        facts = evidence.canonical(line.facts) if isinstance(line, Act) else None
        rows.append(
            {"number": size, "subject": subject, "leaf": leaf, "disclosure": disclosure, "facts": facts}
        )
    grown_to = first + len(entries)
    with_peaks = b"".join(known[position] for position in merkle.peaks(grown_to))
    connection.execute(_GROWN, {"grown_to": grown_to, "with_peaks": with_peaks})
    connection.execute(_ADDED_LEAVES, rows)
    if nodes:
        connection.execute(_ADDED_NODES, nodes)
    return [row["leaf"] for row in rows]


def size_of(connection: Connection) -> int:
    """How many leaves there are."""
    return int(connection.execute(select(evidence_log.c.size)).scalar_one())


def head_of(connection: Connection) -> tuple[int, list[bytes]]:
    """How many leaves there are, and the hashes remembered of the complete subtrees, widest first.

    Read together: between two statements somebody else may add a leaf.
    """
    size, peaks = connection.execute(select(evidence_log.c.size, evidence_log.c.peaks)).one()
    return int(size), _hashes(peaks)


def computed(connection: Connection, compute: Callable[[Node], _Result]) -> _Result:
    """What `compute` makes of the tree's nodes: run once to learn which, then with them.

    Raises EvidenceBroken.
    """
    wanted: set[Position] = set()

    def remember(level: int, place: int) -> bytes:
        wanted.add((level, place))
        return b""

    compute(remember)
    found = dict(_nodes(connection, sorted(wanted)))
    if missing := wanted - found.keys():
        raise EvidenceBroken(f"the log of evidence lacks {len(missing)} of its nodes")
    return compute(_known(found))


def texts(connection: Connection, first: int, below: int) -> list[str]:
    """The leaves from number `first` to before `below`, as they were hashed."""
    chosen = select(evidence_leaves.c.leaf).where(
        evidence_leaves.c.number >= first, evidence_leaves.c.number < below
    )
    return list(connection.execute(chosen.order_by(evidence_leaves.c.number)).scalars())


def about(connection: Connection, consent_ids: Collection[str], first: int, limit: int) -> list[Leaf]:
    """What the leaves from number `first` say about these consents, `limit` at most."""
    return _read(
        connection, limit, disclosures.c.consent_id.in_(consent_ids), evidence_leaves.c.number >= first
    )


def acts(connection: Connection, first: int, below: int) -> list[Leaf]:
    """The leaves from `first` to before `below` that concern no person."""
    numbers = evidence_leaves.c.number
    return _read(
        connection, None, evidence_leaves.c.subject == evidence.EXCHANGE, numbers >= first, numbers < below
    )


def forget(connection: Connection, subjects: Collection[str]) -> None:
    """Destroys what opens these subjects' leaves. The log still proves itself; what they said is gone."""
    doomed = evidence_keys.c.subject.in_(subjects)
    connection.execute(update(evidence_keys).where(doomed).values(key=b"\0" * evidence.KEY_BYTES))
    connection.execute(evidence_keys.delete().where(doomed))


def _read(connection: Connection, limit: int | None, *where: Any) -> list[Leaf]:
    chosen = (
        select(evidence_leaves, evidence_keys.c.key, *disclosures.c)
        .outerjoin(disclosures, disclosures.c.number == evidence_leaves.c.disclosure)
        .outerjoin(evidence_keys, evidence_keys.c.subject == evidence_leaves.c.subject)
        .where(*where)
        .order_by(evidence_leaves.c.number)
        .limit(limit)
    )
    return [_leaf(row) for row in connection.execute(chosen)]


def _leaf(row: Row[Any]) -> Leaf:
    named = row._mapping
    number, text = int(named[evidence_leaves.c.number]), str(named[evidence_leaves.c.leaf])
    facts = _facts(named)
    if row.key is None or facts is None:
        return Leaf(number, text, None, None)
    salt = evidence.salt_of(bytes(row.key), number)
    told = evidence.tells(text, salt, facts)
    return Leaf(number, text, facts, salt) if told else Leaf(number, text, None, None)


def _facts(named: RowMapping) -> Facts | None:
    """None: the disclosure that the leaf tells of is not there any more."""
    if named[evidence_leaves.c.facts] is not None:
        facts: Facts = json.loads(named[evidence_leaves.c.facts])
        return facts
    if named[disclosures.c.number] is None:
        return None
    return evidence.facts_of(store.disclosure_of({c.name: named[c] for c in disclosures.c}))


def _nodes(connection: Connection, wanted: Sequence[Position]) -> Iterator[tuple[Position, bytes]]:
    for some in _batches([place for level, place in wanted if level == 0]):
        chosen = select(evidence_leaves.c.number, evidence_leaves.c.leaf)
        for row in connection.execute(chosen.where(evidence_leaves.c.number.in_(some))):
            yield (0, row.number), merkle.leaf_hash(row.leaf.encode())
    for some in _batches([position for position in wanted if position[0]]):
        for row in connection.execute(select(evidence_nodes).where(_at(some))):
            yield (row.level, row.place), bytes(row.hash)


def _at(positions: Sequence[Position]) -> ColumnElement[bool]:
    """Level by level: of pairs in a list SQLite makes a walk through the whole table."""
    by_level: dict[int, list[int]] = {}
    for level, place in positions:
        by_level.setdefault(level, []).append(place)
    nodes = evidence_nodes.c
    return or_(*(and_(nodes.level == level, nodes.place.in_(places)) for level, places in by_level.items()))


def _batches(whole: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """A statement takes only so many values."""
    return (whole[at : at + _AT_ONCE] for at in range(0, len(whole), _AT_ONCE))


def _keys(connection: Connection, subjects: Collection[str]) -> dict[str, bytes]:
    if len(subjects) == 1:  # nearly always, and this is asked with each seal and open
        (subject,) = subjects
        key = connection.execute(_KEY, {"of": subject}).scalar()
        return {} if key is None else {subject: bytes(key)}
    return {
        row.subject: bytes(row.key)
        for some in _batches(sorted(subjects))
        for row in connection.execute(_KEYS, {"subjects": some})
    }


def _make_keys(connection: Connection, missing: Collection[str], now: datetime) -> dict[str, bytes]:
    """Asked while the log is held: of two who want the same key one has made it by then."""
    if not missing:
        return {}
    stood = _keys(connection, missing)
    new = {subject: secrets.token_bytes(evidence.KEY_BYTES) for subject in sorted(missing - stood.keys())}
    rows = [{"subject": subject, "key": key, "made_at": to_ms(now)} for subject, key in new.items()]
    if rows:
        connection.execute(insert(evidence_keys), rows)
    return stood | new


def _known(nodes: dict[Position, bytes]) -> Node:
    return lambda level, place: nodes[level, place]


def _hashes(peaks: bytes) -> list[bytes]:
    return [bytes(peaks[at : at + HASH_BYTES]) for at in range(0, len(peaks), HASH_BYTES)]
