"""Every service that takes part: by what it offers, where, in which language, for whom, and room."""

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from ngo_bridge import searching
from ngo_bridge.pages import offer_lists, offer_who
from ngo_bridge.pages.form import Form
from ngo_bridge.pages.names import names_of
from ngo_bridge.pages.rendering import Again, show
from ngo_bridge.pages.visitor import Submitted, Visit, VisitOf

router = APIRouter(prefix="/services", include_in_schema=False)


@router.get("", response_class=HTMLResponse)
def every(visit: VisitOf) -> HTMLResponse:
    """All of them."""
    return _show(visit, Form())


@router.post("", response_class=HTMLResponse)
def found(visit: VisitOf, form: Submitted) -> HTMLResponse:
    """Those that fit. What is looked for stands in no address: it may tell what somebody needs."""
    return _show(visit, form)


def _show(visit: Visit, form: Form) -> HTMLResponse:
    edge = visit.bridge.edge
    names, rooms = names_of(edge), searching.rooms(edge.capacities(), visit.bridge.clock())
    return show(
        visit,
        "services.html",
        Again(form, status=200),
        names=names,
        matches=offer_who.listed(names, rooms, offer_who.read_wish(form)),
        **offer_lists.search_lists(names),
    )
