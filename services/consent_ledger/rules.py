"""What the ledger decides: two consents from one form, what a repeat is, what a rule is asked. No I/O."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from consent_ledger.asked import as_a_rule_sees, ground_as_a_rule_sees
from consent_ledger.records import (
    Consent,
    ConsentForm,
    Disclosure,
    GroundForm,
    Kind,
    Missing,
    from_ms,
    whole_ms,
)
from referral_exchange.policy import question as policy

GRACE = timedelta(hours=24)
"""An expired consent's key is destroyed only after this long, of date and of steady clock alike."""

WITHDRAWS = policy.Rule("only-the-discloser-withdraws", "exchange consent rule")
CLOSES = policy.Rule("only-the-discloser-closes", "exchange ground rule")
CONFIRMS = policy.Rule("only-the-discloser-confirms", "exchange consent rule")

Pair = tuple[Consent, Consent]
"""There and back."""

_NEVER = from_ms(0)

Listed = Callable[[str], policy.Programme]
"""How the directory lists a programme."""


@dataclass(frozen=True, slots=True, repr=False)
class PartToSeal:
    """One part that a discloser asks to lock."""

    consent_id: str
    referral_id: str
    recipient: str
    data_class: str
    blob: bytes
    address_authorised: bool = False
    accompanied: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class LockToOpen:
    """One lock that a recipient asks to open."""

    consent_id: str
    referral_id: str
    lock: bytes


def pair_of(form: ConsentForm, now: datetime) -> Pair:
    """The consent that was signed, and the one for what comes back that it also covers."""
    signed = Consent(
        consent_id=form.consent_id,
        partner_id=form.return_consent_id,
        referral_id=form.referral_id,
        discloser=form.discloser,
        recipient=form.recipient,
        returns=False,
        subject_token=form.subject_token,
        purpose=form.purpose,
        data_classes=form.data_classes,
        funding_streams=form.funding_streams,
        signer=form.signer,
        signer_is_abuser=form.signer_is_abuser,
        subject_is_minor=form.subject_is_minor,
        minor_may_sign_alone=form.minor_may_sign_alone,
        minor_signed=form.minor_signed,
        services_conditioned=form.services_conditioned,
        form_commitment=form.form_commitment,
        language=form.language,
        explained_at=whole_ms(form.explained_at),
        signed_at=whole_ms(form.signed_at),
        ends_at=whole_ms(form.ends_at),
        given_at=now,
        intermediary_named=form.intermediary_named,
        exception_1367=form.exception_1367,
        official_class=form.official_class,
    )
    back = replace(
        signed,
        consent_id=form.return_consent_id,
        partner_id=form.consent_id,
        discloser=form.recipient,
        recipient=form.discloser,
        returns=True,
        subject_token=None,
        data_classes=form.comes_back,
    )
    return signed, back


def ground_pair_of(form: GroundForm, now: datetime) -> Pair:
    """The ground, and the one for what comes back: what became of it, and a form where one was sent."""
    ground = Consent(
        consent_id=form.ground_id,
        partner_id=form.return_ground_id,
        referral_id=form.referral_id,
        discloser=form.discloser,
        recipient=form.recipient,
        returns=False,
        subject_token=None,
        purpose="",
        data_classes=form.data_classes,
        funding_streams=frozenset(),
        signer="self",
        signer_is_abuser=False,
        subject_is_minor=False,
        minor_may_sign_alone=False,
        minor_signed=False,
        services_conditioned=False,
        form_commitment=b"",
        language="",
        explained_at=_NEVER,
        signed_at=_NEVER,
        ends_at=whole_ms(form.ends_at) if form.ends_at else None,
        given_at=now,
        ground=form.kind,
        statute=form.statute,
        jurisdiction=form.jurisdiction,
        compelled_by=form.compelled_by,
        notice_attempted=form.notice_attempted,
    )
    back = replace(
        ground,
        consent_id=form.return_ground_id,
        partner_id=form.ground_id,
        discloser=form.recipient,
        recipient=form.discloser,
        returns=True,
        data_classes=frozenset({"service-status"} | (form.data_classes & {"documents"})),
    )
    return ground, back


