"""`exchange enrol`: everything a participant needs to take part, in one step that may be repeated."""

import argparse
from pathlib import Path

from exchange_command import administration, doing, wishes
from exchange_command.administration import Leaf
from exchange_command.console import platform_here
from exchange_command.main import VERBS, Verbs
from exchange_command.network import load_network
from exchange_command.participant_setup import Setup
from exchange_command.problem import Problem
from exchange_command.wishes import Wish


def add_parser(verbs: Verbs) -> argparse.ArgumentParser:
    """See `main.Verb`."""
    line = VERBS["enrol"]
    parser: argparse.ArgumentParser = verbs.add_parser("enrol", help=line, description=line)
    who = "TOML file of the participant; with --from network an id in it, or nothing for all"
    parser.add_argument("participant", nargs="?", metavar="PARTICIPANT", help=who)
    parser.add_argument("--from", dest="source", choices=["network"], help="enrol from the network file")
    given = "its certificate from another authority; else the development authority issues one"
    parser.add_argument("--certificate", type=Path, metavar="PEM", help=given)
    parser.add_argument("--json", action="store_true", help="print one object a participant")
    return parser


def run(arguments: argparse.Namespace) -> int:
    """See `main.Verb`."""
    chosen = _wishes(arguments)
    if arguments.certificate is not None and len(chosen) != 1:
        raise Problem("--certificate is one participant's; name which")
    return max(_enrol(wish, arguments) for wish in chosen)


def _wishes(arguments: argparse.Namespace) -> list[Wish]:
    if arguments.source == "network":
        return wishes.from_network(load_network(), arguments.participant)
    if arguments.participant is None:
        raise Problem("name the TOML file of a participant, or --from network")
    return [wishes.from_file(Path(arguments.participant))]


def _enrol(wish: Wish, arguments: argparse.Namespace) -> int:
    places = platform_here().places
    setup = Setup(places, wish, arguments.certificate)
    setup.require_usable()
    leaf = Leaf("enrol", setup.id)
    administration.write(places, leaf)
    done = doing.do(setup.steps())
    if not arguments.json and wish.participant.has_bridge:
        print(f"`exchange up` starts its bridge where it does not run yet: ngo_bridge.{setup.id}")
    return doing.show(leaf, done, as_json=arguments.json)
