"""What a leaf of the log says in clear, and what it only commits to. Pure.

A leaf shows its number, second, kind and a commitment. What it is about (consent, referral, programmes,
class, exact time) is told by an opening to whom it concerns. Each leaf's salt comes from a key of its
subject: one opening tells nothing of another leaf, and once the key is destroyed none can be made any more.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from consent_ledger.records import Disclosure

ActKind = Literal[
    "administration",
    "administration-denied",
    "denials-counted",
    "epoch-turned",
    "key-pinned",
    "key-replaced",
    "policy-changed",
    "restored",
    "survivor-code-made",
    "survivor-code-wrong",
    "survivor-page-denied",
    "survivor-session-opened",
    "survivor-session-unknown",
]

EXCHANGE = "exchange"
"""Subject of what the ledger and its operator did: it concerns no person, so its key is never destroyed."""

KEY_BYTES = 32

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Act:
    """Something that the ledger or its operator did beside disclosures. `facts` concern no person."""

    kind: ActKind
    facts: Mapping[str, str | int | None]


Line = Disclosure | Act


def canonical(value: Facts) -> str:
    """JSON with sorted names and no space: one text for one value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def subject_of(line: Line) -> str:
    """Under whose key a line's leaf commits: its consent's, or one that stands for no consent.

    A stranger may ask for any id, so its denials share one key a month: asking makes no rows.
    """
    if isinstance(line, Act):
        return EXCHANGE
    return strangers_in(line.at) if line.referral_id is None else line.consent_id


def strangers_in(at: datetime) -> str:
    """Subject of the denials to strangers in that month."""
    return f"strangers.{at:%Y-%m}"


def facts_of(line: Line) -> dict[str, Any]:
    """What a leaf commits to."""
    if isinstance(line, Act):
        return dict(line.facts)
    facts = asdict(line)
    del facts["kind"]
    return facts | {"at": line.at.isoformat(timespec="milliseconds")}


def leaf_of(number: int, line: Line, now: datetime, key: bytes) -> str:
    """The leaf: this very text is hashed. `now` dates what has no time of its own."""
    at = line.at if isinstance(line, Disclosure) else now
    committed = commitment(salt_of(key, number), facts_of(line))
    shown = f"{at:%Y-%m-%dT%H:%M:%SZ}"
    return canonical({"at": shown, "commitment": committed, "kind": line.kind, "number": number})


def salt_of(key: bytes, number: int) -> bytes:
    """The salt of one leaf; it tells nothing of its subject's key or of another leaf's salt."""
    return hmac.digest(key, f"leaf {number}".encode(), hashlib.sha256)


def commitment(salt: bytes, facts: Facts) -> str:
    """HMAC-SHA256 over the canonical facts, in hexadecimal."""
    return hmac.digest(salt, canonical(facts).encode(), hashlib.sha256).hex()


def tells(leaf: str, salt: bytes, facts: Facts) -> bool:
    """Whether these are the facts that the leaf committed to."""
    return hmac.compare_digest(json.loads(leaf)["commitment"], commitment(salt, facts))
