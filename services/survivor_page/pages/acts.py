"""What a form of the page asks for, done; each answers with the page that comes next."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from starlette.responses import HTMLResponse

from participant_edge.errors import OutcomeUnknown
from survivor_page import rules
from survivor_page.page_ledger import NotKnown
from survivor_page.pages.rendering import show
from survivor_page.pages.visit import Look, NoForm, Sent, fresh_session, key_of, look_of, shown_of, text_of
from survivor_page.rules import Shared
from survivor_page.site import Site


def front(site: Site, fault: str = "", status: int = 200) -> HTMLResponse:
    """Where a code is typed in. `fault`: what to say of the one before; the code itself is not repeated."""
    return show(site.config, "front.html", site.now(), status, fault=fault)


def redeem(site: Site, form: Sent, source: str) -> HTMLResponse:
    """Opens her page with a code. One answer for a code that is wrong, old or used."""
    code = rules.code_in(text_of(form, "code"))
    if not code:
        return front(site, "typed", 422)
    if site.wrong.barred(source):
        return front(site, "wait", 429)
    session = fresh_session()
    try:
        until = site.desk.ledger.open(code, session)
    except NotKnown:
        site.wrong.wrong(source)
        return front(site, "wrong", 403)
    except OutcomeUnknown:
        return front(site, "away", 503)
    return _list(site, Look(session, until))


def look(site: Site, form: Sent) -> HTMLResponse:
    """The list, as it stands now."""
    return _list(site, look_of(form))


def done(site: Site, form: Sent) -> HTMLResponse:
    """She is done: nobody looks on with this session, whoever comes to the same screen."""
    session = look_of(form).session
    try:
        site.desk.ledger.end(session)
    except (OutcomeUnknown, NotKnown):
        return front(site, "done_later")
    return front(site, "done")


def stop(site: Site, form: Sent) -> HTMLResponse:
    """One question before something is taken back."""
    found = look_of(form)
    which, chosen = _chosen(site, found, form)
    return show(
        site.config, "stop.html", site.now(), look=found, which=which, kind=_kind(site, which, chosen)
    )


def stop_now(site: Site, form: Sent) -> HTMLResponse:
    """Takes it back: stored first, then done; says honestly where it is not in force yet."""
    found = look_of(form)
    _, chosen = _chosen(site, found, form)
    in_force = site.desk.take_back(found.session, chosen)
    not_yet = sum(each is None for each in in_force.values())
    return show(
        site.config, "stopped.html", site.now(), look=found, not_yet=not_yet, in_force=len(in_force) - not_yet
    )


def ask(site: Site, form: Sent) -> HTMLResponse:
    """Which question?"""
    found = look_of(form)
    which, chosen = _chosen(site, found, form)
    return _ask(site, found, which, _kind(site, which, chosen))


def ask_now(site: Site, form: Sent) -> HTMLResponse:
    """Stores the question; who shared it is asked."""
    found, question = look_of(form), text_of(form, "question")
    which, chosen = _chosen(site, found, form)
    if question not in rules.QUESTIONS:
        return _ask(site, found, which, _kind(site, which, chosen), "question", 422)
    site.desk.ask(chosen[0], question, key_of(form))
    return show(site.config, "asked.html", site.now(), look=found)


def feedback(site: Site, form: Sent) -> HTMLResponse:
    """How did it go? This form brings no session along, so that it is nobody's."""
    return show(site.config, "feedback.html", site.now(), topics=rules.FEEDBACK, answers=rules.ANSWERS)


def feedback_now(site: Site, form: Sent) -> HTMLResponse:
    """Stores what she chose; what she left out is not asked again."""
    key = key_of(form)
    said = {each: text_of(form, each) for each in rules.FEEDBACK}
    for about, answer in said.items():
        if answer in rules.ANSWERS:
            site.desk.feedback(about, answer, key)
    return show(site.config, "thanks.html", site.now())


ACTS: Mapping[str, Callable[[Site, Sent], HTMLResponse]] = {
    "list": look,
    "done": done,
    "stop": stop,
    "stop_now": stop_now,
    "ask": ask,
    "ask_now": ask_now,
    "feedback": feedback,
    "feedback_now": feedback_now,
}
"""By what the form names; a code is redeemed beside these."""


def _list(site: Site, found: Look) -> HTMLResponse:
    shown = site.desk.ledger.view(found.session)
    lines = site.lines(shown)
    seen = replace(found, sealed=site.desk.seal(found.session, shown))
    several = sum(line.may_stop for line in lines) > 1
    return show(site.config, "list.html", site.now(), look=seen, lines=lines, several=several)


def _ask(site: Site, found: Look, which: str, kind: str, fault: str = "", status: int = 200) -> HTMLResponse:
    named = {"look": found, "which": which, "kind": kind, "questions": rules.QUESTIONS, "fault": fault}
    return show(site.config, "ask.html", site.now(), status, **named)


def _chosen(site: Site, found: Look, form: Sent) -> tuple[str, Sequence[Shared]]:
    """What she means, of what this session was shown. Raises NoForm."""
    which = text_of(form, "which")
    chosen = rules.chosen(shown_of(site.desk, found), which)
    if not chosen:
        raise NoForm
    return which, chosen


def _kind(site: Site, which: str, chosen: Sequence[Shared]) -> str:
    """What the one is that she means; empty where she means all."""
    if which == "all":
        return ""
    return site.kind(chosen[0].recipient)
