"""`exchange expel`: ends a participant's access for good, and has its consents end."""

import argparse
import sys

from exchange_command import doing, participant_rights, probes
from exchange_command.administration import Leaf
from exchange_command.authority import ADMINISTRATOR
from exchange_command.console import platform_here
from exchange_command.main import Verbs
from exchange_command.participant_verb import parser_of
from exchange_command.places import Places
from exchange_command.problem import Problem
from exchange_command.standing_change import Change


class NotConfirmed(Problem):
    """Nobody typed the participant's id."""


def add_parser(verbs: Verbs) -> argparse.ArgumentParser:
    """See `main.Verb`."""
    parser = parser_of(verbs, "expel")
    parser.add_argument("--yes", action="store_true", help="do not ask for the id to be typed")
    return parser


def run(arguments: argparse.Namespace) -> int:
    """See `main.Verb`. Whatever fails keeps nothing else from being done."""
    platform = platform_here()
    leaf = Leaf("expel", arguments.participant)
    _require_listed(platform.places, leaf.about)
    if not arguments.yes:
        _require_typed(leaf.about)
    written = doing.recorded_at_best(platform.places, leaf)
    done = doing.do_all(Change(platform, leaf.about).expel())
    return doing.show(leaf, done, as_json=arguments.json, leaf_written=written)


def _require_listed(places: Places, participant: str) -> None:
    """A slip of the pen is caught, unless the broker is away: then each step says so by itself."""
    if probes.broker_serves(places.kafka(ADMINISTRATOR)):
        participant_rights.standing_of(places, participant)


def _require_typed(participant: str) -> None:
    asked = f"This ends {participant}'s access and all its consents, for good. Type its id to go on: "
    try:
        typed = input(asked) if sys.stdin.isatty() else ""
    except EOFError:
        typed = ""
    if typed.strip() != participant:
        raise NotConfirmed("not expelled: the id was not typed; --yes goes on without it")
