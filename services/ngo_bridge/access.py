"""Who may call the API: who brings a bearer token that works and has the scope that the call needs."""

import logging
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from ngo_bridge import access_problems, rules, tokens
from ngo_bridge.commands import Clock
from ngo_bridge.database import StoreUnavailable
from ngo_bridge.failure_limit import FailureLimit
from ngo_bridge.guards import API
from ngo_bridge.token_book import TokenBook
from ngo_bridge.tokens import Token
from referral_exchange import problems
from referral_exchange.problems import Problem

log = logging.getLogger(__name__)

_ONLY_CHALLENGE = {"www-authenticate": "Bearer"}


@dataclass(frozen=True, slots=True)
class BearerOnly:
    """ASGI middleware: lets a call of the API through whose token has the scope that it needs."""

    app: ASGIApp
    book: TokenBook
    limit: FailureLimit
    clock: Clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        objection = await self._objection(scope) if scope["type"] == "http" else None
        if objection is None:
            await self.app(scope, receive, send)
            return
        problem, headers = objection
        await problems.response(problem, headers)(scope, receive, send)

    async def _objection(self, scope: Scope) -> tuple[Problem, dict[str, str]] | None:
        if not str(scope["path"]).startswith(API):
            return None
        try:
            return await self._of_caller(scope)
        except StoreUnavailable:
            return problems.of_status(503), {"retry-after": "2"}

    async def _of_caller(self, scope: Scope) -> tuple[Problem, dict[str, str]] | None:
        brought = _bearer(Headers(scope=scope))
        if brought is None:
            return access_problems.token_missing(), _ONLY_CHALLENGE
        secret = tokens.read(brought)
        found = await run_in_threadpool(self.book.find, secret, self.clock()) if secret else None
        if found is None:
            return self._failed(_caller(scope))
        scope.setdefault("state", {}).update(token_id=found.token_id, actor=f"token:{found.token_id}")
        return _missing_scope(found, scope)

    def _failed(self, caller: str) -> tuple[Problem, dict[str, str]]:
        wait_s = self.limit.failed(caller)
        log.warning("a call came with a token that does not work%s", "; told to wait" if wait_s else "")
        if wait_s:
            return access_problems.too_many_failures(), {"retry-after": str(wait_s)}
        return access_problems.token_wrong(), {"www-authenticate": 'Bearer error="invalid_token"'}


def _missing_scope(found: Token, scope: Scope) -> tuple[Problem, dict[str, str]] | None:
    needed = rules.scope_needed(str(scope["method"]), str(scope["path"]))
    if needed in found.scopes:
        return None
    told = {"www-authenticate": f'Bearer error="insufficient_scope", scope="{needed}"'}
    return access_problems.scope_missing(needed), told


def _bearer(headers: Headers) -> str | None:
    given = headers.getlist("authorization")
    scheme, _, text = given[0].partition(" ") if len(given) == 1 else ("", "", "")
    return text.strip() if scheme.lower() == "bearer" and text.strip() else None


def _caller(scope: Scope) -> str:
    return str(scope["client"][0]) if scope.get("client") else ""
