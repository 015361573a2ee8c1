"""The operator's page and the same as JSON, over aiohttp."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined

from referral_exchange import http_headers
from referral_exchange.http_guard import place_of
from referral_exchange.tracing import TraceSearch
from status_board import rules, view
from status_board.contact import Contact
from status_board.store import Board
from status_board.view import Labels

MOST_LINES = 200
"""Lines on the page; the waiting ones come first, and the page says how many it leaves out."""

REFRESH_S = 15
"""How often the page loads itself anew when its reader asked for that, in seconds."""

_LOG = logging.getLogger(__name__)

_SERVER = {"Server": "status_board"}
"""In place of the names and versions of what it is built with."""


@dataclass(frozen=True, slots=True)
class Pages:
    """What the handlers need. `hosts`: names this server answers to, so that no foreign site can read it."""

    board: Board
    contact: Contact
    traces: TraceSearch
    labels: Labels
    hotline: str
    hosts: frozenset[str]

    async def page(self, request: web.Request) -> web.Response:
        """`GET /?show=<view or state>&refresh=1`."""
        now, show = datetime.now(UTC), request.query.get("show", "open")
        entries = self.board.entries()
        lines = rules.in_order((e for e in entries if rules.shown(e, show, now)), now)
        counted = view.counts(entries, now)
        text = _TEMPLATES.get_template("board.html").render(
            lines=[view.as_line(entry, now, self.labels, self.traces) for entry in lines[:MOST_LINES]],
            left_out=max(0, len(lines) - MOST_LINES),
            show=show,
            views=[(name, self.labels["views"][name], counted[name]) for name in view.VIEWS],
            states=[
                (code, label, counted[code]) for code, label in self.labels["states"].items() if counted[code]
            ],
            refresh=REFRESH_S if "refresh" in request.query else None,
            every=REFRESH_S,
            now=view.stamp(now),
            news=self._news(now),
            hotline=self.hotline,
        )
        return web.Response(text=text, content_type="text/html")

    async def referrals(self, request: web.Request) -> web.Response:
        """`GET /v1/referrals?show=<view or state>`, in the page's order."""
        now, show = datetime.now(UTC), request.query.get("show", "open")
        entries = rules.in_order((e for e in self.board.entries() if rules.shown(e, show, now)), now)
        listed = [view.as_json(entry, now, self.traces) for entry in entries]
        return web.json_response({"referrals": listed, **self._news(now)})

    async def referral(self, request: web.Request) -> web.Response:
        """`GET /v1/referrals/{id}`."""
        entry = self.board.entry(request.match_info["referral_id"])
        if entry is None:
            return problem(404, "unknown", "No such referral is on the board; it may have ended a while ago.")
        return web.json_response(view.with_steps(entry, datetime.now(UTC), self.traces))

    async def ready(self, request: web.Request) -> web.Response:
        """503 until the table is rebuilt and caught up, and whenever the broker does not answer."""
        news = self._news(datetime.now(UTC))
        return web.json_response(news, status=200 if news["ready"] else 503)

    async def live(self, request: web.Request) -> web.Response:
        """200 while the process turns."""
        return web.json_response({"live": True})

    async def style(self, request: web.Request) -> web.Response:
        """The page's style sheet."""
        return web.Response(text=_STYLE, content_type="text/css")

    def _news(self, now: datetime) -> dict[str, Any]:
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


def new_pages(pages: Pages) -> web.Application:
    """The application; it reads and never writes."""
    app = web.Application(middlewares=[_guard(pages.hosts)])
    app.on_response_prepare.append(http_headers.on_prepare)
    app.on_response_prepare.append(_named)
    app.add_routes(
        [
            web.get("/", pages.page),
            web.get("/board.css", pages.style),
            web.get("/v1/referrals", pages.referrals),
            web.get("/v1/referrals/{referral_id}", pages.referral),
            web.get("/health/ready", pages.ready),
            web.get("/health/live", pages.live),
        ]
    )
    return app


def problem(status: int, code: str, detail: str) -> web.Response:
    """A problem of RFC 9457."""
    body = {"type": f"https://referral-exchange.example/problems/{code}", "status": status, "detail": detail}
    return web.json_response(body, status=status, content_type="application/problem+json")


async def _named(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(_SERVER)


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def _guard(hosts: frozenset[str]) -> Any:
    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        # A page of a foreign site that calls itself by another name for this address stops here.
        if (request.url.host or "") not in hosts:
            return problem(421, "misdirected", "Ask for this page by the address in the settings.")
        try:
            return await handler(request)
        except web.HTTPException as error:
            return problem(error.status, "unknown", "Nothing is here; the page is at /.")
        except Exception as error:  # noqa: BLE001 - the last resort; aiohttp would log the error's text
            _LOG.error("a request failed: %s", place_of(error))
            return problem(500, "internal", "Something failed here; ask again.")

    return guard


_TEMPLATES = Environment(loader=PackageLoader("status_board"), autoescape=True, undefined=StrictUndefined)
_STYLE = files("status_board").joinpath("static/board.css").read_text(encoding="utf-8")
