"""What must hold of every question there can be."""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from policy_kit import NOW, POLICY

from referral_exchange import vocabulary
from referral_exchange.policy import Consent, Ground, Programme, Question

NAMES = ("harbor-shelter", "meadow-housing", "lantern-help")
KNOWN_CLASSES = sorted(vocabulary.data_classes())
STREAMS = (*sorted(vocabulary.funding_streams()), "moonlight")
TIMES = st.integers(-400 * 24, 400 * 24).map(lambda hours: NOW + timedelta(hours=hours))
mostly = st.integers(0, 9).map(lambda n: n > 0)
rarely = st.integers(0, 9).map(lambda n: n == 0)


def programmes(name: st.SearchStrategy[str]) -> st.SearchStrategy[Programme]:
    return st.builds(
        Programme,
        programme_id=name,
        kind=st.sampled_from(("ngo", "ngo", "federal_agency", "unspecified", "exchange_service")),
        role=st.sampled_from(("assistance", "assistance", "assistance", "enforcement", "unspecified")),
        funding_streams=st.frozensets(st.sampled_from(STREAMS), max_size=3),
        confidential=st.booleans(),
    )


consents = st.builds(
    Consent,
    referral_id=st.sampled_from(("r-1", "r-1", "r-1", "r-2")),
    discloser=st.sampled_from(NAMES[:2]),
    recipient=st.sampled_from(NAMES[:2]),
    purpose=st.sampled_from(("services", "eligibility", "investigation")),
    data_classes=st.frozensets(st.sampled_from([*KNOWN_CLASSES, "gossip"]), max_size=4),
    funding_streams=st.frozensets(st.sampled_from(STREAMS), max_size=4),
    standing=st.sampled_from(("live", "live", "live", "withdrawn", "expired")),
    returns=st.booleans(),
    written=mostly,
    explained_at=TIMES,
    signed_at=TIMES,
    ends_at=TIMES,
    signer=st.sampled_from(("self", "parent", "guardian")),
    signer_is_abuser=rarely,
    subject_is_minor=rarely,
    minor_may_sign_alone=st.booleans(),
    minor_signed=st.booleans(),
    services_conditioned=rarely,
)


grounds = st.builds(
    Ground,
    kind=st.sampled_from(("mandated_report", "tip", "withdrawal")),
    referral_id=st.sampled_from(("r-1", "r-1", "r-1", "r-2")),
    discloser=st.just(NAMES[0]),
    recipient=st.just(NAMES[1]),
    statute=st.sampled_from(("Invented Code 12-3", "")),
    jurisdiction=st.sampled_from(("Invented State", "")),
    data_classes=st.frozensets(st.sampled_from(("documents", "identity", "health", "tribal")), max_size=2),
    standing=st.sampled_from(("live", "live", "live", "suspended", "expired")),
    returns=rarely,
    ends_at=st.none() | TIMES,
)


@st.composite
def questions(draw: st.DrawFn) -> Question:
    discloser = draw(programmes(st.just(NAMES[0])))
    recipient = draw(programmes(st.just(NAMES[1])))
    consent = draw(st.none() | consents | sound_consents(discloser))
    return Question(
        action=draw(st.sampled_from(("give", "seal", "check", "open"))),
        at=draw(st.just(NOW) | TIMES),
        asker=draw(st.sampled_from(NAMES)),
        discloser=discloser,
        recipient=recipient,
        referral_id="r-1",
        consent=consent,
        ground=draw(st.none() | grounds) if consent is None else draw(st.none() | st.none() | grounds),
        data_class=draw(st.none() | st.sampled_from([*KNOWN_CLASSES, "gossip"])),
        address_authorised=draw(st.booleans()),
        accepted=draw(st.none() | st.booleans()),
    )


