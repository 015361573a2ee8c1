"""What the verbs that change how a participant takes part have in common."""

import argparse
from collections.abc import Callable, Iterable

from exchange_command import administration, doing, participant_rights
from exchange_command.administration import Leaf
from exchange_command.console import platform_here
from exchange_command.main import VERBS, Verbs
from exchange_command.participant_setup import Step
from exchange_command.standing_change import Change
from referral_exchange.administered import Action


def parser_of(verbs: Verbs, verb: str) -> argparse.ArgumentParser:
    """Adds `verb`, which takes the participant's id."""
    line = VERBS[verb]
    parser: argparse.ArgumentParser = verbs.add_parser(verb, help=line, description=line)
    parser.add_argument("participant")
    parser.add_argument("--json", action="store_true", help="print one object")
    return parser


def change(arguments: argparse.Namespace, action: Action, steps: Callable[[Change], Iterable[Step]]) -> int:
    """Tells the log what will be done, does it and shows it. Raises Problem."""
    platform = platform_here()
    leaf = Leaf(action, arguments.participant)
    participant_rights.require_not_expelled(platform.places, leaf.about)
    administration.write(platform.places, leaf)
    done = doing.do(steps(Change(platform, leaf.about)))
    return doing.show(leaf, done, as_json=arguments.json)