def is_repeat(stood: Collection[Consent], asked: Collection[Consent]) -> bool:
    """Whether what stands was made from the very same form, whatever became of it since."""

    def content(consents: Iterable[Consent]) -> dict[str, Consent]:
        given = (
            replace(c, given_at=c.signed_at, standing="live", ended_at=None, ended_after=None)
            for c in consents
        )
        return {c.consent_id: c for c in given}

    return content(stood) == content(asked)


def same_parties(stood: Iterable[Consent], signed: Consent) -> bool:
    """Whether every consent of a referral is between the same two programmes, in either direction."""
    parties = {signed.discloser, signed.recipient}
    return all({c.discloser, c.recipient} == parties for c in stood)


def is_party(consent: Consent | None, programme: str) -> bool:
    """Whether `programme` may know that `consent` exists."""
    return consent is not None and programme in (consent.discloser, consent.recipient)


def give_question(consent: Consent, asker: str, now: datetime, listed: Listed) -> policy.Question:
    """May this consent be recorded?"""
    return _question("give", consent, asker, now, listed)


def seal_question(
    consent: Consent, part: PartToSeal, asker: str, now: datetime, listed: Listed
) -> policy.Question:
    """May this part be locked for that recipient and referral?"""
    return replace(
        _question("seal", consent, asker, now, listed),
        recipient=listed(part.recipient),
        referral_id=part.referral_id,
        data_class=part.data_class,
        address_authorised=part.address_authorised,
        accompanied=part.accompanied,
    )


def check_question(
    consent: Consent, *, referral_id: str, recipient: str, asker: str, now: datetime, listed: Listed
) -> policy.Question:
    """May an event that seals nothing be published?"""
    asked = _question("check", consent, asker, now, listed)
    return replace(asked, recipient=listed(recipient), referral_id=referral_id)


def open_question(
    consent: Consent, asked: LockToOpen, data_class: str | None, asker: str, now: datetime, listed: Listed
) -> policy.Question:
    """May this recipient read that class? `data_class` comes out of the lock; None: it cannot be opened."""
    return replace(
        _question("open", consent, asker, now, listed),
        referral_id=asked.referral_id,
        data_class=data_class,
    )


def _question(
    action: policy.Action, consent: Consent, asker: str, now: datetime, listed: Listed
) -> policy.Question:
    return policy.Question(
        action=action,
        at=now,
        asker=asker,
        discloser=listed(consent.discloser),
        recipient=listed(consent.recipient),
        referral_id=consent.referral_id,
        consent=None if consent.ground else as_a_rule_sees(consent),
        ground=ground_as_a_rule_sees(consent),
    )


def noted(
    consent: Consent | Missing, kind: Kind, asker: str, now: datetime, data_class: str | None = None
) -> Disclosure:
    """The line that tells of a use of `consent`."""
    return Disclosure(
        consent_id=consent.consent_id,
        referral_id=consent.referral_id,
        recipient=consent.recipient,
        asked_by=asker,
        kind=kind,
        data_class=data_class,
        at=now,
    )


def denial_to_stranger(consent_id: str, asker: str, now: datetime) -> Disclosure:
    """The line of a refusal to one who is no party: the same whether the consent exists or not."""
    return Disclosure(
        consent_id=consent_id,
        referral_id=None,
        recipient=None,
        asked_by=asker,
        kind="denied",
        data_class=None,
        at=now,
    )


def may_list(consent: Consent | None, programme: str) -> bool:
    """The discloser may list the uses of its consent; the sender also those of what came back to it."""
    if consent is None:
        return False
    return consent.discloser == programme or (consent.returns and consent.recipient == programme)


def may_destroy(consent: Consent, now: datetime, steady_seconds: int) -> bool:
    """Whether an expired consent's key may go: a day by date, and a day that the clock really ran."""
    if consent.standing != "expired" or consent.ended_at is None or consent.ended_after is None:
        return False
    seen = steady_seconds - consent.ended_after
    return now >= consent.ended_at + GRACE and seen >= GRACE.total_seconds()
