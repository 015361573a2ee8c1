"""A code for the person herself: shown once, big, to be said to her alone. Nothing of it is kept here."""

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from ngo_bridge.pages.form import Form
from ngo_bridge.pages.referral_page import view_of
from ngo_bridge.pages.rendering import Again, show
from ngo_bridge.pages.told import told_about
from ngo_bridge.pages.visitor import Submitted, VisitOf, key_of
from ngo_bridge.store import KeyReused
from participant_edge.errors import EdgeError
from referral_exchange import problems

router = APIRouter(prefix="/referrals/{referral_id}/code", include_in_schema=False)


@router.post("", response_class=HTMLResponse)
def make(referral_id: str, visit: VisitOf, form: Submitted) -> HTMLResponse:
    """The code. No redirect: what is shown stands nowhere; a double click shows the same one."""
    view, key = view_of(visit, referral_id), key_of(form)
    if view.direction != "sent":
        raise problems.unknown()
    try:
        claimed = visit.bridge.commands.claim(f"page code {referral_id}", key, "code")
        made = visit.bridge.edge.survivor_code(referral_id, claimed.id)
    except (EdgeError, KeyReused) as error:
        told = told_about(error)
        again = Again(Form(), key if told.again else None, told.status, told)
        return show(visit, "code.html", again, view=view, made=None)
    page = visit.bridge.config.own_page
    return show(visit, "code.html", view=view, made=made, pieces=_spoken(made.code), page=page)


def _spoken(code: str) -> list[str]:
    """In threes, as it is said."""
    return [code[at : at + 3] for at in range(0, len(code), 3)]
