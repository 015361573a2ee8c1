"""Who may be listed as what, and what a programme's listing says. Pure."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import get_args

from referral_exchange.directory import Directory
from referral_exchange.events.directory import (
    ParticipantKind,
    ParticipantListed,
    ProgrammeListed,
    ProgrammeRole,
)
from service_directory.hsds.checks import LONGEST_NAME, LONGEST_REGION
from service_directory.hsds.scrub import formula, place_in, unprintable
from service_directory.publications import Service

_ID = re.compile(r"[a-z][a-z0-9_-]{1,62}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}")
_KEY_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_KEY_BYTES = 32
_OWN = "exchange_service"


@dataclass(frozen=True, slots=True)
class Codes:
    """The codes that a listing may hold."""

    services: frozenset[str]
    funding_streams: frozenset[str]
    age_bands: frozenset[str]
    access: frozenset[str]


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a listing is refused: which programme (empty: the participant), which field, and how to mend it."""

    programme_id: str
    field: str
    code: str
    mend: str


def enrolment_faults(
    participant: ParticipantListed,
    programmes: Sequence[ProgrammeListed],
    directory: Directory,
    codes: Codes,
    *,
    vouched: frozenset[str] = frozenset(),
) -> list[Fault]:
    """Everything that keeps a participant and these programmes out of `directory`; none: it may be listed.

    `vouched`: programmes whose new keys the old key, or where that is lost a person, vouches for.
    """
    faults = list(_participant_faults(participant))
    faults += _mixed(participant, programmes, directory)
    ids = [programme.programme_id for programme in programmes]
    for programme in programmes:
        if ids.count(programme.programme_id) > 1:
            faults.append(_fault(programme, "programme_id", "twice", "list each programme once"))
        faults += _programme_faults(programme, codes)
        held = directory.programmes.get(programme.programme_id)
        if held is not None and held.participant_id != participant.participant_id:
            mend = "choose another id: a programme keeps its participant"
            faults.append(_fault(programme, "programme_id", "another-participant", mend))
        elif held is not None:
            faults += _key_faults(programme, held, programme.programme_id in vouched)
    return faults


def changes_key(programme: ProgrammeListed, held: ProgrammeListed | None) -> bool:
    """Whether the listing replaces a key that others have pinned."""
    return held is not None and _keys(programme) != _keys(held)


def with_services(listed: ProgrammeListed, services: Iterable[Service]) -> ProgrammeListed:
    """The listing with what the programme's services offer together; as it stands where there are none.

    Who it is, its law profile and its keys come from enrolment, never from an import. One service that says
    it is confidential makes the programme so; nothing imported makes it less so.
    """
    known = [service for service in services if service.programme_id == listed.programme_id]
    if not known:
        return listed
    active = [service for service in known if service.active]
    hidden = [service.name for service in known if service.confidential]
    confidential = listed.confidential or bool(hidden)
    return replace(
        listed,
        name=hidden[0] if hidden and not listed.confidential else listed.name,
        confidential=confidential,
        services=_union(service.services for service in active),
        languages=_union(service.languages for service in active) or listed.languages,
        region=next((service.region for service in active if service.region), listed.region),
        age_bands=_union(service.age_bands for service in active) or listed.age_bands,
        access=_union(service.access for service in active) or listed.access,
    )


def same(one: ProgrammeListed | ParticipantListed, other: object) -> bool:
    """Whether two listings say the same, whenever they were said."""
    if not isinstance(other, type(one)):
        return False
    moment, event_id = one.occurred_at, one.event_id
    return replace(other, occurred_at=moment, event_id=event_id) == one


def newer(occurred_at: datetime, held: datetime | None) -> bool:
    """Whether what was said at `occurred_at` replaces what was said at `held`."""
    return held is None or occurred_at >= held


def _union(codes: Iterable[tuple[str, ...]]) -> list[str]:
    return sorted({code for some in codes for code in some})


