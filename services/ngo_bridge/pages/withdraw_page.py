"""Taking a yes back: one click, one question, and then how far it is."""

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from ngo_bridge import rules
from ngo_bridge.bridge import Bridge
from ngo_bridge.pages.form import Form
from ngo_bridge.pages.inbox_page import views_of
from ngo_bridge.pages.names import names_of
from ngo_bridge.pages.referral_page import version_of, view_of
from ngo_bridge.pages.rendering import Again, go_to, show
from ngo_bridge.pages.told import told_about
from ngo_bridge.pages.visitor import Submitted, Visit, VisitOf
from participant_edge.errors import EdgeError, UnknownThing
from participant_edge.views import ReferralView, Withdrawal
from referral_exchange import problems
from referral_exchange.event_kinds import ONLY_ON_GROUNDS

router = APIRouter(prefix="/withdraw", include_in_schema=False)

_AT_ONCE = 200
LIST_SHOWN, PAST_SHOWN = 100, 20
"""Of those that can be taken back, the last changed; the others are found by their reference."""


@router.get("", response_class=HTMLResponse)
def choose(visit: VisitOf) -> HTMLResponse:
    """Every yes that can be taken back, and those that were."""
    return _list(visit)


@router.post("/find", response_class=HTMLResponse)
def find(visit: VisitOf, form: Submitted) -> Response:
    """The one with the reference that stands on a form or a page; the first letters and numbers do."""
    found = _by_reference(visit.bridge, form.value("reference").lower())
    if len(found) == 1:
        return go_to(f"/withdraw/{found[0].referral_id}")
    form.blame("reference", "reference" if not found else "reference_more")
    return _list(visit, Again(form))


def _by_reference(bridge: Bridge, begins: str) -> list[ReferralView]:
    """Among all, however old: a yes can always be taken back."""
    found: list[ReferralView] = []
    cursor: str | None = None
    while begins:
        page = bridge.edge.referrals("sent", cursor, _AT_ONCE)
        found += [view for view in page.items if view.referral_id.startswith(begins) and _signed(view)]
        cursor = page.next
        if cursor is None:
            break
    return found


def _list(visit: Visit, again: Again | None = None) -> HTMLResponse:
    views, more = views_of(visit.bridge, "sent")
    live = [view for view in views if "withdraw" in rules.actions(view)]
    return show(
        visit,
        "withdraw.html",
        again,
        live=live[:LIST_SHOWN],
        left=max(0, len(live) - LIST_SHOWN),
        past=[view for view in views if view.standing in ("withdrawing", "withdrawn") and _signed(view)][
            :PAST_SHOWN
        ],
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


def _signed(view: ReferralView) -> bool:
    """Whether a person's yes stood behind it; nobody takes a law back."""
    return view.kind not in ONLY_ON_GROUNDS


def _sent(visit: Visit, referral_id: str) -> ReferralView:
    view = view_of(visit, referral_id)
    if view.direction != "sent" or not _signed(view):
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
    return show(
        visit,
        "withdraw_one.html",
        again,
        view=view,
        found=found,
        version=f"{version_of(view)}.{found and found.state}",
        names=names_of(visit.bridge.edge),
    )
