"""What a page says when the edge could not do what was asked."""

from dataclasses import dataclass

from ngo_bridge.errors import problem_of
from ngo_bridge.pages.words import of_refusal, of_rule, words
from ngo_bridge.store import KeyReused
from participant_edge.errors import CommandReused, EdgeError, OutcomeUnknown, Refused, TooLarge, UnknownThing


@dataclass(frozen=True, slots=True)
class Told:
    """`again`: press the button once more, with the same key. `law`: a section, or empty."""

    title: str
    body: str
    status: int
    law: str = ""
    again: bool = False


def told_about(error: EdgeError | KeyReused) -> Told:
    """The plain words for `error`."""
    status = problem_of(error).status
    match error:
        case OutcomeUnknown():
            return _told("outcome-unknown", status, again=True)
        case CommandReused() | KeyReused():
            return _told("key-reused", status)
        case TooLarge():
            return _told("too-large", status)
        case UnknownThing() | Refused(code="unknown"):
            return _told("unknown", status)
        case Refused(rule=None):
            return Told(_title("denied"), of_refusal(error.code), status)
        case Refused():
            return Told(_title("denied"), of_rule(error.rule), status, error.law or "")
        case _:
            return _told("other", status)


def _title(code: str) -> str:
    return str(words()["problems"][code]["title"])


def _told(code: str, status: int, *, again: bool = False) -> Told:
    said = words()["problems"][code]
    return Told(said["title"], said["body"], status, again=again)
