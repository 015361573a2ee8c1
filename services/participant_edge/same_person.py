"""What one person has here, as far as the programme that sent it knows; and a code for her own page."""

from participant_edge import asking, consent_rows, outgoing
from participant_edge.consent_rows import Consent
from participant_edge.errors import Refused
from participant_edge.means import Means
from participant_edge.views import SurvivorCode
from referral_exchange import ids, tracing


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


def survivor_code(means: Means, referral_id: str, command_id: str) -> SurvivorCode:
    """See `Edge.survivor_code`. Asked of the ledger each time, and stored nowhere."""
    view = outgoing.need_view(means, referral_id)
    if view.direction != "sent" or view.programme_from not in means.own.programmes:
        raise Refused("unknown", "a code is made where the person agreed; ask who sent this referral")
    with tracing.stretch("issue", "client", referral_id=referral_id) as stretch:
        asked = ids.derived(command_id, "survivor code", referral_id)
        signer = means.own.signer(view.programme_from)
        return means.ledger.survivor_code(signer, view.consent_id, asked, stretch.traceparent)


def _token(means: Means, consent: Consent) -> str | None:
    """None for a ground, and once the memory is gone."""
    if consent.memory is None:
        return None
    token: str | None = asking.to_facts(means.memory.reveal(consent.memory, consent.consent_id)).get(
        "subject_token"
    )
    return token
