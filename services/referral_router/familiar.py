"""Whether all that a letter names is known here, or the log must be read on before anything is decided."""

from referral_router.letters import LISTED, Letter
from referral_router.records import Records
from referral_router.referral import Programmes


def programmes_known(letter: Letter, programmes: Programmes) -> bool:
    """Whether the directory as read so far explains both programmes."""
    named = letter.routing.get
    return letter.kind not in LISTED or (
        programmes.participant_of(named("programme_from", "")) == letter.participant
        and programmes.participant_of(named("programme_to", "")) is not None
    )


def consents_known(letter: Letter, records: Records) -> bool:
    """Whether the consents as read so far explain the referral, its parties and the consents named.

    A stranger's letter is as unfamiliar as one about no referral at all: both take the same way, and the
    same time.
    """
    if letter.fault or not letter.referral_id:
        return True
    referral = records.get(letter.referral_id)
    named = letter.routing.get
    if referral is None or not referral.concerns(named("programme_from", "")):
        return False
    return all(
        referral.consent(consent_id) is not None
        for consent_id in (named("consent_id"), named("return_consent_id"))
        if consent_id
    )
