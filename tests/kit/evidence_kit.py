"""Looks at a ledger's log of evidence as a stranger would: by its leaves, and against its root."""

import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
from ledger_kit import OPERATOR, LedgerKit

from consent_ledger import checkpoints, evidence_rows, merkle
from exchange_command import evidence_file


def the_verifier() -> ModuleType:
    """`deploy/verify_evidence.py`, which is no part of any package."""
    path = Path(__file__).parents[2] / "deploy" / "verify_evidence.py"
    spec = importlib.util.spec_from_file_location("verify_evidence", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["verify_evidence"] = module
    spec.loader.exec_module(module)
    return module


def leaves(kit: LedgerKit) -> list[evidence_rows.Leaf]:
    """Every leaf, with what it says where that can be told."""
    with kit.database.snapshot() as connection:
        return evidence_rows._read(connection, None)


def kinds(kit: LedgerKit) -> list[str]:
    """Kinds of every leaf, in order, but those of keys and epochs."""
    named = [kind_of(leaf) for leaf in leaves(kit)]
    return [kind for kind in named if kind not in ("epoch-turned", "key-pinned")]


def kind_of(leaf: evidence_rows.Leaf) -> str:
    text: dict[str, Any] = evidence_file.read(leaf.text)
    return str(text["kind"])


def facts(kit: LedgerKit, kind: str) -> list[Mapping[str, Any]]:
    """What the leaves of a kind say."""
    return [leaf.facts for leaf in leaves(kit) if kind_of(leaf) == kind and leaf.facts is not None]


def is_whole(kit: LedgerKit) -> bool:
    """Whether the signed root is that of the leaves as they stand, by the definition of a tree."""
    with kit.database.snapshot() as connection:
        made = checkpoints.made(connection, kit.ledger.facts.signer)
        texts = evidence_rows.texts(connection, 0, made.size)
    hashes = [merkle.leaf_hash(text.encode()) for text in texts]
    return len(texts) == made.size and by_definition(hashes) == made.root


def by_definition(hashes: list[bytes]) -> bytes:
    """RFC 6962, 2.1, over leaf hashes."""
    if not hashes:
        return merkle.EMPTY
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return merkle.joined(by_definition(hashes[:split]), by_definition(hashes[split:]))


def export(kit: LedgerKit, path: Path, app: object | None = None) -> Path:
    """What `exchange evidence export` writes."""
    with kit.client(app or kit.app(), OPERATOR) as client:
        evidence_file.write(path, lambda where, asked: answer(client, where, asked))
    return path


def answer(client: httpx.Client, where: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = client.get(where, params=dict(asked)).raise_for_status().json()
    return told
