"""Turns a template into an answer. Templates get words, kinds and times; no name and no place."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from referral_exchange import ids
from referral_exchange.pages.catalogues import texts
from referral_exchange.pages.language import OWN_NAMES, spoken
from referral_exchange.pages.words import day, fill, moment
from survivor_page.config import PageConfig

_PACKAGE = "survivor_page"
_TEMPLATES = Path(__file__).resolve().parents[1] / "templates"


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"fill": fill, "shown": lambda code: code.replace("_", "-")}
    made.globals |= {"tongues": OWN_NAMES}
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
