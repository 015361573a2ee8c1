"""The router asks the rules of confidentiality through a memory that outlives no listing."""

from collections.abc import Iterator
from dataclasses import replace
from unittest.mock import Mock

import pytest
from cases import Case, cancelled, given, offered
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st
from ledger_kit import POLICY, PRECINCT, RECIPIENT, SENDER, STREAMS, a_directory, signer
from paper_router import BARRED, PaperRouter, paper
from paper_router import RECIPIENT as TO
from paper_router import SENDER as FROM

from referral_exchange import refusals
from referral_exchange.directory import Directory
from referral_exchange.policy import Policy
from referral_router import judging
from referral_router.judging import Judge

SIGNERS = {name: signer(name) for name in (*STREAMS, PRECINCT)}
ROLES = ("assistance", "enforcement", "unspecified", "exchange_service")
STANDINGS = ("enrolled", "paused", "expelled", "unspecified")


@pytest.fixture
def directory() -> Directory:
    return a_directory(SIGNERS)


def counting() -> Mock:
    policy = Mock(spec=Policy)
    policy.decide.side_effect = POLICY.decide
    return policy


def test_what_was_asked_once_is_remembered_until_a_listing_changes(directory: Directory) -> None:
    policy = counting()
    judge = Judge(policy)
    assert [judge.barred(directory, SENDER, RECIPIENT) for _ in range(3)] == [None] * 3
    assert policy.decide.call_count == 1
    directory.apply(replace(directory.participants[f"{RECIPIENT}-office"], standing="paused"))
    assert judge.barred(directory, SENDER, RECIPIENT) == refusals.NOT_TAKING_PART
    directory.apply(replace(directory.participants[f"{RECIPIENT}-office"], standing="enrolled"))
    directory.apply(replace(directory.programmes[SENDER], role="enforcement"))
    assert judge.barred(directory, SENDER, RECIPIENT) == refusals.DENIED
    assert policy.decide.call_count == 3


def test_enforcement_and_strangers_are_barred(directory: Directory) -> None:
    judge = Judge(POLICY)
    assert judge.barred(directory, SENDER, PRECINCT) == refusals.DENIED
    assert judge.barred(directory, PRECINCT, SENDER) == refusals.DENIED
    assert judge.barred(directory, SENDER, "nobody") == refusals.DENIED
    assert judge.barred(directory, SENDER, SENDER) == refusals.DENIED


def test_the_memory_has_a_limit(directory: Directory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "MOST", 2)
    judge = Judge(POLICY)
    for recipient in ("one", "two", "three", RECIPIENT):
        judge.barred(directory, SENDER, recipient)
    assert len(judge._known) <= 2


changes = st.lists(
    st.tuples(st.sampled_from([SENDER, RECIPIENT]), st.sampled_from(ROLES), st.sampled_from(STANDINGS)),
    max_size=8,
)


@settings(max_examples=40, deadline=None)
@for_all(changes)
def test_the_memory_answers_as_the_policy_would_now(listed: list[tuple[str, str, str]]) -> None:
    directory, judge = a_directory(SIGNERS), Judge(POLICY)
    for programme, role, standing in [(SENDER, "assistance", "enrolled"), *listed]:
        directory.apply(replace(directory.programmes[programme], role=role))  # type: ignore[arg-type]
        office = directory.participants[f"{programme}-office"]
        directory.apply(replace(office, standing=standing))  # type: ignore[arg-type]
        for pair in ((SENDER, RECIPIENT), (RECIPIENT, SENDER)):
            assert judge.barred(directory, *pair) == Judge(POLICY).barred(directory, *pair)


@pytest.fixture
def barred() -> Iterator[None]:
    BARRED.add(TO.programme)
    yield
    BARRED.clear()


@pytest.mark.usefixtures("barred")
def test_what_a_rule_bars_is_refused_and_an_end_still_passes() -> None:
    case = Case(FROM, TO)
    router: PaperRouter = paper(case)
    router.tell(*given(case))
    refused = router.say(FROM, offered(case))
    assert [s.event.code for s in refused if s.topic == "inbox.lantern"] == [refusals.DENIED]  # type: ignore[union-attr]
    assert not [s for s in refused if s.topic == "inbox.harbor"]
    BARRED.clear()
    router.say(FROM, offered(replace(case)))
    BARRED.add(TO.programme)
    assert [s.topic for s in router.say(FROM, cancelled(case)) if s.topic.startswith("inbox.")] == [
        "inbox.harbor"
    ]
