"""What is done with one referral: answer, hand over, report, take back, say what was deleted, open."""

from typing import cast

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from ngo_bridge.api import safe_contact, shown
from ngo_bridge.api.answered import Accepted, Opened
from ngo_bridge.api.asked import AnswerSent, Cancelling, Disclosing, Opening, PurgeReport, StatusReport
from ngo_bridge.api.described import CommandKey, ReferralPath, commanding, told, with_location
from ngo_bridge.api.parts import record_of
from ngo_bridge.bridge import Bridge, BridgeOf, concerns
from ngo_bridge.commands import Command
from participant_edge.commands import Cancellation, Purge, ServiceState, ServiceSubState
from referral_exchange.events import StatusDetail
from referral_exchange.vocabulary import on_the_wire

router = APIRouter(prefix="/v1/referrals/{referral_id}", tags=["one referral"])

_TAKEN = {202: with_location("The broker has the event."), **commanding(404)}


@router.post("/answers", status_code=202, operation_id="answerReferral", responses=_TAKEN)
def answer(
    referral_id: ReferralPath,
    body: AnswerSent,
    key: CommandKey,
    bridge: BridgeOf,
    request: Request,
    out: Response,
) -> Accepted:
    """Accepts or declines what was offered to you. The reason travels sealed."""
    command = _claim(bridge, "answerReferral", key, referral_id, body, request)
    return shown.taken(bridge.edge.answer(referral_id, body.answer, body.reason, command.id), out)


@router.post("/disclosures", status_code=202, operation_id="discloseReferral", responses=_TAKEN)
def disclose(
    referral_id: ReferralPath,
    body: Disclosing,
    key: CommandKey,
    bridge: BridgeOf,
    request: Request,
    out: Response,
) -> Accepted:
    """Hands over what the consent covers, to the programme that accepted, sealed for it alone.

    Safe contact first: in this request, or handed over before.
    """
    concerns(request, referral_id)
    safe_contact.require_first(bridge.edge, referral_id, [part.data_class for part in body.parts])
    command = _claim(bridge, "discloseReferral", key, referral_id, body, request)
    parts = [record_of(part) for part in body.parts]
    return shown.taken(bridge.edge.disclose(referral_id, parts, command.id), out)


@router.post("/service-status", status_code=202, operation_id="reportServiceStatus", responses=_TAKEN)
def report(
    referral_id: ReferralPath,
    body: StatusReport,
    key: CommandKey,
    bridge: BridgeOf,
    request: Request,
    out: Response,
) -> Accepted:
    """Says how the service of an accepted referral goes. Reason and outcome travel sealed."""
    command = _claim(bridge, "reportServiceStatus", key, referral_id, body, request)
    state = cast(ServiceState, on_the_wire(body.state))
    sub_state = cast(ServiceSubState | None, on_the_wire(body.sub_state) if body.sub_state else None)
    detail = StatusDetail(reason=body.reason, outcome=body.outcome) if body.reason or body.outcome else None
    return shown.taken(bridge.edge.report_status(referral_id, state, sub_state, detail, command.id), out)


@router.post("/cancellations", status_code=202, operation_id="cancelReferral", responses=_TAKEN)
def cancel(
    referral_id: ReferralPath,
    body: Cancelling,
    key: CommandKey,
    bridge: BridgeOf,
    request: Request,
    out: Response,
) -> Accepted:
    """Takes back a referral that you sent, and ends its consent."""
    command = _claim(bridge, "cancelReferral", key, referral_id, body, request)
    cancellation = cast(Cancellation, on_the_wire(body.cancellation))
    return shown.taken(bridge.edge.cancel(referral_id, cancellation, command.id), out)


@router.post("/purge-answers", status_code=202, operation_id="answerPurge", responses=_TAKEN)
def answer_purge(
    referral_id: ReferralPath,
    body: PurgeReport,
    key: CommandKey,
    bridge: BridgeOf,
    request: Request,
    out: Response,
) -> Accepted:
    """After a withdrawal: says that what was opened is deleted, or that a law makes you keep it."""
    command = _claim(bridge, "answerPurge", key, referral_id, body, request)
    return shown.taken(
        bridge.edge.answer_purge(referral_id, cast(Purge, on_the_wire(body.purge)), command.id), out
    )


@router.post("/openings", operation_id="openParts", responses=told(400, 403, 404, 409, 413, 415, 422, 503))
def open_parts(
    referral_id: ReferralPath, bridge: BridgeOf, request: Request, body: Opening | None = None
) -> Opened:
    """Opens everything received for a referral, at the ledger, now. Every opening is on the person's list.

    Show what comes; never keep it. Once the consent has ended nothing opens. Needs no Idempotency-Key.
    """
    concerns(request, referral_id)
    return shown.opened(bridge.edge.open_parts(referral_id))


def _claim(
    bridge: Bridge, scope: str, key: str, referral_id: str, body: BaseModel, request: Request
) -> Command:
    concerns(request, referral_id)
    return bridge.commands.claim(scope, key, f"{referral_id}\n{body.model_dump_json()}")
