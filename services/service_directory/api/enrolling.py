"""Enrolment: who takes part, with which programmes, law profile and public keys."""

import base64
import binascii
from dataclasses import asdict

from fastapi import APIRouter, Depends

from referral_exchange import ids
from referral_exchange.events import ParticipantListed, ProgrammeListed
from referral_exchange.problems import Problem
from service_directory.api.answers import Enrolled, ParticipantDraft, ProgrammeDraft
from service_directory.api.desk import Desk, DeskOf, operator_only
from service_directory.book import ListingRefused

_STANDS_OTHERWISE = frozenset(
    {"mixed-roles", "another-participant", "not-endorsed", "key-id-reused", "expelled", "own-service"}
)
"""Codes of what could be listed, were it not for what is listed already."""

router = APIRouter(tags=["enrolment"], dependencies=[Depends(operator_only)])


@router.post("/v1/participants", operation_id="enrolParticipant")
def enrol(desk: DeskOf, draft: ParticipantDraft) -> Enrolled:
    """Lists a participant and the programmes named; answers once the broker has the listings.

    Repeating it changes nothing. Refused where the participant would mix enforcement and assistance, where a
    programme belongs to another, and where new keys come without the old key's signature.
    """
    lost = frozenset(p.programme_id for p in draft.programmes if p.key_lost)
    try:
        listed = desk.book.enrol(_participant(desk, draft), _programmes(desk, draft), lost)
    except ListingRefused as refused:
        raise _problem(refused) from None
    desk.publisher.flush()
    return Enrolled(listed=listed)


def _problem(refused: ListingRefused) -> Problem:
    codes = {fault.code for fault in refused.faults}
    mixed = "mixed-roles" in codes
    return Problem(
        409 if codes & _STANDS_OTHERWISE else 422,
        "mixed-roles" if mixed else "listing-refused",
        "This cannot be listed",
        "Mend what `faults` names and send it again; nothing was listed.",
        more={"faults": [asdict(fault) for fault in refused.faults]},
    )


def _participant(desk: Desk, draft: ParticipantDraft) -> ParticipantListed:
    return ParticipantListed(
        event_id=ids.fresh(),
        occurred_at=desk.clock.now(),
        participant_id=draft.participant_id,
        name=draft.name,
        kind=draft.kind,  # type: ignore[arg-type]  # the rules judge it, and say what may stand here
    )


def _programmes(desk: Desk, draft: ParticipantDraft) -> list[ProgrammeListed]:
    return [_programme(desk, draft.participant_id, programme) for programme in draft.programmes]


def _programme(desk: Desk, participant_id: str, draft: ProgrammeDraft) -> ProgrammeListed:
    told = draft.model_dump(exclude={"key_lost", "signing_key", "sealing_key", "previous_key_signature"})
    signature = draft.previous_key_signature
    return ProgrammeListed(
        event_id=ids.fresh(),
        occurred_at=desk.clock.now(),
        participant_id=participant_id,
        signing_key=_bytes(draft.signing_key),
        sealing_key=_bytes(draft.sealing_key),
        previous_key_signature=_bytes(signature) if signature else None,
        **told,
    )


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        detail = "Write keys and signatures in standard base64."
        raise Problem(422, "invalid", "A key is not base64", detail) from None
