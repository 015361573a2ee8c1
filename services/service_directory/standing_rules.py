"""How a participant stands: who may be paused, resumed or expelled, and who may come back. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal

from referral_exchange.directory import Directory
from referral_exchange.events.directory import ParticipantListed, ProgrammeListed
from service_directory.rules import Fault

Wanted = Literal["enrolled", "paused", "expelled"]
"""What a participant's standing may be set to. `expelled` is for good: it comes back with new keys only."""

_OWN = "exchange_service"


def standing_fault(held: ParticipantListed, wanted: Wanted) -> Fault | None:
    """Why `held` may not stand as `wanted`; None where it may."""
    if held.kind == _OWN:
        return Fault("", "standing", "own-service", "stop a service of the exchange; it has no standing")
    if held.standing == "expelled" and wanted != "expelled":
        mend = "it was expelled for good; enrol it again, with new keys for every programme"
        return Fault("", "standing", "expelled", mend)
    return None


def kept(participant: ParticipantListed, directory: Directory) -> ParticipantListed:
    """`participant` as enrolment lists it: who is paused stays so, and who was expelled begins anew."""
    held = directory.participants.get(participant.participant_id)
    paused = held is not None and held.standing == "paused"
    return replace(participant, standing="paused" if paused else "enrolled")


def return_faults(
    participant: ParticipantListed,
    programmes: Sequence[ProgrammeListed],
    directory: Directory,
    confirmed: frozenset[str],
) -> list[Fault]:
    """What keeps an expelled participant from being enrolled again; none for one that never was.

    Every programme it had needs new keys, for which a person vouches (`confirmed`): the old ones are no
    witness any more. Nor is a service of the exchange enrolled as somebody's.
    """
    held = directory.participants.get(participant.participant_id)
    if held is not None and held.kind == _OWN:
        return [Fault("", "participant_id", "own-service", "choose another id: that is the exchange itself")]
    if held is None or held.standing != "expelled":
        return []
    mine = [p for p in directory.programmes.values() if p.participant_id == participant.participant_id]
    given = {programme.programme_id: programme for programme in programmes}
    return [fault for old in mine for fault in _not_anew(given.get(old.programme_id), old, confirmed)]


def _not_anew(
    new: ProgrammeListed | None, old: ProgrammeListed, confirmed: frozenset[str]
) -> Iterator[Fault]:
    name = old.programme_id
    if new is None:
        yield Fault(name, "programme_id", "expelled", "list every programme it had, each with new keys")
        return
    pairs = ((getattr(new, field), getattr(old, field)) for field in ("signing_key", "sealing_key", "key_id"))
    if any(one == other for one, other in pairs):
        yield Fault(name, "signing_key", "expelled", "make new keys under a new key id: the old are void")
    if new.previous_key_signature is not None or name not in confirmed:
        mend = "leave the old key's signature out and say that the key is lost: a person vouches for the new"
        yield Fault(name, "previous_key_signature", "expelled", mend)
