"""A consent that nobody gave, judged where there is none: what does not exist takes as long as what hides.

Who may not open under 8 USC 1367 is answered as if nothing existed, after the rules were asked; so they are
asked as well where nothing exists.
"""

from consent_ledger import rules
from consent_ledger.records import Consent, from_ms
from consent_ledger.rules import Listed, LockToOpen
from referral_exchange.policy import Question

_NOBODY = "nobody"
_LONG_AGO = from_ms(0)


def question_about_nothing(asked: LockToOpen, asker: str, listed: Listed) -> Question:
    """A question to the rules that is as long as a real one; its answer is of no account."""
    consent = Consent(
        consent_id=asked.consent_id,
        partner_id=asked.consent_id,
        referral_id=asked.referral_id,
        discloser=_NOBODY,
        recipient=asker,
        returns=False,
        subject_token=None,
        purpose="services",
        data_classes=frozenset({"immigration", "needs"}),
        funding_streams=frozenset({"section_1367"}),
        signer="self",
        signer_is_abuser=False,
        subject_is_minor=False,
        minor_may_sign_alone=False,
        minor_signed=False,
        services_conditioned=False,
        form_commitment=b"\0" * 32,
        language="",
        explained_at=_LONG_AGO,
        signed_at=_LONG_AGO,
        ends_at=_LONG_AGO,
        given_at=_LONG_AGO,
    )
    return rules.open_question(consent, asked, "immigration", asker, _LONG_AGO, listed)
