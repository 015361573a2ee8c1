"""One referral: how it stands, what has happened, and what can be done now."""

from typing import Any

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from ngo_bridge import rules
from ngo_bridge.api.field_types import is_id
from ngo_bridge.pages import code_labels, lanes, referral_forms
from ngo_bridge.pages.consent_classes import LATER_CLASSES
from ngo_bridge.pages.form import Form
from ngo_bridge.pages.names import Names, names_of
from ngo_bridge.pages.rendering import Again, go_to, show
from ngo_bridge.pages.told import told_about
from ngo_bridge.pages.visitor import Submitted, Visit, VisitOf, key_of
from ngo_bridge.pages.who_saw import who_saw
from ngo_bridge.store import KeyReused
from participant_edge.errors import EdgeError, UnknownThing
from participant_edge.views import ReferralView
from referral_exchange import problems
from referral_exchange.pages.words import fill

router = APIRouter(prefix="/referrals/{referral_id}", include_in_schema=False)

DONE = (
    *("answered", "picked", "offered", "reported", "handover", "cancelled", "purged", "asked", "taken"),
    *("disclosed", "screened", "contact"),
)
"""What the page can say was just done; names of texts."""


@router.get("", response_class=HTMLResponse)
def page(referral_id: str, visit: VisitOf, done: str = "") -> HTMLResponse:
    """The page."""
    return _show(visit, view_of(visit, referral_id), done=done if done in DONE else "")


@router.post("/look", response_class=HTMLResponse)
def look(referral_id: str, visit: VisitOf, form: Submitted) -> HTMLResponse:
    """The page with what came in, opened now. No redirect: what is shown is kept nowhere."""
    view = view_of(visit, referral_id)
    try:
        opened = visit.bridge.edge.open_parts(referral_id)
    except UnknownThing:
        raise
    except EdgeError as error:
        told = told_about(error)
        return _show(visit, view, Again(Form(), None, told.status, told))
    return _show(visit, view, opened=opened)


@router.post("/{act}", response_class=HTMLResponse)
def act(referral_id: str, act: str, visit: VisitOf, form: Submitted) -> Response:
    """Does what the form asks, once; then goes back to the page."""
    doing = referral_forms.acts(visit.bridge).get(act)
    if doing is None:
        raise problems.unknown()
    view, key = view_of(visit, referral_id), key_of(form)
    command = doing.read(form, view)
    if command is None or form.faults:
        return _show(visit, view, Again(form, key), about=act)
    try:
        claimed = visit.bridge.commands.claim(f"page {act} {referral_id}", key, command.said)
        command.run(visit.bridge.edge, claimed.id)
    except (EdgeError, KeyReused) as error:
        told = told_about(error)
        return _show(visit, view, Again(form, key if told.again else None, told.status, told), about=act)
    return go_to(f"/referrals/{referral_id}?done={doing.done}")


def view_of(visit: Visit, referral_id: str) -> ReferralView:
    """The referral that the address names. Raises Problem, UnknownThing."""
    if not is_id(referral_id):
        raise problems.unknown()
    visit.concerns(referral_id)
    return visit.bridge.edge.referral(referral_id)


def _show(visit: Visit, view: ReferralView, again: Again | None = None, **context: Any) -> HTMLResponse:
    edge = visit.bridge.edge
    together = edge.together(view.referral_id) if view.direction == "sent" else ()
    told = {"about": "", "done": "", "opened": None, **context}
    names = names_of(edge)
    return show(
        visit,
        "referral.html",
        again,
        view=view,
        handover=edge.handover(view.referral_id) if view.sub_state == "scheduled" else None,
        row=lanes.one(visit.bridge, view),
        newest=_newest(view, names),
        version=version_of(view),
        may=rules.actions(view, several=len(together) > 1),
        others=[edge.referral(each) for each in together if each != view.referral_id],
        reason=edge.reason(view.referral_id) if view.direction == "sent" else None,
        names=names,
        # The list is the ledger's: it is asked when somebody looks, not when a page looks again by itself.
        evidence=None if visit.looks_again else who_saw(edge, view),
        covered=edge.covered(view.referral_id) & frozenset(LATER_CLASSES),
        handed_over=rules.handed_over(view),
        **told,
        **referral_forms.choices(),
    )


def version_of(view: ReferralView) -> str:
    """Another one whenever something happened to the referral."""
    return (
        f"{len(view.steps)}.{len(view.refusals)}.{len(view.late)}.{view.state}.{view.standing}.{view.purge}"
    )


def _newest(view: ReferralView, names: Names) -> str:
    """What happened last, in words."""
    if not view.steps:
        return ""
    step = view.steps[-1]
    said = code_labels.of_step_in(view, step)
    by, to = names.programme(step.programme), names.programme(view.programme_to)
    return str(fill(said, programme=by, programme_to=to))
