"""Each rule of the policy: what passes, and what it bars, by id."""

from dataclasses import replace
from datetime import timedelta

import pytest
from policy_kit import (
    CHECK,
    CONSENT,
    COVERED,
    EVERY,
    GIVE,
    NOW,
    OPEN,
    POLICY,
    RECIPIENT,
    SEAL,
    from_uncovered,
    ids,
    with_consent,
)

from referral_exchange.policy import Programme, Question

MINOR = {"subject_is_minor": True}
STATUTES = {"vawa": "34 USC 12291(b)(2)", "voca": "28 CFR 94.115", "fvpsa": "42 USC 10406(c)(5)"}
TOO_LONG = NOW + timedelta(days=366)


@pytest.mark.parametrize("question", EVERY.values(), ids=EVERY.keys())
@pytest.mark.parametrize("bound", [True, False], ids=["covered", "uncovered"])
def test_what_a_live_matching_consent_covers_is_permitted(question: Question, bound: bool) -> None:
    decision = POLICY.decide(question if bound else from_uncovered(question))
    assert decision.allowed
    expected = "consent-may-be-recorded" if question.action == "give" else "live-consent-covers"
    assert ids(decision) == {expected}


EVERYWHERE = [
    ("consent-missing", lambda q: replace(q, consent=None)),
    ("consent-ended", lambda q: with_consent(q, standing="withdrawn")),
    ("consent-ended", lambda q: with_consent(q, standing="expired")),
    ("consent-ended", lambda q: replace(q, at=CONSENT.ends_at)),
    ("consent-names-one-recipient", lambda q: with_consent(q, recipient="another")),
    ("consent-names-its-discloser", lambda q: with_consent(q, discloser="another")),
    ("consent-names-its-referral", lambda q: replace(q, referral_id="r-2")),
    ("consent-is-never-to-oneself", lambda q: replace(q, recipient=q.discloser)),
    ("consent-is-written-and-explained", lambda q: with_consent(q, written=False)),
    ("consent-is-written-and-explained", lambda q: with_consent(q, explained_at=NOW)),
    ("consent-is-signed-before-it-is-used", lambda q: with_consent(q, signed_at=NOW + timedelta(hours=1))),
    ("consent-lasts-a-year-at-most", lambda q: with_consent(q, ends_at=TOO_LONG)),
    ("consent-lasts-a-year-at-most", lambda q: with_consent(q, ends_at=CONSENT.signed_at)),
    ("consent-covers-something", lambda q: with_consent(q, data_classes=frozenset())),
    ("services-are-never-conditioned", lambda q: with_consent(q, services_conditioned=True)),
    ("an-abuser-never-signs", lambda q: with_consent(q, signer_is_abuser=True)),
    ("signer-is-the-person-or-a-guardian", lambda q: with_consent(q, signer="parent")),
    ("a-minor-signs-with-a-parent-or-lawfully-alone", lambda q: with_consent(q, **MINOR, minor_signed=True)),
    ("a-minor-signs-with-a-parent-or-lawfully-alone", lambda q: with_consent(q, **MINOR, signer="parent")),
    ("class-unknown", lambda q: with_consent(q, data_classes=frozenset({"identity", "gossip"}))),
    ("purpose-unknown", lambda q: with_consent(q, purpose="investigation")),
    ("stream-unknown", lambda q: with_consent(q, funding_streams=CONSENT.funding_streams | {"moonlight"})),
    ("organisation-unknown", lambda q: replace(q, recipient=Programme(programme_id="meadow-housing"))),
    (
        "organisation-unknown",
        lambda q: replace(q, discloser=Programme(programme_id=q.discloser.programme_id)),
    ),
    ("organisation-unknown", lambda q: replace(q, recipient=replace(RECIPIENT, role="exchange_service"))),
    ("enforcement-is-denied", lambda q: replace(q, recipient=replace(RECIPIENT, role="enforcement"))),
    ("enforcement-is-denied", lambda q: replace(q, discloser=replace(q.discloser, role="enforcement"))),
    ("participant-takes-part", lambda q: replace(q, recipient=replace(RECIPIENT, standing="paused"))),
    ("participant-takes-part", lambda q: replace(q, discloser=replace(q.discloser, standing="expelled"))),
    (
        "psychotherapy-notes-need-their-own-authorisation",
        lambda q: with_consent(q, data_classes=frozenset({"psychotherapy-notes", "identity"})),
    ),
]


