"""Policies that do not fit their schema, or do not say what they are, do not load."""

import shutil
from pathlib import Path

import pytest
from policy_kit import SEAL

from referral_exchange.contract_files import DEPLOY
from referral_exchange.policy import Policy, PolicyUnusable


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DEPLOY / "policies", tmp_path / "policies"))


def test_the_committed_policies_load_and_each_has_its_own_id_and_a_law() -> None:
    rules = Policy.load().rules
    assert len({rule.id for rule in rules}) == len(rules) > 30
    assert {rule.law for rule in rules} >= {"34 USC 12291(b)(2)", "28 CFR 94.115", "42 USC 10406(c)(5)"}


@pytest.mark.parametrize(
    ("added", "told"),
    [
        (
            '@id("a") @law("b") forbid (principal, action, resource) when { context.shoe_size > 4 };',
            "shoe_size",
        ),
        (
            '@id("a") @law("b") forbid (principal, action == Action::"seal", resource) '
            'when { context.at > "noon" };',
            "unexpected type",
        ),
        ('@id("a") @law("b") forbid (principal, action == Action::"sell", resource);', "sell"),
        (
            '@id("a") @law("b") forbid (principal, action == Action::"seal", resource) '
            "when { context.consent.written };",
            "consent",
        ),
        ('forbid (principal, action == Action::"seal", resource) when { context.at > 1 };', "@id and @law"),
        (
            '@id("a") forbid (principal, action == Action::"seal", resource) when { context.at > 1 };',
            "@id and @law",
        ),
        ('@id("consent-missing") @law("b") forbid (principal, action, resource);', "consent-missing"),
        ("forbid (principal, action", "unexpected end"),
    ],
)
def test_a_policy_that_does_not_fit_fails_at_load(folder: Path, added: str, told: str) -> None:
    (folder / "zz.cedar").write_text(added, encoding="utf-8")
    with pytest.raises(PolicyUnusable, match=told):
        Policy.load(folder)


def test_a_forbid_wins_over_every_permit(folder: Path) -> None:
    extra = '@id("stop") @law("a rule of this deployment") forbid (principal, action, resource);'
    (folder / "deployment.cedar").write_text(extra, encoding="utf-8")
    decision = Policy.load(folder).decide(SEAL)
    assert not decision.allowed
    assert [rule.id for rule in decision.rules] == ["stop"]


def test_without_a_permit_silence_denies(folder: Path) -> None:
    for path in folder.glob("*.cedar"):
        path.unlink()
    kept = (
        '@id("none") @law("a rule") forbid (principal, action == Action::"seal", resource) '
        "when { context.at < 0 };"
    )
    (folder / "only.cedar").write_text(kept, encoding="utf-8")
    decision = Policy.load(folder).decide(SEAL)
    assert (decision.allowed, decision.rules) == (False, ())


def test_a_policy_that_cannot_be_evaluated_allows_nothing_and_quotes_nothing(folder: Path) -> None:
    overflows = (
        '@id("sum") @law("a rule of this deployment") forbid (principal, action, resource) '
        "when { context.at * 9223372036854775807 > 0 };"
    )
    (folder / "overflow.cedar").write_text(overflows, encoding="utf-8")
    with pytest.raises(PolicyUnusable) as failed:
        Policy.load(folder).decide(SEAL)
    assert "identity" not in str(failed.value)
    assert "harbor" not in str(failed.value)
