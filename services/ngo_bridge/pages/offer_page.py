"""Asking for help: is it safe, what is needed, whom to ask, what the person says. Only `send` keeps it."""

from dataclasses import replace
from typing import Any

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from ngo_bridge.commands import shown_salt
from ngo_bridge.pages import offer_consent, offer_lists, offer_needs
from ngo_bridge.pages.form import Form
from ngo_bridge.pages.names import Names, names_of
from ngo_bridge.pages.offer_lists import Stage
from ngo_bridge.pages.offer_send import Outcome, Sitting, send
from ngo_bridge.pages.rendering import Again, go_to, show
from ngo_bridge.pages.visitor import Submitted, Visit, VisitOf, fresh_key, key_of

router = APIRouter(prefix="/offer", include_in_schema=False)


@router.get("", response_class=HTMLResponse)
def begin(visit: VisitOf) -> HTMLResponse:
    """The first question, always: is it safe to talk?"""
    return show(visit, "offer_safe.html", must_report=visit.bridge.config.must_report)


@router.get("/not-today", response_class=HTMLResponse)
def not_today(visit: VisitOf) -> HTMLResponse:
    """Nothing was saved."""
    return show(visit, "not_today.html")


@router.post("", response_class=HTMLResponse)
def go_on(visit: VisitOf, form: Submitted) -> Response:
    """From one page to the next. What was typed travels in the form."""
    names = names_of(visit.bridge.edge)
    match form.value("go"):
        case "who":
            return _who(visit, form, names, checked=True)
        case "back-to-who":
            return _who(visit, form, names)
        case "agree":
            return _after_who(visit, form, names)
        case "send":
            return _after_agree(visit, form, names)
        case _:
            return _page(visit, "needs", names, Again(form, status=200))


def _who(visit: Visit, form: Form, names: Names, *, checked: bool = False) -> HTMLResponse:
    status = 422 if form.faults else 200
    asked = offer_needs.read_needs(form if checked else Form(form.data), visit.bridge, names)
    if asked is None:
        return _page(visit, "needs", names, Again(form))
    found = offer_needs.matches(asked, names, visit.bridge.config.programmes)
    return _page(visit, "who", names, Again(form, status=status), matches=found)


def _after_who(visit: Visit, form: Form, names: Names) -> HTMLResponse:
    recipients = offer_needs.read_recipients(form, names)
    if form.faults:
        return _who(visit, form, names)
    return _agree(visit, names, recipients, Again(form, status=200))


def _agree(
    visit: Visit, names: Names, recipients: list[str], again: Again, sent: tuple[str, ...] = ()
) -> HTMLResponse:
    form, bridge = again.form, visit.bridge
    asked = offer_needs.read_needs(Form(form.data), bridge, names)
    if asked is None:
        return _page(visit, "needs", names, again)
    key = again.key or fresh_key()
    return _page(
        visit,
        "agree",
        names,
        replace(again, key=key),
        asked=asked,
        recipients=recipients,
        sent=sent,
        explained_at=form.value("explained_at") or bridge.clock().isoformat(),
        code=shown_salt(bridge.commands.form_salt(key)),
    )


def _after_agree(visit: Visit, form: Form, names: Names) -> Response:
    asked = offer_needs.read_needs(form, visit.bridge, names)
    recipients, key = offer_needs.read_recipients(form, names), key_of(form)
    if asked is None or not recipients:
        return _page(visit, "needs", names, Again(form))
    yeses = offer_consent.read_decisions(form, recipients, names)
    if not form.faults and not yeses:
        return show(visit, "not_today.html", all_no=True)
    signed = offer_consent.read_signed(form, asked, visit.bridge.clock())
    if signed is None or form.faults:
        return _agree(visit, names, recipients, Again(form, key))
    outcome = send(visit.bridge, Sitting(asked, signed, key), yeses, names)
    if not outcome.stopped:
        return go_to(_after_sending(list(outcome.sent.values())))
    return _mend(visit, names, Again(form, key), outcome, recipients)


def _mend(visit: Visit, names: Names, again: Again, outcome: Outcome, recipients: list[str]) -> HTMLResponse:
    """A new key for what changes now; the same one where only the outcome is unknown."""
    for recipient, told in outcome.stopped.items():
        again.form.blame(f"yes.{recipient}", "policy", programme=names.programme(recipient), why=told.body)
    unknown = next((told for told in outcome.stopped.values() if told.again), None)
    told = unknown or next(iter(outcome.stopped.values()))
    left = recipients if unknown else [r for r in recipients if r not in outcome.sent]
    mending = Again(again.form, again.key if unknown else None, told.status, told)
    return _agree(visit, names, left, mending, tuple(outcome.sent))


def _after_sending(referral_ids: list[str]) -> str:
    return f"/referrals/{referral_ids[0]}?done=offered" if len(referral_ids) == 1 else "/?done=sent"


def _page(visit: Visit, stage: Stage, names: Names, again: Again, **context: Any) -> HTMLResponse:
    return show(
        visit,
        f"offer_{stage}.html",
        again,
        names=names,
        carried=offer_lists.carried(stage, again.form, context),
        **offer_lists.lists(visit.bridge, names),
        **context,
    )