@pytest.mark.parametrize("question", EVERY.values(), ids=EVERY.keys())
@pytest.mark.parametrize(
    ("rule", "change"), EVERYWHERE, ids=[f"{r}-{n}" for n, (r, _) in enumerate(EVERYWHERE)]
)
def test_the_consent_rule_bars_it_whoever_funds_the_discloser(question: Question, rule: str, change) -> None:  # type: ignore[no-untyped-def]
    for asked in (question, from_uncovered(question)):
        decision = POLICY.decide(change(asked))
        assert not decision.allowed
        assert rule in ids(decision)


@pytest.mark.parametrize(
    ("rule", "question"),
    [
        ("class-not-covered", replace(SEAL, data_class="health")),
        ("class-not-covered", replace(OPEN, data_class="health")),
        ("class-unknown", replace(SEAL, data_class="gossip")),
        ("only-the-discloser-seals", replace(SEAL, asker=RECIPIENT.programme_id)),
        ("only-the-discloser-seals", replace(CHECK, asker="a-third")),
        ("only-the-recipient-opens", replace(OPEN, asker=COVERED.programme_id)),
        ("only-a-party-gives", replace(GIVE, asker="a-third")),
        ("only-a-party-gives", replace(GIVE, asker=RECIPIENT.programme_id)),
        ("consent-names-its-streams", with_consent(GIVE, funding_streams=frozenset({"vawa"}))),
        ("fvpsa-shelter-address-needs-its-operator", replace(SEAL, data_class="location")),
        ("fvpsa-shelter-contact-follows-acceptance", replace(SEAL, data_class="contact", accepted=False)),
    ],
)
def test_a_rule_of_one_act_bars_it_alone(rule: str, question: Question) -> None:
    decision = POLICY.decide(question)
    assert not decision.allowed
    statutes = {f"{name}-release-needs-consent" for name in STATUTES}
    assert rule in ids(decision)
    assert ids(decision) - statutes <= {rule, "class-not-covered"}


def test_nothing_forbids_an_opening_whose_class_is_not_known_but_silence_denies() -> None:
    decision = POLICY.decide(replace(OPEN, data_class=None))
    assert (decision.allowed, decision.rules) == (False, ())


def test_the_return_consent_is_given_by_its_recipient() -> None:
    back = replace(
        with_consent(
            GIVE,
            discloser=RECIPIENT.programme_id,
            recipient=COVERED.programme_id,
            returns=True,
            data_classes=frozenset({"service-status"}),
            funding_streams=frozenset(),
        ),
        discloser=RECIPIENT,
        recipient=COVERED,
    )
    assert POLICY.decide(replace(back, asker=COVERED.programme_id)).allowed
    assert ids(POLICY.decide(replace(back, asker=RECIPIENT.programme_id))) == {"only-a-party-gives"}


@pytest.mark.parametrize(
    "signing",
    [
        {"signer": "self"},
        {"signer": "guardian"},
        {**MINOR, "minor_signed": True, "signer": "parent"},
        {**MINOR, "minor_signed": True, "signer": "guardian"},
        {**MINOR, "minor_signed": True, "signer": "self", "minor_may_sign_alone": True},
    ],
)
def test_who_may_sign(signing: dict[str, object]) -> None:
    assert POLICY.decide(with_consent(SEAL, **signing)).allowed


