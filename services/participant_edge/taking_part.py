"""Whether a participant takes part: asked before anything is sealed, and before a repeat leaves."""

from participant_edge.errors import OutcomeUnknown, Refused
from participant_edge.means import Means
from referral_exchange.refusals import NOT_TAKING_PART, sentence

_PAUSED = "paused"


class Paused(Refused):
    """Refused only for as long as a pause lasts. What the edge has to say by itself waits for its end."""


def require(means: Means, *programmes: str) -> None:
    """Returns where all of them take part. Raises Refused, as Paused where one is only paused.

    The directory is read to its end before anyone is refused: somebody may just have been resumed. Raises
    OutcomeUnknown where it cannot be read.
    """
    if away := _away(means, programmes):
        means.keys.refresh()
        away = _away(means, programmes)
    if away:
        refused = Paused if away == {_PAUSED} else Refused
        raise refused(NOT_TAKING_PART, sentence(NOT_TAKING_PART))


def require_or_wait(means: Means, *programmes: str) -> None:
    """As `require`, for what is stored already and perhaps stands in the log: a pause is waited for.

    Raises OutcomeUnknown meanwhile, and Refused where one was expelled.
    """
    try:
        require(means, *programmes)
    except Paused:
        raise OutcomeUnknown("one side is paused; it is sent once the pause is over") from None


def _away(means: Means, programmes: tuple[str, ...]) -> set[str]:
    """Standings of those that do not take part. Who is not listed is for others to judge."""
    directory = means.keys.directory
    listed = (programme for programme in programmes if programme in directory.programmes)
    return {directory.standing_of(p) for p in listed if not directory.takes_part(p)}
