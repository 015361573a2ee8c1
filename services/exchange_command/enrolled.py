"""Who was enrolled here beside the network file, and who was expelled: a file each in the home."""

import re
import tomllib
from dataclasses import replace
from pathlib import Path

from exchange_command.network import Network, NetworkUnreadable, Participant, load_network, participant_of
from exchange_command.places import Places
from referral_exchange import whole_files

_FILE = re.compile(r"(\d{4})\.([a-z][a-z0-9_-]{1,62})\.toml")


def network_of(places: Places) -> Network:
    """The network file, and behind it whoever was enrolled since, in that order: ports go by it.

    Raises NetworkUnreadable.
    """
    told = load_network().participants
    known = {participant.id for participant in told}
    since = [_read(path) for path in _kept(places).values()]
    every = (*told, *(participant for participant in since if participant.id not in known))
    return Network(tuple(replace(each, expelled=_mark(places, each.id).exists()) for each in every))


def keep(places: Places, participant_id: str, described: bytes) -> None:
    """Keeps the file that describes it, so that `exchange up` knows it too."""
    kept = _kept(places)
    number = 1 + max((int(path.name[:4]) for path in kept.values()), default=0)
    path = kept.get(participant_id, _folder(places) / f"{number:04}.{participant_id}.toml")
    whole_files.put(path, described)


def mark_expelled(places: Places, participant_id: str) -> None:
    """Nothing of it is started here any more."""
    whole_files.put(_mark(places, participant_id), b"")


def unmark(places: Places, participant_id: str) -> None:
    """It was enrolled again."""
    _mark(places, participant_id).unlink(missing_ok=True)


def _folder(places: Places) -> Path:
    return places.home / "participants"


def _mark(places: Places, participant_id: str) -> Path:
    return _folder(places) / f"{participant_id}.expelled"


def _kept(places: Places) -> dict[str, Path]:
    """Files by participant, in the order of their enrolment."""
    named = ((_FILE.fullmatch(path.name), path) for path in sorted(_folder(places).glob("*.toml")))
    return {found[2]: path for found, path in named if found}


def _read(path: Path) -> Participant:
    try:
        return participant_of(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise NetworkUnreadable(f"{path.name}: {error}") from None
    except (KeyError, TypeError) as error:
        raise NetworkUnreadable(f"{path.name}: {error} is missing or unknown") from None
