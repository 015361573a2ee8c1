"""The ledger over HTTP: signed requests in, answers after the commit, problems without anyone's data."""

import asyncio

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from consent_ledger import (
    answers,
    bodies,
    confirming,
    ending,
    evidence_api,
    giving,
    listing,
    sealing,
    survivor_api,
)
from consent_ledger.serving import Asker, Here, JudgedAsker, Service, stretched
from referral_exchange import http_guard, http_headers, problems
from referral_exchange.problems import Problem

MAX_BODY = 512 * 1024
"""Bytes of a request; a full batch of parts fits."""


def create_app(service: Service) -> FastAPI:
    """The interface; nothing connects here."""
    app = FastAPI(title="Consent ledger", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.service = service
    app.include_router(health)
    app.include_router(router)
    app.include_router(evidence_api.router)
    app.include_router(survivor_api.router)
    http_guard.protect(app, MAX_BODY)
    app.add_middleware(http_headers.SecurityHeaders)
    return app


health = APIRouter()
router = APIRouter(prefix="/v1")


@router.post("/consents", status_code=201)
async def give(
    body: bodies.GiveBody, request: Request, response: Response, here: Here, asker: JudgedAsker
) -> answers.GivenAnswer:
    """Records both consents; answers once the broker has told of them."""
    with stretched(request, {body.referral_id}) as stretch:
        _require_own(body.discloser, asker)
        given = await run_in_threadpool(giving.give, here.ledger, body.form(), stretch.traceparent)
        return await _given(here, response, given)


@router.post("/grounds", status_code=201)
async def record_ground(
    body: bodies.GroundBody, request: Request, response: Response, here: Here, asker: JudgedAsker
) -> answers.GivenAnswer:
    """Records a ground of law and what comes back under it; answers once the broker has told of them."""
    with stretched(request, {body.referral_id}) as stretch:
        _require_own(body.discloser, asker)
        given = await run_in_threadpool(giving.record_ground, here.ledger, body.form(), stretch.traceparent)
        return await _given(here, response, given)


def _require_own(discloser: str, asker: str) -> None:
    if discloser != asker:
        detail = "A programme gives consents of its own clients only."
        raise Problem(403, "not-your-programme", "The discloser is not the one who signed", detail)


async def _given(here: Service, response: Response, given: giving.Given) -> answers.GivenAnswer:
    await _acknowledged(here, given.waiting)
    response.status_code = 201 if given.created else 200
    return answers.GivenAnswer.of(given.consent)


async def _acknowledged(here: Service, event_ids: list[str]) -> None:
    if not event_ids:
        return
    told = asyncio.wrap_future(here.outbox.acknowledgement(event_ids))
    try:
        await asyncio.wait_for(told, here.acknowledged_within_s)
    except TimeoutError:
        raise problems.outcome_unknown() from None


@router.post("/withdrawals")
async def withdraw(
    body: bodies.WithdrawBody, request: Request, here: Here, asker: Asker
) -> answers.WithdrawnAnswer:
    """Ends both consents; in force when answered, whether the broker can be reached or not."""
    with stretched(request, set()) as stretch:
        stretch.set(consent_id=body.consent_id)
        done = await run_in_threadpool(
            ending.withdraw, here.ledger, asker, body.consent_id, stretch.traceparent
        )
        stretch.set(referral_id=done.referral_id)
        here.outbox.hurry()
        return answers.WithdrawnAnswer(
            consent_id=done.consent_id,
            return_consent_id=done.return_consent_id,
            standing="withdrawn",
            in_force_at=done.in_force_at,
            opened_before=[answers.OpenedBefore.of(line) for line in done.opened_before],
        )


@router.post("/closings")
async def close(body: bodies.CloseBody, request: Request, here: Here, asker: Asker) -> answers.ClosedAnswer:
    """Ends a ground, as its date would; nothing passes under it when answered."""
    with stretched(request, set()) as stretch:
        closed = await run_in_threadpool(
            ending.close, here.ledger, asker, body.ground_id, stretch.traceparent
        )
        stretch.set(referral_id=closed.referral_id)
        here.outbox.hurry()
        return answers.ClosedAnswer(
            ground_id=closed.consent_id,
            return_ground_id=closed.partner_id,
            standing=closed.standing,
            ended_at=closed.ended_at,
        )


@router.post("/confirmations")
async def confirm(
    body: bodies.ConfirmBody, request: Request, here: Here, asker: Asker
) -> answers.ConfirmedAnswer:
    """Makes the asker's suspended consents live again; tells how each stands."""
    with stretched(request, set()):
        found = await run_in_threadpool(confirming.confirm, here.ledger, asker, body.consent_ids)
        lines = [answers.ConfirmedLine(consent_id=c.consent_id, standing=c.standing) for c in found]
        return answers.ConfirmedAnswer(confirmed=lines)


@router.post("/seal")
async def seal(
    body: bodies.SealBody, request: Request, here: Here, asker: JudgedAsker
) -> answers.SealedAnswer:
    """Locks parts for their recipient: all or none."""
    with stretched(request, {part.referral_id for part in body.parts}) as stretch:
        stretch.set(part_count=len(body.parts))
        parts = [part.part() for part in body.parts]
        return answers.SealedAnswer(locks=await run_in_threadpool(sealing.seal, here.ledger, asker, parts))


@router.post("/open")
async def open_locks(
    body: bodies.OpenBody, request: Request, here: Here, asker: JudgedAsker
) -> answers.OpenedAnswer:
    """Opens locks for their recipient: all or none, each noted as a disclosure before it is answered."""
    with stretched(request, {lock.referral_id for lock in body.locks}) as stretch:
        stretch.set(part_count=len(body.locks))
        asked = [lock.asked() for lock in body.locks]
        opened = await run_in_threadpool(sealing.open_locks, here.ledger, asker, asked)
        parts = [answers.OpenedPart(data_class=o.data_class, blob=o.blob) for o in opened]
        return answers.OpenedAnswer(opened=parts)


@router.post("/check", status_code=204)
async def check(body: bodies.CheckBody, request: Request, here: Here, asker: JudgedAsker) -> None:
    """Passes where an event that seals nothing may be published."""
    with stretched(request, {body.referral_id}):
        await run_in_threadpool(
            sealing.check, here.ledger, asker, body.consent_id, body.referral_id, body.recipient
        )


@router.post("/disclosures")
async def disclosures(
    body: bodies.DisclosuresBody, request: Request, here: Here, asker: Asker
) -> answers.DisclosuresAnswer:
    """What happened under the asker's consents, or under those of one person."""
    with stretched(request, set()):
        if body.subject_token is not None:
            lines = await run_in_threadpool(listing.disclosures_about, here.ledger, asker, body.subject_token)
        else:
            lines = await run_in_threadpool(
                listing.disclosures_of, here.ledger, asker, body.consent_ids or []
            )
        return answers.DisclosuresAnswer(disclosures=[answers.DisclosureLine.of(line) for line in lines])


@health.get("/health/live")
async def live() -> dict[str, bool]:
    """The process answers."""
    return {"live": True}


@health.get("/health/ready")
async def ready(here: Here) -> JSONResponse:
    """Whether everything works; each part by name."""
    parts = dict(here.ready())
    good = all(parts.values())
    return JSONResponse({"ready": good, **parts}, 200 if good else 503)