@pytest.mark.parametrize(("stream", "law"), STATUTES.items())
@pytest.mark.parametrize(
    ("suffix", "change"),
    [
        ("release-needs-consent", lambda q: replace(q, consent=None)),
        ("release-needs-consent", lambda q: with_consent(q, standing="withdrawn")),
        ("release-needs-consent", lambda q: replace(q, data_class="health")),
        ("release-needs-consent", lambda q: replace(q, referral_id="r-2")),
        ("consent-is-informed-written-and-limited", lambda q: with_consent(q, written=False)),
        ("consent-is-informed-written-and-limited", lambda q: with_consent(q, ends_at=TOO_LONG)),
        ("consent-is-informed-written-and-limited", lambda q: with_consent(q, explained_at=NOW)),
        (
            "minor-signs-with-a-parent-or-lawfully-alone",
            lambda q: with_consent(q, **MINOR, minor_signed=True),
        ),
        ("abuser-never-signs", lambda q: with_consent(q, signer_is_abuser=True)),
        ("services-are-never-conditioned", lambda q: with_consent(q, services_conditioned=True)),
    ],
)
def test_a_statute_names_itself_for_the_programmes_it_binds_and_for_no_other(
    stream, law, suffix, change
) -> None:  # type: ignore[no-untyped-def]
    bound = replace(SEAL, discloser=replace(COVERED, funding_streams=frozenset({stream})))
    decision = POLICY.decide(change(bound))
    assert not decision.allowed
    assert (decision.rules[0].id, decision.rules[0].law) == (f"{stream}-{suffix}", law)
    unbound = POLICY.decide(change(from_uncovered(SEAL)))
    assert not unbound.allowed
    assert {rule.law for rule in unbound.rules} == {"exchange consent rule"}


def test_the_place_of_a_confidential_shelter_goes_with_its_operators_word_only() -> None:
    place = replace(SEAL, data_class="location")
    assert ids(POLICY.decide(place)) == {"fvpsa-shelter-address-needs-its-operator"}
    assert POLICY.decide(replace(place, address_authorised=True)).allowed
    before = POLICY.decide(replace(place, address_authorised=True, accepted=False))
    assert ids(before) == {"fvpsa-shelter-contact-follows-acceptance"}
    assert POLICY.decide(replace(place, discloser=replace(COVERED, confidential=False))).allowed


def test_substance_use_records_of_a_part_2_programme_go_with_notice_consent_and_intermediary() -> None:
    part2 = replace(COVERED, funding_streams=frozenset({"part2"}))
    bare = with_consent(
        replace(SEAL, discloser=part2, data_class="substance-use"),
        data_classes=frozenset({"substance-use"}),
        funding_streams=frozenset({"part2"}),
    )
    both = {"part2-consent-names-the-intermediary", "part2-notice-and-consent-go-with-the-part"}
    assert ids(POLICY.decide(bare)) == both
    named = with_consent(bare, intermediary_named=True)
    assert ids(POLICY.decide(named)) == {"part2-notice-and-consent-go-with-the-part"}
    assert POLICY.decide(replace(named, accompanied=True)).allowed
    unbound = replace(COVERED, funding_streams=frozenset({"hipaa"}))
    elsewhere = with_consent(replace(bare, discloser=unbound), funding_streams=frozenset({"hipaa"}))
    assert POLICY.decide(elsewhere).allowed


def test_every_rule_is_seen_to_decide_in_these_tests() -> None:
    """A rule that no question of this file can trigger is a rule nobody has tried."""
    decided: set[str] = set()
    changes = [change for _, change in EVERYWHERE]
    for stream in STATUTES:
        bound = replace(SEAL, discloser=replace(COVERED, funding_streams=frozenset({stream})))
        for change in changes:
            decided |= ids(POLICY.decide(change(bound)))
    tried = {
        "live-consent-covers", "consent-may-be-recorded", "class-not-covered", "only-the-discloser-seals",
        "only-the-recipient-opens", "only-a-party-gives", "consent-names-its-streams",
        "fvpsa-shelter-address-needs-its-operator", "fvpsa-shelter-contact-follows-acceptance",
    }  # fmt: skip
    files = {"consent.cedar", "enrolment.cedar", "vawa.cedar", "voca.cedar", "fvpsa.cedar"}
    decided = {rule.id for rule in POLICY.rules if rule.id in decided | tried and rule.file in files}
    assert {rule.id for rule in POLICY.rules if rule.file in files} == decided
