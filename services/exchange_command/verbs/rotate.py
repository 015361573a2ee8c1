"""`exchange rotate`: a new certificate for a participant, which whatever runs takes without a stop."""

import argparse
from pathlib import Path

from exchange_command import administration, doing, participant_rights
from exchange_command.administration import Leaf
from exchange_command.certificate_change import Renewal
from exchange_command.console import platform_here
from exchange_command.main import Verbs
from exchange_command.participant_verb import parser_of
from exchange_command.problem import Problem


def add_parser(verbs: Verbs) -> argparse.ArgumentParser:
    """See `main.Verb`."""
    parser = parser_of(verbs, "rotate")
    own = "of another authority, with --key; else the development authority issues one"
    parser.add_argument("--certificate", type=Path, metavar="PEM", help=own)
    parser.add_argument("--key", type=Path, metavar="PEM", help="private key of --certificate")
    return parser


def run(arguments: argparse.Namespace) -> int:
    """See `main.Verb`."""
    if (arguments.certificate is None) != (arguments.key is None):
        raise Problem("name both --certificate and --key, or neither")
    places = platform_here().places
    leaf = Leaf("rotate", arguments.participant)
    participant_rights.require_not_expelled(places, leaf.about)
    given = (arguments.certificate, arguments.key) if arguments.certificate else None
    renewal = Renewal(places, leaf.about, given)
    renewal.require_usable()
    administration.write(places, leaf)
    done = doing.do([("certificate", renewal.put)])
    return doing.show(leaf, done, as_json=arguments.json)
