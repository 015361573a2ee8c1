"""Errors for people: where a page answers with a problem, a plain page says it instead."""

import json
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ngo_bridge.config import HelpLines
from ngo_bridge.guards import is_page
from ngo_bridge.pages import rendering, words
from referral_exchange.problems import MEDIA_TYPE, TYPE_BASE


@dataclass(frozen=True, slots=True)
class ProblemPages:
    """ASGI middleware: turns `application/problem+json` into HTML on every path that people use."""

    app: ASGIApp
    help_lines: HelpLines

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http" or not is_page(scope["path"]):
            await self.app(scope, receive, send)
            return
        held: list[Message] = []

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_problem(message):
                held.append(message)
            elif held:
                held.append(message)
                if not message.get("more_body", False):
                    await self._page(held)(scope, receive, send)
            else:
                await send(message)

        await self.app(scope, receive, watched)

    def _page(self, held: list[Message]) -> HTMLResponse:
        body = json.loads(b"".join(message.get("body", b"") for message in held[1:]))
        code = str(body.get("type", "")).removeprefix(TYPE_BASE)
        html = rendering.page_text(
            "problem.html", self.help_lines, said=_said(code), rule=body.get("rule"), law=body.get("law")
        )
        kept = {n: v for n, v in Headers(raw=held[0]["headers"]).items() if n in ("retry-after", "allow")}
        return HTMLResponse(html, held[0]["status"], kept)


def _is_problem(start: Message) -> bool:
    return Headers(raw=start["headers"]).get("content-type", "").startswith(MEDIA_TYPE)


def _said(code: str) -> dict[str, str]:
    problems = words.words()["problems"]
    found: dict[str, str] = problems.get(code, problems["other"])
    return found
