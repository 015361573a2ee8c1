"""Every combination of organisation kind, funding stream, data class, purpose and state, judged and counted.

`EXCHANGE_EVERY_ACTION=1` judges all of them for all four acts; else sealing is judged whole and of the others
every seventh combination, another seventh for each.
"""

import os
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import cache
from itertools import islice, product
from pathlib import Path
from typing import NamedTuple, get_args

import pytest
from policy_kit import CONSENT, NOW, POLICY, RECIPIENT, UNCOVERED

from referral_exchange import vocabulary
from referral_exchange.contract_files import DEPLOY
from referral_exchange.events.directory import ParticipantKind
from referral_exchange.policy import Action, Decision, Policy, Question

KINDS = get_args(ParticipantKind)
STREAMS = (*sorted(vocabulary.funding_streams()), "", "moonlight")
CLASSES = (*sorted(vocabulary.data_classes()), "gossip")
PURPOSES = (*sorted(vocabulary.purposes()), "investigation", "")
STATES = ("none", "live", "suspended", "withdrawn", "expired", "past-its-end")
WHOLE = len(KINDS) * len(STREAMS) * len(CLASSES) * len(PURPOSES) * len(STATES)
ACTS: tuple[Action, ...] = ("seal", "open", "check", "give")
BARE = frozenset({"unspecified", "exchange_service"})


class Combination(NamedTuple):
    kind: str
    stream: str
    data_class: str
    purpose: str
    state: str


def question_about(one: Combination, act: Action) -> Question:
    """From a programme of that kind and stream, under a consent of that class and purpose alone."""
    streams = frozenset({one.stream} - {""})
    consent = replace(
        CONSENT,
        discloser=UNCOVERED.programme_id,
        purpose=one.purpose,
        data_classes=frozenset({one.data_class}),
        funding_streams=streams,
        standing="live" if one.state in ("none", "live", "past-its-end") else one.state,
        ends_at=NOW - timedelta(minutes=1) if one.state == "past-its-end" else CONSENT.ends_at,
    )
    return Question(
        action=act,
        at=NOW,
        asker=RECIPIENT.programme_id if act == "open" else UNCOVERED.programme_id,
        discloser=replace(UNCOVERED, kind=one.kind, funding_streams=streams),
        recipient=RECIPIENT,
        referral_id="r-1",
        consent=None if one.state == "none" else consent,
        data_class=one.data_class if act in ("seal", "open") else None,
    )


def expected(one: Combination, act: Action) -> bool:
    """What the law's rows say, put down once more without Cedar."""
    known = (
        one.kind not in BARE
        and one.stream != "moonlight"
        and one.data_class in vocabulary.data_classes()
        and one.purpose in vocabulary.purposes()
    )
    # These ask for more than a sound consent has: an intermediary and a notice; an exception and an official.
    part2 = one.stream == "part2" and one.data_class == "substance-use"
    relief = (
        one.stream == "section_1367" and one.data_class in ("immigration", "documents") and act != "check"
    )
    return known and one.state == "live" and not part2 and not relief


def judged(act: Action, policy: Policy = POLICY) -> Iterator[tuple[Combination, Decision]]:
    """Those of `act` that this run judges, programme by programme."""
    for kind, stream in product(KINDS, STREAMS):
        ones = [Combination(kind, stream, *rest) for rest in product(CLASSES, PURPOSES, STATES)]
        decisions = policy.decide_each([question_about(one, act) for one in _slice(ones, act)])
        yield from zip(_slice(ones, act), decisions, strict=True)


def _slice(ones: list[Combination], act: Action) -> list[Combination]:
    if act == "seal" or os.environ.get("EXCHANGE_EVERY_ACTION"):
        return ones
    return list(islice(ones, ACTS.index(act), None, 7))


@cache
def all_of(act: Action) -> tuple[tuple[Combination, Decision], ...]:
    return tuple(judged(act))


@pytest.fixture(scope="module")
def permissive(tmp_path_factory: pytest.TempPathFactory) -> Policy:
    """The policies and one more: a permit for everything."""
    folder = Path(shutil.copytree(DEPLOY / "policies", tmp_path_factory.mktemp("permissive") / "policies"))
    everything = '@id("everything") @law("nobody\'s") permit (principal, action, resource);'
    (folder / "zz.cedar").write_text(everything, encoding="utf-8")
    return Policy.load(folder)


@pytest.mark.parametrize("act", ACTS)
def test_every_combination_is_decided_as_the_rows_say(act: Action) -> None:
    wrong = [one for one, decision in all_of(act) if decision.allowed is not expected(one, act)]
    assert wrong == []


@pytest.mark.parametrize("act", ACTS)
def test_no_combination_passes_without_a_consent_in_force(act: Action) -> None:
    passed = Counter(one.state for one, decision in all_of(act) if decision.allowed)
    assert set(passed) == {"live"}


@pytest.mark.parametrize("act", ACTS)
def test_whatever_is_unknown_is_denied_and_named(act: Action) -> None:
    for one, decision in all_of(act):
        ids = {rule.id for rule in decision.rules}
        assert one.kind not in BARE or "organisation-unknown" in ids
        assert one.stream != "moonlight" or "stream-unknown" in ids
        # Without a consent nothing says which class an event that seals nothing is about, nor a purpose.
        unsaid = one.state == "none"
        assert one.data_class != "gossip" or "class-unknown" in ids or (unsaid and act in ("check", "give"))
        assert one.purpose in vocabulary.purposes() or unsaid or "purpose-unknown" in ids


@pytest.mark.parametrize("act", ACTS)
def test_every_refusal_names_its_rules_and_statutes_come_first(act: Action) -> None:
    for _, decision in all_of(act):
        laws = [rule.law.startswith("exchange ") for rule in decision.rules]
        assert decision.rules
        assert laws == sorted(laws)
        assert {rule.permits for rule in decision.rules} == {decision.allowed}


def test_a_forbid_wins_over_a_permit_for_everything(permissive: Policy) -> None:
    for (one, usual), (same, decision) in zip(all_of("open"), judged("open", permissive), strict=True):
        assert one == same
        assert decision.allowed is usual.allowed
        assert usual.allowed or decision.rules == usual.rules


def test_the_combinations_are_all_there_are() -> None:
    assert WHOLE == 8 * 8 * 23 * 5 * 6 == 44160
    assert len(all_of("seal")) == WHOLE
    assert len({one for one, _ in all_of("seal")}) == WHOLE
    known = 6 * 7 * 22 * 3
    part2, relief = 6 * 3, 6 * 3 * 2
    assert sum(decision.allowed for _, decision in all_of("seal")) == known - part2 - relief == 2718


def test_questions_about_others_are_asked_apart() -> None:
    one = question_about(Combination("ngo", "", "needs", "services", "live"), "seal")
    with pytest.raises(ValueError, match="apart"):
        POLICY.decide_each([one, replace(one, recipient=replace(RECIPIENT, standing="paused"))])
    assert POLICY.decide_each([]) == []
