"""What is asked of the policy and what it answers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from referral_exchange.directory import Directory

Action = Literal["give", "seal", "check", "open"]
"""give: record a consent or ground. seal: publish a part. check: publish what seals nothing. open: read."""

Standing = Literal["live", "suspended", "withdrawn", "expired"]
"""suspended: restored from a backup and not yet confirmed by its discloser; nothing passes meanwhile."""

Signer = Literal["self", "parent", "guardian"]
GroundKind = Literal["mandated_report", "tip", "withdrawal"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """A programme as the directory lists it. The defaults are those of one that is not listed: denied."""

    programme_id: str
    kind: str = "unspecified"
    role: str = "unspecified"
    funding_streams: frozenset[str] = frozenset()
    confidential: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """A consent as far as a rule looks at it; an edge that asks before giving fills in the draft.

    `returns`: made for what comes back; its discloser is the recipient of the one that was signed.
    `written`: a commitment to the signed form is there.
    """

    referral_id: str
    discloser: str
    recipient: str
    purpose: str
    data_classes: frozenset[str]
    funding_streams: frozenset[str]
    standing: Standing
    returns: bool = False
    written: bool
    explained_at: datetime
    signed_at: datetime
    ends_at: datetime
    signer: Signer
    signer_is_abuser: bool
    subject_is_minor: bool
    minor_may_sign_alone: bool
    minor_signed: bool
    services_conditioned: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """A legal ground that stands in place of a consent. `returns` as in Consent; `ends_at` None: open end."""

    kind: GroundKind
    referral_id: str
    discloser: str
    recipient: str
    statute: str
    jurisdiction: str
    data_classes: frozenset[str]
    standing: Standing
    returns: bool = False
    ends_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One decision to take. `asker` is the programme that signed the request.

    `consent` None: there is none; then a `ground` may stand in its place. `data_class` None: nothing is
    sealed. `address_authorised`: the operator of a confidential shelter authorised this release of its
    place in writing. `accepted` None: the one who asks cannot know whether the referral was accepted (the
    ledger cannot).
    """

    action: Action
    at: datetime
    asker: str
    discloser: Programme
    recipient: Programme
    referral_id: str
    consent: Consent | None
    ground: Ground | None = None
    data_class: str | None = None
    address_authorised: bool = False
    accepted: bool | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A policy by its stable id, and the law that it encodes."""

    id: str
    law: str


@dataclass(frozen=True, slots=True)
class Decision:
    """`rules`: what permitted, or all that forbade, statutes first. Empty where nothing permitted."""

    allowed: bool
    rules: tuple[Rule, ...] = ()


def listed_programme(directory: Directory, programme_id: str) -> Programme:
    """The programme as `directory` lists it; unknown where it or its participant is not listed."""
    listed = directory.programmes.get(programme_id)
    participant = directory.participants.get(listed.participant_id) if listed else None
    if listed is None or participant is None:
        return Programme(programme_id=programme_id)
    return Programme(
        programme_id=programme_id,
        kind=participant.kind,
        role=listed.role,
        funding_streams=frozenset(listed.funding_streams),
        confidential=listed.confidential,
    )
