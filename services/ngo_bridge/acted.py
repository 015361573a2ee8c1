"""Notes who did what, by random ids, once it is done: for people and for programs alike."""

import logging
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from ngo_bridge.commands import Clock
from ngo_bridge.database import StoreUnavailable
from ngo_bridge.guards import API, is_page
from ngo_bridge.sign_in.audit import AuditBook, Entry
from referral_exchange.answer_status import AnswerStatus

log = logging.getLogger(__name__)

_ACTING = ("POST", "PUT", "PATCH", "DELETE")
_NOTED_BY_THEMSELVES = ("/sign-", "/account", "/caseworkers")


@dataclass(frozen=True, slots=True)
class Acted:
    """ASGI middleware: one line in the audit for each thing done. Stands inside of what knows the caller."""

    app: ASGIApp
    audit: AuditBook
    clock: Clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http" or scope["method"] not in _ACTING:
            await self.app(scope, receive, send)
            return
        watched = AnswerStatus(send)
        await self.app(scope, receive, watched)
        if _is_done(scope, watched.status):
            await self._note(scope)

    async def _note(self, scope: Scope) -> None:
        state = scope.get("state", {})
        route = getattr(scope.get("route"), "path", "")
        act = scope.get("path_params", {}).get("act", "")
        entry = Entry(
            kind="acted",
            actor=state.get("actor"),
            about=state.get("referral_id"),
            what=f"{scope['method']} {route.replace('{act}', act)}"[:96],
        )
        try:
            await run_in_threadpool(self.audit.note, entry, self.clock())
        except StoreUnavailable:
            # It is done and said; the edge and the ledger hold their own evidence of it.
            log.error("the audit could not be written")


def _is_done(scope: Scope, status: int) -> bool:
    """A page that did something sends on, or shows what it opened; one that asks to mend did nothing."""
    path = str(scope["path"])
    if path.startswith(API):
        return status < 400
    shows = path.endswith(("/look", "/code")) and status == 200
    return is_page(path) and (status == 303 or shows) and not path.startswith(_NOTED_BY_THEMSELVES)
