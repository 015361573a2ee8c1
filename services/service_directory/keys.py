"""Whether a programme's old key vouches for its new ones."""

from collections.abc import Iterable, Mapping

from referral_exchange.events import ProgrammeListed
from referral_exchange.signing import key_endorsement_bytes, verifies


def endorsed(programme: ProgrammeListed, held: ProgrammeListed) -> bool:
    """Whether the key listed so far signed the new ones."""
    if programme.previous_key_id != held.key_id or programme.previous_key_signature is None:
        return False
    covered = key_endorsement_bytes(
        programme.programme_id, programme.signing_key, programme.sealing_key, programme.key_id
    )
    return verifies(held.signing_key, programme.previous_key_signature, covered)


def all_endorsed(
    programmes: Iterable[ProgrammeListed], listed: Mapping[str, ProgrammeListed]
) -> frozenset[str]:
    """The programmes whose old key vouches for the new ones."""
    held = ((programme, listed.get(programme.programme_id)) for programme in programmes)
    return frozenset(new.programme_id for new, old in held if old is not None and endorsed(new, old))
