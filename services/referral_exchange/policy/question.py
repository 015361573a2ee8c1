"""What is asked of the policy and what it answers."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from referral_exchange.directory import Directory

Action = Literal["give", "seal", "check", "open", "route", "count"]
"""give: record a consent or ground. seal: publish a part. check: publish what seals nothing. open: read.
route: carry an event on to its recipient. count: publish counts, which concern nobody.
"""

Standing = Literal["live", "suspended", "withdrawn", "expired"]
"""suspended: restored from a backup and not yet confirmed by its discloser; nothing passes meanwhile."""

Signer = Literal["self", "parent", "guardian"]
GroundKind = Literal["mandated_report", "tip", "withdrawal", "compelled_release", "legal_hold"]
CompelledBy = Literal["", "statute", "court_order", "subpoena"]
"""What compels a report or a release, or asks for a hold; empty: nothing does, it is only permitted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """A programme as the directory lists it. The defaults are those of one that is not listed: denied."""

    programme_id: str
    kind: str = "unspecified"
    role: str = "unspecified"
    funding_streams: frozenset[str] = frozenset()
    confidential: bool = True
    standing: str = "unspecified"
    """Whether its participant takes part: enrolled, paused or expelled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """A consent as far as a rule looks at it; an edge that asks before giving fills in the draft.

    `returns`: made for what comes back; its discloser is the recipient of the one that was signed.
    `written`: a commitment to the signed form is there. `intermediary_named`: the form names the exchange
    as intermediary (42 CFR Part 2). `exception_1367`, `official_class`: the exception of 8 USC 1367(b) that
    the form invokes and the class of official who does; empty: none.
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
    intermediary_named: bool = False
    exception_1367: str = ""
    official_class: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """A legal ground that stands in place of a consent. `returns` as in Consent; `ends_at` None: open end.

    `statute`: what compels it, as it is cited. `notice_attempted`: the person was told, or it was tried.
    """

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
    compelled_by: CompelledBy = ""
    notice_attempted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What a rule looks at in a form, before it is sealed. Only its sender's edge can tell.

    `rests_on`: the ground of a certification. `days`: how long what it grants lasts; 0: nothing with an end.
    """

    code: str
    rests_on: str = ""
    days: int = 0
    extended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What a rule looks at in a table of counts. `fewest_shown` None: no count is shown."""

    shown: int
    hidden: int
    fewest_shown: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One decision to take. `asker` is the programme that signed the request.

    `consent` None: there is none; then a `ground` may stand in its place. `data_class` None: nothing is
    sealed. `address_authorised`: the operator of a confidential shelter authorised this release of its
    place in writing. `accompanied`: the notice of 42 CFR 2.32 and a copy of the consent are sealed with the
    part. `accepted` None: the one who asks cannot know whether the referral was accepted (the ledger cannot).
    `form` None: no form, or it is sealed already. `in_force`: for *route*, which sees no consent's content:
    the event's consent or ground lives and names these parties. `counts`: for *count*.
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
    accompanied: bool = False
    accepted: bool | None = None
    form: Form | None = None
    in_force: bool = False
    counts: Counts | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A policy by its stable id, and the law that it encodes; `file`: where it stands."""

    id: str
    law: str
    file: str = field(default="", compare=False)
    permits: bool = field(default=False, compare=False)


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
        standing=participant.standing,
    )
