"""Taking back, at this desk, a yes that another service wrote: it is told whose, locked, and nothing else."""

import json
import re

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from ngo_bridge.pages.form import Form
from ngo_bridge.pages.names import Names, names_of
from ngo_bridge.pages.page_command import PageCommand
from ngo_bridge.pages.rendering import Again, go_to, show
from ngo_bridge.pages.told import told_about
from ngo_bridge.pages.visitor import Submitted, Visit, VisitOf, key_of
from ngo_bridge.pages.words import words
from ngo_bridge.store import KeyReused
from participant_edge.commands import GroundDraft, Receipt
from participant_edge.edge import Edge
from participant_edge.errors import EdgeError
from referral_exchange import events
from referral_exchange.ids import derived

router = APIRouter(prefix="/withdraw/elsewhere", include_in_schema=False)

_DATE = re.compile(r"(19|20)\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")


@router.get("", response_class=HTMLResponse)
def page(visit: VisitOf) -> HTMLResponse:
    """The page."""
    return _show(visit)


@router.post("", response_class=HTMLResponse)
def ask(visit: VisitOf, form: Submitted) -> Response:
    """Tells the service that wrote the yes, once however often the button is pressed."""
    key, names = key_of(form), names_of(visit.bridge.edge)
    command = _read(form, visit, names)
    if command is None or form.faults:
        return _show(visit, Again(form, key))
    try:
        claimed = visit.bridge.commands.claim("page elsewhere", key, command.said)
        done = command.run(visit.bridge.edge, claimed.id)
    except (EdgeError, KeyReused) as error:
        told = told_about(error)
        return _show(visit, Again(form, key if told.again else None, told.status, told))
    visit.concerns(done.referral_id)
    return go_to(f"/referrals/{done.referral_id}?done=asked")


def _read(form: Form, visit: Visit, names: Names) -> PageCommand | None:
    t, ours = words(), visit.bridge.config.programmes
    to = form.choice("to", [each for each in names.programmes if each not in ours], t["elsewhere"]["to"])
    chosen = form.text("chosen_name", t["elsewhere"]["name"], required=True)
    born = form.text("birth_date", t["referral"]["disclose_birth"])
    if born and not _DATE.fullmatch(born):
        form.blame("birth_date", "date", label=t["referral"]["disclose_birth"])
    sender = form.choice("programme_from", ours, t["elsewhere"]["from"])
    if not form.has("asked", "yes"):
        form.blame("asked", "elsewhere_asked")
    if form.faults or not chosen:
        return None
    who = events.Identity(chosen_name=chosen, birth_date=born)
    said = json.dumps([to, sender, who.to_datum()])
    return PageCommand(said, lambda edge, i: _ask(edge, sender, to, who, i))


def _ask(edge: Edge, sender: str, to: str, who: events.Identity, command_id: str) -> Receipt:
    """A ground of law, for no consent can stand behind it: the person gave none to this desk."""
    ground = edge.record_ground(
        GroundDraft(
            programme_from=sender,
            recipient=to,
            kind="withdrawal",
            statute="",
            jurisdiction="",
            data_classes=("identity",),
        ),
        command_id,
    )
    second = derived(command_id, "ask", "")
    return edge.open_referral("WithdrawalAsked", ground.consent_id, "emergency", None, who, second)


def _show(visit: Visit, again: Again | None = None) -> HTMLResponse:
    names = names_of(visit.bridge.edge)
    own = visit.bridge.config.programmes
    return show(
        visit,
        "elsewhere.html",
        again,
        own=[(each, names.programme(each)) for each in own],
        others=_others(names, own),
    )


def _others(names: Names, own: tuple[str, ...]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Every other service, under the organisation that runs it."""
    found: dict[str, list[tuple[str, str]]] = {}
    for each in sorted(names.programmes, key=lambda each: (names.participant(each), names.programme(each))):
        if each not in own:
            found.setdefault(names.participant(each), []).append((each, names.programme(each)))
    return list(found.items())
