"""Grounds in place of a consent: what passes under each, and what bars the rest, by id."""

from dataclasses import replace
from datetime import timedelta

import pytest
from policy_kit import (
    CHECK,
    CONSENT,
    COVERED,
    GIVE,
    NOW,
    OPEN,
    POLICY,
    RECIPIENT,
    REPORT,
    SEAL,
    UNCOVERED,
    from_uncovered,
    ids,
    under,
    with_tips,
)

from referral_exchange.policy import Ground, Policy, Question

ACTS = {"seal": SEAL, "check": CHECK, "open": OPEN, "give": GIVE}
WITHDRAWAL = replace(
    REPORT, kind="withdrawal", statute="", jurisdiction="", data_classes=frozenset({"identity"})
)
TIP = replace(REPORT, kind="tip", statute="", jurisdiction="", data_classes=frozenset({"criminal-legal"}))
BACK = replace(
    REPORT,
    discloser=RECIPIENT.programme_id,
    recipient=COVERED.programme_id,
    returns=True,
    data_classes=frozenset({"service-status", "documents"}),
)


@pytest.fixture(scope="module")
def tips(tmp_path_factory: pytest.TempPathFactory) -> Policy:
    return with_tips(tmp_path_factory.mktemp("tips"))


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS.keys())
@pytest.mark.parametrize("ground", [REPORT, WITHDRAWAL, replace(REPORT, ends_at=None)])
def test_a_mandated_report_and_a_withdrawal_need_no_consent_even_where_statutes_bind(
    act: Question, ground: Ground
) -> None:
    decision = POLICY.decide(under(ground, act))
    assert decision.allowed
    assert ids(decision) == {"ground-may-be-recorded" if act.action == "give" else "live-ground-covers"}


def test_under_a_ground_nothing_waits_for_an_acceptance() -> None:
    asked = under(replace(REPORT, data_classes=frozenset({"contact"})), replace(SEAL, data_class="contact"))
    assert POLICY.decide(replace(asked, accepted=False)).allowed


def test_a_confidential_shelters_place_stays_its_operators_to_tell() -> None:
    asked = under(replace(REPORT, data_classes=frozenset({"location"})), replace(SEAL, data_class="location"))
    assert ids(POLICY.decide(asked)) == {"fvpsa-shelter-address-needs-its-operator"}
    assert POLICY.decide(replace(asked, address_authorised=True)).allowed


BARRED = [
    ("ground-ended", {"standing": "suspended"}),
    ("ground-ended", {"standing": "expired"}),
    ("ground-ended", {"ends_at": NOW}),
    ("ground-unknown", {"kind": "curiosity"}),
    ("ground-names-its-parties-and-referral", {"recipient": "another"}),
    ("ground-names-its-parties-and-referral", {"discloser": "another"}),
    ("ground-names-its-parties-and-referral", {"referral_id": "r-2"}),
    ("ground-covers-something", {"data_classes": frozenset()}),
    ("mandated-report-names-its-statute", {"statute": ""}),
    ("mandated-report-names-its-statute", {"jurisdiction": ""}),
    ("mandated-report-carries-the-least", {"data_classes": frozenset({"identity", "immigration"})}),
    ("permitted-report-does-not-pass", {"compelled_by": ""}),
    ("permitted-report-does-not-pass", {"compelled_by": "subpoena"}),
    ("withdrawal-carries-identity-only", {"kind": "withdrawal"}),
    ("tip-carries-what-was-seen-only", {"kind": "tip"}),
    ("tips-are-not-forwarded-here", {"kind": "tip", "data_classes": frozenset({"criminal-legal"})}),
    ("class-unknown", {"data_classes": frozenset({"gossip", "identity"})}),
]


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS.keys())
@pytest.mark.parametrize(("rule", "changes"), BARRED, ids=[f"{r}-{n}" for n, (r, _) in enumerate(BARRED)])
def test_a_ground_that_is_not_sound_bars_every_act(
    act: Question, rule: str, changes: dict[str, object]
) -> None:
    decision = POLICY.decide(under(replace(REPORT, **changes), act))  # type: ignore[arg-type]
    assert not decision.allowed
    assert rule in ids(decision)


def test_what_comes_back_is_status_and_forms() -> None:
    asked = replace(
        under(BACK), asker=RECIPIENT.programme_id, discloser=RECIPIENT, recipient=COVERED,
        data_class="service-status",
    )  # fmt: skip
    assert POLICY.decide(asked).allowed
    more = replace(asked, ground=replace(BACK, data_classes=frozenset({"service-status", "identity"})))
    assert "only-status-and-forms-come-back-under-a-ground" in ids(POLICY.decide(more))


@pytest.mark.parametrize(
    ("rule", "question"),
    [
        ("class-not-in-the-ground", under(REPORT, replace(SEAL, data_class="family"))),
        ("class-not-in-the-ground", under(REPORT, replace(OPEN, data_class="family"))),
        ("consent-or-ground-not-both", replace(SEAL, ground=REPORT)),
        ("only-the-discloser-seals", under(REPORT, replace(SEAL, asker=RECIPIENT.programme_id))),
        ("only-the-recipient-opens", under(REPORT, replace(OPEN, asker=COVERED.programme_id))),
        ("only-a-party-gives", under(REPORT, replace(GIVE, asker=RECIPIENT.programme_id))),
        (
            "enforcement-is-denied",
            under(REPORT, replace(SEAL, recipient=replace(RECIPIENT, role="enforcement"))),
        ),
    ],
)
def test_one_rule_bars_it(rule: str, question: Question) -> None:
    assert ids(POLICY.decide(question)) == {rule}


def test_nothing_passes_with_neither_consent_nor_ground() -> None:
    assert "consent-missing" in ids(POLICY.decide(replace(SEAL, consent=None)))


def test_tips_are_a_switch_of_the_deployment_and_stay_barred_where_a_statute_binds(tips: Policy) -> None:
    asked = under(TIP, replace(SEAL, data_class="criminal-legal"))
    unbound = replace(
        from_uncovered(asked), ground=replace(TIP, discloser=UNCOVERED.programme_id), recipient=RECIPIENT
    )
    assert ids(POLICY.decide(unbound)) == {"tips-are-not-forwarded-here"}
    assert tips.decide(unbound).allowed
    bound = tips.decide(asked)
    assert {rule.law for rule in bound.rules} == {"34 USC 12291(b)(2)", "28 CFR 94.115", "42 USC 10406(c)(5)"}


def test_every_rule_of_grounds_was_seen_to_decide() -> None:
    tried = {rule for rule, _ in BARRED} | {
        "live-ground-covers", "ground-may-be-recorded", "class-not-in-the-ground",
        "consent-or-ground-not-both", "only-status-and-forms-come-back-under-a-ground", "class-unknown",
    }  # fmt: skip
    laws = ("exchange ground rule", "42 USC 671(a)(34)")
    assert {rule.id for rule in POLICY.rules if rule.law in laws} == tried - {"class-unknown"}


def test_a_consent_in_force_is_no_ground_for_more() -> None:
    both = replace(SEAL, consent=replace(CONSENT, ends_at=NOW + timedelta(days=1)), ground=REPORT)
    assert not POLICY.decide(both).allowed
