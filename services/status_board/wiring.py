"""Puts the console together from its settings."""

import time
from datetime import timedelta
from pathlib import Path

from referral_exchange.oversight.source import Source
from referral_exchange.pages.help_lines import HelpLines
from referral_exchange.settings import Settings, SettingsError
from referral_exchange.tracing import TraceSearch
from status_board import replaying
from status_board.console_key import ConsoleKey, FormGuard
from status_board.contact import Contact
from status_board.health import Watched
from status_board.site import RECEIVED_WITHIN, Site
from status_board.store import Board
from status_board.watch import Watch

GROUP = "status_board.console"
"""Named where the console looks beside its table; nothing is committed to it."""


def site(settings: Settings, board: Board, contact: Contact) -> Site:
    """What the pages need. Raises SettingsError; connects nothing yet."""
    told = settings.service
    source = Source(settings.kafka, settings.registry_url, "", settings.tls, GROUP)
    within = told.get("received_within_s", RECEIVED_WITHIN.total_seconds())
    return Site(
        board=board,
        contact=contact,
        watch=Watch(source, [Watched.of(each) for each in told.get("watched", [])]),
        traces=_traces(settings),
        hosts=frozenset({host(settings), *told.get("names", ["localhost"])}),
        key=ConsoleKey(Path(told["console_key"]) if told.get("console_key") else None, time.monotonic),
        guard=FormGuard(time.monotonic),
        replaying=replaying.through(source),
        help_lines=HelpLines.of(told.get("help", {})),
        within=timedelta(seconds=within),
    )


def host(settings: Settings) -> str:
    """Where it listens."""
    return str(settings.service.get("host", "127.0.0.1"))


def _traces(settings: Settings) -> TraceSearch:
    told = settings.service
    page, one = str(told.get("trace_page", "")), str(told.get("trace_of_step", ""))
    try:
        return TraceSearch.of(page, one, str(told.get("trace_kind", "zipkin")))
    except KeyError:
        raise SettingsError("[service] trace_kind is zipkin, jaeger or tempo") from None
