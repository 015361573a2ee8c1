"""Asking for help: is it safe, what is needed, whom to ask, yes or no, what leaves. Only `send` keeps it."""

from dataclasses import dataclass, replace
from typing import Any

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from ngo_bridge import legal_asks, searching
from ngo_bridge.commands import shown_salt
from ngo_bridge.pages import leaving, offer_consent, offer_lists, offer_needs, offer_paper, offer_who
from ngo_bridge.pages.form import Form
from ngo_bridge.pages.names import Names, names_of
from ngo_bridge.pages.offer_consent import Signed, Yes
from ngo_bridge.pages.offer_lists import Stage
from ngo_bridge.pages.offer_needs import Asked
from ngo_bridge.pages.offer_send import Outcome, Sitting, send
from ngo_bridge.pages.rendering import Again, go_to, show
from ngo_bridge.pages.visitor import Submitted, Visit, VisitOf, fresh_key, key_of, own_key

router = APIRouter(prefix="/offer", include_in_schema=False)


@dataclass(frozen=True, slots=True, repr=False)
class Step:
    """One page of an offer as it was sent in."""

    visit: Visit
    form: Form
    names: Names

    def asked(self, *, checked: bool = True) -> Asked | None:
        """What is needed. `checked`: what is missing is blamed."""
        form = self.form if checked else Form(self.form.data)
        return offer_needs.read_needs(form, self.visit.bridge, self.names)

    def page(self, stage: Stage, again: Again, **context: Any) -> HTMLResponse:
        """The page of `stage`."""
        return show(
            self.visit,
            f"offer_{stage}.html",
            again,
            names=self.names,
            see_again=offer_lists.SEE_AGAIN[stage],
            carried=offer_lists.carried(stage, again.form, context),
            **offer_lists.lists(self.visit.bridge, self.names),
            **context,
        )


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
    step = Step(visit, form, names_of(visit.bridge.edge))
    match form.value("go"):
        case "who":
            return _who(step, checked=True)
        case "back-to-who":
            return _who(step)
        case "agree" | "agree-again" | "paper" | "aloud" as go:
            return _after_who(step, go)
        case "look" | "send" as go:
            return _after_agree(step, sending=go == "send")
        case _:
            return step.page("needs", Again(form, status=200))


def _who(step: Step, *, checked: bool = False) -> HTMLResponse:
    status = 422 if step.form.faults else 200
    asked, edge, now = step.asked(checked=checked), step.visit.bridge.edge, step.visit.bridge.clock()
    if asked is None:
        return step.page("needs", Again(step.form))
    rooms = searching.rooms(edge.capacities(), now)
    own = step.visit.bridge.config.programmes
    found = offer_who.matches(asked, step.names, rooms, step.form, own)
    narrowed = any(step.form.value(name) for name in offer_who.WISH_FIELDS)
    return step.page("who", Again(step.form, status=status), matches=found, narrowed=narrowed)


def _after_who(step: Step, go: str) -> HTMLResponse:
    recipients = offer_who.read_recipients(step.form, step.names)
    if step.form.faults:
        return _who(step)
    if go in ("paper", "aloud"):
        return _on_paper(step, recipients, go)
    key = own_key(step.form) if go == "agree-again" else None
    return _agree(step, recipients, Again(step.form, key, status=200))


def _on_paper(step: Step, recipients: list[str], kind: str) -> HTMLResponse:
    asked = step.asked(checked=False)
    if asked is None:
        return step.page("needs", Again(step.form))
    return offer_paper.show_form(step.visit, step.form, asked, recipients, step.names, aloud=kind == "aloud")


def _agree(step: Step, recipients: list[str], again: Again, sent: tuple[str, ...] = ()) -> HTMLResponse:
    asked = step.asked(checked=False)
    if asked is None:
        return step.page("needs", again)
    return step.page(
        "agree",
        replace(again, key=again.key or fresh_key()),
        asked=asked,
        now_lines=leaving.now_lines(asked),
        sender=step.names.streams(asked.programme_from),
        may_need_exception=legal_asks.may_need_exception,
        may_need_intermediary=legal_asks.may_need_intermediary,
        sent=sent,
        recipients=recipients,
        **_of_the_form(step),
    )


def _of_the_form(step: Step) -> dict[str, str]:
    """What stays the same through a sitting: since when it is explained, and the code on its paper."""
    bridge, form = step.visit.bridge, step.form
    paper = (form.value("paper") and own_key(form, "paper")) or fresh_key()
    return {
        "explained_at": form.value("explained_at") or bridge.clock().isoformat(),
        "paper": paper,
        "code": shown_salt(bridge.commands.form_salt(paper)),
    }


def _after_agree(step: Step, *, sending: bool) -> Response:
    form, asked = step.form, step.asked()
    recipients, key = offer_who.read_recipients(form, step.names), key_of(form)
    if asked is None or not recipients:
        return step.page("needs", Again(form))
    yeses = offer_consent.read_decisions(form, recipients, asked, step.names)
    if not form.faults and not yeses:
        return show(step.visit, "not_today.html", all_no=True)
    signed = offer_consent.read_signed(form, asked, yeses, step.names, step.visit.bridge.clock())
    if signed is None or form.faults:
        return _agree(step, recipients, Again(form, key))
    if not sending:
        return _look(step, asked, signed, yeses, Again(form, key, status=200))
    outcome = send(step.visit.bridge, Sitting(asked, signed, key, own_key(form, "paper")), yeses, step.names)
    if not outcome.stopped:
        return go_to(_after_sending(list(outcome.sent.values())))
    return _mend(step, asked, signed, yeses, outcome)


def _look(step: Step, asked: Asked, signed: Signed, yeses: list[Yes], again: Again) -> HTMLResponse:
    recipients = offer_who.read_recipients(Form(step.form.data), step.names)
    return step.page(
        "look",
        again,
        asked=asked,
        signed=signed,
        yeses=yeses,
        recipients=recipients,
        now_lines=leaving.now_lines(asked),
        later={yes.recipient: list(leaving.later(yes.later, asked)) for yes in yeses},
        **_of_the_form(step),
    )


def _mend(step: Step, asked: Asked, signed: Signed, yeses: list[Yes], outcome: Outcome) -> HTMLResponse:
    """A new key for what changes now; the same page and key where only the outcome is unknown."""
    unknown = next((told for told in outcome.stopped.values() if told.again), None)
    form = step.form
    if unknown is not None:
        return _look(step, asked, signed, yeses, Again(form, key_of(form), unknown.status, unknown))
    for recipient, told in outcome.stopped.items():
        form.blame(f"yes.{recipient}", "policy", programme=step.names.programme(recipient), why=told.body)
    told = next(iter(outcome.stopped.values()))
    chosen = offer_who.read_recipients(Form(form.data), step.names)
    left = [recipient for recipient in chosen if recipient not in outcome.sent]
    return _agree(step, left, Again(form, None, told.status, told), tuple(outcome.sent))


def _after_sending(referral_ids: list[str]) -> str:
    return f"/referrals/{referral_ids[0]}?done=offered" if len(referral_ids) == 1 else "/?done=sent"
