"""`exchange pause`: nothing new goes to a participant or comes from it, until it is resumed."""

import argparse

from exchange_command.main import Verbs
from exchange_command.participant_verb import change, parser_of
from exchange_command.standing_change import Change


def add_parser(verbs: Verbs) -> argparse.ArgumentParser:
    """See `main.Verb`."""
    return parser_of(verbs, "pause")


def run(arguments: argparse.Namespace) -> int:
    """See `main.Verb`."""
    return change(arguments, "pause", Change.pause)
