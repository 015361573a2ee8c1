"""The one address: GET shows where a code is typed in, POST does what its form says."""

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, Response

from participant_edge.errors import OutcomeUnknown
from referral_exchange.pages import assets
from survivor_page.database import StoreUnavailable
from survivor_page.page_ledger import NotKnown
from survivor_page.pages import acts
from survivor_page.pages.rendering import show
from survivor_page.pages.visit import Look, NoForm, Sent, look_of, text_of
from survivor_page.site import Site, site_of

router = APIRouter(include_in_schema=False)


@router.get("/")
def begin(request: Request) -> HTMLResponse:
    """Where a code is typed in."""
    return acts.front(site_of(request))


@router.post("/")
async def act(request: Request) -> HTMLResponse:
    """Does what the form says. The answer is the page itself: nothing of it has an address of its own."""
    form = await request.form(max_files=0, max_fields=20)
    source = request.client.host if request.client else ""
    return await run_in_threadpool(_done, site_of(request), dict(form), source)


@router.get("/style.css")
def style() -> Response:
    """The style sheet."""
    return Response(assets.style(), media_type="text/css")


@router.get("/enhance.js")
def script() -> Response:
    """The script, which no page needs."""
    return Response(assets.script(), media_type="text/javascript")


def _done(site: Site, form: Sent, source: str) -> HTMLResponse:
    asked = text_of(form, "act")
    try:
        if asked == "open":
            return acts.redeem(site, form, source)
        if asked not in acts.ACTS:
            raise NoForm
        return acts.ACTS[asked](site, form)
    except NoForm:
        return acts.front(site, "lost", 400)
    except NotKnown:
        return acts.front(site, "over", 403)
    except (OutcomeUnknown, StoreUnavailable):
        return show(site.config, "away.html", site.now(), 503, look=_kept(form))


def _kept(form: Sent) -> Look | None:
    """The session, so that she need not ask for a new code."""
    try:
        return look_of(form)
    except NoForm:
        return None
