"""Turns a template into an answer. Templates get words, kinds and times; no name and no place."""

from datetime import UTC, datetime
from typing import Any

from jinja2 import Environment
from starlette.responses import HTMLResponse

from referral_exchange import ids
from referral_exchange.pages import templating
from referral_exchange.pages.catalogues import texts
from referral_exchange.pages.language import spoken
from referral_exchange.pages.words import day, moment
from referral_exchange.vocabulary import as_shown
from survivor_page.config import PageConfig

_PACKAGE = "survivor_page"


def _environment() -> Environment:
    made = templating.environment(_PACKAGE)
    made.filters["shown"] = as_shown
    return made


_environment_of_pages = _environment()


def show(config: PageConfig, template: str, now: datetime, status: int = 200, **context: Any) -> HTMLResponse:
    """The page `template` in the language of the request."""
    named = {"look": None, "fault": "", **context}
    html = _environment_of_pages.get_template(template).render(
        t=texts(_PACKAGE, spoken()),
        help=config.help_lines,
        leave_to=config.leave_to,
        key=ids.fresh(),
        when=lambda at: moment(_local(at, config), _local(now, config).date()),
        day=lambda at: day(_local(at, config)),
        **named,
    )
    return HTMLResponse(html, status)


def now() -> datetime:
    """For pages that no clock of ours stands behind: those of errors."""
    return datetime.now(UTC)


def _local(at: datetime, config: PageConfig) -> datetime:
    return at.astimezone(config.timezone)
