"""Forms to another programme, and the answers to them. They travel sealed, their names too."""

from fastapi import APIRouter, Request, Response

from ngo_bridge.api import shown
from ngo_bridge.api.answered import Accepted
from ngo_bridge.api.asked_document import DocumentGiven, DocumentReply
from ngo_bridge.api.described import CommandKey, commanding, with_location
from ngo_bridge.bridge import BridgeOf, concerns
from participant_edge.commands import DocumentDraft
from referral_exchange.events import AnswerReason

router = APIRouter(prefix="/v1/documents", tags=["documents"])

_TAKEN = {202: with_location("The broker has the document."), **commanding(404)}


@router.post("", status_code=202, operation_id="sendDocument", responses=_TAKEN)
def send(
    body: DocumentGiven, key: CommandKey, bridge: BridgeOf, request: Request, response: Response
) -> Accepted:
    """Sends forms. Under a fresh consent or ground this opens a referral of its own."""
    command = bridge.commands.claim("sendDocument", key, body.model_dump_json())
    draft = DocumentDraft(
        consent_id=body.consent_id,
        referral_id=body.referral_id,
        urgency=body.urgency,
        answer_by=body.answer_by,
        forms=[form.record() for form in body.forms],
    )
    receipt = bridge.edge.send_document(draft, command.id)
    concerns(request, receipt.referral_id)
    return shown.taken(receipt, response)


@router.post("/answers", status_code=202, operation_id="answerDocument", responses=_TAKEN)
def answer(
    body: DocumentReply, key: CommandKey, bridge: BridgeOf, request: Request, response: Response
) -> Accepted:
    """Answers a document that you received."""
    concerns(request, body.referral_id)
    command = bridge.commands.claim("answerDocument", key, body.model_dump_json())
    forms = [AnswerReason(code=body.reason)] if body.reason else [form.record() for form in body.forms]
    receipt = bridge.edge.answer_document(body.referral_id, body.document_event_id, forms, command.id)
    return shown.taken(receipt, response)
