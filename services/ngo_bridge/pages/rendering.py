"""Turns a template into an answer. Templates get words, names and times; never a code to show."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jinja2 import Environment
from starlette.responses import HTMLResponse, RedirectResponse

from ngo_bridge.config import BridgeConfig, HelpLines
from ngo_bridge.pages import code_labels, words
from ngo_bridge.pages.form import Form
from ngo_bridge.pages.told import Told
from ngo_bridge.pages.visitor import Visit, fresh_key
from referral_exchange.pages import templating
from referral_exchange.pages.words import language_name, moment
from referral_exchange.vocabulary import as_shown


def _environment() -> Environment:
    made = templating.environment("ngo_bridge")
    made.filters |= {
        "language_name": language_name,
        "shown": as_shown,
        "of_refusal": words.of_refusal,
    }
    made.globals |= {
        "listing": code_labels.listing,
        "spoken": code_labels.spoken,
        "opened_value": code_labels.opened_value,
        "of_step_in": code_labels.of_step_in,
        "of_news": code_labels.of_news,
        "part_label": code_labels.part_label,
        "of_reason": code_labels.of_reason,
    }
    return made


_environment_of_pages = _environment()


def page_text(template: str, help_lines: HelpLines, **context: Any) -> str:
    """A whole page as HTML."""
    return _environment_of_pages.get_template(template).render(t=words.words(), help=help_lines, **context)


@dataclass(frozen=True, slots=True, repr=False)
class Again:
    """A form to show again with what was typed. `key` None: it gets a new one."""

    form: Form
    key: str | None = None
    status: int = 422
    told: Told | None = None


def show(visit: Visit, template: str, again: Again | None = None, **context: Any) -> HTMLResponse:
    """The page `template`, with a fresh form or with one to mend."""
    bridge, now = visit.bridge, visit.bridge.clock()
    mending = again or Again(Form(), status=200)
    html = page_text(
        template,
        bridge.config.help_lines,
        guard=visit.token,
        who=visit.session,
        key=mending.key or fresh_key(),
        form=mending.form,
        told=mending.told,
        now=now,
        when=lambda at: _local(at, bridge.config, now),
        span=lambda since: words.span(since, now),
        **context,
    )
    answer = HTMLResponse(html, mending.status)
    if not visit.known:
        bridge.cookies.give_visit(answer, visit.cookie)
    return answer


def go_to(path: str) -> RedirectResponse:
    """Post, redirect, get: reloading the page that follows sends nothing again."""
    return RedirectResponse(path, 303)


def _local(at: datetime, config: BridgeConfig, now: datetime) -> str:
    """A time as people here write it; the day only where it is not today."""
    return moment(at.astimezone(config.timezone), now.astimezone(config.timezone).date())
