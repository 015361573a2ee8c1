"""A new safe way to reach a person: told at once to every service that helps, before everything else."""

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from ngo_bridge import rules
from ngo_bridge.api import safe_contact
from ngo_bridge.pages.contact_form import contact_lists, read_contact
from ngo_bridge.pages.form import Form
from ngo_bridge.pages.names import names_of
from ngo_bridge.pages.referral_page import view_of
from ngo_bridge.pages.rendering import Again, go_to, show
from ngo_bridge.pages.told import told_about
from ngo_bridge.pages.visitor import Submitted, Visit, VisitOf, key_of
from ngo_bridge.store import KeyReused
from participant_edge.errors import EdgeError
from participant_edge.views import ReferralView
from referral_exchange import problems

router = APIRouter(prefix="/referrals/{referral_id}/safe-contact", include_in_schema=False)


@router.get("", response_class=HTMLResponse)
def page(referral_id: str, visit: VisitOf) -> HTMLResponse:
    """Who would be told, and the questions."""
    return _show(visit, _served(visit, referral_id), Again(Form(), status=200))


@router.post("", response_class=HTMLResponse)
def change(referral_id: str, visit: VisitOf, form: Submitted) -> Response:
    """Tells all of them, or none."""
    view, key = _served(visit, referral_id), key_of(form)
    contact = read_contact(form)
    if not form.has("asked", "yes"):
        form.blame("asked", "asked")
    if form.faults:
        return _show(visit, view, Again(form, key))
    edge, told = visit.bridge.edge, safe_contact.recipients(visit.bridge.edge, referral_id)
    try:
        said = "\n".join([*told, str(contact.to_datum())])
        claimed = visit.bridge.commands.claim(f"page safe contact {referral_id}", key, said)
        edge.change_safe_contact(told, contact, claimed.id)
    except (EdgeError, KeyReused) as error:
        stopped = told_about(error)
        again = Again(form, key if stopped.again else None, stopped.status, stopped)
        return _show(visit, view, again)
    return go_to(f"/referrals/{referral_id}?done=contact")


def _served(visit: Visit, referral_id: str) -> ReferralView:
    view = view_of(visit, referral_id)
    if "change-contact" not in rules.actions(view):
        raise problems.unknown()
    return view


def _show(visit: Visit, view: ReferralView, again: Again) -> HTMLResponse:
    edge = visit.bridge.edge
    told = safe_contact.recipients(edge, view.referral_id)
    return show(
        visit,
        "contact.html",
        again,
        view=view,
        recipients=sorted({edge.referral(each).programme_to for each in told}),
        names=names_of(edge),
        **contact_lists(),
    )
