"""Every document by its path below `schemas/`, as it should stand there."""

import json
from pathlib import Path

from referral_exchange.contract_docs import asyncapi, changelog, topic_list, vectors, wire_page
from referral_exchange.contract_docs.contract import Contract
from referral_exchange.contract_files import DEPLOY

WIRE_PAGE = "READ_THE_WIRE.md"
"""Written by hand, but for the pieces between its marks."""

VECTORS = "vectors"


def all_documents(contract: Contract, deploy: Path = DEPLOY) -> dict[str, str]:
    """The text of each document by its path."""
    page = (contract.folder / WIRE_PAGE).read_text(encoding="utf-8")
    made = vectors.all_vectors(contract)
    return {
        "asyncapi.json": json.dumps(asyncapi.document(contract), indent=2, ensure_ascii=False) + "\n",
        "TOPICS.md": topic_list.topics_page(contract),
        "ACLS.md": topic_list.acls_page(contract),
        "CHANGELOG.md": changelog.changelog_page(contract),
        WIRE_PAGE: wire_page.filled(page, wire_page.pieces(contract, deploy)),
        **{f"{VECTORS}/{name}.json": vectors.text(vector) for name, vector in made.items()},
    }


def stale(contract: Contract, deploy: Path = DEPLOY) -> list[str]:
    """Documents that are missing, differ, or are of no vector any more."""
    wanted = all_documents(contract, deploy)
    there = {path: _read(contract.folder / path) for path in {*wanted, *_vectors(contract)}}
    return sorted(path for path, text in there.items() if text != wanted.get(path))


def write(contract: Contract, deploy: Path = DEPLOY) -> None:
    """Writes them all; a vector that is no more goes."""
    wanted = all_documents(contract, deploy)
    (contract.folder / VECTORS).mkdir(exist_ok=True)
    for path in _vectors(contract) - wanted.keys():
        (contract.folder / path).unlink()
    for path, text in wanted.items():
        (contract.folder / path).write_text(text, encoding="utf-8")


def _vectors(contract: Contract) -> set[str]:
    return {f"{VECTORS}/{path.name}" for path in (contract.folder / VECTORS).glob("*.json")}


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None
