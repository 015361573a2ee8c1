"""Taking a yes back: one click, one question, and then how far it is."""

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from ngo_bridge import rules
from ngo_bridge.bridge import Bridge
from ngo_bridge.pages.form import Form
from ngo_bridge.pages.inbox_page import views_of
from ngo_bridge.pages.names import names_of
from ngo_bridge.pages.referral_page import view_of
from ngo_bridge.pages.rendering import Again, go_to, show
from ngo_bridge.pages.told import told_about
from ngo_bridge.pages.visitor import Submitted, Visit, VisitOf
from participant_edge.errors import EdgeError, UnknownThing
from participant_edge.views import ReferralView, Withdrawal
from referral_exchange import problems

router = APIRouter(prefix="/withdraw", include_in_schema=False)


@router.get("", response_class=HTMLResponse)
def choose(visit: VisitOf) -> HTMLResponse:
    """Every yes that can be taken back, and those that were."""
    views, more = views_of(visit.bridge, "sent")
    return show(
        visit,
        "withdraw.html",
        live=[view for view in views if "withdraw" in rules.actions(view)],
        past=[view for view in views if view.standing in ("withdrawing", "withdrawn")],
        more=more,
        names=names_of(visit.bridge.edge),
    )


@router.get("/{referral_id}", response_class=HTMLResponse)
def one(referral_id: str, visit: VisitOf) -> HTMLResponse:
    """The question, or once asked how far it is."""
    view = _sent(visit, referral_id)
    return _show(visit, view, _withdrawal(visit.bridge, view))


@router.post("/{referral_id}", response_class=HTMLResponse)
def take_back(referral_id: str, visit: VisitOf, form: Submitted) -> Response:
    """Ends the consent. Asking twice is the same as asking once."""
    view = _sent(visit, referral_id)
    try:
        visit.bridge.edge.withdraw(referral_id)
    except UnknownThing:
        raise
    except EdgeError as error:
        told = told_about(error)
        return _show(visit, view, None, Again(Form(), None, told.status, told))
    return go_to(f"/withdraw/{referral_id}")


def _sent(visit: Visit, referral_id: str) -> ReferralView:
    view = view_of(visit, referral_id)
    if view.direction != "sent":
        raise problems.unknown()
    return view


def _withdrawal(bridge: Bridge, view: ReferralView) -> Withdrawal | None:
    try:
        return bridge.edge.withdrawal(view.consent_id)
    except UnknownThing:
        return None


def _show(
    visit: Visit, view: ReferralView, found: Withdrawal | None, again: Again | None = None
) -> HTMLResponse:
    return show(visit, "withdraw_one.html", again, view=view, found=found, names=names_of(visit.bridge.edge))
