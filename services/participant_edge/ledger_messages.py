"""What an edge and the ledger say to each other, as values and as JSON."""

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from participant_edge.views import Disclosure, Opening, SurvivorCode

Answer = Mapping[str, Any]
"""A JSON object of the ledger. The readers raise ValueError, KeyError or TypeError for another form."""


@dataclass(frozen=True, slots=True, repr=False)
class ToLock:
    """A part to lock: what it is bound to, its class and the HPKE blob.

    `address_authorised`: the operator of a confidential shelter authorised telling this place in writing.
    `accompanied`: the notice of 42 CFR 2.32 and a copy of the consent are sealed with it.
    """

    consent_id: str
    referral_id: str
    recipient: str
    data_class: str
    blob: bytes
    address_authorised: bool = False
    accompanied: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class ToOpen:
    """A lock to open."""

    consent_id: str
    referral_id: str
    lock: bytes


@dataclass(frozen=True, slots=True, repr=False)
class Unlocked:
    """What was in a lock: the class comes from inside it, never from the request."""

    data_class: str
    blob: bytes


@dataclass(frozen=True, slots=True, repr=False)
class Given:
    """The ledger holds the consent, or the ground; only a ground may have no end of its own."""

    standing: str
    ends_at: datetime | None


@dataclass(frozen=True, slots=True, repr=False)
class Withdrawn:
    """The withdrawal is in force; `opened_before` is complete."""

    in_force_at: datetime
    opened_before: tuple[Opening, ...]


def locking(part: ToLock) -> dict[str, Any]:
    """One part of a seal request."""
    return {
        "consent_id": part.consent_id,
        "referral_id": part.referral_id,
        "recipient": part.recipient,
        "data_class": part.data_class,
        "blob": b64encode(part.blob).decode(),
        **({"address_authorised": True} if part.address_authorised else {}),
        **({"accompanied": True} if part.accompanied else {}),
    }


def unlocking(lock: ToOpen) -> dict[str, str]:
    """One lock of an open request."""
    return {
        "consent_id": lock.consent_id,
        "referral_id": lock.referral_id,
        "lock": b64encode(lock.lock).decode(),
    }


def given(answer: Answer) -> Given:
    """The answer to give."""
    return Given(_text(answer["standing"]), _time(answer["ends_at"]))


def grounded(answer: Answer) -> Given:
    """The answer to record a ground."""
    ends_at = answer.get("ends_at")
    return Given(_text(answer["standing"]), None if ends_at is None else _time(ends_at))


def withdrawn(answer: Answer) -> Withdrawn:
    """The answer to withdraw."""
    return Withdrawn(_time(answer["in_force_at"]), tuple(_opening(each) for each in answer["opened_before"]))


def closed(answer: Answer) -> Withdrawn:
    """The answer to close a ground."""
    return Withdrawn(_time(answer["ended_at"]), ())


def locks(answer: Answer, asked: Sequence[ToLock]) -> list[bytes]:
    """The answer to seal: as many locks as were asked for."""
    return [_bytes(lock) for lock in _as_many(answer["locks"], asked)]


def opened(answer: Answer, asked: Sequence[ToOpen]) -> list[Unlocked]:
    """The answer to open: as many as were asked for."""
    found = _as_many(answer["opened"], asked)
    return [Unlocked(_text(each["data_class"]), _bytes(each["blob"])) for each in found]


def evidence(answer: Answer) -> list[Disclosure]:
    """The answer to disclosures."""
    return [_disclosure(each) for each in answer["disclosures"]]


def survivor_code(answer: Answer) -> SurvivorCode:
    """The answer to a code."""
    return SurvivorCode(code=_text(answer["code"]), expires_at=_time(answer["expires_at"]))


def _opening(each: Answer) -> Opening:
    return Opening(
        consent_id=_text(each["consent_id"]),
        data_class=_text(each["data_class"]),
        recipient=_text(each["recipient"]),
        at=_time(each["at"]),
    )


def _disclosure(each: Answer) -> Disclosure:
    return Disclosure(
        consent_id=_text(each["consent_id"]),
        referral_id=_text(each["referral_id"]),
        recipient=_text(each["recipient"]),
        kind=_text(each["kind"]),
        data_class=None if each["data_class"] is None else _text(each["data_class"]),
        at=_time(each["at"]),
    )


def _as_many(answered: Any, asked: Sequence[object]) -> list[Any]:
    if not isinstance(answered, list) or len(answered) != len(asked):
        raise ValueError
    return answered


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _bytes(value: Any) -> bytes:
    return b64decode(_text(value), validate=True)


def _time(value: Any) -> datetime:
    at = datetime.fromisoformat(_text(value))
    if at.tzinfo is None:
        raise ValueError
    return at
