"""`exchange journey ID`: every step of one referral, when, and the trace of each."""

import argparse
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from rich.console import Console
from rich.markup import escape

from exchange_command.main import VERBS, Verbs
from exchange_command.oversight import journey, source
from exchange_command.oversight.journey import Journey, Links
from referral_exchange.oversight.words import age, moment
from referral_exchange.vocabulary import as_shown


def add_parser(verbs: Verbs) -> argparse.ArgumentParser:
    """See `main.Verb`."""
    line = VERBS["journey"]
    parser: argparse.ArgumentParser = verbs.add_parser("journey", help=line, description=line)
    parser.add_argument("referral", metavar="ID", help="referral id")
    parser.add_argument("--json", action="store_true", help="print one object instead of a table")
    source.add_argument(parser)
    return parser


def run(arguments: argparse.Namespace) -> int:
    """See `main.Verb`."""
    referral_id = journey.read_id(arguments.referral)
    with source.opened(arguments) as exchange:
        found = journey.find(exchange, referral_id, quiet=arguments.json)
    links, now = Links(exchange.trace_page), datetime.now(UTC)
    if arguments.json:
        print(json.dumps(journey.as_json(found, links, now)))
    else:
        _show(Console(highlight=False, soft_wrap=True), found, links, now)
    return 0


def _show(console: Console, found: Journey, links: Links, now: datetime) -> None:
    told = found.record or found.steps[-1]
    console.print(f"[bold]{found.referral_id}[/]  {_state(told.state, told.sub_state)}  {told.urgency}")
    console.print(escape(f"{told.programme_from or 'not offered yet'} -> {told.programme_to or ''}"))
    for consent in found.record.consents if found.record else ():
        ends = f", ends {moment(consent.ends_at)}" if consent.ends_at else ""
        parties = escape(f"{consent.programme_from} -> {consent.programme_to}")
        console.print(f"  consent {consent.consent_id}  {parties}  {consent.standing}{ends}")
    for clock in found.record.clocks if found.record else ():
        when = "elapsed" if clock.elapsed else f"due {moment(clock.due_at)}"
        console.print(f"  clock {clock.name}: {when}")
    for line in _steps(found, links):
        console.print(line)
    if address := links.of_all(found.referral_id, now):
        console.print(f"all traces: {escape(address)}")


def _steps(found: Journey, links: Links) -> Iterator[str]:
    for step, after in journey.with_times(found.steps):
        since = "" if after is None else f"+{age(timedelta(seconds=after))}"
        yield f"{moment(step.occurred_at)} {since:>8}  {step.step:<24} {_state(step.state, step.sub_state)}"
        # On a line of its own, so that it can be copied where a terminal knows no links.
        if trace := links.of_step(step):
            yield f"    [dim]{escape(trace)}[/]"


def _state(state: str, sub_state: str | None) -> str:
    return as_shown(state) + (f" ({as_shown(sub_state)})" if sub_state else "")
