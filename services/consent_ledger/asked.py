"""A consent, or a ground, as the rules of confidentiality look at it. Pure."""

from consent_ledger.records import Consent, from_ms
from referral_exchange.policy import question as policy


def ground_as_a_rule_sees(consent: Consent) -> policy.Ground | None:
    """The ground; None where it is a consent."""
    if consent.ground is None:
        return None
    return policy.Ground(
        kind=consent.ground,
        referral_id=consent.referral_id,
        discloser=consent.discloser,
        recipient=consent.recipient,
        statute=consent.statute or "",
        jurisdiction=consent.jurisdiction or "",
        data_classes=consent.data_classes,
        standing=consent.standing,
        returns=consent.returns,
        ends_at=consent.ends_at,
        compelled_by=consent.compelled_by,
        notice_attempted=consent.notice_attempted,
    )


def as_a_rule_sees(consent: Consent) -> policy.Consent:
    """The consent without what no rule needs."""
    return policy.Consent(
        referral_id=consent.referral_id,
        discloser=consent.discloser,
        recipient=consent.recipient,
        purpose=consent.purpose,
        data_classes=consent.data_classes,
        funding_streams=consent.funding_streams,
        standing=consent.standing,
        returns=consent.returns,
        written=len(consent.form_commitment) == 32,
        explained_at=consent.explained_at,
        signed_at=consent.signed_at,
        ends_at=consent.ends_at or from_ms(0),
        signer=consent.signer,
        signer_is_abuser=consent.signer_is_abuser,
        subject_is_minor=consent.subject_is_minor,
        minor_may_sign_alone=consent.minor_may_sign_alone,
        minor_signed=consent.minor_signed,
        services_conditioned=consent.services_conditioned,
        intermediary_named=consent.intermediary_named,
        exception_1367=consent.exception_1367,
        official_class=consent.official_class,
    )
