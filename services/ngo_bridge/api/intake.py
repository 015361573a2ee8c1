"""What opens a referral besides an offer: what a hotline, a provider or another desk was told."""

from datetime import datetime
from typing import cast

from fastapi import APIRouter, Request, Response

from ngo_bridge.api import shown
from ngo_bridge.api.answered import Accepted, GroundAnswer
from ngo_bridge.api.asked_intake import GroundTold, Intake
from ngo_bridge.api.described import CommandKey, commanding, with_location
from ngo_bridge.bridge import BridgeOf, concerns
from participant_edge.commands import CompelledBy, GivenConsent, GroundDraft, GroundKind
from referral_exchange.vocabulary import on_the_wire

router = APIRouter(prefix="/v1", tags=["intake"])


@router.post(
    "/intake",
    status_code=202,
    operation_id="openReferral",
    responses={202: with_location("The broker has it."), **commanding(404)},
)
def open_referral(
    body: Intake, key: CommandKey, bridge: BridgeOf, request: Request, response: Response
) -> Accepted:
    """Opens a referral with what came in at a hotline, a provider, or another desk. The fields travel sealed.

    A tip, and a withdrawal asked here of another's consent, stand on a ground: POST /v1/grounds.
    """
    command = bridge.commands.claim("openReferral", key, body.model_dump_json())
    receipt = bridge.edge.open_referral(
        body.event, body.consent_id, body.urgency, body.answer_by, body.record(), command.id
    )
    concerns(request, receipt.referral_id)
    return shown.taken(receipt, response)


@router.post(
    "/grounds",
    status_code=201,
    operation_id="recordGround",
    responses={201: with_location("The ground stands, and the broker has its fact."), **commanding()},
)
def record_ground(
    body: GroundTold, key: CommandKey, bridge: BridgeOf, request: Request, response: Response
) -> GroundAnswer:
    """Records the law that stands in place of a consent, for one report to one programme."""
    command = bridge.commands.claim("recordGround", key, body.model_dump_json())
    draft = GroundDraft(
        programme_from=body.programme_from,
        recipient=body.recipient,
        kind=cast(GroundKind, on_the_wire(body.kind)),
        statute=body.statute,
        jurisdiction=body.jurisdiction,
        data_classes=tuple(body.data_classes),
        ends_at=body.ends_at,
        compelled_by=_compulsion(body.compelled_by),
        notice_attempted=body.notice_attempted,
    )
    given = bridge.edge.record_ground(draft, command.id)
    concerns(request, given.referral_id)
    response.headers["location"] = shown.referral_path(given.referral_id)
    return _ground(given)


def _compulsion(told: str | None) -> CompelledBy | None:
    if told is None:
        return None
    return "" if told == "nothing" else cast(CompelledBy, on_the_wire(told))


def _ground(given: GivenConsent) -> GroundAnswer:
    endless = given.ends_at.year == datetime.max.year
    return GroundAnswer(
        consent_id=given.consent_id,
        return_consent_id=given.return_consent_id,
        referral_id=given.referral_id,
        ends_at=None if endless else given.ends_at,
        links={"document": "/v1/documents", "intake": "/v1/intake"},
    )
