"""Records that several families hold. Generated from schemas/ by `make generate`; do not edit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SealedPart:
    """One data class about a person, unreadable without the recipient's key and a live consent."""

    lock: bytes
    ciphertext: bytes

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {"lock": self.lock, "ciphertext": self.ciphertext}

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(lock=datum["lock"], ciphertext=datum["ciphertext"])

    def __repr__(self) -> str:
        """The name alone: what it holds is sealed."""
        return "SealedPart(sealed)"
