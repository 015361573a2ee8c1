"""`exchange VERB`: finds the verb's module, which is loaded only when it is asked for."""

import argparse
import importlib
import resource
import sys
from collections.abc import Sequence
from typing import Any, Protocol

from exchange_command.problem import Problem
from referral_exchange.oversight.trouble import LookFailed
from referral_exchange.registry import RegistryRefused

Verbs = Any
"""What `ArgumentParser.add_subparsers` returns; argparse names no public type for it."""

VERBS = {
    "up": "bring up what does not run yet, and wait until it is ready",
    "down": "stop what was started here",
    "status": "show which processes run and which are ready",
    "sign-in": "show how to sign in at a bridge of the demonstration, with the code of now",
    "demo": "one night on the exchange, live in five columns",
    "doctor": "check everything and say how to mend what fails",
    "enrol": "give a participant all it needs to take part: certificate, keys, topics, rights, listing",
    "pause": "let nothing new go to a participant or come from it, until it is resumed",
    "resume": "let a paused participant take part again",
    "expel": "end a participant's access and its consents, for good",
    "rotate": "give a participant a new certificate, which it takes without a stop",
    "host": "run the bridges of a coalition on this machine, each walled off from the others",
    "export": "write all that a participant needs to leave into one file of open formats",
    "directory": "import, export and search the service directory; enrol a participant",
    "journey": "show every step of one referral, with its traces",
    "tail": "follow topics live: routing fields, sealed parts as sizes",
    "lag": "show how far each reader is behind, and since when",
    "capacity": "show which programmes have room, as of when",
    "explain": "say what the rules of confidentiality answer to a question, and what they cite",
    "evidence": "write the log of what was disclosed to a file that a stranger can verify, or its checkpoint",
    "held": "show exactly what the exchange holds of a participant, for a legal demand, and what it does not",
    "quarantine": "list, explain, replay or drop what could not be read",
}
"""One line of help by verb; the module is `exchange_command.verbs.<verb>`, with `_` for `-`."""


class Verb(Protocol):
    """What a verb's module holds."""

    def add_parser(self, verbs: Verbs) -> argparse.ArgumentParser:
        """Adds the verb with what it takes."""

    def run(self, arguments: argparse.Namespace) -> int:
        """Does it; returns the exit code."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the verb that `argv` names; returns its exit code."""
    # What this starts leaves no image of its memory behind either, brokers and their likes included.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    given = list(sys.argv[1:] if argv is None else argv)
    chosen = next((word for word in given if not word.startswith("-")), None)
    parser = argparse.ArgumentParser(prog="exchange", description=__doc__)
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    for name, line in VERBS.items():
        if name == chosen:
            module = _load(name)
            module.add_parser(verbs).set_defaults(run=module.run)
        else:
            verbs.add_parser(name, help=line)
    arguments = parser.parse_args(given)
    try:
        return int(arguments.run(arguments))
    except (Problem, LookFailed, RegistryRefused) as problem:
        print(f"exchange {chosen}: {problem}", file=sys.stderr)
    except PermissionError as refused:
        print(
            f"exchange {chosen}: {refused.filename} is not yours to write; choose another with EXCHANGE_HOME",
            file=sys.stderr,
        )
    except KeyboardInterrupt:
        print(f"exchange {chosen}: interrupted", file=sys.stderr)
    return 1


def _load(verb: str) -> Verb:
    module: Any = importlib.import_module(f"exchange_command.verbs.{verb.replace('-', '_')}")
    found: Verb = module
    return found


if __name__ == "__main__":
    sys.exit(main())
