"""A person's own page at the ledger: programmes make codes for it, and it alone uses them."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from consent_ledger import survivors
from consent_ledger.answers import OpenedBefore, When, WithdrawnAnswer
from consent_ledger.bodies import Body, Bytes, Uuid
from consent_ledger.serving import Asker, Here, JudgedAsker, stretched
from consent_ledger.survivors import Shown
from referral_exchange import policy
from referral_exchange.unshown import no_fields

router = APIRouter(prefix="/v1")

SESSION_BYTES = 32
SessionBytes = Annotated[Bytes, Field(min_length=SESSION_BYTES, max_length=SESSION_BYTES)]


class CodeBody(Body):
    """Whose code: who gave this consent, ended or not. The same `request_id` again: the same code."""

    consent_id: Uuid
    request_id: Uuid


class SessionBody(Body):
    """A code, and 32 random bytes that the page made: with the same two an answer is asked for again."""

    code: Annotated[str, Field(pattern=r"^[0-9]{9}$")]
    session: SessionBytes


class ViewBody(Body):
    """A session that a code opened."""

    session: SessionBytes


class EndBody(Body):
    """A session that its person is done with."""

    session: SessionBytes


class PageWithdrawBody(Body):
    """A consent that the session was shown."""

    session: SessionBytes
    consent_id: Uuid


class CodeAnswer(BaseModel):
    """Say it to the person alone, and keep it nowhere."""

    __repr_args__ = no_fields

    code: str
    expires_at: When


class SessionAnswer(BaseModel):
    """Until when it may look."""

    expires_at: When


class OpenedLine(BaseModel):
    """The recipient opened this then."""

    data_class: str | None
    at: When


class ShownConsent(BaseModel):
    """One consent of the person, as it stands."""

    __repr_args__ = no_fields

    consent_id: str
    referral_id: str
    discloser: str
    recipient: str
    purpose: str
    data_classes: list[str]
    given_at: When
    ends_at: When | None
    standing: policy.Standing
    ended_at: When | None
    opened: list[OpenedLine]

    @classmethod
    def of(cls, shown: Shown) -> "ShownConsent":
        """As it is told."""
        same = ("consent_id", "referral_id", "discloser", "recipient", "purpose", "given_at", "ends_at")
        values = {name: getattr(shown.consent, name) for name in (*same, "standing", "ended_at")}
        return cls(
            **values,
            data_classes=sorted(shown.consent.data_classes),
            opened=[OpenedLine(data_class=line.data_class, at=line.at) for line in shown.opened],
        )


class ViewAnswer(BaseModel):
    """Oldest first; nothing of what stands on a ground of law, which is nobody's consent."""

    __repr_args__ = no_fields

    consents: list[ShownConsent]


async def _page(request: Request, here: Here, asker: Asker) -> str:
    if asker != survivors.PAGE:
        with stretched(request, set()):
            await run_in_threadpool(survivors.deny, here.ledger, asker)
    return asker


Page = Annotated[str, Depends(_page)]
"""The survivor page, and nobody else."""


@router.post("/person-codes", status_code=201)
async def make_code(body: CodeBody, request: Request, here: Here, asker: JudgedAsker) -> CodeAnswer:
    """A code for the person who gave the asker this consent: nine digits, once, for 15 minutes.

    What was made for her before ends.
    """
    with stretched(request, set()):
        made = await run_in_threadpool(
            survivors.make_code, here.ledger, asker, body.consent_id, body.request_id
        )
        return CodeAnswer(code=made.code, expires_at=made.expires_at)


@router.post("/person-sessions", status_code=201)
async def open_session(body: SessionBody, request: Request, here: Here, _: Page) -> SessionAnswer:
    """Uses a code up. One answer for a code that is wrong, over or used."""
    with stretched(request, set()):
        until = await run_in_threadpool(survivors.open_session, here.ledger, body.code, body.session)
        return SessionAnswer(expires_at=until)


@router.post("/person-views")
async def view(body: ViewBody, request: Request, here: Here, _: Page) -> ViewAnswer:
    """What the session's person agreed to at one programme, and what was opened under it."""
    with stretched(request, set()):
        shown = await run_in_threadpool(survivors.view, here.ledger, body.session)
        return ViewAnswer(consents=[ShownConsent.of(each) for each in shown])


@router.post("/person-withdrawals")
async def withdraw(body: PageWithdrawBody, request: Request, here: Here, _: Page) -> WithdrawnAnswer:
    """As `/withdrawals`, by the person's own page; for a week after its session, too: it repeats."""
    with stretched(request, set()) as stretch:
        stretch.set(consent_id=body.consent_id)
        done = await run_in_threadpool(
            survivors.withdraw, here.ledger, body.session, body.consent_id, stretch.traceparent
        )
        stretch.set(referral_id=done.referral_id)
        here.outbox.hurry()
        return WithdrawnAnswer(
            consent_id=done.consent_id,
            return_consent_id=done.return_consent_id,
            standing="withdrawn",
            in_force_at=done.in_force_at,
            opened_before=[OpenedBefore.of(line) for line in done.opened_before],
        )


@router.post("/person-endings", status_code=204)
async def end(body: EndBody, request: Request, here: Here, _: Page) -> None:
    """Ends looking with this session, known or not; what was asked to be taken back still can be repeated."""
    with stretched(request, set()):
        await run_in_threadpool(survivors.end_session, here.ledger, body.session)
