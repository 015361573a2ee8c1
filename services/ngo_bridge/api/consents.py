"""POST /v1/consents: a person said yes, in writing, to one recipient."""

from typing import Any

from fastapi import APIRouter, Request, Response

from ngo_bridge.api import shown
from ngo_bridge.api.answered import ConsentAnswer
from ngo_bridge.api.asked_consent import ConsentGivenByPerson
from ngo_bridge.api.described import CommandKey, commanding, with_location
from ngo_bridge.bridge import Bridge, BridgeOf, concerns
from ngo_bridge.commands import Command, form_commitment, shown_salt
from ngo_bridge.rules import USUAL_CONSENT
from participant_edge.commands import ConsentDraft

router = APIRouter(prefix="/v1", tags=["consents"])


@router.post(
    "/consents",
    status_code=201,
    operation_id="giveConsent",
    responses={201: with_location("The consent stands, and the broker has its fact."), **commanding()},
)
def give(
    body: ConsentGivenByPerson, key: CommandKey, bridge: BridgeOf, request: Request, response: Response
) -> ConsentAnswer:
    """Records a signed consent for one recipient programme, and what may come back.

    The answer carries the ids for the offer. Give one consent for each recipient.
    """
    command = bridge.commands.claim("giveConsent", key, body.model_dump_json())
    own_form = body.form_commitment is None
    given = bridge.edge.give_consent(_draft(body, command, bridge), command.id)
    concerns(request, given.referral_id)
    response.headers["location"] = shown.referral_path(given.referral_id)
    return shown.consent(given, shown_salt(bridge.commands.form_salt(command.id)) if own_form else None)


def _draft(body: ConsentGivenByPerson, command: Command, bridge: Bridge) -> ConsentDraft:
    given: dict[str, Any] = body.model_dump(exclude={"form_commitment", "ends_at"})
    given |= {name: tuple(given[name]) for name in ("data_classes", "comes_back")}
    given["funding_streams"] = tuple(body.funding_streams or _streams_of(bridge, body.programme_from))
    salt = bridge.commands.form_salt(command.id)
    return ConsentDraft(
        **given,
        form_commitment=body.form_commitment or form_commitment(salt, body.model_dump_json()),
        ends_at=body.ends_at or body.signed_at + USUAL_CONSENT,
    )


def _streams_of(bridge: Bridge, programme_id: str) -> list[str]:
    listed = next((p for p in bridge.edge.programmes() if p.programme_id == programme_id), None)
    return listed.funding_streams if listed else []
