"""What every page of the console stands on: what it reads from, its words, its frame, its guards."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from jinja2 import Environment

from referral_exchange.http_guard import place_of
from referral_exchange.pages import language, templating
from referral_exchange.pages.help_lines import HelpLines
from referral_exchange.tracing import TraceSearch
from status_board import view
from status_board.console_key import ConsoleKey, FormGuard
from status_board.contact import Contact
from status_board.recovery import Progress, of_router
from status_board.replaying import Replaying
from status_board.store import Board
from status_board.watch import Watch
from status_board.words import in_words, sentence, word, words
from status_board.world import World

REFRESH_S = 15
"""How often a page loads itself anew when its reader asked for that, in seconds."""

RECEIVED_WITHIN = timedelta(seconds=2)
"""An offer not received after this long is stuck, unless the settings say otherwise."""

_LOG = logging.getLogger(__name__)

_SERVER = {"Server": "status_board"}
"""In place of the names and versions of what it is built with."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Site:
    """What the handlers need. `hosts`: names this server answers to, so that no foreign site can read it."""

    board: Board
    contact: Contact
    watch: Watch
    traces: TraceSearch
    hosts: frozenset[str]
    key: ConsoleKey
    guard: FormGuard
    replaying: Replaying
    help_lines: HelpLines = field(default_factory=HelpLines)
    within: timedelta = RECEIVED_WITHIN

    def world(self, now: datetime) -> World:
        """All that was seen beside the table."""
        return self.watch.world(broker_lost=self.contact.is_lost(now))

    def progress(self, world: World) -> list[Progress]:
        """What is still being read back."""
        every = (self.board.progress(), self.watch.follower.progress(), of_router(world))
        return [each for each in every if each is not None and not each.is_over]

    def news(self, now: datetime) -> dict[str, Any]:
        """How fresh all of it is."""
        lost = self.contact.is_lost(now)
        return {
            "ready": self.board.is_rebuilt() and not lost,
            "as_of": view.stamp(now),
            "broker_answered_at": view.stamp(self.contact.answered_at),
            "broker_lost": lost,
            "rebuilt": self.board.is_rebuilt(),
            "steps_behind": self.contact.behind,
            "steps_taken": self.board.taken,
            "unreadable": dict(self.board.unreadable),
        }

    def show(
        self, request: web.Request, template: str, now: datetime, *, status: int = 200, **context: Any
    ) -> web.Response:
        """A page as an answer."""
        world = context.pop("world", None) or self.world(now)
        text = _TEMPLATES.get_template(template).render(
            t=words(),
            help=self.help_lines,
            now=view.stamp(now),
            news=self.news(now),
            progress=self.progress(world),
            refresh=REFRESH_S if "refresh" in request.query else None,
            every=REFRESH_S,
            again=lambda **changes: _address(request, changes),
            span=lambda since: in_words(now - since),
            **context,
        )
        return web.Response(text=text, content_type="text/html", status=status)


def _address(request: web.Request, changes: dict[str, str | None]) -> str:
    """The present page with some of its query changed; None takes a name away."""
    query = {**request.query, **changes}
    told = urlencode({name: value for name, value in query.items() if value is not None})
    return f"?{told}" if told else request.path


def problem(status: int, code: str, detail: str) -> web.Response:
    """A problem of RFC 9457."""
    body = {"type": f"https://referral-exchange.example/problems/{code}", "status": status, "detail": detail}
    return web.json_response(body, status=status, content_type="application/problem+json")


async def named(_request: web.Request, response: web.StreamResponse) -> None:
    """For `on_response_prepare`: says nothing about what the server is built with."""
    response.headers.update(_SERVER)


def guarded(hosts: frozenset[str]) -> Any:
    """Middleware: only our own host names, only our own forms, and no text of an error."""

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        # A page of a foreign site that calls itself by another name for this address stops here.
        if (request.url.host or "") not in hosts:
            return problem(421, "misdirected", "Ask for this page by the address in the settings.")
        if request.method not in ("GET", "HEAD") and _is_foreign(request):
            return problem(403, "cross-site", "Another web page sent this; use the console's own.")
        try:
            return await handler(request)
        except web.HTTPException as error:
            return problem(error.status, "unknown", "Nothing is here; the page is at /.")
        except Exception as error:  # noqa: BLE001 - the last resort; aiohttp would log the error's text
            _LOG.error("a request failed: %s", place_of(error))
            return problem(500, "internal", "Something failed here; ask again.")

    return guard


def _is_foreign(request: web.Request) -> bool:
    """With `Referrer-Policy: no-referrer` a browser calls even our own form's origin `null`."""
    origin = request.headers.get("Origin")
    own = f"{request.scheme}://{request.host}"
    site = request.headers.get("Sec-Fetch-Site")
    return site in ("cross-site", "same-site") or origin not in (None, "null", own)


@web.middleware
async def speaking(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Middleware: the language of each request, and a cookie for one that was asked for."""
    cookie = request.headers.get("Cookie", "")
    tag = language.chosen(request.query_string, cookie, request.headers.get("Accept-Language", ""))
    with language.speaking(tag):
        answer = await handler(request)
    answer.headers["Content-Language"] = tag
    if request.query.get(language.FIELD) == tag:
        secure = request.scheme == "https"
        answer.set_cookie(language.FIELD, tag, httponly=True, samesite="Strict", secure=secure)
    return answer


def utc_now() -> datetime:
    """The time that a page is of."""
    return datetime.now(UTC)


def _environment() -> Environment:
    made = templating.environment("status_board")
    made.filters["stamp"] = view.stamp
    made.globals.update(word=word, sentence=sentence)
    return made


_TEMPLATES = _environment()
