"""Who is to be enrolled: an entry of the network file, or a TOML file of a newcomer."""

import base64
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from exchange_command import authority, enrolment_file
from exchange_command.enrolment_file import EnrolmentUnreadable
from exchange_command.network import Network, NetworkUnreadable, Participant, Programme, participant_of
from exchange_command.problem import Problem
from exchange_command.quotas import Quota
from referral_exchange import signing
from referral_exchange.contract_docs import rights
from referral_exchange.topics import committed_topics


class NobodyToEnrol(Problem):
    """The network file has no such participant, or one that cannot be enrolled."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A participant to enrol. `told`: as its own file describes it; None for one of the network file."""

    participant: Participant
    quota: Quota | None = None
    told: bytes | None = None
    listed: Mapping[str, Any] | None = None
    """As the directory takes it, where the file brings public keys; None: the keys are made here."""


def from_network(network: Network, participant_id: str | None) -> list[Wish]:
    """The participant of that id, or all of them (None). Raises NobodyToEnrol."""
    enrollable = [each for each in network.here if not each.own]
    chosen = [each for each in enrollable if participant_id in (None, each.id)]
    if not chosen:
        named = ", ".join(each.id for each in enrollable)
        raise NobodyToEnrol(f"{participant_id!r} is not in the network file; choose among {named}")
    return [Wish(each) for each in chosen]


def from_file(path: Path) -> Wish:
    """The participant that a TOML file describes.

    An entry of a network file. Where its programmes also name `key_id` and the PEM files of their public
    keys, `signing_key` and `sealing_key`, it keeps its private keys itself; else they are made here. A table
    `[quota]` may set another share of the broker. Raises EnrolmentUnreadable, NetworkUnreadable, NameTaken.
    """
    try:
        text = path.read_bytes()
        told = tomllib.loads(text.decode("utf-8"))
        participant = participant_of(told)
        _refuse_own(participant)
        listed = enrolment_file.load(path) if participant.remote else None
        return Wish(participant, _quota(path, told.get("quota")), text, listed)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise EnrolmentUnreadable(f"{path.name}: {error}") from None
    except (KeyError, TypeError) as error:
        raise NetworkUnreadable(f"{path.name}: {error} is missing or unknown") from None


def listing(wish: Wish, keys: Path) -> Mapping[str, Any]:
    """The wish as the directory takes it; `keys`: the folder of the keys made here. Raises KeyUnusable."""
    who = wish.participant
    if wish.listed is not None:
        return wish.listed
    programmes = [_programme(each, keys) for each in who.programmes]
    return {"participant_id": who.id, "name": who.name, "kind": who.kind, "programmes": programmes}


def _refuse_own(participant: Participant) -> None:
    """Its certificate would make it somebody else, with their rights."""
    authority.refuse_taken(participant.id)
    if participant.own or participant.id in rights.services(committed_topics()):
        raise EnrolmentUnreadable(f"{participant.id!r} is a service of the exchange, and no participant")


def _programme(programme: Programme, keys: Path) -> dict[str, Any]:
    signer = signing.load_signer(keys, programme.id)
    sealing = signing.load_sealing_key(keys, programme.id).public_key().public_bytes_raw()
    told = {each.name: getattr(programme, each.name) for each in fields(Programme)}
    return {
        "programme_id": told.pop("id"),
        **told,
        "signing_key": base64.b64encode(signer.public).decode(),
        "sealing_key": base64.b64encode(sealing).decode(),
        "key_id": signer.key_id,
    }


def _quota(path: Path, told: Mapping[str, Any] | None) -> Quota | None:
    if told is None:
        return None
    numbers = all(isinstance(v, int | float) and not isinstance(v, bool) and v > 0 for v in told.values())
    if set(told) - {each.name for each in fields(Quota)} or not numbers:
        known = ", ".join(each.name for each in fields(Quota))
        raise EnrolmentUnreadable(f"{path.name}: [quota] takes {known}, each a number above 0")
    return Quota(**told)
