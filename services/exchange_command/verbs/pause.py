"""`exchange pause`: nothing new goes to a participant or comes from it, until it is resumed."""

import argparse

from exchange_command import doing, participant_rights
from exchange_command.administration import Leaf
from exchange_command.console import platform_here
from exchange_command.main import VERBS, Verbs
from exchange_command.standing_change import Change


def add_parser(verbs: Verbs) -> argparse.ArgumentParser:
    """See `main.Verb`."""
    line = VERBS["pause"]
    parser: argparse.ArgumentParser = verbs.add_parser("pause", help=line, description=line)
    parser.add_argument("participant")
    parser.add_argument("--json", action="store_true", help="print one object")
    return parser


def run(arguments: argparse.Namespace) -> int:
    """See `main.Verb`."""
    platform = platform_here()
    leaf = Leaf("pause", arguments.participant)
    participant_rights.require_not_expelled(platform.places, leaf.about)
    doing.recorded(platform.places, leaf)
    done = doing.do(Change(platform, leaf.about).pause())
    return doing.show(leaf, done, as_json=arguments.json)
