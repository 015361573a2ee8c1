"""Where your own systems want to hear of changes, by signed calls (Standard Webhooks)."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict, Field

from ngo_bridge.api.answered import Links, Listing
from ngo_bridge.api.described import CommandKey, commanding, reading, told, with_location
from ngo_bridge.api.field_types import EachOnce, Taken, ThingId
from ngo_bridge.api.tokens import shown_once
from ngo_bridge.bridge import Bridge, BridgeOf
from participant_edge.notices import outside, webhook
from participant_edge.notices.endpoints import EndpointRefused, Endpoints, Listed
from referral_exchange import problems
from referral_exchange.problems import Problem
from referral_exchange.unshown import no_fields

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"])

WebhookPath = Annotated[ThingId, Path(description="The webhook's id.")]
Kind = Annotated[str, Field(pattern=r"^[A-Z][A-Za-z]{2,60}$", examples=["ReferralAnswered"])]


class WebhookAsked(Taken):
    """An address of yours, and what it wants to hear of."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "url": "https://records.example.org/referrals",
                    "kinds": ["ReferralOffered", "ReferralAnswered"],
                }
            ]
        }
    )

    url: str = Field(
        min_length=9,
        max_length=500,
        description="Begins with https://. Nothing secret and nothing about a person in it.",
    )
    kinds: Annotated[list[Kind], EachOnce] = Field(
        default_factory=list, max_length=40, description="Record names; empty: every change."
    )


class WebhookAnswer(BaseModel):
    """A webhook as it is listed."""

    webhook_id: str
    url: str
    kinds: list[str]
    created_at: datetime
    state: Literal["works", "failing", "stopped"] = Field(
        description="stopped: failed for 5 days; it is called again after it was resumed."
    )
    failing_since: datetime | None
    code: str | None = Field(description="Why the last call failed.")
    links: Links


class WebhookSecret(BaseModel):
    """The secret by which calls are signed."""

    __repr_args__ = no_fields

    webhook_id: str
    secret: str = Field(description="Shown this once: `whsec_...`, as Standard Webhooks takes it.")
    links: Links


_MADE = with_location("It is called from the next change on.")


@router.post("", status_code=201, operation_id="addWebhook", responses={201: _MADE, **commanding()})
def add(body: WebhookAsked, key: CommandKey, bridge: BridgeOf, response: Response) -> WebhookSecret:
    """Adds an address and shows its secret once. Calls carry what a streamed event does, and a signature.

    Addresses that only this network reaches are refused unless the bridge's settings allow them.
    """
    endpoints = _endpoints(bridge)
    _check(body.url, endpoints)
    command = bridge.commands.claim("addWebhook", key, body.model_dump_json())
    if command.again:
        raise shown_once()
    try:
        made = endpoints.add(body.url, body.kinds)
    except EndpointRefused as error:
        raise _refused(str(error)) from None
    response.headers["location"] = _path(made.id)
    return _secret(made)


@router.get("", operation_id="listWebhooks", responses=reading(503))
def webhooks(bridge: BridgeOf) -> Listing[WebhookAnswer]:
    """Every address, oldest first, and whether its calls get through."""
    return Listing(items=[_listed(each) for each in _endpoints(bridge).list()], next=None)


@router.delete(
    "/{webhook_id}", status_code=204, operation_id="removeWebhook", responses=told(403, 404, 422, 503)
)
def remove(webhook_id: WebhookPath, bridge: BridgeOf) -> None:
    """Calls it no more."""
    _endpoints(bridge).remove(webhook_id)


@router.put(
    "/{webhook_id}/secret", operation_id="rotateWebhookSecret", responses=told(403, 404, 415, 422, 503)
)
def rotate(webhook_id: WebhookPath, bridge: BridgeOf) -> WebhookSecret:
    """Makes a new secret and shows it once; for a day calls carry a signature by the former one too.

    Send no body.
    """
    return _secret(_endpoints(bridge).rotate(webhook_id))


@router.put(
    "/{webhook_id}/resumption",
    status_code=204,
    operation_id="resumeWebhook",
    responses=told(403, 404, 415, 422, 503),
)
def resume(webhook_id: WebhookPath, bridge: BridgeOf) -> None:
    """Calls a stopped one again, from where it stopped. Send no body."""
    _endpoints(bridge).resume(webhook_id)


def _endpoints(bridge: Bridge) -> Endpoints:
    if bridge.notices is None:
        raise problems.of_status(503)
    return bridge.notices.endpoints


def _check(url: str, endpoints: Endpoints) -> None:
    try:
        outside.check_url(url, allow_private=endpoints.allow_private)
    except outside.AddressRefused as error:
        raise _refused(str(error)) from None


def _refused(why: str) -> Problem:
    return Problem(422, "webhook-refused", "This address cannot be called", f"{why[:1].upper()}{why[1:]}.")


def _secret(made: webhook.Endpoint) -> WebhookSecret:
    return WebhookSecret(webhook_id=made.id, secret=made.secret, links={"self": _path(made.id)})


def _listed(each: Listed) -> WebhookAnswer:
    return WebhookAnswer(
        webhook_id=each.id,
        url=each.url,
        kinds=list(each.kinds),
        created_at=each.created_at,
        state=each.state,
        failing_since=each.failing_since,
        code=each.code,
        links={"self": _path(each.id), "secret": f"{_path(each.id)}/secret"},
    )


def _path(webhook_id: str) -> str:
    return f"/v1/webhooks/{webhook_id}"
