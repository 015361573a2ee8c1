"""`exchange resume`: a paused participant takes part again."""

import argparse

from exchange_command.main import Verbs
from exchange_command.participant_verb import change, parser_of
from exchange_command.standing_change import Change


def add_parser(verbs: Verbs) -> argparse.ArgumentParser:
    """See `main.Verb`."""
    return parser_of(verbs, "resume")


def run(arguments: argparse.Namespace) -> int:
    """See `main.Verb`."""
    return change(arguments, "resume", Change.resume)
