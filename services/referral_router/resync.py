"""What an edge that lost its disk has to be sent again. Pure."""

from referral_router.referral import COMMITTED, TERMINAL, Programmes, Referral, Verdict


def concerns(referral: Referral, asker: str, since: int, programmes: Programmes) -> bool:
    """Whether `asker` has something left to do there, and something changed from `since` on (ms)."""
    if referral.programme_from is None or referral.updated_at < since:
        return False
    # A referral that was taken back is over, and still its recipient has to say what became of the data.
    waits = referral.state not in TERMINAL or referral.sub_state == "cancel_requested"
    return waits and asker in _sides(referral, programmes)


def taken(referral: Referral) -> list[Verdict]:
    """The events that were taken, in their order: the asker's own too, which it has lost with the rest."""
    return [verdict for verdict in referral.verdicts if verdict.code == COMMITTED]


def ended_for(referral: Referral) -> list[int]:
    """Where in `consents` the ends of its consents stand."""
    return sorted(c.ended_offset for c in referral.consents if c.ended_offset is not None)


def programme_of(participant: str, referral: Referral, programmes: Programmes) -> str | None:
    """The party of `referral` that `participant` runs; None where it runs neither any more."""
    parties = (referral.programme_from or "", referral.programme_to or "")
    return next((p for p in parties if programmes.participant_of(p) == participant), None)


def _sides(referral: Referral, programmes: Programmes) -> set[str | None]:
    parties = (referral.programme_from or "", referral.programme_to or "")
    return {programmes.participant_of(programme) for programme in parties}
