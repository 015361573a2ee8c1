"""What the ledger's facts make of a referral: consents given, grounds recorded, either ended. Pure."""

from referral_router import clocks
from referral_router.referral import (
    GROUND,
    LEDGER,
    TERMINAL,
    Clock,
    Consent,
    Incoming,
    Referral,
    Standing,
    Verdict,
)

MOST_CONSENTS = 50
"""Consents a referral may hold, renewals included; one more is set aside for the operator."""

ENDINGS: dict[str, Standing] = {"ConsentWithdrawn": "withdrawn", "ConsentExpired": "expired"}
"""Fact by record name, and how the consent stands after it."""

GROUND_RECORDED = "GroundRecorded"

GIVEN = frozenset({"ConsentGiven", GROUND_RECORDED})
"""Facts that begin a consent. A ground is held like one, and known to be none."""


def fault(referral: Referral | None, fact: Incoming) -> str | None:
    """The quarantine code of a fact that cannot belong to `referral`; None where it can.

    The ledger is trusted with what is true, not with never having a bug.
    """
    if fact.kind not in GIVEN and fact.kind not in ENDINGS:
        return "event-not-allowed"
    if not fact.in_its_partition:
        return "wrong-partition"
    if referral is None or not referral.consents:
        return None
    if referral.parties() != {fact.programme_from, fact.programme_to}:
        return "other-parties"
    new = referral.consent(fact.consent_id) is None
    return "too-many-consents" if new and len(referral.consents) >= MOST_CONSENTS else None


def heard(referral: Referral | None, fact: Incoming, now: int, purge_ms: int) -> Referral:
    """The referral after a fact without fault. A fact heard again, or an old one, changes nothing.

    `purge_ms`: how long a recipient may take to say what became of what it had.
    """
    known = referral or Referral(fact.referral_id, updated_at=now)
    standing = ENDINGS.get(fact.kind, "live")
    held = known.consent(fact.consent_id)
    if held is not None and not _is_news(held.standing, standing):
        return known
    consent = Consent(
        fact.consent_id,
        fact.programme_from,
        fact.programme_to,
        held.ends_at if held else fact.ends_at,
        standing,
        None if standing == "live" else fact.offset,
    )
    changed = known._replace(
        consents=_with(known.consents, consent), verdicts=_verdicts(known, fact), updated_at=now
    )
    if standing == "live":
        return changed
    ended = _ended(changed, consent, now)
    return ended._replace(clocks=_clocks(ended, consent, fact.appended_at + purge_ms))


def _is_news(held: Standing, standing: Standing) -> bool:
    """A date may end a consent first; the person's word still counts after it, and asks for a purge."""
    return standing != "live" if held == "live" else (held, standing) == ("expired", "withdrawn")


def _clocks(referral: Referral, ended: Consent, purge_due: int) -> tuple[Clock, ...]:
    """A withdrawal waits for its recipient's word, where there was something for it to receive."""
    opened = referral.programme_from is not None and ended.programme_from == referral.programme_from
    if ended.standing != "withdrawn" or not opened:
        return referral.clocks
    return clocks.purge_asked(referral.clocks, purge_due)


def _with(consents: tuple[Consent, ...], new: Consent) -> tuple[Consent, ...]:
    if all(held.consent_id != new.consent_id for held in consents):
        return (*consents, new)
    return tuple(new if held.consent_id == new.consent_id else held for held in consents)


def _verdicts(known: Referral, fact: Incoming) -> tuple[Verdict, ...]:
    if fact.kind != GROUND_RECORDED:
        return known.verdicts
    return (*known.verdicts, Verdict(LEDGER, fact.consent_id, fact.offset, GROUND, fact.fingerprint))


def _ended(referral: Referral, ended: Consent, now: int) -> Referral:
    """An open referral closes when either direction loses its last consent."""
    if any(c.standing == "live" and c.programme_from == ended.programme_from for c in referral.consents):
        return referral
    if referral.state == "cancelled" and referral.sub_state is None and ended.standing == "withdrawn":
        # Cancelled by its sender before: from now on there is a purge to wait for.
        return referral._replace(sub_state="cancel_requested")
    if referral.state in TERMINAL:
        return referral
    return referral._replace(
        state="cancelled",
        sub_state="cancel_requested",
        clocks=clocks.answered(referral.clocks),
        closed_at=now,
    )
