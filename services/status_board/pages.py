"""All addresses of the console: pages, the same as JSON, health, metrics."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from referral_exchange import http_headers
from referral_exchange.pages import assets
from status_board import rules, view
from status_board.exchange_pages import ExchangePages
from status_board.home_page import HomePage
from status_board.journeys_page import JourneysPage
from status_board.metrics import exposition
from status_board.quarantine_page import QuarantinePage
from status_board.runbook_page import RunbookPage
from status_board.site import Site, guarded, named, problem, speaking, utc_now
from status_board.style import STYLE

Answers = Callable[[web.Request], Awaitable[web.Response]]

MOST_BODY = 64 * 1024


class Api:
    """What programs ask."""

    def __init__(self, site: Site) -> None:
        """Connects nothing."""
        self._site = site

    async def referrals(self, request: web.Request) -> web.Response:
        """`GET /v1/referrals?show=<view or state>`, in the page's order."""
        now, show, site = utc_now(), request.query.get("show", "open"), self._site
        entries = rules.in_order((e for e in site.board.entries() if rules.shown(e, show, now)), now)
        listed = [view.as_json(entry, now, site.traces) for entry in entries]
        return web.json_response({"referrals": listed, **site.news(now)})

    async def referral(self, request: web.Request) -> web.Response:
        """`GET /v1/referrals/{id}`."""
        entry = self._site.board.entry(request.match_info["referral_id"])
        if entry is None:
            return problem(404, "unknown", "No such referral is on the board; it may have ended a while ago.")
        return web.json_response(view.with_steps(entry, utc_now(), self._site.traces))

    async def ready(self, request: web.Request) -> web.Response:
        """503 until the table is rebuilt and caught up, and whenever the broker does not answer."""
        news = self._site.news(utc_now())
        return web.json_response(news, status=200 if news["ready"] else 503)

    async def live(self, request: web.Request) -> web.Response:
        """200 while the process turns."""
        return web.json_response({"live": True})

    async def metrics(self, request: web.Request) -> web.Response:
        """`GET /metrics`, as Prometheus reads it."""
        body, kind = exposition(self._site, utc_now())
        return web.Response(body=body, headers={"Content-Type": kind})


def new_pages(site: Site) -> web.Application:
    """The application. Asking the router for a replay is all that it ever does; the rest is read."""
    app = web.Application(middlewares=[guarded(site.hosts), speaking], client_max_size=MOST_BODY)
    app.on_response_prepare.append(http_headers.on_prepare)
    app.on_response_prepare.append(named)
    app.add_routes([*_pages(site), *_for_programs(Api(site)), *_files()])
    return app


def _pages(site: Site) -> list[web.RouteDef]:
    home, journeys, exchange = HomePage(site), JourneysPage(site), ExchangePages(site)
    quarantine, runbooks = QuarantinePage(site), RunbookPage(site)
    return [
        web.get("/", home.page),
        web.get("/journeys", journeys.search),
        web.get("/journeys/{referral_id}", journeys.one),
        web.get("/clocks", exchange.clocks),
        web.get("/lag", exchange.lag),
        web.get("/connectors", exchange.connectors),
        web.get("/capacity", exchange.capacity),
        web.get("/schemas", exchange.schemas),
        web.get("/quarantine", quarantine.page),
        web.post("/quarantine/replay", quarantine.replay),
        web.get("/runbooks/{name}", runbooks.page),
    ]


def _for_programs(api: Api) -> list[web.RouteDef]:
    return [
        web.get("/v1/referrals", api.referrals),
        web.get("/v1/referrals/{referral_id}", api.referral),
        web.get("/metrics", api.metrics),
        web.get("/health/ready", api.ready),
        web.get("/health/live", api.live),
    ]


def _files() -> list[web.RouteDef]:
    return [
        web.get("/style.css", _file(assets.style, "text/css")),
        web.get("/console.css", _file(lambda: STYLE, "text/css")),
        web.get("/enhance.js", _file(assets.script, "text/javascript")),
    ]


def _file(text: Callable[[], str], kind: str) -> Answers:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(text=text(), content_type=kind)

    return answer