def _participant_faults(participant: ParticipantListed) -> Iterator[Fault]:
    if not _ID.fullmatch(participant.participant_id):
        yield Fault("", "participant_id", "id", "use small letters, digits, - and _, a letter first")
    if mend := _name_fault(participant.name):
        yield Fault("", "name", "name", mend)
    if participant.kind not in get_args(ParticipantKind) or participant.kind in {"unspecified", _OWN}:
        yield Fault(
            "", "kind", "unknown-code", "say what kind of body it is; the exchange lists its own services"
        )


def _programme_faults(programme: ProgrammeListed, codes: Codes) -> Iterator[Fault]:
    if not _ID.fullmatch(programme.programme_id):
        yield _fault(programme, "programme_id", "id", "use small letters, digits, - and _, a letter first")
    if mend := _name_fault(programme.name):
        yield _fault(programme, "name", "name", mend)
    if len(programme.region) > LONGEST_REGION or (mend := _name_fault(programme.region)):
        yield _fault(programme, "region", "region", f"name a region in at most {LONGEST_REGION} characters")
    if programme.role not in get_args(ProgrammeRole) or programme.role in {"unspecified", _OWN}:
        yield _fault(programme, "role", "unknown-code", "choose assistance or enforcement")
    yield from _code_faults(programme, codes)
    if any(not _LANGUAGE.fullmatch(tag) for tag in programme.languages):
        yield _fault(programme, "languages", "unknown-code", "write BCP 47 tags such as es or zh-Hant")
    yield from _key_shape_faults(programme)


def _code_faults(programme: ProgrammeListed, codes: Codes) -> Iterator[Fault]:
    for field, known in (
        ("services", codes.services),
        ("funding_streams", codes.funding_streams),
        ("age_bands", codes.age_bands),
        ("access", codes.access),
    ):
        if set(getattr(programme, field)) - known:
            yield _fault(programme, field, "unknown-code", f"choose among {'; '.join(sorted(known))}")


def _key_shape_faults(programme: ProgrammeListed) -> Iterator[Fault]:
    for field in ("signing_key", "sealing_key"):
        key = getattr(programme, field)
        if key is None or len(key) != _KEY_BYTES:
            yield _fault(programme, field, "key", "give the raw public key, 32 bytes")
    if not _KEY_ID.fullmatch(programme.key_id):
        yield _fault(programme, "key_id", "key", "use letters, digits, - _ .")


def _mixed(
    participant: ParticipantListed, programmes: Iterable[ProgrammeListed], directory: Directory
) -> Iterator[Fault]:
    """A participant is on one side only: what it learns as a helper must not serve enforcement."""
    mine = {
        p.programme_id: p.role
        for p in directory.programmes.values()
        if p.participant_id == participant.participant_id
    }
    roles = mine | {programme.programme_id: programme.role for programme in programmes}
    if {"assistance", "enforcement"} <= set(roles.values()):
        mend = (
            "enrol the enforcement programmes as another participant, with its own certificate and mailboxes"
        )
        yield Fault("", "role", "mixed-roles", mend)


def _key_faults(programme: ProgrammeListed, held: ProgrammeListed, vouched: bool) -> Iterator[Fault]:
    if not changes_key(programme, held):
        return
    if programme.key_id == held.key_id:
        yield _fault(programme, "key_id", "key-id-reused", "give new keys a key id of their own")
    elif not vouched:
        mend = (
            "have the old key sign the new ones; where it is lost, say so: every receiver then asks a person"
        )
        yield _fault(programme, "previous_key_signature", "not-endorsed", mend)


def _keys(programme: ProgrammeListed) -> tuple[bytes, bytes | None, str]:
    return programme.signing_key, programme.sealing_key, programme.key_id


def _name_fault(text: str) -> str | None:
    if not text.strip() or len(text) > LONGEST_NAME:
        return f"write 1 to {LONGEST_NAME} characters"
    if formula(text) or unprintable(text):
        return "begin with a letter or a digit and use visible characters"
    kind = place_in(text)
    return f"leave {kind} out: places and contacts are never listed" if kind else None


def _fault(programme: ProgrammeListed, field: str, code: str, mend: str) -> Fault:
    known = programme.programme_id if _ID.fullmatch(programme.programme_id) else ""
    return Fault(known, field, code, mend)
