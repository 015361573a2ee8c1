"""What every address of the ledger stands on: who asks, who may be judged yet, what a refusal becomes."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request, Response

from consent_ledger import refusals
from consent_ledger.database import UNAVAILABLE
from consent_ledger.key_store import KeyStoreAway
from consent_ledger.ledger import Ledger
from consent_ledger.outbox import Outbox
from consent_ledger.refusal_problems import problem_of
from referral_exchange import problems
from referral_exchange.http_signature import RequestVerifier, programme_of
from referral_exchange.problems import Problem
from referral_exchange.runtime.peer import peer_of
from referral_exchange.tracing import Stretch, Tracing, request_name


@dataclass(frozen=True, slots=True)
class Service:
    """What the interface stands on. `ready` names each thing that must work, and whether it does."""

    ledger: Ledger
    outbox: Outbox
    verifier: RequestVerifier
    tracing: Tracing
    ready: Callable[[], Mapping[str, bool]]
    can_judge: Callable[[], bool]
    acknowledged_within_s: float = 10.0
    runs: Callable[[str], str | None] | None = None
    """Who runs a programme: it must show its certificate. None: no mutual TLS, the signature alone counts."""


def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


async def _asker(request: Request, response: Response) -> str:
    response.headers["cache-control"] = "no-store"
    service = _service(request)
    programme = await programme_of(request, service.verifier)
    if service.runs is not None:
        _require_certificate(peer_of(request), service.runs(programme))
    return programme


def _require_certificate(shown: str | None, participant: str | None) -> None:
    """A programme's key in other hands asks for nothing: it comes with its participant's certificate."""
    if participant is None:
        raise Problem(503, "unavailable", "The directory is still being read", "Send it again in a moment.")
    if shown != participant:
        title, detail = (
            "Another participant's certificate",
            "Send it by the participant that runs the programme.",
        )
        raise Problem(401, "not-your-certificate", title, detail)


async def _judged_asker(request: Request, asker: Annotated[str, Depends(_asker)]) -> str:
    if _service(request).ledger.strangers.barred(asker):
        detail = "It was refused too often. Wait a quarter of a minute for each request to judge."
        raise Problem(429, "too-many-refusals", "This programme asked for what is not its own", detail)
    if not _service(request).can_judge():
        raise Problem(503, "unavailable", "The directory is still being read", "Send it again in a moment.")
    return asker


Here = Annotated[Service, Depends(_service)]
Asker = Annotated[str, Depends(_asker)]
"""The programme that signed the request."""
JudgedAsker = Annotated[str, Depends(_judged_asker)]
"""The same, once the directory is known, so that the policy can judge."""


@contextmanager
def stretched(request: Request, referral_ids: set[str]) -> Iterator[Stretch]:
    """One span a request, linked to the caller's; refusals become problems, and are named on it by code."""
    route = request.scope["route"].path
    one = next(iter(referral_ids)) if len(referral_ids) == 1 else None
    link = request.headers.get("traceparent")
    named = request_name(request.method, route)
    tracing = _service(request).tracing
    with tracing.stretch(named, "server", referral_id=one, link=link, http_route=route) as stretch:
        try:
            yield stretch
        except refusals.Refusal as refusal:
            raise _marked(stretch, problem_of(refusal)) from None
        except (*UNAVAILABLE, KeyStoreAway):
            # A full disk; a database or key store that is away. What may not be committed is not answered.
            raise _marked(stretch, problems.outcome_unknown()) from None
        except Problem as problem:
            raise _marked(stretch, problem) from None


def _marked(stretch: Stretch, problem: Problem) -> Problem:
    stretch.set(http_response_status_code=problem.status, code=problem.code)
    return problem
