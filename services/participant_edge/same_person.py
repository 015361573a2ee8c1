"""Which referrals concern one person, as far as the programme that sent them knows."""

from participant_edge import asking, consent_rows, outgoing
from participant_edge.consent_rows import Consent
from participant_edge.means import Means


def same_person(means: Means, referral_id: str) -> tuple[str, ...]:
    """Referrals under live consents of the same person, given by the same programme, itself first.

    Itself alone where its own consent has ended: what was remembered of the person went with it.
    """
    outgoing.need_view(means, referral_id)
    with means.store.read() as connection:
        own = consent_rows.find(connection, referral_id)
        token = _token(means, own) if own else None
        if own is None or token is None:
            return (referral_id,)
        ids = consent_rows.live_of(connection, own.discloser)
        live = [found for each in ids if (found := consent_rows.find(connection, each))]
    others = (each.referral_id for each in live if _token(means, each) == token)
    return (referral_id, *(each for each in others if each != referral_id))


def _token(means: Means, consent: Consent) -> str | None:
    """None for a ground, and once the memory is gone."""
    if consent.memory is None:
        return None
    token: str | None = asking.to_facts(means.memory.reveal(consent.memory, consent.consent_id)).get(
        "subject_token"
    )
    return token