@st.composite
def sound_consents(draw: st.DrawFn, discloser: Programme) -> Consent:
    """Mostly what a good form looks like, so that permits are seen too."""
    return replace(
        draw(consents),
        discloser=NAMES[0],
        recipient=NAMES[1],
        referral_id="r-1",
        purpose="services",
        data_classes=frozenset({"needs", "identity", "location"}),
        funding_streams=discloser.funding_streams,
        standing="live",
        written=True,
        explained_at=NOW - timedelta(hours=2),
        signed_at=NOW - timedelta(hours=1),
        ends_at=NOW + timedelta(days=30),
        signer_is_abuser=False,
        subject_is_minor=False,
        signer="self",
        services_conditioned=False,
    )


many = settings(max_examples=200, deadline=None)


def in_force(basis: Consent | Ground, at: datetime) -> bool:
    return basis.standing == "live" and (basis.ends_at is None or at < basis.ends_at)


@many
@given(questions())
def test_no_part_is_sealed_or_opened_without_consent_or_ground_in_force(question: Question) -> None:
    if question.action in ("seal", "open") and POLICY.decide(question).allowed:
        basis = question.consent or question.ground
        assert basis is not None
        assert in_force(basis, question.at)
        assert question.data_class in basis.data_classes
        assert (basis.discloser, basis.recipient) == NAMES[:2]
        assert basis.referral_id == question.referral_id


@many
@given(questions())
def test_no_event_is_published_without_consent_or_ground_in_force(question: Question) -> None:
    if question.action == "check" and POLICY.decide(question).allowed:
        basis = question.consent or question.ground
        assert basis is not None
        assert in_force(basis, question.at)
        assert question.asker == question.discloser.programme_id


@many
@given(questions())
def test_no_consent_stands_that_an_abuser_signed_or_that_services_hang_on(question: Question) -> None:
    if POLICY.decide(question).allowed and question.consent is not None:
        assert not question.consent.signer_is_abuser
        assert not question.consent.services_conditioned
        assert question.consent.written


@many
@given(questions())
def test_no_ground_passes_that_is_more_than_its_kind_needs(question: Question) -> None:
    ground = question.ground
    if ground is not None and POLICY.decide(question).allowed:
        assert question.consent is None
        assert ground.kind != "tip"
        least = {"withdrawal": {"identity"}, "mandated_report": {"documents", "identity"}}[ground.kind]
        assert ground.data_classes <= (least if not ground.returns else {"documents"})
        assert ground.kind != "mandated_report" or (ground.statute and ground.jurisdiction)


@many
@given(questions())
def test_no_minors_consent_stands_that_the_minor_did_not_sign(question: Question) -> None:
    if POLICY.decide(question).allowed and question.consent and question.consent.subject_is_minor:
        consent = question.consent
        assert consent.minor_signed
        assert consent.signer != "self" or consent.minor_may_sign_alone


@many
@given(questions())
def test_nothing_passes_with_an_unknown_organisation_class_purpose_or_stream(question: Question) -> None:
    if POLICY.decide(question).allowed:
        basis = question.consent or question.ground
        assert basis is not None
        for programme in (question.discloser, question.recipient):
            assert programme.role == "assistance"
            assert programme.kind not in ("unspecified", "exchange_service")
            assert programme.funding_streams <= vocabulary.funding_streams().keys()
        assert basis.data_classes <= vocabulary.data_classes().keys()
        assert question.consent is None or question.consent.purpose in vocabulary.purposes()


@many
@given(questions())
def test_no_shelters_place_is_sealed_without_its_operators_word(question: Question) -> None:
    if question.action == "seal" and question.data_class == "location" and POLICY.decide(question).allowed:
        assert question.address_authorised or not question.discloser.confidential


@many
@given(questions())
def test_every_refusal_but_silence_names_rules_and_laws_and_statutes_come_first(question: Question) -> None:
    decision = POLICY.decide(question)
    laws = [rule.law.startswith("exchange ") for rule in decision.rules]
    assert laws == sorted(laws)
    if not decision.allowed and not decision.rules:
        assert question.data_class is None
        assert question.action in ("seal", "open")


@many
@given(questions())
def test_the_same_question_has_the_same_answer(question: Question) -> None:
    assert POLICY.decide(question) == POLICY.decide(replace(question))
